//! `type`: classes as values.

use crate::names::N;
use crate::object::*;
use crate::ops::Lookup;
use crate::vm::{Res, Vm};
use alloc::string::String;
use core::fmt::Write;
use snakeye_heap::{Rom, Value};

/// `type`
pub static TYPE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "type",
    new: Some(|vm, _, args| match args.pos {
        [v] => Ok(Step::Done(vm.type_of(v))),
        [name, bases, dict] => {
            let name = vm.intern_value(name)?;
            let Some(d) = dict.as_gc::<Dict>().cloned() else { return Err(vm.type_error("dict expected")) };
            let table = d.table.borrow().copy(&vm.heap)?;
            let copy = Dict::make(&vm.heap, table)?;
            vm.make_class(name, bases.clone(), copy).map(Step::Done)
        }
        _ => Err(vm.type_error("type takes 1 or 3 arguments")),
    }),
    print: Some(|vm, v, out: &mut String, _| {
        let name = vm.class_name(v);
        let _ = write!(out, "<class '{name}'>");
        Ok(())
    }),
    hash: Some(|_, v| Ok(crate::ops::address_hash(v))),
    call: Some(super::instantiate),
    binary: Some(|_, _, _, _| Ok(None)),
    ..TypeDef::NEW
});

/// Attributes of classes.
pub(crate) fn class_attr(vm: &mut Vm, obj: &Value, name: &Value) -> Res<Option<Step>> {
    if let Some(class) = obj.get::<Class>() {
        match vm.class_find(class, name) {
            Some(Lookup::Python(v)) => {
                if let Some(s) = v.get::<StaticMethod>() {
                    return Ok(Some(Step::Done(s.0.clone())));
                }
                if let Some(c) = v.get::<ClassMethod>() {
                    let f = c.0.clone();
                    return Ok(Some(Step::Done(vm.bound(f, obj.clone())?)));
                }
                if v.get::<Instance>().is_some() {
                    let get = vm.name(N::__get__).clone();
                    if let Some(f) = vm.find_special(&v, &get) {
                        return Ok(Some(Step::tail(f, alloc::vec![v, Value::NONE, obj.clone()])));
                    }
                }
                return Ok(Some(Step::Done(v)));
            }
            Some(Lookup::Native(e)) => {
                return Ok(Some(Step::Done(match e {
                    Entry::ClassMethod(f) => vm.bound(f.value(), obj.clone())?,
                    other => vm.entry_value(other)?,
                })));
            }
            None => {}
        }
        let text = name.as_str().unwrap_or("");
        return Ok(match text {
            "__name__" | "__qualname__" => Some(Step::Done(class.name.clone())),
            "__bases__" if class.bases.tail::<TupleHead>().is_some_and(|(_, b)| b.is_empty()) => {
                Some(Step::Done(vm.new_tuple(alloc::vec![super::OBJECT.value()])?))
            }
            "__bases__" => Some(Step::Done(class.bases.clone())),
            "__dict__" => {
                let table = class.dict.table.borrow().copy(&vm.heap)?;
                Some(Step::Done(Dict::make(&vm.heap, table)?.into()))
            }
            _ => object_static(vm, obj, name)?,
        });
    }
    let Some(def) = obj.get::<TypeDef>() else { return Ok(None) };
    let text = name.as_str().unwrap_or("");
    if let Some(e) = def.find(text) {
        return Ok(Some(Step::Done(match e {
            Entry::ClassMethod(f) => vm.bound(f.value(), obj.clone())?,
            other => vm.entry_value(other)?,
        })));
    }
    Ok(match text {
        "__name__" | "__qualname__" => Some(Step::Done(vm.intern(def.name)?)),
        "__dict__" => {
            let dict = vm.new_dict()?;
            for (n, e) in def.attrs {
                let (n, v) = (vm.intern(n)?, vm.entry_value(e)?);
                dict.set_name(&vm.heap, &n, v)?;
            }
            Some(Step::Done(dict.into()))
        }
        "__bases__" => {
            let bases = match def.base {
                Some(b) => alloc::vec![b.value()],
                None if core::ptr::eq(def, super::OBJECT.get()) => alloc::vec![],
                None => alloc::vec![super::OBJECT.value()],
            };
            Some(Step::Done(vm.new_tuple(bases)?))
        }
        _ => object_static(vm, obj, name)?,
    })
}

/// What classes inherit from `object`, as plain functions.
fn object_static(vm: &mut Vm, obj: &Value, name: &Value) -> Res<Option<Step>> {
    let text = name.as_str().unwrap_or("");
    if text == "__class__" {
        return Ok(Some(Step::Done(vm.type_of(obj))));
    }
    if text == "__init__" && native_base_of(obj).is_some() {
        return Ok(Some(Step::Done(UNBOUND_INIT.value())));
    }
    match super::OBJECT.get().attrs.iter().find(|(n, _)| *n == text) {
        Some((_, e)) => Ok(Some(Step::Done(vm.entry_value(e)?))),
        None => Ok(None),
    }
}

fn native_base_of(class: &Value) -> Option<&'static Rom<TypeDef>> {
    match class.get::<Class>() {
        Some(c) => c.native_base,
        None => Rom::from_value(class),
    }
}

/// `Base.__init__(self, ...)` for a built-in Base.
static UNBOUND_INIT: Rom<NativeFn> = Rom::new(NativeFn::keywords("__init__", 1, 255, |vm, args| {
    let Some((this, rest)) = args.pos.split_first() else { return Ok(Step::Done(Value::NONE)) };
    let class = vm.type_of(this);
    let s: Value =
        vm.heap.unlocked(|| vm.heap.alloc(Super { class, object: snakeye_heap::Slot::new(this.clone()) }))?.into();
    let f = vm.get_attr(&s, "__init__")?;
    Ok(Step::Tail(alloc::boxed::Box::new(Call { function: f, args: rest.to_vec(), kw: args.kw.to_vec() })))
}));
