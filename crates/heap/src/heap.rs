//! The heap: allocation, release, limit.

use crate::cell::{CellBox, FREE, HEADER, Header, IMMORTAL, KindOps, LARGE, Payload, Tail, TailHead, WATCHED};
use crate::float;
use crate::gc::Gc;
use crate::page::{CLASS_SIZES, CLASSES, LARGE_PREFIX, Large, MAX_SMALL, PAGE_SIZE, Page, class_of};
use crate::stress::Stress;
use crate::value::Value;
use crate::weak::Watched;
use alloc::alloc::{alloc, dealloc};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::{Cell, UnsafeCell};
use core::ptr::{self, NonNull};

/// The heap's limit is reached, even after a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// What a heap holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes in live blocks, and charged bytes.
    pub used: usize,
    /// Bytes taken from the system: pages, large blocks, charged bytes.
    pub footprint: usize,
    /// Greatest `used` so far, looked at whenever the footprint grows.
    pub peak: usize,
    /// Bytes ever handed out; wraps.
    pub total: usize,
    /// The limit for `footprint`.
    pub limit: usize,
    /// Cells that take part in cycle collection.
    pub containers: usize,
    /// Collections run so far.
    pub collections: usize,
}

/// Nested releases before they go to the work list: bounds the Rust stack.
const MAX_DEPTH: u32 = 24;
/// Containers that may be added before the first automatic collection.
const FIRST_THRESHOLD: usize = 4096;

/// Bits of [`Inner::gate`], which stands before every allocation: the heap is locked; a mode for tests is on.
pub(crate) const LOCKED: u8 = 1;
pub(crate) const STRESSED: u8 = 2;

struct Class {
    current: Cell<*mut Page>,
    partial: Cell<*mut Page>,
}

pub(crate) struct Inner {
    pub kinds: &'static [KindOps],
    classes: [[Class; CLASSES]; 2],
    pub pages: Cell<*mut Page>,
    pub large_cells: Cell<*mut Large>,
    /// Bytes ever handed out, and ever given back; the difference is in use.
    taken: Cell<usize>,
    given: Cell<usize>,
    footprint: Cell<usize>,
    peak: Cell<usize>,
    limit: Cell<usize>,
    /// Growth of `footprint` after which cycles are collected, and what it was at the last collection.
    growth: Cell<usize>,
    collected_at: Cell<usize>,
    containers: Cell<usize>,
    threshold: Cell<usize>,
    depth: Cell<u32>,
    pub collecting: Cell<bool>,
    pub collections: Cell<usize>,
    auto_collect: Cell<bool>,
    pub gate: Cell<u8>,
    pub stress: Cell<(Stress, u32)>,
    pub watched: Watched,
    stamp: Cell<u32>,
    dead: UnsafeCell<Vec<NonNull<u8>>>,
}

/// A heap; dropping it drops every cell that is left in it.
pub struct Heap {
    pub(crate) inner: NonNull<Inner>,
}

impl Heap {
    /// A heap of at most `limit` bytes for cells of these kinds (indexed by kind byte).
    pub fn new(kinds: &'static [KindOps], limit: usize) -> Heap {
        let inner = Box::new(Inner {
            kinds,
            classes: [const {
                [const { Class { current: Cell::new(ptr::null_mut()), partial: Cell::new(ptr::null_mut()) } }; CLASSES]
            }; 2],
            pages: Cell::new(ptr::null_mut()),
            large_cells: Cell::new(ptr::null_mut()),
            taken: Cell::new(0),
            given: Cell::new(0),
            footprint: Cell::new(0),
            peak: Cell::new(0),
            limit: Cell::new(limit),
            growth: Cell::new(usize::MAX),
            collected_at: Cell::new(0),
            containers: Cell::new(0),
            threshold: Cell::new(FIRST_THRESHOLD),
            depth: Cell::new(0),
            collecting: Cell::new(false),
            collections: Cell::new(0),
            auto_collect: Cell::new(true),
            gate: Cell::new(0),
            stress: Cell::new((Stress::Off, 0)),
            watched: Watched::default(),
            stamp: Cell::new(0),
            dead: UnsafeCell::new(Vec::new()),
        });
        Heap { inner: NonNull::from(Box::leak(inner)) }
    }

    pub(crate) fn inner(&self) -> &Inner {
        // SAFETY: made in `new`, freed in `drop`; only shared references to it exist.
        unsafe { self.inner.as_ref() }
    }

