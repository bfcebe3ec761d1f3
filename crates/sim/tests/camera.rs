//! The camera on the board: frames end its waits, its LED lights the scene, streams reach peers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use snakeye_camera::{Camera, CameraConfig, Frame, FramePoll, FrameSize};
use snakeye_hal::{Board, Errno, Interest, PinConfig, PinMode, Protocol, SocketId, Wake};
use snakeye_sim::sensor::{SimCameraOptions, SimCameraPort};
use snakeye_sim::{PeerPoll, SimBoard, SimConfig};

fn camera(options: SimCameraOptions, frame_size: FrameSize) -> Camera<SimCameraPort> {
    let mut camera = Camera::new(SimCameraPort::new(options));
    camera.init(&CameraConfig { frame_size, ..CameraConfig::default() }).unwrap();
    camera
}

/// Captures as the Python module does: by waiting on the board.
fn capture(board: &mut SimBoard, camera: &mut Camera<SimCameraPort>) -> Frame {
    let request = camera.request(board.clock().ticks_us(), true).unwrap();
    loop {
        match camera.poll_frame(&request, board.clock().ticks_us()) {
            FramePoll::Ready(frame) => return frame,
            FramePoll::Failed(error) => panic!("{error}"),
            FramePoll::Pending { .. } => {
                let patience = board.clock().ticks_us() + 20_000_000;
                assert_eq!(board.wait(&[Interest::Frame], Some(patience)), Wake::Ready);
            }
        }
    }
}

#[test]
fn waiting_for_frames_works_in_real_time() {
    let mut board = SimConfig::default().build().unwrap();
    let mut camera = camera(board.camera_options(), FrameSize::Qqvga);
    for _ in 0..3 {
        let frame = capture(&mut board, &mut camera);
        assert_eq!(frame[..3], [0xFF, 0xD8, 0xFF]);
    }
}

#[test]
fn waiting_for_frames_jumps_in_virtual_time_and_repeats() {
    let run = || {
        let mut board = SimConfig::default().virtual_time().build().unwrap();
        let mut camera = camera(board.camera_options(), FrameSize::Qqvga);
        let frames: Vec<Vec<u8>> = (0..5).map(|_| capture(&mut board, &mut camera).to_vec()).collect();
        (frames, board.time().now_us())
    };
    let first = run();
    assert!(first.1 > 5 * 10_000, "five frames take time on the board: {}", first.1);
    assert_eq!(first, run());
}

#[test]
fn gpio4_lights_the_scene() {
    let mut board = SimConfig::default().virtual_time().build().unwrap();
    let mut camera = camera(board.camera_options(), FrameSize::Qqvga);
    let lamp = camera.port().lamp().clone();
    assert_eq!(lamp.brightness(), 0);
    board.pins().configure(4, PinConfig { mode: PinMode::Output, ..PinConfig::default() }).unwrap();
    board.pins().write(4, true).unwrap();
    assert_eq!(lamp.brightness(), snakeye_sim::LED_FULL);
}

/// A client's share of the stream: the connection and what of the frame in hand is sent.
struct Client {
    id: SocketId,
    frame: Option<Frame>,
    sent: usize,
    frames: u64,
}

impl Client {
    /// Sends what fits, so that a slow client holds up no other.
    fn push(&mut self, board: &mut SimBoard) {
        while let Some(frame) = &self.frame {
            match board.net().send(self.id, &frame[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(Errno::EAGAIN) => return,
                Err(error) => panic!("{error}"),
            }
            if self.sent == frame.len() {
                self.frame = None;
                self.frames += 1;
            }
        }
    }
}

/// Streams for `seconds` of virtual time to a client that always reads and to one that reads a
/// little now and then. Gives the frames each got, and the bytes they saw.
fn stream(seconds: u64) -> ([u64; 2], [u64; 2]) {
    let mut board = SimConfig::default().virtual_time().build().unwrap();
    let options = SimCameraOptions { recorded: Some(4), ..board.camera_options() };
    let mut camera = camera(options, FrameSize::Qqvga);
    let listener = board.net().open(Protocol::Tcp).unwrap();
    board.net().bind(listener, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 81))).unwrap();
    board.net().listen(listener, 2).unwrap();

    let peers = board.peers().unwrap();
    let seen = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
    let mut clients = Vec::new();
    for (count, (period_us, bytes)) in seen.iter().zip([(5_000, 65_536), (400_000, 2048)]) {
        let mut stream = peers.connect_peer(81).unwrap();
        let count = Arc::clone(count);
        let (mut next, mut buf) = (0, vec![0; bytes]);
        peers.add_peer(move |now| {
            if now >= next {
                next = now + period_us;
                match stream.read(&mut buf) {
                    Ok(0) => return PeerPoll::Done,
                    Ok(n) => drop(count.fetch_add(n as u64, Ordering::Relaxed)),
                    Err(_) => {}
                }
            }
            PeerPoll::At(next)
        });
        let id = board.net().accept(listener).unwrap().0;
        clients.push(Client { id, frame: None, sent: 0, frames: 0 });
    }

    while board.time().now_us() < seconds * 1_000_000 {
        let frame = capture(&mut board, &mut camera);
        for client in &mut clients {
            if client.frame.is_none() {
                client.frame = Some(frame.clone());
                client.sent = 0;
            }
            client.push(&mut board);
        }
        drop(frame);
        assert!(camera.pool().held() <= 2, "only frames on their way are held");
    }
    let frames = [clients[0].frames, clients[1].frames];
    let bytes = seen.map(|s| s.load(Ordering::Relaxed));
    (frames, bytes)
}

#[test]
fn a_slow_client_does_not_slow_the_other() {
    let (frames, bytes) = stream(60);
    assert!(frames[0] > 60 * 5, "{frames:?}");
    assert!(frames[1] > 0 && frames[1] * 4 < frames[0], "{frames:?}");
    assert!(bytes[1] > 0 && bytes[1] < bytes[0]);
    assert_eq!(stream(60), (frames, bytes), "virtual time repeats exactly");
}
