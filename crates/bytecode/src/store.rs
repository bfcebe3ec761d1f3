//! Compiled code as bytes, and back.
//!
//! The form is this version's own: a magic number with a version that changes with the opcodes, then the fields of
//! [`Code`] in order. Numbers are LEB128 (signed ones zigzag), texts and lists begin with their length, instructions are
//! four bytes each, lowest first. What is read back has the form of code but may be wrong in every other way: it must be
//! verified before it runs.

use crate::{Code, CodeFlags, Const, FreeVar, Handler, OPS};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

const MAGIC: [u8; 3] = *b"SNK";
/// Changes whenever stored code would no longer mean the same; the number of opcodes is checked beside it.
const VERSION: u8 = 1;
/// Deepest nesting of code and tuples, as in the verifier.
const MAX_NESTING: u32 = 200;

/// Stores code.
pub fn encode(code: &Code) -> Vec<u8> {
    let mut out = Vec::from(MAGIC);
    out.extend([VERSION, OPS.len() as u8]);
    put_code(&mut out, code);
    out
}

/// Reads stored code; `None` when it is not such, or of another version.
pub fn decode(bytes: &[u8]) -> Option<Code> {
    let rest = bytes.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION, OPS.len() as u8])?;
    let mut reader = Reader { rest };
    let file = Rc::from(&*reader.text()?);
    let code = reader.code(&file, 0)?;
    reader.rest.is_empty().then_some(code)
}

fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_texts<'a>(out: &mut Vec<u8>, texts: impl ExactSizeIterator<Item = &'a Box<str>>) {
    put(out, texts.len() as u64);
    texts.for_each(|t| put_bytes(out, t.as_bytes()));
}

/// The outermost code is preceded by the name of its file, which is that of all code in it.
fn put_code(out: &mut Vec<u8>, code: &Code) {
    put_bytes(out, code.file.as_bytes());
    put_body(out, code);
}

fn put_body(out: &mut Vec<u8>, code: &Code) {
    put_bytes(out, code.name.as_bytes());
    put(out, code.flags.0 as u64);
    out.extend([code.n_posonly, code.n_pos, code.n_kwonly]);
    put(out, code.n_regs as u64);
    put(out, code.n_caches as u64);
    put(out, code.first_line as u64);
    put_texts(out, code.varnames.iter());
    put(out, code.free.len() as u64);
    for (name, from) in &code.free {
        put_bytes(out, name.as_bytes());
        match from {
            FreeVar::Cell(reg) => put(out, (*reg as u64) << 1),
            FreeVar::Free(i) => put(out, (*i as u64) << 1 | 1),
        }
    }
    put(out, code.consts.len() as u64);
    code.consts.iter().for_each(|c| put_const(out, c));
    put_texts(out, code.names.iter());
    put(out, code.children.len() as u64);
    code.children.iter().for_each(|c| put_body(out, c));
    put(out, code.words.len() as u64);
    code.words.iter().for_each(|w| out.extend(w.to_le_bytes()));
    put(out, code.lines.len() as u64);
    for (start, line) in &code.lines {
        put(out, *start as u64);
        put(out, *line as u64);
    }
    put(out, code.handlers.len() as u64);
    for h in &code.handlers {
        [h.start, h.end, h.handler].iter().for_each(|n| put(out, *n as u64));
        out.push(h.reg);
    }
}

// Tags of constants.
const NONE: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const ELLIPSIS: u8 = 3;
const INT: u8 = 4;
const BIG_INT: u8 = 5;
const FLOAT: u8 = 6;
const IMAGINARY: u8 = 7;
const STR: u8 = 8;
const BYTES: u8 = 9;
const TUPLE: u8 = 10;

