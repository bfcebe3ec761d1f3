//! `math`

use alloc::vec;
use snakeye_vm::number::{as_int, int_from_float, power};
use snakeye_vm::object::{Args, BinOp, Entry, ModuleDef, Param, Step, UnOp};
use snakeye_vm::{Raised, Res, Value, Vm, exceptions, method, method_kw};

/// A constant.
macro_rules! constant {
    ($name:literal, $x:expr) => {
        ($name, Entry::Make(|vm| vm.new_float($x)))
    };
}

/// A function of one float.
macro_rules! real {
    ($name:literal, $f:expr) => {
        method!($name, 1, 1, |vm, args| of_one(vm, args, $f))
    };
}

/// A function of two floats.
macro_rules! real2 {
    ($name:literal, $f:expr) => {
        method!($name, 2, 2, |vm, args| of_two(vm, args, $f))
    };
}

/// A rounding to an integer.
macro_rules! whole {
    ($name:literal, $f:expr) => {
        method!($name, 1, 1, |vm, args| to_whole(vm, args, $f))
    };
}

/// A test.
macro_rules! test {
    ($name:literal, $f:expr) => {
        method!($name, 1, 1, |vm, args| Ok(Value::bool($f(argument(vm, args, 0)?))))
    };
}

/// The `math` module.
pub static MATH: ModuleDef = ModuleDef {
    name: "math",
    entries: &[
        constant!("e", core::f64::consts::E),
        constant!("pi", core::f64::consts::PI),
        constant!("tau", core::f64::consts::TAU),
        constant!("inf", f64::INFINITY),
        constant!("nan", f64::NAN),
        real!("sqrt", libm::sqrt),
        real2!("pow", power::pow),
        real!("exp", power::exp),
        real!("expm1", libm::expm1),
        method!("log", 1, 2, log),
        real!("log2", libm::log2),
        real!("log10", libm::log10),
        real!("cosh", libm::cosh),
        real!("sinh", libm::sinh),
        real!("tanh", libm::tanh),
        real!("acosh", libm::acosh),
        real!("asinh", libm::asinh),
        real!("atanh", libm::atanh),
        real!("cos", libm::cos),
        real!("sin", libm::sin),
        real!("tan", libm::tan),
        real!("acos", libm::acos),
        real!("asin", libm::asin),
        real!("atan", libm::atan),
        real2!("atan2", libm::atan2),
        whole!("ceil", libm::ceil),
        real2!("copysign", libm::copysign),
        real!("fabs", libm::fabs),
        whole!("floor", libm::floor),
        real2!("fmod", libm::fmod),
        method!("frexp", 1, 1, frexp),
        method!("ldexp", 2, 2, ldexp),
        method!("modf", 1, 1, modf),
        test!("isfinite", f64::is_finite),
        test!("isinf", f64::is_infinite),
        test!("isnan", f64::is_nan),
        method_kw!("isclose", 2, 2, isclose),
        whole!("trunc", libm::trunc),
        method!("radians", 1, 1, |vm, args| {
            let x = argument(vm, args, 0)?;
            vm.new_float(x * (core::f64::consts::PI / 180.0))
        }),
        method!("degrees", 1, 1, |vm, args| {
            let x = argument(vm, args, 0)?;
            vm.new_float(x * (180.0 / core::f64::consts::PI))
        }),
        method!("factorial", 1, 1, factorial),
        real!("erf", libm::erf),
        real!("erfc", libm::erfc),
        real!("gamma", libm::tgamma),
        real!("lgamma", libm::lgamma),
    ],
    init: None,
};

fn argument(vm: &mut Vm, args: &[Value], i: usize) -> Res<f64> {
    match args.get(i) {
        Some(v) => vm.float_of(v),
        None => Err(vm.type_error("missing argument")),
    }
}

#[cold]
fn domain_error(vm: &mut Vm) -> Raised {
    vm.value_error("math domain error")
}

/// A result as a value; ValueError when it is NaN or infinite although no argument was.
fn checked(vm: &mut Vm, result: f64, arguments: &[f64]) -> Res {
    let result = if vm.config.f32 { result as f32 as f64 } else { result };
    let strange = result.is_nan() && !arguments.iter().any(|x| x.is_nan())
        || result.is_infinite() && !arguments.iter().any(|x| x.is_infinite());
    if strange { Err(domain_error(vm)) } else { vm.new_float(result) }
}

fn of_one(vm: &mut Vm, args: &[Value], f: fn(f64) -> f64) -> Res {
    let x = argument(vm, args, 0)?;
    checked(vm, f(x), &[x])
}

fn of_two(vm: &mut Vm, args: &[Value], f: fn(f64, f64) -> f64) -> Res {
    let (x, y) = (argument(vm, args, 0)?, argument(vm, args, 1)?);
    checked(vm, f(x, y), &[x, y])
}

