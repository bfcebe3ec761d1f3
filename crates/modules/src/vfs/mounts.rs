//! The table of mounts and the current directory: which file system answers for a path.
//!
//! As in MicroPython, `/` itself belongs to no file system, each file system keeps a current directory of its own, and
//! relative paths go to the file system that `os.chdir` last went to.

use super::object::path_arg;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_vfs::MountTable;
use snakeye_vm::object::{NativeObject, NativeValue, Step, StrValue, TypeDef};
use snakeye_vm::{Res, Rom, Value, Vm};

const EPERM: i32 = 1;
const ENODEV: i32 = 19;

/// Where the VM keeps the table.
const KEPT: &str = "vfs.mounts";

static MOUNTS: Rom<TypeDef> = Rom::new(TypeDef { name: "mounts", ..TypeDef::NEW });

/// What is mounted.
#[derive(Default)]
struct Mounts {
    table: RefCell<MountTable<Value>>,
    /// Where relative paths go: mount point and file system, or nothing for the root.
    current: RefCell<Option<(String, Value)>>,
}

impl NativeObject for Mounts {
    fn class(&self) -> &'static Rom<TypeDef> {
        &MOUNTS
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Ok(table) = self.table.try_borrow() {
            table.iter().for_each(|(_, fs)| visit(fs));
        }
        if let Ok(current) = self.current.try_borrow()
            && let Some((_, fs)) = &*current
        {
            visit(fs);
        }
    }
}

/// Runs `f` on the table, which is made at first use. `f` must not run Python code.
fn with_mounts<T>(vm: &mut Vm, f: impl FnOnce(&Mounts) -> T) -> Res<T> {
    let kept = match vm.kept(KEPT) {
        Some(kept) => kept,
        None => {
            let made = vm.new_native(Mounts::default())?;
            vm.set_kept(KEPT, made.clone());
            made
        }
    };
    match kept.native::<Mounts>() {
        Some(mounts) => Ok(f(mounts)),
        None => Err(vm.busy()),
    }
}

/// Where a path leads.
pub enum Place {
    /// The root directory, which belongs to no file system.
    Root,
    /// Nothing is mounted there.
    Nowhere,
    /// A mount: its point, the file system, and the path inside it.
    On(String, Value, String),
}

/// Looks a path up.
pub fn lookup(vm: &mut Vm, path: &str) -> Res<Place> {
    with_mounts(vm, |mounts| {
        let Ok(current) = mounts.current.try_borrow() else { return Place::Nowhere };
        let below_root = path.strip_prefix('/');
        if below_root.is_none()
            && let Some((point, fs)) = &*current
        {
            return Place::On(point.clone(), fs.clone(), String::from(path));
        }
        let name = below_root.unwrap_or(path);
        if name.is_empty() {
            return Place::Root;
        }
        let Ok(table) = mounts.table.try_borrow() else { return Place::Nowhere };
        let full = alloc::format!("/{name}");
        match table.resolve_entry(&full) {
            // A relative path stays one.
            Some(("/", fs, _)) => Place::On(String::from("/"), fs.clone(), String::from(path)),
            Some((point, fs, inner)) => Place::On(String::from(point), fs.clone(), String::from(inner)),
            None => Place::Nowhere,
        }
    })
}

/// Looks the path in an argument up; the path inside comes as a value of the same type.
pub fn lookup_value(vm: &mut Vm, path: &Value) -> Res<(Place, Value)> {
    let text = path_arg(vm, path)?;
    let place = lookup(vm, &text)?;
    let inner = match &place {
        Place::On(_, _, inner) if path.as_str().is_some() => vm.new_str(inner)?,
        Place::On(_, _, inner) => vm.new_bytes(inner.as_bytes())?,
        _ => Value::NONE,
    };
    Ok((place, inner))
}

/// Calls a method of the file system a path leads to.
pub fn proxy(vm: &mut Vm, place: &Place, method: &str, args: Vec<Value>) -> Res<Step> {
    match place {
        Place::Root => Err(vm.os_error(EPERM)),
        Place::Nowhere => Err(vm.os_error(ENODEV)),
        Place::On(_, fs, _) => Ok(Step::tail(vm.get_attr(fs, method)?, args)),
    }
}

/// What is mounted at exactly this point.
pub fn at(vm: &mut Vm, point: &str) -> Res<Option<Value>> {
    with_mounts(vm, |mounts| mounts.table.try_borrow().ok().and_then(|table| table.at(point).cloned()))
}

/// All mounts, in the order of listings: root mounts come last.
pub fn all(vm: &mut Vm) -> Res<Vec<(String, Value)>> {
    with_mounts(vm, |mounts| match mounts.table.try_borrow() {
        Ok(table) => table.iter().map(|(point, fs)| (String::from(point), fs.clone())).collect(),
        Err(_) => Vec::new(),
    })
}

/// Puts a file system into the table. EPERM when the point is taken.
pub fn insert(vm: &mut Vm, point: &str, fs: Value) -> Res<()> {
    let put = with_mounts(vm, |mounts| mounts.table.try_borrow_mut().map(|mut table| table.mount(point, fs)))?;
    match put {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) => Err(super::object::fs_error(vm, e)),
        Err(_) => Err(vm.busy()),
    }
}

/// Takes a file system out of the table, by its point or by itself, and gives it back. If it was the current one, the
/// root is now.
pub fn remove(vm: &mut Vm, which: &Value) -> Res<Option<Value>> {
    with_mounts(vm, |mounts| {
        let Ok(mut table) = mounts.table.try_borrow_mut() else { return None };
        let point = match which.as_str() {
            Some(point) => String::from(point),
            None => String::from(table.iter().find(|(_, fs)| fs.is(which))?.0),
        };
        let gone = table.umount(&point)?;
        drop(table);
        let is_current = mounts.current.try_borrow().is_ok_and(|c| c.as_ref().is_some_and(|(p, _)| *p == point));
        if is_current {
            drop(mounts.current.try_borrow_mut().map(|mut current| current.take()));
        }
        Some(gone)
    })
}

/// The mount that relative paths go to; nothing: the root.
pub fn current(vm: &mut Vm) -> Res<Option<(String, Value)>> {
    with_mounts(vm, |mounts| mounts.current.try_borrow().ok().and_then(|current| current.clone()))
}

/// Makes relative paths go elsewhere.
pub fn set_current(vm: &mut Vm, to: Option<(String, Value)>) -> Res<()> {
    let old = with_mounts(vm, |mounts| {
        mounts.current.try_borrow_mut().map(|mut current| core::mem::replace(&mut *current, to))
    })?;
    drop(old);
    Ok(())
}
