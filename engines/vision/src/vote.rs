//! The vote of several reads of one plate.

use std::collections::BTreeSet;

use crate::grammar::taiwan_form;
use crate::{Alternative, PlateRead};

/// What a character that a read does not name is worth in it.
const UNNAMED: f32 = 0.004;
/// What a text of another length is worth in a read that does not name it.
const OTHER_LENGTH: f32 = 0.0005;
const ALTERNATIVES_MAX: usize = 5;
/// Frames of one pass share their errors: their logarithms are not summed in full.
const INDEPENDENCE: f32 = 0.6;
/// What a text is believed at most that no single frame has read.
const UNREAD_MOST: f32 = 0.85;
/// A plate of which another vehicle hides so many characters may still have a form that is issued.
const HIDDEN_MIN: usize = 2;
/// A read that shows more of a plate must be worth so much to unmask those that show less,
const UNMASKS_FROM: f32 = 0.4;
/// and so much of what each of them is worth.
const UNMASKS_SHARE: f32 = 0.6;

/// One read as it votes.
#[derive(Debug, Clone)]
pub struct Ballot {
    pub text: String,
    pub weight: f32,
    /// What lies beyond the picture's border may belong to the plate.
    pub is_at_border: bool,
    /// Per place, the characters it may be.
    places: Vec<Vec<(char, f32)>>,
    alternatives: Vec<Alternative>,
}

impl Ballot {
    pub fn of(read: &PlateRead) -> Self {
        let places = read
            .chars
            .iter()
            .map(|seen| std::iter::once((seen.ch, seen.probability)).chain(seen.others.iter().copied()).collect())
            .collect();
        Self { text: read.text.clone(), weight: Self::weight_of(read), is_at_border: read.is_at_border, places, alternatives: read.alternatives.clone() }
    }

    /// Sure, sharp and large reads count for most; sureness first.
    pub fn weight_of(read: &PlateRead) -> f32 {
        let size = (read.text_height_px / 30.0).clamp(0.1, 1.0);
        let sharp = (read.sharpness / 0.02).clamp(0.1, 1.0);
        read.confidence * (0.7 + 0.2 * size + 0.1 * sharp)
    }

    /// Whether this read may be of the same plate with its beginning or its end behind something.
    pub fn is_cut_off_from(&self, whole: &Self) -> bool {
        let is_shorter = self.text.chars().count() + HIDDEN_MIN <= whole.text.chars().count();
        is_shorter && whole.weight >= UNMASKS_FROM.max(UNMASKS_SHARE * self.weight) && (whole.text.starts_with(&self.text) || whole.text.ends_with(&self.text))
    }

    fn named(&self, text: &str) -> f32 {
        self.alternatives.iter().find(|known| known.text == text).map_or(0.0, |known| known.probability)
    }

    fn log_probability(&self, text: &str) -> f32 {
        let named = self.named(text);
        let spelled = if text.chars().count() == self.places.len() {
            text.chars()
                .zip(&self.places)
                .map(|(ch, place)| place.iter().find(|(known, _)| *known == ch).map_or(UNNAMED, |(_, p)| p.max(UNNAMED)).ln())
                .sum::<f32>()
        } else {
            OTHER_LENGTH.ln()
        };
        spelled.max(named.max(f32::MIN_POSITIVE).ln()).max(OTHER_LENGTH.ln() * 2.0)
    }
}

