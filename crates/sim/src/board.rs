//! The simulated board.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags};
use snakeye_hal::{
    Board, BoardDef, Clock, Console, EPOCH_2000_UNIX_S, Flash, Interest, Net, Pins, Ready, ResetCause, ResetRequest,
    SdCard, StationStatus, System, Tls, Wake, WakeReason, Wifi,
};

use crate::config::Storage;
use crate::flash::{SimFlash, SimSdCard};
use crate::net::fabric::FabricNet;
use crate::net::host::HostNet;
use crate::net::{PeerNet, Reach};
use crate::pins::{Lamp, SimPins};
use crate::sensor::SimCameraOptions;
use crate::system::{Random, SimSystem};
use crate::tls::SimTls;
use crate::wifi::SimWifi;
use crate::wifi::neighbourhood::Neighbourhood;
use crate::{
    ConsoleHandle, EventSink, FrameSignal, InterruptHandle, PinPanel, PowerSwitch, RtcStart, SimConfig, SimConsole,
    SimError, SimEvent, TimeSource, Waker,
};

/// What using a part of the board costs in virtual time, so that a loop which polls it gets on.
const PART_COST_US: u64 = 3;
/// What a time slice of the interpreter costs in virtual time.
const SLICE_COST_US: u64 = 10;

enum Network {
    Host(HostNet),
    Fabric(FabricNet, PeerNet),
}

/// A board made of software: everything a script can reach through [`Board`], and handles for
/// the program around it.
pub struct SimBoard {
    def: &'static BoardDef,
    time: TimeSource,
    waker: Waker,
    interrupt: InterruptHandle,
    events: EventSink,
    power: PowerSwitch,
    power_loss_reported: bool,
    console: SimConsole,
    flash: SimFlash,
    sd: Option<SimSdCard>,
    pins: SimPins,
    lamp: Lamp,
    system: SimSystem,
    tls: SimTls,
    wifi: SimWifi,
    wifi_reported: StationStatus,
    neighbourhood: Neighbourhood,
    random: Random,
    net: Network,
    frames: FrameSignal,
}

impl SimBoard {
    pub(crate) fn new(config: SimConfig) -> Result<Self, SimError> {
        let def = config.def;
        let waker = Waker::new().map_err(SimError::Waker)?;
        let interrupt = InterruptHandle::new(waker.clone());
        let events = EventSink::new(config.on_event);
        let power = config.power;
        let mut time = if config.virtual_time { TimeSource::simulated() } else { TimeSource::real() };
        match config.rtc {
            RtcStart::PowerOn => {}
            RtcStart::Host => time.set_rtc_us(host_rtc_us()),
            RtcStart::At(us) => time.set_rtc_us(us),
        }
        let flash = match config.flash {
            Storage::Memory => SimFlash::memory(def.flash_size, power.clone()),
            Storage::File(path) => SimFlash::file(&path, def.flash_size, power.clone())
                .map_err(|source| SimError::Image { path, source })?,
        };
        let sd = match config.sd {
            None => None,
            Some((Storage::Memory, size)) => Some(SimSdCard::memory(size, power.clone())),
            Some((Storage::File(path), size)) => {
                Some(SimSdCard::file(&path, size, power.clone()).map_err(|source| SimError::Image { path, source })?)
            }
        };
        let lamp = Lamp::new();
        let seed = config.seed.or(config.virtual_time.then_some(0));
        let system = SimSystem::new(def, seed, power.clone());
        let mut random = Random::new(seed.unwrap_or_else(host_seed));
        let wifi = new_wifi(&time, &config.neighbourhood, &system, def, &mut random);
        let net = if config.virtual_time {
            let fabric = FabricNet::new(config.sockets, events.clone(), waker.clone());
            let peers = PeerNet::new(fabric.fabric());
            Network::Fabric(fabric, peers)
        } else {
            let (rules, sockets) = (config.publishing, config.sockets);
            Network::Host(HostNet::new(rules, sockets, events.clone(), waker.clone()))
        };
        Ok(Self {
            def,
            console: SimConsole::new(config.console, interrupt.clone(), waker.clone()),
            pins: SimPins::new(def, time.clone(), lamp.clone()),
            frames: FrameSignal::new(waker.clone()),
            time,
            waker,
            interrupt,
            events,
            power,
            power_loss_reported: false,
            flash,
            sd,
            lamp,
            system,
            tls: SimTls,
            wifi,
            wifi_reported: StationStatus::Idle,
            neighbourhood: config.neighbourhood,
            random,
            net,
        })
    }

