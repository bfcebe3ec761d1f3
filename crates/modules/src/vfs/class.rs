//! The classes of file systems (docs: library/vfs) and their methods.

use super::device::{Away, Device};
use super::object::{FsObject, Kind, State, clock, fs_error, object, path_arg, with_fs};
use crate::file;
use crate::host::board;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use snakeye_hal::EPOCH_2000_UNIX_S;
use snakeye_vfs::lfs::{LfsOptions, LittleFs};
use snakeye_vfs::{BlockDevice, DirEntry, FileType, FsError, Stat, StatVfs};
use snakeye_vm::object::{Args, Entry, NativeFn, NativeValue, Param, Step, StrValue, TypeDef};
use snakeye_vm::{Res, Rom, Value, Vm, method};

const ENOENT: i32 = 2;
const EPERM: i32 = 1;

/// The methods of every file system.
macro_rules! fs_type {
    ($name:literal, $new:expr $(, $entry:expr)*) => {
        Rom::new(TypeDef {
            name: $name,
            new: $new,
            attrs: &[
                $($entry,)*
                method!("mount", 3, 3, mount),
                method!("umount", 1, 1, umount),
                method!("open", 3, 3, open),
                method!("ilistdir", 1, 2, ilistdir),
                method!("mkdir", 2, 2, |vm, a| change(vm, &a[0], &a[1], |fs, p| fs.mkdir(p))),
                method!("rmdir", 2, 2, |vm, a| change(vm, &a[0], &a[1], |fs, p| fs.rmdir(p))),
                method!("remove", 2, 2, |vm, a| change(vm, &a[0], &a[1], |fs, p| fs.remove(p))),
                method!("rename", 3, 3, rename),
                method!("chdir", 2, 2, chdir),
                method!("getcwd", 1, 1, getcwd),
                method!("stat", 2, 2, stat),
                method!("statvfs", 2, 2, statvfs),
            ],
            print: Some(|_, v, out, _| {
                let _ = match v.native::<FsObject>() {
                    Some(o) => write!(out, "<{}>", o.kind.class().get().name),
                    None => write!(out, "<{}>", $name),
                };
                Ok(())
            }),
            hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
            ..TypeDef::NEW
        })
    };
}

/// A static method with keywords.
macro_rules! maker {
    ($name:literal, $f:expr) => {
        ($name, Entry::Static(&const { Rom::new(NativeFn::keywords($name, 0, 255, $f)) }))
    };
}

/// `vfs.VfsLfs2(block_dev, readsize=32, progsize=32, lookahead=32, mtime=True)`
pub static VFS_LFS2: Rom<TypeDef> = fs_type!("VfsLfs2", Some(lfs2_new), maker!("mkfs", lfs2_mkfs));
/// `vfs.VfsPosix(root=None)`, where the port has files of its own.
pub static VFS_POSIX: Rom<TypeDef> = fs_type!("VfsPosix", Some(posix_new));
/// A folder of the computer that a board is connected to, as `mpremote mount` has it.
pub static REMOTE_FS: Rom<TypeDef> = fs_type!("RemoteFS", None);

// ---- making them ----

fn lfs_options(vm: &mut Vm, args: Args) -> Res<(Device, LfsOptions)> {
    let [object, read, program, lookahead, mtime] = args.parse(
        vm,
        &[
            Param::required("block_dev"),
            Param::keyword("readsize", Value::int(32)),
            Param::keyword("progsize", Value::int(32)),
            Param::keyword("lookahead", Value::int(32)),
            Param::keyword("mtime", Value::TRUE),
        ],
    )?;
    let size = |vm: &mut Vm, v: &Value| -> Res<u32> {
        match u32::try_from(vm.index_of(v)?) {
            Ok(n) if n > 0 => Ok(n),
            _ => Err(fs_error(vm, FsError::Invalid)),
        }
    };
    let (read_size, program_size, lookahead) = (size(vm, &read)?, size(vm, &program)?, size(vm, &lookahead)?);
    let clock = if vm.truth(&mtime)? { Some(clock(vm)) } else { None };
    let device = Device::new(vm, &object, read_size, true)?;
    Ok((device, LfsOptions { program_size, lookahead, clock, ..LfsOptions::default() }))
}

