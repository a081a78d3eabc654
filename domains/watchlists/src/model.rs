//! What an entry is, what it may become, and what may be proposed.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, EntryId, ImportId, Micros};
use shouhu_module::Keyed;
use shouhu_plate::{Pattern, PatternError, VehicleClass, VehicleColour};
use shouhu_text::{folded, squeezed};
use shouhu_wire::EntryAction;

use crate::bases::{LegalBasis, by_key};

pub const OWNER_CHARS_MAX: usize = 80;
pub const REASON_CHARS_MAX: usize = 500;
/// Of what somebody writes; an import puts the words of its colour column behind it.
pub const NOTE_CHARS_MAX: usize = 200;
/// Reasons for refusing, withdrawing, rejecting.
pub const WHY_CHARS_MAX: usize = 500;
/// The issuer whose series this program knows.
pub const TAIWAN: &str = "TW";

/// proposed → active | refused; active → withdrawn | expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// Waits for another person.
    Proposed,
    /// In force until it is withdrawn or expires; the only state that matches.
    Active,
    /// The other person said no.
    Refused,
    Withdrawn,
    Expired,
}

impl EntryState {
    pub const ALL: [Self; 5] = [Self::Proposed, Self::Active, Self::Refused, Self::Withdrawn, Self::Expired];

    /// Whether the step exists at all; who may take it is another question.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Proposed, Self::Active | Self::Refused) | (Self::Active, Self::Withdrawn | Self::Expired))
    }
}

/// An entry as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    pub id: EntryId,
    pub pattern: Pattern,
    /// As it is written on the plate.
    pub display: String,
    /// Key of `GET /v1/watchlists/legal-bases`.
    pub legal_basis: String,
    /// The office in charge.
    pub owner: String,
    pub reason: String,
    pub action: EntryAction,
    pub vehicle_class: Option<VehicleClass>,
    pub vehicle_colour: Option<VehicleColour>,
    /// Make, model, and what else people say of it.
    pub vehicle_note: String,
    /// Country of the plate, ISO 3166-1 alpha-2.
    pub issuer: String,
    pub state: EntryState,
    pub import: Option<ImportId>,
    pub proposed_by: ActorId,
    pub proposed_by_name: String,
    pub approved_by: Option<ActorId>,
    pub approved_by_name: Option<String>,
    /// Who refused or withdrew it.
    pub ended_by_name: Option<String>,
    pub end_reason: String,
    pub created_at_us: Micros,
    pub activated_at_us: Option<Micros>,
    pub ended_at_us: Option<Micros>,
    pub expires_at_us: Micros,
}

/// `POST /v1/watchlists/entries`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProposeEntry {
    /// A plate, or one with `?` and `*` for unknown places.
    pub pattern: String,
    pub legal_basis: String,
    pub owner: String,
    pub reason: String,
    pub action: EntryAction,
    #[serde(default)]
    pub vehicle_class: Option<VehicleClass>,
    /// What the picture's colour is compared with; absent where nobody said, or where they said several.
    #[serde(default)]
    pub vehicle_colour: Option<VehicleColour>,
    #[serde(default)]
    pub vehicle_note: String,
    #[serde(default = "taiwan")]
    pub issuer: String,
    pub expires_at_us: Micros,
}

fn taiwan() -> String {
    TAIWAN.to_owned()
}

/// Why something cannot be an entry. One list for the form and for every row of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("{0}")]
    Pattern(#[from] PatternError),
    #[error("legal basis {0:?} is not in the table of legal bases")]
    Basis(String),
    #[error("owner is empty: name the office in charge")]
    OwnerMissing,
    #[error("reason is empty: say why the vehicle is looked for")]
    ReasonMissing,
    #[error("{field} has {chars} characters; at most {max} are kept")]
    TooLong { field: &'static str, chars: usize, max: usize },
    #[error("issuer {0:?} is not a two-letter country code")]
    Issuer(String),
    #[error("expiry lies in the past")]
    ExpiryPast,
    #[error("expiry is {days} days away; {basis} allows {max} days at most")]
    ExpiryTooFar { basis: &'static str, days: i64, max: i64 },
    #[error("{basis} allows only to observe, not to stop")]
    ObserveOnly { basis: &'static str },
    #[error("reason must quote the number of the chief's written consent, as in 南市警偵字第1150001234號")]
    ConsentMissing,
}

impl EntryError {
    /// The field or column that is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Pattern(_) => "pattern",
            Self::Basis(_) => "legal_basis",
            Self::OwnerMissing => "owner",
            Self::ReasonMissing | Self::ConsentMissing => "reason",
            Self::TooLong { field, .. } => field,
            Self::Issuer(_) => "issuer",
            Self::ExpiryPast | Self::ExpiryTooFar { .. } => "expires_at_us",
            Self::ObserveOnly { .. } => "action",
        }
    }

    pub const KEYS: &'static [&'static str] = &[
        "plate.empty",
        "plate.pattern.character",
        "plate.pattern.too_long",
        "plate.pattern.too_vague",
        "watchlists.entry.basis",
        "watchlists.entry.owner_missing",
        "watchlists.entry.reason_missing",
        "watchlists.entry.too_long",
        "watchlists.entry.issuer",
        "watchlists.entry.expiry_past",
        "watchlists.entry.expiry_too_far",
        "watchlists.entry.observe_only",
        "watchlists.entry.consent_missing",
    ];
}

