//! `websocket`: the frames of RFC 6455 over any stream, as WebREPL uses them.

use crate::stream::{self, Reading};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use snakeye_vm::object::{Args, Entry, ModuleDef, NativeObject, NativeValue, Step, TypeDef};
use snakeye_vm::{Res, Rom, Slot, Value, Vm, method_steps};

/// The module.
pub static WEBSOCKET: ModuleDef =
    ModuleDef { name: "websocket", entries: &[("websocket", Entry::Type(&WEB_SOCKET))], init: None };

/// `websocket(stream, blocking=False)`
static WEB_SOCKET: Rom<TypeDef> = Rom::new(TypeDef {
    name: "websocket",
    attrs: &[
        method_steps!("read", 1, 2, |vm, a| {
            let reading = Reading::read(vm, a)?;
            read(vm, &a[0], reading)
        }),
        method_steps!("readline", 1, 2, |vm, a| {
            let reading = Reading::readline(vm, a)?;
            read(vm, &a[0], reading)
        }),
        method_steps!("readinto", 2, 3, |vm, a| {
            let reading = Reading::readinto(vm, a)?;
            read(vm, &a[0], reading)
        }),
        method_steps!("write", 2, 4, write),
        method_steps!("ioctl", 2, 3, ioctl),
        method_steps!("close", 1, 1, |vm, a| {
            let socket = this(vm, &a[0])?.1;
            stream::close(vm, &socket)
        }),
    ],
    new: Some(new),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

// Opcodes (RFC 6455, section 5.2).
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const OPCODE: u8 = 15;

// errno values.
const EIO: i32 = 5;
const ENOBUFS: i32 = 105;
const EAGAIN: i64 = 11;

struct WebSocket {
    stream: Slot,
    input: RefCell<Input>,
    /// Opcode of the frames that are written.
    opcode: Cell<u8>,
    /// Whether the stream is made blocking while a frame is written.
    blocking_write: bool,
}

impl NativeObject for WebSocket {
    fn class(&self) -> &'static Rom<TypeDef> {
        &WEB_SOCKET
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.stream.trace(visit);
    }
    fn clear(&self) {
        self.stream.set(Value::NONE);
    }
}

/// Where reading stands within a frame.
#[derive(Default)]
struct Input {
    /// The header so far: two bytes, then the length and mask they announce.
    header: Vec<u8>,
    /// Bytes of the payload still to come; `None` while the header is read.
    left: Option<usize>,
    mask: [u8; 4],
    mask_at: usize,
    /// Opcode of this frame.
    opcode: u8,
    /// Opcode of the message that data frames belong to.
    message: u8,
}

/// What reading needs next.
enum Need {
    /// So many bytes of a header.
    Header(usize),
    /// At most so many bytes of a payload.
    Payload(usize),
    /// An answer to the other end's close frame.
    Closed,
    /// A length of 64 bits, which is not supported.
    TooLong,
}

impl Input {
    fn need(&mut self) -> Need {
        loop {
            match self.left {
                None => match self.header[..] {
                    [] => return Need::Header(2),
                    [_] => return Need::Header(1),
                    [_, len, ..] => {
                        let long = len & 0x7F == 126;
                        if len & 0x7F == 127 {
                            return Need::TooLong;
                        }
                        let masked = len & 0x80 != 0;
                        let full = 2 + if long { 2 } else { 0 } + if masked { 4 } else { 0 };
                        if self.header.len() < full {
                            return Need::Header(full - self.header.len());
                        }
                        self.begin(long, masked);
                    }
                },
                Some(0) => {
                    let closed = self.opcode == CLOSE;
                    self.left = None;
                    self.header.clear();
                    if closed {
                        return Need::Closed;
                    }
                }
                Some(n) => return Need::Payload(n),
            }
        }
    }

    /// The header is complete.
    fn begin(&mut self, long: bool, masked: bool) {
        let (first, second) = (self.header[0], self.header[1]);
        self.opcode = first & OPCODE;
        if self.opcode != CONTINUATION {
            self.message = self.opcode;
        }
        self.left = Some(match self.header[2..] {
            [high, low, ..] if long => u16::from_be_bytes([high, low]) as usize,
            _ => second as usize & 0x7F,
        });
        self.mask = [0; 4];
        self.mask_at = 0;
        if masked {
            let at = self.header.len() - 4;
            self.mask.copy_from_slice(&self.header[at..]);
        }
    }

    /// Takes payload, unmasked in place.
    fn unmask(&mut self, bytes: &mut [u8]) {
        for byte in bytes.iter_mut() {
            *byte ^= self.mask[self.mask_at & 3];
            self.mask_at += 1;
        }
        self.left = self.left.map(|n| n.saturating_sub(bytes.len()));
    }
}

fn new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (stream, blocking_write) = match args.pos {
        [stream] => (stream, false),
        [stream, blocking] => (stream, blocking.is(&Value::TRUE)),
        _ => return Err(vm.type_error("websocket() takes 1 or 2 arguments")),
    };
    for method in ["readinto", "write"] {
        stream::method(vm, stream, method)?;
    }
    let socket = WebSocket {
        stream: Slot::new(stream.clone()),
        input: RefCell::default(),
        opcode: Cell::new(TEXT),
        blocking_write,
    };
    vm.new_native(socket).map(Step::Done)
}

/// The object and its stream.
fn this(vm: &mut Vm, v: &Value) -> Res<(Value, Value)> {
    let base = vm.base_object(v);
    match base.native::<WebSocket>().map(|w| w.stream.get()) {
        Some(stream) => Ok((base, stream)),
        None => Err(vm.type_error("argument should be a 'websocket'")),
    }
}

