//! The tree of mounts, the current directory, handles, and the boot rule.

use std::cell::RefCell;
use std::rc::Rc;

use snakeye_vfs::{
    BOOT_PY, Boot, FileType, Flash, FsError, LfsOptions, LittleFs, OpenFlags, Partition, PartitionTable, RamDevice,
    RamFlash, SeekFrom, StatVfs, Vfs, mount_or_format,
};

fn new_fs() -> Box<LittleFs<RamDevice>> {
    let mut device = RamDevice::new(512, 64).unwrap();
    LittleFs::format(&mut device, &LfsOptions::default()).unwrap();
    let fs = LittleFs::mount(device, LfsOptions::default());
    Box::new(fs.map_err(|(error, _)| error).unwrap())
}

fn names(vfs: &mut Vfs, path: &str) -> Vec<String> {
    let entries = vfs.list(path).unwrap();
    entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn an_empty_tree_has_a_root_and_nothing_else() {
    let mut vfs = Vfs::new();
    assert_eq!(vfs.getcwd(), "/");
    assert_eq!(vfs.stat("/").unwrap().kind, FileType::Directory);
    assert!(names(&mut vfs, "").is_empty());
    let nothing = StatVfs { name_max: 128, ..StatVfs::default() };
    assert_eq!(vfs.statvfs("/").unwrap(), nothing);
    assert_eq!(vfs.open("x", OpenFlags::READ).unwrap_err(), FsError::NoDevice);
    assert_eq!(vfs.open("/", OpenFlags::READ).unwrap_err(), FsError::NotPermitted);
    assert_eq!(vfs.mkdir("/"), Err(FsError::Exists));
    assert_eq!(vfs.mkdir("/d"), Err(FsError::NoDevice));
    assert_eq!(vfs.remove("/"), Err(FsError::NotPermitted));
    assert_eq!(vfs.chdir("/d"), Err(FsError::NoDevice));
    assert_eq!(vfs.umount("/"), Err(FsError::Invalid));
    vfs.chdir("/").unwrap();
}

#[test]
fn mounts_and_the_current_directory() {
    let mut vfs = Vfs::new();
    vfs.mount_owned(new_fs(), "/sd", false).unwrap();
    assert_eq!(vfs.mount_owned(new_fs(), "/sd", false), Err(FsError::NotPermitted));
    vfs.mount_owned(new_fs(), "/", false).unwrap();
    vfs.write_file("/main.py", b"print()").unwrap();
    vfs.mkdir("/sd/pictures").unwrap();
    assert_eq!(vfs.mkdir("/sd"), Err(FsError::Exists));
    assert_eq!(names(&mut vfs, "/"), ["sd", "main.py"]);
    assert_eq!(names(&mut vfs, "/sd"), ["pictures"]);

    vfs.chdir("sd/pictures/").unwrap();
    assert_eq!(vfs.getcwd(), "/sd/pictures");
    vfs.write_file("one.jpg", b"1").unwrap();
    assert_eq!(vfs.stat("../pictures/./one.jpg").unwrap().size, 1);
    assert_eq!(vfs.chdir("one.jpg"), Err(FsError::NotFound));
    assert_eq!(vfs.chdir("nowhere"), Err(FsError::NotFound));
    assert_eq!(vfs.rename("one.jpg", "/one.jpg"), Err(FsError::NotPermitted));
    vfs.rename("one.jpg", "/sd/two.jpg").unwrap();
    assert_eq!(vfs.kind("/sd/two.jpg"), Some(FileType::File));
    assert_eq!(vfs.kind("/sd/one.jpg"), None);

    // Unmounting under the current directory leads back to the root.
    vfs.umount("/sd").unwrap();
    assert_eq!(vfs.getcwd(), "/");
    assert_eq!(names(&mut vfs, ""), ["main.py"]);
}

#[test]
fn a_read_only_mount_refuses_changes() {
    let mut vfs = Vfs::new();
    let id = vfs.add(new_fs()).unwrap();
    vfs.mount(id, "/", false).unwrap();
    vfs.write_file("/f", b"content").unwrap();
    vfs.umount_fs(id).unwrap();
    vfs.mount(id, "/ro", true).unwrap();
    assert!(vfs.is_read_only(id));
    assert_eq!(vfs.read_file("/ro/f").unwrap(), b"content");
    assert_eq!(vfs.write_file("/ro/f", b"x"), Err(FsError::ReadOnly));
    let update = OpenFlags::from_mode("r+").unwrap();
    assert_eq!(vfs.open("/ro/f", update).unwrap_err(), FsError::ReadOnly);
    assert_eq!(vfs.mkdir("/ro/d"), Err(FsError::ReadOnly));
    assert_eq!(vfs.remove("/ro/f"), Err(FsError::ReadOnly));
    assert_eq!(vfs.rename("/ro/f", "/ro/g"), Err(FsError::ReadOnly));
    vfs.umount("/ro").unwrap();
    vfs.mount(id, "/", false).unwrap();
    vfs.write_file("/f", b"x").unwrap();
}

#[test]
fn handles_outlive_mounts_and_go_stale_when_closed() {
    let mut vfs = Vfs::new();
    let id = vfs.mount_owned(new_fs(), "/", false).unwrap();
    let file = vfs.open("/f", OpenFlags::from_mode("w+").unwrap()).unwrap();
    vfs.umount("/").unwrap();
    vfs.write(file, b"still").unwrap();
    vfs.seek(file, SeekFrom::End(-3)).unwrap();
    assert_eq!(vfs.tell(file), Ok(2));
    assert_eq!(vfs.read_rest(file).unwrap(), b"ill");
    vfs.close(file).unwrap();
    assert_eq!(vfs.close(file), Err(FsError::BadHandle));
    assert_eq!(vfs.read(file, &mut [0]), Err(FsError::BadHandle));
    // Neither mounted, held nor in use: it is gone.
    assert!(vfs.fs(id).is_err());
}

#[test]
fn a_file_system_can_be_used_without_a_mount() {
    let mut vfs = Vfs::new();
    let id = vfs.add(new_fs()).unwrap();
    vfs.fs(id).unwrap().mkdir("/d").unwrap();
    let file = vfs.open_on(id, "d/f", OpenFlags::WRITE).unwrap();
    vfs.write(file, b"abc").unwrap();
    vfs.close(file).unwrap();
    vfs.mount(id, "/x", false).unwrap();
    assert_eq!(vfs.read_file("/x/d/f").unwrap(), b"abc");
}

#[test]
fn modes() {
    let read = OpenFlags::from_mode("rb").unwrap();
    assert_eq!(read, OpenFlags::READ);
    assert_eq!(OpenFlags::from_mode("").unwrap(), OpenFlags::READ);
    assert!(OpenFlags::from_mode("a+b").unwrap().read);
    assert!(!OpenFlags::from_mode("r+").unwrap().create);
    assert_eq!(OpenFlags::from_mode("rw"), Err(FsError::Invalid));
    assert_eq!(OpenFlags::from_mode("+r"), Err(FsError::Invalid));
}

fn vfs_address() -> usize {
    PartitionTable::esp32_4mb().find("vfs").unwrap().offset as usize
}

#[test]
fn a_blank_board_gets_a_file_system_and_keeps_it() {
    let flash = RamFlash::new(4 << 20).unwrap().shared();
    let mut vfs = Vfs::new();
    assert_eq!(mount_or_format(&mut vfs, flash.clone(), None), Ok(Boot::Formatted));
    assert_eq!(vfs.read_file("/boot.py").unwrap(), BOOT_PY.as_bytes());
    vfs.write_file("/main.py", b"1").unwrap();
    drop(vfs);
    let table = PartitionTable::read(&mut *flash.borrow_mut()).unwrap();
    assert_eq!(table, PartitionTable::esp32_4mb());

    let mut vfs = Vfs::new();
    assert_eq!(mount_or_format(&mut vfs, flash.clone(), None), Ok(Boot::Mounted));
    assert_eq!(names(&mut vfs, "/"), ["boot.py", "main.py"]);
    let usage = vfs.statvfs("/").unwrap();
    assert_eq!((usage.block_size, usage.blocks), (4096, 512));
    drop(vfs);

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
    let mut vfs = Vfs::new();
    let result = mount_or_format(&mut vfs, flash.clone(), None);
    assert_eq!(result, Err(FsError::Corrupt));
    assert!(flash.borrow().bytes() == before);
}

#[test]
fn a_damaged_table_is_not_overwritten() {
    let mut chip = RamFlash::new(4 << 20).unwrap();
    chip.write(0x8000, b"\xaa\x50 not a table").unwrap();
    let mut vfs = Vfs::new();
    let result = mount_or_format(&mut vfs, chip.shared(), None);
    assert_eq!(result, Err(FsError::NoDevice));
}

#[test]
fn two_partitions_share_the_chip() {
    let flash: Rc<RefCell<RamFlash>> = RamFlash::new(4 << 20).unwrap().shared();
    let table = PartitionTable::esp32_4mb();
    let mut vfs = Vfs::new();
    for (label, point) in [("vfs", "/"), ("factory", "/second")] {
        let entry = table.find(label).unwrap().clone();
        let mut partition = Partition::new(flash.clone(), entry).unwrap();
        LittleFs::format(&mut partition, &LfsOptions::default()).unwrap();
        let fs = LittleFs::mount(partition, LfsOptions::default());
        let fs = fs.map_err(|(error, _)| error).unwrap();
        vfs.mount_owned(Box::new(fs), point, false).unwrap();
    }
    vfs.write_file("/f", &[1; 9000]).unwrap();
    vfs.write_file("/second/f", &[2; 9000]).unwrap();
    assert_eq!(vfs.read_file("/f").unwrap(), [1; 9000]);
    assert_eq!(vfs.read_file("/second/f").unwrap(), [2; 9000]);
}
