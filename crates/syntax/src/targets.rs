//! What can be assigned to and deleted.

use alloc::boxed::Box;
use alloc::format;

use crate::ast::{Constant, Expr, ExprKind};
use crate::error::{Parsed, SyntaxError};
use crate::parser::Parser;

impl Parser<'_> {
    /// Checks a target of `=`, `for`, `with`. The recursion is bounded by the tree's height.
    pub(crate) fn check_target(&self, target: &Expr) -> Parsed<()> {
        match &target.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => Ok(()),
            ExprKind::Tuple(elts) | ExprKind::List(elts) => {
                let mut starred = false;
                for elt in elts {
                    let ExprKind::Starred(inner) = &elt.kind else {
                        self.check_target(elt)?;
                        continue;
                    };
                    if starred {
                        let message = "an assignment can have only one starred target";
                        return Err(SyntaxError::boxed(elt.pos, message));
                    }
                    starred = true;
                    self.check_target(inner)?;
                }
                Ok(())
            }
            ExprKind::Starred(_) => Err(SyntaxError::boxed(target.pos, "a starred target must be in a list or tuple")),
            _ => Err(cannot("assign to", target)),
        }
    }

    /// Checks the target of `+=` and its like, or of an annotation: a single place.
    pub(crate) fn check_place(&self, target: &Expr, what: &str) -> Parsed<()> {
        match &target.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => Ok(()),
            kind => {
                let message = format!("{} cannot be the target of {what}", describe(kind));
                Err(SyntaxError::boxed(target.pos, &message))
            }
        }
    }

    /// Checks a target of `del`.
    pub(crate) fn check_delete(&self, target: &Expr) -> Parsed<()> {
        match &target.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => Ok(()),
            ExprKind::Tuple(elts) | ExprKind::List(elts) => elts.iter().try_for_each(|elt| self.check_delete(elt)),
            _ => Err(cannot("delete", target)),
        }
    }
}

fn cannot(verb: &str, target: &Expr) -> Box<SyntaxError> {
    let message = format!("cannot {verb} {}", describe(&target.kind));
    SyntaxError::boxed(target.pos, &message)
}

/// An expression in words.
fn describe(kind: &ExprKind) -> &'static str {
    match kind {
        ExprKind::BoolOp { .. } | ExprKind::BinOp { .. } | ExprKind::UnaryOp { .. } => "an expression",
        ExprKind::NamedExpr { .. } => "a named expression",
        ExprKind::Lambda { .. } => "a lambda",
        ExprKind::IfExp { .. } => "a conditional expression",
        ExprKind::Dict(_) => "a dict literal",
        ExprKind::Set(_) => "a set literal",
        ExprKind::ListComp { .. } => "a list comprehension",
        ExprKind::SetComp { .. } => "a set comprehension",
        ExprKind::DictComp { .. } => "a dict comprehension",
        ExprKind::GeneratorExp { .. } => "a generator expression",
        ExprKind::Await(_) => "an await expression",
        ExprKind::Yield(_) | ExprKind::YieldFrom(_) => "a yield expression",
        ExprKind::Compare { .. } => "a comparison",
        ExprKind::Call { .. } => "a function call",
        ExprKind::FormattedValue { .. } | ExprKind::JoinedStr(_) => "an f-string",
        ExprKind::Constant(Constant::None) => "None",
        ExprKind::Constant(Constant::True) => "True",
        ExprKind::Constant(Constant::False) => "False",
        ExprKind::Constant(Constant::Ellipsis) => "an ellipsis",
        ExprKind::Constant(_) => "a literal",
        ExprKind::Attribute { .. } => "an attribute",
        ExprKind::Subscript { .. } => "a subscript",
        ExprKind::Starred(_) => "a starred expression",
        ExprKind::Name(_) => "a name",
        ExprKind::List(_) => "a list",
        ExprKind::Tuple(_) => "a tuple",
        ExprKind::Slice { .. } => "a slice",
    }
}
