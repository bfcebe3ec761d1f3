//! OV2640: two megapixels, with a JPEG encoder on the chip.
//!
//! The driver writes registers and nothing else; it keeps no copy of settings, so what a getter
//! says is what the sensor does. Brightness, contrast, saturation and special effect share one
//! enable register; the driver changes only its own bits of it, so that all four hold at once.

mod controls;
pub mod regs;
pub mod tables;
mod window;

use crate::{CameraError, FrameSize, PixelFormat, SccbBus, SccbError};
use regs::{ADDRESS, BANK_SEL, Bank, dsp, sensor};
use tables::Block;
pub use window::{Mode, Window};

/// How long reset, a new size and a new format take to settle.
const SETTLE_MS: u32 = 10;

/// The driver. It owns no bus: every call borrows one.
#[derive(Debug)]
pub struct Ov2640 {
    /// The bank selected on the chip, if known.
    bank: Option<Bank>,
    format: PixelFormat,
    size: FrameSize,
}

/// A bus, and a way to wait.
pub(crate) trait Link: SccbBus {
    /// Waits.
    fn pause_ms(&mut self, ms: u32);
}

impl<T: crate::CameraPort + ?Sized> Link for T {
    fn pause_ms(&mut self, ms: u32) {
        self.delay_ms(ms);
    }
}

fn failed(doing: &'static str) -> impl Fn(SccbError) -> CameraError {
    move |error| CameraError::Sccb { doing, error }
}

impl Default for Ov2640 {
    fn default() -> Self {
        Self::new()
    }
}

impl Ov2640 {
    /// The largest picture.
    pub const MAX_SIZE: FrameSize = FrameSize::Uxga;

    /// A driver for a chip in an unknown state.
    pub fn new() -> Self {
        Self { bank: None, format: PixelFormat::Jpeg, size: FrameSize::Cif }
    }

    /// Whether the sensor can make this size.
    pub fn supports(size: FrameSize) -> bool {
        size.fits(Self::MAX_SIZE.width(), Self::MAX_SIZE.height())
    }

    /// Reads product ID and version, and whether the manufacturer is OmniVision.
    pub fn identify<B: SccbBus + ?Sized>(bus: &mut B) -> Result<([u8; 2], bool), SccbError> {
        bus.write(ADDRESS, BANK_SEL, Bank::Sensor as u8)?;
        let id = [bus.read(ADDRESS, sensor::PID)?, bus.read(ADDRESS, sensor::VER)?];
        let maker = [bus.read(ADDRESS, sensor::MIDH)?, bus.read(ADDRESS, sensor::MIDL)?];
        Ok((id, maker == [regs::MIDH_VALUE, regs::MIDL_VALUE]))
    }

    /// Resets the chip and writes the initial settings. Size and format have to follow.
    pub fn reset<B: crate::CameraPort + ?Sized>(&mut self, bus: &mut B) -> Result<(), CameraError> {
        self.bank = None;
        self.write(bus, Bank::Sensor, sensor::COM7, sensor::COM7_RESET).map_err(failed("reset of the sensor"))?;
        self.bank = None;
        bus.pause_ms(SETTLE_MS);
        self.write_blocks(bus, tables::INIT).map_err(failed("initial set-up of the sensor"))
    }

    /// Sets the output format.
    pub fn set_pixel_format<B: crate::CameraPort + ?Sized>(
        &mut self,
        bus: &mut B,
        format: PixelFormat,
    ) -> Result<(), CameraError> {
        let blocks = match format {
            PixelFormat::Jpeg => tables::FORMAT_JPEG,
            PixelFormat::Rgb565 => tables::FORMAT_RGB565,
            PixelFormat::Grayscale | PixelFormat::Yuv422 => tables::FORMAT_YUV422,
        };
        self.write_blocks(bus, blocks).map_err(failed("setting the pixel format"))?;
        self.format = format;
        bus.pause_ms(SETTLE_MS);
        Ok(())
    }

