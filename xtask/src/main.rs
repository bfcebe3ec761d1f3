//! `cargo xtask test`: everything that can be tested on this machine, in one run.

mod conformance;
mod e2e;
mod python;
mod report;
mod riscv;
mod scripts;
mod soak;
mod stress;
mod tools;

use report::Report;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

const HELP: &str = "\
usage: cargo xtask COMMAND

  test [--no-skip]     all tests; what they need is installed where that is possible.
                       With --no-skip a part that cannot run counts as failed.
  soak [--minutes N]   streams for N minutes (60) of the board's time and watches memory, slots and files
  conformance TESTS [--only TEXT] [--report FILE]
                       MicroPython's own test suite from the `tests` folder of a checkout
  stress [NAME]        the scripts in tests/lang with the heap collecting, or failing, at every n-th allocation
  memcheck [NAME]      the same scripts under AddressSanitizer and Valgrind
  scripts [NAME]       only the scripts in tests/lang and tests/board whose name contains NAME
";

/// The project's folder.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The `snakeye` command, built in release.
fn snakeye() -> Option<PathBuf> {
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--package", "snakeye"])
        .current_dir(root())
        .status()
        .is_ok_and(|s| s.success());
    built.then(|| target().join("release").join("snakeye"))
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut report = Report::new(args.iter().any(|a| a == "--no-skip"));
    match args.first().map(String::as_str) {
        Some("test") => test(&mut report),
        Some("soak") => {
            let minutes = args.iter().position(|a| a == "--minutes").and_then(|i| args.get(i + 1)?.parse().ok());
            match snakeye() {
                Some(s) => soak::run(&mut report, &s, minutes.unwrap_or(60)),
                None => report.fail("build", "snakeye does not build"),
            }
        }
        Some("conformance") => match (args.get(1), snakeye()) {
            (None, _) => report.fail("conformance", "where is the `tests` folder of a MicroPython checkout?"),
            (_, None) => report.fail("build", "snakeye does not build"),
            (Some(tests), Some(s)) => conformance::run(&mut report, &s, tests.as_ref(), &args[2..]),
        },
        Some(command @ ("stress" | "memcheck")) => {
            let filter = args[1..].iter().find(|a| !a.starts_with('-')).map_or("", String::as_str);
            match (command, snakeye()) {
                (_, None) => report.fail("build", "snakeye does not build"),
                ("stress", Some(s)) => stress::run(&mut report, &s, true, filter),
                (_, Some(_)) => stress::watched(&mut report, filter),
            }
        }
        Some("scripts") => scripts_only(&mut report, args.get(1).map_or("", String::as_str)),
        _ => {
            print!("{HELP}");
            return ExitCode::from(2);
        }
    }
    report.close()
}

fn test(report: &mut Report) {
    // One profile for everything, so that nothing is built twice.
    let status = Command::new("cargo")
        .args(["test", "--quiet", "--release", "--no-fail-fast", "--workspace", "--exclude", "xtask"])
        .current_dir(root())
        .status();
    match status {
        Ok(s) if s.success() => report.pass("cargo test"),
        Ok(s) => report.fail("cargo test", &format!("{s}")),
        Err(e) => report.fail("cargo test", &e.to_string()),
    }
    let Some(snakeye) = snakeye() else {
        report.fail("build", "snakeye does not build");
        return;
    };
    scripts::language(report, &snakeye, "");
    scripts::boards(report, &snakeye, "");
    scripts::robustness(report, &snakeye);
    stress::run(report, &snakeye, false, "");
    e2e::prompt(report, &snakeye);
    riscv::run(report);
    tools::install(&["chromium", "chromedriver", "ffmpeg", "curl"], &["chromium", "chromium-driver", "ffmpeg", "curl"]);
    e2e::run(report, &snakeye);
    conformance::run_if_at_hand(report, &snakeye);
    soak::run(report, &snakeye, 2);
}

fn scripts_only(report: &mut Report, filter: &str) {
    match snakeye() {
        Some(s) => {
            scripts::language(report, &s, filter);
            scripts::boards(report, &s, filter);
        }
        None => report.fail("build", "snakeye does not build"),
    }
}
