//! `struct`: numbers and bytes packed by a format.
//!
//! As in MicroPython, `unpack` takes a buffer that is longer than the format, surplus arguments of `pack` are
//! ignored and missing ones leave zeros, and integers that do not fit lose their upper bits.

use crate::buffer::{charged, text_bytes};
use alloc::vec::Vec;
use snakeye_vm::number::to_u64_wrapping;
use snakeye_vm::object::{BufferValue, ModuleDef};
use snakeye_vm::{Raised, Res, Value, Vm, method};

mod objects;

/// The `struct` module.
pub static STRUCT: ModuleDef = ModuleDef {
    name: "struct",
    entries: &[
        method!("calcsize", 1, 1, calcsize),
        method!("pack", 1, 255, pack),
        method!("pack_into", 3, 255, pack_into),
        method!("unpack", 2, 3, unpack),
        method!("unpack_from", 2, 3, unpack),
    ],
    init: None,
};

/// What is wrong with a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FormatError {
    /// No such type code.
    Typecode,
    /// Larger than memory can be.
    Size,
}

/// A run of like elements of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    code: u8,
    count: usize,
    /// Offset of the first element.
    start: usize,
    /// Bytes of one element (of `s` and `x`: 1).
    size: usize,
}

impl Run {
    /// How many values it takes or gives.
    fn values(&self) -> usize {
        match self.code {
            b'x' => 0,
            b's' => 1,
            _ => self.count,
        }
    }
}

/// A format with the offsets of its elements.
#[derive(Debug, PartialEq, Eq)]
struct Layout {
    runs: Vec<Run>,
    size: usize,
    big_endian: bool,
}

/// Bytes of an element; `native`: with C's sizes (and alignment, which equals the size).
fn element_size(code: u8, native: bool) -> Option<usize> {
    Some(match code {
        b'x' | b's' | b'b' | b'B' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' if !native => 4,
        b'l' | b'L' => size_of::<usize>(),
        b'P' | b'O' | b'S' => size_of::<usize>(),
        b'q' | b'Q' | b'd' => 8,
        _ => return None,
    })
}

fn layout(format: &[u8]) -> Result<Layout, FormatError> {
    let (native, big_endian, body) = match format {
        [b'<', rest @ ..] => (false, false, rest),
        [b'>' | b'!', rest @ ..] => (false, true, rest),
        [b'=', rest @ ..] => (false, cfg!(target_endian = "big"), rest),
        [b'@', rest @ ..] => (true, cfg!(target_endian = "big"), rest),
        _ => (true, cfg!(target_endian = "big"), format),
    };
    let mut layout = Layout { runs: Vec::new(), size: 0, big_endian };
    let mut count = None;
    for &code in body {
        if code.is_ascii_digit() {
            let n: usize = count.unwrap_or(0);
            count = Some(n.saturating_mul(10).saturating_add((code - b'0') as usize));
            continue;
        }
        let n = count.take().unwrap_or(1);
        let size = element_size(code, native).ok_or(FormatError::Typecode)?;
        let start = if native && n > 0 { layout.size.checked_next_multiple_of(size) } else { Some(layout.size) };
        let start = start.ok_or(FormatError::Size)?;
        layout.size = n.checked_mul(size).and_then(|bytes| start.checked_add(bytes)).ok_or(FormatError::Size)?;
        layout.runs.push(Run { code, count: n, start, size });
    }
    if count.is_some() { Err(FormatError::Typecode) } else { Ok(layout) }
}

fn layout_of(vm: &mut Vm, format: Option<&Value>) -> Res<Layout> {
    let Some(format) = format else { return Err(vm.type_error("format required")) };
    let format = vm.base_object(format);
    let bytes = text_bytes(vm, &format)?;
    match layout(bytes) {
        Ok(l) => Ok(l),
        Err(FormatError::Typecode) => Err(vm.value_error("bad typecode")),
        Err(FormatError::Size) => Err(Raised),
    }
}

fn calcsize(vm: &mut Vm, args: &[Value]) -> Res {
    let layout = layout_of(vm, args.first())?;
    vm.new_uint(layout.size as u64)
}

/// Half precision from a float, rounded to the nearest, halves to even.
fn to_half(x: f64) -> u16 {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let a = x.abs();
    let bits = if a.is_nan() {
        0x7E00
    } else if a >= 65520.0 {
        0x7C00
    } else if a < 1.0 / 16384.0 {
        // Subnormal; the carry into 1024 is the smallest normal number's pattern.
        libm::rint(a * 16777216.0) as u16
    } else {
        let (m, e) = libm::frexp(a);
        let fraction = libm::rint((2.0 * m - 1.0) * 1024.0) as u16;
        (((e + 14) as u16) << 10) + fraction
    };
    sign | bits
}

