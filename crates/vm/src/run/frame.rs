//! Frames and the stacks they live on.

use crate::object::{CodeObject, Then, Walk};
use crate::vm::Res;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;
use snakeye_bytecode::Handler;
use snakeye_heap::{Charge, Heap, Value};

/// How a result reaches the frame below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ret {
    /// Into a register.
    Reg(u8),
    /// Nowhere.
    Discard,
    /// Its truth (or the opposite) into a register.
    Bool { reg: u8, negate: bool },
    /// A jump when its truth is `polarity`.
    Jump { polarity: bool, distance: i32 },
    /// As the next item of a for loop, or a jump when it is unbound.
    ForIter { dst: u8, jump: i32 },
    /// As the item that `yield from` passes on, or, when unbound, its end.
    YieldFrom { reg: u8 },
    /// `__init__`'s result, which must be None; the instance (kept in the frame) goes into the register.
    Init(u8),
    /// Into a register: what the method of a binary operator gave, unless it is NotImplemented.
    Operator(u8),
    /// To the native below.
    Native,
    /// To the walk below, item by item.
    Walk,
    /// Out of this run of the loop.
    Exit,
    /// Nowhere: the thread ends.
    ThreadEnd,
}

/// What a frame runs, and how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// A function: with its result.
    Plain,
    /// A generator asked for its next item: with unbound.
    Next,
    /// A generator sent to: with StopIteration.
    Send,
}

/// A Python frame.
pub(crate) struct Frame {
    /// The function: keeps code, globals and closure alive.
    pub function: Value,
    pub code: NonNull<CodeObject>,
    /// Register 0: a place of the stack, or, in a generator's frame, the first of the row the generator keeps.
    pub base: *mut Value,
    /// Next instruction, while another frame runs.
    pub pc: *const u32,
    /// Namespace dict of a class body or exec; the instance for `Ret::Init`; the generator the frame belongs
    /// to; else unbound.
    pub context: Value,
    /// The first place of the stack that neither this frame nor one below uses.
    pub top: *mut Value,
    pub ret: Ret,
    /// Segment to return to.
    pub segment: u16,
    pub kind: FrameKind,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Entry>() <= 64);

impl Frame {
    pub fn code(&self) -> &CodeObject {
        // SAFETY: fact 3 of run/mod.rs.
        unsafe { self.code.as_ref() }
    }

    /// The handler of the instruction that raised: the pc stands behind it.
    pub fn handler(&self) -> Option<Handler> {
        let at = self.pc_index().saturating_sub(1) as u32;
        self.code().handlers.iter().find(|h| h.start <= at && at < h.end).copied()
    }

    /// Index of the word `pc` points to.
    pub fn pc_index(&self) -> usize {
        // SAFETY: pc points into the code's words.
        unsafe { self.pc.offset_from(self.code().words.as_ptr()) as usize }
    }
}

/// One entry of a thread's frame stack.
pub(crate) enum Entry {
    Python(Frame),
    Native {
        then: Then,
        ret: Ret,
    },
    /// A native that takes every item of a generator; the generator's frame is above.
    Walk {
        generator: Value,
        walk: Box<dyn Walk>,
        ret: Ret,
    },
}

/// A thread's registers and frames.
pub(crate) struct Stack {
    pub entries: Vec<Entry>,
    segments: Vec<NonNull<[Value]>>,
    /// The segment in use; changed by `use_segment` only.
    pub segment: usize,
    /// End of the segment in use.
    limit: *mut Value,
    /// Places of the first segment.
    first: usize,
    /// For segments and entries.
    charge: Charge,
    /// Bytes of `charge` that are for entries.
    for_entries: usize,
}

/// Places of a thread's first segment, of the main thread's, and the least of a further one.
const FIRST: usize = 48;
const FIRST_MAIN: usize = 512;
const FURTHER: usize = 256;

impl Stack {
    /// An empty stack; the main thread's starts larger.
    pub fn new(heap: &Heap, main: bool) -> Stack {
        let first = if main { FIRST_MAIN } else { FIRST };
        Stack {
            entries: Vec::new(),
            segments: Vec::new(),
            segment: 0,
            limit: core::ptr::null_mut(),
            first,
            charge: heap.hold_nothing(),
            for_entries: 0,
        }
    }

    /// Makes what a thread needs to start, so that it is refused where it is started.
    pub fn begin(&mut self) -> Res<()> {
        self.charge.grow(size_of::<super::thread::Thread>())?;
        self.grow_entries()?;
        self.place(core::ptr::null_mut(), 0, 1).map(drop)
    }

    /// Room for another entry.
    #[cold]
    #[inline(never)]
    pub fn grow_entries(&mut self) -> Res<()> {
        self.entries.try_reserve(1).map_err(|_| crate::Raised)?;
        let bytes = self.entries.capacity() * size_of::<Entry>();
        if bytes > self.for_entries {
            self.charge.grow(bytes - self.for_entries)?;
            self.for_entries = bytes;
        }
        Ok(())
    }

    /// Goes to another segment.
    #[inline(always)]
    pub fn use_segment(&mut self, segment: usize) {
        if segment != self.segment || self.limit.is_null() {
            self.segment = segment;
            self.limit = self.bounds().1;
        }
    }

