//! Simulated pins: what the program drives, what the world drives, who watches.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use snakeye_hal::{BoardDef, Led, PinConfig, PinError, PinId, PinMode, Pins, Pull};

use crate::TimeSource;

/// Full brightness of a LED.
pub const LED_FULL: u32 = 1023;

/// Brightness of the board's flash LED, 0 to [`LED_FULL`]: pins write it, the scene reads it.
#[derive(Clone, Default)]
pub struct Lamp(Arc<AtomicU32>);

impl Lamp {
    /// A dark lamp.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Brightness, 0 to [`LED_FULL`].
    #[must_use]
    pub fn brightness(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Sets the brightness.
    pub fn set_brightness(&self, brightness: u32) {
        self.0.store(brightness.min(LED_FULL), Ordering::Release);
    }
}

/// The level on a pin changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinChange {
    /// Which pin.
    pub pin: PinId,
    /// Its level now.
    pub level: bool,
    /// When, in board ticks.
    pub at_us: u64,
}

#[derive(Clone, Copy, Default)]
struct Pin {
    config: PinConfig,
    latch: bool,
    /// What is wired to it from outside, if anything.
    external: Option<bool>,
}

impl Pin {
    fn level(&self) -> bool {
        let line = self.external.unwrap_or(self.config.pull == Pull::Up);
        match self.config.mode {
            PinMode::Output => self.latch,
            PinMode::OpenDrain => self.latch && self.external.unwrap_or(true),
            PinMode::Input | PinMode::Disabled => line,
        }
    }
}

struct Table {
    pins: Vec<Pin>,
    watchers: Vec<Sender<PinChange>>,
}

/// A hold on the pins for tests and host tools: reads levels, drives inputs, watches changes.
#[derive(Clone)]
pub struct PinPanel {
    table: Arc<Mutex<Table>>,
    time: TimeSource,
    lamp: Lamp,
    flash_led: Option<Led>,
}

impl PinPanel {
    /// The level on a pin; low for one that does not exist.
    #[must_use]
    pub fn level(&self, pin: PinId) -> bool {
        self.lock().pins.get(usize::from(pin)).is_some_and(Pin::level)
    }

    /// Wires a level to a pin from outside (a button, a sensor), or takes the wire away.
    pub fn drive(&self, pin: PinId, level: Option<bool>) {
        self.change(pin, |p| p.external = level);
    }

    /// Reports every change of level from now on.
    #[must_use]
    pub fn watch(&self) -> Receiver<PinChange> {
        let (sender, receiver) = channel();
        self.lock().watchers.push(sender);
        receiver
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, pin: PinId, edit: impl FnOnce(&mut Pin)) {
        let mut table = self.lock();
        let Some(entry) = table.pins.get_mut(usize::from(pin)) else {
            return;
        };
        let before = entry.level();
        edit(entry);
        let level = entry.level();
        if let Some(led) = self.flash_led.filter(|led| led.pin == pin) {
            let drives = matches!(entry.config.mode, PinMode::Output | PinMode::OpenDrain);
            let lit = drives && led.is_lit(level);
            self.lamp.set_brightness(if lit { LED_FULL } else { 0 });
        }
        if level != before {
            let at_us = self.time.now_us();
            let report = PinChange { pin, level, at_us };
            table.watchers.retain(|w| w.send(report).is_ok());
        }
    }
}

/// The board's pins.
pub struct SimPins {
    def: &'static BoardDef,
    panel: PinPanel,
}

impl SimPins {
    /// Pins of `def`, all disabled. `lamp` follows the flash LED.
    #[must_use]
    pub fn new(def: &'static BoardDef, time: TimeSource, lamp: Lamp) -> Self {
        let count = def.gpios.iter().max().map_or(0, |pin| usize::from(*pin) + 1);
        let table = Table { pins: vec![Pin::default(); count], watchers: Vec::new() };
        Self { def, panel: PinPanel { table: Arc::new(Mutex::new(table)), time, lamp, flash_led: def.flash_led } }
    }

    /// A hold on the pins for others.
    #[must_use]
    pub fn panel(&self) -> PinPanel {
        self.panel.clone()
    }

    /// Puts every pin back as after a reset, except those held; wires from outside stay.
    pub(crate) fn reset(&mut self) {
        for pin in self.def.gpios {
            self.panel.change(*pin, |p| {
                if !p.config.hold {
                    p.config = PinConfig::default();
                    p.latch = false;
                }
            });
        }
    }

