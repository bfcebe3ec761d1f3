//! JPEG framing: where an image begins and ends, and what size it is.
//!
//! A sensor's JPEG arrives in a buffer which may hold stale bytes in front or padding behind.
//! The rules are those of ITU-T T.81, annex B; nothing is decoded.

use crate::DropReason;

/// Marker SOI and the FF of the marker behind it.
const START: [u8; 3] = [0xFF, 0xD8, 0xFF];
/// Marker EOI.
const END: [u8; 2] = [0xFF, 0xD9];

/// Finds the image in `data` and returns its length; `data[..length]` ends with FF D9.
///
/// The image has to start at the first byte. Its end is the *last* FF D9: entropy-coded data
/// cannot contain that pair (FF is always stuffed), but a thumbnail inside a header could.
pub fn image_length(data: &[u8]) -> Result<usize, DropReason> {
    if !data.starts_with(&START) {
        return Err(DropReason::NoSoi);
    }
    // The search ends where the start marker does, so that FF D8 FF D9 counts as an image.
    let behind_soi = data.get(2..).unwrap_or_default();
    match behind_soi.windows(2).rposition(|pair| pair == END) {
        Some(at) => Ok(2 + at + 2),
        None => Err(DropReason::NoEoi),
    }
}

/// Width and height from the frame header (SOF), or `None` if there is none before the scan.
pub fn dimensions(data: &[u8]) -> Option<(u16, u16)> {
    if !data.starts_with(&START) {
        return None;
    }
    let mut at = 2usize;
    loop {
        if *data.get(at)? != 0xFF {
            return None;
        }
        let marker = *data.get(at + 1)?;
        match marker {
            // A fill byte in front of the marker.
            0xFF => {
                at += 1;
                continue;
            }
            // Markers without a segment: TEM, RSTn.
            0x01 | 0xD0..=0xD7 => {
                at += 2;
                continue;
            }
            // Image ended or scan begun without a frame header.
            0xD9 | 0xDA => return None,
            // SOF0..SOF15 except DHT, JPG and DAC.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let height = be16(data, at + 5)?;
                let width = be16(data, at + 7)?;
                return Some((width, height));
            }
            _ => {}
        }
        let length = usize::from(be16(data, at + 2)?);
        if length < 2 {
            return None;
        }
        at = at.checked_add(2 + length)?;
    }
}

fn be16(data: &[u8], at: usize) -> Option<u16> {
    let pair = data.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(pair.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// A xorshift generator: the same garbage in every run.
    struct Garbage(u32);

    impl Garbage {
        fn next(&mut self) -> u32 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 17;
            self.0 ^= self.0 << 5;
            self.0
        }

        /// Bytes in which FF, D8 and D9 are far more frequent than by chance.
        fn bytes(&mut self, len: usize) -> Vec<u8> {
            (0..len)
                .map(|_| match self.next() % 8 {
                    0 | 1 => 0xFF,
                    2 => 0xD9,
                    3 => 0xD8,
                    _ => self.next() as u8,
                })
                .collect()
        }
    }

    #[test]
    fn an_accepted_image_always_has_both_ends() {
        let mut garbage = Garbage(0x2640_2640);
        let (mut accepted, mut refused) = (0, 0);
        for _ in 0..20_000 {
            let len = (garbage.next() % 40) as usize;
            let data = garbage.bytes(len);
            match image_length(&data) {
                Ok(n) => {
                    accepted += 1;
                    assert!(n <= data.len());
                    assert!(data[..n].starts_with(&START));
                    assert!(data[..n].ends_with(&END));
                    assert!(!data[n..].windows(2).any(|p| p == END));
                }
                Err(DropReason::NoSoi) => {
                    refused += 1;
                    assert!(!data.starts_with(&START));
                }
                Err(DropReason::NoEoi) => {
                    refused += 1;
                    assert!(!data[2..].windows(2).any(|p| p == END));
                }
                Err(other) => panic!("{other} cannot come from framing"),
            }
        }
        assert!(accepted > 50 && refused > 50, "{accepted} {refused}");
    }

    #[test]
    fn garbage_behind_a_good_image_is_trimmed_or_kept_whole() {
        let mut garbage = Garbage(77);
        for _ in 0..5_000 {
            let mut data = Vec::from([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 0xFF, 0xD9]);
            let whole = data.len();
            let padding = (garbage.next() % 64) as usize;
            data.resize(whole + padding, 0);
            assert_eq!(image_length(&data), Ok(whole));
        }
    }

    #[test]
    fn dimensions_never_panic_and_are_right() {
        let mut garbage = Garbage(5);
        for _ in 0..20_000 {
            let len = (garbage.next() % 64) as usize;
            let mut data = Vec::from(START);
            data.extend(garbage.bytes(len));
            dimensions(&data);
        }
        let image = [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 9, 9, 0xFF, 0xFF, 0xC0, 0, 11, 8, 0x02, 0x58, 0x03, 0x20];
        assert_eq!(dimensions(&image), Some((800, 600)));
        assert_eq!(dimensions(&image[..16]), None);
    }
}
