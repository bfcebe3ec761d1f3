//! The network inside the process: streams, listeners and datagrams without the host.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use snakeye_hal::{Errno, Net, Protocol, Ready, Shutdown, SocketId, SocketOption};

use super::resolve::literal;
use super::{Reach, require_v4};
use crate::{EventSink, SimEvent, Waker};

/// Bytes that a direction of a stream holds: what lwIP's send buffer and the peer's window hold
/// together on a board.
const STREAM_BYTES: usize = 11_520;
/// Datagrams that a socket keeps; later ones are lost, as on a board.
const DATAGRAMS: usize = 16;
const FIRST_EPHEMERAL_PORT: u16 = 49_152;

/// One of the two ends of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    stream: u32,
    side: usize,
}

/// A byte stream between two ends.
struct Stream {
    /// `inbox[side]` holds what `side` has not read yet.
    inbox: [VecDeque<u8>; 2],
    /// `finished[side]`: `side` writes no more.
    finished: [bool; 2],
    /// `gone[side]`: `side` was closed.
    gone: [bool; 2],
    addr: [SocketAddr; 2],
}

/// A received datagram and its sender.
type Datagram = (Vec<u8>, SocketAddr);

enum State {
    Fresh,
    Listening {
        backlog: VecDeque<End>,
        limit: usize,
    },
    Stream(End),
    /// A connect that failed; the error waits to be taken.
    Failed(Option<Errno>),
    Datagrams {
        inbox: VecDeque<Datagram>,
        peer: Option<SocketAddr>,
    },
}

struct BoardSocket {
    state: State,
    bound: Option<SocketAddr>,
    accepted: bool,
}

/// Everything on the network. One lock guards it: a simulation has few threads.
#[derive(Default)]
pub(crate) struct Fabric {
    sockets: BTreeMap<u32, BoardSocket>,
    next_socket: u32,
    streams: BTreeMap<u32, Stream>,
    next_stream: u32,
    next_port: u16,
    servers: BTreeMap<SocketAddr, VecDeque<End>>,
    udp_peers: BTreeMap<SocketAddr, VecDeque<Datagram>>,
    hosts: BTreeMap<String, IpAddr>,
}

impl Fabric {
    fn next_port(&mut self) -> u16 {
        self.next_port = match self.next_port {
            port if (FIRST_EPHEMERAL_PORT..u16::MAX).contains(&port) => port + 1,
            _ => FIRST_EPHEMERAL_PORT,
        };
        self.next_port
    }

    fn new_stream(&mut self, first: SocketAddr, second: SocketAddr) -> (End, End) {
        self.next_stream = self.next_stream.wrapping_add(1);
        let stream = self.next_stream;
        let entry = Stream { inbox: Default::default(), finished: [false; 2], gone: [false; 2], addr: [first, second] };
        self.streams.insert(stream, entry);
        (End { stream, side: 0 }, End { stream, side: 1 })
    }

    /// Connects `from` to a port that the board listens on.
    pub(crate) fn connect_to_board(&mut self, port: u16, from: SocketAddr) -> Result<End, Errno> {
        let listens =
            |s: &BoardSocket| matches!(s.state, State::Listening { .. }) && s.bound.is_some_and(|b| b.port() == port);
        let found = self.sockets.iter().find(|(_, s)| listens(s));
        let (id, to) = match found {
            Some((id, BoardSocket { bound: Some(bound), .. })) => (*id, *bound),
            _ => return Err(Errno::ECONNREFUSED),
        };
        let (near, far) = self.new_stream(from, to);
        match self.sockets.get_mut(&id).map(|s| &mut s.state) {
            Some(State::Listening { backlog, limit }) if backlog.len() < *limit => {
                backlog.push_back(far);
                Ok(near)
            }
            _ => {
                self.streams.remove(&near.stream);
                Err(Errno::ECONNREFUSED)
            }
        }
    }

    /// A free address for a peer.
    pub(crate) fn peer_addr(&mut self) -> SocketAddr {
        SocketAddr::from(([192, 168, 1, 20], self.next_port()))
    }

    pub(crate) fn read(&mut self, end: End, buf: &mut [u8]) -> Result<usize, Errno> {
        let stream = self.streams.get_mut(&end.stream).ok_or(Errno::EBADF)?;
        let [mine, other] = [end.side, 1 - end.side];
        let inbox = &mut stream.inbox[mine];
        if inbox.is_empty() && !buf.is_empty() {
            let over = stream.finished[other] || stream.gone[other];
            return if over { Ok(0) } else { Err(Errno::EAGAIN) };
        }
        // A ring's content lies in two pieces at most; reading from memory cannot fail.
        let first = inbox.read(buf).unwrap_or(0);
        let rest = buf.get_mut(first..).unwrap_or_default();
        Ok(first + inbox.read(rest).unwrap_or(0))
    }

