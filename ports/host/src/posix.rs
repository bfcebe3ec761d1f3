//! A folder of this computer as a file system for scripts.

use snakeye_vfs::{DirEntry, FileId, FileSystem, FileType, FsError, OpenFlags, SeekFrom, Stat, StatVfs};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// The tree below a folder.
pub struct PosixFs {
    root: PathBuf,
    files: HashMap<u32, File>,
    next: u32,
}

impl PosixFs {
    /// The tree below `root`.
    pub fn new(root: impl Into<PathBuf>) -> PosixFs {
        PosixFs { root: root.into(), files: HashMap::new(), next: 1 }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn file(&mut self, id: FileId) -> Result<&mut File, FsError> {
        self.files.get_mut(&id.0).ok_or(FsError::BadHandle)
    }
}

fn error(e: std::io::Error) -> FsError {
    match e.kind() {
        ErrorKind::NotFound => FsError::NotFound,
        ErrorKind::AlreadyExists => FsError::Exists,
        ErrorKind::NotADirectory => FsError::NotDirectory,
        ErrorKind::IsADirectory => FsError::IsDirectory,
        ErrorKind::DirectoryNotEmpty => FsError::NotEmpty,
        ErrorKind::StorageFull => FsError::NoSpace,
        ErrorKind::ReadOnlyFilesystem => FsError::ReadOnly,
        ErrorKind::InvalidInput => FsError::Invalid,
        ErrorKind::PermissionDenied => FsError::NotPermitted,
        _ => FsError::Io,
    }
}

fn stat_of(m: &fs::Metadata) -> Stat {
    let kind = if m.is_dir() { FileType::Directory } else { FileType::File };
    let mtime = m.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    Stat { kind, size: m.len(), mtime_ns: mtime.map_or(0, |d| d.as_nanos() as u64) }
}

impl FileSystem for PosixFs {
    fn open(&mut self, path: &str, flags: OpenFlags) -> Result<FileId, FsError> {
        let path = self.path(path);
        if path.is_dir() {
            return Err(FsError::IsDirectory);
        }
        let file = OpenOptions::new()
            .read(flags.read)
            .write(flags.write && !flags.append)
            .append(flags.append)
            .create(flags.create)
            .create_new(flags.exclusive)
            .truncate(flags.truncate)
            .open(path)
            .map_err(error)?;
        let id = self.next;
        self.next += 1;
        self.files.insert(id, file);
        Ok(FileId(id))
    }

    fn read(&mut self, file: FileId, buf: &mut [u8]) -> Result<usize, FsError> {
        self.file(file)?.read(buf).map_err(|_| FsError::BadHandle)
    }

    fn write(&mut self, file: FileId, data: &[u8]) -> Result<usize, FsError> {
        self.file(file)?.write(data).map_err(|e| match e.kind() {
            ErrorKind::StorageFull => FsError::NoSpace,
            _ => FsError::BadHandle,
        })
    }

    fn seek(&mut self, file: FileId, to: SeekFrom) -> Result<u64, FsError> {
        let to = match to {
            SeekFrom::Start(n) => std::io::SeekFrom::Start(n),
            SeekFrom::Current(n) => std::io::SeekFrom::Current(n),
            SeekFrom::End(n) => std::io::SeekFrom::End(n),
        };
        self.file(file)?.seek(to).map_err(error)
    }

    fn tell(&mut self, file: FileId) -> Result<u64, FsError> {
        self.file(file)?.stream_position().map_err(error)
    }

    fn size(&mut self, file: FileId) -> Result<u64, FsError> {
        self.file(file)?.metadata().map(|m| m.len()).map_err(error)
    }

    fn truncate(&mut self, file: FileId, size: u64) -> Result<(), FsError> {
        self.file(file)?.set_len(size).map_err(error)
    }

    fn flush(&mut self, file: FileId) -> Result<(), FsError> {
        self.file(file)?.flush().map_err(error)
    }

    fn close(&mut self, file: FileId) -> Result<(), FsError> {
        self.files.remove(&file.0).map(drop).ok_or(FsError::BadHandle)
    }

    fn mkdir(&mut self, path: &str) -> Result<(), FsError> {
        fs::create_dir(self.path(path)).map_err(error)
    }

    fn rmdir(&mut self, path: &str) -> Result<(), FsError> {
        fs::remove_dir(self.path(path)).map_err(error)
    }

    fn remove(&mut self, path: &str) -> Result<(), FsError> {
        fs::remove_file(self.path(path)).map_err(error)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), FsError> {
        fs::rename(self.path(from), self.path(to)).map_err(error)
    }

    fn stat(&mut self, path: &str) -> Result<Stat, FsError> {
        fs::metadata(self.path(path)).map(|m| stat_of(&m)).map_err(error)
    }

    fn statvfs(&mut self) -> Result<StatVfs, FsError> {
        let s = rustix::fs::statvfs(&self.root).map_err(|_| FsError::Io)?;
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(StatVfs {
            block_size: small(s.f_bsize),
            blocks: small(s.f_blocks),
            free: small(s.f_bfree),
            name_max: small(s.f_namemax),
        })
    }

    fn list(&mut self, path: &str) -> Result<Vec<DirEntry>, FsError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.path(path)).map_err(error)? {
            let entry = entry.map_err(error)?;
            let Ok(meta) = entry.metadata() else { continue };
            let stat = stat_of(&meta);
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(DirEntry { name, kind: stat.kind, size: stat.size });
        }
        Ok(entries)
    }

    fn open_files(&self) -> usize {
        self.files.len()
    }

    fn sync(&mut self) -> Result<(), FsError> {
        for file in self.files.values() {
            file.sync_all().map_err(error)?;
        }
        Ok(())
    }
}
