//! `heapq`: a list as a priority queue, smallest item first.

use snakeye_vm::collection::receiver;
use snakeye_vm::object::{CmpOp, List, ModuleDef};
use snakeye_vm::{Gc, Res, Value, Vm, method};

/// The `heapq` module.
pub static HEAPQ: ModuleDef = ModuleDef {
    name: "heapq",
    entries: &[
        method!("heapify", 1, 1, heapify),
        method!("heappop", 1, 1, heappop),
        method!("heappush", 2, 2, heappush),
    ],
    init: None,
};

fn heap(vm: &mut Vm, v: &Value) -> Res<Gc<List>> {
    if vm.base_object(v).get::<List>().is_none() {
        return Err(vm.type_error("heap must be a list"));
    }
    receiver(vm, v, "list")
}

/// Whether the item at `i` is smaller than the one at `j`; false when the list has become too short, as
/// comparisons may run code that changes it.
fn smaller(vm: &mut Vm, heap: &Gc<List>, i: usize, j: usize) -> Res<bool> {
    match (heap.at(i), heap.at(j)) {
        (Some(a), Some(b)) => vm.compare(CmpOp::Lt, &a, &b),
        _ => Ok(false),
    }
}

fn swap(vm: &mut Vm, heap: &Gc<List>, i: usize, j: usize) -> Res<()> {
    let mut items = heap.write(vm)?;
    if i < items.len() && j < items.len() {
        items.swap(i, j);
    }
    Ok(())
}

fn up(vm: &mut Vm, heap: &Gc<List>, mut i: usize) -> Res<()> {
    while i > 0 {
        let parent = (i - 1) / 2;
        if !smaller(vm, heap, i, parent)? {
            break;
        }
        swap(vm, heap, i, parent)?;
        i = parent;
    }
    Ok(())
}

fn down(vm: &mut Vm, heap: &Gc<List>, mut i: usize) -> Res<()> {
    loop {
        let mut child = 2 * i + 1;
        if child >= heap.len() {
            return Ok(());
        }
        if smaller(vm, heap, child + 1, child)? {
            child += 1;
        }
        if !smaller(vm, heap, child, i)? {
            return Ok(());
        }
        swap(vm, heap, i, child)?;
        i = child;
    }
}

fn heapify(vm: &mut Vm, args: &[Value]) -> Res {
    let heap = heap(vm, &args[0])?;
    for i in (0..heap.len() / 2).rev() {
        down(vm, &heap, i)?;
    }
    Ok(Value::NONE)
}

fn heappush(vm: &mut Vm, args: &[Value]) -> Res {
    let heap = heap(vm, &args[0])?;
    heap.push(vm, args[1].clone())?;
    let last = heap.len().saturating_sub(1);
    up(vm, &heap, last)?;
    Ok(Value::NONE)
}

fn heappop(vm: &mut Vm, args: &[Value]) -> Res {
    let heap = heap(vm, &args[0])?;
    let last = match heap.len() {
        0 => return Err(vm.index_error("empty heap")),
        n => n - 1,
    };
    swap(vm, &heap, 0, last)?;
    let item = heap.write(vm)?.pop();
    down(vm, &heap, 0)?;
    match item {
        Some(item) => Ok(item),
        None => Err(vm.busy()),
    }
}
