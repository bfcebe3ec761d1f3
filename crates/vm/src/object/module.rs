//! Modules: those of Rust are tables in ROM, whose entries become values when they are first used.

use super::{Dict, NativeFn, TypeDef};
use crate::kinds::Trace;
use crate::vm::{Res, Vm};
use snakeye_heap::{Gc, Rom, Value};

/// A constant attribute of a module or type.
#[derive(Clone, Copy)]
pub enum Entry {
    /// A function; in a type: a method.
    Fn(&'static Rom<NativeFn>),
    /// In a type: a function that takes no self.
    Static(&'static Rom<NativeFn>),
    /// In a type: a function whose first argument is the class.
    ClassMethod(&'static Rom<NativeFn>),
    /// In a type: computed from the object at each access.
    Get(fn(&mut Vm, &Value) -> Res),
    /// An integer.
    Int(i64),
    /// A string.
    Str(&'static str),
    /// A type.
    Type(&'static Rom<TypeDef>),
    /// Made at first use.
    Make(fn(&mut Vm) -> Res),
}

/// A module written in Rust.
pub struct ModuleDef {
    /// Its name; old names with a leading `u` import it too.
    pub name: &'static str,
    /// Its attributes.
    pub entries: &'static [(&'static str, Entry)],
    /// Runs when it is first imported, with the module.
    pub init: Option<fn(&mut Vm, &Gc<Module>) -> Res<()>>,
}

/// A module.
pub struct Module {
    /// Its name.
    pub name: Value,
    /// Its namespace: the globals of its functions.
    pub dict: Gc<Dict>,
    /// Where attributes come from that are not in `dict` yet.
    pub def: Option<&'static ModuleDef>,
}

impl Trace for Module {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.dict.value());
    }
}
