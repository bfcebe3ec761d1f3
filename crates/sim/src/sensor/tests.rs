//! The driver against the simulated chip.

use std::collections::HashSet;

use snakeye_camera::{
    Camera, CameraConfig, CameraError, Control, DropReason, Frame, FramePoll, FrameSize, GrabMode,
    PixelFormat, WarmUp, Wiring, jpeg,
};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use super::{Fault, Faults, SimCameraOptions, SimCameraPort};
use crate::scene::{AnimatedScene, Canvas, Moment, Scene, View, counter};
use crate::{FrameSignal, LED_FULL, Lamp, TimeSource, Waker};

/// The built-in scene at a standstill, so that pictures can be compared.
struct Still(AnimatedScene);

impl Scene for Still {
    fn draw(&mut self, view: &View, _: &Moment, canvas: &mut Canvas) {
        let at = Moment {
            frame: 1,
            time_us: 0,
        };
        self.0.draw(view, &at, canvas);
    }
}

struct Rig {
    camera: Camera<SimCameraPort>,
    time: TimeSource,
    signal: FrameSignal,
    lamp: Lamp,
    faults: Faults,
}

fn config(frame_size: FrameSize) -> CameraConfig {
    CameraConfig {
        frame_size,
        wiring: Wiring {
            sda: Some(26),
            scl: Some(27),
            xclk: Some(0),
            pwdn: Some(32),
            psram: 4 << 20,
            ..Wiring::default()
        },
        ..CameraConfig::default()
    }
}

impl Rig {
    fn with(time: TimeSource, change: impl FnOnce(&mut SimCameraOptions)) -> Self {
        let signal = FrameSignal::new(Waker::new().unwrap());
        let mut options = SimCameraOptions::new(time.clone(), signal.clone());
        change(&mut options);
        Self {
            lamp: options.lamp.clone(),
            faults: options.faults.clone(),
            camera: Camera::new(SimCameraPort::new(options)),
            time,
            signal,
        }
    }

    fn moving() -> Self {
        Self::with(TimeSource::simulated(), |_| {})
    }

    fn still() -> Self {
        Self::with(TimeSource::simulated(), |options| {
            options.scene = Box::new(Still(AnimatedScene::new()));
        })
    }

    fn on(mut self, size: FrameSize) -> Self {
        self.camera.init(&config(size)).unwrap();
        self
    }

    fn try_shot(&mut self, fresh: bool) -> Result<Frame, CameraError> {
        let request = self.camera.request(self.time.now_us(), fresh)?;
        loop {
            match self.camera.poll_frame(&request, self.time.now_us()) {
                FramePoll::Ready(frame) => return Ok(frame),
                FramePoll::Failed(error) => return Err(error),
                FramePoll::Pending { wake_us } if self.time.is_virtual() => {
                    // What the board is told agrees with what the waiting program is told.
                    let next = self.signal.next_us().unwrap_or(u64::MAX);
                    assert!(wake_us <= next && wake_us > self.time.now_us());
                    self.time.advance_to(wake_us);
                }
                FramePoll::Pending { .. } => std::thread::yield_now(),
            }
        }
    }

    fn shot(&mut self) -> Frame {
        self.try_shot(true).unwrap()
    }

    fn set(&mut self, control: Control, value: i32) {
        self.camera.set(control, value).unwrap();
    }

    /// A picture after exposure has had time to follow.
    fn settled(&mut self) -> Picture {
        for _ in 0..11 {
            self.shot();
        }
        Picture::of(&self.shot())
    }
}

struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    fn of(frame: &Frame) -> Self {
        let mut decoder = JpegDecoder::new(ZCursor::new(&frame[..]));
        let rgb = decoder.decode().unwrap();
        let (width, height) = decoder.dimensions().unwrap();
        assert_eq!(rgb.len(), width * height * 3);
        Self { width, height, rgb }
    }

    fn luma(&self) -> Vec<u8> {
        let pixels = self.rgb.chunks_exact(3);
        pixels
            .map(|p| {
                ((u32::from(p[0]) * 77 + u32::from(p[1]) * 150 + u32::from(p[2]) * 29) >> 8) as u8
            })
            .collect()
    }

    fn mean(&self) -> f64 {
        let luma = self.luma();
        luma.iter().map(|v| f64::from(*v)).sum::<f64>() / luma.len() as f64
    }

    /// The mean of red, green, blue.
    fn means(&self) -> [f64; 3] {
        let count = (self.rgb.len() / 3) as f64;
        [0, 1, 2].map(|c| {
            let channel = self.rgb.iter().skip(c).step_by(3);
            channel.map(|v| f64::from(*v)).sum::<f64>() / count
        })
    }

    fn counter(&self) -> Option<u16> {
        counter::read(&self.luma(), self.width, self.height)
    }

    /// The mean difference per byte.
    fn difference(&self, other: &Self) -> f64 {
        assert_eq!(self.rgb.len(), other.rgb.len());
        let pairs = self.rgb.iter().zip(&other.rgb);
        pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / self.rgb.len() as f64
    }
}

#[test]
fn every_size_arrives_as_asked_and_larger_ones_are_refused() {
    let mut rig = Rig::moving().on(FrameSize::Qvga);
    let mut made = 0;
    for size in FrameSize::ALL {
        let asked = (size.width(), size.height());
        match rig.camera.set_frame_size(*size) {
            Ok(()) => {
                let frame = rig.shot();
                assert_eq!(jpeg::dimensions(&frame), Some(asked), "{size:?}");
                assert_eq!((frame.info().width, frame.info().height), asked);
                assert!(frame.ends_with(&[0xFF, 0xD9]));
                made += 1;
            }
            Err(error) => {
                assert!(asked.0 > 1600 || asked.1 > 1200, "{size:?}: {error}");
                assert_eq!(error.code(), 0x102);
                // The old size goes on working.
                rig.shot();
            }
        }
    }
    assert_eq!(made, 17);
}

#[test]
fn byte_counts_behave_like_the_chip() {
    let mut rig = Rig::moving().on(FrameSize::Svga);
    let mut last = usize::MAX;
    for quality in [5, 8, 12, 20, 30, 45, 63] {
        rig.set(Control::Quality, quality);
        let bytes = rig.shot().len();
        assert!(bytes < last, "quality {quality}: {bytes} not below {last}");
        if quality == 12 {
            assert!((25_000..48_000).contains(&bytes), "SVGA: {bytes}");
        }
        last = bytes;
    }
    rig.set(Control::Quality, 12);
    rig.camera.set_frame_size(FrameSize::Uxga).unwrap();
    let bytes = rig.shot().len();
    assert!((90_000..200_000).contains(&bytes), "UXGA: {bytes}");
}

