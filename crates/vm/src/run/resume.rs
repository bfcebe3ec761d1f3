//! Generators in the run loop: letting them go on, and yielding.
//!
//! A generator's registers stay in the row it keeps; its frame points there, so that neither resuming nor yielding
//! moves them.

use super::frame::{Entry, Frame, FrameKind, Ret, put};
use super::step::{Delivered, Flow, IN_YIELD_FROM};
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use core::ptr::{NonNull, null_mut};
use snakeye_bytecode::Word;
use snakeye_heap::Value;

/// Whether the generator waits at a yield with nothing to raise.
fn is_ready(g: &Generator) -> bool {
    g.state.get() == GeneratorState::Suspended && g.pending.is_unbound()
}

impl Vm {
    /// A for loop's next item from a generator.
    ///
    /// # Safety
    /// As for `op_load_global`; so are the other `op_` functions here. R[b] is a generator.
    #[inline(never)]
    pub(super) unsafe fn op_for_generator(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 3.
        unsafe {
            let ret = Ret::ForIter { dst: w.a(), jump: super::cache::extension(frame) as i32 };
            let it = (*(*frame).base.add(w.b() as usize)).clone();
            if let Some(g) = it.get::<Generator>()
                && is_ready(g)
                && self.has_room()
            {
                let top = (*frame).top;
                return self.push_generator(it, top, Value::NONE, ret, FrameKind::Next);
            }
            let flow = self.resume_generator(it, Value::NONE, ResumeMode::Next, ret);
            self.go(frame, flow)
        }
    }

    /// Whether another frame fits as it is.
    #[inline]
    fn has_room(&mut self) -> bool {
        let limit = self.config.recursion_limit;
        let entries = &self.stack().entries;
        entries.len() < limit.min(entries.capacity())
    }

    /// Puts the frame of a generator that is suspended on the stack.
    ///
    /// # Safety
    /// The stack has room for it; `top` is the end of the places in use; `generator` is one and `is_ready`.
    #[inline(always)]
    pub(super) unsafe fn push_generator(
        &mut self,
        generator: Value,
        top: *mut Value,
        sent: Value,
        ret: Ret,
        kind: FrameKind,
    ) -> *mut Frame {
        // SAFETY: per the contract; the saved pc belongs to this code: behind a Yield, whose register `a` gets
        // what is sent, or at a YieldFrom, whose register `b` does (fact 1).
        unsafe {
            let Some(g) = generator.get::<Generator>() else { return self.top_frame() };
            let function = g.function.get();
            let Some(f) = function.get::<Function>() else { return self.top_frame() };
            let base = (*g.registers.as_ptr()).as_mut_ptr();
            let saved = g.pc.get();
            let pc = f.code.words.as_ptr().add((saved & !IN_YIELD_FROM) as usize);
            let register = if saved & IN_YIELD_FROM == 0 { Word(*pc.sub(1)).a() } else { Word(*pc).b() };
            put(base.add(register as usize), sent);
            g.state.set(GeneratorState::Running);
            let code = NonNull::from(&*f.code);
            let stack = self.stack();
            let segment = stack.segment as u16;
            let n = stack.entries.len();
            let place = stack.entries.as_mut_ptr().add(n);
            place.write(Entry::Python(Frame { function, code, base, pc, context: generator, top, ret, segment, kind }));
            stack.entries.set_len(n + 1);
            match &mut *place {
                Entry::Python(f) => f,
                _ => core::hint::unreachable_unchecked(),
            }
        }
    }

    /// # Safety
    /// As for `op_for_generator`, for a frame of a generator.
    #[inline(never)]
    pub(super) unsafe fn op_yield(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 3.
        unsafe {
            let v = (*(*frame).base.add(w.b() as usize)).clone();
            if (*frame).ret == Ret::Walk {
                return self.yield_to_walk(w, v);
            }
            let mut delegated = false;
            loop {
                match self.suspend(delegated) {
                    Ok(Ret::YieldFrom { .. }) => delegated = true,
                    Ok(Ret::ForIter { dst, .. }) => return self.put_top(dst, v),
                    Ok(ret) => {
                        let flow = self.start_step(Step::Done(v), ret);
                        return self.go(null_mut(), flow);
                    }
                    Err(Raised) => return self.fail(null_mut()),
                }
            }
        }
    }

