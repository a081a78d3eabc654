//! Tiles and entry bundles as C2SP tlog-tiles lays them out: 256 hashes wide, named by level and place.

use std::fmt;
use std::str::FromStr;

use crate::hash::{HASH_BYTES, Hash, root_of};
use crate::plan::Node;

/// Levels of the tree in one tile (fixed by the specification).
pub const TILE_HEIGHT: u32 = 8;
/// Hashes of a full tile.
pub const TILE_HASHES: usize = 1 << TILE_HEIGHT;
/// Levels of tiles that a path may name (fixed by the specification).
const LEVEL_MAX: u8 = 63;

/// Which tile, however full it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 holds leaf hashes; each higher level holds the roots of the full tiles below.
    pub level: u8,
    pub index: u64,
}

impl TileId {
    /// Hashes that this tile has in a tree of a size; 0 when it does not exist yet.
    #[must_use]
    pub fn width_at(self, size: u64) -> usize {
        let hashes = size.checked_shr(u32::from(self.level) * TILE_HEIGHT).unwrap_or(0);
        let before = self.index.saturating_mul(TILE_HASHES as u64);
        usize::try_from(hashes.saturating_sub(before)).unwrap_or(usize::MAX).min(TILE_HASHES)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileKind {
    /// Hashes of a level.
    Hashes(u8),
    /// What was hashed into the leaves of level 0.
    Entries,
}

/// Name of a tile or bundle below a log's prefix: `tile/0/x001/x234/067`, `tile/entries/000.p/5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilePath {
    pub kind: TileKind,
    pub index: u64,
    /// 1 to 256; below 256 the path ends in `.p/<width>`.
    pub width: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    #[error("tile path {text:?} is not tile/<level or entries>/<index>[.p/<width>]")]
    Path { text: String },
    #[error("a tile of {bytes} bytes is not {expected} hashes of 32 bytes")]
    Length { bytes: usize, expected: usize },
    #[error("bundle breaks off in entry {entry}")]
    BundleCut { entry: usize },
    #[error("bundle has {found} entries instead of {expected}")]
    BundleLength { found: usize, expected: usize },
    #[error("entry {entry} has {bytes} bytes; a bundle holds at most 65535 of one")]
    EntryTooLong { entry: usize, bytes: usize },
}

impl TilePath {
    #[must_use]
    pub const fn of_tile(id: TileId, width: usize) -> Self {
        Self { kind: TileKind::Hashes(id.level), index: id.index, width }
    }

    #[must_use]
    pub const fn of_entries(index: u64, width: usize) -> Self {
        Self { kind: TileKind::Entries, index, width }
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}")?,
            TileKind::Entries => write!(f, "tile/entries")?,
        }
        let digits = self.index.to_string();
        let padded = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
        let mut groups = padded.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group)).peekable();
        while let Some(group) = groups.next() {
            write!(f, "/{}{group}", if groups.peek().is_some() { "x" } else { "" })?;
        }
        if self.width < TILE_HASHES {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for TilePath {
    type Err = TileError;

    fn from_str(text: &str) -> Result<Self, TileError> {
        let refused = || TileError::Path { text: text.chars().take(100).collect() };
        let rest = text.strip_prefix("tile/").ok_or_else(refused)?;
        let (level, rest) = rest.split_once('/').ok_or_else(refused)?;
        let kind = match level {
            "entries" => TileKind::Entries,
            digits => {
                let level: u8 = digits.parse().map_err(|_| refused())?;
                TileKind::Hashes(if level <= LEVEL_MAX { level } else { return Err(refused()) })
            }
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().map_err(|_| refused())?),
            None => (rest, TILE_HASHES),
        };
        let mut number: u64 = 0;
        for group in index.split('/') {
            let digits: u64 = group.trim_start_matches('x').parse().map_err(|_| refused())?;
            number = number.checked_mul(1000).and_then(|n| n.checked_add(digits)).ok_or_else(refused)?;
        }
        let path = Self { kind, index: number, width };
        // One name per tile: whatever does not come out as it went in had a sign, a zero or a width too many.
        if width == 0 || width > TILE_HASHES || path.to_string() != text { Err(refused()) } else { Ok(path) }
    }
}

/// Where a node lies: its tile, and which of the tile's hashes are its leaves (one, or a power of two below 256).
#[must_use]
pub fn node_in_tile(node: Node) -> (TileId, std::ops::Range<usize>) {
    let (level, inside) = (node.height / TILE_HEIGHT, node.height % TILE_HEIGHT);
    let first = node.index << inside;
    let start = usize::try_from(first % TILE_HASHES as u64).unwrap_or(0);
    (TileId { level: u8::try_from(level).unwrap_or(LEVEL_MAX), index: first / TILE_HASHES as u64 }, start..start + (1 << inside))
}