#[test]
fn a_jpeg_which_outgrows_its_buffer_is_an_overflow() {
    let mut rig = Rig::moving().on(FrameSize::Svga);
    rig.set(Control::Quality, 0);
    let error = rig.try_shot(true).unwrap_err();
    let CameraError::BadFrames { last, buffer, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((last, buffer), (DropReason::Overflow, 96_000));
    assert!(rig.camera.stats().dropped(DropReason::Overflow) >= 20);
    assert!(error.to_string().contains("higher quality number"));
    rig.set(Control::Quality, 12);
    rig.shot();
}

#[test]
fn every_control_reads_back() {
    let mut rig = Rig::still().on(FrameSize::Qqvga);
    for control in Control::ALL {
        let info = control.info();
        if matches!(control, Control::Sharpness | Control::Denoise) {
            assert_eq!(
                rig.camera.set(*control, 0),
                Err(CameraError::UnsupportedControl(*control))
            );
            continue;
        }
        // Automatic control would overwrite these at once.
        rig.set(Control::Aec, 0);
        rig.set(Control::Agc, 0);
        let step = ((info.max - info.min) / 40).max(1) as usize;
        for value in (info.min..=info.max).step_by(step) {
            rig.set(*control, value);
            assert_eq!(rig.camera.get(*control), Ok(value), "{}", info.name);
        }
        for value in [info.min - 1, info.max + 1] {
            let control = *control;
            let refused = rig.camera.set(control, value);
            assert_eq!(refused, Err(CameraError::BadValue { control, value }));
        }
        let back = i32::from(matches!(
            control,
            Control::Awb | Control::AwbGain | Control::Dcw
        ));
        rig.set(*control, back.max(info.min));
    }
}

#[test]
fn colour_controls_hold_together() {
    let mut rig = Rig::still().on(FrameSize::Qqvga);
    let all = [
        (Control::Brightness, 2),
        (Control::Contrast, -1),
        (Control::Saturation, 1),
        (Control::SpecialEffect, 1),
        (Control::AeLevel, -2),
        (Control::WbMode, 3),
    ];
    for (control, value) in all {
        rig.set(control, value);
    }
    for (control, value) in all {
        assert_eq!(rig.camera.get(control), Ok(value), "{control:?}");
    }
}

/// For each control: what has to be set first, and two values which have to look different.
type Contrast = (Control, &'static [(Control, i32)], i32, i32);

const CONTRASTS: &[Contrast] = &[
    (Control::Quality, &[], 10, 63),
    (Control::Brightness, &[], 0, 1),
    (Control::Brightness, &[], 0, -2),
    (Control::Contrast, &[], 0, 2),
    (Control::Contrast, &[], 0, -2),
    (Control::Saturation, &[], 0, 2),
    (Control::Saturation, &[], 0, -2),
    (Control::SpecialEffect, &[], 0, 1),
    (Control::SpecialEffect, &[], 0, 2),
    (Control::SpecialEffect, &[], 2, 3),
    (Control::SpecialEffect, &[], 3, 4),
    (Control::SpecialEffect, &[], 4, 5),
    (Control::SpecialEffect, &[], 5, 6),
    (Control::WbMode, &[], 1, 2),
    (Control::WbMode, &[], 2, 3),
    (Control::WbMode, &[], 3, 4),
    (Control::Awb, &[], 1, 0),
    (Control::AwbGain, &[], 1, 0),
    (Control::Aec, &[(Control::AeLevel, -2)], 1, 1),
    (Control::Aec2, &[], 1, 0),
    (Control::AeLevel, &[], 0, 2),
    (Control::AeLevel, &[], 0, -2),
    (
        Control::AecValue,
        &[(Control::Aec, 0), (Control::Agc, 0)],
        300,
        900,
    ),
    (
        Control::AgcGain,
        &[
            (Control::Aec, 0),
            (Control::AecValue, 300),
            (Control::Agc, 0),
        ],
        0,
        3,
    ),
    (
        Control::GainCeiling,
        &[(Control::Aec, 0), (Control::AecValue, 150)],
        0,
        2,
    ),
    (Control::RawGamma, &[], 1, 0),
    (Control::LensCorrection, &[], 1, 0),
    (Control::HMirror, &[], 0, 1),
    (Control::VFlip, &[], 0, 1),
    (Control::Dcw, &[], 1, 0),
    (Control::ColorBar, &[], 0, 1),
];

#[test]
fn every_control_changes_the_picture() {
    let mut seen = HashSet::new();
    for (control, before, one, other) in CONTRASTS {
        if one == other {
            continue;
        }
        let mut rig = Rig::still().on(FrameSize::Qvga);
        for (control, value) in *before {
            rig.set(*control, *value);
        }
        rig.set(*control, *one);
        let first = rig.settled();
        let again = rig.settled();
        rig.set(*control, *other);
        let changed = rig.settled();
        let noise = first.difference(&again);
        let difference = first.difference(&changed);
        assert!(
            difference > noise + 1.0 && difference > noise * 1.8,
            "{control:?} {one} to {other}: {difference:.2}, noise {noise:.2}"
        );
        seen.insert(*control);
    }
    // Those which need a look of their own are tested below.
    let elsewhere = [
        Control::Sharpness,
        Control::Denoise,
        Control::Bpc,
        Control::Wpc,
        Control::Aec,
        Control::Agc,
    ];
    for control in Control::ALL {
        assert!(
            seen.contains(control) || elsewhere.contains(control),
            "{control:?} is not tested"
        );
    }
}

#[test]
fn automatic_exposure_and_gain_follow_only_while_on() {
    for (control, value) in [
        (Control::Aec, Control::AecValue),
        (Control::Agc, Control::AgcGain),
    ] {
        let mut rig = Rig::still().on(FrameSize::Qqvga);
        // The other one by hand, so that only this one can follow.
        let (other, fixed) = match control {
            Control::Aec => (Control::Agc, (Control::AgcGain, 3)),
            _ => (Control::Aec, (Control::AecValue, 400)),
        };
        rig.set(other, 0);
        rig.set(fixed.0, fixed.1);
        rig.set(control, 0);
        rig.set(value, 2);
        let off = rig.settled().mean();
        assert_eq!(rig.camera.get(value), Ok(2), "{control:?} moved while off");
        rig.set(control, 1);
        let on = rig.settled().mean();
        assert!((on - off).abs() > 10.0, "{control:?}: {off:.1} to {on:.1}");
    }
}

#[test]
fn dead_pixels_show_when_their_correction_is_off() {
    let mut rig = Rig::still().on(FrameSize::Svga);
    rig.camera.set_pixel_format(PixelFormat::Grayscale).unwrap();
    rig.set(Control::Bpc, 1);
    rig.shot();
    let clean = rig.shot();
    for (control, expected) in [(Control::Wpc, 6), (Control::Bpc, 3)] {
        rig.set(control, 0);
        let dotted = rig.shot();
        let pairs = clean.iter().zip(dotted.iter());
        let dots = pairs.filter(|(a, b)| a.abs_diff(**b) > 50).count();
        assert!((expected..20).contains(&dots), "{control:?}: {dots}");
        rig.set(control, 1);
    }
}

#[test]
fn mirror_and_flip_turn_the_picture() {
    let mut rig = Rig::still().on(FrameSize::Qvga);
    let upright = rig.settled();
    rig.set(Control::HMirror, 1);
    rig.set(Control::VFlip, 1);
    let mut turned = rig.settled();
    let mut pixels: Vec<[u8; 3]> = turned.rgb.as_chunks().0.to_vec();
    pixels.reverse();
    turned.rgb = pixels.into_flattened();
    assert!(upright.difference(&turned) < 6.0);
}

#[test]
fn white_balance_modes_tint_as_named() {
    let mut rig = Rig::still().on(FrameSize::Qqvga);
    let warmth = |rig: &mut Rig, control, value| {
        rig.set(control, value);
        let [red, _, blue] = rig.settled().means();
        red - blue
    };
    let sunny = warmth(&mut rig, Control::WbMode, 1);
    let cloudy = warmth(&mut rig, Control::WbMode, 2);
    let home = warmth(&mut rig, Control::WbMode, 4);
    assert!(
        cloudy > sunny && sunny > home + 20.0,
        "{cloudy} {sunny} {home}"
    );
    let auto = warmth(&mut rig, Control::WbMode, 0);
    assert!((auto - sunny).abs() < 3.0, "{auto} {sunny}");
    rig.set(Control::Awb, 0);
    let [red, green, blue] = rig.settled().means();
    assert!(green > red && green > blue, "uncorrected is green");
}

#[test]
fn the_flash_lights_the_scene() {
    let mut rig = Rig::still().on(FrameSize::Qvga);
    let dark = rig.settled().mean();
    rig.lamp.set_brightness(LED_FULL);
    let first = Picture::of(&rig.shot()).mean();
    let lit = rig.settled().mean();
    rig.lamp.set_brightness(LED_FULL / 3);
    let dimmed = rig.settled().mean();
    rig.lamp.set_brightness(0);
    let off = rig.settled().mean();
    assert!(first > dark + 15.0, "{dark:.1} to {first:.1}");
    assert!(lit > dark + 6.0, "{dark:.1} to {lit:.1} when settled");
    assert!(dimmed > dark + 1.5 && dimmed < lit - 1.5, "{dimmed:.1}");
    assert!((off - dark).abs() < 3.0);
}

#[test]
fn first_frames_are_dark_unless_warmed_up() {
    let cold = CameraConfig {
        warm_up: WarmUp::None,
        ..config(FrameSize::Qvga)
    };
    let mut rig = Rig::still();
    rig.camera.init(&cold).unwrap();
    let first = Picture::of(&rig.shot()).mean();
    let settled = rig.settled().mean();
    assert!(first < settled * 0.6, "{first:.1} {settled:.1}");

    let mut rig = Rig::still().on(FrameSize::Qvga);
    let warm = Picture::of(&rig.shot()).mean();
    assert!((warm - settled).abs() < 12.0, "{warm:.1} {settled:.1}");
    assert!(rig.camera.stats().stale > 0);
}

#[test]
fn the_counter_reads_at_every_size_and_counts() {
    let mut rig = Rig::moving().on(FrameSize::R96x96);
    for size in [
        FrameSize::R96x96,
        FrameSize::Qqvga,
        FrameSize::Qqvga2,
        FrameSize::Qvga,
        FrameSize::Vga,
        FrameSize::Xga,
    ] {
        rig.camera.set_frame_size(size).unwrap();
        for quality in [12, 40] {
            rig.set(Control::Quality, quality);
            let first = Picture::of(&rig.shot()).counter();
            let second = Picture::of(&rig.shot()).counter();
            assert!(
                first.is_some() && second > first,
                "{size:?}: {first:?} {second:?}"
            );
        }
    }
    rig.set(Control::HMirror, 1);
    rig.set(Control::VFlip, 1);
    assert!(Picture::of(&rig.shot()).counter().is_some());
}

#[test]
fn frame_rates_follow_size_and_clock() {
    let mut rig = Rig::moving().on(FrameSize::Svga);
    let interval = |rig: &mut Rig| {
        rig.camera.set_buffering(3, GrabMode::WhenEmpty).unwrap();
        let first = rig.try_shot(false).unwrap().info().timestamp_us;
        rig.try_shot(false).unwrap().info().timestamp_us - first
    };
    assert_eq!(interval(&mut rig), 40_000);
    rig.camera.set_frame_size(FrameSize::Uxga).unwrap();
    assert_eq!(interval(&mut rig), 80_000);
    rig.camera.set_frame_size(FrameSize::Qvga).unwrap();
    assert_eq!(interval(&mut rig), 20_000);
    rig.camera.set_xclk(10_000_000).unwrap();
    assert_eq!(interval(&mut rig), 40_000);
}

#[test]
fn faults_give_typed_errors_and_go_away() {
    let cases = [
        (Fault::NoAck, 0x105, "0x30"),
        (Fault::WrongChip, 0x106, "0x77"),
        (Fault::NoIdentity, 0x20001, "0xff"),
    ];
    let mut rig = Rig::moving();
    for (fault, code, mention) in cases {
        rig.faults.set(fault, true);
        let error = rig.camera.init(&config(FrameSize::Qvga)).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(mention), "{error}");
        assert_eq!(rig.camera.last_error(), Some(error));
        assert!(!rig.camera.is_initialised());
        assert_eq!(
            rig.try_shot(false).unwrap_err(),
            CameraError::NotInitialised
        );
        rig.faults.set(fault, false);
        rig.camera.init(&config(FrameSize::Qvga)).unwrap();
        rig.shot();
        rig.camera.deinit();
    }
    let message = {
        rig.faults.set(Fault::NoAck, true);
        rig.camera
            .init(&config(FrameSize::Qvga))
            .unwrap_err()
            .to_string()
    };
    assert!(
        message.contains("SDA=26") && message.contains("ribbon"),
        "{message}"
    );
}

#[test]
fn a_lost_vsync_times_out_after_four_seconds() {
    let mut rig = Rig::moving().on(FrameSize::Qvga);
    rig.shot();
    rig.faults.set(Fault::LostVsync, true);
    let before = rig.time.now_us();
    let error = rig.try_shot(true).unwrap_err();
    assert_eq!(rig.time.now_us() - before, 4_000_000);
    assert!(
        matches!(
            error,
            CameraError::Timeout {
                waited_ms: 4000,
                lost: 0,
                last: None
            }
        ),
        "{error:?}"
    );
    assert_eq!(rig.camera.stats().dropped(DropReason::Timeout), 1);
    rig.faults.set(Fault::LostVsync, false);
    rig.shot();
}

#[test]
fn broken_jpegs_are_dropped_and_counted() {
    let cases = [
        (Fault::TruncatedJpeg, DropReason::NoEoi),
        (Fault::LostStart, DropReason::NoSoi),
    ];
    for (fault, reason) in cases {
        let mut rig = Rig::moving().on(FrameSize::Qvga);
        rig.shot();
        rig.faults.set(fault, true);
        let error = rig.try_shot(true).unwrap_err();
        assert!(
            matches!(error, CameraError::BadFrames { last, .. } if last == reason),
            "{error}"
        );
        rig.faults.set(fault, false);
        rig.shot();
        assert!(rig.camera.stats().dropped(reason) >= 20);
    }
}

#[test]
fn held_frames_survive_and_dropping_one_frees_its_slot() {
    let mut rig = Rig::moving().on(FrameSize::Qvga);
    let held: Vec<_> = (0..3).map(|_| rig.shot()).collect();
    let copies: Vec<_> = held.iter().map(|frame| frame.to_vec()).collect();
    assert!(rig.camera.pool().all_held());
    let error = rig.try_shot(false).unwrap_err();
    assert_eq!(error, CameraError::NoFreeSlot { slots: 3 });
    let mut held = held.into_iter();
    drop(held.next());
    for _ in 0..5 {
        rig.shot();
    }
    rig.camera.set_frame_size(FrameSize::Vga).unwrap();
    rig.shot();
    rig.camera.deinit();
    let kept: Vec<_> = held.collect();
    for (frame, copy) in kept.iter().zip(&copies[1..]) {
        assert_eq!(&frame[..], &copy[..]);
    }
    assert_ne!(copies[1], copies[2]);
}

#[test]
fn captures_do_not_give_stale_frames() {
    let mut rig = Rig::moving().on(FrameSize::Qvga);
    rig.shot();
    let later = rig.time.now_us() + 10_000_000;
    rig.time.advance_to(later);
    let frame = rig.try_shot(false).unwrap();
    assert!(frame.info().timestamp_us + 100_000 >= later);
    let asked = rig.time.now_us();
    assert!(rig.shot().info().timestamp_us >= asked);
    // Every frame is wanted: the oldest first.
    rig.camera.set_buffering(3, GrabMode::WhenEmpty).unwrap();
    let later = rig.time.now_us() + 10_000_000;
    rig.time.advance_to(later);
    assert!(rig.try_shot(false).unwrap().info().timestamp_us < later - 9_000_000);
}

#[test]
fn raw_formats_have_exact_lengths() {
    let mut rig = Rig::moving().on(FrameSize::Qqvga);
    for (format, bytes) in [
        (PixelFormat::Grayscale, 19_200),
        (PixelFormat::Rgb565, 38_400),
        (PixelFormat::Yuv422, 38_400),
    ] {
        rig.camera.set_pixel_format(format).unwrap();
        let frame = rig.shot();
        assert_eq!((frame.len(), frame.info().format), (bytes, format));
        let mut distinct: Vec<u8> = frame.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() > 60, "{format:?} shows nothing");
    }
    // Luma is the picture's brightness in both.
    rig.camera.set_pixel_format(PixelFormat::Grayscale).unwrap();
    assert!(counter::read(&rig.shot(), 160, 120).is_some());
    // A size changed behind the driver's back.
    rig.camera.write_register(0x05A, 0xFF, 20).unwrap();
    let error = rig.try_shot(true).unwrap_err();
    assert!(
        matches!(
            error,
            CameraError::BadFrames {
                last: DropReason::WrongSize,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn init_and_deinit_are_idempotent() {
    let mut rig = Rig::moving();
    rig.camera.deinit();
    for _ in 0..3 {
        rig.camera.init(&config(FrameSize::Qvga)).unwrap();
        rig.camera.init(&config(FrameSize::Qvga)).unwrap();
        rig.shot();
        rig.camera.deinit();
        rig.camera.deinit();
        assert_eq!(
            rig.camera.set(Control::Quality, 10),
            Err(CameraError::NotInitialised)
        );
        assert_eq!(
            rig.camera.get(Control::Quality),
            Err(CameraError::NotInitialised)
        );
    }
    // Another configuration starts anew.
    rig.camera.init(&config(FrameSize::Qvga)).unwrap();
    rig.set(Control::Brightness, 2);
    rig.camera.init(&config(FrameSize::Vga)).unwrap();
    assert_eq!(rig.camera.get(Control::Brightness), Ok(0));
    assert_eq!(rig.shot().info().width, 640);
}

#[test]
fn virtual_time_repeats_exactly() {
    let run = || {
        let mut rig = Rig::moving().on(FrameSize::Qvga);
        let frames: Vec<_> = (0..4).map(|_| rig.shot().to_vec()).collect();
        (frames, rig.time.now_us())
    };
    assert!(run() == run());
}

#[test]
fn a_recording_repeats_and_starts_anew_with_settings() {
    let mut rig = Rig::with(TimeSource::simulated(), |options| {
        options.recorded = Some(3)
    });
    rig.camera.init(&config(FrameSize::Qvga)).unwrap();
    rig.settled();
    let frames: HashSet<Vec<u8>> = (0..12).map(|_| rig.shot().to_vec()).collect();
    assert_eq!(frames.len(), 3);
    rig.set(Control::SpecialEffect, 1);
    rig.shot();
    assert!(!frames.contains(&rig.shot().to_vec()));
}

#[test]
fn in_real_time_a_thread_delivers_on_the_sensors_grid() {
    let mut rig = Rig::with(TimeSource::real(), |_| {}).on(FrameSize::Qqvga);
    rig.camera.set_buffering(3, GrabMode::WhenEmpty).unwrap();
    let mut last = None;
    for _ in 0..8 {
        let frame = rig.try_shot(false).unwrap();
        let at = frame.info().timestamp_us;
        if let Some(last) = last {
            assert!(
                at > last && (at - last).is_multiple_of(20_000),
                "{last} {at}"
            );
        }
        last = Some(at);
        assert!(Picture::of(&frame).counter().is_some());
    }
    // Stopping and starting again joins and spawns threads; nothing is lost on the way.
    for size in [FrameSize::Qvga, FrameSize::Qqvga, FrameSize::Vga] {
        rig.camera.set_frame_size(size).unwrap();
        assert_eq!(rig.shot().info().width, size.width());
    }
    rig.camera.deinit();
    assert!(!rig.signal.is_ready(0));
}

#[test]
fn in_real_time_a_finished_frame_wakes_the_board() {
    let mut rig = Rig::with(TimeSource::real(), |_| {}).on(FrameSize::Qqvga);
    let request = rig.camera.request(rig.time.now_us(), false).unwrap();
    loop {
        while !rig.signal.is_ready(0) {
            std::thread::yield_now();
        }
        match rig.camera.poll_frame(&request, rig.time.now_us()) {
            FramePoll::Ready(_) => break,
            FramePoll::Pending { .. } => {}
            FramePoll::Failed(error) => panic!("{error}"),
        }
    }
}

#[test]
fn without_memory_the_error_names_the_remedy_and_the_old_setting_stays() {
    let mut rig = Rig::moving().on(FrameSize::Qvga);
    let slots = usize::MAX;
    let error = rig
        .camera
        .set_buffering(slots, GrabMode::Latest)
        .unwrap_err();
    assert_eq!(error.code(), 0x101, "{error}");
    assert!(error.to_string().contains("smaller"));
    assert_eq!(rig.camera.config().slots, 3);
    rig.shot();
}
