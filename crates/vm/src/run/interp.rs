//! The run loop: one `match` over the operations, operands read in place, cold paths out of line.

use super::frame::{Entry, Frame, GenEnd, Ret, clear};
use super::step::{Delivered, Flow};
use super::thread::State;
use crate::exceptions as exc;
use crate::names::N;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::vec::Vec;
use core::ptr::NonNull;
use snakeye_bytecode::{CodeFlags, FreeVar, Op, Special, Word};
use snakeye_heap::{HVec, Slots, Value, raw};

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
        if current == 0 && core::mem::take(&mut self.threads.interrupt) {
            return Err(self.raise_args(&exc::KEYBOARD_INTERRUPT, &[]));
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
        'frame: loop {
            let Some(Entry::Python(frame)) = self.stack().entries.last_mut() else {
                return Err(self.runtime_error("frame expected"));
            };
            let frame: *mut Frame = frame;
            // SAFETY: the frame stays in place while no entry is pushed or popped; after either the loop starts over at
            // 'frame. Registers, constants and names: facts 1 to 3 of run/mod.rs; borrow flags: fact 4.
            unsafe {
                let base = (*frame).base;
                let mut pc = (*frame).pc;
                let code: &CodeObject = (*frame).code.as_ref();
                let consts = code.consts.as_ptr();
                let names = code.names.as_ptr();
                let row = &mut *code.caches.get();
                if code.n_caches > 0 && row.is_empty() {
                    *row = (0..code.n_caches).map(|_| Cache::default()).collect();
                }
                let caches = row.as_mut_ptr();

                macro_rules! reg {
                    ($i:expr) => {
                        (*base.add($i as usize))
                    };
                }
                macro_rules! set {
                    ($i:expr, $v:expr) => {{
                        let v: Value = $v;
                        drop(core::mem::replace(&mut *base.add($i as usize), v));
                    }};
                }
                macro_rules! ext {
                    () => {{
                        let x = *pc;
                        pc = pc.add(1);
                        x
                    }};
                }
                macro_rules! save {
                    () => {
                        (*frame).pc = pc
                    };
                }
                // A fallible expression: on an exception, unwinding starts at this instruction.
                macro_rules! attempt {
                    ($e:expr) => {{
                        save!();
                        match $e {
                            Ok(v) => v,
                            Err(e) => return Err(Raised::from(e)),
                        }
                    }};
                }
                // A step whose result goes to `ret`.
                macro_rules! finish {
                    ($step:expr, $ret:expr) => {{
                        save!();
                        match $step {
                            Ok(Step::Done(v)) => {
                                if let Ret::Reg(r) = $ret {
                                    set!(r, v);
                                } else {
                                    match self.deliver($ret, v)? {
                                        Delivered::Flow(Flow::Go) => pc = (*frame).pc,
                                        Delivered::Flow(flow) => return Ok(flow),
                                        Delivered::Next(step, ret) => match self.start_step(step, ret)? {
                                            Flow::Go => continue 'frame,
                                            flow => return Ok(flow),
                                        },
                                    }
                                }
                            }
                            Ok(step) => match self.start_step(step, $ret)? {
                                Flow::Go => continue 'frame,
                                flow => return Ok(flow),
                            },
                            Err(e) => return Err(e),
                        }
                    }};
                }
                macro_rules! tick {
                    () => {
                        self.threads.fuel -= 1;
                        if self.threads.fuel <= 0 {
                            save!();
                            if self.tick()? {
                                match self.wake_up()? {
                                    Flow::Go => continue 'frame,
                                    flow => return Ok(flow),
                                }
                            }
                        }
                    };
                }
                macro_rules! float {
                    ($x:expr) => {{
                        let x: f64 = if self.config.f32 { ($x) as f32 as f64 } else { $x };
                        match Value::inline_float(x) {
                            Some(v) => v,
                            None => attempt!(self.new_float(x)),
                        }
                    }};
                }
                macro_rules! binary {
                    ($w:expr, $op:expr, $inplace:expr) => {{
                        let step = if $inplace {
                            self.inplace_step($op, &reg!($w.b()), &reg!($w.c()))
                        } else {
                            self.binary_step($op, &reg!($w.b()), &reg!($w.c()))
                        };
                        finish!(step, Ret::Reg($w.a()))
                    }};
                }
                macro_rules! arith {
                    ($w:expr, $op:expr, $inplace:expr, $int:expr, $flt:expr) => {{
                        let (x, y) = (&reg!($w.b()), &reg!($w.c()));
                        let (wx, wy) = (x.word(), y.word());
                        if wx & wy & 1 == 1 {
                            let f: fn(isize, isize) -> Option<Value> = $int;
                            if let Some(v) = f(wx as isize, wy as isize) {
                                set!($w.a(), v);
                                continue;
                            }
                        } else if raw::is_inline_float(wx) && raw::is_inline_float(wy) {
                            let f: fn(f64, f64) -> f64 = $flt;
                            let v = float!(f(raw::decode_float(wx), raw::decode_float(wy)));
                            set!($w.a(), v);
                            continue;
                        }
                        binary!($w, $op, $inplace)
                    }};
                }
                macro_rules! bits {
                    ($w:expr, $op:expr, $inplace:expr, $f:expr) => {{
                        let (wx, wy) = (reg!($w.b()).word(), reg!($w.c()).word());
                        if wx & wy & 1 == 1 {
                            let f: fn(isize, isize) -> Option<Value> = $f;
                            if let Some(v) = f(wx as isize >> 1, wy as isize >> 1) {
                                set!($w.a(), v);
                                continue;
                            }
                        }
                        binary!($w, $op, $inplace)
                    }};
                }
                macro_rules! arith_i {
                    ($w:expr, $op:expr, $inplace:expr, $f:ident) => {{
                        let n = $w.c() as i8;
                        let x = reg!($w.b()).word();
                        if x & 1 == 1
                            && let Some(r) = (x as isize).$f((n as isize) << 1)
                        {
                            set!($w.a(), int_word(r));
                            continue;
                        }
                        let y = Value::int(n as i32);
                        let step = if $inplace {
                            self.inplace_step($op, &reg!($w.b()), &y)
                        } else {
                            self.binary_step($op, &reg!($w.b()), &y)
                        };
                        finish!(step, Ret::Reg($w.a()))
                    }};
                }
                macro_rules! compare {
                    ($w:expr, $op:expr, $cmp:tt) => {{
                        let (wx, wy) = (reg!($w.b()).word(), reg!($w.c()).word());
                        if wx & wy & 1 == 1 {
                            set!($w.a(), Value::bool((wx as isize) $cmp (wy as isize)));
                            continue;
                        } else if raw::is_inline_float(wx) && raw::is_inline_float(wy) {
                            set!($w.a(), Value::bool(raw::decode_float(wx) $cmp raw::decode_float(wy)));
                            continue;
                        }
                        finish!(self.compare_step($op, &reg!($w.b()), &reg!($w.c())), Ret::Reg($w.a()))
                    }};
                }
                macro_rules! jump_compare {
                    ($w:expr, $op:expr, $cmp:tt) => {{
                        let d = ext!() as i32;
                        let (wx, wy) = (reg!($w.a()).word(), reg!($w.b()).word());
                        let truth = if wx & wy & 1 == 1 {
                            (wx as isize) $cmp (wy as isize)
                        } else if raw::is_inline_float(wx) && raw::is_inline_float(wy) {
                            raw::decode_float(wx) $cmp raw::decode_float(wy)
                        } else {
                            let step = self.compare_step($op, &reg!($w.a()), &reg!($w.b()));
                            finish!(step, Ret::Jump { polarity: $w.c() != 0, distance: d });
                            continue;
                        };
                        if truth == ($w.c() != 0) {
                            pc = pc.offset(d as isize);
                        }
                    }};
                }
                macro_rules! jump_compare_i {
                    ($w:expr, $op:expr, $cmp:tt) => {{
                        let d = ext!() as i32;
                        let n = $w.b() as i8 as isize;
                        let wx = reg!($w.a()).word();
                        if wx & 1 == 1 {
                            if ((wx as isize >> 1) $cmp n) == ($w.c() != 0) {
                                pc = pc.offset(d as isize);
                            }
                            continue;
                        }
                        let step = self.compare_step($op, &reg!($w.a()), &Value::int(n as i32));
                        finish!(step, Ret::Jump { polarity: $w.c() != 0, distance: d });
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
                            let v = core::mem::replace(&mut reg!(w.b()), Value::UNBOUND);
                            set!(w.a(), v);
                        }
                        Op::LoadInt => set!(w.a(), Value::int(w.sbx() as i32)),
                        Op::LoadConst => set!(w.a(), (*consts.add(w.bx() as usize)).clone()),
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
                                save!();
                                return Err(self.unbound_local(code, w.a()));
                            }
                        }
                        Op::Clear => clear(base.add(w.a() as usize), w.b() as usize),

                        Op::MakeCell => {
                            let v = core::mem::replace(&mut reg!(w.a()), Value::UNBOUND);
                            let cell = attempt!(self.heap.alloc(CellObject(snakeye_heap::Slot::new(v))));
                            set!(w.a(), cell.into());
                        }
                        Op::LoadCell => {
                            let v = match reg!(w.b()).get::<CellObject>() {
                                Some(c) => c.0.get(),
                                None => Value::UNBOUND,
                            };
                            if v.is_unbound() {
                                save!();
                                return Err(self.unbound_local(code, w.b()));
                            }
                            set!(w.a(), v);
                        }
                        Op::StoreCell => {
                            let v = reg!(w.b()).clone();
                            if let Some(c) = reg!(w.a()).get::<CellObject>() {
                                c.0.set(v);
                            }
                        }
                        Op::DelCell => {
                            let old = match reg!(w.a()).get::<CellObject>() {
                                Some(c) => c.0.replace(Value::UNBOUND),
                                None => Value::UNBOUND,
                            };
                            if old.is_unbound() {
                                save!();
                                return Err(self.unbound_local(code, w.a()));
                            }
                        }
                        Op::LoadFree => {
                            let v =
                                free_cell(&*frame, w.bx()).map_or(Value::UNBOUND, |c| match c.get::<CellObject>() {
                                    Some(c) => c.0.get(),
                                    None => Value::UNBOUND,
                                });
                            if v.is_unbound() {
                                save!();
                                return Err(
                                    self.raise_new(&exc::NAME_ERROR, "local variable referenced before assignment")
                                );
                            }
                            set!(w.a(), v);
                        }
                        Op::StoreFree => {
                            let v = reg!(w.a()).clone();
                            if let Some(c) = free_cell(&*frame, w.bx())
                                && let Some(c) = c.get::<CellObject>()
                            {
                                c.0.set(v);
                            }
                        }
                        Op::DelFree => {
                            let old =
                                free_cell(&*frame, w.bx()).map_or(Value::UNBOUND, |c| match c.get::<CellObject>() {
                                    Some(c) => c.0.replace(Value::UNBOUND),
                                    None => Value::UNBOUND,
                                });
                            if old.is_unbound() {
                                save!();
                                return Err(
                                    self.raise_new(&exc::NAME_ERROR, "local variable referenced before assignment")
                                );
                            }
                        }
                        Op::LoadClassFree => {
                            let name = &*names.add(ext!() as usize);
                            let found = (*frame).namespace.get::<Dict>().and_then(|d| d.get_name(name));
                            let v = match found {
                                Some(v) => v,
                                None => {
                                    free_cell(&*frame, w.bx()).map_or(Value::UNBOUND, |c| match c.get::<CellObject>() {
                                        Some(c) => c.0.get(),
                                        None => Value::UNBOUND,
                                    })
                                }
                            };
                            if v.is_unbound() {
                                save!();
                                return Err(self.no_name(name));
                            }
                            set!(w.a(), v);
                        }

                        Op::LoadGlobal => {
                            let cache = &mut *caches.add((ext!() & 0xFFFF) as usize);
                            let name = &*names.add(w.bx() as usize);
                            let globals = globals_of(&*frame);
                            let table = &*globals.table.as_ptr();
                            if cache.kind == GLOBAL {
                                if let Some(e) = table.entries().get(cache.index as usize)
                                    && e.key.is(name)
                                {
                                    set!(w.a(), e.value.clone());
                                    continue;
                                }
                            } else if cache.kind == BUILTIN
                                && cache.key == table.version()
                                && cache.epoch == (*self.builtins.dict.table.as_ptr()).version()
                                && let Some(v) = &cache.value
                            {
                                set!(w.a(), v.clone());
                                continue;
                            }
                            let v = attempt!(self.load_global(globals, name, cache));
                            set!(w.a(), v);
                        }
                        Op::StoreGlobal => {
                            let x = ext!();
                            let name = &*names.add(w.bx() as usize);
                            let v = if x >> 16 & 1 == 1 {
                                core::mem::replace(&mut reg!(w.a()), Value::UNBOUND)
                            } else {
                                reg!(w.a()).clone()
                            };
                            let cache = &mut *caches.add((x & 0xFFFF) as usize);
                            let globals = globals_of(&*frame);
                            let table = &mut *globals.table.as_ptr();
                            if cache.kind == GLOBAL
                                && table.entries().get(cache.index as usize).is_some_and(|e| e.key.is(name))
                            {
                                let old = table.replace_at(cache.index as usize, v);
                                drop(old);
                                continue;
                            }
                            attempt!(globals.set_name(&self.heap, name, v));
                            if let Some(i) = (*globals.table.as_ptr()).find_name(name) {
                                cache.kind = GLOBAL;
                                cache.index = i as u32;
                            }
                        }
                        Op::DelGlobal => {
                            let name = &*names.add(w.bx() as usize);
                            if globals_of(&*frame).remove_name(&self.heap, name).is_none() {
                                save!();
                                return Err(self.no_name(name));
                            }
                        }
                        Op::LoadName => {
                            let name = &*names.add(w.bx() as usize);
                            let v = match (*frame).namespace.get::<Dict>().and_then(|d| d.get_name(name)) {
                                Some(v) => v,
                                None => {
                                    let mut cache = Cache::default();
                                    attempt!(self.load_global(globals_of(&*frame), name, &mut cache))
                                }
                            };
                            set!(w.a(), v);
                        }
                        Op::StoreName => {
                            let name = &*names.add(w.bx() as usize);
                            let v = reg!(w.a()).clone();
                            match (*frame).namespace.get::<Dict>() {
                                Some(d) => attempt!(d.set_name(&self.heap, name, v)),
                                None => attempt!(globals_of(&*frame).set_name(&self.heap, name, v)),
                            }
                        }
                        Op::DelName => {
                            let name = &*names.add(w.bx() as usize);
                            let gone = match (*frame).namespace.get::<Dict>() {
                                Some(d) => d.remove_name(&self.heap, name),
                                None => globals_of(&*frame).remove_name(&self.heap, name),
                            };
                            if gone.is_none() {
                                save!();
                                return Err(self.no_name(name));
                            }
                        }

                        Op::LoadAttr => {
                            let x = ext!();
                            let name = &*names.add((x & 0xFFFF) as usize);
                            let cache = &mut *caches.add((x >> 16) as usize);
                            let obj = &reg!(w.b());
                            if let Some(i) = obj.get::<Instance>() {
                                if cache.kind == SLOT
                                    && cache.key == i.shape.get()
                                    && cache.epoch == self.class_epoch
                                    && let Some(v) = i.slots.get(cache.index as usize)
                                    && !v.is_unbound()
                                {
                                    set!(w.a(), v);
                                    continue;
                                }
                                self.fill_slot_cache(i, name, cache);
                            } else if let Some(m) = obj.get::<Module>()
                                && let Some(v) = module_hit(m, name, cache)
                            {
                                set!(w.a(), v);
                                continue;
                            }
                            finish!(self.load_attr_step(&reg!(w.b()), name), Ret::Reg(w.a()))
                        }
                        Op::StoreAttr => {
                            let x = ext!();
                            let name = &*names.add((x & 0xFFFF) as usize);
                            let cache = &mut *caches.add((x >> 16) as usize);
                            let v = if w.c() & 1 == 1 {
                                core::mem::replace(&mut reg!(w.b()), Value::UNBOUND)
                            } else {
                                reg!(w.b()).clone()
                            };
                            if v.is_unbound() {
                                save!();
                                return Err(self.unbound_local(code, w.b()));
                            }
                            if let Some(i) = reg!(w.a()).get::<Instance>() {
                                if cache.key == i.shape.get() && cache.epoch == self.class_epoch {
                                    if cache.kind == SLOT {
                                        match i.slots.replace(cache.index as usize, v) {
                                            Ok(old) => drop(old),
                                            Err(v) => drop(v),
                                        }
                                        continue;
                                    } else if cache.kind == ADD {
                                        attempt!(i.slots.push(&self.heap, v));
                                        i.shape.set(cache.index);
                                        continue;
                                    }
                                }
                                let shape = i.shape.get();
                                let obj = reg!(w.a()).clone();
                                let i = match obj.get::<Instance>() {
                                    Some(i) => i,
                                    None => continue,
                                };
                                if self.plain_store(i) {
                                    attempt!(self.set_slot(&obj, i, name, Some(v)));
                                    cache.key = shape;
                                    cache.epoch = self.class_epoch;
                                    cache.value = None;
                                    if i.shape.get() == shape {
                                        cache.kind = SLOT;
                                        cache.index = self.shapes.find(shape, name).unwrap_or(0) as u32;
                                    } else {
                                        cache.kind = ADD;
                                        cache.index = i.shape.get();
                                    }
                                    continue;
                                }
                                finish!(self.store_attr_step(&obj, name, Some(v)), Ret::Discard);
                                continue;
                            }
                            let obj = reg!(w.a()).clone();
                            finish!(self.store_attr_step(&obj, name, Some(v)), Ret::Discard)
                        }
                        Op::DelAttr => {
                            let name = &*names.add(w.bx() as usize);
                            finish!(self.store_attr_step(&reg!(w.a()), name, None), Ret::Discard)
                        }
                        Op::LoadMethod => {
                            let x = ext!();
                            let name = &*names.add((x & 0xFFFF) as usize);
                            let cache = &mut *caches.add((x >> 16) as usize);
                            let obj = reg!(w.b()).clone();
                            if let Some(i) = obj.get::<Instance>() {
                                if cache.kind == METHOD
                                    && cache.key == i.shape.get()
                                    && cache.epoch == self.class_epoch
                                    && let Some(f) = &cache.value
                                {
                                    set!(w.a(), f.clone());
                                    set!(w.a() + 1, obj);
                                    continue;
                                }
                                if cache.kind == SLOT
                                    && cache.key == i.shape.get()
                                    && cache.epoch == self.class_epoch
                                    && let Some(v) = i.slots.get(cache.index as usize)
                                    && !v.is_unbound()
                                {
                                    set!(w.a(), v);
                                    set!(w.a() + 1, Value::UNBOUND);
                                    continue;
                                }
                                if let Some(f) = self.fill_method_cache(i, name, cache) {
                                    set!(w.a(), f);
                                    set!(w.a() + 1, obj);
                                    continue;
                                }
                                self.fill_slot_cache(i, name, cache);
                            } else if let Some(m) = obj.get::<Module>() {
                                if let Some(v) = module_hit(m, name, cache) {
                                    set!(w.a(), v);
                                    set!(w.a() + 1, Value::UNBOUND);
                                    continue;
                                }
                            } else {
                                let rom = self.rom_type_of(&obj);
                                let key = (core::ptr::from_ref(rom) as usize >> 3) as u32;
                                if cache.kind == NATIVE_METHOD
                                    && cache.key == key
                                    && let Some(f) = &cache.value
                                {
                                    set!(w.a(), f.clone());
                                    set!(w.a() + 1, obj);
                                    continue;
                                }
                                if obj.get::<Class>().is_none()
                                    && obj.get::<TypeDef>().is_none()
                                    && obj.get::<Super>().is_none()
                                    && rom.get().get_attr.is_none()
                                    && let Some(crate::object::Entry::Fn(f)) =
                                        rom.get().find(name.as_str().unwrap_or(""))
                                {
                                    cache.kind = NATIVE_METHOD;
                                    cache.key = key;
                                    cache.value = Some(f.value());
                                    set!(w.a(), f.value());
                                    set!(w.a() + 1, obj);
                                    continue;
                                }
                            }
                            set!(w.a() + 1, Value::UNBOUND);
                            finish!(self.load_attr_step(&obj, name), Ret::Reg(w.a()))
                        }
                        Op::GetItem => {
                            let (o, k) = (&reg!(w.b()), &reg!(w.c()));
                            if let Some(n) = k.as_small_int() {
                                if let Some(l) = o.get::<List>() {
                                    let items = &*l.items.as_ptr();
                                    let at = if n < 0 { n + items.len() as i64 } else { n } as usize;
                                    if let Some(v) = items.get(at) {
                                        set!(w.a(), v.clone());
                                        continue;
                                    }
                                } else if let Some((_, items)) = o.tail::<TupleHead>() {
                                    let at = if n < 0 { n + items.len() as i64 } else { n } as usize;
                                    if let Some(v) = items.get(at) {
                                        set!(w.a(), v.clone());
                                        continue;
                                    }
                                } else if let Some(b) = o.get::<ByteArray>() {
                                    let data = &*b.data.as_ptr();
                                    if n >= 0
                                        && let Some(v) = data.get(n as usize)
                                    {
                                        set!(w.a(), Value::int(*v as i32));
                                        continue;
                                    }
                                }
                            }
                            if let Some(d) = o.get::<Dict>()
                                && let Some(hash) = quick_hash(k)
                                && let Probe::Found(i) = (*d.table.as_ptr()).probe(k, hash)
                                && let Some(v) = (*d.table.as_ptr()).value_at(i)
                            {
                                set!(w.a(), v.clone());
                                continue;
                            }
                            finish!(self.get_item_step(&reg!(w.b()), &reg!(w.c())), Ret::Reg(w.a()))
                        }
                        Op::SetItem => {
                            let (o, k, v) = (&reg!(w.a()), &reg!(w.b()), &reg!(w.c()));
                            if let Some(n) = k.as_small_int()
                                && let Some(l) = o.get::<List>()
                            {
                                let items = &mut *l.items.as_ptr();
                                let at = if n < 0 { n + items.len() as i64 } else { n } as usize;
                                if let Some(place) = items.get_mut(at) {
                                    let old = core::mem::replace(place, v.clone());
                                    drop(old);
                                    continue;
                                }
                            } else if let Some(d) = o.get::<Dict>()
                                && let Some(hash) = quick_hash(k)
                                && let Probe::Found(i) = (*d.table.as_ptr()).probe(k, hash)
                            {
                                let old = (*d.table.as_ptr()).replace_at(i, v.clone());
                                drop(old);
                                continue;
                            }
                            let v = reg!(w.c()).clone();
                            finish!(self.set_item_step(&reg!(w.a()), &reg!(w.b()), Some(v)), Ret::Discard)
                        }
                        Op::DelItem => finish!(self.set_item_step(&reg!(w.a()), &reg!(w.b()), None), Ret::Discard),
                        Op::BuildSlice => {
                            let b = w.b() as usize;
                            let slice =
                                Slice { start: reg!(b).clone(), stop: reg!(b + 1).clone(), step: reg!(b + 2).clone() };
                            let s = attempt!(self.heap.alloc(slice));
                            set!(w.a(), s.into());
                        }

                        Op::Add => arith!(w, BinOp::Add, false, add, |x, y| x + y),
                        Op::Sub => arith!(w, BinOp::Sub, false, sub, |x, y| x - y),
                        Op::Mul => arith!(w, BinOp::Mul, false, mul, |x, y| x * y),
                        Op::IAdd => arith!(w, BinOp::Add, true, add, |x, y| x + y),
                        Op::ISub => arith!(w, BinOp::Sub, true, sub, |x, y| x - y),
                        Op::IMul => arith!(w, BinOp::Mul, true, mul, |x, y| x * y),
                        Op::TrueDiv | Op::ITrueDiv => {
                            let (wx, wy) = (reg!(w.b()).word(), reg!(w.c()).word());
                            if raw::is_inline_float(wx) && raw::is_inline_float(wy) {
                                let y = raw::decode_float(wy);
                                if y != 0.0 {
                                    let v = float!(raw::decode_float(wx) / y);
                                    set!(w.a(), v);
                                    continue;
                                }
                            }
                            binary!(w, BinOp::TrueDiv, op == Op::ITrueDiv)
                        }
                        Op::FloorDiv | Op::IFloorDiv => {
                            let (wx, wy) = (reg!(w.b()).word(), reg!(w.c()).word());
                            if wx & wy & 1 == 1 {
                                let (x, y) = (wx as isize >> 1, wy as isize >> 1);
                                if y > 0 {
                                    set!(w.a(), int_word(x.div_euclid(y) << 1 | 1));
                                    continue;
                                }
                            }
                            binary!(w, BinOp::FloorDiv, op == Op::IFloorDiv)
                        }
                        Op::Mod | Op::IMod => {
                            let (wx, wy) = (reg!(w.b()).word(), reg!(w.c()).word());
                            if wx & wy & 1 == 1 {
                                let (x, y) = (wx as isize >> 1, wy as isize >> 1);
                                if y > 0 {
                                    set!(w.a(), int_word(x.rem_euclid(y) << 1 | 1));
                                    continue;
                                }
                            }
                            binary!(w, BinOp::Mod, op == Op::IMod)
                        }
                        Op::Pow => binary!(w, BinOp::Pow, false),
                        Op::IPow => binary!(w, BinOp::Pow, true),
                        Op::Shl => bits!(w, BinOp::Shl, false, shl),
                        Op::IShl => bits!(w, BinOp::Shl, true, shl),
                        Op::Shr => bits!(w, BinOp::Shr, false, shr),
                        Op::IShr => bits!(w, BinOp::Shr, true, shr),
                        Op::And => bits!(w, BinOp::And, false, |x, y| Some(int_word((x & y) << 1 | 1))),
                        Op::IAnd => bits!(w, BinOp::And, true, |x, y| Some(int_word((x & y) << 1 | 1))),
                        Op::Or => bits!(w, BinOp::Or, false, |x, y| Some(int_word((x | y) << 1 | 1))),
                        Op::IOr => bits!(w, BinOp::Or, true, |x, y| Some(int_word((x | y) << 1 | 1))),
                        Op::Xor => bits!(w, BinOp::Xor, false, |x, y| Some(int_word((x ^ y) << 1 | 1))),
                        Op::IXor => bits!(w, BinOp::Xor, true, |x, y| Some(int_word((x ^ y) << 1 | 1))),
                        Op::MatMul => binary!(w, BinOp::MatMul, false),
                        Op::IMatMul => binary!(w, BinOp::MatMul, true),
                        Op::AddI => arith_i!(w, BinOp::Add, false, checked_add),
                        Op::SubI => arith_i!(w, BinOp::Sub, false, checked_sub),
                        Op::IAddI => arith_i!(w, BinOp::Add, true, checked_add),
                        Op::ISubI => arith_i!(w, BinOp::Sub, true, checked_sub),
                        Op::Neg => {
                            if let Some(n) = reg!(w.b()).as_small_int()
                                && let Some(v) = Value::small_int(-n)
                            {
                                set!(w.a(), v);
                                continue;
                            }
                            finish!(self.unary_step(UnOp::Neg, &reg!(w.b())), Ret::Reg(w.a()))
                        }
                        Op::Pos => finish!(self.unary_step(UnOp::Pos, &reg!(w.b())), Ret::Reg(w.a())),
                        Op::Invert => finish!(self.unary_step(UnOp::Invert, &reg!(w.b())), Ret::Reg(w.a())),
                        Op::Not => {
                            let v = reg!(w.b()).clone();
                            let t = attempt!(self.truth(&v));
                            set!(w.a(), Value::bool(!t));
                        }

                        Op::Eq => compare!(w, CmpOp::Eq, ==),
                        Op::Ne => compare!(w, CmpOp::Ne, !=),
                        Op::Lt => compare!(w, CmpOp::Lt, <),
                        Op::Le => compare!(w, CmpOp::Le, <=),
                        Op::Gt => compare!(w, CmpOp::Gt, >),
                        Op::Ge => compare!(w, CmpOp::Ge, >=),
                        Op::Is => {
                            let same = self.identical(&reg!(w.b()), &reg!(w.c()));
                            set!(w.a(), Value::bool(same))
                        }
                        Op::IsNot => {
                            let same = self.identical(&reg!(w.b()), &reg!(w.c()));
                            set!(w.a(), Value::bool(!same))
                        }
                        Op::In => {
                            let step = self.contains_step(&reg!(w.c()), &reg!(w.b()));
                            finish!(step, Ret::Bool { reg: w.a(), negate: false })
                        }
                        Op::NotIn => {
                            let step = self.contains_step(&reg!(w.c()), &reg!(w.b()));
                            finish!(step, Ret::Bool { reg: w.a(), negate: true })
                        }

                        Op::Jump => pc = pc.offset(w.s24() as isize),
                        Op::JumpBack => {
                            pc = pc.offset(w.s24() as isize);
                            tick!();
                        }
                        Op::JumpTrue | Op::JumpFalse => {
                            let d = ext!() as i32;
                            let v = &reg!(w.a());
                            let truth = if v.is(&Value::TRUE) {
                                true
                            } else if v.is(&Value::FALSE) || v.is_none() {
                                false
                            } else if let Some(n) = v.as_small_int() {
                                n != 0
                            } else {
                                let v = v.clone();
                                attempt!(self.truth(&v))
                            };
                            if truth == (op == Op::JumpTrue) {
                                pc = pc.offset(d as isize);
                            }
                        }
                        Op::JumpEq => {
                            if let Some(same) = quick_equal(&reg!(w.a()), &reg!(w.b()))
                                && reg!(w.a()).get::<StrHeadTail>().is_some()
                            {
                                let d = ext!() as i32;
                                if same == (w.c() != 0) {
                                    pc = pc.offset(d as isize);
                                }
                                continue;
                            }
                            jump_compare!(w, CmpOp::Eq, ==)
                        }
                        Op::JumpNe => jump_compare!(w, CmpOp::Ne, !=),
                        Op::JumpLt => jump_compare!(w, CmpOp::Lt, <),
                        Op::JumpLe => jump_compare!(w, CmpOp::Le, <=),
                        Op::JumpGt => jump_compare!(w, CmpOp::Gt, >),
                        Op::JumpGe => jump_compare!(w, CmpOp::Ge, >=),
                        Op::JumpIs => {
                            let d = ext!() as i32;
                            if self.identical(&reg!(w.a()), &reg!(w.b())) == (w.c() != 0) {
                                pc = pc.offset(d as isize);
                            }
                        }
                        Op::JumpIn => {
                            let d = ext!() as i32;
                            let step = self.contains_step(&reg!(w.b()), &reg!(w.a()));
                            finish!(step, Ret::Jump { polarity: w.c() != 0, distance: d })
                        }
                        Op::JumpEqI => jump_compare_i!(w, CmpOp::Eq, ==),
                        Op::JumpNeI => jump_compare_i!(w, CmpOp::Ne, !=),
                        Op::JumpLtI => jump_compare_i!(w, CmpOp::Lt, <),
                        Op::JumpLeI => jump_compare_i!(w, CmpOp::Le, <=),
                        Op::JumpGtI => jump_compare_i!(w, CmpOp::Gt, >),
                        Op::JumpGeI => jump_compare_i!(w, CmpOp::Ge, >=),

                        Op::GetIter => finish!(self.iter_step(&reg!(w.b())), Ret::Reg(w.a())),
                        Op::ForPrep => {
                            let a = w.a() as usize;
                            let v = &reg!(a);
                            if let Some(r) = v.get::<Range>() {
                                if let (Some(x), Some(y), Some(z)) =
                                    (Value::small_int(r.start), Value::small_int(r.stop), Value::small_int(r.step))
                                {
                                    set!(a + 1, y);
                                    set!(a + 2, z);
                                    set!(a, x);
                                    continue;
                                }
                            } else if v.get::<List>().is_some() || v.kind() == TUPLE_KIND {
                                set!(a + 1, Value::int(0));
                                continue;
                            }
                            let v = reg!(a).clone();
                            finish!(self.iter_step(&v), Ret::Reg(w.a()))
                        }
                        Op::ForIter => {
                            let jump = ext!() as i32;
                            let b = w.b() as usize;
                            let it = &reg!(b);
                            if let Some(n) = it.as_small_int() {
                                let stop = reg!(b + 1).as_small_int().unwrap_or(0);
                                let step = reg!(b + 2).as_small_int().unwrap_or(1);
                                if if step > 0 { n < stop } else { n > stop } {
                                    let item = Value::small_int(n).unwrap_or(Value::NONE);
                                    // One step beyond the bound may not fit a small integer; the loop then ends.
                                    let next = Value::small_int(n + step);
                                    match next {
                                        Some(v) => set!(b, v),
                                        None => {
                                            set!(b, Value::int(0));
                                            set!(b + 1, Value::int(0));
                                            set!(b + 2, Value::int(1));
                                        }
                                    }
                                    set!(w.a(), item);
                                } else {
                                    pc = pc.offset(jump as isize);
                                }
                                continue;
                            }
                            if let Some(l) = it.get::<List>() {
                                let i = reg!(b + 1).as_small_int().unwrap_or(0);
                                match (&*l.items.as_ptr()).get(i as usize) {
                                    Some(v) => {
                                        let v = v.clone();
                                        set!(b + 1, Value::int(i as i32 + 1));
                                        set!(w.a(), v);
                                    }
                                    None => pc = pc.offset(jump as isize),
                                }
                                continue;
                            }
                            if let Some((_, items)) = it.tail::<TupleHead>() {
                                let i = reg!(b + 1).as_small_int().unwrap_or(0);
                                match items.get(i as usize) {
                                    Some(v) => {
                                        let v = v.clone();
                                        set!(b + 1, Value::int(i as i32 + 1));
                                        set!(w.a(), v);
                                    }
                                    None => pc = pc.offset(jump as isize),
                                }
                                continue;
                            }
                            let ret = Ret::ForIter { dst: w.a(), jump };
                            if let Some(gen_) = it.get::<Generator>() {
                                let g = it.clone();
                                save!();
                                if gen_.state.get() == GeneratorState::Suspended
                                    && gen_.pc.get() & super::step::IN_YIELD_FROM == 0
                                    && self.stack().entries.len() < self.config.recursion_limit
                                {
                                    self.resume_for(g, base.add(code.n_regs as usize), ret)?;
                                    continue 'frame;
                                }
                                match self.resume_generator(g, Value::NONE, ResumeMode::Next, ret)? {
                                    Flow::Go => continue 'frame,
                                    flow => return Ok(flow),
                                }
                            }
                            let it = it.clone();
                            finish!(self.next_step(&it), ret)
                        }

                        Op::Yield => {
                            let v = reg!(w.b()).clone();
                            if let Ret::ForIter { dst, .. } = (*frame).ret
                                && let Some(g) = (*frame).generator.get::<Generator>()
                            {
                                // The common case, a for loop below: as yield_value, in place.
                                let saved = &mut *g.registers.as_ptr();
                                let n_regs = code.n_regs as usize;
                                if saved.len() == n_regs {
                                    core::ptr::swap_nonoverlapping(saved.as_mut_ptr(), base, n_regs);
                                    g.pc.set(pc.offset_from(code.words.as_ptr()) as u32);
                                    g.state.set(GeneratorState::Suspended);
                                    let stack = self.stack();
                                    stack.depth -= 1;
                                    stack.use_segment((*frame).segment as usize);
                                    let n = stack.entries.len() - 1;
                                    let below = stack.entries.as_mut_ptr().add(n.wrapping_sub(1));
                                    drop(core::mem::replace(&mut (*frame).function, Value::UNBOUND));
                                    drop(core::mem::replace(&mut (*frame).generator, Value::UNBOUND));
                                    // A generator's frame has no namespace: nothing is left to drop.
                                    self.stack().entries.set_len(n);
                                    if let Entry::Python(below) = &mut *below {
                                        drop(core::mem::replace(&mut *below.base.add(dst as usize), v));
                                    }
                                    continue 'frame;
                                }
                            }
                            save!();
                            match self.yield_value(v, false)? {
                                Delivered::Flow(Flow::Go) => continue 'frame,
                                Delivered::Flow(flow) => return Ok(flow),
                                Delivered::Next(step, ret) => match self.start_step(step, ret)? {
                                    Flow::Go => continue 'frame,
                                    flow => return Ok(flow),
                                },
                            }
                        }
                        Op::YieldFrom => {
                            let it = reg!(w.a()).clone();
                            let v = core::mem::replace(&mut reg!(w.b()), Value::NONE);
                            let ret = Ret::YieldFrom { reg: w.b() };
                            save!();
                            let flow = if it.get::<Generator>().is_some() {
                                self.resume_generator(it, v, ResumeMode::Send, ret)?
                            } else {
                                // StopIteration from anywhere inside the iterator ends the delegation.
                                let step = self.delegate_step(&it, v);
                                let step = self.and_then(step, |vm, r| vm.stop_to_unbound(r))?;
                                self.start_step(step, ret)?
                            };
                            match flow {
                                Flow::Go => continue 'frame,
                                flow => return Ok(flow),
                            }
                        }
                        Op::GetYieldFromIter => finish!(self.iter_step(&reg!(w.b())), Ret::Reg(w.a())),
                        Op::GetAwaitable => {
                            let v = reg!(w.b()).clone();
                            finish!(self.awaitable_step(&v), Ret::Reg(w.a()))
                        }

                        Op::Call => {
                            let (a, n) = (w.a() as usize, w.b() as usize);
                            if let Some(f) = reg!(a).get::<Function>()
                                && simple(f, n)
                            {
                                save!();
                                self.threads.fuel -= 1;
                                let end = base.add(code.n_regs as usize);
                                self.push_window(base.add(a), base.add(a + 1), n, end, Ret::Reg(w.a()))?;
                                continue 'frame;
                            }
                            if let Some(f) = reg!(a).get::<NativeFn>()
                                && let Body::Plain(body) = f.body
                                && n >= f.min as usize
                                && (n <= f.max as usize || f.max == 255)
                            {
                                let args = core::slice::from_raw_parts(base.add(a + 1), n);
                                let v = attempt!(body(self, args));
                                clear(base.add(a + 1), n);
                                set!(a, v);
                                continue;
                            }
                            save!();
                            match self.call_window(base.add(a), base.add(a + 1), n, 0, None, Ret::Reg(w.a()))? {
                                Some(Flow::Go) | None => continue 'frame,
                                Some(flow) => return Ok(flow),
                            }
                        }
                        Op::CallMethod => {
                            let (a, n) = (w.a() as usize, w.b() as usize);
                            let (first, count) = if reg!(a + 1).is_unbound() { (a + 2, n) } else { (a + 1, n + 1) };
                            if let Some(f) = reg!(a).get::<Function>()
                                && simple(f, count)
                            {
                                save!();
                                self.threads.fuel -= 1;
                                let end = base.add(code.n_regs as usize);
                                self.push_window(base.add(a), base.add(first), count, end, Ret::Reg(w.a()))?;
                                continue 'frame;
                            }
                            if let Some(f) = reg!(a).get::<NativeFn>()
                                && let Body::Plain(body) = f.body
                                && count >= f.min as usize
                                && (count <= f.max as usize || f.max == 255)
                            {
                                let args = core::slice::from_raw_parts(base.add(first), count);
                                let v = attempt!(body(self, args));
                                clear(base.add(first), count);
                                set!(a, v);
                                continue;
                            }
                            save!();
                            match self.call_window(base.add(a), base.add(first), count, 0, None, Ret::Reg(w.a()))? {
                                Some(Flow::Go) | None => continue 'frame,
                                Some(flow) => return Ok(flow),
                            }
                        }
                        Op::CallKw | Op::CallMethodKw => {
                            let x = ext!();
                            let (a, n, k) = (w.a() as usize, w.b() as usize, w.c() as usize);
                            let (first, count) = if op == Op::CallKw {
                                (a + 1, n)
                            } else if reg!(a + 1).is_unbound() {
                                (a + 2, n)
                            } else {
                                (a + 1, n + 1)
                            };
                            let names = &*consts.add(x as usize);
                            save!();
                            match self.call_window(
                                base.add(a),
                                base.add(first),
                                count,
                                k,
                                Some(names),
                                Ret::Reg(w.a()),
                            )? {
                                Some(Flow::Go) | None => continue 'frame,
                                Some(flow) => return Ok(flow),
                            }
                        }
                        Op::CallEx => {
                            let a = w.a() as usize;
                            let f = core::mem::replace(&mut reg!(a), Value::UNBOUND);
                            let list = core::mem::replace(&mut reg!(a + 1), Value::UNBOUND);
                            let dict = core::mem::replace(&mut reg!(a + 2), Value::UNBOUND);
                            save!();
                            let pos: Vec<Value> = match list.get::<List>() {
                                Some(l) => l.items.borrow().to_vec(),
                                None => Vec::new(),
                            };
                            let kw: Vec<(Value, Value)> = match dict.get::<Dict>() {
                                Some(d) => d.table.borrow().iter().map(|e| (e.key.clone(), e.value.clone())).collect(),
                                None => Vec::new(),
                            };
                            let mut interned = Vec::with_capacity(kw.len());
                            for (k, v) in kw {
                                interned.push((self.intern_value(&k)?, v));
                            }
                            match self.enter(f, &pos, &interned, Ret::Reg(w.a()))? {
                                None => continue 'frame,
                                Some(step) => finish!(Ok(step), Ret::Reg(w.a())),
                            }
                        }
                        Op::Return | Op::ReturnNone => {
                            let v = if op == Op::Return {
                                core::mem::replace(&mut reg!(w.a()), Value::UNBOUND)
                            } else {
                                Value::NONE
                            };
                            if let Ret::Reg(r) = (*frame).ret
                                && (*frame).generator.is_unbound()
                            {
                                // The common case, in place: nothing is moved but the result.
                                clear(base, code.n_regs as usize);
                                let stack = self.stack();
                                stack.depth -= 1;
                                stack.use_segment((*frame).segment as usize);
                                let n = stack.entries.len() - 1;
                                let below = stack.entries.as_mut_ptr().add(n.wrapping_sub(1));
                                drop(core::mem::replace(&mut (*frame).function, Value::UNBOUND));
                                drop(core::mem::replace(&mut (*frame).namespace, Value::UNBOUND));
                                // All values of the entry are unbound now, so forgetting it leaks nothing.
                                self.stack().entries.set_len(n);
                                // Ret::Reg is only used above a Python frame.
                                if let Entry::Python(below) = &mut *below {
                                    drop(core::mem::replace(&mut *below.base.add(r as usize), v));
                                }
                                continue 'frame;
                            }
                            save!();
                            match self.return_value(v)? {
                                Flow::Go => continue 'frame,
                                flow => return Ok(flow),
                            }
                        }
                        Op::MakeFunction => {
                            let x = ext!();
                            let f = attempt!(self.make_function(&*frame, w.bx(), x));
                            set!(w.a(), f);
                        }
                        Op::LoadBuildClass => {
                            let hook = self.builtins.dict.get_name(self.name(N::__build_class__));
                            set!(w.a(), hook.unwrap_or(BUILD_CLASS.value()));
                        }

                        Op::BuildList => {
                            let items = attempt!(self.take_run(base, w));
                            let l = attempt!(List::make(&self.heap, items));
                            set!(w.a(), l.into());
                        }
                        Op::BuildTuple => {
                            let n = w.c() as usize;
                            let first = base.add(w.b() as usize);
                            let items = (0..n).map(|i| core::mem::replace(&mut *first.add(i), Value::UNBOUND));
                            let t = attempt!(TupleHead::make(&self.heap, items));
                            set!(w.a(), t.into());
                        }
                        Op::BuildSet => {
                            let items = attempt!(self.take_run(base, w));
                            let s = attempt!(self.set_of(&items));
                            set!(w.a(), s);
                        }
                        Op::BuildMap => {
                            let d = attempt!(self.new_dict());
                            for i in 0..w.c() as usize {
                                let at = base.add(w.b() as usize + 2 * i);
                                let k = core::mem::replace(&mut *at, Value::UNBOUND);
                                let v = core::mem::replace(&mut *at.add(1), Value::UNBOUND);
                                attempt!(d.set(self, k, v));
                            }
                            set!(w.a(), d.into());
                        }
                        Op::BuildString => {
                            let parts = core::slice::from_raw_parts(base.add(w.b() as usize), w.c() as usize);
                            let s = attempt!(self.join_strings(parts));
                            clear(base.add(w.b() as usize), w.c() as usize);
                            set!(w.a(), s);
                        }
                        Op::Format => {
                            let spec = if w.c() & 4 != 0 { reg!(w.b() + 1).clone() } else { Value::NONE };
                            let v = reg!(w.b()).clone();
                            let s = attempt!(self.format_op(&v, w.c() & 3, &spec));
                            set!(w.a(), s);
                        }
                        Op::ListAppend => {
                            let v = reg!(w.b()).clone();
                            let l = reg!(w.a()).clone();
                            if let Some(l) = l.get::<List>() {
                                attempt!(l.items.borrow_mut().push(&self.heap, v));
                            }
                        }
                        Op::ListExtend => {
                            let (l, v) = (reg!(w.a()).clone(), reg!(w.b()).clone());
                            let step = self.collect_step(&v, move |vm, items| {
                                if let Some(l) = l.get::<List>() {
                                    for v in items {
                                        l.items.borrow_mut().push(&vm.heap, v)?;
                                    }
                                }
                                Ok(Step::Done(Value::NONE))
                            });
                            finish!(step, Ret::Discard)
                        }
                        Op::SetAdd => {
                            let (s, v) = (reg!(w.a()).clone(), reg!(w.b()).clone());
                            if let Some(s) = s.get::<Set>() {
                                attempt!(insert(self, &s.table, v, Value::NONE));
                            }
                        }
                        Op::SetUpdate => {
                            let (s, v) = (reg!(w.a()).clone(), reg!(w.b()).clone());
                            let step = self.collect_step(&v, move |vm, items| {
                                if let Some(s) = s.get::<Set>() {
                                    for v in items {
                                        insert(vm, &s.table, v, Value::NONE)?;
                                    }
                                }
                                Ok(Step::Done(Value::NONE))
                            });
                            finish!(step, Ret::Discard)
                        }
                        Op::MapSet => {
                            let (d, k, v) = (reg!(w.a()).clone(), reg!(w.b()).clone(), reg!(w.c()).clone());
                            if let Some(d) = d.get::<Dict>() {
                                attempt!(d.set(self, k, v));
                            }
                        }
                        Op::MapUpdate | Op::MapMerge => {
                            let (d, v) = (reg!(w.a()).clone(), reg!(w.b()).clone());
                            attempt!(self.merge_map(&d, &v, op == Op::MapMerge));
                        }
                        Op::ListToTuple => {
                            let l = reg!(w.b()).clone();
                            let items = l.get::<List>().map(|l| l.items.borrow().to_vec()).unwrap_or_default();
                            let t = attempt!(self.new_tuple(items));
                            set!(w.a(), t);
                        }
                        Op::Unpack => {
                            let (a, n) = (w.a() as usize, w.c() as usize);
                            let v = reg!(w.b()).clone();
                            if let Some((_, items)) = v.tail::<TupleHead>()
                                && items.len() == n
                            {
                                for (i, item) in items.iter().enumerate() {
                                    set!(a + i, item.clone());
                                }
                                continue;
                            }
                            let items = attempt!(self.unpack(&v, n));
                            for (i, item) in items.into_iter().enumerate() {
                                set!(a + i, item);
                            }
                        }
                        Op::UnpackEx => {
                            let after = ext!() as usize;
                            let (a, before) = (w.a() as usize, w.c() as usize);
                            let v = reg!(w.b()).clone();
                            let (items, rest) = attempt!(self.unpack_ex(&v, before, after));
                            for (i, item) in items.into_iter().enumerate() {
                                let at = if i < before { a + i } else { a + i + 1 };
                                set!(at, item);
                            }
                            set!(a + before, rest);
                        }

                        Op::Import => {
                            let x = ext!();
                            let name = (*names.add(w.bx() as usize)).clone();
                            let from = match x & 0xFFFF {
                                0xFFFF => Value::NONE,
                                k => (*consts.add(k as usize)).clone(),
                            };
                            let globals = globals_of(&*frame).clone();
                            let level = (x >> 16) as usize;
                            let step = match self.builtins.dict.get_name(self.name(N::__import__)) {
                                Some(hook) => {
                                    let args = [name, globals.into(), Value::NONE, from, Value::int(level as i32)];
                                    Ok(Step::tail(hook, args.into()))
                                }
                                None => self.import_step(&name, &from, level, Some(&globals)),
                            };
                            finish!(step, Ret::Reg(w.a()))
                        }
                        Op::ImportFrom => {
                            let name = (*names.add(ext!() as usize)).clone();
                            let m = reg!(w.b()).clone();
                            finish!(self.import_from_step(&m, &name), Ret::Reg(w.a()))
                        }
                        Op::ImportStar => {
                            let m = reg!(w.a()).clone();
                            let globals = globals_of(&*frame).clone();
                            let namespace = (*frame).namespace.clone();
                            attempt!(self.import_star(&m, &globals, &namespace));
                        }

                        Op::Raise => {
                            let v = reg!(w.a()).clone();
                            let e = attempt!(self.exception_instance(&v));
                            return Err(self.raise(e));
                        }
                        Op::RaiseFrom => {
                            let (v, cause) = (reg!(w.a()).clone(), reg!(w.b()).clone());
                            let e = attempt!(self.exception_instance(&v));
                            if let Some(x) = self.exception_of(&e) {
                                x.cause.set(cause);
                            }
                            return Err(self.raise(e));
                        }
                        Op::Reraise => {
                            save!();
                            let e = reg!(w.a()).clone();
                            self.reraising = true;
                            return Err(self.raise(e));
                        }
                        Op::JumpNoMatch => {
                            let d = ext!() as i32;
                            let (e, c) = (reg!(w.a()).clone(), reg!(w.b()).clone());
                            if !attempt!(self.exception_matches(&e, &c)) {
                                pc = pc.offset(d as isize);
                            }
                        }
                        Op::TypeOf => {
                            let t = self.type_of(&reg!(w.b()));
                            set!(w.a(), t);
                        }
                        Op::GetAiter | Op::GetAnext => {
                            let name = self.name(if op == Op::GetAiter { N::__aiter__ } else { N::__anext__ }).clone();
                            let v = reg!(w.b()).clone();
                            let f = attempt!(self.find_attr(&v, &name));
                            match f {
                                Some(f) => finish!(Ok(Step::tail(f, Vec::new())), Ret::Reg(w.a())),
                                None => {
                                    save!();
                                    return Err(self.no_attribute(&v, &name));
                                }
                            }
                        }
                        Op::PrintExpr => {
                            let v = reg!(w.a()).clone();
                            attempt!(self.print_expression(&v));
                        }
                    }
                }
            }
        }
    }

    /// The function on top returns `v`.
    #[inline]
    fn return_value(&mut self, v: Value) -> Res<Flow> {
        let Some(Entry::Python(f)) = self.stack().entries.pop() else {
            return Err(self.runtime_error("frame expected"));
        };
        self.stack().release(&f);
        if !f.generator.is_unbound() {
            if let Some(g) = f.generator.get::<Generator>() {
                crate::kinds::Trace::clear(g);
            }
            let (ret, end) = (f.ret, f.gen_end);
            drop(f);
            return match self.generator_returned(ret, end, v)? {
                Delivered::Flow(flow) => Ok(flow),
                Delivered::Next(step, ret) => self.start_step(step, ret),
            };
        }
        let ret = f.ret;
        match ret {
            Ret::Reg(r) => {
                if let Some(below) = self.stack().frame() {
                    // SAFETY: a register of the frame below, from its verified code.
                    unsafe { drop(core::mem::replace(&mut *below.base.add(r as usize), v)) };
                    return Ok(Flow::Go);
                }
                Err(self.runtime_error("frame expected"))
            }
            Ret::Init(r) => {
                if !v.is_none() {
                    let t = self.type_name(&v);
                    return Err(self.type_error_fmt(format_args!("__init__() should return None, not '{t}'")));
                }
                let instance = f.namespace;
                if let Some(below) = self.stack().frame() {
                    // SAFETY: as above.
                    unsafe { drop(core::mem::replace(&mut *below.base.add(r as usize), instance)) };
                }
                Ok(Flow::Go)
            }
            ret => match self.deliver(ret, v)? {
                Delivered::Flow(flow) => Ok(flow),
                Delivered::Next(step, ret) => self.start_step(step, ret),
            },
        }
    }

    /// Pushes a frame whose arguments already lie in place: `function` is moved out of its register, the
    /// `n` arguments start at `first`, and the caller's registers end at `end`.
    ///
    /// # Safety
    /// All pointers are into the caller's frame, whose window is at the top of its live registers.
    #[inline(always)]
    unsafe fn push_window(
        &mut self,
        function: *mut Value,
        first: *mut Value,
        n: usize,
        end: *mut Value,
        ret: Ret,
    ) -> Res<()> {
        // SAFETY: per the contract; facts 1–3.
        unsafe {
            let limit = self.config.recursion_limit;
            let stack = self.stack();
            if stack.entries.len() >= limit {
                return Err(self.runtime_error("maximum recursion depth exceeded"));
            }
            let function = core::mem::replace(&mut *function, Value::UNBOUND);
            let Some(f) = function.get::<Function>() else { return Ok(()) };
            let n_regs = f.code.n_regs as usize;
            let segment = stack.segment as u16;
            // What the caller left behind its arguments would look like bound locals.
            let stale = first.add(n);
            if stale < end {
                clear(stale, end.offset_from(stale) as usize);
            }
            let base = if first.add(n_regs) <= stack.limit() { first } else { stack.place(first, n, n_regs)? };
            let missing = f.code.n_pos as usize - n;
            if missing > 0
                && let Some((_, defaults)) = f.defaults.tail::<TupleHead>()
            {
                let from = defaults.len() - missing;
                for i in 0..missing {
                    *base.add(n + i) = defaults[from + i].clone();
                }
            }
            let frame = Frame {
                code: NonNull::from(&*f.code),
                base,
                pc: f.code.words.as_ptr(),
                namespace: Value::UNBOUND,
                generator: Value::UNBOUND,
                gen_end: GenEnd::Raise,
                ret,
                segment,
                function,
            };
            let stack = self.stack();
            stack.depth += 1;
            let n = stack.entries.len();
            if n == stack.entries.capacity() {
                stack.entries.reserve(1);
            }
            stack.entries.as_mut_ptr().add(n).write(Entry::Python(frame));
            stack.entries.set_len(n + 1);
            Ok(())
        }
    }

    /// Lets a suspended generator go on for a for loop: as `resume_generator`, without what cannot happen here.
    ///
    /// # Safety
    /// `top` is the end of the registers of the frame on top; the generator is suspended at a plain yield.
    #[inline(always)]
    unsafe fn resume_for(&mut self, generator: Value, top: *mut Value, ret: Ret) -> Res<()> {
        let Some(g) = generator.get::<Generator>() else { return Ok(()) };
        if let Some(e) = Some(g.pending.replace(Value::UNBOUND)).filter(|e| !e.is_unbound()) {
            g.pending.set(e);
            return self.resume_generator(generator, Value::NONE, ResumeMode::Next, ret).map(drop);
        }
        let function = g.function.get();
        let Some(f) = function.get::<Function>() else { return Ok(()) };
        let n = f.code.n_regs as usize;
        let segment = self.stack().segment as u16;
        let base = self.stack().place(top, 0, n)?;
        // SAFETY: n unused places from base; the saved registers lie elsewhere; the pc was saved from this
        // code, behind a Yield, whose register `a` gets the value sent.
        unsafe {
            let saved = &mut *g.registers.as_ptr();
            if saved.len() == n {
                core::ptr::swap_nonoverlapping(saved.as_mut_ptr(), base, n);
            }
            g.state.set(GeneratorState::Running);
            let pc = f.code.words.as_ptr().add(g.pc.get() as usize);
            let sent = Word(*pc.sub(1)).a() as usize;
            drop(core::mem::replace(&mut *base.add(sent), Value::NONE));
            let frame = Frame {
                code: NonNull::from(&*f.code),
                base,
                pc,
                namespace: Value::UNBOUND,
                gen_end: GenEnd::Unbound,
                ret,
                segment,
                function,
                generator,
            };
            let stack = self.stack();
            stack.depth += 1;
            stack.entries.push(Entry::Python(frame));
        }
        Ok(())
    }

    /// A call that is not simple: arguments are taken out of their registers first.
    #[inline(never)]
    unsafe fn call_window(
        &mut self,
        function: *mut Value,
        first: *mut Value,
        n: usize,
        n_kw: usize,
        names: Option<&Value>,
        ret: Ret,
    ) -> Res<Option<Flow>> {
        // SAFETY: pointers into the caller's frame (facts 1 and 2).
        unsafe {
            if self.threads.fuel > 0 {
                self.threads.fuel -= 1;
            }
            let f = core::mem::replace(&mut *function, Value::UNBOUND);
            let take = |i: usize| core::mem::replace(&mut *first.add(i), Value::UNBOUND);
            let pos: Vec<Value> = (0..n).map(take).collect();
            let mut kw: Vec<(Value, Value)> = Vec::with_capacity(n_kw);
            if let Some((_, names)) = names.and_then(|t| t.tail::<TupleHead>()) {
                for (i, name) in names.iter().enumerate().take(n_kw) {
                    kw.push((self.intern_value(name)?, take(n + i)));
                }
            }
            if f.get::<Class>().is_some()
                && kw.is_empty()
                && let Some(flow) = self.instantiate_fast(&f, &pos, ret)?
            {
                return Ok(Some(flow));
            }
            match self.enter(f, &pos, &kw, ret)? {
                None => Ok(None),
                Some(step) => self.start_step(step, ret).map(Some),
            }
        }
    }

    /// Makes an instance of a plain class and enters its `__init__` without a native in between. `None`:
    /// the class is not that plain.
    fn instantiate_fast(&mut self, class: &Value, pos: &[Value], ret: Ret) -> Res<Option<Flow>> {
        let Some(c) = class.as_gc::<Class>() else { return Ok(None) };
        let Ret::Reg(reg) = ret else { return Ok(None) };
        if c.native_base.is_some() || self.class_find(c, self.name(N::__new__)).is_some() {
            return Ok(None);
        }
        let Some(crate::ops::Lookup::Python(init)) = self.class_find(c, self.name(N::__init__)) else {
            return Ok(None);
        };
        if init.get::<Function>().is_none_or(|f| f.code.has(CodeFlags::GENERATOR)) {
            return Ok(None);
        }
        let made = self.bare_instance(c, &[])?;
        let mut args = Vec::with_capacity(pos.len() + 1);
        args.push(made.clone());
        args.extend_from_slice(pos);
        self.push_frame(init, &args, &[], Ret::Init(reg), made)?;
        Ok(Some(Flow::Go))
    }

    fn make_function(&mut self, frame: &Frame, child: u16, x: u32) -> Res {
        let code = frame.code();
        let Some(child) = code.children.get(child as usize).cloned() else {
            return Err(self.runtime_error("invalid code"));
        };
        let Some(outer) = frame.function.get::<Function>() else { return Err(self.runtime_error("invalid frame")) };
        let at = (x >> 8 & 0xFF) as usize;
        // SAFETY: the registers are in range in verified code.
        let register = |i: usize| unsafe { (*frame.base.add(i)).clone() };
        let defaults = if x & 1 != 0 { register(at) } else { Value::UNBOUND };
        let kw_defaults = if x & 2 != 0 { register(at + 1) } else { Value::UNBOUND };
        let closure = Slots::new();
        if !child.free.is_empty() {
            closure.reserve(&self.heap, child.free.len())?;
        }
        for from in &child.free {
            let cell = match from {
                FreeVar::Cell(r) => register(*r as usize),
                FreeVar::Free(i) => outer.closure.get(*i as usize).unwrap_or(Value::UNBOUND),
            };
            closure.push(&self.heap, cell)?;
        }
        let f = Function { code: child, globals: outer.globals.clone(), closure, defaults, kw_defaults };
        Ok(self.heap.alloc(f)?.into())
    }

    unsafe fn take_run(&mut self, base: *mut Value, w: Word) -> Res<HVec<Value>> {
        let n = w.c() as usize;
        let mut items = HVec::with_capacity(&self.heap, n)?;
        for i in 0..n {
            // SAFETY: registers of the running frame, in range in verified code.
            let v = unsafe { core::mem::replace(&mut *base.add(w.b() as usize + i), Value::UNBOUND) };
            items.push(&self.heap, v)?;
        }
        Ok(items)
    }

    #[cold]
    fn unbound_local(&mut self, code: &CodeObject, reg: u8) -> Raised {
        let name = code.varnames.get(reg as usize).map_or("", |n| n.as_str().unwrap_or(""));
        self.raise_fmt(&exc::NAME_ERROR, format_args!("local variable '{name}' referenced before assignment"))
    }

    #[cold]
    fn no_name(&mut self, name: &Value) -> Raised {
        let name = alloc::string::String::from(Vm::text_of(name));
        self.raise_fmt(&exc::NAME_ERROR, format_args!("name '{name}' isn't defined"))
    }

    #[inline(never)]
    fn load_global(&mut self, globals: &snakeye_heap::Gc<Dict>, name: &Value, cache: &mut Cache) -> Res {
        let found = globals.table.borrow().find_name(name);
        if let Some(i) = found {
            cache.kind = GLOBAL;
            cache.index = i as u32;
            cache.value = None;
            if let Some(v) = globals.table.borrow().value_at(i) {
                return Ok(v.clone());
            }
        }
        let builtins = self.builtins.clone();
        match self.module_attr(&builtins, name)? {
            Some(v) => {
                cache.kind = BUILTIN;
                cache.key = globals.table.borrow().version();
                cache.epoch = builtins.dict.table.borrow().version();
                cache.value = Some(v.clone());
                Ok(v)
            }
            None => Err(self.no_name(name)),
        }
    }

    /// Whether storing an attribute of this instance involves nothing but its slots.
    fn plain_store(&self, i: &Instance) -> bool {
        let class = i.class.get();
        class
            .get::<Class>()
            .is_some_and(|c| c.flags.get() & (ClassFlags::DESCRIPTORS | ClassFlags::SETATTR | ClassFlags::DELATTR) == 0)
    }

    fn fill_slot_cache(&self, i: &Instance, name: &Value, cache: &mut Cache) {
        let class = i.class.get();
        let Some(c) = class.get::<Class>() else { return };
        if c.flags.get() & ClassFlags::DESCRIPTORS != 0 {
            return;
        }
        if let Some(slot) = self.shapes.find(i.shape.get(), name) {
            cache.kind = SLOT;
            cache.key = i.shape.get();
            cache.epoch = self.class_epoch;
            cache.index = slot as u32;
            cache.value = None;
        }
    }

    fn fill_method_cache(&self, i: &Instance, name: &Value, cache: &mut Cache) -> Option<Value> {
        let class = i.class.get();
        let c = class.get::<Class>()?;
        if self.shapes.find(i.shape.get(), name).is_some() {
            return None;
        }
        match self.class_find(c, name)? {
            crate::ops::Lookup::Python(f) if f.get::<Function>().is_some() => {
                cache.kind = METHOD;
                cache.key = i.shape.get();
                cache.epoch = self.class_epoch;
                cache.value = Some(f.clone());
                Some(f)
            }
            _ => None,
        }
    }

    /// `is`: cells by address; numbers boxed for lack of room by value.
    fn identical(&self, a: &Value, b: &Value) -> bool {
        a.is(b)
    }
}

