//! Tuples and named tuples.

use super::collect::row_to_vec;
use super::list::is_count;
use super::named_tuple::NamedTupleClass;
use super::print::print_items;
use super::receiver::{clamped_bound, element_index, receiver};
use crate::object::{
    Args, BinOp, CmpOp, IterState, NativeFn, NativeValue, Slice, Step, StrValue, Tuple, TupleHead, TypeDef,
};
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_heap::{Gc, Rom, Value};

/// `tuple`
pub static TUPLE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "tuple",
    attrs: &[
        method!("count", 2, 2, tuple_count),
        method!("index", 2, 4, tuple_index),
        method!("__getitem__", 2, 2, tuple_getitem_method),
    ],
    new: Some(tuple_new),
    print: Some(tuple_print),
    hash: Some(tuple_hash),
    compare: Some(tuple_compare),
    binary: Some(tuple_binary),
    rbinary: Some(tuple_rbinary),
    len: Some(tuple_len),
    get_item: Some(tuple_get_item),
    contains: Some(tuple_contains),
    iter: Some(tuple_iter),
    get_attr: Some(tuple_get_attr),
    ..TypeDef::NEW
});

fn this(vm: &mut Vm, v: &Value) -> Res<Gc<Tuple>> {
    receiver(vm, v, "tuple")
}

/// The result of a comparison of two sequences with these lengths, whose items at the same place `pair` gives
/// (`None`: one has become too short).
pub(super) fn compare_items(
    vm: &mut Vm,
    op: CmpOp,
    (n, m): (usize, usize),
    pair: impl Fn(usize) -> Option<(Value, Value)>,
) -> Res<bool> {
    match op {
        CmpOp::Eq if n != m => return Ok(false),
        CmpOp::Ne if n != m => return Ok(true),
        _ => {}
    }
    vm.deeper(|vm| {
        for i in 0..n.min(m) {
            let Some((a, b)) = pair(i) else { break };
            if !(a.is(&b) || vm.equal(&a, &b)?) {
                return match op {
                    CmpOp::Eq => Ok(false),
                    CmpOp::Ne => Ok(true),
                    _ => vm.compare(op, &a, &b),
                };
            }
        }
        Ok(op.of(n.cmp(&m)))
    })
}

fn tuple_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    match args.pos {
        [] => Ok(Step::Done(vm.new_tuple(Vec::new())?)),
        [t] if t.as_gc::<Tuple>().is_some_and(|t| t.head.class.is_unbound()) => Ok(Step::Done(t.clone())),
        [iterable] => vm.collect_row(iterable, |vm, row| {
            let items = row_to_vec(row)?;
            Ok(Step::Done(vm.new_tuple(items)?))
        }),
        _ => Err(vm.type_error("tuple() takes at most 1 argument")),
    }
}

fn tuple_get_attr(vm: &mut Vm, v: &Value, name: &str) -> Res<Option<Value>> {
    let Some(tuple) = v.as_gc::<Tuple>() else { return Ok(None) };
    let Some(class) = tuple.head.class.native::<NamedTupleClass>() else { return Ok(None) };
    Ok(match class.place(name).and_then(|i| tuple.elements().get(i)) {
        Some(item) => Some(item.clone()),
        None if name == "_asdict" => Some(vm.bound(AS_DICT.value(), v.clone())?),
        None => None,
    })
}

static AS_DICT: Rom<NativeFn> = Rom::new(NativeFn::plain("_asdict", 1, 1, as_dict));

/// `namedtuple._asdict()`: an OrderedDict of the fields.
fn as_dict(vm: &mut Vm, args: &[Value]) -> Res {
    let tuple = this(vm, &args[0])?;
    let dict = vm.new_dict()?;
    dict.ordered.set(true);
    if let Some(class) = tuple.head.class.native::<NamedTupleClass>() {
        for (field, item) in class.fields().iter().zip(tuple.elements()) {
            dict.set_name(&vm.heap, field, item.clone())?;
        }
    }
    Ok(dict.into())
}

fn tuple_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let tuple = this(vm, v)?;
    let class = tuple.head.class.clone();
    if let Some(class) = class.native::<NamedTupleClass>() {
        out.push_str(class.name());
        out.push('(');
        for (i, (field, item)) in class.fields().iter().zip(tuple.elements()).enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            out.push_str(field.as_str().unwrap_or(""));
            out.push('=');
            vm.print_to(item, out, true)?;
        }
        out.push(')');
        return Ok(());
    }
    out.push('(');
    print_items(vm, tuple.elements(), out)?;
    out.push_str(if tuple.elements().len() == 1 { ",)" } else { ")" });
    Ok(())
}

