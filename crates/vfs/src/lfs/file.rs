//! Open files. What a file holds in memory reaches its directory in one commit, at flush or close; until then the
//! medium keeps the old content.

use alloc::vec::Vec;

use super::blocks::{CHUNK, Writer, locate};
use super::metadata::{Change, Content};
use super::tag::*;
use super::tree::{Found, last_name};
use super::{ATTR_MTIME, LittleFs};
use crate::block::BlockDevice;
use crate::error::FsError;
use crate::fs::{DirEntry, FileId, FileSystem, OpenFlags, SeekFrom, Stat, StatVfs};

/// An open file.
pub(super) struct OpenFile {
    id: FileId,
    /// Where its entry is; meaningless once the entry was removed.
    pair: Pair,
    entry: u16,
    attached: bool,
    flags: OpenFlags,
    pos: u32,
    /// The content without what the writer holds.
    content: Content,
    writer: Option<Writer>,
    /// The block last read from: its place in the list and its number.
    near: Option<(u32, u32)>,
    dirty: bool,
    /// A write failed: the content in memory is incomplete and must not replace what is on the medium.
    failed: Option<FsError>,
    mtime: Option<[u8; 8]>,
}

impl OpenFile {
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Head and size of its block list, if it has one.
    pub fn list(&self) -> Option<(u32, u32)> {
        match self.content {
            Content::Blocks { head, size } if size > 0 => Some((head, size)),
            _ => None,
        }
    }

    pub fn writer_blocks(&self) -> Option<(u32, u32, u32)> {
        self.writer.as_ref().map(Writer::blocks)
    }

    pub fn is_in(&self, pair: Pair) -> bool {
        self.attached && overlap(self.pair, pair)
    }

    pub fn is_at(&self, pair: Pair, entry: u16) -> bool {
        self.is_in(pair) && self.entry == entry
    }

    pub fn attach(&mut self, pair: Pair, entry: u16) {
        (self.pair, self.entry, self.attached) = (pair, entry, true);
    }

    pub fn set_pair(&mut self, pair: Pair) {
        self.pair = pair;
    }

    pub fn entry_created(&mut self, id: u16) {
        if self.entry >= id {
            self.entry += 1;
        }
    }

    pub fn entry_deleted(&mut self, id: u16) {
        if !self.attached {
            return;
        }
        if self.entry == id {
            self.attached = false;
        } else if self.entry > id {
            self.entry -= 1;
        }
    }

    pub fn entries_moved(&mut self, from: u16, shift: u16, to: Pair) {
        if self.entry >= from {
            self.entry -= shift;
            self.pair = to;
        }
    }

    fn size(&self) -> u32 {
        let stored = match &self.content {
            Content::Inline(data) => data.len() as u32,
            Content::Blocks { size, .. } => *size,
            Content::None | Content::Dir(_) => 0,
        };
        self.writer.as_ref().map_or(stored, |writer| stored.max(writer.pos))
    }
}

impl<D: BlockDevice> LittleFs<D> {
    fn file(&mut self, id: FileId) -> Result<&mut OpenFile, FsError> {
        self.files.iter_mut().find(|file| file.id == id).ok_or(FsError::BadHandle)
    }

