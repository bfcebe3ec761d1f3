//! `round()`

use super::big::{int_from_float, int_from_ibig, to_ibig};
use super::{as_int, float_value};
use crate::vm::{Res, Vm};
use alloc::format;
use dashu_int::IBig;
use dashu_int::ops::DivRem;
use snakeye_heap::Value;

/// More decimals than any float has.
const MOST_DECIMALS: i64 = 400;

/// `round(v, digits)` of int, bool and float, halves to the even neighbour; not implemented for other types.
/// Without digits the result of a float is an integer.
pub fn round(vm: &mut Vm, v: &Value, digits: Option<&Value>) -> Res<Option<Value>> {
    let v = &vm.base_object(v);
    let digits = match digits {
        Some(d) => Some(vm.index_of(d)?),
        None => None,
    };
    if let Some(n) = as_int(v) {
        let n = to_ibig(n);
        let rounded = match digits {
            Some(d) if d < 0 => round_int(n, d.unsigned_abs()),
            _ => n,
        };
        return int_from_ibig(vm, rounded).map(Some);
    }
    let Some(x) = float_value(v) else { return Ok(None) };
    match digits {
        None => int_from_float(vm, libm::rint(x)).map(Some),
        Some(d) => {
            let single = vm.config.f32;
            vm.new_float(round_float(x, d, single)).map(Some)
        }
    }
}

/// To a multiple of 10 to the power of `places`.
fn round_int(n: IBig, places: u64) -> IBig {
    // 10^places exceeds twice the number: the result is 0.
    let digits = super::big::bit_len(super::IntRef::Big(&n)) / 3 + 2;
    let Some(places) = usize::try_from(places).ok().filter(|p| *p <= digits) else { return IBig::ZERO };
    let unit = IBig::from(10).pow(places);
    let (mut q, mut r) = n.div_rem(&unit);
    if r < IBig::ZERO {
        q -= IBig::ONE;
        r += &unit;
    }
    let twice = r * IBig::from(2);
    if twice > unit || twice == unit && !(&q & IBig::ONE).is_zero() {
        q += IBig::ONE;
    }
    q * unit
}

fn round_float(x: f64, digits: i64, single: bool) -> f64 {
    if !x.is_finite() || digits > MOST_DECIMALS {
        return x;
    }
    if digits >= 0 {
        // The decimal expansion of the exact value, cut and rounded, then read back.
        let text = format!("{:.*}", digits as usize, x);
        return if single { text.parse::<f32>().map_or(x, |y| y as f64) } else { text.parse().unwrap_or(x) };
    }
    if digits < -MOST_DECIMALS {
        return libm::copysign(0.0, x);
    }
    let unit = libm::pow(10.0, -digits as f64);
    if unit.is_infinite() { libm::copysign(0.0, x) } else { libm::rint(x / unit) * unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (n, places, result) in [
            (1234, 2, 1200),
            (1250, 2, 1200),
            (1350, 2, 1400),
            (-1250, 2, -1200),
            (-1251, 2, -1300),
            (5, 1, 0),
            (15, 1, 20),
            (6, 1, 10),
            (1234, 40, 0),
        ] {
            assert_eq!(round_int(IBig::from(n), places), IBig::from(result), "{n} {places}");
        }
    }

    #[test]
    fn floats() {
        for (x, digits, result) in [
            (2.675, 2, 2.67),
            (2.5, 0, 2.0),
            (0.15, 1, 0.1),
            (1234.5, -2, 1200.0),
            (1e300, -400, 0.0),
            (1.5, 1000, 1.5),
            (-0.04, 1, -0.0),
        ] {
            assert_eq!(round_float(x, digits, false), result, "{x} {digits}");
        }
    }
}
