//! `time` (docs: library/time).

use crate::host::board;
use alloc::vec::Vec;
use snakeye_hal::EPOCH_2000_UNIX_S;
use snakeye_vm::object::{ModuleDef, Step, StrValue, TupleHead, Wait};
use snakeye_vm::{Res, Value, Vm, method, method_steps};

/// Period of `ticks_ms` and the others: a small integer on 32-bit boards.
const TICKS_PERIOD: i64 = 1 << 30;

/// `time`
pub static TIME: ModuleDef = ModuleDef {
    name: "time",
    entries: &[
        method_steps!("sleep", 1, 1, |vm, a| {
            let seconds = vm.float_of(&a[0])?;
            if seconds < 0.0 || seconds.is_nan() {
                return Err(vm.value_error("sleep length must be non-negative"));
            }
            sleep_us(vm, (seconds * 1e6) as u64)
        }),
        method_steps!("sleep_ms", 1, 1, |vm, a| {
            let n = vm.index_of(&a[0])?;
            sleep_us(vm, n.max(0) as u64 * 1000)
        }),
        method_steps!("sleep_us", 1, 1, |vm, a| {
            let n = vm.index_of(&a[0])?;
            sleep_us(vm, n.max(0) as u64)
        }),
        method!("ticks_ms", 0, 0, |vm, _| {
            let us = vm.host.now_us();
            vm.new_int((us / 1000) as i64 % TICKS_PERIOD)
        }),
        method!("ticks_us", 0, 0, |vm, _| {
            let us = vm.host.now_us();
            vm.new_int(us as i64 % TICKS_PERIOD)
        }),
        method!("ticks_cpu", 0, 0, |vm, _| {
            let n = board(vm).board.clock().ticks_cpu();
            vm.new_int(n as i64 % TICKS_PERIOD)
        }),
        method!("ticks_diff", 2, 2, |vm, a| {
            let (end, start) = (vm.index_of(&a[0])?, vm.index_of(&a[1])?);
            let d = end.wrapping_sub(start).wrapping_add(TICKS_PERIOD / 2) & (TICKS_PERIOD - 1);
            vm.new_int(d - TICKS_PERIOD / 2)
        }),
        method!("ticks_add", 2, 2, |vm, a| {
            let (start, delta) = (vm.index_of(&a[0])?, vm.index_of(&a[1])?);
            // Half a period could as well lie in the other direction.
            if delta.unsigned_abs() >= TICKS_PERIOD as u64 / 2 {
                return Err(vm.raise_new(&snakeye_vm::exceptions::OVERFLOW_ERROR, "ticks interval overflow"));
            }
            vm.new_int(start.wrapping_add(delta) & (TICKS_PERIOD - 1))
        }),
        method!("time", 0, 0, |vm, _| {
            let us = now_us(vm);
            if board(vm).desktop { vm.new_float(us as f64 / 1e6) } else { vm.new_int(us.div_euclid(1_000_000)) }
        }),
        method!("time_ns", 0, 0, |vm, _| {
            let us = now_us(vm);
            vm.new_int(us * 1000)
        }),
        method!("localtime", 0, 1, fields),
        method!("gmtime", 0, 1, fields),
        method!("mktime", 1, 1, mktime),
    ],
    init: None,
};

fn sleep_us(vm: &mut Vm, us: u64) -> Res<Step> {
    let deadline = vm.host.now_us().saturating_add(us);
    Ok(Step::park(Wait { interests: Vec::new(), deadline_us: Some(deadline) }, |_, r| {
        r.map(|_| Step::Done(Value::NONE))
    }))
}

/// Microseconds since the epoch: 2000 on a board, 1970 on the desktop.
fn now_us(vm: &mut Vm) -> i64 {
    let host = board(vm);
    let us = host.board.clock().rtc_us();
    if host.desktop { us + EPOCH_2000_UNIX_S * 1_000_000 } else { us }
}

/// Days since 1970-01-01 of a date in the Gregorian calendar (months may exceed 1–12).
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    // Years count from March, so that the leap day is the last of its year.
    let y = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year + day - 1 - 719_468
}

/// Year, month, day of a number of days since 1970-01-01.
pub(crate) fn date_of(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let m = (5 * of_year + 2) / 153;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (era * 400 + year + (month <= 2) as i64, month, of_year - (153 * m + 2) / 5 + 1)
}

/// `gmtime([seconds])`, and `localtime`, since a board knows no time zones.
fn fields(vm: &mut Vm, args: &[Value]) -> Res {
    let epoch = if board(vm).desktop { 0 } else { EPOCH_2000_UNIX_S };
    let seconds = match args.first() {
        Some(v) if !v.is_none() => vm.float_of(v).map(|x| libm::floor(x) as i64)?,
        _ => now_us(vm).div_euclid(1_000_000),
    } + epoch;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_of(days);
    let weekday = (days + 3).rem_euclid(7);
    let yearday = days - days_of(year, 1, 1) + 1;
    let mut values = Vec::new();
    for n in [year, month, day, rest / 3600, rest / 60 % 60, rest % 60, weekday, yearday] {
        values.push(vm.new_int(n)?);
    }
    if board(vm).desktop {
        values.push(Value::int(0));
    }
    vm.new_tuple(values)
}

fn mktime(vm: &mut Vm, args: &[Value]) -> Res {
    let items: Vec<Value> = vm.collect(&args[0])?;
    if args[0].tail::<TupleHead>().is_none() && args[0].as_str().is_some() || !(8..=9).contains(&items.len()) {
        return Err(vm.type_error("mktime needs a tuple of length 8 or 9"));
    }
    let mut n = [0i64; 6];
    for (place, v) in n.iter_mut().zip(&items) {
        *place = vm.index_of(v)?;
    }
    let epoch = if board(vm).desktop { 0 } else { EPOCH_2000_UNIX_S };
    let seconds = days_of(n[0], n[1], n[2]) * 86_400 + n[3] * 3600 + n[4] * 60 + n[5];
    vm.new_int(seconds - epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        assert_eq!(days_of(1970, 1, 1), 0);
        assert_eq!(days_of(2000, 1, 1) * 86_400, EPOCH_2000_UNIX_S);
        assert_eq!(date_of(days_of(2024, 2, 29)), (2024, 2, 29));
        for days in (-800_000..800_000).step_by(37) {
            let (y, m, d) = date_of(days);
            assert_eq!(days_of(y, m, d), days);
        }
    }
}
