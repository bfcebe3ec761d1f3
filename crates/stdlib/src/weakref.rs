//! `weakref`: references that do not keep their object, and functions to call when it has gone.
//!
//! The heap tells which watched objects have gone ([`Vm::run_gone`]): at `gc.collect()`, when a weak reference is
//! used, and at the end of the main thread's time slice. Functions never run inside the statement that let the
//! object go.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use snakeye_vm::object::{Args, Call, Entry, ModuleDef, NativeObject, NativeValue, Step, Tuple, TypeDef};
use snakeye_vm::{HVec, Res, Rom, Slot, Value, Vm, Weak, method};

/// The `weakref` module.
pub static WEAKREF: ModuleDef = ModuleDef {
    name: "weakref",
    entries: &[("ref", Entry::Type(&REF)), ("finalize", Entry::Type(&FINALIZE))],
    init: None,
};

/// `ref(object[, callback])`
static REF: Rom<TypeDef> = Rom::new(TypeDef {
    name: "ref",
    new: Some(ref_new),
    call: Some(ref_call),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

/// `finalize(object, function, *args, **kwargs)`
static FINALIZE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "finalize",
    attrs: &[
        ("alive", Entry::Get(|_, v| Ok(Value::bool(v.native::<Finalize>().is_some_and(|f| f.target.get().is_some()))))),
        method!("detach", 1, 1, |vm, args| peek(vm, &args[0], true)),
        method!("peek", 1, 1, |vm, args| peek(vm, &args[0], false)),
    ],
    new: Some(finalize_new),
    call: Some(finalize_call),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

struct Ref {
    target: Cell<Option<Weak>>,
    callback: Slot,
}

impl NativeObject for Ref {
    fn class(&self) -> &'static Rom<TypeDef> {
        &REF
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.callback.trace(visit);
    }
    fn clear(&self) {
        self.callback.set(Value::NONE);
    }
}

struct Finalize {
    target: Cell<Option<Weak>>,
    function: Slot,
    args: Slot,
    keywords: RefCell<HVec<(Value, Value)>>,
}

impl NativeObject for Finalize {
    fn class(&self) -> &'static Rom<TypeDef> {
        &FINALIZE
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.function.trace(visit);
        self.args.trace(visit);
        if let Ok(keywords) = self.keywords.try_borrow() {
            keywords.iter().for_each(|(_, v)| visit(v));
        }
    }
    fn clear(&self) {
        self.function.set(Value::NONE);
        self.args.set(Value::NONE);
        let old = self.keywords.try_borrow_mut().map(|mut k| core::mem::take(&mut *k));
        drop(old);
    }
}

/// Who wants to know about one object: a finalizer lives until then, a reference only as long as it is used.
enum Watcher {
    Finalize(Value),
    Ref(Weak),
}

/// All watchers by the number of what they watch, in ascending order; those of one object in the order they
/// came.
struct Registry {
    watchers: RefCell<HVec<(u32, Watcher)>>,
}

static REGISTRY: Rom<TypeDef> = Rom::new(TypeDef { name: "registry", ..TypeDef::NEW });

impl NativeObject for Registry {
    fn class(&self) -> &'static Rom<TypeDef> {
        &REGISTRY
    }
}

const KEPT: &str = "weakref";

/// Runs `f` on the registry, in which nothing calls the VM.
fn with<R>(vm: &mut Vm, f: impl FnOnce(&snakeye_vm::Heap, &mut HVec<(u32, Watcher)>) -> R) -> Res<R> {
    let kept = match vm.kept(KEPT) {
        Some(v) => v,
        None => {
            let made = vm.new_native(Registry { watchers: RefCell::default() })?;
            vm.set_kept(KEPT, made.clone());
            vm.on_gone = Some(gone);
            made
        }
    };
    match kept.native::<Registry>().and_then(|r| r.watchers.try_borrow_mut().ok()) {
        Some(mut watchers) => Ok(f(&vm.heap, &mut watchers)),
        None => Err(vm.busy()),
    }
}

/// Watches an object; TypeError for one that is not counted.
fn watch(vm: &mut Vm, object: &Value) -> Res<Weak> {
    vm.run_gone()?;
    // There is one empty tuple in MicroPython, and it is not in the heap.
    let empty = object.as_gc::<Tuple>().is_some_and(|t| t.elements().is_empty());
    match if empty { None } else { vm.heap.watch(object)? } {
        Some(weak) => Ok(weak),
        None => Err(vm.type_error("not a heap object")),
    }
}

fn add(vm: &mut Vm, target: Weak, watcher: Watcher) -> Res<()> {
    let id = target.id();
    with(vm, |heap, all| {
        // References that are not used any more make room.
        let mut at = all.partition_point(|(other, _)| *other < id);
        while let Some((other, watcher)) = all.get(at)
            && *other == id
        {
            match watcher {
                Watcher::Ref(own) if heap.upgrade(own).is_none() => drop(all.remove(at)),
                _ => at += 1,
            }
        }
        all.insert(heap, at, (id, watcher))
    })??;
    Ok(())
}

