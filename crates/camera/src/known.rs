//! Sensors found on camera boards: what a probe can meet, and say by name.

/// One sensor model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownSensor {
    /// Model name.
    pub name: &'static str,
    /// 7-bit SCCB address.
    pub address: u8,
    /// Product number: one byte, or two for sensors with 16-bit registers.
    pub pid: u16,
    /// Register which holds the (high byte of the) product number.
    pub pid_reg: u16,
    /// Whether registers have 16-bit addresses.
    pub wide: bool,
}

const fn narrow(name: &'static str, address: u8, pid: u16, pid_reg: u16) -> KnownSensor {
    KnownSensor { name, address, pid, pid_reg, wide: false }
}

const fn wide(name: &'static str, address: u8, pid: u16, pid_reg: u16) -> KnownSensor {
    KnownSensor { name, address, pid, pid_reg, wide: true }
}

/// Source: each sensor's data sheet (product ID registers).
pub const KNOWN_SENSORS: &[KnownSensor] = &[
    narrow("OV2640", 0x30, 0x26, 0x0A),
    wide("OV3660", 0x3C, 0x3660, 0x300A),
    wide("OV5640", 0x3C, 0x5640, 0x300A),
    wide("NT99141", 0x2A, 0x1410, 0x3000),
    narrow("OV7725", 0x21, 0x77, 0x0A),
    narrow("OV7670", 0x21, 0x76, 0x0A),
    narrow("GC0308", 0x21, 0x9B, 0x00),
    narrow("BF3005", 0x6E, 0x30, 0xFC),
];
