//! Board time: the host's clock, or a counter that only waiting moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use snakeye_hal::Clock;

use crate::Waker;

/// What reading the clock costs in virtual time, so that a loop which polls it gets on.
const READ_COST_US: u64 = 5;

/// The time of one simulated board. Clones share it; threads may hold them.
///
/// In real time it follows the host. In virtual time it stands still until the board waits
/// ([`advance_to`](Self::advance_to)), apart from small fixed costs for looking at it, so a run
/// repeats exactly and an hour of sleep costs nothing.
#[derive(Clone)]
pub struct TimeSource {
    shared: Arc<Shared>,
}

struct Shared {
    mode: Mode,
    /// Real time: microseconds of the host clock at which the board's ticks were 0.
    /// Virtual time: ticks at which the board's ticks were 0.
    origin: AtomicU64,
    /// Real-time clock minus uptime, µs since 2000.
    rtc_offset: AtomicI64,
}

enum Mode {
    Real(Instant),
    Virtual { now: AtomicU64, frozen: AtomicBool },
}

impl TimeSource {
    /// Time that follows the host's clock, starting at 0 now.
    #[must_use]
    pub fn real() -> Self {
        Self::new(Mode::Real(Instant::now()))
    }

    /// Time that starts at 0 and moves by waiting only.
    #[must_use]
    pub fn simulated() -> Self {
        Self::new(Mode::Virtual { now: AtomicU64::new(0), frozen: AtomicBool::new(false) })
    }

    fn new(mode: Mode) -> Self {
        Self { shared: Arc::new(Shared { mode, origin: AtomicU64::new(0), rtc_offset: AtomicI64::new(0) }) }
    }

    /// Whether sleeping costs nothing.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        matches!(self.shared.mode, Mode::Virtual { .. })
    }

    /// Microseconds since power-on, over all resets. Costs no virtual time.
    fn uptime_us(&self) -> u64 {
        match &self.shared.mode {
            Mode::Real(start) => u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
            Mode::Virtual { now, .. } => now.load(Ordering::Acquire),
        }
    }

    /// Microseconds since the board last started, the scale of every deadline. Costs no virtual
    /// time.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        let origin = self.shared.origin.load(Ordering::Acquire);
        self.uptime_us().saturating_sub(origin)
    }

    /// Lets `us` of virtual time pass; nothing in real time.
    pub fn charge(&self, us: u64) {
        if let Mode::Virtual { now, frozen } = &self.shared.mode
            && !frozen.load(Ordering::Relaxed)
        {
            now.fetch_add(us, Ordering::AcqRel);
        }
    }

    /// Virtual time: jumps to `deadline_us` if that lies ahead. Real time: nothing.
    pub fn advance_to(&self, deadline_us: u64) {
        if let Mode::Virtual { now, .. } = &self.shared.mode {
            let origin = self.shared.origin.load(Ordering::Acquire);
            now.fetch_max(deadline_us.saturating_add(origin), Ordering::AcqRel);
        }
    }

    /// Virtual time: whether small costs are left out, so that time moves by waiting only. For
    /// tests that compare exact times.
    pub fn freeze_costs(&self, frozen: bool) {
        if let Mode::Virtual { frozen: flag, .. } = &self.shared.mode {
            flag.store(frozen, Ordering::Relaxed);
        }
    }

    /// Lets `us` pass: by sleeping in real time, by a jump in virtual time.
    pub fn delay_us(&self, us: u64) {
        if self.is_virtual() {
            self.advance_to(self.now_us().saturating_add(us));
        } else {
            std::thread::sleep(Duration::from_micros(us));
        }
    }

    /// How long real time has to wait until `deadline_us`; nothing once it has come, and always
    /// nothing in virtual time.
    pub(crate) fn until(&self, deadline_us: u64) -> Duration {
        if self.is_virtual() {
            return Duration::ZERO;
        }
        Duration::from_micros(deadline_us.saturating_sub(self.now_us()))
    }

    /// Starts ticks at 0 again, as a hard reset does; the real-time clock goes on.
    pub(crate) fn restart_ticks(&self) {
        let uptime = self.uptime_us();
        self.shared.origin.store(uptime, Ordering::Release);
    }
}

