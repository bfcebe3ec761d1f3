//! The built-in exception classes.

use crate::object::{Args, Entry, Exception, RESERVE, Step, StrHead, StrValue, Tuple, TupleHead, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use core::cell::RefCell;
use snakeye_heap::{Gc, Heap, OutOfMemory, Rom, Slot, Value};

/// What all exception classes have in common; a class of a module's own adds its name and base.
pub const EXC: TypeDef = TypeDef {
    new: Some(exception_new),
    print: Some(exception_print),
    get_attr: Some(exception_attr),
    set_attr: Some(exception_set_attr),
    ..TypeDef::NEW
};

/// BaseException
pub static BASE_EXCEPTION: Rom<TypeDef> = Rom::new(TypeDef { name: "BaseException", ..EXC });

macro_rules! exceptions {
    ($($(#[$doc:meta])* $id:ident = $name:literal : $base:ident),* $(,)?) => {
        $($(#[$doc])* pub static $id: Rom<TypeDef> = Rom::new(TypeDef {
            name: $name,
            base: Some(&$base),
            ..EXC
        });)*
        /// Every exception class as builtins list it.
        pub static ALL: &[(&str, Entry)] = &[
            ("BaseException", Entry::Type(&BASE_EXCEPTION)),
            $(($name, Entry::Type(&$id)),)*
        ];
    };
}

exceptions! {
    /// Leaves the interpreter.
    SYSTEM_EXIT = "SystemExit": BASE_EXCEPTION,
    /// Ctrl-C.
    KEYBOARD_INTERRUPT = "KeyboardInterrupt": BASE_EXCEPTION,
    /// Raised in a generator that is closed.
    GENERATOR_EXIT = "GeneratorExit": BASE_EXCEPTION,
    /// Base of ordinary exceptions.
    EXCEPTION = "Exception": BASE_EXCEPTION,
    /// An iterator is exhausted.
    STOP_ITERATION = "StopIteration": EXCEPTION,
    /// An asynchronous iterator is exhausted.
    STOP_ASYNC_ITERATION = "StopAsyncIteration": EXCEPTION,
    /// Base of arithmetic errors.
    ARITHMETIC_ERROR = "ArithmeticError": EXCEPTION,
    /// Division by zero.
    ZERO_DIVISION_ERROR = "ZeroDivisionError": ARITHMETIC_ERROR,
    /// A result is too large.
    OVERFLOW_ERROR = "OverflowError": ARITHMETIC_ERROR,
    /// `assert` failed.
    ASSERTION_ERROR = "AssertionError": EXCEPTION,
    /// No such attribute.
    ATTRIBUTE_ERROR = "AttributeError": EXCEPTION,
    /// No more input.
    EOF_ERROR = "EOFError": EXCEPTION,
    /// A module cannot be imported.
    IMPORT_ERROR = "ImportError": EXCEPTION,
    /// Base of look-up errors.
    LOOKUP_ERROR = "LookupError": EXCEPTION,
    /// An index is out of range.
    INDEX_ERROR = "IndexError": LOOKUP_ERROR,
    /// No such key.
    KEY_ERROR = "KeyError": LOOKUP_ERROR,
    /// The heap is full.
    MEMORY_ERROR = "MemoryError": EXCEPTION,
    /// No such name.
    NAME_ERROR = "NameError": EXCEPTION,
    /// The system says no; the first argument is the errno.
    OS_ERROR = "OSError": EXCEPTION,
    /// Errors of no other class.
    RUNTIME_ERROR = "RuntimeError": EXCEPTION,
    /// Not implemented.
    NOT_IMPLEMENTED_ERROR = "NotImplementedError": RUNTIME_ERROR,
    /// The source is wrong.
    SYNTAX_ERROR = "SyntaxError": EXCEPTION,
    /// The indentation is wrong.
    INDENTATION_ERROR = "IndentationError": SYNTAX_ERROR,
    /// An object is of the wrong type.
    TYPE_ERROR = "TypeError": EXCEPTION,
    /// A value is wrong.
    VALUE_ERROR = "ValueError": EXCEPTION,
    /// Text cannot be decoded or encoded.
    UNICODE_ERROR = "UnicodeError": VALUE_ERROR,
}

fn exception_new(vm: &mut Vm, class: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let class = class.clone();
    Ok(Step::Done(vm.make_exception(class, args.pos)?))
}

fn new_exception(heap: &Heap, class: Value, args: &[Value]) -> Result<Value, OutOfMemory> {
    let args = TupleHead::make(heap, args.iter().cloned())?;
    let made = heap.alloc(Exception {
        class,
        args: Slot::new(args.into()),
        traceback: RefCell::default(),
        cause: Slot::new(Value::NONE),
    })?;
    Ok(made.into())
}

impl Vm {
    /// An exception object of a built-in class.
    pub fn new_exception(&mut self, class: &'static Rom<TypeDef>, args: &[Value]) -> Res {
        self.make_exception(class.value(), args)
    }

    fn make_exception(&mut self, class: Value, args: &[Value]) -> Res {
        let heap = &self.heap;
        // With the heap locked there is room for as many arguments as MicroPython's emergency buffer has, or none.
        let word = size_of::<Value>();
        let room = self.config.emergency_buffer.saturating_sub(8 * word) / word;
        let args = if heap.locked() && args.len() > room { &[] } else { args };
        let made = heap.unlocked(|| new_exception(heap, class, args))?;
        Ok(made)
    }

    /// A MemoryError made with the heap's last reserve; when even that fails, the class itself stands for it.
    pub(crate) fn memory_error(&mut self) -> Value {
        let locked = self.heap.locked();
        let text = if locked { "memory allocation failed, heap is locked" } else { "memory allocation failed" };
        let heap = &self.heap;
        let made = heap.with_reserve(RESERVE, || {
            let text = StrHead::make(heap, text)?;
            new_exception(heap, MEMORY_ERROR.value(), &[text.into()])
        });
        made.unwrap_or_else(|_| MEMORY_ERROR.value())
    }

    /// The [`Exception`] part of an exception object or an instance of a class derived from one.
    pub fn exception_of(&self, e: &Value) -> Option<Gc<Exception>> {
        self.base_object(e).as_gc::<Exception>().cloned()
    }

    /// Whether `e` is an exception of this class.
    pub fn is_exception(&self, e: &Value, class: &'static Rom<TypeDef>) -> bool {
        self.is_instance(e, class) || e.is(&class.value())
    }

    /// The exception's arguments.
    pub fn exception_args(&self, e: &Value) -> Option<Gc<Tuple>> {
        self.exception_of(e)?.args.get().into_gc().ok()
    }

    /// `str(e)`: empty, the only argument, or the tuple of arguments.
    pub fn exception_text(&mut self, e: &Value) -> Res<String> {
        let Some(args) = self.exception_args(e) else { return Ok(String::new()) };
        match args.elements() {
            [] => Ok(String::new()),
            [n] if self.is_instance(e, &OS_ERROR) => {
                let mut text = String::new();
                self.print_errno(n, &mut text)?;
                Ok(text)
            }
            [one] => {
                let one = one.clone();
                self.str(&one)
            }
            [n, rest] if self.is_instance(e, &OS_ERROR) => {
                let mut text = String::new();
                let (n, rest) = (n.clone(), rest.clone());
                self.print_errno(&n, &mut text)?;
                text.push_str(": ");
                text.push_str(&self.str(&rest)?);
                Ok(text)
            }
            _ => {
                let all: Value = args.value().clone();
                self.repr(&all)
            }
        }
    }

    fn print_errno(&mut self, n: &Value, text: &mut String) -> Res<()> {
        match n.as_small_int().and_then(|n| i32::try_from(n).ok()).and_then(crate::errno::name) {
            Some(name) => {
                use core::fmt::Write;
                let _ = write!(text, "[Errno {}] {name}", n.as_small_int().unwrap_or(0));
                Ok(())
            }
            None => {
                let s = self.str(n)?;
                text.push_str(&s);
                Ok(())
            }
        }
    }
}

fn exception_print(vm: &mut Vm, e: &Value, out: &mut String, repr: bool) -> Res<()> {
    if !repr {
        out.push_str(&vm.exception_text(e)?);
        return Ok(());
    }
    out.push_str(&vm.type_name(e));
    print_args(vm, e, out)
}

/// Appends the arguments in parentheses, as repr shows an exception.
pub(crate) fn print_args(vm: &mut Vm, e: &Value, out: &mut String) -> Res<()> {
    match vm.exception_args(e) {
        Some(args) => vm.print_to(args.value(), out, true),
        None => {
            out.push_str("()");
            Ok(())
        }
    }
}

fn exception_attr(vm: &mut Vm, this: &Value, name: &str) -> Res<Option<Value>> {
    let Some(e) = this.get::<Exception>() else { return Ok(None) };
    let first = |vm: &Vm| vm.exception_args(this).and_then(|a| a.elements().first().cloned()).unwrap_or(Value::NONE);
    Ok(match name {
        "args" => Some(e.args.get()),
        "value" if vm.is_instance(this, &STOP_ITERATION) => Some(first(vm)),
        "errno" if vm.is_instance(this, &OS_ERROR) => Some(first(vm)),
        "code" if vm.is_instance(this, &SYSTEM_EXIT) => Some(first(vm)),
        "__traceback__" | "__context__" => Some(Value::NONE),
        "__cause__" => Some(e.cause.get()),
        _ => None,
    })
}

fn exception_set_attr(_: &mut Vm, this: &Value, name: &Value, value: Option<Value>) -> Res<bool> {
    let Some(e) = this.get::<Exception>() else { return Ok(false) };
    match (name.as_str(), value) {
        // Old libraries drop the traceback this way to save memory.
        (Some("__traceback__"), Some(_)) => {
            if let Ok(mut t) = e.traceback.try_borrow_mut() {
                t.clear();
            }
            Ok(true)
        }
        (Some("args"), Some(v)) if v.as_gc::<Tuple>().is_some() => {
            e.args.set(v);
            Ok(true)
        }
        (Some("__cause__"), Some(v)) => {
            e.cause.set(v);
            Ok(true)
        }
        (Some("__context__"), Some(_)) => Ok(true),
        _ => Ok(false),
    }
}
