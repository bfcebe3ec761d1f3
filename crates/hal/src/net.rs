//! Sockets.

use crate::Errno;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Names an open socket. Never reused while the socket lives; using one that was closed gives
/// `EBADF`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u32);

/// The transport of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Byte stream (`SOCK_STREAM`).
    Tcp,
    /// Datagrams (`SOCK_DGRAM`).
    Udp,
}

/// Which direction [`Net::shutdown`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// No more reading.
    Read,
    /// No more writing: the peer sees the end of the stream.
    Write,
    /// Neither.
    Both,
}

/// A socket option to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketOption {
    /// `SO_REUSEADDR`.
    ReuseAddress(bool),
    /// `SO_BROADCAST`.
    Broadcast(bool),
    /// `SO_KEEPALIVE`.
    KeepAlive(bool),
    /// `TCP_NODELAY`.
    NoDelay(bool),
    /// `IP_ADD_MEMBERSHIP`: group, then the local interface's address.
    JoinMulticast(Ipv4Addr, Ipv4Addr),
    /// `IP_DROP_MEMBERSHIP`: group, then the local interface's address.
    LeaveMulticast(Ipv4Addr, Ipv4Addr),
    /// `IP_MULTICAST_TTL`.
    MulticastTtl(u8),
}

/// Sockets by handle. Nothing here blocks: where it would, the answer is `EAGAIN` and the caller
/// waits for [`Interest::Socket`](crate::Interest::Socket).
///
/// Timeouts belong to the caller, which holds the deadline and waits with it.
pub trait Net {
    /// Opens a socket; `ENFILE` when all of the board's sockets are in use.
    fn open(&mut self, protocol: Protocol) -> Result<SocketId, Errno>;

    /// Binds to an address of the board. On the simulated board the port is *published* under a
    /// port of the host, see its configuration; [`local_addr`](Self::local_addr) keeps answering
    /// the board's view.
    fn bind(&mut self, id: SocketId, addr: SocketAddr) -> Result<(), Errno>;

    /// Starts listening.
    fn listen(&mut self, id: SocketId, backlog: u32) -> Result<(), Errno>;

    /// Takes the next waiting connection, with its peer's address.
    fn accept(&mut self, id: SocketId) -> Result<(SocketId, SocketAddr), Errno>;

    /// Starts to connect. `EINPROGRESS` (at first) and `EALREADY` (after that) mean: wait until
    /// writable, then ask [`take_error`](Self::take_error). For UDP it only sets the peer.
    fn connect(&mut self, id: SocketId, addr: SocketAddr) -> Result<(), Errno>;

    /// The pending error of the socket, which is cleared: how a non-blocking connect ended.
    fn take_error(&mut self, id: SocketId) -> Result<Option<Errno>, Errno>;

    /// Sends what fits and returns how many bytes that was; `EAGAIN` when nothing fits.
    fn send(&mut self, id: SocketId, data: &[u8]) -> Result<usize, Errno>;

    /// Receives what is there; 0 is the end of the stream, `EAGAIN` means nothing yet.
    fn recv(&mut self, id: SocketId, buf: &mut [u8]) -> Result<usize, Errno>;

    /// Sends one datagram.
    fn send_to(&mut self, id: SocketId, data: &[u8], addr: SocketAddr) -> Result<usize, Errno>;

    /// Receives one datagram (what does not fit into `buf` is lost) and its sender.
    fn recv_from(&mut self, id: SocketId, buf: &mut [u8]) -> Result<(usize, SocketAddr), Errno>;

    /// Ends one or both directions.
    fn shutdown(&mut self, id: SocketId, how: Shutdown) -> Result<(), Errno>;

    /// Closes the socket. Data already sent still goes out.
    fn close(&mut self, id: SocketId) -> Result<(), Errno>;

    /// Sets an option; `EOPNOTSUPP` where it makes no sense for the socket.
    fn set_option(&mut self, id: SocketId, option: SocketOption) -> Result<(), Errno>;

    /// The address the socket is bound to.
    fn local_addr(&mut self, id: SocketId) -> Result<SocketAddr, Errno>;

    /// The address of the other end; `ENOTCONN` without one.
    fn peer_addr(&mut self, id: SocketId) -> Result<SocketAddr, Errno>;

    /// Looks a host name up. Numeric addresses answer at once; otherwise `EAGAIN` means the
    /// question is on its way: wait for [`Interest::Resolve`](crate::Interest::Resolve) and ask
    /// again with the same name. Fails with [`Errno::EAI_FAIL`] without a network and for an
    /// unknown name (lwIP does not distinguish the two).
    fn resolve(&mut self, host: &str) -> Result<Vec<IpAddr>, Errno>;

    /// Closes every socket, as a soft reset does.
    fn close_all(&mut self);
}
