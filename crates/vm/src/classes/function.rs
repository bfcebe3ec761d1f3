//! Functions, bound methods, code objects.

use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use snakeye_heap::{Rom, Value};

fn address(_: &mut Vm, v: &Value) -> Res<u32> {
    Ok(crate::ops::address_hash(v))
}

/// Type of Python functions.
pub static FUNCTION: Rom<TypeDef> = Rom::new(TypeDef {
    name: "function",
    print: Some(|_, v, out, _| {
        let name = v.get::<Function>().map_or("?", |f| &f.code.name);
        let _ = write!(out, "<function {name} at 0x{:x}>", v.word());
        Ok(())
    }),
    get_attr: Some(|vm, v, name| {
        let Some(f) = v.get::<Function>() else { return Ok(None) };
        Ok(match name {
            "__name__" | "__qualname__" => Some(vm.new_str(&f.code.name)?),
            "__globals__" => Some(f.globals.value().clone()),
            "__code__" => Some(f.code.value().clone()),
            _ => None,
        })
    }),
    new: Some(function_new),
    hash: Some(address),
    ..TypeDef::NEW
});

/// `function(code, globals)`
fn function_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    match args.pos {
        [code, globals] => match (code.as_gc::<CodeObject>(), globals.as_gc::<Dict>()) {
            (Some(code), Some(globals)) => vm.function_of(code.clone(), globals).map(Step::Done),
            _ => Err(vm.type_error("code and dict expected")),
        },
        _ => Err(
            vm.type_error_fmt(format_args!("function takes 2 positional arguments but {} were given", args.pos.len()))
        ),
    }
}

/// Type of functions written in Rust.
pub static NATIVE_FUNCTION: Rom<TypeDef> = Rom::new(TypeDef {
    name: "function",
    print: Some(|_, v, out, _| {
        let name = v.get::<NativeFn>().map_or("?", |f| f.name);
        let _ = write!(out, "<function {name}>");
        Ok(())
    }),
    get_attr: Some(|vm, v, name| match (name, v.get::<NativeFn>()) {
        ("__name__", Some(f)) => Ok(Some(vm.new_str(f.name)?)),
        _ => Ok(None),
    }),
    hash: Some(address),
    ..TypeDef::NEW
});

/// Type of bound methods.
pub static BOUND_METHOD: Rom<TypeDef> = Rom::new(TypeDef {
    name: "bound_method",
    print: Some(print_bound),
    call: Some(|vm, this, args| {
        let Some(m) = this.get::<BoundMethod>() else { return Err(vm.type_error("bound method expected")) };
        let mut pos: Vec<Value> = Vec::with_capacity(args.pos.len() + 1);
        pos.push(m.this.clone());
        pos.extend_from_slice(args.pos);
        Ok(Step::Tail(Box::new(Call { function: m.function.clone(), args: pos, kw: args.kw.to_vec() })))
    }),
    compare: Some(|_, op, a, b| {
        Ok(match (a.get::<BoundMethod>(), b.get::<BoundMethod>(), op) {
            (Some(x), Some(y), CmpOp::Eq) => Some(x.this.is(&y.this) && x.function.is(&y.function)),
            (Some(x), Some(y), CmpOp::Ne) => Some(!(x.this.is(&y.this) && x.function.is(&y.function))),
            _ => None,
        })
    }),
    hash: Some(|_, v| {
        let h = |v: &Value| crate::ops::address_hash(v);
        Ok(v.get::<BoundMethod>().map_or(0, |m| h(&m.function) ^ h(&m.this)))
    }),
    get_attr: Some(|vm, v, name| {
        let Some(m) = v.get::<BoundMethod>() else { return Ok(None) };
        match name {
            "__func__" => Ok(Some(m.function.clone())),
            "__self__" => Ok(Some(m.this.clone())),
            "__name__" => {
                let f = m.function.clone();
                vm.get_attr(&f, "__name__").map(Some)
            }
            _ => Ok(None),
        }
    }),
    ..TypeDef::NEW
});

fn print_bound(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let Some(m) = v.get::<BoundMethod>() else { return Ok(()) };
    out.push_str("<bound_method ");
    let _ = write!(out, "{:x} ", v.word());
    let (this, f) = (m.this.clone(), m.function.clone());
    vm.print_to(&this, out, true)?;
    out.push('.');
    vm.print_to(&f, out, true)?;
    out.push('>');
    Ok(())
}

/// Type of code objects.
pub static CODE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "code",
    print: Some(|_, v, out, _| {
        let _ = write!(out, "<code {}>", v.get::<CodeObject>().map_or("?", |c| &c.name));
        Ok(())
    }),
    attrs: &[method!("co_lines", 1, 1, co_lines)],
    get_attr: Some(code_attr),
    hash: Some(address),
    ..TypeDef::NEW
});

fn code_attr(vm: &mut Vm, v: &Value, name: &str) -> Res<Option<Value>> {
    let Some(code) = v.get::<CodeObject>() else { return Ok(None) };
    Ok(Some(match name {
        "co_code" => {
            let bytes = code.words.iter().flat_map(|w| w.to_le_bytes());
            vm.heap.alloc_tail(BytesHead::new(), code.words.len() * 4, bytes)?.into()
        }
        // The first constant is what a function without `return` gives, as in MicroPython.
        "co_consts" => {
            let consts = core::iter::once(Value::NONE).chain(code.consts.iter().filter(|c| !c.is_none()).cloned());
            let children = code.children.iter().map(|c| c.value().clone());
            vm.new_tuple(consts.chain(children).collect())?
        }
        "co_filename" => vm.new_str(&code.file)?,
        "co_firstlineno" => vm.new_int(code.first_line as i64)?,
        "co_name" => vm.new_str(&code.name)?,
        "co_names" => {
            let dict = vm.new_dict()?;
            for (i, name) in code.names.iter().enumerate() {
                dict.set_name(&vm.heap, name, vm.new_int(i as i64)?)?;
            }
            dict.into()
        }
        // Pairs of bytes: how far the code advances, and by how many lines.
        "co_lnotab" => {
            let mut out = Vec::new();
            let (mut at, mut line) = (0, code.first_line);
            for &(start, next) in &code.lines {
                let (mut code_step, mut line_step) = ((start * 4).saturating_sub(at), next.saturating_sub(line));
                while code_step > 0 || line_step > 0 {
                    let (c, l) = (code_step.min(255), line_step.min(255));
                    out.extend([c as u8, l as u8]);
                    (code_step, line_step) = (code_step - c, line_step - l);
                }
                (at, line) = (start * 4, next);
            }
            vm.new_bytes(&out)?
        }
        _ => return Ok(None),
    }))
}

/// `code.co_lines()`: an iterator of (first byte of code, end, line).
fn co_lines(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(code) = args[0].as_gc::<CodeObject>().cloned() else { return Err(vm.type_error("code expected")) };
    let mut lines = Vec::new();
    let end = code.words.len() as u32;
    for (i, &(start, line)) in code.lines.iter().enumerate() {
        let start = if i == 0 { 0 } else { start };
        let next = code.lines.get(i + 1).map_or(end, |l| l.0);
        let row = [start * 4, next * 4, line].map(|n| vm.new_int(n as i64));
        let [a, b, c] = row;
        lines.push(vm.new_tuple(alloc::vec![a?, b?, c?])?);
    }
    let lines = vm.new_tuple(lines)?;
    vm.iter(&lines)
}

/// Type of the cells that closures capture.
pub static CELL: Rom<TypeDef> = Rom::new(TypeDef { name: "cell", hash: Some(address), ..TypeDef::NEW });
