//! Exceptions on their way: handlers, tracebacks, generators and natives they pass.

use super::frame::{Entry, Ret};
use super::step::Flow;
use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use core::fmt::Write;
use snakeye_heap::Value;

impl Vm {
    /// Finds who handles the exception on its way, down to `floor` entries of the running thread. `Err`: nobody
    /// above the floor does.
    pub(crate) fn unwind(&mut self, floor: usize, home: bool) -> Res<Flow> {
        let mut e = self.take_exception();
        loop {
            if self.stack().entries.len() <= floor && home {
                return Err(self.raise(e));
            }
            match self.stack().entries.last() {
                None => {
                    // A thread other than the main one ended.
                    if !self.is_exception(&e, &exc::SYSTEM_EXIT) {
                        let mut text = String::from("Unhandled exception in thread started by ");
                        let function = self.threads.all[self.threads.current].function.clone();
                        text.push_str(&self.repr(&function).unwrap_or_default());
                        text.push('\n');
                        let t = self.traceback_text(&e);
                        text.push_str(&t);
                        self.host.thread_failed(text);
                    }
                    self.end_thread();
                    return Ok(Flow::Switch);
                }
                Some(Entry::Native { .. }) => {
                    let Some(Entry::Native { then, ret }) = self.stack().entries.pop() else { continue };
                    let _ = self.raise(e);
                    match then(self, Err(Raised)).and_then(|step| self.start_step(step, ret)) {
                        Ok(flow) => return Ok(flow),
                        Err(_) => e = self.take_exception(),
                    }
                }
                // The walk is over; whoever asked for it gets the exception.
                Some(Entry::Walk { .. }) => drop(self.stack().entries.pop()),
                Some(Entry::Python(_)) => {
                    self.add_trace(&e);
                    if self.enter_handler(&e) {
                        return Ok(Flow::Go);
                    }
                    let Some(Entry::Python(f)) = self.stack().entries.pop() else { continue };
                    self.stack().release(&f);
                    if let Some(g) = f.context.get::<Generator>() {
                        crate::kinds::Trace::clear(g);
                        if self.is_exception(&e, &exc::STOP_ITERATION) {
                            let _ = self.runtime_error("generator raised StopIteration");
                            e = self.take_exception();
                        }
                    } else if let Ret::ForIter { .. } = f.ret
                        && self.is_exception(&e, &exc::STOP_ITERATION)
                    {
                        match self.deliver(f.ret, Value::UNBOUND) {
                            Ok(_) => return Ok(Flow::Go),
                            Err(_) => e = self.take_exception(),
                        }
                    }
                }
            }
        }
    }

    /// Goes to the handler of the frame on top, if it has one for where it stands.
    pub(super) fn enter_handler(&mut self, e: &Value) -> bool {
        let Some(f) = self.stack().frame() else { return false };
        let Some(h) = f.handler() else { return false };
        // SAFETY: handler and register come from verified code (fact 1).
        unsafe {
            f.pc = f.code().words.as_ptr().add(h.handler as usize);
            drop(core::mem::replace(&mut *f.base.add(h.reg as usize), e.clone()));
        }
        true
    }

    pub(super) fn add_trace(&mut self, e: &Value) {
        let again = core::mem::take(&mut self.reraising);
        let own = e.as_gc::<Exception>().cloned();
        let Some(x) = own.or_else(|| self.exception_of(e)) else { return };
        let Some(f) = self.stack().frame() else { return };
        let Some(function) = f.function.get::<Function>() else { return };
        let code = function.code.clone();
        let at = f.pc_index().saturating_sub(1) as u32;
        if let Ok(mut t) = x.traceback.try_borrow_mut() {
            if again && t.iter().next_back().is_some_and(|last| last.is_in(&code)) {
                return;
            }
            t.push(&self.heap, TraceEntry::Code { code, at });
        };
    }

    /// How many lines of a traceback are shown, the outermost first (`sys.tracebacklimit`).
    fn traceback_limit(&mut self) -> usize {
        let mut look = |names: [&str; 2]| {
            let (sys, limit) = (self.intern(names[0]).ok()?, self.intern(names[1]).ok()?);
            self.modules.get_name(&sys)?.get::<Module>()?.dict.get_name(&limit)?.as_small_int()
        };
        look(["sys", "tracebacklimit"]).map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(0))
    }

    /// What is printed for an exception nobody handled.
    pub fn traceback_text(&mut self, e: &Value) -> String {
        let mut out = String::new();
        if let Some(x) = self.exception_of(e)
            && let Ok(t) = x.traceback.try_borrow()
            && t.iter().next().is_some()
        {
            let limit = self.traceback_limit();
            if limit > 0 {
                out.push_str("Traceback (most recent call last):\n");
            }
            for l in t.iter().rev().take(limit) {
                let _ = write!(out, "  File \"{}\", line {}", l.file(), l.line());
                if !l.function().is_empty() {
                    let _ = write!(out, ", in {}", l.function());
                }
                out.push('\n');
            }
        }
        out.push_str(&if self.is_class(e) { self.class_name(e) } else { self.type_name(e) });
        match self.exception_text(e) {
            Ok(text) => {
                out.push_str(": ");
                out.push_str(&text);
            }
            Err(_) => {
                let _ = self.take_exception();
            }
        }
        out.push('\n');
        out
    }
}
