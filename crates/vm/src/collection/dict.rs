//! Dicts.

use super::print::{guarded, print_pairs};
use super::receiver::receiver;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_heap::{Gc, Rom, Value};

const TABLE: TypeDef = TypeDef {
    attrs: &[
        method!("clear", 1, 1, dict_clear),
        method!("copy", 1, 1, dict_copy),
        class_method_kw!("fromkeys", 2, 3, dict_fromkeys),
        method!("get", 2, 3, dict_get),
        method!("items", 1, 1, dict_items),
        method!("keys", 1, 1, dict_keys),
        method!("pop", 2, 3, dict_pop),
        method!("popitem", 1, 1, dict_popitem),
        method!("setdefault", 2, 3, dict_setdefault),
        method_kw!("update", 1, 2, dict_update),
        method!("values", 1, 1, dict_values),
        method!("__getitem__", 2, 2, dict_getitem_method),
        method!("__setitem__", 3, 3, dict_setitem_method),
        method!("__delitem__", 2, 2, dict_delitem_method),
    ],
    new: Some(dict_new),
    print: Some(dict_print),
    compare: Some(dict_compare),
    binary: Some(dict_binary),
    inplace: Some(dict_inplace),
    len: Some(dict_len),
    get_item: Some(dict_get_item),
    set_item: Some(dict_set_item),
    contains: Some(dict_contains),
    iter: Some(dict_iter),
    ..TypeDef::NEW
};

/// `dict`
pub static DICT: Rom<TypeDef> = Rom::new(TypeDef { name: "dict", ..TABLE });
/// `collections.OrderedDict`
pub static ORDERED_DICT: Rom<TypeDef> = Rom::new(TypeDef { name: "OrderedDict", base: Some(&DICT), ..TABLE });

pub(super) fn this(vm: &mut Vm, v: &Value) -> Res<Gc<Dict>> {
    receiver(vm, v, "dict")
}

impl Dict {
    /// Clones of the entries, in order.
    pub fn pairs(&self, vm: &mut Vm) -> Res<Vec<(Value, Value)>> {
        let Ok(table) = self.table.try_borrow() else { return Err(vm.busy()) };
        let mut pairs = Vec::new();
        pairs.try_reserve_exact(table.len()).map_err(|_| Raised)?;
        pairs.extend(table.iter().map(|e| (e.key.clone(), e.value.clone())));
        Ok(pairs)
    }

    fn copy(&self, vm: &mut Vm) -> Res<Gc<Dict>> {
        let Ok(table) = self.table.try_borrow() else { return Err(vm.busy()) };
        let copy = Dict::make(&vm.heap, table.copy(&vm.heap)?)?;
        copy.ordered.set(self.ordered.get());
        Ok(copy)
    }
}

fn dict_new(vm: &mut Vm, class: &Value, args: Args) -> Res<Step> {
    let dict = vm.new_dict()?;
    dict.ordered.set(class.get::<TypeDef>().is_some_and(|d| d.is_a(&ORDERED_DICT)));
    if args.pos.len() > 1 {
        return Err(vm.type_error("dict() takes at most 1 positional argument"));
    }
    let result: Value = dict.clone().into();
    fill(vm, dict, args.pos.first(), args.kw, result)
}

/// Puts what `source` (a mapping or an iterable of pairs) and the keywords say into a dict; the result is
/// `result`.
fn fill(vm: &mut Vm, dict: Gc<Dict>, source: Option<&Value>, kw: &[(Value, Value)], result: Value) -> Res<Step> {
    let kw = kw.to_vec();
    let end = move |vm: &mut Vm, dict: Gc<Dict>| {
        for (key, value) in kw {
            dict.set(vm, key, value)?;
        }
        Ok(Step::Done(result))
    };
    let Some(source) = source else { return end(vm, dict) };
    if let Ok(other) = vm.base_object(source).into_gc::<Dict>() {
        merge(vm, &dict, &other)?;
        return end(vm, dict);
    }
    if source.get::<Instance>().is_some() {
        let keys = vm.intern("keys")?;
        if let Some(keys) = vm.find_attr(source, &keys)? {
            let keys = vm.call(&keys, &[])?;
            for key in vm.collect(&keys)? {
                let value = vm.get_item(source, &key)?;
                dict.set(vm, key, value)?;
            }
            return end(vm, dict);
        }
    }
    let into = dict.clone();
    vm.fold_step(
        source,
        move |vm, pair| {
            let items = vm.collect(&pair)?;
            let Ok([key, value]) = <[Value; 2]>::try_from(items) else {
                return Err(vm.value_error("dict update sequence has wrong length"));
            };
            into.set(vm, key, value)?;
            Ok(None)
        },
        move |vm| end(vm, dict),
    )
}

