//! Views of dicts: `keys()`, `values()`, `items()`.

use super::print::print_items;
use super::receiver::receiver;
use super::set::{Relation, SetOp, combined, relation, set_of_items};
use crate::object::{BinOp, CmpOp, DictView, IterState, Set, Tuple, TypeDef, ViewKind};
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_heap::{Gc, Rom, Value};

const VIEW: TypeDef = TypeDef {
    print: Some(view_print),
    len: Some(view_len),
    contains: Some(view_contains),
    iter: Some(view_iter),
    ..TypeDef::NEW
};

/// `dict_keys`
pub static DICT_KEYS: Rom<TypeDef> =
    Rom::new(TypeDef { name: "dict_keys", compare: Some(view_compare), binary: Some(view_binary), ..VIEW });
/// `dict_values`
pub static DICT_VALUES: Rom<TypeDef> =
    Rom::new(TypeDef { name: "dict_values", hash: Some(|_, v| Ok(crate::ops::address_hash(v))), ..VIEW });
/// `dict_items`
pub static DICT_ITEMS: Rom<TypeDef> =
    Rom::new(TypeDef { name: "dict_items", compare: Some(view_compare), binary: Some(view_binary), ..VIEW });

/// The type of a view.
pub fn view_type(v: &Value) -> &'static Rom<TypeDef> {
    match v.get::<DictView>().map(|view| view.what) {
        Some(ViewKind::Values) => &DICT_VALUES,
        Some(ViewKind::Items) => &DICT_ITEMS,
        _ => &DICT_KEYS,
    }
}

fn this(vm: &mut Vm, v: &Value) -> Res<Gc<DictView>> {
    receiver(vm, v, "dict_view")
}

fn items(vm: &mut Vm, view: &DictView) -> Res<Vec<Value>> {
    let pairs = view.dict.pairs(vm)?;
    let mut items = Vec::new();
    items.try_reserve_exact(pairs.len()).map_err(|_| crate::vm::Raised)?;
    for (key, value) in pairs {
        items.push(match view.what {
            ViewKind::Keys => key,
            ViewKind::Values => value,
            ViewKind::Items => vm.new_tuple(alloc::vec![key, value])?,
        });
    }
    Ok(items)
}

fn view_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let view = this(vm, v)?;
    let items = items(vm, &view)?;
    out.push_str(view_type(v).get().name);
    out.push_str("([");
    print_items(vm, &items, out)?;
    out.push_str("])");
    Ok(())
}

fn view_len(vm: &mut Vm, v: &Value) -> Res<usize> {
    Ok(this(vm, v)?.dict.len())
}

fn view_contains(vm: &mut Vm, v: &Value, item: &Value) -> Res<bool> {
    let view = this(vm, v)?;
    match view.what {
        ViewKind::Keys => Ok(view.dict.get(vm, item)?.is_some()),
        ViewKind::Values => {
            for value in items(vm, &view)? {
                if vm.same_or_equal(&value, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        ViewKind::Items => {
            let Some(pair) = item.as_gc::<Tuple>().cloned() else { return Ok(false) };
            let [key, value] = pair.elements() else { return Ok(false) };
            match view.dict.get(vm, key)? {
                Some(found) => vm.same_or_equal(&found, value),
                None => Ok(false),
            }
        }
    }
}

fn view_iter(vm: &mut Vm, v: &Value) -> Res {
    let view = this(vm, v)?;
    let what = match view.what {
        ViewKind::Keys => 0,
        ViewKind::Values => 1,
        ViewKind::Items => 2,
    };
    vm.new_iter(IterState::Table { object: view.dict.value().clone(), index: 0, what })
}

/// A set of what a view shows, or the set itself.
fn as_set(vm: &mut Vm, v: &Value) -> Res<Option<Gc<Set>>> {
    if let Some(set) = v.as_gc::<Set>() {
        return Ok(Some(set.clone()));
    }
    match v.as_gc::<DictView>().cloned() {
        Some(view) if view.what != ViewKind::Values => {
            let items = items(vm, &view)?;
            set_of_items(vm, &items, false).map(Some)
        }
        _ => Ok(None),
    }
}

fn view_compare(vm: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    if b.get::<Set>().is_none() && b.get::<DictView>().is_none() {
        return Ok(None);
    }
    let (Some(a), Some(b)) = (as_set(vm, a)?, as_set(vm, b)?) else { return Ok(None) };
    relation(vm, Relation::of(op), &a, &b).map(Some)
}

fn view_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let Some(op) = SetOp::of(op) else { return Ok(None) };
    if b.get::<Set>().is_none() && b.get::<DictView>().is_none() {
        return Ok(None);
    }
    let (Some(a), Some(b)) = (as_set(vm, a)?, as_set(vm, b)?) else { return Ok(None) };
    Ok(Some(combined(vm, op, &a, &b, false)?.into()))
}
