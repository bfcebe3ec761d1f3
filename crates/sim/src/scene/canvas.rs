//! A small software canvas: rectangles, discs and block letters.

use super::font;

/// A colour, sRGB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Black.
    pub const BLACK: Self = Self(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self(255, 255, 255);

    /// As 0xRRGGBB.
    pub const fn packed(self) -> u32 {
        (self.0 as u32) << 16 | (self.1 as u32) << 8 | self.2 as u32
    }

    /// A colour between this (0.0) and `other` (1.0).
    pub fn mix(self, other: Self, part: f32) -> Self {
        let part = (part.clamp(0.0, 1.0) * 256.0) as u32;
        unpack(blend(self.packed(), other.packed(), part))
    }
}

const fn unpack(packed: u32) -> Rgb {
    Rgb((packed >> 16) as u8, (packed >> 8) as u8, packed as u8)
}

/// Mixes two packed colours; `part` of 256 is all `over`.
const fn blend(under: u32, over: u32, part: u32) -> u32 {
    const RB: u32 = 0x00FF_00FF;
    const G: u32 = 0x0000_FF00;
    let keep = 256 - part;
    let rb = (((under & RB) * keep + (over & RB) * part) >> 8) & RB;
    let g = (((under & G) * keep + (over & G) * part) >> 8) & G;
    rb | g
}

/// A rectangle in pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// A rectangle from its left, top, width and height.
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }
}

/// A picture of packed 0xRRGGBB pixels, row by row. Painting outside is clipped.
#[derive(Clone, Default)]
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u32>,
}

