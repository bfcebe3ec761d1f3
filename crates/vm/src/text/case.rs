//! Case, character classes, stripping and centring.

use super::char::is_space;
use super::view::{Kind, Run, argument, check_size, receiver, scratch, spaces};
use crate::object::StrHead;
use crate::vm::{Res, Vm};
use snakeye_heap::Value;

fn mapped(vm: &mut Vm, this: &Value, map: fn(&u8) -> u8) -> Res {
    let this = vm.base_object(this);
    let text = receiver(vm, &this)?;
    if let Some(s) = text.as_str() {
        return match StrHead::mapped(&vm.heap, s, map)? {
            Some(s) => Ok(s.into()),
            None => Err(vm.value_error("not a str")),
        };
    }
    let mut out = scratch(vm, text.bytes().len())?;
    out.extend(text.bytes().iter().map(map));
    text.kind().make(vm, &out)
}

pub(super) fn text_lower(vm: &mut Vm, args: &[Value]) -> Res {
    mapped(vm, &args[0], u8::to_ascii_lowercase)
}

pub(super) fn text_upper(vm: &mut Vm, args: &[Value]) -> Res {
    mapped(vm, &args[0], u8::to_ascii_uppercase)
}

fn all(vm: &mut Vm, this: &Value, test: fn(u8) -> bool) -> Res {
    let this = vm.base_object(this);
    let text = receiver(vm, &this)?;
    let bytes = text.bytes();
    Ok(Value::bool(!bytes.is_empty() && bytes.iter().all(|&b| test(b))))
}

pub(super) fn text_isspace(vm: &mut Vm, args: &[Value]) -> Res {
    all(vm, &args[0], is_space)
}

pub(super) fn text_isalpha(vm: &mut Vm, args: &[Value]) -> Res {
    all(vm, &args[0], |b| b.is_ascii_alphabetic())
}

pub(super) fn text_isdigit(vm: &mut Vm, args: &[Value]) -> Res {
    all(vm, &args[0], |b| b.is_ascii_digit())
}

/// Whether there are letters and none is of the other case.
fn one_case(vm: &mut Vm, this: &Value, wrong: fn(&u8) -> bool) -> Res {
    let this = vm.base_object(this);
    let text = receiver(vm, &this)?;
    let bytes = text.bytes();
    Ok(Value::bool(bytes.iter().any(u8::is_ascii_alphabetic) && !bytes.iter().any(wrong)))
}

pub(super) fn text_isupper(vm: &mut Vm, args: &[Value]) -> Res {
    one_case(vm, &args[0], u8::is_ascii_lowercase)
}

pub(super) fn text_islower(vm: &mut Vm, args: &[Value]) -> Res {
    one_case(vm, &args[0], u8::is_ascii_uppercase)
}

fn stripped(vm: &mut Vm, args: &[Value], left: bool, right: bool) -> Res {
    let this = vm.base_object(&args[0]);
    let text = receiver(vm, &this)?;
    let chars = args.get(1).filter(|c| !c.is_none()).map(|c| vm.base_object(c));
    let chars = match &chars {
        Some(c) => Some(argument(vm, text.kind(), c)?),
        None => None,
    };
    let bytes = text.bytes();
    let (mut start, mut end) = (0, bytes.len());
    match (text.as_str(), chars.as_ref().and_then(|c| c.as_str())) {
        (Some(s), Some(set)) if !set.is_ascii() => {
            let rest = if left { s.trim_start_matches(|c| set.contains(c)) } else { s };
            start = s.len() - rest.len();
            end = start + if right { rest.trim_end_matches(|c| set.contains(c)) } else { rest }.len();
        }
        _ => {
            let set = chars.as_ref().map_or(&b" \t\n\r\x0b\x0c"[..], |c| c.bytes());
            while left && start < end && set.contains(&bytes[start]) {
                start += 1;
            }
            while right && end > start && set.contains(&bytes[end - 1]) {
                end -= 1;
            }
        }
    }
    if end - start == bytes.len() && text.kind() != Kind::ByteArray {
        return Ok(this.clone());
    }
    text.piece(vm, start, end)
}

pub(super) fn text_strip(vm: &mut Vm, args: &[Value]) -> Res {
    stripped(vm, args, true, true)
}

pub(super) fn text_lstrip(vm: &mut Vm, args: &[Value]) -> Res {
    stripped(vm, args, true, false)
}

pub(super) fn text_rstrip(vm: &mut Vm, args: &[Value]) -> Res {
    stripped(vm, args, false, true)
}

pub(super) fn text_center(vm: &mut Vm, args: &[Value]) -> Res {
    let width = usize::try_from(vm.index_of(&args[1])?).unwrap_or(0);
    let this = vm.base_object(&args[0]);
    let text = receiver(vm, &this)?;
    let len = text.len();
    if width <= len {
        return if text.kind() == Kind::ByteArray { text.kind().make(vm, text.bytes()) } else { Ok(this.clone()) };
    }
    let pad = width - len;
    check_size(vm, text.bytes().len().checked_add(pad))?;
    let left = pad / 2;
    match text.as_str() {
        Some(s) => {
            let parts = spaces(left).chain(core::iter::once(s)).chain(spaces(pad - left));
            str::concat(vm, text.kind(), parts)
        }
        None => {
            let (before, behind) = (spaces(left).map(str::as_bytes), spaces(pad - left).map(str::as_bytes));
            text.kind().concat_bytes(vm, before.chain(core::iter::once(text.bytes())).chain(behind))
        }
    }
}
