//! Snakeye's memory: one-word values, reference counts, size-class pages and a cycle collector.
//!
//! Everything a script allocates lives in a [`Heap`] with a hard limit, as on the board. A [`Value`]
//! owns one reference; dropping the last one frees the cell at that instant. Cycles are found by
//! [`Heap::collect`] (trial deletion over the pages' containers).
//!
//! This crate is the first of the project's two unsafe islands. What the unsafe code rests on:
//! 1. A `Value` whose tag is `000` points to a live cell: it was made by an allocation that wrote header
//!    and payload first, and every copy of it is counted.
//! 2. A cell's `kind` byte names the payload's Rust type ([`Payload::KIND`] is unique per type; the one
//!    table of kinds that a heap is made with is checked against it at each allocation).
//! 3. Blocks are found from addresses: a small block lies in a page aligned to [`PAGE_SIZE`] whose header
//!    names its heap; a large block is preceded by a [`large`] prefix that does.
//! 4. A heap outlives all its values: [`Heap`] frees its pages only when dropped, and the VM drops
//!    everything that holds values before it.
//! 5. Nothing here is shared between threads: `Value` and `Heap` are neither `Send` nor `Sync`.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]
extern crate alloc;

mod cell;
mod charge;
mod collect;
mod float;
mod gc;
mod heap;
mod page;
mod slot;
mod stress;
mod value;
mod vec;
mod weak;

pub use cell::{KindOps, Payload, Rom, Tail, TailHead};
pub use charge::Charge;
pub use gc::Gc;
pub use heap::{Heap, OutOfMemory, Stats};
pub use page::PAGE_SIZE;
pub use slot::{Slot, Slots};
pub use stress::Stress;
pub use value::{Tag, Value};
pub use vec::HVec;
pub use weak::Weak;

/// Raw word-level access for the run loop of the VM (the second unsafe island).
pub mod raw {
    pub use crate::float::{decode_float, encode_float, is_inline_float};
}
