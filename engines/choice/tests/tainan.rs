//! The simulator on the real city. Skipped, by name, where the shared files are absent.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../examples/policies/rooms.rs"]
mod rooms;
#[path = "../examples/policies/tainan.rs"]
mod tainan;
#[allow(dead_code, reason = "the city of this test is driven as foreseen")]
#[path = "../examples/policies/truth.rs"]
mod truth;
#[path = "../examples/policies/villages.rs"]
mod villages;

use shouhu_choice::sim::{Figures, Status, run};

#[test]
fn on_tainans_roads_every_call_is_answered_and_knowing_the_roads_helps() {
    let data = tainan::folder(None);
    if !data.join("roads/arterial_edges.csv").is_file() {
        eprintln!("skipped: roads/arterial_edges.csv is not in {}; set SHOUHU_SHARED_DATA", data.display());
        return;
    }
    let load = tainan::Load { calls_per_day: 1_200.0, crews_per_station: 1, busy_share: 0.2, threshold_s: 240.0 };
    let city = tainan::city(&data, load, None).unwrap();
    assert_eq!(city.plan().stations.len(), 142);
    let all = rooms::all();
    let mean_s = |wanted: &str| {
        let room = all.iter().find(|(name, _)| *name == wanted).unwrap().1;
        let days = (1..=3).map(|seed| {
            let calls = city.plan().demand.calls(seed, 30);
            let outcome = run(&city, &room, &calls, seed, 40.0 * 3_600.0).unwrap();
            assert_eq!(outcome.calls.len(), calls.len());
            assert!(outcome.calls.iter().all(|call| call.status != Status::Open), "{wanted}: a call is open after ten hours");
            Figures::of(&outcome, 6.0 * 3_600.0, 30.0 * 3_600.0).mean_s
        });
        days.sum::<f64>() / 3.0
    };
    let (today, by_road) = (mean_s(rooms::BASELINE), mean_s("road, live"));
    assert!(by_road < today, "{by_road} {today}");
}
