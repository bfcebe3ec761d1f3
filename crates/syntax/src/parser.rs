//! The parser's state, its token handling, and the ways in.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::Options;
use crate::ast::{Expr, ExprKind, Expression, Module, Pos, Stmt};
use crate::error::{ErrorKind, Parsed, SyntaxError};
use crate::interner::{Interner, Symbol};
use crate::lexer::Lexer;
use crate::token::{Tok, Token};

/// Bytes of tree, and of code being made from it, for a token. 50 (a list of numbers) to 145 (short statements in
/// blocks) were measured on 64 bits.
const TOKEN_COST: usize = 16 * size_of::<usize>();

/// As [`TOKEN_COST`], for a scope.
const SCOPE_COST: usize = 192 * size_of::<usize>();

/// A parser that hands out top-level statements one by one, so that each can be compiled and
/// dropped before the next is read.
pub struct Parser<'s> {
    pub(crate) lexer: Lexer<'s>,
    pub(crate) tok: Token,
    pub(crate) names: Interner,
    pub(crate) options: Options,
    pub(crate) depth: u16,
    /// What the present top-level statement has taken, by [`TOKEN_COST`].
    memory: usize,
    /// What is kept of the statements before it: the code made of them.
    kept: usize,
    started: bool,
    finished: bool,
    /// Statements of a line that are not handed out yet.
    line: vec::IntoIter<Stmt>,
}

/// Parses a file or an `exec` string. `file` is kept in the module for tracebacks.
pub fn parse_module(source: &[u8], file: &str, options: &Options) -> Result<Module, SyntaxError> {
    let mut parser = Parser::new(source, options);
    let mut body = Vec::new();
    while let Some(statement) = parser.next_statement()? {
        body.push(statement);
    }
    Ok(Module { body, file: file.into(), names: parser.into_names() })
}

/// Parses one expression (`eval`), around which white space is allowed.
pub fn parse_expression(source: &[u8], file: &str, options: &Options) -> Result<Expression, SyntaxError> {
    let mut parser = Parser::new(source, options);
    parser.lexer = Lexer::new(source, true);
    let body = parser.whole_expression().map_err(|e| *e)?;
    Ok(Expression { body, file: file.into(), names: parser.into_names() })
}

/// Parses one interactive input: nothing, one line of simple statements, or one compound
/// statement.
pub fn parse_interactive(source: &[u8], file: &str, options: &Options) -> Result<Module, SyntaxError> {
    let mut parser = Parser::new(source, options);
    let body = parser.single_input().map_err(|e| *e)?;
    Ok(Module { body, file: file.into(), names: parser.into_names() })
}

impl<'s> Parser<'s> {
    /// A parser at the start of `source`.
    pub fn new(source: &'s [u8], options: &Options) -> Self {
        Parser {
            lexer: Lexer::new(source, false),
            tok: Token { kind: Tok::Eof, start: 0, end: 0, pos: Pos { line: 1, column: 1 } },
            names: Interner::new(),
            options: *options,
            depth: 0,
            memory: 0,
            kept: 0,
            started: false,
            finished: false,
            line: Vec::new().into_iter(),
        }
    }

    /// The next top-level statement, `None` at the end. After an error there are no more.
    pub fn next_statement(&mut self) -> Result<Option<Stmt>, SyntaxError> {
        if let Some(statement) = self.line.next() {
            return Ok(Some(statement));
        }
        if self.finished {
            return Ok(None);
        }
        self.kept += (self.memory - self.kept) / 2;
        self.memory = self.kept;
        match self.next_line() {
            Ok(line) => {
                self.finished = line.is_empty();
                self.line = line.into_iter();
                Ok(self.line.next())
            }
            Err(error) => {
                self.finished = true;
                Err(*error)
            }
        }
    }

    /// The identifiers met so far. Symbols stay valid as more are met.
    pub fn names(&self) -> &Interner {
        &self.names
    }

    /// Ends the parse and hands over the identifiers.
    pub fn into_names(self) -> Interner {
        self.names
    }

    /// The statements of the next top-level line, or the next compound statement; empty at the
    /// end.
    fn next_line(&mut self) -> Parsed<Vec<Stmt>> {
        self.start()?;
        let mut line = Vec::new();
        if self.tok.kind != Tok::Eof {
            self.statement(&mut line)?;
        }
        Ok(line)
    }

    fn start(&mut self) -> Parsed<()> {
        if !self.started {
            self.started = true;
            self.advance()?;
        }
        Ok(())
    }

    fn single_input(&mut self) -> Parsed<Vec<Stmt>> {
        let line = self.next_line()?;
        if line.is_empty() && self.lexer.ends_joined() {
            return Err(self.error("nothing follows the '\\'"));
        }
        if self.tok.kind != Tok::Eof {
            return Err(self.error("more than one statement in interactive input"));
        }
        Ok(line)
    }

