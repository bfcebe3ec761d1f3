//! Time.

/// 2000-01-01 00:00:00 UTC in seconds since 1970: MicroPython's epoch on the esp32 port.
pub const EPOCH_2000_UNIX_S: i64 = 946_684_800;

/// Monotonic time and the real-time clock.
pub trait Clock {
    /// Microseconds since the board started. Never goes back and does not wrap; it starts again
    /// after a hard reset or deep sleep, and goes on over a soft reset.
    fn ticks_us(&self) -> u64;

    /// The finest counter the CPU has, for `time.ticks_cpu()`; wraps.
    fn ticks_cpu(&self) -> u32 {
        self.ticks_us() as u32
    }

    /// Microseconds since 2000-01-01 00:00:00, in whatever zone the clock was set to (a board
    /// knows no time zones). A board without a backup battery starts at 0.
    fn rtc_us(&self) -> i64;

    /// Sets the real-time clock. It survives every reset but loss of power.
    fn set_rtc_us(&mut self, us: i64);
}
