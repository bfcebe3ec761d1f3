//! Modes for tests: a collection or a failure at every n-th allocation.

use crate::heap::{Heap, Inner, LOCKED, OutOfMemory, STRESSED};

/// What happens at every n-th allocation of a heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stress {
    /// Nothing.
    #[default]
    Off,
    /// Cycles are collected.
    Collect(u32),
    /// It fails.
    Fail(u32),
}

impl Heap {
    /// Switches a mode for tests on or off; counting starts anew.
    pub fn set_stress(&self, stress: Stress) {
        let inner = self.inner();
        inner.stress.set((stress, 0));
        let gate = inner.gate.get() & !STRESSED;
        inner.gate.set(if stress == Stress::Off { gate } else { gate | STRESSED });
    }
}

impl Inner {
    /// What stands before an allocation when the heap is locked or under stress.
    #[cold]
    #[inline(never)]
    pub(crate) fn gated(&self) -> Result<(), OutOfMemory> {
        if self.gate.get() & LOCKED != 0 {
            return Err(OutOfMemory);
        }
        let (stress, count) = self.stress.get();
        let due = |n: u32| (count + 1).is_multiple_of(n.max(1));
        self.stress.set((stress, count.wrapping_add(1)));
        match stress {
            Stress::Collect(n) if due(n) && !self.collecting.get() => {
                self.collect();
                Ok(())
            }
            Stress::Fail(n) if due(n) => Err(OutOfMemory),
            _ => Ok(()),
        }
    }
}
