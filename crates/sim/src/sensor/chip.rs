//! The chip: pins, registers, and what it measures.

use snakeye_camera::SccbError;
use snakeye_camera::ov2640::regs::{self, sensor};

use super::exposure::{Exposure, Sensitivity};
use super::faults::{Fault, Faults};
use super::registers::Registers;
use super::settings::Settings;

/// After so many frames every control loop has settled, so longer pauses need no more steps.
const SETTLING_FRAMES: u64 = 40;

/// The state of a sensor chip.
pub struct Chip {
    registers: Registers,
    exposure: Exposure,
    faults: Faults,
    powered_down: bool,
    in_reset: bool,
    xclk_hz: u32,
    /// Frames since power-up.
    frame: u64,
    /// What it last saw: mean reflectance.
    mean: f32,
}

impl Chip {
    /// A chip without power.
    pub fn new(faults: Faults) -> Self {
        Self {
            registers: Registers::new(),
            exposure: Exposure::new(),
            faults,
            powered_down: true,
            in_reset: false,
            xclk_hz: 0,
            frame: 0,
            mean: 0.25,
        }
    }

    /// Whether clock, power and reset let it work.
    fn is_alive(&self) -> bool {
        !self.powered_down && !self.in_reset && self.xclk_hz > 0
    }

    fn check(&self, address: u8) -> Result<(), SccbError> {
        if address == regs::ADDRESS && self.is_alive() && !self.faults.has(Fault::NoAck) {
            Ok(())
        } else {
            Err(SccbError::NoAck)
        }
    }

    /// A register write over the bus.
    pub fn write(&mut self, address: u8, reg: u8, value: u8) -> Result<(), SccbError> {
        self.check(address)?;
        self.registers.write(reg, value);
        Ok(())
    }

    /// A register read over the bus.
    pub fn read(&mut self, address: u8, reg: u8) -> Result<u8, SccbError> {
        self.check(address)?;
        let bank = self.registers.read(regs::BANK_SEL);
        let asks_identity = bank == 1 && reg == sensor::PID;
        Ok(if self.faults.has(Fault::NoIdentity) {
            0xFF
        } else if asks_identity && self.faults.has(Fault::WrongChip) {
            0x77
        } else {
            self.registers.read(reg)
        })
    }

    /// The power-down pin.
    pub fn set_power_down(&mut self, down: bool) {
        if self.powered_down && !down {
            self.frame = 0;
            self.exposure = Exposure::new();
        }
        self.powered_down = down;
    }

    /// The reset pin.
    pub fn set_reset(&mut self, asserted: bool) {
        if asserted {
            self.registers = Registers::new();
            self.exposure = Exposure::new();
        }
        self.in_reset = asserted;
    }

    /// The clock.
    pub fn set_xclk(&mut self, hz: u32) {
        self.xclk_hz = hz;
    }

    /// What the registers say now.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::decode(&self.registers, self.xclk_hz);
        settings.active &= self.is_alive() && !self.faults.has(Fault::LostVsync);
        settings
    }

    /// How bright and in which tint the next frame comes out.
    pub fn sensitivity(&self, settings: &Settings) -> Sensitivity {
        self.exposure.sensitivity(&self.registers, settings.white_balance)
    }

    /// The number of the frame that comes next.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// Lets frames pass which nobody received.
    pub fn skip(&mut self, frames: u64, flash: f32) {
        for _ in 0..frames.min(SETTLING_FRAMES) {
            let mean = self.mean;
            self.exposure.step(&mut self.registers, mean, flash);
        }
        self.frame = self.frame.wrapping_add(frames);
    }

    /// Ends a frame which showed this mean reflectance under this flash.
    pub fn finish(&mut self, mean: f32, flash: f32) {
        self.mean = mean;
        self.skip(1, flash);
    }
}
