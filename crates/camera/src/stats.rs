//! What became of the frames.

use core::fmt;

/// Why a frame was not handed out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// JPEG without its first bytes FF D8 FF.
    NoSoi,
    /// JPEG without its last bytes FF D9.
    NoEoi,
    /// The frame was longer than its buffer.
    Overflow,
    /// A raw frame of the wrong length.
    WrongSize,
    /// Reception broke off.
    Broken,
    /// No frame came within the time allowed.
    Timeout,
    /// A frame was wanted while scripts held every buffer.
    NoFreeSlot,
}

impl DropReason {
    /// Every reason.
    pub const ALL: &'static [Self] =
        &[Self::NoSoi, Self::NoEoi, Self::Overflow, Self::WrongSize, Self::Broken, Self::Timeout, Self::NoFreeSlot];

    /// The name people know from the logs of camera firmware.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSoi => "NO-SOI",
            Self::NoEoi => "NO-EOI",
            Self::Overflow => "FB-OVF",
            Self::WrongSize => "FB-SIZE",
            Self::Broken => "BROKEN",
            Self::Timeout => "TIMEOUT",
            Self::NoFreeSlot => "NO-SLOT",
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Counters since the camera object was made. They wrap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CameraStats {
    /// Frames handed out.
    pub captured: u32,
    /// Good frames passed over because they were older than wanted, or during warm-up.
    pub stale: u32,
    drops: [u32; DropReason::ALL.len()],
}

impl CameraStats {
    /// How often frames were lost for `reason`.
    pub fn dropped(&self, reason: DropReason) -> u32 {
        self.drops.get(reason as usize).copied().unwrap_or(0)
    }

    /// How many frames were lost for any reason.
    pub fn dropped_total(&self) -> u32 {
        self.drops.iter().fold(0, |sum, n| sum.wrapping_add(*n))
    }

    pub(crate) fn count(&mut self, reason: DropReason) {
        if let Some(n) = self.drops.get_mut(reason as usize) {
            *n = n.wrapping_add(1);
        }
    }
}
