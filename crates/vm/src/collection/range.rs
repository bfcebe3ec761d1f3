//! Ranges.

use super::receiver::{element_index, receiver};
use super::slice::resolve;
use crate::number;
use crate::object::{Args, CmpOp, Entry, Instance, IterState, Range, Slice, Step, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use core::fmt::Write;
use snakeye_heap::{Rom, Value};

/// `range`
pub static RANGE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "range",
    attrs: &[("start", Entry::Get(range_start)), ("stop", Entry::Get(range_stop)), ("step", Entry::Get(range_step))],
    new: Some(range_new),
    print: Some(range_print),
    hash: Some(range_hash),
    compare: Some(range_compare),
    len: Some(range_len),
    get_item: Some(range_get_item),
    contains: Some(range_contains),
    iter: Some(range_iter),
    ..TypeDef::NEW
});

fn this(vm: &mut Vm, v: &Value) -> Res<Range> {
    Ok(*receiver::<Range>(vm, v, "range")?)
}

fn range_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (start, stop, step) = match args.pos {
        [stop] => (0, vm.index_of(stop)?, 1),
        [start, stop] => (vm.index_of(start)?, vm.index_of(stop)?, 1),
        [start, stop, step] => (vm.index_of(start)?, vm.index_of(stop)?, vm.index_of(step)?),
        _ => return Err(vm.type_error("range() takes 1 to 3 arguments")),
    };
    if step == 0 {
        return Err(vm.value_error("zero step"));
    }
    // A for loop over a range allocates nothing in MicroPython.
    Ok(Step::Done(vm.heap.unlocked(|| vm.heap.alloc(Range { start, stop, step }))?.into()))
}

fn range_start(vm: &mut Vm, v: &Value) -> Res {
    let r = this(vm, v)?;
    vm.new_int(r.start)
}

fn range_stop(vm: &mut Vm, v: &Value) -> Res {
    let r = this(vm, v)?;
    vm.new_int(r.stop)
}

fn range_step(vm: &mut Vm, v: &Value) -> Res {
    let r = this(vm, v)?;
    vm.new_int(r.step)
}

fn range_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let r = this(vm, v)?;
    let _ = write!(out, "range({}, {}", r.start, r.stop);
    if r.step != 1 {
        let _ = write!(out, ", {}", r.step);
    }
    out.push(')');
    Ok(())
}

/// What makes ranges equal: the values they stand for.
fn essence(r: &Range) -> (usize, i64, i64) {
    match r.len() {
        0 => (0, 0, 0),
        1 => (1, r.start, 0),
        n => (n, r.start, r.step),
    }
}

fn range_hash(vm: &mut Vm, v: &Value) -> Res<u32> {
    let r = this(vm, v)?;
    let (n, start, step) = essence(&r);
    let mut h = n as u64;
    for x in [start as u64, step as u64] {
        h = (h ^ x).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    Ok((h >> 32) as u32)
}

fn range_compare(_: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let (Some(a), Some(b)) = (a.get::<Range>(), b.get::<Range>()) else { return Ok(None) };
    let same = essence(a) == essence(b);
    Ok(match op {
        CmpOp::Eq => Some(same),
        CmpOp::Ne => Some(!same),
        _ => None,
    })
}

fn range_len(vm: &mut Vm, v: &Value) -> Res<usize> {
    Ok(this(vm, v)?.len())
}

/// The value at place `i`, which may be one off either end.
fn value_at(r: &Range, i: i64) -> i64 {
    (r.start as i128 + i as i128 * r.step as i128).clamp(i64::MIN as i128, i64::MAX as i128) as i64
}

fn range_get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let r = this(vm, v)?;
    if i64::try_from(r.len()).is_err() {
        return Err(vm.raise_new(&crate::exceptions::OVERFLOW_ERROR, "range too long"));
    }
    if let Some(slice) = key.as_gc::<Slice>().cloned() {
        let (start, stop, step) = resolve(vm, &slice, r.len())?;
        let (start, stop) = (value_at(&r, start), value_at(&r, stop));
        let step = r.step.saturating_mul(step);
        return Ok(vm.heap.alloc(Range { start, stop, step })?.into());
    }
    let i = element_index(vm, key, r.len(), "range")?;
    vm.new_int(value_at(&r, i as i64))
}

fn range_contains(vm: &mut Vm, v: &Value, item: &Value) -> Res<bool> {
    let r = this(vm, v)?;
    let n = match (number::to_i64(item), number::float_value(item)) {
        (Some(n), _) => n,
        (_, Some(x)) if x == x as i64 as f64 => x as i64,
        _ if item.get::<Instance>().is_none() => return Ok(false),
        _ => {
            // Its own equality decides.
            for i in 0..r.len() {
                let value = vm.new_int(value_at(&r, i as i64))?;
                if vm.equal(&value, item)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
    };
    let inside = if r.step > 0 { r.start <= n && n < r.stop } else { r.stop < n && n <= r.start };
    Ok(inside && (r.step == 1 || (n as i128 - r.start as i128) % r.step as i128 == 0))
}

fn range_iter(vm: &mut Vm, v: &Value) -> Res {
    let r = this(vm, v)?;
    let state = IterState::Range { next: r.start, left: r.len(), step: r.step };
    vm.new_iter(state)
}
