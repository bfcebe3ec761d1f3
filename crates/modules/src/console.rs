//! The console: `sys.stdin`, `sys.stdout`, `sys.stderr`, `input()` at a bare terminal, and `os.dupterm`.

use crate::file::{size_arg, text_or_bytes};
use crate::host::board;
use crate::interest::{CONSOLE, READ};
use crate::repl::{LineEditor, LineEvent};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write;
use snakeye_vm::host::event;
use snakeye_vm::object::{
    BufferValue, Entry, Interest, NativeFn, NativeObject, NativeValue, Polled, Step, TypeDef, Wait,
};
use snakeye_vm::{Res, Rom, Value, Vm, exceptions as exc, method, method_steps};

/// Where the VM keeps the stream that `os.dupterm` set.
const DUPTERM: &str = "os.dupterm";
/// How long a reader waits before it asks that stream again, in microseconds.
const DUPTERM_POLL_US: u64 = 20_000;

/// Writes bytes as they are, to the console and to what duplicates it.
pub fn write_raw(vm: &mut Vm, bytes: &[u8]) {
    board(vm).board.console().write(bytes);
    duplicate(vm, bytes);
}

/// The next byte typed at the console or at what duplicates it; `None` when there is none now.
pub fn read_byte(vm: &mut Vm) -> Option<u8> {
    let mut byte = [0u8];
    if board(vm).board.console().read(&mut byte) == 1 {
        return Some(byte[0]);
    }
    read_duplicate(vm)
}

/// Whether nothing can be typed any more.
pub fn is_closed(vm: &mut Vm) -> bool {
    vm.kept(DUPTERM).is_none_or(|s| s.is_none()) && board(vm).board.console().is_closed()
}

/// What to wait for when there is no byte to read.
pub fn wait(vm: &mut Vm) -> Wait {
    let interests = vec![Interest { kind: CONSOLE, id: 0, mode: READ }];
    let duplicated = vm.kept(DUPTERM).is_some_and(|s| !s.is_none());
    if duplicated && board(vm).board.console().is_closed() {
        // A closed console is always ready.
        return Wait { interests: Vec::new(), deadline_us: Some(vm.host.now_us().saturating_add(DUPTERM_POLL_US)) };
    }
    let deadline_us = duplicated.then(|| vm.host.now_us().saturating_add(DUPTERM_POLL_US));
    Wait { interests, deadline_us }
}

/// `os.dupterm(stream_object, index=0)` (docs: library/os): the stream set before, or None.
pub fn dupterm(vm: &mut Vm, args: &[Value]) -> Res {
    if let Some(index) = args.get(1)
        && vm.index_of(index)? != 0
    {
        return Err(vm.value_error("invalid dupterm index"));
    }
    if !args[0].is_none() {
        for name in ["readinto", "write"] {
            let name = vm.intern(name)?;
            if vm.find_attr(&args[0], &name)?.is_none() {
                return Err(vm.raise_new(&exc::OS_ERROR, "stream operation not supported"));
            }
        }
    }
    let before = vm.kept(DUPTERM).unwrap_or(Value::NONE);
    set_dupterm(vm, args[0].clone());
    Ok(before)
}

fn set_dupterm(vm: &mut Vm, stream: Value) {
    vm.output_copy = if stream.is_none() { None } else { Some(duplicate_lines) };
    vm.set_kept(DUPTERM, stream);
}

/// Output of scripts: line ends as a terminal needs them.
fn duplicate_lines(vm: &mut Vm, bytes: &[u8]) {
    let mut text = Vec::with_capacity(bytes.len() + 8);
    for &b in bytes {
        if b == b'\n' {
            text.push(b'\r');
        }
        text.push(b);
    }
    duplicate(vm, &text);
}

