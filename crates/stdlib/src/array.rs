//! `array`

use snakeye_vm::object::{Entry, ModuleDef};

/// The module.
pub static ARRAY: ModuleDef =
    ModuleDef { name: "array", entries: &[("array", Entry::Type(&snakeye_vm::text::ARRAY))], init: None };