/// Puts all entries of `other` into `dict`.
fn merge(vm: &mut Vm, dict: &Gc<Dict>, other: &Gc<Dict>) -> Res<()> {
    if dict.is(other) {
        return Ok(());
    }
    if dict.is_empty() {
        let Ok(table) = other.table.try_borrow() else { return Err(vm.busy()) };
        let copy = table.copy(&vm.heap)?;
        drop(table);
        let Ok(mut place) = dict.table.try_borrow_mut() else { return Err(vm.busy()) };
        let old = core::mem::replace(&mut *place, copy);
        drop(place);
        drop(old);
        return Ok(());
    }
    for (key, value) in other.pairs(vm)? {
        dict.set(vm, key, value)?;
    }
    Ok(())
}

fn dict_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let dict = this(vm, v)?;
    let (open, close) = if dict.ordered.get() { ("OrderedDict({", "})") } else { ("{", "}") };
    guarded(vm, dict.value(), out, "{...}", |vm, out| {
        let pairs = dict.pairs(vm)?;
        out.push_str(open);
        print_pairs(vm, &pairs, out)?;
        out.push_str(close);
        Ok(())
    })
}

fn dict_compare(vm: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(None);
    }
    let (Some(a), Some(b)) = (a.as_gc::<Dict>().cloned(), b.as_gc::<Dict>().cloned()) else { return Ok(None) };
    Ok(Some(vm.deeper(|vm| same(vm, &a, &b))? == (op == CmpOp::Eq)))
}

