//! `str`

use super::codec::{decode_buffer, encoding_of, str_encode};
use super::quote::quote_str;
use super::view::{Kind, Run, argument, check_size, is_int};
use super::{case, format, percent, search, split};
use crate::collection::element_index;
use crate::object::{Args, BinOp, CmpOp, Entry, Instance, IterState, Param, Slice, Step, StrValue, TypeDef};
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec;
use snakeye_heap::{Rom, Value};

/// `str`
pub static STR: Rom<TypeDef> = Rom::new(TypeDef {
    name: "str",
    attrs: STR_ATTRS,
    new: Some(str_new),
    print: Some(str_print),
    hash: Some(|_, v| Ok(v.str_hash())),
    compare: Some(str_compare),
    binary: Some(str_binary),
    rbinary: Some(str_rbinary),
    len: Some(|_, v| Ok(v.char_count())),
    truth: Some(|_, v| Ok(v.as_str().is_some_and(|s| !s.is_empty()))),
    get_item: Some(str_get_item),
    contains: Some(str_contains),
    iter: Some(iterate),
    ..TypeDef::NEW
});

const STR_ATTRS: &[(&str, Entry)] = &[
    method!("find", 2, 4, search::text_find),
    method!("rfind", 2, 4, search::text_rfind),
    method!("index", 2, 4, search::text_index),
    method!("rindex", 2, 4, search::text_rindex),
    method!("count", 2, 4, search::text_count),
    method_steps!("join", 2, 2, split::text_join),
    method_kw!("split", 1, 3, split::text_split),
    method_kw!("rsplit", 1, 3, split::text_rsplit),
    method_kw!("splitlines", 1, 2, split::text_splitlines),
    method!("startswith", 2, 4, search::text_startswith),
    method!("endswith", 2, 4, search::text_endswith),
    method!("strip", 1, 2, case::text_strip),
    method!("lstrip", 1, 2, case::text_lstrip),
    method!("rstrip", 1, 2, case::text_rstrip),
    method_kw!("format", 1, 255, format::str_format),
    method!("replace", 3, 4, search::text_replace),
    method!("partition", 2, 2, search::text_partition),
    method!("rpartition", 2, 2, search::text_rpartition),
    method!("center", 2, 2, case::text_center),
    method!("lower", 1, 1, case::text_lower),
    method!("upper", 1, 1, case::text_upper),
    method!("isspace", 1, 1, case::text_isspace),
    method!("isalpha", 1, 1, case::text_isalpha),
    method!("isdigit", 1, 1, case::text_isdigit),
    method!("isupper", 1, 1, case::text_isupper),
    method!("islower", 1, 1, case::text_islower),
    method!("encode", 1, 3, str_encode),
];

impl Vm {
    /// The str of one character. ASCII ones are interned: there is one object of each.
    #[inline]
    pub fn char_str(&mut self, c: &str) -> Res {
        match c.as_bytes() {
            [b] => Ok(self.interner.ascii(&self.heap, *b)?),
            _ => self.new_str(c),
        }
    }
}

fn str_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    if let ([object], []) = (args.pos, args.kw) {
        return str_of(vm, object);
    }
    let [object, encoding, errors] = args.parse(
        vm,
        &[
            Param::optional("object", Value::UNBOUND),
            Param::optional("encoding", Value::UNBOUND),
            Param::optional("errors", Value::NONE),
        ],
    )?;
    if object.is_unbound() {
        return Ok(Step::Done(vm.intern("")?));
    }
    if !encoding.is_unbound() {
        let object = vm.base_object(&object);
        let encoding = encoding_of(vm, &encoding)?;
        return decode_buffer(vm, &object, encoding, &errors).map(Step::Done);
    }
    str_of(vm, &object)
}

/// `str(object)`
fn str_of(vm: &mut Vm, object: &Value) -> Res<Step> {
    if object.as_str().is_some() {
        return Ok(Step::Done(object.clone()));
    }
    if let Some(n) = object.as_small_int() {
        let mut digits = [0u8; 20];
        return vm.new_str(decimal(n, &mut digits)).map(Step::Done);
    }
    // A __str__ written in Python runs as a step, so that nested ones do not nest run loops.
    if object.get::<Instance>().is_some() && vm.native_part(object).is_none() {
        let own = match vm.special_method(object, "__str__")? {
            Some(f) => Some(f),
            None => vm.special_method(object, "__repr__")?,
        };
        if let Some(f) = own {
            return Ok(Step::call(f, vec![object.clone()], |vm, text| {
                let text = text?;
                let text = vm.base_object(&text);
                match text.as_str() {
                    Some(_) => Ok(Step::Done(text)),
                    None => Err(vm.type_error("__str__ should return a string")),
                }
            }));
        }
    }
    let text = vm.str(object)?;
    vm.new_str(&text).map(Step::Done)
}

/// The decimal digits of an integer.
fn decimal(n: i64, digits: &mut [u8; 20]) -> &str {
    let mut rest = n.unsigned_abs();
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    core::str::from_utf8(&digits[at..]).unwrap_or("")
}

fn str_print(_: &mut Vm, v: &Value, out: &mut String, repr: bool) -> Res<()> {
    let s = v.as_str().unwrap_or("");
    if repr {
        return quote_str(s, out);
    }
    out.try_reserve(s.len()).map_err(|_| crate::Raised)?;
    out.push_str(s);
    Ok(())
}

