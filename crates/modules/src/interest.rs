//! What a parked native waits for, in the VM's opaque terms and the board's.

use snakeye_hal as hal;
use snakeye_vm::host::event;
use snakeye_vm::object::Interest;

/// A socket.
pub const SOCKET: u8 = 1;
/// A camera frame.
pub const FRAME: u8 = 2;
/// Bytes on the console.
pub const CONSOLE: u8 = 3;
/// The answer of a name look-up.
pub const RESOLVE: u8 = 4;
/// The result of a Wi-Fi scan.
pub const SCAN: u8 = 5;
/// A change of the Wi-Fi connection.
pub const WIFI: u8 = 6;
/// The console's output, which can always be written to.
pub const OUTPUT: u8 = 7;
/// A file descriptor that stands for nothing.
pub const NO_FILE: u8 = 8;

/// `Interest::mode` bit: reading.
pub const READ: u8 = 1;
/// `Interest::mode` bit: writing.
pub const WRITE: u8 = 2;

/// The board's form of an interest; `None` for a kind the board does not know.
pub fn to_board(i: &Interest) -> Option<hal::Interest> {
    Some(match i.kind {
        SOCKET => {
            hal::Interest::Socket { id: hal::SocketId(i.id), read: i.mode & READ != 0, write: i.mode & WRITE != 0 }
        }
        FRAME => hal::Interest::Frame,
        CONSOLE => hal::Interest::ConsoleInput,
        RESOLVE => hal::Interest::Resolve,
        SCAN => hal::Interest::Scan,
        WIFI => hal::Interest::WifiStatus,
        _ => return None,
    })
}

/// What `select` calls what is ready on the board.
pub fn events(ready: hal::Ready) -> u16 {
    let pairs = [
        (hal::Ready::READ, event::IN),
        (hal::Ready::WRITE, event::OUT),
        (hal::Ready::ERROR, event::ERR),
        (hal::Ready::HANGUP, event::HUP),
    ];
    pairs.iter().filter(|(flag, _)| ready.contains(*flag)).fold(0, |all, (_, e)| all | e)
}

/// Direction bits for events of `select`.
pub fn mode(events: u16) -> u8 {
    let mut mode = 0;
    if events & event::IN != 0 {
        mode |= READ;
    }
    if events & event::OUT != 0 {
        mode |= WRITE;
    }
    mode
}

/// A wait for a socket.
pub fn socket(id: hal::SocketId, mode: u8) -> Interest {
    Interest { kind: SOCKET, id: id.0, mode }
}
