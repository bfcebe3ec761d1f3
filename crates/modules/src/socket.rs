//! `socket` (docs: library/socket): TCP and UDP over the board's network.

use crate::host::{Orphan, Orphans, board};
use crate::interest::{READ, RESOLVE, WRITE, socket as interest};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use snakeye_hal::{Errno, Protocol, SocketId, SocketOption};
use snakeye_vm::object::{
    BufferValue, Entry, Interest, ModuleDef, NativeObject, NativeValue, Step, StrValue, TupleHead, TypeDef, Wait,
};
use snakeye_vm::{Res, Rom, Value, Vm, method, method_steps};

const EAGAIN: i32 = Errno::EAGAIN.0;
const ETIMEDOUT: i32 = Errno::ETIMEDOUT.0;
const EBADF: i32 = Errno::EBADF.0;
const EINPROGRESS: i32 = Errno::EINPROGRESS.0;

/// `socket`
pub static SOCKET_MODULE: ModuleDef = ModuleDef {
    name: "socket",
    entries: &[
        ("socket", Entry::Type(&SOCKET)),
        method_steps!("getaddrinfo", 2, 6, getaddrinfo),
        ("AF_INET", Entry::Int(2)),
        ("AF_INET6", Entry::Int(10)),
        ("SOCK_STREAM", Entry::Int(1)),
        ("SOCK_DGRAM", Entry::Int(2)),
        ("SOCK_RAW", Entry::Int(3)),
        ("IPPROTO_IP", Entry::Int(0)),
        ("IPPROTO_TCP", Entry::Int(6)),
        ("IPPROTO_UDP", Entry::Int(17)),
        ("SOL_SOCKET", Entry::Int(SOL_SOCKET)),
        ("SO_REUSEADDR", Entry::Int(SO_REUSEADDR)),
        ("SO_BROADCAST", Entry::Int(SO_BROADCAST)),
        ("SO_KEEPALIVE", Entry::Int(SO_KEEPALIVE)),
        ("TCP_NODELAY", Entry::Int(TCP_NODELAY)),
        ("IP_ADD_MEMBERSHIP", Entry::Int(IP_ADD_MEMBERSHIP)),
    ],
    init: None,
};

const SOL_SOCKET: i64 = 0xFFF;
const SO_REUSEADDR: i64 = 4;
const SO_KEEPALIVE: i64 = 8;
const SO_BROADCAST: i64 = 0x20;
const TCP_NODELAY: i64 = 1;
const IP_ADD_MEMBERSHIP: i64 = 0x400;

/// A socket. Dropping it closes it at the next call that reaches the board.
struct Socket {
    id: Cell<Option<SocketId>>,
    stream: bool,
    /// Microseconds; `None`: wait for ever; 0: do not wait.
    timeout_us: Cell<Option<u64>>,
    orphans: Orphans,
}

impl NativeObject for Socket {
    fn class(&self) -> &'static Rom<TypeDef> {
        &SOCKET
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.orphans.leave(Orphan::Socket(id));
        }
    }
}