    /// The other end of the console's cable.
    #[must_use]
    pub fn console_handle(&self) -> ConsoleHandle {
        self.console.handle()
    }

    /// What Ctrl-C uses; any thread and a signal handler may hold it.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// Wakes the board from another thread.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// The board's time.
    #[must_use]
    pub fn time(&self) -> TimeSource {
        self.time.clone()
    }

    /// Events, when no callback takes them.
    #[must_use]
    pub fn events(&self) -> EventSink {
        self.events.clone()
    }

    /// A hold on the pins.
    #[must_use]
    pub fn pin_panel(&self) -> PinPanel {
        self.pins.panel()
    }

    /// The flash LED.
    #[must_use]
    pub fn lamp(&self) -> Lamp {
        self.lamp.clone()
    }

    /// Where the camera says that frames are there.
    #[must_use]
    pub fn frame_signal(&self) -> FrameSignal {
        self.frames.clone()
    }

    /// A camera for this board, on its clock and lit by its flash LED. The camera is no part of the
    /// board, because the camera driver owns the port it is built on.
    #[must_use]
    pub fn camera_options(&self) -> SimCameraOptions {
        SimCameraOptions { lamp: self.lamp(), ..SimCameraOptions::new(self.time(), self.frame_signal()) }
    }

    /// The switch that can cut the board's power.
    #[must_use]
    pub fn power(&self) -> PowerSwitch {
        self.power.clone()
    }

    /// Whether the flash chip was created erased, so that there is nothing on it yet.
    #[must_use]
    pub fn flash_is_new(&self) -> bool {
        self.flash.is_new()
    }

    /// The network inside the process; only in virtual time.
    #[must_use]
    pub fn peers(&self) -> Option<PeerNet> {
        match &self.net {
            Network::Fabric(_, peers) => Some(peers.clone()),
            Network::Host(_) => None,
        }
    }

    /// Carries out the reset that was asked for (a soft one if none was) after the program has
    /// ended: sockets close, and the board is as it is when the program starts again. Deep sleep
    /// lasts as long as asked, or until an interrupt. Returns what was done.
    pub fn restart(&mut self) -> ResetRequest {
        if self.power.is_lost() {
            self.power_cycle();
            return ResetRequest::Hard;
        }
        let request = self.system.take_request().unwrap_or(ResetRequest::Soft);
        match request {
            ResetRequest::Soft => {
                self.net_mut().close_all();
                self.system.restart(ResetCause::Soft, WakeReason::None);
            }
            ResetRequest::Hard | ResetRequest::Bootloader => {
                self.chip_reset(ResetCause::Hard, WakeReason::None);
            }
            ResetRequest::Watchdog => self.chip_reset(ResetCause::Watchdog, WakeReason::None),
            ResetRequest::DeepSleep { wake_after_us } => {
                self.net_mut().close_all();
                let reason = self.sleep(wake_after_us);
                self.chip_reset(ResetCause::DeepSleep, reason);
            }
        }
        self.interrupt.take();
        request
    }

    /// Takes power away and gives it back: everything but flash and SD card is lost.
    pub fn power_cycle(&mut self) {
        self.power.restore();
        self.power_loss_reported = false;
        self.time.set_rtc_us(0);
        self.chip_reset(ResetCause::PowerOn, WakeReason::None);
        self.interrupt.take();
    }

    fn chip_reset(&mut self, cause: ResetCause, wake: WakeReason) {
        self.net_mut().close_all();
        self.pins.reset();
        self.frames.set_ready(false);
        self.frames.set_next(None);
        self.system.restart(cause, wake);
        self.time.restart_ticks();
        let world = &self.neighbourhood;
        self.wifi = new_wifi(&self.time, world, &self.system, self.def, &mut self.random);
    }

    /// Sleeps deeply: nothing but the time and an interrupt (the reset button) ends it.
    fn sleep(&mut self, wake_after_us: Option<u64>) -> WakeReason {
        let end = wake_after_us.map(|us| self.time.now_us().saturating_add(us));
        if let (true, Some(end)) = (self.time.is_virtual(), end) {
            self.time.advance_to(end);
        }
        loop {
            if end.is_some_and(|end| self.time.now_us() >= end) {
                return WakeReason::Timer;
            }
            if self.interrupt.is_set() {
                return WakeReason::None;
            }
            block_on(&self.waker, end.map(|end| self.time.until(end)));
        }
    }

