//! The camera's state machine over a port made of tables.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use snakeye_camera::{
    Camera, CameraConfig, CameraError, CaptureConfig, CaptureFaults, CapturePort, Control, DropReason, Frame,
    FramePoll, FrameSize, GrabMode, PixelFormat, PortError, RawFrame, SccbBus, SccbError, WarmUp,
};

/// A port whose devices, failures and frames a test arranges.
#[derive(Default)]
struct Bench {
    /// Registers by device address and register (16 bits for wide ones).
    devices: HashMap<(u8, u16), u8>,
    writes: usize,
    /// The bus fails from this write on.
    fail_at: Option<usize>,
    refuse_start: Option<PortError>,
    started: Option<CaptureConfig>,
    empty: VecDeque<Vec<u8>>,
    filled: VecDeque<RawFrame>,
    powered: bool,
}

#[derive(Clone, Default)]
struct Port(Rc<RefCell<Bench>>);

impl Port {
    /// A bench with an OV2640 on it.
    fn with_sensor() -> Self {
        let port = Self::default();
        for (reg, value) in [(0x0A, 0x26), (0x0B, 0x42), (0x1C, 0x7F), (0x1D, 0xA2)] {
            port.0.borrow_mut().devices.insert((0x30, reg), value);
        }
        port
    }

    /// A frame of these bytes arrives, if there is a buffer.
    fn arrive(&self, bytes: &[u8], timestamp_us: u64) -> bool {
        let mut bench = self.0.borrow_mut();
        let Some(mut data) = bench.empty.pop_front() else {
            return false;
        };
        data.extend_from_slice(bytes);
        bench.filled.push_back(RawFrame { data, timestamp_us, faults: CaptureFaults::default() });
        true
    }
}

impl SccbBus for Port {
    fn write(&mut self, addr: u8, reg: u8, val: u8) -> Result<(), SccbError> {
        let mut bench = self.0.borrow_mut();
        bench.writes += 1;
        if bench.fail_at.is_some_and(|at| bench.writes > at) {
            return Err(SccbError::Timeout);
        }
        if !bench.devices.keys().any(|(device, _)| *device == addr) {
            return Err(SccbError::NoAck);
        }
        // The identity cannot be overwritten; everything else is one flat bank here.
        if ![0x0A, 0x0B, 0x1C, 0x1D].contains(&reg) {
            bench.devices.insert((addr, u16::from(reg)), val);
        }
        Ok(())
    }

    fn read(&mut self, addr: u8, reg: u8) -> Result<u8, SccbError> {
        self.read_wide(addr, u16::from(reg))
    }

    fn read_wide(&mut self, addr: u8, reg: u16) -> Result<u8, SccbError> {
        let bench = self.0.borrow();
        if !bench.devices.keys().any(|(device, _)| *device == addr) {
            return Err(SccbError::NoAck);
        }
        Ok(bench.devices.get(&(addr, reg)).copied().unwrap_or(0))
    }
}

impl CapturePort for Port {
    fn start(&mut self, config: &CaptureConfig) -> Result<(), PortError> {
        let mut bench = self.0.borrow_mut();
        assert!(bench.started.is_none(), "started twice");
        if let Some(error) = bench.refuse_start {
            return Err(error);
        }
        bench.started = Some(*config);
        Ok(())
    }
    fn stop(&mut self) {
        let mut bench = self.0.borrow_mut();
        bench.started = None;
        while let Some(frame) = bench.filled.pop_front() {
            bench.empty.push_back(frame.data);
        }
    }
    fn reclaim(&mut self) -> Option<Vec<u8>> {
        self.0.borrow_mut().empty.pop_front()
    }
    fn submit(&mut self, buffer: Vec<u8>) {
        let mut bench = self.0.borrow_mut();
        let size = bench.started.expect("submitted while stopped").buffer_size;
        assert!(buffer.is_empty() && buffer.capacity() >= size);
        bench.empty.push_back(buffer);
    }
    fn poll(&mut self) -> Option<RawFrame> {
        self.0.borrow_mut().filled.pop_front()
    }
    fn set_power_down(&mut self, down: bool) {
        self.0.borrow_mut().powered = !down;
    }
    fn set_reset(&mut self, _: bool) {}
    fn set_xclk(&mut self, _: u32) {}
    fn delay_ms(&mut self, _: u32) {}
}

const IMAGE: [u8; 8] = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 0xFF, 0xD9];

fn config() -> CameraConfig {
    CameraConfig { frame_size: FrameSize::Qvga, warm_up: WarmUp::None, ..CameraConfig::default() }
}

fn running() -> (Camera<Port>, Port) {
    let port = Port::with_sensor();
    let mut camera = Camera::new(port.clone());
    camera.init(&config()).unwrap();
    (camera, port)
}

