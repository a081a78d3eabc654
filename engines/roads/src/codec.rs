//! The compact file form of a network: what the server stores after an import and loads at start.
//!
//! `SHRD`, version, then varint sections (names, nodes, edges, areas, turn bans) with coordinates as zigzag deltas on the 1e-7
//! degree grain, then the CRC-32 of everything before it. Lengths and indices are checked against the bytes that are
//! really there, so a broken or hostile file ends in a [`DecodeError`], never in a large allocation.

use shouhu_place::Wgs84;

use crate::access::{Access, DirectedEdge, TurnBan, VehicleSet};
use crate::geo::{from_grains, grains};
use crate::network::{Area, AreaKind, EdgeSpec, NetworkBuilder, NetworkError, NodeId, RoadClass, RoadNetwork};
use crate::protobuf::{Reader, WireError, write_varint, zigzag};

const MAGIC: &[u8; 4] = b"SHRD";
/// Version 2 added who may use an edge, roundabouts and turn bans; version 1 is still read.
const VERSION: u8 = 2;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DecodeError {
    #[error("these are not the bytes of a road network")]
    NotANetwork,
    #[error("road network version {found} was written by a newer program; this one reads version {VERSION}")]
    NewerVersion { found: u8 },
    #[error("the checksum does not fit: the file was cut or changed")]
    Damaged,
    #[error("the network breaks off or is inconsistent at byte {at}")]
    Malformed { at: usize },
    #[error("the network is inconsistent at byte {at}: {reason}")]
    Inconsistent { at: usize, reason: NetworkError },
}

impl From<WireError> for DecodeError {
    fn from(error: WireError) -> Self {
        Self::Malformed { at: error.at }
    }
}

impl RoadNetwork {
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.nodes().len() * 6 + self.edges().len() * 24);
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        write_varint(&mut out, self.names().len() as u64);
        for name in self.names() {
            write_text(&mut out, name);
        }
        write_places(&mut out, self.nodes());
        write_varint(&mut out, self.edges().len() as u64);
        for edge in self.edges() {
            write_varint(&mut out, u64::from(edge.from.0));
            write_varint(&mut out, u64::from(edge.to.0));
            let unusual = edge.access.bits() ^ Access::usual(edge.class, edge.one_way).bits();
            let signs = u64::from(edge.one_way) << 4 | u64::from(edge.is_roundabout) << 5 | u64::from(unusual) << 6;
            write_varint(&mut out, edge.class as u64 | signs);
            write_varint(&mut out, u64::from(edge.speed_kmh));
            write_varint(&mut out, Self::name_index(edge).map_or(0, |index| u64::from(index) + 1));
            write_places(&mut out, self.polyline(edge));
        }
        write_varint(&mut out, self.areas().len() as u64);
        for area in self.areas() {
            write_varint(&mut out, area.kind as u64);
            write_text(&mut out, area.name.as_deref().unwrap_or_default());
            write_varint(&mut out, area.rings.len() as u64);
            for ring in &area.rings {
                write_places(&mut out, ring);
            }
        }
        write_varint(&mut out, self.turn_bans().len() as u64);
        for ban in self.turn_bans() {
            write_varint(&mut out, u64::from(ban.vehicles.bits()));
            write_varint(&mut out, ban.path.len() as u64);
            for road in &ban.path {
                write_varint(&mut out, u64::from(road.number()));
            }
        }
        let sum = crc32fast::hash(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    /// # Errors
    /// When the bytes are not a network of a version that this program knows, whole and consistent.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let body = bytes.strip_prefix(MAGIC).ok_or(DecodeError::NotANetwork)?;
        let (version, _) = body.split_first().ok_or(DecodeError::Damaged)?;
        if *version > VERSION {
            return Err(DecodeError::NewerVersion { found: *version });
        }
        let (signed, sum) = bytes.split_last_chunk::<4>().ok_or(DecodeError::Damaged)?;
        if *version == 0 || crc32fast::hash(signed).to_le_bytes() != *sum {
            return Err(DecodeError::Damaged);
        }
        let content = signed.get(MAGIC.len() + 1..).ok_or(DecodeError::Damaged)?;
        Decoder { version: *version, reader: Reader::new(content), builder: NetworkBuilder::new() }.network()
    }
}

struct Decoder<'a> {
    version: u8,
    reader: Reader<'a>,
    builder: NetworkBuilder,
}

