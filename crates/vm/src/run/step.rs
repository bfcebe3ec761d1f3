//! Carrying out steps: calls, waits, generator resumptions, and delivering results.

use super::frame::{Entry, Frame, FrameKind, Ret, put};
use super::thread::State;
use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::boxed::Box;
use core::ptr::NonNull;
use snakeye_heap::Value;

/// What the run loop does next.
pub(crate) enum Flow {
    /// Goes on with the frame on top.
    Go,
    /// Another thread's turn (this one is parked or has ended).
    Switch,
    /// Leaves this run of the loop.
    Exit(Value),
}

/// Greatest number of run loops nested by natives.
const MAX_NESTING: u32 = 40;
/// Set in a generator's saved pc when it is suspended inside `yield from`.
pub(crate) const IN_YIELD_FROM: u32 = 1 << 31;

impl Vm {
    /// Carries out a step whose result goes to `ret`.
    pub(crate) fn start_step(&mut self, step: Step, ret: Ret) -> Res<Flow> {
        let (mut step, mut ret) = (step, ret);
        loop {
            step = match step {
                Step::Done(v) => match self.deliver(ret, v)? {
                    Delivered::Flow(flow) => return Ok(flow),
                    Delivered::Next(next, to) => {
                        ret = to;
                        next
                    }
                },
                Step::Tail(call) => {
                    let Call { function, args, kw } = *call;
                    match self.enter(function, &args, &kw, ret)? {
                        Some(next) => next,
                        None => return Ok(Flow::Go),
                    }
                }
                Step::Call(call, then) => {
                    let Call { function, args, kw } = *call;
                    self.push_native(then, ret)?;
                    ret = Ret::Native;
                    match self.enter(function, &args, &kw, ret)? {
                        Some(next) => next,
                        None => return Ok(Flow::Go),
                    }
                }
                Step::After(inner, then) => {
                    self.push_native(then, ret)?;
                    ret = Ret::Native;
                    *inner
                }
                Step::Resume(r) => return self.resume_generator(r.generator, r.value, r.mode, ret),
                Step::Walk(generator, walk) => {
                    self.check_depth()?;
                    self.stack().entries.push(Entry::Walk { generator: generator.clone(), walk, ret });
                    return self.resume_generator(generator, Value::NONE, ResumeMode::Next, Ret::Walk);
                }
                Step::Enter(e) => {
                    let Enter { function, namespace } = *e;
                    self.push_frame(function, &[], &[], ret, namespace)?;
                    return Ok(Flow::Go);
                }
                Step::Park(wait, then) => {
                    self.push_native(then, ret)?;
                    if self.nesting > 0 {
                        let ready = self.wait_here(&wait)?;
                        ret = Ret::Native;
                        Step::Done(Value::bool(ready))
                    } else {
                        let current = self.threads.current;
                        self.threads.all[current].state = State::Parked { wait, woken: None };
                        return Ok(Flow::Switch);
                    }
                }
            };
        }
    }

    fn push_native(&mut self, then: Then, ret: Ret) -> Res<()> {
        self.check_depth()?;
        self.stack().entries.push(Entry::Native { then, ret });
        Ok(())
    }

    pub(crate) fn check_depth(&mut self) -> Res<()> {
        let limit = self.config.recursion_limit;
        if self.stack().entries.len() >= limit {
            return Err(self.runtime_error("maximum recursion depth exceeded"));
        }
        let stack = self.stack();
        if stack.entries.len() == stack.entries.capacity() { stack.grow_entries() } else { Ok(()) }
    }

    /// Waits while a native nests a run loop: other threads stand still.
    fn wait_here(&mut self, wait: &Wait) -> Res<bool> {
        let mut ready = alloc::vec![false; wait.interests.len()];
        loop {
            let woken = self.host.wait(&wait.interests, wait.deadline_us, &mut ready);
            if woken == crate::host::Woken::Interrupted {
                self.threads.interrupt = true;
            }
            if self.threads.current == 0 && !self.in_scheduled() && core::mem::take(&mut self.threads.interrupt) {
                return Err(self.raise_args(&exc::KEYBOARD_INTERRUPT, &[]));
            }
            if ready.contains(&true) {
                return Ok(true);
            }
            if wait.deadline_us.is_some_and(|d| d <= self.host.now_us()) {
                return Ok(false);
            }
        }
    }

