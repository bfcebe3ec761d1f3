//! Constant expressions: integer arithmetic, constant tuples, `const()` names.

use alloc::vec::Vec;

use snakeye_bytecode::Const;
use snakeye_syntax::ast::{BoolOp, Constant, Expr, ExprKind, Operator, UnaryOp};

use crate::compiler::{Compiler, Var};
use crate::walk::each_child;

impl Compiler<'_> {
    /// The value of a constant expression. Floats are not computed with here, because a board rounds
    /// each operation to single precision and the compiler does not know.
    pub(crate) fn fold(&self, expr: &Expr) -> Option<Const> {
        self.fold_with(expr, false)
    }

    /// As [`Compiler::fold`], for the argument of `const()`, which must be constant: floats too.
    pub(crate) fn fold_const(&self, expr: &Expr) -> Option<Const> {
        self.fold_with(expr, true)
    }

    fn fold_with(&self, expr: &Expr, floats: bool) -> Option<Const> {
        match &expr.kind {
            ExprKind::Constant(value) => Some(constant(value)),
            ExprKind::Name(name) => {
                if Some(*name) == self.known.debug {
                    return Some(Const::Bool(self.session.options.optimize == 0));
                }
                if self.session.consts.is_empty() && self.unit.consts.is_empty() {
                    return None;
                }
                match self.lookup(*name) {
                    Var::Global | Var::Name => self.session.consts.get(name)?.clone(),
                    Var::Reg(_) | Var::Cell(_) => self.unit.consts.get(name).cloned(),
                    Var::Free(_) | Var::ClassFree(_) => None,
                }
            }
            // The numbers of `math`, for `const()`, whether it was imported or not.
            ExprKind::Attribute { value, attr } if floats => match &value.kind {
                ExprKind::Name(module) if self.names.text(*module) == "math" => match self.names.text(*attr) {
                    "e" => Some(Const::Float(core::f64::consts::E)),
                    "pi" => Some(Const::Float(core::f64::consts::PI)),
                    "tau" => Some(Const::Float(core::f64::consts::TAU)),
                    _ => None,
                },
                _ => None,
            },
            ExprKind::UnaryOp { op, operand } => unary(*op, &self.fold_with(operand, floats)?),
            ExprKind::BinOp { left, rest } => {
                let mut value = self.fold_with(left, floats)?;
                for (op, right) in rest {
                    let right = self.fold_with(right, floats)?;
                    value = match (&value, &right) {
                        (Const::Int(a), Const::Int(b)) => Const::Int(int(*op, *a, *b)?),
                        _ if floats => Const::Float(float(*op, number(&value)?, number(&right)?)?),
                        _ => return None,
                    };
                }
                Some(value)
            }
            ExprKind::Tuple(items) => {
                let items: Option<Vec<Const>> = items.iter().map(|e| self.fold_with(e, floats)).collect();
                Some(Const::Tuple(items?))
            }
            ExprKind::BoolOp { op, values } => {
                let mut last = None;
                for value in values {
                    let value = self.fold_with(value, floats)?;
                    let stops = truth(&value)? == (*op == BoolOp::Or);
                    last = Some(value);
                    if stops {
                        break;
                    }
                }
                last
            }
            _ => None,
        }
    }

    /// Whether an expression is made of literals and constant names alone.
    pub(crate) fn is_constant(&self, expr: &Expr) -> bool {
        match expr.kind {
            ExprKind::Constant(_) => true,
            ExprKind::Name(name) => self.session.consts.contains_key(&name) || self.unit.consts.contains_key(&name),
            ExprKind::UnaryOp { .. } | ExprKind::BinOp { .. } | ExprKind::Tuple(_) => {
                let mut all = self.may_succeed(expr);
                each_child(expr, &mut |child| all = all && self.is_constant(child));
                all
            }
            _ => false,
        }
    }

    /// Whether the operators are ones that numbers have, as far as their right sides are known.
    fn may_succeed(&self, expr: &Expr) -> bool {
        let ExprKind::BinOp { rest, .. } = &expr.kind else {
            return true;
        };
        rest.iter().all(|(op, right)| match (op, self.fold(right)) {
            (Operator::MatMult, _) => false,
            (Operator::LShift | Operator::RShift, Some(Const::Int(n))) => n >= 0,
            (Operator::Div | Operator::FloorDiv | Operator::Mod, Some(Const::Int(n))) => n != 0,
            _ => true,
        })
    }

    /// The truth of a constant condition.
    pub(crate) fn fold_truth(&self, expr: &Expr) -> Option<bool> {
        truth(&self.fold(expr)?)
    }

    /// The value of a constant integer that an instruction can hold.
    pub(crate) fn small_int(&self, expr: &Expr) -> Option<i8> {
        match self.fold(expr)? {
            Const::Int(n) => i8::try_from(n).ok(),
            _ => None,
        }
    }
}

