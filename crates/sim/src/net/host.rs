//! The board's sockets over real ones of the host.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use snakeye_hal::{Errno, Interest, Net, Protocol, Ready, Shutdown, SocketId, SocketOption};
use socket2::{Domain, SockRef, Socket, Type};

use super::resolve::{Resolver, literal};
use super::{Publishing, Reach, require_v4};
use crate::{EventSink, SimEvent, Waker};

/// Bytes the host may hold back per connection. The board's stack holds about 6 KB; with the
/// host's megabytes a slow client would be shown many stale frames and nobody would notice.
const SEND_BUFFER: usize = 32 * 1024;

enum Kind {
    Tcp(Socket),
    Udp(UdpSocket),
}

struct HostSocket {
    kind: Kind,
    /// The address the board believes to be bound to.
    bound: Option<SocketAddr>,
    listening: bool,
    /// Came out of `accept`, so its port is not the board's to claim.
    accepted: bool,
    /// A TCP socket that has, or had, another end.
    connected: bool,
}

impl HostSocket {
    fn options(&self) -> SockRef<'_> {
        match &self.kind {
            Kind::Tcp(socket) => SockRef::from(socket),
            Kind::Udp(socket) => SockRef::from(socket),
        }
    }

    fn protocol(&self) -> Protocol {
        match self.kind {
            Kind::Tcp(_) => Protocol::Tcp,
            Kind::Udp(_) => Protocol::Udp,
        }
    }

    fn host_addr(&self) -> Result<SocketAddr, Errno> {
        let addr = self.options().local_addr().map_err(|e| errno(&e))?;
        addr.as_socket().ok_or(Errno::EAFNOSUPPORT)
    }
}

/// The host's error as the board's number.
fn errno(error: &io::Error) -> Errno {
    if cfg!(target_os = "linux")
        && let Some(code) = error.raw_os_error()
    {
        return Errno(code);
    }
    match error.kind() {
        ErrorKind::WouldBlock => Errno::EAGAIN,
        ErrorKind::AddrInUse => Errno::EADDRINUSE,
        ErrorKind::AddrNotAvailable => Errno::EADDRNOTAVAIL,
        ErrorKind::ConnectionRefused => Errno::ECONNREFUSED,
        ErrorKind::ConnectionReset => Errno::ECONNRESET,
        ErrorKind::ConnectionAborted => Errno::ECONNABORTED,
        ErrorKind::NotConnected => Errno::ENOTCONN,
        ErrorKind::BrokenPipe => Errno::EPIPE,
        ErrorKind::TimedOut => Errno::ETIMEDOUT,
        ErrorKind::HostUnreachable => Errno::EHOSTUNREACH,
        ErrorKind::NetworkUnreachable => Errno::ENETUNREACH,
        ErrorKind::InvalidInput => Errno::EINVAL,
        ErrorKind::PermissionDenied => Errno::EACCES,
        ErrorKind::OutOfMemory => Errno::ENOMEM,
        ErrorKind::Interrupted => Errno::EAGAIN,
        // BSD systems report a connect in progress by this number, which has no kind.
        _ if matches!(error.raw_os_error(), Some(36 | 10035)) => Errno::EINPROGRESS,
        _ => Errno::EIO,
    }
}

/// Runs a host call again when a signal cut it short.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            other => return other.map_err(|e| errno(&e)),
        }
    }
}

/// The board's sockets over real ones of the host.
pub(crate) struct HostNet {
    sockets: BTreeMap<u32, HostSocket>,
    next: u32,
    limit: usize,
    rules: Publishing,
    events: EventSink,
    resolver: Resolver,
    waker: Waker,
    pub(crate) reach: Reach,
}

impl HostNet {
    pub(crate) fn new(rules: Publishing, limit: usize, events: EventSink, waker: Waker) -> Self {
        Self {
            sockets: BTreeMap::new(),
            next: 1,
            limit,
            rules,
            events,
            resolver: Resolver::new(waker.clone()),
            waker,
            reach: Reach::OFFLINE,
        }
    }

    fn get(&self, id: SocketId) -> Result<&HostSocket, Errno> {
        self.sockets.get(&id.0).ok_or(Errno::EBADF)
    }

    /// A socket whose packets get through now.
    fn get_linked(&self, id: SocketId) -> Result<&HostSocket, Errno> {
        let socket = self.get(id)?;
        if self.reach.carries_traffic { Ok(socket) } else { Err(Errno::EAGAIN) }
    }

    fn insert(&mut self, socket: HostSocket) -> Result<SocketId, Errno> {
        if self.sockets.len() >= self.limit {
            return Err(Errno::ENFILE);
        }
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        self.sockets.insert(id, socket);
        Ok(SocketId(id))
    }

