//! Storage behind a simulated chip: a file or memory, with power cuts.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Where the bytes live.
enum Store {
    /// Bytes as they differ from the fill: memory nobody wrote is never touched.
    Memory(Vec<u8>, u8),
    File(File),
}

/// A fixed number of bytes in a file or in memory.
pub(crate) struct Image {
    store: Store,
    size: u64,
}

impl Image {
    /// An image in memory, filled with `fill`.
    pub(crate) fn memory(size: u64, fill: u8) -> Self {
        let bytes = usize::try_from(size).unwrap_or(usize::MAX);
        Self { store: Store::Memory(vec![0; bytes], fill), size }
    }

    /// Opens the file, or creates it with `size` bytes of `fill`. The second value says whether
    /// it is new. The file stays locked, because two boards on one chip would destroy it.
    pub(crate) fn file(path: &Path, size: u64, fill: u8) -> io::Result<(Self, bool)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        if file.try_lock().is_err() {
            return Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                format!("{} is in use by another simulated board", path.display()),
            ));
        }
        let length = file.metadata()?.len();
        if length != 0 && length != size {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} has {length} bytes, but this board's chip has {size}", path.display()),
            ));
        }
        let mut image = Self { store: Store::File(file), size };
        if length == 0 {
            image.fill(fill)?;
        }
        Ok((image, length == 0))
    }

    fn fill(&mut self, fill: u8) -> io::Result<()> {
        if let (0, Store::File(file)) = (fill, &self.store) {
            return file.set_len(self.size);
        }
        let chunk = vec![fill; 64 * 1024];
        let mut at = 0;
        while at < self.size {
            let len = chunk.len().min(usize::try_from(self.size - at).unwrap_or(chunk.len()));
            self.write(at, chunk.get(..len).unwrap_or(&chunk))?;
            at += len as u64;
        }
        Ok(())
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Whether `len` bytes from `at` lie inside.
    pub(crate) fn contains(&self, at: u64, len: usize) -> bool {
        at.checked_add(len as u64).is_some_and(|end| end <= self.size)
    }

    pub(crate) fn read(&mut self, at: u64, buf: &mut [u8]) -> io::Result<()> {
        match &mut self.store {
            Store::Memory(bytes, fill) => {
                let source = range(at, buf.len()).and_then(|r| bytes.get(r));
                buf.copy_from_slice(source.ok_or(io::ErrorKind::InvalidInput)?);
                buf.iter_mut().for_each(|b| *b ^= *fill);
                Ok(())
            }
            Store::File(file) => read_at(file, at, buf),
        }
    }

    pub(crate) fn write(&mut self, at: u64, data: &[u8]) -> io::Result<()> {
        match &mut self.store {
            Store::Memory(bytes, fill) => {
                let target = range(at, data.len()).and_then(|r| bytes.get_mut(r));
                let target = target.ok_or(io::ErrorKind::InvalidInput)?;
                target.copy_from_slice(data);
                target.iter_mut().for_each(|b| *b ^= *fill);
                Ok(())
            }
            Store::File(file) => write_at(file, at, data),
        }
    }
}

fn range(at: u64, len: usize) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(at).ok()?;
    Some(start..start.checked_add(len)?)
}

#[cfg(unix)]
fn read_at(file: &mut File, at: u64, buf: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buf, at)
}

#[cfg(unix)]
fn write_at(file: &mut File, at: u64, data: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, data, at)
}

#[cfg(not(unix))]
fn read_at(file: &mut File, at: u64, buf: &mut [u8]) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(buf)
}

#[cfg(not(unix))]
fn write_at(file: &mut File, at: u64, data: &[u8]) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(at))?;
    file.write_all(data)
}

/// Cuts the board's power at a chosen write. Clones share the state, so a test keeps one.
///
/// Every program, erase and SD write counts as one operation. When the count is used up the next
/// operation is lost (or, with [`torn`](Self::cut_after), half done) and from then on every
/// access fails until the board is powered again.
#[derive(Clone, Default)]
pub struct PowerSwitch {
    shared: Arc<Power>,
}

#[derive(Default)]
struct Power {
    lost: AtomicBool,
    torn: AtomicBool,
    operations: AtomicU64,
    /// Operation number that is lost; 0 for none.
    cut_at: AtomicU64,
}

/// What becomes of one write operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It happens.
    Done,
    /// Only this part of its bytes happens, then power is gone.
    Torn,
    /// Nothing happens: power is gone.
    Lost,
}

impl PowerSwitch {
    /// Lets `operations` more writes and erases happen, then cuts power. `torn` lets the first
    /// half of the fatal operation's bytes through.
    pub fn cut_after(&self, operations: u64, torn: bool) {
        self.shared.torn.store(torn, Ordering::Release);
        let at = self.operations() + operations + 1;
        self.shared.cut_at.store(at, Ordering::Release);
    }

    /// Takes a planned cut back.
    pub fn cancel(&self) {
        self.shared.cut_at.store(0, Ordering::Release);
    }

    /// How many writes and erases have happened since the board was made.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.shared.operations.load(Ordering::Acquire)
    }

    /// Whether power is gone.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.shared.lost.load(Ordering::Acquire)
    }

    pub(crate) fn restore(&self) {
        self.shared.lost.store(false, Ordering::Release);
    }

    /// Counts one operation and decides about it.
    pub(crate) fn operation(&self) -> Fate {
        if self.is_lost() {
            return Fate::Lost;
        }
        let number = self.shared.operations.load(Ordering::Acquire) + 1;
        if self.shared.cut_at.load(Ordering::Acquire) == number {
            self.cancel();
            self.shared.lost.store(true, Ordering::Release);
            if self.shared.torn.load(Ordering::Acquire) {
                return Fate::Torn;
            }
            return Fate::Lost;
        }
        self.shared.operations.store(number, Ordering::Release);
        Fate::Done
    }
}
