//! The still part of the built-in scene: an evening sky over mountains, a lake and a meadow.

use super::{Canvas, Rgb, View};

/// Where the sky ends, as a part of the field's height.
const HORIZON: f32 = 0.56;
/// Where the meadow begins.
const SHORE: f32 = 0.68;
/// The sun's centre and radius.
const SUN: (f32, f32) = (0.72, 0.40);
const SUN_RADIUS: f32 = 0.055;
/// Width over height of the sensor's full field, to keep round things round.
pub const ASPECT: f32 = 4.0 / 3.0;

/// Paints the view.
pub fn draw(view: &View, canvas: &mut Canvas) {
    let (width, height) = (canvas.width(), canvas.height());
    let columns: Vec<Column> =
        (0..width).map(|x| Column::at(view.x + (x as f32 + 0.5) / width as f32 * view.width)).collect();
    let grain = Grain { across: view.width / width as f32, down: view.height / height as f32 };
    for row in 0..height {
        let y = view.y + (row as f32 + 0.5) / height as f32 * view.height;
        let pixels = canvas.row_mut(row);
        let sky = sky(y);
        for (pixel, column) in pixels.iter_mut().zip(&columns) {
            *pixel = color(column, y, sky, &grain).packed();
        }
    }
}

/// What depends on the column only.
struct Column {
    x: f32,
    far: f32,
    near: f32,
    shore: f32,
}

impl Column {
    fn at(x: f32) -> Self {
        let ridge = |scale: f32, seed: u32| {
            let broad = noise(x * scale, 0.0, seed);
            let fine = noise(x * scale * 3.1, 0.5, seed + 1);
            let rough = noise(x * scale * 11.0, 0.7, seed + 2);
            broad * 0.62 + fine * 0.28 + rough * 0.10
        };
        Self {
            x,
            far: HORIZON - 0.05 - 0.22 * ridge(4.0, 11),
            near: HORIZON - 0.02 - 0.12 * ridge(6.5, 31),
            shore: SHORE + 0.012 * (x * 9.0).sin() + 0.008 * (x * 23.0).sin(),
        }
    }
}

fn color(column: &Column, y: f32, sky: Rgb, grain: &Grain) -> Rgb {
    if y > column.shore {
        meadow(column.x, y, grain)
    } else if y > HORIZON {
        lake(column, y, grain)
    } else if y > column.near {
        let depth = (y - column.near) / 0.16;
        let shade = grain.noise((column.x, 60.0), (y, 60.0), 71);
        let forest = Rgb(34, 62, 66).mix(Rgb(66, 98, 84), depth * 0.7 + shade * 0.35);
        forest.mix(Rgb(14, 34, 40), (shade - 0.62) * 1.6)
    } else if y > column.far {
        mountain(column, y, grain)
    } else {
        let (dx, dy) = ((column.x - SUN.0) * ASPECT, y - SUN.1);
        let distance = (dx * dx + dy * dy).sqrt();
        let glow = (1.0 - (distance - SUN_RADIUS) / 0.42).clamp(0.0, 1.0);
        let lit = sky.mix(Rgb(255, 196, 110), glow * glow * 0.85);
        let edge = (SUN_RADIUS - distance) / 0.004 + 0.5;
        let haze = noise(column.x * 5.0, y * 26.0, 5) - 0.55;
        lit.mix(Rgb(255, 214, 180), haze * 0.55).mix(Rgb(255, 244, 206), edge)
    }
}

fn sky(y: f32) -> Rgb {
    let stops = [
        (0.00, Rgb(44, 72, 140)),
        (0.22, Rgb(96, 124, 186)),
        (0.42, Rgb(226, 168, 150)),
        (HORIZON, Rgb(255, 190, 120)),
    ];
    let mut color = stops[0].1;
    for pair in stops.windows(2) {
        let ((from, below), (to, above)) = (pair[0], pair[1]);
        if y >= from {
            color = below.mix(above, (y - from) / (to - from));
        }
    }
    color
}

