//! The camera: power, probe, settings and capture over any port.

use crate::ov2640::Ov2640;
use crate::ov2640::regs::Bank;
use crate::{
    CameraConfig, CameraError, CameraPort, CameraStats, CaptureConfig, Control, DropReason, Frame, FrameInfo,
    FramePool, FrameSize, GrabMode, PixelFormat, RawFrame, WarmUp, jpeg, probe,
};

/// How long power-down and reset lines are held, and the sensor given to come up.
const POWER_MS: u32 = 10;

/// After this many unusable frames one capture gives up: about a second at usual rates, long
/// enough for a passing disturbance, far less than the time-out for one that stays.
const BAD_FRAMES_LIMIT: u32 = 20;

/// A wish for a frame, with its own deadline. Several may be under way at a time; each frame
/// goes to one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameRequest {
    started_us: u64,
    deadline_us: u64,
    not_before_us: u64,
    lost_before: u32,
}

/// What became of a [`FrameRequest`] so far.
#[derive(Debug)]
pub enum FramePoll {
    /// Here it is.
    Ready(Frame),
    /// Nothing yet. Poll again when the port signals a frame, and at this time at the latest.
    Pending {
        /// µs on the clock given to [`Camera::poll_frame`].
        wake_us: u64,
    },
    /// There will be none.
    Failed(CameraError),
}

/// A camera on the port `P`.
///
/// Off until [`init`](Self::init); every other call says [`CameraError::NotInitialised`] until
/// then. No call blocks beyond the few 10 ms which powering up and changing size or format take.
pub struct Camera<P> {
    port: P,
    sensor: Option<Ov2640>,
    config: CameraConfig,
    pool: FramePool,
    stats: CameraStats,
    last_error: Option<CameraError>,
    last_drop: Option<DropReason>,
    sequence: u32,
    /// Frames that may still be passed over while the exposure settles.
    warm_up_left: u8,
    /// Whether warm-up ends early when the exposure has settled.
    warm_up_watches: bool,
}

impl<P: CameraPort> Camera<P> {
    /// A camera that is off.
    pub fn new(port: P) -> Self {
        Self {
            port,
            sensor: None,
            config: CameraConfig::default(),
            pool: FramePool::new(),
            stats: CameraStats::default(),
            last_error: None,
            last_drop: None,
            sequence: 0,
            warm_up_left: 0,
            warm_up_watches: false,
        }
    }

    /// Powers the sensor up, identifies it and starts receiving. When already running with the
    /// same configuration it does nothing; with another, it starts anew.
    pub fn init(&mut self, config: &CameraConfig) -> Result<(), CameraError> {
        if self.sensor.is_some() {
            if self.config == *config {
                return Ok(());
            }
            self.deinit();
        }
        let result = self.start(config);
        if result.is_err() {
            self.power_off();
        }
        self.note(result)
    }

    /// Stops, frees the buffers (frames still held stay valid) and powers the sensor down. Does
    /// nothing when off.
    pub fn deinit(&mut self) {
        if self.sensor.is_some() {
            self.power_off();
        }
    }

    /// Whether the camera runs.
    pub fn is_initialised(&self) -> bool {
        self.sensor.is_some()
    }

    /// The configuration in use, with size and format as last changed.
    pub fn config(&self) -> &CameraConfig {
        &self.config
    }

