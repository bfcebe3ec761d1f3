//! `machine.mem8`, `mem16` and `mem32`: memory and registers by address.
//!
//! <https://docs.micropython.org/en/latest/library/machine.html#memory-access>. Addresses are those of
//! [`snakeye_vm::Vm::read_memory`].

use alloc::string::String;
use core::fmt::Write;
use snakeye_vm::number::to_u64_wrapping;
use snakeye_vm::object::{Entry, NativeObject, NativeValue, TypeDef};
use snakeye_vm::{Raised, Res, Rom, Value, Vm};

static MEM: Rom<TypeDef> = Rom::new(TypeDef {
    name: "mem",
    print: Some(print),
    get_item: Some(get_item),
    set_item: Some(set_item),
    ..TypeDef::NEW
});

/// `machine.mem8`
pub const MEM8: Entry = Entry::Make(|vm| vm.new_native(Mem { size: 1 }));
/// `machine.mem16`
pub const MEM16: Entry = Entry::Make(|vm| vm.new_native(Mem { size: 2 }));
/// `machine.mem32`
pub const MEM32: Entry = Entry::Make(|vm| vm.new_native(Mem { size: 4 }));

struct Mem {
    size: usize,
}

impl NativeObject for Mem {
    fn class(&self) -> &'static Rom<TypeDef> {
        &MEM
    }
}

fn size_of(v: &Value) -> usize {
    v.native::<Mem>().map_or(1, |m| m.size)
}

fn print(_: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    write!(out, "<{}-bit memory>", 8 * size_of(v)).map_err(|_| Raised)
}

/// The address that is meant. TypeError when it is no integer, ValueError when it is not aligned.
fn address(vm: &mut Vm, key: &Value, size: usize) -> Res<usize> {
    let address = match to_u64_wrapping(key) {
        Some(n) => n as usize,
        None => vm.index_of(key)? as usize,
    };
    if !address.is_multiple_of(size) {
        let text = alloc::format!("address {address:08x} is not aligned to {size} bytes");
        return Err(vm.value_error(&text));
    }
    Ok(address)
}

fn get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let size = size_of(v);
    let address = address(vm, key, size)?;
    let mut bytes = [0; 4];
    let (part, _) = bytes.split_at_mut(size);
    vm.read_memory(address, part)?;
    vm.new_uint(u32::from_le_bytes(bytes) as u64)
}

fn set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let Some(value) = value else { return Err(vm.type_error("'mem' object doesn't support item deletion")) };
    let size = size_of(v);
    let address = address(vm, key, size)?;
    let word = match to_u64_wrapping(&value) {
        Some(n) => n,
        None => vm.index_of(&value)? as u64,
    };
    let bytes = word.to_le_bytes();
    let (part, _) = bytes.split_at(size);
    vm.write_memory(address, part)
}
