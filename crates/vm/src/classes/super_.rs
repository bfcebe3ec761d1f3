//! `super`: look-up behind a class.

use crate::names::N;
use crate::object::*;
use crate::vm::{Res, Vm};
use snakeye_heap::{Gc, Rom, Slot, Value};

/// `super`
pub static SUPER: Rom<TypeDef> = Rom::new(TypeDef {
    name: "super",
    new: Some(|vm, _, args| match args.pos {
        [class, object] if vm.is_class(class) => {
            let fits =
                vm.is_subclass(&vm.type_of(object), class) || vm.is_class(object) && vm.is_subclass(object, class);
            if !fits {
                return Err(vm.type_error("super(type, obj): obj must be an instance or subtype of type"));
            }
            let s = Super { class: class.clone(), object: Slot::new(object.clone()) };
            Ok(Step::Done(vm.heap.unlocked(|| vm.heap.alloc(s))?.into()))
        }
        [_, _] => Err(vm.type_error("first argument to super() must be type")),
        _ => Err(vm.type_error("super() takes 2 arguments")),
    }),
    print: Some(|vm, v, out, _| {
        let Some(s) = v.get::<Super>() else { return Ok(()) };
        let (class, object) = (s.class.clone(), s.object.get());
        out.push_str("<super: ");
        vm.print_to(&class, out, true)?;
        out.push_str(", ");
        vm.print_to(&object, out, true)?;
        out.push('>');
        Ok(())
    }),
    hash: Some(|_, v| Ok(crate::ops::address_hash(v))),
    ..TypeDef::NEW
});

pub(crate) fn super_attr(vm: &mut Vm, obj: &Value, name: &Value) -> Res<Option<Step>> {
    let Some(s) = obj.get::<Super>() else { return Ok(None) };
    let this = s.object.get();
    let class = if vm.is_class(&this) { this.clone() } else { vm.type_of(&this) };
    let Some(own) = class.get::<Class>() else { return Ok(None) };
    // Continue in the object's own order behind the class that super() names.
    let mut seen = false;
    for i in 0..own.mro.len() {
        let Some(m) = own.mro.get(i) else { break };
        if !seen {
            seen = m.is(&s.class);
            continue;
        }
        if let Some(c) = m.get::<Class>() {
            if let Some(v) = c.dict.get_name(name) {
                if vm.is_class(&this) {
                    // super() in a class method: class methods bind to the class, functions stay plain.
                    if let Some(cm) = v.get::<ClassMethod>() {
                        let f = cm.0.clone();
                        return Ok(Some(Step::Done(vm.bound(f, this)?)));
                    }
                    if let Some(sm) = v.get::<StaticMethod>() {
                        return Ok(Some(Step::Done(sm.0.clone())));
                    }
                    return Ok(Some(Step::Done(v)));
                }
                return vm.bind_step(v, &this, &class).map(Some);
            }
        } else if let Some(d) = m.get::<TypeDef>() {
            if name.is(vm.name(N::__init__)) && this.get::<Instance>().is_some() {
                return Ok(Some(Step::Done(native_init(vm, &this)?)));
            }
            if let Some(e) = name.as_str().and_then(|n| d.find(n)) {
                let base = vm.base_object(&this);
                return Ok(Some(Step::Done(match e {
                    Entry::Fn(f) => vm.bound(f.value(), base)?,
                    Entry::ClassMethod(f) => vm.bound(f.value(), class.clone())?,
                    Entry::Get(get) => get(vm, &base)?,
                    other => vm.entry_value(other)?,
                })));
            }
            if let Some(v) = builtin_special(vm, &this, name)? {
                return Ok(Some(Step::Done(v)));
            }
        }
    }
    if name.is(vm.name(N::__init__)) {
        return Ok(Some(Step::Done(native_init(vm, &this)?)));
    }
    if let Some(v) = builtin_special(vm, &this, name)? {
        return Ok(Some(Step::Done(v)));
    }
    super::object::inherited(vm, &this, name).map(|v| v.map(Step::Done))
}