    /// Makes a cell.
    #[inline]
    pub fn alloc<T: Payload>(&self, payload: T) -> Result<Gc<T>, OutOfMemory> {
        let inner = self.inner();
        debug_assert_eq!(inner.kinds[T::KIND as usize].kind, T::KIND);
        let block = inner.cell_block::<T>(size_of::<CellBox<T>>())?;
        // SAFETY: the block is large enough and unused; header and payload are written before use.
        unsafe { block.add(HEADER).cast::<T>().write(payload) };
        Ok(Gc::from_value(Value(block)))
    }

    /// Makes a cell with `items` behind `head`. The iterator must give exactly `len` items; a shorter one
    /// is an error of the caller that costs an OutOfMemory.
    pub fn alloc_tail<H: TailHead>(
        &self,
        head: H,
        len: usize,
        items: impl Iterator<Item = H::Element>,
    ) -> Result<Gc<Tail<H>>, OutOfMemory> {
        const { assert!(align_of::<H::Element>() <= 8) };
        let inner = self.inner();
        let bytes = len.checked_mul(size_of::<H::Element>()).ok_or(OutOfMemory)?;
        let offset = core::mem::offset_of!(Tail<H>, start);
        let size = (HEADER + offset).checked_add(bytes).ok_or(OutOfMemory)?;
        let size = size.max(size_of::<CellBox<Tail<H>>>());
        let block = inner.cell_block::<Tail<H>>(size)?;
        // SAFETY: the block holds the tail's fixed part and len elements; all are written before the value
        // is made. If `items` panics or runs short, the block is leaked or freed with len = what was written.
        unsafe {
            let payload = block.as_ptr().add(HEADER);
            let tail = payload.cast::<Tail<H>>();
            ptr::addr_of_mut!((*tail).len).write(0);
            ptr::addr_of_mut!((*tail).head).write(head);
            let elements = Tail::<H>::elements(payload).cast_mut();
            let mut n = 0;
            for item in items.take(len) {
                elements.add(n).write(item);
                n += 1;
            }
            ptr::addr_of_mut!((*tail).len).write(n);
            let gc = Gc::from_value(Value(block));
            if n == len { Ok(gc) } else { Err(OutOfMemory) }
        }
    }

