//! Values between the abstract stack and registers.

use crate::Error;
use crate::decode::op;
use crate::emit::MAX_REGS;
use crate::stack::{Entry, Reg};
use crate::translate::Translator;
use alloc::vec::Vec;
use snakeye_bytecode::{Op, Special};

/// Where a result goes.
pub(crate) struct Dest {
    pub reg: u8,
    /// A local, and the byte behind the instruction that would store there.
    local: Option<(Reg, usize)>,
}

impl Translator<'_, '_> {
    /// The register of a place.
    pub fn own(&self, place: usize) -> Reg {
        self.base.saturating_add(place.min(1000) as Reg)
    }

    /// Whether a register holds an exception that is being handled: such references stay as they are.
    fn is_held(&self, r: Reg) -> bool {
        r >= self.base && self.state.stack.get(usize::from(r - self.base)) == Some(&Entry::Held)
    }

    fn is_misplaced(&self, place: usize, e: Entry) -> bool {
        matches!(e, Entry::In(r) if r >= self.base && r != self.own(place) && !self.is_held(r))
    }

    /// Whether some value below `end` is in another place's register.
    pub fn misplaced(&self, end: usize) -> bool {
        self.state.stack.iter().take(end).enumerate().any(|(i, &e)| self.is_misplaced(i, e))
    }

    /// Whether some value is in a register from `r` on that is not its own.
    pub fn refers_above(&self, r: Reg) -> bool {
        self.state.stack.iter().any(|e| matches!(*e, Entry::In(s) if s >= r))
    }

    pub fn push(&mut self, e: Entry) -> Result<(), Error> {
        if self.own(self.state.stack.len()) >= MAX_REGS - 8 {
            return Err(Error::TooComplex);
        }
        crate::push(&mut self.state.stack, e)
    }

    /// Puts values into the registers of their places: all that are in other places' registers, and from `from`
    /// on locals and constants too. `hard`: from there on everything must be a value in its register.
    pub fn settle(&mut self, from: usize, hard: bool) -> Result<(), Error> {
        let mut moves: Vec<(usize, Reg)> = Vec::new();
        let mut readers = [0u16; 256];
        for i in 0..self.state.stack.len() {
            let e = self.state.stack[i];
            if let Entry::In(r) = e {
                if r == self.own(i) {
                    self.state.stack[i] = Entry::Own;
                    continue;
                }
                if let Some(n) = readers.get_mut(usize::from(r)) {
                    *n += 1;
                }
                let needed = if self.is_held(r) { hard && i >= from } else { r >= self.base || i >= from };
                if needed {
                    crate::push(&mut moves, (i, r))?;
                }
            } else if hard
                && i >= from
                && !matches!(e, Entry::Own | Entry::BuildClass | Entry::Int(_) | Entry::Const(_) | Entry::Special(_))
            {
                return Err(Error::Corrupt);
            }
        }
        // A register is written when nobody needs what it holds.
        let count = |readers: &[u16; 256], r: Reg| readers.get(usize::from(r)).copied().unwrap_or(0);
        let mut ready: Vec<usize> = (0..moves.len()).filter(|&k| count(&readers, self.own(moves[k].0)) == 0).collect();
        let mut done = alloc::vec![false; moves.len()];
        let mut left = moves.len();
        let mut scan = 0;
        while left > 0 {
            let Some(k) = ready.pop() else {
                // A cycle: one value steps aside.
                while done.get(scan).copied() == Some(true) {
                    scan += 1;
                }
                let Some(&(_, source)) = moves.get(scan) else { return Err(Error::Corrupt) };
                let aside = self.aside(&moves);
                let (to, src) = (self.emit.reg(aside)?, self.emit.reg(source)?);
                self.emit.op(Op::Take, to, src, 0)?;
                for m in &mut moves {
                    if m.1 == source {
                        m.1 = aside;
                    }
                }
                readers[usize::from(aside)] = core::mem::take(&mut readers[usize::from(source)]);
                for e in &mut self.state.stack {
                    if *e == Entry::In(source) {
                        *e = Entry::In(aside);
                    }
                }
                ready.extend((0..moves.len()).filter(|&k| !done[k] && self.own(moves[k].0) == source));
                continue;
            };
            if core::mem::replace(&mut done[k], true) {
                continue;
            }
            left -= 1;
            let (place, source) = moves[k];
            let owner = source >= self.base
                && matches!(
                    self.state.stack.get(usize::from(source - self.base)),
                    Some(Entry::Own | Entry::BuildClass | Entry::Iter | Entry::Pad | Entry::Part(_))
                );
            let n = &mut readers[usize::from(source)];
            *n -= 1;
            let last = *n == 0;
            let take = last && source >= self.base && !owner && !self.is_held(source);
            let (to, src) = (self.emit.reg(self.own(place))?, self.emit.reg(source)?);
            self.emit.op(if take { Op::Take } else { Op::Move }, to, src, 0)?;
            self.state.stack[place] = Entry::Own;
            if last && source >= self.base {
                ready.extend((0..moves.len()).filter(|&k| !done[k] && self.own(moves[k].0) == source));
            }
        }
        for i in from..self.state.stack.len() {
            let e = self.state.stack[i];
            if matches!(e, Entry::Int(_) | Entry::Const(_) | Entry::Special(_)) {
                self.load(e, self.own(i))?;
                self.state.stack[i] = Entry::Own;
            }
        }
        Ok(())
    }

