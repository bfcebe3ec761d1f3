//! `chr`, `ord`, `repr`.

use crate::object::{BufferValue, StrValue};
use crate::vm::{Res, Vm};
use snakeye_heap::Value;

pub(super) fn chr(vm: &mut Vm, args: &[Value]) -> Res {
    let n = vm.index_of(&args[0])?;
    // Lone surrogates have no UTF-8 form, so no string can hold them.
    match u32::try_from(n).ok().and_then(char::from_u32) {
        Some(c) => {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            if c.is_ascii() { vm.intern(text) } else { vm.new_str(text) }
        }
        None => Err(vm.value_error("char not in range(0x110000)")),
    }
}

pub(super) fn ord(vm: &mut Vm, args: &[Value]) -> Res {
    let v = vm.base_object(&args[0]);
    let (code, len) = if let Some(s) = v.as_str() {
        (s.chars().next().map(|c| c as i32), v.char_count())
    } else if let Some(bytes) = v.buffer() {
        bytes.with(|b| (b.first().map(|&b| b as i32), b.len()))
    } else {
        return Err(vm.type_error("ord expects a character"));
    };
    match code {
        Some(code) if len == 1 => Ok(Value::int(code)),
        _ => Err(vm.type_error_fmt(format_args!("ord() expected a character, but string of length {len} found"))),
    }
}

pub(super) fn repr(vm: &mut Vm, args: &[Value]) -> Res {
    let text = vm.repr(&args[0])?;
    vm.new_str(&text)
}
