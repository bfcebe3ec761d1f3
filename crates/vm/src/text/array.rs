//! `array.array`

use super::bytes::buffer_compare;
use super::codec::no_buffer;
use super::element::{element_at, element_count, encode, item_size};
use super::str::iterate;
use super::view::scratch;
use crate::collection::{SliceRange, element_index, receiver};
use crate::object::{Args, Array, BinOp, BufferValue, Entry, MemoryView, Slice, Step, StrValue, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_heap::{Gc, HVec, Rom, Value};

/// `array.array`
pub static ARRAY: Rom<TypeDef> = Rom::new(TypeDef {
    name: "array",
    attrs: ARRAY_ATTRS,
    new: Some(array_new),
    print: Some(array_print),
    compare: Some(buffer_compare),
    binary: Some(array_binary),
    inplace: Some(array_inplace),
    len: Some(|_, v| Ok(element_count(v))),
    get_item: Some(array_get_item),
    set_item: Some(array_set_item),
    contains: Some(array_contains),
    iter: Some(iterate),
    ..TypeDef::NEW
});

const ARRAY_ATTRS: &[(&str, Entry)] =
    &[method!("append", 2, 2, array_append), method_steps!("extend", 2, 2, array_extend)];

/// Object `i` of an array of objects, or of a memoryview on one.
pub(super) fn object_at(v: &Value, i: usize) -> Option<Value> {
    if let Some(m) = v.get::<MemoryView>() {
        return object_at(&m.owner.get(), i);
    }
    v.get::<Array>()?.objects.try_borrow().ok()?.get(i).cloned()
}

pub(super) fn object_count(v: &Value) -> usize {
    v.get::<Array>().and_then(|a| a.objects.try_borrow().ok()).map_or(0, |o| o.len())
}

/// A copy of some bytes; MemoryError when the heap's limit does not allow it.
pub(super) fn copied(vm: &Vm, bytes: &[u8]) -> Res<Vec<u8>> {
    let mut out = scratch(vm, bytes.len())?;
    out.extend_from_slice(bytes);
    Ok(out)
}

/// MemoryError when the heap is locked: in MicroPython an array has no room to spare.
pub(super) fn may_grow(vm: &Vm) -> Res<()> {
    if vm.heap.locked() { Err(crate::Raised) } else { Ok(()) }
}

/// Appends the content of `source`, which has a buffer, in whole elements of `size` bytes.
pub(super) fn extend_bytes(vm: &mut Vm, target: &RefCell<HVec<u8>>, source: &Value, size: usize) -> Res<()> {
    let whole = |b: &[u8]| b.len() / size * size;
    may_grow(vm)?;
    if let Some(bytes) = source.as_bytes() {
        let Ok(mut data) = target.try_borrow_mut() else { return Err(vm.busy()) };
        return Ok(data.append_bytes(&vm.heap, &bytes[..whole(bytes)])?);
    }
    // The source may be the target itself, or a view of it.
    let Some(buffer) = source.buffer() else { return Err(no_buffer(vm)) };
    let copy = buffer.with(|b| copied(vm, &b[..whole(b)]))?;
    drop(buffer);
    let Ok(mut data) = target.try_borrow_mut() else { return Err(vm.busy()) };
    Ok(data.append_bytes(&vm.heap, &copy)?)
}

/// Replaces the elements of a slice (or deletes them) in an array of elements of `size` bytes.
pub(super) fn slice_places(
    vm: &mut Vm,
    data: &mut HVec<u8>,
    range: SliceRange,
    new: &[u8],
    size: usize,
    delete: bool,
) -> Res<()> {
    if range.step == 1 {
        let (start, stop) = (range.start * size, (range.start + range.count) * size);
        if new.len() == stop - start
            && let Some(place) = data.get_mut(start..stop)
        {
            place.copy_from_slice(new);
            return Ok(());
        }
        let mut items = HVec::with_capacity(&vm.heap, new.len())?;
        items.append_bytes(&vm.heap, new)?;
        data.splice(&vm.heap, start, stop, items)?;
        return Ok(());
    }
    if delete {
        let mut places: Vec<usize> = Vec::new();
        places.try_reserve_exact(range.count).map_err(|_| crate::Raised)?;
        places.extend(range.positions());
        places.sort_unstable();
        for i in places.into_iter().rev() {
            data.splice(&vm.heap, i * size, (i + 1) * size, HVec::new())?;
        }
        return Ok(());
    }
    if new.len() != range.count * size {
        return Err(vm.value_error("lhs and rhs should be compatible"));
    }
    for (i, item) in range.positions().zip(new.chunks_exact(size)) {
        if let Some(place) = data.get_mut(i * size..(i + 1) * size) {
            place.copy_from_slice(item);
        }
    }
    Ok(())
}

fn this(vm: &mut Vm, v: &Value) -> Res<Gc<Array>> {
    receiver(vm, v, "array")
}

/// Bytes of one element; objects have no bytes.
fn size_of_item(array: &Array) -> usize {
    item_size(array.typecode).unwrap_or(1)
}

impl Vm {
    /// An array of this type code (not `O`) whose content is these bytes; ValueError for unknown codes.
    pub fn new_array(&mut self, typecode: u8, bytes: &[u8]) -> Res {
        let Some(size) = item_size(typecode) else { return Err(self.value_error("bad typecode")) };
        let mut data = HVec::new();
        data.append_bytes(&self.heap, &bytes[..bytes.len() / size * size])?;
        let objects = RefCell::new(HVec::new());
        Ok(self.heap.alloc(Array { typecode, data: RefCell::new(data), objects })?.into())
    }
}

fn array_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (code, source) = match args.pos {
        [code] => (code, None),
        [code, source] => (code, Some(source)),
        _ => return Err(vm.type_error("array() takes 1 or 2 arguments")),
    };
    let code = vm.base_object(code);
    let typecode = match vm.str_arg(&code)?.as_bytes() {
        [b'O'] => b'O',
        [c] if item_size(*c).is_some() => *c,
        _ => return Err(vm.value_error("bad typecode")),
    };
    let array =
        vm.heap.alloc(Array { typecode, data: RefCell::new(HVec::new()), objects: RefCell::new(HVec::new()) })?;
    let Some(source) = source else { return Ok(Step::Done(array.into())) };
    let plain = vm.base_object(source);
    let raw = plain.as_bytes().is_some() || plain.get::<crate::object::ByteArray>().is_some();
    if raw && typecode != b'O' {
        extend_bytes(vm, &array.data, &plain, size_of_item(&array))?;
        return Ok(Step::Done(array.into()));
    }
    vm.collect_step(source, move |vm, items| {
        push_all(vm, &array, &items)?;
        Ok(Step::Done(array.into()))
    })
}

