//! The body under construction: instructions and registers of one frame.

mod labels;
mod pool;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use snakeye_bytecode::{Code, Const, Op, Shape, Special, Word};
use snakeye_syntax::Symbol;
use snakeye_syntax::ast::Pos;

use labels::LabelState;

use crate::error::{Compiled, error};
use crate::registers::RegSet;
use crate::scope::ScopeId;

/// A register.
pub(crate) type Reg = u8;

/// Registers that a frame may use.
const MAX_REGS: u16 = 250;

/// A place that jumps refer to, before or after it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(usize);

/// A loop or a guarded block around the statement being compiled.
#[derive(Debug)]
pub(crate) enum Block {
    Loop {
        on_break: Label,
        on_continue: Label,
    },
    /// The body of `try … finally` or `with`: what leaves it goes through its exit code first.
    Guarded {
        completion: Reg,
        value: Reg,
        exit: Label,
        /// Ways out that were taken, besides falling through and exceptions.
        ways: Vec<Way>,
    },
    /// An `except` body. Leaving it unbinds the name and drops the exception.
    Except {
        exc: Reg,
        name: Option<Symbol>,
    },
    /// A `finally` body: when `completion` says so, `value` is the exception being handled.
    Finally {
        completion: Reg,
        value: Reg,
    },
}

/// A way to leave a block early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Return,
    Break,
    Continue,
}

impl Way {
    /// What the completion register holds; 0 is falling through, 1 an exception.
    pub fn code(self) -> i8 {
        match self {
            Way::Return => 2,
            Way::Break => 3,
            Way::Continue => 4,
        }
    }
}

/// A frame's code as it grows.
#[derive(Debug)]
pub(crate) struct Unit {
    pub code: Code,
    /// The frame's scope.
    pub scope: ScopeId,
    /// Registers of the frame's own variables.
    pub locals: BTreeMap<Symbol, Reg>,
    /// Registers of the variables of comprehensions around the expression, innermost last.
    pub comp_vars: Vec<(ScopeId, Symbol, Reg)>,
    /// Variables rather than temporaries.
    pub vars: RegSet,
    /// Variables that are bound for certain.
    pub assigned: RegSet,
    /// Variables that some statement unbinds.
    pub deleted: RegSet,
    pub blocks: Vec<Block>,
    /// Guarded regions around the statement, whose handlers are in this frame.
    pub regions: usize,
    /// First free temporary.
    pub top: u16,
    /// Locals that `const()` made constant.
    pub consts: BTreeMap<Symbol, Const>,
    /// One past the highest register used since it was last lowered.
    pub high: u16,
    /// Whether temporaries are cleared after each statement: in code that runs once and lives long.
    pub tidy: bool,
    /// Whether the next instruction can be reached.
    pub reachable: bool,
    dirty: RegSet,
    labels: Vec<LabelState>,
    patches: Vec<(u32, Label)>,
    pool: BTreeMap<u32, u16>,
    name_ids: BTreeMap<Symbol, u16>,
    load_caches: BTreeMap<u16, u16>,
    store_caches: BTreeMap<u16, u16>,
    pos: Pos,
    overflow: bool,
}

impl Unit {
    pub fn new(name: Box<str>, file: Rc<str>, scope: ScopeId, pos: Pos) -> Box<Self> {
        Box::new(Unit {
            code: Code { name, file, first_line: pos.line, ..Code::default() },
            scope,
            locals: BTreeMap::new(),
            comp_vars: Vec::new(),
            vars: RegSet::EMPTY,
            assigned: RegSet::EMPTY,
            deleted: RegSet::EMPTY,
            consts: BTreeMap::new(),
            blocks: Vec::new(),
            regions: 0,
            top: 0,
            high: 0,
            tidy: false,
            reachable: true,
            dirty: RegSet::EMPTY,
            labels: Vec::new(),
            patches: Vec::new(),
            pool: BTreeMap::new(),
            name_ids: BTreeMap::new(),
            load_caches: BTreeMap::new(),
            store_caches: BTreeMap::new(),
            pos,
            overflow: false,
        })
    }

    /// Where the code being emitted stands in the source.
    pub fn set_pos(&mut self, pos: Pos) {
        self.pos = pos;
    }

    // Registers

    /// Takes the next register.
    pub fn alloc(&mut self) -> Compiled<Reg> {
        self.alloc_n(1)
    }

    /// Takes `n` registers in a row and returns the first.
    pub fn alloc_n(&mut self, n: u16) -> Compiled<Reg> {
        let first = self.top;
        let top = first.saturating_add(n);
        if top > MAX_REGS {
            return error(self.pos, "too many local variables or expression too complex");
        }
        self.top = top;
        self.high = self.high.max(top);
        self.code.n_regs = self.code.n_regs.max(top);
        Ok(first as Reg)
    }

    /// How many registers are still free.
    pub fn free_regs(&self) -> usize {
        usize::from(MAX_REGS.saturating_sub(self.top))
    }

    pub fn is_var(&self, reg: Reg) -> bool {
        self.vars.contains(reg)
    }

    // Instructions

    fn here(&self) -> u32 {
        self.code.words.len() as u32
    }

