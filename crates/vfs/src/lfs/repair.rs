//! Finishing what a power cut interrupted, before the first change after a mount.

use alloc::vec::Vec;

use super::LittleFs;
use super::metadata::{Change, Content};
use super::tag::*;
use crate::block::BlockDevice;
use crate::error::FsError;

impl<D: BlockDevice> LittleFs<D> {
    /// Makes the file system consistent. Every change starts with this; it costs nothing when nothing is amiss.
    pub(super) fn prepare_change(&mut self) -> Result<(), FsError> {
        if self.stale {
            self.scan()?;
            self.stale = false;
        }
        self.allocator.checkpoint();
        if self.outdated {
            self.rewrite_superblock()?;
        }
        if let Some((pair, id)) = self.disk_state.moved() {
            self.state.set_move(None);
            let mut dir = self.fetch(pair)?;
            if dir.entry(id).is_some() {
                self.commit(&mut dir, &[Change::Delete { id }])?;
            } else {
                self.commit(&mut dir, &[])?;
            }
        }
        if self.orphans > 0 {
            self.remove_orphans(true)?;
        }
        self.allocator.checkpoint();
        Ok(())
    }

    /// Brings an older format to the version that is written.
    fn rewrite_superblock(&mut self) -> Result<(), FsError> {
        let mut root = self.fetch(self.root)?;
        let content = Content::Inline(self.superblock().to_bytes());
        let change = Change::SetContent { id: 0, content: &content };
        self.commit(&mut root, &[change])?;
        self.outdated = false;
        Ok(())
    }

    /// Puts the list of pairs right: first where a parent knows a newer block of a pair than the list does, then,
    /// after a power cut, where no parent knows the pair at all.
    pub(super) fn remove_orphans(&mut self, after_power_cut: bool) -> Result<(), FsError> {
        let mut pass = 0;
        // Each repair shortens the list or brings one pair up to date; more of them than blocks means a loop.
        let mut repairs = self.block_count.saturating_mul(2);
        while pass < 2 {
            let mut more = false;
            let mut before = self.fetch(SUPERBLOCK_PAIR)?;
            let mut steps = self.block_count;
            while !is_null(before.tail) {
                steps = steps.checked_sub(1).ok_or(FsError::Corrupt)?;
                let here = self.fetch(before.tail)?;
                // A continued directory has no parent of its own.
                if !before.split {
                    let parent = self.parent(before.tail)?;
                    let known = parent.and_then(|(dir, id)| match dir.entry(id)?.content {
                        Content::Dir(pair) => Some(pair),
                        _ => None,
                    });
                    let link = match known {
                        Some(pair) if pass == 0 && !same_blocks(pair, before.tail) => {
                            Some(Change::SetTail { tail: pair, split: false })
                        }
                        None if pass == 1 && after_power_cut => {
                            self.dropped_state = self.dropped_state.xor(here.delta);
                            Some(Change::SetTail { tail: here.tail, split: here.split })
                        }
                        _ => None,
                    };
                    if let Some(link) = link {
                        repairs = repairs.checked_sub(1).ok_or(FsError::Corrupt)?;
                        let mut changes = Vec::with_capacity(2);
                        if pass == 0
                            && let Some(id) = self.finish_move_in(&before)
                        {
                            changes.push(Change::Delete { id });
                        }
                        changes.push(link);
                        more |= self.commit_leaving_orphans(&mut before, &changes)?;
                        // The commit may have changed this pair from elsewhere.
                        before = self.fetch(before.pair)?;
                        continue;
                    }
                }
                before = here;
            }
            pass = if more { 0 } else { pass + 1 };
        }
        // An operation under way has an orphan of its own.
        self.orphans = u32::from(!after_power_cut && self.pinned.is_some());
        self.state.set_orphans(self.orphans > 0);
        Ok(())
    }
}
