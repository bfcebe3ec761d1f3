//! repr and str.

use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::string::String;
use core::fmt::Write;
use snakeye_heap::{Tag, Value};

/// Containers nested deeper than this print as `...`.
const MAX_DEPTH: u32 = 60;

/// Texts shorter than this are not accounted for while they are made.
const SMALL_TEXT: usize = 1024;

impl Vm {
    /// Appends repr (`true`) or str of a value.
    pub fn print_to(&mut self, v: &Value, out: &mut String, repr: bool) -> Res<()> {
        match v.tag() {
            Tag::Int => {
                let _ = write!(out, "{}", v.as_small_int().unwrap_or(0));
                return Ok(());
            }
            Tag::Cell => {
                if let Some(s) = v.as_str() {
                    if !repr {
                        self.text_room(out, s.len())?;
                        out.push_str(s);
                        return Ok(());
                    }
                    self.text_room(out, s.len() + 2)?;
                } else if let Some(b) = v.as_bytes() {
                    self.text_room(out, b.len().saturating_mul(4))?;
                } else {
                    self.text_room(out, 64)?;
                }
                if v.get::<Instance>().is_some() {
                    return self.print_instance(v, out, repr);
                }
            }
            _ => {}
        }
        if self.nesting > MAX_DEPTH {
            return Err(self.raise_new(&crate::exceptions::RUNTIME_ERROR, "maximum recursion depth exceeded"));
        }
        match self.def_of(v).print {
            Some(print) => {
                self.nesting += 1;
                let r = print(self, v, out, repr);
                self.nesting -= 1;
                r
            }
            None => {
                let t = self.type_name(v);
                let _ = write!(out, "<{t}>");
                Ok(())
            }
        }
    }

    /// Room for `more` bytes in a text, which may not outgrow what is left of the heap.
    #[inline]
    pub fn text_room(&self, out: &mut String, more: usize) -> Res<()> {
        if out.capacity() - out.len() >= more {
            return Ok(());
        }
        let new = out.len().saturating_add(more).max(out.capacity() * 2);
        if new > SMALL_TEXT {
            // There will be the text and the object made of it.
            self.heap.probe(new.saturating_mul(2))?;
        }
        out.try_reserve(new - out.len()).map_err(|_| crate::Raised)
    }

    fn print_instance(&mut self, v: &Value, out: &mut String, repr: bool) -> Res<()> {
        let (r, s) = (self.name(N::__repr__).clone(), self.name(N::__str__).clone());
        let mut f = if repr { None } else { self.find_special(v, &s) };
        let native = self.native_part(v);
        if f.is_none() && (repr || native.is_none() || self.find_special(v, &r).is_some()) {
            f = self.find_special(v, &r);
        }
        if let Some(f) = f {
            let text = self.call(&f, core::slice::from_ref(v))?;
            let text = self.base_object(&text);
            return match text.as_str() {
                Some(s) => {
                    self.text_room(out, s.len())?;
                    out.push_str(s);
                    Ok(())
                }
                None => Err(self.type_error("__str__ should return a string")),
            };
        }
        if let Some(base) = native {
            if base.get::<Exception>().is_some() {
                if repr {
                    out.push_str(&self.type_name(v));
                    return crate::exceptions::print_args(self, v, out);
                }
                let text = self.exception_text(v)?;
                out.push_str(&text);
                return Ok(());
            }
            return self.print_to(&base, out, repr);
        }
        let t = self.type_name(v);
        let _ = write!(out, "<{t} object at {:x}>", v.word());
        Ok(())
    }

    /// `repr(v)`
    pub fn repr(&mut self, v: &Value) -> Res<String> {
        let mut out = String::new();
        self.print_to(v, &mut out, true)?;
        Ok(out)
    }

    /// `str(v)`
    pub fn str(&mut self, v: &Value) -> Res<String> {
        let mut out = String::new();
        self.print_to(v, &mut out, false)?;
        Ok(out)
    }
}
