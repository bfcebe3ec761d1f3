//! Generators and coroutines: a function's frame that can be set aside.

use crate::kinds::Trace;
use core::cell::{Cell, RefCell};
use snakeye_heap::{HVec, Slot, Value};

/// Where a generator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratorState {
    /// Not started.
    Created,
    /// At a yield.
    Suspended,
    /// Its frame is on a stack.
    Running,
    /// Returned or raised.
    Done,
}

/// A generator or coroutine.
pub struct Generator {
    /// The function; unbound when done.
    pub function: Slot,
    /// Where it stands.
    pub state: Cell<GeneratorState>,
    /// Word at which it goes on.
    pub pc: Cell<u32>,
    /// Saved registers while not running.
    pub registers: RefCell<HVec<Value>>,
    /// An exception to raise when it is next resumed, or unbound (`pend_throw`).
    pub pending: Slot,
}

impl Trace for Generator {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.function.trace(visit);
        self.pending.trace(visit);
        if let Ok(registers) = self.registers.try_borrow() {
            registers.iter().for_each(visit);
        }
    }
    fn clear(&self) {
        self.state.set(GeneratorState::Done);
        self.function.set(Value::UNBOUND);
        self.pending.set(Value::UNBOUND);
        let old = self.registers.try_borrow_mut().map(|mut r| core::mem::take(&mut *r));
        drop(old);
    }
}