/// The texts the ballots name, by the sum of their log-probabilities over the ballots; at most five, summing to one at most.
pub fn vote(ballots: &[Ballot]) -> Vec<Alternative> {
    if let [only] = ballots {
        return only.alternatives.clone();
    }
    let mut candidates: BTreeSet<String> = ballots.iter().flat_map(|b| b.alternatives.iter().map(|a| a.text.clone())).collect();
    candidates.extend(ballots.iter().map(|ballot| ballot.text.clone()));
    candidates.extend(ballots.iter().map(|ballot| fused(ballots, ballot.places.len())));
    candidates.remove("");
    let mut scored: Vec<(String, f32)> = candidates
        .into_iter()
        .map(|text| {
            let sum: f32 = ballots.iter().map(|ballot| ballot.log_probability(&text) * (0.25 + ballot.weight)).sum();
            (text, sum * INDEPENDENCE)
        })
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    let best = scored.first().map_or(0.0, |(_, sum)| *sum);
    let all: f32 = scored.iter().map(|(_, sum)| (sum - best).exp()).sum();
    scored
        .into_iter()
        .take(ALTERNATIVES_MAX)
        .map(|(text, sum)| Alternative { text, probability: (sum - best).exp() / all.max(1.0) })
        .collect()
}

/// The ballots without those that another unmasks as half hidden. A text of no form that Taiwan issues must have been read twice for that: one
/// frame that takes a rivet and a shadow for characters must not silence all the others.
pub fn unhidden(ballots: &[Ballot]) -> Vec<Ballot> {
    let is_believed = |whole: &Ballot| taiwan_form(&whole.text).is_some() || ballots.iter().filter(|other| other.text == whole.text).count() >= 2;
    let is_hidden = |one: &Ballot| ballots.iter().any(|whole| one.is_cut_off_from(whole) && is_believed(whole));
    ballots.iter().filter(|one| !is_hidden(one)).cloned().collect()
}

/// How far a text can be believed for the frames that read it: as far as the best two of them would take it. More frames of one pass
/// share their errors, and a plate that is half hidden, too small or no plate at all is misread alike in a hundred of them. What stands
/// at the picture's border is cut off alike in all of them: such reads add nothing to each other, nor to one of the whole plate.
pub fn believable(ballots: &[Ballot], text: &str) -> f32 {
    let naming = |is_at_border: bool| -> Vec<f32> {
        let those = ballots.iter().filter(|ballot| ballot.is_at_border == is_at_border);
        let mut named: Vec<f32> = those.map(|ballot| ballot.named(text).clamp(0.0, 1.0)).filter(|p| *p > 0.0).collect();
        named.sort_by(|a, b| b.total_cmp(a));
        named
    };
    match naming(false).as_slice() {
        [] => naming(true).first().copied().unwrap_or(UNREAD_MOST),
        [only] => *only,
        [best, second, ..] => 1.0 - (1.0 - best) * (1.0 - second).powf(INDEPENDENCE),
    }
}

