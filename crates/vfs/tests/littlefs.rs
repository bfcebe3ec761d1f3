//! LittleFS on its own: what the interface promises.

mod common;

use common::{get, pattern, put};
use snakeye_vfs::{FileSystem, FileType, FsError, LfsOptions, LittleFs, OpenFlags, RamDevice, SeekFrom};

type Lfs = LittleFs<RamDevice>;

fn options() -> LfsOptions {
    LfsOptions::default()
}

fn new_fs(block_size: u32, blocks: u32) -> Lfs {
    let mut device = RamDevice::new(block_size, blocks).unwrap();
    LittleFs::format(&mut device, &options()).unwrap();
    mount(device)
}

fn mount(device: RamDevice) -> Lfs {
    LittleFs::mount(device, options()).map_err(|(error, _)| error).unwrap()
}

fn remount(fs: Lfs) -> Lfs {
    mount(fs.unmount().map_err(|(error, _)| error).unwrap())
}

fn names(fs: &mut Lfs, path: &str) -> Vec<String> {
    let mut names: Vec<_> = fs.list(path).unwrap().into_iter().map(|entry| entry.name).collect();
    names.sort();
    names
}

#[test]
fn files_of_every_size_survive_a_remount() {
    let mut fs = new_fs(512, 256);
    let sizes = [0, 1, 63, 64, 65, 128, 129, 511, 512, 513, 1019, 1020, 1021, 5000, 30_000];
    for size in sizes {
        put(&mut fs, &format!("/f{size}"), &pattern(size, size)).unwrap();
    }
    let mut fs = remount(fs);
    for size in sizes {
        let path = format!("/f{size}");
        assert_eq!(get(&mut fs, &path).unwrap(), pattern(size, size), "{path}");
        assert_eq!(fs.stat(&path).unwrap().size, size as u64);
    }
}

#[test]
fn writes_anywhere_match_a_plain_buffer() {
    let mut fs = new_fs(512, 256);
    let flags = OpenFlags::from_mode("w+").unwrap();
    let file = fs.open("/f", flags).unwrap();
    let mut model: Vec<u8> = Vec::new();
    let mut state = 12345u32;
    let mut random = move |limit: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % limit
    };
    for step in 0..400 {
        match random(10) {
            0 => {
                let size = random(6000);
                fs.truncate(file, size as u64).unwrap();
                model.resize(size, 0);
            }
            1 => fs.flush(file).unwrap(),
            2..=4 => {
                let pos = random(7000);
                fs.seek(file, SeekFrom::Start(pos as u64)).unwrap();
                let mut buf = vec![0; random(900) + 1];
                let count = fs.read(file, &mut buf).unwrap();
                let expected = model.get(pos..).unwrap_or_default();
                let expected = &expected[..expected.len().min(buf.len())];
                assert_eq!(&buf[..count], expected, "step {step}");
            }
            _ => {
                let pos = random(model.len() + 200);
                let data = pattern(step, random(1200) + 1);
                fs.seek(file, SeekFrom::Start(pos as u64)).unwrap();
                fs.write(file, &data).unwrap();
                if model.len() < pos + data.len() {
                    model.resize(pos + data.len(), 0);
                }
                model[pos..pos + data.len()].copy_from_slice(&data);
            }
        }
        assert_eq!(fs.size(file).unwrap(), model.len() as u64, "step {step}");
    }
    fs.close(file).unwrap();
    let mut fs = remount(fs);
    assert_eq!(get(&mut fs, "/f").unwrap(), model);
}

#[test]
fn directories_split_and_shrink() {
    let mut fs = new_fs(512, 512);
    fs.mkdir("/d").unwrap();
    let mut expected = Vec::new();
    for number in 0..150 {
        let name = format!("file{:03}", number * 37 % 150);
        put(&mut fs, &format!("/d/{name}"), &pattern(number, 40)).unwrap();
        expected.push(name);
    }
    expected.sort();
    let mut fs = remount(fs);
    assert_eq!(names(&mut fs, "/d"), expected);
    assert_eq!(fs.remove("/d"), Err(FsError::NotEmpty));
    for name in &expected {
        fs.remove(&format!("/d/{name}")).unwrap();
    }
    fs.rmdir("/d").unwrap();
    assert!(names(&mut fs, "/").is_empty());
    // Everything but the superblock's pair is free again.
    let usage = fs.statvfs("/").unwrap();
    assert_eq!(usage.free, usage.blocks - 2);
}

