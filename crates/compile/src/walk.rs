//! One place that knows the children of an expression.

use snakeye_syntax::ast::{Arguments, Expr, ExprKind};

/// Calls `visit` with every direct child of `expr`, in the order of evaluation. Of a lambda these are the
/// defaults; its body, and the inside of comprehensions, are visited as well.
pub(crate) fn each_child<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    fn arguments<'e>(args: &'e Arguments, visit: &mut dyn FnMut(&'e Expr)) {
        args.defaults.iter().for_each(&mut *visit);
        args.kw_defaults.iter().flatten().for_each(visit);
    }
    match &expr.kind {
        ExprKind::Constant(_) | ExprKind::Name(_) | ExprKind::Yield(None) => {}
        ExprKind::BoolOp { values, .. }
        | ExprKind::Set(values)
        | ExprKind::List(values)
        | ExprKind::Tuple(values)
        | ExprKind::JoinedStr(values) => values.iter().for_each(visit),
        ExprKind::NamedExpr { value, .. }
        | ExprKind::UnaryOp { operand: value, .. }
        | ExprKind::Await(value)
        | ExprKind::Yield(Some(value))
        | ExprKind::YieldFrom(value)
        | ExprKind::Starred(value)
        | ExprKind::Attribute { value, .. } => visit(value),
        ExprKind::BinOp { left, rest } => {
            visit(left);
            rest.iter().for_each(|(_, e)| visit(e));
        }
        ExprKind::Compare { left, rest } => {
            visit(left);
            rest.iter().for_each(|(_, e)| visit(e));
        }
        ExprKind::Lambda { args, body } => {
            arguments(args, visit);
            visit(body);
        }
        ExprKind::IfExp { test, body, orelse } => {
            visit(test);
            visit(body);
            visit(orelse);
        }
        ExprKind::Dict(items) => {
            for item in items {
                item.key.iter().for_each(&mut *visit);
                visit(&item.value);
            }
        }
        ExprKind::ListComp { elt, generators }
        | ExprKind::SetComp { elt, generators }
        | ExprKind::GeneratorExp { elt, generators } => {
            for generator in generators {
                visit(&generator.iter);
                visit(&generator.target);
                generator.ifs.iter().for_each(&mut *visit);
            }
            visit(elt);
        }
        ExprKind::DictComp { key, value, generators } => {
            for generator in generators {
                visit(&generator.iter);
                visit(&generator.target);
                generator.ifs.iter().for_each(&mut *visit);
            }
            visit(key);
            visit(value);
        }
        ExprKind::Call { func, args, keywords } => {
            visit(func);
            args.iter().for_each(&mut *visit);
            keywords.iter().for_each(|k| visit(&k.value));
        }
        ExprKind::FormattedValue { value, format_spec, .. } => {
            visit(value);
            format_spec.iter().for_each(|e| visit(e));
        }
        ExprKind::Subscript { value, slice } => {
            visit(value);
            visit(slice);
        }
        ExprKind::Slice { lower, upper, step } => {
            for part in [lower, upper, step].into_iter().flatten() {
                visit(part);
            }
        }
    }
}
