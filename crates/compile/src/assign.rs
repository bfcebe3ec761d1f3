//! Assignment, augmented assignment, deletion.

use snakeye_bytecode::Op;
use snakeye_syntax::ast::{AugAssign, Expr, ExprKind, Operator};

use crate::compiler::{Compiler, Var};
use crate::error::Compiled;
use crate::scope::ScopeKind;
use crate::unit::Reg;

/// Values that a parallel assignment keeps in registers instead of a tuple.
const MAX_PARALLEL: usize = 16;

impl Compiler<'_> {
    /// `targets[0] = targets[1] = … = value`
    #[inline(never)]
    pub(crate) fn assign(&mut self, targets: &[Expr], value: &Expr) -> Compiled {
        if let [target] = targets {
            return self.assign_one(target, value);
        }
        let Some((last, others)) = targets.split_last() else {
            return Ok(());
        };
        // A register that one of the targets changes cannot hold the value for the next ones.
        let reg = match others.first().and_then(|t| self.target_register(t)) {
            Some(reg) if !others.iter().skip(1).any(|t| self.binds(t, reg)) => {
                self.expr(value, reg)?;
                reg
            }
            _ => {
                let later: alloc::vec::Vec<&Expr> = targets.iter().collect();
                let reg = self.operand_before(value, None, &later)?;
                if others.iter().any(|t| self.binds(t, reg)) {
                    let copy = self.unit.alloc()?;
                    self.unit.op(Op::Move, copy, reg, 0);
                    copy
                } else {
                    reg
                }
            }
        };
        for target in targets {
            self.store(target, reg, core::ptr::eq(target, last))?;
        }
        Ok(())
    }

    /// Whether a target assigns the local in `reg`.
    fn binds(&self, target: &Expr, reg: Reg) -> bool {
        match &target.kind {
            ExprKind::Name(_) => self.target_register(target) == Some(reg),
            ExprKind::Tuple(targets) | ExprKind::List(targets) => targets.iter().any(|t| self.binds(t, reg)),
            ExprKind::Starred(target) => self.binds(target, reg),
            _ => false,
        }
    }

    fn assign_one(&mut self, target: &Expr, value: &Expr) -> Compiled {
        if let ExprKind::Name(name) = target.kind {
            if self.const_assignment(target, name, value)? {
                return Ok(());
            }
            if let Some(reg) = self.is_register(name) {
                self.expr(value, reg)?;
                self.unit.assigned.insert(reg);
                return Ok(());
            }
        }
        if let (ExprKind::Tuple(targets) | ExprKind::List(targets), ExprKind::Tuple(values)) =
            (&target.kind, &value.kind)
            && self.parallel(targets, values)?
        {
            return Ok(());
        }
        let reg = self.operand_before(value, None, &[target])?;
        self.store(target, reg, true)
    }

    /// `a, b = x, y` without a tuple. False when that is not what it is.
    fn parallel(&mut self, targets: &[Expr], values: &[Expr]) -> Compiled<bool> {
        let starred = |e: &Expr| matches!(e.kind, ExprKind::Starred(_));
        let n = values.len();
        if n != targets.len()
            || n > MAX_PARALLEL
            || n > self.unit.free_regs() / 2
            || targets.iter().any(starred)
            || values.iter().any(starred)
        {
            return Ok(false);
        }
        let Some((last_value, init)) = values.split_last() else {
            return Ok(false);
        };
        let first = self.unit.top as Reg;
        for value in init {
            self.temp(value)?;
        }
        // When all targets are registers, nothing runs between the last value and its store.
        let registers: Option<alloc::vec::Vec<Reg>> = targets.iter().map(|t| self.target_register(t)).collect();
        let direct = registers.and_then(|registers| {
            let (&last, init) = registers.split_last()?;
            (!init.contains(&last)).then_some(last)
        });
        match direct {
            Some(reg) => {
                self.expr(last_value, reg)?;
                self.unit.assigned.insert(reg);
            }
            None => {
                self.temp(last_value)?;
            }
        }
        let stored = if direct.is_some() { n - 1 } else { n };
        for (i, target) in targets.iter().take(stored).enumerate() {
            self.store(target, first + i as Reg, true)?;
        }
        Ok(true)
    }

    /// The register of a target that is a plain local.
    fn target_register(&self, target: &Expr) -> Option<Reg> {
        match target.kind {
            ExprKind::Name(name) => self.is_register(name),
            _ => None,
        }
    }

    /// `NAME = const(value)`: later uses of the name become the value. False for anything else.
    fn const_assignment(&mut self, target: &Expr, name: snakeye_syntax::Symbol, value: &Expr) -> Compiled<bool> {
        let scope = self.scopes.get(self.unit.scope).kind;
        if scope == ScopeKind::Module && self.session.consts.contains_key(&name) {
            return self.fail(target.pos, "can't assign to expression");
        }
        let ExprKind::Call { func, args, keywords } = &value.kind else {
            return Ok(false);
        };
        let (ExprKind::Name(func), [arg], []) = (&func.kind, args.as_slice(), keywords.as_slice()) else {
            return Ok(false);
        };
        if Some(*func) != self.known.const_ {
            return Ok(false);
        }
        let Some(folded) = self.fold_const(arg) else {
            if !self.is_constant(arg) {
                return self.fail(arg.pos, "not a constant");
            }
            // Beyond what the compiler computes: left to run time.
            let reg = self.operand(arg)?;
            self.store(target, reg, true)?;
            if matches!(self.lookup(name), Var::Global | Var::Name) {
                self.session.consts.insert(name, None);
            }
            return Ok(true);
        };
        match self.lookup(name) {
            Var::Reg(_) | Var::Cell(_) => {
                self.unit.consts.insert(name, folded.clone());
            }
            Var::Free(_) | Var::ClassFree(_) => {}
            Var::Global | Var::Name => {
                self.session.consts.insert(name, Some(folded.clone()));
                let hidden = matches!(scope, ScopeKind::Module | ScopeKind::Class)
                    && !self.session.mode.is_interactive()
                    && self.text(name).starts_with('_');
                if hidden {
                    return Ok(true);
                }
            }
        }
        let save = self.unit.top;
        let reg = match self.is_register(name) {
            Some(reg) => reg,
            None => self.unit.alloc()?,
        };
        self.load_const(folded, reg);
        self.store_name(name, reg, true);
        self.unit.top = save;
        Ok(true)
    }

    /// Assigns the value in `src` to a target. A temporary `src` is moved away if `consume` says so.
    pub(crate) fn store(&mut self, target: &Expr, src: Reg, consume: bool) -> Compiled {
        let save = self.unit.top;
        match &target.kind {
            ExprKind::Name(name) => {
                let at_top = self.scopes.get(self.unit.scope).kind == ScopeKind::Module;
                if at_top && self.session.consts.contains_key(name) {
                    return self.fail(target.pos, "can't assign to expression");
                }
                self.store_name(*name, src, consume);
            }
            ExprKind::Attribute { value, attr } => {
                let object = self.operand(value)?;
                self.unit.set_pos(target.pos);
                let name = self.name(*attr);
                let flags = u8::from(consume && !self.unit.is_var(src));
                self.attribute(Op::StoreAttr, object, src, flags, name);
            }
            ExprKind::Subscript { value, slice } => {
                let object = self.operand_before(value, None, &[slice])?;
                let index = self.operand(slice)?;
                self.unit.op(Op::SetItem, object, index, src);
            }
            ExprKind::List(targets) => self.unpack(targets, src)?,
            // As in MicroPython, `[] = x` is fine and `() = x` is not.
            ExprKind::Tuple(targets) if !targets.is_empty() => self.unpack(targets, src)?,
            _ => return self.fail(target.pos, "can't assign to expression"),
        }
        self.unit.top = save;
        Ok(())
    }

    fn unpack(&mut self, targets: &[Expr], src: Reg) -> Compiled {
        let star = targets.iter().position(|t| matches!(t.kind, ExprKind::Starred(_)));
        if targets.len() > self.unit.free_regs() {
            // Reported by the allocation below.
            self.unit.alloc_n(targets.len().min(usize::from(u16::MAX)) as u16)?;
        }
        let n = targets.len() as u8;
        let Some(star) = star else {
            if let Some(first) = self.consecutive(targets, src) {
                self.unit.op(Op::Unpack, first, src, n);
                (0..n).for_each(|i| self.unit.assigned.insert(first + i));
                return Ok(());
            }
            let first = self.unit.alloc_n(u16::from(n))?;
            self.unit.op(Op::Unpack, first, src, n);
            return self.store_each(targets, first);
        };
        let first = self.unit.alloc_n(u16::from(n))?;
        let after = targets.len() - star - 1;
        self.unit.op_x(Op::UnpackEx, first, src, star as u8, after as u32);
        self.store_each(targets, first)
    }

    fn store_each(&mut self, targets: &[Expr], first: Reg) -> Compiled {
        let mut starred = false;
        for (i, target) in targets.iter().enumerate() {
            let target = match &target.kind {
                ExprKind::Starred(inner) => {
                    if core::mem::replace(&mut starred, true) {
                        return self.fail(target.pos, "multiple *x in assignment");
                    }
                    inner
                }
                _ => target,
            };
            self.store(target, first + i as Reg, true)?;
        }
        Ok(())
    }

    /// The first register, when the targets are locals in consecutive registers that do not hold `src`.
    fn consecutive(&self, targets: &[Expr], src: Reg) -> Option<Reg> {
        let first = self.target_register(targets.first()?)?;
        for (i, target) in targets.iter().enumerate() {
            let expected = first.checked_add(i as u8)?;
            if self.target_register(target)? != expected || expected == src {
                return None;
            }
        }
        Some(first)
    }

    /// `target op= value`
    #[inline(never)]
    pub(crate) fn aug_assign(&mut self, node: &AugAssign) -> Compiled {
        let value = &node.value;
        match &node.target.kind {
            ExprKind::Name(name) => {
                if let Some(reg) = self.is_register(*name) {
                    self.check_bound(reg);
                    if self.may_assign(&[value], reg) {
                        let copy = self.unit.alloc()?;
                        self.unit.op(Op::Move, copy, reg, 0);
                        self.update(node.op, copy, value)?;
                        self.unit.take(reg, copy);
                    } else {
                        self.update(node.op, reg, value)?;
                    }
                    return Ok(());
                }
                let reg = self.unit.alloc()?;
                self.load_name(*name, reg);
                self.update(node.op, reg, value)?;
                self.store(&node.target, reg, true)
            }
            ExprKind::Attribute { value: object, attr } => {
                let object = self.operand_before(object, None, &[value])?;
                let name = self.name(*attr);
                let reg = self.unit.alloc()?;
                self.attribute(Op::LoadAttr, reg, object, 0, name);
                self.update(node.op, reg, value)?;
                self.attribute(Op::StoreAttr, object, reg, 1, name);
                Ok(())
            }
            ExprKind::Subscript { value: object, slice } => {
                let object = self.operand_before(object, None, &[slice, value])?;
                let index = self.operand_before(slice, None, &[value])?;
                let reg = self.unit.alloc()?;
                self.unit.op(Op::GetItem, reg, object, index);
                self.update(node.op, reg, value)?;
                self.unit.op(Op::SetItem, object, index, reg);
                Ok(())
            }
            _ => self.fail(node.target.pos, "can't assign to expression"),
        }
    }

    /// R[reg] op= value
    fn update(&mut self, op: Operator, reg: Reg, value: &Expr) -> Compiled {
        let save = self.unit.top;
        match (op, self.small_int(value)) {
            (Operator::Add, Some(n)) => self.unit.op(Op::IAddI, reg, reg, n as u8),
            (Operator::Sub, Some(n)) => self.unit.op(Op::ISubI, reg, reg, n as u8),
            _ => {
                let right = self.operand(value)?;
                self.unit.op(in_place(op), reg, reg, right);
            }
        }
        self.unit.top = save;
        Ok(())
    }

    /// `del target`
    pub(crate) fn delete(&mut self, target: &Expr) -> Compiled {
        let save = self.unit.top;
        match &target.kind {
            ExprKind::Name(name) => self.delete_name(*name),
            ExprKind::Attribute { value, attr } => {
                let object = self.operand(value)?;
                let name = self.name(*attr);
                self.unit.op_bx(Op::DelAttr, object, name);
            }
            ExprKind::Subscript { value, slice } => {
                let object = self.operand_before(value, None, &[slice])?;
                let index = self.operand(slice)?;
                self.unit.op(Op::DelItem, object, index, 0);
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) if !targets.is_empty() => {
                targets.iter().try_for_each(|t| self.delete(t))?;
            }
            _ => return self.fail(target.pos, "can't delete expression"),
        }
        self.unit.top = save;
        Ok(())
    }
}

fn in_place(op: Operator) -> Op {
    match op {
        Operator::Add => Op::IAdd,
        Operator::Sub => Op::ISub,
        Operator::Mult => Op::IMul,
        Operator::MatMult => Op::IMatMul,
        Operator::Div => Op::ITrueDiv,
        Operator::Mod => Op::IMod,
        Operator::Pow => Op::IPow,
        Operator::LShift => Op::IShl,
        Operator::RShift => Op::IShr,
        Operator::BitOr => Op::IOr,
        Operator::BitXor => Op::IXor,
        Operator::BitAnd => Op::IAnd,
        Operator::FloorDiv => Op::IFloorDiv,
    }
}