fn push_all(vm: &mut Vm, array: &Array, items: &[Value]) -> Res<()> {
    if array.typecode == b'O' {
        let Ok(mut objects) = array.objects.try_borrow_mut() else { return Err(vm.busy()) };
        return Ok(objects.extend_from_slice(&vm.heap, items)?);
    }
    let size = size_of_item(array);
    if let Ok(mut data) = array.data.try_borrow_mut() {
        data.reserve(&vm.heap, items.len().saturating_mul(size))?;
    }
    for item in items {
        // Conversion may run Python: no borrow is held across it.
        let bytes = encode(vm, array.typecode, item)?;
        let Ok(mut data) = array.data.try_borrow_mut() else { return Err(vm.busy()) };
        data.append_bytes(&vm.heap, &bytes[..size])?;
    }
    Ok(())
}

fn array_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let a = this(vm, v)?;
    out.push_str("array('");
    out.push(a.typecode as char);
    out.push('\'');
    let count = element_count(v);
    if count > 0 {
        out.push_str(", [");
        for i in 0..count {
            if i > 0 {
                out.push_str(", ");
            }
            let Some(item) = element_at(vm, v, i)? else { break };
            vm.print_to(&item, out, true)?;
        }
        out.push(']');
    }
    out.push(')');
    Ok(())
}

fn array_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    if op != BinOp::Add {
        return Ok(None);
    }
    let left = this(vm, a)?;
    if b.buffer().is_none() || left.typecode == b'O' {
        return Err(no_buffer(vm));
    }
    let Ok(data) = left.data.try_borrow() else { return Err(vm.busy()) };
    let sum = vm.new_array(left.typecode, &data)?;
    let target = this(vm, &sum)?;
    extend_bytes(vm, &target.data, b, size_of_item(&target))?;
    Ok(Some(sum))
}

fn array_inplace(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    if op != BinOp::Add {
        return Ok(None);
    }
    let target = this(vm, a)?;
    if b.buffer().is_some() && target.typecode != b'O' {
        extend_bytes(vm, &target.data, b, size_of_item(&target))?;
    } else {
        let items = vm.collect(b)?;
        push_all(vm, &target, &items)?;
    }
    Ok(Some(a.clone()))
}

fn array_append(vm: &mut Vm, args: &[Value]) -> Res {
    let target = this(vm, &args[0])?;
    push_all(vm, &target, &args[1..2])?;
    Ok(Value::NONE)
}

