//! What str, bytes and bytearray have in common: a run of bytes of one of three sorts, on which their shared
//! methods work.

use crate::object::{BigInt, BufferValue, ByteArray, BytesHead, StrHead, StrValue};
use crate::vm::{Raised, Res, Vm};
use alloc::vec::Vec;
use core::cell::{Ref, RefCell};
use snakeye_heap::{HVec, Value};

/// The sort of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Str,
    Bytes,
    ByteArray,
}

enum Data<'a> {
    Str(&'a Value, &'a str),
    Bytes(&'a [u8]),
    Shared(Ref<'a, HVec<u8>>),
}

/// A str, bytes or bytearray opened for reading; a bytearray stays borrowed meanwhile.
pub(crate) struct Text<'a> {
    data: Data<'a>,
}

impl<'a> Text<'a> {
    /// The value's text; `None` for other types, and for a bytearray that is being changed.
    pub fn of(value: &'a Value) -> Option<Text<'a>> {
        let data = if let Some(s) = value.as_str() {
            Data::Str(value, s)
        } else if let Some(b) = value.as_bytes() {
            Data::Bytes(b)
        } else {
            Data::Shared(value.get::<ByteArray>()?.data.try_borrow().ok()?)
        };
        Some(Text { data })
    }

    pub fn kind(&self) -> Kind {
        match self.data {
            Data::Str(..) => Kind::Str,
            Data::Bytes(_) => Kind::Bytes,
            Data::Shared(_) => Kind::ByteArray,
        }
    }

    /// The bytes; UTF-8 for a str.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match &self.data {
            Data::Str(_, s) => s.as_bytes(),
            Data::Bytes(b) => b,
            Data::Shared(b) => b,
        }
    }

    pub fn as_str(&self) -> Option<&'a str> {
        match self.data {
            Data::Str(_, s) => Some(s),
            _ => None,
        }
    }

    /// Number of characters of a str, of bytes else.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Str(v, _) => v.char_count(),
            _ => self.bytes().len(),
        }
    }

    /// The byte position of character `index`; the end when there is no such.
    pub fn offset(&self, index: usize) -> usize {
        let size = self.bytes().len();
        match self.data {
            Data::Str(_, s) if self.len() != size => s.char_indices().nth(index).map_or(size, |(at, _)| at),
            _ => index.min(size),
        }
    }

    /// The character that starts at byte position `offset`: the reverse of [`Text::offset`].
    pub fn index(&self, offset: usize) -> usize {
        let bytes = self.bytes();
        if self.len() == bytes.len() {
            return offset;
        }
        bytes.iter().take(offset).filter(|&&b| b & 0xC0 != 0x80).count()
    }

    /// The byte positions that two optional bounds (None, or an index that may be negative or too large) mean.
    pub fn bounds(&self, vm: &mut Vm, bounds: &[Value]) -> Res<(usize, usize)> {
        let len = self.len();
        let mut at = |bound: Option<&Value>, default: usize| -> Res<usize> {
            let Some(bound) = bound.filter(|b| !b.is_none()) else { return Ok(default) };
            let i = vm.slice_bound(bound)?;
            let i = if i < 0 { i.saturating_add(len as i64).max(0) } else { i };
            Ok(self.offset(usize::try_from(i).unwrap_or(usize::MAX)))
        };
        Ok((at(bounds.first(), 0)?, at(bounds.get(1), self.bytes().len())?))
    }

    /// An object of the same sort with the bytes `start..end`, which lie between characters.
    pub fn piece(&self, vm: &Vm, start: usize, end: usize) -> Res {
        match &self.data {
            Data::Str(_, s) => vm.new_str(s.get(start..end).unwrap_or("")),
            Data::Bytes(b) => vm.new_bytes(b.get(start..end).unwrap_or(&[])),
            Data::Shared(b) => vm.new_bytearray(b.get(start..end).unwrap_or(&[])),
        }
    }
}

impl Kind {
    /// Whether an argument of kind `other` goes with self: bytes and bytearray go together.
    pub fn goes_with(self, other: Kind) -> bool {
        (self == Kind::Str) == (other == Kind::Str)
    }

    /// A bytes or bytearray object made of these parts.
    pub fn concat_bytes<'a>(self, vm: &mut Vm, parts: impl Iterator<Item = &'a [u8]> + Clone) -> Res {
        if self != Kind::ByteArray {
            return Ok(BytesHead::concat(&vm.heap, parts)?.into());
        }
        let mut data = HVec::new();
        let len = parts.clone().try_fold(0usize, |n, part| n.checked_add(part.len())).ok_or(Raised)?;
        data.reserve_exact(&vm.heap, len)?;
        for part in parts {
            data.append_bytes(&vm.heap, part)?;
        }
        Ok(vm.heap.alloc(ByteArray { data: RefCell::new(data) })?.into())
    }

    /// An object of this sort with this content.
    /// UnicodeError when a str would not be UTF-8.
    pub fn make(self, vm: &mut Vm, bytes: &[u8]) -> Res {
        if self != Kind::Str {
            return self.concat_bytes(vm, core::iter::once(bytes));
        }
        match StrHead::from_utf8(&vm.heap, bytes)? {
            Some(s) => Ok(s.into()),
            None => Err(vm.raise_args(&crate::exceptions::UNICODE_ERROR, &[])),
        }
    }

    /// An empty object of this sort.
    pub fn empty(self, vm: &mut Vm) -> Res {
        if self == Kind::Str { vm.intern("") } else { self.make(vm, &[]) }
    }
}

