//! Stable sorting.

use crate::object::{BoxedFloat, CmpOp, NativeFn, Step, StrValue};
use crate::vm::{Raised, Res, Vm};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_heap::Value;

/// What goes on when keys are there: gets the items back, and the keys (`None`: the items themselves).
type ThenKeys = Box<dyn FnOnce(&mut Vm, Vec<Value>, Res<Option<Vec<Value>>>) -> Res<Step>>;

struct Mapping {
    function: Value,
    items: Vec<Value>,
    keys: Vec<Value>,
    then: ThenKeys,
}

/// Calls `function` (None: nothing) on each item and goes on with the items and the keys. A key function in
/// Python runs as a step, so no run loop nests.
pub fn map_keys(
    vm: &mut Vm,
    items: Vec<Value>,
    function: Value,
    then: impl FnOnce(&mut Vm, Vec<Value>, Res<Option<Vec<Value>>>) -> Res<Step> + 'static,
) -> Res<Step> {
    if function.is_none() {
        return then(vm, items, Ok(None));
    }
    let mut keys = Vec::new();
    if keys.try_reserve_exact(items.len()).is_err() {
        return then(vm, items, Err(Raised));
    }
    next_key(vm, Box::new(Mapping { function, items, keys, then: Box::new(then) }))
}

fn next_key(vm: &mut Vm, mut m: Box<Mapping>) -> Res<Step> {
    while let Some(item) = m.items.get(m.keys.len()).cloned() {
        if m.function.get::<NativeFn>().is_none() {
            let function = m.function.clone();
            return Ok(Step::call(function, vec![item], move |vm, key| match key {
                Ok(key) => {
                    m.keys.push(key);
                    next_key(vm, m)
                }
                Err(raised) => (m.then)(vm, m.items, Err(raised)),
            }));
        }
        match vm.call(&m.function, &[item]) {
            Ok(key) => m.keys.push(key),
            Err(raised) => return (m.then)(vm, m.items, Err(raised)),
        }
    }
    (m.then)(vm, m.items, Ok(Some(m.keys)))
}

/// What all keys have in common, as far as it makes comparing them quick.
#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Ints,
    Floats,
    Strings,
    Any,
}

/// A number as a float, unless that would lose digits or is no number (which has no order).
fn as_float(v: &Value) -> Option<f64> {
    if let Some(i) = v.as_small_int() {
        return (i.unsigned_abs() < 1 << 53).then_some(i as f64);
    }
    let x = v.as_inline_float().or_else(|| v.get::<BoxedFloat>().map(|b| b.0))?;
    (!x.is_nan()).then_some(x)
}

fn sort_of(keys: &[Value]) -> Sort {
    if keys.iter().all(|k| k.as_small_int().is_some()) {
        Sort::Ints
    } else if keys.iter().all(|k| k.as_str().is_some()) {
        Sort::Strings
    } else if keys.iter().all(|k| as_float(k).is_some()) {
        Sort::Floats
    } else {
        Sort::Any
    }
}

/// Whether `n` elements of this type find room. (The library's sort takes its buffer without asking.)
fn room_for<T>(n: usize) -> Res<()> {
    Vec::<T>::new().try_reserve_exact(n).map_err(|_| Raised)
}

/// Sorts `items` by `keys` (`None`: by themselves), stably; `reverse` keeps the order of equal ones too.
/// When a comparison raises, the items come back in their old order.
pub fn sort_values(vm: &mut Vm, items: Vec<Value>, keys: Option<Vec<Value>>, reverse: bool) -> (Vec<Value>, Res<()>) {
    match try_sort(vm, &items, keys.as_deref(), reverse) {
        Ok(order) => {
            let mut items = items;
            let mut sorted = Vec::new();
            if sorted.try_reserve_exact(items.len()).is_err() {
                return (items, Err(Raised));
            }
            for i in order {
                if let Some(place) = items.get_mut(i as usize) {
                    sorted.push(core::mem::replace(place, Value::NONE));
                }
            }
            (sorted, Ok(()))
        }
        Err(raised) => (items, Err(raised)),
    }
}

