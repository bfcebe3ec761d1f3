//! What the registers say.

use snakeye_camera::ov2640::Mode;
use snakeye_camera::ov2640::regs::dsp::sde;
use snakeye_camera::ov2640::regs::{dsp, sensor};

use super::registers::Registers;
use crate::scene::View;

/// What leaves the chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// JPEG with a quantisation scale.
    Jpeg {
        /// 0 (finest) to 63.
        scale: u8,
    },
    /// Two bytes per pixel, most significant first.
    Rgb565,
    /// Y0 U Y1 V.
    Yuv422,
}

/// Where white balance gains come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhiteBalance {
    /// From the picture.
    Auto,
    /// Gains of 1: the sensor's own response.
    Off,
    /// From registers: red, green, blue.
    Manual([u8; 3]),
}

/// Colour effects (indirect registers), as enabled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// Luma is negated.
    pub negative: bool,
    /// Scale of U and V, 0x48 neutral.
    pub saturation: Option<[u8; 2]>,
    /// Value of U.
    pub fixed_u: Option<u8>,
    /// Value of V.
    pub fixed_v: Option<u8>,
    /// Offset, gain (0x20 is 1), bias: Y' = (Y + offset) · gain + bias.
    pub luma: Option<[i16; 3]>,
}

/// Everything about the picture which is set rather than measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings {
    /// Whether frames leave the chip at all.
    pub active: bool,
    /// Microseconds from frame to frame.
    pub period_us: u64,
    /// The part of the field that is read.
    pub view: View,
    /// Pixels per line.
    pub width: usize,
    /// Lines.
    pub height: usize,
    /// Output format.
    pub output: Output,
    /// Left and right exchanged.
    pub mirror: bool,
    /// Top and bottom exchanged.
    pub flip: bool,
    /// Colour bars instead of the scene.
    pub color_bar: bool,
    /// Black pixels of the array show.
    pub black_pixels: bool,
    /// White pixels of the array show.
    pub white_pixels: bool,
    /// The lens's dark corners show.
    pub vignette: bool,
    /// Gamma curve in use.
    pub gamma: bool,
    /// Noise relative to single pixels: binned ones have less.
    pub noise: f32,
    /// White balance.
    pub white_balance: WhiteBalance,
    /// Effects.
    pub effects: Effects,
}

/// Frames per second of the modes at a sensor clock of 20 MHz, undivided. Source: measurements of
/// boards with this sensor (50, 25 and 12.5 with two buffers).
const fn base_period_us(mode: Mode) -> u64 {
    match mode {
        Mode::Cif => 20_000,
        Mode::Svga => 40_000,
        Mode::Uxga => 80_000,
    }
}

const BASE_XCLK: u64 = 20_000_000;

impl Settings {
    /// Decodes the registers at a sensor clock.
    pub fn decode(registers: &Registers, xclk_hz: u32) -> Self {
        let d = |reg| registers.dsp(reg);
        let s = |reg| registers.sensor(reg);
        let mode = match s(sensor::COM7) & sensor::COM7_MODE {
            sensor::COM7_CIF => Mode::Cif,
            sensor::COM7_SVGA => Mode::Svga,
            _ => Mode::Uxga,
        };
        let (view, width, height) = geometry(registers, mode);
        let output = if d(dsp::IMAGE_MODE) & dsp::IMAGE_MODE_JPEG != 0 {
            Output::Jpeg { scale: d(dsp::QS) & 0x3F }
        } else if d(dsp::IMAGE_MODE) & dsp::IMAGE_MODE_MASK == dsp::IMAGE_MODE_RGB565 {
            Output::Rgb565
        } else {
            Output::Yuv422
        };
        let ctrl1 = d(dsp::CTRL1);
        let white_balance = if ctrl1 & 0x04 == 0 {
            WhiteBalance::Off
        } else if d(dsp::WB_CTRL) & 0x40 != 0 {
            WhiteBalance::Manual([d(dsp::WB_RED), d(dsp::WB_GREEN), d(dsp::WB_BLUE)])
        } else if ctrl1 & 0x08 != 0 {
            WhiteBalance::Auto
        } else {
            WhiteBalance::Off
        };
        let in_reset = d(dsp::RESET) & 0x14 != 0;
        let bypassed = d(dsp::R_BYPASS) & 1 != 0;
        let standby = s(sensor::COM2) & 0x10 != 0;
        Self {
            active: !in_reset && !bypassed && !standby && width > 0 && height > 0,
            period_us: period_us(registers, mode, xclk_hz),
            view,
            width,
            height,
            output,
            mirror: s(sensor::REG04) & sensor::REG04_MIRROR != 0,
            flip: s(sensor::REG04) & sensor::REG04_FLIP_IMAGE != 0,
            color_bar: s(sensor::COM7) & sensor::COM7_COLOR_BAR != 0,
            black_pixels: d(dsp::CTRL3) & 0x80 == 0,
            white_pixels: d(dsp::CTRL3) & 0x40 == 0,
            vignette: ctrl1 & 0x02 == 0,
            gamma: ctrl1 & 0x20 != 0,
            noise: match mode {
                Mode::Cif => 0.4,
                Mode::Svga => 0.65,
                Mode::Uxga => 1.0,
            },
            white_balance,
            effects: effects(registers),
        }
    }
}

