//! Exceptions.

use super::CodeObject;
use crate::kinds::Trace;
use alloc::rc::Rc;
use core::cell::RefCell;
use snakeye_heap::{Gc, HVec, Heap, Slot, Value};

/// Where an exception passed through.
pub enum TraceEntry {
    /// At an instruction; what is shown is worked out when it is asked for.
    Code {
        /// The function's code. It is not traced: code holds no exceptions.
        code: Gc<CodeObject>,
        /// Word of the instruction.
        at: u32,
    },
    /// In a source text that does not compile.
    Source {
        /// Source file.
        file: Rc<str>,
        /// Line, from 1.
        line: u32,
    },
}

impl TraceEntry {
    /// Source file.
    pub fn file(&self) -> &str {
        match self {
            TraceEntry::Code { code, .. } => &code.file,
            TraceEntry::Source { file, .. } => file,
        }
    }
    /// Line, from 1.
    pub fn line(&self) -> u32 {
        match self {
            TraceEntry::Code { code, at } => code.line_of(*at),
            TraceEntry::Source { line, .. } => *line,
        }
    }
    /// Function name; empty where nothing ran.
    pub fn function(&self) -> &str {
        match self {
            TraceEntry::Code { code, .. } => &code.name,
            TraceEntry::Source { .. } => "",
        }
    }
    /// Whether it is in this code.
    pub fn is_in(&self, other: &Gc<CodeObject>) -> bool {
        matches!(self, TraceEntry::Code { code, .. } if code.is(other))
    }
}

/// Frames an exception passed through, the raise first. Most exceptions are caught where they are raised, so the
/// first entry takes no allocation.
#[derive(Default)]
pub struct Traceback {
    first: Option<TraceEntry>,
    more: HVec<TraceEntry>,
}

/// Bytes beyond the heap's limit that exceptions and their tracebacks may take.
pub(crate) const RESERVE: usize = 4096;

/// Frames a traceback records; those further out are left away.
const MAX_TRACE: usize = 48;

impl Traceback {
    /// Adds a frame; left out when even the heap's reserve is used up.
    pub fn push(&mut self, heap: &Heap, entry: TraceEntry) {
        if self.first.is_none() {
            self.first = Some(entry);
        } else if self.more.len() + 1 < MAX_TRACE {
            let _ = heap.with_reserve(RESERVE, || self.more.push(heap, entry));
        }
    }
    /// The entries, the raise first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &TraceEntry> {
        self.first.iter().chain(&*self.more)
    }
    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Traceback::default();
    }
}

/// An exception object of a built-in class, or the base part of an instance of a class derived from one.
pub struct Exception {
    /// Its built-in class.
    pub class: Value,
    /// Tuple of arguments.
    pub args: Slot,
    /// Frames from the raise outwards.
    pub traceback: RefCell<Traceback>,
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
