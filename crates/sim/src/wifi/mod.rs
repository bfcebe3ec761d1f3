//! The simulated Wi-Fi radio.

pub(crate) mod neighbourhood;

use std::net::Ipv4Addr;

use snakeye_hal::{
    AuthMode, Errno, InterfaceConfig, IpConfig, Network, PowerSave, Station, StationStatus, Wifi, WifiError,
    WifiInterface,
};

use crate::TimeSource;
use crate::system::Random;
use neighbourhood::{Neighbourhood, SimNetwork, microseconds};

/// How long a failed join pauses before the next attempt.
const RETRY_US: u64 = 500_000;

/// Where the station is in joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Idle,
    /// An attempt ends at this time.
    Joining(u64),
    /// The next attempt begins at this time.
    Pausing(u64),
    Up,
}

/// The radio: a state machine that is brought up to date whenever it is looked at.
pub struct SimWifi {
    time: TimeSource,
    random: Random,
    world: Neighbourhood,
    station_on: bool,
    ap_on_since: Option<u64>,
    link: Link,
    /// Why the last attempt failed, or the link went down; cleared by success.
    failure: Option<StationStatus>,
    attempts_failed: i32,
    target_bssid: Option<[u8; 6]>,
    scan_until: Option<u64>,
    reported: StationStatus,
    was_up: bool,
    station: InterfaceConfig,
    ap: InterfaceConfig,
    station_ip: Option<IpConfig>,
    ap_ip: IpConfig,
    hostname: String,
    country: [u8; 2],
}

impl SimWifi {
    pub(crate) fn new(
        time: TimeSource,
        world: Neighbourhood,
        base_mac: [u8; 6],
        default_hostname: &str,
        random: Random,
    ) -> Self {
        let mut ap_mac = base_mac;
        ap_mac[5] = ap_mac[5].wrapping_add(1);
        let mut ap_ssid = b"ESP_".to_vec();
        for byte in &ap_mac[3..] {
            ap_ssid.extend_from_slice(format!("{byte:02X}").as_bytes());
        }
        let config = |mac, ssid, channel| InterfaceConfig {
            mac,
            ssid,
            key: Vec::new(),
            channel,
            hidden: false,
            auth: AuthMode::Open,
            max_clients: 4,
            reconnects: -1,
            tx_power_quarter_dbm: 80,
            power_save: PowerSave::Performance,
            protocol: 7,
            bandwidth: 2,
        };
        let ap_address = Ipv4Addr::new(192, 168, 4, 1);
        Self {
            time,
            random,
            world,
            station_on: false,
            ap_on_since: None,
            link: Link::Idle,
            failure: None,
            attempts_failed: 0,
            target_bssid: None,
            scan_until: None,
            reported: StationStatus::Idle,
            was_up: false,
            station: config(base_mac, Vec::new(), 0),
            ap: config(ap_mac, ap_ssid, 1),
            station_ip: None,
            ap_ip: IpConfig {
                address: ap_address,
                netmask: Ipv4Addr::new(255, 255, 255, 0),
                gateway: ap_address,
                dns: Ipv4Addr::UNSPECIFIED,
            },
            hostname: default_hostname.to_owned(),
            country: *b"XX",
        }
    }

    /// The listed network that the station wants, if it is on the air.
    fn wanted(&self, now: u64) -> Option<&SimNetwork> {
        let fits = |n: &&SimNetwork| {
            n.ssid.as_bytes() == self.station.ssid
                && self.target_bssid.is_none_or(|b| b == n.address_of_ap())
                && n.on_air(now)
        };
        self.world.networks.iter().filter(fits).max_by_key(|n| n.rssi)
    }

    /// Whether the wanted name is in the file at all, on the air or not.
    fn is_listed(&self) -> bool {
        let name = &self.station.ssid;
        self.world.networks.iter().any(|n| n.ssid.as_bytes() == *name)
    }

    fn start_attempt(&mut self, now: u64) {
        let us = match self.world.join_ms {
            Some(ms) => u64::from(ms) * 1000,
            None => self.random.between(1_000_000, 2_000_000),
        };
        self.link = Link::Joining(now.saturating_add(us));
    }

    /// How an attempt that ends now ends.
    fn outcome(&self, now: u64) -> Result<(), StationStatus> {
        match self.wanted(now) {
            Some(network) if network.accepts(&self.station.key) => Ok(()),
            Some(_) => Err(StationStatus::WrongPassword),
            None if self.world.any && !self.is_listed() => Ok(()),
            None => Err(StationStatus::NoApFound),
        }
    }

    fn fail(&mut self, reason: StationStatus, now: u64) {
        self.failure = Some(reason);
        self.attempts_failed = self.attempts_failed.saturating_add(1);
        let limit = self.station.reconnects;
        self.link = if limit >= 0 && self.attempts_failed > limit {
            Link::Idle
        } else {
            Link::Pausing(now.saturating_add(RETRY_US))
        };
    }

