//! The driver against the simulated chip.

mod capture;
mod controls;

use snakeye_camera::{Camera, CameraConfig, CameraError, Control, Frame, FramePoll, FrameSize, Wiring};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use super::{Faults, SimCameraOptions, SimCameraPort};
use crate::scene::{AnimatedScene, Canvas, Moment, Scene, View, counter};
use crate::{FrameSignal, Lamp, TimeSource, Waker};

/// The built-in scene at a standstill, so that pictures can be compared.
struct Still(AnimatedScene);

impl Scene for Still {
    fn draw(&mut self, view: &View, _: &Moment, canvas: &mut Canvas) {
        let at = Moment { frame: 1, time_us: 0 };
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
        pixels.map(|p| ((u32::from(p[0]) * 77 + u32::from(p[1]) * 150 + u32::from(p[2]) * 29) >> 8) as u8).collect()
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
