//! Files: `open` and the objects it returns, in text and binary mode.

use crate::console::console;
use crate::host::board;
use crate::vfs::mounts::{lookup_value, proxy};
use crate::vfs::object::{Core, FsObject, Kind, fs_error, object, path_arg, with_fs};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt::Write;
use snakeye_vfs::{FileId, FileSystem, FsError, OpenFlags, SeekFrom};
use snakeye_vm::host::event;
use snakeye_vm::object::{Args, BufferValue, Entry, NativeFn, NativeObject, NativeValue, Param, Polled, Step, TypeDef};
use snakeye_vm::{Raised, Res, Rom, Slot, Value, Vm, method};

const EBADF: i32 = 9;
const EINVAL: i32 = 22;

/// `open(file, mode='r', buffering=-1, encoding=None)`
pub static OPEN: Rom<NativeFn> = Rom::new(NativeFn::keywords("open", 0, 4, open));

/// An open file. Dropping it closes it: at once, or where that takes Python code, with the file system's next operation.
pub struct File {
    /// The file system object.
    fs: Slot,
    core: Rc<Core>,
    kind: Kind,
    /// None: closed.
    id: Cell<Option<FileId>>,
    text: bool,
}

impl NativeObject for File {
    fn class(&self) -> &'static Rom<TypeDef> {
        match (self.kind, self.text) {
            (Kind::Posix, true) => &POSIX_TEXT,
            (Kind::Posix, false) => &POSIX_BINARY,
            (_, true) => &TEXT_FILE,
            (_, false) => &BINARY_FILE,
        }
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.fs.trace(visit);
    }
    /// Files never keep anyone waiting.
    fn poll(&self, _: &mut Vm, _: u16) -> Option<Polled> {
        let open = if self.id.get().is_some() { event::IN | event::OUT } else { event::NVAL };
        Some(Polled::Own(open, None))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.core.leave(id);
        }
    }
}

const METHODS: [(&str, Entry); 12] = [
    method!("read", 1, 2, read),
    method!("readinto", 2, 3, readinto),
    method!("readline", 1, 2, readline),
    method!("readlines", 1, 2, readlines),
    method!("write", 2, 4, write),
    method!("seek", 2, 3, seek),
    method!("tell", 1, 1, |vm, a| {
        let at = with_file(vm, &a[0], |fs, id| fs.tell(id))?;
        vm.new_int(at as i64)
    }),
    method!("truncate", 1, 2, truncate),
    method!("flush", 1, 1, |vm, a| {
        with_file(vm, &a[0], |fs, id| fs.flush(id))?;
        Ok(Value::NONE)
    }),
    method!("close", 1, 1, close),
    method!("__enter__", 1, 1, |_, a| Ok(a[0].clone())),
    method!("__exit__", 4, 4, close),
];

const FILE: TypeDef = TypeDef {
    attrs: &METHODS,
    iter: Some(|_, v| Ok(v.clone())),
    next: Some(|vm, v| Ok(Step::Done(next_line(vm, v, usize::MAX)?.unwrap_or(Value::UNBOUND)))),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    print: Some(print),
    ..TypeDef::NEW
};

/// Text files.
pub static TEXT_FILE: Rom<TypeDef> = Rom::new(TypeDef { name: "TextIOWrapper", ..FILE });
/// Binary files.
pub static BINARY_FILE: Rom<TypeDef> = Rom::new(TypeDef { name: "FileIO", ..FILE });

/// What files of the computer have beyond that.
const FILENO: [(&str, Entry); 1] = [method!("fileno", 1, 1, fileno)];
static POSIX_TEXT: Rom<TypeDef> =
    Rom::new(TypeDef { name: "TextIOWrapper", attrs: &FILENO, base: Some(&TEXT_FILE), ..FILE });
static POSIX_BINARY: Rom<TypeDef> =
    Rom::new(TypeDef { name: "FileIO", attrs: &FILENO, base: Some(&BINARY_FILE), ..FILE });

fn print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let Some(f) = v.native::<File>() else { return Ok(()) };
    let name = f.class().get().name;
    let _ = match f.kind {
        Kind::Posix => {
            let number = match f.id.get() {
                Some(_) => with_file(vm, v, |fs, id| Ok(fs.descriptor(id)))?,
                None => None,
            };
            write!(out, "<io.{name} {}>", number.unwrap_or(-1))
        }
        _ => write!(out, "<io.{name}>"),
    };
    Ok(())
}

