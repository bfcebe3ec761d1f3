//! Storage for Snakeye: flash, partitions, LittleFS, and the tree of mounts a script sees. Knows no Python.
//!
//! From the bottom up:
//! - [`Flash`]: a NOR flash chip in bytes, which a port or the simulator implements; [`SharedFlash`] lets several
//!   partitions use it. [`RamFlash`] is one in memory.
//! - [`PartitionTable`] reads and writes ESP-IDF partition tables; [`Partition`] is one entry as a [`BlockDevice`].
//! - [`BlockDevice`]: erasable blocks, what a file system stands on. [`RamDevice`] is one in memory.
//! - [`FileSystem`]: the interface of every file system. [`LittleFs`] is LittleFS v2, compatible with MicroPython's.
//! - [`Vfs`]: mounts, the current directory, path resolution, open files. [`mount_or_format`] is the boot rule.
//!
//! ```
//! use snakeye_vfs::{OpenFlags, RamFlash, SeekFrom, Vfs, mount_or_format};
//!
//! let flash = RamFlash::new(4 << 20)?.shared();
//! let mut vfs = Vfs::new();
//! mount_or_format(&mut vfs, flash, None)?;
//!
//! // A handle is a plain value: nothing stays borrowed between calls.
//! let file = vfs.open("/notes.txt", OpenFlags::from_mode("w+")?)?;
//! vfs.write(file, b"two eyes")?;
//! vfs.seek(file, SeekFrom::Start(4))?;
//! let mut buf = [0; 8];
//! assert_eq!(vfs.read(file, &mut buf)?, 4);
//! vfs.close(file)?;
//!
//! vfs.mkdir("lib")?;
//! vfs.chdir("lib")?;
//! assert_eq!(vfs.getcwd(), "/lib");
//! assert_eq!(vfs.stat("../notes.txt")?.size, 8);
//! # Ok::<(), snakeye_vfs::FsError>(())
//! ```
//!
//! Errors are [`FsError`]; [`FsError::errno`] gives the number for an `OSError`. As in MicroPython, the root directory
//! `/` belongs to no file system: it lists the mount points and then what is mounted on it, cannot be opened, removed
//! or renamed (EPERM), and a path where nothing is mounted gives ENODEV. `remove` and `rmdir` on LittleFS both remove
//! files and empty directories.
//!
//! Durability: a change of the tree is on the medium when the call returns; a file's content is when it is flushed or
//! closed, and until then the old content stays. Dropping a [`FileHandle`] does not close the file: its owner calls
//! [`Vfs::close`]. After a failed write (disk full, medium gone) the handle only returns that error, and closing it
//! leaves the old content in place.
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
mod vfs;

pub use block::{BlockDevice, BlockError, RamDevice};
pub use boot::{BOOT_PY, Boot, mount_or_format};
pub use error::FsError;
pub use flash::{Flash, RamFlash, SECTOR_SIZE, SharedFlash};
pub use fs::{Clock, DirEntry, FileId, FileSystem, FileType, OpenFlags, SeekFrom, Stat, StatVfs};
pub use lfs::{LfsOptions, LittleFs};
pub use mount::MountTable;
pub use partition::{Partition, PartitionEntry, PartitionError, PartitionTable, TABLE_OFFSET, app, data, kind};
pub use vfs::{FileHandle, FsId, Vfs};
