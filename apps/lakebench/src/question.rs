//! The peers' questions as one list: how our lake is asked each, and the same in SQL for whoever else reads the files.
//!
//! Every answer is told in the same cells (whole numbers and texts, times in milliseconds since 1970), so that two engines
//! agree exactly when their sorted rows are equal.

use serde_json::{Value, json};
use shouhu_lake::catalogue::date_of;
use shouhu_lake::part::{Bounds, Window};
use shouhu_lake::questions::area::place_of;
use shouhu_lake::questions::convoy::Together;
use shouhu_lake::questions::counts::Hours;
use shouhu_lake::questions::find::Found;
use shouhu_lake::questions::trajectory::Judgement;
use shouhu_lake::questions::{self, Answer, Area, Limits};
use shouhu_lake::plates::Like;
use shouhu_lake::row::{DAY_MS, HOUR_MS, NO_DIRECTION, Seen};
use shouhu_lake::{PlateCode, View};
use shouhu_plate::look_alike;

/// `peers.py`: B is passed at most so long after A.
const A_THEN_B_MS: i64 = 30 * 60_000;
const TRIP_GAP_MS: i64 = 30 * 60_000;
const TOGETHER_MS: i64 = 60_000;
const TOGETHER_SOURCES: u32 = 3;
/// More than any of the questions has.
const ROWS_MAX: usize = 5_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    History { plate: String, window: Window },
    Wildcard { pattern: String },
    LookAlike { plate: String },
    OneOff { plate: String },
    CameraSet { sources: Vec<u32>, window: Window },
    Box { bounds: Bounds, window: Window },
    Convoy { plate: String, window: Window },
    Trajectory { plate: String, window: Window },
    AThenB { a: Vec<u32>, b: Vec<u32>, window: Window },
    HourByCamera { window: Window },
    Hours { window: Window },
}

/// Whose SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    DataFusion,
    Spark,
    DuckDb,
}

impl Dialect {
    pub const ALL: [(&str, Self); 3] = [("datafusion", Self::DataFusion), ("spark", Self::Spark), ("duckdb", Self::DuckDb)];

    fn millis(self, time: &str) -> String {
        match self {
            Self::DataFusion => format!("CAST({time} AS BIGINT)"),
            Self::Spark => format!("unix_millis({time})"),
            Self::DuckDb => format!("epoch_ms({time})"),
        }
    }

    /// Hours since 1970.
    fn hour(self, time: &str) -> String {
        let divide = match self {
            Self::DataFusion => "/",
            Self::Spark => "div",
            Self::DuckDb => "//",
        };
        format!("{} {divide} {HOUR_MS}", self.millis(time))
    }
}

/// `TIMESTAMP '…'` in UTC.
fn at(ms: i64) -> String {
    let in_day = ms.rem_euclid(DAY_MS);
    let (second, milli) = (in_day / 1_000, in_day % 1_000);
    let date = date_of(ms.div_euclid(DAY_MS));
    format!("TIMESTAMP '{date} {:02}:{:02}:{:02}.{milli:03}'", second / 3_600, second / 60 % 60, second % 60)
}

