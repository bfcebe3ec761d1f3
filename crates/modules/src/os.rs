//! `os` (docs: library/os): the file systems and the system's name.

use crate::host::board;
use crate::vfs::class::{VFS_LFS2, statvfs_tuple};
use crate::vfs::mounts::{self, Place, lookup_value, proxy};
use crate::vfs::object::path_arg;
use crate::vfs::{MOUNT, UMOUNT, extend};
use alloc::vec;
use alloc::vec::Vec;
use snakeye_vfs::StatVfs;
use snakeye_vm::object::{Entry, ModuleDef, Step, StrValue};
use snakeye_vm::{Res, Value, Vm, method, method_steps};

const EPERM: i32 = 1;
const EEXIST: i32 = 17;
/// Mode of a directory.
const DIRECTORY: i32 = 0x4000;
/// The name length reported for `/` while nothing is mounted there.
const ROOT_NAME_MAX: u64 = 128;

/// `os`
pub static OS: ModuleDef = ModuleDef {
    name: "os",
    entries: &[
        ("sep", Entry::Str("/")),
        method_steps!("chdir", 1, 1, chdir),
        method_steps!("getcwd", 0, 0, getcwd),
        method_steps!("ilistdir", 0, 1, ilistdir),
        method_steps!("listdir", 0, 1, listdir),
        method_steps!("mkdir", 1, 1, mkdir),
        method_steps!("remove", 1, 1, |vm, a| on_path(vm, "remove", &a[0])),
        method_steps!("unlink", 1, 1, |vm, a| on_path(vm, "remove", &a[0])),
        method_steps!("rmdir", 1, 1, |vm, a| on_path(vm, "rmdir", &a[0])),
        method_steps!("rename", 2, 2, rename),
        method_steps!("stat", 1, 1, stat),
        method_steps!("statvfs", 1, 1, statvfs),
        method!("sync", 0, 0, sync),
        method!("dupterm", 1, 2, crate::console::dupterm),
        method!("uname", 0, 0, uname),
        method!("urandom", 1, 1, urandom),
        ("mount", Entry::Fn(&MOUNT)),
        ("umount", UMOUNT),
        ("VfsLfs2", Entry::Type(&VFS_LFS2)),
    ],
    init: Some(extend),
};

/// Calls the method of the file system that the path is on.
fn on_path(vm: &mut Vm, method: &str, path: &Value) -> Res<Step> {
    let (place, inner) = lookup_value(vm, path)?;
    proxy(vm, &place, method, vec![inner])
}

fn chdir(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (place, inner) = lookup_value(vm, &args[0])?;
    let (step, to) = match place {
        Place::Root => {
            // What is mounted at the root goes to its root too, where relative paths begin now.
            let Some(fs) = mounts::at(vm, "/")? else {
                mounts::set_current(vm, None)?;
                return Ok(Step::Done(Value::NONE));
            };
            (Step::tail(vm.get_attr(&fs, "chdir")?, vec![vm.new_str("/")?]), None)
        }
        Place::On(ref point, ref fs, _) => {
            let to = Some((point.clone(), fs.clone()));
            (proxy(vm, &place, "chdir", vec![inner])?, to)
        }
        Place::Nowhere => (proxy(vm, &place, "chdir", vec![inner])?, None),
    };
    vm.and_then(Ok(step), move |vm, r| {
        r?;
        mounts::set_current(vm, to)?;
        Ok(Step::Done(Value::NONE))
    })
}

fn getcwd(vm: &mut Vm, _: &[Value]) -> Res<Step> {
    let Some((point, fs)) = mounts::current(vm)? else { return vm.new_str("/").map(Step::Done) };
    let method = vm.get_attr(&fs, "getcwd")?;
    if point == "/" {
        return Ok(Step::tail(method, Vec::new()));
    }
    Ok(Step::call(method, Vec::new(), move |vm, r| {
        let inner = path_arg(vm, &r?)?;
        let inner = if inner == "/" { "" } else { inner.as_str() };
        vm.new_str(&alloc::format!("{point}{inner}")).map(Step::Done)
    }))
}

fn folder_arg(vm: &mut Vm, args: &[Value]) -> Res {
    match args.first() {
        Some(v) => Ok(v.clone()),
        None => vm.new_str(""),
    }
}

