//! Code ready to run: a [`snakeye_bytecode::Code`] whose names and constants have become values.

use crate::kinds::Trace;
use alloc::boxed::Box;
use alloc::rc::Rc;
use core::cell::UnsafeCell;
use snakeye_bytecode::{CodeFlags, FreeVar, Handler};
use snakeye_heap::{Charge, Gc, Value};

/// What an instruction with an attribute or global found last time.
#[derive(Default)]
pub struct Cache {
    /// Shape of the instance, or keys-version of the globals; 0: empty.
    pub key: u32,
    /// Class epoch in which the entry holds.
    pub epoch: u32,
    /// Slot or entry number.
    pub index: u32,
    /// What sort of hit (see `run::cache`).
    pub kind: u8,
    /// A method or builtin, kept alive here.
    pub value: Option<Value>,
}

/// Code of a function, class body or module.
pub struct CodeObject {
    /// Function name.
    pub name: Rc<str>,
    /// Source file.
    pub file: Rc<str>,
    /// Kind and argument flags.
    pub flags: CodeFlags,
    /// Positional-only parameters.
    pub n_posonly: u8,
    /// Positional parameters.
    pub n_pos: u8,
    /// Keyword-only parameters.
    pub n_kwonly: u8,
    /// Positional arguments that can become the registers of a call as they are: `n_pos`, or
    /// [`CodeObject::INDIRECT`] when calls of this code need more than arguments and defaults.
    pub direct: u16,
    /// Registers a frame needs.
    pub n_regs: u16,
    /// Instructions: verified before this object was made.
    pub words: Box<[u32]>,
    /// Constants.
    pub consts: Box<[Value]>,
    /// Names, interned.
    pub names: Box<[Value]>,
    /// Names of parameters and other locals, interned.
    pub varnames: Box<[Value]>,
    /// Free variables' sources.
    pub free: Box<[FreeVar]>,
    /// Nested code.
    pub children: Box<[Gc<CodeObject>]>,
    /// (first word, line).
    pub lines: Box<[(u32, u32)]>,
    /// Exception handlers.
    pub handlers: Box<[Handler]>,
    /// First line.
    pub first_line: u32,
    /// Number of cache places.
    pub n_caches: u16,
    /// Inline caches; made at the first run of the code. Only the run loop touches them.
    pub(crate) caches: UnsafeCell<Box<[Cache]>>,
    /// For all of the above.
    pub(crate) _charge: Charge,
}

impl Trace for CodeObject {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        for child in &self.children {
            visit(child.value());
        }
    }
}

impl CodeObject {
    /// No number of arguments.
    pub const INDIRECT: u16 = u16::MAX;

    /// The source line of the instruction at word `pc`.
    pub fn line_of(&self, pc: u32) -> u32 {
        let i = self.lines.partition_point(|&(start, _)| start <= pc);
        if i == 0 { self.first_line } else { self.lines[i - 1].1 }
    }

    /// Whether all bits of the flag are set.
    pub fn has(&self, flag: u16) -> bool {
        self.flags.has(flag)
    }
}
