//! The REPL over the board's console: friendly, paste, raw and raw-paste modes as MicroPython's clients expect
//! (docs: reference/repl). It runs in the main thread and parks while it waits for bytes, so other
//! threads go on.

mod complete;
mod editor;
mod friendly;
mod raw;

use crate::boot;
use crate::console;
use crate::host::board;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use editor::Editor;
use snakeye_vm::object::{Module, Step, StrValue, Wait};
use snakeye_vm::run::exec::Source;
use snakeye_vm::{Res, Value, Vm, exceptions as exc};

pub(crate) use editor::{Editor as LineEditor, Event as LineEvent};

/// Why the REPL came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Ctrl-D: restart the interpreter.
    SoftReset,
    /// SystemExit with this exit code; boards restart as after Ctrl-D.
    Exit(i32),
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

struct Repl {
    mode: Mode,
    editor: Editor,
    /// What was entered so far of a statement, paste or raw block.
    text: Vec<u8>,
    /// The byte before was a `\r`, in paste mode.
    after_cr: bool,
    ended: Ended,
}

type Shared = Rc<RefCell<Repl>>;

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

/// The greeting's first line: what a script can expect, and the machine.
pub fn version(vm: &mut Vm) -> String {
    alloc::format!("MicroPython v1.28.0 on Snakeye v{}; {}", env!("CARGO_PKG_VERSION"), board(vm).machine())
}

fn banner(vm: &mut Vm) -> String {
    alloc::format!("{}\r\nType \"help()\" for more information.\r\n", version(vm))
}

/// Lets `input()` echo and edit lines: the console is a terminal that does neither itself, or a program that
/// expects what a board does.
pub fn take_terminal(vm: &mut Vm) {
    board(vm).bare_terminal = true;
    vm.set_kept("input", console::EDIT_LINE.value());
}

/// Runs the REPL until it ends.
pub fn run(vm: &mut Vm, session: &mut Session) -> Ended {
    let repl = Rc::new(RefCell::new(Repl {
        mode: if session.raw { Mode::Raw } else { Mode::Friendly },
        editor: Editor::default(),
        text: Vec::new(),
        after_cr: false,
        ended: Ended::Closed,
    }));
    if session.raw {
        write(vm, raw::GREETING);
    } else {
        let text = banner(vm);
        write(vm, &text);
        friendly::prompt(vm, &repl);
    }
    loop {
        let state = Rc::clone(&repl);
        let first = Step::park(Wait { interests: Vec::new(), deadline_us: Some(0) }, move |vm, _| read(vm, state));
        match vm.run_step(first) {
            Ok(_) => break,
            // Only an interrupt between two reads comes here: a fresh prompt.
            Err(_) => {
                let _ = vm.take_exception();
                cancel(vm, &repl);
            }
        }
    }
    let r = repl.borrow();
    session.raw = matches!(r.mode, Mode::Raw | Mode::RawPaste { .. });
    r.ended
}

/// Writes to the terminal what the REPL itself has to say.
fn write(vm: &mut Vm, text: &str) {
    console::write_raw(vm, text.as_bytes());
}

/// Ends the REPL.
fn end(repl: &Shared, why: Ended) -> Step {
    repl.borrow_mut().ended = why;
    Step::Done(Value::NONE)
}

/// `sys.ps1` or `sys.ps2`; what is not a string shows nothing.
fn prompt_text(vm: &mut Vm, name: &str, usual: &str) -> String {
    let (Ok(sys), Ok(name)) = (vm.intern("sys"), vm.intern(name)) else { return usual.into() };
    let set = vm.modules.get_name(&sys).and_then(|m| m.get::<Module>()?.dict.get_name(&name));
    match set {
        Some(v) => v.as_str().unwrap_or("").into(),
        None => usual.into(),
    }
}

/// Reads bytes until something is to be run or the REPL ends; parks when none are waiting.
fn read(vm: &mut Vm, repl: Shared) -> Res<Step> {
    loop {
        let b = board(vm);
        if b.board.system().reset_requested().is_some() {
            return Ok(end(&repl, Ended::Reset));
        }
        b.board.console().set_interrupt_char(None);
        let Some(byte) = console::read_byte(vm) else {
            if console::is_closed(vm) {
                return Ok(end(&repl, Ended::Closed));
            }
            return Ok(Step::park(console::wait(vm), move |vm, r| {
                if r.is_err() {
                    let _ = vm.take_exception();
                    cancel(vm, &repl);
                }
                read(vm, repl)
            }));
        };
        let mode = repl.borrow().mode;
        let step = match mode {
            Mode::Friendly => friendly::feed(vm, &repl, byte),
            Mode::Paste => friendly::paste(vm, &repl, byte),
            Mode::Raw => raw::feed(vm, &repl, byte),
            Mode::RawPaste { left } => raw::paste(vm, &repl, byte, left),
        };
        if let Some(step) = step {
            return Ok(step);
        }
    }
}

/// Ctrl-C while nothing runs: forgets what was entered.
fn cancel(vm: &mut Vm, repl: &Shared) {
    let mode = {
        let mut r = repl.borrow_mut();
        r.text.clear();
        r.mode
    };
    if matches!(mode, Mode::Friendly | Mode::Paste) {
        write(vm, "\r\n");
        friendly::prompt(vm, repl);
    }
}

/// Adds a byte to what was entered, within the heap's limit.
fn push(vm: &mut Vm, repl: &Shared, byte: u8) -> Res<()> {
    let text = &mut repl.borrow_mut().text;
    if text.len() == text.capacity() {
        let more = text.capacity().max(256);
        vm.heap.charge(text.capacity() + more)?;
        vm.heap.discharge(text.capacity() + more);
        text.try_reserve(more).map_err(|_| snakeye_vm::Raised)?;
    }
    text.push(byte);
    Ok(())
}

/// Runs what was entered; `done` goes on with the exception that ended it, if one did.
fn execute(
    vm: &mut Vm,
    text: &[u8],
    source: Source,
    done: impl FnOnce(&mut Vm, Option<Value>) -> Res<Step> + 'static,
) -> Step {
    board(vm).board.console().set_interrupt_char(Some(3));
    let globals = vm.main.dict.clone();
    let finish = |vm: &mut Vm, r: Res| {
        let exception = r.is_err().then(|| vm.take_exception());
        done(vm, exception)
    };
    match vm.compile(text, "<stdin>", source, &globals, false) {
        Ok(f) => Step::call(f, Vec::new(), finish),
        // A step that is done at once: the exception is kept by the VM until `finish` takes it.
        Err(e) => Step::After(Box::new(Step::Done(Value::NONE)), Box::new(move |vm: &mut Vm, _| finish(vm, Err(e)))),
    }
}

/// Shows an exception; how the REPL ends if it was SystemExit or came from a reset.
fn report(vm: &mut Vm, e: Value) -> Option<Ended> {
    if vm.is_exception(&e, &exc::SYSTEM_EXIT) {
        vm.raise(e);
        return Some(Ended::Exit(boot::exit_code(vm)));
    }
    // machine.reset() and the like end what runs as an interrupt does.
    if board(vm).board.system().reset_requested().is_some() {
        return Some(Ended::Reset);
    }
    let text = vm.traceback_text(&e);
    let _ = vm.write_out(text.as_bytes());
    None
}
