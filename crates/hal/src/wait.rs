//! What a caller can wait for.

use crate::SocketId;

/// One thing to wait for. Interests are level-triggered: they stay ready until consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    /// A socket becoming readable (data, end of stream, a connection to accept) or writable
    /// (room to send, connection established or failed).
    Socket {
        /// The socket.
        id: SocketId,
        /// Wait until reading would not block.
        read: bool,
        /// Wait until writing would not block.
        write: bool,
    },
    /// A camera frame is complete.
    Frame,
    /// Bytes are waiting on the console, or it was closed.
    ConsoleInput,
    /// A pending [`Net::resolve`](crate::Net::resolve) has its answer.
    Resolve,
    /// A pending [`Wifi::scan`](crate::Wifi::scan) has its result.
    Scan,
    /// [`Wifi::status`](crate::Wifi::status) differs from what it was when it was last read.
    WifiStatus,
}

/// What is ready, as a set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ready(u8);

impl Ready {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Reading (or taking the frame, the answer, the scan result) would not block.
    pub const READ: Self = Self(1);
    /// Writing would not block.
    pub const WRITE: Self = Self(2);
    /// The socket has an error to collect with `take_error`.
    pub const ERROR: Self = Self(4);
    /// The peer is gone in both directions.
    pub const HANGUP: Self = Self(8);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every flag of `other` is set here.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether no flag is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reading would not block, or would report an error or the end.
    #[must_use]
    pub const fn readable(self) -> bool {
        self.0 & (Self::READ.0 | Self::ERROR.0 | Self::HANGUP.0) != 0
    }

    /// Writing would not block, or would report an error.
    #[must_use]
    pub const fn writable(self) -> bool {
        self.0 & (Self::WRITE.0 | Self::ERROR.0 | Self::HANGUP.0) != 0
    }
}

/// Why [`Board::wait`](crate::Board::wait) came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// At least one interest may be ready; poll them.
    Ready,
    /// The deadline came first.
    Deadline,
    /// An interrupt (Ctrl-C) is pending; it stays pending until taken.
    Interrupt,
    /// A reset was requested; the program must end.
    Reset,
}
