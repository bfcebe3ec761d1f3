//! Follows registers along every path of compiled code: whatever an instruction reads must have been
//! written before, on all ways that lead there, and not moved out since.

use std::collections::{BTreeMap, BTreeSet};

use snakeye_bytecode::{Code, Handler, Op, Shape, Word};

/// What one instruction does to registers.
#[derive(Default)]
struct Effect {
    reads: Vec<u8>,
    writes: Vec<u8>,
    kills: Vec<u8>,
    /// Written only when the instruction does not jump.
    writes_on_fall: Vec<u8>,
    jump: Option<usize>,
    falls: bool,
}

fn range(first: u8, n: usize) -> impl Iterator<Item = u8> {
    (0..n).map(move |i| first + i as u8)
}

fn effect(op: Op, word: Word, x: u32, end: usize) -> Effect {
    let (a, b, c) = (word.a(), word.b(), word.c());
    let mut e = Effect { falls: true, ..Effect::default() };
    let target = |distance: i32| Some((end as i64 + i64::from(distance)) as usize);
    match op {
        Op::Nop | Op::DelFree | Op::DelGlobal | Op::DelName => {}
        Op::CheckBound => e.writes.push(a),
        Op::Clear => e.kills.extend(range(a, b.into())),
        Op::Take => {
            e.reads.push(b);
            e.kills.push(b);
            e.writes.push(a);
        }
        Op::LoadInt
        | Op::LoadConst
        | Op::LoadSpecial
        | Op::MakeCell
        | Op::LoadFree
        | Op::LoadClassFree
        | Op::LoadGlobal
        | Op::LoadName
        | Op::LoadBuildClass
        | Op::Import => e.writes.push(a),
        Op::StoreGlobal => {
            e.reads.push(a);
            if x >> 16 & 1 != 0 {
                e.kills.push(a);
            }
        }
        Op::StoreAttr => {
            e.reads.extend([a, b]);
            if c & 1 != 0 {
                e.kills.push(b);
            }
        }
        Op::LoadMethod => {
            e.reads.push(b);
            e.writes.extend([a, a + 1]);
        }
        Op::BuildSlice => {
            e.reads.extend(range(b, 3));
            e.writes.push(a);
        }
        Op::ForPrep => {
            e.reads.push(a);
            e.writes.extend(range(a, 3));
        }
        Op::ForIter => {
            e.reads.extend(range(b, 3));
            e.writes_on_fall.push(a);
            e.jump = target(x as i32);
        }
        Op::YieldFrom => {
            e.reads.extend([a, b]);
            e.writes.push(b);
        }
        Op::Call | Op::CallMethod | Op::CallKw | Op::CallMethodKw => {
            let own = 1 + usize::from(matches!(op, Op::CallMethod | Op::CallMethodKw));
            let kw = if op.shape() == Shape::CallKw { c } else { 0 };
            let n = own + usize::from(b) + usize::from(kw);
            e.reads.extend(range(a, n));
            e.kills.extend(range(a, n));
            e.writes.push(a);
        }
        Op::CallEx => {
            e.reads.extend(range(a, 3));
            e.kills.extend(range(a, 3));
            e.writes.push(a);
        }
        Op::MakeFunction => {
            let defaults = (x >> 8) as u8;
            if x & 1 != 0 {
                e.reads.push(defaults);
            }
            if x & 2 != 0 {
                e.reads.push(defaults + 1);
            }
            e.writes.push(a);
        }
        Op::BuildList | Op::BuildTuple | Op::BuildSet | Op::BuildString | Op::BuildMap => {
            let n = usize::from(c) * if op == Op::BuildMap { 2 } else { 1 };
            e.reads.extend(range(b, n));
            e.kills.extend(range(b, n));
            e.writes.push(a);
        }
        Op::Format => {
            e.reads.extend(range(b, if c & 4 != 0 { 2 } else { 1 }));
            e.writes.push(a);
        }
        Op::Unpack => {
            e.reads.push(b);
            e.writes.extend(range(a, c.into()));
        }
        Op::UnpackEx => {
            e.reads.push(b);
            e.writes.extend(range(a, usize::from(c) + 1 + x as usize));
        }
        Op::Return | Op::Raise | Op::Reraise => {
            e.reads.push(a);
            e.falls = false;
        }
        Op::RaiseFrom => {
            e.reads.extend([a, b]);
            e.falls = false;
        }
        Op::ReturnNone => e.falls = false,
        Op::Jump | Op::JumpBack => {
            e.jump = target(word.s24());
            e.falls = false;
        }
        Op::StoreCell | Op::DelItem => e.reads.extend([a, b]),
        Op::SetItem | Op::MapSet => e.reads.extend([a, b, c]),
        Op::ListAppend | Op::ListExtend | Op::SetAdd | Op::SetUpdate | Op::MapUpdate | Op::MapMerge => {
            e.reads.extend([a, b])
        }
        Op::DelCell | Op::StoreFree | Op::StoreName | Op::DelAttr | Op::ImportStar | Op::PrintExpr => e.reads.push(a),
        _ => match op.shape() {
            Shape::AB | Shape::ABi | Shape::ABName => {
                e.reads.push(b);
                e.writes.push(a);
            }
            Shape::ABC => {
                e.reads.extend([b, c]);
                e.writes.push(a);
            }
            Shape::ABCache => {
                e.reads.push(b);
                e.writes.push(a);
            }
            Shape::AJump | Shape::AiJump => {
                e.reads.push(a);
                e.jump = target(x as i32);
            }
            Shape::ABJump => {
                e.reads.extend([a, b]);
                e.jump = target(x as i32);
            }
            shape => panic!("{op:?} of shape {shape:?} is not described"),
        },
    }
    e
}

type Set = [bool; 256];

