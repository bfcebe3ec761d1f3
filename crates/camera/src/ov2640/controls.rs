//! Controls, to and from registers.

use super::regs::dsp::sde;
use super::regs::{Bank, dsp, sensor};
use super::{Ov2640, failed, tables};
use crate::{CameraError, Control, SccbBus, SccbError};

/// Controls which are one field of one register.
struct Field {
    bank: Bank,
    reg: u8,
    /// The bits written.
    mask: u8,
    /// The lowest bit of the field that is read back.
    shift: u8,
    inverted: bool,
}

const fn bit(bank: Bank, reg: u8, shift: u8) -> Option<Field> {
    Some(Field { bank, reg, mask: 1 << shift, shift, inverted: false })
}

const fn field(control: Control) -> Option<Field> {
    match control {
        Control::Quality => Some(Field { bank: Bank::Dsp, reg: dsp::QS, mask: 0xFF, shift: 0, inverted: false }),
        Control::GainCeiling => {
            Some(Field { bank: Bank::Sensor, reg: sensor::COM9, mask: 0xE0, shift: 5, inverted: false })
        }
        Control::Aec2 => Some(Field { bank: Bank::Dsp, reg: dsp::CTRL0, mask: 0x40, shift: 6, inverted: true }),
        Control::Aec => bit(Bank::Sensor, sensor::COM8, 0),
        Control::Agc => bit(Bank::Sensor, sensor::COM8, 2),
        Control::ColorBar => bit(Bank::Sensor, sensor::COM7, 1),
        Control::HMirror => bit(Bank::Sensor, sensor::REG04, 7),
        Control::Awb => bit(Bank::Dsp, dsp::CTRL1, 3),
        Control::AwbGain => bit(Bank::Dsp, dsp::CTRL1, 2),
        Control::RawGamma => bit(Bank::Dsp, dsp::CTRL1, 5),
        Control::LensCorrection => bit(Bank::Dsp, dsp::CTRL1, 1),
        Control::Dcw => bit(Bank::Dsp, dsp::CTRL2, 5),
        Control::Bpc => bit(Bank::Dsp, dsp::CTRL3, 7),
        Control::Wpc => bit(Bank::Dsp, dsp::CTRL3, 6),
        _ => None,
    }
}

/// Luma gain 1, and the bias which then undoes the offset.
const NEUTRAL: i32 = 0x20;

/// The bias which keeps mid-grey where it is at a contrast level: 10 less for each level.
const fn contrast_bias(contrast: i32) -> i32 {
    NEUTRAL - 10 * contrast
}

impl Ov2640 {
    /// Sets a control. The value has to be in the control's range.
    pub fn set<B: SccbBus + ?Sized>(&mut self, bus: &mut B, control: Control, value: i32) -> Result<(), CameraError> {
        if matches!(control, Control::Sharpness | Control::Denoise) {
            return Err(CameraError::UnsupportedControl(control));
        }
        if !control.accepts(value) {
            return Err(CameraError::BadValue { control, value });
        }
        self.apply(bus, control, value).map_err(failed(control.info().name))
    }

    /// Reads a control back from the sensor's registers.
    pub fn get<B: SccbBus + ?Sized>(&mut self, bus: &mut B, control: Control) -> Result<i32, CameraError> {
        if matches!(control, Control::Sharpness | Control::Denoise) {
            return Err(CameraError::UnsupportedControl(control));
        }
        self.fetch(bus, control).map_err(failed(control.info().name))
    }

