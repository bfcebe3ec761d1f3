//! Modules in Python that are built into the firmware. They are found through the entry `.frozen` of `sys.path`.

use super::exec::Source;
use crate::host::Found;
use crate::object::{Dict, StrValue};
use crate::vm::{Res, Vm};
use snakeye_heap::Gc;

/// The entry of `sys.path` that stands for them.
pub(super) const FOLDER: &str = ".frozen";

/// A file built into the firmware.
#[derive(Clone, Copy, Debug)]
pub struct Frozen {
    /// Its path, as in `asyncio/core.py`.
    pub path: &'static str,
    /// Its text. It is compiled when it is imported.
    pub source: &'static str,
}

/// The path inside the built-in files; `None` when it does not lead there.
pub(super) fn inside(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER)?.strip_prefix('/')
}

impl Vm {
    /// Makes these files importable, before those that were there.
    pub fn add_frozen(&mut self, files: &'static [Frozen]) {
        self.frozen.insert(0, files);
    }

    /// Paths of all built-in files.
    pub fn frozen_paths(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.frozen.iter().flat_map(|files| files.iter().map(|f| f.path))
    }

    pub(super) fn frozen_file(&self, path: &str) -> Option<&'static Frozen> {
        self.frozen.iter().copied().flatten().find(|f| f.path == path)
    }

    /// The function that runs a built-in file as a module with these globals. The one place that knows what form
    /// built-in files have.
    pub(super) fn load_frozen(&mut self, file: &Frozen, globals: &Gc<Dict>) -> Res {
        self.compile(file.source.as_bytes(), file.path, Source::File, globals, false)
    }

    /// Whether the search path leads to a built-in module or package of this name.
    pub(super) fn has_frozen(&self, name: &str) -> bool {
        let on_path = self.path.items.try_borrow().is_ok_and(|p| p.iter().any(|d| d.as_str() == Some(FOLDER)));
        on_path && (self.stat_frozen(name) == Found::Folder || self.frozen_file(&alloc::format!("{name}.py")).is_some())
    }

    pub(super) fn stat_frozen(&self, path: &str) -> Found {
        if self.frozen_file(path).is_some() {
            return Found::File;
        }
        let is_folder = |p: &str| p.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        if self.frozen_paths().any(is_folder) { Found::Folder } else { Found::Nothing }
    }
}
