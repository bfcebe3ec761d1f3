//! Register settings as data.
//!
//! A [`Block`] lists registers of one bank; several bytes for one register are written one after
//! the other, which is how the indirect ports (gamma 0x91, colour matrix and lens 0x93/0x97,
//! effects 0x7D) are filled. Registers without a name are marked reserved in the data sheet;
//! their values are the vendor's.
//!
//! Source of the values: OmniVision, OV2640 Camera Module Software Application Notes 1.04,
//! reference settings for UXGA, SVGA, CIF and the output formats; and the data sheet for what the
//! bits mean.

use super::regs::{Bank, dsp, sensor};

/// Writes to registers of one bank.
pub struct Block {
    /// The bank.
    pub bank: Bank,
    /// Register, and the bytes written to it in order.
    pub writes: &'static [(u8, &'static [u8])],
}

const fn on_sensor(writes: &'static [(u8, &'static [u8])]) -> Block {
    Block { bank: Bank::Sensor, writes }
}

const fn on_dsp(writes: &'static [(u8, &'static [u8])]) -> Block {
    Block { bank: Bank::Dsp, writes }
}

/// After a reset: analogue set-up, automatic exposure and gain, gamma, colour matrix, lens
/// correction, white balance. Size and format follow separately.
pub const INIT: &[Block] = &[
    on_dsp(&[(0x2C, &[0xFF]), (0x2E, &[0xDF])]),
    on_sensor(&[
        (0x3C, &[0x32]),
        // Clock divided by 2, outputs at triple drive.
        (sensor::CLKRC, &[0x01]),
        (sensor::COM2, &[0x02]),
        // HREF on; neither mirror nor flip.
        (sensor::REG04, &[0x28]),
        // Banding filter, automatic gain and exposure on; gain up to 8x.
        (sensor::COM8, &[0xE5]),
        (sensor::COM9, &[0x48]),
        (0x2C, &[0x0C]),
        (0x33, &[0x78]),
        (0x3A, &[0x33]),
        (0x3B, &[0xFB]),
        (0x3E, &[0x00]),
        (0x43, &[0x11]),
        (0x16, &[0x10]),
        (0x39, &[0x92]),
        (0x35, &[0xDA]),
        (0x22, &[0x1A]),
        (0x37, &[0xC3]),
        (0x23, &[0x00]),
        (sensor::ARCOM2, &[0xC0]),
        (0x06, &[0x88]),
        (0x07, &[0xC0]),
        (sensor::COM4, &[0x87]),
        (0x0E, &[0x41]),
        (0x4C, &[0x00]),
        (0x4A, &[0x81]),
        (0x21, &[0x99]),
        // Luminance is held between AEB and AEW; VV bounds the fast mode.
        (sensor::AEW, &[0x40]),
        (sensor::AEB, &[0x38]),
        (sensor::VV, &[0x82]),
        (0x5C, &[0x00]),
        (0x63, &[0x00]),
        (sensor::HISTO_LOW, &[0x70]),
        (sensor::HISTO_HIGH, &[0x80]),
        (0x7C, &[0x05]),
        (0x20, &[0x80]),
        (0x28, &[0x30]),
        (0x6C, &[0x00]),
        (0x6D, &[0x80]),
        (0x6E, &[0x00]),
        (0x70, &[0x02]),
        (0x71, &[0x94]),
        (0x73, &[0xC1]),
        (0x3D, &[0x34]),
        (0x5A, &[0x57]),
    ]),
    on_dsp(&[
        (0xE5, &[0x7F]),
        (dsp::MC_BIST, &[0xC0]),
        (0x41, &[0x24]),
        // JPEG and output interface held in reset while they are set up.
        (dsp::RESET, &[0x14]),
        (0x76, &[0xFF]),
        (0x33, &[0xA0]),
        (0x42, &[0x20]),
        (0x43, &[0x18]),
        (0x4C, &[0x00]),
        (dsp::CTRL3, &[0x50]),
        (0x88, &[0x3F]),
        (0xD7, &[0x03]),
        (0xD9, &[0x10]),
        (dsp::R_DVP_SP, &[0x82]),
        (0xC8, &[0x08]),
        (0xC9, &[0x80]),
        // Effects off, saturation neutral, luma gain 1.
        (dsp::BPADDR, &[0x00]),
        (dsp::BPDATA, &[0x00]),
        (dsp::BPADDR, &[0x03]),
        (dsp::BPDATA, &[0x48, 0x48]),
        (dsp::BPADDR, &[0x08]),
        (dsp::BPDATA, &[0x20, 0x10, 0x0E]),
        // Gamma: index, then the curve's 15 points and slope.
        (0x90, &[0x00]),
        (0x91, &[0x0E, 0x1A, 0x31, 0x5A, 0x69, 0x75, 0x7E, 0x88, 0x8F, 0x96, 0xA3, 0xAF, 0xC4, 0xD7, 0xE8, 0x20]),
        // Colour: index, then coefficients.
        (0x92, &[0x00]),
        (0x93, &[0x06, 0xE3, 0x05, 0x05, 0x00, 0x04, 0, 0, 0, 0, 0, 0, 0]),
        // Lens: index, then coefficients.
        (0x96, &[0x00]),
        (0x97, &[0x08, 0x19, 0x02, 0x0C, 0x24, 0x30, 0x28, 0x26, 0x02, 0x98, 0x80, 0x00, 0x00]),
        (0xA4, &[0x00]),
        (0xA8, &[0x00]),
        // White balance.
        (0xC5, &[0x11]),
        (0xC6, &[0x51]),
        (0xBF, &[0x80]),
        (dsp::WB_CTRL, &[0x10]),
        (0xB6, &[0x66]),
        (0xB8, &[0xA5]),
        (0xB7, &[0x64]),
        (0xB9, &[0x7C]),
        (0xB3, &[0xAF]),
        (0xB4, &[0x97]),
        (0xB5, &[0xFF]),
        (0xB0, &[0xC5]),
        (0xB1, &[0x94]),
        (0xB2, &[0x0F]),
        (0xC4, &[0x5C]),
        (dsp::CTRL1, &[0xFD]),
        (0x7F, &[0x00]),
        (0xE5, &[0x1F]),
        (0xE1, &[0x67]),
        (0xDD, &[0x7F]),
        (dsp::IMAGE_MODE, &[0x00]),
        (dsp::RESET, &[0x00]),
        (dsp::R_BYPASS, &[0x00]),
    ]),
];

