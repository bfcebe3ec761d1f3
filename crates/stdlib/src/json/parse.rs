//! JSON to objects.
//!
//! As in MicroPython, commas and colons count as white space and the kind of a closing bracket does not matter;
//! everything else must be right. Open lists and dicts lie on a stack of their own.

use snakeye_vm::object::{Dict, List, Table};
use snakeye_vm::{Gc, HVec, Raised, Res, Value, Vm};

use alloc::string::String;
use alloc::vec::Vec;

enum Open {
    List(Gc<List>),
    Dict(Gc<Dict>),
}

impl Open {
    fn value(&self) -> Value {
        match self {
            Open::List(l) => l.value().clone(),
            Open::Dict(d) => d.value().clone(),
        }
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

fn syntax(vm: &mut Vm) -> Raised {
    vm.value_error("syntax error in JSON")
}

/// The object that a JSON text describes. ValueError for anything else.
pub(super) fn from_json(vm: &mut Vm, text: &[u8]) -> Res {
    let mut p = Parser { text, at: 0 };
    let mut stack: Vec<Open> = Vec::new();
    let mut key: Option<Value> = None;
    let result = loop {
        p.skip(b" \t\n\r,:");
        let Some(b) = p.peek() else { return Err(syntax(vm)) };
        let opened = match b {
            b'[' => Some(Open::List(List::make(&vm.heap, HVec::new())?)),
            b'{' => Some(Open::Dict(Dict::make(&vm.heap, Table::new())?)),
            b']' | b'}' => {
                p.at += 1;
                match stack.pop() {
                    Some(done) if stack.is_empty() => break done.value(),
                    Some(_) => continue,
                    None => return Err(syntax(vm)),
                }
            }
            _ => None,
        };
        let value = match &opened {
            Some(open) => {
                p.at += 1;
                open.value()
            }
            None => p.scalar(vm)?,
        };
        match stack.last() {
            None if opened.is_none() => break value,
            None => {}
            Some(Open::List(list)) => {
                let Ok(mut items) = list.items.try_borrow_mut() else { return Err(vm.busy()) };
                items.push(&vm.heap, value)?;
            }
            Some(Open::Dict(dict)) => match key.take() {
                Some(key) => dict.set(vm, key, value)?,
                None if opened.is_some() => return Err(syntax(vm)),
                None => key = Some(value),
            },
        }
        if let Some(open) = opened {
            stack.try_reserve(1).map_err(|_| Raised)?;
            stack.push(open);
        }
    };
    p.skip(b" \t\n\r\x0b\x0c");
    if p.at < text.len() { Err(syntax(vm)) } else { Ok(result) }
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, set: &[u8]) {
        while self.peek().is_some_and(|b| set.contains(&b)) {
            self.at += 1;
        }
    }

    fn scalar(&mut self, vm: &mut Vm) -> Res {
        let rest = self.text.get(self.at..).unwrap_or(&[]);
        for (word, value) in [("null", Value::NONE), ("true", Value::TRUE), ("false", Value::FALSE)] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match rest.first() {
            Some(b'"') => {
                self.at += 1;
                self.string(vm)
            }
            Some(b'-' | b'0'..=b'9') => self.number(vm),
            _ => Err(syntax(vm)),
        }
    }

    fn number(&mut self, vm: &mut Vm) -> Res {
        let start = self.at;
        let mut float = false;
        self.at += 1;
        while let Some(b @ (b'.' | b'e' | b'E' | b'+' | b'-' | b'0'..=b'9')) = self.peek() {
            float |= matches!(b, b'.' | b'e' | b'E');
            self.at += 1;
        }
        let text = core::str::from_utf8(self.text.get(start..self.at).unwrap_or(&[])).unwrap_or("");
        if float {
            return match text.parse::<f64>() {
                Ok(x) => vm.new_float(x),
                Err(_) => Err(syntax(vm)),
            };
        }
        if let Ok(n) = text.parse::<i64>() {
            return vm.new_int(n);
        }
        let digits = vm.new_str(text)?;
        vm.call(&snakeye_vm::number::INT.value(), &[digits])
    }

    /// A string, whose opening quote is behind us.
    fn string(&mut self, vm: &mut Vm) -> Res {
        let rest = self.text.get(self.at..).unwrap_or(&[]);
        let Some(plain) = memchr::memchr2(b'"', b'\\', rest) else { return Err(syntax(vm)) };
        let first = utf8(vm, rest.get(..plain).unwrap_or(&[]))?;
        if rest.get(plain) == Some(&b'"') {
            self.at += plain + 1;
            return vm.new_str(first);
        }
        let mut out = String::new();
        grow(&mut out, first)?;
        self.at += plain;
        loop {
            let rest = self.text.get(self.at..).unwrap_or(&[]);
            match rest.first() {
                Some(b'"') => {
                    self.at += 1;
                    return vm.new_str(&out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let c = self.escape(vm)?;
                    grow(&mut out, c.encode_utf8(&mut [0; 4]))?;
                }
                Some(_) => {
                    let Some(plain) = memchr::memchr2(b'"', b'\\', rest) else { return Err(syntax(vm)) };
                    grow(&mut out, utf8(vm, rest.get(..plain).unwrap_or(&[]))?)?;
                    self.at += plain;
                }
                None => return Err(syntax(vm)),
            }
        }
    }

    /// The character of an escape, whose backslash is behind us.
    fn escape(&mut self, vm: &mut Vm) -> Res<char> {
        let Some(b) = self.peek() else { return Err(syntax(vm)) };
        self.at += 1;
        Ok(match b {
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex4(vm)?;
                if (0xD800..0xDC00).contains(&high) && self.text.get(self.at..).is_some_and(|t| t.starts_with(b"\\u")) {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hex4(vm)?;
                    if (0xDC00..0xE000).contains(&low) {
                        let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                        return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = back;
                }
                // Half a pair stands for no character.
                char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            b if b.is_ascii() => b as char,
            _ => return Err(syntax(vm)),
        })
    }

    fn hex4(&mut self, vm: &mut Vm) -> Res<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else { return Err(syntax(vm)) };
        self.at += 4;
        Ok(digits.iter().fold(0, |n, d| n << 4 | (*d as char).to_digit(16).unwrap_or(0)))
    }
}

fn utf8<'a>(vm: &mut Vm, bytes: &'a [u8]) -> Res<&'a str> {
    core::str::from_utf8(bytes).map_err(|_| vm.raise_args(&snakeye_vm::exceptions::UNICODE_ERROR, &[]))
}

fn grow(out: &mut String, s: &str) -> Res<()> {
    out.try_reserve(s.len()).map_err(|_| Raised)?;
    out.push_str(s);
    Ok(())
}
