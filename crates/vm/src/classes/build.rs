//! Making classes and instances.

use crate::exceptions as exc;
use crate::names::N;
use crate::object::*;
use crate::ops::Lookup;
use crate::vm::{Res, Vm};
use alloc::vec::Vec;
use core::cell::Cell;
use snakeye_heap::{Gc, Rom, Slot, Slots, Value};

/// `__build_class__(body, name, *bases, **keywords)`, what the class statement calls.
pub fn build_class(vm: &mut Vm, args: Args) -> Res<Step> {
    let [body, name, bases @ ..] = args.pos else { return Err(vm.type_error("class body and name expected")) };
    let Some(function) = body.as_gc::<Function>().cloned() else { return Err(vm.type_error("class body expected")) };
    let dict = vm.new_dict()?;
    let bases = vm.new_tuple(bases.to_vec())?;
    let name = vm.intern_value(name)?;
    let mut metaclass = Value::NONE;
    for (k, v) in args.kw {
        if k.as_str() == Some("metaclass") {
            metaclass = v.clone();
        }
    }
    vm.call_body(function, dict.clone(), move |vm, r| {
        let cell = r?;
        let make = |vm: &mut Vm, class: Value| {
            if let Some(c) = cell.get::<CellObject>() {
                c.0.set(class.clone());
            }
            class_made(vm, &class)?;
            Ok(Step::Done(class))
        };
        if !metaclass.is_none() && !metaclass.is(&super::TYPE.value()) {
            let step = Step::tail(metaclass, alloc::vec![name, bases, dict.into()]);
            return vm.and_then(Ok(step), move |_, r| {
                let class = r?;
                if let Some(c) = cell.get::<CellObject>() {
                    c.0.set(class.clone());
                }
                Ok(Step::Done(class))
            });
        }
        let class = vm.make_class(name, bases, dict)?;
        make(vm, class)
    })
}

/// Calls `__set_name__` of the descriptors in a new class.
fn class_made(vm: &mut Vm, class: &Value) -> Res<()> {
    let Some(c) = class.as_gc::<Class>().cloned() else { return Ok(()) };
    let entries: Vec<(Value, Value)> = {
        let Ok(t) = c.dict.table.try_borrow() else { return Ok(()) };
        t.iter().filter(|e| e.value.get::<Instance>().is_some()).map(|e| (e.key.clone(), e.value.clone())).collect()
    };
    let set_name = vm.name(N::__set_name__).clone();
    for (key, value) in entries {
        if let Some(f) = vm.find_special(&value, &set_name) {
            vm.call(&f, &[value, class.clone(), key])?;
        }
    }
    Ok(())
}

impl Vm {
    /// A class with this name, tuple of bases and namespace.
    pub fn make_class(&mut self, name: Value, bases: Value, dict: Gc<Dict>) -> Res {
        let base_list: Vec<Value> = match bases.as_gc::<Tuple>() {
            Some(t) => t.elements().to_vec(),
            None => return Err(self.type_error("bases must be a tuple")),
        };
        let mut mro: Vec<Value> = Vec::new();
        let mut native: Option<&'static Rom<TypeDef>> = None;
        let mut flags = 0;
        for b in &base_list {
            if let Some(c) = b.get::<Class>() {
                flags |= c.flags.get();
                for i in 0..c.mro.len() {
                    if let Some(m) = c.mro.get(i)
                        && !mro.iter().any(|x| x.is(&m))
                    {
                        mro.push(m);
                    }
                }
                if let Some(n) = c.native_base {
                    if native.is_some_and(|old| !core::ptr::eq(old, n)) {
                        return Err(self.type_error("multiple bases have instance lay-out conflict"));
                    }
                    native = Some(n);
                }
            } else if let Some(rom) = Rom::<TypeDef>::from_value(b) {
                if core::ptr::eq(rom, &super::OBJECT) {
                    continue;
                }
                if rom.get().new.is_none() || core::ptr::eq(rom, &super::TYPE) && base_list.len() > 1 {
                    let t = rom.get().name;
                    return Err(self.type_error_fmt(format_args!("type '{t}' is not an acceptable base type")));
                }
                if core::ptr::eq(rom, &crate::number::BOOL) {
                    return Err(self.type_error("type 'bool' is not an acceptable base type"));
                }
                if native.is_some_and(|old| !core::ptr::eq(old, rom)) {
                    return Err(self.type_error("multiple bases have instance lay-out conflict"));
                }
                native = Some(rom);
                if !mro.iter().any(|x| x.is(b)) {
                    mro.push(b.clone());
                }
                if rom.get().is_a(&exc::BASE_EXCEPTION) {
                    flags |= ClassFlags::EXCEPTION;
                }
            } else if crate::collection::is_named_tuple_class(b) {
                native = Some(&crate::collection::TUPLE);
                mro.push(b.clone());
                mro.push(crate::collection::TUPLE.value());
            } else {
                let t = self.type_name(b);
                return Err(self.type_error_fmt(format_args!("type '{t}' is not an acceptable base type")));
            }
        }
        let entries: Vec<(Value, Value)> = {
            let Ok(t) = dict.table.try_borrow() else { return Err(self.busy()) };
            t.iter().map(|e| (e.key.clone(), e.value.clone())).collect()
        };
        for (k, v) in &entries {
            flags |= self.flags_for(k, v);
            // `__new__` and `__init_subclass__`-like hooks are static without saying so.
            if k.is(self.name(N::__new__)) && v.get::<Function>().is_some() {
                let s: Value = self.heap.alloc(StaticMethod(v.clone()))?.into();
                dict.set_name(&self.heap, k, s)?;
            }
        }
        let root = self.shapes.root(&self.heap, native.is_some())?;
        let class = self.heap.alloc(Class {
            name,
            bases,
            mro: Slots::new(),
            dict,
            native_base: native,
            root_shape: Cell::new(root),
            slot_hint: Cell::new(native.is_some() as u16),
            flags: Cell::new(flags),
        })?;
        class.mro.push(&self.heap, class.value().clone())?;
        for m in mro {
            class.mro.push(&self.heap, m)?;
        }
        self.class_epoch = self.heap.next_stamp();
        Ok(class.into())
    }

