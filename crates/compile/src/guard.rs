//! `try` and `with`.
//!
//! A `finally` body and the exit call of `with` are emitted once. A *completion* register says how the
//! guarded block ended (0: it fell through, 1: an exception, 2: `return`, 3: `break`, 4: `continue`), a
//! *value* register holds the exception or the value to return.

use alloc::vec::Vec;

use snakeye_bytecode::{Op, Special};
use snakeye_syntax::Symbol;
use snakeye_syntax::ast::{ExceptHandler, Stmt, Try, WithItem};

use crate::compiler::Compiler;
use crate::error::Compiled;
use crate::registers::RegSet;
use crate::unit::{Block, Label, Reg, Way};

/// A guarded block under construction.
struct Guard {
    completion: Reg,
    value: Reg,
    exit: Label,
    /// Variables that are bound whatever happens inside.
    lasting: RegSet,
    start: u32,
    /// The high-water mark of registers outside.
    high: u16,
}

impl Compiler<'_> {
    #[inline(never)]
    pub(crate) fn try_stmt(&mut self, node: &Try) -> Compiled {
        if node.finalbody.is_empty() {
            return self.try_except(node);
        }
        let completion = self.unit.alloc()?;
        let value = self.unit.alloc()?;
        let guard = self.enter_guard(completion, value);
        let top = self.unit.top;
        if node.handlers.is_empty() {
            self.block(&node.body)?;
        } else {
            self.try_except(node)?;
        }
        self.unit.top = top;
        let (falls, handled, ways) = self.leave_guard(&guard)?;
        if handled {
            self.unit.op_bx(Op::LoadInt, completion, 1);
        }
        self.unit.bind(guard.exit);
        self.unit.assigned.intersect(&guard.lasting);
        self.unit.blocks.push(Block::Finally { completion, value });
        self.block(&node.finalbody)?;
        self.unit.blocks.pop();
        if let Some(mut assigned) = falls {
            // Falling through, the body's assignments have happened as well.
            assigned.subtract(&self.unit.deleted);
            assigned.unite(&self.unit.assigned);
            self.dispatch(completion, value, handled, &ways, Some(assigned))
        } else {
            self.dispatch(completion, value, handled, &ways, None)
        }
    }

    /// Starts a guarded block.
    fn enter_guard(&mut self, completion: Reg, value: Reg) -> Guard {
        let exit = self.unit.label();
        self.unit.regions += 1;
        self.unit.blocks.push(Block::Guarded { completion, value, exit, ways: Vec::new() });
        Guard {
            completion,
            value,
            exit,
            lasting: self.unit.lasting(),
            start: self.unit.mark(),
            high: core::mem::replace(&mut self.unit.high, self.unit.top),
        }
    }

    /// Ends a guarded block. The code goes on as the handler of its exceptions, with the temporaries
    /// cleared. Says which variables are bound when it falls through (to the guard's exit), whether there is
    /// a handler, and in which other ways the block is left.
    fn leave_guard(&mut self, guard: &Guard) -> Compiled<(Option<RegSet>, bool, Vec<Way>)> {
        let ways = match self.unit.blocks.pop() {
            Some(Block::Guarded { ways, .. }) => ways,
            _ => Vec::new(),
        };
        self.unit.regions -= 1;
        let end = self.unit.mark();
        let falls = self.unit.reachable.then_some(self.unit.assigned);
        if falls.is_some() {
            self.unit.op_bx(Op::LoadInt, guard.completion, 0);
            self.unit.jump(guard.exit);
        }
        let handled = self.unit.handle_since(guard.start, end, guard.value);
        if handled {
            self.unit.enter_handler(guard.lasting);
            self.clear_above(guard.high);
        } else {
            self.unit.high = self.unit.high.max(guard.high);
        }
        Ok((falls, handled, ways))
    }

    /// Clears the temporaries that a guarded block may have left behind.
    fn clear_above(&mut self, high_outside: u16) {
        let top = self.unit.top;
        self.unit.clear(top, self.unit.high.saturating_sub(top).min(255));
        self.unit.high = self.unit.high.max(high_outside);
    }

    /// Goes on as the completion register says.
    fn dispatch(
        &mut self,
        completion: Reg,
        value: Reg,
        handled: bool,
        ways: &[Way],
        falls: Option<RegSet>,
    ) -> Compiled {
        let after = self.unit.label();
        let mut left = usize::from(handled) + ways.len();
        if falls.is_some() && left > 0 {
            self.unit.branch(Op::JumpEqI, completion, 0, 1, after);
        }
        if handled {
            left -= 1;
            let next = self.unit.label();
            if left > 0 {
                self.unit.branch(Op::JumpEqI, completion, 1, 0, next);
            }
            self.unit.op(Op::Reraise, value, 0, 0);
            self.unit.stop();
            self.unit.bind(next);
        }
        for &way in ways {
            left -= 1;
            let next = self.unit.label();
            if left > 0 {
                self.unit.branch(Op::JumpEqI, completion, way.code() as u8, 0, next);
            }
            self.leave_blocks(way, value)?;
            self.unit.bind(next);
        }
        self.unit.bind(after);
        if let Some(assigned) = falls
            && self.unit.reachable
        {
            self.unit.assigned = assigned;
        }
        Ok(())
    }

    #[inline(never)]
    fn try_except(&mut self, node: &Try) -> Compiled {
        let exc = self.unit.alloc()?;
        let end = self.unit.label();
        let lasting = self.unit.lasting();
        let high = core::mem::replace(&mut self.unit.high, self.unit.top);
        let start = self.unit.mark();
        self.unit.regions += 1;
        self.block(&node.body)?;
        self.unit.regions -= 1;
        let mark = self.unit.mark();
        let inside = self.unit.high;
        self.block(&node.orelse)?;
        self.unit.jump(end);
        if self.unit.handle_since(start, mark, exc) {
            self.unit.enter_handler(lasting);
            let used = core::mem::replace(&mut self.unit.high, inside);
            self.clear_above(high);
            self.unit.high = self.unit.high.max(used);
            for handler in &node.handlers {
                if self.unit.reachable {
                    self.handler(handler, exc, end)?;
                }
            }
            self.unit.op(Op::Reraise, exc, 0, 0);
            self.unit.stop();
        } else {
            self.unit.high = self.unit.high.max(high);
        }
        self.unit.bind(end);
        Ok(())
    }

    #[inline(never)]
    fn handler(&mut self, handler: &ExceptHandler, exc: Reg, end: Label) -> Compiled {
        let next = self.unit.label();
        self.unit.set_pos(handler.pos);
        let save = self.unit.top;
        if let Some(typ) = &handler.typ {
            let class = self.operand(typ)?;
            self.unit.branch(Op::JumpNoMatch, exc, class, 0, next);
            self.unit.top = save;
            self.unit.clear_dirty(self.unit.top);
        }
        self.unit.blocks.push(Block::Except { exc, name: handler.name });
        match handler.name {
            None => self.block(&handler.body)?,
            Some(name) => self.named_handler(handler, name, exc)?,
        }
        self.unit.blocks.pop();
        self.unit.clear(u16::from(exc), 1);
        self.unit.jump(end);
        self.unit.bind(next);
        self.unit.clear_dirty(self.unit.top);
        Ok(())
    }

    /// The body of `except … as name`, after which the name is unbound however the body ends.
    fn named_handler(&mut self, handler: &ExceptHandler, name: Symbol, exc: Reg) -> Compiled {
        self.store_name(name, exc, false);
        // An exception that ends the frame takes its registers with it.
        let outlives = self.is_register(name).is_none() || self.unit.regions > 0;
        if !outlives {
            self.block(&handler.body)?;
            return self.unbind_handler_name(name);
        }
        let other = self.unit.alloc()?;
        let mut lasting = self.unit.lasting();
        let high = core::mem::replace(&mut self.unit.high, self.unit.top);
        let start = self.unit.mark();
        self.block(&handler.body)?;
        let mark = self.unit.mark();
        self.unbind_handler_name(name)?;
        let done = self.unit.label();
        self.unit.jump(done);
        if self.unit.handle_since(start, mark, other) {
            if let Some(reg) = self.is_register(name) {
                lasting.remove(reg);
            }
            self.unit.enter_handler(lasting);
            self.clear_above(high);
            self.unbind_handler_name(name)?;
            self.unit.op(Op::Reraise, other, 0, 0);
            self.unit.stop();
        } else {
            self.unit.high = self.unit.high.max(high);
        }
        self.unit.bind(done);
        self.unit.top = u16::from(other);
        Ok(())
    }

    /// `with` or `async with`.
    #[inline(never)]
    pub(crate) fn with_stmt(&mut self, items: &[WithItem], body: &[Stmt], is_async: bool) -> Compiled {
        let Some((item, rest)) = items.split_first() else {
            return self.block(body);
        };
        let (enter, exit) = if is_async { ("__aenter__", "__aexit__") } else { ("__enter__", "__exit__") };
        let save = self.unit.top;
        self.unit.set_pos(item.context_expr.pos);
        let completion = self.unit.alloc()?;
        let value = self.unit.alloc()?;
        // The window of the exit call waits here while the body runs.
        let window = self.unit.alloc_n(2)?;
        let entered = self.unit.alloc()?;
        let manager = self.operand_before(&item.context_expr, Some(entered), &[])?;
        self.unit.alloc()?;
        let name = self.unit.plain_name(exit);
        self.attribute(Op::LoadMethod, window, manager, 0, name);
        let name = self.unit.plain_name(enter);
        self.attribute(Op::LoadMethod, entered, manager, 0, name);
        self.unit.op(Op::CallMethod, entered, 0, 0);
        if is_async {
            self.wait_for(entered)?;
        }
        self.unit.top = u16::from(window) + 2;
        let guard = self.enter_guard(completion, value);
        // What was entered is still above the window, where the target is assigned from.
        self.unit.top = u16::from(entered) + 1;
        self.unit.high = self.unit.high.max(self.unit.top);
        match &item.optional_vars {
            Some(target) => self.store(target, entered, true)?,
            None => self.unit.clear(u16::from(entered), 1),
        }
        self.unit.top = u16::from(entered);
        self.with_stmt(rest, body, is_async)?;

        self.unit.set_pos(item.context_expr.pos);
        let (falls, handled, ways) = self.leave_guard(&guard)?;
        let after = self.unit.label();
        if handled {
            let args = self.unit.alloc_n(3)?;
            self.unit.op(Op::TypeOf, args, value, 0);
            self.unit.op(Op::Move, args + 1, value, 0);
            self.unit.load_special(args + 2, Special::None);
            self.unit.op(Op::CallMethod, window, 3, 0);
            if is_async {
                self.wait_for(window)?;
            }
            let swallow = self.unit.label();
            self.unit.branch(Op::JumpTrue, window, 0, 0, swallow);
            self.unit.op(Op::Reraise, value, 0, 0);
            self.unit.stop();
            self.unit.bind(swallow);
            self.unit.clear(u16::from(value), 2);
            self.unit.jump(after);
        }
        self.unit.top = u16::from(window) + 2;
        self.unit.bind(guard.exit);
        if self.unit.reachable {
            let args = self.unit.alloc_n(3)?;
            for i in 0..3 {
                self.unit.load_special(args + i, Special::None);
            }
            self.unit.op(Op::CallMethod, window, 3, 0);
            if is_async {
                self.wait_for(window)?;
            }
            self.unit.clear(u16::from(window), 1);
            self.dispatch(completion, value, false, &ways, falls)?;
        }
        self.unit.bind(after);
        self.unit.top = save;
        Ok(())
    }

    /// Awaits the result of a call in `reg`, and puts what it gives there.
    fn wait_for(&mut self, reg: Reg) -> Compiled {
        let save = self.unit.top;
        let inner = self.unit.alloc()?;
        self.unit.op(Op::GetAwaitable, inner, reg, 0);
        self.drive(inner, reg);
        self.unit.top = save;
        Ok(())
    }
}
