//! `_thread` (docs: library/_thread): green threads and locks.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use snakeye_vm::object::{
    Args, Dict, Entry, Interest, ModuleDef, NativeObject, NativeValue, Param, Step, StrValue, TupleHead, TypeDef, Wait,
};
use snakeye_vm::{Res, Rom, Value, Vm, exceptions as exc, method, method_kw, method_steps};

/// `_thread`
pub static THREAD: ModuleDef = ModuleDef {
    name: "_thread",
    entries: &[
        method!("start_new_thread", 2, 3, start),
        method!("allocate_lock", 0, 0, |vm, _| {
            let wait = vm.internal_interest();
            vm.new_native(Lock { held: Cell::new(false), wait })
        }),
        method!("get_ident", 0, 0, |vm, _| {
            let id = vm.thread_id();
            vm.new_int(id as i64)
        }),
        method!("exit", 0, 0, |vm, _| Err(vm.raise_args(&exc::SYSTEM_EXIT, &[]))),
        // Stacks of green threads grow as they are needed: the wish is checked and remembered, no more.
        method!("stack_size", 0, 1, stack_size),
        ("LockType", Entry::Type(&LOCK)),
    ],
    init: None,
};

fn start(vm: &mut Vm, args: &[Value]) -> Res {
    let pos: Vec<Value> = match args[1].tail::<TupleHead>() {
        Some((_, items)) => items.to_vec(),
        None => vm.collect(&args[1])?,
    };
    let mut kw = Vec::new();
    if let Some(d) = args.get(2) {
        let Some(d) = d.get::<Dict>() else { return Err(vm.type_error("expecting a dict for keyword args")) };
        let entries: Vec<(Value, Value)> = match d.table.try_borrow() {
            Ok(t) => t.iter().map(|e| (e.key.clone(), e.value.clone())).collect(),
            Err(_) => return Err(vm.busy()),
        };
        for (k, v) in entries {
            if k.as_str().is_none() {
                return Err(vm.type_error("keywords must be strings"));
            }
            kw.push((vm.intern_value(&k)?, v));
        }
    }
    let id = vm.start_thread(args[0].clone(), pos, kw)?;
    vm.new_int(id as i64)
}

fn stack_size(vm: &mut Vm, args: &[Value]) -> Res {
    let new = match args.first() {
        Some(v) => vm.index_of(v)?,
        None => 0,
    };
    let old = match vm.kept("stack_size") {
        Some(v) => v,
        None => Value::int(0),
    };
    let new = vm.new_int(new.max(0))?;
    vm.set_kept("stack_size", new);
    Ok(old)
}

/// A lock; any thread may release it.
struct Lock {
    held: Cell<bool>,
    wait: Interest,
}

impl NativeObject for Lock {
    fn class(&self) -> &'static Rom<TypeDef> {
        &LOCK
    }
}

/// `_thread.LockType`
pub static LOCK: Rom<TypeDef> = Rom::new(TypeDef {
    name: "lock",
    attrs: &[
        method_kw!("acquire", 1, 3, acquire),
        method!("release", 1, 1, release),
        method!("locked", 1, 1, |vm, a| Ok(Value::bool(this(vm, &a[0])?.held.get()))),
        method_steps!("__enter__", 1, 1, |vm, a| take(vm, a[0].clone(), None, true)),
        method!("__exit__", 4, 4, release),
    ],
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn this<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a Lock> {
    match v.native::<Lock>() {
        Some(l) => Ok(l),
        None => Err(vm.type_error("lock expected")),
    }
}

/// `acquire(waitflag=1, timeout=-1)`
fn acquire(vm: &mut Vm, args: Args) -> Res<Step> {
    let [me, flag, timeout] = args.parse(
        vm,
        &[
            Param::required("self"),
            Param::optional("waitflag", Value::TRUE),
            Param::optional("timeout", Value::int(-1)),
        ],
    )?;
    let wait = vm.truth(&flag)?;
    let seconds = vm.float_of(&timeout)?;
    let deadline = if seconds >= 0.0 { Some(vm.host.now_us().saturating_add((seconds * 1e6) as u64)) } else { None };
    take(vm, me, deadline, wait)
}

fn take(vm: &mut Vm, me: Value, deadline_us: Option<u64>, wait: bool) -> Res<Step> {
    let lock = this(vm, &me)?;
    if !lock.held.replace(true) {
        return Ok(Step::Done(Value::TRUE));
    }
    if !wait || deadline_us.is_some_and(|d| d <= vm.host.now_us()) {
        return Ok(Step::Done(Value::FALSE));
    }
    let wait = Wait { interests: vec![lock.wait], deadline_us };
    Ok(Step::park(wait, move |vm, r| {
        r?;
        take(vm, me, deadline_us, true)
    }))
}

fn release(vm: &mut Vm, args: &[Value]) -> Res {
    let lock = this(vm, &args[0])?;
    if !lock.held.replace(false) {
        return Err(vm.raise_args(&exc::RUNTIME_ERROR, &[]));
    }
    let id = lock.wait.id;
    vm.wake(id);
    Ok(Value::NONE)
}
