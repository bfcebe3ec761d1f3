//! How a call on a socket waits: not at all, until its deadline, or for ever.

use super::{open_id, this};
use crate::host::board;
use crate::interest::socket as interest;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_hal::{Errno, Net, SocketId};
use snakeye_vm::object::{Step, Wait};
use snakeye_vm::{Raised, Res, Value, Vm};

/// Until when a call may wait. Fixed once when the call begins, however often it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Not at all.
    Now,
    /// Until this time of the host's clock, in µs.
    At(u64),
    /// For ever.
    Never,
}

impl Limit {
    /// What the socket's time-out means for a call that begins now.
    pub(crate) fn of(vm: &mut Vm, socket: &Value) -> Res<Limit> {
        Ok(match this(vm, socket)?.timeout_us.get() {
            None => Limit::Never,
            Some(0) => Limit::Now,
            Some(us) => Limit::At(vm.host.now_us().saturating_add(us)),
        })
    }

    /// The deadline of a wait: `Err(errno)` when there is none to be had.
    pub(crate) fn deadline(self, vm: &mut Vm, would_block: Errno) -> Result<Option<u64>, Errno> {
        match self {
            Limit::Now => Err(would_block),
            Limit::At(us) if us <= vm.host.now_us() => Err(Errno::ETIMEDOUT),
            Limit::At(us) => Ok(Some(us)),
            Limit::Never => Ok(None),
        }
    }
}

/// Something to do on a socket that may have to wait in between. What was done so far lives in it.
pub(crate) trait Task: 'static {
    /// Goes on as far as it can: done, or `EAGAIN` to wait, or failed.
    fn go_on(&mut self, vm: &mut Vm, id: SocketId) -> Result<Res, Errno>;

    /// What it waits for next; `mode` is what its caller said.
    fn mode(&self, mode: u8) -> u8 {
        mode
    }

    /// The result when it may not wait (`EAGAIN`) or has waited long enough (`ETIMEDOUT`).
    fn cut_short(&mut self, vm: &mut Vm, why: Errno) -> Res {
        Err(vm.os_error(why.0))
    }
}

impl<F: FnMut(&mut Vm, SocketId) -> Result<Res, Errno> + 'static> Task for F {
    fn go_on(&mut self, vm: &mut Vm, id: SocketId) -> Result<Res, Errno> {
        self(vm, id)
    }
}

/// Runs a task to its end, with waits for `mode` in between.
pub(crate) fn run(vm: &mut Vm, socket: Value, mode: u8, limit: Limit, mut task: impl Task) -> Res<Step> {
    let id = open_id(vm, &socket)?;
    board(vm).close_orphans();
    match task.go_on(vm, id) {
        Ok(v) => v.map(Step::Done),
        Err(Errno::EAGAIN) => match limit.deadline(vm, Errno::EAGAIN) {
            Ok(deadline_us) => {
                let wait = Wait { interests: vec![interest(id, task.mode(mode))], deadline_us };
                Ok(Step::park(wait, move |vm, woken| {
                    woken?;
                    run(vm, socket, mode, limit, task)
                }))
            }
            Err(why) => task.cut_short(vm, why).map(Step::Done),
        },
        Err(e) => Err(vm.os_error(e.0)),
    }
}

/// A call that does not wait. When the board has no socket left, sockets in unreachable cycles are closed first.
pub(crate) fn attempt<T>(vm: &mut Vm, mut f: impl FnMut(&mut dyn Net) -> Result<T, Errno>) -> Res<T> {
    let host = board(vm);
    host.close_orphans();
    let mut result = f(host.board.net());
    if matches!(result, Err(Errno::ENFILE)) {
        vm.heap.collect();
        let host = board(vm);
        host.close_orphans();
        result = f(host.board.net());
    }
    result.map_err(|e| vm.os_error(e.0))
}

/// Keeps received bytes, if the heap would have room for them.
pub(crate) fn keep(vm: &mut Vm, got: &mut Vec<u8>, part: &[u8]) -> Res<()> {
    if got.try_reserve(part.len()).is_err() {
        return Err(Raised);
    }
    let total = got.len() + part.len();
    vm.heap.charge(total)?;
    vm.heap.discharge(total);
    got.extend_from_slice(part);
    Ok(())
}
