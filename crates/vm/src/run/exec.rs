//! Source text to running code: files, exec, eval, compile, the REPL.

use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::vec::Vec;
use snakeye_compile::{CompileError, ErrorKind, Mode, Options};
use snakeye_heap::{Gc, Slots, Value};

/// What a source text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file or an exec string.
    File,
    /// An expression.
    Expression,
    /// REPL input: expression statements are printed.
    Interactive,
    /// A block pasted at the REPL: the same for many statements.
    Paste,
}

impl Vm {
    /// Compiles a source text to a function without parameters whose globals are `globals`.
    pub fn compile(&mut self, text: &[u8], file: &str, source: Source, globals: &Gc<Dict>, locals: bool) -> Res {
        let code = self.compile_code(text, file, source, locals)?;
        self.function_of(code, globals)
    }

    /// The body of a compiled module, a function without parameters.
    pub(crate) fn load_mpy(&mut self, data: &[u8], globals: &Gc<Dict>) -> Res {
        match snakeye_mpy::load(data, (usize::BITS - 1) as u8) {
            Ok(code) => {
                let code = self.load_verified(code)?;
                self.function_of(code, globals)
            }
            Err(snakeye_mpy::Error::Memory) => Err(Raised),
            Err(e) => Err(self.raise_fmt(&exc::VALUE_ERROR, format_args!("{e}"))),
        }
    }

    pub(crate) fn function_of(&mut self, code: Gc<CodeObject>, globals: &Gc<Dict>) -> Res {
        let f = Function {
            code,
            globals: globals.clone(),
            closure: Slots::new(),
            defaults: Value::UNBOUND,
            kw_defaults: Value::UNBOUND,
        };
        Ok(self.heap.alloc(f)?.into())
    }

    fn compile_code(&mut self, text: &[u8], file: &str, source: Source, locals: bool) -> Res<Gc<CodeObject>> {
        let mode = match source {
            Source::File => Mode::Exec,
            Source::Expression => Mode::Eval,
            Source::Interactive => Mode::Single,
            Source::Paste => Mode::Paste,
        };
        // Source and tree must fit what is left of the heap, as they would on a board.
        let held = self.heap.hold(text.len())?;
        if self.heap.room() / 16 < text.len() {
            self.heap.collect();
        }
        let options = Options {
            separate_locals: locals,
            optimize: self.config.opt_level,
            compat_1_11: self.config.compat_1_11,
            memory: self.heap.room(),
        };
        let made = snakeye_compile::compile_source(text, file, mode, options);
        drop(held);
        match made {
            Ok(code) => self.load_code(code),
            Err(e) if e.kind == ErrorKind::Memory => Err(Raised),
            Err(e) => Err(self.raise_compile_error(e)),
        }
    }

    fn raise_compile_error(&mut self, e: CompileError) -> Raised {
        let class = match e.kind {
            ErrorKind::Indentation => &exc::INDENTATION_ERROR,
            ErrorKind::NotImplemented => &exc::NOT_IMPLEMENTED_ERROR,
            _ => &exc::SYNTAX_ERROR,
        };
        let raised = self.raise_new(class, &e.message);
        if let Some(p) = &self.pending
            && let Some(x) = self.exception_of(p)
            && let Ok(mut t) = x.traceback.try_borrow_mut()
        {
            t.push(&self.heap, TraceEntry::Source { file: e.file.clone(), line: e.line });
        }
        raised
    }

    /// Compiles and runs a text in `__main__`, in the main thread, while other threads take their turns.
    pub fn run_main(&mut self, text: &[u8], file: &str, source: Source) -> Res {
        let globals = self.main.dict.clone();
        let f = self.compile(text, file, source, &globals, false)?;
        self.run_step(Step::tail(f, Vec::new()))
    }

    /// Calls a function in the main thread while other threads take their turns.
    pub fn run_function(&mut self, function: &Value, args: &[Value]) -> Res {
        self.run_step(Step::tail(function.clone(), args.to_vec()))
    }

    /// The globals of the Python frame on top.
    fn current_globals(&mut self) -> Gc<Dict> {
        let main = self.main.dict.clone();
        let stack = self.stack();
        for e in stack.entries.iter().rev() {
            if let super::frame::Entry::Python(f) = e
                && let Some(f) = f.function.get::<Function>()
            {
                return f.globals.clone();
            }
        }
        main
    }

