//! The parser against CPython's: the trees of our scripts and of Python's standard library must
//! be equal, with every line and column. Skipped where there is no `python3`.

use std::path::{Path, PathBuf};
use std::process::Command;

use snakeye_syntax::dump::dump_module;
use snakeye_syntax::{Options, parse_module};

/// The trees that CPython gives, as (file, dump).
fn cpython_dumps(files: &[PathBuf]) -> Option<Vec<(String, String)>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cpython_dump.py");
    let output = Command::new("python3").args(["-W", "ignore"]).arg(script).args(files).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let text = text.strip_prefix("=== ").unwrap_or(&text);
    let dump = |part: &str| {
        let (file, dump) = part.split_once('\n').unwrap_or((part, ""));
        (file.to_string(), dump.trim_end().to_string())
    };
    Some(text.split("\n=== ").map(dump).collect())
}

/// Our dump in CPython's form: big integers in decimal, and no positions within f-strings, which
/// CPython before 3.12 does not know.
fn ours(source: &[u8], file: &str) -> String {
    let module = match parse_module(source, file, &Options::default()) {
        Ok(module) => module,
        Err(error) => return format!("error {error}"),
    };
    let dump = dump_module(&module, true);
    let mut out = String::new();
    let mut open = Vec::new();
    let mut rest = dump.trim_end();
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '"' => length = 2 + rest[1..].find('"').unwrap(),
            '(' => {
                length = rest.find([' ', ')']).unwrap();
                let head = &rest[..length];
                let (kind, pos) = head.split_once('@').unwrap_or((head, ""));
                let inside = open.last() == Some(&true) || kind == "(JoinedStr";
                open.push(inside);
                out.push_str(kind);
                match (pos.is_empty(), inside) {
                    (true, _) => {}
                    (false, true) => out.push_str("@?"),
                    (false, false) => out.extend(["@", pos]),
                }
                rest = &rest[length..];
                continue;
            }
            ')' => {
                open.pop();
            }
            'i' if rest.starts_with("int:") => {
                length = rest.find(')').unwrap();
                let mut parts = rest[4..length].split(':');
                let radix = parts.next().unwrap().parse().unwrap();
                out.push_str(&decimal(parts.next().unwrap(), radix));
                rest = &rest[length..];
                continue;
            }
            _ => {}
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// A number of any radix in decimal.
fn decimal(digits: &str, radix: u32) -> String {
    let mut value = vec![0u32];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(radix).unwrap();
        for place in &mut value {
            let sum = *place * radix + carry;
            *place = sum % 10;
            carry = sum / 10;
        }
        while carry > 0 {
            value.push(carry % 10);
            carry /= 10;
        }
    }
    value.iter().rev().map(|d| d.to_string()).collect()
}

/// Compares and returns how many files were equal; `None` without `python3`.
fn compare(files: &[PathBuf]) -> Option<usize> {
    let mut equal = 0;
    for chunk in files.chunks(100) {
        for (file, theirs) in cpython_dumps(chunk)? {
            if theirs.starts_with("skip") {
                continue;
            }
            let ours = ours(&std::fs::read(&file).unwrap(), &file);
            for (ours, theirs) in ours.lines().zip(theirs.lines()) {
                assert_eq!(ours, theirs, "{file}");
            }
            assert_eq!(ours.lines().count(), theirs.lines().count(), "{file}");
            equal += 1;
        }
    }
    Some(equal)
}

fn python_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            python_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "py") {
            out.push(path);
        }
    }
}

#[test]
fn our_scripts() {
    let mut files = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    python_files(&folder, &mut files);
    assert!(files.len() >= 4);
    match compare(&files) {
        Some(equal) => assert_eq!(equal, files.len(), "CPython rejects a script"),
        None => eprintln!("SKIPPED: no python3"),
    }
}

#[test]
fn standard_library() {
    let found = Command::new("python3").args(["-c", "import os; print(os.path.dirname(os.__file__))"]).output();
    let Ok(found) = found else {
        eprintln!("SKIPPED: no python3");
        return;
    };
    let mut files = Vec::new();
    let folder = String::from_utf8_lossy(&found.stdout);
    python_files(Path::new(folder.trim()), &mut files);
    files.sort();
    files.truncate(400);
    if let Some(equal) = compare(&files) {
        assert!(equal * 10 >= files.len() * 9, "{equal} of {}", files.len());
    }
}
