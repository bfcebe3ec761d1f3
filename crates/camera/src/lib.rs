//! Camera sensors, frame buffers and JPEG framing for small boards.
//!
//! The crate knows no Python, no operating system and no chip. It is split by what changes for
//! different reasons:
//!
//! * [`SccbBus`] and [`CapturePort`] are all a platform has to provide: register access, and a
//!   place which fills empty buffers with frames (DMA on a chip, a render thread on a PC).
//! * [`ov2640`] turns sizes, formats and controls into register writes.
//! * [`FramePool`] and [`Frame`] own the frame memory: a frame is handed out without copying and
//!   goes back to the pool when its last handle is dropped.
//! * [`Camera`] is the state machine over the three: power, probe, capture, time-outs, counters,
//!   and errors which say what was tried and what to check.
//!
//! Nothing here blocks for a frame. [`Camera::poll_frame`] either has one or says until when
//! there is nothing to do, so that a scheduler can run something else meanwhile.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod camera;
mod config;
mod control;
mod error;
mod format;
mod frame_size;
pub mod jpeg;
mod known;
mod numbering;
pub mod ov2640;
mod pool;
mod port;
mod probe;
mod sccb;
mod stats;

pub use camera::{Camera, FramePoll, FrameRequest};
pub use config::{CameraConfig, GrabMode, WarmUp, Wiring};
pub use control::{Control, ControlInfo};
pub use error::CameraError;
pub use format::PixelFormat;
pub use frame_size::FrameSize;
pub use known::{KNOWN_SENSORS, KnownSensor};
pub use numbering::Numbering;
pub use pool::{Frame, FrameInfo, FramePool};
pub use port::{CameraPort, CaptureConfig, CaptureFaults, CapturePort, PortError, RawFrame};
pub use sccb::{SccbBus, SccbError};
pub use stats::{CameraStats, DropReason};
