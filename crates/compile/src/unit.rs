//! The body under construction: instructions, pools, labels and registers of one frame.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use snakeye_bytecode::{Code, Const, Handler, Op, Shape, Special, Word};
use snakeye_syntax::Symbol;
use snakeye_syntax::ast::Pos;

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

#[derive(Debug)]
struct LabelState {
    at: Option<u32>,
    /// Variables bound on every way that leads here.
    assigned: RegSet,
    /// Temporaries that may hold a value on some way that leads here.
    dirty: RegSet,
    reached: bool,
}

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

    // Labels and jumps

    pub fn label(&mut self) -> Label {
        self.labels.push(LabelState { at: None, assigned: RegSet::ALL, dirty: RegSet::EMPTY, reached: false });
        Label(self.labels.len() - 1)
    }

    /// Places a label here.
    pub fn bind(&mut self, label: Label) {
        let here = self.here();
        let state = &mut self.labels[label.0];
        state.at = Some(here);
        self.assigned.intersect(&state.assigned);
        self.dirty.unite(&state.dirty);
        self.reachable |= state.reached;
    }

    /// Whether some jump leads to the label.
    pub fn is_reached(&self, label: Label) -> bool {
        self.labels[label.0].reached
    }

    fn refer(&mut self, label: Label) {
        if self.reachable {
            let here = self.here();
            self.patches.push((here, label));
            let state = &mut self.labels[label.0];
            state.assigned.intersect(&self.assigned);
            state.dirty.unite(&self.dirty);
            state.reached = true;
        }
    }

    /// Jumps to the label; a bound one makes it a loop's back edge.
    pub fn jump(&mut self, label: Label) {
        self.refer(label);
        let op = match self.labels[label.0].at {
            Some(_) => Op::JumpBack,
            None => Op::Jump,
        };
        self.push(Word::jump(op, 0), None);
        self.stop();
    }

    /// Says that what loops back to `head` may go on at `exit`.
    pub fn exits(&mut self, head: Label, exit: Label) {
        let dirty = self.labels[head.0].dirty;
        self.labels[exit.0].dirty.unite(&dirty);
    }

    /// A conditional jump, or ForIter.
    pub fn branch(&mut self, op: Op, a: Reg, b: Reg, c: Reg, label: Label) {
        // What the instruction writes is not written when it jumps, so the label's state is this one.
        self.refer(label);
        self.push(Word::abc(op, a, b, c), Some(0));
    }

    /// Makes the code here reachable as the start of a handler.
    pub fn enter_handler(&mut self, assigned: RegSet) {
        self.reachable = true;
        self.assigned = assigned;
    }

    /// Variables that are bound now and stay so whatever happens in a loop or guarded block that starts here.
    pub fn lasting(&self) -> RegSet {
        let mut assigned = self.assigned;
        assigned.subtract(&self.deleted);
        assigned
    }

    /// The word where the next instruction goes.
    pub fn mark(&self) -> u32 {
        self.here()
    }

    /// Sends exceptions of the code since `start` to the code that follows; false when there is no such code.
    pub fn handle_since(&mut self, start: u32, end: u32, reg: Reg) -> bool {
        if start == end {
            return false;
        }
        let handler = self.here();
        self.code.handlers.push(Handler { start, end, handler, reg });
        true
    }

    /// Fills in the jumps. Every label that was referred to has been bound.
    pub fn settle(&mut self) {
        for (at, label) in core::mem::take(&mut self.patches) {
            let target = self.labels[label.0].at.unwrap_or(0);
            let word = Word(self.code.words[at as usize]);
            let long = Op::from_u8(word.op()).is_some_and(|op| op.shape().has_ext());
            let end = at + 1 + u32::from(long);
            let distance = target.wrapping_sub(end) as i32;
            if long {
                self.code.words[at as usize + 1] = distance as u32;
            } else {
                self.overflow |= distance != distance << 8 >> 8;
                self.code.words[at as usize] = word.0 & 0xFF | (distance as u32) << 8;
            }
        }
        self.labels.clear();
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

    // Pools

    fn index(&mut self, n: usize) -> u16 {
        // 0xFFFF means "none" in Import.
        if n >= 0xFFFF {
            self.overflow = true;
            return 0;
        }
        n as u16
    }

    /// The index of a constant.
    pub fn constant(&mut self, value: Const) -> u16 {
        let hash = hash(&value);
        if let Some(&index) = self.pool.get(&hash)
            && self.code.consts.get(usize::from(index)).is_some_and(|c| identical(c, &value))
        {
            return index;
        }
        let index = self.index(self.code.consts.len());
        if !self.overflow {
            self.code.consts.push(value);
            self.pool.insert(hash, index);
        }
        index
    }

    /// The index of a name.
    pub fn name(&mut self, symbol: Symbol, text: &str) -> u16 {
        if let Some(&index) = self.name_ids.get(&symbol) {
            return index;
        }
        let index = self.push_name(text);
        self.name_ids.insert(symbol, index);
        index
    }

    /// The index of a name that may have no symbol.
    pub fn plain_name(&mut self, text: &str) -> u16 {
        match self.code.names.iter().position(|n| **n == *text) {
            Some(index) => index as u16,
            None => self.push_name(text),
        }
    }

    fn push_name(&mut self, text: &str) -> u16 {
        let index = self.index(self.code.names.len());
        if !self.overflow {
            self.code.names.push(text.into());
        }
        index
    }

    /// A new inline cache.
    pub fn cache(&mut self) -> u16 {
        let index = self.index(usize::from(self.code.n_caches));
        if !self.overflow {
            self.code.n_caches += 1;
        }
        index
    }

    /// The cache of a global: all its reads share one, and so do its writes.
    pub fn global_cache(&mut self, name: u16, store: bool) -> u16 {
        let caches = if store { &self.store_caches } else { &self.load_caches };
        if let Some(&cache) = caches.get(&name) {
            return cache;
        }
        let cache = self.cache();
        let caches = if store { &mut self.store_caches } else { &mut self.load_caches };
        caches.insert(name, cache);
        cache
    }

    /// Adds nested code and returns its index.
    pub fn child(&mut self, code: Code) -> u16 {
        let index = self.index(self.code.children.len());
        if !self.overflow {
            self.code.children.push(code);
        }
        index
    }
}