fn period_us(registers: &Registers, mode: Mode, xclk_hz: u32) -> u64 {
    let clkrc = registers.sensor(sensor::CLKRC);
    let divider = u64::from(clkrc & 0x3F) + 1;
    let double = if clkrc & 0x80 != 0 { 2 } else { 1 };
    let xclk = u64::from(xclk_hz.max(1));
    // A clock near zero must not overflow sums of times.
    (base_period_us(mode) * BASE_XCLK * divider / (xclk * double)).clamp(1_000, 60_000_000)
}

fn geometry(registers: &Registers, mode: Mode) -> (View, usize, usize) {
    let d = |reg| usize::from(registers.dsp(reg));
    let (full_width, full_height) = mode.size();
    let (full_width, full_height) = (usize::from(full_width), usize::from(full_height));
    let vhyx = d(dsp::VHYX);
    let columns = (d(dsp::HSIZE) | (vhyx & 0x08) << 5 | (d(dsp::TEST) & 0x80) << 2) * 4;
    let lines = (d(dsp::VSIZE) | (vhyx & 0x80) << 1) * 4;
    let x = d(dsp::XOFFL) | (vhyx & 0x07) << 8;
    let y = d(dsp::YOFFL) | (vhyx & 0x70) << 4;
    let zmhh = d(dsp::ZMHH);
    let width = (d(dsp::ZMOW) | (zmhh & 0x03) << 8) * 4;
    let height = (d(dsp::ZMOH) | (zmhh & 0x04) << 6) * 4;
    let scaling = registers.dsp(dsp::CTRL2) & dsp::CTRL2_DCW != 0;
    // Without scaling down, the first pixels of the window are put out as they are.
    let (columns, lines) = if scaling { (columns, lines) } else { (columns.min(width), lines.min(height)) };
    let part = |n: usize, full: usize| n as f32 / full as f32;
    let view = View {
        x: part(x, full_width),
        y: part(y, full_height),
        width: part(columns.max(1), full_width),
        height: part(lines.max(1), full_height),
    };
    (view, width, height)
}

fn effects(registers: &Registers) -> Effects {
    // SDE: the module as a whole is on.
    if registers.dsp(dsp::CTRL2) & 0x10 == 0 {
        return Effects::default();
    }
    let enable = registers.sde(sde::ENABLE);
    let has = |bit: u8| enable & bit != 0;
    let signs = registers.sde(sde::LUMA + 3);
    let luma = |at: u8, negative: bool| {
        let value = i16::from(registers.sde(sde::LUMA + at));
        if negative { -value } else { value }
    };
    Effects {
        negative: has(sde::EN_NEGATIVE),
        saturation: has(sde::EN_SATURATION)
            .then(|| [registers.sde(sde::SATURATION), registers.sde(sde::SATURATION + 1)]),
        fixed_u: has(sde::EN_FIXED_U).then(|| registers.sde(sde::FIXED_UV)),
        fixed_v: has(sde::EN_FIXED_V).then(|| registers.sde(sde::FIXED_UV + 1)),
        luma: has(sde::EN_CONTRAST)
            .then(|| [luma(0, signs & sde::SIGN_OFFSET != 0), luma(1, false), luma(2, signs & sde::SIGN_BIAS != 0)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakeye_camera::FrameSize;
    use snakeye_camera::ov2640::Window;

    #[test]
    fn every_window_of_the_driver_is_decoded_as_meant() {
        let part = |n: u16, full: u16| f32::from(n) / f32::from(full);
        for size in FrameSize::ALL {
            let Some(window) = Window::for_output(size.width(), size.height()) else {
                continue;
            };
            let mut registers = Registers::new();
            registers.write(dsp::CTRL2, dsp::CTRL2_DCW);
            for (reg, value) in window.registers() {
                registers.write(reg, value);
            }
            let (view, width, height) = geometry(&registers, window.mode);
            let (full_width, full_height) = window.mode.size();
            let meant = View {
                x: part(window.x, full_width),
                y: part(window.y, full_height),
                width: part(window.width, full_width),
                height: part(window.height, full_height),
            };
            assert_eq!(view, meant, "{size:?}");
            let asked = (usize::from(size.width()), usize::from(size.height()));
            assert_eq!((width, height), asked);
        }
    }
}
