//! Register code under construction: words, labels, lines, handlers, pools.

use crate::stack::Reg;
use crate::{Error, push};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use snakeye_bytecode::{Code, Const, Handler, Op, Word};

/// A place to jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(pub usize);

/// Registers a frame may have. A few stay free, so that scratch registers are always there.
pub(crate) const MAX_REGS: u16 = 250;

/// Which locals are certainly bound.
#[derive(Clone, Copy, Default)]
pub(crate) struct RegSet([u64; 4]);

impl RegSet {
    pub fn has(&self, r: Reg) -> bool {
        self.0.get(usize::from(r >> 6)).is_some_and(|w| w >> (r & 63) & 1 != 0)
    }
    pub fn set(&mut self, r: Reg, bound: bool) {
        if let Some(w) = self.0.get_mut(usize::from(r >> 6)) {
            *w = *w & !(1 << (r & 63)) | u64::from(bound) << (r & 63);
        }
    }
}

/// The code of one body.
pub(crate) struct Emit {
    pub code: Code,
    labels: Vec<Option<u32>>,
    patches: Vec<(u32, Label)>,
    /// Instructions that clear everything from a register on, once it is known how many there are.
    clears: Vec<u32>,
    /// (first word, handler) where the handler changes.
    guards: Vec<(u32, Option<(Label, u8)>)>,
    /// Line of the instruction being translated.
    pub line: u32,
    /// Handler of the words that follow.
    pub guard: Option<(Label, u8)>,
    /// Registers below this may hold something.
    pub used: Reg,
    name_ids: BTreeMap<usize, u16>,
    constant_ids: BTreeMap<usize, u16>,
    string_ids: BTreeMap<usize, u16>,
    load_caches: BTreeMap<u16, u16>,
    store_caches: BTreeMap<u16, u16>,
}

impl Emit {
    pub fn new(code: Code) -> Emit {
        Emit {
            code,
            labels: Vec::new(),
            patches: Vec::new(),
            clears: Vec::new(),
            guards: Vec::new(),
            line: 0,
            guard: None,
            used: 0,
            name_ids: BTreeMap::new(),
            constant_ids: BTreeMap::new(),
            string_ids: BTreeMap::new(),
            load_caches: BTreeMap::new(),
            store_caches: BTreeMap::new(),
        }
    }

    fn here(&self) -> u32 {
        self.code.words.len() as u32
    }

    /// A register as an operand; the frame grows to hold it.
    pub fn reg(&mut self, r: Reg) -> Result<u8, Error> {
        if r > MAX_REGS {
            return Err(Error::TooComplex);
        }
        self.code.n_regs = self.code.n_regs.max(r + 1);
        self.used = self.used.max(r + 1);
        Ok(r as u8)
    }

    /// `n` registers from `r` on; returns the first.
    pub fn regs(&mut self, r: Reg, n: usize) -> Result<u8, Error> {
        let last = usize::from(r) + n.max(1) - 1;
        self.reg(u16::try_from(last).map_err(|_| Error::TooComplex)?)?;
        Ok(r as u8)
    }

    fn word(&mut self, word: Word, ext: Option<u32>) -> Result<(), Error> {
        let here = self.here();
        match self.code.lines.last_mut() {
            Some((_, line)) if *line == self.line => {}
            Some((start, line)) if *start == here => *line = self.line,
            _ => push(&mut self.code.lines, (here, self.line))?,
        }
        if self.guards.last().map_or(self.guard.is_some(), |(_, g)| *g != self.guard) {
            push(&mut self.guards, (here, self.guard))?;
        }
        push(&mut self.code.words, word.0)?;
        match ext {
            Some(x) => push(&mut self.code.words, x),
            None => Ok(()),
        }
    }

    pub fn op(&mut self, op: Op, a: u8, b: u8, c: u8) -> Result<(), Error> {
        self.word(Word::abc(op, a, b, c), None)
    }

    pub fn op_x(&mut self, op: Op, a: u8, b: u8, c: u8, x: u32) -> Result<(), Error> {
        self.word(Word::abc(op, a, b, c), Some(x))
    }

    pub fn op_bx(&mut self, op: Op, a: u8, bx: u16) -> Result<(), Error> {
        self.word(Word::abx(op, a, bx), None)
    }

    pub fn op_bx_x(&mut self, op: Op, a: u8, bx: u16, x: u32) -> Result<(), Error> {
        self.word(Word::abx(op, a, bx), Some(x))
    }

    /// Clears the registers from `first` to the end of the frame.
    pub fn clear_above(&mut self, first: Reg) -> Result<(), Error> {
        let here = self.here();
        push(&mut self.clears, here)?;
        self.op(Op::Clear, first.min(255) as u8, 0, 0)
    }

    // Labels

    pub fn label(&mut self) -> Result<Label, Error> {
        push(&mut self.labels, None)?;
        Ok(Label(self.labels.len() - 1))
    }

