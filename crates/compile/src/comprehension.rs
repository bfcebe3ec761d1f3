//! Comprehensions, which run in place, and generator expressions, which are functions.

use snakeye_bytecode::{CodeFlags, Op};
use snakeye_syntax::Symbol;
use snakeye_syntax::ast::{Comprehension, Expr};

use crate::compiler::Compiler;
use crate::error::Compiled;
use crate::scope::{ScopeId, Uses};
use crate::unit::{Reg, Unit};
use alloc::vec::Vec;

/// What the innermost loop does with each item.
#[derive(Clone, Copy)]
enum Sink<'e> {
    /// Adds it to a container in a register.
    Add { op: Op, container: Reg, item: &'e Expr, value: Option<&'e Expr> },
    /// Yields it.
    Yield(&'e Expr),
}

impl Compiler<'_> {
    /// `[item for …]`, `{item for …}`, `{item: value for …}`; `op` adds to the container.
    #[inline(never)]
    pub(crate) fn comprehension(
        &mut self,
        expr: &Expr,
        op: Op,
        item: &Expr,
        value: Option<&Expr>,
        generators: &[Comprehension],
        dst: Reg,
    ) -> Compiled {
        let Some(first) = generators.first() else {
            return Ok(());
        };
        let container = self.accumulator(dst)?;
        let state = self.loop_state(&first.iter)?;
        let scope = self.scopes.of(expr);
        let outer = core::mem::replace(&mut self.scope, scope);
        let n_outer = self.unit.comp_vars.len();
        self.comp_variables(scope, generators.len() > 1)?;

        let build = match op {
            Op::ListAppend => Op::BuildList,
            Op::SetAdd => Op::BuildSet,
            _ => Op::BuildMap,
        };
        self.unit.op(build, container, container, 0);
        let sink = Sink::Add { op, container, item, value };
        self.clauses(generators, state, sink)?;

        let variables = self.unit.comp_vars.split_off(n_outer);
        if let Some(&(_, _, first)) = variables.first() {
            self.unit.clear(u16::from(first), variables.len() as u16);
        }
        for (_, _, reg) in variables {
            self.unit.vars.remove(reg);
            self.unit.assigned.remove(reg);
        }
        self.scope = outer;
        self.unit.transfer(dst, container);
        Ok(())
    }

    /// Registers for the variables of a comprehension. They may hold stale temporaries.
    fn comp_variables(&mut self, scope: ScopeId, may_be_unbound: bool) -> Compiled {
        let names: Vec<(Symbol, Uses)> = self
            .scopes
            .get(scope)
            .bound
            .iter()
            .map(|&name| (name, self.scopes.uses(scope, name)))
            .filter(|(_, uses)| uses.is_local())
            .collect();
        for (name, uses) in names {
            let reg = self.unit.alloc()?;
            let cell = uses.has(Uses::CELL);
            if cell || may_be_unbound {
                self.unit.clear(u16::from(reg), 1);
            }
            if cell {
                self.unit.op(Op::MakeCell, reg, 0, 0);
            }
            self.unit.comp_vars.push((scope, name, reg));
            self.unit.vars.insert(reg);
            self.unit.assigned.remove(reg);
        }
        Ok(())
    }

    /// The nested loops. The iterable of the first clause is in `state`.
    fn clauses(&mut self, generators: &[Comprehension], state: Reg, sink: Sink) -> Compiled {
        let Some((clause, rest)) = generators.split_first() else {
            return self.sink(sink);
        };
        let next = self.unit.label();
        let end = self.unit.label();
        let save = self.unit.top;
        let mut head = self.start_loop(clause.is_async, state);
        self.next_item(&mut head, &clause.target, end)?;
        for test in &clause.ifs {
            self.branch_on(test, false, next)?;
        }
        match rest.first() {
            None => self.sink(sink)?,
            Some(inner) => {
                let save = self.unit.top;
                let state = self.loop_state(&inner.iter)?;
                self.clauses(rest, state, sink)?;
                self.unit.top = save;
            }
        }
        self.unit.bind(next);
        self.unit.jump(head.label);
        self.end_loop(head, end)?;
        self.unit.top = save;
        Ok(())
    }

    fn sink(&mut self, sink: Sink) -> Compiled {
        let save = self.unit.top;
        match sink {
            Sink::Add { op, container, item, value: None } => {
                let reg = self.operand(item)?;
                self.unit.op(op, container, reg, 0);
            }
            Sink::Add { op, container, item, value: Some(value) } => {
                let value = self.operand_before(value, None, &[item])?;
                let key = self.operand(item)?;
                self.unit.op(op, container, key, value);
            }
            Sink::Yield(item) => {
                let reg = self.operand(item)?;
                let sent = self.unit.alloc()?;
                self.unit.op(Op::Yield, sent, reg, 0);
            }
        }
        self.unit.top = save;
        Ok(())
    }

    /// `(item for …)`: a generator function whose argument is the iterator of the first clause.
    #[inline(never)]
    pub(crate) fn generator_expression(
        &mut self,
        expr: &Expr,
        item: &Expr,
        generators: &[Comprehension],
        dst: Reg,
    ) -> Compiled {
        let Some(first) = generators.first() else {
            return Ok(());
        };
        let scope = self.scopes.of(expr);
        let mut unit = Unit::new("<genexpr>".into(), self.session.file.clone(), scope, expr.pos);
        unit.code.flags.0 = CodeFlags::GENERATOR;
        unit.code.n_pos = 1;
        let outer = self.enter(unit);
        let param = self.unit.alloc()?;
        self.unit.vars.insert(param);
        self.unit.assigned.insert(param);
        self.unit.code.varnames.push(".0".into());
        self.declare_locals()?;
        let state = self.unit.alloc_n(3)?;
        self.unit.take(state, param);
        self.clauses(generators, state, Sink::Yield(item))?;
        let code = self.leave(outer)?;

        let base =
            if u16::from(dst) + 1 == self.unit.top && !self.unit.is_var(dst) { dst } else { self.unit.alloc()? };
        self.unit.set_pos(expr.pos);
        self.make_function(code, base, 0, 0);
        let arg = self.temp(&first.iter)?;
        self.unit.op(Op::GetIter, arg, arg, 0);
        self.unit.op(Op::Call, base, 1, 0);
        self.unit.take(dst, base);
        Ok(())
    }
}
