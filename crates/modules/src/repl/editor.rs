//! A line editor over a byte stream: what a terminal on a serial line needs and no more.

use alloc::string::String;
use alloc::vec::Vec;

/// What a byte led to, beside what was echoed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing to do.
    None,
    /// The line is complete.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D on an empty line.
    EndOfInput,
    /// Ctrl-A, Ctrl-B or Ctrl-E on an empty line.
    Control(u8),
    /// Tab: the text before the cursor is to be completed.
    Complete(String),
}

/// Lines kept for the up arrow.
const HISTORY: usize = 50;
/// Bytes a line may hold.
const MAX_LINE: usize = 8192;

/// One line being edited, its history, and the escape sequence being received.
#[derive(Default)]
pub struct Editor {
    prompt: String,
    line: String,
    /// Byte offset of the cursor in `line`.
    cursor: usize,
    history: Vec<String>,
    /// 0: the line itself; n: the n-th last line of the history.
    at: usize,
    /// The line as it was before the history was visited.
    draft: String,
    escape: Vec<u8>,
    /// Bytes of an unfinished UTF-8 character.
    partial: Vec<u8>,
    /// Whether everything before the cursor was put there by auto-indent.
    indented: bool,
    /// A `\r` came last: a `\n` right behind it belongs to it.
    after_cr: bool,
}

impl Editor {
    /// Starts a line with this prompt and indentation; appends what the terminal is to show.
    pub fn start(&mut self, prompt: &str, indent: usize, out: &mut String) {
        self.prompt.clear();
        self.prompt.push_str(prompt);
        self.line.clear();
        (0..indent).for_each(|_| self.line.push(' '));
        self.cursor = self.line.len();
        self.indented = indent > 0;
        self.at = 0;
        self.escape.clear();
        out.push_str(prompt);
        out.push_str(&self.line);
    }

