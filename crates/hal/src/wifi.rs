//! The Wi-Fi radio.

use crate::Errno;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

/// Which of the radio's two interfaces. The numbers are `WLAN.IF_STA` and `WLAN.IF_AP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum WifiInterface {
    /// A client of an access point.
    Station = 0,
    /// An access point of its own.
    AccessPoint = 1,
}

/// Security of a network. The numbers are ESP-IDF's `wifi_auth_mode_t`, which Python sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AuthMode {
    /// No password.
    #[default]
    Open = 0,
    /// WEP.
    Wep = 1,
    /// WPA-PSK.
    WpaPsk = 2,
    /// WPA2-PSK.
    Wpa2Psk = 3,
    /// WPA- and WPA2-PSK.
    WpaWpa2Psk = 4,
    /// WPA2-Enterprise.
    Wpa2Enterprise = 5,
    /// WPA3-PSK.
    Wpa3Psk = 6,
    /// WPA2- and WPA3-PSK.
    Wpa2Wpa3Psk = 7,
}

impl AuthMode {
    /// From ESP-IDF's number.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Open,
            1 => Self::Wep,
            2 => Self::WpaPsk,
            3 => Self::Wpa2Psk,
            4 => Self::WpaWpa2Psk,
            5 => Self::Wpa2Enterprise,
            6 => Self::Wpa3Psk,
            7 => Self::Wpa2Wpa3Psk,
            _ => return None,
        })
    }

    /// Whether a station needs a key to join.
    #[must_use]
    pub const fn needs_key(self) -> bool {
        !matches!(self, Self::Open)
    }
}

/// Where the station is. [`code`](Self::code) gives the numbers that `WLAN.status()` returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StationStatus {
    /// Nothing was asked for.
    #[default]
    Idle,
    /// Joining, or trying again.
    Connecting,
    /// Joined, with an address.
    GotIp,
    /// The access point's beacons stopped.
    BeaconTimeout,
    /// No network of that name.
    NoApFound,
    /// The key is wrong.
    WrongPassword,
    /// The access point refused.
    AssocFail,
    /// The key exchange did not finish.
    HandshakeTimeout,
}

impl StationStatus {
    /// The number of `network.STAT_*` on the esp32 port.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Idle => 1000,
            Self::Connecting => 1001,
            Self::GotIp => 1010,
            Self::BeaconTimeout => 200,
            Self::NoApFound => 201,
            Self::WrongPassword => 202,
            Self::AssocFail => 203,
            Self::HandshakeTimeout => 204,
        }
    }
}

/// IPv4 settings of an interface, in the order of `ifconfig()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpConfig {
    /// Own address; `0.0.0.0` when there is none.
    pub address: Ipv4Addr,
    /// Netmask.
    pub netmask: Ipv4Addr,
    /// Default gateway.
    pub gateway: Ipv4Addr,
    /// Name server.
    pub dns: Ipv4Addr,
}

impl IpConfig {
    /// All zeros: an interface without an address.
    pub const NONE: Self = Self {
        address: Ipv4Addr::UNSPECIFIED,
        netmask: Ipv4Addr::UNSPECIFIED,
        gateway: Ipv4Addr::UNSPECIFIED,
        dns: Ipv4Addr::UNSPECIFIED,
    };
}

/// One network that a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Name, up to 32 bytes of any kind; empty when hidden.
    pub ssid: Vec<u8>,
    /// Address of the access point.
    pub bssid: [u8; 6],
    /// Channel, 1–14.
    pub channel: u8,
    /// Signal strength in dBm.
    pub rssi: i8,
    /// Security.
    pub auth: AuthMode,
    /// Whether it hides its name.
    pub hidden: bool,
}

/// One station that joined the board's access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// Its address.
    pub mac: [u8; 6],
    /// The IP address it was given.
    pub ip: Option<Ipv4Addr>,
}

/// Power saving of the radio: `WLAN.PM_NONE`, `PM_PERFORMANCE`, `PM_POWERSAVE`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum PowerSave {
    /// Always awake.
    None = 0,
    /// Sleeps between beacons.
    #[default]
    Performance = 1,
    /// Sleeps over beacons.
    PowerSave = 2,
}

