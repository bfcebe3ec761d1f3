//! Milliseconds that wrap around, as `time.ticks_ms` counts them.

use snakeye_vm::exceptions::OVERFLOW_ERROR;
use snakeye_vm::{Res, Value, Vm};

const PERIOD: i64 = 1 << 30;

/// Keeps a number inside the period.
pub(super) const MASK: i64 = PERIOD - 1;

pub(super) fn now(vm: &mut Vm) -> i64 {
    of(vm.host.now_us())
}

/// The ticks of a time of the host's clock.
pub(super) fn of(us: u64) -> i64 {
    (us / 1000) as i64 & MASK
}

/// How much later `a` is than `b`.
pub(super) fn diff(a: i64, b: i64) -> i64 {
    (a.wrapping_sub(b).wrapping_add(PERIOD / 2) & MASK) - PERIOD / 2
}

/// OverflowError when the difference could not be told from a negative one.
pub(super) fn add(vm: &mut Vm, ticks: i64, ms: i64) -> Res<i64> {
    if !(-PERIOD / 2..PERIOD / 2).contains(&ms) {
        return Err(vm.raise_new(&OVERFLOW_ERROR, "ticks interval overflow"));
    }
    Ok(ticks.wrapping_add(ms) & MASK)
}

/// `ticks()`
pub(super) fn ticks(vm: &mut Vm, _: &[Value]) -> Res {
    let n = now(vm);
    vm.new_int(n)
}

/// `ticks_add(ticks, ms)`
pub(super) fn ticks_add(vm: &mut Vm, args: &[Value]) -> Res {
    let (ticks, ms) = (vm.index_of(&args[0])?, vm.index_of(&args[1])?);
    let n = add(vm, ticks, ms)?;
    vm.new_int(n)
}

/// `ticks_diff(end, start)`
pub(super) fn ticks_diff(vm: &mut Vm, args: &[Value]) -> Res {
    let (end, start) = (vm.index_of(&args[0])?, vm.index_of(&args[1])?);
    vm.new_int(diff(end, start))
}
