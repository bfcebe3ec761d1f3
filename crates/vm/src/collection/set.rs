//! Sets and frozensets: operators. Their methods are in the file beside this one.

use super::print::print_items;
use super::receiver::receiver;
use super::set_methods::{FROZEN_METHODS, METHODS};
use crate::object::{Args, BinOp, CmpOp, IterState, Set, Step, Table, TypeDef, find, insert, remove};
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_heap::{Gc, Rom, Value};

const COMMON: TypeDef = TypeDef {
    print: Some(set_print),
    compare: Some(set_compare),
    binary: Some(set_binary),
    len: Some(set_len),
    contains: Some(set_contains),
    iter: Some(set_iter),
    ..TypeDef::NEW
};

/// `set`
pub static SET: Rom<TypeDef> = Rom::new(TypeDef {
    name: "set",
    attrs: METHODS,
    new: Some(|vm, _, args| new(vm, args, false)),
    inplace: Some(set_inplace),
    ..COMMON
});

/// `frozenset`
pub static FROZENSET: Rom<TypeDef> = Rom::new(TypeDef {
    name: "frozenset",
    attrs: FROZEN_METHODS,
    new: Some(|vm, _, args| new(vm, args, true)),
    hash: Some(frozen_hash),
    ..COMMON
});

/// A set receiver (of either type).
pub(super) fn this(vm: &mut Vm, v: &Value) -> Res<Gc<Set>> {
    receiver(vm, v, "set")
}

/// A set receiver that can be changed.
pub(super) fn this_mut(vm: &mut Vm, v: &Value) -> Res<Gc<Set>> {
    let set = this(vm, v)?;
    if set.frozen {
        return Err(vm.type_error("argument should be a 'set' not a 'frozenset'"));
    }
    Ok(set)
}

/// How two sets are combined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SetOp {
    Union,
    Intersection,
    Difference,
    SymmetricDifference,
}

impl SetOp {
    pub(super) fn of(op: BinOp) -> Option<SetOp> {
        Some(match op {
            BinOp::Or => SetOp::Union,
            BinOp::And => SetOp::Intersection,
            BinOp::Sub => SetOp::Difference,
            BinOp::Xor => SetOp::SymmetricDifference,
            _ => return None,
        })
    }
}

/// How two sets may stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Subset,
    Superset,
    ProperSubset,
    ProperSuperset,
}

impl Relation {
    pub(super) fn of(op: CmpOp) -> Relation {
        match op {
            CmpOp::Eq => Relation::Equal,
            CmpOp::Ne => Relation::Unequal,
            CmpOp::Le => Relation::Subset,
            CmpOp::Ge => Relation::Superset,
            CmpOp::Lt => Relation::ProperSubset,
            CmpOp::Gt => Relation::ProperSuperset,
        }
    }
}

impl Set {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.table.try_borrow().map_or(0, |t| t.len())
    }
    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Clones of the items.
    pub fn items(&self, vm: &mut Vm) -> Res<Vec<Value>> {
        Ok(self.entries(vm)?.into_iter().map(|(item, _)| item).collect())
    }
    /// Clones of the items, and their hashes.
    pub(super) fn entries(&self, vm: &mut Vm) -> Res<Vec<(Value, u32)>> {
        let Ok(table) = self.table.try_borrow() else { return Err(vm.busy()) };
        let mut entries = Vec::new();
        entries.try_reserve_exact(table.len()).map_err(|_| Raised)?;
        entries.extend(table.iter().map(|e| (e.key.clone(), e.hash)));
        Ok(entries)
    }
    /// Adds an item.
    pub fn add(&self, vm: &mut Vm, item: Value) -> Res<bool> {
        insert(vm, &self.table, item, Value::NONE)
    }
    /// Whether the item with this hash is there.
    pub(super) fn has(&self, vm: &mut Vm, item: &Value, hash: u32) -> Res<bool> {
        Ok(find(vm, &self.table, item, hash)?.is_some())
    }
    /// Adds an item whose hash is known.
    pub(super) fn add_hashed(&self, vm: &mut Vm, item: Value, hash: u32) -> Res<()> {
        if find(vm, &self.table, &item, hash)?.is_none() {
            let Ok(mut table) = self.table.try_borrow_mut() else { return Err(vm.busy()) };
            table.insert_new(&vm.heap, item, Value::NONE, hash)?;
        }
        Ok(())
    }
    /// Removes an item; whether it was there.
    pub fn discard(&self, vm: &mut Vm, item: &Value) -> Res<bool> {
        Ok(remove(vm, &self.table, item)?.is_some())
    }
    pub(super) fn copy(&self, vm: &mut Vm, frozen: bool) -> Res<Gc<Set>> {
        let Ok(table) = self.table.try_borrow() else { return Err(vm.busy()) };
        let copy = table.copy(&vm.heap)?;
        Ok(Set::make(&vm.heap, copy, frozen)?)
    }
}

pub(super) fn set_of_items(vm: &mut Vm, items: &[Value], frozen: bool) -> Res<Gc<Set>> {
    let set = Set::make(&vm.heap, Table::new(), frozen)?;
    for item in items {
        set.add(vm, item.clone())?;
    }
    Ok(set)
}

/// Makes a set of the items of an iterable, then goes on.
pub(super) fn then_set(
    vm: &mut Vm,
    iterable: &Value,
    frozen: bool,
    then: impl FnOnce(&mut Vm, Gc<Set>) -> Res<Step> + 'static,
) -> Res<Step> {
    if let Some(other) = iterable.get::<Set>() {
        let copy = other.copy(vm, frozen)?;
        return then(vm, copy);
    }
    let set = Set::make(&vm.heap, Table::new(), frozen)?;
    let into = set.clone();
    vm.fold_step(
        iterable,
        move |vm, item| {
            into.add(vm, item)?;
            Ok(None)
        },
        move |vm| then(vm, set),
    )
}

