//! The board's Python modules and the REPL, over any [`snakeye_hal::Board`].
//!
//! Knows no simulator and no chip. Natives reach the board through [`host::board`]; those that would block park
//! their thread.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod boot;
pub mod camera;
pub mod console;
pub mod file;
pub mod host;
pub mod interest;
pub mod machine;
pub mod mem;
pub mod network;
pub mod os;
pub mod repl;
pub mod socket;
pub mod thread;
pub mod time;
pub mod tls;
pub mod vfs;

use snakeye_vm::object::ModuleDef;

/// Modules of the desktop that take the place of the board's.
pub static DESKTOP: &[&ModuleDef] = &[&machine::DESKTOP_MACHINE];

/// Modules of every port that has a board.
pub static MODULES: &[&ModuleDef] = &[
    &camera::CAMERA,
    &machine::ESP,
    &machine::MACHINE,
    &network::NETWORK,
    &os::OS,
    &socket::SOCKET_MODULE,
    &thread::THREAD,
    &time::TIME,
    &tls::SSL,
    &tls::TLS,
    &vfs::VFS,
];
