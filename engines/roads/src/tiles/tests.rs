//! Tiles are read back with the wire reader and judged by what a map client would see.
#![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use std::collections::BTreeMap;

use super::*;
use crate::city::{CitySize, DEMO_CENTRE, demo_city};
use crate::protobuf::{Reader, Value, unzigzag};
use crate::{EdgeSpec, NetworkBuilder};
use shouhu_place::Wgs84;

/// Kind, tags, and parts in tile units.
type SeenFeature = (u64, BTreeMap<String, String>, Vec<Vec<(i64, i64)>>);

#[derive(Debug, Default)]
struct SeenLayer {
    features: Vec<SeenFeature>,
    version: u64,
    extent: u64,
}

fn read(tile: &[u8]) -> BTreeMap<String, SeenLayer> {
    let mut layers = BTreeMap::new();
    for (field, layer) in fields(tile) {
        assert_eq!(field, 3);
        let Value::Bytes(layer) = layer else { panic!("a layer is a message") };
        let (mut name, mut seen) = (String::new(), SeenLayer::default());
        let (mut keys, mut values, mut features) = (Vec::new(), Vec::new(), Vec::new());
        for field in fields(layer) {
            match field {
                (1, Value::Bytes(text)) => name = String::from_utf8_lossy(text).into_owned(),
                (2, Value::Bytes(feature)) => features.push(feature),
                (3, Value::Bytes(key)) => keys.push(String::from_utf8_lossy(key).into_owned()),
                (4, Value::Bytes(value)) => values.push(match fields(value)[0] {
                    (1, Value::Bytes(text)) => String::from_utf8_lossy(text).into_owned(),
                    (_, Value::Varint(number)) => number.to_string(),
                    other => panic!("value {other:?}"),
                }),
                (5, Value::Varint(extent)) => seen.extent = extent,
                (15, Value::Varint(version)) => seen.version = version,
                other => panic!("layer field {other:?}"),
            }
        }
        for feature in features {
            let (mut kind, mut tags, mut parts) = (0, BTreeMap::new(), Vec::new());
            for field in fields(feature) {
                match field {
                    (2, Value::Bytes(pairs)) => {
                        let pairs = numbers(pairs);
                        for pair in pairs.chunks_exact(2) {
                            tags.insert(keys[pair[0] as usize].clone(), values[pair[1] as usize].clone());
                        }
                    }
                    (3, Value::Varint(value)) => kind = value,
                    (4, Value::Bytes(commands)) => parts = geometry(&numbers(commands)),
                    other => panic!("feature field {other:?}"),
                }
            }
            seen.features.push((kind, tags, parts));
        }
        layers.insert(name, seen);
    }
    layers
}

fn fields(bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    let mut reader = Reader::new(bytes);
    let mut all = Vec::new();
    while let Ok(Some(field)) = reader.field() {
        all.push(field);
    }
    assert!(reader.is_at_end(), "the tile breaks off");
    all
}

fn numbers(bytes: &[u8]) -> Vec<u64> {
    let mut reader = Reader::new(bytes);
    let mut all = Vec::new();
    while !reader.is_at_end() {
        all.push(reader.varint().unwrap_or_else(|error| panic!("{error:?}")));
    }
    all
}

fn geometry(commands: &[u64]) -> Vec<Vec<(i64, i64)>> {
    let (mut parts, mut cursor, mut at) = (Vec::new(), (0, 0), 0);
    while at < commands.len() {
        let (command, count) = (commands[at] & 7, commands[at] >> 3);
        at += 1;
        if command == 7 {
            continue;
        }
        for _ in 0..count {
            cursor = (cursor.0 + unzigzag(commands[at]), cursor.1 + unzigzag(commands[at + 1]));
            at += 2;
            if command == 1 {
                parts.push(Vec::new());
            }
            parts.last_mut().unwrap_or_else(|| panic!("a line without a start")).push(cursor);
        }
    }
    parts
}

fn tile_of(place: Wgs84, z: u8) -> (u32, u32) {
    let flat = Flat::from_place(place);
    let across = f64::from(1u32 << z);
    ((flat.x * across) as u32, (flat.y * across) as u32)
}

fn city() -> TileSource {
    TileSource::new(&demo_city(1, CitySize::District))
}