fn lfs2_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    let (device, options) = lfs_options(vm, args)?;
    let on = device.on(vm);
    let geometry = (on.block_size(), on.block_count());
    let (fs, error, raised) = match LittleFs::mount(on, options) {
        Ok(fs) => {
            let (fs, on) = fs.with_device(Away { geometry });
            (Some(fs), None, on.raised)
        }
        Err((error, on)) => (None, Some(error), on.raised),
    };
    match fs {
        Some(fs) if !raised => {
            vm.new_native(FsObject::new(Kind::Lfs2, State::Lfs2(Box::new(fs)), Some(device))).map(Step::Done)
        }
        _ if raised => Err(snakeye_vm::Raised),
        _ => Err(fs_error(vm, error.unwrap_or(FsError::Io))),
    }
}

fn lfs2_mkfs(vm: &mut Vm, args: Args) -> Res<Step> {
    let (device, options) = lfs_options(vm, args)?;
    let mut on = device.on(vm);
    let made = LittleFs::format(&mut on, &options);
    if on.raised {
        return Err(snakeye_vm::Raised);
    }
    made.map_err(|e| fs_error(vm, e))?;
    Ok(Step::Done(Value::NONE))
}

fn posix_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    if args.pos.len() > 1 {
        return Err(vm.type_error("VfsPosix() takes at most 1 argument"));
    }
    let Some(files) = board(vm).files else { return Err(fs_error(vm, FsError::NotSupported)) };
    let mut root = String::new();
    if let Some(v) = args.pos.first().filter(|v| !v.is_none()) {
        let given = path_arg(vm, v)?;
        // A relative one stays where it is when the process goes elsewhere.
        if !given.is_empty() && !given.starts_with('/') {
            root = (files.getcwd)().map_err(|e| fs_error(vm, e))?;
            root.push('/');
        }
        root.push_str(&given);
        root.truncate(root.trim_end_matches('/').len());
    }
    let object = FsObject::own(Kind::Posix, (files.tree)(&root));
    object.folder.replace(root);
    vm.new_native(object).map(Step::Done)
}

// ---- methods ----

/// `mount(readonly, mkfs)`, called by `vfs.mount`.
fn mount(vm: &mut Vm, args: &[Value]) -> Res {
    let (read_only, mkfs) = (vm.truth(&args[1])?, vm.truth(&args[2])?);
    let o = object(vm, &args[0])?;
    if mkfs && matches!(o.kind, Kind::Posix | Kind::Remote) {
        return Err(vm.os_error(EPERM));
    }
    if read_only {
        o.read_only.set(true);
    }
    Ok(Value::NONE)
}

/// `umount()`: what was written becomes durable.
fn umount(vm: &mut Vm, args: &[Value]) -> Res {
    let o = object(vm, &args[0])?;
    if !o.read_only.get() && o.kind != Kind::Posix {
        with_fs(vm, o, |fs| fs.sync())?;
    }
    Ok(Value::NONE)
}

fn open(vm: &mut Vm, args: &[Value]) -> Res {
    file::open_on(vm, &args[0], &args[1], &args[2])
}

fn change(
    vm: &mut Vm,
    this: &Value,
    path: &Value,
    f: impl FnOnce(&mut dyn snakeye_vfs::FileSystem, &str) -> Result<(), FsError>,
) -> Res {
    let o = object(vm, this)?;
    let path = o.inner_path(&path_arg(vm, path)?);
    o.check_writable(vm)?;
    with_fs(vm, o, |fs| f(fs, &path))?;
    Ok(Value::NONE)
}

fn rename(vm: &mut Vm, args: &[Value]) -> Res {
    let o = object(vm, &args[0])?;
    let from = o.inner_path(&path_arg(vm, &args[1])?);
    let to = o.inner_path(&path_arg(vm, &args[2])?);
    o.check_writable(vm)?;
    with_fs(vm, o, |fs| fs.rename(&from, &to))?;
    Ok(Value::NONE)
}

fn chdir(vm: &mut Vm, args: &[Value]) -> Res {
    let o = object(vm, &args[0])?;
    let given = path_arg(vm, &args[1])?;
    if o.kind == Kind::Posix {
        let Some(files) = board(vm).files else { return Err(vm.os_error(ENOENT)) };
        let path = match o.folder.try_borrow() {
            Ok(root) if given.starts_with('/') => alloc::format!("{root}{given}"),
            _ => given,
        };
        (files.chdir)(&path).map_err(|e| fs_error(vm, e))?;
        return Ok(Value::NONE);
    }
    let path = o.inner_path(&given);
    if path != "/" && with_fs(vm, o, |fs| fs.stat(&path)).map(|s| s.kind)? != FileType::Directory {
        return Err(vm.os_error(ENOENT));
    }
    o.folder.replace(path);
    Ok(Value::NONE)
}