/// The float of a half-precision pattern.
fn from_half(bits: u16) -> f64 {
    let m = (bits & 0x3FF) as f64;
    let a = match bits >> 10 & 0x1F {
        0 => m / 16777216.0,
        31 if m == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => libm::ldexp(1.0 + m / 1024.0, e as i32 - 15),
    };
    if bits & 0x8000 != 0 { -a } else { a }
}

/// The element's bytes, little end first, in the low bytes of a word.
fn encode(vm: &mut Vm, code: u8, v: &Value) -> Res<u64> {
    match code {
        b'e' => Ok(to_half(vm.float_of(v)?) as u64),
        b'f' => Ok((vm.float_of(v)? as f32).to_bits() as u64),
        b'd' => Ok(vm.float_of(v)?.to_bits()),
        b'O' => objects::pack(vm, v),
        _ => match to_u64_wrapping(v) {
            Some(n) => Ok(n),
            None => Ok(vm.index_of(v)? as u64),
        },
    }
}

fn decode(vm: &mut Vm, code: u8, size: usize, word: u64) -> Res {
    match code {
        b'e' => vm.new_float(from_half(word as u16)),
        b'f' => vm.new_float(f32::from_bits(word as u32) as f64),
        b'd' => vm.new_float(f64::from_bits(word)),
        b'O' => objects::unpack(vm, word),
        b'S' => string_at(vm, word),
        b'b' | b'h' | b'i' | b'l' | b'q' => {
            let unused = 64 - 8 * size as u32;
            vm.new_int((word << unused) as i64 >> unused)
        }
        _ => vm.new_uint(word),
    }
}

/// The text at an address, up to a zero byte or the end of the buffer it lies in.
fn string_at(vm: &mut Vm, address: u64) -> Res {
    let address = usize::try_from(address).unwrap_or(0);
    let Some((owner, offset)) = vm.memory_owner(address) else {
        // Says which address that is.
        vm.read_memory(address, &mut [0])?;
        return vm.new_str("");
    };
    let text = owner.buffer().map(|b| {
        b.with(|b| {
            let rest = b.get(offset..).unwrap_or_default();
            rest.split(|&c| c == 0).next().unwrap_or_default().to_vec()
        })
    });
    match core::str::from_utf8(&text.unwrap_or_default()) {
        Ok(text) => vm.new_str(text),
        Err(_) => Err(vm.raise_args(&snakeye_vm::exceptions::UNICODE_ERROR, &[])),
    }
}

/// Writes the values into `out`, which is as long as the layout says.
fn write(vm: &mut Vm, layout: &Layout, values: &[Value], out: &mut [u8]) -> Res<()> {
    let mut values = values.iter();
    for run in &layout.runs {
        if run.values() > values.len() && values.len() == 0 {
            return Ok(());
        }
        let Some(place) = out.get_mut(run.start..run.start + run.count * run.size) else { return Ok(()) };
        match run.code {
            b'x' => place.fill(0),
            b's' => {
                let Some(v) = values.next().map(|v| vm.base_object(v)) else { return Ok(()) };
                let Some(source) = v.buffer() else {
                    return Err(vm.type_error("object with buffer protocol required"));
                };
                source.with(|bytes| {
                    let n = bytes.len().min(place.len());
                    let (head, tail) = place.split_at_mut(n);
                    head.copy_from_slice(&bytes[..n]);
                    tail.fill(0);
                });
            }
            code => {
                for (element, v) in place.chunks_exact_mut(run.size).zip(&mut values) {
                    let bytes = encode(vm, code, v)?.to_le_bytes();
                    element.copy_from_slice(&bytes[..run.size]);
                    if layout.big_endian {
                        element.reverse();
                    }
                }
            }
        }
    }
    Ok(())
}

fn pack(vm: &mut Vm, args: &[Value]) -> Res {
    let layout = layout_of(vm, args.first())?;
    charged(vm, layout.size)?;
    let mut out = Vec::new();
    out.try_reserve_exact(layout.size).map_err(|_| Raised)?;
    out.resize(layout.size, 0);
    write(vm, &layout, args.get(1..).unwrap_or(&[]), &mut out)?;
    vm.new_bytes(&out)
}

/// Where a structure lies in a buffer of `len` bytes; ValueError when it does not fit. Negative offsets count
/// from the end.
fn place(vm: &mut Vm, offset: Option<&Value>, len: usize, size: usize) -> Res<usize> {
    let offset = match offset {
        Some(v) => vm.index_of(v)?,
        None => 0,
    };
    let start = if offset < 0 { offset.saturating_add(len as i64) } else { offset };
    match usize::try_from(start) {
        Ok(start) if start.checked_add(size).is_some_and(|end| end <= len) => Ok(start),
        _ => Err(vm.value_error("buffer too small")),
    }
}

