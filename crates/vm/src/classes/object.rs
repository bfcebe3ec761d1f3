//! `object`: what every value has.

use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use snakeye_heap::{Rom, Value};

/// `object`
pub static OBJECT: Rom<TypeDef> = Rom::new(TypeDef {
    name: "object",
    new: Some(object_new),
    attrs: &[
        static_method!("__new__", 1, 255, new),
        method!("__init__", 1, 255, init),
        method!("__setattr__", 3, 3, setattr),
        method!("__delattr__", 2, 2, delattr),
        method!("__getattribute__", 2, 2, getattribute),
        method!("__eq__", 2, 2, eq),
    ],
    hash: Some(|_, v| Ok(crate::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn object_new(vm: &mut Vm, class: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    if !args.pos.is_empty() {
        return Err(vm.type_error("object() takes no arguments"));
    }
    let _ = class;
    Ok(Step::Done(vm.plain_object()?))
}

impl Vm {
    /// A bare `object()`.
    fn plain_object(&mut self) -> Res {
        struct Plain;
        impl NativeObject for Plain {
            fn class(&self) -> &'static Rom<TypeDef> {
                &OBJECT
            }
        }
        self.new_native(Plain)
    }
}

/// `object.__new__(cls, ...)`: an instance without running `__init__`.
fn new(vm: &mut Vm, args: &[Value]) -> Res {
    match args[0].as_gc::<Class>() {
        Some(c) => {
            let c = c.clone();
            vm.bare_instance(&c, &args[1..])
        }
        None if args[0].get::<TypeDef>().is_some_and(|d| core::ptr::eq(d, OBJECT.get())) => vm.plain_object(),
        None => Err(vm.type_error("__new__ arg must be a user-type")),
    }
}

fn init(_: &mut Vm, _: &[Value]) -> Res {
    Ok(Value::NONE)
}

fn eq(_: &mut Vm, args: &[Value]) -> Res {
    Ok(if args[0].is(&args[1]) { Value::TRUE } else { Value::NOT_IMPLEMENTED })
}

fn setattr(vm: &mut Vm, args: &[Value]) -> Res {
    vm.str_arg(&args[1])?;
    let name = vm.intern_value(&args[1])?;
    match args[0].get::<Instance>() {
        Some(i) => vm.set_slot(&args[0], i, &name, Some(args[2].clone()))?,
        None => return Err(vm.type_error("arg must be user-type")),
    }
    Ok(Value::NONE)
}

fn delattr(vm: &mut Vm, args: &[Value]) -> Res {
    let name = vm.intern_value(&args[1])?;
    match args[0].get::<Instance>() {
        Some(i) => vm.set_slot(&args[0], i, &name, None)?,
        None => return Err(vm.type_error("arg must be user-type")),
    }
    Ok(Value::NONE)
}

fn getattribute(vm: &mut Vm, args: &[Value]) -> Res {
    let name = vm.intern_value(&args[1])?;
    let step = vm.load_attr_step(&args[0], &name)?;
    vm.complete(step)
}

/// Attributes that every object has beyond its type's own.
pub(crate) fn object_attr(vm: &mut Vm, obj: &Value, name: &Value) -> Res<Option<Value>> {
    if name.is(vm.name(N::__class__)) {
        return Ok(Some(vm.type_of(obj)));
    }
    // `obj.__init__` and the like, for code that calls them on anything.
    if obj.get::<Instance>().is_some() || obj.get::<Native>().is_some() {
        return inherited(vm, obj, name);
    }
    Ok(None)
}

/// What `object` itself gives: methods bound to `this`.
pub(super) fn inherited(vm: &mut Vm, this: &Value, name: &Value) -> Res<Option<Value>> {
    let text = name.as_str().unwrap_or("");
    match OBJECT.get().attrs.iter().find(|(n, _)| *n == text) {
        Some((_, Entry::Fn(f))) => vm.bound(f.value(), this.clone()).map(Some),
        Some((_, other)) => vm.entry_value(other).map(Some),
        None => Ok(None),
    }
}
