//! Comparison, equality, hash, truth.

use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::vec;
use snakeye_heap::{Tag, Value};

const fn name_of(op: CmpOp) -> N {
    match op {
        CmpOp::Eq => N::__eq__,
        CmpOp::Ne => N::__ne__,
        CmpOp::Lt => N::__lt__,
        CmpOp::Le => N::__le__,
        CmpOp::Gt => N::__gt__,
        CmpOp::Ge => N::__ge__,
    }
}

impl Vm {
    /// `a op b`: any value, as `__lt__` and the others may return any.
    pub fn compare_step(&mut self, op: CmpOp, a: &Value, b: &Value) -> Res<Step> {
        if a.get::<Instance>().is_none() && b.get::<Instance>().is_none() {
            return Ok(Step::Done(Value::bool(self.compare_native(op, a, b, a, b)?)));
        }
        self.compare_user(op, a, b, true)
    }

    fn compare_user(&mut self, op: CmpOp, a: &Value, b: &Value, first: bool) -> Res<Step> {
        if a.get::<Instance>().is_some() {
            let name = self.name(name_of(op)).clone();
            if let Some(f) = self.find_special(a, &name) {
                let (a2, b2) = (a.clone(), b.clone());
                return Ok(Step::call(f, vec![a.clone(), b.clone()], move |vm, r| {
                    let v = r?;
                    if v.is(&Value::NOT_IMPLEMENTED) {
                        vm.compare_other(op, &a2, &b2, first)
                    } else {
                        Ok(Step::Done(v))
                    }
                }));
            }
            let eq = self.name(N::__eq__).clone();
            if op == CmpOp::Ne
                && let Some(f) = self.find_special(a, &eq)
            {
                let (a2, b2) = (a.clone(), b.clone());
                return Ok(Step::call(f, vec![a.clone(), b.clone()], move |vm, r| {
                    let v = r?;
                    if v.is(&Value::NOT_IMPLEMENTED) {
                        vm.compare_other(op, &a2, &b2, first)
                    } else {
                        Ok(Step::Done(Value::bool(!vm.truth(&v)?)))
                    }
                }));
            }
        }
        self.compare_other(op, a, b, first)
    }

    fn compare_other(&mut self, op: CmpOp, a: &Value, b: &Value, first: bool) -> Res<Step> {
        if first && b.get::<Instance>().is_some() {
            let (a2, b2) = (a.clone(), b.clone());
            let step = self.compare_user(op.swapped(), b, a, false);
            // A reversed comparison that nobody implements falls back to the operands as they stood.
            return match step {
                Ok(Step::Done(v)) if v.is(&Value::NOT_IMPLEMENTED) => {
                    let (x, y) = (self.base_object(&a2), self.base_object(&b2));
                    Ok(Step::Done(Value::bool(self.compare_native(op, &x, &y, &a2, &b2)?)))
                }
                Ok(other) => self.and_then(Ok(other), move |vm, r| {
                    let v = r?;
                    if v.is(&Value::NOT_IMPLEMENTED) {
                        let (x, y) = (vm.base_object(&a2), vm.base_object(&b2));
                        return Ok(Step::Done(Value::bool(vm.compare_native(op, &x, &y, &a2, &b2)?)));
                    }
                    Ok(Step::Done(v))
                }),
                Err(e) => Err(e),
            };
        }
        if !first {
            return Ok(Step::Done(Value::NOT_IMPLEMENTED));
        }
        let (x, y) = (self.base_object(a), self.base_object(b));
        Ok(Step::Done(Value::bool(self.compare_native(op, &x, &y, a, b)?)))
    }

    /// Comparison by the types' slots; `shown` are the operands that messages name.
    pub(crate) fn compare_native(
        &mut self,
        op: CmpOp,
        a: &Value,
        b: &Value,
        shown_a: &Value,
        shown_b: &Value,
    ) -> Res<bool> {
        if let Some(f) = self.def_of(a).compare
            && let Some(v) = f(self, op, a, b)?
        {
            return Ok(v);
        }
        if let Some(f) = self.def_of(b).compare
            && let Some(v) = f(self, op.swapped(), b, a)?
        {
            return Ok(v);
        }
        match op {
            CmpOp::Eq | CmpOp::Ne => {
                self.check_bound(a)?;
                self.check_bound(b)?;
                Ok(a.is(b) == (op == CmpOp::Eq))
            }
            _ => {
                self.check_bound(a)?;
                self.check_bound(b)?;
                let (s, t) = (self.type_name(shown_a), self.type_name(shown_b));
                let name = Vm::text_of(self.name(name_of(op))).to_owned();
                Err(self.type_error_fmt(format_args!("unsupported types for {name}: '{s}', '{t}'")))
            }
        }
    }

