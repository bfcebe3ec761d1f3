//! `collections.deque`: a double-ended queue with a greatest length.

use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_vm::collection::element_index;
use snakeye_vm::exceptions::INDEX_ERROR;
use snakeye_vm::object::{Args, Entry, IterState, NativeObject, NativeValue, Param, Slice, Step, TypeDef};
use snakeye_vm::{HVec, Res, Rom, Value, Vm, method, method_steps};

/// `deque(iterable, maxlen, flags)`. With bit 0 of the flags set, a full queue raises IndexError; else its other
/// end gives way.
pub static DEQUE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "deque",
    attrs: &[
        method!("append", 2, 2, append),
        method!("appendleft", 2, 2, append_left),
        method!("clear", 1, 1, clear),
        method_steps!("extend", 2, 2, extend),
        method!("pop", 1, 1, pop),
        method!("popleft", 1, 1, pop_left),
        ("maxlen", Entry::Get(maxlen)),
    ],
    new: Some(new),
    len: Some(|vm, v| with(vm, v, |d| d.row.borrow().len)),
    get_item: Some(get_item),
    set_item: Some(set_item),
    iter: Some(|vm, v| vm.new_iter(IterState::Sequence { object: v.clone(), index: 0 })),
    ..TypeDef::NEW
});

struct Deque {
    row: RefCell<Ring>,
    limit: usize,
    strict: bool,
}

/// A ring in a buffer that grows up to the limit. Unused places hold None.
#[derive(Default)]
struct Ring {
    places: HVec<Value>,
    first: usize,
    len: usize,
}

impl Ring {
    fn at(&self, i: usize) -> usize {
        (self.first + i) % self.places.len().max(1)
    }
    fn get(&self, i: usize) -> Option<Value> {
        if i < self.len { self.places.get(self.at(i)).cloned() } else { None }
    }
    fn put(&mut self, i: usize, value: Value) -> Value {
        let at = self.at(i);
        match self.places.get_mut(at) {
            Some(place) => core::mem::replace(place, value),
            None => value,
        }
    }
    fn take_first(&mut self) -> Option<Value> {
        if self.len == 0 {
            return None;
        }
        let value = self.put(0, Value::NONE);
        self.first = self.at(1);
        self.len -= 1;
        Some(value)
    }
    fn take_last(&mut self) -> Option<Value> {
        self.len = self.len.checked_sub(1)?;
        Some(self.put(self.len, Value::NONE))
    }
}

impl NativeObject for Deque {
    fn class(&self) -> &'static Rom<TypeDef> {
        &DEQUE
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Ok(ring) = self.row.try_borrow() {
            ring.places.iter().for_each(visit);
        }
    }
    fn clear(&self) {
        let old = self.row.try_borrow_mut().map(|mut ring| core::mem::take(&mut *ring));
        drop(old);
    }
}

/// Runs `f` on the deque that `v` is or derives from. No Python code runs inside, so its row is free.
fn with<R>(vm: &mut Vm, v: &Value, f: impl FnOnce(&Deque) -> R) -> Res<R> {
    let base = vm.base_object(v);
    match base.native::<Deque>() {
        Some(d) => Ok(f(d)),
        None => {
            let other = vm.type_name(v);
            Err(vm.type_error_fmt(format_args!("argument should be a 'deque' not a '{other}'")))
        }
    }
}

fn new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    let [iterable, limit, flags] = args.parse(
        vm,
        &[Param::required("iterable"), Param::required("maxlen"), Param::optional("flags", Value::int(0))],
    )?;
    let limit = vm.index_of(&limit)?;
    let Ok(limit) = usize::try_from(limit) else { return Err(vm.value_error("maxlen should not be negative")) };
    let strict = vm.index_of(&flags)? & 1 != 0;
    let deque = vm.new_native(Deque { row: RefCell::default(), limit, strict })?;
    fill(vm, deque.clone(), &iterable, deque)
}

/// Appends the items of an iterable; the result is `result`.
fn fill(vm: &mut Vm, deque: Value, iterable: &Value, result: Value) -> Res<Step> {
    vm.fold_step(
        iterable,
        move |vm, item| {
            insert(vm, &deque, item, true)?;
            Ok(None)
        },
        move |_| Ok(Step::Done(result)),
    )
}