fn fileno(vm: &mut Vm, args: &[Value]) -> Res {
    match with_file(vm, &args[0], |fs, id| Ok(fs.descriptor(id)))? {
        Some(n) => Ok(Value::int(n)),
        None => Err(vm.os_error(EBADF)),
    }
}

/// `open`: asks the file system that the path is on.
fn open(vm: &mut Vm, args: Args) -> Res<Step> {
    let r = vm.new_str("r")?;
    let [name, mode, _, _] = args.parse(
        vm,
        &[
            Param::required("file"),
            Param::optional("mode", r),
            Param::optional("buffering", Value::int(-1)),
            Param::optional("encoding", Value::NONE),
        ],
    )?;
    // The standard streams by number, where there are numbers.
    if let Some(number) = name.as_small_int()
        && board(vm).desktop
    {
        let text = !path_arg(vm, &mode)?.contains('b');
        return match number {
            0..=2 => console(vm, number as i32, text).map(Step::Done),
            _ => Err(vm.os_error(EBADF)),
        };
    }
    let (place, inner) = lookup_value(vm, &name)?;
    proxy(vm, &place, "open", vec![inner, mode])
}

/// Opens a file of a file system object: its `open(path, mode)`.
pub fn open_on(vm: &mut Vm, this: &Value, path: &Value, mode: &Value) -> Res {
    let o = object(vm, this)?;
    let path = o.inner_path(&path_arg(vm, path)?);
    let mode = path_arg(vm, mode)?;
    let flags = match o.kind {
        Kind::Lfs2 => match OpenFlags::from_mode(&mode) {
            Ok(flags) => flags,
            Err(_) => return Err(vm.raise_args(&snakeye_vm::exceptions::VALUE_ERROR, &[])),
        },
        _ => OpenFlags::from_lenient_mode(&mode),
    };
    if flags.modifies() {
        o.check_writable(vm)?;
    }
    // The last of b and t counts.
    let text = mode.rfind('b').is_none_or(|b| mode.rfind('t').is_some_and(|t| t > b));
    // The object comes first: if there is no memory for it, nothing was opened.
    let fs = Slot::new(this.clone());
    let made = vm.new_native(File { fs, core: o.core.clone(), kind: o.kind, id: Cell::new(None), text })?;
    let id = with_fs(vm, o, |fs| fs.open(&path, flags))?;
    if let Some(file) = made.native::<File>() {
        file.id.set(Some(id));
    }
    Ok(made)
}

fn file<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a File> {
    match v.native::<File>() {
        Some(f) => Ok(f),
        None => Err(vm.type_error("file expected")),
    }
}

/// What the file systems raise for a closed file.
#[cold]
fn closed(vm: &mut Vm, kind: Kind) -> Raised {
    match kind {
        Kind::Posix | Kind::Remote => vm.value_error("I/O operation on closed file"),
        Kind::Lfs2 => vm.raise_args(&snakeye_vm::exceptions::VALUE_ERROR, &[]),
    }
}

/// Works on an open file.
fn with_file<T>(vm: &mut Vm, v: &Value, f: impl FnOnce(&mut dyn FileSystem, FileId) -> Result<T, FsError>) -> Res<T> {
    let file = file(vm, v)?;
    let Some(id) = file.id.get() else { return Err(closed(vm, file.kind)) };
    let fs = file.fs.get();
    let o = object(vm, &fs)?;
    with_fs(vm, o, |fs| f(fs, id))
}

pub(crate) fn size_arg(vm: &mut Vm, v: Option<&Value>) -> Res<usize> {
    match v {
        Some(v) if !v.is_none() => Ok(usize::try_from(vm.index_of(v)?).unwrap_or(usize::MAX)),
        _ => Ok(usize::MAX),
    }
}

/// Makes room for `more` bytes that count against the heap.
fn grow(vm: &mut Vm, data: &mut Vec<u8>, more: usize) -> Res<()> {
    let total = data.len().saturating_add(more);
    vm.heap.charge(total)?;
    vm.heap.discharge(total);
    data.try_reserve(more).map_err(|_| Raised)
}

