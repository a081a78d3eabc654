//! From the reader's 36 places to texts: the beam, and where each character of a text stands.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// In the network's order; the class after the last is blank.
pub const CHARSET: [char; 36] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
];
pub const CLASSES: usize = CHARSET.len() + 1;
const BLANK: usize = CHARSET.len();
const BEAM_WIDTH: usize = 24;
/// Classes less likely than this at a place are not followed.
const FOLLOW_MIN: f32 = 0.002;
/// Longest text followed; no plate has more.
const LENGTH_MAX: usize = 12;

/// Log-probabilities, one row of [`CLASSES`] per place from left to right.
pub type Places = Vec<[f32; CLASSES]>;

#[derive(Clone, Copy)]
struct Mass {
    ends_blank: f32,
    ends_char: f32,
}

impl Mass {
    const NONE: Self = Self { ends_blank: f32::NEG_INFINITY, ends_char: f32::NEG_INFINITY };

    fn total(self) -> f32 {
        log_add(self.ends_blank, self.ends_char)
    }
}

fn log_add(a: f32, b: f32) -> f32 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low == f32::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// Texts with the natural logarithm of their probability, most probable first: prefix beam search (Hannun 2014).
pub fn beam(places: &Places) -> Vec<(String, f32)> {
    // Each with the total of its mass, which is dear to take.
    let mut beams: Vec<(Vec<u8>, Mass, f32)> = vec![(Vec::new(), Mass { ends_blank: 0.0, ends_char: f32::NEG_INFINITY }, 0.0)];
    for place in places {
        let mut next: BTreeMap<Vec<u8>, Mass> = BTreeMap::new();
        let blank = place.get(BLANK).copied().unwrap_or(f32::NEG_INFINITY);
        let mut followed = place.iter().copied().enumerate().take(BLANK).collect::<Vec<_>>();
        followed.retain(|(_, log_p)| !matches!(log_p.partial_cmp(&FOLLOW_MIN.ln()), Some(Ordering::Less)));
        for (text, mass, total) in &beams {
            let kept = next.entry(text.clone()).or_insert(Mass::NONE);
            kept.ends_blank = log_add(kept.ends_blank, total + blank);
            let last = text.last().map(|&last| usize::from(last));
            if let Some(log_p) = last.and_then(|last| place.get(last)) {
                kept.ends_char = log_add(kept.ends_char, mass.ends_char + log_p);
            }
            if text.len() >= LENGTH_MAX {
                continue;
            }
            for &(class, log_p) in &followed {
                let mut longer = text.clone();
                longer.push(u8::try_from(class).unwrap_or(u8::MAX));
                let from = if last == Some(class) { mass.ends_blank } else { *total };
                let grown = next.entry(longer).or_insert(Mass::NONE);
                grown.ends_char = log_add(grown.ends_char, from + log_p);
            }
        }
        beams = next.into_iter().map(|(text, mass)| (text, mass, mass.total())).collect();
        beams.sort_by(|a, b| b.2.total_cmp(&a.2));
        beams.truncate(BEAM_WIDTH);
    }
    beams
        .into_iter()
        .map(|(text, _, total)| (text.iter().filter_map(|&class| CHARSET.get(usize::from(class))).collect(), total))
        .collect()
}

