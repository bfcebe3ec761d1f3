//! Bytes and bytearrays.

use crate::kinds::Trace;
use alloc::boxed::Box;
use core::cell::{Cell, RefCell};
use snakeye_heap::{Gc, HVec, Heap, OutOfMemory, Tail};

/// What precedes the content of bytes.
pub struct BytesHead {
    /// 0: not computed yet.
    pub(crate) hash: Cell<u32>,
}

/// A bytes cell.
pub type Bytes = Tail<BytesHead>;

impl BytesHead {
    /// The head of bytes whose hash is not computed yet.
    pub(crate) fn new() -> BytesHead {
        BytesHead { hash: Cell::new(0) }
    }

    /// A new bytes cell.
    pub fn make(heap: &Heap, bytes: &[u8]) -> Result<Gc<Bytes>, OutOfMemory> {
        heap.alloc_parts(BytesHead::new(), bytes.len(), core::iter::once(bytes))
    }

    /// Bytes of these parts, one behind the other.
    pub fn concat<'a>(heap: &Heap, parts: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Gc<Bytes>, OutOfMemory> {
        let len = total(parts.clone()).ok_or(OutOfMemory)?;
        heap.alloc_parts(BytesHead::new(), len, parts)
    }
}

/// Length of all parts together; `None` when it overflows.
pub(super) fn total<'a>(mut parts: impl Iterator<Item = &'a [u8]>) -> Option<usize> {
    parts.try_fold(0usize, |n, part| n.checked_add(part.len()))
}

/// Memory outside the heap that a script sees as bytes, such as a camera's frame buffer. Dropping the
/// owner gives the memory back.
pub trait BytesOwner {
    /// The content; the same at each call.
    fn bytes(&self) -> &[u8];
}

/// Bytes whose content lies outside the heap.
pub struct ExternalBytes(pub Box<dyn BytesOwner>);
impl Trace for ExternalBytes {}

/// A mutable byte array.
pub struct ByteArray {
    /// Content.
    pub data: RefCell<HVec<u8>>,
}
impl Trace for ByteArray {}
