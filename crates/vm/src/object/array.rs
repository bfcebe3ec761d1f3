//! Typed arrays, memoryviews, and the buffer protocol.

use super::{ByteArray, BytesHead, ExternalBytes, Native, StrHead};
use crate::kinds::Trace;
use core::cell::{Cell, Ref, RefCell};
use snakeye_heap::{HVec, Slot, Value};

/// `array.array`: elements of one type code, stored as bytes in native order.
pub struct Array {
    /// Type code as in `struct`: b B h H i I l L q Q f d O.
    pub typecode: u8,
    /// Content; empty for `O`.
    pub data: RefCell<HVec<u8>>,
    /// Objects of an array of type code `O`.
    pub objects: RefCell<HVec<Value>>,
}
impl Trace for Array {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Ok(objects) = self.objects.try_borrow() {
            objects.iter().for_each(visit);
        }
    }
    fn clear(&self) {
        let old = self.objects.try_borrow_mut().map(|mut objects| core::mem::take(&mut *objects));
        drop(old);
    }
}

/// A window on another object's buffer. It holds the owner; reads and writes go to the owner's present
/// content, and fail when that has become too short.
pub struct MemoryView {
    /// Object whose buffer it shows (never a memoryview itself).
    pub owner: Slot,
    /// Type code of the elements.
    pub typecode: u8,
    /// First byte.
    pub start: Cell<usize>,
    /// Number of bytes.
    pub len: Cell<usize>,
    /// Whether writes are refused.
    pub readonly: bool,
    /// Whether it passes for a bytearray ([`Vm::bytearray_at`](crate::Vm::bytearray_at)). Then the owner may be
    /// None, and `start` an address.
    pub aliased: bool,
}
impl Trace for MemoryView {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.owner.trace(visit)
    }
}

/// Read access to a buffer; holds a borrow.
pub enum Buffer<'a> {
    /// Immutable content.
    Slice(&'a [u8]),
    /// Borrowed mutable content.
    Shared(Ref<'a, [u8]>),
    /// A range of another object's buffer.
    View(HeldView),
}

/// A range of another object's buffer: what a memoryview shows, or a native object that has one.
pub struct HeldView {
    /// Object with the bytes (never a memoryview or native itself).
    pub owner: Value,
    /// First byte.
    pub start: usize,
    /// Number of bytes.
    pub len: usize,
    /// Type code of the elements.
    pub typecode: u8,
    /// Whether writes are refused.
    pub readonly: bool,
}

impl HeldView {
    /// The whole buffer of an object; `None` when it has none, or while it is being changed.
    pub fn of(object: &Value) -> Option<HeldView> {
        if let Some(m) = object.get::<MemoryView>() {
            return Some(HeldView {
                owner: m.owner.get(),
                start: m.start.get(),
                len: m.len.get(),
                typecode: m.typecode,
                readonly: m.readonly,
            });
        }
        if let Some(n) = object.get::<Native>() {
            return n.0.buffer();
        }
        let len = plain_buffer(object)?.len();
        let readonly = object.get::<ByteArray>().is_none() && object.get::<Array>().is_none();
        Some(HeldView { owner: object.clone(), start: 0, len, typecode: object.buffer_typecode(), readonly })
    }

    /// The range of the owner's content; empty when the owner has become too short.
    fn part<'b>(&self, all: &'b [u8]) -> &'b [u8] {
        all.get(self.start..self.start.saturating_add(self.len)).unwrap_or(&[])
    }

    /// Runs `f` on the bytes; on none when the owner has become too short.
    pub fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        match plain_buffer(&self.owner) {
            Some(Buffer::Slice(s)) => f(self.part(s)),
            Some(Buffer::Shared(r)) => f(self.part(&r)),
            _ => f(&[]),
        }
    }

    /// Runs `f` on the bytes for writing; `None` when they are read-only, in use, or gone.
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
        if self.readonly {
            return None;
        }
        let data = match self.owner.get::<ByteArray>() {
            Some(b) => &b.data,
            None => &self.owner.get::<Array>()?.data,
        };
        let mut all = data.try_borrow_mut().ok()?;
        all.get_mut(self.start..self.start.saturating_add(self.len)).map(f)
    }
}

impl Buffer<'_> {
    /// Runs `f` on the bytes. `f` must not run Python code: a borrow is held.
    pub fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Buffer::Slice(s) => f(s),
            Buffer::Shared(r) => f(r),
            Buffer::View(v) => v.with(f),
        }
    }
    /// A copy of the bytes.
    pub fn to_vec(&self) -> alloc::vec::Vec<u8> {
        self.with(|b| b.to_vec())
    }
    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.with(|b| b.len())
    }
    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The buffer protocol on values.
pub trait BufferValue {
    /// Content of str, bytes, bytearray, array or memoryview, for reading; `None` for other objects or
    /// while it is being changed. (Strings: their UTF-8, as MicroPython allows for most readers.)
    fn buffer(&self) -> Option<Buffer<'_>>;
    /// Content of bytearray, array or writable memoryview: runs `f` on it; `None` when there is none.
    fn with_buffer_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> Option<R>;
    /// Type code of the elements: `B` for bytes and bytearray.
    fn buffer_typecode(&self) -> u8;
    /// Content of bytes (in the heap or external) without a borrow.
    fn as_bytes(&self) -> Option<&[u8]>;
}

/// The buffer of an object that is not a memoryview.
fn plain_buffer(v: &Value) -> Option<Buffer<'_>> {
    if let Some(b) = v.as_bytes() {
        return Some(Buffer::Slice(b));
    }
    if let Some((_, s)) = v.tail::<StrHead>() {
        return Some(Buffer::Slice(s));
    }
    let data = match v.get::<ByteArray>() {
        Some(b) => &b.data,
        None => &v.get::<Array>()?.data,
    };
    data.try_borrow().ok().map(|r| Buffer::Shared(Ref::map(r, |v| &v[..])))
}

impl BufferValue for Value {
    fn buffer(&self) -> Option<Buffer<'_>> {
        match plain_buffer(self) {
            None if self.get::<MemoryView>().is_some() || self.get::<Native>().is_some() => {
                HeldView::of(self).map(Buffer::View)
            }
            plain => plain,
        }
    }

    fn with_buffer_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
        let data = match self.get::<ByteArray>() {
            Some(b) => &b.data,
            None => match self.get::<Array>() {
                Some(a) => &a.data,
                None => return HeldView::of(self)?.with_mut(f),
            },
        };
        Some(f(&mut data.try_borrow_mut().ok()?))
    }

    fn buffer_typecode(&self) -> u8 {
        if let Some(a) = self.get::<Array>() {
            a.typecode
        } else if let Some(m) = self.get::<MemoryView>() {
            m.typecode
        } else {
            self.get::<Native>().and_then(|n| n.0.buffer()).map_or(b'B', |b| b.typecode)
        }
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        if let Some((_, b)) = self.tail::<BytesHead>() {
            return Some(b);
        }
        self.get::<ExternalBytes>().map(|e| e.0.bytes())
    }
}
