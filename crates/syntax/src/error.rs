//! What is wrong with a source text.

use alloc::string::String;
use core::fmt;

use crate::ast::Pos;

/// Which Python exception a [`SyntaxError`] becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `SyntaxError`
    Syntax,
    /// `IndentationError`
    Indentation,
    /// `NotImplementedError`, for what MicroPython parses but refuses (`"\N{name}"`)
    NotImplemented,
}

/// A source text that is not Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The exception to raise.
    pub kind: ErrorKind,
    /// What is wrong, in plain words.
    pub message: String,
    /// Where.
    pub pos: Pos,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.pos.line, self.pos.column, self.message
        )
    }
}

impl core::error::Error for SyntaxError {}
