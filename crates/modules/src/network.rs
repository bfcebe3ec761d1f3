//! `network` (docs: library/network, library/network.WLAN): the Wi-Fi interfaces.

use crate::host::board;
use crate::interest::{READ, SCAN};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use snakeye_hal::{AuthMode, Errno, IpConfig, StationStatus, Wifi, WifiError, WifiInterface};
use snakeye_vm::object::{
    Args, BufferValue, Entry, Interest, ModuleDef, NativeObject, NativeValue, Step, StrValue, TupleHead, TypeDef, Wait,
};
use snakeye_vm::{Raised, Res, Rom, Value, Vm, exceptions as exc, method, method_kw, method_steps};

/// `network`
pub static NETWORK: ModuleDef = ModuleDef {
    name: "network",
    entries: &[
        ("WLAN", Entry::Type(&WLAN)),
        method!("hostname", 0, 1, hostname),
        method!("country", 0, 1, country),
        ("STA_IF", Entry::Int(0)),
        ("AP_IF", Entry::Int(1)),
        ("AUTH_OPEN", Entry::Int(AuthMode::Open as i64)),
        ("AUTH_WEP", Entry::Int(AuthMode::Wep as i64)),
        ("AUTH_WPA_PSK", Entry::Int(AuthMode::WpaPsk as i64)),
        ("AUTH_WPA2_PSK", Entry::Int(AuthMode::Wpa2Psk as i64)),
        ("AUTH_WPA_WPA2_PSK", Entry::Int(AuthMode::WpaWpa2Psk as i64)),
        ("AUTH_WPA2_ENTERPRISE", Entry::Int(AuthMode::Wpa2Enterprise as i64)),
        ("AUTH_WPA3_PSK", Entry::Int(AuthMode::Wpa3Psk as i64)),
        ("AUTH_WPA2_WPA3_PSK", Entry::Int(AuthMode::Wpa2Wpa3Psk as i64)),
        ("STAT_IDLE", Entry::Int(StationStatus::Idle.code() as i64)),
        ("STAT_CONNECTING", Entry::Int(StationStatus::Connecting.code() as i64)),
        ("STAT_GOT_IP", Entry::Int(StationStatus::GotIp.code() as i64)),
        ("STAT_BEACON_TIMEOUT", Entry::Int(StationStatus::BeaconTimeout.code() as i64)),
        ("STAT_NO_AP_FOUND", Entry::Int(StationStatus::NoApFound.code() as i64)),
        ("STAT_WRONG_PASSWORD", Entry::Int(StationStatus::WrongPassword.code() as i64)),
        ("STAT_ASSOC_FAIL", Entry::Int(StationStatus::AssocFail.code() as i64)),
        ("STAT_HANDSHAKE_TIMEOUT", Entry::Int(StationStatus::HandshakeTimeout.code() as i64)),
    ],
    init: None,
};

struct Interface(WifiInterface);

impl NativeObject for Interface {
    fn class(&self) -> &'static Rom<TypeDef> {
        &WLAN
    }
}

