//! The tree a script sees: mounted file systems, the current directory, open files.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::error::FsError;
use crate::fs::{DirEntry, FileId, FileSystem, FileType, OpenFlags, SeekFrom, Stat, StatVfs};
use crate::mount::MountTable;
use crate::path;

/// The name length reported for `/` while nothing is mounted there.
const ROOT_NAME_MAX: u32 = 128;

/// A file system known to a [`Vfs`], mounted or not. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FsId(u32);

/// An open file: a plain value that borrows nothing. Close it with [`Vfs::close`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileHandle {
    fs: FsId,
    file: FileId,
}

impl FileHandle {
    /// The file system the file is on.
    #[must_use]
    pub fn fs(self) -> FsId {
        self.fs
    }
}

struct Slot {
    id: FsId,
    fs: Box<dyn FileSystem>,
    read_only: bool,
    /// Somebody outside holds the id and may still use it.
    held: bool,
    mounts: u32,
}

/// Where a path leads.
enum Place<'p> {
    /// The root directory, which belongs to no file system.
    Root,
    /// A path inside a file system.
    Inside(FsId, &'p str),
}

/// File systems, mounts, the current directory and open files.
#[derive(Default)]
pub struct Vfs {
    slots: Vec<Slot>,
    next_id: u32,
    table: MountTable<FsId>,
    cwd: String,
}

impl Vfs {
    /// A tree with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // File systems

    /// Takes a file system in, not mounted yet. It stays until [`Vfs::release`].
    pub fn add(&mut self, fs: Box<dyn FileSystem>) -> Result<FsId, FsError> {
        self.slots.try_reserve(1).map_err(|_| FsError::OutOfMemory)?;
        let id = FsId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        self.slots.push(Slot { id, fs, read_only: false, held: true, mounts: 0 });
        Ok(id)
    }

    /// Says that the id is no longer held: the file system goes once it is neither mounted nor has open files.
    pub fn release(&mut self, id: FsId) {
        if let Ok(slot) = self.slot(id) {
            slot.held = false;
        }
        self.reap(id);
    }

    /// A file system by id, to use it without a mount.
    pub fn fs(&mut self, id: FsId) -> Result<&mut dyn FileSystem, FsError> {
        Ok(&mut *self.slot(id)?.fs)
    }

    /// Whether the file system refuses changes because it is mounted read-only.
    #[must_use]
    pub fn is_read_only(&self, id: FsId) -> bool {
        self.slots.iter().any(|slot| slot.id == id && slot.read_only)
    }

    // Mounts

    /// Mounts a file system. `NotPermitted` if the point is taken.
    pub fn mount(&mut self, id: FsId, point: &str, read_only: bool) -> Result<(), FsError> {
        let point = path::absolute(self.cwd_str(), point);
        self.slot(id)?;
        self.table.mount(&point, id)?;
        let slot = self.slot(id)?;
        slot.read_only = read_only;
        slot.mounts = slot.mounts.saturating_add(1);
        Ok(())
    }

    /// Adds and mounts a file system that lives as long as it is mounted or has open files.
    pub fn mount_owned(&mut self, fs: Box<dyn FileSystem>, point: &str, read_only: bool) -> Result<FsId, FsError> {
        let id = self.add(fs)?;
        let mounted = self.mount(id, point, read_only);
        self.release(id);
        mounted.map(|()| id)
    }

    /// Unmounts what is mounted at `point`; `Invalid` if nothing is.
    ///
    /// Its data is made durable; files open on it stay usable until they are closed.
    pub fn umount(&mut self, point: &str) -> Result<(), FsError> {
        let point = path::absolute(self.cwd_str(), point);
        let inside_cwd = self.cwd_is_on(self.table.at(&point).copied());
        let id = self.table.umount(&point).ok_or(FsError::Invalid)?;
        if inside_cwd {
            self.cwd.clear();
        }
        let slot = self.slot(id)?;
        slot.mounts = slot.mounts.saturating_sub(1);
        let synced = if slot.read_only { Ok(()) } else { slot.fs.sync() };
        if slot.mounts == 0 {
            slot.read_only = false;
        }
        self.reap(id);
        synced
    }

    /// Unmounts a file system by id; `Invalid` if it is not mounted.
    pub fn umount_fs(&mut self, id: FsId) -> Result<(), FsError> {
        let point = self
            .table
            .iter()
            .find(|(_, mounted)| **mounted == id)
            .map(|(point, _)| String::from(point))
            .ok_or(FsError::Invalid)?;
        self.umount(&point)
    }

    /// All mounts: mount point and file system.
    pub fn mounts(&self) -> impl Iterator<Item = (&str, FsId)> {
        self.table.iter().map(|(point, id)| (point, *id))
    }

    // The current directory

    /// The current directory, absolute, without a slash at its end except for the root.
    #[must_use]
    pub fn getcwd(&self) -> &str {
        self.cwd_str()
    }

