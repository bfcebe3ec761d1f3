//! `json`

mod parse;
mod write;

use crate::buffer::with_buffer;
use crate::stream::read_some;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_vm::object::{Args, BufferValue, ModuleDef, Param, Step, StrValue};
use snakeye_vm::{HVec, Res, Value, Vm, method, method_kw, method_steps};

/// The module.
pub static JSON: ModuleDef = ModuleDef {
    name: "json",
    entries: &[
        method_kw!("dump", 2, 2, dump),
        method_kw!("dumps", 1, 1, dumps),
        method_steps!("load", 1, 1, load),
        method!("loads", 1, 1, loads),
    ],
    init: None,
};

/// The text of `separators=(item, key)`.
fn separators(vm: &mut Vm, given: &Value) -> Res<(String, String)> {
    if given.is_none() {
        return Ok((String::from(", "), String::from(": ")));
    }
    let items = vm.collect(given)?;
    let [item, key] = &items[..] else {
        return Err(vm.value_error("separators must be two strings"));
    };
    Ok((String::from(vm.str_arg(item)?), String::from(vm.str_arg(key)?)))
}

fn dumps(vm: &mut Vm, args: Args) -> Res<Step> {
    let [object, given] = args.parse(vm, &[Param::required("obj"), Param::keyword("separators", Value::NONE)])?;
    let (item, key) = separators(vm, &given)?;
    let text = write::to_json(vm, &object, &item, &key)?;
    vm.new_str(&text).map(Step::Done)
}

fn dump(vm: &mut Vm, args: Args) -> Res<Step> {
    let [object, stream, given] = args
        .parse(vm, &[Param::required("obj"), Param::required("stream"), Param::keyword("separators", Value::NONE)])?;
    let (item, key) = separators(vm, &given)?;
    let write = vm.get_attr(&stream, "write")?;
    let text = write::to_json(vm, &object, &item, &key)?;
    let text = vm.new_str(&text)?;
    Ok(Step::call(write, vec![text], |_, result| result.map(|_| Step::Done(Value::NONE))))
}

fn loads(vm: &mut Vm, args: &[Value]) -> Res {
    let text = vm.base_object(&args[0]);
    // Texts that cannot change need not be copied; others could, while a dict asks a key for its hash.
    if let Some(s) = text.as_str() {
        return parse::from_json(vm, s.as_bytes());
    }
    if let Some(b) = text.as_bytes() {
        return parse::from_json(vm, b);
    }
    let copy = with_buffer(vm, &text, |_, b| b.to_vec())?;
    parse::from_json(vm, &copy)
}

fn load(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let name = vm.intern("read")?;
    let Some(read) = vm.find_attr(&args[0], &name)? else {
        return read_on(vm, args[0].clone(), HVec::new());
    };
    Ok(Step::call(read, Vec::new(), |vm, text| {
        let text = text?;
        loads(vm, &[text]).map(Step::Done)
    }))
}

/// Reads a stream that has `readinto` alone, as those written in Python may, byte by byte to its end.
fn read_on(vm: &mut Vm, stream: Value, mut text: HVec<u8>) -> Res<Step> {
    read_some(vm, &stream.clone(), 1, move |vm, got| {
        let got = got?;
        if got.is_empty() {
            return parse::from_json(vm, &text).map(Step::Done);
        }
        text.append_bytes(&vm.heap, &got)?;
        read_on(vm, stream, text)
    })
}
