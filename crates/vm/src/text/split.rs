//! Taking apart and putting together: split, rsplit, splitlines, join.

use super::char::is_space;
use super::search::{find, rfind};
use super::view::{Kind, Run, Text, argument, receiver};
use crate::object::{Args, List, Param, Step, StrValue, TupleHead};
use crate::vm::{Res, Vm};
use alloc::vec::Vec;
use snakeye_heap::{HVec, Value};

fn limit_of(vm: &mut Vm, limit: Option<&Value>) -> Res<usize> {
    match limit {
        Some(n) => Ok(usize::try_from(vm.index_of(n)?).unwrap_or(usize::MAX)),
        None => Ok(usize::MAX),
    }
}

fn list_of(vm: &Vm, items: HVec<Value>) -> Res {
    Ok(List::make(&vm.heap, items)?.into())
}

/// Separator (None: runs of white space) and limit of `split` and `rsplit`, positional or by name.
fn split_args(vm: &mut Vm, args: &Args) -> Res<[Value; 3]> {
    args.parse(
        vm,
        &[Param::required("self"), Param::optional("sep", Value::NONE), Param::optional("maxsplit", Value::int(-1))],
    )
}

pub(super) fn text_split(vm: &mut Vm, args: Args) -> Res<Step> {
    if let ([this, sep @ ..], []) = (args.pos, args.kw)
        && sep.len() < 2
        && let Some(text) = Text::of(this)
    {
        let sep = sep.first().map_or(Value::NONE, |sep| vm.base_object(sep));
        return split_forward(vm, &text, &sep, usize::MAX).map(Step::Done);
    }
    let [this, sep, limit] = split_args(vm, &args)?;
    let limit = limit_of(vm, Some(&limit))?;
    let (this, sep) = (vm.base_object(&this), vm.base_object(&sep));
    let text = receiver(vm, &this)?;
    split_forward(vm, &text, &sep, limit).map(Step::Done)
}

/// Number of words between runs of white space.
fn count_words(bytes: &[u8]) -> usize {
    let mut before = true;
    let mut n = 0;
    for &b in bytes {
        let space = is_space(b);
        n += usize::from(before && !space);
        before = space;
    }
    n
}

fn split_forward(vm: &mut Vm, text: &Text, sep: &Value, limit: usize) -> Res {
    let bytes = text.bytes();
    let mut items = HVec::new();
    let mut left = limit;
    if sep.is_none() {
        items.reserve_exact(&vm.heap, count_words(bytes).min(limit.saturating_add(1)))?;
        let mut at = 0;
        loop {
            while bytes.get(at).is_some_and(|&b| is_space(b)) {
                at += 1;
            }
            if at >= bytes.len() {
                break;
            }
            let start = at;
            if left == 0 {
                at = bytes.len();
            }
            while bytes.get(at).is_some_and(|&b| !is_space(b)) {
                at += 1;
            }
            left = left.saturating_sub(1);
            items.push(&vm.heap, text.piece(vm, start, at)?)?;
        }
        return list_of(vm, items);
    }
    let sep = argument(vm, text.kind(), sep)?;
    let sep = sep.bytes();
    if sep.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    if let [b] = sep {
        let count = memchr::memchr_iter(*b, bytes).count();
        items.reserve_exact(&vm.heap, count.min(limit).saturating_add(1))?;
    }
    let mut start = 0;
    while left > 0
        && let Some(at) = bytes.get(start..).and_then(|rest| find(rest, sep))
    {
        items.push(&vm.heap, text.piece(vm, start, start + at)?)?;
        start += at + sep.len();
        left -= 1;
    }
    items.push(&vm.heap, text.piece(vm, start, bytes.len())?)?;
    list_of(vm, items)
}

