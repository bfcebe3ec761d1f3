//! `snakeye run` and `snakeye repl`: the simulated board.

use crate::posix::PosixFs;
use crate::signals::{self, Patience};
use crate::{parse_size, read_script, terminal, usage};
use snakeye_hal::{BoardDef, ResetRequest, boards};
use snakeye_modules::camera::CameraState;
use snakeye_modules::host::{BoardHost, board as host_of};
use snakeye_modules::{boot, repl as prompt, vfs};
use snakeye_sim::sensor::{SimCameraOptions, SimCameraPort};
use snakeye_sim::{Neighbourhood, PeerNet, RtcStart, SimConfig, SimError, SimEvent};
use snakeye_vfs::Boot;
use snakeye_vm::host::Host;
use snakeye_vm::object::ModuleDef;
use snakeye_vm::{Config, Vm};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where the script's own folder is mounted, as `mpremote mount` does.
const REMOTE: &str = "/remote";

struct Options {
    def: &'static BoardDef,
    flash: Option<PathBuf>,
    publish: Vec<(u16, u16)>,
    bind: Option<std::net::Ipv4Addr>,
    heap: Option<usize>,
    wifi: Option<PathBuf>,
    compat: bool,
    virtual_time: bool,
    quiet: bool,
    rest: Vec<String>,
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut o = Options {
        def: &boards::AI_THINKER,
        flash: None,
        publish: Vec::new(),
        bind: None,
        heap: None,
        wifi: None,
        compat: false,
        virtual_time: false,
        quiet: false,
        rest: Vec::new(),
    };
    let mut flash = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if !arg.starts_with("--") {
            o.rest.push(arg.clone());
            // What stands behind the script is the script's.
            o.rest.extend(args.by_ref().cloned());
            break;
        }
        if arg == "--virtual-time" {
            o.virtual_time = true;
            continue;
        }
        if arg == "--quiet" {
            o.quiet = true;
            continue;
        }
        let (name, value) = match arg.split_once('=') {
            Some((n, v)) => (n, v.to_string()),
            None => match args.next() {
                Some(v) => (arg.as_str(), v.clone()),
                None => return Err(format!("option {arg} needs a value")),
            },
        };
        match name {
            "--flash" => flash = Some(value),
            "--publish" => {
                let pair = value.split_once(':').and_then(|(b, h)| Some((b.parse().ok()?, h.parse().ok()?)));
                o.publish.push(pair.ok_or(format!("--publish takes BOARDPORT:HOSTPORT, not '{value}'"))?);
            }
            "--bind" => {
                o.bind = Some(value.parse().map_err(|_| format!("--bind takes an IPv4 address, not '{value}'"))?)
            }
            "--heap" => {
                o.heap = Some(parse_size(&value).ok_or(format!("--heap takes a size such as 2M, not '{value}'"))?)
            }
            "--wifi" => o.wifi = Some(value.into()),
            "--board" => {
                o.def = boards::by_id(&value)
                    .ok_or(format!("no board is called '{value}'; 'snakeye boards' lists them"))?;
            }
            "--compat" if value == "1.11" => o.compat = true,
            "--compat" => return Err(format!("--compat knows 1.11 only, not '{value}'")),
            _ => return Err(format!("unknown option {name}")),
        }
    }
    o.flash = match flash.as_deref() {
        Some("memory") => None,
        Some(path) => Some(path.into()),
        // Each kind of board has its own flash.
        None => data_folder().map(|d| d.join(format!("{}.bin", o.def.id))),
    };
    Ok(o)
}

/// The user's data folder of this program, made if need be.
fn data_folder() -> Option<PathBuf> {
    let base = match std::env::var_os("XDG_DATA_HOME") {
        Some(d) => PathBuf::from(d),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".local/share"),
    };
    let folder = base.join("snakeye");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder)
}

fn modules() -> Vec<&'static ModuleDef> {
    snakeye_stdlib::MODULES.iter().chain(snakeye_modules::MODULES).copied().collect()
}