    /// Where on the host a target of the board is.
    fn target(&self, addr: SocketAddr) -> Result<SocketAddr, Errno> {
        require_v4(addr)?;
        self.reach.check(addr)?;
        if !self.reach.is_own(addr.ip()) {
            return Ok(addr);
        }
        let served = self.sockets.values().find(|s| !s.accepted && s.bound.is_some_and(|b| b.port() == addr.port()));
        match served {
            Some(socket) => socket.host_addr(),
            // Nothing of the board's own listens there: loopback then means this computer, so
            // that scripts reach servers which run beside the simulation.
            None if addr.ip().is_loopback() => Ok(addr),
            None => Err(Errno::ECONNREFUSED),
        }
    }

    /// Whom the script sees behind an address of the host: a datagram of the board to itself comes from
    /// the port that the board knows.
    fn source(&self, host: SocketAddr) -> SocketAddr {
        let own = self.sockets.values().find(|s| {
            s.protocol() == Protocol::Udp && s.bound.is_some() && s.host_addr().is_ok_and(|a| a.port() == host.port())
        });
        match own.and_then(|s| s.bound) {
            Some(bound) if host.ip().is_loopback() => SocketAddr::new(host.ip(), bound.port()),
            _ => host,
        }
    }

    /// Reports a port that cannot be opened, and gives the error for the script.
    fn refused(&self, board_port: u16, host: SocketAddr, error: Errno) -> Errno {
        if matches!(error, Errno::EADDRINUSE | Errno::EACCES) {
            self.events.send(SimEvent::PortRefused { board_port, host, forbidden: error == Errno::EACCES });
        }
        error
    }

    fn announce(&self, socket: &HostSocket) {
        let (Some(bound), Ok(host)) = (socket.bound, socket.host_addr()) else {
            return;
        };
        self.events.send(SimEvent::Listening {
            protocol: socket.protocol(),
            board_port: bound.port(),
            host: Some(host),
        });
    }

    /// Whether a look-up has been answered.
    pub(crate) fn resolve_is_ready(&self) -> bool {
        self.resolver.is_ready()
    }

    /// Waits for the sockets among `interests`, the waker or the time, and marks what is ready.
    /// `None` waits without end.
    pub(crate) fn poll_sockets(&self, interests: &[Interest], ready: &mut [Ready], timeout: Option<Duration>) {
        let mut slots = Vec::with_capacity(interests.len());
        let mut fds = Vec::with_capacity(interests.len() + 1);
        for (slot, interest) in interests.iter().enumerate().take(ready.len()) {
            let Interest::Socket { id, read, write } = *interest else {
                continue;
            };
            let Ok(socket) = self.get(id) else {
                // A socket closed under a waiter must wake it, to find EBADF.
                if let Some(mark) = ready.get_mut(slot) {
                    *mark = Ready::ERROR;
                }
                continue;
            };
            if !self.reach.carries_traffic {
                continue;
            }
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, read);
            flags.set(PollFlags::OUT, write);
            fds.push(match &socket.kind {
                Kind::Tcp(socket) => PollFd::new(socket, flags),
                Kind::Udp(socket) => PollFd::new(socket, flags),
            });
            slots.push(slot);
        }
        let closed = ready.iter().any(|r| !r.is_empty());
        let timeout = if closed { Some(Duration::ZERO) } else { timeout };
        fds.push(PollFd::new(self.waker.receiver(), PollFlags::IN));
        let limit = timeout.and_then(|t| t.try_into().ok());
        // An interrupted or failed poll is a spurious wake-up; the caller looks again.
        let _ = rustix::event::poll(&mut fds, limit.as_ref());
        if fds.last().is_some_and(|fd| !fd.revents().is_empty()) {
            self.waker.take();
        }
        for (slot, fd) in slots.into_iter().zip(&fds) {
            let flags = fd.revents();
            let mut found = Ready::NONE;
            let names = [
                (PollFlags::IN, Ready::READ),
                (PollFlags::OUT, Ready::WRITE),
                (PollFlags::ERR, Ready::ERROR),
                (PollFlags::HUP, Ready::HANGUP),
                (PollFlags::NVAL, Ready::ERROR),
            ];
            for (flag, name) in names {
                if flags.contains(flag) {
                    found = found.with(name);
                }
            }
            if let Some(mark) = ready.get_mut(slot) {
                *mark = found;
            }
        }
    }
}

