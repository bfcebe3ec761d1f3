//! Lists.

use crate::kinds::Trace;
use core::cell::RefCell;
use snakeye_heap::{Gc, HVec, Heap, OutOfMemory, Value};

/// A list.
pub struct List {
    /// Items. Never borrowed across code that may run Python.
    pub items: RefCell<HVec<Value>>,
}

impl List {
    /// A list of these items.
    pub fn make(heap: &Heap, items: HVec<Value>) -> Result<Gc<List>, OutOfMemory> {
        heap.alloc(List { items: RefCell::new(items) })
    }
}

impl Trace for List {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Ok(items) = self.items.try_borrow() {
            items.iter().for_each(visit);
        }
    }
    fn clear(&self) {
        let old = self.items.try_borrow_mut().map(|mut items| core::mem::take(&mut *items));
        drop(old);
    }
}
