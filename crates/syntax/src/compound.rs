//! Compound statements: those with blocks.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::ast::{
    ClassDef, ExceptHandler, Expr, For, FunctionDef, If, IfBranch, Pos, Stmt, StmtKind, Try, While, With, WithItem,
};
use crate::error::Parsed;
use crate::expressions::level;
use crate::parser::Parser;
use crate::token::Tok;

impl Parser<'_> {
    /// A compound statement or a line of simple ones.
    pub(crate) fn statement(&mut self, out: &mut Vec<Stmt>) -> Parsed<()> {
        let pos = self.tok.pos;
        let kind = match self.tok.kind {
            Tok::If => self.if_statement()?,
            Tok::While => self.while_statement()?,
            Tok::For => StmtKind::For(self.for_statement()?),
            Tok::Try => self.try_statement()?,
            Tok::With => StmtKind::With(self.with_statement()?),
            Tok::Def => StmtKind::FunctionDef(self.function(Vec::new())?),
            Tok::Class => StmtKind::ClassDef(self.class(Vec::new())?),
            Tok::Async => self.async_statement(Vec::new())?,
            Tok::At => {
                out.push(self.decorated()?);
                return Ok(());
            }
            Tok::Indent => return Err(self.indentation_error("unexpected indent")),
            _ => return self.simple_line(out),
        };
        out.push(Stmt::new(pos, kind));
        Ok(())
    }

    /// `:` and a block; `what` it follows, and where that stands, are for the error.
    #[inline(never)]
    fn block(&mut self, what: &str, pos: Pos) -> Parsed<Vec<Stmt>> {
        if self.tok.kind != Tok::Colon {
            if self.tok.kind == Tok::Equal {
                return Err(self.error("'=' assigns; to compare, write '=='"));
            }
            return Err(self.unexpected(&format!("':' after {what}")));
        }
        self.advance()?;
        let mut body = Vec::new();
        if self.tok.kind != Tok::Newline {
            self.simple_line(&mut body)?;
            return Ok(body);
        }
        self.advance()?;
        if self.tok.kind != Tok::Indent {
            let line = pos.line;
            let message = format!("expected an indented block after {what} on line {line}");
            return Err(self.indentation_error(&message));
        }
        self.advance()?;
        self.deeper()?;
        while self.tok.kind != Tok::Dedent {
            self.statement(&mut body)?;
        }
        self.depth -= 1;
        self.advance()?;
        Ok(body)
    }

    /// An `else` block, if there is one.
    fn else_block(&mut self) -> Parsed<Vec<Stmt>> {
        let pos = self.tok.pos;
        if self.eat(Tok::Else)? { self.block("'else'", pos) } else { Ok(Vec::new()) }
    }

    #[inline(never)]
    fn if_statement(&mut self) -> Parsed<StmtKind> {
        let mut branches = Vec::new();
        let mut what = "the 'if' condition";
        loop {
            let pos = self.tok.pos;
            self.advance()?;
            let test = self.named_expression()?;
            let body = self.block(what, pos)?;
            branches.push(IfBranch { pos, test, body });
            if self.tok.kind != Tok::Elif {
                break;
            }
            what = "the 'elif' condition";
        }
        let orelse = self.else_block()?;
        Ok(StmtKind::If(If { branches, orelse }.into()))
    }

    #[inline(never)]
    fn while_statement(&mut self) -> Parsed<StmtKind> {
        let pos = self.tok.pos;
        self.advance()?;
        let test = self.named_expression()?;
        let body = self.block("the 'while' condition", pos)?;
        let orelse = self.else_block()?;
        Ok(StmtKind::While(While { test, body, orelse }.into()))
    }

    #[inline(never)]
    fn for_statement(&mut self) -> Parsed<Box<For>> {
        let pos = self.tok.pos;
        self.advance()?;
        let target = self.for_target()?;
        self.expect(Tok::In, "'in' after the target of 'for'")?;
        let iter = self.star_expressions()?;
        let body = self.block("the 'for' clause", pos)?;
        let orelse = self.else_block()?;
        Ok(Box::new(For { target, iter, body, orelse }))
    }

    #[inline(never)]
    fn try_statement(&mut self) -> Parsed<StmtKind> {
        let pos = self.tok.pos;
        self.advance()?;
        let body = self.block("'try'", pos)?;
        let mut handlers: Vec<ExceptHandler> = Vec::new();
        while self.tok.kind == Tok::Except {
            if handlers.last().is_some_and(|h| h.typ.is_none()) {
                return Err(self.error("'except:' without a type must be the last"));
            }
            handlers.push(self.except_clause()?);
        }
        let orelse = if handlers.is_empty() { Vec::new() } else { self.else_block()? };
        let pos = self.tok.pos;
        let finalbody = if self.eat(Tok::Finally)? { self.block("'finally'", pos)? } else { Vec::new() };
        if handlers.is_empty() && finalbody.is_empty() {
            return Err(self.unexpected("'except' or 'finally'"));
        }
        Ok(StmtKind::Try(Try { body, handlers, orelse, finalbody }.into()))
    }

    #[inline(never)]
    fn except_clause(&mut self) -> Parsed<ExceptHandler> {
        let pos = self.tok.pos;
        self.advance()?;
        let mut name = None;
        let typ = match self.tok.kind {
            Tok::Colon => None,
            Tok::Star => return Err(self.error("'except*' is not supported")),
            _ => {
                let typ = self.test()?;
                if self.tok.kind == Tok::Comma {
                    return Err(self.error("several exception types need parentheses"));
                }
                if self.eat(Tok::As)? {
                    name = Some(self.name("a name after 'as'")?);
                }
                Some(typ)
            }
        };
        let body = self.block("the 'except' clause", pos)?;
        Ok(ExceptHandler { pos, typ, name, body })
    }

    #[inline(never)]
    fn with_statement(&mut self) -> Parsed<Box<With>> {
        let pos = self.tok.pos;
        self.advance()?;
        let items = match self.parenthesised_items()? {
            Some(items) => items,
            None => {
                let mut items = Vec::from([self.with_item()?]);
                while self.eat(Tok::Comma)? {
                    items.push(self.with_item()?);
                }
                items
            }
        };
        let body = self.block("the 'with' clause", pos)?;
        Ok(Box::new(With { items, body }))
    }

    /// `(a as b, c)` as the items of a `with`. What looks like it may be an ordinary
    /// expression, and only what follows its `)` can tell; so try, and come back if it was not.
    #[inline(never)]
    fn parenthesised_items(&mut self) -> Parsed<Option<Vec<WithItem>>> {
        if self.tok.kind != Tok::LParen {
            return Ok(None);
        }
        let lexer = self.lexer.clone();
        let tok = self.tok;
        let depth = self.depth;
        if let Ok(items) = self.bracketed_items() {
            return Ok(Some(items));
        }
        self.lexer = lexer;
        self.tok = tok;
        self.depth = depth;
        Ok(None)
    }

    #[inline(never)]
    fn bracketed_items(&mut self) -> Parsed<Vec<WithItem>> {
        self.advance()?;
        let mut items = Vec::from([self.with_item()?]);
        while self.eat(Tok::Comma)? && self.tok.kind != Tok::RParen {
            items.push(self.with_item()?);
        }
        self.expect(Tok::RParen, "')'")?;
        if self.tok.kind != Tok::Colon {
            return Err(self.unexpected("':'"));
        }
        Ok(items)
    }

    #[inline(never)]
    fn with_item(&mut self) -> Parsed<WithItem> {
        let context_expr = self.test()?;
        let optional_vars = if self.eat(Tok::As)? {
            let target = self.expression(level::BIT_OR)?;
            self.check_target(&target)?;
            Some(target)
        } else {
            None
        };
        Ok(WithItem { context_expr, optional_vars })
    }

    #[inline(never)]
    fn async_statement(&mut self, decorators: Vec<Expr>) -> Parsed<StmtKind> {
        self.advance()?;
        match self.tok.kind {
            Tok::Def => Ok(StmtKind::AsyncFunctionDef(self.function(decorators)?)),
            Tok::For if decorators.is_empty() => Ok(StmtKind::AsyncFor(self.for_statement()?)),
            Tok::With if decorators.is_empty() => Ok(StmtKind::AsyncWith(self.with_statement()?)),
            _ => Err(self.unexpected("'def', 'for' or 'with' after 'async'")),
        }
    }

    #[inline(never)]
    fn decorated(&mut self) -> Parsed<Stmt> {
        let mut decorators = Vec::new();
        while self.eat(Tok::At)? {
            decorators.push(self.named_expression()?);
            self.expect(Tok::Newline, "the end of the line after the decorator")?;
        }
        let pos = self.tok.pos;
        let kind = match self.tok.kind {
            Tok::Def => StmtKind::FunctionDef(self.function(decorators)?),
            Tok::Class => StmtKind::ClassDef(self.class(decorators)?),
            Tok::Async => self.async_statement(decorators)?,
            _ => return Err(self.unexpected("'def' or 'class' after the decorator")),
        };
        Ok(Stmt::new(pos, kind))
    }

    #[inline(never)]
    fn function(&mut self, decorator_list: Vec<Expr>) -> Parsed<Box<FunctionDef>> {
        self.new_scope();
        let pos = self.tok.pos;
        self.advance()?;
        let name = self.name("a function name")?;
        self.expect(Tok::LParen, "'(' after the function name")?;
        let args = self.parameters(Tok::RParen)?;
        self.advance()?;
        let returns = if self.eat(Tok::Arrow)? { Some(self.test()?) } else { None };
        let body = self.block("the function definition", pos)?;
        Ok(Box::new(FunctionDef { name, args, body, decorator_list, returns }))
    }

    #[inline(never)]
    fn class(&mut self, decorator_list: Vec<Expr>) -> Parsed<Box<ClassDef>> {
        self.new_scope();
        let pos = self.tok.pos;
        self.advance()?;
        let name = self.name("a class name")?;
        let (bases, keywords) = if self.tok.kind == Tok::LParen { self.arguments()? } else { (Vec::new(), Vec::new()) };
        let body = self.block("the class definition", pos)?;
        Ok(Box::new(ClassDef { name, bases, keywords, body, decorator_list }))
    }
}
