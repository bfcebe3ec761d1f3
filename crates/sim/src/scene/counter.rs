//! The frame counter as a row of black and white blocks, for programs that look at a picture.
//!
//! Layout, in fractions of the *picture* (not of the scene, so it survives any crop): a black band
//! from 2% to 10% of the height, over the whole width. In it, from 3% to 9% of the height, lie 20
//! blocks side by side, each 1/22 of the width, with one such margin left and right:
//!
//! | block | shows |
//! |---|---|
//! | 0, 1 | white, black: where it starts |
//! | 2 to 17 | the counter's low 16 bits, most significant first, white for 1 |
//! | 18 | even parity of those bits: the ones in 2 to 18 are even in number |
//! | 19 | black: the end, so that a mirrored picture cannot be taken for an upright one |
//!
//! Mirrored pictures read backwards, flipped ones carry the band at the bottom; [`read`] tries all
//! four ways. In a negative the blocks are inverted and are not read.

use super::{Canvas, Rect, Rgb};

/// Blocks in the row.
pub const BLOCKS: usize = 20;
const BITS: usize = 16;
const BAND: (f32, f32) = (0.02, 0.10);
const ROW: (f32, f32) = (0.03, 0.09);

/// Which blocks are white.
fn pattern(counter: u64) -> [bool; BLOCKS] {
    let mut blocks = [false; BLOCKS];
    blocks[0] = true;
    for bit in 0..BITS {
        blocks[2 + bit] = counter >> (BITS - 1 - bit) & 1 != 0;
    }
    blocks[2 + BITS] = (counter & 0xFFFF).count_ones() % 2 == 1;
    blocks
}

/// Paints the row.
pub fn draw(canvas: &mut Canvas, counter: u64) {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let band = Rect::new(0.0, BAND.0 * height, width, (BAND.1 - BAND.0) * height);
    canvas.fill(band, Rgb::BLACK);
    let block = width / (BLOCKS + 2) as f32;
    for (at, white) in pattern(counter).into_iter().enumerate() {
        if white {
            let x = (at + 1) as f32 * block;
            let rect = Rect::new(x, ROW.0 * height, block, (ROW.1 - ROW.0) * height);
            canvas.fill(rect, Rgb::WHITE);
        }
    }
}

/// Reads the low 16 bits of the counter from a picture of any size, given as luma bytes row by
/// row. `None` if there is no such row of blocks.
#[must_use]
pub fn read(luma: &[u8], width: usize, height: usize) -> Option<u16> {
    if width < BLOCKS + 2 || height < 20 || luma.len() < width * height {
        return None;
    }
    [(false, false), (true, false), (false, true), (true, true)]
        .into_iter()
        .find_map(|(mirror, flip)| read_turned(luma, width, height, mirror, flip))
}

fn read_turned(luma: &[u8], width: usize, height: usize, mirror: bool, flip: bool) -> Option<u16> {
    let block = width as f32 / (BLOCKS + 2) as f32;
    let level = |at: usize| -> Option<u32> {
        // The middle half of the block, on the middle third of the row.
        let (mut sum, mut count) = (0u32, 0u32);
        for across in [0.3f32, 0.5, 0.7] {
            for down in [0.045f32, 0.06, 0.075] {
                let x = ((at as f32 + 1.0 + across) * block) as usize;
                let y = (down * height as f32) as usize;
                let x = if mirror { width.checked_sub(x + 1)? } else { x };
                let y = if flip { height.checked_sub(y + 1)? } else { y };
                sum += u32::from(*luma.get(y * width + x)?);
                count += 1;
            }
        }
        Some(sum / count)
    };
    let mut levels = [0; BLOCKS];
    for (at, slot) in levels.iter_mut().enumerate() {
        *slot = level(at)?;
    }
    let (low, high) = (*levels.iter().min()?, *levels.iter().max()?);
    if high - low < 24 {
        return None;
    }
    let middle = (low + high) / 2;
    let blocks = levels.map(|level| level > middle);
    let bits = &blocks[2..2 + BITS];
    let counter = bits.iter().fold(0u16, |n, bit| n << 1 | u16::from(*bit));
    (blocks == pattern(u64::from(counter))).then_some(counter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma(canvas: &Canvas) -> Vec<u8> {
        (0..canvas.height()).flat_map(|y| canvas.row(y).iter().map(|pixel| *pixel as u8)).collect()
    }

    #[test]
    fn what_is_drawn_is_read_at_every_size() {
        for (width, height) in [(96, 96), (128, 160), (160, 120), (333, 217), (1600, 1200)] {
            for counter in [0, 1, 2, 0x5555, 0xAAAA, 0xFFFF, 0x1234, 0x1_0007] {
                let mut canvas = Canvas::new(width, height);
                canvas.fill(Rect::new(0.0, 0.0, 9999.0, 9999.0), Rgb(90, 90, 90));
                draw(&mut canvas, counter);
                let read = read(&luma(&canvas), width, height);
                assert_eq!(read, Some(counter as u16), "{width}x{height}");
            }
        }
    }

    #[test]
    fn a_turned_picture_still_reads() {
        let mut canvas = Canvas::new(320, 240);
        draw(&mut canvas, 0x0123);
        let mut turned = luma(&canvas);
        turned.reverse();
        assert_eq!(read(&turned, 320, 240), Some(0x0123));
    }

    #[test]
    fn other_pictures_do_not_read() {
        assert_eq!(read(&[128; 320 * 240], 320, 240), None);
        let noise: Vec<u8> = (0..320 * 240u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(read(&noise, 320, 240), None);
        assert_eq!(read(&[], 320, 240), None);
    }
}
