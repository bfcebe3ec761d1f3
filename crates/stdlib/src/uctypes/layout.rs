//! Descriptors: where a field is and of what type, packed into small integers as MicroPython packs them (31 bits,
//! so that they are small integers everywhere).

use alloc::vec::Vec;
use snakeye_vm::object::{Dict, Entry, TupleHead};
use snakeye_vm::{Res, Value, Vm};

/// Fields one after the other, little end first.
pub(super) const LITTLE_ENDIAN: i64 = 0;
/// Likewise, big end first.
pub(super) const BIG_ENDIAN: i64 = 1;
/// As the C compiler does: the target's order, sizes padded to the greatest field's.
pub(super) const NATIVE: i64 = 2;

/// Bits of a scalar's type, of an aggregate's, of an offset beside a bit field's position, and its position.
const KIND_BITS: u32 = 4;
pub(super) const AGGREGATE_BITS: u32 = 2;
pub(super) const OFFSET_BITS: u32 = 17;
pub(super) const LENGTH_SHIFT: u32 = OFFSET_BITS + 5;

/// Aggregates.
pub(super) const STRUCT: u32 = 0;
pub(super) const PTR: u32 = 1;
pub(super) const ARRAY: u32 = 2;

/// Deepest nesting of descriptors: they may contain themselves.
const MAX_DEPTH: u32 = 40;

/// A scalar type. The lowest bit says that it is signed, the rest its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub u8);

impl Kind {
    pub const UINT8: Kind = Kind(0);
    pub const INT8: Kind = Kind(1);
    pub const UINT16: Kind = Kind(2);
    pub const INT16: Kind = Kind(3);
    pub const UINT32: Kind = Kind(4);
    pub const INT32: Kind = Kind(5);
    pub const UINT64: Kind = Kind(6);
    pub const INT64: Kind = Kind(7);
    pub const BFUINT8: Kind = Kind(8);
    pub const BFINT32: Kind = Kind(13);
    pub const FLOAT32: Kind = Kind(14);
    pub const FLOAT64: Kind = Kind(15);

    /// The type in a descriptor.
    pub fn of(descriptor: i64) -> Kind {
        Kind((descriptor >> (31 - KIND_BITS) & 0xF) as u8)
    }

    pub fn is_bit_field(self) -> bool {
        (Kind::BFUINT8.0..=Kind::BFINT32.0).contains(&self.0)
    }

    /// Bytes it takes; of a bit field: of the integer it lies in.
    pub fn size(self) -> usize {
        if self == Kind::FLOAT32 { 4 } else { 1 << ((self.0 & 7) >> 1) }
    }
}

/// A type as it stands in the upper bits of a 31-bit integer.
pub(super) const fn shifted(kind: u32, bits: u32) -> i64 {
    ((kind << (32 - bits)) as i32 >> 1) as i64
}

/// The constant of a scalar type.
pub(super) const fn scalar(kind: Kind) -> Entry {
    Entry::Int(shifted(kind.0 as u32, KIND_BITS))
}

/// The bits below a type of so many bits.
fn below(descriptor: i64, bits: u32) -> usize {
    (descriptor & ((1 << (31 - bits)) - 1)) as usize
}

/// A scalar field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    pub kind: Kind,
    pub offset: usize,
    /// First bit and number of bits of a bit field.
    pub bits: (u32, u32),
}

impl Scalar {
    pub fn of(descriptor: i64) -> Scalar {
        let kind = Kind::of(descriptor);
        let rest = below(descriptor, KIND_BITS);
        if kind.is_bit_field() {
            let bits = (rest as u32 >> OFFSET_BITS & 31, rest as u32 >> LENGTH_SHIFT & 31);
            Scalar { kind, offset: rest & ((1 << OFFSET_BITS) - 1), bits }
        } else {
            Scalar { kind, offset: rest, bits: (0, 0) }
        }
    }
}

/// An aggregate's descriptor: a tuple.
pub(super) struct Aggregate<'a> {
    /// [`STRUCT`], [`PTR`] or [`ARRAY`].
    pub kind: u32,
    pub offset: usize,
    /// What follows the offset.
    pub rest: &'a [Value],
}

/// TypeError: a descriptor that means nothing.
#[cold]
pub(super) fn bad_descriptor<T>(vm: &mut Vm) -> Res<T> {
    Err(vm.type_error("syntax error in uctypes descriptor"))
}

