//! From what the networks and the grammar think of a text to the probability that it is right.
//!
//! The posterior alone promises too little for clear plates and too much for burnt-out ones and for texts with one doubtful
//! character, so that these have a say: a logistic regression (Platt 1999) over a handful of numbers. `training/calibrate.py`
//! fits it from what `examples/score --dump` writes; the model card says how well it holds. Text height and form were tried: they
//! made it better on the pictures it was fitted to and worse on the next set.

/// What a promise is made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Of the text among all texts, after the grammar has weighed them.
    pub posterior: f32,
    /// Probability of the least sure character at its place.
    pub weakest: f32,
    /// Share of the plate's pixels that are as bright as the sensor can say.
    pub burnt: f32,
}

/// Beyond these odds a network is believed no further.
const LOGIT_MAX: f32 = 7.0;
const NUMBERS: usize = 4;
/// For: one, logit of the posterior, logit of the weakest character, burnt share.
const WEIGHTS: [f32; NUMBERS] = [1.121, 1.026, 0.396, -0.351];

fn logit(probability: f32) -> f32 {
    let p = if probability.is_finite() { probability.clamp(1e-6, 1.0 - 1e-6) } else { 0.5 };
    (p / (1.0 - p)).ln().clamp(-LOGIT_MAX, LOGIT_MAX)
}

impl Evidence {
    fn numbers(&self) -> [f32; NUMBERS] {
        [1.0, logit(self.posterior), logit(self.weakest), self.burnt.clamp(0.0, 1.0)]
    }

    /// The probability that the text is right as a whole, 0 to 1.
    pub fn confidence(&self) -> f32 {
        let sum: f32 = self.numbers().iter().zip(WEIGHTS).map(|(number, weight)| number * weight).sum();
        1.0 / (1.0 + (-sum).exp())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Evidence;

    const CLEAR: Evidence = Evidence { posterior: 0.99, weakest: 0.99, burnt: 0.0 };

    #[test]
    fn a_clear_plate_is_sure_and_a_torn_reading_is_not() {
        assert!(CLEAR.confidence() > 0.9, "{}", CLEAR.confidence());
        let torn = Evidence { posterior: 0.3, weakest: 0.4, ..CLEAR };
        assert!(torn.confidence() < 0.9, "{}", torn.confidence());
    }

    #[test]
    fn more_light_than_the_sensor_can_tell_never_makes_a_reading_surer() {
        let burnt = Evidence { burnt: 0.6, ..CLEAR };
        assert!(burnt.confidence() <= CLEAR.confidence());
    }

    proptest! {
        #[test]
        fn a_promise_is_a_probability_and_rises_with_the_posterior(
            low in 0.0_f32..1.0, more in 0.0_f32..1.0, weakest: f32, burnt in 0.0_f32..1.0,
        ) {
            let lower = Evidence { posterior: low, weakest, burnt };
            let higher = Evidence { posterior: low + (1.0 - low) * more, ..lower };
            prop_assert!((0.0..=1.0).contains(&lower.confidence()));
            prop_assert!(higher.confidence() >= lower.confidence());
        }
    }
}
