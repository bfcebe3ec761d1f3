//! From a picture size to the part of the sensor array which is read and scaled.

use super::regs::dsp;
use crate::PixelFormat;

/// How the sensor array is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// 400 by 296: pixels binned 4 by 4.
    Cif,
    /// 800 by 600: pixels binned 2 by 2.
    Svga,
    /// 1600 by 1200.
    Uxga,
}

impl Mode {
    /// Pixels per line and lines.
    pub const fn size(self) -> (u16, u16) {
        match self {
            Self::Cif => (400, 296),
            Self::Svga => (800, 600),
            Self::Uxga => (1600, 1200),
        }
    }

    /// The values of CLKRC and R_DVP_SP.
    ///
    /// The pixel clock divider is the vendor's (8; 12 at full resolution). JPEG runs at the full
    /// sensor clock. Raw formats send every pixel, so the sensor clock is divided (by 8; by 4 in
    /// CIF mode) to a rate which a classic ESP32 can receive.
    pub const fn clocks(self, format: PixelFormat) -> (u8, u8) {
        let divider = match self {
            Self::Uxga => 12,
            Self::Cif | Self::Svga => 8,
        };
        match (format, self) {
            (PixelFormat::Jpeg, _) => (0, divider),
            (_, Self::Cif) => (3, 0x80 | divider),
            _ => (7, 0x80 | divider),
        }
    }
}

/// The part of the array which is read, and the size it is scaled down to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// How the array is read.
    pub mode: Mode,
    /// First column.
    pub x: u16,
    /// First line.
    pub y: u16,
    /// Columns; a multiple of 4.
    pub width: u16,
    /// Lines; a multiple of 4.
    pub height: u16,
    /// Pixels per line of the picture; a multiple of 4.
    pub out_width: u16,
    /// Lines of the picture; a multiple of 4.
    pub out_height: u16,
}

impl Window {
    /// The largest centred window with the picture's aspect ratio, in the coarsest mode that has
    /// enough pixels. `None` if the sensor is too small: it cannot scale up.
    pub fn for_output(out_width: u16, out_height: u16) -> Option<Self> {
        let modes = [Mode::Cif, Mode::Svga, Mode::Uxga];
        let mode = modes.into_iter().find(|mode| {
            let (width, height) = mode.size();
            out_width <= width && out_height <= height
        })?;
        if out_width == 0 || out_height == 0 {
            return None;
        }
        let (full_width, full_height) = mode.size();
        let wide = u32::from(full_width) * u32::from(out_height);
        let tall = u32::from(full_height) * u32::from(out_width);
        let (width, height) = if wide > tall {
            ((tall / u32::from(out_height)) as u16, full_height)
        } else {
            (full_width, (wide / u32::from(out_width)) as u16)
        };
        // Sizes are programmed in units of 4. Rounding down must not fall below the output.
        let width = (width & !3).max(out_width);
        let height = (height & !3).max(out_height);
        Some(Self {
            mode,
            x: (full_width - width) / 2,
            y: (full_height - height) / 2,
            width,
            height,
            out_width,
            out_height,
        })
    }

    /// The signal processor's registers for this window.
    pub fn registers(&self) -> [(u8, u8); 9] {
        let (w, h) = (self.width / 4, self.height / 4);
        let (ow, oh) = (self.out_width / 4, self.out_height / 4);
        let (x, y) = (self.x, self.y);
        let vhyx = (h >> 1) & 0x80 | (y >> 4) & 0x70 | (w >> 5) & 0x08 | (x >> 8) & 0x07;
        [
            (dsp::HSIZE, w as u8),
            (dsp::VSIZE, h as u8),
            (dsp::XOFFL, x as u8),
            (dsp::YOFFL, y as u8),
            (dsp::VHYX, vhyx as u8),
            (dsp::TEST, ((w >> 2) & 0x80) as u8),
            (dsp::ZMOW, ow as u8),
            (dsp::ZMOH, oh as u8),
            (dsp::ZMHH, ((oh >> 6) & 0x04 | (ow >> 8) & 0x03) as u8),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameSize;

    #[test]
    fn windows_lie_inside_the_array_and_never_scale_up() {
        for size in FrameSize::ALL {
            let Some(w) = Window::for_output(size.width(), size.height()) else {
                assert!(size.width() > 1600 || size.height() > 1200, "{size:?}");
                continue;
            };
            let (full_width, full_height) = w.mode.size();
            assert!(w.x + w.width <= full_width && w.y + w.height <= full_height);
            assert!(w.width >= w.out_width && w.height >= w.out_height);
            assert_eq!((w.width % 4, w.height % 4), (0, 0));
            let aspect = |a: u16, b: u16| f64::from(a) / f64::from(b);
            let error = aspect(w.width, w.height) / aspect(w.out_width, w.out_height);
            assert!((0.97..1.03).contains(&error), "{size:?}: {w:?}");
        }
    }

    #[test]
    fn modes_follow_the_size() {
        let mode = |s: FrameSize| Window::for_output(s.width(), s.height()).map(|w| w.mode);
        assert_eq!(mode(FrameSize::Qqvga2), Some(Mode::Cif));
        assert_eq!(mode(FrameSize::Cif), Some(Mode::Cif));
        assert_eq!(mode(FrameSize::Vga), Some(Mode::Svga));
        assert_eq!(mode(FrameSize::Svga), Some(Mode::Svga));
        assert_eq!(mode(FrameSize::Xga), Some(Mode::Uxga));
        assert_eq!(mode(FrameSize::Qxga), None);
    }

    #[test]
    fn full_resolution_is_programmed_as_the_vendor_does() {
        let window = Window::for_output(1600, 1200).unwrap();
        let values = window.registers().map(|(_, value)| value);
        assert_eq!(values, [0x90, 0x2C, 0, 0, 0x88, 0, 0x90, 0x2C, 0x05]);
    }
}
