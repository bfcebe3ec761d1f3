//! The boards.

use super::{BoardDef, CameraPins, Chip, Led, Polarity, SdPins, SensorModel};
use crate::PinId;

const MIB: u32 = 1 << 20;

/// The ESP32's pins without those of the flash chip (6–11); 16 and 17 are kept because modules
/// without PSRAM bond them out and M5's camera uses 17.
const ESP32_GPIOS: &[PinId] =
    &[0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39];

/// As above, without 16 and 17, which carry the PSRAM of a WROVER or an ESP-32S module.
const ESP32_PSRAM_GPIOS: &[PinId] =
    &[0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39];

/// The ESP32-S3's pins without flash (26–32) and octal PSRAM (33–37).
const ESP32S3_GPIOS: &[PinId] = &[
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 38, 39, 40, 41, 42, 43, 44, 45, 46,
    47, 48,
];

/// AI-Thinker ESP32-CAM: the five-dollar board. GPIO4 is both the flash LED and SD data 1.
pub const AI_THINKER: BoardDef = BoardDef {
    name: "AI-Thinker ESP32-CAM",
    id: "ai-thinker",
    chip: Chip::Esp32,
    flash_size: 4 * MIB,
    psram_size: 4 * MIB,
    heap_size: 2 * MIB,
    camera: CameraPins {
        pwdn: Some(32),
        reset: None,
        xclk: 0,
        sda: 26,
        scl: 27,
        data: [35, 34, 39, 36, 21, 19, 18, 5],
        vsync: 25,
        href: 23,
        pclk: 22,
    },
    sensor: SensorModel::Ov2640,
    flash_led: Some(Led { pin: 4, polarity: Polarity::ActiveHigh }),
    status_led: Some(Led { pin: 33, polarity: Polarity::ActiveLow }),
    sd: Some(SdPins { clk: 14, cmd: 15, data: &[2, 4, 12, 13] }),
    gpios: ESP32_PSRAM_GPIOS,
};

/// Espressif ESP32-WROVER-KIT with a camera on its connector.
pub const WROVER_KIT: BoardDef = BoardDef {
    name: "ESP32-WROVER-KIT",
    id: "wrover-kit",
    chip: Chip::Esp32,
    flash_size: 4 * MIB,
    psram_size: 4 * MIB,
    heap_size: 2 * MIB,
    camera: CameraPins {
        pwdn: None,
        reset: None,
        xclk: 21,
        sda: 26,
        scl: 27,
        data: [35, 34, 39, 36, 19, 18, 5, 4],
        vsync: 25,
        href: 23,
        pclk: 22,
    },
    sensor: SensorModel::Ov2640,
    flash_led: None,
    status_led: None,
    sd: Some(SdPins { clk: 14, cmd: 15, data: &[2] }),
    gpios: ESP32_PSRAM_GPIOS,
};

/// Espressif ESP-EYE.
pub const ESP_EYE: BoardDef = BoardDef {
    name: "ESP-EYE",
    id: "esp-eye",
    chip: Chip::Esp32,
    flash_size: 4 * MIB,
    psram_size: 8 * MIB,
    heap_size: 2 * MIB,
    camera: CameraPins {
        pwdn: None,
        reset: None,
        xclk: 4,
        sda: 18,
        scl: 23,
        data: [36, 37, 38, 39, 35, 14, 13, 34],
        vsync: 5,
        href: 27,
        pclk: 25,
    },
    sensor: SensorModel::Ov2640,
    flash_led: Some(Led { pin: 22, polarity: Polarity::ActiveHigh }),
    status_led: Some(Led { pin: 21, polarity: Polarity::ActiveHigh }),
    sd: None,
    gpios: ESP32_PSRAM_GPIOS,
};

/// M5Stack camera with PSRAM, and the UnitCam wiring.
pub const M5_PSRAM: BoardDef = BoardDef {
    name: "M5Stack PSRAM Camera",
    id: "m5-psram",
    chip: Chip::Esp32,
    flash_size: 4 * MIB,
    psram_size: 4 * MIB,
    heap_size: 2 * MIB,
    camera: CameraPins {
        pwdn: None,
        reset: Some(15),
        xclk: 27,
        sda: 25,
        scl: 23,
        data: [19, 36, 18, 39, 5, 34, 35, 32],
        vsync: 22,
        href: 26,
        pclk: 21,
    },
    sensor: SensorModel::Ov2640,
    flash_led: None,
    status_led: None,
    sd: None,
    gpios: ESP32_PSRAM_GPIOS,
};

