//! Methods of sets and frozensets. Those that take iterables walk them as steps.

use super::dict::empty;
use super::set::{Relation, SetOp, combined, relation, replace, set_contains, then_set, this, this_mut};
use crate::object::{Entry, Set, Step};
use crate::vm::{Res, Vm};
use alloc::vec::Vec;
use snakeye_heap::{Gc, Value};

/// Methods of sets.
pub(super) const METHODS: &[(&str, Entry)] = &[
    method!("add", 2, 2, add),
    method!("clear", 1, 1, clear),
    method!("copy", 1, 1, copy),
    method!("discard", 2, 2, discard),
    method_steps!("difference", 1, 255, difference),
    method_steps!("difference_update", 1, 255, difference_update),
    method_steps!("intersection", 1, 255, intersection),
    method_steps!("intersection_update", 1, 255, intersection_update),
    method_steps!("isdisjoint", 2, 2, isdisjoint),
    method_steps!("issubset", 2, 2, issubset),
    method_steps!("issuperset", 2, 2, issuperset),
    method!("pop", 1, 1, pop),
    method!("remove", 2, 2, remove),
    method_steps!("symmetric_difference", 2, 2, symmetric_difference),
    method_steps!("symmetric_difference_update", 2, 2, symmetric_difference_update),
    method_steps!("union", 1, 255, union),
    method_steps!("update", 1, 255, update),
    method!("__contains__", 2, 2, contains),
];

/// Methods of frozensets.
pub(super) const FROZEN_METHODS: &[(&str, Entry)] = &[
    method!("copy", 1, 1, copy),
    method_steps!("difference", 1, 255, difference),
    method_steps!("intersection", 1, 255, intersection),
    method_steps!("isdisjoint", 2, 2, isdisjoint),
    method_steps!("issubset", 2, 2, issubset),
    method_steps!("issuperset", 2, 2, issuperset),
    method_steps!("symmetric_difference", 2, 2, symmetric_difference),
    method_steps!("union", 1, 255, union),
    method!("__contains__", 2, 2, contains),
];

fn add(vm: &mut Vm, args: &[Value]) -> Res {
    this_mut(vm, &args[0])?.add(vm, args[1].clone())?;
    Ok(Value::NONE)
}

fn clear(vm: &mut Vm, args: &[Value]) -> Res {
    let set = this_mut(vm, &args[0])?;
    empty(vm, &set.table)?;
    Ok(Value::NONE)
}

fn copy(vm: &mut Vm, args: &[Value]) -> Res {
    let set = this(vm, &args[0])?;
    if set.frozen {
        return Ok(set.into());
    }
    Ok(set.copy(vm, false)?.into())
}

fn discard(vm: &mut Vm, args: &[Value]) -> Res {
    this_mut(vm, &args[0])?.discard(vm, &args[1])?;
    Ok(Value::NONE)
}

fn remove(vm: &mut Vm, args: &[Value]) -> Res {
    match this_mut(vm, &args[0])?.discard(vm, &args[1])? {
        true => Ok(Value::NONE),
        false => Err(vm.key_error(&args[1])),
    }
}

/// Takes the oldest item out. Removed entries in front are cleared away now and then, so that emptying a large
/// set this way does not pass them again and again.
fn pop_first(vm: &mut Vm, set: &Gc<Set>) -> Res<Option<(Value, Value)>> {
    const CLEAR_AT: usize = 256;
    let Ok(mut table) = set.table.try_borrow_mut() else { return Err(vm.busy()) };
    let Some(i) = table.entries().iter().position(|e| !e.key.is_unbound()) else { return Ok(None) };
    let taken = table.remove_at(&vm.heap, i);
    // Without room for a tidy copy the set just stays as it is.
    if i >= CLEAR_AT
        && let Ok(tidy) = table.copy(&vm.heap)
    {
        *table = tidy;
    }
    Ok(Some(taken))
}

fn pop(vm: &mut Vm, args: &[Value]) -> Res {
    let set = this_mut(vm, &args[0])?;
    match pop_first(vm, &set)? {
        Some((item, _)) => Ok(item),
        None => Err(vm.raise_new(&crate::exceptions::KEY_ERROR, "pop from an empty set")),
    }
}

