//! The virtual machine: what is shared by everything that runs.

use crate::exceptions as exc;
use crate::host::{FileAccess, Host};
use crate::intern::Interner;
use crate::kinds::KINDS;
use crate::memory::AddressMap;
use crate::names::{N, NAMES};
use crate::object::*;
use crate::ops::Lookups;
use crate::run::frozen::Frozen;
use crate::run::step::Flow;
use crate::run::thread::Scheduler;
use crate::shape::Shapes;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use snakeye_heap::{Gc, HVec, Heap, OutOfMemory, Rom, Value};

/// An exception is on its way; which one, the VM keeps ([`Vm::take_exception`]). With none kept it is a
/// MemoryError: that needs no memory to be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised;

impl From<OutOfMemory> for Raised {
    fn from(_: OutOfMemory) -> Raised {
        Raised
    }
}

/// A result that may be an exception.
pub type Res<T = Value> = Result<T, Raised>;

/// Bytes of the longest name.
pub(crate) const MAX_NAME: usize = 255;

/// How the VM is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Heap limit in bytes.
    pub heap_limit: usize,
    /// Accept what scripts for MicroPython 1.11 use.
    pub compat_1_11: bool,
    /// Floats are rounded to single precision, as on boards.
    pub f32: bool,
    /// Greatest number of nested Python calls of one thread.
    pub recursion_limit: usize,
    /// Bytes for exceptions that are made while the heap is locked
    /// (`micropython.alloc_emergency_exception_buf`).
    pub emergency_buffer: usize,
    /// Optimisation level (`-O`): asserts are left out from 1 on.
    pub opt_level: u8,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            heap_limit: 64 << 20,
            compat_1_11: false,
            f32: cfg!(target_pointer_width = "32"),
            recursion_limit: 1000,
            emergency_buffer: 256,
            opt_level: 0,
        }
    }
}

/// The virtual machine. Fields are dropped in this order: the heap last.
pub struct Vm {
    /// The exception on its way.
    pub(crate) pending: Option<Value>,
    pub(crate) threads: Scheduler,
    /// `sys.modules`
    pub modules: Gc<Dict>,
    /// Builtin names that were used or overridden.
    pub builtins: Gc<Module>,
    /// `__main__`
    pub main: Gc<Module>,
    /// `sys.path`
    pub path: Gc<List>,
    /// Names of the language, by [`N`].
    pub(crate) names: Box<[Value]>,
    pub(crate) interner: Interner,
    pub(crate) shapes: Shapes,
    pub(crate) lookups: Lookups,
    /// Changes when a class changes in a way that caches must notice.
    pub(crate) class_epoch: u32,
    /// The next exception passes a frame it was raised in before: no second traceback line.
    pub(crate) reraising: bool,
    /// Why the run loop was left.
    pub(crate) leaving: Res<Flow>,
    /// What the StopIteration carried that ended an iterator written in Python, for `next()` of an iterator
    /// around it.
    pub(crate) stop_value: Option<Value>,
    /// Built-in iterators inside one another, now.
    pub(crate) iter_depth: u32,
    /// Natives that nest a run loop, now.
    pub(crate) nesting: u32,
    /// Addresses of the containers that are being printed.
    pub(crate) printing: Vec<usize>,
    pub(crate) addresses: AddressMap,
    /// Everything that can be imported.
    pub(crate) registry: Vec<&'static ModuleDef>,
    /// Modules in Python that are built in.
    pub(crate) frozen: Vec<&'static [Frozen]>,
    /// Values that ports and modules keep for the VM's life, by name (`sys.stdout` and the like).
    pub keep: Vec<(&'static str, Value)>,
    /// What is done when a watched cell ([`Heap::watch`]) has gone, given its number.
    pub on_gone: Option<fn(&mut Vm, u32) -> Res<()>>,
    /// Settings.
    pub config: Config,
    /// What else sees the output that goes to the console.
    pub output_copy: Option<fn(&mut Vm, &[u8])>,
    /// How files are found and read, if not by the host.
    pub files: Option<FileAccess>,
    /// The outside world.
    pub host: Box<dyn Host>,
    /// All cells.
    pub heap: Heap,
}

impl Vm {
    /// A VM with these importable modules (beside the builtins), or an error when the heap's limit is too
    /// small even for that.
    pub fn new(config: Config, host: Box<dyn Host>, registry: &[&'static ModuleDef]) -> Res<Box<Vm>> {
        let heap = Heap::new(&KINDS, config.heap_limit);
        let mut interner = Interner::default();
        let mut names = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            names.push(interner.intern(&heap, name)?);
        }
        let name = |n: N| names[n as usize].clone();
        let module = |n: N, def: Option<&'static ModuleDef>| -> Result<Gc<Module>, OutOfMemory> {
            heap.alloc(Module { name: name(n), dict: Dict::make(&heap, Table::new())?, def })
        };
        let builtins = module(N::builtins, Some(&crate::builtins::BUILTINS))?;
        let main = module(N::__main__, None)?;
        main.dict.set_name(&heap, &name(N::__name__), name(N::__main__))?;
        let modules = Dict::make(&heap, Table::new())?;
        modules.set_name(&heap, &name(N::__main__), main.value().clone())?;
        let path = List::make(&heap, HVec::new())?;
        let threads = Scheduler::new(&heap)?;
        let names = names.into_boxed_slice();
        let class_epoch = heap.next_stamp();
        let mut all: Vec<&'static ModuleDef> = Vec::with_capacity(registry.len() + 1);
        all.push(&crate::builtins::BUILTINS);
        all.extend_from_slice(registry);
        Ok(Box::new(Vm {
            pending: None,
            threads,
            modules,
            builtins,
            main,
            path,
            names,
            interner,
            shapes: Shapes::default(),
            lookups: Lookups::default(),
            class_epoch,
            reraising: false,
            leaving: Ok(Flow::Go),
            iter_depth: 0,
            stop_value: None,
            nesting: 0,
            printing: Vec::new(),
            addresses: AddressMap::default(),
            registry: all,
            frozen: Vec::new(),
            keep: Vec::new(),
            on_gone: None,
            config,
            output_copy: None,
            files: None,
            host,
            heap,
        }))
    }

