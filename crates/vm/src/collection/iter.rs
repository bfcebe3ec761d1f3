//! Iterators over built-in objects, and those built from other iterators.

use super::collect::next_quick;
use super::receiver::receiver;
use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_heap::{Gc, Rom, Value};

const ITER: TypeDef = TypeDef {
    attrs: &[method_steps!("__next__", 1, 1, next_method)],
    hash: Some(|_, v| Ok(crate::ops::address_hash(v))),
    iter: Some(iter_iter),
    next: Some(next),
    ..TypeDef::NEW
};

/// Iterators of built-in objects.
pub static ITERATOR: Rom<TypeDef> = Rom::new(TypeDef { name: "iterator", ..ITER });
/// `enumerate`
pub static ENUMERATE: Rom<TypeDef> = Rom::new(TypeDef { name: "enumerate", new: Some(enumerate_new), ..ITER });
/// `zip`
pub static ZIP: Rom<TypeDef> = Rom::new(TypeDef { name: "zip", new: Some(zip_new), ..ITER });
/// `map`
pub static MAP: Rom<TypeDef> = Rom::new(TypeDef { name: "map", new: Some(map_new), ..ITER });
/// `filter`
pub static FILTER: Rom<TypeDef> = Rom::new(TypeDef { name: "filter", new: Some(filter_new), ..ITER });
/// `reversed`
pub static REVERSED: Rom<TypeDef> = Rom::new(TypeDef { name: "reversed", new: Some(reversed_new), ..ITER });

/// The type of an iterator cell.
pub fn iterator_type(v: &Value) -> &'static Rom<TypeDef> {
    let Some(iter) = v.get::<Iter>() else { return &ITERATOR };
    let Ok(state) = iter.state.try_borrow() else { return &ITERATOR };
    match &*state {
        IterState::Enumerate { .. } => &ENUMERATE,
        IterState::Zip { .. } => &ZIP,
        IterState::Map { .. } => &MAP,
        IterState::Filter { .. } => &FILTER,
        IterState::Reversed { .. } => &REVERSED,
        _ => &ITERATOR,
    }
}

impl Vm {
    /// An iterator in this state.
    pub fn new_iter(&self, state: IterState) -> Res {
        Ok(self.heap.unlocked(|| self.heap.alloc(Iter { state: RefCell::new(state) }))?.into())
    }
}

impl Iter {
    /// Whether it asks `__getitem__` for one index after the other.
    pub(crate) fn is_by_index(&self) -> bool {
        self.state.try_borrow().is_ok_and(|s| matches!(&*s, IterState::GetItem { .. }))
    }
}

fn iter_iter(_: &mut Vm, v: &Value) -> Res {
    Ok(v.clone())
}

fn next(vm: &mut Vm, v: &Value) -> Res<Step> {
    let iter = receiver::<Iter>(vm, v, "iterator")?;
    iter_next(vm, &iter)
}

fn next_method(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let step = next(vm, &args[0]);
    vm.and_then(step, |vm, item| {
        let item = item?;
        if item.is_unbound() { Err(vm.raise_args(&exc::STOP_ITERATION, &[])) } else { Ok(Step::Done(item)) }
    })
}

// ---- making them ----

fn enumerate_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    let [iterable, start] = args.parse(vm, &[Param::required("iterable"), Param::optional("start", Value::int(0))])?;
    vm.index_of(&start)?;
    then_iter(vm, &iterable, move |vm, inner| vm.new_iter(IterState::Enumerate { inner, count: start }))
}

/// Makes the iterator of `iterable`, then an iterator around it.
fn then_iter(vm: &mut Vm, iterable: &Value, make: impl FnOnce(&mut Vm, Value) -> Res + 'static) -> Res<Step> {
    let step = vm.iter_step(iterable);
    vm.and_then(step, move |vm, inner| {
        let inner = inner?;
        Ok(Step::Done(make(vm, inner)?))
    })
}

fn iterators(vm: &mut Vm, iterables: &[Value]) -> Res {
    let mut inner = Vec::with_capacity(iterables.len());
    for iterable in iterables {
        inner.push(vm.iter(iterable)?);
    }
    vm.new_tuple(inner)
}

fn zip_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let inner = iterators(vm, args.pos)?;
    Ok(Step::Done(vm.new_iter(IterState::Zip { inner })?))
}

