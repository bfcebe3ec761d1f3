//! Running a program over a text.
//!
//! First by backtracking, with an explicit stack and a budget of steps: quick for ordinary expressions. When
//! the budget or the stack is used up, all ways are followed at the same time instead (one pass over the text,
//! memory by the size of the program), which finds the same match and never takes exponential time.

use super::program::{Inst, Program, named_has};
use alloc::vec;
use alloc::vec::Vec;

/// No position yet.
pub const UNSET: usize = usize::MAX;

/// A text to search.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// All of it up to where the search must end; `^` matches at 0, `$` at the end.
    pub text: &'a [u8],
    /// Whether it is UTF-8: then a character may be several bytes.
    pub utf8: bool,
}

impl Subject<'_> {
    /// The character at a position, and the position behind it.
    fn next(&self, at: usize) -> Option<(char, usize)> {
        let b = *self.text.get(at)?;
        if b < 0x80 || !self.utf8 {
            return Some((b as char, at + 1));
        }
        let len = match b {
            0xF0.. => 4,
            0xE0.. => 3,
            _ => 2,
        };
        let c = core::str::from_utf8(self.text.get(at..at + len)?).ok()?.chars().next()?;
        Some((c, at + len))
    }
}

/// The expression loops without end: in MicroPython a RuntimeError.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endless;

enum Job {
    Try(usize, usize),
    Restore(usize, usize),
}

enum Outcome {
    Found,
    Nothing,
    GaveUp,
}

/// Backtracking entries kept at most; each is three words.
const MAX_STACK: usize = 4096;

impl Program {
    /// Finds a match that begins at `start` (anchored) or anywhere behind it; slots hold byte positions.
    pub fn find(&self, subject: Subject, start: usize, anchored: bool) -> Result<Option<Vec<usize>>, Endless> {
        let mut budget = 10_000 + 64 * subject.text.len();
        let mut slots = vec![UNSET; self.slots()];
        let first = self.first_char().filter(|c| c.is_ascii()).map(|c| c as u8);
        let mut at = start;
        loop {
            if !anchored {
                if self.anchored() && at > 0 {
                    return Ok(None);
                }
                if let Some(b) = first {
                    match memchr::memchr(b, subject.text.get(at..).unwrap_or(&[])) {
                        Some(n) => at += n,
                        None => return Ok(None),
                    }
                }
            }
            match self.backtrack(subject, at, &mut slots, &mut budget)? {
                Outcome::Found => return Ok(Some(slots)),
                Outcome::Nothing => {}
                Outcome::GaveUp => return self.lockstep(subject, at, anchored),
            }
            if anchored || at >= subject.text.len() {
                return Ok(None);
            }
            at = subject.next(at).map_or(at + 1, |(_, next)| next);
        }
    }

    fn backtrack(
        &self,
        subject: Subject,
        start: usize,
        slots: &mut [usize],
        budget: &mut usize,
    ) -> Result<Outcome, Endless> {
        slots.fill(UNSET);
        let mut stack = vec![Job::Try(0, start)];
        while let Some(job) = stack.pop() {
            let (mut pc, mut at) = match job {
                Job::Try(pc, at) => (pc, at),
                Job::Restore(slot, old) => {
                    slots[slot] = old;
                    continue;
                }
            };
            loop {
                if *budget == 0 || stack.len() > MAX_STACK {
                    return Ok(Outcome::GaveUp);
                }
                *budget -= 1;
                let Some(inst) = self.code.get(pc) else { break };
                let go = |distance: i32| (pc as i64 + distance as i64) as usize;
                match inst {
                    Inst::Char(_) | Inst::Any | Inst::Class(_) | Inst::Named(_) => match subject.next(at) {
                        Some((c, next)) if takes(inst, c) => {
                            at = next;
                            pc += 1;
                        }
                        _ => break,
                    },
                    Inst::Begin if at != 0 => break,
                    Inst::End if at != subject.text.len() => break,
                    Inst::Begin | Inst::End => pc += 1,
                    Inst::Save(slot) => {
                        stack.push(Job::Restore(*slot, slots[*slot]));
                        slots[*slot] = at;
                        pc += 1;
                    }
                    Inst::Jump(distance) => pc = go(*distance),
                    Inst::Split(a, b) => {
                        stack.push(Job::Try(go(*b), at));
                        pc = go(*a);
                    }
                    Inst::Endless(_) => return Err(Endless),
                    Inst::Match => return Ok(Outcome::Found),
                }
            }
        }
        Ok(Outcome::Nothing)
    }

