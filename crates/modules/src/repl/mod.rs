//! The REPL over the board's console: friendly, paste, raw and raw-paste modes as MicroPython's clients expect
//! (docs: reference/repl). It runs in the main thread and parks while it waits for bytes, so other
//! threads go on.

mod complete;
mod editor;

use crate::host::board;
use crate::interest::CONSOLE;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use editor::{Editor, Event, indent_after};
use snakeye_vm::object::{Interest, Step, Wait};
use snakeye_vm::run::exec::Source;
use snakeye_vm::{Res, Value, Vm, exceptions as exc};

/// Why the REPL came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Ctrl-D or SystemExit: restart the interpreter.
    SoftReset,
    /// The console is gone.
    Closed,
    /// The board asked for a reset.
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Friendly,
    Paste,
    Raw,
    /// Raw paste: bytes until the next acknowledgement is due.
    RawPaste {
        left: usize,
    },
}

/// Window of the raw-paste protocol's flow control, in bytes.
const WINDOW: usize = 128;

struct Repl {
    mode: Mode,
    editor: Editor,
    /// Lines entered so far of a statement, paste or raw block.
    text: String,
    ended: Ended,
}

/// The REPL's lasting part: the mode survives a soft reset, as clients in raw mode rely on.
#[derive(Default)]
pub struct Session {
    raw: bool,
}

impl Session {
    /// Whether a client left the REPL in raw mode: `main.py` is then not run after a soft reset.
    pub fn is_raw(&self) -> bool {
        self.raw
    }
}

/// The greeting: version and board.
pub fn banner(vm: &mut Vm) -> String {
    alloc::format!(
        "Snakeye v{}; {}\r\nType \"help()\" for more information.\r\n",
        env!("CARGO_PKG_VERSION"),
        board(vm).machine()
    )
}

/// Runs the REPL until it ends.
pub fn run(vm: &mut Vm, session: &mut Session) -> Ended {
    let repl = Rc::new(RefCell::new(Repl {
        mode: if session.raw { Mode::Raw } else { Mode::Friendly },
        editor: Editor::default(),
        text: String::new(),
        ended: Ended::Closed,
    }));
    let mut out = String::new();
    if session.raw {
        out.push_str("raw REPL; CTRL-B to exit\r\n>");
    } else {
        out.push_str(&banner(vm));
        repl.borrow_mut().editor.start(">>> ", 0, &mut out);
    }
    write(vm, &out);
    let state = Rc::clone(&repl);
    loop {
        let state = Rc::clone(&state);
        let first = Step::park(Wait { interests: Vec::new(), deadline_us: Some(0) }, move |vm, _| read(vm, state));
        match vm.run_step(first) {
            Ok(_) => break,
            // Only an interrupt between two reads comes here: a fresh prompt.
            Err(_) => {
                let _ = vm.take_exception();
                let mut out = String::from("\r\n");
                let mut r = repl.borrow_mut();
                r.text.clear();
                r.editor.start(">>> ", 0, &mut out);
                drop(r);
                write(vm, &out);
            }
        }
    }
    let r = repl.borrow();
    session.raw = matches!(r.mode, Mode::Raw | Mode::RawPaste { .. });
    r.ended
}

fn write(vm: &mut Vm, text: &str) {
    board(vm).board.console().write(text.as_bytes());
}

/// Reads bytes until something is to be run or the REPL ends; parks when none are waiting.
fn read(vm: &mut Vm, repl: Rc<RefCell<Repl>>) -> Res<Step> {
    loop {
        let b = board(vm);
        if b.board.system().reset_requested().is_some() {
            repl.borrow_mut().ended = Ended::Reset;
            return Ok(Step::Done(Value::NONE));
        }
        let console = b.board.console();
        console.set_interrupt_char(None);
        let mut byte = [0u8];
        if console.read(&mut byte) == 0 {
            if console.is_closed() {
                repl.borrow_mut().ended = Ended::Closed;
                return Ok(Step::Done(Value::NONE));
            }
            let wait = Wait { interests: alloc::vec![Interest { kind: CONSOLE, id: 0, mode: 1 }], deadline_us: None };
            return Ok(Step::park(wait, move |vm, r| {
                if r.is_err() {
                    let _ = vm.take_exception();
                    return interrupted(vm, repl);
                }
                read(vm, repl)
            }));
        }
        let mode = repl.borrow().mode;
        let step = match mode {
            Mode::Friendly => friendly(vm, &repl, byte[0])?,
            Mode::Paste => paste(vm, &repl, byte[0])?,
            Mode::Raw => raw(vm, &repl, byte[0])?,
            Mode::RawPaste { left } => raw_paste(vm, &repl, byte[0], left)?,
        };
        if let Some(step) = step {
            return Ok(step);
        }
    }
}

