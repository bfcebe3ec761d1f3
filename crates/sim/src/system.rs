//! The simulated chip: identity, resets, random numbers.

use snakeye_hal::{BoardDef, Errno, ResetCause, ResetRequest, System, WakeReason};

use crate::image::PowerSwitch;

/// Bytes of RTC memory that a script may use.
const RTC_MEMORY: usize = 2048;

/// Espressif's vendor prefix, so that tools recognise the board's addresses.
const VENDOR: [u8; 3] = [0x24, 0x0A, 0xC4];

/// A small generator (SplitMix64), for everything that must repeat with the seed.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` up to but not including `high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % high.saturating_sub(low).max(1)
    }
}

/// The chip as a whole.
pub struct SimSystem {
    def: &'static BoardDef,
    unique_id: [u8; 6],
    /// Present when the run must repeat; else the host's generator answers.
    random: Option<Random>,
    frequency: u32,
    cause: ResetCause,
    wake: WakeReason,
    request: Option<ResetRequest>,
    rtc_memory: Vec<u8>,
    power: PowerSwitch,
}

impl SimSystem {
    pub(crate) fn new(def: &'static BoardDef, seed: Option<u64>, power: PowerSwitch) -> Self {
        let mut id = Random::new(seed.unwrap_or(0));
        let tail = id.next().to_be_bytes();
        // The last bit is clear because the access point's address is one above the station's.
        let unique_id = [VENDOR[0], VENDOR[1], VENDOR[2], tail[0], tail[1], tail[2] & 0xFE];
        Self {
            def,
            unique_id,
            random: seed.map(Random::new),
            frequency: 160_000_000,
            cause: ResetCause::PowerOn,
            wake: WakeReason::None,
            request: None,
            rtc_memory: Vec::new(),
            power,
        }
    }

    pub(crate) fn take_request(&mut self) -> Option<ResetRequest> {
        let request = self.reset_requested();
        self.request = None;
        request
    }

    /// Notes why the program starts again.
    pub(crate) fn restart(&mut self, cause: ResetCause, wake: WakeReason) {
        self.cause = cause;
        self.wake = wake;
        self.request = None;
        if cause != ResetCause::Soft {
            self.frequency = 160_000_000;
        }
        if cause == ResetCause::PowerOn {
            self.rtc_memory.clear();
        }
    }
}

impl System for SimSystem {
    fn unique_id(&self) -> [u8; 6] {
        self.unique_id
    }

    fn cpu_frequency(&self) -> u32 {
        self.frequency
    }

    fn set_cpu_frequency(&mut self, hz: u32) -> Result<(), Errno> {
        let known = self.def.chip.frequencies_mhz();
        if !known.iter().any(|mhz| mhz.checked_mul(1_000_000) == Some(hz)) {
            return Err(Errno::EINVAL);
        }
        self.frequency = hz;
        Ok(())
    }

    fn random(&mut self, buf: &mut [u8]) {
        if self.random.is_none() && getrandom::fill(buf).is_ok() {
            return;
        }
        // Without the host's generator a fixed sequence is better than failing.
        let random = self.random.get_or_insert(Random::new(0));
        for chunk in buf.chunks_mut(8) {
            for (slot, byte) in chunk.iter_mut().zip(random.next().to_le_bytes()) {
                *slot = byte;
            }
        }
    }

    fn reset_cause(&self) -> ResetCause {
        self.cause
    }

    fn wake_reason(&self) -> WakeReason {
        self.wake
    }

    fn request_reset(&mut self, request: ResetRequest) {
        self.request = Some(request);
    }

    fn reset_requested(&self) -> Option<ResetRequest> {
        if self.power.is_lost() {
            return Some(ResetRequest::Hard);
        }
        self.request
    }

    fn rtc_memory(&self) -> &[u8] {
        &self.rtc_memory
    }

    fn set_rtc_memory(&mut self, data: &[u8]) -> Result<(), Errno> {
        if data.len() > RTC_MEMORY {
            return Err(Errno::EINVAL);
        }
        self.rtc_memory.clear();
        self.rtc_memory.extend_from_slice(data);
        Ok(())
    }

    fn temperature_c(&mut self) -> Option<f32> {
        Some(48.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakeye_hal::boards::AI_THINKER;

    #[test]
    fn a_seed_makes_random_bytes_repeat() {
        let draw = |seed| {
            let mut system = SimSystem::new(&AI_THINKER, seed, PowerSwitch::default());
            let mut buf = [0; 20];
            system.random(&mut buf);
            (buf, system.unique_id())
        };
        assert_eq!(draw(Some(1)), draw(Some(1)));
        assert_ne!(draw(Some(1)).0, draw(Some(2)).0);
        assert_ne!(draw(None).0, draw(None).0);
        assert_eq!(draw(None).1, draw(None).1, "a board keeps its address");
    }

    #[test]
    fn rtc_memory_survives_all_but_power_loss() {
        let mut system = SimSystem::new(&AI_THINKER, None, PowerSwitch::default());
        system.set_rtc_memory(b"keep").unwrap();
        assert_eq!(system.set_rtc_memory(&[0; 2049]), Err(Errno::EINVAL));
        system.restart(ResetCause::DeepSleep, WakeReason::Timer);
        assert_eq!(system.rtc_memory(), b"keep");
        system.restart(ResetCause::PowerOn, WakeReason::None);
        assert_eq!(system.rtc_memory(), b"");
    }

    #[test]
    fn only_the_chips_frequencies_can_be_set() {
        let mut system = SimSystem::new(&AI_THINKER, None, PowerSwitch::default());
        system.set_cpu_frequency(240_000_000).unwrap();
        assert_eq!(system.set_cpu_frequency(1), Err(Errno::EINVAL));
        assert_eq!(system.cpu_frequency(), 240_000_000);
    }
}
