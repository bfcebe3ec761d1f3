//! The line between Snakeye and a board.
//!
//! A port implements [`Board`]; everything above it (the Python modules `machine`, `network`,
//! `socket`, `select`, `time`, `os`) is written over these traits and never over a chip or an
//! operating system. The traits are object-safe, so the layers above hold a `&mut dyn Board` and
//! are compiled once.
//!
//! Three rules hold everywhere:
//!
//! * **No call blocks** except [`Board::wait`]. A call that cannot finish returns
//!   [`Errno::EAGAIN`] (or [`Errno::EINPROGRESS`]), the caller waits for the matching
//!   [`Interest`] and calls again.
//! * **Time is one number**: microseconds since the board started, [`Clock::ticks_us`]. Every
//!   deadline is given on that scale.
//! * **Boards are data**: pins, sensor, memory sizes live in [`BoardDef`].
//!
//! This crate knows no Python, no camera and no file system, and depends on no other crate of
//! Snakeye.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod board;
pub mod boards;
mod clock;
mod console;
mod errno;
mod flash;
mod net;
mod pins;
mod sdcard;
mod system;
mod tls;
mod wait;
mod wifi;

pub use board::Board;
pub use boards::{BoardDef, CameraPins, Chip, Led, Polarity, SdPins, SensorModel};
pub use clock::{Clock, EPOCH_2000_UNIX_S};
pub use console::Console;
pub use errno::Errno;
pub use flash::{Flash, FlashError};
pub use net::{Net, Protocol, Shutdown, SocketId, SocketOption};
pub use pins::{Drive, PinConfig, PinError, PinId, PinMode, Pins, Pull};
pub use sdcard::{SdCard, SdError};
pub use system::{ResetCause, ResetRequest, System, WakeReason};
pub use tls::{Tls, TlsConfig, TlsError, TlsSession};
pub use wait::{Interest, Ready, Wake};
pub use wifi::{
    AuthMode, InterfaceConfig, IpConfig, Network, PowerSave, Station, StationStatus, Wifi, WifiError, WifiInterface,
};
