//! CSV that a spreadsheet opens rightly: UTF-8 with a mark, CRLF, headings in both languages, and no cell that it would
//! calculate.

use super::records::{Line, taipei};
use shouhu_store::tag_of;
use shouhu_text::sheet::cell;

const HEADINGS: [&str; 15] = [
    "車牌 plate",
    "時間 captured_at",
    "地點 place",
    "經度 lon",
    "緯度 lat",
    "方向 heading",
    "可信度 confidence",
    "時速 speed_kmh",
    "來源類別 class",
    "攝影機 camera",
    "有影像 has_picture",
    "編號 id",
    "車輛 vehicle_kind",
    "車色 vehicle_colour",
    "牌色 plate_colour",
];

/// A file without rows: mark and heading.
#[must_use]
pub fn heading() -> String {
    format!("\u{feff}{}\r\n", HEADINGS.join(","))
}

pub fn push(text: &mut String, line: &Line) {
    let (lon, lat) = line.lon_lat.map_or((String::new(), String::new()), |(lon, lat)| (format!("{lon:.6}"), format!("{lat:.6}")));
    let cells = [
        cell(&line.plate_display),
        taipei(line.at_ms),
        cell(&line.place_name),
        lon,
        lat,
        line.heading.map(|heading| tag_of(&heading)).unwrap_or_default(),
        format!("{:.3}", line.confidence),
        line.speed_kmh.map(|kmh| format!("{kmh:.1}")).unwrap_or_default(),
        line.class.to_owned(),
        line.camera.clone(),
        if line.pictures == 0 { "0".into() } else { "1".into() },
        line.id.to_string(),
        line.seen.kind.map(|kind| tag_of(&kind)).unwrap_or_default(),
        line.seen.colour.map(|colour| tag_of(&colour)).unwrap_or_default(),
        line.seen.plate_colour.map(|colour| tag_of(&colour)).unwrap_or_default(),
    ];
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::tests_line;

    #[test]
    fn a_file_has_a_mark_a_heading_in_both_languages_and_one_line_per_passage() {
        let mut text = heading();
        push(&mut text, &tests_line());
        assert!(text.starts_with("\u{feff}車牌 plate,時間 captured_at,"));
        let line = text.lines().nth(1).unwrap_or_default();
        assert!(line.starts_with("ABC-1234,2026-05-01T08:00:00.250+08:00,永康 S,120.240000,23.030000,south,0.970,61.5,gantry,,0,"), "{line}");
        assert_eq!(line.split(',').count(), HEADINGS.len());
        assert!(line.ends_with(",truck,,"), "what was not sure stays empty: {line}");
    }
}