    pub(crate) fn write(&mut self, end: End, data: &[u8]) -> Result<usize, Errno> {
        let stream = self.streams.get_mut(&end.stream).ok_or(Errno::EBADF)?;
        let [mine, other] = [end.side, 1 - end.side];
        if stream.finished[mine] {
            return Err(Errno::EPIPE);
        }
        if stream.gone[other] {
            return Err(Errno::ECONNRESET);
        }
        let inbox = &mut stream.inbox[other];
        let room = STREAM_BYTES.saturating_sub(inbox.len());
        if room == 0 && !data.is_empty() {
            return Err(Errno::EAGAIN);
        }
        let part = data.get(..data.len().min(room)).unwrap_or(data);
        inbox.extend(part);
        Ok(part.len())
    }

    pub(crate) fn finish(&mut self, end: End) {
        if let Some(stream) = self.streams.get_mut(&end.stream) {
            stream.finished[end.side] = true;
        }
    }

    pub(crate) fn close_end(&mut self, end: End) {
        if let Some(stream) = self.streams.get_mut(&end.stream) {
            stream.gone[end.side] = true;
            stream.inbox[end.side].clear();
            if stream.gone == [true; 2] {
                self.streams.remove(&end.stream);
            }
        }
    }

    pub(crate) fn ready(&self, end: End) -> Ready {
        let Some(stream) = self.streams.get(&end.stream) else {
            return Ready::ERROR;
        };
        let [mine, other] = [end.side, 1 - end.side];
        let mut ready = Ready::NONE;
        let over = stream.finished[other] || stream.gone[other];
        if over || !stream.inbox[mine].is_empty() {
            ready = ready.with(Ready::READ);
        }
        if stream.gone[other] || stream.inbox[other].len() < STREAM_BYTES {
            ready = ready.with(Ready::WRITE);
        }
        if stream.gone[other] {
            ready = ready.with(Ready::HANGUP);
        }
        ready
    }

    pub(crate) fn addr_of(&self, end: End) -> Option<SocketAddr> {
        self.streams.get(&end.stream).map(|s| s.addr[end.side])
    }

    pub(crate) fn addr_of_other(&self, end: End) -> Option<SocketAddr> {
        self.streams.get(&end.stream).map(|s| s.addr[1 - end.side])
    }

    pub(crate) fn add_host(&mut self, name: &str, addr: IpAddr) {
        self.hosts.insert(name.to_owned(), addr);
    }

    pub(crate) fn add_server(&mut self, addr: SocketAddr) -> Result<(), Errno> {
        if self.servers.contains_key(&addr) {
            return Err(Errno::EADDRINUSE);
        }
        self.servers.insert(addr, VecDeque::new());
        Ok(())
    }

    pub(crate) fn server_accept(&mut self, addr: SocketAddr) -> Option<End> {
        self.servers.get_mut(&addr)?.pop_front()
    }

    pub(crate) fn remove_server(&mut self, addr: SocketAddr) {
        for end in self.servers.remove(&addr).into_iter().flatten() {
            self.close_end(end);
        }
    }

    pub(crate) fn add_udp_peer(&mut self, addr: SocketAddr) -> Result<(), Errno> {
        if self.udp_peers.contains_key(&addr) {
            return Err(Errno::EADDRINUSE);
        }
        self.udp_peers.insert(addr, VecDeque::new());
        Ok(())
    }

    pub(crate) fn udp_peer_recv(&mut self, addr: SocketAddr) -> Option<Datagram> {
        self.udp_peers.get_mut(&addr)?.pop_front()
    }

    pub(crate) fn remove_udp_peer(&mut self, addr: SocketAddr) {
        self.udp_peers.remove(&addr);
    }

    /// Sends a datagram to the board's socket on `port`; it is lost when there is none.
    pub(crate) fn datagram_to_board(&mut self, port: u16, from: SocketAddr, data: &[u8]) {
        let on_port = |s: &&mut BoardSocket| {
            let udp = matches!(s.state, State::Datagrams { .. });
            udp && s.bound.is_some_and(|b| b.port() == port)
        };
        let socket = self.sockets.values_mut().find(on_port);
        if let Some(State::Datagrams { inbox, .. }) = socket.map(|s| &mut s.state)
            && inbox.len() < DATAGRAMS
        {
            inbox.push_back((data.to_vec(), from));
        }
    }
}

