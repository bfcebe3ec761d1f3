//! `deflate` (docs: library/deflate): streams that are compressed and decompressed on their way.

mod compress;
mod expand;

use self::compress::Compressor;
use self::expand::{Expander, Problem};
use crate::binascii::update_crc32;
use crate::stream::{self, Reading};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_vm::exceptions::EOF_ERROR;
use snakeye_vm::object::{Args, Entry, ModuleDef, NativeObject, NativeValue, Step, TypeDef};
use snakeye_vm::{Raised, Res, Rom, Slot, Value, Vm, method, method_steps};

/// The module.
pub static DEFLATE: ModuleDef = ModuleDef {
    name: "deflate",
    entries: &[
        ("DeflateIO", Entry::Type(&DEFLATE_IO)),
        ("AUTO", Entry::Int(Format::Auto as i64)),
        ("RAW", Entry::Int(Format::Raw as i64)),
        ("ZLIB", Entry::Int(Format::Zlib as i64)),
        ("GZIP", Entry::Int(Format::Gzip as i64)),
    ],
    init: None,
};

/// `DeflateIO(stream, format=AUTO, wbits=0, close=False)`
static DEFLATE_IO: Rom<TypeDef> = Rom::new(TypeDef {
    name: "DeflateIO",
    attrs: &[
        method_steps!("read", 1, 2, |vm, a| {
            let reading = Reading::read(vm, a)?;
            read(vm, &a[0], reading)
        }),
        method_steps!("readline", 1, 2, |vm, a| {
            let reading = Reading::readline(vm, a)?;
            read(vm, &a[0], reading)
        }),
        method_steps!("readinto", 2, 3, |vm, a| {
            let reading = Reading::readinto(vm, a)?;
            read(vm, &a[0], reading)
        }),
        method_steps!("write", 2, 4, write),
        method_steps!("close", 1, 1, close),
        method!("__enter__", 1, 1, |_, a| Ok(a[0].clone())),
        method_steps!("__exit__", 1, 4, close),
    ],
    new: Some(new),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

/// The window's size when none is given: 256 bytes.
const DEFAULT_WBITS: u8 = 8;

/// What is around the compressed data. The numbers are MicroPython's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Reading: zlib or gzip; writing: raw.
    Auto = 0,
    Raw = 1,
    Zlib = 2,
    Gzip = 3,
}

/// The checksum of zlib (RFC 1950, section 8).
struct Adler {
    a: u32,
    b: u32,
}

impl Default for Adler {
    fn default() -> Adler {
        Adler { a: 1, b: 0 }
    }
}

impl Adler {
    fn update(&mut self, bytes: &[u8]) {
        const BASE: u32 = 65521;
        // So many bytes can be added before the sums would overflow.
        for chunk in bytes.chunks(5552) {
            for &byte in chunk {
                self.a += byte as u32;
                self.b += self.a;
            }
            self.a %= BASE;
            self.b %= BASE;
        }
    }

    fn value(&self) -> u32 {
        self.b << 16 | self.a
    }
}

struct DeflateIo {
    /// Unbound once closed.
    stream: Slot,
    format: Format,
    /// 0: the default of each direction.
    wbits: u8,
    close: bool,
    reader: RefCell<Option<Box<Expander>>>,
    writer: RefCell<Option<Box<Writer>>>,
}

struct Writer {
    compressor: Compressor,
    adler: Adler,
    crc: u32,
    length: u32,
}

impl NativeObject for DeflateIo {
    fn class(&self) -> &'static Rom<TypeDef> {
        &DEFLATE_IO
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.stream.trace(visit);
    }
    fn clear(&self) {
        self.stream.set(Value::NONE);
    }
}

