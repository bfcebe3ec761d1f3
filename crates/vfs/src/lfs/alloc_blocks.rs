//! Finding free blocks. Nothing on disk says which are free: a window of the device is checked against everything
//! in use, and when the window is used up the next one is.

use alloc::vec::Vec;

use super::LittleFs;
use crate::block::BlockDevice;
use crate::error::FsError;

/// The window and how much of the device may still be handed out.
pub(crate) struct Allocator {
    block_count: u32,
    /// Most blocks in one window.
    window: u32,
    /// First block of the window, its length, and the next place in it.
    start: u32,
    size: u32,
    next: u32,
    /// One bit per block of the window: in use.
    used: Vec<u8>,
    /// Blocks that may be looked at until an operation has seen the whole device. Blocks handed out since the last
    /// checkpoint are in no structure yet, so the window must not come round to them.
    left: u32,
}

impl Allocator {
    /// With `lookahead` bytes for the window.
    pub fn new(block_count: u32, lookahead: u32) -> Self {
        let window = lookahead.saturating_mul(8).max(8);
        Allocator { block_count, window, start: 0, size: 0, next: 0, used: Vec::new(), left: block_count }
    }

    /// Forgets everything; the search starts at `block`.
    pub fn restart(&mut self, block_count: u32, block: u32) {
        (self.block_count, self.left) = (block_count, block_count);
        (self.start, self.size, self.next) = (block, 0, 0);
        self.used = Vec::new();
    }

    /// All blocks handed out so far are in use by a structure on disk or by an open file, or given up.
    pub fn checkpoint(&mut self) {
        self.left = self.block_count;
    }

    fn take(&mut self) -> Option<u32> {
        while self.next < self.size && self.left > 0 {
            let at = self.next;
            self.next += 1;
            self.left -= 1;
            let bits = self.used.get((at / 8) as usize).copied().unwrap_or(0xff);
            if bits >> (at % 8) & 1 == 0 {
                let block = u64::from(self.start) + u64::from(at);
                return u32::try_from(block % u64::from(self.block_count)).ok();
            }
        }
        None
    }
}

impl<D: BlockDevice> LittleFs<D> {
    /// A free block, not erased. `NoSpace` when the whole device was looked at since the last checkpoint.
    pub(super) fn allocate(&mut self) -> Result<u32, FsError> {
        loop {
            if let Some(block) = self.allocator.take() {
                return Ok(block);
            }
            if self.allocator.left == 0 {
                return Err(FsError::NoSpace);
            }
            self.fill_window()?;
        }
    }

    fn fill_window(&mut self) -> Result<(), FsError> {
        let count = self.block_count;
        let passed = u64::from(self.allocator.start) + u64::from(self.allocator.next);
        let start = u32::try_from(passed % u64::from(count)).unwrap_or(0);
        let size = self.allocator.left.min(self.allocator.window).min(count);
        let mut used = self.buffer(size.div_ceil(8))?;
        self.visit_blocks(&mut |block| {
            let at = if block >= start { block - start } else { block.saturating_add(count - start) };
            if at < size
                && let Some(bits) = used.get_mut((at / 8) as usize)
            {
                *bits |= 1 << (at % 8);
            }
        })?;
        self.allocator.start = start;
        self.allocator.size = size;
        self.allocator.next = 0;
        self.allocator.used = used;
        Ok(())
    }

    /// Calls `seen` for each block in use, some of them more than once.
    pub(super) fn visit_blocks(&mut self, seen: &mut dyn FnMut(u32)) -> Result<(), FsError> {
        let mut walk = self.pairs();
        while let Some(dir) = walk.next(self)? {
            dir.pair.iter().for_each(|block| seen(*block));
            for entry in &dir.entries {
                if let super::Content::Blocks { head, size } = entry.content {
                    self.visit_list(head, size, seen)?;
                }
            }
        }
        // Open files may hold blocks that are not, or no longer, in a directory.
        for index in 0..self.files.len() {
            let Some(file) = self.files.get(index) else {
                break;
            };
            let (list, writer) = (file.list(), file.writer_blocks());
            if let Some((head, size)) = list {
                self.visit_list(head, size, seen)?;
            }
            self.visit_unfinished(writer, seen)?;
        }
        self.visit_unfinished(self.building, seen)
    }

    fn visit_unfinished(&mut self, writer: Option<(u32, u32, u32)>, seen: &mut dyn FnMut(u32)) -> Result<(), FsError> {
        if let Some((current, before, index)) = writer {
            if current < self.block_count {
                seen(current);
            }
            if let Some(last) = index.checked_sub(1) {
                self.visit_list_from(before, last, seen)?;
            }
        }
        Ok(())
    }
}
