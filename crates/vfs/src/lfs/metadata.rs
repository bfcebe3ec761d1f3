//! A metadata pair in memory: reading its log of commits, and writing new commits.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::tag::*;
use crate::error::FsError;

/// Most entries in one pair before it is split.
pub(crate) const MAX_ENTRIES: usize = 0xff;

/// What an entry's struct tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// No struct tag seen.
    None,
    /// A directory's first metadata pair.
    Dir(Pair),
    /// A small file's bytes (or the superblock's fields).
    Inline(Vec<u8>),
    /// A skip list of blocks: its last block and the file's size.
    Blocks { head: u32, size: u32 },
}

/// One file, directory or superblock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The type of the name tag; None for an id without a name (only in damaged metadata).
    pub kind: Option<u16>,
    pub name: Vec<u8>,
    pub content: Content,
    /// Custom attributes by type, each at most once.
    pub attrs: Vec<(u8, Vec<u8>)>,
}

impl Entry {
    fn hole() -> Self {
        Entry { kind: None, name: Vec::new(), content: Content::None, attrs: Vec::new() }
    }

    /// Whether users see it: files and directories, not the superblock.
    pub fn is_named(&self) -> bool {
        matches!(self.kind, Some(kind) if kind & 0x780 == 0)
    }

    /// How the name compares with `name` in the order of a directory: bytewise, but where one is the beginning
    /// of the other the longer comes first.
    pub fn order(&self, name: &[u8]) -> Ordering {
        let common = self.name.len().min(name.len());
        let (mine, theirs) = (self.name.get(..common), name.get(..common));
        mine.cmp(&theirs).then_with(|| name.len().cmp(&self.name.len()))
    }

    pub fn attr(&self, kind: u8) -> Option<&[u8]> {
        self.attrs.iter().find(|(known, _)| *known == kind).map(|(_, data)| data.as_slice())
    }

    fn set_attr(&mut self, kind: u8, data: Option<&[u8]>) {
        self.attrs.retain(|(known, _)| *known != kind);
        if let Some(data) = data {
            self.attrs.push((kind, data.to_vec()));
        }
    }

    /// Bytes it takes in a compacted log.
    pub fn encoded_len(&self) -> usize {
        let name = if self.kind.is_some() { 4 + self.name.len() } else { 0 };
        let content = match &self.content {
            Content::None => 0,
            Content::Dir(_) | Content::Blocks { .. } => 12,
            Content::Inline(data) => 4 + data.len(),
        };
        let attrs: usize = self.attrs.iter().map(|(_, data)| 4 + data.len()).sum();
        name + content + attrs
    }

    fn encode(&self, id: u16, log: &mut LogWriter) {
        if let Some(kind) = self.kind {
            log.tag(kind, id, &self.name);
        }
        log.content(id, &self.content);
        for (kind, data) in &self.attrs {
            log.tag(USER_ATTR + u16::from(*kind), id, data);
        }
    }
}

