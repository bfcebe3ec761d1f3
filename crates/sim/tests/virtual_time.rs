//! Virtual time: waits jump, runs repeat, peers live in the process.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use snakeye_hal::{Board, Errno, Interest, Protocol, SocketId, StationStatus, Wake, WifiInterface};
use snakeye_sim::{PeerPoll, PeerStream, SimBoard, SimConfig};

const HOUR_US: u64 = 3_600_000_000;

fn board() -> SimBoard {
    SimConfig::default().virtual_time().build().unwrap()
}

fn listener(board: &mut SimBoard, port: u16) -> SocketId {
    let id = board.net().open(Protocol::Tcp).unwrap();
    let addr = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    board.net().bind(id, addr).unwrap();
    board.net().listen(id, 2).unwrap();
    id
}

fn readable(id: SocketId) -> Interest {
    Interest::Socket { id, read: true, write: false }
}

fn join_wifi(board: &mut SimBoard) {
    let wifi = board.wifi().unwrap();
    wifi.set_active(WifiInterface::Station, true).unwrap();
    wifi.connect(Some(b"x"), None, None).unwrap();
    while board.wifi().unwrap().status() != StationStatus::GotIp {
        assert_eq!(board.wait(&[Interest::WifiStatus], None), Wake::Ready);
    }
}

#[test]
fn an_hour_of_sleep_takes_no_time() {
    let mut board = board();
    let begin = Instant::now();
    for second in 1..=3600 {
        let woken = board.wait(&[Interest::ConsoleInput], Some(second * 1_000_000));
        assert_eq!(woken, Wake::Deadline);
    }
    assert_eq!(board.time().now_us(), HOUR_US);
    assert!(begin.elapsed().as_secs() < 60);
}

#[test]
fn loops_that_poll_get_on() {
    let mut board = board();
    let wifi = board.wifi().unwrap();
    wifi.set_active(WifiInterface::Station, true).unwrap();
    wifi.connect(Some(b"x"), None, None).unwrap();
    while board.wifi().unwrap().status() != StationStatus::GotIp {}
    let start = board.clock().ticks_us();
    while board.clock().ticks_us() - start < 100_000 {}
}

#[test]
fn waiting_for_wifi_jumps_to_its_next_event() {
    let mut board = board();
    let wifi = board.wifi().unwrap();
    wifi.set_active(WifiInterface::Station, true).unwrap();
    wifi.connect(Some(b"x"), None, None).unwrap();
    assert_eq!(wifi.status(), StationStatus::Connecting);
    assert_eq!(board.wait(&[Interest::WifiStatus], Some(HOUR_US)), Wake::Ready);
    assert_eq!(board.wifi().unwrap().status(), StationStatus::GotIp);
    assert!(board.time().now_us() < 3_000_000);
    assert_eq!(board.wifi().unwrap().scan(), Err(Errno::EAGAIN));
    assert_eq!(board.wait(&[Interest::Scan], Some(HOUR_US)), Wake::Ready);
    assert_eq!(board.wifi().unwrap().scan().unwrap().len(), 2);
}

#[test]
fn a_frame_comes_when_the_camera_said() {
    let mut board = board();
    board.frame_signal().set_next(Some(40_000));
    assert_eq!(board.wait(&[], Some(10_000)), Wake::Deadline);
    assert_eq!(board.wait(&[Interest::Frame], Some(HOUR_US)), Wake::Ready);
    assert_eq!(board.time().now_us(), 40_000);
}

#[test]
fn a_peer_is_refused_without_a_listener_or_room() {
    let mut board = board();
    let peers = board.peers().unwrap();
    assert_eq!(peers.connect_peer(80).err(), Some(Errno::ECONNREFUSED));
    let id = listener(&mut board, 80);
    let _first = peers.connect_peer(80).unwrap();
    let _second = peers.connect_peer(80).unwrap();
    assert_eq!(peers.connect_peer(80).err(), Some(Errno::ECONNREFUSED));
    board.net().close(id).unwrap();
    assert_eq!(peers.connect_peer(80).err(), Some(Errno::ECONNREFUSED));
}

#[test]
fn streams_carry_bytes_ends_and_resets() {
    let mut board = board();
    let peers = board.peers().unwrap();
    let id = listener(&mut board, 80);
    assert_eq!(board.net().accept(id), Err(Errno::EAGAIN));
    let mut peer = peers.connect_peer(80).unwrap();
    assert_eq!(board.wait(&[readable(id)], None), Wake::Ready);
    let (connection, from) = board.net().accept(id).unwrap();
    assert_eq!(Some(from), peer.addr());
    let mut buf = [0; 16];
    assert_eq!(board.net().recv(connection, &mut buf), Err(Errno::EAGAIN));
    assert_eq!(peer.write(b"GET"), Ok(3));
    assert_eq!(board.net().recv(connection, &mut buf), Ok(3));
    peer.finish();
    assert_eq!(board.net().recv(connection, &mut buf), Ok(0));
    assert_eq!(board.net().send(connection, b"ok"), Ok(2));
    assert_eq!(peer.read(&mut buf), Ok(2));
    assert_eq!(peer.read(&mut buf), Err(Errno::EAGAIN));
    drop(peer);
    assert_eq!(board.net().send(connection, b"x"), Err(Errno::ECONNRESET));
}

