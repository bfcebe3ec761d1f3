//! Calls: from any callable to a frame or a finished step.

use super::frame::{Entry, Frame, FrameKind, Ret, clear};
use crate::names::N;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ptr::NonNull;
use snakeye_bytecode::CodeFlags;
use snakeye_heap::{Gc, HVec, Slot, Value};

impl Vm {
    /// Calls anything: a Python function gets a frame (`None`); for everything else the step is returned.
    pub(crate) fn enter(
        &mut self,
        function: Value,
        pos: &[Value],
        kw: &[(Value, Value)],
        ret: Ret,
    ) -> Res<Option<Step>> {
        if let Some(f) = function.get::<Function>() {
            if f.code.has(CodeFlags::GENERATOR) {
                return self.make_generator(function, pos, kw).map(|g| Some(Step::Done(g)));
            }
            self.push_frame(function, pos, kw, ret, Value::UNBOUND)?;
            return Ok(None);
        }
        self.call_other(&function, Args { pos, kw }).map(Some)
    }

    /// Calls anything but a Python function.
    pub(crate) fn call_other(&mut self, function: &Value, args: Args) -> Res<Step> {
        if let Some(f) = function.get::<NativeFn>() {
            return self.call_native(f, args);
        }
        if let Some(m) = function.get::<BoundMethod>() {
            let mut pos = Vec::with_capacity(args.pos.len() + 1);
            if m.this.is_unbound() {
                pos.extend(args.pos.iter().skip(1).cloned());
            } else {
                pos.push(m.this.clone());
                pos.extend_from_slice(args.pos);
            }
            return Ok(Step::Tail(Box::new(Call { function: m.function.clone(), args: pos, kw: args.kw.to_vec() })));
        }
        if function.get::<Class>().is_some() || function.get::<TypeDef>().is_some() {
            return crate::classes::instantiate(self, function, args);
        }
        if function.get::<Instance>().is_some() {
            let name = self.name(N::__call__).clone();
            if let Some(f) = self.find_special(function, &name) {
                let mut pos = Vec::with_capacity(args.pos.len() + 1);
                pos.push(function.clone());
                pos.extend_from_slice(args.pos);
                return Ok(Step::Tail(Box::new(Call { function: f, args: pos, kw: args.kw.to_vec() })));
            }
            // What a built-in base makes callable.
            if let Some(base) = self.native_part(function)
                && let Some(call) = self.def_of(&base).call
            {
                return call(self, &base, args);
            }
        }
        match self.def_of(function).call {
            Some(call) => call(self, function, args),
            None => {
                self.check_bound(function)?;
                let t = self.type_name(function);
                Err(self.type_error_fmt(format_args!("'{t}' object isn't callable")))
            }
        }
    }

    /// Calls a native after checking the number of its arguments.
    #[inline]
    pub(crate) fn call_native(&mut self, f: &NativeFn, args: Args) -> Res<Step> {
        self.check_count(f, args.pos.len())?;
        match f.body {
            Body::Plain(body) => {
                args.no_keywords(self)?;
                body(self, args.pos).map(Step::Done)
            }
            Body::Steps(body) => {
                args.no_keywords(self)?;
                body(self, args.pos)
            }
            Body::Keywords(body) => body(self, args),
        }
    }

    /// TypeError when a native does not take `n` positional arguments.
    #[inline]
    pub(crate) fn check_count(&mut self, f: &NativeFn, n: usize) -> Res<()> {
        if n >= f.min as usize && (n <= f.max as usize || f.max == 255) {
            return Ok(());
        }
        let (min, max) = (f.min, f.max);
        if matches!(f.body, Body::Keywords(_)) && n < min as usize {
            return Ok(()); // the native's own parser says which one is missing
        }
        if min == max {
            return Err(self.argument_count(min as usize, n));
        }
        if n < min as usize {
            let missing = min as usize - n;
            return Err(self.type_error_fmt(format_args!("function missing {missing} required positional arguments")));
        }
        Err(self.type_error_fmt(format_args!("function expected at most {max} arguments, got {n}")))
    }

    #[cold]
    fn argument_count(&mut self, takes: usize, given: usize) -> Raised {
        self.type_error_fmt(format_args!("function takes {takes} positional arguments but {given} were given"))
    }

    /// Pushes a frame for a Python function.
    pub(crate) fn push_frame(
        &mut self,
        function: Value,
        pos: &[Value],
        kw: &[(Value, Value)],
        ret: Ret,
        context: Value,
    ) -> Res<()> {
        self.check_depth()?;
        let Some(f) = function.get::<Function>() else { return Err(self.type_error("function expected")) };
        let code = NonNull::from(&*f.code);
        let n = f.code.n_regs as usize;
        let stack = self.stack();
        let segment = stack.segment as u16;
        let top = stack.top();
        let base = stack.place(top, 0, n)?;
        if let Err(e) = self.bind(f, base, pos, kw) {
            // SAFETY: n places from base (place).
            unsafe { clear(base, n) };
            self.stack().use_segment(segment as usize);
            return Err(e);
        }
        let pc = f.code.words.as_ptr();
        let stack = self.stack();
        stack.entries.push(Entry::Python(Frame {
            function,
            code,
            base,
            pc,
            context,
            // SAFETY: n places from base.
            top: unsafe { base.add(n) },
            ret,
            segment,
            kind: FrameKind::Plain,
        }));
        Ok(())
    }

