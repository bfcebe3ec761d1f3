//! The translation of one body: follows the code with an abstract state, from every place it may be entered.

use crate::decode::{Marks, decode, op};
use crate::emit::{Emit, Label, MAX_REGS, RegSet};
use crate::file::Raw;
use crate::prelude::Prelude;
use crate::session::{Body, Session};
use crate::stack::{Entry, Reg, State};
use crate::{Error, push};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use snakeye_bytecode::{Code, FreeVar, Op};

/// Where execution goes on after an instruction.
pub(crate) enum Flow {
    /// Behind it.
    Next,
    /// At this byte.
    Goto(usize),
    /// Nowhere.
    Stop,
}

/// Code that something jumps to and that is still to be emitted.
struct Pending {
    label: Label,
    ip: usize,
    state: State,
    /// Registers to clear first.
    clear: Clear,
}

#[derive(Clone, Copy)]
enum Clear {
    Nothing,
    Run(Reg, u8),
    Above(Reg),
}

/// What a conditional jump depends on.
#[derive(Clone, Copy)]
pub(crate) enum Test {
    /// Truth of a register.
    Truth(u8),
    /// A comparing jump of two registers.
    Compare(Op, u8, u8),
    /// An exception matches a class.
    Match(u8, u8),
}

/// The handler that the code being emitted has.
struct Guard {
    ip: usize,
    state: State,
    label: Label,
    reg: u8,
}

/// A body being translated.
pub(crate) struct Translator<'t, 'a> {
    pub session: &'t mut Session<'a>,
    pub raw: &'a Raw<'a>,
    pub prelude: &'t Prelude<'a>,
    pub kind: Body,
    pub marks: Marks,
    pub emit: Emit,
    pub state: State,
    /// Byte of the instruction being translated, and of the one behind it.
    pub ip: usize,
    pub next: usize,
    /// First register of the stack: those of the locals are below.
    pub base: Reg,
    /// Captured variables, which the stack machine has in its first locals.
    pub n_free: usize,
    /// Locals that are cells, and locals that are certainly bound.
    pub cells: RegSet,
    pub bound: RegSet,
    /// Parameters that nothing unbinds.
    always_bound: RegSet,
    /// Code emitted or announced, by byte and state.
    seen: BTreeMap<usize, Vec<(State, Label)>>,
    pending: Vec<Pending>,
    guards: Vec<Guard>,
    pub children: Vec<(usize, Vec<FreeVar>, Body)>,
    /// Length of the stack from which on it is asked whether a long display is being built.
    pub long: usize,
}

impl<'t, 'a> Translator<'t, 'a> {
    pub fn new(
        session: &'t mut Session<'a>,
        raw: &'a Raw<'a>,
        prelude: &'t Prelude<'a>,
        kind: Body,
        emit: Emit,
    ) -> Result<Self, Error> {
        let marks = Marks::new(prelude.code)?;
        let n_free = emit.code.free.len();
        let n_params = emit.code.n_params();
        let mut always_bound = RegSet::default();
        for i in 0..n_params {
            always_bound.set(i as Reg, true);
        }
        // The number of locals is not in the file: those that the code names count.
        let mut n_locals = n_free + n_params;
        let mut ip = 0;
        while ip < prelude.code.len() {
            let instr = decode(prelude.code, ip)?;
            if (op::LOAD_FAST_N..=op::DELETE_DEREF).contains(&instr.op) {
                let local = instr.index()?;
                n_locals = n_locals.max(local.saturating_add(1));
                if instr.op == op::DELETE_FAST {
                    always_bound.set(local.saturating_sub(n_free).min(usize::from(MAX_REGS)) as Reg, false);
                }
            }
            ip = instr.next;
        }
        let mut cells = RegSet::default();
        for &cell in prelude.cells {
            n_locals = n_locals.max(usize::from(cell) + 1);
            cells.set(usize::from(cell).checked_sub(n_free).ok_or(Error::Corrupt)? as Reg, true);
        }
        let base = n_locals - n_free;
        if base > usize::from(MAX_REGS) {
            return Err(Error::TooComplex);
        }
        let mut this = Translator {
            session,
            raw,
            prelude,
            kind,
            marks,
            emit,
            state: State::default(),
            ip: 0,
            next: 0,
            base: base as Reg,
            n_free,
            cells,
            bound: always_bound,
            always_bound,
            seen: BTreeMap::new(),
            pending: Vec::new(),
            guards: Vec::new(),
            children: Vec::new(),
            long: crate::display::LONG,
        };
        this.emit.code.n_regs = base as u16;
        Ok(this)
    }

