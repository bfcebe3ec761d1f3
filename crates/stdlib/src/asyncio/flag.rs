//! A flag that tasks wait for and anything may set: other threads, scheduled functions.

use core::cell::Cell;
use snakeye_vm::host::event;
use snakeye_vm::object::{Args, Interest, NativeObject, NativeValue, Polled, Step, TypeDef};
use snakeye_vm::{Res, Rom, Value, Vm, method};

struct Flag {
    set: Cell<bool>,
    wake: Interest,
}

impl NativeObject for Flag {
    fn class(&self) -> &'static Rom<TypeDef> {
        &FLAG
    }
    fn poll(&self, _: &mut Vm, _: u16) -> Option<Polled> {
        Some(Polled::Own(if self.set.get() { event::IN } else { 0 }, Some(self.wake)))
    }
}

/// The stream behind `asyncio.ThreadSafeFlag`: readable while it is set.
pub(super) static FLAG: Rom<TypeDef> = Rom::new(TypeDef {
    name: "Flag",
    base: Some(&crate::io::IO_BASE),
    attrs: &[
        method!("set", 1, 1, |vm, a| {
            let wake = with(vm, &a[0], |f| {
                f.set.set(true);
                f.wake
            })?;
            vm.wake(wake.id);
            Ok(Value::NONE)
        }),
        method!("clear", 1, 1, |vm, a| with(vm, &a[0], |f| f.set.set(false)).map(|()| Value::NONE)),
        method!("is_set", 1, 1, |vm, a| with(vm, &a[0], |f| Value::bool(f.set.get()))),
    ],
    new: Some(|vm, _, args: Args| {
        args.no_keywords(vm)?;
        let wake = vm.internal_interest();
        vm.new_native(Flag { set: Cell::new(false), wake }).map(Step::Done)
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn with<R>(vm: &mut Vm, v: &Value, f: impl FnOnce(&Flag) -> R) -> Res<R> {
    let v = vm.base_object(v);
    match v.native::<Flag>() {
        Some(flag) => Ok(f(flag)),
        None => Err(vm.type_error("flag expected")),
    }
}