    fn open_entry(&mut self, path: &str, flags: OpenFlags) -> Result<FileId, FsError> {
        if flags.modifies() {
            self.prepare_change()?;
        }
        self.files.try_reserve(1).map_err(|_| FsError::OutOfMemory)?;
        let mtime = self.now();
        let mut dirty = false;
        let (pair, entry, content) = match self.lookup(path)? {
            Found::Root => return Err(FsError::IsDirectory),
            Found::Entry(dir, id) => {
                let entry = dir.entry(id).ok_or(FsError::Corrupt)?;
                if entry.kind != Some(REG) {
                    return Err(FsError::IsDirectory);
                }
                if flags.create && flags.exclusive {
                    return Err(FsError::Exists);
                }
                // A file opened for writing gets a new time even if nothing is written.
                dirty =
                    flags.truncate && entry.content != Content::Inline(Vec::new()) || flags.write && mtime.is_some();
                let content =
                    if flags.truncate { Content::Inline(Vec::new()) } else { self.checked_content(&entry.content)? };
                (dir.pair, id, content)
            }
            Found::Missing(..) if !flags.create => return Err(FsError::NotFound),
            Found::Missing(mut dir, id) => {
                let name = last_name(path);
                self.check_name(name)?;
                let content = Content::Inline(Vec::new());
                let mut changes = Vec::with_capacity(3);
                changes.push(Change::Create { id, kind: REG, name: name.as_bytes() });
                changes.push(Change::SetContent { id, content: &content });
                if let Some(data) = &mtime {
                    let kind = ATTR_MTIME;
                    changes.push(Change::SetAttr { id, kind, data });
                }
                self.commit(&mut dir, &changes)?;
                // The commit may have split the directory.
                match self.lookup(path)? {
                    Found::Entry(dir, id) => (dir.pair, id, content),
                    _ => return Err(FsError::Corrupt),
                }
            }
        };
        let id = FileId(self.next_file);
        self.next_file = self.next_file.wrapping_add(1);
        self.files.push(OpenFile {
            id,
            pair,
            entry,
            attached: true,
            flags,
            pos: 0,
            content,
            writer: None,
            near: None,
            dirty,
            failed: None,
            mtime,
        });
        Ok(id)
    }

    /// A file's content as its entry has it, refused if it cannot be true.
    fn checked_content(&self, content: &Content) -> Result<Content, FsError> {
        match content {
            Content::Inline(_) => Ok(content.clone()),
            Content::Blocks { head, size } => {
                let (index, _) = locate(self.block_size, size.saturating_sub(1));
                let possible =
                    *size <= self.file_max && (*size == 0 || (*head < self.block_count && index < self.block_count));
                if possible { Ok(content.clone()) } else { Err(FsError::Corrupt) }
            }
            Content::None | Content::Dir(_) => Err(FsError::Corrupt),
        }
    }

    fn write_at(&mut self, id: FileId, pos: u32, data: &[u8]) -> Result<(), FsError> {
        let inline_max = self.inline_max as usize;
        let file = self.file(id)?;
        if let Content::Inline(bytes) = &mut file.content {
            let start = pos as usize;
            let end = start.saturating_add(data.len());
            if end.max(bytes.len()) <= inline_max {
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                if let Some(place) = bytes.get_mut(start..end) {
                    place.copy_from_slice(data);
                }
                return Ok(());
            }
            // It has outgrown its directory.
            let bytes = core::mem::take(bytes);
            let mut writer = self.start_writer(NULL_BLOCK, 0, 0)?;
            self.append(&mut writer, &bytes)?;
            let file = self.file(id)?;
            file.content = Content::Blocks { head: NULL_BLOCK, size: 0 };
            file.writer = Some(writer);
        }
        let file = self.file(id)?;
        if file.writer.as_ref().is_none_or(|writer| writer.pos != pos) {
            self.flush_writer(id)?;
            let file = self.file(id)?;
            let Content::Blocks { head, size } = file.content else {
                return Err(FsError::Corrupt);
            };
            let mut writer = self.start_writer(head, size, pos.min(size))?;
            while writer.pos < pos {
                let zeros = [0; CHUNK];
                let count = ((pos - writer.pos) as usize).min(CHUNK);
                self.append(&mut writer, zeros.get(..count).unwrap_or_default())?;
            }
            self.file(id)?.writer = Some(writer);
        }
        let mut writer = self.file(id)?.writer.take().ok_or(FsError::Corrupt)?;
        self.append(&mut writer, data)?;
        self.file(id)?.writer = Some(writer);
        Ok(())
    }

    /// Completes the list being written, so that `content` is everything.
    fn flush_writer(&mut self, id: FileId) -> Result<(), FsError> {
        let file = self.file(id)?;
        let Some(writer) = file.writer.take() else {
            return Ok(());
        };
        let Content::Blocks { head, size } = file.content else {
            return Err(FsError::Corrupt);
        };
        let (head, size) = self.finish_writer(writer, head, size)?;
        let file = self.file(id)?;
        file.content = Content::Blocks { head, size };
        file.near = None;
        Ok(())
    }

