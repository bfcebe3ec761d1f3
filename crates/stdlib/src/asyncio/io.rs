//! `IOQueue`: tasks that wait for streams.

use super::context::{current_task, main_queue};
use super::task::{queue, task};
use crate::select::set::Set;
use alloc::rc::Rc;
use alloc::vec::Vec;
use snakeye_vm::host::event;
use snakeye_vm::object::{Args, Entry, NativeObject, NativeValue, Step, TypeDef};
use snakeye_vm::{Raised, Res, Rom, Value, Vm, method};

/// Who waits for a stream, and for which event.
pub(super) type Waiting = Vec<(Value, u16)>;

/// The queue.
pub(super) struct IoQueue {
    pub set: Rc<Set<Waiting>>,
}

impl NativeObject for IoQueue {
    fn class(&self) -> &'static Rom<TypeDef> {
        &IO_QUEUE
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.set.with(|items| {
            for w in items {
                visit(&w.object);
                w.with.iter().for_each(|(t, _)| visit(t));
            }
        });
    }
    fn clear(&self) {
        drop(self.set.with(core::mem::take));
    }
}

/// `IOQueue()`
pub(super) static IO_QUEUE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "IOQueue",
    attrs: &[
        method!("queue_read", 2, 2, |vm, a| enqueue(vm, &a[0], &a[1], event::IN)),
        method!("queue_write", 2, 2, |vm, a| enqueue(vm, &a[0], &a[1], event::OUT)),
        method!("remove", 2, 2, |vm, a| {
            let set = this(vm, &a[0])?.set.clone();
            let gone = set.with(|items| {
                let mut gone = Vec::new();
                for w in items.iter_mut() {
                    gone.extend(w.with.extract_if(.., |(t, _)| t.is(&a[1])));
                }
                gone
            });
            tidy(&set);
            drop(gone);
            Ok(Value::NONE)
        }),
        ("map", Entry::Get(map)),
    ],
    new: Some(|vm, _, args: Args| {
        args.no_keywords(vm)?;
        vm.new_native(IoQueue { set: Rc::default() }).map(Step::Done)
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

pub(super) fn this<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a IoQueue> {
    match v.native::<IoQueue>() {
        Some(q) => Ok(q),
        None => Err(vm.type_error("IOQueue expected")),
    }
}

/// The running task is to be woken by this event of the stream.
fn enqueue(vm: &mut Vm, me: &Value, stream: &Value, wanted: u16) -> Res {
    let set = this(vm, me)?.set.clone();
    let current = current_task(vm)?;
    set.register(vm, stream, |old| old.unwrap_or(0) | wanted, Vec::new())?;
    set.with(|items| -> Res<()> {
        if let Some(w) = items.iter_mut().find(|w| w.object.is(stream)) {
            w.with.try_reserve(1).map_err(|_| Raised)?;
            w.with.push((current.clone(), wanted));
        }
        Ok(())
    })?;
    // So that a cancellation finds what it waits for.
    task(vm, &current)?.data.set(me.clone());
    Ok(Value::NONE)
}

/// Forgets streams that nobody waits for, and asks of the others only what is waited for.
fn tidy(set: &Set<Waiting>) {
    let gone = set.with(|items| {
        for w in items.iter_mut() {
            w.events = w.with.iter().fold(0, |all, (_, e)| all | e);
        }
        items.extract_if(.., |w| w.with.is_empty()).collect::<Vec<_>>()
    });
    drop(gone);
}

/// Makes the tasks run whose streams are ready. Errors wake both readers and writers.
pub(super) fn wake_ready(vm: &mut Vm, set: &Set<Waiting>) -> Res<()> {
    let woken = set.with(|items| {
        let mut woken = Vec::new();
        for w in items.iter_mut().filter(|w| w.ready != 0) {
            let ready = w.ready;
            woken.extend(w.with.extract_if(.., |(_, wanted)| match *wanted {
                event::IN => ready & !event::OUT != 0,
                _ => ready & !event::IN != 0,
            }));
        }
        woken
    });
    if woken.is_empty() {
        return Ok(());
    }
    tidy(set);
    let main = main_queue(vm)?;
    for (t, _) in woken {
        queue(vm, &main)?.push(vm, &t, None)?;
    }
    Ok(())
}

/// `map`: a dict from `id(stream)` to reader, writer and stream. A copy, for those who only look.
fn map(vm: &mut Vm, me: &Value) -> Res {
    let set = this(vm, me)?.set.clone();
    let dict = vm.new_dict()?;
    let rows: Vec<(Value, Waiting)> =
        set.with(|items| items.iter().map(|w| (w.object.clone(), w.with.clone())).collect());
    for (stream, waiting) in rows {
        let first = |event| waiting.iter().find(|(_, e)| *e == event).map_or(Value::NONE, |(t, _)| t.clone());
        let row = vm.new_list([first(event::IN), first(event::OUT), stream.clone()].into())?;
        let id = vm.new_int(stream.word() as i64)?;
        dict.set(vm, id, row)?;
    }
    Ok(dict.into())
}
