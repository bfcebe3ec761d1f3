//! Test programs written in Python, which close with `N passed, N failed, N skipped`.

use crate::report::Report;
use crate::{root, tools};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Runs `tests/SCRIPT` with these arguments, shows what it says and adds its results under this name.
pub fn run(report: &mut Report, name: &str, script: &str, args: &[&std::ffi::OsStr]) {
    if !tools::has("python3") {
        return report.skip(name, "python3 is not installed");
    }
    let child = Command::new("python3")
        .arg(root().join("tests").join(script))
        .args(args)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(c) => c,
        Err(e) => return report.fail(name, &e.to_string()),
    };
    let mut counted = false;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            counted = report.add(&line);
            if !counted {
                println!("{line}");
            }
        }
    }
    let _ = child.wait();
    if !counted {
        report.fail(name, "the test did not finish");
    }
}
