//! `select` (docs: library/select): waiting for events on a set of streams.

pub(crate) mod set;

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;
use set::{Set, Until};
use snakeye_vm::collection::TUPLE;
use snakeye_vm::host::event;
use snakeye_vm::object::{CmpOp, Entry, ModuleDef, NativeObject, NativeValue, Step, TupleHead, TypeDef};
use snakeye_vm::{Res, Rom, Slot, Value, Vm, method, method_steps};

/// The module.
pub static SELECT: ModuleDef = ModuleDef {
    name: "select",
    entries: &[
        method!("poll", 0, 0, |vm, _| {
            vm.new_native(Poll {
                set: Rc::default(),
                next: Cell::new(usize::MAX),
                one_shot: Cell::new(false),
                pair: Slot::new(Value::NONE),
            })
        }),
        method_steps!("select", 3, 4, select),
        ("POLLIN", Entry::Int(event::IN as i64)),
        ("POLLOUT", Entry::Int(event::OUT as i64)),
        ("POLLERR", Entry::Int(event::ERR as i64)),
        ("POLLHUP", Entry::Int(event::HUP as i64)),
    ],
    init: None,
};

/// errno of an object that is not registered.
const ENOENT: i32 = 2;

/// Flag of `ipoll`: what was reported is not asked for again.
const ONE_SHOT: i64 = 1;

/// A poll object; it is also the iterator that `ipoll` gives.
struct Poll {
    set: Rc<Set<()>>,
    /// Where the iteration stands.
    next: Cell<usize>,
    one_shot: Cell<bool>,
    /// The pair that `ipoll` hands out again and again.
    pair: Slot,
}

impl NativeObject for Poll {
    fn class(&self) -> &'static Rom<TypeDef> {
        &POLL
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.set.with(|items| items.iter().for_each(|w| visit(&w.object)));
        self.pair.trace(visit);
    }
    fn clear(&self) {
        drop(self.set.with(core::mem::take));
        self.pair.set(Value::NONE);
    }
}

