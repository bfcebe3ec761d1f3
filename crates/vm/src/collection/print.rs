//! Printing of displays.

use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_heap::Value;

/// Prints a container that may contain itself: inside itself it is shown as `again`.
pub(super) fn guarded(
    vm: &mut Vm,
    container: &Value,
    out: &mut String,
    again: &str,
    print: impl FnOnce(&mut Vm, &mut String) -> Res<()>,
) -> Res<()> {
    let address = container.word();
    if vm.printing.contains(&address) {
        out.push_str(again);
        return Ok(());
    }
    vm.printing.try_reserve(1).map_err(|_| crate::vm::Raised)?;
    vm.printing.push(address);
    let result = print(vm, out);
    vm.printing.pop();
    result
}

/// Appends the reprs of `items`, separated by commas.
pub(super) fn print_items(vm: &mut Vm, items: &[Value], out: &mut String) -> Res<()> {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        vm.print_to(item, out, true)?;
    }
    Ok(())
}

/// Appends `key: value` pairs, separated by commas.
pub(super) fn print_pairs(vm: &mut Vm, pairs: &[(Value, Value)], out: &mut String) -> Res<()> {
    for (i, (key, value)) in pairs.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        vm.print_to(key, out, true)?;
        out.push_str(": ");
        vm.print_to(value, out, true)?;
    }
    Ok(())
}

/// A vector of clones; MemoryError when there is no room for it.
pub(super) fn copied<T: Clone>(items: &[T]) -> Res<Vec<T>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(items.len()).map_err(|_| crate::vm::Raised)?;
    copy.extend_from_slice(items);
    Ok(copy)
}
