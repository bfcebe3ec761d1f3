//! Builtins on numbers, and `hash` and `id`.

use crate::names::N;
use crate::number::{as_bigint, pow3};
use crate::object::{BinOp, Instance, Step, UnOp};
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec;
use core::fmt::Write;
use dashu_int::IBig;
use snakeye_heap::Value;

pub(super) fn abs(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    vm.unary_step(UnOp::Abs, &args[0])
}

fn based(vm: &mut Vm, v: &Value, prefix: &str, radix: u32) -> Res {
    let n = match as_bigint(&vm.base_object(v)) {
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
    let (a, b) = (vm.base_object(&args[0]), vm.base_object(&args[1]));
    if let Some(pair) = crate::number::divmod(vm, &a, &b)? {
        return Ok(pair);
    }
    let quotient = vm.binary(BinOp::FloorDiv, &args[0], &args[1])?;
    let remainder = vm.binary(BinOp::Mod, &args[0], &args[1])?;
    vm.new_tuple(vec![quotient, remainder])
}

/// `pow(base, exponent, modulus)`
pub(super) fn pow(vm: &mut Vm, args: &[Value]) -> Res {
    match args.get(2).filter(|m| !m.is_none()) {
        Some(modulus) => pow3(vm, &args[0], &args[1], modulus),
        None => vm.binary(BinOp::Pow, &args[0], &args[1]),
    }
}

/// `round(number, digits)`: halves go to the even neighbour.
pub(super) fn round(vm: &mut Vm, args: &[Value]) -> Res {
    let digits = args.get(1).filter(|d| !d.is_none());
    if let Some(rounded) = crate::number::round(vm, &args[0], digits)? {
        return Ok(rounded);
    }
    if let Some(f) = vm.special_method(&args[0], "__round__")? {
        return vm.call(&f, args);
    }
    let x = vm.float_of(&args[0])?;
    let x = vm.new_float(x)?;
    match crate::number::round(vm, &x, digits)? {
        Some(rounded) => Ok(rounded),
        None => Err(vm.type_error("can't convert to float")),
    }
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
    if let Some(n) = crate::number::whole_float(v) {
        return vm.new_int(n);
    }
    let h = vm.hash(v)?;
    vm.new_int(h as i64)
}

pub(super) fn id(vm: &mut Vm, args: &[Value]) -> Res {
    vm.new_uint(args[0].word() as u64)
}
