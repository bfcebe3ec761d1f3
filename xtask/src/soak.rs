//! Streaming for a long time of the board's clock: see `snakeye soak`.

use crate::report::Report;
use crate::root;
use std::path::Path;
use std::process::Command;

/// Streams for this many minutes of virtual time.
pub fn run(report: &mut Report, snakeye: &Path, minutes: u32) {
    let script = root().join("examples/webcam_threads.py");
    let name = format!("soak for {minutes} virtual minutes");
    match Command::new(snakeye).args(["soak", "--minutes", &minutes.to_string()]).arg(script).status() {
        Ok(s) if s.success() => report.pass(&name),
        Ok(s) => report.fail(&name, &s.to_string()),
        Err(e) => report.fail(&name, &e.to_string()),
    }
}
