//! `machine.RTC` (docs: library/machine.RTC).

use crate::host::board;
use crate::time::{date_of, days_of};
use alloc::vec::Vec;
use snakeye_hal::EPOCH_2000_UNIX_S;
use snakeye_vm::object::{BufferValue, NativeObject, Step, TypeDef};
use snakeye_vm::{Res, Rom, Value, Vm, method};

/// `RTC()`; there is one clock, whatever the number.
pub static RTC: Rom<TypeDef> = Rom::new(TypeDef {
    name: "RTC",
    new: Some(|vm, _, args| {
        args.no_keywords(vm)?;
        match args.pos {
            [] => {}
            [id] if vm.index_of(id)? == 0 => {}
            _ => return Err(vm.value_error("RTC doesn't exist")),
        }
        vm.new_native(Rtc).map(Step::Done)
    }),
    attrs: &[
        method!("datetime", 1, 2, |vm, a| match a.get(1) {
            Some(new) => set(vm, new, 4),
            None => now(vm),
        }),
        method!("init", 2, 2, |vm, a| set(vm, &a[1], 3)),
        method!("memory", 1, 2, memory),
    ],
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

struct Rtc;

impl NativeObject for Rtc {
    fn class(&self) -> &'static Rom<TypeDef> {
        &RTC
    }
}

/// (year, month, day, weekday, hours, minutes, seconds, microseconds)
fn now(vm: &mut Vm) -> Res {
    let us = board(vm).board.clock().rtc_us() + EPOCH_2000_UNIX_S * 1_000_000;
    let (seconds, us) = (us.div_euclid(1_000_000), us.rem_euclid(1_000_000));
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_of(days);
    let weekday = (days + 3).rem_euclid(7);
    let mut items = Vec::new();
    for n in [year, month, day, weekday, rest / 3600, rest / 60 % 60, rest % 60, us] {
        items.push(vm.new_int(n)?);
    }
    vm.new_tuple(items)
}

/// Sets the clock from eight fields, of which the hour stands at `hour`.
fn set(vm: &mut Vm, v: &Value, hour: usize) -> Res {
    let items: Vec<Value> = vm.collect(v)?;
    if items.len() != 8 {
        let n = items.len();
        let message = alloc::format!("requested length 8 but object has length {n}");
        return Err(vm.value_error(&message));
    }
    let mut n = [0i64; 8];
    for (place, v) in n.iter_mut().zip(&items) {
        *place = vm.index_of(v)?.clamp(-(1 << 32), 1 << 32);
    }
    let seconds = days_of(n[0], n[1], n[2]) * 86_400 + n[hour] * 3600 + n[hour + 1] * 60 + n[hour + 2];
    let us = if hour == 4 { n[7] } else { n[6] };
    board(vm).board.clock().set_rtc_us((seconds - EPOCH_2000_UNIX_S).saturating_mul(1_000_000).saturating_add(us));
    Ok(Value::NONE)
}

/// `memory([data])`: bytes that survive resets and deep sleep.
fn memory(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(data) = args.get(1) else {
        let bytes = board(vm).board.system().rtc_memory().to_vec();
        return vm.new_bytes(&bytes);
    };
    let Some(data) = data.buffer() else { return Err(vm.type_error("object with buffer protocol required")) };
    let data = data.to_vec();
    match board(vm).board.system().set_rtc_memory(&data) {
        Ok(()) => Ok(Value::NONE),
        Err(_) => Err(vm.value_error("buffer too long")),
    }
}
