//! Collects the scopes of a statement, and finds what is wrong before code is made: statements outside
//! the place they belong to, declarations that contradict each other.

use snakeye_syntax::ast::{
    Alias, Arg, Arguments, Comprehension, Expr, ExprKind, For, FunctionDef, Pos, Stmt, StmtKind, With,
};
use snakeye_syntax::{Interner, Symbol};

use crate::error::{Compiled, error};
use crate::scope::{KnownNames, ScopeId, ScopeKind, Scopes, Uses};
use crate::walk::each_child;

/// Walks the tree.
pub(crate) struct Analysis<'a> {
    pub scopes: Scopes,
    names: &'a Interner,
    known: &'a KnownNames,
    current: ScopeId,
    /// Loops around the statement, within its frame.
    loops: usize,
}

impl<'a> Analysis<'a> {
    pub fn new(names: &'a Interner, known: &'a KnownNames) -> Self {
        Analysis { scopes: Scopes::new(), names, known, current: 0, loops: 0 }
    }

    /// Resolves the names of what was walked.
    pub fn finish(mut self) -> Compiled<Scopes> {
        self.scopes.resolve(self.known)?;
        Ok(self.scopes)
    }

    fn read(&mut self, name: Symbol) {
        self.scopes.add_use(self.current, name, Uses::READ);
    }

    fn bind(&mut self, name: Symbol) {
        self.scopes.add_use(self.current, name, Uses::BOUND);
    }

    fn frame(&self) -> ScopeId {
        self.scopes.get(self.current).frame
    }

    /// The frame, if it is one that may `yield` and `await`.
    fn function(&self) -> Option<ScopeId> {
        let frame = self.frame();
        let scope = self.scopes.get(frame);
        (scope.kind == ScopeKind::Function && !scope.is_genexpr).then_some(frame)
    }

