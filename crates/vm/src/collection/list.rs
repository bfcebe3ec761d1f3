//! Lists.

use super::collect::made_list;
use super::print::{copied, guarded, print_items};
use super::receiver::{clamped_bound, element_index, receiver};
use super::sort::{map_keys, sort_values};
use super::tuple::compare_items;
use crate::object::{Args, BinOp, CmpOp, IterState, List, Param, Slice, Step, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Ref, RefCell, RefMut};
use snakeye_heap::{Gc, HVec, Rom, Value};

/// `list`
pub static LIST: Rom<TypeDef> = Rom::new(TypeDef {
    name: "list",
    attrs: &[
        method!("append", 2, 2, list_append),
        method!("clear", 1, 1, list_clear),
        method!("copy", 1, 1, list_copy),
        method!("count", 2, 2, list_count),
        method_steps!("extend", 2, 2, list_extend),
        method!("index", 2, 4, list_index),
        method!("insert", 3, 3, list_insert),
        method!("pop", 1, 2, list_pop),
        method!("remove", 2, 2, list_remove),
        method!("reverse", 1, 1, list_reverse),
        method_kw!("sort", 1, 1, list_sort),
        method!("__getitem__", 2, 2, list_getitem_method),
        method!("__setitem__", 3, 3, list_setitem_method),
        method!("__delitem__", 2, 2, list_delitem_method),
    ],
    new: Some(list_new),
    print: Some(list_print),
    compare: Some(list_compare),
    binary: Some(list_binary),
    rbinary: Some(list_rbinary),
    inplace: Some(list_inplace),
    len: Some(list_len),
    get_item: Some(list_get_item),
    set_item: Some(list_set_item),
    contains: Some(list_contains),
    iter: Some(list_iter),
    ..TypeDef::NEW
});

impl List {
    /// The items for reading; RuntimeError while they are being changed.
    pub fn read(&self, vm: &mut Vm) -> Res<Ref<'_, HVec<Value>>> {
        self.items.try_borrow().map_err(|_| vm.busy())
    }
    /// The items for changing; RuntimeError while they are in use.
    pub fn write(&self, vm: &mut Vm) -> Res<RefMut<'_, HVec<Value>>> {
        self.items.try_borrow_mut().map_err(|_| vm.busy())
    }
    /// The item at `i`.
    pub fn at(&self, i: usize) -> Option<Value> {
        self.items.try_borrow().ok()?.get(i).cloned()
    }
    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.try_borrow().map_or(0, |items| items.len())
    }
    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Clones of the items.
    pub fn to_vec(&self, vm: &mut Vm) -> Res<Vec<Value>> {
        let items = self.read(vm)?;
        copied(&items)
    }
    /// Appends an item.
    pub fn push(&self, vm: &mut Vm, item: Value) -> Res<()> {
        let Ok(mut items) = self.items.try_borrow_mut() else { return Err(vm.busy()) };
        Ok(items.push(&vm.heap, item)?)
    }
}

fn this(vm: &mut Vm, v: &Value) -> Res<Gc<List>> {
    receiver(vm, v, "list")
}

fn list_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    match args.pos {
        [] => Ok(Step::Done(List::make(&vm.heap, HVec::new())?.into())),
        [iterable] => vm.collect_row(iterable, |vm, items| Ok(Step::Done(made_list(vm, items)?))),
        _ => Err(vm.type_error("list() takes at most 1 argument")),
    }
}

fn list_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let list = this(vm, v)?;
    guarded(vm, list.value(), out, "[...]", |vm, out| {
        let items = list.to_vec(vm)?;
        out.push('[');
        print_items(vm, &items, out)?;
        out.push(']');
        Ok(())
    })
}

fn list_compare(vm: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let (Some(a), Some(b)) = (a.as_gc::<List>().cloned(), b.as_gc::<List>().cloned()) else { return Ok(None) };
    compare_items(vm, op, (a.len(), b.len()), |i| Some((a.at(i)?, b.at(i)?))).map(Some)
}

/// `items * n`, in order.
pub(super) fn repeated(vm: &mut Vm, items: &RefCell<HVec<Value>>, n: &Value) -> Res<HVec<Value>> {
    let n = usize::try_from(vm.slice_bound(n)?.max(0)).unwrap_or(usize::MAX);
    let Ok(items) = items.try_borrow() else { return Err(vm.busy()) };
    let total = items.len().checked_mul(n).ok_or(crate::vm::Raised)?;
    let mut out = HVec::with_capacity(&vm.heap, total)?;
    if !items.is_empty() {
        for _ in 0..n {
            out.extend_from_slice(&vm.heap, &items)?;
        }
    }
    Ok(out)
}