/// Reads up to `n` bytes: all at once where the size is known, else in pieces.
fn read_bytes(vm: &mut Vm, v: &Value, n: usize) -> Res<Vec<u8>> {
    const PIECE: usize = 512;
    let mut all = Vec::new();
    let left = with_file(vm, v, |fs, id| match (fs.size(id), fs.tell(id)) {
        (Ok(size), Ok(at)) => Ok(size.saturating_sub(at)),
        // It cannot be told of a pipe.
        _ => Ok(0),
    })?;
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    while all.len() < n {
        let start = all.len();
        let want = if start == 0 && left > 0 { left } else { PIECE.max(start) }.min(n - start);
        grow(vm, &mut all, want)?;
        all.resize(start + want, 0);
        let got = with_file(vm, v, |fs, id| fs.read(id, &mut all[start..]))?;
        all.truncate(start + got);
        if got == 0 {
            break;
        }
    }
    Ok(all)
}

pub(crate) fn text_or_bytes(vm: &mut Vm, data: &[u8], text: bool) -> Res {
    if !text {
        return vm.new_bytes(data);
    }
    match core::str::from_utf8(data) {
        Ok(s) => vm.new_str(s),
        Err(_) => Err(vm.raise_args(&snakeye_vm::exceptions::UNICODE_ERROR, &[])),
    }
}

fn read(vm: &mut Vm, args: &[Value]) -> Res {
    let this = &args[0];
    let text = file(vm, this)?.text;
    let n = size_arg(vm, args.get(1))?;
    let mut data = read_bytes(vm, this, n)?;
    if text && n != usize::MAX {
        // `n` counts characters: as many bytes more as characters have continuation bytes.
        loop {
            let chars = data.iter().filter(|&&b| b & 0xC0 != 0x80).count();
            let last = data.iter().rposition(|&b| b & 0xC0 != 0x80).unwrap_or(0);
            let need = match data.get(last) {
                Some(0xC0..=0xDF) => 2,
                Some(0xE0..=0xEF) => 3,
                Some(0xF0..) => 4,
                _ => 1,
            };
            let missing = (last + need).saturating_sub(data.len()) + n.saturating_sub(chars);
            if missing == 0 || data.is_empty() {
                break;
            }
            let more = read_bytes(vm, this, missing)?;
            if more.is_empty() {
                break;
            }
            data.extend_from_slice(&more);
        }
    }
    text_or_bytes(vm, &data, text)
}

/// Whether working on the file may run Python code.
fn calls_python(vm: &mut Vm, v: &Value) -> Res<bool> {
    let fs = file(vm, v)?.fs.get();
    Ok(!object(vm, &fs)?.is_own())
}

fn fill(fs: &mut dyn FileSystem, id: FileId, place: &mut [u8]) -> Result<usize, FsError> {
    let mut n = 0;
    while n < place.len() {
        match fs.read(id, &mut place[n..])? {
            0 => break,
            k => n += k,
        }
    }
    Ok(n)
}

fn readinto(vm: &mut Vm, args: &[Value]) -> Res {
    let limit = size_arg(vm, args.get(2))?;
    let target = vm.base_object(&args[1]);
    let copied = if calls_python(vm, &args[0])? {
        // No borrow of the target while Python code runs.
        let room = target.buffer().map_or(0, |b| b.len()).min(limit);
        let data = read_bytes(vm, &args[0], room)?;
        target.with_buffer_mut(|b| {
            let n = data.len().min(b.len());
            b[..n].copy_from_slice(&data[..n]);
            Ok(n)
        })
    } else {
        target.with_buffer_mut(|b| {
            let room = b.len().min(limit);
            with_file(vm, &args[0], |fs, id| fill(fs, id, &mut b[..room]))
        })
    };
    match copied {
        Some(n) => {
            let n = n?;
            vm.new_int(n as i64)
        }
        None => Err(vm.type_error("a writable buffer is required")),
    }
}

