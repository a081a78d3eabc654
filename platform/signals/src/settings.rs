//! `signals.toml`: whose word about accounts counts here, and whom the house tells.
//!
//! ```toml
//! [[transmitter]]
//! name = "gov-idp"                            # in the log, and for the switch of sharing
//! iss = "https://idp.gov.example"
//! aud = "https://shouhu.police.example"       # left out: this house's public address
//! token_sha256 = "…"                          # of the bearer token that it sends, hex
//! subject = "iss_sub"                         # or "email", "opaque": how it names people
//! may_end = true                              # ends even who crews a unit: the own government's identity provider, nobody else
//!
//! [[transmitter.key]]                         # of its JWKS
//! kid = "2026-1"
//! kty = "EC"
//! crv = "P-256"
//! x = "…"
//! y = "…"
//!
//! [transmitter.people]                        # as it names them, and their accounts here
//! "P-0042" = "01890000-0000-7000-8000-000000000000"
//!
//! [[receiver]]
//! name = "prosecutors"
//! url = "https://ssf.prosecutors.example/events"
//! aud = "https://ssf.prosecutors.example"
//! token = "…"                                 # sent as a bearer token
//! events = ["session_revoked"]                # left out: everything that is told
//! ```
//!
//! **Invariant:** what is wrong with it stops the start; a house never runs with half of it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shouhu_ids::ActorId;
use shouhu_module::App;
use shouhu_outgoing::{Address, AddressError};
use shouhu_secevent::{Jwk, KeyRefused, SetKey, Subject, SubjectId};

/// Streams of one direction: each fact is a job for each receiver.
const STREAMS_MAX: usize = 16;
const KEYS_MAX: usize = 8;
/// Twice the police of the country.
const PEOPLE_MAX: usize = 200_000;
const NAME_CHARS_MAX: usize = 40;
const TEXT_CHARS_MAX: usize = 500;
const HASH_HEX_CHARS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignalSettingsError {
    #[error("it is not the TOML that is wanted: {0}")]
    Form(String),
    #[error("there are {found} of {what}; at most {most} are taken")]
    TooMany { what: &'static str, found: usize, most: usize },
    #[error("name of {what} {number}: 1 to {NAME_CHARS_MAX} small letters, digits and hyphens, and another one for each stream")]
    Name { what: &'static str, number: usize },
    #[error("{field} of {what} {number}: 1 to {TEXT_CHARS_MAX} visible ASCII characters")]
    Text { what: &'static str, number: usize, field: &'static str },
    #[error("token_sha256 of transmitter {number}: the SHA-256 of its bearer token, {HASH_HEX_CHARS} hex digits, and another one for each transmitter")]
    Token { number: usize },
    #[error("transmitter {number} has no [[transmitter.key]]: nothing that it tells could be believed")]
    NoKey { number: usize },
    #[error("key {key} of transmitter {number}: {reason}")]
    Key { number: usize, key: usize, reason: KeyRefused },
    #[error("key {key} of transmitter {number} has the kid of another")]
    KeyTwice { number: usize, key: usize },
    #[error("url of receiver {number}: {reason}")]
    Address { number: usize, reason: AddressError },
}

/// A token that we send; it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How a transmitter names people (RFC 9493).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectFormat {
    IssSub,
    Email,
    Opaque,
}

/// What this house tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TellKind {
    SessionRevoked,
    DeviceComplianceChange,
    AssuranceLevelChange,
}

impl TellKind {
    pub const ALL: [Self; 3] = [Self::SessionRevoked, Self::DeviceComplianceChange, Self::AssuranceLevelChange];
}

/// Whose word counts here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmitter {
    pub name: String,
    pub iss: String,
    /// `None`: this house's public address.
    pub aud: Option<String>,
    pub may_end: bool,
    pub keys: Vec<SetKey>,
    token_sha256: String,
    format: SubjectFormat,
    people: HashMap<String, ActorId>,
}

impl Transmitter {
    /// Whose account it is about; `None` of a subject that nobody here has, or that is named otherwise than was agreed.
    #[must_use]
    pub fn actor_of(&self, subject: &Subject) -> Option<ActorId> {
        let named = match (self.format, subject.user.as_ref()?) {
            // Another issuer's names are not this one's to speak for.
            (SubjectFormat::IssSub, SubjectId::IssSub { iss, sub }) if *iss == self.iss => sub.clone(),
            (SubjectFormat::Email, SubjectId::Email(email)) => email.to_lowercase(),
            (SubjectFormat::Opaque, SubjectId::Opaque(id)) => id.clone(),
            _ => return None,
        };
        self.people.get(&named).copied()
    }
}

/// Whom the house tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    pub name: String,
    pub url: Address,
    pub aud: String,
    pub token: Secret,
    pub events: Vec<TellKind>,
}