/// Analogue settings which the two binned resolutions share.
const BINNED: Block = on_sensor(&[
    (sensor::BD50, &[0xCA]),
    (sensor::BD60, &[0xA8]),
    (0x5A, &[0x23]),
    (0x6D, &[0x00]),
    (0x3D, &[0x38]),
    (0x39, &[0x92]),
    (0x35, &[0xDA]),
    (0x22, &[0x1A]),
    (0x37, &[0xC3]),
    (0x23, &[0x00]),
    (sensor::ARCOM2, &[0xC0]),
    (0x06, &[0x88]),
    (0x07, &[0xC0]),
    (sensor::COM4, &[0x87]),
    (0x0E, &[0x41]),
    (0x4C, &[0x00]),
]);

/// Sensor array at 400 by 296, binned 4 by 4.
pub const TO_CIF: &[Block] = &[
    on_sensor(&[
        (sensor::COM7, &[sensor::COM7_CIF]),
        (sensor::COM1, &[0x0A]),
        (sensor::REG32, &[0x89]),
        (sensor::HSTART, &[0x11]),
        (sensor::HSTOP, &[0x43]),
        (sensor::VSTART, &[0x00]),
        (sensor::VSTOP, &[0x25]),
    ]),
    BINNED,
    on_dsp(&[
        (dsp::RESET, &[0x04]),
        (dsp::HSIZE8, &[0x32]),
        (dsp::VSIZE8, &[0x25]),
        (dsp::SIZEL, &[0x00]),
        (dsp::CTRL2, &[0x3D]),
        (dsp::CTRLI, &[0x80]),
    ]),
];

/// Sensor array at 800 by 600, binned 2 by 2.
pub const TO_SVGA: &[Block] = &[
    on_sensor(&[
        (sensor::COM7, &[sensor::COM7_SVGA]),
        (sensor::COM1, &[0x0A]),
        (sensor::REG32, &[0x09]),
        (sensor::HSTART, &[0x11]),
        (sensor::HSTOP, &[0x43]),
        (sensor::VSTART, &[0x00]),
        (sensor::VSTOP, &[0x4B]),
    ]),
    BINNED,
    on_sensor(&[(0x42, &[0x03])]),
    on_dsp(&[
        (dsp::RESET, &[0x04]),
        (dsp::HSIZE8, &[0x64]),
        (dsp::VSIZE8, &[0x4B]),
        (dsp::SIZEL, &[0x00]),
        (dsp::CTRL2, &[0x3D]),
        (dsp::CTRLI, &[0x80]),
    ]),
];

