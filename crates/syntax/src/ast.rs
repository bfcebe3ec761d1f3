//! The abstract syntax tree, with the node names of CPython's `ast` module.
//!
//! Three shapes differ from CPython's, all so that long flat code makes a flat
//! tree, which can be walked and dropped on a small stack:
//! * [`ExprKind::BinOp`] holds a whole run of operators of one precedence
//!   (`a + b - c` is one node); evaluate it from left to right;
//! * [`If`] holds its `elif` branches in a list;
//! * there is no `expr_context`: where an expression stands says whether it is
//!   read, stored or deleted.
//!
//! The parser has checked targets: what stands in a target position is a
//! `Name`, `Attribute`, `Subscript`, or (where Python allows it) a `List`,
//! `Tuple` or `Starred` of targets.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::interner::{Interner, Symbol};

/// A place in the source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in bytes, counted from 1.
    pub column: u32,
}

/// A parsed file, `exec` string or interactive input.
#[derive(Debug)]
pub struct Module {
    /// The statements, in source order.
    pub body: Vec<Stmt>,
    /// The file name that the caller gave, for tracebacks.
    pub file: Box<str>,
    /// The identifiers that the [`Symbol`]s of the tree stand for.
    pub names: Interner,
}

/// A parsed expression (`eval`).
#[derive(Debug)]
pub struct Expression {
    /// The expression.
    pub body: Expr,
    /// The file name that the caller gave, for tracebacks.
    pub file: Box<str>,
    /// The identifiers that the [`Symbol`]s of the tree stand for.
    pub names: Interner,
}

/// A statement and where it starts.
#[derive(Debug)]
pub struct Stmt {
    /// Start of the statement (of `def`, `class` or `async`, not of the decorators).
    pub pos: Pos,
    /// What the statement is.
    pub kind: StmtKind,
}

/// The statements.
#[derive(Debug)]
pub enum StmtKind {
    /// `def name(args): body`
    FunctionDef(Box<FunctionDef>),
    /// `async def name(args): body`
    AsyncFunctionDef(Box<FunctionDef>),
    /// `class name(bases): body`
    ClassDef(Box<ClassDef>),
    /// `return value`
    Return(Option<Expr>),
    /// `del a, b[0]`: every target in order
    Delete(Vec<Expr>),
    /// `a = b, c = value`
    Assign(Box<Assign>),
    /// `target op= value`
    AugAssign(Box<AugAssign>),
    /// `target: annotation = value`
    AnnAssign(Box<AnnAssign>),
    /// `for target in iter: body else: orelse`
    For(Box<For>),
    /// `async for target in iter: …`
    AsyncFor(Box<For>),
    /// `while test: body else: orelse`
    While(Box<While>),
    /// `if … elif … else …`
    If(Box<If>),
    /// `with a as b, c as d: body`
    With(Box<With>),
    /// `async with …`
    AsyncWith(Box<With>),
    /// `raise exc from cause`
    Raise {
        /// What is raised; `None` re-raises.
        exc: Option<Expr>,
        /// The `from` part.
        cause: Option<Expr>,
    },
    /// `try … except … else … finally …`
    Try(Box<Try>),
    /// `assert test, msg`
    Assert {
        /// The condition.
        test: Expr,
        /// The message.
        msg: Option<Expr>,
    },
    /// `import a.b as c, d`
    Import(Vec<Alias>),
    /// `from ..a.b import c as d`
    ImportFrom(Box<ImportFrom>),
    /// `global a, b`
    Global(Vec<Symbol>),
    /// `nonlocal a, b`
    Nonlocal(Vec<Symbol>),
    /// An expression as a statement (in interactive mode the compiler prints it).
    Expr(Expr),
    /// `pass`
    Pass,
    /// `break`
    Break,
    /// `continue`
    Continue,
}