/// Builds the board and its camera. The console is the terminal's; with `prompt` a person or a program types at it.
fn build(o: &Options, prompt: bool) -> Result<BoardHost, String> {
    let quiet = o.quiet;
    let mut config = SimConfig::new(o.def)
        .rtc(RtcStart::Host)
        .console(|bytes| {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(bytes).and_then(|()| out.flush());
        })
        .on_event(move |event| match event {
            SimEvent::Listening { board_port, host: Some(host), .. } if !quiet => {
                println!("Listening: http://{host}/ (board port {board_port})\r");
            }
            SimEvent::PortRefused { .. } => eprintln!("snakeye: {event}\r"),
            _ => {}
        });
    if let Some(path) = &o.flash {
        config = config.flash_image(path);
    }
    for &(board_port, host_port) in &o.publish {
        config = config.publish(board_port, host_port);
    }
    if let Some(address) = o.bind {
        config = config.bind_address(address);
    }
    if let Some(path) = &o.wifi {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        config = config.neighbourhood(Neighbourhood::parse(&text).map_err(|e| format!("{}: {e}", path.display()))?);
    }
    if o.virtual_time {
        config = config.virtual_time();
    }
    let board = config.build().map_err(|e| match e {
        SimError::Image { .. } => format!("{e}. Choose another flash image with --flash FILE, or --flash memory"),
        e => e.to_string(),
    })?;
    let camera = SimCameraPort::new(SimCameraOptions {
        lamp: board.lamp(),
        ..SimCameraOptions::new(board.time(), board.frame_signal())
    });
    let patience = if prompt { Patience::UntilSeen } else { Patience::Once };
    signals::watch(board.interrupt_handle(), patience)?;
    terminal::feed(board.console_handle(), prompt && terminal::is_interactive());
    let state = CameraState::new(Some(Box::new(camera)), o.def);
    Ok(BoardHost::new(Box::new(board), state))
}

/// A VM on this host, its flash mounted; what is wrong with the flash is printed.
fn start(o: &Options, host: Box<dyn Host>) -> Result<Box<Vm>, String> {
    let config = Config {
        heap_limit: o.heap.unwrap_or(o.def.heap_size as usize),
        compat_1_11: o.compat,
        f32: true,
        recursion_limit: 400,
        opt_level: 0,
        ..Config::default()
    };
    let mut vm = Vm::new(config, host, &modules()).map_err(|_| "the heap is too small to start".to_string())?;
    vm.add_frozen(snakeye_stdlib::FROZEN);
    match boot::mount_flash(&mut vm) {
        Ok(Boot::Formatted) if o.flash.is_some() && !o.quiet => vm.host.write(b"Formatted the board's flash\n"),
        Ok(_) => {}
        Err(e) => {
            let image = o.flash.as_deref().unwrap_or(Path::new("in memory")).display();
            vm.host.write(
                format!(
                    "No file system can be mounted from the flash {image}: {e:?}. Delete it to begin with a blank one, \
                     or choose another with --flash FILE\n"
                )
                .as_bytes(),
            );
        }
    }
    boot::install(&mut vm, "esp32", &["", ".frozen", "/lib"])
        .map_err(|_| "the heap is too small to start".to_string())?;
    Ok(vm)
}

/// Ends the VM; the host is ready for the next one.
fn restart(vm: Box<Vm>) -> (Box<dyn Host>, ResetRequest) {
    let mut host = vm.into_host();
    let mut request = ResetRequest::Soft;
    if let Some(h) = host.as_any().downcast_mut::<BoardHost>() {
        h.camera.reset();
        h.close_orphans();
        request = h.board.restart();
    }
    (host, request)
}

/// `snakeye run SCRIPT`
pub fn run(args: &[String]) -> i32 {
    let o = match parse(args) {
        Ok(o) => o,
        Err(e) => return usage(&e),
    };
    let Some(script) = o.rest.first() else { return usage("run needs a script") };
    let text = match read_script(script) {
        Ok(t) => t,
        Err(code) => return code,
    };
    let host = match build(&o, false) {
        Ok(h) => h,
        Err(e) => {
            eprintln!("snakeye: {e}");
            return 1;
        }
    };
    let mut host: Box<dyn Host> = Box::new(host);
    loop {
        let mut vm = match start(&o, host) {
            Ok(vm) => vm,
            Err(e) => {
                eprintln!("snakeye: {e}");
                return 1;
            }
        };
        mount_script_folder(&mut vm, script);
        set_argv(&mut vm, &o.rest);
        let mut code = boot::run(&mut vm, &text, script);
        // As on the board, where the prompt waits: other threads go on after the main one has ended.
        if code == 0 && vm.join_threads().is_err() {
            code = boot::exit_code(&mut vm);
        }
        if host_of(&mut vm).board.system().reset_requested().is_none() {
            return code;
        }
        let (back, request) = restart(vm);
        host = back;
        if !o.quiet {
            println!("snakeye: the board restarts ({request:?})");
        }
    }
}

