//! Loops, `if`, and leaving blocks early.

use snakeye_bytecode::{Op, Special};
use snakeye_syntax::ast::{Expr, ExprKind, For, If, Stmt, While};

use crate::compiler::Compiler;
use crate::error::Compiled;
use crate::registers::RegSet;
use crate::unit::{Block, Label, Reg, Way};

/// A `for` loop or clause under construction. Its state is in three registers.
#[derive(Debug)]
pub(crate) struct LoopHead {
    pub label: Label,
    state: Reg,
    is_async: bool,
    /// Variables bound at the head.
    assigned: RegSet,
    /// The code that waits for the next item of an asynchronous iterator.
    step: (u32, u32),
}

impl Compiler<'_> {
    /// Registers for a loop's state, the iterable in the first.
    pub(crate) fn loop_state(&mut self, iter: &Expr) -> Compiled<Reg> {
        let state = self.temp(iter)?;
        self.unit.alloc_n(2)?;
        Ok(state)
    }

    /// Starts to iterate what is in `state`.
    pub(crate) fn start_loop(&mut self, is_async: bool, state: Reg) -> LoopHead {
        if is_async {
            self.unit.op(Op::GetAiter, state, state, 0);
        } else {
            self.unit.op(Op::ForPrep, state, 0, 0);
        }
        LoopHead { label: self.loop_label(), state, is_async, assigned: self.unit.assigned, step: (0, 0) }
    }

    /// The start of a loop, to which its end jumps back.
    fn loop_label(&mut self) -> Label {
        self.unit.assigned = if self.unit.reachable { self.unit.lasting() } else { RegSet::ALL };
        let label = self.unit.label();
        self.unit.bind(label);
        label
    }

    /// Gets the next item into `target`, or goes to `end`.
    pub(crate) fn next_item(&mut self, head: &mut LoopHead, target: &Expr, end: Label) -> Compiled {
        let save = self.unit.top;
        if head.is_async {
            let (waiting, item) = (head.state + 1, head.state + 2);
            head.step.0 = self.unit.mark();
            self.unit.op(Op::GetAnext, waiting, head.state, 0);
            self.unit.op(Op::GetAwaitable, waiting, waiting, 0);
            self.drive(waiting, item);
            head.step.1 = self.unit.mark();
            self.store(target, item, true)?;
        } else if let ExprKind::Name(name) = target.kind
            && let Some(reg) = self.is_register(name)
        {
            self.unit.branch(Op::ForIter, reg, head.state, 0, end);
            self.unit.assigned.insert(reg);
        } else {
            let item = self.unit.alloc()?;
            self.unit.branch(Op::ForIter, item, head.state, 0, end);
            self.store(target, item, true)?;
        }
        self.unit.top = save;
        Ok(())
    }

    /// Places `end`, where the iterator is exhausted, and drops the loop's state.
    pub(crate) fn end_loop(&mut self, head: LoopHead, end: Label) -> Compiled {
        if head.is_async {
            let (class, exc) = (head.state + 1, head.state + 2);
            if self.unit.handle_since(head.step.0, head.step.1, exc) {
                self.unit.enter_handler(head.assigned);
                self.load_builtin("StopAsyncIteration", class);
                let other = self.unit.label();
                self.unit.branch(Op::JumpNoMatch, exc, class, 0, other);
                self.unit.jump(end);
                self.unit.bind(other);
                self.unit.op(Op::Reraise, exc, 0, 0);
                self.unit.stop();
            }
        }
        self.unit.exits(head.label, end);
        self.unit.bind(end);
        self.unit.clear(u16::from(head.state), 3);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn for_loop(&mut self, node: &For, is_async: bool) -> Compiled {
        let state = self.loop_state(&node.iter)?;
        let mut head = self.start_loop(is_async, state);
        let end = self.unit.label();
        let on_break = self.unit.label();
        self.next_item(&mut head, &node.target, end)?;
        self.unit.blocks.push(Block::Loop { on_break, on_continue: head.label });
        self.block(&node.body)?;
        self.unit.blocks.pop();
        self.unit.jump(head.label);
        if node.orelse.is_empty() && !is_async {
            // Both ways out drop the state.
            self.unit.bind(on_break);
            return self.end_loop(head, end);
        }
        self.end_loop(head, end)?;
        self.unit.top = u16::from(state);
        self.block(&node.orelse)?;
        if self.unit.is_reached(on_break) {
            let done = self.unit.label();
            self.unit.jump(done);
            self.unit.bind(on_break);
            self.unit.clear(u16::from(state), 3);
            self.unit.bind(done);
        }
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn while_loop(&mut self, node: &While) -> Compiled {
        let test = self.fold_truth(&node.test);
        if test == Some(false) {
            return self.block(&node.orelse);
        }
        let head = self.loop_label();
        let end = self.unit.label();
        let on_break = self.unit.label();
        if test.is_none() {
            self.branch_on(&node.test, false, end)?;
        }
        self.unit.clear_dirty(self.unit.top);
        self.unit.blocks.push(Block::Loop { on_break, on_continue: head });
        self.block(&node.body)?;
        self.unit.blocks.pop();
        self.unit.jump(head);
        self.unit.exits(head, end);
        self.unit.bind(end);
        self.unit.clear_dirty(self.unit.top);
        self.block(&node.orelse)?;
        self.unit.bind(on_break);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn if_stmt(&mut self, node: &If) -> Compiled {
        let end = self.unit.label();
        for branch in &node.branches {
            let next = self.unit.label();
            if self.unit.reachable && self.fold_truth(&branch.test) != Some(false) {
                self.unit.set_pos(branch.pos);
                self.branch_on(&branch.test, false, next)?;
                self.unit.clear_dirty(self.unit.top);
                self.block(&branch.body)?;
                if !(node.orelse.is_empty() && self.is_last(branch, node)) {
                    self.unit.jump(end);
                }
            }
            self.unit.bind(next);
            self.unit.clear_dirty(self.unit.top);
        }
        self.block(&node.orelse)?;
        self.unit.bind(end);
        Ok(())
    }

    fn is_last(&self, branch: &snakeye_syntax::ast::IfBranch, node: &If) -> bool {
        node.branches.last().is_some_and(|last| core::ptr::eq(last, branch))
    }

    /// Statements in a row.
    pub(crate) fn block(&mut self, body: &[Stmt]) -> Compiled {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    /// `return`
    pub(crate) fn return_stmt(&mut self, value: Option<&Expr>) -> Compiled {
        // Leaving a block may unbind a variable, or run code; then the value waits in a temporary.
        let guarded = !self.unit.blocks.iter().all(|b| matches!(b, Block::Loop { .. } | Block::Finally { .. }));
        let slot = self.unit.blocks.iter().rev().find_map(|b| match b {
            Block::Guarded { value, .. } => Some(*value),
            _ => None,
        });
        let reg = match value {
            None if !guarded => {
                self.unit.op(Op::ReturnNone, 0, 0, 0);
                self.unit.stop();
                return Ok(());
            }
            Some(value) if !guarded => self.operand(value)?,
            value => {
                let reg = match slot {
                    Some(reg) => reg,
                    None => self.unit.alloc()?,
                };
                match value {
                    Some(value) => self.expr(value, reg)?,
                    None => self.unit.load_special(reg, Special::None),
                }
                reg
            }
        };
        self.leave_blocks(Way::Return, reg)
    }

    /// Leaves blocks on the way out: `value` is what is returned.
    pub(crate) fn leave_blocks(&mut self, way: Way, value: Reg) -> Compiled {
        for i in (0..self.unit.blocks.len()).rev() {
            match &mut self.unit.blocks[i] {
                Block::Loop { on_break, on_continue } => {
                    let target = match way {
                        Way::Return => continue,
                        Way::Break => *on_break,
                        Way::Continue => *on_continue,
                    };
                    self.unit.jump(target);
                    return Ok(());
                }
                Block::Guarded { completion, value: slot, exit, ways } => {
                    if self.unit.reachable && !ways.contains(&way) {
                        ways.push(way);
                    }
                    let (completion, slot, exit) = (*completion, *slot, *exit);
                    if way == Way::Return {
                        self.unit.transfer(slot, value);
                    }
                    self.unit.op_bx(Op::LoadInt, completion, way.code() as u16);
                    self.unit.jump(exit);
                    return Ok(());
                }
                Block::Except { exc, name } => {
                    let (exc, name) = (*exc, *name);
                    if let Some(name) = name {
                        self.leave_handler_name(name, way, i)?;
                    }
                    if way != Way::Return {
                        self.unit.clear(u16::from(exc), 1);
                    }
                }
                Block::Finally { value: held, .. } => {
                    let held = *held;
                    if way != Way::Return {
                        self.unit.clear(u16::from(held), 1);
                    }
                }
            }
        }
        if way == Way::Return {
            self.unit.op(Op::Return, value, 0, 0);
        }
        self.unit.stop();
        Ok(())
    }

    /// Unbinds the name of an `except` clause that is left. A register needs no care when the frame ends.
    fn leave_handler_name(&mut self, name: snakeye_syntax::Symbol, way: Way, level: usize) -> Compiled {
        let last = !self.unit.blocks[..level].iter().any(|b| matches!(b, Block::Guarded { .. }));
        if way == Way::Return && last && self.is_register(name).is_some() {
            return Ok(());
        }
        self.unbind_handler_name(name)
    }
}
