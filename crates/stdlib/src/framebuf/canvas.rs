//! Pixels in bytes: where they lie in each format, and rectangles of them.

/// How pixels lie in bytes. The numbers are MicroPython's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One bit a pixel, eight rows in a byte, the top one lowest.
    MonoVlsb = 0,
    /// 16 bits a pixel in the machine's byte order.
    Rgb565 = 1,
    /// Four bits a pixel, the left one in the high half.
    Gs4 = 2,
    /// One bit a pixel, eight columns in a byte, the left one highest.
    MonoHlsb = 3,
    /// One bit a pixel, eight columns in a byte, the left one lowest.
    MonoHmsb = 4,
    /// Two bits a pixel, the left one lowest.
    Gs2 = 5,
    /// A byte a pixel.
    Gs8 = 6,
}

impl Format {
    /// The format with this number.
    pub fn of(n: i64) -> Option<Format> {
        use Format::*;
        [MonoVlsb, Rgb565, Gs4, MonoHlsb, MonoHmsb, Gs2, Gs8].into_iter().find(|f| *f as i64 == n)
    }

    /// Bits a pixel.
    fn depth(self) -> usize {
        match self {
            Format::MonoVlsb | Format::MonoHlsb | Format::MonoHmsb => 1,
            Format::Gs2 => 2,
            Format::Gs4 => 4,
            Format::Gs8 => 8,
            Format::Rgb565 => 16,
        }
    }
}

/// Size and format of a frame. Sides are at least 1.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub format: Format,
    pub width: usize,
    pub height: usize,
    /// Pixels from one row to the next, a whole number of bytes in horizontal formats.
    pub stride: usize,
}

/// Where a pixel lies: byte, lowest bit, mask (before the shift).
type Place = (usize, u32, u8);

impl Layout {
    /// A layout; `stride` is rounded up to whole bytes.
    pub fn new(format: Format, width: u16, height: u16, stride: u16) -> Layout {
        let stride = match format {
            Format::MonoVlsb => stride as usize,
            _ => (stride as usize).next_multiple_of((8 / format.depth()).max(1)),
        };
        Layout { format, width: width as usize, height: height as usize, stride }
    }

    /// Bytes that it needs: the last row (of bytes) may be shorter than the stride.
    pub fn bytes(&self) -> usize {
        let depth = self.format.depth();
        match self.format {
            Format::MonoVlsb => (self.height.div_ceil(8) - 1) * self.stride + self.width,
            _ => ((self.height - 1) * self.stride * depth + self.width * depth).div_ceil(8),
        }
    }

    fn place(&self, x: usize, y: usize) -> Place {
        match self.format {
            Format::MonoVlsb => (y / 8 * self.stride + x, y as u32 % 8, 1),
            Format::MonoHlsb => ((x + y * self.stride) / 8, 7 - x as u32 % 8, 1),
            Format::MonoHmsb => ((x + y * self.stride) / 8, x as u32 % 8, 1),
            Format::Gs2 => ((x + y * self.stride) / 4, x as u32 % 4 * 2, 3),
            Format::Gs4 => ((x + y * self.stride) / 2, 4 - x as u32 % 2 * 4, 15),
            Format::Gs8 => (x + y * self.stride, 0, 255),
            Format::Rgb565 => ((x + y * self.stride) * 2, 0, 255),
        }
    }

    /// The colour of a pixel; 0 beyond the bytes.
    pub fn get(&self, bytes: &[u8], x: usize, y: usize) -> u32 {
        let (at, shift, mask) = self.place(x, y);
        if self.format == Format::Rgb565 {
            return match bytes.get(at..at + 2) {
                Some(&[a, b]) => u16::from_ne_bytes([a, b]) as u32,
                _ => 0,
            };
        }
        bytes.get(at).map_or(0, |b| (b >> shift & mask) as u32)
    }

    fn set(&self, bytes: &mut [u8], x: usize, y: usize, c: u32) {
        let (at, shift, mask) = self.place(x, y);
        if self.format == Format::Rgb565 {
            if let Some(place) = bytes.get_mut(at..at + 2) {
                place.copy_from_slice(&(c as u16).to_ne_bytes());
            }
        } else if let Some(place) = bytes.get_mut(at) {
            *place = *place & !(mask << shift) | (self.sample(c) << shift);
        }
    }

