//! Numeric literals.

use alloc::string::String;

use crate::ast::{BigInt, Constant};

/// The value of a numeric literal, or what is wrong with it. Underscores may stand anywhere
/// after the first digit, as MicroPython has it.
pub(crate) fn number(text: &[u8], compat_1_11: bool) -> Result<Constant, &'static str> {
    let text = core::str::from_utf8(text).map_err(|_| "invalid number")?;
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, text.get(2..).unwrap_or("")),
        [b'0', b'o' | b'O', ..] => (8, text.get(2..).unwrap_or("")),
        [b'0', b'b' | b'B', ..] => (2, text.get(2..).unwrap_or("")),
        _ => (10, text),
    };
    if radix != 10 {
        return integer(digits, radix);
    }
    let imaginary = text.ends_with(['j', 'J']);
    if !imaginary && !text.contains(['.', 'e', 'E']) {
        let zeros = text.trim_start_matches(['0', '_']);
        if zeros.len() < text.len() && !zeros.is_empty() && !compat_1_11 {
            return Err("leading zeros in decimal integer literals are not permitted; \
                        use an 0o prefix for octal, or --compat 1.11");
        }
        return integer(text, 10);
    }
    let plain: String = text.chars().filter(|c| !matches!(c, '_' | 'j' | 'J')).collect();
    let value: f64 = plain.parse().map_err(|_| "invalid number")?;
    Ok(if imaginary { Constant::Imag(value) } else { Constant::Float(value) })
}

fn integer(digits: &str, radix: u8) -> Result<Constant, &'static str> {
    if digits.bytes().all(|b| b == b'_') {
        return Err("a number without digits");
    }
    let mut value: Option<i64> = Some(0);
    for digit in digits.bytes().filter(|&b| b != b'_') {
        let digit = (digit as char).to_digit(u32::from(radix)).ok_or(match radix {
            2 => "invalid digit in a binary number",
            8 => "invalid digit in an octal number",
            16 => "invalid digit in a hexadecimal number",
            _ => "invalid number",
        })?;
        value = value.and_then(|v| v.checked_mul(i64::from(radix))).and_then(|v| v.checked_add(i64::from(digit)));
    }
    Ok(match value {
        Some(value) => Constant::Int(value),
        None => {
            let plain: String = digits.chars().filter(|&c| c != '_').collect();
            Constant::BigInt(BigInt { digits: plain.trim_start_matches('0').into(), radix })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let of = |text: &str| number(text.as_bytes(), false);
        assert_eq!(of("0"), Ok(Constant::Int(0)));
        assert_eq!(of("00_0"), Ok(Constant::Int(0)));
        assert_eq!(of("1_000"), Ok(Constant::Int(1000)));
        assert_eq!(of("1__0_"), Ok(Constant::Int(10)));
        assert_eq!(of("0xFf"), Ok(Constant::Int(255)));
        assert_eq!(of("0o_17"), Ok(Constant::Int(15)));
        assert_eq!(of("0b101"), Ok(Constant::Int(5)));
        assert_eq!(of("9223372036854775807"), Ok(Constant::Int(i64::MAX)));
        let big = |digits: &str, radix| Ok(Constant::BigInt(BigInt { digits: digits.into(), radix }));
        assert_eq!(of("9223372036854775808"), big("9223372036854775808", 10));
        assert_eq!(of("0x00_8000_0000_0000_0000"), big("8000000000000000", 16));
        assert_eq!(of("1.5"), Ok(Constant::Float(1.5)));
        assert_eq!(of(".5e1_0"), Ok(Constant::Float(0.5e10)));
        assert_eq!(of("1."), Ok(Constant::Float(1.0)));
        assert_eq!(of("09.5"), Ok(Constant::Float(9.5)));
        assert_eq!(of("1e400"), Ok(Constant::Float(f64::INFINITY)));
        assert_eq!(of("07j"), Ok(Constant::Imag(7.0)));
    }

    #[test]
    fn errors() {
        for text in ["0x", "0x_", "0b12", "0o8", "04"] {
            assert!(number(text.as_bytes(), false).is_err(), "{text}");
        }
    }

    #[test]
    fn leading_zeros_are_decimal_under_compat() {
        assert_eq!(number(b"04", true), Ok(Constant::Int(4)));
        assert_eq!(number(b"007", true), Ok(Constant::Int(7)));
        assert_eq!(number(b"0_10", true), Ok(Constant::Int(10)));
    }
}
