//! What the loop shares with `asyncio.core`, whose globals libraries read and write: the running task and the queues.

use snakeye_vm::exceptions::{BASE_EXCEPTION, EXC, EXCEPTION};
use snakeye_vm::object::{Dict, NativeObject, NativeValue, TypeDef};
use snakeye_vm::{Gc, Res, Rom, Value, Vm};

/// Raised in a task that is cancelled.
pub(super) static CANCELLED_ERROR: Rom<TypeDef> =
    Rom::new(TypeDef { name: "CancelledError", base: Some(&BASE_EXCEPTION), ..EXC });

/// Raised by `wait_for`.
pub(super) static TIMEOUT_ERROR: Rom<TypeDef> =
    Rom::new(TypeDef { name: "TimeoutError", base: Some(&EXCEPTION), ..EXC });

const KEPT: &str = "asyncio";

struct Context {
    globals: Gc<Dict>,
    cur_task: Value,
    task_queue: Value,
    io_queue: Value,
}

impl NativeObject for Context {
    fn class(&self) -> &'static Rom<TypeDef> {
        static CONTEXT: Rom<TypeDef> = Rom::new(TypeDef { name: "Context", ..TypeDef::NEW });
        &CONTEXT
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.globals.value());
    }
}

/// Names the module whose globals the loop uses.
pub(super) fn attach(vm: &mut Vm, globals: &Value) -> Res<()> {
    if globals.is_none() {
        return Ok(());
    }
    let Some(globals) = globals.as_gc::<Dict>().cloned() else { return Err(vm.type_error("a dict is required")) };
    if let Some(old) = vm.kept(KEPT)
        && old.native::<Context>().is_some_and(|c| c.globals.is(&globals))
    {
        return Ok(());
    }
    let context = Context {
        globals,
        cur_task: vm.intern("cur_task")?,
        task_queue: vm.intern("_task_queue")?,
        io_queue: vm.intern("_io_queue")?,
    };
    super::sleep::install(vm)?;
    let context = vm.new_native(context)?;
    vm.set_kept(KEPT, context);
    Ok(())
}

fn look(vm: &mut Vm, name: fn(&Context) -> &Value) -> Res {
    if let Some(kept) = vm.kept(KEPT)
        && let Some(c) = kept.native::<Context>()
        && let Some(v) = c.globals.get_name(name(c))
    {
        return Ok(v);
    }
    Err(vm.runtime_error("no running event loop"))
}

/// The task that runs; RuntimeError outside of tasks.
pub(super) fn current_task(vm: &mut Vm) -> Res {
    let task = look(vm, |c| &c.cur_task)?;
    if task.is_none() { Err(vm.runtime_error("no running event loop")) } else { Ok(task) }
}

/// Says which task runs, None: none.
pub(super) fn set_current_task(vm: &mut Vm, task: Value) -> Res<()> {
    if let Some(kept) = vm.kept(KEPT)
        && let Some(c) = kept.native::<Context>()
    {
        c.globals.set_name(&vm.heap, &c.cur_task, task)?;
    }
    Ok(())
}

/// The queue of tasks to run.
pub(super) fn main_queue(vm: &mut Vm) -> Res {
    look(vm, |c| &c.task_queue)
}

/// The tasks that wait for streams.
pub(super) fn io_queue(vm: &mut Vm) -> Res {
    look(vm, |c| &c.io_queue)
}

/// Another global of the module.
pub(super) fn global(vm: &mut Vm, name: &str) -> Res<Option<Value>> {
    let name = vm.intern(name)?;
    let kept = vm.kept(KEPT);
    Ok(kept.and_then(|kept| kept.native::<Context>()?.globals.get_name(&name)))
}
