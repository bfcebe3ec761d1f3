//! Modules that need no board: collections, heapq, gc, sys and the like.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

use snakeye_vm::object::ModuleDef;

pub mod atexit;
pub mod collections;
pub mod errno;
pub mod gc;
pub mod heapq;
pub mod micropython;
pub mod sys;

/// All modules of this crate, for the list a port hands to the VM.
pub static MODULES: &[&ModuleDef] = &[
    &atexit::ATEXIT,
    &collections::COLLECTIONS,
    &errno::ERRNO,
    &gc::GC,
    &heapq::HEAPQ,
    &micropython::MICROPYTHON,
    &sys::SYS,
];
