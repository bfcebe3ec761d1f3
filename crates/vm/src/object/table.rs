//! The hash table of dicts and sets: entries in insertion order, and beyond a few of them an index.

use super::str::StrValue;
use alloc::vec::Vec;
use snakeye_heap::{HVec, Heap, OutOfMemory, Value};

/// One entry; its key is unbound when it was removed.
#[derive(Clone)]
pub struct TableEntry {
    /// Key.
    pub key: Value,
    /// Value (None in sets).
    pub value: Value,
    /// The key's hash.
    pub hash: u32,
}

/// Entries beyond which an index is kept.
const LINEAR: usize = 8;
const EMPTY: u32 = 0;
const REMOVED: u32 = u32::MAX;

/// A compact ordered hash table.
#[derive(Default)]
pub struct Table {
    entries: HVec<TableEntry>,
    /// 0: empty; else the number of an entry + 1. Its length is a power of two, or 0.
    index: HVec<u32>,
    live: u32,
    /// Changes with every key that comes or goes.
    version: u32,
}

/// What a look-up without Python code found.
pub enum Probe {
    /// The entry with this number.
    Found(usize),
    /// No such key.
    Missing,
    /// These entries (number, key) have the same hash, and `==` must be asked.
    Ask(Vec<(usize, Value)>),
}

/// Equality where no Python code can be involved; `None`: `==` must be asked.
#[inline]
pub fn quick_equal(a: &Value, b: &Value) -> Option<bool> {
    if a.is(b) {
        return Some(true);
    }
    if a.as_small_int().is_some() && b.as_small_int().is_some() {
        return Some(false);
    }
    let (s, t) = (a.as_str()?, b.as_str()?);
    if a.is_interned() && b.is_interned() {
        return Some(false);
    }
    Some(s == t)
}

