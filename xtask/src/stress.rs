//! `tests/lang` where the heap collects or fails at every n-th allocation, and under tools that watch memory.

use crate::report::Report;
use crate::scripts::{capture, difference, list};
use crate::{root, target, tools};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, atomic::AtomicUsize, atomic::Ordering};

/// Scripts that print what the heap does by itself.
const MEASURING: &[&str] = &["heap_figures", "heap_full", "heap_threads"];
/// What AddressSanitizer and the code it watches are built for.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// One way to run a script, and what must come of it.
struct Run {
    options: Vec<String>,
    /// Whether the output must be the expected one; otherwise a MemoryError may end the script early.
    exact: bool,
}

impl Run {
    fn new(mode: &str, n: u32) -> Run {
        Run { options: vec!["-X".into(), format!("{mode}={n}")], exact: mode == "gcstress" }
    }
}

/// A few runs of each script, or with `full` many.
pub fn run(report: &mut Report, snakeye: &Path, full: bool, filter: &str) {
    let mut runs = Vec::new();
    if full {
        runs.extend([1, 2, 7].map(|n| Run::new("gcstress", n)));
        let mut n = 1;
        while n < 100_000 {
            runs.push(Run::new("allocfail", n));
            n += 1 + n / 24;
        }
    } else {
        runs.push(Run::new("gcstress", 13));
        runs.extend([2, 5, 19, 67, 229].map(|n| Run::new("allocfail", n)));
    }
    each(report, "stress", filter, |script| {
        let mut wrong = Vec::new();
        for run in &runs {
            let mut command = Command::new(snakeye);
            command.args(&run.options).arg(script);
            if let Err(e) = verdict(script, run.exact, &[0, 1], capture(&mut command)) {
                wrong.push(format!("{}: {e}", run.options[1]));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    });
}

/// `tests/lang` under AddressSanitizer and Valgrind. Every block is an allocation of its own in these builds, so
/// that both see which of them is used when it is gone.
pub fn watched(report: &mut Report, filter: &str) {
    match build("asan", "-Zsanitizer=address --cfg separate_blocks") {
        Some(snakeye) => each(report, "asan", filter, |script| {
            for options in [&["-X", "gcstress=1000"][..], &["-X", "allocfail=67"]] {
                let mut command = Command::new(&snakeye);
                // The process ends without giving everything back.
                command.env("ASAN_OPTIONS", "detect_leaks=0").args(options).arg(script);
                verdict(script, options[1].starts_with("gc"), &[0, 1], capture(&mut command))?;
            }
            Ok(())
        }),
        None => report.skip("asan", "no build with AddressSanitizer: its runtime comes with rustup's Linux toolchains"),
    }
    tools::install(&["valgrind"], &["valgrind"]);
    if !tools::has("valgrind") {
        return report.skip("valgrind", "valgrind is not installed");
    }
    match build("separate", "--cfg separate_blocks") {
        Some(snakeye) => each(report, "valgrind", filter, |script| {
            let mut command = Command::new("valgrind");
            command.args(["--quiet", "--error-exitcode=99", "--leak-check=no"]).arg(&snakeye).arg(script);
            verdict(script, true, &[0, 1], capture(&mut command))
        }),
        None => report.fail("valgrind", "the build with separate blocks fails"),
    }
}

/// The command, built with these flags in a folder of its own.
fn build(name: &str, flags: &str) -> Option<PathBuf> {
    let folder = target().join(name);
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--package", "snakeye", "--target", TARGET])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", &folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", flags)
        .status()
        .is_ok_and(|s| s.success());
    built.then(|| folder.join(TARGET).join("release/snakeye"))
}

/// Runs `test` on every script of `tests/lang`, side by side.
fn each(report: &mut Report, what: &str, filter: &str, test: impl Fn(&Path) -> Result<(), String> + Sync) {
    let scripts = list("lang", filter);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = test(script);
                    if let Ok(mut all) = results.lock() {
                        all.push((script.file_stem().unwrap_or_default().to_string_lossy().into_owned(), result));
                    }
                }
            });
        }
    });
    let mut all = results.into_inner().unwrap_or_default();
    all.sort();
    for (script, result) in all {
        match result {
            Ok(()) => report.pass(&format!("{what} {script}")),
            Err(e) => report.fail(&format!("{what} {script}"), &e),
        }
    }
}

/// What is wrong with how a script ended.
fn verdict(script: &Path, exact: bool, codes: &[i32], got: Result<(i32, String), String>) -> Result<(), String> {
    let (code, out) = got?;
    let end = out.lines().rev().take(3).collect::<Vec<_>>().join(" | ");
    if out.contains("panicked") || !codes.contains(&code) {
        return Err(format!("exit code {code}: {end}"));
    }
    let name = script.file_stem().unwrap_or_default().to_string_lossy();
    if exact && !MEASURING.contains(&&*name) {
        let expected = std::fs::read_to_string(script.with_extension("exp")).map_err(|e| e.to_string())?;
        return difference(&expected, &out).map_or(Ok(()), Err);
    }
    if code == 1 && !exact && !out.lines().last().unwrap_or("").starts_with("MemoryError") {
        return Err(format!("ended without MemoryError: {end}"));
    }
    Ok(())
}
