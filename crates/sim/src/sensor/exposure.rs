//! Automatic exposure, gain and white balance, one step per frame.

use snakeye_camera::ov2640::regs::{dsp, sensor};

use super::registers::Registers;
use super::settings::WhiteBalance;

/// The longest exposure, in lines of the full array.
const MAX_LINES: f32 = 1248.0;
/// Exposure (lines times gain) at which a picture looks as the scene was painted. It lies a little
/// above one full exposure: the scene is an evening, so gain comes into play.
const REFERENCE: f32 = MAX_LINES * 1.3;
/// How the measured average relates to mean reflectance. With it, the built-in scene at the
/// middle of the default target is exposed as painted.
const METER: f32 = 0.95;
/// Of the flash's light, what the meter sees: it lights the near middle, the meter sees all.
const METERED_FLASH: f32 = 0.15;
/// The sensor's response to red and blue, relative to green, under this scene's light.
const RESPONSE: [f32; 3] = [0.74, 1.0, 0.70];
/// The manual gains (red, green, blue) which make this scene's light neutral: mode "sunny".
const NEUTRAL_GAINS: [f32; 3] = [94.0, 65.0, 84.0];

/// The state of white balance; exposure and gain live in registers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Exposure {
    balance: [f32; 3],
}

/// By what each colour of the scene is multiplied, before the flash.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sensitivity {
    /// Red, green, blue.
    pub factors: [f32; 3],
    /// Analogue gain, which sets the noise.
    pub gain: f32,
}

impl Exposure {
    /// As after power-up: no gains yet.
    pub fn new() -> Self {
        Self { balance: [1.0; 3] }
    }

    /// What the registers and the state of white balance amount to.
    pub fn sensitivity(&self, registers: &Registers, balance: WhiteBalance) -> Sensitivity {
        let gain = gain(registers);
        let factor = lines(registers) * gain / REFERENCE;
        let gains = match balance {
            WhiteBalance::Auto => self.balance,
            WhiteBalance::Off => [1.0; 3],
            WhiteBalance::Manual(gains) => {
                let relative = |at: usize| f32::from(gains[at]) / NEUTRAL_GAINS[at];
                let green = relative(1).max(0.1);
                [0, 1, 2].map(|at| relative(at) / green / RESPONSE[at])
            }
        };
        Sensitivity { factors: [0, 1, 2].map(|at| factor * RESPONSE[at] * gains[at]), gain }
    }

    /// One frame: measures, and moves towards the target.
    ///
    /// `mean` is the mean linear reflectance of the picture, `flash` the flash's light relative to
    /// the scene's own.
    pub fn step(&mut self, registers: &mut Registers, mean: f32, flash: f32) {
        let (old_lines, old_gain) = (lines(registers), gain(registers));
        let light = mean * (1.0 + METERED_FLASH * flash) * METER;
        let average = (255.0 * light * old_lines * old_gain / REFERENCE).clamp(1.0, 255.0);
        registers.set_sensor(sensor::YAVG, average as u8);
        let com8 = registers.sensor(sensor::COM8);
        let (aec, agc) = (com8 & sensor::COM8_AEC != 0, com8 & sensor::COM8_AGC != 0);
        // Exposure control by the signal processor (bit clear) aims a little higher.
        let bias = if registers.dsp(dsp::CTRL0) & 0x40 == 0 { 1.0 } else { 0.85 };
        let low = f32::from(registers.sensor(sensor::AEB)) * bias;
        let high = f32::from(registers.sensor(sensor::AEW)) * bias;
        if (average < low || average > high) && (aec || agc) {
            let target = ((low + high) / 2.0).max(1.0);
            let wanted = old_lines.max(1.0) * old_gain * (target / average).powf(0.7);
            let ceiling = (2u32 << (registers.sensor(sensor::COM9) >> 5).min(6)) as f32;
            // Exposure first, since gain adds noise.
            let lines = if aec {
                let share = if agc { wanted } else { wanted / old_gain };
                share.clamp(1.0, MAX_LINES)
            } else {
                old_lines.max(1.0)
            };
            if aec {
                set_lines(registers, lines);
            }
            if agc {
                set_gain(registers, (wanted / lines).clamp(1.0, ceiling));
            }
        }
        for (now, response) in self.balance.iter_mut().zip(RESPONSE) {
            *now += (1.0 / response - *now) * 0.5;
            // Settled means settled: otherwise no two frames would be processed alike.
            if (1.0 / response - *now).abs() < 0.01 {
                *now = 1.0 / response;
            }
        }
    }
}

