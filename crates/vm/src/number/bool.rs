//! bool

use super::{arith, hash, int};
use crate::object::*;
use crate::vm::{Res, Vm};
use snakeye_heap::{Rom, Value};

/// `bool`: computes as the integers 0 and 1 do, but is no subclass of int, as in MicroPython.
pub static BOOL: Rom<TypeDef> = Rom::new(TypeDef {
    name: "bool",
    new: Some(bool_new),
    print: Some(|_, v, out, _| {
        out.push_str(if v.is(&Value::TRUE) { "True" } else { "False" });
        Ok(())
    }),
    hash: Some(|_, v| Ok(hash::int_binary_hash(v).unwrap_or(0))),
    compare: Some(int::int_compare),
    binary: Some(arith::int_binary),
    unary: Some(int::int_unary),
    truth: Some(|_, v| Ok(v.is(&Value::TRUE))),
    ..TypeDef::NEW
});

fn bool_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    match args.pos {
        [] => Ok(Step::Done(Value::FALSE)),
        [v] => Ok(Step::Done(Value::bool(vm.truth(v)?))),
        more => Err(int::too_many(vm, 1, more.len())),
    }
}
