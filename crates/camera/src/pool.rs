//! Frame memory.
//!
//! A buffer is always in exactly one place: free in the pool, lent to the capture port, or held
//! through [`Frame`] handles. It moves by value between them and is never copied. The handles
//! count without atomics: frames stay on the thread that runs the program, and only bare buffers
//! cross to a capture thread.

use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::ops::Deref;

use crate::PixelFormat;

/// What is known about a frame besides its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameInfo {
    /// Pixels per line.
    pub width: u16,
    /// Lines.
    pub height: u16,
    /// What the bytes mean.
    pub format: PixelFormat,
    /// Counts the good frames received, from 1; a gap shows frames that were passed over.
    pub sequence: u32,
    /// When the frame began, in µs on the board's clock.
    pub timestamp_us: u64,
}

/// A captured frame: a shared handle on a buffer of the pool. Dropping the last handle gives the
/// buffer back.
#[derive(Clone)]
pub struct Frame(Rc<Held>);

struct Held {
    data: Vec<u8>,
    info: FrameInfo,
    pool: Weak<RefCell<Shared>>,
}

impl Frame {
    /// Size, format, sequence number and time.
    pub fn info(&self) -> &FrameInfo {
        &self.0.info
    }
}

impl Deref for Frame {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0.data
    }
}

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} bytes, {:?})", self.len(), self.0.info)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let data = core::mem::take(&mut self.data);
        // A pool that is gone frees the buffer here instead.
        if let Some(pool) = self.pool.upgrade() {
            // The pool never calls out while borrowed, so this cannot be refused.
            if let Ok(mut shared) = pool.try_borrow_mut() {
                shared.held = shared.held.saturating_sub(1);
                shared.give_back(data);
            }
        }
    }
}

#[derive(Default)]
struct Shared {
    free: Vec<Vec<u8>>,
    /// How many buffers there may be.
    slots: usize,
    /// Bytes of a buffer.
    size: usize,
    /// How many buffers there are, wherever they are.
    owned: usize,
    /// How many of them are in frames.
    held: usize,
}

impl Shared {
    fn give_back(&mut self, mut buffer: Vec<u8>) {
        let fits = self.size > 0 && buffer.capacity() >= self.size;
        if fits && self.owned <= self.slots && self.free.len() < self.free.capacity() {
            buffer.clear();
            self.free.push(buffer);
        } else {
            self.owned = self.owned.saturating_sub(1);
        }
    }

    fn allocate(&mut self) -> Option<Vec<u8>> {
        if self.owned >= self.slots {
            return None;
        }
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(self.size).ok()?;
        self.owned += 1;
        Some(buffer)
    }
}

/// A fixed number of preallocated frame buffers.
#[derive(Default)]
pub struct FramePool(Rc<RefCell<Shared>>);

impl FramePool {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes `slots` buffers of `size` bytes, keeping those which are large enough, and returns
    /// how many there are: fewer when memory does not suffice. Buffers held in frames count, and
    /// are replaced when they come back if they are too small.
    pub fn configure(&mut self, slots: usize, size: usize) -> usize {
        let mut shared = self.0.borrow_mut();
        let shared = &mut *shared;
        shared.slots = slots;
        shared.size = size;
        let kept = core::mem::take(&mut shared.free);
        if shared.free.try_reserve_exact(slots).is_err() {
            shared.owned = shared.owned.saturating_sub(kept.len());
            return shared.held.min(slots);
        }
        for buffer in kept {
            shared.give_back(buffer);
        }
        while let Some(buffer) = shared.allocate() {
            shared.free.push(buffer);
        }
        shared.owned.min(slots)
    }

    /// Frees every buffer that is not held in a frame; the others are freed when dropped.
    pub fn clear(&mut self) {
        let mut shared = self.0.borrow_mut();
        shared.slots = 0;
        shared.size = 0;
        let freed = core::mem::take(&mut shared.free).len();
        shared.owned = shared.owned.saturating_sub(freed);
    }

