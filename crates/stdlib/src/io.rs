//! `io`: streams in memory, and what streams written in Python derive from.
//!
//! `io.open` is the builtin `open`, which a port provides.

use crate::buffer::with_buffer;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt::Write;
use snakeye_vm::exceptions::UNICODE_ERROR;
use snakeye_vm::object::{
    Args, BufferValue, Entry, List, ModuleDef, NativeObject, NativeValue, Step, StrValue, TypeDef,
};
use snakeye_vm::{HVec, Res, Rom, Slot, Value, Vm, method, method_steps};

/// errno of a wrong argument.
const EINVAL: i32 = 22;
/// errno of a stream that would have to wait.
const EAGAIN: i32 = 11;

/// The module.
pub static IO: ModuleDef = ModuleDef {
    name: "io",
    entries: &[
        ("open", Entry::Make(open)),
        ("IOBase", Entry::Type(&IO_BASE)),
        ("StringIO", Entry::Type(&STRING_IO)),
        ("BytesIO", Entry::Type(&BYTES_IO)),
        ("BufferedWriter", Entry::Type(&BUFFERED_WRITER)),
    ],
    init: None,
};

fn open(vm: &mut Vm) -> Res {
    let builtins = vm.builtins.value().clone();
    vm.get_attr(&builtins, "open")
}

/// `io.IOBase`: streams written in Python derive from it and define readinto, write and ioctl.
pub static IO_BASE: Rom<TypeDef> =
    Rom::new(TypeDef { name: "IOBase", new: Some(|vm, _, _| vm.new_native(Base).map(Step::Done)), ..TypeDef::NEW });

struct Base;
impl NativeObject for Base {
    fn class(&self) -> &'static Rom<TypeDef> {
        &IO_BASE
    }
}

const MEMORY_STREAM: TypeDef = TypeDef {
    attrs: &[
        method!("read", 1, 2, read),
        method!("readinto", 2, 3, readinto),
        method!("readline", 1, 2, readline),
        method!("readlines", 1, 1, readlines),
        method!("write", 2, 4, write),
        method!("seek", 2, 3, seek),
        method!("tell", 1, 1, tell),
        method!("flush", 1, 1, flush),
        method!("close", 1, 1, close),
        method!("getvalue", 1, 1, getvalue),
        method!("__enter__", 1, 1, enter),
        method!("__exit__", 1, 4, close),
    ],
    base: Some(&IO_BASE),
    iter: Some(|_, v| Ok(v.clone())),
    next: Some(next),
    print: Some(|_, v, out, _| {
        let name = match v.native::<MemoryStream>() {
            Some(s) if s.text => "StringIO",
            _ => "BytesIO",
        };
        let _ = write!(out, "<io.{name} 0x{:x}>", v.word());
        Ok(())
    }),
    ..TypeDef::NEW
};

/// `io.StringIO`
pub static STRING_IO: Rom<TypeDef> =
    Rom::new(TypeDef { name: "StringIO", new: Some(|vm, _, args| make(vm, args, true)), ..MEMORY_STREAM });

/// `io.BytesIO`
pub static BYTES_IO: Rom<TypeDef> =
    Rom::new(TypeDef { name: "BytesIO", new: Some(|vm, _, args| make(vm, args, false)), ..MEMORY_STREAM });

/// A stream whose content lies in the heap.
struct MemoryStream {
    /// Whether it gives str; its positions count bytes in any case.
    text: bool,
    content: RefCell<Content>,
    at: Cell<usize>,
}

impl NativeObject for MemoryStream {
    fn class(&self) -> &'static Rom<TypeDef> {
        if self.text { &STRING_IO } else { &BYTES_IO }
    }
}

/// What a stream reads from.
enum Content {
    Own(HVec<u8>),
    /// An object that never changes; copied when the stream is first written to.
    Shared(Value),
    Closed,
}

