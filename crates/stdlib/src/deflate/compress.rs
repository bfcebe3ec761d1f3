//! DEFLATE compression (RFC 1951) with a window of any size: one block with the fixed codes, so that nothing but the
//! window is kept.

use alloc::vec::Vec;
use snakeye_vm::{HVec, Heap, OutOfMemory};

/// Shortest match.
const SHORTEST: usize = 3;
/// Longest match that is looked for, one more than a length code can say: it is then written as two.
const LONGEST: usize = 259;

/// A compressor. What it gives is complete only after [`Compressor::finish`].
pub struct Compressor {
    window: usize,
    /// What lies in the window, then what is to be compressed.
    text: HVec<u8>,
    bits: u32,
    bit_count: u32,
}

impl Compressor {
    /// A compressor with a window of `1 << wbits` bytes; the memory for it is taken now.
    pub fn new(heap: &Heap, wbits: u8) -> Result<Compressor, OutOfMemory> {
        let window = 1usize << wbits;
        let text = HVec::with_capacity(heap, window * 2 + LONGEST)?;
        // The block's header: the last one, with fixed codes.
        Ok(Compressor { window, text, bits: 3, bit_count: 3 })
    }

    /// Compresses a piece. Matches do not reach from one piece into the next.
    pub fn write(&mut self, heap: &Heap, mut piece: &[u8], out: &mut Vec<u8>) -> Result<(), OutOfMemory> {
        while !piece.is_empty() {
            // As much as fits, but all of what a match may still reach.
            let n = piece.len().min(self.window + LONGEST);
            let start = self.text.len();
            self.text.append_bytes(heap, &piece[..n])?;
            let last = n == piece.len();
            let stop = if last { start + n } else { start + n - LONGEST };
            let done = self.compress(start, stop, out);
            // What was only looked at is compressed with the next part.
            piece = &piece[done - start..];
            let keep = done.min(self.window);
            self.text.copy_within(done - keep..done, 0);
            self.text.truncate(keep);
        }
        Ok(())
    }

    /// Compresses what begins at `at`, up to `stop` or a little beyond; gives where it stopped.
    fn compress(&mut self, mut at: usize, stop: usize, out: &mut Vec<u8>) -> usize {
        while at < stop {
            match self.longest_match(at) {
                Some((distance, n)) => {
                    self.put_match(distance, n, out);
                    at += n;
                }
                None => {
                    self.put_literal(self.text[at], out);
                    at += 1;
                }
            }
        }
        at
    }

    /// Distance and length of the longest match; the nearest of several.
    fn longest_match(&self, at: usize) -> Option<(usize, usize)> {
        let (before, ahead) = (&self.text[at.saturating_sub(self.window)..at], &self.text[at..]);
        let limit = ahead.len().min(LONGEST);
        if limit < SHORTEST {
            return None;
        }
        let first = ahead[0];
        let (mut best, mut length) = (0, SHORTEST - 1);
        let mut end = before.len();
        while let Some(i) = memchr::memrchr(first, &before[..end]) {
            end = i;
            let distance = before.len() - i;
            let candidate = &self.text[at - distance..];
            // Only what is longer than the best so far counts, so its end is looked at first.
            if candidate[length] != ahead[length] {
                continue;
            }
            let n = candidate.iter().zip(&ahead[..limit]).take_while(|(a, b)| a == b).count();
            if n > length {
                (best, length) = (distance, n);
                if n == limit {
                    break;
                }
            }
        }
        (length >= SHORTEST).then_some((best, length))
    }

    /// Ends the block and fills the last byte.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.put(0, 7, out);
        self.put(0, 7, out);
    }

    fn put(&mut self, bits: u32, n: u32, out: &mut Vec<u8>) {
        self.bits |= bits << self.bit_count;
        self.bit_count += n;
        while self.bit_count >= 8 {
            out.push(self.bits as u8);
            self.bits >>= 8;
            self.bit_count -= 8;
        }
    }

    /// A Huffman code: its highest bit comes first.
    fn put_code(&mut self, code: u32, n: u32, out: &mut Vec<u8>) {
        self.put(code.reverse_bits() >> (32 - n), n, out);
    }

    fn put_literal(&mut self, byte: u8, out: &mut Vec<u8>) {
        let byte = byte as u32;
        if byte < 144 {
            self.put_code(0x30 + byte, 8, out);
        } else {
            self.put_code(0x190 + byte - 144, 9, out);
        }
    }

    fn put_match(&mut self, distance: usize, length: usize, out: &mut Vec<u8>) {
        if length == LONGEST {
            self.put_match(distance, LONGEST - SHORTEST, out);
            return self.put_match(distance, SHORTEST, out);
        }
        let (code, extra, bits) = match length {
            258 => (28, 0, 0),
            n => stepped(n as u32 - 3, 4),
        };
        if code < 23 {
            self.put_code(code + 1, 7, out);
        } else {
            self.put_code(0xC0 + code - 23, 8, out);
        }
        self.put(extra, bits, out);
        let (code, extra, bits) = stepped(distance as u32 - 1, 2);
        self.put_code(code, 5, out);
        self.put(extra, bits, out);
    }
}

/// Code, extra bits and their number for a value, where `per` codes share each number of extra bits (RFC 1951, 3.2.5).
fn stepped(n: u32, per: u32) -> (u32, u32, u32) {
    if n < per * 2 {
        return (n, 0, 0);
    }
    let bits = n.ilog2() - per.ilog2();
    (per * bits + (n >> bits), n & ((1 << bits) - 1), bits)
}
