//! The settings of a sensor, as one table.

macro_rules! controls {
    ($($variant:ident, $name:literal, $min:literal, $max:literal, $doc:literal;)*) => {
        /// A setting of the sensor.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Control {
            $(#[doc = $doc] $variant,)*
        }

        impl Control {
            /// Every control.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Name and range.
            pub const fn info(self) -> ControlInfo {
                match self {
                    $(Self::$variant => ControlInfo { name: $name, min: $min, max: $max },)*
                }
            }
        }
    };
}

/// What a control is called and which values it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControlInfo {
    /// The name in `/status` and `/control` of the usual camera web server.
    pub name: &'static str,
    /// Smallest value.
    pub min: i32,
    /// Largest value.
    pub max: i32,
}

controls! {
    Quality, "quality", 0, 63, "JPEG quality; lower is better.";
    Brightness, "brightness", -2, 2, "Brightness.";
    Contrast, "contrast", -2, 2, "Contrast.";
    Saturation, "saturation", -2, 2, "Colour saturation.";
    Sharpness, "sharpness", -2, 2, "Sharpness; OV2640 has none.";
    Denoise, "denoise", 0, 8, "Noise reduction; OV2640 has none.";
    SpecialEffect, "special_effect", 0, 6,
        "0 none, 1 negative, 2 grey, 3 red, 4 green, 5 blue, 6 sepia.";
    WbMode, "wb_mode", 0, 4, "White balance: 0 automatic, 1 sunny, 2 cloudy, 3 office, 4 home.";
    Awb, "awb", 0, 1, "Automatic white balance.";
    AwbGain, "awb_gain", 0, 1, "Whether white balance gains are applied.";
    Aec, "aec", 0, 1, "Automatic exposure.";
    Aec2, "aec2", 0, 1, "Exposure control by the signal processor.";
    AeLevel, "ae_level", -2, 2, "Target of automatic exposure.";
    AecValue, "aec_value", 0, 1200, "Exposure in lines; holds while automatic exposure is off.";
    Agc, "agc", 0, 1, "Automatic gain.";
    AgcGain, "agc_gain", 0, 30, "Gain less one, so 0 is 1x; holds while automatic gain is off.";
    GainCeiling, "gainceiling", 0, 6, "Limit of automatic gain: 0 for 2x to 6 for 128x.";
    Bpc, "bpc", 0, 1, "Correction of black pixels.";
    Wpc, "wpc", 0, 1, "Correction of white pixels.";
    RawGamma, "raw_gma", 0, 1, "Gamma correction.";
    LensCorrection, "lenc", 0, 1, "Correction of the lens's darker corners.";
    HMirror, "hmirror", 0, 1, "Left and right exchanged.";
    VFlip, "vflip", 0, 1, "Top and bottom exchanged.";
    Dcw, "dcw", 0, 1, "Scaling down from window to output size.";
    ColorBar, "colorbar", 0, 1, "Test picture of colour bars.";
}

impl Control {
    /// The control called `name`, by either of its usual names.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = match name {
            "whitebal" => "awb",
            "exposure_ctrl" => "aec",
            "gain_ctrl" => "agc",
            other => other,
        };
        let mut all = Self::ALL.iter().copied();
        all.find(|control| control.info().name == name)
    }

    /// Whether `value` is in range.
    pub const fn accepts(self, value: i32) -> bool {
        let info = self.info();
        value >= info.min && value <= info.max
    }
}