fn contains(vm: &mut Vm, args: &[Value]) -> Res {
    set_contains(vm, &args[0], &args[1]).map(Value::bool)
}

/// Combines a set with one iterable after the other, then hands the result on.
fn combine_all(
    vm: &mut Vm,
    op: SetOp,
    set: Gc<Set>,
    mut others: Vec<Value>,
    then: alloc::boxed::Box<dyn FnOnce(&mut Vm, Gc<Set>) -> Res<Step>>,
) -> Res<Step> {
    let Some(other) = others.pop() else { return then(vm, set) };
    then_set(vm, &other, false, move |vm, other| {
        let made = combined(vm, op, &set, &other, set.frozen)?;
        combine_all(vm, op, made, others, then)
    })
}

fn combination(vm: &mut Vm, args: &[Value], op: SetOp) -> Res<Step> {
    let set = this(vm, &args[0])?;
    let copy = set.copy(vm, set.frozen)?;
    let others = args[1..].iter().rev().cloned().collect();
    combine_all(vm, op, copy, others, alloc::boxed::Box::new(|_, set| Ok(Step::Done(set.into()))))
}

fn combine_in_place(vm: &mut Vm, args: &[Value], op: SetOp) -> Res<Step> {
    let set = this_mut(vm, &args[0])?;
    let copy = set.copy(vm, false)?;
    let others = args[1..].iter().rev().cloned().collect();
    let then = move |vm: &mut Vm, made: Gc<Set>| {
        replace(vm, &set, &made)?;
        Ok(Step::Done(Value::NONE))
    };
    combine_all(vm, op, copy, others, alloc::boxed::Box::new(then))
}

fn difference(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    combination(vm, args, SetOp::Difference)
}

fn difference_update(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    combine_in_place(vm, args, SetOp::Difference)
}

fn intersection(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    combination(vm, args, SetOp::Intersection)
}

fn intersection_update(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    combine_in_place(vm, args, SetOp::Intersection)
}

fn symmetric_difference(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    combination(vm, args, SetOp::SymmetricDifference)
}

fn symmetric_difference_update(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    combine_in_place(vm, args, SetOp::SymmetricDifference)
}

fn union(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    combination(vm, args, SetOp::Union)
}

/// Adds item by item: what was there before an iterable raises stays.
fn update(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let set = this_mut(vm, &args[0])?;
    let others: Vec<Value> = args[1..].iter().rev().cloned().collect();
    update_all(vm, set, others)
}

fn update_all(vm: &mut Vm, set: Gc<Set>, mut others: Vec<Value>) -> Res<Step> {
    let Some(other) = others.pop() else { return Ok(Step::Done(Value::NONE)) };
    if other.get::<Set>().is_some() {
        // A copy: the other may be this set.
        return then_set(vm, &other, false, move |vm, other| {
            for (item, hash) in other.entries(vm)? {
                set.add_hashed(vm, item, hash)?;
            }
            update_all(vm, set, others)
        });
    }
    let into = set.clone();
    vm.fold_step(
        &other,
        move |vm, item| {
            into.add(vm, item)?;
            Ok(None)
        },
        move |vm| update_all(vm, set, others),
    )
}

fn ask(vm: &mut Vm, args: &[Value], question: Relation) -> Res<Step> {
    let set = this(vm, &args[0])?;
    then_set(vm, &args[1], false, move |vm, other| Ok(Step::Done(Value::bool(relation(vm, question, &set, &other)?))))
}

fn issubset(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    ask(vm, args, Relation::Subset)
}

fn issuperset(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    ask(vm, args, Relation::Superset)
}

fn isdisjoint(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let set = this(vm, &args[0])?;
    vm.fold_step(
        &args[1],
        move |vm, item| {
            let hash = vm.hash(&item)?;
            Ok(if set.has(vm, &item, hash)? { Some(Value::FALSE) } else { None })
        },
        |_| Ok(Step::Done(Value::TRUE)),
    )
}
