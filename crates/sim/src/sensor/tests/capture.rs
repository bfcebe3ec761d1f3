//! Frames in time: rates, buffers, faults, threads.

use std::collections::HashSet;

use snakeye_camera::{CameraError, Control, DropReason, FramePoll, FrameSize, GrabMode, PixelFormat};

use super::{Picture, Rig, config};
use crate::TimeSource;
use crate::scene::counter;
use crate::sensor::Fault;

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
    let cases =
        [(Fault::NoAck, 0x105, "0x30"), (Fault::WrongChip, 0x106, "0x77"), (Fault::NoIdentity, 0x20001, "0xff")];
    let mut rig = Rig::moving();
    for (fault, code, mention) in cases {
        rig.faults.set(fault, true);
        let error = rig.camera.init(&config(FrameSize::Qvga)).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(mention), "{error}");
        assert_eq!(rig.camera.last_error(), Some(error));
        assert!(!rig.camera.is_initialised());
        assert_eq!(rig.try_shot(false).unwrap_err(), CameraError::NotInitialised);
        rig.faults.set(fault, false);
        rig.camera.init(&config(FrameSize::Qvga)).unwrap();
        rig.shot();
        rig.camera.deinit();
    }
    let message = {
        rig.faults.set(Fault::NoAck, true);
        rig.camera.init(&config(FrameSize::Qvga)).unwrap_err().to_string()
    };
    assert!(message.contains("SDA=26") && message.contains("ribbon"), "{message}");
}

#[test]
fn a_lost_vsync_times_out_after_four_seconds() {
    let mut rig = Rig::moving().on(FrameSize::Qvga);
    rig.camera.set_buffering(3, GrabMode::WhenEmpty).unwrap();
    rig.faults.set(Fault::LostVsync, true);
    let before = rig.time.now_us();
    let error = rig.try_shot(true).unwrap_err();
    assert_eq!(rig.time.now_us() - before, 4_000_000);
    assert!(matches!(error, CameraError::Timeout { waited_ms: 4000, lost: 0, last: None }), "{error:?}");
    assert_eq!(rig.camera.stats().dropped(DropReason::Timeout), 1);
    rig.faults.set(Fault::LostVsync, false);
    let back = rig.time.now_us();
    // No frame can have begun while there were none.
    assert!(rig.try_shot(false).unwrap().info().timestamp_us >= back);
}

#[test]
fn broken_jpegs_are_dropped_and_counted() {
    let cases = [(Fault::TruncatedJpeg, DropReason::NoEoi), (Fault::LostStart, DropReason::NoSoi)];
    for (fault, reason) in cases {
        let mut rig = Rig::moving().on(FrameSize::Qvga);
        rig.shot();
        rig.faults.set(fault, true);
        let error = rig.try_shot(true).unwrap_err();
        assert!(matches!(error, CameraError::BadFrames { last, .. } if last == reason), "{error}");
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
    for (format, bytes) in
        [(PixelFormat::Grayscale, 19_200), (PixelFormat::Rgb565, 38_400), (PixelFormat::Yuv422, 38_400)]
    {
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
    assert!(matches!(error, CameraError::BadFrames { last: DropReason::WrongSize, .. }), "{error}");
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
        assert_eq!(rig.camera.set(Control::Quality, 10), Err(CameraError::NotInitialised));
        assert_eq!(rig.camera.get(Control::Quality), Err(CameraError::NotInitialised));
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
    let mut rig = Rig::with(TimeSource::simulated(), |options| options.recorded = Some(3));
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
            assert!(at > last && (at - last).is_multiple_of(20_000), "{last} {at}");
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
    let error = rig.camera.set_buffering(slots, GrabMode::Latest).unwrap_err();
    assert_eq!(error.code(), 0x101, "{error}");
    assert!(error.to_string().contains("smaller"));
    assert_eq!(rig.camera.config().slots, 3);
    rig.shot();
}