    fn flags_for(&self, name: &Value, value: &Value) -> u32 {
        if name.is(self.name(N::__getattr__)) {
            ClassFlags::GETATTR
        } else if name.is(self.name(N::__setattr__)) {
            ClassFlags::SETATTR
        } else if name.is(self.name(N::__delattr__)) {
            ClassFlags::DELATTR
        } else if value.get::<Property>().is_some()
            || value.get::<Instance>().is_some()
                && (self.find_special(value, self.name(N::__set__)).is_some()
                    || self.find_special(value, self.name(N::__delete__)).is_some())
        {
            ClassFlags::DESCRIPTORS
        } else {
            0
        }
    }

    /// An instance before `__init__`. Classes derived from a built-in type get that type's object, made from
    /// `args` where the type is immutable, else empty.
    pub(crate) fn bare_instance(&mut self, class: &Gc<Class>, args: &[Value]) -> Res {
        let instance = self.heap.alloc(Instance {
            class: Slot::new(class.value().clone()),
            shape: Cell::new(class.root_shape.get()),
            slots: Slots::new(),
        })?;
        let hint = class.slot_hint.get();
        if hint > 0 {
            instance.slots.reserve(&self.heap, hint as usize)?;
        }
        if class.native_base.is_some() {
            let base = self.native_object(class, args)?;
            instance.slots.push(&self.heap, base)?;
        }
        Ok(instance.into())
    }

    fn native_object(&mut self, class: &Gc<Class>, args: &[Value]) -> Res {
        // A base that is a named-tuple class makes its own kind of tuple.
        for i in 0..class.mro.len() {
            if let Some(m) = class.mro.get(i)
                && crate::collection::is_named_tuple_class(&m)
            {
                return self.call(&m, args);
            }
        }
        let Some(native) = class.native_base else { return Ok(Value::UNBOUND) };
        let Some(new) = native.get().new else { return Ok(Value::UNBOUND) };
        let made = new(self, &native.value(), Args { pos: args, kw: &[] }).and_then(|step| self.complete(step));
        match made {
            // What needs arguments is made by `super().__init__`.
            Err(r) if args.is_empty() => {
                let raised = self.take_exception();
                if raised.get::<Exception>().is_some_and(|e| e.class.is(&exc::TYPE_ERROR.value())) {
                    return Ok(Value::UNBOUND);
                }
                self.raise(raised);
                Err(r)
            }
            made => made,
        }
    }
}

/// Changes an attribute of a class and tells the caches.
pub(crate) fn set_class_attr(vm: &mut Vm, class: &Gc<Class>, name: &Value, value: Option<Value>) -> Res<()> {
    match value {
        Some(v) => {
            let old = class.dict.get_name(name);
            let plain = |v: &Value| {
                v.get::<Function>().is_none()
                    && v.get::<NativeFn>().is_none()
                    && v.get::<Property>().is_none()
                    && v.get::<Instance>().is_none()
                    && v.get::<StaticMethod>().is_none()
                    && v.get::<ClassMethod>().is_none()
            };
            // A counter in a class must not throw away every cached method.
            if !(old.as_ref().is_some_and(plain) && plain(&v)) {
                vm.class_epoch = vm.heap.next_stamp();
                class.flags.set(class.flags.get() | vm.flags_for(name, &v));
            }
            class.dict.set_name(&vm.heap, name, v)
        }
        None => {
            vm.class_epoch = vm.heap.next_stamp();
            match class.dict.remove_name(&vm.heap, name) {
                Some(_) => Ok(()),
                None => Err(vm.no_attribute(class.value(), name)),
            }
        }
    }
}