    fn apply<B: SccbBus + ?Sized>(&mut self, bus: &mut B, control: Control, value: i32) -> Result<(), SccbError> {
        if let Some(field) = field(control) {
            let value = value as u8 ^ u8::from(field.inverted);
            let bits = value << field.shift;
            return self.modify(bus, field.bank, field.reg, field.mask, bits);
        }
        match control {
            Control::VFlip => {
                let bits = if value != 0 { sensor::REG04_FLIP } else { 0 };
                self.modify(bus, Bank::Sensor, sensor::REG04, sensor::REG04_FLIP, bits)
            }
            Control::Brightness => {
                let contrast = self.fetch(bus, Control::Contrast)?;
                self.write_luma(bus, contrast, value)
            }
            Control::Contrast => {
                let brightness = self.fetch(bus, Control::Brightness)?;
                self.write_luma(bus, value, brightness)
            }
            Control::Saturation => {
                let scale = (0x48 + 0x10 * value) as u8;
                self.write_sde(bus, sde::SATURATION, &[scale, scale])?;
                self.enable_sde(bus, sde::EN_SATURATION, sde::EN_SATURATION)
            }
            Control::SpecialEffect => {
                let Some([enable, u, v]) = tables::EFFECTS.get(value as usize) else {
                    return Ok(());
                };
                self.write_sde(bus, sde::FIXED_UV, &[*u, *v])?;
                self.enable_sde(bus, sde::EN_EFFECTS, *enable)
            }
            Control::WbMode => {
                let manual = if value != 0 { 0x40 } else { 0 };
                self.modify(bus, Bank::Dsp, dsp::WB_CTRL, 0x40, manual)?;
                let mode = usize::try_from(value - 1).ok();
                let Some([red, green, blue]) = mode.and_then(|m| tables::WB_MODES.get(m)) else {
                    return Ok(());
                };
                self.write(bus, Bank::Dsp, dsp::WB_RED, *red)?;
                self.write(bus, Bank::Dsp, dsp::WB_GREEN, *green)?;
                self.write(bus, Bank::Dsp, dsp::WB_BLUE, *blue)
            }
            Control::AeLevel => {
                let Some([aew, aeb, vv]) = tables::AE_LEVELS.get((value + 2) as usize) else {
                    return Ok(());
                };
                self.write(bus, Bank::Sensor, sensor::AEW, *aew)?;
                self.write(bus, Bank::Sensor, sensor::AEB, *aeb)?;
                self.write(bus, Bank::Sensor, sensor::VV, *vv)
            }
            Control::AecValue => {
                let (low, high) = (value as u8, (value >> 10) as u8);
                let (low_mask, high_mask) = (sensor::REG04_AEC, sensor::REG45_AEC);
                self.modify(bus, Bank::Sensor, sensor::REG04, low_mask, low)?;
                self.write(bus, Bank::Sensor, sensor::AEC, (value >> 2) as u8)?;
                self.modify(bus, Bank::Sensor, sensor::REG45, high_mask, high)
            }
            Control::AgcGain => self.write(bus, Bank::Sensor, sensor::GAIN, gain_code(value + 1)),
            // Everything else is a field, or was refused by `set`.
            _ => Ok(()),
        }
    }

    fn fetch<B: SccbBus + ?Sized>(&mut self, bus: &mut B, control: Control) -> Result<i32, SccbError> {
        if let Some(field) = field(control) {
            let bits = self.read(bus, field.bank, field.reg)? & field.mask;
            return Ok(i32::from((bits >> field.shift) ^ u8::from(field.inverted)));
        }
        match control {
            Control::VFlip => {
                let reg = self.read(bus, Bank::Sensor, sensor::REG04)?;
                Ok(i32::from(reg & sensor::REG04_FLIP_IMAGE != 0))
            }
            Control::Brightness => Ok(self.read_luma(bus)?.1),
            Control::Contrast => Ok(self.read_luma(bus)?.0),
            Control::Saturation => {
                if self.read_sde(bus, sde::ENABLE)? & sde::EN_SATURATION == 0 {
                    return Ok(0);
                }
                let scale = i32::from(self.read_sde(bus, sde::SATURATION)?);
                Ok((scale - 0x48).div_euclid(0x10))
            }
            Control::SpecialEffect => {
                let now = [
                    self.read_sde(bus, sde::ENABLE)? & sde::EN_EFFECTS,
                    self.read_sde(bus, sde::FIXED_UV)?,
                    self.read_sde(bus, sde::FIXED_UV + 1)?,
                ];
                // Without enables, what the fixed colours are does not matter.
                if now[0] == 0 {
                    return Ok(0);
                }
                let found = tables::EFFECTS.iter().position(|effect| *effect == now);
                Ok(found.unwrap_or(0) as i32)
            }
            Control::WbMode => {
                if self.read(bus, Bank::Dsp, dsp::WB_CTRL)? & 0x40 == 0 {
                    return Ok(0);
                }
                let now = [
                    self.read(bus, Bank::Dsp, dsp::WB_RED)?,
                    self.read(bus, Bank::Dsp, dsp::WB_GREEN)?,
                    self.read(bus, Bank::Dsp, dsp::WB_BLUE)?,
                ];
                let found = tables::WB_MODES.iter().position(|mode| *mode == now);
                Ok(found.map_or(0, |mode| mode as i32 + 1))
            }
            Control::AeLevel => {
                let aew = self.read(bus, Bank::Sensor, sensor::AEW)?;
                let found = tables::AE_LEVELS.iter().position(|level| level[0] == aew);
                // The initial settings are close to level 0, but not one of the levels.
                Ok(found.map_or(0, |level| level as i32 - 2))
            }
            Control::AecValue => {
                let high = self.read(bus, Bank::Sensor, sensor::REG45)? & sensor::REG45_AEC;
                let middle = self.read(bus, Bank::Sensor, sensor::AEC)?;
                let low = self.read(bus, Bank::Sensor, sensor::REG04)? & sensor::REG04_AEC;
                Ok(i32::from(high) << 10 | i32::from(middle) << 2 | i32::from(low))
            }
            Control::AgcGain => {
                let code = self.read(bus, Bank::Sensor, sensor::GAIN)?;
                Ok((gain_sixteenths(code) / 16).saturating_sub(1).min(30) as i32)
            }
            _ => Ok(0),
        }
    }