    /// Hands a result to whatever is below.
    pub(crate) fn deliver(&mut self, ret: Ret, v: Value) -> Res<Delivered> {
        let go = Ok(Delivered::Flow(Flow::Go));
        match ret {
            Ret::Native => {
                let Some(Entry::Native { then, ret }) = self.stack().entries.pop() else {
                    return Err(self.runtime_error("native frame expected"));
                };
                return Ok(Delivered::Next(then(self, Ok(v))?, ret));
            }
            Ret::Walk => {
                let Some(Entry::Walk { generator, mut walk, ret }) = self.stack().entries.pop() else {
                    return Err(self.runtime_error("native frame expected"));
                };
                if v.is_unbound() {
                    return Ok(Delivered::Next(walk.end(self)?, ret));
                }
                let step = match walk.item(self, v)? {
                    Some(result) => Step::Done(result),
                    None => Step::Walk(generator, walk),
                };
                return Ok(Delivered::Next(step, ret));
            }
            Ret::Operator(reg) if v.is(&Value::NOT_IMPLEMENTED) => {
                let frame = self.top_frame();
                if frame.is_null() {
                    return Err(Raised);
                }
                // SAFETY: the frame stands behind the instruction that called the operator's method.
                let step = unsafe { self.operator_declined(frame) }?;
                return Ok(Delivered::Next(step, Ret::Reg(reg)));
            }
            Ret::Exit => return Ok(Delivered::Flow(Flow::Exit(v))),
            Ret::ThreadEnd => {
                self.end_thread();
                return Ok(Delivered::Flow(Flow::Switch));
            }
            Ret::Discard => return go,
            _ => {}
        }
        let truth = match ret {
            Ret::Bool { .. } | Ret::Jump { .. } => self.truth(&v)?,
            _ => false,
        };
        let Some(f) = self.stack().frame() else { return Err(self.runtime_error("frame expected")) };
        // SAFETY: registers and distances come from the verified code of this frame (facts 1 and 2).
        unsafe {
            match ret {
                Ret::Reg(r) | Ret::Operator(r) => put(f.base.add(r as usize), v),
                Ret::Bool { reg, negate } => {
                    drop(core::mem::replace(&mut *f.base.add(reg as usize), Value::bool(truth != negate)));
                }
                Ret::Jump { polarity, distance } if truth == polarity => f.pc = f.pc.offset(distance as isize),
                Ret::ForIter { dst, jump } => {
                    if v.is_unbound() {
                        f.pc = f.pc.offset(jump as isize);
                    } else {
                        drop(core::mem::replace(&mut *f.base.add(dst as usize), v));
                    }
                }
                Ret::Init(reg) => {
                    // The instance was left in the register by the call itself.
                    let _ = reg;
                    if !v.is_none() {
                        return Err(self.type_error("__init__() should return None"));
                    }
                }
                Ret::YieldFrom { reg } => {
                    if v.is_unbound() {
                        let base = f.base;
                        let value = self.take_stop_value();
                        drop(core::mem::replace(&mut *base.add(reg as usize), value));
                    } else {
                        return self.yield_value(v, true);
                    }
                }
                _ => {}
            }
        }
        go
    }

    /// The generator frame that just returned `v` (already popped) ends.
    pub(crate) fn generator_returned(&mut self, ret: Ret, end: FrameKind, v: Value) -> Res<Delivered> {
        match ret {
            Ret::ForIter { .. } => self.deliver(ret, Value::UNBOUND),
            Ret::YieldFrom { reg } => {
                if let Some(f) = self.stack().frame() {
                    // SAFETY: a register of the frame below (fact 1).
                    unsafe { drop(core::mem::replace(&mut *f.base.add(reg as usize), v)) };
                }
                Ok(Delivered::Flow(Flow::Go))
            }
            ret if end == FrameKind::Next => self.deliver(ret, Value::UNBOUND),
            _ => {
                let args: &[Value] = if v.is_none() { &[] } else { core::slice::from_ref(&v) };
                let _ = self.raise_args(&exc::STOP_ITERATION, args);
                // Raised below the frame that ended: at the native or the caller.
                Err(Raised)
            }
        }
    }

