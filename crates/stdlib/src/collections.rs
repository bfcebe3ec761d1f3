//! `collections`: OrderedDict, namedtuple, deque.

mod deque;

use alloc::vec::Vec;
use deque::DEQUE;
use snakeye_vm::collection::ORDERED_DICT;
use snakeye_vm::method;
use snakeye_vm::object::{Entry, ModuleDef, StrValue};
use snakeye_vm::{Res, Value, Vm};

/// The `collections` module.
pub static COLLECTIONS: ModuleDef = ModuleDef {
    name: "collections",
    entries: &[
        ("OrderedDict", Entry::Type(&ORDERED_DICT)),
        ("deque", Entry::Type(&DEQUE)),
        method!("namedtuple", 2, 2, namedtuple),
    ],
    init: None,
};

/// `namedtuple(name, fields)`: fields are strings in a list or tuple, or words of one string.
fn namedtuple(vm: &mut Vm, args: &[Value]) -> Res {
    let name = vm.str_arg(&args[0])?;
    if let Some(words) = args[1].as_str() {
        let fields: Vec<&str> = words.split([' ', ',', '\t', '\n']).filter(|w| !w.is_empty()).collect();
        return vm.new_named_tuple_class(name, &fields);
    }
    let items = vm.collect(&args[1])?;
    let mut fields = Vec::with_capacity(items.len());
    for item in &items {
        fields.push(vm.str_arg(item)?);
    }
    vm.new_named_tuple_class(name, &fields)
}