/// A function definition.
#[derive(Debug)]
pub struct FunctionDef {
    /// The function's name.
    pub name: Symbol,
    /// Its parameters.
    pub args: Arguments,
    /// Its body, never empty.
    pub body: Vec<Stmt>,
    /// Decorators, outermost first.
    pub decorator_list: Vec<Expr>,
    /// The annotation after `->`.
    pub returns: Option<Expr>,
}

/// A class definition.
#[derive(Debug)]
pub struct ClassDef {
    /// The class's name.
    pub name: Symbol,
    /// Base classes; may hold `Starred`.
    pub bases: Vec<Expr>,
    /// Keyword arguments such as `metaclass=`.
    pub keywords: Vec<Keyword>,
    /// The body, never empty.
    pub body: Vec<Stmt>,
    /// Decorators, outermost first.
    pub decorator_list: Vec<Expr>,
}

/// `t1 = t2 = value`.
#[derive(Debug)]
pub struct Assign {
    /// The targets from left to right, never empty.
    pub targets: Vec<Expr>,
    /// The value, evaluated once and first.
    pub value: Expr,
}

/// `target op= value`.
#[derive(Debug)]
pub struct AugAssign {
    /// A `Name`, `Attribute` or `Subscript`.
    pub target: Expr,
    /// The operator.
    pub op: Operator,
    /// The right side.
    pub value: Expr,
}

/// `target: annotation = value`.
#[derive(Debug)]
pub struct AnnAssign {
    /// A `Name`, `Attribute` or `Subscript`.
    pub target: Expr,
    /// The annotation.
    pub annotation: Expr,
    /// The value, if the statement assigns.
    pub value: Option<Expr>,
    /// Whether the target is a bare name without parentheses.
    pub simple: bool,
}

/// A `for` loop.
#[derive(Debug)]
pub struct For {
    /// What each item is assigned to.
    pub target: Expr,
    /// What is iterated.
    pub iter: Expr,
    /// The body, never empty.
    pub body: Vec<Stmt>,
    /// The `else` block, empty if there is none.
    pub orelse: Vec<Stmt>,
}

/// A `while` loop.
#[derive(Debug)]
pub struct While {
    /// The condition.
    pub test: Expr,
    /// The body, never empty.
    pub body: Vec<Stmt>,
    /// The `else` block, empty if there is none.
    pub orelse: Vec<Stmt>,
}

/// `if … elif … else …`.
#[derive(Debug)]
pub struct If {
    /// The `if` branch and every `elif` branch, in order; never empty.
    pub branches: Vec<IfBranch>,
    /// The `else` block, empty if there is none.
    pub orelse: Vec<Stmt>,
}

/// An `if` or `elif` branch.
#[derive(Debug)]
pub struct IfBranch {
    /// Where `if` or `elif` stands.
    pub pos: Pos,
    /// The condition.
    pub test: Expr,
    /// The body, never empty.
    pub body: Vec<Stmt>,
}

/// A `with` statement.
#[derive(Debug)]
pub struct With {
    /// The context managers, in order; never empty.
    pub items: Vec<WithItem>,
    /// The body, never empty.
    pub body: Vec<Stmt>,
}

/// One context manager of a `with` statement.
#[derive(Debug)]
pub struct WithItem {
    /// The context manager.
    pub context_expr: Expr,
    /// The target after `as`.
    pub optional_vars: Option<Expr>,
}

/// A `try` statement: has handlers, or a `finally` block, or both.
#[derive(Debug)]
pub struct Try {
    /// The guarded block, never empty.
    pub body: Vec<Stmt>,
    /// The `except` clauses; only the last may be without a type.
    pub handlers: Vec<ExceptHandler>,
    /// The `else` block, empty if there is none.
    pub orelse: Vec<Stmt>,
    /// The `finally` block, empty if there is none.
    pub finalbody: Vec<Stmt>,
}

/// An `except` clause.
#[derive(Debug)]
pub struct ExceptHandler {
    /// Where `except` stands.
    pub pos: Pos,
    /// The exception type or tuple of types; `None` catches everything.
    pub typ: Option<Expr>,
    /// The name after `as`.
    pub name: Option<Symbol>,
    /// The block, never empty.
    pub body: Vec<Stmt>,
}