/// A literal as a constant of the pool.
pub(crate) fn constant(value: &Constant) -> Const {
    match value {
        Constant::None => Const::None,
        Constant::True => Const::Bool(true),
        Constant::False => Const::Bool(false),
        Constant::Ellipsis => Const::Ellipsis,
        Constant::Int(n) => Const::Int(*n),
        Constant::BigInt(n) => Const::BigInt(n.digits.clone(), n.radix),
        Constant::Float(x) => Const::Float(*x),
        Constant::Imag(x) => Const::Imaginary(*x),
        Constant::Str(s) => Const::Str(s.clone()),
        Constant::Bytes(s) => Const::Bytes(s.clone()),
    }
}

fn truth(value: &Const) -> Option<bool> {
    Some(match value {
        Const::None => false,
        Const::Bool(b) => *b,
        Const::Ellipsis | Const::BigInt(..) => true,
        Const::Int(n) => *n != 0,
        Const::Float(x) | Const::Imaginary(x) => *x != 0.0,
        Const::Str(s) => !s.is_empty(),
        Const::Bytes(s) => !s.is_empty(),
        Const::Tuple(items) => !items.is_empty(),
    })
}

fn unary(op: UnaryOp, value: &Const) -> Option<Const> {
    if op == UnaryOp::Not {
        return Some(Const::Bool(!truth(value)?));
    }
    Some(match (op, value) {
        (UnaryOp::UAdd, Const::Int(_) | Const::BigInt(..) | Const::Float(_)) => value.clone(),
        (UnaryOp::USub, Const::Int(n)) => Const::Int(n.checked_neg()?),
        (UnaryOp::USub, Const::BigInt(digits, radix)) => match digits.strip_prefix('-') {
            Some(positive) => Const::BigInt(positive.into(), *radix),
            None => Const::BigInt(["-", digits].concat().into(), *radix),
        },
        (UnaryOp::USub, Const::Float(x)) => Const::Float(-x),
        (UnaryOp::Invert, Const::Int(n)) => Const::Int(!n),
        _ => return None,
    })
}

fn int(op: Operator, a: i64, b: i64) -> Option<i64> {
    match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::FloorDiv => {
            let q = a.checked_div(b)?;
            Some(if a % b != 0 && (a < 0) != (b < 0) { q - 1 } else { q })
        }
        Operator::Mod => {
            let r = a.checked_rem(b)?;
            Some(if r != 0 && (r < 0) != (b < 0) { r + b } else { r })
        }
        Operator::Pow => a.checked_pow(u32::try_from(b).ok()?),
        Operator::LShift => {
            let shift = u32::try_from(b).ok().filter(|&n| n < 64)?;
            let shifted = a.wrapping_shl(shift);
            (shifted >> shift == a).then_some(shifted)
        }
        Operator::RShift => Some(a >> u32::try_from(b).ok()?.min(63)),
        Operator::BitOr => Some(a | b),
        Operator::BitXor => Some(a ^ b),
        Operator::BitAnd => Some(a & b),
        Operator::Div | Operator::MatMult => None,
    }
}

fn number(value: &Const) -> Option<f64> {
    match value {
        Const::Int(n) => Some(*n as f64),
        Const::Float(x) => Some(*x),
        _ => None,
    }
}

fn float(op: Operator, a: f64, b: f64) -> Option<f64> {
    match op {
        Operator::Add => Some(a + b),
        Operator::Sub => Some(a - b),
        Operator::Mult => Some(a * b),
        Operator::Div if b != 0.0 => Some(a / b),
        _ => None,
    }
}
