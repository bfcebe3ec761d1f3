//! Green threads: each has its own stack; the VM switches between them at loop edges, calls and waits.

use super::frame::{Entry, Ret, Stack};
use crate::host::Woken;
use crate::object::{Interest, Step, Wait};
use crate::vm::{Res, Vm};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_heap::{Heap, OutOfMemory, Value};

/// `Interest::kind` of things inside the VM (locks and the like); the host never sees it.
pub const INTERNAL: u8 = 255;

/// Loop edges and calls between two looks at the scheduler.
pub(crate) const SLICE: i32 = 2000;

#[derive(Debug)]
pub(crate) enum State {
    Ready,
    /// Waits; `woken` says how the wait ended, once it has.
    Parked {
        wait: Wait,
        woken: Option<bool>,
    },
}

pub(crate) struct Thread {
    pub id: u32,
    pub stack: Stack,
    pub state: State,
    /// How often it locked the heap (`micropython.heap_lock`).
    pub heap_locks: u32,
    /// What it was started with.
    pub function: Value,
}

/// All threads; the first is the main one.
pub(crate) struct Scheduler {
    #[expect(clippy::vec_box, reason = "the run loop keeps addresses inside a thread while others come and go")]
    pub all: Vec<Box<Thread>>,
    pub current: usize,
    next_id: u32,
    /// Ctrl-C came: KeyboardInterrupt is due in the main thread.
    pub interrupt: bool,
    /// Loop edges and calls left in this slice.
    pub fuel: i32,
    /// When parked threads were last looked at.
    polled_us: u64,
    /// Functions to run at the next safe point (`micropython.schedule`).
    pub scheduled: alloc::collections::VecDeque<(Value, Value)>,
    /// One of them runs: no other starts, and Ctrl-C waits.
    in_scheduled: bool,
}

impl Scheduler {
    pub fn new(heap: &Heap) -> Result<Scheduler, OutOfMemory> {
        let main = Box::new(Thread {
            id: 1,
            stack: Stack::new(heap, true),
            state: State::Ready,
            heap_locks: 0,
            function: Value::NONE,
        });
        Ok(Scheduler {
            all: vec![main],
            current: 0,
            next_id: 2,
            interrupt: false,
            fuel: SLICE,
            polled_us: 0,
            scheduled: Default::default(),
            in_scheduled: false,
        })
    }
}

impl Vm {
    /// The stack of the running thread.
    #[inline(always)]
    pub(crate) fn stack(&mut self) -> &mut Stack {
        let current = self.threads.current;
        &mut self.threads.all[current].stack
    }

    /// The running thread's id (`_thread.get_ident`).
    pub fn thread_id(&self) -> u32 {
        self.threads.all[self.threads.current].id
    }

    /// Number of threads, the main one included.
    pub fn thread_count(&self) -> usize {
        self.threads.all.len()
    }

    /// Starts a thread that calls `function(*args, **kw)`; returns its id.
    pub fn start_thread(&mut self, function: Value, args: Vec<Value>, kw: Vec<(Value, Value)>) -> Res<u32> {
        let id = self.threads.next_id;
        self.threads.next_id = id.wrapping_add(1).max(2);
        let mut thread = Box::new(Thread {
            id,
            stack: Stack::new(&self.heap, false),
            state: State::Ready,
            heap_locks: 0,
            function: function.clone(),
        });
        thread.stack.begin()?;
        // The call itself is made when the thread first runs: a native that is woken at once.
        let call = crate::object::Call { function, args, kw };
        thread
            .stack
            .entries
            .push(Entry::Native { then: Box::new(move |_, _| Ok(Step::Tail(Box::new(call)))), ret: Ret::ThreadEnd });
        thread.state = State::Parked { wait: Wait::default(), woken: Some(true) };
        self.threads.all.push(thread);
        Ok(id)
    }

    /// Waits in the main thread until all others have ended.
    pub fn join_threads(&mut self) -> Res<()> {
        const LOOK_US: u64 = 100_000;
        while self.threads.all.len() > 1 {
            let deadline = self.host.now_us().saturating_add(LOOK_US);
            let wait = Wait { interests: Vec::new(), deadline_us: Some(deadline) };
            self.run_step(Step::park(wait, |_, r| r.map(Step::Done)))?;
        }
        Ok(())
    }

