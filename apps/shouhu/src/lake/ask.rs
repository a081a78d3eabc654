//! `shouhu lake ask`: the questions of the investigator's page, answered as a table or as JSON.

use std::process::ExitCode;

use anyhow::{Context, bail};
use axum::body::Body;
use axum::http::Request;
use clap::{Subcommand, ValueEnum};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use shouhu_env::Env;
use shouhu_http::{Metrics, Site, router};
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_wire::{CASE_HEADER, PURPOSE_HEADER, Role};
use tower::ServiceExt;

use super::progress::Progress;
use super::table::{Column, Kind, column, render};
use super::window::{Span, Window, moment};
use super::{close, open, say_what_is_missing, who};
use crate::Options;

/// Pages of a history that are asked for at most; each leaves a leaf.
const PAGES_MAX: usize = 50;
const PAGE_ROWS: u32 = 200;

#[derive(Debug, Clone, clap::Args)]
pub struct Why {
    /// patrol, investigation, dispatch, traffic, audit or life_threat; all but the first and last need a case.
    #[arg(long, global = true)]
    pub purpose: Option<String>,
    /// Case or 110 number.
    #[arg(long = "case", global = true)]
    pub case_ref: Option<String>,
}

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    span: Span,
    /// Print JSON as the API gives it.
    #[arg(long, global = true)]
    json: bool,
    /// Most rows.
    #[arg(long, global = true)]
    limit: Option<u32>,
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Likeness {
    /// `?` is one character, `*` any number.
    Wildcard,
    /// Characters that cameras confuse count as equal.
    LookAlike,
    /// One character exchanged, missing or too many.
    OneOff,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Hour,
    HourCamera,
    Cell,
}

#[derive(Subcommand)]
enum Question {
    /// Where a plate was seen, newest first. 30 days unless a window is given.
    #[command(after_help = "Example: shouhu lake ask history ABC-1234 --last 7d --purpose investigation --case 115-偵-7")]
    History { plate: String },
    /// Which plates are like this one.
    Plates {
        plate: String,
        #[arg(long, value_enum, default_value = "wildcard")]
        like: Likeness,
    },
    /// Everything that cameras saw.
    Cameras {
        /// Ids of cameras.
        #[arg(required = true)]
        cameras: Vec<String>,
    },
    /// Everything that was seen in an area.
    Area(Shape),
    /// The way of a plate, with gaps and impossible speeds marked.
    Trajectory { plate: String },
    /// Who travelled with a plate: at the same cameras within a minute. 7 days unless a window is given.
    Convoy {
        plate: String,
        #[arg(long)]
        within_s: Option<u32>,
        #[arg(long)]
        cameras_min: Option<u32>,
    },
    /// Where and when two to ten plates were at one place. 7 days unless a window is given.
    Meetings {
        #[arg(required = true, num_args = 2..=10)]
        plates: Vec<String>,
        #[arg(long)]
        within_s: Option<u32>,
        #[arg(long)]
        within_m: Option<f64>,
    },
    /// Who passed some cameras and later others.
    Passed {
        #[arg(long, required = true, num_args = 1..)]
        first: Vec<String>,
        #[arg(long, required = true, num_args = 1..)]
        then: Vec<String>,
        #[arg(long)]
        within_s: Option<u32>,
    },
    /// First and last time that a plate was seen.
    Seen { plate: String },
    /// Where stolen vehicles were last seen before the theft, and seen again after it, by cell of the map.
    Zones {
        /// One vehicle a line: plate, when it was stolen and, where known, when it was recovered, with commas between.
        #[arg(long)]
        vehicles: std::path::PathBuf,
        /// Days before and after each theft that are looked at.
        #[arg(long)]
        look_days: Option<u32>,
        /// H3 resolution of the cells.
        #[arg(long)]
        resolution: Option<u8>,
        /// For trends: count by periods of so many days.
        #[arg(long)]
        period_days: Option<u32>,
    },
    /// How many passed, by hour, camera or cell of the map. Needs no purpose: it names nobody.
    Counts {
        #[arg(long, value_enum, default_value = "hour")]
        by: By,
        #[arg(long)]
        camera: Option<String>,
        /// west,south,east,north
        #[arg(long)]
        bbox: Option<String>,
    },
}

#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Shape {
    /// lon,lat,metres
    #[arg(long, allow_hyphen_values = true)]
    pub circle: Option<String>,
    /// west,south,east,north
    #[arg(long, allow_hyphen_values = true)]
    pub bbox: Option<String>,
    /// GeoJSON file with a polygon.
    #[arg(long)]
    pub polygon: Option<std::path::PathBuf>,
    /// H3 cells, hexadecimal.
    #[arg(long, num_args = 1..)]
    pub h3: Vec<String>,
}