fn getcwd(vm: &mut Vm, args: &[Value]) -> Res {
    let o = object(vm, &args[0])?;
    let folder = o.folder.try_borrow().map(|f| f.clone()).unwrap_or_default();
    if o.kind != Kind::Posix {
        return vm.new_str(&folder);
    }
    let Some(files) = board(vm).files else { return Err(vm.os_error(ENOENT)) };
    let cwd = (files.getcwd)().map_err(|e| fs_error(vm, e))?;
    vm.new_str(cwd.strip_prefix(&folder).unwrap_or(&cwd))
}

/// The entries of a directory as tuples, names as the path's type.
fn ilistdir(vm: &mut Vm, args: &[Value]) -> Res {
    let o = object(vm, &args[0])?;
    let (given, as_bytes) = match args.get(1) {
        Some(v) => (path_arg(vm, v)?, v.as_str().is_none()),
        None => (String::new(), false),
    };
    let path = o.inner_path(&given);
    let listed = with_fs(vm, o, |fs| fs.list(&path))?;
    let mut entries = Vec::new();
    entries.try_reserve_exact(listed.len()).map_err(|_| snakeye_vm::Raised)?;
    for e in listed {
        entries.push(entry_tuple(vm, &e, as_bytes)?);
    }
    let list = vm.new_list(entries)?;
    vm.iter(&list)
}

fn entry_tuple(vm: &mut Vm, e: &DirEntry, as_bytes: bool) -> Res {
    let name = if as_bytes { vm.new_bytes(e.name.as_bytes())? } else { vm.new_str(&e.name)? };
    let fields = match e.host {
        Some((mode, inode)) => alloc::vec![name, vm.new_int(i64::from(mode))?, vm.new_uint(inode)?],
        None => {
            let size = if e.kind == FileType::File { e.size } else { 0 };
            alloc::vec![name, Value::int(e.kind.mode() as i32), Value::int(0), vm.new_uint(size)?]
        }
    };
    vm.new_tuple(fields)
}

fn stat(vm: &mut Vm, args: &[Value]) -> Res {
    let o = object(vm, &args[0])?;
    let path = o.inner_path(&path_arg(vm, &args[1])?);
    let s = with_fs(vm, o, |fs| fs.stat(&path))?;
    stat_tuple(vm, &s)
}

/// The tuple of `os.stat`. Times count from the port's epoch.
fn stat_tuple(vm: &mut Vm, s: &Stat) -> Res {
    let fields = match s.host {
        Some(h) => [
            i64::from(h.mode),
            h.inode as i64,
            h.device as i64,
            h.links as i64,
            i64::from(h.user),
            i64::from(h.group),
            s.size as i64,
            h.accessed,
            h.modified,
            h.changed,
        ],
        None => {
            let epoch = if board(vm).desktop { 0 } else { EPOCH_2000_UNIX_S };
            let time = ((s.mtime_ns / 1_000_000_000) as i64 - epoch).max(0);
            [i64::from(s.kind.mode()), 0, 0, 0, 0, 0, s.size as i64, time, time, time]
        }
    };
    int_tuple(vm, &fields)
}

fn int_tuple(vm: &mut Vm, fields: &[i64]) -> Res {
    let mut values = Vec::with_capacity(fields.len());
    for f in fields {
        values.push(vm.new_int(*f)?);
    }
    vm.new_tuple(values)
}

fn statvfs(vm: &mut Vm, args: &[Value]) -> Res {
    let o = object(vm, &args[0])?;
    let path = o.inner_path(&path_arg(vm, &args[1])?);
    let s = with_fs(vm, o, |fs| fs.statvfs(&path))?;
    statvfs_tuple(vm, &s)
}

/// The tuple of `os.statvfs`.
pub fn statvfs_tuple(vm: &mut Vm, s: &StatVfs) -> Res {
    let [inodes, inodes_free, inodes_available] = s.inodes;
    let fields = [
        s.block_size,
        s.fragment_size,
        s.blocks,
        s.free,
        s.available,
        inodes,
        inodes_free,
        inodes_available,
        s.flags,
        s.name_max,
    ];
    int_tuple(vm, &fields.map(|f| f as i64))
}
