//! Simple statements: those of one line.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::ast::{Alias, AnnAssign, Assign, AugAssign, Expr, ExprKind, ImportFrom, Stmt, StmtKind};
use crate::error::{Parsed, SyntaxError};
use crate::expressions::level;
use crate::interner::Symbol;
use crate::parser::Parser;
use crate::token::Tok;

impl Parser<'_> {
    /// A line of simple statements, with its end.
    #[inline(never)]
    pub(crate) fn simple_line(&mut self, out: &mut Vec<Stmt>) -> Parsed<()> {
        loop {
            out.push(self.simple_statement()?);
            if !self.eat(Tok::Semicolon)? || self.tok.kind == Tok::Newline {
                break;
            }
        }
        self.expect(Tok::Newline, "the end of the statement")
    }

    #[inline(never)]
    fn simple_statement(&mut self) -> Parsed<Stmt> {
        let pos = self.tok.pos;
        let kind = match self.tok.kind {
            Tok::Pass => self.word(StmtKind::Pass)?,
            Tok::Break => self.word(StmtKind::Break)?,
            Tok::Continue => self.word(StmtKind::Continue)?,
            Tok::Return => {
                self.advance()?;
                StmtKind::Return(if self.at_statement_end() { None } else { Some(self.star_expressions()?) })
            }
            Tok::Raise => self.raise()?,
            Tok::Del => self.delete()?,
            Tok::Global => {
                self.advance()?;
                StmtKind::Global(self.name_list()?)
            }
            Tok::Nonlocal => {
                self.advance()?;
                StmtKind::Nonlocal(self.name_list()?)
            }
            Tok::Assert => {
                self.advance()?;
                let test = self.test()?;
                let msg = if self.eat(Tok::Comma)? { Some(self.test()?) } else { None };
                StmtKind::Assert { test, msg }
            }
            Tok::Import => self.import()?,
            Tok::From => self.import_from()?,
            _ => self.expression_statement()?,
        };
        Ok(Stmt::new(pos, kind))
    }

    fn word(&mut self, kind: StmtKind) -> Parsed<StmtKind> {
        self.advance()?;
        Ok(kind)
    }

    fn at_statement_end(&self) -> bool {
        matches!(self.tok.kind, Tok::Newline | Tok::Semicolon | Tok::Eof)
    }

    #[inline(never)]
    fn raise(&mut self) -> Parsed<StmtKind> {
        self.advance()?;
        if self.at_statement_end() {
            return Ok(StmtKind::Raise { exc: None, cause: None });
        }
        let exc = Some(self.test()?);
        let cause = if self.eat(Tok::From)? { Some(self.test()?) } else { None };
        Ok(StmtKind::Raise { exc, cause })
    }

    #[inline(never)]
    fn delete(&mut self) -> Parsed<StmtKind> {
        self.advance()?;
        let mut targets = Vec::new();
        loop {
            let target = self.expression(level::BIT_OR)?;
            self.check_delete(&target)?;
            targets.push(target);
            if !self.eat(Tok::Comma)? || self.at_statement_end() {
                return Ok(StmtKind::Delete(targets));
            }
        }
    }

    fn name_list(&mut self) -> Parsed<Vec<Symbol>> {
        let mut names = vec![self.name("a name")?];
        while self.eat(Tok::Comma)? {
            names.push(self.name("a name")?);
        }
        Ok(names)
    }

    #[inline(never)]
    fn import(&mut self) -> Parsed<StmtKind> {
        self.advance()?;
        let mut names = Vec::new();
        loop {
            let pos = self.tok.pos;
            let name = self.dotted_name()?;
            let asname = self.as_name()?;
            names.push(Alias { pos, name, asname });
            if !self.eat(Tok::Comma)? {
                return Ok(StmtKind::Import(names));
            }
        }
    }

    #[inline(never)]
    fn import_from(&mut self) -> Parsed<StmtKind> {
        self.advance()?;
        let mut level = 0u32;
        loop {
            level += match self.tok.kind {
                Tok::Dot => 1,
                Tok::Ellipsis => 3,
                _ => break,
            };
            self.advance()?;
        }
        let module = if level > 0 && self.tok.kind == Tok::Import { None } else { Some(self.dotted_name()?) };
        self.expect(Tok::Import, "'import'")?;
        let pos = self.tok.pos;
        let mut names = Vec::new();
        if self.tok.kind == Tok::Star {
            let name = self.names.intern("*");
            self.advance()?;
            let asname = None;
            names.push(Alias { pos, name, asname });
        } else {
            let bracketed = self.eat(Tok::LParen)?;
            loop {
                let pos = self.tok.pos;
                let name = self.name("a name to import")?;
                let asname = self.as_name()?;
                names.push(Alias { pos, name, asname });
                if !self.eat(Tok::Comma)? || bracketed && self.tok.kind == Tok::RParen {
                    break;
                }
            }
            if bracketed {
                self.expect(Tok::RParen, "',' or ')'")?;
            }
        }
        Ok(StmtKind::ImportFrom(ImportFrom { module, names, level }.into()))
    }

    fn as_name(&mut self) -> Parsed<Option<Symbol>> {
        if self.eat(Tok::As)? { Ok(Some(self.name("a name after 'as'")?)) } else { Ok(None) }
    }

    /// `a.b.c` as one symbol.
    fn dotted_name(&mut self) -> Parsed<Symbol> {
        let first = self.name("a module name")?;
        if self.tok.kind != Tok::Dot {
            return Ok(first);
        }
        let mut dotted = String::from(self.names.text(first));
        while self.eat(Tok::Dot)? {
            let part = self.name("a name after '.'")?;
            dotted.push('.');
            dotted.push_str(self.names.text(part));
        }
        Ok(self.names.intern(&dotted))
    }

    /// An expression, or an assignment that starts with one.
    #[inline(never)]
    fn expression_statement(&mut self) -> Parsed<StmtKind> {
        let bare = self.tok.kind != Tok::LParen;
        let first = self.value()?;
        match self.tok.kind {
            Tok::Equal => self.assignment(first),
            Tok::Augmented(op) => {
                self.check_place(&first, "an augmented assignment")?;
                self.advance()?;
                let value = self.value()?;
                Ok(StmtKind::AugAssign(AugAssign { target: first, op, value }.into()))
            }
            Tok::Colon => {
                self.check_place(&first, "an annotation")?;
                self.advance()?;
                let annotation = self.test()?;
                let value = if self.eat(Tok::Equal)? { Some(self.value()?) } else { None };
                let simple = bare && matches!(first.kind, ExprKind::Name(_));
                Ok(StmtKind::AnnAssign(AnnAssign { target: first, annotation, value, simple }.into()))
            }
            Tok::ColonEqual => Err(self.error("':=' as a statement needs parentheses; use '='")),
            Tok::Newline | Tok::Semicolon => Ok(StmtKind::Expr(first)),
            _ => Err(self.after_expression(&first)),
        }
    }

    #[inline(never)]
    fn assignment(&mut self, first: Expr) -> Parsed<StmtKind> {
        let mut targets = Vec::new();
        let mut value = first;
        while self.eat(Tok::Equal)? {
            self.check_target(&value)?;
            targets.push(value);
            value = self.value()?;
        }
        if matches!(value.kind, ExprKind::Starred(_)) {
            return Err(self.star_error(value.pos));
        }
        Ok(StmtKind::Assign(Assign { targets, value }.into()))
    }

    /// Something follows an expression that cannot.
    fn after_expression(&self, first: &Expr) -> alloc::boxed::Box<SyntaxError> {
        if let ExprKind::Name(name) = first.kind
            && matches!(self.names.text(name), "print" | "exec")
            && self.tok.kind.starts_expression()
        {
            let name = self.names.text(name);
            let message = alloc::format!("'{name}' is a function: write {name}(…)");
            return SyntaxError::boxed(first.pos, &message);
        }
        self.unexpected("the end of the statement")
    }
}
