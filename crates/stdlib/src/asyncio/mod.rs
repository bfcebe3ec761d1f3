//! `_asyncio`: what the `asyncio` package (frozen Python, docs: library/asyncio) stands on. Tasks, their queues, the
//! loop, sleeping, and flags that other threads set.

mod context;
mod flag;
mod io;
mod run;
mod sleep;
mod task;
mod ticks;

use snakeye_vm::object::{Entry, ModuleDef};
use snakeye_vm::{Value, method, method_kw, method_steps};

/// The module.
pub static ASYNCIO: ModuleDef = ModuleDef {
    name: "_asyncio",
    entries: &[
        ("Task", Entry::Type(&task::TASK)),
        ("TaskQueue", Entry::Type(&task::TASK_QUEUE)),
        ("IOQueue", Entry::Type(&io::IO_QUEUE)),
        ("SingletonGenerator", Entry::Type(&sleep::SLEEP)),
        ("Flag", Entry::Type(&flag::FLAG)),
        ("CancelledError", Entry::Type(&context::CANCELLED_ERROR)),
        ("TimeoutError", Entry::Type(&context::TIMEOUT_ERROR)),
        ("compat_1_11", Entry::Make(|vm| Ok(Value::bool(vm.config.compat_1_11)))),
        method!("attach", 1, 1, |vm, a| context::attach(vm, &a[0]).map(|()| Value::NONE)),
        method_steps!("run_tasks", 1, 1, run::run_tasks),
        method_kw!("sleep_ms", 1, 2, sleep::sleep_ms),
        method!("sleep", 1, 1, sleep::sleep),
        method!("ticks", 0, 0, ticks::ticks),
        method!("ticks_add", 2, 2, ticks::ticks_add),
        method!("ticks_diff", 2, 2, ticks::ticks_diff),
    ],
    init: None,
};
