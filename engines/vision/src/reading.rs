//! From what the reader saw in one or several framings of a plate to one reading.

use std::collections::BTreeMap;

use crate::ctc::{self, Places};
use crate::{Alternative, CharRead, grammar};

const ALTERNATIVES_MAX: usize = 5;
/// Characters less likely than this are not named as what else a character may be.
const OTHER_MIN: f32 = 0.01;

/// What the network saw in one framing, and the texts that this may be.
pub struct Seen {
    places: Places,
    raw: Vec<(String, f32)>,
    /// After the grammar.
    texts: Vec<(String, f32)>,
}

impl From<Places> for Seen {
    fn from(places: Places) -> Self {
        let raw = ctc::beam(&places);
        let texts = grammar::rerank(&raw);
        Self { places, raw, texts }
    }
}

/// One reading of one plate.
pub struct Reading {
    pub text: String,
    /// Of the text among all texts.
    pub posterior: f32,
    pub chars: Vec<CharRead>,
    /// By their posteriors; the first is the text.
    pub alternatives: Vec<Alternative>,
    /// Which framing shows the text best.
    pub framing: usize,
}

impl Reading {
    /// Framings of the same plate vote, each by how sure it is: a plate cut off or askew makes the network unsure.
    pub fn of(framings: &[Seen]) -> Option<Self> {
        let mut totals: BTreeMap<String, f32> = BTreeMap::new();
        let mut ranked: Vec<&[(String, f32)]> = Vec::with_capacity(framings.len());
        let mut surest: Option<(f32, &str)> = None;
        let mut all = 0.0;
        for Seen { raw, texts, .. } in framings {
            let Some((_, sure)) = texts.iter().find(|(text, _)| !text.is_empty()) else {
                ranked.push(&[]);
                continue;
            };
            let sure = *sure;
            all += sure;
            for (text, probability) in texts.iter().filter(|(text, _)| !text.is_empty()) {
                *totals.entry(text.clone()).or_default() += sure * probability;
            }
            if surest.as_ref().is_none_or(|(best, _)| sure > *best)
                && let Some((text, _)) = raw.iter().find(|(text, _)| !text.is_empty())
            {
                surest = Some((sure, text.as_str()));
            }
            ranked.push(texts);
        }
        let mut order: Vec<(String, f32)> =
            totals.into_iter().map(|(text, sum)| (text, sum / all.max(f32::MIN_POSITIVE))).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (text, posterior) = order.first().cloned()?;
        let mut alternatives: Vec<Alternative> =
            order.into_iter().take(ALTERNATIVES_MAX).map(|(text, probability)| Alternative { text, probability }).collect();
        // The best reading before the grammar stays in sight even when the grammar disagrees with it.
        if let Some((_, raw)) = surest
            && alternatives.iter().all(|known| known.text != raw)
        {
            alternatives.truncate(ALTERNATIVES_MAX - 1);
            alternatives.push(Alternative { text: raw.to_owned(), probability: 0.0 });
        }
        let worth = |texts: &[(String, f32)]| texts.iter().find(|(known, _)| *known == text).map_or(0.0, |(_, p)| *p);
        let framing = ranked.iter().enumerate().max_by(|a, b| worth(a.1).total_cmp(&worth(b.1)))?.0;
        let chars = characters(&framings.get(framing)?.places, &text)?;
        Some(Self { text, posterior, chars, alternatives, framing })
    }

    /// Probability of the least sure character at its place.
    pub fn weakest(&self) -> f32 {
        self.chars.iter().map(|seen| seen.probability).fold(1.0, f32::min)
    }

    /// The alternatives when the text is right with this probability: the others share what it leaves, in their own proportions.
    pub fn alternatives_at(&self, confidence: f32) -> Vec<Alternative> {
        let rest = (1.0 - confidence) / (1.0 - self.posterior).max(f32::EPSILON);
        let scaled = |known: &Alternative| {
            let probability = if known.text == self.text { confidence } else { (known.probability * rest).min(confidence) };
            Alternative { text: known.text.clone(), probability }
        };
        self.alternatives.iter().map(scaled).collect()
    }
}

fn characters(places: &Places, text: &str) -> Option<Vec<CharRead>> {
    let spots = ctc::align(places, text)?;
    spots
        .into_iter()
        .zip(text.chars())
        .map(|(t, ch)| {
            let ranked = ctc::characters_at(places.get(t)?);
            let probability = ranked.iter().find(|(known, _)| *known == ch).map_or(0.0, |(_, p)| *p);
            let others = ranked.into_iter().filter(|(known, p)| *known != ch && *p >= OTHER_MIN).take(4).collect();
            Some(CharRead { ch, probability, others })
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::{Reading, Seen};
    use crate::ctc::{CHARSET, CLASSES, Places};

    fn seen<const N: usize>(framings: [Places; N]) -> [Seen; N] {
        framings.map(Seen::from)
    }

    fn spoken(script: &str, sure: f32) -> Places {
        let rest = ((1.0 - sure) / (CLASSES - 1) as f32).ln();
        script
            .chars()
            .map(|ch| {
                let class = CHARSET.iter().position(|&known| known == ch).unwrap_or(CLASSES - 1);
                std::array::from_fn(|i| if i == class { sure.ln() } else { rest })
            })
            .collect()
    }

    #[test]
    fn a_sure_framing_outvotes_two_unsure_ones() {
        let reading = Reading::of(&seen([spoken("_AU_0905", 0.5), spoken("A_V_0905", 0.97), spoken("_AU_0905", 0.5)])).unwrap();
        assert_eq!((reading.text.as_str(), reading.framing), ("AV0905", 1));
    }

    #[test]
    fn characters_spell_the_text_and_name_their_rivals() {
        let mut places = spoken("_A_8_1_2_3_4_5_", 0.97);
        let rival = CHARSET.iter().position(|&ch| ch == 'B').unwrap();
        let own = CHARSET.iter().position(|&ch| ch == '8').unwrap();
        places[3][rival] = 0.4_f32.ln();
        places[3][own] = 0.57_f32.ln();
        let reading = Reading::of(&seen([places])).unwrap();
        let spelled: String = reading.chars.iter().map(|seen| seen.ch).collect();
        assert_eq!(spelled, reading.text);
        assert!(reading.chars[1].others.iter().any(|(ch, _)| matches!(ch, 'B' | '8')));
    }

    #[test]
    fn the_other_readings_share_what_the_first_leaves() {
        let reading = Reading::of(&seen([spoken("_AU_0905", 0.7)])).unwrap();
        let at = reading.alternatives_at(0.8);
        assert!((at[0].probability - 0.8).abs() < 1e-6 && at[0].text == reading.text);
        assert!(at.iter().map(|known| known.probability).sum::<f32>() <= 1.0001);
        assert!(at.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
    }

    #[test]
    fn blank_framings_are_no_reading() {
        assert!(Reading::of(&[]).is_none());
        assert!(Reading::of(&seen([spoken("______", 1.0 - 1e-6)])).is_none_or(|reading| reading.posterior < 0.01));
    }
}
