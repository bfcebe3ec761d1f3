//! What is wrong with a source text.

use alloc::boxed::Box;
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
    /// `MemoryError`: a statement needs more than [`Options::memory`](crate::Options::memory)
    Memory,
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

/// What the lexer and the parser return. The error is boxed to keep the stack small.
pub(crate) type Parsed<T> = Result<T, Box<SyntaxError>>;

impl SyntaxError {
    /// A plain `SyntaxError`.
    pub fn new(pos: Pos, message: &str) -> Self {
        SyntaxError { kind: ErrorKind::Syntax, message: message.into(), pos }
    }

    pub(crate) fn boxed(pos: Pos, message: &str) -> Box<Self> {
        Box::new(Self::new(pos, message))
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.pos.line, self.pos.column, self.message)
    }
}

impl core::error::Error for SyntaxError {}
