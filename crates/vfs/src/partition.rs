//! ESP-IDF partition tables ("Partition Tables" in the ESP-IDF programming guide) and partitions as block devices.
//!
//! A table is one flash sector of 32-byte entries: magic 0x50aa, type, subtype, offset, size, a label of 16 bytes and
//! flags, all little-endian. An MD5 entry (magic 0xebeb, 14 bytes 0xff, the digest of what precedes) ends it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use md5::{Digest, Md5};

use crate::block::{BlockDevice, BlockError};
use crate::error::FsError;
use crate::flash::{Flash, SECTOR_SIZE, SharedFlash};

/// Where the table lies in flash.
pub const TABLE_OFFSET: u32 = 0x8000;
/// Most bytes of entries, as ESP-IDF reads them; the rest of the sector stays erased.
const TABLE_SIZE: usize = 0xc00;
const ENTRY_SIZE: usize = 32;
const LABEL_SIZE: usize = 16;
const ENTRY_MAGIC: [u8; 2] = [0xaa, 0x50];
const MD5_MAGIC: [u8; 2] = [0xeb, 0xeb];

/// Partition types.
pub mod kind {
    /// Firmware.
    pub const APP: u8 = 0;
    /// Data.
    pub const DATA: u8 = 1;
}

/// Subtypes of [`kind::APP`].
pub mod app {
    /// The firmware that runs unless an update was installed.
    pub const FACTORY: u8 = 0x00;
    /// The first of 16 update slots.
    pub const OTA_0: u8 = 0x10;
}

/// Subtypes of [`kind::DATA`].
pub mod data {
    /// Which update slot runs.
    pub const OTA: u8 = 0x00;
    /// Radio calibration.
    pub const PHY: u8 = 0x01;
    /// Key-value storage.
    pub const NVS: u8 = 0x02;
    /// A FAT file system; also what MicroPython's file system partition is labelled as, whatever is in it.
    pub const FAT: u8 = 0x81;
}

/// Why a partition table was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionError {
    /// There is no table: the place is erased or holds something else.
    Missing,
    /// The MD5 entry does not match the entries.
    BadChecksum,
    /// An entry is of no known form.
    BadEntry,
    /// More entries than fit.
    TooMany,
    /// A partition is not aligned, is empty, overlaps another or the table, or leaves the flash.
    BadRange,
}

impl fmt::Display for PartitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PartitionError::Missing => "no partition table",
            PartitionError::BadChecksum => "the partition table's checksum is wrong",
            PartitionError::BadEntry => "the partition table has a malformed entry",
            PartitionError::TooMany => "too many partitions",
            PartitionError::BadRange => "a partition lies outside the flash or overlaps another",
        })
    }
}

impl core::error::Error for PartitionError {}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionEntry {
    /// [`kind::APP`], [`kind::DATA`] or a number of the user's.
    pub kind: u8,
    /// See [`app`] and [`data`].
    pub subtype: u8,
    /// Byte address in flash.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
    /// At most 16 bytes.
    pub label: String,
    /// Bit 0: encrypted, bit 1: read-only.
    pub flags: u32,
}

impl PartitionEntry {
    /// An entry without flags.
    #[must_use]
    pub fn new(label: &str, kind: u8, subtype: u8, offset: u32, size: u32) -> Self {
        PartitionEntry { kind, subtype, offset, size, label: String::from(label), flags: 0 }
    }

    /// Whether the partition is marked as encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| -> Option<u32> { Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
        let label = bytes.get(12..12 + LABEL_SIZE)?;
        let end = label.iter().position(|b| *b == 0).unwrap_or(LABEL_SIZE);
        Some(PartitionEntry {
            kind: *bytes.get(2)?,
            subtype: *bytes.get(3)?,
            offset: word(4)?,
            size: word(8)?,
            label: String::from(core::str::from_utf8(label.get(..end)?).ok()?),
            flags: word(28)?,
        })
    }

    fn encode(&self) -> Option<[u8; ENTRY_SIZE]> {
        let mut bytes = [0; ENTRY_SIZE];
        bytes[..2].copy_from_slice(&ENTRY_MAGIC);
        bytes[2] = self.kind;
        bytes[3] = self.subtype;
        bytes[4..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.size.to_le_bytes());
        bytes[12..12 + LABEL_SIZE].get_mut(..self.label.len())?.copy_from_slice(self.label.as_bytes());
        bytes[28..].copy_from_slice(&self.flags.to_le_bytes());
        Some(bytes)
    }
}

/// A partition table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionTable {
    /// The partitions in the order of the table.
    pub entries: Vec<PartitionEntry>,
}

