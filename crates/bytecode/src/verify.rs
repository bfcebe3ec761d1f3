//! Checks compiled code, so that the run loop may trust every operand.
//!
//! What holds afterwards: each instruction decodes; its registers, constants, names, free variables,
//! caches and children exist; each jump and handler leads to the start of an instruction; execution
//! never runs off the end; a function's captured variables exist in the code around it.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::{Code, CodeFlags, Const, FreeVar, Op, Shape, Special, Word};

/// Deepest nesting of code in code, and of constant tuples.
const MAX_NESTING: u32 = 200;

/// What is wrong with code, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// What is wrong.
    pub fault: Fault,
    /// The word of the instruction, 0 where the fault is not in one.
    pub pc: u32,
}

/// What can be wrong with code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no operation with this code.
    Opcode,
    /// The extension word of the last instruction is missing.
    Truncated,
    /// A register beyond the frame.
    Register,
    /// A constant that does not exist or has the wrong type.
    Constant,
    /// A name that does not exist.
    Name,
    /// A free variable that does not exist.
    FreeVariable,
    /// Nested code that does not exist.
    Child,
    /// An inline cache that does not exist.
    Cache,
    /// A flag or special value that means nothing.
    Operand,
    /// A jump that does not lead to an instruction, or in the wrong direction.
    Jump,
    /// Execution runs off the end.
    End,
    /// An exception handler with an empty or impossible range.
    Handler,
    /// The line table is not in order.
    Lines,
    /// Parameters, variables or registers that contradict each other.
    Frame,
    /// Code nested too deeply.
    Nesting,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid bytecode at word {}: {:?}", self.pc, self.fault)
    }
}

impl core::error::Error for VerifyError {}

/// Checks code and all code inside it.
///
/// The outermost code must not have free variables, since nothing is around it.
pub fn verify(code: &Code) -> Result<(), VerifyError> {
    if !code.free.is_empty() {
        return fault(Fault::FreeVariable, 0);
    }
    body(code, 0)
}

fn fault<T>(fault: Fault, pc: u32) -> Result<T, VerifyError> {
    Err(VerifyError { fault, pc })
}

fn require(holds: bool, what: Fault, pc: u32) -> Result<(), VerifyError> {
    if holds { Ok(()) } else { fault(what, pc) }
}

fn body(code: &Code, depth: u32) -> Result<(), VerifyError> {
    require(depth < MAX_NESTING, Fault::Nesting, 0)?;
    frame(code)?;
    for constant in &code.consts {
        constant_depth(constant, 0)?;
    }
    let starts = instructions(code)?;
    tables(code, &starts)?;
    for child in &code.children {
        for (_, source) in &child.free {
            let exists = match *source {
                FreeVar::Cell(reg) => u16::from(reg) < code.n_regs,
                FreeVar::Free(index) => usize::from(index) < code.free.len(),
            };
            require(exists, Fault::FreeVariable, 0)?;
        }
        body(child, depth + 1)?;
    }
    Ok(())
}

fn frame(code: &Code) -> Result<(), VerifyError> {
    let n_regs = usize::from(code.n_regs);
    let flags = code.flags;
    let namespace = CodeFlags(flags.0 & (CodeFlags::CLASS_BODY | CodeFlags::MODULE));
    let fits = n_regs <= 256
        && code.n_params() <= n_regs
        && code.varnames.len() <= n_regs
        && code.varnames.len() >= code.n_params()
        && code.n_posonly <= code.n_pos
        && (!flags.has(CodeFlags::COROUTINE) || flags.has(CodeFlags::GENERATOR))
        && (namespace.0 == 0
            || code.n_params() == 0
                && !flags.has(CodeFlags::GENERATOR)
                && namespace.0 != CodeFlags::CLASS_BODY | CodeFlags::MODULE);
    require(fits, Fault::Frame, 0)
}

fn constant_depth(constant: &Const, depth: u32) -> Result<(), VerifyError> {
    require(depth < MAX_NESTING, Fault::Nesting, 0)?;
    match constant {
        Const::Tuple(items) => items.iter().try_for_each(|item| constant_depth(item, depth + 1)),
        Const::BigInt(digits, radix) => {
            let digits = digits.strip_prefix('-').unwrap_or(digits);
            let valid = matches!(radix, 2 | 8 | 10 | 16)
                && !digits.is_empty()
                && digits.chars().all(|c| c.is_digit(u32::from(*radix)));
            require(valid, Fault::Constant, 0)
        }
        _ => Ok(()),
    }
}

