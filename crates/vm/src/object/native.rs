//! Functions and objects written in Rust.
//!
//! A native ends in one of four ways ([`Step`]): done, raised (`Err`), *call* (a Python function, and what to
//! do with its result) or *park* (a wait, and what to do afterwards). The continuation is an owned value in
//! the native's frame, so no Rust stack is ever set aside.

use super::{HeldView, TypeDef};
use crate::kinds::Trace;
use crate::vm::{Raised, Res, Vm};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use snakeye_heap::{Charge, Heap, OutOfMemory, Rom, Value};

/// Arguments of a native: positional ones, and keywords as (interned name, value).
#[derive(Clone, Copy)]
pub struct Args<'a> {
    /// Positional arguments.
    pub pos: &'a [Value],
    /// Keyword arguments.
    pub kw: &'a [(Value, Value)],
}

/// What a native waits for besides time. `kind`, `id` and `mode` mean something to the host only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Which sort of thing (socket, console, frame, lock …).
    pub kind: u8,
    /// Which one.
    pub id: u32,
    /// Direction bits (1 read, 2 write).
    pub mode: u8,
}

/// A wait: until one of the interests is ready or the deadline (host clock, µs) has come. With neither, until
/// something else makes the thread ready.
#[derive(Clone, Debug, Default)]
pub struct Wait {
    /// Any of these ends the wait.
    pub interests: Vec<Interest>,
    /// So does this point in time.
    pub deadline_us: Option<u64>,
}

/// Goes on after a call or a wait. After a wait the result is `Ok(True)` when an interest was ready and
/// `Ok(False)` when the deadline came; `Err` when the thread was interrupted.
pub type Then = Box<dyn FnOnce(&mut Vm, Res) -> Res<Step>>;

/// A call a native asks for.
pub struct Call {
    /// What is called.
    pub function: Value,
    /// Positional arguments.
    pub args: Vec<Value>,
    /// Keyword arguments.
    pub kw: Vec<(Value, Value)>,
}

/// How a generator is resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResumeMode {
    /// `next`: the result is unbound when it is exhausted.
    Next,
    /// `send`: StopIteration is raised when it is exhausted.
    Send,
    /// `throw`: `value` is raised in it; else as `Send`.
    Throw,
}

/// The resumption a native asks for.
pub struct Resume {
    /// The generator.
    pub generator: Value,
    /// What is sent or thrown.
    pub value: Value,
    /// How.
    pub mode: ResumeMode,
}

/// A class or module body to run with its own namespace.
pub struct Enter {
    /// The body; takes no arguments.
    pub function: Value,
    /// Its namespace dict, or unbound to use its globals.
    pub namespace: Value,
}

/// What a native does with the items of a generator.
pub trait Walk {
    /// Takes an item; a value ends the walk and is the native's result.
    fn item(&mut self, vm: &mut Vm, item: Value) -> Res<Option<Value>>;
    /// After the last item.
    fn end(self: Box<Self>, vm: &mut Vm) -> Res<Step>;
}

/// How a native ends, if it does not raise.
pub enum Step {
    /// With this result. (For `next`: unbound means exhausted.)
    Done(Value),
    /// By calling something, whose result is its own.
    Tail(Box<Call>),
    /// By resuming a generator, whose next item is its own result.
    Resume(Box<Resume>),
    /// By running a body.
    Enter(Box<Enter>),
    /// By calling something and going on with the result.
    Call(Box<Call>, Then),
    /// By waiting.
    Park(Wait, Then),
    /// By taking every item of a generator.
    Walk(Value, Box<dyn Walk>),
    /// By another step, and going on with its result.
    After(Box<Step>, Then),
}

impl Step {
    /// A call of `function(*args)` whose result is the native's.
    pub fn tail(function: Value, args: Vec<Value>) -> Step {
        Step::Tail(Box::new(Call { function, args, kw: Vec::new() }))
    }
    /// A call of `function(*args)`, then `then`.
    pub fn call(function: Value, args: Vec<Value>, then: impl FnOnce(&mut Vm, Res) -> Res<Step> + 'static) -> Step {
        Step::Call(Box::new(Call { function, args, kw: Vec::new() }), Box::new(then))
    }
    /// A wait, then `then`.
    pub fn park(wait: Wait, then: impl FnOnce(&mut Vm, Res) -> Res<Step> + 'static) -> Step {
        Step::Park(wait, Box::new(then))
    }
}

impl From<Value> for Step {
    fn from(v: Value) -> Step {
        Step::Done(v)
    }
}

/// The Rust function behind a native.
#[derive(Clone, Copy)]
pub enum Body {
    /// Positional arguments only; never parks or calls through [`Step`].
    Plain(fn(&mut Vm, &[Value]) -> Res),
    /// Positional arguments only; may park or call.
    Steps(fn(&mut Vm, &[Value]) -> Res<Step>),
    /// Takes keywords as well; may park or call.
    Keywords(fn(&mut Vm, Args) -> Res<Step>),
}

/// A function written in Rust. Methods take self as their first argument.
pub struct NativeFn {
    /// Name for messages.
    pub name: &'static str,
    /// Least number of positional arguments.
    pub min: u8,
    /// Greatest number of positional arguments; 255: any.
    pub max: u8,
    /// What runs.
    pub body: Body,
}
impl Trace for NativeFn {}

