//! Board definitions: data only. Sources: the vendors' schematics and Espressif's
//! CameraWebServer pin tables.

mod tables;

pub use tables::{AI_THINKER, ALL, ESP_EYE, ESP32_S3_EYE, FREENOVE_S3, M5_CAMERA, M5_PSRAM, WROVER_KIT, XIAO_S3_SENSE};

use crate::PinId;

/// The chip of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chip {
    /// ESP32, two Xtensa LX6 cores.
    Esp32,
    /// ESP32-S3, two Xtensa LX7 cores.
    Esp32S3,
}

impl Chip {
    /// Name as `os.uname().machine` ends: `"ESP32"`, `"ESP32S3"`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Esp32 => "ESP32",
            Self::Esp32S3 => "ESP32S3",
        }
    }

    /// CPU frequencies the chip can be set to, in MHz.
    #[must_use]
    pub const fn frequencies_mhz(self) -> &'static [u32] {
        match self {
            Self::Esp32 => &[20, 40, 80, 160, 240],
            Self::Esp32S3 => &[20, 40, 80, 160, 240],
        }
    }

    /// Pins that can be inputs only: no driver, no pull resistors.
    #[must_use]
    pub const fn is_input_only(self, pin: PinId) -> bool {
        match self {
            Self::Esp32 => pin >= 34 && pin <= 39,
            Self::Esp32S3 => false,
        }
    }

    /// Address of the second-stage boot loader in flash.
    #[must_use]
    pub const fn bootloader_address(self) -> u32 {
        match self {
            Self::Esp32 => 0x1000,
            Self::Esp32S3 => 0,
        }
    }
}

/// Image sensors that boards carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SensorModel {
    /// 2 megapixels, JPEG.
    Ov2640,
    /// 3 megapixels, JPEG.
    Ov3660,
    /// 5 megapixels, JPEG, autofocus.
    Ov5640,
}

/// How the sensor is wired. `None` where a line is not connected to the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameraPins {
    /// Power-down, high to sleep.
    pub pwdn: Option<PinId>,
    /// Reset, low to reset.
    pub reset: Option<PinId>,
    /// Master clock to the sensor.
    pub xclk: PinId,
    /// SCCB data.
    pub sda: PinId,
    /// SCCB clock.
    pub scl: PinId,
    /// Data lines, D7 first as schematics and CameraWebServer list them.
    pub data: [PinId; 8],
    /// Frame sync.
    pub vsync: PinId,
    /// Line valid.
    pub href: PinId,
    /// Pixel clock.
    pub pclk: PinId,
}

/// Which level lights a LED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// High lights it.
    ActiveHigh,
    /// Low lights it.
    ActiveLow,
}

/// A LED on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Led {
    /// Its pin.
    pub pin: PinId,
    /// Which level lights it.
    pub polarity: Polarity,
}

impl Led {
    /// Whether `level` on the pin lights the LED.
    #[must_use]
    pub const fn is_lit(self, level: bool) -> bool {
        match self.polarity {
            Polarity::ActiveHigh => level,
            Polarity::ActiveLow => !level,
        }
    }
}

/// How the SD slot is wired (SDMMC); `data` has one or four lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdPins {
    /// Clock.
    pub clk: PinId,
    /// Command.
    pub cmd: PinId,
    /// Data lines, D0 first.
    pub data: &'static [PinId],
}

/// Everything that distinguishes one board from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardDef {
    /// Full name, as `os.uname().machine` begins.
    pub name: &'static str,
    /// Short name for command lines, such as `"ai-thinker"`.
    pub id: &'static str,
    /// Chip.
    pub chip: Chip,
    /// Flash size in bytes.
    pub flash_size: u32,
    /// PSRAM size in bytes, 0 without.
    pub psram_size: u32,
    /// Heap for Python in bytes. With 4 MiB of PSRAM: half of it, which leaves 2 MiB for three
    /// UXGA JPEG buffers (w·h/5 each, 1.1 MiB), network buffers and the sensor's raw frames.
    pub heap_size: u32,
    /// Camera wiring.
    pub camera: CameraPins,
    /// The sensor it ships with.
    pub sensor: SensorModel,
    /// Bright LED that lights the scene.
    pub flash_led: Option<Led>,
    /// Small status LED.
    pub status_led: Option<Led>,
    /// SD slot.
    pub sd: Option<SdPins>,
    /// GPIO numbers that exist and that scripts may use (flash and PSRAM lines excluded).
    pub gpios: &'static [PinId],
}

impl BoardDef {
    /// Whether scripts may use this pin.
    #[must_use]
    pub fn has_pin(&self, pin: PinId) -> bool {
        self.gpios.contains(&pin)
    }

    /// Whether the pin can only be an input.
    #[must_use]
    pub const fn is_input_only(&self, pin: PinId) -> bool {
        self.chip.is_input_only(pin)
    }
}

/// The board with this short name.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static BoardDef> {
    ALL.iter().copied().find(|board| board.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_found() {
        for (i, board) in ALL.iter().enumerate() {
            assert_eq!(by_id(board.id).map(|b| b.name), Some(board.name));
            assert!(ALL.iter().skip(i + 1).all(|other| other.id != board.id));
        }
        assert!(by_id("toaster").is_none());
    }

    #[test]
    fn every_wired_pin_exists_and_outputs_can_drive() {
        for board in ALL {
            let c = &board.camera;
            let outputs = [Some(c.xclk), Some(c.sda), Some(c.scl), c.pwdn, c.reset];
            let inputs = c.data.iter().chain([&c.vsync, &c.href, &c.pclk]);
            for pin in outputs.into_iter().flatten() {
                assert!(board.has_pin(pin), "{}: {pin}", board.id);
                assert!(!board.is_input_only(pin), "{}: {pin}", board.id);
            }
            for pin in inputs {
                assert!(board.has_pin(*pin), "{}: {pin}", board.id);
            }
            for led in [board.flash_led, board.status_led].into_iter().flatten() {
                assert!(board.has_pin(led.pin) && !board.is_input_only(led.pin));
            }
            assert!(board.psram_size == 0 || board.heap_size < board.psram_size);
        }
    }

    #[test]
    fn camera_lines_of_a_board_are_distinct() {
        for board in ALL {
            let c = &board.camera;
            let mut seen = [false; 64];
            let lines = c.data.iter().copied().chain([c.vsync, c.href, c.pclk, c.xclk]);
            let lines = lines.chain([c.sda, c.scl]).chain(c.pwdn).chain(c.reset);
            for pin in lines {
                let slot = &mut seen[usize::from(pin)];
                assert!(!*slot, "{}: GPIO{pin} is used twice", board.id);
                *slot = true;
            }
        }
    }
}
