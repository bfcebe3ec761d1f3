//! From planes to the bytes which leave the sensor.

use jpeg_encoder::{
    Encoder, EncodingError, ImageBuffer, JfifWrite, JpegColorType, QuantizationTableType, SamplingFactor,
};

use super::tone::Planes;

/// A sensor pads its JPEG to whole transfers of this many bytes.
const TRANSFER: usize = 32;

/// The quantisation table for luma, at scale 16. Source: ITU-T T.81, table K.1.
#[rustfmt::skip]
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// The quantisation table for chroma, at scale 16. Source: ITU-T T.81, table K.2.
#[rustfmt::skip]
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
];

fn scaled(table: &[u16; 64], scale: u8) -> QuantizationTableType {
    let scale = u16::from(scale) * 5 / 4 + 1;
    let scaled = table.map(|v| ((v * scale + 8) / 16).clamp(1, 255));
    QuantizationTableType::Custom(Box::new(scaled))
}

/// A buffer that refuses to grow.
struct Bounded<'a> {
    data: &'a mut Vec<u8>,
    limit: usize,
}

impl JfifWrite for Bounded<'_> {
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), EncodingError> {
        let room = self.limit.saturating_sub(self.data.len());
        if bytes.len() > room {
            self.data.extend_from_slice(&bytes[..room]);
            return Err(EncodingError::Write(String::new()));
        }
        self.data.extend_from_slice(bytes);
        Ok(())
    }
}

impl ImageBuffer for &Planes {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }
    fn width(&self) -> u16 {
        self.width as u16
    }
    fn height(&self) -> u16 {
        self.height as u16
    }
    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let at = usize::from(y) * self.width;
        let row = at..at + self.width;
        buffers[0].extend_from_slice(&self.y[row.clone()]);
        buffers[1].extend_from_slice(&self.cb[row.clone()]);
        buffers[2].extend_from_slice(&self.cr[row]);
    }
}

/// Encodes into `data`, whose length stays within `limit`. Returns whether it all fitted.
///
/// Like the chip, it subsamples colour horizontally (4:2:2) and pads the end with zeros.
pub fn jpeg(planes: &Planes, scale: u8, data: &mut Vec<u8>, limit: usize) -> bool {
    data.clear();
    let mut encoder = Encoder::new(Bounded { data: &mut *data, limit }, 80);
    encoder.set_sampling_factor(SamplingFactor::F_2_1);
    encoder.set_quantization_tables(scaled(&LUMA, scale), scaled(&CHROMA, scale));
    if encoder.encode_image(planes).is_err() {
        return false;
    }
    let padded = data.len().next_multiple_of(TRANSFER).min(limit);
    data.resize(padded, 0);
    true
}

/// The bytes of YUV 4:2:2.
pub fn yuv422(planes: &Planes, data: &mut Vec<u8>, limit: usize) -> bool {
    data.clear();
    let pairs = planes.y.chunks_exact(2);
    let chroma = planes.cb.chunks_exact(2).zip(planes.cr.chunks_exact(2));
    for (y, (cb, cr)) in pairs.zip(chroma) {
        if data.len() + 4 > limit {
            return false;
        }
        let mean = |c: &[u8]| c.iter().map(|v| u16::from(*v)).sum::<u16>() / 2;
        data.extend_from_slice(&[y[0], mean(cb) as u8, y[1], mean(cr) as u8]);
    }
    true
}

/// Luma only: what a port keeps of YUV 4:2:2.
pub fn luma(planes: &Planes, data: &mut Vec<u8>, limit: usize) -> bool {
    data.clear();
    let fits = planes.y.len() <= limit;
    data.extend_from_slice(&planes.y[..planes.y.len().min(limit)]);
    fits
}

/// The bytes of RGB 5:6:5, most significant first.
pub fn rgb565(planes: &Planes, data: &mut Vec<u8>, limit: usize) -> bool {
    data.clear();
    let chroma = planes.cb.iter().zip(&planes.cr);
    for (y, (cb, cr)) in planes.y.iter().zip(chroma) {
        if data.len() + 2 > limit {
            return false;
        }
        let (y, cb, cr) = (i32::from(*y), i32::from(*cb) - 128, i32::from(*cr) - 128);
        let clamp = |v: i32| v.clamp(0, 255) as u16;
        let red = clamp(y + ((359 * cr) >> 8));
        let green = clamp(y - ((88 * cb + 183 * cr) >> 8));
        let blue = clamp(y + ((454 * cb) >> 8));
        let pixel = (red & 0xF8) << 8 | (green & 0xFC) << 3 | blue >> 3;
        data.extend_from_slice(&pixel.to_be_bytes());
    }
    true
}
