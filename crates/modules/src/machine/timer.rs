//! `machine.Timer` (docs: library/machine.Timer): virtual timers, and the chip's four by number. Callbacks run as green
//! threads, so they may do whatever other code may, and a long one delays nobody else.

use alloc::vec;
use core::cell::Cell;
use snakeye_vm::object::{Args, Entry, Interest, NativeFn, NativeObject, NativeValue, Param, Step, TypeDef, Wait};
use snakeye_vm::{Res, Rom, Slot, Value, Vm, method, method_kw};

const ONE_SHOT: i64 = 0;
const PERIODIC: i64 = 1;
/// Timers of the chip.
const HARDWARE: i64 = 4;

/// `Timer(id=-1, …)`
pub static TIMER: Rom<TypeDef> = Rom::new(TypeDef {
    name: "Timer",
    new: Some(|vm, _, args| {
        let id = match args.pos.first() {
            Some(id) => vm.index_of(id)?,
            None => -1,
        };
        if !(-1..HARDWARE).contains(&id) {
            return Err(vm.value_error("invalid Timer number"));
        }
        let timer = Timer {
            id,
            mode: Cell::new(PERIODIC),
            period_us: Cell::new(0),
            callback: Slot::new(Value::NONE),
            run: Cell::new(0),
            wait: vm.internal_interest(),
        };
        let timer = vm.new_native(timer)?;
        if args.pos.len() > 1 || !args.kw.is_empty() {
            start(vm, &timer, Args { pos: args.pos.get(1..).unwrap_or(&[]), kw: args.kw })?;
        }
        Ok(Step::Done(timer))
    }),
    attrs: &[
        method_kw!("init", 1, 1, |vm, args| {
            let timer = args.pos.first().cloned().unwrap_or(Value::NONE);
            start(vm, &timer, Args { pos: &[], kw: args.kw })?;
            Ok(Step::Done(Value::NONE))
        }),
        method!("deinit", 1, 1, |vm, a| {
            let timer = vm.base_object(&a[0]);
            let Some(t) = timer.native::<Timer>() else { return Err(vm.type_error("Timer expected")) };
            t.run.set(t.run.get().wrapping_add(1));
            t.callback.set(Value::NONE);
            vm.wake(t.wait.id);
            Ok(Value::NONE)
        }),
        ("ONE_SHOT", Entry::Int(ONE_SHOT)),
        ("PERIODIC", Entry::Int(PERIODIC)),
    ],
    print: Some(|_, v, out, _| {
        if let Some(t) = v.native::<Timer>() {
            let mode = if t.mode.get() == ONE_SHOT { "ONE_SHOT" } else { "PERIODIC" };
            let (id, period) = (t.id, t.period_us.get() / 1000);
            out.push_str(&alloc::format!("Timer({id}, mode={mode}, period={period})"));
        }
        Ok(())
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

struct Timer {
    id: i64,
    mode: Cell<i64>,
    period_us: Cell<u64>,
    callback: Slot,
    /// Changes with each init and deinit: a thread that serves an earlier one ends.
    run: Cell<u32>,
    /// Wakes that thread.
    wait: Interest,
}

impl NativeObject for Timer {
    fn class(&self) -> &'static Rom<TypeDef> {
        &TIMER
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.callback.trace(visit);
    }
    fn clear(&self) {
        self.callback.set(Value::NONE);
    }
}

/// `(*, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False)`
fn start(vm: &mut Vm, v: &Value, args: Args) -> Res<()> {
    let [mode, freq, period, callback, hard] = args.parse(
        vm,
        &[
            Param::keyword("mode", Value::int(PERIODIC as i32)),
            Param::keyword("freq", Value::int(-1)),
            Param::keyword("period", Value::int(-1)),
            Param::keyword("callback", Value::NONE),
            Param::keyword("hard", Value::FALSE),
        ],
    )?;
    let timer = vm.base_object(v);
    let Some(t) = timer.native::<Timer>() else { return Err(vm.type_error("Timer expected")) };
    if vm.truth(&hard)? {
        return Err(vm.value_error("hard Timers are not implemented"));
    }
    let mode = vm.index_of(&mode)?;
    let freq = vm.float_of(&freq)?;
    let period = vm.index_of(&period)?;
    let us = if freq > 0.0 { 1e6 / freq } else { period as f64 * 1000.0 };
    // A shorter one would leave no time for anything else.
    if !(1.0..9e15).contains(&us) {
        return Err(vm.value_error("invalid period"));
    }
    t.mode.set(if mode == ONE_SHOT { ONE_SHOT } else { PERIODIC });
    t.period_us.set(us as u64);
    t.callback.set(callback.clone());
    let run = t.run.get().wrapping_add(1);
    t.run.set(run);
    vm.wake(t.wait.id);
    if callback.is_none() {
        return Ok(());
    }
    let due = vm.host.now_us().saturating_add(us as u64);
    let due = vm.new_int(due as i64)?;
    let run = vm.new_int(run as i64)?;
    vm.start_thread(SERVE.value(), vec![timer.clone(), run, due], vec![])?;
    Ok(())
}

/// What the thread of a timer runs.
static SERVE: Rom<NativeFn> = Rom::new(NativeFn::steps("timer", 3, 3, |vm, a| {
    let (run, due) = (vm.index_of(&a[1])? as u32, vm.index_of(&a[2])? as u64);
    serve(vm, a[0].clone(), run, due)
}));

/// Waits until `due`, calls back, and again.
fn serve(_: &mut Vm, timer: Value, run: u32, due: u64) -> Res<Step> {
    // It may have been stopped before its thread had a turn.
    let Some(wait) = timer.native::<Timer>().filter(|t| t.run.get() == run).map(|t| t.wait) else {
        return Ok(Step::Done(Value::NONE));
    };
    let interests = vec![wait];
    let wait = Wait { interests, deadline_us: Some(due) };
    Ok(Step::park(wait, move |vm, r| {
        r?;
        let Some(t) = timer.native::<Timer>().filter(|t| t.run.get() == run) else {
            return Ok(Step::Done(Value::NONE));
        };
        let once = t.mode.get() == ONE_SHOT;
        // Times that were missed are not made up for.
        let next = (due + t.period_us.get()).max(vm.host.now_us());
        Ok(Step::call(t.callback.get(), vec![timer.clone()], move |vm, r| {
            if r.is_err() {
                let e = vm.take_exception();
                let text = vm.traceback_text(&e);
                vm.host.write_error(text.as_bytes());
            }
            if once { Ok(Step::Done(Value::NONE)) } else { serve(vm, timer, run, next) }
        }))
    }))
}
