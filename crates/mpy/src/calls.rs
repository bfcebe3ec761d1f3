//! Calls, functions, methods, imports.

use crate::decode::{Instr, op};
use crate::session::Body;
use crate::stack::Entry;
use crate::translate::Translator;
use crate::{Error, push};
use alloc::vec::Vec;
use snakeye_bytecode::{Const, FreeVar, Op, Special};

/// No from-list.
const NO_CONST: u32 = 0xFFFF;

impl Translator<'_, '_> {
    /// Translates an instruction about functions.
    pub fn call(&mut self, i: Instr) -> Result<(), Error> {
        match i.op {
            op::LOAD_METHOD => {
                let name = self.name(i.index()?)?;
                self.prepare(1)?;
                let object = self.pop_reg()?;
                self.load_method(object, name)
            }
            op::LOAD_SUPER_METHOD => {
                let name = self.name(i.index()?)?;
                self.prepare(3)?;
                let place = self.window(3)?;
                let a = self.emit.regs(self.own(place), 3)?;
                self.emit.op(Op::Call, a, 2, 0)?;
                self.state.stack.truncate(place);
                self.load_method(a, name)
            }
            op::LOAD_BUILD_CLASS => {
                self.prepare(0)?;
                let a = self.emit.reg(self.own(self.state.stack.len()))?;
                self.emit.op(Op::LoadBuildClass, a, 0, 0)?;
                self.push(Entry::BuildClass)
            }
            op::CALL_FUNCTION => self.call_plain(i, 1),
            op::CALL_METHOD => self.call_plain(i, 2),
            op::CALL_FUNCTION_VAR_KW => {
                let bitmap = self.bitmap()?;
                self.call_spread(i, 1, bitmap)
            }
            op::CALL_METHOD_VAR_KW => {
                let bitmap = self.bitmap()?;
                self.call_spread(i, 2, bitmap)
            }
            op::MAKE_FUNCTION => self.make_function(i, false, 0),
            op::MAKE_FUNCTION_DEFARGS => self.make_function(i, true, 0),
            op::MAKE_CLOSURE => self.make_function(i, false, usize::from(i.extra)),
            _ => self.make_function(i, true, usize::from(i.extra)),
        }
    }

    fn load_method(&mut self, object: u8, name: u16) -> Result<(), Error> {
        let a = self.emit.regs(self.own(self.state.stack.len()), 2)?;
        let cache = self.emit.cache()?;
        self.emit.op_x(Op::LoadMethod, a, object, 0, u32::from(name) | u32::from(cache) << 16)?;
        self.push(Entry::Own)?;
        self.push(Entry::Own)
    }

    /// Puts the top `n` values into registers in a row; the first place.
    fn window(&mut self, n: usize) -> Result<usize, Error> {
        let place = self.state.stack.len().checked_sub(n).ok_or(Error::Corrupt)?;
        self.settle(place, true)?;
        Ok(place)
    }

    /// A call whose arguments are all on the stack. `own`: places of the callee, 2 for a method.
    fn call_plain(&mut self, i: Instr, own: usize) -> Result<(), Error> {
        let (n_pos, n_kw) = (i.arg as u8, (i.arg >> 8) as u8);
        let n = own + usize::from(n_pos) + 2 * usize::from(n_kw);
        self.prepare(n)?;
        let place = self.state.stack.len().checked_sub(n).ok_or(Error::Corrupt)?;
        if n_kw == 0 {
            let place = self.window(n)?;
            let a = self.emit.regs(self.own(place), n)?;
            self.emit.op(if own == 1 { Op::Call } else { Op::CallMethod }, a, n_pos, 0)?;
        } else {
            let first = place + own + usize::from(n_pos);
            let Some(names) = self.keyword_names(first)? else { return self.call_spread(i, own, 0) };
            let names = self.emit.constant(Const::Tuple(names))?;
            // The names are not in registers: the values move together.
            let mut values: Vec<Entry> = crate::vec_for(usize::from(n_kw))?;
            for at in (first + 1..self.state.stack.len()).step_by(2) {
                values.push(match self.state.stack[at] {
                    Entry::Own => Entry::In(self.own(at)),
                    e => e,
                });
            }
            self.state.stack.truncate(first);
            self.state.stack.extend(values);
            self.settle(place, true)?;
            let a = self.emit.regs(self.own(place), self.state.stack.len() - place)?;
            let op = if own == 1 { Op::CallKw } else { Op::CallMethodKw };
            self.emit.op_x(op, a, n_pos, n_kw, u32::from(names))?;
        }
        self.state.stack.truncate(place);
        self.push(Entry::Own)
    }

