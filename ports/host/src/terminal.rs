//! The user's terminal: raw mode, and a thread that feeds the console.

use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
use snakeye_sim::ConsoleHandle;
use std::io::Read;
use std::sync::Mutex;

/// Whether a person sits at standard input.
pub fn is_interactive() -> bool {
    isatty(stdin())
}

/// The terminal's settings before raw mode, to be put back however the program ends.
static SAVED: Mutex<Option<Termios>> = Mutex::new(None);

/// Puts the terminal into raw mode until `restore`: every key is the board's.
pub fn raw() {
    set(Termios::make_raw);
}

/// Lets every key through until `restore`, as `raw` does; output is still made ready for the terminal, so that
/// whatever this program writes gets proper line ends.
pub fn keys() {
    set(|t| {
        let output = t.output_modes;
        t.make_raw();
        t.output_modes = output;
    });
}

fn set(change: impl FnOnce(&mut Termios)) {
    let Ok(before) = tcgetattr(stdin()) else { return };
    let mut raw = before.clone();
    change(&mut raw);
    if tcsetattr(stdin(), OptionalActions::Now, &raw).is_ok()
        && let Ok(mut saved) = SAVED.lock()
    {
        *saved = Some(before);
    }
    let panic = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        restore();
        panic(info);
    }));
}

/// Puts the terminal back.
pub fn restore() {
    if let Ok(mut saved) = SAVED.lock()
        && let Some(before) = saved.take()
    {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
    }
}

/// The key that leaves the program: Ctrl-], as in mpremote.
pub const LEAVE: u8 = 0x1D;

/// Feeds what is typed or piped in to the console, until the end of input.
pub fn feed(console: ConsoleHandle, leave: bool) {
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut buf = [0u8; 1024];
        loop {
            match input.read(&mut buf) {
                Ok(0) | Err(_) => break,
                Ok(n) => {
                    let bytes = &buf[..n];
                    if leave && let Some(at) = bytes.iter().position(|&b| b == LEAVE) {
                        console.push(&bytes[..at]);
                        restore();
                        println!();
                        std::process::exit(0);
                    }
                    console.push(bytes);
                }
            }
        }
        console.close();
    });
}