fn numbers<const N: usize>(text: &str) -> anyhow::Result<[f64; N]> {
    let all: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse::<f64>()).collect();
    all.ok().and_then(|all| all.try_into().ok()).with_context(|| format!("{text:?} is not {N} numbers with commas between"))
}

impl Shape {
    pub fn json(&self) -> anyhow::Result<Value> {
        if let Some(circle) = &self.circle {
            let [lon, lat, radius_m] = numbers(circle)?;
            return Ok(json!({ "kind": "circle", "center": { "lon": lon, "lat": lat }, "radius_m": radius_m }));
        }
        if let Some(bbox) = &self.bbox {
            let [west, south, east, north] = numbers(bbox)?;
            return Ok(json!({ "kind": "bbox", "west": west, "south": south, "east": east, "north": north }));
        }
        if let Some(path) = &self.polygon {
            let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
            let geojson: Value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
            let places = ["/coordinates", "/geometry/coordinates", "/features/0/geometry/coordinates"];
            let Some(coordinates) = places.iter().find_map(|place| geojson.pointer(place)) else {
                bail!("{} holds no GeoJSON polygon", path.display());
            };
            return Ok(json!({ "kind": "polygon", "coordinates": coordinates }));
        }
        Ok(json!({ "kind": "h3", "cells": self.h3 }))
    }
}

/// A request to the house itself.
struct Call {
    path: &'static str,
    /// Query of a GET, or body of a POST.
    fields: Map<String, Value>,
    is_post: bool,
    has_pages: bool,
    columns: &'static [Column],
}

const PASSING: &[Column] = &[
    column("plate", "/plate_display", Kind::Text),
    column("time", "/captured_at_us", Kind::Time),
    column("place", "/place_name", Kind::Text),
    column("lon,lat", "/position", Kind::Position),
    column("sure", "/confidence", Kind::Number),
    column("id", "/id", Kind::Text),
];
const LEGS: &[Column] = &[
    column("time", "/captured_at_us", Kind::Time),
    column("place", "/place_name", Kind::Text),
    column("lon,lat", "/position", Kind::Position),
    column("metres", "/distance_m", Kind::Number),
    column("km/h", "/speed_kmh", Kind::Number),
    column("gap", "/after_gap", Kind::Text),
    column("impossible", "/is_impossible", Kind::Text),
];
const PLATES: &[Column] = &[column("plate", "/plate_display", Kind::Text), column("sightings", "/sightings", Kind::Number)];
const COMPANIONS: &[Column] = &[
    column("plate", "/plate_display", Kind::Text),
    column("cameras", "/cameras", Kind::Number),
    column("encounters", "/encounters", Kind::Number),
    column("first", "/first_at_us", Kind::Time),
    column("last", "/last_at_us", Kind::Time),
];
const MEETINGS: &[Column] = &[
    column("first", "/first_at_us", Kind::Time),
    column("last", "/last_at_us", Kind::Time),
    column("place", "/passings/0/place_name", Kind::Text),
    column("plate", "/passings/0/plate_display", Kind::Text),
    column("plate", "/passings/1/plate_display", Kind::Text),
];
const PASSED: &[Column] = &[
    column("plate", "/plate_display", Kind::Text),
    column("first", "/first/captured_at_us", Kind::Time),
    column("place", "/first/place_name", Kind::Text),
    column("then", "/then/captured_at_us", Kind::Time),
    column("place", "/then/place_name", Kind::Text),
    column("ms", "/took_ms", Kind::Number),
];
const SEEN: &[Column] = &[
    column("plate", "/plate_display", Kind::Text),
    column("sightings", "/sightings", Kind::Number),
    column("first", "/first/captured_at_us", Kind::Time),
    column("place", "/first/place_name", Kind::Text),
    column("last", "/last/captured_at_us", Kind::Time),
    column("place", "/last/place_name", Kind::Text),
];
const ZONES: &[Column] = &[
    column("cell", "/cell", Kind::Text),
    column("lon,lat", "/position", Kind::Position),
    column("period", "/period_from_us", Kind::Time),
    column("last before", "/last_seen_before", Kind::Number),
    column("first after", "/first_seen_after", Kind::Number),
    column("last after", "/last_seen_after", Kind::Number),
];
const COUNTS: &[Column] = &[
    column("hour", "/hour_us", Kind::Time),
    column("place", "/place_name", Kind::Text),
    column("cell", "/cell", Kind::Text),
    column("sightings", "/sightings", Kind::Number),
];