fn array_extend(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let target = this(vm, &args[0])?;
    let source = vm.base_object(&args[1]);
    if source.buffer().is_some() && target.typecode != b'O' {
        extend_bytes(vm, &target.data, &source, size_of_item(&target))?;
        return Ok(Step::Done(Value::NONE));
    }
    vm.collect_step(&args[1], move |vm, items| {
        push_all(vm, &target, &items)?;
        Ok(Step::Done(Value::NONE))
    })
}

fn array_get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let count = element_count(v);
    let Some(slice) = key.get::<Slice>() else {
        let i = element_index(vm, key, count, "array")?;
        return match element_at(vm, v, i)? {
            Some(item) => Ok(item),
            None => Err(vm.busy()),
        };
    };
    let range = vm.slice_range(slice, count)?;
    let a = this(vm, v)?;
    if a.typecode == b'O' {
        let mut objects = HVec::new();
        for i in range.positions() {
            objects.push(&vm.heap, object_at(v, i).unwrap_or(Value::NONE))?;
        }
        let data = RefCell::new(HVec::new());
        return Ok(vm.heap.alloc(Array { typecode: b'O', data, objects: RefCell::new(objects) })?.into());
    }
    let size = size_of_item(&a);
    let Ok(data) = a.data.try_borrow() else { return Err(vm.busy()) };
    if range.step == 1 {
        let part = data.get(range.start * size..(range.start + range.count) * size).unwrap_or(&[]);
        return vm.new_array(a.typecode, part);
    }
    let mut part = scratch(vm, range.count * size)?;
    for i in range.positions() {
        part.extend_from_slice(data.get(i * size..(i + 1) * size).unwrap_or(&[]));
    }
    vm.new_array(a.typecode, &part)
}

fn array_set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let a = this(vm, v)?;
    let count = element_count(v);
    let size = size_of_item(&a);
    if let Some(slice) = key.get::<Slice>() {
        let range = vm.slice_range(slice, count)?;
        if a.typecode == b'O' {
            return Err(vm.not_implemented("slices of object arrays"));
        }
        let new = match &value {
            None => Vec::new(),
            Some(v) => same_elements(vm, v, size)?,
        };
        let Ok(mut data) = a.data.try_borrow_mut() else { return Err(vm.busy()) };
        return slice_places(vm, &mut data, range, &new, size, value.is_none());
    }
    let i = element_index(vm, key, count, "array")?;
    let old;
    if a.typecode == b'O' {
        let Ok(mut objects) = a.objects.try_borrow_mut() else { return Err(vm.busy()) };
        old = match (value, objects.get_mut(i)) {
            (Some(new), Some(place)) => Some(core::mem::replace(place, new)),
            (None, _) => objects.remove(i),
            _ => None,
        };
        drop(objects);
        drop(old);
        return Ok(());
    }
    let Some(value) = value else {
        let Ok(mut data) = a.data.try_borrow_mut() else { return Err(vm.busy()) };
        data.splice(&vm.heap, i * size, (i + 1) * size, HVec::new())?;
        return Ok(());
    };
    store(vm, v, a.typecode, i, &value)
}

/// The bytes of something assigned to a slice: an array, bytearray, memoryview or bytes with elements of the same
/// size.
pub(super) fn same_elements(vm: &mut Vm, value: &Value, size: usize) -> Res<Vec<u8>> {
    let plain = vm.base_object(value);
    if plain.as_str().is_some() || plain.buffer().is_none() {
        return Err(vm.not_implemented("array/bytes required on right side"));
    }
    if item_size(plain.buffer_typecode()) != Some(size) {
        return Err(vm.value_error("lhs and rhs should be compatible"));
    }
    match plain.buffer() {
        Some(buffer) => buffer.with(|b| copied(vm, b)),
        None => Err(vm.busy()),
    }
}

/// Puts a number into element `i` of an array or memoryview.
pub(super) fn store(vm: &mut Vm, target: &Value, typecode: u8, i: usize, value: &Value) -> Res<()> {
    let size = item_size(typecode).unwrap_or(1);
    let bytes = encode(vm, typecode, value)?;
    let written = target.with_buffer_mut(|all| match all.get_mut(i * size..(i + 1) * size) {
        Some(place) => {
            place.copy_from_slice(&bytes[..size]);
            true
        }
        None => false,
    });
    match written {
        Some(true) => Ok(()),
        Some(false) => Err(vm.index_error("index out of range")),
        None => Err(vm.busy()),
    }
}

fn array_contains(vm: &mut Vm, v: &Value, item: &Value) -> Res<bool> {
    for i in 0..element_count(v) {
        let Some(element) = element_at(vm, v, i)? else { break };
        if vm.equal(&element, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}
