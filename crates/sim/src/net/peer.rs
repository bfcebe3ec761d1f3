//! Peers inside the process: what test code holds to talk with a board in virtual time.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use snakeye_hal::{Errno, Ready};

use super::fabric::{End, Fabric};
use crate::Waker;

/// Something that lives beside the board on its network: a client that reads a stream, a time
/// server. The board calls it whenever it waits, before it looks at its own sockets.
pub trait Peer: Send {
    /// Does what can be done now, without blocking. `now_us` is the board's clock.
    fn poll(&mut self, now_us: u64) -> PeerPoll;
}

impl<F: FnMut(u64) -> PeerPoll + Send> Peer for F {
    fn poll(&mut self, now_us: u64) -> PeerPoll {
        self(now_us)
    }
}

/// When a [`Peer`] wants to be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerPoll {
    /// When the board waits next: it only answers.
    Idle,
    /// At this time at the latest, in µs of the board's clock.
    At(u64),
    /// Never: it is finished and dropped.
    Done,
}

/// The network inside the process. Clones share it.
#[derive(Clone)]
pub struct PeerNet {
    fabric: Arc<Mutex<Fabric>>,
    peers: Arc<Mutex<Vec<Box<dyn Peer>>>>,
    waker: Waker,
}

impl PeerNet {
    pub(crate) fn new((fabric, waker): (Arc<Mutex<Fabric>>, Waker)) -> Self {
        Self { fabric, peers: Arc::default(), waker }
    }

    fn lock(&self) -> MutexGuard<'_, Fabric> {
        self.fabric.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_peers(&self) -> MutexGuard<'_, Vec<Box<dyn Peer>>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a peer beside the board.
    pub fn add_peer(&self, peer: impl Peer + 'static) {
        self.lock_peers().push(Box::new(peer));
        self.waker.wake();
    }

    /// How many peers are not done.
    #[must_use]
    pub fn peer_count(&self) -> usize {
        self.lock_peers().len()
    }

    /// Runs every peer once; returns when the first wants to run again.
    pub(crate) fn run_peers(&self, now_us: u64) -> Option<u64> {
        // Peers are taken out so that one of them may add another.
        let mut running = std::mem::take(&mut *self.lock_peers());
        let mut next: Option<u64> = None;
        running.retain_mut(|peer| match peer.poll(now_us) {
            PeerPoll::Idle => true,
            PeerPoll::At(at) => {
                // A time gone by would stop the clock.
                let at = at.max(now_us + 1);
                next = Some(next.map_or(at, |n| n.min(at)));
                true
            }
            PeerPoll::Done => false,
        });
        let mut peers = self.lock_peers();
        running.append(&mut peers);
        *peers = running;
        next
    }

    /// Connects to a port that the script listens on; `ECONNREFUSED` when it does not, or when
    /// its backlog is full.
    pub fn connect_peer(&self, board_port: u16) -> Result<PeerStream, Errno> {
        let mut fabric = self.lock();
        let from = fabric.peer_addr();
        let end = fabric.connect_to_board(board_port, from)?;
        drop(fabric);
        Ok(self.stream(end))
    }

    /// Opens a server that the script can connect to. The address must be outside the board.
    pub fn listen(&self, addr: SocketAddr) -> Result<PeerListener, Errno> {
        self.lock().add_server(addr)?;
        let net = self.clone();
        Ok(PeerListener { net, addr })
    }

    /// Opens a datagram socket beside the board.
    pub fn udp(&self, addr: SocketAddr) -> Result<PeerUdp, Errno> {
        self.lock().add_udp_peer(addr)?;
        let net = self.clone();
        Ok(PeerUdp { net, addr })
    }

    /// Gives a name to an address, for the script's `getaddrinfo`.
    pub fn add_host(&self, name: &str, addr: IpAddr) {
        self.lock().add_host(name, addr);
    }

    fn stream(&self, end: End) -> PeerStream {
        self.waker.wake();
        let net = self.clone();
        PeerStream { net, end }
    }
}

/// A peer's end of a byte stream. Dropping it closes it.
pub struct PeerStream {
    net: PeerNet,
    end: End,
}

impl PeerStream {
    /// Takes received bytes; 0 is the end of the stream, `EAGAIN` means nothing yet.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Errno> {
        self.after(|fabric, end| fabric.read(end, buf))
    }

    /// Sends what fits; `EAGAIN` when the board has to read first.
    pub fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        self.after(|fabric, end| fabric.write(end, data))
    }

    /// Ends the writing direction.
    pub fn finish(&mut self) {
        self.after(|fabric, end| {
            fabric.finish(end);
            Ok(())
        })
        .unwrap_or_default();
    }

    /// What is ready.
    #[must_use]
    pub fn ready(&self) -> Ready {
        self.net.lock().ready(self.end)
    }

    /// Own address, as the script's `accept` shows it.
    #[must_use]
    pub fn addr(&self) -> Option<SocketAddr> {
        self.net.lock().addr_of(self.end)
    }

    /// Works on the stream; success may be what the board waits for.
    fn after<T>(&mut self, work: impl FnOnce(&mut Fabric, End) -> Result<T, Errno>) -> Result<T, Errno> {
        let done = work(&mut self.net.lock(), self.end);
        if done.is_ok() {
            self.net.waker.wake();
        }
        done
    }
}

impl Drop for PeerStream {
    fn drop(&mut self) {
        self.net.lock().close_end(self.end);
        self.net.waker.wake();
    }
}

/// A server beside the board. Dropping it closes it.
pub struct PeerListener {
    net: PeerNet,
    addr: SocketAddr,
}

impl PeerListener {
    /// The next connection from the script, if there is one.
    pub fn accept(&mut self) -> Option<PeerStream> {
        let end = self.net.lock().server_accept(self.addr)?;
        Some(self.net.stream(end))
    }
}

impl Drop for PeerListener {
    fn drop(&mut self) {
        self.net.lock().remove_server(self.addr);
    }
}

/// A datagram socket beside the board. Dropping it closes it.
pub struct PeerUdp {
    net: PeerNet,
    addr: SocketAddr,
}

impl PeerUdp {
    /// The next datagram from the script, with the address it came from.
    pub fn recv(&mut self) -> Option<(Vec<u8>, SocketAddr)> {
        self.net.lock().udp_peer_recv(self.addr)
    }

    /// Sends a datagram to a port of the board.
    pub fn send(&mut self, board_port: u16, data: &[u8]) {
        self.net.lock().datagram_to_board(board_port, self.addr, data);
        self.net.waker.wake();
    }
}

impl Drop for PeerUdp {
    fn drop(&mut self) {
        self.net.lock().remove_udp_peer(self.addr);
    }
}
