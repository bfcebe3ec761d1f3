//! What can go wrong, and the errno number a script sees.

use core::fmt;

/// A failed file-system operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FsError {
    /// The operation is not allowed here, for example a rename across mounts (EPERM).
    NotPermitted,
    /// No such file or directory (ENOENT).
    NotFound,
    /// The medium failed (EIO).
    Io,
    /// The file handle is closed or was never open (EBADF).
    BadHandle,
    /// A buffer could not be allocated (ENOMEM).
    OutOfMemory,
    /// The device is in use by another operation (EBUSY).
    Busy,
    /// The file or directory exists already (EEXIST).
    Exists,
    /// Nothing is mounted there, or the device holds no file system (ENODEV).
    NoDevice,
    /// A directory was needed (ENOTDIR).
    NotDirectory,
    /// A file was needed (EISDIR).
    IsDirectory,
    /// An argument makes no sense (EINVAL).
    Invalid,
    /// The file would be larger than the file system allows (EFBIG).
    TooLarge,
    /// The device is full (ENOSPC).
    NoSpace,
    /// The mount or the device is read-only (EROFS).
    ReadOnly,
    /// A name is longer than the file system allows (ENAMETOOLONG).
    NameTooLong,
    /// The directory is not empty (ENOTEMPTY).
    NotEmpty,
    /// No such attribute (ENODATA).
    NoAttribute,
    /// What is on the medium is not a valid file system (EILSEQ, as LittleFS reports it).
    Corrupt,
    /// The file system does not offer this operation (EOPNOTSUPP).
    NotSupported,
    /// Access is refused (EACCES); FAT says so of a directory that is not empty.
    Denied,
    /// Anything else that a device or an operating system reports by number.
    Errno(i32),
}

impl FsError {
    /// The errno number, in Linux numbering as MicroPython uses it.
    #[must_use]
    pub const fn errno(self) -> i32 {
        match self {
            FsError::NotPermitted => 1,
            FsError::NotFound => 2,
            FsError::Io => 5,
            FsError::BadHandle => 9,
            FsError::OutOfMemory => 12,
            FsError::Busy => 16,
            FsError::Exists => 17,
            FsError::NoDevice => 19,
            FsError::NotDirectory => 20,
            FsError::IsDirectory => 21,
            FsError::Invalid => 22,
            FsError::TooLarge => 27,
            FsError::NoSpace => 28,
            FsError::ReadOnly => 30,
            FsError::NameTooLong => 36,
            FsError::NotEmpty => 39,
            FsError::NoAttribute => 61,
            FsError::Corrupt => 84,
            FsError::NotSupported => 95,
            FsError::Denied => 13,
            FsError::Errno(number) => number,
        }
    }

    /// A short sentence for logs and tools.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            FsError::NotPermitted => "operation not permitted",
            FsError::NotFound => "no such file or directory",
            FsError::Io => "the storage device failed",
            FsError::BadHandle => "the file is closed",
            FsError::OutOfMemory => "out of memory",
            FsError::Busy => "the storage device is busy",
            FsError::Exists => "file or directory exists",
            FsError::NoDevice => "nothing is mounted there",
            FsError::NotDirectory => "not a directory",
            FsError::IsDirectory => "is a directory",
            FsError::Invalid => "invalid argument",
            FsError::TooLarge => "file too large",
            FsError::NoSpace => "no space left on the device",
            FsError::ReadOnly => "read-only file system",
            FsError::NameTooLong => "file name too long",
            FsError::NotEmpty => "directory not empty",
            FsError::NoAttribute => "no such attribute",
            FsError::Corrupt => "the file system is corrupt",
            FsError::NotSupported => "operation not supported",
            FsError::Denied => "access denied",
            FsError::Errno(_) => "input or output failed",
        }
    }
}

impl fmt::Display for FsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for FsError {}
