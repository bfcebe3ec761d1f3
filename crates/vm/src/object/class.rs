//! Classes defined in Python, and the descriptors found in them.

use super::{Dict, TypeDef};
use crate::kinds::Trace;
use core::cell::Cell;
use snakeye_heap::{Gc, Rom, Slot, Slots, Value};

/// A class defined in Python.
pub struct Class {
    /// `__name__`
    pub name: Value,
    /// Tuple of bases: classes or built-in types.
    pub bases: Value,
    /// Look-up order: this class, then bases depth first, each once (MicroPython's order).
    pub mro: Slots,
    /// Attributes.
    pub dict: Gc<Dict>,
    /// The built-in type it derives from, other than object: its instances carry such an object in slot 0.
    pub native_base: Option<&'static Rom<TypeDef>>,
    /// Shape of new instances.
    pub root_shape: Cell<u32>,
    /// Number of attributes that instances had so far, to size new ones.
    pub slot_hint: Cell<u16>,
    /// Which special methods the class or a base defines (bits of [`ClassFlags`]).
    pub flags: Cell<u32>,
}

/// Bits of [`Class::flags`].
pub struct ClassFlags;
impl ClassFlags {
    /// Defines `__getattr__`.
    pub const GETATTR: u32 = 1;
    /// Defines `__setattr__`.
    pub const SETATTR: u32 = 2;
    /// Defines `__delattr__`.
    pub const DELATTR: u32 = 4;
    /// Some attribute is a data descriptor (property or `__set__`).
    pub const DESCRIPTORS: u32 = 8;
    /// Is an exception class.
    pub const EXCEPTION: u32 = 16;
}

impl Trace for Class {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.bases);
        self.mro.trace(visit);
        visit(self.dict.value());
    }
    fn clear(&self) {
        drop(self.mro.take());
    }
}

/// A function and the object it was taken from.
pub struct BoundMethod {
    /// The function.
    pub function: Value,
    /// Its first argument.
    pub this: Value,
}
impl Trace for BoundMethod {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.function);
        visit(&self.this);
    }
}

/// `property`
pub struct Property {
    /// Getter or None.
    pub get: Value,
    /// Setter or None.
    pub set: Value,
    /// Deleter or None.
    pub delete: Value,
}
impl Trace for Property {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.get);
        visit(&self.set);
        visit(&self.delete);
    }
}

/// `staticmethod`
pub struct StaticMethod(pub Value);
impl Trace for StaticMethod {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.0);
    }
}

/// `classmethod`
pub struct ClassMethod(pub Value);
impl Trace for ClassMethod {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.0);
    }
}

/// `super(class, object)`
pub struct Super {
    /// Look-up starts behind this class.
    pub class: Value,
    /// Instance or class that methods bind to.
    pub object: Slot,
}
impl Trace for Super {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.class);
        self.object.trace(visit);
    }
}
