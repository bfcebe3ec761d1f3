//! Parameters of functions and arguments of calls.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::ast::{Arg, Arguments, Expr, ExprKind, Keyword};
use crate::error::{Parsed, SyntaxError};
use crate::expressions::level;
use crate::parser::Parser;
use crate::token::Tok;

/// The most parameters of a function.
const MAX_PARAMETERS: usize = 255;

impl Parser<'_> {
    /// Parameters up to `end`, which stays: `)` of a `def`, whose parameters may be annotated,
    /// or `:` of a lambda.
    #[inline(never)]
    pub(crate) fn parameters(&mut self, end: Tok) -> Parsed<Arguments> {
        let annotated = end == Tok::RParen;
        let mut a = Arguments::default();
        let mut starred = false;
        let mut slash = false;
        while self.tok.kind != end {
            if a.kwarg.is_some() {
                return Err(self.error("no parameter may follow '**'"));
            }
            match self.tok.kind {
                Tok::Slash => {
                    if slash || starred || a.args.is_empty() {
                        return Err(self.error("'/' must follow positional parameters, once"));
                    }
                    slash = true;
                    a.posonlyargs = core::mem::take(&mut a.args);
                    self.advance()?;
                }
                Tok::Star => {
                    if starred {
                        return Err(self.error("'*' may stand only once"));
                    }
                    starred = true;
                    self.advance()?;
                    if self.tok.kind == Tok::Name {
                        a.vararg = Some(self.parameter(annotated)?);
                    }
                }
                Tok::DoubleStar => {
                    self.advance()?;
                    a.kwarg = Some(self.parameter(annotated)?);
                }
                _ => {
                    let arg = self.parameter(annotated)?;
                    let pos = arg.pos;
                    let default = if self.eat(Tok::Equal)? { Some(self.test()?) } else { None };
                    if starred {
                        a.kwonlyargs.push(arg);
                        a.kw_defaults.push(default);
                    } else {
                        a.args.push(arg);
                        match default {
                            Some(default) => a.defaults.push(default),
                            None if !a.defaults.is_empty() => {
                                let message = "a parameter without a default follows one with";
                                return Err(SyntaxError::boxed(pos, message));
                            }
                            None => {}
                        }
                    }
                }
            }
            if self.tok.kind != end {
                let expected = if annotated { "',' or ')'" } else { "',' or ':'" };
                self.expect(Tok::Comma, expected)?;
            }
        }
        self.check_duplicates(&a)?;
        Ok(a)
    }

    #[inline(never)]
    fn parameter(&mut self, annotated: bool) -> Parsed<Arg> {
        let pos = self.tok.pos;
        let name = self.name("a parameter name")?;
        let annotation = if annotated && self.eat(Tok::Colon)? { Some(Box::new(self.test()?)) } else { None };
        Ok(Arg { pos, name, annotation })
    }

    #[inline(never)]
    fn check_duplicates(&self, a: &Arguments) -> Parsed<()> {
        let all = || {
            let positional = a.posonlyargs.iter().chain(&a.args).chain(&a.vararg);
            positional.chain(&a.kwonlyargs).chain(&a.kwarg)
        };
        // The limit also keeps the comparison of all pairs short.
        if let Some(arg) = all().nth(MAX_PARAMETERS) {
            return Err(SyntaxError::boxed(arg.pos, "more than 255 parameters"));
        }
        for (index, arg) in all().enumerate() {
            if all().take(index).any(|before| before.name == arg.name) {
                let name = self.names.text(arg.name);
                let message = format!("the parameter '{name}' stands twice");
                return Err(SyntaxError::boxed(arg.pos, &message));
            }
        }
        Ok(())
    }

    /// `(…)` after `func`.
    #[inline(never)]
    pub(crate) fn call(&mut self, func: Expr) -> Parsed<ExprKind> {
        let (args, keywords) = self.arguments()?;
        Ok(ExprKind::Call { func: Box::new(func), args, keywords })
    }

    /// Arguments with both parentheses.
    #[inline(never)]
    pub(crate) fn arguments(&mut self) -> Parsed<(Vec<Expr>, Vec<Keyword>)> {
        let open = self.tok.pos;
        self.advance()?;
        let mut args = Vec::new();
        let mut keywords: Vec<Keyword> = Vec::new();
        while self.tok.kind != Tok::RParen {
            let pos = self.tok.pos;
            match self.tok.kind {
                Tok::Star => {
                    if keywords.iter().any(|k| k.arg.is_none()) {
                        return Err(self.error("'*' arguments must stand before '**' arguments"));
                    }
                    self.advance()?;
                    let value = Box::new(self.test()?);
                    args.push(self.node(pos, ExprKind::Starred(value))?);
                }
                Tok::DoubleStar => {
                    self.advance()?;
                    let value = self.test()?;
                    keywords.push(Keyword { pos, arg: None, value });
                }
                first => {
                    let expr = self.named_expression()?;
                    match self.tok.kind {
                        Tok::Equal => {
                            let ExprKind::Name(name) = expr.kind else {
                                return Err(self.error("the left side of a keyword argument must be a name"));
                            };
                            if first == Tok::LParen {
                                return Err(self.error("the left side of a keyword argument must be a bare name"));
                            }
                            self.advance()?;
                            keywords.push(Keyword { pos, arg: Some(name), value: self.test()? });
                        }
                        Tok::For | Tok::Async => {
                            let (elt, generators) = self.comprehension(expr)?;
                            let kind = ExprKind::GeneratorExp { elt, generators };
                            let alone = args.is_empty() && keywords.is_empty();
                            if !alone || self.tok.kind != Tok::RParen {
                                let message = "a generator expression needs its own parentheses \
                                               beside other arguments";
                                return Err(SyntaxError::boxed(pos, message));
                            }
                            args.push(self.node(open, kind)?);
                        }
                        _ => {
                            if !keywords.is_empty() {
                                let message = "a positional argument follows a keyword argument";
                                return Err(SyntaxError::boxed(pos, message));
                            }
                            args.push(expr);
                        }
                    }
                }
            }
            if self.tok.kind != Tok::RParen {
                self.expect(Tok::Comma, "',' or ')'")?;
            }
        }
        self.advance()?;
        Ok((args, keywords))
    }

    /// The target of a `for`: one or more targets separated by commas, before `in`.
    #[inline(never)]
    pub(crate) fn for_target(&mut self) -> Parsed<Expr> {
        let pos = self.tok.pos;
        let mut elts = Vec::new();
        loop {
            let elt = match self.tok.kind {
                Tok::Star => self.starred()?,
                _ => self.expression(level::BIT_OR)?,
            };
            let comma = self.tok.kind == Tok::Comma;
            if !comma && elts.is_empty() {
                self.check_target(&elt)?;
                return Ok(elt);
            }
            elts.push(elt);
            if !self.eat(Tok::Comma)? || self.tok.kind == Tok::In {
                break;
            }
        }
        let target = self.node(pos, ExprKind::Tuple(elts))?;
        self.check_target(&target)?;
        Ok(target)
    }
}