fn lines(registers: &Registers) -> f32 {
    let high = u32::from(registers.sensor(sensor::REG45) & sensor::REG45_AEC);
    let middle = u32::from(registers.sensor(sensor::AEC));
    let low = u32::from(registers.sensor(sensor::REG04) & sensor::REG04_AEC);
    ((high << 10 | middle << 2 | low) as f32).min(MAX_LINES)
}

fn set_lines(registers: &mut Registers, lines: f32) {
    let lines = lines as u32;
    let keep = |registers: &Registers, reg: u8, mask: u8| registers.sensor(reg) & !mask;
    let low = keep(registers, sensor::REG04, sensor::REG04_AEC) | (lines & 3) as u8;
    let high = keep(registers, sensor::REG45, sensor::REG45_AEC) | (lines >> 10) as u8;
    registers.set_sensor(sensor::REG04, low);
    registers.set_sensor(sensor::AEC, (lines >> 2) as u8);
    registers.set_sensor(sensor::REG45, high);
}

/// The gain: a fraction of 16ths, doubled by each of the four high bits. Source: register 00.
fn gain(registers: &Registers) -> f32 {
    let code = registers.sensor(sensor::GAIN);
    let fraction = 1.0 + f32::from(code & 0x0F) / 16.0;
    fraction * (1u32 << (code >> 4).count_ones()) as f32
}

fn set_gain(registers: &mut Registers, gain: f32) {
    let doublings = (gain.max(1.0) as u32).ilog2().min(4);
    let fraction = gain / (1u32 << doublings) as f32 - 1.0;
    let code = ((1u32 << doublings) - 1) << 4 | (fraction * 16.0).clamp(0.0, 15.0) as u32;
    registers.set_sensor(sensor::GAIN, code as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_init() -> Registers {
        let mut registers = Registers::new();
        for (reg, value) in [(sensor::COM8, 0xE5), (sensor::COM9, 0x08), (sensor::AEW, 0x40), (sensor::AEB, 0x38)] {
            registers.set_sensor(reg, value);
        }
        registers
    }

    fn settle(registers: &mut Registers, mean: f32, flash: f32) -> u8 {
        let mut exposure = Exposure::new();
        for _ in 0..30 {
            exposure.step(registers, mean, flash);
        }
        registers.sensor(sensor::YAVG)
    }

    #[test]
    fn exposure_settles_within_the_window_within_ten_frames() {
        let mut registers = after_init();
        let mut exposure = Exposure::new();
        for _ in 0..10 {
            exposure.step(&mut registers, 0.25, 0.0);
        }
        let average = registers.sensor(sensor::YAVG);
        assert!((0x34..=0x44).contains(&average), "{average:#x}");
    }

    #[test]
    fn the_ceiling_limits_dark_scenes() {
        let mut registers = after_init();
        let low = settle(&mut registers, 0.02, 0.0);
        registers.set_sensor(sensor::COM9, 0x68);
        let high = settle(&mut registers, 0.02, 0.0);
        assert!(high >= low * 2, "{low} {high}");
    }

    #[test]
    fn levels_move_the_average() {
        let mut registers = after_init();
        let normal = settle(&mut registers, 0.2, 0.0);
        registers.set_sensor(sensor::AEW, 0x20);
        registers.set_sensor(sensor::AEB, 0x18);
        let dark = settle(&mut registers, 0.2, 0.0);
        assert!(dark < normal / 2 + 4, "{dark} {normal}");
    }

    #[test]
    fn gain_codes_round_trip() {
        let mut registers = Registers::new();
        for wanted in [1.0, 1.5, 2.0, 3.25, 7.0, 12.0, 31.0] {
            set_gain(&mut registers, wanted);
            let made = gain(&registers);
            assert!((made - wanted).abs() <= wanted / 16.0, "{wanted} {made}");
        }
    }
}
