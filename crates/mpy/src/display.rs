//! Lists, tuples, sets, dicts, slices; comprehensions; unpacking.

use crate::Error;
use crate::decode::{Instr, decode, op};
use crate::stack::Entry;
use crate::translate::Translator;
use alloc::vec::Vec;
use snakeye_bytecode::{Const, Op};

/// Places on the stack from which on the elements of a long display are collected early: the stack machine
/// pushes them all, which registers could not hold.
pub(crate) const LONG: usize = 100;
/// Elements that it is worth to collect.
const WORTH: usize = 32;

impl Translator<'_, '_> {
    /// Translates an instruction that builds or takes apart.
    pub fn display(&mut self, i: Instr) -> Result<(), Error> {
        match i.op {
            op::BUILD_TUPLE => self.build(Op::BuildTuple, i.index()?),
            op::BUILD_LIST => self.build(Op::BuildList, i.index()?),
            op::BUILD_SET => self.build(Op::BuildSet, i.index()?),
            op::BUILD_MAP => {
                self.prepare(0)?;
                let dest = self.dest()?;
                self.emit.op(Op::BuildMap, dest.reg, dest.reg, 0)?;
                self.done(dest)
            }
            op::STORE_MAP => {
                self.prepare(2)?;
                let key = self.pop_reg()?;
                let value = self.pop_reg()?;
                let map = self.in_reg(self.state.place(0)?, self.state.peek(0)?)?;
                self.emit.op(Op::MapSet, map, key, value)
            }
            op::BUILD_SLICE => {
                let n = i.index()?;
                if n != 2 && n != 3 {
                    return Err(Error::Corrupt);
                }
                self.prepare(n)?;
                let place = self.state.stack.len().checked_sub(n).ok_or(Error::Corrupt)?;
                self.settle(place, true)?;
                let a = self.emit.regs(self.own(place), 3)?;
                if n == 2 {
                    self.load_none(self.own(place + 2))?;
                }
                self.state.stack.truncate(place);
                let dest = self.dest()?;
                self.emit.op(Op::BuildSlice, dest.reg, a, 0)?;
                self.done(dest)
            }
            op::STORE_COMP => {
                let (kind, depth) = (i.arg & 3, i.index()? >> 2);
                let collection = self.in_reg(self.state.place(depth)?, self.state.peek(depth)?)?;
                self.prepare(if kind == 1 { 2 } else { 1 })?;
                let first = self.pop_reg()?;
                match kind {
                    0 => self.emit.op(Op::ListAppend, collection, first, 0),
                    1 => {
                        let value = self.pop_reg()?;
                        self.emit.op(Op::MapSet, collection, first, value)
                    }
                    _ => self.emit.op(Op::SetAdd, collection, first, 0),
                }
            }
            op::UNPACK_SEQUENCE => {
                let n = u8::try_from(i.arg).map_err(|_| Error::TooComplex)?;
                self.prepare(1)?;
                let value = self.pop_reg()?;
                let first = self.state.stack.len();
                let a = self.emit.regs(self.own(first), usize::from(n))?;
                self.emit.op(Op::Unpack, a, value, n)?;
                self.unpacked(first, usize::from(n))
            }
            _ => {
                let (before, after) = (i.arg as u8, (i.arg >> 8) as u8);
                let n = usize::from(before) + usize::from(after) + 1;
                self.prepare(1)?;
                let value = self.pop_reg()?;
                let first = self.state.stack.len();
                let a = self.emit.regs(self.own(first), n)?;
                self.emit.op_x(Op::UnpackEx, a, value, before, u32::from(after))?;
                self.unpacked(first, n)
            }
        }
    }

    /// `n` items are in registers from `first` on; the stack machine has the first one on top.
    fn unpacked(&mut self, first: usize, n: usize) -> Result<(), Error> {
        for i in 0..n {
            let (place, item) = (self.own(first + i), self.own(first + n - 1 - i));
            self.push(if place == item { Entry::Own } else { Entry::In(item) })?;
        }
        Ok(())
    }

