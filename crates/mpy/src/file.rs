//! The container: header, names, constants, and the tree of code.

use crate::names::STATIC_NAMES;
use crate::reader::Reader;
use crate::{Error, SUB_VERSION, VERSION, vec_for};
use alloc::vec::Vec;
use snakeye_bytecode::Const;

/// Deepest nesting of code in code, and of tuples in tuples.
const MAX_DEPTH: usize = 60;

/// What a file holds.
pub(crate) struct Module<'a> {
    pub names: Vec<&'a str>,
    pub constants: Vec<Const>,
    pub body: Raw<'a>,
}

/// One function, class body or module: its prelude and instructions, and the code inside it.
pub(crate) struct Raw<'a> {
    pub data: &'a [u8],
    pub children: Vec<Raw<'a>>,
}

/// Reads everything but the meaning of the code.
pub(crate) fn read(data: &[u8], small_int_bits: u8) -> Result<Module<'_>, Error> {
    let [b'M', version, features, bits, rest @ ..] = data else { return Err(Error::Incompatible) };
    let (arch, sub_version) = (features >> 2 & 0xF, features & 3);
    if *version != VERSION || *bits > small_int_bits || arch != 0 && sub_version != SUB_VERSION {
        return Err(Error::Incompatible);
    }
    if arch != 0 {
        return Err(Error::Native);
    }
    // Flags of a machine's architecture, or what no one has defined yet.
    if features & 0xC0 != 0 {
        return Err(Error::Incompatible);
    }
    let mut reader = Reader::new(rest);
    let n_names = reader.count()?;
    let n_constants = reader.uint()?;
    let mut names = vec_for(n_names)?;
    for _ in 0..n_names {
        names.push(name(&mut reader)?);
    }
    if n_constants > reader.left() {
        return Err(Error::Corrupt);
    }
    let mut constants = vec_for(n_constants)?;
    for _ in 0..n_constants {
        constants.push(constant(&mut reader, 0)?);
    }
    let body = raw(&mut reader, 0)?;
    Ok(Module { names, constants, body })
}

fn name<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Error> {
    let n = reader.uint()?;
    if n & 1 != 0 {
        let index = (n >> 1).checked_sub(1).ok_or(Error::Corrupt)?;
        return STATIC_NAMES.get(index).copied().ok_or(Error::Corrupt);
    }
    let bytes = terminated(reader, n >> 1)?;
    core::str::from_utf8(bytes).map_err(|_| Error::Corrupt)
}

/// `n` bytes that a zero follows.
fn terminated<'a>(reader: &mut Reader<'a>, n: usize) -> Result<&'a [u8], Error> {
    let bytes = reader.bytes(n)?;
    if reader.byte()? == 0 { Ok(bytes) } else { Err(Error::Corrupt) }
}

fn constant(reader: &mut Reader, depth: usize) -> Result<Const, Error> {
    let kind = reader.byte()?;
    Ok(match kind {
        1 => Const::None,
        2 => Const::Bool(false),
        3 => Const::Bool(true),
        4 => Const::Ellipsis,
        5 => {
            let n = reader.uint()?;
            let text = core::str::from_utf8(terminated(reader, n)?).map_err(|_| Error::Corrupt)?;
            Const::Str(text.into())
        }
        6 => {
            let n = reader.uint()?;
            Const::Bytes(terminated(reader, n)?.into())
        }
        7..=9 => {
            let n = reader.uint()?;
            let text = core::str::from_utf8(reader.bytes(n)?).map_err(|_| Error::Corrupt)?;
            number(kind, text).ok_or(Error::Corrupt)?
        }
        10 => {
            let n = reader.count()?;
            if depth == MAX_DEPTH {
                return Err(Error::TooComplex);
            }
            let mut items = vec_for(n)?;
            for _ in 0..n {
                items.push(constant(reader, depth + 1)?);
            }
            Const::Tuple(items)
        }
        // The table of functions for machine code.
        0 => return Err(Error::Native),
        _ => return Err(Error::Corrupt),
    })
}

/// A number in the text form that `repr` gives it.
fn number(kind: u8, text: &str) -> Option<Const> {
    match kind {
        7 => match text.parse::<i64>() {
            Ok(n) => Some(Const::Int(n)),
            Err(_) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                valid.then(|| Const::BigInt(text.into(), 10))
            }
        },
        8 => text.parse().ok().map(Const::Float),
        _ => text.strip_suffix('j')?.parse().ok().map(Const::Imaginary),
    }
}

fn raw<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<Raw<'a>, Error> {
    if depth == MAX_DEPTH {
        return Err(Error::TooComplex);
    }
    let n = reader.uint()?;
    if n & 3 != 0 {
        return Err(Error::Incompatible); // machine code
    }
    let data = reader.bytes(n >> 3)?;
    let mut children = Vec::new();
    if n & 4 != 0 {
        let n = reader.count()?;
        children = vec_for(n)?;
        for _ in 0..n {
            children.push(raw(reader, depth + 1)?);
        }
    }
    Ok(Raw { data, children })
}
