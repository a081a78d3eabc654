use proptest::prelude::*;
use shouhu_place::Wgs84;

use super::*;
use crate::{Hint, MatchedBy};

const CITY: &str = r#"{"type":"FeatureCollection","features":[
  {"type":"Feature","properties":{"COUNTY":"臺南市","TOWN":"東區"},
   "geometry":{"type":"Polygon","coordinates":[[[120.2,22.9],[120.3,22.9],[120.3,23.0],[120.2,23.0],[120.2,22.9]]]}},
  {"type":"Feature","properties":{"COUNTYNAME":"臺南市","TOWNNAME":"東區","VILLNAME":"東門里"},
   "geometry":{"type":"MultiPolygon","coordinates":[[[[120.2,22.9],[120.25,22.9],[120.25,23.0],[120.2,22.9]]]]}},
  {"type":"Feature","properties":{"addr:city":"臺南市","addr:district":"東區","addr:street":"裕農路","addr:housenumber":101},
   "geometry":{"type":"Point","coordinates":[120.22,22.98]}},
  {"type":"Feature","properties":{"TOWN":"東區"},"geometry":{"type":"Polygon","coordinates":[]}},
  {"type":"Feature","properties":{"address":"臺南市東區裕農路103號"},"geometry":{"type":"Point","coordinates":[169000.0,2544000.0]}},
  {"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[]}},
  {"type":"Feature","properties":null,"geometry":null}
]}"#;

#[test]
fn outlines_and_addresses_of_a_geojson_file_are_told_apart_and_what_is_left_out_is_named() {
    let Ok((book, report)) = Book::read(CITY.as_bytes()) else { panic!("it is a GeoJSON file") };
    assert_eq!((report.entries, report.towns, report.villages, report.addresses), (7, 1, 1, 1));
    assert_eq!(book.addresses.first().map(|(text, _)| text.as_str()), Some("臺南市東區裕農路101號"));
    let why: Vec<(u64, LeftOut)> = report.examples.iter().map(|example| (example.at, example.why)).collect();
    let expected = [(4, LeftOut::NoTown), (5, LeftOut::Twd97), (6, LeftOut::OtherGeometry), (7, LeftOut::NoPlace)];
    assert_eq!(why, expected);
    let mut builder = Builder::new();
    book.fill(&mut builder);
    let geocoder = builder.build();
    let answer = geocoder.find("裕農路101號", &Hint::default());
    let Some(one) = answer.candidates.first() else { panic!("{answer:?}") };
    assert_eq!((one.matched_by, one.display.as_str()), (MatchedBy::ExactNumber, "臺南市東區裕農路101號"));
}

#[test]
fn a_csv_of_doors_is_read_whole_or_in_parts_in_either_charset() {
    let whole = "\u{feff}地址,經度,緯度\n臺南市東區裕農路101號,120.22,22.98\n臺南市東區裕農路103號,,\n";
    let parts = "鄉鎮市區;村里;街、路段;地區;巷;弄;號;經度;緯度\n東區;東門里;裕農路;;31;;5號;120.22;22.98\n後壁區;墨林里;;菁寮;;;294;120.36;23.36\n";
    let Ok((book, report)) = Book::read(whole.as_bytes()) else { panic!("a CSV") };
    assert_eq!((book.addresses.len(), report.left_out.get(&LeftOut::NoPlace)), (1, Some(&1)));
    let texts = |book: Book| book.addresses.into_iter().map(|(text, _)| text).collect::<Vec<_>>();
    let expected = ["東區東門里裕農路31巷5號", "後壁區墨林里菁寮294號"];
    assert_eq!(Book::read(parts.as_bytes()).map(|(book, _)| texts(book)), Ok(expected.map(String::from).to_vec()));
    // 地址,經度,緯度 and one row, as an old office program wrote it.
    let mut big5: Vec<u8> = b"\xa6\x61\xa7\x7d,\xb8\x67\xab\xd7,\xbd\x6e\xab\xd7\n".to_vec();
    big5.extend_from_slice(b"\xa4\xa4\xa5\xbf\xb8\xf41\xb8\xb9,120.2,23.0\n");
    assert_eq!(Book::read(&big5).map(|(book, report)| (texts(book), report.charset)), Ok((vec!["中正路1號".to_owned()], "cp950")));
}

#[test]
fn what_is_no_address_file_says_which_way() {
    let cases: [(&[u8], &str); 8] = [
        (b"", "operations.addresses.not_an_address_file"),
        (b"PK\x03\x04\x00\x00", "operations.addresses.not_text"),
        (b"a,b\n1,2\n", "operations.addresses.not_an_address_file"),
        (b"lon,lat\n1,2\n", "operations.addresses.not_an_address_file"),
        (b"{\"type\":\"Topology\",\"features\":[]}", "operations.addresses.not_an_address_file"),
        (b"{\"type\":\"FeatureCollection\",\"features\":[{]}", "operations.addresses.malformed"),
        (b"{\"type\":\"FeatureCollection\",\"features\":[]}", "operations.addresses.nothing"),
        (b"address,lon,lat\n,120,23\n", "operations.addresses.nothing"),
    ];
    for (bytes, key) in cases {
        assert_eq!(Book::read(bytes).err().map(|error| error.key()), Some(key), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_whole_citys_outlines_of_the_shared_data_are_read() {
    let Some(folder) = std::env::var_os("SHOUHU_SHARED_DATA").map(std::path::PathBuf::from) else {
        eprintln!("skipped: SHOUHU_SHARED_DATA does not say where the shared data are");
        return;
    };
    let read = |name: &str| std::fs::read(folder.join(name)).map(|bytes| Book::read(&bytes));
    let (Ok(Ok((_, districts))), Ok(Ok((_, lanes)))) =
        (read("boundaries/districts.geojson"), read("boundaries/narrow_roads_fire.geojson"))
    else {
        panic!("both files are there and are address files")
    };
    assert_eq!((districts.towns, districts.entries), (37, 37));
    assert!(lanes.addresses > 1_400, "{lanes:?}");
}

proptest! {
    #[test]
    fn any_bytes_give_a_book_or_an_error(bytes: Vec<u8>) {
        let _ = Book::read(&bytes);
    }

    #[test]
    fn any_cells_give_as_many_entries_as_rows(rows in prop::collection::vec(("[^\r\n\"]{0,20}", "[0-9.e-]{0,8}", "[0-9.]{0,8}"), 1..20)) {
        let mut text = "address\tlon\tlat\n".to_owned();
        for (address, lon, lat) in &rows {
            text.push_str(&format!("a{}\t{lon}\t{lat}\n", address.replace('\t', " ")));
        }
        if let Ok((book, report)) = Book::read(text.as_bytes()) {
            prop_assert_eq!(report.entries, rows.len() as u64);
            let left_out: u64 = report.left_out.values().sum();
            prop_assert_eq!(report.addresses + left_out, report.entries);
            prop_assert!(book.addresses.iter().all(|(_, place)| Wgs84::new(place.lon, place.lat).is_ok()));
        }
    }

    #[test]
    fn any_changed_feature_gives_a_book_or_an_error(at in 0_usize..1_600, to in "[\\[\\]{}\",:0-9a-z]{1,3}") {
        let mut text: Vec<char> = CITY.chars().collect();
        let at = at.min(text.len());
        text.splice(at..at, to.chars());
        let changed: String = text.into_iter().collect();
        if let Ok((book, report)) = Book::read(changed.as_bytes()) {
            prop_assert_eq!(book.outlines.len() as u64, report.towns + report.villages);
        }
    }
}
