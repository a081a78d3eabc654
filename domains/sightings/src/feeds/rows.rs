//! Rows of a file into passages, each judged by itself.

use std::collections::HashMap;

use bytes::Bytes;
use shouhu_ids::Micros;
use shouhu_plate::Plate;
use shouhu_wire::Heading;

use super::fold::folded;
use super::mapping::{FeedMapping, Role};
use super::records::{self, Cell, Outline, Record};
use super::report::Refusals;
use super::{FeedError, TRIP_PASSAGES_MAX, moment};
use crate::model::{AGE_MAX_US, FUTURE_TOLERATED_US};

/// A passage that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPassage {
    pub line: u64,
    pub plate: Plate,
    pub at: Micros,
    /// Index in the feed's list of sites.
    pub site: u32,
    pub heading: Option<Heading>,
    /// Thousandths; a feed that says nothing is believed.
    pub confidence_pm: u16,
    /// Tenths of a kilometre per hour.
    pub speed_dkmh: Option<u16>,
}

/// What a file holds.
#[derive(Debug)]
pub struct Judged {
    pub rows: u64,
    pub passages: Vec<FeedPassage>,
    pub late: u64,
    pub cells_ignored: u64,
    pub refusals: Refusals,
    pub outline: Outline,
}

const CONFIDENCE_UNSAID_PM: u16 = 1_000;
/// No road vehicle with a plate is faster.
const SPEED_MAX_KMH: f64 = 400.0;

struct Judge<'m> {
    mapping: &'m FeedMapping,
    wanted: [&'m str; Role::COUNT],
    sites: &'m HashMap<String, u32>,
    now: Micros,
    passages: Vec<FeedPassage>,
    rows: u64,
    late: u64,
    cells_ignored: u64,
    refusals: Refusals,
}

/// Judges every row of a file. `sites` has the folded codes of the feed's sites.
///
/// # Errors
/// When the file as a whole cannot be read.
pub fn judge(bytes: &Bytes, mapping: &FeedMapping, sites: &HashMap<String, u32>, now: Micros) -> Result<Judged, FeedError> {
    let wanted = mapping.wanted();
    let mut judge =
        Judge { mapping, wanted, sites, now, passages: Vec::new(), rows: 0, late: 0, cells_ignored: 0, refusals: Refusals::default() };
    let outline = records::read(bytes, mapping.reading(), &wanted, &mut |record| {
        judge.row(&record);
        std::ops::ControlFlow::Continue(())
    })?;
    let Judge { rows, passages, late, cells_ignored, refusals, .. } = judge;
    Ok(Judged { rows, passages, late, cells_ignored, refusals, outline })
}

fn cell<'r>(record: &'r Record<'_, '_>, role: Role) -> std::borrow::Cow<'r, str> {
    record.cells.get(role as usize).map_or(std::borrow::Cow::Borrowed(""), Cell::text)
}

