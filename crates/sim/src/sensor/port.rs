//! The simulated capture port: times the sensor and hands its frames over.
//!
//! In real time a thread renders each frame while the sensor would expose and send it, and hands
//! it over when it would be complete. In virtual time the same happens inline: whoever polls or
//! touches a register first lets everything happen that was due before.
//!
//! Either way a frame needs a buffer which was there when the frame began; frames without one
//! pass, and the sensor's control loops go on with them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use snakeye_camera::{CaptureConfig, CaptureFaults, CapturePort, PixelFormat, PortError, RawFrame, SccbBus, SccbError};

use super::chip::Chip;
use super::faults::{Fault, Faults};
use super::renderer::{Job, Renderer};
use super::settings::Settings;
use super::timeline::Timeline;
use super::tone::FLASH;
use crate::scene::{AnimatedScene, Moment, Scene};
use crate::{FrameSignal, LED_FULL, Lamp, TimeSource};

/// How often a sensor without frames is looked at again, in real time.
const IDLE_LOOK_US: u64 = 20_000;

/// What a simulated camera is made of.
pub struct SimCameraOptions {
    /// The board's time; it decides between thread and inline rendering.
    pub time: TimeSource,
    /// How the board learns of frames.
    pub signal: FrameSignal,
    /// The flash LED, which lights the scene.
    pub lamp: Lamp,
    /// Faults to inject.
    pub faults: Faults,
    /// What the camera looks at.
    pub scene: Box<dyn Scene>,
    /// With `Some(n)`, make n frames for each setting and then play them over and over: for long
    /// runs which are not about the picture. The frame counter in the picture then repeats.
    pub recorded: Option<usize>,
}

impl SimCameraOptions {
    /// The built-in scene, no light, no faults.
    #[must_use]
    pub fn new(time: TimeSource, signal: FrameSignal) -> Self {
        Self {
            time,
            signal,
            lamp: Lamp::new(),
            faults: Faults::new(),
            scene: Box::new(AnimatedScene::new()),
            recorded: None,
        }
    }
}

/// An OV2640 and the port it is connected to.
pub struct SimCameraPort {
    time: TimeSource,
    chip: Arc<Mutex<Chip>>,
    shared: Arc<Shared>,
    faults: Faults,
    lamp: Lamp,
    recorded: Option<usize>,
    state: State,
}

enum State {
    Stopped(Renderer),
    Inline(Core),
    Thread(JoinHandle<Renderer>),
    /// Only while one of the others is being replaced.
    Changing,
}

/// Buffers on their way to and from the sensor.
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    signal: FrameSignal,
}

#[derive(Default)]
struct Queue {
    /// When each was lent, and the buffer.
    empty: VecDeque<(u64, Vec<u8>)>,
    filled: VecDeque<RawFrame>,
    stop: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What makes frames while the port is started.
struct Core {
    chip: Arc<Mutex<Chip>>,
    renderer: Renderer,
    timeline: Timeline,
    lamp: Lamp,
    faults: Faults,
    config: CaptureConfig,
    /// Until when no frame could begin, because the sensor was off.
    dark_until_us: u64,
}

/// A frame that will begin.
struct Coming {
    start_us: u64,
    skipped: u64,
    period_us: u64,
}

impl Core {
    fn chip(&self) -> MutexGuard<'_, Chip> {
        self.chip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first frame which a buffer lent at `lent_us` can take; `None` while there are none.
    fn coming(&self, lent_us: u64) -> Option<Coming> {
        let Settings { active, period_us, .. } = self.chip().settings();
        if !active {
            return None;
        }
        let earliest = lent_us.max(self.dark_until_us);
        let (start_us, skipped) = self.timeline.first_after(earliest, period_us);
        Some(Coming { start_us, skipped, period_us })
    }

