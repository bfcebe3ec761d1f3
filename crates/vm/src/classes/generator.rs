//! Generators and coroutines.

use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::boxed::Box;
use core::fmt::Write;
use snakeye_heap::{Rom, Value};

/// Type of generators (and coroutines: MicroPython has one type for both).
pub static GENERATOR: Rom<TypeDef> = Rom::new(TypeDef {
    name: "generator",
    print: Some(|_, v, out, _| {
        let _ = write!(out, "<generator object '");
        if let Some(g) = v.get::<Generator>() {
            let f = g.function.get();
            out.push_str(f.get::<Function>().map_or("?", |f| &f.code.name));
        }
        let _ = write!(out, "' at {:x}>", v.word());
        Ok(())
    }),
    attrs: &[
        method_steps!("__next__", 1, 1, |vm, a| resume(vm, a, Value::NONE, ResumeMode::Send)),
        method_steps!("send", 2, 2, |vm, a| resume(vm, a, a[1].clone(), ResumeMode::Send)),
        method_steps!("throw", 2, 4, throw),
        method_steps!("close", 1, 1, close),
        method!("pend_throw", 2, 2, pend_throw),
    ],
    iter: Some(|_, v| Ok(v.clone())),
    hash: Some(|_, v| Ok(crate::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn resume(vm: &mut Vm, args: &[Value], value: Value, mode: ResumeMode) -> Res<Step> {
    if args[0].get::<Generator>().is_none() {
        return Err(vm.type_error("generator expected"));
    }
    Ok(Step::Resume(Box::new(Resume { generator: args[0].clone(), value, mode })))
}

fn throw(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    // throw(type), throw(instance), throw(type, value), throw(type, value, traceback)
    let e = match args.get(2) {
        Some(v) if !v.is_none() && vm.is_class(&args[1]) => {
            if vm.instance_of(v, &args[1]) == Some(true) {
                v.clone()
            } else {
                vm.call(&args[1], core::slice::from_ref(v))?
            }
        }
        // What is thrown becomes an exception where it is raised: an iterator that is delegated to gets it
        // as it is.
        _ => args[1].clone(),
    };
    resume(vm, args, e, ResumeMode::Throw)
}

fn close(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let Some(g) = args[0].get::<Generator>() else { return Err(vm.type_error("generator expected")) };
    match g.state.get() {
        GeneratorState::Created => {
            crate::kinds::Trace::clear(g);
            Ok(Step::Done(Value::NONE))
        }
        GeneratorState::Done => Ok(Step::Done(Value::NONE)),
        GeneratorState::Running => Err(vm.value_error("generator already executing")),
        GeneratorState::Suspended => {
            let e = vm.new_exception(&exc::GENERATOR_EXIT, &[])?;
            let step = resume(vm, args, e, ResumeMode::Throw);
            vm.and_then(step, |vm, r| match r {
                Ok(_) => Err(vm.runtime_error("generator ignored GeneratorExit")),
                Err(_) => {
                    let e = vm.take_exception();
                    if vm.is_exception(&e, &exc::GENERATOR_EXIT) || vm.is_exception(&e, &exc::STOP_ITERATION) {
                        Ok(Step::Done(Value::NONE))
                    } else {
                        Err(vm.raise(e))
                    }
                }
            })
        }
    }
}

/// `pend_throw(exc)`: raised when the generator is next resumed; returns what was pending before.
fn pend_throw(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(g) = args[0].get::<Generator>() else { return Err(vm.type_error("generator expected")) };
    if g.state.get() == GeneratorState::Running {
        return Err(vm.value_error("generator already executing"));
    }
    let new = if args[1].is_none() { Value::UNBOUND } else { args[1].clone() };
    let old = g.pending.replace(new);
    Ok(if old.is_unbound() { Value::NONE } else { old })
}
