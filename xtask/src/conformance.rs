//! MicroPython's own test suite: see tests/conformance/run.py.

use crate::python;
use crate::report::Report;
use std::ffi::OsStr;
use std::path::Path;

/// Where a checkout's `tests` folder is, for `cargo xtask test`.
const TESTS: &str = "MICROPYTHON_TESTS";

/// Runs the suite in `tests`; `extra` goes to run.py.
pub fn run(report: &mut Report, snakeye: &Path, tests: &OsStr, extra: &[String]) {
    let mut args = vec![snakeye.as_os_str(), tests];
    args.extend(extra.iter().map(OsStr::new));
    python::run(report, "conformance", "conformance/run.py", &args);
}

/// Runs the suite if it is at hand, and says so if it is not. It is another project's, so nothing fetches it.
pub fn run_if_at_hand(report: &mut Report, snakeye: &Path) {
    match std::env::var_os(TESTS) {
        Some(tests) => run(report, snakeye, &tests, &[]),
        None => println!("not run: MicroPython's own tests, which are not at hand ({TESTS} names their folder)"),
    }
}