/// Adds an item behind the last or before the first.
fn insert(vm: &mut Vm, v: &Value, item: Value, last: bool) -> Res<()> {
    let base = vm.base_object(v);
    let Some(deque) = base.native::<Deque>() else { return with(vm, v, |_| ()) };
    let Ok(mut ring) = deque.row.try_borrow_mut() else { return Err(vm.busy()) };
    let mut pushed_out = None;
    if ring.len >= deque.limit {
        if deque.strict {
            return Err(vm.raise_new(&INDEX_ERROR, "full"));
        }
        if deque.limit == 0 {
            return Ok(());
        }
        pushed_out = if last { ring.take_first() } else { ring.take_last() };
    } else if ring.len == ring.places.len() {
        let capacity = (ring.len * 2).clamp(4, deque.limit.max(4)).min(deque.limit);
        let mut places = HVec::with_capacity(&vm.heap, capacity)?;
        for i in 0..capacity {
            places.push(&vm.heap, ring.get(i).unwrap_or(Value::NONE))?;
        }
        let len = ring.len;
        *ring = Ring { places, first: 0, len };
    }
    if last {
        let len = ring.len;
        ring.put(len, item);
    } else {
        let capacity = ring.places.len();
        ring.first = (ring.first + capacity - 1) % capacity.max(1);
        ring.put(0, item);
    }
    ring.len += 1;
    drop(ring);
    drop(pushed_out);
    Ok(())
}

fn append(vm: &mut Vm, args: &[Value]) -> Res {
    insert(vm, &args[0], args[1].clone(), true)?;
    Ok(Value::NONE)
}

fn append_left(vm: &mut Vm, args: &[Value]) -> Res {
    insert(vm, &args[0], args[1].clone(), false)?;
    Ok(Value::NONE)
}

fn extend(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    if args[0].is(&args[1]) {
        let items: Vec<Value> = vm.collect(&args[1])?;
        for item in items {
            insert(vm, &args[0], item, true)?;
        }
        return Ok(Step::Done(Value::NONE));
    }
    fill(vm, args[0].clone(), &args[1], Value::NONE)
}

fn clear(vm: &mut Vm, args: &[Value]) -> Res {
    let old = with(vm, &args[0], |d| core::mem::take(&mut *d.row.borrow_mut()))?;
    drop(old);
    Ok(Value::NONE)
}

fn taken(vm: &mut Vm, item: Option<Value>) -> Res {
    match item {
        Some(item) => Ok(item),
        None => Err(vm.raise_new(&INDEX_ERROR, "empty")),
    }
}

fn pop(vm: &mut Vm, args: &[Value]) -> Res {
    let item = with(vm, &args[0], |d| d.row.borrow_mut().take_last())?;
    taken(vm, item)
}

fn pop_left(vm: &mut Vm, args: &[Value]) -> Res {
    let item = with(vm, &args[0], |d| d.row.borrow_mut().take_first())?;
    taken(vm, item)
}

fn maxlen(vm: &mut Vm, v: &Value) -> Res {
    let limit = with(vm, v, |d| d.limit)?;
    vm.new_int(limit as i64)
}

fn place(vm: &mut Vm, v: &Value, key: &Value) -> Res<usize> {
    if key.get::<Slice>().is_some() {
        return Err(vm.type_error("deque indices must be integers, not slice"));
    }
    let len = with(vm, v, |d| d.row.borrow().len)?;
    element_index(vm, key, len, "deque")
}

fn get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let i = place(vm, v, key)?;
    match with(vm, v, |d| d.row.borrow().get(i))? {
        Some(item) => Ok(item),
        None => Err(vm.busy()),
    }
}

fn set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let Some(value) = value else { return Err(vm.type_error("'deque' object doesn't support item deletion")) };
    let i = place(vm, v, key)?;
    let old = with(vm, v, |d| d.row.borrow_mut().put(i, value))?;
    drop(old);
    Ok(())
}
