#![forbid(unsafe_code)]

mod time;
mod waker;

pub use time::{FrameSignal, TimeSource};
pub use waker::{InterruptHandle, Waker};
