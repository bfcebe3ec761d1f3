//! Raw and raw-paste modes, for programs such as mpremote (docs: reference/repl, "Raw mode and raw-paste mode").

use super::{Ended, Mode, Shared, banner, end, execute, friendly, push, read, report, write};
use crate::console;
use alloc::rc::Rc;
use snakeye_vm::object::Step;
use snakeye_vm::run::exec::Source;
use snakeye_vm::{Vm, exceptions as exc};

/// Said on entering raw mode, and the prompt behind it.
pub const GREETING: &str = "raw REPL; CTRL-B to exit\r\n>";

/// Window of the raw-paste protocol's flow control, in bytes. The client may always be two windows ahead.
const WINDOW: u8 = 128;

/// Takes a byte in raw mode.
pub fn feed(vm: &mut Vm, repl: &Shared, byte: u8) -> Option<Step> {
    match byte {
        1 => {
            let command = match core::mem::take(&mut repl.borrow_mut().text).as_slice() {
                [0x05, c] => Some(*c),
                _ => None,
            };
            match command {
                Some(b'A') => {
                    repl.borrow_mut().mode = Mode::RawPaste { left: WINDOW.into() };
                    console::write_raw(vm, &[b'R', 1, WINDOW, 0, 1]);
                }
                // Not a mode we know.
                Some(_) => console::write_raw(vm, b"R\x00>"),
                None => write(vm, GREETING),
            }
        }
        2 => {
            let text = banner(vm);
            write(vm, "\r\n");
            write(vm, &text);
            friendly::prompt(vm, repl);
        }
        3 => repl.borrow_mut().text.clear(),
        4 => {
            write(vm, "OK");
            if repl.borrow().text.is_empty() {
                write(vm, "\r\n");
                return Some(end(repl, Ended::SoftReset));
            }
            return Some(run(vm, repl));
        }
        b => {
            if push(vm, repl, b).is_err() {
                let e = vm.take_exception();
                repl.borrow_mut().text.clear();
                write(vm, "OK\x04");
                let _ = report(vm, e);
                write(vm, "\x04>");
            }
        }
    }
    None
}

/// Takes a byte in raw-paste mode.
pub fn paste(vm: &mut Vm, repl: &Shared, byte: u8, left: usize) -> Option<Step> {
    match byte {
        3 => {
            let _ = vm.raise_args(&exc::KEYBOARD_INTERRUPT, &[]);
            fail(vm, repl);
        }
        4 => {
            console::write_raw(vm, &[4]);
            repl.borrow_mut().mode = Mode::Raw;
            return Some(run(vm, repl));
        }
        b => {
            let mut left = left - 1;
            if left == 0 {
                left = WINDOW.into();
                console::write_raw(vm, &[1]);
            }
            repl.borrow_mut().mode = Mode::RawPaste { left };
            if push(vm, repl, b).is_err() {
                fail(vm, repl);
            }
        }
    }
    None
}

/// Ends a paste with the exception on its way.
fn fail(vm: &mut Vm, repl: &Shared) {
    let e = vm.take_exception();
    repl.borrow_mut().mode = Mode::Raw;
    repl.borrow_mut().text.clear();
    write(vm, "\x04\x04");
    let _ = report(vm, e);
    write(vm, "\x04>");
}

/// Runs a block: its output, `\x04`, what went wrong, `\x04`, and the prompt again.
fn run(vm: &mut Vm, repl: &Shared) -> Step {
    let mut text = core::mem::take(&mut repl.borrow_mut().text);
    text.iter_mut().filter(|b| **b == b'\r').for_each(|b| *b = b'\n');
    let repl = Rc::clone(repl);
    execute(vm, &text, Source::File, move |vm, exception| {
        write(vm, "\x04");
        let ended = exception.and_then(|e| report(vm, e));
        write(vm, "\x04");
        if let Some(why) = ended {
            return Ok(end(&repl, why));
        }
        vm.set_heap_locks(0);
        write(vm, ">");
        read(vm, repl)
    })
}