    /// Takes an empty buffer, to lend to the capture port.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        let mut shared = self.0.borrow_mut();
        match shared.free.pop() {
            Some(buffer) => Some(buffer),
            None => shared.allocate(),
        }
    }

    /// Takes back a buffer without a usable frame.
    pub fn give_back(&mut self, buffer: Vec<u8>) {
        self.0.borrow_mut().give_back(buffer);
    }

    /// Makes a frame of a filled buffer.
    pub fn frame(&mut self, data: Vec<u8>, info: FrameInfo) -> Frame {
        self.0.borrow_mut().held += 1;
        Frame(Rc::new(Held { data, info, pool: Rc::downgrade(&self.0) }))
    }

    /// How many buffers there may be.
    pub fn slots(&self) -> usize {
        self.0.borrow().slots
    }

    /// How many buffers are held in frames.
    pub fn held(&self) -> usize {
        self.0.borrow().held
    }

    /// Whether every buffer is held in a frame: none can be received until one is dropped. When
    /// this is so right after a capture, the caller may want to copy the frame and drop it.
    pub fn all_held(&self) -> bool {
        let shared = self.0.borrow();
        shared.held >= shared.slots.min(shared.owned)
    }

    /// Bytes of a buffer.
    pub fn buffer_size(&self) -> usize {
        self.0.borrow().size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: FrameInfo =
        FrameInfo { width: 4, height: 4, format: PixelFormat::Grayscale, sequence: 1, timestamp_us: 0 };

    #[test]
    fn a_dropped_frame_returns_its_very_buffer() {
        let mut pool = FramePool::new();
        assert_eq!(pool.configure(2, 16), 2);
        let mut buffer = pool.take().unwrap();
        buffer.extend_from_slice(&[7; 16]);
        let address = buffer.as_ptr();
        let frame = pool.frame(buffer, INFO);
        let second = frame.clone();
        assert_eq!((&frame[..], pool.held()), (&[7u8; 16][..], 1));
        drop(frame);
        assert_eq!(pool.held(), 1);
        drop(second);
        assert_eq!(pool.held(), 0);
        let again = [pool.take().unwrap(), pool.take().unwrap()];
        assert!(again.iter().any(|b| b.as_ptr() == address));
        assert!(again.iter().all(Vec::is_empty));
        assert!(pool.take().is_none());
    }

    #[test]
    fn growing_replaces_held_buffers_when_they_come_back() {
        let mut pool = FramePool::new();
        pool.configure(2, 16);
        let buffer = pool.take().unwrap();
        let frame = pool.frame(buffer, INFO);
        assert_eq!(pool.configure(2, 64), 2);
        let large = pool.take().unwrap();
        assert!(large.capacity() >= 64);
        assert!(pool.take().is_none());
        drop(frame);
        assert!(pool.take().unwrap().capacity() >= 64);
    }

    #[test]
    fn fewer_slots_and_clearing_free_what_comes_back() {
        let mut pool = FramePool::new();
        pool.configure(3, 16);
        let taken: Vec<_> = core::iter::from_fn(|| pool.take()).collect();
        assert_eq!(taken.len(), 3);
        let frames: Vec<_> = taken.into_iter().map(|b| pool.frame(b, INFO)).collect();
        pool.configure(1, 16);
        drop(frames);
        assert!(pool.take().is_some());
        assert!(pool.take().is_none());
        pool.clear();
        assert!(pool.take().is_none());
    }

    #[test]
    fn frames_outlive_the_pool() {
        let mut pool = FramePool::new();
        pool.configure(1, 4);
        let mut buffer = pool.take().unwrap();
        buffer.push(9);
        let frame = pool.frame(buffer, INFO);
        drop(pool);
        assert_eq!(&frame[..], &[9]);
    }

    #[test]
    fn impossible_sizes_are_reported_not_fatal() {
        let mut pool = FramePool::new();
        assert_eq!(pool.configure(3, isize::MAX as usize), 0);
        assert!(pool.take().is_none());
    }
}
