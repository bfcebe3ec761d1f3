//! The loop: the next task that is due runs until it waits again.

use super::context::{CANCELLED_ERROR, global, io_queue, main_queue, set_current_task};
use super::task::{TaskQueue, queue, stop_value, task};
use super::{io, ticks};
use crate::select::set::{self, Until};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_vm::exceptions::{EXCEPTION, STOP_ITERATION};
use snakeye_vm::object::{Generator, NativeValue, Resume, ResumeMode, Step};
use snakeye_vm::{Res, Value, Vm};

/// `run_tasks(main)`: runs tasks until `main` has ended, and gives its result; without one, until there are none.
pub(super) fn run_tasks(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let main = args[0].clone();
    if !main.is_none() && task(vm, &main)?.is_done() {
        task(vm, &main)?.state.set(Value::FALSE);
        let end = task(vm, &main)?.data.get();
        return result(vm, end);
    }
    turn(vm, main)
}

/// The result of a task that has ended: what it returned or raised.
fn result(vm: &mut Vm, end: Value) -> Res<Step> {
    if vm.is_exception(&end, &STOP_ITERATION) {
        return Ok(Step::Done(stop_value(vm, &end)));
    }
    Err(vm.raise(end))
}

/// Waits until a task is due, runs it, and so on.
fn turn(vm: &mut Vm, main: Value) -> Res<Step> {
    let (queue_value, io_value) = (main_queue(vm)?, io_queue(vm)?);
    let tasks = queue(vm, &queue_value)?;
    let streams = io::this(vm, &io_value)?.set.clone();
    let no_streams = streams.with(|items| items.is_empty());
    let now = vm.host.now_us();
    let deadline_us = match tasks.first_key().map(|key| ticks::diff(key, ticks::of(now))) {
        Some(ms) if ms <= 0 && no_streams => return resume(vm, &queue_value, main),
        Some(ms) => Some((now / 1000).saturating_add_signed(ms) * 1000),
        None => None,
    };
    if deadline_us.is_none() && no_streams {
        set_current_task(vm, Value::NONE)?;
        if main.is_none() || task(vm, &main)?.is_done() {
            return Ok(Step::Done(Value::NONE));
        }
        // Only another thread or a scheduled function can go on from here.
    }
    tasks.awaited.set(true);
    let also = Some(tasks.wake());
    let step = set::wait(vm, streams.clone(), Until { deadline_us, also });
    vm.and_then(step, move |vm, r| {
        queue(vm, &queue_value)?.awaited.set(false);
        r?;
        io::wake_ready(vm, &streams)?;
        let now = ticks::now(vm);
        match queue(vm, &queue_value)?.first_key() {
            Some(key) if ticks::diff(key, now) <= 0 => resume(vm, &queue_value, main),
            _ => turn(vm, main),
        }
    })
}

/// Lets the first task go on.
fn resume(vm: &mut Vm, queue_value: &Value, main: Value) -> Res<Step> {
    let Some(current) = queue(vm, queue_value)?.pop() else { return turn(vm, main) };
    let t = task(vm, &current)?;
    let thrown = t.data.replace(Value::NONE);
    if t.is_done() {
        // It failed when nobody waited for it, and came here so that somebody could still ask.
        let unseen = t.state.get().is_none();
        t.data.set(thrown);
        return if unseen { report(vm, current, main) } else { turn(vm, main) };
    }
    set_current_task(vm, current.clone())?;
    let coro = t.coro.get();
    let step = if coro.get::<Generator>().is_some() {
        let mode = if thrown.is_none() { ResumeMode::Send } else { ResumeMode::Throw };
        Ok(Step::Resume(Box::new(Resume { generator: coro, value: thrown, mode })))
    } else {
        let method = vm.get_attr(&coro, if thrown.is_none() { "send" } else { "throw" });
        method.map(|f| Step::tail(f, vec![thrown]))
    };
    vm.and_then(step, move |vm, r| match r {
        Ok(yielded) => {
            if vm.config.compat_1_11 {
                requeue(vm, &current, yielded)?;
            }
            turn(vm, main)
        }
        Err(_) => {
            let end = vm.take_exception();
            if vm.is_exception(&end, &EXCEPTION) || vm.is_exception(&end, &CANCELLED_ERROR) {
                return ended(vm, current, end, main);
            }
            set_current_task(vm, Value::NONE)?;
            Err(vm.raise(end))
        }
    })
}

/// In 2019 a coroutine could yield bare to let others run, a number to sleep so many milliseconds, or a coroutine to
/// start it.
fn requeue(vm: &mut Vm, current: &Value, yielded: Value) -> Res<()> {
    let t = task(vm, current)?;
    if t.is_queued() || !t.data.get().is_none() {
        return Ok(());
    }
    let main = main_queue(vm)?;
    if yielded.get::<Generator>().is_some()
        && let Some(create) = global(vm, "create_task")?
    {
        vm.call(&create, &[yielded])?;
        return queue(vm, &main)?.push(vm, current, None);
    }
    let ms = yielded.as_small_int().unwrap_or(0).max(0);
    let now = ticks::now(vm);
    let due = ticks::add(vm, now, ms)?;
    queue(vm, &main)?.push(vm, current, Some(due))
}

/// A task has returned (`end` is StopIteration) or raised.
fn ended(vm: &mut Vm, current: Value, end: Value, main: Value) -> Res<Step> {
    let t = task(vm, &current)?;
    let is_main = current.is(&main);
    let state = t.state.get();
    let queue_value = main_queue(vm)?;
    let mut seen = is_main;
    let mut then = None;
    if let Some(waiting) = state.native::<TaskQueue>() {
        while let Some(waiter) = waiting.pop() {
            queue(vm, &queue_value)?.push(vm, &waiter, None)?;
            seen = true;
        }
    } else if !state.is(&Value::TRUE) {
        then = Some(state);
        seen = true;
    }
    t.state.set(if seen { Value::FALSE } else { Value::NONE });
    if !seen && !vm.is_exception(&end, &STOP_ITERATION) && !vm.is_exception(&end, &CANCELLED_ERROR) {
        // Reported when its turn comes, unless somebody has asked for it by then.
        queue(vm, &queue_value)?.push(vm, &current, None)?;
    }
    t.data.set(end.clone());
    let go_on = move |vm: &mut Vm, end: Value| {
        if is_main {
            set_current_task(vm, Value::NONE)?;
            return result(vm, end);
        }
        turn(vm, main)
    };
    match then {
        Some(f) => Ok(Step::call(f, vec![current, end.clone()], move |vm, r| {
            r?;
            go_on(vm, end)
        })),
        None => go_on(vm, end),
    }
}

/// Tells the loop's exception handler about a failure that nobody asked for.
fn report(vm: &mut Vm, current: Value, main: Value) -> Res<Step> {
    let context = vm.new_dict()?;
    let rows = [
        ("message", vm.new_str("Task exception wasn't retrieved")?),
        ("exception", task(vm, &current)?.data.get()),
        ("future", current),
    ];
    for (key, v) in rows {
        let key = vm.intern(key)?;
        context.set_name(&vm.heap, &key, v)?;
    }
    let Some(handlers) = global(vm, "Loop")? else { return turn(vm, main) };
    let f = vm.get_attr(&handlers, "call_exception_handler")?;
    Ok(Step::call(f, Vec::from([context.into()]), move |vm, r| {
        r?;
        turn(vm, main)
    }))
}