    pub fn body(&mut self, body: &[Stmt]) -> Compiled {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    pub fn stmt(&mut self, stmt: &Stmt) -> Compiled {
        match &stmt.kind {
            StmtKind::FunctionDef(def) => self.function_def(def, false),
            StmtKind::AsyncFunctionDef(def) => self.function_def(def, true),
            StmtKind::ClassDef(def) => {
                self.exprs(&def.decorator_list)?;
                self.exprs(&def.bases)?;
                def.keywords.iter().try_for_each(|k| self.expr(&k.value))?;
                self.bind(def.name);
                let scope = self.scopes.push(ScopeKind::Class, self.current);
                self.scopes.attach(&**def, scope);
                self.inside(scope, |this| this.body(&def.body))
            }
            StmtKind::Return(value) => {
                if self.function().is_none() {
                    return error(stmt.pos, "'return' outside function");
                }
                self.optional(value)
            }
            StmtKind::Delete(targets) => targets.iter().try_for_each(|t| self.target(t, true)),
            StmtKind::Assign(assign) => {
                self.expr(&assign.value)?;
                assign.targets.iter().try_for_each(|t| self.target(t, false))
            }
            StmtKind::AugAssign(assign) => {
                self.expr(&assign.value)?;
                if let ExprKind::Name(name) = assign.target.kind {
                    self.read(name);
                }
                self.target(&assign.target, false)
            }
            StmtKind::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.expr(value)?;
                    self.target(&assign.target, false)
                } else {
                    // A bare annotation is ignored, but makes a local of a function.
                    if let ExprKind::Name(name) = assign.target.kind
                        && self.function().is_some()
                    {
                        self.bind(name);
                    }
                    Ok(())
                }
            }
            StmtKind::For(node) => self.for_loop(node),
            StmtKind::AsyncFor(node) => {
                self.require_async(stmt.pos)?;
                self.for_loop(node)
            }
            StmtKind::While(node) => {
                self.expr(&node.test)?;
                self.loop_body(&node.body)?;
                self.body(&node.orelse)
            }
            StmtKind::If(node) => {
                for branch in &node.branches {
                    self.expr(&branch.test)?;
                    self.body(&branch.body)?;
                }
                self.body(&node.orelse)
            }
            StmtKind::With(node) => self.with(node),
            StmtKind::AsyncWith(node) => {
                self.require_async(stmt.pos)?;
                self.with(node)
            }
            StmtKind::Raise { exc, cause } => {
                self.optional(exc)?;
                self.optional(cause)
            }
            StmtKind::Try(node) => {
                self.body(&node.body)?;
                for handler in &node.handlers {
                    self.optional(&handler.typ)?;
                    if let Some(name) = handler.name {
                        self.scopes.add_use(self.current, name, Uses::BOUND | Uses::DELETED);
                    }
                    self.body(&handler.body)?;
                }
                self.body(&node.orelse)?;
                self.body(&node.finalbody)
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.optional(msg)
            }
            StmtKind::Import(names) => {
                for alias in names {
                    if let Some(name) = imported_name(self.names, alias) {
                        self.bind(name);
                    }
                }
                Ok(())
            }
            StmtKind::ImportFrom(node) => {
                for alias in &node.names {
                    if self.names.text(alias.name) == "*" {
                        if self.scopes.get(self.current).kind != ScopeKind::Module {
                            return error(stmt.pos, "import * not at module level");
                        }
                    } else {
                        self.bind(alias.asname.unwrap_or(alias.name));
                    }
                }
                Ok(())
            }
            StmtKind::Global(names) => {
                names.iter().try_for_each(|&name| self.scopes.declare_global(self.current, name, stmt.pos))
            }
            StmtKind::Nonlocal(names) => {
                names.iter().try_for_each(|&name| self.scopes.declare_nonlocal(self.current, name, stmt.pos))
            }
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Pass => Ok(()),
            StmtKind::Break | StmtKind::Continue => {
                if self.loops == 0 {
                    return error(stmt.pos, "'break'/'continue' outside loop");
                }
                Ok(())
            }
        }
    }

    fn function_def(&mut self, def: &FunctionDef, is_async: bool) -> Compiled {
        self.exprs(&def.decorator_list)?;
        self.defaults(&def.args)?;
        self.bind(def.name);
        let scope = self.scopes.push(ScopeKind::Function, self.current);
        self.scopes.attach(def, scope);
        let node = self.scopes.get_mut(scope);
        node.is_async = is_async;
        node.is_generator = is_async;
        self.inside(scope, |this| {
            this.parameters(&def.args)?;
            this.body(&def.body)
        })
    }

    fn inside(&mut self, scope: ScopeId, walk: impl FnOnce(&mut Self) -> Compiled) -> Compiled {
        let current = core::mem::replace(&mut self.current, scope);
        let loops = core::mem::take(&mut self.loops);
        let result = walk(self);
        self.current = current;
        self.loops = loops;
        result
    }

    fn defaults(&mut self, args: &Arguments) -> Compiled {
        self.exprs(&args.defaults)?;
        args.kw_defaults.iter().flatten().try_for_each(|e| self.expr(e))
    }

    fn parameters(&mut self, args: &Arguments) -> Compiled {
        for arg in parameters(args) {
            if self.scopes.uses(self.current, arg.name).has(Uses::PARAM) {
                return error(arg.pos, "argument name reused");
            }
            self.scopes.add_use(self.current, arg.name, Uses::BOUND | Uses::PARAM);
            self.scopes.get_mut(self.current).n_params += 1;
        }
        Ok(())
    }

    fn require_async(&self, pos: Pos) -> Compiled {
        if self.scopes.get(self.frame()).is_async {
            Ok(())
        } else {
            error(pos, "async for/with outside async function")
        }
    }

    fn loop_body(&mut self, body: &[Stmt]) -> Compiled {
        self.loops += 1;
        let result = self.body(body);
        self.loops -= 1;
        result
    }

    fn for_loop(&mut self, node: &For) -> Compiled {
        self.expr(&node.iter)?;
        self.target(&node.target, false)?;
        self.loop_body(&node.body)?;
        self.body(&node.orelse)
    }

    fn with(&mut self, node: &With) -> Compiled {
        for item in &node.items {
            self.expr(&item.context_expr)?;
            if let Some(target) = &item.optional_vars {
                self.target(target, false)?;
            }
        }
        self.body(&node.body)
    }

    /// An assignment or deletion target.
    fn target(&mut self, target: &Expr, delete: bool) -> Compiled {
        match &target.kind {
            ExprKind::Name(name) => {
                let deleted = if delete { Uses::DELETED } else { 0 };
                self.scopes.add_use(self.current, *name, Uses::BOUND | deleted);
                Ok(())
            }
            ExprKind::Tuple(elts) | ExprKind::List(elts) => elts.iter().try_for_each(|e| self.target(e, delete)),
            ExprKind::Starred(value) => self.target(value, delete),
            _ => self.expr(target),
        }
    }

    /// A whole `eval` source.
    pub fn expression(&mut self, expr: &Expr) -> Compiled {
        self.expr(expr)
    }

    fn optional(&mut self, expr: &Option<Expr>) -> Compiled {
        expr.iter().try_for_each(|e| self.expr(e))
    }

    fn exprs(&mut self, exprs: &[Expr]) -> Compiled {
        exprs.iter().try_for_each(|e| self.expr(e))
    }

    fn expr(&mut self, expr: &Expr) -> Compiled {
        match &expr.kind {
            ExprKind::Constant(_) => return Ok(()),
            ExprKind::Name(name) => {
                self.read(*name);
                return Ok(());
            }
            ExprKind::NamedExpr { target, value } => {
                self.expr(value)?;
                return self.walrus(*target, expr.pos);
            }
            ExprKind::Lambda { args, body } => {
                self.defaults(args)?;
                let scope = self.scopes.push(ScopeKind::Function, self.current);
                self.scopes.attach(expr, scope);
                return self.inside(scope, |this| {
                    this.parameters(args)?;
                    this.expr(body)
                });
            }
            ExprKind::ListComp { elt, generators } | ExprKind::SetComp { elt, generators } => {
                return self.comprehension(expr, ScopeKind::Comp, generators, &[elt]);
            }
            ExprKind::DictComp { key, value, generators } => {
                return self.comprehension(expr, ScopeKind::Comp, generators, &[key, value]);
            }
            ExprKind::GeneratorExp { elt, generators } => {
                return self.comprehension(expr, ScopeKind::Function, generators, &[elt]);
            }
            ExprKind::Call { func, args, keywords } => {
                if let Some(first) = keywords.first()
                    && let Some(star) = args.iter().find(|arg| arg.pos > first.pos)
                {
                    return error(star.pos, "* arg after kwarg");
                }
                if let ExprKind::Name(name) = func.kind
                    && Some(name) == self.known.super_
                    && args.is_empty()
                    && keywords.is_empty()
                    && let Some(frame) = self.function()
                {
                    if self.scopes.get(frame).n_params == 0 {
                        return error(expr.pos, "super() can't find self");
                    }
                    self.read(self.known.class_cell);
                }
            }
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => {
                let frame = self.function();
                match frame {
                    Some(frame) if frame == self.current => {
                        self.scopes.get_mut(frame).is_generator = true;
                    }
                    _ => return error(expr.pos, "'yield' outside function"),
                }
            }
            ExprKind::Await(_) => match self.function() {
                Some(frame) => self.scopes.get_mut(frame).is_generator = true,
                None => return error(expr.pos, "'await' outside function"),
            },
            _ => {}
        }
        let mut result = Ok(());
        each_child(expr, &mut |child| {
            if result.is_ok() {
                result = self.expr(child);
            }
        });
        result
    }

    /// `:=` binds in the innermost scope that is no comprehension.
    fn walrus(&mut self, name: Symbol, pos: Pos) -> Compiled {
        let mut scope = self.current;
        let inner = self.scopes.get(scope);
        if (inner.kind == ScopeKind::Comp || inner.is_genexpr) && self.scopes.uses(scope, name).has(Uses::BOUND) {
            return error(pos, "can't rebind the variable of a comprehension");
        }
        let mut through = false;
        loop {
            let node = self.scopes.get(scope);
            if node.kind == ScopeKind::Comp {
                scope = node.parent;
            } else if node.is_genexpr {
                through = true;
                scope = node.parent;
            } else {
                break;
            }
        }
        // A generator expression reaches the variable from a frame of its own.
        let flag = match self.scopes.get(scope).kind {
            ScopeKind::Module => Uses::GLOBAL,
            _ if self.scopes.uses(scope, name).has(Uses::GLOBAL) => Uses::GLOBAL,
            _ => Uses::NONLOCAL,
        };
        if through {
            let mut inner = self.current;
            while inner != scope {
                self.scopes.add_use(inner, name, flag);
                inner = self.scopes.get(inner).parent;
            }
        }
        self.scopes.add_use(scope, name, Uses::BOUND);
        let frame = self.scopes.get(scope).frame;
        self.scopes.get_mut(frame).has_walrus = true;
        Ok(())
    }

    fn comprehension(
        &mut self,
        node: &Expr,
        kind: ScopeKind,
        generators: &[Comprehension],
        results: &[&Expr],
    ) -> Compiled {
        let Some((first, rest)) = generators.split_first() else {
            return Ok(());
        };
        // The first iterable belongs to the scope outside.
        self.expr(&first.iter)?;
        let scope = self.scopes.push(kind, self.current);
        self.scopes.attach(node, scope);
        let created = self.scopes.get_mut(scope);
        if kind == ScopeKind::Function {
            created.is_genexpr = true;
            created.is_generator = true;
        }
        self.inside(scope, |this| {
            this.async_clause(first, node.pos)?;
            this.target(&first.target, false)?;
            this.exprs(&first.ifs)?;
            for generator in rest {
                this.async_clause(generator, node.pos)?;
                this.expr(&generator.iter)?;
                this.target(&generator.target, false)?;
                this.exprs(&generator.ifs)?;
            }
            results.iter().try_for_each(|e| this.expr(e))
        })
    }

    fn async_clause(&mut self, generator: &Comprehension, pos: Pos) -> Compiled {
        if generator.is_async && !self.scopes.get(self.frame()).is_async {
            return error(pos, "async for/with outside async function");
        }
        Ok(())
    }
}

/// The parameters in the order of their registers.
pub(crate) fn parameters(args: &Arguments) -> impl Iterator<Item = &Arg> {
    args.posonlyargs.iter().chain(&args.args).chain(&args.kwonlyargs).chain(&args.vararg).chain(&args.kwarg)
}

/// The name that an `import` clause binds. `import a.b` binds `a`; when that was never made a symbol,
/// nothing in this statement can refer to it.
pub(crate) fn imported_name(names: &Interner, alias: &Alias) -> Option<Symbol> {
    if let Some(name) = alias.asname {
        return Some(name);
    }
    match names.text(alias.name).split_once('.') {
        Some((top, _)) => names.lookup(top),
        None => Some(alias.name),
    }
}
