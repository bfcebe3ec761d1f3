//! `sys`.
//!
//! What only a port knows it keeps in the VM ([`Vm::set_kept`]) under these names before scripts run:
//! `sys.platform`, `sys.argv`, `sys.executable`, `sys.machine` (board and chip), `sys.stdin`, `sys.stdout`,
//! `sys.stderr`.

use alloc::vec;
use alloc::vec::Vec;
use snakeye_vm::exceptions::SYSTEM_EXIT;
use snakeye_vm::object::{BufferValue, Entry, ModuleDef, Step, StrValue};
use snakeye_vm::{Res, Value, Vm, method, method_steps};

/// The `sys` module.
pub static SYS: ModuleDef = ModuleDef {
    name: "sys",
    entries: &[
        ("argv", Entry::Make(|vm| kept_or(vm, "sys.argv", |vm| vm.new_list(Vec::new())))),
        ("atexit", method!("atexit", 1, 1, atexit).1),
        ("byteorder", Entry::Str(if cfg!(target_endian = "little") { "little" } else { "big" })),
        ("executable", Entry::Make(|vm| kept_or(vm, "sys.executable", |vm| vm.new_str("")))),
        method!("exit", 0, 1, exit),
        method!("getsizeof", 1, 1, getsizeof),
        ("implementation", Entry::Make(implementation)),
        method!("intern", 1, 1, intern),
        ("maxsize", Entry::Make(|vm| vm.new_int(isize::MAX as i64))),
        ("modules", Entry::Make(|vm| Ok(vm.modules.value().clone()))),
        ("path", Entry::Make(|vm| Ok(vm.path.value().clone()))),
        ("platform", Entry::Make(|vm| kept_or(vm, "sys.platform", |vm| vm.new_str("snakeye")))),
        method_steps!("print_exception", 1, 2, print_exception),
        ("ps1", Entry::Str(">>> ")),
        ("ps2", Entry::Str("... ")),
        ("stderr", Entry::Make(|vm| kept_or(vm, "sys.stderr", |_| Ok(Value::NONE)))),
        ("stdin", Entry::Make(|vm| kept_or(vm, "sys.stdin", |_| Ok(Value::NONE)))),
        ("stdout", Entry::Make(|vm| kept_or(vm, "sys.stdout", |_| Ok(Value::NONE)))),
        ("version", Entry::Str(concat!("3.4.0; MicroPython v1.28.0 on Snakeye v", env!("CARGO_PKG_VERSION")))),
        ("version_info", Entry::Make(|vm| vm.new_tuple(vec![Value::int(3), Value::int(4), Value::int(0)]))),
    ],
    init: None,
};

fn kept_or(vm: &mut Vm, name: &str, make: fn(&mut Vm) -> Res) -> Res {
    match vm.kept(name) {
        Some(v) => Ok(v),
        None => make(vm),
    }
}

/// The MicroPython release whose behaviour scripts can expect.
pub const COMPATIBLE: [i32; 3] = [1, 28, 0];
/// Format of .mpy files: version 6, sub-version 3, no machine code.
const MPY: i32 = 6 | 3 << 8;

fn implementation(vm: &mut Vm) -> Res {
    let class = vm.new_named_tuple_class("", &["name", "version", "_machine", "_mpy", "_build", "_thread"])?;
    let mut version: Vec<Value> = COMPATIBLE.iter().map(|n| Value::int(*n)).collect();
    version.push(vm.new_str("")?);
    let items = vec![
        vm.new_str("micropython")?,
        vm.new_tuple(version)?,
        kept_or(vm, "sys.machine", |vm| vm.new_str("Snakeye"))?,
        Value::int(MPY),
        vm.new_str("snakeye")?,
        vm.new_str("GIL")?,
    ];
    vm.new_named_tuple(&class, items)
}

/// `exit(code)` raises SystemExit.
fn exit(vm: &mut Vm, args: &[Value]) -> Res {
    Err(vm.raise_args(&SYSTEM_EXIT, args))
}

fn intern(vm: &mut Vm, args: &[Value]) -> Res {
    if args[0].as_str().is_none() {
        vm.str_arg(&args[0])?;
    }
    vm.intern_value(&args[0])
}

/// A rough size in bytes: a header, and a word for each item.
fn getsizeof(vm: &mut Vm, args: &[Value]) -> Res {
    let v = vm.base_object(&args[0]);
    if !v.is_cell() {
        return Ok(Value::int(size_of::<Value>() as i32));
    }
    let items = if vm.def_of(&v).len.is_some() { vm.len(&v)? } else { 2 };
    let each = if v.buffer().is_some() { 1 } else { size_of::<Value>() };
    vm.new_int((16 + items.saturating_mul(each)) as i64)
}

/// `print_exception(exception, file=sys.stdout)`
fn print_exception(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let text = vm.traceback_text(&args[0]);
    match args.get(1) {
        Some(file) if !file.is_none() => {
            let write = vm.stream_write(file)?;
            let text = vm.new_str(&text)?;
            Ok(Step::call(write, vec![text], |_, result| result.map(|_| Step::Done(Value::NONE))))
        }
        _ => {
            vm.write_out(text.as_bytes())?;
            Ok(Step::Done(Value::NONE))
        }
    }
}

const AT_EXIT: &str = "sys.atexit";

/// `atexit(function)`: the function called when the script ends; gives back the one set before.
fn atexit(vm: &mut Vm, args: &[Value]) -> Res {
    let old = vm.kept(AT_EXIT).unwrap_or(Value::NONE);
    vm.set_kept(AT_EXIT, args[0].clone());
    Ok(old)
}

/// Calls what `sys.atexit` and `atexit.register` were given; ports do so when a script ended. Exceptions are
/// printed.
pub fn run_atexit(vm: &mut Vm) {
    crate::atexit::run_registered(vm);
    let Some(function) = vm.kept(AT_EXIT) else { return };
    vm.set_kept(AT_EXIT, Value::NONE);
    if !function.is_none() && vm.call(&function, &[]).is_err() {
        let e = vm.take_exception();
        let text = vm.traceback_text(&e);
        // Nothing is left to report a closed console to.
        let _ = vm.write_out(text.as_bytes());
    }
}