fn same(vm: &mut Vm, a: &Gc<Dict>, b: &Gc<Dict>) -> Res<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    let pairs = a.pairs(vm)?;
    if a.ordered.get() && b.ordered.get() {
        for ((k1, v1), (k2, v2)) in pairs.iter().zip(b.pairs(vm)?.iter()) {
            if !(vm.same_or_equal(k1, k2)? && vm.same_or_equal(v1, v2)?) {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    for (key, value) in &pairs {
        match b.get(vm, key)? {
            Some(other) if vm.same_or_equal(value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn dict_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let (BinOp::Or, Ok(b)) = (op, vm.base_object(b).into_gc::<Dict>()) else { return Ok(None) };
    let copy = this(vm, a)?.copy(vm)?;
    merge(vm, &copy, &b)?;
    Ok(Some(copy.into()))
}

fn dict_inplace(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let (BinOp::Or, Ok(b)) = (op, vm.base_object(b).into_gc::<Dict>()) else { return Ok(None) };
    let dict = this(vm, a)?;
    merge(vm, &dict, &b)?;
    Ok(Some(a.clone()))
}

fn dict_len(vm: &mut Vm, v: &Value) -> Res<usize> {
    Ok(this(vm, v)?.len())
}

fn dict_get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let found = match v.get::<Dict>() {
        Some(dict) => dict.get(vm, key)?,
        None => this(vm, v)?.get(vm, key)?,
    };
    match found {
        Some(value) => Ok(value),
        None => Err(vm.key_error(key)),
    }
}

fn dict_set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let dict = this(vm, v)?;
    if key.get::<Slice>().is_some() && !dict.ordered.get() {
        // `d[:] = x` is a mistake; only ordered dicts take slices as keys, as in MicroPython.
        return Err(vm.type_error("unsupported type for __hash__: 'slice'"));
    }
    match value {
        Some(value) => dict.set(vm, key.clone(), value),
        None => match dict.remove(vm, key)? {
            Some(old) => {
                drop(old);
                Ok(())
            }
            None => Err(vm.key_error(key)),
        },
    }
}

fn dict_contains(vm: &mut Vm, v: &Value, key: &Value) -> Res<bool> {
    let dict = this(vm, v)?;
    let hash = vm.hash(key)?;
    Ok(find(vm, &dict.table, key, hash)?.is_some())
}

fn dict_iter(vm: &mut Vm, v: &Value) -> Res {
    let object: Value = this(vm, v)?.into();
    vm.new_iter(IterState::Table { object, index: 0, what: 0 })
}

/// Takes everything out of a table.
pub(super) fn empty(vm: &mut Vm, table: &RefCell<Table>) -> Res<()> {
    let Ok(mut place) = table.try_borrow_mut() else { return Err(vm.busy()) };
    let old = place.take(&vm.heap);
    drop(place);
    drop(old);
    Ok(())
}

/// Takes the last entry out of a table.
pub(super) fn pop_last(vm: &mut Vm, table: &RefCell<Table>) -> Res<Option<(Value, Value)>> {
    let Ok(mut place) = table.try_borrow_mut() else { return Err(vm.busy()) };
    let Some(i) = place.entries().iter().rposition(|e| !e.key.is_unbound()) else { return Ok(None) };
    Ok(Some(place.remove_at(&vm.heap, i)))
}

fn dict_clear(vm: &mut Vm, args: &[Value]) -> Res {
    let dict = this(vm, &args[0])?;
    empty(vm, &dict.table)?;
    Ok(Value::NONE)
}

fn dict_copy(vm: &mut Vm, args: &[Value]) -> Res {
    Ok(this(vm, &args[0])?.copy(vm)?.into())
}

fn dict_fromkeys(vm: &mut Vm, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let [class, iterable, rest @ ..] = args.pos else { return Err(vm.type_error("iterable expected")) };
    let value = rest.first().cloned().unwrap_or(Value::NONE);
    let dict = vm.new_dict()?;
    dict.ordered.set(vm.is_subclass(class, &ORDERED_DICT.value()));
    let into = dict.clone();
    vm.fold_step(
        iterable,
        move |vm, key| {
            into.set(vm, key, value.clone())?;
            Ok(None)
        },
        move |_| Ok(Step::Done(dict.into())),
    )
}

fn dict_get(vm: &mut Vm, args: &[Value]) -> Res {
    if let Some(v) = args[0].get::<Dict>().and_then(|dict| dict.get_quick(&args[1])) {
        return Ok(v);
    }
    let found = match args[0].get::<Dict>() {
        Some(dict) => dict.get(vm, &args[1])?,
        None => this(vm, &args[0])?.get(vm, &args[1])?,
    };
    Ok(found.or_else(|| args.get(2).cloned()).unwrap_or(Value::NONE))
}

fn view(vm: &mut Vm, args: &[Value], what: ViewKind) -> Res {
    let dict = this(vm, &args[0])?;
    Ok(vm.heap.alloc(DictView { dict, what })?.into())
}

fn dict_items(vm: &mut Vm, args: &[Value]) -> Res {
    view(vm, args, ViewKind::Items)
}

fn dict_keys(vm: &mut Vm, args: &[Value]) -> Res {
    view(vm, args, ViewKind::Keys)
}

fn dict_values(vm: &mut Vm, args: &[Value]) -> Res {
    view(vm, args, ViewKind::Values)
}

fn dict_pop(vm: &mut Vm, args: &[Value]) -> Res {
    let dict = this(vm, &args[0])?;
    match dict.remove(vm, &args[1])?.or_else(|| args.get(2).cloned()) {
        Some(value) => Ok(value),
        None => Err(vm.key_error(&args[1])),
    }
}

fn dict_popitem(vm: &mut Vm, args: &[Value]) -> Res {
    let dict = this(vm, &args[0])?;
    match pop_last(vm, &dict.table)? {
        Some((key, value)) => vm.new_tuple(vec![key, value]),
        None => Err(vm.raise_new(&crate::exceptions::KEY_ERROR, "popitem(): dictionary is empty")),
    }
}

fn dict_setdefault(vm: &mut Vm, args: &[Value]) -> Res {
    let dict = this(vm, &args[0])?;
    if let Some(value) = dict.get(vm, &args[1])? {
        return Ok(value);
    }
    let value = args.get(2).cloned().unwrap_or(Value::NONE);
    dict.set(vm, args[1].clone(), value.clone())?;
    Ok(value)
}

fn dict_update(vm: &mut Vm, args: Args) -> Res<Step> {
    let dict = this(vm, &args.pos[0])?;
    fill(vm, dict, args.pos.get(1), args.kw, Value::NONE)
}

fn dict_getitem_method(vm: &mut Vm, args: &[Value]) -> Res {
    dict_get_item(vm, &args[0], &args[1])
}

fn dict_setitem_method(vm: &mut Vm, args: &[Value]) -> Res {
    dict_set_item(vm, &args[0], &args[1], Some(args[2].clone()))?;
    Ok(Value::NONE)
}

fn dict_delitem_method(vm: &mut Vm, args: &[Value]) -> Res {
    dict_set_item(vm, &args[0], &args[1], None)?;
    Ok(Value::NONE)
}
