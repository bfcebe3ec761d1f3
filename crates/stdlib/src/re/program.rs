//! Regular expressions compiled to a program of small instructions.
//!
//! The language is MicroPython's: `. [] ^ $ ? * + ?? *? +? | () (?:) \d \D \s \S \w \W`, any other escaped
//! character stands for itself, counted repetition does not exist. Two of its limits are kept, so that an
//! expression accepted here is accepted on a MicroPython board too: what is repeated or alternated may take at
//! most 127 bytes of its code ([`Inst::cost`]), and there are at most 63 groups.

use alloc::vec::Vec;

/// One character or the range between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassItem {
    /// From, to (inclusive).
    Range(char, char),
    /// `\d \D \s \S \w \W`, by its letter.
    Named(char),
}

/// A set of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// What is in it, or what is not.
    pub items: Vec<ClassItem>,
    /// Whether it is the complement.
    pub negated: bool,
}

/// An instruction. Distances are counted from the instruction itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inst {
    /// This character.
    Char(char),
    /// Any character.
    Any,
    /// A character of a set.
    Class(Class),
    /// `\d \D \s \S \w \W` outside of brackets, by its letter.
    Named(char),
    /// The beginning of the text.
    Begin,
    /// The end of the text.
    End,
    /// Notes the position in this slot.
    Save(usize),
    /// Goes on elsewhere.
    Jump(i32),
    /// Tries the first way, then the other.
    Split(i32, i32),
    /// A greedy loop around something that can match nothing: it would never end. Where it would go: past the loop
    /// from its head, to the loop from its end.
    Endless(i32),
    /// Success.
    Match,
}

impl Inst {
    /// Bytes that the instruction takes in MicroPython's code.
    pub fn cost(&self) -> usize {
        match self {
            Inst::Char(c) => 2 * c.len_utf8(),
            Inst::Any | Inst::Begin | Inst::End | Inst::Match => 1,
            Inst::Class(class) => 2 + 2 * class.items.len(),
            Inst::Save(_) | Inst::Jump(_) | Inst::Split(..) | Inst::Endless(_) | Inst::Named(_) => 2,
        }
    }
}

/// Why an expression is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegexError {
    /// It does not follow the grammar.
    Syntax,
    /// A part is larger than MicroPython allows.
    TooComplex,
    /// Groups are nested too deeply.
    TooDeep,
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Program {
    /// Instructions; the last is [`Inst::Match`].
    pub code: Vec<Inst>,
    /// Number of groups, the whole match not counted.
    pub groups: usize,
}

const MAX_DEPTH: u32 = 100;
const MAX_JUMP: usize = 127;
const MAX_GROUPS: usize = 63;
const MAX_LEN: usize = 1 << 16;

impl Program {
    /// Compiles an expression, given as its characters (for bytes: each byte is one).
    pub fn compile(pattern: impl Iterator<Item = char>) -> Result<Program, RegexError> {
        let chars: Vec<char> = pattern.take(MAX_LEN + 1).collect();
        if chars.len() > MAX_LEN {
            return Err(RegexError::TooComplex);
        }
        let mut compiler = Compiler { pattern: &chars, at: 0, code: Vec::new(), groups: 0, depth: 0 };
        compiler.code.push(Inst::Save(0));
        compiler.alternatives()?;
        if compiler.at < chars.len() {
            return Err(RegexError::Syntax);
        }
        compiler.code.push(Inst::Save(1));
        compiler.code.push(Inst::Match);
        Ok(Program { code: compiler.code, groups: compiler.groups })
    }

    /// Number of slots: two for the whole match and for each group.
    pub fn slots(&self) -> usize {
        2 * (self.groups + 1)
    }

    /// The character every match begins with, if there is one.
    pub fn first_char(&self) -> Option<char> {
        self.code.iter().find(|i| !matches!(i, Inst::Save(_))).and_then(|i| match i {
            Inst::Char(c) => Some(*c),
            _ => None,
        })
    }

    /// Whether matches only begin where the text begins.
    pub fn anchored(&self) -> bool {
        self.code.iter().find(|i| !matches!(i, Inst::Save(_))) == Some(&Inst::Begin)
    }
}

struct Compiler<'a> {
    pattern: &'a [char],
    at: usize,
    code: Vec<Inst>,
    groups: usize,
    depth: u32,
}

fn is_named(c: char) -> bool {
    matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W')
}