fn put_const(out: &mut Vec<u8>, constant: &Const) {
    match constant {
        Const::None => out.push(NONE),
        Const::Bool(b) => out.push(if *b { TRUE } else { FALSE }),
        Const::Ellipsis => out.push(ELLIPSIS),
        Const::Int(n) => {
            out.push(INT);
            put(out, (n << 1 ^ n >> 63) as u64);
        }
        Const::BigInt(digits, radix) => {
            out.extend([BIG_INT, *radix]);
            put_bytes(out, digits.as_bytes());
        }
        Const::Float(x) => {
            out.push(FLOAT);
            out.extend(x.to_bits().to_le_bytes());
        }
        Const::Imaginary(x) => {
            out.push(IMAGINARY);
            out.extend(x.to_bits().to_le_bytes());
        }
        Const::Str(s) => {
            out.push(STR);
            put_bytes(out, s.as_bytes());
        }
        Const::Bytes(b) => {
            out.push(BYTES);
            put_bytes(out, b);
        }
        Const::Tuple(items) => {
            out.push(TUPLE);
            put(out, items.len() as u64);
            items.iter().for_each(|c| put_const(out, c));
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&b, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(b)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn number(&mut self) -> Option<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let b = self.byte()?;
            n |= (b as u64 & 0x7F).checked_shl(shift)?;
            if b < 0x80 {
                return Some(n);
            }
        }
        None
    }

    fn small<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    fn bytes(&mut self) -> Option<Box<[u8]>> {
        let n: usize = self.small()?;
        let (bytes, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(bytes.into())
    }

    fn text(&mut self) -> Option<Box<str>> {
        let bytes = self.bytes()?;
        core::str::from_utf8(&bytes).ok().map(Box::from)
    }

    /// A list, of whose items each takes at least a byte: a length that cannot be is refused before memory is taken.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n: usize = self.small()?;
        if n > self.rest.len() {
            return None;
        }
        let mut items = Vec::new();
        for _ in 0..n {
            items.push(item(self)?);
        }
        Some(items)
    }

    fn code(&mut self, file: &Rc<str>, depth: u32) -> Option<Code> {
        if depth >= MAX_NESTING {
            return None;
        }
        Some(Code {
            file: file.clone(),
            name: self.text()?,
            flags: CodeFlags(self.small()?),
            n_posonly: self.byte()?,
            n_pos: self.byte()?,
            n_kwonly: self.byte()?,
            n_regs: self.small()?,
            n_caches: self.small()?,
            first_line: self.small()?,
            varnames: self.list(Self::text)?,
            free: self.list(|r| {
                let name = r.text()?;
                let from = r.number()?;
                let index = from >> 1;
                Some((
                    name,
                    match from & 1 {
                        0 => FreeVar::Cell(index.try_into().ok()?),
                        _ => FreeVar::Free(index.try_into().ok()?),
                    },
                ))
            })?,
            consts: self.list(|r| r.constant(0))?,
            names: self.list(Self::text)?,
            children: self.list(|r| r.code(file, depth + 1))?,
            words: self.list(|r| r.array().map(u32::from_le_bytes))?,
            lines: self.list(|r| Some((r.small()?, r.small()?)))?,
            handlers: self
                .list(|r| Some(Handler { start: r.small()?, end: r.small()?, handler: r.small()?, reg: r.byte()? }))?,
        })
    }

    fn constant(&mut self, depth: u32) -> Option<Const> {
        if depth >= MAX_NESTING {
            return None;
        }
        Some(match self.byte()? {
            NONE => Const::None,
            FALSE => Const::Bool(false),
            TRUE => Const::Bool(true),
            ELLIPSIS => Const::Ellipsis,
            INT => {
                let n = self.number()?;
                Const::Int((n >> 1) as i64 ^ -((n & 1) as i64))
            }
            BIG_INT => {
                let radix = self.byte()?;
                Const::BigInt(self.text()?, radix)
            }
            FLOAT => Const::Float(f64::from_bits(u64::from_le_bytes(self.array()?))),
            IMAGINARY => Const::Imaginary(f64::from_bits(u64::from_le_bytes(self.array()?))),
            STR => Const::Str(self.text()?),
            BYTES => Const::Bytes(self.bytes()?),
            TUPLE => Const::Tuple(self.list(|r| r.constant(depth + 1))?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn sample() -> Code {
        let child = Code {
            name: "g".into(),
            file: "f.py".into(),
            free: vec![("x".into(), FreeVar::Cell(3)), ("y".into(), FreeVar::Free(300))],
            ..Code::default()
        };
        Code {
            name: "f".into(),
            file: "f.py".into(),
            flags: CodeFlags(CodeFlags::VARARGS),
            n_pos: 2,
            n_regs: 9,
            varnames: vec!["a".into(), "ä".into()],
            consts: vec![
                Const::None,
                Const::Bool(true),
                Const::Ellipsis,
                Const::Int(i64::MIN),
                Const::Int(-1),
                Const::BigInt("-123456789012345678901234567890".into(), 10),
                Const::Float(1.5),
                Const::Imaginary(-0.0),
                Const::Tuple(vec![Const::Str("s".into()), Const::Bytes(Box::from(*b"\0\xff"))]),
            ],
            names: vec!["print".into()],
            children: vec![child],
            words: vec![0, 1, u32::MAX],
            lines: vec![(0, 1), (2, 500)],
            handlers: vec![Handler { start: 0, end: 2, handler: 2, reg: 8 }],
            n_caches: 4,
            first_line: 77,
            ..Code::default()
        }
    }

    #[test]
    fn code_goes_there_and_back() {
        let bytes = encode(&sample());
        let back = decode(&bytes).expect("own code is readable");
        assert_eq!(alloc::format!("{back:?}"), alloc::format!("{:?}", sample()));
    }

    #[test]
    fn what_is_cut_or_changed_is_refused_or_read_but_never_panics() {
        let bytes = encode(&sample());
        for n in 0..bytes.len() {
            assert!(decode(&bytes[..n]).is_none());
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[n] ^= 1 << bit;
                let _ = decode(&changed).map(|code| crate::verify(&code).is_ok());
            }
        }
    }
}
