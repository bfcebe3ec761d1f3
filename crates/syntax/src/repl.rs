//! Whether interactive input goes on in the next line.

/// Whether a prompt should ask for another line after `source`, by MicroPython's rules: a
/// bracket or triple-quoted string is open, the last line ends in a backslash, or the input
/// started a compound statement and its last line is not empty.
///
/// Unlike the parser this looks only at the shape of the text, so a mistake in the first line
/// is reported when the input ends.
pub fn is_incomplete(source: &[u8]) -> bool {
    let Some(&last) = source.last() else {
        return false;
    };
    match open_end(source) {
        End::TripleQuotes => true,
        End::Quotes => last == b'\\',
        End::Code { brackets } => brackets || last == b'\\' || starts_compound(source) && last != b'\n',
    }
}

/// What the end of the input is inside of.
enum End {
    TripleQuotes,
    Quotes,
    Code { brackets: bool },
}

fn open_end(source: &[u8]) -> End {
    let mut open = [0i32; 3];
    let mut at = 0;
    let peek = |at: usize| source.get(at).copied().unwrap_or(0);
    while let Some(&b) = source.get(at) {
        match b {
            b'(' => open[0] += 1,
            b'[' => open[1] += 1,
            b'{' => open[2] += 1,
            b')' => open[0] -= 1,
            b']' => open[1] -= 1,
            b'}' => open[2] -= 1,
            b'#' => {
                while !matches!(peek(at + 1), 0 | b'\n' | b'\r') {
                    at += 1;
                }
            }
            b'\'' | b'"' => {
                let triple = peek(at + 1) == b && peek(at + 2) == b;
                at += if triple { 3 } else { 1 };
                loop {
                    match source.get(at) {
                        None if triple => return End::TripleQuotes,
                        None => return End::Quotes,
                        Some(b'\\') => at += 1,
                        // A single-quoted string ends with its line, by mistake.
                        Some(b'\n' | b'\r') if !triple => break,
                        Some(&c) if c == b => {
                            if !triple {
                                break;
                            }
                            if peek(at + 1) == b && peek(at + 2) == b {
                                at += 2;
                                break;
                            }
                        }
                        Some(_) => {}
                    }
                    at += 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    let brackets = open.iter().any(|&n| n > 0);
    End::Code { brackets }
}

fn starts_compound(source: &[u8]) -> bool {
    let end = source.iter().position(|&b| !(b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80));
    let word = source.get(..end.unwrap_or(source.len())).unwrap_or(&[]);
    source.first() == Some(&b'@')
        || matches!(word, b"if" | b"while" | b"for" | b"try" | b"with" | b"def" | b"class" | b"async")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_more() {
        for text in [
            "if x:",
            "for i in y: print(i)",
            "while 1:\n  x",
            "try:",
            "with a:",
            "def f():",
            "class A:",
            "async def f():",
            "@d",
            "@d\ndef f():\n  pass",
            "f(",
            "f(]",
            "[1,\n2",
            "{1:",
            "'''a",
            "x = \"\"\"a\n",
            "x = 1 + \\",
            "'a\\",
            "if x:\n  f('''\n",
            "f(')', ",
            "f( # )",
            "'''\\'''",
            "if x: # don't\n  f(",
        ] {
            assert!(is_incomplete(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn is_done() {
        for text in [
            "",
            "x",
            "iffy",
            "x = 1\n",
            "if x:\n  y\n",
            "f()",
            "'a",
            "'(",
            "\"\"\"a\"\"\"",
            "'''it's'''",
            "x # (",
            "'\\'(' ",
            "f())",
            " if x:",
            "f'{x}'",
            "\n",
        ] {
            assert!(!is_incomplete(text.as_bytes()), "{text:?}");
        }
    }
}
