//! `machine` (docs: library/machine) and `esp` (docs: library/esp): pins, resets, identity, raw flash.

mod rtc;
mod signal;
mod timer;

use crate::host::board;
use alloc::vec;
use snakeye_hal::{FlashError, PinConfig, PinMode, Pull, ResetCause, ResetRequest};
use snakeye_vm::object::{Args, BufferValue, Entry, ModuleDef, NativeObject, NativeValue, Param, Step, TypeDef, Wait};
use snakeye_vm::{Res, Rom, Value, Vm, method, method_kw, method_steps};

/// `machine`
pub static MACHINE: ModuleDef = ModuleDef {
    name: "machine",
    entries: &[
        ("Pin", Entry::Type(&PIN)),
        ("PinBase", Entry::Type(&signal::PIN_BASE)),
        ("RTC", Entry::Type(&rtc::RTC)),
        ("Signal", Entry::Type(&signal::SIGNAL)),
        ("Timer", Entry::Type(&timer::TIMER)),
        method_steps!("time_pulse_us", 2, 3, signal::time_pulse_us),
        ("mem8", crate::mem::MEM8),
        ("mem16", crate::mem::MEM16),
        ("mem32", crate::mem::MEM32),
        method_steps!("reset", 0, 0, |vm, _| end(vm, ResetRequest::Hard)),
        method_steps!("soft_reset", 0, 0, |vm, _| end(vm, ResetRequest::Soft)),
        method_steps!("deepsleep", 0, 1, |vm, a| {
            let wake_after_us = match a.first() {
                Some(v) => Some(vm.index_of(v)?.max(0) as u64 * 1000),
                None => None,
            };
            end(vm, ResetRequest::DeepSleep { wake_after_us })
        }),
        method_steps!("lightsleep", 0, 1, |vm, a| {
            let ms = match a.first() {
                Some(v) => vm.index_of(v)?.max(0) as u64,
                None => return Err(vm.value_error("a time to wake after is needed")),
            };
            let deadline = vm.host.now_us().saturating_add(ms * 1000);
            let wait = Wait { interests: vec![], deadline_us: Some(deadline) };
            Ok(Step::park(wait, |_, r| r.map(|_| Step::Done(Value::NONE))))
        }),
        method!("reset_cause", 0, 0, |vm, _| Ok(Value::int(board(vm).board.system().reset_cause() as i32))),
        method!("wake_reason", 0, 0, |vm, _| Ok(Value::int(board(vm).board.system().wake_reason() as i32))),
        method!("freq", 0, 1, freq),
        method!("unique_id", 0, 0, |vm, _| {
            let id = board(vm).board.system().unique_id();
            vm.new_bytes(&id)
        }),
        method_steps!("idle", 0, 0, idle),
        method!("disable_irq", 0, 0, |_, _| Ok(Value::TRUE)),
        method!("enable_irq", 1, 1, |_, _| Ok(Value::NONE)),
        ("PWRON_RESET", Entry::Int(ResetCause::PowerOn as i64)),
        ("HARD_RESET", Entry::Int(ResetCause::Hard as i64)),
        ("WDT_RESET", Entry::Int(ResetCause::Watchdog as i64)),
        ("DEEPSLEEP_RESET", Entry::Int(ResetCause::DeepSleep as i64)),
        ("SOFT_RESET", Entry::Int(ResetCause::Soft as i64)),
    ],
    init: None,
};

/// `machine` of the desktop: what MicroPython's unix port has.
pub static DESKTOP_MACHINE: ModuleDef = ModuleDef {
    name: "machine",
    entries: &[
        ("PinBase", Entry::Type(&signal::PIN_BASE)),
        ("Signal", Entry::Type(&signal::SIGNAL)),
        ("mem8", crate::mem::MEM8),
        ("mem16", crate::mem::MEM16),
        ("mem32", crate::mem::MEM32),
        method_steps!("soft_reset", 0, 0, |vm, _| end(vm, ResetRequest::Soft)),
        method_steps!("idle", 0, 0, idle),
        method_steps!("time_pulse_us", 2, 3, signal::time_pulse_us),
    ],
    init: None,
};

fn idle(vm: &mut Vm, _: &[Value]) -> Res<Step> {
    let wait = Wait { interests: vec![], deadline_us: Some(vm.host.now_us()) };
    Ok(Step::park(wait, |_, r| r.map(|_| Step::Done(Value::NONE))))
}

