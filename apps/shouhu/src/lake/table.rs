//! Rows of JSON as columns on a screen.

use serde_json::Value;
use shouhu_sightings::exports::records::taipei;

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Microseconds since 1970, in Taipei.
    Time,
    Number,
    /// An object with lon and lat.
    Position,
}

#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub heading: &'static str,
    /// JSON pointer within the row.
    pub pointer: &'static str,
    pub kind: Kind,
}

pub const fn column(heading: &'static str, pointer: &'static str, kind: Kind) -> Column {
    Column { heading, pointer, kind }
}

fn cell(row: &Value, column: &Column) -> String {
    let value = row.pointer(column.pointer).unwrap_or(&Value::Null);
    match (column.kind, value) {
        (_, Value::Null) => String::new(),
        (Kind::Time, Value::Number(number)) => number.as_i64().map(|us| local(us.div_euclid(1_000))).unwrap_or_default(),
        (Kind::Number, Value::Number(number)) => number.as_f64().filter(|_| number.is_f64()).map_or_else(|| number.to_string(), |n| format!("{n:.2}")),
        (Kind::Position, Value::Object(place)) => {
            let degrees = |name: &str| place.get(name).and_then(Value::as_f64).unwrap_or_default();
            format!("{:.5},{:.5}", degrees("lon"), degrees("lat"))
        }
        // A name from outside must not move the cursor or colour the screen.
        (_, Value::String(text)) => text.chars().filter(|ch| !ch.is_control()).collect(),
        (_, other) => other.to_string(),
    }
}

/// `2026-05-01 08:00:00`
pub(crate) fn local(at_ms: i64) -> String {
    taipei(at_ms).get(..19).unwrap_or_default().replace('T', " ")
}

/// Columns of the screen that a text takes: Chinese characters and full-width forms take two.
fn width(text: &str) -> usize {
    text.chars().map(|ch| if matches!(ch, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}') { 2 } else { 1 }).sum()
}

pub fn render(rows: &[Value], columns: &[Column]) -> String {
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|column| column.heading.to_owned()).collect()];
    lines.extend(rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()));
    let widths: Vec<usize> =
        (0..columns.len()).map(|index| lines.iter().filter_map(|line| line.get(index)).map(|text| width(text)).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let mut shown = String::new();
        for ((cell, wide), column) in line.iter().zip(&widths).zip(columns) {
            let blanks = " ".repeat(wide.saturating_sub(width(cell)));
            if column.kind == Kind::Number { shown.push_str(&format!("{blanks}{cell}  ")) } else { shown.push_str(&format!("{cell}{blanks}  ")) }
        }
        text.push_str(shown.trim_end());
        text.push('\n');
    }
    text
}
