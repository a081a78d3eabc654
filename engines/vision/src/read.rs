//! One reading of one plate in one frame.

use crate::Quad;

/// One character of a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct CharRead {
    pub ch: char,
    /// 0 to 1, of this character against the others at its place.
    pub probability: f32,
    /// What else it may be, most probable first; at most four, each at least 1 %.
    pub others: Vec<(char, f32)>,
}

/// One whole reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// Upper case, without separators.
    pub text: String,
    /// 0 to 1 among all readings of this plate.
    pub probability: f32,
}

/// One reading of one plate in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct PlateRead {
    pub quad: Quad,
    /// 0 to 1: that there is a plate here at all.
    pub detector_score: f32,
    /// Normalised: upper-case letters and digits, no separator. Never empty.
    pub text: String,
    /// As it stands on the plate, with the hyphen where the form is a known Taiwanese one; otherwise equal to `text`.
    pub display: String,
    /// 0 to 1: that `text` is right as a whole; the model card says how well that holds on real plates.
    pub confidence: f32,
    /// 0 to 1: what `text` is worth among all texts to the networks and the grammar, before `confidence` is made of it.
    pub posterior: f32,
    /// 0 to 1: the share of the plate's pixels that are as bright as the sensor can say.
    pub burnt: f32,
    /// The outline touches the picture's border: what lies beyond it may belong to the plate, so that such a read is never sure.
    pub is_at_border: bool,
    /// One per character of `text`.
    pub chars: Vec<CharRead>,
    /// At most five, most probable first; the first is `text`, and the best reading before the grammar is among them.
    pub alternatives: Vec<Alternative>,
    /// Mean squared gradient of the rectified plate, grey levels from 0 to 1; comparable between reads of one camera.
    pub sharpness: f32,
    /// Estimated height of the characters in the original frame, in pixels.
    pub text_height_px: f32,
}

/// What a read at the picture's border is believed at most: less than is sure (`shouhu_plate::SURE_FROM`), and enough to be kept.
pub(crate) const AT_BORDER_MOST: f32 = 0.85;

impl PlateRead {
    /// Believed no more than this; its other readings keep their proportions.
    pub(crate) fn believed_at_most(mut self, most: f32) -> Self {
        let share = (most / self.confidence.max(most)).min(1.0);
        self.confidence *= share;
        for other in &mut self.alternatives {
            other.probability *= share;
        }
        self
    }
}

/// A made-up read whose characters are all as sure as the whole.
#[cfg(test)]
pub(crate) fn sample_read(text: &str, confidence: f32, quad: Quad) -> PlateRead {
    PlateRead {
        quad,
        detector_score: 0.9,
        text: text.to_owned(),
        display: crate::display_form(text),
        confidence,
        posterior: confidence,
        burnt: 0.0,
        is_at_border: false,
        chars: text
            .chars()
            .map(|ch| CharRead { ch, probability: confidence.min(1.0), others: vec![('0', (1.0 - confidence).max(0.0) / 2.0)] })
            .collect(),
        alternatives: vec![Alternative { text: text.to_owned(), probability: confidence }],
        sharpness: 0.02,
        text_height_px: quad.height_px() * 0.6,
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_BORDER_MOST, sample_read};
    use crate::Quad;

    #[test]
    fn a_read_at_the_border_is_kept_and_never_sure() {
        let read = || sample_read("34C123", 0.999, Quad::from_box(0.0, 40.0, 60.0, 20.0));
        let doubted = read().believed_at_most(AT_BORDER_MOST);
        assert!(shouhu_plate::is_unsure(f64::from(doubted.confidence)) && doubted.confidence > 0.8, "{}", doubted.confidence);
        let first = doubted.alternatives.first().map_or(1.0, |known| known.probability);
        assert!((first - doubted.confidence).abs() < 1e-6, "so are its readings");
        let weak = sample_read("34C123", 0.4, Quad::from_box(0.0, 40.0, 60.0, 20.0));
        assert!((weak.believed_at_most(AT_BORDER_MOST).confidence - 0.4).abs() < 1e-6, "what was unsure stays as it was");
    }
}
