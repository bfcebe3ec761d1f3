//! What `os` has on a computer beyond files (the unix port's functions): environment, shell, errno.

use snakeye_modules::vfs::object::path_arg;
use snakeye_vm::object::Entry;
use snakeye_vm::{Res, Value, Vm, method};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};

const EINVAL: i32 = 22;

/// For [`snakeye_modules::host::BoardHost::extensions`].
pub const EXTENSIONS: &[(&str, &[(&str, Entry)])] = &[("os", OS)];

const OS: &[(&str, Entry)] = &[
    method!("getenv", 1, 2, getenv),
    method!("putenv", 2, 2, putenv),
    method!("unsetenv", 1, 1, unsetenv),
    method!("system", 1, 1, system),
    method!("errno", 0, 1, errno),
];

/// What scripts changed in the environment, the latest last; None: taken out. The process's own stays as it is, since
/// other threads may be reading it.
static CHANGES: Mutex<Vec<(String, Option<String>)>> = Mutex::new(Vec::new());
/// What `errno()` tells.
static ERRNO: AtomicI32 = AtomicI32::new(0);

fn change(vm: &mut Vm, name: String, value: Option<String>) -> Res {
    if name.is_empty() || name.contains(['=', '\0']) || value.as_ref().is_some_and(|v| v.contains('\0')) {
        return Err(failed(vm, EINVAL));
    }
    if let Ok(mut changes) = CHANGES.lock() {
        changes.retain(|(n, _)| *n != name);
        changes.push((name, value));
    }
    Ok(Value::NONE)
}

fn failed(vm: &mut Vm, number: i32) -> snakeye_vm::Raised {
    ERRNO.store(number, Ordering::Relaxed);
    vm.os_error(number)
}

/// `getenv(name[, default])`
fn getenv(vm: &mut Vm, args: &[Value]) -> Res {
    let name = path_arg(vm, &args[0])?;
    let changed = CHANGES.lock().ok().and_then(|c| c.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()));
    let value = match changed {
        Some(value) => value,
        None if name.is_empty() || name.contains(['=', '\0']) => None,
        None => std::env::var_os(&name).map(|v| v.to_string_lossy().into_owned()),
    };
    match value {
        Some(value) => vm.new_str(&value),
        None => Ok(args.get(1).cloned().unwrap_or(Value::NONE)),
    }
}

/// `putenv(name, value)`
fn putenv(vm: &mut Vm, args: &[Value]) -> Res {
    let (name, value) = (path_arg(vm, &args[0])?, path_arg(vm, &args[1])?);
    change(vm, name, Some(value))
}

/// `unsetenv(name)`
fn unsetenv(vm: &mut Vm, args: &[Value]) -> Res {
    let name = path_arg(vm, &args[0])?;
    change(vm, name, None)
}

/// `system(command)`: the status as `wait` gives it, the exit code in its second byte.
fn system(vm: &mut Vm, args: &[Value]) -> Res {
    let text = path_arg(vm, &args[0])?;
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(&text);
    if let Ok(changes) = CHANGES.lock() {
        for (name, value) in changes.iter() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }
    match command.status() {
        Ok(status) => vm.new_int(i64::from(status.into_raw())),
        Err(e) => {
            let number = e.raw_os_error().unwrap_or(EINVAL);
            Err(failed(vm, number))
        }
    }
}

/// `errno([number])`: tells or sets the number of the last error of these functions.
fn errno(vm: &mut Vm, args: &[Value]) -> Res {
    match args.first() {
        Some(v) => {
            let number = vm.index_of(v)?;
            ERRNO.store(i32::try_from(number).unwrap_or(0), Ordering::Relaxed);
            Ok(Value::NONE)
        }
        None => Ok(Value::int(ERRNO.load(Ordering::Relaxed))),
    }
}
