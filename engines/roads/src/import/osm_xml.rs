//! OpenStreetMap XML (`.osm`), as Overpass, JOSM and osmium write it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use shouhu_place::Wgs84;

use super::bans::{Member, MemberKind};
use super::osm::{Collector, Tags};
use super::report::{ImportError, Ledger, Reason};
use super::text;
use crate::network::RoadNetwork;

/// The element being read.
#[derive(Debug)]
enum Open {
    Way { id: i64, refs: Vec<i64>, tags: Vec<(String, String)> },
    Relation { id: i64, members: Vec<Member>, tags: Vec<(String, String)> },
}

pub(super) fn read(bytes: &[u8], ledger: &mut Ledger) -> Result<RoadNetwork, ImportError> {
    let text = text::decode(bytes, ledger)?;
    let mut reader = Reader::from_str(&text);
    let mut collector = Collector::default();
    let mut nodes: Vec<(i64, Wgs84)> = Vec::new();
    let mut open: Option<Open> = None;
    let mut is_closed = false;
    loop {
        let at = reader.buffer_position();
        match reader.read_event() {
            Ok(Event::Start(tag)) => open = start(&tag, at, open, &mut nodes, ledger)?,
            Ok(Event::Empty(tag)) => {
                let name = tag.name();
                if matches!(name.as_ref(), "way" | "relation") {
                    let element = start(&tag, at, None, &mut nodes, ledger)?;
                    close(element, &mut collector, ledger);
                } else {
                    open = start(&tag, at, open, &mut nodes, ledger)?;
                }
            }
            Ok(Event::End(tag)) => match tag.name().as_ref() {
                "way" | "relation" => close(open.take(), &mut collector, ledger),
                "osm" => is_closed = true,
                _ => {}
            },
            Ok(Event::Eof) if is_closed => break,
            Ok(Event::Eof) => return Err(ImportError::CutShort { at, missing: "the closing </osm>" }),
            Ok(_) => {}
            Err(quick_xml::Error::Syntax(_)) => {
                return Err(ImportError::CutShort { at, missing: "the end of an element" });
            }
            Err(error) => {
                let at = format!("byte {}", reader.error_position());
                return Err(ImportError::Malformed { at, what: error.to_string() });
            }
        }
    }
    nodes.sort_by_key(|(id, _)| *id);
    nodes.dedup_by_key(|(id, _)| *id);
    collector.finish(&nodes, ledger)
}

fn start(
    tag: &BytesStart<'_>,
    at: u64,
    mut open: Option<Open>,
    nodes: &mut Vec<(i64, Wgs84)>,
    ledger: &mut Ledger,
) -> Result<Option<Open>, ImportError> {
    match tag.name().as_ref() {
        "node" => {
            ledger.saw("nodes", 1);
            let [id, lon, lat] = attributes(tag, at, ["id", "lon", "lat"])?;
            if nodes.len() >= ledger.points_max {
                return Err(ImportError::TooManyPoints { points_max: ledger.points_max });
            }
            match (number(id.as_deref()), number(lon.as_deref()), number(lat.as_deref())) {
                (Some(id), Some(lon), Some(lat)) => nodes.push((id, Wgs84 { lon, lat })),
                _ => ledger.note(Reason::WrongCoordinate, &format!("byte {at}"), || "a node without id or place".into()),
            }
            Ok(None)
        }
        kind @ ("way" | "relation") => {
            let is_way = kind == "way";
            ledger.saw(if is_way { "ways" } else { "relations" }, 1);
            let [id, action] = attributes(tag, at, ["id", "action"])?;
            let id = number(id.as_deref()).unwrap_or_default();
            if action.as_deref() == Some("delete") {
                ledger.note(Reason::Deleted, &format!("{kind} {id}"), || "marked as deleted by its editor".into());
                return Ok(None);
            }
            let tags = Vec::new();
            Ok(Some(if is_way { Open::Way { id, refs: Vec::new(), tags } } else { Open::Relation { id, members: Vec::new(), tags } }))
        }
        "nd" => {
            let [reference] = attributes(tag, at, ["ref"])?;
            if let (Some(Open::Way { refs, .. }), Some(id)) = (&mut open, number(reference.as_deref())) {
                refs.push(id);
            }
            Ok(open)
        }
        "member" => {
            let [kind, reference, role] = attributes(tag, at, ["type", "ref", "role"])?;
            let kind = match kind.as_deref() {
                Some("node") => MemberKind::Node,
                Some("way") => MemberKind::Way,
                _ => MemberKind::Relation,
            };
            if let (Some(Open::Relation { members, .. }), Some(id)) = (&mut open, number(reference.as_deref())) {
                members.push(Member { kind, id, role: role.unwrap_or_default() });
            }
            Ok(open)
        }
        "tag" => {
            if let Some(Open::Way { tags, .. } | Open::Relation { tags, .. }) = &mut open {
                let [key, value] = attributes(tag, at, ["k", "v"])?;
                tags.push((key.unwrap_or_default(), value.unwrap_or_default()));
            }
            Ok(open)
        }
        _ => Ok(open),
    }
}

fn close(open: Option<Open>, collector: &mut Collector, ledger: &mut Ledger) {
    fn borrowed(tags: &[(String, String)]) -> Vec<(&str, &str)> {
        tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }
    match open {
        Some(Open::Way { id, refs, tags }) => collector.way(id, refs, &Tags(&borrowed(&tags)), ledger),
        Some(Open::Relation { id, members, tags }) => collector.relation(id, &members, &Tags(&borrowed(&tags)), ledger),
        None => {}
    }
}

fn attributes<const N: usize>(tag: &BytesStart<'_>, at: u64, wanted: [&str; N]) -> Result<[Option<String>; N], ImportError> {
    let malformed = |what: String| ImportError::Malformed { at: format!("byte {at}"), what };
    let mut found = [const { None }; N];
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
        for (key, slot) in wanted.iter().zip(&mut found) {
            if attribute.key.as_ref() == *key {
                let value = attribute
                    .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                    .map_err(|error| malformed(error.to_string()))?;
                *slot = Some(value.into_owned());
            }
        }
    }
    Ok(found)
}

fn number<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
    text?.trim().parse().ok()
}
