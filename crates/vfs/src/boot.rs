//! The rule by which a board gets its file system when it starts.

use alloc::rc::Rc;

use crate::block::BlockDevice;
use crate::error::FsError;
use crate::flash::SharedFlash;
use crate::fs::{Clock, write_file};
use crate::lfs::{LfsOptions, LittleFs};
use crate::partition::{Partition, PartitionError, PartitionTable};

/// The labels under which the file system's partition is looked for, in this order.
const LABELS: [&str; 2] = ["vfs", "ffat"];

/// What a fresh file system gets as its `boot.py`.
pub const BOOT_PY: &str = "\
# boot.py runs at every start, before main.py and after a deep sleep too.
# Put here what the board needs to be reachable, Wi-Fi for example.
";

/// What [`mount_or_format`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boot {
    /// The file system was there.
    Mounted,
    /// The partition was blank; it has a new file system with a `boot.py` now.
    Formatted,
}

/// The file system in the `vfs` partition of the flash; a new one is made there if the partition is blank.
///
/// A chip without a partition table gets the default one of a 4 MB board. A partition that holds something else than a
/// file system is left alone, as MicroPython does, so that its data can be rescued: the error is `Corrupt` (or `Invalid`
/// for a file system of another geometry). `NoDevice` if the table names no such partition or is damaged.
pub fn mount_or_format(
    flash: SharedFlash,
    clock: Option<Rc<dyn Clock>>,
) -> Result<(LittleFs<Partition>, Boot), FsError> {
    let table = {
        let mut chip = flash.try_borrow_mut().map_err(|_| FsError::Busy)?;
        match PartitionTable::read(&mut *chip) {
            Ok(table) => table,
            Err(PartitionError::Missing) if is_blank_table(&mut *chip)? => {
                let table = PartitionTable::esp32_4mb();
                table.write(&mut *chip)?;
                table
            }
            Err(_) => return Err(FsError::NoDevice),
        }
    };
    let entry = LABELS.iter().find_map(|label| table.find(label)).ok_or(FsError::NoDevice)?;
    let partition = Partition::new(flash, entry.clone())?;
    let options = LfsOptions { clock, ..LfsOptions::default() };
    match LittleFs::mount(partition, options.clone()) {
        Ok(fs) => Ok((fs, Boot::Mounted)),
        Err((error, mut partition)) => {
            if !is_blank(&mut partition)? {
                return Err(error);
            }
            LittleFs::format(&mut partition, &options)?;
            let mut fs = LittleFs::mount(partition, options).map_err(|(error, _)| error)?;
            write_file(&mut fs, "/boot.py", BOOT_PY.as_bytes())?;
            Ok((fs, Boot::Formatted))
        }
    }
}

fn is_blank_table(flash: &mut dyn crate::flash::Flash) -> Result<bool, FsError> {
    let mut start = [0; 32];
    flash.read(crate::partition::TABLE_OFFSET, &mut start)?;
    Ok(start.iter().all(|byte| *byte == 0xff))
}

/// Whether the first block is erased. One block decides, as in MicroPython; formatting writes it last.
fn is_blank(device: &mut impl BlockDevice) -> Result<bool, FsError> {
    let mut buf = [0; 256];
    let mut offset = 0;
    while offset < device.block_size() {
        device.read(0, offset, &mut buf)?;
        if buf.iter().any(|byte| *byte != 0xff) {
            return Ok(false);
        }
        offset += buf.len() as u32;
    }
    Ok(true)
}
