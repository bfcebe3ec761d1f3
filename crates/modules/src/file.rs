//! Files: `open` and the objects it returns, in text and binary mode.

use crate::host::{Orphan, Orphans, board};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use snakeye_vfs::{FileHandle, FsError, OpenFlags, SeekFrom};
use snakeye_vm::host::event;
use snakeye_vm::object::{
    Args, BufferValue, Entry, NativeFn, NativeObject, NativeValue, Param, Polled, Step, StrValue, TypeDef,
};
use snakeye_vm::{Raised, Res, Rom, Value, Vm, method};

/// `open(file, mode='r', *, encoding=None, buffering=-1)`
pub static OPEN: Rom<NativeFn> = Rom::new(NativeFn::keywords("open", 1, 3, open));

/// An open file. Dropping it closes it at the next call that reaches the board.
pub struct File {
    handle: Cell<Option<FileHandle>>,
    text: bool,
    orphans: Orphans,
}

impl NativeObject for File {
    fn class(&self) -> &'static Rom<TypeDef> {
        if self.text { &TEXT_FILE } else { &BINARY_FILE }
    }
    /// Files never keep anyone waiting.
    fn poll(&self, _: &mut Vm, _: u16) -> Option<Polled> {
        let open = if self.handle.get().is_some() { event::IN | event::OUT } else { event::NVAL };
        Some(Polled::Own(open, None))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(h) = self.handle.take() {
            self.orphans.leave(Orphan::File(h));
        }
    }
}

const ATTRS: &[(&str, Entry)] = &[
    method!("read", 1, 2, read),
    method!("readinto", 2, 3, readinto),
    method!("readline", 1, 2, readline),
    method!("readlines", 1, 1, |vm, a| {
        let mut lines = Vec::new();
        while let Some(line) = next_line(vm, &a[0], usize::MAX)? {
            lines.push(line);
        }
        vm.new_list(lines)
    }),
    method!("write", 2, 4, write),
    method!("seek", 2, 3, seek),
    method!("tell", 1, 1, |vm, a| {
        let h = handle(vm, &a[0])?;
        let at = fs(vm, |v| v.tell(h))?;
        vm.new_int(at as i64)
    }),
    method!("truncate", 1, 2, truncate),
    method!("flush", 1, 1, |vm, a| {
        let h = handle(vm, &a[0])?;
        fs(vm, |v| v.flush(h))?;
        Ok(Value::NONE)
    }),
    method!("close", 1, 1, close),
    method!("__enter__", 1, 1, |_, a| Ok(a[0].clone())),
    method!("__exit__", 4, 4, close),
];

const FILE: TypeDef = TypeDef {
    attrs: ATTRS,
    iter: Some(|_, v| Ok(v.clone())),
    next: Some(|vm, v| Ok(Step::Done(next_line(vm, v, usize::MAX)?.unwrap_or(Value::UNBOUND)))),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
};

/// `io.TextIOWrapper`
pub static TEXT_FILE: Rom<TypeDef> = Rom::new(TypeDef { name: "TextIOWrapper", ..FILE });
/// `io.FileIO`
pub static BINARY_FILE: Rom<TypeDef> = Rom::new(TypeDef { name: "FileIO", ..FILE });

/// The OSError of a file system's error.
pub fn fs_error(vm: &mut Vm, e: FsError) -> Raised {
    vm.os_error(e.errno())
}

/// Runs `f` on the mounted file systems.
pub fn fs<T>(vm: &mut Vm, f: impl FnOnce(&mut snakeye_vfs::Vfs) -> Result<T, FsError>) -> Res<T> {
    let host = board(vm);
    host.close_orphans();
    f(&mut host.vfs).map_err(|e| fs_error(vm, e))
}

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
    let name = String::from(vm.str_arg(&name)?);
    let mode = String::from(vm.str_arg(&mode)?);
    let flags = match OpenFlags::from_mode(&mode) {
        Ok(f) => f,
        Err(_) => return Err(vm.value_error("invalid mode")),
    };
    let h = fs(vm, |v| v.open(&name, flags))?;
    let orphans = board(vm).orphans.clone();
    let file = File { handle: Cell::new(Some(h)), text: !mode.contains('b'), orphans };
    vm.new_native(file).map(Step::Done)
}

fn file<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a File> {
    match v.native::<File>() {
        Some(f) => Ok(f),
        None => Err(vm.type_error("file expected")),
    }
}

fn handle(vm: &mut Vm, v: &Value) -> Res<FileHandle> {
    match file(vm, v)?.handle.get() {
        Some(h) => Ok(h),
        None => Err(vm.value_error("I/O operation on closed file")),
    }
}

pub(crate) fn size_arg(vm: &mut Vm, v: Option<&Value>) -> Res<usize> {
    match v {
        Some(v) if !v.is_none() => Ok(usize::try_from(vm.index_of(v)?).unwrap_or(usize::MAX)),
        _ => Ok(usize::MAX),
    }
}

