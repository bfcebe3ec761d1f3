//! A VM on a simulated board, its console kept as text.

use std::sync::{Arc, Mutex, PoisonError};

use snakeye_camera::CameraPort;
use snakeye_hal::{Board, boards};
use snakeye_modules::boot;
use snakeye_modules::camera::CameraState;
use snakeye_modules::host::BoardHost;
use snakeye_sim::{SimBoard, SimConfig};
use snakeye_vm::{Config, Vm};

/// What the board printed so far.
#[derive(Clone, Default)]
pub struct Console(Arc<Mutex<Vec<u8>>>);

impl Console {
    /// The configuration with this console.
    pub fn attach(&self, config: SimConfig) -> SimConfig {
        let text = self.0.clone();
        config.console(move |bytes| text.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
    }
}

/// Runs a script to the end of all its threads.
pub fn run(board: SimBoard, camera: Option<Box<dyn CameraPort>>, script: &[u8]) {
    let camera = CameraState::new(camera, board.def());
    let host = Box::new(BoardHost::new(Box::new(board), camera));
    let modules: Vec<_> = snakeye_stdlib::MODULES.iter().chain(snakeye_modules::MODULES).copied().collect();
    let config = Config {
        heap_limit: boards::AI_THINKER.heap_size as usize,
        f32: true,
        recursion_limit: 400,
        ..Config::default()
    };
    let mut vm = Vm::new(config, host, &modules).unwrap();
    vm.add_frozen(snakeye_stdlib::FROZEN);
    boot::mount_flash(&mut vm).unwrap();
    boot::install(&mut vm, "esp32", &["", ".frozen", "/lib"]).unwrap();
    assert_eq!(boot::run(&mut vm, script, "test.py"), 0);
    assert!(vm.join_threads().is_ok());
}
