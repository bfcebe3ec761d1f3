//! Instances of classes defined in Python.

use crate::kinds::Trace;
use core::cell::Cell;
use snakeye_heap::{Slot, Slots, Value};

/// An instance: attribute names are its shape's, values its slots'. Instances of classes that derive from a
/// built-in type keep that type's object in slot 0.
pub struct Instance {
    /// Its class.
    pub class: Slot,
    /// Which names the slots belong to.
    pub shape: Cell<u32>,
    /// Attribute values; unbound where an attribute was deleted.
    pub slots: Slots,
}

impl Trace for Instance {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.class.trace(visit);
        self.slots.trace(visit);
    }
    fn clear(&self) {
        // Values go, places stay: the shape still names them.
        for i in 0..self.slots.len() {
            drop(self.slots.replace(i, Value::UNBOUND));
        }
    }
}