/// Sensor array at its full 1600 by 1200.
pub const TO_UXGA: &[Block] = &[
    on_sensor(&[
        (sensor::COM7, &[0x00]),
        (sensor::COM1, &[0x0F]),
        (sensor::REG32, &[0x36]),
        (sensor::HSTART, &[0x11]),
        (sensor::HSTOP, &[0x75]),
        (sensor::VSTART, &[0x01]),
        (sensor::VSTOP, &[0x97]),
        (0x3D, &[0x34]),
        (sensor::BD50, &[0xBB]),
        (sensor::BD60, &[0x9C]),
        (0x5A, &[0x57]),
        (0x6D, &[0x80]),
        (0x39, &[0x82]),
        (0x23, &[0x00]),
        (0x07, &[0xC0]),
        (0x4C, &[0x00]),
        (0x35, &[0x88]),
        (0x22, &[0x0A]),
        (0x37, &[0x40]),
        (sensor::ARCOM2, &[0xA0]),
        (0x06, &[0x02]),
        (sensor::COM4, &[0xB7]),
        (0x0E, &[0x01]),
        (0x42, &[0x83]),
    ]),
    on_dsp(&[
        (dsp::RESET, &[0x04]),
        (dsp::HSIZE8, &[0xC8]),
        (dsp::VSIZE8, &[0x96]),
        (dsp::SIZEL, &[0x00]),
        (dsp::CTRL2, &[0x3D]),
        (dsp::CTRLI, &[0x00]),
    ]),
];

/// Output of JPEG.
pub const FORMAT_JPEG: &[Block] = &[on_dsp(&[
    (dsp::RESET, &[0x14]),
    (dsp::IMAGE_MODE, &[0x12]),
    (0xD7, &[0x03]),
    (0xE1, &[0x77]),
    (0xE5, &[0x1F]),
    (0xD9, &[0x10]),
    (0xDF, &[0x80]),
    (0x33, &[0x80]),
    (0x3C, &[0x10]),
    (0xEB, &[0x30]),
    (0xDD, &[0x7F]),
    (dsp::RESET, &[0x00]),
])];

/// Output of YUV 4:2:2, from which a port can keep luma only.
pub const FORMAT_YUV422: &[Block] = &[on_dsp(&[
    (dsp::RESET, &[0x04]),
    (dsp::IMAGE_MODE, &[0x00]),
    (0xD7, &[0x01]),
    (0xE1, &[0x67]),
    (dsp::RESET, &[0x00]),
])];

/// Output of RGB 5:6:5.
pub const FORMAT_RGB565: &[Block] = &[on_dsp(&[
    (dsp::RESET, &[0x04]),
    (dsp::IMAGE_MODE, &[dsp::IMAGE_MODE_RGB565]),
    (0xD7, &[0x03]),
    (0xE1, &[0x77]),
    (dsp::RESET, &[0x00]),
])];

/// Special effects: enables, fixed U, fixed V.
pub const EFFECTS: [[u8; 3]; 7] = [
    [0x00, 0x80, 0x80], // none
    [0x40, 0x80, 0x80], // negative
    [0x18, 0x80, 0x80], // grey
    [0x18, 0x40, 0xC0], // red
    [0x18, 0x40, 0x40], // green
    [0x18, 0xA0, 0x40], // blue
    [0x18, 0x40, 0xA6], // sepia
];

/// Manual white balance, modes 1 to 4: gain of red, green, blue.
pub const WB_MODES: [[u8; 3]; 4] = [
    [0x5E, 0x41, 0x54], // sunny
    [0x65, 0x41, 0x4F], // cloudy
    [0x52, 0x41, 0x66], // office
    [0x42, 0x3F, 0x71], // home
];

/// Exposure targets, levels −2 to 2: AEW, AEB, VV.
pub const AE_LEVELS: [[u8; 3]; 5] =
    [[0x20, 0x18, 0x60], [0x34, 0x1C, 0x00], [0x3E, 0x38, 0x81], [0x48, 0x40, 0x81], [0x58, 0x50, 0x92]];
