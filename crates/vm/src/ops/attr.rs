//! Attributes.

use crate::classes;
use crate::exceptions as exc;
use crate::names::N;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_heap::{Gc, Value};

/// What a look-up through a class found, and where.
pub(crate) enum Lookup {
    /// In the dict of a class defined in Python.
    Python(Value),
    /// In the table of a built-in base.
    Native(&'static Entry),
}

impl Vm {
    /// Looks an interned name up along the class's order.
    pub(crate) fn class_find(&self, class: &Class, name: &Value) -> Option<Lookup> {
        self.lookups.find(class, name, self.class_epoch)
    }
}

/// A look-up through a class remembered: where it ended, not what was there.
#[derive(Clone, Copy)]
struct Known {
    /// The root shape, which no other class has.
    class: u32,
    epoch: u32,
    /// The word of the name.
    name: usize,
    /// Place in the class's order; `NOWHERE`: it has no such attribute.
    place: u32,
    /// Entry of that class's dict.
    entry: u32,
    /// Or the entry of a built-in base.
    native: Option<&'static Entry>,
}

const NOWHERE: u32 = u32::MAX;
/// Look-ups remembered.
const KNOWN: usize = if cfg!(target_pointer_width = "64") { 256 } else { 32 };

/// Look-ups through classes.
#[derive(Default)]
pub(crate) struct Lookups {
    /// Made at the first look-up.
    known: RefCell<Vec<Known>>,
}

impl Lookups {
    fn find(&self, class: &Class, name: &Value, epoch: u32) -> Option<Lookup> {
        let Ok(mut known) = self.known.try_borrow_mut() else { return search(class, name)?.found(class) };
        if known.is_empty() {
            if known.try_reserve_exact(KNOWN).is_err() {
                return search(class, name)?.found(class);
            }
            known.resize(KNOWN, Known { class: 0, epoch: 0, name: 0, place: 0, entry: 0, native: None });
        }
        let (id, word) = (class.root_shape.get(), name.word());
        let k = &mut known[(word >> 3 ^ word >> 9 ^ (id as usize * 31)) % KNOWN];
        if k.class != id || k.name != word || k.epoch != epoch {
            let nowhere = Known { class: 0, epoch: 0, name: 0, place: NOWHERE, entry: 0, native: None };
            *k = Known { class: id, epoch, name: word, ..search(class, name).unwrap_or(nowhere) };
        }
        let k = *k;
        k.found(class)
    }
}

impl Known {
    fn found(&self, class: &Class) -> Option<Lookup> {
        if let Some(e) = self.native {
            return Some(Lookup::Native(e));
        }
        if self.place == NOWHERE {
            return None;
        }
        let m = class.mro.get(self.place as usize)?;
        let table = m.get::<Class>()?.dict.table.try_borrow().ok()?;
        table.value_at(self.entry as usize).cloned().map(Lookup::Python)
    }
}

/// Where the look-up of an interned name along the class's order ends.
fn search(class: &Class, name: &Value) -> Option<Known> {
    let known = Known { class: 0, epoch: 0, name: 0, place: NOWHERE, entry: 0, native: None };
    for i in 0..class.mro.len() {
        let m = class.mro.get(i)?;
        if let Some(c) = m.get::<Class>() {
            if let Some(entry) = c.dict.table.try_borrow().ok()?.find_name(name) {
                return Some(Known { place: i as u32, entry: entry as u32, ..known });
            }
        } else if let Some(d) = m.get::<TypeDef>()
            && let Some(e) = name.as_str().and_then(|n| d.find(n))
        {
            return Some(Known { native: Some(e), ..known });
        }
    }
    None
}

impl Vm {
    /// A special method that a class defined in Python gives its instances.
    pub(crate) fn find_special(&self, v: &Value, name: &Value) -> Option<Value> {
        let class = self.class_of_instance(v)?;
        let Lookup::Python(f) = self.class_find(&class, name)? else { return None };
        if let Some(s) = f.get::<StaticMethod>() {
            return self.without_self(s.0.clone());
        }
        if let Some(c) = f.get::<ClassMethod>() {
            let bound = self.bound(c.0.clone(), class.into()).ok()?;
            return self.without_self(bound);
        }
        Some(f)
    }

