//! Type code `O`: a reference to an object, as MicroPython packs it. Its number is only good for getting the
//! object back, and only as long as it is among the last packed ones, which are kept alive here.

use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_vm::object::{NativeObject, NativeValue, TypeDef};
use snakeye_vm::{Res, Rom, Value, Vm};

/// How many objects are kept.
const KEPT: usize = 32;
const NAME: &str = "struct";

static PACKED: Rom<TypeDef> = Rom::new(TypeDef { name: "Packed", ..TypeDef::NEW });

/// The objects packed last, oldest first.
struct Packed(RefCell<Vec<Value>>);

impl NativeObject for Packed {
    fn class(&self) -> &'static Rom<TypeDef> {
        &PACKED
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Ok(objects) = self.0.try_borrow() {
            objects.iter().for_each(visit);
        }
    }
    fn clear(&self) {
        let old = self.0.try_borrow_mut().map(|mut objects| core::mem::take(&mut *objects));
        drop(old);
    }
}

fn table(vm: &mut Vm) -> Res {
    if let Some((_, v)) = vm.keep.iter().find(|(name, _)| *name == NAME) {
        return Ok(v.clone());
    }
    let table = vm.new_native(Packed(RefCell::new(Vec::new())))?;
    vm.keep.push((NAME, table.clone()));
    Ok(table)
}

/// The number of an object, which is kept.
pub(super) fn pack(vm: &mut Vm, v: &Value) -> Res<u64> {
    let table = table(vm)?;
    let mut oldest = None;
    if let Some(packed) = table.native::<Packed>()
        && let Ok(mut objects) = packed.0.try_borrow_mut()
    {
        if objects.len() >= KEPT {
            oldest = Some(objects.remove(0));
        }
        objects.push(v.clone());
    }
    drop(oldest);
    Ok(v.word() as u64)
}

/// The object with this number. ValueError when it is not kept any more.
pub(super) fn unpack(vm: &mut Vm, number: u64) -> Res {
    let table = table(vm)?;
    let found = table.native::<Packed>().and_then(|packed| {
        let objects = packed.0.try_borrow().ok()?;
        objects.iter().find(|v| v.word() as u64 == number).cloned()
    });
    match found {
        Some(v) => Ok(v),
        None => Err(vm.value_error("no such object")),
    }
}
