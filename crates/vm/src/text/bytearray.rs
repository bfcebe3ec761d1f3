//! `bytearray`

use super::array::{copied, extend_bytes, may_grow, slice_places};
use super::bytes::{buffer_compare, bytes_contains, length_of, parse_new, shared_methods};
use super::codec::{bytearray_fromhex, bytes_decode, bytes_hex, encoding_of, no_buffer};
use super::element::low_bits;
use super::quote::quote_bytes;
use super::str::{iterate, repeated};
use super::view::{Kind, is_int, scratch};
use super::{case, format, search, split};
use crate::collection::{element_index, receiver};
use crate::object::{Args, BinOp, BufferValue, ByteArray, Entry, Slice, Step, StrValue, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use core::cell::RefCell;
use snakeye_heap::{Gc, HVec, Rom, Value};

/// `bytearray`
pub static BYTEARRAY: Rom<TypeDef> = Rom::new(TypeDef {
    name: "bytearray",
    attrs: BYTEARRAY_ATTRS,
    new: Some(bytearray_new),
    print: Some(bytearray_print),
    compare: Some(buffer_compare),
    binary: Some(bytearray_binary),
    rbinary: Some(bytearray_rbinary),
    inplace: Some(bytearray_inplace),
    len: Some(|_, v| Ok(v.get::<ByteArray>().and_then(|b| b.data.try_borrow().ok()).map_or(0, |b| b.len()))),
    get_item: Some(bytearray_get_item),
    set_item: Some(bytearray_set_item),
    contains: Some(bytes_contains),
    iter: Some(iterate),
    ..TypeDef::NEW
});

const BYTEARRAY_ATTRS: &[(&str, Entry)] = shared_methods![
    class_method!("fromhex", 2, 2, bytearray_fromhex),
    method!("append", 2, 2, bytearray_append),
    method_steps!("extend", 2, 2, bytearray_extend),
];

fn this(vm: &mut Vm, v: &Value) -> Res<Gc<ByteArray>> {
    receiver(vm, v, "bytearray")
}

fn made(vm: &Vm, data: HVec<u8>) -> Res {
    Ok(vm.heap.alloc(ByteArray { data: RefCell::new(data) })?.into())
}

fn bytearray_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    let [source, encoding, _] = parse_new(vm, args)?;
    if source.is_unbound() {
        return made(vm, HVec::new()).map(Step::Done);
    }
    let object = vm.base_object(&source);
    if let Some(s) = object.as_str() {
        if encoding.is_unbound() {
            return Err(vm.type_error("string argument without an encoding"));
        }
        encoding_of(vm, &encoding)?;
        return vm.new_bytearray(s.as_bytes()).map(Step::Done);
    }
    if is_int(&object) {
        let n = length_of(vm, &object)?;
        let mut data = HVec::with_capacity(&vm.heap, n)?;
        data.append_zeros(&vm.heap, n)?;
        return made(vm, data).map(Step::Done);
    }
    if let Some(buffer) = object.buffer() {
        return buffer.with(|b| vm.new_bytearray(b)).map(Step::Done);
    }
    vm.collect_step(&source, |vm, items| {
        let data = low_bytes(vm, &items)?;
        vm.new_bytearray(&data).map(Step::Done)
    })
}

/// The low bytes of integers.
fn low_bytes(vm: &mut Vm, items: &[Value]) -> Res<alloc::vec::Vec<u8>> {
    let mut out = scratch(vm, items.len())?;
    for item in items {
        out.push(low_bits(vm, item)? as u8);
    }
    Ok(out)
}

fn bytearray_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let b = this(vm, v)?;
    let Ok(data) = b.data.try_borrow() else { return Err(vm.busy()) };
    out.push_str("bytearray(");
    quote_bytes(&data, out)?;
    out.push(')');
    Ok(())
}

fn bytearray_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let left = this(vm, a)?;
    let Ok(left) = left.data.try_borrow() else { return Err(vm.busy()) };
    match op {
        BinOp::Add => {
            let Some(right) = b.buffer() else { return Err(no_buffer(vm)) };
            right.with(|right| Kind::ByteArray.concat_bytes(vm, [&left[..], right].into_iter())).map(Some)
        }
        BinOp::Mul => repeated(vm, Kind::ByteArray, &left, b),
        _ => Ok(None),
    }
}

fn bytearray_rbinary(vm: &mut Vm, op: BinOp, other: &Value, b: &Value) -> Res<Option<Value>> {
    if op == BinOp::Mul { bytearray_binary(vm, op, b, other) } else { Ok(None) }
}