fn pack_into(vm: &mut Vm, args: &[Value]) -> Res {
    let [format, target, offset, values @ ..] = args else { return Err(vm.type_error("buffer required")) };
    let layout = layout_of(vm, Some(format))?;
    let target = vm.base_object(target);
    let Some(len) = target.with_buffer_mut(|b| b.len()) else {
        return Err(vm.type_error("object with buffer protocol required"));
    };
    let start = place(vm, Some(offset), len, layout.size)?;
    let range = start..start + layout.size;
    // Values may run code (`__int__`), so the buffer is not borrowed meanwhile.
    let mut bytes = target.with_buffer_mut(|b| b.get(range.clone()).map(<[u8]>::to_vec)).flatten().unwrap_or_default();
    write(vm, &layout, values, &mut bytes)?;
    let written = target.with_buffer_mut(|b| b.get_mut(range).map(|place| place.copy_from_slice(&bytes))).flatten();
    match written {
        Some(()) => Ok(Value::NONE),
        None => Err(vm.value_error("buffer too small")),
    }
}

fn unpack(vm: &mut Vm, args: &[Value]) -> Res {
    let layout = layout_of(vm, args.first())?;
    let source = args.get(1).map_or(Value::NONE, |v| vm.base_object(v));
    let Some(buffer) = source.buffer() else {
        return Err(vm.type_error("object with buffer protocol required"));
    };
    let start = place(vm, args.get(2), buffer.len(), layout.size)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(layout.size).map_err(|_| Raised)?;
    buffer.with(|b| bytes.extend_from_slice(b.get(start..start + layout.size).unwrap_or(&[])));
    drop(buffer);
    let count: usize = layout.runs.iter().map(Run::values).sum();
    charged(vm, count.saturating_mul(size_of::<Value>()))?;
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| Raised)?;
    for run in &layout.runs {
        let Some(part) = bytes.get(run.start..run.start + run.count * run.size) else { break };
        match run.code {
            b'x' => {}
            b's' => values.push(vm.new_bytes(part)?),
            code => {
                for element in part.chunks_exact(run.size) {
                    let mut word = [0u8; 8];
                    word[..run.size].copy_from_slice(element);
                    if layout.big_endian {
                        word[..run.size].reverse();
                    }
                    values.push(decode(vm, code, run.size, u64::from_le_bytes(word))?);
                }
            }
        }
    }
    vm.new_tuple(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(format: &str) -> Result<usize, FormatError> {
        layout(format.as_bytes()).map(|l| l.size)
    }

    #[test]
    fn layouts() {
        assert_eq!(size(""), Ok(0));
        assert_eq!(size("<bhilq"), Ok(19));
        assert_eq!(size("!bhilq"), Ok(19));
        assert_eq!(size("bhiq"), Ok(16));
        assert_eq!(size("@bq"), Ok(16));
        assert_eq!(size("b0i"), Ok(1));
        assert_eq!(size("5s3x2sb"), Ok(11));
        assert_eq!(size("<2h3b"), Ok(7));
        assert_eq!(size("z"), Err(FormatError::Typecode));
        assert_eq!(size("2"), Err(FormatError::Typecode));
        assert_eq!(size("b b"), Err(FormatError::Typecode));
        assert_eq!(size("99999999999999999999999q"), Err(FormatError::Size));
        let l = layout(b"@b2h");
        assert_eq!(l.map(|l| l.runs[1]), Ok(Run { code: b'h', count: 2, start: 2, size: 2 }));
    }

    #[test]
    fn halves() {
        for (x, bits) in [
            (0.0, 0u16),
            (-0.0, 0x8000),
            (1.0, 0x3C00),
            (-2.0, 0xC000),
            (65504.0, 0x7BFF),
            (65519.9, 0x7BFF),
            (65520.0, 0x7C00),
            (f64::INFINITY, 0x7C00),
            (0.00006103515625, 0x0400),
            (6.097555160522461e-5, 0x03FF),
            (5.960464477539063e-08, 0x0001),
            (2.9e-08, 0x0000),
            (0.1, 0x2E66),
            (1.00048828125, 0x3C00),
            (1.00146484375, 0x3C02),
        ] {
            assert_eq!(to_half(x), bits, "{x}");
        }
        for bits in (0..0x7C01).chain(0x8000..0xFC01) {
            assert_eq!(to_half(from_half(bits)), bits);
        }
        assert!(from_half(to_half(f64::NAN)).is_nan());
    }
}
