//! The `%` operator of str and bytes.

use super::format::{Output, first_chars};
use super::view::{Kind, Text};
use crate::exceptions::VALUE_ERROR;
use crate::number::format::{PercentSpec, char_of, format_percent, pad};
use crate::object::{Dict, StrValue, TupleHead};
use crate::vm::{Res, Vm};
use snakeye_heap::Value;

pub(super) fn str_percent(vm: &mut Vm, pattern: &Value, args: &Value) -> Res {
    let bytes = pattern.as_str().unwrap_or("").as_bytes();
    let out = percent(vm, bytes, args, false)?;
    Kind::Str.make(vm, &out.bytes)
}

pub(super) fn bytes_percent(vm: &mut Vm, pattern: &Value, args: &Value) -> Res {
    let text = Text::of(pattern);
    let out = percent(vm, text.as_ref().map_or(&[], |t| t.bytes()), args, true)?;
    Kind::Bytes.make(vm, &out.bytes)
}

/// The arguments not used yet.
struct Arguments<'a> {
    items: &'a [Value],
    next: usize,
}

impl Arguments<'_> {
    fn take(&mut self, vm: &mut Vm) -> Res {
        match self.items.get(self.next) {
            Some(v) => {
                self.next += 1;
                Ok(v.clone())
            }
            None => Err(vm.type_error("format string needs more arguments")),
        }
    }
}

/// Reads decimal digits; `None` where there are none.
fn number(pattern: &[u8], at: &mut usize) -> Option<usize> {
    let start = *at;
    let mut n = 0usize;
    while let Some(d) = pattern.get(*at).filter(|b| b.is_ascii_digit()) {
        n = n.saturating_mul(10).saturating_add((d - b'0') as usize);
        *at += 1;
    }
    (*at > start).then_some(n)
}

fn incomplete<T>(vm: &mut Vm) -> Res<T> {
    Err(vm.value_error("incomplete format"))
}

fn percent(vm: &mut Vm, pattern: &[u8], args: &Value, is_bytes: bool) -> Res<Output> {
    let dict = args.get::<Dict>();
    let items = match args.tail::<TupleHead>() {
        Some((_, items)) => items,
        None => core::slice::from_ref(args),
    };
    let mut arguments = Arguments { items, next: 0 };
    let mut out = Output::default();
    let mut at = 0;
    while let Some(rest) = pattern.get(at..)
        && !rest.is_empty()
    {
        let plain = memchr::memchr(b'%', rest).unwrap_or(rest.len());
        out.push(vm, rest.get(..plain).unwrap_or(&[]))?;
        at += plain + 1;
        if plain == rest.len() {
            break;
        }
        if pattern.get(at) == Some(&b'%') {
            out.push(vm, b"%")?;
            at += 1;
            continue;
        }
        let mut value = None;
        if pattern.get(at) == Some(&b'(') {
            if dict.is_none() {
                return Err(vm.type_error("format needs a dict"));
            }
            let key = pattern.get(at + 1..).unwrap_or(&[]);
            let Some(end) = memchr::memchr(b')', key) else {
                return Err(vm.value_error("incomplete format key"));
            };
            let key = core::str::from_utf8(key.get(..end).unwrap_or(&[])).unwrap_or("");
            let key = vm.intern(key)?;
            value = Some(vm.get_item(args, &key)?);
            arguments.next = 1;
            at += end + 2;
        }
        let spec = spec(vm, pattern, &mut at, &mut arguments)?;
        let Some(&letter) = pattern.get(at) else { return incomplete(vm) };
        let value = match value {
            Some(v) => v,
            None => arguments.take(vm)?,
        };
        field(vm, &mut out, &spec, letter, &value, is_bytes, at)?;
        at += 1;
    }
    if dict.is_none() && arguments.next != items.len() {
        return Err(vm.type_error("format string didn't convert all arguments"));
    }
    Ok(out)
}

