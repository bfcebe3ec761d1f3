//! Instructions that load, store, compute and jump.

use crate::Error;
use crate::decode::{Instr, decode, op};
use crate::session::Body;
use crate::stack::{Entry, Kind, Reg};
use crate::translate::{Flow, Test, Translator};
use snakeye_bytecode::{Const, Op, Special};

/// Binary operators in the order of their codes; `None`: matching of exceptions.
const BINARY: [Option<Op>; 35] = [
    Some(Op::Lt),
    Some(Op::Gt),
    Some(Op::Eq),
    Some(Op::Le),
    Some(Op::Ge),
    Some(Op::Ne),
    Some(Op::In),
    Some(Op::Is),
    None,
    Some(Op::IOr),
    Some(Op::IXor),
    Some(Op::IAnd),
    Some(Op::IShl),
    Some(Op::IShr),
    Some(Op::IAdd),
    Some(Op::ISub),
    Some(Op::IMul),
    Some(Op::IMatMul),
    Some(Op::IFloorDiv),
    Some(Op::ITrueDiv),
    Some(Op::IMod),
    Some(Op::IPow),
    Some(Op::Or),
    Some(Op::Xor),
    Some(Op::And),
    Some(Op::Shl),
    Some(Op::Shr),
    Some(Op::Add),
    Some(Op::Sub),
    Some(Op::Mul),
    Some(Op::MatMul),
    Some(Op::FloorDiv),
    Some(Op::TrueDiv),
    Some(Op::Mod),
    Some(Op::Pow),
];

