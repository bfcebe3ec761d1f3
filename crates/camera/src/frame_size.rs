//! Frame sizes, by the names which camera firmware gives them.

macro_rules! frame_sizes {
    ($($variant:ident, $name:literal, $width:literal, $height:literal;)*) => {
        /// A picture size. Smaller to larger, as camera firmware lists them.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum FrameSize {
            $(#[doc = concat!($name, ": ", $width, " by ", $height)] $variant,)*
        }

        impl FrameSize {
            /// Every size.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The usual name, such as `SVGA`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Pixels per line.
            pub const fn width(self) -> u16 {
                match self { $(Self::$variant => $width,)* }
            }

            /// Lines.
            pub const fn height(self) -> u16 {
                match self { $(Self::$variant => $height,)* }
            }
        }
    };
}

frame_sizes! {
    R96x96, "96X96", 96, 96;
    Qqvga, "QQVGA", 160, 120;
    R128x128, "128X128", 128, 128;
    Qqvga2, "QQVGA2", 128, 160;
    Qcif, "QCIF", 176, 144;
    Hqvga, "HQVGA", 240, 176;
    R240x240, "240X240", 240, 240;
    Qvga, "QVGA", 320, 240;
    R320x320, "320X320", 320, 320;
    Cif, "CIF", 400, 296;
    Hvga, "HVGA", 480, 320;
    Vga, "VGA", 640, 480;
    Svga, "SVGA", 800, 600;
    Xga, "XGA", 1024, 768;
    Hd, "HD", 1280, 720;
    Sxga, "SXGA", 1280, 1024;
    Uxga, "UXGA", 1600, 1200;
    Fhd, "FHD", 1920, 1080;
    PHd, "P_HD", 720, 1280;
    P3mp, "P_3MP", 864, 1536;
    Qxga, "QXGA", 2048, 1536;
    Qhd, "QHD", 2560, 1440;
    Wqxga, "WQXGA", 2560, 1600;
    PFhd, "P_FHD", 1088, 1920;
    Qsxga, "QSXGA", 2560, 1920;
}

impl FrameSize {
    /// Whether a picture of this size fits into `width` by `height` without scaling.
    pub const fn fits(self, width: u16, height: u16) -> bool {
        self.width() <= width && self.height() <= height
    }
}
