//! One frame: scene, light, sensor, bytes.

use snakeye_camera::{CaptureConfig, CaptureFaults, PixelFormat};

use super::encode;
use super::exposure::Sensitivity;
use super::settings::{Output, Settings};
use super::tone::{Planes, Tone};
use crate::scene::{Canvas, Moment, Rect, Rgb, Scene};

/// What one frame depends on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Job {
    /// What the registers say.
    pub settings: Settings,
    /// Exposure, gain, white balance.
    pub sensitivity: Sensitivity,
    /// The flash LED's light in the middle, relative to the scene's own.
    pub flash: f32,
}

/// What a rendered frame was like.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rendered {
    /// Whether the buffer was too small.
    pub faults: CaptureFaults,
    /// Mean linear reflectance.
    pub mean: f32,
}

/// Frames made once for a job and a port, and played again and again.
struct Reel {
    length: usize,
    made_for: Option<(Job, CaptureConfig)>,
    frames: Vec<(Vec<u8>, Rendered)>,
}

/// Makes frames. Keeps its memory from one to the next.
pub struct Renderer {
    scene: Box<dyn Scene>,
    canvas: Canvas,
    tone: Tone,
    planes: Planes,
    reel: Option<Reel>,
}

/// Pixels of the array that are always white or always black, in parts of the field.
const WHITE_PIXELS: [(f32, f32); 10] = [
    (0.113, 0.331),
    (0.271, 0.547),
    (0.352, 0.793),
    (0.418, 0.266),
    (0.523, 0.612),
    (0.587, 0.843),
    (0.664, 0.377),
    (0.748, 0.289),
    (0.835, 0.581),
    (0.921, 0.459),
];
const BLACK_PIXELS: [(f32, f32); 6] =
    [(0.158, 0.718), (0.307, 0.342), (0.449, 0.476), (0.611, 0.733), (0.702, 0.533), (0.879, 0.312)];

impl Renderer {
    /// A renderer of a scene; with `recorded`, so many frames are made for each setting and then
    /// played over and over.
    pub fn new(scene: Box<dyn Scene>, recorded: Option<usize>) -> Self {
        Self {
            scene,
            canvas: Canvas::default(),
            tone: Tone::new(),
            planes: Planes::default(),
            reel: recorded.filter(|n| *n > 0).map(|length| Reel { length, made_for: None, frames: Vec::new() }),
        }
    }

    /// Renders into `data`, as the port would receive it.
    pub fn render(&mut self, job: &Job, at: &Moment, port: &CaptureConfig, data: &mut Vec<u8>) -> Rendered {
        if let Some(reel) = &mut self.reel {
            if reel.made_for != Some((*job, *port)) {
                reel.made_for = Some((*job, *port));
                reel.frames.clear();
            }
            if reel.frames.len() >= reel.length {
                let which = (at.frame % reel.length as u64) as usize;
                let (bytes, rendered) = &reel.frames[which];
                data.clear();
                data.extend_from_slice(bytes);
                return *rendered;
            }
        }
        let rendered = self.render_anew(job, at, port, data);
        if let Some(reel) = &mut self.reel {
            reel.frames.push((data.clone(), rendered));
        }
        rendered
    }

    fn render_anew(&mut self, job: &Job, at: &Moment, port: &CaptureConfig, data: &mut Vec<u8>) -> Rendered {
        let settings = &job.settings;
        self.canvas.resize(settings.width, settings.height);
        if settings.color_bar {
            color_bars(&mut self.canvas);
        } else {
            self.scene.draw(&settings.view, at, &mut self.canvas);
        }
        let mean = self.tone.mean(&self.canvas);
        if settings.white_pixels {
            self.pixels(settings, &WHITE_PIXELS, Rgb::WHITE);
        }
        if settings.black_pixels {
            self.pixels(settings, &BLACK_PIXELS, Rgb::BLACK);
        }
        self.tone.develop(&self.canvas, settings, &job.sensitivity, job.flash, at.frame, &mut self.planes);
        let (planes, limit) = (&self.planes, port.buffer_size);
        let fits = match (settings.output, port.format) {
            (Output::Jpeg { scale }, _) => encode::jpeg(planes, scale, data, limit),
            (Output::Yuv422, PixelFormat::Grayscale) => encode::luma(planes, data, limit),
            (Output::Yuv422, _) => encode::yuv422(planes, data, limit),
            (Output::Rgb565, _) => encode::rgb565(planes, data, limit),
        };
        Rendered { faults: CaptureFaults { overflow: !fits, broken: false }, mean }
    }

    fn pixels(&mut self, settings: &Settings, places: &[(f32, f32)], color: Rgb) {
        let view = &settings.view;
        let (width, height) = (settings.width as f32, settings.height as f32);
        for (x, y) in places {
            let column = ((x - view.x) / view.width * width).floor();
            let row = ((y - view.y) / view.height * height).floor();
            self.canvas.fill(Rect::new(column, row, 1.0, 1.0), color);
        }
    }
}

/// The sensor's test pattern.
fn color_bars(canvas: &mut Canvas) {
    const BARS: [Rgb; 8] = [
        Rgb(255, 255, 255),
        Rgb(255, 255, 0),
        Rgb(0, 255, 255),
        Rgb(0, 255, 0),
        Rgb(255, 0, 255),
        Rgb(255, 0, 0),
        Rgb(0, 0, 255),
        Rgb(0, 0, 0),
    ];
    let width = canvas.width() as f32 / BARS.len() as f32;
    let height = canvas.height() as f32;
    for (at, color) in BARS.into_iter().enumerate() {
        canvas.fill(Rect::new(at as f32 * width, 0.0, width + 1.0, height), color);
    }
}
