//! `uctypes`: C structures in memory.
//!
//! <https://docs.micropython.org/en/latest/library/uctypes.html>. Addresses are those of [`snakeye_vm::Vm::address_of`]:
//! what is read or written through a structure is looked up, and an address that leads nowhere is a ValueError.
//! A structure keeps the buffer alive that its address lies in.

mod layout;
mod structure;

use layout::{Kind, scalar, shifted};
use snakeye_vm::number::to_u64_wrapping;
use snakeye_vm::object::{Entry, ModuleDef};
use snakeye_vm::{Raised, Res, Value, Vm, method};

/// The module.
pub static UCTYPES: ModuleDef = ModuleDef {
    name: "uctypes",
    entries: &[
        ("struct", Entry::Type(&structure::STRUCT)),
        method!("sizeof", 1, 2, structure::sizeof),
        method!("addressof", 1, 1, |vm, a| {
            let address = vm.address_of(&a[0])?;
            vm.new_uint(address as u64)
        }),
        method!("bytes_at", 2, 2, bytes_at),
        method!("bytearray_at", 2, 2, bytearray_at),
        ("LITTLE_ENDIAN", Entry::Int(layout::LITTLE_ENDIAN)),
        ("BIG_ENDIAN", Entry::Int(layout::BIG_ENDIAN)),
        ("NATIVE", Entry::Int(layout::NATIVE)),
        ("VOID", scalar(Kind::UINT8)),
        ("UINT8", scalar(Kind::UINT8)),
        ("INT8", scalar(Kind::INT8)),
        ("UINT16", scalar(Kind::UINT16)),
        ("INT16", scalar(Kind::INT16)),
        ("UINT32", scalar(Kind::UINT32)),
        ("INT32", scalar(Kind::INT32)),
        ("UINT64", scalar(Kind::UINT64)),
        ("INT64", scalar(Kind::INT64)),
        ("BFUINT8", scalar(Kind::BFUINT8)),
        ("BFINT8", scalar(Kind(Kind::BFUINT8.0 + 1))),
        ("BFUINT16", scalar(Kind(Kind::BFUINT8.0 + 2))),
        ("BFINT16", scalar(Kind(Kind::BFUINT8.0 + 3))),
        ("BFUINT32", scalar(Kind(Kind::BFUINT8.0 + 4))),
        ("BFINT32", scalar(Kind::BFINT32)),
        ("BF_POS", Entry::Int(layout::OFFSET_BITS as i64)),
        ("BF_LEN", Entry::Int(layout::LENGTH_SHIFT as i64)),
        ("FLOAT32", scalar(Kind::FLOAT32)),
        ("FLOAT64", scalar(Kind::FLOAT64)),
        ("SHORT", scalar(Kind::INT16)),
        ("USHORT", scalar(Kind::UINT16)),
        ("INT", scalar(Kind::INT32)),
        ("UINT", scalar(Kind::UINT32)),
        ("LONG", scalar(if size_of::<usize>() == 8 { Kind::INT64 } else { Kind::INT32 })),
        ("ULONG", scalar(if size_of::<usize>() == 8 { Kind::UINT64 } else { Kind::UINT32 })),
        ("LONGLONG", scalar(Kind::INT64)),
        ("ULONGLONG", scalar(Kind::UINT64)),
        ("PTR", Entry::Int(shifted(layout::PTR, layout::AGGREGATE_BITS))),
        ("ARRAY", Entry::Int(shifted(layout::ARRAY, layout::AGGREGATE_BITS))),
    ],
    init: None,
};

/// An address or a size: the low word of an integer. TypeError for other objects.
pub(crate) fn word_arg(vm: &mut Vm, v: &Value) -> Res<usize> {
    match to_u64_wrapping(v) {
        Some(n) => Ok(n as usize),
        None => Ok(vm.index_of(v)? as usize),
    }
}

fn bytes_at(vm: &mut Vm, args: &[Value]) -> Res {
    let address = word_arg(vm, &args[0])?;
    let size = word_arg(vm, &args[1])?;
    if size > vm.heap.stats().limit {
        return Err(Raised);
    }
    let mut bytes = alloc::vec::Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| Raised)?;
    bytes.resize(size, 0);
    vm.read_memory(address, &mut bytes)?;
    vm.new_bytes(&bytes)
}

fn bytearray_at(vm: &mut Vm, args: &[Value]) -> Res {
    let address = word_arg(vm, &args[0])?;
    let size = word_arg(vm, &args[1])?;
    vm.bytearray_at(address, size)
}
