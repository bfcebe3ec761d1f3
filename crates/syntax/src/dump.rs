//! The tree as text, for tests and for looking at it.
//!
//! A node is `(Kind field …)`, with `@line:column` after the kind if positions are wanted; a list
//! is `[…]`, an absent field `_`. Runs of operators and `elif` branches are shown nested, as
//! CPython's `ast` has them, so that the two can be compared.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use crate::ast::*;
use crate::interner::{Interner, Symbol};

/// The statements of a module, one in a line.
pub fn dump_module(module: &Module, positions: bool) -> String {
    let mut d = Dump::new(&module.names, positions);
    for statement in &module.body {
        d.stmt(statement);
        d.out.push('\n');
    }
    d.out
}

/// An expression.
pub fn dump_expression(expression: &Expression, positions: bool) -> String {
    let mut d = Dump::new(&expression.names, positions);
    d.expr(&expression.body);
    d.out
}

struct Dump<'n> {
    out: String,
    names: &'n Interner,
    positions: bool,
}

impl<'n> Dump<'n> {
    fn new(names: &'n Interner, positions: bool) -> Self {
        Dump { out: String::new(), names, positions }
    }

    fn open(&mut self, kind: &str, pos: Option<Pos>) {
        self.space();
        self.out.push('(');
        self.out.push_str(kind);
        if let Some(pos) = pos
            && self.positions
        {
            self.out.push_str(&format!("@{}:{}", pos.line, pos.column));
        }
    }

    /// A space, unless something was just opened.
    fn space(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(['[', '\n']) {
            self.out.push(' ');
        }
    }

    fn close(&mut self) {
        self.out.push(')');
    }

    fn word(&mut self, word: &str) {
        self.space();
        self.out.push_str(word);
    }

    fn name(&mut self, symbol: Symbol) {
        let names = self.names;
        self.word(names.text(symbol));
    }

    fn name_option(&mut self, symbol: Option<Symbol>) {
        match symbol {
            Some(symbol) => self.name(symbol),
            None => self.word("_"),
        }
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut show: impl FnMut(&mut Self, T)) {
        self.space();
        self.out.push('[');
        for item in items {
            show(self, item);
        }
        self.out.push(']');
    }

    fn body(&mut self, body: &[Stmt]) {
        self.list(body, Self::stmt);
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        self.list(exprs, Self::expr);
    }

