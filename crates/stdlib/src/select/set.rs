//! A set of streams that are asked together and waited for in one wait.
//!
//! Native objects say what of the host's, or of the VM's, they wait for: the thread sleeps until then. Objects with an
//! `ioctl` method in Python can only be asked again and again, which is done as long as there are such in the set.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_vm::exceptions::OS_ERROR;
use snakeye_vm::host::event;
use snakeye_vm::object::{Instance, Interest, Native, Polled, Step, Wait};
use snakeye_vm::{Raised, Res, Value, Vm};

/// Time between two questions to objects written in Python.
const SCRIPTED_US: u64 = 1000;

/// The request of `ioctl` that asks for readiness (MP_STREAM_POLL).
const POLL: i32 = 3;

/// errno of a failed request.
const EINVAL: i32 = 22;

/// What is reported whether it was asked for or not.
const ALWAYS: u16 = event::ERR | event::HUP | event::NVAL;

/// One watched stream.
pub(crate) struct Watched<T> {
    /// The stream; entries are found by its identity.
    pub object: Value,
    /// Wanted events.
    pub events: u16,
    /// What it answered last.
    pub ready: u16,
    /// What its owner keeps with it.
    pub with: T,
}

/// The set, in the order of registration.
pub(crate) struct Set<T> {
    items: RefCell<Vec<Watched<T>>>,
}

impl<T> Default for Set<T> {
    fn default() -> Set<T> {
        Set { items: RefCell::default() }
    }
}

/// Until when to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Until {
    /// This point in time (host clock, µs); none: for ever.
    pub deadline_us: Option<u64>,
    /// Besides the streams, this ends the wait.
    pub also: Option<Interest>,
}

/// How an object is asked.
enum Asked {
    /// It has answered.
    Answer(u16, Option<Interest>),
    /// The host knows.
    Host(Interest),
    /// By calling this `ioctl`.
    Script(Value),
}

impl<T> Set<T> {
    /// Runs `f` on the entries. It must not run Python.
    pub fn with<R>(&self, f: impl FnOnce(&mut Vec<Watched<T>>) -> R) -> R {
        f(&mut self.items.borrow_mut())
    }

    /// Adds a stream or, if it is there, changes what is wanted of it. OSError for what cannot be polled.
    pub fn register(&self, vm: &mut Vm, object: &Value, change: impl FnOnce(Option<u16>) -> u16, with: T) -> Res<()> {
        let old = self.with(|items| items.iter().find(|w| w.object.is(object)).map(|w| w.events));
        let events = change(old);
        if old.is_some() {
            self.with(|items| items.iter_mut().filter(|w| w.object.is(object)).for_each(|w| w.events = events));
            return Ok(());
        }
        check(vm, object)?;
        self.with(|items| {
            items.try_reserve(1).map_err(|_| Raised)?;
            items.push(Watched { object: object.clone(), events, ready: 0, with });
            Ok(())
        })
    }

    /// Removes a stream.
    pub fn unregister(&self, object: &Value) -> Option<Watched<T>> {
        let mut items = self.items.borrow_mut();
        let at = items.iter().position(|w| w.object.is(object))?;
        Some(items.remove(at))
    }

    fn at(&self, i: usize) -> Option<(Value, u16)> {
        self.items.borrow().get(i).map(|w| (w.object.clone(), w.events))
    }

    /// Keeps an answer, unless the entry has moved or gone meanwhile.
    fn answer(&self, i: usize, object: &Value, ready: u16) {
        let mut items = self.items.borrow_mut();
        let item = match items.get_mut(i) {
            Some(w) if w.object.is(object) => Some(w),
            _ => items.iter_mut().find(|w| w.object.is(object)),
        };
        if let Some(w) = item {
            w.ready = ready;
        }
    }

    fn count_ready(&self) -> usize {
        self.items.borrow().iter().filter(|w| w.ready != 0).count()
    }
}

/// Asks one object.
fn ask_one(vm: &mut Vm, object: &Value, events: u16) -> Res<Asked> {
    if object.get::<Instance>().is_some()
        && let Some(f) = vm.special_method(object, "ioctl")?
    {
        return Ok(Asked::Script(f));
    }
    if let Some(fd) = object.as_small_int() {
        if fd < 0 {
            return Err(vm.raise_args(&snakeye_vm::exceptions::VALUE_ERROR, &[]));
        }
        if let Some((interest, _)) = vm.host.descriptor(u32::try_from(fd).unwrap_or(u32::MAX)) {
            return Ok(Asked::Host(Interest { mode: mode(events), ..interest }));
        }
    }
    let native = vm.base_object(object);
    match native.get::<Native>().and_then(|n| n.0.poll(vm, events)) {
        Some(Polled::Host(i)) => Ok(Asked::Host(i)),
        Some(Polled::Own(ready, wake)) => Ok(Asked::Answer(ready & (events | ALWAYS), wake)),
        None => Err(vm.raise_new(&OS_ERROR, "stream operation not supported")),
    }
}

