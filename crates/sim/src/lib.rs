//! A simulated camera board.
//!
//! [`SimConfig`] describes a board, [`SimConfig::build`] makes a [`SimBoard`], which implements
//! [`snakeye_hal::Board`]: what runs on it cannot tell it from hardware. Around it are handles
//! for the program that runs the simulation: the console's cable ([`ConsoleHandle`]), the pins
//! ([`PinPanel`]), Ctrl-C ([`InterruptHandle`]), the power switch ([`PowerSwitch`]), events
//! ([`SimEvent`]).
//!
//! In *real time* sockets are the host's, with board ports published on it ([`Publishing`]). In
//! *virtual time* sleeping costs nothing, a run repeats exactly, and the network consists of
//! peers inside the process ([`PeerNet`]).
#![forbid(unsafe_code)]

mod board;
mod config;
mod console;
mod events;
mod flash;
mod image;
mod net;
mod pins;
mod registers;
pub mod scene;
pub mod sensor;
mod system;
mod time;
mod tls;
mod waker;
mod wifi;

pub use board::SimBoard;
pub use config::{RtcStart, SimConfig, SimError};
pub use console::{ConsoleHandle, ConsoleSink, SimConsole};
pub use events::{EventCallback, EventSink, SimEvent};
pub use flash::{SimFlash, SimSdCard};
pub use image::PowerSwitch;
pub use net::{Peer, PeerListener, PeerNet, PeerPoll, PeerStream, PeerUdp, Publishing};
pub use pins::{LED_FULL, Lamp, PinChange, PinPanel, SimPins};
pub use system::SimSystem;
pub use time::{FrameSignal, TimeSource};
pub use waker::{InterruptHandle, Waker};
pub use wifi::SimWifi;
pub use wifi::neighbourhood::{Dropout, Neighbourhood, NeighbourhoodError, SimNetwork, SimStation};
