//! File systems as objects of scripts.

use super::device::{Away, Device, DeviceOnVm};
use crate::host::board;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use snakeye_vfs::lfs::LittleFs;
use snakeye_vfs::{FileId, FileSystem, FsError, path};
use snakeye_vm::object::{NativeObject, NativeValue, StrValue, TypeDef};
use snakeye_vm::{Raised, Res, Rom, Value, Vm};

/// errno of a file system that is in use, by the device code that it called.
const EBUSY: i32 = 16;
const EROFS: i32 = 30;

/// What sort of file system an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// LittleFS v2
    Lfs2,
    /// The files of the computer the VM runs on.
    Posix,
    /// A folder of that computer, mounted on a board.
    Remote,
}

impl Kind {
    /// Its class.
    pub fn class(self) -> &'static Rom<TypeDef> {
        match self {
            Kind::Lfs2 => &super::class::VFS_LFS2,
            Kind::Posix => &super::class::VFS_POSIX,
            Kind::Remote => &super::class::REMOTE_FS,
        }
    }
}

/// A file system and the means to work on it.
pub enum State {
    /// One that needs no Python.
    Own(Box<dyn FileSystem>),
    /// LittleFS v2 on a device that a script wrote.
    Lfs2(Box<LittleFs<Away>>),
}

/// What an object and its open files share.
pub struct Core {
    /// None while an operation is under way.
    state: RefCell<Option<State>>,
    /// Files that were dropped without being closed where only a call with the VM at hand can close them.
    left: RefCell<Vec<FileId>>,
}

impl Core {
    /// Closes a file whose object is gone: now, or with the next operation.
    pub fn leave(&self, file: FileId) {
        if let Ok(mut state) = self.state.try_borrow_mut()
            && let Some(State::Own(fs)) = &mut *state
        {
            // Nobody is left to be told of an error.
            let _ = fs.close(file);
        } else if let Ok(mut left) = self.left.try_borrow_mut() {
            left.push(file);
        }
    }
}

/// A file system object.
pub struct FsObject {
    /// What it is.
    pub kind: Kind,
    /// The file system.
    pub core: Rc<Core>,
    /// The device below, if a script wrote it.
    device: Option<Device>,
    /// The current directory; of `Posix`, the folder its absolute paths start from, or nothing.
    pub folder: RefCell<String>,
    /// Whether changes are refused.
    pub read_only: Cell<bool>,
}

impl NativeObject for FsObject {
    fn class(&self) -> &'static Rom<TypeDef> {
        self.kind.class()
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Some(device) = &self.device {
            device.trace(visit);
        }
    }
    fn clear(&self) {
        if let Some(device) = &self.device {
            device.clear();
        }
    }
}

impl FsObject {
    /// A file system on a device.
    pub fn new(kind: Kind, state: State, device: Option<Device>) -> FsObject {
        let core = Rc::new(Core { state: RefCell::new(Some(state)), left: RefCell::default() });
        let folder = RefCell::new(String::from(if kind == Kind::Posix { "" } else { "/" }));
        FsObject { kind, core, device, folder, read_only: Cell::new(false) }
    }

    /// One that needs no Python.
    pub fn own(kind: Kind, fs: Box<dyn FileSystem>) -> FsObject {
        FsObject::new(kind, State::Own(fs), None)
    }

    /// Whether operations call no Python.
    pub fn is_own(&self) -> bool {
        self.device.is_none()
    }

    /// A script's path as the file system takes it: absolute and without `..`, except that a computer's own files have
    /// their own rules.
    pub fn inner_path(&self, path: &str) -> String {
        if self.kind == Kind::Posix {
            return String::from(path);
        }
        match self.folder.try_borrow() {
            Ok(folder) => path::absolute(&folder, path),
            Err(_) => String::from(path),
        }
    }

    /// Refuses changes of what is read-only.
    pub fn check_writable(&self, vm: &mut Vm) -> Res<()> {
        if self.read_only.get() { Err(vm.os_error(EROFS)) } else { Ok(()) }
    }
}

/// The file system object in a value; TypeError for another value.
pub fn object<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a FsObject> {
    match v.native::<FsObject>() {
        Some(o) => Ok(o),
        None => Err(vm.type_error("file system expected")),
    }
}

/// The OSError of a file system's error.
pub fn fs_error(vm: &mut Vm, e: FsError) -> Raised {
    vm.os_error(e.errno())
}

/// Text of a path argument: str, or bytes.
pub fn path_arg(vm: &mut Vm, v: &Value) -> Res<String> {
    use snakeye_vm::object::BufferValue;
    if v.as_str().is_none()
        && let Some(bytes) = v.as_bytes()
    {
        return match core::str::from_utf8(bytes) {
            Ok(text) => Ok(String::from(text)),
            Err(_) => Err(vm.raise_args(&snakeye_vm::exceptions::UNICODE_ERROR, &[])),
        };
    }
    Ok(String::from(vm.str_arg(v)?))
}

/// An operation on a file system within reach: first closes what was left open.
fn operate<T>(
    core: &Core,
    fs: &mut dyn FileSystem,
    f: impl FnOnce(&mut dyn FileSystem) -> Result<T, FsError>,
) -> Result<T, FsError> {
    loop {
        let file = core.left.try_borrow_mut().ok().and_then(|mut left| left.pop());
        match file {
            Some(file) => drop(fs.close(file)),
            None => return f(fs),
        }
    }
}

/// Brings a file system to its device, works on it, and takes it away again.
macro_rules! on_device {
    ($vm:ident, $o:ident, $fs:ident, $f:ident, $variant:path) => {{
        let Some(device) = &$o.device else { return Err($vm.os_error(EBUSY)) };
        let (mut fs, away) = $fs.with_device(device.on($vm));
        let result = operate(&$o.core, &mut fs, $f);
        let (fs, device): (_, DeviceOnVm) = fs.with_device(away);
        ($variant(Box::new(fs)), result, device.raised)
    }};
}

/// Works on a file system. The OSError of what fails, or the exception that its device raised.
pub fn with_fs<T>(vm: &mut Vm, o: &FsObject, f: impl FnOnce(&mut dyn FileSystem) -> Result<T, FsError>) -> Res<T> {
    let taken = o.core.state.try_borrow_mut().ok().and_then(|mut state| state.take());
    let (state, result, raised) = match taken {
        None => return Err(vm.os_error(EBUSY)),
        Some(State::Own(mut fs)) => {
            let result = operate(&o.core, &mut *fs, f);
            (State::Own(fs), result, false)
        }
        Some(State::Lfs2(fs)) => on_device!(vm, o, fs, f, State::Lfs2),
    };
    if let Ok(mut place) = o.core.state.try_borrow_mut() {
        *place = Some(state);
    }
    match result {
        _ if raised => Err(Raised),
        Ok(value) => Ok(value),
        Err(e) => Err(fs_error(vm, e)),
    }
}

/// The board's clock as file systems stamp files with it.
struct BoardClock(Box<dyn snakeye_hal::Clock>);

impl snakeye_vfs::Clock for BoardClock {
    fn now_ns(&self) -> u64 {
        let us = self.0.rtc_us() + snakeye_hal::EPOCH_2000_UNIX_S * 1_000_000;
        us.max(0) as u64 * 1000
    }
}

/// The clock for times of modification.
pub fn clock(vm: &mut Vm) -> Rc<dyn snakeye_vfs::Clock> {
    Rc::new(BoardClock(board(vm).board.clock_handle()))
}