#[test]
fn renames() {
    let mut fs = new_fs(512, 128);
    fs.mkdir("/a").unwrap();
    fs.mkdir("/b").unwrap();
    put(&mut fs, "/a/x", b"one").unwrap();
    put(&mut fs, "/b/y", &pattern(1, 3000)).unwrap();
    fs.rename("/a/x", "/a/z").unwrap();
    fs.rename("/a/z", "/b/x").unwrap();
    fs.rename("/b/y", "/b/x").unwrap();
    assert_eq!(get(&mut fs, "/b/x").unwrap(), pattern(1, 3000));
    assert_eq!(names(&mut fs, "/b"), ["x"]);
    assert!(names(&mut fs, "/a").is_empty());
    assert_eq!(fs.rename("/b", "/b/c"), Err(FsError::Invalid));
    assert_eq!(fs.rename("/b", "/b/x"), Err(FsError::Invalid));
    assert_eq!(fs.rename("/b/x", "/a"), Err(FsError::IsDirectory));
    assert_eq!(fs.rename("/a", "/b/x"), Err(FsError::NotDirectory));
    assert_eq!(fs.rename("/none", "/q"), Err(FsError::NotFound));
    fs.rename("/b", "/a").unwrap();
    let mut fs = remount(fs);
    assert_eq!(names(&mut fs, "/"), ["a"]);
    assert_eq!(get(&mut fs, "/a/x").unwrap(), pattern(1, 3000));
}

#[test]
fn errors_have_their_names() {
    let mut fs = new_fs(512, 64);
    put(&mut fs, "/f", b"x").unwrap();
    assert_eq!(fs.mkdir("/f"), Err(FsError::Exists));
    assert_eq!(fs.mkdir("/"), Err(FsError::Exists));
    assert_eq!(fs.mkdir("/none/d"), Err(FsError::NotFound));
    assert_eq!(fs.mkdir("/f/d"), Err(FsError::NotDirectory));
    assert_eq!(fs.open("/g", OpenFlags::READ), Err(FsError::NotFound));
    assert_eq!(fs.open("/", OpenFlags::READ), Err(FsError::IsDirectory));
    let exclusive = OpenFlags::from_mode("x").unwrap();
    assert_eq!(fs.open("/f", exclusive), Err(FsError::Exists));
    let long = format!("/{}", "n".repeat(256));
    assert_eq!(fs.mkdir(&long), Err(FsError::NameTooLong));
    assert_eq!(fs.remove("/none"), Err(FsError::NotFound));
    assert_eq!(fs.list("/f").unwrap_err(), FsError::NotDirectory);
    let file = fs.open("/f", OpenFlags::READ).unwrap();
    assert_eq!(fs.write(file, b"y"), Err(FsError::BadHandle));
    fs.close(file).unwrap();
    assert_eq!(fs.close(file), Err(FsError::BadHandle));
    assert_eq!(fs.stat("/f").unwrap().kind, FileType::File);
}

