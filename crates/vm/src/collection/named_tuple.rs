//! Classes of named tuples. Their instances are tuples whose head names the class.

use crate::object::{Args, NativeObject, NativeValue, Step, StrValue, TupleHead, TypeDef};
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use snakeye_heap::{Rom, Value};

/// A class made by `collections.namedtuple`.
pub struct NamedTupleClass {
    name: Value,
    fields: Vec<Value>,
}

/// The type of such classes.
static NAMED_TUPLE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "type",
    print: Some(class_print),
    hash: Some(|_, v| Ok(crate::ops::address_hash(v))),
    call: Some(class_call),
    get_attr: Some(class_attr),
    ..TypeDef::NEW
});

impl NativeObject for NamedTupleClass {
    fn class(&self) -> &'static Rom<TypeDef> {
        &NAMED_TUPLE
    }
}

impl NamedTupleClass {
    /// Its name.
    pub fn name(&self) -> &str {
        self.name.as_str().unwrap_or("")
    }
    /// The names of the fields: strings.
    pub fn fields(&self) -> &[Value] {
        &self.fields
    }
    /// The place of the field called `name`.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.as_str() == Some(name))
    }
}

/// Whether a value is a class of named tuples.
pub fn is_named_tuple_class(v: &Value) -> bool {
    v.native::<NamedTupleClass>().is_some()
}

impl Vm {
    /// A class of named tuples with these fields.
    pub fn new_named_tuple_class(&mut self, name: &str, fields: &[&str]) -> Res {
        let mut names = Vec::new();
        names.try_reserve_exact(fields.len()).map_err(|_| Raised)?;
        for f in fields {
            names.push(self.intern(f)?);
        }
        let name = self.intern(name)?;
        self.new_native(NamedTupleClass { name, fields: names })
    }

    /// A tuple of a class made by [`Vm::new_named_tuple_class`]; as many items as the class has fields.
    pub fn new_named_tuple(&self, class: &Value, items: Vec<Value>) -> Res {
        Ok(self.heap.alloc_tail(TupleHead { class: class.clone() }, items.len(), items.into_iter())?.into())
    }
}

fn class_print(_: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let _ = write!(out, "<class '{}'>", v.native::<NamedTupleClass>().map_or("?", |c| c.name()));
    Ok(())
}

fn class_attr(vm: &mut Vm, v: &Value, name: &str) -> Res<Option<Value>> {
    let Some(class) = v.native::<NamedTupleClass>() else { return Ok(None) };
    Ok(match name {
        "__name__" | "__qualname__" => Some(class.name.clone()),
        "_fields" => Some(vm.new_tuple(class.fields.clone())?),
        "__bases__" => Some(vm.new_tuple(alloc::vec![super::TUPLE.value()])?),
        _ => None,
    })
}

fn class_call(vm: &mut Vm, v: &Value, args: Args) -> Res<Step> {
    let Some(class) = v.native::<NamedTupleClass>() else { return Err(vm.type_error("type expected")) };
    let wanted = class.fields.len();
    let given = args.pos.len() + args.kw.len();
    if given != wanted {
        let name = class.name();
        return Err(
            vm.type_error_fmt(format_args!("{name}() takes {wanted} positional arguments but {given} were given"))
        );
    }
    let mut items: Vec<Value> = Vec::new();
    items.try_reserve_exact(wanted).map_err(|_| Raised)?;
    items.extend_from_slice(args.pos);
    items.resize(wanted, Value::UNBOUND);
    for (name, value) in args.kw {
        let text = name.as_str().unwrap_or("");
        match class.place(text).and_then(|i| items.get_mut(i)) {
            None => return Err(vm.type_error_fmt(format_args!("unexpected keyword argument '{text}'"))),
            Some(place) if place.is_unbound() => *place = value.clone(),
            Some(_) => {
                return Err(vm.type_error_fmt(format_args!("function got multiple values for argument '{text}'")));
            }
        }
    }
    Ok(Step::Done(vm.new_named_tuple(v, items)?))
}
