//! Conversions of arguments.

use crate::exceptions as exc;
use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use snakeye_heap::Value;

impl Vm {
    /// The integer a value stands for: int, bool, or `__index__` / `__int__`.
    pub fn index_of(&mut self, v: &Value) -> Res<i64> {
        if let Some(n) = v.as_small_int() {
            return Ok(n);
        }
        if v.is(&Value::TRUE) || v.is(&Value::FALSE) {
            return Ok(v.is(&Value::TRUE) as i64);
        }
        let base = self.base_object(v);
        if let Some(n) = base.as_small_int() {
            return Ok(n);
        }
        if let Some(b) = base.get::<BigInt>() {
            return match i64::try_from(&b.0) {
                Ok(n) => Ok(n),
                Err(_) => Err(self.raise_new(&exc::OVERFLOW_ERROR, "overflow converting long int to machine word")),
            };
        }
        if v.get::<Instance>().is_some() {
            for n in [N::__index__, N::__int__] {
                let name = self.name(n).clone();
                if let Some(f) = self.find_special(v, &name) {
                    let r = self.call(&f, core::slice::from_ref(v))?;
                    if r.get::<Instance>().is_none() {
                        return self.index_of(&r);
                    }
                }
            }
        }
        self.check_bound(v)?;
        let t = self.type_name(v);
        Err(self.type_error_fmt(format_args!("can't convert {t} to int")))
    }

    /// The float a value stands for.
    pub fn float_of(&mut self, v: &Value) -> Res<f64> {
        if let Some(x) = crate::number::as_float(v) {
            return Ok(x);
        }
        let base = self.base_object(v);
        if let Some(x) = crate::number::as_float(&base) {
            return Ok(x);
        }
        if v.get::<Instance>().is_some() {
            let name = self.name(N::__float__).clone();
            if let Some(f) = self.find_special(v, &name) {
                let r = self.call(&f, core::slice::from_ref(v))?;
                if let Some(x) = crate::number::as_float(&r) {
                    return Ok(x);
                }
            }
        }
        let t = self.type_name(v);
        Err(self.type_error_fmt(format_args!("can't convert {t} to float")))
    }

    /// The text of a string argument.
    pub fn str_arg<'a>(&mut self, v: &'a Value) -> Res<&'a str> {
        match v.as_str() {
            Some(s) => Ok(s),
            None => {
                let t = self.type_name(v);
                Err(self.type_error_fmt(format_args!("can't convert '{t}' object to str implicitly")))
            }
        }
    }
}
