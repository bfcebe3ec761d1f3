//! Integers of any size: conversions, and division that rounds once.

use super::{IntRef, as_int};
use crate::exceptions as exc;
use crate::object::BigInt;
use crate::vm::{Res, Vm};
use alloc::string::{String, ToString};
use dashu_int::IBig;
use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem, UnsignedAbs};
use snakeye_heap::Value;

/// A value for this integer: small whenever it fits.
pub fn int_from_ibig(vm: &Vm, n: IBig) -> Res {
    match i64::try_from(&n) {
        Ok(n) => vm.new_int(n),
        Err(_) => Ok(BigInt::make(&vm.heap, n)?.into()),
    }
}

/// An owned big integer.
pub fn to_ibig(n: IntRef) -> IBig {
    match n {
        IntRef::Small(n) => IBig::from(n),
        IntRef::Big(b) => b.clone(),
    }
}

/// The nearest float; infinite when there is none.
pub fn to_f64(n: IntRef) -> f64 {
    match n {
        IntRef::Small(n) => n as f64,
        IntRef::Big(b) => b.to_f64().value(),
    }
}

/// The low 64 bits in two's complement, if the value is an int or a bool.
pub fn to_u64_wrapping(v: &Value) -> Option<u64> {
    Some(match as_int(v)? {
        IntRef::Small(n) => n as u64,
        IntRef::Big(b) => {
            let low = (b & IBig::from(u64::MAX)).unsigned_abs();
            u64::try_from(&low).unwrap_or(0)
        }
    })
}

/// Sign and digits in a radix of 2 to 36.
pub(super) fn digits(n: IntRef, radix: u32) -> (bool, String) {
    match n {
        IntRef::Small(n) => {
            let m = n.unsigned_abs();
            let text = match radix {
                2 => alloc::format!("{m:b}"),
                8 => alloc::format!("{m:o}"),
                16 => alloc::format!("{m:x}"),
                _ => m.to_string(),
            };
            (n < 0, text)
        }
        IntRef::Big(b) => (b < &IBig::ZERO, b.unsigned_abs().in_radix(radix).to_string()),
    }
}

/// Number of bits of the magnitude.
pub(super) fn bit_len(n: IntRef) -> usize {
    match n {
        IntRef::Small(n) => 64 - n.unsigned_abs().leading_zeros() as usize,
        IntRef::Big(b) => b.unsigned_abs_bits(),
    }
}

trait MagnitudeBits {
    fn unsigned_abs_bits(&self) -> usize;
}
impl MagnitudeBits for IBig {
    fn unsigned_abs_bits(&self) -> usize {
        let (_, words) = self.as_sign_words();
        let word = dashu_int::Word::BITS as usize;
        words.last().map_or(0, |top| words.len() * word - top.leading_zeros() as usize)
    }
}

/// The integer these digits write: no prefix, no underscores; a leading `-` may stand there.
pub fn int_from_digits(vm: &mut Vm, digits: &str, radix: u32) -> Res {
    match IBig::from_str_radix(digits, radix) {
        Ok(n) => int_from_ibig(vm, n),
        Err(_) => Err(vm.value_error("invalid syntax for integer")),
    }
}

/// The integral part of a finite float.
pub(super) fn truncate(x: f64) -> IBig {
    if x.abs() < 9.2e18 {
        return IBig::from(x as i64);
    }
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as usize;
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    // |x| >= 2^62, so the exponent of the last mantissa bit is positive.
    let magnitude = UBig::from(mantissa) << exponent.saturating_sub(1075);
    if x < 0.0 { -IBig::from(magnitude) } else { IBig::from(magnitude) }
}

/// `int(x)` of a float. OverflowError for infinities, ValueError for NaN.
pub fn int_from_float(vm: &mut Vm, x: f64) -> Res {
    if x.is_nan() {
        return Err(vm.value_error("can't convert NaN to int"));
    }
    if x.is_infinite() {
        return Err(vm.raise_new(&exc::OVERFLOW_ERROR, "can't convert inf to int"));
    }
    if x.abs() < 9.2e18 {
        return vm.new_int(x as i64);
    }
    int_from_ibig(vm, truncate(x))
}

