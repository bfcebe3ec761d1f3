//! The SD card.

use crate::Errno;

/// Why an SD card operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdError {
    /// The blocks do not lie inside the card, or the buffer is no whole number of blocks.
    OutOfRange,
    /// The card did not answer.
    Io,
    /// Power was lost (an injected power cut).
    PowerLost,
}

impl From<SdError> for Errno {
    fn from(error: SdError) -> Self {
        match error {
            SdError::OutOfRange => Self::EINVAL,
            SdError::Io | SdError::PowerLost => Self::EIO,
        }
    }
}

/// An SD card in blocks of [`block_size`](Self::block_size) bytes, rewritable in place.
pub trait SdCard {
    /// Block size in bytes: 512 on every card.
    fn block_size(&self) -> u32 {
        512
    }

    /// Number of blocks.
    fn block_count(&self) -> u32;

    /// Reads `buf.len() / 512` blocks starting at `block`.
    fn read(&mut self, block: u32, buf: &mut [u8]) -> Result<(), SdError>;

    /// Writes `data.len() / 512` blocks starting at `block`.
    fn write(&mut self, block: u32, data: &[u8]) -> Result<(), SdError>;
}
