//! Arithmetic on tagged words, and what else the run loop decides without leaving it.

use super::frame::Frame;
use crate::object::*;
use snakeye_heap::{Gc, Value, raw};

/// The small integer whose tagged word is `w`.
#[inline(always)]
pub(super) fn int_word(w: isize) -> Value {
    Value::from_int_word(w)
}

/// Whether both words are small integers.
#[inline(always)]
pub(super) fn both_ints(x: usize, y: usize) -> bool {
    x & y & 1 == 1
}

/// Whether both words are floats.
#[inline(always)]
pub(super) fn both_floats(x: usize, y: usize) -> bool {
    raw::is_inline_float(x) && raw::is_inline_float(y)
}

#[inline(always)]
pub(super) fn add(x: isize, y: isize) -> Option<Value> {
    (x - 1).checked_add(y).map(int_word)
}

#[inline(always)]
pub(super) fn sub(x: isize, y: isize) -> Option<Value> {
    x.checked_sub(y - 1).map(int_word)
}

#[inline(always)]
pub(super) fn mul(x: isize, y: isize) -> Option<Value> {
    (x >> 1).checked_mul(y - 1).map(|p| int_word(p | 1))
}

/// Shift of a tagged word by a tagged count.
#[inline(always)]
pub(super) fn shl(x: isize, n: isize) -> Option<Value> {
    let (x, n) = (x - 1, n >> 1);
    if (0..isize::BITS as isize - 2).contains(&n) {
        let r = x << n;
        if r >> n == x {
            return Some(int_word(r | 1));
        }
    }
    None
}

#[inline(always)]
pub(super) fn shr(x: isize, n: isize) -> Option<Value> {
    let n = n >> 1;
    if n >= 0 { Some(int_word(x >> n.min(isize::BITS as isize - 1) | 1)) } else { None }
}

/// `//` of tagged words, for positive divisors.
#[inline(always)]
pub(super) fn floor_div(x: isize, y: isize) -> Option<Value> {
    let (x, y) = (x >> 1, y >> 1);
    if y <= 0 {
        return None;
    }
    // Most operands fit 32 bits, where division is several times as fast.
    let q = if (x | y) as usize >> 31 == 0 { (x as u32 / y as u32) as isize } else { x.div_euclid(y) };
    Some(int_word(q << 1 | 1))
}

/// `%` of tagged words, for positive divisors.
#[inline(always)]
pub(super) fn modulo(x: isize, y: isize) -> Option<Value> {
    let (x, y) = (x >> 1, y >> 1);
    if y <= 0 {
        return None;
    }
    let r = if (x | y) as usize >> 31 == 0 { (x as u32 % y as u32) as isize } else { x.rem_euclid(y) };
    Some(int_word(r << 1 | 1))
}

/// The number in the word, when it is a float or a small integer that a float holds exactly.
#[inline(always)]
pub(super) fn as_float(w: usize) -> Option<f64> {
    const EXACT: isize = if cfg!(target_pointer_width = "64") { 1 << 53 } else { 1 << 24 };
    if raw::is_inline_float(w) {
        return Some(raw::decode_float(w));
    }
    let n = w as isize >> 1;
    if w & 1 == 1 && n.unsigned_abs() <= EXACT as usize { Some(n as f64) } else { None }
}

/// Hash of keys that compare without Python code.
#[inline(always)]
pub(super) fn quick_hash(k: &Value) -> Option<u32> {
    match k.as_small_int() {
        Some(n) => Some(crate::number::hash_int(n)),
        None if k.as_str().is_some() => Some(k.str_hash()),
        None => None,
    }
}

/// The place of item `n` in a row of `len`, negative ones counted from its end; beyond the row when there is none.
#[inline(always)]
pub(super) fn index_in(n: i64, len: usize) -> usize {
    (if n < 0 { n + len as i64 } else { n }) as usize
}

/// Whether a call with `n` positional arguments needs nothing but them and defaults.
#[inline(always)]
pub(super) fn simple(f: &Function, n: usize) -> bool {
    let code = &*f.code;
    n == code.direct as usize
        || n < code.direct as usize && code.direct != CodeObject::INDIRECT && enough_defaults(f, n)
}

#[inline(never)]
fn enough_defaults(f: &Function, n: usize) -> bool {
    f.defaults.tail::<TupleHead>().is_some_and(|(_, d)| d.len() >= f.code.n_pos as usize - n)
}

#[inline(always)]
pub(super) fn function_of(frame: &Frame) -> &Function {
    match frame.function.get::<Function>() {
        Some(f) => f,
        // SAFETY: a frame's function is always a Function (fact 3): frames are only made from one.
        None => unsafe { core::hint::unreachable_unchecked() },
    }
}

#[inline(always)]
pub(super) fn globals_of(frame: &Frame) -> &Gc<Dict> {
    &function_of(frame).globals
}

/// The content of free variable `i` (unbound when it has none).
#[inline(always)]
pub(super) fn free_value(frame: &Frame, i: u16) -> Value {
    match free_cell(frame, i) {
        Some(c) => c.0.get(),
        None => Value::UNBOUND,
    }
}

/// The cell of free variable `i`.
#[inline(always)]
pub(super) fn free_cell(frame: &Frame, i: u16) -> Option<&CellObject> {
    // SAFETY: a function's closure is filled before the function is seen and not changed while it runs.
    unsafe { function_of(frame).closure.peek(i as usize)?.get::<CellObject>() }
}
