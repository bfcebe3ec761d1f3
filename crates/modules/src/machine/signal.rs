//! `machine.PinBase`, `machine.Signal` (docs: library/machine.Signal) and `machine.time_pulse_us`: pins of the chip and
//! pins written in Python alike.

use super::{PIN, Pin};
use crate::host::board;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_vm::object::{Args, NativeObject, NativeValue, Step, StrValue, TypeDef, Wait};
use snakeye_vm::{Res, Rom, Slot, Value, Vm, method_steps};

/// `machine.PinBase`: pins written in Python derive from it and define `value([x])`.
pub static PIN_BASE: Rom<TypeDef> =
    Rom::new(TypeDef { name: "PinBase", new: Some(|vm, _, _| vm.new_native(PinBase).map(Step::Done)), ..TypeDef::NEW });

struct PinBase;

impl NativeObject for PinBase {
    fn class(&self) -> &'static Rom<TypeDef> {
        &PIN_BASE
    }
}

/// `machine.Signal(pin, invert=False)` or `Signal(pin arguments…, invert=False)`
pub static SIGNAL: Rom<TypeDef> = Rom::new(TypeDef {
    name: "Signal",
    new: Some(new),
    attrs: &[
        method_steps!("value", 1, 2, value),
        method_steps!("on", 1, 1, |vm, a| write(vm, &a[0], true)),
        method_steps!("off", 1, 1, |vm, a| write(vm, &a[0], false)),
    ],
    call: Some(|vm, me, args| {
        args.no_keywords(vm)?;
        match args.pos {
            [] => value(vm, core::slice::from_ref(me)),
            [x] => value(vm, &[me.clone(), x.clone()]),
            _ => Err(vm.type_error("Signal takes at most 1 argument")),
        }
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

struct Signal {
    pin: Slot,
    invert: bool,
}

impl NativeObject for Signal {
    fn class(&self) -> &'static Rom<TypeDef> {
        &SIGNAL
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.pin.trace(visit);
    }
    fn clear(&self) {
        self.pin.set(Value::NONE);
    }
}

fn new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    let Some(first) = args.pos.first() else { return Err(vm.type_error("pin expected")) };
    let mut invert = false;
    let mut rest = Vec::new();
    for (name, v) in args.kw {
        if name.as_str() == Some("invert") {
            invert = vm.truth(v)?;
        } else {
            rest.push((name.clone(), v.clone()));
        }
    }
    if vm.base_object(first).as_small_int().is_some() {
        // The pin's own arguments; a level given with them is the signal's.
        for (name, v) in &mut rest {
            if name.as_str() == Some("value") {
                *v = Value::int((vm.truth(v)? != invert) as i32);
            }
        }
        let Some(make) = PIN.get().new else { return Err(vm.type_error("pin expected")) };
        let made = make(vm, &PIN.value(), Args { pos: args.pos, kw: &rest });
        return vm.and_then(made, move |vm, pin| {
            let pin = Slot::new(pin?);
            vm.new_native(Signal { pin, invert }).map(Step::Done)
        });
    }
    if !rest.is_empty() || args.pos.len() > 1 {
        return Err(vm.type_error("Signal() takes a pin and invert"));
    }
    vm.new_native(Signal { pin: Slot::new(first.clone()), invert }).map(Step::Done)
}

/// Reads the level of anything that is a pin; one written in Python may say more than 0 and 1.
fn read(vm: &mut Vm, pin: &Value, then: impl FnOnce(&mut Vm, i32) -> Res<Step> + 'static) -> Res<Step> {
    if let Some(p) = pin.native::<Pin>() {
        let level = board(vm).board.pins().read(p.0).unwrap_or(false);
        return then(vm, level as i32);
    }
    let get = vm.get_attr(pin, "value")?;
    Ok(Step::call(get, Vec::new(), move |vm, level| {
        let level = level?;
        let level = vm.index_of(&level)?;
        then(vm, level as i32)
    }))
}

fn this(vm: &mut Vm, v: &Value) -> Res<(Value, bool)> {
    match vm.base_object(v).native::<Signal>() {
        Some(s) => Ok((s.pin.get(), s.invert)),
        None => Err(vm.type_error("argument should be a 'Signal'")),
    }
}

fn value(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    if let Some(x) = args.get(1) {
        let x = vm.truth(x)?;
        return write(vm, &args[0], x);
    }
    let (pin, invert) = this(vm, &args[0])?;
    read(vm, &pin, move |_, level| Ok(Step::Done(Value::int(level ^ invert as i32))))
}

fn write(vm: &mut Vm, v: &Value, active: bool) -> Res<Step> {
    let (pin, invert) = this(vm, v)?;
    let level = active != invert;
    if pin.native::<Pin>().is_some() {
        return super::write(vm, &pin, level).map(Step::Done);
    }
    let set = vm.get_attr(&pin, "value")?;
    Ok(Step::call(set, vec![Value::bool(level)], |_, r| r.map(|_| Step::Done(Value::NONE))))
}

/// A measurement under way.
struct Pulse {
    pin: Value,
    /// The level that is waited for.
    level: bool,
    /// Changes still to come: 2 before the pulse, 1 within.
    changes: i32,
    start: u64,
    timeout: u64,
}

/// `time_pulse_us(pin, level, timeout_us=1000000)`: the length of a pulse; -2 when it did not begin in time, -1 when it
/// did not end.
pub fn time_pulse_us(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let level = vm.truth(&args[1])?;
    let timeout = match args.get(2) {
        Some(t) => vm.index_of(t)?.max(0) as u64,
        None => 1_000_000,
    };
    let start = vm.host.now_us();
    sample(vm, Pulse { pin: args[0].clone(), level, changes: 2, start, timeout })
}

fn sample(vm: &mut Vm, mut pulse: Pulse) -> Res<Step> {
    let now = vm.host.now_us();
    let pin = pulse.pin.clone();
    read(vm, &pin, move |vm, level| {
        let passed = now.saturating_sub(pulse.start);
        let level = level != 0;
        if level == pulse.level {
            pulse.level = !level;
            pulse.changes -= 1;
            if pulse.changes == 0 {
                return vm.new_int(passed as i64).map(Step::Done);
            }
            pulse.start = now;
        } else if passed >= pulse.timeout {
            return Ok(Step::Done(Value::int(-pulse.changes)));
        }
        // Others have their turn meanwhile, and where time is virtual it goes on.
        let wait = Wait { interests: vec![], deadline_us: Some(now + 1) };
        Ok(Step::park(wait, move |vm, r| r.and_then(|_| sample(vm, pulse))))
    })
}