fn during(column: &str, window: Window) -> String {
    format!("{column} >= {} AND {column} < {}", at(window.from_ms), at(window.until_ms))
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Where a passage was: its own place, or its source's.
const PLACE: &str = "COALESCE(s.lon_e6, p.lon_e6) AS lon_e6, COALESCE(s.lat_e6, p.lat_e6) AS lat_e6";

impl Question {
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::History { .. } => "history",
            Self::Wildcard { .. } => "wildcard",
            Self::LookAlike { .. } => "look-alike",
            Self::OneOff { .. } => "edit distance 1",
            Self::CameraSet { .. } => "camera set",
            Self::Box { .. } => "box",
            Self::Convoy { .. } => "convoy",
            Self::Trajectory { .. } => "trajectory",
            Self::AThenB { .. } => "A then B",
            Self::HourByCamera { .. } => "hour x camera",
            Self::Hours { .. } => "hours",
        }
    }

    /// The same question; its rows have the cells that [`Self::ask`] gives.
    #[must_use]
    pub fn sql(&self, dialect: Dialect) -> String {
        let ms = |time: &str| dialect.millis(time);
        match self {
            Self::History { plate, window } => format!(
                "SELECT {}, s.source, {PLACE}, s.confidence_pm, s.direction FROM sightings_by_plate s \
                 LEFT JOIN sources p ON p.number = s.source WHERE s.plate = '{plate}' AND {}",
                ms("s.captured_at"),
                during("s.captured_at", *window)
            ),
            Self::Wildcard { pattern } => {
                format!("SELECT plate, COUNT(*) FROM sightings_by_plate WHERE plate LIKE '{}' GROUP BY plate", pattern.replace('?', "_"))
            }
            Self::LookAlike { plate } => {
                let (from, to) = confused();
                let seen_as: String = plate.chars().map(look_alike).collect();
                format!("SELECT plate, COUNT(*) FROM sightings_by_plate WHERE TRANSLATE(plate, '{from}', '{to}') = '{seen_as}' GROUP BY plate")
            }
            Self::OneOff { plate } => {
                format!("SELECT plate, COUNT(*) FROM sightings_by_plate WHERE LEVENSHTEIN(plate, '{plate}') <= 1 GROUP BY plate")
            }
            Self::CameraSet { sources, window } => format!(
                "SELECT plate, COUNT(*), {}, {} FROM sightings WHERE source IN ({}) AND {} GROUP BY plate",
                ms("MIN(captured_at)"),
                ms("MAX(captured_at)"),
                list(sources),
                during("captured_at", *window)
            ),
            Self::Box { bounds, window } => format!(
                "SELECT * FROM (SELECT {} AS at_ms, s.plate, s.source, {PLACE}, s.confidence_pm, s.direction FROM sightings s \
                 LEFT JOIN sources p ON p.number = s.source WHERE {}) AS placed \
                 WHERE lon_e6 BETWEEN {} AND {} AND lat_e6 BETWEEN {} AND {}",
                ms("s.captured_at"),
                during("s.captured_at", *window),
                bounds.west_e6,
                bounds.east_e6,
                bounds.south_e6,
                bounds.north_e6
            ),
            Self::Convoy { plate, window } => format!(
                "WITH led AS (SELECT source, {} AS at_ms FROM sightings_by_plate WHERE plate = '{plate}' AND {}) \
                 SELECT s.plate, COUNT(DISTINCT s.source), COUNT(*) FROM led JOIN sightings s ON s.source = led.source \
                 AND {} BETWEEN led.at_ms - {TOGETHER_MS} AND led.at_ms + {TOGETHER_MS} \
                 WHERE {} AND s.plate <> '{plate}' GROUP BY s.plate HAVING COUNT(DISTINCT s.source) >= {TOGETHER_SOURCES}",
                ms("captured_at"),
                during("captured_at", *window),
                ms("s.captured_at"),
                during("s.captured_at", *window)
            ),
            Self::Trajectory { plate, window } => format!(
                "WITH passed AS (SELECT s.captured_at, {} AS at_ms, s.source, {PLACE}, s.direction FROM sightings_by_plate s \
                 LEFT JOIN sources p ON p.number = s.source WHERE s.plate = '{plate}' AND {}), \
                 before AS (SELECT *, LAG(at_ms) OVER (ORDER BY at_ms, source) AS before_ms FROM passed) \
                 SELECT at_ms, source, lon_e6, lat_e6, direction, \
                 SUM(CASE WHEN before_ms IS NULL OR at_ms - before_ms > {TRIP_GAP_MS} THEN 1 ELSE 0 END) OVER (ORDER BY at_ms, source) \
                 FROM before",
                ms("s.captured_at"),
                during("s.captured_at", *window)
            ),
            Self::AThenB { a, b, window } => format!(
                "SELECT x.plate, {}, {} FROM sightings x JOIN sightings y ON x.plate = y.plate AND y.captured_at > x.captured_at \
                 AND {} < {} + {A_THEN_B_MS} WHERE x.source IN ({}) AND y.source IN ({}) AND {} AND {}",
                ms("x.captured_at"),
                ms("y.captured_at"),
                ms("y.captured_at"),
                ms("x.captured_at"),
                list(a),
                list(b),
                during("x.captured_at", *window),
                during("y.captured_at", *window)
            ),
            Self::HourByCamera { window } => {
                let hour = dialect.hour("captured_at");
                format!("SELECT {hour}, source, COUNT(*) FROM sightings WHERE {} GROUP BY {hour}, source", during("captured_at", *window))
            }
            Self::Hours { window } => {
                let hour = dialect.hour("captured_at");
                format!("SELECT {hour}, COUNT(*) FROM sightings WHERE {} GROUP BY {hour}", during("captured_at", *window))
            }
        }
    }
}