/// Hash of a node from the hashes of its tile; `None` when the tile does not reach that far.
pub(crate) fn node_hash_in(hashes: &[Hash], leaves: std::ops::Range<usize>) -> Option<Hash> {
    hashes.get(leaves).map(root_of)
}

/// # Errors
/// When the bytes are not `width` hashes.
pub fn parse_tile(bytes: &[u8], width: usize) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if hashes.len() != width || !rest.is_empty() {
        return Err(TileError::Length { bytes: bytes.len(), expected: width });
    }
    Ok(hashes.to_vec())
}

#[must_use]
pub fn write_tile(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

/// The entries of one level 0 tile. `None` stands for an entry that was erased or is withheld; it is written with length 0,
/// which no entry of ours has.
pub type Bundle = Vec<Option<Vec<u8>>>;

/// # Errors
/// When the bytes break off or hold another number of entries.
pub fn parse_bundle(mut bytes: &[u8], width: usize) -> Result<Bundle, TileError> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let cut = TileError::BundleCut { entry: entries.len() };
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(cut)?;
        entries.push((!entry.is_empty()).then(|| entry.to_vec()));
        bytes = rest;
    }
    if !bytes.is_empty() {
        return Err(TileError::BundleCut { entry: entries.len() });
    }
    if entries.len() != width {
        return Err(TileError::BundleLength { found: entries.len(), expected: width });
    }
    Ok(entries)
}

/// # Errors
/// When an entry is too long for its length field.
pub fn write_bundle(entries: &[Option<Vec<u8>>]) -> Result<Vec<u8>, TileError> {
    let mut bytes = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let entry = entry.as_deref().unwrap_or_default();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong { entry: number, bytes: entry.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_the_specifications_own() {
        // tlog-tiles, «Merkle Tree»: index 1234067 is x001/x234/067.
        for (path, text) in [
            (TilePath { kind: TileKind::Hashes(0), index: 1_234_067, width: 256 }, "tile/0/x001/x234/067"),
            (TilePath { kind: TileKind::Hashes(2), index: 0, width: 1 }, "tile/2/000.p/1"),
            (TilePath { kind: TileKind::Entries, index: 1_000, width: 255 }, "tile/entries/x001/000.p/255"),
        ] {
            assert_eq!(path.to_string(), text);
            assert_eq!(text.parse(), Ok(path));
        }
        for text in ["tile/0/67", "tile/0/x000/067", "tile/00/067", "tile/64/000", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/+01", ""] {
            assert!(text.parse::<TilePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn widths_are_the_specifications_own() {
        // tlog-tiles, «Partial Tiles»: a tree of 70,000 leaves; and one of 256.
        let width = |level, index, size| TileId { level, index }.width_at(size);
        assert_eq!([width(0, 272, 70_000), width(0, 273, 70_000), width(0, 274, 70_000)], [256, 112, 0]);
        assert_eq!([width(1, 0, 70_000), width(1, 1, 70_000), width(2, 0, 70_000), width(3, 0, 70_000)], [256, 17, 1, 0]);
        assert_eq!([width(0, 0, 256), width(0, 1, 256), width(1, 0, 256)], [256, 0, 1]);
    }

    proptest! {
        #[test]
        fn a_path_comes_back(level in 0_u8..=63, index: u64, width in 1_usize..=256) {
            let path = TilePath { kind: TileKind::Hashes(level), index, width };
            prop_assert_eq!(path.to_string().parse::<TilePath>(), Ok(path));
        }

        #[test]
        fn rubbish_is_no_tile_and_no_panic(text in ".{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..600), width in 0_usize..20) {
            let _ = text.parse::<TilePath>();
            let _ = parse_tile(&bytes, width);
            if let Ok(bundle) = parse_bundle(&bytes, width) {
                prop_assert_eq!(write_bundle(&bundle), Ok(bytes));
            }
        }

        #[test]
        fn a_bundle_comes_back_and_a_cut_one_does_not(entries in proptest::collection::vec(proptest::option::of(proptest::collection::vec(any::<u8>(), 1..50)), 1..20), cut in 1_usize..10) {
            let bytes = write_bundle(&entries).unwrap_or_default();
            prop_assert_eq!(parse_bundle(&bytes, entries.len()), Ok(entries.clone()));
            let short = bytes.get(..bytes.len().saturating_sub(cut)).unwrap_or_default();
            prop_assert!(parse_bundle(short, entries.len()).is_err());
        }
    }
}
