//! Matches readings against wanted patterns: exact, wildcard, and characters that cameras confuse.
//!
//! One index serves the server and the edge agent, so that a hit on the roadside is the hit in the control room. Exact and
//! confusable matches are hash look-ups; only wildcard patterns are scanned.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Pattern, Plate};

/// How a reading came to match. Declared from the strongest to the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// The best reading is the wanted plate.
    Exact,
    /// A less likely reading of the same picture is the wanted plate.
    Alternative,
    /// The wanted pattern has unknown places and the reading fits them.
    Wildcard,
    /// The reading equals the wanted plate when look-alike characters count as equal.
    Confusable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchMatch<K> {
    pub key: K,
    pub kind: MatchKind,
}

/// The character that stands for all that look like this one on embossed plates, from the confusions that recognisers make
/// most: 0 O D Q, 1 I, 8 B, 5 S, 2 Z, 6 G, V Y, M N W, U J left apart because they differ in width.
#[must_use]
pub const fn look_alike(ch: char) -> char {
    match ch {
        'O' | 'D' | 'Q' => '0',
        'I' => '1',
        'B' => '8',
        'S' => '5',
        'Z' => '2',
        'G' => '6',
        'Y' => 'V',
        'N' | 'W' => 'M',
        other => other,
    }
}

/// Equal for plates that differ only by characters that look alike.
#[must_use]
pub fn confusable_skeleton(plate: &Plate) -> String {
    plate.as_str().chars().map(look_alike).collect()
}

/// Wanted patterns by key, arranged for look-up.
#[derive(Debug, Clone)]
pub struct WatchIndex<K> {
    exact: HashMap<Plate, Vec<K>>,
    skeleton: HashMap<String, Vec<(Plate, K)>>,
    wildcard: Vec<(Pattern, K)>,
}

impl<K: Copy + Eq + Ord> Default for WatchIndex<K> {
    fn default() -> Self {
        Self { exact: HashMap::new(), skeleton: HashMap::new(), wildcard: Vec::new() }
    }
}

impl<K: Copy + Eq + Ord> WatchIndex<K> {
    pub fn insert(&mut self, pattern: &Pattern, key: K) {
        match pattern.exact() {
            Some(plate) => {
                self.skeleton.entry(confusable_skeleton(&plate)).or_default().push((plate.clone(), key));
                self.exact.entry(plate).or_default().push(key);
            }
            None => self.wildcard.push((pattern.clone(), key)),
        }
    }

    pub fn remove(&mut self, pattern: &Pattern, key: K) {
        match pattern.exact() {
            Some(plate) => {
                let skeleton = confusable_skeleton(&plate);
                if let Some(keys) = self.skeleton.get_mut(&skeleton) {
                    keys.retain(|(_, other)| *other != key);
                    if keys.is_empty() {
                        self.skeleton.remove(&skeleton);
                    }
                }
                if let Some(keys) = self.exact.get_mut(&plate) {
                    keys.retain(|other| *other != key);
                    if keys.is_empty() {
                        self.exact.remove(&plate);
                    }
                }
            }
            None => self.wildcard.retain(|(_, other)| *other != key),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.exact.values().map(Vec::len).sum::<usize>() + self.wildcard.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wildcard.is_empty()
    }

    /// Every wanted key that this reading matches, each once with its strongest kind, strongest first.
    #[must_use]
    pub fn find(&self, read: &Plate, alternatives: &[Plate]) -> Vec<WatchMatch<K>> {
        let mut found: Vec<WatchMatch<K>> = Vec::new();
        let mut add = |key: K, kind: MatchKind| match found.iter_mut().find(|m| m.key == key) {
            Some(known) => known.kind = known.kind.min(kind),
            None => found.push(WatchMatch { key, kind }),
        };
        for key in self.exact.get(read).into_iter().flatten() {
            add(*key, MatchKind::Exact);
        }
        for alternative in alternatives {
            for key in self.exact.get(alternative).into_iter().flatten() {
                add(*key, MatchKind::Alternative);
            }
        }
        for (pattern, key) in &self.wildcard {
            if pattern.matches(read) {
                add(*key, MatchKind::Wildcard);
            }
        }
        for (plate, key) in self.skeleton.get(&confusable_skeleton(read)).into_iter().flatten() {
            if plate != read {
                add(*key, MatchKind::Confusable);
            }
        }
        found.sort_by_key(|m| (m.kind, m.key));
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plate(text: &str) -> Plate {
        Plate::parse(text).unwrap_or_else(|e| panic!("{e}"))
    }

    fn index(patterns: &[&str]) -> WatchIndex<usize> {
        let mut index = WatchIndex::default();
        for (key, text) in patterns.iter().enumerate() {
            index.insert(&Pattern::parse(text).unwrap_or_else(|e| panic!("{e}")), key);
        }
        index
    }

    #[test]
    fn the_strongest_kind_comes_first_and_each_entry_once() {
        let index = index(&["ABC-1238", "ABC-123?", "ABC-123B", "XYZ-9999"]);
        let found = index.find(&plate("ABC1238"), &[plate("ABC123B")]);
        assert_eq!(
            found,
            vec![
                WatchMatch { key: 0, kind: MatchKind::Exact },
                WatchMatch { key: 2, kind: MatchKind::Alternative },
                WatchMatch { key: 1, kind: MatchKind::Wildcard },
            ]
        );
    }

    #[test]
    fn look_alike_characters_match_as_the_weakest_kind() {
        let found = index(&["AB0-8888"]).find(&plate("ABD88B8"), &[]);
        assert_eq!(found, vec![WatchMatch { key: 0, kind: MatchKind::Confusable }]);
    }

    proptest! {
        #[test]
        fn the_index_finds_what_a_scan_of_all_patterns_finds(
            wanted in proptest::collection::vec("[AB8D0]{3}[0-2?]{1,3}", 0..20), read in "[AB8D0]{3}[0-2]{1,3}", dropped in 0_usize..20,
        ) {
            let patterns: Vec<Pattern> = wanted.iter().filter_map(|text| Pattern::parse(text).ok()).collect();
            let mut index = WatchIndex::default();
            for (key, pattern) in patterns.iter().enumerate() {
                index.insert(pattern, key);
            }
            if let Some(pattern) = patterns.get(dropped) {
                index.remove(pattern, dropped);
            }
            let read = plate(&read);
            let skeleton = confusable_skeleton(&read);
            let expected: Vec<usize> = patterns
                .iter()
                .enumerate()
                .filter(|(key, _)| *key != dropped)
                .filter(|(_, p)| p.matches(&read) || p.exact().is_some_and(|e| confusable_skeleton(&e) == skeleton))
                .map(|(key, _)| key)
                .collect();
            let mut found: Vec<usize> = index.find(&read, &[]).into_iter().map(|m| m.key).collect();
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