fn new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (Some(stream), ..=4) = (args.pos.first(), args.pos.len()) else {
        return Err(vm.type_error("DeflateIO() takes 1 to 4 arguments"));
    };
    let format = match args.pos.get(1).map_or(Ok(0), |v| vm.index_of(v))? {
        0 => Format::Auto,
        1 => Format::Raw,
        2 => Format::Zlib,
        3 => Format::Gzip,
        _ => return Err(vm.value_error("format")),
    };
    let wbits = match args.pos.get(2).map_or(Ok(0), |v| vm.index_of(v))? {
        n @ (0 | 5..=15) => n as u8,
        _ => return Err(vm.value_error("wbits")),
    };
    let close = args.pos.get(3).map_or(Ok(false), |v| vm.truth(v))?;
    let io = DeflateIo {
        stream: Slot::new(stream.clone()),
        format,
        wbits,
        close,
        reader: RefCell::default(),
        writer: RefCell::default(),
    };
    vm.new_native(io).map(Step::Done)
}

/// The object behind `v`, and its stream. OSError once it is closed.
fn open(vm: &mut Vm, v: &Value) -> Res<(Value, Value)> {
    let base = vm.base_object(v);
    let stream = match base.native::<DeflateIo>() {
        Some(io) => io.stream.get(),
        None => return Err(vm.type_error("argument should be a 'DeflateIO'")),
    };
    if stream.is_unbound() { Err(stream::invalid(vm)) } else { Ok((base, stream)) }
}

fn read(vm: &mut Vm, v: &Value, reading: Reading) -> Res<Step> {
    let (io, stream) = open(vm, v)?;
    go_on_reading(vm, io, stream, reading)
}

fn failed(vm: &mut Vm, problem: Problem) -> Raised {
    match problem {
        Problem::Data => stream::invalid(vm),
        Problem::Memory => Raised,
    }
}

/// Takes what is ready; then either there is enough, or a byte more is read from the stream below: never more than
/// needed, as what follows there may belong to someone else.
fn go_on_reading(vm: &mut Vm, object: Value, stream: Value, mut reading: Reading) -> Res<Step> {
    {
        let Some(io) = object.native::<DeflateIo>() else { return Err(stream::invalid(vm)) };
        let Ok(mut reader) = io.reader.try_borrow_mut() else { return Err(vm.busy()) };
        let reader = match &mut *reader {
            Some(reader) => reader,
            none => none.insert(Box::new(Expander::new(&vm.heap, io.format, io.wbits)?)),
        };
        while reading.want > 0 {
            let ready = match reader.take(reading.want, reading.line) {
                Ok(ready) => ready,
                Err(problem) => return Err(failed(vm, problem)),
            };
            if ready.is_empty() {
                break;
            }
            reading.push(vm, ready)?;
        }
        if reading.want == 0 || reader.at_end() {
            return reading.finish(vm);
        }
    }
    stream::read_some(vm, &stream.clone(), 1, move |vm, got| {
        let Some(&byte) = got?.first() else { return Err(vm.raise_args(&EOF_ERROR, &[])) };
        let fed = match object.native::<DeflateIo>() {
            Some(io) => match io.reader.try_borrow_mut().as_deref_mut() {
                Ok(Some(reader)) => reader.feed(&vm.heap, byte),
                _ => Err(Problem::Data),
            },
            None => Err(Problem::Data),
        };
        match fed {
            Ok(()) => go_on_reading(vm, object, stream, reading),
            Err(problem) => Err(failed(vm, problem)),
        }
    })
}

/// Pieces in which compressed bytes go to a stream: those written in Python see each byte, as in MicroPython.
fn piece(stream: &Value) -> usize {
    if stream::is_python(stream) { 1 } else { usize::MAX }
}

/// The bytes before the compressed data.
fn header(format: Format, wbits: u8) -> Vec<u8> {
    match format {
        Format::Auto | Format::Raw => Vec::new(),
        Format::Zlib => {
            // The window's size, and a check that makes both bytes a multiple of 31; level "default".
            let method = (wbits.max(9) - 8) << 4 | 8;
            let level = 0x80u8;
            let check = 31 - (method as u32 * 256 + level as u32) % 31;
            Vec::from([method, level | check as u8])
        }
        // No flags, no time, "fastest", Unix.
        Format::Gzip => Vec::from([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3]),
    }
}

