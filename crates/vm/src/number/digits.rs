//! Floats as decimal text, by MicroPython's rules.
//!
//! Digits come from `core::fmt`, whose `{:e}` with a precision is correctly rounded. What is MicroPython's is
//! how many of them are shown: 16 (6 for single precision) when they read back as the same number, then up
//! to 19 (9), then zeros; and a text never exceeds its buffer of 33 characters.

use alloc::format;
use alloc::string::String;

/// Room for one number in MicroPython, sign included.
const ROOM: usize = 33;

/// How many digits a precision is good for.
#[derive(Clone, Copy)]
struct Digits {
    /// Always shown when asked for.
    safe: usize,
    /// Never exceeded; zeros follow.
    max: usize,
    single: bool,
}

const fn digits_of(single: bool) -> Digits {
    if single { Digits { safe: 6, max: 9, single } } else { Digits { safe: 16, max: 19, single } }
}

/// A positive number's decimal digits and the exponent of the first one.
struct Decimal {
    digits: String,
    exponent: i32,
}

fn reads_back(text: &str, x: f64, single: bool) -> bool {
    if single { text.parse::<f32>() == Ok(x as f32) } else { text.parse::<f64>() == Ok(x) }
}

/// The first `n` significant digits, rounded.
fn scientific(x: f64, n: usize) -> (String, Decimal) {
    let text = format!("{:.*e}", n.saturating_sub(1), x);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.chars().filter(|c| *c != '.').collect();
    let exponent = exponent.parse().unwrap_or(0);
    (text, Decimal { digits, exponent })
}

/// The power of ten that the number is the float of, although its exact value may lie a little below.
fn power_of_ten(x: f64, single: bool) -> Option<i32> {
    let (_, Decimal { digits, exponent }) = scientific(x, if single { 6 } else { 15 });
    let tens = digits.starts_with('1') && digits.bytes().skip(1).all(|b| b == b'0');
    if tens && reads_back(&format!("1e{exponent}"), x, single) { Some(exponent) } else { None }
}

/// At most `wanted` significant digits, as many as the number is worth, then zeros.
fn significant(x: f64, wanted: usize, d: Digits) -> Decimal {
    if wanted > d.safe.min(15)
        && let Some(exponent) = power_of_ten(x, d.single)
    {
        let mut digits = String::from("1");
        push_zeros(&mut digits, wanted - 1);
        return Decimal { digits, exponent };
    }
    let most = wanted.min(d.max);
    let mut n = wanted.min(d.safe);
    loop {
        let (text, mut decimal) = scientific(x, n);
        if n >= most || reads_back(&text, x, d.single) {
            while decimal.digits.len() < wanted {
                decimal.digits.push('0');
            }
            return decimal;
        }
        n += 1;
    }
}

fn push_zeros(out: &mut String, n: usize) {
    for _ in 0..n {
        out.push('0');
    }
}

fn push_exponent(out: &mut String, exponent: i32, upper: bool) {
    out.push(if upper { 'E' } else { 'e' });
    out.push(if exponent < 0 { '-' } else { '+' });
    out.push_str(&format!("{:02}", exponent.unsigned_abs()));
}

/// `%g`: fixed while `-4 <= exponent < limit`, without trailing zeros.
fn general(out: &mut String, decimal: &Decimal, limit: i32, upper: bool) {
    let e = decimal.exponent;
    let digits = decimal.digits.trim_end_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    if e >= 0 && (e < limit || e == 0) {
        let whole = e as usize + 1;
        let (head, tail) = digits.split_at_checked(whole).unwrap_or((digits, ""));
        out.push_str(head);
        push_zeros(out, whole - head.len());
        if !tail.is_empty() {
            out.push('.');
            out.push_str(tail);
        }
    } else if (-4..0).contains(&e) {
        out.push_str("0.");
        push_zeros(out, (-e - 1) as usize);
        out.push_str(digits);
    } else {
        push_mantissa(out, digits);
        push_exponent(out, e, upper);
    }
}

