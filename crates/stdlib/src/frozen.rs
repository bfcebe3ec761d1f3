//! Modules of ours in Python, which are built into the firmware (the folder `frozen` of this crate).

use snakeye_vm::run::frozen::Frozen;

macro_rules! frozen {
    ($($path:literal),* $(,)?) => {
        &[$(Frozen { path: $path, source: include_str!(concat!("../frozen/", $path)) }),*]
    };
}

/// All of them, for the port to hand to the VM.
pub static FROZEN: &[Frozen] = frozen![
    "asyncio/__init__.py",
    "asyncio/core.py",
    "asyncio/event.py",
    "asyncio/funcs.py",
    "asyncio/legacy.py",
    "asyncio/lock.py",
    "asyncio/stream.py",
];
