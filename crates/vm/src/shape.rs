//! Shapes: which attribute name an instance's slot belongs to. Instances that got the same attributes in the
//! same order share a shape, so that code can remember "shape 7: `x` is slot 2".

use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_heap::{Heap, OutOfMemory, Value};

/// One step in the tree of shapes.
struct Shape {
    parent: u32,
    /// The name added by this step; unbound for a root's hidden slot or an empty root.
    name: Value,
    /// Number of slots.
    len: u32,
    /// Shapes reached from here by adding a name.
    next: Vec<u32>,
}

/// A look-up remembered. An interned name lives as long as the heap, and a shape never changes.
#[derive(Clone, Copy)]
struct Known {
    shape: u32,
    /// `MISSING`: the shape has no such name.
    slot: u32,
    /// The word of the name.
    name: usize,
}

const MISSING: u32 = u32::MAX;
/// Look-ups remembered.
const KNOWN: usize = if cfg!(target_pointer_width = "64") { 1024 } else { 64 };
/// Shapes up to this length are searched without.
const SHORT: u32 = 4;

/// All shapes of a VM. Shape 0 does not exist.
#[derive(Default)]
pub struct Shapes {
    all: Vec<Shape>,
    /// Made when the first long shape is searched.
    known: RefCell<Vec<Known>>,
}

impl Shapes {
    /// Shapes live as long as the VM, and so does what is accounted for them.
    fn push(&mut self, heap: &Heap, shape: Shape) -> Result<u32, OutOfMemory> {
        heap.unlocked(|| heap.charge(2 * size_of::<Shape>() + 4 * size_of::<u32>()))?;
        if self.all.is_empty() {
            self.all.try_reserve(16).map_err(|_| OutOfMemory)?;
            self.all.push(Shape { parent: 0, name: Value::UNBOUND, len: 0, next: Vec::new() });
        }
        self.all.try_reserve(1).map_err(|_| OutOfMemory)?;
        self.all.push(shape);
        Ok(self.all.len() as u32 - 1)
    }

    /// A new root; with `hidden`, slot 0 has no name.
    pub fn root(&mut self, heap: &Heap, hidden: bool) -> Result<u32, OutOfMemory> {
        self.push(heap, Shape { parent: 0, name: Value::UNBOUND, len: hidden as u32, next: Vec::new() })
    }

    /// The slot of an interned name.
    pub fn find(&self, shape: u32, name: &Value) -> Option<usize> {
        if self.all.get(shape as usize)?.len <= SHORT {
            return self.search(shape, name);
        }
        let Ok(mut known) = self.known.try_borrow_mut() else { return self.search(shape, name) };
        if known.is_empty() {
            if known.try_reserve_exact(KNOWN).is_err() {
                return self.search(shape, name);
            }
            known.resize(KNOWN, Known { shape: 0, slot: 0, name: 0 });
        }
        let name_word = name.word();
        let place = (name_word >> 3 ^ name_word >> 9 ^ (shape as usize * 31)) % KNOWN;
        let k = &mut known[place];
        if k.shape != shape || k.name != name_word {
            let slot = self.search(shape, name).map_or(MISSING, |slot| slot as u32);
            *k = Known { shape, slot, name: name_word };
        }
        if k.slot == MISSING { None } else { Some(k.slot as usize) }
    }

    fn search(&self, mut shape: u32, name: &Value) -> Option<usize> {
        while let Some(s) = self.all.get(shape as usize) {
            if s.name.is(name) {
                return Some(s.len as usize - 1);
            }
            if s.parent == 0 {
                return None;
            }
            shape = s.parent;
        }
        None
    }

    /// The shape reached by adding an interned name that `shape` lacks.
    pub fn add(&mut self, heap: &Heap, shape: u32, name: &Value) -> Result<u32, OutOfMemory> {
        let Some(s) = self.all.get(shape as usize) else { return Err(OutOfMemory) };
        if let Some(&next) = s.next.iter().find(|&&n| self.all[n as usize].name.is(name)) {
            return Ok(next);
        }
        let len = s.len + 1;
        let next = self.push(heap, Shape { parent: shape, name: name.clone(), len, next: Vec::new() })?;
        let list = &mut self.all[shape as usize].next;
        list.try_reserve(1).map_err(|_| OutOfMemory)?;
        list.push(next);
        Ok(next)
    }

    /// The names of the slots in order, hidden ones left out.
    pub fn names(&self, mut shape: u32) -> Vec<(Value, usize)> {
        let mut names = Vec::new();
        while let Some(s) = self.all.get(shape as usize) {
            if !s.name.is_unbound() {
                names.push((s.name.clone(), s.len as usize - 1));
            }
            if s.parent == 0 {
                break;
            }
            shape = s.parent;
        }
        names.reverse();
        names
    }
}
