//! From reflectances to luma and chroma.
//!
//! Per pixel this costs three table look-ups: each colour's table gives its packed share of Y, Cb
//! and Cr after light, exposure, white balance and gamma. Where light differs across the picture
//! (flash, lens) there is a set of tables for each of a few levels, chosen per block of pixels.

use super::exposure::Sensitivity;
use super::settings::{Effects, Settings};
use crate::scene::{Canvas, View};

/// A picture as planes of full size.
#[derive(Default)]
pub struct Planes {
    pub width: usize,
    pub height: usize,
    pub y: Vec<u8>,
    pub cb: Vec<u8>,
    pub cr: Vec<u8>,
}

/// Pixels which share a light level.
const BLOCK: usize = 8;
const LEVELS: usize = 48;
/// The light levels' range, relative to the scene's own light.
const DARKEST: f32 = 0.4;
const BRIGHTEST: f32 = 3.2;
/// The full flash in the middle of the field, relative to the scene's own light.
pub const FLASH: f32 = 1.9;
/// How much darker the corners are without lens correction.
const VIGNETTE: f32 = 0.62;

/// Packed shares: three fields of 20 bits with 8 fractional bits each. The fields' sums do not
/// overflow.
type Table = [u64; 256];
const FIELD: u32 = 20;
/// Chroma's offset of 128, plus 256 so that no share is negative; taking a byte drops the 256.
const CHROMA_OFFSETS: [f32; 3] = [192.0, 192.0, 0.0];

/// What the tables depend on.
#[derive(Clone, Copy, PartialEq)]
struct Key {
    factors: [f32; 3],
    gamma: bool,
    uneven: bool,
    effects: Effects,
}

/// What the light map depends on.
#[derive(Clone, Copy, PartialEq)]
struct MapKey {
    view: View,
    size: (usize, usize),
    flash: f32,
    vignette: bool,
    flip: bool,
    mirror: bool,
}

/// What the effects make of luma, Cb and Cr, if anything.
type Maps = [Option<Box<[u8; 256]>>; 3];

/// Tables and the picture developed last, kept from frame to frame: in steady state only the
/// blocks that changed are developed anew.
pub struct Tone {
    key: Option<Key>,
    levels: Vec<[Table; 3]>,
    maps: Maps,
    map_key: Option<MapKey>,
    map: Vec<u8>,
    /// The pixels last developed, and what they became before noise. Empty if not valid.
    seen: Vec<u32>,
    clean_y: Vec<u8>,
    to_linear: Vec<f32>,
    to_srgb: Vec<u8>,
    noise: Vec<i8>,
}

const SRGB_STEPS: usize = 4096;
const NOISE: usize = 1 << 15;

