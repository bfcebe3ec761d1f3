//! Pages: aligned blocks of memory cut into slots of one size.

use crate::heap::Inner;
use alloc::alloc::{Layout, alloc, dealloc};
use core::cell::Cell;
use core::ptr::{self, NonNull};

/// Size and alignment of a page in bytes.
#[cfg(target_pointer_width = "64")]
pub const PAGE_SIZE: usize = 8 * 1024;
/// Size and alignment of a page in bytes.
#[cfg(target_pointer_width = "32")]
pub const PAGE_SIZE: usize = 4 * 1024;

/// Largest block that is cut from a page; larger ones are allocated alone.
#[cfg(not(separate_blocks))]
pub(crate) const MAX_SMALL: usize = 512;
/// Every block is allocated alone, for tools that watch the use of memory (`cargo xtask memcheck`).
#[cfg(separate_blocks)]
pub(crate) const MAX_SMALL: usize = 0;

/// Block sizes: steps of 8 up to 128, then coarser.
pub(crate) const CLASS_SIZES: [u16; 24] =
    [16, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 160, 192, 224, 256, 320, 384, 448, 512];
pub(crate) const CLASSES: usize = CLASS_SIZES.len();

/// The class of blocks of `size` bytes, `1 <= size <= MAX_SMALL`.
#[inline(always)]
pub(crate) fn class_of(size: usize) -> usize {
    if size <= 128 {
        (size.max(9) - 1) >> 3
    } else if size <= 256 {
        16 + ((size - 129) >> 5)
    } else {
        20 + ((size - 257) >> 6)
    }
}

/// What stands at the start of a page.
#[repr(C, align(8))]
pub(crate) struct Page {
    pub heap: *const Inner,
    /// All pages of the heap, doubly linked.
    pub next: Cell<*mut Page>,
    pub prev: Cell<*mut Page>,
    /// Pages of one class that have free slots, singly linked.
    pub next_partial: Cell<*mut Page>,
    pub in_partial: Cell<bool>,
    pub cells: bool,
    pub class: u8,
    pub live: Cell<u16>,
    /// First byte never handed out yet.
    pub bump: Cell<u16>,
    /// Slots given back; the link lies at offset 8 of each, so that a cell's kind byte stays readable.
    pub free: Cell<*mut u8>,
}

const FIRST: usize = size_of::<Page>();
const LINK: usize = 8;

impl Page {
    const LAYOUT: Layout = match Layout::from_size_align(PAGE_SIZE, PAGE_SIZE) {
        Ok(l) => l,
        Err(_) => unreachable!(),
    };

    /// A fresh page from the global allocator.
    pub fn new(heap: *const Inner, class: usize, cells: bool) -> Option<NonNull<Page>> {
        // SAFETY: the layout has a size; the header is written before anybody reads it.
        unsafe {
            let page = NonNull::new(alloc(Self::LAYOUT))?.cast::<Page>();
            page.write(Page {
                heap,
                next: Cell::new(ptr::null_mut()),
                prev: Cell::new(ptr::null_mut()),
                next_partial: Cell::new(ptr::null_mut()),
                in_partial: Cell::new(false),
                cells,
                class: class as u8,
                live: Cell::new(0),
                bump: Cell::new(FIRST as u16),
                free: Cell::new(ptr::null_mut()),
            });
            Some(page)
        }
    }

    /// Gives the page back.
    ///
    /// # Safety
    /// No slot of it is used any more and no list names it.
    pub unsafe fn destroy(page: NonNull<Page>) {
        // SAFETY: it was made by `new` with the same layout.
        unsafe { dealloc(page.as_ptr().cast(), Self::LAYOUT) }
    }

    /// Takes a slot, or `None` when the page is full.
    ///
    /// # Safety
    /// `page` is a live page of this heap.
    #[inline(always)]
    pub unsafe fn take(page: NonNull<Page>) -> Option<NonNull<u8>> {
        // SAFETY: fields of a live page; free slots hold a valid link; bump stays inside the page.
        unsafe {
            let p = page.as_ptr();
            let slot = (*p).free.get();
            if let Some(slot) = NonNull::new(slot) {
                (*p).free.set(slot.as_ptr().add(LINK).cast::<*mut u8>().read());
                (*p).live.set((*p).live.get() + 1);
                return Some(slot);
            }
            let size = CLASS_SIZES[(*p).class as usize] as usize;
            let at = (*p).bump.get() as usize;
            if at + size <= PAGE_SIZE {
                (*p).bump.set((at + size) as u16);
                (*p).live.set((*p).live.get() + 1);
                return Some(NonNull::new_unchecked(p.cast::<u8>().add(at)));
            }
            None
        }
    }

    /// Gives a slot back.
    ///
    /// # Safety
    /// `slot` came from `take` of this page and is not used any more.
    #[inline(always)]
    pub unsafe fn put(page: NonNull<Page>, slot: NonNull<u8>) {
        // SAFETY: the slot is at least 16 bytes, so the link fits at offset 8.
        unsafe {
            let p = page.as_ptr();
            slot.as_ptr().add(LINK).cast::<*mut u8>().write((*p).free.get());
            (*p).free.set(slot.as_ptr());
            (*p).live.set((*p).live.get() - 1);
        }
    }

    /// Calls `f` with every slot that was ever handed out.
    ///
    /// # Safety
    /// `page` is live; `f` does not free the page.
    pub unsafe fn slots(page: NonNull<Page>, f: &mut dyn FnMut(NonNull<u8>)) {
        // SAFETY: slots lie between FIRST and bump, a whole number of them.
        unsafe {
            let p = page.as_ptr();
            let size = CLASS_SIZES[(*p).class as usize] as usize;
            let end = (*p).bump.get() as usize;
            let mut at = FIRST;
            while at + size <= end {
                f(NonNull::new_unchecked(p.cast::<u8>().add(at)));
                at += size;
            }
        }
    }

    /// The page that holds a small block.
    #[inline(always)]
    pub fn of(block: NonNull<u8>) -> NonNull<Page> {
        let page = block.as_ptr().map_addr(|a| a & !(PAGE_SIZE - 1)).cast::<Page>();
        // SAFETY: a block lies behind its page's header, so the page's address is not null.
        unsafe { NonNull::new_unchecked(page) }
    }
}

/// What precedes a block that is too large for a page.
#[repr(C, align(8))]
pub(crate) struct Large {
    pub heap: *const Inner,
    /// Bytes behind this prefix.
    pub size: usize,
    /// Large cells are linked so that the collector finds them; buffers are not.
    pub next: Cell<*mut Large>,
    pub prev: Cell<*mut Large>,
}

pub(crate) const LARGE_PREFIX: usize = size_of::<Large>();

impl Large {
    /// The layout of a large block of `size` bytes with its prefix.
    pub fn layout(size: usize) -> Option<Layout> {
        Layout::from_size_align(size.checked_add(LARGE_PREFIX)?, 8).ok()
    }

    /// The prefix of a large block.
    ///
    /// # Safety
    /// `block` is a large block.
    #[inline(always)]
    pub unsafe fn of(block: NonNull<u8>) -> NonNull<Large> {
        // SAFETY: the caller says a prefix precedes the block.
        unsafe { block.sub(LARGE_PREFIX).cast() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_cover_every_size() {
        for size in 1..=MAX_SMALL {
            let class = class_of(size);
            assert!(CLASS_SIZES[class] as usize >= size, "{size}");
            assert!(class <= 1 || (CLASS_SIZES[class - 1] as usize) < size, "{size}");
        }
    }
}
