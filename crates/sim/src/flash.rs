//! The simulated flash chip and SD card.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use snakeye_hal::{Flash, FlashError, SdCard, SdError};

use crate::image::{Fate, Image, PowerSwitch};

/// Storage that several handles share.
type Shared = Arc<Mutex<Image>>;

fn share(image: Image) -> Shared {
    Arc::new(Mutex::new(image))
}

fn lock(image: &Shared) -> MutexGuard<'_, Image> {
    image.lock().unwrap_or_else(PoisonError::into_inner)
}

const SECTOR: u32 = 4096;
const BLOCK: usize = 512;

/// NOR flash in a file or in memory: an erased byte is 0xFF, programming only clears bits. Clones
/// are handles on the same chip.
#[derive(Clone)]
pub struct SimFlash {
    image: Shared,
    power: PowerSwitch,
    size: u32,
    new: bool,
}

impl SimFlash {
    /// An erased chip in memory.
    #[must_use]
    pub fn memory(size: u32, power: PowerSwitch) -> Self {
        Self { image: share(Image::memory(u64::from(size), 0xFF)), power, size, new: true }
    }

    /// A chip whose content is the file; it is created erased when missing.
    pub fn file(path: &Path, size: u32, power: PowerSwitch) -> io::Result<Self> {
        let (image, new) = Image::file(path, u64::from(size), 0xFF)?;
        Ok(Self { image: share(image), power, size, new })
    }

    /// Whether the chip came from the factory, that is, was created erased.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.new
    }

    fn check(&self, addr: u32, len: usize) -> Result<(), FlashError> {
        if !lock(&self.image).contains(u64::from(addr), len) {
            return Err(FlashError::OutOfRange);
        }
        if self.power.is_lost() {
            return Err(FlashError::PowerLost);
        }
        Ok(())
    }

    /// Programs `data` without asking the power switch.
    fn program(&self, addr: u32, data: &[u8]) -> Result<(), FlashError> {
        let mut chunk = [0; SECTOR as usize];
        let mut image = lock(&self.image);
        let mut at = u64::from(addr);
        for part in data.chunks(chunk.len()) {
            let cells = chunk.get_mut(..part.len()).ok_or(FlashError::Io)?;
            image.read(at, cells).map_err(|_| FlashError::Io)?;
            for (cell, new) in cells.iter_mut().zip(part) {
                *cell &= new;
            }
            image.write(at, cells).map_err(|_| FlashError::Io)?;
            at += part.len() as u64;
        }
        Ok(())
    }

    fn wipe(&self, addr: u32, len: u32) -> Result<(), FlashError> {
        let blank = [0xFF; SECTOR as usize];
        let mut image = lock(&self.image);
        let mut at = u64::from(addr);
        let mut left = len as usize;
        while left > 0 {
            let part = blank.get(..left.min(blank.len())).unwrap_or(&blank);
            image.write(at, part).map_err(|_| FlashError::Io)?;
            at += part.len() as u64;
            left -= part.len();
        }
        Ok(())
    }
}

impl Flash for SimFlash {
    fn size(&self) -> u32 {
        self.size
    }

    fn read(&mut self, addr: u32, buf: &mut [u8]) -> Result<(), FlashError> {
        self.check(addr, buf.len())?;
        let at = u64::from(addr);
        lock(&self.image).read(at, buf).map_err(|_| FlashError::Io)
    }

    fn write(&mut self, addr: u32, data: &[u8]) -> Result<(), FlashError> {
        self.check(addr, data.len())?;
        match self.power.operation() {
            Fate::Done => self.program(addr, data),
            Fate::Torn => {
                let half = data.get(..data.len() / 2).unwrap_or(data);
                self.program(addr, half)?;
                Err(FlashError::PowerLost)
            }
            Fate::Lost => Err(FlashError::PowerLost),
        }
    }

    fn erase(&mut self, addr: u32, len: u32) -> Result<(), FlashError> {
        if !addr.is_multiple_of(SECTOR) || !len.is_multiple_of(SECTOR) {
            return Err(FlashError::Misaligned);
        }
        self.check(addr, len as usize)?;
        match self.power.operation() {
            Fate::Done => self.wipe(addr, len),
            Fate::Torn => {
                self.wipe(addr, len / 2)?;
                Err(FlashError::PowerLost)
            }
            Fate::Lost => Err(FlashError::PowerLost),
        }
    }
}

/// An SD card in a file or in memory. Clones are handles on the same card.
#[derive(Clone)]
pub struct SimSdCard {
    image: Shared,
    power: PowerSwitch,
}

impl SimSdCard {
    /// A blank card in memory; its size is rounded down to whole blocks.
    #[must_use]
    pub fn memory(size: u64, power: PowerSwitch) -> Self {
        let size = size - size % BLOCK as u64;
        Self { image: share(Image::memory(size, 0)), power }
    }

    /// A card whose content is the file. A missing file is created with `size` zero bytes; an
    /// existing one keeps its own size.
    pub fn file(path: &Path, size: u64, power: PowerSwitch) -> io::Result<Self> {
        let size = match std::fs::metadata(path) {
            Ok(found) if found.len() > 0 => found.len(),
            _ => size,
        };
        let (image, _) = Image::file(path, size, 0)?;
        let image = share(image);
        Ok(Self { image, power })
    }

