//! Small files written here show each rule; the real files show that the rules are enough.

use proptest::prelude::*;

use super::*;
use crate::network::RoadClass;
use crate::test_data;

fn read(bytes: &[u8]) -> Result<(RoadNetwork, ImportReport), ImportError> {
    import(bytes, ImportOptions::default())
}

fn read_well(bytes: &[u8]) -> (RoadNetwork, ImportReport) {
    read(bytes).unwrap_or_else(|error| panic!("{error}"))
}

fn key(bytes: &[u8]) -> Option<&'static str> {
    read(bytes).err().map(|error| error.key())
}

const SMALL_OSM: &str = r#"<?xml version="1.0"?><osm version="0.6">
  <node id="1" lon="120.20" lat="23.00"/><node id="2" lon="120.21" lat="23.00"/><node id="3" lon="120.22" lat="23.00"/>
  <node id="4" lon="120.21" lat="23.01"/><node id="5" lon="120.21" lat="22.99"/><node id="6" lon="120.23" lat="23.00"/>
  <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/><tag k="name" v="永安路 &amp; 一段"/><tag k="maxspeed" v="60"/></way>
  <way id="11"><nd ref="4"/><nd ref="2"/><nd ref="5"/><tag k="highway" v="residential"/><tag k="oneway" v="-1"/></way>
  <way id="12"><nd ref="3"/><nd ref="99"/><nd ref="6"/><tag k="highway" v="service"/></way>
  <way id="13"><nd ref="3"/><nd ref="6"/><tag k="highway" v="construction"/></way>
  <way id="14"><nd ref="3"/><nd ref="6"/><tag k="building" v="yes"/></way>
  <way id="15" action="delete"><nd ref="3"/><nd ref="6"/><tag k="highway" v="service"/></way>
  <way id="16"><nd ref="1"/><nd ref="4"/><nd ref="5"/><nd ref="1"/><tag k="natural" v="water"/></way>
  <relation id="20"><tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>
  <relation id="21"><member type="way" ref="10" role="from"/><member type="node" ref="2" role="via"/><member type="way" ref="11" role="to"/>
    <tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>
</osm>"#;

#[test]
fn ways_are_cut_where_they_meet_and_each_loss_is_named() {
    let (network, report) = read_well(SMALL_OSM.as_bytes());
    assert_eq!((report.format, network.nodes().len(), network.edges().len()), (Format::OsmXml, 5, 4));
    assert_eq!(network.names(), ["永安路 & 一段"]);
    for reason in [
        Reason::UnknownNode,
        Reason::NotBuilt,
        Reason::NotARoad,
        Reason::Deleted,
        Reason::OneWayReversed,
        Reason::TurnBanBroken,
        Reason::TurnBanAmbiguous,
    ] {
        assert_eq!(report.count(reason), 1, "{reason:?}");
    }
    assert_eq!(report.count(Reason::SpeedDefaulted), 2);
    assert_eq!((report.areas, report.pieces), (1, 1));
    let built = report.findings.iter().find(|finding| finding.reason == Reason::NotBuilt);
    assert_eq!(built.map(|finding| finding.examples.join("")), Some("way 13: construction".to_owned()));
}

/// A crossroads at node 2 (west 1, east 3, north 4, south 5) and a second junction 6 east of 3.
fn crossroads(relation: &str) -> String {
    let way = |id: u32, refs: [u32; 2]| {
        format!("<way id=\"{id}\"><nd ref=\"{}\"/><nd ref=\"{}\"/><tag k=\"highway\" v=\"primary\"/></way>", refs[0], refs[1])
    };
    let node = |id: u32, lon: f64, lat: f64| format!("<node id=\"{id}\" lon=\"{lon}\" lat=\"{lat}\"/>");
    let nodes = [(1, 0.0, 0.0), (2, 0.01, 0.0), (3, 0.02, 0.0), (4, 0.01, 0.01), (5, 0.01, -0.01), (6, 0.02, 0.01)];
    let nodes: String = nodes.iter().map(|(id, lon, lat)| node(*id, 120.0 + lon, 23.0 + lat)).collect();
    let ways: String = [(12, [1, 2]), (23, [2, 3]), (24, [2, 4]), (25, [5, 2]), (36, [3, 6])].map(|(id, refs)| way(id, refs)).concat();
    format!("<osm>{nodes}{ways}<relation id=\"9\"><tag k=\"type\" v=\"restriction\"/>{relation}</relation></osm>")
}

