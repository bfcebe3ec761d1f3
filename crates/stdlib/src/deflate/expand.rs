//! Decompression of raw DEFLATE, zlib (RFC 1950) and gzip (RFC 1952) streams, a byte of input at a time.

use super::{Adler, Format};
use crate::binascii::update_crc32;
use alloc::boxed::Box;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_HAS_MORE_INPUT};
use snakeye_vm::{HVec, Heap, OutOfMemory};

/// Why decompression stopped.
pub enum Problem {
    /// The data are wrong, or refer further back than the window.
    Data,
    /// There is no memory for the window.
    Memory,
}

impl From<OutOfMemory> for Problem {
    fn from(_: OutOfMemory) -> Problem {
        Problem::Memory
    }
}

/// What comes next in the stream.
enum Stage {
    Header(Header),
    Body(Box<DecompressorOxide>),
    /// The checksum (and gzip's length): bytes so far.
    Trailer([u8; 8], usize),
    End,
}

/// Places in a header. Flags name gzip's optional parts that are still to come.
enum Header {
    First,
    Second(u8),
    /// Rest of gzip's fixed part: which byte; flags once they were seen.
    Fixed(u8, u8),
    ExtraLength(Option<u8>, u8),
    Extra(u16, u8),
    /// File name or comment, ended by a zero byte.
    Text(u8),
    Crc(bool),
}

const GZIP_CRC: u8 = 2;
const GZIP_EXTRA: u8 = 4;
const GZIP_NAME: u8 = 8;
const GZIP_COMMENT: u8 = 16;

/// What a checksum is taken of, so far.
enum Sum {
    None,
    Adler(Adler),
    Crc(u32),
}

/// A decompressor. Its output lies in the window until it is taken.
pub struct Expander {
    format: Format,
    wbits: u8,
    stage: Stage,
    window: HVec<u8>,
    /// Output not taken yet: where it begins and ends in the window.
    taken: usize,
    filled: usize,
    /// The decompressor can give more without more input.
    more: bool,
    sum: Sum,
    /// Input that the decompressor had no room to use.
    held: Option<u8>,
}

impl Expander {
    /// A decompressor; `wbits` 0: as the stream says.
    pub fn new(heap: &Heap, format: Format, wbits: u8) -> Result<Expander, OutOfMemory> {
        let mut new = Expander {
            format,
            wbits,
            stage: Stage::Header(Header::First),
            window: HVec::new(),
            taken: 0,
            filled: 0,
            more: false,
            sum: Sum::None,
            held: None,
        };
        if format == Format::Raw {
            new.begin(heap, if wbits == 0 { super::DEFAULT_WBITS } else { wbits })?;
        }
        Ok(new)
    }

    /// Takes memory for the window and begins with the body.
    fn begin(&mut self, heap: &Heap, wbits: u8) -> Result<(), OutOfMemory> {
        // The decompressor's own tables are not on the heap; they must find room under its limit all the same.
        let tables = size_of::<DecompressorOxide>();
        heap.charge(tables)?;
        heap.discharge(tables);
        let mut window = HVec::new();
        window.append_zeros(heap, 1 << wbits)?;
        self.window = window;
        self.stage = Stage::Body(Box::default());
        Ok(())
    }

    /// The end of the stream was reached and everything was taken.
    pub fn at_end(&self) -> bool {
        matches!(self.stage, Stage::End) && self.taken == self.filled
    }

    /// Takes output, at most `n` bytes, up to the end of a line with `line`. Asks the decompressor for what it can give
    /// without more input.
    pub fn take(&mut self, n: usize, line: bool) -> Result<&[u8], Problem> {
        if self.taken == self.filled && self.more && n > 0 {
            self.expand()?;
        }
        let from = self.taken;
        let ready = self.window.get(from..self.filled).unwrap_or(&[]);
        let mut n = n.min(ready.len());
        if line && let Some(end) = memchr::memchr(b'\n', &ready[..n]) {
            n = end + 1;
        }
        self.taken += n;
        Ok(self.window.get(from..from + n).unwrap_or(&[]))
    }

    /// Takes the next byte of the stream.
    pub fn feed(&mut self, heap: &Heap, byte: u8) -> Result<(), Problem> {
        match &mut self.stage {
            Stage::Header(_) => self.header(heap, byte),
            Stage::Body(_) => {
                self.held = Some(byte);
                self.expand()
            }
            Stage::Trailer(..) => self.trailer(byte),
            Stage::End => Ok(()),
        }
    }

