//! What has happened: the events of CAEP 1.0 that a house of this kind tells or acts on, and SSF's own verification.

use serde_json::{Map, Value, json};

use crate::refused::SetRefused;

pub const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CREDENTIAL_CHANGE: &str = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
pub const DEVICE_COMPLIANCE_CHANGE: &str = "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change";
pub const ASSURANCE_LEVEL_CHANGE: &str = "https://schemas.openid.net/secevent/caep/event-type/assurance-level-change";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

/// What is understood, by its address.
pub const EVENT_TYPES: [&str; 5] = [SESSION_REVOKED, CREDENTIAL_CHANGE, DEVICE_COMPLIANCE_CHANGE, ASSURANCE_LEVEL_CHANGE, VERIFICATION];

/// A word, a name or a level: longer is none.
const WORD_CHARS_MAX: usize = 200;

/// What became of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Create,
    Revoke,
    Update,
    Delete,
}

impl Change {
    const ALL: [Self; 4] = [Self::Create, Self::Revoke, Self::Update, Self::Delete];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Revoke => "revoke",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Increase,
    Decrease,
}

impl Direction {
    const ALL: [Self; 2] = [Self::Increase, Self::Decrease];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Increase => "increase",
            Self::Decrease => "decrease",
        }
    }
}

/// Who has set it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initiator {
    Admin,
    User,
    Policy,
    System,
}

impl Initiator {
    const ALL: [Self; 4] = [Self::Admin, Self::User, Self::Policy, Self::System];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
            Self::Policy => "policy",
            Self::System => "system",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedEvent {
    SessionRevoked,
    CredentialChange { credential: String, change: Change },
    DeviceComplianceChange { was_compliant: bool, is_compliant: bool },
    /// Without a direction it is not said whether more or less is assured now.
    AssuranceLevelChange { namespace: String, current: String, previous: Option<String>, direction: Option<Direction> },
    /// Nothing happened: the transmitter tries the stream.
    Verification { state: Option<String> },
    /// Signed as it should be, and about something else.
    Other { uri: String },
}

/// An event with when and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    pub event: SharedEvent,
    /// Seconds since 1970; absent when it is not said.
    pub at_s: Option<i64>,
    pub by: Option<Initiator>,
}

/// NumericDate (RFC 7519): seconds, perhaps with a fraction, which is left out.
pub fn seconds(value: &Value) -> Option<i64> {
    /// The year 5138; what is later is milliseconds, or rubbish.
    const LATEST_S: i64 = 100_000_000_000;
    let whole = value.as_i64().or_else(|| value.as_f64().map(f64::floor).filter(|s| s.abs() < 1.0e12).map(|s| s as i64));
    whole.filter(|s| (0..LATEST_S).contains(s))
}

fn word<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, SetRefused> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= WORD_CHARS_MAX && !text.chars().any(char::is_control) => Ok(Some(text)),
        Some(_) => Err(SetRefused::Claim(name)),
    }
}

fn needed<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, SetRefused> {
    word(members, name)?.filter(|text| !text.is_empty()).ok_or(SetRefused::Claim(name))
}

fn compliance(members: &Map<String, Value>, name: &'static str) -> Result<bool, SetRefused> {
    match needed(members, name)? {
        "compliant" => Ok(true),
        "not-compliant" => Ok(false),
        _ => Err(SetRefused::Claim(name)),
    }
}

const fn compliance_word(is_compliant: bool) -> &'static str {
    if is_compliant { "compliant" } else { "not-compliant" }
}

impl SharedEvent {
    #[must_use]
    pub fn uri(&self) -> &str {
        match self {
            Self::SessionRevoked => SESSION_REVOKED,
            Self::CredentialChange { .. } => CREDENTIAL_CHANGE,
            Self::DeviceComplianceChange { .. } => DEVICE_COMPLIANCE_CHANGE,
            Self::AssuranceLevelChange { .. } => ASSURANCE_LEVEL_CHANGE,
            Self::Verification { .. } => VERIFICATION,
            Self::Other { uri } => uri,
        }
    }