    /// Lets everything happen that was due by now.
    pub(crate) fn advance(&mut self) {
        let now = self.time.now_us();
        // Each round handles one due event; the times of later ones follow from it.
        loop {
            match self.link {
                Link::Joining(at) if at <= now => match self.outcome(at) {
                    Ok(()) => {
                        self.link = Link::Up;
                        self.was_up = true;
                        self.failure = None;
                        self.attempts_failed = 0;
                    }
                    Err(reason) => self.fail(reason, at),
                },
                Link::Pausing(at) if at <= now => self.start_attempt(at),
                Link::Up if self.outcome(now).is_err() => {
                    self.fail(StationStatus::BeaconTimeout, now);
                }
                _ => return,
            }
        }
    }

    /// When something next happens by itself, on the board's clock.
    pub(crate) fn next_event(&self) -> Option<u64> {
        let link = match self.link {
            Link::Joining(at) | Link::Pausing(at) => Some(at),
            Link::Up => {
                let now = self.time.now_us();
                self.wanted(now).and_then(|n| n.next_change(now))
            }
            Link::Idle => None,
        };
        link.into_iter().chain(self.scan_until).min()
    }

    /// Whether packets of existing connections get through: always, except after a station that
    /// had been connected lost its link while there is no access point of our own.
    pub(crate) fn carries_traffic(&self) -> bool {
        !self.was_up || self.link == Link::Up || self.ap_on_since.is_some()
    }

    /// Whether the board can reach others.
    pub(crate) fn is_online(&self) -> bool {
        self.link == Link::Up
    }

    /// Addresses that are the board's own.
    pub(crate) fn own_addresses(&self) -> [Ipv4Addr; 2] {
        [self.station_ip_now().address, self.ap_ip.address]
    }

    pub(crate) fn scan_is_ready(&self) -> bool {
        self.scan_until.is_some_and(|at| at <= self.time.now_us())
    }

    pub(crate) fn status_changed(&self) -> bool {
        self.status_now() != self.reported
    }

    pub(crate) fn status_now(&self) -> StationStatus {
        match (self.link, self.failure) {
            (Link::Up, _) => StationStatus::GotIp,
            (_, Some(StationStatus::BeaconTimeout)) if self.link != Link::Idle => StationStatus::Connecting,
            (_, Some(reason)) => reason,
            (Link::Joining(_) | Link::Pausing(_), None) => StationStatus::Connecting,
            (Link::Idle, None) => StationStatus::Idle,
        }
    }

    fn station_ip_now(&self) -> IpConfig {
        if self.link != Link::Up {
            return IpConfig::NONE;
        }
        self.station_ip.unwrap_or_else(|| {
            let given = self.wanted(self.time.now_us()).cloned().unwrap_or_default();
            IpConfig {
                address: given.address,
                netmask: Ipv4Addr::new(255, 255, 255, 0),
                gateway: given.gateway,
                dns: given.gateway,
            }
        })
    }

    fn config_mut(&mut self, interface: WifiInterface) -> &mut InterfaceConfig {
        match interface {
            WifiInterface::Station => &mut self.station,
            WifiInterface::AccessPoint => &mut self.ap,
        }
    }
}

impl Wifi for SimWifi {
    fn active(&mut self, interface: WifiInterface) -> bool {
        match interface {
            WifiInterface::Station => self.station_on,
            WifiInterface::AccessPoint => self.ap_on_since.is_some(),
        }
    }

    fn set_active(&mut self, interface: WifiInterface, active: bool) -> Result<(), WifiError> {
        match interface {
            WifiInterface::Station => {
                if !active {
                    self.link = Link::Idle;
                    self.failure = None;
                    self.scan_until = None;
                }
                self.station_on = active;
            }
            WifiInterface::AccessPoint if active => {
                let now = self.time.now_us();
                self.ap_on_since.get_or_insert(now);
            }
            WifiInterface::AccessPoint => self.ap_on_since = None,
        }
        Ok(())
    }

    fn connect(&mut self, ssid: Option<&[u8]>, key: Option<&[u8]>, bssid: Option<[u8; 6]>) -> Result<(), WifiError> {
        if !self.station_on {
            return Err(WifiError::NotStarted);
        }
        self.advance();
        if matches!(self.link, Link::Joining(_)) {
            return Err(WifiError::Connecting);
        }
        let key = key.unwrap_or_default();
        if key.len() > 64 {
            return Err(WifiError::BadKey);
        }
        if let Some(ssid) = ssid {
            if ssid.len() > 32 {
                return Err(WifiError::BadSsid);
            }
            self.station.ssid = ssid.to_vec();
            self.station.key = key.to_vec();
            self.target_bssid = bssid;
        }
        if self.station.ssid.is_empty() {
            return Err(WifiError::BadSsid);
        }
        self.attempts_failed = 0;
        self.failure = None;
        self.start_attempt(self.time.now_us());
        Ok(())
    }