fn map_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let Some((function, iterables)) = args.pos.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Err(vm.type_error("map() needs a function and an iterable"));
    };
    let inner = iterators(vm, iterables)?;
    Ok(Step::Done(vm.new_iter(IterState::Map { function: function.clone(), inner })?))
}

fn filter_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let [function, iterable] = args.pos else {
        return Err(vm.type_error("filter() takes a function and an iterable"));
    };
    let function = function.clone();
    then_iter(vm, iterable, move |vm, inner| vm.new_iter(IterState::Filter { function, inner }))
}

fn reversed_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let [object] = args.pos else { return Err(vm.type_error("reversed() takes 1 argument")) };
    if let Some(method) = vm.special_method(object, "__reversed__")? {
        return Ok(Step::tail(method, vec![object.clone()]));
    }
    let mut object = object.clone();
    if vm.base_object(&object).get::<Dict>().is_some() {
        let keys = vm.collect(&object)?;
        object = vm.new_list(keys)?;
    } else if vm.base_object(&object).get::<Set>().is_some() {
        return Err(vm.type_error("'set' object is not reversible"));
    }
    let left = vm.len(&object)?;
    Ok(Step::Done(vm.new_iter(IterState::Reversed { object, left })?))
}

// ---- next ----

/// The next item where it takes no call and no allocation: `Some(None)` when the iterator is exhausted, `None`
/// when [`iter_next`] must be asked.
#[inline]
pub fn fast_next(vm: &Vm, iter: &Iter) -> Option<Option<Value>> {
    let mut state = iter.state.try_borrow_mut().ok()?;
    let item = match &mut *state {
        IterState::Range { next, left, step } => {
            if *left > 0 {
                let value = Value::small_int(*next)?;
                *left -= 1;
                *next = next.wrapping_add(*step);
                return Some(Some(value));
            }
            None
        }
        IterState::Sequence { object, index } => {
            let item = if let Some(list) = object.get::<List>() {
                list.items.try_borrow().ok()?.get(*index).cloned()
            } else if let Some((_, items)) = object.tail::<TupleHead>() {
                items.get(*index).cloned()
            } else if let Some(s) = object.as_str() {
                // Other characters than ASCII need a new object.
                match s.as_bytes().get(*index) {
                    Some(&b) => Some(vm.interner.known_ascii(b)?.clone()),
                    None => None,
                }
            } else if let Some(bytes) = object.as_bytes() {
                bytes.get(*index).map(|&b| Value::int(b as i32))
            } else if let Some(array) = object.get::<ByteArray>() {
                array.data.try_borrow().ok()?.get(*index).map(|&b| Value::int(b as i32))
            } else {
                return None;
            };
            *index += 1;
            item
        }
        IterState::Table { object, index, what } if *what < 2 => {
            next_entry(object, index)?.map(|(k, v)| if *what == 0 { k } else { v })
        }
        IterState::Done => None,
        _ => return None,
    };
    if item.is_none() {
        let old = core::mem::replace(&mut *state, IterState::Done);
        drop(state);
        drop(old);
    }
    Some(item)
}

/// The entry of a dict or set at or behind `index`, which moves behind it; the outer `None`: it is in use.
fn next_entry(object: &Value, index: &mut usize) -> Option<Option<(Value, Value)>> {
    let table = match (object.get::<Dict>(), object.get::<Set>()) {
        (Some(d), _) => &d.table,
        (_, Some(s)) => &s.table,
        _ => return Some(None),
    };
    let table = table.try_borrow().ok()?;
    while let Some(e) = table.entries().get(*index) {
        *index += 1;
        if !e.key.is_unbound() {
            return Some(Some((e.key.clone(), e.value.clone())));
        }
    }
    Some(None)
}

/// What a walk goes on with, copied out so that no borrow is held while something is called.
enum Turn {
    Item(Value),
    Finished,
    Pair(Value, Value),
    Large(i64),
    Char(Value, usize),
    Element(Value, usize),
    GetItem(Value, i64),
    Enumerate(Value, Value),
    Zip(Value),
    Map(Value, Value),
    Filter(Value, Value),
    Callable(Value, Value),
}