    fn net_mut(&mut self) -> &mut dyn Net {
        match &mut self.net {
            Network::Host(net) => net,
            Network::Fabric(net, _) => net,
        }
    }

    /// Brings the radio up to now and tells the network and the host what changed.
    fn refresh(&mut self) {
        self.wifi.advance();
        let reach = Reach {
            online: self.wifi.is_online(),
            carries_traffic: self.wifi.carries_traffic(),
            own: self.wifi.own_addresses(),
        };
        match &mut self.net {
            Network::Host(net) => net.reach = reach,
            Network::Fabric(net, _) => net.reach = reach,
        }
        let status = self.wifi.status_now();
        if status != self.wifi_reported {
            self.wifi_reported = status;
            self.events.send(SimEvent::Wifi(status));
        }
    }

    /// What ends any wait at once.
    fn pressing(&mut self) -> Option<Wake> {
        if self.power.is_lost() && !self.power_loss_reported {
            self.power_loss_reported = true;
            self.events.send(SimEvent::PowerCut);
        }
        if self.system.reset_requested().is_some() {
            return Some(Wake::Reset);
        }
        self.interrupt.is_set().then_some(Wake::Interrupt)
    }

    /// Marks everything that is ready now, except sockets of the host.
    fn mark(&self, interests: &[Interest], ready: &mut [Ready]) -> bool {
        let now = self.time.now_us();
        for (mark, interest) in ready.iter_mut().zip(interests) {
            let is_ready = match *interest {
                Interest::Socket { id, read, write } => {
                    *mark = match &self.net {
                        Network::Fabric(net, _) => net.ready(id, read, write),
                        Network::Host(_) => Ready::NONE,
                    };
                    continue;
                }
                Interest::Frame => self.frames.is_ready(now),
                Interest::ConsoleInput => self.console.is_ready(),
                Interest::Resolve => match &self.net {
                    Network::Host(net) => net.resolve_is_ready(),
                    Network::Fabric(..) => true,
                },
                Interest::Scan => self.wifi.scan_is_ready(),
                Interest::WifiStatus => self.wifi.status_changed(),
            };
            *mark = if is_ready { Ready::READ } else { Ready::NONE };
        }
        any(ready)
    }

    fn wait_real(&mut self, interests: &[Interest], deadline_us: Option<u64>) -> Wake {
        let mut ready = vec![Ready::NONE; interests.len()];
        loop {
            if let Some(wake) = self.pressing() {
                return wake;
            }
            self.refresh();
            let now = self.time.now_us();
            let found = self.mark(interests, &mut ready);
            let radio = self.wifi.next_event().filter(|at| *at > now);
            let timeout = if found {
                Some(Duration::ZERO)
            } else {
                let next = deadline_us.into_iter().chain(radio).min();
                next.map(|at| self.time.until(at))
            };
            if let Network::Host(net) = &self.net {
                net.poll_sockets(interests, &mut ready, timeout);
            }
            if any(&ready) {
                return Wake::Ready;
            }
            if deadline_us.is_some_and(|at| at <= self.time.now_us()) {
                return self.pressing().unwrap_or(Wake::Deadline);
            }
        }
    }

    fn wait_virtual(&mut self, interests: &[Interest], deadline_us: Option<u64>) -> Wake {
        let mut ready = vec![Ready::NONE; interests.len()];
        loop {
            if let Some(wake) = self.pressing() {
                return wake;
            }
            let now = self.time.now_us();
            let peers = match &self.net {
                Network::Fabric(_, peers) => peers.run_peers(now),
                Network::Host(_) => None,
            };
            self.refresh();
            if self.mark(interests, &mut ready) {
                return Wake::Ready;
            }
            if deadline_us.is_some_and(|at| at <= now) {
                return self.pressing().unwrap_or(Wake::Deadline);
            }
            let frame = self.frames.next_us();
            let frame = frame.filter(|_| interests.contains(&Interest::Frame));
            let later = [peers, self.wifi.next_event(), frame];
            let later = later.into_iter().flatten().filter(|at| *at > now);
            match deadline_us.into_iter().chain(later).min() {
                Some(at) => self.time.advance_to(at),
                // Only another thread can end this wait now. Where nobody can type either, it
                // would last for ever.
                None if self.console.handle().is_closed() && !self.waker.is_pending() => {
                    self.interrupt.interrupt();
                }
                None => block_on(&self.waker, None),
            }
        }
    }
}

