//! General-purpose pins.

use crate::Errno;

/// A GPIO number, as the chip's data sheet counts them.
pub type PinId = u8;

/// How a pin is used. The numbers that Python sees for these are the esp32 port's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PinMode {
    /// Neither input nor output.
    #[default]
    Disabled,
    /// Input.
    Input,
    /// Push-pull output.
    Output,
    /// Output that only pulls low; released it reads the line.
    OpenDrain,
}

/// The pull resistor of a pin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pull {
    /// Floating.
    #[default]
    None,
    /// To the supply.
    Up,
    /// To ground.
    Down,
}

/// Output drive strength: 5, 10, 20 and 40 mA on the ESP32 (data sheet, "DC characteristics").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drive {
    /// Weakest, 5 mA.
    D0,
    /// 10 mA.
    D1,
    /// 20 mA, the setting after reset.
    #[default]
    D2,
    /// Strongest, 40 mA.
    D3,
}

/// The whole configuration of a pin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PinConfig {
    /// Direction.
    pub mode: PinMode,
    /// Pull resistor.
    pub pull: Pull,
    /// Output strength.
    pub drive: Drive,
    /// Keep the level over light and deep sleep.
    pub hold: bool,
}

/// Why a pin operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinError {
    /// The chip has no such pin, or the board uses it for flash or PSRAM.
    NoSuchPin,
    /// Output asked of a pin that can only be an input (34–39 on the ESP32).
    InputOnly,
}

impl From<PinError> for Errno {
    fn from(_: PinError) -> Self {
        Self::EINVAL
    }
}

/// General-purpose pins, each addressed by its GPIO number.
pub trait Pins {
    /// Sets direction, pull, drive and hold. The output level is kept.
    fn configure(&mut self, pin: PinId, config: PinConfig) -> Result<(), PinError>;

    /// The configuration now in force.
    fn config(&self, pin: PinId) -> Result<PinConfig, PinError>;

    /// The level on the pin: what drives it, else its pull, else what is connected to it.
    fn read(&mut self, pin: PinId) -> Result<bool, PinError>;

    /// Sets the output latch; it takes effect when the pin is (or becomes) an output.
    fn write(&mut self, pin: PinId, level: bool) -> Result<(), PinError>;
}
