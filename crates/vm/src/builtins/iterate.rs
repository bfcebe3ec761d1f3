//! `iter`, `next`, `len`, `sorted`.

use crate::collection::{map_keys, sort_values};
use crate::exceptions as exc;
use crate::names::N;
use crate::object::{Args, Generator, Instance, Iter, IterState, List, Param, Resume, ResumeMode, Step};
use crate::vm::{Res, Vm};
use alloc::boxed::Box;
use alloc::vec;
use snakeye_heap::Value;

pub(super) fn iter(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    match args {
        [function, sentinel] => {
            let state = IterState::Callable { function: function.clone(), sentinel: sentinel.clone() };
            Ok(Step::Done(vm.new_iter(state)?))
        }
        _ => vm.iter_step(&args[0]),
    }
}

/// `next(iterator, default)`
pub(super) fn next(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let iterator = &args[0];
    let default = args.get(1).cloned();
    if default.is_none() {
        // What the iterator raises at its end goes through with its arguments.
        if iterator.get::<Generator>().is_some() {
            let resume = Resume { generator: iterator.clone(), value: Value::NONE, mode: ResumeMode::Send };
            return Ok(Step::Resume(Box::new(resume)));
        }
        let name = vm.name(N::__next__).clone();
        if iterator.get::<Instance>().is_some()
            && let Some(f) = vm.find_special(iterator, &name)
        {
            return Ok(Step::tail(f, vec![iterator.clone()]));
        }
    }
    vm.stop_value = None;
    let by_index = iterator.get::<Iter>().is_some_and(Iter::is_by_index);
    let step = vm.next_step(iterator);
    vm.and_then(step, move |vm, item| {
        let item = item?;
        if !item.is_unbound() {
            return Ok(Step::Done(item));
        }
        match default {
            Some(default) => Ok(Step::Done(default)),
            None => {
                let value = vm.stop_value.take().filter(|_| !by_index);
                Err(vm.raise_args(&exc::STOP_ITERATION, value.as_slice()))
            }
        }
    })
}

pub(super) fn len(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    if let Some(list) = args[0].get::<List>() {
        return Ok(Step::Done(vm.new_uint(list.len() as u64)?));
    }
    let name = vm.name(N::__len__).clone();
    if args[0].get::<Instance>().is_some()
        && let Some(f) = vm.find_special(&args[0], &name)
    {
        return Ok(Step::call(f, vec![args[0].clone()], |vm, n| {
            let n = n?;
            if vm.index_of(&n)? < 0 {
                return Err(vm.value_error("__len__() should return >= 0"));
            }
            Ok(Step::Done(n))
        }));
    }
    let n = vm.len(&args[0])?;
    Ok(Step::Done(vm.new_uint(n as u64)?))
}

/// `sorted(iterable, *, key=None, reverse=False)`
pub(super) fn sorted(vm: &mut Vm, args: Args) -> Res<Step> {
    if args.pos.len() > 1 {
        return Err(vm.type_error("must use keyword argument for key function"));
    }
    let [iterable, key, reverse] = args.parse(
        vm,
        &[Param::required("iterable"), Param::keyword("key", Value::NONE), Param::keyword("reverse", Value::FALSE)],
    )?;
    let reverse = vm.truth(&reverse)?;
    vm.collect_step(&iterable, move |vm, items| {
        map_keys(vm, items, key, move |vm, items, keys| {
            let (items, result) = sort_values(vm, items, keys?, reverse);
            result?;
            Ok(Step::Done(vm.new_list(items)?))
        })
    })
}
