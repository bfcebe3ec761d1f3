//! Helpers of the integration tests.
#![allow(dead_code)]

use snakeye_vfs::{BlockDevice, FileSystem, FsError, LittleFs, OpenFlags};

/// Repeatable file content; `reference.py` makes the same.
pub fn pattern(seed: usize, len: usize) -> Vec<u8> {
    (0..len).map(|at| (at.wrapping_mul(31) ^ seed.wrapping_mul(77) ^ (at >> 8)) as u8).collect()
}

pub fn put<D: BlockDevice>(fs: &mut LittleFs<D>, path: &str, data: &[u8]) -> Result<(), FsError> {
    let file = fs.open(path, OpenFlags::WRITE)?;
    let written = fs.write(file, data).map(|_| ());
    let closed = fs.close(file);
    written.and(closed)
}

pub fn get<D: BlockDevice>(fs: &mut LittleFs<D>, path: &str) -> Result<Vec<u8>, FsError> {
    let file = fs.open(path, OpenFlags::READ)?;
    let content = get_open(fs, file);
    fs.close(file)?;
    content
}

fn get_open<D: BlockDevice>(fs: &mut LittleFs<D>, file: snakeye_vfs::FileId) -> Result<Vec<u8>, FsError> {
    let mut data = Vec::new();
    let mut buf = [0; 777];
    loop {
        match fs.read(file, &mut buf)? {
            0 => return Ok(data),
            count => data.extend_from_slice(&buf[..count]),
        }
    }
}

/// The usual CRC-32, as Python's `zlib.crc32`.
pub fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

/// A small repeatable generator (xorshift).
pub struct Random(u32);

impl Random {
    pub fn new(seed: u32) -> Self {
        Random(seed.wrapping_mul(2_654_435_761) | 1)
    }

    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 4) as usize % limit
    }
}
