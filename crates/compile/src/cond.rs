//! Conditions: jumps instead of truth values.

use alloc::vec::Vec;

use snakeye_bytecode::Op;
use snakeye_syntax::ast::{BoolOp, CmpOp, Expr, ExprKind, UnaryOp};

use crate::compiler::Compiler;
use crate::error::Compiled;
use crate::unit::{Label, Reg};

impl Compiler<'_> {
    /// Jumps to `target` when the truth of `test` is `when`, else goes on.
    pub(crate) fn branch_on(&mut self, test: &Expr, when: bool, target: Label) -> Compiled {
        if let Some(truth) = self.fold_truth(test) {
            if truth == when {
                self.unit.jump(target);
            }
            return Ok(());
        }
        match &test.kind {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => self.branch_on(operand, !when, target),
            ExprKind::BoolOp { op, values } => {
                let Some((last, init)) = values.split_last() else {
                    return Ok(());
                };
                // The truth value that decides the whole.
                let decides = *op == BoolOp::Or;
                if decides == when {
                    for value in init {
                        self.branch_on(value, when, target)?;
                    }
                    self.branch_on(last, when, target)
                } else {
                    let skip = self.unit.label();
                    for value in init {
                        self.branch_on(value, decides, skip)?;
                    }
                    self.branch_on(last, when, target)?;
                    self.unit.bind(skip);
                    Ok(())
                }
            }
            ExprKind::Compare { left, rest } => self.branch_compare(left, rest, when, target),
            _ => {
                let save = self.unit.top;
                let reg = self.operand(test)?;
                let op = if when { Op::JumpTrue } else { Op::JumpFalse };
                self.unit.branch(op, reg, 0, 0, target);
                self.unit.top = save;
                Ok(())
            }
        }
    }

    fn branch_compare(&mut self, left: &Expr, rest: &[(CmpOp, Expr)], when: bool, target: Label) -> Compiled {
        let save = self.unit.top;
        let Some(((last_op, last), init)) = rest.split_last() else {
            return Ok(());
        };
        let skip = self.unit.label();
        let first: Vec<&Expr> = rest.first().map(|(_, e)| e).into_iter().collect();
        let mut a = self.operand_before(left, None, &first)?;
        for (i, (op, right)) in init.iter().enumerate() {
            let later: Vec<&Expr> = rest.get(i + 1).map(|(_, e)| e).into_iter().collect();
            let b = self.operand_before(right, None, &later)?;
            // One false comparison decides.
            self.compare_jump(*op, a, b, false, if when { skip } else { target });
            a = b;
        }
        match (immediate(*last_op), self.small_int(last)) {
            (Some(op), Some(n)) => {
                self.unit.branch(op, a, n as u8, u8::from(when), target);
            }
            _ => {
                let b = self.operand(last)?;
                self.compare_jump(*last_op, a, b, when, target);
            }
        }
        self.unit.bind(skip);
        self.unit.top = save;
        Ok(())
    }

    fn compare_jump(&mut self, op: CmpOp, a: Reg, b: Reg, when: bool, target: Label) {
        let (op, polarity) = match op {
            CmpOp::Eq => (Op::JumpEq, when),
            CmpOp::NotEq => (Op::JumpNe, when),
            CmpOp::Lt => (Op::JumpLt, when),
            CmpOp::LtE => (Op::JumpLe, when),
            CmpOp::Gt => (Op::JumpGt, when),
            CmpOp::GtE => (Op::JumpGe, when),
            CmpOp::Is => (Op::JumpIs, when),
            CmpOp::IsNot => (Op::JumpIs, !when),
            CmpOp::In => (Op::JumpIn, when),
            CmpOp::NotIn => (Op::JumpIn, !when),
        };
        self.unit.branch(op, a, b, u8::from(polarity), target);
    }
}

fn immediate(op: CmpOp) -> Option<Op> {
    match op {
        CmpOp::Eq => Some(Op::JumpEqI),
        CmpOp::NotEq => Some(Op::JumpNeI),
        CmpOp::Lt => Some(Op::JumpLtI),
        CmpOp::LtE => Some(Op::JumpLeI),
        CmpOp::Gt => Some(Op::JumpGtI),
        CmpOp::GtE => Some(Op::JumpGeI),
        CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => None,
    }
}
