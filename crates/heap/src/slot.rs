//! Places that hold values inside shared payloads, without a borrow flag: reads clone, writes replace, and
//! no reference to the inside ever leaves.

use crate::heap::{Heap, OutOfMemory};
use crate::value::Value;
use crate::vec::HVec;
use core::cell::UnsafeCell;

/// One mutable value.
#[repr(transparent)]
pub struct Slot(UnsafeCell<Value>);

impl Slot {
    /// A slot that holds `value`.
    pub const fn new(value: Value) -> Slot {
        Slot(UnsafeCell::new(value))
    }
    /// The value.
    #[inline(always)]
    pub fn get(&self) -> Value {
        // SAFETY: single-threaded (invariant 5) and no reference outlives this expression: clone only counts.
        unsafe { (*self.0.get()).clone() }
    }
    /// Puts `value` and returns what was there.
    #[inline(always)]
    pub fn replace(&self, value: Value) -> Value {
        // SAFETY: as in get; the old value is moved out, not dropped here.
        unsafe { core::mem::replace(&mut *self.0.get(), value) }
    }
    /// Puts `value`; the old one is dropped after the slot holds the new one.
    #[inline(always)]
    pub fn set(&self, value: Value) {
        drop(self.replace(value));
    }
    /// Whether it holds the unbound mark.
    #[inline(always)]
    pub fn is_unbound(&self) -> bool {
        // SAFETY: as in get.
        unsafe { (*self.0.get()).is_unbound() }
    }
    /// Shows the value to a tracer.
    pub fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        // SAFETY: tracing neither frees nor changes values.
        visit(unsafe { &*self.0.get() })
    }
}

/// A growable row of mutable values.
#[derive(Default)]
pub struct Slots(UnsafeCell<HVec<Value>>);

impl Slots {
    /// An empty row.
    pub const fn new() -> Slots {
        Slots(UnsafeCell::new(HVec::new()))
    }
    fn items(&self) -> &HVec<Value> {
        // SAFETY: callers end the borrow before any code that could change the row runs.
        unsafe { &*self.0.get() }
    }
    /// Number of values.
    pub fn len(&self) -> usize {
        self.items().len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The value at `i`.
    #[inline(always)]
    pub fn get(&self, i: usize) -> Option<Value> {
        self.items().get(i).cloned()
    }
    /// The value at `i`, in place.
    ///
    /// # Safety
    /// The row does not change while the result is used.
    #[inline(always)]
    pub unsafe fn peek(&self, i: usize) -> Option<&Value> {
        self.items().get(i)
    }
    /// Puts a value at `i` and returns the old one; hands `value` back when there is no such place.
    #[inline(always)]
    pub fn replace(&self, i: usize, value: Value) -> Result<Value, Value> {
        // SAFETY: single-threaded; the old value is moved out, so nothing runs while the borrow lives.
        match unsafe { (&mut *self.0.get()).get_mut(i) } {
            Some(place) => Ok(core::mem::replace(place, value)),
            None => Err(value),
        }
    }
    /// Appends.
    #[inline]
    pub fn push(&self, heap: &Heap, value: Value) -> Result<(), OutOfMemory> {
        // SAFETY: as in replace; with room, nothing but the row changes.
        let row = unsafe { &mut *self.0.get() };
        if row.len() < row.capacity() {
            return row.push(heap, value);
        }
        self.push_growing(heap, value)
    }
    #[inline(never)]
    fn push_growing(&self, heap: &Heap, value: Value) -> Result<(), OutOfMemory> {
        // The row is taken out while it grows: growing may collect, and the collector traces this row.
        // SAFETY: as in replace.
        let mut items = unsafe { core::mem::take(&mut *self.0.get()) };
        let result = items.push(heap, value);
        // SAFETY: as in replace; what is replaced is the empty row.
        unsafe { *self.0.get() = items };
        result
    }
    /// Reserves room for `n` values in an empty row.
    pub fn reserve(&self, heap: &Heap, n: usize) -> Result<(), OutOfMemory> {
        // SAFETY: as in push.
        let mut items = unsafe { core::mem::take(&mut *self.0.get()) };
        let result = items.reserve_exact(heap, n);
        // SAFETY: as in push.
        unsafe { *self.0.get() = items };
        result
    }
    /// Takes all values out.
    pub fn take(&self) -> HVec<Value> {
        // SAFETY: as in replace.
        unsafe { core::mem::take(&mut *self.0.get()) }
    }
    /// Shows the values to a tracer.
    pub fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.items().iter().for_each(visit)
    }
}
