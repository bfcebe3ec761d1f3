//! Exceptions: `try`, `with`, `raise`, and the ways out of guarded code.
//!
//! The stack machine finds out while it runs whether a `finally` block was entered by falling through, by an
//! exception, by `return` or by a jump: it looks at the top of its stack. Here each is a state of its own, and
//! the code of the block is translated once for every one that occurs.

use crate::decode::{Instr, op};
use crate::session::Body;
use crate::stack::{Block, Entry, Kind, Reg};
use crate::translate::{Flow, Test, Translator};
use crate::{Error, push};
use snakeye_bytecode::{Const, Op, Special};

/// Most handlers inside one another.
const MAX_BLOCKS: usize = 100;

impl Translator<'_, '_> {
    /// Translates an instruction about exceptions or the end of the body.
    pub fn control(&mut self, i: Instr) -> Result<Flow, Error> {
        match i.op {
            op::SETUP_EXCEPT => self.setup(Kind::Except, i),
            op::SETUP_FINALLY => self.setup(Kind::Finally, i),
            op::SETUP_WITH => self.setup_with(i),
            op::WITH_CLEANUP => self.with_cleanup(),
            op::END_FINALLY => self.end_finally(),
            op::POP_EXCEPT_JUMP => {
                let block = self.state.blocks.pop().ok_or(Error::Corrupt)?;
                self.forget(block)?;
                Ok(Flow::Goto(i.index()?))
            }
            op::UNWIND_JUMP => self.unwind_jump(i.index()?, i.extra & 0x80 != 0, i.extra & 0x7F),
            op::RETURN_VALUE => self.unwind_return(),
            op::RAISE_LAST => self.raise_last(),
            op::RAISE_OBJ => {
                self.prepare(1)?;
                let exception = self.pop_reg()?;
                self.emit.op(Op::Raise, exception, 0, 0)?;
                Ok(Flow::Stop)
            }
            op::RAISE_FROM => {
                self.prepare(2)?;
                let cause = self.pop_reg()?;
                let exception = self.pop_reg()?;
                self.emit.op(Op::RaiseFrom, exception, cause, 0)?;
                Ok(Flow::Stop)
            }
            _ => Err(Error::Corrupt),
        }
    }

    fn push_block(&mut self, kind: Kind, handler: usize) -> Result<(), Error> {
        if self.state.blocks.len() >= MAX_BLOCKS {
            return Err(Error::TooComplex);
        }
        let handler = u32::try_from(handler).map_err(|_| Error::TooComplex)?;
        let floor = self.state.stack.len() as u16;
        push(&mut self.state.blocks, Block { kind, handler, floor, held: None })
    }

    fn setup(&mut self, kind: Kind, i: Instr) -> Result<Flow, Error> {
        // What is below stays where it is while the guarded code runs.
        self.settle(0, false)?;
        self.push_block(kind, i.index()?)?;
        Ok(Flow::Next)
    }

    /// The manager becomes the window of the exit call, above a spare register; what it returns is on top.
    fn setup_with(&mut self, i: Instr) -> Result<Flow, Error> {
        self.settle(0, false)?;
        let place = self.state.place(0)?;
        if place + 1 != self.state.stack.len() || self.state.stack[place] != Entry::Own {
            return Err(Error::Corrupt);
        }
        let manager = self.emit.regs(self.own(place), 5)?;
        for (window, name) in [(manager + 1, "__exit__"), (manager + 3, "__enter__")] {
            let name = self.emit.plain_name(name)?;
            let cache = self.emit.cache()?;
            self.emit.op_x(Op::LoadMethod, window, manager, 0, u32::from(name) | u32::from(cache) << 16)?;
        }
        self.emit.op(Op::CallMethod, manager + 3, 0, 0)?;
        self.emit.op(Op::Clear, manager, 1, 0)?;
        self.state.stack[place] = Entry::Spare;
        self.push(Entry::Own)?;
        self.push(Entry::Own)?;
        self.push_block(Kind::With, i.index()?)?;
        self.push(Entry::Own)?;
        Ok(Flow::Next)
    }

