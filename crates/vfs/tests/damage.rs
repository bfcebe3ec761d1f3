//! Damaged and malicious images give errors, never a panic or an endless loop, and do not hide what is intact.

mod common;

use common::{Random, crc32, get, pattern, put};
use snakeye_vfs::{FileSystem, FileType, FsError, LfsOptions, LittleFs, OpenFlags, RamDevice};

const BLOCK: usize = 512;
const BLOCKS: u32 = 64;

fn image() -> Vec<u8> {
    let mut device = RamDevice::new(BLOCK as u32, BLOCKS).unwrap();
    LittleFs::format(&mut device, &LfsOptions::default()).unwrap();
    let mut fs = mount(device.into_bytes()).unwrap();
    for number in 0..6 {
        fs.mkdir(&format!("/d{number}")).unwrap();
        put(&mut fs, &format!("/d{number}/f"), &pattern(number, 1700)).unwrap();
        put(&mut fs, &format!("/s{number}"), b"hello").unwrap();
        fs.rename(&format!("/s{number}"), &format!("/d{number}/s")).unwrap();
    }
    fs.unmount().map_err(|(error, _)| error).unwrap().into_bytes()
}

fn mount(image: Vec<u8>) -> Result<LittleFs<RamDevice>, FsError> {
    let device = RamDevice::from_bytes(image, BLOCK as u32).unwrap();
    LittleFs::mount(device, LfsOptions::default()).map_err(|(error, _)| error)
}

/// Does a bit of everything; errors are fine.
fn use_all(fs: &mut LittleFs<RamDevice>) {
    walk(fs, "/", 0);
    let _ = put(fs, "/new", &pattern(1, 900));
    let _ = put(fs, "/d1/f", &pattern(2, 2000));
    let _ = fs.mkdir("/d2/sub");
    let _ = fs.rename("/d3/f", "/d4/f");
    let _ = fs.rename("/d5", "/d2/sub");
    let _ = fs.remove("/d0/s");
    let _ = fs.remove("/d0/f");
    let _ = fs.remove("/d0");
    if let Ok(file) = fs.open("/d4/f", OpenFlags::from_mode("r+").unwrap()) {
        let _ = fs.write(file, &pattern(3, 300));
        let _ = fs.truncate(file, 600);
        let _ = fs.truncate(file, 3000);
        let _ = fs.close(file);
    }
    let _ = fs.statvfs("/");
}

fn walk(fs: &mut LittleFs<RamDevice>, at: &str, depth: usize) {
    // A damaged directory may contain itself.
    if depth > 4 {
        return;
    }
    for entry in fs.list(at).unwrap_or_default().into_iter().take(40) {
        let path = format!("{}/{}", at.trim_end_matches('/'), entry.name);
        if entry.kind == FileType::Directory {
            walk(fs, &path, depth + 1);
        } else if let Ok(file) = fs.open(&path, OpenFlags::READ) {
            let mut buf = [0; 4096];
            let _ = fs.read(file, &mut buf);
            let _ = fs.close(file);
        }
    }
}

/// Recomputes the check sum of every commit, so that the damage is believed.
fn repair_checksums(image: &mut [u8]) {
    for block in image.chunks_mut(BLOCK) {
        let (mut offset, mut previous, mut start) = (4, u32::MAX, 0);
        while let Some(raw) = block.get(offset..offset + 4) {
            let tag = u32::from_be_bytes(raw.try_into().unwrap()) ^ previous;
            if tag >> 31 == 1 {
                break;
            }
            let len = (tag & 0x3ff) as usize;
            let data = offset + 4;
            let end = data + if len == 0x3ff { 0 } else { len };
            previous = tag;
            if tag >> 20 & 0x780 == 0x500 {
                let crc = !crc32(&block[start..data]);
                if let Some(place) = block.get_mut(data..data + 4) {
                    place.copy_from_slice(&crc.to_le_bytes());
                }
                previous ^= (tag >> 20 & 1) << 31;
                start = end;
            }
            offset = end;
            if offset + 4 > block.len() {
                break;
            }
        }
    }
}

