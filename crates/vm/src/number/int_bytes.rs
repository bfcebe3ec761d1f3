//! `int.from_bytes` and `int.to_bytes`.

use super::big::int_from_ibig;
use super::{IntRef, as_int};
use crate::exceptions as exc;
use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::vec::Vec;
use dashu_int::IBig;
use snakeye_heap::Value;

/// Two's complement, little end first; `negative` says with what it goes on.
struct Complement {
    bytes: Vec<u8>,
    negative: bool,
}

fn complement(n: IntRef) -> Complement {
    match n {
        IntRef::Small(n) => Complement { bytes: n.to_le_bytes().to_vec(), negative: n < 0 },
        IntRef::Big(b) => Complement { bytes: b.to_le_bytes().into_vec(), negative: *b < IBig::ZERO },
    }
}

impl Complement {
    fn filler(&self) -> u8 {
        if self.negative { 0xFF } else { 0 }
    }
    fn byte(&self, i: usize) -> u8 {
        self.bytes.get(i).copied().unwrap_or(self.filler())
    }
    /// Whether `len` bytes hold the number.
    fn fits(&self, len: usize, signed: bool) -> bool {
        let rest = self.bytes.get(len..).unwrap_or(&[]);
        if rest.iter().any(|b| *b != self.filler()) {
            return false;
        }
        match len.checked_sub(1) {
            _ if !signed => true,
            Some(top) => (self.byte(top) & 0x80 != 0) == self.negative,
            None => !self.negative && rest.is_empty() || self.bytes.iter().all(|b| *b == 0),
        }
    }
}

fn is_little(order: &Value) -> bool {
    order.as_str() == Some("little")
}

/// `int.from_bytes(bytes, byteorder='big', *, signed=False)`; `signed` is also taken by position.
pub(super) fn from_bytes(vm: &mut Vm, args: Args) -> Res<Step> {
    let params = [
        Param::required("cls"),
        Param::required("bytes"),
        Param::optional("byteorder", Value::NONE),
        Param::optional("signed", Value::FALSE),
    ];
    let [_, source, order, signed] = args.parse(vm, &params)?;
    let signed = vm.truth(&signed)?;
    let source = vm.base_object(&source);
    let Some(mut bytes) = source.buffer().map(|b| b.to_vec()) else {
        return Err(vm.type_error("object with buffer protocol required"));
    };
    if !is_little(&order) {
        bytes.reverse();
    }
    let negative = signed && bytes.last().is_some_and(|b| b & 0x80 != 0);
    if bytes.len() <= 8 {
        let mut word = if negative { [0xFF; 8] } else { [0; 8] };
        for (place, b) in word.iter_mut().zip(&bytes) {
            *place = *b;
        }
        return if negative { vm.new_int(i64::from_le_bytes(word)) } else { vm.new_uint(u64::from_le_bytes(word)) }
            .map(Step::Done);
    }
    if !negative {
        bytes.push(0);
    }
    int_from_ibig(vm, IBig::from_le_bytes(&bytes)).map(Step::Done)
}

/// `int.to_bytes(length=1, byteorder='big', *, signed=False)`
pub(super) fn to_bytes(vm: &mut Vm, args: Args) -> Res<Step> {
    let params = [
        Param::required("self"),
        Param::optional("length", Value::int(1)),
        Param::optional("byteorder", Value::NONE),
        Param::keyword("signed", Value::FALSE),
    ];
    let [number, length, order, signed] = args.parse(vm, &params)?;
    let signed = vm.truth(&signed)?;
    let length = vm.index_of(&length)?;
    let Ok(length) = usize::try_from(length) else { return Err(vm.raise_args(&exc::VALUE_ERROR, &[])) };
    let number = vm.base_object(&number);
    let Some(n) = as_int(&number) else { return Err(vm.type_error("int required")) };
    let n = complement(n);
    if n.negative && !signed {
        return Err(vm.raise_new(&exc::OVERFLOW_ERROR, "can't convert negative int to unsigned"));
    }
    if !n.fits(length, signed) {
        return Err(vm.raise_fmt(&exc::OVERFLOW_ERROR, format_args!("value would overflow a {length} byte buffer")));
    }
    vm.heap.charge(length)?;
    vm.heap.discharge(length);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| crate::Raised)?;
    bytes.extend((0..length).map(|i| n.byte(i)));
    if !is_little(&order) {
        bytes.reverse();
    }
    vm.new_bytes(&bytes).map(Step::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits() {
        let fits = |n: i64, len, signed| complement(IntRef::Small(n)).fits(len, signed);
        assert!(fits(255, 1, false) && !fits(255, 1, true) && fits(127, 1, true) && !fits(256, 1, false));
        assert!(fits(-128, 1, true) && !fits(-129, 1, true) && fits(-129, 2, true));
        assert!(fits(0, 0, false) && fits(0, 0, true) && !fits(1, 0, false) && !fits(-1, 0, true));
        let n = IBig::ONE << 64;
        assert!(!complement(IntRef::Big(&n)).fits(8, false));
        assert!(complement(IntRef::Big(&n)).fits(9, false));
        assert!(complement(IntRef::Big(&-n)).fits(9, true));
    }
}
