//! The built-in scene: a landscape in which a snake winds along, a ball bounces and clouds drift,
//! with the name, the time, the frame number and a test card.

use std::f32::consts::TAU;

use super::landscape::{self, ASPECT};
use super::{Canvas, Moment, Rect, Rgb, Scene, View, counter};

/// The default scene.
///
/// What moves or is placed in the landscape is in scene coordinates and is cropped with the view.
/// The writing is in picture coordinates, so that it can be read at any size and aspect ratio:
///
/// | part of the height | shows |
/// |---|---|
/// | 2% to 10% | the frame counter as blocks, see [`counter`] |
/// | 12% to 24% | SNAKEYE |
/// | 88% to 98% | time since the board started as `mm:ss.t`, and `#` with the frame number |
#[derive(Default)]
pub struct AnimatedScene {
    still: Canvas,
    still_view: Option<View>,
}

impl AnimatedScene {
    /// The scene.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The landscape costs far more than all that moves, and changes only with the view.
    fn draw_still(&mut self, view: &View, canvas: &mut Canvas) {
        let size = (canvas.width(), canvas.height());
        if self.still_view != Some(*view) || (self.still.width(), self.still.height()) != size {
            self.still.resize(size.0, size.1);
            landscape::draw(view, &mut self.still);
            let brush = Brush::new(view, canvas);
            test_card(&brush, &mut self.still);
            writing(&mut self.still);
            self.still_view = Some(*view);
        }
        canvas.copy_from(&self.still);
    }
}

impl Scene for AnimatedScene {
    fn draw(&mut self, view: &View, at: &Moment, canvas: &mut Canvas) {
        self.draw_still(view, canvas);
        let brush = Brush::new(view, canvas);
        let seconds = at.time_us as f64 / 1e6;
        clouds(&brush, canvas, seconds);
        snake(&brush, canvas, seconds);
        ball(&brush, canvas, seconds);
        readout(canvas, at);
        counter::draw(canvas, at.frame);
    }
}

/// Scene coordinates to pixels.
struct Brush {
    x: f32,
    y: f32,
    across: f32,
    down: f32,
}

impl Brush {
    fn new(view: &View, canvas: &Canvas) -> Self {
        Self {
            x: view.x,
            y: view.y,
            across: canvas.width() as f32 / view.width,
            down: canvas.height() as f32 / view.height,
        }
    }

    fn point(&self, (x, y): (f32, f32)) -> (f32, f32) {
        ((x - self.x) * self.across, (y - self.y) * self.down)
    }

    /// A radius given as a part of the field's height.
    fn radius(&self, radius: f32) -> (f32, f32) {
        (radius / ASPECT * self.across, radius * self.down)
    }

    fn disc(&self, canvas: &mut Canvas, center: (f32, f32), radius: f32, color: Rgb) {
        canvas.ellipse(self.point(center), self.radius(radius), 1.2, color);
    }
}

/// The fractional part of a phase that grows for ever, exact enough after days.
fn turn(seconds: f64, period: f64) -> f32 {
    (seconds / period).fract() as f32
}

fn clouds(brush: &Brush, canvas: &mut Canvas, seconds: f64) {
    let clouds = [(0.00f32, 0.30f32, 0.030f32, 70.0), (0.37, 0.345, 0.020, 95.0), (0.66, 0.27, 0.026, 82.0)];
    for (start, height, size, period) in clouds {
        let x = (start + turn(seconds, period)).fract() * 1.5 - 0.25;
        let puffs = [(-1.9f32, 0.25f32, 0.75f32), (-0.7, -0.2, 1.1), (0.6, -0.05, 1.25), (1.8, 0.3, 0.7)];
        for (dx, dy, scale) in puffs {
            let center = (x + dx * size / ASPECT, height + dy * size);
            let (rx, ry) = brush.radius(size * scale);
            let soft = (ry * 0.9).max(1.0);
            let color = Rgb(255, 232, 220);
            canvas.ellipse_mixed(brush.point(center), (rx * 1.3, ry * 0.7), soft, color, 0.5);
        }
    }
}

/// Where the snake's head is at a phase of its round, 0 to 1.
fn path(phase: f32) -> (f32, f32) {
    let angle = phase * TAU;
    let wave = (angle * 10.0).sin() * angle.sin().abs();
    let (across, down) = (angle.cos(), angle.sin());
    (0.385 + 0.315 * across, 0.780 + 0.062 * down + 0.014 * wave)
}

fn snake(brush: &Brush, canvas: &mut Canvas, seconds: f64) {
    const PARTS: usize = 60;
    const SPACING: f32 = 0.0046;
    let head_phase = turn(seconds, 16.0);
    let radius = |part: usize| {
        let taper = 1.0 - part as f32 / PARTS as f32;
        0.010 + 0.017 * taper.sqrt()
    };
    for part in (1..PARTS).rev() {
        let (x, y) = path(head_phase - part as f32 * SPACING);
        brush.disc(canvas, (x, y + 0.012), radius(part), Rgb(38, 70, 36));
    }
    for part in (1..PARTS).rev() {
        let center = path(head_phase - part as f32 * SPACING);
        let color = if part / 4 % 2 == 0 { Rgb(236, 186, 44) } else { Rgb(28, 138, 110) };
        brush.disc(canvas, center, radius(part), color);
    }
    let (x, y) = path(head_phase);
    let (behind_x, behind_y) = path(head_phase - 0.004);
    let (dx, dy) = ((x - behind_x) * ASPECT, y - behind_y);
    let length = (dx * dx + dy * dy).sqrt().max(1e-6);
    let (dx, dy) = (dx / length, dy / length);
    // A point relative to the head: forwards and to its left, in parts of the field's height.
    let from_head =
        |forwards: f32, left: f32| (x + (dx * forwards + dy * left) / ASPECT, y + dy * forwards - dx * left);
    if turn(seconds, 1.7) < 0.3 {
        for step in 0..6 {
            let at = from_head(0.034 + 0.005 * step as f32, 0.0);
            brush.disc(canvas, at, 0.0035, Rgb(226, 40, 60));
        }
    }
    brush.disc(canvas, (x, y), 0.033, Rgb(20, 108, 88));
    brush.disc(canvas, (x, y), 0.029, Rgb(34, 160, 126));
    for side in [-0.017, 0.017] {
        brush.disc(canvas, from_head(0.008, side), 0.0135, Rgb(250, 250, 244));
        brush.disc(canvas, from_head(0.014, side), 0.0070, Rgb(16, 18, 24));
    }
}

