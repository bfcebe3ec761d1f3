//! The boot rule: which file system a board gets from its flash.

use snakeye_vfs::{
    BOOT_PY, Boot, FileSystem, Flash, FsError, LfsOptions, LittleFs, Partition, PartitionTable, RamFlash,
    mount_or_format, read_file, write_file,
};
use std::cell::RefCell;
use std::rc::Rc;

fn vfs_address() -> usize {
    PartitionTable::esp32_4mb().find("vfs").unwrap().offset as usize
}

#[test]
fn a_blank_board_gets_a_file_system_and_keeps_it() {
    let flash = RamFlash::new(4 << 20).unwrap().shared();
    let (mut fs, boot) = mount_or_format(flash.clone(), None).unwrap();
    assert_eq!(boot, Boot::Formatted);
    assert_eq!(read_file(&mut fs, "/boot.py").unwrap(), BOOT_PY.as_bytes());
    write_file(&mut fs, "/main.py", b"1").unwrap();
    drop(fs);
    let table = PartitionTable::read(&mut *flash.borrow_mut()).unwrap();
    assert_eq!(table, PartitionTable::esp32_4mb());

    let (mut fs, boot) = mount_or_format(flash.clone(), None).unwrap();
    assert_eq!(boot, Boot::Mounted);
    let names: Vec<String> = fs.list("/").unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["boot.py", "main.py"]);
    let usage = fs.statvfs("/").unwrap();
    assert_eq!((usage.block_size, usage.blocks), (4096, 512));
    drop(fs);

    // Outside the partition and the table nothing was touched.
    let flash = flash.borrow();
    let bytes = flash.bytes();
    assert!(bytes[..0x8000].iter().all(|byte| *byte == 0xff));
    assert!(bytes[0x9000..vfs_address()].iter().all(|byte| *byte == 0xff));
}

#[test]
fn data_of_another_kind_is_not_formatted_away() {
    let mut chip = RamFlash::new(4 << 20).unwrap();
    PartitionTable::esp32_4mb().write(&mut chip).unwrap();
    chip.write(vfs_address() as u32 + 4000, b"precious").unwrap();
    let flash = chip.shared();
    let before = flash.borrow().bytes().to_vec();
    assert_eq!(mount_or_format(flash.clone(), None).err(), Some(FsError::Corrupt));
    assert!(flash.borrow().bytes() == before);
}

#[test]
fn a_damaged_table_is_not_overwritten() {
    let mut chip = RamFlash::new(4 << 20).unwrap();
    chip.write(0x8000, b"\xaa\x50 not a table").unwrap();
    assert_eq!(mount_or_format(chip.shared(), None).err(), Some(FsError::NoDevice));
}

#[test]
fn two_partitions_share_the_chip() {
    let flash: Rc<RefCell<RamFlash>> = RamFlash::new(4 << 20).unwrap().shared();
    let table = PartitionTable::esp32_4mb();
    let mut mounted = Vec::new();
    for label in ["vfs", "factory"] {
        let entry = table.find(label).unwrap().clone();
        let mut partition = Partition::new(flash.clone(), entry).unwrap();
        LittleFs::format(&mut partition, &LfsOptions::default()).unwrap();
        mounted.push(LittleFs::mount(partition, LfsOptions::default()).map_err(|(error, _)| error).unwrap());
    }
    for (fill, fs) in mounted.iter_mut().enumerate() {
        write_file(fs, "/f", &[fill as u8; 9000]).unwrap();
    }
    for (fill, fs) in mounted.iter_mut().enumerate() {
        assert_eq!(read_file(fs, "/f").unwrap(), [fill as u8; 9000]);
    }
}