    /// Calls the exit method under the top of the stack, which says how the block ended.
    fn with_cleanup(&mut self) -> Result<Flow, Error> {
        let block = *self.state.blocks.last().ok_or(Error::Corrupt)?;
        let exit = usize::from(block.floor).checked_sub(2).ok_or(Error::Corrupt)?;
        let window = self.state.stack.get(exit.wrapping_sub(1)..exit + 2);
        if block.kind != Kind::With || window != Some(&[Entry::Spare, Entry::Own, Entry::Own]) {
            return Err(Error::Corrupt);
        }
        let a = self.emit.regs(self.own(exit), 5)?;
        let spare = a - 1;
        let above = self.state.stack.split_off(exit + 2);
        self.state.stack.truncate(exit - 1);
        match above[..] {
            [Entry::Fell | Entry::Special(Special::None)] => {
                self.exit_call(a, None)?;
                self.push(Entry::Fell)?;
            }
            [value, end @ (Entry::Returns | Entry::Jumps(_))] => {
                let value = match value {
                    Entry::Way(..) => value,
                    value => {
                        let from = self.in_reg(exit + 2, value)?;
                        self.emit.op(Op::Take, spare, from, 0)?;
                        Entry::Own
                    }
                };
                self.exit_call(a, None)?;
                self.push(value)?;
                self.push(end)?;
            }
            [Entry::Held, Entry::In(held)] if held == Reg::from(a) + 2 => {
                self.emit.op(Op::Take, spare, a + 2, 0)?;
                self.exit_call(a, Some(spare))?;
                let place = (exit - 1) as u16;
                if let Some(block) = self.state.blocks.last_mut() {
                    block.held = Some(place);
                }
                self.push(Entry::Held)?;
                // A true result ends the exception.
                self.push(Entry::Fell)?;
                let next = self.next;
                self.branch(Test::Truth(a), true, next)?;
                self.state.stack.pop();
                self.push(Entry::In(Reg::from(spare)))?;
            }
            _ => return Err(Error::Corrupt),
        }
        Ok(Flow::Next)
    }

    /// Calls the exit method in the window `a` about an exception, or about nothing.
    fn exit_call(&mut self, a: u8, exception: Option<u8>) -> Result<(), Error> {
        let none = Special::None as u8;
        match exception {
            Some(exception) => {
                self.emit.op(Op::TypeOf, a + 2, exception, 0)?;
                self.emit.op(Op::Move, a + 3, exception, 0)?;
            }
            None => {
                self.emit.op(Op::LoadSpecial, a + 2, none, 0)?;
                self.emit.op(Op::LoadSpecial, a + 3, none, 0)?;
            }
        }
        self.emit.op(Op::LoadSpecial, a + 4, none, 0)?;
        self.emit.op(Op::CallMethod, a, 3, 0)
    }

    /// Lets go of the exception that a block handled.
    fn forget(&mut self, block: Block) -> Result<(), Error> {
        let Some(place) = block.held else { return Ok(()) };
        while self.state.stack.last() == Some(&Entry::Spare) {
            self.state.stack.pop();
        }
        if self.state.stack.len() != usize::from(place) + 1 || self.state.stack.pop() != Some(Entry::Held) {
            return Err(Error::Corrupt);
        }
        while self.state.stack.last() == Some(&Entry::Spare) {
            self.state.stack.pop();
        }
        let reg = self.emit.reg(self.own(usize::from(place)))?;
        self.emit.op(Op::Clear, reg, 1, 0)
    }

    fn end_finally(&mut self) -> Result<Flow, Error> {
        let block = self.state.blocks.pop().ok_or(Error::Corrupt)?;
        self.protect()?;
        let (place, top) = self.state.pop()?;
        match top {
            Entry::Fell | Entry::Special(Special::None) => self.forget(block)?,
            Entry::Returns => return self.unwind_return(),
            Entry::Jumps(left) => match self.state.pop()?.1 {
                Entry::Way(ip, drops) => return self.unwind_jump(ip as usize, drops, left),
                _ => return Err(Error::Corrupt),
            },
            Entry::In(r) if Some(r) == block.held.map(|p| self.own(usize::from(p))) => {
                let exception = self.emit.reg(r)?;
                self.emit.op(Op::Reraise, exception, 0, 0)?;
                return Ok(Flow::Stop);
            }
            Entry::Own | Entry::In(_) => {
                // None or an exception: known only when it runs.
                let value = self.in_reg(place, top)?;
                let none = self.load_none(self.own(self.state.stack.len().max(place + 1)))?;
                let over = self.emit.label()?;
                self.emit.branch(Op::JumpIs, value, none, 1, over)?;
                self.emit.op(Op::Raise, value, 0, 0)?;
                self.emit.bind(over);
                self.forget(block)?;
            }
            _ => return Err(Error::Corrupt),
        }
        Ok(Flow::Next)
    }

