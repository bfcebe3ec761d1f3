//! String, bytes and f-string literals.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::ast::{Constant, Conversion, Expr, ExprKind, Pos};
use crate::error::{ErrorKind, Parsed, SyntaxError};
use crate::lexer::{Quotes, TextEnd};
use crate::parser::Parser;
use crate::token::Tok;

/// What MicroPython says of every t-string with wrong braces; f-strings say what is wrong.
const MALFORMED: &str = "malformed f-string";
/// A `}` without a `{`.
pub(crate) const SINGLE_BRACE: &str = "single '}' in an f-string; write '}}'";

/// An f-string, a t-string, or the format specification of a field, while it is read.
#[derive(Default)]
struct Joined {
    /// Constants and `FormattedValue`s; of a t-string four arguments for each field.
    values: Vec<Expr>,
    /// Text since the last field.
    text: Vec<u8>,
    pos: Pos,
    /// The constants of a t-string.
    template: Option<Vec<Expr>>,
}

impl Joined {
    fn new(pos: Pos) -> Self {
        Joined { pos, ..Joined::default() }
    }

    fn flush(&mut self) {
        if self.text.is_empty() && self.template.is_none() {
            return;
        }
        let constant = string(self.pos, core::mem::take(&mut self.text));
        match &mut self.template {
            Some(strings) => strings.push(constant),
            None => self.values.push(constant),
        }
    }
}