impl Keyed for EntryError {
    fn key(&self) -> &'static str {
        match self {
            Self::Pattern(error) => error.key(),
            Self::Basis(_) => "watchlists.entry.basis",
            Self::OwnerMissing => "watchlists.entry.owner_missing",
            Self::ReasonMissing => "watchlists.entry.reason_missing",
            Self::TooLong { .. } => "watchlists.entry.too_long",
            Self::Issuer(_) => "watchlists.entry.issuer",
            Self::ExpiryPast => "watchlists.entry.expiry_past",
            Self::ExpiryTooFar { .. } => "watchlists.entry.expiry_too_far",
            Self::ObserveOnly { .. } => "watchlists.entry.observe_only",
            Self::ConsentMissing => "watchlists.entry.consent_missing",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// What has been checked and may be stored as a proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    pub pattern: Pattern,
    pub basis: &'static LegalBasis,
    pub owner: String,
    pub reason: String,
    pub action: EntryAction,
    pub vehicle_class: Option<VehicleClass>,
    pub vehicle_colour: Option<VehicleColour>,
    pub vehicle_note: String,
    pub issuer: String,
    pub expires_at: Micros,
}

/// What people wrote, without what does not print.
pub(crate) fn bounded(field: &'static str, text: &str, max: usize) -> Result<String, EntryError> {
    let text: String = text.trim().chars().filter(|ch| !ch.is_control()).collect();
    match text.chars().count() {
        chars if chars > max => Err(EntryError::TooLong { field, chars, max }),
        _ => Ok(text),
    }
}

/// 第 … 號 with at least four digits between: how a document of an authority is numbered.
fn quotes_a_document(text: &str) -> bool {
    let text = folded(text);
    text.match_indices('第').any(|(at, mark)| {
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        let number = rest.split('號').next().filter(|number| number.len() < rest.len()).unwrap_or_default();
        let is_number = number.chars().all(|ch| ch.is_ascii_digit() || ch == ' ');
        is_number && number.chars().filter(char::is_ascii_digit).count() >= 4
    })
}

impl NewEntry {
    /// # Errors
    /// The first thing that keeps the proposal from being an entry.
    pub fn checked(asked: &ProposeEntry, now: Micros) -> Result<Self, EntryError> {
        let pattern = Pattern::parse(&asked.pattern)?;
        let basis =
            by_key(asked.legal_basis.trim()).ok_or_else(|| EntryError::Basis(asked.legal_basis.chars().take(40).collect()))?;
        let owner = bounded("owner", &asked.owner, OWNER_CHARS_MAX)?;
        if owner.is_empty() {
            return Err(EntryError::OwnerMissing);
        }
        let reason = bounded("reason", &asked.reason, REASON_CHARS_MAX)?;
        if reason.is_empty() {
            return Err(EntryError::ReasonMissing);
        }
        let issuer = asked.issuer.trim().to_ascii_uppercase();
        if issuer.len() != 2 || !issuer.chars().all(|ch| ch.is_ascii_uppercase()) {
            return Err(EntryError::Issuer(asked.issuer.chars().take(20).collect()));
        }
        let ahead_us = asked.expires_at_us.since(now);
        if ahead_us <= 0 {
            return Err(EntryError::ExpiryPast);
        }
        // A day of grace: a file that says "one year from today" means the end of that day in Taipei.
        if ahead_us > (basis.max_days + 1) * Micros::DAY {
            return Err(EntryError::ExpiryTooFar { basis: basis.key, days: ahead_us / Micros::DAY, max: basis.max_days });
        }
        if basis.is_observation && asked.action != EntryAction::Observe {
            return Err(EntryError::ObserveOnly { basis: basis.key });
        }
        if basis.is_observation && !quotes_a_document(&reason) {
            return Err(EntryError::ConsentMissing);
        }
        Ok(Self {
            pattern,
            basis,
            owner,
            reason,
            action: asked.action,
            vehicle_class: asked.vehicle_class.filter(|class| *class != VehicleClass::Unknown),
            vehicle_colour: asked.vehicle_colour,
            vehicle_note: bounded("vehicle_note", &asked.vehicle_note, NOTE_CHARS_MAX)?,
            issuer,
            expires_at: asked.expires_at_us,
        })
    }

