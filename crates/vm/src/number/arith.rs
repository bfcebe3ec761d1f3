//! Integer arithmetic: 64 bits with overflow checks first, any size after that.

use super::big::{self, int_from_ibig, to_f64, to_ibig};
use super::{IntRef, as_float, as_int, complex, float, float_value};
use crate::exceptions as exc;
use crate::object::{BinOp, Complex};
use crate::vm::{Raised, Res, Vm};
use alloc::vec;
use dashu_int::ops::{Abs, BitTest, DivRem, UnsignedAbs};
use dashu_int::{IBig, UBig};
use snakeye_heap::Value;

/// ZeroDivisionError
#[cold]
pub(super) fn zero_division(vm: &mut Vm) -> Raised {
    vm.raise_new(&exc::ZERO_DIVISION_ERROR, "divide by zero")
}

/// Results beyond this are made by ways that take memory of their own.
const LARGE_BITS: usize = 64 * 1024;

/// Makes sure that a result of so many bits fits the heap before it is computed.
fn check_bits(vm: &Vm, bits: usize) -> Res<()> {
    let bytes = bits / 8 + 16;
    if bytes > 1024 {
        vm.heap.charge(bytes)?;
        vm.heap.discharge(bytes);
    }
    Ok(())
}

/// Quotient rounded down and the remainder with the divisor's sign. Not for `i64::MIN / -1`.
const fn floor_div(x: i64, y: i64) -> (i64, i64) {
    let (q, r) = (x / y, x % y);
    if r != 0 && (r < 0) != (y < 0) { (q - 1, r + y) } else { (q, r) }
}

fn floor_div_big(x: IBig, y: &IBig) -> (IBig, IBig) {
    let (q, r) = x.div_rem(y);
    if !r.is_zero() && (r < IBig::ZERO) != (*y < IBig::ZERO) { (q - IBig::ONE, r + y) } else { (q, r) }
}

/// A shift count. ValueError when it is negative, OverflowError when it has more than 64 bits.
fn shift_count(vm: &mut Vm, n: IntRef) -> Res<usize> {
    match n {
        IntRef::Small(n) if n >= 0 => Ok(usize::try_from(n).unwrap_or(usize::MAX)),
        IntRef::Big(b) if *b >= IBig::ZERO => {
            Err(vm.raise_new(&exc::OVERFLOW_ERROR, "overflow converting long int to machine word"))
        }
        _ => Err(vm.value_error("negative shift count")),
    }
}

/// The operation in 64 bits; `None` when that is not enough.
#[inline]
fn small_op(op: BinOp, x: i64, y: i64) -> Option<i64> {
    match op {
        BinOp::Add => x.checked_add(y),
        BinOp::Sub => x.checked_sub(y),
        BinOp::Mul => x.checked_mul(y),
        BinOp::FloorDiv if y != 0 && y != -1 => Some(floor_div(x, y).0),
        BinOp::Mod if y != 0 && y != -1 => Some(floor_div(x, y).1),
        BinOp::And => Some(x & y),
        BinOp::Or => Some(x | y),
        BinOp::Xor => Some(x ^ y),
        BinOp::Shl if (0..63).contains(&y) => {
            let shifted = x << y;
            if shifted >> y == x { Some(shifted) } else { None }
        }
        BinOp::Shr if y >= 0 => Some(x >> y.min(63)),
        BinOp::Pow if y >= 0 => x.checked_pow(u32::try_from(y).ok()?),
        _ => None,
    }
}

/// `a op b` for an int or bool on the left; not implemented when the right operand is no number.
pub fn int_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let Some(x) = as_int(a) else { return Ok(None) };
    let Some(y) = as_int(b) else {
        if let Some(y) = float_value(b) {
            return float::float_op(vm, op, to_f64(x), y);
        }
        if let Some(y) = b.get::<Complex>() {
            return complex::complex_op(vm, op, Complex { re: to_f64(x), im: 0.0 }, *y);
        }
        return Ok(None);
    };
    if let (IntRef::Small(x), IntRef::Small(y)) = (x, y)
        && let Some(n) = small_op(op, x, y)
    {
        return vm.new_int(n).map(Some);
    }
    big_op(vm, op, x, y).map(Some).or_else(|e| if op == BinOp::MatMul { Ok(None) } else { Err(e) })
}

fn is_zero(n: IntRef) -> bool {
    match n {
        IntRef::Small(n) => n == 0,
        IntRef::Big(b) => b.is_zero(),
    }
}

