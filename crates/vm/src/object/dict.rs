//! Dicts, sets, and views of dicts.

use super::str::StrValue;
use super::table::{Probe, Table};
use crate::kinds::Trace;
use crate::vm::{Raised, Res, Vm};
use core::cell::{Cell, RefCell};
use snakeye_heap::{Gc, Heap, OutOfMemory, Value};

/// A dict.
pub struct Dict {
    /// Entries. Never borrowed across code that may run Python.
    pub table: RefCell<Table>,
    /// Whether it is a `collections.OrderedDict`.
    pub ordered: Cell<bool>,
}

/// A set.
pub struct Set {
    /// Entries; the values are None.
    pub table: RefCell<Table>,
    /// Whether it is a frozenset.
    pub frozen: bool,
}

/// Which part of a dict a view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// Keys.
    Keys,
    /// Values.
    Values,
    /// (key, value) tuples.
    Items,
}

/// `dict.keys()`, `.values()`, `.items()`.
pub struct DictView {
    /// The dict.
    pub dict: Gc<Dict>,
    /// What is shown.
    pub what: ViewKind,
}

fn trace_table(table: &RefCell<Table>, visit: &mut dyn FnMut(&Value)) {
    if let Ok(t) = table.try_borrow() {
        for e in t.entries() {
            visit(&e.key);
            visit(&e.value);
        }
    }
}

fn clear_table(table: &RefCell<Table>) {
    let old = table.try_borrow_mut().map(|mut t| core::mem::take(&mut *t));
    drop(old);
}

impl Trace for Dict {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        trace_table(&self.table, visit);
    }
    fn clear(&self) {
        clear_table(&self.table);
    }
}
impl Trace for Set {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        trace_table(&self.table, visit);
    }
    fn clear(&self) {
        clear_table(&self.table);
    }
}
impl Trace for DictView {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.dict.value());
    }
}

/// Finds `key` in a table, asking `==` where that is needed.
pub fn find(vm: &mut Vm, table: &RefCell<Table>, key: &Value, hash: u32) -> Res<Option<usize>> {
    loop {
        let (candidates, version) = {
            let Ok(t) = table.try_borrow() else { return Err(vm.busy()) };
            match t.probe(key, hash) {
                Probe::Found(i) => return Ok(Some(i)),
                Probe::Missing => return Ok(None),
                Probe::Ask(candidates) => (candidates, t.version()),
            }
        };
        let unchanged = |t: &RefCell<Table>| t.try_borrow().is_ok_and(|t| t.version() == version);
        let mut again = false;
        for (i, other) in candidates {
            let same = vm.equal(&other, key)?;
            if !unchanged(table) {
                again = true;
                break;
            }
            if same {
                return Ok(Some(i));
            }
        }
        if !again {
            return Ok(None);
        }
    }
}

/// Puts `value` under `key`; returns whether the key is new.
pub fn insert(vm: &mut Vm, table: &RefCell<Table>, key: Value, value: Value) -> Res<bool> {
    let hash = vm.hash(&key)?;
    let at = find(vm, table, &key, hash)?;
    let Ok(mut t) = table.try_borrow_mut() else { return Err(vm.busy()) };
    match at {
        Some(i) => {
            let old = t.replace_at(i, value);
            drop(t);
            drop(old);
            Ok(false)
        }
        None => {
            t.insert_new(&vm.heap, key, value, hash)?;
            Ok(true)
        }
    }
}

/// Removes `key` and returns its value.
pub fn remove(vm: &mut Vm, table: &RefCell<Table>, key: &Value) -> Res<Option<Value>> {
    let hash = vm.hash(key)?;
    let Some(i) = find(vm, table, key, hash)? else { return Ok(None) };
    let Ok(mut t) = table.try_borrow_mut() else { return Err(vm.busy()) };
    let (key, value) = t.remove_at(&vm.heap, i);
    drop(t);
    drop(key);
    Ok(Some(value))
}

impl Dict {
    /// A dict with these entries.
    pub fn make(heap: &Heap, table: Table) -> Result<Gc<Dict>, OutOfMemory> {
        heap.alloc(Dict { table: RefCell::new(table), ordered: Cell::new(false) })
    }

    /// The value under `key`; TypeError when the key cannot be hashed.
    pub fn get(&self, vm: &mut Vm, key: &Value) -> Res<Option<Value>> {
        let hash = vm.hash(key)?;
        let Some(i) = find(vm, &self.table, key, hash)? else { return Ok(None) };
        match self.table.try_borrow() {
            Ok(t) => Ok(t.value_at(i).cloned()),
            Err(_) => Err(vm.busy()),
        }
    }

    /// The value under a small integer or a string; `None` when it is not found that quickly.
    #[inline]
    pub fn get_quick(&self, key: &Value) -> Option<Value> {
        let hash = match key.as_small_int() {
            Some(n) => crate::number::hash_int(n),
            None => key.as_str().map(|_| key.str_hash())?,
        };
        let t = self.table.try_borrow().ok()?;
        t.value_at(t.probe_quick(key, hash)?).cloned()
    }

    /// Puts a value.
    pub fn set(&self, vm: &mut Vm, key: Value, value: Value) -> Res<()> {
        insert(vm, &self.table, key, value).map(drop)
    }

    /// Removes a key.
    pub fn remove(&self, vm: &mut Vm, key: &Value) -> Res<Option<Value>> {
        remove(vm, &self.table, key)
    }

    /// The value under an interned name.
    #[inline]
    pub fn get_name(&self, name: &Value) -> Option<Value> {
        let t = self.table.try_borrow().ok()?;
        t.value_at(t.find_name(name)?).cloned()
    }

    /// Puts a value under an interned name.
    pub fn set_name(&self, heap: &Heap, name: &Value, value: Value) -> Result<(), Raised> {
        let mut t = self.table.try_borrow_mut().map_err(|_| Raised)?;
        match t.find_name(name) {
            Some(i) => {
                let old = t.replace_at(i, value);
                drop(t);
                drop(old);
            }
            None => t.insert_new(heap, name.clone(), value, name.str_hash())?,
        }
        Ok(())
    }

    /// Removes an interned name; returns its value.
    pub fn remove_name(&self, heap: &Heap, name: &Value) -> Option<Value> {
        let mut t = self.table.try_borrow_mut().ok()?;
        let i = t.find_name(name)?;
        let (_, value) = t.remove_at(heap, i);
        drop(t);
        Some(value)
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.table.try_borrow().map_or(0, |t| t.len())
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Set {
    /// A set or frozenset with these entries.
    pub fn make(heap: &Heap, table: Table, frozen: bool) -> Result<Gc<Set>, OutOfMemory> {
        heap.alloc(Set { table: RefCell::new(table), frozen })
    }
}
