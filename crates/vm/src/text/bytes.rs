//! `bytes`, whether their content lies in the heap or outside.

use super::codec::{self, bytes_decode, bytes_fromhex, bytes_hex, encode, encoding_of, no_buffer};
use super::element::{self, item_size};
use super::quote::quote_bytes;
use super::str::{iterate, repeated};
use super::view::{Kind, check_size, is_int, scratch};
use super::{case, format, percent, search, split};
use crate::collection::element_index;
use crate::object::{
    Args, Array, BinOp, BufferValue, BytesHead, CmpOp, Entry, Param, Slice, Step, StrValue, TypeDef, hash_bytes,
};
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use snakeye_heap::{Rom, Value};

/// `bytes`
pub static BYTES: Rom<TypeDef> = Rom::new(TypeDef {
    name: "bytes",
    attrs: BYTES_ATTRS,
    new: Some(bytes_new),
    print: Some(bytes_print),
    hash: Some(bytes_hash),
    compare: Some(buffer_compare),
    binary: Some(bytes_binary),
    rbinary: Some(bytes_rbinary),
    len: Some(|_, v| Ok(v.as_bytes().map_or(0, <[u8]>::len))),
    get_item: Some(bytes_get_item),
    contains: Some(bytes_contains),
    iter: Some(iterate),
    ..TypeDef::NEW
});

macro_rules! shared_methods {
    ($($more:expr),* $(,)?) => {
        &[
            method!("find", 2, 4, search::text_find),
            method!("rfind", 2, 4, search::text_rfind),
            method!("index", 2, 4, search::text_index),
            method!("rindex", 2, 4, search::text_rindex),
            method!("count", 2, 4, search::text_count),
            method_steps!("join", 2, 2, split::text_join),
            method_kw!("split", 1, 3, split::text_split),
            method_kw!("rsplit", 1, 3, split::text_rsplit),
            method_kw!("splitlines", 1, 2, split::text_splitlines),
            method!("startswith", 2, 4, search::text_startswith),
            method!("endswith", 2, 4, search::text_endswith),
            method!("strip", 1, 2, case::text_strip),
            method!("lstrip", 1, 2, case::text_lstrip),
            method!("rstrip", 1, 2, case::text_rstrip),
            method_kw!("format", 1, 255, format::str_format),
            method!("replace", 3, 4, search::text_replace),
            method!("partition", 2, 2, search::text_partition),
            method!("rpartition", 2, 2, search::text_rpartition),
            method!("center", 2, 2, case::text_center),
            method!("lower", 1, 1, case::text_lower),
            method!("upper", 1, 1, case::text_upper),
            method!("isspace", 1, 1, case::text_isspace),
            method!("isalpha", 1, 1, case::text_isalpha),
            method!("isdigit", 1, 1, case::text_isdigit),
            method!("isupper", 1, 1, case::text_isupper),
            method!("islower", 1, 1, case::text_islower),
            method!("decode", 1, 3, bytes_decode),
            method!("hex", 1, 2, bytes_hex),
            $($more),*
        ]
    };
}
pub(super) use shared_methods;

const BYTES_ATTRS: &[(&str, Entry)] = shared_methods![class_method!("fromhex", 2, 2, bytes_fromhex)];

/// What `bytes(…)` and `bytearray(…)` take: source, encoding, errors.
pub(super) fn parse_new(vm: &mut Vm, args: Args) -> Res<[Value; 3]> {
    args.parse(
        vm,
        &[
            Param::optional("source", Value::UNBOUND),
            Param::optional("encoding", Value::UNBOUND),
            Param::optional("errors", Value::UNBOUND),
        ],
    )
}

/// Refuses an encoding where there is nothing to encode.
fn no_encoding(vm: &mut Vm, encoding: &Value) -> Result<(), Raised> {
    if encoding.is_unbound() { Ok(()) } else { Err(vm.type_error("wrong number of arguments")) }
}

/// The length asked for by an integer source. ValueError when negative.
pub(super) fn length_of(vm: &mut Vm, n: &Value) -> Res<usize> {
    let n = vm.index_of(n)?;
    match usize::try_from(n) {
        Ok(n) => check_size(vm, Some(n)),
        Err(_) if n < 0 => Err(vm.value_error("negative length")),
        Err(_) => Err(Raised),
    }
}

fn bytes_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    let [source, encoding, _] = parse_new(vm, args)?;
    if source.is_unbound() {
        return vm.new_bytes(&[]).map(Step::Done);
    }
    let object = vm.base_object(&source);
    if let Some(s) = object.as_str() {
        if encoding.is_unbound() {
            return Err(vm.type_error("string argument without an encoding"));
        }
        let encoding = encoding_of(vm, &encoding)?;
        return encode(vm, s, encoding).map(Step::Done);
    }
    no_encoding(vm, &encoding)?;
    if object.as_bytes().is_some() {
        return Ok(Step::Done(object));
    }
    if is_int(&object) && !object.is(&Value::TRUE) && !object.is(&Value::FALSE) {
        let n = length_of(vm, &object)?;
        return Ok(Step::Done(vm.heap.alloc_bytes(BytesHead::new(), n, |_| ())?.into()));
    }
    if let Some(buffer) = object.buffer() {
        return buffer.with(|b| vm.new_bytes(b)).map(Step::Done);
    }
    vm.collect_step(&source, |vm, items| {
        let bytes = bytes_of_ints(vm, &items)?;
        vm.new_bytes(&bytes).map(Step::Done)
    })
}

