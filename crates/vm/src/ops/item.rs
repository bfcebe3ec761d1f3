//! Items, length, containment.

use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::vec;
use snakeye_heap::Value;

impl Vm {
    /// `o[key]`.
    pub fn get_item_step(&mut self, o: &Value, key: &Value) -> Res<Step> {
        if o.get::<Instance>().is_some() {
            let name = self.name(N::__getitem__).clone();
            if let Some(f) = self.find_special(o, &name) {
                return Ok(Step::tail(f, vec![o.clone(), key.clone()]));
            }
        }
        let base = self.base_object(o);
        let key = self.base_object(key);
        match self.def_of(&base).get_item {
            Some(f) => f(self, &base, &key).map(Step::Done),
            None => {
                self.check_bound(o)?;
                let t = self.type_name(o);
                Err(self.type_error_fmt(format_args!("'{t}' object isn't subscriptable")))
            }
        }
    }

    /// `o[key] = value`, or `del o[key]` without a value.
    pub fn set_item_step(&mut self, o: &Value, key: &Value, value: Option<Value>) -> Res<Step> {
        if o.get::<Instance>().is_some() {
            let name = self.name(if value.is_some() { N::__setitem__ } else { N::__delitem__ }).clone();
            if let Some(f) = self.find_special(o, &name) {
                let mut args = vec![o.clone(), key.clone()];
                args.extend(value);
                return Ok(Step::tail(f, args));
            }
        }
        let base = self.base_object(o);
        match self.def_of(&base).set_item {
            Some(f) => f(self, &base, key, value).map(|()| Step::Done(Value::NONE)),
            None => {
                self.check_bound(o)?;
                let t = self.type_name(o);
                let what = if value.is_some() { "assignment" } else { "deletion" };
                Err(self.type_error_fmt(format_args!("'{t}' object doesn't support item {what}")))
            }
        }
    }

    /// `item in o`.
    pub fn contains_step(&mut self, o: &Value, item: &Value) -> Res<Step> {
        if o.get::<Instance>().is_some() {
            let name = self.name(N::__contains__).clone();
            if let Some(f) = self.find_special(o, &name) {
                let step = Step::tail(f, vec![o.clone(), item.clone()]);
                return self.and_then(Ok(step), |vm, r| {
                    let v = r?;
                    Ok(Step::Done(Value::bool(vm.truth(&v)?)))
                });
            }
        }
        let base = self.base_object(o);
        if let Some(f) = self.def_of(&base).contains {
            return Ok(Step::Done(Value::bool(f(self, &base, item)?)));
        }
        let item = item.clone();
        self.fold_step(
            o,
            move |vm, v| Ok(if vm.same_or_equal(&v, &item)? { Some(Value::TRUE) } else { None }),
            |_| Ok(Step::Done(Value::FALSE)),
        )
    }

    /// `len(o)`.
    pub fn len(&mut self, o: &Value) -> Res<usize> {
        if o.get::<Instance>().is_some() {
            let name = self.name(N::__len__).clone();
            if let Some(f) = self.find_special(o, &name) {
                let n = self.call(&f, core::slice::from_ref(o))?;
                let n = self.index_of(&n)?;
                return match usize::try_from(n) {
                    Ok(n) => Ok(n),
                    Err(_) => Err(self.value_error("__len__() should return >= 0")),
                };
            }
        }
        let base = self.base_object(o);
        match self.def_of(&base).len {
            Some(f) => f(self, &base),
            None => {
                self.check_bound(o)?;
                let t = self.type_name(o);
                Err(self.type_error_fmt(format_args!("object of type '{t}' has no len()")))
            }
        }
    }

    /// `o[key]`, completed.
    pub fn get_item(&mut self, o: &Value, key: &Value) -> Res {
        let step = self.get_item_step(o, key)?;
        self.complete(step)
    }

    /// `o[key] = value`, completed.
    pub fn set_item(&mut self, o: &Value, key: &Value, value: Value) -> Res<()> {
        let step = self.set_item_step(o, key, Some(value))?;
        self.complete(step).map(drop)
    }

    /// `del o[key]`, completed.
    pub fn del_item(&mut self, o: &Value, key: &Value) -> Res<()> {
        let step = self.set_item_step(o, key, None)?;
        self.complete(step).map(drop)
    }

    /// `item in o`, completed.
    pub fn contains(&mut self, o: &Value, item: &Value) -> Res<bool> {
        let step = self.contains_step(o, item)?;
        let v = self.complete(step)?;
        self.truth(&v)
    }
}
