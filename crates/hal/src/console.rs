//! The serial console.

/// Bytes in and out of the console. No call blocks on input; output may block on a slow line.
pub trait Console {
    /// Takes up to `buf.len()` waiting bytes; 0 when none are waiting.
    fn read(&mut self, buf: &mut [u8]) -> usize;

    /// How many bytes are waiting.
    fn pending(&self) -> usize;

    /// Whether nothing is waiting and nothing can ever arrive (standard input has ended).
    /// A UART never closes.
    fn is_closed(&self) -> bool {
        false
    }

    /// Writes all of `bytes`, as they are: turning `\n` into `\r\n` is the caller's choice.
    fn write(&mut self, bytes: &[u8]);

    /// Which input byte, if any, raises an interrupt instead of being queued: 3 (Ctrl-C) while
    /// a program runs, `None` in the raw REPL and under `micropython.kbd_intr(-1)`.
    fn set_interrupt_char(&mut self, byte: Option<u8>);
}
