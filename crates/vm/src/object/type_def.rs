//! Built-in types: what their objects can do, as a table in ROM.

use super::{Args, Entry, Step};
use crate::kinds::Trace;
use crate::vm::{Res, Vm};
use alloc::string::String;
use snakeye_heap::{Rom, Value};

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    TrueDiv,
    FloorDiv,
    Mod,
    Pow,
    Shl,
    Shr,
    And,
    Or,
    Xor,
    MatMul,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum CmpOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl CmpOp {
    /// The comparison with its operands exchanged.
    pub const fn swapped(self) -> CmpOp {
        match self {
            CmpOp::Eq => CmpOp::Eq,
            CmpOp::Ne => CmpOp::Ne,
            CmpOp::Lt => CmpOp::Gt,
            CmpOp::Le => CmpOp::Ge,
            CmpOp::Gt => CmpOp::Lt,
            CmpOp::Ge => CmpOp::Le,
        }
    }
    /// The result, given how the operands are ordered.
    pub fn of(self, order: core::cmp::Ordering) -> bool {
        match self {
            CmpOp::Eq => order.is_eq(),
            CmpOp::Ne => order.is_ne(),
            CmpOp::Lt => order.is_lt(),
            CmpOp::Le => order.is_le(),
            CmpOp::Gt => order.is_gt(),
            CmpOp::Ge => order.is_ge(),
        }
    }
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum UnOp {
    Neg,
    Pos,
    Invert,
    Abs,
}

/// A built-in type. Slots that are `None` mean that objects of the type cannot do it. All slots get the
/// object itself (never an instance of a subclass defined in Python: the VM unwraps those).
#[derive(Clone, Copy)]
pub struct TypeDef {
    /// Its name.
    pub name: &'static str,
    /// Base type; `None`: object.
    pub base: Option<&'static Rom<TypeDef>>,
    /// Methods and other attributes.
    pub attrs: &'static [(&'static str, Entry)],
    /// Makes an object: gets the class called (this type; a subclass gets its base object made so too).
    pub new: Option<fn(&mut Vm, &Value, Args) -> Res<Step>>,
    /// Appends repr (`true`) or str to the text.
    pub print: Option<fn(&mut Vm, &Value, &mut String, bool) -> Res<()>>,
    /// Hash; equal objects hash equal across numeric types.
    pub hash: Option<fn(&mut Vm, &Value) -> Res<u32>>,
    /// Comparison with any object; `None`: not implemented for the other.
    pub compare: Option<fn(&mut Vm, CmpOp, &Value, &Value) -> Res<Option<bool>>>,
    /// `self op other`; `None`: not implemented for the other.
    pub binary: Option<fn(&mut Vm, BinOp, &Value, &Value) -> Res<Option<Value>>>,
    /// `other op self` (arguments: other, self), asked after the left operand declined.
    pub rbinary: Option<fn(&mut Vm, BinOp, &Value, &Value) -> Res<Option<Value>>>,
    /// `self op= other` in place; `None`: use `binary`.
    pub inplace: Option<fn(&mut Vm, BinOp, &Value, &Value) -> Res<Option<Value>>>,
    /// Unary operators.
    pub unary: Option<fn(&mut Vm, UnOp, &Value) -> Res<Option<Value>>>,
    /// Truth; without it, a length other than 0, else true.
    pub truth: Option<fn(&mut Vm, &Value) -> Res<bool>>,
    /// Length.
    pub len: Option<fn(&mut Vm, &Value) -> Res<usize>>,
    /// `self[key]`.
    pub get_item: Option<fn(&mut Vm, &Value, &Value) -> Res>,
    /// `self[key] = value`, or `del self[key]` when the value is `None`.
    pub set_item: Option<fn(&mut Vm, &Value, &Value, Option<Value>) -> Res<()>>,
    /// `item in self` (arguments: self, item); without it the VM iterates.
    pub contains: Option<fn(&mut Vm, &Value, &Value) -> Res<bool>>,
    /// `iter(self)`.
    pub iter: Option<fn(&mut Vm, &Value) -> Res>,
    /// `next(self)`: done with unbound when exhausted.
    pub next: Option<fn(&mut Vm, &Value) -> Res<Step>>,
    /// `self(*args, **kw)`.
    pub call: Option<fn(&mut Vm, &Value, Args) -> Res<Step>>,
    /// Attributes of the object beyond `attrs`; `None`: no such.
    pub get_attr: Option<fn(&mut Vm, &Value, &str) -> Res<Option<Value>>>,
    /// Sets (or deletes, when `None`) an attribute; false: no such or read-only.
    pub set_attr: Option<fn(&mut Vm, &Value, &Value, Option<Value>) -> Res<bool>>,
}

impl Trace for TypeDef {}

impl TypeDef {
    /// A type that can do nothing, to be filled in with `..TypeDef::NEW`.
    pub const NEW: TypeDef = TypeDef {
        name: "",
        base: None,
        attrs: &[],
        new: None,
        print: None,
        hash: None,
        compare: None,
        binary: None,
        rbinary: None,
        inplace: None,
        unary: None,
        truth: None,
        len: None,
        get_item: None,
        set_item: None,
        contains: None,
        iter: None,
        next: None,
        call: None,
        get_attr: None,
        set_attr: None,
    };

    /// Whether this is `other` or derives from it.
    pub fn is_a(&self, other: &'static Rom<TypeDef>) -> bool {
        if core::ptr::eq(self, other.get()) {
            return true;
        }
        let mut base = self.base;
        while let Some(b) = base {
            if core::ptr::eq(b, other) {
                return true;
            }
            base = b.get().base;
        }
        false
    }

    /// The attribute of this type or a base.
    pub fn find(&self, name: &str) -> Option<&'static Entry> {
        let mut attrs = self.attrs;
        let mut base = self.base;
        loop {
            if let Some((_, e)) = attrs.iter().find(|(n, _)| *n == name) {
                return Some(e);
            }
            let b = base?.get();
            attrs = b.attrs;
            base = b.base;
        }
    }
}
