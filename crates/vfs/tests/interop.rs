//! Images go both ways between this crate and the C reference implementation of LittleFS.
//!
//! The reference comes from PyPI (`littlefs-python`): the interpreter in `SNAKEYE_PYTHON`, or `python3` if it has the
//! package, or a virtual environment made in the target directory. Where none of these works the tests say SKIPPED.

mod common;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::OnceLock;

use common::{Cut, Cutting, Random, crc32, get, pattern};
use snakeye_vfs::{BlockDevice, Clock, FileSystem, FileType, FsError, LfsOptions, LittleFs, OpenFlags, RamDevice};

/// A Python that has the reference, or why there is none.
fn python() -> Result<&'static Path, &'static str> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PYTHON.get_or_init(find_python).as_deref().map_err(String::as_str)
}

fn find_python() -> Result<PathBuf, String> {
    let has_reference = |python: &Path| {
        Command::new(python)
            .args(["-c", "import littlefs"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let named = std::env::var_os("SNAKEYE_PYTHON").unwrap_or("python3".into());
    let system = PathBuf::from(named);
    if has_reference(&system) {
        return Ok(system);
    }
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("littlefs-venv");
    let python = venv.join("bin/python");
    if has_reference(&python) {
        return Ok(python);
    }
    let run = |program: &Path, args: &[&str]| -> Result<(), String> {
        let output =
            Command::new(program).args(args).output().map_err(|error| format!("{}: {error}", program.display()))?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        Err(text.lines().last().unwrap_or("failed").to_string())
    };
    run(&system, &["-m", "venv", &venv.to_string_lossy()])?;
    run(&python, &["-m", "pip", "install", "--quiet", "littlefs-python"])?;
    Ok(python)
}

macro_rules! python_or_skip {
    () => {
        match python() {
            Ok(python) => python,
            Err(reason) => {
                eprintln!("SKIPPED: no littlefs-python: {reason}");
                return;
            }
        }
    };
}

#[derive(Clone, Copy)]
struct Geometry {
    block_size: u32,
    blocks: u32,
    cycles: u32,
}

/// Runs commands with the reference; gives back the image and what was printed.
fn reference(
    python: &Path,
    name: &str,
    geometry: Geometry,
    image: Vec<u8>,
    commands: &[String],
    cut_at: Option<usize>,
) -> (Vec<u8>, String) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.img", std::process::id()));
    std::fs::write(&path, image).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference.py");
    let mut child = Command::new(python)
        .arg(script)
        .arg(&path)
        .args([geometry.block_size, geometry.blocks, geometry.cycles].map(|n| n.to_string()))
        .args(cut_at.map(|n| n.to_string()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(commands.join("\n").as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the reference refused: {errors}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let image = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    (image, printed)
}

struct TestClock(Cell<u64>);

impl Clock for TestClock {
    fn now_ns(&self) -> u64 {
        self.0.get()
    }
}

/// Runs the same commands with this crate.
fn ours(geometry: Geometry, image: Vec<u8>, commands: &[String], clock: &Rc<TestClock>) -> (Vec<u8>, String) {
    let options = LfsOptions { block_cycles: geometry.cycles, clock: Some(clock.clone()), ..LfsOptions::default() };
    let mut device = RamDevice::from_bytes(image, geometry.block_size).unwrap();
    if commands.first().is_some_and(|command| command == "format") {
        LittleFs::format(&mut device, &options).unwrap();
    }
    let mut fs = LittleFs::mount(device, options).map_err(|(error, _)| error).unwrap();
    let mut printed = String::new();
    for command in commands {
        match command.as_str() {
            "format" => {}
            "dump" => {
                let mut lines = Vec::new();
                dump(&mut fs, "/", &mut lines);
                lines.sort();
                printed = lines.join("\n");
            }
            _ => run(&mut fs, command).unwrap(),
        }
    }
    let device = fs.unmount().map_err(|(error, _)| error).unwrap();
    (device.into_bytes(), printed)
}

/// Runs one command that changes something.
fn run<D: BlockDevice>(fs: &mut LittleFs<D>, command: &str) -> Result<(), FsError> {
    let words: Vec<&str> = command.split(' ').collect();
    match words[..] {
        ["mkdir", path] => fs.mkdir(path),
        ["remove", path] => fs.remove(path),
        ["rename", from, to] => fs.rename(from, to),
        ["write" | "append", path, seed, len] => {
            let mode = if words[0] == "write" { "w" } else { "a" };
            let file = fs.open(path, OpenFlags::from_mode(mode).unwrap())?;
            let written = fs.write(file, &pattern(seed.parse().unwrap(), len.parse().unwrap()));
            fs.close(file).and(written.map(|_| ()))
        }
        _ => panic!("unknown command {command}"),
    }
}

fn dump(fs: &mut LittleFs<RamDevice>, at: &str, lines: &mut Vec<String>) {
    for entry in fs.list(at).unwrap() {
        let path = format!("{}/{}", at.trim_end_matches('/'), entry.name);
        if entry.kind == FileType::Directory {
            lines.push(format!("D {path}"));
            dump(fs, &path, lines);
        } else {
            let data = get(fs, &path).unwrap();
            assert_eq!(entry.size, data.len() as u64);
            let mtime = fs.stat(&path).unwrap().mtime_ns;
            let crc = crc32(&data);
            lines.push(format!("F {path} {} {crc} {mtime}", data.len()));
        }
    }
}

/// What the tree must be: directories are None, files have content.
#[derive(Default)]
struct Model(BTreeMap<String, Option<Vec<u8>>>);

impl Model {
    /// A random command that must succeed, applied to the model.
    fn step(&mut self, random: &mut Random) -> String {
        loop {
            let name = ["a", "ab", "abc", "abd", "b", "ba", "zz", "z"][random.below(8)];
            let number = random.below(12);
            let tail = "-longer-name".repeat(random.below(3));
            let parent = self.pick(random, true);
            let parent = if random.below(2) == 0 { parent.unwrap_or_default() } else { String::new() };
            let path = format!("{parent}/{name}{number}{tail}");
            let existing = self.0.get(&path);
            match random.below(12) {
                0 if existing.is_none() && path.matches('/').count() < 4 => {
                    self.0.insert(path.clone(), None);
                    return format!("mkdir {path}");
                }
                1..=5 if !matches!(existing, Some(None)) => {
                    let seed = random.below(1000);
                    let len = [0, 5, 60, 128, 129, 700, 3000][random.below(7)];
                    let mut data = Vec::new();
                    let command = if random.below(3) == 0 {
                        data = existing.cloned().flatten().unwrap_or_default();
                        "append"
                    } else {
                        "write"
                    };
                    data.extend(pattern(seed, len));
                    self.0.insert(path.clone(), Some(data));
                    return format!("{command} {path} {seed} {len}");
                }
                6..=8 => {
                    let directory = random.below(4) == 0;
                    let Some(victim) = self.pick(random, directory) else {
                        continue;
                    };
                    if directory && self.has_children(&victim) {
                        continue;
                    }
                    self.0.remove(&victim);
                    return format!("remove {victim}");
                }
                9..=11 => {
                    let directory = random.below(3) == 0;
                    let Some(from) = self.pick(random, directory) else {
                        continue;
                    };
                    let target = self.0.get(&path).map(Option::is_none);
                    let fits = target.is_none() || target == Some(directory);
                    if !fits || path == from || path.starts_with(&format!("{from}/")) || self.has_children(&path) {
                        continue;
                    }
                    self.0.remove(&path);
                    let below = format!("{from}/");
                    let moved: Vec<String> =
                        self.0.keys().filter(|key| **key == from || key.starts_with(&below)).cloned().collect();
                    for old in moved {
                        let node = self.0.remove(&old).unwrap();
                        self.0.insert(format!("{path}{}", &old[from.len()..]), node);
                    }
                    return format!("rename {from} {path}");
                }
                _ => {}
            }
        }
    }

    fn pick(&self, random: &mut Random, directory: bool) -> Option<String> {
        let keys: Vec<_> =
            self.0.iter().filter(|(_, node)| node.is_none() == directory).map(|(path, _)| path).collect();
        (!keys.is_empty()).then(|| keys[random.below(keys.len())].clone())
    }

    fn has_children(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.0.keys().any(|key| key.starts_with(&below))
    }

    fn dump(&self) -> String {
        let mut lines: Vec<String> = self
            .0
            .iter()
            .map(|(path, node)| match node {
                None => format!("D {path}"),
                Some(data) => format!("F {path} {} {}", data.len(), crc32(data)),
            })
            .collect();
        lines.sort();
        lines.join("\n")
    }
}

/// Drops the times of modification from a dump.
fn without_times(dump: &str) -> String {
    let lines: Vec<&str> = dump
        .lines()
        .map(|line| match line.strip_prefix("F ") {
            Some(_) => line.rsplit_once(' ').unwrap().0,
            None => line,
        })
        .collect();
    lines.join("\n")
}

fn take_turns(name: &str, geometry: Geometry, seed: u32, rounds: usize, steps: usize) {
    let python = python_or_skip!();
    let clock = Rc::new(TestClock(Cell::new(1_700_000_000_000_000_000)));
    let mut random = Random::new(seed);
    let mut model = Model::default();
    let size = (geometry.block_size * geometry.blocks) as usize;
    let mut image = vec![0xff; size];
    for round in 0..rounds {
        let mut commands = Vec::new();
        if round == 0 {
            commands.push("format".to_string());
        }
        commands.extend((0..steps).map(|_| model.step(&mut random)));
        let by_reference = (round + seed as usize).is_multiple_of(2);
        image = if by_reference {
            reference(python, name, geometry, image, &commands, None).0
        } else {
            println!("seed {seed} round {round}");
            ours(geometry, image, &commands, &clock).0
        };
        clock.0.set(clock.0.get() + 1_000_000_007);
        let look = ["dump".to_string()];
        let (image_after, theirs) = reference(python, name, geometry, image, &look, None);
        let (image_after, mine) = ours(geometry, image_after, &look, &clock);
        image = image_after;
        let wrote = if by_reference { "reference" } else { "this crate" };
        assert_eq!(without_times(&theirs), model.dump(), "round {round}, {wrote} wrote, reference reads");
        assert_eq!(mine, theirs.trim_end(), "round {round}, {wrote} wrote, this crate reads");
    }
}

/// Further seeds to try besides the usual one: `SNAKEYE_SEEDS=50`.
fn seeds() -> u32 {
    let named = std::env::var("SNAKEYE_SEEDS").ok();
    named.and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[test]
fn small_blocks() {
    let geometry = Geometry { block_size: 512, blocks: 1024, cycles: 100 };
    (1..=seeds()).for_each(|seed| take_turns("small", geometry, seed, 6, 80));
}

#[test]
fn flash_sectors() {
    let geometry = Geometry { block_size: 4096, blocks: 512, cycles: 100 };
    (2..=1 + seeds()).for_each(|seed| take_turns("sectors", geometry, seed, 6, 80));
}

#[test]
fn constant_relocation() {
    let geometry = Geometry { block_size: 512, blocks: 1024, cycles: 4 };
    (3..=2 + seeds()).for_each(|seed| take_turns("relocation", geometry, seed, 6, 80));
}

#[test]
fn modification_times_go_both_ways() {
    let python = python_or_skip!();
    let geometry = Geometry { block_size: 4096, blocks: 16, cycles: 100 };
    let clock = Rc::new(TestClock(Cell::new(1_234_567_890_123_456_789)));
    let blank = vec![0xff; 4096 * 16];
    let commands = ["format", "write /f 1 10", "write /g 2 1000"].map(String::from);
    let (image, _) = ours(geometry, blank, &commands, &clock);
    let commands = ["mtime /g 987654321000000001", "dump"].map(String::from);
    let (image, theirs) = reference(python, "mtime", geometry, image, &commands, None);
    let (_, mine) = ours(geometry, image, &["dump".to_string()], &clock);
    assert_eq!(mine, theirs.trim_end());
    assert!(mine.contains(" 1234567890123456789\n"), "{mine}");
    assert!(mine.ends_with(" 987654321000000001"), "{mine}");
}

/// Steps that take more than one commit, and others.
const INTERRUPTED: &[&str] = &[
    "mkdir /d",
    "write /d/b 2 1300",
    "mkdir /d/sub",
    "mkdir /e",
    "rename /d/b /e/b",
    "write /a 3 60",
    "rename /a /e/a",
    "rename /e/a /e/b",
    "rename /e /d/sub",
    "remove /d/sub/b",
    "mkdir /x",
    "write /x/y 1 30",
    "write /x/y 2 40",
    "write /x/y 3 50",
    "rename /x/y /d/sub/y",
    "rename /d/sub/y /x/y",
    "remove /d/sub",
    "remove /d",
];

/// What the tree is after each of these steps, as dumps without times, and the states in between that a new file has.
fn states_of(commands: &[&str]) -> Vec<Vec<String>> {
    let mut model = Model::default();
    let mut states = vec![vec![model.dump()]];
    for command in commands {
        let mut allowed = vec![model.dump()];
        let words: Vec<&str> = command.split(' ').collect();
        match words[..] {
            ["mkdir", path] => drop(model.0.insert(path.into(), None)),
            ["remove", path] => drop(model.0.remove(path)),
            ["write", path, seed, len] => {
                if !model.0.contains_key(path) {
                    model.0.insert(path.into(), Some(Vec::new()));
                    allowed.push(model.dump());
                }
                let data = pattern(seed.parse().unwrap(), len.parse().unwrap());
                model.0.insert(path.into(), Some(data));
            }
            ["rename", from, to] => {
                model.0.remove(to);
                let below = format!("{from}/");
                let is_moved = |key: &String| key == from || key.starts_with(&below);
                let moved: Vec<String> = model.0.keys().filter(|key| is_moved(key)).cloned().collect();
                for old in moved {
                    let node = model.0.remove(&old).unwrap();
                    model.0.insert(format!("{to}{}", &old[from.len()..]), node);
                }
            }
            _ => unreachable!(),
        }
        allowed.push(model.dump());
        states.push(allowed);
    }
    states
}

/// The reference loses power at some of its writes; this crate takes over.
#[test]
fn what_the_reference_left_unfinished() {
    let python = python_or_skip!();
    let states = states_of(INTERRUPTED);
    for cycles in [100, 1] {
        let geometry = Geometry { block_size: 256, blocks: 64, cycles };
        let clock = Rc::new(TestClock(Cell::new(0)));
        let blank = vec![0xff; 256 * 64];
        let (formatted, _) = ours(geometry, blank, &["format".to_string()], &clock);
        let mut commands: Vec<String> = INTERRUPTED.iter().map(|c| c.to_string()).collect();
        commands.push("dump".into());
        let stride = if seeds() > 1 { 1 } else { 17 };
        for cut_at in (0..).step_by(stride) {
            let (image, printed) = reference(python, "cut", geometry, formatted.clone(), &commands, Some(cut_at));
            let Some(step) = printed.strip_prefix("cut in command ") else {
                assert!(cut_at > 40, "only {cut_at} writes");
                break;
            };
            let step: usize = step.trim().parse().unwrap();
            let look = ["dump".to_string()];
            let (image, found) = ours(geometry, image, &look, &clock);
            let found = without_times(&found);
            let context = format!("{cycles} cycles, cut at {cut_at} in {}", INTERRUPTED[step]);
            assert!(states[step + 1].contains(&found), "{context}: {found}");
            // Repaired by the first change, still the same, for the reference too.
            let change = ["mkdir /new", "remove /new", "dump"].map(String::from);
            let (image, repaired) = ours(geometry, image, &change, &clock);
            assert_eq!(without_times(&repaired), found, "{context}");
            let (_, theirs) = reference(python, "cut", geometry, image, &change, None);
            assert_eq!(without_times(&theirs), found, "{context}");
        }
    }
}

/// This crate loses power at some of its writes; the reference takes over.
#[test]
fn what_this_crate_left_unfinished() {
    let python = python_or_skip!();
    let states = states_of(INTERRUPTED);
    for cycles in [100, 1] {
        let geometry = Geometry { block_size: 256, blocks: 64, cycles };
        let options = LfsOptions { block_cycles: cycles, ..LfsOptions::default() };
        let mut formatted = RamDevice::new(256, 64).unwrap();
        LittleFs::format(&mut formatted, &options).unwrap();
        let stride = if seeds() > 1 { 1 } else { 17 };
        for cut_at in (0..).step_by(stride) {
            let device = Cutting::new(formatted.clone(), cut_at, Cut::Half);
            let mut fs = LittleFs::mount(device, options.clone()).map_err(|(error, _)| error).unwrap();
            let Some(step) = INTERRUPTED.iter().position(|command| run(&mut fs, command).is_err()) else {
                assert!(cut_at > 40, "only {cut_at} writes");
                break;
            };
            let image = fs.device().device.bytes().to_vec();
            // Not before its repairs: until then the reference may leave out a neighbour of a moved entry, after its own
            // power cuts as well.
            let commands = ["mkdir /new", "remove /new", "dump"].map(String::from);
            let (_, found) = reference(python, "cut-ours", geometry, image, &commands, None);
            let found = without_times(&found);
            let context = format!("{cycles} cycles, cut at {cut_at} in {}", INTERRUPTED[step]);
            let fits = states[step + 1].contains(&found);
            assert!(fits, "{context}: {found}");
        }
    }
}