/// `__build_class__`
pub static BUILD_CLASS: snakeye_heap::Rom<NativeFn> =
    snakeye_heap::Rom::new(NativeFn::keywords("__build_class__", 2, 255, crate::classes::build_class));

type StrHeadTail = Str;
const TUPLE_KIND: u8 = <TupleHead as snakeye_heap::TailHead>::KIND;

// Kinds of cache entries.
const GLOBAL: u8 = 1;
const BUILTIN: u8 = 2;
const SLOT: u8 = 3;
const ADD: u8 = 4;
const METHOD: u8 = 5;
const NATIVE_METHOD: u8 = 6;
const MODULE_ENTRY: u8 = 7;

/// The small integer whose tagged word is `w`.
#[inline(always)]
fn int_word(w: isize) -> Value {
    Value::from_int_word(w)
}

#[inline(always)]
fn add(x: isize, y: isize) -> Option<Value> {
    (x - 1).checked_add(y).map(int_word)
}

#[inline(always)]
fn sub(x: isize, y: isize) -> Option<Value> {
    x.checked_sub(y - 1).map(int_word)
}

#[inline(always)]
fn mul(x: isize, y: isize) -> Option<Value> {
    (x >> 1).checked_mul(y - 1).map(|p| int_word(p | 1))
}