impl NativeFn {
    /// A native with positional arguments that is done when it returns.
    pub const fn plain(name: &'static str, min: u8, max: u8, f: fn(&mut Vm, &[Value]) -> Res) -> NativeFn {
        NativeFn { name, min, max, body: Body::Plain(f) }
    }
    /// A native with positional arguments that may park or call.
    pub const fn steps(name: &'static str, min: u8, max: u8, f: fn(&mut Vm, &[Value]) -> Res<Step>) -> NativeFn {
        NativeFn { name, min, max, body: Body::Steps(f) }
    }
    /// A native with keyword arguments; `min` and `max` count positional ones.
    pub const fn keywords(name: &'static str, min: u8, max: u8, f: fn(&mut Vm, Args) -> Res<Step>) -> NativeFn {
        NativeFn { name, min, max, body: Body::Keywords(f) }
    }
}

/// How ready an object is for what `select` and asyncio wait for.
#[derive(Clone, Copy, Debug)]
pub enum Polled {
    /// As ready as this thing of the host's ([`Host::ready`](crate::host::Host::ready)).
    Host(Interest),
    /// Has these events now ([`event`](crate::host::event) bits). It is asked again when the interest is ready.
    Own(u16, Option<Interest>),
}

/// An object implemented in Rust outside this crate's own kinds (sockets, files, locks …).
pub trait NativeObject: Any {
    /// Its class.
    fn class(&self) -> &'static Rom<TypeDef>;
    /// How ready it is for these events ([`event`](crate::host::event) bits); `None`: it cannot be polled.
    fn poll(&self, _vm: &mut Vm, _events: u16) -> Option<Polled> {
        None
    }
    /// Shows owned values that can be part of a cycle, each once.
    fn trace(&self, _visit: &mut dyn FnMut(&Value)) {}
    /// Lets go of them.
    fn clear(&self) {}
    /// The buffer that it shows, for the buffer protocol.
    fn buffer(&self) -> Option<HeldView> {
        None
    }
    /// The address of its memory, if it stands for a piece of that.
    fn address(&self) -> Option<usize> {
        None
    }
    /// What `int()` of it gives.
    fn int(&self, _vm: &mut Vm) -> Option<Res> {
        None
    }
}

/// The cell of a [`NativeObject`].
pub struct Native(pub Box<dyn NativeObject>, #[expect(dead_code, reason = "taken back when it drops")] Charge);

impl Trace for Native {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.trace(visit)
    }
    fn clear(&self) {
        self.0.clear()
    }
}

impl Native {
    /// A cell's payload; what the object takes by itself is charged.
    pub fn new<T: NativeObject>(heap: &Heap, object: T) -> Result<Native, OutOfMemory> {
        let charge = heap.hold(size_of::<T>())?;
        Ok(Native(Box::new(object), charge))
    }

    /// The Rust object, if it is a `T`.
    pub fn downcast<T: NativeObject>(&self) -> Option<&T> {
        (&*self.0 as &dyn Any).downcast_ref()
    }
}

/// Access to native objects on values.
pub trait NativeValue {
    /// The Rust object, if this is a native one of type `T`.
    fn native<T: NativeObject>(&self) -> Option<&T>;
}

impl NativeValue for Value {
    fn native<T: NativeObject>(&self) -> Option<&T> {
        self.get::<Native>()?.downcast()
    }
}

/// One parameter of [`Args::parse`].
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Its value when it is not given; `None`: it must be.
    pub default: Option<Value>,
    /// Whether it can only be given by name.
    pub keyword_only: bool,
}

impl Param {
    /// A parameter that must be given.
    pub const fn required(name: &'static str) -> Param {
        Param { name, default: None, keyword_only: false }
    }
    /// A parameter with a default.
    pub const fn optional(name: &'static str, default: Value) -> Param {
        Param { name, default: Some(default), keyword_only: false }
    }
    /// A keyword-only parameter with a default.
    pub const fn keyword(name: &'static str, default: Value) -> Param {
        Param { name, default: Some(default), keyword_only: true }
    }
}

impl Args<'_> {
    /// Sorts the arguments by parameter; TypeError for unknown, double, missing or surplus ones.
    pub fn parse<const N: usize>(&self, vm: &mut Vm, params: &[Param; N]) -> Res<[Value; N]> {
        let mut out = [const { Value::UNBOUND }; N];
        let n_pos = params.iter().filter(|p| !p.keyword_only).count();
        if self.pos.len() > n_pos {
            return Err(vm.type_error("extra positional arguments given"));
        }
        for (place, v) in out.iter_mut().zip(self.pos) {
            *place = v.clone();
        }
        for (name, v) in self.kw {
            use super::str::StrValue;
            let wanted = name.as_str().unwrap_or("");
            match params.iter().position(|p| p.name == wanted) {
                Some(i) if out[i].is_unbound() => out[i] = v.clone(),
                Some(_) => return Err(vm.type_error_fmt(format_args!("got multiple values for argument '{wanted}'"))),
                None => return Err(vm.type_error_fmt(format_args!("extra keyword argument '{wanted}' given"))),
            }
        }
        for (place, p) in out.iter_mut().zip(params) {
            if place.is_unbound() {
                match &p.default {
                    Some(v) => *place = v.clone(),
                    None => return Err(vm.type_error_fmt(format_args!("'{}' argument required", p.name))),
                }
            }
        }
        Ok(out)
    }

    /// Refuses keywords.
    pub fn no_keywords(&self, vm: &mut Vm) -> Result<(), Raised> {
        if self.kw.is_empty() { Ok(()) } else { Err(vm.type_error("function doesn't take keyword arguments")) }
    }
}
