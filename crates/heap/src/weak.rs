//! Watched cells: who holds a [`Weak`] can ask for the cell as long as it lives, and the heap tells which of
//! them have gone.

use crate::cell::{Header, IMMORTAL, WATCHED};
use crate::heap::{Heap, Inner, OutOfMemory};
use crate::value::Value;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::ptr::NonNull;

/// Names a cell without holding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weak {
    cell: NonNull<u8>,
    id: u32,
}

impl Weak {
    /// The watched cell's number, never given to another one.
    pub fn id(&self) -> u32 {
        self.id
    }
}

/// Accounted for each watched cell: its entry, and its place among those that have gone.
const COST: usize = size_of::<Weak>() + size_of::<u32>();

/// The watched cells of a heap. Touched only by the functions below, none of which calls out while it does.
#[derive(Default)]
pub(crate) struct Watched {
    /// Ordered by address.
    live: UnsafeCell<Vec<Weak>>,
    gone: UnsafeCell<VecDeque<u32>>,
}

impl Heap {
    /// Watches a cell; `None` for what is not counted: small values, names, cells in ROM.
    pub fn watch(&self, value: &Value) -> Result<Option<Weak>, OutOfMemory> {
        if value.ref_count() == 0 {
            return Ok(None);
        }
        let inner = self.inner();
        // SAFETY: a counted cell (checked above); the lists are not borrowed elsewhere (see Watched), and
        // `charge` is called before they are.
        unsafe {
            let flags = &(*value.0.cast::<Header>().as_ptr()).flags;
            if flags.get() & WATCHED == 0 {
                self.charge(COST)?;
            }
            let live = &mut *inner.watched.live.get();
            match live.binary_search_by_key(&value.0, |w| w.cell) {
                Ok(at) => Ok(Some(live[at])),
                Err(at) => {
                    let gone = &mut *inner.watched.gone.get();
                    let room = live.try_reserve(1).is_ok() && gone.try_reserve(live.len() + 1).is_ok();
                    if !room {
                        self.discharge(COST);
                        return Err(OutOfMemory);
                    }
                    let weak = Weak { cell: value.0, id: self.next_stamp() };
                    live.insert(at, weak);
                    flags.set(flags.get() | WATCHED);
                    Ok(Some(weak))
                }
            }
        }
    }

    /// The watched cell, if it still lives.
    pub fn upgrade(&self, weak: &Weak) -> Option<Value> {
        // SAFETY: a cell in `live` has not been destroyed; one whose count is zero waits for that.
        unsafe {
            let live = &*self.inner().watched.live.get();
            let at = live.binary_search_by_key(&weak.cell, |w| w.cell).ok()?;
            if live[at].id != weak.id {
                return None;
            }
            let count = weak.cell.cast::<u32>().as_ptr();
            if *count == 0 || *count & IMMORTAL != 0 {
                return None;
            }
            *count += 1;
            Some(Value(weak.cell))
        }
    }

    /// The number of the watched cell that went first, of those not asked for yet.
    pub fn next_gone(&self) -> Option<u32> {
        // SAFETY: see Watched.
        let id = unsafe { (*self.inner().watched.gone.get()).pop_front() }?;
        self.discharge(COST);
        Some(id)
    }

    /// Whether a watched cell has gone that was not asked for yet.
    pub fn any_gone(&self) -> bool {
        // SAFETY: see Watched.
        unsafe { !(*self.inner().watched.gone.get()).is_empty() }
    }
}

impl Inner {
    /// Notes that a watched cell is being destroyed.
    #[cold]
    #[inline(never)]
    pub(crate) fn note_gone(&self, cell: NonNull<u8>) {
        // SAFETY: see Watched; `gone` has room for all of `live` (watch), so nothing is allocated here.
        unsafe {
            let live = &mut *self.watched.live.get();
            if let Ok(at) = live.binary_search_by_key(&cell, |w| w.cell) {
                let weak = live.remove(at);
                (*self.watched.gone.get()).push_back(weak.id);
            }
        }
    }
}
