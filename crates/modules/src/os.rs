//! `os` (docs: library/os): the file system and the system's name.

use crate::file::fs;
use crate::host::board;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_hal::EPOCH_2000_UNIX_S;
use snakeye_vfs::FileType;
use snakeye_vm::object::ModuleDef;
use snakeye_vm::{Res, Value, Vm, method};

/// `os`
pub static OS: ModuleDef = ModuleDef {
    name: "os",
    entries: &[
        method!("listdir", 0, 1, listdir),
        method!("ilistdir", 0, 1, ilistdir),
        ("sep", snakeye_vm::object::Entry::Str("/")),
        method!("stat", 1, 1, stat),
        method!("statvfs", 1, 1, statvfs),
        method!("mkdir", 1, 1, |vm, a| on_path(vm, &a[0], |v, p| v.mkdir(p))),
        method!("rmdir", 1, 1, |vm, a| on_path(vm, &a[0], |v, p| v.rmdir(p))),
        method!("remove", 1, 1, |vm, a| on_path(vm, &a[0], |v, p| v.remove(p))),
        method!("unlink", 1, 1, |vm, a| on_path(vm, &a[0], |v, p| v.remove(p))),
        method!("chdir", 1, 1, |vm, a| on_path(vm, &a[0], |v, p| v.chdir(p))),
        method!("rename", 2, 2, |vm, a| {
            let (from, to) = (path(vm, &a[0])?, path(vm, &a[1])?);
            fs(vm, |v| v.rename(&from, &to))?;
            Ok(Value::NONE)
        }),
        method!("getcwd", 0, 0, |vm, _| {
            let cwd = String::from(board(vm).vfs.getcwd());
            vm.new_str(&cwd)
        }),
        method!("umount", 1, 1, |vm, a| on_path(vm, &a[0], |v, p| v.umount(p))),
        method!("sync", 0, 0, |vm, _| {
            fs(vm, |v| v.sync())?;
            Ok(Value::NONE)
        }),
        method!("dupterm", 1, 2, crate::console::dupterm),
        method!("uname", 0, 0, uname),
        method!("urandom", 1, 1, urandom),
    ],
    init: None,
};

fn path(vm: &mut Vm, v: &Value) -> Res<String> {
    Ok(String::from(vm.str_arg(v)?))
}

fn on_path(
    vm: &mut Vm,
    v: &Value,
    f: impl FnOnce(&mut snakeye_vfs::Vfs, &str) -> Result<(), snakeye_vfs::FsError>,
) -> Res {
    let p = path(vm, v)?;
    fs(vm, |v| f(v, &p))?;
    Ok(Value::NONE)
}

fn folder(vm: &mut Vm, args: &[Value]) -> Res<String> {
    match args.first() {
        Some(v) => path(vm, v),
        None => Ok(String::from(board(vm).vfs.getcwd())),
    }
}

fn listdir(vm: &mut Vm, args: &[Value]) -> Res {
    let p = folder(vm, args)?;
    let mut names = Vec::new();
    for e in fs(vm, |v| v.list(&p))? {
        names.push(vm.new_str(&e.name)?);
    }
    vm.new_list(names)
}

/// `ilistdir([dir])`: an iterator over (name, type, inode, size).
fn ilistdir(vm: &mut Vm, args: &[Value]) -> Res {
    let p = folder(vm, args)?;
    let mut entries = Vec::new();
    for e in fs(vm, |v| v.list(&p))? {
        let entry = vec![
            vm.new_str(&e.name)?,
            Value::int(e.kind.mode() as i32),
            Value::int(0),
            vm.new_int(if e.kind == FileType::File { e.size as i64 } else { 0 })?,
        ];
        entries.push(vm.new_tuple(entry)?);
    }
    let list = vm.new_list(entries)?;
    vm.iter(&list)
}

fn stat(vm: &mut Vm, args: &[Value]) -> Res {
    let p = path(vm, &args[0])?;
    let s = fs(vm, |v| v.stat(&p))?;
    let epoch = if board(vm).desktop { 0 } else { EPOCH_2000_UNIX_S };
    let time = vm.new_int(((s.mtime_ns / 1_000_000_000) as i64 - epoch).max(0))?;
    let zero = || Value::int(0);
    let size = vm.new_int(s.size as i64)?;
    let mode = Value::int(s.kind.mode() as i32);
    vm.new_tuple(vec![mode, zero(), zero(), zero(), zero(), zero(), size, time.clone(), time.clone(), time])
}

fn statvfs(vm: &mut Vm, args: &[Value]) -> Res {
    let p = path(vm, &args[0])?;
    let s = fs(vm, |v| v.statvfs(&p))?;
    let n = |x: u32| x as i64;
    let fields = [n(s.block_size), n(s.block_size), n(s.blocks), n(s.free), n(s.free), 0, 0, 0, 0, n(s.name_max)];
    let mut values = Vec::new();
    for f in fields {
        values.push(vm.new_int(f)?);
    }
    vm.new_tuple(values)
}

fn uname(vm: &mut Vm, _: &[Value]) -> Res {
    let def = board(vm).board.def();
    let machine = alloc::format!("{} with {}", def.name, def.chip.name());
    let sysname = if board(vm).desktop { "linux" } else { "esp32" };
    let version = concat!("Snakeye ", env!("CARGO_PKG_VERSION"));
    let class = vm.new_named_tuple_class("uname", &["sysname", "nodename", "release", "version", "machine"])?;
    let mut items = Vec::new();
    for s in [sysname, sysname, env!("CARGO_PKG_VERSION"), version, machine.as_str()] {
        items.push(vm.new_str(s)?);
    }
    vm.call(&class, &items)
}

fn urandom(vm: &mut Vm, args: &[Value]) -> Res {
    let n = vm.index_of(&args[0])?;
    let Ok(n) = usize::try_from(n) else { return Err(vm.value_error("negative size")) };
    vm.heap.charge(n)?;
    vm.heap.discharge(n);
    let mut bytes = vec![0; n];
    board(vm).board.system().random(&mut bytes);
    vm.new_bytes(&bytes)
}