impl Tone {
    pub fn new() -> Self {
        let to_linear = (0..256).map(|v| linear(v as f32 / 255.0)).collect();
        let to_srgb = (0..=SRGB_STEPS).map(|v| (srgb(v as f32 / SRGB_STEPS as f32) * 255.0 + 0.5) as u8).collect();
        let mut state = 0x9E37_79B9u32;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 24) as i32 - 128
        };
        // The sum of two is closer to real noise than one, and quiet values prevail.
        let noise = (0..NOISE).map(|_| ((next() + next()) / 2) as i8).collect();
        Self {
            key: None,
            levels: Vec::new(),
            maps: [None, None, None],
            map_key: None,
            map: Vec::new(),
            seen: Vec::new(),
            clean_y: Vec::new(),
            to_linear,
            to_srgb,
            noise,
        }
    }

    /// The mean linear luminance of a canvas, from a grid of samples.
    pub fn mean(&self, canvas: &Canvas) -> f32 {
        const GRID: usize = 24;
        let (width, height) = (canvas.width(), canvas.height());
        if width == 0 || height == 0 {
            return 0.0;
        }
        let (mut sum, mut count) = (0.0, 0);
        for row in 0..GRID {
            let pixels = canvas.row((row * 2 + 1) * height / (2 * GRID));
            for column in 0..GRID {
                let pixel = pixels[(column * 2 + 1) * width / (2 * GRID)];
                let channel = |shift: u32| self.to_linear[(pixel >> shift & 0xFF) as usize];
                sum += 0.299 * channel(16) + 0.587 * channel(8) + 0.114 * channel(0);
                count += 1;
            }
        }
        sum / count as f32
    }

    /// Develops a canvas into planes, which have to be the same from call to call.
    pub fn develop(
        &mut self,
        canvas: &Canvas,
        settings: &Settings,
        sensitivity: &Sensitivity,
        flash: f32,
        frame: u64,
        planes: &mut Planes,
    ) {
        let (width, height) = (canvas.width(), canvas.height());
        self.prepare(settings, sensitivity, flash, (width, height));
        planes.width = width;
        planes.height = height;
        for plane in [&mut planes.y, &mut planes.cb, &mut planes.cr, &mut self.clean_y] {
            plane.resize(width * height, 0);
        }
        let known = self.seen.len() == width * height;
        self.seen.resize(width * height, 0);
        let strength = (sensitivity.gain.sqrt() * 2.6 - 1.2) * settings.noise;
        let amplitude = (strength * 4.0).clamp(0.0, 64.0) as i16;
        for row in 0..height {
            let target = if settings.flip { height - 1 - row } else { row };
            self.develop_row(canvas.row(row), row, target, known, settings.mirror, planes);
            let range = target * width..(target + 1) * width;
            let clean = &self.clean_y[range.clone()];
            grain(&self.noise, clean, &mut planes.y[range], amplitude, frame, row);
        }
    }

    /// Develops those blocks of a row that changed since the last time.
    fn develop_row(
        &mut self,
        pixels: &[u32],
        row: usize,
        target: usize,
        known: bool,
        mirror: bool,
        planes: &mut Planes,
    ) {
        let width = pixels.len();
        let blocks = width.div_ceil(BLOCK);
        let lights = self.map.get(row / BLOCK * blocks..).unwrap_or_default();
        let seen = &mut self.seen[row * width..(row + 1) * width];
        for block in 0..blocks {
            let part = block * BLOCK..((block + 1) * BLOCK).min(width);
            let (new, old) = (&pixels[part.clone()], &mut seen[part.clone()]);
            if known && new == &*old {
                continue;
            }
            old.copy_from_slice(new);
            let place = if mirror { width - part.end..width - part.start } else { part };
            let place = target * width + place.start..target * width + place.end;
            let y = &mut self.clean_y[place.clone()];
            let cb = &mut planes.cb[place.clone()];
            let cr = &mut planes.cr[place];
            let level = lights.get(block).map_or(0, |level| usize::from(*level));
            convert(&self.levels[level], new, y, cb, cr);
            for (plane, map) in [&mut *y, &mut *cb, &mut *cr].into_iter().zip(&self.maps) {
                if let Some(map) = map {
                    for value in &mut *plane {
                        *value = map[usize::from(*value)];
                    }
                }
                if mirror {
                    plane.reverse();
                }
            }
        }
    }

    fn prepare(&mut self, settings: &Settings, sensitivity: &Sensitivity, flash: f32, size: (usize, usize)) {
        let uneven = flash > 0.0 || settings.vignette;
        let key = Key { factors: sensitivity.factors, gamma: settings.gamma, uneven, effects: settings.effects };
        if self.key != Some(key) {
            let count = if uneven { LEVELS } else { 1 };
            self.levels =
                (0..count).map(|level| self.tables(&key, if uneven { level_light(level) } else { 1.0 })).collect();
            self.maps = maps(&settings.effects);
            self.key = Some(key);
            self.seen.clear();
        }
        let map_key = MapKey {
            view: settings.view,
            size,
            flash,
            vignette: settings.vignette,
            flip: settings.flip,
            mirror: settings.mirror,
        };
        if self.map_key != Some(map_key) {
            self.map = if uneven { light_map(&map_key) } else { Vec::new() };
            self.map_key = Some(map_key);
            self.seen.clear();
        }
    }

    fn tables(&self, key: &Key, light: f32) -> [Table; 3] {
        // Y, Cb, Cr of red, green, blue. Source: JFIF, with the offsets spread over the shares.
        const SHARES: [[f32; 3]; 3] =
            [[0.299, -0.168_736, 0.5], [0.587, -0.331_264, -0.418_688], [0.114, 0.5, -0.081_312]];
        let mut tables = [[0; 256]; 3];
        for (channel, table) in tables.iter_mut().enumerate() {
            let factor = key.factors[channel] * light;
            for (value, entry) in table.iter_mut().enumerate() {
                let exposed = (self.to_linear[value] * factor).clamp(0.0, 1.0);
                let shown = if key.gamma {
                    f32::from(self.to_srgb[(exposed * SRGB_STEPS as f32) as usize])
                } else {
                    exposed * 255.0
                };
                let [y, cb, cr] = SHARES[channel].map(|share| share * shown);
                // Blue only adds to Cb and red only to Cr, so they need none.
                let (cb_offset, cr_offset) = (CHROMA_OFFSETS[channel], CHROMA_OFFSETS[2 - channel]);
                let fixed = |v: f32| (v * 256.0).round().max(0.0) as u64;
                *entry = fixed(y) | fixed(cb + cb_offset) << FIELD | fixed(cr + cr_offset) << (2 * FIELD);
            }
        }
        tables
    }
}