/// The best character at each place over the ballots of one length: it may be a text that no single frame read.
fn fused(ballots: &[Ballot], length: usize) -> String {
    let fitting: Vec<&Ballot> = ballots.iter().filter(|ballot| ballot.places.len() == length).collect();
    (0..length)
        .filter_map(|place| {
            let named: BTreeSet<char> = fitting.iter().filter_map(|b| b.places.get(place)).flatten().map(|(ch, _)| *ch).collect();
            let worth = |ch: char| -> f32 {
                fitting
                    .iter()
                    .filter_map(|b| b.places.get(place).map(|p| (b.weight, p)))
                    .map(|(weight, p)| {
                        p.iter().find(|(known, _)| *known == ch).map_or(UNNAMED, |(_, q)| q.max(UNNAMED)).ln() * (0.25 + weight)
                    })
                    .sum()
            };
            named.into_iter().max_by(|a, b| worth(*a).total_cmp(&worth(*b)))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::{Ballot, believable, unhidden, vote};
    use crate::Quad;
    use crate::read::sample_read;

    fn ballot(text: &str, confidence: f32) -> Ballot {
        Ballot::of(&sample_read(text, confidence, Quad::from_box(0.0, 0.0, 80.0, 30.0)))
    }

    #[test]
    fn errors_in_different_places_cancel_out() {
        let texts = vote(&[ballot("AUV0985", 0.6), ballot("AUW0905", 0.6), ballot("AUV0905", 0.3)]);
        assert_eq!(texts.first().map(|a| a.text.as_str()), Some("AUV0905"));
    }

    #[test]
    fn a_dropped_character_is_outvoted_by_two_full_reads() {
        let texts = vote(&[ballot("AUV905", 0.7), ballot("AUV0905", 0.7), ballot("AUV0905", 0.7)]);
        assert_eq!(texts.first().map(|a| a.text.as_str()), Some("AUV0905"));
    }

    #[test]
    fn probabilities_fall_and_sum_to_at_most_one() {
        let texts = vote(&[ballot("AB12", 0.5), ballot("AB13", 0.5), ballot("A812", 0.4)]);
        assert!(texts.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
        assert!(texts.iter().map(|a| a.probability).sum::<f32>() <= 1.0001);
    }

    #[test]
    fn more_agreeing_frames_are_surer() {
        let two = vote(&[ballot("AUV0905", 0.8), ballot("AUV0905", 0.8)]);
        let six = vote(&vec![ballot("AUV0905", 0.8); 6]);
        assert!(six.first().map(|a| a.probability) >= two.first().map(|a| a.probability));
    }

    #[test]
    fn a_read_that_shows_all_of_a_plate_silences_those_that_show_a_part() {
        let kept = |ballots: &[Ballot]| unhidden(ballots).into_iter().map(|one| one.text).collect::<Vec<_>>();
        assert_eq!(kept(&[ballot("A23126", 0.99), ballot("34A23126", 0.7), ballot("34A23126", 0.9)]), ["34A23126", "34A23126"]);
        assert_eq!(kept(&[ballot("C1234", 0.99), ballot("ABC1234", 0.7)]), ["ABC1234"], "of a form that is issued once is enough");
        assert_eq!(kept(&[ballot("A23126", 0.99), ballot("34A23126", 0.9)]).len(), 2, "of no form it is not");
        assert_eq!(kept(&[ballot("C1234", 0.99), ballot("ABC1234", 0.5)]).len(), 2, "too unsure to unmask anything");
        assert_eq!(kept(&[ballot("ABC1234", 0.97), ballot("ABC123411", 0.5), ballot("ABC123411", 0.5)]).len(), 3, "two weak misreads of one good read");
        assert_eq!(kept(&[ballot("9635G8", 0.9), ballot("19635G8", 0.9)]).len(), 2, "a rivet read as a 1 hides nothing");
        assert_eq!(kept(&[ballot("ABC1234", 0.9), ballot("ABC1235", 0.9)]).len(), 2);
    }

    #[test]
    fn a_hundred_unsure_frames_are_believed_like_two() {
        let two = vec![ballot("20200522", 0.3); 2];
        let many = vec![ballot("20200522", 0.3); 100];
        assert!((believable(&two, "20200522") - believable(&many, "20200522")).abs() < 1e-6 && believable(&many, "20200522") < 0.5);
        assert!(believable(&[ballot("AUV0905", 0.85), ballot("AUV0905", 0.85)], "AUV0905") > 0.9);
        assert!((believable(&[ballot("AUV0905", 0.85)], "AUV0905") - 0.85).abs() < 1e-6);
        assert!(believable(&[ballot("AUV0905", 0.9)], "AUV0985") < 0.9, "a text that no frame has read is not sure");
    }

    #[test]
    fn what_the_border_cuts_off_is_cut_off_in_every_frame() {
        let at_border = |text: &str, confidence: f32| Ballot { is_at_border: true, ..ballot(text, confidence) };
        let many = vec![at_border("34C123", 0.85); 50];
        assert!((believable(&many, "34C123") - 0.85).abs() < 1e-6);
        let one_whole = [at_border("34C123", 0.85), at_border("34C123", 0.85), ballot("34C123", 0.6)];
        assert!((believable(&one_whole, "34C123") - 0.6).abs() < 1e-6, "the frame that shows all of it decides");
        assert!(believable(&[at_border("AUV0905", 0.85), ballot("AUV0905", 0.97)], "AUV0905") > 0.96);
    }

    #[test]
    fn no_ballots_give_no_text() {
        assert!(vote(&[]).is_empty());
    }
}
