//! A line editor over a byte stream: the keys and the echo of MicroPython's readline (docs: reference/repl).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::ops::Range;

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
/// Bytes of an escape sequence that are looked at.
const MAX_ESCAPE: usize = 8;
/// One level of indentation.
const LEVEL: &str = "    ";

/// One line being edited, its history, and the escape sequence being received.
#[derive(Default)]
pub struct Editor {
    prompt: String,
    line: String,
    /// Byte offset of the cursor in `line`.
    cursor: usize,
    /// Whether the line continues a statement.
    continued: bool,
    history: Vec<String>,
    /// 0: the line itself; n: the n-th last line of the history.
    at: usize,
    /// The line as it was before the history was visited.
    draft: String,
    escape: Vec<u8>,
    /// Bytes of an unfinished UTF-8 character.
    partial: Vec<u8>,
    /// Lines of this statement are indented for the user, until a tab or space right behind an indentation says
    /// that text with indentation of its own is coming.
    indents: bool,
    /// The last thing that happened was such an indentation.
    just_indented: bool,
    /// A `\r` came last: a `\n` right behind it belongs to it.
    after_cr: bool,
}

impl Editor {
    /// Starts the first line of a statement; appends what the terminal is to show.
    pub fn start(&mut self, prompt: &str, out: &mut String) {
        self.indents = true;
        self.begin(prompt, false, 0, out);
    }

    /// Starts a further line of the statement that `text` (ending in a newline) is the beginning of.
    pub fn go_on(&mut self, prompt: &str, text: &str, out: &mut String) {
        let levels = if self.indents { levels_after(text) } else { 0 };
        self.begin(prompt, true, levels, out);
    }

    fn begin(&mut self, prompt: &str, continued: bool, levels: usize, out: &mut String) {
        self.prompt.clear();
        self.prompt.push_str(prompt);
        self.line.clear();
        (0..levels).for_each(|_| self.line.push_str(LEVEL));
        self.just_indented = levels > 0;
        self.cursor = self.line.len();
        self.continued = continued;
        self.at = 0;
        self.escape.clear();
        out.push_str(prompt);
        out.push_str(&self.line);
    }

    /// Remembers an entered line.
    pub fn remember(&mut self, line: &str) {
        if line.is_empty() || self.history.last().is_some_and(|l| l == line) {
            return;
        }
        if self.history.len() >= HISTORY {
            self.history.remove(0);
        }
        self.history.push(String::from(line));
    }

    /// Inserts text at the cursor.
    pub fn insert(&mut self, text: &str, out: &mut String) {
        if self.line.len() + text.len() <= MAX_LINE {
            self.replace(self.cursor..self.cursor, text, out);
        }
    }

    /// Shows prompt and line again, after something else was printed.
    pub fn redraw(&self, out: &mut String) {
        out.push_str(&self.prompt);
        out.push_str(&self.line);
        step_back(self.line[self.cursor..].chars().count(), out);
    }

    /// Takes one byte; appends what the terminal is to show.
    pub fn feed(&mut self, byte: u8, out: &mut String) -> Event {
        let just_indented = core::mem::take(&mut self.just_indented);
        if !self.escape.is_empty() {
            self.feed_escape(byte, out);
            return Event::None;
        }
        let after_cr = core::mem::take(&mut self.after_cr);
        match byte {
            b'\n' if after_cr => {}
            b'\r' | b'\n' => {
                self.after_cr = byte == b'\r';
                out.push_str("\r\n");
                self.cursor = 0;
                return Event::Line(core::mem::take(&mut self.line));
            }
            0x01 | 0x02 | 0x05 if self.line.is_empty() => return Event::Control(byte),
            0x03 => return Event::Interrupt,
            0x04 if self.line.is_empty() => return Event::EndOfInput,
            0x01 => self.home(out),
            0x02 => self.left(out),
            0x04 => self.delete(out),
            0x05 => self.end(out),
            0x06 => self.right(out),
            0x08 | 0x7F => self.backspace(out),
            b'\t' | b' ' if just_indented => {
                self.indents = false;
                // A space stands for the first one of an indentation that is pasted or typed.
                if byte == b' ' {
                    step_back(LEVEL.len() - 1, out);
                    self.cursor -= LEVEL.len() - 1;
                    self.line.truncate(self.cursor);
                }
            }
            b'\t' => return self.tab(out),
            0x0B => self.replace(self.cursor..self.line.len(), "", out),
            0x0E => self.visit(false, out),
            0x10 => self.visit(true, out),
            0x15 => self.replace(0..self.cursor, "", out),
            0x17 => self.replace(self.word_before()..self.cursor, "", out),
            0x1B => self.escape.push(byte),
            0x20..=0x7E => self.insert(core::str::from_utf8(&[byte]).unwrap_or(""), out),
            0x80.. => self.feed_partial(byte, out),
            _ => {}
        }
        Event::None
    }