    /// Changes the current directory; `NotFound` if it is no directory.
    pub fn chdir(&mut self, path: &str) -> Result<(), FsError> {
        let target = self.absolute(path);
        if let Place::Inside(id, inner) = self.place(&target)?
            && inner != "/"
        {
            match self.slot(id)?.fs.stat(inner) {
                Ok(stat) if stat.kind == FileType::Directory => {}
                Ok(_) => return Err(FsError::NotFound),
                Err(error) => return Err(error),
            }
        }
        self.cwd = target;
        Ok(())
    }

    /// The absolute, normalised form of a path, seen from the current directory.
    #[must_use]
    pub fn absolute(&self, path: &str) -> String {
        path::absolute(self.cwd_str(), path)
    }

    // Paths

    /// Opens a file.
    pub fn open(&mut self, path: &str, flags: OpenFlags) -> Result<FileHandle, FsError> {
        let target = self.absolute(path);
        let (id, inner) = self.inside(&target)?;
        let slot = self.slot(id)?;
        if slot.read_only && flags.modifies() {
            return Err(FsError::ReadOnly);
        }
        let file = slot.fs.open(inner, flags)?;
        Ok(FileHandle { fs: id, file })
    }

    /// Opens a file on a file system that need not be mounted; `path` is absolute within it.
    pub fn open_on(&mut self, id: FsId, path: &str, flags: OpenFlags) -> Result<FileHandle, FsError> {
        let slot = self.slot(id)?;
        if slot.read_only && flags.modifies() {
            return Err(FsError::ReadOnly);
        }
        let file = slot.fs.open(&path::absolute("/", path), flags)?;
        Ok(FileHandle { fs: id, file })
    }

    /// Makes a directory.
    pub fn mkdir(&mut self, path: &str) -> Result<(), FsError> {
        let target = self.absolute(path);
        match self.place(&target)? {
            Place::Root | Place::Inside(_, "/") => Err(FsError::Exists),
            Place::Inside(id, inner) => self.writable(id)?.mkdir(inner),
        }
    }

    /// Removes an empty directory.
    pub fn rmdir(&mut self, path: &str) -> Result<(), FsError> {
        let target = self.absolute(path);
        let (id, inner) = self.inside(&target)?;
        self.writable(id)?.rmdir(inner)
    }

    /// Removes a file.
    pub fn remove(&mut self, path: &str) -> Result<(), FsError> {
        let target = self.absolute(path);
        let (id, inner) = self.inside(&target)?;
        self.writable(id)?.remove(inner)
    }