/// Calls a class.
pub(crate) fn instantiate(vm: &mut Vm, class: &Value, args: Args) -> Res<Step> {
    if let Some(rom) = Rom::<TypeDef>::from_value(class) {
        return match rom.get().new {
            Some(new) => new(vm, class, args),
            None => {
                let t = rom.get().name;
                Err(vm.type_error_fmt(format_args!("cannot create '{t}' instances")))
            }
        };
    }
    let Some(c) = class.as_gc::<Class>().cloned() else { return Err(vm.type_error("class expected")) };
    let (new_name, init_name) = (vm.name(N::__new__).clone(), vm.name(N::__init__).clone());
    if let Some(Lookup::Python(new)) = vm.class_find(&c, &new_name) {
        let f = match new.get::<StaticMethod>() {
            Some(s) => s.0.clone(),
            None => new,
        };
        let mut pos = Vec::with_capacity(args.pos.len() + 1);
        pos.push(class.clone());
        pos.extend_from_slice(args.pos);
        let kw = args.kw.to_vec();
        let (rest, kw2) = (args.pos.to_vec(), kw.clone());
        let step = Step::Tail(alloc::boxed::Box::new(Call { function: f, args: pos, kw }));
        let class = class.clone();
        return vm.and_then(Ok(step), move |vm, r| {
            let made = r?;
            if vm.instance_of(&made, &class) != Some(true) {
                return Ok(Step::Done(made));
            }
            init_step(vm, &c, made, Args { pos: &rest, kw: &kw2 }, &init_name)
        });
    }
    let has_init = matches!(vm.class_find(&c, &init_name), Some(Lookup::Python(_)));
    if let (Some(native), false) = (c.native_base, has_init) {
        // Without an __init__ of its own the arguments are the built-in type's.
        let maker: Value = named_tuple_base(&c).unwrap_or(native.value());
        let step = if maker.is(&native.value()) {
            match native.get().new {
                Some(new) => new(vm, &native.value(), args),
                None => Err(vm.type_error("cannot create instance")),
            }
        } else {
            Ok(Step::Tail(alloc::boxed::Box::new(Call {
                function: maker,
                args: args.pos.to_vec(),
                kw: args.kw.to_vec(),
            })))
        };
        return vm.and_then(step, move |vm, r| {
            let base = r?;
            let instance = vm.heap.alloc(Instance {
                class: Slot::new(c.value().clone()),
                shape: Cell::new(c.root_shape.get()),
                slots: Slots::new(),
            })?;
            instance.slots.push(&vm.heap, base)?;
            Ok(Step::Done(instance.into()))
        });
    }
    let base_args: &[Value] = match c.native_base {
        Some(n) if n.get().is_a(&exc::BASE_EXCEPTION) || is_immutable(n) => args.pos,
        _ => &[],
    };
    let made = vm.bare_instance(&c, base_args)?;
    init_step(vm, &c, made, args, &init_name)
}

fn named_tuple_base(c: &Class) -> Option<Value> {
    (0..c.mro.len()).filter_map(|i| c.mro.get(i)).find(crate::collection::is_named_tuple_class)
}

fn is_immutable(n: &'static Rom<TypeDef>) -> bool {
    use crate::{collection as coll, number as num, text};
    [&num::INT, &num::FLOAT, &num::COMPLEX, &text::STR, &text::BYTES, &coll::TUPLE, &coll::FROZENSET]
        .iter()
        .any(|t| core::ptr::eq(*t, n))
}

fn init_step(vm: &mut Vm, c: &Gc<Class>, made: Value, args: Args, init_name: &Value) -> Res<Step> {
    match vm.class_find(c, init_name) {
        Some(Lookup::Python(init)) => {
            let mut pos = Vec::with_capacity(args.pos.len() + 1);
            pos.push(made.clone());
            pos.extend_from_slice(args.pos);
            let call = Call { function: init, args: pos, kw: args.kw.to_vec() };
            Ok(Step::Call(
                alloc::boxed::Box::new(call),
                alloc::boxed::Box::new(move |vm: &mut Vm, r: Res| {
                    let v = r?;
                    if !v.is_none() {
                        let t = vm.type_name(&v);
                        return Err(vm.type_error_fmt(format_args!("__init__() should return None, not '{t}'")));
                    }
                    Ok(Step::Done(made))
                }),
            ))
        }
        _ => {
            if (!args.pos.is_empty() || !args.kw.is_empty()) && c.native_base.is_none() {
                return Err(vm.type_error("function takes 0 positional arguments but some were given"));
            }
            Ok(Step::Done(made))
        }
    }
}
