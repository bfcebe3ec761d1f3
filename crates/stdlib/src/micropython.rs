//! `micropython`: memory, optimisation level, scheduling, ring buffers.

mod ring_io;

use alloc::format;
use ring_io::RING_IO;
use snakeye_vm::object::{Entry, ModuleDef, NativeFn};
use snakeye_vm::{Res, Rom, Value, Vm, method};

/// The `micropython` module.
pub static MICROPYTHON: ModuleDef = ModuleDef {
    name: "micropython",
    entries: &[
        method!("const", 1, 1, identity),
        method!("opt_level", 0, 1, opt_level),
        method!("mem_info", 0, 1, mem_info),
        method!("mem_total", 0, 0, mem_total),
        method!("mem_current", 0, 0, mem_current),
        method!("mem_peak", 0, 0, mem_peak),
        method!("qstr_info", 0, 1, qstr_info),
        method!("stack_use", 0, 0, stack_use),
        method!("alloc_emergency_exception_buf", 1, 1, alloc_emergency_exception_buf),
        method!("heap_lock", 0, 0, heap_lock),
        method!("heap_unlock", 0, 0, heap_unlock),
        method!("heap_locked", 0, 0, heap_locked),
        ("kbd_intr", Entry::Fn(&KBD_INTR)),
        method!("schedule", 2, 2, schedule),
        // The compiler treats these decorators itself; a plain call of one gives the function back.
        method!("native", 1, 1, identity),
        method!("viper", 1, 1, identity),
        method!("bytecode", 1, 1, identity),
        ("RingIO", Entry::Type(&RING_IO)),
    ],
    init: None,
};

fn identity(_: &mut Vm, args: &[Value]) -> Res {
    Ok(args[0].clone())
}

fn opt_level(vm: &mut Vm, args: &[Value]) -> Res {
    match args.first() {
        Some(level) => {
            let level = vm.index_of(level)?;
            vm.config.opt_level = level.clamp(0, 3) as u8;
            Ok(Value::NONE)
        }
        None => Ok(Value::int(vm.config.opt_level as i32)),
    }
}

/// The lines MicroPython prints, with what this heap knows: it has no blocks, so a block is a container here and
/// the greatest free block is all that is free.
fn mem_info(vm: &mut Vm, args: &[Value]) -> Res {
    let s = vm.heap.stats();
    let free = s.limit.saturating_sub(s.used);
    let peak = s.peak;
    let s = (s.used, s.total, s.limit, s.containers, s.collections, s.footprint);
    let mut text = format!(
        "mem: total={}, current={}, peak={peak}\nstack: {} out of {}\nGC: total: {}, used: {}, free: {free}\n \
         No. of 1-blocks: {}, 2-blocks: 0, max blk sz: 0, max free sz: {free}\n",
        s.1,
        s.0,
        vm.nesting_depth(),
        vm.config.recursion_limit,
        s.2,
        s.0,
        s.3,
    );
    if !args.is_empty() {
        text.push_str(&format!("GC memory layout; from 0:\n footprint: {}, collections: {}\n", s.5, s.4));
    }
    vm.write_out(text.as_bytes())?;
    Ok(Value::NONE)
}

fn mem_current(vm: &mut Vm, _: &[Value]) -> Res {
    let n = vm.heap.stats().used;
    vm.new_int(n as i64)
}

/// Bytes ever allocated.
fn mem_total(vm: &mut Vm, _: &[Value]) -> Res {
    let n = vm.heap.stats().total;
    vm.new_int(n as i64)
}

/// Most bytes allocated at a time.
fn mem_peak(vm: &mut Vm, _: &[Value]) -> Res {
    let n = vm.heap.stats().peak;
    vm.new_int(n as i64)
}

/// `qstr_info(verbose)`: the interned strings that are not part of the program image.
fn qstr_info(vm: &mut Vm, args: &[Value]) -> Res {
    let (n, bytes) = vm.interned_names().fold((0, 0), |(n, bytes), s| (n + 1, bytes + s.len()));
    let mut text = format!(
        "qstr pool: n_pool=1, n_qstr={n}, n_str_data_bytes={bytes}, n_total_bytes={}\n",
        bytes + n * size_of::<Value>()
    );
    if !args.is_empty() {
        for name in vm.interned_names() {
            text.push_str(&format!("Q({name})\n"));
        }
    }
    vm.write_out(text.as_bytes())?;
    Ok(Value::NONE)
}

/// Nested run loops stand for stack: Python calls take none.
fn stack_use(vm: &mut Vm, _: &[Value]) -> Res {
    vm.new_int(vm.nesting_depth() as i64 * 1024)
}

/// Says how many bytes the arguments of an exception may take that is made while the heap is locked.
fn alloc_emergency_exception_buf(vm: &mut Vm, args: &[Value]) -> Res {
    let n = vm.index_of(&args[0])?;
    vm.config.emergency_buffer = usize::try_from(n).unwrap_or(0);
    Ok(Value::NONE)
}

fn heap_lock(vm: &mut Vm, _: &[Value]) -> Res {
    let n = vm.heap_locks().saturating_add(1);
    vm.set_heap_locks(n);
    Ok(Value::NONE)
}

/// The number of locks that are left.
fn heap_unlock(vm: &mut Vm, _: &[Value]) -> Res {
    let n = vm.heap_locks().saturating_sub(1);
    vm.set_heap_locks(n);
    vm.new_uint(n.into())
}

fn heap_locked(vm: &mut Vm, _: &[Value]) -> Res {
    let n = vm.heap_locks();
    vm.new_uint(n.into())
}

/// `kbd_intr(chr)`: the character that interrupts, 3 (Ctrl-C) unless set; -1 for none.
fn kbd_intr(vm: &mut Vm, args: &[Value]) -> Res {
    let chr = vm.index_of(&args[0])?;
    vm.host.set_interrupt_char(u8::try_from(chr).ok());
    Ok(Value::NONE)
}

static KBD_INTR: Rom<NativeFn> = Rom::new(NativeFn::plain("kbd_intr", 1, 1, kbd_intr));

/// `schedule(func, arg)`; scheduling `kbd_intr` with None means KeyboardInterrupt.
fn schedule(vm: &mut Vm, args: &[Value]) -> Res {
    if args[0].is(&KBD_INTR.value()) && args[1].is_none() {
        vm.interrupt();
        return Ok(Value::NONE);
    }
    if vm.schedule(args[0].clone(), args[1].clone()) {
        Ok(Value::NONE)
    } else {
        Err(vm.runtime_error("schedule queue full"))
    }
}
