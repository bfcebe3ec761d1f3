//! Compiles whole scripts and checks what comes out.
//!
//! Every script of the project's own suite and of `sources` is compiled; `SNAKEYE_SCRIPTS` may name more
//! folders, separated by colons.

mod flow;

use std::path::{Path, PathBuf};

use snakeye_bytecode::{disassemble, verify};
use snakeye_compile::{Mode, Options, compile_source};

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|e| e == "py") {
            found.push(path);
        }
    }
}

#[test]
fn scripts_compile_to_sound_code() {
    let mut found = Vec::new();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    scripts(&here.join("tests/sources"), &mut found);
    assert!(!found.is_empty());
    scripts(&here.join("../../tests"), &mut found);
    for folder in std::env::var("SNAKEYE_SCRIPTS").unwrap_or_default().split(':') {
        scripts(Path::new(folder), &mut found);
    }
    let mut failures = Vec::new();
    for path in &found {
        let file = path.display().to_string();
        let source = std::fs::read(path).expect("a script that was listed");
        let options = Options::default();
        let Ok(code) = compile_source(&source, &file, Mode::Exec, options) else {
            // Some scripts are about errors.
            continue;
        };
        if let Err(error) = verify(&code) {
            failures.push(format!("{file}: {error}\n{}", disassemble(&code)));
        }
        if let Err(error) = flow::check(&code) {
            failures.push(error);
        }
        let left = flow::leftovers(&code);
        if !left.is_empty() {
            failures.push(format!("{file}: registers {left:?} keep objects alive"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
