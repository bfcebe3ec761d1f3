//! Snakeye's virtual machine: objects, built-ins, run loop, calls, exceptions, generators, green threads.
//!
//! Knows no board, no file system and no network: it sees the outside through [`host::Host`]. This crate is
//! the second unsafe island, in two places: `kinds.rs` and `object/str.rs` (payload kinds, UTF-8 of string cells) and
//! `run/` (frames, registers, the run loop). Everything else is safe code.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]
extern crate alloc;

#[macro_use]
mod macros;

pub mod builtins;
pub mod classes;
pub mod collection;
pub mod errno;
pub mod exceptions;
pub mod host;
mod intern;
mod kinds;
mod memory;
pub mod names;
pub mod number;
pub mod object;
pub mod ops;
pub mod run;
mod shape;
pub mod text;
mod vm;

pub use snakeye_heap::{Charge, Gc, HVec, Heap, OutOfMemory, Rom, Slot, Slots, Stress, Value, Weak};
pub use snakeye_syntax::is_incomplete;
pub use vm::{Config, Raised, Res, Vm};
