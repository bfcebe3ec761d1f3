//! LittleFS v2 in safe Rust: format version 2.1, 2.0 read and upgraded on the first change.
//!
//! The format is that of the littlefs project (SPEC.md there). Everything that changes the medium is a *commit* to one
//! metadata pair: an append to its log, or a compaction into the pair's other block. Either is atomic, so a power cut
//! at any write leaves the old or the new state. What needs two commits (moves between directories, directories
//! made and removed) is announced in the global state and finished by `repair` before the next change.
//!
//! One difference from the reference: a metadata pair is read into memory as a whole, which costs one block of RAM
//! for the moment and makes every operation a plain edit of a list.

mod alloc_blocks;
mod blocks;
mod commit;
mod file;
mod metadata;
mod repair;
mod tag;
mod tree;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use self::alloc_blocks::Allocator;
use self::file::OpenFile;
use self::metadata::{Change, Content, Metadata};
use self::tag::*;
use crate::block::{BlockDevice, BlockError};
use crate::error::FsError;
use crate::fs::Clock;

/// The version of the format that is written.
const VERSION: u32 = 0x0002_0001;
/// What the superblock is called.
const MAGIC: &[u8] = b"littlefs";
/// The longest name, in bytes.
const NAME_MAX: u32 = 255;
/// The largest file, in bytes.
const FILE_MAX: u32 = 0x7fff_ffff;
/// The largest custom attribute, in bytes; the format's limit.
const ATTR_MAX: u32 = 1022;
/// The largest file kept inside its directory. MicroPython reads such files into a buffer of 4 × its program size of
/// 32, so a larger one would be cut off there.
const INLINE_MAX: u32 = 128;
/// Program units beyond this would need padding commits.
const PROGRAM_SIZE_MAX: u32 = 512;
/// The custom attribute in which MicroPython keeps the time of modification: 8 bytes, little-endian, nanoseconds
/// since 1970.
pub const ATTR_MTIME: u8 = 1;

/// How a file system is mounted or made.
#[derive(Clone)]
pub struct LfsOptions {
    /// The unit of programs in bytes. MicroPython uses 32. Rounded up to the device's own unit.
    pub program_size: u32,
    /// Bytes of memory for the map of free blocks, 8 blocks each; a smaller one is made more often.
    pub lookahead: u32,
    /// The time for modification times; none are written without it.
    pub clock: Option<Rc<dyn Clock>>,
    /// Metadata is moved to fresh blocks after so many erases, to spread wear; 0 for never. MicroPython uses 100.
    pub block_cycles: u32,
}

impl Default for LfsOptions {
    fn default() -> Self {
        LfsOptions { program_size: 32, lookahead: 4096, clock: None, block_cycles: 100 }
    }
}

impl LfsOptions {
    fn program_size(&self, device: &impl BlockDevice) -> Result<u32, FsError> {
        let unit = self.program_size.max(device.program_size()).max(1);
        let block_size = device.block_size();
        // Pointers, check sums and a superblock must fit; offsets and pointers are 32 bits.
        let fits = unit <= PROGRAM_SIZE_MAX
            && block_size >= 64
            && block_size.is_multiple_of(unit)
            && unit.is_multiple_of(device.program_size().max(1))
            && block_size <= 1 << 24
            && device.block_count() >= 2;
        if fits { Ok(unit) } else { Err(FsError::Invalid) }
    }
}

/// The fields of a superblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Superblock {
    version: u32,
    block_size: u32,
    block_count: u32,
    name_max: u32,
    file_max: u32,
    attr_max: u32,
}

impl Superblock {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Superblock {
            version: word(bytes, 0)?,
            block_size: word(bytes, 4)?,
            block_count: word(bytes, 8)?,
            name_max: word(bytes, 12)?,
            file_max: word(bytes, 16)?,
            attr_max: word(bytes, 20)?,
        })
    }

    fn to_bytes(self) -> Vec<u8> {
        [self.version, self.block_size, self.block_count, self.name_max, self.file_max, self.attr_max]
            .iter()
            .flat_map(|field| field.to_le_bytes())
            .collect()
    }
}