impl Net for HostNet {
    fn open(&mut self, protocol: Protocol) -> Result<SocketId, Errno> {
        let kind = match protocol {
            Protocol::Tcp => Socket::new(Domain::IPV4, Type::STREAM, None).map(Kind::Tcp),
            Protocol::Udp => Socket::new(Domain::IPV4, Type::DGRAM, None).map(|s| Kind::Udp(s.into())),
        };
        let socket = HostSocket {
            kind: kind.map_err(|e| errno(&e))?,
            bound: None,
            listening: false,
            accepted: false,
            connected: false,
        };
        socket.options().set_nonblocking(true).map_err(|e| errno(&e))?;
        if protocol == Protocol::Tcp {
            let _ = socket.options().set_send_buffer_size(SEND_BUFFER);
        }
        self.insert(socket)
    }

    fn bind(&mut self, id: SocketId, addr: SocketAddr) -> Result<(), Errno> {
        require_v4(addr)?;
        let socket = self.get(id)?;
        if socket.bound.is_some() {
            return Err(Errno::EINVAL);
        }
        let protocol = socket.protocol();
        let taken = |s: &HostSocket| {
            !s.accepted && s.protocol() == protocol && s.bound.is_some_and(|b| b.port() == addr.port())
        };
        if addr.port() != 0 && self.sockets.values().any(taken) {
            return Err(Errno::EADDRINUSE);
        }
        let host = self.rules.host_addr(addr.port());
        // A restarted board opens its port again although old connections still linger. Windows
        // gives the option another meaning: there it would steal the port.
        if cfg!(unix) && protocol == Protocol::Tcp {
            let _ = socket.options().set_reuse_address(true);
        }
        if let Err(e) = socket.options().bind(&host.into()) {
            return Err(self.refused(addr.port(), host, errno(&e)));
        }
        let port = match addr.port() {
            0 => socket.host_addr()?.port(),
            port => port,
        };
        let socket = self.sockets.get_mut(&id.0).ok_or(Errno::EBADF)?;
        socket.bound = Some(SocketAddr::new(addr.ip(), port));
        if protocol == Protocol::Udp && addr.port() != 0 {
            self.announce(self.get(id)?);
        }
        Ok(())
    }

    fn listen(&mut self, id: SocketId, backlog: u32) -> Result<(), Errno> {
        let Kind::Tcp(socket) = &self.get(id)?.kind else {
            return Err(Errno::EOPNOTSUPP);
        };
        let backlog = i32::try_from(backlog.max(1)).unwrap_or(i32::MAX);
        if let Err(e) = socket.listen(backlog) {
            let error = errno(&e);
            let socket = self.get(id)?;
            return Err(match (socket.bound, socket.host_addr()) {
                (Some(bound), Ok(host)) => self.refused(bound.port(), host, error),
                _ => error,
            });
        }
        let socket = self.sockets.get_mut(&id.0).ok_or(Errno::EBADF)?;
        let again = std::mem::replace(&mut socket.listening, true);
        if socket.bound.is_none() {
            let port = socket.host_addr()?.port();
            socket.bound = Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
        }
        if !again {
            self.announce(self.get(id)?);
        }
        Ok(())
    }

    fn accept(&mut self, id: SocketId) -> Result<(SocketId, SocketAddr), Errno> {
        let listener = self.get_linked(id)?;
        let Kind::Tcp(socket) = &listener.kind else {
            return Err(Errno::EOPNOTSUPP);
        };
        let bound = listener.bound;
        let (connection, peer) = retry(|| socket.accept())?;
        let peer = peer.as_socket().ok_or(Errno::EAFNOSUPPORT)?;
        connection.set_nonblocking(true).map_err(|e| errno(&e))?;
        let _ = connection.set_send_buffer_size(SEND_BUFFER);
        let connection =
            HostSocket { kind: Kind::Tcp(connection), bound, listening: false, accepted: true, connected: true };
        // With no socket left the connection is dropped, as lwIP does.
        Ok((self.insert(connection)?, peer))
    }

    fn connect(&mut self, id: SocketId, addr: SocketAddr) -> Result<(), Errno> {
        let target = self.target(addr)?;
        let socket = self.sockets.get_mut(&id.0).ok_or(Errno::EBADF)?;
        match &socket.kind {
            Kind::Tcp(tcp) => match retry(|| tcp.connect(&target.into())) {
                Err(Errno::EAGAIN | Errno::EINPROGRESS) => {
                    socket.connected = true;
                    Err(Errno::EINPROGRESS)
                }
                other => {
                    socket.connected |= other.is_ok();
                    other
                }
            },
            Kind::Udp(socket) => retry(|| socket.connect(target)),
        }
    }