#[test]
fn random_damage() {
    let base = image();
    let rounds = std::env::var("SNAKEYE_ROUNDS").map_or(1500, |n| n.parse().unwrap());
    let mut random = Random::new(7);
    let mut mounted = 0;
    for round in 0..rounds {
        let mut damaged = base.clone();
        for _ in 0..1 + random.below(8) {
            // Metadata is where it hurts: mostly hit blocks that start like a revision count.
            let block = loop {
                let block = random.below(BLOCKS as usize) * BLOCK;
                if damaged[block + 1..block + 4] == [0; 3] || random.below(4) == 0 {
                    break block;
                }
            };
            damaged[block + random.below(BLOCK)] = random.next() as u8;
        }
        if round % 3 > 0 {
            repair_checksums(&mut damaged);
        }
        if let Ok(mut fs) = mount(damaged) {
            mounted += 1;
            use_all(&mut fs);
        }
    }
    assert!(mounted > rounds / 4, "hardly any image could be mounted");
}

#[test]
fn one_superblock_is_enough() {
    let base = image();
    for block in [0, 1] {
        let mut damaged = base.clone();
        damaged[block * BLOCK..][..BLOCK].fill(0);
        match mount(damaged) {
            // The newer of the two is gone: the older one is an older state, or no longer leads to a valid one.
            Ok(mut fs) => walk(&mut fs, "/", 0),
            Err(error) => assert_eq!(error, FsError::Corrupt),
        }
    }
    let mut fresh = RamDevice::new(BLOCK as u32, BLOCKS).unwrap();
    LittleFs::format(&mut fresh, &LfsOptions::default()).unwrap();
    for block in [0, 1] {
        let mut damaged = fresh.bytes().to_vec();
        damaged[block * BLOCK..][..BLOCK].fill(0);
        let mut fs = mount(damaged).unwrap();
        put(&mut fs, "/f", b"x").unwrap();
    }
}

#[test]
fn what_is_no_file_system_is_refused() {
    assert_eq!(mount(vec![0xff; 4096]).err(), Some(FsError::Corrupt));
    assert_eq!(mount(vec![0; 4096]).err(), Some(FsError::Corrupt));
    assert_eq!(mount(vec![0xff; 100]).err(), Some(FsError::Invalid));
    let noise: Vec<u8> = (0..4096u32).map(|n| ((n * n) >> 3) as u8).collect();
    assert_eq!(mount(noise).err(), Some(FsError::Corrupt));
    // Both superblocks gone.
    let mut damaged = image();
    damaged[..2 * BLOCK].fill(0xff);
    assert_eq!(mount(damaged).err(), Some(FsError::Corrupt));
}

#[test]
fn probing() {
    let mut device = RamDevice::from_bytes(image(), BLOCK as u32).unwrap();
    assert!(LittleFs::probe(&mut device));
    device.bytes_mut()[..BLOCK].fill(0xff);
    assert!(LittleFs::probe(&mut device));
    device.bytes_mut()[..2 * BLOCK].fill(0);
    assert!(!LittleFs::probe(&mut device));
}

#[test]
fn a_cut_off_image_is_refused() {
    let mut short = image();
    short.truncate(40 * BLOCK);
    assert_eq!(mount(short).err(), Some(FsError::Invalid));
}

#[test]
fn a_longer_device_is_fine() {
    let mut long = image();
    long.resize(80 * BLOCK, 0xff);
    let mut fs = mount(long).unwrap();
    assert_eq!(fs.statvfs("/").unwrap().blocks, u64::from(BLOCKS));
    assert_eq!(get(&mut fs, "/d1/f").unwrap(), pattern(1, 1700));
}

#[test]
fn the_wrong_geometry_is_refused() {
    let device = RamDevice::from_bytes(image(), 1024).unwrap();
    let error = LittleFs::mount(device, LfsOptions::default()).err();
    assert!(error.is_some());
}