    /// The namespace of the Python frame on top.
    fn current_locals(&mut self) -> Value {
        let globals = self.current_globals();
        if let Some(f) = self.stack().frame()
            && f.context.get::<Dict>().is_some()
        {
            return f.context.clone();
        }
        globals.into()
    }

    fn source_text(&mut self, v: &Value) -> Res<Vec<u8>> {
        match v.buffer() {
            Some(b) => Ok(b.to_vec()),
            None => Err(self.type_error("object with buffer protocol required")),
        }
    }

    fn run_text(&mut self, args: &[Value], source: Source) -> Res<Step> {
        let globals = match args.get(1) {
            Some(g) if !g.is_none() => match g.as_gc::<Dict>() {
                Some(d) => d.clone(),
                None => return Err(self.type_error("globals must be a dict")),
            },
            _ => self.current_globals(),
        };
        let locals = match args.get(2) {
            Some(l) if !l.is_none() => match l.get::<Dict>() {
                Some(_) => l.clone(),
                None => return Err(self.type_error("locals must be a dict")),
            },
            None if args.get(1).is_none() => self.current_locals(),
            _ => globals.value().clone(),
        };
        let separate = !locals.is(globals.value());
        let function = match args[0].as_gc::<CodeObject>() {
            Some(code) => {
                let code = code.clone();
                self.function_of(code, &globals)?
            }
            None => {
                let mut text = self.source_text(&args[0])?;
                if source == Source::Expression {
                    let start = text.iter().take_while(|b| b.is_ascii_whitespace()).count();
                    text.drain(..start);
                }
                self.compile(&text, "<string>", source, &globals, separate)?
            }
        };
        let namespace = if separate { locals } else { Value::UNBOUND };
        Ok(Step::Enter(alloc::boxed::Box::new(Enter { function, namespace })))
    }
}

/// `exec(source, globals, locals)`
pub fn builtin_exec(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let step = vm.run_text(args, Source::File);
    vm.and_then(step, |_, r| r.map(|_| Step::Done(Value::NONE)))
}

/// `eval(source, globals, locals)`
pub fn builtin_eval(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    vm.run_text(args, Source::Expression)
}

/// `execfile(name, globals, locals)`
pub fn builtin_execfile(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let name = alloc::string::String::from(vm.str_arg(&args[0])?);
    let text = vm.read_file(&name)?;
    let globals = match args.get(1).and_then(|g| g.as_gc::<Dict>()) {
        Some(d) => d.clone(),
        None => vm.current_globals(),
    };
    let f = vm.compile(&text, &name, Source::File, &globals, false)?;
    Ok(Step::call(f, Vec::new(), |_, r| r.map(|_| Step::Done(Value::NONE))))
}

/// `compile(source, filename, mode)`
pub fn builtin_compile(vm: &mut Vm, args: &[Value]) -> Res {
    let text = vm.source_text(&args[0])?;
    let file = alloc::string::String::from(vm.str_arg(&args[1])?);
    let source = match vm.str_arg(&args[2])? {
        "exec" => Source::File,
        "eval" => Source::Expression,
        "single" => Source::Interactive,
        _ => return Err(vm.value_error("bad compile mode")),
    };
    // Whether it will run with locals of its own is not known yet: names go through the namespace.
    Ok(vm.compile_code(&text, &file, source, true)?.into())
}

/// `globals()`
pub fn builtin_globals(vm: &mut Vm, _: &[Value]) -> Res {
    Ok(vm.current_globals().into())
}

/// `locals()`
pub fn builtin_locals(vm: &mut Vm, _: &[Value]) -> Res {
    Ok(vm.current_locals())
}

/// `__import__(name, globals, locals, fromlist, level)`
pub fn builtin_import(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let name = vm.str_arg(&args[0]).map(alloc::string::String::from)?;
    let name = vm.intern(&name)?;
    let from = match args.get(3) {
        Some(f) if vm.truth(f)? => f.clone(),
        _ => Value::NONE,
    };
    let level = match args.get(4) {
        Some(l) => match usize::try_from(vm.index_of(l)?) {
            Ok(level) => level,
            Err(_) => return Err(vm.value_error("negative level")),
        },
        None => 0,
    };
    if name.as_str() == Some("") && level == 0 {
        return Err(vm.value_error("empty module name"));
    }
    let globals = match args.get(1) {
        Some(g) if level > 0 && !g.is_none() => match g.as_gc::<Dict>() {
            Some(d) => d.clone(),
            None => return Err(vm.type_error("globals must be a dict")),
        },
        _ => vm.current_globals(),
    };
    vm.import_step(&name, &from, level, Some(&globals))
}
