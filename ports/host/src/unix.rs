//! The desktop personality: the command line of MicroPython's unix port.

use crate::os::EXTENSIONS;
use crate::posix::FILES;
use crate::signals::{self, Patience};
use crate::{board::set_argv, parse_size, read_script, terminal, usage};
use snakeye_hal::boards;
use snakeye_modules::boot;
use snakeye_modules::camera::CameraState;
use snakeye_modules::host::BoardHost;
use snakeye_modules::{repl as prompt, vfs};
use snakeye_sim::{RtcStart, SimConfig};
use snakeye_vm::run::exec::Source;
use snakeye_vm::{Config, Stress, Vm};
use std::io::{Read, Write};
use std::path::Path;

/// Memory for scripts unless `-X heapsize=` says otherwise.
const HEAP: usize = 256 << 20;

/// Whether a command line without arguments means this personality: the program goes by the name `micropython`, or
/// the environment is set up for it.
pub fn is_meant() -> bool {
    let name = std::env::args_os().next().unwrap_or_default();
    Path::new(&name).file_stem().is_some_and(|n| n == "micropython") || std::env::var_os("MICROPYPATH").is_some()
}

enum Program {
    Text(String),
    Module(String),
    File(String),
    Stdin,
}

struct Options {
    program: Option<Program>,
    args: Vec<String>,
    heap: usize,
    stress: Stress,
    opt_level: u8,
    inspect: bool,
    compile_only: bool,
    compat: bool,
}

/// Whether the environment asks for a prompt behind the program.
fn wants_inspect() -> bool {
    std::env::var_os("MICROPYINSPECT").is_some_and(|v| !v.is_empty())
}

/// The same behind the program, which may have called `os.putenv`: what scripts set, `os` keeps.
fn wants_inspect_now(vm: &mut Vm) -> bool {
    let asked = vm.import("os").and_then(|os| vm.get_attr(&os, "getenv")).and_then(|getenv| {
        let name = vm.new_str("MICROPYINSPECT")?;
        let value = vm.call(&getenv, &[name])?;
        vm.truth(&value)
    });
    asked.unwrap_or_else(|_| {
        drop(vm.take_exception());
        false
    })
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut o = Options {
        program: None,
        args: Vec::new(),
        heap: HEAP,
        stress: Stress::Off,
        opt_level: 0,
        inspect: wants_inspect(),
        compile_only: false,
        compat: false,
    };
    let mut at = 0;
    while at < args.len() {
        let arg = args[at].as_str();
        let value = |n: usize| args.get(n).cloned().ok_or(format!("option {arg} needs a value"));
        match arg {
            "-c" => {
                o.program = Some(Program::Text(value(at + 1)?));
                o.args = std::iter::once("-c".to_string()).chain(args[at + 2..].iter().cloned()).collect();
                return Ok(o);
            }
            "-m" => {
                let name = value(at + 1)?;
                o.program = Some(Program::Module(name.clone()));
                o.args = std::iter::once(name).chain(args[at + 2..].iter().cloned()).collect();
                return Ok(o);
            }
            "-X" => {
                let option = value(at + 1)?;
                match option.split_once('=') {
                    Some(("heapsize", size)) => {
                        o.heap = parse_size(size).ok_or(format!("invalid heap size '{size}'"))?
                    }
                    Some(("emit", _)) => {}
                    Some(("gcstress", n)) => o.stress = Stress::Collect(every(n)?),
                    Some(("allocfail", n)) => o.stress = Stress::Fail(every(n)?),
                    None if option == "compile-only" => o.compile_only = true,
                    None if option == "realtime" => {}
                    _ => return Err(format!("unknown option -X {option}")),
                }
                at += 1;
            }
            "--compat" => {
                o.compat = value(at + 1)? == "1.11";
                at += 1;
            }
            "-i" => o.inspect = true,
            "-v" => {}
            "-" => {
                o.program = Some(Program::Stdin);
                o.args = args[at..].to_vec();
                return Ok(o);
            }
            _ if optimize(arg).is_some() => o.opt_level = optimize(arg).unwrap_or(0),
            _ if arg.starts_with('-') => return Err(format!("unknown option {arg}")),
            _ => {
                o.program = Some(Program::File(arg.to_string()));
                o.args = args[at..].to_vec();
                return Ok(o);
            }
        }
        at += 1;
    }
    Ok(o)
}

/// The n of every n-th allocation.
fn every(n: &str) -> Result<u32, String> {
    n.parse().ok().filter(|&n| n > 0).ok_or(format!("invalid number of allocations '{n}'"))
}

/// The level that `-O`, `-OO` or `-O2` asks for.
fn optimize(arg: &str) -> Option<u8> {
    let level = arg.strip_prefix("-O")?;
    if level.bytes().all(|b| b == b'O') { u8::try_from(level.len() + 1).ok() } else { level.parse().ok() }
}

/// Runs the command line; the exit code.
pub fn main(args: &[String]) -> i32 {
    let o = match parse(args) {
        Ok(o) => o,
        Err(e) => return usage(&e),
    };
    let mut vm = match start(&o) {
        Ok(vm) => vm,
        Err(e) => {
            eprintln!("snakeye: {e}");
            return 1;
        }
    };
    let code = match &o.program {
        Some(Program::Text(text)) => execute(&mut vm, &o, text.as_bytes(), "<string>"),
        Some(Program::Module(name)) => run_module(&mut vm, &o, name),
        Some(Program::File(name)) => match read_script(name) {
            Ok(text) => execute(&mut vm, &o, &text, name),
            Err(code) => return code,
        },
        Some(Program::Stdin) => piped(&mut vm, &o),
        None if !o.inspect && !terminal::is_interactive() => piped(&mut vm, &o),
        None => interact(&mut vm),
    };
    let code = if o.program.is_some() && (o.inspect || wants_inspect_now(&mut vm)) { interact(&mut vm) } else { code };
    snakeye_stdlib::sys::run_atexit(&mut vm);
    code
}