/// Special methods of built-in types, which exist as slots and not as table entries.
pub(crate) fn builtin_special(vm: &mut Vm, this: &Value, name: &Value) -> Res<Option<Value>> {
    let f: &'static Rom<NativeFn> = match name.as_str() {
        Some("__getitem__") => &GETITEM,
        Some("__setitem__") => &SETITEM,
        Some("__delitem__") => &DELITEM,
        Some("__len__") => &LEN,
        Some("__contains__") => &CONTAINS,
        Some("__iter__") => &ITER,
        Some("__next__") => &NEXT,
        Some("__repr__") => &REPR,
        Some("__str__") => &STR,
        Some("__hash__") => &HASH,
        _ => return Ok(None),
    };
    let base = vm.base_object(this);
    vm.bound(f.value(), base).map(Some)
}

static GETITEM: Rom<NativeFn> = Rom::new(NativeFn::plain("__getitem__", 2, 2, |vm, a| vm.get_item(&a[0], &a[1])));
static SETITEM: Rom<NativeFn> = Rom::new(NativeFn::plain("__setitem__", 3, 3, |vm, a| {
    vm.set_item(&a[0], &a[1], a[2].clone()).map(|()| Value::NONE)
}));
static DELITEM: Rom<NativeFn> =
    Rom::new(NativeFn::plain("__delitem__", 2, 2, |vm, a| vm.del_item(&a[0], &a[1]).map(|()| Value::NONE)));
static LEN: Rom<NativeFn> = Rom::new(NativeFn::plain("__len__", 1, 1, |vm, a| {
    let n = vm.len(&a[0])?;
    vm.new_int(n as i64)
}));
static CONTAINS: Rom<NativeFn> =
    Rom::new(NativeFn::plain("__contains__", 2, 2, |vm, a| vm.contains(&a[0], &a[1]).map(Value::bool)));
static ITER: Rom<NativeFn> = Rom::new(NativeFn::steps("__iter__", 1, 1, |vm, a| vm.iter_step(&a[0])));
static NEXT: Rom<NativeFn> = Rom::new(NativeFn::plain("__next__", 1, 1, |vm, a| match vm.next(&a[0])? {
    Some(v) => Ok(v),
    None => Err(vm.raise_args(&crate::exceptions::STOP_ITERATION, &[])),
}));
static REPR: Rom<NativeFn> = Rom::new(NativeFn::plain("__repr__", 1, 1, |vm, a| {
    let s = vm.repr(&a[0])?;
    vm.new_str(&s)
}));
static STR: Rom<NativeFn> = Rom::new(NativeFn::plain("__str__", 1, 1, |vm, a| {
    let s = vm.str(&a[0])?;
    vm.new_str(&s)
}));
static HASH: Rom<NativeFn> = Rom::new(NativeFn::plain("__hash__", 1, 1, |vm, a| {
    let h = vm.hash(&a[0])?;
    vm.new_int(h as i64)
}));

/// What `super().__init__` is when the base is a built-in type: makes the built-in part anew from these
/// arguments.
fn native_init(vm: &mut Vm, this: &Value) -> Res {
    vm.bound(NATIVE_INIT.value(), this.clone())
}

static NATIVE_INIT: Rom<NativeFn> = Rom::new(NativeFn::keywords("__init__", 1, 255, |vm, args| {
    let Some((this, rest)) = args.pos.split_first() else { return Ok(Step::Done(Value::NONE)) };
    let Some(class) = vm.class_of_instance(this) else { return Ok(Step::Done(Value::NONE)) };
    let class: Gc<Class> = class;
    let Some(native) = class.native_base else { return Ok(Step::Done(Value::NONE)) };
    let Some(new) = native.get().new else { return Ok(Step::Done(Value::NONE)) };
    let step = new(vm, &native.value(), Args { pos: rest, kw: args.kw });
    let this = this.clone();
    vm.and_then(step, move |vm, r| {
        let base = r?;
        if let Some(i) = this.get::<Instance>() {
            vm.replace_native_part(i, base);
        }
        Ok(Step::Done(Value::NONE))
    })
}));

impl Vm {
    /// Puts a new built-in part into an instance; an exception keeps its traceback.
    fn replace_native_part(&mut self, i: &Instance, base: Value) {
        if let (Some(old), Some(new)) = (i.slots.get(0), base.get::<Exception>())
            && let Some(old) = old.get::<Exception>()
        {
            old.args.set(new.args.get());
            return;
        }
        drop(i.slots.replace(0, base));
    }
}