fn to_whole(vm: &mut Vm, args: &[Value], f: fn(f64) -> f64) -> Res {
    // An integer is whole as it is; by way of a float it would lose digits.
    if let Some(v) = args.first()
        && as_int(v).is_some()
    {
        return vm.unary(UnOp::Pos, v);
    }
    let x = argument(vm, args, 0)?;
    int_from_float(vm, f(x))
}

fn log(vm: &mut Vm, args: &[Value]) -> Res {
    let x = argument(vm, args, 0)?;
    if x <= 0.0 {
        return Err(domain_error(vm));
    }
    if args.len() == 1 {
        return vm.new_float(libm::log(x));
    }
    let base = argument(vm, args, 1)?;
    if base <= 0.0 {
        return Err(domain_error(vm));
    }
    if base == 1.0 {
        return Err(vm.raise_new(&exceptions::ZERO_DIVISION_ERROR, "divide by zero"));
    }
    vm.new_float(libm::log(x) / libm::log(base))
}

fn frexp(vm: &mut Vm, args: &[Value]) -> Res {
    let (significand, exponent) = libm::frexp(argument(vm, args, 0)?);
    let pair = vec![vm.new_float(significand)?, Value::int(exponent)];
    vm.new_tuple(pair)
}

fn ldexp(vm: &mut Vm, args: &[Value]) -> Res {
    let x = argument(vm, args, 0)?;
    let exponent = match args.get(1) {
        Some(v) => vm.index_of(v)?,
        None => 0,
    };
    // Far beyond any float's exponent, in both directions.
    let exponent = exponent.clamp(-10_000, 10_000) as i32;
    vm.new_float(libm::ldexp(x, exponent))
}

fn modf(vm: &mut Vm, args: &[Value]) -> Res {
    let x = argument(vm, args, 0)?;
    let whole = libm::trunc(x);
    let fraction = if x.is_infinite() { 0.0 } else { x - whole };
    let pair = vec![vm.new_float(libm::copysign(fraction, x))?, vm.new_float(whole)?];
    vm.new_tuple(pair)
}

fn isclose(vm: &mut Vm, args: Args) -> Res<Step> {
    let params = [
        Param::required("a"),
        Param::required("b"),
        Param::keyword("rel_tol", Value::NONE),
        Param::keyword("abs_tol", Value::int(0)),
    ];
    let [a, b, relative, absolute] = args.parse(vm, &params)?;
    let (a, b) = (vm.float_of(&a)?, vm.float_of(&b)?);
    let relative = if relative.is_none() { 1e-9 } else { vm.float_of(&relative)? };
    let absolute = vm.float_of(&absolute)?;
    if relative < 0.0 || absolute < 0.0 {
        return Err(domain_error(vm));
    }
    Ok(Step::Done(Value::bool(close(a, b, relative, absolute))))
}

fn close(a: f64, b: f64, relative: f64, absolute: f64) -> bool {
    let difference = (a - b).abs();
    a == b
        || !difference.is_infinite()
            && (difference <= absolute || difference <= (relative * a).abs() || difference <= (relative * b).abs())
}

fn factorial(vm: &mut Vm, args: &[Value]) -> Res {
    let n = match args.first() {
        Some(v) => vm.index_of(v)?,
        None => 0,
    };
    if n < 0 {
        return Err(vm.value_error("negative factorial"));
    }
    product(vm, 1, n.max(1))
}

/// `first * … * last`, by halves, so that the factors of long multiplications are of like size.
fn product(vm: &mut Vm, first: i64, last: i64) -> Res {
    if last - first < 8 {
        let mut result = Value::int(1);
        for n in first..=last {
            let n = vm.new_int(n)?;
            result = vm.binary(BinOp::Mul, &result, &n)?;
        }
        return Ok(result);
    }
    let middle = first + (last - first) / 2;
    let (a, b) = (product(vm, first, middle)?, product(vm, middle + 1, last)?);
    vm.binary(BinOp::Mul, &a, &b)
}

#[cfg(test)]
mod tests {
    use super::close;

    #[test]
    fn closeness() {
        assert!(close(1.0, 1.0 + 1e-10, 1e-9, 0.0));
        assert!(!close(1.0, 1.0 + 1e-8, 1e-9, 0.0));
        assert!(close(f64::INFINITY, f64::INFINITY, 0.0, 0.0));
        assert!(!close(f64::INFINITY, 1.0, 1e9, 1e9));
        assert!(!close(f64::NAN, f64::NAN, 1.0, 1.0));
        assert!(close(0.0, 1e-12, 0.0, 1e-9));
    }
}
