//! Numbers in `str.format`, f-strings, `format()` and the `%` operator.

use super::digits::format_float;
use super::{IntRef, as_int};
use crate::exceptions as exc;
use crate::vm::{Raised, Res, Vm};
use alloc::format;
use alloc::string::{String, ToString};
use snakeye_heap::Value;

/// A parsed format specification: `[[fill]align][sign][#][0][width][,_][.precision][type]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatSpec {
    /// What fills up to the width; `0` when the specification has the `0` flag and names no other.
    pub fill: char,
    /// `<`, `>`, `^` or `=`.
    pub align: Option<char>,
    /// `+`, `-` or space.
    pub sign: Option<char>,
    /// `#`
    pub alternate: bool,
    /// Zero before the width.
    pub zero: bool,
    /// Least number of characters.
    pub width: usize,
    /// `,` or `_`.
    pub grouping: Option<char>,
    /// Digits or characters, as the type says.
    pub precision: Option<usize>,
    /// Type letter.
    pub kind: Option<char>,
}

impl Default for FormatSpec {
    fn default() -> FormatSpec {
        FormatSpec {
            fill: ' ',
            align: None,
            sign: None,
            alternate: false,
            zero: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        }
    }
}

/// What stands between `%` and the type letter of a `%` format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PercentSpec {
    /// `-`
    pub left: bool,
    /// `+` or space.
    pub sign: Option<char>,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
    /// Least number of characters.
    pub width: usize,
    /// Least number of digits, or digits after the point.
    pub precision: Option<usize>,
}

fn is_align(c: char) -> bool {
    matches!(c, '<' | '>' | '^' | '=')
}

/// Reads decimal digits from the front; a number too large to mean anything stays large.
fn take_number(s: &mut &str) -> Option<usize> {
    let digits = s.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = s.split_at_checked(digits)?;
    *s = rest;
    if digits == 0 { None } else { Some(number.parse().unwrap_or(usize::MAX)) }
}

fn take_if(s: &mut &str, test: impl FnOnce(char) -> bool) -> Option<char> {
    let c = s.chars().next().filter(|c| test(*c))?;
    *s = s.get(c.len_utf8()..).unwrap_or("");
    Some(c)
}

/// Parses a format specification; `None`: it is not one.
pub fn parse_spec(text: &str) -> Option<FormatSpec> {
    let mut spec = FormatSpec::default();
    let mut s = text;
    let mut filled = false;
    let mut chars = s.chars();
    if let (Some(fill), Some(align)) = (chars.next(), chars.next())
        && is_align(align)
    {
        spec.fill = fill;
        spec.align = Some(align);
        filled = true;
        s = chars.as_str();
    } else {
        spec.align = take_if(&mut s, is_align);
    }
    spec.sign = take_if(&mut s, |c| matches!(c, '+' | '-' | ' '));
    spec.alternate = take_if(&mut s, |c| c == '#').is_some();
    if s.starts_with('0') {
        spec.zero = true;
        if !filled {
            spec.fill = '0';
        }
    }
    spec.width = take_number(&mut s).unwrap_or(0);
    spec.grouping = take_if(&mut s, |c| matches!(c, ',' | '_'));
    if take_if(&mut s, |c| c == '.').is_some() {
        spec.precision = take_number(&mut s);
    }
    spec.kind = take_if(&mut s, |c| "bcdeEfFgGnosxX%".contains(c));
    if s.is_empty() { Some(spec) } else { None }
}

/// Makes sure that `n` more bytes can be appended without exceeding the heap's limit.
pub(crate) fn room(vm: &Vm, out: &mut String, n: usize) -> Res<()> {
    if n > 256 {
        vm.heap.charge(n)?;
        vm.heap.discharge(n);
    }
    out.try_reserve(n).map_err(|_| Raised)
}

/// Appends `text` filled up to `width` characters.
pub fn pad(vm: &Vm, out: &mut String, text: &str, fill: char, align: char, width: usize) -> Res<()> {
    let missing = width.saturating_sub(text.chars().count());
    room(vm, out, text.len().saturating_add(missing.saturating_mul(fill.len_utf8())))?;
    let before = match align {
        '<' => 0,
        '^' => missing / 2,
        _ => missing,
    };
    (0..before).for_each(|_| out.push(fill));
    out.push_str(text);
    (before..missing).for_each(|_| out.push(fill));
    Ok(())
}

