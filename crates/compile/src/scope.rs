//! Which name means what: the scopes of a statement and how names resolve across them.
//!
//! A *frame* is what runs with its own registers: module, class body, function. A comprehension is a
//! scope of its own for names, but runs in the registers of the frame around it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use snakeye_syntax::ast::Pos;
use snakeye_syntax::{Interner, Symbol};

use crate::error::{Compiled, error};

/// Index of a scope in [`Scopes`].
pub(crate) type ScopeId = usize;

/// Stands for `__class__` where the source does not mention it (`super()`).
const CLASS_CELL: Symbol = Symbol(u32::MAX);

/// Names that the compiler treats in a special way, as far as the source mentions them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownNames {
    pub class_cell: Symbol,
    pub super_: Option<Symbol>,
    pub const_: Option<Symbol>,
    pub debug: Option<Symbol>,
    pub micropython: Option<Symbol>,
}

impl KnownNames {
    pub fn new(names: &Interner) -> Self {
        KnownNames {
            class_cell: names.lookup("__class__").unwrap_or(CLASS_CELL),
            super_: names.lookup("super"),
            const_: names.lookup("const"),
            debug: names.lookup("__debug__"),
            micropython: names.lookup("micropython"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    /// A function, lambda or generator expression.
    Function,
    /// A list, set or dict comprehension.
    Comp,
}

/// What a scope does with a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses(pub u8);

impl Uses {
    /// It is read.
    pub const READ: u8 = 1;
    /// It is assigned, or is a parameter.
    pub const BOUND: u8 = 2;
    /// `global`
    pub const GLOBAL: u8 = 4;
    /// `nonlocal`
    pub const NONLOCAL: u8 = 8;
    /// An inner frame refers to it.
    pub const CELL: u8 = 16;
    /// It may become unbound again: `del`, `except … as`.
    pub const DELETED: u8 = 32;
    /// It is a parameter.
    pub const PARAM: u8 = 64;

    pub fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// Whether it is a local variable here.
    pub fn is_local(self) -> bool {
        self.has(Self::BOUND) && !self.has(Self::GLOBAL | Self::NONLOCAL)
    }
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub kind: ScopeKind,
    pub parent: ScopeId,
    /// The scope of the frame; itself unless it is a comprehension.
    pub frame: ScopeId,
    pub names: BTreeMap<Symbol, Uses>,
    /// Names in the order in which they were first bound; parameters first.
    pub bound: Vec<Symbol>,
    /// Free variables, of a frame.
    pub free: Vec<Symbol>,
    /// Parameters in the order of their registers.
    pub n_params: usize,
    pub is_generator: bool,
    pub is_async: bool,
    /// A generator expression.
    pub is_genexpr: bool,
    /// Some expression of the frame binds a local with `:=`.
    pub has_walrus: bool,
    nonlocals: Vec<(Symbol, Pos)>,
}

/// The scopes of one top-level statement; the first is the module.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    list: Vec<Scope>,
    /// Address of a node of the tree to its scope.
    of_node: BTreeMap<usize, ScopeId>,
}

impl Scopes {
    pub fn new() -> Self {
        let mut scopes = Scopes::default();
        scopes.push(ScopeKind::Module, 0);
        scopes
    }

    /// Adds a scope inside `parent`.
    pub fn push(&mut self, kind: ScopeKind, parent: ScopeId) -> ScopeId {
        let id = self.list.len();
        let frame = if kind == ScopeKind::Comp { self.get(parent).frame } else { id };
        self.list.push(Scope {
            kind,
            parent,
            frame,
            names: BTreeMap::new(),
            bound: Vec::new(),
            free: Vec::new(),
            n_params: 0,
            is_generator: false,
            is_async: false,
            is_genexpr: false,
            has_walrus: false,
            nonlocals: Vec::new(),
        });
        id
    }

    /// Remembers that `scope` belongs to a node of the tree.
    pub fn attach<T>(&mut self, node: &T, scope: ScopeId) {
        self.of_node.insert(core::ptr::from_ref(node).addr(), scope);
    }

    /// The scope of a node; the module's for a node without one.
    pub fn of<T>(&self, node: &T) -> ScopeId {
        let key = core::ptr::from_ref(node).addr();
        self.of_node.get(&key).copied().unwrap_or(0)
    }

    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.list[id]
    }

    pub fn get_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.list[id]
    }