fn ball(brush: &Brush, canvas: &mut Canvas, seconds: f64) {
    let along = turn(seconds, 9.0);
    let x = 0.06 + 0.64 * (1.0 - (2.0 * along - 1.0).abs());
    let hop = turn(seconds, 1.1);
    let height = 0.20 * 4.0 * hop * (1.0 - hop);
    let ground = 0.735;
    let shadow = brush.point((x, ground + 0.028));
    let (rx, ry) = brush.radius(0.030 + 0.05 * height);
    canvas.ellipse_mixed(shadow, (rx, ry * 0.3), 2.0, Rgb(24, 46, 24), 0.45);
    let center = (x, ground - height);
    brush.disc(canvas, center, 0.032, Rgb(206, 38, 44));
    brush.disc(canvas, (x - 0.007, center.1 - 0.010), 0.013, Rgb(246, 122, 112));
}

/// Colours, greys and line pairs on a board which stands in the meadow, right.
fn test_card(brush: &Brush, canvas: &mut Canvas) {
    const LEFT: f32 = 0.765;
    const TOP: f32 = 0.640;
    const WIDTH: f32 = 0.205;
    const HEIGHT: f32 = 0.195;
    let mut part = |x: f32, y: f32, width: f32, height: f32, color: Rgb| {
        let (left, top) = brush.point((LEFT + x * WIDTH, TOP + y * HEIGHT));
        let (width, height) = (width * WIDTH * brush.across, height * HEIGHT * brush.down);
        canvas.fill(Rect::new(left, top, width, height), color);
    };
    part(0.12, 1.0, 0.05, 0.30, Rgb(96, 66, 42));
    part(0.83, 1.0, 0.05, 0.30, Rgb(96, 66, 42));
    part(0.0, 0.0, 1.0, 1.0, Rgb(30, 32, 38));
    let colors =
        [Rgb(190, 44, 48), Rgb(60, 148, 66), Rgb(48, 70, 168), Rgb(236, 200, 40), Rgb(190, 72, 152), Rgb(20, 138, 168)];
    for (at, color) in colors.into_iter().enumerate() {
        part(0.03 + 0.158 * at as f32, 0.05, 0.148, 0.36, color);
    }
    for at in 0..6u8 {
        let grey = 8 + 48 * at;
        let left = 0.03 + 0.158 * f32::from(at);
        part(left, 0.45, 0.148, 0.22, Rgb(grey, grey, grey));
    }
    // Line pairs, finer to the right.
    part(0.03, 0.71, 0.94, 0.24, Rgb::WHITE);
    let mut x = 0.04f32;
    let mut line = 0.034f32;
    while x + line < 0.96 {
        part(x, 0.71, line, 0.24, Rgb::BLACK);
        x += 2.0 * line;
        line = (line * 0.93).max(0.006);
    }
}

/// The name, below the counter.
fn writing(canvas: &mut Canvas) {
    const NAME: &str = "SNAKEYE";
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let cells = Canvas::text_cells(NAME) as f32;
    let cell = cell_size((height * 0.12 / 7.0).min(width * 0.8 / cells));
    let at = ((width - cells * cell) / 2.0, height * 0.125);
    let shade = (cell * 0.35).max(1.0);
    canvas.text(NAME, (at.0 + shade, at.1 + shade), cell, Rgb(22, 34, 74));
    canvas.text(NAME, at, cell, Rgb(255, 246, 214));
}

/// Whole pixels look crisp; below two the letters would grow or shrink too much.
fn cell_size(size: f32) -> f32 {
    if size >= 2.0 { size.floor() } else { size }
}

/// Time and frame number.
fn readout(canvas: &mut Canvas, at: &Moment) {
    let tenths = at.time_us / 100_000;
    let (minutes, seconds) = (tenths / 600 % 100, tenths / 10 % 60);
    let time = format!("{minutes:02}:{seconds:02}.{}", tenths % 10);
    let frame = format!("#{:06}", at.frame % 1_000_000);
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let box_height = height * 0.10;
    let top = height * 0.88;
    let cells = (Canvas::text_cells(&time) + Canvas::text_cells(&frame)) as f32 + 8.0;
    let cell = cell_size((box_height * 0.7 / 7.0).min(width / cells));
    canvas.tint(Rect::new(0.0, top, width, box_height), Rgb(14, 18, 26), 0.72);
    let text_top = top + (box_height - 7.0 * cell) / 2.0;
    let margin = 2.0 * cell;
    canvas.text(&time, (margin, text_top), cell, Rgb(255, 255, 255));
    let right = width - margin - Canvas::text_cells(&frame) as f32 * cell;
    canvas.text(&frame, (right, text_top), cell, Rgb(255, 214, 90));
}
