//! The VM's outside world on a board: console, clock, waiting and source files.

use crate::interest;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;
use core::cell::RefCell;
use snakeye_hal::{Board, Ready, SocketId, Wake};
use snakeye_vfs::{FileSystem, FsError};
use snakeye_vm::Vm;
use snakeye_vm::host::{Host, Woken, event};
use snakeye_vm::object::{Entry, Interest};

/// Things whose Python object was dropped without a call of `close`: dropping cannot reach the board, so they
/// are closed at the next call that can.
#[derive(Clone, Default)]
pub struct Orphans(Rc<RefCell<Vec<Orphan>>>);

/// One of them.
#[derive(Clone, Copy, Debug)]
pub enum Orphan {
    /// A socket.
    Socket(SocketId),
}

impl Orphans {
    /// Leaves something to be closed.
    pub fn leave(&self, orphan: Orphan) {
        if let Ok(mut list) = self.0.try_borrow_mut() {
            list.push(orphan);
        }
    }
}

/// The files of the computer a VM runs on.
#[derive(Clone, Copy)]
pub struct HostFiles {
    /// The tree below a folder given by its absolute path; for an empty path, all files, with relative paths seen from
    /// the process's current folder.
    pub tree: fn(&str) -> Box<dyn FileSystem>,
    /// Changes the process's current folder.
    pub chdir: fn(&str) -> Result<(), FsError>,
    /// The process's current folder.
    pub getcwd: fn() -> Result<String, FsError>,
}

/// The one host of all ports: a board and its file systems.
pub struct BoardHost {
    /// The board.
    pub board: Box<dyn Board>,
    /// What is to be closed.
    pub orphans: Orphans,
    /// The camera and its settings.
    pub camera: crate::camera::CameraState,
    /// Whether the desktop's conventions hold instead of the board's: epoch 1970, `sys.platform` "linux".
    pub desktop: bool,
    /// What the machine is called, if not after board and chip.
    pub machine_name: Option<String>,
    /// Whether a person types at the console through a terminal that neither echoes nor edits lines itself.
    pub bare_terminal: bool,
    /// Whether `\n` is written as `\r\n`, as a terminal on a serial line needs it.
    pub crlf: bool,
    /// This computer's own files, on a computer.
    pub files: Option<HostFiles>,
    /// What the port adds to modules: module name and entries.
    pub extensions: &'static [(&'static str, &'static [(&'static str, Entry)])],
    /// Where errors and `sys.stderr` go; to the console unless set.
    pub errors: Option<fn(&[u8])>,
}

impl BoardHost {
    /// A host for this board, with nothing mounted yet.
    pub fn new(board: Box<dyn Board>, camera: crate::camera::CameraState) -> BoardHost {
        BoardHost {
            board,
            orphans: Orphans::default(),
            camera,
            desktop: false,
            machine_name: None,
            bare_terminal: false,
            crlf: false,
            files: None,
            extensions: &[],
            errors: None,
        }
    }

    /// What `sys.implementation` and the banner call the machine: board and chip.
    pub fn machine(&self) -> String {
        if let Some(name) = &self.machine_name {
            return name.clone();
        }
        let def = self.board.def();
        alloc::format!("{} with {}", def.name, def.chip.name())
    }

    /// The 32-bit register that holds `size` bytes at an address, and their first bit in it.
    fn register(&self, address: usize, size: usize) -> Option<(u32, u32)> {
        let address = u32::try_from(address).ok()?;
        let shift = address % 4 * 8;
        let fits = matches!(size, 1 | 2 | 4) && shift as usize + 8 * size <= 32;
        (fits && !self.desktop).then_some((address & !3, shift))
    }

    /// Closes what was dropped without being closed.
    pub fn close_orphans(&mut self) {
        loop {
            let next = self.orphans.0.try_borrow_mut().ok().and_then(|mut list| list.pop());
            match next {
                Some(Orphan::Socket(id)) => drop(self.board.net().close(id)),
                None => return,
            }
        }
    }
}

/// The VM's host. Every port of ours gives its VM a [`BoardHost`].
pub fn board(vm: &mut Vm) -> &mut BoardHost {
    match vm.host.as_any().downcast_mut::<BoardHost>() {
        Some(host) => host,
        None => unreachable!("modules are only registered with VMs whose host is a BoardHost"),
    }
}