    fn header(&mut self, heap: &Heap, byte: u8) -> Result<(), Problem> {
        let Stage::Header(header) = &self.stage else { return Ok(()) };
        let next = match *header {
            Header::First => Header::Second(byte),
            Header::Second(0x1F) if byte == 0x8B && self.format != Format::Zlib => Header::Fixed(0, 0),
            Header::Second(method) => {
                let valid = (method as u32 * 256 + byte as u32).is_multiple_of(31)
                    && method & 15 == 8
                    && method >> 4 <= 7
                    && byte & 0x20 == 0;
                if !valid || self.format == Format::Gzip {
                    return Err(Problem::Data);
                }
                self.sum = Sum::Adler(Adler::default());
                return Ok(self.begin(heap, self.window_bits((method >> 4) + 8))?);
            }
            Header::Fixed(0, _) if byte != 8 => return Err(Problem::Data),
            Header::Fixed(1, _) if byte & 0xE0 != 0 => return Err(Problem::Data),
            Header::Fixed(1, _) => Header::Fixed(2, byte),
            Header::Fixed(7, flags) => return self.optional_part(heap, flags),
            Header::Fixed(n, flags) => Header::Fixed(n + 1, flags),
            Header::ExtraLength(None, flags) => Header::ExtraLength(Some(byte), flags),
            Header::ExtraLength(Some(low), flags) => match u16::from_le_bytes([low, byte]) {
                0 => return self.optional_part(heap, flags),
                n => Header::Extra(n, flags),
            },
            Header::Extra(1, flags) => return self.optional_part(heap, flags),
            Header::Extra(n, flags) => Header::Extra(n - 1, flags),
            Header::Text(flags) if byte == 0 => return self.optional_part(heap, flags),
            Header::Text(flags) => Header::Text(flags),
            Header::Crc(false) => Header::Crc(true),
            Header::Crc(true) => return self.optional_part(heap, 0),
        };
        self.stage = Stage::Header(next);
        Ok(())
    }

    /// Goes on to the next of gzip's optional parts, of which these are still to come, or to the body.
    fn optional_part(&mut self, heap: &Heap, flags: u8) -> Result<(), Problem> {
        self.stage = Stage::Header(if flags & GZIP_EXTRA != 0 {
            Header::ExtraLength(None, flags & !GZIP_EXTRA)
        } else if flags & GZIP_NAME != 0 {
            Header::Text(flags & !GZIP_NAME)
        } else if flags & GZIP_COMMENT != 0 {
            Header::Text(flags & !GZIP_COMMENT)
        } else if flags & GZIP_CRC != 0 {
            Header::Crc(false)
        } else {
            self.sum = Sum::Crc(0);
            // gzip does not say; compressors take the largest.
            return Ok(self.begin(heap, self.window_bits(15))?);
        });
        Ok(())
    }

    /// The window to use, given what the header says.
    fn window_bits(&self, said: u8) -> u8 {
        if self.wbits == 0 { said } else { said.min(self.wbits) }
    }

    fn trailer(&mut self, byte: u8) -> Result<(), Problem> {
        let Stage::Trailer(bytes, n) = &mut self.stage else { return Ok(()) };
        if let Some(place) = bytes.get_mut(*n) {
            *place = byte;
        }
        *n += 1;
        let right = match &self.sum {
            Sum::Adler(a) if *n == 4 => bytes.starts_with(&a.value().to_be_bytes()),
            // The length behind the checksum is passed over, as in MicroPython.
            Sum::Crc(crc) if *n == 8 => bytes.starts_with(&crc.to_le_bytes()),
            _ => return Ok(()),
        };
        if !right {
            return Err(Problem::Data);
        }
        self.stage = Stage::End;
        Ok(())
    }

    /// Runs the decompressor on the held byte, if any. Everything it gave before must have been taken.
    fn expand(&mut self) -> Result<(), Problem> {
        let Stage::Body(core) = &mut self.stage else { return Ok(()) };
        if self.filled == self.window.len() {
            self.filled = 0;
        }
        let from = self.filled;
        let held = self.held.map(|b| [b]);
        let input = held.as_ref().map_or(&[][..], |b| &b[..]);
        let (status, used, n) = decompress(core, input, &mut self.window, from, TINFL_FLAG_HAS_MORE_INPUT);
        if used > 0 {
            self.held = None;
        }
        self.taken = from;
        self.filled = from + n;
        let new = self.window.get(from..from + n).unwrap_or(&[]);
        match &mut self.sum {
            Sum::None => {}
            Sum::Adler(a) => a.update(new),
            Sum::Crc(crc) => *crc = update_crc32(*crc, new),
        }
        self.more = status == TINFLStatus::HasMoreOutput;
        match status {
            TINFLStatus::Done => {
                self.stage = match self.sum {
                    Sum::None => Stage::End,
                    _ => Stage::Trailer([0; 8], 0),
                };
                if let Some(byte) = self.held.take() {
                    self.trailer(byte)?;
                }
            }
            TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => {}
            _ => return Err(Problem::Data),
        }
        Ok(())
    }
}
