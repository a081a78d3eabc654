//! Words of the registries that STA-021 names, against ours. Every table is here and nowhere else.
//!
//! Sources: incident types are the codes of APCO ANS 2.103.1-2012 as NIEM lists them (`apco:IncidentCategoryCodeSimpleType`).
//! The registries of incident status (STA-021.1b §3.3), primary unit status (§3.9) and secondary unit status (§3.10) are kept
//! by NENA; their words are written here as we know them. A word is compared without case, spaces, hyphens and underscores,
//! so `En Route`, `EnRoute` and `ENROUTE` are one; what is still unknown is a typed refusal that the caller may pass over.
//!
//! Towards them every state of ours has a word. Our own word travels beside it in the member for internal text, so that
//! nothing is lost between two houses of this kind.

use shouhu_wire::{ClosingCode, IncidentState, UnitState};

/// A word that has no counterpart here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    #[error("incident status {0:?} is not in the registry as known here")]
    IncidentStatus(String),
    #[error("primary unit status {0:?} is not Available, ConditionallyAvailable or NotAvailable")]
    PrimaryStatus(String),
    #[error("secondary unit status {0:?} is not in the registry as known here")]
    SecondaryStatus(String),
    #[error("unit status {primary:?} with {secondary:?} contradicts itself")]
    Contradiction { primary: String, secondary: String },
    #[error("incident priority {0} is not within 0 and 10")]
    Priority(i64),
}

/// Incident Status registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentStatus {
    Active,
    ResourcesAssigned,
    NewLocation,
    ReOpened,
    Cancelled,
    Closed,
}

impl IncidentStatus {
    pub const ALL: [Self; 6] =
        [Self::Active, Self::ResourcesAssigned, Self::NewLocation, Self::ReOpened, Self::Cancelled, Self::Closed];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::ResourcesAssigned => "ResourcesAssigned",
            Self::NewLocation => "NewLocation",
            Self::ReOpened => "ReOpened",
            Self::Cancelled => "Cancelled",
            Self::Closed => "Closed",
        }
    }

    /// # Errors
    /// When the registry has no such word.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let folded = folded(text);
        // The registry is British here; American programs drop an l.
        let folded = if folded == "canceled" { "cancelled".to_owned() } else { folded };
        Self::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(&folded))
            .ok_or_else(|| RegistryError::IncidentStatus(shown(text)))
    }

    /// Whether the sender is done with it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Closed)
    }
}

/// Total: what the registry calls an incident of ours.
#[must_use]
pub fn incident_status(state: IncidentState, closing: Option<ClosingCode>) -> Vec<IncidentStatus> {
    match (state, closing) {
        (IncidentState::Open, _) => vec![IncidentStatus::Active],
        (IncidentState::Assigned | IncidentState::OnScene, _) => vec![IncidentStatus::Active, IncidentStatus::ResourcesAssigned],
        (IncidentState::Closed, Some(ClosingCode::Cancelled)) => vec![IncidentStatus::Cancelled, IncidentStatus::Closed],
        // The registry as known here has no word for it: what happens from now on is told under the other number.
        (IncidentState::Closed | IncidentState::Merged, _) => vec![IncidentStatus::Closed],
    }
}

/// Our own word, for the members of internal text.
#[must_use]
pub const fn internal_incident_state(state: IncidentState) -> &'static str {
    match state {
        IncidentState::Open => "open",
        IncidentState::Assigned => "assigned",
        IncidentState::OnScene => "on_scene",
        IncidentState::Closed => "closed",
        IncidentState::Merged => "merged",
    }
}

/// Primary and secondary unit status, and our own word; one row for every state.
const UNIT_STATES: [(UnitState, &str, &str, &str); 6] = [
    (UnitState::OffDuty, "NotAvailable", "OutOfService", "off_duty"),
    (UnitState::Available, "Available", "InService", "available"),
    (UnitState::Dispatched, "NotAvailable", "Dispatched", "dispatched"),
    (UnitState::EnRoute, "NotAvailable", "EnRoute", "en_route"),
    (UnitState::OnScene, "NotAvailable", "OnScene", "on_scene"),
    (UnitState::Busy, "ConditionallyAvailable", "Busy", "busy"),
];

/// Other words of the secondary registry that mean a state of ours.
const SECONDARY_MORE: [(&str, UnitState); 11] = [
    ("offduty", UnitState::OffDuty),
    ("available", UnitState::Available),
    ("available on radio", UnitState::Available),
    ("in quarters", UnitState::Available),
    ("assigned", UnitState::Dispatched),
    ("acknowledged", UnitState::Dispatched),
    ("responding", UnitState::EnRoute),
    ("arrived", UnitState::OnScene),
    ("staged", UnitState::OnScene),
    ("transporting", UnitState::Busy),
    ("at hospital", UnitState::Busy),
];

