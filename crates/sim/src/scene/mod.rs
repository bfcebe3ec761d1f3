//! What the virtual sensor looks at.
//!
//! A [`Scene`] paints reflectances (sRGB colours as they would look in good light) for the part of
//! the world which the sensor's window covers, straight at the output size. Light, exposure and
//! everything else that the sensor does comes afterwards, in [`crate::sensor`].

mod animated;
mod canvas;
pub mod counter;
mod font;
mod landscape;

pub use animated::AnimatedScene;
pub use canvas::{Canvas, Rect, Rgb};

/// The part of the scene which is in the picture; the whole field of the sensor is 0 to 1 in both
/// directions, from the top left.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct View {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl View {
    /// Everything.
    pub const FULL: Self = Self { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };
}

/// When a picture is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The sensor's frame counter since power-up.
    pub frame: u64,
    /// Start of the frame in µs on the board's clock.
    pub time_us: u64,
}

/// Something to look at.
pub trait Scene: Send {
    /// Paints the whole canvas.
    fn draw(&mut self, view: &View, at: &Moment, canvas: &mut Canvas);
}
