//! The main job under real clients: see tests/e2e/stream.py.

use crate::report::Report;
use crate::{root, tools};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Streams to curl, ffmpeg and Chromium.
pub fn run(report: &mut Report, snakeye: &Path) {
    if !tools::has("python3") {
        return report.skip("stream", "python3 is not installed");
    }
    let child = Command::new("python3")
        .arg(root().join("tests/e2e/stream.py"))
        .arg(snakeye)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(c) => c,
        Err(e) => return report.fail("stream", &e.to_string()),
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
        report.fail("stream", "the test did not finish");
    }
}