    fn push(&mut self, word: Word, ext: Option<u32>) {
        if !self.reachable {
            return;
        }
        let here = self.here();
        match self.code.lines.last_mut() {
            Some((_, line)) if *line == self.pos.line => {}
            Some((start, line)) if *start == here => *line = self.pos.line,
            _ => self.code.lines.push((here, self.pos.line)),
        }
        self.code.words.push(word.0);
        self.code.words.extend(ext);
        if self.tidy {
            self.note(word, ext);
        }
    }

    pub fn op(&mut self, op: Op, a: Reg, b: Reg, c: Reg) {
        self.push(Word::abc(op, a, b, c), None);
    }

    pub fn op_x(&mut self, op: Op, a: Reg, b: Reg, c: Reg, x: u32) {
        self.push(Word::abc(op, a, b, c), Some(x));
    }

    pub fn op_bx(&mut self, op: Op, a: Reg, bx: u16) {
        self.push(Word::abx(op, a, bx), None);
    }

    pub fn op_bx_x(&mut self, op: Op, a: Reg, bx: u16, x: u32) {
        self.push(Word::abx(op, a, bx), Some(x));
    }

    /// Ends the reachable code: nothing falls through here.
    pub fn stop(&mut self) {
        self.reachable = false;
        self.assigned = RegSet::ALL;
        self.dirty = RegSet::EMPTY;
    }

    pub fn load_special(&mut self, dst: Reg, value: Special) {
        self.op(Op::LoadSpecial, dst, value as u8, 0);
    }

    /// R[dst] = R[src]; the temporary `src` is not needed any more.
    pub fn take(&mut self, dst: Reg, src: Reg) {
        if dst != src {
            self.op(Op::Take, dst, src, 0);
        }
    }

    /// R[dst] = R[src], `src` staying as it is when it is a variable.
    pub fn transfer(&mut self, dst: Reg, src: Reg) {
        if self.is_var(src) {
            if dst != src {
                self.op(Op::Move, dst, src, 0);
            }
        } else {
            self.take(dst, src);
        }
    }

    /// Unbinds `n` registers from `first` on.
    pub fn clear(&mut self, first: u16, n: u16) {
        if n > 0 {
            self.op(Op::Clear, first as Reg, n as Reg, 0);
        }
    }

    /// Unbinds the temporaries from `base` on that may hold values; only in tidy code.
    pub fn clear_dirty(&mut self, base: u16) {
        if self.tidy
            && self.reachable
            && let Some((low, high)) = self.dirty.span(base.min(255) as Reg)
        {
            self.clear(u16::from(low), u16::from(high - low) + 1);
        }
    }

    /// Follows which temporaries hold values. Too many is harmless.
    fn note(&mut self, word: Word, ext: Option<u32>) {
        let (a, b, c) = (word.a(), word.b(), word.c());
        let dirty = &mut self.dirty;
        let remove = |dirty: &mut RegSet, first: Reg, n: u8| {
            (0..n).for_each(|i| dirty.remove(first.wrapping_add(i)));
        };
        let Some(op) = Op::from_u8(word.op()) else {
            return;
        };
        match op {
            Op::Clear => remove(dirty, a, b),
            Op::Take => dirty.remove(b),
            Op::StoreGlobal if ext.unwrap_or(0) >> 16 & 1 != 0 => return dirty.remove(a),
            Op::StoreAttr if c & 1 != 0 => return dirty.remove(b),
            Op::BuildList | Op::BuildTuple | Op::BuildSet | Op::BuildString => remove(dirty, b, c),
            Op::BuildMap => remove(dirty, b, c.saturating_mul(2)),
            Op::Call => remove(dirty, a, b.saturating_add(1)),
            Op::CallMethod => remove(dirty, a, b.saturating_add(2)),
            Op::CallKw => remove(dirty, a, b.saturating_add(c).saturating_add(1)),
            Op::CallMethodKw => remove(dirty, a, b.saturating_add(c).saturating_add(2)),
            Op::ForPrep => (1..3).for_each(|i| dirty.insert(a.wrapping_add(i))),
            Op::LoadMethod => dirty.insert(a.wrapping_add(1)),
            Op::Unpack if c == 0 => return,
            Op::Unpack => (1..c).for_each(|i| dirty.insert(a.wrapping_add(i))),
            Op::UnpackEx => {
                let n = c.saturating_add(ext.unwrap_or(0) as u8);
                (1..=n).for_each(|i| dirty.insert(a.wrapping_add(i)));
            }
            Op::StoreGlobal | Op::StoreName | Op::Return | Op::Raise | Op::Reraise => return,
            _ => {}
        }
        if op != Op::Clear
            && !matches!(op.shape(), Shape::None | Shape::Jump | Shape::N | Shape::F)
            && !self.vars.contains(a)
        {
            self.dirty.insert(a);
        }
    }

    /// Ends the body.
    pub fn finish(mut self) -> Compiled<Code> {
        if self.reachable {
            self.op(Op::ReturnNone, 0, 0, 0);
        }
        self.settle();
        if self.overflow {
            return error(self.pos, "too much code in one function");
        }
        Ok(self.code)
    }
}
