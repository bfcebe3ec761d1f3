//! A set of registers.

/// One bit per register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RegSet([u64; 4]);

impl RegSet {
    pub const EMPTY: RegSet = RegSet([0; 4]);
    /// Every register: the neutral element of intersection, the state of code that cannot be reached.
    pub const ALL: RegSet = RegSet([u64::MAX; 4]);

    pub fn insert(&mut self, reg: u8) {
        self.0[usize::from(reg >> 6)] |= 1 << (reg & 63);
    }

    pub fn remove(&mut self, reg: u8) {
        self.0[usize::from(reg >> 6)] &= !(1 << (reg & 63));
    }

    pub fn contains(&self, reg: u8) -> bool {
        self.0[usize::from(reg >> 6)] & 1 << (reg & 63) != 0
    }

    pub fn intersect(&mut self, other: &RegSet) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a &= b;
        }
    }

    pub fn unite(&mut self, other: &RegSet) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a |= b;
        }
    }

    pub fn subtract(&mut self, other: &RegSet) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a &= !b;
        }
    }

    /// The lowest register that is at least `from`, and the highest, of those in the set.
    pub fn span(&self, from: u8) -> Option<(u8, u8)> {
        let mut found = (from..=u8::MAX).filter(|&reg| self.contains(reg));
        let low = found.next()?;
        Some((low, found.next_back().unwrap_or(low)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_covers_the_members_from_a_register_on() {
        let mut set = RegSet::EMPTY;
        assert_eq!(set.span(0), None);
        for reg in [3, 64, 200] {
            set.insert(reg);
        }
        assert_eq!(set.span(0), Some((3, 200)));
        assert_eq!(set.span(4), Some((64, 200)));
        assert_eq!(set.span(65), Some((200, 200)));
        assert_eq!(set.span(201), None);
        set.remove(64);
        assert!(!set.contains(64) && set.contains(200));
    }
}
