//! `print` and `input`.

use crate::exceptions as exc;
use crate::object::{Args, Step, StrValue};
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use snakeye_heap::Value;

/// errno of a stream that does not keep to its protocol.
const EIO: i32 = 5;

/// `print(*objects, sep=' ', end='\n', file=sys.stdout)`
pub(super) fn print(vm: &mut Vm, args: Args) -> Res<Step> {
    let (mut sep, mut end, mut file) = (Value::NONE, Value::NONE, Value::NONE);
    for (name, value) in args.kw {
        match name.as_str() {
            Some("sep") => sep = value.clone(),
            Some("end") => end = value.clone(),
            Some("file") => file = value.clone(),
            // Everything is written at once anyway.
            Some("flush") => {}
            other => {
                let other = String::from(other.unwrap_or(""));
                return Err(vm.type_error_fmt(format_args!("extra keyword argument '{other}' given")));
            }
        }
    }
    let sep = if sep.is_none() { " " } else { vm.str_arg(&sep)? };
    let end = if end.is_none() { "\n" } else { vm.str_arg(&end)? };
    if !file.is_none() {
        return print_file(vm, args.pos, sep, end, &file);
    }
    let mut text = String::new();
    for (i, v) in args.pos.iter().enumerate() {
        if i > 0 {
            text.push_str(sep);
        }
        vm.print_to(v, &mut text, false)?;
    }
    text.push_str(end);
    vm.write_out(text.as_bytes())?;
    Ok(Step::Done(Value::NONE))
}

/// Prints to a stream: one `write` for each object and for what stands between and behind them.
fn print_file(vm: &mut Vm, objects: &[Value], sep: &str, end: &str, file: &Value) -> Res<Step> {
    let write = vm.stream_write(file)?;
    let mut pieces = Vec::new();
    for (i, v) in objects.iter().enumerate() {
        if i > 0 && !sep.is_empty() {
            pieces.push(vm.new_str(sep)?);
        }
        let text = vm.str(v)?;
        if !text.is_empty() {
            pieces.push(vm.new_str(&text)?);
        }
    }
    if !end.is_empty() {
        pieces.push(vm.new_str(end)?);
    }
    pieces.reverse();
    write_pieces(write, pieces)
}

/// Writes the pieces, last one first.
fn write_pieces(write: Value, mut pieces: Vec<Value>) -> Res<Step> {
    let Some(piece) = pieces.pop() else { return Ok(Step::Done(Value::NONE)) };
    let len = piece.as_str().map_or(0, str::len);
    Ok(Step::call(write.clone(), vec![piece], move |vm, result| {
        // A stream written in Python may say that it took more than it got.
        if result?.as_small_int().is_some_and(|n| n > len as i64) {
            return Err(vm.os_error(EIO));
        }
        write_pieces(write, pieces)
    }))
}

impl Vm {
    /// The `write` method of a stream; OSError when there is none.
    pub fn stream_write(&mut self, file: &Value) -> Res {
        let name = self.intern("write")?;
        match self.find_attr(file, &name)? {
            Some(write) => Ok(write),
            None => Err(self.raise_new(&exc::OS_ERROR, "stream operation not supported")),
        }
    }
}

/// `input(prompt)`: a line of `sys.stdin` without its end.
pub(super) fn input(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    // A port whose terminal does not edit lines brings what does.
    if let Some(edit) = vm.kept("input") {
        return Ok(Step::tail(edit, args.to_vec()));
    }
    if let Some(prompt) = args.first() {
        let prompt = vm.str(prompt)?;
        vm.write_out(prompt.as_bytes())?;
    }
    let Some(stdin) = vm.kept("sys.stdin") else { return Err(vm.raise_args(&exc::EOF_ERROR, &[])) };
    let readline = vm.get_attr(&stdin, "readline")?;
    Ok(Step::call(readline, Vec::new(), |vm, line| {
        let line = line?;
        let text = vm.str_arg(&line)?;
        if text.is_empty() {
            return Err(vm.raise_args(&exc::EOF_ERROR, &[]));
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Ok(Step::Done(vm.new_str(text)?))
    }))
}
