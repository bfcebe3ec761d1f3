//! What can be wrong with a program.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::fmt;

use snakeye_syntax::ast::Pos;
use snakeye_syntax::{ErrorKind, SyntaxError};

/// A program that does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// Source file as the caller named it.
    pub file: Rc<str>,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in bytes, counted from 1.
    pub column: u32,
    /// The exception to raise.
    pub kind: ErrorKind,
    /// What is wrong, in plain words.
    pub message: String,
}

impl CompileError {
    pub(crate) fn new(file: &Rc<str>, error: SyntaxError) -> Self {
        CompileError {
            file: file.clone(),
            line: error.pos.line,
            column: error.pos.column,
            kind: error.kind,
            message: error.message,
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl core::error::Error for CompileError {}

/// Result inside the compiler. The error is boxed: it is rare, and results are returned everywhere.
pub(crate) type Compiled<T = ()> = Result<T, Box<SyntaxError>>;

/// A syntax error at `pos`.
pub(crate) fn error<T>(pos: Pos, message: impl Into<String>) -> Compiled<T> {
    Err(Box::new(SyntaxError { kind: ErrorKind::Syntax, message: message.into(), pos }))
}