    fn read_at(&mut self, id: FileId, pos: u32, buf: &mut [u8]) -> Result<usize, FsError> {
        let file = self.file(id)?;
        let (head, size) = match &file.content {
            Content::Inline(bytes) => {
                let rest = bytes.get(pos as usize..).unwrap_or_default();
                let count = rest.len().min(buf.len());
                for (to, from) in buf.iter_mut().zip(rest) {
                    *to = *from;
                }
                return Ok(count);
            }
            Content::Blocks { head, size } => (*head, *size),
            Content::None | Content::Dir(_) => return Err(FsError::Corrupt),
        };
        let mut near = file.near;
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = pos.saturating_add(filled as u32);
            match self.read_list(head, size, at, rest, &mut near)? {
                0 => break,
                count => filled += count,
            }
        }
        self.file(id)?.near = near;
        Ok(filled)
    }

    /// Runs a change of the file's content; a failure makes the file useless.
    fn changing<T>(&mut self, id: FileId, change: impl FnOnce(&mut Self) -> Result<T, FsError>) -> Result<T, FsError> {
        let now = self.now();
        let file = self.file(id)?;
        if !file.flags.write {
            return Err(FsError::BadHandle);
        }
        if let Some(error) = file.failed {
            return Err(error);
        }
        file.dirty = true;
        file.mtime = now.or(file.mtime);
        self.or_fail(id, change)
    }

    fn or_fail<T>(&mut self, id: FileId, step: impl FnOnce(&mut Self) -> Result<T, FsError>) -> Result<T, FsError> {
        let result = step(self);
        if let Err(error) = result {
            let file = self.file(id)?;
            file.failed = Some(error);
            file.writer = None;
        }
        result
    }

    fn truncate_to(&mut self, id: FileId, size: u32) -> Result<(), FsError> {
        let mut old = self.file(id)?.size();
        if size < old {
            self.flush_writer(id)?;
            let inline = size <= self.inline_max;
            let mut kept = self.buffer(if inline { size } else { 0 })?;
            if inline && self.read_at(id, 0, &mut kept)? != kept.len() {
                return Err(FsError::Corrupt);
            }
            let content = match self.file(id)?.content {
                Content::Blocks { head, size: all } if !inline => {
                    let from = locate(self.block_size, all.saturating_sub(1)).0;
                    let to = locate(self.block_size, size.saturating_sub(1)).0;
                    let head = self.find_block(head, from, to)?;
                    Content::Blocks { head, size }
                }
                _ => Content::Inline(kept),
            };
            let file = self.file(id)?;
            file.content = content;
            file.near = None;
        }
        while old < size {
            let zeros = [0; CHUNK];
            let count = ((size - old) as usize).min(CHUNK);
            self.write_at(id, old, zeros.get(..count).unwrap_or_default())?;
            old += count as u32;
        }
        Ok(())
    }

    /// Commits the file's content.
    fn sync_file(&mut self, id: FileId) -> Result<(), FsError> {
        let file = self.file(id)?;
        if !file.dirty || file.failed.is_some() || !file.attached {
            return Ok(());
        }
        self.or_fail(id, |fs| {
            fs.flush_writer(id)?;
            // The data must be there before the directory points to it.
            fs.device.sync()?;
            fs.prepare_change()
        })?;
        let file = self.file(id)?;
        if matches!(file.content, Content::Blocks { size: 0, .. }) {
            file.content = Content::Inline(Vec::new());
        }
        let (pair, entry, mtime) = (file.pair, file.entry, file.mtime);
        let content = file.content.clone();
        let mut changes = Vec::with_capacity(2);
        changes.push(Change::SetContent { id: entry, content: &content });
        if let Some(data) = &mtime {
            changes.push(Change::SetAttr { id: entry, kind: ATTR_MTIME, data });
        }
        let mut dir = self.fetch(pair)?;
        self.commit(&mut dir, &changes)?;
        self.file(id)?.dirty = false;
        Ok(())
    }

    pub(super) fn sync_all(&mut self) -> Result<(), FsError> {
        let mut result = Ok(());
        for index in 0..self.files.len() {
            let Some(id) = self.files.get(index).map(|file| file.id) else {
                break;
            };
            let synced = self.sync_file(id);
            result = result.and(self.settle(synced));
        }
        result.and(self.device.sync().map_err(FsError::from))
    }

    /// After a failed change: what memory holds of the medium may be ahead of it.
    fn settle<T>(&mut self, result: Result<T, FsError>) -> Result<T, FsError> {
        let harmless = matches!(
            result,
            Ok(_)
                | Err(FsError::NotFound
                    | FsError::Exists
                    | FsError::NotDirectory
                    | FsError::IsDirectory
                    | FsError::NotEmpty
                    | FsError::NameTooLong
                    | FsError::TooLarge
                    | FsError::BadHandle)
        );
        if !harmless {
            self.stale = true;
        }
        result
    }
}

