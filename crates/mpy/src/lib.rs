//! `.mpy` files: MicroPython's compiled modules, version 6.
//!
//! Such a file holds code for a stack machine. [`load`] reads it, checks every byte that matters, and
//! translates it to Snakeye's register code, which then passes the same verifier as code from source. Knows
//! no objects: constants stay plain data.
//!
//! How the translation works. The code of a function is interpreted with an *abstract stack* ([`stack`]),
//! whose entries say where each value of the stack machine will be at run time: in the register of its
//! place, in a local, or nowhere because it is a constant. Jumps join where the abstract states agree; code is
//! emitted once for each place and state. The stack of MicroPython is shaped differently in a `finally` block
//! depending on how it was entered (end of the body, exception, return, break); here these are different
//! states, so that each way gets its own code, in which the end of the block is known ([`blocks`]).
//!
//! Sources of facts: MicroPython's page "MicroPython .mpy files" and the comments of its `py/bc.h` and
//! `py/bc0.h`.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod blocks;
mod calls;
mod decode;
mod display;
mod emit;
mod error;
mod file;
mod names;
mod prelude;
mod reader;
mod session;
mod stack;
mod step;
mod translate;
mod values;

pub use error::Error;

use alloc::vec::Vec;
use snakeye_bytecode::Code;

/// Version of the format that is read (the second byte of a file).
pub const VERSION: u8 = 6;
/// Sub-version: matters only for machine code.
pub const SUB_VERSION: u8 = 3;

/// Reads a `.mpy` file: the code of its module, verified.
///
/// `small_int_bits` is the size of small integers that files may count on (31 on 32-bit machines, 63 on
/// 64-bit ones). Memory and time grow with the length of the file, whatever it says inside.
pub fn load(data: &[u8], small_int_bits: u8) -> Result<Code, Error> {
    let module = file::read(data, small_int_bits)?;
    let code = session::translate(&module, data.len())?;
    snakeye_bytecode::verify(&code).map_err(|_| Error::Corrupt)?;
    Ok(code)
}

/// Makes room for `n` items that a file asks for.
fn vec_for<T>(n: usize) -> Result<Vec<T>, Error> {
    let mut v = Vec::new();
    v.try_reserve_exact(n).map_err(|_| Error::Memory)?;
    Ok(v)
}

/// Appends an item, or says that memory has run out.
fn push<T>(v: &mut Vec<T>, item: T) -> Result<(), Error> {
    v.try_reserve(1).map_err(|_| Error::Memory)?;
    v.push(item);
    Ok(())
}
