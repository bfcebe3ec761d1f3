//! Labels, jumps, loops and handlers of a body under construction.

use snakeye_bytecode::{Handler, Op, Word};

use super::{Label, Reg, Unit};
use crate::registers::RegSet;

#[derive(Debug)]
pub(super) struct LabelState {
    at: Option<u32>,
    /// Variables bound on every way that leads here.
    assigned: RegSet,
    /// Temporaries that may hold a value on some way that leads here.
    dirty: RegSet,
    reached: bool,
}

impl Unit {
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
}
