//! The pools of a body under construction: constants, names, caches, nested code.

use snakeye_bytecode::{Code, Const};
use snakeye_syntax::Symbol;

use super::Unit;

impl Unit {
    fn index(&mut self, n: usize) -> u16 {
        // 0xFFFF means "none" in Import.
        if n >= 0xFFFF {
            self.overflow = true;
            return 0;
        }
        n as u16
    }

    /// The index of a constant.
    pub fn constant(&mut self, value: Const) -> u16 {
        let hash = hash(&value);
        if let Some(&index) = self.pool.get(&hash)
            && self.code.consts.get(usize::from(index)).is_some_and(|c| identical(c, &value))
        {
            return index;
        }
        let index = self.index(self.code.consts.len());
        if !self.overflow {
            self.code.consts.push(value);
            self.pool.insert(hash, index);
        }
        index
    }

    /// The index of a name.
    pub fn name(&mut self, symbol: Symbol, text: &str) -> u16 {
        if let Some(&index) = self.name_ids.get(&symbol) {
            return index;
        }
        let index = self.push_name(text);
        self.name_ids.insert(symbol, index);
        index
    }

    /// The index of a name that may have no symbol.
    pub fn plain_name(&mut self, text: &str) -> u16 {
        match self.code.names.iter().position(|n| **n == *text) {
            Some(index) => index as u16,
            None => self.push_name(text),
        }
    }

    fn push_name(&mut self, text: &str) -> u16 {
        let index = self.index(self.code.names.len());
        if !self.overflow {
            self.code.names.push(text.into());
        }
        index
    }

    /// A new inline cache.
    pub fn cache(&mut self) -> u16 {
        let index = self.index(usize::from(self.code.n_caches));
        if !self.overflow {
            self.code.n_caches += 1;
        }
        index
    }

    /// The cache of a global: all its reads share one, and so do its writes.
    pub fn global_cache(&mut self, name: u16, store: bool) -> u16 {
        let caches = if store { &self.store_caches } else { &self.load_caches };
        if let Some(&cache) = caches.get(&name) {
            return cache;
        }
        let cache = self.cache();
        let caches = if store { &mut self.store_caches } else { &mut self.load_caches };
        caches.insert(name, cache);
        cache
    }

    /// Adds nested code and returns its index.
    pub fn child(&mut self, code: Code) -> u16 {
        let index = self.index(self.code.children.len());
        if !self.overflow {
            self.code.children.push(code);
        }
        index
    }
}

/// Whether two constants are the same object for a program: `0.0` is not `-0.0`.
fn identical(a: &Const, b: &Const) -> bool {
    match (a, b) {
        (Const::Float(a), Const::Float(b)) | (Const::Imaginary(a), Const::Imaginary(b)) => a.to_bits() == b.to_bits(),
        (Const::Tuple(a), Const::Tuple(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| identical(a, b)),
        _ => a == b,
    }
}

fn hash(value: &Const) -> u32 {
    fn mix(h: u32, bytes: &[u8]) -> u32 {
        bytes.iter().fold(h, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
    }
    let start = 0x811c_9dc5;
    match value {
        Const::None => 1,
        Const::Bool(b) => 2 + u32::from(*b),
        Const::Ellipsis => 4,
        Const::Int(n) => mix(start, &n.to_le_bytes()),
        Const::BigInt(digits, radix) => mix(start ^ u32::from(*radix), digits.as_bytes()),
        Const::Float(x) => mix(start ^ 5, &x.to_bits().to_le_bytes()),
        Const::Imaginary(x) => mix(start ^ 6, &x.to_bits().to_le_bytes()),
        Const::Str(s) => mix(start ^ 7, s.as_bytes()),
        Const::Bytes(s) => mix(start ^ 8, s),
        Const::Tuple(items) => items.iter().fold(start ^ 9, |h, item| mix(h, &hash(item).to_le_bytes())),
    }
}
