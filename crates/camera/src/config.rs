//! How a camera is set up.

use core::fmt;

use crate::{FrameSize, PixelFormat};

/// Which of the frames received so far a capture gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GrabMode {
    /// The oldest: every frame received is seen, at the price of its age.
    WhenEmpty,
    /// The newest, and none older than [`CameraConfig::max_age_us`].
    #[default]
    Latest,
}

/// What to do about the dark first frames after power-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WarmUp {
    /// Hand out the first frame, whatever it looks like.
    None,
    /// Pass over a fixed number of frames.
    Frames(u8),
    /// Pass over frames until the sensor's exposure control has settled, but no more than this.
    Settled {
        /// The most frames to pass over.
        at_most: u8,
    },
}

/// Where the sensor is connected. Used to make messages useful; the port drives the pins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wiring {
    /// SCCB data (SDA, SIOD).
    pub sda: Option<u8>,
    /// SCCB clock (SCL, SIOC).
    pub scl: Option<u8>,
    /// Sensor clock.
    pub xclk: Option<u8>,
    /// Power-down, active high.
    pub pwdn: Option<u8>,
    /// Reset, active low.
    pub reset: Option<u8>,
    /// Frame start.
    pub vsync: Option<u8>,
    /// Bytes of PSRAM, 0 if the board has none.
    pub psram: u32,
}

impl fmt::Display for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pins =
            [("SDA", self.sda), ("SCL", self.scl), ("XCLK", self.xclk), ("PWDN", self.pwdn), ("RESET", self.reset)];
        for (at, (name, pin)) in pins.into_iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            match pin {
                Some(pin) => write!(f, "{gap}{name}={pin}")?,
                None => write!(f, "{gap}{name}=none")?,
            }
        }
        Ok(())
    }
}

/// Everything [`Camera::init`](crate::Camera::init) has to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CameraConfig {
    /// Picture size.
    pub frame_size: FrameSize,
    /// Picture format.
    pub pixel_format: PixelFormat,
    /// JPEG quality, 0 (best) to 63.
    pub quality: u8,
    /// Frame buffers, 1 or more. Three let one be received, one wait and one be in use.
    pub slots: usize,
    /// Which received frame a capture gets.
    pub grab: GrabMode,
    /// Sensor clock in Hz.
    pub xclk_hz: u32,
    /// How to treat the first frames.
    pub warm_up: WarmUp,
    /// With [`GrabMode::Latest`], the greatest age of a frame that was received before it was
    /// asked for, in µs. Buffers fill up while nobody captures, so without a bound the first frame
    /// after a pause would show the past.
    pub max_age_us: u32,
    /// How long a capture waits, in µs.
    pub timeout_us: u32,
    /// Where the sensor is connected.
    pub wiring: Wiring,
}

impl Default for CameraConfig {
    /// XGA JPEG at quality 12 and 20 MHz, as the firmware for these boards starts; time-out 4 s.
    fn default() -> Self {
        Self {
            frame_size: FrameSize::Xga,
            pixel_format: PixelFormat::Jpeg,
            quality: 12,
            slots: 3,
            grab: GrabMode::Latest,
            xclk_hz: 20_000_000,
            warm_up: WarmUp::Settled { at_most: 10 },
            max_age_us: 100_000,
            timeout_us: 4_000_000,
            wiring: Wiring::default(),
        }
    }
}
