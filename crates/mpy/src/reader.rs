//! Bytes of a file, read from front to back.

use crate::Error;

/// A position in bytes.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Reader { rest: data }
    }

    /// Bytes not yet read.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    pub fn byte(&mut self) -> Result<u8, Error> {
        let (&first, rest) = self.rest.split_first().ok_or(Error::Corrupt)?;
        self.rest = rest;
        Ok(first)
    }

    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Error::Corrupt)?;
        self.rest = rest;
        Ok(taken)
    }

    /// An unsigned integer: seven bits a byte, the highest first; bit 7 says that more follow.
    pub fn uint(&mut self) -> Result<usize, Error> {
        let mut n: usize = 0;
        loop {
            let b = self.byte()?;
            if n > usize::MAX >> 7 {
                return Err(Error::Corrupt);
            }
            n = n << 7 | usize::from(b & 0x7F);
            if b & 0x80 == 0 {
                return Ok(n);
            }
        }
    }

    /// The number of items that follow, each at least one byte long.
    pub fn count(&mut self) -> Result<usize, Error> {
        let n = self.uint()?;
        if n <= self.left() { Ok(n) } else { Err(Error::Corrupt) }
    }
}
