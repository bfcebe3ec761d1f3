//! The skip list of blocks that holds a larger file. Block `n` of the list starts with `ctz(n) + 1` pointers, to the
//! blocks `n - 1`, `n - 2`, `n - 4` … (none in block 0), followed by data.

use alloc::vec::Vec;

use super::LittleFs;
use super::tag::NULL_BLOCK;
use crate::block::{BlockDevice, BlockError};
use crate::error::FsError;

/// Data moves through buffers of this size, in bytes.
pub(super) const CHUNK: usize = 256;

/// Bytes of pointers at the start of block `index`.
fn pointers(index: u32) -> u32 {
    if index == 0 { 0 } else { 4 * (index.trailing_zeros() + 1) }
}

/// Which block of the list holds the byte at `pos`, and its offset there. A position at the very end of a block
/// counts as the start of the next.
pub(super) fn locate(block_size: u32, pos: u32) -> (u32, u32) {
    // Each block but the first loses two pointers on average: the closed form of littlefs' DESIGN.md.
    let payload = block_size.saturating_sub(8).max(1);
    let guess = pos / payload;
    if guess == 0 {
        return (0, pos);
    }
    let index = pos.saturating_sub(4 * ((guess - 1).count_ones() + 2)) / payload;
    let offset = pos.wrapping_sub(payload.wrapping_mul(index)).wrapping_sub(4 * index.count_ones());
    (index, offset)
}

/// A list under construction, from some block on.
pub(super) struct Writer {
    /// The block being filled, its place in the list, and the block before it.
    block: u32,
    index: u32,
    before: u32,
    /// Bytes of the block on the medium, followed by those still in `pending`.
    programmed: u32,
    pending: Vec<u8>,
    /// The position in the file of the next byte.
    pub pos: u32,
}

impl Writer {
    pub fn blocks(&self) -> (u32, u32, u32) {
        (self.block, self.before, self.index)
    }

    fn filled(&self) -> u32 {
        self.programmed + self.pending.len() as u32
    }
}

impl<D: BlockDevice> LittleFs<D> {
    /// Calls `seen` for each block of the list.
    pub(super) fn visit_list(&mut self, head: u32, size: u32, seen: &mut dyn FnMut(u32)) -> Result<(), FsError> {
        match size.checked_sub(1) {
            Some(last) => self.visit_list_from(head, locate(self.block_size, last).0, seen),
            None => Ok(()),
        }
    }

    /// The same for a list whose last block is number `index`.
    pub(super) fn visit_list_from(&mut self, head: u32, index: u32, seen: &mut dyn FnMut(u32)) -> Result<(), FsError> {
        let (mut block, mut index) = (head, index);
        if index >= self.block_count {
            return Err(FsError::Corrupt);
        }
        loop {
            seen(block);
            if index == 0 {
                return Ok(());
            }
            // An even block points to the two before it, an odd one to the one before.
            if index % 2 == 0 {
                seen(self.pointer(block, 0)?);
                block = self.pointer(block, 1)?;
                index -= 2;
            } else {
                block = self.pointer(block, 0)?;
                index -= 1;
            }
        }
    }

    fn pointer(&mut self, block: u32, slot: u32) -> Result<u32, FsError> {
        if block >= self.block_count {
            return Err(FsError::Corrupt);
        }
        let mut bytes = [0; 4];
        self.device.read(block, 4 * slot, &mut bytes)?;
        let target = u32::from_le_bytes(bytes);
        if target < self.block_count { Ok(target) } else { Err(FsError::Corrupt) }
    }

    /// The block number `target` of a list whose block number `from` is `head`.
    pub(super) fn find_block(&mut self, head: u32, from: u32, target: u32) -> Result<u32, FsError> {
        let (mut block, mut index) = (head, from);
        if index < target || block >= self.block_count {
            return Err(FsError::Corrupt);
        }
        while index > target {
            // The longest pointer that does not jump past the target.
            let reach = (index - target).ilog2();
            let slot = reach.min(index.trailing_zeros());
            block = self.pointer(block, slot)?;
            index -= 1 << slot;
        }
        Ok(block)
    }