    fn option(&mut self, expr: Option<&Expr>) {
        match expr {
            Some(expr) => self.expr(expr),
            None => self.word("_"),
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let at = Some(stmt.pos);
        match &stmt.kind {
            StmtKind::FunctionDef(f) => self.function("FunctionDef", at, f),
            StmtKind::AsyncFunctionDef(f) => self.function("AsyncFunctionDef", at, f),
            StmtKind::ClassDef(c) => {
                self.open("ClassDef", at);
                self.name(c.name);
                self.exprs(&c.bases);
                self.list(&c.keywords, Self::keyword);
                self.body(&c.body);
                self.exprs(&c.decorator_list);
            }
            StmtKind::Return(value) => {
                self.open("Return", at);
                self.option(value.as_ref());
            }
            StmtKind::Delete(targets) => {
                self.open("Delete", at);
                self.exprs(targets);
            }
            StmtKind::Assign(a) => {
                self.open("Assign", at);
                self.exprs(&a.targets);
                self.expr(&a.value);
            }
            StmtKind::AugAssign(a) => {
                self.open("AugAssign", at);
                self.expr(&a.target);
                self.word(&format!("{:?}", a.op));
                self.expr(&a.value);
            }
            StmtKind::AnnAssign(a) => {
                self.open("AnnAssign", at);
                self.expr(&a.target);
                self.expr(&a.annotation);
                self.option(a.value.as_ref());
                self.word(if a.simple { "1" } else { "0" });
            }
            StmtKind::For(f) => self.for_loop("For", at, f),
            StmtKind::AsyncFor(f) => self.for_loop("AsyncFor", at, f),
            StmtKind::While(w) => {
                self.open("While", at);
                self.expr(&w.test);
                self.body(&w.body);
                self.body(&w.orelse);
            }
            StmtKind::If(i) => {
                for (index, branch) in i.branches.iter().enumerate() {
                    if index > 0 {
                        self.space();
                        self.out.push('[');
                    }
                    self.open("If", Some(branch.pos));
                    self.expr(&branch.test);
                    self.body(&branch.body);
                }
                self.body(&i.orelse);
                for _ in 1..i.branches.len() {
                    self.out.push_str(")]");
                }
            }
            StmtKind::With(w) => self.with("With", at, w),
            StmtKind::AsyncWith(w) => self.with("AsyncWith", at, w),
            StmtKind::Raise { exc, cause } => {
                self.open("Raise", at);
                self.option(exc.as_ref());
                self.option(cause.as_ref());
            }
            StmtKind::Try(t) => {
                self.open("Try", at);
                self.body(&t.body);
                self.list(&t.handlers, |d, h| {
                    d.open("ExceptHandler", Some(h.pos));
                    d.option(h.typ.as_ref());
                    d.name_option(h.name);
                    d.body(&h.body);
                    d.close();
                });
                self.body(&t.orelse);
                self.body(&t.finalbody);
            }
            StmtKind::Assert { test, msg } => {
                self.open("Assert", at);
                self.expr(test);
                self.option(msg.as_ref());
            }
            StmtKind::Import(names) => {
                self.open("Import", at);
                self.list(names, Self::alias);
            }
            StmtKind::ImportFrom(i) => {
                self.open("ImportFrom", at);
                self.name_option(i.module);
                self.list(&i.names, Self::alias);
                self.word(&format!("{}", i.level));
            }
            StmtKind::Global(names) => {
                self.open("Global", at);
                self.list(names, |d, &name| d.name(name));
            }
            StmtKind::Nonlocal(names) => {
                self.open("Nonlocal", at);
                self.list(names, |d, &name| d.name(name));
            }
            StmtKind::Expr(value) => {
                self.open("Expr", at);
                self.expr(value);
            }
            StmtKind::Pass => self.open("Pass", at),
            StmtKind::Break => self.open("Break", at),
            StmtKind::Continue => self.open("Continue", at),
        }
        self.close();
    }

    fn function(&mut self, kind: &str, at: Option<Pos>, f: &FunctionDef) {
        self.open(kind, at);
        self.name(f.name);
        self.arguments(&f.args);
        self.body(&f.body);
        self.exprs(&f.decorator_list);
        self.option(f.returns.as_ref());
    }

    fn for_loop(&mut self, kind: &str, at: Option<Pos>, f: &For) {
        self.open(kind, at);
        self.expr(&f.target);
        self.expr(&f.iter);
        self.body(&f.body);
        self.body(&f.orelse);
    }

    fn with(&mut self, kind: &str, at: Option<Pos>, w: &With) {
        self.open(kind, at);
        self.list(&w.items, |d, item| {
            d.open("withitem", None);
            d.expr(&item.context_expr);
            d.option(item.optional_vars.as_ref());
            d.close();
        });
        self.body(&w.body);
    }

    fn alias(&mut self, alias: &Alias) {
        self.open("alias", Some(alias.pos));
        self.name(alias.name);
        self.name_option(alias.asname);
        self.close();
    }

    fn keyword(&mut self, keyword: &Keyword) {
        self.open("keyword", Some(keyword.pos));
        self.name_option(keyword.arg);
        self.expr(&keyword.value);
        self.close();
    }

    fn arguments(&mut self, a: &Arguments) {
        self.open("arguments", None);
        self.list(&a.posonlyargs, Self::arg);
        self.list(&a.args, Self::arg);
        self.arg_option(a.vararg.as_ref());
        self.list(&a.kwonlyargs, Self::arg);
        self.list(&a.kw_defaults, |d, e| d.option(e.as_ref()));
        self.arg_option(a.kwarg.as_ref());
        self.exprs(&a.defaults);
        self.close();
    }

    fn arg(&mut self, arg: &Arg) {
        self.open("arg", Some(arg.pos));
        self.name(arg.name);
        self.option(arg.annotation.as_deref());
        self.close();
    }

    fn arg_option(&mut self, arg: Option<&Arg>) {
        match arg {
            Some(arg) => self.arg(arg),
            None => self.word("_"),
        }
    }

    fn generators(&mut self, generators: &[Comprehension]) {
        self.list(generators, |d, g| {
            d.open("comprehension", None);
            d.expr(&g.target);
            d.expr(&g.iter);
            d.exprs(&g.ifs);
            d.word(if g.is_async { "1" } else { "0" });
            d.close();
        });
    }

    fn comprehension(&mut self, kind: &str, at: Option<Pos>, elt: &Expr, g: &[Comprehension]) {
        self.open(kind, at);
        self.expr(elt);
        self.generators(g);
    }

    fn expr(&mut self, expr: &Expr) {
        let at = Some(expr.pos);
        match &expr.kind {
            ExprKind::BoolOp { op, values } => {
                self.open("BoolOp", at);
                self.word(&format!("{op:?}"));
                self.exprs(values);
            }
            ExprKind::NamedExpr { target, value } => {
                self.open("NamedExpr", at);
                self.open("Name", at);
                self.name(*target);
                self.close();
                self.expr(value);
            }
            ExprKind::BinOp { left, rest } => {
                for _ in rest {
                    self.open("BinOp", at);
                }
                self.expr(left);
                for (index, (op, right)) in rest.iter().enumerate() {
                    if index > 0 {
                        self.close();
                    }
                    self.word(&format!("{op:?}"));
                    self.expr(right);
                }
            }
            ExprKind::UnaryOp { op, operand } => {
                self.open("UnaryOp", at);
                self.word(&format!("{op:?}"));
                self.expr(operand);
            }
            ExprKind::Lambda { args, body } => {
                self.open("Lambda", at);
                self.arguments(args);
                self.expr(body);
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.open("IfExp", at);
                self.expr(test);
                self.expr(body);
                self.expr(orelse);
            }
            ExprKind::Dict(items) => {
                self.open("Dict", at);
                self.list(items, |d, item| d.option(item.key.as_ref()));
                self.list(items, |d, item| d.expr(&item.value));
            }
            ExprKind::Set(elts) => self.sequence("Set", at, elts),
            ExprKind::List(elts) => self.sequence("List", at, elts),
            ExprKind::Tuple(elts) => self.sequence("Tuple", at, elts),
            ExprKind::JoinedStr(values) => self.sequence("JoinedStr", at, values),
            ExprKind::ListComp { elt, generators } => {
                self.comprehension("ListComp", at, elt, generators);
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension("SetComp", at, elt, generators);
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension("GeneratorExp", at, elt, generators);
            }
            ExprKind::DictComp { key, value, generators } => {
                self.open("DictComp", at);
                self.expr(key);
                self.expr(value);
                self.generators(generators);
            }
            ExprKind::Await(value) => self.unary("Await", at, Some(value)),
            ExprKind::Yield(value) => self.unary("Yield", at, value.as_deref()),
            ExprKind::YieldFrom(value) => self.unary("YieldFrom", at, Some(value)),
            ExprKind::Starred(value) => self.unary("Starred", at, Some(value)),
            ExprKind::Compare { left, rest } => {
                self.open("Compare", at);
                self.expr(left);
                self.list(rest, |d, (op, _)| d.word(&format!("{op:?}")));
                self.list(rest, |d, (_, right)| d.expr(right));
            }
            ExprKind::Call { func, args, keywords } => {
                self.open("Call", at);
                self.expr(func);
                self.exprs(args);
                self.list(keywords, Self::keyword);
            }
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                self.open("FormattedValue", at);
                self.expr(value);
                self.word(match conversion {
                    Conversion::None => "-1",
                    Conversion::Str => "115",
                    Conversion::Repr => "114",
                    Conversion::Ascii => "97",
                });
                self.option(format_spec.as_deref());
            }
            ExprKind::Constant(constant) => {
                self.open("Constant", at);
                self.constant(constant);
            }
            ExprKind::Attribute { value, attr } => {
                self.open("Attribute", at);
                self.expr(value);
                self.name(*attr);
            }
            ExprKind::Subscript { value, slice } => {
                self.open("Subscript", at);
                self.expr(value);
                self.expr(slice);
            }
            ExprKind::Name(name) => {
                self.open("Name", at);
                self.name(*name);
            }
            ExprKind::Slice { lower, upper, step } => {
                self.open("Slice", at);
                self.option(lower.as_deref());
                self.option(upper.as_deref());
                self.option(step.as_deref());
            }
        }
        self.close();
    }