    /// Translates everything that can be reached.
    pub fn run(mut self) -> Result<Code, Error> {
        self.emit.line = self.prelude.line(0);
        for &cell in self.prelude.cells {
            let reg = self.emit.reg((usize::from(cell) - self.n_free) as Reg)?;
            self.emit.op(Op::MakeCell, reg, 0, 0)?;
        }
        self.flow(false)?;
        while let Some(next) = self.pending.pop() {
            if self.emit.is_bound(next.label) {
                continue;
            }
            self.emit.bind(next.label);
            self.state = next.state;
            self.ip = next.ip;
            self.bound = self.always_bound;
            self.emit.guard = None;
            match next.clear {
                Clear::Nothing => {}
                Clear::Run(first, n) => {
                    let first = self.emit.regs(first, usize::from(n))?;
                    self.emit.op(Op::Clear, first, n, 0)?;
                }
                Clear::Above(first) => self.emit.clear_above(first)?,
            }
            self.flow(matches!(next.clear, Clear::Nothing))?;
        }
        self.emit.finish()
    }

    /// Translates from here until the code ends or joins what was emitted. `entered`: a label of this byte and
    /// state is already here.
    fn flow(&mut self, mut entered: bool) -> Result<(), Error> {
        loop {
            if self.marks.is_target(self.ip) && !entered && self.arrive()? {
                return Ok(());
            }
            entered = false;
            let instr = decode(self.prelude.code, self.ip)?;
            self.session.spend(1)?;
            let line = self.prelude.line(self.ip);
            if line != self.emit.line {
                self.emit.line = line;
                self.tidy()?;
            }
            self.next = instr.next;
            match self.step(instr)? {
                Flow::Next => self.ip = self.next,
                Flow::Goto(ip) => self.ip = ip,
                Flow::Stop => return Ok(()),
            }
        }
    }

    /// The code goes on at a byte that something jumps to: joins what is there, which ends this run, or becomes
    /// what others will join.
    fn arrive(&mut self) -> Result<bool, Error> {
        if self.state.blocks.last().is_some_and(|b| b.handler as usize == self.ip)
            && self.state.stack.last() == Some(&Entry::Special(snakeye_bytecode::Special::None))
        {
            // The end of guarded code: None says so to the end of the `finally` block.
            self.state.stack.pop();
            self.state.stack.push(Entry::Fell);
        }
        self.make_iterator()?;
        let from = match self.marks.is_loop(self.ip) {
            true => 0,
            // A value on top may be the result of a conditional expression. What is below was put there before.
            false => self.state.place(0).unwrap_or(0),
        };
        self.settle(from, false)?;
        match self.find(self.ip)? {
            Some(label) if self.emit.is_bound(label) => {
                self.emit.jump(label)?;
                return Ok(true);
            }
            Some(label) => self.emit.bind(label),
            None => {
                let label = self.announce(self.ip)?;
                self.emit.bind(label);
            }
        }
        self.bound = self.always_bound;
        Ok(false)
    }

    fn find(&self, ip: usize) -> Result<Option<Label>, Error> {
        let states = self.seen.get(&ip);
        Ok(states.and_then(|s| s.iter().find(|(state, _)| *state == self.state)).map(|&(_, label)| label))
    }

    fn announce(&mut self, ip: usize) -> Result<Label, Error> {
        let label = self.emit.label()?;
        let state = self.copy_state()?;
        push(self.seen.entry(ip).or_default(), (state, label))?;
        Ok(label)
    }

    pub fn copy_state(&mut self) -> Result<State, Error> {
        self.session.spend(1 + self.state.stack.len() + self.state.blocks.len())?;
        Ok(self.state.clone())
    }

    /// The label of byte `ip` in the present state, for a jump.
    pub fn edge(&mut self, ip: usize) -> Result<Label, Error> {
        if let Some(label) = self.find(ip)? {
            return Ok(label);
        }
        let label = self.announce(ip)?;
        let state = self.copy_state()?;
        push(&mut self.pending, Pending { label, ip, state, clear: Clear::Nothing })?;
        Ok(label)
    }

