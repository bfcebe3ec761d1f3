//! Real sockets of the host under the board's, in real time.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::channel;
use std::time::Duration;

use snakeye_hal::{Board, Errno, Interest, Protocol, Ready, Shutdown, SocketId, SocketOption, Wake, WifiInterface};
use snakeye_sim::{Neighbourhood, SimBoard, SimConfig, SimEvent};

const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Far longer than anything here takes; only a broken test reaches it.
fn patience(board: &mut SimBoard) -> Option<u64> {
    Some(board.clock().ticks_us() + 20_000_000)
}

fn wait_for(board: &mut SimBoard, id: SocketId, read: bool) {
    let deadline = patience(board);
    let write = !read;
    let woken = board.wait(&[Interest::Socket { id, read, write }], deadline);
    assert_eq!(woken, Wake::Ready);
}

fn recv(board: &mut SimBoard, id: SocketId, buf: &mut [u8]) -> Result<usize, Errno> {
    loop {
        match board.net().recv(id, buf) {
            Err(Errno::EAGAIN) => wait_for(board, id, true),
            other => return other,
        }
    }
}

fn accept(board: &mut SimBoard, id: SocketId) -> (SocketId, SocketAddr) {
    loop {
        match board.net().accept(id) {
            Err(Errno::EAGAIN) => wait_for(board, id, true),
            other => return other.unwrap(),
        }
    }
}

fn port80(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), 80)
}

/// A board whose port 80 is published under a free port, and a listener on it.
fn listening() -> (SimBoard, SocketId, SocketAddr) {
    let mut board = SimConfig::default().publish(80, 0).build().unwrap();
    let id = board.net().open(Protocol::Tcp).unwrap();
    board.net().bind(id, port80(ANY)).unwrap();
    board.net().listen(id, 5).unwrap();
    let host = match board.events().take() {
        Some(SimEvent::Listening { board_port: 80, host: Some(host), .. }) => host,
        other => panic!("{other:?}"),
    };
    (board, id, host)
}

#[test]
fn a_client_of_the_host_is_echoed() {
    let (mut board, listener, host) = listening();
    assert_eq!(host.ip(), IpAddr::V4(Ipv4Addr::LOCALHOST));
    assert_eq!(board.net().local_addr(listener).unwrap().port(), 80);
    assert_eq!(board.net().accept(listener), Err(Errno::EAGAIN));
    let client = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(b"eyes").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut back = Vec::new();
        stream.read_to_end(&mut back).unwrap();
        (stream.local_addr().unwrap(), back)
    });
    let (connection, peer) = accept(&mut board, listener);
    let mut buf = [0; 64];
    loop {
        match recv(&mut board, connection, &mut buf).unwrap() {
            0 => break,
            n => assert_eq!(board.net().send(connection, &buf[..n]), Ok(n)),
        }
    }
    assert_eq!(board.net().local_addr(connection).unwrap().port(), 80);
    board.net().close(connection).unwrap();
    assert_eq!(board.net().recv(connection, &mut buf), Err(Errno::EBADF));
    let (client_addr, back) = client.join().unwrap();
    assert_eq!((client_addr, back.as_slice()), (peer, &b"eyes"[..]));
}

#[test]
fn a_slow_reader_makes_sending_wait() {
    let (mut board, listener, host) = listening();
    let (go, started) = channel();
    let client = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(host).unwrap();
        started.recv().unwrap();
        let mut total = 0;
        let mut buf = [0; 4096];
        loop {
            match stream.read(&mut buf).unwrap() {
                0 => return total,
                n => total += n,
            }
        }
    });
    let (connection, _) = accept(&mut board, listener);
    let block = [7; 65536];
    let mut sent = 0;
    while let Ok(n) = board.net().send(connection, &block) {
        sent += n;
    }
    let interest = Interest::Socket { id: connection, read: false, write: true };
    let mut ready = [Ready::NONE];
    assert_eq!(board.poll(&[interest], &mut ready), 0, "full");
    go.send(()).unwrap();
    while sent < 3_000_000 {
        match board.net().send(connection, &block) {
            Ok(n) => sent += n,
            Err(Errno::EAGAIN) => wait_for(&mut board, connection, false),
            Err(e) => panic!("{e}"),
        }
    }
    board.net().shutdown(connection, Shutdown::Write).unwrap();
    assert_eq!(client.join().unwrap(), sent);
}

