//! A growable array whose buffer lies in the heap.

use crate::heap::{Heap, OutOfMemory, free_buffer};
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

/// As `Vec`, but growing is fallible, counts against the heap's limit, and names the heap.
pub struct HVec<T> {
    ptr: NonNull<T>,
    len: u32,
    /// Bytes of the buffer; 0: none.
    bytes: u32,
    owns: PhantomData<T>,
}

impl<T> Default for HVec<T> {
    fn default() -> Self {
        HVec::new()
    }
}

impl<T> HVec<T> {
    /// An empty array without a buffer.
    pub const fn new() -> HVec<T> {
        const { assert!(align_of::<T>() <= 8 && size_of::<T>() > 0) };
        HVec { ptr: NonNull::dangling(), len: 0, bytes: 0, owns: PhantomData }
    }

    /// An empty array with room for `n` elements.
    pub fn with_capacity(heap: &Heap, n: usize) -> Result<HVec<T>, OutOfMemory> {
        let mut v = HVec::new();
        v.reserve_exact(heap, n)?;
        Ok(v)
    }

    /// An array of these items.
    pub fn from_iter(heap: &Heap, items: impl Iterator<Item = T>) -> Result<HVec<T>, OutOfMemory> {
        let mut v = HVec::with_capacity(heap, items.size_hint().0)?;
        v.extend(heap, items)?;
        Ok(v)
    }

    /// How many elements the buffer holds without growing.
    pub fn capacity(&self) -> usize {
        self.bytes as usize / size_of::<T>()
    }

    /// Makes room for `more` elements beyond the present ones, growing by half at least.
    pub fn reserve(&mut self, heap: &Heap, more: usize) -> Result<(), OutOfMemory> {
        let need = (self.len as usize).checked_add(more).ok_or(OutOfMemory)?;
        if need <= self.capacity() {
            return Ok(());
        }
        let roomy = self.capacity() + self.capacity() / 2;
        if roomy > need && self.grow(heap, roomy).is_ok() {
            return Ok(());
        }
        // Near the limit: with less to spare. A large buffer must still grow by a part of itself, or every
        // further element would copy it all.
        const LARGE: usize = 4096;
        let spare = if need.saturating_mul(size_of::<T>()) >= LARGE { self.capacity() / 8 } else { 0 };
        self.grow(heap, need.max(self.capacity() + spare).max(4.min(64 / size_of::<T>())))
    }

    /// Makes room for exactly `more` elements.
    pub fn reserve_exact(&mut self, heap: &Heap, more: usize) -> Result<(), OutOfMemory> {
        let need = (self.len as usize).checked_add(more).ok_or(OutOfMemory)?;
        if need <= self.capacity() { Ok(()) } else { self.grow(heap, need) }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, heap: &Heap, capacity: usize) -> Result<(), OutOfMemory> {
        let bytes = capacity.checked_mul(size_of::<T>()).ok_or(OutOfMemory)?;
        if bytes > u32::MAX as usize - 64 {
            return Err(OutOfMemory);
        }
        let (block, bytes) = heap.alloc_buffer(bytes)?;
        // SAFETY: the new buffer holds at least len elements; the old one is freed without dropping them.
        unsafe {
            ptr::copy_nonoverlapping(self.ptr.as_ptr(), block.cast::<T>().as_ptr(), self.len as usize);
            if self.bytes > 0 {
                free_buffer(self.ptr.cast(), self.bytes as usize);
            }
        }
        self.ptr = block.cast();
        self.bytes = bytes as u32;
        Ok(())
    }

    /// Appends all items of an iterator.
    #[inline]
    pub fn extend(&mut self, heap: &Heap, items: impl Iterator<Item = T>) -> Result<(), OutOfMemory> {
        for item in items {
            if self.len as usize >= self.capacity() {
                self.reserve(heap, 1)?;
            }
            // SAFETY: there is room behind len.
            unsafe { self.ptr.as_ptr().add(self.len as usize).write(item) };
            self.len += 1;
        }
        Ok(())
    }

    /// Appends.
    #[inline]
    pub fn push(&mut self, heap: &Heap, item: T) -> Result<(), OutOfMemory> {
        if self.len as usize >= self.capacity() {
            self.reserve(heap, 1)?;
        }
        // SAFETY: there is room behind len.
        unsafe { self.ptr.as_ptr().add(self.len as usize).write(item) };
        self.len += 1;
        Ok(())
    }

