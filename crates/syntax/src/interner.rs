//! Identifiers as small numbers.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// An identifier of one [`Interner`]; equal identifiers have equal symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// The identifiers of one parse. A symbol is an index, counted from 0, so a compiler can keep
/// side tables in plain vectors.
#[derive(Debug, Default)]
pub struct Interner {
    names: Vec<Box<str>>,
    /// Open addressing; 0 is free, else symbol + 1. The length is a power of two, at most half full.
    table: Vec<u32>,
}

impl Interner {
    /// An interner without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// The symbol of `name`, which is added if it is new.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if self.table.len() < (self.names.len() + 1) * 2 {
            self.grow();
        }
        let slot = self.find(name);
        if let Some(&entry) = self.table.get(slot)
            && entry != 0
        {
            return Symbol(entry - 1);
        }
        let symbol = self.names.len() as u32;
        self.names.push(name.into());
        if let Some(entry) = self.table.get_mut(slot) {
            *entry = symbol + 1;
        }
        Symbol(symbol)
    }

    /// The symbol of `name`, if it has one.
    pub fn lookup(&self, name: &str) -> Option<Symbol> {
        match self.table.get(self.find(name)) {
            Some(&entry) if entry != 0 => Some(Symbol(entry - 1)),
            _ => None,
        }
    }

    /// The text of a symbol; empty for a symbol of another interner.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.names.get(symbol.0 as usize).map_or("", |name| name)
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The slot that holds `name`, or the free slot where it belongs.
    fn find(&self, name: &str) -> usize {
        let mask = self.table.len().wrapping_sub(1);
        let mut slot = hash(name) as usize & mask;
        while let Some(&entry) = self.table.get(slot) {
            if entry == 0 || self.text(Symbol(entry - 1)) == name {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(32);
        self.table.clear();
        self.table.resize(size, 0);
        for index in 0..self.names.len() {
            let slot = self.names.get(index).map_or(0, |name| self.find(name));
            if let Some(entry) = self.table.get_mut(slot) {
                *entry = index as u32 + 1;
            }
        }
    }
}

/// FNV-1a: identifiers are short, and the table is never fed by a hostile peer for long.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn equal_names_share_a_symbol() {
        let mut names = Interner::new();
        let symbols: Vec<Symbol> = (0..500).map(|i| names.intern(&format!("n{i}"))).collect();
        for (i, &symbol) in symbols.iter().enumerate() {
            assert_eq!(symbol, Symbol(i as u32));
            assert_eq!(names.intern(&format!("n{i}")), symbol);
            assert_eq!(names.text(symbol), format!("n{i}"));
        }
        assert_eq!(names.len(), 500);
        assert_eq!(names.lookup("other"), None);
        assert_eq!(Interner::new().lookup("other"), None);
    }
}
