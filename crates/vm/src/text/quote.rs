//! repr of str and bytes.

use super::char::hex_digit;
use crate::vm::{Raised, Res};
use alloc::string::String;

/// Single quotes, unless the text holds single quotes and no double ones.
fn quote_for(bytes: &[u8]) -> char {
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' }
}

fn push_hex(out: &mut String, b: u8) {
    out.push_str("\\x");
    out.push(hex_digit(b >> 4) as char);
    out.push(hex_digit(b) as char);
}

/// Appends one ASCII character with its escape.
fn push_ascii(out: &mut String, b: u8, quote: char) {
    match b {
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        b if b as char == quote => {
            out.push('\\');
            out.push(quote);
        }
        0x20..0x7F => out.push(b as char),
        _ => push_hex(out, b),
    }
}

fn reserve(out: &mut String, n: usize) -> Res<()> {
    out.try_reserve(n).map_err(|_| Raised)
}

/// Appends the repr of a str. Characters beyond ASCII stand for themselves.
pub fn quote_str(s: &str, out: &mut String) -> Res<()> {
    let quote = quote_for(s.as_bytes());
    reserve(out, s.len() + 2)?;
    out.push(quote);
    let mut plain = 0;
    for (at, b) in s.bytes().enumerate() {
        if b == b'\\' || b == quote as u8 || b < 0x20 || b == 0x7F {
            out.push_str(s.get(plain..at).unwrap_or(""));
            reserve(out, s.len() - at + 6)?;
            push_ascii(out, b, quote);
            plain = at + 1;
        }
    }
    out.push_str(s.get(plain..).unwrap_or(""));
    out.push(quote);
    Ok(())
}

/// Appends the repr of bytes, with its leading `b`.
pub fn quote_bytes(bytes: &[u8], out: &mut String) -> Res<()> {
    let quote = quote_for(bytes);
    reserve(out, bytes.len() + 3)?;
    out.push('b');
    out.push(quote);
    for (at, &b) in bytes.iter().enumerate() {
        if out.capacity() - out.len() < 5 {
            reserve(out, (bytes.len() - at) * 2 + 8)?;
        }
        push_ascii(out, b, quote);
    }
    out.push(quote);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(text: &str) -> String {
        let mut out = String::new();
        quote_str(text, &mut out).unwrap();
        out
    }

    fn b(bytes: &[u8]) -> String {
        let mut out = String::new();
        quote_bytes(bytes, &mut out).unwrap();
        out
    }

    #[test]
    fn quotes_are_chosen_by_content() {
        assert_eq!(s("abc"), "'abc'");
        assert_eq!(s("it's"), "\"it's\"");
        assert_eq!(s("it's \"x\""), "'it\\'s \"x\"'");
        assert_eq!(b(b"it's"), "b\"it's\"");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(s("a\n\t\r\\\x00\x7f"), "'a\\n\\t\\r\\\\\\x00\\x7f'");
        assert_eq!(s("héé\n…"), "'héé\\n…'");
        assert_eq!(b(b"\x00a\xff\\"), "b'\\x00a\\xff\\\\'");
    }
}
