//! The register file: two banks, and the indirect ports.

use snakeye_camera::ov2640::regs::{self, Bank, dsp, sensor};

/// Values after a reset that matter to the picture. Source: data sheet 1.6, tables 12 and 13.
const SENSOR_DEFAULTS: &[(u8, u8)] = &[
    (sensor::COM1, 0x0F),
    (sensor::REG04, 0x20),
    (sensor::COM2, 0x02),
    (0x0C, 0x38),
    (sensor::COM4, 0x87),
    (sensor::AEC, 0x33),
    (sensor::COM8, 0xC7),
    (sensor::COM9, 0x50),
    (sensor::HSTART, 0x11),
    (sensor::HSTOP, 0x75),
    (sensor::VSTART, 0x01),
    (sensor::VSTOP, 0x97),
    (sensor::AEW, 0x78),
    (sensor::AEB, 0x68),
    (sensor::VV, 0xD4),
];
const DSP_DEFAULTS: &[(u8, u8)] = &[
    (dsp::R_BYPASS, 0x01),
    (dsp::QS, 0x0C),
    (dsp::HSIZE, 0x40),
    (dsp::VSIZE, 0xF0),
    (dsp::CTRL2, 0x0D),
    (dsp::CTRL3, 0x50),
    (dsp::HSIZE8, 0x80),
    (dsp::VSIZE8, 0x60),
    (dsp::CTRL0, 0x0C),
    (dsp::CTRL1, 0xFF),
    (dsp::R_DVP_SP, 0x82),
    (dsp::RESET, 0x04),
];

/// How many indirect colour registers there are.
const SDE_SIZE: usize = 16;

/// All registers. Those which mean nothing here are stored and read back.
#[derive(Clone)]
pub struct Registers {
    bank: Bank,
    dsp: [u8; 256],
    sensor: [u8; 256],
    sde: [u8; SDE_SIZE],
}

impl Registers {
    /// As after power-up.
    pub fn new() -> Self {
        let mut registers = Self { bank: Bank::Dsp, dsp: [0; 256], sensor: [0; 256], sde: [0; SDE_SIZE] };
        registers.reset();
        registers
    }

    fn reset(&mut self) {
        self.dsp = [0; 256];
        self.sensor = [0; 256];
        self.sde = [0; SDE_SIZE];
        for (reg, value) in DSP_DEFAULTS {
            self.dsp[usize::from(*reg)] = *value;
        }
        for (reg, value) in SENSOR_DEFAULTS {
            self.sensor[usize::from(*reg)] = *value;
        }
    }

    /// A write over the bus.
    pub fn write(&mut self, reg: u8, value: u8) {
        match (self.bank, reg) {
            (_, regs::BANK_SEL) => {
                self.bank = if value & 1 != 0 { Bank::Sensor } else { Bank::Dsp };
            }
            (Bank::Dsp, dsp::BPDATA) => {
                let at = self.dsp(dsp::BPADDR);
                self.sde[usize::from(at) % SDE_SIZE] = value;
                self.dsp[usize::from(dsp::BPADDR)] = at.wrapping_add(1);
            }
            (Bank::Dsp, _) => self.dsp[usize::from(reg)] = value,
            (Bank::Sensor, sensor::COM7) if value & sensor::COM7_RESET != 0 => {
                self.reset();
                self.bank = Bank::Sensor;
            }
            (Bank::Sensor, sensor::PID | sensor::VER | sensor::MIDH | sensor::MIDL) => {}
            (Bank::Sensor, _) => self.sensor[usize::from(reg)] = value,
        }
    }

    /// A read over the bus.
    pub fn read(&self, reg: u8) -> u8 {
        match (self.bank, reg) {
            (bank, regs::BANK_SEL) => bank as u8,
            (Bank::Dsp, dsp::BPDATA) => self.sde[usize::from(self.dsp(dsp::BPADDR)) % SDE_SIZE],
            (Bank::Dsp, _) => self.dsp(reg),
            (Bank::Sensor, sensor::PID) => regs::PID_VALUE,
            (Bank::Sensor, sensor::VER) => regs::VER_VALUE,
            (Bank::Sensor, sensor::MIDH) => regs::MIDH_VALUE,
            (Bank::Sensor, sensor::MIDL) => regs::MIDL_VALUE,
            (Bank::Sensor, _) => self.sensor(reg),
        }
    }

    /// A register of the signal processor.
    pub fn dsp(&self, reg: u8) -> u8 {
        self.dsp[usize::from(reg)]
    }

    /// A register of the sensor.
    pub fn sensor(&self, reg: u8) -> u8 {
        self.sensor[usize::from(reg)]
    }

    /// An indirect colour register.
    pub fn sde(&self, index: u8) -> u8 {
        self.sde[usize::from(index) % SDE_SIZE]
    }

    /// What the chip itself writes: exposure, gain, average.
    pub fn set_sensor(&mut self, reg: u8, value: u8) {
        self.sensor[usize::from(reg)] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banks_are_separate_and_the_colour_port_counts_up() {
        let mut registers = Registers::new();
        registers.write(regs::BANK_SEL, 1);
        assert_eq!(registers.read(sensor::PID), 0x26);
        registers.write(0x33, 0x78);
        registers.write(regs::BANK_SEL, 0);
        registers.write(0x33, 0xA0);
        registers.write(dsp::BPADDR, 3);
        registers.write(dsp::BPDATA, 0x48);
        registers.write(dsp::BPDATA, 0x49);
        assert_eq!((registers.sde(3), registers.sde(4)), (0x48, 0x49));
        registers.write(regs::BANK_SEL, 1);
        assert_eq!(registers.read(0x33), 0x78);
        registers.write(sensor::COM7, sensor::COM7_RESET);
        assert_eq!((registers.read(0x33), registers.sde(3)), (0, 0));
        registers.write(regs::BANK_SEL, 0);
        assert_eq!(registers.read(0x33), 0);
    }
}
