//! Lexer and parser: any text gives a tree or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snakeye_syntax::{Options, is_incomplete, parse_expression, parse_interactive, parse_module};

fuzz_target!(|source: &[u8]| {
    let options = Options::default();
    let _ = parse_module(source, "fuzz.py", &options);
    let _ = parse_expression(source, "fuzz.py", &options);
    let _ = parse_interactive(source, "fuzz.py", &options);
    let _ = is_incomplete(source);
});