/// A mounted LittleFS.
pub struct LittleFs<D: BlockDevice> {
    device: D,
    block_size: u32,
    block_count: u32,
    program_size: u32,
    block_cycles: u32,
    name_max: u32,
    file_max: u32,
    inline_max: u32,
    clock: Option<Rc<dyn Clock>>,
    /// The root directory's first pair.
    root: Pair,
    /// The global state as it should be, as it is on disk, and what dropped pairs held of it.
    state: GlobalState,
    disk_state: GlobalState,
    dropped_state: GlobalState,
    /// Directories detached or not yet attached because of an operation under way or interrupted.
    orphans: u32,
    /// A pair that an operation will need again, kept up to date while it is relocated.
    pinned: Option<Pair>,
    /// The medium is of an older minor version.
    outdated: bool,
    /// Something failed: look at the medium again before the next change.
    stale: bool,
    /// A block list being extended, not in any file at the moment: current block, block before, place in the list.
    building: Option<(u32, u32, u32)>,
    allocator: Allocator,
    files: Vec<OpenFile>,
    next_file: u32,
}

impl<D: BlockDevice> LittleFs<D> {
    /// Makes an empty file system on the device. What it held is lost.
    pub fn format(device: &mut D, options: &LfsOptions) -> Result<(), FsError> {
        let program_size = options.program_size(device)?;
        let superblock = Superblock {
            version: VERSION,
            block_size: device.block_size(),
            block_count: device.block_count(),
            name_max: NAME_MAX,
            file_max: FILE_MAX,
            attr_max: ATTR_MAX,
        };
        let mut fs = LittleFs::assemble(&mut *device, superblock, program_size, options);
        // Both blocks are written, so that no older file system can come back to life in the second. Block 0 comes
        // last: while it is blank, an interrupted format is seen to be one.
        let mut old = [0; 4];
        fs.device.read(0, 0, &mut old)?;
        let mut root = Metadata::new(SUPERBLOCK_PAIR, u32::from_le_bytes(old));
        root.apply(&[
            Change::Create { id: 0, kind: SUPERBLOCK, name: MAGIC },
            Change::SetContent { id: 0, content: &Content::Inline(superblock.to_bytes()) },
        ])?;
        fs.write_fresh(&mut root, false)?;
        fs.write_fresh(&mut root, false)?;
        fs.device.sync()?;
        Ok(())
    }

    /// Whether the device looks like a LittleFS v2: either of the first two blocks starts with a superblock entry.
    /// For choosing a file system by what is there; a mount may still fail.
    pub fn probe(device: &mut D) -> bool {
        let mut name = [0; MAGIC.len()];
        (0..2).any(|block| device.read(block, 8, &mut name).is_ok() && name == MAGIC)
    }

    /// Mounts the file system on a device.
    ///
    /// `Corrupt` where there is none or its structure is damaged, `Invalid` for a version or a geometry that does not
    /// fit the device. On an error the device comes back, to format it for example.
    pub fn mount(device: D, options: LfsOptions) -> Result<Self, (FsError, D)> {
        let program_size = match options.program_size(&device) {
            Ok(size) => size,
            Err(error) => return Err((error, device)),
        };
        let assumed = Superblock {
            version: VERSION,
            block_size: device.block_size(),
            block_count: device.block_count(),
            name_max: NAME_MAX,
            file_max: FILE_MAX,
            attr_max: ATTR_MAX,
        };
        let mut fs = Self::assemble(device, assumed, program_size, &options);
        match fs.scan() {
            Ok(()) => Ok(fs),
            Err(error) => Err((error, fs.device)),
        }
    }