    /// Reads from the list, up to the end of one block; `near` remembers the block for the next call.
    pub(super) fn read_list(
        &mut self,
        head: u32,
        size: u32,
        pos: u32,
        buf: &mut [u8],
        near: &mut Option<(u32, u32)>,
    ) -> Result<usize, FsError> {
        let Some(last) = size.checked_sub(1).filter(|last| pos <= *last) else {
            return Ok(0);
        };
        let (index, offset) = locate(self.block_size, pos);
        let block = match *near {
            Some((known, block)) if known == index => block,
            _ => {
                let from = locate(self.block_size, last).0;
                let block = self.find_block(head, from, index)?;
                *near = Some((index, block));
                block
            }
        };
        let room = self.block_size.saturating_sub(offset).min(size - pos) as usize;
        let count = room.min(buf.len());
        let part = buf.get_mut(..count).ok_or(FsError::Io)?;
        self.device.read(block, offset, part)?;
        Ok(count)
    }

    /// Starts writing at `pos`, which is not beyond the end of the given list. What comes before `pos` is shared with
    /// that list, but for the block that `pos` is in, which is copied.
    pub(super) fn start_writer(&mut self, head: u32, size: u32, pos: u32) -> Result<Writer, FsError> {
        let (index, offset) = locate(self.block_size, pos);
        let last = size.checked_sub(1);
        let before = match (index.checked_sub(1), last) {
            (None, _) => NULL_BLOCK,
            (Some(target), Some(last)) => {
                let from = locate(self.block_size, last).0;
                self.find_block(head, from, target)?
            }
            (Some(_), None) => return Err(FsError::Corrupt),
        };
        let kept = offset.saturating_sub(pointers(index));
        let mut writer = Writer {
            block: NULL_BLOCK,
            index,
            before,
            programmed: 0,
            pending: Vec::new(),
            pos: pos.saturating_sub(kept),
        };
        self.begin_block(&mut writer)?;
        self.copy_list(&mut writer, head, size, pos)?;
        Ok(writer)
    }

    /// Copies from the old list until the writer has reached `to`.
    fn copy_list(&mut self, writer: &mut Writer, head: u32, size: u32, to: u32) -> Result<(), FsError> {
        let mut near = None;
        let mut buf = [0; CHUNK];
        while writer.pos < to {
            let want = ((to - writer.pos) as usize).min(CHUNK);
            let part = buf.get_mut(..want).ok_or(FsError::Io)?;
            let count = self.read_list(head, size, writer.pos, part, &mut near)?;
            match buf.get(..count) {
                Some(data) if count > 0 => self.append(writer, data)?,
                _ => return Err(FsError::Corrupt),
            }
        }
        Ok(())
    }

    /// Allocates and erases the writer's next block and puts its pointers in front.
    fn begin_block(&mut self, writer: &mut Writer) -> Result<(), FsError> {
        let mut front = Vec::with_capacity(pointers(writer.index) as usize);
        let mut target = writer.before;
        for slot in 0..pointers(writer.index) / 4 {
            if slot > 0 {
                target = self.pointer(target, slot - 1)?;
            }
            front.extend_from_slice(&target.to_le_bytes());
        }
        // Everything handed out before belongs to the list that `building` shows to the allocator.
        writer.block = NULL_BLOCK;
        self.allocator.checkpoint();
        writer.block = self.allocate_for(writer)?;
        writer.programmed = 0;
        writer.pending.clear();
        writer.pending.try_reserve(CHUNK).map_err(|_| FsError::OutOfMemory)?;
        writer.pending.extend_from_slice(&front);
        Ok(())
    }

    /// A free block for the writer, whose own blocks must not count as free.
    fn allocate_for(&mut self, writer: &Writer) -> Result<u32, FsError> {
        self.building = Some(writer.blocks());
        let block = self.allocate_erased();
        self.building = None;
        block
    }