#[test]
fn the_board_connects_to_a_server_beside_it() {
    let mut board = board();
    let peers = board.peers().unwrap();
    let addr = SocketAddr::from(([192, 168, 1, 7], 80));
    peers.add_host("files.lan", addr.ip());
    let mut server = peers.listen(addr).unwrap();
    let id = board.net().open(Protocol::Tcp).unwrap();
    assert_eq!(board.net().connect(id, addr), Err(Errno::EHOSTUNREACH));
    join_wifi(&mut board);
    assert_eq!(board.net().resolve("files.lan"), Ok(vec![addr.ip()]));
    assert_eq!(board.net().resolve("other.lan"), Err(Errno::EAI_FAIL));
    assert_eq!(board.net().connect(id, addr), Err(Errno::EINPROGRESS));
    let writable = Interest::Socket { id, read: false, write: true };
    assert_eq!(board.wait(&[writable], None), Wake::Ready);
    assert_eq!(board.net().take_error(id), Ok(None));
    let mut stream = server.accept().unwrap();
    board.net().send(id, b"hello").unwrap();
    assert_eq!(stream.read(&mut [0; 8]), Ok(5));

    let refused = board.net().open(Protocol::Tcp).unwrap();
    let nobody = SocketAddr::from(([192, 168, 1, 7], 81));
    assert_eq!(board.net().connect(refused, nobody), Err(Errno::EINPROGRESS));
    assert_eq!(board.net().take_error(refused), Ok(Some(Errno::ECONNREFUSED)));
}

#[test]
fn datagrams_reach_a_time_server() {
    let mut board = board();
    let peers = board.peers().unwrap();
    let addr = SocketAddr::from(([10, 0, 0, 1], 123));
    let mut server = peers.udp(addr).unwrap();
    peers.add_peer(move |_| {
        while let Some((request, from)) = server.recv() {
            let answer: Vec<u8> = request.iter().rev().copied().collect();
            server.send(from.port(), &answer);
        }
        PeerPoll::Idle
    });
    join_wifi(&mut board);
    let id = board.net().open(Protocol::Udp).unwrap();
    board.net().send_to(id, b"abc", addr).unwrap();
    assert_eq!(board.wait(&[readable(id)], Some(HOUR_US)), Wake::Ready);
    let mut buf = [0; 8];
    let (n, from) = board.net().recv_from(id, &mut buf).unwrap();
    assert_eq!((&buf[..n], from), (&b"cba"[..], addr));
}

/// A client that reads a stream: all there is, once every `period_us`.
fn reader(mut stream: PeerStream, period_us: u64, total: Arc<AtomicU64>) -> impl FnMut(u64) -> PeerPoll {
    let mut next = 0;
    let mut buf = [0; 4096];
    move |now| {
        if now < next {
            return PeerPoll::At(next);
        }
        loop {
            match stream.read(&mut buf) {
                Ok(0) => return PeerPoll::Done,
                Ok(n) => total.fetch_add(n as u64, Ordering::Relaxed),
                Err(_) => break,
            };
        }
        next = now + period_us;
        PeerPoll::At(next)
    }
}

/// Streams a 3 kB frame ten times a second for an hour to a quick and to a slow client.
fn stream_for_an_hour() -> (u64, u64, u64) {
    let mut board = board();
    let peers = board.peers().unwrap();
    let id = listener(&mut board, 81);
    let counts = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
    let mut clients = Vec::new();
    for (count, period) in counts.iter().zip([10_000, 700_000]) {
        let stream = peers.connect_peer(81).unwrap();
        peers.add_peer(reader(stream, period, Arc::clone(count)));
        clients.push(board.net().accept(id).unwrap().0);
    }
    let frame = [0xAB; 3000];
    let mut skipped = 0;
    for number in 1..=36_000 {
        assert_eq!(board.wait(&[readable(id)], Some(number * 100_000)), Wake::Deadline);
        for client in &clients {
            if board.net().send(*client, &frame).is_err() {
                skipped += 1;
            }
        }
    }
    for client in clients {
        board.net().close(client).unwrap();
    }
    assert_eq!(board.wait(&[], Some(HOUR_US + 2_000_000)), Wake::Deadline);
    assert_eq!(peers.peer_count(), 0, "both clients saw the end");
    let [quick, slow] = counts.map(|c| c.load(Ordering::Relaxed));
    (quick, slow, skipped)
}

#[test]
fn an_hour_of_streaming_to_two_clients_repeats_exactly() {
    let first = stream_for_an_hour();
    assert_eq!(first.0, 36_000 * 3000, "the quick client gets every frame");
    assert!(first.1 < first.0 && first.2 > 0, "the slow one does not");
    assert_eq!(stream_for_an_hour(), first);
}

#[test]
fn a_wait_that_nothing_can_end_is_interrupted() {
    let mut board = board();
    board.console_handle().close();
    let _ = board.waker();
    // The first wait may still see the wake of closing.
    loop {
        match board.wait(&[], None) {
            Wake::Interrupt => break,
            Wake::Ready => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(board.take_interrupt());
}

#[test]
fn peers_may_add_peers_and_are_told_the_time() {
    let mut board = board();
    let peers = board.peers().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (net, log) = (peers.clone(), Arc::clone(&seen));
    peers.add_peer(move |now| {
        if now < 500 {
            return PeerPoll::At(500);
        }
        let log = Arc::clone(&log);
        net.add_peer(move |now| {
            log.lock().unwrap().push(now);
            PeerPoll::Done
        });
        PeerPoll::Done
    });
    assert_eq!(board.wait(&[], Some(1000)), Wake::Deadline);
    assert_eq!(board.wait(&[], Some(2000)), Wake::Deadline);
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(peers.peer_count(), 0);
}

#[test]
fn a_board_in_virtual_time_has_no_real_sockets() {
    let mut board = board();
    let id = board.net().open(Protocol::Tcp).unwrap();
    let host = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 22);
    assert_eq!(board.net().connect(id, host), Err(Errno::EINPROGRESS));
    assert_eq!(board.net().take_error(id), Ok(Some(Errno::ECONNREFUSED)));
}
