//! float

use super::arith::zero_division;
use super::digits::repr_float;
use super::{IntRef, as_float, as_int, complex, float_value, hash, parse, power};
use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec;
use core::cmp::Ordering;
use dashu_int::IBig;
use snakeye_heap::{Rom, Value};

/// `float`
pub static FLOAT: Rom<TypeDef> = Rom::new(TypeDef {
    name: "float",
    new: Some(float_new),
    print: Some(float_print),
    hash: Some(|_, v| Ok(hash::hash_float(float_value(v).unwrap_or(0.0)))),
    compare: Some(float_compare),
    binary: Some(float_binary),
    unary: Some(float_unary),
    truth: Some(|_, v| Ok(float_value(v) != Some(0.0))),
    ..TypeDef::NEW
});

fn float_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let v = match args.pos {
        [] => return vm.new_float(0.0).map(Step::Done),
        [v] => v,
        more => return Err(super::int::too_many(vm, 1, more.len())),
    };
    let name = vm.name(N::__float__).clone();
    if v.get::<Instance>().is_some()
        && let Some(f) = vm.find_special(v, &name)
    {
        return Ok(Step::call(f, vec![v.clone()], |vm, r| {
            let r = r?;
            match float_value(&vm.base_object(&r)) {
                Some(x) => vm.new_float(x).map(Step::Done),
                None => Err(not_a_float(vm, &r)),
            }
        }));
    }
    let base = vm.base_object(v);
    if float_value(&base).is_some() {
        return Ok(Step::Done(base));
    }
    if let Some(x) = as_float(&base) {
        return vm.new_float(x).map(Step::Done);
    }
    if let Some(text) = base.buffer() {
        let single = vm.config.f32;
        return match text.with(|t| parse::parse_float(t, single)) {
            Some(x) => vm.new_float(x).map(Step::Done),
            None => Err(vm.value_error("invalid syntax for number")),
        };
    }
    Err(not_a_float(vm, v))
}

fn not_a_float(vm: &mut Vm, v: &Value) -> crate::Raised {
    let t = vm.type_name(v);
    vm.type_error_fmt(format_args!("can't convert {t} to float"))
}

fn float_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    repr_float(out, float_value(v).unwrap_or(0.0), None, true, vm.config.f32);
    Ok(())
}

fn float_unary(vm: &mut Vm, op: UnOp, v: &Value) -> Res<Option<Value>> {
    let Some(x) = float_value(v) else { return Ok(None) };
    match op {
        UnOp::Neg => vm.new_float(-x).map(Some),
        UnOp::Pos => Ok(Some(v.clone())),
        UnOp::Abs => vm.new_float(x.abs()).map(Some),
        UnOp::Invert => Ok(None),
    }
}

fn float_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let Some(x) = float_value(a) else { return Ok(None) };
    if let Some(y) = as_float(b) {
        return float_op(vm, op, x, y);
    }
    match b.get::<Complex>() {
        Some(y) => complex::complex_op(vm, op, Complex { re: x, im: 0.0 }, *y),
        None => Ok(None),
    }
}

/// Quotient rounded down and the remainder with the divisor's sign, such that `x == q * y + r`.
pub(super) fn floor_div(x: f64, y: f64) -> (f64, f64) {
    let rest = libm::fmod(x, y);
    let mut quotient = (x - rest) / y;
    let mut r = rest;
    if rest == 0.0 {
        r = libm::copysign(0.0, y);
    } else if (rest < 0.0) != (y < 0.0) {
        r += y;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (libm::copysign(0.0, x / y), r);
    }
    let mut q = libm::floor(quotient);
    if quotient - q > 0.5 {
        q += 1.0;
    }
    (q, r)
}

/// `x op y`; not implemented for bit operations.
pub fn float_op(vm: &mut Vm, op: BinOp, x: f64, y: f64) -> Res<Option<Value>> {
    // An operand that was an integer is a float of the configured precision first.
    let (x, y) = if vm.config.f32 { (x as f32 as f64, y as f32 as f64) } else { (x, y) };
    let result = match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x * y,
        BinOp::TrueDiv | BinOp::FloorDiv | BinOp::Mod if y == 0.0 => return Err(zero_division(vm)),
        BinOp::TrueDiv => x / y,
        BinOp::FloorDiv => floor_div(x, y).0,
        BinOp::Mod => floor_div(x, y).1,
        BinOp::Pow => {
            if x == 0.0 && y < 0.0 && y.is_finite() {
                return Err(zero_division(vm));
            }
            if x < 0.0 && x.is_finite() && y.is_finite() && y != libm::floor(y) {
                let (base, exponent) = (Complex { re: x, im: 0.0 }, Complex { re: y, im: 0.0 });
                return complex::complex_op(vm, op, base, exponent);
            }
            power::pow(x, y)
        }
        _ => return Ok(None),
    };
    vm.new_float(result).map(Some)
}

/// How an integer and a float are ordered, exactly; `None` for NaN.
pub(super) fn order_int_float(n: IntRef, x: f64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = libm::trunc(x);
    let order = match n {
        IntRef::Small(n) if whole.abs() < 9.2e18 => n.cmp(&(whole as i64)),
        IntRef::Small(n) => IBig::from(n).cmp(&super::big::truncate(whole)),
        IntRef::Big(b) => b.cmp(&super::big::truncate(whole)),
    };
    Some(order.then(0.0f64.partial_cmp(&(x - whole))?))
}

fn float_compare(_: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let Some(x) = float_value(a) else { return Ok(None) };
    let order = if let Some(y) = float_value(b) {
        x.partial_cmp(&y)
    } else if let Some(n) = as_int(b) {
        order_int_float(n, x).map(Ordering::reverse)
    } else if let Some(c) = b.get::<Complex>() {
        return Ok(complex::equality(op, c.im == 0.0 && c.re == x));
    } else {
        return Ok(None);
    };
    // NaN is unequal to everything and not ordered.
    Ok(Some(order.map_or(op == CmpOp::Ne, |o| op.of(o))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_division() {
        for (x, y, q, r) in [
            (7.5, 2.0, 3.0, 1.5),
            (-7.5, 2.0, -4.0, 0.5),
            (7.5, -2.0, -4.0, -0.5),
            (1.0, 0.1, 9.0, 0.09999999999999995),
            (5e-324, 3.0, 0.0, 5e-324),
        ] {
            assert_eq!(floor_div(x, y), (q, r), "{x} {y}");
        }
        assert!(floor_div(0.0, -1.0).0.is_sign_negative());
        assert!(floor_div(4.0, -2.0).1.is_sign_negative());
    }

    #[test]
    fn order() {
        use Ordering::*;
        let two53 = 1i64 << 53;
        assert_eq!(order_int_float(IntRef::Small(two53 + 1), two53 as f64), Some(Greater));
        assert_eq!(order_int_float(IntRef::Small(1), 1.5), Some(Less));
        assert_eq!(order_int_float(IntRef::Small(-1), -1.5), Some(Greater));
        assert_eq!(order_int_float(IntRef::Small(3), 3.0), Some(Equal));
        assert_eq!(order_int_float(IntRef::Small(0), -0.0), Some(Equal));
        assert_eq!(order_int_float(IntRef::Small(i64::MAX), 9223372036854775808.0), Some(Less));
        assert_eq!(order_int_float(IntRef::Big(&(IBig::ONE << 100)), 2f64.powi(100)), Some(Equal));
        assert_eq!(order_int_float(IntRef::Small(0), f64::NAN), None);
        assert_eq!(order_int_float(IntRef::Small(0), f64::NEG_INFINITY), Some(Greater));
    }
}
