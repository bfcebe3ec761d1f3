//! Strings: UTF-8 behind a head.

use core::cell::Cell;
use snakeye_heap::{Gc, Heap, OutOfMemory, Tail, Value};

/// What precedes a string's bytes.
pub struct StrHead {
    /// 0: not computed yet.
    pub(crate) hash: Cell<u32>,
    /// Number of characters; `u32::MAX`: not counted yet.
    chars: Cell<u32>,
    /// Interned strings are unique: equal ones are the same cell.
    pub(crate) interned: Cell<bool>,
}

/// A string cell.
pub type Str = Tail<StrHead>;

/// Hash of a string's or bytes' content.
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    // FxHash-like over words: quick, and spreads short names well.
    let mut h: u32 = 0x9E37_79B9 ^ bytes.len() as u32;
    let mut chunks = bytes.chunks_exact(4);
    for c in &mut chunks {
        h = (h.rotate_left(5) ^ u32::from_le_bytes([c[0], c[1], c[2], c[3]])).wrapping_mul(0x27D4_EB2D);
    }
    for &b in chunks.remainder() {
        h = (h.rotate_left(5) ^ b as u32).wrapping_mul(0x27D4_EB2D);
    }
    (h ^ h >> 15).max(1)
}

impl StrHead {
    /// A new string cell.
    pub fn make(heap: &Heap, s: &str) -> Result<Gc<Str>, OutOfMemory> {
        heap.alloc_parts(StrHead::new(u32::MAX), s.len(), core::iter::once(s.as_bytes()))
    }

    /// A string of these parts, one behind the other.
    pub fn concat<'a>(heap: &Heap, parts: impl Iterator<Item = &'a str> + Clone) -> Result<Gc<Str>, OutOfMemory> {
        let parts = parts.map(str::as_bytes);
        let len = super::bytes::total(parts.clone()).ok_or(OutOfMemory)?;
        heap.alloc_parts(StrHead::new(u32::MAX), len, parts)
    }

    /// A string of this content; `None` when it is not UTF-8.
    pub fn from_utf8(heap: &Heap, bytes: &[u8]) -> Result<Option<Gc<Str>>, OutOfMemory> {
        core::str::from_utf8(bytes).ok().map(|s| StrHead::make(heap, s)).transpose()
    }

    /// A string with each of its bytes mapped; `None` when what comes out is not UTF-8.
    pub fn mapped(heap: &Heap, s: &str, map: fn(&u8) -> u8) -> Result<Option<Gc<Str>>, OutOfMemory> {
        let mut valid = true;
        let made = heap.alloc_bytes(StrHead::new(u32::MAX), s.len(), |place| {
            for (to, from) in place.iter_mut().zip(s.as_bytes()) {
                *to = map(from);
            }
            valid = core::str::from_utf8(place).is_ok();
        })?;
        Ok(valid.then_some(made))
    }

    fn new(chars: u32) -> StrHead {
        StrHead { hash: Cell::new(0), chars: Cell::new(chars), interned: Cell::new(false) }
    }
}

/// String access on values.
pub trait StrValue {
    /// The string's text, if this is a string.
    fn as_str(&self) -> Option<&str>;
    /// Number of characters of a string (0 for other values).
    fn char_count(&self) -> usize;
    /// The content hash of a string (0 for other values).
    fn str_hash(&self) -> u32;
    /// Whether this is an interned string.
    fn is_interned(&self) -> bool;
}

impl StrValue for Value {
    #[inline]
    fn as_str(&self) -> Option<&str> {
        let (_, bytes) = self.tail::<StrHead>()?;
        // SAFETY: string cells are only made by the functions above: of whole strs (and zeros, where parts gave
        // out), or after a check; and they never change.
        Some(unsafe { core::str::from_utf8_unchecked(bytes) })
    }

    fn char_count(&self) -> usize {
        let Some((head, bytes)) = self.tail::<StrHead>() else { return 0 };
        let mut n = head.chars.get();
        if n == u32::MAX {
            n = bytes.iter().filter(|&&b| b & 0xC0 != 0x80).count() as u32;
            head.chars.set(n);
        }
        n as usize
    }

    fn str_hash(&self) -> u32 {
        let Some((head, bytes)) = self.tail::<StrHead>() else { return 0 };
        let mut h = head.hash.get();
        if h == 0 {
            h = hash_bytes(bytes);
            head.hash.set(h);
        }
        h
    }

    fn is_interned(&self) -> bool {
        self.tail::<StrHead>().is_some_and(|(head, _)| head.interned.get())
    }
}
