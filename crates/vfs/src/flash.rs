//! Raw NOR flash, addressed in bytes, as the chip's driver or a simulated image offers it.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::block::BlockError;
use crate::error::FsError;

/// The unit in which NOR flash is erased, in bytes.
pub const SECTOR_SIZE: u32 = 4096;

/// NOR flash: a write clears bits and never sets them; only an erase sets a whole sector to 0xff.
pub trait Flash {
    /// Size in bytes, a multiple of [`SECTOR_SIZE`].
    fn size(&self) -> u32;
    /// Fills `buf` from byte address `addr`.
    fn read(&mut self, addr: u32, buf: &mut [u8]) -> Result<(), BlockError>;
    /// Clears the bits that are 0 in `data`, from byte address `addr` on.
    fn write(&mut self, addr: u32, data: &[u8]) -> Result<(), BlockError>;
    /// Erases the sector that starts at `addr`, a multiple of [`SECTOR_SIZE`].
    fn erase_sector(&mut self, addr: u32) -> Result<(), BlockError>;
    /// Returns when everything written so far will survive a power cut.
    fn sync(&mut self) -> Result<(), BlockError> {
        Ok(())
    }
}

/// One flash chip shared by its partitions.
pub type SharedFlash = Rc<RefCell<dyn Flash>>;

/// Flash in RAM, for tests and tools that build images.
#[derive(Clone, Debug)]
pub struct RamFlash {
    bytes: Vec<u8>,
}

impl RamFlash {
    /// An erased chip of `size` bytes (a multiple of the sector size), or why it cannot be.
    pub fn new(size: u32) -> Result<Self, FsError> {
        let len = usize::try_from(size).map_err(|_| FsError::OutOfMemory)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| FsError::OutOfMemory)?;
        bytes.resize(len, 0xff);
        Self::from_bytes(bytes)
    }

    /// A chip with this content.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, FsError> {
        if bytes.is_empty() || !bytes.len().is_multiple_of(SECTOR_SIZE as usize) {
            return Err(FsError::Invalid);
        }
        u32::try_from(bytes.len()).map_err(|_| FsError::Invalid)?;
        Ok(RamFlash { bytes })
    }

    /// The content.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Wraps the chip so that partitions can share it.
    #[must_use]
    pub fn shared(self) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(self))
    }

    fn slice(&mut self, addr: u32, len: usize) -> Result<&mut [u8], BlockError> {
        let start = usize::try_from(addr).map_err(|_| BlockError::OutOfRange)?;
        let end = start.checked_add(len).ok_or(BlockError::OutOfRange)?;
        self.bytes.get_mut(start..end).ok_or(BlockError::OutOfRange)
    }
}

impl Flash for RamFlash {
    fn size(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    fn read(&mut self, addr: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        buf.copy_from_slice(self.slice(addr, buf.len())?);
        Ok(())
    }

    fn write(&mut self, addr: u32, data: &[u8]) -> Result<(), BlockError> {
        for (old, new) in self.slice(addr, data.len())?.iter_mut().zip(data) {
            *old &= new;
        }
        Ok(())
    }

    fn erase_sector(&mut self, addr: u32) -> Result<(), BlockError> {
        if !addr.is_multiple_of(SECTOR_SIZE) {
            return Err(BlockError::OutOfRange);
        }
        self.slice(addr, SECTOR_SIZE as usize)?.fill(0xff);
        Ok(())
    }
}