    /// Puts a generator's frame on the stack and lets it go on.
    pub(crate) fn resume_generator(&mut self, generator: Value, value: Value, mode: ResumeMode, ret: Ret) -> Res<Flow> {
        let Some(g) = generator.get::<Generator>() else { return Err(self.type_error("generator expected")) };
        match g.state.get() {
            GeneratorState::Running => return Err(self.value_error("generator already executing")),
            GeneratorState::Done => {
                if mode == ResumeMode::Throw {
                    let e = self.exception_instance(&value)?;
                    return Err(self.raise(e));
                }
                return self.finished(ret, mode);
            }
            GeneratorState::Created if mode == ResumeMode::Throw => {
                crate::kinds::Trace::clear(g);
                let e = self.exception_instance(&value)?;
                return Err(self.raise(e));
            }
            GeneratorState::Created if !value.is_none() && !g.function.get().is_unbound() => {
                return Err(self.type_error("can't send non-None value to a just-started generator"));
            }
            _ => {}
        }
        self.check_depth()?;
        let function = g.function.get();
        let Some(f) = function.get::<Function>() else { return self.finished(ret, mode) };
        let code = NonNull::from(&*f.code);
        let n = f.code.n_regs as usize;
        // SAFETY: nothing borrows the row while the generator is suspended; its places are registers (fact 2).
        let base = unsafe { (*g.registers.as_ptr()).as_mut_ptr() };
        if g.registers.borrow().len() < n {
            return Err(self.runtime_error("invalid generator"));
        }
        let started = g.state.replace(GeneratorState::Running) == GeneratorState::Suspended;
        let saved_pc = g.pc.get();
        let index = (saved_pc & !IN_YIELD_FROM) as usize;
        let pending = g.pending.replace(Value::UNBOUND);
        // SAFETY: the index was saved from a pc of this code.
        let pc = unsafe { f.code.words.as_ptr().add(index) };
        let kind = if mode == ResumeMode::Next { FrameKind::Next } else { FrameKind::Send };
        let stack = self.stack();
        let (segment, top) = (stack.segment as u16, stack.top());
        stack.entries.push(Entry::Python(Frame {
            function,
            code,
            base,
            pc,
            context: generator,
            top,
            ret,
            segment,
            kind,
        }));
        let throw = if mode == ResumeMode::Throw {
            Some(value.clone())
        } else if !pending.is_unbound() {
            Some(pending)
        } else {
            None
        };
        let Some(frame) = self.stack().frame() else { return Ok(Flow::Go) };
        if let Some(e) = throw {
            if started && saved_pc & IN_YIELD_FROM != 0 {
                // SAFETY: the pc points at a YieldFrom instruction of verified code.
                let (iter, reg) = unsafe {
                    let w = snakeye_bytecode::Word(*frame.pc);
                    frame.pc = frame.pc.add(1);
                    ((*frame.base.add(w.a() as usize)).clone(), w.b())
                };
                return self.throw_into(iter, e, reg);
            }
            let e = self.exception_instance(&e)?;
            return Err(self.raise(e));
        }
        if started {
            // SAFETY: as above: the suspended instruction names the register for the sent value.
            unsafe {
                if saved_pc & IN_YIELD_FROM != 0 {
                    let w = snakeye_bytecode::Word(*frame.pc);
                    put(frame.base.add(w.b() as usize), value);
                } else {
                    let w = snakeye_bytecode::Word(*frame.pc.sub(1));
                    put(frame.base.add(w.a() as usize), value);
                }
            }
        }
        Ok(Flow::Go)
    }

    /// What comes of a delivery, with the native's next step carried out.
    pub(crate) fn delivered(&mut self, delivered: Delivered) -> Res<Flow> {
        match delivered {
            Delivered::Flow(flow) => Ok(flow),
            Delivered::Next(step, ret) => self.start_step(step, ret),
        }
    }

    fn finished(&mut self, ret: Ret, mode: ResumeMode) -> Res<Flow> {
        if mode == ResumeMode::Next || matches!(ret, Ret::ForIter { .. } | Ret::YieldFrom { .. }) {
            let delivered = self.deliver(ret, Value::UNBOUND)?;
            self.delivered(delivered)
        } else {
            Err(self.raise_args(&exc::STOP_ITERATION, &[]))
        }
    }