    /// The model of the running sensor.
    pub fn sensor_name(&self) -> Option<&'static str> {
        self.sensor.as_ref().map(|_| "OV2640")
    }

    /// The largest size of the sensor.
    pub fn max_frame_size(&self) -> FrameSize {
        Ov2640::MAX_SIZE
    }

    /// Why the last failed operation failed.
    pub fn last_error(&self) -> Option<CameraError> {
        self.last_error
    }

    /// What became of the frames so far.
    pub fn stats(&self) -> &CameraStats {
        &self.stats
    }

    /// The frame buffers.
    pub fn pool(&self) -> &FramePool {
        &self.pool
    }

    /// The port, for what only the platform knows.
    pub fn port(&mut self) -> &mut P {
        &mut self.port
    }

    /// Asks for a frame. `fresh` wants one that begins only now, after anything the program did
    /// before (a setting, the flash LED).
    pub fn request(&mut self, now_us: u64, fresh: bool) -> Result<FrameRequest, CameraError> {
        if self.sensor.is_none() {
            return self.note(Err(CameraError::NotInitialised));
        }
        self.pump();
        let not_before_us = match (fresh, self.config.grab) {
            (true, _) => now_us,
            (false, GrabMode::Latest) => now_us.saturating_sub(u64::from(self.config.max_age_us)),
            (false, GrabMode::WhenEmpty) => 0,
        };
        Ok(FrameRequest {
            started_us: now_us,
            deadline_us: now_us.saturating_add(u64::from(self.config.timeout_us)),
            not_before_us,
            lost_before: self.lost(),
        })
    }

    /// Moves a request on. `now_us` is the time on the clock by which the port stamps frames.
    pub fn poll_frame(&mut self, request: &FrameRequest, now_us: u64) -> FramePoll {
        if self.sensor.is_none() {
            return self.fail(CameraError::NotInitialised);
        }
        self.pump();
        if let Some(frame) = self.next_frame(request) {
            self.stats.captured = self.stats.captured.wrapping_add(1);
            return FramePoll::Ready(frame);
        }
        // Buffers of passed-over frames go straight back to the port.
        self.pump();
        let lost = self.lost().wrapping_sub(request.lost_before);
        if let (true, Some(last)) = (lost >= BAD_FRAMES_LIMIT, self.last_drop) {
            return self.fail(CameraError::BadFrames { lost, last, buffer: self.pool.buffer_size() });
        }
        if self.pool.all_held() {
            self.stats.count(DropReason::NoFreeSlot);
            return self.fail(CameraError::NoFreeSlot { slots: self.pool.slots() });
        }
        if now_us >= request.deadline_us {
            self.stats.count(DropReason::Timeout);
            return self.fail(CameraError::Timeout {
                waited_ms: (now_us.saturating_sub(request.started_us) / 1000) as u32,
                lost,
                last: self.last_drop.filter(|_| lost > 0),
            });
        }
        let next = self.port.next_frame_us().unwrap_or(request.deadline_us);
        FramePoll::Pending { wake_us: next.min(request.deadline_us).max(now_us) }
    }

    /// Lends every free buffer to the port. Capturing does this by itself; a scheduler may do it
    /// whenever frames were dropped, so that reception goes on between captures.
    pub fn pump(&mut self) {
        if self.sensor.is_some() {
            while let Some(buffer) = self.pool.take() {
                self.port.submit(buffer);
            }
        }
    }

    /// Sets a control of the sensor.
    pub fn set(&mut self, control: Control, value: i32) -> Result<(), CameraError> {
        let result = match &mut self.sensor {
            Some(sensor) => sensor.set(&mut self.port, control, value),
            None => Err(CameraError::NotInitialised),
        };
        self.note(result)
    }

    /// Reads a control back from the sensor.
    pub fn get(&mut self, control: Control) -> Result<i32, CameraError> {
        let result = match &mut self.sensor {
            Some(sensor) => sensor.get(&mut self.port, control),
            None => Err(CameraError::NotInitialised),
        };
        self.note(result)
    }

    /// Changes the picture size. On failure the old one stays.
    pub fn set_frame_size(&mut self, size: FrameSize) -> Result<(), CameraError> {
        if !Ov2640::supports(size) {
            let max = Ov2640::MAX_SIZE;
            return self.note(Err(CameraError::UnsupportedFrameSize { size, max }));
        }
        self.change(|config| config.frame_size = size)
    }

    /// Changes the picture format. On failure the old one stays.
    pub fn set_pixel_format(&mut self, format: PixelFormat) -> Result<(), CameraError> {
        self.change(|config| config.pixel_format = format)
    }

    /// Changes the number of buffers (at least 1) and which frame a capture gets. On failure the
    /// old ones stay.
    pub fn set_buffering(&mut self, slots: usize, grab: GrabMode) -> Result<(), CameraError> {
        self.change(|config| {
            config.slots = slots.max(1);
            config.grab = grab;
        })
    }

    /// Changes the sensor clock.
    pub fn set_xclk(&mut self, hz: u32) -> Result<(), CameraError> {
        if self.sensor.is_none() {
            return self.note(Err(CameraError::NotInitialised));
        }
        self.config.xclk_hz = hz;
        self.port.set_xclk(hz);
        Ok(())
    }

    /// Reads a register; bit 8 of the address selects the sensor bank.
    pub fn read_register(&mut self, address: u16) -> Result<u8, CameraError> {
        let result = match &mut self.sensor {
            Some(sensor) => {
                let (bank, reg) = split(address);
                let value = sensor.read(&mut self.port, bank, reg);
                value.map_err(|error| CameraError::Sccb { doing: "reading a register", error })
            }
            None => Err(CameraError::NotInitialised),
        };
        self.note(result)
    }

    /// Changes the bits of a register which are set in `mask`; bit 8 of the address selects the
    /// sensor bank. Capture is not told: a size or format written this way gives frames of the
    /// wrong length.
    pub fn write_register(&mut self, address: u16, mask: u8, value: u8) -> Result<(), CameraError> {
        let result = match &mut self.sensor {
            Some(sensor) => {
                let (bank, reg) = split(address);
                let done = sensor.modify(&mut self.port, bank, reg, mask, value);
                done.map_err(|error| CameraError::Sccb { doing: "writing a register", error })
            }
            None => Err(CameraError::NotInitialised),
        };
        self.note(result)
    }

    fn note<T>(&mut self, result: Result<T, CameraError>) -> Result<T, CameraError> {
        if let Err(error) = &result {
            self.last_error = Some(*error);
        }
        result
    }

    fn fail(&mut self, error: CameraError) -> FramePoll {
        self.last_error = Some(error);
        FramePoll::Failed(error)
    }

    /// Frames lost on the way, not counting those which never came.
    fn lost(&self) -> u32 {
        let waits = [DropReason::Timeout, DropReason::NoFreeSlot];
        let waits = waits.map(|reason| self.stats.dropped(reason));
        self.stats.dropped_total().wrapping_sub(waits[0]).wrapping_sub(waits[1])
    }

    fn start(&mut self, config: &CameraConfig) -> Result<(), CameraError> {
        self.config = *config;
        self.config.slots = config.slots.max(1);
        if !Ov2640::supports(config.frame_size) {
            return Err(CameraError::UnsupportedFrameSize { size: config.frame_size, max: Ov2640::MAX_SIZE });
        }
        self.power_on();
        probe::identify(&mut self.port, &self.config)?;
        let mut sensor = Ov2640::new();
        sensor.reset(&mut self.port)?;
        sensor.set_pixel_format(&mut self.port, config.pixel_format)?;
        sensor.set_frame_size(&mut self.port, config.frame_size)?;
        let quality = i32::from(config.quality);
        let defaults = [
            (Control::Quality, quality),
            (Control::GainCeiling, 0),
            (Control::Bpc, 0),
            (Control::Wpc, 1),
            (Control::LensCorrection, 1),
        ];
        for (control, value) in defaults {
            sensor.set(&mut self.port, control, value)?;
        }
        self.start_capture()?;
        self.sensor = Some(sensor);
        (self.warm_up_left, self.warm_up_watches) = match config.warm_up {
            WarmUp::None => (0, false),
            WarmUp::Frames(count) => (count, false),
            WarmUp::Settled { at_most } => (at_most, true),
        };
        self.pump();
        Ok(())
    }

    fn power_on(&mut self) {
        self.port.set_xclk(self.config.xclk_hz);
        // The clock has to run for SCCB; then a full cycle, since the state is unknown.
        self.port.set_power_down(true);
        self.port.delay_ms(POWER_MS);
        self.port.set_power_down(false);
        self.port.delay_ms(POWER_MS);
        self.port.set_reset(true);
        self.port.delay_ms(POWER_MS);
        self.port.set_reset(false);
        self.port.delay_ms(POWER_MS);
    }

    fn power_off(&mut self) {
        self.stop_capture();
        self.pool.clear();
        self.sensor = None;
        self.port.set_power_down(true);
        self.port.set_xclk(0);
    }

    fn start_capture(&mut self) -> Result<(), CameraError> {
        let (size, format) = (self.config.frame_size, self.config.pixel_format);
        let buffer_size = format.buffer_size(size.width(), size.height());
        if self.pool.configure(self.config.slots, buffer_size) == 0 {
            return Err(CameraError::FrameBuffers { bytes: buffer_size, psram: self.config.wiring.psram });
        }
        let capture = CaptureConfig { format, width: size.width(), height: size.height(), buffer_size };
        self.port.start(&capture).map_err(CameraError::Port)
    }

    fn stop_capture(&mut self) {
        self.port.stop();
        while let Some(buffer) = self.port.reclaim() {
            self.pool.give_back(buffer);
        }
    }

    /// Starts capturing anew with a changed configuration, or with the old one if that fails.
    fn change(&mut self, edit: impl FnOnce(&mut CameraConfig)) -> Result<(), CameraError> {
        let old = self.config;
        edit(&mut self.config);
        let mut result = self.restart();
        if result.is_err() {
            self.config = old;
            // Neither the new nor the old: better off than half set up.
            if self.sensor.is_some() && self.restart().is_err() {
                self.power_off();
            }
        }
        if let Err(CameraError::FrameBuffers { bytes, .. }) = result {
            result = Err(CameraError::NoMemory { bytes });
        }
        self.note(result)
    }

    fn restart(&mut self) -> Result<(), CameraError> {
        if self.sensor.is_none() {
            return Err(CameraError::NotInitialised);
        }
        self.stop_capture();
        let (size, format) = (self.config.frame_size, self.config.pixel_format);
        if let Some(sensor) = &mut self.sensor {
            if format != sensor.pixel_format() {
                sensor.set_pixel_format(&mut self.port, format)?;
            }
            // Clocks depend on the format too, so the size is written in either case.
            sensor.set_frame_size(&mut self.port, size)?;
        }
        self.start_capture()?;
        self.pump();
        Ok(())
    }

    /// Takes filled buffers from the port until one suits the request.
    fn next_frame(&mut self, request: &FrameRequest) -> Option<Frame> {
        let mut best: Option<(RawFrame, u32)> = None;
        while let Some(mut raw) = self.port.poll() {
            if let Err(reason) = self.check(&mut raw) {
                self.stats.count(reason);
                self.last_drop = Some(reason);
                self.pool.give_back(raw.data);
                continue;
            }
            self.sequence = self.sequence.wrapping_add(1);
            if self.is_warming_up() || raw.timestamp_us < request.not_before_us {
                self.pass_over(raw);
                continue;
            }
            if let Some((older, _)) = best.replace((raw, self.sequence)) {
                self.pass_over(older);
            }
            if self.config.grab == GrabMode::WhenEmpty {
                break;
            }
        }
        let (raw, sequence) = best?;
        let info = FrameInfo {
            width: self.config.frame_size.width(),
            height: self.config.frame_size.height(),
            format: self.config.pixel_format,
            sequence,
            timestamp_us: raw.timestamp_us,
        };
        Some(self.pool.frame(raw.data, info))
    }

    fn pass_over(&mut self, raw: RawFrame) {
        self.stats.stale = self.stats.stale.wrapping_add(1);
        self.pool.give_back(raw.data);
    }

    /// Whether a frame is whole; cuts padding off.
    fn check(&self, raw: &mut RawFrame) -> Result<(), DropReason> {
        if raw.faults.overflow {
            return Err(DropReason::Overflow);
        }
        if raw.faults.broken {
            return Err(DropReason::Broken);
        }
        let size = self.config.frame_size;
        match self.config.pixel_format.bytes_per_pixel() {
            Some(bytes) => {
                let want = usize::from(size.width()) * usize::from(size.height()) * bytes;
                if raw.data.len() != want {
                    return Err(DropReason::WrongSize);
                }
            }
            None => {
                let length = jpeg::image_length(&raw.data)?;
                raw.data.truncate(length);
            }
        }
        Ok(())
    }

    fn is_warming_up(&mut self) -> bool {
        let Some(left) = self.warm_up_left.checked_sub(1) else {
            return false;
        };
        if self.warm_up_watches {
            let settled = match &mut self.sensor {
                Some(sensor) => sensor.exposure_settled(&mut self.port),
                None => Ok(true),
            };
            // A bus that fails here must not keep frames back.
            if settled.unwrap_or(true) {
                self.warm_up_left = 0;
                return false;
            }
        }
        self.warm_up_left = left;
        true
    }
}

fn split(address: u16) -> (Bank, u8) {
    let bank = if address & 0x100 != 0 { Bank::Sensor } else { Bank::Dsp };
    (bank, address as u8)
}
