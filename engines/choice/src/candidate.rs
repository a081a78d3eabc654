//! What a choice is made over: the incident, and each unit as seen from it.

use serde::{Deserialize, Serialize};
use shouhu_ids::UnitId;

/// A skill or a piece of equipment, by its number in the caller's catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Skill(u8);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("skill {0} is not below {max}, the most a catalogue can hold", max = Skill::COUNT_MAX)]
pub struct SkillError(pub u8);

impl Skill {
    pub const COUNT_MAX: u8 = 64;

    /// # Errors
    /// When the number is 64 or more.
    pub const fn new(number: u8) -> Result<Self, SkillError> {
        if number < Self::COUNT_MAX { Ok(Self(number)) } else { Err(SkillError(number)) }
    }
}

impl TryFrom<u8> for Skill {
    type Error = SkillError;

    fn try_from(number: u8) -> Result<Self, SkillError> {
        Self::new(number)
    }
}

impl From<Skill> for u8 {
    fn from(skill: Skill) -> Self {
        skill.0
    }
}

/// A set of skills and equipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skills(u64);

impl Skills {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn with(self, skill: Skill) -> Self {
        Self(self.0 | (1 << skill.0))
    }

    #[must_use]
    pub const fn contains(self, skill: Skill) -> bool {
        self.0 & (1 << skill.0) != 0
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in `asked` and not in `self`, in catalogue order.
    pub fn lacking(self, asked: Self) -> impl Iterator<Item = Skill> {
        let missing = Self(asked.0 & !self.0);
        (0..Skill::COUNT_MAX).map(Skill).filter(move |skill| missing.contains(*skill))
    }

    #[must_use]
    pub const fn has_all(self, asked: Self) -> bool {
        asked.0 & !self.0 == 0
    }
}

/// How pressing an incident is; the smaller, the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Life in danger now: the fastest unit, whatever it costs the rest of the city.
    Urgent,
    High,
    Routine,
    Low,
}

impl Priority {
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Routine, Self::Low];

    /// 0 for the most pressing, 3 for the least.
    #[must_use]
    pub const fn level(self) -> u8 {
        self as u8
    }
}

/// A station's district, by the caller's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct District(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub priority: Priority,
    pub needs: Skills,
    pub district: Option<District>,
}

/// What a busy unit is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub priority: Priority,
    /// How often this incident has already lost its unit to a more urgent one.
    pub times_preempted: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Idle,
    EnRoute {
        job: Job,
    },
    OnScene {
        job: Job,
        is_in_danger: bool,
        /// The crew has said that it could leave: a report, a parked car. Nobody else's scene is ever left.
        may_leave: bool,
    },
    /// Busy without an incident that could be weighed: transport, custody, court.
    Engaged,
    Resting {
        for_s: f64,
    },
    OffDuty,
    /// The crew itself needs help.
    Panic,
}

/// A unit as seen from one incident. Distances and times are none where they are not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub id: UnitId,
    pub state: State,
    /// The district of its station.
    pub district: Option<District>,
    pub skills: Skills,
    /// Seconds since the position was taken; none when there never was one.
    pub position_age_s: Option<f64>,
    pub on_duty_s: f64,
    /// Seconds since it was last clear of an incident; none when it had none on this duty.
    pub since_last_job_s: Option<f64>,
    /// Along the straight line from the last position.
    pub air_m: Option<f64>,
    /// By road from the last position, at this hour and with this priority's manner of driving.
    pub travel_s: Option<f64>,
}

impl Candidate {
    /// The distance, unless it is no distance.
    pub(crate) fn known_air_m(&self) -> Option<f64> {
        self.air_m.filter(|m| m.is_finite() && *m >= 0.0)
    }

    /// The travel time, unless it is no time.
    pub(crate) fn known_travel_s(&self) -> Option<f64> {
        self.travel_s.filter(|s| s.is_finite() && *s >= 0.0)
    }

    pub(crate) fn known_age_s(&self) -> Option<f64> {
        self.position_age_s.filter(|s| s.is_finite()).map(|s| s.max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_what_was_asked_and_is_not_there() {
        let [first, second, last] = [0, 5, 63].map(|n| Skill::new(n).unwrap());
        let asked = Skills::NONE.with(first).with(last);
        let has = Skills::NONE.with(first).with(second);
        assert_eq!(has.lacking(asked).collect::<Vec<_>>(), [last]);
        assert!(!has.has_all(asked));
        assert_eq!(Skill::new(64), Err(SkillError(64)));
    }
}
