//! Iteration.

use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::boxed::Box;
use alloc::vec;
use snakeye_heap::Value;

/// Iterators nested in iterators, at most.
const MAX_DEPTH: u32 = 100;

impl Vm {
    /// `iter(v)`.
    pub fn iter_step(&mut self, v: &Value) -> Res<Step> {
        if v.get::<Generator>().is_some() || v.get::<Iter>().is_some() {
            return Ok(Step::Done(v.clone()));
        }
        if v.get::<Instance>().is_some() {
            let (name, item) = (self.name(N::__iter__).clone(), self.name(N::__getitem__).clone());
            if let Some(f) = self.find_special(v, &name) {
                return Ok(Step::tail(f, vec![v.clone()]));
            }
            if let Some(base) = self.native_part(v) {
                return self.iter_step(&base);
            }
            if self.find_special(v, &item).is_some() {
                let state = IterState::GetItem { object: v.clone(), index: 0 };
                return Ok(Step::Done(self.new_iter(state)?));
            }
        }
        let def = self.def_of(v);
        if let Some(f) = def.iter {
            return f(self, v).map(Step::Done);
        }
        if def.next.is_some() {
            return Ok(Step::Done(v.clone()));
        }
        self.check_bound(v)?;
        let t = self.type_name(v);
        Err(self.type_error_fmt(format_args!("'{t}' object isn't iterable")))
    }

    /// The next item of an iterator: done with unbound when it is exhausted.
    pub fn next_step(&mut self, it: &Value) -> Res<Step> {
        if let Some(i) = it.as_gc::<Iter>() {
            let i = i.clone();
            // Iterators built from iterators recurse in Rust.
            if self.iter_depth >= MAX_DEPTH {
                return Err(self.runtime_error("maximum recursion depth exceeded"));
            }
            self.iter_depth += 1;
            let step = crate::collection::iter_next(self, &i);
            self.iter_depth -= 1;
            return step;
        }
        if it.get::<Generator>().is_some() {
            return Ok(Step::Resume(Box::new(Resume {
                generator: it.clone(),
                value: Value::NONE,
                mode: ResumeMode::Next,
            })));
        }
        if it.get::<Instance>().is_some() {
            let name = self.name(N::__next__).clone();
            if let Some(f) = self.find_special(it, &name) {
                return Ok(Step::call(f, vec![it.clone()], |vm, r| vm.stop_to_unbound(r)));
            }
            if let Some(base) = self.native_part(it) {
                return self.next_step(&base);
            }
        }
        match self.def_of(it).next {
            Some(f) => f(self, it),
            None => {
                let t = self.type_name(it);
                Err(self.type_error_fmt(format_args!("'{t}' object isn't an iterator")))
            }
        }
    }

    /// `iter(v)`, completed.
    pub fn iter(&mut self, v: &Value) -> Res {
        let step = self.iter_step(v)?;
        self.complete(step)
    }

    /// The next item, completed; `None` when the iterator is exhausted.
    pub fn next(&mut self, it: &Value) -> Res<Option<Value>> {
        let step = self.next_step(it)?;
        let v = self.complete(step)?;
        Ok(if v.is_unbound() { None } else { Some(v) })
    }
}
