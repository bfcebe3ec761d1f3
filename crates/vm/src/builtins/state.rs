//! What natives outside this crate ask the VM about itself.

use crate::names::NAMES;
use crate::object::Entry;
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
    /// The interned strings that scripts brought, in no order: without the names of the language and of what
    /// built-in modules and their types hold.
    pub fn interned_names(&self) -> impl Iterator<Item = &str> {
        self.interner.iter().filter(|s| !self.is_own_name(s))
    }
    fn is_own_name(&self, s: &str) -> bool {
        let in_entries = |entries: &[(&str, Entry)]| {
            entries.iter().any(|(n, e)| {
                *n == s
                    || matches!(e, Entry::Type(t) if t.get().name == s || t.get().attrs.iter().any(|(n, _)| *n == s))
            })
        };
        NAMES.contains(&s) || self.registry.iter().any(|m| m.name == s || in_entries(m.entries))
    }
    /// How many run loops are nested now.
    pub fn nesting_depth(&self) -> usize {
        self.nesting as usize
    }
}