impl<D: BlockDevice> FileSystem for LittleFs<D> {
    fn open(&mut self, path: &str, flags: OpenFlags) -> Result<FileId, FsError> {
        let opened = self.open_entry(path, flags);
        self.settle(opened)
    }

    fn read(&mut self, file: FileId, buf: &mut [u8]) -> Result<usize, FsError> {
        let open = self.file(file)?;
        if !open.flags.read {
            return Err(FsError::BadHandle);
        }
        let pos = open.pos;
        if open.writer.is_some() {
            self.or_fail(file, |fs| fs.flush_writer(file))?;
        }
        let count = self.read_at(file, pos, buf)?;
        self.file(file)?.pos = pos.saturating_add(count as u32);
        Ok(count)
    }

    fn write(&mut self, file: FileId, data: &[u8]) -> Result<usize, FsError> {
        let file_max = self.file_max;
        let open = self.file(file)?;
        let pos = if open.flags.append { open.size() } else { open.pos };
        let len = u32::try_from(data.len()).map_err(|_| FsError::TooLarge)?;
        let end = pos.checked_add(len).filter(|end| *end <= file_max).ok_or(FsError::TooLarge)?;
        if data.is_empty() && open.flags.write {
            return Ok(0);
        }
        self.changing(file, |fs| fs.write_at(file, pos, data))?;
        self.file(file)?.pos = end;
        Ok(data.len())
    }

    fn seek(&mut self, file: FileId, to: SeekFrom) -> Result<u64, FsError> {
        let file_max = self.file_max;
        let open = self.file(file)?;
        let target = to.resolve(u64::from(open.pos), u64::from(open.size()))?;
        open.pos = u32::try_from(target).ok().filter(|pos| *pos <= file_max).ok_or(FsError::Invalid)?;
        Ok(target)
    }

    fn tell(&mut self, file: FileId) -> Result<u64, FsError> {
        self.file(file).map(|open| u64::from(open.pos))
    }

    fn size(&mut self, file: FileId) -> Result<u64, FsError> {
        self.file(file).map(|open| u64::from(open.size()))
    }

    fn truncate(&mut self, file: FileId, size: u64) -> Result<(), FsError> {
        let size = u32::try_from(size).ok().filter(|size| *size <= self.file_max).ok_or(FsError::TooLarge)?;
        self.changing(file, |fs| fs.truncate_to(file, size))
    }

    fn flush(&mut self, file: FileId) -> Result<(), FsError> {
        if let Some(error) = self.file(file)?.failed {
            return Err(error);
        }
        let synced = self.sync_file(file);
        self.settle(synced)
    }

    fn close(&mut self, file: FileId) -> Result<(), FsError> {
        self.file(file)?;
        let synced = self.sync_file(file);
        self.files.retain(|open| open.id != file);
        self.settle(synced)
    }

    fn mkdir(&mut self, path: &str) -> Result<(), FsError> {
        let made = self.make_directory(path);
        self.settle(made)
    }

    /// As in MicroPython, this removes a file too.
    fn rmdir(&mut self, path: &str) -> Result<(), FsError> {
        let removed = self.remove_entry(path);
        self.settle(removed)
    }

    /// As in MicroPython, this removes an empty directory too.
    fn remove(&mut self, path: &str) -> Result<(), FsError> {
        let removed = self.remove_entry(path);
        self.settle(removed)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), FsError> {
        let renamed = self.rename_entry(from, to);
        self.settle(renamed)
    }

    fn stat(&mut self, path: &str) -> Result<Stat, FsError> {
        self.stat_entry(path)
    }

    fn statvfs(&mut self, _: &str) -> Result<StatVfs, FsError> {
        self.usage()
    }

    fn list(&mut self, path: &str) -> Result<Vec<DirEntry>, FsError> {
        self.list_entries(path)
    }

    fn open_files(&self) -> usize {
        self.files.len()
    }

    fn sync(&mut self) -> Result<(), FsError> {
        self.sync_all()
    }
}
