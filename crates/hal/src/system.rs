//! The chip as a whole: identity, resets, random numbers.

use crate::Errno;

/// Why the program started. The numbers are those of `machine.reset_cause()` on the esp32 port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum ResetCause {
    /// Power was applied.
    #[default]
    PowerOn = 1,
    /// Reset button or `machine.reset()`.
    Hard = 2,
    /// A watchdog fired.
    Watchdog = 3,
    /// Woke from deep sleep.
    DeepSleep = 4,
    /// Only the interpreter was restarted.
    Soft = 5,
}

/// What ended the last sleep. The numbers are those of `machine.wake_reason()` on the esp32 port
/// (ESP-IDF's `esp_sleep_wakeup_cause_t`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum WakeReason {
    /// The board did not sleep.
    #[default]
    None = 0,
    /// One pin (ext0).
    Ext0 = 2,
    /// A group of pins (ext1).
    Ext1 = 3,
    /// The timer.
    Timer = 4,
    /// A touch pad.
    Touch = 5,
    /// The ULP coprocessor.
    Ulp = 6,
}

/// How to end the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetRequest {
    /// Restart the interpreter; Wi-Fi, RTC and pins keep their state.
    Soft,
    /// Restart the chip.
    Hard,
    /// Restart because a watchdog fired.
    Watchdog,
    /// Power down, wake after this many microseconds (`None`: only by a pin or a reset).
    DeepSleep {
        /// Time asleep.
        wake_after_us: Option<u64>,
    },
    /// Restart into the chip's serial loader.
    Bootloader,
}

/// The chip as a whole.
pub trait System {
    /// The factory MAC address, which is also `machine.unique_id()`.
    fn unique_id(&self) -> [u8; 6];

    /// CPU clock in Hz.
    fn cpu_frequency(&self) -> u32;

    /// Sets the CPU clock; `EINVAL` for a frequency that the chip lacks.
    fn set_cpu_frequency(&mut self, hz: u32) -> Result<(), Errno>;

    /// Fills `buf` with random bytes: hardware noise on a board, a seeded generator in virtual
    /// time.
    fn random(&mut self, buf: &mut [u8]);

    /// Why this run of the program started.
    fn reset_cause(&self) -> ResetCause;

    /// What ended the last deep or light sleep.
    fn wake_reason(&self) -> WakeReason;

    /// Asks the port to end this run and start again. The call returns; from then on
    /// [`Board::wait`](crate::Board::wait) answers [`Wake::Reset`](crate::Wake::Reset).
    fn request_reset(&mut self, request: ResetRequest);

    /// The reset that was asked for, if any. The run loop tests it at every time slice.
    fn reset_requested(&self) -> Option<ResetRequest>;

    /// The user's bytes in RTC memory (`RTC.memory()`); they survive every reset but loss of
    /// power.
    fn rtc_memory(&self) -> &[u8];

    /// Replaces the user's bytes in RTC memory; `EINVAL` above 2048 bytes.
    fn set_rtc_memory(&mut self, data: &[u8]) -> Result<(), Errno>;

    /// Chip temperature in degrees Celsius, if it has a sensor.
    fn temperature_c(&mut self) -> Option<f32>;
}