    /// The truth of `a op b`.
    pub fn compare(&mut self, op: CmpOp, a: &Value, b: &Value) -> Res<bool> {
        if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
            return Ok(op.of(x.cmp(&y)));
        }
        let step = self.compare_step(op, a, b)?;
        let v = self.complete(step)?;
        self.truth(&v)
    }

    /// `a == b`.
    pub fn equal(&mut self, a: &Value, b: &Value) -> Res<bool> {
        match quick_equal(a, b) {
            // Identity is not enough for NaN and for classes with their own __eq__.
            Some(same) if a.get::<Instance>().is_none() && !is_float(a) => Ok(same),
            _ => self.compare(CmpOp::Eq, a, b),
        }
    }

    /// As `equal`, but an object always equals itself: what containers ask.
    pub fn same_or_equal(&mut self, a: &Value, b: &Value) -> Res<bool> {
        if a.is(b) { Ok(true) } else { self.equal(a, b) }
    }

    /// The hash that dicts and sets use.
    pub fn hash(&mut self, v: &Value) -> Res<u32> {
        match v.tag() {
            Tag::Int => Ok(crate::number::hash_int(v.as_small_int().unwrap_or(0))),
            Tag::Cell if v.as_str().is_some() => Ok(v.str_hash()),
            Tag::Cell if v.get::<Instance>().is_some() => self.hash_instance(v),
            _ => match self.def_of(v).hash {
                Some(f) => f(self, v),
                // Objects of other crates that compare by identity hash by it.
                None if v.get::<Native>().is_some() && self.def_of(v).compare.is_none() => Ok(address_hash(v)),
                None => self.unhashable(v),
            },
        }
    }

    fn hash_instance(&mut self, v: &Value) -> Res<u32> {
        let name = self.name(N::__hash__).clone();
        if let Some(f) = self.find_special(v, &name) {
            if f.is_none() {
                return self.unhashable(v);
            }
            let h = self.call(&f, core::slice::from_ref(v))?;
            let h = self.base_object(&h);
            return match crate::number::int_binary_hash(&h) {
                Some(h) => Ok(h),
                None => Err(self.type_error("__hash__ method should return an integer")),
            };
        }
        let eq = self.name(N::__eq__).clone();
        if self.find_special(v, &eq).is_some() {
            return self.unhashable(v);
        }
        if let Some(base) = self.native_part(v) {
            return match self.def_of(&base).hash {
                Some(f) => f(self, &base),
                None => self.unhashable(v),
            };
        }
        Ok(address_hash(v))
    }

    fn unhashable<T>(&mut self, v: &Value) -> Res<T> {
        let t = self.type_name(v);
        Err(self.type_error_fmt(format_args!("unsupported type for __hash__: '{t}'")))
    }

    /// `bool(v)`.
    pub fn truth(&mut self, v: &Value) -> Res<bool> {
        if let Some(n) = v.as_small_int() {
            return Ok(n != 0);
        }
        if !v.is_cell() {
            if let Some(x) = v.as_inline_float() {
                return Ok(x != 0.0);
            }
            self.check_bound(v)?;
            return Ok(!(v.is_none() || v.is(&Value::FALSE)));
        }
        if v.get::<Instance>().is_some() {
            let (b, l) = (self.name(N::__bool__).clone(), self.name(N::__len__).clone());
            if let Some(f) = self.find_special(v, &b) {
                let r = self.call(&f, core::slice::from_ref(v))?;
                return if r.is(&Value::TRUE) || r.is(&Value::FALSE) { Ok(r.is(&Value::TRUE)) } else { self.truth(&r) };
            }
            if let Some(f) = self.find_special(v, &l) {
                let n = self.call(&f, core::slice::from_ref(v))?;
                return self.truth(&n);
            }
            return match self.native_part(v) {
                Some(base) => self.truth(&base),
                None => Ok(true),
            };
        }
        let def = self.def_of(v);
        if let Some(f) = def.truth {
            return f(self, v);
        }
        match def.len {
            Some(f) => Ok(f(self, v)? != 0),
            None => Ok(true),
        }
    }
}

fn is_float(v: &Value) -> bool {
    v.as_inline_float().is_some() || v.get::<BoxedFloat>().is_some()
}

/// Hash of an object that equals only itself.
pub fn address_hash(v: &Value) -> u32 {
    let a = v.word() as u64;
    ((a >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

use alloc::borrow::ToOwned;
