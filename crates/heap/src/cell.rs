//! Cells: a counted header, then a payload of one Rust type.

use crate::value::Value;
use core::cell::Cell;
use core::ptr::NonNull;

/// Set in a count that never changes: cells in ROM and names that live as long as the heap.
pub(crate) const IMMORTAL: u32 = 1 << 31;
/// `class` of a block that has a large prefix instead of a page.
pub(crate) const LARGE: u8 = 0xFF;
/// `class` of a cell in ROM.
const ROM: u8 = 0xFE;
/// Kind of a block that holds no cell.
pub(crate) const FREE: u8 = 0;

/// Flag: reached from outside during a collection.
pub(crate) const MARKED: u8 = 1;
/// Flag: somebody wants to know when the cell goes.
pub(crate) const WATCHED: u8 = 2;

/// What precedes every payload. ROM cells have the same layout in read-only memory: their counts are read,
/// never written.
#[repr(C, align(8))]
pub(crate) struct Header {
    pub rc: Cell<u32>,
    pub kind: u8,
    pub flags: Cell<u8>,
    pub class: u8,
    pub reserved: u8,
}

pub(crate) const HEADER: usize = size_of::<Header>();

/// A cell of payload `T` as it lies in memory.
#[repr(C, align(8))]
pub(crate) struct CellBox<T> {
    pub header: Header,
    pub payload: T,
}

/// A type that can be a cell's payload.
///
/// # Safety
/// `KIND` must be unique among all implementors and must be the index of `KindOps::of::<Self>()` in the
/// table the heap is made with. `align_of::<Self>() <= 8`. `trace` must visit each owned `Value` that can be part of a cycle exactly
/// once, and must visit the same ones as long as the payload is not mutated.
pub unsafe trait Payload: Sized + 'static {
    /// The kind byte; 0 is reserved.
    const KIND: u8;
    /// Whether `trace` visits anything: such cells take part in cycle collection.
    const CONTAINER: bool;
    /// Shows every value owned by the payload. A payload that is mutably borrowed shows none.
    fn trace(&self, _visit: &mut dyn FnMut(&Value)) {}
    /// Lets go of owned values, to break a cycle. Immutable payloads do nothing.
    fn clear(&self) {}
    /// Drops the payload at this address.
    ///
    /// # Safety
    /// It is the payload of a cell of this kind whose count reached zero; called once.
    #[doc(hidden)]
    unsafe fn drop_cell(cell: *mut u8) {
        // SAFETY: the caller passes the payload's address of a live cell of this kind (invariant 2).
        unsafe { core::ptr::drop_in_place(cell.cast::<Self>()) }
    }
    /// Shows the values of the payload at this address.
    ///
    /// # Safety
    /// It is the payload of a live cell of this kind.
    #[doc(hidden)]
    unsafe fn trace_cell(cell: *const u8, visit: &mut dyn FnMut(&Value)) {
        // SAFETY: as for drop_cell.
        unsafe { (*cell.cast::<Self>()).trace(visit) }
    }
}

/// What a heap does with cells of one kind.
#[derive(Clone, Copy)]
pub struct KindOps {
    pub(crate) kind: u8,
    pub(crate) container: bool,
    pub(crate) drop: unsafe fn(*mut u8),
    pub(crate) trace: unsafe fn(*const u8, &mut dyn FnMut(&Value)),
    pub(crate) clear: unsafe fn(*const u8),
}

unsafe fn clear_cell<T: Payload>(cell: *const u8) {
    // SAFETY: the caller passes the payload's address of a live cell of kind T::KIND.
    unsafe { (*cell.cast::<T>()).clear() }
}

unsafe fn drop_nothing(_: *mut u8) {}
unsafe fn trace_nothing(_: *const u8, _: &mut dyn FnMut(&Value)) {}
unsafe fn clear_nothing(_: *const u8) {}

impl KindOps {
    /// The operations for payload `T`.
    pub const fn of<T: Payload>() -> KindOps {
        assert!(align_of::<T>() <= 8);
        assert!(T::KIND != FREE);
        KindOps {
            kind: T::KIND,
            container: T::CONTAINER,
            drop: T::drop_cell,
            trace: T::trace_cell,
            clear: clear_cell::<T>,
        }
    }

    /// The entry for a kind that is not used.
    pub const NONE: KindOps =
        KindOps { kind: FREE, container: false, drop: drop_nothing, trace: trace_nothing, clear: clear_nothing };
}

