//! The `snakeye` command: a MicroPython for the desktop, and a simulated camera board.

mod board;
mod os;
mod posix;
mod signals;
mod soak;
mod terminal;
mod unix;

use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
Snakeye: MicroPython with eyes.

On a simulated camera board:
  snakeye                                  the board's prompt
  snakeye run [OPTIONS] SCRIPT             run a script on the board
  snakeye repl [OPTIONS]                   the board's prompt, with options
  snakeye boards                           list the boards that can be simulated

    --publish BOARDPORT:HOSTPORT   where a port of the board is reached (HOSTPORT 0: any free one);
                                   otherwise ports below 1024 are published at 8000 + port
    --bind ADDRESS                 address to publish on (127.0.0.1)
    --flash FILE | memory          flash image; kept in the user's data folder unless said otherwise
    --board NAME                   board to simulate (ai-thinker)
    --heap SIZE                    memory for scripts, as 512K or 2M
    --wifi FILE                    Wi-Fi networks around the board (TOML)
    --compat 1.11                  accept what scripts for MicroPython 1.11 use
    --virtual-time                 sleeping takes no time; no real network
    --quiet                        do not announce published ports and what happens to the flash

As a MicroPython on this computer:
  snakeye [-O[N]] [-X OPTION] [-i] FILE [ARGS]
  snakeye -c COMMAND | -m MODULE | -
  snakeye -i                               its prompt

  snakeye run examples/webcam_threads.py   is a good start: it prints where to point a browser.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let code = match args.first().map(String::as_str) {
        Some("run") => board::run(&args[1..]),
        Some("repl") => board::repl(&args[1..]),
        Some("boards") => board::list(),
        Some("soak") => soak::run(&args[1..]),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            0
        }
        Some("--version" | "-V") => {
            println!("snakeye {}", env!("CARGO_PKG_VERSION"));
            0
        }
        None if terminal::is_interactive() && !unix::is_meant() => board::repl(&[]),
        _ => unix::main(&args),
    };
    ExitCode::from(u8::try_from(code & 0xFF).unwrap_or(1))
}

/// Says on standard error what is wrong with the command line.
fn usage(message: &str) -> i32 {
    eprintln!("snakeye: {message}\nTry 'snakeye --help'.");
    2
}

/// A script's text; otherwise the exit code, after saying what is wrong.
fn read_script(path: &str) -> Result<Vec<u8>, i32> {
    if Path::new(path).is_dir() {
        eprintln!("snakeye: {path} is a folder; name the script in it, such as {}/main.py", path.trim_end_matches('/'));
        return Err(2);
    }
    std::fs::read(path).map_err(|e| {
        eprintln!("snakeye: cannot read {path}: {e}");
        2
    })
}

/// Bytes in a size such as `512K` or `2M`.
fn parse_size(text: &str) -> Option<usize> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 1 << 10),
        b'm' | b'M' => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    // As MicroPython has it, `w` counts words where it was written for 32-bit ones.
    let (digits, words) = match digits.strip_suffix(['w', 'W']) {
        Some(digits) => (digits, size_of::<usize>() / 4),
        None => (digits, 1),
    };
    digits.parse::<usize>().ok()?.checked_mul(unit)?.checked_mul(words)
}
