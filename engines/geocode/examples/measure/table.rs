//! Errors by kind, in the order in which people ask about them.

use std::collections::BTreeMap;

use shouhu_geocode::MatchedBy;

pub struct Outcome {
    pub address: String,
    pub kind: &'static str,
    pub error_m: Option<f64>,
    /// The nearest of all candidates.
    pub best_m: Option<f64>,
    pub radius_m: Option<f64>,
    pub matched_by: Option<MatchedBy>,
    pub display: String,
    pub is_ambiguous: bool,
    pub by_text_m: Option<f64>,
    pub by_street_m: Option<f64>,
    pub by_area_m: Option<f64>,
}

#[derive(Default)]
pub struct Table {
    outcomes: Vec<Outcome>,
}

/// The error of one way of answering.
type ErrorOf = fn(&Outcome) -> Option<f64>;

const KINDS: [&str; 13] = [
    "number on a street",
    "number in a lane",
    "number in a settlement",
    "crossing",
    "lane's mouth",
    "kilometre mark, other",
    "kilometre mark, freeway",
    "lane",
    "street, at a crossing not said",
    "street",
    "landmark",
    "pole",
    "area only",
];

impl Table {
    pub fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    pub fn print(&self, title: &str) {
        println!("\n## {title}\n");
        println!("| kind | n | answered | median | p75 | p90 | p95 | within the radius | median radius | ambiguous |");
        println!("|---|---|---|---|---|---|---|---|---|---|");
        let all: Vec<&Outcome> = self.outcomes.iter().collect();
        line("all", &all);
        for kind in KINDS {
            let of_kind: Vec<&Outcome> = all.iter().filter(|outcome| outcome.kind == kind).copied().collect();
            line(kind, &of_kind);
        }
        println!(
            "\n| matched by | n | median | p75 | p90 | p95 | within the radius | median radius |\n|---|---|---|---|---|---|---|---|"
        );
        let mut by: BTreeMap<MatchedBy, Vec<&Outcome>> = BTreeMap::new();
        for outcome in &all {
            if let Some(kind) = outcome.matched_by {
                by.entry(kind).or_default().push(outcome);
            }
        }
        for (kind, outcomes) in by {
            let cells = errors(outcomes.iter().map(|outcome| outcome.error_m));
            println!("| {kind:?} | {} | {cells} | {} | {} |", outcomes.len(), within(&outcomes), radius(&outcomes));
        }
        println!("\n| baseline | answered | median | p75 | p90 | p95 |\n|---|---|---|---|---|---|");
        let baselines: [(&str, ErrorOf); 6] = [
            ("this geocoder", |outcome| outcome.error_m),
            ("this geocoder, nearest candidate", |outcome| outcome.best_m),
            ("the same text before", |outcome| outcome.by_text_m),
            ("middle of the first street", |outcome| outcome.by_street_m),
            ("same text, else street, else village or town", |outcome| {
                outcome.by_text_m.or(outcome.by_street_m).or(outcome.by_area_m)
            }),
            ("middle of the village or town", |outcome| outcome.by_area_m),
        ];
        for (name, of) in baselines {
            let answered = all.iter().filter(|outcome| of(outcome).is_some()).count();
            println!("| {name} | {} | {} |", percent(answered, all.len()), errors(all.iter().map(|outcome| of(outcome))));
        }
    }

    pub fn print_worst(&self, count: usize) {
        for kind in KINDS {
            let mut worst: Vec<&Outcome> = self.outcomes.iter().filter(|outcome| outcome.kind == kind).collect();
            worst.sort_by(|a, b| b.error_m.unwrap_or(1e9).total_cmp(&a.error_m.unwrap_or(1e9)));
            for outcome in worst.into_iter().take(count) {
                let error = outcome.error_m.map_or("none".to_owned(), |error| format!("{error:.0}"));
                println!(
                    "worst {kind}: {error} ±{:.0} {:?} | {} → {}",
                    outcome.radius_m.unwrap_or(0.0),
                    outcome.matched_by,
                    outcome.address,
                    outcome.display
                );
            }
        }
    }
}

fn line(kind: &str, outcomes: &[&Outcome]) {
    if outcomes.is_empty() {
        return;
    }
    let answered = outcomes.iter().filter(|outcome| outcome.error_m.is_some()).count();
    let ambiguous = outcomes.iter().filter(|outcome| outcome.is_ambiguous).count();
    let cells = errors(outcomes.iter().map(|outcome| outcome.error_m));
    println!(
        "| {kind} | {} | {} | {cells} | {} | {} | {} |",
        outcomes.len(),
        percent(answered, outcomes.len()),
        within(outcomes),
        radius(outcomes),
        percent(ambiguous, outcomes.len()),
    );
}

fn within(outcomes: &[&Outcome]) -> String {
    let pairs: Vec<(f64, f64)> = outcomes.iter().filter_map(|outcome| Some((outcome.error_m?, outcome.radius_m?))).collect();
    percent(pairs.iter().filter(|(error, radius)| error <= radius).count(), pairs.len())
}

fn radius(outcomes: &[&Outcome]) -> String {
    let mut radii: Vec<f64> = outcomes.iter().filter_map(|outcome| outcome.radius_m).collect();
    quantile(&mut radii, 0.5)
}

fn errors(errors: impl Iterator<Item = Option<f64>>) -> String {
    let mut errors: Vec<f64> = errors.flatten().collect();
    [0.5, 0.75, 0.9, 0.95].map(|share| quantile(&mut errors, share)).join(" | ")
}

/// Nearest rank, in metres.
fn quantile(values: &mut [f64], share: f64) -> String {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a rank")]
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.max(1) - 1).map_or("–".to_owned(), |value| format!("{value:.0}"))
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}