/// The type of sockets.
pub static SOCKET: Rom<TypeDef> = Rom::new(TypeDef {
    name: "socket",
    new: Some(|vm, _, args| {
        args.no_keywords(vm)?;
        let kind = match args.pos.get(1) {
            Some(v) => vm.index_of(v)?,
            None => 1,
        };
        let protocol = match kind {
            1 => Protocol::Tcp,
            2 => Protocol::Udp,
            _ => return Err(vm.os_error(Errno::EINVAL.0)),
        };
        let id = attempt(vm, |net| net.open(protocol))?;
        new_socket(vm, id, kind == 1, None).map(Step::Done)
    }),
    attrs: &[
        method!("bind", 2, 2, bind),
        method!("listen", 1, 2, listen),
        method_steps!("accept", 1, 1, accept),
        method_steps!("connect", 2, 2, connect),
        method_steps!("send", 2, 2, |vm, a| send(vm, a, false)),
        method_steps!("write", 2, 4, |vm, a| send(vm, a, false)),
        method_steps!("sendall", 2, 2, |vm, a| send(vm, a, true)),
        method_steps!("sendto", 3, 3, sendto),
        method_steps!("recv", 2, 3, recv),
        method_steps!("read", 1, 2, read),
        method_steps!("readinto", 2, 3, readinto),
        method_steps!("recv_into", 2, 3, readinto),
        method_steps!("readline", 1, 2, readline),
        method_steps!("recvfrom", 2, 3, recvfrom),
        method!("setsockopt", 3, 4, setsockopt),
        method!("settimeout", 2, 2, settimeout),
        method!("setblocking", 2, 2, |vm, a| {
            let blocking = vm.truth(&a[1])?;
            this(vm, &a[0])?.timeout_us.set(if blocking { None } else { Some(0) });
            Ok(Value::NONE)
        }),
        method!("makefile", 1, 3, |_, a| Ok(a[0].clone())),
        method!("fileno", 1, 1, |vm, a| {
            let id = this(vm, &a[0])?.id.get();
            vm.new_int(id.map_or(-1, |id| id.0 as i64))
        }),
        method!("close", 1, 1, close),
        method!("__enter__", 1, 1, |_, a| Ok(a[0].clone())),
        method!("__exit__", 4, 4, close),
    ],
    print: Some(|_, v, out, _| {
        match v.native::<Socket>().and_then(|s| s.id.get()) {
            Some(id) => out.push_str(&alloc::format!("<socket {}>", id.0)),
            None => out.push_str("<socket closed>"),
        }
        Ok(())
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

/// What `select` and `poll` wait for on a socket; `None`: no socket, or a closed one.
pub fn socket_id(v: &Value) -> Option<SocketId> {
    v.native::<Socket>()?.id.get()
}

fn new_socket(vm: &mut Vm, id: SocketId, stream: bool, timeout_us: Option<u64>) -> Res {
    let orphans = board(vm).orphans.clone();
    vm.new_native(Socket { id: Cell::new(Some(id)), stream, timeout_us: Cell::new(timeout_us), orphans })
}

fn this<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a Socket> {
    match v.native::<Socket>() {
        Some(s) => Ok(s),
        None => Err(vm.type_error("socket expected")),
    }
}

fn open_id(vm: &mut Vm, v: &Value) -> Res<SocketId> {
    match this(vm, v)?.id.get() {
        Some(id) => Ok(id),
        None => Err(vm.os_error(EBADF)),
    }
}

/// A call that does not wait.
fn attempt<T>(vm: &mut Vm, f: impl FnOnce(&mut dyn snakeye_hal::Net) -> Result<T, Errno>) -> Res<T> {
    let host = board(vm);
    host.close_orphans();
    match f(host.board.net()) {
        Ok(v) => Ok(v),
        Err(e) => Err(vm.os_error(e.0)),
    }
}

/// Until when a call on this socket may wait: `Ok(None)` for ever, `Err` not at all.
fn deadline(vm: &mut Vm, s: &Value) -> Res<Result<Option<u64>, ()>> {
    Ok(match this(vm, s)?.timeout_us.get() {
        None => Ok(None),
        Some(0) => Err(()),
        Some(us) => Ok(Some(vm.host.now_us().saturating_add(us))),
    })
}

/// Tries `step` until it is done; waits in between as the socket's time-out allows.
fn retry(
    vm: &mut Vm,
    s: Value,
    mode: u8,
    until: Result<Option<u64>, ()>,
    mut step: impl FnMut(&mut Vm, SocketId) -> Result<Res, Errno> + 'static,
) -> Res<Step> {
    let id = open_id(vm, &s)?;
    board(vm).close_orphans();
    match step(vm, id) {
        Ok(v) => v.map(Step::Done),
        Err(Errno(EAGAIN)) => {
            let Ok(deadline_us) = until else { return Err(vm.os_error(EAGAIN)) };
            if deadline_us.is_some_and(|d| d <= vm.host.now_us()) {
                return Err(vm.os_error(ETIMEDOUT));
            }
            let wait = Wait { interests: vec![interest(id, mode)], deadline_us };
            Ok(Step::park(wait, move |vm, r| {
                r?;
                retry(vm, s, mode, until, step)
            }))
        }
        Err(e) => Err(vm.os_error(e.0)),
    }
}

/// An address argument: (host, port), with a numeric host or `''` for any.
fn address(vm: &mut Vm, v: &Value) -> Res<SocketAddr> {
    let pair = match v.tail::<TupleHead>() {
        Some((_, [host, port, ..])) => Some((host.clone(), port.clone())),
        _ => None,
    };
    let Some((host, port)) = pair else { return Err(vm.type_error("address must be a (host, port) tuple")) };
    let text = String::from(vm.str_arg(&host)?);
    let port = vm.index_of(&port)?;
    let Ok(port) = u16::try_from(port) else { return Err(vm.value_error("port must be 0 to 65535")) };
    let ip = match text.as_str() {
        "" => Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        t => t.parse(),
    };
    match ip {
        Ok(ip) => Ok(SocketAddr::new(ip, port)),
        Err(_) => Err(vm.os_error(Errno::EINVAL.0)),
    }
}

fn address_value(vm: &mut Vm, a: SocketAddr) -> Res {
    let host = vm.new_str(&a.ip().to_string())?;
    vm.new_tuple(vec![host, Value::int(a.port() as i32)])
}

fn bind(vm: &mut Vm, args: &[Value]) -> Res {
    let (id, addr) = (open_id(vm, &args[0])?, address(vm, &args[1])?);
    attempt(vm, |net| net.bind(id, addr))?;
    Ok(Value::NONE)
}

fn listen(vm: &mut Vm, args: &[Value]) -> Res {
    let id = open_id(vm, &args[0])?;
    let backlog = match args.get(1) {
        Some(n) => vm.index_of(n)?.clamp(0, 64) as u32,
        None => 2,
    };
    attempt(vm, |net| net.listen(id, backlog))?;
    Ok(Value::NONE)
}

fn accept(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let until = deadline(vm, &args[0])?;
    retry(vm, args[0].clone(), READ, until, |vm, id| {
        let (client, from) = board(vm).board.net().accept(id)?;
        Ok(new_socket(vm, client, true, None).and_then(|s| {
            let from = address_value(vm, from)?;
            vm.new_tuple(vec![s, from])
        }))
    })
}

fn connect(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (id, addr) = (open_id(vm, &args[0])?, address(vm, &args[1])?);
    let until = deadline(vm, &args[0])?;
    board(vm).close_orphans();
    match board(vm).board.net().connect(id, addr) {
        Ok(()) => return Ok(Step::Done(Value::NONE)),
        Err(Errno(EINPROGRESS)) => {}
        Err(e) => return Err(vm.os_error(e.0)),
    }
    let Ok(deadline_us) = until else { return Err(vm.os_error(EINPROGRESS)) };
    connected(vm, args[0].clone(), deadline_us)
}

/// Waits until a connection is made or has failed.
fn connected(vm: &mut Vm, s: Value, deadline_us: Option<u64>) -> Res<Step> {
    let id = open_id(vm, &s)?;
    let wait = Wait { interests: vec![interest(id, WRITE)], deadline_us };
    Ok(Step::park(wait, move |vm, r| {
        let ready = r?;
        let id = open_id(vm, &s)?;
        let net = board(vm).board.net();
        match net.take_error(id) {
            Ok(None) if ready.is(&Value::TRUE) && net.peer_addr(id).is_ok() => Ok(Step::Done(Value::NONE)),
            Ok(Some(e)) | Err(e) => Err(vm.os_error(e.0)),
            Ok(None) if deadline_us.is_some_and(|d| d <= vm.host.now_us()) => Err(vm.os_error(ETIMEDOUT)),
            Ok(None) => connected(vm, s, deadline_us),
        }
    }))
}

/// `send` tells how many bytes went; `sendall` (and `write` on a stream) goes on until all did.
fn send(vm: &mut Vm, args: &[Value], all: bool) -> Res<Step> {
    let data = args[1].clone();
    let Some(len) = data.buffer().map(|b| b.len()) else {
        return Err(vm.type_error("object with buffer protocol required"));
    };
    // A blocking stream takes everything, as MicroPython's write and send on lwip do.
    let s = this(vm, &args[0])?;
    let whole = s.stream && (all || s.timeout_us.get() != Some(0));
    let until = deadline(vm, &args[0])?;
    let mut sent = 0;
    retry(vm, args[0].clone(), WRITE, until, move |vm, id| {
        loop {
            let net = board(vm).board.net();
            let n = match data.buffer() {
                Some(b) => b.with(|b| net.send(id, b.get(sent..).unwrap_or(&[])))?,
                None => return Err(Errno::EINVAL),
            };
            sent += n;
            if !whole || sent >= len {
                return Ok(if all { Ok(Value::NONE) } else { vm.new_int(sent as i64) });
            }
        }
    })
}

fn sendto(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (data, addr) = (args[1].clone(), address(vm, &args[2])?);
    let until = deadline(vm, &args[0])?;
    retry(vm, args[0].clone(), WRITE, until, move |vm, id| {
        let net = board(vm).board.net();
        let n = match data.buffer() {
            Some(b) => b.with(|b| net.send_to(id, b, addr))?,
            None => return Err(Errno::EINVAL),
        };
        Ok(vm.new_int(n as i64))
    })
}

/// A buffer for receiving; its size is the script's wish, bounded by what a segment can bring.
fn room(vm: &mut Vm, v: &Value) -> Res<Vec<u8>> {
    let n = vm.index_of(v)?;
    let Ok(n) = usize::try_from(n) else { return Err(vm.value_error("negative size")) };
    Ok(vec![0; n.min(65_536)])
}

fn recv(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let mut buf = room(vm, &args[1])?;
    let until = deadline(vm, &args[0])?;
    retry(vm, args[0].clone(), READ, until, move |vm, id| {
        let n = board(vm).board.net().recv(id, &mut buf)?;
        Ok(vm.new_bytes(&buf[..n]))
    })
}

fn recvfrom(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let mut buf = room(vm, &args[1])?;
    let until = deadline(vm, &args[0])?;
    retry(vm, args[0].clone(), READ, until, move |vm, id| {
        let (n, from) = board(vm).board.net().recv_from(id, &mut buf)?;
        Ok(vm.new_bytes(&buf[..n]).and_then(|data| {
            let from = address_value(vm, from)?;
            vm.new_tuple(vec![data, from])
        }))
    })
}

/// `read([n])`: until n bytes or the end.
fn read(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let want = match args.get(1) {
        Some(v) if !v.is_none() => match usize::try_from(vm.index_of(v)?) {
            Ok(n) => n,
            Err(_) => usize::MAX,
        },
        _ => usize::MAX,
    };
    let until = deadline(vm, &args[0])?;
    let mut got: Vec<u8> = Vec::new();
    retry(vm, args[0].clone(), READ, until, move |vm, id| {
        let mut part = [0u8; 1024];
        while got.len() < want {
            let room = (want - got.len()).min(part.len());
            let n = board(vm).board.net().recv(id, &mut part[..room])?;
            if n == 0 {
                break;
            }
            if vm.heap.charge(got.len() + n).is_err() {
                return Err(Errno::ENOMEM);
            }
            vm.heap.discharge(got.len() + n);
            got.extend_from_slice(&part[..n]);
        }
        Ok(vm.new_bytes(&got))
    })
}

fn readinto(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let target = args[1].clone();
    let limit = match args.get(2) {
        Some(v) => vm.index_of(v)?.max(0) as usize,
        None => usize::MAX,
    };
    let until = deadline(vm, &args[0])?;
    retry(vm, args[0].clone(), READ, until, move |vm, id| {
        let net = board(vm).board.net();
        let n = target.with_buffer_mut(|b| {
            let room = b.len().min(limit);
            net.recv(id, &mut b[..room])
        });
        match n {
            Some(n) => {
                let n = n?;
                Ok(vm.new_int(n as i64))
            }
            None => Ok(Err(vm.type_error("a writable buffer is required"))),
        }
    })
}

fn readline(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let limit = match args.get(1) {
        Some(v) if !v.is_none() => usize::try_from(vm.index_of(v)?).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let until = deadline(vm, &args[0])?;
    let mut line: Vec<u8> = Vec::new();
    retry(vm, args[0].clone(), READ, until, move |vm, id| {
        // Byte by byte: what follows the line belongs to the next call.
        let mut byte = [0u8];
        while line.len() < limit && line.last() != Some(&b'\n') {
            if line.len() > 1 << 20 {
                return Err(Errno::ENOMEM);
            }
            if board(vm).board.net().recv(id, &mut byte)? == 0 {
                break;
            }
            line.push(byte[0]);
        }
        Ok(vm.new_bytes(&line))
    })
}

fn setsockopt(vm: &mut Vm, args: &[Value]) -> Res {
    let id = open_id(vm, &args[0])?;
    let (level, option) = (vm.index_of(&args[1])?, vm.index_of(&args[2])?);
    let value = args.get(3).cloned().unwrap_or(Value::NONE);
    let option = match (level, option) {
        (SOL_SOCKET, SO_REUSEADDR) => SocketOption::ReuseAddress(vm.truth(&value)?),
        (SOL_SOCKET, SO_BROADCAST) => SocketOption::Broadcast(vm.truth(&value)?),
        (SOL_SOCKET, SO_KEEPALIVE) => SocketOption::KeepAlive(vm.truth(&value)?),
        (6, TCP_NODELAY) => SocketOption::NoDelay(vm.truth(&value)?),
        (0, IP_ADD_MEMBERSHIP) => {
            let bytes = value.buffer().map(|b| b.to_vec()).unwrap_or_default();
            let &[a, b, c, d, e, f, g, h] = bytes.as_slice() else { return Err(vm.value_error("8 bytes expected")) };
            SocketOption::JoinMulticast(Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h))
        }
        // 20: a callback on events, which asyncio of 2019 sets; the scheduler here needs none.
        (_, 20) => return Ok(Value::NONE),
        _ => return Err(vm.os_error(Errno::EINVAL.0)),
    };
    attempt(vm, |net| net.set_option(id, option))?;
    Ok(Value::NONE)
}

fn settimeout(vm: &mut Vm, args: &[Value]) -> Res {
    let timeout = if args[1].is_none() {
        None
    } else {
        let seconds = vm.float_of(&args[1])?;
        if seconds.is_nan() || seconds < 0.0 {
            return Err(vm.value_error("timeout must be non-negative"));
        }
        Some((seconds * 1e6) as u64)
    };
    this(vm, &args[0])?.timeout_us.set(timeout);
    Ok(Value::NONE)
}

fn close(vm: &mut Vm, args: &[Value]) -> Res {
    if let Some(id) = this(vm, &args[0])?.id.take() {
        let host = board(vm);
        host.close_orphans();
        // Closing never fails for a script: the peer may be gone already.
        let _ = host.board.net().close(id);
        vm.wake_interest(&Interest { kind: crate::interest::SOCKET, id: id.0, mode: 0 });
    }
    Ok(Value::NONE)
}

/// `getaddrinfo(host, port, …)`: a list with one entry per address.
fn getaddrinfo(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let host = String::from(vm.str_arg(&args[0])?);
    let port = match args[1].as_str() {
        Some(s) => s.parse().unwrap_or(-1),
        None => vm.index_of(&args[1])?,
    };
    let kind = match args.get(3) {
        Some(v) => vm.index_of(v)?,
        None => 0,
    };
    let Ok(port) = u16::try_from(port) else { return Err(vm.value_error("port must be 0 to 65535")) };
    resolve(vm, host, port, if kind == 0 { 1 } else { kind })
}

fn resolve(vm: &mut Vm, host: String, port: u16, kind: i64) -> Res<Step> {
    let found = match host.as_str() {
        "" | "0.0.0.0" => Ok(vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED)]),
        h => match h.parse::<IpAddr>() {
            Ok(ip) => Ok(vec![ip]),
            Err(_) => board(vm).board.net().resolve(h),
        },
    };
    match found {
        Ok(addresses) => {
            let mut list = Vec::new();
            for ip in addresses {
                let addr = address_value(vm, SocketAddr::new(ip, port))?;
                let name = vm.new_str("")?;
                let entry = vec![Value::int(2), vm.new_int(kind)?, Value::int(0), name, addr];
                list.push(vm.new_tuple(entry)?);
            }
            Ok(Step::Done(vm.new_list(list)?))
        }
        Err(Errno(EAGAIN)) => {
            let wait = Wait { interests: vec![Interest { kind: RESOLVE, id: 0, mode: READ }], deadline_us: None };
            Ok(Step::park(wait, move |vm, r| {
                r?;
                resolve(vm, host, port, kind)
            }))
        }
        Err(e) => Err(vm.os_error(e.0)),
    }
}
