//! Encodings: between str and bytes, and hexadecimal.

use super::char::{hex_digit, hex_value, is_space};
use super::view::{Kind, check_size, scratch};
use crate::exceptions::{LOOKUP_ERROR, UNICODE_ERROR};
use crate::object::{BufferValue, StrValue};
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use snakeye_heap::Value;

/// The encodings there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Ascii,
}

pub(super) fn encoding_of(vm: &mut Vm, name: &Value) -> Res<Encoding> {
    let name = vm.base_object(name);
    match vm.str_arg(&name)? {
        "utf-8" | "utf8" | "UTF-8" | "UTF8" => Ok(Encoding::Utf8),
        "ascii" | "ASCII" => Ok(Encoding::Ascii),
        other => Err(vm.raise_fmt(&LOOKUP_ERROR, format_args!("unknown encoding: {other}"))),
    }
}

/// The str that these bytes encode. `errors`: None or a str; "ignore" leaves out what is wrong, "replace" puts
/// U+FFFD there, anything else raises UnicodeError.
pub(super) fn decode(vm: &mut Vm, bytes: &[u8], encoding: Encoding, errors: &Value) -> Res {
    let valid = encoding == Encoding::Utf8 || bytes.is_ascii();
    if valid && let Ok(s) = core::str::from_utf8(bytes) {
        return vm.new_str(s);
    }
    let replacement = match errors.as_str() {
        Some("ignore") => "",
        Some("replace") => "\u{FFFD}",
        _ => return Err(vm.raise_args(&UNICODE_ERROR, &[])),
    };
    let mut out = String::new();
    check_size(vm, bytes.len().checked_mul(3))?;
    out.try_reserve(bytes.len().saturating_mul(3)).map_err(|_| Raised)?;
    if encoding == Encoding::Ascii {
        for &b in bytes {
            if b.is_ascii() {
                out.push(b as char);
            } else {
                out.push_str(replacement);
            }
        }
    } else {
        for chunk in bytes.utf8_chunks() {
            out.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                out.push_str(replacement);
            }
        }
    }
    vm.new_str(&out)
}

/// The bytes of a str in an encoding.
pub(super) fn encode(vm: &mut Vm, s: &str, encoding: Encoding) -> Res {
    if encoding == Encoding::Ascii && !s.is_ascii() {
        return Err(vm.raise_args(&UNICODE_ERROR, &[]));
    }
    vm.new_bytes(s.as_bytes())
}

pub(super) fn str_encode(vm: &mut Vm, args: &[Value]) -> Res {
    let this = vm.base_object(&args[0]);
    let s = vm.str_arg(&this)?;
    let encoding = match args.get(1) {
        Some(name) => encoding_of(vm, name)?,
        None => Encoding::Utf8,
    };
    encode(vm, s, encoding)
}

pub(super) fn bytes_decode(vm: &mut Vm, args: &[Value]) -> Res {
    let this = vm.base_object(&args[0]);
    let encoding = match args.get(1) {
        Some(name) => encoding_of(vm, name)?,
        None => Encoding::Utf8,
    };
    decode_buffer(vm, &this, encoding, args.get(2).unwrap_or(&Value::NONE))
}

/// Decodes the content of any object with a buffer. TypeError for others.
pub(super) fn decode_buffer(vm: &mut Vm, object: &Value, encoding: Encoding, errors: &Value) -> Res {
    if let Some(b) = object.as_bytes() {
        return decode(vm, b, encoding, errors);
    }
    match object.buffer() {
        Some(buffer) => buffer.with(|b| decode(vm, b, encoding, errors)),
        None => Err(no_buffer(vm)),
    }
}

/// TypeError: the object has no buffer.
#[cold]
pub(crate) fn no_buffer(vm: &mut Vm) -> Raised {
    vm.type_error("object with buffer protocol required")
}

/// Hexadecimal digits of some bytes as a str, or as bytes; `sep` between the pairs.
pub fn hex(vm: &mut Vm, bytes: &[u8], sep: Option<u8>, as_str: bool) -> Res {
    let size = bytes.len().checked_mul(if sep.is_some() { 3 } else { 2 });
    let size = check_size(vm, size)?;
    let mut out = scratch(vm, size)?;
    for (i, &b) in bytes.iter().enumerate() {
        if let Some(sep) = sep.filter(|_| i > 0) {
            out.push(sep);
        }
        out.extend_from_slice(&[hex_digit(b >> 4), hex_digit(b)]);
    }
    if as_str { Kind::Str } else { Kind::Bytes }.make(vm, &out)
}

/// The bytes that pairs of hexadecimal digits stand for; white space between pairs is skipped. ValueError for
/// anything else.
pub fn unhex(vm: &mut Vm, digits: &[u8]) -> Res<alloc::vec::Vec<u8>> {
    let mut out = scratch(vm, digits.len() / 2)?;
    let mut rest = digits.iter().copied();
    while let Some(first) = rest.next() {
        if is_space(first) {
            continue;
        }
        match (hex_value(first), rest.next().and_then(hex_value)) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            _ => return Err(vm.value_error("non-hex digit")),
        }
    }
    Ok(out)
}

/// `bytes.hex([sep])`, also of bytearray and memoryview.
pub(super) fn bytes_hex(vm: &mut Vm, args: &[Value]) -> Res {
    let this = vm.base_object(&args[0]);
    let sep = args.get(1).map(|s| vm.base_object(s));
    let sep = match &sep {
        Some(s) => match s.buffer() {
            Some(b) => match b.with(|b| b.first().copied()) {
                Some(b) if b.is_ascii() => Some(b),
                _ => return Err(vm.value_error("sep must be length 1")),
            },
            None => return Err(super::view::bad_conversion(vm, s)),
        },
        None => None,
    };
    match this.buffer() {
        Some(buffer) => buffer.with(|b| hex(vm, b, sep, true)),
        None => Err(no_buffer(vm)),
    }
}

fn from_hex(vm: &mut Vm, digits: &Value) -> Res<alloc::vec::Vec<u8>> {
    let digits = vm.base_object(digits);
    match digits.buffer() {
        Some(buffer) => buffer.with(|d| unhex(vm, d)),
        None => Err(no_buffer(vm)),
    }
}

/// `bytes.fromhex(digits)`
pub(super) fn bytes_fromhex(vm: &mut Vm, args: &[Value]) -> Res {
    let bytes = from_hex(vm, &args[1])?;
    vm.new_bytes(&bytes)
}

/// `bytearray.fromhex(digits)`
pub(super) fn bytearray_fromhex(vm: &mut Vm, args: &[Value]) -> Res {
    let bytes = from_hex(vm, &args[1])?;
    vm.new_bytearray(&bytes)
}