    /// Gathers the bytes of a character beyond ASCII.
    fn feed_partial(&mut self, byte: u8, out: &mut String) {
        self.partial.push(byte);
        if let Ok(text) = core::str::from_utf8(&self.partial) {
            let text = String::from(text);
            self.partial.clear();
            self.insert(&text, out);
        } else if self.partial.len() >= 4 {
            self.partial.clear();
        }
    }

    fn feed_escape(&mut self, byte: u8, out: &mut String) {
        let parameter = matches!(byte, b'0'..=b'9' | b';') && self.escape.len() >= 2;
        if parameter && self.escape.len() >= MAX_ESCAPE {
            return;
        }
        self.escape.push(byte);
        let sequence = core::mem::take(&mut self.escape);
        match sequence.as_slice() {
            [_, b'[' | b'O'] => self.escape = sequence,
            [_, b'b'] => self.go_to(self.word_before(), out),
            [_, b'f'] => self.go_to(self.word_behind(), out),
            [_, b'd'] => self.replace(self.cursor..self.word_behind(), "", out),
            [_, 0x7F] => self.replace(self.word_before()..self.cursor, "", out),
            _ if parameter => self.escape = sequence,
            [_, _, b'A'] => self.visit(true, out),
            [_, _, b'B'] => self.visit(false, out),
            [_, _, b'C'] => self.right(out),
            [_, _, b'D'] => self.left(out),
            [_, _, b'H'] | [_, b'[', b'1' | b'7', b'~'] => self.home(out),
            [_, _, b'F'] | [_, b'[', b'4' | b'8', b'~'] => self.end(out),
            [_, b'[', b'3', b'~'] => self.delete(out),
            [_, b'[', .., b'5', b'C'] => self.go_to(self.word_behind(), out),
            [_, b'[', .., b'5', b'D'] => self.go_to(self.word_before(), out),
            _ => {}
        }
    }

    /// Puts `text` in the place of a part of the line and the cursor behind it.
    fn replace(&mut self, range: Range<usize>, text: &str, out: &mut String) {
        let before = self.line.chars().count();
        if range.start < self.cursor {
            step_back(self.line[range.start..self.cursor].chars().count(), out);
        }
        self.line.replace_range(range.clone(), text);
        if self.line.chars().count() < before {
            out.push_str("\x1b[K");
        }
        out.push_str(&self.line[range.start..]);
        self.cursor = range.start + text.len();
        step_back(self.line[self.cursor..].chars().count(), out);
    }

    fn go_to(&mut self, to: usize, out: &mut String) {
        if to < self.cursor {
            step_back(self.line[to..self.cursor].chars().count(), out);
        } else {
            // Writing what is there anyway moves the cursor.
            out.push_str(&self.line[self.cursor..to]);
        }
        self.cursor = to;
    }

    fn home(&mut self, out: &mut String) {
        self.go_to(0, out);
    }

    fn end(&mut self, out: &mut String) {
        self.go_to(self.line.len(), out);
    }

