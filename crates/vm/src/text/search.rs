//! Searching: find, index, count, startswith, endswith, replace, partition and the `in` operator.

use super::view::{Kind, Run, Text, argument, is_int, receiver};
use crate::vm::{Res, Vm};
use alloc::vec;
use snakeye_heap::Value;

/// Position of the first `needle` in `hay`.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [b] => memchr::memchr(*b, hay),
        _ => memchr::memmem::find(hay, needle),
    }
}

/// Position of the last `needle` in `hay`.
pub(crate) fn rfind(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(hay.len()),
        [b] => memchr::memrchr(*b, hay),
        _ => memchr::memmem::rfind(hay, needle),
    }
}

/// Positions of `needle`, which is not empty, one behind the other.
pub(crate) fn find_all<'a>(hay: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + Clone + 'a {
    let mut from = 0;
    core::iter::from_fn(move || {
        let at = from + find(hay.get(from..)?, needle)?;
        from = at + needle.len().max(1);
        Some(at)
    })
}

fn position(vm: &mut Vm, args: &[Value], seek: fn(&[u8], &[u8]) -> Option<usize>) -> Res<Option<usize>> {
    let (this, wanted) = (vm.base_object(&args[0]), vm.base_object(&args[1]));
    let text = receiver(vm, &this)?;
    let byte;
    let held;
    let needle: &[u8] = if text.kind() != Kind::Str && Text::of(&wanted).is_none() && is_int(&wanted) {
        let n = vm.index_of(&wanted)?;
        let Ok(n) = u8::try_from(n) else { return Err(vm.value_error("bytes value out of range")) };
        byte = [n];
        &byte
    } else {
        held = argument(vm, text.kind(), &wanted)?;
        held.bytes()
    };
    let (start, end) = text.bounds(vm, &args[2..])?;
    let Some(hay) = text.bytes().get(start..end) else { return Ok(None) };
    Ok(seek(hay, needle).map(|at| text.index(start + at)))
}

fn found_or_minus_one(vm: &mut Vm, at: Option<usize>) -> Res {
    vm.new_int(at.map_or(-1, |n| n as i64))
}

fn found_or_raise(vm: &mut Vm, at: Option<usize>) -> Res {
    match at {
        Some(n) => vm.new_int(n as i64),
        None => Err(vm.value_error("substring not found")),
    }
}

pub(super) fn text_find(vm: &mut Vm, args: &[Value]) -> Res {
    let at = position(vm, args, find)?;
    found_or_minus_one(vm, at)
}

pub(super) fn text_rfind(vm: &mut Vm, args: &[Value]) -> Res {
    let at = position(vm, args, rfind)?;
    found_or_minus_one(vm, at)
}

pub(super) fn text_index(vm: &mut Vm, args: &[Value]) -> Res {
    let at = position(vm, args, find)?;
    found_or_raise(vm, at)
}

pub(super) fn text_rindex(vm: &mut Vm, args: &[Value]) -> Res {
    let at = position(vm, args, rfind)?;
    found_or_raise(vm, at)
}

pub(super) fn text_count(vm: &mut Vm, args: &[Value]) -> Res {
    let (this, wanted) = (vm.base_object(&args[0]), vm.base_object(&args[1]));
    let text = receiver(vm, &this)?;
    let needle = argument(vm, text.kind(), &wanted)?;
    let (start, end) = text.bounds(vm, &args[2..])?;
    let Some(hay) = text.bytes().get(start..end) else { return Ok(Value::int(0)) };
    let n = match needle.bytes() {
        [] => text.index(end) - text.index(start) + 1,
        [b] => memchr::memchr_iter(*b, hay).count(),
        needle => find_all(hay, needle).count(),
    };
    vm.new_int(n as i64)
}

