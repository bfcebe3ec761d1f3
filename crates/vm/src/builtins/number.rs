//! Builtins on numbers, and `hash` and `id`.

use crate::names::N;
use crate::number::INT;
use crate::object::{BigInt, BinOp, BoxedFloat, Instance, Step, UnOp};
use crate::vm::{Res, Vm};
use alloc::string::{String, ToString};
use alloc::vec;
use core::fmt::Write;
use dashu_int::IBig;
use dashu_int::fast_div::ConstDivisor;
use snakeye_heap::Value;

pub(super) fn abs(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    vm.unary_step(UnOp::Abs, &args[0])
}

/// The integer of any size, if it is one.
fn integer(vm: &Vm, v: &Value) -> Option<IBig> {
    if v.is(&Value::TRUE) || v.is(&Value::FALSE) {
        return Some(IBig::from(v.is(&Value::TRUE) as u8));
    }
    let v = vm.base_object(v);
    v.as_small_int().map(IBig::from).or_else(|| v.get::<BigInt>().map(|b| b.0.clone()))
}

/// A value of an integer of any size.
fn from_integer(vm: &Vm, n: IBig) -> Res {
    match i64::try_from(&n) {
        Ok(n) => vm.new_int(n),
        Err(_) => Ok(vm.heap.alloc(BigInt(n))?.into()),
    }
}

fn based(vm: &mut Vm, v: &Value, prefix: &str, radix: u32) -> Res {
    let n = match integer(vm, v) {
        Some(n) => n,
        None => IBig::from(vm.index_of(v)?),
    };
    let mut text = String::from(if n < IBig::ZERO { "-" } else { "" });
    let (_, magnitude) = n.into_parts();
    let _ = write!(text, "{prefix}{}", magnitude.in_radix(radix));
    vm.new_str(&text)
}

pub(super) fn bin(vm: &mut Vm, args: &[Value]) -> Res {
    based(vm, &args[0], "0b", 2)
}

pub(super) fn oct(vm: &mut Vm, args: &[Value]) -> Res {
    based(vm, &args[0], "0o", 8)
}

pub(super) fn hex(vm: &mut Vm, args: &[Value]) -> Res {
    based(vm, &args[0], "0x", 16)
}

pub(super) fn divmod(vm: &mut Vm, args: &[Value]) -> Res {
    let quotient = vm.binary(BinOp::FloorDiv, &args[0], &args[1])?;
    let remainder = vm.binary(BinOp::Mod, &args[0], &args[1])?;
    vm.new_tuple(vec![quotient, remainder])
}

/// `pow(base, exponent, modulus)`
pub(super) fn pow(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(modulus) = args.get(2).filter(|m| !m.is_none()) else { return vm.binary(BinOp::Pow, &args[0], &args[1]) };
    let (Some(base), Some(exponent), Some(modulus)) =
        (integer(vm, &args[0]), integer(vm, &args[1]), integer(vm, modulus))
    else {
        return Err(vm.type_error("pow() with 3 arguments requires integers"));
    };
    if modulus == IBig::ZERO {
        return Err(vm.raise_new(&crate::exceptions::ZERO_DIVISION_ERROR, "divide by zero"));
    }
    if exponent < IBig::ZERO {
        return Err(vm.value_error("negative exponent with modulus"));
    }
    let negative = modulus < IBig::ZERO;
    let (_, magnitude) = modulus.clone().into_parts();
    let (_, exponent) = exponent.into_parts();
    let ring = ConstDivisor::new(magnitude);
    let result = IBig::from(ring.reduce(base).pow(&exponent).residue());
    let result = if negative && result != IBig::ZERO { result + modulus } else { result };
    from_integer(vm, result)
}

/// `round(number, digits)`: halves go to the even neighbour.
pub(super) fn round(vm: &mut Vm, args: &[Value]) -> Res {
    let v = &args[0];
    let digits = match args.get(1) {
        Some(d) if !d.is_none() => Some(vm.index_of(d)?.clamp(-100_000, 100_000) as i32),
        _ => None,
    };
    if let Some(n) = integer(vm, v) {
        return round_integer(vm, n, digits.unwrap_or(0));
    }
    let x = vm.base_object(v);
    let Some(x) = x.as_inline_float().or_else(|| x.get::<BoxedFloat>().map(|b| b.0)) else {
        if let Some(f) = vm.special_method(v, "__round__")? {
            let mut call = vec![v.clone()];
            call.extend_from_slice(&args[1..]);
            return vm.call(&f, &call);
        }
        let x = vm.float_of(v)?;
        let x = vm.new_float(x)?;
        let mut again = vec![x];
        again.extend_from_slice(&args[1..]);
        return round(vm, &again);
    };
    let Some(digits) = digits else {
        let whole = vm.new_float(libm::rint(x))?;
        return vm.call(&INT.value(), &[whole]);
    };
    vm.new_float(round_float(x, digits))
}

fn round_float(x: f64, digits: i32) -> f64 {
    if !x.is_finite() || digits > 320 {
        return x;
    }
    if digits >= 0 {
        // Printing rounds the exact binary value, halves to even, as wanted.
        let mut text = String::new();
        let _ = write!(text, "{x:.*}", digits as usize);
        return text.parse().unwrap_or(x);
    }
    let unit = libm::pow(10.0, -digits as f64);
    if unit.is_finite() { libm::rint(x / unit) * unit } else { 0.0 }
}

fn round_integer(vm: &mut Vm, n: IBig, digits: i32) -> Res {
    if digits >= 0 {
        return from_integer(vm, n);
    }
    // More digits than the number has: 0.
    if -digits as usize > n.to_string().len() {
        return Ok(Value::int(0));
    }
    let unit = IBig::from(10).pow(-digits as usize);
    let mut low = &n % &unit;
    if low < IBig::ZERO {
        low += &unit;
    }
    let down = n - &low;
    let twice = IBig::from(2) * &low;
    let odd = (&down / &unit) % IBig::from(2) != IBig::ZERO;
    let up = twice > unit || twice == unit && odd;
    from_integer(vm, if up { down + unit } else { down })
}

pub(super) fn hash(vm: &mut Vm, args: &[Value]) -> Res {
    let v = &args[0];
    if v.as_small_int().is_some() {
        return Ok(v.clone());
    }
    if v.is(&Value::TRUE) || v.is(&Value::FALSE) {
        return Ok(Value::int(v.is(&Value::TRUE) as i32));
    }
    if v.get::<Instance>().is_some() {
        let name = vm.name(N::__hash__).clone();
        if let Some(f) = vm.find_special(v, &name).filter(|f| !f.is_none()) {
            let h = vm.call(&f, core::slice::from_ref(v))?;
            let h = vm.base_object(&h);
            if h.as_small_int().is_some() || h.is(&Value::TRUE) || h.is(&Value::FALSE) {
                return hash(vm, &[h]);
            }
        }
    }
    let h = vm.hash(v)?;
    vm.new_int(h as i64)
}

pub(super) fn id(vm: &mut Vm, args: &[Value]) -> Res {
    vm.new_uint(args[0].word() as u64)
}

#[cfg(test)]
mod tests {
    use super::round_float;

    #[test]
    fn halves_round_to_even() {
        assert_eq!(round_float(0.5, 0), 0.0);
        assert_eq!(round_float(2.5, 0), 2.0);
        assert_eq!(round_float(2.675, 2), 2.67);
        assert_eq!(round_float(-1250.0, -2), -1200.0);
        assert_eq!(round_float(f64::INFINITY, 3), f64::INFINITY);
    }
}
