//! Ctrl-C and the signals that end a program.

use crate::terminal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use snakeye_sim::InterruptHandle;

/// How many Ctrl-C a script is given before the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The first asks the script to stop, the second ends the program.
    Once,
    /// One that comes before the script has noticed the last one ends the program.
    UntilSeen,
}

/// Lets SIGINT interrupt the script; SIGTERM and SIGHUP end the program, the terminal put back.
pub fn watch(interrupt: InterruptHandle, patience: Patience) -> Result<(), String> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|e| format!("cannot handle signals such as Ctrl-C: {e}"))?;
    std::thread::spawn(move || {
        let mut pressed = false;
        for signal in signals.forever() {
            let again = match patience {
                Patience::Once => pressed,
                Patience::UntilSeen => interrupt.is_set(),
            };
            if signal == SIGINT && !again {
                pressed = true;
                interrupt.interrupt();
                continue;
            }
            terminal::restore();
            // As shells count programs ended by a signal.
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}