    /// Remembers an entered line.
    pub fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || self.history.last().is_some_and(|l| l == line) {
            return;
        }
        if self.history.len() >= HISTORY {
            self.history.remove(0);
        }
        self.history.push(String::from(line));
    }

    /// Inserts completed text at the cursor.
    pub fn insert(&mut self, text: &str, out: &mut String) {
        if self.line.len() + text.len() > MAX_LINE {
            return;
        }
        self.indented = false;
        self.line.insert_str(self.cursor, text);
        self.cursor += text.len();
        out.push_str(text);
        if self.cursor < self.line.len() {
            self.redraw_tail(out);
        }
    }

    /// Shows prompt and line again, after something else was printed.
    pub fn redraw(&self, out: &mut String) {
        out.push_str(&self.prompt);
        out.push_str(&self.line);
        self.move_left(self.line[self.cursor..].chars().count(), out);
    }

    /// Takes one byte; appends what the terminal is to show.
    pub fn feed(&mut self, byte: u8, out: &mut String) -> Event {
        if !self.escape.is_empty() {
            return self.feed_escape(byte, out);
        }
        let after_cr = core::mem::take(&mut self.after_cr);
        match byte {
            b'\n' if after_cr => Event::None,
            b'\r' | b'\n' => {
                self.after_cr = byte == b'\r';
                out.push_str("\r\n");
                if self.indented {
                    self.line.clear();
                }
                self.cursor = 0;
                Event::Line(core::mem::take(&mut self.line))
            }
            0x01 | 0x02 | 0x05 if self.line.is_empty() => Event::Control(byte),
            0x01 => self.home(out),
            0x02 => self.left(out),
            0x03 => Event::Interrupt,
            0x04 if self.line.is_empty() => Event::EndOfInput,
            0x04 => self.delete(out),
            0x05 => self.end(out),
            0x06 => self.right(out),
            0x08 | 0x7F => self.backspace(out),
            b'\t' => {
                let before = &self.line[..self.cursor];
                if before.trim().is_empty() {
                    self.insert("    ", out);
                    return Event::None;
                }
                Event::Complete(String::from(before))
            }
            0x0B => {
                self.line.truncate(self.cursor);
                out.push_str("\x1b[K");
                Event::None
            }
            0x0E => self.visit(false, out),
            0x10 => self.visit(true, out),
            0x15 => {
                let n = self.line[..self.cursor].chars().count();
                self.line.replace_range(..self.cursor, "");
                self.cursor = 0;
                self.move_left(n, out);
                self.redraw_tail(out);
                Event::None
            }
            0x17 => {
                let before = self.line[..self.cursor].trim_end();
                let start = before.rfind(' ').map_or(0, |i| i + 1);
                let n = self.line[start..self.cursor].chars().count();
                self.line.replace_range(start..self.cursor, "");
                self.cursor = start;
                self.move_left(n, out);
                self.redraw_tail(out);
                Event::None
            }
            0x1B => {
                self.escape.push(byte);
                Event::None
            }
            0x20..=0x7E => {
                let text = [byte];
                self.insert(core::str::from_utf8(&text).unwrap_or(""), out);
                Event::None
            }
            0x80.. => {
                self.partial.push(byte);
                if let Ok(text) = core::str::from_utf8(&self.partial) {
                    let text = String::from(text);
                    self.partial.clear();
                    self.insert(&text, out);
                } else if self.partial.len() >= 4 {
                    self.partial.clear();
                }
                Event::None
            }
            _ => Event::None,
        }
    }

    fn feed_escape(&mut self, byte: u8, out: &mut String) -> Event {
        self.escape.push(byte);
        let sequence = core::mem::take(&mut self.escape);
        match sequence.as_slice() {
            [0x1B, b'[' | b'O'] => {
                self.escape = sequence;
                Event::None
            }
            [0x1B, b'[', b'0'..=b'9'] | [0x1B, b'[', b'0'..=b'9', b'0'..=b'9'] => {
                self.escape = sequence;
                Event::None
            }
            [0x1B, _, b'A'] => self.visit(true, out),
            [0x1B, _, b'B'] => self.visit(false, out),
            [0x1B, _, b'C'] => self.right(out),
            [0x1B, _, b'D'] => self.left(out),
            [0x1B, _, b'H'] | [0x1B, b'[', b'1' | b'7', b'~'] => self.home(out),
            [0x1B, _, b'F'] | [0x1B, b'[', b'4' | b'8', b'~'] => self.end(out),
            [0x1B, b'[', b'3', b'~'] => self.delete(out),
            _ => Event::None,
        }
    }

    fn move_left(&self, n: usize, out: &mut String) {
        use core::fmt::Write;
        if n > 0 {
            let _ = write!(out, "\x1b[{n}D");
        }
    }

    /// Shows what stands behind the cursor anew and comes back.
    fn redraw_tail(&self, out: &mut String) {
        let tail = &self.line[self.cursor..];
        out.push_str("\x1b[K");
        out.push_str(tail);
        self.move_left(tail.chars().count(), out);
    }

    fn home(&mut self, out: &mut String) -> Event {
        self.move_left(self.line[..self.cursor].chars().count(), out);
        self.cursor = 0;
        Event::None
    }

    fn end(&mut self, out: &mut String) -> Event {
        out.push_str(&self.line[self.cursor..]);
        self.cursor = self.line.len();
        Event::None
    }

    fn left(&mut self, out: &mut String) -> Event {
        if let Some(c) = self.line[..self.cursor].chars().next_back() {
            self.cursor -= c.len_utf8();
            self.move_left(1, out);
        }
        Event::None
    }

    fn right(&mut self, out: &mut String) -> Event {
        if let Some(c) = self.line[self.cursor..].chars().next() {
            self.cursor += c.len_utf8();
            out.push(c);
        }
        Event::None
    }

    fn delete(&mut self, out: &mut String) -> Event {
        if self.cursor < self.line.len() {
            self.line.remove(self.cursor);
            self.redraw_tail(out);
        }
        Event::None
    }

    fn backspace(&mut self, out: &mut String) -> Event {
        let before = &self.line[..self.cursor];
        // In indentation a backspace takes a whole level.
        let n = if !before.is_empty() && before.bytes().all(|b| b == b' ') { (before.len() - 1) % 4 + 1 } else { 1 };
        for _ in 0..n {
            let Some(c) = self.line[..self.cursor].chars().next_back() else { break };
            self.cursor -= c.len_utf8();
            self.line.remove(self.cursor);
            self.move_left(1, out);
        }
        self.indented = self.indented && !self.line.is_empty();
        self.redraw_tail(out);
        Event::None
    }

    fn visit(&mut self, older: bool, out: &mut String) -> Event {
        let next = if older { self.at + 1 } else { self.at.wrapping_sub(1) };
        if next > self.history.len() {
            return Event::None;
        }
        if self.at == 0 {
            self.draft = self.line.clone();
        }
        self.at = next;
        self.home(out);
        self.line = match next {
            0 => core::mem::take(&mut self.draft),
            n => self.history[self.history.len() - n].clone(),
        };
        self.indented = false;
        self.cursor = 0;
        self.redraw_tail(out);
        self.end(out)
    }
}

