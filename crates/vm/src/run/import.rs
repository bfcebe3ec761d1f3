//! Importing modules: built-in ones from tables, others from files on `sys.path`.

use super::exec::Source;
use super::frozen;
use crate::exceptions as exc;
use crate::host::Found;
use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_heap::{Gc, Value};

impl Vm {
    /// `import name` (no from-list: the top package) or `from name import …` (the leaf module).
    pub(crate) fn import_step(
        &mut self,
        name: &Value,
        from: &Value,
        level: usize,
        globals: Option<&Gc<Dict>>,
    ) -> Res<Step> {
        let text = name.as_str().unwrap_or("").to_owned();
        let full = if level == 0 { text } else { self.relative_name(&text, level, globals)? };
        let top_wanted = from.is_none();
        let parts: Vec<String> = full.split('.').map(String::from).collect();
        self.import_parts(parts, 0, Value::NONE, Value::NONE, top_wanted)
    }

    /// Imports `parts[i..]` inside package `parent`; the result is `top` or the leaf.
    fn import_parts(&mut self, parts: Vec<String>, i: usize, parent: Value, top: Value, top_wanted: bool) -> Res<Step> {
        if i == parts.len() {
            return Ok(Step::Done(if top_wanted { top } else { parent }));
        }
        // A package has one name of its own, whatever name it was imported by.
        let full = match parent.get::<Module>() {
            Some(p) => alloc::format!("{}.{}", Vm::text_of(&p.name), parts[i]),
            None => parts[..=i].join("."),
        };
        let (name, p) = (parts[i].clone(), parent.clone());
        let key = self.intern(&full)?;
        // The package's attribute is set by the first import only: the package may have changed it since.
        let new = self.modules.get_name(&key).is_none();
        let step = self.load_module(&full, &p);
        self.and_then(step, move |vm, r| {
            let m = r?;
            if !parent.is_none() && new {
                match parent.get::<Module>() {
                    Some(package) => {
                        let name = vm.intern(&name)?;
                        package.dict.set_name(&vm.heap, &name, m.clone())?;
                    }
                    None => vm.set_attr(&parent, &name, m.clone())?,
                }
            }
            let top = if top.is_none() { m.clone() } else { top };
            vm.import_parts(parts, i + 1, m, top, top_wanted)
        })
    }

    fn relative_name(&mut self, text: &str, level: usize, globals: Option<&Gc<Dict>>) -> Res<String> {
        let (name, path) = (self.name(N::__name__).clone(), self.name(N::__path__).clone());
        let package = self.intern("__package__")?;
        let text_at = |key: &Value| globals.and_then(|g| g.get_name(key)).and_then(|v| v.as_str().map(String::from));
        let mut own = text_at(&name).unwrap_or_default();
        // A module of a package that runs as the main program (`-m`) says here where it comes from.
        if own == "__main__"
            && let Some(package) = text_at(&package)
        {
            own = alloc::format!("{package}.__main__");
        }
        let is_package = globals.is_some_and(|g| g.get_name(&path).is_some());
        let mut parts: Vec<&str> = own.split('.').collect();
        let up = if is_package { level - 1 } else { level };
        if up > parts.len() || own.is_empty() || own == "__main__" {
            return Err(self.raise_new(&exc::IMPORT_ERROR, "can't perform relative import"));
        }
        parts.truncate(parts.len() - up);
        if parts.is_empty() {
            return Err(self.raise_new(&exc::IMPORT_ERROR, "can't perform relative import"));
        }
        let mut full = parts.join(".");
        if !text.is_empty() {
            full.push('.');
            full.push_str(text);
        }
        Ok(full)
    }

    /// The module with this full name, run if it is new.
    fn load_module(&mut self, full: &str, parent: &Value) -> Res<Step> {
        let key = self.intern(full)?;
        if let Some(m) = self.modules.get_name(&key) {
            // Without a path only what is built in can be meant: so a file that stands for a built-in module gets at it.
            if parent.is_none()
                && m.get::<Module>().is_some_and(|m| m.def.is_none())
                && self.sys_path().is_empty()
                && let Some(m) = self.builtin_module(full, false)?
            {
                return Ok(Step::Done(m));
            }
            return Ok(Step::Done(m));
        }
        // A file may replace a built-in module, except for those that the VM itself stands on.
        if parent.is_none()
            && let Some(m) = self.builtin_module(full, true)?
        {
            return Ok(Step::Done(m));
        }
        if parent.get::<Module>().is_some_and(|m| m.def.is_some())
            && let Some(m) = self.builtin_module(full, false)?
        {
            return Ok(Step::Done(m));
        }
        for dir in self.search_dirs(parent)? {
            let leaf = full.rsplit('.').next().unwrap_or(full);
            let base =
                if dir.is_empty() { leaf.to_owned() } else { alloc::format!("{}/{leaf}", dir.trim_end_matches('/')) };
            let base = if dir == "/" { alloc::format!("/{leaf}") } else { base };
            if self.source_at(&base) == Found::Folder {
                let init = self.module_file(&alloc::format!("{base}/__init__"));
                let m = self.new_module(&key)?;
                let path = self.new_str(&base)?;
                let name = self.name(N::__path__).clone();
                m.dict.set_name(&self.heap, &name, path)?;
                return match init {
                    Some(init) => self.run_file(m, &init),
                    None => Ok(Step::Done(m.into())),
                };
            }
            if let Some(file) = self.module_file(&base) {
                let m = self.new_module(&key)?;
                return self.run_file(m, &file);
            }
        }
        if parent.is_none()
            && let Some(m) = self.builtin_module(full, false)?
        {
            return Ok(Step::Done(m));
        }
        // The old names with a leading `u`, as those of modules written in Rust: it is the same module.
        if parent.is_none()
            && let Some(name) = full.strip_prefix('u')
            && self.has_frozen(name)
        {
            let step = self.load_module(name, parent);
            return self.and_then(step, move |vm, r| {
                let m = r?;
                vm.modules.set_name(&vm.heap, &key, m.clone())?;
                Ok(Step::Done(m))
            });
        }
        Err(self.raise_fmt(&exc::IMPORT_ERROR, format_args!("no module named '{full}'")))
    }

