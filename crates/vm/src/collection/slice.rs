//! Slices and the positions they stand for.

use super::receiver::receiver;
use crate::object::{Args, BigInt, CmpOp, Entry, Slice, Step, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec;
use snakeye_heap::{Rom, Value};

/// `slice`
pub static SLICE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "slice",
    attrs: &[
        ("start", Entry::Get(slice_start)),
        ("stop", Entry::Get(slice_stop)),
        ("step", Entry::Get(slice_step)),
        method!("indices", 2, 2, slice_indices),
    ],
    new: Some(slice_new),
    print: Some(slice_print),
    hash: Some(slice_hash),
    compare: Some(slice_compare),
    ..TypeDef::NEW
});

/// The positions that a slice of a sequence of some length stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceRange {
    /// First position (0 when there is none and the step is negative).
    pub start: usize,
    /// For step 1: behind the last position, and at least `start`.
    pub stop: usize,
    /// Distance, not 0.
    pub step: isize,
    /// Number of positions.
    pub count: usize,
}

impl SliceRange {
    /// The positions in order.
    pub fn positions(self) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator {
        (0..self.count).map(move |i| (self.start as isize).wrapping_add((i as isize).wrapping_mul(self.step)) as usize)
    }
}

/// Start, stop and step with negative ones and defaults worked out, not yet counted. For negative steps start
/// and stop may be -1.
pub(super) fn resolve(vm: &mut Vm, slice: &Slice, len: usize) -> Res<(i64, i64, i64)> {
    let len = len as i64;
    let step = if slice.step.is_none() { 1 } else { vm.slice_bound(&slice.step)? };
    if step == 0 {
        return Err(vm.value_error("slice step can't be zero"));
    }
    let step = step.max(-i64::MAX);
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let mut bound = |v: &Value, default: i64| -> Res<i64> {
        if v.is_none() {
            return Ok(default);
        }
        let i = vm.slice_bound(v)?;
        Ok(if i < 0 { i.saturating_add(len) } else { i }.clamp(low, high))
    };
    let start = bound(&slice.start, if step > 0 { low } else { high })?;
    let stop = bound(&slice.stop, if step > 0 { high } else { low })?;
    Ok((start, stop, step))
}

impl Vm {
    /// The positions that `slice` stands for in a sequence of `len` items. TypeError for bounds that are no
    /// integers, ValueError for step 0.
    pub fn slice_range(&mut self, slice: &Slice, len: usize) -> Res<SliceRange> {
        let (start, stop, step) = resolve(self, slice, len)?;
        let count = if step > 0 { (stop - start).max(0) as u64 } else { (start - stop).max(0) as u64 }
            .div_ceil(step.unsigned_abs()) as usize;
        let begin = start.max(0) as usize;
        Ok(SliceRange { start: begin, stop: (stop.max(0) as usize).max(begin), step: step as isize, count })
    }

    /// An integer where only its sign matters when it is huge.
    pub(crate) fn slice_bound(&mut self, v: &Value) -> Res<i64> {
        if let Some(i) = v.as_small_int() {
            return Ok(i);
        }
        if let Some(big) = v.get::<BigInt>() {
            let negative = big.0 < dashu_int::IBig::ZERO;
            return Ok(i64::try_from(&big.0).unwrap_or(if negative { i64::MIN } else { i64::MAX }));
        }
        self.index_of(v)
    }

    /// A slice object.
    pub fn new_slice(&self, start: Value, stop: Value, step: Value) -> Res {
        Ok(self.heap.unlocked(|| self.heap.alloc(Slice { start, stop, step }))?.into())
    }
}

fn slice_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (start, stop, step) = match args.pos {
        [stop] => (&Value::NONE, stop, &Value::NONE),
        [start, stop] => (start, stop, &Value::NONE),
        [start, stop, step] => (start, stop, step),
        _ => return Err(vm.type_error("slice() takes 1 to 3 arguments")),
    };
    Ok(Step::Done(vm.new_slice(start.clone(), stop.clone(), step.clone())?))
}

fn slice_start(vm: &mut Vm, this: &Value) -> Res {
    Ok(receiver::<Slice>(vm, this, "slice")?.start.clone())
}

fn slice_stop(vm: &mut Vm, this: &Value) -> Res {
    Ok(receiver::<Slice>(vm, this, "slice")?.stop.clone())
}

fn slice_step(vm: &mut Vm, this: &Value) -> Res {
    Ok(receiver::<Slice>(vm, this, "slice")?.step.clone())
}

fn slice_indices(vm: &mut Vm, args: &[Value]) -> Res {
    let this = receiver::<Slice>(vm, &args[0], "slice")?;
    let len = vm.index_of(&args[1])?;
    let Ok(len) = usize::try_from(len) else { return Err(vm.value_error("length should not be negative")) };
    let (start, stop, step) = resolve(vm, &this, len)?;
    let items = vec![vm.new_int(start)?, vm.new_int(stop)?, vm.new_int(step)?];
    vm.new_tuple(items)
}

fn slice_print(vm: &mut Vm, this: &Value, out: &mut String, _: bool) -> Res<()> {
    let this = receiver::<Slice>(vm, this, "slice")?;
    out.push_str("slice(");
    vm.print_to(&this.start, out, true)?;
    out.push_str(", ");
    vm.print_to(&this.stop, out, true)?;
    out.push_str(", ");
    vm.print_to(&this.step, out, true)?;
    out.push(')');
    Ok(())
}

fn slice_hash(vm: &mut Vm, v: &Value) -> Res<u32> {
    let this = receiver::<Slice>(vm, v, "slice")?;
    let mut h: u32 = 0x51ED_270B;
    for part in [&this.start, &this.stop, &this.step] {
        h = (h.rotate_left(7) ^ vm.hash(part)?).wrapping_mul(0x9E37_79B1);
    }
    Ok(h)
}

fn slice_compare(vm: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let (Some(a), Some(b)) = (a.as_gc::<Slice>().cloned(), b.as_gc::<Slice>().cloned()) else { return Ok(None) };
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(None);
    }
    let same = vm.equal(&a.start, &b.start)? && vm.equal(&a.stop, &b.stop)? && vm.equal(&a.step, &b.step)?;
    Ok(Some(same == (op == CmpOp::Eq)))
}

#[cfg(test)]
mod tests {
    use super::SliceRange;

    #[test]
    fn positions_run_both_ways() {
        let up = SliceRange { start: 1, stop: 7, step: 2, count: 3 };
        assert!(up.positions().eq([1, 3, 5]));
        let down = SliceRange { start: 4, stop: 4, step: -2, count: 3 };
        assert!(down.positions().eq([4, 2, 0]));
    }
}
