//! `vfs` (docs: library/vfs): mounting file systems, and their classes.

pub mod class;
pub mod device;
pub mod import;
pub mod mounts;
pub mod object;

use self::device::Device;
use self::object::path_arg;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_vfs::BlockDevice;
use snakeye_vm::object::{Args, Entry, Module, ModuleDef, NativeFn, Param, Step};
use snakeye_vm::{Gc, Res, Rom, Value, Vm, method_steps};

const EINVAL: i32 = 22;
const ENODEV: i32 = 19;

/// `vfs`
pub static VFS: ModuleDef = ModuleDef {
    name: "vfs",
    entries: &[("mount", Entry::Fn(&MOUNT)), ("umount", UMOUNT), ("VfsLfs2", Entry::Type(&class::VFS_LFS2))],
    init: Some(extend),
};

/// `vfs.mount`, also of `os` as before.
pub static MOUNT: Rom<NativeFn> = Rom::new(NativeFn::keywords("mount", 0, 255, mount));
/// `vfs.umount`, also of `os` as before.
pub const UMOUNT: Entry = method_steps!("umount", 1, 1, umount).1;

/// Adds what the port adds to a module; where the port has files of its own, their class.
pub fn extend(vm: &mut Vm, module: &Gc<Module>) -> Res<()> {
    let host = crate::host::board(vm);
    let (extensions, has_files) = (host.extensions, host.files.is_some());
    let name = module.def.map_or("", |def| def.name);
    let more = extensions.iter().filter(|(of, _)| *of == name).flat_map(|(_, entries)| entries.iter());
    for (name, entry) in more {
        let (key, value) = (vm.intern(name)?, vm.entry_value(entry)?);
        module.dict.set_name(&vm.heap, &key, value)?;
    }
    if has_files {
        let key = vm.intern("VfsPosix")?;
        module.dict.set_name(&vm.heap, &key, class::VFS_POSIX.value())?;
    }
    Ok(())
}

/// `mount(fsobj, mount_point, *, readonly, mkfs)`, or `mount()` for a list of what is mounted.
fn mount(vm: &mut Vm, args: Args) -> Res<Step> {
    if args.pos.is_empty() && args.kw.is_empty() {
        let mut list = Vec::new();
        for (point, fs) in mounts::all(vm)? {
            let point = vm.new_str(&point)?;
            list.push(vm.new_tuple(vec![fs, point])?);
        }
        return vm.new_list(list).map(Step::Done);
    }
    let [fs, point, read_only, mkfs] = args.parse(
        vm,
        &[
            Param::required("fsobj"),
            Param::required("mount_point"),
            Param::keyword("readonly", Value::FALSE),
            Param::keyword("mkfs", Value::FALSE),
        ],
    )?;
    let mut point = path_arg(vm, &point)?;
    if !point.starts_with('/') {
        point.insert(0, '/');
    }
    let name = vm.intern("mount")?;
    let (fs, method) = match vm.find_attr(&fs, &name)? {
        Some(method) => (fs, method),
        None => {
            let fs = detect(vm, &fs)?;
            let method = vm.get_attr(&fs, "mount")?;
            (fs, method)
        }
    };
    Ok(Step::call(method, vec![read_only, mkfs], move |vm, r| {
        r?;
        mounts::insert(vm, &point, fs)?;
        Ok(Step::Done(Value::NONE))
    }))
}

fn umount(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    match mounts::remove(vm, &args[0])? {
        Some(fs) => {
            let method = vm.get_attr(&fs, "umount")?;
            Ok(Step::call(method, Vec::new(), |_, r| r.map(|_| Step::Done(Value::NONE))))
        }
        None => Err(vm.os_error(EINVAL)),
    }
}

/// What the first blocks of a device say it holds. LittleFS keeps its name in block 0 and in block 1, of which one
/// may be blank.
fn probe(vm: &mut Vm, object: &Value) -> Res<Option<&'static Rom<snakeye_vm::object::TypeDef>>> {
    const NAME: &[u8] = b"littlefs";
    let device = Device::new(vm, object, 1, false)?;
    let mut on = device.on(vm);
    for block in 0..2 {
        let mut start = [0; 44];
        if on.read(block, 8, &mut start).is_ok() && start.starts_with(NAME) {
            return Ok(Some(&class::VFS_LFS2));
        }
    }
    if on.raised { Err(snakeye_vm::Raised) } else { Ok(None) }
}

/// The file system on a block device, by what is there. ENODEV when nothing is recognised.
fn detect(vm: &mut Vm, object: &Value) -> Res {
    let class = match probe(vm, object) {
        Ok(class) => class,
        Err(_) => {
            // A device of the simple protocol takes no offset.
            vm.take_exception();
            None
        }
    };
    match class {
        Some(class) => vm.call(&class.value(), core::slice::from_ref(object)),
        None => Err(vm.os_error(ENODEV)),
    }
}

/// Puts a file system of the port's own at a mount point.
pub fn mount_own(
    vm: &mut Vm,
    kind: object::Kind,
    fs: alloc::boxed::Box<dyn snakeye_vfs::FileSystem>,
    point: &str,
    read_only: bool,
) -> Res {
    let own = object::FsObject::own(kind, fs);
    own.read_only.set(read_only);
    let value = vm.new_native(own)?;
    mounts::insert(vm, point, value.clone())?;
    Ok(value)
}

/// Mounts the files of the computer at `/`, with the process's folder as the current one.
pub fn mount_files(vm: &mut Vm, files: crate::host::HostFiles) -> Res<()> {
    let fs = mount_own(vm, object::Kind::Posix, (files.tree)(""), "/", false)?;
    mounts::set_current(vm, Some((String::from("/"), fs)))
}
