//! `marshal` (docs: library/marshal): code objects as bytes, in this runtime's own form.

use crate::buffer::{charged, with_buffer};
use snakeye_bytecode::{decode, encode};
use snakeye_vm::object::{CodeObject, ModuleDef};
use snakeye_vm::{Res, Value, Vm, method};

/// The module.
pub static MARSHAL: ModuleDef =
    ModuleDef { name: "marshal", entries: &[method!("dumps", 1, 1, dumps), method!("loads", 1, 1, loads)], init: None };

/// Only code objects have a form, as in MicroPython; code that captures variables cannot stand alone.
fn dumps(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(code) = args[0].as_gc::<CodeObject>().filter(|c| c.free.is_empty()) else {
        return Err(vm.value_error("unmarshallable object"));
    };
    let code = vm.unload_code(code)?;
    vm.new_bytes(&encode(&code))
}

/// The code is verified before it can run.
fn loads(vm: &mut Vm, args: &[Value]) -> Res {
    let code = with_buffer(vm, &args[0], |vm, bytes| {
        // A name or constant takes several times the room of its stored form.
        charged(vm, bytes.len().saturating_mul(32))?;
        Ok::<_, snakeye_vm::Raised>(decode(bytes))
    })??;
    match code {
        Some(code) => Ok(vm.load_code(code)?.into()),
        None => Err(vm.value_error("incompatible marshal data")),
    }
}