    /// Makes a cell with `len` bytes behind `head`: zeros, which `fill` then overwrites.
    pub fn alloc_bytes<H: TailHead<Element = u8>>(
        &self,
        head: H,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<Gc<Tail<H>>, OutOfMemory> {
        let inner = self.inner();
        let size = (HEADER + core::mem::offset_of!(Tail<H>, start)).checked_add(len).ok_or(OutOfMemory)?;
        let block = inner.cell_block::<Tail<H>>(size.max(size_of::<CellBox<Tail<H>>>()))?;
        // SAFETY: the block holds the tail's fixed part and len bytes; all are written before they are read,
        // and `fill` has the only reference to the bytes.
        unsafe {
            let payload = block.as_ptr().add(HEADER);
            let tail = payload.cast::<Tail<H>>();
            ptr::addr_of_mut!((*tail).len).write(len);
            ptr::addr_of_mut!((*tail).head).write(head);
            let elements = Tail::<H>::elements(payload).cast_mut();
            elements.write_bytes(0, len);
            fill(core::slice::from_raw_parts_mut(elements, len));
            Ok(Gc::from_value(Value(block)))
        }
    }

    /// Makes a cell with these parts, one behind the other, as the `len` bytes behind `head`. Parts that do not
    /// fit are left out; what they leave free is zero.
    #[inline]
    pub fn alloc_parts<'a, H: TailHead<Element = u8>>(
        &self,
        head: H,
        len: usize,
        parts: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Gc<Tail<H>>, OutOfMemory> {
        let inner = self.inner();
        let size = (HEADER + core::mem::offset_of!(Tail<H>, start)).checked_add(len).ok_or(OutOfMemory)?;
        let block = inner.cell_block::<Tail<H>>(size.max(size_of::<CellBox<Tail<H>>>()))?;
        // SAFETY: as in alloc_bytes; `at` never exceeds len, and the parts lie in other blocks, as this one is
        // new. The length is written last, so a panicking iterator leaves a cell that is never seen.
        unsafe {
            let payload = block.as_ptr().add(HEADER);
            let tail = payload.cast::<Tail<H>>();
            ptr::addr_of_mut!((*tail).len).write(0);
            ptr::addr_of_mut!((*tail).head).write(head);
            let elements = Tail::<H>::elements(payload).cast_mut();
            let mut at = 0;
            for part in parts {
                if part.len() <= len - at {
                    ptr::copy_nonoverlapping(part.as_ptr(), elements.add(at), part.len());
                    at += part.len();
                }
            }
            elements.add(at).write_bytes(0, len - at);
            ptr::addr_of_mut!((*tail).len).write(len);
            Ok(Gc::from_value(Value(block)))
        }
    }

    /// The payload of kind `T` boxes what does not fit the word.
    pub fn float<T: Payload + From<f64>>(&self, x: f64) -> Result<Value, OutOfMemory> {
        match float::encode_float(x).and_then(core::num::NonZeroUsize::new) {
            Some(word) => Ok(Value(NonNull::without_provenance(word))),
            None => Ok(self.alloc(T::from(x))?.into()),
        }
    }

    /// Makes the cell live as long as the heap: its count no longer changes.
    pub fn make_immortal(&self, value: &Value) {
        if value.ref_count() > 0 {
            // SAFETY: a counted cell of this heap (ref_count > 0 excludes ROM and non-cells).
            unsafe { *value.0.cast::<u32>().as_ptr() |= IMMORTAL };
        }
    }

    /// Frees unreachable cycles; returns how many cells they were.
    pub fn collect(&self) -> usize {
        self.inner().collect()
    }

    /// Switches automatic collection (`gc.enable`, `gc.disable`).
    pub fn set_auto_collect(&self, on: bool) {
        self.inner().auto_collect.set(on);
    }

    /// Whether automatic collection is on.
    pub fn auto_collect(&self) -> bool {
        self.inner().auto_collect.get()
    }

    /// Lets cycles be collected whenever the footprint has grown by so many bytes (`gc.threshold`); `None`: the
    /// heap finds its own pace.
    pub fn set_growth_threshold(&self, bytes: Option<usize>) {
        let inner = self.inner();
        inner.collected_at.set(inner.footprint.get());
        inner.growth.set(bytes.unwrap_or(usize::MAX));
    }

    /// Makes every allocation fail (`micropython.heap_lock`).
    pub fn set_locked(&self, locked: bool) {
        let gate = &self.inner().gate;
        gate.set(if locked { gate.get() | LOCKED } else { gate.get() & !LOCKED });
    }

    /// Runs `work` without the lock: for what the VM needs by itself (a bound method, an iterator, an
    /// exception), which a script that locked the heap did not ask for.
    #[inline]
    pub fn unlocked<R>(&self, work: impl FnOnce() -> R) -> R {
        self.inner().unlocked(work)
    }

    /// Runs `work` without the lock and with `bytes` beyond the limit: the last reserve.
    pub fn with_reserve<R>(&self, bytes: usize, work: impl FnOnce() -> R) -> R {
        let limit = self.inner().limit.get();
        self.set_limit(limit.saturating_add(bytes));
        let result = self.unlocked(work);
        self.set_limit(limit);
        result
    }

    /// Whether every allocation fails now.
    pub fn locked(&self) -> bool {
        self.inner().gate.get() & LOCKED != 0
    }

    /// Moves the limit.
    pub fn set_limit(&self, limit: usize) {
        self.inner().limit.set(limit);
    }

    /// A number never given before on this heap (until 2^32 of them wrap), never 0: for versions that
    /// caches compare.
    pub fn next_stamp(&self) -> u32 {
        let stamp = &self.inner().stamp;
        stamp.set(stamp.get().wrapping_add(1).max(1));
        stamp.get()
    }

    /// What the heap holds now.
    pub fn stats(&self) -> Stats {
        let inner = self.inner();
        Stats {
            used: inner.used(),
            footprint: inner.footprint.get(),
            peak: inner.peak.get().max(inner.used()),
            total: inner.taken.get(),
            limit: inner.limit.get(),
            containers: inner.containers.get(),
            collections: inner.collections.get(),
        }
    }

    /// A buffer of at least `bytes` bytes, aligned to 8, and its true size.
    pub(crate) fn alloc_buffer(&self, bytes: usize) -> Result<(NonNull<u8>, usize), OutOfMemory> {
        let inner = self.inner();
        if bytes <= MAX_SMALL {
            let class = class_of(bytes);
            Ok((inner.small(class, false)?, CLASS_SIZES[class] as usize))
        } else {
            let bytes = bytes.checked_add(15).ok_or(OutOfMemory)? & !15;
            Ok((inner.large(bytes)?, bytes))
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // What is left are cycles and what only they hold: a collection drops them, each while all that it refers
        // to is alive, as a payload's own Drop may look at that. Immortal cells are texts. Should somebody have
        // forgotten a value, its payload is not dropped: there is no order in which that would be sound.
        self.set_stress(Stress::Off);
        self.collect();
        // SAFETY: invariant 4: no value outlives the heap, so nobody looks at its memory any more.
        unsafe {
            let inner = self.inner.as_ref();
            let mut page = inner.pages.get();
            while let Some(p) = NonNull::new(page) {
                page = (*p.as_ptr()).next.get();
                Page::destroy(p);
            }
            let mut large = inner.large_cells.get();
            while let Some(l) = NonNull::new(large) {
                large = (*l.as_ptr()).next.get();
                let size = (*l.as_ptr()).size;
                if let Some(layout) = Large::layout(size) {
                    dealloc(l.as_ptr().cast(), layout);
                }
            }
            drop(Box::from_raw(self.inner.as_ptr()));
        }
    }
}

impl Inner {
    #[inline]
    pub fn unlocked<R>(&self, work: impl FnOnce() -> R) -> R {
        let locked = self.gate.get() & LOCKED;
        self.gate.set(self.gate.get() & !LOCKED);
        let result = work();
        self.gate.set(self.gate.get() | locked);
        result
    }

    #[inline(always)]
    fn cell_block<T: Payload>(&self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        if T::CONTAINER {
            let n = self.containers.get() + 1;
            if n > self.threshold.get() {
                self.automatic();
            }
        }
        let (block, class) = if size <= MAX_SMALL {
            let class = class_of(size);
            (self.small(class, true)?, class as u8)
        } else {
            let block = self.large(size)?;
            self.link_large(block);
            (block, LARGE)
        };
        if T::CONTAINER {
            self.containers.set(self.containers.get() + 1);
        }
        // SAFETY: a fresh block of at least HEADER bytes.
        unsafe {
            block.cast::<Header>().write(Header {
                rc: Cell::new(1),
                kind: T::KIND,
                flags: Cell::new(0),
                class,
                reserved: 0,
            });
        }
        Ok(block)
    }

    #[inline(always)]
    fn small(&self, class: usize, cells: bool) -> Result<NonNull<u8>, OutOfMemory> {
        if self.gate.get() != 0 {
            self.gated()?;
        }
        let state = &self.classes[cells as usize][class];
        if let Some(page) = NonNull::new(state.current.get()) {
            // SAFETY: the current page of a class is live.
            if let Some(slot) = unsafe { Page::take(page) } {
                self.taken.set(self.taken.get().wrapping_add(CLASS_SIZES[class] as usize));
                return Ok(slot);
            }
        }
        self.small_slow(class, cells)
    }

    #[cold]
    #[inline(never)]
    fn small_slow(&self, class: usize, cells: bool) -> Result<NonNull<u8>, OutOfMemory> {
        let state = &self.classes[cells as usize][class];
        let mut collected = self.pace();
        loop {
            // SAFETY: pages in the lists are live pages of this heap.
            unsafe {
                if let Some(page) = NonNull::new(state.partial.get()) {
                    state.partial.set((*page.as_ptr()).next_partial.get());
                    (*page.as_ptr()).in_partial.set(false);
                    state.current.set(page.as_ptr());
                } else if self.fits(PAGE_SIZE)
                    && let Some(page) = Page::new(self, class, cells)
                {
                    self.add(0, PAGE_SIZE);
                    let head = self.pages.get();
                    (*page.as_ptr()).next.set(head);
                    if let Some(head) = NonNull::new(head) {
                        (*head.as_ptr()).prev.set(page.as_ptr());
                    }
                    self.pages.set(page.as_ptr());
                    state.current.set(page.as_ptr());
                } else if !collected && !self.collecting.get() {
                    self.collect();
                    collected = true;
                    // The current page may have room again.
                } else {
                    return Err(OutOfMemory);
                }
                if let Some(page) = NonNull::new(state.current.get())
                    && let Some(slot) = Page::take(page)
                {
                    self.taken.set(self.taken.get().wrapping_add(CLASS_SIZES[class] as usize));
                    return Ok(slot);
                }
            }
        }
    }

    fn large(&self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        let layout = Large::layout(size).ok_or(OutOfMemory)?;
        self.make_room(layout.size())?;
        // SAFETY: the layout has a size; the prefix is written at once.
        unsafe {
            let start = NonNull::new(alloc(layout)).ok_or(OutOfMemory)?;
            start.cast::<Large>().write(Large {
                heap: self,
                size,
                next: Cell::new(ptr::null_mut()),
                prev: Cell::new(ptr::null_mut()),
            });
            self.add(layout.size(), layout.size());
            Ok(start.add(LARGE_PREFIX))
        }
    }

    fn link_large(&self, block: NonNull<u8>) {
        // SAFETY: a large block of this heap, and the list's head is one as well.
        unsafe {
            let large = Large::of(block).as_ptr();
            let head = self.large_cells.get();
            (*large).next.set(head);
            if let Some(head) = NonNull::new(head) {
                (*head.as_ptr()).prev.set(large);
            }
            self.large_cells.set(large);
        }
    }

    /// Frees a block given its class.
    ///
    /// # Safety
    /// The block is this heap's and not used any more; a large cell is still linked.
    unsafe fn free_block(&self, block: NonNull<u8>, class: u8, cell: bool) {
        // SAFETY: per the contract.
        unsafe {
            if class == LARGE {
                let large = Large::of(block).as_ptr();
                if cell {
                    let (prev, next) = ((*large).prev.get(), (*large).next.get());
                    match NonNull::new(prev) {
                        Some(p) => (*p.as_ptr()).next.set(next),
                        None => self.large_cells.set(next),
                    }
                    if let Some(n) = NonNull::new(next) {
                        (*n.as_ptr()).prev.set(prev);
                    }
                }
                if let Some(layout) = Large::layout((*large).size) {
                    self.sub(layout.size(), layout.size());
                    dealloc(large.cast(), layout);
                }
                return;
            }
            self.given.set(self.given.get().wrapping_add(CLASS_SIZES[class as usize] as usize));
            let page = Page::of(block);
            Page::put(page, block);
            let p = page.as_ptr();
            let state = &self.classes[(*p).cells as usize][class as usize];
            if state.current.get() == p {
                return;
            }
            if (*p).live.get() == 0 && !self.collecting.get() {
                self.retire(page);
            } else if !(*p).in_partial.get() {
                (*p).in_partial.set(true);
                (*p).next_partial.set(state.partial.get());
                state.partial.set(p);
            }
        }
    }

    /// Returns an empty page to the system.
    unsafe fn retire(&self, page: NonNull<Page>) {
        // SAFETY: a live page of this heap without live slots; it leaves both lists first.
        unsafe {
            let p = page.as_ptr();
            let state = &self.classes[(*p).cells as usize][(*p).class as usize];
            if (*p).in_partial.get() {
                let mut link = &state.partial;
                while link.get() != p {
                    match NonNull::new(link.get()) {
                        Some(other) => link = &(*other.as_ptr()).next_partial,
                        None => return,
                    }
                }
                link.set((*p).next_partial.get());
            }
            let (prev, next) = ((*p).prev.get(), (*p).next.get());
            match NonNull::new(prev) {
                Some(q) => (*q.as_ptr()).next.set(next),
                None => self.pages.set(next),
            }
            if let Some(n) = NonNull::new(next) {
                (*n.as_ptr()).prev.set(prev);
            }
            self.footprint.set(self.footprint.get() - PAGE_SIZE);
            Page::destroy(page);
        }
    }

    fn fits(&self, bytes: usize) -> bool {
        self.footprint.get().checked_add(bytes).is_some_and(|n| n <= self.limit.get())
    }

    /// Makes sure that `bytes` more fit, by a collection if need be.
    pub fn make_room(&self, bytes: usize) -> Result<(), OutOfMemory> {
        if self.gate.get() != 0 {
            self.gated()?;
        }
        if !self.pace() && !self.fits(bytes) {
            self.collect();
        }
        if self.fits(bytes) { Ok(()) } else { Err(OutOfMemory) }
    }

    /// Collects when the footprint has grown by what `gc.threshold` asked for; true: it did.
    fn pace(&self) -> bool {
        let due = self.footprint.get().saturating_sub(self.collected_at.get()) >= self.growth.get()
            && self.auto_collect.get()
            && !self.collecting.get();
        if due {
            self.collect();
            self.collected_at.set(self.footprint.get());
        }
        due
    }

    pub fn add(&self, used: usize, footprint: usize) {
        self.taken.set(self.taken.get().wrapping_add(used));
        self.footprint.set(self.footprint.get() + footprint);
        self.peak.set(self.peak.get().max(self.used()));
    }

    fn used(&self) -> usize {
        self.taken.get().wrapping_sub(self.given.get())
    }

    pub fn sub(&self, used: usize, footprint: usize) {
        self.given.set(self.given.get().wrapping_add(used));
        self.footprint.set(self.footprint.get().saturating_sub(footprint));
    }

    #[cold]
    #[inline(never)]
    fn automatic(&self) {
        if self.auto_collect.get() && !self.collecting.get() {
            self.collect();
            self.threshold.set(self.containers.get() * 2 + FIRST_THRESHOLD);
        }
    }

    /// Calls `f` with every live cell.
    ///
    /// # Safety
    /// `f` neither frees nor makes cells.
    pub unsafe fn each_cell(&self, f: &mut dyn FnMut(NonNull<u8>)) {
        // SAFETY: pages and large cells in the lists are live; a slot whose kind is FREE holds no cell.
        unsafe {
            let mut page = self.pages.get();
            while let Some(p) = NonNull::new(page) {
                page = (*p.as_ptr()).next.get();
                if (*p.as_ptr()).cells && (*p.as_ptr()).live.get() > 0 {
                    Page::slots(p, &mut |slot| {
                        if (*slot.cast::<Header>().as_ptr()).kind != FREE {
                            f(slot);
                        }
                    });
                }
            }
            let mut large = self.large_cells.get();
            while let Some(l) = NonNull::new(large) {
                large = (*l.as_ptr()).next.get();
                f(l.cast::<u8>().add(LARGE_PREFIX));
            }
        }
    }

    /// Drops the payload of a dead cell and frees its block.
    ///
    /// # Safety
    /// The cell's count has reached zero and it was not destroyed before.
    unsafe fn destroy(&self, cell: NonNull<u8>) {
        // SAFETY: per the contract; the kind byte is cleared after the payload is gone so that walks skip it.
        unsafe {
            let header = cell.cast::<Header>().as_ptr();
            let kind = (*header).kind;
            let class = (*header).class;
            let ops = &self.kinds[kind as usize];
            if (*header).flags.get() & WATCHED != 0 {
                self.note_gone(cell);
            }
            (ops.drop)(cell.as_ptr().add(HEADER));
            if ops.container {
                self.containers.set(self.containers.get() - 1);
            }
            (*header).kind = FREE;
            self.free_block(cell, class, true);
        }
    }

    unsafe fn release(&self, cell: NonNull<u8>) {
        let depth = self.depth.get();
        // SAFETY: the count just reached zero. `dead` is only touched here, never while a borrow is held.
        unsafe {
            if depth >= MAX_DEPTH {
                let dead = &mut *self.dead.get();
                if dead.try_reserve(1).is_ok() {
                    dead.push(cell);
                    return;
                }
            }
            self.depth.set(depth + 1);
            self.destroy(cell);
            if depth == 0 {
                while let Some(next) = (*self.dead.get()).pop() {
                    self.destroy(next);
                }
            }
            self.depth.set(depth);
        }
    }
}

/// The heap a cell belongs to.
unsafe fn heap_of(cell: NonNull<u8>) -> *const Inner {
    // SAFETY: a live, counted cell lies in a page or behind a large prefix (invariant 3).
    unsafe {
        if (*cell.cast::<Header>().as_ptr()).class == LARGE {
            (*Large::of(cell).as_ptr()).heap
        } else {
            (*Page::of(cell).as_ptr()).heap
        }
    }
}

/// Called when a count has reached zero.
///
/// # Safety
/// `cell` is such a cell.
#[cold]
#[inline(never)]
pub(crate) unsafe fn release(cell: NonNull<u8>) {
    // SAFETY: the heap outlives its cells (invariant 4).
    unsafe { (*heap_of(cell)).release(cell) }
}

/// Frees a buffer of `bytes` bytes (its true size).
///
/// # Safety
/// It came from `alloc_buffer` with that true size and is not used any more.
pub(crate) unsafe fn free_buffer(block: NonNull<u8>, bytes: usize) {
    // SAFETY: per the contract; size tells whether it lies in a page.
    unsafe {
        if bytes <= MAX_SMALL {
            let inner = (*Page::of(block).as_ptr()).heap;
            (*inner).free_block(block, class_of(bytes) as u8, false);
        } else {
            let inner = (*Large::of(block).as_ptr()).heap;
            (*inner).free_block(block, LARGE, false);
        }
    }
}
