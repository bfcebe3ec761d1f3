//! `re`: regular expressions.

mod listing;
mod program;
mod search;

use self::program::{Program, RegexError};
use self::search::{Subject, UNSET};
use crate::buffer::{charged, text_bytes};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write;
use snakeye_vm::exceptions::INDEX_ERROR;
use snakeye_vm::object::{BufferValue, Entry, ModuleDef, NativeObject, NativeValue, Step, StrValue, TypeDef};
use snakeye_vm::{HVec, Raised, Res, Rom, Value, Vm, method, method_steps};

/// The module.
pub static RE: ModuleDef = ModuleDef {
    name: "re",
    entries: &[
        method!("compile", 1, 2, re_compile),
        method!("match", 2, 4, re_match),
        method!("search", 2, 4, re_search),
        method_steps!("sub", 3, 5, re_sub),
        ("DEBUG", Entry::Int(DEBUG)),
    ],
    init: None,
};

/// A compiled expression.
static REGEX: Rom<TypeDef> = Rom::new(TypeDef {
    name: "re",
    attrs: &[
        method!("match", 2, 4, re_match),
        method!("search", 2, 4, re_search),
        method!("split", 2, 3, regex_split),
        method_steps!("sub", 3, 5, re_sub),
    ],
    print: Some(|_, v, out, _| {
        let _ = write!(out, "<re {:x}>", v.word());
        Ok(())
    }),
    ..TypeDef::NEW
});

/// A match.
static MATCH: Rom<TypeDef> = Rom::new(TypeDef {
    name: "match",
    attrs: &[
        method!("group", 2, 2, match_group),
        method!("groups", 1, 1, match_groups),
        method!("span", 1, 2, match_span),
        method!("start", 1, 2, match_start),
        method!("end", 1, 2, match_end),
    ],
    print: Some(|vm, v, out, _| {
        let m = this_match(vm, v)?;
        let _ = write!(out, "<match num={}>", m.slots.len() / 2);
        Ok(())
    }),
    ..TypeDef::NEW
});

struct Regex(Rc<Program>);
impl NativeObject for Regex {
    fn class(&self) -> &'static Rom<TypeDef> {
        &REGEX
    }
}

/// Positions of a match in its text; str and bytes cannot change, so they stay right.
#[derive(Clone)]
struct Match {
    text: Value,
    slots: Rc<[usize]>,
}
impl NativeObject for Match {
    fn class(&self) -> &'static Rom<TypeDef> {
        &MATCH
    }
}

fn compile(vm: &mut Vm, pattern: &Value) -> Res<Rc<Program>> {
    let pattern = vm.base_object(pattern);
    if let Some(r) = pattern.native::<Regex>() {
        return Ok(r.0.clone());
    }
    // A compiled instruction takes more than the character it comes from.
    let size = text_bytes(vm, &pattern)?.len().saturating_mul(64);
    charged(vm, size)?;
    let made = match pattern.as_str() {
        Some(s) => Program::compile(s.chars()),
        None => Program::compile(text_bytes(vm, &pattern)?.iter().map(|&b| b as char)),
    };
    match made {
        Ok(program) => Ok(Rc::new(program)),
        Err(RegexError::Syntax) => Err(vm.value_error("error in regex")),
        Err(RegexError::TooComplex) => Err(vm.value_error("regex too complex")),
        Err(RegexError::TooDeep) => Err(vm.runtime_error("maximum recursion depth exceeded")),
    }
}

/// Flag of `compile`: prints the program.
const DEBUG: i64 = 0x1000;

fn re_compile(vm: &mut Vm, args: &[Value]) -> Res {
    let program = compile(vm, &args[0])?;
    let flags = args.get(1).map_or(Ok(0), |v| vm.index_of(v))?;
    if flags & DEBUG != 0 {
        vm.write_out(listing::listing(&program).as_bytes())?;
    }
    vm.new_native(Regex(program))
}

/// Finds a match in the first `end` bytes of a text.
fn find(
    vm: &mut Vm,
    program: &Program,
    text: &Value,
    start: usize,
    end: usize,
    anchored: bool,
) -> Res<Option<Vec<usize>>> {
    let bytes = text_bytes(vm, text)?;
    let subject = Subject { text: bytes.get(..end).unwrap_or(bytes), utf8: text.as_str().is_some() };
    program.find(subject, start, anchored).map_err(|_| vm.runtime_error("maximum recursion depth exceeded"))
}

/// The byte position of a character index, kept within the text.
fn byte_position(vm: &mut Vm, text: &Value, index: &Value) -> Res<usize> {
    let i = usize::try_from(vm.index_of(index)?).unwrap_or(0);
    Ok(match text.as_str() {
        Some(s) if text.char_count() != s.len() => s.char_indices().nth(i).map_or(s.len(), |(at, _)| at),
        _ => i.min(text_bytes(vm, text)?.len()),
    })
}