#[test]
fn a_taken_port_is_refused_with_advice() {
    let blocker = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = blocker.local_addr().unwrap().port();
    let mut board = SimConfig::default().publish(80, taken).build().unwrap();
    let id = board.net().open(Protocol::Tcp).unwrap();
    assert_eq!(board.net().bind(id, port80(ANY)), Err(Errno::EADDRINUSE));
    let event = board.events().take().unwrap();
    let text = event.to_string();
    assert!(text.contains("another program") && text.contains("80:0"), "{text}");
}

#[test]
fn the_board_itself_cannot_listen_twice_on_a_port() {
    let (mut board, first, _) = listening();
    let second = board.net().open(Protocol::Tcp).unwrap();
    assert_eq!(board.net().bind(second, port80(ANY)), Err(Errno::EADDRINUSE));
    assert_eq!(board.events().take(), None, "no advice for the script's own mistake");
    board.net().close(first).unwrap();
    board.net().bind(second, port80(ANY)).unwrap();
}

#[test]
fn others_are_reached_through_wifi_only() {
    let mut board = SimConfig::default().build().unwrap();
    let id = board.net().open(Protocol::Tcp).unwrap();
    let far = SocketAddr::from(([192, 0, 2, 1], 9));
    assert_eq!(board.net().connect(id, far), Err(Errno::EHOSTUNREACH));
    assert_eq!(board.net().resolve("example.com"), Err(Errno::EAI_FAIL));
    assert_eq!(board.net().resolve("192.0.2.7"), Ok(vec![IpAddr::from([192, 0, 2, 7])]));
}

#[test]
fn connecting_to_a_server_of_the_host() {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = server.local_addr().unwrap();
    let mut board = SimConfig::default().build().unwrap();
    let id = board.net().open(Protocol::Tcp).unwrap();
    match board.net().connect(id, addr) {
        Ok(()) => {}
        Err(e) => {
            assert_eq!(e, Errno::EINPROGRESS);
            wait_for(&mut board, id, false);
        }
    }
    assert_eq!(board.net().take_error(id), Ok(None));
    assert_eq!(board.net().peer_addr(id), Ok(addr));
    let (mut stream, _) = server.accept().unwrap();
    stream.write_all(b"hi").unwrap();
    let mut buf = [0; 8];
    assert_eq!(recv(&mut board, id, &mut buf), Ok(2));
    drop(stream);
    assert_eq!(recv(&mut board, id, &mut buf), Ok(0));
}

#[test]
fn a_refused_connection_shows_in_take_error() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = closed.local_addr().unwrap();
    drop(closed);
    let mut board = SimConfig::default().build().unwrap();
    let id = board.net().open(Protocol::Tcp).unwrap();
    let error = match board.net().connect(id, addr) {
        Err(Errno::EINPROGRESS) => {
            wait_for(&mut board, id, false);
            board.net().take_error(id).unwrap()
        }
        other => other.err(),
    };
    assert_eq!(error, Some(Errno::ECONNREFUSED));
}

#[test]
fn the_board_reaches_its_own_published_port() {
    let (mut board, listener, _) = listening();
    let id = board.net().open(Protocol::Tcp).unwrap();
    let own = SocketAddr::from(([127, 0, 0, 1], 80));
    if let Err(e) = board.net().connect(id, own) {
        assert_eq!(e, Errno::EINPROGRESS);
    }
    let (connection, _) = accept(&mut board, listener);
    board.net().send(connection, b"self").unwrap();
    assert_eq!(recv(&mut board, id, &mut [0; 8]), Ok(4));
}