impl<'a> Aggregate<'a> {
    /// The aggregate that a descriptor describes; `None` when it is no tuple, or starts with no integer.
    pub fn of(descriptor: &'a Value) -> Option<Aggregate<'a>> {
        let (_, items) = descriptor.tail::<TupleHead>()?;
        let (first, rest) = items.split_first()?;
        let first = first.as_small_int()?;
        let kind = (first >> (31 - AGGREGATE_BITS) & 3) as u32;
        Some(Aggregate { kind, offset: below(first, AGGREGATE_BITS), rest })
    }

    /// Number of elements of an array, and their type where they are scalars.
    pub fn elements(&self) -> Option<(usize, Kind)> {
        let n = self.rest.first()?.as_small_int()?;
        Some((below(n, KIND_BITS), Kind::of(n)))
    }

    /// Whether it is an array of UINT8.
    pub fn is_bytes(&self) -> bool {
        self.kind == ARRAY && self.rest.len() == 1 && self.elements().is_some_and(|(_, kind)| kind == Kind::UINT8)
    }
}

/// A size under construction, with the greatest field's.
struct Extent {
    layout: i64,
    widest: usize,
}

/// What went wrong when a size was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SizeError {
    /// A descriptor that means nothing, or a size beyond memory.
    Syntax,
    /// A scalar: the value of one has no type any more.
    Scalar,
}

/// Bytes that something of this type takes.
pub(super) fn size(descriptor: &Value, layout: i64) -> Result<usize, SizeError> {
    Extent { layout, widest: 0 }.any(descriptor, 0)
}

/// As [`size`], an error becoming a TypeError.
pub(super) fn size_of_type(vm: &mut Vm, descriptor: &Value, layout: i64) -> Res<usize> {
    match size(descriptor, layout) {
        Ok(n) => Ok(n),
        Err(SizeError::Syntax) => bad_descriptor(vm),
        Err(SizeError::Scalar) => Err(vm.type_error("can't unambiguously get sizeof scalar")),
    }
}

impl Extent {
    fn any(&mut self, descriptor: &Value, depth: u32) -> Result<usize, SizeError> {
        if depth > MAX_DEPTH {
            return Err(SizeError::Syntax);
        }
        if let Some(dict) = descriptor.get::<Dict>() {
            let fields: Vec<Value> = match dict.table.try_borrow() {
                Ok(table) => table.iter().map(|e| e.value.clone()).collect(),
                Err(_) => return Err(SizeError::Syntax),
            };
            return self.fields(&fields, depth);
        }
        if descriptor.as_small_int().is_some() {
            return Err(SizeError::Scalar);
        }
        self.aggregate(&Aggregate::of(descriptor).ok_or(SizeError::Syntax)?, depth)
    }

    fn fields(&mut self, fields: &[Value], depth: u32) -> Result<usize, SizeError> {
        let mut total = 0usize;
        for field in fields {
            let end = match field.as_small_int() {
                Some(n) => {
                    let field = Scalar::of(n);
                    self.widest = self.widest.max(field.kind.size());
                    field.offset + field.kind.size()
                }
                None => {
                    let aggregate = Aggregate::of(field).ok_or(SizeError::Syntax)?;
                    let size = self.aggregate(&aggregate, depth + 1)?;
                    aggregate.offset.checked_add(size).ok_or(SizeError::Syntax)?
                }
            };
            total = total.max(end);
        }
        if self.layout == NATIVE && self.widest > 0 {
            total = total.checked_next_multiple_of(self.widest).ok_or(SizeError::Syntax)?;
        }
        Ok(total)
    }

    fn aggregate(&mut self, aggregate: &Aggregate, depth: u32) -> Result<usize, SizeError> {
        match (aggregate.kind, aggregate.rest) {
            (STRUCT, [fields]) => self.any(fields, depth + 1),
            (PTR, [_]) => {
                self.widest = self.widest.max(size_of::<usize>());
                Ok(size_of::<usize>())
            }
            (ARRAY, rest) => {
                let (n, kind) = aggregate.elements().ok_or(SizeError::Syntax)?;
                let item = match rest {
                    [_] => {
                        self.widest = self.widest.max(kind.size());
                        kind.size()
                    }
                    [_, element] => self.any(element, depth + 1)?,
                    _ => return Err(SizeError::Syntax),
                };
                item.checked_mul(n).ok_or(SizeError::Syntax)
            }
            _ => Err(SizeError::Syntax),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_fit_31_bits() {
        assert_eq!(shifted(1, KIND_BITS), 0x0800_0000);
        assert_eq!(shifted(ARRAY, AGGREGATE_BITS), -0x4000_0000);
        assert_eq!(Kind::of(shifted(14, KIND_BITS) | 5), Kind::FLOAT32);
        let field = Scalar::of(shifted(8, KIND_BITS) | 3 | 4 << OFFSET_BITS | 2 << LENGTH_SHIFT);
        assert_eq!(field, Scalar { kind: Kind::BFUINT8, offset: 3, bits: (4, 2) });
    }
}
