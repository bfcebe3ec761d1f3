//! How imports, `execfile` and the start files find and read files, on file systems of either language.

use super::mounts::{Place, lookup};
use super::object::{FsObject, with_fs};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_vfs::{DirEntry, FileType};
use snakeye_vm::host::{FileAccess, Found};
use snakeye_vm::object::{BufferValue, NativeValue};
use snakeye_vm::{Res, Value, Vm};

const EPERM: i32 = 1;
const ENODEV: i32 = 19;
/// Type bits of a mode: what of them says directory, or regular file.
const TYPE_BITS: u32 = 0xf000;
const DIRECTORY: i64 = 0x4000;
const REGULAR: u32 = 0x8000;

/// Stream requests of MicroPython's `ioctl` (py/stream.h): close, and the size of buffer that the stream likes.
const CLOSE: i32 = 4;
const BUFFER_SIZE: i32 = 11;
/// Bytes read at once from a stream written in Python: unless it says otherwise, least, most.
const PIECE: [i64; 3] = [64, 32, 255];

/// For [`Vm::files`].
pub const ACCESS: FileAccess = FileAccess { stat, read };

fn stat(vm: &mut Vm, path: &str) -> Found {
    match find(vm, path) {
        Ok(found) => found,
        // Whatever is wrong: it is not found.
        Err(_) => {
            vm.take_exception();
            Found::Nothing
        }
    }
}

fn find(vm: &mut Vm, path: &str) -> Res<Found> {
    let Place::On(_, fs, inner) = lookup(vm, path)? else { return Ok(Found::Nothing) };
    if let Some(o) = fs.native::<FsObject>() {
        let inner = o.inner_path(&inner);
        let s = with_fs(vm, o, |fs| fs.stat(&inner))?;
        return Ok(match (s.kind, s.host) {
            (FileType::Directory, _) => Found::Folder,
            (FileType::File, Some(h)) if h.mode & TYPE_BITS != REGULAR => Found::Nothing,
            _ => Found::File,
        });
    }
    let (method, inner) = (vm.get_attr(&fs, "stat")?, vm.new_str(&inner)?);
    let fields = vm.call(&method, &[inner])?;
    let mode = vm.get_item(&fields, &Value::int(0))?;
    Ok(if vm.index_of(&mode)? & DIRECTORY != 0 { Found::Folder } else { Found::File })
}

fn read(vm: &mut Vm, path: &str) -> Res<Vec<u8>> {
    let (fs, inner) = match lookup(vm, path)? {
        Place::On(_, fs, inner) => (fs, inner),
        Place::Root => return Err(vm.os_error(EPERM)),
        Place::Nowhere => return Err(vm.os_error(ENODEV)),
    };
    if let Some(o) = fs.native::<FsObject>() {
        let inner = o.inner_path(&inner);
        return with_fs(vm, o, |fs| snakeye_vfs::read_file(fs, &inner));
    }
    let (method, inner, mode) = (vm.get_attr(&fs, "open")?, vm.new_str(&inner)?, vm.new_str("rb")?);
    let stream = vm.call(&method, &[inner, mode])?;
    let content = read_stream(vm, &stream);
    let pending = content.is_err().then(|| vm.take_exception());
    let closed = close(vm, &stream);
    match pending {
        Some(e) => Err(vm.raise(e)),
        None => closed.and(content),
    }
}

fn attribute(vm: &mut Vm, v: &Value, name: &str) -> Res<Option<Value>> {
    let name = vm.intern(name)?;
    vm.find_attr(v, &name)
}

fn close(vm: &mut Vm, stream: &Value) -> Res<()> {
    if let Some(ioctl) = attribute(vm, stream, "ioctl")? {
        vm.call(&ioctl, &[Value::int(CLOSE), Value::int(0)])?;
    } else if let Some(close) = attribute(vm, stream, "close")? {
        vm.call(&close, &[])?;
    }
    Ok(())
}

/// Everything that is left in a stream: in pieces by `readinto` if it has that, else by `read`.
fn read_stream(vm: &mut Vm, stream: &Value) -> Res<Vec<u8>> {
    let [usual, least, most] = PIECE;
    let mut size = usual;
    if let Some(ioctl) = attribute(vm, stream, "ioctl")? {
        let wanted = vm.call(&ioctl, &[Value::int(BUFFER_SIZE), Value::int(0)])?;
        let wanted = vm.index_of(&wanted)?;
        if wanted > 0 {
            size = wanted.clamp(least, most);
        }
    }
    let mut content = Vec::new();
    let Some(readinto) = attribute(vm, stream, "readinto")? else {
        let read = vm.get_attr(stream, "read")?;
        let all = vm.call(&read, &[])?;
        return match all.buffer() {
            Some(b) => Ok(b.to_vec()),
            None => Err(vm.type_error("object with buffer protocol required")),
        };
    };
    loop {
        let piece = vm.new_bytearray(&vec![0; size as usize])?;
        let n = vm.call(&readinto, core::slice::from_ref(&piece))?;
        let n = if n.is_none() { 0 } else { usize::try_from(vm.index_of(&n)?).unwrap_or(0) };
        vm.heap.charge(content.len() + n)?;
        vm.heap.discharge(content.len() + n);
        if let Some(b) = piece.buffer() {
            b.with(|b| content.extend_from_slice(b.get(..n).unwrap_or(b)));
        }
        // A short piece is the last one.
        if n < size as usize {
            return Ok(content);
        }
    }
}

/// The entries of a directory on a file system of Rust; none where there is nothing of the kind.
pub fn list(vm: &mut Vm, dir: &str) -> Vec<DirEntry> {
    let Ok(Place::On(_, fs, inner)) = lookup(vm, dir) else { return Vec::new() };
    let Some(o) = fs.native::<FsObject>() else { return Vec::new() };
    let inner: String = o.inner_path(&inner);
    match with_fs(vm, o, |fs| fs.list(&inner)) {
        Ok(entries) => entries,
        Err(_) => {
            vm.take_exception();
            Vec::new()
        }
    }
}