    fn left(&mut self, out: &mut String) {
        if let Some(c) = self.line[..self.cursor].chars().next_back() {
            self.go_to(self.cursor - c.len_utf8(), out);
        }
    }

    fn right(&mut self, out: &mut String) {
        if let Some(c) = self.line[self.cursor..].chars().next() {
            self.go_to(self.cursor + c.len_utf8(), out);
        }
    }

    fn delete(&mut self, out: &mut String) {
        if let Some(c) = self.line[self.cursor..].chars().next() {
            self.replace(self.cursor..self.cursor + c.len_utf8(), "", out);
        }
    }

    fn backspace(&mut self, out: &mut String) {
        let before = &self.line[..self.cursor];
        let Some(last) = before.chars().next_back() else { return };
        // In indentation it takes a whole level.
        let level = before.len() >= LEVEL.len() && before.bytes().all(|b| b == b' ');
        let n = if level { LEVEL.len() } else { last.len_utf8() };
        self.replace(self.cursor - n..self.cursor, "", out);
    }

    /// Behind white space, or at the start of a continued line, it indents; else it completes a word.
    fn tab(&mut self, out: &mut String) -> Event {
        let before = &self.line[..self.cursor];
        let blank = if before.is_empty() { self.continued } else { before.ends_with(' ') };
        if blank && !matches!(before.trim_start(), "import " | "from ") {
            self.insert(LEVEL, out);
            return Event::None;
        }
        Event::Complete(String::from(before))
    }

    /// Where the word starts that ends at or before the cursor.
    fn word_before(&self) -> usize {
        let before = &self.line[..self.cursor];
        let word_end = before.trim_end_matches(|c: char| !c.is_alphanumeric());
        word_end.trim_end_matches(char::is_alphanumeric).len()
    }

    /// Where the word ends that starts at or behind the cursor.
    fn word_behind(&self) -> usize {
        let behind = &self.line[self.cursor..];
        let word = behind.trim_start_matches(|c: char| !c.is_alphanumeric());
        self.line.len() - word.trim_start_matches(char::is_alphanumeric).len()
    }

    fn visit(&mut self, older: bool, out: &mut String) {
        let next = if older { self.at + 1 } else { self.at.wrapping_sub(1) };
        if next > self.history.len() {
            return;
        }
        if self.at == 0 {
            self.draft = self.line.clone();
        }
        self.at = next;
        let line = match next {
            0 => core::mem::take(&mut self.draft),
            n => self.history[self.history.len() - n].clone(),
        };
        self.replace(0..self.line.len(), &line, out);
    }
}

fn step_back(n: usize, out: &mut String) {
    if n <= 4 {
        (0..n).for_each(|_| out.push('\x08'));
    } else {
        let _ = write!(out, "\x1b[{n}D");
    }
}

