//! Where frames come from: the parallel interface of a chip, or its stand-in on a PC.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::{PixelFormat, SccbBus};

/// What the port has to capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CaptureConfig {
    /// What the buffer is to hold. For [`PixelFormat::Grayscale`] the sensor sends YUV 4:2:2 and
    /// the port keeps the luma bytes only.
    pub format: PixelFormat,
    /// Pixels per line.
    pub width: u16,
    /// Lines per frame.
    pub height: u16,
    /// How many bytes of a submitted buffer may be used. More than that is an overflow.
    pub buffer_size: usize,
}

/// What went wrong while a frame was received. The bytes are handed over all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CaptureFaults {
    /// The frame was longer than the buffer.
    pub overflow: bool,
    /// The transfer stopped before the end of the frame (FIFO overrun, DMA error).
    pub broken: bool,
}

/// A filled buffer. `data.len()` is the number of bytes received; a JPEG may be followed by
/// padding.
#[derive(Debug)]
pub struct RawFrame {
    /// The buffer which was submitted, now holding the frame.
    pub data: Vec<u8>,
    /// When the frame began (VSYNC), in µs on the clock that is given to
    /// [`Camera::poll_frame`](crate::Camera::poll_frame).
    pub timestamp_us: u64,
    /// What went wrong.
    pub faults: CaptureFaults,
}

/// Why capturing could not start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PortError {
    /// The port cannot receive this format or size.
    Unsupported,
    /// DMA channel, descriptors or interface are taken or cannot be had.
    Resources,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsupported => "the port cannot receive this format or size",
            Self::Resources => "no DMA channel or descriptors left",
        })
    }
}

/// Frame reception and the sensor's supply, reset and clock lines.
///
/// Buffers travel by value: [`submit`](Self::submit) hands an empty one to the port,
/// [`poll`](Self::poll) takes it back filled, in the order of the frames. While the port has no
/// buffer, frames pass unrecorded; that is not an error.
pub trait CapturePort {
    /// Begins receiving frames. Called while stopped.
    fn start(&mut self, config: &CaptureConfig) -> Result<(), PortError>;

    /// Ends receiving. Frames not yet taken are discarded. Does nothing while stopped.
    fn stop(&mut self);

    /// Gives back, one at a time, the buffers which the port still owns. Called after
    /// [`stop`](Self::stop).
    fn reclaim(&mut self) -> Option<Vec<u8>>;

    /// Lends an empty buffer (length 0, capacity of at least `buffer_size`) to the port.
    fn submit(&mut self, buffer: Vec<u8>);

    /// Takes the oldest filled buffer, if there is one. Never blocks.
    fn poll(&mut self) -> Option<RawFrame>;

    /// When polling can next bring something, in µs on the board's clock, if the port knows it
    /// (a simulated one in virtual time does; hardware wakes the board by interrupt).
    fn next_frame_us(&self) -> Option<u64> {
        None
    }

    /// Drives the power-down pin: `true` powers the sensor down. No effect without such a pin.
    fn set_power_down(&mut self, down: bool);

    /// Drives the reset pin: `true` holds the sensor in reset. No effect without such a pin.
    fn set_reset(&mut self, asserted: bool);

    /// Sets the clock fed to the sensor, in Hz; 0 stops it.
    fn set_xclk(&mut self, hz: u32);

    /// Waits, only for the short delays of power-up and reset (10 ms at most at a time).
    fn delay_ms(&mut self, ms: u32);
}

/// Everything a [`Camera`](crate::Camera) needs from the platform.
pub trait CameraPort: SccbBus + CapturePort {}

impl<T: SccbBus + CapturePort + ?Sized> CameraPort for T {}

impl<T: CapturePort + ?Sized> CapturePort for Box<T> {
    fn start(&mut self, config: &CaptureConfig) -> Result<(), PortError> {
        (**self).start(config)
    }
    fn stop(&mut self) {
        (**self).stop();
    }
    fn reclaim(&mut self) -> Option<Vec<u8>> {
        (**self).reclaim()
    }
    fn submit(&mut self, buffer: Vec<u8>) {
        (**self).submit(buffer);
    }
    fn poll(&mut self) -> Option<RawFrame> {
        (**self).poll()
    }
    fn next_frame_us(&self) -> Option<u64> {
        (**self).next_frame_us()
    }
    fn set_power_down(&mut self, down: bool) {
        (**self).set_power_down(down);
    }
    fn set_reset(&mut self, asserted: bool) {
        (**self).set_reset(asserted);
    }
    fn set_xclk(&mut self, hz: u32) {
        (**self).set_xclk(hz);
    }
    fn delay_ms(&mut self, ms: u32) {
        (**self).delay_ms(ms);
    }
}
