//! The abstract stack: where the values of the stack machine are.
//!
//! The entry at place `i` owns register `base + i`, behind the registers of the locals. What is not in its own
//! register yet is in a local, in another place (after the stack was permuted), or a constant.

use crate::Error;
use alloc::vec::Vec;
use snakeye_bytecode::Special;

/// A register number. Checked against the limit when code is emitted.
pub(crate) type Reg = u16;

/// One place of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A value in the place's own register.
    Own,
    /// A value in another register: a local, or another place's.
    In(Reg),
    /// A small integer.
    Int(i16),
    /// A constant of the function's pool.
    Const(u16),
    /// None, False, True, Ellipsis.
    Special(Special),
    /// No value: marks what is to be deleted, missing defaults, `**` arguments.
    Null,
    /// The cell in a local's register, for a closure.
    Cell(Reg),
    /// A captured variable, for a closure.
    Free(u16),
    /// In its own register: the builtin that builds classes.
    BuildClass,
    /// First of the four places of a loop's iterator; three registers hold the loop's state.
    Iter,
    /// The other three.
    Pad,
    /// A `finally` block was entered at the end of the guarded code.
    Fell,
    /// … by `return`, whose value is below.
    Returns,
    /// … by a jump, described below, that leaves this many more handlers.
    Jumps(u8),
    /// Where such a jump leads, and whether it drops an iterator.
    Way(u32, bool),
    /// Not on the machine's stack: an exception that is being handled, for `raise` alone.
    Held,
    /// Not on the machine's stack: a register kept free under the exit call of `with`.
    Spare,
    /// The first entries of a long display, of which this many are in a list, set or (for a tuple) list.
    Part(u32),
}

impl Entry {
    /// Whether the stack machine does not know this place.
    pub fn hidden(self) -> bool {
        matches!(self, Entry::Held | Entry::Spare)
    }
}

/// What a guarded block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Except,
    Finally,
    With,
}

/// An entry of the stack of exception handlers. It is *active* while its handler runs, which the stack machine
/// knows from the handler's address being behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub kind: Kind,
    /// First byte of the handler.
    pub handler: u32,
    /// Places below the guarded code.
    pub floor: u16,
    /// Place that holds the exception being handled.
    pub held: Option<u16>,
}

/// What is known at a point of the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub stack: Vec<Entry>,
    pub blocks: Vec<Block>,
}

impl State {
    /// The place of the `n`th value from the top (0: the top).
    pub fn place(&self, n: usize) -> Result<usize, Error> {
        let visible = self.stack.iter().enumerate().rev().filter(|(_, e)| !e.hidden());
        visible.map(|(i, _)| i).nth(n).ok_or(Error::Corrupt)
    }

    /// The `n`th value from the top.
    pub fn peek(&self, n: usize) -> Result<Entry, Error> {
        self.stack.get(self.place(n)?).copied().ok_or(Error::Corrupt)
    }

    /// Takes the top value off; returns its place too.
    pub fn pop(&mut self) -> Result<(usize, Entry), Error> {
        let i = self.place(0)?;
        // Under an exception that is held, the place must stay: places are registers.
        if i + 1 == self.stack.len() {
            self.stack.pop().map(|e| (i, e)).ok_or(Error::Corrupt)
        } else {
            let place = self.stack.get_mut(i).ok_or(Error::Corrupt)?;
            Ok((i, core::mem::replace(place, Entry::Spare)))
        }
    }

    /// The innermost block whose handler is not running.
    pub fn guard(&self, ip: usize) -> Option<usize> {
        self.blocks.iter().rposition(|b| b.handler as usize > ip)
    }
}
