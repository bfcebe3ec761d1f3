//! Bytes over sockets: the `send` and `recv` families, and the stream methods `read`, `readinto`, `readline`, `write`.
//!
//! Both families differ where a socket may not wait: `recv` and `send` raise EAGAIN, streams answer None, or what
//! there was.

use super::address::{address_value, with_address};
use super::this;
use super::wait::{self, Limit, Task};
use crate::host::board;
use crate::interest::{READ, WRITE};
use alloc::vec::Vec;
use snakeye_hal::{Errno, SocketId};
use snakeye_vm::object::{BufferValue, Step};
use snakeye_vm::{Raised, Res, Value, Vm};

/// `recv` and `recvfrom`: look, but leave the bytes where they are.
pub(super) const MSG_PEEK: i64 = 1;
/// `recv` and `recvfrom`: do not wait.
pub(super) const MSG_DONTWAIT: i64 = 8;

/// Most bytes that one receiving call brings; no datagram is longer.
const RECEIVE_MOST: usize = 65_536;

/// Bytes that `read` takes at a time.
const CHUNK: usize = 1460;

/// A buffer of this many bytes, or MemoryError.
fn buffer(len: usize) -> Res<Vec<u8>> {
    let mut buf = Vec::new();
    buf.try_reserve_exact(len).map_err(|_| Raised)?;
    buf.resize(len, 0);
    Ok(buf)
}

/// What an argument holds, as its length; TypeError for an object without a buffer.
fn length(vm: &mut Vm, v: &Value) -> Res<usize> {
    match v.buffer() {
        Some(b) => Ok(b.len()),
        None => Err(vm.type_error("object with buffer protocol required")),
    }
}

// ---- sending ----

/// What a sending method makes of its result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Send,
    SendAll,
    Write,
}

/// Sends a stretch of a buffer: all of it on a stream that may wait.
struct Sending {
    data: Value,
    next: usize,
    end: usize,
    sent: usize,
    whole: bool,
    style: Style,
}

impl Task for Sending {
    fn go_on(&mut self, vm: &mut Vm, id: SocketId) -> Result<Res, Errno> {
        loop {
            let net = board(vm).board.net();
            let n = match self.data.buffer() {
                // The script may have changed the buffer's length meanwhile.
                Some(b) => b.with(|b| {
                    let end = self.end.min(b.len());
                    net.send(id, b.get(self.next.min(end)..end).unwrap_or_default())
                }),
                None => return Err(Errno::EINVAL),
            };
            let n = match n {
                // lwIP's answer, right after a connect that did not wait.
                Err(Errno::EINPROGRESS) => return Err(Errno::EAGAIN),
                n => n?,
            };
            self.next += n;
            self.sent += n;
            if !self.whole || self.next >= self.end || n == 0 {
                return Ok(self.result(vm));
            }
        }
    }

    fn cut_short(&mut self, vm: &mut Vm, why: Errno) -> Res {
        match self.style {
            Style::Send if self.sent > 0 => self.result(vm),
            Style::Write if why == Errno::EAGAIN && self.sent > 0 => self.result(vm),
            Style::Write if why == Errno::EAGAIN => Ok(Value::NONE),
            // Some of it went: no caller may think that it can begin anew.
            Style::SendAll if self.sent > 0 => Err(vm.os_error(Errno::ETIMEDOUT.0)),
            _ => Err(vm.os_error(why.0)),
        }
    }
}

impl Sending {
    fn result(&self, vm: &mut Vm) -> Res {
        match self.style {
            Style::SendAll => Ok(Value::NONE),
            _ => vm.new_int(self.sent as i64),
        }
    }
}

fn sending(vm: &mut Vm, s: &Value, data: &Value, from: usize, end: usize, style: Style) -> Res<Step> {
    let whole = this(vm, s)?.stream;
    let limit = Limit::of(vm, s)?;
    let task = Sending { data: data.clone(), next: from, end, sent: 0, whole, style };
    wait::run(vm, s.clone(), WRITE, limit, task)
}

