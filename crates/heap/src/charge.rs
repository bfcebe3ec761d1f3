//! Accounting for what Rust code holds on behalf of a script, outside the heap's blocks.

use crate::heap::{Heap, Inner, OutOfMemory};
use core::ptr::NonNull;

/// Bytes accounted for as long as this lives. Kept in a payload whose Rust type allocates by itself; like
/// every value it must not outlive its heap.
pub struct Charge {
    inner: NonNull<Inner>,
    bytes: usize,
}

impl Heap {
    /// Accounts for `bytes` held by Rust code on behalf of a script.
    pub fn charge(&self, bytes: usize) -> Result<(), OutOfMemory> {
        let inner = self.inner();
        inner.make_room(bytes)?;
        inner.add(bytes, bytes);
        Ok(())
    }

    /// Takes back a charge.
    pub fn discharge(&self, bytes: usize) {
        self.inner().sub(bytes, bytes);
    }

    /// As [`Heap::charge`], taken back when the result is dropped.
    pub fn hold(&self, bytes: usize) -> Result<Charge, OutOfMemory> {
        self.charge(bytes)?;
        Ok(Charge { inner: self.inner, bytes })
    }

    /// A charge of nothing, which can grow.
    pub fn hold_nothing(&self) -> Charge {
        Charge { inner: self.inner, bytes: 0 }
    }

    /// Bytes that can still be taken from the system.
    pub fn room(&self) -> usize {
        let stats = self.stats();
        stats.limit.saturating_sub(stats.footprint)
    }

    /// Takes `bytes` for a moment: OutOfMemory where Rust memory of that size would not fit the limit.
    pub fn probe(&self, bytes: usize) -> Result<(), OutOfMemory> {
        self.charge(bytes)?;
        self.discharge(bytes);
        Ok(())
    }
}

impl Charge {
    /// Accounts for `bytes` more, also while the heap is locked: stacks grow in MicroPython without its heap.
    pub fn grow(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        // SAFETY: the heap outlives what is held in it (invariant 4).
        let inner = unsafe { self.inner.as_ref() };
        inner.unlocked(|| inner.make_room(bytes))?;
        inner.add(bytes, bytes);
        self.bytes += bytes;
        Ok(())
    }

    /// Accounts for `bytes` less.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        // SAFETY: as in grow.
        unsafe { self.inner.as_ref() }.sub(bytes, bytes);
    }

    /// Bytes accounted for.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}
