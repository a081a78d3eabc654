//! The list of a feed's sites: code, name, longitude, latitude.

use std::collections::HashSet;
use std::ops::ControlFlow;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::ProblemRow;
use shouhu_place::Wgs84;
use shouhu_text::{Charset, narrow};

use super::fold::folded;
use super::records::{self, Cell, Reading, Record};
use super::{CODE_CHARS_MAX, FeedError, NAME_CHARS_MAX, SITES_MAX};
use crate::check::clean;

/// A gantry, a gate of a car park, a camera of a forest road.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Site {
    /// Folded: narrow, upper case, without blanks.
    pub code: String,
    pub name: String,
    pub position: Wgs84,
}

/// What the columns may be called.
const HEADINGS: [&[&str]; 4] = [
    &["code", "id", "site", "gantryid", "gantry", "代碼", "編號", "代號", "門架代碼", "門架編號", "偵測站編號", "停車場代碼"],
    &["name", "title", "名稱", "站名", "地點", "場站名稱", "門架名稱", "停車場名稱"],
    &["lon", "lng", "longitude", "x", "positionlon", "經度", "經度(東經)"],
    &["lat", "latitude", "y", "positionlat", "緯度", "緯度(北緯)"],
];

const READING: Reading = Reading { format: None, charset: Charset::Auto, delimiter: None, has_heading: true };

/// Taiwan with its outlying islands, generously: a swapped longitude and latitude lies outside.
const WEST_SOUTH_EAST_NORTH: [f64; 4] = [113.0, 9.0, 125.0, 27.5];

/// The sites of a list, or the rows that are wrong. A list is taken as a whole: half of it would refuse good passages.
///
/// # Errors
/// When the file cannot be read or has too many sites.
pub fn read(bytes: &Bytes) -> Result<Result<Vec<Site>, Vec<ProblemRow>>, FeedError> {
    let outline = records::read(bytes, READING, &[], &mut |_| ControlFlow::Break(()))?;
    // JSON has no heading: its fields are called by the first name.
    let column = |names: &&[&'static str]| {
        let found = names.iter().find(|name| outline.columns.iter().any(|column| folded(column) == folded(name)));
        found.or_else(|| names.first()).copied().unwrap_or_default()
    };
    let wanted: Vec<&str> = HEADINGS.iter().map(column).collect();
    let (mut sites, mut wrong, mut codes, mut too_many) = (Vec::new(), Vec::new(), HashSet::new(), false);
    records::read(bytes, READING, &wanted, &mut |record| {
        match site_of(&record, &mut codes) {
            Ok(site) => sites.push(site),
            Err((index, key, message)) => {
                let name = |index: usize| wanted.get(index).copied().unwrap_or_default().to_owned();
                let value = record.cells.get(index).map(|cell| clean(&cell.text(), 40)).unwrap_or_default();
                wrong.push(ProblemRow { row: record.line, column: name(index), value, key: key.to_owned(), message });
            }
        }
        too_many = sites.len() + wrong.len() > SITES_MAX;
        if too_many { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if too_many {
        return Err(FeedError::SitesTooMany);
    }
    Ok(if wrong.is_empty() { Ok(sites) } else { Err(wrong) })
}

type Wrong = (usize, &'static str, String);

fn site_of(record: &Record<'_, '_>, codes: &mut HashSet<String>) -> Result<Site, Wrong> {
    let text = |index: usize| record.cells.get(index).map_or(std::borrow::Cow::Borrowed(""), Cell::text);
    if let Some(reason) = &record.broken {
        return Err((0, "sightings.feed.row.broken", reason.clone()));
    }
    let code = folded(&clean(&text(0), CODE_CHARS_MAX + 1));
    if code.is_empty() || code.chars().count() > CODE_CHARS_MAX {
        return Err((0, "sightings.feed.site.code", format!("a code has 1 to {CODE_CHARS_MAX} characters")));
    }
    let name = clean(text(1).trim(), NAME_CHARS_MAX + 1);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err((1, "sightings.feed.site.name", format!("a name has 1 to {NAME_CHARS_MAX} characters")));
    }
    let degrees = |index: usize| {
        let narrow: String = text(index).chars().map(narrow).collect();
        let wrong = || (index, "sightings.feed.site.position", "no number of degrees".to_owned());
        narrow.trim().parse::<f64>().ok().filter(|degrees| degrees.is_finite()).ok_or_else(wrong)
    };
    let [west, south, east, north] = WEST_SOUTH_EAST_NORTH;
    let (lon, lat) = (degrees(2)?, degrees(3)?);
    if !(west..=east).contains(&lon) {
        return Err((2, "sightings.feed.site.position", format!("longitude {lon} is not in Taiwan; are the columns swapped?")));
    }
    if !(south..=north).contains(&lat) {
        return Err((3, "sightings.feed.site.position", format!("latitude {lat} is not in Taiwan; are the columns swapped?")));
    }
    let position = Wgs84::new(lon, lat).map_err(|error| (2, "sightings.feed.site.position", error.to_string()))?;
    if !codes.insert(code.clone()) {
        return Err((0, "sightings.feed.site.twice", format!("the code {code} stands above already")));
    }
    Ok(Site { code, name, position })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_list_is_read_whatever_its_columns_are_called() {
        let english = "code,name,lon,lat\n01F3286S,永康,120.24,23.03\n";
        let chinese = "\u{feff}緯度;經度;名稱;代碼\r\n２３.03;120.24;永康;01f3286s\r\n";
        let json = r#"[{"code":"01F3286S","name":"永康","lon":120.24,"lat":"23.03"}]"#;
        for text in [english, chinese, json] {
            let sites = read(&Bytes::copy_from_slice(text.as_bytes())).unwrap().unwrap();
            assert_eq!((sites[0].code.as_str(), sites[0].name.as_str()), ("01F3286S", "永康"), "{text}");
            assert!((sites[0].position.lat - 23.03).abs() < 1e-9);
        }
    }

    #[test]
    fn a_wrong_row_is_named_and_nothing_is_taken() {
        let text = "code,name,lon,lat\nA,ok,120,23\nB,swapped,23,120\nA,again,120,23\n,none,120,23\nC,nan,NaN,23\n";
        let wrong = read(&Bytes::from_static(text.as_bytes())).unwrap().unwrap_err();
        let seen: Vec<(u64, &str, &str)> = wrong.iter().map(|row| (row.row, row.column.as_str(), row.key.rsplit('.').next().unwrap())).collect();
        assert_eq!(seen, [(3, "lon", "position"), (4, "code", "twice"), (5, "code", "code"), (6, "lon", "position")]);
        assert!(wrong[0].message.contains("swapped"));
    }
}
