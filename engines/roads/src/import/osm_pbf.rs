//! OpenStreetMap PBF, read twice: first the ways, then only the nodes that they use, so that a whole country's file
//! needs memory for its roads and not for its houses.

use shouhu_place::Wgs84;

use super::bans::{Member, MemberKind};
use super::osm::{Collector, Tags};
use super::report::{ImportError, Ledger};
use crate::network::RoadNetwork;
use crate::protobuf::{Reader, Value, WireError, unzigzag};

/// Limits of the format's own specification.
const BLOB_HEADER_MAX: usize = 64 << 10;
const BLOB_MAX: usize = 32 << 20;

const KNOWN_FEATURES: [&str; 3] = ["OsmSchema-V0.6", "DenseNodes", "HistoricalInformation"];

/// Coordinates in a file are nanodegrees.
const NANO: f64 = 1e-9;

pub(super) fn read(bytes: &[u8], ledger: &mut Ledger) -> Result<RoadNetwork, ImportError> {
    let mut collector = Collector::default();
    let mut node_count = 0u64;
    blocks(bytes, |block| {
        let block = Block::parse(block)?;
        for group in &block.groups {
            node_count += block.ways_of(group, &mut collector, ledger)?;
        }
        Ok(())
    })?;
    ledger.saw("nodes", node_count);
    let wanted = collector.wanted_nodes();
    if wanted.len() > ledger.points_max {
        return Err(ImportError::TooManyPoints { points_max: ledger.points_max });
    }
    let mut nodes = Vec::with_capacity(wanted.len());
    blocks(bytes, |block| {
        let block = Block::parse(block)?;
        for group in &block.groups {
            block.nodes_of(group, |id, place| {
                if wanted.binary_search(&id).is_ok() {
                    nodes.push((id, place));
                }
            })?;
        }
        Ok(())
    })?;
    nodes.sort_by_key(|(id, _)| *id);
    nodes.dedup_by_key(|(id, _)| *id);
    collector.finish(&nodes, ledger)
}

/// Unpacks one data block after another.
fn blocks(bytes: &[u8], mut each: impl FnMut(&[u8]) -> Result<(), BlockError>) -> Result<(), ImportError> {
    let mut file = Reader::new(bytes);
    while !file.is_at_end() {
        let at = file.at() as u64;
        let cut = |_: WireError| ImportError::CutShort { at, missing: "the rest of a block" };
        let damaged = |what: &str| ImportError::Malformed { at: format!("byte {at}"), what: what.to_owned() };
        let length = file.take(4).map_err(cut)?;
        let length = length.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        if length > BLOB_HEADER_MAX {
            return Err(damaged("a block header larger than the format allows"));
        }
        let header = file.take(length).map_err(cut)?;
        let (kind, size) = blob_header(header).map_err(|_| damaged("an unreadable block header"))?;
        if size > BLOB_MAX {
            return Err(damaged("a block larger than the format allows"));
        }
        let blob = file.take(size).map_err(cut)?;
        let content = unpack(blob).map_err(|error| error.at(at))?;
        match kind {
            b"OSMHeader" => check_features(&content).map_err(|error| error.at(at))?,
            b"OSMData" => each(&content).map_err(|error| error.at(at))?,
            _ => {}
        }
    }
    Ok(())
}

#[derive(Debug)]
enum BlockError {
    Wire,
    Deflate,
    Text,
    Unsupported(String),
    Import(ImportError),
}

impl From<WireError> for BlockError {
    fn from(_: WireError) -> Self {
        Self::Wire
    }
}

impl BlockError {
    fn at(self, byte: u64) -> ImportError {
        let what = match self {
            Self::Wire => "a block that breaks the format",
            Self::Deflate => "a block that does not unpack",
            Self::Text => "a block whose texts are missing or no UTF-8",
            Self::Unsupported(feature) => return ImportError::Unsupported { feature },
            Self::Import(error) => return error,
        };
        ImportError::Malformed { at: format!("the block at byte {byte}"), what: what.to_owned() }
    }
}

fn blob_header(bytes: &[u8]) -> Result<(&[u8], usize), WireError> {
    let (mut kind, mut size): (&[u8], _) = (&[], None);
    let mut header = Reader::new(bytes);
    while let Some(field) = header.field()? {
        match field {
            (1, Value::Bytes(name)) => kind = name,
            (3, Value::Varint(length)) => size = usize::try_from(length).ok(),
            _ => {}
        }
    }
    size.map(|size| (kind, size)).ok_or(WireError { at: 0 })
}

