//! `dir` and `help`.

use crate::collection::NamedTupleClass;
use crate::object::{Class, Entry, Instance, Module, NativeValue, StrValue, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_heap::Value;

/// Names, each once.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn add(&mut self, name: &str) {
        if !self.0.iter().any(|n| n == name) {
            self.0.push(name.into());
        }
    }
    fn table(&mut self, entries: &[(&str, Entry)]) {
        for (name, _) in entries {
            self.add(name);
        }
    }
    fn dict(&mut self, dict: &crate::object::Dict) {
        let Ok(table) = dict.table.try_borrow() else { return };
        for e in table.iter() {
            if let Some(name) = e.key.as_str() {
                self.add(name);
            }
        }
    }
    fn def(&mut self, def: &TypeDef) {
        let mut def = def;
        loop {
            self.table(def.attrs);
            match def.base {
                Some(base) => def = base.get(),
                None => return,
            }
        }
    }
    fn class(&mut self, class: &Class) {
        for i in 0..class.mro.len() {
            let Some(m) = class.mro.get(i) else { return };
            if let Some(c) = m.get::<Class>() {
                self.dict(&c.dict);
            } else if let Some(d) = m.get::<TypeDef>() {
                self.def(d);
            }
        }
    }
}

impl Vm {
    /// Names of an object's attributes.
    pub fn attribute_names(&mut self, v: &Value) -> Vec<String> {
        let mut names = Names::default();
        names.add("__class__");
        if self.is_class(v) {
            names.add("__name__");
            names.add("__bases__");
        }
        if let Some(m) = v.get::<Module>() {
            names.add("__name__");
            names.add("__dict__");
            if let Some(def) = m.def {
                names.table(def.entries);
            }
            names.dict(&m.dict);
        } else if let Some(class) = v.get::<Class>() {
            names.class(class);
        } else if let Some(def) = v.get::<TypeDef>() {
            names.def(def);
        } else if let Some(i) = v.get::<Instance>() {
            for (name, slot) in self.shapes.names(i.shape.get()) {
                if i.slots.get(slot).is_some_and(|v| !v.is_unbound())
                    && let Some(name) = name.as_str()
                {
                    names.add(name);
                }
            }
            if let Some(class) = self.class_of_instance(v) {
                names.class(&class);
            }
        } else {
            names.def(self.def_of(v));
            let fields = self.type_of(v);
            for field in fields.native::<NamedTupleClass>().map_or(&[][..], |class| class.fields()) {
                names.add(field.as_str().unwrap_or(""));
            }
        }
        names.0
    }
}

/// `dir(object)`: without one, the names of the current scope.
pub(super) fn dir(vm: &mut Vm, args: &[Value]) -> Res {
    let names = match args.first() {
        Some(v) => {
            if let Some(f) = vm.special_method(v, "__dir__")? {
                return vm.call(&f, core::slice::from_ref(v));
            }
            vm.attribute_names(v)
        }
        None => {
            let scope = crate::run::exec::builtin_locals(vm, &[])?;
            let mut names = Names::default();
            if let Some(dict) = scope.get::<crate::object::Dict>() {
                names.dict(dict);
            }
            names.0
        }
    };
    let mut items = Vec::with_capacity(names.len());
    for name in &names {
        items.push(vm.intern(name)?);
    }
    vm.new_list(items)
}

const WELCOME: &str = "Welcome to Snakeye, MicroPython for camera boards.

help(object) shows what an object offers, help('modules') which modules can be imported.
On the prompt: Ctrl-C interrupts, Ctrl-D ends or resets, Ctrl-E starts pasting.
";

/// `help(object)`
pub(super) fn help(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(v) = args.first() else {
        vm.write_out(WELCOME.as_bytes())?;
        return Ok(Value::NONE);
    };
    let mut out = String::new();
    if v.as_str() == Some("modules") {
        let mut names = vm.builtin_module_names();
        names.push("__main__");
        names.sort_unstable();
        for row in names.chunks(4) {
            for name in row {
                out.push_str(name);
                for _ in name.len()..18 {
                    out.push(' ');
                }
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        out.push_str("Plus any modules on the filesystem\n");
        vm.write_out(out.as_bytes())?;
        return Ok(Value::NONE);
    }
    out.push_str("object ");
    vm.print_to(v, &mut out, false)?;
    out.push_str(" is of type ");
    out.push_str(&vm.type_name(v));
    out.push('\n');
    // What a class offers is shown for it and for its objects.
    for name in vm.attribute_names(v) {
        let of_every = matches!(name.as_str(), "__class__" | "__dict__" | "__bases__" | "__module__" | "__qualname__");
        if of_every || name == "__name__" && v.get::<Module>().is_none() {
            continue;
        }
        let interned = vm.intern(&name)?;
        let Some(attribute) = vm.find_attr(v, &interned)? else { continue };
        out.push_str("  ");
        out.push_str(&name);
        out.push_str(" -- ");
        vm.print_to(&attribute, &mut out, false)?;
        out.push('\n');
    }
    vm.write_out(out.as_bytes())?;
    Ok(Value::NONE)
}
