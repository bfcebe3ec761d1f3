//! Parses files and prints their trees: `dump_ast [--time] FILE…`. The test `cpython` compares
//! the output with CPython's `ast`.

use std::io::Write;
use std::time::Instant;

use snakeye_syntax::dump::dump_module;
use snakeye_syntax::{Options, parse_module};

fn main() {
    let mut time = false;
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for file in std::env::args().skip(1) {
        if file == "--time" {
            time = true;
            continue;
        }
        let source = match std::fs::read(&file) {
            Ok(source) => source,
            Err(error) => {
                eprintln!("{file}: {error}");
                std::process::exit(2);
            }
        };
        let start = Instant::now();
        let result = parse_module(&source, &file, &Options::default());
        let elapsed = start.elapsed();
        let written = match result {
            Ok(_) if time => {
                let lines = source.iter().filter(|&&b| b == b'\n').count();
                writeln!(out, "{file}: {lines} lines in {elapsed:?}")
            }
            Ok(module) => writeln!(out, "=== {file}\n{}", dump_module(&module, true)),
            Err(error) => writeln!(out, "=== {file}\nerror {error}\n"),
        };
        if written.is_err() {
            std::process::exit(1);
        }
    }
}