/// Puts a separator between groups of `size` digits, counted from the right; the rest behind the leading
/// digits (fraction, exponent, percent sign) stays as it is.
fn group(body: &str, separator: char, size: usize, radix: u32) -> String {
    let whole = body.chars().take_while(|c| c.is_digit(radix)).count();
    let (digits, rest) = body.split_at_checked(whole).unwrap_or((body, ""));
    let mut out = String::with_capacity(body.len() + body.len() / size + 1);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (whole - i).is_multiple_of(size) {
            out.push(separator);
        }
        out.push(c);
    }
    out.push_str(rest);
    out
}

/// A number as text, not padded yet.
struct Parts {
    /// Sign and prefix.
    head: String,
    /// Digits and what follows them.
    body: String,
    /// Radix of the digits.
    radix: u32,
}

fn lay_out(vm: &Vm, out: &mut String, spec: &FormatSpec, parts: Parts) -> Res<()> {
    let align = spec.align.unwrap_or(if spec.zero { '=' } else { '>' });
    let size = if parts.radix == 10 { 3 } else { 4 };
    let mut body = parts.body;
    if align == '=' {
        let inner = spec.width.saturating_sub(parts.head.len());
        room(vm, out, spec.width.max(parts.head.len() + body.len()))?;
        if let (Some(separator), '0') = (spec.grouping, spec.fill) {
            let mut zeros = String::new();
            let whole = body.chars().take_while(|c| c.is_digit(parts.radix)).count();
            let rest = body.len() - whole;
            // A group and its separator take size + 1 places; a text never begins with a separator.
            let places = inner.saturating_sub(rest);
            let digits = places - places / (size + 1) + usize::from(places > 0 && places.is_multiple_of(size + 1));
            room(vm, &mut zeros, inner.saturating_add(1))?;
            (whole..digits).for_each(|_| zeros.push('0'));
            zeros.push_str(&body);
            out.push_str(&parts.head);
            out.push_str(&group(&zeros, separator, size, parts.radix));
            return Ok(());
        }
        if let Some(separator) = spec.grouping {
            body = group(&body, separator, size, parts.radix);
        }
        out.push_str(&parts.head);
        return pad(vm, out, &body, spec.fill, '>', inner);
    }
    if let Some(separator) = spec.grouping {
        body = group(&body, separator, size, parts.radix);
    }
    let text = parts.head + &body;
    pad(vm, out, &text, spec.fill, align, spec.width)
}

/// Radix and prefix of an integer type letter.
fn radix_of(kind: char) -> (u32, &'static str) {
    match kind {
        'b' => (2, "0b"),
        'o' => (8, "0o"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    }
}

fn int_parts(n: IntRef, kind: char, sign: Option<char>, alternate: bool) -> Parts {
    let (radix, prefix) = radix_of(kind);
    let (negative, mut body) = super::big::digits(n, radix);
    if kind == 'X' {
        body.make_ascii_uppercase();
    }
    let mut head = String::new();
    match (negative, sign) {
        (true, _) => head.push('-'),
        (false, Some(c @ ('+' | ' '))) => head.push(c),
        _ => {}
    }
    if alternate {
        head.push_str(prefix);
    }
    Parts { head, body, radix }
}

fn float_parts(x: f64, kind: char, precision: Option<usize>, sign: Option<char>, single: bool) -> Parts {
    let mut text = String::new();
    let (style, x) = if kind == '%' {
        let hundredfold = x * 100.0;
        ('f', if single { hundredfold as f32 as f64 } else { hundredfold })
    } else {
        (kind, x)
    };
    format_float(&mut text, x, style, precision, sign.filter(|c| *c != '-'), single);
    if kind == '%' {
        text.push('%');
    }
    let body = text.trim_start_matches(['+', '-', ' ']).to_string();
    text.truncate(text.len() - body.len());
    Parts { head: text, body, radix: 10 }
}

/// Appends an int, bool or float as a format specification says. ValueError for type letters that do not go
/// with the number.
pub fn format_number(vm: &mut Vm, out: &mut String, spec: &FormatSpec, v: &Value) -> Res<()> {
    if let Some(n) = as_int(v) {
        match spec.kind {
            None | Some('d' | 'n' | 'b' | 'o' | 'x' | 'X') => {
                let parts = int_parts(n, spec.kind.unwrap_or('d'), spec.sign, spec.alternate);
                return lay_out(vm, out, spec, parts);
            }
            Some('c') => {
                if matches!(spec.sign, Some('+' | ' ')) {
                    return Err(vm.value_error("sign not allowed with integer format specifier 'c'"));
                }
                let c = char_of(vm, v)?;
                return pad(vm, out, c.encode_utf8(&mut [0; 4]), spec.fill, spec.align.unwrap_or('>'), spec.width);
            }
            _ => {}
        }
    }
    if let (Some(x), kind) = (super::as_float(v), spec.kind.unwrap_or('g')) {
        let kind = if kind == 'n' { 'g' } else { kind };
        if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
            let parts = float_parts(x, kind, spec.precision, spec.sign, vm.config.f32);
            return lay_out(vm, out, spec, parts);
        }
    }
    let (kind, name) = (spec.kind.unwrap_or('s'), vm.type_name(v));
    Err(vm.raise_fmt(&exc::VALUE_ERROR, format_args!("unknown format code '{kind}' for object of type '{name}'")))
}