/// `name as asname` of an import.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// Where the name starts.
    pub pos: Pos,
    /// The name; of `import` with its dots (`a.b.c`), of `from … import *` it is `*`.
    pub name: Symbol,
    /// The name after `as`.
    pub asname: Option<Symbol>,
}

/// `from module import names`.
#[derive(Debug)]
pub struct ImportFrom {
    /// The module with its dots (`a.b`); `None` in `from . import x`.
    pub module: Option<Symbol>,
    /// What is imported, never empty; a single `*` for a star import.
    pub names: Vec<Alias>,
    /// The number of leading dots.
    pub level: u32,
}

/// The parameters of a function or lambda.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Parameters before `/`.
    pub posonlyargs: Vec<Arg>,
    /// Ordinary parameters.
    pub args: Vec<Arg>,
    /// `*vararg`.
    pub vararg: Option<Arg>,
    /// Parameters after `*` or `*vararg`.
    pub kwonlyargs: Vec<Arg>,
    /// For each of `kwonlyargs` its default.
    pub kw_defaults: Vec<Option<Expr>>,
    /// `**kwarg`.
    pub kwarg: Option<Arg>,
    /// Defaults of the last parameters of `posonlyargs` followed by `args`.
    pub defaults: Vec<Expr>,
}

/// One parameter.
#[derive(Debug)]
pub struct Arg {
    /// Where the name stands.
    pub pos: Pos,
    /// The name.
    pub name: Symbol,
    /// The annotation after `:`.
    pub annotation: Option<Box<Expr>>,
}

/// A keyword argument of a call or class definition.
#[derive(Debug)]
pub struct Keyword {
    /// Where the argument starts.
    pub pos: Pos,
    /// The name; `None` for `**value`.
    pub arg: Option<Symbol>,
    /// The value.
    pub value: Expr,
}

/// An expression, where it starts, and how deep its tree is.
#[derive(Debug)]
pub struct Expr {
    /// Start of the expression. Of a call, attribute or subscript it is the start of the
    /// leftmost part.
    pub pos: Pos,
    height: u16,
    /// What the expression is.
    pub kind: ExprKind,
}

