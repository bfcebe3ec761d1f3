//! Faults that can be injected.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Something that goes wrong with cameras.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// Nothing answers on SCCB: cable out, no power, no clock.
    NoAck,
    /// Another chip of the same maker answers: product ID 0x77.
    WrongChip,
    /// What answers has no identity at all: a device that reads as 0xFF.
    NoIdentity,
    /// No frame ever begins.
    LostVsync,
    /// Each JPEG breaks off half-way.
    TruncatedJpeg,
    /// Each frame's first bytes are lost.
    LostStart,
}

impl Fault {
    /// Every fault.
    pub const ALL: &'static [Self] =
        &[Self::NoAck, Self::WrongChip, Self::NoIdentity, Self::LostVsync, Self::TruncatedJpeg, Self::LostStart];

    /// A name for command lines and configuration files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAck => "no-ack",
            Self::WrongChip => "wrong-chip",
            Self::NoIdentity => "no-identity",
            Self::LostVsync => "lost-vsync",
            Self::TruncatedJpeg => "truncated-jpeg",
            Self::LostStart => "lost-start",
        }
    }

    /// The fault of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }
}

/// Which faults are present. Clones share it, so a test or a command can change it at any time.
#[derive(Clone, Default)]
pub struct Faults(Arc<AtomicU32>);

impl Faults {
    /// No fault.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Brings a fault in, or takes it away.
    pub fn set(&self, fault: Fault, present: bool) {
        let bit = 1 << fault as u32;
        if present {
            self.0.fetch_or(bit, Ordering::Relaxed);
        } else {
            self.0.fetch_and(!bit, Ordering::Relaxed);
        }
    }

    /// Whether a fault is present.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.0.load(Ordering::Relaxed) & (1 << fault as u32) != 0
    }
}
