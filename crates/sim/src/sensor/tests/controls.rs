//! What the picture does when a setting changes.

use std::collections::HashSet;

use snakeye_camera::{CameraConfig, CameraError, Control, FrameSize, PixelFormat, WarmUp, jpeg};

use super::{Picture, Rig, config};
use crate::LED_FULL;

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
fn every_control_reads_back() {
    let mut rig = Rig::still().on(FrameSize::Qqvga);
    for control in Control::ALL {
        let info = control.info();
        if matches!(control, Control::Sharpness | Control::Denoise) {
            assert_eq!(rig.camera.set(*control, 0), Err(CameraError::UnsupportedControl(*control)));
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
        let back = i32::from(matches!(control, Control::Awb | Control::AwbGain | Control::Dcw));
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
    (Control::AecValue, &[(Control::Aec, 0), (Control::Agc, 0)], 300, 900),
    (Control::AgcGain, &[(Control::Aec, 0), (Control::AecValue, 300), (Control::Agc, 0)], 0, 3),
    (Control::GainCeiling, &[(Control::Aec, 0), (Control::AecValue, 150)], 0, 2),
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
    let elsewhere = [Control::Sharpness, Control::Denoise, Control::Bpc, Control::Wpc, Control::Aec, Control::Agc];
    for control in Control::ALL {
        assert!(seen.contains(control) || elsewhere.contains(control), "{control:?} is not tested");
    }
}

#[test]
fn automatic_exposure_and_gain_follow_only_while_on() {
    for (control, value) in [(Control::Aec, Control::AecValue), (Control::Agc, Control::AgcGain)] {
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
    assert!(cloudy > sunny && sunny > home + 20.0, "{cloudy} {sunny} {home}");
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
    let cold = CameraConfig { warm_up: WarmUp::None, ..config(FrameSize::Qvga) };
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
    for size in
        [FrameSize::R96x96, FrameSize::Qqvga, FrameSize::Qqvga2, FrameSize::Qvga, FrameSize::Vga, FrameSize::Xga]
    {
        rig.camera.set_frame_size(size).unwrap();
        for quality in [12, 40] {
            rig.set(Control::Quality, quality);
            let first = Picture::of(&rig.shot()).counter();
            let second = Picture::of(&rig.shot()).counter();
            assert!(first.is_some() && second > first, "{size:?}: {first:?} {second:?}");
        }
    }
    rig.set(Control::HMirror, 1);
    rig.set(Control::VFlip, 1);
    assert!(Picture::of(&rig.shot()).counter().is_some());
}