fn mountain(column: &Column, y: f32, grain: &Grain) -> Rgb {
    let down = (y - column.far) / 0.24;
    let crag = grain.noise((column.x, 34.0), (y, 52.0), 43);
    let rock = Rgb(92, 96, 134).mix(Rgb(176, 146, 156), down + crag * 0.35);
    // Snow where it is high, thinner towards its ragged lower edge.
    let snow = (HORIZON - 0.13 - y) * 14.0 + (crag - 0.5) * 3.0 - down * 1.6;
    rock.mix(Rgb(238, 226, 232), snow.clamp(0.0, 0.9))
}

fn lake(column: &Column, y: f32, grain: &Grain) -> Rgb {
    // The mirrored sky, broken by ripples which grow towards the shore.
    let near = (y - HORIZON) / (SHORE - HORIZON);
    let ripple = grain.noise((column.x, 36.0), (y, 300.0), 83) - 0.5;
    let mirrored = sky(HORIZON - near * 0.42 - 0.02);
    let water = mirrored.mix(Rgb(40, 74, 120), 0.30 + 0.35 * near);
    let aside = ((column.x - SUN.0) * ASPECT).abs() / (0.03 + 0.06 * near);
    let glitter = (1.0 - aside).max(0.0) * (0.55 + ripple * 1.6);
    water.mix(Rgb(20, 44, 84), (-ripple * 0.6).max(0.0)).mix(Rgb(255, 226, 170), glitter.clamp(0.0, 0.9))
}

fn meadow(x: f32, y: f32, grain: &Grain) -> Rgb {
    let near = (y - SHORE) / (1.0 - SHORE);
    let patches = noise(x * 7.0, y * 9.0, 97);
    let scale = 170.0 - 90.0 * near;
    let blades = grain.noise((x, scale * 1.4), (y, scale), 101);
    let grass = Rgb(86, 128, 62).mix(Rgb(128, 156, 70), patches);
    let grass = grass.mix(Rgb(48, 92, 44), (blades - 0.35) * (0.7 + 0.4 * near));
    // Flowers: rare peaks of a coarser pattern.
    let flower = grain.noise((x, 120.0), (y, 90.0), 131);
    let petals = if noise(x * 9.0, y * 7.0, 137) > 0.5 { Rgb(250, 214, 90) } else { Rgb(240, 150, 180) };
    grass.mix(petals, ((flower - 0.90) * 14.0).clamp(0.0, 0.9))
}

/// The size of a pixel, as a part of the field: what is finer is left out, as a lens and binned
/// pixels would.
struct Grain {
    across: f32,
    down: f32,
}

impl Grain {
    /// Noise of so many cells across and down the field, fading to its mean where cells come
    /// near the size of a pixel.
    fn noise(&self, (x, columns): (f32, f32), (y, rows): (f32, f32), seed: u32) -> f32 {
        let cell = (1.0 / (columns * self.across)).min(1.0 / (rows * self.down));
        let keep = ((cell - 1.5) / 7.0).clamp(0.0, 1.0);
        if keep == 0.0 {
            return 0.5;
        }
        0.5 + (noise(x * columns, y * rows, seed) - 0.5) * keep
    }
}

/// Smooth value noise, 0 to 1: random values on whole coordinates, interpolated between.
pub fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (across, down) = (ease(x - left), ease(y - top));
    let (column, row) = (left as i32 as u32, top as i32 as u32);
    let value = |dx: u32, dy: u32| {
        let mut h = column.wrapping_add(dx).wrapping_mul(0x9E37_79B1)
            ^ row.wrapping_add(dy).wrapping_mul(0x85EB_CA77)
            ^ seed.wrapping_mul(0xC2B2_AE3D);
        h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
        h = (h ^ (h >> 13)).wrapping_mul(0x297A_2D39);
        (h >> 8) as f32 / 16_777_216.0
    };
    let upper = value(0, 0) + (value(1, 0) - value(0, 0)) * across;
    let lower = value(0, 1) + (value(1, 1) - value(0, 1)) * across;
    upper + (lower - upper) * down
}