    /// Takes the last element.
    pub fn pop(&mut self) -> Option<T> {
        if self.len == 0 {
            return None;
        }
        self.len -= 1;
        // SAFETY: the element at the old len - 1 is initialised and now outside.
        Some(unsafe { self.ptr.as_ptr().add(self.len as usize).read() })
    }

    /// Inserts at `index` (at most len, else the end).
    pub fn insert(&mut self, heap: &Heap, index: usize, item: T) -> Result<(), OutOfMemory> {
        let index = index.min(self.len as usize);
        self.reserve(heap, 1)?;
        // SAFETY: room for one more; elements behind index move up by one.
        unsafe {
            let at = self.ptr.as_ptr().add(index);
            ptr::copy(at, at.add(1), self.len as usize - index);
            at.write(item);
        }
        self.len += 1;
        Ok(())
    }

    /// Takes the element at `index`.
    pub fn remove(&mut self, index: usize) -> Option<T> {
        if index >= self.len as usize {
            return None;
        }
        // SAFETY: index is inside; elements behind it move down.
        unsafe {
            let at = self.ptr.as_ptr().add(index);
            let item = at.read();
            ptr::copy(at.add(1), at, self.len as usize - index - 1);
            self.len -= 1;
            Some(item)
        }
    }

    /// Drops the elements from `len` on.
    pub fn truncate(&mut self, len: usize) {
        while self.len as usize > len {
            drop(self.pop());
        }
    }

    /// Drops all elements; keeps the buffer.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Replaces the elements `start..end` (clamped) by those of `items`, and hands back the old ones for the
    /// caller to drop when no borrow is held.
    pub fn splice(&mut self, heap: &Heap, start: usize, end: usize, items: HVec<T>) -> Result<HVec<T>, OutOfMemory> {
        let len = self.len as usize;
        let start = start.min(len);
        let end = end.clamp(start, len);
        let (old, new) = (end - start, items.len as usize);
        let mut removed = HVec::with_capacity(heap, old)?;
        if new > old {
            self.reserve(heap, new - old)?;
        }
        // SAFETY: `removed` has room for old; self has room for the new length; items' elements move over
        // and its len is set to 0 so that they are not dropped twice.
        unsafe {
            let base = self.ptr.as_ptr();
            ptr::copy_nonoverlapping(base.add(start), removed.ptr.as_ptr(), old);
            removed.len = old as u32;
            ptr::copy(base.add(end), base.add(start + new), len - end);
            ptr::copy_nonoverlapping(items.ptr.as_ptr(), base.add(start), new);
            self.len = (len - old + new) as u32;
            let mut items = items;
            items.len = 0;
        }
        Ok(removed)
    }

    /// Appends clones of a slice.
    pub fn extend_from_slice(&mut self, heap: &Heap, items: &[T]) -> Result<(), OutOfMemory>
    where
        T: Clone,
    {
        if items.len() > self.capacity() - self.len as usize {
            self.reserve(heap, items.len())?;
        }
        for item in items {
            // SAFETY: there is room for them behind len.
            unsafe { self.ptr.as_ptr().add(self.len as usize).write(item.clone()) };
            self.len += 1;
        }
        Ok(())
    }
}

impl HVec<u8> {
    /// Appends bytes in one go.
    pub fn append_bytes(&mut self, heap: &Heap, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.reserve(heap, bytes.len())?;
        // SAFETY: there is room for them behind len; `bytes` is borrowed, so it lies in another buffer.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.ptr.as_ptr().add(self.len as usize), bytes.len());
        }
        self.len += bytes.len() as u32;
        Ok(())
    }

    /// Appends `n` zeros.
    pub fn append_zeros(&mut self, heap: &Heap, n: usize) -> Result<(), OutOfMemory> {
        self.reserve(heap, n)?;
        // SAFETY: there is room for them behind len.
        unsafe { self.ptr.as_ptr().add(self.len as usize).write_bytes(0, n) };
        self.len += n as u32;
        Ok(())
    }
}

impl<T> Deref for HVec<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: len elements are initialised.
        unsafe { core::slice::from_raw_parts(self.ptr.as_ptr(), self.len as usize) }
    }
}

impl<T> DerefMut for HVec<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in deref; the borrow is unique.
        unsafe { core::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len as usize) }
    }
}

impl<T> Drop for HVec<T> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: elements are dropped once, then the buffer goes back to its heap.
            unsafe {
                ptr::drop_in_place(ptr::slice_from_raw_parts_mut(self.ptr.as_ptr(), self.len as usize));
                free_buffer(self.ptr.cast(), self.bytes as usize);
            }
        }
    }
}