    /// A callable that passes on all arguments but the first: special methods are called with self, which
    /// static and class methods do not take.
    fn without_self(&self, function: Value) -> Option<Value> {
        self.bound(function, Value::UNBOUND).ok()
    }

    /// As `find_special`, by text.
    pub fn special_method(&mut self, v: &Value, name: &str) -> Res<Option<Value>> {
        let name = self.intern(name)?;
        Ok(self.find_special(v, &name))
    }

    /// The value an entry of a type's or module's table stands for, unbound.
    pub fn entry_value(&mut self, e: &Entry) -> Res {
        match e {
            Entry::Fn(f) | Entry::Static(f) | Entry::ClassMethod(f) => Ok(f.value()),
            Entry::Int(n) => self.new_int(*n),
            Entry::Str(s) => self.new_str(s),
            Entry::Type(t) => Ok(t.value()),
            Entry::Make(f) => f(self),
            Entry::Get(_) => Ok(Value::NONE),
        }
    }

    pub(crate) fn bound(&self, function: Value, this: Value) -> Res {
        Ok(self.heap.unlocked(|| self.heap.alloc(BoundMethod { function, this }))?.into())
    }

    /// An entry as an attribute of `this`, an object of the type.
    fn entry_of(&mut self, e: &'static Entry, this: &Value) -> Res {
        match e {
            Entry::Fn(f) => self.bound(f.value(), this.clone()),
            Entry::ClassMethod(f) => {
                let class = self.type_of(this);
                self.bound(f.value(), class)
            }
            Entry::Get(get) => get(self, this),
            other => self.entry_value(other),
        }
    }

    /// Binds what a class's dict holds to an instance.
    pub(crate) fn bind_step(&mut self, found: Value, this: &Value, class: &Value) -> Res<Step> {
        if found.get::<Function>().is_some() {
            return Ok(Step::Done(self.bound(found, this.clone())?));
        }
        if let Some(p) = found.get::<Property>() {
            if p.get.is_none() {
                return Err(self.raise_new(&exc::ATTRIBUTE_ERROR, "unreadable attribute"));
            }
            return Ok(Step::tail(p.get.clone(), vec![this.clone()]));
        }
        if let Some(s) = found.get::<StaticMethod>() {
            return Ok(Step::Done(s.0.clone()));
        }
        if let Some(c) = found.get::<ClassMethod>() {
            return Ok(Step::Done(self.bound(c.0.clone(), class.clone())?));
        }
        if found.get::<Instance>().is_some() {
            let name = self.name(N::__get__).clone();
            if let Some(get) = self.find_special(&found, &name) {
                return Ok(Step::tail(get, vec![found, this.clone(), class.clone()]));
            }
        }
        Ok(Step::Done(found))
    }

    fn is_data_descriptor(&self, v: &Value) -> bool {
        v.get::<Property>().is_some()
            || v.get::<Instance>().is_some() && self.find_special(v, self.name(N::__set__)).is_some()
    }