/// Asks the board to end this run, and waits for it.
fn end(vm: &mut Vm, request: ResetRequest) -> Res<Step> {
    board(vm).board.system().request_reset(request);
    Ok(Step::park(Wait::default(), |_, r| r.map(|_| Step::Done(Value::NONE))))
}

fn freq(vm: &mut Vm, args: &[Value]) -> Res {
    if let Some(v) = args.first() {
        let hz = vm.index_of(v)?;
        let set = match u32::try_from(hz) {
            Ok(hz) => board(vm).board.system().set_cpu_frequency(hz),
            Err(_) => Err(snakeye_hal::Errno::EINVAL),
        };
        if set.is_err() {
            return Err(vm.value_error("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz"));
        }
        return Ok(Value::NONE);
    }
    let hz = board(vm).board.system().cpu_frequency();
    vm.new_int(hz as i64)
}

/// A pin of the chip.
struct Pin(u8);

impl NativeObject for Pin {
    fn class(&self) -> &'static Rom<TypeDef> {
        &PIN
    }
}

// As on the esp32 port.
const IN: i64 = 1;
const OUT: i64 = 3;
const OPEN_DRAIN: i64 = 7;
const PULL_DOWN: i64 = 1;
const PULL_UP: i64 = 2;

/// `machine.Pin`
pub static PIN: Rom<TypeDef> = Rom::new(TypeDef {
    name: "Pin",
    new: Some(|vm, _, args| {
        let Some(first) = args.pos.first() else { return Err(vm.type_error("pin number expected")) };
        let id = match first.native::<Pin>() {
            Some(p) => p.0 as i64,
            None => vm.index_of(first)?,
        };
        let pin = match u8::try_from(id) {
            Ok(p) if board(vm).board.pins().config(p).is_ok() => p,
            _ => return Err(vm.value_error("invalid pin")),
        };
        configure(vm, pin, Args { pos: &args.pos[1..], kw: args.kw })?;
        vm.new_native(Pin(pin)).map(Step::Done)
    }),
    attrs: &[
        method_kw!("init", 1, 3, |vm, args| {
            let pin = this(vm, args.pos.first().unwrap_or(&Value::NONE))?;
            configure(vm, pin, Args { pos: &args.pos[1..], kw: args.kw })?;
            Ok(Step::Done(Value::NONE))
        }),
        method!("value", 1, 2, value),
        method!("on", 1, 1, |vm, a| write(vm, &a[0], true)),
        method!("off", 1, 1, |vm, a| write(vm, &a[0], false)),
        method!("toggle", 1, 1, |vm, a| {
            let pin = this(vm, &a[0])?;
            let level = board(vm).board.pins().read(pin).unwrap_or(false);
            write(vm, &a[0], !level)
        }),
        ("IN", Entry::Int(IN)),
        ("OUT", Entry::Int(OUT)),
        ("OPEN_DRAIN", Entry::Int(OPEN_DRAIN)),
        ("PULL_UP", Entry::Int(PULL_UP)),
        ("PULL_DOWN", Entry::Int(PULL_DOWN)),
    ],
    call: Some(|vm, me, args| {
        let mut all = vec![me.clone()];
        all.extend_from_slice(args.pos);
        value(vm, &all).map(Step::Done)
    }),
    print: Some(|_, v, out, _| {
        out.push_str(&alloc::format!("Pin({})", v.native::<Pin>().map_or(0, |p| p.0)));
        Ok(())
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn this(vm: &mut Vm, v: &Value) -> Res<u8> {
    match v.native::<Pin>() {
        Some(p) => Ok(p.0),
        None => Err(vm.type_error("Pin expected")),
    }
}

/// `(mode=None, pull=-1, *, value=None, drive=…, hold=None)`: what is not given stays.
fn configure(vm: &mut Vm, pin: u8, args: Args) -> Res<()> {
    let [mode, pull, level, _drive, hold] = args.parse(
        vm,
        &[
            Param::optional("mode", Value::NONE),
            Param::optional("pull", Value::int(-1)),
            Param::keyword("value", Value::NONE),
            Param::keyword("drive", Value::NONE),
            Param::keyword("hold", Value::NONE),
        ],
    )?;
    let mut config: PinConfig = board(vm).board.pins().config(pin).unwrap_or_default();
    if !mode.is_none() {
        config.mode = match vm.index_of(&mode)? {
            IN => PinMode::Input,
            OUT => PinMode::Output,
            OPEN_DRAIN => PinMode::OpenDrain,
            _ => return Err(vm.value_error("invalid pin mode")),
        };
    }
    if pull.is_none() {
        config.pull = Pull::None;
    } else {
        match vm.index_of(&pull)? {
            -1 => {}
            PULL_UP => config.pull = Pull::Up,
            PULL_DOWN => config.pull = Pull::Down,
            _ => return Err(vm.value_error("invalid pull")),
        }
    }
    if !hold.is_none() {
        config.hold = vm.truth(&hold)?;
    }
    let level = if level.is_none() { None } else { Some(vm.truth(&level)?) };
    let pins = board(vm).board.pins();
    // The level first, so that an output never shows the old one.
    if let Some(level) = level {
        let _ = pins.write(pin, level);
    }
    if pins.configure(pin, config).is_err() {
        return Err(vm.value_error("pin can only be input"));
    }
    if let Some(level) = level {
        let _ = board(vm).board.pins().write(pin, level);
    }
    Ok(())
}

fn value(vm: &mut Vm, args: &[Value]) -> Res {
    match args.get(1) {
        Some(v) => {
            let level = vm.truth(v)?;
            write(vm, &args[0], level)
        }
        None => {
            let pin = this(vm, &args[0])?;
            Ok(Value::int(board(vm).board.pins().read(pin).unwrap_or(false) as i32))
        }
    }
}

fn write(vm: &mut Vm, v: &Value, level: bool) -> Res {
    let pin = this(vm, v)?;
    match board(vm).board.pins().write(pin, level) {
        Ok(()) => Ok(Value::NONE),
        Err(_) => Err(vm.value_error("pin can only be input")),
    }
}

/// `esp`
pub static ESP: ModuleDef = ModuleDef {
    name: "esp",
    entries: &[
        // There is no debug output of the vendor's to switch.
        method!("osdebug", 1, 2, |_, _| Ok(Value::NONE)),
        method!("flash_size", 0, 0, |vm, _| {
            let n = board(vm).board.flash().size();
            vm.new_int(n as i64)
        }),
        method!("flash_user_start", 0, 0, |vm, _| vm.new_int(0x20_0000)),
        method!("flash_read", 2, 2, flash_read),
        method!("flash_write", 2, 2, flash_write),
        method!("flash_erase", 1, 1, flash_erase),
        ("LOG_NONE", Entry::Int(0)),
        ("LOG_ERROR", Entry::Int(1)),
        ("LOG_WARNING", Entry::Int(2)),
        ("LOG_INFO", Entry::Int(3)),
        ("LOG_DEBUG", Entry::Int(4)),
        ("LOG_VERBOSE", Entry::Int(5)),
    ],
    init: None,
};

fn offset(vm: &mut Vm, v: &Value) -> Res<u32> {
    let n = vm.index_of(v)?;
    match u32::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) => Err(vm.value_error("offset out of range")),
    }
}

fn done(vm: &mut Vm, r: Result<(), FlashError>) -> Res {
    match r {
        Ok(()) => Ok(Value::NONE),
        Err(e) => Err(vm.os_error(snakeye_hal::Errno::from(e).0)),
    }
}

/// `flash_read(offset, length or buffer)`
fn flash_read(vm: &mut Vm, args: &[Value]) -> Res {
    let at = offset(vm, &args[0])?;
    if args[1].buffer().is_some() {
        let host = board(vm);
        let r = args[1].with_buffer_mut(|b| host.board.flash().read(at, b));
        return match r {
            Some(r) => done(vm, r),
            None => Err(vm.type_error("a writable buffer is required")),
        };
    }
    let n = vm.index_of(&args[1])?.clamp(0, 1 << 26) as usize;
    vm.heap.charge(n)?;
    vm.heap.discharge(n);
    let mut bytes = vec![0; n];
    let r = board(vm).board.flash().read(at, &mut bytes);
    done(vm, r)?;
    vm.new_bytes(&bytes)
}

fn flash_write(vm: &mut Vm, args: &[Value]) -> Res {
    let at = offset(vm, &args[0])?;
    let Some(data) = args[1].buffer() else { return Err(vm.type_error("object with buffer protocol required")) };
    let data = data.to_vec();
    let r = board(vm).board.flash().write(at, &data);
    done(vm, r)
}

/// `flash_erase(sector)`
fn flash_erase(vm: &mut Vm, args: &[Value]) -> Res {
    let sector = offset(vm, &args[0])?;
    let size = board(vm).board.flash().sector_size();
    let Some(at) = sector.checked_mul(size) else { return Err(vm.value_error("offset out of range")) };
    let r = board(vm).board.flash().erase(at, size);
    done(vm, r)
}