impl Canvas {
    /// A black canvas.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0; width * height] }
    }

    /// Makes it this large; the content is undefined afterwards.
    pub fn resize(&mut self, width: usize, height: usize) {
        self.width = width;
        self.height = height;
        self.pixels.resize(width * height, 0);
    }

    /// Pixels per row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// A row of pixels.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u32] {
        &self.pixels[y * self.width..(y + 1) * self.width]
    }

    /// A row of pixels.
    pub fn row_mut(&mut self, y: usize) -> &mut [u32] {
        &mut self.pixels[y * self.width..(y + 1) * self.width]
    }

    /// Takes over another canvas's size and content.
    pub fn copy_from(&mut self, other: &Self) {
        self.width = other.width;
        self.height = other.height;
        self.pixels.clone_from(&other.pixels);
    }

    /// The columns and rows which a rectangle covers, clipped.
    fn span(&self, rect: Rect) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let clip = |value: f32, limit: usize| value.round().clamp(0.0, limit as f32) as usize;
        let columns = clip(rect.x, self.width)..clip(rect.x + rect.width, self.width);
        let rows = clip(rect.y, self.height)..clip(rect.y + rect.height, self.height);
        (columns, rows)
    }

    /// Paints a rectangle.
    pub fn fill(&mut self, rect: Rect, color: Rgb) {
        let (columns, rows) = self.span(rect);
        for y in rows {
            if let Some(part) = self.row_mut(y).get_mut(columns.clone()) {
                part.fill(color.packed());
            }
        }
    }

    /// Mixes a colour into a rectangle; `part` 1.0 paints it over.
    pub fn tint(&mut self, rect: Rect, color: Rgb, part: f32) {
        let (columns, rows) = self.span(rect);
        let part = (part * 256.0) as u32;
        for y in rows {
            for pixel in self.row_mut(y).get_mut(columns.clone()).unwrap_or_default() {
                *pixel = blend(*pixel, color.packed(), part);
            }
        }
    }

    /// Paints an ellipse whose edge fades over `soft` pixels.
    pub fn ellipse(&mut self, center: (f32, f32), radius: (f32, f32), soft: f32, color: Rgb) {
        self.ellipse_mixed(center, radius, soft, color, 1.0);
    }

    /// Mixes an ellipse in, `part` 1.0 being opaque.
    pub fn ellipse_mixed(&mut self, (cx, cy): (f32, f32), (rx, ry): (f32, f32), soft: f32, color: Rgb, part: f32) {
        if rx < 0.2 || ry < 0.2 {
            return;
        }
        let (outer_x, outer_y) = (rx + soft, ry + soft);
        let bounds = Rect::new(cx - outer_x, cy - outer_y, 2.0 * outer_x, 2.0 * outer_y);
        let (columns, rows) = self.span(bounds);
        let color = color.packed();
        let shorter = rx.min(ry);
        // Inside this part of the radii the edge's softness does not reach.
        let solid = (1.0 - 0.5 * soft.max(1.0) / shorter).max(0.0);
        let full = (part.clamp(0.0, 1.0) * 256.0) as u32;
        for y in rows {
            let dy = (y as f32 + 0.5 - cy) / ry;
            let left = columns.start;
            let half = (solid * solid - dy * dy).max(0.0).sqrt() * rx;
            let first = ((cx - half - 0.5).ceil() as usize).clamp(left, columns.end);
            let behind = ((cx + half + 0.5).floor() as usize).clamp(first, columns.end);
            let row = self.row_mut(y);
            for pixel in row.get_mut(first..behind).unwrap_or_default() {
                *pixel = blend(*pixel, color, full);
            }
            for x in (left..first).chain(behind..columns.end) {
                let dx = (x as f32 + 0.5 - cx) / rx;
                // Distance from the edge in pixels, negative inside.
                let outside = ((dx * dx + dy * dy).sqrt() - 1.0) * shorter;
                let cover = (0.5 - outside / soft.max(1.0)).clamp(0.0, 1.0) * part;
                if cover > 0.0
                    && let Some(pixel) = row.get_mut(x)
                {
                    *pixel = blend(*pixel, color, (cover * 256.0) as u32);
                }
            }
        }
    }

    /// Writes block letters 5 wide and 7 high with a gap of 1, `cell` pixels each, from a top left
    /// corner. Characters without a shape are blank.
    pub fn text(&mut self, text: &str, (x, y): (f32, f32), cell: f32, color: Rgb) {
        for (at, character) in text.chars().enumerate() {
            let left = x + at as f32 * font::ADVANCE as f32 * cell;
            for (row, bits) in font::glyph(character).iter().enumerate() {
                for column in 0..font::WIDTH {
                    if bits >> (font::WIDTH - 1 - column) & 1 != 0 {
                        let (cx, cy) = (left + column as f32 * cell, y + row as f32 * cell);
                        self.fill(Rect::new(cx, cy, cell, cell), color);
                    }
                }
            }
        }
    }

    /// How many cells wide a text is.
    #[must_use]
    pub fn text_cells(text: &str) -> usize {
        (text.chars().count() * font::ADVANCE).saturating_sub(font::ADVANCE - font::WIDTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn painting_is_clipped_everywhere() {
        let mut canvas = Canvas::new(8, 8);
        for offset in [-100.0, -3.0, 0.0, 6.5, 100.0, f32::NAN, f32::INFINITY] {
            canvas.fill(Rect::new(offset, offset, 5.0, 5.0), Rgb::WHITE);
            canvas.tint(Rect::new(offset, 0.0, 5.0, 99.0), Rgb(9, 9, 9), 0.5);
            canvas.ellipse((offset, 4.0), (3.0, 5.0), 1.0, Rgb(1, 2, 3));
            canvas.text("S1", (offset, offset), 2.0, Rgb::WHITE);
        }
        assert_eq!(canvas.row(7).len(), 8);
    }

    #[test]
    fn mixing_reaches_both_ends() {
        let (a, b) = (Rgb(10, 200, 30), Rgb(250, 0, 99));
        assert_eq!(a.mix(b, 0.0), a);
        assert_eq!(a.mix(b, 1.0), b);
        assert_eq!(a.mix(b, 0.5), Rgb(130, 100, 64));
    }
}