impl<'m> Judge<'m> {
    fn column(&self, role: Role) -> &'m str {
        self.wanted.get(role as usize).copied().unwrap_or_default()
    }

    fn row(&mut self, record: &Record<'_, '_>) {
        self.rows += 1;
        let line = record.line;
        if let Some(reason) = &record.broken {
            return self.refusals.add(line, "", "", "sightings.feed.row.broken", || reason.clone());
        }
        let text = cell(record, Role::Plate);
        let plate = match Plate::parse(&text) {
            Ok(plate) => plate,
            Err(error) => {
                let column = self.column(Role::Plate);
                return self.refusals.add(line, column, &text, "sightings.feed.row.plate", || error.to_string());
            }
        };
        let passage = FeedPassage {
            line,
            plate,
            at: Micros(0),
            site: 0,
            heading: self.heading(record),
            confidence_pm: self.confidence_pm(record),
            speed_dkmh: self.speed_dkmh(record),
        };
        if self.mapping.trip.is_some() {
            self.trip(&cell(record, Role::Trip), &passage);
        } else {
            let time = self.time(record);
            let site = cell(record, Role::Site);
            self.stop(passage, time, &site, [Role::Time, Role::Site]);
        }
    }

    /// Time of the row, or what stood there and why it is none.
    fn time(&self, record: &Record<'_, '_>) -> Result<Micros, (String, moment::MomentError)> {
        let (form, zone_us) = (self.mapping.time_form, self.mapping.zone_us());
        if let Some(Cell::AtUs(us)) = record.cells.get(Role::Time as usize) {
            return Ok(Micros(*us));
        }
        let time = cell(record, Role::Time);
        let text = if self.mapping.date.is_some() { format!("{} {time}", cell(record, Role::Date)) } else { time.into_owned() };
        moment::parse(&text, form, zone_us).map_err(|error| (text, error))
    }

    /// Keeps one passage, if its time and site are right.
    fn stop(&mut self, mut passage: FeedPassage, time: Result<Micros, (String, moment::MomentError)>, site: &str, [time_role, site_role]: [Role; 2]) {
        let line = passage.line;
        let at = match time {
            Ok(at) => at,
            Err((text, error)) => {
                return self.refusals.add(line, self.column(time_role), &text, "sightings.feed.row.time", || error.to_string());
            }
        };
        let age_us = self.now.since(at);
        if age_us < -FUTURE_TOLERATED_US {
            let reason = || format!("{} s in the future", age_us.unsigned_abs() / 1_000_000);
            return self.refusals.add(line, self.column(time_role), "", "sightings.feed.row.in_future", reason);
        }
        if age_us > AGE_MAX_US {
            let reason = || format!("{} days ago; the law allows a year", age_us / Micros::DAY);
            return self.refusals.add(line, self.column(time_role), "", "sightings.feed.row.too_old", reason);
        }
        let code = folded(site);
        if code.is_empty() {
            return self.refusals.add(line, self.column(site_role), "", "sightings.feed.row.site_empty", || "no site".into());
        }
        let Some(index) = self.sites.get(&code) else {
            let reason = || "not among the sites that are registered for this feed".into();
            return self.refusals.add(line, self.column(site_role), site, "sightings.feed.row.site_unknown", reason);
        };
        passage.at = at;
        passage.site = *index;
        if passage.heading.is_none() && self.mapping.direction.is_none() && self.mapping.in_out.is_none() {
            passage.heading = gantry_heading(&code);
        }
        self.late += u64::from(age_us > self.mapping.late_us());
        self.passages.push(passage);
    }

    /// `time+site; time+site; …`, one passage each.
    fn trip(&mut self, text: &str, passage: &FeedPassage) {
        let mut stops = 0;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            stops += 1;
            if stops > TRIP_PASSAGES_MAX {
                let reason = || format!("the trip has more than {TRIP_PASSAGES_MAX} stops; the rest was not read");
                return self.refusals.add(passage.line, self.column(Role::Trip), "", "sightings.feed.row.trip", reason);
            }
            // From the end: a time may have a zone, which has a plus too.
            let Some((time, site)) = part.rsplit_once('+') else {
                let reason = || "not time+site; time+site".into();
                self.refusals.add(passage.line, self.column(Role::Trip), part, "sightings.feed.row.trip", reason);
                continue;
            };
            let time = moment::parse(time, self.mapping.time_form, self.mapping.zone_us()).map_err(|error| (time.to_owned(), error));
            self.stop(passage.clone(), time, site, [Role::Trip, Role::Trip]);
        }
        if stops == 0 {
            self.refusals.add(passage.line, self.column(Role::Trip), "", "sightings.feed.row.trip", || "the trip is empty".into());
        }
    }

    fn heading(&mut self, record: &Record<'_, '_>) -> Option<Heading> {
        let (way, in_out) = (folded(&cell(record, Role::Direction)), folded(&cell(record, Role::InOut)));
        let found = match (in_out.as_str(), way.as_str()) {
            ("", "") => return None,
            ("", way) => compass(way),
            (in_out, _) => self.entered_or_left(in_out),
        };
        self.cells_ignored += u64::from(found.is_none());
        found
    }

    fn entered_or_left(&self, word: &str) -> Option<Heading> {
        let is_one_of = |words: &[String]| words.iter().any(|own| folded(own) == word);
        if is_one_of(&self.mapping.in_words) {
            return Some(Heading::Entered);
        }
        if is_one_of(&self.mapping.out_words) {
            return Some(Heading::Left);
        }
        match word {
            "IN" | "I" | "ENTRY" | "ENTER" | "ENTRANCE" | "進" | "入" | "進場" | "入場" | "駛入" => Some(Heading::Entered),
            "OUT" | "O" | "EXIT" | "LEAVE" | "出" | "離" | "出場" | "離場" | "駛出" => Some(Heading::Left),
            _ => None,
        }
    }

    fn confidence_pm(&mut self, record: &Record<'_, '_>) -> u16 {
        let text = cell(record, Role::Confidence);
        if text.is_empty() {
            return CONFIDENCE_UNSAID_PM;
        }
        let value = number(&text).filter(|value| (0.0..=100.0).contains(value));
        self.cells_ignored += u64::from(value.is_none());
        // 1 is a certainty and not one percent.
        value.map_or(CONFIDENCE_UNSAID_PM, |value| thousandths(if value <= 1.0 { value } else { value / 100.0 }))
    }

    fn speed_dkmh(&mut self, record: &Record<'_, '_>) -> Option<u16> {
        let text = cell(record, Role::Speed);
        if text.is_empty() {
            return None;
        }
        let speed = number(&text).filter(|kmh| (0.0..=SPEED_MAX_KMH).contains(kmh));
        self.cells_ignored += u64::from(speed.is_none());
        speed.map(|kmh| thousandths(kmh / 100.0))
    }
}