    /// Ends the VM and gives its host back, for the next one.
    pub fn into_host(mut self: Box<Vm>) -> Box<dyn Host> {
        core::mem::replace(&mut self.host, Box::new(crate::host::NoHost))
    }

    // ---- names and values ----

    /// A name of the language.
    #[inline(always)]
    pub fn name(&self, n: N) -> &Value {
        &self.names[n as usize]
    }

    /// The interned string with this text.
    pub fn intern(&mut self, s: &str) -> Res {
        if s.len() > MAX_NAME {
            return Err(self.name_too_long());
        }
        Ok(self.heap.unlocked(|| self.interner.intern(&self.heap, s))?)
    }

    /// The interned form of a string value; other values come back as they are.
    pub fn intern_value(&mut self, v: &Value) -> Res {
        use crate::object::StrValue;
        match v.as_str() {
            Some(s) if s.len() > MAX_NAME => Err(self.name_too_long()),
            Some(s) if !v.is_interned() => Ok(self.heap.unlocked(|| self.interner.intern(&self.heap, s))?),
            _ => Ok(v.clone()),
        }
    }

    /// RuntimeError: a name is longer than MicroPython's may be.
    #[cold]
    pub(crate) fn name_too_long(&mut self) -> Raised {
        self.runtime_error("name too long")
    }

    /// A string.
    pub fn new_str(&self, s: &str) -> Res {
        Ok(StrHead::make(&self.heap, s)?.into())
    }

    /// Bytes.
    pub fn new_bytes(&self, b: &[u8]) -> Res {
        Ok(BytesHead::make(&self.heap, b)?.into())
    }

    /// Bytes whose content lies outside the heap.
    pub fn new_external_bytes(&self, owner: Box<dyn BytesOwner>) -> Res {
        Ok(self.heap.alloc(ExternalBytes(owner))?.into())
    }

    /// A bytearray.
    pub fn new_bytearray(&self, b: &[u8]) -> Res {
        let mut data = HVec::with_capacity(&self.heap, b.len())?;
        data.extend_from_slice(&self.heap, b)?;
        Ok(self.heap.alloc(ByteArray { data: core::cell::RefCell::new(data) })?.into())
    }

    /// A tuple.
    pub fn new_tuple(&self, items: Vec<Value>) -> Res {
        Ok(TupleHead::make(&self.heap, items.into_iter())?.into())
    }

    /// A list.
    pub fn new_list(&self, items: Vec<Value>) -> Res {
        Ok(List::make(&self.heap, HVec::from_iter(&self.heap, items.into_iter())?)?.into())
    }