fn make(vm: &mut Vm, args: Args, text: bool) -> Res<Step> {
    args.no_keywords(vm)?;
    let mut data = HVec::new();
    let mut shared = None;
    if let Some(initial) = args.pos.first() {
        if let Some(n) = initial.as_small_int() {
            // A size to reserve.
            data.reserve_exact(&vm.heap, usize::try_from(n).unwrap_or(0))?;
        } else if initial.as_str().is_some() || initial.as_bytes().is_some() {
            shared = Some(initial.clone());
        } else if !initial.is_none() {
            with_buffer(vm, initial, |vm, b| data.append_bytes(&vm.heap, b))??;
        }
    }
    let content = RefCell::new(shared.map_or(Content::Own(data), Content::Shared));
    vm.new_native(MemoryStream { text, content, at: Cell::new(0) }).map(Step::Done)
}

/// Runs `f` on an open stream and its content. ValueError when it is closed.
fn with_stream<R>(vm: &mut Vm, v: &Value, f: impl FnOnce(&mut Vm, &MemoryStream, &[u8]) -> Res<R>) -> Res<R> {
    let v = vm.base_object(v);
    let Some(stream) = v.native::<MemoryStream>() else { return Err(vm.type_error("stream expected")) };
    let Ok(content) = stream.content.try_borrow() else { return Err(vm.busy()) };
    match &*content {
        Content::Own(data) => f(vm, stream, data),
        Content::Shared(v) => with_buffer(vm, v, |vm, data| f(vm, stream, data))?,
        Content::Closed => Err(closed(vm)),
    }
}

/// As [`with_stream`], for one that writes.
fn with_content<R>(vm: &mut Vm, v: &Value, f: impl FnOnce(&mut Vm, &MemoryStream, &mut HVec<u8>) -> Res<R>) -> Res<R> {
    let v = vm.base_object(v);
    let Some(stream) = v.native::<MemoryStream>() else { return Err(vm.type_error("stream expected")) };
    let Ok(mut content) = stream.content.try_borrow_mut() else { return Err(vm.busy()) };
    if let Content::Shared(v) = &*content {
        let mut own = HVec::new();
        with_buffer(vm, v, |vm, b| own.append_bytes(&vm.heap, b))??;
        *content = Content::Own(own);
    }
    match &mut *content {
        Content::Own(data) => f(vm, stream, data),
        _ => Err(closed(vm)),
    }
}

#[cold]
fn closed(vm: &mut Vm) -> snakeye_vm::Raised {
    vm.value_error("I/O operation on closed file")
}

impl MemoryStream {
    fn rest<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        data.get(self.at.get()..).unwrap_or(&[])
    }

    /// Takes the next `n` bytes as an object of the stream's sort.
    fn take(&self, vm: &mut Vm, data: &[u8], n: usize) -> Res {
        let bytes = self.rest(data).get(..n).unwrap_or(&[]);
        let value = object(vm, bytes, self.text)?;
        self.at.set(self.at.get() + bytes.len());
        Ok(value)
    }
}

/// Content as str or bytes. UnicodeError when a str would not be UTF-8.
fn object(vm: &mut Vm, bytes: &[u8], text: bool) -> Res {
    if !text {
        return vm.new_bytes(bytes);
    }
    match core::str::from_utf8(bytes) {
        Ok(s) => vm.new_str(s),
        Err(_) => Err(vm.raise_args(&UNICODE_ERROR, &[])),
    }
}

/// A size argument: missing, None and negative ones mean everything.
fn size_of(vm: &mut Vm, args: &[Value], i: usize) -> Res<Option<usize>> {
    match args.get(i) {
        Some(n) if !n.is_none() => Ok(usize::try_from(vm.index_of(n)?).ok()),
        _ => Ok(None),
    }
}

fn read(vm: &mut Vm, args: &[Value]) -> Res {
    let size = size_of(vm, args, 1)?;
    with_stream(vm, &args[0], |vm, s, data| {
        let rest = s.rest(data);
        let n = match size {
            None => rest.len(),
            // Characters of a text, bytes otherwise.
            Some(n) if s.text => {
                let mut starts = (0..rest.len()).filter(|&i| rest[i] & 0xC0 != 0x80);
                starts.nth(n).unwrap_or(rest.len())
            }
            Some(n) => n.min(rest.len()),
        };
        s.take(vm, data, n)
    })
}