fn bytes_of_ints(vm: &mut Vm, items: &[Value]) -> Res<Vec<u8>> {
    let mut out = scratch(vm, items.len())?;
    for item in items {
        match u8::try_from(vm.index_of(item)?) {
            Ok(b) => out.push(b),
            Err(_) => return Err(vm.value_error("bytes value out of range")),
        }
    }
    Ok(out)
}

fn bytes_print(_: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    quote_bytes(v.as_bytes().unwrap_or(&[]), out)
}

fn bytes_hash(_: &mut Vm, v: &Value) -> Res<u32> {
    let Some((head, bytes)) = v.tail::<BytesHead>() else {
        return Ok(hash_bytes(v.as_bytes().unwrap_or(&[])));
    };
    if head.hash.get() == 0 {
        head.hash.set(hash_bytes(bytes));
    }
    Ok(head.hash.get())
}

/// Comparison of anything with a buffer. NotImplementedError where the elements differ in size or are floats: as
/// in MicroPython only like layouts compare, and arrays equal nothing immutable.
pub(super) fn buffer_compare(vm: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let equality = matches!(op, CmpOp::Eq | CmpOp::Ne);
    if b.as_str().is_some() {
        return Ok(equality.then_some(op == CmpOp::Ne));
    }
    if let (Some(x), Some(y)) = (a.as_bytes(), b.as_bytes()) {
        return Ok(Some(if equality { (x == y) == (op == CmpOp::Eq) } else { op.of(x.cmp(y)) }));
    }
    let array_and_bytes = |a: &Value, b: &Value| a.get::<Array>().is_some() && b.as_bytes().is_some();
    if equality && (array_and_bytes(a, b) || array_and_bytes(b, a)) {
        return Ok(Some(op == CmpOp::Ne));
    }
    let (s, t) = (a.buffer_typecode(), b.buffer_typecode());
    let (Some(x), Some(y)) = (a.buffer(), b.buffer()) else { return Ok(None) };
    // Signed and unsigned elements of one size are alike where only equality is asked.
    let (m, n) = (s.to_ascii_lowercase(), t.to_ascii_lowercase());
    if m != n || matches!(m, b'f' | b'd') || (!equality && s != t) {
        return Err(vm.not_implemented(""));
    }
    if equality {
        return Ok(Some(x.with(|x| y.with(|y| x == y)) == (op == CmpOp::Eq)));
    }
    Ok(Some(op.of(x.with(|x| y.with(|y| compare_elements(s, x, y))))))
}

/// Order of two rows of elements of one integer type code.
fn compare_elements(typecode: u8, x: &[u8], y: &[u8]) -> Ordering {
    let Some(size) = item_size(typecode).filter(|_| typecode != b'B') else { return x.cmp(y) };
    let left = x.chunks_exact(size).map(|e| element::integer(typecode, e));
    left.cmp(y.chunks_exact(size).map(|e| element::integer(typecode, e)))
}

fn bytes_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let Some(left) = a.as_bytes() else { return Ok(None) };
    match op {
        BinOp::Add => {
            if let Some(right) = b.as_bytes() {
                if right.is_empty() {
                    return Ok(Some(a.clone()));
                }
                if left.is_empty() {
                    return Ok(Some(b.clone()));
                }
            }
            let Some(right) = b.buffer() else { return Ok(None) };
            right.with(|right| Kind::Bytes.concat_bytes(vm, [left, right].into_iter())).map(Some)
        }
        BinOp::Mul => repeated(vm, Kind::Bytes, left, b),
        BinOp::Mod => percent::bytes_percent(vm, a, b).map(Some),
        _ => Ok(None),
    }
}

fn bytes_rbinary(vm: &mut Vm, op: BinOp, other: &Value, this: &Value) -> Res<Option<Value>> {
    match (op, this.as_bytes()) {
        (BinOp::Mul, Some(b)) => repeated(vm, Kind::Bytes, b, other),
        _ => Ok(None),
    }
}

fn bytes_get_item(vm: &mut Vm, this: &Value, key: &Value) -> Res {
    let bytes = this.as_bytes().unwrap_or(&[]);
    let Some(slice) = key.get::<Slice>() else {
        let i = element_index(vm, key, bytes.len(), "bytes")?;
        return Ok(Value::int(bytes.get(i).copied().unwrap_or(0) as i32));
    };
    let range = vm.slice_range(slice, bytes.len())?;
    if range.step == 1 {
        if range.count == bytes.len() {
            return Ok(this.clone());
        }
        return vm.new_bytes(bytes.get(range.start..range.start + range.count).unwrap_or(&[]));
    }
    let mut out = scratch(vm, range.count)?;
    out.extend(range.positions().filter_map(|i| bytes.get(i)));
    vm.new_bytes(&out)
}

/// `item in bytes`: a number, or anything with a buffer.
pub(super) fn bytes_contains(vm: &mut Vm, this: &Value, item: &Value) -> Res<bool> {
    let item = vm.base_object(item);
    let Some(hay) = this.buffer() else { return Err(no_buffer(vm)) };
    if is_int(&item) {
        let n = vm.index_of(&item)?;
        return Ok(u8::try_from(n).is_ok_and(|n| hay.with(|hay| memchr::memchr(n, hay).is_some())));
    }
    // Anything else is in no bytes.
    Ok(item.buffer().is_some_and(|needle| hay.with(|hay| needle.with(|needle| search::find(hay, needle).is_some()))))
}

impl Vm {
    /// Lower-case hexadecimal digits of some bytes as a str, with `sep` between pairs.
    pub fn hex_str(&mut self, bytes: &[u8], sep: Option<u8>) -> Res {
        codec::hex(self, bytes, sep, true)
    }
}
