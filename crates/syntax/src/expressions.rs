//! Expressions: precedence climbing over operands, and operands with their trailers.
//!
//! One function climbs all levels of precedence, because a function per level would cost a
//! small stack dearly.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::ast::{BoolOp, CmpOp, Constant, Expr, ExprKind, Operator, Pos, UnaryOp};
use crate::error::Parsed;
use crate::number::number;
use crate::parser::Parser;
use crate::token::Tok;

/// Levels of precedence, loosest first. An expression of one level may stand where a looser
/// one is wanted.
pub(crate) mod level {
    /// Lambda and the conditional expression.
    pub const TEST: u8 = 0;
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const COMPARE: u8 = 4;
    /// What may follow `*`, and what a `for` target is.
    pub const BIT_OR: u8 = 5;
    pub const BIT_XOR: u8 = 6;
    pub const BIT_AND: u8 = 7;
    pub const SHIFT: u8 = 8;
    pub const SUM: u8 = 9;
    pub const TERM: u8 = 10;
    pub const UNARY: u8 = 11;
    pub const POWER: u8 = 12;
}

/// The level and operator of a binary arithmetic operator.
fn binary(kind: Tok) -> Option<(u8, Operator)> {
    Some(match kind {
        Tok::Bar => (level::BIT_OR, Operator::BitOr),
        Tok::Caret => (level::BIT_XOR, Operator::BitXor),
        Tok::Ampersand => (level::BIT_AND, Operator::BitAnd),
        Tok::LShift => (level::SHIFT, Operator::LShift),
        Tok::RShift => (level::SHIFT, Operator::RShift),
        Tok::Plus => (level::SUM, Operator::Add),
        Tok::Minus => (level::SUM, Operator::Sub),
        Tok::Star => (level::TERM, Operator::Mult),
        Tok::At => (level::TERM, Operator::MatMult),
        Tok::Slash => (level::TERM, Operator::Div),
        Tok::Percent => (level::TERM, Operator::Mod),
        Tok::DoubleSlash => (level::TERM, Operator::FloorDiv),
        Tok::DoubleStar => (level::POWER, Operator::Pow),
        _ => return None,
    })
}

