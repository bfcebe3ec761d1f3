//! The compiler's state, and how names are read and written.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::vec::Vec;

use snakeye_bytecode::{Const, FreeVar, Op, Special};
use snakeye_syntax::ast::{Expr, ExprKind, Pos};
use snakeye_syntax::{Interner, Symbol};

use crate::error::{Compiled, error};
use crate::scope::{KnownNames, ScopeId, ScopeKind, Scopes, Uses};
use crate::unit::{Reg, Unit};
use crate::walk::each_child;
use crate::{Mode, Options};

/// What holds for a whole source text.
#[derive(Debug)]
pub(crate) struct Session {
    pub file: Rc<str>,
    pub mode: Mode,
    pub options: Options,
    /// Globals that `const()` made constant; None where the value is known at run time only.
    pub consts: BTreeMap<Symbol, Option<Const>>,
    /// Names that a `global` statement at the top level declared.
    pub globals: BTreeSet<Symbol>,
}

/// Where a variable lives, seen from the current scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Var {
    /// In a register.
    Reg(Reg),
    /// In a cell in a register.
    Cell(Reg),
    /// In a cell of an enclosing function.
    Free(u16),
    /// In the class namespace or else a cell of an enclosing function. Only read.
    ClassFree(u16),
    /// A global.
    Global,
    /// In the frame's namespace dict.
    Name,
}

/// Compiles statements and expressions into the current unit.
pub(crate) struct Compiler<'a> {
    pub names: &'a Interner,
    pub known: KnownNames,
    pub scopes: Scopes,
    pub scope: ScopeId,
    pub unit: Box<Unit>,
    pub session: &'a mut Session,
}