fn write(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let (object, stream) = open(vm, &args[0])?;
    let bytes = stream::part_of_buffer(vm, &args[1..])?;
    let Some(io) = object.native::<DeflateIo>() else { return Err(stream::invalid(vm)) };
    if io.writer.try_borrow().is_ok_and(|w| w.is_some()) {
        return compress(vm, object.clone(), stream, bytes);
    }
    let wbits = if io.wbits == 0 { DEFAULT_WBITS } else { io.wbits };
    let compressor = Compressor::new(&vm.heap, wbits)?;
    let writer = Writer { compressor, adler: Adler::default(), crc: 0, length: 0 };
    match io.writer.try_borrow_mut() {
        Ok(mut place) => *place = Some(Box::new(writer)),
        Err(_) => return Err(vm.busy()),
    }
    let object = object.clone();
    stream::write_all(vm, stream.clone(), header(io.format, wbits), usize::MAX, move |vm, written| {
        if written.is_err() {
            // Whatever the stream said.
            let _ = vm.take_exception();
            return Err(stream::invalid(vm));
        }
        compress(vm, object, stream, bytes)
    })
}

fn compress(vm: &mut Vm, object: Value, stream: Value, bytes: Vec<u8>) -> Res<Step> {
    let Some(io) = object.native::<DeflateIo>() else { return Err(stream::invalid(vm)) };
    let mut out = Vec::new();
    {
        let Ok(mut writer) = io.writer.try_borrow_mut() else { return Err(vm.busy()) };
        let Some(writer) = &mut *writer else { return Err(stream::invalid(vm)) };
        // A literal takes nine bits at most.
        let most = bytes.len() / 8 * 9 + 16;
        crate::buffer::charged(vm, most)?;
        out.try_reserve(most).map_err(|_| Raised)?;
        writer.length = writer.length.wrapping_add(bytes.len() as u32);
        match io.format {
            Format::Zlib => writer.adler.update(&bytes),
            Format::Gzip => writer.crc = update_crc32(writer.crc, &bytes),
            _ => {}
        }
        writer.compressor.write(&vm.heap, &bytes, &mut out)?;
    }
    let n = vm.new_int(bytes.len() as i64)?;
    let piece = piece(&stream);
    stream::write_all(vm, stream, out, piece, move |_, written| written.map(|()| Step::Done(n)))
}

fn close(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let base = vm.base_object(&args[0]);
    let Some(io) = base.native::<DeflateIo>() else { return Err(vm.type_error("argument should be a 'DeflateIO'")) };
    let stream = io.stream.get();
    if stream.is_unbound() {
        return Ok(Step::Done(Value::NONE));
    }
    let writer = match io.writer.try_borrow_mut() {
        Ok(mut w) => w.take(),
        Err(_) => return Err(vm.busy()),
    };
    let (mut out, mut footer) = (Vec::new(), Vec::new());
    if let Some(mut w) = writer {
        w.compressor.finish(&mut out);
        match io.format {
            Format::Zlib => footer.extend(w.adler.value().to_be_bytes()),
            Format::Gzip => {
                footer.extend(w.crc.to_le_bytes());
                footer.extend(w.length.to_le_bytes());
            }
            _ => {}
        }
    }
    io.stream.set(Value::UNBOUND);
    let also = io.close;
    let piece = piece(&stream);
    stream::write_all(vm, stream.clone(), out, piece, move |vm, written| {
        written?;
        stream::write_all(vm, stream.clone(), footer, usize::MAX, move |vm, written| {
            // The stream is closed even when the footer could not be written.
            let raised = written.err().map(|_| vm.take_exception());
            let step = if also { stream::close(vm, &stream) } else { Ok(Step::Done(Value::NONE)) };
            vm.and_then(step, move |vm, closed| match raised {
                Some(e) => Err(vm.raise(e)),
                None => closed.map(|_| Step::Done(Value::NONE)),
            })
        })
    })
}