/// Whether `*` takes this as a count.
pub(super) fn is_count(vm: &Vm, v: &Value) -> bool {
    v.as_small_int().is_some() || vm.is_instance(v, &crate::number::INT)
}

fn list_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let a = this(vm, a)?;
    match op {
        BinOp::Add => {
            let Ok(b) = vm.base_object(b).into_gc::<List>() else { return Ok(None) };
            let (x, y) = (a.read(vm)?, b.read(vm)?);
            let mut out = HVec::with_capacity(&vm.heap, x.len() + y.len())?;
            out.extend_from_slice(&vm.heap, &x)?;
            out.extend_from_slice(&vm.heap, &y)?;
            Ok(Some(made_list(vm, out)?))
        }
        BinOp::Mul if is_count(vm, b) => {
            let items = repeated(vm, &a.items, b)?;
            Ok(Some(made_list(vm, items)?))
        }
        _ => Ok(None),
    }
}

fn list_rbinary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    match op {
        BinOp::Mul if is_count(vm, a) => list_binary(vm, op, b, a),
        _ => Ok(None),
    }
}

fn list_inplace(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    match op {
        BinOp::Add => {
            let list = this(vm, a)?;
            let more = match vm.known_items(b)? {
                Some(more) => more,
                None => {
                    let more = vm.collect(b)?;
                    HVec::from_iter(&vm.heap, more.into_iter())?
                }
            };
            append_row(vm, &list, more)?;
            Ok(Some(a.clone()))
        }
        BinOp::Mul if is_count(vm, b) => {
            let list = this(vm, a)?;
            let items = repeated(vm, &list.items, b)?;
            let old = core::mem::replace(&mut *list.write(vm)?, items);
            drop(old);
            Ok(Some(a.clone()))
        }
        _ => Ok(None),
    }
}

fn list_len(vm: &mut Vm, v: &Value) -> Res<usize> {
    let list = this(vm, v)?;
    let n = list.read(vm)?.len();
    Ok(n)
}

fn list_get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let list = this(vm, v)?;
    if let Some(slice) = key.get::<Slice>() {
        let range = vm.slice_range(slice, list.len())?;
        let items = list.read(vm)?;
        let mut out = HVec::with_capacity(&vm.heap, range.count)?;
        match items.get(range.start..range.start + range.count) {
            Some(run) if range.step == 1 => out.extend_from_slice(&vm.heap, run)?,
            _ => out.extend(&vm.heap, range.positions().filter_map(|i| items.get(i).cloned()))?,
        }
        drop(items);
        return made_list(vm, out);
    }
    let i = element_index(vm, key, list.len(), "list")?;
    match list.at(i) {
        Some(item) => Ok(item),
        None => Err(vm.busy()),
    }
}

fn list_set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let list = this(vm, v)?;
    let Some(slice) = key.as_gc::<Slice>() else {
        let i = element_index(vm, key, list.len(), "list")?;
        let mut items = list.write(vm)?;
        let old = match (value, items.get_mut(i)) {
            (Some(value), Some(place)) => Some(core::mem::replace(place, value)),
            (Some(_), None) => None,
            (None, _) => items.remove(i),
        };
        drop(items);
        drop(old);
        return Ok(());
    };
    match value {
        Some(value) => {
            if let Some(source) = value.get::<List>()
                && !value.is(list.value())
                && replace_run(vm, &list, slice, source)?
            {
                return Ok(());
            }
            // Collected first: that may run Python, after which the length may be another.
            let new = match vm.known_items(&value)? {
                Some(new) => new,
                None => {
                    let new = vm.collect(&value)?;
                    HVec::from_iter(&vm.heap, new.into_iter())?
                }
            };
            set_slice(vm, &list, slice, new)
        }
        None => del_slice(vm, &list, slice),
    }
}

/// Replaces the run of items that `slice` stands for by those of another list, if that has as many.
fn replace_run(vm: &mut Vm, list: &List, slice: &Slice, source: &List) -> Res<bool> {
    let range = vm.slice_range(slice, list.len())?;
    let (mut items, new) = (list.write(vm)?, source.read(vm)?);
    if range.step != 1 || new.len() != range.stop - range.start {
        return Ok(false);
    }
    let Some(run) = items.get_mut(range.start..range.stop) else { return Ok(false) };
    let numbers = |items: &[Value]| items.iter().all(|v| v.as_small_int().is_some());
    if numbers(run) {
        // Nothing that is replaced needs dropping.
        run.clone_from_slice(&new);
        return Ok(true);
    }
    Ok(false)
}

