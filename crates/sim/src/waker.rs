//! Waking a board that waits.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
type End = std::os::unix::net::UnixStream;
#[cfg(not(unix))]
type End = std::net::TcpStream;

#[cfg(unix)]
fn pair() -> io::Result<(End, End)> {
    End::pair()
}

/// A loopback connection, where the system has no socket pairs.
#[cfg(not(unix))]
fn pair() -> io::Result<(End, End)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let sender = End::connect(listener.local_addr()?)?;
    let own = sender.local_addr()?;
    loop {
        let (receiver, peer) = listener.accept()?;
        if peer == own {
            return Ok((sender, receiver));
        }
    }
}

/// Makes a waiting board look again. Any thread may hold a clone: the console reader, the
/// camera's render thread, a Ctrl-C handler.
#[derive(Clone)]
pub struct Waker {
    shared: Arc<Shared>,
}

struct Shared {
    sender: End,
    receiver: End,
    pending: AtomicBool,
}

impl Waker {
    /// A waker with its channel.
    pub fn new() -> io::Result<Self> {
        let (sender, receiver) = pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Self { shared: Arc::new(Shared { sender, receiver, pending: AtomicBool::new(false) }) })
    }

    /// Wakes the board, now or when it next waits. Wakes before that count as one.
    pub fn wake(&self) {
        if !self.shared.pending.swap(true, Ordering::AcqRel) {
            // A full channel means that a wake is on its way already.
            let _ = (&self.shared.sender).write(&[1]);
        }
    }

    /// What the board waits on.
    pub(crate) fn receiver(&self) -> &End {
        &self.shared.receiver
    }

    /// Whether a wake is on its way.
    pub(crate) fn is_pending(&self) -> bool {
        self.shared.pending.load(Ordering::Acquire)
    }

    /// Takes a pending wake. The channel is read even without one: a `wake` that was overtaken
    /// between its two steps leaves a byte behind.
    pub(crate) fn take(&self) -> bool {
        let pending = self.shared.pending.swap(false, Ordering::AcqRel);
        let mut sink = [0; 16];
        let mut receiver = &self.shared.receiver;
        while matches!(receiver.read(&mut sink), Ok(n) if n == sink.len()) {}
        pending
    }
}

/// Raises and clears the board's interrupt: what Ctrl-C does.
#[derive(Clone)]
pub struct InterruptHandle {
    flag: Arc<AtomicBool>,
    waker: Waker,
}

impl InterruptHandle {
    pub(crate) fn new(waker: Waker) -> Self {
        Self { flag: Arc::new(AtomicBool::new(false)), waker }
    }

    /// Interrupts the program. May be called from any thread and from a signal handler.
    pub fn interrupt(&self) {
        self.flag.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Whether the program has not noticed the last interrupt yet.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    pub(crate) fn take(&self) -> bool {
        self.flag.swap(false, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_before_a_wait_count_as_one() {
        let waker = Waker::new().unwrap();
        assert!(!waker.take());
        waker.wake();
        waker.clone().wake();
        assert!(waker.take());
        assert!(!waker.take());
        waker.wake();
        assert!(waker.take());
    }
}
