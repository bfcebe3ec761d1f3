//! Lists, tuples, sets, dicts and formatted strings.
//!
//! The elements stand in consecutive temporaries and are moved into the new object. What is too long for
//! the registers is built in steps.

use alloc::vec::Vec;

use snakeye_bytecode::{Const, Op};
use snakeye_syntax::ast::{Conversion, DictItem, Expr, ExprKind};

use crate::compiler::Compiler;
use crate::error::Compiled;
use crate::unit::Reg;

/// Elements that a display builds at once; the others are appended one by one.
const CHUNK: usize = 48;

/// Which container a display or comprehension makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    List,
    Tuple,
    Set,
}

impl Compiler<'_> {
    /// A list, tuple or set of `items`, which may be starred.
    #[inline(never)]
    pub(crate) fn display(&mut self, kind: Kind, items: &[Expr], dst: Reg) -> Compiled {
        let build = match kind {
            Kind::List => Op::BuildList,
            Kind::Tuple => Op::BuildTuple,
            Kind::Set => Op::BuildSet,
        };
        let plain = items.iter().take_while(|e| !matches!(e.kind, ExprKind::Starred(_))).count();
        // Leave room for what the elements need themselves.
        let first = plain.min(CHUNK).min(self.unit.free_regs() / 2);
        if first == items.len() {
            let base = self.elements(items)?;
            self.unit.op(build, dst, base, first as u8);
            return Ok(());
        }
        let acc = self.accumulator(dst)?;
        self.extendable(kind, items, first, acc)?;
        if kind == Kind::Tuple {
            self.unit.op(Op::ListToTuple, dst, acc, 0);
        } else {
            self.unit.transfer(dst, acc);
        }
        Ok(())
    }

    /// Evaluates each of `items` into consecutive new temporaries.
    fn elements(&mut self, items: &[Expr]) -> Compiled<Reg> {
        let base = self.unit.top as Reg;
        for item in items {
            self.temp(item)?;
        }
        Ok(base)
    }

    /// Builds a list or set in `acc`: `first` elements at once, then the others.
    #[inline(never)]
    pub(crate) fn extendable(&mut self, kind: Kind, items: &[Expr], first: usize, acc: Reg) -> Compiled {
        let (build, append, extend) = match kind {
            Kind::Set => (Op::BuildSet, Op::SetAdd, Op::SetUpdate),
            Kind::List | Kind::Tuple => (Op::BuildList, Op::ListAppend, Op::ListExtend),
        };
        let save = self.unit.top;
        let folded: Option<Vec<Const>> =
            if items.len() > CHUNK { items.iter().map(|e| self.fold(e)).collect() } else { None };
        if let Some(values) = folded {
            // A long display of constants is one constant, which can stay in flash.
            self.unit.op(build, acc, acc, 0);
            let tuple = self.unit.alloc()?;
            self.load_const(Const::Tuple(values), tuple);
            self.unit.op(extend, acc, tuple, 0);
            self.unit.top = save;
            return Ok(());
        }
        let (head, tail) = items.split_at(first.min(items.len()));
        let base = self.elements(head)?;
        self.unit.op(build, acc, if head.is_empty() { acc } else { base }, head.len() as u8);
        self.unit.top = save;
        for item in tail {
            let (op, value) = match &item.kind {
                ExprKind::Starred(value) => (extend, &**value),
                _ => (append, item),
            };
            let reg = self.operand(value)?;
            self.unit.op(op, acc, reg, 0);
            self.unit.top = save;
        }
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn dict(&mut self, items: &[DictItem], dst: Reg) -> Compiled {
        let pairs = items.iter().take_while(|item| item.key.is_some()).count();
        let first = pairs.min(CHUNK / 2).min(self.unit.free_regs() / 4);
        let whole = first == items.len();
        let acc = if whole { dst } else { self.accumulator(dst)? };
        let save = self.unit.top;
        let (head, tail) = items.split_at(first);
        let base = if head.is_empty() { acc } else { self.unit.top as Reg };
        for item in head {
            // MicroPython evaluates the value first.
            let pair = self.unit.alloc_n(2)?;
            self.expr(&item.value, pair + 1)?;
            if let Some(key) = &item.key {
                self.expr(key, pair)?;
            }
        }
        self.unit.op(Op::BuildMap, acc, base, head.len() as u8);
        self.unit.top = save;
        for item in tail {
            match &item.key {
                Some(key) => {
                    let value = self.operand_before(&item.value, None, &[key])?;
                    let key = self.operand(key)?;
                    self.unit.op(Op::MapSet, acc, key, value);
                }
                None => {
                    let mapping = self.operand(&item.value)?;
                    self.unit.op(Op::MapUpdate, acc, mapping, 0);
                }
            }
            self.unit.top = save;
        }
        self.unit.transfer(dst, acc);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn formatted(&mut self, part: &Expr, dst: Reg) -> Compiled {
        let ExprKind::FormattedValue { value, conversion, format_spec } = &part.kind else {
            return self.expr(part, dst);
        };
        let conversion = match conversion {
            Conversion::None => 0,
            Conversion::Str => 1,
            Conversion::Repr => 2,
            Conversion::Ascii => 3,
        };
        match format_spec {
            None => {
                let reg = self.operand_before(value, Some(dst), &[])?;
                self.unit.op(Op::Format, dst, reg, conversion);
            }
            Some(spec) => {
                let pair = self.unit.alloc_n(2)?;
                self.expr(value, pair)?;
                self.expr(spec, pair + 1)?;
                self.unit.op(Op::Format, dst, pair, conversion | 4);
            }
        }
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn joined(&mut self, parts: &[Expr], dst: Reg) -> Compiled {
        match parts {
            [] => {
                self.load_const(Const::Str("".into()), dst);
                return Ok(());
            }
            [part] => return self.formatted(part, dst),
            _ => {}
        }
        let base = self.unit.top;
        let room = (self.unit.free_regs() / 2).clamp(2, CHUNK);
        for part in parts {
            if usize::from(self.unit.top - base) >= room {
                // Join what there is, into the first of the registers.
                let n = (self.unit.top - base) as u8;
                self.unit.op(Op::BuildString, base as Reg, base as Reg, n);
                self.unit.top = base + 1;
            }
            let reg = self.unit.alloc()?;
            let save = self.unit.top;
            self.formatted(part, reg)?;
            self.unit.top = save;
        }
        let n = (self.unit.top - base) as u8;
        self.unit.op(Op::BuildString, dst, base as Reg, n);
        Ok(())
    }
}