fn number(text: &str) -> Option<f64> {
    let narrow: String = text.chars().map(shouhu_text::narrow).collect();
    narrow.trim().trim_end_matches('%').parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Of a value between 0 and 4.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn thousandths(value: f64) -> u16 {
    (value * 1_000.0).round().clamp(0.0, 4_000.0) as u16
}

fn compass(word: &str) -> Option<Heading> {
    Some(match word {
        "N" | "NORTH" | "NB" | "北" | "北上" | "北向" | "往北" => Heading::North,
        "NE" | "NORTHEAST" | "東北" => Heading::NorthEast,
        "E" | "EAST" | "EB" | "東" | "東行" | "東向" | "往東" => Heading::East,
        "SE" | "SOUTHEAST" | "東南" => Heading::SouthEast,
        "S" | "SOUTH" | "SB" | "南" | "南下" | "南向" | "往南" => Heading::South,
        "SW" | "SOUTHWEST" | "西南" => Heading::SouthWest,
        "W" | "WEST" | "WB" | "西" | "西行" | "西向" | "往西" => Heading::West,
        "NW" | "NORTHWEST" | "西北" => Heading::NorthWest,
        _ => return None,
    })
}

/// The last letter of a gantry's code is its direction: `01F0061N` stands at kilometre 6.1 of freeway 1, northbound.
fn gantry_heading(code: &str) -> Option<Heading> {
    let (number, way) = code.split_at_checked(code.len().checked_sub(1)?)?;
    let is_gantry = number.len() == 7 && number.get(2..3).is_some_and(|letter| matches!(letter, "F" | "H" | "R" | "A"));
    if is_gantry { compass(way) } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// 2026-05-01T09:00:00+08:00.
    const NOW: Micros = Micros(1_777_597_200_000_000);

    fn mapping(json: serde_json::Value) -> FeedMapping {
        serde_json::from_value::<FeedMapping>(json).unwrap().checked().unwrap()
    }

    fn plain() -> FeedMapping {
        mapping(json!({ "plate": "車牌", "time": "時間", "site": "門架", "direction": "方向" }))
    }

    fn judged(text: impl Into<Bytes>, mapping: &FeedMapping) -> Judged {
        let sites = ["01F0061N", "01F0099N", "P1"].iter().enumerate().map(|(n, code)| ((*code).to_owned(), n as u32)).collect();
        judge(&text.into(), mapping, &sites, NOW).unwrap()
    }

    fn refused(judged: Judged) -> Vec<(u64, String, String)> {
        judged.refusals.finish().1.into_iter().map(|r| (r.line, r.column, r.key.rsplit('.').next().unwrap().to_owned())).collect()
    }

    #[test]
    fn good_rows_are_kept_and_each_bad_one_says_its_line_column_and_reason() {
        let text = "車牌,時間,門架,方向\nABC-1234,2026-05-01 08:00:00,01F0061N,北\n車,2026-05-01 08:00:00,01F0061N,\nABC-1235,昨天,01F0061N,\n\n\
                    ABC-1236,2026-05-01 08:00:00,99X,\nABC-1237,2026-05-01 10:00:00,01F0061N,\nABC-1238,2024-05-01 10:00:00,01F0061N,\n\
                    ABC-1239,2026-05-01 08:00:00,,\n\"ABC-1240\",\"2026-05-01 08:00:00\",\"０１ｆ0099n\",?\n\"open,2026\n";
        let judged = judged(text, &plain());
        assert_eq!((judged.rows, judged.refusals.total, judged.cells_ignored), (9, 7, 1));
        let kept: Vec<_> = judged.passages.iter().map(|p| (p.line, p.plate.as_str(), p.site, p.heading)).collect();
        assert_eq!(kept, [(2, "ABC1234", 0, Some(Heading::North)), (10, "ABC1240", 1, None)]);
        let names = ["plate", "time", "site_unknown", "in_future", "too_old", "site_empty", "broken"];
        let columns = ["車牌", "時間", "門架", "時間", "時間", "門架", ""];
        let lines = [3, 4, 6, 7, 8, 9, 11];
        let expected: Vec<_> = (0..7).map(|n| (lines[n], columns[n].to_owned(), names[n].to_owned())).collect();
        assert_eq!(refused(judged), expected);
    }

    #[test]
    fn a_trip_of_the_freeway_bureau_is_one_passage_per_gantry() {
        let mapping = mapping(json!({ "plate": "#1", "trip": "#3", "has_heading": false }));
        let text = "ABC-1234,31,2026-05-01 08:00:11+01F0061N; 2026-05-01 08:03:40+01F0099N; 2026-05-01 08:04:00+01F9999N\n";
        let judged = judged(text, &mapping);
        let kept: Vec<_> = judged.passages.iter().map(|p| (p.site, p.at.0, p.heading)).collect();
        let first = 1_777_593_611_000_000;
        assert_eq!(kept, [(0, first, Some(Heading::North)), (1, first + 209_000_000, Some(Heading::North))]);
        assert_eq!(refused(judged), [(1, "#3".to_owned(), "site_unknown".to_owned())]);
    }

    #[test]
    fn every_format_says_the_same() {
        let rows = "[{\"車牌\":\"ABC-1234\",\"時間\":\"115/05/01 08:00:00\",\"門架\":\"P1\",\"方向\":\"南下\"}]";
        let lines = format!("{}\nnonsense\n[1]\n", rows.trim_matches(['[', ']']));
        let csv = "時間|門架|方向|車牌\n115/05/01 08:00:00|P1|南下|ＡＢＣ１２３４\n";
        let cp950 = encoding_rs::BIG5.encode(csv).0.into_owned();
        let expected = judged(rows, &plain()).passages.remove(0);
        assert_eq!(expected.heading, Some(Heading::South));
        for (text, line, bad) in [(lines.into_bytes(), 1, 2), (csv.into(), 2, 0), (cp950, 2, 0), (parquet_file(), 1, 0)] {
            let judged = judged(text, &plain());
            assert_eq!((judged.passages, judged.refusals.total), (vec![FeedPassage { line, ..expected.clone() }], bad));
        }
    }

    fn parquet_file() -> Vec<u8> {
        use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
        use parquet::file::writer::SerializedFileWriter;
        let schema = "message m { required binary 車牌 (UTF8); required int64 時間 (TIMESTAMP(MICROS,true)); required binary 門架 (UTF8); \
                      optional binary 方向 (UTF8); }";
        let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, std::sync::Arc::default()).unwrap();
        let mut group = file.next_row_group().unwrap();
        for text in ["abc 1234", "", "p1", "S"] {
            let mut column = group.next_column().unwrap().unwrap();
            if text.is_empty() {
                column.typed::<Int64Type>().write_batch(&[1_777_593_600_000_000], None, None).unwrap();
            } else {
                let levels: Option<&[i16]> = (text == "S").then_some(&[1]);
                column.typed::<ByteArrayType>().write_batch(&[ByteArray::from(text)], levels, None).unwrap();
            }
            column.close().unwrap();
        }
        group.close().unwrap();
        file.close().unwrap();
        bytes
    }

    #[test]
    fn a_car_park_says_in_and_out_and_how_sure_it_is() {
        let mapping = mapping(json!({ "plate": "p", "time": "t", "site": "s", "in_out": "io", "confidence": "c", "speed_kmh": "v", "out_words": ["2"] }));
        let text = "p;t;s;io;c;v\nABC1234;1777593600;P1;進場;97%;12.5\nABC1234;1777593700;P1;2;0.5;fast\n";
        let judged = judged(text, &mapping);
        let kept: Vec<_> = judged.passages.iter().map(|p| (p.heading, p.confidence_pm, p.speed_dkmh)).collect();
        assert_eq!(kept, [(Some(Heading::Entered), 970, Some(125)), (Some(Heading::Left), 500, None)]);
        assert_eq!(judged.cells_ignored, 1);
    }

    #[test]
    fn a_missing_column_is_named_with_those_that_are_there() {
        let error = judge(&Bytes::from_static(b"plate,time\nA,b\n"), &plain(), &HashMap::new(), NOW).unwrap_err();
        assert_eq!(error.to_string(), "the file has no column \"車牌\"; it has: plate, time");
    }

    #[test]
    fn an_array_that_breaks_off_keeps_what_came_before() {
        let text = "[{\"車牌\":\"ABC-1234\",\"時間\":\"115/05/01 08:00:00\",\"門架\":\"P1\"},{\"車牌\":";
        let judged = judged(text, &plain());
        assert_eq!(judged.passages.len(), 1);
        assert!(judged.outline.cut.is_some_and(|cut| cut.contains("after 1 rows")));
    }

    fn damaged_parquet() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4).prop_map(|changes| {
            let mut bytes = parquet_file();
            for (at, byte) in changes {
                *at.get_mut(&mut bytes) = byte;
            }
            bytes
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in "[ -~\"\n\r,;|{}\\[\\]:車]{0,300}", parquet in damaged_parquet()) {
            for mapping in [plain(), mapping(json!({ "plate": "#1", "trip": "#2", "has_heading": false }))] {
                for bytes in [bytes.clone(), text.clone().into_bytes(), [b"PAR1".as_slice(), &bytes, b"PAR1"].concat(), parquet.clone()] {
                    if let Ok(judged) = judge(&Bytes::from(bytes), &mapping, &HashMap::new(), NOW) {
                        prop_assert!(judged.passages.is_empty());
                        prop_assert!(judged.rows == 0 || judged.refusals.total > 0);
                    }
                }
            }
        }
    }
}