pub(super) fn text_rsplit(vm: &mut Vm, args: Args) -> Res<Step> {
    let [this, sep, limit] = split_args(vm, &args)?;
    let limit = limit_of(vm, Some(&limit))?;
    let (this, sep) = (vm.base_object(&this), vm.base_object(&sep));
    let text = receiver(vm, &this)?;
    if limit == usize::MAX {
        return split_forward(vm, &text, &sep, limit).map(Step::Done);
    }
    let bytes = text.bytes();
    let mut items = HVec::new();
    let mut left = limit;
    let mut end = bytes.len();
    if sep.is_none() {
        loop {
            while end > 0 && is_space(bytes[end - 1]) {
                end -= 1;
            }
            if end == 0 {
                break;
            }
            let mut start = if left == 0 { bytes.iter().position(|&b| !is_space(b)).unwrap_or(0) } else { end };
            while left > 0 && start > 0 && !is_space(bytes[start - 1]) {
                start -= 1;
            }
            items.push(&vm.heap, text.piece(vm, start, end)?)?;
            if left == 0 {
                break;
            }
            left -= 1;
            end = start;
        }
    } else {
        let sep = argument(vm, text.kind(), &sep)?;
        let sep = sep.bytes();
        if sep.is_empty() {
            return Err(vm.value_error("empty separator"));
        }
        while left > 0
            && let Some(at) = bytes.get(..end).and_then(|rest| rfind(rest, sep))
        {
            items.push(&vm.heap, text.piece(vm, at + sep.len(), end)?)?;
            end = at;
            left -= 1;
        }
        items.push(&vm.heap, text.piece(vm, 0, end)?)?;
    }
    items.reverse();
    list_of(vm, items).map(Step::Done)
}

pub(super) fn text_splitlines(vm: &mut Vm, args: Args) -> Res<Step> {
    let [this, keep] = args.parse(vm, &[Param::required("self"), Param::optional("keepends", Value::FALSE)])?;
    let keep = vm.truth(&keep)?;
    let this = vm.base_object(&this);
    let text = receiver(vm, &this)?;
    let bytes = text.bytes();
    let mut items = HVec::new();
    let mut start = 0;
    while start < bytes.len() {
        let end = bytes[start..].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(bytes.len(), |n| start + n);
        let next = match bytes.get(end..) {
            Some([b'\r', b'\n', ..]) => end + 2,
            Some([_, ..]) => end + 1,
            _ => end,
        };
        items.push(&vm.heap, text.piece(vm, start, if keep { next } else { end })?)?;
        start = next;
    }
    list_of(vm, items).map(Step::Done)
}

pub(super) fn text_join(vm: &mut Vm, args: &[Value]) -> Res<Step> {
    let this = vm.base_object(&args[0]);
    receiver(vm, &this)?;
    // Nothing in joining runs Python, so a list can stay borrowed.
    if let Some(list) = args[1].get::<List>() {
        let Ok(items) = list.items.try_borrow() else { return Err(vm.busy()) };
        return join(vm, &this, &items).map(Step::Done);
    }
    if let Some((_, items)) = args[1].tail::<TupleHead>() {
        return join(vm, &this, items).map(Step::Done);
    }
    vm.collect_step(&args[1], move |vm, items| join(vm, &this, &items).map(Step::Done))
}

fn join(vm: &mut Vm, sep: &Value, items: &[Value]) -> Res {
    let sep = receiver(vm, sep)?;
    if sep.kind() == Kind::Str && items.iter().all(|v| v.as_str().is_some()) {
        if let [one] = items {
            return Ok(one.clone());
        }
        let parts = items.iter().map(|v| v.as_str().unwrap_or(""));
        return str::concat(vm, Kind::Str, separated(sep.as_str().unwrap_or(""), parts));
    }
    let plain: Vec<Value> = items.iter().map(|v| vm.base_object(v)).collect();
    let mut texts = Vec::new();
    texts.try_reserve_exact(plain.len()).map_err(|_| crate::Raised)?;
    for v in &plain {
        match Text::of(v) {
            Some(t) if t.kind().goes_with(sep.kind()) => texts.push(t),
            _ => {
                return Err(vm.type_error("join expects a list of str/bytes objects consistent with self object"));
            }
        }
    }
    if sep.kind() == Kind::Str {
        let parts = texts.iter().map(|t| t.as_str().unwrap_or(""));
        return str::concat(vm, Kind::Str, separated(sep.as_str().unwrap_or(""), parts));
    }
    sep.kind().concat_bytes(vm, separated(sep.bytes(), texts.iter().map(|t| t.bytes())))
}

/// The items with `sep` between them.
fn separated<'a, R: Run + ?Sized + 'a>(
    sep: &'a R,
    items: impl Iterator<Item = &'a R> + Clone,
) -> impl Iterator<Item = &'a R> + Clone {
    items.enumerate().flat_map(move |(i, item)| [if i > 0 { sep } else { sep.part(0, 0) }, item])
}
