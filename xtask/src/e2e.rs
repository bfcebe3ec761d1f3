//! The main job under real clients: see tests/e2e/stream.py.

use crate::python;
use crate::report::Report;
use std::path::Path;

/// Streams to curl, ffmpeg and Chromium.
pub fn run(report: &mut Report, snakeye: &Path) {
    python::run(report, "stream", "e2e/stream.py", &[snakeye.as_os_str()]);
}
