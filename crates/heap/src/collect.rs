//! Cycle collection by trial deletion.
//!
//! Counts are reduced by the references that containers hold to containers. What then still has a count is
//! held from outside: registers of a running thread, Rust code, ROM. Everything reachable from those is
//! marked; counts are restored; what stayed unmarked is garbage: each of its cells is held, told to let
//! go of its values, and then released. A container that is mutably borrowed shows no values, neither when
//! reducing nor when restoring, so what it refers to counts as held from outside: the collector is safe at any
//! allocation.

use crate::cell::{HEADER, Header, IMMORTAL, MARKED};
use crate::heap::Inner;
use crate::value::Value;
use alloc::vec::Vec;
use core::ptr::NonNull;

impl Inner {
    /// Frees unreachable cycles; returns how many cells they were.
    pub fn collect(&self) -> usize {
        if self.collecting.replace(true) {
            return 0;
        }
        // SAFETY: no phase before the last frees or makes a cell; `trace` visits the same values each time
        // since nothing runs in between that could mutate a payload.
        let garbage = unsafe { self.find_garbage() };
        let n = garbage.as_ref().map_or(0, Vec::len);
        // Values of dead cycles drop here; new garbage found on the way is freed by the counts.
        if let Some(garbage) = garbage {
            for value in &garbage {
                let header = value.0.cast::<Header>();
                // SAFETY: held by `garbage`, so live.
                unsafe {
                    let kind = (*header.as_ptr()).kind;
                    (self.kinds[kind as usize].clear)(value.0.as_ptr().add(HEADER));
                }
            }
        }
        self.collecting.set(false);
        self.collections.set(self.collections.get() + 1);
        n
    }

    fn is_container(&self, cell: NonNull<u8>) -> bool {
        // SAFETY: only called with live cells.
        let kind = unsafe { (*cell.cast::<Header>().as_ptr()).kind };
        self.kinds[kind as usize].container
    }

    /// Calls `f` with each counted container that `cell` refers to.
    unsafe fn edges(&self, cell: NonNull<u8>, f: &mut dyn FnMut(NonNull<u8>)) {
        // SAFETY: a live cell; trace gets the payload's address.
        unsafe {
            let kind = (*cell.cast::<Header>().as_ptr()).kind;
            (self.kinds[kind as usize].trace)(cell.as_ptr().add(HEADER), &mut |v: &Value| {
                if v.is_cell() && *v.0.cast::<u32>().as_ptr() & IMMORTAL == 0 && self.is_container(v.0) {
                    f(v.0);
                }
            });
        }
    }

    unsafe fn find_garbage(&self) -> Option<Vec<Value>> {
        // SAFETY: see collect. Counts are plain words of live cells.
        unsafe {
            let count = |cell: NonNull<u8>| cell.cast::<u32>().as_ptr();
            let flags = |cell: NonNull<u8>| &(*cell.cast::<Header>().as_ptr()).flags;
            self.each_cell(&mut |cell| {
                if self.is_container(cell) {
                    self.edges(cell, &mut |child| *count(child) -= 1);
                }
            });
            // Mark from what is held outside, with a work list; if that cannot grow, by repeated passes.
            let mut work: Vec<NonNull<u8>> = Vec::new();
            let mut overflow = false;
            let mark = |cell: NonNull<u8>, work: &mut Vec<NonNull<u8>>, overflow: &mut bool| {
                if flags(cell).get() & MARKED == 0 {
                    flags(cell).set(flags(cell).get() | MARKED);
                    if work.try_reserve(1).is_ok() {
                        work.push(cell);
                    } else {
                        *overflow = true;
                    }
                }
            };
            self.each_cell(&mut |cell| {
                if self.is_container(cell) && *count(cell) > 0 {
                    mark(cell, &mut work, &mut overflow);
                    while let Some(next) = work.pop() {
                        self.edges(next, &mut |child| mark(child, &mut work, &mut overflow));
                    }
                }
            });
            while overflow {
                overflow = false;
                self.each_cell(&mut |cell| {
                    if self.is_container(cell) && flags(cell).get() & MARKED != 0 {
                        self.edges(cell, &mut |child| mark(child, &mut work, &mut overflow));
                        while let Some(next) = work.pop() {
                            self.edges(next, &mut |child| mark(child, &mut work, &mut overflow));
                        }
                    }
                });
            }
            self.each_cell(&mut |cell| {
                if self.is_container(cell) {
                    self.edges(cell, &mut |child| *count(child) += 1);
                }
            });
            let mut n = 0;
            self.each_cell(&mut |cell| {
                if self.is_container(cell) && flags(cell).get() & MARKED == 0 {
                    n += 1;
                }
            });
            let mut garbage = Vec::new();
            let room = garbage.try_reserve(n).is_ok();
            self.each_cell(&mut |cell| {
                if self.is_container(cell) {
                    let f = flags(cell);
                    if f.get() & MARKED != 0 {
                        f.set(f.get() & !MARKED);
                    } else if room && *count(cell) & IMMORTAL == 0 {
                        *count(cell) += 1;
                        garbage.push(Value(cell));
                    }
                }
            });
            room.then_some(garbage)
        }
    }
}