    /// An empty dict.
    pub fn new_dict(&self) -> Res<Gc<Dict>> {
        Ok(Dict::make(&self.heap, Table::new())?)
    }

    /// An integer of any size.
    pub fn new_int(&self, n: i64) -> Res {
        match Value::small_int(n) {
            Some(v) => Ok(v),
            None => Ok(BigInt::make(&self.heap, n.into())?.into()),
        }
    }

    /// An unsigned integer of any size.
    pub fn new_uint(&self, n: u64) -> Res {
        match i64::try_from(n) {
            Ok(n) => self.new_int(n),
            Err(_) => Ok(BigInt::make(&self.heap, n.into())?.into()),
        }
    }

    /// A float; rounded to single precision where the configuration says so.
    #[inline]
    pub fn new_float(&self, x: f64) -> Res {
        let x = if self.config.f32 { x as f32 as f64 } else { x };
        Ok(self.heap.float::<BoxedFloat>(x)?)
    }

    /// An object implemented in Rust.
    pub fn new_native<T: NativeObject>(&self, object: T) -> Res {
        Ok(self.heap.alloc(Native::new(&self.heap, object)?)?.into())
    }

    // ---- raising ----

    /// Takes the exception on its way: an exception object or an instance of a class derived from one.
    pub fn take_exception(&mut self) -> Value {
        match self.pending.take() {
            Some(e) => e,
            None => self.memory_error(),
        }
    }

    /// Raises an exception object.
    pub fn raise(&mut self, exception: Value) -> Raised {
        self.pending = Some(exception);
        Raised
    }

    /// Raises a built-in exception with one string argument.
    pub fn raise_new(&mut self, class: &'static Rom<TypeDef>, message: &str) -> Raised {
        let made = self.heap.unlocked(|| self.new_str(message)).and_then(|m| self.new_exception(class, &[m]));
        match made {
            Ok(e) => self.raise(e),
            Err(r) => r,
        }
    }

    /// Raises a built-in exception with a formatted message.
    pub fn raise_fmt(&mut self, class: &'static Rom<TypeDef>, message: core::fmt::Arguments) -> Raised {
        let mut text = String::new();
        let _ = text.write_fmt(message);
        self.raise_new(class, &text)
    }

    /// Raises a built-in exception with these arguments.
    pub fn raise_args(&mut self, class: &'static Rom<TypeDef>, args: &[Value]) -> Raised {
        match self.new_exception(class, args) {
            Ok(e) => self.raise(e),
            Err(r) => r,
        }
    }

    /// TypeError
    #[cold]
    pub fn type_error(&mut self, message: &str) -> Raised {
        self.raise_new(&exc::TYPE_ERROR, message)
    }
    /// TypeError with a formatted message.
    #[cold]
    pub fn type_error_fmt(&mut self, message: core::fmt::Arguments) -> Raised {
        self.raise_fmt(&exc::TYPE_ERROR, message)
    }
    /// ValueError
    #[cold]
    pub fn value_error(&mut self, message: &str) -> Raised {
        self.raise_new(&exc::VALUE_ERROR, message)
    }
    /// IndexError
    #[cold]
    pub fn index_error(&mut self, message: &str) -> Raised {
        self.raise_new(&exc::INDEX_ERROR, message)
    }
    /// KeyError with the key as its argument.
    #[cold]
    pub fn key_error(&mut self, key: &Value) -> Raised {
        self.raise_args(&exc::KEY_ERROR, core::slice::from_ref(key))
    }
    /// OSError with an errno as its argument.
    #[cold]
    pub fn os_error(&mut self, errno: i32) -> Raised {
        self.raise_args(&exc::OS_ERROR, &[Value::int(errno)])
    }
    /// RuntimeError
    #[cold]
    pub fn runtime_error(&mut self, message: &str) -> Raised {
        self.raise_new(&exc::RUNTIME_ERROR, message)
    }
    /// RuntimeError: a container is in use by the code that is being called from it.
    #[cold]
    pub fn busy(&mut self) -> Raised {
        self.runtime_error("object changed while it is in use")
    }
    /// NotImplementedError
    #[cold]
    pub fn not_implemented(&mut self, message: &str) -> Raised {
        self.raise_new(&exc::NOT_IMPLEMENTED_ERROR, message)
    }
}
