//! What stands before the instructions of a function: its signature, names, lines, cells.

use crate::reader::Reader;
use crate::{Error, push, vec_for};
use alloc::vec::Vec;

/// Flags of a signature.
pub(crate) const GENERATOR: u32 = 1;
pub(crate) const VAR_KEYWORDS: u32 = 2;
pub(crate) const VAR_ARGS: u32 = 4;

/// The prelude of a function.
pub(crate) struct Prelude<'a> {
    pub flags: u32,
    /// Positional parameters, the captured variables of a closure before them.
    pub n_pos: usize,
    pub n_kwonly: usize,
    /// Number of the function's name.
    pub name: usize,
    /// Numbers of the parameters' names.
    pub params: Vec<usize>,
    /// (first byte of code, line): ascending.
    pub lines: Vec<(u32, u32)>,
    /// Locals that are cells.
    pub cells: &'a [u8],
    /// The instructions.
    pub code: &'a [u8],
}

impl<'a> Prelude<'a> {
    pub fn read(data: &'a [u8]) -> Result<Prelude<'a>, Error> {
        let mut r = Reader::new(data);
        // The first byte is xSSSSEAA, the next ones xFSSKAED: S stack places, E exception places, A
        // positional arguments, F flags, K keyword-only arguments, D defaults. Only A, F and K matter here.
        let first = r.byte()?;
        let (mut flags, mut n_pos, mut n_kwonly) = (0, u32::from(first & 3), 0);
        let (mut more, mut shift) = (first & 0x80 != 0, 0);
        while more {
            let z = u32::from(r.byte()?);
            if shift > 16 {
                return Err(Error::Corrupt);
            }
            flags |= (z >> 6 & 1) << shift;
            n_pos |= (z & 4) << shift;
            n_kwonly |= (z >> 3 & 1) << shift;
            shift += 1;
            more = z & 0x80 != 0;
        }
        // xIIIIIIC: I bytes of names and lines, C of cells.
        let (mut n_info, mut n_cells, mut shift) = (0usize, 0usize, 0u32);
        loop {
            let z = usize::from(r.byte()?);
            if shift > 4 {
                return Err(Error::Corrupt);
            }
            n_cells |= (z & 1) << shift;
            n_info |= (z >> 1 & 0x3F) << (6 * shift);
            shift += 1;
            if z & 0x80 == 0 {
                break;
            }
        }
        let mut info = Reader::new(r.bytes(n_info)?);
        let cells = r.bytes(n_cells)?;
        let left = r.left();
        let code = r.bytes(left)?;
        let name = info.uint()?;
        let n_params = (n_pos + n_kwonly) as usize;
        if n_params > info.left() {
            return Err(Error::Corrupt);
        }
        let mut params = vec_for(n_params)?;
        for _ in 0..n_params {
            params.push(info.uint()?);
        }
        let lines = lines(info)?;
        let (n_pos, n_kwonly) = (n_pos as usize, n_kwonly as usize);
        Ok(Prelude { flags, n_pos, n_kwonly, name, params, lines, cells, code })
    }

    /// The line of the instruction at byte `ip`.
    pub fn line(&self, ip: usize) -> u32 {
        let i = self.lines.partition_point(|&(start, _)| start as usize <= ip);
        i.checked_sub(1).and_then(|i| self.lines.get(i)).map_or(1, |&(_, line)| line)
    }
}

/// Steps in bytes of code and in lines: 0LLBBBBB, or 1LLLBBBB LLLLLLLL.
fn lines(mut r: Reader) -> Result<Vec<(u32, u32)>, Error> {
    let mut lines: Vec<(u32, u32)> = Vec::new();
    let (mut at, mut line) = (0u32, 1u32);
    while r.left() > 0 {
        let c = u32::from(r.byte()?);
        let (bytes, step) =
            if c & 0x80 == 0 { (c & 0x1F, c >> 5) } else { (c & 0xF, c << 4 & 0x700 | u32::from(r.byte()?)) };
        at = at.saturating_add(bytes);
        line = line.saturating_add(step);
        match lines.last_mut() {
            Some(last) if last.0 == at => last.1 = line,
            _ => push(&mut lines, (at, line))?,
        }
    }
    Ok(lines)
}
