//! Compiler and verifier: what compiles also verifies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snakeye_compile::{Mode, Options, compile_source};

fuzz_target!(|source: &[u8]| {
    for mode in [Mode::Exec, Mode::Eval, Mode::Single] {
        if let Ok(code) = compile_source(source, "fuzz.py", mode, Options::default()) {
            snakeye_bytecode::verify(&code).expect("compiled code verifies");
        }
    }
});
