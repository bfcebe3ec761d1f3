//! The sensor's control bus.

use alloc::boxed::Box;
use core::fmt;

/// Why a register access failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SccbError {
    /// No device acknowledged the address.
    NoAck,
    /// A line was held low for too long.
    Timeout,
    /// The bus itself is not available: pins not set up, or in use by something else.
    Bus,
}

impl fmt::Display for SccbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAck => "no acknowledge",
            Self::Timeout => "bus time-out",
            Self::Bus => "bus not available",
        })
    }
}

/// SCCB: OmniVision's two-wire bus, I2C without repeated start. Addresses have 7 bits.
pub trait SccbBus {
    /// Writes one 8-bit register.
    fn write(&mut self, addr: u8, reg: u8, val: u8) -> Result<(), SccbError>;

    /// Reads one 8-bit register.
    fn read(&mut self, addr: u8, reg: u8) -> Result<u8, SccbError>;

    /// Reads a register with a 16-bit address, which OV3660 and OV5640 use. Only the diagnosis of
    /// an unexpected sensor asks for it; a bus which cannot do it says [`SccbError::Bus`].
    fn read_wide(&mut self, addr: u8, reg: u16) -> Result<u8, SccbError> {
        let _ = (addr, reg);
        Err(SccbError::Bus)
    }

    /// Whether any device acknowledges `addr`.
    fn probe(&mut self, addr: u8) -> bool {
        self.read(addr, 0).is_ok()
    }
}

impl<T: SccbBus + ?Sized> SccbBus for &mut T {
    fn write(&mut self, addr: u8, reg: u8, val: u8) -> Result<(), SccbError> {
        (**self).write(addr, reg, val)
    }
    fn read(&mut self, addr: u8, reg: u8) -> Result<u8, SccbError> {
        (**self).read(addr, reg)
    }
    fn read_wide(&mut self, addr: u8, reg: u16) -> Result<u8, SccbError> {
        (**self).read_wide(addr, reg)
    }
    fn probe(&mut self, addr: u8) -> bool {
        (**self).probe(addr)
    }
}

impl<T: SccbBus + ?Sized> SccbBus for Box<T> {
    fn write(&mut self, addr: u8, reg: u8, val: u8) -> Result<(), SccbError> {
        (**self).write(addr, reg, val)
    }
    fn read(&mut self, addr: u8, reg: u8) -> Result<u8, SccbError> {
        (**self).read(addr, reg)
    }
    fn read_wide(&mut self, addr: u8, reg: u16) -> Result<u8, SccbError> {
        (**self).read_wide(addr, reg)
    }
    fn probe(&mut self, addr: u8) -> bool {
        (**self).probe(addr)
    }
}
