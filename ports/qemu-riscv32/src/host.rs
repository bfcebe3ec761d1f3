//! The outside world by semihosting.

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::any::Any;
use semihosting::fs::File;
use semihosting::io::{Read, Write};
use snakeye_vm::host::{Found, Host, Woken};
use snakeye_vm::object::Interest;

/// Console and files of the emulator's host.
pub struct Semihosting;

/// The content of a host file.
pub fn read(path: &str) -> semihosting::io::Result<Vec<u8>> {
    let path = CString::new(path).map_err(|_| semihosting::io::ErrorKind::InvalidInput)?;
    let mut file = File::open(&path)?;
    let mut content = Vec::new();
    let mut part = [0u8; 512];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(content),
            n => content.extend_from_slice(&part[..n]),
        }
    }
}

/// Ticks of the machine's clock per microsecond (QEMU `virt`: 10 MHz).
const TICKS_PER_US: u64 = 10;

impl Host for Semihosting {
    fn write(&mut self, bytes: &[u8]) {
        if let Ok(mut out) = semihosting::io::stdout() {
            let _ = out.write_all(bytes);
        }
    }

    fn now_us(&mut self) -> u64 {
        riscv::register::time::read64() / TICKS_PER_US
    }

    fn wait(&mut self, _: &[Interest], deadline_us: Option<u64>, _: &mut [bool]) -> Woken {
        match deadline_us {
            // There are no interrupts here: the clock is watched.
            Some(deadline) => {
                while self.now_us() < deadline {}
                Woken::Ready
            }
            // Nothing can ever come: a deadlock ends as Ctrl-C would end it.
            None => Woken::Interrupted,
        }
    }

    fn interrupted(&mut self) -> bool {
        false
    }

    fn stat(&mut self, path: &str) -> Found {
        // Folders cannot be told from missing files here; modules in files suffice for the tests.
        let Ok(path) = CString::new(path) else { return Found::Nothing };
        if path.as_bytes().ends_with(b".py") && File::open(&path).is_ok() { Found::File } else { Found::Nothing }
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, i32> {
        const ENOENT: i32 = 2;
        read(path).map_err(|_| ENOENT)
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
