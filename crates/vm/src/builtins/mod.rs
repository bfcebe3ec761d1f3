//! The built-in functions and the table of builtin names.

mod attributes;
mod console;
mod directory;
mod fold;
mod iterate;
mod number;
mod state;
mod table;
mod text;

pub use table::BUILTINS;