    /// The file of a module: source, else compiled.
    fn module_file(&mut self, base: &str) -> Option<String> {
        let files = [".py", ".mpy"].map(|ending| alloc::format!("{base}{ending}"));
        files.into_iter().find(|file| self.source_at(file) == Found::File)
    }

    fn source_at(&mut self, path: &str) -> Found {
        match frozen::inside(path) {
            Some(inner) => self.stat_frozen(inner),
            None => self.find_file(path),
        }
    }

    /// The folders of `sys.path`, also when a script put another list or a tuple there.
    fn sys_path(&mut self) -> Vec<String> {
        let texts =
            |items: &[Value]| -> Vec<String> { items.iter().filter_map(|v| v.as_str().map(String::from)).collect() };
        let set = match (self.intern("sys"), self.intern("path")) {
            (Ok(sys), Ok(path)) => self.modules.get_name(&sys).and_then(|m| m.get::<Module>()?.dict.get_name(&path)),
            _ => None,
        };
        if let Some((_, items)) = set.as_ref().and_then(|v| v.tail::<TupleHead>()) {
            return texts(items);
        }
        let list = set.as_ref().and_then(|v| v.get::<List>()).unwrap_or(&self.path);
        list.items.try_borrow().map(|items| texts(&items)).unwrap_or_default()
    }

    fn search_dirs(&mut self, parent: &Value) -> Res<Vec<String>> {
        if let Some(p) = parent.get::<Module>() {
            let name = self.name(N::__path__).clone();
            return Ok(match p.dict.get_name(&name) {
                Some(path) => alloc::vec![String::from(Vm::text_of(&path))],
                None => Vec::new(),
            });
        }
        Ok(self.sys_path())
    }

    fn new_module(&mut self, key: &Value) -> Res<Gc<Module>> {
        let dict = self.new_dict()?;
        let name = self.name(N::__name__).clone();
        dict.set_name(&self.heap, &name, key.clone())?;
        let m = self.heap.alloc(Module { name: key.clone(), dict, def: None })?;
        self.modules.set_name(&self.heap, key, m.value().clone())?;
        Ok(m)
    }

    fn run_file(&mut self, m: Gc<Module>, file: &str) -> Res<Step> {
        let key = m.name.clone();
        let file_name = self.name(N::__file__).clone();
        let inner = frozen::inside(file);
        let path = self.new_str(inner.unwrap_or(file))?;
        m.dict.set_name(&self.heap, &file_name, path)?;
        let made = match inner.and_then(|inner| self.frozen_file(inner)) {
            Some(built_in) => self.load_frozen(built_in, &m.dict),
            None => match self.read_file(file) {
                Ok(data) if file.ends_with(".mpy") => self.load_mpy(&data, &m.dict),
                Ok(text) => self.compile(&text, file, Source::File, &m.dict, false),
                Err(e) => Err(e),
            },
        };
        let function = match made {
            Ok(f) => f,
            Err(e) => {
                self.modules.remove_name(&self.heap, &key);
                return Err(e);
            }
        };
        Ok(Step::call(function, Vec::new(), move |vm, r| match r {
            // What the module left in sys.modules is what is imported: a script may replace itself there.
            Ok(_) => Ok(Step::Done(vm.modules.get_name(&key).unwrap_or(m.into()))),
            Err(e) => {
                vm.modules.remove_name(&vm.heap, &key);
                Err(e)
            }
        }))
    }

