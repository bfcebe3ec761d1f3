//! `socket` (docs: library/socket): TCP and UDP over the board's network.

mod address;
mod transfer;
pub(crate) mod wait;

use crate::host::{Orphan, Orphans, board};
use crate::interest::{READ, WRITE, mode, socket as interest};
use address::{AF_INET, AF_INET6, address_value, with_address};
use alloc::vec;
use core::cell::Cell;
use core::net::Ipv4Addr;
use snakeye_hal::{Errno, Protocol, SocketId, SocketOption};
use snakeye_vm::host::event;
use snakeye_vm::object::{
    BufferValue, Entry, Interest, ModuleDef, NativeObject, NativeValue, Polled, Step, TypeDef, Wait,
};
use snakeye_vm::{Res, Rom, Value, Vm, method, method_steps};
pub(crate) use transfer::stretch;
use wait::{Limit, attempt};

// Numbers as lwIP has them, which scripts see on the esp32 port.
const SOCK_STREAM: i64 = 1;
const SOCK_DGRAM: i64 = 2;
const IPPROTO_IP: i64 = 0;
const SOL_SOCKET: i64 = 0xFFF;
const SO_REUSEADDR: i64 = 4;
const SO_KEEPALIVE: i64 = 8;
const SO_BROADCAST: i64 = 0x20;
const TCP_NODELAY: i64 = 1;
const IP_ADD_MEMBERSHIP: i64 = 3;
const IP_DROP_MEMBERSHIP: i64 = 4;
const IP_MULTICAST_TTL: i64 = 5;
/// Not lwIP's: a callback on events.
const SO_CALLBACK: i64 = 20;

/// Connections that may wait for `accept` when the script does not say.
const BACKLOG: u32 = 2;

