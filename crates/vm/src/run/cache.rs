//! Look-ups of globals, attributes and methods, and the caches beside the code that remember them.

use super::frame::{Frame, Ret, put, take};
use super::quick::globals_of;
use crate::exceptions as exc;
use crate::object::*;
use crate::ops::Lookup;
use crate::vm::{Raised, Res, Vm};
use alloc::string::String;
use snakeye_bytecode::Word;
use snakeye_heap::{Gc, Payload, TailHead, Value};

// Kinds of cache entries.
/// Entry `index` of the globals with version `key`.
pub(super) const GLOBAL: u8 = 1;
/// A builtin: `value`, while globals have version `key` and builtins version `epoch`.
pub(super) const BUILTIN: u8 = 2;
/// Slot `index` of instances with shape `key`.
pub(super) const SLOT: u8 = 3;
/// A new slot of instances with shape `key`, whose shape is `index` then.
pub(super) const ADD: u8 = 4;
/// Method `value` of instances with shape `key`.
pub(super) const METHOD: u8 = 5;
/// Method `value` of objects of the built-in type whose address says `key`.
const NATIVE_METHOD: u8 = 6;
/// Method `value` of objects whose kind is `key`, all of which are of one built-in type.
pub(super) const KIND_METHOD: u8 = 8;
/// Entry `index` of a module's dict.
const MODULE_ENTRY: u8 = 7;

/// The cache with number `i`; `None` while the code has none yet.
///
/// # Safety
/// `frame` is the frame on top; the result is not used once other code runs.
#[inline(always)]
pub(super) unsafe fn cache_at<'a>(frame: *mut Frame, i: usize) -> Option<&'a mut Cache> {
    // SAFETY: per the contract; only the run loop touches caches.
    unsafe { (&mut *(*frame).code.as_ref().caches.get()).get_mut(i) }
}

/// The cache with number `i`, which is made now if need be.
///
/// # Safety
/// As for `cache_at`; the index comes from verified code (fact 1).
unsafe fn cache_made<'a>(frame: *mut Frame, i: usize) -> &'a mut Cache {
    // SAFETY: per the contract.
    unsafe {
        let code = (*frame).code.as_ref();
        let row = &mut *code.caches.get();
        if row.is_empty() {
            *row = (0..code.n_caches).map(|_| Cache::default()).collect();
        }
        &mut row[i]
    }
}

/// The name with number `i`.
///
/// # Safety
/// As for `cache_at`; the index comes from verified code (fact 1).
#[inline(always)]
pub(super) unsafe fn name_at<'a>(frame: *mut Frame, i: usize) -> &'a Value {
    // SAFETY: per the contract; the frame keeps its code (fact 3).
    unsafe { &*(*frame).code.as_ref().names.as_ptr().add(i) }
}

/// The extension word of the instruction before the frame's pc.
///
/// # Safety
/// That instruction has one, and the pc stands behind it.
#[inline(always)]
pub(super) unsafe fn extension(frame: *mut Frame) -> u32 {
    // SAFETY: per the contract.
    unsafe { *(*frame).pc.sub(1) }
}

impl Cache {
    /// Whether it is a hit of this kind for an instance.
    #[inline(always)]
    pub(super) fn hits(&self, kind: u8, i: &Instance, epoch: u32) -> bool {
        self.key == i.shape.get() && self.kind == kind && self.epoch == epoch
    }

    fn set(&mut self, kind: u8, key: u32, epoch: u32, index: u32) {
        self.kind = kind;
        self.key = key;
        self.epoch = epoch;
        self.index = index;
        self.value = None;
    }
}

impl Vm {
    /// # Safety
    /// This and the other `op_` functions carry out instruction `w` of `frame`, the frame on top, whose pc
    /// stands behind it. They return the frame to go on with, or null when the run loop is left.
    #[inline(never)]
    pub(super) unsafe fn op_load_global(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: the contract of op functions; facts 1 to 4.
        unsafe {
            let cache = cache_made(frame, (extension(frame) & 0xFFFF) as usize);
            let name = name_at(frame, w.bx() as usize);
            let globals = globals_of(&*frame);
            let at = (*frame).base.add(w.a() as usize);
            match self.load_global(globals, name, Some(cache)) {
                Ok(v) => put(at, v),
                Err(_) => return self.fail(frame),
            }
            self.top_frame()
        }
    }

