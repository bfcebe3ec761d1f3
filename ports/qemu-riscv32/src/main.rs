//! Runs one script on a bare 32-bit RISC-V machine: no operating system, no atomics, 31-bit small integers,
//! single-precision floats. Files and console are the emulator's, by semihosting.
//!
//! `qemu-system-riscv32 -M virt -semihosting-config enable=on,target=native,arg=snakeye,arg=FILE -kernel …`
#![no_std]
#![no_main]

extern crate alloc;

mod host;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use embedded_alloc::LlffHeap;
use riscv as _;
use semihosting::{eprintln, process};
use snakeye_vm::run::exec::Source;
use snakeye_vm::{Config, Vm, exceptions as exc};

#[global_allocator]
static ALLOCATOR: LlffHeap = LlffHeap::empty();

/// Everything the runtime may use, code and the scripts' heap included: what an ESP32-CAM has in PSRAM.
const MEMORY: usize = 4 << 20;
/// What scripts may use of it.
const SCRIPT_HEAP: usize = 2 << 20;

static mut ARENA: [MaybeUninit<u8>; MEMORY] = [MaybeUninit::uninit(); MEMORY];

#[riscv_rt::entry]
fn main() -> ! {
    // SAFETY: called once, before any allocation; nothing else touches the arena.
    unsafe { ALLOCATOR.init(&raw mut ARENA as usize, MEMORY) }
    match run() {
        Ok(code) => process::exit(code),
        Err(message) => {
            eprintln!("{message}");
            process::exit(2)
        }
    }
}

/// Runs the script named on the command line; its exit code.
fn run() -> Result<i32, String> {
    let args = semihosting::experimental::env::args::<4096>().map_err(|e| alloc::format!("no command line: {e:?}"))?;
    let words: Vec<String> = args.filter_map(|a| a.ok().map(String::from)).collect();
    let file = words.get(1).ok_or("usage: snakeye FILE")?;
    let text = host::read(file).map_err(|e| alloc::format!("cannot read {file}: {e:?}"))?;
    let config = Config { heap_limit: SCRIPT_HEAP, recursion_limit: 200, ..Config::default() };
    let mut vm = Vm::new(config, Box::new(host::Semihosting), snakeye_stdlib::MODULES)
        .map_err(|_| String::from("the heap is too small to start"))?;
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    vm.add_frozen(snakeye_stdlib::FROZEN);
    for folder in [folder, ".frozen"] {
        if let Ok(folder) = vm.new_str(folder) {
            let _ = vm.path.items.borrow_mut().push(&vm.heap, folder);
        }
    }
    if vm.run_main(&text, file, Source::File).is_ok() {
        return Ok(0);
    }
    let e = vm.take_exception();
    if vm.is_exception(&e, &exc::SYSTEM_EXIT) {
        let code = vm.exception_args(&e).and_then(|a| a.elements().first().cloned());
        return Ok(code.and_then(|c| c.as_small_int()).map_or(0, |c| c as i32));
    }
    let trace = vm.traceback_text(&e);
    let _ = vm.write_out(trace.as_bytes());
    Ok(1)
}
