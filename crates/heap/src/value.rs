//! The one-word value.

use crate::cell::{CellBox, FREE, HEADER, Header, IMMORTAL, Payload, Tail, TailHead};
use crate::float;
use crate::gc::Gc;
use core::num::NonZeroUsize;
use core::ptr::NonNull;

/// A Python value in one machine word; a clone of a cell counts, a drop uncounts.
///
/// | low bits | meaning |
/// |---|---|
/// | `…1` | small integer, 63 (31) bits |
/// | `…10` | float in the word |
/// | `000` | pointer to a cell |
/// | `100` | immediate: None, False, True, Ellipsis, NotImplemented, unbound |
#[repr(transparent)]
pub struct Value(pub(crate) NonNull<u8>);

/// What a value's tag says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A small integer.
    Int,
    /// A float held in the word.
    Float,
    /// A cell.
    Cell,
    /// An immediate.
    Immediate,
}

const fn immediate(n: usize) -> NonZeroUsize {
    match NonZeroUsize::new(n << 3 | 4) {
        Some(w) => w,
        None => unreachable!(),
    }
}

impl Value {
    /// None
    pub const NONE: Value = Value(NonNull::without_provenance(immediate(0)));
    /// False
    pub const FALSE: Value = Value(NonNull::without_provenance(immediate(1)));
    /// True
    pub const TRUE: Value = Value(NonNull::without_provenance(immediate(2)));
    /// Ellipsis
    pub const ELLIPSIS: Value = Value(NonNull::without_provenance(immediate(3)));
    /// NotImplemented
    pub const NOT_IMPLEMENTED: Value = Value(NonNull::without_provenance(immediate(4)));
    /// The mark of an unbound variable; no script ever sees it.
    pub const UNBOUND: Value = Value(NonNull::without_provenance(immediate(5)));

    /// Largest small integer.
    pub const INT_MAX: i64 = (isize::MAX >> 1) as i64;
    /// Smallest small integer.
    pub const INT_MIN: i64 = (isize::MIN >> 1) as i64;

    /// The small integer `n`; `None` when it does not fit.
    #[inline(always)]
    pub const fn small_int(n: i64) -> Option<Value> {
        if n >= Self::INT_MIN && n <= Self::INT_MAX {
            match NonZeroUsize::new((n as isize as usize) << 1 | 1) {
                Some(w) => Some(Value(NonNull::without_provenance(w))),
                None => None,
            }
        } else {
            None
        }
    }

    /// The small integer whose tagged word is `w`; `w` must be odd (the lowest bit is set here in any case).
    #[inline(always)]
    pub const fn from_int_word(w: isize) -> Value {
        match NonZeroUsize::new(w as usize | 1) {
            Some(w) => Value(NonNull::without_provenance(w)),
            None => Value::NONE,
        }
    }

    /// The integer `n`, which fits on every target.
    #[inline(always)]
    pub const fn int(n: i32) -> Value {
        // A 31-bit overflow can only happen on 32-bit targets; callers there pass lengths, codes and the like.
        match NonZeroUsize::new((n as isize as usize) << 1 | 1) {
            Some(w) => Value(NonNull::without_provenance(w)),
            None => Value::NONE,
        }
    }

