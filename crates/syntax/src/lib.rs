//! Python source text to syntax tree: lexer, parser and the tree itself.
//!
//! This crate knows no objects, no bytecode and no other crate of the workspace. Its ways in
//! are [`parse_module`], [`parse_expression`] and [`parse_interactive`], and [`Parser`] for one
//! statement at a time; [`is_incomplete`] serves a prompt.
//!
//! Limits: the tree is never higher, and the parser never recurses deeper, than
//! [`Options::max_depth`]; source lines and columns are counted in 32 bits. The functions on the
//! recursive path are not inlined, so that a level costs only the frames it needs: up to 1 KB of
//! stack on a 32-bit board, 1.5 KB on a 64-bit host (release build).
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod arguments;
pub mod ast;
mod compound;
mod displays;
pub mod dump;
mod error;
mod expressions;
mod interner;
mod lexer;
mod number;
mod parser;
mod repl;
mod statements;
mod strings;
mod targets;
mod token;

pub use error::{ErrorKind, SyntaxError};
pub use interner::{Interner, Symbol};
pub use parser::{Parser, parse_expression, parse_interactive, parse_module};
pub use repl::is_incomplete;

/// How to parse.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Accept what MicroPython 1.11 accepted: integers with leading zeros (`04`).
    pub compat_1_11: bool,
    /// The value of `__debug__`; false when assertions are optimised away.
    pub debug: bool,
    /// The most levels of nested blocks and expressions. More is a `SyntaxError`, never a
    /// stack overflow. A board sets it by its stack, at 1 KB a level.
    pub max_depth: u16,
    /// About how many bytes the tree of one top-level statement may take. More is an error of kind
    /// [`ErrorKind::Memory`].
    pub memory: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { compat_1_11: false, debug: true, max_depth: 200, memory: usize::MAX }
    }
}