    /// A module written in Rust, under its name or (`strict` unset) the old one with a leading `u`. With
    /// `strict` only those that files cannot replace.
    fn builtin_module(&mut self, name: &str, strict: bool) -> Res<Option<Value>> {
        const FIXED: &[&str] = &["sys", "builtins", "micropython", "gc", "_thread", "__main__"];
        if strict && !FIXED.contains(&name) && !FIXED.contains(&name.trim_start_matches('u')) {
            return Ok(None);
        }
        let find = |n: &str| self.registry.iter().copied().find(|d| d.name == n);
        let def = match find(name).or_else(|| name.strip_prefix('u').and_then(find)) {
            Some(d) => d,
            None => return Ok(None),
        };
        let own = self.intern(def.name)?;
        let old = self.intern(&alloc::format!("u{}", def.name))?;
        // Imported before under the other name? A file that took one of the names does not count.
        let is_it = |m: &Value| m.get::<Module>().and_then(|m| m.def).is_some_and(|d| core::ptr::eq(d, def));
        let loaded = [&own, &old].into_iter().find_map(|key| self.modules.get_name(key).filter(is_it));
        let m = match loaded {
            Some(m) => m,
            None if def.name == "builtins" => self.builtins.value().clone(),
            None => {
                let dict = self.new_dict()?;
                let name = self.name(N::__name__).clone();
                dict.set_name(&self.heap, &name, own.clone())?;
                let m = self.heap.alloc(Module { name: own.clone(), dict, def: Some(def) })?;
                if let Some(init) = def.init {
                    init(self, &m)?;
                }
                m.into()
            }
        };
        // Only under the name asked for: the other one may still become a file's.
        let key = self.intern(name)?;
        if self.modules.get_name(&key).is_none() {
            self.modules.set_name(&self.heap, &key, m.clone())?;
        }
        Ok(Some(m))
    }

    /// `from m import name`: attribute or submodule.
    pub(crate) fn import_from_step(&mut self, m: &Value, name: &Value) -> Res<Step> {
        if let Some(v) = self.find_attr(m, name)? {
            return Ok(Step::Done(v));
        }
        let path = self.name(N::__path__).clone();
        if let Some(module) = m.get::<Module>()
            && module.dict.get_name(&path).is_some()
        {
            let leaf = Vm::text_of(name).to_owned();
            let full = alloc::format!("{}.{leaf}", Vm::text_of(&module.name));
            let step = self.load_module(&full, m);
            let m = m.clone();
            return self.and_then(step, move |vm, r| match r {
                Ok(sub) => {
                    vm.set_attr(&m, &leaf, sub.clone())?;
                    Ok(Step::Done(sub))
                }
                Err(e) => Err(e),
            });
        }
        let n = Vm::text_of(name).to_owned();
        Err(self.raise_fmt(&exc::IMPORT_ERROR, format_args!("can't import name {n}")))
    }

    /// `from m import *`.
    pub(crate) fn import_star(&mut self, m: &Value, globals: &Gc<Dict>, namespace: &Value) -> Res<()> {
        let target = namespace.as_gc::<Dict>().cloned().unwrap_or(globals.clone());
        let all = self.name(N::__all__).clone();
        let list = self.find_attr(m, &all)?;
        if let Some(list) = list {
            for name in self.collect(&list)? {
                let name = self.intern_value(&name)?;
                if name.as_str().is_none() {
                    return Err(self.type_error("names in __all__ must be strings"));
                }
                let found = self.import_from_step(m, &name).and_then(|step| self.complete(step));
                let v = match found {
                    Ok(v) => v,
                    Err(_) => {
                        let e = self.take_exception();
                        if !self.is_exception(&e, &exc::IMPORT_ERROR) {
                            return Err(self.raise(e));
                        }
                        // Neither in the module nor a file beside it.
                        self.get_attr(m, Vm::text_of(&name))?
                    }
                };
                target.set_name(&self.heap, &name, v)?;
            }
            return Ok(());
        }
        let dict = match m.as_gc::<Module>().cloned() {
            Some(module) => {
                self.fill_module(&module)?;
                module.dict.clone()
            }
            // Whatever stands in sys.modules under the name: a class, an instance.
            None => {
                let name = self.intern("__dict__")?;
                match self.find_attr(m, &name)?.map(Value::into_gc::<Dict>) {
                    Some(Ok(d)) => d,
                    _ => return Err(self.raise_new(&exc::IMPORT_ERROR, "no module")),
                }
            }
        };
        let pairs: Vec<(Value, Value)> = dict.table.borrow().iter().map(|e| (e.key.clone(), e.value.clone())).collect();
        for (k, v) in pairs {
            if k.as_str().is_some_and(|s| !s.starts_with('_')) {
                target.set_name(&self.heap, &k, v)?;
            }
        }
        Ok(())
    }

    /// Makes every entry of a built-in module's table a value in its dict.
    pub(crate) fn fill_module(&mut self, module: &Gc<Module>) -> Res<()> {
        if let Some(def) = module.def {
            for (n, _) in def.entries {
                let name = self.intern(n)?;
                self.module_attr(module, &name)?;
            }
        }
        Ok(())
    }

    /// Imports a module by name, completed: for natives and ports.
    pub fn import(&mut self, name: &str) -> Res {
        let name = self.intern(name)?;
        let from = Value::TRUE;
        let step = self.import_step(&name, &from, 0, None)?;
        self.complete(step)
    }

    /// Names of all modules and packages that are built in.
    pub fn builtin_module_names(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.registry.iter().map(|d| d.name).collect();
        for path in self.frozen_paths() {
            let name = path.split('/').next().unwrap_or(path).trim_end_matches(".py");
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}