    /// A global or builtin.
    pub(super) fn load_global(&mut self, globals: &Gc<Dict>, name: &Value, cache: Option<&mut Cache>) -> Res {
        let found = globals.table.borrow().find_name(name);
        if let Some(i) = found {
            let table = globals.table.borrow();
            if let Some(c) = cache {
                c.set(GLOBAL, table.version(), 0, i as u32);
            }
            if let Some(v) = table.value_at(i) {
                return Ok(v.clone());
            }
            return Err(self.no_name(name));
        }
        let builtins = self.builtins.clone();
        match self.module_attr(&builtins, name)? {
            Some(v) => {
                if let Some(c) = cache {
                    c.set(BUILTIN, globals.table.borrow().version(), builtins.dict.table.borrow().version(), 0);
                    c.value = Some(v.clone());
                }
                Ok(v)
            }
            None => Err(self.no_name(name)),
        }
    }

    /// # Safety
    /// As for `op_load_global`.
    #[inline(never)]
    pub(super) unsafe fn op_store_global(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: as in op_load_global.
        unsafe {
            let x = extension(frame);
            let name = name_at(frame, w.bx() as usize);
            let from = (*frame).base.add(w.a() as usize);
            let v = if x >> 16 & 1 == 1 { take(from) } else { (*from).clone() };
            let globals = globals_of(&*frame);
            if globals.set_name(&self.heap, name, v).is_err() {
                return self.fail(frame);
            }
            let table = &*globals.table.as_ptr();
            if let Some(i) = table.find_name(name) {
                cache_made(frame, (x & 0xFFFF) as usize).set(GLOBAL, table.version(), 0, i as u32);
            }
            frame
        }
    }

    /// # Safety
    /// As for `op_load_global`.
    #[inline(never)]
    pub(super) unsafe fn op_load_attr(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: as in op_load_global.
        unsafe {
            let x = extension(frame);
            let name = name_at(frame, (x & 0xFFFF) as usize);
            let cache = cache_made(frame, (x >> 16) as usize);
            let obj = &*(*frame).base.add(w.b() as usize);
            if let Some(i) = obj.get::<Instance>() {
                self.fill_slot_cache(i, name, cache);
            } else if let Some(m) = obj.get::<Module>()
                && let Some(v) = module_hit(m, name, cache)
            {
                put((*frame).base.add(w.a() as usize), v);
                return frame;
            }
            let step = self.load_attr_step(obj, name);
            self.finish(frame, step, Ret::Reg(w.a()))
        }
    }

    /// # Safety
    /// As for `op_load_global`.
    #[inline(never)]
    pub(super) unsafe fn op_store_attr(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: as in op_load_global.
        unsafe {
            let x = extension(frame);
            let name = name_at(frame, (x & 0xFFFF) as usize);
            let cache = cache_made(frame, (x >> 16) as usize);
            let base = (*frame).base;
            let from = base.add(w.b() as usize);
            let v = if w.c() & 1 == 1 { take(from) } else { (*from).clone() };
            if v.is_unbound() {
                return self.unbound_local(frame, w.b());
            }
            let obj = (*base.add(w.a() as usize)).clone();
            if let Some(i) = obj.get::<Instance>() {
                let shape = i.shape.get();
                if cache.hits(ADD, i, self.class_epoch) {
                    if i.slots.push(&self.heap, v).is_err() {
                        return self.fail(frame);
                    }
                    i.shape.set(cache.index);
                    return frame;
                }
                if self.plain_store(i) {
                    if self.set_slot(&obj, i, name, Some(v)).is_err() {
                        return self.fail(frame);
                    }
                    if i.shape.get() == shape {
                        let slot = self.shapes.find(shape, name).unwrap_or(0) as u32;
                        cache.set(SLOT, shape, self.class_epoch, slot);
                    } else {
                        cache.set(ADD, shape, self.class_epoch, i.shape.get());
                    }
                    return frame;
                }
            }
            let step = self.store_attr_step(&obj, name, Some(v));
            self.finish(frame, step, Ret::Discard)
        }
    }