    /// A free block, erased; worn ones are passed over.
    fn allocate_erased(&mut self) -> Result<u32, FsError> {
        loop {
            let block = self.allocate()?;
            match self.device.erase(block) {
                Ok(()) => return Ok(block),
                Err(BlockError::Worn) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Appends data to the list.
    pub(super) fn append(&mut self, writer: &mut Writer, data: &[u8]) -> Result<(), FsError> {
        let mut data = data;
        while !data.is_empty() {
            if writer.filled() >= self.block_size {
                self.program_pending(writer, true)?;
                writer.before = writer.block;
                writer.index += 1;
                self.begin_block(writer)?;
            }
            let room = (self.block_size.saturating_sub(writer.filled())) as usize;
            let count = data.len().min(room).min(CHUNK.saturating_sub(writer.pending.len()).max(1));
            let (now, later) = data.split_at(count);
            writer.pending.extend_from_slice(now);
            writer.pos += now.len() as u32;
            data = later;
            if writer.pending.len() >= CHUNK {
                self.program_pending(writer, false)?;
            }
        }
        Ok(())
    }

    /// Programs what is pending: all of it, or only whole program units.
    fn program_pending(&mut self, writer: &mut Writer, all: bool) -> Result<(), FsError> {
        let unit = self.program_size as usize;
        let whole = writer.pending.len() / unit * unit;
        let len = if all {
            let padded = writer.pending.len().div_ceil(unit) * unit;
            writer.pending.resize(padded, 0xff);
            padded
        } else {
            whole
        };
        if len == 0 {
            return Ok(());
        }
        loop {
            let data = writer.pending.get(..len).ok_or(FsError::Io)?;
            match self.program_checked(writer.block, writer.programmed, data) {
                Ok(()) => break,
                Err(BlockError::Worn) => self.move_block(writer)?,
                Err(error) => return Err(error.into()),
            }
        }
        writer.pending.drain(..len);
        writer.programmed += len as u32;
        Ok(())
    }

    /// Copies the programmed part of a worn block to a fresh one.
    fn move_block(&mut self, writer: &mut Writer) -> Result<(), FsError> {
        let old = writer.block;
        'fresh: loop {
            let block = self.allocate_for(writer)?;
            let mut done = 0;
            let mut buf = [0; CHUNK];
            while done < writer.programmed {
                let count = ((writer.programmed - done) as usize).min(CHUNK);
                let part = buf.get_mut(..count).ok_or(FsError::Io)?;
                self.device.read(old, done, part)?;
                match self.program_checked(block, done, part) {
                    Ok(()) => done += count as u32,
                    Err(BlockError::Worn) => continue 'fresh,
                    Err(error) => return Err(error.into()),
                }
            }
            writer.block = block;
            return Ok(());
        }
    }

    /// Programs and reads back.
    pub(super) fn program_checked(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError> {
        self.device.program(block, offset, data)?;
        let mut buf = [0; 64];
        let mut at = offset;
        for expected in data.chunks(buf.len()) {
            let part = buf.get_mut(..expected.len()).ok_or(BlockError::Io)?;
            self.device.read(block, at, part)?;
            if part != expected {
                return Err(BlockError::Worn);
            }
            at += expected.len() as u32;
        }
        Ok(())
    }

    /// Completes the list: takes over what follows the writer's position from the old list, programs the rest.
    /// Returns the new head and size.
    pub(super) fn finish_writer(&mut self, mut writer: Writer, head: u32, size: u32) -> Result<(u32, u32), FsError> {
        if writer.pos < size {
            self.copy_list(&mut writer, head, size, size)?;
        }
        self.program_pending(&mut writer, true)?;
        Ok((writer.block, writer.pos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        for block_size in [128, 512, 4096] {
            let (mut index, mut offset) = (0, 0);
            for pos in 0..200_000u32 {
                assert_eq!(locate(block_size, pos), (index, offset), "at {pos}");
                offset += 1;
                if offset == block_size {
                    index += 1;
                    offset = pointers(index);
                }
            }
        }
    }

    #[test]
    fn positions_at_the_limit() {
        let (index, offset) = locate(4096, 0x7fff_ffff);
        assert!(index > 500_000 && offset < 4096);
    }
}