impl Translator<'_, '_> {
    /// Translates one instruction.
    pub fn step(&mut self, i: Instr) -> Result<Flow, Error> {
        self.shorten_display()?;
        if self.shuffle(i)? {
            return Ok(Flow::Next);
        }
        self.protect()?;
        match i.op {
            op::LOAD_FAST_N => self.load_fast(i.index()?)?,
            op::STORE_FAST_N => self.store_fast(i.index()?)?,
            op::DELETE_FAST => self.delete_fast(i.index()?)?,
            op::LOAD_DEREF | op::STORE_DEREF | op::DELETE_DEREF => self.dereference(i)?,
            op::LOAD_NAME | op::LOAD_GLOBAL => self.load_name(i)?,
            op::STORE_NAME | op::STORE_GLOBAL => self.store_name(i)?,
            op::DELETE_NAME | op::DELETE_GLOBAL => {
                let name = self.name(i.index()?)?;
                let op = if self.in_namespace(i.op == op::DELETE_NAME) { Op::DelName } else { Op::DelGlobal };
                self.emit.op_bx(op, 0, name)?;
            }
            op::LOAD_ATTR => {
                let name = self.name(i.index()?)?;
                self.prepare(1)?;
                let object = self.pop_reg()?;
                let dest = self.dest()?;
                let cache = self.emit.cache()?;
                self.emit.op_x(Op::LoadAttr, dest.reg, object, 0, u32::from(name) | u32::from(cache) << 16)?;
                self.done(dest)?;
            }
            op::STORE_ATTR => self.store_attr(i)?,
            op::LOAD_SUBSCR => {
                self.prepare(2)?;
                let key = self.pop_reg()?;
                let object = self.pop_reg()?;
                let dest = self.dest()?;
                self.emit.op(Op::GetItem, dest.reg, object, key)?;
                self.done(dest)?;
            }
            op::STORE_SUBSCR => {
                self.prepare(3)?;
                let key = self.pop_reg()?;
                let object = self.pop_reg()?;
                match self.state.pop()? {
                    (_, Entry::Null) => self.emit.op(Op::DelItem, object, key, 0)?,
                    (place, value) => {
                        let value = self.in_reg(place, value)?;
                        self.emit.op(Op::SetItem, object, key, value)?;
                    }
                }
            }
            op::UNARY..=op::NOT => {
                self.prepare(1)?;
                let value = self.pop_reg()?;
                let dest = self.dest()?;
                let op = [Op::Pos, Op::Neg, Op::Invert, Op::Not][usize::from(i.op - op::UNARY)];
                self.emit.op(op, dest.reg, value, 0)?;
                self.done(dest)?;
            }
            op::BINARY..=op::BINARY_LAST => return self.binary(i),
            op::JUMP => return Ok(Flow::Goto(i.index()?)),
            op::POP_JUMP_IF_TRUE | op::POP_JUMP_IF_FALSE => {
                let target = i.index()?;
                self.prepare_branch(1, target)?;
                let value = self.pop_reg()?;
                self.branch(Test::Truth(value), i.op == op::POP_JUMP_IF_TRUE, target)?;
            }
            op::JUMP_IF_TRUE_OR_POP | op::JUMP_IF_FALSE_OR_POP => {
                let (target, top) = (i.index()?, self.state.place(0)?);
                self.settle(if self.marks.is_loop(target) { 0 } else { top }, false)?;
                let value = self.in_reg(top, self.state.peek(0)?)?;
                self.branch(Test::Truth(value), i.op == op::JUMP_IF_TRUE_OR_POP, target)?;
                self.state.pop()?;
            }
            op::GET_ITER => {
                self.prepare(1)?;
                let value = self.pop_reg()?;
                let dest = self.dest()?;
                self.emit.op(Op::GetIter, dest.reg, value, 0)?;
                self.done(dest)?;
            }
            op::GET_ITER_STACK => {
                self.prepare(1)?;
                let place = self.state.stack.len().checked_sub(1).ok_or(Error::Corrupt)?;
                self.settle(place, true)?;
                self.begin_loop(place)?;
            }
            op::FOR_ITER => self.for_iter(i)?,
            op::YIELD_VALUE => {
                self.generator()?;
                self.prepare(1)?;
                let value = self.pop_reg()?;
                let dest = self.dest()?;
                self.emit.op(Op::Yield, dest.reg, value, 0)?;
                self.done(dest)?;
            }
            op::YIELD_FROM => {
                self.generator()?;
                let place = self.state.stack.len().checked_sub(2).ok_or(Error::Corrupt)?;
                self.prepare(2)?;
                self.settle(place, true)?;
                let a = self.emit.regs(self.own(place), 2)?;
                self.emit.op(Op::YieldFrom, a, a + 1, 0)?;
                self.state.pop()?;
                self.state.pop()?;
                let dest = self.dest()?;
                self.emit.op(Op::Take, dest.reg, a + 1, 0)?;
                self.done(dest)?;
            }
            op::IMPORT_NAME..=op::IMPORT_FROM | op::IMPORT_STAR => self.import(i)?,
            op::BUILD_TUPLE..=op::STORE_COMP | op::STORE_MAP | op::UNPACK_SEQUENCE | op::UNPACK_EX => {
                self.display(i)?
            }
            op::LOAD_METHOD
            | op::LOAD_SUPER_METHOD
            | op::LOAD_BUILD_CLASS
            | op::CALL_FUNCTION..=op::CALL_METHOD_VAR_KW
            | op::MAKE_FUNCTION..=op::MAKE_FUNCTION_DEFARGS
            | op::MAKE_CLOSURE..=op::MAKE_CLOSURE_DEFARGS => self.call(i)?,
            _ => return self.control(i),
        }
        Ok(Flow::Next)
    }