/// The next item of an iterator: done with unbound when it is exhausted.
pub fn iter_next(vm: &mut Vm, iter: &Gc<Iter>) -> Res<Step> {
    if let Some(item) = fast_next(vm, iter) {
        return Ok(Step::Done(item.unwrap_or(Value::UNBOUND)));
    }
    let turn = {
        let Ok(mut state) = iter.state.try_borrow_mut() else { return Err(vm.busy()) };
        match &mut *state {
            IterState::Done => Turn::Finished,
            IterState::Range { next, left, step } => {
                let value = *next;
                *left = left.saturating_sub(1);
                *next = next.wrapping_add(*step);
                Turn::Large(value)
            }
            IterState::Sequence { object, index } => {
                let at = *index;
                match object.as_str() {
                    Some(s) => match s.get(at..).and_then(|rest| rest.chars().next()) {
                        Some(c) => {
                            *index += c.len_utf8();
                            Turn::Char(object.clone(), at)
                        }
                        None => Turn::Finished,
                    },
                    None => {
                        *index += 1;
                        Turn::Element(object.clone(), at)
                    }
                }
            }
            IterState::Table { object, index, what } => match next_entry(object, index) {
                Some(Some((key, value))) => match *what {
                    0 => Turn::Item(key),
                    1 => Turn::Item(value),
                    _ => Turn::Pair(key, value),
                },
                Some(None) => Turn::Finished,
                None => return Err(vm.busy()),
            },
            IterState::GetItem { object, index } => {
                let i = *index;
                *index += 1;
                Turn::GetItem(object.clone(), i)
            }
            IterState::Reversed { object, left } => match left.checked_sub(1) {
                Some(i) => {
                    *left = i;
                    Turn::GetItem(object.clone(), i as i64)
                }
                None => Turn::Finished,
            },
            IterState::Enumerate { inner, count } => Turn::Enumerate(inner.clone(), count.clone()),
            IterState::Zip { inner } => Turn::Zip(inner.clone()),
            IterState::Map { function, inner } => Turn::Map(function.clone(), inner.clone()),
            IterState::Filter { function, inner } => Turn::Filter(function.clone(), inner.clone()),
            IterState::Callable { function, sentinel } => Turn::Callable(function.clone(), sentinel.clone()),
        }
    };
    // Iterators around iterators ask each other here, one Rust frame inside the other.
    vm.deeper(|vm| take_turn(vm, iter, turn))
}

fn take_turn(vm: &mut Vm, iter: &Gc<Iter>, turn: Turn) -> Res<Step> {
    match turn {
        Turn::Item(item) => Ok(Step::Done(item)),
        Turn::Finished => Ok(finished(iter)),
        Turn::Pair(key, value) => Ok(Step::Done(vm.new_tuple(vec![key, value])?)),
        Turn::Large(n) => Ok(Step::Done(vm.new_int(n)?)),
        Turn::Char(text, at) => {
            let rest = text.as_str().and_then(|s| s.get(at..)).unwrap_or("");
            let end = rest.chars().next().map_or(0, char::len_utf8);
            Ok(Step::Done(vm.char_str(&rest[..end])?))
        }
        Turn::Element(object, i) => {
            if i >= vm.len(&object)? {
                return Ok(finished(iter));
            }
            let at = vm.new_int(i as i64)?;
            Ok(Step::Done(vm.get_item(&object, &at)?))
        }
        Turn::GetItem(object, i) => next_by_index(vm, iter.clone(), &object, i),
        Turn::Enumerate(inner, count) => {
            let iter = iter.clone();
            let step = next_quick(vm, &inner);
            vm.and_then(step, move |vm, item| {
                let item = item?;
                if item.is_unbound() {
                    return Ok(EXHAUSTED);
                }
                let following = vm.binary(BinOp::Add, &count, &Value::int(1))?;
                if let Ok(mut state) = iter.state.try_borrow_mut()
                    && let IterState::Enumerate { count, .. } = &mut *state
                {
                    *count = following;
                }
                Ok(Step::Done(vm.new_tuple(vec![count, item])?))
            })
        }
        Turn::Zip(inner) => {
            if inner.as_gc::<Tuple>().is_none_or(|t| t.elements().is_empty()) {
                return Ok(EXHAUSTED);
            }
            next_of_all(vm, inner, Vec::new(), move |vm, items| match items {
                Some(items) => Ok(Step::Done(vm.new_tuple(items)?)),
                None => Ok(EXHAUSTED),
            })
        }
        Turn::Map(function, inner) => next_of_all(vm, inner, Vec::new(), move |vm, items| match items {
            Some(items) => call_step(vm, function, items),
            None => Ok(EXHAUSTED),
        }),
        Turn::Filter(function, inner) => next_filtered(vm, function, inner),
        Turn::Callable(function, sentinel) => {
            let iter = iter.clone();
            Ok(Step::call(function, Vec::new(), move |vm, item| {
                let item = item?;
                if vm.same_or_equal(&item, &sentinel)? { Ok(finished(&iter)) } else { Ok(Step::Done(item)) }
            }))
        }
    }
}