/// What `WLAN.config` reads and writes. Fields that belong to one interface only say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceConfig {
    /// Address of the interface.
    pub mac: [u8; 6],
    /// Access point: own name. Station: name of the network to join.
    pub ssid: Vec<u8>,
    /// Access point: own key. Station: key for the network.
    pub key: Vec<u8>,
    /// Access point: channel. Station: where scans begin; 0 for anywhere.
    pub channel: u8,
    /// Access point: hide the name.
    pub hidden: bool,
    /// Access point: security.
    pub auth: AuthMode,
    /// Access point: how many stations may join.
    pub max_clients: u8,
    /// Station: how often to try again, −1 for ever.
    pub reconnects: i32,
    /// Transmit power in quarters of a dBm.
    pub tx_power_quarter_dbm: i8,
    /// Power saving.
    pub power_save: PowerSave,
    /// 802.11 protocols: 1 b, 2 g, 4 n, 8 long range.
    pub protocol: u8,
    /// Channel width: 1 for 20 MHz, 2 for 40 MHz.
    pub bandwidth: u8,
}

/// Why the radio refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WifiError {
    /// The interface is not active.
    NotStarted,
    /// The station is not connected (to disconnect from, or to ask the signal strength of).
    NotConnected,
    /// A connection is being made; disconnect first.
    Connecting,
    /// Name empty or above 32 bytes.
    BadSsid,
    /// Key above 64 bytes, or below 8 for an access point with WPA.
    BadKey,
    /// A setting is out of its range.
    BadValue,
}

impl WifiError {
    /// The text which the esp32 port's `OSError` carries for it.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotStarted => "Wifi Not Started",
            Self::Connecting => "Wifi Internal State Error",
            Self::BadSsid => "Wifi SSID Invalid",
            Self::BadKey => "Wifi Invalid Password",
            Self::NotConnected => "Wifi Not Connected",
            Self::BadValue => "Wifi Invalid Argument",
        }
    }
}

/// The Wi-Fi radio: one station and one access-point interface, both may be active.
pub trait Wifi {
    /// Whether the interface is on.
    fn active(&mut self, interface: WifiInterface) -> bool;

    /// Switches the interface on or off. Off drops its connections.
    fn set_active(&mut self, interface: WifiInterface, active: bool) -> Result<(), WifiError>;

    /// Starts joining a network; progress shows in [`status`](Self::status). `ssid` absent: the
    /// one configured last.
    fn connect(&mut self, ssid: Option<&[u8]>, key: Option<&[u8]>, bssid: Option<[u8; 6]>) -> Result<(), WifiError>;

    /// Leaves the network and stops trying.
    fn disconnect(&mut self) -> Result<(), WifiError>;

    /// Where the station is.
    fn status(&mut self) -> StationStatus;

    /// Station: joined, with an address. Access point: a station has joined.
    fn is_connected(&mut self, interface: WifiInterface) -> bool;

    /// Signal strength of the joined network in dBm.
    fn rssi(&mut self) -> Result<i8, WifiError>;

    /// Stations that joined the access point.
    fn stations(&mut self) -> Vec<Station>;

    /// IPv4 settings now in force.
    fn ip_config(&mut self, interface: WifiInterface) -> IpConfig;

    /// Fixed IPv4 settings, or `None` to ask by DHCP.
    fn set_ip_config(&mut self, interface: WifiInterface, config: Option<IpConfig>);

    /// Looks for networks. `EAGAIN` means that the scan runs: wait for
    /// [`Interest::Scan`](crate::Interest::Scan) and ask again. `EPERM` when the station is off.
    fn scan(&mut self) -> Result<Vec<Network>, Errno>;

    /// Settings of an interface.
    fn config(&mut self, interface: WifiInterface) -> InterfaceConfig;

    /// Changes settings of an interface.
    fn set_config(&mut self, interface: WifiInterface, config: InterfaceConfig) -> Result<(), WifiError>;

    /// Name that the board gives to DHCP servers.
    fn hostname(&self) -> &str;

    /// Sets the host name (at most 32 bytes).
    fn set_hostname(&mut self, name: String) -> Result<(), WifiError>;

    /// Two-letter country code of the radio's rules.
    fn country(&self) -> [u8; 2];

    /// Sets the country code.
    fn set_country(&mut self, code: [u8; 2]) -> Result<(), WifiError>;
}