    /// Throws into the iterator that the frame on top delegates to with `yield from`.
    fn throw_into(&mut self, iter: Value, e: Value, reg: u8) -> Res<Flow> {
        let ret = Ret::YieldFrom { reg };
        let name = self.name(crate::names::N::throw).clone();
        let close = self.name(crate::names::N::close).clone();
        if self.is_exception(&e, &exc::GENERATOR_EXIT) {
            // The inner iterator is closed, then the outer one ends in the same way.
            if let Some(f) = self.find_attr(&iter, &close)? {
                let step = Step::call(f, alloc::vec![], move |vm, r| {
                    r?;
                    let e = vm.exception_instance(&e)?;
                    Err(vm.raise(e))
                });
                return self.start_step(step, ret);
            }
            let e = self.exception_instance(&e)?;
            return Err(self.raise(e));
        }
        if iter.get::<Generator>().is_some() {
            return self.resume_generator(iter, e, ResumeMode::Throw, ret);
        }
        match self.find_attr(&iter, &name)? {
            Some(f) => {
                let step = Step::call(f, alloc::vec![e], |vm, r| vm.stop_to_unbound(r));
                self.start_step(step, ret)
            }
            None => {
                let e = self.exception_instance(&e)?;
                Err(self.raise(e))
            }
        }
    }

    /// A result as it is; StopIteration becomes unbound.
    pub(crate) fn stop_to_unbound(&mut self, r: Res) -> Res<Step> {
        match r {
            Ok(v) => Ok(Step::Done(v)),
            Err(_) => {
                let e = self.take_exception();
                if self.is_exception(&e, &exc::STOP_ITERATION) {
                    let args = self.exception_args(&e);
                    self.stop_value = args.and_then(|a| a.elements().first().cloned());
                    Ok(Step::Done(Value::UNBOUND))
                } else {
                    Err(self.raise(e))
                }
            }
        }
    }

    /// The answer of a `next` slot that ends the iteration with a value, as `await` gives it.
    pub fn stop_with(&mut self, value: Value) -> Step {
        self.stop_value = Some(value);
        Step::Done(Value::UNBOUND)
    }

    /// The value of the StopIteration that ended the iterator last asked, None if it had none.
    pub fn take_stop_value(&mut self) -> Value {
        self.stop_value.take().unwrap_or(Value::NONE)
    }

    /// Removes the running thread, which has ended.
    pub(crate) fn end_thread(&mut self) {
        let current = self.threads.current;
        if current > 0 {
            drop(self.threads.all.remove(current));
            self.turn(current - 1);
        }
    }

    /// Runs a step to its end by nesting a run loop. Other threads stand still meanwhile.
    pub fn complete(&mut self, step: Step) -> Res {
        if let Step::Done(v) = step {
            return Ok(v);
        }
        if self.nesting >= MAX_NESTING {
            return Err(self.runtime_error("maximum recursion depth exceeded"));
        }
        self.nesting += 1;
        let r = self.run_step(step);
        self.nesting -= 1;
        r
    }

    /// Runs a step in the current thread until its result is there.
    pub fn run_step(&mut self, step: Step) -> Res {
        let thread = self.threads.all[self.threads.current].id;
        let floor = self.stack().entries.len();
        let first = self.start_step(step, Ret::Exit);
        let r = self.run(first, floor);
        debug_assert!(self.threads.all[self.threads.current].id == thread || r.is_err());
        r
    }

    /// Calls a function and waits for its result.
    pub fn call(&mut self, function: &Value, args: &[Value]) -> Res {
        self.complete(Step::tail(function.clone(), args.to_vec()))
    }

    /// Calls a function with keywords and waits for its result.
    pub fn call_kw(&mut self, function: &Value, args: &[Value], kw: &[(Value, Value)]) -> Res {
        let call = Call { function: function.clone(), args: args.to_vec(), kw: kw.to_vec() };
        self.complete(Step::Tail(Box::new(call)))
    }
}

/// What came of delivering a result.
pub(crate) enum Delivered {
    /// The loop goes on.
    Flow(Flow),
    /// A native's continuation asks for this next.
    Next(Step, Ret),
}
