//! Sleeping without taking memory: one object serves all sleeps, as each is awaited before the next is made.

use super::context::{current_task, main_queue};
use super::task::queue;
use super::ticks;
use core::cell::Cell;
use snakeye_vm::object::{Args, NativeObject, NativeValue, Param, Step, TypeDef};
use snakeye_vm::{Res, Rom, Value, Vm};

/// What `sleep_ms` gives: yields once, after which its task is due at the time set.
struct Sleep {
    /// Until when, in ticks; `None`: it has yielded.
    until: Cell<Option<i64>>,
}

impl NativeObject for Sleep {
    fn class(&self) -> &'static Rom<TypeDef> {
        &SLEEP
    }
}

/// `SingletonGenerator()`
pub(super) static SLEEP: Rom<TypeDef> = Rom::new(TypeDef {
    name: "SingletonGenerator",
    new: Some(|vm, _, args: Args| {
        args.no_keywords(vm)?;
        new(vm).map(Step::Done)
    }),
    get_attr: Some(|vm, v, name| match (v.native::<Sleep>(), name) {
        (Some(s), "state") => match s.until.get() {
            Some(t) => vm.new_int(t).map(Some),
            None => Ok(Some(Value::NONE)),
        },
        _ => Ok(None),
    }),
    iter: Some(|_, v| Ok(v.clone())),
    next: Some(|vm, v| {
        let Some(until) = v.native::<Sleep>().and_then(|s| s.until.take()) else {
            return Ok(Step::Done(Value::UNBOUND));
        };
        let (tasks, me) = (main_queue(vm)?, current_task(vm)?);
        queue(vm, &tasks)?.push(vm, &me, Some(until))?;
        Ok(Step::Done(Value::NONE))
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

const KEPT: &str = "asyncio.sleep";

fn new(vm: &mut Vm) -> Res {
    vm.new_native(Sleep { until: Cell::new(None) })
}

/// Makes the object that serves all sleeps.
pub(super) fn install(vm: &mut Vm) -> Res<()> {
    let object = new(vm)?;
    vm.set_kept(KEPT, object);
    Ok(())
}

/// `sleep_ms(t, sgen=…)`
pub(super) fn sleep_ms(vm: &mut Vm, args: Args) -> Res<Step> {
    let [t, own] = args.parse(vm, &[Param::required("t"), Param::optional("sgen", Value::NONE)])?;
    let ms = vm.index_of(&t)?;
    prepare(vm, ms, own).map(Step::Done)
}

/// `sleep(t)`, in seconds.
pub(super) fn sleep(vm: &mut Vm, args: &[Value]) -> Res {
    let seconds = vm.float_of(&args[0])?;
    prepare(vm, (seconds * 1000.0) as i64, Value::NONE)
}

fn prepare(vm: &mut Vm, ms: i64, own: Value) -> Res {
    let now = ticks::now(vm);
    let until = ticks::add(vm, now, ms.max(0))?;
    let mut object = if own.is_none() { vm.kept(KEPT).unwrap_or(Value::NONE) } else { own };
    if object.native::<Sleep>().is_none_or(|s| s.until.get().is_some()) {
        // It was given to somebody who has not awaited it yet.
        object = new(vm)?;
    }
    if let Some(s) = object.native::<Sleep>() {
        s.until.set(Some(until));
    }
    Ok(object)
}
