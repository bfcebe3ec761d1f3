//! `hashlib`: SHA-256, SHA-1, MD5.

use crate::buffer::with_buffer;
use core::cell::RefCell;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use snakeye_vm::object::{Args, Entry, ModuleDef, NativeObject, NativeValue, Step, TypeDef};
use snakeye_vm::{Res, Rom, Value, Vm, method};

/// The module.
pub static HASHLIB: ModuleDef = ModuleDef {
    name: "hashlib",
    entries: &[("sha256", Entry::Type(&SHA256)), ("sha1", Entry::Type(&SHA1)), ("md5", Entry::Type(&MD5))],
    init: None,
};

const HASH: TypeDef =
    TypeDef { attrs: &[method!("update", 2, 2, update), method!("digest", 1, 1, digest)], ..TypeDef::NEW };

static SHA256: Rom<TypeDef> =
    Rom::new(TypeDef { name: "sha256", new: Some(|vm, _, args| make(vm, args, State::Sha256(Sha256::new()))), ..HASH });
static SHA1: Rom<TypeDef> =
    Rom::new(TypeDef { name: "sha1", new: Some(|vm, _, args| make(vm, args, State::Sha1(Sha1::new()))), ..HASH });
static MD5: Rom<TypeDef> =
    Rom::new(TypeDef { name: "md5", new: Some(|vm, _, args| make(vm, args, State::Md5(Md5::new()))), ..HASH });

enum State {
    Sha256(Sha256),
    Sha1(Sha1),
    Md5(Md5),
    /// The digest was asked for: nothing more can be done, as in MicroPython.
    Final,
}

struct Hash {
    state: RefCell<State>,
    class: &'static Rom<TypeDef>,
}

impl NativeObject for Hash {
    fn class(&self) -> &'static Rom<TypeDef> {
        self.class
    }
}

fn make(vm: &mut Vm, args: Args, mut state: State) -> Res<Step> {
    args.no_keywords(vm)?;
    match args.pos {
        [] => {}
        [data] => with_buffer(vm, data, |_, data| state.update(data))?,
        _ => return Err(vm.type_error("function expected at most 1 argument")),
    }
    let class = match state {
        State::Sha1(_) => &SHA1,
        State::Md5(_) => &MD5,
        _ => &SHA256,
    };
    vm.new_native(Hash { state: RefCell::new(state), class }).map(Step::Done)
}

impl State {
    fn update(&mut self, data: &[u8]) {
        match self {
            State::Sha256(h) => h.update(data),
            State::Sha1(h) => h.update(data),
            State::Md5(h) => h.update(data),
            State::Final => {}
        }
    }
}

/// Runs `f` on the state of a hash object. ValueError once it is final.
fn with_state<R>(vm: &mut Vm, v: &Value, f: impl FnOnce(&mut Vm, &mut State) -> Res<R>) -> Res<R> {
    let v = vm.base_object(v);
    let Some(hash) = v.native::<Hash>() else { return Err(vm.type_error("hash object expected")) };
    let Ok(mut state) = hash.state.try_borrow_mut() else { return Err(vm.busy()) };
    if matches!(*state, State::Final) {
        return Err(vm.value_error("hash is final"));
    }
    f(vm, &mut state)
}

fn update(vm: &mut Vm, args: &[Value]) -> Res {
    with_state(vm, &args[0], |vm, state| with_buffer(vm, &args[1], |_, data| state.update(data)))?;
    Ok(Value::NONE)
}

fn digest(vm: &mut Vm, args: &[Value]) -> Res {
    with_state(vm, &args[0], |vm, state| match core::mem::replace(state, State::Final) {
        State::Sha256(h) => vm.new_bytes(&h.finalize()),
        State::Sha1(h) => vm.new_bytes(&h.finalize()),
        State::Md5(h) => vm.new_bytes(&h.finalize()),
        State::Final => Ok(Value::NONE),
    })
}