    /// A generator or coroutine for a call of a generator function.
    pub(crate) fn make_generator(&mut self, function: Value, pos: &[Value], kw: &[(Value, Value)]) -> Res {
        let Some(f) = function.get::<Function>() else { return Err(self.type_error("function expected")) };
        let n = f.code.n_regs as usize;
        let mut registers = HVec::from_iter(&self.heap, (0..n).map(|_| Value::UNBOUND))?;
        self.bind(f, registers.as_mut_ptr(), pos, kw)?;
        Ok(self
            .heap
            .alloc(Generator {
                function: Slot::new(function.clone()),
                state: Cell::new(GeneratorState::Created),
                pc: Cell::new(0),
                registers: RefCell::new(registers),
                pending: Slot::new(Value::UNBOUND),
            })?
            .into())
    }

    /// Puts arguments into the parameter registers at `base` (n_regs places).
    fn bind(&mut self, f: &Function, base: *mut Value, pos: &[Value], kw: &[(Value, Value)]) -> Res<()> {
        let code = &*f.code;
        let (n_pos, n_kw) = (code.n_pos as usize, code.n_kwonly as usize);
        let params = n_pos + n_kw;
        // SAFETY: parameter registers are below n_regs in verified code, and the caller passes that many places.
        let set = |i: usize, v: Value| unsafe { drop(core::mem::replace(&mut *base.add(i), v)) };
        // SAFETY: as above.
        let unbound = |i: usize| unsafe { (*base.add(i)).is_unbound() };
        let direct = pos.len().min(n_pos);
        for (i, v) in pos[..direct].iter().enumerate() {
            set(i, v.clone());
        }
        let mut next = params;
        if code.has(CodeFlags::VARARGS) {
            let rest = TupleHead::make(&self.heap, pos[direct..].iter().cloned())?;
            set(next, rest.into());
            next += 1;
        } else if pos.len() > n_pos {
            return Err(self.argument_count(n_pos, pos.len()));
        }
        let extra = if code.has(CodeFlags::VARKEYWORDS) {
            let d = self.new_dict()?;
            set(next, d.value().clone());
            Some(d)
        } else {
            None
        };
        for (name, v) in kw {
            let found = code.varnames.iter().take(params).skip(code.n_posonly as usize).position(|p| p.is(name));
            match found.map(|i| i + code.n_posonly as usize) {
                Some(i) if unbound(i) => set(i, v.clone()),
                Some(_) => {
                    let name = alloc::string::String::from(Vm::text_of(name));
                    return Err(self.type_error_fmt(format_args!("function got multiple values for argument '{name}'")));
                }
                None => match &extra {
                    Some(d) => d.set(self, name.clone(), v.clone())?,
                    None => {
                        let name = alloc::string::String::from(Vm::text_of(name));
                        return Err(self.type_error_fmt(format_args!("unexpected keyword argument '{name}'")));
                    }
                },
            }
        }
        if direct < n_pos {
            let defaults: &[Value] = f.defaults.tail::<TupleHead>().map_or(&[], |(_, d)| d);
            let first = n_pos - defaults.len().min(n_pos);
            for i in direct..n_pos {
                if unbound(i) {
                    match i.checked_sub(first).and_then(|k| defaults.get(k)) {
                        Some(v) => set(i, v.clone()),
                        None if kw.is_empty() => return Err(self.argument_count(n_pos, pos.len())),
                        None => {
                            return Err(self.type_error_fmt(format_args!(
                                "function missing required positional argument #{}",
                                i + 1
                            )));
                        }
                    }
                }
            }
        }
        for i in n_pos..params {
            if unbound(i) {
                let name = &code.varnames[i];
                match f.kw_defaults.get::<Dict>().and_then(|d| d.get_name(name)) {
                    Some(v) => set(i, v),
                    None => {
                        let name = alloc::string::String::from(Vm::text_of(name));
                        return Err(
                            self.type_error_fmt(format_args!("function missing required keyword argument '{name}'"))
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs a class body with its namespace, then `then` with what it returned.
    pub(crate) fn call_body(
        &mut self,
        function: Gc<Function>,
        namespace: Gc<Dict>,
        then: impl FnOnce(&mut Vm, Res) -> Res<Step> + 'static,
    ) -> Res<Step> {
        let enter = Enter { function: function.into(), namespace: namespace.into() };
        self.and_then(Ok(Step::Enter(Box::new(enter))), then)
    }

    /// An exception instance from what `raise` or `throw` was given: a class is called.
    pub fn exception_instance(&mut self, v: &Value) -> Res {
        if self.is_class(v) && self.is_subclass(v, &crate::exceptions::BASE_EXCEPTION.value()) {
            let made = self.call(v, &[])?;
            if self.exception_of(&made).is_some() {
                return Ok(made);
            }
        } else if self.exception_of(v).is_some() {
            return Ok(v.clone());
        }
        Err(self.type_error("exceptions must derive from BaseException"))
    }
}
