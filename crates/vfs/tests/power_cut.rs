//! The power goes at every single write of a workload: what is left must be the state before or after the step that
//! was interrupted, and must take further changes.

mod common;

use std::collections::BTreeMap;

use common::{Cut, Cutting, get, pattern, put};
use snakeye_vfs::{BlockDevice, FileSystem, FileType, FsError, LfsOptions, LittleFs, OpenFlags, RamDevice};

#[derive(Clone, Copy, Debug)]
enum Step {
    Write(&'static str, usize, usize),
    Append(&'static str, usize, usize),
    Mkdir(&'static str),
    Remove(&'static str),
    Rename(&'static str, &'static str),
}

type Tree = BTreeMap<String, Option<Vec<u8>>>;

impl Step {
    fn run<D: BlockDevice>(self, fs: &mut LittleFs<D>) -> Result<(), FsError> {
        match self {
            Step::Write(path, seed, len) => put(fs, path, &pattern(seed, len)),
            Step::Append(path, seed, len) => {
                let file = fs.open(path, OpenFlags::from_mode("a").unwrap())?;
                // In pieces, with a flush whose content the next step's state does not show.
                let written = fs.write(file, &pattern(seed, len)).map(|_| ());
                written.and(fs.close(file))
            }
            Step::Mkdir(path) => fs.mkdir(path),
            Step::Remove(path) => fs.remove(path),
            Step::Rename(from, to) => fs.rename(from, to),
        }
    }

    /// The states it may leave when interrupted, the finished one last.
    fn states(self, before: &Tree) -> Vec<Tree> {
        let mut states = vec![before.clone()];
        let mut after = before.clone();
        match self {
            Step::Write(path, seed, len) | Step::Append(path, seed, len) => {
                let mut data = match self {
                    Step::Append(..) => after.get(path).cloned().flatten().unwrap_or_default(),
                    _ => Vec::new(),
                };
                if !before.contains_key(path) {
                    // Opening makes the file, closing fills it.
                    let mut empty = before.clone();
                    empty.insert(path.into(), Some(Vec::new()));
                    states.push(empty);
                }
                data.extend(pattern(seed, len));
                after.insert(path.into(), Some(data));
            }
            Step::Mkdir(path) => {
                after.insert(path.into(), None);
            }
            Step::Remove(path) => {
                after.remove(path);
            }
            Step::Rename(from, to) => {
                let keys: Vec<String> =
                    before.keys().filter(|key| *key == from || key.starts_with(&format!("{from}/"))).cloned().collect();
                after.remove(to);
                for key in keys {
                    let node = after.remove(&key).unwrap();
                    after.insert(format!("{to}{}", &key[from.len()..]), node);
                }
            }
        }
        states.push(after);
        states
    }
}

fn read_tree<D: BlockDevice>(fs: &mut LittleFs<D>, at: &str, tree: &mut Tree) {
    for entry in fs.list(at).unwrap() {
        let path = format!("{}/{}", at.trim_end_matches('/'), entry.name);
        if entry.kind == FileType::Directory {
            tree.insert(path.clone(), None);
            read_tree(fs, &path, tree);
        } else {
            let data = get(fs, &path).unwrap();
            tree.insert(path, Some(data));
        }
    }
}

fn mount<D: BlockDevice>(device: D, options: &LfsOptions) -> LittleFs<D> {
    LittleFs::mount(device, options.clone()).map_err(|(error, _)| error).unwrap()
}

/// Wear adds superblocks, which stay; the space for them is bounded.
const KEPT_BY_SUPERBLOCKS: u32 = 6;

/// Cuts the power at every write of the workload, in each of the ways given.
fn cut_everywhere(workload: &[Step], block_size: u32, cycles: u32, cuts: &[Cut]) {
    let options = LfsOptions { block_cycles: cycles, ..LfsOptions::default() };
    let mut blank = RamDevice::new(block_size, 32768 / block_size).unwrap();
    LittleFs::format(&mut blank, &options).unwrap();
    for cut in cuts {
        for cut_at in 0.. {
            let mut fs = mount(Cutting::new(blank.clone(), cut_at, *cut), &options);
            let mut tree = Tree::new();
            let mut interrupted = None;
            for step in workload {
                let states = step.states(&tree);
                if step.run(&mut fs).is_err() {
                    assert!(fs.device().dead(), "{step:?} failed by itself");
                    interrupted = Some((step, states));
                    break;
                }
                tree = states.into_iter().next_back().unwrap();
            }
            let Some((step, states)) = interrupted else {
                assert!(cut_at > 60, "only {cut_at} writes");
                break;
            };
            let mut fs = mount(fs.device().device.clone(), &options);
            let mut found = Tree::new();
            read_tree(&mut fs, "/", &mut found);
            let context = format!("{cut:?} at write {cut_at}, in {step:?}");
            assert!(states.contains(&found), "{context}: {found:?}");

            // It goes on from there: the repairs change nothing that can be seen, and hold.
            put(&mut fs, "/after", &pattern(99, 1500)).unwrap();
            fs.mkdir("/afterwards").unwrap();
            fs.rename("/after", "/afterwards/it").unwrap();
            let mut fs = mount(fs.unmount().map_err(|(error, _)| error).unwrap(), &options);
            assert_eq!(get(&mut fs, "/afterwards/it").unwrap(), pattern(99, 1500));
            fs.remove("/afterwards/it").unwrap();
            fs.remove("/afterwards").unwrap();
            let mut again = Tree::new();
            read_tree(&mut fs, "/", &mut again);
            assert_eq!(again, found, "{context}");
            // Nothing is lost for good: with all gone, all blocks are free but the directories still in the list.
            let paths: Vec<String> = again.keys().rev().cloned().collect();
            for path in paths {
                fs.remove(&path).unwrap();
            }
            let usage = fs.statvfs("/").unwrap();
            let kept = if cycles < 10 { KEPT_BY_SUPERBLOCKS } else { 2 };
            assert!(usage.blocks - usage.free <= u64::from(kept), "{context}: {usage:?}");
        }
    }
}

const WORKLOAD: &[Step] = &[
    Step::Write("/a", 1, 40),
    Step::Mkdir("/d"),
    Step::Write("/d/b", 2, 1300),
    Step::Write("/a", 3, 60),
    Step::Append("/d/b", 4, 700),
    Step::Mkdir("/d/sub"),
    Step::Mkdir("/e"),
    Step::Rename("/d/b", "/e/b"),
    Step::Rename("/a", "/e/a"),
    Step::Write("/e/b", 5, 100),
    Step::Rename("/e/a", "/e/b"),
    Step::Rename("/e", "/d/sub"),
    Step::Rename("/d/sub/b", "/b"),
    Step::Remove("/d/sub"),
    Step::Rename("/d", "/dd"),
    Step::Remove("/dd"),
    Step::Write("/b", 6, 2500),
    Step::Remove("/b"),
];

#[test]
fn every_write_of_a_workload() {
    cut_everywhere(WORKLOAD, 512, 100, &[Cut::Before, Cut::Half, Cut::After, Cut::Noise]);
}

#[test]
fn every_write_while_directories_move() {
    // Small blocks are compacted often, and every third time the pair moves.
    let mut workload = vec![Step::Mkdir("/p"), Step::Mkdir("/p/q"), Step::Mkdir("/p/q/r")];
    workload.extend(WORKLOAD);
    for round in 0..12 {
        workload.push(Step::Write("/p/q/r/low", round, 20));
        workload.push(Step::Write("/p/q/mid", round + 1, 25));
        workload.push(Step::Write("/p/high", round + 2, 30));
        workload.push(Step::Mkdir("/p/q/new"));
        workload.push(Step::Rename("/p/q/r/low", "/p/low"));
        workload.push(Step::Rename("/p/low", "/p/q/r/low"));
        workload.push(Step::Remove("/p/q/new"));
    }
    workload.extend(WORKLOAD);
    cut_everywhere(&workload, 256, 1, &[Cut::Before, Cut::Half, Cut::Noise]);
}

#[test]
fn every_write_while_a_directory_splits() {
    let names: Vec<&'static str> =
        (0..24).map(|n| &*Box::leak(format!("/d/file-{:02}", n * 7 % 24).into_boxed_str())).collect();
    let mut workload = vec![Step::Mkdir("/d"), Step::Mkdir("/z")];
    for (number, name) in names.iter().enumerate() {
        workload.push(Step::Write(name, number, 40));
    }
    workload.push(Step::Mkdir("/d/sub"));
    for name in &names[..12] {
        workload.push(Step::Remove(name));
    }
    workload.push(Step::Rename("/d", "/z"));
    cut_everywhere(&workload, 512, 100, &[Cut::Before, Cut::Half]);
    cut_everywhere(&workload, 512, 2, &[Cut::Half]);
}

#[test]
fn formatting() {
    let options = LfsOptions::default();
    for cut_at in 0.. {
        let mut device = Cutting::new(RamDevice::new(512, 16).unwrap(), cut_at, Cut::Half);
        if LittleFs::format(&mut device, &options).is_ok() {
            assert!(cut_at >= 4);
            break;
        }
        // Either it is a file system already, or the first block still shows that it is none.
        if let Err((_, device)) = LittleFs::mount(device.device, options.clone()) {
            assert!(device.bytes()[..512].iter().all(|byte| *byte == 0xff));
        }
    }
}
