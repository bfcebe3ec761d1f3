//! complex

use super::digits::repr_float;
use super::{as_float, hash, parse};
use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::string::String;
use snakeye_heap::{Rom, Value};

/// `complex`
pub static COMPLEX: Rom<TypeDef> = Rom::new(TypeDef {
    name: "complex",
    attrs: &[
        ("real", Entry::Get(|vm, v| vm.new_float(v.get::<Complex>().map_or(0.0, |c| c.re)))),
        ("imag", Entry::Get(|vm, v| vm.new_float(v.get::<Complex>().map_or(0.0, |c| c.im)))),
    ],
    new: Some(complex_new),
    print: Some(complex_print),
    hash: Some(|_, v| Ok(v.get::<Complex>().map_or(0, |c| hash::hash_complex(*c)))),
    compare: Some(complex_compare),
    binary: Some(complex_binary),
    unary: Some(complex_unary),
    truth: Some(|_, v| Ok(v.get::<Complex>().is_some_and(|c| c.re != 0.0 || c.im != 0.0))),
    ..TypeDef::NEW
});

/// A complex number; rounded to single precision where the configuration says so.
pub fn new_complex(vm: &Vm, re: f64, im: f64) -> Res {
    let round = |x: f64| if vm.config.f32 { x as f32 as f64 } else { x };
    Ok(vm.heap.alloc(Complex { re: round(re), im: round(im) })?.into())
}

/// The complex number that a complex, float, int or bool is.
pub fn complex_of(v: &Value) -> Option<Complex> {
    match v.get::<Complex>() {
        Some(c) => Some(*c),
        None => as_float(v).map(|re| Complex { re, im: 0.0 }),
    }
}

/// Result of an equality test; not implemented for orderings.
pub(super) fn equality(op: CmpOp, equal: bool) -> Option<bool> {
    match op {
        CmpOp::Eq => Some(equal),
        CmpOp::Ne => Some(!equal),
        _ => None,
    }
}

fn complex_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (re, im) = match args.pos {
        [] => (0.0, 0.0),
        [v] => return from_one(vm, v),
        [re, im] => {
            let (re, im) = (part(vm, re)?, part(vm, im)?);
            (re.re - im.im, re.im + im.re)
        }
        more => return Err(super::int::too_many(vm, 2, more.len())),
    };
    new_complex(vm, re, im).map(Step::Done)
}

fn part(vm: &mut Vm, v: &Value) -> Res<Complex> {
    match complex_of(&vm.base_object(v)) {
        Some(c) => Ok(c),
        None => Ok(Complex { re: vm.float_of(v)?, im: 0.0 }),
    }
}

/// The complex number an argument stands for: a number, or an object with `__complex__` or `__float__`.
/// TypeError for others.
pub fn complex_arg(vm: &mut Vm, v: &Value) -> Res<Complex> {
    if let Some(c) = complex_of(&vm.base_object(v)) {
        return Ok(c);
    }
    if v.get::<Instance>().is_some()
        && let Some(f) = vm.special_method(v, "__complex__")?
    {
        let r = vm.call(&f, core::slice::from_ref(v))?;
        return match vm.base_object(&r).get::<Complex>() {
            Some(c) => Ok(*c),
            None => Err(not_complex(vm, &r)),
        };
    }
    match vm.special_method(v, "__float__")? {
        Some(_) => Ok(Complex { re: vm.float_of(v)?, im: 0.0 }),
        None => Err(not_complex(vm, v)),
    }
}

fn from_one(vm: &mut Vm, v: &Value) -> Res<Step> {
    let base = vm.base_object(v);
    if let Some(text) = base.as_str() {
        return match parse::parse_complex(text.as_bytes(), vm.config.f32) {
            Some(c) => new_complex(vm, c.re, c.im).map(Step::Done),
            None => Err(vm.value_error("invalid syntax for number")),
        };
    }
    if base.get::<Complex>().is_some() {
        return Ok(Step::Done(base));
    }
    let c = complex_arg(vm, v)?;
    new_complex(vm, c.re, c.im).map(Step::Done)
}