/// What a str's and a bytes object's content have in common, so that one function builds results for both.
pub(crate) trait Run {
    fn bytes(&self) -> &[u8];
    /// The bytes `start..end`, which lie between characters; nothing when they do not.
    fn part(&self, start: usize, end: usize) -> &Self;
    /// Bytes of the character that starts at `at`.
    fn step(&self, at: usize) -> usize;
    /// An object of sort `kind` made of these parts.
    fn concat<'a>(vm: &mut Vm, kind: Kind, parts: impl Iterator<Item = &'a Self> + Clone) -> Res
    where
        Self: 'a;
}

impl Run for str {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
    fn part(&self, start: usize, end: usize) -> &str {
        self.get(start..end).unwrap_or("")
    }
    fn step(&self, at: usize) -> usize {
        self.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    }
    fn concat<'a>(vm: &mut Vm, _: Kind, parts: impl Iterator<Item = &'a str> + Clone) -> Res {
        Ok(StrHead::concat(&vm.heap, parts)?.into())
    }
}

impl Run for [u8] {
    fn bytes(&self) -> &[u8] {
        self
    }
    fn part(&self, start: usize, end: usize) -> &[u8] {
        self.get(start..end).unwrap_or(&[])
    }
    fn step(&self, _: usize) -> usize {
        1
    }
    fn concat<'a>(vm: &mut Vm, kind: Kind, parts: impl Iterator<Item = &'a [u8]> + Clone) -> Res {
        kind.concat_bytes(vm, parts)
    }
}

/// `n` spaces in parts.
pub(crate) fn spaces<'a>(n: usize) -> impl Iterator<Item = &'a str> + Clone {
    const SPACES: &str = "                                ";
    (0..n.div_ceil(SPACES.len())).map(move |i| SPACES.get(..n - i * SPACES.len()).unwrap_or(SPACES))
}

/// MemoryError at once when a result of `n` bytes can never fit, before work that grows with it.
pub(crate) fn check_size(vm: &Vm, n: Option<usize>) -> Res<usize> {
    match n {
        Some(n) if n <= vm.heap.stats().limit => Ok(n),
        _ => Err(Raised),
    }
}

/// An empty vector with room for `n` bytes; MemoryError when the heap's limit does not allow them.
pub(crate) fn scratch(vm: &Vm, n: usize) -> Res<Vec<u8>> {
    check_size(vm, n.checked_mul(2))?;
    let mut v = Vec::new();
    v.try_reserve_exact(n).map_err(|_| Raised)?;
    Ok(v)
}

/// Whether a value is an int or a bool.
pub(crate) fn is_int(value: &Value) -> bool {
    value.as_small_int().is_some()
        || value.is(&Value::TRUE)
        || value.is(&Value::FALSE)
        || value.get::<BigInt>().is_some()
}

/// The text of a method's receiver. TypeError for other types.
pub(crate) fn receiver<'a>(vm: &mut Vm, value: &'a Value) -> Res<Text<'a>> {
    match Text::of(value) {
        Some(t) => Ok(t),
        None if value.get::<ByteArray>().is_some() => Err(vm.busy()),
        None => {
            let t = vm.type_name(value);
            Err(vm.type_error_fmt(format_args!("argument should be a 'str' not a '{t}'")))
        }
    }
}

/// The text of an argument that must go with a receiver of kind `kind`.
pub(crate) fn argument<'a>(vm: &mut Vm, kind: Kind, value: &'a Value) -> Res<Text<'a>> {
    match Text::of(value) {
        Some(t) if kind.goes_with(t.kind()) => Ok(t),
        _ => Err(bad_conversion(vm, value)),
    }
}

/// TypeError: an object is not turned into text without being asked.
#[cold]
pub(crate) fn bad_conversion(vm: &mut Vm, value: &Value) -> Raised {
    if value.get::<ByteArray>().is_some_and(|b| b.data.try_borrow().is_err()) {
        return vm.busy();
    }
    let t = vm.type_name(value);
    let target = if t == "str" { "bytes" } else { "str" };
    vm.type_error_fmt(format_args!("can't convert '{t}' object to {target} implicitly"))
}
