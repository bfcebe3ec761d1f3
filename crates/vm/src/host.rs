//! What the VM needs from the outside: to print, to wait, to import.

use crate::object::Interest;
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;

/// Event bits of `select` (docs: library/select), which streams answer to MP_STREAM_POLL.
pub mod event {
    /// Reading would not block.
    pub const IN: u16 = 1;
    /// Writing would not block.
    pub const OUT: u16 = 4;
    /// There is an error.
    pub const ERR: u16 = 8;
    /// The other end is gone.
    pub const HUP: u16 = 16;
    /// The stream is closed.
    pub const NVAL: u16 = 32;
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// An interest is (or may be) ready, or the deadline has come.
    Ready,
    /// The user asked for an interrupt (Ctrl-C).
    Interrupted,
}

/// What an import path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Nothing.
    Nothing,
}

/// How imports find files where file systems are mounted, some perhaps written in Python. Both may nest a run loop.
#[derive(Clone, Copy)]
pub struct FileAccess {
    /// What stands at a path.
    pub stat: fn(&mut Vm, &str) -> Found,
    /// The content of a file, or an OSError.
    pub read: fn(&mut Vm, &str) -> Res<Vec<u8>>,
}

impl Vm {
    /// What stands at a path, for imports.
    pub fn find_file(&mut self, path: &str) -> Found {
        match self.files {
            Some(access) => (access.stat)(self, path),
            None => self.host.stat(path),
        }
    }

    /// The content of a file, for imports.
    pub fn read_file(&mut self, path: &str) -> Res<Vec<u8>> {
        match self.files {
            Some(access) => (access.read)(self, path),
            None => self.host.read_file(path).map_err(|errno| self.os_error(errno)),
        }
    }
}

/// The outside world. Implemented by a port.
pub trait Host {
    /// Writes to the console.
    fn write(&mut self, bytes: &[u8]);
    /// Monotonic clock in microseconds.
    fn now_us(&mut self) -> u64;
    /// Waits until one of the interests is ready or the deadline has come, and sets `ready[i]` for each
    /// interest found ready. Deadlines already past only poll.
    fn wait(&mut self, interests: &[Interest], deadline_us: Option<u64>, ready: &mut [bool]) -> Woken;
    /// Sets `events[i]` to what is ready now of each interest ([`event`] bits; errors and hang-ups always), without
    /// waiting.
    fn ready(&mut self, _interests: &[Interest], _events: &mut [u16]) {}
    /// What a file descriptor of the system's stands for, and how many `select` may watch at a time; `None` where there
    /// are no such numbers.
    fn descriptor(&mut self, _fd: u32) -> Option<(Interest, usize)> {
        None
    }
    /// Bits nobody can foresee, for seeds. The clock alone is a poor source: ports with a better one use that.
    fn entropy(&mut self) -> u64 {
        self.now_us().wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
    /// Whether the user asked for an interrupt since the last call. Cheap: called at each time slice.
    fn interrupted(&mut self) -> bool;
    /// Which byte typed at the console is an interrupt instead of input (`micropython.kbd_intr`).
    fn set_interrupt_char(&mut self, _byte: Option<u8>) {}
    /// What stands at this path, for a VM without [`FileAccess`].
    fn stat(&mut self, _path: &str) -> Found {
        Found::Nothing
    }
    /// The content of the file at this path, or an errno; for a VM without [`FileAccess`].
    fn read_file(&mut self, _path: &str) -> Result<Vec<u8>, i32> {
        const ENOENT: i32 = 2;
        Err(ENOENT)
    }
    /// The host itself, for modules that know which one it is.
    fn as_any(&mut self) -> &mut dyn core::any::Any;
    /// The register of `size` bytes (1, 2 or 4) at an address, where there is one.
    fn peek(&mut self, _address: usize, _size: usize) -> Option<u64> {
        None
    }
    /// Writes to a register; false where there is none.
    fn poke(&mut self, _address: usize, _size: usize, _value: u64) -> bool {
        false
    }
    /// Writes what went wrong: to the console as well, unless errors have a stream of their own.
    fn write_error(&mut self, bytes: &[u8]) {
        self.write(bytes);
    }
    /// Called when a thread other than the main one ends by an exception: its traceback, as text.
    fn thread_failed(&mut self, traceback: String) {
        self.write_error(traceback.as_bytes());
    }
}

/// A host that is nowhere: takes the place of the real one while a VM is taken apart.
pub struct NoHost;

impl Host for NoHost {
    fn write(&mut self, _: &[u8]) {}
    fn now_us(&mut self) -> u64 {
        0
    }
    fn wait(&mut self, _: &[Interest], _: Option<u64>, _: &mut [bool]) -> Woken {
        Woken::Interrupted
    }
    fn interrupted(&mut self) -> bool {
        false
    }
    fn as_any(&mut self) -> &mut dyn core::any::Any {
        self
    }
}
