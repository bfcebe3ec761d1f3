//! The table of interned strings. They live as long as the heap: names of attributes and globals compare by
//! address.

use crate::object::{StrHead, StrValue, hash_bytes};
use alloc::vec::Vec;
use snakeye_heap::{Heap, OutOfMemory, Value};

/// Interned strings by hash, open addressing.
#[derive(Default)]
pub struct Interner {
    table: Vec<Option<Value>>,
    count: usize,
    /// Strings of one ASCII character, by character; empty until the first is needed.
    ascii: Vec<Option<Value>>,
}

impl Interner {
    /// The strings, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.table.iter().flatten().filter_map(|v| v.as_str())
    }

    /// The interned string with this text.
    pub fn intern(&mut self, heap: &Heap, s: &str) -> Result<Value, OutOfMemory> {
        if (self.count + 1) * 4 > self.table.len() * 3 {
            self.grow(heap)?;
        }
        let at = self.find(s);
        if let Some(v) = &self.table[at] {
            return Ok(v.clone());
        }
        let made = StrHead::make(heap, s)?;
        made.head.interned.set(true);
        made.head.hash.set(hash_bytes(s.as_bytes()));
        let value: Value = made.into();
        heap.make_immortal(&value);
        self.table[at] = Some(value.clone());
        self.count += 1;
        Ok(value)
    }

    /// The interned string of one ASCII character, if it was made already.
    #[inline]
    pub fn known_ascii(&self, b: u8) -> Option<&Value> {
        self.ascii.get(b as usize)?.as_ref()
    }

    /// The interned string of one ASCII character.
    pub fn ascii(&mut self, heap: &Heap, b: u8) -> Result<Value, OutOfMemory> {
        if let Some(v) = self.known_ascii(b) {
            return Ok(v.clone());
        }
        let made = self.intern(heap, (b as char).encode_utf8(&mut [0; 4]))?;
        if self.ascii.is_empty() {
            self.ascii.try_reserve_exact(128).map_err(|_| OutOfMemory)?;
            self.ascii.resize(128, None);
        }
        if let Some(place) = self.ascii.get_mut(b as usize) {
            *place = Some(made.clone());
        }
        Ok(made)
    }

    fn find(&self, s: &str) -> usize {
        let mask = self.table.len() - 1;
        let mut at = hash_bytes(s.as_bytes()) as usize & mask;
        while let Some(v) = &self.table[at] {
            if v.as_str() == Some(s) {
                break;
            }
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self, heap: &Heap) -> Result<(), OutOfMemory> {
        let size = (self.table.len() * 2).max(512);
        heap.charge((size - self.table.len()) * size_of::<Value>())?;
        let mut table = Vec::new();
        table.try_reserve_exact(size).map_err(|_| OutOfMemory)?;
        table.resize(size, None);
        let old = core::mem::replace(&mut self.table, table);
        for v in old.into_iter().flatten() {
            if let Some(s) = v.as_str() {
                let at = self.find(s);
                self.table[at] = Some(v);
            }
        }
        Ok(())
    }
}
