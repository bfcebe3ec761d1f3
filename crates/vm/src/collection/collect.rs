//! Walking through an iterable from native code.
//!
//! The `_step` forms drive iterators written in Python as steps of the native that asks; the others nest a run
//! loop when such an iterator turns up.

use super::iter::fast_next;
use crate::object::{Dict, Generator, Iter, List, Range, Set, Step, Tuple, Walk};
use crate::vm::{Raised, Res, Vm};
use alloc::boxed::Box;
use alloc::vec::Vec;
use snakeye_heap::{HVec, Value};

/// A list of the items of a row.
pub(super) fn made_list(vm: &Vm, items: HVec<Value>) -> Res {
    Ok(List::make(&vm.heap, items)?.into())
}

/// Moves a row's items into a vector.
pub(super) fn row_to_vec(mut row: HVec<Value>) -> Res<Vec<Value>> {
    let mut items = Vec::new();
    items.try_reserve_exact(row.len()).map_err(|_| Raised)?;
    items.extend(row.iter_mut().map(|v| core::mem::replace(v, Value::NONE)));
    Ok(items)
}

type RowThen = Box<dyn FnOnce(&mut Vm, HVec<Value>) -> Res<Step>>;

struct Collecting {
    row: HVec<Value>,
    then: RowThen,
}

impl Walk for Collecting {
    fn item(&mut self, vm: &mut Vm, item: Value) -> Res<Option<Value>> {
        self.row.push(&vm.heap, item)?;
        Ok(None)
    }
    fn end(self: Box<Self>, vm: &mut Vm) -> Res<Step> {
        (self.then)(vm, self.row)
    }
}

/// The next item, taking the short way for the iterators of built-in types.
pub(super) fn next_quick(vm: &mut Vm, iterator: &Value) -> Res<Step> {
    if let Some(iter) = iterator.get::<Iter>()
        && let Some(item) = fast_next(vm, iter)
    {
        return Ok(Step::Done(item.unwrap_or(Value::UNBOUND)));
    }
    vm.next_step(iterator)
}

/// Gives every further item of the iterator to the walk.
fn walk_step(vm: &mut Vm, iterator: Value, mut walk: Box<dyn Walk>) -> Res<Step> {
    if iterator.get::<Generator>().is_some() {
        return Ok(Step::Walk(iterator, walk));
    }
    loop {
        let item = match next_quick(vm, &iterator)? {
            Step::Done(item) => item,
            step => {
                return vm.and_then(Ok(step), move |vm, item| {
                    let item = item?;
                    if item.is_unbound() {
                        return walk.end(vm);
                    }
                    match walk.item(vm, item)? {
                        Some(result) => Ok(Step::Done(result)),
                        None => walk_step(vm, iterator, walk),
                    }
                });
            }
        };
        if item.is_unbound() {
            return walk.end(vm);
        }
        if let Some(result) = walk.item(vm, item)? {
            return Ok(Step::Done(result));
        }
    }
}

type FoldEach = Box<dyn FnMut(&mut Vm, Value) -> Res<Option<Value>>>;
type FoldEnd = Box<dyn FnOnce(&mut Vm) -> Res<Step>>;

struct Folding {
    each: FoldEach,
    end: FoldEnd,
}

impl Walk for Folding {
    fn item(&mut self, vm: &mut Vm, item: Value) -> Res<Option<Value>> {
        (self.each)(vm, item)
    }
    fn end(self: Box<Self>, vm: &mut Vm) -> Res<Step> {
        (self.end)(vm)
    }
}

impl Vm {
    /// The items of a list or tuple, or those of a dict's, set's or range's walk: no Python code can be
    /// involved. `None`: another iterable.
    pub(super) fn known_items(&mut self, iterable: &Value) -> Res<Option<HVec<Value>>> {
        let heap = &self.heap;
        if let Some(list) = iterable.get::<List>() {
            let Ok(items) = list.items.try_borrow() else { return Err(self.busy()) };
            return Ok(Some(HVec::from_iter(heap, items.iter().cloned())?));
        }
        if let Some(tuple) = iterable.as_gc::<Tuple>() {
            return Ok(Some(HVec::from_iter(heap, tuple.elements().iter().cloned())?));
        }
        let table = match (iterable.get::<Dict>(), iterable.get::<Set>()) {
            (Some(d), _) => &d.table,
            (_, Some(s)) => &s.table,
            _ => {
                let Some(range) = iterable.get::<Range>().copied() else { return Ok(None) };
                let mut row = HVec::with_capacity(heap, range.len())?;
                let mut next = range.start;
                for _ in 0..range.len() {
                    row.push(heap, self.new_int(next)?)?;
                    next = next.wrapping_add(range.step);
                }
                return Ok(Some(row));
            }
        };
        let Ok(table) = table.try_borrow() else { return Err(self.busy()) };
        let mut row = HVec::with_capacity(heap, table.len())?;
        for e in table.iter() {
            row.push(heap, e.key.clone())?;
        }
        Ok(Some(row))
    }

    /// Collects the items into a row of the heap, then goes on.
    pub(crate) fn collect_row(
        &mut self,
        iterable: &Value,
        then: impl FnOnce(&mut Vm, HVec<Value>) -> Res<Step> + 'static,
    ) -> Res<Step> {
        if let Some(row) = self.known_items(iterable)? {
            return then(self, row);
        }
        let iterator = self.iter(iterable)?;
        walk_step(self, iterator, Box::new(Collecting { row: HVec::new(), then: Box::new(then) }))
    }

    /// All items of an iterable. An iterator written in Python nests a run loop; natives that can should use
    /// [`Vm::collect_step`].
    pub fn collect(&mut self, iterable: &Value) -> Res<Vec<Value>> {
        if let Some(row) = self.known_items(iterable)? {
            return row_to_vec(row);
        }
        let step = self.collect_row(iterable, |vm, row| Ok(Step::Done(made_list(vm, row)?)))?;
        let made = self.complete(step)?;
        match made.get::<List>() {
            Some(list) => {
                let row = core::mem::take(&mut *list.write(self)?);
                row_to_vec(row)
            }
            None => Err(self.type_error("object not iterable")),
        }
    }

    /// Collects all items of an iterable, then goes on with `then`.
    pub fn collect_step(
        &mut self,
        iterable: &Value,
        then: impl FnOnce(&mut Vm, Vec<Value>) -> Res<Step> + 'static,
    ) -> Res<Step> {
        self.collect_row(iterable, move |vm, row| then(vm, row_to_vec(row)?))
    }

    /// Calls `each` with every item of an iterable until it returns a value, which is then the result; when the
    /// items are exhausted, goes on with `end`.
    pub fn fold_step(
        &mut self,
        iterable: &Value,
        each: impl FnMut(&mut Vm, Value) -> Res<Option<Value>> + 'static,
        end: impl FnOnce(&mut Vm) -> Res<Step> + 'static,
    ) -> Res<Step> {
        let iterator = self.iter(iterable)?;
        walk_step(self, iterator, Box::new(Folding { each: Box::new(each), end: Box::new(end) }))
    }
}