    /// Contrast and brightness, from the luma transfer.
    fn read_luma<B: SccbBus + ?Sized>(&mut self, bus: &mut B) -> Result<(i32, i32), SccbError> {
        if self.read_sde(bus, sde::ENABLE)? & sde::EN_CONTRAST == 0 {
            return Ok((0, 0));
        }
        let gain = i32::from(self.read_sde(bus, sde::LUMA + 1)?);
        let size = i32::from(self.read_sde(bus, sde::LUMA + 2)?);
        let signs = self.read_sde(bus, sde::LUMA + 3)?;
        let bias = if signs & sde::SIGN_BIAS != 0 { -size } else { size };
        let contrast = ((gain - NEUTRAL) / 4).clamp(-2, 2);
        let brightness = ((bias - contrast_bias(contrast)) / 0x10).clamp(-2, 2);
        Ok((contrast, brightness))
    }

    /// Writes the luma transfer. With either level 0 this gives the vendor's values for the other.
    fn write_luma<B: SccbBus + ?Sized>(
        &mut self,
        bus: &mut B,
        contrast: i32,
        brightness: i32,
    ) -> Result<(), SccbError> {
        let gain = NEUTRAL + 4 * contrast;
        let bias = contrast_bias(contrast) + 0x10 * brightness;
        let sign = if bias < 0 { sde::SIGN_BIAS } else { 0 };
        let values = [NEUTRAL as u8, gain as u8, bias.unsigned_abs() as u8, sde::SIGN_OFFSET | sign];
        self.write_sde(bus, sde::LUMA, &values)?;
        self.enable_sde(bus, sde::EN_CONTRAST, sde::EN_CONTRAST)
    }

    fn read_sde<B: SccbBus + ?Sized>(&mut self, bus: &mut B, index: u8) -> Result<u8, SccbError> {
        self.write(bus, Bank::Dsp, dsp::BPADDR, index)?;
        self.read(bus, Bank::Dsp, dsp::BPDATA)
    }

    fn write_sde<B: SccbBus + ?Sized>(&mut self, bus: &mut B, index: u8, values: &[u8]) -> Result<(), SccbError> {
        self.write(bus, Bank::Dsp, dsp::BPADDR, index)?;
        for value in values {
            self.write(bus, Bank::Dsp, dsp::BPDATA, *value)?;
        }
        Ok(())
    }

    fn enable_sde<B: SccbBus + ?Sized>(&mut self, bus: &mut B, mask: u8, bits: u8) -> Result<(), SccbError> {
        let old = self.read_sde(bus, sde::ENABLE)?;
        self.write_sde(bus, sde::ENABLE, &[(old & !mask) | (bits & mask)])
    }
}

/// The GAIN register for a whole gain of 1 to 31.
fn gain_code(gain: i32) -> u8 {
    let gain = gain.clamp(1, 31) as u32;
    let doublings = gain.ilog2();
    let fraction = ((gain << 4) >> doublings) - 16;
    ((((1 << doublings) - 1) << 4) | fraction) as u8
}

/// The gain which a GAIN register means, times 16. Source: data sheet, register 00.
pub(crate) fn gain_sixteenths(code: u8) -> u32 {
    (16 + u32::from(code & 0x0F)) << (code >> 4).count_ones()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_exact_from_1_to_15_and_close_above() {
        for gain in 1..=31 {
            let made = gain_sixteenths(gain_code(gain));
            assert_eq!(made / 16, gain as u32, "{gain}");
        }
        assert_eq!(gain_code(1), 0x00);
        assert_eq!(gain_code(3), 0x18);
        assert_eq!(gain_code(8), 0x70);
        assert_eq!(gain_code(31), 0xFF);
    }
}
