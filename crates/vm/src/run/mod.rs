//! Running code: frames, the run loop, calls, exceptions, threads, imports.
//!
//! Unsafe code here rests on four facts:
//! 1. Code is verified before a [`CodeObject`](crate::object::CodeObject) exists, so register, constant, name
//!    and jump operands of its instructions are in range.
//! 2. Registers are places of a stack segment, or of the row of a generator whose frame is on a stack. Each
//!    always holds a valid value (unbound when unused). Segments never move while their thread lives, and a
//!    generator's row neither moves nor shrinks while its frame is on a stack: the frame holds the generator.
//! 3. A frame's `function` keeps its code, constants and globals alive while the frame is on the stack.
//! 4. While the run loop reads a payload without its borrow flag, no borrow is held: natives return
//!    before the loop goes on, and no borrow lives across a call into the VM.

mod build;
mod cache;
mod call;
pub mod exec;
mod frame;
pub mod frozen;
pub mod import;
mod interp;
mod load;
mod operate;
mod quick;
mod rare;
mod resume;
pub(crate) mod step;
mod support;
pub mod thread;
mod unwind;
mod window;