fn linear(v: f32) -> f32 {
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

fn srgb(v: f32) -> f32 {
    if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

fn level_light(level: usize) -> f32 {
    DARKEST * (BRIGHTEST / DARKEST).powf(level as f32 / (LEVELS - 1) as f32)
}

/// The level of each block: the flash falls off from the middle of the field, the lens towards
/// its corners.
fn light_map(key: &MapKey) -> Vec<u8> {
    let (width, height) = key.size;
    let flash = key.flash;
    let mut map = Vec::with_capacity(width.div_ceil(BLOCK) * height.div_ceil(BLOCK));
    let scale = (LEVELS - 1) as f32 / (BRIGHTEST / DARKEST).ln();
    for row in (0..height).step_by(BLOCK) {
        let y = key.view.y + (row + BLOCK / 2) as f32 / height as f32 * key.view.height - 0.5;
        for column in (0..width).step_by(BLOCK) {
            let x = key.view.x + (column + BLOCK / 2) as f32 / width as f32 * key.view.width - 0.5;
            let square = (x * x * 16.0 / 9.0 + y * y).min(1.0);
            let mut light = 1.0 + flash * (-square * 4.0).exp();
            if key.vignette {
                light *= 1.0 - VIGNETTE * square;
            }
            let level = (light / DARKEST).max(1.0).ln() * scale;
            map.push((level.round() as usize).min(LEVELS - 1) as u8);
        }
    }
    map
}

fn convert(tables: &[Table; 3], pixels: &[u32], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let planes = y.iter_mut().zip(cb).zip(cr);
    for (pixel, ((y, cb), cr)) in pixels.iter().zip(planes) {
        let sum = tables[0][(pixel >> 16 & 0xFF) as usize]
            + tables[1][(pixel >> 8 & 0xFF) as usize]
            + tables[2][(pixel & 0xFF) as usize];
        *y = (sum >> 8) as u8;
        *cb = (sum >> (FIELD + 8)) as u8;
        *cr = (sum >> (2 * FIELD + 8)) as u8;
    }
}

/// Copies a row and adds noise; amplitude in 256ths of the noise's own.
fn grain(noise: &[i8], clean: &[u8], y: &mut [u8], amplitude: i16, frame: u64, row: usize) {
    if amplitude == 0 || y.len() > NOISE / 2 {
        y.copy_from_slice(clean);
        return;
    }
    let seed = (frame as u32).wrapping_mul(0x9E37_79B1).wrapping_add((row as u32).wrapping_mul(0x85EB_CA77));
    let at = (seed ^ seed >> 15) as usize % (NOISE / 2);
    for ((y, clean), n) in y.iter_mut().zip(clean).zip(&noise[at..]) {
        let changed = i16::from(*clean) + ((i16::from(*n) * amplitude) >> 8);
        *y = changed.clamp(0, 255) as u8;
    }
}

/// The neutral value of the saturation registers.
const NEUTRAL_SATURATION: i32 = 0x48;

fn maps(effects: &Effects) -> Maps {
    let map = |f: &dyn Fn(i32) -> i32| {
        let mut table = Box::new([0; 256]);
        for (value, entry) in (0..).zip(table.iter_mut()) {
            *entry = f(value).clamp(0, 255) as u8;
        }
        Some(table)
    };
    let luma = if effects.luma.is_some() || effects.negative {
        map(&|v| {
            let v = match effects.luma {
                Some([offset, gain, bias]) => (v + i32::from(offset)) * i32::from(gain) / 32 + i32::from(bias),
                None => v,
            };
            if effects.negative { 255 - v.clamp(0, 255) } else { v }
        })
    } else {
        None
    };
    let chroma = |scale: Option<u8>, fixed: Option<u8>| match (fixed, scale) {
        (Some(fixed), _) => map(&|_| i32::from(fixed)),
        (None, None) if !effects.negative => None,
        (None, scale) => {
            let scale = scale.map_or(NEUTRAL_SATURATION, i32::from);
            let scale = if effects.negative { -scale } else { scale };
            map(&|v| (v - 128) * scale / NEUTRAL_SATURATION + 128)
        }
    };
    let [u, v] = effects.saturation.map_or([None; 2], |s| s.map(Some));
    [luma, chroma(u, effects.fixed_u), chroma(v, effects.fixed_v)]
}
