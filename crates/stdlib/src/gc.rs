//! `gc`: the heap's cycle collector. Most objects go the instant nobody refers to them; the collector finds those
//! that refer to each other.

use snakeye_vm::object::ModuleDef;
use snakeye_vm::{Res, Value, Vm, method};

/// The `gc` module.
pub static GC: ModuleDef = ModuleDef {
    name: "gc",
    entries: &[
        method!("collect", 0, 0, collect),
        method!("disable", 0, 0, disable),
        method!("enable", 0, 0, enable),
        method!("isenabled", 0, 0, isenabled),
        method!("mem_alloc", 0, 0, mem_alloc),
        method!("mem_free", 0, 0, mem_free),
        method!("threshold", 0, 1, threshold),
    ],
    init: None,
};

const THRESHOLD: &str = "gc.threshold";

fn collect(vm: &mut Vm, _: &[Value]) -> Res {
    let n = vm.heap.collect();
    vm.run_gone()?;
    vm.new_int(n as i64)
}

fn disable(vm: &mut Vm, _: &[Value]) -> Res {
    vm.heap.set_auto_collect(false);
    Ok(Value::NONE)
}

fn enable(vm: &mut Vm, _: &[Value]) -> Res {
    vm.heap.set_auto_collect(true);
    Ok(Value::NONE)
}

fn isenabled(vm: &mut Vm, _: &[Value]) -> Res {
    Ok(Value::bool(vm.heap.auto_collect()))
}

fn mem_alloc(vm: &mut Vm, _: &[Value]) -> Res {
    let n = vm.heap.stats().used;
    vm.new_int(n as i64)
}

fn mem_free(vm: &mut Vm, _: &[Value]) -> Res {
    let stats = vm.heap.stats();
    vm.new_int(stats.limit.saturating_sub(stats.used) as i64)
}

/// `threshold(bytes)`: cycles are collected whenever so many more bytes are in use; -1: the collector finds its own
/// pace.
fn threshold(vm: &mut Vm, args: &[Value]) -> Res {
    match args.first() {
        Some(n) => {
            let n = vm.index_of(n)?;
            // As MicroPython rounds: to whole blocks of four words.
            let block = 4 * size_of::<usize>() as i64;
            let n = if n < 0 { -1 } else { n / block * block };
            vm.heap.set_growth_threshold(usize::try_from(n).ok());
            let n = vm.new_int(n)?;
            vm.set_kept(THRESHOLD, n);
            Ok(Value::NONE)
        }
        None => Ok(vm.kept(THRESHOLD).unwrap_or(Value::int(-1))),
    }
}
