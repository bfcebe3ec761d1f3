//! Instructions whose speed matters less: cells, names of class bodies, deletions, imports, raising.

use super::cache::{extension, name_at};
use super::frame::{Frame, Ret, put, take};
use super::quick::{free_cell, free_value, globals_of};
use crate::exceptions as exc;
use crate::names::N;
use crate::object::*;
use crate::vm::{Raised, Res, Vm};
use alloc::vec::Vec;
use snakeye_bytecode::{Op, Word};
use snakeye_heap::{Slot, Value};

impl Vm {
    /// # Safety
    /// As for `op_load_global`.
    #[inline(never)]
    pub(super) unsafe fn op_rare(&mut self, frame: *mut Frame, w: Word, op: Op) -> *mut Frame {
        // SAFETY: as for rare.
        match unsafe { self.rare(frame, w, op) } {
            Ok(Some(next)) => next,
            // What ran may have moved the frame.
            Ok(None) => self.top_frame(),
            Err(Raised) => self.fail(frame),
        }
    }

    /// `None`: done, and the loop goes on.
    unsafe fn rare(&mut self, frame: *mut Frame, w: Word, op: Op) -> Res<Option<*mut Frame>> {
        // SAFETY: the contract of op functions; facts 1 to 4.
        unsafe {
            let base = (*frame).base;
            let (a, b) = (base.add(w.a() as usize), base.add(w.b() as usize));
            match op {
                Op::MakeCell => {
                    let cell = self.heap.alloc(CellObject(Slot::new(take(a))))?;
                    put(a, cell.into());
                }
                Op::DelCell => {
                    let old = match (*a).get::<CellObject>() {
                        Some(c) => c.0.replace(Value::UNBOUND),
                        None => Value::UNBOUND,
                    };
                    if old.is_unbound() {
                        return Ok(Some(self.unbound_local(frame, w.a())));
                    }
                }
                Op::LoadFree | Op::LoadClassFree => {
                    let mut v = Value::UNBOUND;
                    let mut name = None;
                    if op == Op::LoadClassFree {
                        let n = name_at(frame, extension(frame) as usize);
                        v = (*frame).context.get::<Dict>().and_then(|d| d.get_name(n)).unwrap_or(Value::UNBOUND);
                        name = Some(n);
                    }
                    if v.is_unbound() {
                        v = free_value(&*frame, w.bx());
                    }
                    if v.is_unbound() {
                        return Err(match name {
                            Some(name) => self.no_name(name),
                            None => self.unbound_free(),
                        });
                    }
                    put(a, v);
                }
                Op::StoreFree => {
                    let v = (*a).clone();
                    if let Some(c) = free_cell(&*frame, w.bx()) {
                        c.0.set(v);
                    }
                }
                Op::DelFree => {
                    let old = match free_cell(&*frame, w.bx()) {
                        Some(c) => c.0.replace(Value::UNBOUND),
                        None => Value::UNBOUND,
                    };
                    if old.is_unbound() {
                        return Err(self.unbound_free());
                    }
                }
                Op::DelGlobal => {
                    let name = name_at(frame, w.bx() as usize);
                    if globals_of(&*frame).remove_name(&self.heap, name).is_none() {
                        return Err(self.no_name(name));
                    }
                }
                Op::LoadName => {
                    let name = name_at(frame, w.bx() as usize);
                    let v = match (*frame).context.get::<Dict>().and_then(|d| d.get_name(name)) {
                        Some(v) => v,
                        None => self.load_global(globals_of(&*frame), name, None)?,
                    };
                    put(a, v);
                }
                Op::StoreName => {
                    let name = name_at(frame, w.bx() as usize);
                    let v = (*a).clone();
                    match (*frame).context.get::<Dict>() {
                        Some(d) => d.set_name(&self.heap, name, v)?,
                        None => globals_of(&*frame).set_name(&self.heap, name, v)?,
                    }
                }
                Op::DelName => {
                    let name = name_at(frame, w.bx() as usize);
                    let gone = match (*frame).context.get::<Dict>() {
                        Some(d) => d.remove_name(&self.heap, name),
                        None => globals_of(&*frame).remove_name(&self.heap, name),
                    };
                    if gone.is_none() {
                        return Err(self.no_name(name));
                    }
                }
                Op::DelAttr => {
                    let name = name_at(frame, w.bx() as usize);
                    let step = self.store_attr_step(&*a, name, None);
                    return Ok(Some(self.finish(frame, step, Ret::Discard)));
                }
                Op::DelItem => {
                    let step = self.set_item_step(&*a, &*b, None);
                    return Ok(Some(self.finish(frame, step, Ret::Discard)));
                }
                Op::GetIter | Op::GetYieldFromIter => {
                    let step = self.iter_step(&*b);
                    return Ok(Some(self.finish(frame, step, Ret::Reg(w.a()))));
                }
                Op::GetAwaitable => {
                    let v = (*b).clone();
                    let step = self.awaitable_step(&v);
                    return Ok(Some(self.finish(frame, step, Ret::Reg(w.a()))));
                }
                Op::LoadBuildClass => {
                    let hook = self.builtins.dict.get_name(self.name(N::__build_class__));
                    put(a, hook.unwrap_or(BUILD_CLASS.value()));
                }
                Op::Import => {
                    let x = extension(frame);
                    let name = name_at(frame, w.bx() as usize).clone();
                    let from = match x & 0xFFFF {
                        0xFFFF => Value::NONE,
                        k => (*(*frame).code.as_ref().consts.as_ptr().add(k as usize)).clone(),
                    };
                    let globals = globals_of(&*frame).clone();
                    let level = (x >> 16) as usize;
                    let step = match self.builtins.dict.get_name(self.name(N::__import__)) {
                        Some(hook) => {
                            let args = [name, globals.into(), Value::NONE, from, Value::int(level as i32)];
                            Ok(Step::tail(hook, args.into()))
                        }
                        None => self.import_step(&name, &from, level, Some(&globals)),
                    };
                    return Ok(Some(self.finish(frame, step, Ret::Reg(w.a()))));
                }
                Op::ImportFrom => {
                    let name = name_at(frame, extension(frame) as usize).clone();
                    let m = (*b).clone();
                    let step = self.import_from_step(&m, &name);
                    return Ok(Some(self.finish(frame, step, Ret::Reg(w.a()))));
                }
                Op::ImportStar => {
                    let m = (*a).clone();
                    let globals = globals_of(&*frame).clone();
                    let namespace = (*frame).context.clone();
                    self.import_star(&m, &globals, &namespace)?;
                }
                Op::Raise => {
                    let v = (*a).clone();
                    let e = self.exception_instance(&v)?;
                    return Err(self.raise(e));
                }
                Op::RaiseFrom => {
                    let (v, cause) = ((*a).clone(), (*b).clone());
                    let e = self.exception_instance(&v)?;
                    if let Some(x) = self.exception_of(&e) {
                        x.cause.set(cause);
                    }
                    return Err(self.raise(e));
                }
                Op::Reraise => {
                    let e = (*a).clone();
                    self.reraising = true;
                    return Err(self.raise(e));
                }
                Op::JumpNoMatch => {
                    let (e, c) = ((*a).clone(), (*b).clone());
                    if !self.exception_matches(&e, &c)?
                        && let Some(frame) = self.stack().frame()
                    {
                        frame.pc = frame.pc.offset(extension(frame) as i32 as isize);
                    }
                }
                Op::TypeOf => {
                    let t = self.type_of(&*b);
                    put(a, t);
                }
                Op::GetAiter | Op::GetAnext => {
                    let name = self.name(if op == Op::GetAiter { N::__aiter__ } else { N::__anext__ }).clone();
                    let v = (*b).clone();
                    return match self.find_attr(&v, &name)? {
                        Some(f) => Ok(Some(self.finish(frame, Ok(Step::tail(f, Vec::new())), Ret::Reg(w.a())))),
                        None => Err(self.no_attribute(&v, &name)),
                    };
                }
                Op::PrintExpr => {
                    let v = (*a).clone();
                    self.print_expression(&v)?;
                }
                _ => return Err(self.runtime_error("invalid code")),
            }
            Ok(None)
        }
    }

    /// NameError: register `reg` of the frame on top is an unbound local.
    ///
    /// # Safety
    /// As for `op_load_global`.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn unbound_local(&mut self, frame: *mut Frame, reg: u8) -> *mut Frame {
        // SAFETY: the frame keeps its code (fact 3).
        let name = unsafe { (*frame).code.as_ref() }.varnames.get(reg as usize).cloned().unwrap_or(Value::NONE);
        let name = name.as_str().unwrap_or("");
        // Compiled modules do not say what their locals are called.
        let _ = if name.is_empty() {
            self.raise_new(&exc::NAME_ERROR, "local variable referenced before assignment")
        } else {
            self.raise_fmt(&exc::NAME_ERROR, format_args!("local variable '{name}' referenced before assignment"))
        };
        self.fail(frame)
    }

    #[cold]
    fn unbound_free(&mut self) -> Raised {
        self.raise_new(&exc::NAME_ERROR, "local variable referenced before assignment")
    }
}

/// `__build_class__`
pub static BUILD_CLASS: snakeye_heap::Rom<NativeFn> =
    snakeye_heap::Rom::new(NativeFn::keywords("__build_class__", 2, 255, crate::classes::build_class));
