//! Types of values.

use crate::classes as c;
use crate::collection as coll;
use crate::number as num;
use crate::object::*;
use crate::text;
use crate::vm::Vm;
use alloc::string::String;
use snakeye_heap::{Gc, Payload, Rom, Tag, TailHead, Value};

impl Vm {
    /// The built-in type of a value; for instances of Python classes: `object`.
    #[inline]
    pub fn rom_type_of(&self, v: &Value) -> &'static Rom<TypeDef> {
        match v.tag() {
            Tag::Int => &num::INT,
            Tag::Float => &num::FLOAT,
            Tag::Immediate => {
                if v.is(&Value::TRUE) || v.is(&Value::FALSE) {
                    &num::BOOL
                } else if v.is_none() {
                    &c::NONE_TYPE
                } else if v.is(&Value::ELLIPSIS) {
                    &c::ELLIPSIS_TYPE
                } else {
                    &c::NOT_IMPLEMENTED_TYPE
                }
            }
            Tag::Cell => self.cell_type(v),
        }
    }

    fn cell_type(&self, v: &Value) -> &'static Rom<TypeDef> {
        const STR: u8 = <StrHead as TailHead>::KIND;
        const BYTES: u8 = <BytesHead as TailHead>::KIND;
        const TUPLE: u8 = <TupleHead as TailHead>::KIND;
        match v.kind() {
            STR => &text::STR,
            BYTES | ExternalBytes::KIND => &text::BYTES,
            TUPLE => &coll::TUPLE,
            BoxedFloat::KIND => &num::FLOAT,
            BigInt::KIND => &num::INT,
            Complex::KIND => &num::COMPLEX,
            ByteArray::KIND => &text::BYTEARRAY,
            MemoryView::KIND if v.get::<MemoryView>().is_some_and(|m| m.aliased) => &text::ALIAS,
            MemoryView::KIND => &text::MEMORYVIEW,
            Array::KIND => &text::ARRAY,
            List::KIND => &coll::LIST,
            Dict::KIND if v.get::<Dict>().is_some_and(|d| d.ordered.get()) => &coll::ORDERED_DICT,
            Dict::KIND => &coll::DICT,
            Set::KIND if v.get::<Set>().is_some_and(|s| s.frozen) => &coll::FROZENSET,
            Set::KIND => &coll::SET,
            Range::KIND => &coll::RANGE,
            Slice::KIND => &coll::SLICE,
            Iter::KIND => coll::iterator_type(v),
            DictView::KIND => coll::view_type(v),
            CodeObject::KIND => &c::CODE,
            Function::KIND => &c::FUNCTION,
            CellObject::KIND => &c::CELL,
            BoundMethod::KIND => &c::BOUND_METHOD,
            Generator::KIND => &c::GENERATOR,
            NativeFn::KIND => &c::NATIVE_FUNCTION,
            TypeDef::KIND | Class::KIND => &c::TYPE,
            Module::KIND => &c::MODULE,
            Property::KIND => &c::PROPERTY,
            StaticMethod::KIND => &c::STATIC_METHOD,
            ClassMethod::KIND => &c::CLASS_METHOD,
            Super::KIND => &c::SUPER,
            Native::KIND => v.get::<Native>().map_or(&c::OBJECT, |n| n.0.class()),
            Exception::KIND => match v.get::<Exception>() {
                Some(e) => rom_of(&e.class).unwrap_or(&crate::exceptions::EXCEPTION),
                None => &c::OBJECT,
            },
            _ => &c::OBJECT,
        }
    }

    /// The built-in type's table.
    pub fn def_of(&self, v: &Value) -> &'static TypeDef {
        self.rom_type_of(v).get()
    }

    /// The class of a value, as `type(v)` gives it.
    pub fn type_of(&self, v: &Value) -> Value {
        if let Some(i) = v.get::<Instance>() {
            return i.class.get();
        }
        if let Some((head, _)) = v.tail::<TupleHead>()
            && !head.class.is_unbound()
        {
            return head.class.clone();
        }
        self.rom_type_of(v).value()
    }

    /// The name of a class value.
    pub fn class_name(&self, class: &Value) -> String {
        if let Some(c) = class.get::<Class>() {
            return Vm::text_of(&c.name).into();
        }
        if let Some(d) = class.get::<TypeDef>() {
            return d.name.into();
        }
        if let Some(n) = class.get::<Native>() {
            return n.0.class().get().name.into();
        }
        String::from("?")
    }

    /// The name of a value's class.
    pub fn type_name(&self, v: &Value) -> String {
        self.class_name(&self.type_of(v))
    }

    /// The object of a built-in type that an instance of a class derived from one carries; other values as
    /// they are.
    #[inline]
    pub fn base_object(&self, v: &Value) -> Value {
        match self.native_part(v) {
            Some(base) => base,
            None => v.clone(),
        }
    }

    /// The built-in part of an instance, if it has one.
    #[inline]
    pub fn native_part(&self, v: &Value) -> Option<Value> {
        let instance = v.get::<Instance>()?;
        let class = instance.class.get();
        class.get::<Class>()?.native_base?;
        instance.slots.get(0).filter(|base| !base.is_unbound())
    }

    /// Whether class `a` is `b` or derives from it.
    pub fn is_subclass(&self, a: &Value, b: &Value) -> bool {
        if a.is(b) {
            return true;
        }
        if let Some(class) = a.get::<Class>() {
            if b.is(&c::OBJECT.value()) {
                return true;
            }
            for i in 0..class.mro.len() {
                let Some(m) = class.mro.get(i) else { break };
                if m.is(b) || m.get::<TypeDef>().is_some_and(|d| derives(d, b)) {
                    return true;
                }
            }
            return false;
        }
        if coll::is_named_tuple_class(a) {
            return derives(coll::TUPLE.get(), b);
        }
        a.get::<TypeDef>().is_some_and(|d| derives(d, b))
    }

    /// Whether `v` is an instance of this built-in type or of a class derived from it.
    pub fn is_instance(&self, v: &Value, class: &'static Rom<TypeDef>) -> bool {
        if v.get::<Instance>().is_some() {
            return self.is_subclass(&self.type_of(v), &class.value());
        }
        self.def_of(v).is_a(class)
    }

    /// Whether `v` is an instance of a class value or of one in a tuple; `None` when that is no class.
    pub fn instance_of(&self, v: &Value, class: &Value) -> Option<bool> {
        if let Some((_, items)) = class.tail::<TupleHead>() {
            for item in items {
                if self.instance_of(v, item)? {
                    return Some(true);
                }
            }
            return Some(false);
        }
        if !self.is_class(class) {
            return None;
        }
        Some(self.is_subclass(&self.type_of(v), class))
    }

    /// Whether a value is a class.
    pub fn is_class(&self, v: &Value) -> bool {
        v.get::<Class>().is_some() || v.get::<TypeDef>().is_some() || coll::is_named_tuple_class(v)
    }

    /// A handle on a class defined in Python.
    pub(crate) fn class_of_instance(&self, v: &Value) -> Option<Gc<Class>> {
        v.get::<Instance>()?.class.get().into_gc().ok()
    }
}

fn derives(d: &TypeDef, b: &Value) -> bool {
    let mut def = d;
    loop {
        if b.get::<TypeDef>().is_some_and(|t| core::ptr::eq(t, def)) || b.is(&c::OBJECT.value()) {
            return true;
        }
        match def.base {
            Some(base) => def = base.get(),
            None => return false,
        }
    }
}

/// The ROM cell behind a class value of a built-in type.
pub fn rom_of(class: &Value) -> Option<&'static Rom<TypeDef>> {
    Rom::from_value(class)
}