/// The known values of the registers that say how a guarded block was left. Paths with different values are
/// kept apart, because what the other registers hold depends on them.
type Key = Vec<(u8, Option<i16>)>;

/// Follows all paths of a body.
struct Flow<'c> {
    code: &'c Code,
    /// Whether to find what is bound on all paths, rather than on some.
    must: bool,
    states: Vec<BTreeMap<Key, Set>>,
    work: Vec<(usize, Key)>,
}

impl<'c> Flow<'c> {
    fn new(code: &'c Code, must: bool) -> Self {
        let mut start = [false; 256];
        start[..code.n_params()].fill(true);
        let mut flow = Flow { code, must, states: vec![BTreeMap::new(); code.words.len()], work: Vec::new() };
        let key = flow.completions().into_iter().map(|reg| (reg, None)).collect();
        flow.merge(0, key, start);
        flow
    }

    /// Temporaries that are set to constants and compared with constants.
    fn completions(&self) -> BTreeSet<u8> {
        let (mut set, mut tested) = (BTreeSet::new(), BTreeSet::new());
        for (_, op, word, _, _) in instructions(self.code) {
            if usize::from(word.a()) >= self.code.varnames.len() {
                match op {
                    Op::LoadInt => set.insert(word.a()),
                    Op::JumpEqI => tested.insert(word.a()),
                    _ => false,
                };
            }
        }
        set.intersection(&tested).copied().collect()
    }

    fn merge(&mut self, pc: usize, key: Key, state: Set) {
        let must = self.must;
        let changed = match self.states[pc].get_mut(&key) {
            None => {
                self.states[pc].insert(key.clone(), state);
                true
            }
            Some(old) => {
                let before = *old;
                for (old, new) in old.iter_mut().zip(state) {
                    *old = if must { *old && new } else { *old || new };
                }
                before != *old
            }
        };
        if changed {
            self.work.push((pc, key));
        }
    }

    /// Runs to the end, showing each instruction with the state before it.
    fn run(mut self, mut visit: impl FnMut(usize, Op, &Effect, &Set) -> Result<(), String>) -> Result<(), String> {
        while let Some((pc, key)) = self.work.pop() {
            let mut state = self.states[pc][&key];
            let word = Word(self.code.words[pc]);
            let op = Op::from_u8(word.op()).ok_or("opcode")?;
            let long = usize::from(op.shape().has_ext());
            let x = if long == 1 { self.code.words[pc + 1] } else { 0 };
            let end = pc + 1 + long;
            let e = effect(op, word, x, end);
            visit(pc, op, &e, &state)?;
            // The first handler that covers the instruction takes its exceptions. It sees the state before the
            // instruction or the one after.
            let covers = |h: &&Handler| (h.start..h.end).contains(&(pc as u32));
            let handler = self.code.handlers.iter().find(covers).copied();
            let mut caught = state;
            for &reg in &e.kills {
                state[usize::from(reg)] = false;
            }
            if self.must {
                caught = state;
            }
            if let Some(h) = handler
                && !matches!(op, Op::LoadInt | Op::Jump | Op::Take | Op::Move | Op::Clear)
            {
                caught[usize::from(h.reg)] = true;
                self.merge(h.handler as usize, key.clone(), caught);
            }
            for &reg in &e.writes {
                // A number keeps nothing alive.
                state[usize::from(reg)] = self.must || !matches!(op, Op::LoadInt | Op::LoadSpecial | Op::CheckBound);
            }
            let mut key = key;
            for (reg, value) in &mut key {
                if e.writes.contains(reg) {
                    *value = (op == Op::LoadInt).then_some(word.sbx());
                }
            }
            let known = key.iter().find(|(reg, _)| op == Op::JumpEqI && *reg == word.a());
            let jumps = match known {
                Some((_, Some(value))) => Some((*value == i16::from(word.b() as i8)) == (word.c() == 1)),
                _ => None,
            };
            if let Some(target) = e.jump
                && jumps != Some(false)
            {
                self.merge(target, key.clone(), state);
            }
            for &reg in &e.writes_on_fall {
                state[usize::from(reg)] = true;
            }
            if e.falls && jumps != Some(true) {
                self.merge(end, key, state);
            }
        }
        Ok(())
    }
}

/// The instructions with their extension words: (word, operation, word, extension, end).
fn instructions(code: &Code) -> Vec<(usize, Op, Word, u32, usize)> {
    let mut list = Vec::new();
    let mut pc = 0;
    while let Some(&word) = code.words.get(pc) {
        let word = Word(word);
        let op = Op::from_u8(word.op()).expect("verified code");
        let long = usize::from(op.shape().has_ext());
        let x = if long == 1 { code.words[pc + 1] } else { 0 };
        list.push((pc, op, word, x, pc + 1 + long));
        pc += 1 + long;
    }
    list
}

/// Checks `code` and the code inside it; says what is wrong.
pub fn check(code: &Code) -> Result<(), String> {
    Flow::new(code, true).run(|pc, op, effect, state| {
        match effect.reads.iter().find(|&&reg| !state[usize::from(reg)]) {
            None => Ok(()),
            Some(reg) => {
                let line = code.line_of(pc as u32);
                Err(format!("{}:{line} {} word {pc}: {op:?} reads unbound r{reg}", code.file, code.name))
            }
        }
    })?;
    code.children.iter().try_for_each(check)
}

/// Temporaries of top-level code that may still hold objects at its end.
pub fn leftovers(code: &Code) -> Vec<u8> {
    let mut left = Vec::new();
    let result = Flow::new(code, false).run(|_, op, _, state| {
        if op == Op::ReturnNone {
            left.extend((0..=255).filter(|&reg| state[usize::from(reg)]));
        }
        Ok(())
    });
    assert_eq!(result, Ok(()));
    left
}
