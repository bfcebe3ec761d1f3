//! A simulated OV2640.
//!
//! It decodes the very registers which the driver writes, and its picture answers to them: the
//! driver that ships is the driver that is tested. The parts, in the order of the light:
//!
//! 1. [`crate::scene`] paints reflectances for the window that is read out;
//! 2. `exposure` measures and settles exposure, gain and white balance over frames;
//! 3. `tone` turns reflectances into luma and chroma: light, exposure, lens, white balance, gamma,
//!    contrast, effects;
//! 4. `encode` makes JPEG or raw bytes of it, into the buffer which the port was lent;
//! 5. [`SimCameraPort`] times it all, on a thread in real time and inline in virtual time.
//!
//! ```
//! use snakeye_camera::{Camera, CameraConfig, FramePoll};
//! use snakeye_sim::sensor::{SimCameraOptions, SimCameraPort};
//! use snakeye_sim::{FrameSignal, TimeSource, Waker};
//!
//! let time = TimeSource::simulated();
//! let signal = FrameSignal::new(Waker::new()?);
//! let port = SimCameraPort::new(SimCameraOptions::new(time.clone(), signal));
//! let mut camera = Camera::new(port);
//! camera.init(&CameraConfig::default())?;
//! let request = camera.request(time.now_us(), true)?;
//! let frame = loop {
//!     match camera.poll_frame(&request, time.now_us()) {
//!         FramePoll::Ready(frame) => break frame,
//!         FramePoll::Pending { wake_us } => time.advance_to(wake_us),
//!         FramePoll::Failed(error) => return Err(error.into()),
//!     }
//! };
//! assert!(frame.starts_with(&[0xFF, 0xD8]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chip;
mod encode;
mod exposure;
mod faults;
mod port;
mod registers;
mod renderer;
mod settings;
#[cfg(test)]
mod tests;
mod timeline;
mod tone;

pub use faults::{Fault, Faults};
pub use port::{SimCameraOptions, SimCameraPort};
