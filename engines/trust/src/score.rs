//! From signals to a score. The weights are ADR 0022's table; they are judged, not learned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;

use crate::{AddressMove, Passkey, Reason, ReasonCode, SignalName, Signals, Told, Verdict};

pub const SCORE_FULL: u8 = 100;

/// What a steps' table says: the heaviest step that is passed counts alone.
type Steps<T> = &'static [(T, u8)];

const VERIFIED_AGO_US: Steps<i64> = &[(4 * Micros::HOUR, 5), (8 * Micros::HOUR, 10)];
/// A shift is eight hours and its end is not a guillotine.
const SESSION_AGE_US: Steps<i64> = &[(9 * Micros::HOUR, 5)];
const PASSKEY_UNATTESTED: u8 = 5;
/// Enough to ask for a touch of it, with nothing else beside it.
const PASSKEY_UNTOUCHED: u8 = 45;
const THREAT_LISTED: u8 = SCORE_FULL;
const OFF_ROTA: u8 = 5;
/// A car with siren stays below the first, a helicopter below the second.
const JUMP_KM_PER_H: Steps<u32> = &[(300, 15), (1_000, 25)];
/// At a checkpoint two officers ask about ten vehicles a minute.
const READS_PER_MINUTE: Steps<u32> = &[(30, 25), (60, 30)];
const READS_PER_HOUR: Steps<u32> = &[(300, 15), (600, 30), (1_200, 45)];
const HABIT_TIMES: u32 = 4;
/// Below it four times of little is still little.
const HABIT_READS_MIN: u32 = 60;
const BEYOND_HABIT: u8 = 5;
/// Together with anything else they ask for a verification; alone, whatever their number, for nothing: a thief with a copied cookie
/// must not be able to trouble its owner (ADR 0018).
const DOUBTS: Steps<u32> = &[(0, 5), (2, 15), (9, 20)];
/// Enough to ask for a touch of the key, with nothing else beside it.
const TOLD_VERIFY: u8 = 45;
const TOLD_REVOKED: u8 = SCORE_FULL;

/// A score with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// 0 to 100.
    pub score: u8,
    /// The heaviest first; their points are what is missing to 100.
    pub reasons: Vec<Reason>,
    /// What was not known, and so took nothing.
    pub unknown: Vec<SignalName>,
}

impl Assessment {
    /// What the score alone asks for; what is in force is a [`crate::Standing`].
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        Verdict::of_score(self.score)
    }
}

fn passed<T: Copy + PartialOrd>(steps: Steps<T>, value: T) -> u8 {
    steps.iter().rev().find(|(above, _)| value > *above).map_or(0, |(_, points)| *points)
}

fn address_code(address: AddressMove) -> Option<(ReasonCode, u8)> {
    match address {
        AddressMove::Same | AddressMove::Near => None,
        AddressMove::IntoListed => Some((ReasonCode::AddressIntoListed, 10)),
        AddressMove::BetweenUnlisted => Some((ReasonCode::AddressBetweenUnlisted, 20)),
        AddressMove::OutOfListed => Some((ReasonCode::AddressOutOfListed, 25)),
    }
}

const fn told_points(told: Told) -> u8 {
    match told {
        Told::Nothing => 0,
        Told::Verify => TOLD_VERIFY,
        Told::Revoked => TOLD_REVOKED,
    }
}

fn is_beyond_habit(reads: u32, usual: u32) -> bool {
    reads >= HABIT_READS_MIN && reads > usual.saturating_mul(HABIT_TIMES)
}

/// Gathers reasons, and signals that were not known.
#[derive(Default)]
struct Sum {
    reasons: Vec<Reason>,
    unknown: Vec<SignalName>,
}

impl Sum {
    fn take<T>(&mut self, name: SignalName, signal: Option<T>, code: ReasonCode, points: impl FnOnce(T) -> u8) {
        match signal {
            None => self.unknown.push(name),
            Some(value) => self.add(code, points(value)),
        }
    }

    fn add(&mut self, code: ReasonCode, points: u8) {
        if points > 0 {
            self.reasons.push(Reason { code, points });
        }
    }

    /// The lightest reasons lose what is taken below zero.
    fn done(mut self) -> Assessment {
        self.reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.points), reason.code));
        let mut score = SCORE_FULL;
        for reason in &mut self.reasons {
            reason.points = reason.points.min(score);
            score -= reason.points;
        }
        Assessment { score, reasons: self.reasons, unknown: self.unknown }
    }
}

#[must_use]
pub fn assess(signals: &Signals) -> Assessment {
    let mut sum = Sum::default();
    let flag = |is_bad: bool, points: u8| if is_bad { points } else { 0 };
    sum.take(SignalName::Verification, signals.verified_ago_us, ReasonCode::VerifiedLongAgo, |ago| passed(VERIFIED_AGO_US, ago));
    sum.take(SignalName::SessionAge, signals.session_age_us, ReasonCode::SessionOld, |age| passed(SESSION_AGE_US, age));
    match signals.passkey {
        None => sum.unknown.push(SignalName::Passkey),
        Some(Passkey::Attested) => {}
        Some(Passkey::Unattested) => sum.add(ReasonCode::PasskeyUnattested, PASSKEY_UNATTESTED),
        Some(Passkey::Untouched) => sum.add(ReasonCode::PasskeyUntouched, PASSKEY_UNTOUCHED),
    }
    match signals.address {
        None => sum.unknown.push(SignalName::Address),
        Some(address) => {
            if let Some((code, points)) = address_code(address) {
                sum.add(code, points);
            }
        }
    }
    sum.take(SignalName::ThreatList, signals.is_threat_listed, ReasonCode::ThreatListed, |is_listed| flag(is_listed, THREAT_LISTED));
    sum.take(SignalName::Rota, signals.is_on_rota, ReasonCode::OffRota, |is_on| flag(!is_on, OFF_ROTA));
    sum.take(SignalName::Place, signals.jump_km_per_h, ReasonCode::PlaceJump, |speed| passed(JUMP_KM_PER_H, speed));
    sum.take(SignalName::PaceMinute, signals.reads_per_minute, ReasonCode::ReadsPerMinute, |reads| passed(READS_PER_MINUTE, reads));
    sum.take(SignalName::PaceHour, signals.reads_per_hour, ReasonCode::ReadsPerHour, |reads| passed(READS_PER_HOUR, reads));
    sum.take(SignalName::Habit, signals.reads_per_hour.zip(signals.usual_reads_per_hour), ReasonCode::ReadsBeyondHabit, |(reads, usual)| {
        flag(is_beyond_habit(reads, usual), BEYOND_HABIT)
    });
    sum.take(SignalName::Doubts, signals.doubts, ReasonCode::ProofsRefused, |doubts| passed(DOUBTS, doubts));
    sum.take(SignalName::Told, signals.told, ReasonCode::ToldByTransmitter, told_points);
    sum.done()
}

#[cfg(test)]
mod tests;