    /// Takes the frame of the generator on top off the stack; returns where what it yields goes.
    #[inline(always)]
    fn suspend(&mut self, delegated: bool) -> Res<Ret> {
        let Some(f) = self.stack().frame() else { return Err(self.runtime_error("frame expected")) };
        let pc = f.pc_index() as u32;
        if let Some(g) = f.context.get::<Generator>() {
            // The words of a YieldFrom: one.
            g.pc.set(if delegated { (pc - 1) | IN_YIELD_FROM } else { pc });
            g.state.set(GeneratorState::Suspended);
        }
        let (ret, segment) = (f.ret, f.segment as usize);
        let function = core::mem::replace(&mut f.function, Value::UNBOUND);
        let context = core::mem::replace(&mut f.context, Value::UNBOUND);
        let stack = self.stack();
        stack.use_segment(segment);
        let n = stack.entries.len() - 1;
        // SAFETY: shorter by the entry on top, whose values are unbound: forgetting it leaks nothing.
        unsafe { stack.entries.set_len(n) };
        drop(function);
        drop(context);
        Ok(ret)
    }

    /// The frame on top yields `v`: it is set aside, and `v` goes to whoever resumed it.
    pub(crate) fn yield_value(&mut self, v: Value, in_yield_from: bool) -> Res<Delivered> {
        let mut delegated = in_yield_from;
        loop {
            match self.suspend(delegated)? {
                Ret::YieldFrom { .. } => delegated = true,
                ret => return Ok(Delivered::Next(Step::Done(v), ret)),
            }
        }
    }

    /// The generator on top yields to the walk below it, which takes the item while the frame stays where it is.
    ///
    /// # Safety
    /// As for `op_yield`.
    unsafe fn yield_to_walk(&mut self, w: Word, v: Value) -> *mut Frame {
        // SAFETY: facts 1 to 3.
        unsafe {
            let n = self.stack().entries.len();
            let Some(Entry::Walk { walk: place, .. }) = self.stack().entries.get_mut(n.wrapping_sub(2)) else {
                let flow = self.runtime_error("native frame expected");
                return self.go(null_mut(), Err(flow));
            };
            // The walk's Python code, if it has any, runs above the generator's frame.
            let mut walk = core::mem::replace(place, alloc::boxed::Box::new(Nowhere));
            let taken = walk.item(self, v);
            if let Some(Entry::Walk { walk: place, .. }) = self.stack().entries.get_mut(n - 2) {
                *place = walk;
            }
            let result = match taken {
                Ok(None) => {
                    let frame = self.top_frame();
                    if !frame.is_null() {
                        put((*frame).base.add(w.a() as usize), Value::NONE);
                    }
                    return frame;
                }
                Ok(Some(result)) => Ok(result),
                Err(Raised) => Err(Raised),
            };
            // An exception is the walk's, not the generator's.
            let suspended = self.suspend(false);
            let Some(Entry::Walk { ret, .. }) = self.stack().entries.pop() else { return self.fail(null_mut()) };
            let flow = match suspended.and(result) {
                Ok(v) => self.start_step(Step::Done(v), ret),
                Err(Raised) => Err(Raised),
            };
            self.go(null_mut(), flow)
        }
    }

    /// # Safety
    /// As for `op_for_generator`, for a frame of a generator.
    #[inline(never)]
    pub(super) unsafe fn op_yield_from(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 3.
        unsafe {
            let it = (*(*frame).base.add(w.a() as usize)).clone();
            let v = core::mem::replace(&mut *(*frame).base.add(w.b() as usize), Value::NONE);
            let ret = Ret::YieldFrom { reg: w.b() };
            let flow = if let Some(g) = it.get::<Generator>() {
                if is_ready(g) && self.has_room() {
                    let top = (*frame).top;
                    return self.push_generator(it, top, v, ret, FrameKind::Send);
                }
                self.resume_generator(it, v, ResumeMode::Send, ret)
            } else {
                self.delegate(&it, v, ret)
            };
            self.go(frame, flow)
        }
    }

    /// StopIteration from anywhere inside the iterator ends the delegation.
    fn delegate(&mut self, it: &Value, v: Value, ret: Ret) -> Res<Flow> {
        let step = self.delegate_step(it, v);
        let step = self.and_then(step, |vm, r| vm.stop_to_unbound(r))?;
        self.start_step(step, ret)
    }
}

/// What stands in for a walk while it takes an item.
struct Nowhere;

impl Walk for Nowhere {
    fn item(&mut self, vm: &mut Vm, _: Value) -> Res<Option<Value>> {
        Err(vm.runtime_error("generator already executing"))
    }
    fn end(self: alloc::boxed::Box<Self>, _: &mut Vm) -> Res<Step> {
        Ok(Step::Done(Value::NONE))
    }
}