/// A unit's state in the words of the registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitWords {
    pub primary: &'static str,
    pub secondary: &'static str,
    pub internal: &'static str,
}

/// Total: what the registries call a unit of ours.
#[must_use]
pub fn unit_words(state: UnitState) -> UnitWords {
    let row = UNIT_STATES.iter().find(|(known, ..)| *known == state);
    // Each state has its row (tested); a unit that is not known to be free is not offered.
    row.map_or(
        UnitWords { primary: "NotAvailable", secondary: "OutOfService", internal: "off_duty" },
        |(_, primary, secondary, internal)| UnitWords { primary, secondary, internal },
    )
}

fn secondary_state(text: &str) -> Result<UnitState, RegistryError> {
    let folded_text = folded(text);
    let own = UNIT_STATES.iter().find(|(_, _, secondary, _)| folded(secondary) == folded_text).map(|(state, ..)| *state);
    let more = || SECONDARY_MORE.iter().find(|(word, _)| folded(word) == folded_text).map(|(_, state)| *state);
    own.or_else(more).ok_or_else(|| RegistryError::SecondaryStatus(shown(text)))
}

/// What a partner's unit does. The secondary status decides where it is known, for it says more.
///
/// # Errors
/// When the primary status is no word of its registry, a secondary one is unknown, or the two contradict each other: a
/// unit that is free and on scene at once is not guessed at.
pub fn unit_state(primary: &str, secondary: &[String]) -> Result<UnitState, RegistryError> {
    let is_free = match folded(primary).as_str() {
        "available" => Some(true),
        "conditionallyavailable" => None,
        "notavailable" => Some(false),
        _ => return Err(RegistryError::PrimaryStatus(shown(primary))),
    };
    let Some(text) = secondary.first() else {
        return Ok(if is_free == Some(true) { UnitState::Available } else { UnitState::Busy });
    };
    let state = secondary_state(text)?;
    let fits = match is_free {
        Some(true) => state == UnitState::Available,
        Some(false) => state != UnitState::Available,
        None => true,
    };
    if fits { Ok(state) } else { Err(RegistryError::Contradiction { primary: shown(primary), secondary: shown(text) }) }
}

/// Our kinds and the codes of APCO ANS 2.103.1. The first row of a kind is what is written; others are only read.
const KINDS: &[(&str, &str)] = &[
    ("sos", "MAYDAY"),
    ("robbery", "ROBBERY"),
    ("robbery", "CARJACK"),
    ("robbery", "ALRROBS"),
    ("robbery", "ALRROBA"),
    ("weapon", "WEAPON"),
    ("weapon", "SHOOT"),
    ("weapon", "STABBING"),
    ("weapon", "HOSTAGE"),
    ("domestic_violence", "DVA"),
    ("domestic_violence", "DVNA"),
    ("self_harm", "SUICIDE"),
    ("self_harm", "SUICTHRT"),
    ("fire_assist", "FREPORT"),
    ("fire_assist", "FSTRU"),
    ("fire_assist", "FVEH"),
    ("fire_assist", "FSMOKE"),
    ("fire_assist", "SICK"),
    ("stolen_vehicle", "VEHSTLN"),
    ("wanted_vehicle", "ATL"),
    ("wanted_vehicle", "PURSUIT"),
    ("wanted_vehicle", "ELUDING"),
    ("burglary", "BURGLARY"),
    ("burglary", "FORCENTR"),
    ("burglary", "ALRBA"),
    ("burglary", "ALRBS"),
    ("fight", "FIGHT"),
    ("fight", "ASSAULT"),
    ("fight", "DISORD"),
    ("traffic_crash", "MVA"),
    ("traffic_crash", "MVAINJY"),
    ("traffic_crash", "MVAUNK"),
    ("traffic_crash", "MVAHR"),
    ("missing_person", "SAR"),
    ("missing_person", "RUNAWAY"),
    ("drunk_driving", "DUI"),
    ("theft", "LARCENY"),
    ("theft", "PROPSTLN"),
    ("theft", "SHOPLIFT"),
    ("fraud", "FRAUD"),
    ("suspicious_person", "PERSUSP"),
    ("suspicious_person", "PERWANT"),
    ("suspicious_vehicle", "VEHSUSP"),
    ("public_help", "CITASST"),
    ("public_help", "WELFARE"),
    ("public_help", "ASSIST"),
    ("noise", "NOISE"),
    ("illegal_parking", "PARKING"),
    ("other", "INFO"),
];

