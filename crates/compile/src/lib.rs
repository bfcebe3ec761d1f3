//! From syntax tree to verified-by-construction register bytecode.
//!
//! Two passes over each top-level statement: [`analyse`] finds the scopes and what names mean in them,
//! then the others emit code. This crate knows no objects.
//!
//! Recursion is bounded by the height of the tree, which the parser limits. The functions on that path
//! are not inlined, so that a level of nesting costs only the frames it needs: less than in the parser.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod analyse;
mod assign;
mod call;
mod compiler;
mod comprehension;
mod cond;
mod display;
mod error;
mod expr;
mod flow;
mod fold;
mod function;
mod guard;
mod registers;
mod scope;
mod stmt;
mod unit;
mod walk;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;

use snakeye_bytecode::{Code, CodeFlags, Op};
use snakeye_syntax::ast::{Expr, Expression, Module, Pos, Stmt};
use snakeye_syntax::{Interner, Parser};

use analyse::Analysis;
use compiler::{Compiler, Session};
use error::Compiled;
use scope::{KnownNames, Scopes};
use unit::Unit;

pub use error::CompileError;
pub use snakeye_syntax::ErrorKind;

/// What the source text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A file or an `exec` string.
    #[default]
    Exec,
    /// An expression, whose value the code returns.
    Eval,
    /// One interactive statement: expressions are printed.
    Single,
    /// Many statements pasted at a prompt: expressions are printed.
    Paste,
}

impl Mode {
    /// Whether someone at a prompt entered this: expression statements are printed, and constants named with an
    /// underscore stay variables.
    fn is_interactive(self) -> bool {
        matches!(self, Mode::Single | Mode::Paste)
    }
}

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Names at the top level go through the frame's namespace dict, then globals (`exec` and `eval`
    /// with locals that differ from globals). Otherwise they are globals.
    pub separate_locals: bool,
    /// Optimisation level: from 1 on, assertions are left out and `__debug__` is False; from 3 on, lines too
    /// are left out, and everything is on line 1.
    pub optimize: u8,
    /// Accept what MicroPython 1.11 accepted.
    pub compat_1_11: bool,
    /// About how many bytes the tree of one top-level statement may take; more is an error of kind
    /// [`ErrorKind::Memory`].
    pub memory: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { separate_locals: false, optimize: 0, compat_1_11: false, memory: usize::MAX }
    }
}

/// Compiles a parsed module or interactive input.
pub fn compile_module(module: &Module, file: &str, mode: Mode, options: Options) -> Result<Code, CompileError> {
    let mut top = Top::new(file, mode, options);
    for stmt in &module.body {
        top.stmt(&module.names, stmt)?;
    }
    top.finish()
}

/// Compiles a parsed expression to code that returns its value.
pub fn compile_expression(expression: &Expression, file: &str, options: Options) -> Result<Code, CompileError> {
    Top::new(file, Mode::Eval, options).expression(&expression.names, &expression.body)
}

/// Parses and compiles. A file is handled one top-level statement at a time, so that its tree is never
/// in memory as a whole.
pub fn compile_source(source: &[u8], file: &str, mode: Mode, options: Options) -> Result<Code, CompileError> {
    let syntax = snakeye_syntax::Options {
        compat_1_11: options.compat_1_11,
        debug: options.optimize == 0,
        memory: options.memory,
        ..snakeye_syntax::Options::default()
    };
    let mut top = Top::new(file, mode, options);
    match mode {
        Mode::Exec | Mode::Paste => {
            let mut parser = Parser::new(source, &syntax);
            loop {
                let stmt = parser.next_statement().map_err(|e| CompileError::new(&top.session.file, e))?;
                match stmt {
                    Some(stmt) => top.stmt(parser.names(), &stmt)?,
                    None => return top.finish(),
                }
            }
        }
        Mode::Single => {
            let module = snakeye_syntax::parse_interactive(source, file, &syntax)
                .map_err(|e| CompileError::new(&top.session.file, e))?;
            for stmt in &module.body {
                top.stmt(&module.names, stmt)?;
            }
            top.finish()
        }
        Mode::Eval => {
            let expression = snakeye_syntax::parse_expression(source, file, &syntax)
                .map_err(|e| CompileError::new(&top.session.file, e))?;
            top.expression(&expression.names, &expression.body)
        }
    }
}

/// Top-level code under construction.
struct Top {
    session: Session,
    /// None only while a statement is being compiled.
    unit: Option<Box<Unit>>,
}

impl Top {
    fn new(file: &str, mode: Mode, options: Options) -> Self {
        let file: Rc<str> = file.into();
        let mut unit = Unit::new("<module>".into(), file.clone(), 0, Pos { line: 1, column: 1 });
        unit.code.flags.0 = CodeFlags::MODULE;
        unit.tidy = true;
        Top {
            session: Session { file, mode, options, consts: BTreeMap::new(), globals: BTreeSet::new() },
            unit: Some(unit),
        }
    }

    /// Analyses with `walk`, then emits with `emit`.
    fn compile(
        &mut self,
        names: &Interner,
        walk: impl FnOnce(&mut Analysis) -> Compiled,
        emit: impl FnOnce(&mut Compiler) -> Compiled,
    ) -> Result<(), CompileError> {
        let file = self.session.file.clone();
        let known = KnownNames::new(names);
        let mut analysis = Analysis::new(names, &known);
        let scopes: Compiled<Scopes> = walk(&mut analysis).and_then(|()| analysis.finish());
        let scopes = scopes.map_err(|e| CompileError::new(&file, *e))?;
        let Some(unit) = self.unit.take() else {
            return Ok(());
        };
        let mut compiler = Compiler { names, known, scopes, scope: 0, unit, session: &mut self.session };
        let result = emit(&mut compiler);
        compiler.unit.settle();
        self.unit = Some(compiler.unit);
        result.map_err(|e| CompileError::new(&file, *e))
    }

    fn stmt(&mut self, names: &Interner, stmt: &Stmt) -> Result<(), CompileError> {
        self.compile(names, |a| a.stmt(stmt), |c| c.stmt(stmt))
    }

    fn expression(mut self, names: &Interner, expr: &Expr) -> Result<Code, CompileError> {
        self.compile(
            names,
            |a| a.expression(expr),
            |c| {
                let reg = c.operand(expr)?;
                c.unit.op(Op::Return, reg, 0, 0);
                c.unit.stop();
                Ok(())
            },
        )?;
        self.finish()
    }

    fn finish(self) -> Result<Code, CompileError> {
        let file = self.session.file;
        let Some(unit) = self.unit else {
            return Ok(Code::default());
        };
        let mut code = unit.finish().map_err(|e| CompileError::new(&file, *e))?;
        if self.session.options.optimize >= 3 {
            strip_lines(&mut code);
        }
        Ok(code)
    }
}

/// Drops the line tables, which take memory.
fn strip_lines(code: &mut Code) {
    code.lines.clear();
    code.first_line = 1;
    code.children.iter_mut().for_each(strip_lines);
}
