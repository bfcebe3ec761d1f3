//! `binascii`: hexadecimal, base64, CRC-32.

use crate::buffer::{charged, with_buffer};
use alloc::vec::Vec;
use snakeye_vm::object::{Args, ModuleDef, Param, Step};
use snakeye_vm::text::{hex, unhex};
use snakeye_vm::{Raised, Res, Value, Vm, method, method_kw};

/// The module.
pub static BINASCII: ModuleDef = ModuleDef {
    name: "binascii",
    entries: &[
        method!("hexlify", 1, 2, hexlify),
        method!("unhexlify", 1, 1, unhexlify),
        method!("a2b_base64", 1, 1, a2b_base64),
        method_kw!("b2a_base64", 1, 2, b2a_base64),
        method!("crc32", 1, 2, crc32),
    ],
    init: None,
};

fn hexlify(vm: &mut Vm, args: &[Value]) -> Res {
    let sep = match args.get(1) {
        Some(s) => with_buffer(vm, s, |_, b| b.first().copied())?,
        None => None,
    };
    with_buffer(vm, &args[0], |vm, b| hex(vm, b, sep, false))?
}

fn unhexlify(vm: &mut Vm, args: &[Value]) -> Res {
    let bytes = with_buffer(vm, &args[0], unhex)??;
    vm.new_bytes(&bytes)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn sextet(b: u8) -> Option<u32> {
    Some(match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    } as u32)
}

/// Decodes base64, passing over characters outside the alphabet; `None`: the padding is wrong.
fn decode_base64(data: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (mut word, mut bits) = (0u32, 0u32);
    let mut padded = false;
    for &b in data {
        if b == b'=' {
            if bits == 2 || (bits == 4 && padded) {
                return Some(());
            }
            padded = true;
        }
        let Some(n) = sextet(b) else { continue };
        padded = false;
        word = word << 6 | n;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    (bits == 0).then_some(())
}

fn encode_base64(data: &[u8], out: &mut Vec<u8>) {
    for chunk in data.chunks(3) {
        let mut word = [0u8; 4];
        word[1..1 + chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word);
        for i in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { digit } else { b'=' });
        }
    }
}

fn room(vm: &Vm, n: usize) -> Res<Vec<u8>> {
    charged(vm, n)?;
    let mut out = Vec::new();
    out.try_reserve_exact(n).map_err(|_| Raised)?;
    Ok(out)
}

fn a2b_base64(vm: &mut Vm, args: &[Value]) -> Res {
    let decoded = with_buffer(vm, &args[0], |vm, data| {
        let mut out = room(vm, data.len() / 4 * 3 + 3)?;
        match decode_base64(data, &mut out) {
            Some(()) => Ok(out),
            None => Err(vm.value_error("incorrect padding")),
        }
    })??;
    vm.new_bytes(&decoded)
}

fn b2a_base64(vm: &mut Vm, args: Args) -> Res<Step> {
    let [data, newline] = args.parse(vm, &[Param::required("data"), Param::optional("newline", Value::TRUE)])?;
    let newline = vm.truth(&newline)?;
    let mut encoded = with_buffer(vm, &data, |vm, data| {
        let mut out = room(vm, data.len().div_ceil(3).saturating_mul(4).saturating_add(1))?;
        encode_base64(data, &mut out);
        Ok::<_, Raised>(out)
    })??;
    if newline {
        encoded.push(b'\n');
    }
    vm.new_bytes(&encoded).map(Step::Done)
}

fn crc32(vm: &mut Vm, args: &[Value]) -> Res {
    let start = match args.get(1) {
        Some(n) => snakeye_vm::text::low_bits(vm, n)? as u32,
        None => 0,
    };
    let crc = with_buffer(vm, &args[0], |_, data| update_crc32(start, data))?;
    vm.new_int(crc as i64)
}

/// CRC-32 as in IEEE 802.3, gzip and PNG; `crc` is that of what comes before, 0 at the beginning.
pub fn update_crc32(crc: u32, data: &[u8]) -> u32 {
    /// Remainders of four-bit messages for the reflected polynomial.
    const TABLE: [u32; 16] = {
        let mut table = [0u32; 16];
        let mut i = 0;
        while i < 16 {
            let mut r = i as u32;
            let mut bit = 0;
            while bit < 4 {
                r = if r & 1 == 1 { r >> 1 ^ 0xEDB8_8320 } else { r >> 1 };
                bit += 1;
            }
            table[i] = r;
            i += 1;
        }
        table
    };
    let mut crc = !crc;
    for &b in data {
        crc ^= b as u32;
        crc = crc >> 4 ^ TABLE[(crc & 15) as usize];
        crc = crc >> 4 ^ TABLE[(crc & 15) as usize];
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_check_value() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(update_crc32(0, b"123456789"), 0xCBF4_3926);
        assert_eq!(update_crc32(update_crc32(0, b"1234"), b"56789"), 0xCBF4_3926);
    }

    #[test]
    fn base64_of_rfc_4648() {
        for (plain, coded) in [
            (&b""[..], &b""[..]),
            (b"f", b"Zg=="),
            (b"fo", b"Zm8="),
            (b"foo", b"Zm9v"),
            (b"foob", b"Zm9vYg=="),
            (b"fooba", b"Zm9vYmE="),
            (b"foobar", b"Zm9vYmFy"),
        ] {
            let mut out = Vec::new();
            encode_base64(plain, &mut out);
            assert_eq!(out, coded);
            out.clear();
            assert_eq!(decode_base64(coded, &mut out), Some(()));
            assert_eq!(out, plain);
        }
        assert_eq!(decode_base64(b"Zg=", &mut Vec::new()), None);
        assert_eq!(decode_base64(b"Z", &mut Vec::new()), None);
    }
}
