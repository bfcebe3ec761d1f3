//! Making containers from registers, and taking them apart.

use super::cache::extension;
use super::frame::{Frame, Ret, clear, put, take};
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use snakeye_bytecode::{Op, Word};
use snakeye_heap::{HVec, Value};

impl Vm {
    /// # Safety
    /// As for `op_load_global`.
    #[inline(never)]
    pub(super) unsafe fn op_build(&mut self, frame: *mut Frame, w: Word, op: Op) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            match self.build(frame, base, w, op) {
                Ok(Some(next)) => next,
                Ok(None) => self.top_frame(),
                Err(Raised) => self.fail(frame),
            }
        }
    }

    /// `None`: done, and the loop goes on.
    unsafe fn build(&mut self, frame: *mut Frame, base: *mut Value, w: Word, op: Op) -> Res<Option<*mut Frame>> {
        // SAFETY: as for op_build.
        unsafe {
            let (a, b, c) = (base.add(w.a() as usize), base.add(w.b() as usize), w.c() as usize);
            match op {
                Op::BuildList => {
                    let items = self.take_run(b, c)?;
                    put(a, List::make(&self.heap, items)?.into());
                }
                Op::BuildTuple => {
                    let items = (0..c).map(|i| take(b.add(i)));
                    put(a, TupleHead::make(&self.heap, items)?.into());
                }
                Op::BuildSet => {
                    let items = self.take_run(b, c)?;
                    let s = self.set_of(&items)?;
                    put(a, s);
                }
                Op::BuildMap => {
                    let d = self.new_dict()?;
                    for i in 0..c {
                        let (k, v) = (take(b.add(2 * i)), take(b.add(2 * i + 1)));
                        d.set(self, k, v)?;
                    }
                    put(a, d.into());
                }
                Op::BuildString => {
                    let s = self.join_strings(core::slice::from_raw_parts(b, c))?;
                    clear(b, c);
                    put(a, s);
                }
                Op::BuildSlice => {
                    put(a, self.new_slice((*b).clone(), (*b.add(1)).clone(), (*b.add(2)).clone())?);
                }
                Op::Format => {
                    let spec = if c & 4 != 0 { (*b.add(1)).clone() } else { Value::NONE };
                    let v = (*b).clone();
                    let s = self.format_op(&v, c as u8 & 3, &spec)?;
                    put(a, s);
                }
                Op::ListAppend => {
                    let v = (*b).clone();
                    if let Some(l) = (*a).get::<List>() {
                        l.items.borrow_mut().push(&self.heap, v)?;
                    }
                }
                Op::ListExtend => {
                    let (l, v) = ((*a).clone(), (*b).clone());
                    let step = self.collect_step(&v, move |vm, items| {
                        if let Some(l) = l.get::<List>() {
                            for v in items {
                                l.items.borrow_mut().push(&vm.heap, v)?;
                            }
                        }
                        Ok(Step::Done(Value::NONE))
                    });
                    return Ok(Some(self.finish(frame, step, Ret::Discard)));
                }
                Op::SetAdd => {
                    let (s, v) = ((*a).clone(), (*b).clone());
                    if let Some(s) = s.get::<Set>() {
                        insert(self, &s.table, v, Value::NONE)?;
                    }
                }
                Op::SetUpdate => {
                    let (s, v) = ((*a).clone(), (*b).clone());
                    let step = self.collect_step(&v, move |vm, items| {
                        if let Some(s) = s.get::<Set>() {
                            for v in items {
                                insert(vm, &s.table, v, Value::NONE)?;
                            }
                        }
                        Ok(Step::Done(Value::NONE))
                    });
                    return Ok(Some(self.finish(frame, step, Ret::Discard)));
                }
                Op::MapSet => {
                    let (d, k, v) = ((*a).clone(), (*b).clone(), (*base.add(c)).clone());
                    if let Some(d) = d.get::<Dict>() {
                        d.set(self, k, v)?;
                    }
                }
                Op::MapUpdate | Op::MapMerge => {
                    let (d, v) = ((*a).clone(), (*b).clone());
                    self.merge_map(&d, &v, op == Op::MapMerge)?;
                }
                Op::ListToTuple => {
                    let l = (*b).clone();
                    let items = l.get::<List>().map(|l| l.items.borrow().to_vec()).unwrap_or_default();
                    let t = self.new_tuple(items)?;
                    put(a, t);
                }
                Op::Unpack => {
                    let v = (*b).clone();
                    let items = self.unpack(&v, c)?;
                    for (i, item) in items.into_iter().enumerate() {
                        put(a.add(i), item);
                    }
                }
                Op::UnpackEx => {
                    let after = extension(frame) as usize;
                    let v = (*b).clone();
                    let (items, rest) = self.unpack_ex(&v, c, after)?;
                    for (i, item) in items.into_iter().enumerate() {
                        put(a.add(if i < c { i } else { i + 1 }), item);
                    }
                    put(a.add(c), rest);
                }
                _ => return Err(self.runtime_error("invalid code")),
            }
            Ok(None)
        }
    }

    /// Takes `n` values out of the registers from `first` on.
    unsafe fn take_run(&mut self, first: *mut Value, n: usize) -> Res<HVec<Value>> {
        let mut items = HVec::with_capacity(&self.heap, n)?;
        for i in 0..n {
            // SAFETY: registers of the running frame, in range in verified code.
            items.push(&self.heap, unsafe { take(first.add(i)) })?;
        }
        Ok(items)
    }
}