impl Parser<'_> {
    /// A single expression, without commas, `:=` or `*`.
    pub(crate) fn test(&mut self) -> Parsed<Expr> {
        self.expression(level::TEST)
    }

    /// An expression of at least level `min`.
    pub(crate) fn expression(&mut self, min: u8) -> Parsed<Expr> {
        self.deeper()?;
        let pos = self.tok.pos;
        let mut left = match self.tok.kind {
            Tok::Not if min <= level::NOT => self.unary(UnaryOp::Not, level::NOT)?,
            Tok::Minus => self.unary(UnaryOp::USub, level::UNARY)?,
            Tok::Plus => self.unary(UnaryOp::UAdd, level::UNARY)?,
            Tok::Tilde => self.unary(UnaryOp::Invert, level::UNARY)?,
            Tok::Lambda if min == level::TEST => {
                let lambda = self.lambda()?;
                self.depth -= 1;
                return Ok(lambda);
            }
            Tok::Await => {
                self.advance()?;
                let operand = self.primary()?;
                self.node(pos, ExprKind::Await(Box::new(operand)))?
            }
            _ => self.primary()?,
        };
        loop {
            let kind = self.tok.kind;
            if let Some((prec, _)) = binary(kind) {
                if prec < min {
                    break;
                }
                left = self.binary_run(pos, left, prec)?;
                continue;
            }
            match kind {
                Tok::Less
                | Tok::LessEqual
                | Tok::Greater
                | Tok::GreaterEqual
                | Tok::EqualEqual
                | Tok::NotEqual
                | Tok::In
                | Tok::Is
                | Tok::Not
                    if min <= level::COMPARE =>
                {
                    left = self.comparison(pos, left)?;
                }
                Tok::And if min <= level::AND => {
                    left = self.bool_run(pos, left, BoolOp::And)?;
                }
                Tok::Or if min <= level::OR => {
                    left = self.bool_run(pos, left, BoolOp::Or)?;
                }
                Tok::If if min == level::TEST => {
                    left = self.conditional(pos, left)?;
                    break;
                }
                _ => break,
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    #[inline(never)]
    fn unary(&mut self, op: UnaryOp, operand_level: u8) -> Parsed<Expr> {
        let pos = self.tok.pos;
        self.advance()?;
        let operand = Box::new(self.expression(operand_level)?);
        self.node(pos, ExprKind::UnaryOp { op, operand })
    }

    /// `left op right op right …` of one level.
    #[inline(never)]
    fn binary_run(&mut self, pos: Pos, left: Expr, prec: u8) -> Parsed<Expr> {
        let mut rest = Vec::new();
        while let Some((found, op)) = binary(self.tok.kind)
            && found == prec
        {
            self.advance()?;
            // `**` binds to the right, and a sign may follow it.
            let operand = if prec == level::POWER { level::UNARY } else { prec + 1 };
            rest.push((op, self.expression(operand)?));
        }
        let left = Box::new(left);
        self.node(pos, ExprKind::BinOp { left, rest })
    }

    #[inline(never)]
    fn comparison(&mut self, pos: Pos, left: Expr) -> Parsed<Expr> {
        let mut rest = Vec::new();
        loop {
            let mut op = match self.tok.kind {
                Tok::Less => CmpOp::Lt,
                Tok::LessEqual => CmpOp::LtE,
                Tok::Greater => CmpOp::Gt,
                Tok::GreaterEqual => CmpOp::GtE,
                Tok::EqualEqual => CmpOp::Eq,
                Tok::NotEqual => CmpOp::NotEq,
                Tok::In => CmpOp::In,
                Tok::Is => CmpOp::Is,
                Tok::Not => CmpOp::NotIn,
                _ => break,
            };
            self.advance()?;
            if op == CmpOp::NotIn {
                self.expect(Tok::In, "'in' after 'not'")?;
            } else if op == CmpOp::Is && self.eat(Tok::Not)? {
                op = CmpOp::IsNot;
            }
            rest.push((op, self.expression(level::BIT_OR)?));
        }
        let left = Box::new(left);
        self.node(pos, ExprKind::Compare { left, rest })
    }

    #[inline(never)]
    fn bool_run(&mut self, pos: Pos, left: Expr, op: BoolOp) -> Parsed<Expr> {
        let (kind, operand) = match op {
            BoolOp::And => (Tok::And, level::NOT),
            BoolOp::Or => (Tok::Or, level::AND),
        };
        let mut values = vec![left];
        while self.eat(kind)? {
            values.push(self.expression(operand)?);
        }
        self.node(pos, ExprKind::BoolOp { op, values })
    }

    #[inline(never)]
    fn conditional(&mut self, pos: Pos, body: Expr) -> Parsed<Expr> {
        self.advance()?;
        let test = Box::new(self.expression(level::OR)?);
        self.expect(Tok::Else, "'else' after the condition")?;
        let orelse = Box::new(self.test()?);
        let body = Box::new(body);
        self.node(pos, ExprKind::IfExp { test, body, orelse })
    }

    #[inline(never)]
    fn lambda(&mut self) -> Parsed<Expr> {
        self.new_scope();
        let pos = self.tok.pos;
        self.advance()?;
        let args = Box::new(self.parameters(Tok::Colon)?);
        self.expect(Tok::Colon, "':' after the parameters of 'lambda'")?;
        let body = Box::new(self.test()?);
        self.node(pos, ExprKind::Lambda { args, body })
    }

    /// `test` or `name := test`.
    pub(crate) fn named_expression(&mut self) -> Parsed<Expr> {
        let parenthesised = self.tok.kind == Tok::LParen;
        let expr = self.test()?;
        if self.tok.kind == Tok::ColonEqual {
            return self.named(expr, parenthesised);
        }
        Ok(expr)
    }

    /// `:= test` after its target.
    #[inline(never)]
    fn named(&mut self, target: Expr, parenthesised: bool) -> Parsed<Expr> {
        let ExprKind::Name(name) = target.kind else {
            return Err(self.error("':=' can only assign to a name"));
        };
        if parenthesised {
            return Err(self.error("':=' can only assign to a name without parentheses"));
        }
        self.advance()?;
        let value = Box::new(self.test()?);
        let kind = ExprKind::NamedExpr { target: name, value };
        self.node(target.pos, kind)
    }

    /// `*expression`, where the caller has seen the star.
    #[inline(never)]
    pub(crate) fn starred(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        self.advance()?;
        let value = Box::new(self.expression(level::BIT_OR)?);
        self.node(pos, ExprKind::Starred(value))
    }

    /// An item of a list, tuple or set display.
    pub(crate) fn star_named_expression(&mut self) -> Parsed<Expr> {
        if self.tok.kind == Tok::Star { self.starred() } else { self.named_expression() }
    }

    /// One expression, or a tuple without parentheses; either may hold stars.
    #[inline(never)]
    pub(crate) fn star_expressions(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        let first = if self.tok.kind == Tok::Star { self.starred()? } else { self.test()? };
        if self.tok.kind != Tok::Comma {
            return match first.kind {
                ExprKind::Starred(_) if self.tok.kind != Tok::Equal => Err(self.star_error(first.pos)),
                _ => Ok(first),
            };
        }
        let mut elts = vec![first];
        while self.eat(Tok::Comma)? {
            match self.tok.kind {
                Tok::Star => elts.push(self.starred()?),
                kind if kind.starts_expression() => elts.push(self.test()?),
                _ => break,
            }
        }
        self.node(pos, ExprKind::Tuple(elts))
    }

    /// The right side of an assignment: `yield` or `star_expressions`.
    pub(crate) fn value(&mut self) -> Parsed<Expr> {
        if self.tok.kind == Tok::Yield { self.yield_expression() } else { self.star_expressions() }
    }

    #[inline(never)]
    pub(crate) fn yield_expression(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        self.advance()?;
        if self.eat(Tok::From)? {
            let value = Box::new(self.test()?);
            return self.node(pos, ExprKind::YieldFrom(value));
        }
        let value = match self.tok.kind {
            Tok::Star => Some(self.star_expressions()?),
            kind if kind.starts_expression() => Some(self.star_expressions()?),
            _ => None,
        };
        self.node(pos, ExprKind::Yield(value.map(Box::new)))
    }

    /// An operand with its calls, subscripts and attributes.
    #[inline(never)]
    fn primary(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        let mut expr = self.atom()?;
        loop {
            let kind = match self.tok.kind {
                Tok::Dot => {
                    self.advance()?;
                    let attr = self.name("an attribute name after '.'")?;
                    let value = Box::new(expr);
                    ExprKind::Attribute { value, attr }
                }
                Tok::LParen => self.call(expr)?,
                Tok::LBracket => self.subscript(expr)?,
                _ => return Ok(expr),
            };
            expr = self.node(pos, kind)?;
        }
    }

    #[inline(never)]
    fn atom(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        let constant = match self.tok.kind {
            Tok::Name => {
                let symbol = self.symbol();
                self.advance()?;
                return Ok(Expr::new(pos, ExprKind::Name(symbol)));
            }
            Tok::Number => {
                let text = self.lexer.slice(self.tok.start, self.tok.end);
                number(text, self.options.compat_1_11).map_err(|message| self.error(message))?
            }
            Tok::String | Tok::FString | Tok::TString => return self.strings(),
            Tok::LParen => return self.parenthesised(),
            Tok::LBracket => return self.list(),
            Tok::LBrace => return self.dict_or_set(),
            Tok::None => Constant::None,
            Tok::True => Constant::True,
            Tok::False => Constant::False,
            Tok::Debug if self.options.debug => Constant::True,
            Tok::Debug => Constant::False,
            Tok::Ellipsis => Constant::Ellipsis,
            _ => return Err(self.unexpected("an expression")),
        };
        self.advance()?;
        Ok(Expr::new(pos, ExprKind::Constant(constant)))
    }
}
