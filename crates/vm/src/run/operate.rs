//! Operators, comparisons, items and iteration that the run loop does not decide by itself.

use super::cache::extension;
use super::frame::{Frame, Ret, put};
use super::quick::{as_float, index_in, quick_hash};
use crate::names::N;
use crate::object::*;
use crate::ops::Lookup;
use crate::vm::{Raised, Res, Vm};
use snakeye_bytecode::{Op, Word};
use snakeye_heap::{Payload, TailHead, Value};

/// The operator of a binary instruction, and whether it works in place.
pub(super) const fn operator_of(op: Op) -> (BinOp, bool) {
    match op {
        Op::Add | Op::AddI => (BinOp::Add, false),
        Op::Sub | Op::SubI => (BinOp::Sub, false),
        Op::Mul => (BinOp::Mul, false),
        Op::TrueDiv => (BinOp::TrueDiv, false),
        Op::FloorDiv => (BinOp::FloorDiv, false),
        Op::Mod => (BinOp::Mod, false),
        Op::Pow => (BinOp::Pow, false),
        Op::Shl => (BinOp::Shl, false),
        Op::Shr => (BinOp::Shr, false),
        Op::And => (BinOp::And, false),
        Op::Or => (BinOp::Or, false),
        Op::Xor => (BinOp::Xor, false),
        Op::IAdd | Op::IAddI => (BinOp::Add, true),
        Op::ISub | Op::ISubI => (BinOp::Sub, true),
        Op::IMul => (BinOp::Mul, true),
        Op::ITrueDiv => (BinOp::TrueDiv, true),
        Op::IFloorDiv => (BinOp::FloorDiv, true),
        Op::IMod => (BinOp::Mod, true),
        Op::IPow => (BinOp::Pow, true),
        Op::IShl => (BinOp::Shl, true),
        Op::IShr => (BinOp::Shr, true),
        Op::IAnd => (BinOp::And, true),
        Op::IOr => (BinOp::Or, true),
        Op::IXor => (BinOp::Xor, true),
        Op::IMatMul => (BinOp::MatMul, true),
        _ => (BinOp::MatMul, false),
    }
}

const fn comparison_of(op: Op) -> CmpOp {
    match op {
        Op::Eq | Op::JumpEq | Op::JumpEqI => CmpOp::Eq,
        Op::Ne | Op::JumpNe | Op::JumpNeI => CmpOp::Ne,
        Op::Lt | Op::JumpLt | Op::JumpLtI => CmpOp::Lt,
        Op::Le | Op::JumpLe | Op::JumpLeI => CmpOp::Le,
        Op::Gt | Op::JumpGt | Op::JumpGtI => CmpOp::Gt,
        _ => CmpOp::Ge,
    }
}

/// The operation of an instruction.
#[inline(always)]
fn op_of(w: Word) -> Op {
    Op::from_u8(w.op()).unwrap_or(Op::Nop)
}

/// A comparison that involves no Python code and no exception: numbers, and strings for equality.
#[inline]
fn quick_compare(op: CmpOp, x: &Value, y: &Value) -> Option<bool> {
    if let (Some(x), Some(y)) = (as_float(x.word()), as_float(y.word())) {
        return Some(match op {
            CmpOp::Eq => x == y,
            CmpOp::Ne => x != y,
            CmpOp::Lt => x < y,
            CmpOp::Le => x <= y,
            CmpOp::Gt => x > y,
            CmpOp::Ge => x >= y,
        });
    }
    match op {
        CmpOp::Eq | CmpOp::Ne if x.kind() == StrHead::KIND || x.is_none() && y.kind() != Instance::KIND => {
            let same = if x.is_none() { y.is_none() && !y.is_unbound() } else { quick_equal(x, y)? };
            if y.is_unbound() { None } else { Some(same == (op == CmpOp::Eq)) }
        }
        _ => None,
    }
}

impl Vm {
    /// The function behind a special method of an instance, when it is a plain one.
    #[inline]
    pub(super) fn plain_method(&self, v: &Value, name: N) -> Option<Value> {
        let i = v.get::<Instance>()?;
        let class = i.class.get();
        match self.class_find(class.get::<Class>()?, self.name(name))? {
            Lookup::Python(f) if f.get::<Function>().is_some() => Some(f),
            _ => None,
        }
    }

