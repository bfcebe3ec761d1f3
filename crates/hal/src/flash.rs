//! The flash chip.

use crate::Errno;

/// Why a flash operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashError {
    /// The range does not lie inside the chip.
    OutOfRange,
    /// An erase that does not start or end on a sector.
    Misaligned,
    /// The chip, or the file behind a simulated one, failed.
    Io,
    /// Power was lost: on the simulated board after an injected power cut, until it restarts.
    PowerLost,
}

impl From<FlashError> for Errno {
    fn from(error: FlashError) -> Self {
        match error {
            FlashError::OutOfRange | FlashError::Misaligned => Self::EINVAL,
            FlashError::Io | FlashError::PowerLost => Self::EIO,
        }
    }
}

/// NOR flash: erase sets a whole sector to 0xFF, write can only clear bits.
pub trait Flash {
    /// Size in bytes.
    fn size(&self) -> u32;

    /// Sector size for [`erase`](Self::erase): 4096 on every supported chip.
    fn sector_size(&self) -> u32 {
        4096
    }

    /// Reads `buf.len()` bytes from byte address `addr`.
    fn read(&mut self, addr: u32, buf: &mut [u8]) -> Result<(), FlashError>;

    /// Programs `data` at byte address `addr`: each stored byte becomes `old & new`.
    fn write(&mut self, addr: u32, data: &[u8]) -> Result<(), FlashError>;

    /// Erases `len` bytes from `addr`, both multiples of the sector size.
    fn erase(&mut self, addr: u32, len: u32) -> Result<(), FlashError>;
}