/// Stolen vehicles, one a line; a first line without a time is a heading.
/// # Errors
/// When a line has no time, or one that is none.
pub fn stolen(text: &str) -> anyhow::Result<Vec<Value>> {
    let mut vehicles = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut parts = line.split(',').map(str::trim);
        let plate = parts.next().unwrap_or_default().trim_start_matches('\u{feff}');
        let stolen = parts.next().with_context(|| format!("line {}: a plate and a time are wanted, with a comma between", index + 1))?;
        let stolen = match moment(stolen) {
            Ok(at) => at,
            Err(_) if index == 0 => continue,
            Err(error) => return Err(error.context(format!("line {}", index + 1))),
        };
        let recovered = parts.next().filter(|text| !text.is_empty()).map(moment).transpose();
        let recovered = recovered.with_context(|| format!("line {}", index + 1))?;
        vehicles.push(Value::Object(fields(json!({ "plate": plate, "stolen_at_us": stolen, "recovered_at_us": recovered }))));
    }
    Ok(vehicles)
}

#[must_use]
pub fn fields(pairs: Value) -> Map<String, Value> {
    let Value::Object(mut fields) = pairs else { return Map::new() };
    fields.retain(|_, value| !value.is_null());
    fields
}

fn call(args: &Args, now: Micros) -> anyhow::Result<Call> {
    let window = |days: i64| -> anyhow::Result<Window> { args.span.window(now, days * Micros::DAY) };
    let limit = args.limit;
    let get = |path, pairs, columns| Call { path, fields: fields(pairs), is_post: false, has_pages: false, columns };
    let post = |path, pairs, columns| Call { path, fields: fields(pairs), is_post: true, has_pages: false, columns };
    Ok(match &args.question {
        Question::History { plate } => {
            let (from, until) = window(30)?;
            let rows = limit.map_or(PAGE_ROWS, |limit| limit.min(PAGE_ROWS));
            let asked = json!({ "plate": plate, "from_us": from, "until_us": until, "limit": rows });
            Call { has_pages: true, ..get("/v1/sightings", asked, PASSING) }
        }
        Question::Plates { plate, like } => {
            let likeness = match like {
                Likeness::Wildcard => "wildcard",
                Likeness::LookAlike => "look_alike",
                Likeness::OneOff => "one_off",
            };
            get("/v1/sightings/plates", json!({ "plate": plate, "likeness": likeness, "limit": limit }), PLATES)
        }
        Question::Cameras { cameras } => {
            let (from, until) = window(1)?;
            Call { has_pages: true, ..post("/v1/sightings/cameras", json!({ "cameras": cameras, "from_us": from, "until_us": until, "limit": limit }), PASSING) }
        }
        Question::Area(shape) => {
            let (from, until) = window(1)?;
            Call { has_pages: true, ..post("/v1/sightings/area", json!({ "area": shape.json()?, "from_us": from, "until_us": until, "limit": limit }), PASSING) }
        }
        Question::Trajectory { plate } => {
            let (from, until) = window(7)?;
            get("/v1/sightings/trajectory", json!({ "plate": plate, "from_us": from, "until_us": until }), LEGS)
        }
        Question::Convoy { plate, within_s, cameras_min } => {
            let (from, until) = window(7)?;
            let asked = json!({ "plate": plate, "from_us": from, "until_us": until, "within_s": within_s, "cameras_min": cameras_min, "limit": limit });
            post("/v1/sightings/convoys", asked, COMPANIONS)
        }
        Question::Meetings { plates, within_s, within_m } => {
            let (from, until) = window(7)?;
            let asked = json!({ "plates": plates, "from_us": from, "until_us": until, "within_s": within_s, "within_m": within_m, "limit": limit });
            post("/v1/sightings/meetings", asked, MEETINGS)
        }
        Question::Passed { first, then, within_s } => {
            let (from, until) = window(1)?;
            let asked = json!({ "first": first, "then": then, "from_us": from, "until_us": until, "within_s": within_s, "limit": limit });
            post("/v1/sightings/passed", asked, PASSED)
        }
        Question::Zones { vehicles, look_days, resolution, period_days } => {
            let text = std::fs::read_to_string(vehicles).with_context(|| format!("{}", vehicles.display()))?;
            let asked = json!({ "vehicles": stolen(&text)?, "look_days": look_days, "resolution": resolution, "period_days": period_days });
            post("/v1/sightings/zones", asked, ZONES)
        }
        Question::Seen { plate } => get("/v1/sightings/seen", json!({ "plate": plate }), SEEN),
        Question::Counts { by, camera, bbox } => {
            let (from, until) = window(1)?;
            let by = match by {
                By::Hour => "hour",
                By::HourCamera => "hour_camera",
                By::Cell => "cell",
            };
            let hour = |at: Micros| at.0.div_euclid(Micros::HOUR) * Micros::HOUR;
            let asked = json!({ "by": by, "from_us": hour(from), "until_us": hour(until), "camera": camera, "bbox": bbox });
            get("/v1/sightings/counts", asked, COUNTS)
        }
    })
}

