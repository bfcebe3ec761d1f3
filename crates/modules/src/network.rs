//! `network` (docs: library/network, library/network.WLAN): the Wi-Fi interfaces.

mod config;
mod ip;

use crate::host::board;
use crate::interest::{READ, SCAN};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use snakeye_hal::{AuthMode, Errno, StationStatus, Wifi, WifiError, WifiInterface};
use snakeye_vm::object::{
    Args, BufferValue, Entry, Interest, ModuleDef, NativeObject, NativeValue, Param, Step, TypeDef, Wait,
};
use snakeye_vm::{Raised, Res, Rom, Value, Vm, exceptions as exc, method, method_kw, method_steps};

/// `network`
pub static NETWORK: ModuleDef = ModuleDef {
    name: "network",
    entries: &[
        ("WLAN", Entry::Type(&WLAN)),
        method!("hostname", 0, 1, hostname),
        method!("country", 0, 1, country),
        method!("phy_mode", 0, 1, |_, _| Ok(Value::NONE)),
        method_kw!("ipconfig", 0, 1, ip::global),
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
        ("AUTH_WAPI_PSK", Entry::Int(8)),
        ("AUTH_OWE", Entry::Int(9)),
        ("AUTH_WPA3_ENT_192", Entry::Int(10)),
        ("AUTH_WPA3_EXT_PSK", Entry::Int(11)),
        ("AUTH_WPA3_EXT_PSK_MIXED_MODE", Entry::Int(12)),
        ("AUTH_MAX", Entry::Int(17)),
        ("MODE_11B", Entry::Int(1)),
        ("MODE_11G", Entry::Int(2)),
        ("MODE_11N", Entry::Int(4)),
        ("MODE_LR", Entry::Int(8)),
        ("STAT_IDLE", Entry::Int(StationStatus::Idle.code() as i64)),
        ("STAT_CONNECTING", Entry::Int(StationStatus::Connecting.code() as i64)),
        ("STAT_GOT_IP", Entry::Int(StationStatus::GotIp.code() as i64)),
        ("STAT_BEACON_TIMEOUT", Entry::Int(StationStatus::BeaconTimeout.code() as i64)),
        ("STAT_NO_AP_FOUND", Entry::Int(StationStatus::NoApFound.code() as i64)),
        ("STAT_WRONG_PASSWORD", Entry::Int(StationStatus::WrongPassword.code() as i64)),
        ("STAT_ASSOC_FAIL", Entry::Int(StationStatus::AssocFail.code() as i64)),
        ("STAT_CONNECT_FAIL", Entry::Int(StationStatus::AssocFail.code() as i64)),
        ("STAT_NO_AP_FOUND_W_COMPATIBLE_SECURITY", Entry::Int(210)),
        ("STAT_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD", Entry::Int(211)),
        ("STAT_NO_AP_FOUND_IN_RSSI_THRESHOLD", Entry::Int(212)),
        ("STAT_HANDSHAKE_TIMEOUT", Entry::Int(StationStatus::HandshakeTimeout.code() as i64)),
    ],
    init: None,
};

struct Interface {
    which: WifiInterface,
    /// Whether addresses come from DHCP, as far as the script has said.
    dhcp: Cell<bool>,
}

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
        let which = match which {
            0 => WifiInterface::Station,
            1 => WifiInterface::AccessPoint,
            _ => return Err(vm.value_error("invalid WLAN interface identifier")),
        };
        interface(vm, which).map(Step::Done)
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
            let i = this(vm, &a[0])?.which;
            wifi(vm, |w| Ok(w.is_connected(i))).map(Value::bool)
        }),
        method!("status", 1, 2, status),
        method!("ifconfig", 1, 2, ip::ifconfig),
        method_kw!("ipconfig", 1, 2, ip::ipconfig),
        method_kw!("config", 1, 2, config::config),
        method_steps!("scan", 1, 1, |vm, a| {
            this(vm, &a[0])?;
            scan(vm)
        }),
        ("IF_STA", Entry::Int(0)),
        ("IF_AP", Entry::Int(1)),
        ("SEC_OPEN", Entry::Int(AuthMode::Open as i64)),
        ("SEC_WEP", Entry::Int(AuthMode::Wep as i64)),
        ("SEC_WPA", Entry::Int(AuthMode::WpaPsk as i64)),
        ("SEC_WPA2", Entry::Int(AuthMode::Wpa2Psk as i64)),
        ("SEC_WPA_WPA2", Entry::Int(AuthMode::WpaWpa2Psk as i64)),
        ("SEC_WPA2_ENT", Entry::Int(AuthMode::Wpa2Enterprise as i64)),
        ("SEC_WPA3", Entry::Int(AuthMode::Wpa3Psk as i64)),
        ("SEC_WPA2_WPA3", Entry::Int(AuthMode::Wpa2Wpa3Psk as i64)),
        ("SEC_WAPI", Entry::Int(8)),
        ("SEC_OWE", Entry::Int(9)),
        ("SEC_WPA3_ENT_192", Entry::Int(10)),
        ("SEC_WPA3_EXT_PSK", Entry::Int(11)),
        ("SEC_WPA3_EXT_PSK_MIXED_MODE", Entry::Int(12)),
        ("SEC_DPP", Entry::Int(13)),
        ("PROTOCOL_DEFAULT", Entry::Int(7)),
        ("PROTOCOL_LR", Entry::Int(8)),
        ("BANDWIDTH_20", Entry::Int(1)),
        ("BANDWIDTH_40", Entry::Int(2)),
        ("BANDWIDTH_80", Entry::Int(3)),
        ("BANDWIDTH_160", Entry::Int(4)),
        ("BANDWIDTH_80_80", Entry::Int(5)),
        ("PM_NONE", Entry::Int(0)),
        ("PM_PERFORMANCE", Entry::Int(1)),
        ("PM_POWERSAVE", Entry::Int(2)),
    ],
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