/// Reads up to `n` bytes, in pieces that count against the heap.
fn read_bytes(vm: &mut Vm, h: FileHandle, n: usize) -> Res<Vec<u8>> {
    let mut all = Vec::new();
    let mut piece = [0u8; 512];
    while all.len() < n {
        let room = (n - all.len()).min(piece.len());
        let got = fs(vm, |v| v.read(h, &mut piece[..room]))?;
        if got == 0 {
            break;
        }
        if all.len() + got > all.capacity() {
            let more = all.capacity().max(1024);
            vm.heap.charge(all.capacity() + more)?;
            vm.heap.discharge(all.capacity() + more);
            all.try_reserve(more).map_err(|_| Raised)?;
        }
        all.extend_from_slice(&piece[..got]);
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
    let (h, text) = (handle(vm, &args[0])?, file(vm, &args[0])?.text);
    let n = size_arg(vm, args.get(1))?;
    let mut data = read_bytes(vm, h, n)?;
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
            let more = read_bytes(vm, h, missing)?;
            if more.is_empty() {
                break;
            }
            data.extend_from_slice(&more);
        }
    }
    text_or_bytes(vm, &data, text)
}

fn readinto(vm: &mut Vm, args: &[Value]) -> Res {
    let h = handle(vm, &args[0])?;
    let limit = size_arg(vm, args.get(2))?;
    let target = args[1].clone();
    let host = board(vm);
    let done = target.with_buffer_mut(|b| {
        let room = b.len().min(limit);
        let mut n = 0;
        while n < room {
            match host.vfs.read(h, &mut b[n..room])? {
                0 => break,
                k => n += k,
            }
        }
        Ok(n)
    });
    match done {
        Some(Ok(n)) => vm.new_int(n as i64),
        Some(Err(e)) => Err(fs_error(vm, e)),
        None => Err(vm.type_error("a writable buffer is required")),
    }
}

/// The next line with its end; `None` at the end of the file.
fn next_line(vm: &mut Vm, v: &Value, limit: usize) -> Res<Option<Value>> {
    let (h, text) = (handle(vm, v)?, file(vm, v)?.text);
    let mut line: Vec<u8> = Vec::new();
    let mut piece = [0u8; 64];
    while line.len() < limit {
        let room = (limit - line.len()).min(piece.len());
        let n = fs(vm, |v| v.read(h, &mut piece[..room]))?;
        if n == 0 {
            break;
        }
        let end = piece[..n].iter().position(|&b| b == b'\n').map(|i| i + 1);
        let take = end.unwrap_or(n);
        line.try_reserve(take).map_err(|_| Raised)?;
        line.extend_from_slice(&piece[..take]);
        if let Some(end) = end {
            // What was read beyond the line goes back.
            if end < n {
                fs(vm, |v| v.seek(h, SeekFrom::Current(end as i64 - n as i64)))?;
            }
            break;
        }
        vm.heap.charge(line.len())?;
        vm.heap.discharge(line.len());
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

fn write(vm: &mut Vm, args: &[Value]) -> Res {
    let h = handle(vm, &args[0])?;
    let text = file(vm, &args[0])?.text;
    let data = &args[1];
    if text && data.as_str().is_none() && data.buffer().is_none() {
        return Err(vm.type_error("string expected"));
    }
    let mut start = 0;
    let mut end = usize::MAX;
    if let Some(a) = args.get(2) {
        match args.get(3) {
            Some(b) => (start, end) = (vm.index_of(a)?.max(0) as usize, vm.index_of(b)?.max(0) as usize),
            None => end = vm.index_of(a)?.max(0) as usize,
        }
        end = end.saturating_add(start);
    }
    let host = board(vm);
    host.close_orphans();
    let Some(buffer) = data.buffer() else { return Err(vm.type_error("object with buffer protocol required")) };
    let result = buffer.with(|b| {
        let b = b.get(start.min(b.len())..end.min(b.len())).unwrap_or(&[]);
        let mut n = 0;
        while n < b.len() {
            match host.vfs.write(h, &b[n..])? {
                0 => break,
                k => n += k,
            }
        }
        Ok(n)
    });
    match result {
        Ok(n) if text && data.as_str().is_some() && n == data.as_str().map_or(0, str::len) => {
            vm.new_int(data.char_count() as i64)
        }
        Ok(n) => vm.new_int(n as i64),
        Err(e) => Err(fs_error(vm, e)),
    }
}

fn seek(vm: &mut Vm, args: &[Value]) -> Res {
    let h = handle(vm, &args[0])?;
    let offset = vm.index_of(&args[1])?;
    let whence = match args.get(2) {
        Some(w) => vm.index_of(w)?,
        None => 0,
    };
    let at = match SeekFrom::from_whence(offset, whence) {
        Ok(to) => fs(vm, |v| v.seek(h, to))?,
        Err(e) => return Err(fs_error(vm, e)),
    };
    vm.new_int(at as i64)
}

fn truncate(vm: &mut Vm, args: &[Value]) -> Res {
    let h = handle(vm, &args[0])?;
    let size = match args.get(1) {
        Some(v) if !v.is_none() => vm.index_of(v)?.max(0) as u64,
        _ => fs(vm, |v| v.tell(h))?,
    };
    fs(vm, |v| v.truncate(h, size))?;
    vm.new_int(size as i64)
}

fn close(vm: &mut Vm, args: &[Value]) -> Res {
    if let Some(h) = file(vm, &args[0])?.handle.take() {
        fs(vm, |v| v.close(h))?;
    }
    Ok(Value::NONE)
}