fn read(vm: &mut Vm, v: &Value, reading: Reading) -> Res<Step> {
    let (socket, stream) = this(vm, v)?;
    go_on_reading(vm, socket, stream, reading)
}

/// Runs `f` on the input's state.
fn with_input<R>(vm: &mut Vm, socket: &Value, f: impl FnOnce(&mut Input) -> R) -> Res<R> {
    match socket.native::<WebSocket>().map(|w| w.input.try_borrow_mut()) {
        Some(Ok(mut input)) => Ok(f(&mut input)),
        _ => Err(vm.busy()),
    }
}

fn go_on_reading(vm: &mut Vm, socket: Value, stream: Value, mut reading: Reading) -> Res<Step> {
    if reading.want == 0 {
        return reading.finish(vm);
    }
    match with_input(vm, &socket, Input::need)? {
        Need::Header(n) => stream::read_some(vm, &stream.clone(), n, move |vm, got| {
            let Some(bytes) = unless_waiting(vm, got)? else { return reading.none_or_finish(vm) };
            if bytes.is_empty() {
                return reading.finish(vm);
            }
            with_input(vm, &socket, |input| input.header.extend_from_slice(&bytes))?;
            go_on_reading(vm, socket, stream, reading)
        }),
        Need::Payload(n) => {
            let control = with_input(vm, &socket, |input| input.opcode >= CLOSE)?;
            // A line may end at any byte; what is behind it is left for the next reader.
            let n = if control {
                n
            } else if reading.line {
                1
            } else {
                n.min(reading.want)
            };
            stream::read_some(vm, &stream.clone(), n, move |vm, got| {
                let Some(mut bytes) = unless_waiting(vm, got)? else { return reading.none_or_finish(vm) };
                if bytes.is_empty() {
                    return reading.finish(vm);
                }
                with_input(vm, &socket, |input| input.unmask(&mut bytes))?;
                if !control {
                    reading.push(vm, &bytes)?;
                }
                go_on_reading(vm, socket, stream, reading)
            })
        }
        Need::Closed => write_frame(vm, socket, stream, vec![0x80 | CLOSE, 0], move |vm| reading.finish(vm)),
        Need::TooLong => {
            let step = stream::close(vm, &stream);
            vm.and_then(step, |vm, closed| closed.and_then(|_| Err(vm.os_error(EIO))))
        }
    }
}

/// What was read; `None` when a stream that does not block has nothing yet.
fn unless_waiting(vm: &mut Vm, got: Res<Vec<u8>>) -> Res<Option<Vec<u8>>> {
    let Err(raised) = got else { return got.map(Some) };
    let exception = vm.take_exception();
    let errno = vm.get_attr(&exception, "errno").ok().and_then(|n| n.as_small_int());
    if errno == Some(EAGAIN) {
        return Ok(None);
    }
    vm.raise(exception);
    Err(raised)
}

/// Writes a frame, the stream made blocking meanwhile if that was asked for.
fn write_frame(
    vm: &mut Vm,
    socket: Value,
    stream: Value,
    frame: Vec<u8>,
    then: impl FnOnce(&mut Vm) -> Res<Step> + 'static,
) -> Res<Step> {
    if !socket.native::<WebSocket>().is_some_and(|w| w.blocking_write) {
        return stream::write_all(vm, stream, frame, usize::MAX, move |vm, r| r.and_then(|()| then(vm)));
    }
    let set_blocking = stream::method(vm, &stream, "setblocking")?;
    Ok(Step::call(set_blocking.clone(), vec![Value::TRUE], move |vm, r| {
        r?;
        stream::write_all(vm, stream, frame, usize::MAX, move |vm, written| {
            let raised = written.err().map(|_| vm.take_exception());
            let step = Ok(Step::tail(set_blocking, vec![Value::FALSE]));
            vm.and_then(step, move |vm, r| match raised {
                Some(e) => Err(vm.raise(e)),
                None => r.and_then(|_| then(vm)),
            })
        })
    }))
}

fn write(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (socket, stream) = this(vm, &args[0])?;
    let bytes = stream::part_of_buffer(vm, &args[1..])?;
    let Ok(len) = u16::try_from(bytes.len()) else { return Err(vm.os_error(ENOBUFS)) };
    let opcode = socket.native::<WebSocket>().map_or(TEXT, |w| w.opcode.get());
    let mut frame = Vec::with_capacity(bytes.len() + 4);
    frame.push(0x80 | opcode);
    if len < 126 {
        frame.push(len as u8);
    } else {
        frame.push(126);
        frame.extend(len.to_be_bytes());
    }
    frame.extend(&bytes);
    write_frame(vm, socket, stream, frame, move |_| Ok(Step::Done(Value::int(len as i32))))
}

/// `ioctl(request[, argument])`: 4 closes, 8 gives the opcode of the last message, 9 sets the one to write with.
fn ioctl(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (socket, stream) = this(vm, &args[0])?;
    let Some(this) = socket.native::<WebSocket>() else { return Err(stream::invalid(vm)) };
    let argument = args.get(2).map_or(Ok(0), |v| vm.index_of(v))?;
    match vm.index_of(&args[1])? {
        4 => {
            let step = stream::close(vm, &stream);
            vm.and_then(step, |_, closed| closed.map(|_| Step::Done(Value::int(0))))
        }
        8 => {
            let message = with_input(vm, &socket, |input| input.message)?;
            Ok(Step::Done(Value::int(message as i32)))
        }
        9 => {
            let old = this.opcode.replace(argument as u8 & OPCODE);
            Ok(Step::Done(Value::int(old as i32)))
        }
        _ => Err(stream::invalid(vm)),
    }
}
