//! How a simulated board is put together.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use snakeye_hal::BoardDef;
use snakeye_hal::boards::AI_THINKER;

use crate::console::ConsoleSink;
use crate::events::EventCallback;
use crate::net::Publishing;
use crate::wifi::neighbourhood::Neighbourhood;
use crate::{PowerSwitch, SimBoard, SimEvent};

/// Sockets that ESP-IDF gives a program unless configured otherwise (`CONFIG_LWIP_MAX_SOCKETS`).
const SOCKETS: usize = 10;

/// Where a chip's or card's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    Memory,
    File(PathBuf),
}

/// Where the real-time clock starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RtcStart {
    /// At 2000-01-01, as on a board without a battery.
    #[default]
    PowerOn,
    /// At the host's time, in UTC.
    Host,
    /// At this many microseconds after 2000-01-01.
    At(i64),
}

/// Everything that can be chosen about a simulated board.
///
/// The default is an AI-Thinker ESP32-CAM in real time with flash in memory, no SD card, any
/// Wi-Fi network in reach, and ports published on 127.0.0.1.
pub struct SimConfig {
    pub(crate) def: &'static BoardDef,
    pub(crate) flash: Storage,
    pub(crate) sd: Option<(Storage, u64)>,
    pub(crate) virtual_time: bool,
    pub(crate) rtc: RtcStart,
    pub(crate) publishing: Publishing,
    pub(crate) sockets: usize,
    pub(crate) neighbourhood: Neighbourhood,
    pub(crate) seed: Option<u64>,
    pub(crate) power: PowerSwitch,
    pub(crate) console: Option<ConsoleSink>,
    pub(crate) on_event: Option<EventCallback>,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self::new(&AI_THINKER)
    }
}

impl SimConfig {
    /// The default for a board.
    #[must_use]
    pub fn new(def: &'static BoardDef) -> Self {
        Self {
            def,
            flash: Storage::Memory,
            sd: None,
            virtual_time: false,
            rtc: RtcStart::default(),
            publishing: Publishing::default(),
            sockets: SOCKETS,
            neighbourhood: Neighbourhood::default(),
            seed: None,
            power: PowerSwitch::default(),
            console: None,
            on_event: None,
        }
    }

    /// Keeps the flash chip's content in a file, which is created erased when missing.
    #[must_use]
    pub fn flash_image(mut self, path: impl AsRef<Path>) -> Self {
        self.flash = Storage::File(path.as_ref().to_owned());
        self
    }

    /// Puts in an SD card kept in a file; a missing one is created blank with `size` bytes.
    #[must_use]
    pub fn sd_image(mut self, path: impl AsRef<Path>, size: u64) -> Self {
        self.sd = Some((Storage::File(path.as_ref().to_owned()), size));
        self
    }

    /// Puts in a blank SD card of `size` bytes kept in memory.
    #[must_use]
    pub fn sd_memory(mut self, size: u64) -> Self {
        self.sd = Some((Storage::Memory, size));
        self
    }

    /// Virtual time: sleeps cost nothing, runs repeat exactly, and the network consists of
    /// in-process peers ([`PeerNet`](crate::PeerNet)). The seed is 0 unless set.
    #[must_use]
    pub fn virtual_time(mut self) -> Self {
        self.virtual_time = true;
        self
    }

    /// Where the real-time clock starts.
    #[must_use]
    pub fn rtc(mut self, start: RtcStart) -> Self {
        self.rtc = start;
        self
    }

    /// Publishes a board port under a host port; host port 0 takes a free one.
    #[must_use]
    pub fn publish(mut self, board_port: u16, host_port: u16) -> Self {
        self.publishing.pairs.insert(board_port, host_port);
        self
    }

    /// Publishes ports below 1024 under their own number.
    #[must_use]
    pub fn low_ports(mut self, allowed: bool) -> Self {
        self.publishing.low_ports = allowed;
        self
    }

    /// Opens published ports on this host address, 127.0.0.1 by default. `0.0.0.0` lets other
    /// computers in, and is needed for UDP traffic with them.
    #[must_use]
    pub fn bind_address(mut self, address: Ipv4Addr) -> Self {
        self.publishing.address = address;
        self
    }

    /// How many sockets the board has, 10 by default.
    #[must_use]
    pub fn max_sockets(mut self, count: usize) -> Self {
        self.sockets = count;
        self
    }

    /// The Wi-Fi networks around the board.
    #[must_use]
    pub fn neighbourhood(mut self, neighbourhood: Neighbourhood) -> Self {
        self.neighbourhood = neighbourhood;
        self
    }

    /// Makes random numbers and random delays repeat.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Uses a power switch that the caller keeps, to cut power at a chosen write.
    #[must_use]
    pub fn power(mut self, power: PowerSwitch) -> Self {
        self.power = power;
        self
    }

    /// Sends console output to `sink`. Without one it is kept for
    /// [`ConsoleHandle::take_output`](crate::ConsoleHandle::take_output).
    #[must_use]
    pub fn console(mut self, sink: impl FnMut(&[u8]) + Send + 'static) -> Self {
        self.console = Some(Box::new(sink));
        self
    }

    /// Calls `callback` for each event. Without one they queue in [`SimBoard::events`].
    #[must_use]
    pub fn on_event(mut self, callback: impl FnMut(&SimEvent) + Send + 'static) -> Self {
        self.on_event = Some(Box::new(callback));
        self
    }

    /// Builds the board and applies power.
    pub fn build(self) -> Result<SimBoard, SimError> {
        SimBoard::new(self)
    }
}

/// Why a board could not be built.
#[derive(Debug)]
pub enum SimError {
    /// The flash or SD image cannot be used.
    Image {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The host gave no channel to wait on.
    Waker(io::Error),
}

impl fmt::Display for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Waker(source) => write!(f, "cannot set up waiting: {source}"),
        }
    }
}

impl std::error::Error for SimError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Image { source, .. } | Self::Waker(source) => Some(source),
        }
    }
}