    /// Sets the picture size: array mode, window, scaling and clocks.
    pub fn set_frame_size<B: crate::CameraPort + ?Sized>(
        &mut self,
        bus: &mut B,
        size: FrameSize,
    ) -> Result<(), CameraError> {
        let Some(window) = Window::for_output(size.width(), size.height()) else {
            return Err(CameraError::UnsupportedFrameSize { size, max: Self::MAX_SIZE });
        };
        self.write_window(bus, &window).map_err(failed("setting the frame size"))?;
        self.size = size;
        bus.pause_ms(SETTLE_MS);
        // The format has to be written again after every change of size.
        self.set_pixel_format(bus, self.format)
    }

    /// The size set last.
    pub fn frame_size(&self) -> FrameSize {
        self.size
    }

    /// The format set last.
    pub fn pixel_format(&self) -> PixelFormat {
        self.format
    }

    fn write_window<B: SccbBus + ?Sized>(&mut self, bus: &mut B, window: &Window) -> Result<(), SccbError> {
        self.write(bus, Bank::Dsp, dsp::R_BYPASS, 0x01)?;
        let mode = match window.mode {
            Mode::Cif => tables::TO_CIF,
            Mode::Svga => tables::TO_SVGA,
            Mode::Uxga => tables::TO_UXGA,
        };
        self.write_blocks(bus, mode)?;
        for (reg, value) in window.registers() {
            self.write(bus, Bank::Dsp, reg, value)?;
        }
        let (clkrc, dvp) = window.mode.clocks(self.format);
        self.write(bus, Bank::Sensor, sensor::CLKRC, clkrc)?;
        self.write(bus, Bank::Dsp, dsp::R_DVP_SP, dvp)?;
        self.write(bus, Bank::Dsp, dsp::R_BYPASS, 0x00)
    }

    /// Whether automatic exposure has reached its target, by the sensor's own measurement.
    /// `true` while exposure is set by hand.
    pub fn exposure_settled<B: SccbBus + ?Sized>(&mut self, bus: &mut B) -> Result<bool, SccbError> {
        /// The loop's own hysteresis, seen from outside.
        const MARGIN: u8 = 6;
        if self.read(bus, Bank::Sensor, sensor::COM8)? & sensor::COM8_AEC == 0 {
            return Ok(true);
        }
        let average = self.read(bus, Bank::Sensor, sensor::YAVG)?;
        let high = self.read(bus, Bank::Sensor, sensor::AEW)?;
        let low = self.read(bus, Bank::Sensor, sensor::AEB)?;
        Ok(average >= low.saturating_sub(MARGIN) && average <= high.saturating_add(MARGIN))
    }

    /// Reads a register.
    pub fn read<B: SccbBus + ?Sized>(&mut self, bus: &mut B, bank: Bank, reg: u8) -> Result<u8, SccbError> {
        self.select(bus, bank)?;
        let value = bus.read(ADDRESS, reg);
        if value.is_err() {
            self.bank = None;
        }
        value
    }

    /// Writes a register.
    pub fn write<B: SccbBus + ?Sized>(&mut self, bus: &mut B, bank: Bank, reg: u8, value: u8) -> Result<(), SccbError> {
        self.select(bus, bank)?;
        let done = bus.write(ADDRESS, reg, value);
        if done.is_err() {
            self.bank = None;
        }
        done
    }

    /// Changes the bits of a register which are set in `mask`.
    pub fn modify<B: SccbBus + ?Sized>(
        &mut self,
        bus: &mut B,
        bank: Bank,
        reg: u8,
        mask: u8,
        value: u8,
    ) -> Result<(), SccbError> {
        let old = self.read(bus, bank, reg)?;
        self.write(bus, bank, reg, (old & !mask) | (value & mask))
    }

    fn select<B: SccbBus + ?Sized>(&mut self, bus: &mut B, bank: Bank) -> Result<(), SccbError> {
        if self.bank != Some(bank) {
            self.bank = None;
            bus.write(ADDRESS, BANK_SEL, bank as u8)?;
            self.bank = Some(bank);
        }
        Ok(())
    }

    fn write_blocks<B: SccbBus + ?Sized>(&mut self, bus: &mut B, blocks: &[Block]) -> Result<(), SccbError> {
        for block in blocks {
            for (reg, values) in block.writes {
                for value in *values {
                    self.write(bus, block.bank, *reg, *value)?;
                }
            }
        }
        Ok(())
    }
}
