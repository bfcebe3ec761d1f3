//! The run loop: one `match` over the operations, operands read in place. What is quick is done here; everything
//! else is an `op_` function, which says with which frame to go on.

use super::cache::{self, cache_at};
use super::frame::{Frame, FrameKind, Ret, clear, put, take};
use super::quick::*;
use super::step::{Delivered, Flow};
use super::thread::State;
use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use snakeye_bytecode::{Op, Special, Word};
use snakeye_heap::{Value, raw};

impl Vm {
    /// Runs the current thread (and, when nothing is nested, the others) until the call that started this
    /// run of the loop is over.
    pub(crate) fn run(&mut self, first: Res<Flow>, floor: usize) -> Res {
        let home = self.threads.all[self.threads.current].id;
        let mut flow = first;
        loop {
            flow = match flow {
                Ok(Flow::Go) => self.interpret(),
                Ok(Flow::Exit(v)) => return Ok(v),
                Ok(Flow::Switch) => {
                    self.choose();
                    self.wake_up()
                }
                Err(Raised) => {
                    let is_home = self.threads.all[self.threads.current].id == home;
                    match self.unwind(floor, is_home) {
                        Ok(flow) => Ok(flow),
                        Err(e) => return Err(e),
                    }
                }
            };
        }
    }

    /// The chosen thread goes on: with its wait's result if it was parked.
    fn wake_up(&mut self) -> Res<Flow> {
        let current = self.threads.current;
        let state = core::mem::replace(&mut self.threads.all[current].state, State::Ready);
        if current == 0 {
            if core::mem::take(&mut self.threads.interrupt) {
                return Err(self.raise_args(&exc::KEYBOARD_INTERRUPT, &[]));
            }
            // An interrupt that one of these asks for comes after this wait.
            self.run_scheduled();
        }
        match state {
            State::Ready => Ok(Flow::Go),
            State::Parked { woken, .. } => {
                let delivered = self.deliver(Ret::Native, Value::bool(woken.unwrap_or(false)))?;
                match delivered {
                    Delivered::Flow(flow) => Ok(flow),
                    Delivered::Next(step, ret) => self.start_step(step, ret),
                }
            }
        }
    }

    /// Interprets the frame on top, and those it calls, until something else is to be done.
    fn interpret(&mut self) -> Res<Flow> {
        let mut frame: *mut Frame = self.top_frame();
        while !frame.is_null() {
            // SAFETY: the frame on top stays in place while no entry is pushed or popped; whatever does that tells
            // the frame to go on with. Registers, constants and names: facts 1 to 3 of run/mod.rs; borrow flags:
            // fact 4.
            frame = unsafe { self.interpret_frame(frame) };
        }
        core::mem::replace(&mut self.leaving, Ok(Flow::Go))
    }

