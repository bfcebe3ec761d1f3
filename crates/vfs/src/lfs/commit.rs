//! Commits to metadata pairs: appended, or compacted into the other block, split when full, moved when worn.

use alloc::vec::Vec;

use super::LittleFs;
use super::metadata::{Change, Content, Entry, LogWriter, MAX_ENTRIES, Metadata};
use super::tag::*;
use crate::block::{BlockDevice, BlockError};
use crate::error::FsError;

/// What a commit left to do.
enum Outcome {
    Done,
    /// The pair has a new block; its parent and its predecessor must learn of it.
    Relocated,
    /// The pair became empty and is to be unlinked from this predecessor.
    Dropped(Metadata),
}

/// Entries from `from` on went to another pair, where their ids are lower by `shift`.
struct Moved {
    from: u16,
    shift: u16,
    to: Pair,
}

impl<D: BlockDevice> LittleFs<D> {
    /// Makes the changes to the pair, all or none. The caller must not use other pairs it fetched before: a
    /// relocation may have changed them.
    pub(super) fn commit(&mut self, dir: &mut Metadata, changes: &[Change<'_>]) -> Result<(), FsError> {
        if self.commit_leaving_orphans(dir, changes)? {
            self.remove_orphans(false)?;
        }
        Ok(())
    }

    /// As `commit`; true if directories in between were moved too and the list of pairs must be put right.
    pub(super) fn commit_leaving_orphans(
        &mut self,
        dir: &mut Metadata,
        changes: &[Change<'_>],
    ) -> Result<bool, FsError> {
        let mut old = dir.pair;
        let mut outcome = self.commit_once(dir, changes, true)?;
        let mut current = dir.pair;
        if let Outcome::Dropped(mut before) = outcome {
            self.dropped_state = self.dropped_state.xor(dir.delta);
            old = before.pair;
            let unlink = Change::SetTail { tail: dir.tail, split: dir.split };
            outcome = self.commit_once(&mut before, &[unlink], false)?;
            current = before.pair;
        }

        let mut orphaned = false;
        while let Outcome::Relocated = outcome {
            outcome = Outcome::Done;
            self.follow_pair(old, current);
            let mut has_parent = false;
            if let Some((mut parent, mut id)) = self.parent(old)? {
                has_parent = true;
                self.add_orphans(1);
                let moved = self.finish_move_in(&parent);
                if moved.is_some_and(|moved| moved < id) {
                    id -= 1;
                }
                let content = Content::Dir(current);
                let link = Change::SetContent { id, content: &content };
                let parent_pair = parent.pair;
                outcome = match moved {
                    Some(id) => self.commit_once(&mut parent, &[Change::Delete { id }, link], false),
                    None => self.commit_once(&mut parent, &[link], false),
                }?;
                if let Outcome::Relocated = outcome {
                    old = parent_pair;
                    current = parent.pair;
                    orphaned = true;
                    continue;
                }
            }
            if let Some(mut before) = self.predecessor(old)? {
                if has_parent {
                    self.remove_orphan_mark();
                }
                let link = Change::SetTail { tail: current, split: before.split };
                old = before.pair;
                outcome = match self.finish_move_in(&before) {
                    Some(id) => self.commit_once(&mut before, &[Change::Delete { id }, link], false),
                    None => self.commit_once(&mut before, &[link], false),
                }?;
                current = before.pair;
            }
        }
        Ok(orphaned)
    }

    /// If a pending move left its old entry in this pair: its id, to be deleted in the next commit to the pair,
    /// which then carries the cleared state as well.
    pub(super) fn finish_move_in(&mut self, dir: &Metadata) -> Option<u16> {
        let id = self.state.moved_from(dir.pair)?;
        self.state.set_move(None);
        dir.entry(id).map(|_| id)
    }

    pub(super) fn add_orphans(&mut self, count: u32) {
        self.orphans = self.orphans.saturating_add(count);
        self.state.set_orphans(self.orphans > 0);
    }

    pub(super) fn remove_orphan_mark(&mut self) {
        self.orphans = self.orphans.saturating_sub(1);
        self.state.set_orphans(self.orphans > 0);
    }

    fn commit_once(&mut self, dir: &mut Metadata, changes: &[Change<'_>], may_drop: bool) -> Result<Outcome, FsError> {
        let old = dir.pair;
        dir.apply(changes)?;
        let deletes = changes.iter().any(|change| matches!(change, Change::Delete { .. }));
        if may_drop
            && deletes
            && dir.entries.is_empty()
            && let Some(before) = self.predecessor(dir.pair)?.filter(|before| before.split)
        {
            self.follow_changes(old, changes);
            return Ok(Outcome::Dropped(before));
        }
        if dir.erased && dir.entries.len() < MAX_ENTRIES && self.append_commit(dir, changes)? {
            self.follow_changes(old, changes);
            return Ok(Outcome::Done);
        }
        let mut moves = Vec::new();
        let relocated = self.split_and_compact(dir, &mut moves)?;
        self.follow_changes(old, changes);
        for moved in &moves {
            self.follow_split(old, moved);
        }
        Ok(if relocated { Outcome::Relocated } else { Outcome::Done })
    }

    /// What the next commit must add to its pair's share of the global state.
    fn pending_state(&self) -> GlobalState {
        self.state.xor(self.disk_state).xor(self.dropped_state).on_disk()
    }

    fn state_is_written(&mut self) {
        self.disk_state = self.state;
        self.dropped_state = GlobalState::default();
    }

    /// Appends a commit. False if it does not fit or the block does not take it.
    fn append_commit(&mut self, dir: &mut Metadata, changes: &[Change<'_>]) -> Result<bool, FsError> {
        let pending = self.pending_state();
        if changes.is_empty() && pending.is_zero() {
            return Ok(true);
        }
        let mut log = LogWriter::append_to(dir);
        log.changes(changes);
        let delta = dir.delta.xor(pending);
        if !pending.is_zero() {
            log.tag(MOVE_STATE, NONE_ID, &delta.to_bytes());
        }
        let start = dir.off;
        match self.write_log(log, dir.pair[0], start) {
            Ok(Some((end, etag))) => {
                dir.off = end;
                dir.etag = etag;
                dir.delta = delta;
                self.state_is_written();
                Ok(true)
            }
            Ok(None) | Err(BlockError::Worn) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Closes the log and programs it at `start`. None if it does not fit, else where it ends and the tag to go on
    /// from.
    fn write_log(&mut self, mut log: LogWriter, block: u32, start: u32) -> Result<Option<(u32, u32)>, BlockError> {
        let Some(end) = log.end(self.block_size, self.program_size) else {
            return Ok(None);
        };
        let unit = self.program_size;
        let mut next = [0; super::PROGRAM_SIZE_MAX as usize];
        let next = match next.get_mut(..unit as usize) {
            Some(next) if end <= self.block_size.saturating_sub(unit) => {
                self.device.read(block, end, next)?;
                Some(&*next)
            }
            _ => None,
        };
        let etag = log.close(end, next);
        let padded = log.bytes.len().div_ceil(unit as usize) * unit as usize;
        let mut bytes = log.bytes;
        bytes.resize(padded, 0xff);
        self.program_checked(block, start, &bytes)?;
        self.device.sync()?;
        Ok(Some((end, etag)))
    }

    /// Writes everything in `dir` into the pair's other block, which becomes the current one.
    /// With `carry_state` the commit carries the pending global state.
    pub(super) fn write_fresh(&mut self, dir: &mut Metadata, carry_state: bool) -> Result<(), FsError> {
        dir.rev = dir.rev.wrapping_add(1);
        self.write_fresh_as(dir, carry_state).map_err(FsError::from)
    }

    fn write_fresh_as(&mut self, dir: &mut Metadata, carry_state: bool) -> Result<(), BlockError> {
        let target = dir.pair[1];
        self.device.erase(target)?;
        let mut log = LogWriter::fresh(dir.rev);
        log.entries(&dir.entries);
        if !is_null(dir.tail) {
            log.tail(dir.tail, dir.split);
        }
        let delta = if carry_state { dir.delta.xor(self.pending_state()) } else { dir.delta };
        if !delta.is_zero() {
            log.tag(MOVE_STATE, NONE_ID, &delta.to_bytes());
        }
        match self.write_log(log, target, 0)? {
            Some((end, etag)) => {
                dir.pair = [target, dir.pair[0]];
                dir.off = end;
                dir.etag = etag;
                dir.delta = delta;
                dir.erased = true;
                if carry_state {
                    self.state_is_written();
                }
                Ok(())
            }
            // Too full even for one block of its own.
            None => Err(BlockError::OutOfRange),
        }
    }

    /// Compacts, after moving entries that are too many for one pair into new ones. True if the pair was relocated.
    fn split_and_compact(&mut self, dir: &mut Metadata, moves: &mut Vec<Moved>) -> Result<bool, FsError> {
        loop {
            let split = self.split_point(&dir.entries);
            if split == 0 {
                break;
            }
            let from = u16::try_from(split).map_err(|_| FsError::Invalid)?;
            match self.split_off(dir, split) {
                Ok(to) => {
                    dir.entries.truncate(split);
                    moves.push(Moved { from, shift: from, to });
                }
                // Without space for another pair, go on with a full one as long as it fits.
                Err(FsError::NoSpace) => break,
                Err(error) => return Err(error),
            }
        }
        if !self.fits(dir) {
            return Err(FsError::NoSpace);
        }
        if self.is_tired(dir) && overlap(dir.pair, SUPERBLOCK_PAIR) {
            self.expand_superblock(dir, moves)?;
        }
        self.compact(dir, true)
    }

    /// Whether everything fits into one block, with room for tail, global state and check sum.
    fn fits(&self, dir: &Metadata) -> bool {
        let size: usize = dir.entries.iter().map(Entry::encoded_len).sum();
        size + 44 <= self.block_size as usize
    }

    /// How many entries may stay: 0 for all. Aims at half a block, so that the next commits can be appended.
    fn split_point(&self, entries: &[Entry]) -> usize {
        let room = self.block_size.saturating_sub(40);
        let half = (self.block_size / 2).next_multiple_of(self.program_size);
        let limit = room.min(half) as usize;
        let mut split = 0;
        while entries.len() - split > 1 {
            let part = entries.get(split..).unwrap_or_default();
            let size: usize = part.iter().map(Entry::encoded_len).sum();
            if part.len() < MAX_ENTRIES && size <= limit {
                break;
            }
            split += part.len() / 2;
        }
        split
    }

    /// Writes the entries from `split` on into a new pair and links it as `dir`'s tail, in memory.
    fn split_off(&mut self, dir: &mut Metadata, split: usize) -> Result<Pair, FsError> {
        let mut rest = self.allocate_pair()?;
        rest.entries = dir.entries.get(split..).unwrap_or_default().to_vec();
        rest.tail = dir.tail;
        rest.split = dir.split;
        self.compact(&mut rest, false)?;
        dir.tail = rest.pair;
        dir.split = true;
        Ok(rest.pair)
    }

    /// The superblock cannot move, so when it is written too often the root directory goes elsewhere: a copy of the
    /// superblock entry goes with it and marks the new root.
    fn expand_superblock(&mut self, dir: &mut Metadata, moves: &mut Vec<Moved>) -> Result<(), FsError> {
        let mut used = 0u32;
        self.visit_blocks(&mut |_| used = used.saturating_add(1))?;
        // It costs two blocks for good, so not on a nearly full device.
        if self.block_count.saturating_sub(used) <= self.block_count / 8 {
            return Ok(());
        }
        match self.split_off(dir, 0) {
            Ok(to) => {
                dir.entries.truncate(1);
                if overlap(dir.pair, self.root) {
                    self.root = to;
                    moves.push(Moved { from: 0, shift: 0, to });
                }
                Ok(())
            }
            Err(FsError::NoSpace) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn is_tired(&self, dir: &Metadata) -> bool {
        // An odd modulus reaches both blocks of the pair in turn.
        let cycles = self.block_cycles.saturating_add(1) | 1;
        self.block_cycles > 0 && dir.rev.wrapping_add(1).is_multiple_of(cycles)
    }

    /// Compacts into the pair's other block, or into a fresh one where that is worn. True if the pair changed.
    fn compact(&mut self, dir: &mut Metadata, carry_state: bool) -> Result<bool, FsError> {
        let fixed = overlap(dir.pair, SUPERBLOCK_PAIR);
        let mut relocated = false;
        if self.is_tired(dir) && !fixed {
            match self.allocate() {
                Ok(block) => {
                    dir.pair[1] = block;
                    relocated = true;
                }
                Err(FsError::NoSpace) => {}
                Err(error) => return Err(error),
            }
        }
        dir.rev = dir.rev.wrapping_add(1);
        loop {
            // A relocated pair is not reachable before the commits to its parent and predecessor; these carry the
            // global state.
            match self.write_fresh_as(dir, carry_state && !relocated) {
                Ok(()) => return Ok(relocated),
                Err(BlockError::Worn) if !fixed => {
                    dir.pair[1] = self.allocate()?;
                    relocated = true;
                }
                Err(BlockError::Worn) => return Err(FsError::NoSpace),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Two free blocks for a new pair.
    pub(super) fn allocate_pair(&mut self) -> Result<Metadata, FsError> {
        let second = self.allocate()?;
        let first = self.allocate()?;
        // The first block keeps its old content for now; the second must look newer than that.
        let mut rev = [0; 4];
        self.device.read(first, 0, &mut rev)?;
        let rev = u32::from_le_bytes(rev);
        let cycles = self.block_cycles.saturating_add(1) | 1;
        let rev = if self.block_cycles > 0 { rev.checked_next_multiple_of(cycles).unwrap_or(0) } else { rev };
        Ok(Metadata::new([first, second], rev))
    }

    /// The pair whose tail this pair is.
    pub(super) fn predecessor(&mut self, pair: Pair) -> Result<Option<Metadata>, FsError> {
        let mut walk = self.pairs();
        while let Some(dir) = walk.next(self)? {
            if !is_null(dir.tail) && overlap(dir.tail, pair) {
                return Ok(Some(dir));
            }
        }
        Ok(None)
    }

    /// The entry that names this pair as a directory: where it is, and its id.
    pub(super) fn parent(&mut self, pair: Pair) -> Result<Option<(Metadata, u16)>, FsError> {
        let mut walk = self.pairs();
        while let Some(dir) = walk.next(self)? {
            let found = dir
                .entries
                .iter()
                .position(|entry| matches!(entry.content, Content::Dir(child) if overlap(child, pair)));
            if let Some(id) = found.and_then(|id| u16::try_from(id).ok()) {
                return Ok(Some((dir, id)));
            }
        }
        Ok(None)
    }

    // Open files are found again by pair and id, which commits change.

    fn follow_changes(&mut self, pair: Pair, changes: &[Change<'_>]) {
        for file in self.files.iter_mut().filter(|file| file.is_in(pair)) {
            for change in changes {
                match *change {
                    Change::Create { id, .. } => file.entry_created(id),
                    Change::Delete { id } => file.entry_deleted(id),
                    _ => {}
                }
            }
        }
    }

    fn follow_split(&mut self, pair: Pair, moved: &Moved) {
        for file in self.files.iter_mut().filter(|file| file.is_in(pair)) {
            file.entries_moved(moved.from, moved.shift, moved.to);
        }
    }

    fn follow_pair(&mut self, old: Pair, new: Pair) {
        if overlap(old, self.root) {
            self.root = new;
        }
        if self.pinned.is_some_and(|pinned| overlap(old, pinned)) {
            self.pinned = Some(new);
        }
        for file in self.files.iter_mut().filter(|file| file.is_in(old)) {
            file.set_pair(new);
        }
    }
}