    /// True or False.
    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }

    /// The float `x` when it fits the word; otherwise the heap boxes it ([`crate::Heap::float`]).
    #[inline(always)]
    pub fn inline_float(x: f64) -> Option<Value> {
        let word = NonZeroUsize::new(float::encode_float(x)?)?;
        Some(Value(NonNull::without_provenance(word)))
    }

    /// The raw word.
    #[inline(always)]
    pub fn word(&self) -> usize {
        self.0.as_ptr().addr()
    }

    /// What the low bits say.
    #[inline]
    pub fn tag(&self) -> Tag {
        let w = self.word();
        if w & 1 == 1 {
            Tag::Int
        } else if w & 2 == 2 {
            Tag::Float
        } else if w & 4 == 0 {
            Tag::Cell
        } else {
            Tag::Immediate
        }
    }

    /// The small integer, if it is one.
    #[inline(always)]
    pub fn as_small_int(&self) -> Option<i64> {
        let w = self.word();
        if w & 1 == 1 { Some((w as isize >> 1) as i64) } else { None }
    }

    /// The float held in the word, if it is one (boxed floats: a payload of the VM).
    #[inline(always)]
    pub fn as_inline_float(&self) -> Option<f64> {
        let w = self.word();
        if float::is_inline_float(w) { Some(float::decode_float(w)) } else { None }
    }

    /// Whether both are the same word: Python's `is`.
    #[inline(always)]
    pub fn is(&self, other: &Value) -> bool {
        self.word() == other.word()
    }

    /// Whether it is None.
    #[inline(always)]
    pub fn is_none(&self) -> bool {
        self.is(&Value::NONE)
    }

    /// Whether it is the unbound mark.
    #[inline(always)]
    pub fn is_unbound(&self) -> bool {
        self.is(&Value::UNBOUND)
    }

    /// Whether it points to a cell.
    #[inline(always)]
    pub fn is_cell(&self) -> bool {
        self.word() & 7 == 0
    }

    /// The kind byte of the cell, 0 when it is not a cell.
    #[inline(always)]
    pub fn kind(&self) -> u8 {
        if self.is_cell() {
            // SAFETY: tag 000 points to a live cell (invariant 1). Only the byte is read: ROM is fine.
            unsafe { (*self.0.cast::<Header>().as_ptr()).kind }
        } else {
            FREE
        }
    }

    /// The payload, if this is a cell of kind `T`.
    #[inline(always)]
    pub fn get<T: Payload>(&self) -> Option<&T> {
        if self.kind() == T::KIND {
            // SAFETY: the kind names the payload's type (invariant 2); the borrow of self keeps the cell.
            Some(unsafe { &(*self.0.cast::<CellBox<T>>().as_ptr()).payload })
        } else {
            None
        }
    }

    /// This value as a typed handle, if it is a cell of kind `T`.
    #[inline(always)]
    pub fn as_gc<T: Payload>(&self) -> Option<&Gc<T>> {
        if self.kind() == T::KIND {
            // SAFETY: Gc<T> is a transparent Value whose kind is T's.
            Some(unsafe { &*core::ptr::from_ref(self).cast::<Gc<T>>() })
        } else {
            None
        }
    }

    /// Turns into a typed handle, or back into itself when it is not a cell of kind `T`.
    #[inline]
    pub fn into_gc<T: Payload>(self) -> Result<Gc<T>, Value> {
        if self.kind() == T::KIND { Ok(Gc::from_value(self)) } else { Err(self) }
    }

    /// Head and elements, if this is a cell whose payload is this tail.
    #[inline(always)]
    pub fn tail<H: TailHead>(&self) -> Option<(&H, &[H::Element])> {
        if self.kind() == H::KIND {
            // SAFETY: kind names the type; the pointer has the whole block's provenance.
            unsafe {
                let payload = self.payload();
                Some((&(*payload.cast::<Tail<H>>()).head, Tail::<H>::slice_at(payload)))
            }
        } else {
            None
        }
    }

    /// The address of the payload; only meaningful for cells.
    #[inline(always)]
    pub(crate) fn payload(&self) -> *mut u8 {
        self.0.as_ptr().wrapping_add(HEADER)
    }

    /// How many values refer to the cell (0: not a counted cell).
    pub fn ref_count(&self) -> u32 {
        if !self.is_cell() {
            return 0;
        }
        // SAFETY: a live cell (invariant 1); only read, so ROM cells are fine.
        let n = unsafe { *self.0.cast::<u32>().as_ptr() };
        if n & IMMORTAL == 0 { n } else { 0 }
    }
}

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        if self.is_cell() {
            // SAFETY: a live cell (invariant 1). ROM counts carry IMMORTAL and are not written.
            unsafe {
                let rc = self.0.cast::<u32>().as_ptr();
                let n = *rc;
                if n & IMMORTAL == 0 {
                    *rc = n + 1;
                }
            }
        }
        Value(self.0)
    }
}

impl Drop for Value {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_cell() {
            // SAFETY: as in clone; when this was the last reference the cell is released exactly once.
            unsafe {
                let rc = self.0.cast::<u32>().as_ptr();
                let n = *rc;
                if n & IMMORTAL == 0 {
                    *rc = n - 1;
                    if n == 1 {
                        crate::heap::release(self.0);
                    }
                }
            }
        }
    }
}

impl core::fmt::Debug for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.tag() {
            Tag::Int => write!(f, "{}", self.as_small_int().unwrap_or(0)),
            Tag::Float => write!(f, "{:?}", self.as_inline_float().unwrap_or(0.0)),
            Tag::Cell => write!(f, "<cell kind {}>", self.kind()),
            Tag::Immediate => write!(f, "<immediate {}>", self.word() >> 3),
        }
    }
}

const _: () = assert!(size_of::<Value>() == size_of::<usize>());
const _: () = assert!(size_of::<Option<Value>>() == size_of::<usize>());