    fn sequence(&mut self, kind: &str, at: Option<Pos>, elts: &[Expr]) {
        self.open(kind, at);
        self.exprs(elts);
    }

    fn unary(&mut self, kind: &str, at: Option<Pos>, value: Option<&Expr>) {
        self.open(kind, at);
        self.option(value);
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::None => self.word("None"),
            Constant::True => self.word("True"),
            Constant::False => self.word("False"),
            Constant::Ellipsis => self.word("Ellipsis"),
            Constant::Int(value) => self.word(&format!("{value}")),
            Constant::BigInt(big) => self.word(&format!("int:{}:{}", big.radix, big.digits)),
            Constant::Float(value) => self.word(&format!("float:{:016x}", value.to_bits())),
            Constant::Imag(value) => self.word(&format!("imag:{:016x}", value.to_bits())),
            Constant::Str(text) => self.quoted("", text.as_bytes()),
            Constant::Bytes(bytes) => self.quoted("b", bytes),
        }
    }

    /// Printable ASCII as it is, any other byte as `\xNN`.
    fn quoted(&mut self, prefix: &str, bytes: &[u8]) {
        self.word(prefix);
        self.out.push('"');
        for &b in bytes {
            match b {
                b'"' | b'\\' | 0..0x20 | 0x7f.. => {
                    // Writing to a String cannot fail.
                    let _ = write!(self.out, "\\x{b:02x}");
                }
                _ => self.out.push(b as char),
            }
        }
        self.out.push('"');
    }
}