    /// A colour in the bits of a pixel (not for RGB565). In monochrome every other colour than 0 is 1.
    fn sample(&self, c: u32) -> u8 {
        match self.format.depth() {
            1 => (c != 0) as u8,
            2 => c as u8 & 3,
            4 => c as u8 & 15,
            _ => c as u8,
        }
    }
}

/// A frame opened for drawing.
pub struct Canvas<'a> {
    layout: Layout,
    bytes: &'a mut [u8],
}

impl<'a> Canvas<'a> {
    /// `None` when there are too few bytes.
    pub fn new(layout: Layout, bytes: &'a mut [u8]) -> Option<Canvas<'a>> {
        (bytes.len() >= layout.bytes()).then_some(Canvas { layout, bytes })
    }

    /// Width and height.
    pub fn size(&self) -> (i64, i64) {
        (self.layout.width as i64, self.layout.height as i64)
    }

    fn contains(&self, x: i64, y: i64) -> bool {
        (0..self.layout.width as i64).contains(&x) && (0..self.layout.height as i64).contains(&y)
    }

    /// Sets a pixel, unless it lies outside.
    pub fn set_checked(&mut self, x: i64, y: i64, c: u32) {
        if self.contains(x, y) {
            self.layout.set(self.bytes, x as usize, y as usize, c);
        }
    }

    /// The colour of a pixel; `None` outside.
    pub fn get_checked(&self, x: i64, y: i64) -> Option<u32> {
        self.contains(x, y).then(|| self.layout.get(self.bytes, x as usize, y as usize))
    }

    /// Fills the part of a rectangle that lies inside.
    pub fn fill_rect(&mut self, x: i64, y: i64, w: i64, h: i64, c: u32) {
        let (width, height) = self.size();
        let (left, right) = (x.clamp(0, width) as usize, (x + w).clamp(0, width) as usize);
        let (top, bottom) = (y.clamp(0, height) as usize, (y + h).clamp(0, height) as usize);
        for y in top..bottom {
            self.span(left, right, y, c);
        }
    }

    /// Fills columns `left..right` of a row that lies inside.
    fn span(&mut self, left: usize, right: usize, y: usize, c: u32) {
        if left >= right {
            return;
        }
        let per_byte = match self.layout.format {
            Format::Rgb565 => {
                let from = (left + y * self.layout.stride) * 2;
                if let Some(row) = self.bytes.get_mut(from..from + (right - left) * 2) {
                    let colour = (c as u16).to_ne_bytes();
                    row.chunks_exact_mut(2).for_each(|p| p.copy_from_slice(&colour));
                }
                return;
            }
            Format::MonoVlsb => usize::MAX,
            format => 8 / format.depth(),
        };
        // Whole bytes are filled at once, the pixels before and behind them one by one.
        let (inner, end) = match per_byte {
            usize::MAX => (right, right),
            n => (left.next_multiple_of(n).min(right), (right / n * n).max(left.next_multiple_of(n)).min(right)),
        };
        for x in (left..inner).chain(end..right) {
            self.layout.set(self.bytes, x, y, c);
        }
        if inner < end {
            let depth = self.layout.format.depth();
            let sample = self.layout.sample(c);
            let byte = (0..8 / depth).fold(0u8, |b, _| ((b as u16) << depth) as u8 | sample);
            let row = y * self.layout.stride;
            if let Some(row) = self.bytes.get_mut((inner + row) / per_byte..(end + row) / per_byte) {
                row.fill(byte);
            }
        }
    }

    /// Moves the content; what is not covered stays as it was.
    pub fn scroll(&mut self, dx: i64, dy: i64) {
        let (width, height) = self.size();
        if dx.abs() >= width || dy.abs() >= height {
            return;
        }
        // From the side it moves to, so that nothing is overwritten before it was copied.
        for i in 0..height - dy.abs() {
            let y = if dy < 0 { i } else { height - 1 - i };
            for j in 0..width - dx.abs() {
                let x = if dx < 0 { j } else { width - 1 - j };
                let c = self.layout.get(self.bytes, (x - dx) as usize, (y - dy) as usize);
                self.layout.set(self.bytes, x as usize, y as usize, c);
            }
        }
    }
}