#[inline(always)]
fn shl(x: isize, n: isize) -> Option<Value> {
    if (0..isize::BITS as isize - 2).contains(&n) {
        let r = x << n;
        if r >> n == x {
            return Value::small_int(r as i64);
        }
    }
    None
}

#[inline(always)]
fn shr(x: isize, n: isize) -> Option<Value> {
    if n >= 0 { Value::small_int((x >> n.min(isize::BITS as isize - 1)) as i64) } else { None }
}

/// Hash of keys that compare without Python code.
#[inline(always)]
fn quick_hash(k: &Value) -> Option<u32> {
    match k.as_small_int() {
        Some(n) => Some(crate::number::hash_int(n)),
        None if k.as_str().is_some() => Some(k.str_hash()),
        None => None,
    }
}

/// Whether a call with `n` positional arguments needs nothing but them and defaults.
#[inline(always)]
fn simple(f: &Function, n: usize) -> bool {
    const SPECIAL: u16 = CodeFlags::GENERATOR | CodeFlags::VARARGS | CodeFlags::VARKEYWORDS;
    let n_pos = f.code.n_pos as usize;
    f.code.flags.0 & SPECIAL == 0
        && f.code.n_kwonly == 0
        && (n == n_pos || n < n_pos && f.defaults.tail::<TupleHead>().is_some_and(|(_, d)| d.len() >= n_pos - n))
}

#[inline(always)]
fn globals_of(frame: &Frame) -> &snakeye_heap::Gc<Dict> {
    match frame.function.get::<Function>() {
        Some(f) => &f.globals,
        // SAFETY: a frame's function is always a Function (fact 3): frames are only made from one.
        None => unsafe { core::hint::unreachable_unchecked() },
    }
}

#[inline(always)]
fn free_cell(frame: &Frame, i: u16) -> Option<Value> {
    frame.function.get::<Function>()?.closure.get(i as usize)
}

#[inline(always)]
fn module_hit(m: &Module, name: &Value, cache: &mut Cache) -> Option<Value> {
    // SAFETY: fact 4: nothing borrows a module's dict while the run loop reads it.
    let table = unsafe { &*m.dict.table.as_ptr() };
    if cache.kind == MODULE_ENTRY
        && let Some(e) = table.entries().get(cache.index as usize)
        && e.key.is(name)
    {
        return Some(e.value.clone());
    }
    let i = table.find_name(name)?;
    cache.kind = MODULE_ENTRY;
    cache.index = i as u32;
    cache.value = None;
    table.value_at(i).cloned()
}
