//! Claims about rounds and the routes of streets: each fix counts once, and nobody can be read from the answer.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use serde_json::Value;
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::{RoadSheet, RoadSheets, RoadSheetsPort, SortedTracks, SortedTracksPort, TrackFix, UnitTrack};
use shouhu_module::{Caller, Module, Problem};
use shouhu_place::Wgs84;
use shouhu_store::params;
use shouhu_store::testing::on_each_database;
use shouhu_wire::Role;

use super::testing::{BREAKS, Grid, NOON};
use super::count::{Counted, hour_of, taipei_day};
use super::hour::Count;
use super::{round, store};
use crate::MODULE;

static MODULES: &[Module] = &[MODULE];

const BOXES: &str = "編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\n永康-001,郵局,永康派出所,03,120.2,23.0,12,\n大橋-001,車站,大橋派出所,01,120.208,23.0,12,\n";

/// Tracks by the time at which they were sorted.
#[derive(Clone, Default)]
struct Tracks(Arc<Mutex<Vec<(Micros, UnitTrack)>>>);

impl SortedTracks for Tracks {
    fn next(&self, from: Micros) -> BoxFuture<'static, Result<Option<Micros>, Problem>> {
        let next = self.0.lock().unwrap().iter().map(|(at, _)| *at).filter(|at| *at >= from).min();
        Box::pin(async move { Ok(next) })
    }

    fn sorted(&self, from: Micros, until: Micros, after: Option<UnitId>, most: i64) -> BoxFuture<'static, Result<Vec<UnitTrack>, Problem>> {
        let mut some: Vec<UnitTrack> = self.0.lock().unwrap().iter().filter(|(at, _)| (from..until).contains(at)).map(|(_, track)| track.clone()).collect();
        some.retain(|track| after.is_none_or(|after| track.unit > after));
        some.sort_by_key(|track| track.unit);
        some.truncate(usize::try_from(most).unwrap());
        Box::pin(async move { Ok(some) })
    }
}

struct Map(Arc<Grid>);

impl RoadSheets for Map {
    fn newest(&self) -> Option<Arc<dyn RoadSheet>> {
        Some(Arc::clone(&self.0) as Arc<dyn RoadSheet>)
    }
}

/// Units whose groups differ.
fn units(house: &House) -> [UnitId; 2] {
    let secret = house.app.room::<crate::secret::Secret>();
    let mut all = (1..=20).map(|n| UnitId::new(Micros(1), [n; 16]));
    let first = all.next().unwrap();
    let other = all.find(|unit| secret.crew_bit(*unit, taipei_day(NOON)) != secret.crew_bit(first, taipei_day(NOON))).unwrap();
    [first, other]
}

/// A drive over pieces, as the grid reads it: a fix for each, named by its accuracy.
fn drive(unit: UnitId, pieces: &[u32], at: Micros) -> UnitTrack {
    let fix = |piece: &u32| TrackFix { at, position: Wgs84::new(120.2, 23.0).unwrap(), accuracy_m: Some(f64::from(*piece)) };
    UnitTrack { unit, fixes: pieces.iter().map(fix).collect() }
}

struct City {
    house: House,
    clock: Arc<SimClock>,
    tracks: Tracks,
    chief: Caller,
}

impl City {
    async fn new() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOON));
        let env = Env { clock: clock.clone(), ..Env::real() };
        let house = House::open_in(MODULES, env).await;
        let city = Self { chief: house.person(Role::Supervisor), house, clock, tracks: Tracks::default() };
        let imported = city.house.call_with(&city.chief, "POST", "/v1/patrol/boxes/import?dry_run=false", &[], BOXES.as_bytes().to_vec()).await;
        assert_eq!(imported.status, 200, "{}", imported.json);
        city.house.app.put(RoadSheetsPort(Arc::new(Map(Arc::new(Grid::new(4, 1))))));
        city.house.app.put(SortedTracksPort(Arc::new(city.tracks.clone())));
        city
    }

    fn drove(&self, unit: UnitId, pieces: &[u32], ago_us: i64) {
        let at = NOON.plus(-ago_us);
        self.tracks.0.lock().unwrap().push((at.plus(5 * Micros::MINUTE), drive(unit, pieces, at)));
    }

    async fn counted(&self) {
        while round::step(&self.house.app).await.unwrap() {}
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.house.call(&self.chief, "GET", path, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }
}