    /// Makes everything durable and gives the device back. Open files are closed.
    pub fn unmount(mut self) -> Result<D, (FsError, D)> {
        let synced = self.sync_all();
        match synced {
            Ok(()) => Ok(self.device),
            Err(error) => Err((error, self.device)),
        }
    }

    /// The same file system, open files included, reached by another device; and the old device. What is not worked
    /// with can so be kept without the means to reach its medium.
    pub fn with_device<E: BlockDevice>(self, device: E) -> (LittleFs<E>, D) {
        let fs = LittleFs {
            device,
            block_size: self.block_size,
            block_count: self.block_count,
            program_size: self.program_size,
            block_cycles: self.block_cycles,
            name_max: self.name_max,
            file_max: self.file_max,
            inline_max: self.inline_max,
            clock: self.clock,
            root: self.root,
            state: self.state,
            disk_state: self.disk_state,
            dropped_state: self.dropped_state,
            orphans: self.orphans,
            pinned: self.pinned,
            outdated: self.outdated,
            stale: self.stale,
            building: self.building,
            allocator: self.allocator,
            files: self.files,
            next_file: self.next_file,
        };
        (fs, self.device)
    }

    /// The device underneath.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// The device underneath, to inject faults in tests. Changing its content under a mounted file system loses data.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    fn assemble(device: D, sb: Superblock, program_size: u32, options: &LfsOptions) -> Self {
        LittleFs {
            device,
            block_size: sb.block_size,
            block_count: sb.block_count,
            program_size,
            block_cycles: options.block_cycles,
            name_max: sb.name_max,
            file_max: sb.file_max,
            inline_max: INLINE_MAX.min(sb.block_size / 8),
            clock: options.clock.clone(),
            root: SUPERBLOCK_PAIR,
            state: GlobalState::default(),
            disk_state: GlobalState::default(),
            dropped_state: GlobalState::default(),
            orphans: 0,
            pinned: None,
            outdated: false,
            stale: false,
            building: None,
            allocator: Allocator::new(sb.block_count, options.lookahead),
            files: Vec::new(),
            next_file: 0,
        }
    }

    /// Walks all metadata pairs: finds the superblock and collects the global state.
    fn scan(&mut self) -> Result<(), FsError> {
        let mut state = GlobalState::default();
        let mut seed = 0;
        let mut found = false;
        let mut walk = self.pairs();
        while let Some(dir) = walk.next(self)? {
            if let Some(entry) = dir.entry(0).filter(|entry| entry.kind == Some(SUPERBLOCK)) {
                if entry.name != MAGIC {
                    return Err(FsError::Corrupt);
                }
                let Content::Inline(fields) = &entry.content else {
                    return Err(FsError::Corrupt);
                };
                let superblock = Superblock::from_bytes(fields).ok_or(FsError::Corrupt)?;
                self.adopt(superblock)?;
                self.root = dir.pair;
                found = true;
            }
            state = state.xor(dir.delta);
            seed = crc32(seed, &dir.etag.to_le_bytes()) ^ dir.rev;
        }
        if !found {
            return Err(FsError::Corrupt);
        }
        self.state = state.on_disk();
        self.disk_state = self.state;
        self.dropped_state = GlobalState::default();
        self.pinned = None;
        self.building = None;
        self.orphans = u32::from(self.state.has_orphans());
        // A different start on each boot spreads the wear.
        self.allocator.restart(self.block_count, seed % self.block_count.max(1));
        Ok(())
    }

    fn adopt(&mut self, sb: Superblock) -> Result<(), FsError> {
        let newer = sb.version >> 16 != VERSION >> 16 || sb.version & 0xffff > VERSION & 0xffff;
        if newer
            || sb.block_size != self.block_size
            || sb.block_count < 2
            || sb.block_count > self.device.block_count()
            || sb.name_max > NAME_MAX
            || sb.file_max > FILE_MAX
            || sb.attr_max > ATTR_MAX
        {
            return Err(FsError::Invalid);
        }
        self.block_count = sb.block_count;
        if sb.name_max > 0 {
            self.name_max = sb.name_max;
        }
        if sb.file_max > 0 {
            self.file_max = sb.file_max;
        }
        if sb.attr_max > 0 {
            self.inline_max = self.inline_max.min(sb.attr_max);
        }
        self.outdated = sb.version < VERSION;
        Ok(())
    }

    fn superblock(&self) -> Superblock {
        Superblock {
            version: VERSION,
            block_size: self.block_size,
            block_count: self.block_count,
            name_max: self.name_max,
            file_max: self.file_max,
            attr_max: ATTR_MAX,
        }
    }

    /// Reads one whole block.
    fn read_block(&mut self, block: u32) -> Result<Vec<u8>, FsError> {
        let mut bytes = self.buffer(self.block_size)?;
        self.device.read(block, 0, &mut bytes)?;
        Ok(bytes)
    }

    fn buffer(&self, len: u32) -> Result<Vec<u8>, FsError> {
        let len = usize::try_from(len).map_err(|_| FsError::OutOfMemory)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| FsError::OutOfMemory)?;
        bytes.resize(len, 0);
        Ok(bytes)
    }

    /// Reads the metadata pair as its latest complete commit left it.
    fn fetch(&mut self, pair: Pair) -> Result<Metadata, FsError> {
        if pair.iter().any(|block| *block >= self.block_count) {
            return Err(FsError::Corrupt);
        }
        let mut revs = [0; 2];
        for (rev, block) in revs.iter_mut().zip(pair) {
            let mut bytes = [0; 4];
            self.device.read(block, 0, &mut bytes)?;
            *rev = u32::from_le_bytes(bytes);
        }
        // Revisions are compared as a sequence that may wrap around.
        let newer = (revs[1].wrapping_sub(revs[0]) as i32) > 0;
        let order = if newer { [pair[1], pair[0]] } else { pair };
        for current in [order, [order[1], order[0]]] {
            let bytes = self.read_block(current[0])?;
            if let Some(dir) = Metadata::parse(current, &bytes, self.program_size) {
                return Ok(dir);
            }
        }
        Err(FsError::Corrupt)
    }

    /// A walk over the list of all metadata pairs, from the superblock on.
    fn pairs(&self) -> PairWalk {
        PairWalk { next: SUPERBLOCK_PAIR, left: self.block_count / 2 + 1 }
    }

    fn now(&self) -> Option<[u8; 8]> {
        self.clock.as_ref().map(|clock| clock.now_ns().to_le_bytes())
    }
}

