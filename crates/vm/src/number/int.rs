//! int

use super::big::{int_from_float, int_from_ibig, to_f64};
use super::parse::{self, IntText};
use super::{IntRef, arith, as_int, big, complex, float, float_value, hash, int_bytes};
use crate::names::N;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use alloc::vec;
use dashu_int::IBig;
use snakeye_heap::{Rom, Value};

/// `int`
pub static INT: Rom<TypeDef> = Rom::new(TypeDef {
    name: "int",
    attrs: &[
        class_method_kw!("from_bytes", 2, 4, int_bytes::from_bytes),
        method_kw!("to_bytes", 1, 3, int_bytes::to_bytes),
    ],
    new: Some(int_new),
    print: Some(int_print),
    hash: Some(|_, v| Ok(hash::int_binary_hash(v).unwrap_or(0))),
    compare: Some(int_compare),
    binary: Some(arith::int_binary),
    unary: Some(int_unary),
    truth: Some(|_, v| Ok(!v.is(&Value::int(0)))),
    ..TypeDef::NEW
});

/// TypeError: too many arguments for a constructor.
#[cold]
pub(super) fn too_many(vm: &mut Vm, most: usize, given: usize) -> Raised {
    vm.type_error_fmt(format_args!("function expected at most {most} arguments, got {given}"))
}

fn int_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    match args.pos {
        [] => Ok(Step::Done(Value::int(0))),
        [v] if v.as_small_int().is_some() => Ok(Step::Done(v.clone())),
        [v] => from_one(vm, v),
        [text, base] => {
            let base = vm.index_of(base)?;
            let text = vm.base_object(text);
            let bytes = match text.as_bytes() {
                Some(b) => b,
                None => vm.str_arg(&text)?.as_bytes(),
            };
            let parsed = parse::parse_int_text(bytes, base);
            from_text(vm, parsed).map(Step::Done)
        }
        more => Err(too_many(vm, 2, more.len())),
    }
}

fn from_one(vm: &mut Vm, v: &Value) -> Res<Step> {
    let name = vm.name(N::__int__).clone();
    if v.get::<Instance>().is_some()
        && let Some(f) = vm.find_special(v, &name)
    {
        return Ok(Step::call(f, vec![v.clone()], |vm, r| {
            let r = r?;
            let n = vm.base_object(&r);
            match as_int(&n) {
                Some(_) => Ok(Step::Done(n)),
                None => Err(not_an_int(vm, &r)),
            }
        }));
    }
    let base = vm.base_object(v);
    if let Some(n) = as_int(&base) {
        return Ok(Step::Done(match n {
            IntRef::Small(n) => vm.new_int(n)?,
            IntRef::Big(_) => base,
        }));
    }
    if let Some(x) = float_value(&base) {
        return int_from_float(vm, x).map(Step::Done);
    }
    if let Some(n) = base.get::<Native>()
        && let Some(n) = n.0.int(vm)
    {
        return n.map(Step::Done);
    }
    if let Some(text) = base.buffer() {
        let parsed = text.with(|t| parse::parse_int_text(t, 10));
        return from_text(vm, parsed).map(Step::Done);
    }
    Err(not_an_int(vm, v))
}

fn not_an_int(vm: &mut Vm, v: &Value) -> Raised {
    let t = vm.type_name(v);
    vm.type_error_fmt(format_args!("can't convert {t} to int"))
}

fn from_text(vm: &mut Vm, text: IntText) -> Res {
    match text {
        IntText::Small(n) => vm.new_int(n),
        IntText::Big { negative, digits, radix } => {
            let n = IBig::from_str_radix(&digits, radix).unwrap_or_default();
            int_from_ibig(vm, if negative { -n } else { n })
        }
        IntText::BadBase => Err(vm.value_error("int() arg 2 must be >= 2 and <= 36")),
        IntText::Invalid { base } => Err(
            vm.raise_fmt(&crate::exceptions::VALUE_ERROR, format_args!("invalid syntax for integer with base {base}"))
        ),
    }
}

fn int_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let Some(n) = as_int(v) else { return Ok(()) };
    super::format::room(vm, out, big::bit_len(n) / 3 + 2)?;
    let (negative, digits) = big::digits(n, 10);
    if negative {
        out.push('-');
    }
    out.push_str(&digits);
    Ok(())
}

/// Unary operators of int and bool.
pub(super) fn int_unary(vm: &mut Vm, op: UnOp, v: &Value) -> Res<Option<Value>> {
    match as_int(v) {
        Some(IntRef::Small(n)) => {
            let result = match op {
                UnOp::Neg => n.checked_neg(),
                UnOp::Pos => Some(n),
                UnOp::Invert => Some(!n),
                UnOp::Abs => n.checked_abs(),
            };
            match result {
                Some(n) => vm.new_int(n).map(Some),
                None => int_from_ibig(vm, -IBig::from(n)).map(Some),
            }
        }
        Some(IntRef::Big(n)) => {
            let result = match op {
                UnOp::Neg => -n,
                UnOp::Pos => return Ok(Some(v.clone())),
                UnOp::Invert => !n,
                UnOp::Abs if *n < IBig::ZERO => -n,
                UnOp::Abs => return Ok(Some(v.clone())),
            };
            int_from_ibig(vm, result).map(Some)
        }
        None => Ok(None),
    }
}

/// Comparison of int and bool with numbers.
pub(super) fn int_compare(_: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let Some(x) = as_int(a) else { return Ok(None) };
    if let Some(y) = as_int(b) {
        let order = match (x, y) {
            (IntRef::Small(x), IntRef::Small(y)) => x.cmp(&y),
            (IntRef::Big(x), IntRef::Big(y)) => x.cmp(y),
            (IntRef::Small(x), IntRef::Big(y)) => IBig::from(x).cmp(y),
            (IntRef::Big(x), IntRef::Small(y)) => x.cmp(&IBig::from(y)),
        };
        return Ok(Some(op.of(order)));
    }
    if let Some(y) = float_value(b) {
        let order = float::order_int_float(x, y);
        return Ok(Some(order.map_or(op == CmpOp::Ne, |o| op.of(o))));
    }
    if let Some(c) = b.get::<Complex>() {
        return Ok(complex::equality(op, c.im == 0.0 && c.re == to_f64(x)));
    }
    Ok(None)
}
