//! What passed, failed and was skipped.

use std::process::ExitCode;

/// Counts results and says each.
pub struct Report {
    passed: u32,
    failed: u32,
    skipped: u32,
    no_skip: bool,
}

impl Report {
    /// With `no_skip`, what is skipped makes the run fail.
    pub fn new(no_skip: bool) -> Report {
        Report { passed: 0, failed: 0, skipped: 0, no_skip }
    }

    /// A test passed.
    pub fn pass(&mut self, name: &str) {
        self.passed += 1;
        println!("ok      {name}");
    }

    /// A test failed.
    pub fn fail(&mut self, name: &str, why: &str) {
        self.failed += 1;
        println!("FAILED  {name}: {why}");
    }

    /// A part cannot run on this machine.
    pub fn skip(&mut self, name: &str, why: &str) {
        self.skipped += 1;
        println!("SKIPPED {name}: {why}");
    }

    /// Adds the closing line of another runner, `N passed, N failed, N skipped`; false when it is not one.
    pub fn add(&mut self, line: &str) -> bool {
        let numbers: Vec<u32> = line.split(", ").filter_map(|p| p.split(' ').next()?.parse().ok()).collect();
        let [passed, failed, skipped] = numbers[..] else { return false };
        self.passed += passed;
        self.failed += failed;
        self.skipped += skipped;
        true
    }

    /// Prints the closing line.
    pub fn close(self) -> ExitCode {
        println!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped);
        let bad = self.failed > 0 || self.no_skip && self.skipped > 0;
        if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}
