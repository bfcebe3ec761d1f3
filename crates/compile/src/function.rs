//! Functions, lambdas and classes.

use alloc::boxed::Box;
use alloc::vec::Vec;

use snakeye_bytecode::{Code, CodeFlags, Const, FreeVar, Op};
use snakeye_syntax::Symbol;
use snakeye_syntax::ast::{Arguments, ClassDef, Expr, ExprKind, FunctionDef, Pos};

use crate::call::spread;
use crate::compiler::Compiler;
use crate::display::Kind;
use crate::error::Compiled;
use crate::scope::{ScopeId, Uses};
use crate::unit::{Reg, Unit};

/// An enclosing frame whose compilation waits.
pub(crate) struct Outer {
    unit: Box<Unit>,
    scope: ScopeId,
}

/// A decorator as the compiler sees it.
enum Decorator<'e> {
    /// To be called.
    Ordinary(&'e Expr),
    /// Chooses a code emitter of MicroPython; there is only one here.
    Emitter,
}

impl Compiler<'_> {
    /// Starts to compile a nested frame.
    pub(crate) fn enter(&mut self, unit: Box<Unit>) -> Outer {
        let scope = core::mem::replace(&mut self.scope, unit.scope);
        Outer { unit: core::mem::replace(&mut self.unit, unit), scope }
    }

    /// Ends the nested frame and returns to the outer one.
    pub(crate) fn leave(&mut self, outer: Outer) -> Compiled<Code> {
        let unit = core::mem::replace(&mut self.unit, outer.unit);
        self.scope = outer.scope;
        let scope = unit.scope;
        let mut code = unit.finish()?;
        let free: Vec<Symbol> = self.scopes.get(scope).free.clone();
        for name in free {
            // Analysis has put every free variable in reach of the enclosing frame.
            let source = self.capture(name).unwrap_or(FreeVar::Free(0));
            code.free.push((self.text(name).into(), source));
        }
        Ok(code)
    }

    /// R[dst] = a function of `code`.
    pub(crate) fn make_function(&mut self, code: Code, dst: Reg, flags: u8, defaults: Reg) {
        let child = self.unit.child(code);
        self.unit.op_bx_x(Op::MakeFunction, dst, child, u32::from(flags) | u32::from(defaults) << 8);
    }

    fn function_unit(&self, name: &str, args: &Arguments, scope: ScopeId, pos: Pos) -> Box<Unit> {
        let mut unit = Unit::new(name.into(), self.session.file.clone(), scope, pos);
        let flags = [
            (args.vararg.is_some(), CodeFlags::VARARGS),
            (args.kwarg.is_some(), CodeFlags::VARKEYWORDS),
            (self.scopes.get(scope).is_generator, CodeFlags::GENERATOR),
            (self.scopes.get(scope).is_async, CodeFlags::COROUTINE),
        ];
        for (set, flag) in flags {
            if set {
                unit.code.flags.0 |= flag;
            }
        }
        // The register limit refuses more parameters than these numbers hold.
        unit.code.n_posonly = args.posonlyargs.len() as u8;
        unit.code.n_pos = (args.posonlyargs.len() + args.args.len()) as u8;
        unit.code.n_kwonly = args.kwonlyargs.len() as u8;
        unit
    }

    /// Evaluates the defaults and makes the function in `dst`.
    fn function(
        &mut self,
        args: &Arguments,
        unit: Box<Unit>,
        dst: Reg,
        pos: Pos,
        body: impl FnOnce(&mut Self) -> Compiled,
    ) -> Compiled {
        let save = self.unit.top;
        let mut flags = 0;
        let mut defaults = 0;
        let keyword_defaults = args.kw_defaults.iter().flatten().count();
        if !args.defaults.is_empty() || keyword_defaults > 0 {
            defaults = self.unit.alloc_n(2)?;
        }
        if !args.defaults.is_empty() {
            flags |= 1;
            let folded: Option<Vec<Const>> = args.defaults.iter().map(|e| self.fold(e)).collect();
            match folded {
                Some(values) => self.load_const(Const::Tuple(values), defaults),
                None => {
                    let top = self.unit.top;
                    self.display(Kind::Tuple, &args.defaults, defaults)?;
                    self.unit.top = top;
                }
            }
        }
        if keyword_defaults > 0 {
            flags |= 2;
            let dict = defaults + 1;
            self.unit.op(Op::BuildMap, dict, dict, 0);
            for (arg, default) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
                if let Some(default) = default {
                    let pair = self.unit.alloc_n(2)?;
                    self.load_const(Const::Str(self.text(arg.name).into()), pair);
                    self.expr(default, pair + 1)?;
                    self.unit.op(Op::MapSet, dict, pair, pair + 1);
                    self.unit.top = u16::from(pair);
                }
            }
        }
        let outer = self.enter(unit);
        self.declare_locals()?;
        body(self)?;
        let code = self.leave(outer)?;
        self.unit.set_pos(pos);
        self.make_function(code, dst, flags, defaults);
        self.unit.top = save;
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn lambda(&mut self, expr: &Expr, args: &Arguments, body: &Expr, dst: Reg) -> Compiled {
        let scope = self.scopes.of(expr);
        let unit = self.function_unit("<lambda>", args, scope, expr.pos);
        self.function(args, unit, dst, expr.pos, |this| {
            let reg = this.operand(body)?;
            this.unit.op(Op::Return, reg, 0, 0);
            this.unit.stop();
            Ok(())
        })
    }

    #[inline(never)]
    pub(crate) fn function_def(&mut self, def: &FunctionDef, pos: Pos) -> Compiled {
        let n = self.decorators(&def.decorator_list)?;
        let scope = self.scopes.of(def);
        let unit = self.function_unit(self.text(def.name), &def.args, scope, pos);
        let direct = if n == 0 { self.is_register(def.name) } else { None };
        let dst = match direct {
            Some(reg) => reg,
            None => self.unit.alloc()?,
        };
        self.function(&def.args, unit, dst, pos, |this| this.block(&def.body))?;
        self.finish_definition(def.name, dst, n)
    }

    /// Evaluates decorators into consecutive registers; returns how many there are to call.
    fn decorators(&mut self, list: &[Expr]) -> Compiled<usize> {
        let mut n = 0;
        for expr in list {
            if let Decorator::Ordinary(expr) = self.decorator(expr)? {
                self.temp(expr)?;
                n += 1;
            }
        }
        Ok(n)
    }

    fn decorator<'e>(&self, expr: &'e Expr) -> Compiled<Decorator<'e>> {
        let mut root = expr;
        let mut depth = 0;
        while let ExprKind::Attribute { value, .. } = &root.kind {
            root = value;
            depth += 1;
        }
        if matches!(root.kind, ExprKind::Name(module) if Some(module) == self.known.micropython) {
            return match &expr.kind {
                ExprKind::Attribute { attr, .. }
                    if depth == 1 && matches!(self.text(*attr), "native" | "viper" | "bytecode") =>
                {
                    Ok(Decorator::Emitter)
                }
                _ => self.fail(expr.pos, "invalid micropython decorator"),
            };
        }
        Ok(Decorator::Ordinary(expr))
    }

    /// Calls the `n` decorators below `reg` and binds the name.
    fn finish_definition(&mut self, name: Symbol, reg: Reg, n: usize) -> Compiled {
        let mut result = reg;
        for _ in 0..n {
            result -= 1;
            self.unit.op(Op::Call, result, 1, 0);
        }
        self.store_name(name, result, true);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn class_def(&mut self, def: &ClassDef, pos: Pos) -> Compiled {
        let n = self.decorators(&def.decorator_list)?;
        let base = self.unit.alloc()?;
        self.unit.op(Op::LoadBuildClass, base, 0, 0);
        let body = self.unit.alloc()?;
        let scope = self.scopes.of(def);
        let text = self.text(def.name);
        let mut unit = Unit::new(text.into(), self.session.file.clone(), scope, pos);
        let title = Const::Str(text.into());
        unit.code.flags.0 = CodeFlags::CLASS_BODY;
        unit.tidy = true;
        let outer = self.enter(unit);
        self.class_body(def, title.clone())?;
        let code = self.leave(outer)?;
        self.unit.set_pos(pos);
        self.make_function(code, body, 0, 0);
        if spread(&def.bases, &def.keywords) {
            let list = body;
            let dict = self.unit.alloc()?;
            let pair = self.unit.alloc_n(2)?;
            self.unit.take(pair, body);
            self.load_const(title, pair + 1);
            self.unit.op(Op::BuildList, list, pair, 2);
            for arg in &def.bases {
                let save = self.unit.top;
                let (op, value) = match &arg.kind {
                    ExprKind::Starred(value) => (Op::ListExtend, &**value),
                    _ => (Op::ListAppend, arg),
                };
                let reg = self.operand(value)?;
                self.unit.op(op, list, reg, 0);
                self.unit.top = save;
            }
            self.keyword_dict(dict, &def.keywords)?;
            self.unit.op(Op::CallEx, base, 0, 0);
        } else {
            let name = self.unit.alloc()?;
            self.load_const(title, name);
            for arg in &def.bases {
                self.temp(arg)?;
            }
            let n_pos = def.bases.len() + 2;
            self.finish_call(pos, base, n_pos, &def.keywords, false)?;
        }
        self.finish_definition(def.name, base, n)
    }

    fn class_body(&mut self, def: &ClassDef, title: Const) -> Compiled {
        let cell_name = self.known.class_cell;
        let cell = if self.scopes.uses(self.unit.scope, cell_name).has(Uses::CELL) {
            let reg = self.unit.alloc()?;
            self.unit.vars.insert(reg);
            self.unit.locals.insert(cell_name, reg);
            self.unit.code.varnames.push("__class__".into());
            self.unit.op(Op::MakeCell, reg, 0, 0);
            Some(reg)
        } else {
            None
        };
        let reg = self.unit.alloc()?;
        let name = self.unit.plain_name("__name__");
        self.unit.op_bx(Op::LoadName, reg, name);
        let name = self.unit.plain_name("__module__");
        self.unit.op_bx(Op::StoreName, reg, name);
        self.load_const(title, reg);
        let name = self.unit.plain_name("__qualname__");
        self.unit.op_bx(Op::StoreName, reg, name);
        self.unit.top = u16::from(reg);
        self.unit.clear_dirty(self.unit.top);
        self.block(&def.body)?;
        if let Some(cell) = cell {
            self.unit.op(Op::Return, cell, 0, 0);
            self.unit.stop();
        }
        Ok(())
    }
}
