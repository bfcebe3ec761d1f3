//! The Wi-Fi networks around a simulated board, from a TOML file.
//!
//! ```toml
//! any = false              # may networks that are not listed be joined too?
//! join_ms = 1500           # how long joining takes; 1000-2000 by chance when absent
//! scan_ms = 1500           # how long a scan takes
//!
//! [[network]]
//! ssid = "Home"
//! password = "correct horse"   # absent: any password is right
//! rssi = -52
//! channel = 6
//! auth = "wpa2"            # open, wep, wpa, wpa2, wpa/wpa2, wpa3, wpa2/wpa3
//! hidden = false
//! address = "192.168.1.50" # what its DHCP server gives the board
//! gateway = "192.168.1.1"
//!
//! [[network.dropout]]      # the network is off the air
//! after_s = 60.0           # this long after the board's start
//! for_s = 10.0
//!
//! [[station]]              # a phone that joins the board's own access point
//! mac = "02:00:00:00:00:01"
//! after_s = 3.0
//! ```

use std::fmt;
use std::net::Ipv4Addr;

use serde::Deserialize;
use snakeye_hal::AuthMode;

/// The networks around the board and the stations that join it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbourhood {
    /// Whether a network that is not listed can be joined, with any password.
    #[serde(default)]
    pub any: bool,
    /// How long joining takes; 1–2 s by chance when absent.
    pub join_ms: Option<u32>,
    /// How long a scan takes.
    #[serde(default = "default_scan_ms")]
    pub scan_ms: u32,
    /// Networks in range.
    #[serde(default, rename = "network")]
    pub networks: Vec<SimNetwork>,
    /// Stations that join the board's access point while it is on.
    #[serde(default, rename = "station")]
    pub stations: Vec<SimStation>,
}

/// One access point.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimNetwork {
    /// Name.
    pub ssid: String,
    /// The right key; absent: any is right.
    pub password: Option<String>,
    /// Signal strength in dBm.
    #[serde(default = "default_rssi")]
    pub rssi: i8,
    /// Channel.
    #[serde(default = "default_channel")]
    pub channel: u8,
    /// Security.
    #[serde(default = "default_auth", deserialize_with = "auth")]
    pub auth: AuthMode,
    /// Whether scans do not show its name.
    #[serde(default)]
    pub hidden: bool,
    /// Its address; made from the name when absent.
    #[serde(default, deserialize_with = "optional_mac")]
    pub bssid: Option<[u8; 6]>,
    /// The address its DHCP server gives.
    #[serde(default = "default_address")]
    pub address: Ipv4Addr,
    /// Its router, which is also the name server.
    #[serde(default = "default_gateway")]
    pub gateway: Ipv4Addr,
    /// When it is off the air.
    #[serde(default, rename = "dropout")]
    pub dropouts: Vec<Dropout>,
}

/// A time in which a network is off the air.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Seconds after the board's start.
    pub after_s: f64,
    /// Its length in seconds.
    pub for_s: f64,
}

/// A station that joins the board's access point.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimStation {
    /// Its address.
    #[serde(deserialize_with = "mac")]
    pub mac: [u8; 6],
    /// Seconds after the access point was switched on.
    #[serde(default)]
    pub after_s: f64,
}

fn default_scan_ms() -> u32 {
    1500
}

fn default_rssi() -> i8 {
    -55
}

fn default_channel() -> u8 {
    6
}

fn default_auth() -> AuthMode {
    AuthMode::Wpa2Psk
}

fn default_address() -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 1, 50)
}

fn default_gateway() -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 1, 1)
}

fn auth<'de, D: serde::Deserializer<'de>>(source: D) -> Result<AuthMode, D::Error> {
    let name = String::deserialize(source)?;
    Ok(match name.to_ascii_lowercase().as_str() {
        "open" => AuthMode::Open,
        "wep" => AuthMode::Wep,
        "wpa" => AuthMode::WpaPsk,
        "wpa2" => AuthMode::Wpa2Psk,
        "wpa/wpa2" => AuthMode::WpaWpa2Psk,
        "wpa3" => AuthMode::Wpa3Psk,
        "wpa2/wpa3" => AuthMode::Wpa2Wpa3Psk,
        _ => {
            let known = "open, wep, wpa, wpa2, wpa/wpa2, wpa3, wpa2/wpa3";
            let message = format!("unknown auth \"{name}\"; known are {known}");
            return Err(serde::de::Error::custom(message));
        }
    })
}

fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut mac {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then_some(mac)
}

fn mac<'de, D: serde::Deserializer<'de>>(source: D) -> Result<[u8; 6], D::Error> {
    let text = String::deserialize(source)?;
    parse_mac(&text)
        .ok_or_else(|| serde::de::Error::custom(format!("\"{text}\" is not an address like 02:00:00:00:00:01")))
}

fn optional_mac<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Option<[u8; 6]>, D::Error> {
    mac(source).map(Some)
}

/// Why a neighbourhood file could not be used.
#[derive(Debug)]
pub struct NeighbourhoodError(String);

impl fmt::Display for NeighbourhoodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NeighbourhoodError {}