    fn range(&self, block: u32, len: usize) -> Result<u64, SdError> {
        let at = u64::from(block) * BLOCK as u64;
        if !len.is_multiple_of(BLOCK) || !lock(&self.image).contains(at, len) {
            return Err(SdError::OutOfRange);
        }
        if self.power.is_lost() {
            return Err(SdError::PowerLost);
        }
        Ok(at)
    }
}

impl SdCard for SimSdCard {
    fn block_count(&self) -> u32 {
        u32::try_from(lock(&self.image).size() / BLOCK as u64).unwrap_or(u32::MAX)
    }

    fn read(&mut self, block: u32, buf: &mut [u8]) -> Result<(), SdError> {
        let at = self.range(block, buf.len())?;
        lock(&self.image).read(at, buf).map_err(|_| SdError::Io)
    }

    fn write(&mut self, block: u32, data: &[u8]) -> Result<(), SdError> {
        let mut at = self.range(block, data.len())?;
        // A card programs block by block, so power can go between any two.
        for part in data.chunks(BLOCK) {
            match self.power.operation() {
                Fate::Done => lock(&self.image).write(at, part).map_err(|_| SdError::Io)?,
                Fate::Torn | Fate::Lost => return Err(SdError::PowerLost),
            }
            at += part.len() as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programming_only_clears_bits_and_erase_sets_them() {
        let mut flash = SimFlash::memory(16 * 1024, PowerSwitch::default());
        let mut buf = [0; 4];
        flash.read(0, &mut buf).unwrap();
        assert_eq!(buf, [0xFF; 4]);
        flash.write(4094, &[0xF0, 0x0F, 0xAA]).unwrap();
        flash.write(4094, &[0x3C, 0xFF, 0x55]).unwrap();
        flash.read(4094, &mut buf[..3]).unwrap();
        assert_eq!(buf[..3], [0x30, 0x0F, 0x00]);
        flash.erase(4096, 4096).unwrap();
        flash.read(4094, &mut buf[..3]).unwrap();
        assert_eq!(buf[..3], [0x30, 0x0F, 0xFF]);
    }

    #[test]
    fn bad_ranges_are_refused() {
        let mut flash = SimFlash::memory(8192, PowerSwitch::default());
        assert_eq!(flash.erase(1, 4096), Err(FlashError::Misaligned));
        assert_eq!(flash.erase(8192, 4096), Err(FlashError::OutOfRange));
        assert_eq!(flash.write(u32::MAX, &[0]), Err(FlashError::OutOfRange));
        assert_eq!(flash.read(8190, &mut [0; 3]), Err(FlashError::OutOfRange));
    }

    #[test]
    fn a_file_keeps_its_content_and_is_locked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("flash.bin");
        {
            let mut flash = SimFlash::file(&path, 8192, PowerSwitch::default()).unwrap();
            assert!(flash.is_new());
            flash.write(100, b"hello").unwrap();
            let again = SimFlash::file(&path, 8192, PowerSwitch::default());
            assert!(again.err().unwrap().to_string().contains("in use"));
        }
        let mut flash = SimFlash::file(&path, 8192, PowerSwitch::default()).unwrap();
        assert!(!flash.is_new());
        let mut buf = [0; 6];
        flash.read(100, &mut buf).unwrap();
        assert_eq!(&buf, b"hello\xFF");
        drop(flash);
        let wrong = SimFlash::file(&path, 4096, PowerSwitch::default());
        assert!(wrong.err().unwrap().to_string().contains("8192"));
    }

    #[test]
    fn power_goes_at_the_chosen_write() {
        let power = PowerSwitch::default();
        let mut flash = SimFlash::memory(8192, power.clone());
        power.cut_after(1, true);
        flash.write(0, &[0]).unwrap();
        assert_eq!(flash.write(1, &[0, 0]), Err(FlashError::PowerLost));
        assert!(power.is_lost());
        assert_eq!(flash.erase(0, 4096), Err(FlashError::PowerLost));
        assert_eq!(flash.read(0, &mut [0]), Err(FlashError::PowerLost));
        power.restore();
        let mut buf = [0xAA; 3];
        flash.read(0, &mut buf).unwrap();
        assert_eq!(buf, [0, 0, 0xFF], "the fatal write was half done");
        assert_eq!(power.operations(), 1);
    }

    #[test]
    fn an_sd_card_is_cut_between_blocks() {
        let power = PowerSwitch::default();
        let mut card = SimSdCard::memory(10 * 512 + 3, power.clone());
        assert_eq!(card.block_count(), 10);
        assert_eq!(card.write(0, &[1; 100]), Err(SdError::OutOfRange));
        assert_eq!(card.write(9, &[1; 1024]), Err(SdError::OutOfRange));
        power.cut_after(1, false);
        assert_eq!(card.write(0, &[1; 1024]), Err(SdError::PowerLost));
        power.restore();
        let mut buf = [9; 1024];
        card.read(0, &mut buf).unwrap();
        assert_eq!((buf[511], buf[512]), (1, 0));
    }
}