    fn build(&mut self, build: Op, n: usize) -> Result<(), Error> {
        if build == Op::BuildTuple && n > 0 && self.constant_tuple(n)? {
            return Ok(());
        }
        let place = self.first_of(n)?;
        if matches!(self.state.stack.get(place), Some(Entry::Part(_))) {
            self.collect(place, build)?;
            let collection = self.emit.reg(self.own(place))?;
            self.state.stack.truncate(place);
            if build == Op::BuildTuple {
                self.emit.op(Op::ListToTuple, collection, collection, 0)?;
            }
            return self.push(Entry::Own);
        }
        self.prepare(n)?;
        self.settle(place, true)?;
        let count = u8::try_from(n).map_err(|_| Error::TooComplex)?;
        let first = self.emit.regs(self.own(place), n)?;
        self.state.stack.truncate(place);
        let dest = self.dest()?;
        self.emit.op(build, dest.reg, first, count)?;
        self.done(dest)
    }

    /// The place of the first of the top `n` values.
    fn first_of(&self, n: usize) -> Result<usize, Error> {
        let mut left = n;
        let mut place = self.state.stack.len();
        while left > 0 {
            place = place.checked_sub(1).ok_or(Error::Corrupt)?;
            let many = match self.state.stack[place] {
                Entry::Part(many) => many as usize,
                _ => 1,
            };
            left = left.checked_sub(many).ok_or(Error::Corrupt)?;
        }
        Ok(place)
    }

    /// A tuple of constants is one: the names of an import are such.
    fn constant_tuple(&mut self, n: usize) -> Result<bool, Error> {
        let Some(place) = self.state.stack.len().checked_sub(n) else { return Ok(false) };
        let entries = &self.state.stack[place..];
        if !entries.iter().all(|e| matches!(e, Entry::Int(_) | Entry::Const(_) | Entry::Special(_))) {
            return Ok(false);
        }
        let mut items: Vec<Const> = crate::vec_for(n)?;
        for e in entries {
            items.push(match *e {
                Entry::Int(n) => Const::Int(i64::from(n)),
                Entry::Const(k) => {
                    let c = self.emit.code.consts.get(usize::from(k)).ok_or(Error::Corrupt)?;
                    self.session.charge(c)?;
                    c.clone()
                }
                Entry::Special(s) => match s {
                    snakeye_bytecode::Special::None => Const::None,
                    snakeye_bytecode::Special::False => Const::Bool(false),
                    snakeye_bytecode::Special::True => Const::Bool(true),
                    snakeye_bytecode::Special::Ellipsis => Const::Ellipsis,
                },
                _ => return Err(Error::Corrupt),
            });
        }
        self.state.stack.truncate(place);
        let k = self.emit.constant(Const::Tuple(items))?;
        self.push(Entry::Const(k))?;
        Ok(true)
    }

    // Long displays

    /// When the stack grows long, because many elements wait for the instruction that makes a list of them:
    /// collects those that are there.
    pub fn shorten_display(&mut self) -> Result<(), Error> {
        if self.state.stack.len() < self.long {
            return Ok(());
        }
        match self.consumer()? {
            Some((build, here)) if here >= WORTH => {
                let place = self.first_of(here)?;
                self.protect()?;
                self.collect(place, build)?;
                self.long = LONG;
            }
            _ => self.long = self.state.stack.len() + 16,
        }
        Ok(())
    }

