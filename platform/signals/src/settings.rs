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
//! events = ["session_revoked"]                # the most that it is ever told; left out: everything that is told
//! people = ["01890000-0000-7000-8000-000000000000"] # of whom it is ever told; left out: everybody, and devices
//!
//! [[receiver]]
//! name = "south"
//! delivery = "poll"                           # it comes for its events; no url, no token
//! aud = "https://south.example"
//! token_sha256 = "…"                          # of the bearer token by which it comes and manages its stream; a pushed one may have it, too
//! ```
//!
//! A transmitter that is polled has, beside or in place of `token_sha256`:
//!
//! ```toml
//! [transmitter.poll]
//! url = "https://north.example/v1/signals/poll"
//! stream = "https://north.example/v1/signals/stream"         # left out: somebody else sets the stream up
//! verify = "https://north.example/v1/signals/stream/verify"  # left out: it is never asked for a trial
//! token = "…"                                 # sent as a bearer token
//! ```
//!
//! **Invariant:** what is wrong with it stops the start; a house never runs with half of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shouhu_ids::ActorId;
use shouhu_module::App;
use shouhu_outgoing::{Address, AddressError};
use shouhu_secevent::{ASSURANCE_LEVEL_CHANGE, DEVICE_COMPLIANCE_CHANGE, Jwk, KeyRefused, SESSION_REVOKED, SetKey, Subject, SubjectId};

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
    #[error("token_sha256 of {what} {number}: the SHA-256 of its bearer token, {HASH_HEX_CHARS} hex digits, and another one for each {what}")]
    Token { what: &'static str, number: usize },
    #[error("transmitter {number} has neither token_sha256, so that it could push, nor [transmitter.poll]")]
    NoWay { number: usize },
    #[error("poll of transmitter {number}: {reason}")]
    Poll { number: usize, reason: AddressError },
    #[error("poll of transmitter {number}: whoever asks for a trial (verify) must know the stream (stream)")]
    NoStream { number: usize },
    #[error("transmitter {number} has no [[transmitter.key]]: nothing that it tells could be believed")]
    NoKey { number: usize },
    #[error("key {key} of transmitter {number}: {reason}")]
    Key { number: usize, key: usize, reason: KeyRefused },
    #[error("key {key} of transmitter {number} has the kid of another")]
    KeyTwice { number: usize, key: usize },
    #[error("url of receiver {number}: {reason}")]
    Address { number: usize, reason: AddressError },
    #[error("receiver {number}: one that is pushed to has url and token; one with delivery = \"poll\" has token_sha256 and neither of them")]
    Delivery { number: usize },
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

    /// The event's address.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::SessionRevoked => SESSION_REVOKED,
            Self::DeviceComplianceChange => DEVICE_COMPLIANCE_CHANGE,
            Self::AssuranceLevelChange => ASSURANCE_LEVEL_CHANGE,
        }
    }
}

/// Where a transmitter is asked for its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polled {
    pub url: Address,
    /// Where the stream is set up; `None`: somebody else has done it.
    pub stream: Option<Address>,
    /// Where a trial is asked for.
    pub verify: Option<Address>,
    pub token: Secret,
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
    pub polled: Option<Polled>,
    /// `None`: it pushes nothing.
    token_sha256: Option<String>,
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

/// How events come to a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    Push { url: Address, token: Secret },
    /// It comes for them.
    Poll,
}

/// Whom the house tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    pub name: String,
    pub aud: String,
    pub delivery: Delivery,
    /// The most that it is ever told.
    pub events: Vec<TellKind>,
    /// Of whom it is ever told; `None`: everybody, and devices.
    people: Option<HashSet<ActorId>>,
    /// Of the token by which it manages its stream; `None`: it has the stream that the file says.
    token_sha256: Option<String>,
}

impl Receiver {
    /// Whether it may be told such an event about this person, or about a device.
    #[must_use]
    pub fn may_hear(&self, kind: TellKind, about: Option<ActorId>) -> bool {
        let is_of_its_people = self.people.as_ref().is_none_or(|people| about.is_some_and(|about| people.contains(&about)));
        self.events.contains(&kind) && is_of_its_people
    }

    /// Whether it sets its stream up by itself; until it has, it is told nothing.
    #[must_use]
    pub const fn manages_itself(&self) -> bool {
        self.token_sha256.is_some()
    }

