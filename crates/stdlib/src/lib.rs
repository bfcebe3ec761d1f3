//! Modules that need no board: collections, heapq, gc, sys and the like.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub use frozen::FROZEN;
use snakeye_vm::object::ModuleDef;

pub mod array;
pub mod asyncio;
pub mod atexit;
pub mod binascii;
mod buffer;
pub mod cmath;
pub mod collections;
pub mod cryptolib;
pub mod deflate;
pub mod errno;
pub mod framebuf;
mod frozen;
pub mod gc;
pub mod hashlib;
pub mod heapq;
pub mod io;
pub mod json;
pub mod marshal;
pub mod math;
pub mod micropython;
pub mod platform;
pub mod random;
pub mod re;
pub mod select;
mod stream;
pub mod string;
pub mod struct_module;
pub mod sys;
pub mod uctypes;
pub mod weakref;
pub mod websocket;

/// All modules of this crate, for the list a port hands to the VM.
pub static MODULES: &[&ModuleDef] = &[
    &array::ARRAY,
    &asyncio::ASYNCIO,
    &atexit::ATEXIT,
    &binascii::BINASCII,
    &cmath::CMATH,
    &collections::COLLECTIONS,
    &cryptolib::CRYPTOLIB,
    &deflate::DEFLATE,
    &errno::ERRNO,
    &framebuf::FRAMEBUF,
    &gc::GC,
    &hashlib::HASHLIB,
    &heapq::HEAPQ,
    &io::IO,
    &json::JSON,
    &marshal::MARSHAL,
    &math::MATH,
    &micropython::MICROPYTHON,
    &platform::PLATFORM,
    &random::RANDOM,
    &re::RE,
    &select::SELECT,
    &string::STRING,
    &string::TEMPLATELIB,
    &struct_module::STRUCT,
    &sys::SYS,
    &uctypes::UCTYPES,
    &weakref::WEAKREF,
    &websocket::WEBSOCKET,
];
