//! What can be wrong with a `.mpy` file.

use core::fmt;

/// Why a file cannot be loaded. Scripts see a ValueError with this text, or a MemoryError.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not a `.mpy` file, or of another version, or made for larger small integers.
    Incompatible,
    /// It holds machine code.
    Native,
    /// Its content contradicts itself.
    Corrupt,
    /// A function needs more registers, constants or code than there can be.
    TooComplex,
    /// Out of memory.
    Memory,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Incompatible => "incompatible .mpy file",
            Error::Native => "native code in .mpy unsupported",
            Error::Corrupt => "corrupt .mpy file",
            Error::TooComplex => "too complex .mpy file",
            Error::Memory => "memory allocation failed",
        })
    }
}

impl core::error::Error for Error {}
