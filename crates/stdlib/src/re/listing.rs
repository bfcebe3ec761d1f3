//! The listing that `re.DEBUG` asks for: the program as MicroPython would store it, with its byte addresses.

use super::program::{ClassItem, Inst, Program};
use alloc::string::String;
use core::fmt::Write;

/// Bytes and instructions of the loop around the program that tries one position after the other.
const LOOP: [&str; 3] = [" 0: rsplit 5 (3)\n", " 2: any\n", " 3: jmp 0 (-5)\n"];
const LOOP_BYTES: usize = 5;

/// The listing, a line for each instruction and one with their number.
pub fn listing(program: &Program) -> String {
    let mut out = String::new();
    LOOP.iter().for_each(|line| out.push_str(line));
    let mut starts = alloc::vec![LOOP_BYTES];
    for inst in &program.code {
        starts.push(starts.last().copied().unwrap_or(0) + inst.cost());
    }
    for (i, inst) in program.code.iter().enumerate() {
        // A line's target, and its distance from the end of the instruction.
        let target = |distance: i32| {
            let to = starts.get((i as i64 + distance as i64) as usize).copied().unwrap_or(0);
            (to, to as i64 - starts.get(i + 1).copied().unwrap_or(0) as i64)
        };
        let at = starts[i];
        let _ = write!(out, "{at:2}: ");
        let _ = match inst {
            Inst::Char(c) => writeln!(out, "char {c}"),
            Inst::Any => writeln!(out, "any"),
            Inst::Class(class) => {
                let not = if class.negated { "not" } else { "" };
                let _ = write!(out, "class{not} {}", class.items.len());
                for item in &class.items {
                    let (from, to) = match item {
                        ClassItem::Range(from, to) => (*from, *to),
                        ClassItem::Named(name) => ('\0', *name),
                    };
                    let _ = write!(out, " 0x{:02x}-0x{:02x}", from as u32, to as u32);
                }
                writeln!(out)
            }
            Inst::Named(name) => writeln!(out, "namedclass {name}"),
            Inst::Begin => writeln!(out, "assert bol"),
            Inst::End => writeln!(out, "assert eol"),
            Inst::Save(slot) => writeln!(out, "save {slot}"),
            Inst::Jump(distance) => {
                let (to, by) = target(*distance);
                writeln!(out, "jmp {to} ({by})")
            }
            Inst::Split(1, other) => {
                let (to, by) = target(*other);
                writeln!(out, "split {to} ({by})")
            }
            Inst::Endless(distance) if *distance > 0 => {
                let (to, by) = target(*distance);
                writeln!(out, "split {to} ({by})")
            }
            Inst::Split(first, _) | Inst::Endless(first) => {
                let (to, by) = target(*first);
                writeln!(out, "rsplit {to} ({by})")
            }
            Inst::Match => writeln!(out, "match"),
        };
    }
    let bytes = starts.last().copied().unwrap_or(0);
    let _ = writeln!(out, "Bytes: {bytes}, insts: {}", program.code.len() + LOOP.len());
    out
}