/// Calls a method of the duplicating stream, which sees nothing of what it prints itself.
fn call_duplicate(vm: &mut Vm, name: &str, arg: Value) -> Option<Value> {
    let stream = vm.kept(DUPTERM).filter(|s| !s.is_none())?;
    set_dupterm(vm, Value::NONE);
    let result = vm.get_attr(&stream, name).and_then(|f| vm.call(&f, &[arg]));
    match result {
        Ok(v) => {
            // Unless the method chose another one.
            if vm.kept(DUPTERM).is_some_and(|s| s.is_none()) {
                set_dupterm(vm, stream);
            }
            Some(v)
        }
        Err(_) => {
            let e = vm.take_exception();
            let operation = if name == "write" { "write" } else { "read" };
            let mut text = alloc::format!("dupterm: Exception in {operation}() method, deactivating: ");
            text.push_str(&vm.traceback_text(&e));
            let _ = vm.write_out(text.as_bytes());
            None
        }
    }
}

fn duplicate(vm: &mut Vm, bytes: &[u8]) {
    if vm.output_copy.is_some()
        && let Ok(data) = vm.new_bytes(bytes)
    {
        let _ = call_duplicate(vm, "write", data);
    }
}

fn read_duplicate(vm: &mut Vm) -> Option<u8> {
    vm.output_copy?;
    let buffer = vm.new_bytearray(&[0]).ok()?;
    let n = call_duplicate(vm, "readinto", buffer.clone())?;
    match n.as_small_int() {
        Some(0) => {
            set_dupterm(vm, Value::NONE);
            let _ = vm.write_out(b"dupterm: EOF received, deactivating\n");
            None
        }
        Some(_) => buffer.buffer().and_then(|b| b.to_vec().first().copied()),
        // None: nothing was typed.
        None => None,
    }
}

/// `input(prompt='')` where the terminal neither echoes nor edits lines by itself.
pub static EDIT_LINE: Rom<NativeFn> = Rom::new(NativeFn::steps("input", 0, 1, |vm, args| {
    let prompt = match args.first() {
        Some(p) => vm.str(p)?,
        None => String::new(),
    };
    let mut editor = Box::new(LineEditor::default());
    let mut out = String::new();
    editor.start(&prompt, &mut out);
    write_raw(vm, out.as_bytes());
    edit_line(vm, editor)
}));

fn edit_line(vm: &mut Vm, mut editor: Box<LineEditor>) -> Res<Step> {
    loop {
        let Some(byte) = read_byte(vm) else {
            if is_closed(vm) {
                return Err(vm.raise_args(&exc::EOF_ERROR, &[]));
            }
            return Ok(Step::park(wait(vm), move |vm, r| {
                r?;
                edit_line(vm, editor)
            }));
        };
        let mut out = String::new();
        let event = editor.feed(byte, &mut out);
        write_raw(vm, out.as_bytes());
        match event {
            LineEvent::Line(line) => return vm.new_str(&line).map(Step::Done),
            LineEvent::Interrupt => return Err(vm.raise_args(&exc::KEYBOARD_INTERRUPT, &[])),
            LineEvent::EndOfInput => return Err(vm.raise_args(&exc::EOF_ERROR, &[])),
            LineEvent::None | LineEvent::Control(_) | LineEvent::Complete(_) => {}
        }
    }
}

/// `sys.stdin`, `sys.stdout`, `sys.stderr`; their `buffer` is the same in binary.
pub struct Console {
    text: bool,
    fd: i32,
}

impl NativeObject for Console {
    fn class(&self) -> &'static Rom<TypeDef> {
        if self.text { &CONSOLE_TEXT } else { &CONSOLE_BINARY }
    }
    fn poll(&self, vm: &mut Vm, events: u16) -> Option<Polled> {
        let input = Interest { kind: CONSOLE, id: 0, mode: READ };
        Some(match self.fd {
            0 if events & event::OUT == 0 => Polled::Host(input),
            // A console is one stream: its input is also its output.
            0 => {
                let mut typed = [0];
                vm.host.ready(&[input], &mut typed);
                Polled::Own(event::OUT | typed[0], Some(input))
            }
            _ => Polled::Own(event::OUT, None),
        })
    }
}