impl Table {
    /// An empty table.
    pub const fn new() -> Table {
        Table { entries: HVec::new(), index: HVec::new(), live: 0, version: 0 }
    }
    /// Number of keys.
    pub fn len(&self) -> usize {
        self.live as usize
    }
    /// Whether it has no key.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }
    /// Changes with every key that comes or goes; 0 only while the table was never filled.
    pub fn version(&self) -> u32 {
        self.version
    }
    /// All entries, removed ones included (their key is unbound).
    pub fn entries(&self) -> &[TableEntry] {
        &self.entries
    }
    /// The live entries.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &TableEntry> {
        self.entries.iter().filter(|e| !e.key.is_unbound())
    }

    /// Looks a key up.
    pub fn probe(&self, key: &Value, hash: u32) -> Probe {
        let mut ask: Vec<(usize, Value)> = Vec::new();
        if self.index.is_empty() {
            for (i, e) in self.entries.iter().enumerate() {
                if e.key.is(key) {
                    return Probe::Found(i);
                }
                if e.hash == hash && !e.key.is_unbound() {
                    match quick_equal(&e.key, key) {
                        Some(true) => return Probe::Found(i),
                        Some(false) => {}
                        None => ask.push((i, e.key.clone())),
                    }
                }
            }
        } else {
            let mask = self.index.len() - 1;
            let mut at = hash as usize & mask;
            let mut step = 0;
            loop {
                match self.index[at] {
                    EMPTY => break,
                    REMOVED => {}
                    n => {
                        let e = &self.entries[n as usize - 1];
                        if e.key.is(key) {
                            return Probe::Found(n as usize - 1);
                        }
                        if e.hash == hash {
                            match quick_equal(&e.key, key) {
                                Some(true) => return Probe::Found(n as usize - 1),
                                Some(false) => {}
                                None => ask.push((n as usize - 1, e.key.clone())),
                            }
                        }
                    }
                }
                step += 1;
                at = (at + step) & mask;
            }
        }
        if ask.is_empty() { Probe::Missing } else { Probe::Ask(ask) }
    }

    /// The entry of a key where no Python code is needed to find it; `None` also when it might be.
    #[inline]
    pub fn probe_quick(&self, key: &Value, hash: u32) -> Option<usize> {
        if self.index.is_empty() {
            return self
                .entries
                .iter()
                .position(|e| e.key.is(key) || e.hash == hash && quick_equal(&e.key, key) == Some(true));
        }
        let mask = self.index.len() - 1;
        let mut at = hash as usize & mask;
        let mut step = 0;
        loop {
            match self.index[at] {
                EMPTY => return None,
                REMOVED => {}
                n => {
                    let e = &self.entries[n as usize - 1];
                    if e.key.is(key) || e.hash == hash && quick_equal(&e.key, key) == Some(true) {
                        return Some(n as usize - 1);
                    }
                }
            }
            step += 1;
            at = (at + step) & mask;
        }
    }

    /// The entry of an interned name.
    #[inline]
    pub fn find_name(&self, name: &Value) -> Option<usize> {
        self.probe_quick(name, name.str_hash())
    }

    /// The value of entry `i`.
    #[inline(always)]
    pub fn value_at(&self, i: usize) -> Option<&Value> {
        self.entries.get(i).map(|e| &e.value)
    }

    /// Replaces the value of entry `i`, which exists, and returns the old one.
    pub fn replace_at(&mut self, i: usize, value: Value) -> Value {
        match self.entries.get_mut(i) {
            Some(e) => core::mem::replace(&mut e.value, value),
            None => value,
        }
    }

    /// Adds a key that is not in the table.
    pub fn insert_new(&mut self, heap: &Heap, key: Value, value: Value, hash: u32) -> Result<(), OutOfMemory> {
        if self.index.is_empty() {
            if self.entries.len() >= LINEAR {
                if (self.live as usize) < self.entries.len() {
                    self.compact();
                } else {
                    self.rebuild(heap, LINEAR * 4)?;
                }
            }
        } else if (self.entries.len() + 1) * 4 > self.index.len() * 3 {
            let want = ((self.live as usize + 1) * 2).next_power_of_two().max(LINEAR * 4);
            self.rebuild(heap, want)?;
        }
        self.entries.push(heap, TableEntry { key, value, hash })?;
        let n = self.entries.len() as u32;
        if !self.index.is_empty() {
            self.link(hash, n);
        }
        self.live += 1;
        self.version = heap.next_stamp();
        Ok(())
    }

    /// Makes room for `n` keys in all.
    pub fn reserve(&mut self, heap: &Heap, n: usize) -> Result<(), OutOfMemory> {
        if n > self.entries.len() {
            self.entries.reserve_exact(heap, n - self.entries.len())?;
        }
        if n > LINEAR && n * 4 > self.index.len() * 3 {
            self.rebuild(heap, (n * 3 / 2).next_power_of_two().max(LINEAR * 4))?;
        }
        Ok(())
    }

    fn link(&mut self, hash: u32, n: u32) {
        let mask = self.index.len() - 1;
        let mut at = hash as usize & mask;
        let mut step = 0;
        while self.index[at] != EMPTY && self.index[at] != REMOVED {
            step += 1;
            at = (at + step) & mask;
        }
        self.index[at] = n;
    }

    /// Removes entries whose key is gone.
    fn compact(&mut self) {
        let mut kept = 0;
        for i in 0..self.entries.len() {
            if !self.entries[i].key.is_unbound() {
                self.entries.swap(kept, i);
                kept += 1;
            }
        }
        self.entries.truncate(kept);
    }

    fn rebuild(&mut self, heap: &Heap, size: usize) -> Result<(), OutOfMemory> {
        let mut index = HVec::with_capacity(heap, size)?;
        for _ in 0..size {
            index.push(heap, EMPTY)?;
        }
        self.compact();
        self.index = index;
        for i in 0..self.entries.len() {
            self.link(self.entries[i].hash, i as u32 + 1);
        }
        Ok(())
    }

    /// Removes entry `i`, which exists; the caller drops what comes back when no borrow is held.
    pub fn remove_at(&mut self, heap: &Heap, i: usize) -> (Value, Value) {
        let hash = self.entries[i].hash;
        if !self.index.is_empty() {
            let mask = self.index.len() - 1;
            let mut at = hash as usize & mask;
            let mut step = 0;
            while self.index[at] != i as u32 + 1 && self.index[at] != EMPTY {
                step += 1;
                at = (at + step) & mask;
            }
            if self.index[at] != EMPTY {
                self.index[at] = REMOVED;
            }
        }
        let e = &mut self.entries[i];
        let key = core::mem::replace(&mut e.key, Value::UNBOUND);
        let value = core::mem::replace(&mut e.value, Value::UNBOUND);
        self.live -= 1;
        if i + 1 == self.entries.len() {
            let mut n = self.entries.len();
            while n > 0 && self.entries[n - 1].key.is_unbound() {
                n -= 1;
            }
            self.entries.truncate(n);
        }
        self.version = heap.next_stamp();
        (key, value)
    }

    /// Takes everything out.
    pub fn take(&mut self, heap: &Heap) -> Table {
        let old = core::mem::take(self);
        self.version = heap.next_stamp();
        old
    }

    /// A table with the same entries.
    pub fn copy(&self, heap: &Heap) -> Result<Table, OutOfMemory> {
        let mut t = Table::new();
        t.reserve(heap, self.len())?;
        for e in self.iter() {
            t.insert_new(heap, e.key.clone(), e.value.clone(), e.hash)?;
        }
        Ok(t)
    }
}
