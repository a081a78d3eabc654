//! Names by number, found again although one character of them is wrong.

use std::collections::HashMap;

/// Names interned in order of arrival; the same names in the same order give the same numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    names: Vec<String>,
    by_name: HashMap<String, u32>,
    /// Names by themselves with one character left out (Garbe's symmetric deletes), as hashes.
    deletes: HashMap<u64, Vec<u32>>,
}

impl Names {
    pub fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), number);
        for hash in one_left_out(name) {
            self.deletes.entry(hash).or_default().push(number);
        }
        number
    }

    pub fn number(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    pub fn get(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Other names that are one wrong, missing or additional character away, in the order of their numbers.
    pub fn alike(&self, name: &str) -> Vec<u32> {
        let mut found: Vec<u32> = one_left_out(name).filter_map(|hash| self.deletes.get(&hash)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        let chars: Vec<char> = name.chars().collect();
        found.retain(|number| {
            let other: Vec<char> = self.get(*number).chars().collect();
            is_one_apart(&chars, &other)
        });
        found
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let names: usize = self.names.iter().map(|name| 2 * (name.len() + size_of::<String>()) + 16).sum();
        names + self.deletes.values().map(|numbers| 40 + numbers.capacity() * 4).sum::<usize>()
    }
}

/// FNV-1a over the characters; hashes only lead to names, which are then compared.
fn one_left_out(name: &str) -> impl Iterator<Item = u64> + '_ {
    let length = name.chars().count();
    (0..=length).map(move |left_out| {
        name.chars()
            .enumerate()
            .filter(|(at, _)| *at != left_out)
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, (_, ch)| (hash ^ u64::from(u32::from(ch))).wrapping_mul(0x0100_0000_01b3))
    })
}

fn is_one_apart(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let rest_of = |chars: &[char], skip: usize| chars.get(same + skip..).map(<[char]>::to_vec);
    match long.len() - short.len() {
        0 => same < short.len() && rest_of(short, 1) == rest_of(long, 1),
        1 => rest_of(short, 0) == rest_of(long, 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_missing_or_additional_character_is_forgiven() {
        let mut names = Names::default();
        for name in ["裕農路", "裕忠路", "中正路", "中正北路", "大灣一街"] {
            names.intern(name);
        }
        let alike = |name: &str| names.alike(name).into_iter().map(|number| names.get(number).to_owned()).collect::<Vec<_>>();
        assert_eq!(alike("育農路"), ["裕農路"]);
        assert_eq!(alike("裕路"), ["裕農路", "裕忠路"]);
        assert_eq!(alike("中正南路"), ["中正路", "中正北路"]);
        assert!(alike("公園路").is_empty());
    }
}