impl PartitionTable {
    /// The table of MicroPython's firmware for boards with 4 MB, the ESP32-CAM among them.
    #[must_use]
    pub fn esp32_4mb() -> Self {
        PartitionTable {
            entries: [
                PartitionEntry::new("nvs", kind::DATA, data::NVS, 0x9000, 0x6000),
                PartitionEntry::new("phy_init", kind::DATA, data::PHY, 0xf000, 0x1000),
                PartitionEntry::new("factory", kind::APP, app::FACTORY, 0x10000, 0x1f_0000),
                PartitionEntry::new("vfs", kind::DATA, data::FAT, 0x20_0000, 0x20_0000),
            ]
            .into(),
        }
    }

    /// Reads a table from its bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, PartitionError> {
        let mut table = PartitionTable::default();
        for (index, bytes_of_entry) in bytes.chunks(ENTRY_SIZE).enumerate() {
            let at = index * ENTRY_SIZE;
            match bytes_of_entry.get(..2) {
                Some([0xff, 0xff]) => break,
                Some(magic) if magic == ENTRY_MAGIC => {
                    let entry = PartitionEntry::parse(bytes_of_entry);
                    table.entries.push(entry.ok_or(PartitionError::BadEntry)?);
                }
                Some(magic) if magic == MD5_MAGIC => {
                    let digest = Md5::digest(bytes.get(..at).unwrap_or_default());
                    if bytes_of_entry.get(16..) != Some(&digest[..]) {
                        return Err(PartitionError::BadChecksum);
                    }
                    break;
                }
                _ if index == 0 => return Err(PartitionError::Missing),
                _ => return Err(PartitionError::BadEntry),
            }
        }
        if table.entries.is_empty() {
            return Err(PartitionError::Missing);
        }
        Ok(table)
    }

    /// The table's bytes, with its MD5 entry, padded with 0xff to 0xc00 bytes.
    pub fn encode(&self) -> Result<Vec<u8>, PartitionError> {
        if (self.entries.len() + 1) * ENTRY_SIZE > TABLE_SIZE {
            return Err(PartitionError::TooMany);
        }
        let mut bytes = Vec::with_capacity(TABLE_SIZE);
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.encode().ok_or(PartitionError::BadEntry)?);
        }
        let digest = Md5::digest(&bytes);
        bytes.extend_from_slice(&MD5_MAGIC);
        bytes.extend_from_slice(&[0xff; 14]);
        bytes.extend_from_slice(&digest);
        bytes.resize(TABLE_SIZE, 0xff);
        Ok(bytes)
    }

    /// Checks that the partitions fit into a flash of this size and do not overlap.
    pub fn check(&self, flash_size: u32) -> Result<(), PartitionError> {
        let mut ranges = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let aligned = entry.offset % SECTOR_SIZE == 0 && entry.size % SECTOR_SIZE == 0;
            let end = entry.offset.checked_add(entry.size);
            match end.filter(|end| *end <= flash_size) {
                Some(end) if aligned && entry.size > 0 && entry.offset >= TABLE_OFFSET + SECTOR_SIZE => {
                    ranges.push(entry.offset..end);
                }
                _ => return Err(PartitionError::BadRange),
            }
        }
        ranges.sort_by_key(|range| range.start);
        let overlapping = ranges.iter().zip(ranges.iter().skip(1)).any(|(first, second)| first.end > second.start);
        if overlapping {
            return Err(PartitionError::BadRange);
        }
        Ok(())
    }

    /// Reads and checks the table in flash. A failing chip counts as `Missing`.
    pub fn read(flash: &mut dyn Flash) -> Result<Self, PartitionError> {
        let mut bytes = [0; TABLE_SIZE];
        flash.read(TABLE_OFFSET, &mut bytes).map_err(|_| PartitionError::Missing)?;
        let table = Self::parse(&bytes)?;
        table.check(flash.size())?;
        Ok(table)
    }

    /// Writes the table into flash.
    pub fn write(&self, flash: &mut dyn Flash) -> Result<(), FsError> {
        self.check(flash.size()).map_err(|_| FsError::Invalid)?;
        let bytes = self.encode().map_err(|_| FsError::Invalid)?;
        flash.erase_sector(TABLE_OFFSET)?;
        flash.write(TABLE_OFFSET, &bytes)?;
        flash.sync()?;
        Ok(())
    }

    /// The first partition with this label.
    #[must_use]
    pub fn find(&self, label: &str) -> Option<&PartitionEntry> {
        self.entries.iter().find(|entry| entry.label == label)
    }
}

/// One partition of a shared flash chip as a block device of 4 KiB sectors.
#[derive(Clone)]
pub struct Partition {
    flash: SharedFlash,
    entry: PartitionEntry,
}

impl Partition {
    /// The window of the flash that the entry describes; `Invalid` where it leaves the chip, `Busy` while the chip
    /// is in use.
    pub fn new(flash: SharedFlash, entry: PartitionEntry) -> Result<Self, FsError> {
        let table = PartitionTable { entries: [entry].into() };
        let size = flash.try_borrow().map_err(|_| FsError::Busy)?.size();
        table.check(size).map_err(|_| FsError::Invalid)?;
        match table.entries.into_iter().next() {
            Some(entry) => Ok(Partition { flash, entry }),
            None => Err(FsError::Invalid),
        }
    }