impl Host for BoardHost {
    fn write(&mut self, bytes: &[u8]) {
        self.close_orphans();
        if !self.crlf {
            self.board.console().write(bytes);
            return;
        }
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|&b| b == b'\n') {
            self.board.console().write(&rest[..at]);
            self.board.console().write(b"\r\n");
            rest = &rest[at + 1..];
        }
        self.board.console().write(rest);
    }

    fn write_error(&mut self, bytes: &[u8]) {
        match self.errors {
            Some(write) => write(bytes),
            None => self.write(bytes),
        }
    }

    fn now_us(&mut self) -> u64 {
        self.board.clock().ticks_us()
    }

    fn entropy(&mut self) -> u64 {
        let mut bits = [0; 8];
        self.board.system().random(&mut bits);
        u64::from_le_bytes(bits)
    }

    fn wait(&mut self, interests: &[Interest], deadline_us: Option<u64>, ready: &mut [bool]) -> Woken {
        self.close_orphans();
        // A kind the board does not know never becomes ready; its place is kept by position.
        let (wanted, places): (Vec<_>, Vec<usize>) =
            interests.iter().enumerate().filter_map(|(n, i)| Some((interest::to_board(i)?, n))).unzip();
        let wake = self.board.wait(&wanted, deadline_us);
        let mut found = vec![Ready::NONE; wanted.len()];
        if wake == Wake::Ready && !wanted.is_empty() {
            self.board.poll(&wanted, &mut found);
        }
        for (n, r) in found.iter().enumerate() {
            if !r.is_empty()
                && let Some(place) = ready.get_mut(places[n])
            {
                *place = true;
            }
        }
        match wake {
            Wake::Interrupt => {
                self.board.take_interrupt();
                Woken::Interrupted
            }
            // The program must end: as an interrupt does, so that `finally` blocks run.
            Wake::Reset => Woken::Interrupted,
            Wake::Ready | Wake::Deadline => Woken::Ready,
        }
    }

    fn ready(&mut self, interests: &[Interest], events: &mut [u16]) {
        self.close_orphans();
        let mut wanted = Vec::with_capacity(interests.len());
        let mut places = Vec::with_capacity(interests.len());
        for (n, (i, answer)) in interests.iter().zip(events.iter_mut()).enumerate() {
            match i.kind {
                interest::OUTPUT if i.mode & interest::WRITE != 0 => *answer = event::OUT,
                interest::NO_FILE => *answer = event::NVAL,
                _ => {
                    if let Some(i) = interest::to_board(i) {
                        wanted.push(i);
                        places.push(n);
                    }
                }
            }
        }
        if wanted.is_empty() {
            return;
        }
        let mut found = vec![Ready::NONE; wanted.len()];
        self.board.poll(&wanted, &mut found);
        for (place, ready) in places.into_iter().zip(found) {
            if let Some(answer) = events.get_mut(place) {
                *answer = interest::events(ready);
            }
        }
    }

    fn descriptor(&mut self, fd: u32) -> Option<(Interest, usize)> {
        /// As many as Linux lets a program have open, unless told otherwise.
        const MOST: usize = 1024;
        if !self.desktop {
            return None;
        }
        let kind = match fd {
            0 => interest::CONSOLE,
            1 | 2 => interest::OUTPUT,
            _ => interest::NO_FILE,
        };
        Some((Interest { kind, id: 0, mode: interest::READ }, MOST))
    }

    fn interrupted(&mut self) -> bool {
        if self.board.interrupted() {
            self.board.take_interrupt();
            return true;
        }
        self.board.system().reset_requested().is_some()
    }

    fn set_interrupt_char(&mut self, byte: Option<u8>) {
        self.board.console().set_interrupt_char(byte);
    }

    fn peek(&mut self, address: usize, size: usize) -> Option<u64> {
        let (register, shift) = self.register(address, size)?;
        let word = self.board.read_register(register)?;
        Some(u64::from(word >> shift) & ((1 << (8 * size)) - 1))
    }

    fn poke(&mut self, address: usize, size: usize, value: u64) -> bool {
        let Some((register, shift)) = self.register(address, size) else { return false };
        let mask = ((1u64 << (8 * size)) - 1) as u32;
        // Registers are written as a whole.
        let kept = match size {
            4 => Some(0),
            _ => self.board.read_register(register).map(|word| word & !(mask << shift)),
        };
        match kept {
            Some(kept) => self.board.write_register(register, kept | (value as u32 & mask) << shift),
            None => false,
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