/// Runs a script in virtual time with recorded frames; `started` gets the VM and the network inside the process before
/// the script begins.
pub fn run_virtual(script: &str, started: impl FnOnce(&mut Vm, PeerNet)) -> Result<(), String> {
    let o = parse(&["--flash".into(), "memory".into(), "--virtual-time".into()])?;
    let text = std::fs::read(script).map_err(|e| format!("cannot read {script}: {e}"))?;
    let board = SimConfig::new(o.def).virtual_time().seed(1).build().map_err(|e| e.to_string())?;
    let net = board.peers().ok_or("no network inside the process")?;
    let camera = SimCameraPort::new(SimCameraOptions {
        lamp: board.lamp(),
        recorded: Some(RECORDED_FRAMES),
        ..SimCameraOptions::new(board.time(), board.frame_signal())
    });
    let host = BoardHost::new(Box::new(board), CameraState::new(Some(Box::new(camera)), o.def));
    let mut vm = start(&o, Box::new(host))?;
    mount_script_folder(&mut vm, script);
    started(&mut vm, net);
    boot::run(&mut vm, &text, script);
    Ok(())
}

/// Frames that a run in virtual time renders before it repeats them.
const RECORDED_FRAMES: usize = 8;

/// Puts the script's folder on `sys.path`, read-only, so that it finds its neighbours.
fn mount_script_folder(vm: &mut Vm, script: &str) {
    let folder = Path::new(script).parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(folder) = std::path::absolute(folder) else { return };
    let fs = Box::new(PosixFs::new(folder.to_string_lossy()));
    if vfs::mount_own(vm, vfs::object::Kind::Remote, fs, REMOTE, true).is_err() {
        vm.take_exception();
        return;
    }
    if let Ok(dir) = vm.new_str(REMOTE)
        && let Ok(mut path) = vm.path.items.try_borrow_mut()
    {
        let _ = path.insert(&vm.heap, 0, dir);
    }
}

/// Sets `sys.argv`.
pub fn set_argv(vm: &mut Vm, args: &[String]) {
    let items: Vec<_> = args.iter().filter_map(|a| vm.new_str(a).ok()).collect();
    if let Ok(list) = vm.new_list(items) {
        vm.set_kept("sys.argv", list);
    }
}

/// `snakeye repl`
pub fn repl(args: &[String]) -> i32 {
    let o = match parse(args) {
        Ok(o) => o,
        Err(e) => return usage(&e),
    };
    if !o.rest.is_empty() {
        return usage("repl takes no script; use 'snakeye run SCRIPT'");
    }
    let interactive = terminal::is_interactive();
    let mut host = match build(&o, true) {
        Ok(h) => h,
        Err(e) => {
            eprintln!("snakeye: {e}");
            return 1;
        }
    };
    if interactive {
        println!("Connected to a simulated {}. Ctrl-] leaves.", o.def.name);
        terminal::raw();
    }
    host.crlf = interactive;
    let mut host: Box<dyn Host> = Box::new(host);
    let mut session = prompt::Session::default();
    loop {
        let mut vm = match start(&o, host) {
            Ok(vm) => vm,
            Err(e) => {
                terminal::restore();
                eprintln!("snakeye: {e}");
                return 1;
            }
        };
        prompt::take_terminal(&mut vm);
        let mut reset = boot::run_if_present(&mut vm, "boot.py");
        if !reset && !session.is_raw() {
            reset = boot::run_if_present(&mut vm, "main.py");
        }
        let ended = if reset { prompt::Ended::Reset } else { prompt::run(&mut vm, &mut session) };
        if ended == prompt::Ended::Closed {
            terminal::restore();
            return 0;
        }
        if matches!(ended, prompt::Ended::SoftReset | prompt::Ended::Exit(_)) {
            vm.host.write(b"MPY: soft reboot\n");
        }
        host = restart(vm).0;
    }
}

/// `snakeye boards`
pub fn list() -> i32 {
    for def in boards::ALL {
        println!(
            "{:<16} {} ({}, {} MB flash, {} MB PSRAM)",
            def.id,
            def.name,
            def.chip.name(),
            def.flash_size >> 20,
            def.psram_size >> 20
        );
    }
    0
}
