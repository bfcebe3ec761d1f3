//! Finding out which sensor is there, and saying so if it is another one or none.

use crate::ov2640::{Ov2640, regs};
use crate::{CameraConfig, CameraError, KNOWN_SENSORS, KnownSensor, SccbBus, SccbError};

/// Makes sure that the supported sensor answers.
pub(crate) fn identify<B: SccbBus + ?Sized>(bus: &mut B, config: &CameraConfig) -> Result<(), CameraError> {
    let address = regs::ADDRESS;
    match Ov2640::identify(bus) {
        Ok(([regs::PID_VALUE, _], _)) => Ok(()),
        Ok(([pid, _], true)) => Err(CameraError::UnsupportedSensor { address, pid: u16::from(pid), name: None }),
        Ok((id, false)) => Err(CameraError::NotDetected { address, id }),
        Err(SccbError::Bus) => Err(CameraError::Sccb { doing: "looking for the sensor", error: SccbError::Bus }),
        Err(SccbError::NoAck | SccbError::Timeout) => Err(find_other(bus, config)),
    }
}

/// Looks for another sensor than the expected one, to name it.
fn find_other<B: SccbBus + ?Sized>(bus: &mut B, config: &CameraConfig) -> CameraError {
    let elsewhere = KNOWN_SENSORS.iter().filter(|k| k.address != regs::ADDRESS);
    let mut answering = elsewhere.filter(|known| bus.probe(known.address)).peekable();
    let Some(&&KnownSensor { address, .. }) = answering.peek() else {
        return CameraError::NoAck { address: regs::ADDRESS, wiring: config.wiring, xclk_hz: config.xclk_hz };
    };
    drop(answering);
    // Several models share an address and differ in where their ID is.
    let mut pid = 0;
    for known in KNOWN_SENSORS.iter().filter(|k| k.address == address) {
        pid = read_pid(bus, known);
        if pid == known.pid {
            return CameraError::UnsupportedSensor { address, pid, name: Some(known.name) };
        }
    }
    CameraError::UnsupportedSensor { address, pid, name: None }
}

/// The product ID where this sensor would have it; 0 if it cannot be read.
fn read_pid<B: SccbBus + ?Sized>(bus: &mut B, known: &KnownSensor) -> u16 {
    if known.wide {
        let high = bus.read_wide(known.address, known.pid_reg).unwrap_or(0);
        let low = bus.read_wide(known.address, known.pid_reg + 1);
        u16::from(high) << 8 | u16::from(low.unwrap_or(0))
    } else {
        let pid = bus.read(known.address, known.pid_reg as u8);
        u16::from(pid.unwrap_or(0))
    }
}