    /// Renames or moves within one file system; `NotPermitted` across mounts.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), FsError> {
        let from = self.absolute(from);
        let to = self.absolute(to);
        let (from_id, from_inner) = self.inside(&from)?;
        let (to_id, to_inner) = self.inside(&to)?;
        if from_id != to_id {
            return Err(FsError::NotPermitted);
        }
        self.writable(from_id)?.rename(from_inner, to_inner)
    }

    /// What the path is.
    pub fn stat(&mut self, path: &str) -> Result<Stat, FsError> {
        let target = self.absolute(path);
        match self.place(&target)? {
            Place::Root => Ok(Stat::DIRECTORY),
            Place::Inside(id, inner) => self.slot(id)?.fs.stat(inner),
        }
    }

    /// What the path is, for an importer: None for anything that cannot be read.
    pub fn kind(&mut self, path: &str) -> Option<FileType> {
        self.stat(path).ok().map(|stat| stat.kind)
    }

    /// Size and free space of the file system the path is on.
    pub fn statvfs(&mut self, path: &str) -> Result<StatVfs, FsError> {
        let target = self.absolute(path);
        let id = match self.place(&target)? {
            Place::Inside(id, _) => id,
            Place::Root => match self.table.at("/") {
                Some(id) => *id,
                None => {
                    return Ok(StatVfs { name_max: ROOT_NAME_MAX, ..StatVfs::default() });
                }
            },
        };
        self.slot(id)?.fs.statvfs()
    }

    /// The entries of a directory. The root shows mount points first, then what is mounted on it.
    pub fn list(&mut self, path: &str) -> Result<Vec<DirEntry>, FsError> {
        let target = self.absolute(path);
        if let Place::Inside(id, inner) = self.place(&target)? {
            return self.slot(id)?.fs.list(inner);
        }
        let mut entries = Vec::new();
        for (point, _) in self.table.iter().filter(|(point, _)| *point != "/") {
            entries.try_reserve(1).map_err(|_| FsError::OutOfMemory)?;
            entries.push(DirEntry {
                name: String::from(point.trim_start_matches('/')),
                kind: FileType::Directory,
                size: 0,
            });
        }
        if let Some(id) = self.table.at("/").copied() {
            let mut rest = self.slot(id)?.fs.list("/")?;
            entries.try_reserve(rest.len()).map_err(|_| FsError::OutOfMemory)?;
            entries.append(&mut rest);
        }
        Ok(entries)
    }

    // Open files

    /// Reads at the position; 0 at the end of the file.
    pub fn read(&mut self, file: FileHandle, buf: &mut [u8]) -> Result<usize, FsError> {
        self.of(file)?.read(file.file, buf)
    }

    /// Writes all of `data`; returns its length.
    pub fn write(&mut self, file: FileHandle, data: &[u8]) -> Result<usize, FsError> {
        self.of_writable(file)?.write(file.file, data)
    }

    /// Moves the position and returns it.
    pub fn seek(&mut self, file: FileHandle, to: SeekFrom) -> Result<u64, FsError> {
        self.of(file)?.seek(file.file, to)
    }

    /// The position.
    pub fn tell(&mut self, file: FileHandle) -> Result<u64, FsError> {
        self.of(file)?.tell(file.file)
    }

    /// The size, with what this handle has written and not yet flushed.
    pub fn size(&mut self, file: FileHandle) -> Result<u64, FsError> {
        self.of(file)?.size(file.file)
    }

    /// Cuts or extends the file.
    pub fn truncate(&mut self, file: FileHandle, size: u64) -> Result<(), FsError> {
        self.of_writable(file)?.truncate(file.file, size)
    }

    /// Makes what was written durable.
    pub fn flush(&mut self, file: FileHandle) -> Result<(), FsError> {
        self.of(file)?.flush(file.file)
    }

    /// Flushes and closes; the handle is gone even if that fails.
    pub fn close(&mut self, file: FileHandle) -> Result<(), FsError> {
        let closed = self.of(file)?.close(file.file);
        self.reap(file.fs);
        closed
    }

    /// Makes everything on every file system durable; the first error is returned after all were tried.
    pub fn sync(&mut self) -> Result<(), FsError> {
        let mut result = Ok(());
        for slot in self.slots.iter_mut().filter(|slot| !slot.read_only) {
            result = result.and(slot.fs.sync());
        }
        result
    }

    // Whole files

    /// The content of a file.
    pub fn read_file(&mut self, path: &str) -> Result<Vec<u8>, FsError> {
        let file = self.open(path, OpenFlags::READ)?;
        let content = self.read_rest(file);
        let closed = self.close(file);
        let content = content?;
        closed.map(|()| content)
    }

    /// Makes or replaces a file.
    pub fn write_file(&mut self, path: &str, data: &[u8]) -> Result<(), FsError> {
        let file = self.open(path, OpenFlags::WRITE)?;
        let written = self.write(file, data).map(|_| ());
        let closed = self.close(file);
        written.and(closed)
    }

    /// Everything from the position to the end.
    pub fn read_rest(&mut self, file: FileHandle) -> Result<Vec<u8>, FsError> {
        let left = self.size(file)?.saturating_sub(self.tell(file)?);
        let left = usize::try_from(left).map_err(|_| FsError::OutOfMemory)?;
        let mut content = Vec::new();
        content.try_reserve_exact(left).map_err(|_| FsError::OutOfMemory)?;
        content.resize(left, 0);
        let mut filled = 0;
        while let Some(rest) = content.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(file, rest)? {
                0 => break,
                count => filled += count,
            }
        }
        content.truncate(filled);
        Ok(content)
    }

    fn cwd_str(&self) -> &str {
        if self.cwd.is_empty() { "/" } else { &self.cwd }
    }

    fn cwd_is_on(&self, id: Option<FsId>) -> bool {
        match (self.table.resolve(self.cwd_str()), id) {
            (Some((on, _)), Some(id)) => *on == id,
            _ => false,
        }
    }

    fn place<'p>(&self, target: &'p str) -> Result<Place<'p>, FsError> {
        if target == "/" {
            return Ok(Place::Root);
        }
        match self.table.resolve(target) {
            Some((id, inner)) => Ok(Place::Inside(*id, inner)),
            None => Err(FsError::NoDevice),
        }
    }

    /// For operations that the root directory does not take.
    fn inside<'p>(&self, target: &'p str) -> Result<(FsId, &'p str), FsError> {
        match self.place(target)? {
            Place::Root => Err(FsError::NotPermitted),
            Place::Inside(id, inner) => Ok((id, inner)),
        }
    }

    fn slot(&mut self, id: FsId) -> Result<&mut Slot, FsError> {
        self.slots.iter_mut().find(|slot| slot.id == id).ok_or(FsError::NoDevice)
    }

    fn writable(&mut self, id: FsId) -> Result<&mut dyn FileSystem, FsError> {
        let slot = self.slot(id)?;
        if slot.read_only {
            return Err(FsError::ReadOnly);
        }
        Ok(&mut *slot.fs)
    }

    fn of(&mut self, file: FileHandle) -> Result<&mut dyn FileSystem, FsError> {
        match self.slot(file.fs) {
            Ok(slot) => Ok(&mut *slot.fs),
            Err(_) => Err(FsError::BadHandle),
        }
    }

    fn of_writable(&mut self, file: FileHandle) -> Result<&mut dyn FileSystem, FsError> {
        match self.slot(file.fs) {
            Ok(slot) if slot.read_only => Err(FsError::ReadOnly),
            Ok(slot) => Ok(&mut *slot.fs),
            Err(_) => Err(FsError::BadHandle),
        }
    }

    fn reap(&mut self, id: FsId) {
        self.slots.retain(|slot| slot.id != id || slot.held || slot.mounts > 0 || slot.fs.open_files() > 0);
    }
}