/// `socket`
pub static SOCKET_MODULE: ModuleDef = ModuleDef {
    name: "socket",
    entries: &[
        ("socket", Entry::Type(&SOCKET)),
        method_steps!("getaddrinfo", 2, 6, address::getaddrinfo),
        method!("inet_pton", 2, 2, address::inet_pton),
        method!("inet_ntop", 2, 2, address::inet_ntop),
        ("AF_INET", Entry::Int(AF_INET)),
        ("AF_INET6", Entry::Int(AF_INET6)),
        ("SOCK_STREAM", Entry::Int(SOCK_STREAM)),
        ("SOCK_DGRAM", Entry::Int(SOCK_DGRAM)),
        ("SOCK_RAW", Entry::Int(3)),
        ("IPPROTO_IP", Entry::Int(IPPROTO_IP)),
        ("IPPROTO_TCP", Entry::Int(6)),
        ("IPPROTO_UDP", Entry::Int(17)),
        ("SOL_SOCKET", Entry::Int(SOL_SOCKET)),
        ("SO_REUSEADDR", Entry::Int(SO_REUSEADDR)),
        ("SO_BROADCAST", Entry::Int(SO_BROADCAST)),
        ("SO_KEEPALIVE", Entry::Int(SO_KEEPALIVE)),
        ("TCP_NODELAY", Entry::Int(TCP_NODELAY)),
        ("IP_ADD_MEMBERSHIP", Entry::Int(IP_ADD_MEMBERSHIP)),
        ("IP_DROP_MEMBERSHIP", Entry::Int(IP_DROP_MEMBERSHIP)),
        ("MSG_PEEK", Entry::Int(transfer::MSG_PEEK)),
        ("MSG_DONTWAIT", Entry::Int(transfer::MSG_DONTWAIT)),
    ],
    init: None,
};

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
    fn poll(&self, _: &mut Vm, events: u16) -> Option<Polled> {
        Some(match self.id.get() {
            Some(id) => Polled::Host(interest(id, mode(events))),
            None => Polled::Own(event::NVAL, None),
        })
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
        if args.pos.len() > 3 {
            return Err(vm.type_error("function expected at most 3 arguments"));
        }
        let mut numbers = [AF_INET, SOCK_STREAM, 0];
        for (place, v) in numbers.iter_mut().zip(args.pos) {
            *place = vm.index_of(v)?;
        }
        let protocol = match numbers {
            [AF_INET, SOCK_STREAM, _] => Protocol::Tcp,
            [AF_INET, SOCK_DGRAM, _] => Protocol::Udp,
            [AF_INET, ..] => return Err(vm.os_error(Errno::EPROTONOSUPPORT.0)),
            _ => return Err(vm.os_error(Errno::EAFNOSUPPORT.0)),
        };
        let id = attempt(vm, |net| net.open(protocol))?;
        new_socket(vm, id, protocol == Protocol::Tcp).map(Step::Done)
    }),
    attrs: &[
        method_steps!("bind", 2, 2, bind),
        method!("listen", 1, 2, listen),
        method_steps!("accept", 1, 1, accept),
        method_steps!("connect", 2, 2, connect),
        method_steps!("send", 2, 2, transfer::send),
        method_steps!("sendall", 2, 2, transfer::sendall),
        method_steps!("sendto", 3, 3, transfer::sendto),
        method_steps!("recv", 2, 3, transfer::recv),
        method_steps!("recvfrom", 2, 3, transfer::recvfrom),
        method_steps!("recv_into", 2, 3, transfer::recv_into),
        method_steps!("read", 1, 2, transfer::read),
        method_steps!("readinto", 2, 3, transfer::readinto),
        method_steps!("readline", 1, 2, transfer::readline),
        method_steps!("write", 2, 4, transfer::write),
        method!("setsockopt", 4, 4, setsockopt),
        method!("settimeout", 2, 2, settimeout),
        method!("setblocking", 2, 2, |vm, a| {
            let blocking = vm.truth(&a[1])?;
            set_blocking(vm, &a[0], blocking)?;
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

/// The board's name of a socket object; `None`: no socket, or a closed one.
pub fn socket_id(v: &Value) -> Option<SocketId> {
    v.native::<Socket>()?.id.get()
}

/// Lets calls on a socket wait, or not, as `setblocking` does.
pub(crate) fn set_blocking(vm: &mut Vm, socket: &Value, blocking: bool) -> Res<()> {
    this(vm, socket)?.timeout_us.set(if blocking { None } else { Some(0) });
    Ok(())
}

fn new_socket(vm: &mut Vm, id: SocketId, stream: bool) -> Res {
    let orphans = board(vm).orphans.clone();
    // Made first, so that a full heap closes it too.
    let socket = Socket { id: Cell::new(Some(id)), stream, timeout_us: Cell::new(None), orphans };
    vm.new_native(socket)
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
        None => Err(vm.os_error(Errno::EBADF.0)),
    }
}

fn bind(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let s = args[0].clone();
    with_address(vm, &args[1], move |vm, addr| {
        let id = open_id(vm, &s)?;
        attempt(vm, |net| net.bind(id, addr))?;
        Ok(Step::Done(Value::NONE))
    })
}

fn listen(vm: &mut Vm, args: &[Value]) -> Res {
    let id = open_id(vm, &args[0])?;
    let backlog = match args.get(1) {
        Some(n) => vm.index_of(n)?.clamp(0, 64) as u32,
        None => BACKLOG,
    };
    attempt(vm, |net| net.listen(id, backlog))?;
    Ok(Value::NONE)
}

fn accept(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let limit = Limit::of(vm, &args[0])?;
    wait::run(vm, args[0].clone(), READ, limit, |vm: &mut Vm, id| {
        let (client, from) = board(vm).board.net().accept(id)?;
        Ok(new_socket(vm, client, true).and_then(|s| {
            let from = address_value(vm, from)?;
            vm.new_tuple(vec![s, from])
        }))
    })
}

fn connect(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let s = args[0].clone();
    with_address(vm, &args[1], move |vm, addr| {
        let (id, limit) = (open_id(vm, &s)?, Limit::of(vm, &s)?);
        board(vm).close_orphans();
        match board(vm).board.net().connect(id, addr) {
            Ok(()) => Ok(Step::Done(Value::NONE)),
            Err(Errno::EINPROGRESS) => connected(vm, s, limit),
            Err(e) => Err(vm.os_error(e.0)),
        }
    })
}

/// Waits until a connection is made or has failed.
fn connected(vm: &mut Vm, s: Value, limit: Limit) -> Res<Step> {
    let id = open_id(vm, &s)?;
    let deadline_us = match limit.deadline(vm, Errno::EINPROGRESS) {
        Ok(d) => d,
        Err(e) => return Err(vm.os_error(e.0)),
    };
    let wait = Wait { interests: vec![interest(id, WRITE)], deadline_us };
    Ok(Step::park(wait, move |vm, woken| {
        let ready = woken?.is(&Value::TRUE);
        let id = open_id(vm, &s)?;
        let net = board(vm).board.net();
        match net.take_error(id) {
            Ok(None) if ready && net.peer_addr(id).is_ok() => Ok(Step::Done(Value::NONE)),
            Ok(None) => connected(vm, s, limit),
            Ok(Some(e)) | Err(e) => Err(vm.os_error(e.0)),
        }
    }))
}

/// `setsockopt(level, option, value)`. As on the esp32 port, an option that is not supported only gives a warning.
fn setsockopt(vm: &mut Vm, args: &[Value]) -> Res {
    let id = open_id(vm, &args[0])?;
    let (level, option) = (vm.index_of(&args[1])?, vm.index_of(&args[2])?);
    let value = &args[3];
    let option = match (level, option) {
        (IPPROTO_IP, IP_ADD_MEMBERSHIP | IP_DROP_MEMBERSHIP) => {
            let bytes = value.buffer().map(|b| b.to_vec()).unwrap_or_default();
            let &[a, b, c, d, e, f, g, h] = bytes.as_slice() else {
                return Err(vm.value_error("8 bytes expected: group and interface"));
            };
            let (group, own) = (Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h));
            if option == IP_ADD_MEMBERSHIP {
                SocketOption::JoinMulticast(group, own)
            } else {
                SocketOption::LeaveMulticast(group, own)
            }
        }
        (IPPROTO_IP, IP_MULTICAST_TTL) => SocketOption::MulticastTtl(vm.index_of(value)?.clamp(0, 255) as u8),
        (_, SO_REUSEADDR) => SocketOption::ReuseAddress(vm.index_of(value)? != 0),
        (_, SO_BROADCAST) => SocketOption::Broadcast(vm.index_of(value)? != 0),
        (_, SO_KEEPALIVE) => SocketOption::KeepAlive(vm.index_of(value)? != 0),
        (_, TCP_NODELAY) => SocketOption::NoDelay(vm.index_of(value)? != 0),
        // Set by asyncio of 2019; the scheduler here needs no callback.
        (_, SO_CALLBACK) => return Ok(Value::NONE),
        _ => {
            let line = alloc::format!("Warning: socket option {option} of level {level} is not supported\n");
            vm.write_out(line.as_bytes())?;
            return Ok(Value::NONE);
        }
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
        // Any time at all is more than none.
        Some(if seconds == 0.0 { 0 } else { ((seconds * 1e6) as u64).max(1) })
    };
    this(vm, &args[0])?.timeout_us.set(timeout);
    Ok(Value::NONE)
}

pub(crate) fn close(vm: &mut Vm, args: &[Value]) -> Res {
    if let Some(id) = this(vm, &args[0])?.id.take() {
        let host = board(vm);
        host.close_orphans();
        // Closing never fails for a script: the peer may be gone already.
        let _ = host.board.net().close(id);
        vm.wake_interest(&Interest { kind: crate::interest::SOCKET, id: id.0, mode: 0 });
    }
    Ok(Value::NONE)
}
