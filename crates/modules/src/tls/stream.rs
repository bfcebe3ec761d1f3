//! `SSLSocket`: a stream over a socket whose bytes travel encrypted.
//!
//! As on other streams, calls on a socket that may not wait answer None.

use super::failed;
use crate::host::board;
use crate::interest::{self, READ, WRITE};
use crate::socket;
use crate::socket::wait::{self, Limit, Task};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_hal::{Errno, SocketId, TlsError, TlsSession};
use snakeye_vm::host::event;
use snakeye_vm::object::{BufferValue, NativeObject, NativeValue, Polled, Step, TypeDef};
use snakeye_vm::{Charge, Raised, Res, Rom, Value, Vm, method, method_steps};

/// What a session takes: a record in each direction (RFC 8446 §5.2) and the keys.
const SESSION_BYTES: usize = 2 * 16 * 1024 + 2048;

/// Bytes received from the socket at a time.
const CHUNK: usize = 1460;

struct Stream {
    socket: Value,
    line: RefCell<Line>,
    _charge: Charge,
}

/// The session and what of its output the socket has not taken yet.
struct Line {
    session: Box<dyn TlsSession>,
    outgoing: Vec<u8>,
    /// What ended it; every later call says so again.
    broken: Option<TlsError>,
}

impl NativeObject for Stream {
    fn class(&self) -> &'static Rom<TypeDef> {
        &SSL_SOCKET
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.socket);
    }
    fn poll(&self, vm: &mut Vm, events: u16) -> Option<Polled> {
        let Some(id) = socket::socket_id(&self.socket) else { return Some(Polled::Own(event::NVAL, None)) };
        let Ok(mut line) = self.line.try_borrow_mut() else { return Some(Polled::Own(0, None)) };
        let ready = line.advance(vm, id, events);
        let mut mode = 0;
        if line.session.is_handshaking() || events & event::IN != 0 {
            mode |= READ;
        }
        if !line.outgoing.is_empty() {
            mode |= WRITE;
        }
        Some(Polled::Own(ready, Some(interest::socket(id, mode))))
    }
}

