//! The interface of every file system.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::FsError;

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenFlags {
    /// Reading is allowed.
    pub read: bool,
    /// Writing is allowed.
    pub write: bool,
    /// Make the file if there is none.
    pub create: bool,
    /// With `create`: fail with `Exists` if there is one.
    pub exclusive: bool,
    /// Start from an empty file.
    pub truncate: bool,
    /// Every write goes to the end.
    pub append: bool,
}

impl OpenFlags {
    /// Reading only, as mode `r`.
    pub const READ: OpenFlags =
        OpenFlags { read: true, write: false, create: false, exclusive: false, truncate: false, append: false };
    /// A new or emptied file for writing, as mode `w`.
    pub const WRITE: OpenFlags =
        OpenFlags { read: false, write: true, create: true, exclusive: false, truncate: true, append: false };

    /// Reads a Python mode string (`r`, `w`, `x`, `a`, `+`); other letters are skipped, as in MicroPython.
    ///
    /// `Invalid` for two of `rwxa`, or a `+` in front of them.
    pub fn from_mode(mode: &str) -> Result<OpenFlags, FsError> {
        let mut flags: Option<OpenFlags> = None;
        let mut plus = false;
        for letter in mode.chars() {
            let chosen = match letter {
                'r' => Self::READ,
                'w' => Self::WRITE,
                'x' => OpenFlags { truncate: false, exclusive: true, ..Self::WRITE },
                'a' => OpenFlags { truncate: false, append: true, ..Self::WRITE },
                '+' => {
                    plus = true;
                    continue;
                }

                _ => continue,
            };
            if flags.is_some() || plus {
                return Err(FsError::Invalid);
            }
            flags = Some(chosen);
        }
        let mut flags = flags.unwrap_or(Self::READ);
        if plus {
            flags.read = true;
            flags.write = true;
        }
        Ok(flags)
    }

    /// As [`OpenFlags::from_mode`], but of two of `rwxa` the last counts, and a `+` may stand anywhere.
    #[must_use]
    pub fn from_lenient_mode(mode: &str) -> OpenFlags {
        let last = mode.rfind(['r', 'w', 'x', 'a']).and_then(|at| mode.get(at..=at)).unwrap_or("r");
        let mut flags = Self::from_mode(last).unwrap_or(Self::READ);
        if mode.contains('+') {
            flags.read = true;
            flags.write = true;
        }
        flags
    }

    /// Whether opening may change the file system.
    #[must_use]
    pub fn modifies(self) -> bool {
        self.write || self.create || self.truncate || self.append
    }
}

/// Where a seek counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekFrom {
    /// The start of the file (whence 0).
    Start(u64),
    /// The position (whence 1).
    Current(i64),
    /// The end (whence 2).
    End(i64),
}

impl SeekFrom {
    /// Python's `seek(offset, whence)`.
    pub fn from_whence(offset: i64, whence: i64) -> Result<SeekFrom, FsError> {
        match whence {
            0 => Ok(SeekFrom::Start(u64::try_from(offset).map_err(|_| FsError::Invalid)?)),
            1 => Ok(SeekFrom::Current(offset)),
            2 => Ok(SeekFrom::End(offset)),
            _ => Err(FsError::Invalid),
        }
    }

    /// The absolute position it names, given the position and the size; `Invalid` before the start.
    pub fn resolve(self, position: u64, size: u64) -> Result<u64, FsError> {
        match self {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => position.checked_add_signed(offset),
            SeekFrom::End(offset) => size.checked_add_signed(offset),
        }
        .ok_or(FsError::Invalid)
    }
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

impl FileType {
    /// The type bits of `st_mode` (0x8000 for a file, 0x4000 for a directory).
    #[must_use]
    pub const fn mode(self) -> u32 {
        match self {
            FileType::File => 0x8000,
            FileType::Directory => 0x4000,
        }
    }
}

/// What `stat` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// File or directory.
    pub kind: FileType,
    /// Bytes in a file, 0 for a directory.
    pub size: u64,
    /// Last modification in nanoseconds since 1970, 0 where none is kept.
    pub mtime_ns: u64,
    /// What a computer's own file system knows beyond that.
    pub host: Option<HostStat>,
}

/// The fields of a POSIX `stat` that boards do not have. Times are seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HostStat {
    pub mode: u32,
    pub inode: u64,
    pub device: u64,
    pub links: u64,
    pub user: u32,
    pub group: u32,
    pub accessed: i64,
    pub modified: i64,
    pub changed: i64,
}

impl Stat {
    /// A directory that keeps no time.
    pub const DIRECTORY: Stat = Stat { kind: FileType::Directory, size: 0, mtime_ns: 0, host: None };
}

/// What `statvfs` tells, in the order of its tuple; zero where it makes no sense.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatVfs {
    /// Bytes in a block.
    pub block_size: u64,
    /// Bytes in a fragment, the unit of `blocks`.
    pub fragment_size: u64,
    /// Blocks in all.
    pub blocks: u64,
    /// Blocks free.
    pub free: u64,
    /// Blocks free for everyone.
    pub available: u64,
    /// Inodes: in all, free, free for everyone.
    pub inodes: [u64; 3],
    /// Mount flags.
    pub flags: u64,
    /// Longest name, in bytes.
    pub name_max: u64,
}

