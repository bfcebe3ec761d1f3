//! The one trait that a port implements.

use alloc::boxed::Box;

use crate::{
    BoardDef, Clock, Console, Flash, Interest, Net, Pins, Ready, ResetRequest, SdCard, System, Tls, Wake, Wifi,
};

/// A board: its parts, and the one place where the runtime waits.
///
/// The parts are reached through accessors so that each trait stays small and a port may keep
/// them in separate files. A part which the hardware lacks is `None`.
pub trait Board {
    /// Pins, sensor, LED and memory sizes of this board.
    fn def(&self) -> &BoardDef;

    /// Monotonic time and the real-time clock.
    fn clock(&mut self) -> &mut dyn Clock;

    /// Another handle on the same clock, for those that live beside the board: a file system
    /// that stamps files.
    fn clock_handle(&self) -> Box<dyn Clock>;

    /// The serial console (USB or UART 0 on a board).
    fn console(&mut self) -> &mut dyn Console;

    /// The flash chip, byte-addressed.
    fn flash(&mut self) -> &mut dyn Flash;

    /// Another handle on the same chip, for a file system to own.
    fn flash_handle(&self) -> Box<dyn Flash>;

    /// General-purpose pins.
    fn pins(&mut self) -> &mut dyn Pins;

    /// Reset, identity, random numbers, CPU frequency.
    fn system(&mut self) -> &mut dyn System;

    /// Sockets.
    fn net(&mut self) -> &mut dyn Net;

    /// TLS, if the port has it.
    fn tls(&mut self) -> Option<&mut dyn Tls> {
        None
    }

    /// The Wi-Fi radio, if the chip has one.
    fn wifi(&mut self) -> Option<&mut dyn Wifi>;

    /// A handle on the SD card, if the board has a slot and a card is in it. All handles reach
    /// the same card.
    fn sd_card(&self) -> Option<Box<dyn SdCard>>;

    /// Blocks until one of `interests` is ready, `deadline_us` (on the scale of
    /// [`Clock::ticks_us`]) has come, an interrupt (Ctrl-C) is pending or a reset was requested.
    ///
    /// With no interests and no deadline it waits for an interrupt or a reset. It may also return
    /// [`Wake::Ready`] although nothing is ready, so callers poll what they wait for.
    fn wait(&mut self, interests: &[Interest], deadline_us: Option<u64>) -> Wake;

    /// Fills `ready[i]` with what `interests[i]` has ready now, without blocking, and returns how
    /// many are ready. Surplus elements of the longer slice are left alone.
    ///
    /// Errors and hang-ups are reported even where neither `read` nor `write` was asked for, as
    /// `poll(2)` does.
    fn poll(&mut self, interests: &[Interest], ready: &mut [Ready]) -> usize;

    /// Whether an interrupt (Ctrl-C) is pending. Cheap: it is asked at every time slice.
    fn interrupted(&self) -> bool;

    /// Clears a pending interrupt and says whether there was one.
    fn take_interrupt(&mut self) -> bool;

    /// The 32-bit register at this address, where scripts may read one.
    fn read_register(&mut self, _address: u32) -> Option<u32> {
        None
    }

    /// Writes the 32-bit register at this address; false where scripts cannot.
    fn write_register(&mut self, _address: u32, _value: u32) -> bool {
        false
    }

    /// Carries out the reset that was asked for (a soft one if none was) after the program has ended: sockets close, and
    /// the board is as it is when the program starts again. Returns what was done.
    fn restart(&mut self) -> ResetRequest;
}