fn big_op(vm: &mut Vm, op: BinOp, x: IntRef, y: IntRef) -> Res {
    let longest = big::bit_len(x).max(big::bit_len(y));
    match op {
        BinOp::TrueDiv | BinOp::FloorDiv | BinOp::Mod if is_zero(y) => return Err(zero_division(vm)),
        BinOp::TrueDiv => return vm.new_float(big::true_div(x, y)),
        BinOp::Mul => check_bits(vm, big::bit_len(x) + big::bit_len(y))?,
        BinOp::Shl | BinOp::Shr => return shift(vm, op, x, y),
        BinOp::Pow => return pow(vm, x, y),
        BinOp::MatMul => return Err(Raised),
        _ => check_bits(vm, longest + 1)?,
    }
    let (x, y) = (to_ibig(x), to_ibig(y));
    let result = match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x * y,
        BinOp::FloorDiv => floor_div_big(x, &y).0,
        BinOp::Mod => floor_div_big(x, &y).1,
        BinOp::And => x & y,
        BinOp::Or => x | y,
        _ => x ^ y,
    };
    int_from_ibig(vm, result)
}

fn shift(vm: &mut Vm, op: BinOp, x: IntRef, y: IntRef) -> Res {
    let count = shift_count(vm, y)?;
    if is_zero(x) {
        return Ok(Value::int(0));
    }
    if op == BinOp::Shl {
        check_bits(vm, big::bit_len(x).saturating_add(count))?;
        return int_from_ibig(vm, to_ibig(x) << count);
    }
    let n = to_ibig(x);
    if count >= big::bit_len(x) {
        return Ok(Value::int(if n < IBig::ZERO { -1 } else { 0 }));
    }
    int_from_ibig(vm, n >> count)
}

fn pow(vm: &mut Vm, x: IntRef, y: IntRef) -> Res {
    if to_ibig(y) < IBig::ZERO {
        let result = float::float_op(vm, BinOp::Pow, to_f64(x), to_f64(y))?;
        return Ok(result.unwrap_or(Value::NONE));
    }
    let base = to_ibig(x);
    let odd = match y {
        IntRef::Small(n) => n & 1 == 1,
        IntRef::Big(b) => !(b & IBig::ONE).is_zero(),
    };
    // 0, 1 and -1 to any power; everything else grows.
    if base.is_zero() || base.is_one() {
        return Ok(Value::int(if base.is_one() || is_zero(y) { 1 } else { 0 }));
    }
    if base == -IBig::ONE {
        return Ok(Value::int(if odd { -1 } else { 1 }));
    }
    let exponent = match y {
        IntRef::Small(n) => usize::try_from(n).map_err(|_| Raised)?,
        IntRef::Big(_) => return Err(Raised),
    };
    // The result has at least (bits - 1) * exponent bits.
    let bits = (big::bit_len(x) - 1).saturating_mul(exponent).saturating_add(64);
    // Large powers were measured to take many times the result while they are made.
    check_bits(vm, if bits < LARGE_BITS { bits } else { bits.saturating_mul(28) })?;
    int_from_ibig(vm, base.pow(exponent))
}

/// `pow(base, exponent, modulus)`: the result has the modulus's sign. TypeError unless all are integers;
/// ValueError for a modulus of 0 or a negative power of a number that has no inverse.
pub fn pow3(vm: &mut Vm, base: &Value, exponent: &Value, modulus: &Value) -> Res {
    let (Some(b), Some(e), Some(m)) = (as_int(base), as_int(exponent), as_int(modulus)) else {
        return Err(vm.type_error("pow() with 3 arguments requires integers"));
    };
    if is_zero(m) {
        return Err(vm.value_error("divide by zero"));
    }
    let (b, e, m) = (to_ibig(b), to_ibig(e), to_ibig(m));
    let modulus = (&m).abs();
    let mut base = floor_div_big(b, &modulus).1;
    if e < IBig::ZERO {
        base = match inverse(&base, &modulus) {
            Some(inverse) => inverse,
            None => return Err(vm.value_error("base is not invertible for the given modulus")),
        };
    }
    let result = power_modulo(&base, &e.unsigned_abs(), &modulus);
    let result = if m < IBig::ZERO && !result.is_zero() { result + m } else { result };
    int_from_ibig(vm, result)
}

