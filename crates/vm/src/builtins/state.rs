//! What natives outside this crate ask the VM about itself.

use crate::vm::{Res, Vm};
use snakeye_heap::Value;

/// How deep native code may go into objects inside objects. Each level takes a few frames of the Rust stack.
const MAX_DEPTH: u32 = 100;

impl Vm {
    /// Goes one level deeper into nested objects; RuntimeError when that is too deep.
    #[inline]
    pub(crate) fn deeper<T>(&mut self, work: impl FnOnce(&mut Vm) -> Res<T>) -> Res<T> {
        if self.nesting > MAX_DEPTH {
            return Err(self.runtime_error("maximum recursion depth exceeded"));
        }
        self.nesting += 1;
        let result = work(self);
        self.nesting -= 1;
        result
    }

    /// The value that a port or module keeps under this name.
    pub fn kept(&self, name: &str) -> Option<Value> {
        self.keep.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())
    }
    /// Keeps a value under this name in place of any other.
    pub fn set_kept(&mut self, name: &'static str, value: Value) {
        match self.keep.iter_mut().find(|(n, _)| *n == name) {
            Some((_, place)) => *place = value,
            None => self.keep.push((name, value)),
        }
    }
    /// Number of interned strings, and of their bytes.
    pub fn interned_size(&self) -> (usize, usize) {
        self.interner.iter().fold((0, 0), |(n, bytes), s| (n + 1, bytes + s.len()))
    }
    /// The interned strings, in no order.
    pub fn interned_names(&self) -> impl Iterator<Item = &str> {
        self.interner.iter()
    }
    /// How many run loops are nested now.
    pub fn nesting_depth(&self) -> usize {
        self.nesting as usize
    }
}
