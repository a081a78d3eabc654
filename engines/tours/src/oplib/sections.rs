//! The outer form of a TSPLIB file: `KEYWORD : value` lines, and sections of whitespace-separated words.

use std::collections::BTreeMap;

use super::{NODES_MAX, OplibError};

const KEYWORDS: [&str; 13] = [
    "NAME",
    "COMMENT",
    "TYPE",
    "DIMENSION",
    "COST_LIMIT",
    "TSP_SOLUTION",
    "EDGE_WEIGHT_TYPE",
    "EDGE_WEIGHT_FORMAT",
    "NODE_COORD_TYPE",
    "DISPLAY_DATA_TYPE",
    "ROUTE_NODES",
    "ROUTE_SCORE",
    "ROUTE_COST",
];
const SECTIONS: [&str; 6] = [
    "NODE_COORD_SECTION",
    "NODE_SCORE_SECTION",
    "DEPOT_SECTION",
    "EDGE_WEIGHT_SECTION",
    "DISPLAY_DATA_SECTION",
    "NODE_SEQUENCE_SECTION",
];

/// One word of a section and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub line: usize,
    pub text: &'a str,
}

impl Word<'_> {
    pub fn real(&self, keyword: &'static str) -> Result<f64, OplibError> {
        let number = self.text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| OplibError::Number { line: self.line, text: self.text.to_owned(), keyword })
    }

    /// A whole number, which some files write as a real one.
    pub fn whole(&self, keyword: &'static str) -> Result<i64, OplibError> {
        match self.text.parse() {
            Ok(number) => Ok(number),
            Err(_) => self.real(keyword).map(|number| number.round() as i64),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Sections<'a> {
    values: BTreeMap<&'static str, Word<'a>>,
    sections: BTreeMap<&'static str, Vec<Word<'a>>>,
}

impl<'a> Sections<'a> {
    pub fn keyword(&self, keyword: &'static str) -> Result<&'a str, OplibError> {
        self.values.get(keyword).map(|word| word.text).ok_or(OplibError::Missing { keyword })
    }

    pub fn number(&self, keyword: &'static str) -> Result<i64, OplibError> {
        self.values.get(keyword).ok_or(OplibError::Missing { keyword })?.whole(keyword)
    }

    pub fn section(&self, keyword: &'static str) -> Result<&[Word<'a>], OplibError> {
        self.sections.get(keyword).map(Vec::as_slice).ok_or(OplibError::Missing { keyword })
    }

    pub fn dimension(&self) -> Result<usize, OplibError> {
        let nodes = self.number("DIMENSION")?;
        usize::try_from(nodes).ok().filter(|size| (1..=NODES_MAX).contains(size)).ok_or(OplibError::Dimension { nodes })
    }
}

/// Cuts the text up. A repeated keyword or section counts as its first; words after `EOF` are not read; a section ends at its `-1`.
pub(super) fn split(text: &str) -> Result<Sections<'_>, OplibError> {
    let mut file = Sections::default();
    let mut open: Option<(&'static str, bool)> = None;
    for (i, content) in text.lines().enumerate() {
        let line = i + 1;
        let content = content.trim();
        if content == "EOF" {
            break;
        }
        let (head, value) = content.split_once(':').map_or((content, ""), |(head, value)| (head.trim(), value.trim()));
        if let Some(&keyword) = KEYWORDS.iter().find(|&&keyword| keyword == head) {
            file.values.entry(keyword).or_insert(Word { line, text: value });
            open = None;
        } else if let Some(&section) = SECTIONS.iter().find(|&&section| section == head) {
            let is_first = !file.sections.contains_key(section);
            file.sections.entry(section).or_default();
            open = Some((section, is_first));
        } else if !content.is_empty() {
            let Some((section, is_read)) = open else {
                return Err(OplibError::Line { line, text: content.chars().take(80).collect() });
            };
            let words = content.split_whitespace().map(|text| Word { line, text });
            // Weights may not be negative, so a -1 closes any section; coordinates may be -1 and close none.
            let closes = section == "DEPOT_SECTION" || section == "NODE_SEQUENCE_SECTION" || content == "-1";
            let kept: Vec<Word<'_>> = words.take_while(|word| !(closes && word.text == "-1")).collect();
            let is_closed = closes && content.split_whitespace().any(|word| word == "-1");
            if let Some(list) = file.sections.get_mut(section).filter(|_| is_read) {
                list.extend(kept);
            }
            if is_closed {
                open = None;
            }
        }
    }
    Ok(file)
}
