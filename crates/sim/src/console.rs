//! The simulated serial console.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use snakeye_hal::Console;

use crate::{InterruptHandle, Waker};

/// Receives the board's output as it is written.
pub type ConsoleSink = Box<dyn FnMut(&[u8]) + Send>;

struct State {
    input: VecDeque<u8>,
    closed: bool,
    interrupt_char: Option<u8>,
    /// Output that no sink took.
    output: Vec<u8>,
}

struct Shared {
    state: Mutex<State>,
    written: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The other end of the console's cable: a terminal, a pty, a TCP client or a test.
#[derive(Clone)]
pub struct ConsoleHandle {
    shared: Arc<Shared>,
    interrupt: InterruptHandle,
    waker: Waker,
}

impl ConsoleHandle {
    /// Types `bytes`. The interrupt character, where the program has set one, interrupts instead
    /// of being queued.
    pub fn push(&self, bytes: &[u8]) {
        let mut state = self.shared.lock();
        for byte in bytes {
            if state.interrupt_char == Some(*byte) {
                self.interrupt.interrupt();
            } else {
                state.input.push_back(*byte);
            }
        }
        drop(state);
        self.waker.wake();
    }

    /// Ends the input: the program sees the end of the stream after what was typed.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.waker.wake();
    }

    /// Whether the input was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }

    /// Takes what was written since the last call, when there is no sink.
    #[must_use]
    pub fn take_output(&self) -> Vec<u8> {
        std::mem::take(&mut self.shared.lock().output)
    }

    /// Waits until the output kept so far contains `needle`, and takes the output up to its end.
    /// `None` when that does not happen within `patience`.
    #[must_use]
    pub fn wait_output(&self, needle: &[u8], patience: Duration) -> Option<Vec<u8>> {
        let give_up = Instant::now() + patience;
        let mut state = self.shared.lock();
        loop {
            let found = state.output.windows(needle.len().max(1)).position(|window| window == needle);
            if let Some(at) = found {
                let rest = state.output.split_off(at + needle.len());
                return Some(std::mem::replace(&mut state.output, rest));
            }
            let left = give_up.checked_duration_since(Instant::now())?;
            let woken = self.shared.written.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The board's end of the console.
pub struct SimConsole {
    handle: ConsoleHandle,
    sink: Option<ConsoleSink>,
}

impl SimConsole {
    pub(crate) fn new(sink: Option<ConsoleSink>, interrupt: InterruptHandle, waker: Waker) -> Self {
        let state = State { input: VecDeque::new(), closed: false, interrupt_char: None, output: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(state), written: Condvar::new() });
        Self { handle: ConsoleHandle { shared, interrupt, waker }, sink }
    }

    /// The other end.
    #[must_use]
    pub fn handle(&self) -> ConsoleHandle {
        self.handle.clone()
    }

    /// Whether reading would bring bytes or the end.
    pub(crate) fn is_ready(&self) -> bool {
        let state = self.handle.shared.lock();
        state.closed || !state.input.is_empty()
    }
}

impl Console for SimConsole {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        let mut state = self.handle.shared.lock();
        let count = buf.len().min(state.input.len());
        for (slot, byte) in buf.iter_mut().zip(state.input.drain(..count)) {
            *slot = byte;
        }
        count
    }

    fn pending(&self) -> usize {
        self.handle.shared.lock().input.len()
    }

    fn is_closed(&self) -> bool {
        let state = self.handle.shared.lock();
        state.closed && state.input.is_empty()
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(sink) = &mut self.sink {
            sink(bytes);
            return;
        }
        self.handle.shared.lock().output.extend_from_slice(bytes);
        self.handle.shared.written.notify_all();
    }

    fn set_interrupt_char(&mut self, byte: Option<u8>) {
        self.handle.shared.lock().interrupt_char = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console() -> (SimConsole, InterruptHandle) {
        let waker = Waker::new().unwrap();
        let interrupt = InterruptHandle::new(waker.clone());
        (SimConsole::new(None, interrupt.clone(), waker), interrupt)
    }

    #[test]
    fn input_is_queued_and_the_interrupt_character_is_not() {
        let (mut console, interrupt) = console();
        let cable = console.handle();
        cable.push(b"a\x03");
        let mut buf = [0; 8];
        assert_eq!(console.read(&mut buf), 2, "no interrupt character is set");
        assert!(!interrupt.is_set());
        console.set_interrupt_char(Some(3));
        cable.push(b"old\x03new");
        assert!(interrupt.take());
        assert_eq!(console.read(&mut buf), 6);
        assert_eq!(&buf[..6], b"oldnew");
    }

    #[test]
    fn closing_shows_after_the_last_byte() {
        let (mut console, _) = console();
        console.handle().push(b"x");
        console.handle().close();
        assert!(!console.is_closed() && console.is_ready());
        assert_eq!(console.read(&mut [0; 4]), 1);
        assert!(console.is_closed() && console.is_ready());
    }

    #[test]
    fn output_can_be_waited_for_from_another_thread() {
        let (mut console, _) = console();
        let cable = console.handle();
        let reader = std::thread::spawn(move || cable.wait_output(b">>> ", Duration::from_secs(20)));
        console.write(b"hello\r\n>>");
        console.write(b"> rest");
        assert_eq!(reader.join().unwrap().unwrap(), b"hello\r\n>>> ");
        assert_eq!(console.handle().take_output(), b"rest");
    }
}