fn unpack(blob: &[u8]) -> Result<Vec<u8>, BlockError> {
    let mut fields = Reader::new(blob);
    while let Some(field) = fields.field()? {
        match field {
            (1, Value::Bytes(raw)) => return Ok(raw.to_vec()),
            (3, Value::Bytes(packed)) => {
                return miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, BLOB_MAX)
                    .map_err(|_| BlockError::Deflate);
            }
            (4..=7, Value::Bytes(_)) => {
                return Err(BlockError::Unsupported("PBF blocks packed otherwise than with zlib".to_owned()));
            }
            _ => {}
        }
    }
    Err(BlockError::Wire)
}

fn check_features(header: &[u8]) -> Result<(), BlockError> {
    let mut fields = Reader::new(header);
    while let Some(field) = fields.field()? {
        if let (4, Value::Bytes(feature)) = field {
            let feature = String::from_utf8_lossy(feature);
            if !KNOWN_FEATURES.contains(&feature.as_ref()) {
                return Err(BlockError::Unsupported(format!("the PBF feature {feature:?}")));
            }
        }
    }
    Ok(())
}

struct Block<'a> {
    texts: Vec<&'a str>,
    groups: Vec<&'a [u8]>,
    granularity: i64,
    lat_offset: i64,
    lon_offset: i64,
}

