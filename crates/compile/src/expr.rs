//! Expressions.
//!
//! An expression is evaluated into a given register, or as an *operand*: then a local variable is used
//! where it is. A variable that is the destination is written by the last instruction only, so that
//! an exception leaves it as it was and the expression may still read it.

use alloc::vec::Vec;

use snakeye_bytecode::{Op, Special};
use snakeye_syntax::ast::{BoolOp, CmpOp, Expr, ExprKind, Operator, UnaryOp};

use crate::compiler::{Compiler, Var};
use crate::display::Kind;
use crate::error::Compiled;
use crate::unit::Reg;

impl Compiler<'_> {
    /// Evaluates into a new temporary.
    pub(crate) fn temp(&mut self, expr: &Expr) -> Compiled<Reg> {
        let dst = self.unit.alloc()?;
        self.expr(expr, dst)?;
        Ok(dst)
    }

    /// Evaluates to a register that holds the value until the next statement: the variable's own, or a
    /// temporary.
    pub(crate) fn operand(&mut self, expr: &Expr) -> Compiled<Reg> {
        self.operand_before(expr, None, &[])
    }

    /// As [`Compiler::operand`], for a value that `later` must not change. A temporary `hint` is used if
    /// one is needed.
    #[inline(never)]
    pub(crate) fn operand_before(&mut self, expr: &Expr, hint: Option<Reg>, later: &[&Expr]) -> Compiled<Reg> {
        let variable = match expr.kind {
            ExprKind::Name(name) if self.fold(expr).is_none() => match self.lookup(name) {
                Var::Reg(reg) => {
                    self.check_bound(reg);
                    Some(reg)
                }
                _ => None,
            },
            ExprKind::NamedExpr { target, ref value } => match self.lookup(target) {
                Var::Reg(reg) => {
                    self.expr(value, reg)?;
                    self.unit.assigned.insert(reg);
                    Some(reg)
                }
                _ => None,
            },
            _ => None,
        };
        let hint = hint.filter(|&reg| !self.unit.is_var(reg));
        if let Some(reg) = variable {
            if !self.may_assign(later, reg) {
                return Ok(reg);
            }
            let copy = match hint {
                Some(reg) => reg,
                None => self.unit.alloc()?,
            };
            self.unit.op(Op::Move, copy, reg, 0);
            return Ok(copy);
        }
        let dst = match hint {
            Some(reg) => reg,
            None => self.unit.alloc()?,
        };
        self.expr(expr, dst)?;
        Ok(dst)
    }

    /// Evaluates into `dst`. Temporaries above are free again afterwards.
    pub(crate) fn expr(&mut self, expr: &Expr, dst: Reg) -> Compiled {
        let save = self.unit.top;
        self.expr_inner(expr, dst)?;
        self.unit.top = save;
        Ok(())
    }

    /// A temporary for a value that is built up in steps: `dst` unless that is a variable.
    pub(crate) fn accumulator(&mut self, dst: Reg) -> Compiled<Reg> {
        if self.unit.is_var(dst) { self.unit.alloc() } else { Ok(dst) }
    }

    fn expr_inner(&mut self, expr: &Expr, dst: Reg) -> Compiled {
        match &expr.kind {
            ExprKind::Constant(value) => self.load_const(crate::fold::constant(value), dst),
            ExprKind::Name(name) => match self.fold(expr) {
                Some(value) => self.load_const(value, dst),
                None => self.load_name(*name, dst),
            },
            ExprKind::NamedExpr { target, value } => self.named(*target, value, dst)?,
            ExprKind::BinOp { left, rest } => match self.fold(expr) {
                Some(value) => self.load_const(value, dst),
                None => self.binary(left, rest, dst)?,
            },
            ExprKind::UnaryOp { op, operand } => match self.fold(expr) {
                Some(value) => self.load_const(value, dst),
                None => {
                    let reg = self.operand_before(operand, Some(dst), &[])?;
                    let op = match op {
                        UnaryOp::Invert => Op::Invert,
                        UnaryOp::Not => Op::Not,
                        UnaryOp::UAdd => Op::Pos,
                        UnaryOp::USub => Op::Neg,
                    };
                    self.unit.op(op, dst, reg, 0);
                }
            },
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, dst)?,
            ExprKind::Compare { left, rest } => self.compare(left, rest, dst)?,
            ExprKind::IfExp { test, body, orelse } => {
                if let Some(truth) = self.fold_truth(test) {
                    return self.expr(if truth { body } else { orelse }, dst);
                }
                let otherwise = self.unit.label();
                let end = self.unit.label();
                self.branch_on(test, false, otherwise)?;
                self.expr(body, dst)?;
                self.unit.jump(end);
                self.unit.bind(otherwise);
                self.expr(orelse, dst)?;
                self.unit.bind(end);
            }
            ExprKind::Lambda { args, body } => self.lambda(expr, args, body, dst)?,
            ExprKind::List(items) => self.display(Kind::List, items, dst)?,
            ExprKind::Tuple(items) => match self.fold(expr) {
                Some(value) => self.load_const(value, dst),
                None => self.display(Kind::Tuple, items, dst)?,
            },
            ExprKind::Set(items) => self.display(Kind::Set, items, dst)?,
            ExprKind::Dict(items) => self.dict(items, dst)?,
            ExprKind::ListComp { elt, generators } => {
                self.comprehension(expr, Op::ListAppend, elt, None, generators, dst)?;
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension(expr, Op::SetAdd, elt, None, generators, dst)?;
            }
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension(expr, Op::MapSet, key, Some(value), generators, dst)?
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.generator_expression(expr, elt, generators, dst)?;
            }
            ExprKind::Await(value) => {
                let result = self.accumulator(dst)?;
                let awaited = self.temp(value)?;
                self.unit.op(Op::GetAwaitable, awaited, awaited, 0);
                self.drive(awaited, result);
                self.unit.transfer(dst, result);
            }
            ExprKind::YieldFrom(value) => {
                let result = self.accumulator(dst)?;
                let inner = self.temp(value)?;
                self.unit.op(Op::GetYieldFromIter, inner, inner, 0);
                self.drive(inner, result);
                self.unit.transfer(dst, result);
            }
            ExprKind::Yield(value) => {
                let reg = match value {
                    Some(value) => self.operand_before(value, Some(dst), &[])?,
                    None => {
                        let none = self.accumulator(dst)?;
                        self.unit.load_special(none, Special::None);
                        none
                    }
                };
                self.unit.op(Op::Yield, dst, reg, 0);
            }
            ExprKind::Call { func, args, keywords } => self.call(expr, func, args, keywords, dst)?,
            ExprKind::FormattedValue { .. } => self.formatted(expr, dst)?,
            ExprKind::JoinedStr(parts) => self.joined(parts, dst)?,
            ExprKind::Attribute { value, attr } => {
                let object = self.operand_before(value, Some(dst), &[])?;
                self.unit.set_pos(expr.pos);
                let name = self.name(*attr);
                self.attribute(Op::LoadAttr, dst, object, 0, name);
            }
            ExprKind::Subscript { value, slice } => {
                let object = self.operand_before(value, Some(dst), &[slice])?;
                let index = self.operand(slice)?;
                self.unit.op(Op::GetItem, dst, object, index);
            }
            ExprKind::Slice { lower, upper, step } => {
                let parts = self.unit.alloc_n(3)?;
                for (i, part) in [lower, upper, step].into_iter().enumerate() {
                    let reg = parts + i as Reg;
                    match part {
                        Some(part) => self.expr(part, reg)?,
                        None => self.unit.load_special(reg, Special::None),
                    }
                }
                self.unit.op(Op::BuildSlice, dst, parts, 0);
            }
            ExprKind::Starred(_) => {
                return self.fail(expr.pos, "*x must be assignment target");
            }
        }
        Ok(())
    }

    /// Emits an instruction on an attribute.
    pub(crate) fn attribute(&mut self, op: Op, a: Reg, b: Reg, flags: u8, name: u16) {
        let cache = self.unit.cache();
        self.unit.op_x(op, a, b, flags, u32::from(name) | u32::from(cache) << 16);
    }

    /// Runs the iterator in `iter` to its end on behalf of this frame; its result goes to `result`.
    pub(crate) fn drive(&mut self, iter: Reg, result: Reg) {
        self.unit.load_special(result, Special::None);
        self.unit.op(Op::YieldFrom, iter, result, 0);
        self.unit.clear(u16::from(iter), 1);
    }

    #[inline(never)]
    fn named(&mut self, target: snakeye_syntax::Symbol, value: &Expr, dst: Reg) -> Compiled {
        if let Var::Reg(reg) = self.lookup(target) {
            self.expr(value, reg)?;
            self.unit.assigned.insert(reg);
            if reg != dst {
                self.unit.op(Op::Move, dst, reg, 0);
            }
            return Ok(());
        }
        let reg = self.accumulator(dst)?;
        self.expr(value, reg)?;
        self.store_name(target, reg, false);
        self.unit.transfer(dst, reg);
        Ok(())
    }

    #[inline(never)]
    fn binary(&mut self, left: &Expr, rest: &[(Operator, Expr)], dst: Reg) -> Compiled {
        let Some((last, _)) = rest.split_last() else {
            return self.expr(left, dst);
        };
        let mut later: Vec<&Expr> = Vec::new();
        later.extend(rest.first().map(|(_, e)| e));
        let mut acc = self.operand_before(left, Some(dst), &later)?;
        // The result of each step may overwrite a temporary operand.
        let mut step = (!self.unit.is_var(acc)).then_some(acc);
        for (op, right) in rest {
            let save = self.unit.top;
            let result = if core::ptr::eq(right, &last.1) {
                dst
            } else {
                match step {
                    Some(reg) => reg,
                    None if !self.unit.is_var(dst) => dst,
                    None => self.unit.alloc()?,
                }
            };
            let save = save.max(u16::from(result) + 1).min(self.unit.top);
            match (op, self.small_int(right)) {
                (Operator::Add, Some(n)) => self.unit.op(Op::AddI, result, acc, n as u8),
                (Operator::Sub, Some(n)) => self.unit.op(Op::SubI, result, acc, n as u8),
                _ => {
                    let right = self.operand(right)?;
                    self.unit.op(binary_op(*op), result, acc, right);
                }
            }
            self.unit.top = save;
            acc = result;
            step = Some(result);
        }
        Ok(())
    }

    #[inline(never)]
    fn bool_op(&mut self, op: BoolOp, values: &[Expr], dst: Reg) -> Compiled {
        let Some((last, init)) = values.split_last() else {
            return Ok(());
        };
        let result = self.accumulator(dst)?;
        let end = self.unit.label();
        let stop = op == BoolOp::Or;
        for value in init {
            match self.fold_truth(value) {
                // It never decides, and is never the result.
                Some(truth) if truth != stop => continue,
                Some(_) => {
                    self.expr(value, result)?;
                    self.unit.bind(end);
                    self.unit.transfer(dst, result);
                    return Ok(());
                }
                None => {}
            }
            self.expr(value, result)?;
            let jump = if stop { Op::JumpTrue } else { Op::JumpFalse };
            self.unit.branch(jump, result, 0, 0, end);
        }
        self.expr(last, result)?;
        self.unit.bind(end);
        self.unit.transfer(dst, result);
        Ok(())
    }

    #[inline(never)]
    fn compare(&mut self, left: &Expr, rest: &[(CmpOp, Expr)], dst: Reg) -> Compiled {
        if let [(op, right)] = rest {
            let a = self.operand_before(left, Some(dst), &[right])?;
            let b = self.operand(right)?;
            self.unit.op(compare_op(*op), dst, a, b);
            return Ok(());
        }
        let result = self.accumulator(dst)?;
        let end = self.unit.label();
        let mut a = match rest.first() {
            Some((_, right)) => self.operand_before(left, None, &[right])?,
            None => return Ok(()),
        };
        for (i, (op, right)) in rest.iter().enumerate() {
            let later: Vec<&Expr> = rest.get(i + 1).map(|(_, e)| e).into_iter().collect();
            let b = self.operand_before(right, None, &later)?;
            self.unit.op(compare_op(*op), result, a, b);
            if !later.is_empty() {
                self.unit.branch(Op::JumpFalse, result, 0, 0, end);
            }
            a = b;
        }
        self.unit.bind(end);
        self.unit.transfer(dst, result);
        Ok(())
    }
}

pub(crate) fn binary_op(op: Operator) -> Op {
    match op {
        Operator::Add => Op::Add,
        Operator::Sub => Op::Sub,
        Operator::Mult => Op::Mul,
        Operator::MatMult => Op::MatMul,
        Operator::Div => Op::TrueDiv,
        Operator::Mod => Op::Mod,
        Operator::Pow => Op::Pow,
        Operator::LShift => Op::Shl,
        Operator::RShift => Op::Shr,
        Operator::BitOr => Op::Or,
        Operator::BitXor => Op::Xor,
        Operator::BitAnd => Op::And,
        Operator::FloorDiv => Op::FloorDiv,
    }
}

fn compare_op(op: CmpOp) -> Op {
    match op {
        CmpOp::Eq => Op::Eq,
        CmpOp::NotEq => Op::Ne,
        CmpOp::Lt => Op::Lt,
        CmpOp::LtE => Op::Le,
        CmpOp::Gt => Op::Gt,
        CmpOp::GtE => Op::Ge,
        CmpOp::Is => Op::Is,
        CmpOp::IsNot => Op::IsNot,
        CmpOp::In => Op::In,
        CmpOp::NotIn => Op::NotIn,
    }
}