    /// # Safety
    /// As for `op_load_global`.
    #[inline(never)]
    pub(super) unsafe fn op_load_method(&mut self, frame: *mut Frame, w: Word) -> *mut Frame {
        // SAFETY: as in op_load_global.
        unsafe {
            let x = extension(frame);
            let cache = cache_made(frame, (x >> 16) as usize);
            let base = (*frame).base;
            let at = base.add(w.a() as usize);
            let obj = (*base.add(w.b() as usize)).clone();
            let name = name_at(frame, (x & 0xFFFF) as usize);
            if let Some(i) = obj.get::<Instance>() {
                if cache.hits(SLOT, i, self.class_epoch)
                    && let Some(v) = i.slots.get(cache.index as usize)
                    && !v.is_unbound()
                {
                    put(at, v);
                    put(at.add(1), Value::UNBOUND);
                    return frame;
                }
                if let Some(f) = self.fill_method_cache(i, name, cache) {
                    put(at, f);
                    put(at.add(1), obj);
                    return frame;
                }
                self.fill_slot_cache(i, name, cache);
            } else if let Some(m) = obj.get::<Module>() {
                if let Some(v) = module_hit(m, name, cache) {
                    put(at, v);
                    put(at.add(1), Value::UNBOUND);
                    return frame;
                }
            } else {
                let rom = self.rom_type_of(&obj);
                let key = (core::ptr::from_ref(rom) as usize >> 3) as u32;
                if cache.kind == NATIVE_METHOD
                    && cache.key == key
                    && let Some(f) = &cache.value
                {
                    put(at, f.clone());
                    put(at.add(1), obj);
                    return frame;
                }
                if obj.get::<Class>().is_none()
                    && obj.get::<TypeDef>().is_none()
                    && obj.get::<Super>().is_none()
                    && rom.get().get_attr.is_none()
                    && let Some(Entry::Fn(f)) = rom.get().find(name.as_str().unwrap_or(""))
                {
                    // Dicts of both sorts have the same methods.
                    const SOLE: [u8; 5] = [List::KIND, Dict::KIND, StrHead::KIND, BytesHead::KIND, ByteArray::KIND];
                    if SOLE.contains(&obj.kind()) {
                        cache.set(KIND_METHOD, obj.kind() as u32, 0, 0);
                    } else {
                        cache.set(NATIVE_METHOD, key, 0, 0);
                    }
                    cache.value = Some(f.value());
                    put(at, f.value());
                    put(at.add(1), obj);
                    return frame;
                }
            }
            put(at.add(1), Value::UNBOUND);
            let step = self.load_attr_step(&obj, name);
            self.finish(frame, step, Ret::Reg(w.a()))
        }
    }

    /// Whether storing an attribute of this instance involves nothing but its slots.
    fn plain_store(&self, i: &Instance) -> bool {
        let class = i.class.get();
        class
            .get::<Class>()
            .is_some_and(|c| c.flags.get() & (ClassFlags::DESCRIPTORS | ClassFlags::SETATTR | ClassFlags::DELATTR) == 0)
    }

    fn fill_slot_cache(&self, i: &Instance, name: &Value, cache: &mut Cache) {
        let class = i.class.get();
        let Some(c) = class.get::<Class>() else { return };
        if c.flags.get() & ClassFlags::DESCRIPTORS != 0 {
            return;
        }
        if let Some(slot) = self.shapes.find(i.shape.get(), name) {
            cache.set(SLOT, i.shape.get(), self.class_epoch, slot as u32);
        }
    }

    fn fill_method_cache(&self, i: &Instance, name: &Value, cache: &mut Cache) -> Option<Value> {
        let class = i.class.get();
        let c = class.get::<Class>()?;
        if self.shapes.find(i.shape.get(), name).is_some() {
            return None;
        }
        match self.class_find(c, name)? {
            Lookup::Python(f) if f.get::<Function>().is_some() => {
                cache.set(METHOD, i.shape.get(), self.class_epoch, 0);
                cache.value = Some(f.clone());
                Some(f)
            }
            _ => None,
        }
    }

    /// NameError: a global or builtin that does not exist.
    #[cold]
    pub(super) fn no_name(&mut self, name: &Value) -> Raised {
        let name = String::from(Vm::text_of(name));
        self.raise_fmt(&exc::NAME_ERROR, format_args!("name '{name}' isn't defined"))
    }
}

fn module_hit(m: &Module, name: &Value, cache: &mut Cache) -> Option<Value> {
    // SAFETY: fact 4: nothing borrows a module's dict while the run loop reads it.
    let table = unsafe { &*m.dict.table.as_ptr() };
    if cache.kind == MODULE_ENTRY
        && let Some(e) = table.entries().get(cache.index as usize)
        && e.key.is(name)
    {
        return Some(e.value.clone());
    }
    let i = table.find_name(name)?;
    cache.set(MODULE_ENTRY, 0, 0, i as u32);
    table.value_at(i).cloned()
}