    /// Instructions that only move what the stack says.
    fn shuffle(&mut self, i: Instr) -> Result<bool, Error> {
        match i.op {
            op::LOAD_CONST_FALSE => self.push(Entry::Special(Special::False))?,
            op::LOAD_CONST_NONE => self.push(Entry::Special(Special::None))?,
            op::LOAD_CONST_TRUE => self.push(Entry::Special(Special::True))?,
            op::LOAD_NULL => self.push(Entry::Null)?,
            op::LOAD_CONST_SMALL_INT => {
                let entry = self.integer(i.arg)?;
                self.push(entry)?;
            }
            op::LOAD_CONST_STRING => {
                let id = i.index()?;
                let k = self.emit.string(id, self.session.name(id)?)?;
                self.push(Entry::Const(k))?;
            }
            op::LOAD_CONST_OBJ => {
                let entry = self.constant(i.index()?)?;
                self.push(entry)?;
            }
            op::DUP_TOP => {
                if let Some(next) = self.exception_or_not()? {
                    self.next = next;
                    return Ok(true);
                }
                let place = self.state.place(0)?;
                let e = self.locate(place)?;
                self.push(e)?;
            }
            op::DUP_TOP_TWO => {
                let (a, b) = (self.state.place(1)?, self.state.place(0)?);
                let (a, b) = (self.locate(a)?, self.locate(b)?);
                self.push(a)?;
                self.push(b)?;
            }
            op::ROT_TWO => self.rotate(2)?,
            op::ROT_THREE => self.rotate(3)?,
            op::POP_TOP => {
                let (place, e) = self.state.pop()?;
                if e == Entry::Iter {
                    let first = self.emit.regs(self.own(place), 3)?;
                    self.protect()?;
                    self.emit.op(Op::Clear, first, 3, 0)?;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// An entry that means the value at `place`, for another place.
    fn locate(&self, place: usize) -> Result<Entry, Error> {
        match self.state.stack.get(place).copied().ok_or(Error::Corrupt)? {
            Entry::Own | Entry::BuildClass => Ok(Entry::In(self.own(place))),
            Entry::Iter | Entry::Pad | Entry::Part(_) => Err(Error::Corrupt),
            e => Ok(e),
        }
    }

    /// The top value goes under the `n - 1` below it.
    fn rotate(&mut self, n: usize) -> Result<(), Error> {
        let mut places = [0; 3];
        let mut entries = [Entry::Null; 3];
        for k in 0..n {
            places[k] = self.state.place(k)?;
            entries[k] = self.locate(places[k])?;
        }
        for k in 0..n {
            let (place, e) = (places[k], entries[(k + 1) % n]);
            self.state.stack[place] = if e == Entry::In(self.own(place)) { Entry::Own } else { e };
        }
        Ok(())
    }

    fn integer(&mut self, n: i64) -> Result<Entry, Error> {
        match i16::try_from(n) {
            Ok(n) => Ok(Entry::Int(n)),
            Err(_) => Ok(Entry::Const(self.emit.constant(Const::Int(n))?)),
        }
    }

    fn constant(&mut self, id: usize) -> Result<Entry, Error> {
        Ok(match self.session.module.constants.get(id).ok_or(Error::Corrupt)? {
            Const::None => Entry::Special(Special::None),
            Const::Bool(false) => Entry::Special(Special::False),
            Const::Bool(true) => Entry::Special(Special::True),
            Const::Ellipsis => Entry::Special(Special::Ellipsis),
            &Const::Int(n) if i16::try_from(n).is_ok() => Entry::Int(n as i16),
            _ => Entry::Const(self.emit.shared(id, || self.session.copy(id))?),
        })
    }

    /// The index of a name of the file.
    pub fn name(&mut self, id: usize) -> Result<u16, Error> {
        let text = self.session.name(id)?;
        self.emit.name(id, text)
    }

    /// Only generators may yield.
    fn generator(&self) -> Result<(), Error> {
        let flag = snakeye_bytecode::CodeFlags::GENERATOR;
        if self.emit.code.flags.has(flag) { Ok(()) } else { Err(Error::Corrupt) }
    }

    // Locals

    /// The register of a local that is neither captured nor a cell.
    fn plain_local(&self, local: usize) -> Result<Reg, Error> {
        let reg = local.checked_sub(self.n_free).ok_or(Error::Corrupt)? as Reg;
        if self.cells.has(reg) { Err(Error::Corrupt) } else { Ok(reg) }
    }

    fn load_fast(&mut self, local: usize) -> Result<(), Error> {
        if local < self.n_free {
            return self.push(Entry::Free(local as u16));
        }
        let reg = (local - self.n_free) as Reg;
        if self.cells.has(reg) {
            return self.push(Entry::Cell(reg));
        }
        if !self.bound.has(reg) {
            let r = self.emit.reg(reg)?;
            self.emit.op(Op::CheckBound, r, 0, 0)?;
            self.bound.set(reg, true);
        }
        self.push(Entry::In(reg))
    }

    fn store_fast(&mut self, local: usize) -> Result<(), Error> {
        let local = self.plain_local(local)?;
        let (place, e) = self.state.pop()?;
        if e != Entry::In(local) {
            let to = self.emit.reg(local)?;
            match e {
                Entry::Own | Entry::BuildClass | Entry::In(_) => {
                    let from = self.in_reg(place, e)?;
                    let spent = self.is_spent(from);
                    // The value may be needed below: it is read before anything moves.
                    if self.state.stack.contains(&Entry::In(local)) {
                        self.state.stack.push(Entry::In(Reg::from(from)));
                        self.evacuate(local)?;
                        let (place, e) = self.state.pop()?;
                        let from = self.in_reg(place, e)?;
                        self.emit.op(Op::Move, to, from, 0)?;
                    } else {
                        self.emit.op(if spent { Op::Take } else { Op::Move }, to, from, 0)?;
                    }
                }
                _ => {
                    self.evacuate(local)?;
                    self.load(e, local)?;
                }
            }
        }
        self.bound.set(local, true);
        Ok(())
    }

    fn delete_fast(&mut self, local: usize) -> Result<(), Error> {
        let local = self.plain_local(local)?;
        self.evacuate(local)?;
        let reg = self.emit.reg(local)?;
        if !self.bound.has(local) {
            self.emit.op(Op::CheckBound, reg, 0, 0)?;
        }
        self.bound.set(local, false);
        self.emit.op(Op::Clear, reg, 1, 0)
    }

    fn dereference(&mut self, i: Instr) -> Result<(), Error> {
        let local = i.index()?;
        let cell = match local.checked_sub(self.n_free) {
            Some(reg) if self.cells.has(reg as Reg) => Some(self.emit.reg(reg as Reg)?),
            Some(_) => return Err(Error::Corrupt),
            None => None,
        };
        match (i.op, cell) {
            (op::LOAD_DEREF, _) => {
                self.prepare(0)?;
                let dest = self.dest()?;
                match cell {
                    Some(cell) => self.emit.op(Op::LoadCell, dest.reg, cell, 0)?,
                    None => self.emit.op_bx(Op::LoadFree, dest.reg, local as u16)?,
                }
                self.done(dest)
            }
            (op::STORE_DEREF, _) => {
                self.prepare(1)?;
                let value = self.pop_reg()?;
                match cell {
                    Some(cell) => self.emit.op(Op::StoreCell, cell, value, 0),
                    None => self.emit.op_bx(Op::StoreFree, value, local as u16),
                }
            }
            (_, Some(cell)) => self.emit.op(Op::DelCell, cell, 0, 0),
            (_, None) => self.emit.op_bx(Op::DelFree, 0, local as u16),
        }
    }

    // Names

    /// Whether a name is looked up in the namespace of a class body.
    fn in_namespace(&self, by_name: bool) -> bool {
        by_name && self.kind != Body::Module
    }

    fn load_name(&mut self, i: Instr) -> Result<(), Error> {
        let name = self.name(i.index()?)?;
        self.prepare(0)?;
        let dest = self.dest()?;
        if self.in_namespace(i.op == op::LOAD_NAME) {
            self.emit.op_bx(Op::LoadName, dest.reg, name)?;
        } else {
            let cache = self.emit.global_cache(name, false)?;
            self.emit.op_bx_x(Op::LoadGlobal, dest.reg, name, u32::from(cache))?;
        }
        self.done(dest)
    }

    fn store_name(&mut self, i: Instr) -> Result<(), Error> {
        let name = self.name(i.index()?)?;
        self.prepare(1)?;
        let value = self.pop_reg()?;
        if self.in_namespace(i.op == op::STORE_NAME) {
            return self.emit.op_bx(Op::StoreName, value, name);
        }
        let cache = self.emit.global_cache(name, true)?;
        let moves = u32::from(self.is_spent(value));
        self.emit.op_bx_x(Op::StoreGlobal, value, name, u32::from(cache) | moves << 16)
    }

    fn store_attr(&mut self, i: Instr) -> Result<(), Error> {
        let name = self.name(i.index()?)?;
        self.prepare(2)?;
        let object = self.pop_reg()?;
        match self.state.pop()? {
            (_, Entry::Null) => self.emit.op_bx(Op::DelAttr, object, name),
            (place, value) => {
                let value = self.in_reg(place, value)?;
                let moves = u8::from(self.is_spent(value) && value != object);
                let cache = self.emit.cache()?;
                self.emit.op_x(Op::StoreAttr, object, value, moves, u32::from(name) | u32::from(cache) << 16)
            }
        }
    }

    // Operators and jumps

    /// Before a conditional jump takes `n` values off: what stays is fit for its target.
    fn prepare_branch(&mut self, n: usize, target: usize) -> Result<(), Error> {
        self.prepare(n)?;
        let rest = self.state.place(n - 1)?;
        let loose = |e: &Entry| matches!(e, Entry::In(_) | Entry::Int(_) | Entry::Const(_) | Entry::Special(_));
        if self.marks.is_loop(target) && self.state.stack.iter().take(rest).any(loose) {
            self.settle(0, false)
        } else if self.misplaced(rest) {
            self.settle(self.state.stack.len(), false)
        } else {
            Ok(())
        }
    }

    fn binary(&mut self, i: Instr) -> Result<Flow, Error> {
        let code = BINARY.get(usize::from(i.op - op::BINARY)).copied().ok_or(Error::Corrupt)?;
        // `is not` and `not in` are two instructions there.
        let negated = match code {
            Some(Op::Is) => Some(Op::IsNot),
            Some(Op::In) => Some(Op::NotIn),
            _ => None,
        };
        let negated = match self.following(|j| negated.is_some() && j.op == op::NOT)? {
            Some(j) => {
                self.next = j.next;
                negated
            }
            None => None,
        };
        // A jump that only this operator's result decides becomes part of it.
        let jump = self.following(|j| matches!(j.op, op::POP_JUMP_IF_TRUE | op::POP_JUMP_IF_FALSE))?;
        match jump {
            Some(j) => self.prepare_branch(2, j.index()?)?,
            None => self.prepare(2)?,
        }
        let (right_place, right) = self.state.pop()?;
        let (left_place, left) = self.state.pop()?;
        let small = match right {
            Entry::Int(n) => i8::try_from(n).ok(),
            _ => None,
        };
        let x = self.in_reg(left_place, left)?;
        let Some(code) = code else {
            let class = self.in_reg(right_place, right)?;
            return self.match_exception(x, class, jump);
        };
        if let Some(j) = jump
            && let Some((register, immediate)) = comparing_jump(code)
        {
            let test = match (small, immediate) {
                (Some(n), Some(op)) => Test::Compare(op, x, n as u8),
                _ => Test::Compare(register, x, self.in_reg(right_place, right)?),
            };
            self.branch(test, (j.op == op::POP_JUMP_IF_TRUE) != negated.is_some(), j.index()?)?;
            self.next = j.next;
            return Ok(Flow::Next);
        }
        let code = negated.unwrap_or(code);
        let immediate = match code {
            Op::Add => Some(Op::AddI),
            Op::Sub => Some(Op::SubI),
            Op::IAdd => Some(Op::IAddI),
            Op::ISub => Some(Op::ISubI),
            _ => None,
        };
        let (code, y) = match (small, immediate) {
            (Some(n), Some(op)) => (op, n as u8),
            _ => (code, self.in_reg(right_place, right)?),
        };
        let dest = self.dest()?;
        self.emit.op(code, dest.reg, x, y)?;
        self.done(dest)?;
        Ok(Flow::Next)
    }

    /// The next instruction, when nothing jumps to it and it is of the kind asked for.
    pub fn following(&self, wanted: impl FnOnce(&Instr) -> bool) -> Result<Option<Instr>, Error> {
        if self.next >= self.prelude.code.len() || self.marks.is_target(self.next) {
            return Ok(None);
        }
        Ok(Some(decode(self.prelude.code, self.next)?).filter(wanted))
    }

    fn match_exception(&mut self, exception: u8, class: u8, jump: Option<Instr>) -> Result<Flow, Error> {
        let test = Test::Match(exception, class);
        match jump {
            Some(j) => {
                self.branch(test, j.op == op::POP_JUMP_IF_TRUE, j.index()?)?;
                self.next = j.next;
            }
            None => {
                let (no, end) = (self.emit.label()?, self.emit.label()?);
                let dest = self.emit.reg(self.own(self.state.stack.len()))?;
                self.emit.branch(Op::JumpNoMatch, exception, class, 0, no)?;
                self.emit.op(Op::LoadSpecial, dest, Special::True as u8, 0)?;
                self.emit.jump(end)?;
                self.emit.bind(no);
                self.emit.op(Op::LoadSpecial, dest, Special::False as u8, 0)?;
                self.emit.bind(end);
                self.push(Entry::Own)?;
            }
        }
        Ok(Flow::Next)
    }

    // Loops

    /// The iterable in `place` becomes a loop's state.
    fn begin_loop(&mut self, place: usize) -> Result<(), Error> {
        let first = self.emit.regs(self.own(place), 4)?;
        self.emit.op(Op::ForPrep, first, 0, 0)?;
        self.state.stack.truncate(place);
        for e in [Entry::Iter, Entry::Pad, Entry::Pad, Entry::Pad] {
            self.push(e)?;
        }
        Ok(())
    }

    /// Comprehensions lay out the places of an iterator by hand, around the iterator they were given.
    pub fn make_iterator(&mut self) -> Result<(), Error> {
        let Some(at) = self.state.stack.len().checked_sub(4) else { return Ok(()) };
        if self.state.stack[at] == Entry::Null
            && self.state.stack[at + 2..] == [Entry::Null, Entry::Null]
            && matches!(self.state.stack[at + 1], Entry::Own | Entry::In(_))
            && decode(self.prelude.code, self.ip)?.op == op::FOR_ITER
        {
            self.protect()?;
            if self.misplaced(at + 1) {
                self.settle(at + 4, false)?;
            }
            let e = self.state.stack[at + 1];
            let from = self.in_reg(at + 1, e)?;
            let to = self.emit.reg(self.own(at))?;
            self.emit.op(Op::Move, to, from, 0)?;
            self.begin_loop(at)?;
        }
        Ok(())
    }

    fn for_iter(&mut self, i: Instr) -> Result<(), Error> {
        self.make_iterator()?;
        let at = self.state.stack.len().checked_sub(4).ok_or(Error::Corrupt)?;
        if self.state.stack[at..] != [Entry::Iter, Entry::Pad, Entry::Pad, Entry::Pad] {
            return Err(Error::Corrupt);
        }
        self.prepare(0)?;
        let target = i.index()?;
        if self.misplaced(at) || self.marks.is_loop(target) {
            self.settle(if self.marks.is_loop(target) { 0 } else { self.state.stack.len() }, false)?;
        }
        let iterator = self.emit.regs(self.own(at), 3)?;
        let items = self.state.stack.split_off(at);
        let end = self.edge_clearing(target, self.own(at), 3)?;
        self.state.stack.extend(items);
        let dest = self.dest()?;
        self.emit.branch(Op::ForIter, dest.reg, iterator, 0, end)?;
        self.done(dest)
    }

    /// `async with` asks whether its block ended by an exception by comparing what is on the stack with
    /// BaseException. Here that is known: gives the byte where the code goes on.
    fn exception_or_not(&mut self) -> Result<Option<usize>, Error> {
        let starts = self.state.blocks.last().is_some_and(|b| b.handler as usize == self.ip && b.kind == Kind::Finally);
        if !starts {
            return Ok(None);
        }
        let code = self.prelude.code;
        let load = decode(code, self.next)?;
        if load.op != op::LOAD_GLOBAL || self.session.name(load.index()?)? != "BaseException" {
            return Ok(None);
        }
        let compare = decode(code, load.next)?;
        let jump = decode(code, compare.next)?;
        if compare.op != op::EXCEPTION_MATCH || jump.op != op::POP_JUMP_IF_FALSE {
            return Ok(None);
        }
        Ok(match self.state.peek(0)? {
            Entry::In(_) => Some(jump.next),
            Entry::Returns | Entry::Jumps(_) => Some(jump.index()?),
            _ => None,
        })
    }
}

/// The jumps that compare as an operator does: two registers, a register and a number.
fn comparing_jump(op: Op) -> Option<(Op, Option<Op>)> {
    Some(match op {
        Op::Eq => (Op::JumpEq, Some(Op::JumpEqI)),
        Op::Ne => (Op::JumpNe, Some(Op::JumpNeI)),
        Op::Lt => (Op::JumpLt, Some(Op::JumpLtI)),
        Op::Le => (Op::JumpLe, Some(Op::JumpLeI)),
        Op::Gt => (Op::JumpGt, Some(Op::JumpGtI)),
        Op::Ge => (Op::JumpGe, Some(Op::JumpGeI)),
        Op::Is => (Op::JumpIs, None),
        Op::In => (Op::JumpIn, None),
        _ => return None,
    })
}