impl<'a> Block<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, BlockError> {
        let mut block = Self { texts: Vec::new(), groups: Vec::new(), granularity: 100, lat_offset: 0, lon_offset: 0 };
        let mut fields = Reader::new(bytes);
        while let Some(field) = fields.field()? {
            match field {
                (1, Value::Bytes(table)) => {
                    let mut table = Reader::new(table);
                    while let Some(entry) = table.field()? {
                        if let (1, Value::Bytes(text)) = entry {
                            block.texts.push(std::str::from_utf8(text).map_err(|_| BlockError::Text)?);
                        }
                    }
                }
                (2, Value::Bytes(group)) => block.groups.push(group),
                (17, Value::Varint(value)) => block.granularity = value.cast_signed(),
                (19, Value::Varint(value)) => block.lat_offset = value.cast_signed(),
                (20, Value::Varint(value)) => block.lon_offset = value.cast_signed(),
                _ => {}
            }
        }
        Ok(block)
    }

    /// Reads ways and relations; returns how many nodes the group holds.
    fn ways_of(&self, group: &[u8], collector: &mut Collector, ledger: &mut Ledger) -> Result<u64, BlockError> {
        let mut node_count = 0;
        let mut fields = Reader::new(group);
        while let Some(field) = fields.field()? {
            match field {
                (1, Value::Bytes(_)) => node_count += 1,
                (2, Value::Bytes(dense)) => node_count += self.dense(dense, |_, _| {})?,
                (3, Value::Bytes(way)) => {
                    ledger.saw("ways", 1);
                    let Element { id, tags, refs } = self.element(way)?;
                    if refs.len() > ledger.points_max {
                        let points_max = ledger.points_max;
                        return Err(BlockError::Import(ImportError::TooManyPoints { points_max }));
                    }
                    collector.way(id, refs, &Tags(&tags), ledger);
                }
                (4, Value::Bytes(relation)) => {
                    ledger.saw("relations", 1);
                    let (Element { id, tags, .. }, members) = (self.element(relation)?, self.members(relation)?);
                    collector.relation(id, &members, &Tags(&tags), ledger);
                }
                _ => {}
            }
        }
        Ok(node_count)
    }

    fn nodes_of(&self, group: &[u8], mut each: impl FnMut(i64, Wgs84)) -> Result<(), BlockError> {
        let mut fields = Reader::new(group);
        while let Some(field) = fields.field()? {
            match field {
                (1, Value::Bytes(node)) => {
                    let (mut id, mut lat, mut lon) = (0, 0, 0);
                    let mut node = Reader::new(node);
                    while let Some(field) = node.field()? {
                        match field {
                            (1, Value::Varint(value)) => id = unzigzag(value),
                            (8, Value::Varint(value)) => lat = unzigzag(value),
                            (9, Value::Varint(value)) => lon = unzigzag(value),
                            _ => {}
                        }
                    }
                    each(id, self.place(lon, lat));
                }
                (2, Value::Bytes(dense)) => {
                    self.dense(dense, &mut each)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn dense(&self, dense: &[u8], mut each: impl FnMut(i64, Wgs84)) -> Result<u64, BlockError> {
        let mut columns: [&[u8]; 3] = [&[]; 3];
        let [ids, lats, lons] = &mut columns;
        let mut fields = Reader::new(dense);
        while let Some(field) = fields.field()? {
            match field {
                (1, Value::Bytes(column)) => *ids = column,
                (8, Value::Bytes(column)) => *lats = column,
                (9, Value::Bytes(column)) => *lons = column,
                _ => {}
            }
        }
        let [mut ids, mut lats, mut lons] = columns.map(Reader::new);
        let (mut id, mut lat, mut lon, mut count) = (0i64, 0i64, 0i64, 0u64);
        while !ids.is_at_end() {
            id = id.wrapping_add(ids.zigzag()?);
            lat = lat.wrapping_add(lats.zigzag()?);
            lon = lon.wrapping_add(lons.zigzag()?);
            each(id, self.place(lon, lat));
            count += 1;
        }
        Ok(count)
    }

    fn place(&self, lon: i64, lat: i64) -> Wgs84 {
        #[expect(clippy::cast_precision_loss, reason = "nanodegrees of the globe are below 2^53")]
        let degrees = |offset: i64, value: i64| offset.wrapping_add(self.granularity.wrapping_mul(value)) as f64 * NANO;
        Wgs84 { lon: degrees(self.lon_offset, lon), lat: degrees(self.lat_offset, lat) }
    }

    fn element(&self, bytes: &[u8]) -> Result<Element<'a>, BlockError> {
        let mut element = Element { id: 0, tags: Vec::new(), refs: Vec::new() };
        let (mut keys, mut values): (&[u8], &[u8]) = (&[], &[]);
        let mut fields = Reader::new(bytes);
        while let Some(field) = fields.field()? {
            match field {
                (1, Value::Varint(id)) => element.id = id.cast_signed(),
                (2, Value::Bytes(column)) => keys = column,
                (3, Value::Bytes(column)) => values = column,
                // In a relation field 8 holds the members' roles, which `members` reads.
                (8, Value::Bytes(column)) => {
                    let mut refs = Reader::new(column);
                    let mut id = 0i64;
                    while !refs.is_at_end() {
                        id = id.wrapping_add(refs.zigzag()?);
                        element.refs.push(id);
                    }
                }
                _ => {}
            }
        }
        let (mut keys, mut values) = (Reader::new(keys), Reader::new(values));
        while !keys.is_at_end() {
            element.tags.push((self.text(keys.varint()?)?, self.text(values.varint()?)?));
        }
        Ok(element)
    }

    /// The members of a relation: three columns of equal length for roles, ids and kinds.
    fn members(&self, bytes: &[u8]) -> Result<Vec<Member>, BlockError> {
        let mut columns: [&[u8]; 3] = [&[]; 3];
        let [roles, ids, kinds] = &mut columns;
        let mut fields = Reader::new(bytes);
        while let Some(field) = fields.field()? {
            match field {
                (8, Value::Bytes(column)) => *roles = column,
                (9, Value::Bytes(column)) => *ids = column,
                (10, Value::Bytes(column)) => *kinds = column,
                _ => {}
            }
        }
        let [mut roles, mut ids, mut kinds] = columns.map(Reader::new);
        let (mut members, mut id) = (Vec::new(), 0i64);
        while !ids.is_at_end() {
            id = id.wrapping_add(ids.zigzag()?);
            let kind = match kinds.varint()? {
                0 => MemberKind::Node,
                1 => MemberKind::Way,
                _ => MemberKind::Relation,
            };
            members.push(Member { kind, id, role: self.text(roles.varint()?)?.to_owned() });
        }
        Ok(members)
    }

    fn text(&self, index: u64) -> Result<&'a str, BlockError> {
        let index = usize::try_from(index).map_err(|_| BlockError::Text)?;
        self.texts.get(index).copied().ok_or(BlockError::Text)
    }
}

struct Element<'a> {
    id: i64,
    tags: Vec<(&'a str, &'a str)>,
    refs: Vec<i64>,
}