static POLL: Rom<TypeDef> = Rom::new(TypeDef {
    name: "poll",
    attrs: &[
        method!("register", 2, 3, |vm, a| {
            let events = match a.get(2) {
                Some(v) => mask(vm, v)?,
                None => event::IN | event::OUT,
            };
            let set = this(vm, &a[0])?.set.clone();
            set.register(vm, &a[1], |_| events, ())?;
            Ok(Value::NONE)
        }),
        method!("unregister", 2, 2, |vm, a| {
            let set = this(vm, &a[0])?.set.clone();
            drop(set.unregister(&a[1]));
            Ok(Value::NONE)
        }),
        method!("modify", 3, 3, |vm, a| {
            let events = mask(vm, &a[2])?;
            let set = this(vm, &a[0])?.set.clone();
            let found = set.with(|items| items.iter_mut().find(|w| w.object.is(&a[1])).map(|w| w.events = events));
            found.map(|()| Value::NONE).ok_or_else(|| vm.os_error(ENOENT))
        }),
        method_steps!("poll", 1, 2, |vm, a| {
            let set = this(vm, &a[0])?.set.clone();
            let step = wait_ms(vm, &set, a.get(1));
            vm.and_then(step, move |vm, r| {
                r?;
                let ready: Vec<(Value, u16)> = set
                    .with(|items| items.iter().filter(|w| w.ready != 0).map(|w| (w.object.clone(), w.ready)).collect());
                let mut pairs = Vec::with_capacity(ready.len());
                for (object, events) in ready {
                    pairs.push(vm.new_tuple([object, Value::int(events as i32)].into())?);
                }
                vm.new_list(pairs).map(Step::Done)
            })
        }),
        method_steps!("ipoll", 1, 3, |vm, a| {
            let flags = match a.get(2) {
                Some(v) => vm.index_of(v)?,
                None => 0,
            };
            let poll = this(vm, &a[0])?;
            poll.next.set(usize::MAX);
            poll.one_shot.set(flags & ONE_SHOT != 0);
            let set = poll.set.clone();
            let step = wait_ms(vm, &set, a.get(1));
            let me = a[0].clone();
            vm.and_then(step, move |vm, r| {
                r?;
                this(vm, &me)?.next.set(0);
                Ok(Step::Done(me))
            })
        }),
    ],
    iter: Some(|_, v| Ok(v.clone())),
    next: Some(|vm, v| next(vm, v).map(Step::Done)),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

fn this<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a Poll> {
    match v.native::<Poll>() {
        Some(p) => Ok(p),
        None => Err(vm.type_error("poll object expected")),
    }
}

fn mask(vm: &mut Vm, v: &Value) -> Res<u16> {
    Ok((vm.index_of(v)? & 0xFFFF) as u16)
}

/// Waits at most this many milliseconds; for ever without a number or with a negative one.
fn wait_ms(vm: &mut Vm, set: &Rc<Set<()>>, timeout: Option<&Value>) -> Res<Step> {
    let ms = match timeout {
        Some(v) if !v.is_none() => vm.index_of(v)?,
        _ => -1,
    };
    let deadline_us = u64::try_from(ms).ok().map(|ms| vm.host.now_us().saturating_add(ms.saturating_mul(1000)));
    set::wait(vm, set.clone(), Until { deadline_us, also: None })
}

/// The next ready stream of an `ipoll`.
fn next(vm: &mut Vm, v: &Value) -> Res {
    let poll = this(vm, v)?;
    let from = poll.next.get();
    let found = poll.set.with(|items| {
        let (at, w) = items.iter_mut().enumerate().skip(from).find(|(_, w)| w.ready != 0)?;
        if poll.one_shot.get() {
            w.events = 0;
        }
        Some((at, w.object.clone(), w.ready))
    });
    let Some((at, object, events)) = found else {
        poll.next.set(usize::MAX);
        return Ok(Value::UNBOUND);
    };
    poll.next.set(at + 1);
    let mut pair = poll.pair.get();
    if pair.native::<Pair>().is_none() {
        pair = vm.new_native(Pair { stream: Slot::new(Value::NONE), events: Cell::new(0) })?;
        poll.pair.set(pair.clone());
    }
    if let Some(p) = pair.native::<Pair>() {
        p.stream.set(object);
        p.events.set(events);
    }
    Ok(pair)
}

/// What `ipoll` gives: a tuple of two that belongs to the poll object, which changes it at the next step. So polling
/// takes no memory.
struct Pair {
    stream: Slot,
    events: Cell<u16>,
}

impl NativeObject for Pair {
    fn class(&self) -> &'static Rom<TypeDef> {
        &PAIR
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.stream.trace(visit);
    }
    fn clear(&self) {
        self.stream.set(Value::NONE);
    }
}

static PAIR: Rom<TypeDef> = Rom::new(TypeDef {
    name: "tuple",
    base: Some(&TUPLE),
    len: Some(|_, _| Ok(2)),
    get_item: Some(|vm, v, key| {
        let tuple = as_tuple(vm, v)?;
        vm.get_item(&tuple, key)
    }),
    iter: Some(|vm, v| {
        let tuple = as_tuple(vm, v)?;
        vm.iter(&tuple)
    }),
    contains: Some(|vm, v, item| {
        let tuple = as_tuple(vm, v)?;
        vm.contains(&tuple, item)
    }),
    compare: Some(|vm, op: CmpOp, v, other| {
        let (tuple, other) = (as_tuple(vm, v)?, as_tuple(vm, other)?);
        match other.tail::<TupleHead>() {
            Some(_) => vm.compare(op, &tuple, &other).map(Some),
            None => Ok(None),
        }
    }),
    print: Some(|vm, v, out, repr| {
        let tuple = as_tuple(vm, v)?;
        vm.print_to(&tuple, out, repr)
    }),
    ..TypeDef::NEW
});

/// A pair as a real tuple; other values as they are.
fn as_tuple(vm: &mut Vm, v: &Value) -> Res {
    match v.native::<Pair>() {
        Some(p) => vm.new_tuple([p.stream.get(), Value::int(p.events.get() as i32)].into()),
        None => Ok(v.clone()),
    }
}

/// `select(rlist, wlist, xlist[, timeout])`; the timeout is in seconds.
fn select(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let deadline_us = match args.get(3) {
        Some(v) if !v.is_none() => match vm.float_of(v)? {
            s if s >= 0.0 => Some(vm.host.now_us().saturating_add((s * 1e6) as u64)),
            _ => None,
        },
        _ => None,
    };
    let set: Rc<Set<()>> = Rc::default();
    for (list, events) in args.iter().zip([event::IN, event::OUT, event::ERR | event::HUP]) {
        for object in vm.collect(list)? {
            set.register(vm, &object, |old| old.unwrap_or(0) | events, ())?;
        }
    }
    let step = set::wait(vm, set.clone(), Until { deadline_us, also: None });
    vm.and_then(step, move |vm, r| {
        r?;
        let mut lists = Vec::new();
        for events in [event::IN, event::OUT, !(event::IN | event::OUT)] {
            let ready: Vec<Value> =
                set.with(|items| items.iter().filter(|w| w.ready & events != 0).map(|w| w.object.clone()).collect());
            lists.push(vm.new_list(ready)?);
        }
        vm.new_tuple(lists).map(Step::Done)
    })
}
