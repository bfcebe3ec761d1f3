//! `platform` (docs: library/platform): what this runtime runs on and was made with.

use alloc::format;
use snakeye_vm::object::{Args, ModuleDef, Step, StrValue};
use snakeye_vm::{Res, Vm, method, method_kw};

/// The module.
pub static PLATFORM: ModuleDef = ModuleDef {
    name: "platform",
    entries: &[
        // CPython's keywords are taken and pass without effect, as in MicroPython.
        method_kw!("platform", 0, 255, platform),
        method!("python_compiler", 0, 0, |vm, _| vm.new_str("rustc")),
        method_kw!("libc_ver", 0, 255, libc_ver),
    ],
    init: None,
};

const ARCHITECTURE: &str = if cfg!(target_arch = "x86_64") {
    "x86_64"
} else if cfg!(target_arch = "aarch64") {
    "aarch64"
} else if cfg!(target_arch = "riscv32") {
    "riscv"
} else if cfg!(target_arch = "xtensa") {
    "xtensa"
} else {
    ""
};

/// The C library that this is linked to, if any.
const LIBC: &str = if cfg!(target_env = "gnu") {
    "glibc"
} else if cfg!(target_env = "musl") {
    "musl"
} else {
    ""
};

/// System, version, architecture, the system's version, C library and its version, as far as they are known.
fn platform(vm: &mut Vm, _: Args) -> Res<Step> {
    let [major, minor, micro] = crate::sys::COMPATIBLE;
    let desktop = vm.kept("sys.platform").is_some_and(|p| p.as_str() == Some("linux"));
    let system = if desktop { "Linux" } else { "MicroPython" };
    let text = format!("{system}-{major}.{minor}.{micro}-{ARCHITECTURE}--with-{LIBC}");
    vm.new_str(&text).map(Step::Done)
}

fn libc_ver(vm: &mut Vm, _: Args) -> Res<Step> {
    let (name, version) = (vm.new_str(LIBC)?, vm.new_str("")?);
    vm.new_tuple(alloc::vec![name, version]).map(Step::Done)
}