#[test]
fn every_zoom_shows_the_city_and_follows_the_specification() {
    let source = city();
    for z in TILE_ZOOM_MIN..=TILE_ZOOM_MAX {
        let (x, y) = tile_of(DEMO_CENTRE, z);
        let layers = read(&source.tile(z, x, y).unwrap_or_default());
        assert!(layers.contains_key("roads"), "no roads at zoom {z}");
        for (name, layer) in &layers {
            assert!(LAYERS.contains(&name.as_str()));
            assert_eq!((layer.version, layer.extent), (2, 4_096));
            for (kind, tags, parts) in &layer.features {
                assert!(tags.contains_key("class"), "{name} without class");
                for part in parts {
                    assert!(part.len() >= if *kind == mvt::POLYGON { 3 } else { 2 });
                    assert!(part.iter().all(|(x, y)| (-64..=4_160).contains(x) && (-64..=4_160).contains(y)));
                }
            }
        }
    }
}

#[test]
fn the_same_city_gives_the_same_tile() {
    let (x, y) = tile_of(DEMO_CENTRE, 14);
    assert_eq!(city().tile(14, x, y), city().tile(14, x, y));
}

#[test]
fn nearer_tiles_show_smaller_streets() {
    let source = city();
    let classes = |z| {
        let (x, y) = tile_of(DEMO_CENTRE, z);
        let layers = read(&source.tile(z, x, y).unwrap_or_default());
        let mut classes: Vec<String> = layers["roads"].features.iter().map(|f| f.1["class"].clone()).collect();
        classes.sort();
        classes.dedup();
        classes
    };
    assert_eq!(classes(6), ["trunk"]);
    assert!(!classes(12).contains(&"service".to_owned()));
    assert!(classes(14).contains(&"service".to_owned()));
}

#[test]
fn names_are_written_on_long_lines_only() {
    let source = city();
    let (x, y) = tile_of(DEMO_CENTRE, 15);
    let layers = read(&source.tile(15, x, y).unwrap_or_default());
    let labels = &layers["labels"].features;
    assert!(labels.len() > 5, "{} labels", labels.len());
    assert!(labels.iter().all(|(_, tags, _)| !tags["name"].is_empty()));
}

#[test]
fn an_outer_ring_is_wound_as_the_specification_says() {
    let source = city();
    let (x, y) = tile_of(DEMO_CENTRE, 12);
    for (name, layer) in read(&source.tile(12, x, y).unwrap_or_default()) {
        for (_, _, parts) in layer.features.iter().filter(|(kind, ..)| *kind == mvt::POLYGON) {
            let ring = &parts[0];
            let next = ring.iter().cycle().skip(1);
            let area: i64 = ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
            assert!(area > 0, "{name}");
        }
    }
}

#[test]
fn pieces_of_one_street_become_one_line() {
    let mut builder = NetworkBuilder::new();
    let nodes: Vec<_> =
        (0..5).filter_map(|step| builder.node(Wgs84 { lon: 120.2 + f64::from(step) * 0.001, lat: 23.0 }).ok()).collect();
    let spec = EdgeSpec { name: Some("永安路"), ..EdgeSpec::of_class(RoadClass::Primary) };
    for (index, pair) in nodes.windows(2).enumerate() {
        // Every second piece is drawn against the street's run, as in real files.
        let (from, to) = if index % 2 == 0 { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
        assert!(builder.edge(from, to, &[], spec).is_ok());
    }
    let source = TileSource::new(&builder.build());
    let (x, y) = tile_of(Wgs84 { lon: 120.202, lat: 23.0 }, 13);
    let layers = read(&source.tile(13, x, y).unwrap_or_default());
    let roads = &layers["roads"].features;
    assert_eq!(roads.len(), 1);
    assert_eq!(roads[0].2[0].len(), 2, "straight pieces need no points between");
}

#[test]
fn a_tile_outside_the_world_is_refused() {
    let source = city();
    assert_eq!(source.tile(5, 0, 0), Err(TileError::Zoom(5)));
    assert_eq!(source.tile(17, 0, 0), Err(TileError::Zoom(17)));
    assert_eq!(source.tile(6, 64, 0), Err(TileError::NoSuchTile { z: 6, x: 64, y: 0 }));
    assert_eq!(source.tile(16, 0, u32::MAX), Err(TileError::NoSuchTile { z: 16, x: 0, y: u32::MAX }));
    assert_eq!(source.tile(16, 0, 0), Ok(Vec::new()));
}

#[test]
fn an_empty_network_draws_nothing() {
    let source = TileSource::new(&RoadNetwork::default());
    assert_eq!((source.tile(6, 0, 0), source.bounds()), (Ok(Vec::new()), None));
}