fn readinto(vm: &mut Vm, args: &[Value]) -> Res {
    let size = size_of(vm, args, 2)?.unwrap_or(usize::MAX);
    let target = vm.base_object(&args[1]);
    with_stream(vm, &args[0], |vm, s, data| {
        let rest = s.rest(data);
        let copied = target.with_buffer_mut(|place| {
            let n = rest.len().min(place.len()).min(size);
            place[..n].copy_from_slice(&rest[..n]);
            n
        });
        match copied {
            Some(n) => {
                s.at.set(s.at.get() + n);
                vm.new_int(n as i64)
            }
            None => Err(vm.type_error("object with buffer protocol required")),
        }
    })
}

/// Length of the next line with its end, at most `limit`.
fn line_length(rest: &[u8], limit: Option<usize>) -> usize {
    let n = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
    n.min(limit.unwrap_or(usize::MAX))
}

fn readline(vm: &mut Vm, args: &[Value]) -> Res {
    let limit = size_of(vm, args, 1)?;
    with_stream(vm, &args[0], |vm, s, data| {
        let n = line_length(s.rest(data), limit);
        s.take(vm, data, n)
    })
}

fn readlines(vm: &mut Vm, args: &[Value]) -> Res {
    let mut lines = HVec::new();
    with_stream(vm, &args[0], |vm, s, data| {
        while !s.rest(data).is_empty() {
            let line = s.take(vm, data, line_length(s.rest(data), None))?;
            lines.push(&vm.heap, line)?;
        }
        Ok(())
    })?;
    Ok(List::make(&vm.heap, lines)?.into())
}

fn next(vm: &mut Vm, v: &Value) -> Res<Step> {
    with_stream(vm, v, |vm, s, data| match line_length(s.rest(data), None) {
        0 => Ok(Step::Done(Value::UNBOUND)),
        n => s.take(vm, data, n).map(Step::Done),
    })
}

/// The part of a buffer that `write(buffer)`, `write(buffer, length)` or `write(buffer, offset, length)` means.
fn part_of<'a>(bytes: &'a [u8], bounds: &[usize]) -> &'a [u8] {
    let (offset, len) = match bounds {
        [] => (0, usize::MAX),
        [len] => (0, *len),
        [offset, len, ..] => (*offset, *len),
    };
    let rest = bytes.get(offset..).unwrap_or(&[]);
    &rest[..len.min(rest.len())]
}

fn bounds_of(vm: &mut Vm, args: &[Value]) -> Res<Vec<usize>> {
    args.iter().map(|n| Ok(usize::try_from(vm.index_of(n)?).unwrap_or(0))).collect()
}

fn write(vm: &mut Vm, args: &[Value]) -> Res {
    let bounds = bounds_of(vm, &args[2..])?;
    with_content(vm, &args[0], |vm, s, data| {
        let n = with_buffer(vm, &args[1], |vm, bytes| {
            let bytes = part_of(bytes, &bounds);
            let at = s.at.get();
            if at > data.len() {
                data.append_zeros(&vm.heap, at - data.len())?;
            }
            let over = bytes.len().min(data.len() - at);
            if let Some(place) = data.get_mut(at..at + over) {
                place.copy_from_slice(&bytes[..over]);
            }
            data.append_bytes(&vm.heap, &bytes[over..])?;
            s.at.set(at + bytes.len());
            Ok::<usize, snakeye_vm::Raised>(bytes.len())
        })??;
        vm.new_int(n as i64)
    })
}

fn seek(vm: &mut Vm, args: &[Value]) -> Res {
    let offset = vm.index_of(&args[1])?;
    let whence = match args.get(2) {
        Some(w) => vm.index_of(w)?,
        None => 0,
    };
    with_stream(vm, &args[0], |vm, s, data| {
        let from = match whence {
            0 if offset < 0 => return Err(vm.os_error(EINVAL)),
            0 => 0,
            1 => s.at.get(),
            2 => data.len(),
            _ => return Err(vm.os_error(EINVAL)),
        };
        let at = (from as i64).saturating_add(offset).max(0);
        let Ok(at) = usize::try_from(at) else { return Err(vm.os_error(EINVAL)) };
        s.at.set(at);
        vm.new_int(at as i64)
    })
}

