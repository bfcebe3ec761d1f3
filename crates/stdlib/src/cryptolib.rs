//! `cryptolib` (docs: library/cryptolib): AES in ECB, CBC and counter mode.

use crate::buffer::{charged, with_buffer};
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};
use aes::{Aes128, Aes256, Block};
use alloc::boxed::Box;
use core::cell::RefCell;
use snakeye_vm::object::{Args, BufferValue, Entry, ModuleDef, NativeObject, NativeValue, Step, TypeDef};
use snakeye_vm::{HVec, Res, Rom, Value, Vm, method};

/// The module.
pub static CRYPTOLIB: ModuleDef = ModuleDef {
    name: "cryptolib",
    entries: &[
        ("aes", Entry::Type(&AES)),
        ("MODE_ECB", Entry::Int(ECB)),
        ("MODE_CBC", Entry::Int(CBC)),
        ("MODE_CTR", Entry::Int(CTR)),
    ],
    init: None,
};

const ECB: i64 = 1;
const CBC: i64 = 2;
const CTR: i64 = 6;

/// Bytes of a block.
const BLOCK: usize = 16;

/// `aes(key, mode[, IV])`
static AES: Rom<TypeDef> = Rom::new(TypeDef {
    name: "aes",
    attrs: &[
        method!("encrypt", 2, 3, |vm, a| process(vm, a, Direction::Encrypt)),
        method!("decrypt", 2, 3, |vm, a| process(vm, a, Direction::Decrypt)),
    ],
    new: Some(new),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Encrypt,
    Decrypt,
}

/// The expanded key, for both directions.
enum Key {
    K128(Box<Aes128>),
    K256(Box<Aes256>),
}

impl Key {
    fn encrypt(&self, block: &mut Block) {
        match self {
            Key::K128(k) => k.encrypt_block(block),
            Key::K256(k) => k.encrypt_block(block),
        }
    }
    fn decrypt(&self, block: &mut Block) {
        match self {
            Key::K128(k) => k.decrypt_block(block),
            Key::K256(k) => k.decrypt_block(block),
        }
    }
}

struct Aes {
    key: Key,
    mode: i64,
    state: RefCell<State>,
}

struct State {
    /// What it was first used for: it can only go on with that.
    direction: Option<Direction>,
    /// The last block of cipher text (CBC), or the counter (CTR).
    vector: Block,
    /// The encrypted counter, and how much of it was used.
    stream: Block,
    used: usize,
}

impl NativeObject for Aes {
    fn class(&self) -> &'static Rom<TypeDef> {
        &AES
    }
}

fn new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (key, mode, iv) = match args.pos {
        [key, mode] => (key, mode, None),
        [key, mode, iv] => (key, mode, Some(iv).filter(|iv| !iv.is_none())),
        _ => return Err(vm.type_error("aes() takes 2 or 3 arguments")),
    };
    let mode = vm.index_of(mode)?;
    if ![ECB, CBC, CTR].contains(&mode) {
        return Err(vm.value_error("mode"));
    }
    let key = with_buffer(vm, key, |_, k| match k.len() {
        16 => Aes128::new_from_slice(k).ok().map(|k| Key::K128(Box::new(k))),
        32 => Aes256::new_from_slice(k).ok().map(|k| Key::K256(Box::new(k))),
        _ => None,
    })?;
    let Some(key) = key else { return Err(vm.value_error("key")) };
    let mut vector = Block::default();
    let valid = match iv {
        Some(iv) => with_buffer(vm, iv, |_, iv| {
            let valid = iv.len() == BLOCK;
            if valid {
                vector.copy_from_slice(iv);
            }
            valid
        })?,
        None => mode == ECB,
    };
    if !valid {
        return Err(vm.value_error("IV"));
    }
    let state = State { direction: None, vector, stream: Block::default(), used: BLOCK };
    vm.new_native(Aes { key, mode, state: RefCell::new(state) }).map(Step::Done)
}

impl Aes {
    /// Processes data in place; in the modes of whole blocks their number is whole.
    fn run(&self, state: &mut State, data: &mut [u8], direction: Direction) {
        if self.mode == CTR {
            for byte in data {
                if state.used == BLOCK {
                    state.stream = state.vector;
                    self.key.encrypt(&mut state.stream);
                    let next = u128::from_be_bytes(state.vector.into()).wrapping_add(1);
                    state.vector = next.to_be_bytes().into();
                    state.used = 0;
                }
                *byte ^= state.stream[state.used];
                state.used += 1;
            }
            return;
        }
        for chunk in data.chunks_exact_mut(BLOCK) {
            let mut block = Block::default();
            block.copy_from_slice(chunk);
            let chain = self.mode == CBC;
            match direction {
                Direction::Encrypt => {
                    if chain {
                        block.iter_mut().zip(&state.vector).for_each(|(b, v)| *b ^= v);
                    }
                    self.key.encrypt(&mut block);
                    state.vector = block;
                }
                Direction::Decrypt => {
                    let cipher = block;
                    self.key.decrypt(&mut block);
                    if chain {
                        block.iter_mut().zip(&state.vector).for_each(|(b, v)| *b ^= v);
                    }
                    state.vector = cipher;
                }
            }
            chunk.copy_from_slice(&block);
        }
    }
}

/// `encrypt(in[, out])` and `decrypt`: the result, or `out` with it at the beginning. Both may be the same buffer.
fn process(vm: &mut Vm, args: &[Value], direction: Direction) -> Res {
    let base = vm.base_object(&args[0]);
    let Some(aes) = base.native::<Aes>() else { return Err(vm.type_error("argument should be a 'aes'")) };
    let mut data = with_buffer(vm, &args[1], |vm, bytes| {
        charged(vm, bytes.len())?;
        let mut data = HVec::new();
        data.append_bytes(&vm.heap, bytes)?;
        Ok::<_, snakeye_vm::Raised>(data)
    })??;
    if aes.mode != CTR && !data.len().is_multiple_of(BLOCK) {
        return Err(vm.value_error("blksize % 16"));
    }
    let target = args.get(2).map(|t| vm.base_object(t));
    if let Some(target) = &target {
        match target.with_buffer_mut(|b| b.len()) {
            None => return Err(vm.type_error("object with buffer protocol required")),
            Some(n) if n < data.len() => return Err(vm.value_error("output too small")),
            Some(_) => {}
        }
    }
    let Ok(mut state) = aes.state.try_borrow_mut() else { return Err(vm.busy()) };
    if state.direction.is_some_and(|d| d != direction) {
        return Err(vm.value_error("can't encrypt & decrypt"));
    }
    state.direction = Some(direction);
    aes.run(&mut state, &mut data, direction);
    match target {
        None => vm.new_bytes(&data),
        Some(target) => {
            target.with_buffer_mut(|b| b.iter_mut().zip(&data[..]).for_each(|(place, byte)| *place = *byte));
            Ok(args[2].clone())
        }
    }
}
