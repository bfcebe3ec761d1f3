//! Python source text to syntax tree: lexer, parser and the tree itself.
//!
//! This crate knows no objects, no bytecode and no other crate of the workspace.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod ast;
mod error;
mod interner;

pub use error::{ErrorKind, SyntaxError};
pub use interner::{Interner, Symbol};

/// How to parse.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Accept what MicroPython 1.11 accepted: integers with leading zeros (`04`).
    pub compat_1_11: bool,
    /// The most levels of nested blocks and expressions. More is a `SyntaxError`, never a
    /// stack overflow.
    pub max_depth: u16,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            compat_1_11: false,
            max_depth: 200,
        }
    }
}