/// The board's side of the network inside the process.
pub(crate) struct FabricNet {
    fabric: Arc<Mutex<Fabric>>,
    limit: usize,
    events: EventSink,
    waker: Waker,
    pub(crate) reach: Reach,
}

impl FabricNet {
    pub(crate) fn new(limit: usize, events: EventSink, waker: Waker) -> Self {
        Self { fabric: Arc::default(), limit, events, waker, reach: Reach::OFFLINE }
    }

    pub(crate) fn fabric(&self) -> (Arc<Mutex<Fabric>>, Waker) {
        (Arc::clone(&self.fabric), self.waker.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Fabric> {
        self.fabric.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, id: SocketId, run: impl FnOnce(&mut BoardSocket) -> Result<T, Errno>) -> Result<T, Errno> {
        run(self.lock().sockets.get_mut(&id.0).ok_or(Errno::EBADF)?)
    }

    fn end(&self, id: SocketId) -> Result<End, Errno> {
        self.with(id, |s| match &mut s.state {
            State::Stream(end) => Ok(*end),
            State::Failed(error) => Err(error.take().unwrap_or(Errno::ENOTCONN)),
            State::Datagrams { .. } => Err(Errno::EOPNOTSUPP),
            State::Fresh | State::Listening { .. } => Err(Errno::ENOTCONN),
        })
    }

    fn linked(&self) -> Result<(), Errno> {
        if self.reach.carries_traffic { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    fn insert(&self, socket: BoardSocket) -> Result<SocketId, Errno> {
        let mut fabric = self.lock();
        if fabric.sockets.len() >= self.limit {
            return Err(Errno::ENFILE);
        }
        fabric.next_socket = fabric.next_socket.wrapping_add(1);
        let id = fabric.next_socket;
        fabric.sockets.insert(id, socket);
        Ok(SocketId(id))
    }

    fn own_addr(&self) -> IpAddr {
        let set = self.reach.own.iter().find(|a| !a.is_unspecified());
        IpAddr::V4(set.copied().unwrap_or(Ipv4Addr::LOCALHOST))
    }

    /// Gives a socket that needs one a port of its own.
    fn bind_to_any(&self, id: SocketId) -> Result<SocketAddr, Errno> {
        let mut fabric = self.lock();
        let port = fabric.next_port();
        let own = self.own_addr();
        let socket = fabric.sockets.get_mut(&id.0).ok_or(Errno::EBADF)?;
        Ok(*socket.bound.get_or_insert(SocketAddr::new(own, port)))
    }

    /// What is ready on a socket.
    pub(crate) fn ready(&self, id: SocketId, read: bool, write: bool) -> Ready {
        let fabric = self.lock();
        let Some(socket) = fabric.sockets.get(&id.0) else {
            return Ready::ERROR;
        };
        let found = match &socket.state {
            State::Failed(_) => Ready::ERROR.with(Ready::HANGUP),
            _ if !self.reach.carries_traffic => Ready::NONE,
            State::Fresh => Ready::WRITE.with(Ready::HANGUP),
            State::Listening { backlog, .. } if backlog.is_empty() => Ready::NONE,
            State::Listening { .. } => Ready::READ,
            State::Stream(end) => fabric.ready(*end),
            State::Datagrams { inbox, .. } if inbox.is_empty() => Ready::WRITE,
            State::Datagrams { .. } => Ready::READ.with(Ready::WRITE),
        };
        let mut kept = Ready::NONE;
        let asked = [(Ready::READ, read), (Ready::WRITE, write), (Ready::ERROR, true), (Ready::HANGUP, true)];
        for (flag, wanted) in asked {
            if wanted && found.contains(flag) {
                kept = kept.with(flag);
            }
        }
        kept
    }
}

impl Net for FabricNet {
    fn open(&mut self, protocol: Protocol) -> Result<SocketId, Errno> {
        let state = match protocol {
            Protocol::Tcp => State::Fresh,
            Protocol::Udp => State::Datagrams { inbox: VecDeque::new(), peer: None },
        };
        self.insert(BoardSocket { state, bound: None, accepted: false })
    }

    fn bind(&mut self, id: SocketId, addr: SocketAddr) -> Result<(), Errno> {
        require_v4(addr)?;
        let mut fabric = self.lock();
        let port = match addr.port() {
            0 => fabric.next_port(),
            port => port,
        };
        let is_udp = |s: &BoardSocket| matches!(s.state, State::Datagrams { .. });
        let socket = fabric.sockets.get(&id.0).ok_or(Errno::EBADF)?;
        if socket.bound.is_some() {
            return Err(Errno::EINVAL);
        }
        let udp = is_udp(socket);
        let taken = |s: &BoardSocket| !s.accepted && is_udp(s) == udp && s.bound.is_some_and(|b| b.port() == port);
        if fabric.sockets.values().any(taken) {
            return Err(Errno::EADDRINUSE);
        }
        if let Some(socket) = fabric.sockets.get_mut(&id.0) {
            socket.bound = Some(SocketAddr::new(addr.ip(), port));
        }
        drop(fabric);
        if udp && addr.port() != 0 {
            self.events.send(SimEvent::Listening { protocol: Protocol::Udp, board_port: port, host: None });
        }
        Ok(())
    }

    fn listen(&mut self, id: SocketId, backlog: u32) -> Result<(), Errno> {
        let bound = self.bind_to_any(id)?;
        let size = usize::try_from(backlog.max(1)).unwrap_or(usize::MAX);
        let fresh = self.with(id, |socket| match &mut socket.state {
            State::Listening { limit, .. } => {
                *limit = size;
                Ok(false)
            }
            State::Fresh => {
                socket.state = State::Listening { backlog: VecDeque::new(), limit: size };
                Ok(true)
            }
            State::Datagrams { .. } => Err(Errno::EOPNOTSUPP),
            State::Stream(_) | State::Failed(_) => Err(Errno::EINVAL),
        })?;
        if fresh {
            self.events.send(SimEvent::Listening { protocol: Protocol::Tcp, board_port: bound.port(), host: None });
        }
        Ok(())
    }

    fn accept(&mut self, id: SocketId) -> Result<(SocketId, SocketAddr), Errno> {
        self.linked()?;
        let (end, bound) = self.with(id, |socket| match &mut socket.state {
            State::Listening { backlog, .. } => {
                let end = backlog.pop_front().ok_or(Errno::EAGAIN)?;
                Ok((end, socket.bound))
            }
            _ => Err(Errno::EINVAL),
        })?;
        let peer = self.lock().addr_of_other(end).ok_or(Errno::ECONNABORTED)?;
        let connection = self.insert(BoardSocket { state: State::Stream(end), bound, accepted: true });
        // With no socket left the connection is dropped, as lwIP does.
        match connection {
            Ok(connection) => Ok((connection, peer)),
            Err(error) => {
                self.lock().close_end(end);
                Err(error)
            }
        }
    }

    fn connect(&mut self, id: SocketId, addr: SocketAddr) -> Result<(), Errno> {
        require_v4(addr)?;
        self.reach.check(addr)?;
        let own = self.reach.is_own(addr.ip());
        self.with(id, |socket| match &mut socket.state {
            State::Fresh => Ok(()),
            State::Datagrams { peer, .. } => {
                *peer = Some(addr);
                Ok(())
            }
            State::Stream(_) => Err(Errno::EISCONN),
            State::Failed(error) => Err(error.take().unwrap_or(Errno::ECONNREFUSED)),
            State::Listening { .. } => Err(Errno::EINVAL),
        })?;
        let from = self.bind_to_any(id)?;
        let mut fabric = self.lock();
        let socket = fabric.sockets.get(&id.0).ok_or(Errno::EBADF)?;
        if let State::Datagrams { .. } = socket.state {
            return Ok(());
        }
        let joined = if fabric.servers.contains_key(&addr) {
            let (near, far) = fabric.new_stream(from, addr);
            if let Some(backlog) = fabric.servers.get_mut(&addr) {
                backlog.push_back(far);
            }
            Ok(near)
        } else if own {
            fabric.connect_to_board(addr.port(), from)
        } else {
            Err(Errno::ECONNREFUSED)
        };
        if let Some(socket) = fabric.sockets.get_mut(&id.0) {
            socket.state = match joined {
                Ok(end) => State::Stream(end),
                Err(error) => State::Failed(Some(error)),
            };
        }
        // The outcome shows when the socket becomes writable, as with a real network.
        Err(Errno::EINPROGRESS)
    }

    fn take_error(&mut self, id: SocketId) -> Result<Option<Errno>, Errno> {
        self.with(id, |socket| match &mut socket.state {
            State::Failed(error) => Ok(error.take()),
            _ => Ok(None),
        })
    }

    fn send(&mut self, id: SocketId, data: &[u8]) -> Result<usize, Errno> {
        let peer = self.with(id, |socket| match socket.state {
            State::Datagrams { peer, .. } => peer.map(Some).ok_or(Errno::ENOTCONN),
            _ => Ok(None),
        })?;
        if let Some(peer) = peer {
            return self.send_to(id, data, peer);
        }
        let end = self.end(id)?;
        self.linked()?;
        self.lock().write(end, data)
    }

    fn recv(&mut self, id: SocketId, buf: &mut [u8]) -> Result<usize, Errno> {
        match self.end(id) {
            Ok(end) => {
                self.linked()?;
                self.lock().read(end, buf)
            }
            Err(Errno::EOPNOTSUPP) => self.recv_from(id, buf).map(|(count, _)| count),
            Err(error) => Err(error),
        }
    }

    fn send_to(&mut self, id: SocketId, data: &[u8], addr: SocketAddr) -> Result<usize, Errno> {
        require_v4(addr)?;
        if self.end(id) != Err(Errno::EOPNOTSUPP) {
            return self.send(id, data);
        }
        self.reach.check(addr)?;
        let from = self.bind_to_any(id)?;
        // A socket bound to no particular address sends from the interface's.
        let from = if from.ip().is_unspecified() { SocketAddr::new(self.own_addr(), from.port()) } else { from };
        let mut fabric = self.lock();
        if let Some(inbox) = fabric.udp_peers.get_mut(&addr) {
            if inbox.len() < DATAGRAMS {
                inbox.push_back((data.to_vec(), from));
            }
        } else if self.reach.is_own(addr.ip()) {
            fabric.datagram_to_board(addr.port(), from, data);
        }
        Ok(data.len())
    }

    fn recv_from(&mut self, id: SocketId, buf: &mut [u8]) -> Result<(usize, SocketAddr), Errno> {
        if self.end(id) != Err(Errno::EOPNOTSUPP) {
            let count = self.recv(id, buf)?;
            return Ok((count, self.peer_addr(id)?));
        }
        self.linked()?;
        self.with(id, |socket| match &mut socket.state {
            State::Datagrams { inbox, .. } => {
                let (data, from) = inbox.pop_front().ok_or(Errno::EAGAIN)?;
                for (slot, byte) in buf.iter_mut().zip(&data) {
                    *slot = *byte;
                }
                Ok((data.len().min(buf.len()), from))
            }
            _ => Err(Errno::EOPNOTSUPP),
        })
    }

    fn shutdown(&mut self, id: SocketId, how: Shutdown) -> Result<(), Errno> {
        let end = self.end(id)?;
        if how != Shutdown::Read {
            self.lock().finish(end);
        }
        Ok(())
    }

    fn close(&mut self, id: SocketId) -> Result<(), Errno> {
        let mut fabric = self.lock();
        let socket = fabric.sockets.remove(&id.0).ok_or(Errno::EBADF)?;
        match socket.state {
            State::Stream(end) => fabric.close_end(end),
            State::Listening { backlog, .. } => {
                for end in backlog {
                    fabric.close_end(end);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn set_option(&mut self, id: SocketId, option: SocketOption) -> Result<(), Errno> {
        self.with(id, |socket| match (option, &socket.state) {
            (SocketOption::NoDelay(_), State::Datagrams { .. }) => Err(Errno::EOPNOTSUPP),
            _ => Ok(()),
        })
    }

    fn local_addr(&mut self, id: SocketId) -> Result<SocketAddr, Errno> {
        let unbound = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        self.with(id, |socket| Ok(socket.bound.unwrap_or(unbound)))
    }

    fn peer_addr(&mut self, id: SocketId) -> Result<SocketAddr, Errno> {
        let end = self.end(id).map_err(|_| Errno::ENOTCONN)?;
        self.lock().addr_of_other(end).ok_or(Errno::ENOTCONN)
    }

    fn resolve(&mut self, host: &str) -> Result<Vec<IpAddr>, Errno> {
        if let Some(addr) = literal(host) {
            return Ok(vec![addr]);
        }
        if !self.reach.online {
            return Err(Errno::EAI_FAIL);
        }
        let found = self.lock().hosts.get(host).copied();
        found.map(|addr| vec![addr]).ok_or(Errno::EAI_FAIL)
    }

    fn close_all(&mut self) {
        let ids: Vec<_> = self.lock().sockets.keys().copied().collect();
        for id in ids {
            // Each was open a moment ago.
            let _ = self.close(SocketId(id));
        }
    }
}
