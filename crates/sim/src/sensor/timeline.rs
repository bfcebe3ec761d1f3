//! When frames begin.

/// The free-running frame clock of a sensor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeline {
    next_us: u64,
}

impl Timeline {
    /// Frames begin now.
    pub fn new(now_us: u64) -> Self {
        Self { next_us: now_us }
    }

    /// The first frame that begins at `earliest_us` or later, and how many begin before it.
    pub fn first_after(&self, earliest_us: u64, period_us: u64) -> (u64, u64) {
        let behind = earliest_us.saturating_sub(self.next_us);
        let skipped = behind.div_ceil(period_us.max(1));
        let start = self.next_us.saturating_add(skipped.saturating_mul(period_us));
        (start, skipped)
    }

    /// Goes on behind the frame that began at `start_us`.
    pub fn pass(&mut self, start_us: u64, period_us: u64) {
        self.next_us = start_us.saturating_add(period_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_grid_over_pauses() {
        let mut timeline = Timeline::new(1000);
        assert_eq!(timeline.first_after(0, 40), (1000, 0));
        timeline.pass(1000, 40);
        assert_eq!(timeline.first_after(1040, 40), (1040, 0));
        assert_eq!(timeline.first_after(1041, 40), (1080, 1));
        assert_eq!(timeline.first_after(1200, 40), (1200, 4));
    }
}
