//! Instructions of the stack machine.

use crate::reader::Reader;
use crate::{Error, vec_for};
use alloc::vec::Vec;

/// Operation codes, by the names MicroPython gives them. Ranges: small integers 0x70..0xB0, loads of the first 16
/// locals from 0xB0, stores from 0xC0, unary operators from 0xD0, binary ones from 0xD7.
pub(crate) mod op {
    macro_rules! codes {
        ($($name:ident = $code:literal,)*) => { $(pub const $name: u8 = $code;)* };
    }
    codes! {
        LOAD_CONST_STRING = 0x10, LOAD_NAME = 0x11, LOAD_GLOBAL = 0x12, LOAD_ATTR = 0x13, LOAD_METHOD = 0x14,
        LOAD_SUPER_METHOD = 0x15, STORE_NAME = 0x16, STORE_GLOBAL = 0x17, STORE_ATTR = 0x18, DELETE_NAME = 0x19,
        DELETE_GLOBAL = 0x1A, IMPORT_NAME = 0x1B, IMPORT_FROM = 0x1C,
        MAKE_CLOSURE = 0x20, MAKE_CLOSURE_DEFARGS = 0x21, LOAD_CONST_SMALL_INT = 0x22, LOAD_CONST_OBJ = 0x23,
        LOAD_FAST_N = 0x24, LOAD_DEREF = 0x25, STORE_FAST_N = 0x26, STORE_DEREF = 0x27, DELETE_FAST = 0x28,
        DELETE_DEREF = 0x29, BUILD_TUPLE = 0x2A, BUILD_LIST = 0x2B, BUILD_MAP = 0x2C, BUILD_SET = 0x2D,
        BUILD_SLICE = 0x2E, STORE_COMP = 0x2F,
        UNPACK_SEQUENCE = 0x30, UNPACK_EX = 0x31, MAKE_FUNCTION = 0x32, MAKE_FUNCTION_DEFARGS = 0x33,
        CALL_FUNCTION = 0x34, CALL_FUNCTION_VAR_KW = 0x35, CALL_METHOD = 0x36, CALL_METHOD_VAR_KW = 0x37,
        UNWIND_JUMP = 0x40, JUMP = 0x42, POP_JUMP_IF_TRUE = 0x43, POP_JUMP_IF_FALSE = 0x44,
        JUMP_IF_TRUE_OR_POP = 0x45, JUMP_IF_FALSE_OR_POP = 0x46, SETUP_WITH = 0x47, SETUP_EXCEPT = 0x48,
        SETUP_FINALLY = 0x49, POP_EXCEPT_JUMP = 0x4A, FOR_ITER = 0x4B,
        LOAD_CONST_FALSE = 0x50, LOAD_CONST_NONE = 0x51, LOAD_CONST_TRUE = 0x52, LOAD_NULL = 0x53,
        LOAD_BUILD_CLASS = 0x54, LOAD_SUBSCR = 0x55, STORE_SUBSCR = 0x56, DUP_TOP = 0x57, DUP_TOP_TWO = 0x58,
        POP_TOP = 0x59, ROT_TWO = 0x5A, ROT_THREE = 0x5B, WITH_CLEANUP = 0x5C, END_FINALLY = 0x5D, GET_ITER = 0x5E,
        GET_ITER_STACK = 0x5F,
        STORE_MAP = 0x62, RETURN_VALUE = 0x63, RAISE_LAST = 0x64, RAISE_OBJ = 0x65, RAISE_FROM = 0x66,
        YIELD_VALUE = 0x67, YIELD_FROM = 0x68, IMPORT_STAR = 0x69,
        UNARY = 0xD0, BINARY = 0xD7, BINARY_LAST = 0xF9,
    }
    /// Whether an exception matches a class.
    pub const EXCEPTION_MATCH: u8 = BINARY + 8;
    /// Unary `not`, the last unary operator.
    pub const NOT: u8 = UNARY + 3;
}

/// One instruction. The short forms of integers and locals have become the long ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instr {
    pub op: u8,
    /// A number, a name, a constant, a local; for jumps the byte where they lead.
    pub arg: i64,
    /// Captured variables of a closure; handlers that a jump leaves.
    pub extra: u8,
    /// The byte behind it.
    pub next: usize,
}

