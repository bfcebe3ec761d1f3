//! Pixel formats.

/// What the bytes of a frame mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PixelFormat {
    /// A JPEG image, compressed by the sensor.
    #[default]
    Jpeg,
    /// One luma byte per pixel.
    Grayscale,
    /// Two bytes per pixel, most significant first: RRRRRGGG GGGBBBBB.
    Rgb565,
    /// Four bytes for two pixels: Y0 U Y1 V.
    Yuv422,
}

/// Frame buffers for JPEG are never smaller than this: the headers alone take about 600 bytes, and
/// small pictures at high quality do not compress to a fifth.
const JPEG_FLOOR: usize = 8192;

impl PixelFormat {
    /// Bytes per pixel of an uncompressed format; `None` for JPEG.
    pub const fn bytes_per_pixel(self) -> Option<usize> {
        match self {
            Self::Jpeg => None,
            Self::Grayscale => Some(1),
            Self::Rgb565 | Self::Yuv422 => Some(2),
        }
    }

    /// How large a buffer a frame of this format needs. Raw formats need exactly this; for JPEG it
    /// is a fifth of the pixel count, the usual allowance on these boards, which a detailed scene
    /// at the best qualities can exceed.
    pub const fn buffer_size(self, width: u16, height: u16) -> usize {
        let pixels = width as usize * height as usize;
        match self.bytes_per_pixel() {
            Some(bytes) => pixels * bytes,
            None => {
                if pixels / 5 < JPEG_FLOOR {
                    JPEG_FLOOR
                } else {
                    pixels / 5
                }
            }
        }
    }

    /// The usual name, in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Grayscale => "GRAYSCALE",
            Self::Rgb565 => "RGB565",
            Self::Yuv422 => "YUV422",
        }
    }
}
