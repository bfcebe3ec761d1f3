//! `WLAN.config`: what can be read and set on an interface.

use super::{require, this, wifi};
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_hal::{AuthMode, InterfaceConfig, PowerSave, WifiInterface};
use snakeye_vm::object::{Args, BufferValue, Step, StrValue};
use snakeye_vm::{Res, Value, Vm};

/// `config('name')` reads one setting, `config(name=value, …)` writes several; names of older releases work too.
pub(super) fn config(vm: &mut Vm, args: Args) -> Res<Step> {
    let Some((me, names)) = args.pos.split_first() else { return Err(vm.type_error("WLAN expected")) };
    let i = this(vm, me)?.which;
    if let [name] = names {
        if !args.kw.is_empty() {
            return Err(vm.type_error("either pos or kw args are allowed"));
        }
        return read(vm, i, text(name)).map(Step::Done);
    }
    if args.kw.is_empty() {
        return Err(vm.type_error("can query only one param"));
    }
    let mut c = wifi(vm, |w| Ok(w.config(i)))?;
    for (name, v) in args.kw {
        set(vm, i, &mut c, text(name), v)?;
    }
    wifi(vm, |w| w.set_config(i, c))?;
    Ok(Step::Done(Value::NONE))
}

/// The text of a name; one that is no text is a name nothing has.
fn text(v: &Value) -> &str {
    v.as_str().unwrap_or("")
}

fn bytes(vm: &mut Vm, v: &Value) -> Res<Vec<u8>> {
    match v.buffer() {
        Some(b) => Ok(b.to_vec()),
        None => Err(vm.type_error("a string is required")),
    }
}

/// A small number; ValueError when it is out of range.
fn number(vm: &mut Vm, v: &Value) -> Res<u8> {
    let n = vm.index_of(v)?;
    u8::try_from(n).map_err(|_| vm.value_error("value out of range"))
}

fn set(vm: &mut Vm, i: WifiInterface, c: &mut InterfaceConfig, name: &str, v: &Value) -> Res<()> {
    use WifiInterface::{AccessPoint, Station};
    match name {
        "ssid" | "essid" => {
            require(vm, i, AccessPoint)?;
            c.ssid = bytes(vm, v)?;
        }
        "key" | "password" => {
            require(vm, i, AccessPoint)?;
            c.key = bytes(vm, v)?;
        }
        "security" | "authmode" => {
            require(vm, i, AccessPoint)?;
            c.auth = match AuthMode::from_code(number(vm, v)?) {
                Some(auth) => auth,
                None => return Err(vm.value_error("unknown security")),
            };
        }
        "hidden" => {
            require(vm, i, AccessPoint)?;
            c.hidden = vm.truth(v)?;
        }
        "max_clients" => {
            require(vm, i, AccessPoint)?;
            c.max_clients = number(vm, v)?;
        }
        "reconnects" => {
            require(vm, i, Station)?;
            c.reconnects = vm.index_of(v)?.clamp(-1, i32::MAX.into()) as i32;
        }
        "channel" => c.channel = number(vm, v)?,
        "protocol" => c.protocol = number(vm, v)?,
        "bandwidth" => c.bandwidth = number(vm, v)?,
        "txpower" => c.tx_power_quarter_dbm = (vm.float_of(v)? * 4.0).clamp(-128.0, 127.0) as i8,
        "pm" => {
            c.power_save = match vm.index_of(v)? {
                0 => PowerSave::None,
                1 => PowerSave::Performance,
                2 => PowerSave::PowerSave,
                _ => return Err(vm.value_error("value out of range")),
            }
        }
        "mac" => match <[u8; 6]>::try_from(bytes(vm, v)?) {
            Ok(mac) => c.mac = mac,
            Err(_) => return Err(vm.value_error("invalid buffer length")),
        },
        "hostname" | "dhcp_hostname" => super::set_hostname(vm, v)?,
        _ => return Err(vm.value_error("unknown config param")),
    }
    Ok(())
}

fn read(vm: &mut Vm, i: WifiInterface, name: &str) -> Res {
    use WifiInterface::{AccessPoint, Station};
    let c = wifi(vm, |w| Ok(w.config(i)))?;
    match name {
        "mac" => vm.new_bytes(&c.mac),
        "ssid" | "essid" => vm.new_str(&String::from_utf8_lossy(&c.ssid)),
        "security" | "authmode" => {
            require(vm, i, AccessPoint)?;
            Ok(Value::int(c.auth as i32))
        }
        "hidden" => {
            require(vm, i, AccessPoint)?;
            Ok(Value::bool(c.hidden))
        }
        "max_clients" => Ok(Value::int(c.max_clients as i32)),
        "reconnects" => {
            require(vm, i, Station)?;
            Ok(Value::int(c.reconnects))
        }
        "channel" => Ok(Value::int(c.channel as i32)),
        "protocol" => Ok(Value::int(c.protocol as i32)),
        "bandwidth" => Ok(Value::int(c.bandwidth as i32)),
        "txpower" => vm.new_float(c.tx_power_quarter_dbm as f64 / 4.0),
        "pm" => Ok(Value::int(c.power_save as i32)),
        "hostname" | "dhcp_hostname" => {
            require(vm, i, Station)?;
            super::hostname(vm, &[])
        }
        _ => Err(vm.value_error("unknown config param")),
    }
}
