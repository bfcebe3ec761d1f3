//! Tuples.

use snakeye_heap::{Gc, Heap, OutOfMemory, Tail, Value};

/// What precedes a tuple's items: for named tuples, their class.
pub struct TupleHead {
    /// The named-tuple class; unbound for plain tuples. It is not traced: classes of named tuples hold no
    /// tuple of their own.
    pub class: Value,
}

/// A tuple cell.
pub type Tuple = Tail<TupleHead>;

impl TupleHead {
    /// A tuple of these items.
    pub fn make(heap: &Heap, items: impl ExactSizeIterator<Item = Value>) -> Result<Gc<Tuple>, OutOfMemory> {
        heap.alloc_tail(TupleHead { class: Value::UNBOUND }, items.len(), items)
    }
}