impl Parser<'_> {
    /// Adjacent string literals, which make one constant, one f-string or one t-string.
    #[inline(never)]
    pub(crate) fn strings(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        let mut joined = Joined::new(pos);
        let first = self.tok.kind;
        if first == Tok::TString {
            joined.template = Some(Vec::new());
        }
        let mut formatted = false;
        let mut bytes = None;
        while matches!(self.tok.kind, Tok::String | Tok::FString | Tok::TString) {
            let (q, start) = self.lexer.quotes(&self.tok);
            if *bytes.get_or_insert(q.bytes) != q.bytes {
                return Err(self.error("bytes and strings cannot be joined"));
            }
            if (self.tok.kind == Tok::TString) != (first == Tok::TString) {
                return Err(self.error("t-strings and other strings cannot be joined"));
            }
            if self.tok.kind == Tok::String {
                let end = self.tok.end.saturating_sub(if q.triple { 3 } else { 1 });
                let content = self.lexer.slice(start, end);
                unescape(content, q, false, self.tok.pos, &mut joined.text)?;
            } else {
                formatted = true;
                self.text_and_fields(q, false, &mut joined)?;
            }
            self.advance()?;
        }
        if formatted {
            joined.flush();
            return match joined.template {
                Some(strings) => self.template(pos, strings, joined.values),
                None => self.node(pos, ExprKind::JoinedStr(joined.values)),
            };
        }
        if bytes == Some(true) {
            let constant = Constant::Bytes(joined.text.into());
            return Ok(Expr::new(pos, ExprKind::Constant(constant)));
        }
        Ok(string(pos, joined.text))
    }

    /// A t-string as MicroPython makes it: a call of `__template__` with the tuple of strings
    /// and, for each field, its value, text, conversion and format specification. Fields
    /// beyond what a call can hold go into a second tuple.
    #[inline(never)]
    fn template(&mut self, pos: Pos, strings: Vec<Expr>, values: Vec<Expr>) -> Parsed<Expr> {
        let mut args = Vec::from([self.node(pos, ExprKind::Tuple(strings))?]);
        if values.len() < 255 {
            args.extend(values);
        } else {
            args.push(self.node(pos, ExprKind::Tuple(values))?);
        }
        let func = ExprKind::Name(self.names.intern("__template__"));
        let kind = ExprKind::Call { func: Box::new(Expr::new(pos, func)), args, keywords: Vec::new() };
        self.node(pos, kind)
    }

    /// The inside of an f-string up to its closing quotes, or of a format specification up to
    /// its `}`. The current token stays the one before.
    #[inline(never)]
    fn text_and_fields(&mut self, q: Quotes, in_spec: bool, joined: &mut Joined) -> Parsed<()> {
        let opened = self.tok.pos;
        loop {
            let read = self.lexer.fstring_text(q, in_spec, opened);
            let (content, end) = read.map_err(|mut e| {
                if joined.template.is_some() && e.message == SINGLE_BRACE {
                    e.message = MALFORMED.into();
                }
                e
            })?;
            unescape(content, q, true, opened, &mut joined.text)?;
            match end {
                TextEnd::Field => self.field(q, joined)?,
                TextEnd::Quote if in_spec => {
                    let f_string = "expected '}' in the f-string";
                    return Err(SyntaxError::boxed(
                        opened,
                        if joined.template.is_some() { MALFORMED } else { f_string },
                    ));
                }
                TextEnd::Quote | TextEnd::Spec => return Ok(()),
            }
        }
    }

    /// A replacement field after its `{`, up to and with its `}`.
    fn field(&mut self, q: Quotes, joined: &mut Joined) -> Parsed<()> {
        let (start, pos) = (self.lexer.offset(), self.tok.pos);
        let template = joined.template.is_some();
        self.field_parts(q, joined).map_err(|e| {
            if !template {
                return e;
            }
            let ends = |b: &u8| matches!(b, b'}' | b'\n') || *b == q.quote;
            let closed = q.triple || self.lexer.rest(start).iter().find(|b| ends(b)) == Some(&b'}');
            if closed { e } else { SyntaxError::boxed(pos, MALFORMED) }
        })
    }

    #[inline(never)]
    fn field_parts(&mut self, q: Quotes, joined: &mut Joined) -> Parsed<()> {
        self.deeper()?;
        let outer_depth = self.lexer.field_depth;
        let start = self.lexer.offset();
        self.lexer.open_field();
        self.advance()?;
        let pos = self.tok.pos;
        if matches!(self.tok.kind, Tok::RBrace | Tok::Colon | Tok::Exclamation | Tok::Equal) {
            let f_string = "expected an expression after '{' in the f-string";
            return Err(self.error(if joined.template.is_some() { MALFORMED } else { f_string }));
        }
        let value = self.value()?;
        let source = self.lexer.slice(start, self.tok.start).trim_ascii_end();
        let shown = self.eat(Tok::Equal)?;
        if shown {
            // `{x=}` shows its own text, with the space around it.
            let shown = self.lexer.slice(start, self.tok.start);
            joined.text.extend_from_slice(shown);
        }
        joined.flush();
        let mut conversion = Conversion::None;
        if self.eat(Tok::Exclamation)? {
            conversion = match self.lexer.slice(self.tok.start, self.tok.end) {
                b"r" => Conversion::Repr,
                b"s" => Conversion::Str,
                b"a" => Conversion::Ascii,
                _ => return Err(self.error("invalid syntax")),
            };
            let end = self.lexer.rest(self.tok.end).first();
            if !matches!(end, Some(b' ' | b':' | b'}')) {
                return Err(self.error("invalid syntax"));
            }
            self.advance()?;
        }
        let format_spec = match self.tok.kind {
            Tok::RBrace => None,
            Tok::Colon => {
                let mut spec = Joined::new(self.tok.pos);
                self.text_and_fields(q, true, &mut spec)?;
                self.lexer.close_field();
                spec.flush();
                Some(self.node(spec.pos, ExprKind::JoinedStr(spec.values))?)
            }
            _ => return Err(self.error("invalid syntax")),
        };
        self.lexer.field_depth = outer_depth;
        self.depth -= 1;
        if joined.template.is_none() {
            joined.values.push(self.node(
                pos,
                ExprKind::FormattedValue { value: Box::new(value), conversion, format_spec: format_spec.map(Box::new) },
            )?);
            return Ok(());
        }
        let conversion = match conversion {
            Conversion::None if !shown || format_spec.is_some() => Constant::None,
            Conversion::None | Conversion::Repr => Constant::Str("r".into()),
            Conversion::Str => Constant::Str("s".into()),
            Conversion::Ascii => Constant::Str("a".into()),
        };
        joined.values.extend([
            value,
            string(pos, source.into()),
            Expr::new(pos, ExprKind::Constant(conversion)),
            format_spec.unwrap_or_else(|| string(pos, Vec::new())),
        ]);
        Ok(())
    }
}