/// Put on the shelf by the program before the rooms start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignalSettings {
    pub transmitters: Vec<Transmitter>,
    pub receivers: Vec<Receiver>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    transmitter: Vec<TransmitterEntry>,
    #[serde(default)]
    receiver: Vec<ReceiverEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransmitterEntry {
    name: String,
    iss: String,
    aud: Option<String>,
    token_sha256: String,
    subject: SubjectFormat,
    #[serde(default)]
    may_end: bool,
    #[serde(default)]
    key: Vec<Jwk>,
    #[serde(default)]
    people: BTreeMap<String, ActorId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiverEntry {
    name: String,
    url: String,
    aud: String,
    token: String,
    events: Option<Vec<TellKind>>,
}

fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn checked(what: &'static str, number: usize, field: &'static str, text: &str) -> Result<String, SignalSettingsError> {
    let is_text = (1..=TEXT_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_text { Ok(text.to_owned()) } else { Err(SignalSettingsError::Text { what, number, field }) }
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), SignalSettingsError> {
    if found > most { Err(SignalSettingsError::TooMany { what, found, most }) } else { Ok(()) }
}

fn keys_of(number: usize, jwks: &[Jwk]) -> Result<Vec<SetKey>, SignalSettingsError> {
    at_most("[[transmitter.key]]", jwks.len(), KEYS_MAX)?;
    let mut keys: Vec<SetKey> = Vec::new();
    for (key, jwk) in (1..).zip(jwks) {
        let read = SetKey::of(jwk).map_err(|reason| SignalSettingsError::Key { number, key, reason })?;
        if keys.iter().any(|known| known.kid() == read.kid()) {
            return Err(SignalSettingsError::KeyTwice { number, key });
        }
        keys.push(read);
    }
    if keys.is_empty() { Err(SignalSettingsError::NoKey { number }) } else { Ok(keys) }
}

fn transmitter_of(number: usize, entry: TransmitterEntry, known: &[Transmitter]) -> Result<Transmitter, SignalSettingsError> {
    const WHAT: &str = "transmitter";
    if !is_name(&entry.name) || known.iter().any(|other| other.name == entry.name) {
        return Err(SignalSettingsError::Name { what: WHAT, number });
    }
    let token_sha256 = entry.token_sha256.to_ascii_lowercase();
    let is_hash = token_sha256.len() == HASH_HEX_CHARS && token_sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash || known.iter().any(|other| other.token_sha256 == token_sha256) {
        return Err(SignalSettingsError::Token { number });
    }
    at_most("[transmitter.people]", entry.people.len(), PEOPLE_MAX)?;
    let named = |name: String| if entry.subject == SubjectFormat::Email { name.to_lowercase() } else { name };
    Ok(Transmitter {
        iss: checked(WHAT, number, "iss", &entry.iss)?,
        aud: entry.aud.as_deref().map(|aud| checked(WHAT, number, "aud", aud)).transpose()?,
        may_end: entry.may_end,
        keys: keys_of(number, &entry.key)?,
        token_sha256,
        format: entry.subject,
        people: entry.people.into_iter().map(|(name, actor)| (named(name), actor)).collect(),
        name: entry.name,
    })
}

fn receiver_of(number: usize, entry: ReceiverEntry, known: &[Receiver]) -> Result<Receiver, SignalSettingsError> {
    const WHAT: &str = "receiver";
    if !is_name(&entry.name) || known.iter().any(|other| other.name == entry.name) {
        return Err(SignalSettingsError::Name { what: WHAT, number });
    }
    Ok(Receiver {
        url: Address::parse(&entry.url).map_err(|reason| SignalSettingsError::Address { number, reason })?,
        aud: checked(WHAT, number, "aud", &entry.aud)?,
        token: Secret(checked(WHAT, number, "token", &entry.token)?),
        events: entry.events.unwrap_or_else(|| TellKind::ALL.to_vec()),
        name: entry.name,
    })
}

impl SignalSettings {
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn parse(text: &str) -> Result<Self, SignalSettingsError> {
        let file: File = toml::from_str(text).map_err(|error| SignalSettingsError::Form(error.message().to_owned()))?;
        at_most("[[transmitter]]", file.transmitter.len(), STREAMS_MAX)?;
        at_most("[[receiver]]", file.receiver.len(), STREAMS_MAX)?;
        let mut settings = Self::default();
        for (number, entry) in (1..).zip(file.transmitter) {
            let transmitter = transmitter_of(number, entry, &settings.transmitters)?;
            settings.transmitters.push(transmitter);
        }
        for (number, entry) in (1..).zip(file.receiver) {
            let receiver = receiver_of(number, entry, &settings.receivers)?;
            settings.receivers.push(receiver);
        }
        Ok(settings)
    }

    /// The transmitter that has this token. Hashes are compared: how long that takes tells nothing of the token.
    #[must_use]
    pub fn by_token(&self, token: &str) -> Option<&Transmitter> {
        let hash = hex::encode(Sha256::digest(token.as_bytes()));
        self.transmitters.iter().find(|transmitter| transmitter.token_sha256 == hash)
    }

    #[must_use]
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.name == name)
    }
}

