//! What follows from a score, and for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;

pub const STEP_UP_BELOW: u8 = 60;
pub const RESTRICT_BELOW: u8 = 40;
pub const BLOCK_BELOW: u8 = 20;
/// So long must every score be worth a lighter verdict before it is given without a verification.
pub const CALM_US: i64 = 10 * Micros::MINUTE;

/// The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TrustVerdict")]
pub enum Verdict {
    #[default]
    Allow,
    /// The person verifies again before anything sensitive.
    StepUp,
    /// Nothing personal in bulk.
    Restrict,
    /// Nothing but what saves lives.
    Block,
}

impl Verdict {
    #[must_use]
    pub const fn of_score(score: u8) -> Self {
        match score {
            ..BLOCK_BELOW => Self::Block,
            ..RESTRICT_BELOW => Self::Restrict,
            ..STEP_UP_BELOW => Self::StepUp,
            _ => Self::Allow,
        }
    }

    /// As on the wire and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::StepUp => "step_up",
            Self::Restrict => "restrict",
            Self::Block => "block",
        }
    }
}

/// The verdict in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    pub verdict: Verdict,
    pub since: Micros,
    /// Since when every score was worth a lighter one.
    pub calm_since: Option<Micros>,
}

impl Standing {
    /// What is in force after a score that asks for `asked`.
    ///
    /// Worse holds at once. Lighter holds at once when the person has verified since the verdict fell, else after [`CALM_US`] without a score as bad: one
    /// good request among many must not open what the others closed.
    #[must_use]
    pub fn after(self, now: Micros, asked: Verdict, verified_at: Option<Micros>) -> Self {
        let fallen = Self { verdict: asked, since: now, calm_since: None };
        if asked > self.verdict {
            return fallen;
        }
        if asked == self.verdict {
            return Self { calm_since: None, ..self };
        }
        let calm_since = self.calm_since.unwrap_or(now);
        let has_verified = verified_at.is_some_and(|at| at >= self.since);
        if has_verified || now.since(calm_since) >= CALM_US { fallen } else { Self { calm_since: Some(calm_since), ..self } }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VERDICTS: [Verdict; 4] = [Verdict::Allow, Verdict::StepUp, Verdict::Restrict, Verdict::Block];

    #[test]
    fn the_bands_meet_at_their_bounds() {
        let bands = [0, 19, 20, 39, 40, 59, 60, 100].map(Verdict::of_score);
        use Verdict::{Allow, Block, Restrict, StepUp};
        assert_eq!(bands, [Block, Block, Restrict, Restrict, StepUp, StepUp, Allow, Allow]);
    }

    #[test]
    fn one_good_request_opens_nothing_a_verification_or_calm_does() {
        let fell = Standing::default().after(Micros(100), Verdict::StepUp, Some(Micros(50)));
        assert_eq!((fell.verdict, fell.since), (Verdict::StepUp, Micros(100)));
        let good = fell.after(Micros(101), Verdict::Allow, Some(Micros(50)));
        assert_eq!(good.verdict, Verdict::StepUp, "verified before it fell, and not since");
        assert_eq!(good.after(Micros(102), Verdict::Allow, Some(Micros(102))).verdict, Verdict::Allow);
        let nearly = good.after(Micros(101 + CALM_US - 1), Verdict::Allow, None);
        assert_eq!(nearly.verdict, Verdict::StepUp);
        assert_eq!(nearly.after(Micros(101 + CALM_US), Verdict::Allow, None).verdict, Verdict::Allow);
        let broken = nearly.after(Micros(101 + CALM_US), Verdict::StepUp, None);
        assert_eq!(broken.after(Micros(102 + CALM_US), Verdict::Allow, None).verdict, Verdict::StepUp, "the calm began anew");
    }

    #[test]
    fn a_verification_does_not_lighten_what_the_score_still_asks_for() {
        let blocked = Standing::default().after(Micros(1), Verdict::Block, None);
        assert_eq!(blocked.after(Micros(2), Verdict::Block, Some(Micros(2))).verdict, Verdict::Block);
        assert_eq!(blocked.after(Micros(2), Verdict::StepUp, Some(Micros(2))).verdict, Verdict::StepUp);
    }

    #[test]
    fn a_clock_that_is_set_back_lightens_nothing() {
        let fell = Standing::default().after(Micros(CALM_US), Verdict::StepUp, None);
        let good = fell.after(Micros(CALM_US), Verdict::Allow, None);
        assert_eq!(good.after(Micros(0), Verdict::Allow, None).verdict, Verdict::StepUp);
    }

    proptest! {
        #[test]
        fn a_verdict_is_never_lighter_than_the_score_asks_for(asked in proptest::collection::vec((0_usize..4, 0_i64..CALM_US), 1..60)) {
            let (mut standing, mut now) = (Standing::default(), Micros(0));
            for (which, step) in asked {
                now = now.plus(step);
                let verdict = VERDICTS.get(which).copied().unwrap_or_default();
                standing = standing.after(now, verdict, None);
                prop_assert!(standing.verdict >= verdict);
            }
        }

        #[test]
        fn a_verdict_does_not_flap(asked in proptest::collection::vec((0_usize..4, 0_i64..CALM_US / 3, any::<bool>()), 1..120)) {
            let (mut standing, mut now, mut verified) = (Standing::default(), Micros(0), None);
            let mut worst_since: Vec<(Micros, Verdict)> = Vec::new();
            for (which, step, has_verified) in asked {
                now = now.plus(step);
                if has_verified {
                    verified = Some(now);
                }
                let verdict = VERDICTS.get(which).copied().unwrap_or_default();
                let before = standing;
                standing = standing.after(now, verdict, verified);
                worst_since.push((now, verdict));
                if standing.verdict < before.verdict {
                    let is_verified = verified.is_some_and(|at| at >= before.since);
                    let is_calm = worst_since.iter().all(|(at, one)| now.since(*at) >= CALM_US || *one < before.verdict);
                    prop_assert!(is_verified || is_calm, "{before:?} became {standing:?}");
                }
            }
        }
    }
}