    /// What a pin puts out when it is an output.
    pub(crate) fn latch(&self, pin: PinId) -> bool {
        self.panel.lock().pins.get(usize::from(pin)).is_some_and(|p| p.latch)
    }

    fn check(&self, pin: PinId) -> Result<(), PinError> {
        if self.def.has_pin(pin) { Ok(()) } else { Err(PinError::NoSuchPin) }
    }
}

impl Pins for SimPins {
    fn configure(&mut self, pin: PinId, config: PinConfig) -> Result<(), PinError> {
        self.check(pin)?;
        let drives = matches!(config.mode, PinMode::Output | PinMode::OpenDrain);
        if drives && self.def.is_input_only(pin) {
            return Err(PinError::InputOnly);
        }
        self.panel.change(pin, |p| p.config = config);
        Ok(())
    }

    fn config(&self, pin: PinId) -> Result<PinConfig, PinError> {
        self.check(pin)?;
        let table = self.panel.lock();
        let entry = table.pins.get(usize::from(pin));
        entry.map(|p| p.config).ok_or(PinError::NoSuchPin)
    }

    fn read(&mut self, pin: PinId) -> Result<bool, PinError> {
        self.check(pin)?;
        Ok(self.panel.level(pin))
    }

    fn write(&mut self, pin: PinId, level: bool) -> Result<(), PinError> {
        self.check(pin)?;
        if self.def.is_input_only(pin) {
            return Err(PinError::InputOnly);
        }
        self.panel.change(pin, |p| p.latch = level);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakeye_hal::boards::AI_THINKER;

    fn output() -> PinConfig {
        PinConfig { mode: PinMode::Output, ..PinConfig::default() }
    }

    fn pins() -> (SimPins, Lamp) {
        let lamp = Lamp::new();
        let time = TimeSource::simulated();
        (SimPins::new(&AI_THINKER, time, lamp.clone()), lamp)
    }

    #[test]
    fn the_flash_led_follows_gpio4() {
        let (mut pins, lamp) = pins();
        pins.write(4, true).unwrap();
        assert_eq!(lamp.brightness(), 0, "not an output yet");
        pins.configure(4, output()).unwrap();
        assert_eq!(lamp.brightness(), LED_FULL);
        pins.write(4, false).unwrap();
        assert_eq!(lamp.brightness(), 0);
        pins.write(4, true).unwrap();
        pins.reset();
        assert_eq!(lamp.brightness(), 0);
    }

    #[test]
    fn inputs_read_the_wire_else_the_pull() {
        let (mut pins, _) = pins();
        let up = PinConfig { mode: PinMode::Input, pull: Pull::Up, ..PinConfig::default() };
        pins.configure(13, up).unwrap();
        assert_eq!(pins.read(13), Ok(true));
        let panel = pins.panel();
        panel.drive(13, Some(false));
        assert_eq!(pins.read(13), Ok(false));
        panel.drive(13, None);
        assert_eq!(pins.read(13), Ok(true));
    }

    #[test]
    fn an_open_drain_pin_only_pulls_low() {
        let (mut pins, _) = pins();
        let config = PinConfig { mode: PinMode::OpenDrain, ..PinConfig::default() };
        pins.configure(14, config).unwrap();
        assert_eq!(pins.read(14), Ok(false));
        pins.write(14, true).unwrap();
        assert_eq!(pins.read(14), Ok(true));
        pins.panel().drive(14, Some(false));
        assert_eq!(pins.read(14), Ok(false));
    }

    #[test]
    fn pins_the_board_lacks_or_cannot_drive_are_refused() {
        let (mut pins, _) = pins();
        assert_eq!(pins.write(6, true), Err(PinError::NoSuchPin));
        assert_eq!(pins.read(200), Err(PinError::NoSuchPin));
        assert_eq!(pins.configure(34, output()), Err(PinError::InputOnly));
        assert_eq!(pins.write(39, true), Err(PinError::InputOnly));
    }

    #[test]
    fn watchers_see_changes_once() {
        let (mut pins, _) = pins();
        let changes = pins.panel().watch();
        pins.configure(33, output()).unwrap();
        pins.write(33, true).unwrap();
        pins.write(33, true).unwrap();
        pins.write(33, false).unwrap();
        let seen: Vec<_> = changes.try_iter().map(|c| (c.pin, c.level)).collect();
        assert_eq!(seen, [(33, true), (33, false)]);
    }
}