fn tell(vm: &mut Vm, args: &[Value]) -> Res {
    with_stream(vm, &args[0], |vm, s, _| vm.new_int(s.at.get() as i64))
}

fn flush(vm: &mut Vm, args: &[Value]) -> Res {
    with_stream(vm, &args[0], |_, _, _| Ok(Value::NONE))
}

fn close(vm: &mut Vm, args: &[Value]) -> Res {
    let v = vm.base_object(&args[0]);
    if let Some(s) = v.native::<MemoryStream>() {
        let old = s.content.try_borrow_mut().map(|mut c| core::mem::replace(&mut *c, Content::Closed));
        drop(old);
    }
    Ok(Value::NONE)
}

fn getvalue(vm: &mut Vm, args: &[Value]) -> Res {
    with_stream(vm, &args[0], |vm, s, data| object(vm, data, s.text))
}

fn enter(_: &mut Vm, args: &[Value]) -> Res {
    Ok(args[0].clone())
}

/// `io.BufferedWriter(stream, size)`: collects what is written and passes it on in pieces of `size` bytes.
pub static BUFFERED_WRITER: Rom<TypeDef> = Rom::new(TypeDef {
    name: "BufferedWriter",
    base: Some(&IO_BASE),
    attrs: &[method_steps!("write", 2, 2, buffered_write), method_steps!("flush", 1, 1, buffered_flush)],
    new: Some(buffered_new),
    ..TypeDef::NEW
});

struct BufferedWriter {
    stream: Slot,
    size: usize,
    data: RefCell<HVec<u8>>,
}

impl NativeObject for BufferedWriter {
    fn class(&self) -> &'static Rom<TypeDef> {
        &BUFFERED_WRITER
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.stream.trace(visit);
    }
    fn clear(&self) {
        self.stream.set(Value::NONE);
    }
}

fn buffered_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let [stream, size] = args.pos else {
        return Err(vm.type_error("BufferedWriter() takes a stream and a size"));
    };
    let size = usize::try_from(vm.index_of(size)?).unwrap_or(0).max(1);
    let data = HVec::with_capacity(&vm.heap, size)?;
    vm.new_native(BufferedWriter { stream: Slot::new(stream.clone()), size, data: RefCell::new(data) }).map(Step::Done)
}

/// Passes full pieces on (with `all`: whatever there is), then gives `result`. What the stream does not take stays.
fn pass_on(vm: &mut Vm, writer: Value, all: bool, result: Value) -> Res<Step> {
    let Some(w) = writer.native::<BufferedWriter>() else { return Err(vm.type_error("BufferedWriter expected")) };
    let Ok(data) = w.data.try_borrow() else { return Err(vm.busy()) };
    if data.is_empty() || (data.len() < w.size && !all) {
        return Ok(Step::Done(result));
    }
    let piece = vm.new_bytearray(&data[..data.len().min(w.size)])?;
    drop(data);
    let write = vm.get_attr(&w.stream.get(), "write")?;
    let writer = writer.clone();
    Ok(Step::call(write, vec![piece], move |vm, written| {
        let written = written?;
        if written.is_none() {
            return Err(vm.os_error(EAGAIN));
        }
        let n = usize::try_from(vm.index_of(&written)?).unwrap_or(0);
        if let Some(w) = writer.native::<BufferedWriter>() {
            let Ok(mut data) = w.data.try_borrow_mut() else { return Err(vm.busy()) };
            data.splice(&vm.heap, 0, n, HVec::new())?;
        }
        pass_on(vm, writer, all, result)
    }))
}

fn buffered_write(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let writer = vm.base_object(&args[0]);
    let Some(w) = writer.native::<BufferedWriter>() else { return Err(vm.type_error("BufferedWriter expected")) };
    let n = with_buffer(vm, &args[1], |vm, bytes| match w.data.try_borrow_mut() {
        Ok(mut data) => Ok(data.append_bytes(&vm.heap, bytes).map(|()| bytes.len())?),
        Err(_) => Err(vm.busy()),
    })??;
    let n = vm.new_int(n as i64)?;
    pass_on(vm, writer.clone(), false, n)
}

fn buffered_flush(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let writer = vm.base_object(&args[0]);
    pass_on(vm, writer, true, Value::NONE)
}