    /// Interprets from where `frame` stands to the next instruction that is not quick; returns the frame to go on
    /// with, or null.
    ///
    /// # Safety
    /// It is the frame on top.
    #[inline(always)]
    unsafe fn interpret_frame(&mut self, frame: *mut Frame) -> *mut Frame {
        // SAFETY: see `interpret`.
        unsafe {
            let base = (*frame).base;
            let mut pc = (*frame).pc;

            macro_rules! reg {
                ($i:expr) => {
                    (*base.add($i as usize))
                };
            }
            macro_rules! set {
                ($i:expr, $v:expr) => {
                    put(base.add($i as usize), $v)
                };
            }
            macro_rules! ext {
                () => {{
                    let x = *pc;
                    pc = pc.add(1);
                    x
                }};
            }
            // Leaves the quick part with an `op_` function. The pc stands behind the instruction.
            macro_rules! slow {
                ($op:ident, $($arg:expr),*) => {{
                    (*frame).pc = pc;
                    return self.$op(frame, $($arg),*);
                }};
            }
            macro_rules! arith {
                ($w:expr, $int:ident, $op:tt) => {{
                    let (x, y) = (reg!($w.b()).word(), reg!($w.c()).word());
                    if both_ints(x, y) {
                        if let Some(v) = $int(x as isize, y as isize) {
                            set!($w.a(), v);
                            continue;
                        }
                    } else if both_floats(x, y) {
                        let r = raw::decode_float(x) $op raw::decode_float(y);
                        if let Some(v) = self.quick_float(r) {
                            set!($w.a(), v);
                            continue;
                        }
                    }
                    slow!(op_binary, $w)
                }};
            }
            macro_rules! ints {
                ($w:expr, $int:expr) => {{
                    let (x, y) = (reg!($w.b()).word(), reg!($w.c()).word());
                    if both_ints(x, y)
                        && let Some(v) = $int(x as isize, y as isize)
                    {
                        set!($w.a(), v);
                        continue;
                    }
                    slow!(op_binary, $w)
                }};
            }
            macro_rules! arith_small {
                ($w:expr, $f:ident) => {{
                    let x = reg!($w.b()).word() as isize;
                    if x & 1 == 1
                        && let Some(r) = x.$f(($w.c() as i8 as isize) << 1)
                    {
                        set!($w.a(), int_word(r));
                        continue;
                    }
                    slow!(op_binary_small, $w)
                }};
            }
            macro_rules! compare {
                ($w:expr, $cmp:tt) => {{
                    let (x, y) = (reg!($w.b()).word(), reg!($w.c()).word());
                    if both_ints(x, y) {
                        set!($w.a(), Value::bool((x as isize) $cmp (y as isize)));
                    } else if both_floats(x, y) {
                        set!($w.a(), Value::bool(raw::decode_float(x) $cmp raw::decode_float(y)));
                    } else {
                        slow!(op_compare, $w)
                    }
                }};
            }
            macro_rules! jump_when {
                ($truth:expr, $distance:expr) => {
                    if $truth {
                        pc = pc.offset($distance as i32 as isize);
                    }
                };
            }
            macro_rules! jump_compare {
                ($w:expr, $cmp:tt) => {{
                    let d = ext!();
                    let (x, y) = (reg!($w.a()).word(), reg!($w.b()).word());
                    if both_ints(x, y) {
                        jump_when!(((x as isize) $cmp (y as isize)) == ($w.c() != 0), d);
                    } else if both_floats(x, y) {
                        jump_when!((raw::decode_float(x) $cmp raw::decode_float(y)) == ($w.c() != 0), d);
                    } else {
                        slow!(op_jump_compare, $w)
                    }
                }};
            }
            macro_rules! jump_compare_small {
                ($w:expr, $cmp:tt) => {{
                    let d = ext!();
                    let x = reg!($w.a()).word() as isize;
                    if x & 1 == 1 {
                        jump_when!((x $cmp (($w.b() as i8 as isize) << 1 | 1)) == ($w.c() != 0), d);
                    } else {
                        slow!(op_jump_compare_small, $w)
                    }
                }};
            }
            macro_rules! jump_truth {
                ($w:expr, $polarity:expr) => {{
                    let d = ext!();
                    let v = &reg!($w.a());
                    if v.is(&Value::TRUE) {
                        jump_when!($polarity, d);
                    } else if v.is(&Value::FALSE) || v.is_none() || v.is(&Value::int(0)) {
                        jump_when!(!$polarity, d);
                    } else if v.word() & 1 == 1 {
                        jump_when!($polarity, d);
                    } else {
                        slow!(op_jump_truth, $w, $polarity)
                    }
                }};
            }

            loop {
                let w = Word(*pc);
                pc = pc.add(1);
                // SAFETY: verified code holds only valid operation codes (fact 1).
                let op: Op = core::mem::transmute::<u8, Op>(w.op());
                match op {
                    Op::Nop => {}
                    Op::Move => set!(w.a(), reg!(w.b()).clone()),
                    Op::Take => {
                        let v = take(base.add(w.b() as usize));
                        set!(w.a(), v);
                    }
                    Op::LoadInt => set!(w.a(), Value::int(w.sbx() as i32)),
                    Op::LoadConst => {
                        let consts = (*frame).code.as_ref().consts.as_ptr();
                        set!(w.a(), (*consts.add(w.bx() as usize)).clone())
                    }
                    Op::LoadSpecial => set!(
                        w.a(),
                        match Special::from_u8(w.b()) {
                            Some(Special::False) => Value::FALSE,
                            Some(Special::True) => Value::TRUE,
                            Some(Special::Ellipsis) => Value::ELLIPSIS,
                            _ => Value::NONE,
                        }
                    ),
                    Op::CheckBound => {
                        if reg!(w.a()).is_unbound() {
                            slow!(unbound_local, w.a())
                        }
                    }
                    Op::Clear => clear(base.add(w.a() as usize), w.b() as usize),

                    Op::LoadCell => {
                        let v = match reg!(w.b()).get::<CellObject>() {
                            Some(c) => c.0.get(),
                            None => Value::UNBOUND,
                        };
                        if v.is_unbound() {
                            slow!(unbound_local, w.b())
                        }
                        set!(w.a(), v);
                    }
                    Op::StoreCell => {
                        if let Some(c) = reg!(w.a()).get::<CellObject>() {
                            c.0.set(reg!(w.b()).clone());
                        }
                    }
                    Op::LoadFree => {
                        let v = free_value(&*frame, w.bx());
                        if v.is_unbound() {
                            slow!(op_rare, w, op)
                        }
                        set!(w.a(), v);
                    }

                    Op::LoadGlobal => {
                        let x = ext!();
                        let table = &*globals_of(&*frame).table.as_ptr();
                        if let Some(cache) = cache_at(frame, (x & 0xFFFF) as usize)
                            && cache.key == table.version()
                        {
                            if cache.kind == cache::GLOBAL
                                && let Some(v) = table.value_at(cache.index as usize)
                            {
                                set!(w.a(), v.clone());
                                continue;
                            } else if cache.kind == cache::BUILTIN
                                && cache.epoch == (*self.builtins.dict.table.as_ptr()).version()
                                && let Some(v) = &cache.value
                            {
                                set!(w.a(), v.clone());
                                continue;
                            }
                        }
                        slow!(op_load_global, w)
                    }
                    Op::StoreGlobal => {
                        let x = ext!();
                        let table = &mut *globals_of(&*frame).table.as_ptr();
                        if let Some(cache) = cache_at(frame, (x & 0xFFFF) as usize)
                            && cache.kind == cache::GLOBAL
                            && cache.key == table.version()
                        {
                            let from = base.add(w.a() as usize);
                            let v = if x >> 16 & 1 == 1 { take(from) } else { (*from).clone() };
                            drop(table.replace_at(cache.index as usize, v));
                            continue;
                        }
                        slow!(op_store_global, w)
                    }

                    Op::LoadAttr => {
                        let x = ext!();
                        if let Some(i) = reg!(w.b()).get::<Instance>()
                            && let Some(cache) = cache_at(frame, (x >> 16) as usize)
                            && cache.hits(cache::SLOT, i, self.class_epoch)
                            && let Some(v) = i.slots.peek(cache.index as usize)
                            && !v.is_unbound()
                        {
                            set!(w.a(), v.clone());
                            continue;
                        }
                        slow!(op_load_attr, w)
                    }
                    Op::StoreAttr => {
                        let x = ext!();
                        let from = base.add(w.b() as usize);
                        if let Some(i) = reg!(w.a()).get::<Instance>()
                            && let Some(cache) = cache_at(frame, (x >> 16) as usize)
                            && cache.hits(cache::SLOT, i, self.class_epoch)
                            && !(*from).is_unbound()
                        {
                            let v = if w.c() & 1 == 1 { take(from) } else { (*from).clone() };
                            drop(i.slots.replace(cache.index as usize, v));
                            continue;
                        }
                        slow!(op_store_attr, w)
                    }
                    Op::LoadMethod => {
                        let x = ext!();
                        let obj = &reg!(w.b());
                        if let Some(i) = obj.get::<Instance>()
                            && let Some(cache) = cache_at(frame, (x >> 16) as usize)
                            && cache.hits(cache::METHOD, i, self.class_epoch)
                            && let Some(f) = &cache.value
                        {
                            let obj = obj.clone();
                            set!(w.a(), f.clone());
                            set!(w.a() + 1, obj);
                            continue;
                        } else if let Some(cache) = cache_at(frame, (x >> 16) as usize)
                            && cache.kind == cache::KIND_METHOD
                            && cache.key == obj.kind() as u32
                            && let Some(f) = &cache.value
                        {
                            let obj = obj.clone();
                            set!(w.a(), f.clone());
                            set!(w.a() + 1, obj);
                            continue;
                        }
                        slow!(op_load_method, w)
                    }

                    Op::GetItem => {
                        if let Some(n) = reg!(w.c()).as_small_int() {
                            let o = &reg!(w.b());
                            let v = if let Some(l) = o.get::<List>() {
                                let items = &*l.items.as_ptr();
                                items.get(index_in(n, items.len()))
                            } else if let Some((_, items)) = o.tail::<TupleHead>() {
                                items.get(index_in(n, items.len()))
                            } else {
                                None
                            };
                            if let Some(v) = v {
                                set!(w.a(), v.clone());
                                continue;
                            }
                        }
                        slow!(op_get_item, w)
                    }
                    Op::SetItem => {
                        if let Some(n) = reg!(w.b()).as_small_int()
                            && let Some(l) = reg!(w.a()).get::<List>()
                        {
                            let items = &mut *l.items.as_ptr();
                            let at = index_in(n, items.len());
                            if let Some(place) = items.get_mut(at) {
                                put(place, reg!(w.c()).clone());
                                continue;
                            }
                        }
                        slow!(op_set_item, w)
                    }

                    Op::Add | Op::IAdd => arith!(w, add, +),
                    Op::Sub | Op::ISub => arith!(w, sub, -),
                    Op::Mul | Op::IMul => arith!(w, mul, *),
                    Op::TrueDiv | Op::ITrueDiv => {
                        let (x, y) = (reg!(w.b()).word(), reg!(w.c()).word());
                        if both_floats(x, y) {
                            let y = raw::decode_float(y);
                            if y != 0.0
                                && let Some(v) = self.quick_float(raw::decode_float(x) / y)
                            {
                                set!(w.a(), v);
                                continue;
                            }
                        }
                        slow!(op_binary, w)
                    }
                    Op::FloorDiv | Op::IFloorDiv => ints!(w, floor_div),
                    Op::Mod | Op::IMod => ints!(w, modulo),
                    Op::Shl | Op::IShl => ints!(w, shl),
                    Op::Shr | Op::IShr => ints!(w, shr),
                    Op::And | Op::IAnd => ints!(w, |x, y| Some(int_word(x & y))),
                    Op::Or | Op::IOr => ints!(w, |x, y| Some(int_word(x | y))),
                    Op::Xor | Op::IXor => ints!(w, |x, y| Some(int_word(x ^ y | 1))),
                    Op::Pow | Op::IPow | Op::MatMul | Op::IMatMul => slow!(op_binary, w),
                    Op::AddI | Op::IAddI => arith_small!(w, checked_add),
                    Op::SubI | Op::ISubI => arith_small!(w, checked_sub),
                    Op::Neg => {
                        if let Some(n) = reg!(w.b()).as_small_int()
                            && let Some(v) = Value::small_int(-n)
                        {
                            set!(w.a(), v);
                            continue;
                        }
                        slow!(op_unary, w, UnOp::Neg)
                    }
                    Op::Pos => slow!(op_unary, w, UnOp::Pos),
                    Op::Invert => slow!(op_unary, w, UnOp::Invert),
                    Op::Not => {
                        let v = &reg!(w.b());
                        if v.is(&Value::TRUE) {
                            set!(w.a(), Value::FALSE);
                        } else if v.is(&Value::FALSE) || v.is_none() {
                            set!(w.a(), Value::TRUE);
                        } else {
                            slow!(op_not, w)
                        }
                    }

                    Op::Eq => compare!(w, ==),
                    Op::Ne => compare!(w, !=),
                    Op::Lt => compare!(w, <),
                    Op::Le => compare!(w, <=),
                    Op::Gt => compare!(w, >),
                    Op::Ge => compare!(w, >=),
                    Op::Is => set!(w.a(), Value::bool(reg!(w.b()).is(&reg!(w.c())))),
                    Op::IsNot => set!(w.a(), Value::bool(!reg!(w.b()).is(&reg!(w.c())))),
                    Op::In => slow!(op_in, w, false),
                    Op::NotIn => slow!(op_in, w, true),

                    Op::Jump => pc = pc.offset(w.s24() as isize),
                    Op::JumpBack => {
                        pc = pc.offset(w.s24() as isize);
                        self.threads.fuel -= 1;
                        if self.threads.fuel <= 0 {
                            slow!(op_tick,)
                        }
                    }
                    Op::JumpTrue => jump_truth!(w, true),
                    Op::JumpFalse => jump_truth!(w, false),
                    Op::JumpEq => jump_compare!(w, ==),
                    Op::JumpNe => jump_compare!(w, !=),
                    Op::JumpLt => jump_compare!(w, <),
                    Op::JumpLe => jump_compare!(w, <=),
                    Op::JumpGt => jump_compare!(w, >),
                    Op::JumpGe => jump_compare!(w, >=),
                    Op::JumpIs => {
                        let d = ext!();
                        jump_when!(reg!(w.a()).is(&reg!(w.b())) == (w.c() != 0), d);
                    }
                    Op::JumpIn => {
                        pc = pc.add(1);
                        slow!(op_jump_in, w)
                    }
                    Op::JumpEqI => jump_compare_small!(w, ==),
                    Op::JumpNeI => jump_compare_small!(w, !=),
                    Op::JumpLtI => jump_compare_small!(w, <),
                    Op::JumpLeI => jump_compare_small!(w, <=),
                    Op::JumpGtI => jump_compare_small!(w, >),
                    Op::JumpGeI => jump_compare_small!(w, >=),

                    Op::ForPrep => slow!(op_for_prep, w),
                    Op::ForIter => {
                        let jump = ext!();
                        let state = base.add(w.b() as usize);
                        let n = (*state).word() as isize;
                        if n & 1 == 1 {
                            // A range: the next item, the bound and the step, all small integers, compared as tagged.
                            let (stop, step) = ((*state.add(1)).word() as isize, (*state.add(2)).word() as isize);
                            if if step > 0 { n < stop } else { n > stop } {
                                match n.checked_add(step - 1) {
                                    Some(next) => state.write(int_word(next)),
                                    // One step beyond the bound does not fit a small integer: this is the last.
                                    None => state.add(1).write(int_word(n)),
                                }
                                set!(w.a(), int_word(n));
                            } else {
                                pc = pc.offset(jump as i32 as isize);
                            }
                            continue;
                        }
                        let items: &[Value] = if let Some(l) = (*state).get::<List>() {
                            &*l.items.as_ptr()
                        } else if let Some((_, items)) = (*state).tail::<TupleHead>() {
                            items
                        } else if (*state).get::<Generator>().is_some() {
                            slow!(op_for_generator, w)
                        } else {
                            slow!(op_for_iter, w)
                        };
                        let i = (*state.add(1)).word() as isize;
                        match items.get(i as usize >> 1) {
                            Some(v) => {
                                let v = v.clone();
                                state.add(1).write(int_word(i + 2));
                                set!(w.a(), v);
                            }
                            None => pc = pc.offset(jump as i32 as isize),
                        }
                    }

                    Op::Yield => slow!(op_yield, w),
                    Op::YieldFrom => slow!(op_yield_from, w),

                    Op::Call => {
                        let at = base.add(w.a() as usize);
                        let next = self.quick_call(frame, pc, at, at.add(1), w.b() as usize);
                        if !next.is_null() {
                            return next;
                        }
                        slow!(op_call, w)
                    }
                    Op::CallMethod => {
                        let at = base.add(w.a() as usize);
                        if !(*at.add(1)).is_unbound() {
                            let next = self.quick_call(frame, pc, at, at.add(1), w.b() as usize + 1);
                            if !next.is_null() {
                                return next;
                            }
                        }
                        slow!(op_call_method, w)
                    }
                    Op::CallKw => {
                        pc = pc.add(1);
                        slow!(op_call_keywords, w, false)
                    }
                    Op::CallMethodKw => {
                        pc = pc.add(1);
                        slow!(op_call_keywords, w, true)
                    }
                    Op::CallEx | Op::CallMethodEx => slow!(op_call_spread, w),
                    Op::Return | Op::ReturnNone => {
                        let v = if op == Op::Return { take(base.add(w.a() as usize)) } else { Value::NONE };
                        if let Ret::Reg(r) = (*frame).ret
                            && (*frame).kind == FrameKind::Plain
                        {
                            return self.quick_return(frame, r, v);
                        }
                        slow!(op_return, v)
                    }
                    Op::MakeFunction => {
                        pc = pc.add(1);
                        slow!(op_make_function, w)
                    }

                    Op::Unpack => {
                        let v = reg!(w.b()).clone();
                        if let Some((_, items)) = v.tail::<TupleHead>()
                            && items.len() == w.c() as usize
                        {
                            for (i, item) in items.iter().enumerate() {
                                set!(w.a() as usize + i, item.clone());
                            }
                            continue;
                        }
                        slow!(op_build, w, op)
                    }
                    Op::UnpackEx => {
                        pc = pc.add(1);
                        slow!(op_build, w, op)
                    }
                    Op::BuildList
                    | Op::BuildTuple
                    | Op::BuildSet
                    | Op::BuildMap
                    | Op::BuildString
                    | Op::BuildSlice
                    | Op::Format
                    | Op::ListAppend
                    | Op::ListExtend
                    | Op::SetAdd
                    | Op::SetUpdate
                    | Op::MapSet
                    | Op::MapUpdate
                    | Op::MapMerge
                    | Op::ListToTuple => slow!(op_build, w, op),

                    Op::LoadClassFree | Op::Import | Op::ImportFrom | Op::JumpNoMatch => {
                        pc = pc.add(1);
                        slow!(op_rare, w, op)
                    }
                    Op::MakeCell
                    | Op::DelCell
                    | Op::StoreFree
                    | Op::DelFree
                    | Op::DelGlobal
                    | Op::LoadName
                    | Op::StoreName
                    | Op::DelName
                    | Op::DelAttr
                    | Op::DelItem
                    | Op::GetIter
                    | Op::GetYieldFromIter
                    | Op::GetAwaitable
                    | Op::LoadBuildClass
                    | Op::ImportStar
                    | Op::Raise
                    | Op::RaiseFrom
                    | Op::Reraise
                    | Op::TypeOf
                    | Op::GetAiter
                    | Op::GetAnext
                    | Op::PrintExpr => slow!(op_rare, w, op),
                }
            }
        }
    }

    /// The value of a float that fits the word, rounded as the configuration says.
    #[inline(always)]
    fn quick_float(&self, x: f64) -> Option<Value> {
        Value::inline_float(if self.config.f32 { x as f32 as f64 } else { x })
    }

    /// The slice is used up.
    #[cold]
    #[inline(never)]
    fn op_tick(&mut self, frame: *mut Frame) -> *mut Frame {
        let flow = match self.tick() {
            Ok(true) => self.wake_up(),
            Ok(false) => Ok(Flow::Go),
            Err(e) => Err(e),
        };
        self.go(frame, flow)
    }
}
