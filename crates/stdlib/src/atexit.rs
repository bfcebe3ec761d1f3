//! `atexit`: functions to call when the script ends, last registered first.

use alloc::vec::Vec;
use snakeye_vm::object::{Args, List, ModuleDef, Step, Tuple};
use snakeye_vm::{Gc, Res, Value, Vm, method, method_kw};

/// The `atexit` module.
pub static ATEXIT: ModuleDef = ModuleDef {
    name: "atexit",
    entries: &[method_kw!("register", 1, 255, register), method!("unregister", 1, 1, unregister)],
    init: None,
};

const REGISTERED: &str = "atexit";

fn registered(vm: &mut Vm) -> Res<Gc<List>> {
    if let Some(list) = vm.kept(REGISTERED).and_then(|v| v.into_gc::<List>().ok()) {
        return Ok(list);
    }
    let made = vm.new_list(Vec::new())?;
    vm.set_kept(REGISTERED, made.clone());
    made.into_gc::<List>().map_err(|_| vm.busy())
}

/// `register(function, *args, **kwargs)`
fn register(vm: &mut Vm, args: Args) -> Res<Step> {
    let Some((function, rest)) = args.pos.split_first() else { return Err(vm.type_error("function expected")) };
    let list = registered(vm)?;
    let keywords = vm.new_dict()?;
    for (name, value) in args.kw {
        keywords.set(vm, name.clone(), value.clone())?;
    }
    let rest = vm.new_tuple(rest.to_vec())?;
    let entry = vm.new_tuple(alloc::vec![function.clone(), rest, keywords.into()])?;
    list.push(vm, entry)?;
    Ok(Step::Done(function.clone()))
}

/// `unregister(function)`
fn unregister(vm: &mut Vm, args: &[Value]) -> Res {
    let list = registered(vm)?;
    let mut kept = Vec::new();
    for entry in list.to_vec(vm)? {
        let same = match entry.as_gc::<Tuple>().and_then(|t| t.elements().first()) {
            Some(function) => vm.same_or_equal(function, &args[0])?,
            None => false,
        };
        if !same {
            kept.push(entry);
        }
    }
    let kept = vm.new_list(kept)?;
    vm.set_kept(REGISTERED, kept);
    Ok(Value::NONE)
}

/// Calls the registered functions, last first; each is forgotten before it runs.
pub(crate) fn run_registered(vm: &mut Vm) {
    let Ok(list) = registered(vm) else { return };
    loop {
        let Some(entry) = list.write(vm).ok().and_then(|mut items| items.pop()) else { return };
        if call(vm, &entry).is_err() {
            let e = vm.take_exception();
            let text = vm.traceback_text(&e);
            // Nothing is left to report a closed console to.
            let _ = vm.write_out(text.as_bytes());
        }
    }
}

fn call(vm: &mut Vm, entry: &Value) -> Res {
    let Some(entry) = entry.as_gc::<Tuple>().cloned() else { return Ok(Value::NONE) };
    let [function, pos, keywords] = entry.elements() else { return Ok(Value::NONE) };
    let pos = vm.collect(pos)?;
    let keywords = match keywords.get::<snakeye_vm::object::Dict>() {
        Some(d) => d.pairs(vm)?,
        None => Vec::new(),
    };
    vm.call_kw(function, &pos, &keywords)
}
