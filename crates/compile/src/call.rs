//! Calls.
//!
//! A call's window is built in place at the top of the temporaries: the callee, `self` after a method
//! look-up, the arguments. The result takes the callee's place.

use alloc::vec::Vec;

use snakeye_bytecode::{Const, Op, Special};
use snakeye_syntax::ast::{Expr, ExprKind, Keyword, Pos};

use crate::compiler::{Compiler, Var};
use crate::display::Kind;
use crate::error::Compiled;
use crate::unit::Reg;

/// Arguments that a window may hold; a call with more passes a list and a dict.
const MAX_ARGS: usize = 200;

impl Compiler<'_> {
    #[inline(never)]
    pub(crate) fn call(&mut self, expr: &Expr, func: &Expr, args: &[Expr], keywords: &[Keyword], dst: Reg) -> Compiled {
        let base =
            if u16::from(dst) + 1 == self.unit.top && !self.unit.is_var(dst) { dst } else { self.unit.alloc()? };
        if spread(args, keywords) {
            self.expr(func, base)?;
            self.unit.set_pos(expr.pos);
            self.call_spread(base, args, keywords)?;
        } else if self.is_bare_super(func, args, keywords) {
            self.expr(func, base)?;
            let class = self.unit.alloc()?;
            self.load_name(self.known.class_cell, class);
            self.load_first_parameter()?;
            self.unit.set_pos(expr.pos);
            self.unit.op(Op::Call, base, 2, 0);
        } else if let ExprKind::Attribute { value, attr } = &func.kind {
            let object = self.operand_before(value, Some(base), &[])?;
            self.unit.alloc()?;
            self.unit.set_pos(func.pos);
            let name = self.name(*attr);
            self.attribute(Op::LoadMethod, base, object, 0, name);
            self.arguments(expr, base, args, keywords, true)?;
        } else {
            self.expr(func, base)?;
            self.arguments(expr, base, args, keywords, false)?;
        }
        self.unit.take(dst, base);
        Ok(())
    }

    /// Evaluates plain arguments into the window and makes the call.
    fn arguments(&mut self, expr: &Expr, base: Reg, args: &[Expr], keywords: &[Keyword], method: bool) -> Compiled {
        for arg in args {
            self.temp(arg)?;
        }
        self.finish_call(expr.pos, base, args.len(), keywords, method)
    }

    /// Evaluates the keyword arguments and makes the call with `n_pos` arguments in place.
    pub(crate) fn finish_call(
        &mut self,
        pos: Pos,
        base: Reg,
        n_pos: usize,
        keywords: &[Keyword],
        method: bool,
    ) -> Compiled {
        let mut names = Vec::new();
        for keyword in keywords {
            self.temp(&keyword.value)?;
            if let Some(name) = keyword.arg {
                names.push(Const::Str(self.text(name).into()));
            }
        }
        self.unit.set_pos(pos);
        if names.is_empty() {
            let op = if method { Op::CallMethod } else { Op::Call };
            self.unit.op(op, base, n_pos as u8, 0);
        } else {
            let op = if method { Op::CallMethodKw } else { Op::CallKw };
            let n = names.len() as u8;
            let names = self.unit.constant(Const::Tuple(names));
            self.unit.op_x(op, base, n_pos as u8, n, u32::from(names));
        }
        Ok(())
    }

    /// A call whose arguments are collected in a list and a dict. The callee is in place.
    #[inline(never)]
    fn call_spread(&mut self, base: Reg, args: &[Expr], keywords: &[Keyword]) -> Compiled {
        let list = self.unit.alloc()?;
        let dict = self.unit.alloc()?;
        let plain = args.iter().take_while(|e| !matches!(e.kind, ExprKind::Starred(_))).count();
        let first = plain.min(32).min(self.unit.free_regs() / 2);
        self.extendable(Kind::List, args, first, list)?;
        self.keyword_dict(dict, keywords)?;
        self.unit.op(Op::CallEx, base, 0, 0);
        Ok(())
    }

    /// Collects keyword arguments in a dict, or loads None if there are none.
    #[inline(never)]
    pub(crate) fn keyword_dict(&mut self, dict: Reg, keywords: &[Keyword]) -> Compiled {
        if keywords.is_empty() {
            self.unit.load_special(dict, Special::None);
            return Ok(());
        }
        self.unit.op(Op::BuildMap, dict, dict, 0);
        let save = self.unit.top;
        for keyword in keywords {
            // Each entry is merged, because a name may come twice through a mapping.
            match keyword.arg {
                Some(name) => {
                    let pair = self.unit.alloc_n(2)?;
                    let name = Const::Str(self.text(name).into());
                    self.load_const(name, pair);
                    self.expr(&keyword.value, pair + 1)?;
                    self.unit.op(Op::BuildMap, pair, pair, 1);
                    self.unit.op(Op::MapMerge, dict, pair, 0);
                }
                None => {
                    let mapping = self.operand(&keyword.value)?;
                    self.unit.op(Op::MapMerge, dict, mapping, 0);
                }
            }
            self.unit.top = save;
        }
        Ok(())
    }

    /// `super()` inside a function that has a first parameter.
    fn is_bare_super(&self, func: &Expr, args: &[Expr], keywords: &[Keyword]) -> bool {
        matches!(func.kind, ExprKind::Name(name) if Some(name) == self.known.super_)
            && args.is_empty()
            && keywords.is_empty()
            && self.scopes.get(self.unit.scope).n_params > 0
    }

    fn load_first_parameter(&mut self) -> Compiled {
        let reg = self.unit.alloc()?;
        let first = self.scopes.get(self.unit.scope).bound.first().copied();
        if let Some(name) = first {
            match self.unit.locals.get(&name) {
                Some(&param) if self.is_cell(name) => self.unit.op(Op::LoadCell, reg, param, 0),
                Some(&param) => {
                    self.check_bound(param);
                    self.unit.op(Op::Move, reg, param, 0);
                }
                None => {}
            }
        }
        Ok(())
    }

    fn is_cell(&self, name: snakeye_syntax::Symbol) -> bool {
        let uses = self.scopes.uses(self.unit.scope, name);
        uses.has(crate::scope::Uses::CELL)
    }

    /// Calls the builtin `name` with constant text, as `assert` and a lone `raise` do.
    pub(crate) fn call_with_text(&mut self, name: &str, text: &str) -> Compiled<Reg> {
        let base = self.unit.alloc()?;
        self.load_builtin(name, base);
        let arg = self.unit.alloc()?;
        self.load_const(Const::Str(text.into()), arg);
        self.unit.op(Op::Call, base, 1, 0);
        Ok(base)
    }

    /// Whether `name` is the variable in `reg`.
    pub(crate) fn is_register(&self, name: snakeye_syntax::Symbol) -> Option<Reg> {
        match self.lookup(name) {
            Var::Reg(reg) => Some(reg),
            _ => None,
        }
    }
}

/// Whether a call needs a list and a dict of arguments.
pub(crate) fn spread(args: &[Expr], keywords: &[Keyword]) -> bool {
    args.len() + keywords.len() > MAX_ARGS
        || args.iter().any(|e| matches!(e.kind, ExprKind::Starred(_)))
        || keywords.iter().any(|k| k.arg.is_none())
}