fn new(vm: &mut Vm, args: Args, frozen: bool) -> Res<Step> {
    args.no_keywords(vm)?;
    match args.pos {
        [] => Ok(Step::Done(Set::make(&vm.heap, Table::new(), frozen)?.into())),
        [same] if frozen && same.get::<Set>().is_some_and(|s| s.frozen) => Ok(Step::Done(same.clone())),
        [iterable] => then_set(vm, iterable, frozen, |_, set| Ok(Step::Done(set.into()))),
        _ => Err(vm.type_error("set() takes at most 1 argument")),
    }
}

/// The combination of two sets as a new one.
pub(super) fn combined(vm: &mut Vm, op: SetOp, a: &Gc<Set>, b: &Gc<Set>, frozen: bool) -> Res<Gc<Set>> {
    if op == SetOp::Union {
        let union = a.copy(vm, frozen)?;
        for (item, hash) in b.entries(vm)? {
            union.add_hashed(vm, item, hash)?;
        }
        return Ok(union);
    }
    let made = Set::make(&vm.heap, Table::new(), frozen)?;
    for (item, hash) in a.entries(vm)? {
        if b.has(vm, &item, hash)? == (op == SetOp::Intersection) {
            made.add_hashed(vm, item, hash)?;
        }
    }
    if op == SetOp::SymmetricDifference {
        for (item, hash) in b.entries(vm)? {
            if !a.has(vm, &item, hash)? {
                made.add_hashed(vm, item, hash)?;
            }
        }
    }
    Ok(made)
}

/// Puts the items of `from`, which nobody else holds, into `set` in place of its own.
pub(super) fn replace(vm: &mut Vm, set: &Gc<Set>, from: &Gc<Set>) -> Res<()> {
    let Ok(mut source) = from.table.try_borrow_mut() else { return Err(vm.busy()) };
    let table = source.take(&vm.heap);
    drop(source);
    let Ok(mut place) = set.table.try_borrow_mut() else { return Err(vm.busy()) };
    let old = core::mem::replace(&mut *place, table);
    drop(place);
    drop(old);
    Ok(())
}

pub(super) fn relation(vm: &mut Vm, relation: Relation, a: &Gc<Set>, b: &Gc<Set>) -> Res<bool> {
    let (n, m) = (a.len(), b.len());
    let (small, large) = match relation {
        Relation::Equal if n != m => return Ok(false),
        Relation::Unequal if n != m => return Ok(true),
        Relation::ProperSubset if n >= m => return Ok(false),
        Relation::ProperSuperset if n <= m => return Ok(false),
        Relation::Superset | Relation::ProperSuperset => (b, a),
        _ => (a, b),
    };
    for (item, hash) in small.entries(vm)? {
        if !large.has(vm, &item, hash)? {
            return Ok(relation == Relation::Unequal);
        }
    }
    Ok(relation != Relation::Unequal)
}

fn set_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let set = this(vm, v)?;
    let items = set.items(vm)?;
    match (set.frozen, items.is_empty()) {
        (true, true) => out.push_str("frozenset()"),
        (false, true) => out.push_str("set()"),
        (frozen, false) => {
            out.push_str(if frozen { "frozenset({" } else { "{" });
            print_items(vm, &items, out)?;
            out.push_str(if frozen { "})" } else { "}" });
        }
    }
    Ok(())
}

fn set_compare(vm: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let (Some(a), Some(b)) = (a.as_gc::<Set>().cloned(), b.as_gc::<Set>().cloned()) else { return Ok(None) };
    relation(vm, Relation::of(op), &a, &b).map(Some)
}

fn set_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let Some(op) = SetOp::of(op) else { return Ok(None) };
    let (a, Ok(b)) = (this(vm, a)?, vm.base_object(b).into_gc::<Set>()) else { return Ok(None) };
    Ok(Some(combined(vm, op, &a, &b, a.frozen)?.into()))
}

fn set_inplace(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let Some(op) = SetOp::of(op) else { return Ok(None) };
    let (set, Ok(b)) = (this_mut(vm, a)?, vm.base_object(b).into_gc::<Set>()) else { return Ok(None) };
    let made = combined(vm, op, &set, &b, false)?;
    replace(vm, &set, &made)?;
    Ok(Some(a.clone()))
}

/// Equal frozensets hash equal whatever order their items are in.
fn frozen_hash(vm: &mut Vm, v: &Value) -> Res<u32> {
    let set = this(vm, v)?;
    let mut h: u32 = 0x3C6E_F372 ^ set.len() as u32;
    for (_, hash) in set.entries(vm)? {
        h = h.wrapping_add((hash ^ hash >> 15).wrapping_mul(0x2C1B_3C6D));
    }
    Ok(h)
}

fn set_len(vm: &mut Vm, v: &Value) -> Res<usize> {
    Ok(this(vm, v)?.len())
}

pub(super) fn set_contains(vm: &mut Vm, v: &Value, item: &Value) -> Res<bool> {
    let set = this(vm, v)?;
    let hash = vm.hash(item)?;
    set.has(vm, item, hash)
}

fn set_iter(vm: &mut Vm, v: &Value) -> Res {
    let object: Value = this(vm, v)?.into();
    vm.new_iter(IterState::Table { object, index: 0, what: 0 })
}
