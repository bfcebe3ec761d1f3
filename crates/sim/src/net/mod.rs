//! Sockets of the simulated board.
//!
//! Two networks implement [`snakeye_hal::Net`]: [`host`] puts real sockets of the host
//! underneath, in real time; [`fabric`] connects the board with peers inside this process, in
//! virtual time, so that a run repeats exactly.

pub(crate) mod fabric;
pub(crate) mod host;
mod peer;
mod publish;
mod resolve;

pub use peer::{Peer, PeerListener, PeerNet, PeerPoll, PeerStream, PeerUdp};
pub use publish::Publishing;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use snakeye_hal::Errno;

/// What the radio lets the network do, brought up to date before each use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// The station is connected: others can be reached.
    pub online: bool,
    /// Packets of existing connections get through.
    pub carries_traffic: bool,
    /// The board's own addresses.
    pub own: [Ipv4Addr; 2],
}

impl Reach {
    pub(crate) const OFFLINE: Self = Self { online: false, carries_traffic: true, own: [Ipv4Addr::UNSPECIFIED; 2] };

    /// Whether `addr` means this board.
    pub(crate) fn is_own(&self, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(v4) => v4.is_loopback() || v4.is_unspecified() || self.own.contains(&v4),
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified(),
        }
    }

    /// `EHOSTUNREACH` unless the address can be reached.
    pub(crate) fn check(&self, addr: SocketAddr) -> Result<(), Errno> {
        if self.online || self.is_own(addr.ip()) { Ok(()) } else { Err(Errno::EHOSTUNREACH) }
    }
}

/// The board's stack speaks IPv4.
pub(crate) fn require_v4(addr: SocketAddr) -> Result<(), Errno> {
    if addr.is_ipv4() { Ok(()) } else { Err(Errno::EAFNOSUPPORT) }
}
