//! `Task`: a coroutine that the loop runs, and queues of tasks.

use super::context::{CANCELLED_ERROR, current_task, main_queue};
use super::ticks;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use snakeye_vm::exceptions::{INDEX_ERROR, STOP_ITERATION};
use snakeye_vm::object::{Args, Interest, NativeObject, NativeValue, Step, StrValue, TypeDef};
use snakeye_vm::{Raised, Res, Rom, Slot, Value, Vm, method, method_steps};

/// A task. Its state is True while it runs and nobody waits for it, a queue of those that wait, or a function to call
/// when it has ended; then None, and False once somebody has seen how it ended.
pub(super) struct Task {
    pub coro: Slot,
    /// What it waits for; when it is about to run: what is thrown into it; when it has ended: the exception that it
    /// ended with, StopIteration for a return value.
    pub data: Slot,
    pub state: Slot,
    /// When it is due, in ticks.
    pub key: Cell<i64>,
    /// Among those due at the same time, who was first.
    order: Cell<u32>,
    /// The queue it is in, 0: none, and where in it.
    queue: Cell<u32>,
    place: Cell<usize>,
}

impl NativeObject for Task {
    fn class(&self) -> &'static Rom<TypeDef> {
        &TASK
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.coro.trace(visit);
        self.data.trace(visit);
        self.state.trace(visit);
    }
    fn clear(&self) {
        self.coro.set(Value::NONE);
        self.data.set(Value::NONE);
        self.state.set(Value::NONE);
    }
}

impl Task {
    pub fn is_done(&self) -> bool {
        let state = self.state.get();
        state.is_none() || state.is(&Value::FALSE)
    }
    /// Whether it is in a queue, that is, will be woken by whoever has the queue.
    pub fn is_queued(&self) -> bool {
        self.queue.get() != 0
    }
}