/// Every character of a plate, and the one that stands for all that look like it.
fn confused() -> (String, String) {
    let all = ('0'..='9').chain('A'..='Z');
    all.clone().zip(all.map(look_alike)).filter(|(from, to)| from != to).unzip()
}

impl Question {
    /// Asks our lake; gives the number of rows, and the rows themselves where they are wanted.
    pub fn ask(&self, view: &View, rows: Option<&mut Vec<Value>>) -> anyhow::Result<usize> {
        let limits = Limits { rows_max: ROWS_MAX, is_stopped: &|| false };
        let plate = |text: &str| PlateCode::parse(text);
        let like = |like: Like| questions::find::ask(view, &like, None, limits);
        match self {
            Self::History { plate: text, window } => {
                let answer = questions::history::ask(view, plate(text)?, *window, None, limits)?;
                told(answer, rows, |seen| seen_cells(seen, view))
            }
            Self::Wildcard { pattern } => told(like(Like::glob(pattern)?)?, rows, found_cells),
            Self::LookAlike { plate: text } => told(like(Like::confusable(plate(text)?))?, rows, found_cells),
            Self::OneOff { plate: text } => told(like(Like::near(plate(text)?))?, rows, found_cells),
            Self::CameraSet { sources, window } => {
                let answer = questions::cameras::ask(view, sources, *window, limits)?;
                told(answer, rows, |seen| json!([seen.plate.to_string(), seen.rows, seen.first_ms, seen.last_ms]))
            }
            Self::Box { bounds, window } => {
                let answer = questions::area::ask(view, &Area::within(*bounds)?, *window, None, limits)?;
                told(answer, rows, |seen| placed_cells(seen, view))
            }
            Self::Convoy { plate: text, window } => {
                let together = Together { within_ms: TOGETHER_MS, sources_min: TOGETHER_SOURCES };
                let answer = questions::convoy::ask(view, plate(text)?, *window, together, limits)?;
                told(answer, rows, |other| json!([other.plate.to_string(), other.sources, other.passages]))
            }
            Self::Trajectory { plate: text, window } => {
                let judgement = Judgement { gap_ms: TRIP_GAP_MS, ..Judgement::default() };
                let answer = questions::trajectory::ask(view, plate(text)?, *window, judgement, limits)?;
                told(answer, rows, |step| {
                    let (lon, lat) = step.place_e6.unzip();
                    json!([step.seen.at_ms, step.seen.source, lon, lat, direction(step.seen.direction), step.trip])
                })
            }
            Self::AThenB { a, b, window } => {
                let answer = questions::a_then_b::ask(view, a, b, *window, A_THEN_B_MS, limits)?;
                told(answer, rows, |pair| json!([pair.plate.to_string(), pair.at_a_ms, pair.at_b_ms]))
            }
            Self::HourByCamera { window } => {
                let answer = questions::counts::by_source_hour(view, Hours::around(*window), limits)?;
                told(answer, rows, |count| json!([count.hour, count.source, count.rows]))
            }
            Self::Hours { window } => {
                let answer = questions::counts::by_hour(view, Hours::around(*window), limits)?;
                told(answer, rows, |count| json!([count.hour, count.rows]))
            }
        }
    }
}

/// An answer that is not whole is no figure.
fn told<T>(answer: Answer<T>, rows: Option<&mut Vec<Value>>, cells: impl Fn(&T) -> Value) -> anyhow::Result<usize> {
    // Classes overlap in time, and counts over them say that a passage in both would count twice: here none is.
    let is_whole = answer.partial.iter().all(|why| matches!(why, shouhu_lake::Partial::Unmerged { .. }));
    anyhow::ensure!(is_whole, "the answer is not whole: {:?}", answer.partial);
    if let Some(rows) = rows {
        rows.extend(answer.rows.iter().map(cells));
    }
    Ok(answer.rows.len())
}

fn direction(code: u8) -> Option<u8> {
    (code != NO_DIRECTION).then_some(code)
}

fn seen_cells(seen: &Seen, view: &View) -> Value {
    let (lon, lat) = place_of(seen, &view.sources).unzip();
    json!([seen.at_ms, seen.source, lon, lat, seen.confidence_pm, direction(seen.direction)])
}

fn placed_cells(seen: &Seen, view: &View) -> Value {
    let (lon, lat) = place_of(seen, &view.sources).unzip();
    json!([seen.at_ms, seen.plate.to_string(), seen.source, lon, lat, seen.confidence_pm, direction(seen.direction)])
}

fn found_cells(found: &Found) -> Value {
    json!([found.plate.to_string(), found.rows])
}