    pub fn bind(&mut self, label: Label) {
        let here = self.here();
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = Some(here);
        }
    }

    pub fn is_bound(&self, label: Label) -> bool {
        self.labels.get(label.0).is_some_and(Option::is_some)
    }

    /// Jumps there. Backwards it is a loop's edge, where threads may switch.
    pub fn jump(&mut self, label: Label) -> Result<(), Error> {
        let here = self.here();
        push(&mut self.patches, (here, label))?;
        let op = if self.is_bound(label) { Op::JumpBack } else { Op::Jump };
        self.word(Word::jump(op, 0), None)
    }

    /// A conditional jump, or ForIter.
    pub fn branch(&mut self, op: Op, a: u8, b: u8, c: u8, label: Label) -> Result<(), Error> {
        let here = self.here();
        push(&mut self.patches, (here, label))?;
        self.word(Word::abc(op, a, b, c), Some(0))
    }

    // Pools

    fn name_text(&mut self, text: &str) -> Result<u16, Error> {
        let n = self.code.names.len();
        if n >= 0xFFFF {
            return Err(Error::TooComplex);
        }
        push(&mut self.code.names, text.into())?;
        Ok(n as u16)
    }

    /// The name that the file numbers `id`.
    pub fn name(&mut self, id: usize, text: &str) -> Result<u16, Error> {
        if let Some(&n) = self.name_ids.get(&id) {
            return Ok(n);
        }
        let n = self.name_text(text)?;
        self.name_ids.insert(id, n);
        Ok(n)
    }

    /// A name that the translation itself needs.
    pub fn plain_name(&mut self, text: &str) -> Result<u16, Error> {
        match self.code.names.iter().position(|n| **n == *text) {
            Some(n) => Ok(n as u16),
            None => self.name_text(text),
        }
    }

    pub fn constant(&mut self, c: Const) -> Result<u16, Error> {
        let n = self.code.consts.len();
        if n >= 0xFFFF {
            return Err(Error::TooComplex);
        }
        push(&mut self.code.consts, c)?;
        Ok(n as u16)
    }

    /// The constant that the file numbers `id`; `make` copies it.
    pub fn shared(&mut self, id: usize, make: impl FnOnce() -> Result<Const, Error>) -> Result<u16, Error> {
        if let Some(&n) = self.constant_ids.get(&id) {
            return Ok(n);
        }
        let n = self.constant(make()?)?;
        self.constant_ids.insert(id, n);
        Ok(n)
    }

    /// The name that the file numbers `id`, as a string.
    pub fn string(&mut self, id: usize, text: &str) -> Result<u16, Error> {
        if let Some(&n) = self.string_ids.get(&id) {
            return Ok(n);
        }
        let n = self.constant(Const::Str(Box::from(text)))?;
        self.string_ids.insert(id, n);
        Ok(n)
    }

    pub fn cache(&mut self) -> Result<u16, Error> {
        let n = self.code.n_caches;
        self.code.n_caches = n.checked_add(1).ok_or(Error::TooComplex)?;
        Ok(n)
    }

    /// The cache of a global: its reads share one, and so do its writes.
    pub fn global_cache(&mut self, name: u16, store: bool) -> Result<u16, Error> {
        let caches = if store { &self.store_caches } else { &self.load_caches };
        if let Some(&cache) = caches.get(&name) {
            return Ok(cache);
        }
        let cache = self.cache()?;
        let caches = if store { &mut self.store_caches } else { &mut self.load_caches };
        caches.insert(name, cache);
        Ok(cache)
    }

    /// Fills in jumps and handlers.
    pub fn finish(mut self) -> Result<Code, Error> {
        let place = |labels: &[Option<u32>], label: Label| labels.get(label.0).copied().flatten().ok_or(Error::Corrupt);
        for &(at, label) in &self.patches {
            let target = place(&self.labels, label)?;
            let at = at as usize;
            let word = Word(self.code.words[at]);
            let long = Op::from_u8(word.op()).is_some_and(|op| op.shape().has_ext());
            let distance = i64::from(target) - (at as i64 + 1 + i64::from(long));
            if long {
                self.code.words[at + 1] = distance as i32 as u32;
            } else {
                if distance != distance << 40 >> 40 {
                    return Err(Error::TooComplex);
                }
                self.code.words[at] = word.0 & 0xFF | (distance as u32) << 8;
            }
        }
        for &at in &self.clears {
            let word = Word(self.code.words[at as usize]);
            let n = self.code.n_regs.saturating_sub(u16::from(word.a()));
            self.code.words[at as usize] = Word::abc(Op::Clear, word.a(), n as u8, 0).0;
        }
        let end = self.here();
        for (i, &(start, guard)) in self.guards.iter().enumerate() {
            let end = self.guards.get(i + 1).map_or(end, |&(next, _)| next);
            if let Some((label, reg)) = guard
                && start < end
            {
                let handler = place(&self.labels, label)?;
                push(&mut self.code.handlers, Handler { start, end, handler, reg })?;
            }
        }
        Ok(self.code)
    }
}
