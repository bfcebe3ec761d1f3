//! Tags, check sums, block pairs and global state: the smallest pieces of the LittleFS v2 format (SPEC.md of the
//! littlefs project).

/// A metadata pair: the numbers of two blocks, the first of them the current one.
pub(crate) type Pair = [u32; 2];

/// The "no block" number.
pub(crate) const NULL_BLOCK: u32 = 0xffff_ffff;
/// The "no pair" value, which ends the list of metadata pairs.
pub(crate) const NULL_PAIR: Pair = [NULL_BLOCK; 2];
/// Where every file system starts.
pub(crate) const SUPERBLOCK_PAIR: Pair = [0, 1];

/// The id of a tag that belongs to no entry, and the length of a tag that says "deleted".
pub(crate) const NONE_ID: u16 = 0x3ff;

// Tag types, 11 bits.
pub(crate) const REG: u16 = 0x001;
pub(crate) const DIR: u16 = 0x002;
pub(crate) const SUPERBLOCK: u16 = 0x0ff;
pub(crate) const DIR_STRUCT: u16 = 0x200;
pub(crate) const INLINE_STRUCT: u16 = 0x201;
pub(crate) const CTZ_STRUCT: u16 = 0x202;
pub(crate) const USER_ATTR: u16 = 0x300;
pub(crate) const CREATE: u16 = 0x401;
pub(crate) const DELETE: u16 = 0x4ff;
pub(crate) const CRC: u16 = 0x500;
pub(crate) const FORWARD_CRC: u16 = 0x5ff;
pub(crate) const SOFT_TAIL: u16 = 0x600;
pub(crate) const MOVE_STATE: u16 = 0x7ff;

/// A tag as it is after the XOR with its predecessor: validity, type, id and length in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(pub u32);

impl Tag {
    pub fn new(kind: u16, id: u16, len: u16) -> Self {
        Tag(u32::from(kind & 0x7ff) << 20 | u32::from(id & 0x3ff) << 10 | u32::from(len & 0x3ff))
    }

    /// The top bit is 0 in every tag that was written.
    pub fn is_valid(self) -> bool {
        self.0 >> 31 == 0
    }

    pub fn kind(self) -> u16 {
        (self.0 >> 20 & 0x7ff) as u16
    }

    /// The abstract type: name, struct, user attribute, splice, CRC, tail or global state.
    pub fn family(self) -> u16 {
        self.kind() & 0x700
    }

    pub fn chunk(self) -> u8 {
        (self.kind() & 0xff) as u8
    }

    pub fn id(self) -> u16 {
        (self.0 >> 10 & 0x3ff) as u16
    }

    /// A tag that takes an attribute or struct away and has no data.
    pub fn is_delete(self) -> bool {
        self.0 & 0x3ff == 0x3ff
    }

    /// Bytes of data after the tag.
    pub fn len(self) -> usize {
        if self.is_delete() { 0 } else { (self.0 & 0x3ff) as usize }
    }

    pub fn is_commit_crc(self) -> bool {
        self.kind() & 0x780 == CRC
    }
}

/// CRC-32 with the reflected polynomial 0x04c11db7, started at 0xffffffff, without a final XOR.
pub(crate) fn crc32(mut crc: u32, data: &[u8]) -> u32 {
    for &byte in data {
        crc = crc >> 4 ^ NIBBLES[((crc ^ u32::from(byte)) & 0xf) as usize];
        crc = crc >> 4 ^ NIBBLES[((crc ^ u32::from(byte) >> 4) & 0xf) as usize];
    }
    crc
}

/// The check sum of each nibble: 64 bytes of flash instead of 1 KB.
const NIBBLES: [u32; 16] = {
    let mut table = [0; 16];
    let mut at = 0;
    while at < 16 {
        let mut crc = at as u32;
        let mut bit = 0;
        while bit < 4 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
};

/// The little-endian word at `offset`.
pub(crate) fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    let end = offset.checked_add(4)?;
    let word: [u8; 4] = bytes.get(offset..end)?.try_into().ok()?;
    Some(u32::from_le_bytes(word))
}

/// Two little-endian words.
pub(crate) fn pair_at(bytes: &[u8], offset: usize) -> Option<Pair> {
    Some([word(bytes, offset)?, word(bytes, offset.checked_add(4)?)?])
}