/// The order in which the items come.
fn try_sort(vm: &mut Vm, items: &[Value], keys: Option<&[Value]>, reverse: bool) -> Res<Vec<u32>> {
    let keys = keys.unwrap_or(items);
    let sort = sort_of(keys);
    let mut order: Vec<u32> = Vec::new();
    order.try_reserve_exact(keys.len()).map_err(|_| Raised)?;
    order.extend(0..keys.len() as u32);
    match sort {
        Sort::Ints => by(&mut order, |i| keys.get(i).and_then(Value::as_small_int).unwrap_or(0), reverse)?,
        Sort::Strings => by(&mut order, |i| keys.get(i).and_then(|k| k.as_str()).unwrap_or(""), reverse)?,
        Sort::Floats => by(&mut order, |i| Ordered(keys.get(i).and_then(as_float).unwrap_or(0.0)), reverse)?,
        Sort::Any => {
            let mut buffer: Vec<u32> = Vec::new();
            buffer.try_reserve_exact(keys.len()).map_err(|_| Raised)?;
            merge_sort(vm, keys, &mut order, &mut buffer, reverse)?;
        }
    }
    Ok(order)
}

/// A float that is a number: these have a total order (0.0 and -0.0 are equal).
#[derive(PartialEq)]
struct Ordered(f64);
impl Eq for Ordered {}
impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.partial_cmp(&other.0).unwrap_or(core::cmp::Ordering::Equal)
    }
}

fn by<K: Ord>(order: &mut [u32], key: impl Fn(usize) -> K, reverse: bool) -> Res<()> {
    let mut pairs: Vec<(K, u32)> = Vec::new();
    pairs.try_reserve_exact(order.len()).map_err(|_| Raised)?;
    pairs.extend(order.iter().map(|&i| (key(i as usize), i)));
    room_for::<(K, u32)>(order.len())?;
    if reverse {
        pairs.sort_by(|a, b| b.0.cmp(&a.0));
    } else {
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
    }
    for (place, (_, i)) in order.iter_mut().zip(pairs) {
        *place = i;
    }
    Ok(())
}

/// Whether the item numbered `a` must come before the one numbered `b`. Only `<` is asked.
fn before(vm: &mut Vm, keys: &[Value], a: u32, b: u32, reverse: bool) -> Res<bool> {
    let (a, b) = if reverse { (b, a) } else { (a, b) };
    match (keys.get(a as usize), keys.get(b as usize)) {
        (Some(a), Some(b)) => vm.compare(CmpOp::Lt, a, b),
        _ => Ok(false),
    }
}

fn merge_sort(vm: &mut Vm, keys: &[Value], order: &mut [u32], buffer: &mut Vec<u32>, reverse: bool) -> Res<()> {
    if order.len() <= 6 {
        for end in 1..order.len() {
            let mut i = end;
            while i > 0 && before(vm, keys, order[i], order[i - 1], reverse)? {
                order.swap(i, i - 1);
                i -= 1;
            }
        }
        return Ok(());
    }
    let middle = order.len() / 2;
    merge_sort(vm, keys, &mut order[..middle], buffer, reverse)?;
    merge_sort(vm, keys, &mut order[middle..], buffer, reverse)?;
    if !before(vm, keys, order[middle], order[middle - 1], reverse)? {
        return Ok(());
    }
    buffer.clear();
    buffer.extend_from_slice(&order[..middle]);
    let (mut left, mut right, mut out) = (0, middle, 0);
    while left < buffer.len() && right < order.len() {
        if before(vm, keys, order[right], buffer[left], reverse)? {
            order[out] = order[right];
            right += 1;
        } else {
            order[out] = buffer[left];
            left += 1;
        }
        out += 1;
    }
    order[out..out + buffer.len() - left].copy_from_slice(&buffer[left..]);
    Ok(())
}
