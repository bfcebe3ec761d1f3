//! Objects to JSON.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use snakeye_vm::object::{BufferValue, Dict, List, StrValue, TupleHead};
use snakeye_vm::{Raised, Res, Value, Vm};

/// Containers nested deeper than this are taken for cyclic.
const MAX_DEPTH: usize = 1000;

/// A container that is being written.
enum Open {
    Items { of: Value, next: usize },
    Entries { of: Value, next: usize, first: bool },
}

/// The JSON text of an object. What JSON has no form for is written as its repr, as MicroPython does.
/// RuntimeError for cyclic or very deep objects.
pub(super) fn to_json(vm: &mut Vm, object: &Value, item_separator: &str, key_separator: &str) -> Res<String> {
    let mut out = String::new();
    let mut stack: Vec<Open> = Vec::new();
    if let Some(open) = write(vm, object, &mut out)? {
        stack.push(open);
    }
    while let Some(open) = stack.last_mut() {
        vm.text_room(&mut out, 64 + item_separator.len() + key_separator.len())?;
        let value = match open {
            Open::Items { of, next } => match item(vm, of, *next)? {
                Some(v) => {
                    if *next > 0 {
                        append(&mut out, item_separator)?;
                    }
                    *next += 1;
                    v
                }
                None => {
                    append(&mut out, "]")?;
                    stack.pop();
                    continue;
                }
            },
            Open::Entries { of, next, first } => match entry(vm, of, next)? {
                Some((key, v)) => {
                    if !core::mem::replace(first, false) {
                        append(&mut out, item_separator)?;
                    }
                    // Keys are strings in JSON.
                    if key.as_str().is_some() || key.as_bytes().is_some() {
                        write(vm, &key, &mut out)?;
                    } else {
                        append(&mut out, "\"")?;
                        if let Some(nested) = write(vm, &key, &mut out)? {
                            drop(nested);
                            out.pop();
                            vm.print_to(&key, &mut out, true)?;
                        }
                        append(&mut out, "\"")?;
                    }
                    append(&mut out, key_separator)?;
                    v
                }
                None => {
                    append(&mut out, "}")?;
                    stack.pop();
                    continue;
                }
            },
        };
        if let Some(open) = write(vm, &value, &mut out)? {
            if stack.len() >= MAX_DEPTH {
                return Err(vm.runtime_error("maximum recursion depth exceeded"));
            }
            stack.push(open);
        }
    }
    Ok(out)
}

/// Writes a value, or the opening bracket of a container, which is then handed back.
fn write(vm: &mut Vm, value: &Value, out: &mut String) -> Res<Option<Open>> {
    if value.is_none() {
        append(out, "null")?;
    } else if value.is(&Value::TRUE) {
        append(out, "true")?;
    } else if value.is(&Value::FALSE) {
        append(out, "false")?;
    } else if let Some(s) = value.as_str() {
        vm.text_room(out, s.len() + 2)?;
        quoted(out, s)?;
    } else if let Some(b) = value.as_bytes() {
        match core::str::from_utf8(b) {
            Ok(s) => quoted(out, s)?,
            Err(_) => return Err(vm.raise_args(&snakeye_vm::exceptions::UNICODE_ERROR, &[])),
        }
    } else if value.get::<Dict>().is_some() {
        append(out, "{")?;
        return Ok(Some(Open::Entries { of: value.clone(), next: 0, first: true }));
    } else if value.get::<List>().is_some() || value.tail::<TupleHead>().is_some() {
        append(out, "[")?;
        return Ok(Some(Open::Items { of: value.clone(), next: 0 }));
    } else {
        let base = vm.base_object(value);
        if !base.is(value) {
            return write(vm, &base, out);
        }
        vm.print_to(value, out, true)?;
    }
    Ok(None)
}

fn item(vm: &mut Vm, of: &Value, i: usize) -> Res<Option<Value>> {
    if let Some((_, items)) = of.tail::<TupleHead>() {
        return Ok(items.get(i).cloned());
    }
    match of.get::<List>().map(|l| l.items.try_borrow().map(|items| items.get(i).cloned())) {
        Some(Ok(v)) => Ok(v),
        Some(Err(_)) => Err(vm.busy()),
        None => Ok(None),
    }
}

/// The next live entry of a dict at or behind `next`, which moves on.
fn entry(vm: &mut Vm, of: &Value, next: &mut usize) -> Res<Option<(Value, Value)>> {
    let Some(dict) = of.get::<Dict>() else { return Ok(None) };
    let Ok(table) = dict.table.try_borrow() else { return Err(vm.busy()) };
    while let Some(e) = table.entries().get(*next) {
        *next += 1;
        if !e.key.is_unbound() {
            return Ok(Some((e.key.clone(), e.value.clone())));
        }
    }
    Ok(None)
}

fn append(out: &mut String, s: &str) -> Res<()> {
    out.try_reserve(s.len()).map_err(|_| Raised)?;
    out.push_str(s);
    Ok(())
}

/// Appends a string in double quotes. Characters beyond ASCII stand for themselves.
fn quoted(out: &mut String, s: &str) -> Res<()> {
    out.try_reserve(s.len() + 2).map_err(|_| Raised)?;
    out.push('"');
    let mut plain = 0;
    for (at, b) in s.bytes().enumerate() {
        if b >= 0x20 && b != b'"' && b != b'\\' {
            continue;
        }
        append(out, s.get(plain..at).unwrap_or(""))?;
        out.try_reserve(6).map_err(|_| Raised)?;
        match b {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(b as char);
            }
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{b:04x}");
            }
        }
        plain = at + 1;
    }
    append(out, s.get(plain..).unwrap_or(""))?;
    append(out, "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let mut out = String::new();
        quoted(&mut out, "a\"\\\n\r\t\x01é").unwrap();
        assert_eq!(out, "\"a\\\"\\\\\\n\\r\\t\\u0001é\"");
    }
}
