//! Registers of the simulated ESP32 that scripts reach through `machine.mem32`: those of the pins, and the random
//! number (ESP32 Technical Reference Manual, chapters "IO_MUX and GPIO Matrix" and "Random Number Generator").

use snakeye_hal::boards::Chip;
use snakeye_hal::{Board, PinConfig, PinId, PinMode};

use crate::SimBoard;

const GPIO_BASE: u32 = 0x3FF4_4000;
const RNG_DATA: u32 = 0x3FF7_5144;

/// What is kept for each pin, a bit per pin in two registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bank {
    /// The output latch.
    Out,
    /// Whether it is an output.
    Enable,
    /// The level.
    In,
}

/// What a write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Whole,
    SetOnes,
    ClearOnes,
    ReadOnly,
}

/// The bank at a register, the first pin in it, and what a write does.
fn bank(address: u32) -> Option<(Bank, PinId, Access)> {
    use Access::{ClearOnes, ReadOnly, SetOnes, Whole};
    Some(match address.checked_sub(GPIO_BASE)? {
        0x04 => (Bank::Out, 0, Whole),
        0x08 => (Bank::Out, 0, SetOnes),
        0x0C => (Bank::Out, 0, ClearOnes),
        0x10 => (Bank::Out, 32, Whole),
        0x14 => (Bank::Out, 32, SetOnes),
        0x18 => (Bank::Out, 32, ClearOnes),
        0x20 => (Bank::Enable, 0, Whole),
        0x24 => (Bank::Enable, 0, SetOnes),
        0x28 => (Bank::Enable, 0, ClearOnes),
        0x2C => (Bank::Enable, 32, Whole),
        0x30 => (Bank::Enable, 32, SetOnes),
        0x34 => (Bank::Enable, 32, ClearOnes),
        0x3C => (Bank::In, 0, ReadOnly),
        0x40 => (Bank::In, 32, ReadOnly),
        _ => return None,
    })
}

impl SimBoard {
    fn bit(&mut self, bank: Bank, pin: PinId) -> bool {
        match bank {
            Bank::Out => self.pin_table().latch(pin),
            Bank::In => self.pins().read(pin).unwrap_or(false),
            Bank::Enable => {
                let config = self.pins().config(pin);
                config.is_ok_and(|c| matches!(c.mode, PinMode::Output | PinMode::OpenDrain))
            }
        }
    }

    fn bits(&mut self, bank: Bank, first: PinId) -> u32 {
        (0..32).filter(|&i| self.bit(bank, first + i)).fold(0, |word, i| word | 1 << i)
    }

    pub(crate) fn register(&mut self, address: u32) -> Option<u32> {
        if self.def().chip != Chip::Esp32 {
            return None;
        }
        if address == RNG_DATA {
            let mut bytes = [0; 4];
            self.system().random(&mut bytes);
            return Some(u32::from_le_bytes(bytes));
        }
        let (bank, first, access) = bank(address)?;
        // Registers that set or clear bits read as zero.
        let readable = matches!(access, Access::Whole | Access::ReadOnly);
        Some(if readable { self.bits(bank, first) } else { 0 })
    }

    pub(crate) fn set_register(&mut self, address: u32, value: u32) -> bool {
        if self.def().chip != Chip::Esp32 {
            return false;
        }
        let Some((bank, first, access)) = bank(address) else { return false };
        let old = self.bits(bank, first);
        let new = match access {
            Access::Whole => value,
            Access::SetOnes => old | value,
            Access::ClearOnes => old & !value,
            Access::ReadOnly => return true,
        };
        for i in (0..32).filter(|i| (old ^ new) >> i & 1 == 1) {
            let (pin, on) = (first + i, new >> i & 1 == 1);
            // As on the chip, bits of pins that it lacks or cannot drive have no effect.
            match bank {
                Bank::Enable => {
                    let mode = if on { PinMode::Output } else { PinMode::Input };
                    if let Ok(config) = self.pins().config(pin) {
                        let _ = self.pins().configure(pin, PinConfig { mode, ..config });
                    }
                }
                Bank::Out => drop(self.pins().write(pin, on)),
                Bank::In => {}
            }
        }
        true
    }
}