fn push_mantissa(out: &mut String, digits: &str) {
    let (head, tail) = digits.split_at_checked(1).unwrap_or((digits, ""));
    out.push_str(head);
    if !tail.is_empty() {
        out.push('.');
        out.push_str(tail);
    }
}

/// `%f` of a positive number below 10^30.
fn fixed(out: &mut String, x: f64, decimals: usize, exponent: i32, d: Digits) {
    let wanted = decimals as i64 + 1 + exponent as i64;
    if x == 0.0 || wanted <= d.safe as i64 {
        out.push_str(&format!("{x:.decimals$}"));
        return;
    }
    let mut decimal = significant(x, wanted as usize, d);
    let e = decimal.exponent;
    if e > exponent {
        // Rounding carried into a new first digit.
        decimal.digits.push('0');
    }
    if e < 0 {
        out.push_str("0.");
        push_zeros(out, (-e - 1) as usize);
        out.push_str(decimal.digits.get(..(decimals as i64 + 1 + e as i64) as usize).unwrap_or(&decimal.digits));
        return;
    }
    let (whole, rest) = decimal.digits.split_at_checked(e as usize + 1).unwrap_or((&decimal.digits, ""));
    out.push_str(whole);
    if decimals > 0 {
        out.push('.');
        let rest = rest.get(..decimals).unwrap_or(rest);
        out.push_str(rest);
        push_zeros(out, decimals - rest.len());
    }
}

/// Appends sign, "inf" or "nan"; gives the magnitude when the number is finite.
fn push_sign(out: &mut String, x: f64, sign: Option<char>, upper: bool) -> Option<(f64, usize)> {
    let negative = x.is_sign_negative() && !x.is_nan();
    let shown = if negative { Some('-') } else { sign };
    if let Some(c) = shown {
        out.push(c);
    }
    if x.is_nan() || x.is_infinite() {
        out.push_str(match (x.is_nan(), upper) {
            (true, false) => "nan",
            (true, true) => "NAN",
            (false, false) => "inf",
            (false, true) => "INF",
        });
        return None;
    }
    Some((x.abs(), ROOM - shown.is_some() as usize))
}

/// Appends a float in the style of `%e`, `%f` or `%g` (`%E`, `%F`, `%G`: capitals). `precision` is 6 when it
/// is not given; `sign` stands before numbers that are not negative; `single` says that `x` has single
/// precision.
pub fn format_float(out: &mut String, x: f64, kind: char, precision: Option<usize>, sign: Option<char>, single: bool) {
    let upper = kind.is_ascii_uppercase();
    // An integer may come here without having been a float.
    let x = if single { x as f32 as f64 } else { x };
    let Some((x, room)) = push_sign(out, x, sign, upper) else { return };
    let d = digits_of(single);
    let mut precision = precision.unwrap_or(6);
    let exponent = if x == 0.0 { 0 } else { exponent_of(x) };
    let mut kind = kind.to_ascii_lowercase();
    let limit = precision.min(room - 3) as i32;
    if kind == 'f' && exponent > 0 && precision.saturating_add(exponent as usize + 2) > room {
        kind = 'g';
        precision = precision.saturating_add(1);
    }
    match kind {
        'f' => fixed(out, x, precision.min(room - 3), exponent, d),
        'g' => {
            let wanted = precision.clamp(1, room - 8);
            general(out, &significant(x, wanted, d), limit, upper)
        }
        _ => {
            let wanted = precision.saturating_add(1).min(room - 8);
            let decimal = significant(x, wanted, d);
            push_mantissa(out, &decimal.digits);
            push_exponent(out, decimal.exponent, upper);
        }
    }
}

/// Exponent of the first decimal digit of a positive number.
fn exponent_of(x: f64) -> i32 {
    let text = format!("{x:e}");
    text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0)
}