#[test]
fn sockets_run_out_as_on_the_board() {
    let mut board = SimConfig::default().max_sockets(2).build().unwrap();
    board.net().open(Protocol::Tcp).unwrap();
    let second = board.net().open(Protocol::Udp).unwrap();
    assert_eq!(board.net().open(Protocol::Tcp), Err(Errno::ENFILE));
    board.net().close(second).unwrap();
    board.net().open(Protocol::Tcp).unwrap();
    board.restart();
    board.net().open(Protocol::Tcp).unwrap();
    board.net().open(Protocol::Tcp).unwrap();
}

#[test]
fn datagrams_go_both_ways() {
    let mut board = SimConfig::default().publish(53, 0).build().unwrap();
    let id = board.net().open(Protocol::Udp).unwrap();
    board.net().bind(id, SocketAddr::new(ANY.ip(), 53)).unwrap();
    let host = match board.events().take() {
        Some(SimEvent::Listening { host: Some(h), protocol: Protocol::Udp, .. }) => h,
        other => panic!("{other:?}"),
    };
    let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.send_to(b"who?", host).unwrap();
    wait_for(&mut board, id, true);
    let mut buf = [0; 16];
    let (n, from) = board.net().recv_from(id, &mut buf).unwrap();
    assert_eq!((&buf[..n], from), (&b"who?"[..], client.local_addr().unwrap()));
    board.net().send_to(id, b"me", from).unwrap();
    let (n, from) = client.recv_from(&mut buf).unwrap();
    assert_eq!((&buf[..n], from), (&b"me"[..], host));
    let no_delay = board.net().set_option(id, SocketOption::NoDelay(true));
    assert_eq!(no_delay, Err(Errno::EOPNOTSUPP));
    board.net().set_option(id, SocketOption::Broadcast(true)).unwrap();
}

#[test]
fn a_name_is_looked_up_without_blocking() {
    let quick = Neighbourhood { join_ms: Some(0), ..Neighbourhood::default() };
    let mut board = SimConfig::default().neighbourhood(quick).build().unwrap();
    let wifi = board.wifi().unwrap();
    wifi.set_active(WifiInterface::Station, true).unwrap();
    wifi.connect(Some(b"net"), None, None).unwrap();
    assert!(board.wifi().unwrap().is_connected(WifiInterface::Station));
    // Whether the name exists depends on the host; that an answer comes does not.
    let name = "snakeye.invalid";
    assert_eq!(board.net().resolve(name), Err(Errno::EAGAIN));
    let deadline = patience(&mut board);
    assert_eq!(board.wait(&[Interest::Resolve], deadline), Wake::Ready);
    assert_ne!(board.net().resolve(name), Err(Errno::EAGAIN));
}

#[test]
fn a_lost_link_stalls_connections() {
    let file = "join_ms = 0\n[[network]]\nssid='net'";
    let world = Neighbourhood::parse(file).unwrap();
    let config = SimConfig::default().publish(80, 0).neighbourhood(world);
    let mut board = config.build().unwrap();
    let wifi = board.wifi().unwrap();
    wifi.set_active(WifiInterface::Station, true).unwrap();
    wifi.connect(Some(b"net"), None, None).unwrap();
    let listener = board.net().open(Protocol::Tcp).unwrap();
    board.net().bind(listener, port80(ANY)).unwrap();
    board.net().listen(listener, 1).unwrap();
    let events = board.events();
    let host = std::iter::from_fn(|| events.take()).find_map(|event| match event {
        SimEvent::Listening { host, .. } => host,
        _ => None,
    });
    let mut client = TcpStream::connect(host.unwrap()).unwrap();
    let (connection, _) = accept(&mut board, listener);
    client.write_all(b"x").unwrap();
    board.wifi().unwrap().disconnect().unwrap();
    let interest = Interest::Socket { id: connection, read: true, write: false };
    let soon = board.clock().ticks_us() + 1000;
    assert_eq!(board.wait(&[interest], Some(soon)), Wake::Deadline);
    assert_eq!(board.net().recv(connection, &mut [0]), Err(Errno::EAGAIN));
    board.wifi().unwrap().connect(None, None, None).unwrap();
    assert_eq!(recv(&mut board, connection, &mut [0; 4]), Ok(1));
}
