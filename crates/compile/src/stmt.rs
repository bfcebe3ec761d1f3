//! Statements.

use alloc::vec;

use snakeye_bytecode::{Const, Op};
use snakeye_syntax::ast::{Alias, Expr, ExprKind, ImportFrom, Stmt, StmtKind};

use crate::analyse::imported_name;
use crate::compiler::Compiler;
use crate::error::Compiled;
use crate::scope::ScopeKind;
use crate::unit::{Block, Reg, Way};

/// No from-list.
const NO_CONST: u32 = 0xFFFF;

impl Compiler<'_> {
    pub(crate) fn stmt(&mut self, stmt: &Stmt) -> Compiled {
        // What cannot be reached has been analysed, and needs no code.
        if !self.unit.reachable {
            return Ok(());
        }
        let save = self.unit.top;
        self.unit.set_pos(stmt.pos);
        self.stmt_inner(stmt)?;
        self.unit.top = save;
        self.unit.clear_dirty(save);
        Ok(())
    }

    fn stmt_inner(&mut self, stmt: &Stmt) -> Compiled {
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr_stmt(value),
            StmtKind::Assign(node) => self.assign(&node.targets, &node.value),
            StmtKind::AugAssign(node) => self.aug_assign(node),
            StmtKind::AnnAssign(node) => match &node.value {
                Some(value) => self.assign(core::slice::from_ref(&node.target), value),
                None => Ok(()),
            },
            StmtKind::If(node) => self.if_stmt(node),
            StmtKind::While(node) => self.while_loop(node),
            StmtKind::For(node) => self.for_loop(node, false),
            StmtKind::AsyncFor(node) => self.for_loop(node, true),
            StmtKind::Return(value) => self.return_stmt(value.as_ref()),
            StmtKind::Break => self.leave_blocks(Way::Break, 0),
            StmtKind::Continue => self.leave_blocks(Way::Continue, 0),
            StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => self.function_def(def, stmt.pos),
            StmtKind::ClassDef(def) => self.class_def(def, stmt.pos),
            StmtKind::Try(node) => self.try_stmt(node),
            StmtKind::With(node) => self.with_stmt(&node.items, &node.body, false),
            StmtKind::AsyncWith(node) => self.with_stmt(&node.items, &node.body, true),
            StmtKind::Raise { exc, cause } => self.raise(exc.as_ref(), cause.as_ref()),
            StmtKind::Assert { test, msg } => self.assert_stmt(test, msg.as_ref()),
            StmtKind::Delete(targets) => targets.iter().try_for_each(|t| self.delete(t)),
            StmtKind::Import(names) => names.iter().try_for_each(|alias| self.import(alias)),
            StmtKind::ImportFrom(node) => self.import_from(node),
            StmtKind::Global(names) if self.scopes.get(self.scope).kind == ScopeKind::Module => {
                self.session.globals.extend(names);
                Ok(())
            }
            StmtKind::Global(_) | StmtKind::Nonlocal(_) | StmtKind::Pass => Ok(()),
        }
    }

    fn expr_stmt(&mut self, value: &Expr) -> Compiled {
        let prints = self.session.mode.is_interactive() && self.scopes.get(self.unit.scope).kind == ScopeKind::Module;
        if prints {
            let reg = self.operand(value)?;
            self.unit.op(Op::PrintExpr, reg, 0, 0);
        } else if !matches!(value.kind, ExprKind::Constant(_)) {
            // MicroPython drops lonely constants; anything else may have an effect.
            self.operand(value)?;
        }
        Ok(())
    }

    fn raise(&mut self, exc: Option<&Expr>, cause: Option<&Expr>) -> Compiled {
        match (exc, cause) {
            (Some(exc), None) => {
                let reg = self.operand(exc)?;
                self.unit.op(Op::Raise, reg, 0, 0);
            }
            (Some(exc), Some(cause)) => {
                let reg = self.operand_before(exc, None, &[cause])?;
                let cause = self.operand(cause)?;
                self.unit.op(Op::RaiseFrom, reg, cause, 0);
            }
            (None, _) => self.reraise()?,
        }
        self.unit.stop();
        Ok(())
    }

    /// `raise` alone: what the innermost `except`, or `finally` during an exception, is about.
    fn reraise(&mut self) -> Compiled {
        for i in (0..self.unit.blocks.len()).rev() {
            match self.unit.blocks[i] {
                Block::Except { exc, .. } => {
                    self.unit.op(Op::Reraise, exc, 0, 0);
                    return Ok(());
                }
                Block::Finally { completion, value } => {
                    let other = self.unit.label();
                    self.unit.branch(Op::JumpEqI, completion, 1, 0, other);
                    self.unit.op(Op::Reraise, value, 0, 0);
                    self.unit.stop();
                    self.unit.bind(other);
                }
                Block::Loop { .. } | Block::Guarded { .. } => {}
            }
        }
        let reg = self.call_with_text("RuntimeError", "no active exception to reraise")?;
        self.unit.op(Op::Raise, reg, 0, 0);
        Ok(())
    }

    fn assert_stmt(&mut self, test: &Expr, msg: Option<&Expr>) -> Compiled {
        if self.session.options.optimize > 0 {
            return Ok(());
        }
        let ok = self.unit.label();
        self.branch_on(test, true, ok)?;
        let class = self.unit.alloc()?;
        self.load_builtin("AssertionError", class);
        if let Some(msg) = msg {
            self.temp(msg)?;
            self.unit.op(Op::Call, class, 1, 0);
        }
        self.unit.op(Op::Raise, class, 0, 0);
        self.unit.stop();
        self.unit.bind(ok);
        Ok(())
    }

    fn import(&mut self, alias: &Alias) -> Compiled {
        let save = self.unit.top;
        let reg = self.unit.alloc()?;
        let text = self.names.text(alias.name);
        let name = self.unit.plain_name(text);
        self.unit.op_bx_x(Op::Import, reg, name, NO_CONST);
        if alias.asname.is_some() {
            // `import a.b as c` binds the module at the end.
            for part in text.split('.').skip(1) {
                let name = self.unit.plain_name(part);
                self.attribute(Op::LoadAttr, reg, reg, 0, name);
            }
        }
        match imported_name(self.names, alias) {
            Some(name) => self.store_name(name, reg, true),
            None => self.store_top(text.split('.').next().unwrap_or(text), reg),
        }
        self.unit.top = save;
        Ok(())
    }

    /// Binds the first part of a dotted name, which the source has not used as a name so far.
    fn store_top(&mut self, text: &str, reg: Reg) {
        let scope = self.scopes.get(self.unit.scope).kind;
        let name = self.unit.plain_name(text);
        match scope {
            ScopeKind::Module if !self.session.options.separate_locals => {
                let cache = self.unit.global_cache(name, true);
                self.unit.op_bx_x(Op::StoreGlobal, reg, name, u32::from(cache) | 1 << 16);
            }
            ScopeKind::Module | ScopeKind::Class => self.unit.op_bx(Op::StoreName, reg, name),
            // A local that nobody reads.
            ScopeKind::Function | ScopeKind::Comp => self.unit.clear(u16::from(reg), 1),
        }
    }

    fn import_from(&mut self, node: &ImportFrom) -> Compiled {
        let module = node.module.map_or("", |name| self.names.text(name));
        let reg = self.unit.alloc()?;
        let mut list = vec![];
        for alias in &node.names {
            list.push(Const::Str(self.names.text(alias.name).into()));
        }
        let list = self.unit.constant(Const::Tuple(list));
        let name = self.unit.plain_name(module);
        let level = node.level.min(0xFFFF);
        self.unit.op_bx_x(Op::Import, reg, name, u32::from(list) | level << 16);
        for alias in &node.names {
            let text = self.names.text(alias.name);
            if text == "*" {
                self.unit.op(Op::ImportStar, reg, 0, 0);
                continue;
            }
            let value = self.unit.alloc()?;
            let name = self.name(alias.name);
            self.unit.op_x(Op::ImportFrom, value, reg, 0, u32::from(name));
            self.store_name(alias.asname.unwrap_or(alias.name), value, true);
            self.unit.top = u16::from(value);
        }
        Ok(())
    }
}
