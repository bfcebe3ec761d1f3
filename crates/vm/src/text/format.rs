//! `str.format`, format specifications, and what f-strings end in.

use super::view::{Kind, bad_conversion, check_size, receiver};
use crate::exceptions as exc;
use crate::names::N;
use crate::number::format::{format_number, pad, parse_spec};
use crate::object::{Args, BufferValue, Instance, Step, StrValue};
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_heap::Value;

/// Replacement fields may nest in format specifications this deep.
const MAX_NESTING: u32 = 8;

/// A growing result: bytes, as patterns may be bytes too.
#[derive(Default)]
pub(super) struct Output {
    pub bytes: Vec<u8>,
    /// The field at work.
    pub field: String,
}

impl Output {
    pub fn push(&mut self, vm: &Vm, bytes: &[u8]) -> Res<()> {
        append(vm, &mut self.bytes, bytes)
    }

    /// Moves the finished field to the result.
    pub fn take_field(&mut self, vm: &Vm) -> Res<()> {
        append(vm, &mut self.bytes, self.field.as_bytes())?;
        self.field.clear();
        Ok(())
    }
}

fn append(vm: &Vm, out: &mut Vec<u8>, bytes: &[u8]) -> Res<()> {
    check_size(vm, out.len().checked_add(bytes.len()))?;
    out.try_reserve(bytes.len()).map_err(|_| Raised)?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// Whether a value takes a number's format specification.
fn is_number(v: &Value) -> bool {
    crate::number::as_int(v).is_some() || crate::number::as_float(v).is_some()
}

impl Vm {
    /// `format(value, spec)`: what a replacement field of an f-string becomes. ValueError for specifications
    /// that are wrong or do not go with the value.
    pub fn format_value(&mut self, value: &Value, spec: &str) -> Res<String> {
        let mut out = String::new();
        self.format_into(value, spec, &mut out)?;
        Ok(out)
    }

    fn format_into(&mut self, value: &Value, spec: &str, out: &mut String) -> Res<()> {
        if value.get::<Instance>().is_some() {
            let name = self.name(N::__format__).clone();
            if let Some(f) = self.find_special(value, &name) {
                let spec = self.new_str(spec)?;
                let text = self.call(&f, &[value.clone(), spec])?;
                let text = self.base_object(&text);
                return match text.as_str() {
                    Some(s) => {
                        out.try_reserve(s.len()).map_err(|_| Raised)?;
                        out.push_str(s);
                        Ok(())
                    }
                    None => Err(self.type_error("__format__ should return a string")),
                };
            }
        }
        if spec.is_empty() {
            return self.print_to(value, out, false);
        }
        let Some(parsed) = parse_spec(spec) else { return Err(self.value_error("invalid format specifier")) };
        if parsed.kind == Some('s') && matches!(parsed.sign, Some('+' | ' ')) {
            return Err(self.value_error("sign not allowed in string format specifier"));
        }
        let plain = self.base_object(value);
        if is_number(&plain) {
            return format_number(self, out, &parsed, &plain);
        }
        if parsed.align == Some('=') {
            return Err(self.value_error("'=' alignment not allowed in string format specifier"));
        }
        if let Some(kind) = parsed.kind.filter(|k| *k != 's') {
            let t = self.type_name(value);
            return Err(self
                .raise_fmt(&exc::VALUE_ERROR, format_args!("unknown format code '{kind}' for object of type '{t}'")));
        }
        let text = match plain.as_str() {
            Some(s) => s,
            None => match plain.as_bytes().and_then(|b| core::str::from_utf8(b).ok()) {
                Some(s) => s,
                None => return Err(bad_conversion(self, value)),
            },
        };
        let text = match parsed.precision {
            Some(n) => first_chars(text, n),
            None => text,
        };
        pad(self, out, text, parsed.fill, parsed.align.unwrap_or('<'), parsed.width)
    }
}

/// The first `n` characters of a text.
pub(super) fn first_chars(text: &str, n: usize) -> &str {
    match text.char_indices().nth(n) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

pub(super) fn str_format(vm: &mut Vm, args: Args) -> Res<Step> {
    let this = vm.base_object(&args.pos[0]);
    let text = receiver(vm, &this)?;
    let mut formatter = Formatter { pos: &args.pos[1..], kw: args.kw, numbering: Numbering::None, depth: 0 };
    let mut out = Output::default();
    formatter.run(vm, text.bytes(), &mut out)?;
    let kind = if text.kind() == Kind::ByteArray { Kind::Bytes } else { text.kind() };
    kind.make(vm, &out.bytes).map(Step::Done)
}

#[derive(Clone, Copy)]
enum Numbering {
    None,
    Automatic(usize),
    Manual,
}

struct Formatter<'a> {
    pos: &'a [Value],
    kw: &'a [(Value, Value)],
    numbering: Numbering,
    depth: u32,
}

/// The end of a field's name: the first of `}`, `!` and `:` that is not in brackets.
fn name_end(pattern: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut bracket = false;
    while let Some(&b) = pattern.get(at) {
        match b {
            b'[' => bracket = true,
            b']' => bracket = false,
            b'}' | b'!' | b':' if !bracket => break,
            _ => {}
        }
        at += 1;
    }
    at
}

impl Formatter<'_> {
    fn run(&mut self, vm: &mut Vm, pattern: &[u8], out: &mut Output) -> Res<()> {
        let mut at = 0;
        while let Some(rest) = pattern.get(at..)
            && !rest.is_empty()
        {
            let plain = memchr::memchr2(b'{', b'}', rest).unwrap_or(rest.len());
            out.push(vm, rest.get(..plain).unwrap_or(&[]))?;
            at += plain;
            match (pattern.get(at), pattern.get(at + 1)) {
                (Some(b'{'), Some(b'{')) | (Some(b'}'), Some(b'}')) => {
                    out.push(vm, pattern.get(at..=at).unwrap_or(&[]))?;
                    at += 2;
                }
                (Some(b'}'), _) => return Err(vm.value_error("single '}' encountered in format string")),
                (Some(_), _) => at = self.field(vm, pattern, at + 1, out)?,
                (None, _) => break,
            }
        }
        Ok(())
    }

    /// One replacement field, whose text begins at `start`; returns the position behind it.
    fn field(&mut self, vm: &mut Vm, pattern: &[u8], start: usize, out: &mut Output) -> Res<usize> {
        let mut at = name_end(pattern, start);
        let name = pattern.get(start..at).unwrap_or(&[]);
        let mut conversion = None;
        if pattern.get(at) == Some(&b'!') {
            match pattern.get(at + 1) {
                Some(&c @ (b'r' | b's')) => conversion = Some(c),
                Some(&c) => {
                    let c = c as char;
                    return Err(vm.raise_fmt(&exc::VALUE_ERROR, format_args!("unknown conversion specifier {c}")));
                }
                None => {
                    return Err(vm.value_error("end of format while looking for conversion specifier"));
                }
            }
            at += 2;
        }
        let mut spec: &[u8] = &[];
        if pattern.get(at) == Some(&b':') {
            let from = at + 1;
            at = from;
            let mut nesting = 1;
            while let Some(&b) = pattern.get(at) {
                match b {
                    b'{' => nesting += 1,
                    b'}' => nesting -= 1,
                    _ => {}
                }
                if nesting == 0 {
                    break;
                }
                at += 1;
            }
            spec = pattern.get(from..at).unwrap_or(&[]);
        }
        match pattern.get(at) {
            Some(b'}') => {}
            Some(_) => return Err(vm.value_error("expected ':' after format specifier")),
            None => return Err(vm.value_error("unmatched '{' in format")),
        }
        let mut value = self.lookup(vm, name)?;
        if conversion.is_some() || spec.is_empty() {
            let repr = conversion == Some(b'r');
            if spec.is_empty() && (repr || conversion.is_some() || value.get::<Instance>().is_none()) {
                vm.print_to(&value, &mut out.field, repr)?;
                out.take_field(vm)?;
                return Ok(at + 1);
            }
            if conversion.is_some() {
                let text = if repr { vm.repr(&value)? } else { vm.str(&value)? };
                value = vm.new_str(&text)?;
            }
        }
        let expanded;
        if spec.contains(&b'{') {
            self.depth += 1;
            if self.depth > MAX_NESTING {
                return Err(vm.runtime_error("maximum recursion depth exceeded"));
            }
            let mut inner = Output::default();
            self.run(vm, spec, &mut inner)?;
            self.depth -= 1;
            expanded = inner.bytes;
            spec = &expanded;
        }
        let Ok(spec) = core::str::from_utf8(spec) else { return Err(vm.value_error("invalid format specifier")) };
        vm.format_into(&value, spec, &mut out.field)?;
        out.take_field(vm)?;
        Ok(at + 1)
    }

    /// The value of a field's name: a number, a keyword or nothing, then attributes and items.
    fn lookup(&mut self, vm: &mut Vm, name: &[u8]) -> Res {
        let end = name.iter().position(|b| matches!(b, b'.' | b'[')).unwrap_or(name.len());
        let (first, mut rest) = name.split_at_checked(end).unwrap_or((name, &[]));
        let mut value = if first.is_empty() || first[0].is_ascii_digit() {
            let index = self.number(vm, first)?;
            match self.pos.get(index) {
                Some(v) => v.clone(),
                None => return Err(vm.index_error("tuple index out of range")),
            }
        } else {
            let key = text_of(vm, first)?;
            match self.kw.iter().find(|(k, _)| k.as_str() == Some(key)) {
                Some((_, v)) => v.clone(),
                None => {
                    let key = vm.new_str(key)?;
                    return Err(vm.key_error(&key));
                }
            }
        };
        while let Some(&open) = rest.first() {
            let stop = if open == b'[' {
                rest.iter().position(|b| *b == b']')
            } else {
                Some(rest.iter().skip(1).position(|b| matches!(b, b'.' | b'[')).map_or(rest.len(), |n| n + 1))
            };
            let (Some(stop), b'.' | b'[') = (stop, open) else {
                return Err(vm.value_error("bad format string"));
            };
            let part = text_of(vm, rest.get(1..stop).unwrap_or(&[]))?;
            if part.is_empty() {
                return Err(vm.value_error("empty attribute in format string"));
            }
            if open == b'.' {
                value = vm.get_attr(&value, part)?;
                rest = rest.get(stop..).unwrap_or(&[]);
            } else {
                let key = match part.parse::<i32>() {
                    Ok(n) => Value::int(n),
                    Err(_) => vm.new_str(part)?,
                };
                value = vm.get_item(&value, &key)?;
                rest = rest.get(stop + 1..).unwrap_or(&[]);
            }
        }
        Ok(value)
    }

    /// The index of a positional field: given, or the next one.
    fn number(&mut self, vm: &mut Vm, digits: &[u8]) -> Res<usize> {
        if digits.is_empty() {
            let next = match self.numbering {
                Numbering::None => 0,
                Numbering::Automatic(n) => n,
                Numbering::Manual => {
                    return Err(
                        vm.value_error("can't switch from manual field specification to automatic field numbering")
                    );
                }
            };
            self.numbering = Numbering::Automatic(next + 1);
            return Ok(next);
        }
        if matches!(self.numbering, Numbering::Automatic(_)) {
            return Err(vm.value_error("can't switch from automatic field numbering to manual field specification"));
        }
        self.numbering = Numbering::Manual;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(vm.not_implemented("attributes not supported"));
        }
        Ok(digits.iter().fold(0usize, |n, d| n.saturating_mul(10).saturating_add((d - b'0') as usize)))
    }
}

fn text_of<'a>(vm: &mut Vm, bytes: &'a [u8]) -> Res<&'a str> {
    core::str::from_utf8(bytes).map_err(|_| vm.raise_args(&exc::UNICODE_ERROR, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_the_first_mark_outside_brackets() {
        assert_eq!(name_end(b"a:b}", 0), 1);
        assert_eq!(name_end(b"a[:]!r}", 0), 4);
        assert_eq!(name_end(b"abc", 0), 3);
    }

    #[test]
    fn precision_counts_characters() {
        assert_eq!(first_chars("héllo", 2), "hé");
        assert_eq!(first_chars("ab", 5), "ab");
        assert_eq!(first_chars("", 0), "");
    }
}