/// M5Stack ESP32CAM: no PSRAM, so D0 sits on GPIO17 and the heap is a share of internal RAM.
pub const M5_CAMERA: BoardDef = BoardDef {
    name: "M5Stack ESP32CAM",
    id: "m5-esp32cam",
    chip: Chip::Esp32,
    flash_size: 4 * MIB,
    psram_size: 0,
    heap_size: 96 * 1024,
    camera: CameraPins {
        pwdn: None,
        reset: Some(15),
        xclk: 27,
        sda: 25,
        scl: 23,
        data: [19, 36, 18, 39, 5, 34, 35, 17],
        vsync: 22,
        href: 26,
        pclk: 21,
    },
    sensor: SensorModel::Ov2640,
    flash_led: None,
    status_led: None,
    sd: None,
    gpios: ESP32_GPIOS,
};

/// Seeed XIAO ESP32S3 Sense. Newer ones ship an OV3660: the driver probes.
pub const XIAO_S3_SENSE: BoardDef = BoardDef {
    name: "XIAO ESP32S3 Sense",
    id: "xiao-s3-sense",
    chip: Chip::Esp32S3,
    flash_size: 8 * MIB,
    psram_size: 8 * MIB,
    heap_size: 4 * MIB,
    camera: CameraPins {
        pwdn: None,
        reset: None,
        xclk: 10,
        sda: 40,
        scl: 39,
        data: [48, 11, 12, 14, 16, 18, 17, 15],
        vsync: 38,
        href: 47,
        pclk: 13,
    },
    sensor: SensorModel::Ov2640,
    flash_led: None,
    status_led: Some(Led { pin: 21, polarity: Polarity::ActiveLow }),
    sd: Some(SdPins { clk: 7, cmd: 9, data: &[8] }),
    gpios: ESP32S3_GPIOS,
};

const S3_EYE_PINS: CameraPins = CameraPins {
    pwdn: None,
    reset: None,
    xclk: 15,
    sda: 4,
    scl: 5,
    data: [16, 17, 18, 12, 10, 8, 9, 11],
    vsync: 6,
    href: 7,
    pclk: 13,
};

/// Espressif ESP32-S3-EYE.
pub const ESP32_S3_EYE: BoardDef = BoardDef {
    name: "ESP32-S3-EYE",
    id: "esp32-s3-eye",
    chip: Chip::Esp32S3,
    flash_size: 8 * MIB,
    psram_size: 8 * MIB,
    heap_size: 4 * MIB,
    camera: S3_EYE_PINS,
    sensor: SensorModel::Ov2640,
    flash_led: None,
    status_led: Some(Led { pin: 3, polarity: Polarity::ActiveHigh }),
    sd: Some(SdPins { clk: 39, cmd: 38, data: &[40] }),
    gpios: ESP32S3_GPIOS,
};

/// Freenove ESP32-S3 WROOM camera board: the S3-EYE's wiring.
pub const FREENOVE_S3: BoardDef = BoardDef {
    name: "Freenove ESP32-S3 WROOM",
    id: "freenove-s3",
    chip: Chip::Esp32S3,
    flash_size: 8 * MIB,
    psram_size: 8 * MIB,
    heap_size: 4 * MIB,
    camera: S3_EYE_PINS,
    sensor: SensorModel::Ov2640,
    flash_led: None,
    status_led: Some(Led { pin: 2, polarity: Polarity::ActiveHigh }),
    sd: Some(SdPins { clk: 39, cmd: 38, data: &[40] }),
    gpios: ESP32S3_GPIOS,
};

/// Every board, the default first.
pub const ALL: &[&BoardDef] =
    &[&AI_THINKER, &WROVER_KIT, &ESP_EYE, &M5_PSRAM, &M5_CAMERA, &XIAO_S3_SENSE, &ESP32_S3_EYE, &FREENOVE_S3];