/// One change of a metadata pair. A commit makes all of its changes or none.
#[derive(Clone, Debug)]
pub(crate) enum Change<'a> {
    Create { id: u16, kind: u16, name: &'a [u8] },
    Delete { id: u16 },
    SetContent { id: u16, content: &'a Content },
    SetAttr { id: u16, kind: u8, data: &'a [u8] },
    SetTail { tail: Pair, split: bool },
}

/// A metadata pair as its latest commit left it.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    /// The block with the latest commit, then the other.
    pub pair: Pair,
    /// Revision count of the current block.
    pub rev: u32,
    /// Where the next commit goes.
    pub off: u32,
    /// The tag the next one is XORed with.
    pub etag: u32,
    /// Whether the bytes from `off` on are erased, so that a commit may be appended.
    pub erased: bool,
    pub entries: Vec<Entry>,
    /// The next pair in the list of all pairs.
    pub tail: Pair,
    /// Whether the tail continues this directory.
    pub split: bool,
    /// This pair's share of the global state.
    pub delta: GlobalState,
}

impl Metadata {
    /// A pair not yet on disk.
    pub fn new(pair: Pair, rev: u32) -> Self {
        Metadata {
            pair,
            rev,
            off: 4,
            etag: 0xffff_ffff,
            erased: false,
            entries: Vec::new(),
            tail: NULL_PAIR,
            split: false,
            delta: GlobalState::default(),
        }
    }

    /// Reads the log in one block. None if it holds no complete commit.
    pub fn parse(pair: Pair, block: &[u8], program_size: u32) -> Option<Self> {
        let mut log = LogReader::new(block);
        let mut dir = Metadata::new(pair, word(block, 0)?);
        dir.off = 0;
        // First find the last complete commit, then apply everything up to it.
        let mut forward: Option<(usize, u32)> = None;
        let mut pending_forward = None;
        let mut clean_end = false;
        loop {
            let Some((tag, data)) = log.next_tag() else {
                clean_end = log.ended_at_commit;
                break;
            };
            if tag.is_commit_crc() {
                if word(data, 0) != Some(log.crc_before_data) {
                    break;
                }
                log.finish_commit(tag);
                dir.off = u32::try_from(log.offset).ok()?;
                dir.etag = log.previous;
                forward = pending_forward.take();
            } else if tag.kind() == FORWARD_CRC {
                pending_forward = word(data, 0).zip(word(data, 4)).map(|(len, crc)| (len as usize, crc));
            }
        }
        if dir.off == 0 {
            return None;
        }
        let end = dir.off as usize;
        // An interrupted program may have left bits cleared after the last commit; the forward check sum tells.
        dir.erased = clean_end
            && dir.off.is_multiple_of(program_size.max(1))
            && forward.is_some_and(|(len, crc)| {
                end.checked_add(len)
                    .and_then(|stop| block.get(end..stop))
                    .is_some_and(|next| crc32(0xffff_ffff, next) == crc)
            });

        let mut log = LogReader::new(block.get(..end)?);
        while let Some((tag, data)) = log.next_tag() {
            if tag.is_commit_crc() {
                log.finish_commit(tag);
            } else {
                dir.apply_tag(tag, data);
            }
        }
        Some(dir)
    }

    fn apply_tag(&mut self, tag: Tag, data: &[u8]) {
        let id = usize::from(tag.id());
        match tag.family() {
            0x000 if tag.id() != NONE_ID => {
                let entry = self.entry_or_hole(id);
                entry.kind = Some(tag.kind());
                entry.name = data.to_vec();
            }
            0x200 if tag.id() != NONE_ID => {
                let content = match tag.kind() {
                    _ if tag.is_delete() => Content::None,
                    DIR_STRUCT => pair_at(data, 0).map_or(Content::None, Content::Dir),
                    INLINE_STRUCT => Content::Inline(data.to_vec()),
                    CTZ_STRUCT => pair_at(data, 0).map_or(Content::None, |[head, size]| Content::Blocks { head, size }),
                    _ => return,
                };
                self.entry_or_hole(id).content = content;
            }
            0x300 if tag.id() != NONE_ID => {
                let data = (!tag.is_delete()).then_some(data);
                self.entry_or_hole(id).set_attr(tag.chunk(), data);
            }
            0x400 if tag.kind() == CREATE && tag.id() != NONE_ID => {
                if id > 0 {
                    self.entry_or_hole(id - 1);
                }
                self.entries.insert(id.min(self.entries.len()), Entry::hole());
            }
            0x400 if tag.kind() == DELETE && id < self.entries.len() => {
                self.entries.remove(id);
            }
            0x600 => {
                if let Some(tail) = pair_at(data, 0) {
                    self.tail = tail;
                    self.split = tag.chunk() & 1 == 1;
                }
            }
            0x700 if tag.kind() == MOVE_STATE => {
                if let Some(state) = GlobalState::from_bytes(data) {
                    self.delta = state;
                }
            }
            _ => {}
        }
    }

    /// Ids may come in any order within a log, so an id beyond the end makes room for those before it (at most
    /// 1022, the format's limit).
    fn entry_or_hole(&mut self, id: usize) -> &mut Entry {
        if self.entries.len() <= id {
            self.entries.resize(id + 1, Entry::hole());
        }
        &mut self.entries[id]
    }

    /// The entry of that id, if there is one.
    pub fn entry(&self, id: u16) -> Option<&Entry> {
        self.entries.get(usize::from(id))
    }

    /// Makes the changes in memory. `Invalid` for an id that does not exist, which would be our mistake.
    pub fn apply(&mut self, changes: &[Change<'_>]) -> Result<(), FsError> {
        for change in changes {
            match change {
                Change::Create { id, kind, name } => {
                    let id = usize::from(*id);
                    if id > self.entries.len() {
                        return Err(FsError::Invalid);
                    }
                    self.entries.insert(id, Entry { kind: Some(*kind), name: name.to_vec(), ..Entry::hole() });
                }
                Change::Delete { id } => {
                    let id = usize::from(*id);
                    if id >= self.entries.len() {
                        return Err(FsError::Invalid);
                    }
                    self.entries.remove(id);
                }
                Change::SetContent { id, content } => {
                    let entry = self.entries.get_mut(usize::from(*id));
                    entry.ok_or(FsError::Invalid)?.content = (*content).clone();
                }
                Change::SetAttr { id, kind, data } => {
                    let entry = self.entries.get_mut(usize::from(*id));
                    entry.ok_or(FsError::Invalid)?.set_attr(*kind, Some(data));
                }
                Change::SetTail { tail, split } => {
                    self.tail = *tail;
                    self.split = *split;
                }
            }
        }
        Ok(())
    }
}

/// Walks the tags of one block.
struct LogReader<'a> {
    block: &'a [u8],
    offset: usize,
    previous: u32,
    crc: u32,
    /// The check sum up to and with the latest tag, without its data.
    crc_before_data: u32,
    /// The walk ended where a next commit would start.
    ended_at_commit: bool,
    after_commit: bool,
}

impl<'a> LogReader<'a> {
    fn new(block: &'a [u8]) -> Self {
        LogReader {
            block,
            offset: 4,
            previous: 0xffff_ffff,
            crc: crc32(0xffff_ffff, block.get(..4).unwrap_or_default()),
            crc_before_data: 0,
            ended_at_commit: false,
            after_commit: false,
        }
    }

    fn next_tag(&mut self) -> Option<(Tag, &'a [u8])> {
        let data_at = self.offset.checked_add(4)?;
        let raw = self.block.get(self.offset..data_at)?;
        let tag = Tag(u32::from_be_bytes(raw.try_into().ok()?) ^ self.previous);
        if !tag.is_valid() {
            self.ended_at_commit = self.after_commit;
            return None;
        }
        let end = data_at.checked_add(tag.len())?;
        let data = self.block.get(data_at..end)?;
        self.crc_before_data = crc32(self.crc, raw);
        self.crc = crc32(self.crc_before_data, data);
        self.previous = tag.0;
        self.offset = end;
        self.after_commit = false;
        Some((tag, data))
    }

    fn finish_commit(&mut self, tag: Tag) {
        // The lowest chunk bit says what the valid bit of unwritten space looks like.
        self.previous ^= u32::from(tag.chunk() & 1) << 31;
        self.crc = 0xffff_ffff;
        self.after_commit = true;
    }
}

/// Builds the bytes of one commit.
pub(crate) struct LogWriter {
    pub bytes: Vec<u8>,
    /// Where `bytes` starts within the block.
    base: u32,
    previous: u32,
    crc: u32,
    /// Length of `bytes` that the check sum protects, the check sum included.
    pub checked: usize,
}

impl LogWriter {
    /// A commit appended to what `dir` has on disk.
    pub fn append_to(dir: &Metadata) -> Self {
        LogWriter { bytes: Vec::new(), base: dir.off, previous: dir.etag, crc: 0xffff_ffff, checked: 0 }
    }

    /// The first commit of a fresh block.
    pub fn fresh(rev: u32) -> Self {
        let bytes = rev.to_le_bytes().to_vec();
        let crc = crc32(0xffff_ffff, &bytes);
        LogWriter { bytes, base: 0, previous: 0xffff_ffff, crc, checked: 0 }
    }

    /// The offset in the block where the next tag goes.
    pub fn offset(&self) -> u32 {
        self.base.saturating_add(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX))
    }

    pub fn tag(&mut self, kind: u16, id: u16, data: &[u8]) {
        // Callers keep names within 255 and data within 1022 bytes, the format's limits.
        let tag = Tag::new(kind, id, u16::try_from(data.len()).unwrap_or(0x3fe).min(0x3fe));
        let raw = (tag.0 ^ self.previous).to_be_bytes();
        self.crc = crc32(crc32(self.crc, &raw), data);
        self.bytes.extend_from_slice(&raw);
        self.bytes.extend_from_slice(data);
        self.previous = tag.0;
    }

    pub fn content(&mut self, id: u16, content: &Content) {
        match content {
            Content::None => {}
            Content::Dir(pair) => self.tag(DIR_STRUCT, id, &pair_bytes(*pair)),
            Content::Inline(data) => self.tag(INLINE_STRUCT, id, data),
            Content::Blocks { head, size } => self.tag(CTZ_STRUCT, id, &pair_bytes([*head, *size])),
        }
    }

    pub fn tail(&mut self, tail: Pair, split: bool) {
        self.tag(SOFT_TAIL + u16::from(split), NONE_ID, &pair_bytes(tail));
    }

    pub fn changes(&mut self, changes: &[Change<'_>]) {
        for change in changes {
            match change {
                Change::Create { id, kind, name } => {
                    self.tag(CREATE, *id, &[]);
                    self.tag(*kind, *id, name);
                }
                Change::Delete { id } => self.tag(DELETE, *id, &[]),
                Change::SetContent { id, content } => self.content(*id, content),
                Change::SetAttr { id, kind, data } => {
                    self.tag(USER_ATTR + u16::from(*kind), *id, data);
                }
                Change::SetTail { tail, split } => self.tail(*tail, *split),
            }
        }
    }

    pub fn entries(&mut self, entries: &[Entry]) {
        for (id, entry) in entries.iter().enumerate() {
            entry.encode(u16::try_from(id).unwrap_or(NONE_ID), self);
        }
    }

    /// Where the commit will end once it is closed, if it fits into the block.
    pub fn end(&self, block_size: u32, program_size: u32) -> Option<u32> {
        let off = self.offset();
        if off > block_size.checked_sub(8)? {
            return None;
        }
        // Room for the forward check sum (12 bytes) and the commit's own (8), where the block has it.
        let end = off.saturating_add(20).min(block_size);
        let end = end.div_ceil(program_size).checked_mul(program_size)?;
        // A longer padding would need further commits; program units are limited so that it never does.
        (end <= block_size).then_some(end)
    }

    /// Closes the commit at `end`. `next` are the bytes of the following program unit as they are on the medium,
    /// if there is one. Returns the tag that the next commit continues from.
    pub fn close(&mut self, end: u32, next: Option<&[u8]>) -> u32 {
        let mut perturb = false;
        if let Some(next) = next {
            perturb = next.first().is_some_and(|byte| byte & 0x80 == 0);
            let mut data = [0; 8];
            data[..4].copy_from_slice(&u32::try_from(next.len()).unwrap_or(0).to_le_bytes());
            data[4..].copy_from_slice(&crc32(0xffff_ffff, next).to_le_bytes());
            self.tag(FORWARD_CRC, NONE_ID, &data);
        }
        let padding = end.saturating_sub(self.offset().saturating_add(4));
        let tag = Tag::new(CRC + u16::from(perturb), NONE_ID, u16::try_from(padding).unwrap_or(0x3fe));
        let raw = (tag.0 ^ self.previous).to_be_bytes();
        let crc = crc32(self.crc, &raw);
        self.bytes.extend_from_slice(&raw);
        self.bytes.extend_from_slice(&crc.to_le_bytes());
        self.checked = self.bytes.len();
        tag.0 ^ u32::from(perturb) << 31
    }
}
