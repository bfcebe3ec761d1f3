//! Storage for Snakeye: flash, partitions, LittleFS, and the tree of mounts a script sees. Knows no Python.
//!
//! From the bottom up:
//! - [`Flash`]: a NOR flash chip in bytes, which a port or the simulator implements; [`SharedFlash`] lets several
//!   partitions use it. [`RamFlash`] is one in memory.
//! - [`PartitionTable`] reads and writes ESP-IDF partition tables; [`Partition`] is one entry as a [`BlockDevice`].
//! - [`BlockDevice`]: erasable blocks, what a file system stands on. [`RamDevice`] is one in memory.
//! - [`FileSystem`]: the interface of every file system. [`LittleFs`] is LittleFS v2, compatible with MicroPython's.
//! - [`MountTable`]: which file system answers for a path. [`mount_or_format`] is the boot rule.
//!
//! ```
//! use snakeye_vfs::{FileSystem, OpenFlags, RamFlash, SeekFrom, mount_or_format};
//!
//! let flash = RamFlash::new(4 << 20)?.shared();
//! let (mut fs, _) = mount_or_format(flash, None)?;
//!
//! // A file is named by a plain value: nothing stays borrowed between calls.
//! let file = fs.open("/notes.txt", OpenFlags::from_mode("w+")?)?;
//! fs.write(file, b"two eyes")?;
//! fs.seek(file, SeekFrom::Start(4))?;
//! let mut buf = [0; 8];
//! assert_eq!(fs.read(file, &mut buf)?, 4);
//! fs.close(file)?;
//! assert_eq!(fs.stat("/notes.txt")?.size, 8);
//! # Ok::<(), snakeye_vfs::FsError>(())
//! ```
//!
//! Errors are [`FsError`]; [`FsError::errno`] gives the number for an `OSError`. As in MicroPython, `remove` and `rmdir`
//! on LittleFS both remove files and empty directories.
//!
//! Durability: a change of the tree is on the medium when the call returns; a file's content is when it is flushed or
//! closed, and until then the old content stays. After a failed write (disk full, medium gone) an open file only returns
//! that error, and closing it leaves the old content in place.
//!
//! A file system whose device can only be reached at times, such as one written in Python, is kept without it and given
//! one for each operation ([`LittleFs::with_device`]).
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod block;
mod boot;
mod error;
mod flash;
mod fs;
pub mod lfs;
mod mount;
mod partition;
pub mod path;

pub use block::{BlockDevice, BlockError, RamDevice};
pub use boot::{BOOT_PY, Boot, mount_or_format};
pub use error::FsError;
pub use flash::{Flash, RamFlash, SECTOR_SIZE, SharedFlash};
pub use fs::{
    Clock, DirEntry, FileId, FileSystem, FileType, HostStat, OpenFlags, SeekFrom, Stat, StatVfs, read_file, write_file,
};
pub use lfs::{LfsOptions, LittleFs};
pub use mount::MountTable;
pub use partition::{Partition, PartitionEntry, PartitionError, PartitionTable, TABLE_OFFSET, app, data, kind};
