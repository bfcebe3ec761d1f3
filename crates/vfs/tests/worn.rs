//! Blocks that wear out: what is written to them does not stay, and the file system goes elsewhere.

mod common;

use common::{get, pattern, put};
use snakeye_vfs::{BlockDevice, BlockError, FileSystem, FsError, LfsOptions, LittleFs, RamDevice};

/// How a worn block shows.
#[derive(Clone, Copy, Debug)]
enum Wear {
    /// Programs are taken and do nothing.
    Silent,
    /// The erase fails.
    NoErase,
    /// The program fails.
    NoProgram,
}

/// Every block stands so many erases.
struct Wearing {
    device: RamDevice,
    erases: Vec<u32>,
    limit: u32,
    wear: Wear,
}

impl Wearing {
    fn is_worn(&self, block: u32) -> bool {
        // The superblock's pair cannot move, and is spared here.
        block > 1 && self.erases[block as usize] > self.limit
    }
}

impl BlockDevice for Wearing {
    fn block_size(&self) -> u32 {
        self.device.block_size()
    }
    fn block_count(&self) -> u32 {
        self.device.block_count()
    }
    fn read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        self.device.read(block, offset, buf)
    }
    fn program(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError> {
        match self.wear {
            Wear::NoProgram if self.is_worn(block) => Err(BlockError::Worn),
            Wear::Silent if self.is_worn(block) => Ok(()),
            _ => self.device.program(block, offset, data),
        }
    }
    fn erase(&mut self, block: u32) -> Result<(), BlockError> {
        self.erases[block as usize] += 1;
        match self.wear {
            Wear::NoErase if self.is_worn(block) => Err(BlockError::Worn),
            _ => self.device.erase(block),
        }
    }
    fn sync(&mut self) -> Result<(), BlockError> {
        Ok(())
    }
}

#[test]
fn content_survives_until_no_good_block_is_left() {
    for wear in [Wear::Silent, Wear::NoErase, Wear::NoProgram] {
        for cycles in [0, 20] {
            let mut device = Wearing { device: RamDevice::new(512, 48).unwrap(), erases: vec![0; 48], limit: 40, wear };
            let options = LfsOptions { block_cycles: cycles, ..LfsOptions::default() };
            LittleFs::format(&mut device, &options).unwrap();
            let mut fs = LittleFs::mount(device, options.clone()).map_err(|(e, _)| e).unwrap();
            fs.mkdir("/d").unwrap();
            fs.mkdir("/d/e").unwrap();
            put(&mut fs, "/d/keep", &pattern(7, 1200)).unwrap();
            let mut last = None;
            let mut round = 0;
            let error = loop {
                match put(&mut fs, "/d/e/f", &pattern(round, 1000)) {
                    Ok(()) => last = Some(round),
                    Err(error) => break error,
                }
                round += 1;
                assert!(round < 100_000, "it never wore out");
            };
            let context = format!("{wear:?}, {cycles} cycles: {error:?} in round {round}");
            assert_eq!(error, FsError::NoSpace, "{context}");
            assert!(round > 200, "{context}");
            let device = match fs.unmount() {
                Ok(device) | Err((_, device)) => device,
            };
            let mut fs = LittleFs::mount(device, options).map_err(|(e, _)| e).unwrap();
            assert_eq!(get(&mut fs, "/d/keep").unwrap(), pattern(7, 1200), "{context}");
            let found = get(&mut fs, "/d/e/f").unwrap();
            let expected = last.map(|round| pattern(round, 1000)).unwrap_or_default();
            assert!(found == expected, "{context}");
        }
    }
}