impl StatVfs {
    /// Of a file system in which a fragment is a block and everyone may use every block.
    #[must_use]
    pub fn plain(block_size: u32, blocks: u32, free: u32, name_max: u32) -> StatVfs {
        let (size, free) = (u64::from(block_size), u64::from(free));
        StatVfs {
            block_size: size,
            fragment_size: size,
            blocks: u64::from(blocks),
            free,
            available: free,
            name_max: u64::from(name_max),
            ..StatVfs::default()
        }
    }
}

/// One entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name, without its path.
    pub name: String,
    /// File or directory.
    pub kind: FileType,
    /// Bytes in a file, 0 for a directory.
    pub size: u64,
    /// Mode bits and inode, where the entry is one of a computer's own file system.
    pub host: Option<(u32, u64)>,
}

/// An open file inside one file system; never reused while that file system lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// Where file systems get the time of modification.
pub trait Clock {
    /// Nanoseconds since 1970.
    fn now_ns(&self) -> u64;
}

/// A file system on some medium. Paths are absolute within it (`/`, `/lib/a.py`) and normalised.
pub trait FileSystem {
    /// Opens or makes a file.
    fn open(&mut self, path: &str, flags: OpenFlags) -> Result<FileId, FsError>;
    /// Reads at the position; 0 at the end.
    fn read(&mut self, file: FileId, buf: &mut [u8]) -> Result<usize, FsError>;
    /// Writes all of `data` at the position, or at the end if opened for appending.
    fn write(&mut self, file: FileId, data: &[u8]) -> Result<usize, FsError>;
    /// Moves the position and returns it.
    fn seek(&mut self, file: FileId, to: SeekFrom) -> Result<u64, FsError>;
    /// The position.
    fn tell(&mut self, file: FileId) -> Result<u64, FsError>;
    /// The size as seen through this file.
    fn size(&mut self, file: FileId) -> Result<u64, FsError>;
    /// Cuts or extends (with zeros) the file; the position stays.
    fn truncate(&mut self, file: FileId, size: u64) -> Result<(), FsError>;
    /// Makes what was written durable.
    fn flush(&mut self, file: FileId) -> Result<(), FsError>;
    /// Flushes and closes. The handle is gone even when the flush fails.
    fn close(&mut self, file: FileId) -> Result<(), FsError>;
    /// Makes a directory.
    fn mkdir(&mut self, path: &str) -> Result<(), FsError>;
    /// Removes an empty directory.
    fn rmdir(&mut self, path: &str) -> Result<(), FsError>;
    /// Removes a file.
    fn remove(&mut self, path: &str) -> Result<(), FsError>;
    /// Renames or moves; an existing target of the same type is replaced.
    fn rename(&mut self, from: &str, to: &str) -> Result<(), FsError>;
    /// What the path is.
    fn stat(&mut self, path: &str) -> Result<Stat, FsError>;
    /// Size and free space; of the file system that the path is on, where it spans several.
    fn statvfs(&mut self, path: &str) -> Result<StatVfs, FsError>;
    /// The entries of a directory, without `.` and `..`.
    fn list(&mut self, path: &str) -> Result<Vec<DirEntry>, FsError>;
    /// The number by which the operating system knows an open file, if there is one underneath.
    fn descriptor(&mut self, _file: FileId) -> Option<i32> {
        None
    }
    /// How many files are open.
    fn open_files(&self) -> usize;
    /// Makes everything durable.
    fn sync(&mut self) -> Result<(), FsError>;
}

/// The content of a file.
pub fn read_file(fs: &mut dyn FileSystem, path: &str) -> Result<Vec<u8>, FsError> {
    let file = fs.open(path, OpenFlags::READ)?;
    let content = read_rest(fs, file);
    let closed = fs.close(file);
    let content = content?;
    closed.map(|()| content)
}

/// Makes or replaces a file.
pub fn write_file(fs: &mut dyn FileSystem, path: &str, data: &[u8]) -> Result<(), FsError> {
    let file = fs.open(path, OpenFlags::WRITE)?;
    let written = fs.write(file, data).map(|_| ());
    let closed = fs.close(file);
    written.and(closed)
}

fn read_rest(fs: &mut dyn FileSystem, file: FileId) -> Result<Vec<u8>, FsError> {
    let left = usize::try_from(fs.size(file)?).map_err(|_| FsError::OutOfMemory)?;
    let mut content = Vec::new();
    content.try_reserve_exact(left).map_err(|_| FsError::OutOfMemory)?;
    content.resize(left, 0);
    let mut filled = 0;
    while let Some(rest) = content.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match fs.read(file, rest)? {
            0 => break,
            count => filled += count,
        }
    }
    content.truncate(filled);
    Ok(content)
}
