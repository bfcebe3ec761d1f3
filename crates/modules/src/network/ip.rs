//! Addresses of interfaces: `ifconfig`, `ipconfig`, and `network.ipconfig`.

use super::{Interface, this, wifi};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use snakeye_hal::{IpConfig, WifiError, WifiInterface};
use snakeye_vm::object::{Args, List, Step, StrValue, TupleHead};
use snakeye_vm::{Raised, Res, Value, Vm};

/// The items of a tuple or list, if there are as many as wanted.
fn items(v: &Value, wanted: usize) -> Option<Vec<Value>> {
    let items: Vec<Value> = match (v.tail::<TupleHead>(), v.get::<List>()) {
        (Some((_, items)), _) => items.to_vec(),
        (None, Some(list)) => list.items.try_borrow().ok()?.iter().cloned().collect(),
        (None, None) => return None,
    };
    (items.len() == wanted).then_some(items)
}

fn invalid(vm: &mut Vm) -> Raised {
    vm.value_error("invalid arguments")
}

fn address(vm: &mut Vm, v: &Value) -> Res<Ipv4Addr> {
    match vm.str_arg(v)?.parse() {
        Ok(ip) => Ok(ip),
        Err(_) => Err(invalid(vm)),
    }
}

/// The netmask with this many ones.
fn mask_of(vm: &mut Vm, bits: i64) -> Res<Ipv4Addr> {
    match u32::try_from(bits) {
        Ok(bits @ 0..=32) => Ok(Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - bits).unwrap_or(0))),
        _ => Err(invalid(vm)),
    }
}

/// A netmask: as an address, or as the number of its ones.
fn mask(vm: &mut Vm, v: &Value) -> Res<Ipv4Addr> {
    if v.as_str().is_some() {
        return address(vm, v);
    }
    let bits = vm.index_of(v)?;
    mask_of(vm, bits)
}

fn text(vm: &mut Vm, ip: Ipv4Addr) -> Res {
    vm.new_str(&ip.to_string())
}

fn get(vm: &mut Vm, i: &Interface) -> Res<IpConfig> {
    let which = i.which;
    wifi(vm, |w| Ok(w.ip_config(which)))
}

/// Sets fixed addresses, or `None` to ask by DHCP.
fn set(vm: &mut Vm, i: &Interface, config: Option<IpConfig>) -> Res<()> {
    let which = i.which;
    i.dhcp.set(config.is_none());
    wifi(vm, |w| {
        w.set_ip_config(which, config);
        Ok(())
    })
}

/// `ifconfig([(address, netmask, gateway, dns)])` or, for a station, `ifconfig('dhcp')`.
pub(super) fn ifconfig(vm: &mut Vm, args: &[Value]) -> Res {
    let i = this(vm, &args[0])?;
    let Some(new) = args.get(1) else {
        let c = get(vm, i)?;
        let mut parts = Vec::new();
        for ip in [c.address, c.netmask, c.gateway, c.dns] {
            parts.push(text(vm, ip)?);
        }
        return vm.new_tuple(parts);
    };
    if new.as_str() == Some("dhcp") && i.which == WifiInterface::Station {
        set(vm, i, None)?;
        return Ok(Value::NONE);
    }
    let Some(parts) = items(new, 4) else {
        return Err(vm.value_error("ifconfig takes (address, netmask, gateway, dns)"));
    };
    let config = IpConfig {
        address: address(vm, &parts[0])?,
        netmask: mask(vm, &parts[1])?,
        gateway: address(vm, &parts[2])?,
        dns: address(vm, &parts[3])?,
    };
    set(vm, i, Some(config))?;
    Ok(Value::NONE)
}

/// `ipconfig('name')` reads one setting, `ipconfig(name=value, …)` writes several.
pub(super) fn ipconfig(vm: &mut Vm, args: Args) -> Res<Step> {
    let Some((me, names)) = args.pos.split_first() else { return Err(vm.type_error("WLAN expected")) };
    let i = this(vm, me)?;
    if args.kw.is_empty() {
        let [name] = names else { return Err(vm.type_error("must query one param")) };
        let name = vm.str_arg(name)?;
        return read(vm, i, name).map(Step::Done);
    }
    if !names.is_empty() {
        return Err(vm.type_error("can't specify pos and kw args"));
    }
    let old = get(vm, i)?;
    let mut new = old;
    for (name, v) in args.kw {
        match name.as_str().unwrap_or("") {
            "dhcp4" if i.which == WifiInterface::Station => {
                let config = if vm.truth(v)? { None } else { Some(new) };
                set(vm, i, config)?;
            }
            "addr4" => match (v.as_str(), items(v, 2)) {
                (Some(cidr), _) => {
                    let (ip, bits) = cidr.split_once('/').unwrap_or((cidr, ""));
                    let ip = ip.parse();
                    new.address = ip.map_err(|_| invalid(vm))?;
                    if !bits.is_empty() {
                        new.netmask = mask_of(vm, bits.parse().unwrap_or(-1))?;
                    }
                }
                (None, Some(parts)) => {
                    new.address = address(vm, &parts[0])?;
                    new.netmask = mask(vm, &parts[1])?;
                }
                (None, None) => return Err(invalid(vm)),
            },
            "gw4" => new.gateway = address(vm, v)?,
            _ => return Err(vm.value_error("unexpected key")),
        }
    }
    if new != old {
        set(vm, i, Some(new))?;
    }
    Ok(Step::Done(Value::NONE))
}

fn read(vm: &mut Vm, i: &Interface, name: &str) -> Res {
    let c = get(vm, i)?;
    match name {
        "addr4" => {
            let pair = vec![text(vm, c.address)?, text(vm, c.netmask)?];
            vm.new_tuple(pair)
        }
        "gw4" => text(vm, c.gateway),
        "dhcp4" if i.which == WifiInterface::Station => Ok(Value::bool(i.dhcp.get())),
        "has_dhcp4" if i.which == WifiInterface::Station => {
            Ok(Value::bool(i.dhcp.get() && !c.address.is_unspecified()))
        }
        _ => Err(vm.value_error("unexpected key")),
    }
}

/// `network.ipconfig('dns')`, `network.ipconfig(dns=address)`: the name server of the station.
pub(super) fn global(vm: &mut Vm, args: Args) -> Res<Step> {
    let station = super::interface(vm, WifiInterface::Station)?;
    let i = this(vm, &station)?;
    match (args.pos, args.kw) {
        ([name], []) if name.as_str() == Some("dns") => {
            let c = get(vm, i)?;
            text(vm, c.dns).map(Step::Done)
        }
        ([name], []) => {
            vm.str_arg(name)?;
            Err(vm.value_error("unexpected key"))
        }
        (_, []) => Err(vm.type_error("must query one param")),
        ([], settings) => {
            for (name, v) in settings {
                if name.as_str() != Some("dns") {
                    return Err(vm.value_error("unexpected key"));
                }
                let dns = address(vm, v)?;
                let c = get(vm, i)?;
                // Without an address there is nothing that could be kept beside it.
                if c.address.is_unspecified() {
                    return Err(super::failed(vm, WifiError::NotConnected));
                }
                set(vm, i, Some(IpConfig { dns, ..c }))?;
            }
            Ok(Step::Done(Value::NONE))
        }
        _ => Err(vm.type_error("can't specify pos and kw args")),
    }
}