/// The fixed part of a payload that has a run of elements behind it in the same block: strings, bytes,
/// tuples. The length is fixed when the cell is made.
///
/// # Safety
/// As for [`Payload`]: `KIND` is unique and is the index of `KindOps::of::<Tail<Self>>()`.
pub unsafe trait TailHead: Sized + 'static {
    /// What lies behind the head.
    type Element: 'static;
    /// The kind byte.
    const KIND: u8;
    /// Whether `trace` visits anything.
    const CONTAINER: bool;
    /// Shows every value among the elements.
    fn trace(_elements: &[Self::Element], _visit: &mut dyn FnMut(&Value)) {}
}

/// A payload with a run of elements behind it.
#[repr(C, align(8))]
pub struct Tail<H: TailHead> {
    pub(crate) len: usize,
    /// The fixed part.
    pub head: H,
    pub(crate) start: [H::Element; 0],
}

impl<H: TailHead> Tail<H> {
    /// Address of the first element, given the payload's address with the whole block's provenance.
    pub(crate) fn elements(payload: *const u8) -> *const H::Element {
        payload.wrapping_add(core::mem::offset_of!(Self, start)).cast()
    }

    /// The elements of the tail at `payload`.
    ///
    /// # Safety
    /// `payload` is the payload address of a live cell holding this tail, with provenance over the block.
    pub(crate) unsafe fn slice_at<'a>(payload: *const u8) -> &'a [H::Element] {
        // SAFETY: len elements were written when the cell was made (alloc_tail) and never change.
        unsafe {
            let len = (*payload.cast::<Self>()).len;
            core::slice::from_raw_parts(Self::elements(payload), len)
        }
    }
}

// SAFETY: uniqueness of KIND is the head's promise; the elements are traced and dropped once.
unsafe impl<H: TailHead> Payload for Tail<H> {
    const KIND: u8 = H::KIND;
    const CONTAINER: bool = H::CONTAINER;
    unsafe fn drop_cell(payload: *mut u8) {
        // SAFETY: as in slice_at; called once, when the count reached zero.
        unsafe {
            let len = (*payload.cast::<Self>()).len;
            let elements = Self::elements(payload).cast_mut();
            core::ptr::drop_in_place(core::ptr::slice_from_raw_parts_mut(elements, len));
            core::ptr::drop_in_place(payload.cast::<Self>());
        }
    }
    unsafe fn trace_cell(payload: *const u8, visit: &mut dyn FnMut(&Value)) {
        // SAFETY: the caller passes a live cell's payload.
        H::trace(unsafe { Self::slice_at(payload) }, visit)
    }
}

/// A cell that is part of the program image. Values that point to it are never counted.
#[repr(C, align(8))]
pub struct Rom<T> {
    rc: u32,
    kind: u8,
    flags: u8,
    class: u8,
    reserved: u8,
    payload: T,
}

// SAFETY: a Rom cell is immutable: its header has no interior mutability and counts of immortal cells are
// never written; the payload is only shared, so T: Sync suffices.
unsafe impl<T: Sync> Sync for Rom<T> {}

impl<T: Payload + Sync> Rom<T> {
    /// A ROM cell with this payload.
    pub const fn new(payload: T) -> Rom<T> {
        Rom { rc: IMMORTAL, kind: T::KIND, flags: 0, class: ROM, reserved: 0, payload }
    }
    /// The payload.
    pub const fn get(&'static self) -> &'static T {
        &self.payload
    }
    /// A value that points to this cell.
    pub const fn value(&'static self) -> Value {
        // SAFETY: a static's address is not null.
        Value(unsafe { NonNull::new_unchecked(core::ptr::from_ref(self).cast::<u8>().cast_mut()) })
    }
}

impl<T: Payload + Sync> Rom<T> {
    /// The ROM cell a value points to; `None` when it points elsewhere or to a cell in RAM.
    pub fn from_value(value: &Value) -> Option<&'static Rom<T>> {
        if value.kind() != T::KIND {
            return None;
        }
        let cell = value.0.cast::<Rom<T>>().as_ptr();
        // SAFETY: a live cell of kind T (checked above) has this layout; only Rom::new writes class ROM, and
        // such cells live as long as the program.
        unsafe { if (*cell).class == ROM { Some(&*cell) } else { None } }
    }
}
