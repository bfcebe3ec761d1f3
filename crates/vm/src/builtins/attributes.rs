//! Builtins that look at attributes and classes.

use crate::exceptions as exc;
use crate::names::N;
use crate::object::{BoundMethod, Function, Instance, NativeFn, Step, StrValue};
use crate::vm::{Res, Vm};
use snakeye_heap::Value;

fn name_of(vm: &mut Vm, v: &Value) -> Res {
    if v.as_str().is_none() {
        let base = vm.base_object(v);
        vm.str_arg(&base)?;
        return vm.intern_value(&base);
    }
    vm.intern_value(v)
}

/// Goes on with the attribute, or `None` when there is none.
fn attribute(
    vm: &mut Vm,
    args: &[Value],
    then: impl FnOnce(&mut Vm, Option<Value>) -> Res<Step> + 'static,
) -> Res<Step> {
    let name = name_of(vm, &args[1])?;
    let step = match vm.find_attr_step(&args[0], &name) {
        Ok(Some(step)) => Ok(step),
        Ok(None) => return then(vm, None),
        Err(raised) => Err(raised),
    };
    vm.and_then(step, |vm, result| match result {
        Ok(v) => then(vm, Some(v)),
        Err(_) => {
            let e = vm.take_exception();
            if vm.is_exception(&e, &exc::ATTRIBUTE_ERROR) { then(vm, None) } else { Err(vm.raise(e)) }
        }
    })
}

pub(super) fn getattr(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    match args.get(2).cloned() {
        Some(default) => attribute(vm, args, |_, v| Ok(Step::Done(v.unwrap_or(default)))),
        None => {
            let name = name_of(vm, &args[1])?;
            vm.load_attr_step(&args[0], &name)
        }
    }
}

pub(super) fn hasattr(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    attribute(vm, args, |_, v| Ok(Step::Done(Value::bool(v.is_some()))))
}

fn store(vm: &mut Vm, args: &[Value], value: Option<Value>) -> Res<Step> {
    let name = name_of(vm, &args[1])?;
    let step = vm.store_attr_step(&args[0], &name, value);
    vm.and_then(step, |_, result| result.map(|_| Step::Done(Value::NONE)))
}

pub(super) fn setattr(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    store(vm, args, Some(args[2].clone()))
}

pub(super) fn delattr(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    store(vm, args, None)
}

pub(super) fn callable(vm: &mut Vm, args: &[Value]) -> Res {
    let v = &args[0];
    let yes = if v.get::<Instance>().is_some() {
        let call = vm.name(N::__call__).clone();
        vm.find_special(v, &call).is_some() || vm.native_part(v).is_some_and(|base| vm.def_of(&base).call.is_some())
    } else {
        v.get::<Function>().is_some()
            || v.get::<NativeFn>().is_some()
            || v.get::<BoundMethod>().is_some()
            || vm.is_class(v)
            || vm.def_of(v).call.is_some()
    };
    Ok(Value::bool(yes))
}

pub(super) fn isinstance(vm: &mut Vm, args: &[Value]) -> Res {
    match vm.instance_of(&args[0], &args[1]) {
        Some(yes) => Ok(Value::bool(yes)),
        None => Err(vm.type_error("issubclass() arg 2 must be a class or a tuple of classes")),
    }
}

pub(super) fn issubclass(vm: &mut Vm, args: &[Value]) -> Res {
    if !vm.is_class(&args[0]) {
        return Err(vm.type_error("issubclass() arg 1 must be a class"));
    }
    let mut pending = alloc::vec![args[1].clone()];
    let mut found = false;
    while let Some(class) = pending.pop() {
        if let Some(classes) = class.as_gc::<crate::object::Tuple>() {
            pending.extend_from_slice(classes.elements());
        } else if vm.is_class(&class) {
            found |= vm.is_subclass(&args[0], &class);
        } else {
            return Err(vm.type_error("issubclass() arg 2 must be a class or a tuple of classes"));
        }
    }
    Ok(Value::bool(found))
}