    /// Drops what is above a block's floor.
    fn cut(&mut self, block: Block) {
        self.state.stack.truncate(usize::from(block.floor));
    }

    /// Returns the value on top, through the `finally` blocks around.
    fn unwind_return(&mut self) -> Result<Flow, Error> {
        self.protect()?;
        let (mut place, mut value) = self.state.pop()?;
        if matches!(value, Entry::Cell(_)) && (self.kind != Body::Class || !self.state.blocks.is_empty()) {
            return Err(Error::Corrupt);
        }
        while let Some(&block) = self.state.blocks.last() {
            if block.kind != Kind::Except && block.handler as usize > self.ip {
                self.cut(block);
                let at = self.state.stack.len();
                // The value goes where the block looks for it.
                let to = self.emit.reg(self.own(at))?;
                match value {
                    Entry::Int(_) | Entry::Const(_) | Entry::Special(_) => {
                        self.load(value, self.own(at))?;
                    }
                    _ => {
                        let from = self.in_reg(place, value)?;
                        if from != to {
                            self.emit.op(Op::Move, to, from, 0)?;
                        }
                    }
                }
                self.push(Entry::Own)?;
                self.push(Entry::Returns)?;
                return Ok(Flow::Goto(block.handler as usize));
            }
            self.state.blocks.pop();
        }
        if value == Entry::Special(Special::None) {
            self.emit.op(Op::ReturnNone, 0, 0, 0)?;
            return Ok(Flow::Stop);
        }
        if let Entry::Cell(cell) = value {
            (place, value) = (0, Entry::In(cell));
        }
        let reg = self.in_reg(place, value)?;
        self.emit.op(Op::Return, reg, 0, 0)?;
        Ok(Flow::Stop)
    }

    /// Jumps out of `left` blocks, and out of a loop whose iterator is dropped.
    fn unwind_jump(&mut self, target: usize, drops: bool, left: u8) -> Result<Flow, Error> {
        for done in 0..left {
            let block = *self.state.blocks.last().ok_or(Error::Corrupt)?;
            self.cut(block);
            if block.kind != Kind::Except && block.handler as usize > self.ip {
                let way = u32::try_from(target).map_err(|_| Error::TooComplex)?;
                self.push(Entry::Way(way, drops))?;
                self.push(Entry::Jumps(left - done - 1))?;
                return Ok(Flow::Goto(block.handler as usize));
            }
            self.state.blocks.pop();
        }
        if drops {
            let at = self.state.stack.len().checked_sub(4).ok_or(Error::Corrupt)?;
            if self.state.stack[at] != Entry::Iter {
                return Err(Error::Corrupt);
            }
            self.state.stack.truncate(at);
            let first = self.emit.regs(self.own(at), 3)?;
            self.emit.op(Op::Clear, first, 3, 0)?;
        }
        Ok(Flow::Goto(target))
    }

    /// `raise` alone.
    fn raise_last(&mut self) -> Result<Flow, Error> {
        if let Some(place) = self.state.blocks.iter().rev().find_map(|b| b.held) {
            let exception = self.emit.reg(self.own(usize::from(place)))?;
            self.emit.op(Op::Reraise, exception, 0, 0)?;
            return Ok(Flow::Stop);
        }
        self.prepare(0)?;
        let a = self.emit.regs(self.own(self.state.stack.len()), 2)?;
        let name = self.emit.plain_name("RuntimeError")?;
        let cache = self.emit.global_cache(name, false)?;
        let text = self.emit.constant(Const::Str("no active exception to reraise".into()))?;
        self.emit.op_bx_x(Op::LoadGlobal, a, name, u32::from(cache))?;
        self.emit.op_bx(Op::LoadConst, a + 1, text)?;
        self.emit.op(Op::Call, a, 1, 0)?;
        self.emit.op(Op::Raise, a, 0, 0)?;
        Ok(Flow::Stop)
    }
}
