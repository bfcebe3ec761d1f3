//! What happens between power-on and the prompt: file system, `boot.py`, `main.py` (docs: reference/reset_boot).

use crate::host::board;
use crate::vfs::object::{Kind, clock};
use crate::vfs::{self, import};
use crate::{console, file};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::RefCell;
use snakeye_hal as hal;
use snakeye_vfs::{BlockError, Boot, FsError, mount_or_format};
use snakeye_vm::run::exec::Source;
use snakeye_vm::{Res, Value, Vm, exceptions as exc};

/// Exit code of a script stopped by Ctrl-C, as shells count it.
const INTERRUPTED: i32 = 130;

/// The board's flash as the file systems see it.
struct BoardFlash(Box<dyn hal::Flash>);

impl snakeye_vfs::Flash for BoardFlash {
    fn size(&self) -> u32 {
        self.0.size()
    }
    fn read(&mut self, addr: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        self.0.read(addr, buf).map_err(|_| BlockError::Io)
    }
    fn write(&mut self, addr: u32, data: &[u8]) -> Result<(), BlockError> {
        self.0.write(addr, data).map_err(|_| BlockError::Io)
    }
    fn erase_sector(&mut self, addr: u32) -> Result<(), BlockError> {
        self.0.erase(addr, snakeye_vfs::SECTOR_SIZE).map_err(|_| BlockError::Io)
    }
}

/// Mounts the flash's file system at `/`, formatting blank flash.
pub fn mount_flash(vm: &mut Vm) -> Result<Boot, FsError> {
    let flash = Rc::new(RefCell::new(BoardFlash(board(vm).board.flash_handle())));
    let clock = clock(vm);
    let (fs, boot) = mount_or_format(flash, Some(clock))?;
    match vfs::mount_own(vm, Kind::Lfs2, Box::new(fs), "/", false) {
        Ok(_) => Ok(boot),
        Err(_) => {
            vm.take_exception();
            Err(FsError::OutOfMemory)
        }
    }
}

/// Gives a new VM what it needs beyond its modules: `open`, the standard streams, platform, `sys.path`.
pub fn install(vm: &mut Vm, platform: &'static str, path: &[&str]) -> Res<()> {
    vm.files = Some(import::ACCESS);
    let open = vm.intern("open")?;
    vm.builtins.dict.set_name(&vm.heap, &open, file::OPEN.value())?;
    for (name, fd) in [("sys.stdin", 0), ("sys.stdout", 1), ("sys.stderr", 2)] {
        let stream = console::console(vm, fd, true)?;
        vm.set_kept(name, stream);
    }
    let platform = vm.new_str(platform)?;
    vm.set_kept("sys.platform", platform);
    let machine = board(vm).machine();
    let machine = vm.new_str(&machine)?;
    vm.set_kept("sys.machine", machine);
    for dir in path {
        let dir = vm.new_str(dir)?;
        let Ok(mut items) = vm.path.items.try_borrow_mut() else { return Err(vm.busy()) };
        items.push(&vm.heap, dir)?;
    }
    Ok(())
}

/// Runs a start file if there is one; prints what goes wrong. True: `machine.reset()` or the like was called.
pub fn run_if_present(vm: &mut Vm, name: &str) -> bool {
    let text = match vm.read_file(name) {
        Ok(t) => t,
        Err(_) => {
            vm.take_exception();
            return false;
        }
    };
    run(vm, &text, name);
    board(vm).board.system().reset_requested().is_some()
}

/// Runs a script in the main thread; prints what goes wrong. The exit code: 0, or 1, or SystemExit's.
pub fn run(vm: &mut Vm, text: &[u8], name: &str) -> i32 {
    board(vm).board.console().set_interrupt_char(Some(3));
    match vm.run_main(text, name, Source::File) {
        Ok(_) => 0,
        Err(_) => exit_code(vm),
    }
}

/// Prints the exception on its way, unless it is SystemExit or comes from a reset; the exit code it means.
pub fn exit_code(vm: &mut Vm) -> i32 {
    let e = vm.take_exception();
    if vm.is_exception(&e, &exc::SYSTEM_EXIT) {
        let code = vm.exception_args(&e).and_then(|a| a.elements().first().cloned()).unwrap_or(Value::NONE);
        return match code.as_small_int() {
            Some(n) => n as i32,
            None if code.is_none() => 0,
            None => {
                let mut text: String = vm.str(&code).unwrap_or_default();
                text.push('\n');
                vm.host.write_error(text.as_bytes());
                1
            }
        };
    }
    if vm.is_exception(&e, &exc::KEYBOARD_INTERRUPT) {
        let host = board(vm);
        if host.board.system().reset_requested().is_some() {
            return 0;
        }
        // Ctrl-C is how a script on a board is stopped: nothing went wrong.
        if !host.desktop {
            return INTERRUPTED;
        }
    }
    let text = vm.traceback_text(&e);
    vm.host.write_error(text.as_bytes());
    if vm.is_exception(&e, &exc::KEYBOARD_INTERRUPT) { INTERRUPTED } else { 1 }
}