    /// Short, for rows and leaves; closed, whatever a transmitter sends.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SessionRevoked => "session_revoked",
            Self::CredentialChange { .. } => "credential_change",
            Self::DeviceComplianceChange { .. } => "device_compliance_change",
            Self::AssuranceLevelChange { .. } => "assurance_level_change",
            Self::Verification { .. } => "verification",
            Self::Other { .. } => "other",
        }
    }

    fn of(uri: &str, members: &Map<String, Value>) -> Result<Self, SetRefused> {
        let owned = |text: &str| text.to_owned();
        Ok(match uri {
            SESSION_REVOKED => Self::SessionRevoked,
            CREDENTIAL_CHANGE => {
                let said = needed(members, "change_type")?;
                let change = Change::ALL.into_iter().find(|change| change.as_str() == said).ok_or(SetRefused::Claim("change_type"))?;
                Self::CredentialChange { credential: owned(needed(members, "credential_type")?), change }
            }
            DEVICE_COMPLIANCE_CHANGE => Self::DeviceComplianceChange {
                was_compliant: compliance(members, "previous_status")?,
                is_compliant: compliance(members, "current_status")?,
            },
            ASSURANCE_LEVEL_CHANGE => {
                let direction = match word(members, "change_direction")? {
                    None => None,
                    Some(said) => {
                        let found = Direction::ALL.into_iter().find(|direction| direction.as_str() == said);
                        Some(found.ok_or(SetRefused::Claim("change_direction"))?)
                    }
                };
                Self::AssuranceLevelChange {
                    namespace: owned(needed(members, "namespace")?),
                    current: owned(needed(members, "current_level")?),
                    previous: word(members, "previous_level")?.map(owned),
                    direction,
                }
            }
            VERIFICATION => Self::Verification { state: word(members, "state")?.map(owned) },
            other => Self::Other { uri: other.chars().take(WORD_CHARS_MAX).collect() },
        })
    }

    fn members(&self) -> Map<String, Value> {
        let members = match self {
            Self::SessionRevoked | Self::Other { .. } => json!({}),
            Self::CredentialChange { credential, change } => json!({ "credential_type": credential, "change_type": change.as_str() }),
            Self::DeviceComplianceChange { was_compliant, is_compliant } => {
                json!({ "previous_status": compliance_word(*was_compliant), "current_status": compliance_word(*is_compliant) })
            }
            Self::AssuranceLevelChange { namespace, current, previous, direction } => json!({
                "namespace": namespace,
                "current_level": current,
                "previous_level": previous,
                "change_direction": direction.map(Direction::as_str),
            }),
            Self::Verification { state } => json!({ "state": state }),
        };
        match members {
            Value::Object(members) => members.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => Map::new(),
        }
    }
}

impl Happened {
    /// From the claim `events`: one event, by its address.
    pub(crate) fn of(events: Option<&Value>) -> Result<Self, SetRefused> {
        let Some(Value::Object(events)) = events else { return Err(SetRefused::Claim("events")) };
        let mut all = events.iter();
        let (Some((uri, payload)), None) = (all.next(), all.next()) else { return Err(SetRefused::Events { found: events.len() }) };
        let Value::Object(members) = payload else { return Err(SetRefused::Claim("events")) };
        let at_s = match members.get("event_timestamp") {
            None => None,
            Some(value) => Some(seconds(value).ok_or(SetRefused::Claim("event_timestamp"))?),
        };
        // A word that is not CAEP's says nothing: who set it off decides nothing here.
        let by = word(members, "initiating_entity")?.and_then(|said| Initiator::ALL.into_iter().find(|by| by.as_str() == said));
        Ok(Self { event: SharedEvent::of(uri, members)?, at_s, by })
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut members = self.event.members();
        if let Some(at_s) = self.at_s {
            members.insert("event_timestamp".into(), json!(at_s));
        }
        if let Some(by) = self.by {
            members.insert("initiating_entity".into(), json!(by.as_str()));
        }
        let mut events = Map::new();
        events.insert(self.event.uri().to_owned(), Value::Object(members));
        Value::Object(events)
    }
}