    /// The names of keyword arguments from `first` on, when all are constants.
    fn keyword_names(&mut self, first: usize) -> Result<Option<Vec<Const>>, Error> {
        let mut names = Vec::new();
        for at in (first..self.state.stack.len()).step_by(2) {
            let Entry::Const(k) = self.state.stack[at] else { return Ok(None) };
            let c = self.emit.code.consts.get(usize::from(k)).ok_or(Error::Corrupt)?;
            if !matches!(c, Const::Str(_)) {
                return Ok(None);
            }
            self.session.charge(c)?;
            push(&mut names, c.clone())?;
        }
        Ok(Some(names))
    }

    /// Takes off the number whose bits say which arguments have a star.
    fn bitmap(&mut self) -> Result<i64, Error> {
        match self.state.pop()? {
            (_, Entry::Int(n)) => Ok(i64::from(n)),
            (_, Entry::Const(k)) => match self.emit.code.consts.get(usize::from(k)) {
                Some(Const::Int(n)) => Ok(*n),
                _ => Err(Error::Corrupt),
            },
            _ => Err(Error::Corrupt),
        }
    }

    /// A call with `*` or `**`: arguments are collected in a list and a dict.
    fn call_spread(&mut self, i: Instr, own: usize, bitmap: i64) -> Result<(), Error> {
        let (n_pos, n_kw) = (usize::from(i.arg as u8), usize::from((i.arg >> 8) as u8));
        let n = own + n_pos + 2 * n_kw;
        self.prepare(n)?;
        let place = self.state.stack.len().checked_sub(n).ok_or(Error::Corrupt)?;
        self.settle(place, false)?;
        for at in place..self.state.stack.len() {
            let to = self.emit.reg(self.own(at))?;
            match self.state.stack[at] {
                Entry::Own | Entry::Null => {}
                Entry::In(from) => {
                    let from = self.emit.reg(from)?;
                    self.emit.op(Op::Move, to, from, 0)?;
                    self.state.stack[at] = Entry::Own;
                }
                _ => return Err(Error::Corrupt),
            }
        }
        let value = |this: &Self, at: usize| match this.state.stack.get(at) {
            Some(Entry::Own) => Ok(this.own(at) as u8),
            _ => Err(Error::Corrupt),
        };
        let a = self.emit.regs(self.own(place), own + 2)?;
        let list = self.emit.regs(self.own(self.state.stack.len()), 2)?;
        let dict = list + 1;
        let first = place + own;
        for at in place..first {
            value(self, at)?;
        }
        let starred = |k: usize| k < 63 && bitmap >> k & 1 != 0;
        let plain = (0..n_pos).take_while(|&k| !starred(k)).count();
        for k in 0..plain {
            value(self, first + k)?;
        }
        self.emit.op(Op::BuildList, list, if plain > 0 { self.own(first) as u8 } else { list }, plain as u8)?;
        for k in plain..n_pos {
            let argument = value(self, first + k)?;
            self.emit.op(if starred(k) { Op::ListExtend } else { Op::ListAppend }, list, argument, 0)?;
        }
        if n_kw == 0 {
            self.emit.op(Op::LoadSpecial, dict, Special::None as u8, 0)?;
        } else {
            self.emit.op(Op::BuildMap, dict, dict, 0)?;
        }
        for k in 0..n_kw {
            // Each is merged, because a name may come twice.
            let at = first + n_pos + 2 * k;
            let mut mapping = value(self, at + 1)?;
            if self.state.stack[at] != Entry::Null {
                mapping = value(self, at)?;
                self.emit.op(Op::BuildMap, mapping, mapping, 1)?;
            }
            self.emit.op(Op::MapMerge, dict, mapping, 0)?;
        }
        let to = a + own as u8;
        if to != list {
            self.emit.op(Op::Take, to, list, 0)?;
            self.emit.op(Op::Take, to + 1, dict, 0)?;
        }
        self.emit.op(if own == 1 { Op::CallEx } else { Op::CallMethodEx }, a, 0, 0)?;
        self.state.stack.truncate(place);
        self.push(Entry::Own)
    }