/// `send(bytes)`: how many bytes went; on a stream that waits, all unless time ran out.
pub(super) fn send(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let len = length(vm, &args[1])?;
    sending(vm, &args[0], &args[1], 0, len, Style::Send)
}

/// `sendall(bytes)`
pub(super) fn sendall(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let len = length(vm, &args[1])?;
    sending(vm, &args[0], &args[1], 0, len, Style::SendAll)
}

/// `write(buf)`, `write(buf, max)`, `write(buf, from, max)`: how many bytes went, or None.
pub(super) fn write(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (from, end) = stretch(vm, args)?;
    sending(vm, &args[0], &args[1], from, end, Style::Write)
}

/// The stretch that the arguments of a stream method choose: (buf), (buf, max) or (buf, from, max).
pub(crate) fn stretch(vm: &mut Vm, args: &[Value]) -> Res<(usize, usize)> {
    let len = length(vm, &args[1])?;
    let mut count = |v: &Value| vm.index_of(v).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    let (from, most) = match args {
        [_, _, from, most] => (count(from)?.min(len), count(most)?),
        [_, _, most] => (0, count(most)?),
        _ => (0, usize::MAX),
    };
    Ok((from, from.saturating_add(most).min(len)))
}

/// `sendto(bytes, address)`
pub(super) fn sendto(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    length(vm, &args[1])?;
    let (s, data) = (args[0].clone(), args[1].clone());
    with_address(vm, &args[2], move |vm, addr| {
        let limit = Limit::of(vm, &s)?;
        wait::run(vm, s, WRITE, limit, move |vm: &mut Vm, id| {
            let net = board(vm).board.net();
            let n = match data.buffer() {
                Some(b) => b.with(|b| net.send_to(id, b, addr))?,
                None => return Err(Errno::EINVAL),
            };
            Ok(vm.new_int(n as i64))
        })
    })
}

// ---- receiving ----

/// Size and limit of a receiving call: `(size[, flags])`.
fn receiving(vm: &mut Vm, args: &[Value]) -> Res<(usize, Limit)> {
    let Ok(size) = usize::try_from(vm.index_of(&args[1])?) else { return Err(vm.value_error("negative size")) };
    let flags = match args.get(2) {
        Some(v) => vm.index_of(v)?,
        None => 0,
    };
    if flags & !MSG_DONTWAIT != 0 {
        return Err(vm.os_error(Errno::EOPNOTSUPP.0));
    }
    let limit = if flags & MSG_DONTWAIT != 0 { Limit::Now } else { Limit::of(vm, &args[0])? };
    Ok((size.min(RECEIVE_MOST), limit))
}

/// `recv(size[, flags])`: what is there, `b''` at the end.
pub(super) fn recv(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (size, limit) = receiving(vm, args)?;
    wait::run(vm, args[0].clone(), READ, limit, move |vm: &mut Vm, id| {
        let mut buf = match buffer(size) {
            Ok(b) => b,
            Err(e) => return Ok(Err(e)),
        };
        let n = board(vm).board.net().recv(id, &mut buf)?;
        Ok(vm.new_bytes(buf.get(..n).unwrap_or(&buf)))
    })
}

/// `recvfrom(size[, flags])`: what is there, and from whom.
pub(super) fn recvfrom(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (size, limit) = receiving(vm, args)?;
    wait::run(vm, args[0].clone(), READ, limit, move |vm: &mut Vm, id| {
        let mut buf = match buffer(size) {
            Ok(b) => b,
            Err(e) => return Ok(Err(e)),
        };
        let (n, from) = board(vm).board.net().recv_from(id, &mut buf)?;
        Ok(vm.new_bytes(buf.get(..n).unwrap_or(&buf)).and_then(|data| {
            let from = address_value(vm, from)?;
            vm.new_tuple([data, from].into())
        }))
    })
}

