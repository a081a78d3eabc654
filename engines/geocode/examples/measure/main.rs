//! How far the geocoder errs on real crash records whose place it has not been told, beside simple baselines.
//!
//! `cargo run --release -p shouhu-geocode --example measure -- [--data FOLDER] [--worst N] [--city tainan|taipei]`

mod baseline;
mod data;
mod speed;
mod table;

use std::collections::HashSet;
use std::path::PathBuf;

use baseline::Baselines;
use data::{City, Failure, Record};
use shouhu_geocode::{Geocoder, Hint, Lexicon, Parsed, Spot, parse};
use shouhu_place::Wgs84;
use table::{Outcome, Table};

/// Records are dealt to so many parts by their place; each part is asked of an index made of the others.
const FOLDS: u64 = 5;

/// The days that are asked when the index is made of the days before.
const ASKED_FROM: &str = "20230125";

fn main() -> Result<(), Failure> {
    let (mut folder, mut worst, mut only) = (None, 0, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--data" => folder = arguments.next().map(PathBuf::from),
            "--worst" => worst = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(20),
            "--city" => only = arguments.next(),
            other => return Err(format!("{other} is no option").into()),
        }
    }
    let folder = data::folder(folder);
    if !folder.join("crashes").is_dir() {
        eprintln!("skipped: no crashes in {}; set SHOUHU_SHARED_DATA or say --data", folder.display());
        return Ok(());
    }
    for read in [data::tainan, data::taipei] {
        let city = read(&folder)?;
        if only.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(city.name)) {
            measure(&city, worst);
        }
    }
    Ok(())
}

fn measure(city: &City, worst: usize) {
    println!("\n# {}: {} crashes asked, {} further records", city.name, city.asked.len(), city.more.len());
    let mut unseen = Table::default();
    for fold in 0..FOLDS {
        let is_known = |record: &&Record| fold_of(&record.address) != fold;
        let known: Vec<&Record> = city.asked.iter().chain(&city.more).filter(is_known).collect();
        let asked = city.asked.iter().filter(|record| fold_of(&record.address) == fold);
        ask(city, &known, asked, &mut unseen);
    }
    unseen.print("places that no record of the index names (5 folds by place)");
    unseen.print_worst(worst);

    let known: Vec<&Record> = city
        .asked
        .iter()
        .filter(|record| record.date.as_str() < ASKED_FROM)
        .chain(city.more.iter().filter(|record| record.date.as_str() < ASKED_FROM))
        .collect();
    let keys: HashSet<String> = known.iter().map(|record| key_of(&record.address)).collect();
    let late = || city.asked.iter().filter(|record| record.date.as_str() >= ASKED_FROM);
    for (is_seen, title) in [(true, "later days, places named before"), (false, "later days, places not named before")] {
        let mut table = Table::default();
        ask(city, &known, late().filter(|record| keys.contains(&key_of(&record.address)) == is_seen), &mut table);
        table.print(title);
    }
    speed::measure(city);
}

fn ask<'a>(city: &City, known: &[&Record], asked: impl Iterator<Item = &'a Record>, table: &mut Table) {
    let geocoder = index(city, known);
    let middles: Vec<([String; 3], Wgs84)> =
        city.outlines.iter().filter_map(|outline| Some((outline.names.clone(), middle(&outline.rings)?))).collect();
    let baselines = Baselines::of(known.iter().copied(), &middles);
    for record in asked {
        let parsed = parse(&record.address, &Lexicon::default());
        let answer = geocoder.find(&record.address, &Hint::default());
        let away = |place: Option<Wgs84>| place.map(|place| place.distance_m(record.at));
        table.add(Outcome {
            address: record.address.clone(),
            kind: kind_of(&parsed),
            error_m: away(answer.candidates.first().map(|first| first.place)),
            best_m: answer.candidates.iter().map(|one| one.place.distance_m(record.at)).min_by(f64::total_cmp),
            radius_m: answer.candidates.first().map(|first| first.radius_m),
            matched_by: answer.candidates.first().map(|first| first.matched_by),
            display: answer.candidates.first().map(|first| format!("{} {:?}", first.display, first.doubts)).unwrap_or_default(),
            is_ambiguous: answer.is_ambiguous,
            by_text_m: away(baselines.by_text(&record.address)),
            by_street_m: away(baselines.by_street(&parsed)),
            by_area_m: away(baselines.by_area(&parsed)),
        });
    }
}

pub fn index(city: &City, records: &[&Record]) -> Geocoder {
    let mut builder = city.ground();
    for record in records {
        builder.record(&record.address, record.at);
    }
    builder.build()
}

fn middle(rings: &[Vec<Wgs84>]) -> Option<Wgs84> {
    let ring = rings.first()?;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred points")]
    let count = ring.len() as f64;
    let (lon, lat) = ring.iter().fold((0.0, 0.0), |(lon, lat), at| (lon + at.lon, lat + at.lat));
    Wgs84::new(lon / count, lat / count).ok()
}

fn key_of(address: &str) -> String {
    parse(address, &Lexicon::default()).place_key()
}

fn fold_of(address: &str) -> u64 {
    let hash = key_of(address)
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 20) % FOLDS
}

fn kind_of(parsed: &Parsed) -> &'static str {
    match &parsed.address.spot {
        Spot::Door { way: Some(way), .. } if way.lane.is_some() => "number in a lane",
        Spot::Door { way: Some(way), .. } if way.name.ends_with(['路', '街', '道']) => "number on a street",
        Spot::Door { .. } => "number in a settlement",
        Spot::Crossing { ways } if ways.iter().any(|way| way.lane.is_some()) => "lane's mouth",
        Spot::Crossing { .. } => "crossing",
        Spot::Mark { way, .. } if way.name.starts_with("國道") => "kilometre mark, freeway",
        Spot::Mark { .. } => "kilometre mark, other",
        Spot::Road { way } if way.lane.is_some() => "lane",
        Spot::Road { .. } if parsed.is_at_junction => "street, at a crossing not said",
        Spot::Road { .. } => "street",
        Spot::Pole { .. } => "pole",
        Spot::Landmark { .. } => "landmark",
        Spot::Area => "area only",
    }
}
