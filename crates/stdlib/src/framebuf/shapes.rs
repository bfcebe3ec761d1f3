//! Lines, ellipses, polygons and text. They set the very pixels that MicroPython sets.

use super::canvas::Canvas;
use super::font;
use alloc::vec::Vec;

type Point = (i64, i64);

impl Canvas<'_> {
    /// A line with both its ends (Bresenham's, in closed form so that what lies outside costs nothing): `k` steps
    /// along the longer side it has moved `(2·k·minor + major) / (2·major)` along the shorter one.
    pub fn line(&mut self, from: Point, to: Point, c: u32) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let (width, height) = self.size();
        let steep = dy.abs() > dx.abs();
        let (major, minor, start, side) = if steep { (dy, dx, from.1, height) } else { (dx, dy, from.0, width) };
        // Steps whose pixels lie between the frame's sides.
        let (first, last) = match major > 0 {
            true => (-start, side - 1 - start),
            false => (start - (side - 1), start),
        };
        let length = major.abs();
        for k in first.max(0)..=last.min(length - 1) {
            let across = (2 * k * minor.abs() + length) / (2 * length) * minor.signum();
            let along = k * major.signum();
            let (x, y) = if steep { (from.0 + across, from.1 + along) } else { (from.0 + along, from.1 + across) };
            self.set_checked(x, y, c);
        }
        self.set_checked(to.0, to.1, c);
    }

    /// The outline or area of an ellipse in some of its quadrants (bit 0: top right, then counterclockwise).
    ///
    /// J. Kennedy, "A Fast Bresenham Type Algorithm For Drawing Ellipses": two arcs, each from an end of an axis to
    /// where the tangent has slope −1; on the second arc the axes change their roles.
    pub fn ellipse(&mut self, centre: Point, (rx, ry): Point, c: u32, filled: bool, quadrants: u8) {
        if rx == 0 && ry == 0 {
            if quadrants != 0 {
                self.set_checked(centre.0, centre.1, c);
            }
            return;
        }
        self.arc(rx, ry, |canvas, x, y| canvas.mirrored(centre, (x, y), c, filled, quadrants));
        self.arc(ry, rx, |canvas, y, x| canvas.mirrored(centre, (x, y), c, filled, quadrants));
    }

    /// Points `(u, v)` of the arc that begins at `(a, 0)`, where `v` grows by one from each to the next.
    fn arc(&mut self, a: i64, b: i64, mut point: impl FnMut(&mut Self, i64, i64)) {
        let (a2, b2) = (a * a, b * b);
        let (mut u, mut v) = (a, 0);
        let (mut u_change, mut v_change) = (b2 * (1 - 2 * a), a2);
        let (mut u_stop, mut v_stop) = (2 * b2 * a, 0);
        let mut error = 0;
        while u_stop >= v_stop {
            point(self, u, v);
            v += 1;
            v_stop += 2 * a2;
            error += v_change;
            v_change += 2 * a2;
            if 2 * error + u_change > 0 {
                u -= 1;
                u_stop -= 2 * b2;
                error += u_change;
                u_change += 2 * b2;
            }
        }
    }

    /// A point of an ellipse, or the rows it closes off, in each of the quadrants.
    fn mirrored(&mut self, (cx, cy): Point, (x, y): Point, c: u32, filled: bool, quadrants: u8) {
        for (bit, right, up) in [(1, true, true), (2, false, true), (4, false, false), (8, true, false)] {
            if quadrants & bit == 0 {
                continue;
            }
            let row = if up { cy - y } else { cy + y };
            if filled {
                self.fill_rect(if right { cx } else { cx - x }, row, x + 1, 1, c);
            } else {
                self.set_checked(if right { cx + x } else { cx - x }, row, c);
            }
        }
    }

    /// The outline of a polygon.
    pub fn polygon(&mut self, (x, y): Point, corners: &[Point], c: u32) {
        let Some(first) = corners.first() else { return };
        let mut from = first;
        for to in corners.iter().rev() {
            self.line((x + from.0, y + from.1), (x + to.0, y + to.1), c);
            from = to;
        }
    }

    /// The area of a polygon: each row is filled between where edges cross it, by the even-odd rule.
    pub fn fill_polygon(&mut self, (x, y): Point, corners: &[Point], c: u32) {
        let Some(&first) = corners.first() else { return };
        let height = self.size().1;
        let top = corners.iter().fold(i64::MAX, |n, p| n.min(p.1)).max(-y);
        let bottom = corners.iter().fold(i64::MIN, |n, p| n.max(p.1)).min(height - 1 - y);
        let mut crossings = Vec::new();
        for row in top..=bottom {
            crossings.clear();
            let mut from = first;
            for &to in corners.iter().rev() {
                // An edge's lower end belongs to the next edge, lest it be counted twice.
                if (from.1 > row) != (to.1 > row) {
                    let across = 32 * (to.0 - from.0) * (row - from.1) / (to.1 - from.1);
                    crossings.push((32 * from.0 + across + 16) / 32);
                } else if row == from.1.max(to.1) {
                    // What that leaves out at a lowest corner is set here.
                    if from.1 < to.1 {
                        self.set_checked(x + to.0, y + to.1, c);
                    } else if to.1 < from.1 {
                        self.set_checked(x + from.0, y + from.1, c);
                    } else {
                        self.line((x + from.0, y + row), (x + to.0, y + row), c);
                    }
                }
                from = to;
            }
            crossings.sort_unstable();
            for pair in crossings.chunks_exact(2) {
                self.fill_rect(x + pair[0], y + row, pair[1] - pair[0] + 1, 1, c);
            }
        }
    }

    /// Text with its upper left corner at a point; each byte of its UTF-8 takes a place.
    pub fn text(&mut self, text: &str, x: i64, y: i64, c: u32) {
        let width = self.size().0;
        for (i, byte) in text.bytes().enumerate() {
            let left = x + i as i64 * 8;
            if left >= width {
                return;
            }
            for (row, bits) in font::glyph(byte).iter().enumerate() {
                for column in (0..8).filter(|n| bits >> (7 - n) & 1 == 1) {
                    self.set_checked(left + column, y + row as i64, c);
                }
            }
        }
    }
}
