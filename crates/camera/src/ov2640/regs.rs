//! Register addresses and bits of the OV2640.
//!
//! Source: OmniVision, OV2640 data sheet 1.6, tables 12 (signal processor bank) and 13 (sensor
//! bank). Names are the data sheet's.

/// The 7-bit SCCB address.
pub const ADDRESS: u8 = 0x30;

/// Selects the bank which all other addresses refer to; in both banks.
pub const BANK_SEL: u8 = 0xFF;

/// The two register banks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bank {
    /// Digital signal processor: scaling, colour, compression.
    Dsp = 0,
    /// Sensor array: exposure, gain, clock, windows.
    Sensor = 1,
}

/// Identity of the chip, sensor bank: PID, MIDH, MIDL.
pub const PID_VALUE: u8 = 0x26;
/// Version of the chip now sold; 0x41 is also seen.
pub const VER_VALUE: u8 = 0x42;
/// Manufacturer ID, high byte.
pub const MIDH_VALUE: u8 = 0x7F;
/// Manufacturer ID, low byte.
pub const MIDL_VALUE: u8 = 0xA2;

/// Signal processor bank.
pub mod dsp {
    /// Bit 0: bypass the signal processor.
    pub const R_BYPASS: u8 = 0x05;
    /// JPEG quantisation scale, 0–63.
    pub const QS: u8 = 0x44;
    /// Bit 7: LP_DP; divider bits.
    pub const CTRLI: u8 = 0x50;
    /// Window width / 4, bits 7:0.
    pub const HSIZE: u8 = 0x51;
    /// Window height / 4, bits 7:0.
    pub const VSIZE: u8 = 0x52;
    /// Window x offset, bits 7:0.
    pub const XOFFL: u8 = 0x53;
    /// Window y offset, bits 7:0.
    pub const YOFFL: u8 = 0x54;
    /// Bit 7 VSIZE[8], bits 6:4 y offset[10:8], bit 3 HSIZE[8], bits 2:0 x offset[10:8].
    pub const VHYX: u8 = 0x55;
    /// Bit 7: HSIZE[9].
    pub const TEST: u8 = 0x57;
    /// Output width / 4, bits 7:0.
    pub const ZMOW: u8 = 0x5A;
    /// Output height / 4, bits 7:0.
    pub const ZMOH: u8 = 0x5B;
    /// Bit 2 output height[8], bits 1:0 output width[9:8] (both / 4).
    pub const ZMHH: u8 = 0x5C;
    /// Address of the indirect colour registers.
    pub const BPADDR: u8 = 0x7C;
    /// Data of the indirect colour registers; each write advances BPADDR.
    pub const BPDATA: u8 = 0x7D;
    /// Module enables: bit 5 DCW (scaling down), bit 4 SDE (colour effects).
    pub const CTRL2: u8 = 0x86;
    /// Bit 7 black pixel, bit 6 white pixel correction.
    pub const CTRL3: u8 = 0x87;
    /// Low bits of the input size: bit 6 width[11], 5:3 width[2:0], 2:0 height[2:0].
    pub const SIZEL: u8 = 0x8C;
    /// Input width / 8, bits 7:0.
    pub const HSIZE8: u8 = 0xC0;
    /// Input height / 8.
    pub const VSIZE8: u8 = 0xC1;
    /// Bit 6: exposure control selection.
    pub const CTRL0: u8 = 0xC2;
    /// Bit 5 gamma, bit 3 AWB, bit 2 AWB gain, bit 1 lens correction.
    pub const CTRL1: u8 = 0xC3;
    /// Bit 6: white balance gains are set by hand.
    pub const WB_CTRL: u8 = 0xC7;
    /// Red gain of manual white balance.
    pub const WB_RED: u8 = 0xCC;
    /// Green gain of manual white balance.
    pub const WB_GREEN: u8 = 0xCD;
    /// Blue gain of manual white balance.
    pub const WB_BLUE: u8 = 0xCE;
    /// Bit 7: pixel clock divider chosen automatically; bits 6:0 divider.
    pub const R_DVP_SP: u8 = 0xD3;
    /// Output format: bit 6 Y8, bit 4 JPEG, bits 3:2 (00 YUV422, 10 RGB565), bit 1 HREF in JPEG.
    pub const IMAGE_MODE: u8 = 0xDA;
    /// Holds modules in reset: bit 4 JPEG, bit 2 DVP.
    pub const RESET: u8 = 0xE0;
    /// Microcontroller reset and boot selection.
    pub const MC_BIST: u8 = 0xF9;

    /// DCW bit of [`CTRL2`].
    pub const CTRL2_DCW: u8 = 0x20;
    /// JPEG bit of [`IMAGE_MODE`].
    pub const IMAGE_MODE_JPEG: u8 = 0x10;
    /// RGB565 bits of [`IMAGE_MODE`].
    pub const IMAGE_MODE_RGB565: u8 = 0x08;
    /// Format bits of [`IMAGE_MODE`].
    pub const IMAGE_MODE_MASK: u8 = 0x1C;