    /// Exposes and renders a frame.
    fn expose(&mut self, coming: &Coming, mut data: Vec<u8>) -> RawFrame {
        let brightness = self.lamp.brightness().min(LED_FULL);
        let flash = FLASH * brightness as f32 / LED_FULL as f32;
        let (job, at) = {
            let mut chip = self.chip();
            chip.skip(coming.skipped, flash);
            let settings = chip.settings();
            let job = Job { settings, sensitivity: chip.sensitivity(&settings), flash };
            let at = Moment { frame: chip.frame(), time_us: coming.start_us };
            (job, at)
        };
        let rendered = self.renderer.render(&job, &at, &self.config, &mut data);
        self.chip().finish(rendered.mean, flash);
        self.timeline.pass(coming.start_us, coming.period_us);
        if self.config.format == PixelFormat::Jpeg {
            if self.faults.has(Fault::TruncatedJpeg) {
                data.truncate(data.len() / 2);
            }
            if self.faults.has(Fault::LostStart) {
                data.drain(..data.len().min(16));
            }
        }
        RawFrame {
            data,
            timestamp_us: coming.start_us,
            faults: CaptureFaults { overflow: rendered.faults.overflow, broken: false },
        }
    }
}

impl SimCameraPort {
    /// A camera without power.
    #[must_use]
    pub fn new(options: SimCameraOptions) -> Self {
        let renderer = Renderer::new(options.scene, options.recorded);
        Self {
            chip: Arc::new(Mutex::new(Chip::new(options.faults.clone()))),
            shared: Arc::new(Shared {
                queue: Mutex::new(Queue::default()),
                changed: Condvar::new(),
                signal: options.signal,
            }),
            time: options.time,
            faults: options.faults,
            lamp: options.lamp,
            recorded: options.recorded,
            state: State::Stopped(renderer),
        }
    }

    /// The faults, to change them while the camera runs.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The flash LED.
    #[must_use]
    pub fn lamp(&self) -> &Lamp {
        &self.lamp
    }

    fn with_chip<T>(&mut self, act: impl FnOnce(&mut Chip) -> T) -> T {
        // What began before this access must not be changed by it.
        self.catch_up();
        let result = act(&mut self.chip.lock().unwrap_or_else(PoisonError::into_inner));
        // A new clock or format changes when the next frame comes.
        if matches!(self.state, State::Inline(_)) {
            self.announce();
        }
        result
    }

    /// Virtual time: lets every frame happen that is complete by now.
    fn catch_up(&mut self) {
        let State::Inline(core) = &mut self.state else {
            return;
        };
        let now = self.time.now_us();
        let mut queue = self.shared.lock();
        while let Some((lent_us, _)) = queue.empty.front() {
            let Some(coming) = core.coming(*lent_us) else {
                core.dark_until_us = now;
                break;
            };
            if coming.start_us + coming.period_us > now {
                break;
            }
            if let Some((_, data)) = queue.empty.pop_front() {
                queue.filled.push_back(core.expose(&coming, data));
            }
        }
    }

    /// When the next frame will be complete (virtual time), or now if one is.
    fn next_us(&self, queue: &Queue) -> Option<u64> {
        let State::Inline(core) = &self.state else {
            return None;
        };
        if !queue.filled.is_empty() {
            return Some(self.time.now_us());
        }
        let coming = core.coming(queue.empty.front()?.0)?;
        Some(coming.start_us + coming.period_us)
    }

    /// Tells the board whether a frame waits. Under the lock, or it could overtake the thread's
    /// own announcement of a frame.
    fn announce(&self) {
        let queue = self.shared.lock();
        self.shared.signal.set_ready(!queue.filled.is_empty());
        self.shared.signal.set_next(self.next_us(&queue));
    }
}

impl SccbBus for SimCameraPort {
    fn write(&mut self, addr: u8, reg: u8, val: u8) -> Result<(), SccbError> {
        self.with_chip(|chip| chip.write(addr, reg, val))
    }

    fn read(&mut self, addr: u8, reg: u8) -> Result<u8, SccbError> {
        self.with_chip(|chip| chip.read(addr, reg))
    }
}

impl CapturePort for SimCameraPort {
    fn start(&mut self, config: &CaptureConfig) -> Result<(), PortError> {
        self.stop();
        let renderer = match std::mem::replace(&mut self.state, State::Changing) {
            State::Stopped(renderer) => renderer,
            _ => Renderer::new(Box::new(AnimatedScene::new()), self.recorded),
        };
        let mut core = Core {
            chip: Arc::clone(&self.chip),
            renderer,
            timeline: Timeline::new(self.time.now_us()),
            lamp: self.lamp.clone(),
            faults: self.faults.clone(),
            config: *config,
            dark_until_us: 0,
        };
        self.shared.lock().stop = false;
        if self.time.is_virtual() {
            self.state = State::Inline(core);
        } else {
            let (shared, time) = (Arc::clone(&self.shared), self.time.clone());
            let thread = std::thread::Builder::new().name("camera".into());
            let spawned = thread.spawn(move || {
                run(&mut core, &shared, &time);
                core.renderer
            });
            self.state = State::Thread(spawned.map_err(|_| PortError::Resources)?);
        }
        Ok(())
    }