fn bytearray_inplace(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    if op != BinOp::Add {
        return Ok(None);
    }
    let target = this(vm, a)?;
    if b.buffer().is_some() {
        extend_bytes(vm, &target.data, b, 1)?;
    } else {
        let items = vm.collect(b)?;
        let data = low_bytes(vm, &items)?;
        append_all(vm, &target, &data)?;
    }
    Ok(Some(a.clone()))
}

fn append_all(vm: &mut Vm, target: &ByteArray, bytes: &[u8]) -> Res<()> {
    may_grow(vm)?;
    let Ok(mut data) = target.data.try_borrow_mut() else { return Err(vm.busy()) };
    Ok(data.append_bytes(&vm.heap, bytes)?)
}

fn bytearray_append(vm: &mut Vm, args: &[Value]) -> Res {
    let target = this(vm, &args[0])?;
    let b = low_bits(vm, &args[1])? as u8;
    let Ok(mut data) = target.data.try_borrow_mut() else { return Err(vm.busy()) };
    data.push(&vm.heap, b)?;
    Ok(Value::NONE)
}

fn bytearray_extend(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let target = this(vm, &args[0])?;
    let source = vm.base_object(&args[1]);
    if source.buffer().is_some() {
        extend_bytes(vm, &target.data, &source, 1)?;
        return Ok(Step::Done(Value::NONE));
    }
    vm.collect_step(&args[1], move |vm, items| {
        let data = low_bytes(vm, &items)?;
        append_all(vm, &target, &data)?;
        Ok(Step::Done(Value::NONE))
    })
}

fn bytearray_get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let b = this(vm, v)?;
    let len = b.data.try_borrow().map_or(0, |d| d.len());
    if let Some(slice) = key.get::<Slice>() {
        let range = vm.slice_range(slice, len)?;
        let Ok(data) = b.data.try_borrow() else { return Err(vm.busy()) };
        if range.step == 1 {
            return vm.new_bytearray(data.get(range.start..range.start + range.count).unwrap_or(&[]));
        }
        let mut out = scratch(vm, range.count)?;
        out.extend(range.positions().filter_map(|i| data.get(i)));
        return vm.new_bytearray(&out);
    }
    let i = element_index(vm, key, len, "bytearray")?;
    let Ok(data) = b.data.try_borrow() else { return Err(vm.busy()) };
    match data.get(i) {
        Some(&b) => Ok(Value::int(b as i32)),
        None => Err(vm.index_error("bytearray index out of range")),
    }
}

fn bytearray_set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let b = this(vm, v)?;
    let len = b.data.try_borrow().map_or(0, |d| d.len());
    if let Some(slice) = key.get::<Slice>() {
        // What never changes is copied straight from where it lies.
        if let Some(bytes) = value.as_ref().and_then(|v| v.as_bytes()) {
            let range = vm.slice_range(slice, len)?;
            let Ok(mut data) = b.data.try_borrow_mut() else { return Err(vm.busy()) };
            return slice_places(vm, &mut data, range, bytes, 1, false);
        }
        let new = match &value {
            None => scratch(vm, 0)?,
            Some(v) => {
                let plain = vm.base_object(v);
                match plain.buffer() {
                    Some(buffer) => buffer.with(|b| copied(vm, b))?,
                    None => {
                        let items = vm.collect(v)?;
                        low_bytes(vm, &items)?
                    }
                }
            }
        };
        let range = vm.slice_range(slice, len)?;
        let Ok(mut data) = b.data.try_borrow_mut() else { return Err(vm.busy()) };
        return slice_places(vm, &mut data, range, &new, 1, value.is_none());
    }
    let i = element_index(vm, key, len, "bytearray")?;
    let byte = match &value {
        Some(v) => low_bits(vm, v)? as u8,
        None => 0,
    };
    let Ok(mut data) = b.data.try_borrow_mut() else { return Err(vm.busy()) };
    match (value, data.get_mut(i)) {
        (Some(_), Some(place)) => *place = byte,
        (None, Some(_)) => drop(data.remove(i)),
        (_, None) => return Err(vm.index_error("bytearray index out of range")),
    }
    Ok(())
}

impl Vm {
    /// A bytearray of `n` zeros.
    pub fn new_bytearray_zeroed(&mut self, n: usize) -> Res {
        let mut data = HVec::with_capacity(&self.heap, n)?;
        data.append_zeros(&self.heap, n)?;
        made(self, data)
    }
}