/// Whether an object can be polled; OSError if not.
fn check(vm: &mut Vm, object: &Value) -> Res<()> {
    ask_one(vm, object, 0).map(drop)
}

/// Direction bits of an interest.
fn mode(events: u16) -> u8 {
    (events & event::IN != 0) as u8 | ((events & event::OUT != 0) as u8) << 1
}

/// What one round of questions has to wait for.
#[derive(Default)]
struct Round {
    interests: Vec<Interest>,
    /// Entries that Python answers for: position, object, its `ioctl`.
    scripted: Vec<(usize, Value, Value)>,
}

/// Asks all of the set and waits until one is ready or the time has come: done with the number of ready ones.
pub(crate) fn wait<T: 'static>(vm: &mut Vm, set: Rc<Set<T>>, until: Until) -> Res<Step> {
    let mut round = Round::default();
    let mut places = Vec::new();
    let mut descriptors = 0;
    let mut i = 0;
    while let Some((object, events)) = set.at(i) {
        match ask_one(vm, &object, events)? {
            Asked::Answer(ready, wake) => {
                set.answer(i, &object, ready);
                round.interests.extend(wake);
            }
            Asked::Host(interest) => {
                descriptors += object.as_small_int().is_some() as usize;
                places.push((i, interest));
            }
            Asked::Script(f) => round.scripted.push((i, object, f)),
        }
        i += 1;
    }
    if descriptors > 0 && vm.host.descriptor(0).is_some_and(|(_, most)| descriptors > most) {
        return Err(vm.os_error(EINVAL));
    }
    if !places.is_empty() {
        let asked: Vec<Interest> = places.iter().map(|(_, interest)| *interest).collect();
        let mut ready = vec![0; asked.len()];
        vm.host.ready(&asked, &mut ready);
        for ((i, _), ready) in places.iter().zip(ready) {
            if let Some((object, _)) = set.at(*i) {
                set.answer(*i, &object, ready);
            }
        }
        // First, so that the order of the VM's own things is kept behind them.
        round.interests.splice(0..0, asked);
    }
    script(vm, set, until, round, 0)
}

/// Asks the objects written in Python from the `n`th on.
fn script<T: 'static>(vm: &mut Vm, set: Rc<Set<T>>, until: Until, round: Round, n: usize) -> Res<Step> {
    let Some((i, object, function)) = round.scripted.get(n) else { return conclude(vm, set, until, round) };
    let (i, object) = (*i, object.clone());
    // An ioctl before this one may have unregistered it.
    let Some(events) = set.with(|items| items.iter().find(|w| w.object.is(&object)).map(|w| w.events)) else {
        return script(vm, set, until, round, n + 1);
    };
    let args = vec![object.clone(), Value::int(POLL), Value::int(events as i32)];
    Ok(Step::call(function.clone(), args, move |vm, r| {
        let answer = r?;
        let answer = vm.index_of(&answer)?;
        if answer < 0 {
            return Err(vm.os_error(i32::try_from(-answer).unwrap_or(EINVAL)));
        }
        set.answer(i, &object, (answer & 0xFFFF) as u16);
        script(vm, set, until, round, n + 1)
    }))
}

/// All have answered: ends, or waits and asks again.
fn conclude<T: 'static>(vm: &mut Vm, set: Rc<Set<T>>, until: Until, round: Round) -> Res<Step> {
    let ready = set.count_ready();
    let now = vm.host.now_us();
    if ready > 0 || until.deadline_us.is_some_and(|d| d <= now) {
        return vm.new_int(ready as i64).map(Step::Done);
    }
    let mut interests = round.interests;
    interests.extend(until.also);
    let mut deadline_us = until.deadline_us;
    if !round.scripted.is_empty() {
        let next = now.saturating_add(SCRIPTED_US);
        deadline_us = Some(deadline_us.map_or(next, |d| d.min(next)));
    }
    let once = until.also.is_some();
    Ok(Step::park(Wait { interests, deadline_us }, move |vm, r| {
        r?;
        // Whoever waits for something else too has to see what woke it.
        let until = if once { Until { deadline_us: Some(0), also: None } } else { until };
        wait(vm, set, until)
    }))
}