impl Instr {
    /// The argument as an index.
    pub fn index(&self) -> Result<usize, Error> {
        usize::try_from(self.arg).map_err(|_| Error::Corrupt)
    }
}

/// Decodes the instruction at byte `ip`.
pub(crate) fn decode(code: &[u8], ip: usize) -> Result<Instr, Error> {
    let mut r = Reader::new(code.get(ip..).ok_or(Error::Corrupt)?);
    let at = |r: &Reader| (code.len() - r.left()) as i64;
    let (mut op, mut arg, mut extra) = (r.byte()?, 0, 0);
    match op {
        0x10..0x20 | 0x20..0x22 | 0x23..0x30 | 0x30..0x40 => {
            arg = i64::try_from(r.uint()?).map_err(|_| Error::Corrupt)?;
        }
        op::LOAD_CONST_SMALL_INT => arg = signed(&mut r)?,
        0x40..0x50 => {
            let low = r.byte()?;
            let long = low & 0x80 != 0;
            let offset = if long { i64::from(low & 0x7F) | i64::from(r.byte()?) << 7 } else { i64::from(low) };
            // The first ones lead in both directions.
            let bias = if op > op::POP_JUMP_IF_FALSE { 0 } else { [0x40, 0x4000][usize::from(long)] };
            arg = at(&r) + offset - bias;
        }
        0x70..0xB0 => (op, arg) = (op::LOAD_CONST_SMALL_INT, i64::from(op) - 0x70 - 16),
        0xB0..0xC0 => (op, arg) = (op::LOAD_FAST_N, i64::from(op) - 0xB0),
        0xC0..0xD0 => (op, arg) = (op::STORE_FAST_N, i64::from(op) - 0xC0),
        _ => {}
    }
    if matches!(op, op::MAKE_CLOSURE | op::MAKE_CLOSURE_DEFARGS | op::UNWIND_JUMP) {
        extra = r.byte()?;
    }
    Ok(Instr { op, arg, extra, next: code.len() - r.left() })
}

/// A signed integer: as an unsigned one, bit 6 of the first byte being the sign.
fn signed(r: &mut Reader) -> Result<i64, Error> {
    let mut b = r.byte()?;
    let mut n: i64 = if b & 0x40 != 0 { -1 } else { 0 };
    loop {
        n = n.checked_mul(128).ok_or(Error::Corrupt)? | i64::from(b & 0x7F);
        if b & 0x80 == 0 {
            return Ok(n);
        }
        b = r.byte()?;
    }
}

/// What is known about the bytes of code: where instructions start, and which of those are jumped to.
pub(crate) struct Marks(Vec<u8>);

const START: u8 = 1;
const TARGET: u8 = 2;
const LOOP: u8 = 4;

impl Marks {
    /// Decodes everything once. Every instruction is whole, and every jump leads to one.
    pub fn new(code: &[u8]) -> Result<Marks, Error> {
        let mut marks = vec_for(code.len())?;
        marks.resize(code.len(), 0u8);
        let mut ip = 0;
        while ip < code.len() {
            let instr = decode(code, ip)?;
            marks[ip] |= START;
            if (op::UNWIND_JUMP..=op::FOR_ITER).contains(&instr.op) {
                let target = marks.get_mut(instr.index()?).ok_or(Error::Corrupt)?;
                *target |= if instr.arg <= ip as i64 { TARGET | LOOP } else { TARGET };
            }
            ip = instr.next;
        }
        if marks.iter().any(|&m| m & (START | TARGET) == TARGET) {
            return Err(Error::Corrupt);
        }
        Ok(Marks(marks))
    }

    fn has(&self, ip: usize, mark: u8) -> bool {
        self.0.get(ip).is_some_and(|m| m & mark != 0)
    }

    /// Whether some jump or handler leads here.
    pub fn is_target(&self, ip: usize) -> bool {
        self.has(ip, TARGET)
    }

    /// Whether a jump leads back to here.
    pub fn is_loop(&self, ip: usize) -> bool {
        self.has(ip, LOOP)
    }
}