const FRAME: &str = "west=120&south=22&east=121&north=24";

#[tokio::test]
async fn streets_driven_are_counted_once_and_told_by_beat_by_street_and_on_the_map() {
    let city = City::new().await;
    let [one, other] = units(&city.house);
    city.drove(one, &[0, 1], Micros::HOUR);
    city.drove(other, &[1, 1], 3 * Micros::HOUR);
    city.drove(one, &[2], 2 * Micros::HOUR);
    city.counted().await;
    city.counted().await;
    let told = city.get("/v1/patrol/streets?window=day").await;
    assert_eq!((told["map_version"].as_i64(), told["matched_share"].as_f64()), (Some(1), Some(1.0)), "{told}");
    assert!(told["counted_until_us"].as_i64().unwrap() >= NOON.0 - 10 * Micros::MINUTE, "{told}");
    let areas = told["areas"].as_array().unwrap();
    assert_eq!(areas.iter().map(|area| area["beat"].as_str().unwrap()).collect::<Vec<_>>(), ["01", "03"]);
    let share = told["covered_m"].as_f64().unwrap() / told["length_m"].as_f64().unwrap();
    assert!((share - 0.5).abs() < 0.01, "pieces 0 and 1 of four; 2 is a lane that one crew alone drove: {share}");
    let lines = city.get(&format!("/v1/patrol/streets/lines?window=day&{FRAME}")).await;
    let lane = &lines["items"][1];
    assert_eq!((lane["state"].as_str(), lane["forward"].as_i64(), lane["backward"].as_i64()), (Some("covered"), Some(3), Some(0)), "{lane}");
    assert_eq!(lane["last_us"].as_i64(), Some(hour_of(NOON.plus(-Micros::HOUR)) * Micros::HOUR));
    let alone = &lines["items"][2];
    assert_eq!((alone["state"].as_str(), alone["forward"].as_i64()), (Some("open"), None));
    let text = format!("{told}{lines}");
    assert!(!text.contains(&one.to_string()) && !text.contains(&other.to_string()), "who drove leaves the house");
    let narrow = city.get("/v1/patrol/streets?window=day&beat=03").await;
    assert_eq!(narrow["areas"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_who_plans_sees_streets() {
    let city = City::new().await;
    for role in [Role::Officer, Role::Dispatcher] {
        let who = city.house.person(role);
        for path in ["/v1/patrol/streets".to_owned(), format!("/v1/patrol/streets/lines?{FRAME}")] {
            assert_eq!(city.house.call(&who, "GET", &path, Value::Null).await.status, 403, "{path}");
        }
    }
}

#[tokio::test]
async fn the_way_home_that_a_phone_sends_the_next_morning_is_not_counted() {
    let city = City::new().await;
    let [one, _] = units(&city.house);
    let driven = NOON.plus(-10 * Micros::HOUR);
    city.tracks.0.lock().unwrap().push((NOON.plus(-Micros::HOUR), drive(one, &[0], driven)));
    city.counted().await;
    assert_eq!(city.get("/v1/patrol/streets").await["covered_m"].as_f64(), Some(0.0));
    city.drove(one, &[0], 2 * Micros::HOUR);
    let mut next = Grid::new(4, 1);
    next.version = 2;
    city.house.app.put(RoadSheetsPort(Arc::new(Map(Arc::new(next)))));
    city.clock.advance_us(Micros::MINUTE);
    city.counted().await;
    let store = &city.house.app.store;
    let hours = store::hours(store, 2, 0, hour_of(NOON) + 1).await.unwrap();
    assert_eq!(hours.iter().map(|(hour, _)| *hour).collect::<Vec<_>>(), [hour_of(NOON) - 2], "a new map leaves the same out");
}

#[tokio::test]
async fn a_track_that_breaks_the_counting_is_left_out_in_the_end_and_the_room_says_that_it_is_late() {
    let city = City::new().await;
    let [one, other] = units(&city.house);
    city.drove(one, &[BREAKS], 3 * Micros::HOUR);
    city.drove(other, &[0], 2 * Micros::HOUR);
    let health = || (MODULE.health)(city.house.app.clone());
    for _ in 0..9 {
        // Empty rounds before it go on.
        while let Ok(went) = round::step(&city.house.app).await {
            assert!(went, "it was passed over too early");
        }
    }
    let late = health().await;
    assert!(late.is_healthy && late.detail.contains("minutes late"), "{late:?}");
    city.counted().await;
    assert!(!health().await.detail.contains("late"));
    assert!(city.get("/v1/patrol/streets").await["covered_m"].as_f64().unwrap() > 100.0, "what came after it is counted");
}

#[tokio::test]
async fn a_damaged_hour_is_left_out_and_counting_goes_on_in_it() {
    let city = City::new().await;
    let [one, _] = units(&city.house);
    city.drove(one, &[0], 50 * Micros::MINUTE);
    city.counted().await;
    let mut tx = city.house.app.store.begin().await.unwrap();
    let sql = "UPDATE patrol_street_hour SET body = $1";
    assert_eq!(tx.execute(sql, params![b"damaged".to_vec()]).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(city.get("/v1/patrol/streets").await["covered_m"].as_f64(), Some(0.0));
    city.tracks.0.lock().unwrap().push((NOON, drive(one, &[0], NOON.plus(-20 * Micros::MINUTE))));
    city.clock.advance_us(20 * Micros::MINUTE);
    city.counted().await;
    assert!(city.get("/v1/patrol/streets").await["covered_m"].as_f64().unwrap() > 100.0);
}

#[tokio::test]
async fn each_day_that_is_over_is_summed_after_a_weekend_without_the_server() {
    let city = City::new().await;
    let [one, _] = units(&city.house);
    city.drove(one, &[0], 74 * Micros::HOUR);
    city.drove(one, &[0], 26 * Micros::HOUR);
    city.counted().await;
    round::sum_days(&city.house.app).await.unwrap();
    let days = store::days(&city.house.app.store, "", 0, 100_000).await.unwrap();
    let newest = taipei_day(NOON) - 1;
    assert_eq!(days.iter().map(|(day, (_, covered_m))| (*day, *covered_m > 0.0)).collect::<Vec<_>>(), [(newest - 2, true), (newest - 1, false), (newest, true)]);
}

#[tokio::test]
async fn a_new_map_is_counted_anew_and_a_wrong_rectangle_is_refused() {
    let city = City::new().await;
    let [one, _] = units(&city.house);
    city.drove(one, &[0], Micros::HOUR);
    city.counted().await;
    let mut next = Grid::new(4, 1);
    next.version = 2;
    city.house.app.put(RoadSheetsPort(Arc::new(Map(Arc::new(next)))));
    let before = city.get("/v1/patrol/streets").await;
    assert_eq!((before["map_version"].as_i64(), before["covered_m"].as_f64()), (Some(2), Some(0.0)), "numbers of another map mean nothing");
    city.counted().await;
    assert_eq!(city.get("/v1/patrol/streets").await["covered_m"].as_f64(), Some(0.0), "while rounds follow each other, an answer serves for a while");
    city.clock.advance_us(10 * Micros::SECOND);
    assert!(city.get("/v1/patrol/streets").await["covered_m"].as_f64().unwrap() > 100.0);
    let long = city.house.call(&city.chief, "GET", &format!("/v1/patrol/streets?beat={}", "x".repeat(101)), Value::Null).await;
    assert_eq!((long.status, long.json["key"].as_str()), (422, Some("patrol.streets.name")), "{}", long.json);
    for wrong in ["west=121&south=22&east=120&north=24", "west=120&south=NaN&east=121&north=24"] {
        let refused = city.house.call(&city.chief, "GET", &format!("/v1/patrol/streets/lines?{wrong}"), Value::Null).await;
        assert_eq!((refused.status, refused.json["key"].as_str()), (422, Some("patrol.streets.frame")), "{}", refused.json);
    }
}

#[tokio::test]
async fn without_a_map_nothing_is_known_and_nothing_fails() {
    let house = House::open(MODULES).await;
    let chief = house.person(Role::Supervisor);
    assert!(!round::step(&house.app).await.unwrap());
    let told = house.call(&chief, "GET", "/v1/patrol/streets?window=shift", Value::Null).await;
    assert_eq!((told.status, told.json["map_version"].as_i64()), (200, None));
    let lines = house.call(&chief, "GET", &format!("/v1/patrol/streets/lines?{FRAME}"), Value::Null).await;
    assert_eq!(lines.json["items"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn a_day_that_is_over_is_summed_once_and_old_hours_are_forgotten() {
    let city = City::new().await;
    let [one, _] = units(&city.house);
    city.drove(one, &[0], 26 * Micros::HOUR);
    city.counted().await;
    round::sum_days(&city.house.app).await.unwrap();
    round::sum_days(&city.house.app).await.unwrap();
    let store = &city.house.app.store;
    let days = store::days(store, "", 0, 100_000).await.unwrap();
    assert_eq!(days.len(), 1);
    let (length_m, covered_m) = *days.values().next().unwrap();
    assert!((covered_m / length_m - 0.25).abs() < 0.01, "{days:?}");
    assert_eq!(store::days(store, "大橋派出所", 0, 100_000).await.unwrap().values().next().map(|(_, covered_m)| *covered_m), Some(0.0));
    city.clock.advance_us((super::KEPT_DAYS + 3) * Micros::DAY);
    let hour = hour_of(NOON);
    assert_eq!(store::hours(store, 1, hour - 48, hour + 1).await.unwrap().len(), 1);
    crate::jobs::purge_now(store).await.unwrap();
    assert!(store::hours(store, 1, hour - 48, hour + 1).await.unwrap().is_empty());
    assert_eq!(store::days(store, "", 0, 100_000).await.unwrap().len(), 1, "a year of days stays");
}

#[tokio::test]
async fn two_servers_that_count_the_same_minutes_count_them_once() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let mut counted = Counted { fixes: 3, matched: 2, ..Counted::default() };
        counted.hours.entry(7).or_default().insert(5, Count { forward: 1, backward: 0, crews: 2 });
        let (from, until) = (Micros(0), Micros(Micros::MINUTE));
        assert_eq!(store::begun(&store, 1, from).await.unwrap().until, from);
        assert!(store::advance(&store, 1, (from, until), &counted).await.unwrap());
        assert!(!store::advance(&store, 1, (from, until), &counted).await.unwrap(), "the other was there first");
        assert!(store::advance(&store, 1, (until, until.plus(1)), &counted).await.unwrap());
        let known = store::progress(&store, 1).await.unwrap().unwrap();
        assert_eq!((known.until, known.fixes, known.matched), (until.plus(1), 6, 4));
        let hours = store::hours(&store, 1, 0, 10).await.unwrap();
        let mut read = Vec::new();
        super::hour::decode(&hours[0].1, |piece, count| read.push((piece, count))).unwrap();
        assert_eq!(read, [(5, Count { forward: 2, backward: 0, crews: 2 })]);
        assert_eq!(store::begun(&store, 2, until).await.unwrap().until, until, "another map begins anew");
        assert_eq!(store::forget(&store, 0, 0).await.unwrap(), 1, "the hours of the map before");
        assert!(store::progress(&store, 1).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_day_that_is_summed_twice_is_there_once_and_stations_add_up_on_both_databases() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let area = |station: &str, beat: &str| super::areas::Area { station: station.into(), beat: beat.into() };
        let (a, b, c) = (area("永康", "01"), area("永康", "02"), area("大橋", "01"));
        assert!(store::summed(&store, 0).await.unwrap().is_empty());
        store::sum(&store, 7, &[(a.clone(), 1_000.0, 250.0), (b, 3_000.0, 750.0), (c, 500.0, 500.0)]).await.unwrap();
        store::sum(&store, 7, &[(a, 1_000.0, 999.0)]).await.unwrap();
        assert_eq!(store::summed(&store, 7).await.unwrap(), [7].into());
        assert_eq!(store::days(&store, "", 0, 9).await.unwrap(), [(7, (4_500.0, 1_500.0))].into());
        assert_eq!(store::days(&store, "永康", 0, 9).await.unwrap(), [(7, (4_000.0, 1_000.0))].into());
        assert!(store::days(&store, "", 0, 7).await.unwrap().is_empty(), "the last day is not within");
        store::forget(&store, 0, 8).await.unwrap();
        assert!(store::summed(&store, 0).await.unwrap().is_empty());
    })
    .await;
}