    /// First and last-plus-one place of the segment in use.
    fn bounds(&self) -> (*mut Value, *mut Value) {
        match self.segments.get(self.segment) {
            Some(s) => {
                let start = s.as_ptr().cast::<Value>();
                (start, start.wrapping_add(s.len()))
            }
            None => (core::ptr::null_mut(), core::ptr::null_mut()),
        }
    }

    /// End of the segment in use.
    #[inline(always)]
    pub fn limit(&self) -> *mut Value {
        self.limit
    }

    /// The first place no frame uses.
    pub fn top(&self) -> *mut Value {
        for e in self.entries.iter().rev() {
            if let Entry::Python(f) = e {
                return f.top;
            }
        }
        self.bounds().0
    }

    /// A base for `n` registers: `at` when they fit there, else the start of another segment, to which the
    /// `keep` values at `at` are moved.
    pub fn place(&mut self, at: *mut Value, keep: usize, n: usize) -> Res<*mut Value> {
        if !at.is_null() && (at as usize) + n * size_of::<Value>() <= self.limit() as usize {
            return Ok(at);
        }
        let next = if self.segments.is_empty() { 0 } else { self.segment + 1 };
        if self.segments.get(next).is_some_and(|s| s.len() < n) {
            self.drop_from(next);
        }
        if next >= self.segments.len() {
            let size = if next == 0 { self.first } else { (FURTHER << next.min(5)).min(8192) }.max(n);
            self.charge.grow(size * size_of::<Value>())?;
            let mut v: Vec<Value> = Vec::new();
            if v.try_reserve_exact(size).is_err() {
                self.charge.shrink(size * size_of::<Value>());
                return Err(crate::Raised);
            }
            v.resize(size, Value::UNBOUND);
            let boxed = Box::into_raw(v.into_boxed_slice());
            // SAFETY: from Box::into_raw.
            self.segments.push(unsafe { NonNull::new_unchecked(boxed) });
        }
        self.use_segment(next);
        let base = self.bounds().0;
        // SAFETY: both runs are places of segments (fact 2); moving leaves unbound behind.
        unsafe {
            for i in 0..keep {
                let v = core::mem::replace(&mut *at.add(i), Value::UNBOUND);
                drop(core::mem::replace(&mut *base.add(i), v));
            }
        }
        Ok(base)
    }

    /// A base for the `n_regs` registers of a function that the frame on top calls with the `n` arguments at
    /// `first`, which move there: those in a generator's row, and those at the end of a full segment.
    #[inline(never)]
    pub fn place_window(&mut self, frame: &Frame, first: *mut Value, n: usize, n_regs: usize) -> Res<*mut Value> {
        if frame.kind == FrameKind::Plain {
            return self.place(first, n, n_regs);
        }
        let base = self.place(frame.top, 0, n_regs)?;
        for i in 0..n {
            // SAFETY: registers of the frame, and unused places of a segment (fact 2).
            unsafe { put(base.add(i), take(first.add(i))) };
        }
        Ok(base)
    }

    fn drop_from(&mut self, n: usize) {
        while self.segments.len() > n {
            if let Some(s) = self.segments.pop() {
                self.charge.shrink(s.len() * size_of::<Value>());
                // SAFETY: made by Box::into_raw; no frame uses it any more.
                drop(unsafe { Box::from_raw(s.as_ptr()) });
            }
        }
    }

    /// The Python frame on top.
    pub fn frame(&mut self) -> Option<&mut Frame> {
        match self.entries.last_mut() {
            Some(Entry::Python(f)) => Some(f),
            _ => None,
        }
    }

    /// Unbinds a frame's registers and goes back to its caller's segment.
    pub fn release(&mut self, f: &Frame) {
        let n = f.code().n_regs as usize;
        // SAFETY: the frame's registers (fact 2).
        unsafe { clear(f.base, n) };
        self.use_segment(f.segment as usize);
    }
}

/// Unbinds `n` places.
///
/// # Safety
/// They are registers (fact 2 of run/mod.rs).
#[inline(always)]
pub(crate) unsafe fn clear(base: *mut Value, n: usize) {
    for i in 0..n {
        // SAFETY: per the contract. The value is moved out before it drops.
        unsafe { drop(core::mem::replace(&mut *base.add(i), Value::UNBOUND)) };
    }
}

/// Puts `v` into a register; what was there is dropped last.
///
/// # Safety
/// `place` is a register (fact 2 of run/mod.rs).
#[inline(always)]
pub(crate) unsafe fn put(place: *mut Value, v: Value) {
    // SAFETY: per the contract.
    unsafe { drop(core::mem::replace(&mut *place, v)) }
}

/// Moves the value out of a register, which is unbound then.
///
/// # Safety
/// `place` is a register (fact 2 of run/mod.rs).
#[inline(always)]
pub(crate) unsafe fn take(place: *mut Value) -> Value {
    // SAFETY: per the contract.
    unsafe { core::mem::replace(&mut *place, Value::UNBOUND) }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // Frames first: they point into the segments.
        while let Some(e) = self.entries.pop() {
            if let Entry::Python(f) = &e {
                self.release(f);
            }
        }
        self.drop_from(0);
    }
}
