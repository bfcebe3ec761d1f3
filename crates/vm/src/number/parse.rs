//! Numbers read from text: `int()`, `float()` and `complex()`.

use crate::object::Complex;
use alloc::string::String;

/// What the text of an integer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntText {
    /// A number of 64 bits.
    Small(i64),
    /// A larger one.
    Big {
        /// Whether a minus stands before it.
        negative: bool,
        /// Digits only.
        digits: String,
        /// Their radix.
        radix: u32,
    },
    /// The base is not 0 and not 2 to 36.
    BadBase,
    /// No integer of this base (the one a prefix names, where the base was 0).
    Invalid {
        /// Base for the message.
        base: i64,
    },
}

const fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

fn skip_space(text: &[u8]) -> &[u8] {
    let n = text.iter().take_while(|b| is_space(**b)).count();
    text.get(n..).unwrap_or(&[])
}

fn take_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The radix that a base and the text's prefix give, and the text behind the prefix.
fn take_prefix(text: &[u8], base: i64) -> (i64, &[u8]) {
    if let [b'0', letter, rest @ ..] = text {
        let named = match letter | 0x20 {
            b'x' => 16,
            b'o' => 8,
            b'b' => 2,
            _ => 0,
        };
        if named != 0 && (base == 0 || base == named) {
            return (named, rest);
        }
        // A leading zero without a letter is only good for zero itself.
        return (if base == 0 { 1 } else { base }, text);
    }
    (if base == 0 { 10 } else { base }, text)
}

/// Reads an integer: space, sign, prefix, digits with underscores, space.
pub fn parse_int_text(text: &[u8], base: i64) -> IntText {
    if base != 0 && !(2..=36).contains(&base) {
        return IntText::BadBase;
    }
    let (negative, text) = take_sign(skip_space(text));
    let (radix, text) = take_prefix(text, base);
    let invalid = IntText::Invalid { base: if radix == 1 { 0 } else { radix } };
    let radix = radix as u32;
    let mut digits = String::new();
    let mut value = Some(0i64);
    let mut rest = text;
    while let [b, tail @ ..] = rest {
        if *b != b'_' {
            let digit = match (*b as char).to_digit(36) {
                Some(d) if d < radix => d as i64,
                _ => break,
            };
            // Counted down, because there is one more negative number than positive ones.
            value = value.and_then(|v| v.checked_mul(radix as i64)?.checked_sub(digit));
            digits.push(*b as char);
        }
        rest = tail;
    }
    if digits.is_empty() || !skip_space(rest).is_empty() {
        return invalid;
    }
    let value = if negative { value } else { value.and_then(i64::checked_neg) };
    match value {
        Some(n) => IntText::Small(n),
        None => IntText::Big { negative, digits, radix },
    }
}

fn starts_with_word(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word))
}

/// Reads one number without sign from the front; `single` rounds to single precision (once).
fn take_decimal(text: &[u8], single: bool) -> Option<(f64, &[u8])> {
    for (word, x) in [(&b"infinity"[..], f64::INFINITY), (b"inf", f64::INFINITY), (b"nan", f64::NAN)] {
        if starts_with_word(text, word) {
            return Some((x, text.get(word.len()..)?));
        }
    }
    let mut clean = String::new();
    let (mut point, mut exponent, mut digit) = (false, false, false);
    let mut rest = text;
    while let [b, tail @ ..] = rest {
        match b {
            b'0'..=b'9' => digit = true,
            b'_' => {
                rest = tail;
                continue;
            }
            b'.' if !point && !exponent => point = true,
            b'e' | b'E' if digit && !exponent => {
                exponent = true;
                digit = false;
                clean.push('e');
                rest = tail;
                if let [sign @ (b'+' | b'-'), tail @ ..] = rest {
                    clean.push(*sign as char);
                    rest = tail;
                }
                continue;
            }
            _ => break,
        }
        clean.push(*b as char);
        rest = tail;
    }
    if !digit {
        return None;
    }
    let x = if single { clean.parse::<f32>().ok()? as f64 } else { clean.parse::<f64>().ok()? };
    Some((x, rest))
}