/// The next line with its end; `None` at the end of the file.
fn next_line(vm: &mut Vm, v: &Value, limit: usize) -> Res<Option<Value>> {
    let text = file(vm, v)?.text;
    let mut line: Vec<u8> = Vec::new();
    let mut piece = [0u8; 64];
    // What is read beyond the line goes back; where that is impossible, single bytes are read.
    let step = if with_file(vm, v, |fs, id| Ok(fs.tell(id).is_ok()))? { piece.len() } else { 1 };
    while line.len() < limit {
        let room = (limit - line.len()).min(step);
        let n = with_file(vm, v, |fs, id| fs.read(id, &mut piece[..room]))?;
        if n == 0 {
            break;
        }
        let end = piece[..n].iter().position(|&b| b == b'\n').map(|i| i + 1);
        let take = end.unwrap_or(n);
        grow(vm, &mut line, take)?;
        line.extend_from_slice(&piece[..take]);
        if let Some(end) = end {
            if end < n {
                with_file(vm, v, |fs, id| fs.seek(id, SeekFrom::Current(end as i64 - n as i64)))?;
            }
            break;
        }
    }
    if line.is_empty() {
        return Ok(None);
    }
    text_or_bytes(vm, &line, text).map(Some)
}

fn readline(vm: &mut Vm, args: &[Value]) -> Res {
    let limit = size_arg(vm, args.get(1))?;
    let text = file(vm, &args[0])?.text;
    match next_line(vm, &args[0], limit)? {
        Some(line) => Ok(line),
        None => text_or_bytes(vm, &[], text),
    }
}

fn readlines(vm: &mut Vm, args: &[Value]) -> Res {
    let mut lines = Vec::new();
    while let Some(line) = next_line(vm, &args[0], usize::MAX)? {
        lines.push(line);
    }
    vm.new_list(lines)
}

/// `write(buffer[, offset], [length])`: how many bytes were written, of text too.
fn write(vm: &mut Vm, args: &[Value]) -> Res {
    let data = &vm.base_object(&args[1]);
    let mut start = 0;
    let mut end = usize::MAX;
    if let Some(a) = args.get(2) {
        match args.get(3) {
            Some(b) => (start, end) = (vm.index_of(a)?.max(0) as usize, vm.index_of(b)?.max(0) as usize),
            None => end = vm.index_of(a)?.max(0) as usize,
        }
        end = end.saturating_add(start);
    }
    let read_only = {
        let fs = file(vm, &args[0])?.fs.get();
        object(vm, &fs)?.read_only.get()
    };
    if read_only {
        return Err(fs_error(vm, FsError::ReadOnly));
    }
    let python = calls_python(vm, &args[0])?;
    let Some(buffer) = data.buffer() else { return Err(vm.type_error("object with buffer protocol required")) };
    let part = |b: &[u8]| -> (usize, usize) { (start.min(b.len()), end.min(b.len()).max(start.min(b.len()))) };
    let put = |vm: &mut Vm, b: &[u8]| {
        with_file(vm, &args[0], |fs, id| {
            let mut n = 0;
            while n < b.len() {
                match fs.write(id, &b[n..])? {
                    0 => break,
                    k => n += k,
                }
            }
            Ok(n)
        })
    };
    let n = if python {
        // No borrow of the data while Python code runs.
        let len = buffer.len();
        vm.heap.charge(len)?;
        vm.heap.discharge(len);
        let copy = buffer.with(|b| b[part(b).0..part(b).1].to_vec());
        drop(buffer);
        put(vm, &copy)?
    } else {
        buffer.with(|b| put(vm, &b[part(b).0..part(b).1]))?
    };
    vm.new_int(n as i64)
}

fn seek(vm: &mut Vm, args: &[Value]) -> Res {
    let offset = vm.index_of(&args[1])?;
    let whence = match args.get(2) {
        Some(w) => vm.index_of(w)?,
        None => 0,
    };
    let to = match SeekFrom::from_whence(offset, whence) {
        Ok(to) => to,
        Err(_) => return Err(vm.os_error(EINVAL)),
    };
    let at = with_file(vm, &args[0], |fs, id| fs.seek(id, to))?;
    vm.new_int(at as i64)
}

fn truncate(vm: &mut Vm, args: &[Value]) -> Res {
    let size = match args.get(1) {
        Some(v) if !v.is_none() => vm.index_of(v)?.max(0) as u64,
        _ => with_file(vm, &args[0], |fs, id| fs.tell(id))?,
    };
    with_file(vm, &args[0], |fs, id| fs.truncate(id, size))?;
    vm.new_int(size as i64)
}

fn close(vm: &mut Vm, args: &[Value]) -> Res {
    let f = file(vm, &args[0])?;
    if let Some(id) = f.id.take() {
        let fs = f.fs.get();
        let o: &FsObject = object(vm, &fs)?;
        with_fs(vm, o, |fs| fs.close(id))?;
    }
    Ok(Value::NONE)
}
