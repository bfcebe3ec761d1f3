//! Calls whose arguments lie in the caller's registers: they become the callee's, in place.

use super::frame::{Entry, Frame, FrameKind, Ret, clear, put, take};
use super::quick::simple;
use super::step::Flow;
use crate::names::N;
use crate::object::*;
use crate::ops::Lookup;
use crate::vm::{Raised, Res, Vm};
use alloc::vec::Vec;
use core::ptr::{NonNull, null_mut};
use snakeye_bytecode::{CodeFlags, FreeVar, Op, Word};
use snakeye_heap::{Rom, Slots, Value};

impl Vm {
    /// The frame to interpret: the one on top. Null (with the exception set aside) when there is none.
    pub(super) fn top_frame(&mut self) -> *mut Frame {
        if let Some(f) = self.stack().frame() {
            return f;
        }
        self.leaving = Err(self.runtime_error("frame expected"));
        null_mut()
    }

    /// Goes on as `flow` says; `frame` is the frame whose instruction came to this.
    pub(super) fn go(&mut self, frame: *mut Frame, flow: Res<Flow>) -> *mut Frame {
        match flow {
            Ok(Flow::Go) => self.top_frame(),
            Ok(flow) => {
                self.leaving = Ok(flow);
                null_mut()
            }
            Err(Raised) => self.fail(frame),
        }
    }