/// What iterators around others say when one of those is exhausted. They ask again when they are asked again.
const EXHAUSTED: Step = Step::Done(Value::UNBOUND);

/// Ends an iterator: it lets go of what it held.
fn finished(iter: &Gc<Iter>) -> Step {
    let old = iter.state.try_borrow_mut().map(|mut s| core::mem::replace(&mut *s, IterState::Done));
    drop(old);
    Step::Done(Value::UNBOUND)
}

/// A call: at once for functions written in Rust, else as a step.
fn call_step(vm: &mut Vm, function: Value, args: Vec<Value>) -> Res<Step> {
    if function.get::<NativeFn>().is_some() {
        vm.call(&function, &args).map(Step::Done)
    } else {
        Ok(Step::tail(function, args))
    }
}

/// `object[i]`, where IndexError ends the iteration.
fn next_by_index(vm: &mut Vm, iter: Gc<Iter>, object: &Value, i: i64) -> Res<Step> {
    let at = vm.new_int(i)?;
    let step = vm.get_item_step(object, &at);
    vm.and_then(step, move |vm, item| match item {
        Ok(item) => Ok(Step::Done(item)),
        Err(_) => {
            let e = vm.take_exception();
            if vm.is_exception(&e, &exc::INDEX_ERROR) || vm.is_exception(&e, &exc::STOP_ITERATION) {
                Ok(finished(&iter))
            } else {
                Err(vm.raise(e))
            }
        }
    })
}

/// One item of each of the iterators in the tuple `inner`, or `None` when one of them is exhausted.
fn next_of_all(
    vm: &mut Vm,
    inner: Value,
    mut items: Vec<Value>,
    then: impl FnOnce(&mut Vm, Option<Vec<Value>>) -> Res<Step> + 'static,
) -> Res<Step> {
    let Some(iterators) = inner.as_gc::<Tuple>().cloned() else { return then(vm, None) };
    while let Some(iterator) = iterators.elements().get(items.len()) {
        match next_quick(vm, iterator)? {
            Step::Done(item) if item.is_unbound() => return then(vm, None),
            Step::Done(item) => items.push(item),
            step => {
                return vm.and_then(Ok(step), move |vm, item| {
                    let item = item?;
                    if item.is_unbound() {
                        return then(vm, None);
                    }
                    items.push(item);
                    // Boxed: each iterator written in Python would else make a new type of continuation.
                    let then: alloc::boxed::Box<dyn FnOnce(&mut Vm, Option<Vec<Value>>) -> Res<Step>> =
                        alloc::boxed::Box::new(then);
                    next_of_all(vm, inner, items, then)
                });
            }
        }
    }
    then(vm, Some(items))
}

fn next_filtered(vm: &mut Vm, function: Value, inner: Value) -> Res<Step> {
    loop {
        match next_quick(vm, &inner)? {
            Step::Done(item) => {
                if item.is_unbound() {
                    return Ok(EXHAUSTED);
                }
                if function.is_none() {
                    if vm.truth(&item)? {
                        return Ok(Step::Done(item));
                    }
                } else if function.get::<NativeFn>().is_some() {
                    let verdict = vm.call(&function, core::slice::from_ref(&item))?;
                    if vm.truth(&verdict)? {
                        return Ok(Step::Done(item));
                    }
                } else {
                    return judge(function, inner, item);
                }
            }
            step => {
                return vm.and_then(Ok(step), move |vm, item| {
                    let item = item?;
                    if item.is_unbound() {
                        return Ok(EXHAUSTED);
                    }
                    if function.is_none() {
                        if vm.truth(&item)? { Ok(Step::Done(item)) } else { next_filtered(vm, function, inner) }
                    } else {
                        judge(function, inner, item)
                    }
                });
            }
        }
    }
}

/// Asks the filter's function about an item, and goes on to the next when it says no.
fn judge(function: Value, inner: Value, item: Value) -> Res<Step> {
    Ok(Step::call(function.clone(), vec![item.clone()], move |vm, verdict| {
        let verdict = verdict?;
        if vm.truth(&verdict)? { Ok(Step::Done(item)) } else { next_filtered(vm, function, inner) }
    }))
}