    fn disconnect(&mut self) -> Result<(), WifiError> {
        if !self.station_on {
            return Err(WifiError::NotStarted);
        }
        self.link = Link::Idle;
        self.failure = None;
        Ok(())
    }

    fn status(&mut self) -> StationStatus {
        self.advance();
        self.reported = self.status_now();
        self.reported
    }

    fn is_connected(&mut self, interface: WifiInterface) -> bool {
        self.advance();
        match interface {
            WifiInterface::Station => self.link == Link::Up,
            WifiInterface::AccessPoint => !self.stations().is_empty(),
        }
    }

    fn rssi(&mut self) -> Result<i8, WifiError> {
        self.advance();
        if self.link != Link::Up {
            return Err(WifiError::NotConnected);
        }
        let network = self.wanted(self.time.now_us());
        let rssi = network.map_or(SimNetwork::default().rssi, |n| n.rssi);
        // A little noise, as a real signal has.
        let noise = self.random.between(0, 5) as i8 - 2;
        Ok(rssi.saturating_add(noise))
    }

    fn stations(&mut self) -> Vec<Station> {
        let Some(since) = self.ap_on_since else {
            return Vec::new();
        };
        let here = self.time.now_us().saturating_sub(since);
        let joined = self.world.stations.iter();
        let joined = joined.filter(|s| microseconds(s.after_s) <= here);
        let [a, b, c, _] = self.ap_ip.address.octets();
        (2..=254_u8)
            .zip(joined)
            .take(usize::from(self.ap.max_clients))
            .map(|(number, station)| Station { mac: station.mac, ip: Some(Ipv4Addr::new(a, b, c, number)) })
            .collect()
    }

    fn ip_config(&mut self, interface: WifiInterface) -> IpConfig {
        self.advance();
        match interface {
            WifiInterface::Station => self.station_ip_now(),
            WifiInterface::AccessPoint => self.ap_ip,
        }
    }

    fn set_ip_config(&mut self, interface: WifiInterface, config: Option<IpConfig>) {
        match (interface, config) {
            (WifiInterface::Station, config) => self.station_ip = config,
            (WifiInterface::AccessPoint, Some(config)) => self.ap_ip = config,
            (WifiInterface::AccessPoint, None) => {}
        }
    }

    fn scan(&mut self) -> Result<Vec<Network>, Errno> {
        if !self.station_on {
            return Err(Errno::EPERM);
        }
        let now = self.time.now_us();
        match self.scan_until {
            None => {
                let us = u64::from(self.world.scan_ms) * 1000;
                self.scan_until = Some(now.saturating_add(us));
                Err(Errno::EAGAIN)
            }
            Some(at) if at > now => Err(Errno::EAGAIN),
            Some(_) => {
                self.scan_until = None;
                let on_air = self.world.networks.iter().filter(|n| n.on_air(now));
                let mut found: Vec<_> = on_air.map(seen).collect();
                found.sort_by_key(|n| std::cmp::Reverse(n.rssi));
                Ok(found)
            }
        }
    }

    fn config(&mut self, interface: WifiInterface) -> InterfaceConfig {
        self.config_mut(interface).clone()
    }

    fn set_config(&mut self, interface: WifiInterface, config: InterfaceConfig) -> Result<(), WifiError> {
        if config.ssid.len() > 32 {
            return Err(WifiError::BadSsid);
        }
        let short = interface == WifiInterface::AccessPoint && config.auth.needs_key() && config.key.len() < 8;
        if config.key.len() > 64 || short {
            return Err(WifiError::BadKey);
        }
        let lowest = u8::from(interface == WifiInterface::AccessPoint);
        if !(lowest..=14).contains(&config.channel) || !(1..=10).contains(&config.max_clients) {
            return Err(WifiError::BadValue);
        }
        *self.config_mut(interface) = config;
        Ok(())
    }

    fn hostname(&self) -> &str {
        &self.hostname
    }

    fn set_hostname(&mut self, name: String) -> Result<(), WifiError> {
        if name.is_empty() || name.len() > 32 {
            return Err(WifiError::BadValue);
        }
        self.hostname = name;
        Ok(())
    }

    fn country(&self) -> [u8; 2] {
        self.country
    }

    fn set_country(&mut self, code: [u8; 2]) -> Result<(), WifiError> {
        if !code.iter().all(u8::is_ascii_alphanumeric) {
            return Err(WifiError::BadValue);
        }
        self.country = code;
        Ok(())
    }
}

/// What a scan shows of a network.
fn seen(network: &SimNetwork) -> Network {
    Network {
        ssid: if network.hidden { Vec::new() } else { network.ssid.clone().into_bytes() },
        bssid: network.address_of_ap(),
        channel: network.channel,
        rssi: network.rssi,
        auth: network.auth,
        hidden: network.hidden,
    }
}

#[cfg(test)]
mod tests;