fn member(kind: &str, id: u32, role: &str) -> String {
    format!("<member type=\"{kind}\" ref=\"{id}\" role=\"{role}\"/>")
}

/// Bans as the way numbers that follow each other.
fn bans_of(relation: &str) -> (Vec<Vec<u32>>, ImportReport) {
    let (network, report) = read_well(crossroads(relation).as_bytes());
    let way = |edge: u32| [12, 23, 24, 25, 36].get(edge as usize).copied().unwrap_or_default();
    let bans = network.turn_bans().iter().map(|ban| ban.path.iter().map(|road| way(road.edge.0)).collect()).collect();
    (bans, report)
}

#[test]
fn a_ban_binds_its_turn_and_an_only_all_the_others() {
    let turn = |word: &str| {
        let members = [member("way", 12, "from"), member("node", 2, "via"), member("way", 24, "to")].concat();
        bans_of(&format!("{members}<tag k=\"restriction\" v=\"{word}\"/>"))
    };
    assert_eq!(turn("no_straight_on").0, [[12, 24]]);
    assert_eq!(turn("no_left_turn").0, [[12, 24], [12, 12]], "where left is forbidden, so is turning round");
    let (mut others, report) = turn("only_left_turn");
    others.sort();
    assert_eq!(others, [[12, 12], [12, 23], [12, 25]]);
    assert_eq!((report.count(Reason::TurnBanRead), report.turn_bans), (1, 3));
}

#[test]
fn a_ban_over_a_way_between_is_kept_as_one_sequence() {
    let members = [member("way", 12, "from"), member("way", 23, "via"), member("way", 36, "to")].concat();
    assert_eq!(bans_of(&format!("{members}<tag k=\"restriction\" v=\"no_u_turn\"/>")).0, [[12, 23, 36]]);
    assert_eq!(bans_of(&format!("{members}<tag k=\"restriction\" v=\"only_straight_on\"/>")).0, [[12, 23, 23]]);
}

#[test]
fn a_ban_that_cannot_be_applied_is_dropped_by_name() {
    let (from, via, to) = (member("way", 12, "from"), member("node", 2, "via"), member("way", 24, "to"));
    let word = |key: &str, word: &str| format!("<tag k=\"{key}\" v=\"{word}\"/>");
    for (relation, reason) in [
        (format!("{from}{to}{}", word("restriction", "no_left_turn")), Reason::TurnBanBroken),
        (format!("{from}{via}{}{}", member("way", 36, "to"), word("restriction", "no_left_turn")), Reason::TurnBanBroken),
        (format!("{from}{}{to}{}", member("node", 77, "via"), word("restriction", "no_left_turn")), Reason::TurnBanBroken),
        (format!("{from}{via}{to}{}", word("restriction:conditional", "no_left_turn @ (07:00-09:00)")), Reason::TurnBanConditional),
        (format!("{from}{via}{to}{}{}", word("restriction", "no_left_turn"), word("hour_on", "7")), Reason::TurnBanConditional),
        (format!("{from}{via}{to}{}", word("restriction:hgv", "no_left_turn")), Reason::TurnBanForOthers),
        (format!("{from}{via}{to}{}{}", word("restriction", "no_left_turn"), word("except", "motorcar;motorcycle")), Reason::TurnBanForOthers),
        (format!("{from}{via}{to}{}", word("restriction", "give_way")), Reason::TurnBanUnknown),
    ] {
        let (bans, report) = bans_of(&relation);
        assert_eq!((bans.len(), report.count(reason)), (0, 1), "{relation}");
    }
    let excepted = format!("{from}{via}{to}{}{}", word("restriction", "no_straight_on"), word("except", "motorcycle"));
    let (network, _) = read_well(crossroads(&excepted).as_bytes());
    let vehicles = network.turn_bans().first().map(|ban| ban.vehicles);
    assert_eq!(vehicles, Some(crate::access::VehicleSet::MOTOR.without(crate::access::VehicleClass::Motorcycle)));
}

