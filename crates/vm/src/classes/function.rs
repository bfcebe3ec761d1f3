//! Functions, bound methods, code objects.

use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use snakeye_heap::{Rom, Value};

fn address(_: &mut Vm, v: &Value) -> Res<u32> {
    Ok(crate::ops::address_hash(v))
}

/// Type of Python functions.
pub static FUNCTION: Rom<TypeDef> = Rom::new(TypeDef {
    name: "function",
    print: Some(|_, v, out, _| {
        let name = v.get::<Function>().map_or("?", |f| &f.code.name);
        let _ = write!(out, "<function {name} at 0x{:x}>", v.word());
        Ok(())
    }),
    get_attr: Some(|vm, v, name| {
        let Some(f) = v.get::<Function>() else { return Ok(None) };
        Ok(match name {
            "__name__" | "__qualname__" => Some(vm.new_str(&f.code.name)?),
            "__globals__" => Some(f.globals.value().clone()),
            "__code__" => Some(f.code.value().clone()),
            _ => None,
        })
    }),
    hash: Some(address),
    ..TypeDef::NEW
});

/// Type of functions written in Rust.
pub static NATIVE_FUNCTION: Rom<TypeDef> = Rom::new(TypeDef {
    name: "function",
    print: Some(|_, v, out, _| {
        let name = v.get::<NativeFn>().map_or("?", |f| f.name);
        let _ = write!(out, "<function {name}>");
        Ok(())
    }),
    get_attr: Some(|vm, v, name| match (name, v.get::<NativeFn>()) {
        ("__name__", Some(f)) => Ok(Some(vm.new_str(f.name)?)),
        _ => Ok(None),
    }),
    hash: Some(address),
    ..TypeDef::NEW
});

/// Type of bound methods.
pub static BOUND_METHOD: Rom<TypeDef> = Rom::new(TypeDef {
    name: "bound_method",
    print: Some(print_bound),
    call: Some(|vm, this, args| {
        let Some(m) = this.get::<BoundMethod>() else { return Err(vm.type_error("bound method expected")) };
        let mut pos: Vec<Value> = Vec::with_capacity(args.pos.len() + 1);
        pos.push(m.this.clone());
        pos.extend_from_slice(args.pos);
        Ok(Step::Tail(Box::new(Call { function: m.function.clone(), args: pos, kw: args.kw.to_vec() })))
    }),
    compare: Some(|_, op, a, b| {
        Ok(match (a.get::<BoundMethod>(), b.get::<BoundMethod>(), op) {
            (Some(x), Some(y), CmpOp::Eq) => Some(x.this.is(&y.this) && x.function.is(&y.function)),
            (Some(x), Some(y), CmpOp::Ne) => Some(!(x.this.is(&y.this) && x.function.is(&y.function))),
            _ => None,
        })
    }),
    hash: Some(|_, v| {
        let h = |v: &Value| crate::ops::address_hash(v);
        Ok(v.get::<BoundMethod>().map_or(0, |m| h(&m.function) ^ h(&m.this)))
    }),
    get_attr: Some(|vm, v, name| {
        let Some(m) = v.get::<BoundMethod>() else { return Ok(None) };
        match name {
            "__func__" => Ok(Some(m.function.clone())),
            "__self__" => Ok(Some(m.this.clone())),
            "__name__" => {
                let f = m.function.clone();
                vm.get_attr(&f, "__name__").map(Some)
            }
            _ => Ok(None),
        }
    }),
    ..TypeDef::NEW
});

fn print_bound(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let Some(m) = v.get::<BoundMethod>() else { return Ok(()) };
    out.push_str("<bound_method ");
    let _ = write!(out, "{:x} ", v.word());
    let (this, f) = (m.this.clone(), m.function.clone());
    vm.print_to(&this, out, true)?;
    out.push('.');
    vm.print_to(&f, out, true)?;
    out.push('>');
    Ok(())
}

/// Type of code objects.
pub static CODE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "code",
    print: Some(|_, v, out, _| {
        let _ = write!(out, "<code {}>", v.get::<CodeObject>().map_or("?", |c| &c.name));
        Ok(())
    }),
    hash: Some(address),
    ..TypeDef::NEW
});

/// Type of the cells that closures capture.
pub static CELL: Rom<TypeDef> = Rom::new(TypeDef { name: "cell", hash: Some(address), ..TypeDef::NEW });