#[test]
fn open_files_follow_their_entry() {
    let mut fs = new_fs(512, 256);
    fs.mkdir("/d").unwrap();
    put(&mut fs, "/m", b"old").unwrap();
    let append = OpenFlags::from_mode("a").unwrap();
    let file = fs.open("/m", append).unwrap();
    let reader = fs.open("/m", OpenFlags::READ).unwrap();
    // Others before it in the same directory, then so many that the directory splits.
    for number in 0..40 {
        put(&mut fs, &format!("/a{number}"), b"12345678").unwrap();
        put(&mut fs, &format!("/z{number}"), b"12345678").unwrap();
    }
    fs.write(file, b" new").unwrap();
    fs.flush(file).unwrap();
    assert_eq!(get(&mut fs, "/m").unwrap(), b"old new");
    fs.rename("/m", "/d/n").unwrap();
    fs.write(file, b" moved").unwrap();
    fs.flush(file).unwrap();
    assert_eq!(get(&mut fs, "/d/n").unwrap(), b"old new moved");
    fs.remove("/d/n").unwrap();
    fs.write(file, b" gone").unwrap();
    fs.close(file).unwrap();
    let mut old = [0; 10];
    assert_eq!(fs.read(reader, &mut old).unwrap(), 3);
    fs.close(reader).unwrap();
    let mut fs = remount(fs);
    assert_eq!(fs.stat("/d/n"), Err(FsError::NotFound));
}

#[test]
fn an_open_reader_keeps_its_content_while_the_file_is_replaced() {
    let mut fs = new_fs(512, 64);
    put(&mut fs, "/f", &pattern(1, 5000)).unwrap();
    let reader = fs.open("/f", OpenFlags::READ).unwrap();
    for seed in 2..30 {
        put(&mut fs, "/f", &pattern(seed, 5000)).unwrap();
    }
    let mut old = vec![0; 5000];
    assert_eq!(fs.read(reader, &mut old).unwrap(), 5000);
    assert_eq!(old, pattern(1, 5000));
    fs.close(reader).unwrap();
}

#[test]
fn a_full_device_keeps_the_old_content() {
    let mut fs = new_fs(512, 32);
    put(&mut fs, "/keep", &pattern(1, 2000)).unwrap();
    assert_eq!(put(&mut fs, "/keep", &pattern(2, 20_000)), Err(FsError::NoSpace));
    assert_eq!(get(&mut fs, "/keep").unwrap(), pattern(1, 2000));
    // Fill it with small files, too.
    let mut count = 0;
    let error = loop {
        match put(&mut fs, &format!("/s{count}"), &pattern(count, 600)) {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, FsError::NoSpace);
    let mut fs = remount(fs);
    assert_eq!(get(&mut fs, "/keep").unwrap(), pattern(1, 2000));
    for number in 0..count {
        let path = format!("/s{number}");
        assert_eq!(get(&mut fs, &path).unwrap(), pattern(number, 600));
        fs.remove(&path).unwrap();
    }
    // The one that did not fit may be there, but empty.
    let _ = fs.remove(&format!("/s{count}"));
    put(&mut fs, "/again", &pattern(9, 9000)).unwrap();
    assert_eq!(get(&mut fs, "/again").unwrap(), pattern(9, 9000));
}

#[test]
fn wear_moves_directories_and_the_root() {
    let mut device = RamDevice::new(512, 64).unwrap();
    let options = LfsOptions { block_cycles: 3, ..options() };
    LittleFs::format(&mut device, &options).unwrap();
    let mut fs = LittleFs::mount(device, options.clone()).map_err(|(error, _)| error).unwrap();
    fs.mkdir("/d").unwrap();
    fs.mkdir("/d/e").unwrap();
    for round in 0..600 {
        put(&mut fs, "/top", &pattern(round, 20)).unwrap();
        put(&mut fs, "/d/mid", &pattern(round, 30)).unwrap();
        put(&mut fs, "/d/e/low", &pattern(round, 40)).unwrap();
        if round % 50 == 0 {
            let device = fs.unmount().map_err(|(error, _)| error).unwrap();
            fs = LittleFs::mount(device, options.clone()).map_err(|(error, _)| error).unwrap();
        }
        assert_eq!(get(&mut fs, "/top").unwrap(), pattern(round, 20));
        assert_eq!(get(&mut fs, "/d/mid").unwrap(), pattern(round, 30));
        assert_eq!(get(&mut fs, "/d/e/low").unwrap(), pattern(round, 40));
    }
    assert_eq!(names(&mut fs, "/"), ["d", "top"]);
}