pub async fn run(args: Args, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let now = env.now();
    let call = call(&args, now)?;
    let (app, _lake) = open(options, env).await?;
    let progress = Progress::begin("asking", 0);
    let answered = ask_all(&app, &args, call, now).await;
    drop(progress);
    close(&app).await;
    let (answer, columns) = answered?;
    print(&args, &answer, columns)?;
    Ok(ExitCode::SUCCESS)
}

async fn ask_all(app: &App, args: &Args, mut call: Call, now: Micros) -> anyhow::Result<(Value, &'static [Column])> {
    let mut answer = ask(app, &args.why, &call, now).await?;
    let wanted = args.limit.unwrap_or(PAGE_ROWS) as usize;
    for _ in 0..PAGES_MAX {
        let next = answer.get("next_cursor").and_then(Value::as_str).map(ToOwned::to_owned);
        let rows = answer.get("items").and_then(Value::as_array).map_or(0, Vec::len);
        let Some(cursor) = next.filter(|_| call.has_pages && rows < wanted) else { break };
        call.fields.insert("cursor".into(), cursor.into());
        call.fields.insert("limit".into(), (wanted - rows).min(PAGE_ROWS as usize).into());
        let page = ask(app, &args.why, &call, now).await?;
        let more = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        if let Some(fields) = answer.as_object_mut() {
            if let Some(items) = fields.get_mut("items").and_then(Value::as_array_mut) {
                items.extend(more);
            }
            fields.insert("next_cursor".into(), page.get("next_cursor").cloned().unwrap_or_default());
        }
    }
    Ok((answer, call.columns))
}

/// `%` and two digits for every byte but letters, digits and `-_.`.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') { out.push(char::from(byte)) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

#[must_use]
pub fn query_of(fields: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    fields.iter().map(|(name, value)| format!("{name}={}", escaped(&text(value)))).collect::<Vec<_>>().join("&")
}

async fn ask(app: &App, why: &Why, call: &Call, _now: Micros) -> anyhow::Result<Value> {
    let (method, path, body) = if call.is_post {
        ("POST", call.path.to_owned(), Value::Object(call.fields.clone()).to_string())
    } else {
        ("GET", format!("{}?{}", call.path, query_of(&call.fields)), String::new())
    };
    let mut request = Request::builder().method(method).uri(path).extension(who::caller(&app.env, Role::Detective));
    if let Some(purpose) = &why.purpose {
        request = request.header(PURPOSE_HEADER, escaped(purpose));
    }
    if let Some(case) = &why.case_ref {
        request = request.header(CASE_HEADER, escaped(case));
    }
    let router = router(app, &Metrics::default(), Site::default()).map_err(|wrong| anyhow::anyhow!("{wrong:?}"))?;
    let response = router.oneshot(request.body(Body::from(body))?).await.unwrap_or_else(|never| match never {});
    let status = response.status();
    let bytes = response.into_body().collect().await?.to_bytes();
    let json: Value = serde_json::from_slice(&bytes).context("the answer is no JSON")?;
    if status.is_success() {
        return Ok(json);
    }
    let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let hint = match text("key").as_str() {
        "oversight.purpose_required" => " (give --purpose, such as --purpose investigation)",
        "oversight.case_required" => " (give --case)",
        _ => "",
    };
    bail!("{}{hint} [{}]", text("detail"), text("key"))
}

fn print(args: &Args, answer: &Value, columns: &[Column]) -> anyhow::Result<()> {
    say_what_is_missing();
    for note in answer.get("partial").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| note.get(name).and_then(Value::as_str).unwrap_or_default();
        eprintln!("not whole: {} [{}]", text("detail"), text("key"));
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(answer)?);
        return Ok(());
    }
    let rows = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_else(|| vec![answer.clone()]);
    print!("{}", render(&rows, columns));
    if answer.get("next_cursor").is_some_and(|cursor| !cursor.is_null()) {
        eprintln!("there are more: give --limit, or a shorter window");
    }
    Ok(())
}
