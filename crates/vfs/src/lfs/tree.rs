//! Names: finding, listing, making, removing and renaming entries.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::metadata::{Change, Content, Entry, Metadata};
use super::tag::*;
use super::{ATTR_MTIME, LittleFs};
use crate::block::BlockDevice;
use crate::error::FsError;
use crate::fs::{DirEntry, FileType, Stat, StatVfs};
use crate::path::components;

/// Where a path leads.
pub(super) enum Found {
    /// The root directory, which has no entry.
    Root,
    /// An entry: its pair and id.
    Entry(Metadata, u16),
    /// No such entry: the pair and the id to create it at.
    Missing(Metadata, u16),
}

impl Found {
    fn existing(self) -> Result<(Metadata, u16), FsError> {
        match self {
            Found::Root => Err(FsError::Invalid),
            Found::Missing(..) => Err(FsError::NotFound),
            Found::Entry(dir, id) => Ok((dir, id)),
        }
    }
}

/// The last name of a path.
pub(super) fn last_name(path: &str) -> &str {
    components(path).last().unwrap_or_default()
}

fn kind_of(entry: &Entry) -> FileType {
    if entry.kind == Some(DIR) { FileType::Directory } else { FileType::File }
}

fn size_of(entry: &Entry) -> u64 {
    match &entry.content {
        Content::Inline(data) => data.len() as u64,
        Content::Blocks { size, .. } => u64::from(*size),
        Content::None | Content::Dir(_) => 0,
    }
}

fn directory_of(entry: &Entry) -> Result<Pair, FsError> {
    match (kind_of(entry), &entry.content) {
        (FileType::File, _) => Err(FsError::NotDirectory),
        (_, Content::Dir(pair)) => Ok(*pair),
        _ => Err(FsError::Corrupt),
    }
}

impl<D: BlockDevice> LittleFs<D> {
    /// Follows a path. `NotFound` if a directory on the way is missing, `NotDirectory` if it is a file.
    pub(super) fn lookup(&mut self, path: &str) -> Result<Found, FsError> {
        let mut names = components(path).peekable();
        let mut pair = self.root;
        while let Some(name) = names.next() {
            let (dir, id, found) = self.find_name(pair, name.as_bytes())?;
            let last = names.peek().is_none();
            match (found, last) {
                (true, true) => return Ok(Found::Entry(dir, id)),
                (false, true) => return Ok(Found::Missing(dir, id)),
                (false, false) => return Err(FsError::NotFound),
                (true, false) => {
                    pair = directory_of(dir.entry(id).ok_or(FsError::Corrupt)?)?;
                }
            }
        }
        Ok(Found::Root)
    }

    /// Looks for a name in the directory that starts at `head`: the pair and id where it is or belongs.
    fn find_name(&mut self, head: Pair, name: &[u8]) -> Result<(Metadata, u16, bool), FsError> {
        let mut dir = self.fetch(head)?;
        let mut left = self.block_count;
        loop {
            let hidden = self.disk_state.moved_from(dir.pair).map(usize::from);
            for (at, entry) in dir.entries.iter().enumerate() {
                if !entry.is_named() || Some(at) == hidden {
                    continue;
                }
                let order = entry.order(name);
                if order == Ordering::Less {
                    continue;
                }
                let id = u16::try_from(at).map_err(|_| FsError::Corrupt)?;
                return Ok((dir, id, order == Ordering::Equal));
            }
            if !dir.split {
                let id = u16::try_from(dir.entries.len()).map_err(|_| FsError::Corrupt)?;
                return Ok((dir, id, false));
            }
            left = left.checked_sub(1).ok_or(FsError::Corrupt)?;
            dir = self.fetch(dir.tail)?;
        }
    }

    /// Calls `each` for every visible entry of the directory that starts at `head`.
    fn each_entry(&mut self, head: Pair, each: &mut dyn FnMut(&Entry) -> Result<(), FsError>) -> Result<(), FsError> {
        let mut dir = self.fetch(head)?;
        let mut left = self.block_count;
        loop {
            let hidden = self.disk_state.moved_from(dir.pair).map(usize::from);
            for (at, entry) in dir.entries.iter().enumerate() {
                if entry.is_named() && Some(at) != hidden {
                    each(entry)?;
                }
            }
            if !dir.split {
                return Ok(());
            }
            left = left.checked_sub(1).ok_or(FsError::Corrupt)?;
            dir = self.fetch(dir.tail)?;
        }
    }