    /// Everything that a search looks at, folded once.
    #[must_use]
    pub fn search_text(&self) -> String {
        folded(&format!(
            "{} {} {} {} {} {} {}",
            self.pattern,
            self.pattern.display(),
            self.owner,
            self.reason,
            self.vehicle_note,
            self.basis.title_zh,
            self.basis.key
        ))
    }
}

/// The words of a search, each as `LIKE` patterns of which one must fit: as written, and as a plate without its hyphen.
#[must_use]
pub fn search_words(q: &str) -> Vec<[String; 2]> {
    let like = |word: &str| {
        let escaped: String =
            word.chars().flat_map(|ch| if matches!(ch, '%' | '_' | '\\') { vec!['\\', ch] } else { vec![ch] }).collect();
        format!("%{escaped}%")
    };
    let folded = folded(q);
    let words = folded.split_whitespace().take(8);
    words
        .map(|word| {
            let plain = squeezed(word);
            [like(word), like(if plain.is_empty() { word } else { &plain })]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Micros = Micros(1_795_000_000_000_000);

    fn proposal() -> ProposeEntry {
        ProposeEntry {
            pattern: "ａｂｃ-1234".into(),
            legal_basis: "stolen_vehicle".into(),
            owner: "永康分局偵查隊".into(),
            reason: "失竊報案".into(),
            action: EntryAction::Stop,
            vehicle_class: None,
            vehicle_colour: None,
            vehicle_note: String::new(),
            issuer: "tw".into(),
            expires_at_us: NOW.plus(30 * Micros::DAY),
        }
    }

    fn key(asked: &ProposeEntry) -> Option<&'static str> {
        NewEntry::checked(asked, NOW).err().map(|e| e.key())
    }

    #[test]
    fn full_width_and_lower_case_are_put_right() {
        let entry = NewEntry::checked(&proposal(), NOW).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((entry.pattern.as_str(), entry.issuer.as_str()), ("ABC1234", "TW"));
    }

    #[test]
    fn each_thing_that_is_wrong_has_its_own_key() {
        let wrong = |change: fn(&mut ProposeEntry)| {
            let mut asked = proposal();
            change(&mut asked);
            key(&asked)
        };
        assert_eq!(wrong(|p| p.pattern = "A*".into()), Some("plate.pattern.too_vague"));
        assert_eq!(wrong(|p| p.pattern = "ABC車".into()), Some("plate.pattern.character"));
        assert_eq!(wrong(|p| p.legal_basis = "gossip".into()), Some("watchlists.entry.basis"));
        assert_eq!(wrong(|p| p.owner = " ".into()), Some("watchlists.entry.owner_missing"));
        assert_eq!(wrong(|p| p.reason = "\u{7}".into()), Some("watchlists.entry.reason_missing"));
        assert_eq!(wrong(|p| p.reason = "長".repeat(501)), Some("watchlists.entry.too_long"));
        assert_eq!(wrong(|p| p.issuer = "Taiwan".into()), Some("watchlists.entry.issuer"));
        assert_eq!(wrong(|p| p.expires_at_us = NOW), Some("watchlists.entry.expiry_past"));
        assert_eq!(wrong(|p| p.expires_at_us = Micros(i64::MAX)), Some("watchlists.entry.expiry_too_far"));
        assert_eq!(wrong(|p| p.expires_at_us = Micros(i64::MIN)), Some("watchlists.entry.expiry_past"));
    }

    #[test]
    fn observation_needs_the_chiefs_consent_and_never_stops_anyone() {
        let mut asked = ProposeEntry { legal_basis: "police_observation".into(), ..proposal() };
        assert_eq!(key(&asked), Some("watchlists.entry.observe_only"));
        asked.action = EntryAction::Observe;
        for without in ["組織犯罪", "警職法第11條", "第號", "字第１２號", "第1234"] {
            asked.reason = without.into();
            assert_eq!(key(&asked), Some("watchlists.entry.consent_missing"), "{without}");
        }
        for with in ["南市警偵字第1150001234號", "警職法第11條，南市警偵字第 １１５０００１２３４ 號函同意"]
        {
            asked.reason = with.into();
            assert_eq!(key(&asked), None, "{with}");
        }
        asked.expires_at_us = NOW.plus(370 * Micros::DAY);
        assert_eq!(key(&asked), Some("watchlists.entry.expiry_too_far"));
    }

    #[test]
    fn nothing_comes_back_from_an_end() {
        for end in [EntryState::Refused, EntryState::Withdrawn, EntryState::Expired] {
            assert!(EntryState::ALL.iter().all(|next| !end.may_become(*next)));
        }
    }

    #[test]
    fn a_search_takes_a_plate_with_or_without_hyphen_and_no_wildcards_of_the_database() {
        assert_eq!(search_words("ABC-1234"), [["%abc-1234%".to_owned(), "%abc1234%".to_owned()]]);
        assert_eq!(search_words("100%"), [["%100\\%%".to_owned(), "%100%".to_owned()]]);
    }

    proptest! {
        #[test]
        fn any_proposal_is_checked_without_panic(
            pattern in "\\PC{0,20}", basis in "[a-z_]{0,20}", owner in "\\PC{0,100}", reason in "\\PC{0,100}", issuer in "\\PC{0,4}", expires in any::<i64>(),
        ) {
            let asked = ProposeEntry { pattern, legal_basis: basis, owner, reason, issuer, expires_at_us: Micros(expires), ..proposal() };
            let _ = NewEntry::checked(&asked, NOW);
            let _ = search_words(&asked.reason);
        }
    }
}
