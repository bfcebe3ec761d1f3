//! Compiled code becomes a code object: verified, constants and names made values.

use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use snakeye_bytecode::{Code, CodeFlags, Const};
use snakeye_heap::{Gc, Value};

impl Vm {
    /// Makes compiled code runnable; ValueError when it does not verify.
    pub fn load_code(&mut self, code: Code) -> Res<Gc<CodeObject>> {
        if let Err(e) = snakeye_bytecode::verify(&code) {
            return Err(self.raise_fmt(&exc::VALUE_ERROR, format_args!("invalid bytecode: {e:?}")));
        }
        self.load_verified(code)
    }

    pub(super) fn load_verified(&mut self, code: Code) -> Res<Gc<CodeObject>> {
        // All its rows, also the caches, which are made when it first runs.
        let values = code.consts.len() + code.names.len() + code.varnames.len() + code.children.len();
        let charge = self.heap.hold(
            values * size_of::<Value>()
                + code.words.len() * 4
                + size_of_val(&*code.free)
                + size_of_val(&*code.lines)
                + size_of_val(&*code.handlers)
                + code.n_caches as usize * size_of::<Cache>()
                + code.name.len(),
        )?;
        let mut consts = Vec::with_capacity(code.consts.len());
        for c in &code.consts {
            consts.push(self.constant(c)?);
        }
        let mut children = Vec::with_capacity(code.children.len());
        for child in code.children {
            children.push(self.load_verified(child)?);
        }
        const SPECIAL: u16 = CodeFlags::GENERATOR | CodeFlags::VARARGS | CodeFlags::VARKEYWORDS;
        let direct = code.flags.0 & SPECIAL == 0 && code.n_kwonly == 0;
        let object = CodeObject {
            name: Rc::from(&*code.name),
            file: code.file,
            flags: code.flags,
            n_posonly: code.n_posonly,
            n_pos: code.n_pos,
            n_kwonly: code.n_kwonly,
            direct: if direct { code.n_pos as u16 } else { CodeObject::INDIRECT },
            n_regs: code.n_regs,
            words: code.words.into_boxed_slice(),
            consts: consts.into_boxed_slice(),
            names: self.intern_all(code.names)?,
            varnames: self.intern_all(code.varnames)?,
            free: code.free.into_iter().map(|(_, from)| from).collect(),
            children: children.into_boxed_slice(),
            lines: code.lines.into_boxed_slice(),
            handlers: code.handlers.into_boxed_slice(),
            first_line: code.first_line,
            n_caches: code.n_caches,
            caches: UnsafeCell::new(Box::default()),
            _charge: charge,
        };
        Ok(self.heap.alloc(object)?)
    }

    /// The compiled code that a code object was made of (names of free variables are not kept); ValueError for a
    /// constant that has no stored form.
    pub fn unload_code(&mut self, code: &CodeObject) -> Res<Code> {
        let text = |v: &Value| Box::from(v.as_str().unwrap_or(""));
        let consts = code.consts.iter().map(|c| self.stored_constant(c)).collect::<Res<_>>()?;
        let children = code.children.iter().map(|c| self.unload_code(c)).collect::<Res<_>>()?;
        Ok(Code {
            name: Box::from(&*code.name),
            file: code.file.clone(),
            flags: code.flags,
            n_posonly: code.n_posonly,
            n_pos: code.n_pos,
            n_kwonly: code.n_kwonly,
            n_regs: code.n_regs,
            varnames: code.varnames.iter().map(text).collect(),
            free: code.free.iter().map(|from| (Box::from(""), *from)).collect(),
            consts,
            names: code.names.iter().map(text).collect(),
            children,
            words: code.words.to_vec(),
            lines: code.lines.to_vec(),
            handlers: code.handlers.to_vec(),
            n_caches: code.n_caches,
            first_line: code.first_line,
        })
    }

    fn stored_constant(&mut self, v: &Value) -> Res<Const> {
        if v.is_none() {
            return Ok(Const::None);
        }
        if v.is(&Value::TRUE) || v.is(&Value::FALSE) {
            return Ok(Const::Bool(v.is(&Value::TRUE)));
        }
        if v.is(&Value::ELLIPSIS) {
            return Ok(Const::Ellipsis);
        }
        if let Some(n) = v.as_small_int() {
            return Ok(Const::Int(n));
        }
        if let Some(b) = v.get::<BigInt>() {
            return Ok(match i64::try_from(&b.0) {
                Ok(n) => Const::Int(n),
                Err(_) => Const::BigInt(alloc::format!("{:x}", b.0).into(), 16),
            });
        }
        if let Some(c) = v.get::<Complex>() {
            return Ok(Const::Imaginary(c.im));
        }
        if let Some(s) = v.as_str() {
            return Ok(Const::Str(s.into()));
        }
        if let Some(b) = v.as_bytes() {
            return Ok(Const::Bytes(b.into()));
        }
        if let Some((_, items)) = v.tail::<TupleHead>() {
            return Ok(Const::Tuple(items.iter().map(|c| self.stored_constant(c)).collect::<Res<_>>()?));
        }
        match crate::number::float_value(v) {
            Some(x) => Ok(Const::Float(x)),
            None => Err(self.value_error("unmarshallable object")),
        }
    }

    fn intern_all(&mut self, names: Vec<Box<str>>) -> Res<Box<[Value]>> {
        names.iter().map(|n| self.intern(n)).collect()
    }

    fn constant(&mut self, c: &Const) -> Res {
        match c {
            Const::None => Ok(Value::NONE),
            Const::Bool(b) => Ok(Value::bool(*b)),
            Const::Ellipsis => Ok(Value::ELLIPSIS),
            Const::Int(n) => self.new_int(*n),
            Const::BigInt(digits, radix) => crate::number::int_from_digits(self, digits, *radix as u32),
            Const::Float(x) => self.new_float(*x),
            Const::Imaginary(x) => Ok(self.heap.alloc(Complex { re: 0.0, im: *x })?.into()),
            // Short strings that look like names are often keys: interned, they compare by address.
            Const::Str(s) if s.len() <= 24 => self.intern(s),
            Const::Str(s) => self.new_str(s),
            Const::Bytes(b) => self.new_bytes(b),
            Const::Tuple(items) => {
                let items = items.iter().map(|c| self.constant(c)).collect::<Res<Vec<Value>>>()?;
                self.new_tuple(items)
            }
        }
    }
}