    /// A function of a child, with or without defaults, capturing the top `n` cells.
    fn make_function(&mut self, i: Instr, defaults: bool, n: usize) -> Result<(), Error> {
        let mut captured = crate::vec_for(n)?;
        for _ in 0..n {
            captured.push(match self.state.pop()? {
                (_, Entry::Cell(r)) => FreeVar::Cell(self.emit.reg(r)?),
                (_, Entry::Free(k)) => FreeVar::Free(k),
                _ => return Err(Error::Corrupt),
            });
        }
        captured.reverse();
        self.prepare(if defaults { 2 } else { 0 })?;
        let (mut flags, mut at) = (0, 0);
        let mut kind = Body::Function;
        if defaults {
            let place = self.state.stack.len().checked_sub(2).ok_or(Error::Corrupt)?;
            self.settle(place, false)?;
            at = self.emit.regs(self.own(place), 2)?;
            for (k, bit) in [(place, 1), (place + 1, 2)] {
                match self.state.stack[k] {
                    Entry::Null => {}
                    Entry::Own => flags |= bit,
                    _ => return Err(Error::Corrupt),
                }
            }
            self.state.stack.truncate(place);
        } else if self.state.peek(0) == Ok(Entry::BuildClass) {
            kind = Body::Class;
        }
        let child = self.child(i.index()?, captured, kind)?;
        let dest = self.dest()?;
        self.emit.op_bx_x(Op::MakeFunction, dest.reg, child, flags | u32::from(at) << 8)?;
        self.done(dest)
    }

    /// The index of a child, translated for what it captures here.
    fn child(&mut self, index: usize, captured: Vec<FreeVar>, kind: Body) -> Result<u16, Error> {
        let raw = self.raw.children.get(index).ok_or(Error::Corrupt)?;
        let known = self.children.iter().position(|(n, from, k)| *n == index && *from == captured && *k == kind);
        if let Some(n) = known {
            return Ok(n as u16);
        }
        let n = u16::try_from(self.children.len()).map_err(|_| Error::TooComplex)?;
        let code = self.session.body(raw, captured.clone(), kind)?;
        push(&mut self.emit.code.children, code)?;
        push(&mut self.children, (index, captured, kind))?;
        Ok(n)
    }

    /// Imports.
    pub fn import(&mut self, i: Instr) -> Result<(), Error> {
        match i.op {
            op::IMPORT_NAME => {
                let name = self.name(i.index()?)?;
                self.prepare(2)?;
                let from = match self.state.pop()?.1 {
                    Entry::Special(Special::None) => NO_CONST,
                    Entry::Const(k) => u32::from(k),
                    _ => return Err(Error::Corrupt),
                };
                let level = match self.state.pop()?.1 {
                    Entry::Int(n) => u16::try_from(n).map_err(|_| Error::Corrupt)?,
                    _ => return Err(Error::Corrupt),
                };
                let dest = self.dest()?;
                self.emit.op_bx_x(Op::Import, dest.reg, name, from | u32::from(level) << 16)?;
                self.done(dest)
            }
            op::IMPORT_FROM => {
                let name = self.name(i.index()?)?;
                self.prepare(0)?;
                let module = self.in_reg(self.state.place(0)?, self.state.peek(0)?)?;
                let dest = self.dest()?;
                self.emit.op_x(Op::ImportFrom, dest.reg, module, 0, u32::from(name))?;
                self.done(dest)
            }
            _ => {
                self.prepare(1)?;
                let module = self.pop_reg()?;
                self.emit.op(Op::ImportStar, module, 0, 0)
            }
        }
    }
}
