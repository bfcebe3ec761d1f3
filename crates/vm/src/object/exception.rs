//! Exceptions.

use crate::kinds::Trace;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_heap::{Slot, Value};

/// Where an exception passed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// Source file.
    pub file: Rc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Function name.
    pub function: Rc<str>,
}

/// An exception object of a built-in class, or the base part of an instance of a class derived from one.
pub struct Exception {
    /// Its built-in class.
    pub class: Value,
    /// Tuple of arguments.
    pub args: Slot,
    /// Frames from the raise outwards.
    pub traceback: RefCell<Vec<TraceEntry>>,
    /// `__cause__`, set by `raise … from`.
    pub cause: Slot,
}

impl Trace for Exception {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.args.trace(visit);
        self.cause.trace(visit);
    }
    fn clear(&self) {
        self.cause.set(Value::NONE);
        self.args.set(Value::NONE);
    }
}