fn set_slice(vm: &mut Vm, list: &Gc<List>, slice: &Gc<Slice>, mut new: HVec<Value>) -> Res<()> {
    let range = vm.slice_range(slice, list.len())?;
    if range.step == 1 {
        let mut items = list.write(vm)?;
        if let Some(run) = items.get_mut(range.start..range.stop)
            && run.len() == new.len()
        {
            run.swap_with_slice(&mut new);
            drop(items);
            drop(new);
            return Ok(());
        }
        let old = items.splice(&vm.heap, range.start, range.stop, new)?;
        drop(items);
        drop(old);
        return Ok(());
    }
    if new.len() != range.count {
        return Err(vm.raise_fmt(
            &crate::exceptions::VALUE_ERROR,
            format_args!("attempt to assign sequence of size {} to extended slice of size {}", new.len(), range.count),
        ));
    }
    let mut items = list.write(vm)?;
    for (i, value) in range.positions().zip(new.iter_mut()) {
        if let Some(place) = items.get_mut(i) {
            core::mem::swap(place, value);
        }
    }
    drop(items);
    drop(new);
    Ok(())
}

fn del_slice(vm: &mut Vm, list: &Gc<List>, slice: &Gc<Slice>) -> Res<()> {
    let range = vm.slice_range(slice, list.len())?;
    let mut items = list.write(vm)?;
    if range.step == 1 {
        let old = items.splice(&vm.heap, range.start, range.stop, HVec::new())?;
        drop(items);
        drop(old);
        return Ok(());
    }
    // Swap the kept ones forward; what is left behind them goes.
    let mut going: Vec<bool> = Vec::new();
    going.try_reserve_exact(items.len()).map_err(|_| crate::vm::Raised)?;
    going.resize(items.len(), false);
    for i in range.positions() {
        if let Some(g) = going.get_mut(i) {
            *g = true;
        }
    }
    let mut kept = 0;
    for (i, gone) in going.iter().enumerate() {
        if !gone {
            items.swap(kept, i);
            kept += 1;
        }
    }
    let len = items.len();
    let old = items.splice(&vm.heap, kept, len, HVec::new())?;
    drop(items);
    drop(old);
    Ok(())
}

fn list_contains(vm: &mut Vm, v: &Value, item: &Value) -> Res<bool> {
    let list = this(vm, v)?;
    Ok(position(vm, &list, item, 0, usize::MAX)?.is_some())
}

