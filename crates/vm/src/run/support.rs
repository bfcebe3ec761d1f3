//! Slow halves of operations.

use crate::exceptions as exc;
use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_heap::Value;

impl Vm {
    /// A set of these items.
    pub(crate) fn set_of(&mut self, items: &[Value]) -> Res {
        let s = self.heap.alloc(Set { table: RefCell::new(Table::new()), frozen: false })?;
        for v in items {
            insert(self, &s.table, v.clone(), Value::NONE)?;
        }
        Ok(s.into())
    }

    /// The strings joined.
    pub(crate) fn join_strings(&mut self, parts: &[Value]) -> Res {
        let mut text = String::new();
        for p in parts {
            let s = p.as_str().unwrap_or("");
            text.try_reserve(s.len()).map_err(|_| crate::Raised)?;
            text.push_str(s);
        }
        self.new_str(&text)
    }

    /// One field of an f-string.
    pub(crate) fn format_op(&mut self, v: &Value, conversion: u8, spec: &Value) -> Res {
        let spec = spec.as_str().unwrap_or("");
        let text = match conversion {
            2 | 3 => self.repr(v)?,
            1 => self.str(v)?,
            _ if spec.is_empty() && v.as_str().is_some() => return Ok(v.clone()),
            _ => {
                let s = self.format_value(v, spec)?;
                return self.new_str(&s);
            }
        };
        if spec.is_empty() {
            return self.new_str(&text);
        }
        let s = self.new_str(&text)?;
        let out = self.format_value(&s, spec)?;
        self.new_str(&out)
    }

    /// `{**v}` into dict `d`, or keyword arguments (`call`): those must be strings, each given once.
    pub(crate) fn merge_map(&mut self, d: &Value, v: &Value, call: bool) -> Res<()> {
        let Some(d) = d.as_gc::<Dict>().cloned() else { return Ok(()) };
        let source = self.base_object(v);
        let pairs: Vec<(Value, Value)> = match source.get::<Dict>() {
            Some(s) => match s.table.try_borrow() {
                Ok(t) => t.iter().map(|e| (e.key.clone(), e.value.clone())).collect(),
                Err(_) => return Err(self.busy()),
            },
            None => {
                let keys = self.get_attr(v, "keys")?;
                let keys = self.call(&keys, &[])?;
                let mut pairs = Vec::new();
                for k in self.collect(&keys)? {
                    let item = self.get_item(v, &k)?;
                    pairs.push((k, item));
                }
                pairs
            }
        };
        for (k, v) in pairs {
            if call {
                if k.as_str().is_none() {
                    return Err(self.type_error("keywords must be strings"));
                }
                if d.get(self, &k)?.is_some() {
                    let name = String::from(Vm::text_of(&k));
                    return Err(self.type_error_fmt(format_args!("function got multiple values for argument '{name}'")));
                }
            }
            d.set(self, k, v)?;
        }
        Ok(())
    }

    /// Exactly `n` items of an iterable.
    pub(crate) fn unpack(&mut self, v: &Value, n: usize) -> Res<Vec<Value>> {
        let mut items = self.items_up_to(v, n + 1)?;
        if items.len() > n {
            return Err(self.raise_fmt(&exc::VALUE_ERROR, format_args!("too many values to unpack (expected {n})")));
        }
        if items.len() < n {
            let have = items.len();
            return Err(self.raise_fmt(&exc::VALUE_ERROR, format_args!("need more than {have} values to unpack")));
        }
        items.truncate(n);
        Ok(items)
    }

    fn items_up_to(&mut self, v: &Value, n: usize) -> Res<Vec<Value>> {
        let base = self.base_object(v);
        if let Some(l) = base.get::<List>() {
            return Ok(l.items.borrow().iter().take(n).cloned().collect());
        }
        let it = self.iter(v)?;
        let mut items = Vec::new();
        while items.len() < n {
            match self.next(&it)? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        Ok(items)
    }

    /// `before` items, a list of the middle, `after` items.
    pub(crate) fn unpack_ex(&mut self, v: &Value, before: usize, after: usize) -> Res<(Vec<Value>, Value)> {
        let mut items = self.collect(v)?;
        if items.len() < before + after {
            let have = items.len();
            return Err(self.raise_fmt(&exc::VALUE_ERROR, format_args!("need more than {have} values to unpack")));
        }
        let tail = items.split_off(items.len() - after);
        let middle = items.split_off(before);
        items.extend(tail);
        Ok((items, self.new_list(middle)?))
    }

    /// Whether an exception matches what an except clause names.
    pub(crate) fn exception_matches(&mut self, e: &Value, class: &Value) -> Res<bool> {
        if self.is_class(e) {
            // The MemoryError class stands for an instance that could not be made.
            return Ok(self.is_subclass(e, class));
        }
        match self.instance_of(e, class) {
            Some(m) => Ok(m),
            None => Err(self.type_error("catching classes that do not inherit from BaseException is not allowed")),
        }
    }

    /// What the REPL prints for an expression statement.
    pub(crate) fn print_expression(&mut self, v: &Value) -> Res<()> {
        if v.is_none() {
            return Ok(());
        }
        let mut text = self.repr(v)?;
        text.push('\n');
        self.write_out(text.as_bytes())?;
        let name = self.intern("_")?;
        self.builtins.dict.set_name(&self.heap, &name, v.clone())
    }

    /// Sends into an iterator that is no generator: done with unbound when it is exhausted.
    pub(crate) fn delegate_step(&mut self, it: &Value, v: Value) -> Res<Step> {
        if v.is_none() {
            if it.get::<Instance>().is_some() {
                let name = self.name(N::__next__).clone();
                if let Some(f) = self.find_special(it, &name) {
                    return Ok(Step::call(f, vec![it.clone()], |vm, r| vm.stop_to_unbound(r)));
                }
            }
            return self.next_step(it);
        }
        let name = self.name(N::send).clone();
        match self.find_attr(it, &name)? {
            Some(f) => Ok(Step::call(f, vec![v], |vm, r| vm.stop_to_unbound(r))),
            None => Err(self.no_attribute(it, &name)),
        }
    }

    /// The iterator that `await v` drives.
    pub(crate) fn awaitable_step(&mut self, v: &Value) -> Res<Step> {
        let name = self.name(N::__await__).clone();
        if v.get::<Instance>().is_some()
            && let Some(f) = self.find_special(v, &name)
        {
            let step = Step::tail(f, vec![v.clone()]);
            return self.and_then(Ok(step), |vm, r| {
                let it = r?;
                vm.iter_step(&it)
            });
        }
        self.iter_step(v)
    }
}
