//! Streams beneath streams: what wraps another stream reads and writes it through its methods, so that files,
//! sockets and streams written in Python serve alike.

use alloc::vec;
use alloc::vec::Vec;
use snakeye_vm::exceptions::OS_ERROR;
use snakeye_vm::object::{BufferValue, Instance, Step};
use snakeye_vm::{HVec, Raised, Res, Value, Vm};

/// errno of a stream that would have to wait.
const EAGAIN: i32 = 11;
/// errno of a stream that does not keep to its protocol.
const EIO: i32 = 5;

/// The method of a stream. OSError when it has none.
pub(crate) fn method(vm: &mut Vm, stream: &Value, name: &str) -> Res {
    let name = vm.intern(name)?;
    match vm.find_attr(stream, &name)? {
        Some(f) => Ok(f),
        None => Err(vm.raise_new(&OS_ERROR, "stream operation not supported")),
    }
}

/// What `readinto` and `write` give: a number of bytes, or an errno (Python streams give it negated; None: the stream
/// would have to wait).
fn outcome(vm: &mut Vm, result: &Value) -> Res<Result<usize, i32>> {
    if result.is_none() {
        return Ok(Err(EAGAIN));
    }
    let n = vm.index_of(result)?;
    Ok(usize::try_from(n).map_err(|_| n.unsigned_abs().min(i32::MAX as u64) as i32))
}

/// Reads at most `n` bytes into `then`; none at the end of the stream.
pub(crate) fn read_some(
    vm: &mut Vm,
    stream: &Value,
    n: usize,
    then: impl FnOnce(&mut Vm, Res<Vec<u8>>) -> Res<Step> + 'static,
) -> Res<Step> {
    let readinto = method(vm, stream, "readinto")?;
    let mut room = HVec::new();
    room.append_zeros(&vm.heap, n)?;
    let room = vm.new_bytearray(&room)?;
    Ok(Step::call(readinto, vec![room.clone()], move |vm, r| {
        let got = match r {
            Ok(result) => match outcome(vm, &result) {
                Ok(Ok(got)) if got > n => Err(vm.os_error(EIO)),
                Ok(Ok(n)) => Ok(room.buffer().map_or(Vec::new(), |b| b.with(|b| b[..n.min(b.len())].to_vec()))),
                Ok(Err(errno)) => Err(vm.os_error(errno)),
                Err(r) => Err(r),
            },
            Err(r) => Err(r),
        };
        then(vm, got)
    }))
}

/// Whether a stream is written in Python: it sees each piece that is written.
pub(crate) fn is_python(stream: &Value) -> bool {
    stream.get::<Instance>().is_some()
}

/// Writes all bytes, in pieces of at most `piece`, then goes on with `then`.
pub(crate) fn write_all(
    vm: &mut Vm,
    stream: Value,
    bytes: Vec<u8>,
    piece: usize,
    then: impl FnOnce(&mut Vm, Res<()>) -> Res<Step> + 'static,
) -> Res<Step> {
    if bytes.is_empty() {
        return then(vm, Ok(()));
    }
    let write = method(vm, &stream, "write")?;
    go_on(vm, write, bytes, 0, piece, then)
}

fn go_on(
    vm: &mut Vm,
    write: Value,
    bytes: Vec<u8>,
    from: usize,
    piece: usize,
    then: impl FnOnce(&mut Vm, Res<()>) -> Res<Step> + 'static,
) -> Res<Step> {
    let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) else { return then(vm, Ok(())) };
    let part = vm.new_bytearray(&rest[..piece.min(rest.len())])?;
    Ok(Step::call(write.clone(), vec![part], move |vm, r| {
        let written = match r {
            Ok(n) => outcome(vm, &n),
            Err(r) => Err(r),
        };
        match written {
            Ok(Ok(n)) => go_on(vm, write, bytes, from + n, piece, then),
            Ok(Err(errno)) => {
                let raised = vm.os_error(errno);
                then(vm, Err(raised))
            }
            Err(r) => then(vm, Err(r)),
        }
    }))
}

/// The request of `ioctl` that closes a stream.
const IOCTL_CLOSE: i32 = 4;