/// Whether two constants are the same object for a program: `0.0` is not `-0.0`.
fn identical(a: &Const, b: &Const) -> bool {
    match (a, b) {
        (Const::Float(a), Const::Float(b)) | (Const::Imaginary(a), Const::Imaginary(b)) => a.to_bits() == b.to_bits(),
        (Const::Tuple(a), Const::Tuple(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| identical(a, b)),
        _ => a == b,
    }
}

fn hash(value: &Const) -> u32 {
    fn mix(h: u32, bytes: &[u8]) -> u32 {
        bytes.iter().fold(h, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
    }
    let start = 0x811c_9dc5;
    match value {
        Const::None => 1,
        Const::Bool(b) => 2 + u32::from(*b),
        Const::Ellipsis => 4,
        Const::Int(n) => mix(start, &n.to_le_bytes()),
        Const::BigInt(digits, radix) => mix(start ^ u32::from(*radix), digits.as_bytes()),
        Const::Float(x) => mix(start ^ 5, &x.to_bits().to_le_bytes()),
        Const::Imaginary(x) => mix(start ^ 6, &x.to_bits().to_le_bytes()),
        Const::Str(s) => mix(start ^ 7, s.as_bytes()),
        Const::Bytes(s) => mix(start ^ 8, s),
        Const::Tuple(items) => items.iter().fold(start ^ 9, |h, item| mix(h, &hash(item).to_le_bytes())),
    }
}
