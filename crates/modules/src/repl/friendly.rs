//! The prompt for people: statements over several lines, completion, paste mode.

use super::editor::Event;
use super::{Ended, Mode, Shared, banner, cancel, complete, end, execute, prompt_text, push, read, report, write};
use crate::console;
use alloc::rc::Rc;
use alloc::string::String;
use snakeye_vm::Vm;
use snakeye_vm::object::Step;
use snakeye_vm::run::exec::Source;

/// Width of a column of completions, and of all of them.
const COLUMN: usize = 16;
const WIDTH: usize = 64;

/// Shows a fresh prompt. A heap that a script left locked is unlocked: at the prompt there would be no other way.
pub fn prompt(vm: &mut Vm, repl: &Shared) {
    vm.set_heap_locks(0);
    let ps1 = prompt_text(vm, "ps1", ">>> ");
    let mut out = String::new();
    let mut r = repl.borrow_mut();
    r.mode = Mode::Friendly;
    r.text.clear();
    r.editor.start(&ps1, &mut out);
    drop(r);
    write(vm, &out);
}

/// Takes a byte; what is to be done if it completed something.
pub fn feed(vm: &mut Vm, repl: &Shared, byte: u8) -> Option<Step> {
    let mut out = String::new();
    let event = repl.borrow_mut().editor.feed(byte, &mut out);
    write(vm, &out);
    let fresh = repl.borrow().text.is_empty();
    match event {
        Event::None => {}
        Event::Line(line) => return entered(vm, repl, &line),
        Event::Interrupt => cancel(vm, repl),
        Event::EndOfInput if fresh => {
            write(vm, "\r\n");
            return Some(end(repl, Ended::SoftReset));
        }
        // The statement is complete without a blank line.
        Event::EndOfInput => return Some(run(vm, repl, Source::Interactive)),
        Event::Control(_) if !fresh => {}
        Event::Control(1) => {
            repl.borrow_mut().mode = Mode::Raw;
            write(vm, "\r\n");
            write(vm, super::raw::GREETING);
        }
        Event::Control(5) => {
            repl.borrow_mut().mode = Mode::Paste;
            write(vm, "\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ");
        }
        Event::Control(_) => {
            let text = banner(vm);
            write(vm, "\r\n");
            write(vm, &text);
            prompt(vm, repl);
        }
        Event::Complete(before) => show_completion(vm, repl, &before),
    }
    None
}

/// Adds a line to the statement; runs the statement if that completes it.
fn entered(vm: &mut Vm, repl: &Shared, line: &str) -> Option<Step> {
    let mut r = repl.borrow_mut();
    r.editor.remember(line);
    if line.is_empty() && r.text.is_empty() {
        drop(r);
        prompt(vm, repl);
        return None;
    }
    drop(r);
    let added = line.bytes().try_for_each(|b| push(vm, repl, b));
    if added.and_then(|()| push(vm, repl, b'\n')).is_err() {
        let e = vm.take_exception();
        let _ = report(vm, e);
        prompt(vm, repl);
        return None;
    }
    let mut r = repl.borrow_mut();
    r.text.pop();
    if !snakeye_vm::is_incomplete(&r.text) {
        drop(r);
        return Some(run(vm, repl, Source::Interactive));
    }
    r.text.push(b'\n');
    drop(r);
    let ps2 = prompt_text(vm, "ps2", "... ");
    let mut out = String::new();
    let r = &mut *repl.borrow_mut();
    r.editor.go_on(&ps2, &String::from_utf8_lossy(&r.text), &mut out);
    write(vm, &out);
    None
}

/// Runs the statement or block, shows what goes wrong, and reads on.
fn run(vm: &mut Vm, repl: &Shared, source: Source) -> Step {
    let text = core::mem::take(&mut repl.borrow_mut().text);
    let repl = Rc::clone(repl);
    execute(vm, &text, source, move |vm, exception| {
        if let Some(why) = exception.and_then(|e| report(vm, e)) {
            return Ok(end(&repl, why));
        }
        prompt(vm, &repl);
        read(vm, repl)
    })
}

/// Paste mode: everything up to Ctrl-D is one block.
pub fn paste(vm: &mut Vm, repl: &Shared, byte: u8) -> Option<Step> {
    let after_cr = core::mem::replace(&mut repl.borrow_mut().after_cr, byte == b'\r');
    match byte {
        3 => cancel(vm, repl),
        4 => {
            write(vm, "\r\n");
            return Some(run(vm, repl, Source::Paste));
        }
        b'\n' if after_cr => {}
        _ => {
            let end_of_line = matches!(byte, b'\r' | b'\n');
            if push(vm, repl, if end_of_line { b'\n' } else { byte }).is_err() {
                let e = vm.take_exception();
                write(vm, "\r\n");
                let _ = report(vm, e);
                prompt(vm, repl);
            } else if end_of_line {
                write(vm, "\r\n=== ");
            } else {
                console::write_raw(vm, &[byte]);
            }
        }
    }
    None
}

/// Completes the word before the cursor as far as that is clear, else lists what it may become.
fn show_completion(vm: &mut Vm, repl: &Shared, before: &str) {
    let (common, found) = complete::complete(vm, before);
    let mut out = String::new();
    if !common.is_empty() {
        repl.borrow_mut().editor.insert(&common, &mut out);
    } else if found.len() > 1 {
        list(&found, &mut out);
        repl.borrow().editor.redraw(&mut out);
    }
    write(vm, &out);
}

/// The names in columns.
fn list(names: &[String], out: &mut String) {
    let mut used = WIDTH;
    for name in names {
        let gap = used.next_multiple_of(COLUMN) - used;
        let gap = if gap < 2 { gap + COLUMN } else { gap };
        if used + gap + name.len() <= WIDTH {
            out.extend(core::iter::repeat_n(' ', gap));
            used += gap + name.len();
        } else {
            out.push_str("\r\n");
            used = name.len();
        }
        out.push_str(name);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn completions_stand_in_columns() {
        let names: Vec<String> = ["a", "b_long_name_here", "c", "d", "e"].iter().map(|n| String::from(*n)).collect();
        let mut out = String::new();
        list(&names, &mut out);
        assert_eq!(out, "\r\na               b_long_name_here                c\r\nd               e\r\n");
    }
}