    #[must_use]
    pub const fn is_polled(&self) -> bool {
        matches!(self.delivery, Delivery::Poll)
    }
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
    token_sha256: Option<String>,
    poll: Option<PollEntry>,
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
struct PollEntry {
    url: String,
    stream: Option<String>,
    verify: Option<String>,
    token: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DeliveryWord {
    #[default]
    Push,
    Poll,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiverEntry {
    name: String,
    #[serde(default)]
    delivery: DeliveryWord,
    url: Option<String>,
    aud: String,
    token: Option<String>,
    token_sha256: Option<String>,
    events: Option<Vec<TellKind>>,
    people: Option<Vec<ActorId>>,
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

/// In small letters, and nobody else's.
fn hash_of<'a>(what: &'static str, number: usize, said: Option<&str>, mut known: impl Iterator<Item = &'a str>) -> Result<Option<String>, SignalSettingsError> {
    let Some(said) = said else { return Ok(None) };
    let hash = said.to_ascii_lowercase();
    let is_hash = hash.len() == HASH_HEX_CHARS && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash || known.any(|other| other == hash) { Err(SignalSettingsError::Token { what, number }) } else { Ok(Some(hash)) }
}

fn polled_of(number: usize, entry: PollEntry) -> Result<Polled, SignalSettingsError> {
    let address = |text: &str| Address::parse(text).map_err(|reason| SignalSettingsError::Poll { number, reason });
    let polled = Polled {
        url: address(&entry.url)?,
        stream: entry.stream.as_deref().map(address).transpose()?,
        verify: entry.verify.as_deref().map(address).transpose()?,
        token: Secret(checked("transmitter", number, "token of poll", &entry.token)?),
    };
    if polled.verify.is_some() && polled.stream.is_none() { Err(SignalSettingsError::NoStream { number }) } else { Ok(polled) }
}

fn delivery_of(number: usize, entry: &ReceiverEntry) -> Result<Delivery, SignalSettingsError> {
    match (entry.delivery, entry.url.as_deref(), entry.token.as_deref()) {
        (DeliveryWord::Push, Some(url), Some(token)) => Ok(Delivery::Push {
            url: Address::parse(url).map_err(|reason| SignalSettingsError::Address { number, reason })?,
            token: Secret(checked("receiver", number, "token", token)?),
        }),
        (DeliveryWord::Poll, None, None) if entry.token_sha256.is_some() => Ok(Delivery::Poll),
        _ => Err(SignalSettingsError::Delivery { number }),
    }
}

fn transmitter_of(number: usize, entry: TransmitterEntry, known: &[Transmitter]) -> Result<Transmitter, SignalSettingsError> {
    const WHAT: &str = "transmitter";
    if !is_name(&entry.name) || known.iter().any(|other| other.name == entry.name) {
        return Err(SignalSettingsError::Name { what: WHAT, number });
    }
    let token_sha256 = hash_of(WHAT, number, entry.token_sha256.as_deref(), known.iter().filter_map(|other| other.token_sha256.as_deref()))?;
    if token_sha256.is_none() && entry.poll.is_none() {
        return Err(SignalSettingsError::NoWay { number });
    }
    at_most("[transmitter.people]", entry.people.len(), PEOPLE_MAX)?;
    let named = |name: String| if entry.subject == SubjectFormat::Email { name.to_lowercase() } else { name };
    Ok(Transmitter {
        iss: checked(WHAT, number, "iss", &entry.iss)?,
        aud: entry.aud.as_deref().map(|aud| checked(WHAT, number, "aud", aud)).transpose()?,
        may_end: entry.may_end,
        keys: keys_of(number, &entry.key)?,
        polled: entry.poll.map(|poll| polled_of(number, poll)).transpose()?,
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
    at_most("people of a receiver", entry.people.as_ref().map_or(0, Vec::len), PEOPLE_MAX)?;
    Ok(Receiver {
        aud: checked(WHAT, number, "aud", &entry.aud)?,
        delivery: delivery_of(number, &entry)?,
        token_sha256: hash_of(WHAT, number, entry.token_sha256.as_deref(), known.iter().filter_map(|other| other.token_sha256.as_deref()))?,
        people: entry.people.map(|people| people.into_iter().collect()),
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
        self.transmitters.iter().find(|transmitter| transmitter.token_sha256.as_ref() == Some(&hash))
    }

    /// The receiver that manages its stream by this token; compared as those of transmitters are.
    #[must_use]
    pub fn by_receiver_token(&self, token: &str) -> Option<&Receiver> {
        let hash = hex::encode(Sha256::digest(token.as_bytes()));
        self.receivers.iter().find(|receiver| receiver.token_sha256.as_ref() == Some(&hash))
    }

    #[must_use]
    pub fn transmitter(&self, name: &str) -> Option<&Transmitter> {
        self.transmitters.iter().find(|transmitter| transmitter.name == name)
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
        let Delivery::Push { url, token } = &receiver.delivery else { panic!("it is pushed to") };
        assert_eq!((receiver.events.as_slice(), token.bearer().as_str()), (TellKind::ALL.as_slice(), "Bearer hidden"));
        assert_eq!((url.to_string().as_str(), receiver.manages_itself(), receiver.is_polled()), ("https://a.example:443/e", false, false));
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

    #[test]
    fn a_receiver_that_comes_by_itself_is_known_by_its_token_and_bounded_by_the_file() {
        let hash = hex::encode(Sha256::digest("come"));
        let polled = format!("[[receiver]]\nname = \"south\"\ndelivery = \"poll\"\naud = \"https://south.example\"\ntoken_sha256 = \"{hash}\"\n");
        let text = format!("{polled}events = [\"session_revoked\"]\npeople = [\"{ACTOR}\"]\n");
        let settings = SignalSettings::parse(&text).unwrap();
        let receiver = settings.by_receiver_token("come").unwrap();
        assert!(receiver.is_polled() && receiver.manages_itself() && settings.by_receiver_token("Come").is_none() && settings.by_token("come").is_none());
        let (actor, other): (ActorId, ActorId) = (ACTOR.parse().unwrap(), "01890000-0000-7000-8000-000000000002".parse().unwrap());
        assert!(receiver.may_hear(TellKind::SessionRevoked, Some(actor)));
        assert!(!receiver.may_hear(TellKind::SessionRevoked, Some(other)) && !receiver.may_hear(TellKind::SessionRevoked, None));
        assert!(!receiver.may_hear(TellKind::AssuranceLevelChange, Some(actor)));
        for wrong in [polled.replace(&format!("token_sha256 = \"{hash}\"\n"), ""), format!("{polled}url = \"https://a.example/\"\n"), format!("{polled}token = \"a\"\n"), polled.replace("poll", "push")] {
            assert!(told(&wrong).starts_with("receiver 1: "), "{wrong}: {}", told(&wrong));
        }
        assert!(told(&format!("{polled}{}", polled.replace("south\"", "north\""))).starts_with("token_sha256 of receiver 2"));
    }

    #[test]
    fn a_transmitter_is_polled_where_the_file_says_and_nowhere_else() {
        let pushing = transmitter("idp", "one", "iss_sub", "P-1");
        let polled = "[transmitter.poll]\nurl = \"https://idp.example/poll\"\nstream = \"https://idp.example/stream\"\ntoken = \"hidden\"\n";
        let settings = SignalSettings::parse(&format!("{pushing}{polled}")).unwrap();
        let found = settings.transmitter("idp").and_then(|idp| idp.polled.clone()).unwrap();
        assert_eq!((found.url.to_string().as_str(), found.token.bearer().as_str()), ("https://idp.example:443/poll", "Bearer hidden"));
        assert!(!format!("{settings:?}").contains("hidden"));
        let hash = format!("token_sha256 = \"{}\"\n", hex::encode(Sha256::digest("one")));
        assert_eq!(told(&format!("{}{polled}", pushing.replace(&hash, ""))), "", "who is polled needs no token of its own");
        assert!(told(&pushing.replace(&hash, "")).starts_with("transmitter 1 has neither"));
        assert!(told(&format!("{pushing}{}", polled.replace("https://idp.example/poll", "http://idp.example/"))).starts_with("poll of transmitter 1"));
        assert!(told(&format!("{pushing}{}", polled.replace("stream =", "verify ="))).starts_with("poll of transmitter 1: whoever asks"));
    }

    proptest! {
        #[test]
        fn any_text_is_settings_or_refused(text in "[ -~\n]{0,200}") {
            let _ = SignalSettings::parse(&text);
        }
    }
}