/// Closes a stream: those written in Python by their `ioctl`, as MicroPython does, others by `close`.
pub(crate) fn close(vm: &mut Vm, stream: &Value) -> Res<Step> {
    if is_python(stream) {
        let name = vm.intern("ioctl")?;
        if let Some(ioctl) = vm.find_attr(stream, &name)? {
            return Ok(Step::tail(ioctl, vec![Value::int(IOCTL_CLOSE), Value::int(0)]));
        }
    }
    let close = method(vm, stream, "close")?;
    Ok(Step::tail(close, Vec::new()))
}

/// OSError of a wrong argument or bad data.
pub(crate) fn invalid(vm: &mut Vm) -> Raised {
    const EINVAL: i32 = 22;
    vm.os_error(EINVAL)
}

/// A size argument of `read` and the like: missing, None and negative ones mean everything.
fn size_of(vm: &mut Vm, v: Option<&Value>) -> Res<usize> {
    match v {
        Some(n) if !n.is_none() => Ok(usize::try_from(vm.index_of(n)?).unwrap_or(usize::MAX)),
        _ => Ok(usize::MAX),
    }
}

/// The bytes that `write(buffer)`, `write(buffer, length)` or `write(buffer, offset, length)` mean.
pub(crate) fn part_of_buffer(vm: &mut Vm, args: &[Value]) -> Res<Vec<u8>> {
    let Some(buffer) = args.first() else { return Ok(Vec::new()) };
    let (offset, len) = match args {
        [_, len] => (0, size_of(vm, Some(len))?),
        [_, offset, len, ..] => (size_of(vm, Some(offset))?, size_of(vm, Some(len))?),
        _ => (0, usize::MAX),
    };
    crate::buffer::with_buffer(vm, buffer, |vm, bytes| {
        let rest = bytes.get(offset..).unwrap_or(&[]);
        let part = &rest[..len.min(rest.len())];
        crate::buffer::charged(vm, part.len())?;
        Ok(part.to_vec())
    })?
}

/// A `read`, `readline` or `readinto` under way.
pub(crate) struct Reading {
    /// Bytes still wanted.
    pub want: usize,
    /// Whether it ends with a line.
    pub line: bool,
    /// The buffer to fill; without one the result is bytes.
    target: Option<Value>,
    out: HVec<u8>,
}

impl Reading {
    /// `read([size])`
    pub fn read(vm: &mut Vm, args: &[Value]) -> Res<Reading> {
        let want = size_of(vm, args.get(1))?;
        Ok(Reading { want, line: false, target: None, out: HVec::new() })
    }

    /// `readline([size])`
    pub fn readline(vm: &mut Vm, args: &[Value]) -> Res<Reading> {
        let want = size_of(vm, args.get(1))?;
        Ok(Reading { want, line: true, target: None, out: HVec::new() })
    }

    /// `readinto(buffer[, size])`
    pub fn readinto(vm: &mut Vm, args: &[Value]) -> Res<Reading> {
        let target = vm.base_object(&args[1]);
        let Some(room) = target.with_buffer_mut(|b| b.len()) else {
            return Err(vm.type_error("object with buffer protocol required"));
        };
        let want = size_of(vm, args.get(2))?.min(room);
        Ok(Reading { want, line: false, target: Some(target), out: HVec::new() })
    }

    /// Takes bytes, at most as many as are wanted.
    pub fn push(&mut self, vm: &mut Vm, bytes: &[u8]) -> Res<()> {
        self.out.append_bytes(&vm.heap, bytes)?;
        self.want = self.want.saturating_sub(bytes.len());
        if self.line && bytes.last() == Some(&b'\n') {
            self.want = 0;
        }
        Ok(())
    }

    /// The result of a stream that does not block and has no more: what there is, else None.
    pub fn none_or_finish(&self, vm: &mut Vm) -> Res<Step> {
        if self.out.is_empty() { Ok(Step::Done(Value::NONE)) } else { self.finish(vm) }
    }

    /// The result.
    pub fn finish(&self, vm: &mut Vm) -> Res<Step> {
        let Some(target) = &self.target else { return vm.new_bytes(&self.out).map(Step::Done) };
        let copied =
            target.with_buffer_mut(|b| b.iter_mut().zip(&self.out[..]).for_each(|(place, byte)| *place = *byte));
        match copied {
            Some(()) => vm.new_int(self.out.len() as i64).map(Step::Done),
            None => Err(vm.busy()),
        }
    }
}