impl Default for Neighbourhood {
    /// Any network can be joined; a scan shows two.
    fn default() -> Self {
        let network = |ssid: &str, auth, rssi, channel| SimNetwork {
            ssid: ssid.into(),
            rssi,
            channel,
            auth,
            ..SimNetwork::default()
        };
        Self {
            any: true,
            join_ms: None,
            scan_ms: default_scan_ms(),
            networks: vec![network("Home", AuthMode::Wpa2Psk, -52, 6), network("Cafe", AuthMode::Open, -74, 11)],
            stations: Vec::new(),
        }
    }
}

impl Default for SimNetwork {
    fn default() -> Self {
        Self {
            ssid: String::new(),
            password: None,
            rssi: default_rssi(),
            channel: default_channel(),
            auth: default_auth(),
            hidden: false,
            bssid: None,
            address: default_address(),
            gateway: default_gateway(),
            dropouts: Vec::new(),
        }
    }
}

impl Neighbourhood {
    /// Reads a neighbourhood file's text; the module's documentation shows the format.
    pub fn parse(text: &str) -> Result<Self, NeighbourhoodError> {
        let parsed: Self = toml::from_str(text).map_err(|e| NeighbourhoodError(e.to_string()))?;
        for network in &parsed.networks {
            let name = &network.ssid;
            let wrong = if name.is_empty() || name.len() > 32 {
                "its ssid must have 1 to 32 bytes"
            } else if !(1..=14).contains(&network.channel) {
                "its channel must be 1 to 14"
            } else if !network.dropouts.iter().all(Dropout::is_sane) {
                "a dropout's times must be positive numbers of seconds"
            } else {
                continue;
            };
            return Err(NeighbourhoodError(format!("network \"{name}\": {wrong}")));
        }
        Ok(parsed)
    }
}

impl Dropout {
    fn is_sane(&self) -> bool {
        let sane = |s: f64| (0.0..1e9).contains(&s);
        sane(self.after_s) && sane(self.for_s)
    }

    fn start_us(&self) -> u64 {
        microseconds(self.after_s)
    }

    fn end_us(&self) -> u64 {
        self.start_us().saturating_add(microseconds(self.for_s))
    }
}

/// Seconds as whole microseconds; negative ones and what is no number become 0.
pub(crate) fn microseconds(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

impl SimNetwork {
    /// Whether the network is on the air at this time.
    pub(crate) fn on_air(&self, now_us: u64) -> bool {
        let off = |d: &Dropout| (d.start_us()..d.end_us()).contains(&now_us);
        !self.dropouts.iter().any(off)
    }

    /// When it next goes off or comes back.
    pub(crate) fn next_change(&self, now_us: u64) -> Option<u64> {
        let edges = self.dropouts.iter().flat_map(|d| [d.start_us(), d.end_us()]);
        edges.filter(|at| *at > now_us).min()
    }

    /// Its address: the configured one, or one made from the name.
    pub(crate) fn address_of_ap(&self) -> [u8; 6] {
        self.bssid.unwrap_or_else(|| {
            // FNV-1a spreads similar names; the first byte marks a locally administered address.
            let hash = self
                .ssid
                .bytes()
                .fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3));
            let h = hash.to_be_bytes();
            [0x02, h[1], h[2], h[3], h[4], h[5]]
        })
    }

    /// Whether `key` opens the network.
    pub(crate) fn accepts(&self, key: &[u8]) -> bool {
        match &self.password {
            Some(password) => password.as_bytes() == key,
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_everything_is_read() {
        let text = r#"
            join_ms = 10
            [[network]]
            ssid = "Home"
            password = "secret"
            rssi = -60
            auth = "WPA3"
            bssid = "aa:bb:cc:dd:ee:ff"
            [[network.dropout]]
            after_s = 60
            for_s = 0.5
            [[network]]
            ssid = "Open"
            auth = "open"
            [[station]]
            mac = "02:00:00:00:00:01"
        "#;
        let n = Neighbourhood::parse(text).unwrap();
        assert!(!n.any);
        assert_eq!(n.networks.len(), 2);
        let home = &n.networks[0];
        assert_eq!((home.auth, home.channel), (AuthMode::Wpa3Psk, 6));
        assert_eq!(home.address_of_ap(), [0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF]);
        assert!(home.accepts(b"secret") && !home.accepts(b"Secret"));
        assert!(home.on_air(59_999_999) && !home.on_air(60_000_000) && home.on_air(60_500_000));
        assert_eq!(home.next_change(60_000_000), Some(60_500_000));
        assert_eq!(n.stations[0].mac, [2, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text| Neighbourhood::parse(text).unwrap_err().to_string();
        assert!(error("anny = true").contains("anny"));
        assert!(error("[[network]]\nssid = 'x'\nauth = 'wpa9'").contains("wpa9"));
        assert!(error("[[network]]\nssid = ''").contains("1 to 32"));
        assert!(error("[[network]]\nssid = 'x'\nchannel = 99").contains("channel"));
        assert!(error("[[station]]\nmac = '1:2'").contains("1:2"));
        let bad = "[[network]]\nssid = 'x'\n[[network.dropout]]\nafter_s = -1.0\nfor_s = nan";
        assert!(error(bad).contains("dropout"));
    }
}
