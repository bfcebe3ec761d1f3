//! `errno`: error numbers.

use snakeye_vm::collection::DICT;
use snakeye_vm::errno::ERRNO as NUMBERS;
use snakeye_vm::object::{Dict, Entry, ModuleDef, NativeObject, NativeValue, TypeDef};
use snakeye_vm::{Res, Rom, Value, Vm, method};

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

/// Names by number: a dict that cannot be changed, as it would be in ROM. What changes dicts refuses it, because
/// it is none; what reads them goes to the dict inside.
static ERROR_CODES: Rom<TypeDef> = Rom::new(TypeDef {
    name: "dict",
    base: Some(&DICT),
    attrs: &[
        method!("copy", 1, 1, |vm, args| read(vm, args, "copy")),
        method!("get", 2, 3, |vm, args| read(vm, args, "get")),
        method!("items", 1, 1, |vm, args| read(vm, args, "items")),
        method!("keys", 1, 1, |vm, args| read(vm, args, "keys")),
        method!("values", 1, 1, |vm, args| read(vm, args, "values")),
    ],
    print: Some(|vm, v, out, repr| {
        let inside = inside(v);
        vm.print_to(&inside, out, repr)
    }),
    compare: Some(|vm, op, a, b| {
        let (a, b) = (inside(a), inside(b));
        if b.get::<Dict>().is_some() { vm.compare(op, &a, &b).map(Some) } else { Ok(None) }
    }),
    len: Some(|vm, v| vm.len(&inside(v))),
    get_item: Some(|vm, v, key| vm.get_item(&inside(v), key)),
    set_item: Some(|vm, _, _, _| Err(vm.type_error("'dict' object doesn't support item assignment"))),
    contains: Some(|vm, v, key| vm.contains(&inside(v), key)),
    iter: Some(|vm, v| vm.iter(&inside(v))),
    ..TypeDef::NEW
});

struct ErrorCodes(Value);

impl NativeObject for ErrorCodes {
    fn class(&self) -> &'static Rom<TypeDef> {
        &ERROR_CODES
    }
}

fn inside(v: &Value) -> Value {
    v.native::<ErrorCodes>().map_or_else(|| v.clone(), |codes| codes.0.clone())
}

fn read(vm: &mut Vm, args: &[Value], method: &str) -> Res {
    let method = vm.get_attr(&inside(&args[0]), method)?;
    vm.call(&method, &args[1..])
}

fn errorcode(vm: &mut Vm) -> Res {
    let dict = vm.new_dict()?;
    for (name, number) in NUMBERS {
        let name = vm.intern(name)?;
        dict.set(vm, Value::int(*number), name)?;
    }
    vm.new_native(ErrorCodes(dict.into()))
}