    /// Follows all ways at the same time, in order of preference.
    fn lockstep(&self, subject: Subject, start: usize, anchored: bool) -> Result<Option<Vec<usize>>, Endless> {
        let mut now = Ways::new(self);
        let mut then = Ways::new(self);
        let mut best: Option<Vec<usize>> = None;
        let mut at = start;
        loop {
            if best.is_none() && (at == start || !anchored) {
                let slots = vec![UNSET; self.slots()];
                now.add(self, subject, 0, at, &slots)?;
            }
            if now.list.is_empty() && (best.is_some() || anchored) {
                return Ok(best);
            }
            let next = subject.next(at);
            then.clear();
            for i in 0..now.list.len() {
                let pc = now.list[i];
                let slots = &now.slots[i * self.slots()..(i + 1) * self.slots()];
                match &self.code[pc] {
                    Inst::Match => {
                        best = Some(slots.to_vec());
                        break;
                    }
                    inst => {
                        if let Some((c, behind)) = next
                            && takes(inst, c)
                        {
                            then.add(self, subject, pc + 1, behind, slots)?;
                        }
                    }
                }
            }
            core::mem::swap(&mut now, &mut then);
            match next {
                Some((_, behind)) => at = behind,
                // A match found at the end is in `best`; nothing begins behind the end.
                None => return Ok(best),
            }
        }
    }
}

fn takes(inst: &Inst, c: char) -> bool {
    match inst {
        Inst::Char(wanted) => *wanted == c,
        Inst::Any => true,
        Inst::Class(class) => class.has(c),
        Inst::Named(name) => named_has(*name, c),
        _ => false,
    }
}

/// Places in the program where a character is awaited (or the match is complete), each with its slots.
struct Ways {
    list: Vec<usize>,
    slots: Vec<usize>,
    seen: Vec<bool>,
}

impl Ways {
    fn new(program: &Program) -> Ways {
        Ways { list: Vec::new(), slots: Vec::new(), seen: vec![false; program.code.len()] }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.slots.clear();
        self.seen.fill(false);
    }