fn position(vm: &mut Vm, list: &Gc<List>, item: &Value, start: usize, stop: usize) -> Res<Option<usize>> {
    let mut i = start;
    while i < stop {
        let Some(other) = list.at(i) else { break };
        if other.is(item) || vm.same_or_equal(&other, item)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

fn list_iter(vm: &mut Vm, v: &Value) -> Res {
    let object: Value = this(vm, v)?.into();
    vm.new_iter(IterState::Sequence { object, index: 0 })
}

fn list_append(vm: &mut Vm, args: &[Value]) -> Res {
    match args[0].get::<List>() {
        Some(list) => list.push(vm, args[1].clone())?,
        None => this(vm, &args[0])?.push(vm, args[1].clone())?,
    }
    Ok(Value::NONE)
}

fn list_clear(vm: &mut Vm, args: &[Value]) -> Res {
    let list = this(vm, &args[0])?;
    let old = core::mem::take(&mut *list.write(vm)?);
    drop(old);
    Ok(Value::NONE)
}

fn list_copy(vm: &mut Vm, args: &[Value]) -> Res {
    let list = this(vm, &args[0])?;
    let items = list.read(vm)?;
    let copy = HVec::from_iter(&vm.heap, items.iter().cloned())?;
    drop(items);
    made_list(vm, copy)
}

fn list_count(vm: &mut Vm, args: &[Value]) -> Res {
    let list = this(vm, &args[0])?;
    let (mut i, mut n) = (0, 0);
    while let Some(other) = list.at(i) {
        if other.is(&args[1]) || vm.equal(&other, &args[1])? {
            n += 1;
        }
        i += 1;
    }
    vm.new_int(n)
}

/// Appends the items of a row.
fn append_row(vm: &mut Vm, list: &Gc<List>, more: HVec<Value>) -> Res<()> {
    let mut items = list.write(vm)?;
    let end = items.len();
    items.splice(&vm.heap, end, end, more)?;
    Ok(())
}

fn list_extend(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let list = this(vm, &args[0])?;
    if let Some(more) = vm.known_items(&args[1])? {
        append_row(vm, &list, more)?;
        return Ok(Step::Done(Value::NONE));
    }
    vm.fold_step(
        &args[1],
        move |vm, item| {
            list.push(vm, item)?;
            Ok(None)
        },
        |_| Ok(Step::Done(Value::NONE)),
    )
}

fn list_index(vm: &mut Vm, args: &[Value]) -> Res {
    let list = this(vm, &args[0])?;
    let len = list.len();
    let start = clamped_bound(vm, args.get(2), 0, len)?;
    let stop = clamped_bound(vm, args.get(3), len, len)?;
    match position(vm, &list, &args[1], start, stop)? {
        Some(i) => vm.new_int(i as i64),
        None => Err(vm.value_error("object not in sequence")),
    }
}

fn list_insert(vm: &mut Vm, args: &[Value]) -> Res {
    let list = this(vm, &args[0])?;
    let i = clamped_bound(vm, Some(&args[1]), 0, list.len())?;
    let mut items = list.write(vm)?;
    items.insert(&vm.heap, i, args[2].clone())?;
    Ok(Value::NONE)
}

fn list_pop(vm: &mut Vm, args: &[Value]) -> Res {
    let list = this(vm, &args[0])?;
    let len = list.len();
    if len == 0 {
        return Err(vm.index_error("pop from empty list"));
    }
    let i = match args.get(1) {
        Some(i) => element_index(vm, i, len, "list")?,
        None => len - 1,
    };
    let item = list.write(vm)?.remove(i);
    match item {
        Some(item) => Ok(item),
        None => Err(vm.busy()),
    }
}

fn list_remove(vm: &mut Vm, args: &[Value]) -> Res {
    let list = this(vm, &args[0])?;
    match position(vm, &list, &args[1], 0, usize::MAX)? {
        Some(i) => {
            let old = list.write(vm)?.remove(i);
            drop(old);
            Ok(Value::NONE)
        }
        None => Err(vm.value_error("object not in sequence")),
    }
}

fn list_reverse(vm: &mut Vm, args: &[Value]) -> Res {
    let list = this(vm, &args[0])?;
    list.write(vm)?.reverse();
    Ok(Value::NONE)
}

fn list_sort(vm: &mut Vm, args: Args) -> Res<Step> {
    let list = this(vm, &args.pos[0])?;
    let rest = Args { pos: &args.pos[1..], kw: args.kw };
    let [key, reverse] =
        rest.parse(vm, &[Param::keyword("key", Value::NONE), Param::keyword("reverse", Value::FALSE)])?;
    let reverse = vm.truth(&reverse)?;
    // The list is empty while it is sorted, so that what keys and comparisons do to it does no harm.
    let items = list.to_vec(vm)?;
    let mut row = core::mem::take(&mut *list.write(vm)?);
    map_keys(vm, items, key, move |vm, items, keys| {
        let (items, result) = match keys {
            Ok(keys) => sort_values(vm, items, keys, reverse),
            Err(raised) => (items, Err(raised)),
        };
        for (place, item) in row.iter_mut().zip(items) {
            *place = item;
        }
        let meddled = core::mem::replace(&mut *list.write(vm)?, row);
        result?;
        if !meddled.is_empty() {
            return Err(vm.value_error("list modified during sort"));
        }
        Ok(Step::Done(Value::NONE))
    })
}

fn list_getitem_method(vm: &mut Vm, args: &[Value]) -> Res {
    list_get_item(vm, &args[0], &args[1])
}

fn list_setitem_method(vm: &mut Vm, args: &[Value]) -> Res {
    list_set_item(vm, &args[0], &args[1], Some(args[2].clone()))?;
    Ok(Value::NONE)
}

fn list_delitem_method(vm: &mut Vm, args: &[Value]) -> Res {
    list_set_item(vm, &args[0], &args[1], None)?;
    Ok(Value::NONE)
}

#[cfg(test)]
mod tests {
    use crate::collection::wrap_index;

    #[test]
    fn indices_wrap_once() {
        assert_eq!(wrap_index(0, 3), Some(0));
        assert_eq!(wrap_index(-3, 3), Some(0));
        assert_eq!(wrap_index(-4, 3), None);
        assert_eq!(wrap_index(3, 3), None);
        assert_eq!(wrap_index(i64::MIN, 3), None);
    }
}