    /// `obj.name`, or `None` when there is no such attribute (and no `__getattr__`).
    pub(crate) fn find_attr_step(&mut self, obj: &Value, name: &Value) -> Res<Option<Step>> {
        if let Some(i) = obj.get::<Instance>() {
            let class_value = i.class.get();
            let Some(class) = class_value.get::<Class>() else { return Ok(None) };
            let mut in_class = None;
            if class.flags.get() & ClassFlags::DESCRIPTORS != 0 {
                in_class = self.class_find(class, name);
                if let Some(Lookup::Python(v)) = &in_class
                    && self.is_data_descriptor(v)
                {
                    let v = v.clone();
                    return self.bind_step(v, obj, &class_value).map(Some);
                }
            }
            if let Some(slot) = self.shapes.find(i.shape.get(), name)
                && let Some(v) = i.slots.get(slot)
                && !v.is_unbound()
            {
                return Ok(Some(Step::Done(v)));
            }
            if in_class.is_none() {
                in_class = self.class_find(class, name);
            }
            match in_class {
                Some(Lookup::Python(v)) => return self.bind_step(v, obj, &class_value).map(Some),
                Some(Lookup::Native(e)) => {
                    let base = self.base_object(obj);
                    return match e {
                        Entry::ClassMethod(f) => Ok(Some(Step::Done(self.bound(f.value(), class_value.clone())?))),
                        _ => Ok(Some(Step::Done(self.entry_of(e, &base)?))),
                    };
                }
                None => {}
            }
            if let Some(base) = self.native_part(obj)
                && let Some(get) = self.def_of(&base).get_attr
                && let Some(v) = get(self, &base, name.as_str().unwrap_or(""))?
            {
                return Ok(Some(Step::Done(v)));
            }
            if name.is(self.name(N::__class__)) {
                return Ok(Some(Step::Done(class_value)));
            }
            if name.is(self.name(N::__dict__)) {
                return Ok(Some(Step::Done(self.instance_dict(i)?)));
            }
            if class.flags.get() & ClassFlags::GETATTR != 0 {
                let getattr = self.name(N::__getattr__).clone();
                if let Some(f) = self.find_special(obj, &getattr) {
                    return Ok(Some(Step::tail(f, vec![obj.clone(), name.clone()])));
                }
            }
            if let Some(v) = classes::object_attr(self, obj, name)? {
                return Ok(Some(Step::Done(v)));
            }
            return Ok(None);
        }
        if let Some(m) = obj.as_gc::<Module>() {
            let m = m.clone();
            return match self.module_attr(&m, name)? {
                Some(v) => Ok(Some(Step::Done(v))),
                None if name.is(self.name(N::__class__)) => Ok(Some(Step::Done(self.type_of(obj)))),
                None => Ok(None),
            };
        }
        if obj.get::<Class>().is_some() || obj.get::<TypeDef>().is_some() {
            return classes::class_attr(self, obj, name);
        }
        if obj.get::<Super>().is_some() {
            return classes::super_attr(self, obj, name);
        }
        self.check_bound(obj)?;
        let text = name.as_str().unwrap_or("");
        let def = self.def_of(obj);
        if let Some(get) = def.get_attr
            && let Some(v) = get(self, obj, text)?
        {
            return Ok(Some(Step::Done(v)));
        }
        if let Some(e) = def.find(text) {
            return Ok(Some(Step::Done(self.entry_of(e, obj)?)));
        }
        if name.is(self.name(N::__class__)) {
            return Ok(Some(Step::Done(self.type_of(obj))));
        }
        Ok(classes::object_attr(self, obj, name)?.map(Step::Done))
    }

    fn instance_dict(&mut self, i: &Instance) -> Res {
        let dict = self.new_dict()?;
        for (name, slot) in self.shapes.names(i.shape.get()) {
            if let Some(v) = i.slots.get(slot)
                && !v.is_unbound()
            {
                dict.set_name(&self.heap, &name, v)?;
            }
        }
        Ok(dict.into())
    }

    /// An attribute of a module; entries of its table become values here.
    pub(crate) fn module_attr(&mut self, m: &Gc<Module>, name: &Value) -> Res<Option<Value>> {
        if let Some(v) = m.dict.get_name(name) {
            return Ok(Some(v));
        }
        if let Some(def) = m.def
            && let Some(text) = name.as_str()
        {
            if let Some((_, e)) = def.entries.iter().find(|(n, _)| *n == text) {
                let v = self.entry_value(e)?;
                self.heap.unlocked(|| m.dict.set_name(&self.heap, name, v.clone()))?;
                return Ok(Some(v));
            }
            if text == "__name__" {
                return Ok(Some(m.name.clone()));
            }
        }
        if name.is(self.name(N::__dict__)) {
            self.fill_module(m)?;
            return Ok(Some(m.dict.value().clone()));
        }
        if name.is(self.name(N::__class__)) {
            return Ok(Some(self.type_of(m.value())));
        }
        let getattr = self.name(N::__getattr__).clone();
        if let Some(f) = m.dict.get_name(&getattr) {
            return match self.call(&f, core::slice::from_ref(name)) {
                Ok(v) => Ok(Some(v)),
                Err(e) => {
                    let raised = self.take_exception();
                    if self.is_exception(&raised, &exc::ATTRIBUTE_ERROR) {
                        return Ok(None);
                    }
                    let _ = e;
                    Err(self.raise(raised))
                }
            };
        }
        Ok(None)
    }