/// Checks each instruction; returns which words start one.
fn instructions(code: &Code) -> Result<Vec<bool>, VerifyError> {
    require(!code.words.is_empty() && code.words.len() <= i32::MAX as usize, Fault::End, 0)?;
    let mut starts = vec![false; code.words.len()];
    let mut jumps = Vec::new();
    let mut pc = 0;
    while let Some(&word) = code.words.get(pc) {
        let at = pc as u32;
        if let Some(start) = starts.get_mut(pc) {
            *start = true;
        }
        let word = Word(word);
        let Some(op) = Op::from_u8(word.op()) else {
            return fault(Fault::Opcode, at);
        };
        pc += 1;
        let ext = if op.shape().has_ext() {
            let Some(&ext) = code.words.get(pc) else {
                return fault(Fault::Truncated, at);
            };
            pc += 1;
            ext
        } else {
            0
        };
        let check = Check { code, at };
        if let Some(distance) = check.instruction(op, word, ext)? {
            jumps.push((at, pc, distance));
        }
        if pc == code.words.len() {
            require(ends(op), Fault::End, at)?;
        }
    }
    for (at, end, distance) in jumps {
        let target = i64::try_from(end).unwrap_or(i64::MAX) + i64::from(distance);
        let lands = usize::try_from(target).ok().and_then(|target| starts.get(target)).is_some_and(|&start| start);
        require(lands, Fault::Jump, at)?;
    }
    Ok(starts)
}

/// Whether execution never goes on to the next instruction.
fn ends(op: Op) -> bool {
    matches!(op, Op::Return | Op::ReturnNone | Op::Raise | Op::RaiseFrom | Op::Reraise | Op::Jump | Op::JumpBack)
}

/// The instruction being checked.
struct Check<'c> {
    code: &'c Code,
    at: u32,
}