    pub(super) fn list_entries(&mut self, path: &str) -> Result<Vec<DirEntry>, FsError> {
        let head = match self.lookup(path)? {
            Found::Root => self.root,
            found => {
                let (dir, id) = found.existing()?;
                directory_of(dir.entry(id).ok_or(FsError::Corrupt)?)?
            }
        };
        let mut list = Vec::new();
        self.each_entry(head, &mut |entry| {
            list.try_reserve(1).map_err(|_| FsError::OutOfMemory)?;
            list.push(DirEntry {
                name: String::from_utf8_lossy(&entry.name).into_owned(),
                kind: kind_of(entry),
                size: size_of(entry),
                host: None,
            });
            Ok(())
        })?;
        Ok(list)
    }

    pub(super) fn stat_entry(&mut self, path: &str) -> Result<Stat, FsError> {
        let (dir, id) = match self.lookup(path)? {
            Found::Root => return Ok(Stat::DIRECTORY),
            found => found.existing()?,
        };
        let entry = dir.entry(id).ok_or(FsError::Corrupt)?;
        let mtime = entry.attr(ATTR_MTIME).and_then(|data| data.try_into().ok());
        Ok(Stat {
            kind: kind_of(entry),
            size: size_of(entry),
            mtime_ns: mtime.map_or(0, u64::from_le_bytes),
            host: None,
        })
    }

    pub(super) fn usage(&mut self) -> Result<StatVfs, FsError> {
        let mut used = 0u32;
        self.visit_blocks(&mut |_| used = used.saturating_add(1))?;
        let free = self.block_count.saturating_sub(used);
        Ok(StatVfs::plain(self.block_size, self.block_count, free, self.name_max))
    }

    pub(super) fn check_name(&self, name: &str) -> Result<(), FsError> {
        if name.contains('\0') {
            return Err(FsError::Invalid);
        }
        if name.len() > self.name_max as usize {
            return Err(FsError::NameTooLong);
        }
        Ok(())
    }

    /// Makes a directory. The new pair joins the list of pairs behind the last pair of the parent directory.
    pub(super) fn make_directory(&mut self, path: &str) -> Result<(), FsError> {
        self.prepare_change()?;
        let (parent, _) = match self.lookup(path)? {
            Found::Missing(dir, id) => (dir, id),
            Found::Root | Found::Entry(..) => return Err(FsError::Exists),
        };
        let name = last_name(path);
        self.check_name(name)?;
        let mut new = self.allocate_pair()?;
        let single = !parent.split;
        let mut last = parent;
        let mut left = self.block_count;
        while last.split {
            left = left.checked_sub(1).ok_or(FsError::Corrupt)?;
            last = self.fetch(last.tail)?;
        }
        let tail = Change::SetTail { tail: last.tail, split: false };
        self.commit(&mut new, &[tail])?;
        let link = Change::SetTail { tail: new.pair, split: false };
        if !single {
            // The list of pairs changes before the parent does, which the global state announces.
            self.add_orphans(1);
            self.pinned = Some(new.pair);
            let linked = self.commit(&mut last, core::slice::from_ref(&link));
            let pair = self.pinned.take().unwrap_or(new.pair);
            linked?;
            new.pair = pair;
            self.remove_orphan_mark();
        }
        let Found::Missing(mut parent, id) = self.lookup(path)? else {
            return Err(FsError::Corrupt);
        };
        let content = Content::Dir(new.pair);
        let create = [
            Change::Create { id, kind: DIR, name: name.as_bytes() },
            Change::SetContent { id, content: &content },
            link,
        ];
        let changes = if single { &create[..] } else { &create[..2] };
        self.commit(&mut parent, changes)
    }

    /// The pair of the directory entry if that directory is empty.
    fn empty_directory(&mut self, entry: &Entry) -> Result<Pair, FsError> {
        let pair = directory_of(entry)?;
        let dir = self.fetch(pair)?;
        if dir.split || !dir.entries.is_empty() {
            return Err(FsError::NotEmpty);
        }
        Ok(dir.pair)
    }

