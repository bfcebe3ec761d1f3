//! What can go wrong, and what to do about it.

use core::fmt;

use crate::{Control, DropReason, FrameSize, PixelFormat, PortError, SccbError, Wiring};

/// Why a camera operation failed. `Display` says what was tried and what to check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CameraError {
    /// The camera is off.
    NotInitialised,
    /// The operation needs the camera to be off.
    AlreadyInitialised,
    /// Nothing acknowledged the sensor's address.
    NoAck {
        /// The address asked, 7 bits.
        address: u8,
        /// Where the sensor should be.
        wiring: Wiring,
        /// Sensor clock in Hz.
        xclk_hz: u32,
    },
    /// Something acknowledged, but its identity is not that of any sensor.
    NotDetected {
        /// Its address, 7 bits.
        address: u8,
        /// Product ID and version read.
        id: [u8; 2],
    },
    /// A sensor which is not supported.
    UnsupportedSensor {
        /// Its address, 7 bits.
        address: u8,
        /// Its product ID.
        pid: u16,
        /// Its name, if known.
        name: Option<&'static str>,
    },
    /// No memory for frame buffers when the camera was started.
    FrameBuffers {
        /// Bytes wanted for one buffer.
        bytes: usize,
        /// Bytes of PSRAM on the board, 0 for none.
        psram: u32,
    },
    /// No memory for frame buffers when size or format changed; the old ones stay in use.
    NoMemory {
        /// Bytes wanted for one buffer.
        bytes: usize,
    },
    /// A register access failed.
    Sccb {
        /// What was being done.
        doing: &'static str,
        /// How the bus failed.
        error: SccbError,
    },
    /// The capture port did not start.
    Port(PortError),
    /// The sensor has no such size.
    UnsupportedFrameSize {
        /// The size asked for.
        size: FrameSize,
        /// The largest there is.
        max: FrameSize,
    },
    /// The sensor has no such format.
    UnsupportedFormat(PixelFormat),
    /// A value out of range.
    BadValue {
        /// The control.
        control: Control,
        /// The value.
        value: i32,
    },
    /// The sensor has no such control.
    UnsupportedControl(Control),
    /// No frame came in time.
    Timeout {
        /// How long was waited, in ms.
        waited_ms: u32,
        /// Frames which came but were lost.
        lost: u32,
        /// Why the last of them was lost.
        last: Option<DropReason>,
    },
    /// Frames came, but one after the other was unusable.
    BadFrames {
        /// How many in a row.
        lost: u32,
        /// Why the last of them was lost.
        last: DropReason,
        /// Bytes of a frame buffer.
        buffer: usize,
    },
    /// Every frame buffer is held by the program.
    NoFreeSlot {
        /// How many there are.
        slots: usize,
    },
}

impl CameraError {
    /// The number which ESP-IDF's camera driver uses for this (`esp_err.h`, `esp_camera.h`).
    pub const fn code(self) -> i32 {
        match self {
            Self::FrameBuffers { .. } => -1,
            Self::NoMemory { .. } | Self::NoFreeSlot { .. } => 0x101,
            Self::UnsupportedFrameSize { .. } | Self::BadValue { .. } => 0x102,
            Self::NotInitialised | Self::AlreadyInitialised => 0x103,
            Self::NoAck { .. } => 0x105,
            Self::UnsupportedSensor { .. } => 0x106,
            Self::Timeout { .. } | Self::BadFrames { .. } => 0x107,
            Self::NotDetected { .. } => 0x20001,
            Self::Sccb { .. } | Self::Port(_) => 0x20002,
            Self::UnsupportedFormat(_) => 0x20003,
            Self::UnsupportedControl(_) => 0x20004,
        }
    }
}

impl fmt::Display for CameraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NotInitialised => f.write_str("camera is not initialised: call init() first"),
            Self::AlreadyInitialised => f.write_str("camera is already initialised: call deinit() first"),
            Self::NoAck { address, wiring, xclk_hz } => {
                write!(
                    f,
                    "no sensor answers on SCCB address {address:#04x} ({wiring}, XCLK at {} MHz): ",
                    xclk_hz / 1_000_000
                )?;
                if wiring.sda.is_none() || wiring.scl.is_none() {
                    f.write_str("the board definition has no SCCB pins; check the board's name")
                } else {
                    f.write_str(
                        "check that the ribbon cable is fully in and its latch closed, that the \
                         board's name (pins) is right, that XCLK runs, and that the supply gives \
                         5 V at 500 mA",
                    )
                }
            }
            Self::NotDetected { address, id } => write!(
                f,
                "address {address:#04x} answers, but its ID {:#04x} {:#04x} is no sensor's: check \
                 XCLK, the SCCB pull-ups and whether another device shares the pins",
                id[0], id[1]
            ),
            Self::UnsupportedSensor { address, pid, name } => {
                write!(
                    f,
                    "found {} (ID {pid:#x}) on SCCB address {address:#04x}; supported: OV2640",
                    name.unwrap_or("an unknown sensor")
                )
            }
            Self::FrameBuffers { bytes, psram } => {
                write!(f, "no memory for a frame buffer of {bytes} bytes: ")?;
                f.write_str(if psram == 0 {
                    "the board has no PSRAM, so use a smaller frame size or JPEG"
                } else {
                    "use a smaller frame size, fewer buffers or JPEG"
                })
            }
            Self::NoMemory { bytes } => write!(
                f,
                "no memory for a frame buffer of {bytes} bytes: drop held frames or use a smaller \
                 frame size"
            ),
            Self::Sccb { doing, error } => {
                write!(f, "{doing} failed: {error} on the SCCB bus; check the ribbon cable and the supply")
            }
            Self::Port(error) => write!(f, "capture did not start: {error}"),
            Self::UnsupportedFrameSize { size, max } => write!(
                f,
                "this sensor cannot make {} ({}x{}); its largest size is {}",
                size.name(),
                size.width(),
                size.height(),
                max.name()
            ),
            Self::UnsupportedFormat(format) => {
                write!(f, "this sensor cannot make {}", format.name())
            }
            Self::BadValue { control, value } => {
                let info = control.info();
                write!(f, "{} is {value}, but takes {} to {}", info.name, info.min, info.max)
            }
            Self::UnsupportedControl(control) => {
                write!(f, "this sensor has no {}", control.info().name)
            }
            Self::Timeout { waited_ms, lost, last } => match last {
                None => write!(
                    f,
                    "no frame within {waited_ms} ms and no sign of one: check VSYNC, PCLK and the \
                     ribbon cable"
                ),
                Some(reason) => {
                    write!(f, "no usable frame within {waited_ms} ms; {lost} were lost, the last with {reason}")
                }
            },
            Self::BadFrames { lost, last, buffer } => {
                write!(f, "{lost} frames in a row were lost with {last}: ")?;
                match last {
                    DropReason::Overflow => write!(
                        f,
                        "they outgrow their buffer of {buffer} bytes; use a higher quality number \
                         (more compression) or a smaller frame size"
                    ),
                    _ => f.write_str("check the ribbon cable and the supply, or lower XCLK"),
                }
            }
            Self::NoFreeSlot { slots } => write!(
                f,
                "all {slots} frame buffers are held by the program: drop a frame or ask for more \
                 buffers"
            ),
        }
    }
}

impl core::error::Error for CameraError {}
