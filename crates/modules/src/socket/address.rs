//! Addresses: `(host, port)` tuples, look-up of names, `getaddrinfo`, `inet_pton` and `inet_ntop`.

use crate::host::board;
use crate::interest::{READ, RESOLVE};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use snakeye_hal::Errno;
use snakeye_vm::object::{BufferValue, Interest, List, Step, StrValue, TupleHead, Wait};
use snakeye_vm::{Res, Value, Vm};

pub(super) const AF_INET: i64 = 2;
pub(super) const AF_INET6: i64 = 10;

/// Goes on with the address that a `(host, port)` argument means. A host that is a name is looked up first, as the
/// esp32 port does.
pub(super) fn with_address(
    vm: &mut Vm,
    v: &Value,
    then: impl FnOnce(&mut Vm, SocketAddr) -> Res<Step> + 'static,
) -> Res<Step> {
    let (host, port) = parts(vm, v)?;
    let (host, port) = (String::from(vm.str_arg(&host)?), port_arg(vm, &port)?);
    look_up(vm, host, move |vm, found| match found.first() {
        Some(ip) => then(vm, SocketAddr::new(*ip, port)),
        None => Err(vm.os_error(Errno::EAI_FAIL.0)),
    })
}

/// The two parts of an address, which may be a tuple or a list.
fn parts(vm: &mut Vm, v: &Value) -> Res<(Value, Value)> {
    let items: Vec<Value> = match (v.tail::<TupleHead>(), v.get::<List>()) {
        (Some((_, items)), _) => items.iter().take(3).cloned().collect(),
        (None, Some(list)) => match list.items.try_borrow() {
            Ok(items) => items.iter().take(3).cloned().collect(),
            Err(_) => return Err(vm.busy()),
        },
        (None, None) => return Err(vm.type_error("address must be a (host, port) tuple")),
    };
    match <[Value; 2]>::try_from(items) {
        Ok([host, port]) => Ok((host, port)),
        Err(_) => Err(vm.value_error("address must have two items, host and port")),
    }
}

/// A port: a number, or a text with one.
fn port_arg(vm: &mut Vm, v: &Value) -> Res<u16> {
    let n = match v.as_str() {
        Some(s) => s.parse().unwrap_or(-1),
        None => vm.index_of(v)?,
    };
    u16::try_from(n).map_err(|_| vm.value_error("port must be 0 to 65535"))
}

/// The Python form of an address.
pub(super) fn address_value(vm: &mut Vm, a: SocketAddr) -> Res {
    let host = vm.new_str(&a.ip().to_string())?;
    vm.new_tuple(vec![host, Value::int(a.port() as i32)])
}

/// Goes on with the addresses of a host, waiting for the answer if need be.
fn look_up(vm: &mut Vm, host: String, then: impl FnOnce(&mut Vm, Vec<IpAddr>) -> Res<Step> + 'static) -> Res<Step> {
    let found = match host.as_str() {
        "" => Ok(vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED)]),
        "localhost" => Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]),
        h => match h.parse::<IpAddr>() {
            Ok(ip) => Ok(vec![ip]),
            Err(_) => board(vm).board.net().resolve(h),
        },
    };
    match found {
        Ok(addresses) => then(vm, addresses),
        Err(Errno::EAGAIN) => {
            let wait = Wait { interests: vec![Interest { kind: RESOLVE, id: 0, mode: READ }], deadline_us: None };
            Ok(Step::park(wait, move |vm, woken| {
                woken?;
                look_up(vm, host, then)
            }))
        }
        Err(e) => Err(vm.os_error(e.0)),
    }
}

/// `getaddrinfo(host, port, af=0, type=0, proto=0, flags=0)`: a list with one entry per IPv4 address.
pub(super) fn getaddrinfo(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let host = String::from(vm.str_arg(&args[0])?);
    let port = port_arg(vm, &args[1])?;
    let mut hints = [0i64; 3];
    for (place, v) in hints.iter_mut().zip(args.iter().skip(2)) {
        *place = vm.index_of(v)?;
    }
    let [_, kind, protocol] = hints;
    let kind = if kind == 0 { 1 } else { kind };
    let name = host.clone();
    look_up(vm, host, move |vm, found| {
        let mut list = Vec::new();
        for ip in found.into_iter().filter(IpAddr::is_ipv4) {
            let addr = address_value(vm, SocketAddr::new(ip, port))?;
            let entry =
                vec![Value::int(AF_INET as i32), vm.new_int(kind)?, vm.new_int(protocol)?, vm.new_str(&name)?, addr];
            list.push(vm.new_tuple(entry)?);
        }
        if list.is_empty() {
            return Err(vm.os_error(Errno::EAI_FAIL.0));
        }
        Ok(Step::Done(vm.new_list(list)?))
    })
}

/// `inet_pton(af, text)`: the address in network order.
pub(super) fn inet_pton(vm: &mut Vm, args: &[Value]) -> Res {
    let family = vm.index_of(&args[0])?;
    let text = vm.str_arg(&args[1])?;
    match family {
        AF_INET => match text.parse::<Ipv4Addr>() {
            Ok(ip) => vm.new_bytes(&ip.octets()),
            Err(_) => Err(vm.os_error(Errno::EINVAL.0)),
        },
        AF_INET6 => match text.parse::<Ipv6Addr>() {
            Ok(ip) => vm.new_bytes(&ip.octets()),
            Err(_) => Err(vm.os_error(Errno::EINVAL.0)),
        },
        _ => Err(vm.os_error(Errno::EAFNOSUPPORT.0)),
    }
}

/// `inet_ntop(af, bytes)`: the address as text.
pub(super) fn inet_ntop(vm: &mut Vm, args: &[Value]) -> Res {
    let family = vm.index_of(&args[0])?;
    let Some(bytes) = args[1].buffer().map(|b| b.to_vec()) else {
        return Err(vm.type_error("object with buffer protocol required"));
    };
    let ip: Option<IpAddr> = match family {
        AF_INET => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        AF_INET6 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => return Err(vm.os_error(Errno::EAFNOSUPPORT.0)),
    };
    match ip {
        Some(ip) => vm.new_str(&ip.to_string()),
        None => Err(vm.value_error("wrong number of bytes for an address")),
    }
}
