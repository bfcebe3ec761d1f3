//! Programs that tests need.

use std::process::{Command, Stdio};

/// Whether a program is installed.
pub fn has(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|p| std::env::split_paths(&p).any(|dir| dir.join(program).is_file()))
}

/// Installs Debian packages when a program is missing and this user may; says nothing if not: the tests that need them
/// are then skipped.
pub fn install(programs: &[&str], packages: &[&str]) {
    if programs.iter().all(|p| has(p)) || !has("apt-get") || !is_root() {
        return;
    }
    println!("installing {}", packages.join(" "));
    let quiet = |args: &[&str]| {
        let _ = Command::new("apt-get")
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    };
    quiet(&["update", "-qq"]);
    let mut args = vec!["install", "-y", "-qq"];
    args.extend_from_slice(packages);
    quiet(&args);
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"))
}