    /// Removes a file or an empty directory.
    pub(super) fn remove_entry(&mut self, path: &str) -> Result<(), FsError> {
        self.prepare_change()?;
        let (mut dir, id) = self.lookup(path)?.existing()?;
        let entry = dir.entry(id).ok_or(FsError::Corrupt)?.clone();
        if kind_of(&entry) == FileType::Directory {
            let pair = self.empty_directory(&entry)?;
            self.add_orphans(1);
            self.pinned = Some(pair);
        }
        let removed = self.commit(&mut dir, &[Change::Delete { id }]);
        self.finish_removal(removed)
    }

    /// After a commit that took away the entry of the pinned directory, if there was one: takes its pair out of the
    /// list of pairs.
    fn finish_removal(&mut self, committed: Result<(), FsError>) -> Result<(), FsError> {
        let pinned = self.pinned.take();
        committed?;
        let Some(pair) = pinned else { return Ok(()) };
        self.remove_orphan_mark();
        let gone = self.fetch(pair)?;
        let Some(mut before) = self.predecessor(gone.pair)? else {
            return Err(FsError::Corrupt);
        };
        self.dropped_state = self.dropped_state.xor(gone.delta);
        let unlink = Change::SetTail { tail: gone.tail, split: gone.split };
        self.commit(&mut before, &[unlink])
    }

    /// Renames or moves an entry; a file replaces a file, a directory an empty directory.
    pub(super) fn rename_entry(&mut self, from: &str, to: &str) -> Result<(), FsError> {
        self.prepare_change()?;
        let (old, old_id) = self.lookup(from)?.existing()?;
        let entry = old.entry(old_id).ok_or(FsError::Corrupt)?.clone();
        let inside = to.strip_prefix(from).is_some_and(|rest| rest.starts_with('/'));
        if inside && kind_of(&entry) == FileType::Directory {
            return Err(FsError::Invalid);
        }
        let name = last_name(to);
        let (mut new, id, replaced) = match self.lookup(to)? {
            Found::Root => return Err(FsError::Invalid),
            Found::Entry(dir, id) => (dir, id, true),
            Found::Missing(dir, id) => (dir, id, false),
        };
        let same_pair = overlap(old.pair, new.pair);
        let mut old_id_after = old_id;
        if replaced {
            if same_pair && id == old_id {
                return Ok(());
            }
            let target = new.entry(id).ok_or(FsError::Corrupt)?.clone();
            match (kind_of(&target), kind_of(&entry)) {
                (FileType::Directory, FileType::File) => return Err(FsError::IsDirectory),
                (FileType::File, FileType::Directory) => return Err(FsError::NotDirectory),
                (FileType::Directory, FileType::Directory) => {
                    let pair = self.empty_directory(&target)?;
                    self.add_orphans(1);
                    self.pinned = Some(pair);
                }
                (FileType::File, FileType::File) => {}
            }
        } else {
            self.check_name(name)?;
            if same_pair && id <= old_id {
                old_id_after += 1;
            }
        }
        if !same_pair {
            self.state.set_move(Some((old.pair, old_id)));
        }
        // Files open on the entry follow it to its new place.
        let mut followers = Vec::new();
        for file in &self.files {
            if file.is_at(old.pair, old_id) {
                followers.try_reserve(1).map_err(|_| FsError::OutOfMemory)?;
                followers.push(file.id());
            }
        }

        let mut changes = Vec::with_capacity(5 + entry.attrs.len());
        if replaced {
            changes.push(Change::Delete { id });
        }
        changes.push(Change::Create { id, kind: entry.kind.unwrap_or(REG), name: name.as_bytes() });
        changes.push(Change::SetContent { id, content: &entry.content });
        for (kind, data) in &entry.attrs {
            let kind = *kind;
            changes.push(Change::SetAttr { id, kind, data });
        }
        if same_pair {
            changes.push(Change::Delete { id: old_id_after });
        }
        let mut result = self.commit(&mut new, &changes);
        if result.is_ok() {
            // A commit in between may have cleared the move already.
            if let Some((pair, id)) = self.state.moved() {
                let mut old = self.fetch(pair)?;
                self.state.set_move(None);
                result = self.commit(&mut old, &[Change::Delete { id }]);
            }
        }
        self.finish_removal(result)?;
        if !followers.is_empty()
            && let Found::Entry(dir, id) = self.lookup(to)?
        {
            for file in &mut self.files {
                if followers.contains(&file.id()) {
                    file.attach(dir.pair, id);
                }
            }
        }
        Ok(())
    }
}