    /// An exception is on its way from the instruction before `frame`'s pc: the frame goes on with its handler,
    /// or the run loop is left to unwind. A frame that is no longer on top is only compared, never read.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(&mut self, frame: *mut Frame) -> *mut Frame {
        if let Some(f) = self.stack().frame()
            && core::ptr::eq(f, frame)
            && f.handler().is_some()
        {
            let e = self.take_exception();
            self.add_trace(&e);
            self.enter_handler(&e);
            return frame;
        }
        self.leaving = Err(Raised);
        null_mut()
    }

    /// A step whose result goes to `ret`.
    ///
    /// # Safety
    /// `frame` is the frame on top (it is only compared, as it may have moved), and `ret` says a register of its
    /// verified code (fact 1).
    #[inline]
    pub(super) unsafe fn finish(&mut self, frame: *mut Frame, step: Res<Step>, ret: Ret) -> *mut Frame {
        match step {
            Ok(Step::Done(v)) => match ret {
                // SAFETY: per the contract.
                Ret::Reg(r) => unsafe { self.put_top(r, v) },
                Ret::Discard => self.top_frame(),
                ret => self.finish_step(frame, Ok(Step::Done(v)), ret),
            },
            step => self.finish_step(frame, step, ret),
        }
    }

    #[inline(never)]
    fn finish_step(&mut self, frame: *mut Frame, step: Res<Step>, ret: Ret) -> *mut Frame {
        let flow = step.and_then(|step| self.start_step(step, ret));
        self.go(frame, flow)
    }

    /// Puts `v` into register `r` of the frame on top: what made it may have moved the frame.
    ///
    /// # Safety
    /// A register of the frame's verified code (fact 1).
    #[inline]
    pub(super) unsafe fn put_top(&mut self, r: u8, v: Value) -> *mut Frame {
        let frame = self.top_frame();
        if !frame.is_null() {
            // SAFETY: per the contract.
            unsafe { put((*frame).base.add(r as usize), v) };
        }
        frame
    }

    /// # Safety
    /// As for `op_load_global`; so are the other `op_` functions here.
    #[inline(never)]
    pub(super) unsafe fn op_call(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 3.
        unsafe {
            let at = (*frame).base.add(w.a() as usize);
            let n = w.b() as usize;
            self.call_at(frame, at, at.add(1), n, w.a())
        }
    }

    /// # Safety
    /// As for `op_call`.
    #[inline(never)]
    pub(super) unsafe fn op_call_method(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 3.
        unsafe {
            let at = (*frame).base.add(w.a() as usize);
            let bound = !(*at.add(1)).is_unbound();
            self.call_at(frame, at, at.add(2 - bound as usize), w.b() as usize + bound as usize, w.a())
        }
    }

    /// A call of a Python function that takes exactly these arguments, where the stack has room. Null: not so, and
    /// nothing was done.
    ///
    /// # Safety
    /// As for `call_at`.
    #[inline(always)]
    pub(super) unsafe fn quick_call(
        &mut self,
        frame: *mut Frame,
        pc: *const u32,
        at: *mut Value,
        first: *mut Value,
        n: usize,
    ) -> *mut Frame {
        // SAFETY: per the contract; facts 1 to 3. `entries` has room, so that nothing moves.
        unsafe {
            let Some(f) = (*at).get::<Function>() else { return null_mut() };
            let code = NonNull::from(&*f.code);
            if n != f.code.direct as usize || (*frame).kind != FrameKind::Plain {
                return null_mut();
            }
            let words = f.code.words.as_ptr();
            let top = first.wrapping_add(f.code.n_regs as usize);
            let limit = self.config.recursion_limit;
            let stack = self.stack();
            let depth = stack.entries.len();
            if depth >= limit.min(stack.entries.capacity()) || top > stack.limit() {
                return null_mut();
            }
            (*frame).pc = pc;
            let segment = stack.segment as u16;
            let place = stack.entries.as_mut_ptr().add(depth);
            stack.entries.set_len(depth + 1);
            // What the caller left behind its arguments would look like bound locals.
            let end = (*frame).top;
            let mut stale = first.add(n);
            while stale < end {
                put(stale, Value::UNBOUND);
                stale = stale.add(1);
            }
            place.write(Entry::Python(Frame {
                function: take(at),
                code,
                base: first,
                pc: words,
                context: Value::UNBOUND,
                top,
                ret: Ret::Reg(at.offset_from((*frame).base) as u8),
                segment,
                kind: FrameKind::Plain,
            }));
            self.threads.fuel -= 1;
            match &mut *place {
                Entry::Python(f) => f,
                _ => core::hint::unreachable_unchecked(),
            }
        }
    }

    /// The plain function of `frame` returns `v` to register `r` of the Python frame below.
    ///
    /// # Safety
    /// As for `op_call`.
    #[inline(always)]
    pub(super) unsafe fn quick_return(&mut self, frame: *mut Frame, r: u8, v: Value) -> *mut Frame {
        // SAFETY: facts 1 to 3.
        unsafe {
            let f = &mut *frame;
            clear(f.base, f.code.as_ref().n_regs as usize);
            put(&mut f.function, Value::UNBOUND);
            put(&mut f.context, Value::UNBOUND);
            let segment = f.segment as usize;
            let stack = self.stack();
            stack.use_segment(segment);
            // All values of the entry are unbound now, so forgetting it leaks nothing.
            let n = stack.entries.len() - 1;
            stack.entries.set_len(n);
            if n > 0
                && let Entry::Python(below) = &mut *stack.entries.as_mut_ptr().add(n - 1)
            {
                put(below.base.add(r as usize), v);
                return below;
            }
            self.top_frame()
        }
    }

    /// Calls the function at `at` with the `n` arguments from `first` on, the result going to register `a`.
    ///
    /// # Safety
    /// All are registers of `frame`, the frame on top, at the end of those in use.
    #[inline(always)]
    unsafe fn call_at(&mut self, frame: *mut Frame, at: *mut Value, first: *mut Value, n: usize, a: u8) -> *mut Frame {
        // SAFETY: per the contract; facts 1 to 3.
        unsafe {
            if let Some(f) = (*at).get::<Function>()
                && simple(f, n)
            {
                self.threads.fuel -= 1;
                let function = take(at);
                return self.push_window(frame, function, first, n, Ret::Reg(a), Value::UNBOUND);
            }
            // Natives read their arguments where they lie, and only write registers above the frame's.
            let args = core::slice::from_raw_parts(first, n);
            if let Some(f) = (*at).get::<NativeFn>() {
                if n >= f.min as usize && (n <= f.max as usize || f.max == 255) {
                    let step = match f.body {
                        Body::Plain(body) => {
                            let result = body(self, args);
                            clear(first, n);
                            return match result {
                                Ok(v) => self.put_top(a, v),
                                Err(Raised) => self.fail(frame),
                            };
                        }
                        Body::Steps(body) => body(self, args),
                        Body::Keywords(body) => body(self, Args { pos: args, kw: &[] }),
                    };
                    clear(first, n);
                    return self.finish(frame, step, Ret::Reg(a));
                }
            } else if let Some(rom) = Rom::<TypeDef>::from_value(&*at)
                && let Some(new) = rom.get().new
            {
                let step = new(self, &rom.value(), Args { pos: args, kw: &[] });
                clear(first, n);
                return self.finish(frame, step, Ret::Reg(a));
            }
            self.call_any(frame, at, first, n, Vec::new(), a)
        }
    }

    /// # Safety
    /// As for `op_call`.
    #[inline(never)]
    pub(super) unsafe fn op_call_keywords(&mut self, frame: *mut Frame, w: Word, method: bool) -> *mut Frame {
        // SAFETY: facts 1 to 3; the constant is a tuple of `c` names.
        unsafe {
            let x = super::cache::extension(frame) as usize;
            let at = (*frame).base.add(w.a() as usize);
            let (n, k) = (w.b() as usize, w.c() as usize);
            let bound = method && !(*at.add(1)).is_unbound();
            let first = if method && !bound { at.add(2) } else { at.add(1) };
            let n = n + bound as usize;
            let names = &*(*frame).code.as_ref().consts.as_ptr().add(x);
            let mut kw: Vec<(Value, Value)> = Vec::with_capacity(k);
            if let Some((_, names)) = names.tail::<TupleHead>() {
                for (i, name) in names.iter().enumerate().take(k) {
                    match self.intern_value(name) {
                        Ok(name) => kw.push((name, take(first.add(n + i)))),
                        Err(Raised) => return self.fail(frame),
                    }
                }
            }
            self.call_any(frame, at, first, n, kw, w.a())
        }
    }

    /// # Safety
    /// As for `op_call`.
    #[inline(never)]
    pub(super) unsafe fn op_call_spread(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 3.
        unsafe {
            let at = (*frame).base.add(w.a() as usize);
            let f = take(at);
            let mut pos: Vec<Value> = Vec::new();
            let mut next = at.add(1);
            if Op::from_u8(w.op()) == Some(Op::CallMethodEx) {
                // What LoadMethod found, with or without an object to pass.
                pos.extend(Some(take(next)).filter(|this| !this.is_unbound()));
                next = next.add(1);
            }
            let (list, dict) = (take(next), take(next.add(1)));
            if let Some(l) = list.get::<List>() {
                pos.extend(l.items.borrow().iter().cloned());
            }
            let kw: Vec<(Value, Value)> = match dict.get::<Dict>() {
                Some(d) => d.table.borrow().iter().map(|e| (e.key.clone(), e.value.clone())).collect(),
                None => Vec::new(),
            };
            let mut interned = Vec::with_capacity(kw.len());
            for (k, v) in kw {
                match self.intern_value(&k) {
                    Ok(k) => interned.push((k, v)),
                    Err(Raised) => return self.fail(frame),
                }
            }
            let entered = self.enter(f, &pos, &interned, Ret::Reg(w.a()));
            self.entered(frame, entered, Ret::Reg(w.a()))
        }
    }

    /// # Safety
    /// As for `finish`.
    unsafe fn entered(&mut self, frame: *mut Frame, entered: Res<Option<Step>>, ret: Ret) -> *mut Frame {
        match entered {
            Ok(None) => self.top_frame(),
            // SAFETY: per the contract.
            Ok(Some(step)) => unsafe { self.finish(frame, Ok(step), ret) },
            Err(Raised) => self.fail(frame),
        }
    }

    /// A call that is not simple. The place before the arguments is free: a bound method's or class's first
    /// argument goes there.
    ///
    /// # Safety
    /// As for `call_at`.
    #[inline(never)]
    unsafe fn call_any(
        &mut self,
        frame: *mut Frame,
        at: *mut Value,
        mut first: *mut Value,
        mut n: usize,
        kw: Vec<(Value, Value)>,
        a: u8,
    ) -> *mut Frame {
        // SAFETY: per the contract; the arguments stay where they are while a native reads them, as segments and
        // rows do not move (fact 2), and natives only write registers above the frame's.
        unsafe {
            if self.threads.fuel > 0 {
                self.threads.fuel -= 1;
            }
            let ret = Ret::Reg(a);
            let mut function = take(at);
            if let Some(m) = function.get::<BoundMethod>()
                && !m.this.is_unbound()
            {
                first = first.sub(1);
                n += 1;
                put(first, m.this.clone());
                let inner = m.function.clone();
                function = inner;
            }
            if let Some(rom) = Rom::<TypeDef>::from_value(&function)
                && let Some(new) = rom.get().new
            {
                let step = new(self, &function, Args { pos: core::slice::from_raw_parts(first, n), kw: &kw });
                clear(first, n);
                return self.finish(frame, step, ret);
            }
            if let Some(f) = function.get::<Function>() {
                if kw.is_empty() && simple(f, n) {
                    return self.push_window(frame, function, first, n, ret, Value::UNBOUND);
                }
            } else if let Some(c) = function.as_gc::<Class>()
                && kw.is_empty()
                && first > at
                && let Some(init) = self.plain_init(c)
            {
                let made = match self.bare_instance(c, &[]) {
                    Ok(made) => made,
                    Err(Raised) => return self.fail(frame),
                };
                if init.get::<Function>().is_some_and(|f| simple(f, n + 1)) {
                    first = first.sub(1);
                    put(first, made.clone());
                    return self.push_window(frame, init, first, n + 1, Ret::Init(a), made);
                }
                let mut pos = Vec::with_capacity(n + 1);
                pos.push(made.clone());
                pos.extend((0..n).map(|i| take(first.add(i))));
                let pushed = self.push_frame(init, &pos, &[], Ret::Init(a), made);
                return self.entered(frame, pushed.map(|()| None), ret);
            }
            let entered = {
                let pos = core::slice::from_raw_parts(first, n);
                if function.get::<Function>().is_some() {
                    self.enter(function, pos, &kw, ret)
                } else {
                    let args = Args { pos, kw: &kw };
                    if let Some(f) = function.get::<NativeFn>() {
                        self.call_native(f, args)
                    } else {
                        self.call_other(&function, args)
                    }
                    .map(Some)
                }
            };
            clear(first, n);
            self.entered(frame, entered, ret)
        }
    }

    /// The `__init__` of a class that makes its instances without further ado.
    fn plain_init(&mut self, c: &Class) -> Option<Value> {
        if c.native_base.is_some() || self.class_find(c, self.name(N::__new__)).is_some() {
            return None;
        }
        let Some(Lookup::Python(init)) = self.class_find(c, self.name(N::__init__)) else { return None };
        init.get::<Function>().filter(|f| !f.code.has(CodeFlags::GENERATOR))?;
        Some(init)
    }

    /// Pushes a frame for a function that takes the `n` arguments from `first` on as they are.
    ///
    /// # Safety
    /// As for `call_at`; `simple(function, n)`.
    #[inline(always)]
    pub(super) unsafe fn push_window(
        &mut self,
        frame: *mut Frame,
        function: Value,
        first: *mut Value,
        n: usize,
        ret: Ret,
        context: Value,
    ) -> *mut Frame {
        // SAFETY: per the contract; facts 1 to 3. Growing `entries` moves `frame`, which is looked up again then.
        unsafe {
            let limit = self.config.recursion_limit;
            let stack = self.stack();
            let depth = stack.entries.len();
            if depth >= limit {
                return self.too_deep(frame);
            }
            let mut frame = frame;
            if depth == stack.entries.capacity() {
                let grown = stack.grow_entries();
                frame = self.top_frame();
                if grown.is_err() {
                    return self.fail(frame);
                }
            }
            let stack = self.stack();
            let Some(f) = function.get::<Function>() else { return self.fail(frame) };
            let code = NonNull::from(&*f.code);
            let n_regs = f.code.n_regs as usize;
            let segment = stack.segment as u16;
            let base = if (*frame).kind == FrameKind::Plain && first.wrapping_add(n_regs) <= stack.limit() {
                // What the caller left behind its arguments would look like bound locals.
                let end = (*frame).top;
                let mut stale = first.add(n);
                while stale < end {
                    put(stale, Value::UNBOUND);
                    stale = stale.add(1);
                }
                first
            } else {
                match stack.place_window(&*frame, first, n, n_regs) {
                    Ok(base) => base,
                    Err(Raised) => return self.fail(frame),
                }
            };
            let missing = f.code.n_pos as usize - n;
            if missing > 0
                && let Some((_, defaults)) = f.defaults.tail::<TupleHead>()
            {
                let from = defaults.len() - missing;
                for i in 0..missing {
                    put(base.add(n + i), defaults[from + i].clone());
                }
            }
            let pc = f.code.words.as_ptr();
            let top = base.add(n_regs);
            let new = Frame { function, code, base, pc, context, top, ret, segment, kind: FrameKind::Plain };
            let stack = self.stack();
            let place = stack.entries.as_mut_ptr().add(depth);
            place.write(Entry::Python(new));
            stack.entries.set_len(depth + 1);
            match &mut *place {
                Entry::Python(f) => f,
                _ => core::hint::unreachable_unchecked(),
            }
        }
    }

    #[cold]
    fn too_deep(&mut self, frame: *mut Frame) -> *mut Frame {
        let _ = self.runtime_error("maximum recursion depth exceeded");
        self.fail(frame)
    }

    /// The function of `frame` returns `v`.
    ///
    /// # Safety
    /// As for `op_call`.
    #[inline(never)]
    pub(super) unsafe fn op_return(&mut self, frame: *mut Frame, v: Value) -> *mut Frame {
        // SAFETY: facts 1 to 3. Results for registers are only asked for above a Python frame.
        unsafe {
            let f = &mut *frame;
            let (init, quick) = match f.ret {
                Ret::Reg(_) => (false, true),
                Ret::Init(_) => (true, v.is_none()),
                Ret::Operator(_) => (false, !v.is(&Value::NOT_IMPLEMENTED)),
                _ => (false, false),
            };
            if let Ret::Reg(r) | Ret::Init(r) | Ret::Operator(r) = f.ret
                && quick
                && f.kind == FrameKind::Plain
            {
                // The common case, in place: nothing is moved but the result.
                clear(f.base, f.code.as_ref().n_regs as usize);
                let function = take(&mut f.function);
                let context = take(&mut f.context);
                let stack = self.stack();
                stack.use_segment(f.segment as usize);
                // All values of the entry are unbound now, so forgetting it leaks nothing.
                let n = stack.entries.len() - 1;
                stack.entries.set_len(n);
                let below = stack.entries.as_mut_ptr().wrapping_add(n.wrapping_sub(1));
                drop(function);
                let result = if init {
                    drop(v);
                    context
                } else {
                    drop(context);
                    v
                };
                if n > 0
                    && let Entry::Python(below) = &mut *below
                {
                    put(below.base.add(r as usize), result);
                    return below;
                }
                return self.top_frame();
            }
            let flow = self.return_value(v);
            self.go(null_mut(), flow)
        }
    }

    /// The function on top returns `v`.
    fn return_value(&mut self, v: Value) -> Res<Flow> {
        let Some(Entry::Python(mut f)) = self.stack().entries.pop() else {
            return Err(self.runtime_error("frame expected"));
        };
        self.stack().release(&f);
        let (ret, kind) = (f.ret, f.kind);
        let context = core::mem::replace(&mut f.context, Value::UNBOUND);
        if let Some(g) = context.get::<Generator>() {
            crate::kinds::Trace::clear(g);
        }
        drop(f);
        drop(context);
        let delivered = if kind != FrameKind::Plain {
            self.generator_returned(ret, kind, v)?
        } else if let Ret::Init(_) = ret {
            // None was seen to by op_return.
            let t = self.type_name(&v);
            return Err(self.type_error_fmt(format_args!("__init__() should return None, not '{t}'")));
        } else {
            self.deliver(ret, v)?
        };
        self.delivered(delivered)
    }

    /// # Safety
    /// As for `op_call`.
    #[inline(never)]
    pub(super) unsafe fn op_make_function(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 and 3.
        unsafe {
            let x = super::cache::extension(frame);
            match self.make_function(&*frame, w.bx(), x) {
                Ok(f) => put((*frame).base.add(w.a() as usize), f),
                Err(Raised) => return self.fail(frame),
            }
            frame
        }
    }

    fn make_function(&mut self, frame: &Frame, child: u16, x: u32) -> Res {
        let code = frame.code();
        let Some(child) = code.children.get(child as usize).cloned() else {
            return Err(self.runtime_error("invalid code"));
        };
        let Some(outer) = frame.function.get::<Function>() else { return Err(self.runtime_error("invalid frame")) };
        let at = (x >> 8 & 0xFF) as usize;
        // SAFETY: the registers are in range in verified code.
        let register = |i: usize| unsafe { (*frame.base.add(i)).clone() };
        let defaults = if x & 1 != 0 { register(at) } else { Value::UNBOUND };
        let kw_defaults = if x & 2 != 0 { register(at + 1) } else { Value::UNBOUND };
        let closure = Slots::new();
        if !child.free.is_empty() {
            closure.reserve(&self.heap, child.free.len())?;
        }
        for from in &child.free {
            let cell = match from {
                FreeVar::Cell(r) => register(*r as usize),
                FreeVar::Free(i) => outer.closure.get(*i as usize).unwrap_or(Value::UNBOUND),
            };
            closure.push(&self.heap, cell)?;
        }
        let f = Function { code: child, globals: outer.globals.clone(), closure, defaults, kw_defaults };
        Ok(self.heap.alloc(f)?.into())
    }
}