impl Compiler<'_> {
    /// The text of a name.
    pub(crate) fn text(&self, name: Symbol) -> &str {
        if name == self.known.class_cell { "__class__" } else { self.names.text(name) }
    }

    /// The index of a name in the unit.
    pub(crate) fn name(&mut self, name: Symbol) -> u16 {
        let text = self.names.text(name);
        if name == self.known.class_cell { self.unit.name(name, "__class__") } else { self.unit.name(name, text) }
    }

    /// Where `name` lives.
    pub(crate) fn lookup(&self, name: Symbol) -> Var {
        let mut id = self.scope;
        let mut inside_comp = false;
        loop {
            let scope = self.scopes.get(id);
            let uses = self.scopes.uses(id, name);
            match scope.kind {
                ScopeKind::Comp => {
                    if uses.is_local()
                        && let Some(reg) = self.comp_var(id, name)
                    {
                        return variable(reg, uses);
                    }
                    inside_comp = true;
                    id = scope.parent;
                }
                ScopeKind::Function => {
                    if uses.is_local()
                        && let Some(&reg) = self.unit.locals.get(&name)
                    {
                        return variable(reg, uses);
                    }
                    return self.free_var(id, name, uses).map_or(Var::Global, Var::Free);
                }
                ScopeKind::Class if inside_comp => {
                    if name == self.known.class_cell
                        && let Some(&reg) = self.unit.locals.get(&name)
                    {
                        return Var::Cell(reg);
                    }
                    return self.free_var(id, name, uses).map_or(Var::Global, Var::Free);
                }
                ScopeKind::Class => {
                    if uses.has(Uses::GLOBAL) {
                        return Var::Global;
                    }
                    let free = self.free_var(id, name, uses);
                    return match free {
                        Some(index) if uses.has(Uses::NONLOCAL) => Var::Free(index),
                        Some(index) if !uses.has(Uses::BOUND) => Var::ClassFree(index),
                        _ => Var::Name,
                    };
                }
                ScopeKind::Module => {
                    return if self.session.options.separate_locals && !self.session.globals.contains(&name) {
                        Var::Name
                    } else {
                        Var::Global
                    };
                }
            }
        }
    }

    fn comp_var(&self, scope: ScopeId, name: Symbol) -> Option<Reg> {
        self.unit.comp_vars.iter().rev().find(|(s, n, _)| *s == scope && *n == name).map(|&(_, _, reg)| reg)
    }

    fn free_var(&self, frame: ScopeId, name: Symbol, uses: Uses) -> Option<u16> {
        if uses.has(Uses::GLOBAL) {
            return None;
        }
        let free = &self.scopes.get(frame).free;
        free.iter().position(|&n| n == name).map(|i| i as u16)
    }

    /// Where a nested function finds the variable it captures.
    pub(crate) fn capture(&self, name: Symbol) -> Option<FreeVar> {
        let mut id = self.scope;
        loop {
            let scope = self.scopes.get(id);
            if scope.kind == ScopeKind::Comp {
                if self.scopes.uses(id, name).is_local()
                    && let Some(reg) = self.comp_var(id, name)
                {
                    return Some(FreeVar::Cell(reg));
                }
                id = scope.parent;
                continue;
            }
            let uses = self.scopes.uses(id, name);
            let own = match scope.kind {
                ScopeKind::Function => uses.is_local(),
                ScopeKind::Class => name == self.known.class_cell,
                ScopeKind::Comp | ScopeKind::Module => false,
            };
            if own && let Some(&reg) = self.unit.locals.get(&name) {
                return Some(FreeVar::Cell(reg));
            }
            let free = scope.free.iter().position(|&n| n == name);
            return free.map(|index| FreeVar::Free(index as u16));
        }
    }

    /// Reads a variable into `dst`.
    pub(crate) fn load_name(&mut self, name: Symbol, dst: Reg) {
        match self.lookup(name) {
            Var::Reg(reg) => {
                self.check_bound(reg);
                if reg != dst {
                    self.unit.op(Op::Move, dst, reg, 0);
                }
            }
            Var::Cell(reg) => self.unit.op(Op::LoadCell, dst, reg, 0),
            Var::Free(index) => self.unit.op_bx(Op::LoadFree, dst, index),
            Var::ClassFree(index) => {
                let name = self.name(name);
                self.unit.op_bx_x(Op::LoadClassFree, dst, index, u32::from(name));
            }
            Var::Global => {
                let name = self.name(name);
                self.load_global_id(name, dst);
            }
            Var::Name => {
                let name = self.name(name);
                self.unit.op_bx(Op::LoadName, dst, name);
            }
        }
    }

    fn load_global_id(&mut self, name: u16, dst: Reg) {
        let cache = self.unit.global_cache(name, false);
        self.unit.op_bx_x(Op::LoadGlobal, dst, name, u32::from(cache));
    }

    /// Reads a global that the compiler needs itself.
    pub(crate) fn load_builtin(&mut self, name: &str, dst: Reg) {
        let name = self.unit.plain_name(name);
        self.load_global_id(name, dst);
    }

    /// Raises NameError here if the variable may be unbound.
    pub(crate) fn check_bound(&mut self, reg: Reg) {
        if !self.unit.assigned.contains(reg) {
            self.unit.op(Op::CheckBound, reg, 0, 0);
            self.unit.assigned.insert(reg);
        }
    }

    /// Assigns `src` to a variable. A temporary `src` is consumed when `consume` says that it is not
    /// needed any more.
    pub(crate) fn store_name(&mut self, name: Symbol, src: Reg, consume: bool) {
        let consume = consume && !self.unit.is_var(src);
        match self.lookup(name) {
            Var::Reg(reg) => {
                if reg != src {
                    let op = if consume { Op::Take } else { Op::Move };
                    self.unit.op(op, reg, src, 0);
                }
                self.unit.assigned.insert(reg);
            }
            Var::Cell(reg) => self.unit.op(Op::StoreCell, reg, src, 0),
            Var::Free(index) | Var::ClassFree(index) => {
                self.unit.op_bx(Op::StoreFree, src, index);
            }
            Var::Global => {
                let name = self.name(name);
                let cache = self.unit.global_cache(name, true);
                let flags = u32::from(consume) << 16;
                self.unit.op_bx_x(Op::StoreGlobal, src, name, u32::from(cache) | flags);
            }
            Var::Name => {
                let name = self.name(name);
                self.unit.op_bx(Op::StoreName, src, name);
            }
        }
    }

    /// `del name`
    pub(crate) fn delete_name(&mut self, name: Symbol) {
        match self.lookup(name) {
            Var::Reg(reg) => {
                self.check_bound(reg);
                self.unbind_reg(reg);
            }
            Var::Cell(reg) => self.unit.op(Op::DelCell, reg, 0, 0),
            Var::Free(index) | Var::ClassFree(index) => self.unit.op_bx(Op::DelFree, 0, index),
            Var::Global => {
                let name = self.name(name);
                self.unit.op_bx(Op::DelGlobal, 0, name);
            }
            Var::Name => {
                let name = self.name(name);
                self.unit.op_bx(Op::DelName, 0, name);
            }
        }
    }

    fn unbind_reg(&mut self, reg: Reg) {
        self.unit.clear(u16::from(reg), 1);
        self.unit.assigned.remove(reg);
    }

    /// Unbinds the name of an `except … as` clause, which the program may have unbound already.
    pub(crate) fn unbind_handler_name(&mut self, name: Symbol) -> Compiled {
        if let Var::Reg(reg) = self.lookup(name) {
            self.unbind_reg(reg);
            return Ok(());
        }
        let save = self.unit.top;
        let none = self.unit.alloc()?;
        self.unit.load_special(none, Special::None);
        self.store_name(name, none, true);
        self.delete_name(name);
        self.unit.top = save;
        Ok(())
    }

    /// Loads a constant.
    pub(crate) fn load_const(&mut self, value: Const, dst: Reg) {
        match value {
            Const::None => self.unit.load_special(dst, Special::None),
            Const::Bool(false) => self.unit.load_special(dst, Special::False),
            Const::Bool(true) => self.unit.load_special(dst, Special::True),
            Const::Ellipsis => self.unit.load_special(dst, Special::Ellipsis),
            Const::Int(n) if i16::try_from(n).is_ok() => {
                self.unit.op_bx(Op::LoadInt, dst, n as i16 as u16);
            }
            value => {
                let index = self.unit.constant(value);
                self.unit.op_bx(Op::LoadConst, dst, index);
            }
        }
    }

    /// Whether evaluating one of `exprs` may assign the variable in `reg` (by `:=`).
    pub(crate) fn may_assign(&self, exprs: &[&Expr], reg: Reg) -> bool {
        self.scopes.get(self.unit.scope).has_walrus && exprs.iter().any(|expr| self.assigns(expr, reg))
    }

    fn assigns(&self, expr: &Expr, reg: Reg) -> bool {
        if let ExprKind::NamedExpr { target, .. } = expr.kind
            && self.lookup(target) == Var::Reg(reg)
        {
            return true;
        }
        let mut found = false;
        each_child(expr, &mut |child| {
            found = found || self.assigns(child, reg);
        });
        found
    }

    /// Reserves the registers of the frame's variables and makes the cells among them. `params` come
    /// first and are bound.
    pub(crate) fn declare_locals(&mut self) -> Compiled {
        let scope = self.scopes.get(self.unit.scope);
        let n_params = scope.n_params;
        let names: Vec<Symbol> =
            scope.bound.iter().copied().filter(|&name| self.scopes.uses(self.unit.scope, name).is_local()).collect();
        let mut cells = Vec::new();
        for (i, name) in names.into_iter().enumerate() {
            let reg = self.unit.alloc()?;
            self.unit.locals.insert(name, reg);
            self.unit.vars.insert(reg);
            let text = self.text(name).into();
            self.unit.code.varnames.push(text);
            let uses = self.scopes.uses(self.unit.scope, name);
            if i < n_params {
                self.unit.assigned.insert(reg);
            }
            if uses.has(Uses::DELETED) {
                self.unit.deleted.insert(reg);
            }
            if uses.has(Uses::CELL) {
                cells.push(reg);
            }
        }
        for reg in cells {
            self.unit.op(Op::MakeCell, reg, 0, 0);
        }
        Ok(())
    }

    /// A syntax error at an expression.
    pub(crate) fn fail<T>(&self, pos: Pos, message: &str) -> Compiled<T> {
        error(pos, message)
    }
}

fn variable(reg: Reg, uses: Uses) -> Var {
    if uses.has(Uses::CELL) { Var::Cell(reg) } else { Var::Reg(reg) }
}
