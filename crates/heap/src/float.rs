//! Floats inside the value word.
//!
//! The bits are rotated left by three so that the sign and the top two exponent bits land at the bottom.
//! When those exponent bits say "ordinary magnitude" (011 or 100 before rotation, 2^-255 ..< 2^256 for f64,
//! 2^-31 ..< 2^32 for f32), two of the bottom bits are redundant and hold the tag `10`. Zero has a pattern of its own. All other
//! floats are boxed.

#[cfg(target_pointer_width = "64")]
mod word {
    pub type Bits = u64;
    pub const TOP: u32 = 60;
    pub fn bits(x: f64) -> Bits {
        x.to_bits()
    }
    pub fn from_bits(b: Bits) -> f64 {
        f64::from_bits(b)
    }
}

#[cfg(target_pointer_width = "32")]
mod word {
    pub type Bits = u32;
    pub const TOP: u32 = 28;
    pub fn bits(x: f64) -> Bits {
        (x as f32).to_bits()
    }
    pub fn from_bits(b: Bits) -> f64 {
        f32::from_bits(b) as f64
    }
}

use word::{Bits, TOP};

/// The word of positive zero: the rotated pattern of the smallest representable exponent, which the
/// range test below therefore leaves to zero.
const ZERO: usize = (1 as Bits).rotate_right(1) as usize | 2;

/// The value word for `x`, or `None` when it has to be boxed. On 32-bit targets `x` is rounded to f32.
#[inline(always)]
pub fn encode_float(x: f64) -> Option<usize> {
    let bits = word::bits(x);
    let top = (bits >> TOP) & 7;
    if top == 3 || top == 4 {
        let word = (bits.rotate_left(3) & !3 | 2) as usize;
        if word != ZERO {
            return Some(word);
        }
    }
    if bits == 0 { Some(ZERO) } else { None }
}

/// Whether `word` carries the float tag.
#[inline(always)]
pub const fn is_inline_float(word: usize) -> bool {
    word & 3 == 2
}

/// The float in a word that carries the float tag.
#[inline(always)]
pub fn decode_float(word: usize) -> f64 {
    if word == ZERO {
        return 0.0;
    }
    // Bit 63 of the word is bit 60 of the float: it tells which of the two exponent patterns was dropped.
    let word = word as Bits;
    let high = (word >> (Bits::BITS - 1)) & 1;
    word::from_bits(((word & !3) | (2 - high)).rotate_right(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let samples = [0.0, 1.0, -1.0, 0.5, 3.25, -123456.75, 1e10, -1e-9, 1.0e-30_f32 as f64, 2.0, 4.0];
        for x in samples {
            if let Some(w) = encode_float(x) {
                assert!(is_inline_float(w));
                let back = decode_float(w);
                if cfg!(target_pointer_width = "64") {
                    assert_eq!(back.to_bits(), x.to_bits(), "{x}");
                } else {
                    assert_eq!(back as f32, x as f32, "{x}");
                }
            }
        }
        assert!(encode_float(1.5).is_some());
        assert!(encode_float(-0.0).is_none());
        assert!(encode_float(f64::NAN).is_none());
        assert!(encode_float(f64::INFINITY).is_none());
        let mut x = 1e-70f64;
        while x < 1e70 {
            for y in [x, -x] {
                if let Some(w) = encode_float(y)
                    && cfg!(target_pointer_width = "64")
                {
                    assert_eq!(decode_float(w).to_bits(), y.to_bits());
                }
            }
            x *= 1.37;
        }
    }
}