#[test]
fn a_way_drawn_against_its_direction_is_turned() {
    let (network, _) = read_well(SMALL_OSM.as_bytes());
    let one_ways: Vec<_> = network.edges().iter().filter(|edge| edge.one_way).collect();
    assert_eq!(one_ways.len(), 2);
    for edge in one_ways {
        let ends = [edge.from, edge.to].map(|id| network.node(id).map_or(0.0, |place| place.lat));
        assert!(matches!(ends, [south, north] if south < north), "node 5 to node 4 is northwards");
    }
}

#[test]
fn a_file_cut_in_half_is_called_cut() {
    assert_eq!(key(SMALL_OSM.split_at(600).0.as_bytes()), Some("roads.import.cut_short"));
    assert_eq!(key(SMALL_OSM.trim_end_matches("</osm>").as_bytes()), Some("roads.import.cut_short"));
    assert_eq!(key(br#"{"type":"FeatureCollection","features":[{"type":"Feature","#), Some("roads.import.cut_short"));
    assert_eq!(key(b"a,b,polyline\n1,2,120.2 23.0;120.3 23.0\n3,4"), Some("roads.import.cut_short"));
    for name in ["roads/porto_alegre.osm.pbf", "roads/monaco.osm"] {
        if let Some(bytes) = test_data::bytes(name) {
            let half = bytes.split_at(bytes.len() / 2).0;
            assert_eq!(key(half), Some("roads.import.cut_short"), "{name}");
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let options = ImportOptions { bytes_max: 100, ..ImportOptions::default() };
    assert_eq!(import(SMALL_OSM.as_bytes(), options).err().map(|e| e.key()), Some("roads.import.too_large"));
    let options = ImportOptions { points_max: 3, ..ImportOptions::default() };
    assert_eq!(import(SMALL_OSM.as_bytes(), options).err().map(|e| e.key()), Some("roads.import.too_many_points"));
}

fn geojson(coordinates: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"highway":"primary","name":"民生路"}},
        "geometry":{{"type":"LineString","coordinates":{coordinates}}}}}]}}"#
    )
}

#[test]
fn wrong_coordinates_come_with_a_guess_at_the_mistake() {
    for (coordinates, hint) in [
        ("[[23.0,120.2],[23.1,120.2]]", "swapped"),
        ("[[168000.5,2545000.1],[168100.0,2545000.0]]", "TWD97"),
        ("[[1e9,2e9],[0,0]]", "projection"),
    ] {
        let refused = read(geojson(coordinates).as_bytes());
        assert!(
            matches!(&refused, Err(error @ ImportError::WrongCoordinates { .. }) if error.to_string().contains(hint)),
            "{hint}: {refused:?}"
        );
    }
}

