//! The bytearrays that `uctypes.bytearray_at` makes: they share memory that another object, or nobody, owns, and
//! so keep their size.

use super::bytearray::BYTEARRAY;
use super::bytes::{buffer_compare, bytes_contains};
use super::quote::quote_bytes;
use super::str::iterate;
use crate::collection::{element_index, receiver};
use crate::object::{BinOp, BufferValue, MemoryView, Slice, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use snakeye_heap::{Gc, Rom, Value};

/// `bytearray`, for those that share memory.
pub static ALIAS: Rom<TypeDef> = Rom::new(TypeDef {
    name: "bytearray",
    base: Some(&BYTEARRAY),
    print: Some(print),
    compare: Some(buffer_compare),
    binary: Some(binary),
    len: Some(|_, v| Ok(v.get::<MemoryView>().map_or(0, |m| m.len.get()))),
    get_item: Some(get_item),
    set_item: Some(set_item),
    contains: Some(bytes_contains),
    iter: Some(iterate),
    ..TypeDef::NEW
});

fn this(vm: &mut Vm, v: &Value) -> Res<Gc<MemoryView>> {
    receiver(vm, v, "bytearray")
}

/// An ordinary bytearray with the same bytes.
fn copy(vm: &mut Vm, v: &Value) -> Res {
    let m = this(vm, v)?;
    if m.owner.get().is_none() {
        // Nobody's memory: whole registers at most.
        let mut bytes = [0; 8];
        let Some(part) = bytes.get_mut(..m.len.get()) else { return Err(vm.value_error("no memory at this address")) };
        vm.read_memory(m.start.get(), part)?;
        return vm.new_bytearray(part);
    }
    match v.buffer() {
        Some(buffer) => buffer.with(|bytes| vm.new_bytearray(bytes)),
        None => Err(vm.busy()),
    }
}

fn print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let copy = copy(vm, v)?;
    out.push_str("bytearray(");
    if let Some(buffer) = copy.buffer() {
        buffer.with(|bytes| quote_bytes(bytes, out))?;
    }
    out.push(')');
    Ok(())
}

fn binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let copy = copy(vm, a)?;
    match BYTEARRAY.get().binary {
        Some(f) => f(vm, op, &copy, b),
        None => Ok(None),
    }
}

fn get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let m = this(vm, v)?;
    if key.get::<Slice>().is_some() {
        let copy = copy(vm, v)?;
        return match BYTEARRAY.get().get_item {
            Some(f) => f(vm, &copy, key),
            None => Ok(copy),
        };
    }
    let i = element_index(vm, key, m.len.get(), "bytearray")?;
    let address = vm.address_of(v)?.wrapping_add(i);
    let mut byte = [0];
    vm.read_memory(address, &mut byte)?;
    Ok(Value::int(byte[0] as i32))
}

fn set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let m = this(vm, v)?;
    let Some(value) = value else {
        return Err(vm.type_error("'bytearray' object doesn't support item deletion"));
    };
    let Some(slice) = key.get::<Slice>() else {
        let i = element_index(vm, key, m.len.get(), "bytearray")?;
        let byte = super::low_bits(vm, &value)? as u8;
        let address = vm.address_of(v)?.wrapping_add(i);
        return vm.write_memory(address, &[byte]);
    };
    let range = vm.slice_range(slice, m.len.get())?;
    if range.step != 1 {
        return Err(vm.not_implemented("only slices with step=1 (aka None) are supported"));
    }
    let value = vm.base_object(&value);
    let Some(bytes) = value.buffer().map(|b| b.to_vec()) else { return Err(super::codec::no_buffer(vm)) };
    if bytes.len() != range.count {
        return Err(vm.value_error("lhs and rhs should be compatible"));
    }
    let address = vm.address_of(v)?.wrapping_add(range.start);
    vm.write_memory(address, &bytes)
}
