//! Code as text, for people.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use crate::{Code, Const, FreeVar, Op, Shape, Special, Word};

/// Lists the instructions of `code` and of all code inside it.
///
/// One line for each instruction: source line where it changes, word, operation, operands (`r` registers,
/// `=>` jump targets), and what the operands refer to.
pub fn disassemble(code: &Code) -> String {
    let mut out = String::new();
    list(code, "", &mut out);
    out
}

fn list(code: &Code, prefix: &str, out: &mut String) {
    let path = if prefix.is_empty() { String::from(&*code.name) } else { format!("{prefix}.{}", code.name) };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{path} ({}:{}) registers {} parameters {}+{} flags {:#x} caches {}",
        code.file, code.first_line, code.n_regs, code.n_pos, code.n_kwonly, code.flags.0, code.n_caches
    );
    for (i, name) in code.varnames.iter().enumerate() {
        let _ = writeln!(out, "  r{i} is {name}");
    }
    for (i, (name, source)) in code.free.iter().enumerate() {
        let _ = match source {
            FreeVar::Cell(reg) => writeln!(out, "  free {i} is {name}, the cell in outer r{reg}"),
            FreeVar::Free(index) => writeln!(out, "  free {i} is {name}, outer free {index}"),
        };
    }
    let mut pc = 0;
    let mut line = 0;
    while let Some(&word) = code.words.get(pc) {
        let at = pc as u32;
        let shown = if code.line_of(at) == line {
            String::new()
        } else {
            line = code.line_of(at);
            format!("{line}")
        };
        let word = Word(word);
        pc += 1;
        let Some(op) = Op::from_u8(word.op()) else {
            let _ = writeln!(out, "{shown:>6} {at:>5}  ?{:#010x}", word.0);
            continue;
        };
        let mut ext = 0;
        if op.shape().has_ext() {
            ext = code.words.get(pc).copied().unwrap_or(0);
            pc += 1;
        }
        let text = operands(code, op, word, ext, pc as u32);
        let _ = writeln!(out, "{shown:>6} {at:>5}  {:<14}{text}", op.name());
    }
    for handler in &code.handlers {
        let _ = writeln!(
            out,
            "  exceptions in {}..{} go to {} in r{}",
            handler.start, handler.end, handler.handler, handler.reg
        );
    }
    for child in &code.children {
        out.push('\n');
        list(child, &path, out);
    }
}

fn operands(code: &Code, op: Op, word: Word, x: u32, end: u32) -> String {
    let (a, b, c) = (word.a(), word.b(), word.c());
    let bx = u32::from(word.bx());
    let name = |index: u32| code.names.get(index as usize).map_or("?", |n| n);
    let free = |index: u32| code.free.get(index as usize).map_or("?", |f| &f.0);
    let constant = |index: u32| match code.consts.get(index as usize) {
        Some(value) => show(value),
        None => String::from("?"),
    };
    let target = end.wrapping_add(x);
    match op.shape() {
        Shape::None => String::new(),
        Shape::A => format!("r{a}"),
        Shape::AB => format!("r{a}, r{b}"),
        Shape::ABC if op == Op::Format => format!("r{a}, r{b}, {c}"),
        Shape::ABC => format!("r{a}, r{b}, r{c}"),
        Shape::ABi => format!("r{a}, r{b}, {}", c as i8),
        Shape::An => match Special::from_u8(b) {
            Some(value) => format!("r{a}, {value:?}"),
            None => format!("r{a}, ?{b}"),
        },
        Shape::ASbx => format!("r{a}, {}", word.sbx()),
        Shape::AK => format!("r{a}, {}", constant(bx)),
        Shape::AN => format!("r{a}, {}", name(bx)),
        Shape::AF => format!("r{a}, {}", free(bx)),
        Shape::N => String::from(name(bx)),
        Shape::F => String::from(free(bx)),
        Shape::Range => format!("r{a}, {b}"),
        Shape::ARange | Shape::APairs => format!("r{a}, r{b}, {c}"),
        Shape::Jump => format!("=> {}", end.wrapping_add(word.s24() as u32)),
        Shape::AJump => format!("r{a} => {target}"),
        Shape::ABJump => format!("r{a}, r{b}, {c} => {target}"),
        Shape::AiJump => format!("r{a}, {}, {c} => {target}", b as i8),
        Shape::ANCache => {
            let moves = if x >> 16 & 1 != 0 { " (move)" } else { "" };
            format!("r{a}, {}{moves}", name(bx))
        }
        Shape::ABCache => {
            let moves = if c & 1 != 0 { " (move)" } else { "" };
            format!("r{a}, r{b}, {}{moves}", name(x & 0xFFFF))
        }
        Shape::ABName => format!("r{a}, r{b}, {}", name(x)),
        Shape::AFName => format!("r{a}, {}, {}", free(bx), name(x)),
        Shape::Call => format!("r{a}, {b}"),
        Shape::CallKw => format!("r{a}, {b}, {c} {}", constant(x)),
        Shape::Function => {
            let child = code.children.get(bx as usize).map_or("?", |c| &c.name);
            match x & 0xFF {
                0 => format!("r{a}, {child}"),
                flags => format!("r{a}, {child}, defaults {flags} in r{}", x >> 8),
            }
        }
        Shape::Import => match x & 0xFFFF {
            0xFFFF => format!("r{a}, {}", name(bx)),
            list => format!("r{a}, {}, level {} {}", name(bx), x >> 16, constant(list)),
        },
        Shape::UnpackEx => format!("r{a}, r{b}, {c} * {x}"),
    }
}

fn show(value: &Const) -> String {
    match value {
        Const::None => String::from("None"),
        Const::Bool(true) => String::from("True"),
        Const::Bool(false) => String::from("False"),
        Const::Ellipsis => String::from("..."),
        Const::Int(n) => format!("{n}"),
        Const::BigInt(digits, radix) => format!("{digits} (base {radix})"),
        Const::Float(x) => format!("{x:?}"),
        Const::Imaginary(x) => format!("{x:?}j"),
        Const::Str(s) => format!("{s:?}"),
        Const::Bytes(s) => format!("b\"{}\"", s.escape_ascii()),
        Const::Tuple(items) => {
            let mut text = String::from("(");
            for item in items {
                text.push_str(&show(item));
                text.push(',');
            }
            text.push(')');
            text
        }
    }
}
