//! Snakeye and real peers: the scripts in tests/e2e.

use crate::python;
use crate::report::Report;
use std::path::Path;

/// Streams to curl, ffmpeg and Chromium; speaks TLS with OpenSSL.
pub fn run(report: &mut Report, snakeye: &Path) {
    python::run(report, "stream", "e2e/stream.py", &[snakeye.as_os_str()]);
    python::run(report, "tls", "e2e/tls.py", &[snakeye.as_os_str()]);
}
