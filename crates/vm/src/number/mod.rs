//! Numbers: int, bool, float and complex, how they are written, read and formatted.
//!
//! Integers have one form each: a small one lies in the value word, any other is a
//! [`BigInt`](crate::object::BigInt), so equal integers never differ in form. Floats are computed in double
//! precision and rounded when they become values ([`Vm::new_float`](crate::Vm::new_float)).

mod arith;
mod big;
mod bool;
mod complex;
mod digits;
mod float;
pub mod format;
mod hash;
mod int;
mod int_bytes;
mod parse;
pub mod power;
mod round;

pub use self::bool::BOOL;
pub use arith::{divmod, int_binary, pow3};
pub use big::{int_from_digits, int_from_float, int_from_ibig, to_f64, to_ibig, to_u64_wrapping};
pub use complex::{COMPLEX, complex_arg, complex_of, new_complex};
pub use digits::{format_float, repr_float};
pub use float::{FLOAT, float_op};
pub use format::{FormatSpec, PercentSpec, format_number, format_percent, parse_spec};
pub use hash::{hash_float, hash_int, int_binary_hash, whole_float};
pub use int::INT;
pub use parse::{IntText, parse_float, parse_int_text};
pub use round::round;

use crate::object::{BigInt, BoxedFloat};
use dashu_int::IBig;
use snakeye_heap::Value;

/// The integer behind an int or a bool.
#[derive(Clone, Copy)]
pub enum IntRef<'a> {
    /// One that fits 64 bits.
    Small(i64),
    /// A larger one.
    Big(&'a IBig),
}

/// The integer a value is: int or bool.
#[inline]
pub fn as_int(v: &Value) -> Option<IntRef<'_>> {
    if let Some(n) = v.as_small_int() {
        return Some(IntRef::Small(n));
    }
    if let Some(b) = v.get::<BigInt>() {
        // On 32-bit targets many everyday numbers are boxed; they are still computed with in 64 bits.
        return Some(i64::try_from(&b.0).map_or(IntRef::Big(&b.0), IntRef::Small));
    }
    if v.is(&Value::TRUE) {
        Some(IntRef::Small(1))
    } else if v.is(&Value::FALSE) {
        Some(IntRef::Small(0))
    } else {
        None
    }
}

/// An integer that the value holds in 64 bits; `None` for larger ones and for other types.
pub fn to_i64(v: &Value) -> Option<i64> {
    match as_int(v)? {
        IntRef::Small(n) => Some(n),
        IntRef::Big(b) => i64::try_from(b).ok(),
    }
}

/// The integer as an owned big one, if the value is an int or a bool.
pub fn as_bigint(v: &Value) -> Option<IBig> {
    as_int(v).map(to_ibig)
}

/// The float a value is; `None` for ints and other types.
#[inline]
pub fn float_value(v: &Value) -> Option<f64> {
    v.as_inline_float().or_else(|| v.get::<BoxedFloat>().map(|f| f.0))
}

/// The number a float, int or bool stands for.
#[inline]
pub fn as_float(v: &Value) -> Option<f64> {
    float_value(v).or_else(|| as_int(v).map(to_f64))
}
