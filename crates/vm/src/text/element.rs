//! Elements of arrays: how a type code lays a number out in memory, in native order.

use crate::object::{BigInt, BufferValue};
use crate::vm::{Res, Vm};
use snakeye_heap::Value;

/// Bytes of one element; `None` for unknown type codes. `l` and `L` are C's long: a machine word on the
/// targets there are. `P` and `S` are addresses.
pub fn item_size(typecode: u8) -> Option<usize> {
    Some(match typecode {
        b'b' | b'B' => 1,
        b'h' | b'H' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'P' | b'S' => size_of::<usize>(),
        b'q' | b'Q' | b'd' => 8,
        _ => return None,
    })
}

/// A number as an element holds it.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Number {
    /// Of an integer type code.
    Int(i128),
    /// Of `f` or `d`.
    Float(f64),
}

/// The number in the bytes of one element (0 when they are too few).
pub fn decode(typecode: u8, bytes: &[u8]) -> Number {
    let mut word = [0u8; 8];
    let size = item_size(typecode).unwrap_or(1);
    if let (Some(place), Some(bytes)) = (word.get_mut(..size), bytes.get(..size)) {
        place.copy_from_slice(bytes);
    }
    let low = |n: usize| -> u64 {
        let mut le = word;
        if cfg!(target_endian = "big") {
            le[..n].reverse();
        }
        u64::from_le_bytes(le)
    };
    let raw = low(size);
    match typecode {
        b'f' => Number::Float(f32::from_bits(raw as u32) as f64),
        b'd' => Number::Float(f64::from_bits(raw)),
        b'b' | b'h' | b'i' | b'l' | b'q' => {
            let shift = 64 - 8 * size as u32;
            Number::Int(((raw << shift) as i64 >> shift) as i128)
        }
        _ => Number::Int(raw as i128),
    }
}

/// The integer in the bytes of one element of an integer type code.
pub(super) fn integer(typecode: u8, bytes: &[u8]) -> i128 {
    match decode(typecode, bytes) {
        Number::Int(n) => n,
        Number::Float(_) => 0,
    }
}

/// A Python number from the bytes of one element.
pub fn load(vm: &Vm, typecode: u8, bytes: &[u8]) -> Res {
    match decode(typecode, bytes) {
        Number::Float(x) => vm.new_float(x),
        Number::Int(n) => match i64::try_from(n) {
            Ok(n) => vm.new_int(n),
            Err(_) => vm.new_uint(n as u64),
        },
    }
}

/// The low 64 bits of an integer, in two's complement. TypeError for other objects.
pub fn low_bits(vm: &mut Vm, value: &Value) -> Res<u64> {
    if let Some(big) = value.get::<BigInt>() {
        let low = big.0.clone() & dashu_int::IBig::from(u64::MAX);
        return Ok(u64::try_from(&low).unwrap_or(0));
    }
    Ok(vm.index_of(value)? as u64)
}

/// The bytes of one element that holds `value`; of integers that do not fit, the low part. The element's bytes
/// are the first [`item_size`] ones.
pub fn encode(vm: &mut Vm, typecode: u8, value: &Value) -> Res<[u8; 8]> {
    let raw = match typecode {
        b'f' => (vm.float_of(value)? as f32).to_bits() as u64,
        b'd' => vm.float_of(value)?.to_bits(),
        _ => low_bits(vm, value)?,
    };
    let mut bytes = raw.to_le_bytes();
    if cfg!(target_endian = "big") {
        bytes[..item_size(typecode).unwrap_or(1)].reverse();
    }
    Ok(bytes)
}

/// Element `i` of a bytes, bytearray, array or memoryview object; `None` when there is no such.
pub fn element_at(vm: &Vm, object: &Value, i: usize) -> Res<Option<Value>> {
    let typecode = object.buffer_typecode();
    if typecode == b'O' {
        return Ok(super::array::object_at(object, i));
    }
    if let Some(bytes) = object.as_bytes() {
        return Ok(bytes.get(i).map(|&b| Value::int(b as i32)));
    }
    let Some(buffer) = object.buffer() else { return Ok(None) };
    let Some(size) = item_size(typecode) else { return Ok(None) };
    let mut word = [0u8; 8];
    let found = buffer.with(|b| {
        let start = i.checked_mul(size)?;
        let bytes = b.get(start..start.checked_add(size)?)?;
        word.get_mut(..size)?.copy_from_slice(bytes);
        Some(())
    });
    match found {
        Some(()) => load(vm, typecode, &word).map(Some),
        None => Ok(None),
    }
}

/// Number of elements of a bytearray, array or memoryview.
pub fn element_count(object: &Value) -> usize {
    let typecode = object.buffer_typecode();
    if typecode == b'O' {
        return super::array::object_count(object);
    }
    object.buffer().map_or(0, |b| b.len()) / item_size(typecode).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_sign_extended() {
        assert_eq!(decode(b'b', &[0xFF]), Number::Int(-1));
        assert_eq!(decode(b'B', &[0xFF]), Number::Int(255));
        assert_eq!(decode(b'h', &0x8000u16.to_ne_bytes()), Number::Int(-0x8000));
        assert_eq!(decode(b'Q', &u64::MAX.to_ne_bytes()), Number::Int(u64::MAX as i128));
        assert_eq!(decode(b'q', &(-5i64).to_ne_bytes()), Number::Int(-5));
        assert_eq!(decode(b'f', &1.5f32.to_ne_bytes()), Number::Float(1.5));
        assert_eq!(decode(b'd', &(-0.1f64).to_ne_bytes()), Number::Float(-0.1));
    }
}