/// `base ** exponent % modulus` of natural numbers.
fn power_modulo(base: &IBig, exponent: &UBig, modulus: &IBig) -> IBig {
    let mut result = IBig::ONE % modulus;
    for i in (0..exponent.bit_len()).rev() {
        result = &result * &result % modulus;
        if exponent.bit(i) {
            result = result * base % modulus;
        }
    }
    result
}

/// The number below `modulus` whose product with `n` leaves the rest 1, by Euclid's algorithm.
fn inverse(n: &IBig, modulus: &IBig) -> Option<IBig> {
    let (mut r0, mut r1) = (modulus.clone(), n.clone());
    let (mut t0, mut t1) = (IBig::ZERO, IBig::ONE);
    while !r1.is_zero() {
        let (q, rest) = r0.div_rem(&r1);
        let t = t0 - q * &t1;
        (r0, r1) = (r1, rest);
        (t0, t1) = (t1, t);
    }
    if r0.is_one() { Some(floor_div_big(t0, modulus).1) } else { None }
}

/// `divmod(a, b)` of ints and floats; not implemented for other types.
pub fn divmod(vm: &mut Vm, a: &Value, b: &Value) -> Res<Option<Value>> {
    let (quotient, rest) = match (as_int(a), as_int(b)) {
        (Some(x), Some(y)) => {
            if is_zero(y) {
                return Err(zero_division(vm));
            }
            match (x, y) {
                (IntRef::Small(x), IntRef::Small(y)) if y != -1 => {
                    let (q, r) = floor_div(x, y);
                    (vm.new_int(q)?, vm.new_int(r)?)
                }
                _ => {
                    let (q, r) = floor_div_big(to_ibig(x), &to_ibig(y));
                    (int_from_ibig(vm, q)?, int_from_ibig(vm, r)?)
                }
            }
        }
        _ => {
            let (Some(x), Some(y)) = (as_float(a), as_float(b)) else { return Ok(None) };
            if y == 0.0 {
                return Err(zero_division(vm));
            }
            let (q, r) = float::floor_div(x, y);
            (vm.new_float(q)?, vm.new_float(r)?)
        }
    };
    vm.new_tuple(vec![quotient, rest]).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_division() {
        for (x, y, q, r) in [(7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1), (6, -3, -2, 0)] {
            assert_eq!(floor_div(x, y), (q, r));
            assert_eq!(floor_div_big(IBig::from(x), &IBig::from(y)), (IBig::from(q), IBig::from(r)));
        }
    }

    #[test]
    fn small_operations_notice_overflow() {
        assert_eq!(small_op(BinOp::Add, i64::MAX, 1), None);
        assert_eq!(small_op(BinOp::FloorDiv, i64::MIN, -1), None);
        assert_eq!(small_op(BinOp::Shl, 1, 62), Some(1 << 62));
        assert_eq!(small_op(BinOp::Shl, 2, 62), None);
        assert_eq!(small_op(BinOp::Shl, -1, 62), Some(i64::MIN / 2));
        assert_eq!(small_op(BinOp::Shr, -5, 1000), Some(-1));
        assert_eq!(small_op(BinOp::Pow, 3, 39), Some(4052555153018976267));
        assert_eq!(small_op(BinOp::Pow, 3, 40), None);
        assert_eq!(small_op(BinOp::Pow, 2, -1), None);
    }

    #[test]
    fn modular_powers() {
        let pow = |b: i64, e: u64, m: i64| power_modulo(&IBig::from(b), &UBig::from(e), &IBig::from(m));
        assert_eq!(pow(3, 4, 7), IBig::from(4));
        assert_eq!(pow(0, 0, 1), IBig::ZERO);
        assert_eq!(pow(0, 0, 5), IBig::ONE);
        assert_eq!(pow(2, 1_000_000, 1_000_000_007), IBig::from(235042059));
        let inv = |n: i64, m: i64| inverse(&IBig::from(n), &IBig::from(m));
        assert_eq!(inv(2, 7), Some(IBig::from(4)));
        assert_eq!(inv(4, 8), None);
        assert_eq!(inv(0, 1), Some(IBig::ZERO));
    }

    #[test]
    fn big_shifts_round_down() {
        assert_eq!(IBig::from(-5) >> 1, IBig::from(-3));
        assert_eq!((-(IBig::ONE << 70) - IBig::ONE) >> 3, -(IBig::ONE << 67) - IBig::ONE);
    }
}
