//! The numbers by which firmware dialects call sizes and formats.

use crate::{FrameSize, PixelFormat};
use FrameSize::*;

/// Which numbering a script was written for. The same number means different sizes in different
/// firmware (10 is SXGA in one, SVGA in the next), so a board's configuration has to say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Numbering {
    /// The 2019 firmware for ESP32-CAM: sizes 1..=12, formats 0..=2.
    #[default]
    Kaki2019,
    /// The 2022 firmware: sizes 1..=18; formats 1..=9 (its last generations).
    Kaki2022,
    /// micropython-camera-API: sizes 0..=23, formats 0..=8.
    CameraApi,
}

const KAKI_2019: &[FrameSize] = &[Qqvga, Qqvga2, Qcif, Hqvga, Qvga, Cif, Vga, Svga, Xga, Sxga, Uxga, Qxga];
const KAKI_2022: &[FrameSize] =
    &[R96x96, Qqvga, Qcif, Hqvga, R240x240, Qvga, Cif, Hvga, Vga, Svga, Xga, Hd, Sxga, Uxga, Fhd, PHd, P3mp, Qxga];
const CAMERA_API: &[FrameSize] = &[
    R96x96, Qqvga, R128x128, Qcif, Hqvga, R240x240, Qvga, R320x320, Cif, Hvga, Vga, Svga, Xga, Hd, Sxga, Uxga, Fhd,
    PHd, P3mp, Qxga, Qhd, Wqxga, PFhd, Qsxga,
];

impl Numbering {
    const fn sizes(self) -> (&'static [FrameSize], i32) {
        match self {
            Self::Kaki2019 => (KAKI_2019, 1),
            Self::Kaki2022 => (KAKI_2022, 1),
            Self::CameraApi => (CAMERA_API, 0),
        }
    }

    const fn formats(self) -> &'static [(i32, PixelFormat)] {
        match self {
            Self::Kaki2019 => &[(0, PixelFormat::Jpeg), (1, PixelFormat::Grayscale), (2, PixelFormat::Rgb565)],
            Self::Kaki2022 => &[
                (1, PixelFormat::Rgb565),
                (2, PixelFormat::Yuv422),
                (4, PixelFormat::Grayscale),
                (5, PixelFormat::Jpeg),
            ],
            Self::CameraApi => &[
                (0, PixelFormat::Rgb565),
                (1, PixelFormat::Yuv422),
                (3, PixelFormat::Grayscale),
                (4, PixelFormat::Jpeg),
            ],
        }
    }

    /// The size which `number` means, if any.
    pub fn frame_size(self, number: i32) -> Option<FrameSize> {
        let (sizes, first) = self.sizes();
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        sizes.get(index).copied()
    }

    /// The number of a size, if this numbering has one.
    pub fn frame_size_number(self, size: FrameSize) -> Option<i32> {
        let (sizes, first) = self.sizes();
        let index = sizes.iter().position(|&s| s == size)?;
        Some(index as i32 + first)
    }

    /// The format which `number` means, if any that a sensor of this crate can make.
    pub fn pixel_format(self, number: i32) -> Option<PixelFormat> {
        let found = self.formats().iter().find(|(n, _)| *n == number);
        found.map(|&(_, format)| format)
    }

    /// The number of a format, if this numbering has one.
    pub fn pixel_format_number(self, format: PixelFormat) -> Option<i32> {
        let found = self.formats().iter().find(|(_, f)| *f == format);
        found.map(|&(number, _)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_differs_between_dialects() {
        assert_eq!(Numbering::Kaki2019.frame_size(10), Some(Sxga));
        assert_eq!(Numbering::Kaki2022.frame_size(10), Some(Svga));
        assert_eq!(Numbering::CameraApi.frame_size(10), Some(Vga));
        assert_eq!(Numbering::Kaki2022.frame_size(14), Some(Uxga));
        assert_eq!(Numbering::CameraApi.frame_size(23), Some(Qsxga));
    }

    #[test]
    fn numbers_outside_are_refused() {
        for numbering in [Numbering::Kaki2019, Numbering::Kaki2022] {
            assert_eq!(numbering.frame_size(0), None);
        }
        assert_eq!(Numbering::CameraApi.frame_size(24), None);
        for number in [i32::MIN, -1, 99, i32::MAX] {
            assert_eq!(Numbering::Kaki2019.frame_size(number), None);
            assert_eq!(Numbering::Kaki2019.pixel_format(number), None);
        }
    }

    #[test]
    fn numbers_round_trip() {
        for numbering in [Numbering::Kaki2019, Numbering::Kaki2022, Numbering::CameraApi] {
            for number in 0..40 {
                if let Some(size) = numbering.frame_size(number) {
                    assert_eq!(numbering.frame_size_number(size), Some(number));
                }
                if let Some(format) = numbering.pixel_format(number) {
                    assert_eq!(numbering.pixel_format_number(format), Some(number));
                }
            }
        }
    }
}