/// `a / b`, rounded once; `b` is not zero.
pub(super) fn true_div(a: IntRef, b: IntRef) -> f64 {
    const EXACT: i64 = 1 << 53;
    if let (IntRef::Small(x), IntRef::Small(y)) = (a, b)
        && (-EXACT..=EXACT).contains(&x)
        && (-EXACT..=EXACT).contains(&y)
    {
        return x as f64 / y as f64;
    }
    let (a, b) = (to_ibig(a), to_ibig(b));
    let negative = (a < IBig::ZERO) != (b < IBig::ZERO);
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    // A quotient of 66 or 67 bits, its last bit made sticky, still rounds correctly to 53.
    let shift = 66 - (a.bit_len() as i64 - b.bit_len() as i64);
    if shift >= 0 {
        a <<= shift as usize;
    } else {
        b <<= shift.unsigned_abs() as usize;
    }
    let (quotient, rest) = a.div_rem(b);
    let mut q = u128::try_from(&quotient).unwrap_or(u128::MAX);
    if !rest.is_zero() {
        q |= 1;
    }
    let scale = i32::try_from(-shift).unwrap_or(if shift > 0 { i32::MIN } else { i32::MAX });
    let x = libm::ldexp(q as f64, scale);
    if negative { -x } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big(s: &str) -> IBig {
        IBig::from_str_radix(s, 10).unwrap_or_default()
    }

    #[test]
    fn floats_and_back() {
        for x in [1e19, -1e19, 9.3e18, 1e300, -1.7976931348623157e308, 123456789.75] {
            assert_eq!(to_f64(IntRef::Big(&truncate(x))), libm::trunc(x));
        }
        assert_eq!(truncate(1e23), big("99999999999999991611392"));
        assert_eq!(to_f64(IntRef::Big(&big("9007199254740993000000000000"))), 9.007199254740993e27);
        assert_eq!(to_f64(IntRef::Big(&big(&"9".repeat(400)))), f64::INFINITY);
    }

    #[test]
    fn quotients_round_once() {
        let q = |a: &str, b: &str| true_div(IntRef::Big(&big(a)), IntRef::Big(&big(b)));
        assert_eq!(q("1", "3"), 1.0 / 3.0);
        assert_eq!(q("-100000000000000000000000000000", "3"), -3.3333333333333333e28);
        assert_eq!(q("9007199254740993", "1"), 9007199254740992.0);
        assert_eq!(q("9007199254740995", "1"), 9007199254740996.0);
        assert_eq!(q("0", "-5"), 0.0);
        let ten = |n: usize| IBig::from(10).pow(n);
        assert_eq!(true_div(IntRef::Big(&ten(400)), IntRef::Big(&ten(399))), 10.0);
        assert_eq!(true_div(IntRef::Small(1), IntRef::Big(&ten(400))), 0.0);
        assert_eq!(true_div(IntRef::Big(&ten(400)), IntRef::Small(-1)), f64::NEG_INFINITY);
        assert_eq!(true_div(IntRef::Big(&ten(308)), IntRef::Big(&ten(616))), 1e-308);
    }

    #[test]
    fn digits_count_against_the_heap() {
        let heap = snakeye_heap::Heap::new(&crate::kinds::KINDS, 1 << 20);
        let before = heap.stats().used;
        let n = BigInt::make(&heap, IBig::ONE << 100_000);
        assert!(heap.stats().used >= before + 12_500);
        drop(n);
        assert_eq!(heap.stats().used, before);
        assert!(BigInt::make(&heap, IBig::ONE << 10_000_000).is_err());
        assert_eq!(heap.stats().used, before);
    }

    #[test]
    fn bits() {
        assert_eq!(bit_len(IntRef::Small(0)), 0);
        assert_eq!(bit_len(IntRef::Small(-256)), 9);
        assert_eq!(bit_len(IntRef::Small(i64::MIN)), 64);
        assert_eq!(bit_len(IntRef::Big(&(IBig::ONE << 100))), 101);
        assert_eq!(bit_len(IntRef::Big(&IBig::ZERO)), 0);
    }
}
