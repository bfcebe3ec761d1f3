//! A typed handle to a cell.

use crate::cell::{CellBox, Payload, Tail, TailHead};
use crate::value::Value;
use core::marker::PhantomData;
use core::ops::Deref;

/// A value known to be a cell with payload `T`.
#[repr(transparent)]
pub struct Gc<T: Payload> {
    value: Value,
    payload: PhantomData<T>,
}

impl<T: Payload> Gc<T> {
    #[inline(always)]
    pub(crate) fn from_value(value: Value) -> Gc<T> {
        debug_assert!(value.kind() == T::KIND);
        Gc { value, payload: PhantomData }
    }

    /// The untyped value.
    #[inline(always)]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether both are the same cell.
    pub fn is(&self, other: &Gc<T>) -> bool {
        self.value.is(&other.value)
    }
}

impl<T: Payload> Deref for Gc<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: a Gc<T> is only made from a value of kind T::KIND.
        unsafe { &(*self.value.0.cast::<CellBox<T>>().as_ptr()).payload }
    }
}

impl<H: TailHead> Gc<Tail<H>> {
    /// The elements behind the head.
    #[inline(always)]
    pub fn elements(&self) -> &[H::Element] {
        // SAFETY: a Gc's kind names the payload's type; the value's pointer covers the whole block.
        unsafe { Tail::<H>::slice_at(self.value.payload()) }
    }
}

impl<T: Payload> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Gc<T> {
        Gc { value: self.value.clone(), payload: PhantomData }
    }
}

impl<T: Payload> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(gc: Gc<T>) -> Value {
        gc.value
    }
}
