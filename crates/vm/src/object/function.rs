//! Functions and the cells they capture.

use super::{CodeObject, Dict};
use crate::kinds::Trace;
use snakeye_heap::{Gc, Slot, Slots, Value};

/// A Python function.
pub struct Function {
    /// What runs.
    pub code: Gc<CodeObject>,
    /// Its globals.
    pub globals: Gc<Dict>,
    /// Cells of its free variables.
    pub closure: Slots,
    /// Tuple of positional defaults, or unbound.
    pub defaults: Value,
    /// Dict of keyword-only defaults, or unbound.
    pub kw_defaults: Value,
}

impl Trace for Function {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.code.value());
        visit(self.globals.value());
        self.closure.trace(visit);
        visit(&self.defaults);
        visit(&self.kw_defaults);
    }
    fn clear(&self) {
        drop(self.closure.take());
    }
}

/// A variable shared between functions.
pub struct CellObject(pub Slot);

impl Trace for CellObject {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.trace(visit)
    }
    fn clear(&self) {
        self.0.set(Value::UNBOUND);
    }
}