/// Ctrl-C at the prompt.
fn interrupted(vm: &mut Vm, repl: Rc<RefCell<Repl>>) -> Res<Step> {
    let mut out = String::from("\r\n");
    let mut r = repl.borrow_mut();
    r.text.clear();
    match r.mode {
        Mode::Friendly | Mode::Paste => {
            r.mode = Mode::Friendly;
            r.editor.start(">>> ", 0, &mut out);
        }
        _ => out.clear(),
    }
    drop(r);
    write(vm, &out);
    read(vm, repl)
}

fn friendly(vm: &mut Vm, repl: &Rc<RefCell<Repl>>, byte: u8) -> Res<Option<Step>> {
    let mut out = String::new();
    let event = repl.borrow_mut().editor.feed(byte, &mut out);
    write(vm, &out);
    out.clear();
    match event {
        Event::None => {}
        Event::Line(line) => {
            let mut r = repl.borrow_mut();
            r.editor.remember(&line);
            r.text.push_str(&line);
            if snakeye_vm::is_incomplete(r.text.as_bytes()) {
                r.text.push('\n');
                let indent = indent_after(&r.text);
                r.editor.start("... ", indent, &mut out);
            } else {
                let text = core::mem::take(&mut r.text);
                drop(r);
                if !text.trim().is_empty() {
                    return Ok(Some(execute(vm, repl, text, Source::Interactive)));
                }
                repl.borrow_mut().editor.start(">>> ", 0, &mut out);
            }
        }
        Event::Interrupt => {
            let mut r = repl.borrow_mut();
            r.text.clear();
            out.push_str("\r\n");
            r.editor.start(">>> ", 0, &mut out);
        }
        Event::EndOfInput => {
            if repl.borrow().text.is_empty() {
                write(vm, "\r\n");
                repl.borrow_mut().ended = Ended::SoftReset;
                return Ok(Some(Step::Done(Value::NONE)));
            }
        }
        Event::Control(1) => {
            repl.borrow_mut().mode = Mode::Raw;
            repl.borrow_mut().text.clear();
            out.push_str("raw REPL; CTRL-B to exit\r\n>");
        }
        Event::Control(5) => {
            repl.borrow_mut().mode = Mode::Paste;
            repl.borrow_mut().text.clear();
            out.push_str("\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ");
        }
        Event::Control(_) => {
            out.push_str("\r\n");
            out.push_str(&banner(vm));
            repl.borrow_mut().editor.start(">>> ", 0, &mut out);
        }
        Event::Complete(before) => {
            let (common, found) = complete::complete(vm, &before);
            let r = &mut *repl.borrow_mut();
            if !common.is_empty() {
                r.editor.insert(&common, &mut out);
            } else if found.len() > 1 {
                out.push_str("\r\n");
                let width = found.iter().map(|f| f.len()).max().unwrap_or(0) + 4;
                let columns = (80 / width).max(1);
                for row in found.chunks(columns) {
                    for name in row {
                        out.push_str(name);
                        (name.len()..width).for_each(|_| out.push(' '));
                    }
                    out.truncate(out.trim_end().len());
                    out.push_str("\r\n");
                }
                r.editor.redraw(&mut out);
            }
        }
    }
    write(vm, &out);
    Ok(None)
}

fn paste(vm: &mut Vm, repl: &Rc<RefCell<Repl>>, byte: u8) -> Res<Option<Step>> {
    match byte {
        3 => {
            repl.borrow_mut().mode = Mode::Friendly;
            repl.borrow_mut().text.clear();
            let mut out = String::from("\r\n");
            repl.borrow_mut().editor.start(">>> ", 0, &mut out);
            write(vm, &out);
        }
        4 => {
            write(vm, "\r\n");
            let text = core::mem::take(&mut repl.borrow_mut().text);
            repl.borrow_mut().mode = Mode::Friendly;
            return Ok(Some(execute(vm, repl, text, Source::File)));
        }
        b'\r' | b'\n' => {
            repl.borrow_mut().text.push('\n');
            write(vm, "\r\n=== ");
        }
        b => {
            push_byte(&mut repl.borrow_mut().text, b);
            board(vm).board.console().write(&[b]);
        }
    }
    Ok(None)
}

/// Appends a byte of UTF-8 text; bytes beyond ASCII are gathered as Latin-1 until the text is used.
fn push_byte(text: &mut String, b: u8) {
    text.push(b as char);
}

/// The bytes that `push_byte` was given.
fn bytes_of(text: &str) -> Vec<u8> {
    text.chars().map(|c| c as u32 as u8).collect()
}