impl Compiler<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.pattern.get(self.at + ahead).copied()
    }

    fn cost(&self, from: usize) -> usize {
        self.code.get(from..).unwrap_or(&[]).iter().map(Inst::cost).sum()
    }

    fn check(&self, from: usize, more: usize) -> Result<(), RegexError> {
        if self.cost(from) + more > MAX_JUMP { Err(RegexError::TooComplex) } else { Ok(()) }
    }

    /// Everything up to `)` or the end.
    fn alternatives(&mut self) -> Result<(), RegexError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(RegexError::TooDeep);
        }
        let start = self.code.len();
        // Jumps from the end of each alternative to the end of all.
        let mut ends: Vec<usize> = Vec::new();
        let mut this = start;
        // Where the piece begins that a repetition would repeat; `None`: nothing to repeat.
        let mut term: Option<usize> = None;
        while let Some(c) = self.peek(0) {
            match c {
                ')' => break,
                '|' => {
                    self.check(start, 2)?;
                    let len = self.code.len() - this;
                    self.code.insert(this, Inst::Split(1, len as i32 + 2));
                    ends.push(self.code.len());
                    self.code.push(Inst::Jump(0));
                    this = self.code.len();
                    term = None;
                    self.at += 1;
                }
                '?' | '*' | '+' => {
                    let Some(from) = term.take() else { return Err(RegexError::Syntax) };
                    self.at += 1;
                    let lazy = self.peek(0) == Some('?');
                    self.at += usize::from(lazy);
                    self.repeat(c, from, lazy)?;
                }
                '(' => {
                    term = Some(self.code.len());
                    self.group()?;
                }
                '^' | '$' => {
                    self.code.push(if c == '^' { Inst::Begin } else { Inst::End });
                    term = None;
                    self.at += 1;
                }
                _ => {
                    term = Some(self.code.len());
                    let inst = self.single(c)?;
                    self.code.push(inst);
                }
            }
        }
        let end = self.code.len();
        for at in ends {
            if self.code.get(at..).unwrap_or(&[]).iter().map(Inst::cost).sum::<usize>() > MAX_JUMP {
                return Err(RegexError::TooComplex);
            }
            if let Some(jump) = self.code.get_mut(at) {
                *jump = Inst::Jump((end - at) as i32);
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn group(&mut self) -> Result<(), RegexError> {
        let captures = !(self.peek(1) == Some('?') && self.peek(2) == Some(':'));
        self.at += if captures { 1 } else { 3 };
        let mut number = 0;
        if captures {
            self.groups += 1;
            number = self.groups;
            if number > MAX_GROUPS {
                return Err(RegexError::TooComplex);
            }
            self.code.push(Inst::Save(2 * number));
        }
        self.alternatives()?;
        if self.peek(0) != Some(')') {
            return Err(RegexError::Syntax);
        }
        self.at += 1;
        if captures {
            self.code.push(Inst::Save(2 * number + 1));
        }
        Ok(())
    }

    fn repeat(&mut self, sign: char, from: usize, lazy: bool) -> Result<(), RegexError> {
        let len = (self.code.len() - from) as i32;
        let split = |body: i32, out: i32| if lazy { Inst::Split(out, body) } else { Inst::Split(body, out) };
        let endless = !lazy && self.matches_nothing(from);
        match sign {
            '?' => {
                self.check(from, 0)?;
                self.code.insert(from, split(1, len + 1));
            }
            '*' => {
                self.check(from, 3)?;
                self.code.insert(from, if endless { Inst::Endless(len + 2) } else { split(1, len + 2) });
                self.code.push(Inst::Jump(-len - 1));
            }
            _ => {
                self.check(from, 1)?;
                self.code.push(if endless { Inst::Endless(-len) } else { split(-len, 1) });
            }
        }
        Ok(())
    }

    /// Whether the code from `from` to the end can be passed without a character.
    fn matches_nothing(&self, from: usize) -> bool {
        let len = self.code.len() - from;
        let mut seen = alloc::vec![false; len + 1];
        let mut todo = alloc::vec![0usize];
        while let Some(at) = todo.pop() {
            if core::mem::replace(&mut seen[at.min(len)], true) {
                continue;
            }
            let to = |distance: i32| (at as i64 + distance as i64).clamp(0, len as i64) as usize;
            match self.code.get(from + at) {
                None => return true,
                Some(Inst::Char(_) | Inst::Any | Inst::Class(_) | Inst::Named(_) | Inst::Endless(_) | Inst::Match) => {}
                Some(Inst::Begin | Inst::End | Inst::Save(_)) => todo.push(to(1)),
                Some(Inst::Jump(distance)) => todo.push(to(*distance)),
                Some(Inst::Split(a, b)) => todo.extend([to(*a), to(*b)]),
            }
        }
        false
    }

    /// An expression for one character.
    fn single(&mut self, c: char) -> Result<Inst, RegexError> {
        self.at += 1;
        match c {
            '.' => Ok(Inst::Any),
            '[' => self.class(),
            '\\' => {
                let Some(c) = self.peek(0) else { return Err(RegexError::Syntax) };
                self.at += 1;
                if is_named(c) {
                    return Ok(Inst::Named(c));
                }
                Ok(Inst::Char(c))
            }
            c => Ok(Inst::Char(c)),
        }
    }

    fn class(&mut self) -> Result<Inst, RegexError> {
        let negated = self.peek(0) == Some('^');
        self.at += usize::from(negated);
        let mut items = Vec::new();
        loop {
            let Some(mut c) = self.peek(0) else { return Err(RegexError::Syntax) };
            if c == ']' {
                break;
            }
            if c == '\\' {
                self.at += 1;
                let Some(escaped) = self.peek(0) else { return Err(RegexError::Syntax) };
                c = escaped;
                if is_named(c) {
                    items.push(ClassItem::Named(c));
                    self.at += 1;
                    continue;
                }
            }
            let mut last = c;
            if self.peek(1) == Some('-')
                && let Some(to) = self.peek(2).filter(|to| *to != ']')
            {
                last = to;
                self.at += 2;
            }
            self.at += 1;
            items.push(ClassItem::Range(c, last));
        }
        self.at += 1;
        if items.len() > MAX_JUMP {
            return Err(RegexError::TooComplex);
        }
        Ok(Inst::Class(Class { items, negated }))
    }
}

impl Class {
    /// Whether the set has this character.
    pub fn has(&self, c: char) -> bool {
        let found = self.items.iter().any(|item| match item {
            ClassItem::Range(from, to) => (*from..=*to).contains(&c),
            ClassItem::Named(name) => named_has(*name, c),
        });
        found != self.negated
    }
}

/// Whether the set with this letter has a character.
pub fn named_has(name: char, c: char) -> bool {
    let is = match name.to_ascii_lowercase() {
        'd' => c.is_ascii_digit(),
        's' => matches!(c, ' ' | '\t'..='\r'),
        _ => c.is_ascii_alphanumeric() || c == '_',
    };
    is == name.is_ascii_lowercase()
}