    pub fn uses(&self, id: ScopeId, name: Symbol) -> Uses {
        self.get(id).names.get(&name).copied().unwrap_or_default()
    }

    pub fn add_use(&mut self, id: ScopeId, name: Symbol, flags: u8) {
        let scope = self.get_mut(id);
        let uses = scope.names.entry(name).or_default();
        if flags & Uses::BOUND != 0 && !uses.has(Uses::BOUND) {
            scope.bound.push(name);
        }
        uses.0 |= flags;
    }

    pub fn declare_global(&mut self, id: ScopeId, name: Symbol, pos: Pos) -> Compiled {
        let uses = self.uses(id, name);
        if uses.has(!Uses::GLOBAL) && self.get(id).kind != ScopeKind::Module {
            return error(pos, "identifier redefined as global");
        }
        self.add_use(id, name, Uses::GLOBAL);
        Ok(())
    }

    pub fn declare_nonlocal(&mut self, id: ScopeId, name: Symbol, pos: Pos) -> Compiled {
        if self.get(id).kind == ScopeKind::Module {
            return error(pos, "can't declare nonlocal in outer code");
        }
        if self.uses(id, name).has(!Uses::NONLOCAL) {
            return error(pos, "identifier redefined as nonlocal");
        }
        self.add_use(id, name, Uses::NONLOCAL);
        self.get_mut(id).nonlocals.push((name, pos));
        Ok(())
    }

    /// Finds the owner of every name that is used in a scope but not bound there, and marks cells and
    /// free variables on the way.
    pub fn resolve(&mut self, known: &KnownNames) -> Compiled {
        for id in 1..self.list.len() {
            let outer: Vec<Symbol> = self
                .get(id)
                .names
                .iter()
                .filter(|(_, uses)| !uses.is_local() && !uses.has(Uses::GLOBAL))
                .map(|(&name, _)| name)
                .collect();
            for name in outer {
                self.resolve_name(id, name, known);
            }
            for (name, pos) in core::mem::take(&mut self.get_mut(id).nonlocals) {
                if self.owner(id, name, known).is_none() {
                    return error(pos, "no binding for nonlocal found");
                }
            }
        }
        Ok(())
    }

    fn resolve_name(&mut self, id: ScopeId, name: Symbol, known: &KnownNames) {
        let Some(owner) = self.owner(id, name, known) else {
            return;
        };
        let owner_frame = self.get(owner).frame;
        let mut frame = self.get(id).frame;
        if frame == owner_frame {
            // A comprehension in a class body may mention the class's own cell.
            if self.get(owner).kind == ScopeKind::Class {
                self.add_use(owner, name, Uses::CELL);
            }
            return;
        }
        self.add_use(owner, name, Uses::CELL);
        while frame != owner_frame {
            let scope = self.get_mut(frame);
            if !scope.free.contains(&name) {
                scope.free.push(name);
            }
            frame = self.get(self.get(frame).parent).frame;
        }
    }

    /// The scope outside `id` that owns `name`; None when it is a global.
    fn owner(&self, id: ScopeId, name: Symbol, known: &KnownNames) -> Option<ScopeId> {
        let mut id = self.get(id).parent;
        loop {
            let scope = self.get(id);
            let uses = self.uses(id, name);
            match scope.kind {
                ScopeKind::Module => return None,
                ScopeKind::Class if name == known.class_cell => return Some(id),
                ScopeKind::Class => {}
                ScopeKind::Function | ScopeKind::Comp => {
                    if uses.has(Uses::GLOBAL) {
                        return None;
                    }
                    if uses.is_local() {
                        return Some(id);
                    }
                }
            }
            id = scope.parent;
        }
    }
}