/// Flags, width and precision.
fn spec(vm: &mut Vm, pattern: &[u8], at: &mut usize, arguments: &mut Arguments) -> Res<PercentSpec> {
    let mut spec = PercentSpec::default();
    while let Some(&flag) = pattern.get(*at) {
        match flag {
            b'-' => spec.left = true,
            b'+' => spec.sign = Some('+'),
            b' ' => spec.sign = spec.sign.or(Some(' ')),
            b'#' => spec.alternate = true,
            b'0' => spec.zero = true,
            _ => break,
        }
        *at += 1;
    }
    if pattern.get(*at) == Some(&b'*') {
        let width = arguments.take(vm)?;
        let width = vm.index_of(&width)?;
        spec.left |= width < 0;
        spec.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        *at += 1;
    } else {
        spec.width = number(pattern, at).unwrap_or(0);
    }
    if pattern.get(*at) == Some(&b'.') {
        *at += 1;
        if pattern.get(*at) == Some(&b'*') {
            let precision = arguments.take(vm)?;
            spec.precision = usize::try_from(vm.index_of(&precision)?).ok();
            *at += 1;
        } else {
            spec.precision = Some(number(pattern, at).unwrap_or(0));
        }
    }
    Ok(spec)
}

fn field(
    vm: &mut Vm,
    out: &mut Output,
    spec: &PercentSpec,
    letter: u8,
    value: &Value,
    is_bytes: bool,
    at: usize,
) -> Res<()> {
    let align = if spec.left { '<' } else { '>' };
    match letter {
        b's' if is_bytes => {
            // Bytes go into bytes as they are, whatever they hold.
            let plain = vm.base_object(value);
            if let Some(text) = Text::of(&plain).filter(|t| t.kind() != Kind::Str) {
                let bytes = text.bytes();
                let bytes = bytes.get(..spec.precision.unwrap_or(usize::MAX)).unwrap_or(bytes);
                let missing = spec.width.saturating_sub(bytes.len());
                if !spec.left {
                    pad(vm, &mut out.field, "", ' ', '>', missing)?;
                    out.take_field(vm)?;
                }
                out.push(vm, bytes)?;
                if spec.left {
                    pad(vm, &mut out.field, "", ' ', '>', missing)?;
                    out.take_field(vm)?;
                }
                return Ok(());
            }
            text_field(vm, out, spec, value, false, align)?;
        }
        b's' | b'r' => text_field(vm, out, spec, value, letter == b'r', align)?,
        b'c' => {
            let plain = vm.base_object(value);
            let c = match plain.as_str() {
                Some(s) => {
                    let mut chars = s.chars();
                    match (chars.next(), chars.next()) {
                        (Some(c), None) => c,
                        _ => return Err(vm.type_error("%c needs int or char")),
                    }
                }
                None if super::view::is_int(&plain) => char_of(vm, &plain)?,
                None => return Err(vm.type_error("integer needed")),
            };
            pad(vm, &mut out.field, c.encode_utf8(&mut [0; 4]), ' ', align, spec.width)?;
        }
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            format_percent(vm, &mut out.field, spec, letter as char, value)?;
        }
        _ => {
            let c = letter as char;
            return Err(vm.raise_fmt(
                &VALUE_ERROR,
                format_args!("unsupported format character '{c}' (0x{letter:x}) at index {at}"),
            ));
        }
    }
    out.take_field(vm)
}

fn text_field(vm: &mut Vm, out: &mut Output, spec: &PercentSpec, value: &Value, repr: bool, align: char) -> Res<()> {
    if spec.width == 0 && spec.precision.is_none() {
        return vm.print_to(value, &mut out.field, repr);
    }
    let text = if repr { vm.repr(value)? } else { vm.str(value)? };
    let text = match spec.precision {
        Some(n) => first_chars(&text, n),
        None => &text,
    };
    pad(vm, &mut out.field, text, ' ', align, spec.width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_saturate() {
        let mut at = 1;
        assert_eq!(number(b"%12d", &mut at), Some(12));
        assert_eq!(at, 3);
        assert_eq!(number(b"%12d", &mut at), None);
        at = 0;
        assert_eq!(number(b"99999999999999999999999999", &mut at), Some(usize::MAX));
    }
}
