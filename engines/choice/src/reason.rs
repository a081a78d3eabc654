//! Why a unit was proposed or passed over, with numbers, so that the order can be explained years later.

use serde::{Deserialize, Serialize};

use crate::candidate::{Priority, Skill};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    For,
    Against,
}

/// One reason. Every number is finite. Reasons of one unit stand in the order of this list.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    // For.
    Idle,
    HasAllThatIsAsked,
    /// Nobody else can be sent.
    OnlyChoice,
    OwnDistrict,
    /// Chosen: the next unit of the order is so much farther along the straight line.
    LeastAir {
        margin_m: f64,
    },
    /// Chosen: the next unit of the order arrives so much later.
    LeastTravel {
        margin_s: f64,
    },
    /// Chosen: travel and the cover it takes away, in seconds, are together so much less than the next unit's.
    LeastSum {
        margin_s: f64,
    },
    /// Chosen: the next unit of the order is beyond what the policy allows, `slower_s` behind this one.
    NextIsBeyondBound {
        slower_s: f64,
    },
    /// Chosen although a tired unit is nearer.
    Rested {
        on_duty_s: f64,
        since_last_job_s: Option<f64>,
    },
    /// Not chosen, though it would arrive earlier.
    FasterThanChosen {
        by_s: f64,
    },
    /// Chosen over a nearer unit: the cover that stays in place, in seconds of the policy's exchange rate.
    KeepsCover {
        worth_s: f64,
    },
    /// Chosen from a lesser incident; none when no free unit could have gone at all.
    TakenFromLesser {
        priority: Priority,
        saves_s: Option<f64>,
    },
    // Against.
    OffDuty,
    InPanic,
    RestingFor {
        s: f64,
    },
    Engaged,
    EnRouteTo {
        priority: Priority,
    },
    OnSceneOf {
        priority: Priority,
    },
    OnSceneInDanger,
    /// Its incident has lost a unit as often as the rule allows.
    PreemptedTooOften {
        times: u8,
    },
    /// Taking it from its incident would save less than the rule asks for; less than nothing when it is slower.
    SavesTooLittle {
        saves_s: f64,
    },
    Lacks {
        skill: Skill,
    },
    NoPosition,
    PositionStale {
        age_s: f64,
    },
    /// No way by road, or a travel time that is no number.
    Unreachable,
    OutsideDistrict,
    LongOnDuty {
        on_duty_s: f64,
    },
    ShortRest {
        since_last_job_s: f64,
    },
    FartherThanChosen {
        by_m: f64,
    },
    SlowerThanChosen {
        by_s: f64,
    },
    /// Slower than the nearest by more than the policy allows.
    BeyondBound {
        slower_s: f64,
        bound_s: f64,
    },
    /// The share of the city's expected demand that nobody else would reach in time, and its price in seconds.
    CoverLost {
        share: f64,
        worth_s: f64,
    },
    /// As good as the chosen one; the lower number goes.
    LosesTie,
}

impl Reason {
    #[must_use]
    pub const fn side(&self) -> Side {
        match self {
            Self::Idle
            | Self::HasAllThatIsAsked
            | Self::OnlyChoice
            | Self::OwnDistrict
            | Self::LeastAir { .. }
            | Self::LeastTravel { .. }
            | Self::LeastSum { .. }
            | Self::NextIsBeyondBound { .. }
            | Self::Rested { .. }
            | Self::FasterThanChosen { .. }
            | Self::KeepsCover { .. }
            | Self::TakenFromLesser { .. } => Side::For,
            _ => Side::Against,
        }
    }

    /// The place in the list above, by which a unit's reasons are ordered.
    pub(crate) const fn place(&self) -> u8 {
        match self {
            Self::Idle => 0,
            Self::HasAllThatIsAsked => 1,
            Self::OnlyChoice => 2,
            Self::OwnDistrict => 3,
            Self::LeastAir { .. } => 4,
            Self::LeastTravel { .. } => 5,
            Self::LeastSum { .. } => 6,
            Self::NextIsBeyondBound { .. } => 7,
            Self::Rested { .. } => 8,
            Self::FasterThanChosen { .. } => 9,
            Self::KeepsCover { .. } => 10,
            Self::TakenFromLesser { .. } => 11,
            Self::OffDuty => 12,
            Self::InPanic => 13,
            Self::RestingFor { .. } => 14,
            Self::Engaged => 15,
            Self::EnRouteTo { .. } => 16,
            Self::OnSceneOf { .. } => 17,
            Self::OnSceneInDanger => 18,
            Self::PreemptedTooOften { .. } => 19,
            Self::SavesTooLittle { .. } => 20,
            Self::Lacks { .. } => 21,
            Self::NoPosition => 22,
            Self::PositionStale { .. } => 23,
            Self::Unreachable => 24,
            Self::OutsideDistrict => 25,
            Self::LongOnDuty { .. } => 26,
            Self::ShortRest { .. } => 27,
            Self::FartherThanChosen { .. } => 28,
            Self::SlowerThanChosen { .. } => 29,
            Self::BeyondBound { .. } => 30,
            Self::CoverLost { .. } => 31,
            Self::LosesTie => 32,
        }
    }
}