    /// A register above all that are in use.
    fn aside(&self, moves: &[(usize, Reg)]) -> Reg {
        let top = self.own(self.state.stack.len());
        moves.iter().map(|&(_, r)| r + 1).fold(top, Reg::max)
    }

    /// Loads a constant entry.
    pub fn load(&mut self, e: Entry, to: Reg) -> Result<u8, Error> {
        let to = self.emit.reg(to)?;
        match e {
            Entry::Int(n) => self.emit.op_bx(Op::LoadInt, to, n as u16)?,
            Entry::Const(k) => self.emit.op_bx(Op::LoadConst, to, k)?,
            Entry::Special(s) => self.emit.op(Op::LoadSpecial, to, s as u8, 0)?,
            _ => return Err(Error::Corrupt),
        }
        Ok(to)
    }

    pub fn load_none(&mut self, to: Reg) -> Result<u8, Error> {
        self.load(Entry::Special(Special::None), to)
    }

    /// Says that the top `n` values will be taken off and that registers from the first free place on will be
    /// written: sees to it that nothing else is there.
    pub fn prepare(&mut self, n: usize) -> Result<(), Error> {
        let len = self.state.stack.len();
        let first = if n == 0 { len } else { self.state.place(n - 1)? };
        let hidden = self.state.stack.iter().skip(first).rposition(|e| e.hidden());
        let free = hidden.map_or(first, |i| first + i + 1);
        let (low, high) = (self.own(first), self.own(free));
        let constant = |e: &Entry| matches!(e, Entry::Int(_) | Entry::Const(_) | Entry::Special(_));
        let loads = self.state.stack.iter().skip(first).any(constant);
        let clash = self.state.stack.iter().enumerate().any(|(i, &e)| match e {
            Entry::In(r) if i < first => r >= high,
            Entry::In(r) => loads && r >= low && r != self.own(i) && !self.is_held(r),
            _ => false,
        });
        if clash { self.settle(len, false) } else { Ok(()) }
    }

    /// Takes the top value off; its register. A constant is loaded into the register of its place.
    pub fn pop_reg(&mut self) -> Result<u8, Error> {
        let (place, e) = self.state.pop()?;
        self.in_reg(place, e)
    }

    /// The register of a value that was at `place`.
    pub fn in_reg(&mut self, place: usize, e: Entry) -> Result<u8, Error> {
        match e {
            Entry::Own | Entry::BuildClass => self.emit.reg(self.own(place)),
            Entry::In(r) => self.emit.reg(r),
            e => self.load(e, self.own(place)),
        }
    }

    /// Whether a register that was just popped is a temporary nobody else refers to.
    pub fn is_spent(&self, reg: u8) -> bool {
        let r = Reg::from(reg);
        r >= self.base
            && !self.is_held(r)
            && self.own(self.state.stack.len()) <= r
            && !self.state.stack.contains(&Entry::In(r))
    }

    /// Where the result of an instruction goes: into the local that the next instruction stores it in, or on
    /// the stack.
    pub fn dest(&mut self) -> Result<Dest, Error> {
        if let Some(instr) = self.following(|j| j.op == op::STORE_FAST_N)?
            && let Some(local) = instr.index()?.checked_sub(self.n_free)
            && let local = local as Reg
            && !self.cells.has(local)
            && !self.state.stack.contains(&Entry::In(local))
        {
            let reg = self.emit.reg(local)?;
            return Ok(Dest { reg, local: Some((local, instr.next)) });
        }
        let reg = self.emit.reg(self.own(self.state.stack.len()))?;
        Ok(Dest { reg, local: None })
    }

    /// The result is there.
    pub fn done(&mut self, dest: Dest) -> Result<(), Error> {
        match dest.local {
            Some((local, next)) => {
                self.bound.set(local, true);
                self.next = next;
                Ok(())
            }
            None => self.push(Entry::Own),
        }
    }

    /// Before a local changes, values that are only there move to the stack.
    pub fn evacuate(&mut self, local: Reg) -> Result<(), Error> {
        if !self.state.stack.contains(&Entry::In(local)) {
            return Ok(());
        }
        self.settle(self.state.stack.len(), false)?;
        for i in 0..self.state.stack.len() {
            if self.state.stack[i] == Entry::In(local) {
                let (to, from) = (self.emit.reg(self.own(i))?, self.emit.reg(local)?);
                self.emit.op(Op::Move, to, from, 0)?;
                self.state.stack[i] = Entry::Own;
            }
        }
        Ok(())
    }
}
