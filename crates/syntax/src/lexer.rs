//! Source bytes to tokens. Tokens are ranges of the source; nothing is allocated per token.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::ast::{Operator, Pos};
use crate::error::{ErrorKind, Parsed, SyntaxError};
use crate::token::{Tok, Token};

/// Width of a tab stop in indentation, as in CPython and MicroPython.
const TAB: usize = 8;

/// The state of the lexer. Cloning it is the way to look far ahead and come back.
#[derive(Clone)]
pub(crate) struct Lexer<'s> {
    src: &'s [u8],
    at: usize,
    line: u32,
    line_start: usize,
    /// Open brackets; inside them line ends mean nothing.
    brackets: Vec<(u8, Pos)>,
    /// Columns of the enclosing blocks, without the outermost 0.
    indents: Vec<usize>,
    dedents: usize,
    at_line_start: bool,
    /// Leading space means nothing (`eval`).
    free_indent: bool,
    /// The number of open brackets at which `:` starts a format specification, 0 outside of
    /// f-strings.
    pub field_depth: usize,
}

/// What ended a piece of f-string text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextEnd {
    /// The closing quotes.
    Quote,
    /// `{`, a replacement field.
    Field,
    /// `}`, the end of a format specification.
    Spec,
}

/// How a string literal is written.
#[derive(Clone, Copy)]
pub(crate) struct Quotes {
    pub quote: u8,
    pub triple: bool,
    pub raw: bool,
    pub bytes: bool,
}

impl<'s> Lexer<'s> {
    pub fn new(src: &'s [u8], free_indent: bool) -> Self {
        let at = if src.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Lexer {
            src,
            at,
            line: 1,
            line_start: at,
            brackets: Vec::new(),
            indents: Vec::new(),
            dedents: 0,
            at_line_start: true,
            free_indent,
            field_depth: 0,
        }
    }

