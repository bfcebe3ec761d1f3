//! What a parked native waits for, in the VM's opaque terms and the board's.

use snakeye_hal as hal;
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

/// A wait for a socket.
pub fn socket(id: hal::SocketId, mode: u8) -> Interest {
    Interest { kind: SOCKET, id: id.0, mode }
}