/// `recv_into(buf[, size])`: what is there, as CPython has it.
pub(super) fn recv_into(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (from, end) = stretch(vm, args)?;
    let (limit, target) = (Limit::of(vm, &args[0])?, args[1].clone());
    wait::run(vm, args[0].clone(), READ, limit, move |vm: &mut Vm, id| match receive_into(vm, id, &target, from, end) {
        Ok(n) => {
            let n = n?;
            Ok(vm.new_int(n as i64))
        }
        Err(e) => Ok(Err(e)),
    })
}

/// Receives into a stretch of a buffer once.
fn receive_into(vm: &mut Vm, id: SocketId, target: &Value, from: usize, end: usize) -> Res<Result<usize, Errno>> {
    let net = board(vm).board.net();
    let n = target.with_buffer_mut(|b| {
        let end = end.min(b.len());
        match b.get_mut(from.min(end)..end) {
            Some(room) => net.recv(id, room),
            None => Ok(0),
        }
    });
    n.ok_or_else(|| vm.type_error("a writable buffer is required"))
}

/// `readinto`: until the buffer is full or the stream ends.
struct ReadInto {
    target: Value,
    next: usize,
    end: usize,
}

impl Task for ReadInto {
    fn go_on(&mut self, vm: &mut Vm, id: SocketId) -> Result<Res, Errno> {
        while self.next < self.end {
            match receive_into(vm, id, &self.target, self.next, self.end) {
                Ok(n) => match n? {
                    0 => break,
                    n => self.next += n,
                },
                Err(e) => return Ok(Err(e)),
            }
        }
        Ok(vm.new_int(self.next as i64))
    }

    fn cut_short(&mut self, vm: &mut Vm, why: Errno) -> Res {
        match (why, self.next) {
            (Errno::EAGAIN, 0) => Ok(Value::NONE),
            (Errno::EAGAIN, n) => vm.new_int(n as i64),
            _ => Err(vm.os_error(why.0)),
        }
    }
}

/// `readinto(buf[, size])`
pub(super) fn readinto(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (next, end) = stretch(vm, args)?;
    let limit = Limit::of(vm, &args[0])?;
    wait::run(vm, args[0].clone(), READ, limit, ReadInto { target: args[1].clone(), next, end })
}

/// `read` and `readline`: until so many bytes, the end of the line (if asked for), or the end of the stream.
struct Read {
    got: Vec<u8>,
    most: usize,
    line: bool,
}

impl Task for Read {
    fn go_on(&mut self, vm: &mut Vm, id: SocketId) -> Result<Res, Errno> {
        let mut part = [0u8; CHUNK];
        while self.got.len() < self.most && !(self.line && self.got.last() == Some(&b'\n')) {
            // Lines byte by byte: what follows one belongs to the next call.
            let room = if self.line { 1 } else { (self.most - self.got.len()).min(CHUNK) };
            let n = board(vm).board.net().recv(id, part.get_mut(..room).unwrap_or_default())?;
            if n == 0 {
                break;
            }
            if let Err(e) = wait::keep(vm, &mut self.got, part.get(..n).unwrap_or_default()) {
                return Ok(Err(e));
            }
        }
        Ok(vm.new_bytes(&self.got))
    }

    fn cut_short(&mut self, vm: &mut Vm, why: Errno) -> Res {
        match why {
            Errno::EAGAIN if self.got.is_empty() => Ok(Value::NONE),
            Errno::EAGAIN => vm.new_bytes(&self.got),
            _ => Err(vm.os_error(why.0)),
        }
    }
}

fn reading(vm: &mut Vm, args: &[Value], line: bool) -> Res<Step> {
    let most = match args.get(1) {
        Some(v) if !v.is_none() => usize::try_from(vm.index_of(v)?).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let limit = Limit::of(vm, &args[0])?;
    wait::run(vm, args[0].clone(), READ, limit, Read { got: Vec::new(), most, line })
}

/// `read([size])`
pub(super) fn read(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    reading(vm, args, false)
}

/// `readline([size])`
pub(super) fn readline(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    reading(vm, args, true)
}