    #[cold]
    pub(crate) fn no_attribute(&mut self, obj: &Value, name: &Value) -> Raised {
        let n = alloc::string::String::from(Vm::text_of(name));
        if let Some(m) = obj.get::<Module>() {
            let module = alloc::string::String::from(Vm::text_of(&m.name));
            return self.raise_fmt(&exc::ATTRIBUTE_ERROR, format_args!("module '{module}' has no attribute '{n}'"));
        }
        if self.is_class(obj) {
            let class = self.class_name(obj);
            return self.raise_fmt(&exc::ATTRIBUTE_ERROR, format_args!("type object '{class}' has no attribute '{n}'"));
        }
        let t = self.type_name(obj);
        self.raise_fmt(&exc::ATTRIBUTE_ERROR, format_args!("'{t}' object has no attribute '{n}'"))
    }

    /// `obj.name`; AttributeError when there is none.
    pub(crate) fn load_attr_step(&mut self, obj: &Value, name: &Value) -> Res<Step> {
        match self.find_attr_step(obj, name)? {
            Some(step) => Ok(step),
            None => Err(self.no_attribute(obj, name)),
        }
    }

    /// `obj.name = value`, or `del obj.name` without a value.
    pub(crate) fn store_attr_step(&mut self, obj: &Value, name: &Value, value: Option<Value>) -> Res<Step> {
        if let Some(i) = obj.get::<Instance>() {
            let class_value = i.class.get();
            let Some(class) = class_value.get::<Class>() else { return Err(self.no_attribute(obj, name)) };
            let flags = class.flags.get();
            if flags & (ClassFlags::DESCRIPTORS | ClassFlags::SETATTR | ClassFlags::DELATTR) != 0 {
                if flags & ClassFlags::DESCRIPTORS != 0
                    && let Some(Lookup::Python(d)) = self.class_find(class, name)
                    && let Some(step) = self.store_descriptor(obj, &d, &value)?
                {
                    return Ok(step);
                }
                match &value {
                    Some(v) if flags & ClassFlags::SETATTR != 0 => {
                        let special = self.name(N::__setattr__).clone();
                        if let Some(f) = self.find_special(obj, &special) {
                            return Ok(Step::tail(f, vec![obj.clone(), name.clone(), v.clone()]));
                        }
                    }
                    None if flags & ClassFlags::DELATTR != 0 => {
                        let special = self.name(N::__delattr__).clone();
                        if let Some(f) = self.find_special(obj, &special) {
                            return Ok(Step::tail(f, vec![obj.clone(), name.clone()]));
                        }
                    }
                    _ => {}
                }
            }
            self.set_slot(obj, i, name, value)?;
            return Ok(Step::Done(Value::NONE));
        }
        if let Some(m) = obj.as_gc::<Module>() {
            // As in MicroPython, modules written in the host language are read-only, but for builtins.
            if m.def.is_some() && !m.is(&self.builtins) && !self.is_settable(m, name) {
                return Err(self.no_attribute(obj, name));
            }
            match value {
                Some(v) => m.dict.set_name(&self.heap, name, v)?,
                None => {
                    if m.dict.remove_name(&self.heap, name).is_none() {
                        return Err(self.no_attribute(obj, name));
                    }
                }
            }
            return Ok(Step::Done(Value::NONE));
        }
        if let Some(c) = obj.as_gc::<Class>() {
            let c = c.clone();
            classes::set_class_attr(self, &c, name, value)?;
            return Ok(Step::Done(Value::NONE));
        }
        if let Some(set) = self.def_of(obj).set_attr
            && set(self, obj, name, value)?
        {
            return Ok(Step::Done(Value::NONE));
        }
        self.check_bound(obj)?;
        Err(self.no_attribute(obj, name))
    }