/// What the operator has set; without a file nobody tells and nobody is told.
pub fn of(app: &App) -> Arc<SignalSettings> {
    app.try_room::<SignalSettings>().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_secevent::SetSigner;

    use super::*;

    const ACTOR: &str = "01890000-0000-7000-8000-000000000001";

    fn key(seed: u8) -> String {
        let jwk = SetSigner::of(&[seed; 32]).unwrap().public().clone();
        format!("[[transmitter.key]]\nkid = \"{}\"\nkty = \"EC\"\ncrv = \"P-256\"\nx = \"{}\"\ny = \"{}\"\n", jwk.kid, jwk.x, jwk.y)
    }

    fn transmitter(name: &str, token: &str, subject: &str, person: &str) -> String {
        let hash = hex::encode(Sha256::digest(token.as_bytes()));
        let head = format!("[[transmitter]]\nname = \"{name}\"\niss = \"https://{name}.example\"\ntoken_sha256 = \"{hash}\"\nsubject = \"{subject}\"\n");
        format!("{head}{}[transmitter.people]\n\"{person}\" = \"{ACTOR}\"\n", key(7))
    }

    fn told(text: &str) -> String {
        SignalSettings::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_transmitter_is_known_by_its_token_and_its_people_by_the_name_that_was_agreed() {
        let text = format!("{}{}", transmitter("idp", "one", "iss_sub", "P-1"), transmitter("mail", "two", "email", "Wang@Police.example"));
        let settings = SignalSettings::parse(&text).unwrap();
        assert!(settings.by_token("three").is_none() && settings.by_token("").is_none());
        let (idp, mail) = (settings.by_token("one").unwrap(), settings.by_token("two").unwrap());
        assert_eq!((idp.name.as_str(), idp.may_end, mail.aud.as_deref()), ("idp", false, None));
        let actor: ActorId = ACTOR.parse().unwrap();
        let of_iss = |iss: &str, sub: &str| Subject::user(SubjectId::IssSub { iss: iss.into(), sub: sub.into() });
        assert_eq!(idp.actor_of(&of_iss("https://idp.example", "P-1")), Some(actor));
        assert_eq!(idp.actor_of(&of_iss("https://mail.example", "P-1")), None, "of another issuer");
        assert_eq!(idp.actor_of(&of_iss("https://idp.example", "P-2")), None);
        assert_eq!(idp.actor_of(&Subject::user(SubjectId::Opaque("P-1".into()))), None, "named otherwise than was agreed");
        assert_eq!(mail.actor_of(&Subject::user(SubjectId::Email("wang@POLICE.example".into()))), Some(actor));
        assert_eq!(mail.actor_of(&Subject::default()), None);
    }

    #[test]
    fn a_receiver_is_told_everything_unless_it_says_what_and_its_token_is_not_shown() {
        let text = "[[receiver]]\nname = \"a\"\nurl = \"https://a.example/e\"\naud = \"https://a.example\"\ntoken = \"hidden\"\n";
        let settings = SignalSettings::parse(text).unwrap();
        let receiver = settings.receiver("a").unwrap();
        assert_eq!((receiver.events.as_slice(), receiver.token.bearer().as_str()), (TellKind::ALL.as_slice(), "Bearer hidden"));
        assert!(!format!("{settings:?}").contains("hidden"));
        let some = SignalSettings::parse(&format!("{text}events = [\"session_revoked\"]")).unwrap();
        assert_eq!(some.receiver("a").map(|receiver| receiver.events.clone()), Some(vec![TellKind::SessionRevoked]));
        assert_eq!(SignalSettings::parse(""), Ok(SignalSettings::default()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let good = transmitter("idp", "one", "iss_sub", "P-1");
        assert_eq!(told(&good), "");
        assert!(told(&format!("{good}{}", transmitter("idp", "two", "opaque", "x"))).starts_with("name of transmitter 2"));
        assert!(told(&format!("{good}{}", transmitter("two", "one", "opaque", "x"))).starts_with("token_sha256 of transmitter 2"));
        assert!(told(&good.replace(&key(7), "")).starts_with("transmitter 1 has no"));
        assert!(told(&good.replace(&key(7), &format!("{}{}", key(7), key(7)))).starts_with("key 2 of transmitter 1 has the kid"));
        assert!(told(&good.replace("P-256", "P-384")).starts_with("key 1 of transmitter 1: kty is EC"));
        assert!(told(&good.replace("https://idp.example", "")).starts_with("iss of transmitter 1"));
        assert!(told(&good.replace(ACTOR, "wang")).contains("it is not the TOML"));
        assert!(told(&good.replace("subject =", "subjects =")).contains("it is not the TOML"));
        assert!(told("[[receiver]]\nname = \"a\"\nurl = \"http://a.example\"\naud = \"a\"\ntoken = \"b\"").starts_with("url of receiver 1"));
        assert!(!told(&good.replace("iss =", "is =")).contains("token_sha256 = "), "a file with secrets is not quoted");
    }

    proptest! {
        #[test]
        fn any_text_is_settings_or_refused(text in "[ -~\n]{0,200}") {
            let _ = SignalSettings::parse(&text);
        }
    }
}