    /// A label where `n` registers from `first` on are cleared before the code goes on at `ip`.
    pub fn edge_clearing(&mut self, ip: usize, first: Reg, n: u8) -> Result<Label, Error> {
        let label = self.emit.label()?;
        let state = self.copy_state()?;
        push(&mut self.pending, Pending { label, ip, state, clear: Clear::Run(first, n) })?;
        Ok(label)
    }

    /// Jumps to `target` when the test's outcome is `when`. Operands have been taken off the stack.
    pub fn branch(&mut self, test: Test, when: bool, target: usize) -> Result<(), Error> {
        let label = self.edge(target)?;
        // A match can only be jumped on when there is none.
        let direct = !when || !matches!(test, Test::Match(..));
        if direct && !self.emit.is_bound(label) {
            return self.test(test, when, label);
        }
        // A loop's edge is a jump of its own.
        let over = self.emit.label()?;
        if when || !matches!(test, Test::Match(..)) {
            self.test(test, !when, over)?;
            self.emit.jump(label)?;
        } else {
            let no = self.emit.label()?;
            self.test(test, false, no)?;
            self.emit.jump(over)?;
            self.emit.bind(no);
            self.emit.jump(label)?;
        }
        self.emit.bind(over);
        Ok(())
    }

    fn test(&mut self, test: Test, when: bool, label: Label) -> Result<(), Error> {
        match test {
            Test::Truth(a) => self.emit.branch(if when { Op::JumpTrue } else { Op::JumpFalse }, a, 0, 0, label),
            Test::Compare(op, a, b) => self.emit.branch(op, a, b, u8::from(when), label),
            Test::Match(exception, class) => self.emit.branch(Op::JumpNoMatch, exception, class, 0, label),
        }
    }

    /// Makes the handler of the present state that of the words to come.
    pub fn protect(&mut self) -> Result<(), Error> {
        let Some(b) = self.state.guard(self.ip) else {
            self.emit.guard = None;
            return Ok(());
        };
        let block = self.state.blocks[b];
        let floor = usize::from(block.floor);
        if self.state.stack.len() < floor {
            return Err(Error::Corrupt);
        }
        if self.misplaced(floor) {
            self.settle(self.state.stack.len(), false)?;
        }
        let below = &self.state.stack[..floor];
        let outer = &self.state.blocks[..b];
        let same = |g: &&Guard| {
            g.ip == block.handler as usize
                && g.state.stack.len() == floor + 2
                && g.state.stack.starts_with(below)
                && g.state.blocks.len() == b + 1
                && g.state.blocks.starts_with(outer)
                && g.state.blocks.last().is_some_and(|x| x.kind == block.kind)
        };
        if let Some(g) = self.guards.iter().rev().find(same) {
            self.emit.guard = Some((g.label, g.reg));
            return Ok(());
        }
        // The handler finds the exception in the place above what was there before, and on top of that.
        let held = self.base + block.floor;
        let reg = self.emit.regs(held, 2)?;
        self.session.spend(2 * (floor + b + 3))?;
        let mut state = State { stack: below.to_vec(), blocks: self.state.blocks[..=b].to_vec() };
        state.stack.extend([Entry::Held, Entry::In(held)]);
        state.blocks[b].held = Some(block.floor);
        let label = self.emit.label()?;
        let ip = block.handler as usize;
        push(&mut self.pending, Pending { label, ip, state: state.clone(), clear: Clear::Above(held + 1) })?;
        push(&mut self.guards, Guard { ip, state, label, reg })?;
        self.emit.guard = Some((label, reg));
        Ok(())
    }

    /// In code that runs once, temporaries are dropped at the end of each line, so that what they hold does not
    /// live on.
    fn tidy(&mut self) -> Result<(), Error> {
        let top = self.base + self.state.stack.len() as Reg;
        if self.kind == Body::Function || self.emit.used <= top || self.refers_above(top) {
            return Ok(());
        }
        let n = self.emit.used - top;
        let first = self.emit.reg(top)?;
        self.emit.op(Op::Clear, first, n as u8, 0)?;
        self.emit.used = top;
        Ok(())
    }
}