/// Levels of indentation to start the next line of a statement with, after these lines. Two blank lines in a row
/// end the indentation, so that the block can be ended.
fn levels_after(text: &str) -> usize {
    let mut lines = text.strip_suffix('\n').unwrap_or(text).rsplit('\n');
    let last = lines.next().unwrap_or("");
    let blank = |line: &str| line.bytes().all(|b| b == b' ');
    let before = lines.next();
    if blank(last) && lines.next().is_some() && before.is_some_and(blank) {
        return 0;
    }
    let spaces = last.len() - last.trim_start_matches(' ').len();
    let code = last.split('#').next().unwrap_or("").trim_end();
    spaces / LEVEL.len() + usize::from(code.ends_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn type_in(editor: &mut Editor, keys: &[u8]) -> (Vec<Event>, String) {
        let mut out = String::new();
        let events = keys.iter().map(|&b| editor.feed(b, &mut out)).filter(|e| *e != Event::None).collect();
        (events, out)
    }

    fn started() -> Editor {
        let mut e = Editor::default();
        e.start(">>> ", &mut String::new());
        e
    }

    #[test]
    fn edits_in_the_middle() {
        let mut e = started();
        let (events, _) = type_in(&mut e, b"print(1)\x1b[D\x1b[D2\x01x\x05!\r\n");
        assert_eq!(events, [Event::Line("xprint(21)!".into())]);
    }

    #[test]
    fn echo_redraws_what_changed() {
        assert_eq!(type_in(&mut started(), b"ab\x1b[D\x1b[D-").1, "ab\x08\x08-ab\x08\x08");
        assert_eq!(type_in(&mut started(), b"abc\x08").1, "abc\x08\x1b[K");
        assert_eq!(type_in(&mut started(), b"abcdef\x01\x04").1, "abcdef\x1b[6D\x1b[Kbcdef\x1b[5D");
    }

    #[test]
    fn history_goes_back_and_forth() {
        let mut e = Editor::default();
        e.remember("one");
        e.remember("two");
        e.start(">>> ", &mut String::new());
        let (events, _) = type_in(&mut e, b"dra\x1b[A\x1b[A\x1b[B\r");
        assert_eq!(events, [Event::Line("two".into())]);
        e.start(">>> ", &mut String::new());
        let (events, _) = type_in(&mut e, b"draft\x10\x0E\r");
        assert_eq!(events, [Event::Line("draft".into())]);
    }

    #[test]
    fn words_are_skipped_and_killed() {
        for (keys, line) in [
            (&b"one two\x1bbx\r"[..], "one xtwo"),
            (b"one two\x1b[1;5D\x1b[1;5Dx\r", "xone two"),
            (b"one two\x01\x1bfx\r", "onex two"),
            (b"one two\x01\x1b[1;5C\x1b[1;5Cx\r", "one twox"),
            (b"one two\x17x\r", "one x"),
            (b"one two\x1b\x7fx\r", "one x"),
            (b"one two\x01\x1bdx\r", "x two"),
            (b"one two\x1b[3~\x1b[1~\x1b[3~\r", "ne two"),
            (b"one two\x1b[99;99;99;99mx\r", "one twox"),
        ] {
            assert_eq!(type_in(&mut started(), keys).0, [Event::Line(line.into())], "{keys:?}");
        }
    }

    #[test]
    fn a_block_is_indented_until_two_blank_lines() {
        let mut e = started();
        e.go_on("... ", "if x:\n", &mut String::new());
        assert_eq!(type_in(&mut e, b"\x7Fx\r").0, [Event::Line("x".into())]);
        assert_eq!(levels_after("if x:\n"), 1);
        assert_eq!(levels_after("if x:\n    for i in x:\n"), 2);
        assert_eq!(levels_after("if x:\n    y = 1\n"), 1);
        assert_eq!(levels_after("if x:\n    y = 1\n    \n"), 1);
        assert_eq!(levels_after("if x:\n    y = 1\n    \n    \n"), 0);
        assert_eq!(levels_after("x = 1\n"), 0);
        assert_eq!(levels_after("for i in x:  # all\n"), 1);
    }

    #[test]
    fn text_with_its_own_indentation_is_left_alone() {
        let mut e = started();
        e.go_on("... ", "if x:\n", &mut String::new());
        let (events, echo) = type_in(&mut e, b"  y\r");
        assert_eq!((events, echo.as_str()), (vec![Event::Line("  y".into())], "\x08\x08\x08 y\r\n"));
        e.go_on("... ", "if x:\n  y\n", &mut String::new());
        assert_eq!(type_in(&mut e, b"\tz\r").0, [Event::Line("    z".into())]);
    }

    #[test]
    fn tab_completes_words_and_indents_behind_space() {
        assert_eq!(type_in(&mut started(), b"a.b\t").0, [Event::Complete("a.b".into())]);
        assert_eq!(type_in(&mut started(), b"import \t").0, [Event::Complete("import ".into())]);
        assert_eq!(type_in(&mut started(), b"a \t.\r").0, [Event::Line("a     .".into())]);
    }

    #[test]
    fn characters_beyond_ascii() {
        assert_eq!(type_in(&mut started(), "aé漢\x7Fb\r".as_bytes()).0, [Event::Line("aéb".into())]);
    }
}