    /// The bytes of a range; empty if it is out of bounds.
    pub fn slice(&self, start: usize, end: usize) -> &'s [u8] {
        self.src.get(start..end).unwrap_or(&[])
    }

    /// What follows from an offset on.
    pub fn rest(&self, start: usize) -> &'s [u8] {
        self.src.get(start..).unwrap_or(&[])
    }

    /// The innermost open bracket.
    pub fn open_bracket(&self) -> Option<(u8, Pos)> {
        self.brackets.last().copied()
    }

    /// Where the lexer stands: just after the last token.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Opens the replacement field whose `{` was just passed.
    pub fn open_field(&mut self) {
        let mut pos = self.pos(self.at);
        pos.column = pos.column.saturating_sub(1);
        self.brackets.push((b'{', pos));
        self.field_depth = self.brackets.len();
    }

    /// Closes the innermost replacement field, whose `}` ended its format specification.
    pub fn close_field(&mut self) {
        self.brackets.pop();
    }

    /// The next token.
    #[inline(never)]
    pub fn next(&mut self) -> Parsed<Token> {
        if self.dedents > 0 {
            self.dedents -= 1;
            return Ok(self.empty(Tok::Dedent));
        }
        if self.at_line_start {
            self.at_line_start = false;
            if let Some(token) = self.indentation()? {
                return Ok(token);
            }
        }
        loop {
            match self.peek(0) {
                b' ' | b'\t' | 0x0c | 0x0b => self.at += 1,
                b'#' => self.skip_comment(),
                b'\n' | b'\r' => {
                    let start = self.at;
                    let pos = self.pos(start);
                    self.skip_newline();
                    if self.brackets.is_empty() {
                        self.at_line_start = true;
                        return Ok(Token { kind: Tok::Newline, start, end: start, pos });
                    }
                }
                b'\\' => {
                    if !matches!(self.peek(1), b'\n' | b'\r') {
                        return Err(self.error(self.at, "unexpected character after '\\'"));
                    }
                    self.pass_joint()?;
                }
                0 if self.at >= self.src.len() => return self.end_of_file(),
                _ => return self.token(),
            }
        }
    }

    /// The text of an f-string up to its end, the next field, or the end of the format
    /// specification. The lexer is then after that.
    pub fn fstring_text(&mut self, q: Quotes, in_spec: bool, opened: Pos) -> Parsed<(&'s [u8], TextEnd)> {
        let start = self.at;
        // In a specification `}}` is a brace only after `{{`; else it is two ends.
        let mut open_braces = if in_spec { 0 } else { usize::MAX };
        loop {
            match self.peek(0) {
                b if b == q.quote => {
                    let end = self.at;
                    if !q.triple || (self.peek(1) == b && self.peek(2) == b) {
                        self.at += if q.triple { 3 } else { 1 };
                        return Ok((self.slice(start, end), TextEnd::Quote));
                    }
                    self.at += 1;
                }
                b'{' if self.peek(1) == b'{' => {
                    open_braces = open_braces.saturating_add(1);
                    self.at += 2;
                }
                b'}' if open_braces > 0 && self.peek(1) == b'}' => {
                    open_braces = open_braces.saturating_sub(usize::from(in_spec));
                    self.at += 2;
                }
                b'{' => {
                    self.at += 1;
                    return Ok((self.slice(start, self.at - 1), TextEnd::Field));
                }
                b'}' if in_spec => {
                    self.at += 1;
                    return Ok((self.slice(start, self.at - 1), TextEnd::Spec));
                }
                b'}' => {
                    return Err(self.error(self.at, crate::strings::SINGLE_BRACE));
                }
                b'\\' if !matches!(self.peek(1), b'{' | b'}') => {
                    self.at += 1;
                    self.skip_string_char();
                }
                b'\n' | b'\r' if !q.triple => {
                    return Err(SyntaxError::boxed(opened, "unterminated f-string"));
                }
                0 if self.at >= self.src.len() => {
                    return Err(SyntaxError::boxed(opened, "unterminated f-string"));
                }
                _ => self.skip_string_char(),
            }
        }
    }

    /// Splits a string token's start into its way of writing and the offset of its content.
    pub fn quotes(&self, token: &Token) -> (Quotes, usize) {
        let mut q = Quotes { quote: b'"', triple: false, raw: false, bytes: false };
        let mut at = token.start;
        for &b in self.slice(token.start, token.end) {
            match b {
                b'r' | b'R' => q.raw = true,
                b'b' | b'B' => q.bytes = true,
                b'\'' | b'"' => {
                    q.quote = b;
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        let second = self.src.get(at + 1).copied();
        let third = self.src.get(at + 2).copied();
        q.triple = second == Some(q.quote) && third == Some(q.quote);
        (q, at + if q.triple { 3 } else { 1 })
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.src.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn pos(&self, at: usize) -> Pos {
        Pos { line: self.line, column: at.saturating_sub(self.line_start) as u32 + 1 }
    }

    fn error(&self, at: usize, message: &str) -> Box<SyntaxError> {
        SyntaxError::boxed(self.pos(at), message)
    }

    fn empty(&self, kind: Tok) -> Token {
        Token { kind, start: self.at, end: self.at, pos: self.pos(self.at) }
    }

    fn skip_comment(&mut self) {
        let rest = self.src.get(self.at..).unwrap_or(&[]);
        self.at += rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
    }

    /// Passes `\n`, `\r` or `\r\n`.
    fn skip_newline(&mut self) {
        if self.peek(0) == b'\r' && self.peek(1) == b'\n' {
            self.at += 1;
        }
        self.at += 1;
        self.line += 1;
        self.line_start = self.at;
    }

    /// Whether the text ends in a backslash and a line end, which join nothing.
    pub(crate) fn ends_joined(&self) -> bool {
        matches!(self.src, [.., b'\\', b'\n'] | [.., b'\\', b'\r'] | [.., b'\\', b'\r', b'\n'])
    }

    /// Passes a backslash and the line end after it.
    fn pass_joint(&mut self) -> Parsed<()> {
        self.at += 1;
        self.skip_newline();
        Ok(())
    }

    /// Passes one byte of a string, or one line end.
    fn skip_string_char(&mut self) {
        match self.peek(0) {
            b'\n' | b'\r' => self.skip_newline(),
            _ if self.at < self.src.len() => self.at += 1,
            _ => {}
        }
    }

    /// Measures the indentation of the next line that holds code.
    fn indentation(&mut self) -> Parsed<Option<Token>> {
        let mut column = 0;
        // Of lines joined by backslashes the first that is indented counts.
        let mut joined = 0;
        loop {
            match self.peek(0) {
                b'\\' if matches!(self.peek(1), b'\n' | b'\r') => {
                    if joined == 0 {
                        joined = column;
                    }
                    self.pass_joint()?;
                    continue;
                }
                b' ' | 0x0b => column += 1,
                b'\t' => column = (column / TAB + 1) * TAB,
                0x0c => column = 0,
                b'#' => {
                    self.skip_comment();
                    continue;
                }
                b'\n' | b'\r' => {
                    self.skip_newline();
                    column = 0;
                    joined = 0;
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
        if self.at >= self.src.len() {
            self.at_line_start = true;
            return Ok(None);
        }
        if joined != 0 {
            column = joined;
        }
        let current = self.indents.last().copied().unwrap_or(0);
        if self.free_indent || column == current {
            return Ok(None);
        }
        if column > current {
            self.indents.push(column);
            return Ok(Some(self.empty(Tok::Indent)));
        }
        while self.indents.last().is_some_and(|&top| top > column) {
            self.indents.pop();
            self.dedents += 1;
        }
        if self.indents.last().copied().unwrap_or(0) != column {
            let message = "unindent does not match any outer indentation level";
            let mut error = self.error(self.at, message);
            error.kind = ErrorKind::Indentation;
            return Err(error);
        }
        self.dedents -= 1;
        Ok(Some(self.empty(Tok::Dedent)))
    }

    fn end_of_file(&mut self) -> Parsed<Token> {
        if let Some(&(bracket, pos)) = self.brackets.last() {
            let message = format!("unclosed '{}' opened on line {}", bracket as char, pos.line);
            return Err(SyntaxError::boxed(pos, &message));
        }
        if !self.at_line_start {
            self.at_line_start = true;
            return Ok(self.empty(Tok::Newline));
        }
        if self.indents.pop().is_some() {
            return Ok(self.empty(Tok::Dedent));
        }
        Ok(self.empty(Tok::Eof))
    }

    /// A token that starts here.
    fn token(&mut self) -> Parsed<Token> {
        let start = self.at;
        let pos = self.pos(start);
        let first = self.peek(0);
        let kind = match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word(start)?,
            b'0'..=b'9' => self.number(start)?,
            b'.' if self.peek(1).is_ascii_digit() => self.number(start)?,
            b'"' | b'\'' => self.string(start, Tok::String)?,
            _ => self.operator(first)?,
        };
        Ok(Token { kind, start, end: self.at, pos })
    }

    /// A name, a keyword, or a string with a prefix.
    fn word(&mut self, start: usize) -> Parsed<Tok> {
        let rest = self.src.get(start..).unwrap_or(&[]);
        let length = rest.iter().position(|&b| !is_word(b)).unwrap_or(rest.len());
        self.at += length;
        let word = self.slice(start, self.at);
        if matches!(self.peek(0), b'"' | b'\'')
            && let Some(kind) = string_prefix(word)
        {
            return self.string(start, kind);
        }
        if !word.is_ascii() && core::str::from_utf8(word).is_err() {
            return Err(self.error(start, "the name is not valid UTF-8"));
        }
        Ok(match length {
            2..=9 => Tok::of_word(word),
            _ => Tok::Name,
        })
    }

    /// A string; the lexer is at its first quote. Of an f-string only the opening is passed.
    fn string(&mut self, start: usize, kind: Tok) -> Parsed<Tok> {
        let quote = self.peek(0);
        let opened = self.pos(start);
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if triple { 3 } else { 1 };
        if kind != Tok::String {
            return Ok(kind);
        }
        loop {
            match self.peek(0) {
                b if b == quote => {
                    if !triple {
                        self.at += 1;
                        return Ok(kind);
                    }
                    if self.peek(1) == quote && self.peek(2) == quote {
                        self.at += 3;
                        return Ok(kind);
                    }
                    self.at += 1;
                }
                b'\\' => {
                    self.at += 1;
                    self.skip_string_char();
                }
                b'\n' | b'\r' if !triple => {
                    return Err(SyntaxError::boxed(opened, "unterminated string"));
                }
                0 if self.at >= self.src.len() => {
                    let message = if triple { "unterminated triple-quoted string" } else { "unterminated string" };
                    return Err(SyntaxError::boxed(opened, message));
                }
                _ => self.skip_string_char(),
            }
        }
    }

    /// A number; its digits are checked when it is converted.
    fn number(&mut self, start: usize) -> Parsed<Tok> {
        if self.peek(0) == b'0' && matches!(self.peek(1) | 0x20, b'x' | b'o' | b'b') {
            let hex = self.peek(1) | 0x20 == b'x';
            self.at += 2;
            while self.peek(0) == b'_' || self.peek(0).is_ascii_digit() || (hex && self.peek(0).is_ascii_hexdigit()) {
                self.at += 1;
            }
        } else {
            self.digits();
            if self.peek(0) == b'.' {
                self.at += 1;
                self.digits();
            }
            if self.peek(0) | 0x20 == b'e' {
                let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
                if self.peek(1 + sign).is_ascii_digit() {
                    self.at += 1 + sign;
                    self.digits();
                }
            }
            if self.peek(0) | 0x20 == b'j' {
                self.at += 1;
            }
        }
        if is_word(self.peek(0)) && !self.keyword_follows() {
            return Err(self.error(start, "invalid number"));
        }
        Ok(Tok::Number)
    }

    fn digits(&mut self) {
        while self.peek(0).is_ascii_digit() || self.peek(0) == b'_' {
            self.at += 1;
        }
    }

    /// `1if x else y` is allowed, `1x` is not.
    fn keyword_follows(&self) -> bool {
        let rest = self.src.get(self.at..).unwrap_or(&[]);
        let length = rest.iter().position(|&b| !is_word(b));
        let word = rest.get(..length.unwrap_or(rest.len())).unwrap_or(&[]);
        matches!(Tok::of_word(word), Tok::And | Tok::Or | Tok::If | Tok::Else | Tok::In | Tok::Is | Tok::For | Tok::Not)
    }

    fn operator(&mut self, first: u8) -> Parsed<Tok> {
        let second = self.peek(1);
        let third = self.peek(2);
        let augmented = |op, length: usize| (Tok::Augmented(op), length);
        let (kind, length) = match (first, second, third) {
            (b'(' | b'[' | b'{', ..) => {
                self.brackets.push((first, self.pos(self.at)));
                let kind = match first {
                    b'(' => Tok::LParen,
                    b'[' => Tok::LBracket,
                    _ => Tok::LBrace,
                };
                (kind, 1)
            }
            (b')' | b']' | b'}', ..) => (self.close(first)?, 1),
            (b',', ..) => (Tok::Comma, 1),
            (b';', ..) => (Tok::Semicolon, 1),
            (b'~', ..) => (Tok::Tilde, 1),
            (b':', b'=', _) if !self.in_field() => (Tok::ColonEqual, 2),
            (b':', ..) => (Tok::Colon, 1),
            (b'.', b'.', b'.') => (Tok::Ellipsis, 3),
            (b'.', ..) => (Tok::Dot, 1),
            (b'=', b'=', _) => (Tok::EqualEqual, 2),
            (b'=', ..) => (Tok::Equal, 1),
            (b'!', b'=', _) => (Tok::NotEqual, 2),
            (b'!', ..) => (Tok::Exclamation, 1),
            (b'<', b'<', b'=') => augmented(Operator::LShift, 3),
            (b'<', b'<', _) => (Tok::LShift, 2),
            (b'<', b'=', _) => (Tok::LessEqual, 2),
            (b'<', ..) => (Tok::Less, 1),
            (b'>', b'>', b'=') => augmented(Operator::RShift, 3),
            (b'>', b'>', _) => (Tok::RShift, 2),
            (b'>', b'=', _) => (Tok::GreaterEqual, 2),
            (b'>', ..) => (Tok::Greater, 1),
            (b'*', b'*', b'=') => augmented(Operator::Pow, 3),
            (b'*', b'*', _) => (Tok::DoubleStar, 2),
            (b'*', b'=', _) => augmented(Operator::Mult, 2),
            (b'*', ..) => (Tok::Star, 1),
            (b'/', b'/', b'=') => augmented(Operator::FloorDiv, 3),
            (b'/', b'/', _) => (Tok::DoubleSlash, 2),
            (b'/', b'=', _) => augmented(Operator::Div, 2),
            (b'/', ..) => (Tok::Slash, 1),
            (b'+', b'=', _) => augmented(Operator::Add, 2),
            (b'+', ..) => (Tok::Plus, 1),
            (b'-', b'=', _) => augmented(Operator::Sub, 2),
            (b'-', b'>', _) => (Tok::Arrow, 2),
            (b'-', ..) => (Tok::Minus, 1),
            (b'%', b'=', _) => augmented(Operator::Mod, 2),
            (b'%', ..) => (Tok::Percent, 1),
            (b'@', b'=', _) => augmented(Operator::MatMult, 2),
            (b'@', ..) => (Tok::At, 1),
            (b'&', b'=', _) => augmented(Operator::BitAnd, 2),
            (b'&', ..) => (Tok::Ampersand, 1),
            (b'|', b'=', _) => augmented(Operator::BitOr, 2),
            (b'|', ..) => (Tok::Bar, 1),
            (b'^', b'=', _) => augmented(Operator::BitXor, 2),
            (b'^', ..) => (Tok::Caret, 1),
            (0x20..0x7f, ..) => {
                let message = format!("unexpected character '{}'", first as char);
                return Err(self.error(self.at, &message));
            }
            _ => {
                let message = format!("unexpected byte 0x{first:02x}");
                return Err(self.error(self.at, &message));
            }
        };
        self.at += length;
        Ok(kind)
    }

    fn in_field(&self) -> bool {
        self.field_depth != 0 && self.field_depth == self.brackets.len()
    }

    fn close(&mut self, bracket: u8) -> Parsed<Tok> {
        let (open, kind) = match bracket {
            b')' => (b'(', Tok::RParen),
            b']' => (b'[', Tok::RBracket),
            _ => (b'{', Tok::RBrace),
        };
        match self.brackets.pop() {
            Some((opened, _)) if opened == open => Ok(kind),
            Some((opened, pos)) => {
                let message = format!(
                    "'{}' does not close the '{}' opened on line {}",
                    bracket as char, opened as char, pos.line
                );
                Err(self.error(self.at, &message))
            }
            None => {
                let message = format!("'{}' without '{}'", bracket as char, open as char);
                Err(self.error(self.at, &message))
            }
        }
    }
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

/// The kind of string that a prefix announces.
fn string_prefix(word: &[u8]) -> Option<Tok> {
    let lower = |i: usize| word.get(i).map_or(0, |b| b | 0x20);
    match (word.len(), lower(0), lower(1)) {
        (1, b'r' | b'u' | b'b', _) => Some(Tok::String),
        (2, b'r', b'b') | (2, b'b', b'r') => Some(Tok::String),
        (1, b'f', _) | (2, b'r', b'f') | (2, b'f', b'r') => Some(Tok::FString),
        (1, b't', _) | (2, b'r', b't') | (2, b't', b'r') => Some(Tok::TString),
        _ => None,
    }
}