const CONSOLE_ATTRS: &[(&str, Entry)] = &[
    method_steps!("read", 1, 2, console_read),
    method_steps!("readline", 1, 2, |vm, a| {
        let limit = size_arg(vm, a.get(1))?;
        let text = text_of(vm, &a[0])?;
        console_until(vm, text, limit, true, Vec::new())
    }),
    method!("write", 2, 4, console_write),
    method!("flush", 1, 1, |_, _| Ok(Value::NONE)),
    method!("close", 1, 1, |_, _| Ok(Value::NONE)),
    method!("fileno", 1, 1, |_, a| Ok(Value::int(a[0].native::<Console>().map_or(-1, |c| c.fd)))),
    (
        "buffer",
        Entry::Get(|vm, v| {
            let fd = v.native::<Console>().map_or(-1, |c| c.fd);
            vm.new_native(Console { text: false, fd })
        }),
    ),
];

fn print(_: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    if let Some(c) = v.native::<Console>() {
        let _ = write!(out, "<io.{} {}>", c.class().get().name, c.fd);
    }
    Ok(())
}

const CONSOLE_TYPE: TypeDef = TypeDef {
    print: Some(print),
    attrs: CONSOLE_ATTRS,
    iter: Some(|_, v| Ok(v.clone())),
    next: Some(|vm, v| {
        let text = text_of(vm, v)?;
        let step = console_until(vm, text, usize::MAX, true, Vec::new());
        vm.and_then(step, |vm, r| {
            let line = r?;
            Ok(Step::Done(if vm.truth(&line)? { line } else { Value::UNBOUND }))
        })
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
};

static CONSOLE_TEXT: Rom<TypeDef> = Rom::new(TypeDef { name: "TextIOWrapper", ..CONSOLE_TYPE });
static CONSOLE_BINARY: Rom<TypeDef> = Rom::new(TypeDef { name: "FileIO", ..CONSOLE_TYPE });

/// A console stream for `sys`.
pub fn console(vm: &mut Vm, fd: i32, text: bool) -> Res {
    vm.new_native(Console { text, fd })
}

fn text_of(vm: &mut Vm, v: &Value) -> Res<bool> {
    match v.native::<Console>() {
        Some(c) => Ok(c.text),
        None => Err(vm.type_error("stream expected")),
    }
}

fn console_read(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let n = size_arg(vm, args.get(1))?;
    let text = text_of(vm, &args[0])?;
    console_until(vm, text, n, false, Vec::new())
}

/// Reads from the console until `limit` bytes, the end of a line (if `line`), or the end of input.
fn console_until(vm: &mut Vm, text: bool, limit: usize, line: bool, mut got: Vec<u8>) -> Res<Step> {
    // A bare terminal sends `\r` for the Enter key.
    let enter = text && board(vm).bare_terminal;
    loop {
        let complete = core::str::from_utf8(&got).is_ok() || !text;
        if complete && got.len() >= limit || line && got.last() == Some(&b'\n') {
            return text_or_bytes(vm, &got, text).map(Step::Done);
        }
        let Some(byte) = read_byte(vm) else { break };
        if got.len() == got.capacity() {
            let more = got.capacity().max(64);
            vm.heap.charge(got.capacity() + more)?;
            vm.heap.discharge(got.capacity() + more);
            got.try_reserve(more).map_err(|_| snakeye_vm::Raised)?;
        }
        got.push(if enter && byte == b'\r' { b'\n' } else { byte });
    }
    if is_closed(vm) {
        return text_or_bytes(vm, &got, text).map(Step::Done);
    }
    Ok(Step::park(wait(vm), move |vm, r| {
        r?;
        console_until(vm, text, limit, line, got)
    }))
}

fn console_write(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(data) = args[1].buffer() else { return Err(vm.type_error("object with buffer protocol required")) };
    let data = data.to_vec();
    if args[0].native::<Console>().is_some_and(|c| c.fd == 2) {
        vm.host.write_error(&data);
    } else {
        vm.write_out(&data)?;
    }
    vm.new_int(data.len() as i64)
}
