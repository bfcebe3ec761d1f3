//! `cmath`

use alloc::vec;
use snakeye_vm::number::{complex_arg, new_complex, power};
use snakeye_vm::object::{Complex, Entry, ModuleDef};
use snakeye_vm::{Res, Value, Vm, method};

/// The `cmath` module.
pub static CMATH: ModuleDef = ModuleDef {
    name: "cmath",
    entries: &[
        ("e", Entry::Make(|vm| vm.new_float(core::f64::consts::E))),
        ("pi", Entry::Make(|vm| vm.new_float(core::f64::consts::PI))),
        method!("phase", 1, 1, |vm, args| {
            let z = argument(vm, args)?;
            vm.new_float(phase(z))
        }),
        method!("polar", 1, 1, |vm, args| {
            let z = argument(vm, args)?;
            let pair = vec![vm.new_float(libm::hypot(z.re, z.im))?, vm.new_float(phase(z))?];
            vm.new_tuple(pair)
        }),
        method!("rect", 2, 2, rect),
        method!("exp", 1, 1, |vm, args| map(vm, args, exp)),
        method!("log", 1, 1, |vm, args| map(vm, args, log)),
        method!("log10", 1, 1, |vm, args| map(vm, args, log10)),
        method!("sqrt", 1, 1, |vm, args| map(vm, args, sqrt)),
        method!("cos", 1, 1, |vm, args| map(vm, args, cos)),
        method!("sin", 1, 1, |vm, args| map(vm, args, sin)),
    ],
    init: None,
};

fn argument(vm: &mut Vm, args: &[Value]) -> Res<Complex> {
    complex_arg(vm, args.first().unwrap_or(&Value::NONE))
}

fn map(vm: &mut Vm, args: &[Value], f: fn(Complex) -> Complex) -> Res {
    let z = f(argument(vm, args)?);
    new_complex(vm, z.re, z.im)
}

fn phase(z: Complex) -> f64 {
    libm::atan2(z.im, z.re)
}

fn rect(vm: &mut Vm, args: &[Value]) -> Res {
    let [r, angle] = args else { return Err(vm.type_error("two arguments required")) };
    let (r, angle) = (vm.float_of(r)?, vm.float_of(angle)?);
    let z = polar(r, angle);
    new_complex(vm, z.re, z.im)
}

fn polar(size: f64, angle: f64) -> Complex {
    Complex { re: size * libm::cos(angle), im: size * libm::sin(angle) }
}

fn exp(z: Complex) -> Complex {
    polar(power::exp(z.re), z.im)
}

fn log(z: Complex) -> Complex {
    Complex { re: 0.5 * libm::log(z.re * z.re + z.im * z.im), im: phase(z) }
}

fn log10(z: Complex) -> Complex {
    Complex { re: 0.5 * libm::log10(z.re * z.re + z.im * z.im), im: core::f64::consts::LOG10_E * phase(z) }
}

fn sqrt(z: Complex) -> Complex {
    polar(libm::pow(z.re * z.re + z.im * z.im, 0.25), 0.5 * phase(z))
}

fn cos(z: Complex) -> Complex {
    Complex { re: libm::cos(z.re) * libm::cosh(z.im), im: -libm::sin(z.re) * libm::sinh(z.im) }
}

fn sin(z: Complex) -> Complex {
    Complex { re: libm::sin(z.re) * libm::cosh(z.im), im: libm::cos(z.re) * libm::sinh(z.im) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(z: Complex, re: f64, im: f64) {
        assert!((z.re - re).abs() < 1e-12 && (z.im - im).abs() < 1e-12, "{z:?} {re} {im}");
    }

    /// Literals computed with CPython's cmath.
    #[test]
    fn values() {
        let z = Complex { re: 1.0, im: 2.0 };
        near(exp(z), -1.1312043837568135, 2.4717266720048188);
        near(log(z), 0.8047189562170503, 1.1071487177940904);
        near(log10(z), 0.3494850021680094, 0.480828578784234);
        near(sqrt(z), 1.272019649514069, 0.7861513777574233);
        near(cos(z), 2.0327230070196656, -3.0518977991517997);
        near(sin(z), 3.165778513216168, 1.9596010414216063);
    }
}
