//! Builtins that reduce an iterable to one value.

use crate::collection::map_keys;
use crate::object::{Args, BinOp, CmpOp, Param, Step, StrValue};
use crate::vm::{Res, Vm};
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::RefCell;
use snakeye_heap::Value;

pub(super) fn all(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    vm.fold_step(
        &args[0],
        |vm, v| Ok(if vm.truth(&v)? { None } else { Some(Value::FALSE) }),
        |_| Ok(Step::Done(Value::TRUE)),
    )
}

pub(super) fn any(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    vm.fold_step(
        &args[0],
        |vm, v| Ok(if vm.truth(&v)? { Some(Value::TRUE) } else { None }),
        |_| Ok(Step::Done(Value::FALSE)),
    )
}

/// `sum(iterable, start=0)`
pub(super) fn sum(vm: &mut Vm, args: Args) -> Res<Step> {
    let [iterable, start] = args.parse(vm, &[Param::required("iterable"), Param::optional("start", Value::int(0))])?;
    let total = Rc::new(RefCell::new(start));
    let end = total.clone();
    vm.fold_step(
        &iterable,
        move |vm, v| {
            let so_far = total.replace(Value::NONE);
            let small = match (so_far.as_small_int(), v.as_small_int()) {
                (Some(a), Some(b)) => a.checked_add(b).and_then(Value::small_int),
                _ => None,
            };
            let next = match small {
                Some(next) => next,
                None => vm.binary(BinOp::Add, &so_far, &v)?,
            };
            total.replace(next);
            Ok(None)
        },
        move |_| Ok(Step::Done(end.replace(Value::NONE))),
    )
}

pub(super) fn max(vm: &mut Vm, args: Args) -> Res<Step> {
    extreme(vm, args, CmpOp::Gt)
}

pub(super) fn min(vm: &mut Vm, args: Args) -> Res<Step> {
    extreme(vm, args, CmpOp::Lt)
}

/// The first item that stands in the relation `better` to all others, by its key.
fn extreme(vm: &mut Vm, args: Args, better: CmpOp) -> Res<Step> {
    let (mut key, mut default) = (Value::NONE, None);
    for (name, value) in args.kw {
        match name.as_str() {
            Some("key") => key = value.clone(),
            Some("default") => default = Some(value.clone()),
            other => {
                let other = String::from(other.unwrap_or(""));
                return Err(vm.type_error_fmt(format_args!("extra keyword argument '{other}' given")));
            }
        }
    }
    let [iterable] = args.pos else {
        if args.pos.is_empty() {
            return Err(vm.type_error("function missing 1 required positional arguments"));
        }
        let items = args.pos.to_vec();
        return best_of(vm, items, key, default, better);
    };
    if !key.is_none() {
        return vm.collect_step(iterable, move |vm, items| best_of(vm, items, key, default, better));
    }
    let best: Rc<RefCell<Option<Value>>> = Rc::default();
    let end = best.clone();
    vm.fold_step(
        iterable,
        move |vm, v| {
            let so_far = best.replace(None);
            let best_now = match so_far {
                Some(old) if !vm.compare(better, &v, &old)? => old,
                _ => v,
            };
            best.replace(Some(best_now));
            Ok(None)
        },
        move |vm| found(vm, end.replace(None), default),
    )
}

fn best_of(vm: &mut Vm, items: alloc::vec::Vec<Value>, key: Value, default: Option<Value>, better: CmpOp) -> Res<Step> {
    map_keys(vm, items, key, move |vm, items, keys| {
        let keys = keys?;
        let keys = keys.as_deref().unwrap_or(&items);
        let mut best = 0;
        for i in 1..keys.len() {
            if vm.compare(better, &keys[i], &keys[best])? {
                best = i;
            }
        }
        found(vm, items.get(best).cloned(), default)
    })
}

fn found(vm: &mut Vm, best: Option<Value>, default: Option<Value>) -> Res<Step> {
    match best.or(default) {
        Some(v) => Ok(Step::Done(v)),
        None => Err(vm.value_error("arg is an empty sequence")),
    }
}
