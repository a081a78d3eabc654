//! The file of simulated road times: read whole or refused with the line, and driven along the way that the room chooses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../examples/policies/truth.rs"]
mod truth;

use std::sync::Arc;

use proptest::prelude::*;
use shouhu_choice::sim::Truth;
use shouhu_roads::{ImportOptions, Navigator, Profile, RoadNetwork, VehicleClass, WeightSet, import};
use truth::{RoadTimes, Source, TruthError};

const HOUR_S: f64 = 3_600.0;

/// Three junctions in a row, and a far longer way round from the first to the last.
fn network() -> Arc<RoadNetwork> {
    let text = "a,b,polyline\n1,2,120.20 23.00;120.21 23.00\n2,3,120.21 23.00;120.22 23.00\n1,3,120.20 23.00;120.21 23.05;120.22 23.00\n";
    Arc::new(import(text.as_bytes(), ImportOptions::default()).unwrap().0)
}

/// Every road: 10 s free, 20 s at night, 30 s by day, 100 s and more at peak, ten more each quarter.
fn lines(network: &RoadNetwork) -> Vec<String> {
    let mut lines = vec!["time,quarter,edge,forward,length_m,mean_s,sd_s,vehicles".to_owned()];
    for (time, quarters, base_s) in [("free", 1, 10.0), ("night", 4, 20.0), ("day", 4, 30.0), ("peak", 8, 100.0)] {
        for quarter in 0..quarters {
            for (id, edge) in network.edge_ids() {
                for forward in [0, 1] {
                    let mean_s = if time == "peak" { base_s + 10.0 * f64::from(quarter) } else { base_s };
                    lines.push(format!("{time},{quarter},{},{forward},{:.2},{mean_s},3,7", id.0, edge.length_m));
                }
            }
        }
    }
    lines
}

fn parsed(lines: &[String]) -> Result<RoadTimes, TruthError> {
    RoadTimes::parse(&lines.join("\n"), &network())
}

#[test]
fn a_bad_row_is_named_with_its_line() {
    let whole = lines(&network());
    assert!(parsed(&whole).is_ok());
    let length = whole[4].split(',').nth(4).unwrap().to_owned();
    let cases = [
        (format!("noon,0,1,1,{length},10,3,7"), "\"noon\" is none of free, night, day, peak"),
        (format!("night,4,1,1,{length},10,3,7"), "night has quarters 0 to 3, not 4"),
        (format!("free,0,3,1,{length},10,3,7"), "edge 3 is not below 3, the number of roads"),
        (format!("free,0,1,2,{length},10,3,7"), "forward is 0 or 1, not 2"),
        ("free,0,1,1,900.00,10,3,7".to_owned(), "not 900.0: made for other roads"),
        (format!("free,0,1,1,{length},0,3,7"), "mean_s is 0"),
        (format!("free,0,1,1,{length},-4,3,7"), "mean_s is no number from 0"),
        (format!("free,0,1,1,{length},10,NaN,7"), "sd_s is no number from 0"),
        (format!("free,0,1,1,{length},10"), "no sd_s"),
        (format!("free,0,x,1,{length},10,3,7"), "edge is no whole number"),
        (whole[1].clone(), "the same time, quarter, edge and direction again"),
    ];
    for (row, wanted) in cases {
        let mut broken = whole.clone();
        broken[4] = row.clone();
        let said = parsed(&broken).unwrap_err().to_string();
        assert!(said.starts_with("line 5: ") && said.contains(wanted), "{row}: {said}");
    }
    let headless = parsed(&whole[1..]).unwrap_err();
    assert!(matches!(headless, TruthError::Heading { .. }), "{headless}");
}

#[test]
fn a_missing_road_is_named_instead_of_being_driven_as_foreseen() {
    let mut lines = lines(&network());
    let gone = lines.iter().position(|line| line.starts_with("peak,3,2,1,")).unwrap();
    lines.remove(gone);
    lines.pop();
    let said = parsed(&lines).unwrap_err().to_string();
    assert_eq!(said, "2 of 102 rows are missing, the first for peak quarter 3, edge 2 forward");
}

#[test]
fn a_drive_takes_the_time_of_its_quarter_hour_road_by_road() {
    let network = network();
    let file = std::env::temp_dir().join(format!("shouhu-choice-truth-{}.csv", std::process::id()));
    std::fs::write(&file, lines(&network).join("\n")).unwrap();
    let day = Navigator::new(Arc::clone(&network), Profile::new(VehicleClass::Car, WeightSet::Day));
    let snaps: Vec<_> = network.nodes().iter().map(|place| day.snap(*place, 50.0)).collect();
    let truth = Source { file: file.clone(), siren_delay: 0.5 }.on(&network, &snaps).unwrap();
    std::fs::remove_file(file).unwrap();
    let at = |lon: f64| network.nodes().iter().position(|place| (place.lon - lon).abs() < 1e-6).unwrap();
    let (first, last) = (at(120.20), at(120.22));
    let mean_s = |hour: f64, siren: bool| truth.drive(first, last, hour * HOUR_S, siren).unwrap().mean_s;
    // Two roads of the straight way, not the one road of the way round.
    for (hour, wanted_s) in [(2.0, 40.0), (23.5, 40.0), (6.0, 60.0), (12.0, 60.0), (22.9, 60.0), (26.0, 40.0)] {
        assert!((mean_s(hour, false) - wanted_s).abs() < 0.1, "{hour} h: {}", mean_s(hour, false));
    }
    assert!((mean_s(17.0, false) - 200.0).abs() < 0.1 && (mean_s(7.0, false) - 200.0).abs() < 0.1);
    assert!((mean_s(18.75, false) - 340.0).abs() < 0.1, "the last quarter of the peak");
    // Fifty seconds before the quarter ends: the second road is entered in the next one.
    assert!((mean_s(17.25 - 50.0 / HOUR_S, false) - 210.0).abs() < 0.1);
    assert!((mean_s(12.0, true) - 40.0).abs() < 0.1, "half of the delay of 20 s a road");
    let sigma = truth.drive(first, last, 12.0 * HOUR_S, false).unwrap().sigma;
    assert!((sigma - (18.0f64 / 3_600.0).ln_1p().sqrt()).abs() < 1e-3, "{sigma}");
    assert_eq!(truth.drive(first, first, 0.0, false).unwrap().mean_s, 0.0);
}

proptest! {
    #[test]
    fn rubbish_is_refused_and_never_panics(rubbish in "\\PC{0,200}", line in 1usize..100, cells in prop::collection::vec("[a-z0-9.,-]{0,6}", 0..10)) {
        prop_assert!(RoadTimes::parse(&rubbish, &network()).is_err());
        let mut broken = lines(&network());
        broken[line] = cells.join(",");
        prop_assert!(parsed(&broken).is_err());
    }
}