    /// Attributes of built-in modules that scripts may set: `sys.path` and what else is a variable there.
    fn is_settable(&self, m: &Module, name: &Value) -> bool {
        matches!((m.name.as_str(), name.as_str()), (Some("sys"), Some("path" | "ps1" | "ps2" | "tracebacklimit")))
    }

    fn store_descriptor(&mut self, obj: &Value, d: &Value, value: &Option<Value>) -> Res<Option<Step>> {
        if let Some(p) = d.get::<Property>() {
            let (f, args) = match value {
                Some(v) => (p.set.clone(), vec![obj.clone(), v.clone()]),
                None => (p.delete.clone(), vec![obj.clone()]),
            };
            if f.is_none() {
                return Err(self.raise_new(&exc::ATTRIBUTE_ERROR, "can't set attribute"));
            }
            return Ok(Some(Step::tail(f, args)));
        }
        if d.get::<Instance>().is_some() {
            let name = self.name(if value.is_some() { N::__set__ } else { N::__delete__ }).clone();
            if let Some(f) = self.find_special(d, &name) {
                let mut args = vec![d.clone(), obj.clone()];
                args.extend(value.clone());
                return Ok(Some(Step::tail(f, args)));
            }
        }
        Ok(None)
    }

    /// Stores into an instance's own attributes.
    pub(crate) fn set_slot(&mut self, obj: &Value, i: &Instance, name: &Value, value: Option<Value>) -> Res<()> {
        let shape = i.shape.get();
        match (self.shapes.find(shape, name), value) {
            (Some(slot), Some(v)) => {
                drop(i.slots.replace(slot, v));
                Ok(())
            }
            (Some(slot), None) => match i.slots.replace(slot, Value::UNBOUND) {
                Ok(old) if !old.is_unbound() => Ok(()),
                _ => Err(self.no_attribute(obj, name)),
            },
            (None, Some(v)) => {
                let next = self.shapes.add(&self.heap, shape, name)?;
                i.slots.push(&self.heap, v)?;
                i.shape.set(next);
                let class = i.class.get();
                if let Some(c) = class.get::<Class>() {
                    c.slot_hint.set(c.slot_hint.get().max(i.slots.len() as u16));
                }
                Ok(())
            }
            (None, None) => {
                if let Some(base) = self.native_part(obj)
                    && let Some(set) = self.def_of(&base).set_attr
                    && set(self, &base, name, None)?
                {
                    return Ok(());
                }
                Err(self.no_attribute(obj, name))
            }
        }
    }

    /// `obj.name` by text, completed.
    pub fn get_attr(&mut self, obj: &Value, name: &str) -> Res {
        let name = self.intern(name)?;
        let step = self.load_attr_step(obj, &name)?;
        self.complete(step)
    }

    /// `obj.name` by interned name, completed; `None` when there is no such attribute, also when
    /// `__getattr__` raises AttributeError.
    pub fn find_attr(&mut self, obj: &Value, name: &Value) -> Res<Option<Value>> {
        let result = match self.find_attr_step(obj, name) {
            Ok(None) => return Ok(None),
            Ok(Some(step)) => self.complete(step),
            Err(e) => Err(e),
        };
        match result {
            Ok(v) => Ok(Some(v)),
            Err(_) => {
                let e = self.take_exception();
                if self.is_exception(&e, &exc::ATTRIBUTE_ERROR) { Ok(None) } else { Err(self.raise(e)) }
            }
        }
    }

    /// `obj.name = value`, completed.
    pub fn set_attr(&mut self, obj: &Value, name: &str, value: Value) -> Res<()> {
        let name = self.intern(name)?;
        let step = self.store_attr_step(obj, &name, Some(value))?;
        self.complete(step).map(drop)
    }

    /// `del obj.name`, completed.
    pub fn del_attr(&mut self, obj: &Value, name: &Value) -> Res<()> {
        let step = self.store_attr_step(obj, name, None)?;
        self.complete(step).map(drop)
    }
}
