//! Snakeye's bytecode: the opcode table, compiled code, encoding, verification and disassembly.
//!
//! Knows no objects and no Python source: constants are plain data that the VM turns into values.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod code;
mod disassemble;
mod op;
mod store;
mod verify;

pub use code::{Code, CodeFlags, Const, FreeVar, Handler};
pub use disassemble::disassemble;
pub use op::{OPS, Op, Shape, Special};
pub use store::{decode, encode};
pub use verify::{Fault, VerifyError, verify};

/// Reads the fields of an instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(pub u32);

impl Word {
    /// Operation code.
    pub const fn op(self) -> u8 {
        self.0 as u8
    }
    /// First operand.
    pub const fn a(self) -> u8 {
        (self.0 >> 8) as u8
    }
    /// Second operand.
    pub const fn b(self) -> u8 {
        (self.0 >> 16) as u8
    }
    /// Third operand.
    pub const fn c(self) -> u8 {
        (self.0 >> 24) as u8
    }
    /// Operands b and c as one 16-bit number.
    pub const fn bx(self) -> u16 {
        (self.0 >> 16) as u16
    }
    /// Operands b and c as one signed 16-bit number.
    pub const fn sbx(self) -> i16 {
        (self.0 >> 16) as i16
    }
    /// Operands a, b and c as one signed 24-bit number.
    pub const fn s24(self) -> i32 {
        (self.0 as i32) >> 8
    }
    /// Builds `op a b c`.
    pub const fn abc(op: Op, a: u8, b: u8, c: u8) -> Word {
        Word(op as u32 | (a as u32) << 8 | (b as u32) << 16 | (c as u32) << 24)
    }
    /// Builds `op a bx`.
    pub const fn abx(op: Op, a: u8, bx: u16) -> Word {
        Word(op as u32 | (a as u32) << 8 | (bx as u32) << 16)
    }
    /// Builds `op s24`.
    pub const fn jump(op: Op, distance: i32) -> Word {
        Word(op as u32 | (distance as u32) << 8)
    }
}
