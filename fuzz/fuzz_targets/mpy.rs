//! `.mpy` files: an error, or code that verifies.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(code) = snakeye_mpy::load(data, 63) {
        snakeye_bytecode::verify(&code).expect("loaded code verifies");
    }
});