    fn whole_expression(&mut self) -> Parsed<Expr> {
        self.start()?;
        let expr = self.star_expressions()?;
        while self.tok.kind == Tok::Newline {
            self.advance()?;
        }
        if self.tok.kind != Tok::Eof {
            return Err(self.unexpected("the end of the expression"));
        }
        Ok(expr)
    }

    /// Reads the next token.
    #[inline(never)]
    pub(crate) fn advance(&mut self) -> Parsed<()> {
        self.memory += TOKEN_COST;
        if self.memory > self.options.memory {
            let mut error = self.error("out of memory");
            error.kind = ErrorKind::Memory;
            return Err(error);
        }
        self.tok = self.lexer.next()?;
        Ok(())
    }

    /// Accounts for a function, class or comprehension: its code is an object with tables of its own.
    pub(crate) fn new_scope(&mut self) {
        self.memory += SCOPE_COST;
    }

    /// Passes a token of this kind, if it is the next.
    pub(crate) fn eat(&mut self, kind: Tok) -> Parsed<bool> {
        let found = self.tok.kind == kind;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Passes a token that must be of this kind; `what` describes it.
    #[inline(never)]
    pub(crate) fn expect(&mut self, kind: Tok, what: &str) -> Parsed<()> {
        if self.tok.kind != kind {
            return Err(self.unexpected(what));
        }
        self.advance()
    }

    /// Passes an identifier.
    #[inline(never)]
    pub(crate) fn name(&mut self, what: &str) -> Parsed<Symbol> {
        if self.tok.kind != Tok::Name {
            return Err(self.unexpected(what));
        }
        let symbol = self.symbol();
        self.advance()?;
        Ok(symbol)
    }

    /// The current token's text as an identifier. The lexer has checked its UTF-8.
    pub(crate) fn symbol(&mut self) -> Symbol {
        let text = self.lexer.slice(self.tok.start, self.tok.end);
        self.names.intern(core::str::from_utf8(text).unwrap_or(""))
    }

    /// Counts a level of recursion, which `self.depth -= 1` ends.
    pub(crate) fn deeper(&mut self) -> Parsed<()> {
        if self.depth >= self.options.max_depth {
            return Err(self.error(TOO_DEEP));
        }
        self.depth += 1;
        Ok(())
    }

    /// A node of the tree, whose height is checked.
    #[inline(never)]
    pub(crate) fn node(&self, pos: Pos, kind: ExprKind) -> Parsed<Expr> {
        let expr = Expr::new(pos, kind);
        if expr.height() > self.options.max_depth {
            return Err(SyntaxError::boxed(pos, TOO_DEEP));
        }
        Ok(expr)
    }

    /// An error at the current token.
    #[inline(never)]
    pub(crate) fn error(&self, message: &str) -> Box<SyntaxError> {
        SyntaxError::boxed(self.tok.pos, message)
    }

    /// An `IndentationError` at the current token.
    #[inline(never)]
    pub(crate) fn indentation_error(&self, message: &str) -> Box<SyntaxError> {
        let mut error = self.error(message);
        error.kind = ErrorKind::Indentation;
        error
    }

    /// The current token is not what was expected. If it starts a line inside a bracket, then
    /// the bracket that was not closed is the likelier mistake.
    #[inline(never)]
    pub(crate) fn unexpected(&self, expected: &str) -> Box<SyntaxError> {
        if self.tok.kind == Tok::Indent {
            return self.indentation_error("unexpected indent");
        }
        let mut message = format!("expected {expected}, not {}", self.found());
        if let Some((bracket, pos)) = self.lexer.open_bracket()
            && pos.line < self.tok.pos.line
            && !matches!(self.tok.kind, Tok::LParen | Tok::LBracket | Tok::LBrace)
        {
            message = format!("{message}; is the '{}' opened on line {} closed?", bracket as char, pos.line);
        }
        self.error(&message)
    }

    /// The current token in words.
    fn found(&self) -> String {
        match self.tok.kind {
            Tok::Eof => "the end of the file".into(),
            Tok::Newline => "the end of the line".into(),
            Tok::Indent => "an indented line".into(),
            Tok::Dedent => "the end of the block".into(),
            Tok::String | Tok::FString | Tok::TString => "a string".into(),
            kind => {
                let text = self.lexer.slice(self.tok.start, self.tok.end);
                let text = String::from_utf8_lossy(text);
                match kind {
                    Tok::Number => format!("the number {text}"),
                    Tok::Name => format!("the name '{text}'"),
                    kind if kind.is_keyword() => format!("the keyword '{text}'"),
                    _ => format!("'{text}'"),
                }
            }
        }
    }
}

const TOO_DEEP: &str = "too much nesting";