impl Check<'_> {
    /// `n` registers from `first` on.
    fn regs(&self, first: u8, n: usize) -> Result<(), VerifyError> {
        let fits = usize::from(first) + n <= usize::from(self.code.n_regs);
        require(fits, Fault::Register, self.at)
    }

    fn reg(&self, reg: u8) -> Result<(), VerifyError> {
        self.regs(reg, 1)
    }

    fn constant(&self, index: u32) -> Result<(), VerifyError> {
        let exists = (index as usize) < self.code.consts.len();
        require(exists, Fault::Constant, self.at)
    }

    /// A constant that is a tuple of strings.
    fn name_tuple(&self, index: u32, len: Option<usize>) -> Result<(), VerifyError> {
        let valid = match self.code.consts.get(index as usize) {
            Some(Const::Tuple(items)) => {
                len.is_none_or(|len| items.len() == len) && items.iter().all(|item| matches!(item, Const::Str(_)))
            }
            _ => false,
        };
        require(valid, Fault::Constant, self.at)
    }

    fn name(&self, index: u32) -> Result<(), VerifyError> {
        let exists = (index as usize) < self.code.names.len();
        require(exists, Fault::Name, self.at)
    }

    fn cache(&self, index: u32) -> Result<(), VerifyError> {
        let exists = index < u32::from(self.code.n_caches);
        require(exists, Fault::Cache, self.at)
    }

    fn free(&self, index: u16) -> Result<(), VerifyError> {
        let exists = usize::from(index) < self.code.free.len();
        require(exists, Fault::FreeVariable, self.at)
    }

    fn operand(&self, holds: bool) -> Result<(), VerifyError> {
        require(holds, Fault::Operand, self.at)
    }

    /// Checks one instruction; returns its jump distance.
    fn instruction(&self, op: Op, word: Word, x: u32) -> Result<Option<i32>, VerifyError> {
        let (a, b, c) = (word.a(), word.b(), word.c());
        let (low, high) = (x & 0xFFFF, x >> 16);
        match op.shape() {
            Shape::None => {}
            Shape::A => self.regs(a, group_at_a(op))?,
            Shape::AB => {
                self.reg(a)?;
                self.regs(b, if op == Op::BuildSlice { 3 } else { 1 })?;
                self.operand(op != Op::Take || a != b)?;
            }
            Shape::ABC if op == Op::Format => {
                self.reg(a)?;
                self.operand(c < 8)?;
                self.regs(b, if c & 4 != 0 { 2 } else { 1 })?;
            }
            Shape::ABC => {
                self.reg(a)?;
                self.reg(b)?;
                self.reg(c)?;
            }
            Shape::ABi => {
                self.reg(a)?;
                self.reg(b)?;
            }
            Shape::An => {
                self.reg(a)?;
                self.operand(Special::from_u8(b).is_some())?;
            }
            Shape::ASbx => self.reg(a)?,
            Shape::AK => {
                self.reg(a)?;
                self.constant(u32::from(word.bx()))?;
            }
            Shape::AN => {
                self.reg(a)?;
                self.name(u32::from(word.bx()))?;
            }
            Shape::AF => {
                self.reg(a)?;
                self.free(word.bx())?;
            }
            Shape::N => self.name(u32::from(word.bx()))?,
            Shape::F => self.free(word.bx())?,
            Shape::Range => self.regs(a, usize::from(b))?,
            Shape::ARange if op == Op::Unpack => {
                self.regs(a, usize::from(c))?;
                self.reg(b)?;
            }
            Shape::ARange => {
                self.reg(a)?;
                self.regs(b, usize::from(c))?;
            }
            Shape::APairs => {
                self.reg(a)?;
                self.regs(b, 2 * usize::from(c))?;
            }
            Shape::Jump => {
                let distance = word.s24();
                let forward = distance >= 0;
                require(forward == (op == Op::Jump), Fault::Jump, self.at)?;
                return Ok(Some(distance));
            }
            Shape::AJump => {
                self.reg(a)?;
                return Ok(Some(x as i32));
            }
            Shape::ABJump => {
                self.reg(a)?;
                self.regs(b, if op == Op::ForIter { 3 } else { 1 })?;
                self.operand(c <= 1)?;
                return Ok(Some(x as i32));
            }
            Shape::AiJump => {
                self.reg(a)?;
                self.operand(c <= 1)?;
                return Ok(Some(x as i32));
            }
            Shape::ANCache => {
                self.reg(a)?;
                self.name(u32::from(word.bx()))?;
                self.cache(low)?;
                self.operand(high == 0 || op == Op::StoreGlobal && high == 1)?;
            }
            Shape::ABCache => {
                self.regs(a, if op == Op::LoadMethod { 2 } else { 1 })?;
                self.reg(b)?;
                self.name(low)?;
                self.cache(high)?;
                self.operand(c == 0 || op == Op::StoreAttr && c == 1)?;
            }
            Shape::ABName => {
                self.reg(a)?;
                self.reg(b)?;
                self.name(x)?;
            }
            Shape::AFName => {
                self.reg(a)?;
                self.free(word.bx())?;
                self.name(x)?;
            }
            Shape::Call => self.regs(a, 1 + usize::from(op == Op::CallMethod) + usize::from(b))?,
            Shape::CallKw => {
                let own = 1 + usize::from(op == Op::CallMethodKw);
                self.regs(a, own + usize::from(b) + usize::from(c))?;
                self.name_tuple(x, Some(usize::from(c)))?;
            }
            Shape::Function => {
                self.reg(a)?;
                let child = usize::from(word.bx());
                let exists = child < self.code.children.len();
                require(exists, Fault::Child, self.at)?;
                self.operand(x & 0xFF < 4 && x >> 16 == 0)?;
                let defaults = (x >> 8) as u8;
                if x & 1 != 0 {
                    self.reg(defaults)?;
                }
                if x & 2 != 0 {
                    self.regs(defaults, 2)?;
                }
            }
            Shape::Import => {
                self.reg(a)?;
                self.name(u32::from(word.bx()))?;
                if low != 0xFFFF {
                    self.name_tuple(low, None)?;
                }
            }
            Shape::UnpackEx => {
                self.operand(x < 256)?;
                self.regs(a, usize::from(c) + 1 + x as usize)?;
                self.reg(b)?;
            }
        }
        Ok(None)
    }
}

/// Registers that an operation with shape A has at `a`.
fn group_at_a(op: Op) -> usize {
    match op {
        Op::ForPrep | Op::CallEx => 3,
        Op::CallMethodEx => 4,
        _ => 1,
    }
}

/// Checks handlers and lines.
fn tables(code: &Code, starts: &[bool]) -> Result<(), VerifyError> {
    let is_start = |word: u32| starts.get(word as usize).is_some_and(|&start| start);
    for handler in &code.handlers {
        let ordered = handler.start < handler.end;
        let end = is_start(handler.end) || handler.end as usize == starts.len();
        let lands = is_start(handler.handler) && u16::from(handler.reg) < code.n_regs;
        require(ordered && is_start(handler.start) && end && lands, Fault::Handler, handler.start)?;
    }
    let ascending = code.lines.windows(2).all(|pair| match pair {
        [(a, _), (b, _)] => a < b,
        _ => true,
    });
    require(ascending, Fault::Lines, 0)
}
