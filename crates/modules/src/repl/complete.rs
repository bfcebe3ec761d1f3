//! Tab completion: names, attributes, modules.

use alloc::string::String;
use alloc::vec::Vec;
use snakeye_vm::object::{Class, Dict, Instance, Module, StrValue, TypeDef};
use snakeye_vm::{Value, Vm};

/// Words that complete at the start of an expression.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// What can follow the text before the cursor: the part still to be inserted, when it is common to all
/// candidates, and the candidates.
pub fn complete(vm: &mut Vm, before: &str) -> (String, Vec<String>) {
    let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).map_or(0, |i| i + 1);
    let start = (start..=before.len()).find(|&i| before.is_char_boundary(i)).unwrap_or(before.len());
    let word = &before[start..];
    let is_import = matches!(before[..start].trim_start(), "import " | "from ");
    let (names, prefix) = if is_import {
        let mut names: Vec<String> = vm.builtin_module_names().into_iter().map(String::from).collect();
        names.extend(modules_on_path(vm));
        (names, word)
    } else {
        match word.rsplit_once('.') {
            Some((object, prefix)) => match evaluate(vm, object) {
                Some(v) => (names_of(vm, &v), prefix),
                None => (Vec::new(), prefix),
            },
            None => {
                let main = vm.main.value().clone();
                let mut names = names_of(vm, &main);
                // Without a beginning only what the script defined: the rest is too much to be read.
                if !word.is_empty() {
                    let builtins = vm.builtins.value().clone();
                    names.extend(names_of(vm, &builtins));
                    names.extend(KEYWORDS.iter().map(|k| String::from(*k)));
                }
                (names, word)
            }
        }
    };
    let mut found: Vec<String> =
        names.into_iter().filter(|n| n.starts_with(prefix) && (!prefix.is_empty() || !n.starts_with('_'))).collect();
    found.sort();
    found.dedup();
    let mut common = match found.first() {
        Some(first) => String::from(&first[prefix.len()..]),
        None => return (String::new(), found),
    };
    for n in &found {
        let rest = &n[prefix.len()..];
        let same: usize = common.chars().zip(rest.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        common.truncate(same);
    }
    if start == 0 && found == ["import"] {
        common.push(' ');
    }
    (common, found)
}

/// A dotted name's value, looked up without running anything of the script.
fn evaluate(vm: &mut Vm, dotted: &str) -> Option<Value> {
    let mut parts = dotted.split('.');
    let first = vm.intern(parts.next()?).ok()?;
    let mut v = vm.main.dict.get_name(&first)?;
    for part in parts {
        // Only modules and classes: an attribute of an instance may be a property.
        let dict = match (v.get::<Module>(), v.get::<Class>()) {
            (Some(m), _) => m.dict.clone(),
            (_, Some(c)) => c.dict.clone(),
            _ => return None,
        };
        let name = vm.intern(part).ok()?;
        v = match dict.get_name(&name) {
            Some(v) => v,
            None => vm.get_attr(&v, part).ok()?,
        };
    }
    Some(v)
}

fn keys(dict: &Dict, names: &mut Vec<String>) {
    if let Ok(table) = dict.table.try_borrow() {
        names.extend(table.iter().filter_map(|e| e.key.as_str().map(String::from)));
    }
}

fn def_names(def: &TypeDef, names: &mut Vec<String>) {
    let mut def = Some(def);
    while let Some(d) = def {
        names.extend(d.attrs.iter().map(|(n, _)| String::from(*n)));
        def = d.base.map(|b| b.get());
    }
}

fn names_of(vm: &mut Vm, v: &Value) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(m) = v.get::<Module>() {
        keys(&m.dict, &mut names);
        if let Some(def) = m.def {
            names.extend(def.entries.iter().map(|(n, _)| String::from(*n)));
        }
        return names;
    }
    let class = if v.get::<Class>().is_some() || v.get::<TypeDef>().is_some() { v.clone() } else { vm.type_of(v) };
    if v.get::<Instance>().is_some()
        && let Ok(d) = vm.get_attr(v, "__dict__")
        && let Some(d) = d.get::<Dict>()
    {
        keys(d, &mut names);
    }
    if let Some(c) = class.get::<Class>() {
        for i in 0..c.mro.len() {
            let Some(m) = c.mro.get(i) else { break };
            if let Some(c) = m.get::<Class>() {
                keys(&c.dict, &mut names);
            } else if let Some(d) = m.get::<TypeDef>() {
                def_names(d, &mut names);
            }
        }
    } else if let Some(d) = class.get::<TypeDef>() {
        def_names(d, &mut names);
    }
    names
}

/// Files and packages that `import` would find.
fn modules_on_path(vm: &mut Vm) -> Vec<String> {
    let dirs: Vec<String> = match vm.path.items.try_borrow() {
        Ok(items) => items.iter().filter_map(|v| v.as_str().map(String::from)).collect(),
        Err(_) => return Vec::new(),
    };
    let mut names = Vec::new();
    for dir in dirs {
        let dir = if dir.is_empty() { String::from(".") } else { dir };
        for e in crate::vfs::import::list(vm, &dir) {
            match e.name.strip_suffix(".py") {
                Some(stem) => names.push(String::from(stem)),
                None if !e.name.contains('.') => names.push(e.name.clone()),
                None => {}
            }
        }
    }
    names
}