    /// Enters a function with these arguments; `None` when that takes more than a frame.
    ///
    /// # Safety
    /// `frame` is the frame on top, and `ret` says a register of its verified code.
    #[inline(never)]
    unsafe fn call_with<const COUNT: usize>(
        &mut self,
        frame: *mut Frame,
        function: Value,
        args: [&Value; COUNT],
        ret: Ret,
    ) -> Option<*mut Frame> {
        if !super::quick::simple(function.get::<Function>()?, COUNT) {
            return None;
        }
        // SAFETY: unused places of the segment, which become the callee's window (fact 2).
        unsafe {
            let top = (*frame).top;
            if top.is_null() || top.wrapping_add(COUNT) > self.stack().limit() {
                return None;
            }
            for (i, v) in args.into_iter().enumerate() {
                put(top.add(i), v.clone());
            }
            Some(self.push_window(frame, function, top, COUNT, ret, Value::UNBOUND))
        }
    }

    /// # Safety
    /// As for `op_load_global`; so are the other `op_` functions here.
    #[inline(never)]
    pub(super) unsafe fn op_binary(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let (op, in_place) = operator_of(op_of(w));
            let base = (*frame).base;
            let (x, y) = (&*base.add(w.b() as usize), &*base.add(w.c() as usize));
            // Mixed numbers.
            if let (Some(a), Some(b)) = (as_float(x.word()), as_float(y.word()))
                && (x.word() & y.word() & 1 == 0 || op == BinOp::TrueDiv)
            {
                let r = match op {
                    BinOp::Add => Some(a + b),
                    BinOp::Sub => Some(a - b),
                    BinOp::Mul => Some(a * b),
                    BinOp::TrueDiv if b != 0.0 => Some(a / b),
                    _ => None,
                };
                if let Some(r) = r {
                    match self.new_float(r) {
                        Ok(v) => put(base.add(w.a() as usize), v),
                        Err(Raised) => return self.fail(frame),
                    }
                    return frame;
                }
            }
            if x.kind() != Instance::KIND && y.kind() != Instance::KIND {
                let made = if in_place { self.inplace_native(op, x, y) } else { self.binary_of_natives(op, x, y) };
                return self.put_result(frame, w.a(), made);
            }
            if x.get::<Instance>().is_some()
                && !(in_place && self.find_special(x, self.operator_name(op, 2)).is_some())
                && let Some(f) = self.find_special(x, self.operator_name(op, 0))
                && let Some(next) = self.call_with(frame, f, [x, y], Ret::Operator(w.a()))
            {
                return next;
            }
            let step = if in_place { self.inplace_step(op, x, y) } else { self.binary_step(op, x, y) };
            self.finish(frame, step, Ret::Reg(w.a()))
        }
    }

    /// A result for register `a` of the frame on top, which making it may have moved.
    ///
    /// # Safety
    /// As for `finish`.
    #[inline]
    unsafe fn put_result(&mut self, frame: *mut Frame, a: u8, result: Res) -> *mut Frame {
        match result {
            // SAFETY: a register of verified code (fact 1).
            Ok(v) => unsafe { self.put_top(a, v) },
            Err(Raised) => self.fail(frame),
        }
    }

    /// A jump of the frame on top, which finding out the truth may have moved.
    ///
    /// # Safety
    /// As for `finish`; the distance is the instruction's.
    #[inline]
    unsafe fn jump_result(&mut self, frame: *mut Frame, truth: Res<bool>, polarity: bool, distance: i32) -> *mut Frame {
        match truth {
            Ok(truth) => {
                let frame = self.top_frame();
                if truth == polarity && !frame.is_null() {
                    // SAFETY: a distance of verified code (fact 1).
                    unsafe { (*frame).pc = (*frame).pc.offset(distance as isize) };
                }
                frame
            }
            Err(Raised) => self.fail(frame),
        }
    }

    /// The operator's method gave NotImplemented to the frame on top: the other operand is asked.
    ///
    /// # Safety
    /// The frame stands behind the binary instruction that called the method.
    pub(super) unsafe fn operator_declined(&mut self, frame: *mut Frame) -> Res<Step> {
        // SAFETY: per the contract; operands stay in place while the method runs.
        unsafe {
            let w = Word(extension(frame));
            let base = (*frame).base;
            let (x, y) = ((*base.add(w.b() as usize)).clone(), (*base.add(w.c() as usize)).clone());
            self.reverse_step(operator_of(op_of(w)).0, &x, &y)
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_binary_small(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let (op, in_place) = operator_of(op_of(w));
            let base = (*frame).base;
            let x = &*base.add(w.b() as usize);
            let n = w.c() as i8;
            if let Some(x) = x.as_inline_float() {
                let n = n as f64;
                match self.new_float(if op == BinOp::Add { x + n } else { x - n }) {
                    Ok(v) => put(base.add(w.a() as usize), v),
                    Err(Raised) => return self.fail(frame),
                }
                return frame;
            }
            let y = Value::int(n as i32);
            if x.kind() != Instance::KIND {
                let made = if in_place { self.inplace_native(op, x, &y) } else { self.binary_of_natives(op, x, &y) };
                return self.put_result(frame, w.a(), made);
            }
            let step = if in_place { self.inplace_step(op, x, &y) } else { self.binary_step(op, x, &y) };
            self.finish(frame, step, Ret::Reg(w.a()))
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_compare(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let op = comparison_of(op_of(w));
            let base = (*frame).base;
            let (x, y) = (&*base.add(w.b() as usize), &*base.add(w.c() as usize));
            if let Some(t) = quick_compare(op, x, y) {
                put(base.add(w.a() as usize), Value::bool(t));
                return frame;
            }
            if x.kind() != Instance::KIND && y.kind() != Instance::KIND {
                let truth = self.compare_native(op, x, y, x, y).map(Value::bool);
                return self.put_result(frame, w.a(), truth);
            }
            let step = self.compare_step(op, x, y);
            self.finish(frame, step, Ret::Reg(w.a()))
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_jump_compare(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            self.jump_if(frame, w, w.c() != 0, &*base.add(w.a() as usize), &*base.add(w.b() as usize))
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_jump_compare_small(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let y = Value::int(w.b() as i8 as i32);
            self.jump_if(frame, w, w.c() != 0, &*(*frame).base.add(w.a() as usize), &y)
        }
    }

    unsafe fn jump_if(&mut self, frame: *mut Frame, w: Word, polarity: bool, x: &Value, y: &Value) -> *mut Frame {
        // SAFETY: as for op_jump_compare.
        unsafe {
            let op = comparison_of(op_of(w));
            let distance = extension(frame) as i32;
            match quick_compare(op, x, y) {
                Some(truth) => {
                    if truth == polarity {
                        (*frame).pc = (*frame).pc.offset(distance as isize);
                    }
                    frame
                }
                None if x.kind() != Instance::KIND && y.kind() != Instance::KIND => {
                    let truth = self.compare_native(op, x, y, x, y);
                    self.jump_result(frame, truth, polarity, distance)
                }
                None => {
                    let step = self.compare_step(op, x, y);
                    self.finish(frame, step, Ret::Jump { polarity, distance })
                }
            }
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_jump_truth(&mut self, frame: *mut Frame, w: Word, polarity: bool) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let v = (*(*frame).base.add(w.a() as usize)).clone();
            let distance = extension(frame) as i32;
            let truth = match self.truth(&v) {
                Ok(t) => t,
                Err(Raised) => return self.fail(frame),
            };
            // Finding it out may have moved the frame.
            let frame = self.top_frame();
            if truth == polarity && !frame.is_null() {
                (*frame).pc = (*frame).pc.offset(distance as isize);
            }
            frame
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_not(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            let v = (*base.add(w.b() as usize)).clone();
            match self.truth(&v) {
                Ok(t) => put(base.add(w.a() as usize), Value::bool(!t)),
                Err(Raised) => return self.fail(frame),
            }
            self.top_frame()
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_unary(&mut self, frame: *mut Frame, w: Word, op: UnOp) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let v = &*(*frame).base.add(w.b() as usize);
            if op == UnOp::Neg
                && let Some(x) = v.as_inline_float()
            {
                let made = self.new_float(-x);
                return self.put_result(frame, w.a(), made);
            }
            let step = self.unary_step(op, v);
            self.finish(frame, step, Ret::Reg(w.a()))
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_get_item(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            let (o, k) = (&*base.add(w.b() as usize), &*base.add(w.c() as usize));
            if let Some(d) = o.get::<Dict>() {
                let table = &*d.table.as_ptr();
                if let Some(hash) = quick_hash(k)
                    && let Some(i) = table.probe_quick(k, hash)
                    && let Some(v) = table.value_at(i)
                {
                    put(base.add(w.a() as usize), v.clone());
                    return frame;
                }
            } else if let Some(n) = k.as_small_int() {
                let byte = if let Some(b) = o.get::<ByteArray>() {
                    let data = &*b.data.as_ptr();
                    data.get(index_in(n, data.len())).copied()
                } else if let Some((_, data)) = o.tail::<BytesHead>() {
                    data.get(index_in(n, data.len())).copied()
                } else {
                    None
                };
                if let Some(byte) = byte {
                    put(base.add(w.a() as usize), Value::int(byte as i32));
                    return frame;
                }
            }
            if o.kind() != Instance::KIND && k.kind() != Instance::KIND {
                if let Some(get) = self.def_of(o).get_item {
                    let made = get(self, o, k);
                    return self.put_result(frame, w.a(), made);
                }
            } else if let Some(f) = self.plain_method(o, N::__getitem__)
                && let Some(next) = self.call_with(frame, f, [o, k], Ret::Reg(w.a()))
            {
                return next;
            }
            let step = self.get_item_step(o, k);
            self.finish(frame, step, Ret::Reg(w.a()))
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_set_item(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            let (o, k) = (&*base.add(w.a() as usize), &*base.add(w.b() as usize));
            let v = (*base.add(w.c() as usize)).clone();
            if let Some(d) = o.get::<Dict>() {
                if let Some(hash) = quick_hash(k)
                    && let Some(i) = (*d.table.as_ptr()).probe_quick(k, hash)
                {
                    let old = (*d.table.as_ptr()).replace_at(i, v);
                    drop(old);
                    return frame;
                }
            } else if let Some(b) = o.get::<ByteArray>()
                && let (Some(n), Some(v)) = (k.as_small_int(), v.as_small_int())
            {
                let data = &mut *b.data.as_ptr();
                let at = index_in(n, data.len());
                if let Some(place) = data.get_mut(at)
                    && (0..=255).contains(&v)
                {
                    *place = v as u8;
                    return frame;
                }
            } else if let Some(f) = self.plain_method(o, N::__setitem__)
                && let Some(next) = self.call_with(frame, f, [o, k, &v], Ret::Discard)
            {
                return next;
            }
            if o.kind() != Instance::KIND
                && let Some(set) = self.def_of(o).set_item
            {
                return match set(self, o, k, Some(v)) {
                    Ok(()) => self.top_frame(),
                    Err(Raised) => self.fail(frame),
                };
            }
            let step = self.set_item_step(o, k, Some(v));
            self.finish(frame, step, Ret::Discard)
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_in(&mut self, frame: *mut Frame, w: Word, negate: bool) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            let (item, o) = (&*base.add(w.b() as usize), &*base.add(w.c() as usize));
            if let Some(t) = quick_contains(o, item) {
                put(base.add(w.a() as usize), Value::bool(t != negate));
                return frame;
            }
            let step = self.contains_step(o, item);
            self.finish(frame, step, Ret::Bool { reg: w.a(), negate })
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_jump_in(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            let (item, o) = (&*base.add(w.a() as usize), &*base.add(w.b() as usize));
            let (polarity, distance) = (w.c() != 0, extension(frame) as i32);
            if let Some(t) = quick_contains(o, item) {
                if t == polarity {
                    (*frame).pc = (*frame).pc.offset(distance as isize);
                }
                return frame;
            }
            let step = self.contains_step(o, item);
            self.finish(frame, step, Ret::Jump { polarity, distance })
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_for_prep(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let at = (*frame).base.add(w.a() as usize);
            let v = (*at).clone();
            if let Some(r) = v.get::<Range>() {
                if let (Some(x), Some(y), Some(z)) =
                    (Value::small_int(r.start), Value::small_int(r.stop), Value::small_int(r.step))
                {
                    put(at.add(1), y);
                    put(at.add(2), z);
                    put(at, x);
                    return frame;
                }
            } else if v.get::<List>().is_some() || v.kind() == TupleHead::KIND {
                put(at.add(1), Value::int(0));
                return frame;
            }
            let step = self.iter_step(&v);
            self.finish(frame, step, Ret::Reg(w.a()))
        }
    }

    /// # Safety
    /// As for `op_binary`.
    #[inline(never)]
    pub(super) unsafe fn op_for_iter(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            let jump = extension(frame) as i32;
            if let Some(iter) = (*base.add(w.b() as usize)).get::<Iter>()
                && let Some(item) = crate::collection::fast_next(self, iter)
            {
                match item {
                    Some(v) => put(base.add(w.a() as usize), v),
                    None => (*frame).pc = (*frame).pc.offset(jump as isize),
                }
                return frame;
            }
            let it = (*base.add(w.b() as usize)).clone();
            let step = self.next_step(&it);
            self.finish(frame, step, Ret::ForIter { dst: w.a(), jump })
        }
    }
}

/// Containment that needs no comparison by Python code.
fn quick_contains(o: &Value, item: &Value) -> Option<bool> {
    // SAFETY: fact 4: nothing borrows containers while the run loop reads them.
    unsafe {
        let table = if let Some(d) = o.get::<Dict>() {
            &*d.table.as_ptr()
        } else if let Some(s) = o.get::<Set>() {
            &*s.table.as_ptr()
        } else {
            let items = if let Some(l) = o.get::<List>() { &*l.items.as_ptr() } else { o.tail::<TupleHead>()?.1 };
            for v in items {
                if quick_equal(v, item)? {
                    return Some(true);
                }
            }
            return Some(false);
        };
        table.probe_quick(item, quick_hash(item)?).map(|_| true)
    }
}
