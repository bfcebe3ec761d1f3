//! Helpers of the integration tests.
#![allow(dead_code)]

use snakeye_vfs::{BlockDevice, BlockError, FileSystem, FsError, LittleFs, OpenFlags, RamDevice};

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

/// How the interrupted write leaves the medium.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// As if it had not started.
    Before,
    /// The first half took effect.
    Half,
    /// Everything took effect, but nobody learns of it.
    After,
    /// An interrupted program left the last byte with only some of its bits cleared, an erase left noise.
    Noise,
}

/// A device whose power goes at a given write.
pub struct Cutting {
    pub device: RamDevice,
    writes: u32,
    cut_at: u32,
    cut: Cut,
}

impl Cutting {
    pub fn new(device: RamDevice, cut_at: u32, cut: Cut) -> Self {
        Cutting { device, writes: 0, cut_at, cut }
    }

    pub fn dead(&self) -> bool {
        self.writes > self.cut_at
    }

    /// Whether this write is the one.
    fn count(&mut self) -> Result<bool, BlockError> {
        if self.dead() {
            return Err(BlockError::Io);
        }
        self.writes += 1;
        Ok(self.dead())
    }
}

impl BlockDevice for Cutting {
    fn block_size(&self) -> u32 {
        self.device.block_size()
    }
    fn block_count(&self) -> u32 {
        self.device.block_count()
    }
    fn read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        if self.dead() {
            return Err(BlockError::Io);
        }
        self.device.read(block, offset, buf)
    }
    fn program(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError> {
        let start = (block * self.block_size() + offset) as usize;
        let old = &self.device.bytes()[start..start + data.len()];
        let erased = old.iter().zip(data).all(|(old, new)| new & !old == 0);
        assert!(erased, "program over bytes that are not erased");
        if !self.count()? {
            return self.device.program(block, offset, data);
        }
        let mut part = data.to_vec();
        match self.cut {
            Cut::Before => return Err(BlockError::Io),
            Cut::After => {}
            Cut::Half => part.truncate(data.len() / 2),
            Cut::Noise => {
                part.truncate(data.len() / 2 + 1);
                if let Some(last) = part.last_mut() {
                    *last |= 0x5a;
                }
            }
        }
        self.device.program(block, offset, &part)?;
        Err(BlockError::Io)
    }
    fn erase(&mut self, block: u32) -> Result<(), BlockError> {
        if !self.count()? {
            return self.device.erase(block);
        }
        let size = self.block_size() as usize;
        let start = block as usize * size;
        let bytes = &mut self.device.bytes_mut()[start..start + size];
        match self.cut {
            Cut::Before => {}
            Cut::After => bytes.fill(0xff),
            Cut::Half => bytes[..size / 2].fill(0xff),
            Cut::Noise => bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte |= (at as u8).wrapping_mul(37)),
        }
        Err(BlockError::Io)
    }
    fn sync(&mut self) -> Result<(), BlockError> {
        if self.dead() {
            return Err(BlockError::Io);
        }
        Ok(())
    }
}
