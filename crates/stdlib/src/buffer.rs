//! Arguments with text or a buffer.

use snakeye_vm::object::{BufferValue, StrValue};
use snakeye_vm::{Res, Value, Vm};

/// The content of a str or bytes object. TypeError for other types.
pub(crate) fn text_bytes<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a [u8]> {
    if let Some(s) = v.as_str() {
        return Ok(s.as_bytes());
    }
    match v.as_bytes() {
        Some(b) => Ok(b),
        None => {
            let t = vm.type_name(v);
            Err(vm.type_error_fmt(format_args!("can't convert '{t}' object to str implicitly")))
        }
    }
}

/// Runs `f` on the content of anything that has a buffer. TypeError for other objects. `f` must not run Python
/// code.
pub(crate) fn with_buffer<R>(vm: &mut Vm, v: &Value, f: impl FnOnce(&mut Vm, &[u8]) -> R) -> Res<R> {
    let v = vm.base_object(v);
    match v.buffer() {
        Some(buffer) => Ok(buffer.with(|bytes| f(vm, bytes))),
        None => Err(vm.type_error("object with buffer protocol required")),
    }
}

/// MemoryError when `n` more bytes do not fit the heap's limit: asked before Rust memory of that size is taken
/// for a moment.
pub(crate) fn charged(vm: &Vm, n: usize) -> Res<()> {
    vm.heap.charge(n)?;
    vm.heap.discharge(n);
    Ok(())
}