fn str_compare(_: &mut Vm, op: CmpOp, a: &Value, b: &Value) -> Res<Option<bool>> {
    let (Some(s), Some(t)) = (a.as_str(), b.as_str()) else {
        return Ok(match op {
            CmpOp::Eq | CmpOp::Ne if b.get::<Instance>().is_none() => Some(op == CmpOp::Ne),
            _ => None,
        });
    };
    Ok(Some(match op {
        CmpOp::Eq => a.is(b) || s == t,
        CmpOp::Ne => !a.is(b) && s != t,
        _ => op.of(s.cmp(t)),
    }))
}

fn str_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let Some(s) = a.as_str() else { return Ok(None) };
    match op {
        BinOp::Add => {
            let Some(t) = b.as_str() else { return Ok(None) };
            if t.is_empty() {
                return Ok(Some(a.clone()));
            }
            if s.is_empty() {
                return Ok(Some(b.clone()));
            }
            str::concat(vm, Kind::Str, [s, t].into_iter()).map(Some)
        }
        BinOp::Mul => repeated(vm, Kind::Str, s.as_bytes(), b),
        BinOp::Mod => percent::str_percent(vm, a, b).map(Some),
        _ => Ok(None),
    }
}

fn str_rbinary(vm: &mut Vm, op: BinOp, other: &Value, this: &Value) -> Res<Option<Value>> {
    match (op, this.as_str()) {
        (BinOp::Mul, Some(s)) => repeated(vm, Kind::Str, s.as_bytes(), other),
        _ => Ok(None),
    }
}

/// `bytes * n`; `None` when n is no integer.
pub(super) fn repeated(vm: &mut Vm, kind: Kind, bytes: &[u8], n: &Value) -> Res<Option<Value>> {
    if !is_int(n) {
        return Ok(None);
    }
    // A count beyond 64 bits is an OverflowError, as in MicroPython.
    let n = usize::try_from(vm.index_of(n)?.max(0)).unwrap_or(usize::MAX);
    if n == 0 || bytes.is_empty() {
        return kind.empty(vm).map(Some);
    }
    check_size(vm, bytes.len().checked_mul(n))?;
    // Short units are copied in larger blocks.
    let mut block = [0u8; 256];
    let per_block = (block.len() / bytes.len()).max(1);
    let (unit, whole, rest) = if per_block > 1 && n > per_block {
        for place in block.chunks_exact_mut(bytes.len()) {
            place.copy_from_slice(bytes);
        }
        (&block[..per_block * bytes.len()], n / per_block, n % per_block * bytes.len())
    } else {
        (bytes, n, 0)
    };
    let rest = unit.get(..rest).unwrap_or(&[]);
    if kind == Kind::Str {
        let (unit, rest) = (core::str::from_utf8(unit).unwrap_or(""), core::str::from_utf8(rest).unwrap_or(""));
        return str::concat(vm, kind, core::iter::repeat_n(unit, whole).chain(core::iter::once(rest))).map(Some);
    }
    kind.concat_bytes(vm, core::iter::repeat_n(unit, whole).chain(core::iter::once(rest))).map(Some)
}

fn str_get_item(vm: &mut Vm, this: &Value, key: &Value) -> Res {
    let Some(s) = this.as_str() else { return Err(vm.type_error("str expected")) };
    let count = this.char_count();
    let ascii = count == s.len();
    let Some(slice) = key.get::<Slice>() else {
        let i = element_index(vm, key, count, "str")?;
        let c = if ascii {
            s.get(i..=i)
        } else {
            // From the nearer end.
            let mut places = s.char_indices();
            let place = if i > count / 2 { places.nth_back(count - 1 - i) } else { places.nth(i) };
            place.and_then(|(at, c)| s.get(at..at + c.len_utf8()))
        };
        return vm.char_str(c.unwrap_or(""));
    };
    let range = vm.slice_range(slice, count)?;
    if range.step == 1 {
        if range.count == count {
            return Ok(this.clone());
        }
        let (start, end) = if ascii {
            (range.start, range.start + range.count)
        } else {
            let mut places = s.char_indices().map(|(at, _)| at).chain(core::iter::once(s.len()));
            let start = places.nth(range.start).unwrap_or(s.len());
            (start, if range.count == 0 { start } else { places.nth(range.count - 1).unwrap_or(s.len()) })
        };
        return match s.get(start..end).unwrap_or("") {
            "" => vm.intern(""),
            c if c.len() == 1 => vm.char_str(c),
            part => vm.new_str(part),
        };
    }
    if range.count == 0 {
        return vm.intern("");
    }
    let mut out = String::new();
    out.try_reserve(s.len().min(range.count.saturating_mul(4))).map_err(|_| crate::Raised)?;
    if ascii {
        let bytes = s.as_bytes();
        out.extend(range.positions().filter_map(|i| bytes.get(i)).map(|&b| b as char));
    } else {
        let distance = range.step.unsigned_abs();
        if range.step > 0 {
            out.extend(s.chars().skip(range.start).step_by(distance).take(range.count));
        } else {
            out.extend(s.chars().rev().skip(count.saturating_sub(range.start + 1)).step_by(distance).take(range.count));
        }
    }
    vm.new_str(&out)
}

fn str_contains(vm: &mut Vm, this: &Value, item: &Value) -> Res<bool> {
    let item = vm.base_object(item);
    let needle = argument(vm, Kind::Str, &item)?;
    let hay = this.as_str().unwrap_or("");
    Ok(search::find(hay.as_bytes(), needle.bytes()).is_some())
}

/// `iter()` of everything that is iterated by position.
pub(super) fn iterate(vm: &mut Vm, object: &Value) -> Res {
    let state = IterState::Sequence { object: object.clone(), index: 0 };
    vm.new_iter(state)
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn decimals() {
        for n in [0, 7, -1, 10, i64::MAX, i64::MIN] {
            assert_eq!(decimal(n, &mut [0; 20]), alloc::format!("{n}"));
        }
    }
}
