//! The language tests on bare metal: a 32-bit RISC-V machine under QEMU.

use crate::report::Report;
use crate::scripts::{capture, difference, list};
use crate::{root, target, tools};
use std::process::Command;

const TARGET: &str = "riscv32imc-unknown-none-elf";

/// Builds the port and runs `tests/lang` on it.
pub fn run(report: &mut Report) {
    tools::install(&["qemu-system-riscv32"], &["qemu-system-misc"]);
    if !tools::has("qemu-system-riscv32") {
        return report.skip("riscv32", "qemu-system-riscv32 is not installed (Debian: qemu-system-misc)");
    }
    if !has_target() {
        return report.skip("riscv32", &format!("the Rust target is missing: rustup target add {TARGET}"));
    }
    let folder = target().join("riscv32");
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--target", TARGET])
        .current_dir(root().join("ports/qemu-riscv32"))
        .env("CARGO_TARGET_DIR", &folder)
        .status()
        .is_ok_and(|s| s.success());
    if !built {
        return report.fail("riscv32 build", "ports/qemu-riscv32 does not build");
    }
    let kernel = folder.join(TARGET).join("release/snakeye-qemu-riscv32");
    for script in list("lang", "") {
        let name = format!("riscv32 {}", script.file_stem().unwrap_or_default().to_string_lossy());
        let text = std::fs::read_to_string(&script).unwrap_or_default();
        let expected = std::fs::read_to_string(script.with_extension("exp")).unwrap_or_default();
        if text.lines().next().is_some_and(|l| l.starts_with("# needs:")) {
            continue; // double precision or files: says so in its first line
        }
        let semihosting = format!("enable=on,target=native,arg=snakeye,arg={}", script.display());
        let result = capture(
            Command::new("qemu-system-riscv32")
                .args(["-M", "virt", "-cpu", "rv32", "-m", "64M", "-nographic", "-monitor", "none", "-serial", "none"])
                .args(["-bios", "none", "-semihosting-config", &semihosting, "-kernel"])
                .arg(&kernel),
        );
        match result {
            Ok((_, got)) => match difference(&expected, &got) {
                None => report.pass(&name),
                Some(d) => report.fail(&name, &d),
            },
            Err(e) => report.fail(&name, &e),
        }
    }
}

/// Whether the target's core library is installed; tries to install it.
fn has_target() -> bool {
    let installed = || {
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output().is_ok_and(|o| {
            std::fs::read_dir(String::from_utf8_lossy(&o.stdout).trim()).is_ok_and(|mut d| d.next().is_some())
        })
    };
    installed()
        || Command::new("rustup").args(["target", "add", TARGET]).status().is_ok_and(|s| s.success()) && installed()
}