    /// Ends all threads but the main one.
    pub fn stop_threads(&mut self) {
        self.threads.all.truncate(1);
        self.turn(0);
    }

    /// Makes it this thread's turn, with a slice of its own.
    pub(crate) fn turn(&mut self, i: usize) {
        self.threads.current = i;
        // What is scheduled runs at the main thread's next loop edge.
        self.threads.fuel = if i == 0 && !self.threads.scheduled.is_empty() { 0 } else { SLICE };
        self.heap.set_locked(self.threads.all[i].heap_locks > 0);
    }

    /// How often the running thread locked the heap.
    pub fn heap_locks(&self) -> u32 {
        self.threads.all[self.threads.current].heap_locks
    }

    /// Sets how often the running thread locked the heap: it is locked for that thread alone.
    pub fn set_heap_locks(&mut self, n: u32) {
        let current = self.threads.current;
        self.threads.all[current].heap_locks = n;
        self.heap.set_locked(n > 0);
    }

    /// Makes the threads that wait for this VM-internal thing ready; returns how many.
    pub fn wake(&mut self, id: u32) -> usize {
        let mut n = 0;
        for t in &mut self.threads.all {
            if let State::Parked { wait, woken: woken @ None } = &mut t.state
                && wait.interests.iter().any(|i| i.kind == INTERNAL && i.id == id)
            {
                *woken = Some(true);
                n += 1;
            }
        }
        n
    }

    /// Makes the threads that wait for this thing of the host's ready, whatever their direction: it was
    /// closed under them.
    pub fn wake_interest(&mut self, gone: &Interest) {
        for t in &mut self.threads.all {
            if let State::Parked { wait, woken: woken @ None } = &mut t.state
                && wait.interests.iter().any(|i| i.kind == gone.kind && i.id == gone.id)
            {
                *woken = Some(true);
            }
        }
    }

    /// A fresh id for a VM-internal thing to wait for.
    pub fn internal_interest(&mut self) -> Interest {
        Interest { kind: INTERNAL, id: self.heap.next_stamp(), mode: 1 }
    }

    /// Looks at what parked threads wait for; waits itself when `block` is set and nothing is ready.
    pub(crate) fn poll(&mut self, block: bool) {
        let now = self.host.now_us();
        self.threads.polled_us = now;
        let mut interests: Vec<Interest> = Vec::new();
        let mut owners: Vec<usize> = Vec::new();
        let mut deadline: Option<u64> = if block { None } else { Some(now) };
        let mut any = false;
        for (n, t) in self.threads.all.iter_mut().enumerate() {
            match &mut t.state {
                State::Ready => any = true,
                State::Parked { woken: Some(_), .. } => any = true,
                State::Parked { wait, woken } => {
                    if wait.deadline_us.is_some_and(|d| d <= now) && wait.interests.iter().all(|i| i.kind == INTERNAL) {
                        *woken = Some(false);
                        any = true;
                        continue;
                    }
                    for i in &wait.interests {
                        if i.kind != INTERNAL {
                            interests.push(*i);
                            owners.push(n);
                        }
                    }
                    if let Some(d) = wait.deadline_us {
                        deadline = Some(deadline.map_or(d, |old: u64| old.min(d)));
                    }
                }
            }
        }
        if any && interests.is_empty() {
            return;
        }
        if any {
            deadline = Some(now);
        }
        let mut ready = vec![false; interests.len()];
        if self.host.wait(&interests, deadline, &mut ready) == Woken::Interrupted {
            self.threads.interrupt = true;
        }
        let now = self.host.now_us();
        for (i, &r) in ready.iter().enumerate() {
            if r && let State::Parked { woken, .. } = &mut self.threads.all[owners[i]].state {
                *woken = Some(true);
            }
        }
        for t in &mut self.threads.all {
            if let State::Parked { wait, woken: woken @ None } = &mut t.state
                && wait.deadline_us.is_some_and(|d| d <= now)
            {
                *woken = Some(false);
            }
        }
    }