fn not_complex(vm: &mut Vm, v: &Value) -> crate::Raised {
    let t = vm.type_name(v);
    vm.type_error_fmt(format_args!("can't convert {t} to complex"))
}

fn complex_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let Some(c) = v.get::<Complex>() else { return Ok(()) };
    let single = vm.config.f32;
    if c.re == 0.0 {
        repr_float(out, c.im, None, false, single);
        out.push('j');
    } else {
        out.push('(');
        repr_float(out, c.re, None, false, single);
        repr_float(out, c.im, Some('+'), false, single);
        out.push_str("j)");
    }
    Ok(())
}

fn complex_unary(vm: &mut Vm, op: UnOp, v: &Value) -> Res<Option<Value>> {
    let Some(c) = v.get::<Complex>() else { return Ok(None) };
    match op {
        UnOp::Neg => new_complex(vm, -c.re, -c.im).map(Some),
        UnOp::Pos => Ok(Some(v.clone())),
        UnOp::Abs => vm.new_float(magnitude(c)).map(Some),
        UnOp::Invert => Ok(None),
    }
}

fn magnitude(c: &Complex) -> f64 {
    // Squares of these neither overflow nor vanish.
    let ordinary = |x: f64| (1e-140..1e140).contains(&x.abs());
    if ordinary(c.re) && ordinary(c.im) { libm::sqrt(c.re * c.re + c.im * c.im) } else { libm::hypot(c.re, c.im) }
}

fn complex_compare(_: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    match (a.get::<Complex>(), complex_of(b)) {
        (Some(x), Some(y)) => Ok(equality(op, *x == y)),
        _ => Ok(None),
    }
}

fn complex_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    match (complex_of(a), complex_of(b)) {
        (Some(x), Some(y)) => complex_op(vm, op, x, y),
        _ => Ok(None),
    }
}

fn multiply(x: Complex, y: Complex) -> Complex {
    Complex { re: x.re * y.re - x.im * y.im, im: x.re * y.im + x.im * y.re }
}

/// `x op y`; not implemented for remainders and bit operations.
pub(super) fn complex_op(vm: &mut Vm, op: BinOp, x: Complex, y: Complex) -> Res<Option<Value>> {
    let result = match op {
        BinOp::Add => Complex { re: x.re + y.re, im: x.im + y.im },
        BinOp::Sub => Complex { re: x.re - y.re, im: x.im - y.im },
        BinOp::Mul => multiply(x, y),
        BinOp::FloorDiv => return Err(vm.type_error("can't truncate-divide a complex number")),
        BinOp::TrueDiv => {
            if y.im == 0.0 {
                if y.re == 0.0 {
                    return Err(vm.raise_new(&exc::ZERO_DIVISION_ERROR, "complex divide by zero"));
                }
                Complex { re: x.re / y.re, im: x.im / y.re }
            } else if y.re == 0.0 {
                Complex { re: x.im / y.im, im: -x.re / y.im }
            } else {
                let square = y.re * y.re + y.im * y.im;
                multiply(x, Complex { re: y.re / square, im: -y.im / square })
            }
        }
        BinOp::Pow => match power(x, y) {
            Some(c) => c,
            None => return Err(vm.raise_new(&exc::ZERO_DIVISION_ERROR, "0.0 to a complex power")),
        },
        _ => return Ok(None),
    };
    new_complex(vm, result.re, result.im).map(Some)
}

/// `x ** y` as `exp(y * log(x))`; `None` when the base is zero and the exponent is not a natural number.
fn power(x: Complex, y: Complex) -> Option<Complex> {
    let size = libm::sqrt(x.re * x.re + x.im * x.im);
    if size == 0.0 {
        return if y.im == 0.0 && y.re >= 0.0 {
            Some(Complex { re: if y.re == 0.0 { 1.0 } else { 0.0 }, im: x.im })
        } else {
            None
        };
    }
    let (log, angle) = (libm::log(size), libm::atan2(x.im, x.re));
    let scale = libm::exp(y.re * log - y.im * angle);
    let turn = y.im * log + y.re * angle;
    Some(Complex { re: scale * libm::cos(turn), im: scale * libm::sin(turn) })
}