pub(crate) fn pair_bytes(pair: Pair) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&pair[0].to_le_bytes());
    bytes[4..].copy_from_slice(&pair[1].to_le_bytes());
    bytes
}

/// The list of metadata pairs ends here.
pub(crate) fn is_null(pair: Pair) -> bool {
    pair[0] == NULL_BLOCK || pair[1] == NULL_BLOCK
}

/// Whether two pairs name the same metadata: one common block is enough, since a move replaces one at a time.
pub(crate) fn overlap(a: Pair, b: Pair) -> bool {
    a[0] == b[0] || a[1] == b[1] || a[0] == b[1] || a[1] == b[0]
}

/// Whether two pairs name the same two blocks, in any order.
pub(crate) fn same_blocks(a: Pair, b: Pair) -> bool {
    a == b || a == [b[1], b[0]]
}

/// State of the whole file system, kept as the XOR over all metadata pairs so that any commit can change it:
/// a move under way, and whether there may be orphaned directories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GlobalState {
    tag: u32,
    pair: Pair,
}

const ORPHANS: u32 = 1 << 31;
const MOVE_BITS: u32 = 0x7fff_fc00;

impl GlobalState {
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(GlobalState { tag: word(bytes, 0)?, pair: pair_at(bytes, 4)? })
    }

    pub fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&self.tag.to_le_bytes());
        bytes[4..].copy_from_slice(&pair_bytes(self.pair));
        bytes
    }

    pub fn xor(self, other: Self) -> Self {
        GlobalState { tag: self.tag ^ other.tag, pair: [self.pair[0] ^ other.pair[0], self.pair[1] ^ other.pair[1]] }
    }

    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// The low ten bits mean nothing on disk.
    pub fn on_disk(self) -> Self {
        GlobalState { tag: self.tag & (ORPHANS | MOVE_BITS), ..self }
    }

    pub fn has_orphans(self) -> bool {
        self.tag & ORPHANS != 0
    }

    pub fn set_orphans(&mut self, orphans: bool) {
        self.tag = self.tag & !ORPHANS | if orphans { ORPHANS } else { 0 };
    }

    /// The entry that was moved elsewhere and must no longer be seen at its old place.
    pub fn moved(self) -> Option<(Pair, u16)> {
        let tag = Tag(self.tag & MOVE_BITS);
        (tag.family() != 0).then_some((self.pair, tag.id()))
    }

    /// The id of the moved entry, if its old place is in this pair.
    pub fn moved_from(self, pair: Pair) -> Option<u16> {
        self.moved().filter(|(from, _)| overlap(*from, pair)).map(|(_, id)| id)
    }

    pub fn set_move(&mut self, moved: Option<(Pair, u16)>) {
        let orphans = self.tag & ORPHANS;
        *self = match moved {
            Some((pair, id)) => GlobalState { tag: orphans | Tag::new(DELETE, id, 0).0, pair },
            None => GlobalState { tag: orphans, pair: [0, 0] },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_check_value() {
        // The CRC-32 check value, without its final XOR.
        assert_eq!(!crc32(0xffff_ffff, b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn tag_fields() {
        let tag = Tag::new(INLINE_STRUCT, 5, 24);
        assert_eq!((tag.kind(), tag.id(), tag.len()), (INLINE_STRUCT, 5, 24));
        assert!(tag.is_valid() && !tag.is_delete());
        assert!(Tag::new(USER_ATTR + 1, 5, NONE_ID).is_delete());
        assert!(Tag::new(CRC + 1, NONE_ID, 8).is_commit_crc());
        assert!(!Tag::new(FORWARD_CRC, NONE_ID, 8).is_commit_crc());
    }

    #[test]
    fn global_state_keeps_moves_and_orphans_apart() {
        let mut state = GlobalState::default();
        state.set_orphans(true);
        state.set_move(Some(([4, 5], 7)));
        assert_eq!(state.moved_from([9, 4]), Some(7));
        assert_eq!(state.moved_from([9, 8]), None);
        state.set_move(None);
        assert!(state.has_orphans() && state.moved().is_none());
        state.set_orphans(false);
        assert!(state.is_zero());
    }
}
