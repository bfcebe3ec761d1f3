//! `micropython.RingIO`: a byte queue of fixed size with the methods of a stream.

use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use snakeye_vm::host::event;
use snakeye_vm::object::{Args, BufferValue, Interest, NativeObject, NativeValue, Polled, Step, TypeDef};
use snakeye_vm::{HVec, Res, Rom, Value, Vm, method};

/// `RingIO(size)` or `RingIO(buffer)`.
pub static RING_IO: Rom<TypeDef> = Rom::new(TypeDef {
    name: "RingIO",
    attrs: &[
        method!("any", 1, 1, any),
        method!("read", 1, 2, read),
        method!("readline", 1, 2, readline),
        method!("readinto", 2, 3, readinto),
        method!("write", 2, 4, write),
        method!("ioctl", 3, 3, ioctl),
        method!("close", 1, 1, |_, _| Ok(Value::NONE)),
    ],
    new: Some(new),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

/// Greatest number of bytes it can hold, as in MicroPython.
const LIMIT: usize = 65534;

struct RingIo {
    ring: RefCell<Ring>,
    /// Whether somebody waits for it to change.
    awaited: Cell<bool>,
    wake: Interest,
}

struct Ring {
    bytes: HVec<u8>,
    first: usize,
    len: usize,
}

impl Ring {
    fn events(&self) -> u16 {
        let mut events = 0;
        if self.len > 0 {
            events |= event::IN;
        }
        if self.len < self.bytes.len() {
            events |= event::OUT;
        }
        events
    }
    fn push(&mut self, byte: u8) -> bool {
        let n = self.bytes.len();
        if self.len >= n {
            return false;
        }
        let at = (self.first + self.len) % n;
        if let Some(place) = self.bytes.get_mut(at) {
            *place = byte;
        }
        self.len += 1;
        true
    }
    fn pop(&mut self) -> Option<u8> {
        if self.len == 0 {
            return None;
        }
        let byte = self.bytes.get(self.first).copied();
        self.first = (self.first + 1) % self.bytes.len().max(1);
        self.len -= 1;
        byte
    }
}

impl NativeObject for RingIo {
    fn class(&self) -> &'static Rom<TypeDef> {
        &RING_IO
    }
    fn poll(&self, _: &mut Vm, _: u16) -> Option<Polled> {
        self.awaited.set(true);
        Some(Polled::Own(self.ring.borrow().events(), Some(self.wake)))
    }
}

fn new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let [arg] = args.pos else { return Err(vm.type_error("RingIO() takes 1 argument")) };
    // A buffer gives its length only: one byte of it tells full from empty in MicroPython.
    let size = match arg.buffer() {
        Some(buffer) if arg.as_bytes().is_none() => buffer.len() as i64 - 1,
        _ => vm.index_of(arg)?,
    };
    let size = match usize::try_from(size) {
        Ok(n) if (1..=LIMIT).contains(&n) => n,
        _ => return Err(vm.value_error("bad size")),
    };
    let mut bytes = HVec::with_capacity(&vm.heap, size)?;
    for _ in 0..size {
        bytes.push(&vm.heap, 0)?;
    }
    let (ring, wake) = (RefCell::new(Ring { bytes, first: 0, len: 0 }), vm.internal_interest());
    vm.new_native(RingIo { ring, awaited: Cell::new(false), wake }).map(Step::Done)
}

/// Runs `f` on the ring. Nothing in it calls the VM, so the ring is free. Who waits for the ring looks again.
fn with<R>(vm: &mut Vm, v: &Value, f: impl FnOnce(&mut Ring) -> R) -> Res<R> {
    let Some(r) = v.native::<RingIo>() else { return Err(vm.type_error("argument should be a 'RingIO'")) };
    let result = f(&mut r.ring.borrow_mut());
    if r.awaited.replace(false) {
        vm.wake(r.wake.id);
    }
    Ok(result)
}

fn any(vm: &mut Vm, args: &[Value]) -> Res {
    let n = with(vm, &args[0], |r| r.len)?;
    vm.new_int(n as i64)
}

/// At most `limit` bytes, up to the end of a line where `line` says so.
fn take(vm: &mut Vm, v: &Value, limit: usize, line: bool) -> Res<Vec<u8>> {
    with(vm, v, |r| {
        let mut out = Vec::new();
        while out.len() < limit {
            let Some(byte) = r.pop() else { break };
            out.push(byte);
            if line && byte == b'\n' {
                break;
            }
        }
        out
    })
}

fn count(vm: &mut Vm, arg: Option<&Value>) -> Res<usize> {
    match arg {
        Some(n) if !n.is_none() => Ok(usize::try_from(vm.index_of(n)?).unwrap_or(usize::MAX)),
        _ => Ok(usize::MAX),
    }
}

fn read(vm: &mut Vm, args: &[Value]) -> Res {
    let n = count(vm, args.get(1))?;
    let bytes = take(vm, &args[0], n, false)?;
    vm.new_bytes(&bytes)
}

fn readline(vm: &mut Vm, args: &[Value]) -> Res {
    let n = count(vm, args.get(1))?;
    let bytes = take(vm, &args[0], n, true)?;
    vm.new_bytes(&bytes)
}

fn readinto(vm: &mut Vm, args: &[Value]) -> Res {
    let n = count(vm, args.get(2))?;
    let Some(room) = args[1].buffer().map(|b| b.len()) else {
        return Err(vm.type_error("object with buffer protocol required"));
    };
    let bytes = take(vm, &args[0], n.min(room), false)?;
    match args[1].with_buffer_mut(|b| b.iter_mut().zip(&bytes).for_each(|(place, byte)| *place = *byte)) {
        Some(()) => vm.new_int(bytes.len() as i64),
        None => Err(vm.type_error("object with buffer protocol required")),
    }
}

/// `write(buffer)`, `write(buffer, length)`, `write(buffer, offset, length)`: how many bytes found room.
fn write(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(bytes) = args[1].buffer().map(|b| b.to_vec()) else {
        return Err(vm.type_error("object with buffer protocol required"));
    };
    let offset = if args.len() == 4 { count(vm, args.get(2))?.min(bytes.len()) } else { 0 };
    let n = count(vm, if args.len() == 4 { args.get(3) } else { args.get(2) })?;
    let n = with(vm, &args[0], |r| bytes[offset..].iter().take(n).take_while(|&&b| r.push(b)).count())?;
    vm.new_int(n as i64)
}

/// The poll request of stream objects: 1 readable, 4 writable.
fn ioctl(vm: &mut Vm, args: &[Value]) -> Res {
    const POLL: i64 = 3;
    let (request, flags) = (vm.index_of(&args[1])?, vm.index_of(&args[2])?);
    if request != POLL {
        return Ok(Value::int(-22));
    }
    let ready = with(vm, &args[0], |r| r.events())?;
    vm.new_int(ready as i64 & flags)
}