fn execute(vm: &mut Vm, args: &[Value], anchored: bool) -> Res {
    let program = compile(vm, &args[0])?;
    let compiled = vm.base_object(&args[0]).native::<Regex>().is_some();
    let text = vm.base_object(&args[1]);
    let (mut start, mut end) = (0, text_bytes(vm, &text)?.len());
    // Only methods of a compiled expression take positions; the functions take flags there.
    if compiled {
        if let Some(from) = args.get(2) {
            start = byte_position(vm, &text, from)?;
        }
        if let Some(to) = args.get(3) {
            end = byte_position(vm, &text, to)?.max(start);
        }
    }
    match find(vm, &program, &text, start, end, anchored)? {
        Some(slots) => vm.new_native(Match { text, slots: slots.into() }),
        None => Ok(Value::NONE),
    }
}

fn re_match(vm: &mut Vm, args: &[Value]) -> Res {
    execute(vm, args, true)
}

fn re_search(vm: &mut Vm, args: &[Value]) -> Res {
    execute(vm, args, false)
}

fn regex_split(vm: &mut Vm, args: &[Value]) -> Res {
    let program = compile(vm, &args[0])?;
    let text = vm.base_object(&args[1]);
    let mut left = match args.get(2) {
        Some(n) => usize::try_from(vm.index_of(n)?).unwrap_or(0),
        None => 0,
    };
    let end = text_bytes(vm, &text)?.len();
    let mut parts = HVec::new();
    let mut start = 0;
    // Splitting stops where a match is empty.
    while let Some(slots) = find(vm, &program, &text, start, end, false)?
        && slots[0] < slots[1]
    {
        if program.groups > 0 {
            return Err(vm.not_implemented("splitting with sub-captures"));
        }
        let part = piece(vm, &text, start, slots[0])?;
        parts.push(&vm.heap, part)?;
        start = slots[1];
        left = left.wrapping_sub(1);
        if left == 0 {
            break;
        }
    }
    let part = piece(vm, &text, start, end)?;
    parts.push(&vm.heap, part)?;
    Ok(snakeye_vm::object::List::make(&vm.heap, parts)?.into())
}

/// A part of a text as an object of the same sort.
fn piece(vm: &mut Vm, text: &Value, start: usize, end: usize) -> Res {
    match text.as_str() {
        Some(s) => vm.new_str(s.get(start..end).unwrap_or("")),
        None => {
            let bytes = text_bytes(vm, text)?;
            vm.new_bytes(bytes.get(start..end).unwrap_or(&[]))
        }
    }
}

fn this_match(vm: &mut Vm, v: &Value) -> Res<Match> {
    match v.native::<Match>() {
        Some(m) => Ok(m.clone()),
        None => Err(vm.type_error("match expected")),
    }
}

impl Match {
    fn bounds(&self, group: usize) -> Option<(usize, usize)> {
        let (start, end) = (*self.slots.get(group * 2)?, *self.slots.get(group * 2 + 1)?);
        (start != UNSET && end != UNSET).then_some((start, end))
    }

    /// A group's text, or None when it took no part.
    fn group(&self, vm: &mut Vm, group: usize) -> Res {
        match self.bounds(group) {
            Some((start, end)) => piece(vm, &self.text, start, end),
            None => Ok(Value::NONE),
        }
    }

    fn number(&self, vm: &mut Vm, group: Option<&Value>) -> Res<usize> {
        let Some(group) = group else { return Ok(0) };
        match usize::try_from(vm.index_of(group)?) {
            Ok(n) if n < self.slots.len() / 2 => Ok(n),
            _ => Err(vm.raise_args(&INDEX_ERROR, core::slice::from_ref(group))),
        }
    }
}

fn match_group(vm: &mut Vm, args: &[Value]) -> Res {
    let m = this_match(vm, &args[0])?;
    let n = m.number(vm, args.get(1))?;
    m.group(vm, n)
}

fn match_groups(vm: &mut Vm, args: &[Value]) -> Res {
    let m = this_match(vm, &args[0])?;
    let groups = (1..m.slots.len() / 2).map(|n| m.group(vm, n)).collect::<Res<Vec<Value>>>()?;
    vm.new_tuple(groups)
}

/// Start and end of a group in characters; -1 when it took no part.
fn span(vm: &mut Vm, args: &[Value]) -> Res<(Value, Value)> {
    let m = this_match(vm, &args[0])?;
    let n = m.number(vm, args.get(1))?;
    let Some((start, end)) = m.bounds(n) else { return Ok((Value::int(-1), Value::int(-1))) };
    let count = |at: usize| match m.text.as_str() {
        Some(s) => s.get(..at).map_or(0, |s| s.chars().count()),
        None => at,
    };
    Ok((vm.new_int(count(start) as i64)?, vm.new_int(count(end) as i64)?))
}

fn match_span(vm: &mut Vm, args: &[Value]) -> Res {
    let (start, end) = span(vm, args)?;
    vm.new_tuple(vec![start, end])
}

