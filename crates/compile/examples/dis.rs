//! Prints the bytecode of a Python file: `cargo run -p snakeye-compile --example dis -- FILE`.

use std::process::ExitCode;

use snakeye_bytecode::{disassemble, verify};
use snakeye_compile::{Mode, Options, compile_source};

fn main() -> ExitCode {
    let mut failed = false;
    for file in std::env::args().skip(1) {
        let source = match std::fs::read(&file) {
            Ok(source) => source,
            Err(error) => {
                eprintln!("{file}: {error}");
                failed = true;
                continue;
            }
        };
        match compile_source(&source, &file, Mode::Exec, Options::default()) {
            Ok(code) => {
                print!("{}", disassemble(&code));
                if let Err(error) = verify(&code) {
                    eprintln!("{file}: {error}");
                    failed = true;
                }
            }
            Err(error) => {
                eprintln!("{error}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