impl SimBoard {
    pub(crate) fn pin_table(&self) -> &SimPins {
        &self.pins
    }
}

impl Board for SimBoard {
    fn read_register(&mut self, address: u32) -> Option<u32> {
        self.register(address)
    }

    fn write_register(&mut self, address: u32, value: u32) -> bool {
        self.set_register(address, value)
    }

    fn restart(&mut self) -> ResetRequest {
        SimBoard::restart(self)
    }

    fn def(&self) -> &BoardDef {
        self.def
    }

    fn clock(&mut self) -> &mut dyn Clock {
        &mut self.time
    }

    fn clock_handle(&self) -> Box<dyn Clock> {
        Box::new(self.time.clone())
    }

    fn console(&mut self) -> &mut dyn Console {
        self.time.charge(PART_COST_US);
        &mut self.console
    }

    fn flash(&mut self) -> &mut dyn Flash {
        &mut self.flash
    }

    fn flash_handle(&self) -> Box<dyn Flash> {
        Box::new(self.flash.clone())
    }

    fn pins(&mut self) -> &mut dyn Pins {
        self.time.charge(PART_COST_US);
        &mut self.pins
    }

    fn system(&mut self) -> &mut dyn System {
        &mut self.system
    }

    fn net(&mut self) -> &mut dyn Net {
        self.time.charge(PART_COST_US);
        self.refresh();
        self.net_mut()
    }

    fn tls(&mut self) -> Option<&mut dyn Tls> {
        Some(&mut self.tls)
    }

    fn wifi(&mut self) -> Option<&mut dyn Wifi> {
        self.time.charge(PART_COST_US);
        self.refresh();
        Some(&mut self.wifi)
    }

    fn sd_card(&self) -> Option<Box<dyn SdCard>> {
        let card = self.sd.clone()?;
        Some(Box::new(card))
    }

    fn wait(&mut self, interests: &[Interest], deadline_us: Option<u64>) -> Wake {
        if self.time.is_virtual() {
            self.wait_virtual(interests, deadline_us)
        } else {
            self.wait_real(interests, deadline_us)
        }
    }

    fn poll(&mut self, interests: &[Interest], ready: &mut [Ready]) -> usize {
        self.time.charge(PART_COST_US);
        if let Network::Fabric(_, peers) = &self.net {
            peers.run_peers(self.time.now_us());
        }
        self.refresh();
        let count = interests.len().min(ready.len());
        let ready = ready.get_mut(..count).unwrap_or_default();
        self.mark(interests, ready);
        if let Network::Host(net) = &self.net {
            net.poll_sockets(interests, ready, Some(Duration::ZERO));
        }
        ready.iter().filter(|r| !r.is_empty()).count()
    }

    fn interrupted(&self) -> bool {
        self.time.charge(SLICE_COST_US);
        self.interrupt.is_set()
    }

    fn take_interrupt(&mut self) -> bool {
        self.interrupt.take()
    }
}

fn any(ready: &[Ready]) -> bool {
    ready.iter().any(|r| !r.is_empty())
}

/// Blocks this thread until the waker is used or the time is over.
fn block_on(waker: &Waker, timeout: Option<Duration>) {
    let mut fds = [PollFd::new(waker.receiver(), PollFlags::IN)];
    let limit = timeout.and_then(|t| t.try_into().ok());
    // A poll cut short by a signal is a spurious wake-up; the caller looks again.
    let _ = rustix::event::poll(&mut fds, limit.as_ref());
    waker.take();
}

fn new_wifi(
    time: &TimeSource,
    world: &Neighbourhood,
    system: &SimSystem,
    def: &BoardDef,
    random: &mut Random,
) -> SimWifi {
    let name = match def.chip {
        snakeye_hal::Chip::Esp32 => "mpy-esp32",
        snakeye_hal::Chip::Esp32S3 => "mpy-esp32s3",
    };
    let own = Random::new(random.next());
    SimWifi::new(time.clone(), world.clone(), system.unique_id(), name, own)
}

/// The host's clock as microseconds since 2000.
fn host_rtc_us() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let us = since_1970.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX));
    us.saturating_sub(EPOCH_2000_UNIX_S * 1_000_000)
}

fn host_seed() -> u64 {
    let mut bytes = [0; 8];
    // Without the host's generator delays repeat, which harms nothing.
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
