//! `errno`: error numbers.

use snakeye_vm::errno::ERRNO as NUMBERS;
use snakeye_vm::object::{Entry, ModuleDef};
use snakeye_vm::{Res, Value, Vm};

static ENTRIES: [(&str, Entry); NUMBERS.len() + 1] = {
    let mut all = [("errorcode", Entry::Make(errorcode)); NUMBERS.len() + 1];
    let mut i = 0;
    while i < NUMBERS.len() {
        all[i] = (NUMBERS[i].0, Entry::Int(NUMBERS[i].1 as i64));
        i += 1;
    }
    all
};

/// The `errno` module.
pub static ERRNO: ModuleDef = ModuleDef { name: "errno", entries: &ENTRIES, init: None };

/// Names by number.
fn errorcode(vm: &mut Vm) -> Res {
    let dict = vm.new_dict()?;
    for (name, number) in NUMBERS {
        let name = vm.intern(name)?;
        dict.set(vm, Value::int(*number), name)?;
    }
    Ok(dict.into())
}
