//! Classes of characters. As in MicroPython they are those of ASCII: boards carry no Unicode tables.

/// Space, tab, line feed, vertical tab, form feed, carriage return.
pub(crate) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t'..=b'\r')
}

/// The value of a hexadecimal digit.
pub(crate) fn hex_value(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

/// The digit of a value below 16.
pub(crate) fn hex_digit(n: u8) -> u8 {
    b"0123456789abcdef"[(n & 15) as usize]
}
