//! The desktop personality: the command line of MicroPython's unix port.

use crate::posix::PosixFs;
use crate::{board::set_argv, parse_size, terminal, usage};
use snakeye_hal::boards;
use snakeye_modules::boot;
use snakeye_modules::camera::CameraState;
use snakeye_modules::host::{BoardHost, board};
use snakeye_modules::repl as prompt;
use snakeye_sim::{RtcStart, SimConfig};
use snakeye_vm::run::exec::Source;
use snakeye_vm::{Config, Vm};
use std::io::{Read, Write};

/// Memory for scripts unless `-X heapsize=` says otherwise.
const HEAP: usize = 256 << 20;

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
    opt_level: u8,
    inspect: bool,
    compile_only: bool,
    compat: bool,
}

fn parse(args: &[String]) -> Result<Options, String> {
    let inspect = std::env::var_os("MICROPYINSPECT").is_some();
    let mut o = Options {
        program: None,
        args: Vec::new(),
        heap: HEAP,
        opt_level: 0,
        inspect,
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
            "-O" => o.opt_level += 1,
            "-" => {
                o.program = Some(Program::Stdin);
                o.args = args[at..].to_vec();
                return Ok(o);
            }
            _ if arg.starts_with("-O") && arg[2..].parse::<u8>().is_ok() => o.opt_level = arg[2..].parse().unwrap_or(0),
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
        Some(Program::Module(name)) => match vm.import(name) {
            Ok(_) => 0,
            Err(_) => boot::exit_code(&mut vm),
        },
        Some(Program::File(name)) => match std::fs::read(name) {
            Ok(text) => execute(&mut vm, &o, &text, name),
            Err(e) => {
                eprintln!("snakeye: cannot read {name}: {e}");
                return 2;
            }
        },
        Some(Program::Stdin) => piped(&mut vm, &o),
        None if !terminal::is_interactive() => piped(&mut vm, &o),
        None => interact(&mut vm),
    };
    if o.inspect && o.program.is_some() {
        return interact(&mut vm);
    }
    snakeye_stdlib::sys::run_atexit(&mut vm);
    code
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

fn interact(vm: &mut Vm) -> i32 {
    terminal::raw();
    board(vm).crlf = terminal::is_interactive();
    prompt::run(vm, &mut prompt::Session::default());
    terminal::restore();
    0
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
    let interrupt = sim.interrupt_handle();
    ctrlc::set_handler(move || interrupt.interrupt()).map_err(|e| format!("cannot handle Ctrl-C: {e}"))?;
    let reads_stdin = !matches!(o.program, None | Some(Program::Stdin)) || terminal::is_interactive();
    if reads_stdin {
        terminal::feed(sim.console_handle(), false);
    }
    let mut host = BoardHost::new(Box::new(sim), CameraState::new(None, &boards::AI_THINKER));
    host.desktop = true;
    let cwd = std::env::current_dir().map_err(|e| format!("no current folder: {e}"))?;
    host.vfs.mount_owned(Box::new(PosixFs::new("/")), "/", false).map_err(|e| format!("{e:?}"))?;
    let _ = host.vfs.chdir(&cwd.to_string_lossy());
    let config =
        Config { heap_limit: o.heap, compat_1_11: o.compat, f32: false, recursion_limit: 1000, opt_level: o.opt_level };
    let modules: Vec<_> = snakeye_stdlib::MODULES.iter().chain(snakeye_modules::MODULES).copied().collect();
    let small = |_| "the heap is too small to start".to_string();
    let mut vm = Vm::new(config, Box::new(host), &modules).map_err(small)?;
    let path = path_list(o);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    boot::install(&mut vm, "linux", &path).map_err(small)?;
    if let Some(Program::File(name)) = &o.program
        && let Ok(v) = vm.new_str(name)
        && let Ok(key) = vm.intern("__file__")
    {
        let _ = vm.main.dict.set_name(&vm.heap, &key, v);
    }
    set_argv(&mut vm, &o.args);
    Ok(vm)
}

/// `sys.path`: the script's folder (or the current one), then MICROPYPATH or its default.
fn path_list(o: &Options) -> Vec<String> {
    let first = match &o.program {
        Some(Program::File(f)) => f.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string()),
        _ => String::new(),
    };
    let rest = std::env::var("MICROPYPATH").unwrap_or_else(|_| {
        let home = std::env::var("HOME").unwrap_or_default();
        format!(".frozen:{home}/.micropython/lib:/usr/lib/micropython")
    });
    std::iter::once(first).chain(rest.split(':').map(String::from)).collect()
}