/// The character with this code; OverflowError when there is none.
pub fn char_of(vm: &mut Vm, v: &Value) -> Res<char> {
    let code = vm.index_of(v)?;
    match u32::try_from(code).ok().and_then(char::from_u32) {
        Some(c) => Ok(c),
        None => Err(vm.raise_new(&exc::OVERFLOW_ERROR, "char not in range(0x110000)")),
    }
}

/// Appends a number as `%d %i %u %o %x %X %e %E %f %F %g %G` of the `%` operator do. TypeError when the value
/// is no number of the right sort.
pub fn format_percent(vm: &mut Vm, out: &mut String, spec: &PercentSpec, kind: char, v: &Value) -> Res<()> {
    let mut layout = FormatSpec { width: spec.width, ..FormatSpec::default() };
    if spec.left {
        layout.align = Some('<');
    } else if spec.zero {
        layout.zero = true;
        layout.fill = '0';
    }
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G') {
        let x = vm.float_of(v)?;
        let parts = float_parts(x, kind, spec.precision, spec.sign, vm.config.f32);
        return lay_out(vm, out, &layout, parts);
    }
    let decimal = matches!(kind, 'd' | 'i' | 'u');
    let mut number = vm.base_object(v);
    if as_int(&number).is_none() {
        number = match super::float_value(&number) {
            Some(x) if decimal => super::int_from_float(vm, x)?,
            _ => {
                let n = vm.index_of(v)?;
                vm.new_int(n)?
            }
        };
    }
    let Some(n) = as_int(&number) else { return Err(vm.type_error("integer needed")) };
    let mut parts = int_parts(n, if decimal { 'd' } else { kind }, spec.sign, spec.alternate);
    if let Some(digits) = spec.precision
        && digits > parts.body.len()
    {
        room(vm, out, digits.saturating_add(spec.width))?;
        parts.body = format!("{}{}", "0".repeat(digits - parts.body.len()), parts.body);
    }
    lay_out(vm, out, &layout, parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs() {
        let d = FormatSpec::default();
        assert_eq!(parse_spec(""), Some(d.clone()));
        assert_eq!(parse_spec("5"), Some(FormatSpec { width: 5, ..d.clone() }));
        assert_eq!(
            parse_spec("*^+#012,.3f"),
            Some(FormatSpec {
                fill: '*',
                align: Some('^'),
                sign: Some('+'),
                alternate: true,
                zero: true,
                width: 12,
                grouping: Some(','),
                precision: Some(3),
                kind: Some('f'),
            })
        );
        assert_eq!(parse_spec("05"), Some(FormatSpec { fill: '0', zero: true, width: 5, ..d.clone() }));
        assert_eq!(parse_spec("é<3"), Some(FormatSpec { fill: 'é', align: Some('<'), width: 3, ..d.clone() }));
        assert_eq!(parse_spec("<"), Some(FormatSpec { align: Some('<'), ..d.clone() }));
        assert_eq!(parse_spec("=<"), Some(FormatSpec { fill: '=', align: Some('<'), ..d }));
        assert_eq!(parse_spec("5y"), None);
        assert_eq!(parse_spec("ff"), None);
        assert_eq!(parse_spec("99999999999999999999999").map(|s| s.width), Some(usize::MAX));
    }

    #[test]
    fn groups() {
        assert_eq!(group("1234567.891", ',', 3, 10), "1,234,567.891");
        assert_eq!(group("123", ',', 3, 10), "123");
        assert_eq!(group("75bcd15", '_', 4, 16), "75b_cd15");
        assert_eq!(group("1e+20", ',', 3, 10), "1e+20");
        assert_eq!(group("inf", ',', 3, 10), "inf");
    }
}