/// `network.WLAN`
pub static WLAN: Rom<TypeDef> = Rom::new(TypeDef {
    name: "WLAN",
    new: Some(|vm, _, args| {
        let which = match args.pos.first() {
            Some(v) => vm.index_of(v)?,
            None => 0,
        };
        let interface = match which {
            0 => WifiInterface::Station,
            1 => WifiInterface::AccessPoint,
            _ => return Err(vm.value_error("invalid WLAN interface identifier")),
        };
        vm.new_native(Interface(interface)).map(Step::Done)
    }),
    attrs: &[
        method!("active", 1, 2, active),
        method_kw!("connect", 1, 3, connect),
        method!("disconnect", 1, 1, |vm, a| {
            this(vm, &a[0])?;
            wifi(vm, |w| w.disconnect())?;
            Ok(Value::NONE)
        }),
        method!("isconnected", 1, 1, |vm, a| {
            let i = this(vm, &a[0])?;
            wifi(vm, |w| Ok(w.is_connected(i))).map(Value::bool)
        }),
        method!("status", 1, 2, status),
        method!("ifconfig", 1, 2, ifconfig),
        method_kw!("config", 1, 2, config),
        method_steps!("scan", 1, 1, |vm, a| {
            this(vm, &a[0])?;
            scan(vm)
        }),
        ("IF_STA", Entry::Int(0)),
        ("IF_AP", Entry::Int(1)),
        ("SEC_OPEN", Entry::Int(AuthMode::Open as i64)),
        ("SEC_WPA2", Entry::Int(AuthMode::Wpa2Psk as i64)),
        ("SEC_WPA_WPA2", Entry::Int(AuthMode::WpaWpa2Psk as i64)),
        ("SEC_WPA3", Entry::Int(AuthMode::Wpa3Psk as i64)),
        ("SEC_WPA2_WPA3", Entry::Int(AuthMode::Wpa2Wpa3Psk as i64)),
        ("PM_NONE", Entry::Int(0)),
        ("PM_PERFORMANCE", Entry::Int(1)),
        ("PM_POWERSAVE", Entry::Int(2)),
    ],
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn this(vm: &mut Vm, v: &Value) -> Res<WifiInterface> {
    match v.native::<Interface>() {
        Some(i) => Ok(i.0),
        None => Err(vm.type_error("WLAN expected")),
    }
}

fn wifi<T>(vm: &mut Vm, f: impl FnOnce(&mut dyn Wifi) -> Result<T, WifiError>) -> Res<T> {
    let result = match board(vm).board.wifi() {
        Some(w) => f(w),
        None => return Err(vm.os_error(Errno::ENODEV.0)),
    };
    result.map_err(|e| failed(vm, e))
}

fn failed(vm: &mut Vm, e: WifiError) -> Raised {
    match e {
        WifiError::BadValue => vm.value_error(e.message()),
        _ => vm.raise_new(&exc::OS_ERROR, e.message()),
    }
}

fn active(vm: &mut Vm, args: &[Value]) -> Res {
    let i = this(vm, &args[0])?;
    if let Some(on) = args.get(1) {
        let on = vm.truth(on)?;
        wifi(vm, |w| w.set_active(i, on))?;
    }
    wifi(vm, |w| Ok(w.active(i))).map(Value::bool)
}

/// `connect(ssid=None, key=None, *, bssid=None)`
fn connect(vm: &mut Vm, args: Args) -> Res<Step> {
    use snakeye_vm::object::Param;
    let [me, ssid, key, bssid] = args.parse(
        vm,
        &[
            Param::required("self"),
            Param::optional("ssid", Value::NONE),
            Param::optional("key", Value::NONE),
            Param::keyword("bssid", Value::NONE),
        ],
    )?;
    if this(vm, &me)? != WifiInterface::Station {
        return Err(vm.raise_new(&exc::OS_ERROR, "STA required"));
    }
    let bytes = |v: &Value| v.buffer().map(|b| b.to_vec());
    let (ssid, key) = (bytes(&ssid), bytes(&key));
    let bssid = match bytes(&bssid) {
        Some(b) => match <[u8; 6]>::try_from(b) {
            Ok(b) => Some(b),
            Err(_) => return Err(vm.value_error("bssid must be 6 bytes")),
        },
        None => None,
    };
    wifi(vm, |w| w.connect(ssid.as_deref(), key.as_deref(), bssid))?;
    Ok(Step::Done(Value::NONE))
}

fn status(vm: &mut Vm, args: &[Value]) -> Res {
    let i = this(vm, &args[0])?;
    match args.get(1) {
        None => match i {
            WifiInterface::Station => {
                let code = wifi(vm, |w| Ok(w.status()))?.code();
                vm.new_int(code as i64)
            }
            WifiInterface::AccessPoint => Ok(Value::NONE),
        },
        Some(what) => match vm.str_arg(what)? {
            "rssi" => {
                let rssi = wifi(vm, |w| w.rssi())?;
                vm.new_int(rssi as i64)
            }
            "stations" => {
                let mut list = Vec::new();
                for s in wifi(vm, |w| Ok(w.stations()))? {
                    let mac = vm.new_bytes(&s.mac)?;
                    list.push(vm.new_tuple(vec![mac])?);
                }
                vm.new_list(list)
            }
            _ => Err(vm.value_error("unknown status param")),
        },
    }
}

/// `ifconfig([(address, netmask, gateway, dns)])`
fn ifconfig(vm: &mut Vm, args: &[Value]) -> Res {
    let i = this(vm, &args[0])?;
    if let Some(new) = args.get(1) {
        if new.as_str() == Some("dhcp") {
            wifi(vm, |w| {
                w.set_ip_config(i, None);
                Ok(())
            })?;
            return Ok(Value::NONE);
        }
        let parts: Vec<Value> = match new.tail::<TupleHead>() {
            Some((_, items)) if items.len() == 4 => items.to_vec(),
            _ => return Err(vm.value_error("ifconfig takes (address, netmask, gateway, dns)")),
        };
        let mut ips = [Ipv4Addr::UNSPECIFIED; 4];
        for (place, v) in ips.iter_mut().zip(&parts) {
            *place = match vm.str_arg(v)?.parse() {
                Ok(ip) => ip,
                Err(_) => return Err(vm.value_error("invalid arguments")),
            };
        }
        let [address, netmask, gateway, dns] = ips;
        wifi(vm, |w| {
            w.set_ip_config(i, Some(IpConfig { address, netmask, gateway, dns }));
            Ok(())
        })?;
        return Ok(Value::NONE);
    }
    let c = wifi(vm, |w| Ok(w.ip_config(i)))?;
    let mut parts = Vec::new();
    for ip in [c.address, c.netmask, c.gateway, c.dns] {
        parts.push(vm.new_str(&ip.to_string())?);
    }
    vm.new_tuple(parts)
}

/// `config('name')` reads one setting, `config(name=value, …)` writes several; old names work too.
fn config(vm: &mut Vm, args: Args) -> Res<Step> {
    let Some(me) = args.pos.first() else { return Err(vm.type_error("WLAN expected")) };
    let i = this(vm, me)?;
    if let Some(name) = args.pos.get(1) {
        if !args.kw.is_empty() {
            return Err(vm.type_error("either pos or kw args are allowed"));
        }
        let name = String::from(vm.str_arg(name)?);
        return read_config(vm, i, &name).map(Step::Done);
    }
    if args.kw.is_empty() {
        return Err(vm.type_error("can query only one param"));
    }
    let mut c = wifi(vm, |w| Ok(w.config(i)))?;
    for (name, v) in args.kw {
        let bytes = v.buffer().map(|b| b.to_vec());
        match name.as_str().unwrap_or("") {
            "ssid" | "essid" => match bytes {
                Some(b) => c.ssid = b,
                None => return Err(vm.type_error("ssid must be a string")),
            },
            "key" | "password" => match bytes {
                Some(b) => c.key = b,
                None => return Err(vm.type_error("key must be a string")),
            },
            "security" | "authmode" => match u8::try_from(vm.index_of(v)?).ok().and_then(AuthMode::from_code) {
                Some(auth) => c.auth = auth,
                None => return Err(vm.value_error("unknown security")),
            },
            "channel" => c.channel = vm.index_of(v)?.clamp(0, 255) as u8,
            "hidden" => c.hidden = vm.truth(v)?,
            "max_clients" => c.max_clients = vm.index_of(v)?.clamp(0, 255) as u8,
            "reconnects" => c.reconnects = vm.index_of(v)?.clamp(-1, 1 << 20) as i32,
            "txpower" => c.tx_power_quarter_dbm = (vm.float_of(v)? * 4.0).clamp(-128.0, 127.0) as i8,
            "pm" => {
                c.power_save = match vm.index_of(v)? {
                    0 => snakeye_hal::PowerSave::None,
                    1 => snakeye_hal::PowerSave::Performance,
                    _ => snakeye_hal::PowerSave::PowerSave,
                }
            }
            "mac" => match bytes.and_then(|b| <[u8; 6]>::try_from(b).ok()) {
                Some(mac) => c.mac = mac,
                None => return Err(vm.value_error("invalid buffer length")),
            },
            "hostname" | "dhcp_hostname" => {
                let host = String::from(vm.str_arg(v)?);
                wifi(vm, |w| w.set_hostname(host))?;
            }
            _ => return Err(vm.value_error("unknown config param")),
        }
    }
    wifi(vm, |w| w.set_config(i, c))?;
    Ok(Step::Done(Value::NONE))
}

fn read_config(vm: &mut Vm, i: WifiInterface, name: &str) -> Res {
    let c = wifi(vm, |w| Ok(w.config(i)))?;
    match name {
        "mac" => vm.new_bytes(&c.mac),
        "ssid" | "essid" => vm.new_str(&String::from_utf8_lossy(&c.ssid)),
        "security" | "authmode" => Ok(Value::int(c.auth as i32)),
        "channel" => Ok(Value::int(c.channel as i32)),
        "hidden" => Ok(Value::bool(c.hidden)),
        "max_clients" => Ok(Value::int(c.max_clients as i32)),
        "reconnects" => Ok(Value::int(c.reconnects)),
        "txpower" => vm.new_float(c.tx_power_quarter_dbm as f64 / 4.0),
        "pm" => Ok(Value::int(c.power_save as i32)),
        "hostname" | "dhcp_hostname" => {
            let host = wifi(vm, |w| Ok(String::from(w.hostname())))?;
            vm.new_str(&host)
        }
        _ => Err(vm.value_error("unknown config param")),
    }
}

/// `scan()`: a list of (ssid, bssid, channel, RSSI, security, hidden), strongest first.
fn scan(vm: &mut Vm) -> Res<Step> {
    let found = match board(vm).board.wifi() {
        Some(w) => w.scan(),
        None => Err(Errno::ENODEV),
    };
    match found {
        Ok(networks) => {
            let mut list = Vec::new();
            for n in networks {
                let entry = vec![
                    vm.new_bytes(&n.ssid)?,
                    vm.new_bytes(&n.bssid)?,
                    Value::int(n.channel as i32),
                    Value::int(n.rssi as i32),
                    Value::int(n.auth as i32),
                    Value::bool(n.hidden),
                ];
                list.push(vm.new_tuple(entry)?);
            }
            Ok(Step::Done(vm.new_list(list)?))
        }
        Err(Errno::EAGAIN) => {
            let wait = Wait { interests: vec![Interest { kind: SCAN, id: 0, mode: READ }], deadline_us: None };
            Ok(Step::park(wait, |vm, r| {
                r?;
                scan(vm)
            }))
        }
        Err(e) => Err(vm.os_error(e.0)),
    }
}

fn hostname(vm: &mut Vm, args: &[Value]) -> Res {
    match args.first() {
        None => {
            let name = wifi(vm, |w| Ok(String::from(w.hostname())))?;
            vm.new_str(&name)
        }
        Some(v) => {
            let name = String::from(vm.str_arg(v)?);
            wifi(vm, |w| w.set_hostname(name))?;
            Ok(Value::NONE)
        }
    }
}

fn country(vm: &mut Vm, args: &[Value]) -> Res {
    match args.first() {
        None => {
            let code = wifi(vm, |w| Ok(w.country()))?;
            vm.new_str(core::str::from_utf8(&code).unwrap_or("XX"))
        }
        Some(v) => {
            let code = match <[u8; 2]>::try_from(vm.str_arg(v)?.as_bytes()) {
                Ok(code) => code,
                Err(_) => return Err(vm.value_error("country must be two letters")),
            };
            wifi(vm, |w| w.set_country(code))?;
            Ok(Value::NONE)
        }
    }
}