static SSL_SOCKET: Rom<TypeDef> = Rom::new(TypeDef {
    name: "SSLSocket",
    attrs: &[
        method_steps!("read", 1, 2, |vm, a| read(vm, a, Until::Full)),
        method_steps!("recv", 2, 2, |vm, a| read(vm, a, Until::Some)),
        method_steps!("readline", 1, 2, |vm, a| read(vm, a, Until::Line)),
        method_steps!("readinto", 2, 3, |vm, a| read_into(vm, a, true)),
        method_steps!("recv_into", 2, 3, |vm, a| read_into(vm, a, false)),
        method_steps!("write", 2, 4, |vm, a| write(vm, a, true)),
        method_steps!("send", 2, 2, |vm, a| write(vm, a, false)),
        method_steps!("sendall", 2, 2, |vm, a| write(vm, a, true)),
        method!("setblocking", 2, 2, |vm, a| {
            let blocking = vm.truth(&a[1])?;
            let sock = &this(vm, &a[0])?.socket;
            socket::set_blocking(vm, sock, blocking)?;
            Ok(Value::NONE)
        }),
        method!("getpeercert", 1, 2, peer_certificate),
        method!("cipher", 1, 1, cipher),
        method!("close", 1, 1, close),
        method!("__enter__", 1, 1, |_, a| Ok(a[0].clone())),
        method!("__exit__", 4, 4, close),
    ],
    print: Some(|_, v, out, _| {
        out.push_str(&alloc::format!("<SSLSocket {:#x}>", v.word()));
        Ok(())
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn this<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a Stream> {
    match v.native::<Stream>() {
        Some(s) => Ok(s),
        None => Err(vm.type_error("SSLSocket expected")),
    }
}

/// A stream over this socket; with `handshake`, one whose keys are agreed already.
pub(super) fn open(vm: &mut Vm, sock: Value, session: Box<dyn TlsSession>, handshake: bool) -> Res<Step> {
    if socket::socket_id(&sock).is_none() {
        return Err(vm.type_error("an open socket is needed"));
    }
    let charge = vm.heap.hold(SESSION_BYTES)?;
    let line = Line { session, outgoing: Vec::new(), broken: None };
    let stream = vm.new_native(Stream { socket: sock, line: RefCell::new(line), _charge: charge })?;
    if !handshake {
        return Ok(Step::Done(stream));
    }
    run(vm, stream.clone(), READ, Handshake(stream))
}

impl Line {
    /// Sends what waits to be sent: `EAGAIN` when the socket does not take it all.
    fn flush(&mut self, vm: &mut Vm, id: SocketId) -> Result<(), Errno> {
        loop {
            self.session.take_outgoing(&mut self.outgoing);
            if self.outgoing.is_empty() {
                return Ok(());
            }
            let sent = board(vm).board.net().send(id, &self.outgoing)?;
            self.outgoing.drain(..sent.min(self.outgoing.len()));
        }
    }

    /// Hands the session what the socket has.
    fn receive(&mut self, vm: &mut Vm, id: SocketId) -> Result<Result<(), TlsError>, Errno> {
        let mut part = [0u8; CHUNK];
        let n = board(vm).board.net().recv(id, &mut part)?;
        if n == 0 {
            let end = match self.session.receive_end() {
                Ok(()) if self.session.is_handshaking() => Err(TlsError::Truncated),
                end => end,
            };
            return Ok(end);
        }
        let mut rest = part.get(..n).unwrap_or_default();
        while !rest.is_empty() {
            match self.session.receive(rest) {
                // Only when plain bytes wait to be read, and those are read first.
                Ok(0) => return Ok(Err(TlsError::Protocol("more than was asked for".into()))),
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(e) => {
                    // The alert that tells the peer why.
                    let _ = self.flush(vm, id);
                    return Ok(Err(e));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Does what can be done without waiting, and says what the stream is ready for. What went wrong is told by the
    /// next call, so the stream is ready for that.
    fn advance(&mut self, vm: &mut Vm, id: SocketId, events: u16) -> u16 {
        if self.broken.is_none() {
            match self.look_for(vm, id, events) {
                Ok(Ok(())) | Err(Errno::EAGAIN) => {}
                Ok(Err(e)) => self.broken = Some(e),
                Err(_) => return event::IN | event::OUT | event::ERR,
            }
        }
        if self.broken.is_some() {
            return event::IN | event::OUT;
        }
        let mut ready = 0;
        if !self.session.is_handshaking() {
            if self.session.has_plain() {
                ready |= event::IN;
            }
            if self.outgoing.is_empty() {
                ready |= event::OUT;
            }
        }
        ready
    }

    fn look_for(&mut self, vm: &mut Vm, id: SocketId, events: u16) -> Result<Result<(), TlsError>, Errno> {
        if let Err(e) = self.agree(vm, id)? {
            return Ok(Err(e));
        }
        while events & event::IN != 0 && !self.session.has_plain() {
            if let Err(e) = self.receive(vm, id)? {
                return Ok(Err(e));
            }
            self.flush(vm, id)?;
        }
        Ok(Ok(()))
    }

    /// Works on the handshake until it is done.
    fn agree(&mut self, vm: &mut Vm, id: SocketId) -> Result<Result<(), TlsError>, Errno> {
        loop {
            self.flush(vm, id)?;
            if !self.session.is_handshaking() {
                return Ok(Ok(()));
            }
            if let Err(e) = self.receive(vm, id)? {
                return Ok(Err(e));
            }
        }
    }
}

/// Something to do on a stream: a [`Task`] that has the session at hand.
trait Work: 'static {
    /// As [`Task::go_on`]; a session's failure is an error of its own.
    fn go_on(&mut self, vm: &mut Vm, line: &mut Line, id: SocketId) -> Result<Result<Res, TlsError>, Errno>;

    /// As [`Task::cut_short`], for a socket that may not wait.
    fn so_far(&mut self, _: &mut Vm) -> Res {
        Ok(Value::NONE)
    }
}

struct OnLine<W> {
    stream: Value,
    work: W,
}

impl<W: Work> Task for OnLine<W> {
    fn go_on(&mut self, vm: &mut Vm, id: SocketId) -> Result<Res, Errno> {
        let stream = match this(vm, &self.stream) {
            Ok(s) => s,
            Err(e) => return Ok(Err(e)),
        };
        let Ok(mut line) = stream.line.try_borrow_mut() else { return Err(Errno::EALREADY) };
        if let Some(e) = &line.broken {
            return Ok(Err(failed(vm, e)));
        }
        match self.work.go_on(vm, &mut line, id)? {
            Ok(done) => Ok(done),
            Err(e) => {
                let raised = failed(vm, &e);
                line.broken = Some(e);
                Ok(Err(raised))
            }
        }
    }

    fn mode(&self, mode: u8) -> u8 {
        let stream = self.stream.native::<Stream>();
        let full = stream.and_then(|s| s.line.try_borrow().ok()).is_some_and(|l| !l.outgoing.is_empty());
        if full { mode | WRITE } else { mode }
    }

    fn cut_short(&mut self, vm: &mut Vm, why: Errno) -> Res {
        match why {
            Errno::EAGAIN => self.work.so_far(vm),
            _ => Err(vm.os_error(why.0)),
        }
    }
}

fn run(vm: &mut Vm, stream: Value, mode: u8, work: impl Work) -> Res<Step> {
    let sock = this(vm, &stream)?.socket.clone();
    let limit = Limit::of(vm, &sock)?;
    wait::run(vm, sock, mode, limit, OnLine { stream, work })
}

/// Agreeing on keys; the result is the stream.
struct Handshake(Value);

impl Work for Handshake {
    fn go_on(&mut self, vm: &mut Vm, line: &mut Line, id: SocketId) -> Result<Result<Res, TlsError>, Errno> {
        Ok(line.agree(vm, id)?.map(|()| Ok(self.0.clone())))
    }

    /// A socket that may not wait goes on at its first reading or writing.
    fn so_far(&mut self, _: &mut Vm) -> Res {
        Ok(self.0.clone())
    }
}

/// How far a reading call goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Until it has all that was asked for.
    Full,
    /// Until there is anything.
    Some,
    /// Until the end of a line.
    Line,
}

/// The next plain bytes: 0 at the end.
fn plain(vm: &mut Vm, line: &mut Line, id: SocketId, buf: &mut [u8]) -> Result<Result<usize, TlsError>, Errno> {
    if let Err(e) = line.agree(vm, id)? {
        return Ok(Err(e));
    }
    loop {
        match line.session.read(buf) {
            Ok(Some(n)) => return Ok(Ok(n)),
            Err(e) => return Ok(Err(e)),
            Ok(None) => {}
        }
        if let Err(e) = line.receive(vm, id)? {
            return Ok(Err(e));
        }
        // Answers of the protocol itself, such as a change of keys.
        match line.flush(vm, id) {
            Ok(()) | Err(Errno::EAGAIN) => {}
            Err(e) => return Err(e),
        }
    }
}

struct Read {
    got: Vec<u8>,
    most: usize,
    until: Until,
}

impl Work for Read {
    fn go_on(&mut self, vm: &mut Vm, line: &mut Line, id: SocketId) -> Result<Result<Res, TlsError>, Errno> {
        let mut part = [0u8; CHUNK];
        loop {
            let enough = match self.until {
                Until::Full => false,
                Until::Some => !self.got.is_empty(),
                Until::Line => self.got.last() == Some(&b'\n'),
            };
            if enough || self.got.len() >= self.most {
                break;
            }
            // Lines byte by byte: what follows one belongs to the next call.
            let room = if self.until == Until::Line { 1 } else { (self.most - self.got.len()).min(CHUNK) };
            let n = match plain(vm, line, id, part.get_mut(..room).unwrap_or_default())? {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) => return Ok(Err(e)),
            };
            if let Err(e) = wait::keep(vm, &mut self.got, part.get(..n).unwrap_or_default()) {
                return Ok(Ok(Err(e)));
            }
        }
        Ok(Ok(vm.new_bytes(&self.got)))
    }

    fn so_far(&mut self, vm: &mut Vm) -> Res {
        if self.got.is_empty() { Ok(Value::NONE) } else { vm.new_bytes(&self.got) }
    }
}

fn read(vm: &mut Vm, args: &[Value], until: Until) -> Res<Step> {
    let most = match args.get(1) {
        Some(v) if !v.is_none() => usize::try_from(vm.index_of(v)?).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    run(vm, args[0].clone(), READ, Read { got: Vec::new(), most, until })
}

struct ReadInto {
    target: Value,
    next: usize,
    end: usize,
    whole: bool,
}

impl Work for ReadInto {
    fn go_on(&mut self, vm: &mut Vm, line: &mut Line, id: SocketId) -> Result<Result<Res, TlsError>, Errno> {
        let mut part = [0u8; CHUNK];
        while self.next < self.end && (self.whole || self.next == 0) {
            let room = (self.end - self.next).min(CHUNK);
            let n = match plain(vm, line, id, part.get_mut(..room).unwrap_or_default())? {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) => return Ok(Err(e)),
            };
            let (at, got) = (self.next, part.get(..n).unwrap_or_default());
            let put = self.target.with_buffer_mut(|b| {
                // The script may have shortened it meanwhile.
                if let Some(place) = b.get_mut(at..at + n) {
                    place.copy_from_slice(got);
                }
            });
            if put.is_none() {
                return Ok(Ok(Err(vm.type_error("a writable buffer is required"))));
            }
            self.next += n;
        }
        Ok(Ok(vm.new_int(self.next as i64)))
    }

    fn so_far(&mut self, vm: &mut Vm) -> Res {
        if self.next == 0 { Ok(Value::NONE) } else { vm.new_int(self.next as i64) }
    }
}

fn read_into(vm: &mut Vm, args: &[Value], whole: bool) -> Res<Step> {
    let (next, end) = socket::stretch(vm, args)?;
    run(vm, args[0].clone(), READ, ReadInto { target: args[1].clone(), next, end, whole })
}

struct Write {
    data: Value,
    next: usize,
    end: usize,
    sent: usize,
    whole: bool,
}

impl Work for Write {
    fn go_on(&mut self, vm: &mut Vm, line: &mut Line, id: SocketId) -> Result<Result<Res, TlsError>, Errno> {
        if let Err(e) = line.agree(vm, id)? {
            return Ok(Err(e));
        }
        loop {
            // Nothing is taken while older bytes wait, so what waits stays small.
            line.flush(vm, id)?;
            if self.next >= self.end || self.sent > 0 && !self.whole {
                return Ok(Ok(vm.new_int(self.sent as i64)));
            }
            let Some(data) = self.data.buffer() else { return Err(Errno::EINVAL) };
            // The script may have changed the buffer's length meanwhile.
            let n = data.with(|b| {
                let end = self.end.min(b.len());
                line.session.write(b.get(self.next.min(end)..end).unwrap_or_default())
            });
            if n == 0 {
                return Ok(Ok(vm.new_int(self.sent as i64)));
            }
            self.next += n;
            self.sent += n;
        }
    }

    fn so_far(&mut self, vm: &mut Vm) -> Res {
        if self.sent == 0 { Ok(Value::NONE) } else { vm.new_int(self.sent as i64) }
    }
}

fn write(vm: &mut Vm, args: &[Value], whole: bool) -> Res<Step> {
    let (next, end) = socket::stretch(vm, args)?;
    run(vm, args[0].clone(), WRITE, Write { data: args[1].clone(), next, end, sent: 0, whole })
}

/// The session for a look at it.
fn look<T>(vm: &mut Vm, v: &Value, f: impl FnOnce(&dyn TlsSession) -> T) -> Res<T> {
    match this(vm, v)?.line.try_borrow() {
        Ok(line) => Ok(f(&*line.session)),
        Err(_) => Err(Raised),
    }
}

/// `getpeercert(binary_form=False)`: the peer's certificate in DER; the decoded form is not there.
fn peer_certificate(vm: &mut Vm, args: &[Value]) -> Res {
    let binary = match args.get(1) {
        Some(v) => vm.truth(v)?,
        None => false,
    };
    if !binary {
        return Err(vm.not_implemented("only getpeercert(True)"));
    }
    match look(vm, &args[0], |s| s.peer_certificate().map(<[u8]>::to_vec))? {
        Some(der) => vm.new_bytes(&der),
        None => Ok(Value::NONE),
    }
}

/// `cipher()`: (cipher suite, protocol version), or None before they are agreed.
fn cipher(vm: &mut Vm, args: &[Value]) -> Res {
    match look(vm, &args[0], |s| s.cipher())? {
        Some((suite, version)) => {
            let parts = [vm.new_str(&suite)?, vm.new_str(version)?];
            vm.new_tuple(parts.into())
        }
        None => Ok(Value::NONE),
    }
}

/// Says goodbye as far as that can be done without waiting, and closes the socket.
fn close(vm: &mut Vm, args: &[Value]) -> Res {
    let stream = this(vm, &args[0])?;
    if let (Some(id), Ok(mut line)) = (socket::socket_id(&stream.socket), stream.line.try_borrow_mut()) {
        line.session.close();
        let _ = line.flush(vm, id);
    }
    socket::close(vm, core::slice::from_ref(&stream.socket))
}