    fn stop(&mut self) {
        let renderer = match std::mem::replace(&mut self.state, State::Changing) {
            State::Stopped(renderer) => renderer,
            State::Inline(core) => core.renderer,
            State::Thread(thread) => {
                self.shared.lock().stop = true;
                self.shared.changed.notify_all();
                let again = || Renderer::new(Box::new(AnimatedScene::new()), self.recorded);
                thread.join().unwrap_or_else(|_| again())
            }
            State::Changing => Renderer::new(Box::new(AnimatedScene::new()), self.recorded),
        };
        self.state = State::Stopped(renderer);
        {
            let mut queue = self.shared.lock();
            while let Some(frame) = queue.filled.pop_front() {
                queue.empty.push_back((0, frame.data));
            }
        }
        self.announce();
    }

    fn reclaim(&mut self) -> Option<Vec<u8>> {
        let (_, buffer) = self.shared.lock().empty.pop_front()?;
        Some(buffer)
    }

    fn submit(&mut self, buffer: Vec<u8>) {
        self.catch_up();
        let now = self.time.now_us();
        self.shared.lock().empty.push_back((now, buffer));
        self.shared.changed.notify_all();
        self.announce();
    }

    fn poll(&mut self) -> Option<RawFrame> {
        self.catch_up();
        let frame = self.shared.lock().filled.pop_front();
        self.announce();
        frame
    }

    fn next_frame_us(&self) -> Option<u64> {
        self.next_us(&self.shared.lock())
    }

    fn set_power_down(&mut self, down: bool) {
        self.with_chip(|chip| chip.set_power_down(down));
    }

    fn set_reset(&mut self, asserted: bool) {
        self.with_chip(|chip| chip.set_reset(asserted));
    }

    fn set_xclk(&mut self, hz: u32) {
        self.with_chip(|chip| chip.set_xclk(hz));
    }

    /// The simulated chip needs no time to settle, so nobody waits; virtual time does pass.
    fn delay_ms(&mut self, ms: u32) {
        if self.time.is_virtual() {
            self.time.delay_us(u64::from(ms) * 1000);
        }
    }
}

impl Drop for SimCameraPort {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Real time: the render thread.
fn run(core: &mut Core, shared: &Shared, time: &TimeSource) {
    let mut queue = shared.lock();
    loop {
        if queue.stop {
            return;
        }
        let Some((lent_us, _)) = queue.empty.front() else {
            queue = wait(shared, queue, None);
            continue;
        };
        let now = time.now_us();
        let Some(first) = core.coming(*lent_us) else {
            core.dark_until_us = now;
            queue = wait_until(shared, queue, time, now + IDLE_LOOK_US);
            continue;
        };
        // Rendering took longer than a frame: go on with one that has not passed yet.
        let coming = if first.start_us + first.period_us < now {
            let (start_us, skipped) = core.timeline.first_after(now, first.period_us);
            Coming { start_us, skipped, ..first }
        } else {
            first
        };
        queue = wait_until(shared, queue, time, coming.start_us);
        if queue.stop {
            return;
        }
        let Some((lent_us, data)) = queue.empty.pop_front() else {
            continue;
        };
        drop(queue);
        let frame = core.expose(&coming, data);
        let complete_us = coming.start_us + coming.period_us;
        queue = wait_until(shared, shared.lock(), time, complete_us);
        if queue.stop {
            queue.empty.push_front((lent_us, frame.data));
            return;
        }
        queue.filled.push_back(frame);
        shared.signal.set_ready(true);
    }
}

fn wait<'a>(
    shared: &'a Shared,
    queue: MutexGuard<'a, Queue>,
    at_most: Option<std::time::Duration>,
) -> MutexGuard<'a, Queue> {
    match at_most {
        None => {
            let woken = shared.changed.wait(queue);
            woken.unwrap_or_else(PoisonError::into_inner)
        }
        Some(at_most) => {
            let woken = shared.changed.wait_timeout(queue, at_most);
            woken.unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

/// Waits until a time or until the thread shall stop.
fn wait_until<'a>(
    shared: &'a Shared,
    mut queue: MutexGuard<'a, Queue>,
    time: &TimeSource,
    until_us: u64,
) -> MutexGuard<'a, Queue> {
    while !queue.stop {
        let left = time.until(until_us);
        if left.is_zero() {
            break;
        }
        queue = wait(shared, queue, Some(left));
    }
    queue
}