    /// Its entry in the table.
    #[must_use]
    pub fn entry(&self) -> &PartitionEntry {
        &self.entry
    }

    fn address(&self, block: u32, offset: u32, len: usize) -> Result<u32, BlockError> {
        crate::block::byte_range(SECTOR_SIZE, self.block_count(), block, offset, len)?;
        Ok(self.entry.offset + block * SECTOR_SIZE + offset)
    }
}

impl BlockDevice for Partition {
    fn block_size(&self) -> u32 {
        SECTOR_SIZE
    }

    fn block_count(&self) -> u32 {
        self.entry.size / SECTOR_SIZE
    }

    fn read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        let addr = self.address(block, offset, buf.len())?;
        let mut flash = self.flash.try_borrow_mut().map_err(|_| BlockError::Busy)?;
        flash.read(addr, buf)
    }

    fn program(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError> {
        let addr = self.address(block, offset, data.len())?;
        let mut flash = self.flash.try_borrow_mut().map_err(|_| BlockError::Busy)?;
        flash.write(addr, data)
    }

    fn erase(&mut self, block: u32) -> Result<(), BlockError> {
        let addr = self.address(block, 0, SECTOR_SIZE as usize)?;
        let mut flash = self.flash.try_borrow_mut().map_err(|_| BlockError::Busy)?;
        flash.erase_sector(addr)
    }

    fn sync(&mut self) -> Result<(), BlockError> {
        let mut flash = self.flash.try_borrow_mut().map_err(|_| BlockError::Busy)?;
        flash.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flash::RamFlash;

    #[test]
    fn default_table_round_trip() {
        let mut flash = RamFlash::new(4 << 20).unwrap();
        assert_eq!(PartitionTable::read(&mut flash), Err(PartitionError::Missing));
        let table = PartitionTable::esp32_4mb();
        table.write(&mut flash).unwrap();
        assert_eq!(PartitionTable::read(&mut flash), Ok(table));
    }

    #[test]
    fn encoded_form() {
        // The first entry of MicroPython's table as esptool dumps it, and the digest Python's hashlib gives.
        let bytes = PartitionTable::esp32_4mb().encode().unwrap();
        let nvs = b"\xaa\x50\x01\x02\x00\x90\x00\x00\x00\x60\x00\x00nvs\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(&bytes[..32], nvs);
        assert_eq!(&bytes[128..130], &MD5_MAGIC);
        assert_eq!(bytes.len(), 0xc00);
        assert!(bytes[160..].iter().all(|byte| *byte == 0xff));
    }

    #[test]
    fn damage_is_noticed() {
        let mut bytes = PartitionTable::esp32_4mb().encode().unwrap();
        bytes[5] ^= 1;
        assert_eq!(PartitionTable::parse(&bytes), Err(PartitionError::BadChecksum));
        bytes[32] = 0;
        assert_eq!(PartitionTable::parse(&bytes), Err(PartitionError::BadEntry));
        bytes[0] = 0;
        assert_eq!(PartitionTable::parse(&bytes), Err(PartitionError::Missing));
        assert_eq!(PartitionTable::parse(&[]), Err(PartitionError::Missing));
        assert_eq!(PartitionTable::parse(&[0xaa, 0x50, 1]), Err(PartitionError::BadEntry));
    }

    #[test]
    fn ranges_are_checked() {
        let mut table = PartitionTable::esp32_4mb();
        assert_eq!(table.check(2 << 20), Err(PartitionError::BadRange));
        table.entries[1].offset = 0xe000;
        assert_eq!(table.check(4 << 20), Err(PartitionError::BadRange));
        table.entries[1].offset = u32::MAX - 0xfff;
        assert_eq!(table.check(u32::MAX), Err(PartitionError::BadRange));
        let mut long = PartitionTable::esp32_4mb();
        long.entries[0].label = String::from("seventeen letters");
        assert_eq!(long.encode(), Err(PartitionError::BadEntry));
    }

    #[test]
    fn a_partition_stays_in_its_window() {
        let flash = RamFlash::new(4 << 20).unwrap().shared();
        let entry = PartitionEntry::new("vfs", kind::DATA, data::FAT, 0x20_0000, 0x2000);
        let mut partition = Partition::new(flash.clone(), entry).unwrap();
        partition.program(1, 4090, b"abcdef").unwrap();
        assert_eq!(partition.program(1, 4091, b"abcdef"), Err(BlockError::OutOfRange));
        assert_eq!(partition.erase(2), Err(BlockError::OutOfRange));
        assert_eq!(&flash.borrow().bytes()[0x20_1ffa..0x20_2000], b"abcdef");
        let held = flash.borrow_mut();
        assert_eq!(partition.erase(1), Err(BlockError::Busy));
        drop(held);
        partition.erase(1).unwrap();
        assert!(flash.borrow().bytes().iter().all(|byte| *byte == 0xff));
    }
}