    /// At the end of a slice: notices interrupts, lets another thread run. True: the thread changed, or
    /// the exception on its way is to be raised (`Err`).
    #[cold]
    #[inline(never)]
    pub(crate) fn tick(&mut self) -> Res<bool> {
        self.threads.fuel = SLICE;
        if self.host.interrupted() {
            self.threads.interrupt = true;
        }
        if self.threads.current == 0 {
            if !self.threads.in_scheduled && core::mem::take(&mut self.threads.interrupt) {
                return Err(self.raise_args(&crate::exceptions::KEYBOARD_INTERRUPT, &[]));
            }
            self.run_scheduled();
        }
        if self.threads.all.len() == 1 || self.nesting > 0 {
            return Ok(false);
        }
        if self.host.now_us().saturating_sub(self.threads.polled_us) >= 500 {
            self.poll(false);
        }
        let n = self.threads.all.len();
        let start = self.threads.current;
        for k in 1..n {
            let i = (start + k) % n;
            if self.runnable(i) {
                self.turn(i);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn runnable(&self, i: usize) -> bool {
        match &self.threads.all[i].state {
            State::Ready => true,
            State::Parked { woken, .. } => woken.is_some() || i == 0 && self.threads.interrupt,
        }
    }

    /// Chooses the next thread that can run, waiting for one if need be.
    pub(crate) fn choose(&mut self) {
        loop {
            let n = self.threads.all.len();
            let mut block = !(0..n).any(|i| self.runnable(i));
            if block && !self.threads.scheduled.is_empty() && self.run_scheduled_in_main() {
                // They may have woken somebody.
                block = false;
            }
            // One look is enough, be it long or short.
            self.poll(block);
            let n = self.threads.all.len();
            let start = self.threads.current;
            for k in 1..=n {
                let i = (start + k) % n;
                if self.runnable(i) {
                    self.turn(i);
                    return;
                }
            }
        }
    }

    /// Tells of the watched cells that have gone since the last time.
    pub fn run_gone(&mut self) -> Res<()> {
        while let Some(id) = self.heap.next_gone() {
            if let Some(notice) = self.on_gone {
                notice(self, id)?;
            }
        }
        Ok(())
    }

    /// Runs what waits for objects to go, and what `micropython.schedule` has queued so far, in the main thread; what
    /// that queues itself comes next time. What goes wrong is printed, as it has nothing to do with what is running.
    pub(crate) fn run_scheduled(&mut self) {
        if self.threads.in_scheduled {
            return;
        }
        self.threads.in_scheduled = true;
        if self.run_gone().is_err() {
            self.report_scheduled();
        }
        for _ in 0..self.threads.scheduled.len() {
            let Some((f, arg)) = self.threads.scheduled.pop_front() else { break };
            if self.call(&f, core::slice::from_ref(&arg)).is_err() {
                self.report_scheduled();
            }
        }
        self.threads.in_scheduled = false;
        if self.threads.interrupt || !self.threads.scheduled.is_empty() {
            self.threads.fuel = 0;
        }
    }

    fn report_scheduled(&mut self) {
        let e = self.take_exception();
        let text = self.traceback_text(&e);
        // A closed console is no reason to stop either.
        let _ = self.write_out(text.as_bytes());
    }

    /// Runs them while the main thread, like all others, waits; false when that cannot be now.
    fn run_scheduled_in_main(&mut self) -> bool {
        if self.threads.in_scheduled || self.nesting > 0 {
            return false;
        }
        let current = self.threads.current;
        self.turn(0);
        // What it waits for may come from one of them, so it stays marked as waiting.
        self.run_scheduled();
        self.turn(current.min(self.threads.all.len() - 1));
        true
    }

    /// Queues a function for the main thread's next safe point; false when the queue is full.
    pub fn schedule(&mut self, function: Value, arg: Value) -> bool {
        if self.threads.scheduled.len() >= 8 {
            return false;
        }
        self.threads.scheduled.push_back((function, arg));
        self.threads.fuel = 0;
        true
    }

    /// Raises KeyboardInterrupt at the main thread's next safe point.
    pub fn interrupt(&mut self) {
        self.threads.interrupt = true;
        self.threads.fuel = 0;
    }

    /// Whether a scheduled function runs, which Ctrl-C does not end.
    pub(crate) fn in_scheduled(&self) -> bool {
        self.threads.in_scheduled
    }
}