/// See [`LittleFs::pairs`].
struct PairWalk {
    next: Pair,
    /// A longer list than the device has pairs is a cycle.
    left: u32,
}

impl PairWalk {
    fn next<D: BlockDevice>(&mut self, fs: &mut LittleFs<D>) -> Result<Option<Metadata>, FsError> {
        if is_null(self.next) {
            return Ok(None);
        }
        self.left = self.left.checked_sub(1).ok_or(FsError::Corrupt)?;
        let dir = fs.fetch(self.next)?;
        self.next = dir.tail;
        Ok(Some(dir))
    }
}

impl<D: BlockDevice + ?Sized> BlockDevice for &mut D {
    fn block_size(&self) -> u32 {
        (**self).block_size()
    }
    fn block_count(&self) -> u32 {
        (**self).block_count()
    }
    fn program_size(&self) -> u32 {
        (**self).program_size()
    }
    fn read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        (**self).read(block, offset, buf)
    }
    fn program(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError> {
        (**self).program(block, offset, data)
    }
    fn erase(&mut self, block: u32) -> Result<(), BlockError> {
        (**self).erase(block)
    }
    fn sync(&mut self) -> Result<(), BlockError> {
        (**self).sync()
    }
}

/// A LittleFS over a device of any kind.
pub type BoxedLittleFs = LittleFs<Box<dyn BlockDevice>>;