/// The one object of an interface: made at the first call, the same ever after.
fn interface(vm: &mut Vm, which: WifiInterface) -> Res {
    let name = match which {
        WifiInterface::Station => "network.sta",
        WifiInterface::AccessPoint => "network.ap",
    };
    if let Some(known) = vm.kept(name) {
        return Ok(known);
    }
    let made = vm.new_native(Interface { which, dhcp: Cell::new(true) })?;
    vm.set_kept(name, made.clone());
    Ok(made)
}

fn this<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a Interface> {
    match v.native::<Interface>() {
        Some(i) => Ok(i),
        None => Err(vm.type_error("WLAN expected")),
    }
}

/// Refuses what only the other interface has.
fn require(vm: &mut Vm, i: WifiInterface, wanted: WifiInterface) -> Res<()> {
    if i == wanted {
        return Ok(());
    }
    Err(vm.raise_new(
        &exc::OS_ERROR,
        match wanted {
            WifiInterface::Station => "STA required",
            WifiInterface::AccessPoint => "AP required",
        },
    ))
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
    let i = this(vm, &args[0])?.which;
    if let Some(on) = args.get(1) {
        let on = vm.truth(on)?;
        wifi(vm, |w| w.set_active(i, on))?;
    }
    wifi(vm, |w| Ok(w.active(i))).map(Value::bool)
}

/// `connect(ssid=None, key=None, *, bssid=None)`
fn connect(vm: &mut Vm, args: Args) -> Res<Step> {
    let [me, ssid, key, bssid] = args.parse(
        vm,
        &[
            Param::required("self"),
            Param::optional("ssid", Value::NONE),
            Param::optional("key", Value::NONE),
            Param::keyword("bssid", Value::NONE),
        ],
    )?;
    let i = this(vm, &me)?.which;
    require(vm, i, WifiInterface::Station)?;
    let mut bytes = |v: &Value| match v.buffer() {
        _ if v.is_none() => Ok(None),
        Some(b) => Ok(Some(b.to_vec())),
        None => Err(vm.type_error("a string is required")),
    };
    let (ssid, key, bssid) = (bytes(&ssid)?, bytes(&key)?, bytes(&bssid)?);
    let bssid = match bssid.map(<[u8; 6]>::try_from) {
        Some(Err(_)) => return Err(vm.value_error("bssid must be 6 bytes")),
        Some(Ok(b)) => Some(b),
        None => None,
    };
    wifi(vm, |w| w.connect(ssid.as_deref(), key.as_deref(), bssid))?;
    Ok(Step::Done(Value::NONE))
}

/// `status()`: a number of `STAT_*`, None for an access point; `status('rssi')`; `status('stations')`.
fn status(vm: &mut Vm, args: &[Value]) -> Res {
    let i = this(vm, &args[0])?.which;
    match args.get(1) {
        None if i == WifiInterface::AccessPoint => Ok(Value::NONE),
        None => {
            let code = wifi(vm, |w| Ok(w.status()))?.code();
            vm.new_int(code as i64)
        }
        Some(what) => match vm.str_arg(what)? {
            "rssi" => {
                require(vm, i, WifiInterface::Station)?;
                let rssi = wifi(vm, |w| w.rssi())?;
                vm.new_int(rssi as i64)
            }
            "stations" => {
                require(vm, i, WifiInterface::AccessPoint)?;
                let mut list = Vec::new();
                for s in wifi(vm, |w| Ok(w.stations()))? {
                    let mac = vm.new_bytes(&s.mac)?;
                    let ip = match s.ip {
                        Some(ip) => vm.new_str(&ip.to_string())?,
                        None => Value::NONE,
                    };
                    list.push(vm.new_tuple(vec![mac, ip])?);
                }
                vm.new_list(list)
            }
            _ => Err(vm.value_error("unknown status param")),
        },
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
        Err(Errno::EPERM) => Err(vm.raise_new(&exc::OS_ERROR, "STA must be active")),
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
            set_hostname(vm, v)?;
            Ok(Value::NONE)
        }
    }
}

fn set_hostname(vm: &mut Vm, v: &Value) -> Res<()> {
    let name = String::from(vm.str_arg(v)?);
    wifi(vm, |w| w.set_hostname(name))
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