    fn take_error(&mut self, id: SocketId) -> Result<Option<Errno>, Errno> {
        let error = self.get(id)?.options().take_error();
        Ok(error.map_err(|e| errno(&e))?.map(|e| errno(&e)))
    }

    fn send(&mut self, id: SocketId, data: &[u8]) -> Result<usize, Errno> {
        let socket = self.get_linked(id)?;
        match &socket.kind {
            // Linux would call the pipe broken.
            Kind::Tcp(_) if !socket.connected => Err(Errno::ENOTCONN),
            Kind::Tcp(socket) => retry(|| (&*socket).write(data)),
            Kind::Udp(socket) => retry(|| socket.send(data)),
        }
    }

    fn recv(&mut self, id: SocketId, buf: &mut [u8]) -> Result<usize, Errno> {
        match &self.get_linked(id)?.kind {
            Kind::Tcp(socket) => retry(|| (&*socket).read(buf)),
            Kind::Udp(socket) => retry(|| socket.recv(buf)),
        }
    }

    fn send_to(&mut self, id: SocketId, data: &[u8], addr: SocketAddr) -> Result<usize, Errno> {
        if let Kind::Tcp(_) = self.get(id)?.kind {
            return self.send(id, data);
        }
        let target = self.target(addr)?;
        match &self.get_linked(id)?.kind {
            Kind::Udp(socket) => retry(|| socket.send_to(data, target)),
            Kind::Tcp(_) => Err(Errno::EOPNOTSUPP),
        }
    }

    fn recv_from(&mut self, id: SocketId, buf: &mut [u8]) -> Result<(usize, SocketAddr), Errno> {
        if let Kind::Udp(socket) = &self.get_linked(id)?.kind {
            let (count, from) = retry(|| socket.recv_from(buf))?;
            return Ok((count, self.source(from)));
        }
        let count = self.recv(id, buf)?;
        Ok((count, self.peer_addr(id)?))
    }

    fn shutdown(&mut self, id: SocketId, how: Shutdown) -> Result<(), Errno> {
        let how = match how {
            Shutdown::Read => std::net::Shutdown::Read,
            Shutdown::Write => std::net::Shutdown::Write,
            Shutdown::Both => std::net::Shutdown::Both,
        };
        self.get(id)?.options().shutdown(how).map_err(|e| errno(&e))
    }

    fn close(&mut self, id: SocketId) -> Result<(), Errno> {
        self.sockets.remove(&id.0).map(drop).ok_or(Errno::EBADF)
    }

    fn set_option(&mut self, id: SocketId, option: SocketOption) -> Result<(), Errno> {
        let socket = self.get(id)?;
        let options = socket.options();
        // Groups are joined on the published address, since the board's own does not exist here.
        let interface = self.rules.address;
        let done = match option {
            // What it allows is always allowed here, see `bind`.
            SocketOption::ReuseAddress(_) => Ok(()),
            SocketOption::Broadcast(on) => options.set_broadcast(on),
            SocketOption::KeepAlive(on) => options.set_keepalive(on),
            SocketOption::NoDelay(on) => match socket.protocol() {
                Protocol::Tcp => options.set_tcp_nodelay(on),
                Protocol::Udp => return Err(Errno::EOPNOTSUPP),
            },
            SocketOption::JoinMulticast(group, _) => options.join_multicast_v4(&group, &interface),
            SocketOption::LeaveMulticast(group, _) => options.leave_multicast_v4(&group, &interface),
            SocketOption::MulticastTtl(ttl) => options.set_multicast_ttl_v4(u32::from(ttl)),
        };
        done.map_err(|e| errno(&e))
    }

    fn local_addr(&mut self, id: SocketId) -> Result<SocketAddr, Errno> {
        let socket = self.get(id)?;
        match socket.bound {
            Some(bound) => Ok(bound),
            None => socket.host_addr(),
        }
    }

    fn peer_addr(&mut self, id: SocketId) -> Result<SocketAddr, Errno> {
        let addr = self.get(id)?.options().peer_addr();
        let addr = addr.map_err(|e| errno(&e))?;
        addr.as_socket().ok_or(Errno::EAFNOSUPPORT)
    }

    fn resolve(&mut self, host: &str) -> Result<Vec<IpAddr>, Errno> {
        if let Some(addr) = literal(host) {
            return Ok(vec![addr]);
        }
        if !self.reach.online {
            return Err(Errno::EAI_FAIL);
        }
        self.resolver.resolve(host)
    }

    fn close_all(&mut self) {
        self.sockets.clear();
        self.resolver.clear();
    }
}
