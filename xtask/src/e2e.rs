//! Snakeye and real peers: the scripts in tests/e2e.

use crate::python;
use crate::report::Report;
use std::path::Path;

/// Types at the prompt on a terminal, as people and programs do.
pub fn prompt(report: &mut Report, snakeye: &Path) {
    python::run(report, "prompt", "e2e/prompt.py", &[snakeye.as_os_str()]);
}

/// Streams to curl, ffmpeg and Chromium; speaks TLS with OpenSSL.
pub fn run(report: &mut Report, snakeye: &Path) {
    python::run(report, "stream", "e2e/stream.py", &[snakeye.as_os_str()]);
    python::run(report, "tls", "e2e/tls.py", &[snakeye.as_os_str()]);
}