    /// Indirect colour registers, by their BPADDR.
    pub mod sde {
        /// Enables: see the `EN_` masks.
        pub const ENABLE: u8 = 0;
        /// Saturation of U, then of V; 0x40 is neutral by data sheet, 0x48 in practice.
        pub const SATURATION: u8 = 3;
        /// Fixed U, then fixed V.
        pub const FIXED_UV: u8 = 5;
        /// Luma offset, then gain (0x20 is 1), bias, and sign bits: Y' = (Y − offset) · gain + bias.
        pub const LUMA: u8 = 7;

        /// Hue and saturation enable: saturation.
        pub const EN_SATURATION: u8 = 0x02;
        /// Luma offset, gain and bias are applied.
        pub const EN_CONTRAST: u8 = 0x04;
        /// U is fixed.
        pub const EN_FIXED_U: u8 = 0x08;
        /// V is fixed.
        pub const EN_FIXED_V: u8 = 0x10;
        /// Luma is negated.
        pub const EN_NEGATIVE: u8 = 0x40;
        /// Everything that special effects use.
        pub const EN_EFFECTS: u8 = 0x78;
        /// In the sign byte: the offset is subtracted.
        pub const SIGN_OFFSET: u8 = 0x06;
        /// In the sign byte: the bias is negative.
        pub const SIGN_BIAS: u8 = 0x08;
    }
}

/// Sensor bank.
pub mod sensor {
    /// Gain: (1 + bits 3:0 / 16) doubled once for each set bit of 7:4.
    pub const GAIN: u8 = 0x00;
    /// Low bits of the vertical window.
    pub const COM1: u8 = 0x03;
    /// Bit 7 mirror, bit 6 flip, bit 4 VREF, bits 1:0 exposure[1:0].
    pub const REG04: u8 = 0x04;
    /// Output drive; bit 4 standby.
    pub const COM2: u8 = 0x09;
    /// Product ID.
    pub const PID: u8 = 0x0A;
    /// Product version.
    pub const VER: u8 = 0x0B;
    /// Clock and misc.
    pub const COM4: u8 = 0x0D;
    /// Exposure[9:2].
    pub const AEC: u8 = 0x10;
    /// Bit 7 doubles the clock, bits 5:0 divide it by one more.
    pub const CLKRC: u8 = 0x11;
    /// Bit 7 reset, bits 6:4 resolution, bit 2 zoom, bit 1 colour bar.
    pub const COM7: u8 = 0x12;
    /// Bit 5 banding filter, bit 2 AGC, bit 0 AEC.
    pub const COM8: u8 = 0x13;
    /// Bits 7:5: gain ceiling, 2x to 128x.
    pub const COM9: u8 = 0x14;
    /// Window start and end.
    pub const HSTART: u8 = 0x17;
    /// Horizontal window end.
    pub const HSTOP: u8 = 0x18;
    /// Vertical window start.
    pub const VSTART: u8 = 0x19;
    /// Vertical window end.
    pub const VSTOP: u8 = 0x1A;
    /// Manufacturer ID, high byte.
    pub const MIDH: u8 = 0x1C;
    /// Manufacturer ID, low byte.
    pub const MIDL: u8 = 0x1D;
    /// Upper bound of the stable luminance range.
    pub const AEW: u8 = 0x24;
    /// Lower bound of the stable luminance range.
    pub const AEB: u8 = 0x25;
    /// Thresholds of the fast exposure mode.
    pub const VV: u8 = 0x26;
    /// Average luminance.
    pub const YAVG: u8 = 0x2F;
    /// Low bits of the horizontal window, pixel clock divider.
    pub const REG32: u8 = 0x32;
    /// Zoom and window control.
    pub const ARCOM2: u8 = 0x34;
    /// Bits 5:0: exposure[15:10].
    pub const REG45: u8 = 0x45;
    /// Banding filter, 50 Hz.
    pub const BD50: u8 = 0x4F;
    /// Banding filter, 60 Hz.
    pub const BD60: u8 = 0x50;
    /// Histogram bounds.
    pub const HISTO_LOW: u8 = 0x61;
    /// Histogram upper bound.
    pub const HISTO_HIGH: u8 = 0x62;

    /// Reset bit of [`COM7`].
    pub const COM7_RESET: u8 = 0x80;
    /// Resolution bits of [`COM7`].
    pub const COM7_MODE: u8 = 0x70;
    /// SVGA resolution in [`COM7`].
    pub const COM7_SVGA: u8 = 0x40;
    /// CIF resolution in [`COM7`].
    pub const COM7_CIF: u8 = 0x20;
    /// Colour bar bit of [`COM7`].
    pub const COM7_COLOR_BAR: u8 = 0x02;
    /// Mirror bit of [`REG04`].
    pub const REG04_MIRROR: u8 = 0x80;
    /// Flip bits of [`REG04`]: the image, and the row reference that goes with it.
    pub const REG04_FLIP: u8 = 0x50;
    /// The bit of them that reads back as the setting.
    pub const REG04_FLIP_IMAGE: u8 = 0x40;
    /// Exposure bits of [`REG04`].
    pub const REG04_AEC: u8 = 0x03;
    /// Exposure bits of [`REG45`].
    pub const REG45_AEC: u8 = 0x3F;
    /// AEC bit of [`COM8`].
    pub const COM8_AEC: u8 = 0x01;
    /// AGC bit of [`COM8`].
    pub const COM8_AGC: u8 = 0x04;
}