/// A string constant. What is not UTF-8 becomes U+FFFD.
fn string(pos: Pos, bytes: Vec<u8>) -> Expr {
    let text = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
    Expr::new(pos, ExprKind::Constant(Constant::Str(text.into_boxed_str())))
}

/// Appends the value of a literal's content to `out`. `doubled` says that braces stand twice.
fn unescape(content: &[u8], q: Quotes, doubled: bool, pos: Pos, out: &mut Vec<u8>) -> Parsed<()> {
    let special = |b: u8| match b {
        b'\r' => true,
        b'\\' => !q.raw,
        b'{' | b'}' => doubled,
        _ => false,
    };
    let mut rest = content;
    while let Some(length) = rest.iter().position(|&b| special(b)) {
        let (plain, from) = rest.split_at(length);
        out.extend_from_slice(plain);
        let Some((&first, mut tail)) = from.split_first() else {
            break;
        };
        match first {
            b'\r' => {
                out.push(b'\n');
                tail = tail.strip_prefix(b"\n").unwrap_or(tail);
            }
            b'\\' => tail = escape(tail, q, pos, out)?,
            brace => {
                out.push(brace);
                tail = tail.strip_prefix(&[brace]).unwrap_or(tail);
            }
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// Appends the value of the escape after a backslash and returns what follows it.
fn escape<'t>(tail: &'t [u8], q: Quotes, pos: Pos, out: &mut Vec<u8>) -> Parsed<&'t [u8]> {
    let after = tail;
    let Some((&kind, mut tail)) = after.split_first() else {
        out.push(b'\\');
        return Ok(after);
    };
    let plain = match kind {
        b'\n' => return Ok(tail),
        b'\r' => return Ok(tail.strip_prefix(b"\n").unwrap_or(tail)),
        b'\\' | b'\'' | b'"' => kind,
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        b'x' => {
            let code = hex(&mut tail, 2, pos)?;
            return push(code, q, pos, out).map(|()| tail);
        }
        b'u' | b'U' if !q.bytes => {
            let code = hex(&mut tail, if kind == b'u' { 4 } else { 8 }, pos)?;
            return push(code, q, pos, out).map(|()| tail);
        }
        b'0'..=b'7' => {
            let mut code = u32::from(kind - b'0');
            for _ in 0..2 {
                let Some((&digit @ b'0'..=b'7', after)) = tail.split_first() else {
                    break;
                };
                code = code * 8 + u32::from(digit - b'0');
                tail = after;
            }
            return push(code, q, pos, out).map(|()| tail);
        }
        b'N' if !q.bytes => {
            let mut error = SyntaxError::boxed(pos, "unicode name escapes");
            error.kind = ErrorKind::NotImplemented;
            return Err(error);
        }
        // An unknown escape stands for itself.
        _ => {
            out.push(b'\\');
            return Ok(after);
        }
    };
    out.push(plain);
    Ok(tail)
}

/// Takes `count` hexadecimal digits.
fn hex(tail: &mut &[u8], count: usize, pos: Pos) -> Parsed<u32> {
    let digits = tail.get(..count).unwrap_or(&[]);
    let code = digits.iter().try_fold(0u32, |code, &b| Some(code << 4 | (b as char).to_digit(16)?));
    match code {
        Some(code) if digits.len() == count => {
            *tail = tail.get(count..).unwrap_or(&[]);
            Ok(code)
        }
        _ => {
            let message = format!("the escape in the string needs {count} hexadecimal digits");
            Err(SyntaxError::boxed(pos, &message))
        }
    }
}

/// Appends a character or byte by its code.
fn push(code: u32, q: Quotes, pos: Pos, out: &mut Vec<u8>) -> Parsed<()> {
    if q.bytes {
        let byte =
            u8::try_from(code).map_err(|_| SyntaxError::boxed(pos, "an escape in bytes is larger than a byte"))?;
        out.push(byte);
        return Ok(());
    }
    if code > 0x10_ffff {
        let message = "invalid syntax";
        return Err(SyntaxError::boxed(pos, message));
    }
    // A surrogate is no character; it becomes U+FFFD.
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}
