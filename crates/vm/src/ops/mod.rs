//! What can be done with any value: operators, attributes, items, iteration, printing.
//!
//! Each operation that may run Python code exists as a `…_step` (which tells the run loop what to call) and
//! as a plain method that completes the step by nesting a run loop, for natives.

mod arith;
mod attr;
mod compare;
mod convert;
mod item;
mod iter;
mod print;
mod types;

pub(crate) use attr::{Lookup, Lookups};
pub use compare::address_hash;

use crate::object::{Step, StrValue};
use crate::vm::{Res, Vm};
use snakeye_heap::Value;

impl Vm {
    /// Runs `then` at once when the step is done, else when its result is there.
    pub fn and_then(&mut self, step: Res<Step>, then: impl FnOnce(&mut Vm, Res) -> Res<Step> + 'static) -> Res<Step> {
        use alloc::boxed::Box;
        match step {
            Ok(Step::Done(v)) => then(self, Ok(v)),
            Err(e) => then(self, Err(e)),
            Ok(Step::Tail(call)) => Ok(Step::Call(call, Box::new(then))),
            Ok(Step::Resume(r)) => Ok(Step::After(Box::new(Step::Resume(r)), Box::new(then))),
            Ok(other) => Ok(Step::After(Box::new(other), Box::new(then))),
        }
    }

    /// Writes to the console.
    pub fn write_out(&mut self, bytes: &[u8]) -> Res<()> {
        self.host.write(bytes);
        if let Some(copy) = self.output_copy {
            copy(self, bytes);
        }
        Ok(())
    }

    /// The text of a value for messages: the string itself, or a placeholder.
    pub(crate) fn text_of(v: &Value) -> &str {
        v.as_str().unwrap_or("?")
    }
}