    /// Puts the values from `place` on into one collection there.
    fn collect(&mut self, place: usize, build: Op) -> Result<(), Error> {
        let (make, add) = match build {
            Op::BuildSet => (Op::BuildSet, Op::SetAdd),
            _ => (Op::BuildList, Op::ListAppend),
        };
        let collection = self.emit.reg(self.own(place))?;
        let many = match self.state.stack.get(place) {
            Some(&Entry::Part(many)) => {
                self.settle(place + 1, true)?;
                for i in place + 1..self.state.stack.len() {
                    let item = self.emit.reg(self.own(i))?;
                    self.emit.op(add, collection, item, 0)?;
                }
                many as usize + self.state.stack.len() - place - 1
            }
            _ => {
                self.settle(place, true)?;
                let n = self.state.stack.len() - place;
                self.emit.op(make, collection, collection, u8::try_from(n).map_err(|_| Error::TooComplex)?)?;
                n
            }
        };
        self.state.stack.truncate(place);
        self.push(Entry::Part(many as u32))
    }

    /// Looks ahead for the instruction that takes off what is on top now. When that builds a collection: which
    /// one, and how many of its elements are there.
    fn consumer(&mut self) -> Result<Option<(Op, usize)>, Error> {
        let code = self.prelude.code;
        let (mut ip, mut above) = (self.ip, 0usize);
        while ip < code.len() {
            self.session.looks = self.session.looks.checked_sub(1).ok_or(Error::TooComplex)?;
            let i = decode(code, ip)?;
            if i.op == op::JUMP && i.index()? > ip {
                ip = i.index()?;
                continue;
            }
            let Some((pops, pushes)) = effect(i) else { return Ok(None) };
            if pops > above {
                let build = match i.op {
                    op::BUILD_TUPLE => Op::BuildTuple,
                    op::BUILD_LIST => Op::BuildList,
                    op::BUILD_SET => Op::BuildSet,
                    _ => return Ok(None),
                };
                return Ok(Some((build, pops - above)));
            }
            above = above - pops + pushes;
            ip = i.next;
        }
        Ok(None)
    }
}

/// Values that an instruction inside an expression takes off the stack and puts there; `None` for others.
fn effect(i: Instr) -> Option<(usize, usize)> {
    let n = usize::try_from(i.arg).unwrap_or(0);
    let arguments = (n & 0xFF) + 2 * (n >> 8 & 0xFF);
    Some(match i.op {
        op::LOAD_CONST_STRING..=op::LOAD_GLOBAL
        | op::LOAD_CONST_SMALL_INT..=op::LOAD_DEREF
        | op::LOAD_CONST_FALSE..=op::LOAD_BUILD_CLASS
        | op::BUILD_MAP
        | op::MAKE_FUNCTION => (0, 1),
        op::LOAD_ATTR | op::GET_ITER | op::YIELD_VALUE | op::UNARY..=op::NOT => (1, 1),
        op::LOAD_METHOD | op::DUP_TOP => (1, 2),
        op::LOAD_SUPER_METHOD => (3, 2),
        op::LOAD_SUBSCR | op::YIELD_FROM | op::MAKE_FUNCTION_DEFARGS => (2, 1),
        op::BINARY..=op::BINARY_LAST => (2, 1),
        op::STORE_FAST_N | op::STORE_DEREF | op::STORE_NAME | op::STORE_GLOBAL => (1, 0),
        op::POP_TOP | op::POP_JUMP_IF_TRUE..=op::JUMP_IF_FALSE_OR_POP => (1, 0),
        op::ROT_TWO => (2, 2),
        op::ROT_THREE => (3, 3),
        op::STORE_MAP => (3, 1),
        op::BUILD_TUPLE | op::BUILD_LIST | op::BUILD_SET | op::BUILD_SLICE => (n, 1),
        op::MAKE_CLOSURE => (usize::from(i.extra), 1),
        op::MAKE_CLOSURE_DEFARGS => (2 + usize::from(i.extra), 1),
        op::CALL_FUNCTION => (1 + arguments, 1),
        op::CALL_FUNCTION_VAR_KW | op::CALL_METHOD => (2 + arguments, 1),
        op::CALL_METHOD_VAR_KW => (3 + arguments, 1),
        _ => return None,
    })
}