/// `Task(coro, globals=None)`
pub(super) static TASK: Rom<TypeDef> = Rom::new(TypeDef {
    name: "Task",
    attrs: &[
        method!("done", 1, 1, |vm, a| Ok(Value::bool(task(vm, &a[0])?.is_done()))),
        method_steps!("cancel", 1, 1, |vm, a| cancel(vm, &a[0])),
    ],
    new: Some(|vm, _, args: Args| {
        args.no_keywords(vm)?;
        let coro = match args.pos {
            [coro] => coro,
            [coro, globals] => {
                super::context::attach(vm, globals)?;
                coro
            }
            _ => return Err(vm.type_error("Task() takes 1 or 2 arguments")),
        };
        vm.new_native(Task {
            coro: Slot::new(coro.clone()),
            data: Slot::new(Value::NONE),
            state: Slot::new(Value::TRUE),
            key: Cell::new(0),
            order: Cell::new(0),
            queue: Cell::new(0),
            place: Cell::new(0),
        })
        .map(Step::Done)
    }),
    get_attr: Some(|vm, v, name| {
        let t = task(vm, v)?;
        Ok(match name {
            "coro" => Some(t.coro.get()),
            "data" => Some(t.data.get()),
            "state" => Some(t.state.get()),
            "ph_key" => Some(vm.new_int(t.key.get())?),
            _ => None,
        })
    }),
    set_attr: Some(|vm, v, name, value| {
        let t = task(vm, v)?;
        match (name.as_str(), value) {
            (Some("data"), Some(value)) => t.data.set(value),
            (Some("state"), Some(value)) => t.state.set(value),
            _ => return Ok(false),
        }
        Ok(true)
    }),
    iter: Some(|vm, v| {
        let t = task(vm, v)?;
        let state = t.state.get();
        if t.is_done() {
            t.state.set(Value::FALSE);
        } else if state.is(&Value::TRUE) {
            let queue = new_queue(vm)?;
            t.state.set(queue);
        } else if state.native::<TaskQueue>().is_none() {
            return Err(vm.runtime_error("can't wait"));
        }
        Ok(v.clone())
    }),
    next: Some(|vm, v| {
        let t = task(vm, v)?;
        if t.is_done() {
            let end = t.data.get();
            if vm.is_exception(&end, &STOP_ITERATION) {
                let value = stop_value(vm, &end);
                return Ok(vm.stop_with(value));
            }
            return Err(vm.raise(end));
        }
        let waiting = t.state.get();
        let me = current_task(vm)?;
        queue(vm, &waiting)?.push(vm, &me, None)?;
        // So that a cancellation finds what it waits for.
        task(vm, &me)?.data.set(v.clone());
        Ok(Step::Done(Value::NONE))
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

/// What a StopIteration carries.
pub(super) fn stop_value(vm: &Vm, stop: &Value) -> Value {
    vm.exception_args(stop).and_then(|a| a.elements().first().cloned()).unwrap_or(Value::NONE)
}

pub(super) fn task<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a Task> {
    match v.native::<Task>() {
        Some(t) => Ok(t),
        None => Err(vm.type_error("task expected")),
    }
}

/// `cancel()`: CancelledError is raised in the task, or in the one it waits for. False if it has ended.
fn cancel(vm: &mut Vm, v: &Value) -> Res<Step> {
    let mut target = v.clone();
    if task(vm, &target)?.is_done() {
        return Ok(Step::Done(Value::FALSE));
    }
    if current_task(vm).is_ok_and(|me| me.is(v)) {
        return Err(vm.runtime_error("can't cancel self"));
    }
    let waits_for = loop {
        let data = task(vm, &target)?.data.get();
        if data.native::<Task>().is_none() {
            break data;
        }
        target = data;
    };
    let finish = |vm: &mut Vm, target: &Value, wake: bool| {
        if wake {
            let queue_value = main_queue(vm)?;
            queue(vm, &queue_value)?.push(vm, target, None)?;
        }
        task(vm, target)?.data.set(CANCELLED_ERROR.value());
        Ok(Step::Done(Value::TRUE))
    };
    // It waits in a queue of some sort: the queue lets go of it.
    let remove = vm.intern("remove")?;
    if let Some(remove) = vm.find_attr(&waits_for, &remove)? {
        return Ok(Step::call(remove, vec![target.clone()], move |vm, r| {
            r?;
            finish(vm, &target, true)
        }));
    }
    // It sleeps, or is about to run already.
    let t = task(vm, &target)?;
    let due = ticks::diff(t.key.get(), ticks::now(vm)) <= 0 && t.is_queued();
    finish(vm, &target, !due)
}

/// Tasks by the time at which they are due: a binary heap. Tasks know their places in it, so that any can be removed.
pub(super) struct TaskQueue {
    id: u32,
    items: RefCell<Vec<Value>>,
    next_order: Cell<u32>,
    /// Whether the loop waits for this queue to change.
    pub awaited: Cell<bool>,
    wake: Interest,
}

impl NativeObject for TaskQueue {
    fn class(&self) -> &'static Rom<TypeDef> {
        &TASK_QUEUE
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Ok(items) = self.items.try_borrow() {
            items.iter().for_each(visit);
        }
    }
    fn clear(&self) {
        let items = self.items.try_borrow_mut().map(|mut items| core::mem::take(&mut *items)).unwrap_or_default();
        for t in items.iter().filter_map(|v| v.native::<Task>()) {
            t.queue.set(0);
        }
    }
}

impl Drop for TaskQueue {
    fn drop(&mut self) {
        self.clear();
    }
}

/// `TaskQueue()`
pub(super) static TASK_QUEUE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "TaskQueue",
    attrs: &[
        method!("peek", 1, 1, |vm, a| Ok(queue(vm, &a[0])?.first().unwrap_or(Value::NONE))),
        method!("push", 2, 3, |vm, a| {
            let key = match a.get(2) {
                Some(v) if !v.is_none() => Some(vm.index_of(v)?),
                _ => None,
            };
            queue(vm, &a[0])?.push(vm, &a[1], key)?;
            Ok(Value::NONE)
        }),
        method!("pop", 1, 1, |vm, a| match queue(vm, &a[0])?.pop() {
            Some(t) => Ok(t),
            None => Err(vm.raise_new(&INDEX_ERROR, "empty heap")),
        }),
        method!("remove", 2, 2, |vm, a| {
            drop(queue(vm, &a[0])?.remove(task(vm, &a[1])?));
            Ok(Value::NONE)
        }),
    ],
    new: Some(|vm, _, args: Args| {
        args.no_keywords(vm)?;
        if !args.pos.is_empty() {
            return Err(vm.type_error("TaskQueue() takes no arguments"));
        }
        new_queue(vm).map(Step::Done)
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn new_queue(vm: &mut Vm) -> Res {
    let wake = vm.internal_interest();
    let next_order = Cell::new(0);
    vm.new_native(TaskQueue { id: wake.id, items: RefCell::default(), next_order, awaited: Cell::new(false), wake })
}

pub(super) fn queue<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a TaskQueue> {
    match v.native::<TaskQueue>() {
        Some(q) => Ok(q),
        None => Err(vm.type_error("TaskQueue expected")),
    }
}

/// Whether `a` comes before `b`.
fn before(a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.native::<Task>(), b.native::<Task>()) else { return false };
    match ticks::diff(a.key.get(), b.key.get()) {
        0 => (a.order.get().wrapping_sub(b.order.get()) as i32) < 0,
        d => d < 0,
    }
}

impl TaskQueue {
    /// What becomes ready when a task is pushed while the queue is `awaited`.
    pub fn wake(&self) -> Interest {
        self.wake
    }

    pub fn first(&self) -> Option<Value> {
        self.items.borrow().first().cloned()
    }

    /// When the first task is due.
    pub fn first_key(&self) -> Option<i64> {
        self.items.borrow().first().and_then(|v| Some(v.native::<Task>()?.key.get()))
    }

    /// Puts a task into the queue, due at `key` or now; with nothing to be thrown into it.
    pub fn push(&self, vm: &mut Vm, v: &Value, key: Option<i64>) -> Res<()> {
        let t = task(vm, v)?;
        if t.queue.get() == self.id {
            drop(self.remove(t));
        } else if t.is_queued() {
            return Err(vm.runtime_error("task waits for something else"));
        }
        let key = key.unwrap_or_else(|| ticks::now(vm));
        t.data.set(Value::NONE);
        t.key.set(key & ticks::MASK);
        t.order.set(self.next_order.get());
        self.next_order.set(self.next_order.get().wrapping_add(1));
        {
            let mut items = self.items.borrow_mut();
            items.try_reserve(1).map_err(|_| Raised)?;
            items.push(v.clone());
            t.queue.set(self.id);
            let last = items.len() - 1;
            rise(&mut items, last);
        }
        // Other threads push, too.
        if self.awaited.get() {
            vm.wake(self.wake.id);
        }
        Ok(())
    }

    /// Takes the first task out.
    pub fn pop(&self) -> Option<Value> {
        let first = self.first()?;
        self.remove(first.native::<Task>()?)
    }

    /// Takes a task out, if it is in this queue.
    pub fn remove(&self, t: &Task) -> Option<Value> {
        if t.queue.get() != self.id {
            return None;
        }
        let mut items = self.items.borrow_mut();
        let at = t.place.get();
        if at >= items.len() {
            return None;
        }
        let taken = items.swap_remove(at);
        if at < items.len() {
            rise(&mut items, at);
            sink(&mut items, at);
        }
        t.queue.set(0);
        Some(taken)
    }
}

fn put(items: &[Value], at: usize) {
    if let Some(t) = items.get(at).and_then(|v| v.native::<Task>()) {
        t.place.set(at);
    }
}

/// Moves the task at `at` towards the front as far as it belongs.
fn rise(items: &mut [Value], mut at: usize) {
    while at > 0 {
        let parent = (at - 1) / 2;
        if !before(&items[at], &items[parent]) {
            break;
        }
        items.swap(at, parent);
        put(items, at);
        at = parent;
    }
    put(items, at);
}

/// Moves the task at `at` towards the back as far as it belongs.
fn sink(items: &mut [Value], mut at: usize) {
    loop {
        let mut least = at;
        for child in [2 * at + 1, 2 * at + 2] {
            if child < items.len() && before(&items[child], &items[least]) {
                least = child;
            }
        }
        put(items, at);
        if least == at {
            return;
        }
        items.swap(at, least);
        put(items, at);
        at = least;
    }
}
