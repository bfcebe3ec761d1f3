//! This computer's files as a file system for scripts.

use snakeye_modules::host::HostFiles;
use snakeye_vfs::{DirEntry, FileId, FileSystem, FileType, FsError, HostStat, OpenFlags, SeekFrom, Stat, StatVfs};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirEntryExt, FileTypeExt, MetadataExt};
use std::time::UNIX_EPOCH;

/// The files of this computer, for a VM.
pub const FILES: HostFiles = HostFiles {
    tree: |root| Box::new(PosixFs::new(root)),
    chdir: |path| std::env::set_current_dir(path).map_err(error),
    getcwd: || std::env::current_dir().map(|d| d.to_string_lossy().into_owned()).map_err(error),
};

/// The tree below a folder.
pub struct PosixFs {
    root: String,
    files: HashMap<u32, File>,
    next: u32,
}

impl PosixFs {
    /// The tree below `root`, where absolute paths begin. Relative ones are seen from the process's current folder.
    pub fn new(root: impl Into<String>) -> PosixFs {
        PosixFs { root: root.into(), files: HashMap::new(), next: 1 }
    }

    fn path(&self, path: &str) -> String {
        if path.starts_with('/') { format!("{}{path}", self.root) } else { path.to_string() }
    }

    fn file(&mut self, id: FileId) -> Result<&mut File, FsError> {
        self.files.get_mut(&id.0).ok_or(FsError::BadHandle)
    }
}

fn error(e: std::io::Error) -> FsError {
    match e.raw_os_error() {
        Some(number) => FsError::Errno(number),
        None if e.kind() == ErrorKind::InvalidInput => FsError::Invalid,
        None => FsError::Io,
    }
}

fn stat_of(m: &fs::Metadata) -> Stat {
    let kind = if m.is_dir() { FileType::Directory } else { FileType::File };
    let mtime = m.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    let host = HostStat {
        mode: m.mode(),
        inode: m.ino(),
        device: m.dev(),
        links: m.nlink(),
        user: m.uid(),
        group: m.gid(),
        accessed: m.atime(),
        modified: m.mtime(),
        changed: m.ctime(),
    };
    Stat { kind, size: m.len(), mtime_ns: mtime.map_or(0, |d| d.as_nanos() as u64), host: Some(host) }
}

/// The type bits of a mode, as the directory itself knows them.
fn type_bits(kind: fs::FileType) -> u32 {
    if kind.is_dir() {
        0x4000
    } else if kind.is_symlink() {
        0xa000
    } else if kind.is_fifo() {
        0x1000
    } else if kind.is_char_device() {
        0x2000
    } else if kind.is_block_device() {
        0x6000
    } else if kind.is_socket() {
        0xc000
    } else {
        0x8000
    }
}

impl FileSystem for PosixFs {
    fn open(&mut self, path: &str, flags: OpenFlags) -> Result<FileId, FsError> {
        let file = OpenOptions::new()
            .read(flags.read)
            .write(flags.write && !flags.append)
            .append(flags.append)
            .create(flags.create)
            .create_new(flags.exclusive)
            .truncate(flags.truncate && !flags.exclusive)
            .open(self.path(path))
            .map_err(error)?;
        let id = self.next;
        self.next += 1;
        self.files.insert(id, file);
        Ok(FileId(id))
    }

    fn read(&mut self, file: FileId, buf: &mut [u8]) -> Result<usize, FsError> {
        self.file(file)?.read(buf).map_err(error)
    }

    fn write(&mut self, file: FileId, data: &[u8]) -> Result<usize, FsError> {
        self.file(file)?.write(data).map_err(error)
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
        match self.file(file)?.sync_all() {
            // What is not a file on a disk has nothing to flush.
            Err(e) if e.raw_os_error() != Some(FsError::Invalid.errno()) => Err(error(e)),
            _ => Ok(()),
        }
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

    fn statvfs(&mut self, path: &str) -> Result<StatVfs, FsError> {
        let s = rustix::fs::statvfs(self.path(path)).map_err(|e| FsError::Errno(e.raw_os_error()))?;
        Ok(StatVfs {
            block_size: s.f_bsize,
            fragment_size: s.f_frsize,
            blocks: s.f_blocks,
            free: s.f_bfree,
            available: s.f_bavail,
            inodes: [s.f_files, s.f_ffree, s.f_favail],
            flags: s.f_flag.bits(),
            name_max: s.f_namemax,
        })
    }

    fn list(&mut self, path: &str) -> Result<Vec<DirEntry>, FsError> {
        let path = if path.is_empty() { ".".into() } else { self.path(path) };
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(error)? {
            let entry = entry.map_err(error)?;
            let mode = entry.file_type().map_or(0, type_bits);
            let kind = if mode == FileType::Directory.mode() { FileType::Directory } else { FileType::File };
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(DirEntry { name, kind, size: 0, host: Some((mode, entry.ino())) });
        }
        Ok(entries)
    }

    fn descriptor(&mut self, file: FileId) -> Option<i32> {
        self.files.get(&file.0).map(|f| f.as_raw_fd())
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