fn has_end(vm: &mut Vm, args: &[Value], test: fn(&[u8], &[u8]) -> bool) -> Res {
    let this = vm.base_object(&args[0]);
    let text = receiver(vm, &this)?;
    let (start, end) = text.bounds(vm, &args[2..])?;
    let hay = text.bytes().get(start..end).unwrap_or(&[]);
    let wanted = vm.base_object(&args[1]);
    let one = core::slice::from_ref(&wanted);
    let candidates = wanted.tail::<crate::object::TupleHead>().map_or(one, |(_, items)| items);
    for c in candidates {
        let c = vm.base_object(c);
        if test(hay, argument(vm, text.kind(), &c)?.bytes()) {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

pub(super) fn text_startswith(vm: &mut Vm, args: &[Value]) -> Res {
    has_end(vm, args, <[u8]>::starts_with)
}

pub(super) fn text_endswith(vm: &mut Vm, args: &[Value]) -> Res {
    has_end(vm, args, <[u8]>::ends_with)
}

pub(super) fn text_replace(vm: &mut Vm, args: &[Value]) -> Res {
    let (this, old, new) = (vm.base_object(&args[0]), vm.base_object(&args[1]), vm.base_object(&args[2]));
    let limit = match args.get(3) {
        Some(n) => usize::try_from(vm.index_of(n)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let text = receiver(vm, &this)?;
    let kind = text.kind();
    let old = argument(vm, kind, &old)?;
    let new = argument(vm, kind, &new)?;
    let made = match (text.as_str(), old.as_str(), new.as_str()) {
        (Some(hay), Some(old), Some(new)) => replaced(vm, kind, hay, old, new, limit)?,
        _ => replaced(vm, kind, text.bytes(), old.bytes(), new.bytes(), limit)?,
    };
    match made {
        Some(v) => Ok(v),
        None if kind == Kind::ByteArray => kind.make(vm, text.bytes()),
        None => Ok(this.clone()),
    }
}

/// `hay` with up to `limit` occurrences of `old` replaced; `None` when there is none.
fn replaced<R: Run + ?Sized>(vm: &mut Vm, kind: Kind, hay: &R, old: &R, new: &R, limit: usize) -> Res<Option<Value>> {
    let end = hay.bytes().len();
    if old.bytes().is_empty() {
        // Between all characters, and at both ends.
        let count = (limit > 0).then_some(0);
        let mut at = 0;
        let places = core::iter::successors(count, move |_| {
            if at >= end {
                return None;
            }
            at += hay.step(at);
            Some(at)
        });
        return Ok(with_replacements(vm, kind, hay, places.take(limit), 0, new)?.into());
    }
    let needle = old.bytes();
    if end < needle.len() {
        return Ok(None);
    }
    let finder = memchr::memmem::Finder::new(needle);
    // The places of the first few are noted, so that the text need not be searched twice for its length.
    let mut noted = [0usize; 16];
    let mut count = 0;
    for at in finder.find_iter(hay.bytes()).take(limit.min(noted.len())) {
        noted[count] = at;
        count += 1;
    }
    match count {
        0 => Ok(None),
        n if n < noted.len() || n == limit => {
            with_replacements(vm, kind, hay, noted[..n].iter().copied(), needle.len(), new).map(Some)
        }
        _ => {
            let places = find_all(hay.bytes(), needle).take(limit);
            with_replacements(vm, kind, hay, places, needle.len(), new).map(Some)
        }
    }
}

/// `hay` with `new` in the place of `len` bytes at each of these places.
fn with_replacements<R: Run + ?Sized>(
    vm: &mut Vm,
    kind: Kind,
    hay: &R,
    mut places: impl Iterator<Item = usize> + Clone,
    len: usize,
    new: &R,
) -> Res {
    let mut from = 0;
    let mut finished = false;
    let parts = core::iter::from_fn(move || {
        if finished {
            return None;
        }
        let Some(at) = places.next() else {
            finished = true;
            return Some([hay.part(from, hay.bytes().len()), hay.part(0, 0)]);
        };
        let before = hay.part(from, at);
        from = at + len;
        Some([before, new])
    });
    R::concat(vm, kind, parts.flatten())
}

fn partition_at(vm: &mut Vm, args: &[Value], seek: fn(&[u8], &[u8]) -> Option<usize>, whole_first: bool) -> Res {
    let (this, sep) = (vm.base_object(&args[0]), vm.base_object(&args[1]));
    let text = receiver(vm, &this)?;
    let kind = text.kind();
    let separator = argument(vm, kind, &sep)?;
    if separator.bytes().is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let items = match seek(text.bytes(), separator.bytes()) {
        Some(at) => {
            let middle = if separator.kind() == kind { sep.clone() } else { kind.make(vm, separator.bytes())? };
            let behind = at + separator.bytes().len();
            vec![text.piece(vm, 0, at)?, middle, text.piece(vm, behind, text.bytes().len())?]
        }
        None => {
            let mut items = vec![kind.empty(vm)?, kind.empty(vm)?, kind.empty(vm)?];
            items[if whole_first { 0 } else { 2 }] = this.clone();
            items
        }
    };
    vm.new_tuple(items)
}

pub(super) fn text_partition(vm: &mut Vm, args: &[Value]) -> Res {
    partition_at(vm, args, find, true)
}

pub(super) fn text_rpartition(vm: &mut Vm, args: &[Value]) -> Res {
    partition_at(vm, args, rfind, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn finds_from_both_ends() {
        assert_eq!(find(b"abcabc", b"bc"), Some(1));
        assert_eq!(rfind(b"abcabc", b"bc"), Some(4));
        assert_eq!(find(b"abc", b"d"), None);
        assert_eq!(find(b"", b""), Some(0));
        assert_eq!(rfind(b"abc", b""), Some(3));
        assert_eq!(find(b"ab", b"abc"), None);
    }

    #[test]
    fn occurrences_do_not_overlap() {
        assert_eq!(find_all(b"aaaaa", b"aa").collect::<Vec<_>>(), [0, 2]);
        assert_eq!(find_all(b"xaxax", b"x").collect::<Vec<_>>(), [0, 2, 4]);
    }
}