fn match_start(vm: &mut Vm, args: &[Value]) -> Res {
    Ok(span(vm, args)?.0)
}

fn match_end(vm: &mut Vm, args: &[Value]) -> Res {
    Ok(span(vm, args)?.1)
}

/// A substitution under way.
struct Substitution {
    program: Rc<Program>,
    replacement: Value,
    text: Value,
    end: usize,
    /// Replacements still allowed; 0: any number.
    left: usize,
    start: usize,
    out: Vec<u8>,
    changed: bool,
}

fn re_sub(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let program = compile(vm, &args[0])?;
    let left = match args.get(3) {
        Some(n) => usize::try_from(vm.index_of(n)?).unwrap_or(0),
        None => 0,
    };
    let text = vm.base_object(&args[2]);
    let end = text_bytes(vm, &text)?.len();
    let replacement = args[1].clone();
    let s = Substitution { program, replacement, text, end, left, start: 0, out: Vec::new(), changed: false };
    substitute(vm, Box::new(s))
}

fn push(vm: &mut Vm, out: &mut Vec<u8>, bytes: &[u8]) -> Res<()> {
    if out.capacity() - out.len() < bytes.len() {
        let new = out.len().saturating_add(bytes.len()).max(out.capacity() * 2);
        if new > 1024 {
            // There will be the bytes and the object made of them.
            charged(vm, new.saturating_mul(2))?;
        }
        out.try_reserve(new - out.len()).map_err(|_| Raised)?;
    }
    out.extend_from_slice(bytes);
    Ok(())
}

fn substitute(vm: &mut Vm, mut s: Box<Substitution>) -> Res<Step> {
    loop {
        let found = find(vm, &s.program, &s.text, s.start, s.end, false)?.filter(|slots| slots[0] < slots[1]);
        let Some(slots) = found else { return finish(vm, s) };
        let m = Match { text: s.text.clone(), slots: slots.into() };
        let before = text_bytes(vm, &s.text)?.get(s.start..m.slots[0]).unwrap_or(&[]).to_vec();
        push(vm, &mut s.out, &before)?;
        let plain = vm.base_object(&s.replacement);
        if plain.as_str().is_none() && plain.as_bytes().is_none() {
            let function = s.replacement.clone();
            let argument = vm.new_native(m.clone())?;
            return Ok(Step::call(function, vec![argument], move |vm, text| {
                let text = text?;
                let text = vm.base_object(&text);
                if replaced(vm, &mut s, &m, &text)? { finish(vm, s) } else { substitute(vm, s) }
            }));
        }
        if replaced(vm, &mut s, &m, &plain)? {
            return finish(vm, s);
        }
    }
}

/// Appends the replacement of one match; true: it was the last one.
fn replaced(vm: &mut Vm, s: &mut Substitution, m: &Match, template: &Value) -> Res<bool> {
    let template = text_bytes(vm, template)?;
    let mut at = 0;
    while let Some(rest) = template.get(at..)
        && !rest.is_empty()
    {
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        push(vm, &mut s.out, rest.get(..plain).unwrap_or(&[]))?;
        at += plain + 1;
        let bracketed = template.get(at..).is_some_and(|t| t.starts_with(b"g<"));
        if bracketed {
            at += 2;
        }
        let digits = template.get(at..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 {
            let number = template.get(at..at + digits).unwrap_or(&[]);
            let group = number.iter().fold(0usize, |n, d| n.saturating_mul(10).saturating_add((d - b'0') as usize));
            at += digits;
            if bracketed && template.get(at) == Some(&b'>') {
                at += 1;
            }
            if group >= m.slots.len() / 2 {
                let group = vm.new_int(group.min(i64::MAX as usize) as i64)?;
                return Err(vm.raise_args(&INDEX_ERROR, &[group]));
            }
            if let Some((start, end)) = m.bounds(group) {
                let part = text_bytes(vm, &m.text)?.get(start..end).unwrap_or(&[]);
                push(vm, &mut s.out, part)?;
            }
        } else if template.get(at) == Some(&b'\\') {
            push(vm, &mut s.out, b"\\")?;
            at += 1;
        }
    }
    s.changed = true;
    s.start = m.slots[1];
    s.left = s.left.wrapping_sub(1);
    Ok(s.left == 0)
}

fn finish(vm: &mut Vm, s: Box<Substitution>) -> Res<Step> {
    if !s.changed {
        return Ok(Step::Done(s.text));
    }
    let mut s = s;
    let rest = text_bytes(vm, &s.text)?.get(s.start..).unwrap_or(&[]);
    push(vm, &mut s.out, rest)?;
    if s.text.as_str().is_none() {
        return vm.new_bytes(&s.out).map(Step::Done);
    }
    match String::from_utf8(s.out) {
        Ok(text) => vm.new_str(&text).map(Step::Done),
        Err(_) => Err(vm.raise_args(&snakeye_vm::exceptions::UNICODE_ERROR, &[])),
    }
}