/// Reads a float: space, sign, number, space. `None`: it is none.
pub fn parse_float(text: &[u8], single: bool) -> Option<f64> {
    let (negative, text) = take_sign(skip_space(text));
    let (x, rest) = take_decimal(text, single)?;
    if !skip_space(rest).is_empty() {
        return None;
    }
    Some(if negative { -x } else { x })
}

/// Reads a complex number: a real part, an imaginary one, or both. `None`: it is none.
pub(super) fn parse_complex(text: &[u8], single: bool) -> Option<Complex> {
    let mut parts = Complex { re: 0.0, im: 0.0 };
    let mut rest = skip_space(text);
    let mut first = true;
    loop {
        let (negative, body) = take_sign(rest);
        // A lone j is 1j.
        let (x, after) = match body {
            [b'j' | b'J', ..] => (1.0, body),
            _ => take_decimal(body, single)?,
        };
        let x = if negative { -x } else { x };
        if let [b'j' | b'J', end @ ..] = after {
            parts.im = x;
            return if skip_space(end).is_empty() { Some(parts) } else { None };
        }
        if !first {
            return None;
        }
        parts.re = x;
        if skip_space(after).is_empty() {
            return Some(parts);
        }
        if !matches!(after, [b'+' | b'-', ..]) {
            return None;
        }
        first = false;
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let n = |s: &str, base| match parse_int_text(s.as_bytes(), base) {
            IntText::Small(n) => Some(n),
            _ => None,
        };
        assert_eq!(n(" -5 ", 10), Some(-5));
        assert_eq!(n("zz", 36), Some(1295));
        assert_eq!(n("0x1F", 16), Some(31));
        assert_eq!(n("0b101", 0), Some(5));
        assert_eq!(n("0b1", 16), Some(0xb1));
        assert_eq!(n("00", 0), Some(0));
        assert_eq!(n("1__0", 10), Some(10));
        assert_eq!(n("-9223372036854775808", 10), Some(i64::MIN));
        assert_eq!(
            parse_int_text(b"9223372036854775808", 10),
            IntText::Big { negative: false, digits: "9223372036854775808".into(), radix: 10 }
        );
        for (s, base, shown) in
            [("010", 0, 0), ("", 10, 10), ("-", 10, 10), ("12", 2, 2), ("0x", 0, 16), ("1 2", 10, 10)]
        {
            assert_eq!(parse_int_text(s.as_bytes(), base), IntText::Invalid { base: shown }, "{s}");
        }
        assert_eq!(parse_int_text(b"1", 1), IntText::BadBase);
        assert_eq!(parse_int_text(b"1", 37), IntText::BadBase);
    }

    #[test]
    fn floats() {
        let f = |s: &str| parse_float(s.as_bytes(), false);
        assert_eq!(f(" 12 "), Some(12.0));
        assert_eq!(f("1_000.5"), Some(1000.5));
        assert_eq!(f(".5"), Some(0.5));
        assert_eq!(f("5."), Some(5.0));
        assert_eq!(f("-1e-99999"), Some(-0.0));
        assert_eq!(f("1E+3"), Some(1000.0));
        assert_eq!(f("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(f("nan").is_some_and(f64::is_nan));
        assert_eq!(parse_float(b"0.1", true), Some(0.1f32 as f64));
        for s in ["", ".", "e5", "1e", "1e+", "infx", "++1", "1.2.3", "1e5.", "1 2", "0x10", "_"] {
            assert_eq!(f(s), None, "{s}");
        }
    }

    #[test]
    fn complexes() {
        let c = |s: &str| parse_complex(s.as_bytes(), false).map(|c| (c.re, c.im));
        assert_eq!(c("1+2j"), Some((1.0, 2.0)));
        assert_eq!(c("+1-j"), Some((1.0, -1.0)));
        assert_eq!(c(" 1e3+1e-2J "), Some((1000.0, 0.01)));
        assert_eq!(c("-j"), Some((0.0, -1.0)));
        assert_eq!(c("5"), Some((5.0, 0.0)));
        for s in ["", "1+", "1+2", "1j2", "(1+2j)", "1 + 2j", "jj", "1+2j3j"] {
            assert_eq!(c(s), None, "{s}");
        }
    }
}