/// Appends a float so that it reads back as the same number. `point`: a number without fraction and
/// exponent gets `.0`, as `repr` shows floats (parts of complex numbers do without).
pub fn repr_float(out: &mut String, x: f64, sign: Option<char>, point: bool, single: bool) {
    let Some((x, _)) = push_sign(out, x, sign, false) else { return };
    let start = out.len();
    let d = digits_of(single);
    general(out, &significant(x, d.max, d), 16, false);
    if point && !out.get(start..).unwrap_or("").contains(['.', 'e']) {
        out.push_str(".0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repr(x: f64) -> String {
        let mut s = String::new();
        repr_float(&mut s, x, None, true, false);
        s
    }
    fn single(x: f32) -> String {
        let mut s = String::new();
        repr_float(&mut s, x as f64, None, true, true);
        s
    }
    fn f(x: f64, kind: char, precision: usize) -> String {
        let mut s = String::new();
        format_float(&mut s, x, kind, Some(precision), None, false);
        s
    }

    #[test]
    fn repr_as_micropython() {
        for (x, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.0 / 3.0, "0.3333333333333333"),
            (100.0, "100.0"),
            (123456789012345678.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1e22, "1e+22"),
            (1e23, "1e+23"),
            (1e29, "1e+29"),
            (1e-307, "1e-307"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (2.5e-5, "2.5e-05"),
            (5e-324, "4.940656458412465e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(repr(x), text);
        }
    }

    #[test]
    fn repr_of_single_precision() {
        for (x, text) in [
            (core::f32::consts::PI, "3.1415927"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333334"),
            (1e10, "10000000000.0"),
            (16777216.0, "16777216.0"),
            (1e-5, "1e-05"),
        ] {
            assert_eq!(single(x), text);
        }
    }

    #[test]
    fn repr_reads_back() {
        let mut bits = 0x0123_4567_89ab_cdefu64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let x = f64::from_bits(bits);
            if x.is_finite() {
                assert_eq!(repr(x).parse::<f64>(), Ok(x));
            }
            let y = f32::from_bits((bits >> 32) as u32);
            if y.is_finite() {
                assert_eq!(single(y).parse::<f32>(), Ok(y));
            }
        }
    }

    #[test]
    fn styles_of_single_precision() {
        let f = |x: f64, kind, precision| {
            let mut s = String::new();
            format_float(&mut s, x, kind, Some(precision), None, true);
            s
        };
        assert_eq!(f(1e19f32 as f64, 'f', 0), "10000000000000000000");
        assert_eq!(f(99999999999.0, 'f', 1), "100000000000.0");
        assert_eq!(f(0.1f32 as f64, 'f', 12), "0.100000000000");
        assert_eq!(f(1e39, 'e', 3), "inf");
    }

    #[test]
    fn styles() {
        for (x, kind, precision, text) in [
            (12345.678, 'e', 6, "1.234568e+04"),
            (1e-10, 'E', 6, "1.000000E-10"),
            (1e-10, 'G', 6, "1E-10"),
            (100000.0, 'g', 6, "100000"),
            (1000000.0, 'g', 6, "1e+06"),
            (0.0, 'g', 6, "0"),
            (0.0, 'e', 2, "0.00e+00"),
            (0.0, 'f', 2, "0.00"),
            (9.999, 'f', 2, "10.00"),
            (0.001, 'f', 2, "0.00"),
            (0.005, 'f', 2, "0.01"),
            (999999.5, 'g', 6, "1e+06"),
            (9.5, 'e', 0, "1e+01"),
            (1e40, 'f', 2, "1e+40"),
            (8.888e32, 'f', 2, "8.89e+32"),
            (0.1, 'f', 17, "0.10000000000000000"),
            (0.1, 'g', 20, "0.1"),
            (0.1, 'e', 20, "1.00000000000000000000e-01"),
            (1e-5, 'f', 30, "0.000010000000000000000000000000"),
            (1e10, 'f', 12, "10000000000.000000000000"),
            (1.5, 'e', 50, "1.500000000000000000000000e+00"),
            (50.0, 'g', 0, "5e+01"),
            (5.0, 'g', 0, "5"),
            (f64::INFINITY, 'F', 6, "INF"),
            (f64::NAN, 'f', 6, "nan"),
        ] {
            assert_eq!(f(x, kind, precision), text, "{x} {kind} {precision}");
        }
    }
}
