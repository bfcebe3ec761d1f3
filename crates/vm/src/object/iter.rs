//! Ranges, slices and the iterators of built-in types.

use crate::kinds::Trace;
use core::cell::RefCell;
use snakeye_heap::Value;

/// `range(start, stop, step)`; step is never 0.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// First value.
    pub start: i64,
    /// Bound, not included.
    pub stop: i64,
    /// Distance.
    pub step: i64,
}
impl Trace for Range {}

impl Range {
    /// Number of values.
    pub fn len(&self) -> usize {
        // No division of 128 bits for the most common ranges.
        if self.step == 1
            && let Some(n) = self.stop.checked_sub(self.start)
        {
            return usize::try_from(n.max(0)).unwrap_or(usize::MAX);
        }
        let (start, stop, step) = (self.start as i128, self.stop as i128, self.step as i128);
        let n = if step > 0 { (stop - start + step - 1) / step } else { (start - stop - step - 1) / -step };
        n.clamp(0, usize::MAX as i128) as usize
    }
    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A slice object.
pub struct Slice {
    /// Any value or None.
    pub start: Value,
    /// Any value or None.
    pub stop: Value,
    /// Any value or None.
    pub step: Value,
}
impl Trace for Slice {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.start);
        visit(&self.stop);
        visit(&self.step);
    }
}

/// An iterator over a built-in object, or built from other iterators.
pub struct Iter {
    /// Where it stands.
    pub state: RefCell<IterState>,
}

/// The state of an [`Iter`].
pub enum IterState {
    /// Exhausted; holds nothing.
    Done,
    /// Items of a list, tuple, str (byte offset), bytes-like by index.
    Sequence {
        /// What is iterated.
        object: Value,
        /// Next index (strings: byte offset).
        index: usize,
    },
    /// Entries of a dict or set by entry number; `size` detects changes.
    Table {
        /// Dict or Set.
        object: Value,
        /// Next entry.
        index: usize,
        /// 0 keys, 1 values, 2 items.
        what: u8,
    },
    /// Values of a range.
    Range {
        /// Next value.
        next: i64,
        /// How many are left.
        left: usize,
        /// Distance.
        step: i64,
    },
    /// `__getitem__` with 0, 1, 2 … until IndexError.
    GetItem {
        /// The object.
        object: Value,
        /// Next index.
        index: i64,
    },
    /// reversed(sequence).
    Reversed {
        /// The sequence.
        object: Value,
        /// Items left: the next index is `left - 1`.
        left: usize,
    },
    /// enumerate(iterator).
    Enumerate {
        /// Inner iterator.
        inner: Value,
        /// Next number.
        count: Value,
    },
    /// zip(*iterators): the tuple of iterators.
    Zip {
        /// Tuple of iterators.
        inner: Value,
    },
    /// map(function, *iterators).
    Map {
        /// The function.
        function: Value,
        /// Tuple of iterators.
        inner: Value,
    },
    /// filter(function, iterator).
    Filter {
        /// The function or None.
        function: Value,
        /// Inner iterator.
        inner: Value,
    },
    /// iter(callable, sentinel).
    Callable {
        /// Called for each item.
        function: Value,
        /// Ends the iteration when it is equal.
        sentinel: Value,
    },
}

impl Trace for Iter {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        let Ok(state) = self.state.try_borrow() else { return };
        match &*state {
            IterState::Done | IterState::Range { .. } => {}
            IterState::Sequence { object, .. }
            | IterState::Table { object, .. }
            | IterState::GetItem { object, .. }
            | IterState::Reversed { object, .. } => visit(object),
            IterState::Enumerate { inner, count } => {
                visit(inner);
                visit(count);
            }
            IterState::Zip { inner } => visit(inner),
            IterState::Map { function, inner } | IterState::Filter { function, inner } => {
                visit(function);
                visit(inner);
            }
            IterState::Callable { function, sentinel } => {
                visit(function);
                visit(sentinel);
            }
        }
    }
    fn clear(&self) {
        let old = self.state.try_borrow_mut().map(|mut s| core::mem::replace(&mut *s, IterState::Done));
        drop(old);
    }
}