/// For each character of `text` the place where it is most itself along the best path, or none if no path spells it.
pub fn align(places: &Places, text: &str) -> Option<Vec<usize>> {
    let classes: Vec<usize> = text.chars().map(|ch| CHARSET.iter().position(|&known| known == ch)).collect::<Option<_>>()?;
    // Blank, first character, blank, second character, … blank.
    let states: Vec<usize> = (0..classes.len() * 2 + 1)
        .map(|s| if s % 2 == 1 { classes.get(s / 2).copied().unwrap_or(BLANK) } else { BLANK })
        .collect();
    let mut score = vec![f32::NEG_INFINITY; states.len()];
    let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(places.len());
    for (t, place) in places.iter().enumerate() {
        let mut now = vec![f32::NEG_INFINITY; states.len()];
        let mut back = vec![0; states.len()];
        for (s, (&class, (slot, origin))) in states.iter().zip(now.iter_mut().zip(back.iter_mut())).enumerate() {
            let may_skip = s >= 2 && class != BLANK && states.get(s - 2) != Some(&class);
            let steps = if t == 0 { 0 } else { 1 + usize::from(s >= 1) + usize::from(may_skip) };
            let mut best = if t == 0 && s < 2 { 0.0 } else { f32::NEG_INFINITY };
            *origin = s;
            for step in 0..steps {
                let before = score.get(s.wrapping_sub(step)).copied().unwrap_or(f32::NEG_INFINITY);
                if before > best {
                    best = before;
                    *origin = s - step;
                }
            }
            *slot = best + place.get(class).copied().unwrap_or(f32::NEG_INFINITY);
        }
        score = now;
        came_from.push(back);
    }
    let last = states.len() - 1;
    let mut state = if last >= 1 && score.get(last - 1) > score.get(last) { last - 1 } else { last };
    if score.get(state).is_none_or(|s| !s.is_finite()) {
        return None;
    }
    let mut spots: Vec<Option<(usize, f32)>> = vec![None; classes.len()];
    for (t, back) in came_from.iter().enumerate().rev() {
        if state % 2 == 1
            && let (Some(spot), Some(&class)) = (spots.get_mut(state / 2), classes.get(state / 2))
        {
            let here = places.get(t).and_then(|place| place.get(class)).copied().unwrap_or(f32::NEG_INFINITY);
            if spot.is_none_or(|(_, best)| here > best) {
                *spot = Some((t, here));
            }
        }
        state = back.get(state).copied().unwrap_or(0);
    }
    spots.into_iter().map(|spot| spot.map(|(t, _)| t)).collect()
}

/// The characters at one place without blank, scaled to sum to one, most probable first.
pub fn characters_at(place: &[f32; CLASSES]) -> Vec<(char, f32)> {
    let mut ranked: Vec<(char, f32)> = CHARSET.iter().zip(place).map(|(&ch, log_p)| (ch, log_p.exp())).collect();
    let sum: f32 = ranked.iter().map(|(_, p)| p).sum();
    for (_, p) in &mut ranked {
        *p /= sum.max(f32::MIN_POSITIVE);
    }
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::{BLANK, CHARSET, CLASSES, Places, align, beam, characters_at};

    /// Places that say `script`, `_` for blank, each with probability `sure`.
    fn spoken(script: &str, sure: f32) -> Places {
        let rest = ((1.0 - sure) / (CLASSES - 1) as f32).ln();
        script
            .chars()
            .map(|ch| {
                let class = CHARSET.iter().position(|&known| known == ch).unwrap_or(BLANK);
                std::array::from_fn(|i| if i == class { sure.ln() } else { rest })
            })
            .collect()
    }

    #[test]
    fn repeated_characters_survive_when_a_blank_stands_between() {
        let texts = beam(&spoken("_6_66_6__AA_", 0.97));
        assert_eq!(texts.first().map(|(text, _)| text.as_str()), Some("666A"));
    }

    #[test]
    fn the_beam_is_ordered_and_its_mass_is_at_most_one() {
        let texts = beam(&spoken("A_B_11_2", 0.6));
        assert!(texts.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        assert!(texts.iter().map(|(_, log_p)| log_p.exp()).sum::<f32>() <= 1.001);
    }

    #[test]
    fn alignment_finds_each_character_in_reading_order() {
        assert_eq!(align(&spoken("_A_BB_1_", 0.9), "AB1"), Some(vec![1, 4, 6]));
    }

    #[test]
    fn a_text_longer_than_the_places_cannot_be_aligned() {
        assert_eq!(align(&spoken("A", 0.9), "ABCD"), None);
        assert_eq!(align(&spoken("A__", 0.9), "a"), None);
    }

    #[test]
    fn characters_at_a_place_sum_to_one_without_blank() {
        let places = spoken("_", 0.9);
        let sum: f32 = places.iter().flat_map(characters_at).map(|(_, p)| p).sum();
        assert!((sum - 1.0).abs() < 1e-4);
    }

    #[test]
    fn nothing_seen_reads_as_the_empty_text() {
        assert_eq!(beam(&Vec::new()), vec![(String::new(), 0.0)]);
        assert_eq!(beam(&spoken("____", 0.99)).first().map(|(text, _)| text.len()), Some(0));
    }
}