/// The common code of a kind of ours; what has none is `INFO`.
#[must_use]
pub fn incident_type(kind: &str) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("INFO", |(_, code)| code)
}

/// The kind of ours for a common code; `None` for what has no counterpart.
#[must_use]
pub fn kind_of(code: &str) -> Option<&'static str> {
    let folded_code = folded(code);
    KINDS.iter().find(|(_, known)| folded(known) == folded_code).map(|(kind, _)| *kind)
}

/// Whether it is a kind that this house writes.
#[must_use]
pub fn is_kind(kind: &str) -> Option<&'static str> {
    KINDS.iter().find(|(known, _)| *known == kind).map(|(known, _)| *known)
}

/// 10 is the most urgent with them (STA-021.1b §2.9), 1 with us.
#[must_use]
pub const fn common_priority(priority: u8) -> i64 {
    match priority {
        0 | 1 => 10,
        2 => 7,
        3 => 4,
        _ => 1,
    }
}

/// # Errors
/// When it is not within 0 and 10.
pub const fn priority_of(common: i64) -> Result<u8, RegistryError> {
    Ok(match common {
        9..=10 => 1,
        6..=8 => 2,
        3..=5 => 3,
        0..=2 => 4,
        _ => return Err(RegistryError::Priority(common)),
    })
}

fn folded(text: &str) -> String {
    text.chars().filter(|ch| !matches!(ch, ' ' | '-' | '_')).collect::<String>().to_ascii_lowercase()
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const STATES: [UnitState; 6] = [
        UnitState::OffDuty,
        UnitState::Available,
        UnitState::Dispatched,
        UnitState::EnRoute,
        UnitState::OnScene,
        UnitState::Busy,
    ];

    #[test]
    fn every_unit_state_goes_out_and_comes_back_as_itself() {
        for state in STATES {
            let words = unit_words(state);
            assert_eq!(unit_state(words.primary, &[words.secondary.to_owned()]), Ok(state));
        }
        let rows: BTreeSet<_> = UNIT_STATES.iter().map(|(_, _, _, internal)| internal).collect();
        assert_eq!(rows.len(), STATES.len());
    }

    #[test]
    fn words_are_one_whatever_their_case_and_gaps() {
        for text in ["En Route", "ENROUTE", "en_route", "En-Route"] {
            assert_eq!(unit_state("NOT AVAILABLE", &[text.into()]), Ok(UnitState::EnRoute), "{text}");
        }
        assert_eq!(IncidentStatus::parse("Re-Opened"), Ok(IncidentStatus::ReOpened));
        assert_eq!(IncidentStatus::parse("canceled"), Ok(IncidentStatus::Cancelled));
    }

    #[test]
    fn what_is_unknown_or_contradictory_is_refused_and_says_so() {
        assert_eq!(unit_state("Free", &[]), Err(RegistryError::PrimaryStatus("Free".into())));
        assert_eq!(unit_state("Available", &["Flying".into()]), Err(RegistryError::SecondaryStatus("Flying".into())));
        assert!(matches!(unit_state("Available", &["OnScene".into()]), Err(RegistryError::Contradiction { .. })));
        assert!(matches!(unit_state("NotAvailable", &["InService".into()]), Err(RegistryError::Contradiction { .. })));
        assert_eq!(unit_state("NotAvailable", &[]), Ok(UnitState::Busy));
        assert_eq!(IncidentStatus::parse("Paused"), Err(RegistryError::IncidentStatus("Paused".into())));
    }

    #[test]
    fn every_incident_state_has_words_of_the_registry() {
        for state in [IncidentState::Open, IncidentState::Assigned, IncidentState::OnScene, IncidentState::Closed] {
            for status in incident_status(state, None) {
                assert_eq!(IncidentStatus::parse(status.as_str()), Ok(status));
                assert_eq!(status.is_over(), state == IncidentState::Closed);
            }
        }
        assert!(incident_status(IncidentState::Closed, Some(ClosingCode::Cancelled)).contains(&IncidentStatus::Cancelled));
    }

    #[test]
    fn kinds_and_priorities_come_back_as_they_went_out() {
        for (kind, code) in KINDS {
            assert_eq!(kind_of(code), Some(*kind), "a code belongs to one kind");
            assert_eq!(kind_of(incident_type(kind)), Some(*kind));
        }
        for priority in 1..=4 {
            assert_eq!(priority_of(common_priority(priority)), Ok(priority));
        }
        assert_eq!(priority_of(11), Err(RegistryError::Priority(11)));
        assert_eq!((incident_type("of no kind"), kind_of("ZZZ")), ("INFO", None));
    }
}
