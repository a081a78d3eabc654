//! How long a city's boxes take from file to list, map, sheets and phone, through the routes: `cargo run --release -p shouhu-patrol
//! --example boxes_speed -- [boxes]`; 7,364 where no number is given, as many as Tainan has.

use std::fmt::Write as _;
use std::time::Instant;

use serde_json::Value;
use shouhu_http::testing::House;
use shouhu_module::{Caller, Module};
use shouhu_patrol::MODULE;
use shouhu_wire::Role;

static MODULES: &[Module] = &[MODULE];

const BOXES: usize = 7_364;
const STATIONS: usize = 120;
/// The page that the browser asks for.
const PAGE: usize = 2_000;

fn list(boxes: usize) -> String {
    let mut csv = "編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\n".to_owned();
    for no in 0..boxes {
        let (lon, lat) = (120.05 + 0.006 * (no % 90) as f64, 22.90 + 0.006 * (no / 90) as f64);
        writeln!(csv, "箱-{no:05},路口 {no},第{}派出所,{:02},{lon:.4},{lat:.4},24,", no % STATIONS, no % 9).unwrap_or_default();
    }
    csv
}

async fn timed(house: &House, by: &Caller, what: &str, method: &str, path: &str, body: Vec<u8>) {
    let began = Instant::now();
    let answer = house.call_with(by, method, path, &[("shouhu-purpose", "patrol")], body).await;
    println!("{what:<42} {:>8.1} ms {:>9} KiB  {}", began.elapsed().as_secs_f64() * 1e3, answer.bytes.len() >> 10, answer.status);
}

/// Every page, as the list, the map and the sheets are filled.
async fn pages(house: &House, by: &Caller, what: &str, path: &str) {
    let (began, mut cursor, mut items, mut count) = (Instant::now(), String::new(), 0, 0);
    loop {
        let answer = house.call(by, "GET", &format!("{path}?limit={PAGE}&cursor={cursor}"), Value::Null).await;
        items += answer.json.get("items").and_then(Value::as_array).map_or(0, Vec::len);
        count += 1;
        match answer.json.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = next.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            None => break,
        }
    }
    println!("{what:<42} {:>8.1} ms {items:>9} of them in {count} pages", began.elapsed().as_secs_f64() * 1e3);
}

#[tokio::main]
async fn main() {
    let boxes = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(BOXES);
    let house = House::open(MODULES).await;
    let (chief, officer) = (house.person(Role::Supervisor), house.person(Role::Officer));
    let file = list(boxes).into_bytes();
    println!("{boxes} boxes, a file of {} KiB", file.len() >> 10);
    timed(&house, &chief, "import, checked only", "POST", "/v1/patrol/boxes/import?dry_run=true", file.clone()).await;
    timed(&house, &chief, "import", "POST", "/v1/patrol/boxes/import?dry_run=false", file.clone()).await;
    timed(&house, &chief, "import of the same file again", "POST", "/v1/patrol/boxes/import?dry_run=false", file).await;
    pages(&house, &chief, "list and map: every page", "/v1/patrol/boxes").await;
    pages(&house, &chief, "sheets of the whole city: every page", "/v1/patrol/codes").await;
    let station = "%E7%AC%AC7%E6%B4%BE%E5%87%BA%E6%89%80";
    timed(&house, &chief, "sheets of one station", "GET", &format!("/v1/patrol/codes?station={station}"), Vec::new()).await;
    timed(&house, &chief, "search in all boxes", "GET", "/v1/patrol/boxes?q=7001", Vec::new()).await;
    timed(&house, &chief, "summary by station", "GET", "/v1/patrol/summary", Vec::new()).await;
    timed(&house, &officer, "boxes due near the officer", "GET", "/v1/patrol/boxes/near?lon=120.25&lat=23.1", Vec::new()).await;
}
