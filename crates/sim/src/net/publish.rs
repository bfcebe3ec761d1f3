//! Which port of the host stands for which port of the board.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

/// Rules for publishing board ports on the host.
///
/// An explicit pair wins. Else a port from 1024 up keeps its number, and a lower one is published
/// 8000 above (80 becomes 8080), because ordinary users may not open low ports.
#[derive(Clone, Debug)]
pub struct Publishing {
    /// The host address that published ports are opened on.
    pub address: Ipv4Addr,
    /// Board port to host port; host port 0 takes a free one.
    pub pairs: BTreeMap<u16, u16>,
    /// Publish low ports at their own number.
    pub low_ports: bool,
}

const LOW_OFFSET: u16 = 8000;

impl Default for Publishing {
    fn default() -> Self {
        Self { address: Ipv4Addr::LOCALHOST, pairs: BTreeMap::new(), low_ports: false }
    }
}

impl Publishing {
    /// Where a board port is to be published.
    pub(crate) fn host_addr(&self, board_port: u16) -> SocketAddr {
        let port = match self.pairs.get(&board_port) {
            Some(port) => *port,
            // Port 0 asks for any port, on the board as on the host.
            None if board_port == 0 || board_port >= 1024 || self.low_ports => board_port,
            None => LOW_OFFSET + board_port,
        };
        SocketAddr::from((self.address, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_ports_move_up_unless_mapped_or_allowed() {
        let mut rules = Publishing::default();
        let port = |rules: &Publishing, board| rules.host_addr(board).port();
        assert_eq!(port(&rules, 80), 8080);
        assert_eq!(port(&rules, 1023), 9023);
        assert_eq!(port(&rules, 1024), 1024);
        assert_eq!(port(&rules, 0), 0);
        rules.pairs.insert(80, 0);
        rules.pairs.insert(5000, 80);
        assert_eq!((port(&rules, 80), port(&rules, 5000)), (0, 80));
        rules.low_ports = true;
        assert_eq!(port(&rules, 81), 81);
    }
}