    /// Adds what can be reached from `pc` without a character.
    fn add(
        &mut self,
        program: &Program,
        subject: Subject,
        pc: usize,
        at: usize,
        slots: &[usize],
    ) -> Result<(), Endless> {
        let mut slots = slots.to_vec();
        let mut stack = vec![Job::Try(pc, at)];
        while let Some(job) = stack.pop() {
            let mut pc = match job {
                Job::Try(pc, _) => pc,
                Job::Restore(slot, old) => {
                    slots[slot] = old;
                    continue;
                }
            };
            while !core::mem::replace(&mut self.seen[pc], true) {
                let go = |distance: i32| (pc as i64 + distance as i64) as usize;
                match &program.code[pc] {
                    Inst::Begin if at != 0 => break,
                    Inst::End if at != subject.text.len() => break,
                    Inst::Begin | Inst::End => pc += 1,
                    Inst::Save(slot) => {
                        stack.push(Job::Restore(*slot, slots[*slot]));
                        slots[*slot] = at;
                        pc += 1;
                    }
                    Inst::Jump(distance) => pc = go(*distance),
                    Inst::Split(a, b) => {
                        stack.push(Job::Try(go(*b), at));
                        pc = go(*a);
                    }
                    Inst::Endless(_) => return Err(Endless),
                    _ => {
                        self.list.push(pc);
                        self.slots.extend_from_slice(&slots);
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::program::RegexError;
    use super::*;
    use alloc::string::String;

    fn run(pattern: &str, text: &str, anchored: bool) -> Option<(usize, usize)> {
        let program = Program::compile(pattern.chars()).unwrap();
        let subject = Subject { text: text.as_bytes(), utf8: true };
        let quick = program.find(subject, 0, anchored).unwrap();
        let slow = program.lockstep(subject, 0, anchored).unwrap();
        assert_eq!(quick, slow, "{pattern} on {text}");
        quick.map(|s| (s[0], s[1]))
    }

    #[test]
    fn both_engines_agree() {
        for (pattern, text, found) in [
            ("a", "cba", Some((2, 3))),
            ("a*", "aaab", Some((0, 3))),
            ("a*?b", "aaab", Some((0, 4))),
            ("a+?", "aaa", Some((0, 1))),
            ("a??b", "ab", Some((0, 2))),
            ("(a|ab)(c|bcd)", "abcd", Some((0, 4))),
            ("x|y|z", "__z", Some((2, 3))),
            ("^b", "ab", None),
            ("b$", "abb", Some((2, 3))),
            ("[a-c]+", "xxabcabcx", Some((2, 8))),
            ("[^a-c]+", "abxyc", Some((2, 4))),
            (r"\d+\.\d*", "v 12.5", Some((2, 6))),
            (r"[\s\d]+", "ab1 2c", Some((2, 5))),
            ("é.", "caféé!", Some((3, 7))),
            ("(?:ab)+", "ababx", Some((0, 4))),
            ("", "abc", Some((0, 0))),
            ("()", "abc", Some((0, 0))),
            ("a{2}", "a{2}", Some((0, 4))),
        ] {
            assert_eq!(run(pattern, text, false), found, "{pattern} on {text}");
        }
        assert_eq!(run("b", "ab", true), None);
    }

    #[test]
    fn no_exponential_time() {
        let text: String = core::iter::repeat_n('a', 5000).collect();
        let program = Program::compile("(a|aa)+b".chars()).unwrap();
        let subject = Subject { text: text.as_bytes(), utf8: true };
        assert_eq!(program.find(subject, 0, false), Ok(None));
    }

    #[test]
    fn long_texts_need_no_long_stack() {
        let text: String = core::iter::repeat_n('a', 200_000).collect();
        assert_eq!(run(".*b|a*", &text, true), Some((0, 200_000)));
    }

    #[test]
    fn errors() {
        for pattern in ["?", "*", "+", ")", "[", "([", "([)", r"[a\]", "a**", "^*", "a|*", "\\", "("] {
            assert_eq!(Program::compile(pattern.chars()).err(), Some(RegexError::Syntax), "{pattern}");
        }
        let deep = "(?:".repeat(1000);
        assert_eq!(Program::compile(deep.chars()).err(), Some(RegexError::TooDeep));
        let program = Program::compile("(a*)*".chars()).unwrap();
        assert_eq!(program.find(Subject { text: b"aaa", utf8: true }, 0, true), Err(Endless));
    }

    #[test]
    fn limits_are_those_of_micropython() {
        let many = |n: usize, tail: &str| -> String {
            let mut s = String::from("(");
            s.extend(core::iter::repeat_n('a', n));
            s.push_str(tail);
            s
        };
        for bad in [many(62, ")?"), many(60, "..)*"), many(60, ".)*"), many(62, ")+")] {
            assert!(Program::compile(bad.chars()).is_err(), "{bad}");
        }
        for good in [many(61, ")?"), many(60, ")*"), many(60, ")+")] {
            assert!(Program::compile(good.chars()).is_ok(), "{good}");
        }
    }
}