/// `ilistdir([dir])`: an iterator over (name, type, inode[, size]). The root lists mount points, then what is mounted
/// there.
fn ilistdir(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let dir = folder_arg(vm, args)?;
    let (place, inner) = lookup_value(vm, &dir)?;
    if !matches!(place, Place::Root) {
        return proxy(vm, &place, "ilistdir", vec![inner]);
    }
    let mut entries = Vec::new();
    let mut root = None;
    for (point, fs) in mounts::all(vm)? {
        if point == "/" {
            root.get_or_insert(fs);
            continue;
        }
        let name = point.strip_prefix('/').unwrap_or(&point);
        let name = if dir.as_str().is_some() { vm.new_str(name)? } else { vm.new_bytes(name.as_bytes())? };
        entries.push(vm.new_tuple(vec![name, Value::int(DIRECTORY), Value::int(0)])?);
    }
    let Some(fs) = root else {
        let list = vm.new_list(entries)?;
        return vm.iter(&list).map(Step::Done);
    };
    let (method, path) = (vm.get_attr(&fs, "ilistdir")?, vm.new_str("/")?);
    let path = if dir.as_str().is_some() { path } else { vm.new_bytes(b"/")? };
    Ok(Step::call(method, vec![path], move |vm, r| {
        let rest = r?;
        vm.collect_step(&rest, move |vm, mut rest| {
            entries.append(&mut rest);
            let list = vm.new_list(entries)?;
            vm.iter(&list).map(Step::Done)
        })
    }))
}

fn listdir(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let step = ilistdir(vm, args);
    vm.and_then(step, |vm, r| {
        let entries = r?;
        vm.collect_step(&entries, |vm, entries| {
            let mut names = Vec::new();
            for e in entries {
                names.push(vm.get_item(&e, &Value::int(0))?);
            }
            vm.new_list(names).map(Step::Done)
        })
    })
}

fn mkdir(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (place, inner) = lookup_value(vm, &args[0])?;
    match &place {
        Place::Root => return Err(vm.os_error(EEXIST)),
        Place::On(_, _, path) if path == "/" => return Err(vm.os_error(EEXIST)),
        _ => {}
    }
    proxy(vm, &place, "mkdir", vec![inner])
}

fn rename(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (old, from) = lookup_value(vm, &args[0])?;
    let (new, to) = lookup_value(vm, &args[1])?;
    match (&old, &new) {
        (Place::On(_, a, _), Place::On(_, b, _)) if a.is(b) => {}
        (Place::On(..), _) | (_, Place::On(..)) => return Err(vm.os_error(EPERM)),
        _ => {}
    }
    proxy(vm, &old, "rename", vec![from, to])
}

fn stat(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (place, inner) = lookup_value(vm, &args[0])?;
    if matches!(place, Place::Root) {
        let mut fields = vec![Value::int(0); 10];
        fields[0] = Value::int(DIRECTORY);
        return vm.new_tuple(fields).map(Step::Done);
    }
    proxy(vm, &place, "stat", vec![inner])
}

fn statvfs(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (place, inner) = lookup_value(vm, &args[0])?;
    if !matches!(place, Place::Root) {
        return proxy(vm, &place, "statvfs", vec![inner]);
    }
    match mounts::at(vm, "/")? {
        Some(fs) => Ok(Step::tail(vm.get_attr(&fs, "statvfs")?, vec![vm.new_str("/")?])),
        None => statvfs_tuple(vm, &StatVfs { name_max: ROOT_NAME_MAX, ..StatVfs::default() }).map(Step::Done),
    }
}

/// `sync()`: makes what was written durable on all file systems of Rust.
fn sync(vm: &mut Vm, _: &[Value]) -> Res {
    use crate::vfs::object::{FsObject, with_fs};
    use snakeye_vm::object::NativeValue;
    for (_, fs) in mounts::all(vm)? {
        if let Some(o) = fs.native::<FsObject>()
            && !o.read_only.get()
        {
            with_fs(vm, o, |fs| fs.sync())?;
        }
    }
    Ok(Value::NONE)
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
    let Ok(n) = usize::try_from(n) else { return Err(vm.raise_args(&snakeye_vm::exceptions::VALUE_ERROR, &[])) };
    vm.heap.charge(n)?;
    vm.heap.discharge(n);
    let mut bytes = vec![0; n];
    board(vm).board.system().random(&mut bytes);
    vm.new_bytes(&bytes)
}