/// The expressions.
#[derive(Debug)]
pub enum ExprKind {
    /// `a and b and c`, `a or b`
    BoolOp {
        /// The operator between all values.
        op: BoolOp,
        /// Two values or more.
        values: Vec<Expr>,
    },
    /// `(target := value)`
    NamedExpr {
        /// A name.
        target: Symbol,
        /// The value.
        value: Box<Expr>,
    },
    /// `left op right op right …`: operators of one precedence, applied from left to right.
    BinOp {
        /// The first operand.
        left: Box<Expr>,
        /// The operators, each with its right operand; never empty.
        rest: Vec<(Operator, Expr)>,
    },
    /// `-operand`, `not operand` …
    UnaryOp {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `lambda args: body`
    Lambda {
        /// The parameters.
        args: Box<Arguments>,
        /// The result.
        body: Box<Expr>,
    },
    /// `body if test else orelse`
    IfExp {
        /// The condition.
        test: Box<Expr>,
        /// The value if it is true.
        body: Box<Expr>,
        /// The value if it is false.
        orelse: Box<Expr>,
    },
    /// `{key: value, **mapping}`
    Dict(Vec<DictItem>),
    /// `{a, b}`; never empty
    Set(Vec<Expr>),
    /// `[elt for …]`
    ListComp {
        /// The item.
        elt: Box<Expr>,
        /// The `for` clauses, never empty.
        generators: Vec<Comprehension>,
    },
    /// `{elt for …}`
    SetComp {
        /// The item.
        elt: Box<Expr>,
        /// The `for` clauses, never empty.
        generators: Vec<Comprehension>,
    },
    /// `{key: value for …}`
    DictComp {
        /// The key.
        key: Box<Expr>,
        /// The value.
        value: Box<Expr>,
        /// The `for` clauses, never empty.
        generators: Vec<Comprehension>,
    },
    /// `(elt for …)`
    GeneratorExp {
        /// The item.
        elt: Box<Expr>,
        /// The `for` clauses, never empty.
        generators: Vec<Comprehension>,
    },
    /// `await value`
    Await(Box<Expr>),
    /// `yield value`
    Yield(Option<Box<Expr>>),
    /// `yield from value`
    YieldFrom(Box<Expr>),
    /// `left < a <= b …`
    Compare {
        /// The first operand.
        left: Box<Expr>,
        /// The operators, each with its right operand; never empty.
        rest: Vec<(CmpOp, Expr)>,
    },
    /// `func(args, keywords)`
    Call {
        /// What is called.
        func: Box<Expr>,
        /// Positional arguments; may hold `Starred`.
        args: Vec<Expr>,
        /// Keyword arguments and `**mappings`.
        keywords: Vec<Keyword>,
    },
    /// `{value!conversion:format_spec}`, only inside a [`ExprKind::JoinedStr`].
    FormattedValue {
        /// The value.
        value: Box<Expr>,
        /// The conversion before formatting.
        conversion: Conversion,
        /// The format specification, a `JoinedStr`.
        format_spec: Option<Box<Expr>>,
    },
    /// An f-string: `Constant` strings and `FormattedValue`s. Of `{x=}` the text `x=` is part
    /// of the constant before the value.
    JoinedStr(Vec<Expr>),
    /// A literal.
    Constant(Constant),
    /// `value.attr`
    Attribute {
        /// The object.
        value: Box<Expr>,
        /// The name after the dot.
        attr: Symbol,
    },
    /// `value[slice]`
    Subscript {
        /// The container.
        value: Box<Expr>,
        /// The index: any expression, a `Slice`, or a `Tuple` that may hold `Slice`s.
        slice: Box<Expr>,
    },
    /// `*value`
    Starred(Box<Expr>),
    /// A variable.
    Name(Symbol),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `lower:upper:step`, only as (part of) a subscript
    Slice {
        /// Before the first colon.
        lower: Option<Box<Expr>>,
        /// After the first colon.
        upper: Option<Box<Expr>>,
        /// After the second colon.
        step: Option<Box<Expr>>,
    },
}

/// One entry of a dict display.
#[derive(Debug)]
pub struct DictItem {
    /// The key; `None` for `**value`.
    pub key: Option<Expr>,
    /// The value, or the mapping after `**`.
    pub value: Expr,
}

/// One `for target in iter if …` of a comprehension.
#[derive(Debug)]
pub struct Comprehension {
    /// What each item is assigned to.
    pub target: Expr,
    /// What is iterated.
    pub iter: Expr,
    /// The conditions, in order.
    pub ifs: Vec<Expr>,
    /// Whether it is `async for`.
    pub is_async: bool,
}

/// A literal. Adjacent string literals are already one.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `None`
    None,
    /// `True`
    True,
    /// `False`
    False,
    /// `...`
    Ellipsis,
    /// An integer that fits 64 bits; never negative.
    Int(i64),
    /// A larger integer.
    BigInt(BigInt),
    /// A float; too large a literal is infinity.
    Float(f64),
    /// The imaginary part of `2j`.
    Imag(f64),
    /// A string.
    Str(Box<str>),
    /// A bytes literal.
    Bytes(Box<[u8]>),
}

/// An integer literal that does not fit an `i64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BigInt {
    /// The digits alone: no prefix, no underscores, no leading zeros.
    pub digits: Box<str>,
    /// 2, 8, 10 or 16.
    pub radix: u8,
}

/// The operators `and`, `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    /// `and`
    And,
    /// `or`
    Or,
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mult,
    /// `@`
    MatMult,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `<<`
    LShift,
    /// `>>`
    RShift,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `&`
    BitAnd,
    /// `//`
    FloorDiv,
}

