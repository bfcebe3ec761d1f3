//! Binary and unary operators.

use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::vec;
use snakeye_heap::Value;

impl Vm {
    /// The name of an operator's special method: plain (`form` 0), reversed (1) or in place (2).
    #[inline]
    pub(crate) fn operator_name(&self, op: BinOp, form: usize) -> &Value {
        &self.names[N::__add__ as usize + 3 * op as usize + form]
    }

    fn operator_method(&self, v: &Value, op: BinOp, form: usize) -> Option<Value> {
        self.find_special(v, self.operator_name(op, form))
    }

    /// `a op b`.
    pub fn binary_step(&mut self, op: BinOp, a: &Value, b: &Value) -> Res<Step> {
        let a_user = a.get::<Instance>().is_some();
        let b_user = b.get::<Instance>().is_some();
        if !a_user && !b_user {
            return self.binary_of_natives(op, a, b).map(Step::Done);
        }
        if a_user && let Some(f) = self.operator_method(a, op, 0) {
            let (a2, b2) = (a.clone(), b.clone());
            return Ok(Step::call(f, vec![a.clone(), b.clone()], move |vm, r| {
                let v = r?;
                if v.is(&Value::NOT_IMPLEMENTED) { vm.reverse_step(op, &a2, &b2) } else { Ok(Step::Done(v)) }
            }));
        }
        self.reverse_step(op, a, b)
    }

    pub(crate) fn reverse_step(&mut self, op: BinOp, a: &Value, b: &Value) -> Res<Step> {
        if b.get::<Instance>().is_some()
            && let Some(f) = self.operator_method(b, op, 1)
        {
            let (a2, b2) = (a.clone(), b.clone());
            return Ok(Step::call(f, vec![b.clone(), a.clone()], move |vm, r| {
                let v = r?;
                let v = if v.is(&Value::NOT_IMPLEMENTED) { None } else { Some(v) };
                vm.or_unsupported(v, op.symbol(), &a2, &b2).map(Step::Done)
            }));
        }
        let (x, y) = (self.base_object(a), self.base_object(b));
        let v = self.binary_native(op, &x, &y)?;
        self.or_unsupported(v, op.symbol(), a, b).map(Step::Done)
    }

    /// `a op b` where neither is an instance of a class defined in Python.
    pub(crate) fn binary_of_natives(&mut self, op: BinOp, a: &Value, b: &Value) -> Res {
        match self.binary_native(op, a, b)? {
            Some(v) => Ok(v),
            None => self.or_unsupported(None, op.symbol(), a, b),
        }
    }

    /// `a op= b`, likewise.
    pub(crate) fn inplace_native(&mut self, op: BinOp, a: &Value, b: &Value) -> Res {
        if let Some(f) = self.def_of(a).inplace
            && let Some(v) = f(self, op, a, b)?
        {
            return Ok(v);
        }
        self.binary_of_natives(op, a, b)
    }

    fn binary_native(&mut self, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
        if let Some(f) = self.def_of(a).binary
            && let Some(v) = f(self, op, a, b)?
        {
            return Ok(Some(v));
        }
        match self.def_of(b).rbinary {
            Some(f) => f(self, op, a, b),
            None => Ok(None),
        }
    }

    fn or_unsupported(&mut self, v: Option<Value>, symbol: &str, a: &Value, b: &Value) -> Res {
        match v {
            Some(v) => Ok(v),
            None => {
                self.check_bound(a)?;
                self.check_bound(b)?;
                let (a, b) = (self.type_name(a), self.type_name(b));
                Err(self.type_error_fmt(format_args!("unsupported types for {symbol}: '{a}', '{b}'")))
            }
        }
    }

    /// NameError when an operand is an unbound local.
    pub(crate) fn check_bound(&mut self, v: &Value) -> Res<()> {
        if v.is_unbound() {
            return Err(self.raise_new(&crate::exceptions::NAME_ERROR, "local variable referenced before assignment"));
        }
        Ok(())
    }

    /// `a op= b`.
    pub fn inplace_step(&mut self, op: BinOp, a: &Value, b: &Value) -> Res<Step> {
        if a.get::<Instance>().is_some()
            && let Some(f) = self.operator_method(a, op, 2)
        {
            let (a2, b2) = (a.clone(), b.clone());
            return Ok(Step::call(f, vec![a.clone(), b.clone()], move |vm, r| {
                let v = r?;
                if v.is(&Value::NOT_IMPLEMENTED) { vm.binary_step(op, &a2, &b2) } else { Ok(Step::Done(v)) }
            }));
        }
        if let Some(f) = self.def_of(a).inplace
            && let Some(v) = f(self, op, a, b)?
        {
            return Ok(Step::Done(v));
        }
        self.binary_step(op, a, b)
    }

    /// A unary operator.
    pub fn unary_step(&mut self, op: UnOp, a: &Value) -> Res<Step> {
        let name = match op {
            UnOp::Neg => "__neg__",
            UnOp::Pos => "__pos__",
            UnOp::Invert => "__invert__",
            UnOp::Abs => "__abs__",
        };
        if a.get::<Instance>().is_some()
            && let Some(f) = self.special_method(a, name)?
        {
            return Ok(Step::tail(f, vec![a.clone()]));
        }
        let x = self.base_object(a);
        if let Some(f) = self.def_of(&x).unary
            && let Some(v) = f(self, op, &x)?
        {
            return Ok(Step::Done(v));
        }
        self.check_bound(a)?;
        let t = self.type_name(a);
        Err(self.type_error_fmt(format_args!("unsupported type for {name}: '{t}'")))
    }

    /// `a op b`, completed.
    pub fn binary(&mut self, op: BinOp, a: &Value, b: &Value) -> Res {
        let step = self.binary_step(op, a, b)?;
        self.complete(step)
    }

    /// `a op= b`, completed.
    pub fn inplace(&mut self, op: BinOp, a: &Value, b: &Value) -> Res {
        let step = self.inplace_step(op, a, b)?;
        self.complete(step)
    }

    /// A unary operator, completed.
    pub fn unary(&mut self, op: UnOp, a: &Value) -> Res {
        let step = self.unary_step(op, a)?;
        self.complete(step)
    }
}

impl BinOp {
    /// The special method's name, as messages show it.
    pub const fn symbol(self) -> &'static str {
        match self {
            BinOp::Add => "__add__",
            BinOp::Sub => "__sub__",
            BinOp::Mul => "__mul__",
            BinOp::TrueDiv => "__truediv__",
            BinOp::FloorDiv => "__floordiv__",
            BinOp::Mod => "__mod__",
            BinOp::Pow => "__pow__",
            BinOp::Shl => "__lshift__",
            BinOp::Shr => "__rshift__",
            BinOp::And => "__and__",
            BinOp::Or => "__or__",
            BinOp::Xor => "__xor__",
            BinOp::MatMul => "__matmul__",
        }
    }
}