fn expect_frame(poll: FramePoll) -> Frame {
    match poll {
        FramePoll::Ready(frame) => frame,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_frame_arrives_trimmed_and_stamped() {
    let (mut camera, port) = running();
    let request = camera.request(1_000, false).unwrap();
    assert!(matches!(camera.poll_frame(&request, 1_000), FramePoll::Pending { wake_us: 4_001_000 }));
    let mut padded = IMAGE.to_vec();
    padded.extend([0; 24]);
    assert!(port.arrive(&padded, 2_000));
    let frame = expect_frame(camera.poll_frame(&request, 3_000));
    assert_eq!(&frame[..], &IMAGE);
    let info = frame.info();
    assert_eq!((info.width, info.height, info.format), (320, 240, PixelFormat::Jpeg));
    assert_eq!((info.sequence, info.timestamp_us), (1, 2_000));
    assert_eq!(camera.stats().captured, 1);
}

#[test]
fn two_waiting_requests_get_a_frame_each() {
    let (mut camera, port) = running();
    let first = camera.request(0, false).unwrap();
    let second = camera.request(0, false).unwrap();
    port.arrive(&IMAGE, 10);
    let one = expect_frame(camera.poll_frame(&second, 20));
    assert!(matches!(camera.poll_frame(&first, 20), FramePoll::Pending { .. }));
    port.arrive(&IMAGE, 30);
    let two = expect_frame(camera.poll_frame(&first, 40));
    assert_ne!(one.info().sequence, two.info().sequence);
}

#[test]
fn the_latest_frame_wins_unless_every_frame_is_wanted() {
    let (mut camera, port) = running();
    port.arrive(&IMAGE, 10);
    port.arrive(&IMAGE, 20);
    let request = camera.request(30, false).unwrap();
    let frame = expect_frame(camera.poll_frame(&request, 30));
    assert_eq!(frame.info().timestamp_us, 20);
    assert_eq!(camera.stats().stale, 1);
    drop(frame);
    camera.set_buffering(3, GrabMode::WhenEmpty).unwrap();
    port.arrive(&IMAGE, 40);
    port.arrive(&IMAGE, 50);
    let request = camera.request(9_000_000, false).unwrap();
    let frame = expect_frame(camera.poll_frame(&request, 9_000_000));
    assert_eq!(frame.info().timestamp_us, 40);
}

#[test]
fn bad_frames_are_counted_by_reason_and_their_buffers_reused() {
    let (mut camera, port) = running();
    let request = camera.request(0, false).unwrap();
    for (bytes, reason) in
        [(&IMAGE[..6], DropReason::NoEoi), (&IMAGE[1..], DropReason::NoSoi), (&[][..], DropReason::NoSoi)]
    {
        let before = camera.stats().dropped(reason);
        assert!(port.arrive(bytes, 1));
        assert!(matches!(camera.poll_frame(&request, 2), FramePoll::Pending { .. }));
        assert_eq!(camera.stats().dropped(reason), before + 1);
    }
    let mut polls = 0;
    let error = loop {
        assert!(port.arrive(&[0xFF], 1), "a buffer got lost");
        match camera.poll_frame(&request, 2) {
            FramePoll::Failed(error) => break error,
            other => assert!(matches!(other, FramePoll::Pending { .. })),
        }
        polls += 1;
        assert!(polls < 100);
    };
    assert!(matches!(error, CameraError::BadFrames { .. }), "{error}");
    assert_eq!(error.code(), 0x107);
    port.arrive(&IMAGE, 5);
    let request = camera.request(5, false).unwrap();
    expect_frame(camera.poll_frame(&request, 5));
}

#[test]
fn overflow_and_broken_transfers_are_reported_as_such() {
    let (mut camera, port) = running();
    let request = camera.request(0, false).unwrap();
    for (faults, reason) in [
        (CaptureFaults { overflow: true, broken: false }, DropReason::Overflow),
        (CaptureFaults { overflow: false, broken: true }, DropReason::Broken),
    ] {
        port.arrive(&IMAGE, 1);
        port.0.borrow_mut().filled.back_mut().unwrap().faults = faults;
        camera.poll_frame(&request, 2);
        assert_eq!(camera.stats().dropped(reason), 1);
    }
}

#[test]
fn timeouts_tell_silence_from_losses() {
    let (mut camera, port) = running();
    let request = camera.request(0, false).unwrap();
    let FramePoll::Failed(silent) = camera.poll_frame(&request, 4_000_000) else {
        panic!("no time-out");
    };
    assert!(silent.to_string().contains("VSYNC"), "{silent}");
    let request = camera.request(0, false).unwrap();
    port.arrive(&[0], 1);
    let FramePoll::Failed(lossy) = camera.poll_frame(&request, 4_000_000) else {
        panic!("no time-out");
    };
    assert!(lossy.to_string().contains("NO-SOI"), "{lossy}");
    assert_eq!(camera.stats().dropped(DropReason::Timeout), 2);
    assert_eq!(camera.last_error(), Some(lossy));
}

#[test]
fn other_sensors_are_named() {
    /// Device address and register, and what it holds.
    type Cell = ((u8, u16), u8);
    let cases: [(&[Cell], &str, u16); 5] = [
        (&[((0x3C, 0x300A), 0x36), ((0x3C, 0x300B), 0x60)], "OV3660", 0x3660),
        (&[((0x3C, 0x300A), 0x56), ((0x3C, 0x300B), 0x40)], "OV5640", 0x5640),
        (&[((0x21, 0x0A), 0x76)], "OV7670", 0x76),
        (&[((0x21, 0x00), 0x9B)], "GC0308", 0x9B),
        (&[((0x2A, 0x3000), 0x12)], "unknown", 0x1200),
    ];
    for (registers, name, id) in cases {
        let port = Port::default();
        port.0.borrow_mut().devices.extend(registers.iter().copied());
        let error = Camera::new(port).init(&config()).unwrap_err();
        assert!(matches!(error, CameraError::UnsupportedSensor { pid, .. } if pid == id), "{error:?}");
        assert_eq!(error.code(), 0x106);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_bus_that_fails_half_way_leaves_the_camera_off() {
    let writes = {
        let (_, port) = running();
        port.0.borrow().writes
    };
    assert!(writes > 200);
    for at in (0..writes).step_by(7) {
        let port = Port::with_sensor();
        port.0.borrow_mut().fail_at = Some(at);
        let mut camera = Camera::new(port.clone());
        let error = camera.init(&config()).unwrap_err();
        assert!([0x105, 0x20002].contains(&error.code()), "{at}: {error}");
        assert!(!camera.is_initialised() && !port.0.borrow().powered);
        port.0.borrow_mut().fail_at = None;
        camera.init(&config()).unwrap();
    }
}

#[test]
fn a_change_that_fails_keeps_the_old_size_or_switches_off() {
    let (mut camera, port) = running();
    port.0.borrow_mut().refuse_start = Some(PortError::Resources);
    // Neither size can be started, so the camera goes off.
    let error = camera.set_frame_size(FrameSize::Vga).unwrap_err();
    assert_eq!(error, CameraError::Port(PortError::Resources));
    assert!(!camera.is_initialised());

    let (mut camera, port) = running();
    let at = port.0.borrow().writes + 5;
    port.0.borrow_mut().fail_at = Some(at);
    assert!(camera.set(Control::Quality, 20).is_ok());
    let before = *camera.config();
    port.0.borrow_mut().fail_at = None;
    let refused = camera.set_frame_size(FrameSize::Qxga).unwrap_err();
    assert_eq!(refused.code(), 0x102);
    assert_eq!(*camera.config(), before);
    port.arrive(&IMAGE, 1);
    let request = camera.request(1, false).unwrap();
    expect_frame(camera.poll_frame(&request, 1));
}

#[test]
fn nothing_works_while_off() {
    let mut camera = Camera::new(Port::with_sensor());
    let off = CameraError::NotInitialised;
    assert_eq!(camera.request(0, false), Err(off));
    assert_eq!(camera.set(Control::Quality, 10), Err(off));
    assert_eq!(camera.get(Control::Quality), Err(off));
    assert_eq!(camera.set_frame_size(FrameSize::Vga), Err(off));
    assert_eq!(camera.set_pixel_format(PixelFormat::Rgb565), Err(off));
    assert_eq!(camera.set_buffering(2, GrabMode::Latest), Err(off));
    assert_eq!(camera.read_register(0x10A), Err(off));
    assert_eq!(camera.write_register(0x10A, 0xFF, 0), Err(off));
    assert_eq!(camera.set_xclk(10_000_000), Err(off));
    assert_eq!(off.code(), 0x103);
    camera.deinit();
    assert_eq!(camera.last_error(), Some(off));
}

#[test]
fn warm_up_passes_over_a_fixed_number() {
    let port = Port::with_sensor();
    let mut camera = Camera::new(port.clone());
    let warm_up = WarmUp::Frames(2);
    camera.init(&CameraConfig { warm_up, ..config() }).unwrap();
    let request = camera.request(0, false).unwrap();
    for at in 1..=2 {
        port.arrive(&IMAGE, at);
        assert!(matches!(camera.poll_frame(&request, at), FramePoll::Pending { .. }));
    }
    port.arrive(&IMAGE, 3);
    assert_eq!(expect_frame(camera.poll_frame(&request, 3)).info().sequence, 3);
}

#[test]
fn every_message_is_one_sentence_of_help() {
    let (mut camera, _) = running();
    let errors = [
        camera.set(Control::Denoise, 0).unwrap_err(),
        camera.set(Control::Contrast, 9).unwrap_err(),
        camera.set_frame_size(FrameSize::Qsxga).unwrap_err(),
        CameraError::FrameBuffers { bytes: 1, psram: 0 },
        CameraError::AlreadyInitialised,
    ];
    for error in errors {
        let text = error.to_string();
        assert!(text.len() > 20 && !text.contains('\n') && !text.contains("  "), "{text}");
    }
}
