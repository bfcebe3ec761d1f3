//! What methods of containers share: their receiver and their indices.

use crate::exceptions::INDEX_ERROR;
use crate::object::{BigInt, Instance};
use crate::vm::{Res, Vm};
use snakeye_heap::{Gc, Value};

/// The receiver of a method of the built-in type called `name`: the object itself, or the part of that type of
/// an instance of a subclass. TypeError for anything else.
pub fn receiver<T: snakeye_heap::Payload>(vm: &mut Vm, this: &Value, name: &str) -> Res<Gc<T>> {
    if let Some(g) = this.as_gc::<T>() {
        return Ok(g.clone());
    }
    match vm.base_object(this).into_gc::<T>() {
        Ok(g) => Ok(g),
        Err(_) => {
            let other = vm.type_name(this);
            Err(vm.type_error_fmt(format_args!("argument should be a '{name}' not a '{other}'")))
        }
    }
}

/// The place in a sequence of `len` items that index `i` means; `None` when there is none.
pub fn wrap_index(i: i64, len: usize) -> Option<usize> {
    let i = if i < 0 { i.checked_add(len as i64)? } else { i };
    usize::try_from(i).ok().filter(|&i| i < len)
}

/// The place that the subscript `key` means in a sequence of the type called `name`: TypeError when it is no
/// integer, IndexError when it is out of range.
pub fn element_index(vm: &mut Vm, key: &Value, len: usize, name: &str) -> Res<usize> {
    let i = if let Some(i) = key.as_small_int() {
        i
    } else if key.is(&Value::TRUE) || key.is(&Value::FALSE) {
        key.is(&Value::TRUE) as i64
    } else if key.get::<BigInt>().is_some() {
        i64::MAX
    } else if key.get::<Instance>().is_some() {
        vm.index_of(key)?
    } else {
        let other = vm.type_name(key);
        return Err(vm.type_error_fmt(format_args!("{name} indices must be integers, not {other}")));
    };
    match wrap_index(i, len) {
        Some(i) => Ok(i),
        None => Err(vm.raise_fmt(&INDEX_ERROR, format_args!("{name} index out of range"))),
    }
}

/// A bound such as `list.index` takes: negative ones count from the end, all are clamped to `0..=len`.
pub(crate) fn clamped_bound(vm: &mut Vm, bound: Option<&Value>, default: usize, len: usize) -> Res<usize> {
    let Some(bound) = bound else { return Ok(default) };
    let i = vm.slice_bound(bound)?;
    let i = if i < 0 { i.saturating_add(len as i64).max(0) } else { i };
    Ok(usize::try_from(i).unwrap_or(usize::MAX).min(len))
}