/// Spaces to start the next line of a block with, after these lines.
pub fn indent_after(text: &str) -> usize {
    let last = text.trim_end_matches('\n').rsplit('\n').next().unwrap_or("");
    let spaces = last.len() - last.trim_start_matches(' ').len();
    let code = last.split('#').next().unwrap_or("").trim_end();
    if code.ends_with(':') { spaces / 4 * 4 + 4 } else { spaces / 4 * 4 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_in(editor: &mut Editor, keys: &[u8]) -> (Vec<Event>, String) {
        let mut out = String::new();
        let events = keys.iter().map(|&b| editor.feed(b, &mut out)).filter(|e| *e != Event::None).collect();
        (events, out)
    }

    #[test]
    fn edits_in_the_middle() {
        let mut e = Editor::default();
        e.start(">>> ", 0, &mut String::new());
        let (events, _) = type_in(&mut e, b"print(1)\x1b[D\x1b[D2\x01x\x05!\r\n");
        assert_eq!(events, [Event::Line("xprint(21)!".into())]);
    }

    #[test]
    fn history_goes_back_and_forth() {
        let mut e = Editor::default();
        e.remember("one");
        e.remember("two");
        e.start(">>> ", 0, &mut String::new());
        let (events, _) = type_in(&mut e, b"dra\x1b[A\x1b[A\x1b[B\r");
        assert_eq!(events, [Event::Line("two".into())]);
        e.start(">>> ", 0, &mut String::new());
        let (events, _) = type_in(&mut e, b"draft\x10\x0E\r");
        assert_eq!(events, [Event::Line("draft".into())]);
    }

    #[test]
    fn an_untouched_indent_is_a_blank_line() {
        let mut e = Editor::default();
        e.start("... ", 4, &mut String::new());
        assert_eq!(type_in(&mut e, b"\r").0, [Event::Line("".into())]);
        e.start("... ", 8, &mut String::new());
        assert_eq!(type_in(&mut e, b"\x7Fx\r").0, [Event::Line("    x".into())]);
    }

    #[test]
    fn characters_beyond_ascii() {
        let mut e = Editor::default();
        e.start("", 0, &mut String::new());
        assert_eq!(type_in(&mut e, "aé漢\x7Fb\r".as_bytes()).0, [Event::Line("aéb".into())]);
    }

    #[test]
    fn indentation_follows_the_block() {
        assert_eq!(indent_after("if x:\n"), 4);
        assert_eq!(indent_after("if x:\n    y = 1\n"), 4);
        assert_eq!(indent_after("x = 1\n"), 0);
        assert_eq!(indent_after("for i in x:  # all\n"), 4);
    }
}