#[test]
fn geojson_lines_meet_at_shared_coordinates() {
    let text = r#"{"type":"FeatureCollection","features":[
      {"type":"Feature","properties":{"highway":"secondary","maxspeed":50,"oneway":true},
       "geometry":{"type":"MultiLineString","coordinates":[[[120.20,23.0],[120.21,23.0],[120.22,23.0,7.5]],[[120.3,23.0],[120.31,23.0]]]}},
      {"type":"Feature","properties":{"路名":"中山路"},"geometry":{"type":"LineString","coordinates":[[120.21,22.99],[120.21,23.0]]}},
      {"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[120,23]}},
      {"type":"Feature","properties":{"natural":"water"},"geometry":{"type":"Polygon","coordinates":[[[120.2,23],[120.3,23],[120.3,23.1],[120.2,23]]]}},
      {"type":"Feature","properties":{},"geometry":null}]}"#;
    let (network, report) = read_well(text.as_bytes());
    assert_eq!((network.edges().len(), report.pieces, report.areas), (4, 2, 1));
    assert_eq!(report.count(Reason::NotALine), 2);
    assert_eq!(report.count(Reason::ClassDefaulted), 1);
    assert_eq!(network.names(), ["中山路"]);
    assert_eq!(network.edges().iter().filter(|edge| edge.one_way && edge.speed_kmh == 50).count(), 3);
}

#[test]
fn a_node_file_alone_and_an_edge_file_without_shapes_ask_for_each_other() {
    let nodes = b"id,lon,lat\n1,120.2,23.0\n2,120.3,23.0\n";
    let edges = b"from,to,name\n1,2,\xa5\xc3\xa6w\xb8\xf4\n1,9,x\n1,2,\xa5\xc3\xa6w\xb8\xf4\n";
    assert_eq!(key(nodes), Some("roads.import.needs_edge_file"));
    assert_eq!(key(edges), Some("roads.import.needs_node_file"));
    let pair = import_node_edge_csv(nodes, edges, ImportOptions::default());
    let (network, report) = pair.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(network.names(), ["永安路"], "Big5 is read as Big5");
    assert_eq!([Reason::UnknownNode, Reason::Duplicate, Reason::Big5Decoded].map(|reason| report.count(reason)), [1, 1, 1]);
}

#[test]
fn a_polyline_drawn_from_the_wrong_end_is_turned() {
    let nodes = b"id,lon,lat\n1,120.2,23.0\n2,120.3,23.0\n";
    let edges = b"a,b,class,one_way,polyline\n1,2,primary,yes,120.3 23.0;120.25 23.01;120.2 23.0\n";
    let pair = import_node_edge_csv(nodes, edges, ImportOptions::default());
    let (network, report) = pair.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.count(Reason::PolylineReversed), 1);
    let edge = network.edges().first().unwrap_or_else(|| panic!("one edge"));
    assert_eq!(network.polyline(edge).first().map(|place| place.lon), Some(120.2));
    assert_eq!(edge.class, RoadClass::Primary);
}

#[test]
fn what_was_saved_can_be_imported_again() {
    let (network, _) = read_well(SMALL_OSM.as_bytes());
    let (again, report) = read_well(&network.to_bytes());
    assert_eq!((again, report.format), (network, Format::Network));
}

#[test]
fn the_real_tainan_and_taipei_tables_are_read_whole() {
    for (name, nodes, edges, km) in [("arterial", 1_176, 1_856, 1_754.0), ("named_roads", 9_999, 14_908, 1_978.0)] {
        let files = ["nodes", "edges"].map(|kind| test_data::bytes(&format!("roads/{name}_{kind}.csv")));
        let [Some(node_file), Some(edge_file)] = files else { return };
        let pair = import_node_edge_csv(&node_file, &edge_file, ImportOptions::default());
        let (network, report) = pair.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((network.nodes().len(), network.edges().len()), (nodes, edges), "{name}");
        assert!((report.length_m / 1_000.0 - km).abs() < 1.0, "{name}: {} m", report.length_m);
        let (alone, _) = read_well(&edge_file);
        assert_eq!(alone.edges().len(), edges, "{name}: the edge file alone gives the same roads");
    }
}

