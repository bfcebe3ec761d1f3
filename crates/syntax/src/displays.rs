//! What stands in brackets: tuples, lists, sets, dicts, comprehensions, subscripts.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::ast::{Comprehension, DictItem, Expr, ExprKind, Pos};
use crate::error::{Parsed, SyntaxError};
use crate::expressions::level;
use crate::parser::Parser;
use crate::token::Tok;

impl Parser<'_> {
    /// `(…)`: a tuple, a generator expression, `yield`, or just an expression.
    #[inline(never)]
    pub(crate) fn parenthesised(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        self.advance()?;
        match self.tok.kind {
            Tok::RParen => {
                self.advance()?;
                return Ok(Expr::new(pos, ExprKind::Tuple(Vec::new())));
            }
            Tok::Yield => {
                let expr = self.yield_expression()?;
                self.expect(Tok::RParen, "')'")?;
                return Ok(expr);
            }
            _ => {}
        }
        let first = self.star_named_expression()?;
        if self.tok.kind == Tok::RParen && !matches!(first.kind, ExprKind::Starred(_)) {
            self.advance()?;
            return Ok(first);
        }
        self.after_first(pos, first)
    }

    /// The rest of `(…)` that is more than an expression.
    #[inline(never)]
    fn after_first(&mut self, pos: Pos, first: Expr) -> Parsed<Expr> {
        match self.tok.kind {
            Tok::For | Tok::Async => {
                let (elt, generators) = self.comprehension(first)?;
                self.expect(Tok::RParen, "')'")?;
                self.node(pos, ExprKind::GeneratorExp { elt, generators })
            }
            Tok::Comma => {
                let elts = self.items(first, Tok::RParen, "',' or ')'")?;
                self.node(pos, ExprKind::Tuple(elts))
            }
            _ => {
                self.expect(Tok::RParen, "',' or ')'")?;
                match first.kind {
                    ExprKind::Starred(_) => Err(self.star_error(first.pos)),
                    _ => Ok(first),
                }
            }
        }
    }

    #[inline(never)]
    pub(crate) fn list(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        self.advance()?;
        if self.eat(Tok::RBracket)? {
            return Ok(Expr::new(pos, ExprKind::List(Vec::new())));
        }
        let first = self.star_named_expression()?;
        if matches!(self.tok.kind, Tok::For | Tok::Async) {
            let (elt, generators) = self.comprehension(first)?;
            self.expect(Tok::RBracket, "']'")?;
            return self.node(pos, ExprKind::ListComp { elt, generators });
        }
        let elts = self.items(first, Tok::RBracket, "',' or ']'")?;
        self.node(pos, ExprKind::List(elts))
    }

    #[inline(never)]
    pub(crate) fn dict_or_set(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        self.advance()?;
        match self.tok.kind {
            Tok::RBrace => {
                self.advance()?;
                return Ok(Expr::new(pos, ExprKind::Dict(Vec::new())));
            }
            Tok::DoubleStar => {
                let first = self.dict_item()?;
                return self.dict_items(pos, first);
            }
            _ => {}
        }
        let first = self.star_named_expression()?;
        match self.tok.kind {
            Tok::Colon if !matches!(first.kind, ExprKind::Starred(_)) => {
                self.advance()?;
                let value = self.test()?;
                if matches!(self.tok.kind, Tok::For | Tok::Async) {
                    let (key, generators) = self.comprehension(first)?;
                    self.expect(Tok::RBrace, "'}'")?;
                    let value = Box::new(value);
                    return self.node(pos, ExprKind::DictComp { key, value, generators });
                }
                let key = Some(first);
                self.dict_items(pos, DictItem { key, value })
            }
            Tok::For | Tok::Async => {
                let (elt, generators) = self.comprehension(first)?;
                self.expect(Tok::RBrace, "'}'")?;
                self.node(pos, ExprKind::SetComp { elt, generators })
            }
            _ => {
                let elts = self.items(first, Tok::RBrace, "',' or '}'")?;
                self.node(pos, ExprKind::Set(elts))
            }
        }
    }

    /// `key: value` or `**mapping`.
    #[inline(never)]
    fn dict_item(&mut self) -> Parsed<DictItem> {
        if self.eat(Tok::DoubleStar)? {
            let value = self.expression(level::BIT_OR)?;
            return Ok(DictItem { key: None, value });
        }
        let key = Some(self.test()?);
        self.expect(Tok::Colon, "':' after the dict key")?;
        let value = self.test()?;
        Ok(DictItem { key, value })
    }

    #[inline(never)]
    fn dict_items(&mut self, pos: Pos, first: DictItem) -> Parsed<Expr> {
        let mut items = vec![first];
        while self.eat(Tok::Comma)? && self.tok.kind != Tok::RBrace {
            items.push(self.dict_item()?);
        }
        self.expect(Tok::RBrace, "',' or '}'")?;
        self.node(pos, ExprKind::Dict(items))
    }

    /// The rest of a display after its first item, with the closing bracket.
    #[inline(never)]
    fn items(&mut self, first: Expr, close: Tok, expected: &str) -> Parsed<Vec<Expr>> {
        let mut elts = vec![first];
        while self.eat(Tok::Comma)? && self.tok.kind != close {
            elts.push(self.star_named_expression()?);
        }
        self.expect(close, expected)?;
        Ok(elts)
    }

    /// The `for` clauses after `elt`.
    #[inline(never)]
    pub(crate) fn comprehension(&mut self, elt: Expr) -> Parsed<(Box<Expr>, Vec<Comprehension>)> {
        self.new_scope();
        if matches!(elt.kind, ExprKind::Starred(_)) {
            let message = "a comprehension cannot unpack with '*'";
            return Err(SyntaxError::boxed(elt.pos, message));
        }
        let mut generators = Vec::new();
        while matches!(self.tok.kind, Tok::For | Tok::Async) {
            let is_async = self.eat(Tok::Async)?;
            self.expect(Tok::For, "'for'")?;
            let target = self.for_target()?;
            self.expect(Tok::In, "'in' after the target of 'for'")?;
            let iter = self.expression(level::OR)?;
            let mut ifs = Vec::new();
            while self.eat(Tok::If)? {
                ifs.push(self.expression(level::OR)?);
            }
            generators.push(Comprehension { target, iter, ifs, is_async });
        }
        Ok((Box::new(elt), generators))
    }

    /// `[…]` after `value`.
    #[inline(never)]
    pub(crate) fn subscript(&mut self, value: Expr) -> Parsed<ExprKind> {
        self.advance()?;
        let pos = self.tok.pos;
        let first = self.slice()?;
        let slice = if self.tok.kind == Tok::Comma || matches!(first.kind, ExprKind::Starred(_)) {
            let mut elts = vec![first];
            while self.eat(Tok::Comma)? && self.tok.kind != Tok::RBracket {
                elts.push(self.slice()?);
            }
            self.node(pos, ExprKind::Tuple(elts))?
        } else {
            first
        };
        self.expect(Tok::RBracket, "']'")?;
        Ok(ExprKind::Subscript { value: Box::new(value), slice: Box::new(slice) })
    }

    #[inline(never)]
    fn slice(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        let lower = match self.tok.kind {
            Tok::Colon => None,
            Tok::Star => return self.starred(),
            _ => Some(self.named_expression()?),
        };
        if !self.eat(Tok::Colon)? {
            return lower.ok_or_else(|| self.unexpected("an index"));
        }
        let upper = self.bound()?;
        let step = if self.eat(Tok::Colon)? { self.bound()? } else { None };
        let lower = lower.map(Box::new);
        self.node(pos, ExprKind::Slice { lower, upper, step })
    }

    #[inline(never)]
    fn bound(&mut self) -> Parsed<Option<Box<Expr>>> {
        match self.tok.kind {
            Tok::Colon | Tok::Comma | Tok::RBracket => Ok(None),
            _ => Ok(Some(Box::new(self.test()?))),
        }
    }

    /// A star that unpacks into nothing.
    pub(crate) fn star_error(&self, pos: Pos) -> Box<SyntaxError> {
        SyntaxError::boxed(pos, "a starred expression cannot stand here")
    }
}