impl Decoder<'_> {
    fn network(mut self) -> Result<RoadNetwork, DecodeError> {
        let mut names = Vec::new();
        for _ in 0..self.count()? {
            names.push(self.text()?);
        }
        for place in self.places()? {
            let at = self.reader.at();
            self.builder.node(place).map_err(|reason| DecodeError::Inconsistent { at, reason })?;
        }
        for _ in 0..self.count()? {
            self.edge(&names)?;
        }
        for _ in 0..self.count()? {
            self.area()?;
        }
        if self.version >= 2 {
            for _ in 0..self.count()? {
                self.turn_ban()?;
            }
        }
        if self.reader.is_at_end() { Ok(self.builder.build()) } else { Err(self.malformed()) }
    }

    fn edge(&mut self, names: &[String]) -> Result<(), DecodeError> {
        let (from, to) = (self.node_id()?, self.node_id()?);
        let flags = self.reader.varint()?;
        let class = usize::try_from(flags & 0xf).ok().and_then(|index| RoadClass::ALL.get(index));
        let class = *class.ok_or_else(|| self.malformed())?;
        let speed_kmh = u8::try_from(self.reader.varint()?).map_err(|_| self.malformed())?;
        let name = match self.reader.varint()? {
            0 => None,
            index => {
                let name = usize::try_from(index - 1).ok().and_then(|index| names.get(index));
                Some(name.ok_or_else(|| self.malformed())?.as_str())
            }
        };
        let polyline = self.places()?;
        let via = polyline.get(1..polyline.len().saturating_sub(1)).ok_or_else(|| self.malformed())?;
        let (one_way, is_roundabout) = (flags & 0x10 != 0, flags & 0x20 != 0);
        let unusual = u8::try_from(flags >> 6).map_err(|_| self.malformed())?;
        let access = Access::from_bits(Access::usual(class, one_way).bits() ^ unusual).ok_or_else(|| self.malformed())?;
        let spec = EdgeSpec { class, speed_kmh, one_way, access: Some(access), is_roundabout, name };
        let at = self.reader.at();
        self.builder.edge(from, to, via, spec).map_err(|reason| DecodeError::Inconsistent { at, reason })?;
        Ok(())
    }

    fn area(&mut self) -> Result<(), DecodeError> {
        let kind = match self.reader.varint()? {
            0 => AreaKind::Water,
            1 => AreaKind::Park,
            2 => AreaKind::BuiltUp,
            _ => return Err(self.malformed()),
        };
        let name = Some(self.text()?).filter(|name| !name.is_empty());
        let mut rings = Vec::new();
        for _ in 0..self.count()? {
            rings.push(self.places()?);
        }
        let at = self.reader.at();
        self.builder.area(Area { kind, name, rings }).map_err(|reason| DecodeError::Inconsistent { at, reason })
    }

    fn turn_ban(&mut self) -> Result<(), DecodeError> {
        let vehicles = u8::try_from(self.reader.varint()?).ok().and_then(VehicleSet::from_bits);
        let vehicles = vehicles.ok_or_else(|| self.malformed())?;
        let mut path = Vec::new();
        for _ in 0..self.count()? {
            let number = u32::try_from(self.reader.varint()?).map_err(|_| self.malformed())?;
            path.push(DirectedEdge::numbered(number));
        }
        let at = self.reader.at();
        self.builder.turn_ban(TurnBan { path, vehicles }).map_err(|reason| DecodeError::Inconsistent { at, reason })
    }

    /// How many items follow; each takes at least one byte, so more than the bytes left is a lie.
    fn count(&mut self) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.reader.varint()?).map_err(|_| self.malformed())?;
        if count <= self.reader.remaining() { Ok(count) } else { Err(self.malformed()) }
    }

    fn node_id(&mut self) -> Result<NodeId, DecodeError> {
        u32::try_from(self.reader.varint()?).map(NodeId).map_err(|_| self.malformed())
    }

    fn text(&mut self) -> Result<String, DecodeError> {
        let length = self.count()?;
        let bytes = self.reader.take(length)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.malformed())
    }

    fn places(&mut self) -> Result<Vec<Wgs84>, DecodeError> {
        let count = self.count()?;
        let mut places = Vec::with_capacity(count);
        let (mut lon, mut lat) = (0i64, 0i64);
        for _ in 0..count {
            lon = lon.wrapping_add(self.reader.zigzag()?);
            lat = lat.wrapping_add(self.reader.zigzag()?);
            places.push(from_grains(lon, lat));
        }
        Ok(places)
    }

    fn malformed(&self) -> DecodeError {
        DecodeError::Malformed { at: self.reader.at() }
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn write_places(out: &mut Vec<u8>, places: &[Wgs84]) {
    write_varint(out, places.len() as u64);
    let (mut lon, mut lat) = (0, 0);
    for place in places {
        let (next_lon, next_lat) = grains(*place);
        write_varint(out, zigzag(next_lon - lon));
        write_varint(out, zigzag(next_lat - lat));
        (lon, lat) = (next_lon, next_lat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::VehicleClass;
    use crate::city::{CitySize, demo_city};
    use proptest::prelude::*;

    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        let sum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    #[test]
    fn a_city_comes_back_as_it_was() {
        let city = demo_city(7, CitySize::Town);
        assert_eq!(RoadNetwork::from_bytes(&city.to_bytes()).as_ref(), Ok(&city));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let bytes = demo_city(7, CitySize::Town).to_bytes();
        for end in (0..bytes.len()).step_by(997) {
            assert!(bytes.get(..end).is_some_and(|cut| RoadNetwork::from_bytes(cut).is_err()), "cut at {end}");
        }
    }

    /// Two nodes, one one-way primary road between them at 50 km/h, as version 1 wrote it.
    #[test]
    fn a_file_of_the_first_version_is_still_read() {
        let places = [Wgs84 { lon: 120.2, lat: 23.0 }, Wgs84 { lon: 120.21, lat: 23.0 }];
        let mut bytes = b"SHRD\x01".to_vec();
        bytes.push(1);
        write_text(&mut bytes, "民生路");
        write_places(&mut bytes, &places);
        bytes.extend_from_slice(&[1, 0, 1, 2 | 1 << 4, 50, 1]);
        write_places(&mut bytes, &places);
        bytes.push(0);
        let read = RoadNetwork::from_bytes(&sealed(bytes)).unwrap_or_else(|error| panic!("{error}"));
        let edge = read.edges().first().unwrap_or_else(|| panic!("one edge"));
        assert_eq!((edge.one_way, edge.access, read.name(edge)), (true, Access::usual(RoadClass::Primary, true), Some("民生路")));
        assert_eq!(RoadNetwork::from_bytes(&read.to_bytes()), Ok(read));
    }

    #[test]
    fn bans_roundabouts_and_rights_come_back_as_they_were() {
        let mut builder = NetworkBuilder::new();
        let ids: Vec<NodeId> = [(120.2, 23.0), (120.21, 23.0), (120.21, 23.01)]
            .iter()
            .filter_map(|(lon, lat)| builder.node(Wgs84 { lon: *lon, lat: *lat }).ok())
            .collect();
        let [a, b, c] = ids[..] else { panic!("three nodes") };
        let access = Access::usual(RoadClass::Primary, true).with(VehicleClass::Motorcycle, false, true);
        let spec = EdgeSpec { one_way: true, access: Some(access), is_roundabout: true, ..EdgeSpec::of_class(RoadClass::Primary) };
        let (Ok(first), Ok(second)) = (builder.edge(a, b, &[], spec), builder.edge(b, c, &[], spec)) else { panic!("two roads") };
        let path = [first, second].map(|edge| DirectedEdge { edge, is_forward: true }).to_vec();
        assert!(builder.turn_ban(TurnBan { path: path.clone(), vehicles: VehicleSet::MOTOR }).is_ok());
        let turned = path.iter().rev().copied().collect();
        assert!(builder.turn_ban(TurnBan { path: turned, vehicles: VehicleSet::MOTOR }).is_err());
        let network = builder.build();
        assert_eq!(RoadNetwork::from_bytes(&network.to_bytes()), Ok(network));
    }

    #[test]
    fn a_newer_version_is_named() {
        let refused = RoadNetwork::from_bytes(&sealed(b"SHRD\x09".to_vec()));
        assert_eq!(refused, Err(DecodeError::NewerVersion { found: 9 }));
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_network_or_an_error(content: Vec<u8>) {
            let mut bytes = b"SHRD\x02".to_vec();
            bytes.extend_from_slice(&content);
            if let Ok(network) = RoadNetwork::from_bytes(&sealed(bytes)) {
                prop_assert_eq!(RoadNetwork::from_bytes(&network.to_bytes()), Ok(network));
            }
        }

        #[test]
        fn a_changed_byte_gives_a_network_or_an_error(at in 5usize..40_000, to: u8) {
            let mut bytes = demo_city(3, CitySize::Town).to_bytes();
            bytes.truncate(bytes.len() - 4);
            let at = at % bytes.len();
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            if let Ok(network) = RoadNetwork::from_bytes(&sealed(bytes)) {
                prop_assert_eq!(RoadNetwork::from_bytes(&network.to_bytes()), Ok(network));
            }
        }
    }
}
