//! Block devices: what a file system stands on.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::FsError;

/// A failed block operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockError {
    /// The range lies outside the device or crosses the end of a block.
    OutOfRange,
    /// The medium failed or the power went.
    Io,
    /// The block is worn: what was written does not read back.
    Worn,
    /// The device does not take writes.
    ReadOnly,
    /// The device is in use by another operation.
    Busy,
    /// What the device reports by errno number.
    Errno(i32),
}

impl From<BlockError> for FsError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::OutOfRange | BlockError::Io => FsError::Io,
            BlockError::Worn => FsError::Corrupt,
            BlockError::ReadOnly => FsError::ReadOnly,
            BlockError::Busy => FsError::Busy,
            BlockError::Errno(number) => FsError::Errno(number),
        }
    }
}

/// Storage in erasable blocks of equal size.
///
/// A program may only follow an erase of the same bytes: on NOR flash it clears bits and cannot set them.
/// A range never crosses a block boundary.
pub trait BlockDevice {
    /// Bytes in one erasable block.
    fn block_size(&self) -> u32;
    /// How many blocks there are.
    fn block_count(&self) -> u32;
    /// The unit, in bytes, in which programs must start and end; divides the block size.
    fn program_size(&self) -> u32 {
        1
    }
    /// Fills `buf` from `offset` within `block`.
    fn read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result<(), BlockError>;
    /// Programs erased bytes from `offset` within `block`.
    fn program(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError>;
    /// Erases a whole block.
    fn erase(&mut self, block: u32) -> Result<(), BlockError>;
    /// Returns when everything programmed so far has reached the medium.
    fn sync(&mut self) -> Result<(), BlockError>;
}

impl<D: BlockDevice + ?Sized> BlockDevice for Box<D> {
    fn block_size(&self) -> u32 {
        (**self).block_size()
    }
    fn block_count(&self) -> u32 {
        (**self).block_count()
    }
    fn program_size(&self) -> u32 {
        (**self).program_size()
    }
    fn read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        (**self).read(block, offset, buf)
    }
    fn program(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError> {
        (**self).program(block, offset, data)
    }
    fn erase(&mut self, block: u32) -> Result<(), BlockError> {
        (**self).erase(block)
    }
    fn sync(&mut self) -> Result<(), BlockError> {
        (**self).sync()
    }
}

/// The byte range of `len` bytes at `offset` in `block`, if it lies inside one block of the device.
pub(crate) fn byte_range(
    block_size: u32,
    block_count: u32,
    block: u32,
    offset: u32,
    len: usize,
) -> Result<core::ops::Range<usize>, BlockError> {
    let len32 = u32::try_from(len).map_err(|_| BlockError::OutOfRange)?;
    let end = offset.checked_add(len32).ok_or(BlockError::OutOfRange)?;
    if block >= block_count || end > block_size {
        return Err(BlockError::OutOfRange);
    }
    let base = u64::from(block) * u64::from(block_size) + u64::from(offset);
    let start = usize::try_from(base).map_err(|_| BlockError::OutOfRange)?;
    let stop = start.checked_add(len).ok_or(BlockError::OutOfRange)?;
    Ok(start..stop)
}

/// A block device in RAM, with the manners of NOR flash: erased bytes are 0xff and programs only clear bits.
#[derive(Clone, Debug)]
pub struct RamDevice {
    bytes: Vec<u8>,
    block_size: u32,
    program_size: u32,
}

impl RamDevice {
    /// An erased device, or `OutOfMemory`.
    pub fn new(block_size: u32, block_count: u32) -> Result<Self, FsError> {
        let len = u64::from(block_size) * u64::from(block_count);
        let len = usize::try_from(len).map_err(|_| FsError::OutOfMemory)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| FsError::OutOfMemory)?;
        bytes.resize(len, 0xff);
        Self::from_bytes(bytes, block_size)
    }

    /// A device over an existing image; a last partial block is out of reach.
    pub fn from_bytes(bytes: Vec<u8>, block_size: u32) -> Result<Self, FsError> {
        if block_size == 0 {
            return Err(FsError::Invalid);
        }
        Ok(RamDevice { bytes, block_size, program_size: 1 })
    }

    /// The same device with a coarser program unit.
    #[must_use]
    pub fn with_program_size(mut self, program_size: u32) -> Self {
        self.program_size = program_size.max(1);
        self
    }

    /// The image.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The image, to damage it in a test.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Gives the image back.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn range(&self, block: u32, offset: u32, len: usize) -> Result<core::ops::Range<usize>, BlockError> {
        byte_range(self.block_size, self.block_count(), block, offset, len)
    }
}

impl BlockDevice for RamDevice {
    fn block_size(&self) -> u32 {
        self.block_size
    }

    fn block_count(&self) -> u32 {
        u32::try_from(self.bytes.len() / self.block_size as usize).unwrap_or(u32::MAX)
    }

    fn program_size(&self) -> u32 {
        self.program_size
    }

    fn read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        let range = self.range(block, offset, buf.len())?;
        buf.copy_from_slice(self.bytes.get(range).ok_or(BlockError::OutOfRange)?);
        Ok(())
    }

    fn program(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError> {
        let range = self.range(block, offset, data.len())?;
        let target = self.bytes.get_mut(range).ok_or(BlockError::OutOfRange)?;
        for (old, new) in target.iter_mut().zip(data) {
            *old &= new;
        }
        Ok(())
    }

    fn erase(&mut self, block: u32) -> Result<(), BlockError> {
        let range = self.range(block, 0, self.block_size as usize)?;
        self.bytes.get_mut(range).ok_or(BlockError::OutOfRange)?.fill(0xff);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), BlockError> {
        Ok(())
    }
}
