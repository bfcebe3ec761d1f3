//! Hashes of numbers: equal numbers hash equal, whatever their type.

use super::{IntRef, as_int, big, float_value};
use crate::object::Complex;
use dashu_int::IBig;
use snakeye_heap::Value;

/// Hash of an integer that fits 64 bits. Small natural numbers are their own hash.
#[inline]
pub fn hash_int(n: i64) -> u32 {
    let n = n as u64;
    let high = (n >> 32) as u32;
    // The high half of small numbers is all zeros or all ones.
    (n as u32) ^ high.wrapping_mul(0x9E37_79B1).rotate_left(7)
}

fn hash_big(n: &IBig) -> u32 {
    if let Ok(n) = i64::try_from(n) {
        return hash_int(n);
    }
    let mut h = 0u32;
    for chunk in n.to_le_bytes().chunks(4) {
        let mut word = [0; 4];
        for (place, b) in word.iter_mut().zip(chunk) {
            *place = *b;
        }
        h = (h.rotate_left(5) ^ u32::from_le_bytes(word)).wrapping_mul(0x27D4_EB2D);
    }
    h
}

/// Hash of a float: that of the integer it equals, if there is one.
pub fn hash_float(x: f64) -> u32 {
    if x.is_finite() && x == libm::trunc(x) {
        return if x.abs() < 9.2e18 { hash_int(x as i64) } else { hash_big(&big::truncate(x)) };
    }
    let bits = x.to_bits();
    ((bits ^ bits >> 32) as u32).wrapping_mul(0x9E37_79B1)
}

pub(super) fn hash_complex(c: Complex) -> u32 {
    if c.im == 0.0 { hash_float(c.re) } else { hash_float(c.re) ^ hash_float(c.im).wrapping_mul(0x000F_4243) }
}

pub(super) fn hash_of(n: IntRef) -> u32 {
    match n {
        IntRef::Small(n) => hash_int(n),
        IntRef::Big(b) => hash_big(b),
    }
}

/// The integer of 64 bits that a float equals.
pub fn whole_float(v: &Value) -> Option<i64> {
    float_value(v).filter(|x| x.abs() < 9.2e18 && *x == libm::trunc(*x)).map(|x| x as i64)
}

/// Hash of an int or bool; `None` for other types.
pub fn int_binary_hash(v: &Value) -> Option<u32> {
    as_int(v).map(hash_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_hash_equal() {
        for n in [0, 1, -1, 123456, i64::MAX, i64::MIN, 1 << 40] {
            assert_eq!(hash_int(n), hash_big(&IBig::from(n)));
            if n as f64 as i64 == n && n != i64::MAX {
                assert_eq!(hash_int(n), hash_float(n as f64));
            }
        }
        assert_eq!(hash_int(17), 17);
        assert_eq!(hash_float(-0.0), hash_int(0));
        assert_eq!(hash_float(1e300), hash_big(&big::truncate(1e300)));
        assert_ne!(hash_float(1.5), hash_float(2.5));
        assert_eq!(hash_complex(Complex { re: 3.0, im: 0.0 }), hash_int(3));
    }
}