#[test]
fn real_osm_files_keep_their_one_ways_and_speeds() {
    if let Some(bytes) = test_data::bytes("roads/luxembourg_city.osm") {
        let (network, report) = read_well(&bytes);
        assert_eq!((report.count(Reason::SpeedDefaulted), report.pieces), (4, 1));
        assert!(network.edges().iter().filter(|edge| edge.one_way).count() > 273);
    }
    if let Some(bytes) = test_data::bytes("roads/monaco.osm") {
        let (_, report) = read_well(&bytes);
        assert_eq!((report.count(Reason::TurnBanRead), report.count(Reason::ClassSpelling)), (18, 117));
    }
    if let Some(bytes) = test_data::bytes("roads/porto_alegre.osm.pbf") {
        let (network, report) = read_well(&bytes);
        assert_eq!((report.format, network.edges().len()), (Format::OsmPbf, 28_730));
        assert!(report.largest_piece_share > 0.99);
    }
}

#[test]
fn a_file_of_points_holds_no_road() {
    if let Some(bytes) = test_data::bytes("boundaries/narrow_roads_fire.geojson") {
        assert_eq!(key(&bytes), Some("roads.import.no_roads"));
    }
    if let Some(bytes) = test_data::bytes("boundaries/villages_2017.topojson") {
        assert_eq!(key(&bytes), Some("roads.import.not_a_road_file"));
    }
    if let Some(bytes) = test_data::bytes("crashes/tainan_a2_2023-01.csv") {
        assert_eq!(key(&bytes), Some("roads.import.not_a_road_file"));
    }
}

/// A block as a hostile uploader might build it: valid framing around arbitrary content.
fn pbf_of(content: &[u8]) -> Vec<u8> {
    use crate::protobuf::{write_bytes, write_field};
    let mut out = Vec::new();
    for (kind, content) in [("OSMHeader", &b""[..]), ("OSMData", content)] {
        let (mut blob, mut header) = (Vec::new(), Vec::new());
        write_bytes(&mut blob, 1, content);
        write_bytes(&mut header, 1, kind.as_bytes());
        write_field(&mut header, 3, blob.len() as u64);
        out.extend_from_slice(&u32::try_from(header.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(&blob);
    }
    out
}

proptest! {
    #[test]
    fn any_text_gives_roads_or_an_error(text: String) {
        let _ = read(text.as_bytes());
        let _ = read(format!("<osm>{text}").as_bytes());
        let _ = read(format!("a,b,polyline\n{text}").as_bytes());
        let _ = read(geojson(&text).as_bytes());
    }

    #[test]
    fn any_pbf_block_gives_roads_or_an_error(content: Vec<u8>) {
        prop_assert!(read(&pbf_of(&content)).is_err());
    }

    #[test]
    fn any_relation_gives_bans_that_hold_together(
        members in prop::collection::vec((0usize..3, 0usize..8, 0usize..5), 0..6), word in "(no|only)_(u|left|straight)_turn|.{0,9}",
    ) {
        let kinds = ["way", "node", "relation"];
        let ids = [12, 23, 24, 25, 36, 2, 3, 99];
        let roles = ["from", "via", "to", "", "&amp;"];
        let at = |list: &[&'static str], index: usize| list.get(index).copied().unwrap_or_default();
        let members: String = members
            .iter()
            .map(|(kind, id, role)| member(at(&kinds, *kind), ids.get(*id).copied().unwrap_or_default(), at(&roles, *role)))
            .collect();
        let text = crossroads(&format!("{members}<tag k=\"restriction\" v=\"{}\"/>", word.replace(['<', '"', '&'], "")));
        if let Ok((network, report)) = read(text.as_bytes()) {
            prop_assert_eq!(network.turn_bans().len(), report.turn_bans);
            prop_assert_eq!(RoadNetwork::from_bytes(&network.to_bytes()), Ok(network));
        }
    }

    #[test]
    fn a_changed_byte_gives_roads_or_an_error(at in 0usize..2_000, to: u8) {
        let mut bytes = SMALL_OSM.as_bytes().to_vec();
        let at = at % bytes.len();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = to;
        }
        let _ = read(&bytes);
    }
}
