//! None, Ellipsis, NotImplemented, modules and descriptors.

use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::string::String;
use core::fmt::Write;
use snakeye_heap::{Rom, Value};

fn constant_hash(_: &mut Vm, v: &Value) -> Res<u32> {
    Ok(crate::ops::address_hash(v))
}

/// Type of None.
pub static NONE_TYPE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "NoneType",
    print: Some(|_, _, out, _| {
        out.push_str("None");
        Ok(())
    }),
    hash: Some(constant_hash),
    ..TypeDef::NEW
});

/// Type of `...`.
pub static ELLIPSIS_TYPE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "ellipsis",
    print: Some(|_, _, out, _| {
        out.push_str("Ellipsis");
        Ok(())
    }),
    hash: Some(constant_hash),
    ..TypeDef::NEW
});

/// Type of NotImplemented.
pub static NOT_IMPLEMENTED_TYPE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "NotImplementedType",
    print: Some(|_, _, out, _| {
        out.push_str("NotImplemented");
        Ok(())
    }),
    hash: Some(constant_hash),
    ..TypeDef::NEW
});

/// Type of modules.
pub static MODULE: Rom<TypeDef> =
    Rom::new(TypeDef { name: "module", print: Some(print_module), hash: Some(constant_hash), ..TypeDef::NEW });

fn print_module(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let Some(m) = v.get::<Module>() else { return Ok(()) };
    let _ = write!(out, "<module '{}'", Vm::text_of(&m.name));
    let file = vm.name(crate::names::N::__file__);
    if let Some(f) = m.dict.get_name(file) {
        let _ = write!(out, " from '{}'", Vm::text_of(&f));
    }
    out.push('>');
    Ok(())
}

/// `property`
pub static PROPERTY: Rom<TypeDef> = Rom::new(TypeDef {
    name: "property",
    new: Some(|vm, _, args| {
        let [get, set, delete, _doc] = args.parse(
            vm,
            &[
                Param::optional("fget", Value::NONE),
                Param::optional("fset", Value::NONE),
                Param::optional("fdel", Value::NONE),
                Param::optional("doc", Value::NONE),
            ],
        )?;
        Ok(Step::Done(vm.heap.alloc(Property { get, set, delete })?.into()))
    }),
    attrs: &[
        method!("getter", 2, 2, |vm, a| with(vm, a, |p, f| p.get = f)),
        method!("setter", 2, 2, |vm, a| with(vm, a, |p, f| p.set = f)),
        method!("deleter", 2, 2, |vm, a| with(vm, a, |p, f| p.delete = f)),
    ],
    hash: Some(constant_hash),
    ..TypeDef::NEW
});

/// A copy of the property with one function replaced.
fn with(vm: &mut Vm, args: &[Value], change: fn(&mut Property, Value)) -> Res {
    let Some(p) = args[0].get::<Property>() else { return Err(vm.type_error("property expected")) };
    let mut copy = Property { get: p.get.clone(), set: p.set.clone(), delete: p.delete.clone() };
    change(&mut copy, args[1].clone());
    Ok(vm.heap.alloc(copy)?.into())
}

/// `staticmethod`
pub static STATIC_METHOD: Rom<TypeDef> = Rom::new(TypeDef {
    name: "staticmethod",
    new: Some(|vm, _, args| match args.pos {
        [f] => Ok(Step::Done(vm.heap.alloc(StaticMethod(f.clone()))?.into())),
        _ => Err(vm.type_error("staticmethod() takes 1 argument")),
    }),
    call: Some(|vm, this, args| match this.get::<StaticMethod>() {
        Some(s) => {
            let f = s.0.clone();
            Ok(Step::Tail(alloc::boxed::Box::new(Call { function: f, args: args.pos.to_vec(), kw: args.kw.to_vec() })))
        }
        None => Err(vm.type_error("staticmethod expected")),
    }),
    hash: Some(constant_hash),
    ..TypeDef::NEW
});

/// `classmethod`
pub static CLASS_METHOD: Rom<TypeDef> = Rom::new(TypeDef {
    name: "classmethod",
    new: Some(|vm, _, args| match args.pos {
        [f] => Ok(Step::Done(vm.heap.alloc(ClassMethod(f.clone()))?.into())),
        _ => Err(vm.type_error("classmethod() takes 1 argument")),
    }),
    hash: Some(constant_hash),
    ..TypeDef::NEW
});