/// Runs a module, or a package's `__main__`, as the main program.
fn run_module(vm: &mut Vm, o: &Options, name: &str) -> i32 {
    let file = name.replace('.', "/");
    let package = name.rsplit_once('.').map(|(p, _)| p);
    for dir in path_list(o) {
        let base = Path::new(&dir).join(&file);
        let (path, package) = match base.is_dir() {
            true => (base.join("__main__.py"), Some(name)),
            false => (base.with_added_extension("py"), package),
        };
        let Ok(text) = std::fs::read(&path) else { continue };
        if let Some(package) = package {
            if vm.import(package).is_err() {
                return boot::exit_code(vm);
            }
            set_main(vm, "__package__", package);
        }
        let path = path.to_string_lossy();
        set_main(vm, "__file__", &path);
        return execute(vm, o, &text, &path);
    }
    // One written in Rust, or none: the import says what is wrong.
    match vm.import(name) {
        Ok(_) => 0,
        Err(_) => boot::exit_code(vm),
    }
}

/// Sets a name in `__main__` to a text.
fn set_main(vm: &mut Vm, name: &str, text: &str) {
    if let (Ok(v), Ok(key)) = (vm.new_str(text), vm.intern(name)) {
        let _ = vm.main.dict.set_name(&vm.heap, &key, v);
    }
}

fn piped(vm: &mut Vm, o: &Options) -> i32 {
    let mut text = Vec::new();
    if let Err(e) = std::io::stdin().read_to_end(&mut text) {
        eprintln!("snakeye: cannot read standard input: {e}");
        return 1;
    }
    execute(vm, o, &text, "<stdin>")
}

fn execute(vm: &mut Vm, o: &Options, text: &[u8], name: &str) -> i32 {
    if o.compile_only {
        let globals = vm.main.dict.clone();
        return match vm.compile(text, name, Source::File, &globals, false) {
            Ok(_) => 0,
            Err(_) => boot::exit_code(vm),
        };
    }
    boot::run(vm, text, name)
}

/// The prompt; the exit code.
fn interact(vm: &mut Vm) -> i32 {
    terminal::keys();
    prompt::take_terminal(vm);
    let ended = prompt::run(vm, &mut prompt::Session::default());
    terminal::restore();
    match ended {
        prompt::Ended::Exit(code) => code,
        _ => 0,
    }
}

/// A VM on this computer's files: no board, double precision.
fn start(o: &Options) -> Result<Box<Vm>, String> {
    let sim = SimConfig::new(&boards::AI_THINKER)
        .rtc(RtcStart::Host)
        .low_ports(true)
        .max_sockets(256)
        .console(|bytes| {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(bytes).and_then(|()| out.flush());
        })
        .build()
        .map_err(|e| e.to_string())?;
    signals::watch(sim.interrupt_handle(), Patience::UntilSeen)?;
    let reads_stdin = !matches!(o.program, None | Some(Program::Stdin)) || o.inspect || terminal::is_interactive();
    if reads_stdin {
        terminal::feed(sim.console_handle(), false);
    }
    let mut host = BoardHost::new(Box::new(sim), CameraState::new(None, &boards::AI_THINKER));
    host.desktop = true;
    host.machine_name = Some(format!("linux [{}] version", std::env::consts::ARCH));
    host.errors = Some(|bytes| {
        let _ = std::io::stderr().write_all(bytes);
    });
    host.files = Some(FILES);
    host.extensions = EXTENSIONS;
    let config =
        Config { heap_limit: o.heap, compat_1_11: o.compat, f32: false, opt_level: o.opt_level, ..Config::default() };
    let modules: Vec<_> = snakeye_modules::DESKTOP
        .iter()
        .chain(snakeye_stdlib::MODULES)
        .chain(snakeye_modules::MODULES)
        .copied()
        .collect();
    let small = |_| "the heap is too small to start".to_string();
    let mut vm = Vm::new(config, Box::new(host), &modules).map_err(small)?;
    vm.add_frozen(snakeye_stdlib::FROZEN);
    vfs::mount_files(&mut vm, FILES).map_err(small)?;
    let path = path_list(o);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    boot::install(&mut vm, "linux", &path).map_err(small)?;
    if let Some(Program::File(name)) = &o.program {
        set_main(&mut vm, "__file__", name);
    }
    if let Ok(own) = std::env::current_exe()
        && let Ok(own) = vm.new_str(&own.to_string_lossy())
    {
        vm.set_kept("sys.executable", own);
    }
    set_argv(&mut vm, &o.args);
    vm.heap.set_stress(o.stress);
    Ok(vm)
}

/// `sys.path`: the script's folder (or the current one), then MICROPYPATH or its default.
fn path_list(o: &Options) -> Vec<String> {
    let first = match &o.program {
        Some(Program::File(f)) => {
            let real = std::fs::canonicalize(f).ok();
            let folder = real.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
            folder.to_string_lossy().into_owned()
        }
        _ => String::new(),
    };
    let home = std::env::var("HOME").unwrap_or_default();
    let rest =
        std::env::var("MICROPYPATH").unwrap_or_else(|_| ".frozen:~/.micropython/lib:/usr/lib/micropython".into());
    // The current folder stands first already.
    let rest = rest.strip_prefix(':').unwrap_or(&rest);
    let entries = rest.split(':').filter(|_| !rest.is_empty()).map(|entry| match entry.strip_prefix("~/") {
        Some(below) if !home.is_empty() => format!("{home}/{below}"),
        _ => entry.to_string(),
    });
    std::iter::once(first).chain(entries).collect()
}