impl Clock for TimeSource {
    fn ticks_us(&self) -> u64 {
        self.charge(READ_COST_US);
        self.now_us()
    }

    fn rtc_us(&self) -> i64 {
        self.charge(READ_COST_US);
        let uptime = i64::try_from(self.uptime_us()).unwrap_or(i64::MAX);
        uptime.saturating_add(self.shared.rtc_offset.load(Ordering::Acquire))
    }

    fn set_rtc_us(&mut self, us: i64) {
        let uptime = i64::try_from(self.uptime_us()).unwrap_or(i64::MAX);
        let offset = us.saturating_sub(uptime);
        self.shared.rtc_offset.store(offset, Ordering::Release);
    }
}

/// How the simulated camera tells the board that a frame is there, or when the next one will be.
///
/// In real time the render thread sets and clears [`set_ready`](Self::set_ready) and that wakes
/// the board. In virtual time the camera renders inline and says when by
/// [`set_next`](Self::set_next); the board jumps there when nothing else comes first.
#[derive(Clone)]
pub struct FrameSignal {
    shared: Arc<Signal>,
    waker: Waker,
}

struct Signal {
    ready: AtomicBool,
    next_us: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl FrameSignal {
    /// A signal without a frame.
    #[must_use]
    pub fn new(waker: Waker) -> Self {
        Self { shared: Arc::new(Signal { ready: AtomicBool::new(false), next_us: AtomicU64::new(NEVER) }), waker }
    }

    /// Says whether at least one finished frame waits to be taken.
    pub fn set_ready(&self, ready: bool) {
        let before = self.shared.ready.swap(ready, Ordering::AcqRel);
        if ready && !before {
            self.waker.wake();
        }
    }

    /// Says when, on the board's clock, the next frame will be complete (virtual time only).
    pub fn set_next(&self, at_us: Option<u64>) {
        self.shared.next_us.store(at_us.unwrap_or(NEVER), Ordering::Release);
    }

    /// Whether taking a frame would succeed at time `now_us`.
    #[must_use]
    pub fn is_ready(&self, now_us: u64) -> bool {
        self.shared.ready.load(Ordering::Acquire) || self.shared.next_us.load(Ordering::Acquire) <= now_us
    }

    /// When the next frame will be complete, if the camera has said so.
    #[must_use]
    pub fn next_us(&self) -> Option<u64> {
        let at = self.shared.next_us.load(Ordering::Acquire);
        (at != NEVER).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_moves_by_waiting_and_by_small_costs() {
        let time = TimeSource::simulated();
        assert_eq!(time.now_us(), 0);
        let a = time.ticks_us();
        let b = time.ticks_us();
        assert_eq!(b - a, READ_COST_US);
        time.advance_to(1_000_000);
        assert_eq!(time.now_us(), 1_000_000);
        time.advance_to(5);
        assert_eq!(time.now_us(), 1_000_000, "time never goes back");
    }

    #[test]
    fn the_rtc_goes_on_over_a_restart_of_ticks() {
        let mut time = TimeSource::simulated();
        time.freeze_costs(true);
        time.set_rtc_us(7_000_000);
        time.delay_us(1_000_000);
        time.restart_ticks();
        assert_eq!(time.now_us(), 0);
        assert_eq!(time.rtc_us(), 8_000_000);
        time.delay_us(10);
        assert_eq!((time.now_us(), time.rtc_us()), (10, 8_000_010));
    }

    #[test]
    fn a_frame_signal_is_ready_by_flag_or_by_time() {
        let signal = FrameSignal::new(Waker::new().unwrap());
        assert!(!signal.is_ready(0));
        signal.set_next(Some(100));
        assert!(!signal.is_ready(99) && signal.is_ready(100));
        signal.set_next(None);
        signal.set_ready(true);
        assert!(signal.is_ready(0));
    }
}