fn tuple_hash(vm: &mut Vm, v: &Value) -> Res<u32> {
    let tuple = this(vm, v)?;
    vm.deeper(|vm| {
        let mut h: u32 = 0x9747_B28C;
        for item in tuple.elements() {
            h = (h.rotate_left(5) ^ vm.hash(item)?).wrapping_mul(0x9E37_79B1);
        }
        Ok(h)
    })
}

fn tuple_compare(vm: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let (Some(a), Some(b)) = (a.as_gc::<Tuple>().cloned(), b.as_gc::<Tuple>().cloned()) else { return Ok(None) };
    let (a, b) = (a.elements(), b.elements());
    compare_items(vm, op, (a.len(), b.len()), |i| Some((a.get(i)?.clone(), b.get(i)?.clone()))).map(Some)
}

fn tuple_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let a = this(vm, a)?;
    match op {
        BinOp::Add => {
            let Ok(b) = vm.base_object(b).into_gc::<Tuple>() else { return Ok(None) };
            let (x, y) = (a.elements(), b.elements());
            let items = Joined { x: x.iter(), y: y.iter() };
            Ok(Some(TupleHead::make(&vm.heap, items)?.into()))
        }
        BinOp::Mul if is_count(vm, b) => {
            let n = usize::try_from(vm.slice_bound(b)?.max(0)).unwrap_or(usize::MAX);
            let len = a.elements().len();
            let total = len.checked_mul(n).ok_or(Raised)?;
            let items = (0..total).map(|i| a.elements()[i % len].clone());
            Ok(Some(TupleHead::make(&vm.heap, items)?.into()))
        }
        _ => Ok(None),
    }
}

/// One row after the other, with its length known.
struct Joined<'a> {
    x: core::slice::Iter<'a, Value>,
    y: core::slice::Iter<'a, Value>,
}
impl Iterator for Joined<'_> {
    type Item = Value;
    fn next(&mut self) -> Option<Value> {
        self.x.next().or_else(|| self.y.next()).cloned()
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        let n = self.x.len() + self.y.len();
        (n, Some(n))
    }
}
impl ExactSizeIterator for Joined<'_> {}

fn tuple_rbinary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    match op {
        BinOp::Mul if is_count(vm, a) => tuple_binary(vm, op, b, a),
        _ => Ok(None),
    }
}

fn tuple_len(vm: &mut Vm, v: &Value) -> Res<usize> {
    Ok(this(vm, v)?.elements().len())
}

fn tuple_get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let tuple = this(vm, v)?;
    let items = tuple.elements();
    if let Some(slice) = key.as_gc::<Slice>().cloned() {
        let range = vm.slice_range(&slice, items.len())?;
        return Ok(TupleHead::make(&vm.heap, range.positions().map(|i| items[i].clone()))?.into());
    }
    let i = element_index(vm, key, items.len(), "tuple")?;
    Ok(items[i].clone())
}

fn position(vm: &mut Vm, items: &[Value], item: &Value) -> Res<Option<usize>> {
    for (i, other) in items.iter().enumerate() {
        if other.is(item) || vm.equal(other, item)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

fn tuple_contains(vm: &mut Vm, v: &Value, item: &Value) -> Res<bool> {
    let tuple = this(vm, v)?;
    Ok(position(vm, tuple.elements(), item)?.is_some())
}

fn tuple_iter(vm: &mut Vm, v: &Value) -> Res {
    let object: Value = this(vm, v)?.into();
    vm.new_iter(IterState::Sequence { object, index: 0 })
}

fn tuple_count(vm: &mut Vm, args: &[Value]) -> Res {
    let tuple = this(vm, &args[0])?;
    let mut n = 0;
    for other in tuple.elements() {
        if other.is(&args[1]) || vm.equal(other, &args[1])? {
            n += 1;
        }
    }
    vm.new_int(n)
}

fn tuple_index(vm: &mut Vm, args: &[Value]) -> Res {
    let tuple = this(vm, &args[0])?;
    let len = tuple.elements().len();
    let start = clamped_bound(vm, args.get(2), 0, len)?;
    let stop = clamped_bound(vm, args.get(3), len, len)?.max(start);
    match position(vm, &tuple.elements()[start..stop], &args[1])? {
        Some(i) => vm.new_int((start + i) as i64),
        None => Err(vm.value_error("object not in sequence")),
    }
}

fn tuple_getitem_method(vm: &mut Vm, args: &[Value]) -> Res {
    tuple_get_item(vm, &args[0], &args[1])
}
