//! A compiled function, class body or module, before any object of the VM exists for it.

use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// What kind of code it is and how its arguments are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CodeFlags(pub u16);

impl CodeFlags {
    /// Calling it makes a generator.
    pub const GENERATOR: u16 = 1;
    /// Calling it makes a coroutine (`async def`); GENERATOR is set as well.
    pub const COROUTINE: u16 = 2;
    /// Has `*args`.
    pub const VARARGS: u16 = 4;
    /// Has `**kwargs`.
    pub const VARKEYWORDS: u16 = 8;
    /// A class body: runs with a namespace dict.
    pub const CLASS_BODY: u16 = 16;
    /// A module, exec or eval body.
    pub const MODULE: u16 = 32;

    /// Whether all bits of `flag` are set.
    pub const fn has(self, flag: u16) -> bool {
        self.0 & flag == flag
    }
}

/// A constant of the pool.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// None
    None,
    /// A bool.
    Bool(bool),
    /// Ellipsis
    Ellipsis,
    /// An integer that fits 64 bits.
    Int(i64),
    /// A larger integer: digits in the given radix (2, 8, 10 or 16), without prefix or underscores; a
    /// leading `-` may stand there.
    BigInt(Box<str>, u8),
    /// A float.
    Float(f64),
    /// An imaginary number.
    Imaginary(f64),
    /// A string.
    Str(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A tuple of constants.
    Tuple(Vec<Const>),
}

/// Where MakeFunction takes a free variable of the new function from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeVar {
    /// A cell in this register of the enclosing frame.
    Cell(u8),
    /// This free variable of the enclosing function.
    Free(u16),
}

/// Exceptions raised in words `start..end` go to `handler`, the exception in register `reg`. Entries stand
/// innermost first: the first that covers the instruction is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First word covered.
    pub start: u32,
    /// First word not covered.
    pub end: u32,
    /// Where execution goes on.
    pub handler: u32,
    /// Register that receives the exception.
    pub reg: u8,
}

/// A compiled body. Registers: positional parameters first, then keyword-only ones, then `*args`, then
/// `**kwargs`, then other locals, then temporaries.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// Function or class name, or `<module>`, `<lambda>`, `<genexpr>`.
    pub name: Box<str>,
    /// Source file as named in tracebacks.
    pub file: Rc<str>,
    /// Kind and argument flags.
    pub flags: CodeFlags,
    /// Positional-only parameters (they count in `n_pos` too).
    pub n_posonly: u8,
    /// Positional parameters.
    pub n_pos: u8,
    /// Keyword-only parameters.
    pub n_kwonly: u8,
    /// Registers the frame needs.
    pub n_regs: u16,
    /// Names of the first registers (parameters and other locals).
    pub varnames: Vec<Box<str>>,
    /// Free variables: name and source.
    pub free: Vec<(Box<str>, FreeVar)>,
    /// Constants.
    pub consts: Vec<Const>,
    /// Names of attributes, globals and modules.
    pub names: Vec<Box<str>>,
    /// Nested code.
    pub children: Vec<Code>,
    /// Instructions.
    pub words: Vec<u32>,
    /// (first word, line): ascending; a line holds until the next entry.
    pub lines: Vec<(u32, u32)>,
    /// Exception handlers, innermost first.
    pub handlers: Vec<Handler>,
    /// Number of inline-cache slots the instructions refer to.
    pub n_caches: u16,
    /// First line of the definition.
    pub first_line: u32,
}

impl Code {
    /// Number of registers that arguments fill.
    pub fn n_params(&self) -> usize {
        self.n_pos as usize
            + self.n_kwonly as usize
            + self.flags.has(CodeFlags::VARARGS) as usize
            + self.flags.has(CodeFlags::VARKEYWORDS) as usize
    }

    /// The source line of the instruction at word `pc`.
    pub fn line_of(&self, pc: u32) -> u32 {
        let i = self.lines.partition_point(|&(start, _)| start <= pc);
        if i == 0 { self.first_line } else { self.lines[i - 1].1 }
    }
}