fn ref_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (object, callback) = match args.pos {
        [object] => (object, Value::NONE),
        [object, callback] => (object, callback.clone()),
        _ => return Err(wrong_count(vm, args.pos.len(), 1)),
    };
    let target = watch(vm, object)?;
    let made = vm.new_native(Ref { target: Cell::new(Some(target)), callback: Slot::new(callback) })?;
    if let Some(own) = vm.heap.watch(&made)? {
        add(vm, target, Watcher::Ref(own))?;
    }
    Ok(Step::Done(made))
}

fn wrong_count(vm: &mut Vm, given: usize, least: usize) -> snakeye_vm::Raised {
    if given < least {
        let missing = least - given;
        return vm.type_error_fmt(format_args!("function missing {missing} required positional arguments"));
    }
    vm.type_error_fmt(format_args!("function expected at most 2 arguments, got {given}"))
}

/// `ref()`: the object, or None once it has gone.
fn ref_call(vm: &mut Vm, v: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let target = v.native::<Ref>().and_then(|r| r.target.get());
    Ok(Step::Done(target.and_then(|t| vm.heap.upgrade(&t)).unwrap_or(Value::NONE)))
}

fn finalize_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    let [object, function, rest @ ..] = args.pos else { return Err(wrong_count(vm, args.pos.len(), 2)) };
    let target = watch(vm, object)?;
    let rest = vm.new_tuple(rest.to_vec())?;
    let keywords = HVec::from_iter(&vm.heap, args.kw.iter().cloned())?;
    let made = vm.new_native(Finalize {
        target: Cell::new(Some(target)),
        function: Slot::new(function.clone()),
        args: Slot::new(rest),
        keywords: RefCell::new(keywords),
    })?;
    add(vm, target, Watcher::Finalize(made.clone()))?;
    Ok(Step::Done(made))
}

/// What is called for a finalizer: function, arguments, keywords.
fn call_of(f: &Finalize) -> (Value, Vec<Value>, Vec<(Value, Value)>) {
    let args = f.args.get();
    let args = args.as_gc::<Tuple>().map_or(Vec::new(), |t| t.elements().to_vec());
    let keywords = f.keywords.try_borrow().map_or(Vec::new(), |k| k.to_vec());
    (f.function.get(), args, keywords)
}

/// Ends a finalizer that has not run.
fn detach(vm: &mut Vm, v: &Value, target: Weak) -> Res<()> {
    if let Some(f) = v.native::<Finalize>() {
        f.target.set(None);
    }
    let removed = with(vm, |_, all| {
        let at = all.iter().position(|(id, w)| *id == target.id() && matches!(w, Watcher::Finalize(f) if f.is(v)));
        at.and_then(|at| all.remove(at))
    })?;
    drop(removed);
    Ok(())
}

/// `finalizer()`: calls its function, once.
fn finalize_call(vm: &mut Vm, v: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let Some(f) = v.native::<Finalize>() else { return Err(vm.type_error("finalize expected")) };
    let Some(target) = f.target.get() else { return Ok(Step::Done(Value::NONE)) };
    let (function, args, kw) = call_of(f);
    detach(vm, v, target)?;
    Ok(Step::Tail(Box::new(Call { function, args, kw })))
}

/// (object, function, args, kwargs), or None when it has run or was detached.
fn peek(vm: &mut Vm, v: &Value, end: bool) -> Res {
    let Some(f) = v.native::<Finalize>() else { return Err(vm.type_error("finalize expected")) };
    let Some(target) = f.target.get() else { return Ok(Value::NONE) };
    let Some(object) = vm.heap.upgrade(&target) else { return Ok(Value::NONE) };
    let (function, _, keywords) = call_of(f);
    let args = f.args.get();
    let dict = vm.new_dict()?;
    for (name, value) in keywords {
        dict.set_name(&vm.heap, &name, value)?;
    }
    if end {
        detach(vm, v, target)?;
    }
    vm.new_tuple(alloc::vec![object, function, args, dict.into()])
}

/// An object has gone: finalizers run first, then callbacks of references, the youngest first.
fn gone(vm: &mut Vm, id: u32) -> Res<()> {
    let watchers = with(vm, |heap, all| {
        let start = all.partition_point(|(other, _)| *other < id);
        let end = all.partition_point(|(other, _)| *other <= id);
        all.splice(heap, start, end, HVec::new())
    })??;
    let mut refs = Vec::new();
    for (_, watcher) in watchers.iter().rev() {
        match watcher {
            Watcher::Finalize(v) => {
                if let Some(f) = v.native::<Finalize>() {
                    f.target.set(None);
                    let (function, args, keywords) = call_of(f);
                    let result = vm.call_kw(&function, &args, &keywords);
                    report(vm, result);
                }
            }
            Watcher::Ref(own) => {
                if let Some(v) = vm.heap.upgrade(own) {
                    refs.push(v);
                }
            }
        }
    }
    for v in refs {
        let Some(r) = v.native::<Ref>() else { continue };
        r.target.set(None);
        let callback = r.callback.get();
        if !callback.is_none() {
            let result = vm.call(&callback, core::slice::from_ref(&v));
            report(vm, result);
        }
    }
    Ok(())
}

/// An exception of a callback is shown and goes no further.
fn report(vm: &mut Vm, result: Res) {
    if result.is_err() {
        let e = vm.take_exception();
        let text = vm.traceback_text(&e);
        vm.host.write_error(b"Unhandled exception in weakref callback:\n");
        vm.host.write_error(text.as_bytes());
    }
}