/// The unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `~`
    Invert,
    /// `not`
    Not,
    /// `+`
    UAdd,
    /// `-`
    USub,
}

/// The comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmpOp {
    /// `==`
    Eq,
    /// `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtE,
    /// `>`
    Gt,
    /// `>=`
    GtE,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

/// The conversion of an f-string value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// None given.
    None,
    /// `!s`
    Str,
    /// `!r`
    Repr,
    /// `!a`
    Ascii,
}

impl Stmt {
    /// A statement at `pos`.
    pub fn new(pos: Pos, kind: StmtKind) -> Self {
        Stmt { pos, kind }
    }
}

impl Expr {
    /// An expression at `pos`.
    pub fn new(pos: Pos, kind: ExprKind) -> Self {
        let height = kind.child_height().saturating_add(1);
        Expr { pos, height, kind }
    }

    /// Levels of nesting, 1 for a leaf. The parser keeps it within
    /// [`Options::max_depth`](crate::Options::max_depth), so that recursive walks are safe.
    pub fn height(&self) -> u16 {
        self.height
    }
}

impl ExprKind {
    /// The height of the highest child, 0 for a leaf.
    fn child_height(&self) -> u16 {
        fn max<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> u16 {
            exprs.into_iter().map(|e| e.height).max().unwrap_or(0)
        }
        fn max_generators(generators: &[Comprehension]) -> u16 {
            generators.iter().map(|g| max([&g.target, &g.iter]).max(max(&g.ifs))).max().unwrap_or(0)
        }
        match self {
            ExprKind::Constant(_) | ExprKind::Name(_) | ExprKind::Yield(None) => 0,
            ExprKind::BoolOp { values, .. } => max(values),
            ExprKind::NamedExpr { value, .. } => value.height,
            ExprKind::BinOp { left, rest } => left.height.max(max(rest.iter().map(|r| &r.1))),
            ExprKind::Compare { left, rest } => left.height.max(max(rest.iter().map(|r| &r.1))),
            ExprKind::UnaryOp { operand, .. } => operand.height,
            ExprKind::Lambda { args, body } => body.height.max(args.height()),
            ExprKind::IfExp { test, body, orelse } => test.height.max(body.height).max(orelse.height),
            ExprKind::Dict(items) => items.iter().map(|i| i.value.height.max(max(&i.key))).max().unwrap_or(0),
            ExprKind::Set(elts) | ExprKind::List(elts) | ExprKind::Tuple(elts) | ExprKind::JoinedStr(elts) => max(elts),
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => elt.height.max(max_generators(generators)),
            ExprKind::DictComp { key, value, generators } => {
                key.height.max(value.height).max(max_generators(generators))
            }
            ExprKind::Await(value)
            | ExprKind::Yield(Some(value))
            | ExprKind::YieldFrom(value)
            | ExprKind::Starred(value)
            | ExprKind::Attribute { value, .. } => value.height,
            ExprKind::Call { func, args, keywords } => {
                func.height.max(max(args)).max(max(keywords.iter().map(|k| &k.value)))
            }
            ExprKind::FormattedValue { value, format_spec, .. } => value.height.max(max(format_spec.as_deref())),
            ExprKind::Subscript { value, slice } => value.height.max(slice.height),
            ExprKind::Slice { lower, upper, step } => {
                max(lower.as_deref()).max(max(upper.as_deref())).max(max(step.as_deref()))
            }
        }
    }
}

impl Arguments {
    /// The height of the highest default or annotation, 0 if there is none.
    fn height(&self) -> u16 {
        let annotated =
            self.posonlyargs.iter().chain(&self.args).chain(&self.vararg).chain(&self.kwonlyargs).chain(&self.kwarg);
        annotated
            .filter_map(|a| a.annotation.as_deref())
            .chain(&self.defaults)
            .chain(self.kw_defaults.iter().flatten())
            .map(|e| e.height)
            .max()
            .unwrap_or(0)
    }
}