fn raw(vm: &mut Vm, repl: &Rc<RefCell<Repl>>, byte: u8) -> Res<Option<Step>> {
    let text = core::mem::take(&mut repl.borrow_mut().text);
    match (byte, text.as_bytes()) {
        (1, [0x05, b'A']) => {
            repl.borrow_mut().mode = Mode::RawPaste { left: WINDOW };
            let window = (WINDOW as u16).to_le_bytes();
            board(vm).board.console().write(&[b'R', 1, window[0], window[1], 1]);
        }
        (1, _) => write(vm, "raw REPL; CTRL-B to exit\r\n>"),
        (2, _) => {
            repl.borrow_mut().mode = Mode::Friendly;
            let mut out = String::from("\r\n");
            out.push_str(&banner(vm));
            repl.borrow_mut().editor.start(">>> ", 0, &mut out);
            write(vm, &out);
        }
        (3, _) => {}
        (4, []) => {
            write(vm, "OK\r\n");
            repl.borrow_mut().ended = Ended::SoftReset;
            return Ok(Some(Step::Done(Value::NONE)));
        }
        (4, _) => {
            write(vm, "OK");
            return Ok(Some(execute_raw(vm, repl, bytes_of(&text))));
        }
        (b, _) => {
            let mut text = text;
            push_byte(&mut text, if b == b'\r' { b'\n' } else { b });
            repl.borrow_mut().text = text;
        }
    }
    Ok(None)
}

fn raw_paste(vm: &mut Vm, repl: &Rc<RefCell<Repl>>, byte: u8, left: usize) -> Res<Option<Step>> {
    match byte {
        3 => {
            board(vm).board.console().write(&[4]);
            let mut r = repl.borrow_mut();
            r.mode = Mode::Raw;
            r.text.clear();
            drop(r);
            write(vm, ">");
        }
        4 => {
            board(vm).board.console().write(&[4]);
            let text = core::mem::take(&mut repl.borrow_mut().text);
            repl.borrow_mut().mode = Mode::Raw;
            return Ok(Some(execute_raw(vm, repl, bytes_of(&text))));
        }
        b => {
            push_byte(&mut repl.borrow_mut().text, b);
            let mut left = left - 1;
            if left == WINDOW / 2 {
                board(vm).board.console().write(&[1]);
                left += WINDOW / 2;
            }
            repl.borrow_mut().mode = Mode::RawPaste { left };
        }
    }
    Ok(None)
}

/// Runs entered text, shows what goes wrong, and reads on.
fn execute(vm: &mut Vm, repl: &Rc<RefCell<Repl>>, text: String, source: Source) -> Step {
    let repl = Rc::clone(repl);
    board(vm).board.console().set_interrupt_char(Some(3));
    let globals = vm.main.dict.clone();
    let text = if source == Source::File { bytes_of(&text) } else { text.into_bytes() };
    let done = move |vm: &mut Vm, r: Res| {
        if r.is_err() {
            let e = vm.take_exception();
            if vm.is_exception(&e, &exc::SYSTEM_EXIT) {
                repl.borrow_mut().ended = Ended::SoftReset;
                return Ok(Step::Done(Value::NONE));
            }
            // machine.reset() and the like end what runs as an interrupt does.
            if board(vm).board.system().reset_requested().is_some() {
                return read(vm, repl);
            }
            let text = vm.traceback_text(&e);
            let _ = vm.write_out(text.as_bytes());
        }
        let mut out = String::new();
        repl.borrow_mut().editor.start(">>> ", 0, &mut out);
        write(vm, &out);
        read(vm, repl)
    };
    match vm.compile(&text, "<stdin>", source, &globals, false) {
        Ok(f) => Step::call(f, Vec::new(), done),
        Err(e) => Step::After(Box::new(failed()), Box::new(move |vm: &mut Vm, _| done(vm, Err(e)))),
    }
}

/// Runs a block of the raw REPL: output, `\x04`, error text, `\x04`, and the prompt again.
fn execute_raw(vm: &mut Vm, repl: &Rc<RefCell<Repl>>, text: Vec<u8>) -> Step {
    let repl = Rc::clone(repl);
    board(vm).board.console().set_interrupt_char(Some(3));
    let globals = vm.main.dict.clone();
    let done = move |vm: &mut Vm, r: Res| {
        board(vm).board.console().write(&[4]);
        if r.is_err() {
            let e = vm.take_exception();
            if vm.is_exception(&e, &exc::SYSTEM_EXIT) {
                board(vm).board.console().write(&[4]);
                repl.borrow_mut().ended = Ended::SoftReset;
                return Ok(Step::Done(Value::NONE));
            }
            let text = vm.traceback_text(&e);
            let _ = vm.write_out(text.as_bytes());
        }
        board(vm).board.console().write(b"\x04>");
        read(vm, repl)
    };
    match vm.compile(&text, "<stdin>", Source::File, &globals, false) {
        Ok(f) => Step::call(f, Vec::new(), done),
        Err(e) => Step::After(Box::new(failed()), Box::new(move |vm: &mut Vm, _| done(vm, Err(e)))),
    }
}

/// A step that is done at once: the error it stands for is kept by the VM and handed on by what follows.
fn failed() -> Step {
    Step::Done(Value::NONE)
}
