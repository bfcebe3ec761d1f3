//! `string`: in MicroPython it holds `string.templatelib` only, the types of template strings.

use snakeye_vm::object::{Entry, ModuleDef};
use snakeye_vm::text::{INTERPOLATION, TEMPLATE};

/// The `string` module.
pub static STRING: ModuleDef = ModuleDef {
    name: "string",
    entries: &[("templatelib", Entry::Make(|vm| vm.import("string.templatelib")))],
    init: None,
};

/// The `string.templatelib` module.
pub static TEMPLATELIB: ModuleDef = ModuleDef {
    name: "string.templatelib",
    entries: &[("Interpolation", Entry::Type(&INTERPOLATION)), ("Template", Entry::Type(&TEMPLATE))],
    init: None,
};
