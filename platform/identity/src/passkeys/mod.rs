//! Which keys people may have 通行金鑰政策 (ADR 0028): what is demanded of a new one, what it says of itself, and what becomes of keys from before the rule.
//!
//! - `settings` reads `passkeys.toml`; `roots` the certificates of makers that it names.
//! - `begin` and `finish` frame the ceremony of enrolment; webauthn-rs judges statement, chain, model and sharing.
//! - What a key has said is kept with it (`KeyFacts`): shown to whoever administers people, and a signal of trust.
//!
//! | word | meaning |
//! |---|---|
//! | model 型號 | a make of authenticator, by its AAGUID |
//! | attested 經證明 | the maker's certificate, below a root of the house's file, has signed that the key is of its model |
//! | synced 可同步 | the key may be shared among devices by whoever runs their account ("backup eligible") |
//! | old key 舊金鑰 | one that the rule of today would refuse |
//!
//! **Invariant:** of whom attestation is demanded no key is kept but one that was attested; a refusal keeps nothing and uses no link up.

mod refused;
mod roots;
pub mod settings;
#[cfg(test)]
pub mod soft_maker;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_wire::Role;
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{
    AttestationMetadata, AttestedPasskeyRegistration, CreationChallengeResponse, Passkey, PasskeyRegistration, RegisterPublicKeyCredential, Uuid,
    WebauthnResult,
};

pub use refused::KeyRefused;
use settings::{Demand, PasskeySettings};

/// Of authenticator data (WebAuthn Level 3, §6.1): 32 bytes of the site's hash, a byte of flags, four of the counter, sixteen of the model.
const FLAGS_AT: usize = 32;
const AAGUID_AT: std::ops::Range<usize> = 37..53;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;

/// What is known of a key. Where nobody has proved it, it is what the key says, or whoever poses as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyFacts {
    /// `None` where nothing was said, or the key is older than the question.
    pub aaguid: Option<Uuid>,
    pub is_attested: bool,
    /// `None` until a key from before the question signs in.
    pub is_backup_eligible: Option<bool>,
    pub is_backed_up: Option<bool>,
}

impl KeyFacts {
    /// As the key says at a sign-in, in what it signs.
    #[must_use]
    pub const fn after(self, is_backup_eligible: bool, is_backed_up: bool) -> Self {
        Self { is_backup_eligible: Some(is_backup_eligible), is_backed_up: Some(is_backed_up), ..self }
    }

    /// For the leaf of an enrolment.
    #[must_use]
    pub fn told(&self, settings: &PasskeySettings) -> String {
        let model = match self.aaguid {
            Some(aaguid) => settings.name_of(aaguid).map_or_else(|| aaguid.to_string(), |name| format!("{aaguid} ({name})")),
            None => "unknown".to_owned(),
        };
        let attested = if self.is_attested { "attested" } else { "not attested" };
        let synced = match (self.is_backup_eligible, self.is_backed_up) {
            (Some(true), Some(true)) => "synced",
            (Some(true), _) => "may be synced",
            (Some(false), _) => "in one device",
            (None, _) => "nobody knows whether synced",
        };
        format!("model {model}, {attested}, {synced}")
    }
}

/// A ceremony under way: what was demanded when it began holds for it.
#[derive(Serialize, Deserialize)]
pub enum Registration {
    Plain { state: PasskeyRegistration, may_sync: bool },
    Attested(AttestedPasskeyRegistration),
}

/// Begins to make a key for somebody with this role.
///
/// # Errors
/// When the library refuses the name.
pub fn begin(
    webauthn: &Webauthn,
    settings: &PasskeySettings,
    id: Uuid,
    name: &str,
    role: Role,
) -> WebauthnResult<(CreationChallengeResponse, Registration)> {
    let demand = settings.demand(role);
    if demand == Demand::Attested {
        let (challenge, state) = webauthn.start_attested_passkey_registration(id, name, name, None, settings.roots(), None)?;
        return Ok((challenge, Registration::Attested(state)));
    }
    let (challenge, state) = webauthn.start_passkey_registration(id, name, name, None)?;
    Ok((challenge, Registration::Plain { state, may_sync: demand == Demand::Nothing }))
}

/// Judges the new key. Nothing is kept here.
///
/// # Errors
/// Why it is refused, with the models that would not be.
pub fn finish(
    webauthn: &Webauthn,
    settings: &PasskeySettings,
    registration: &Registration,
    credential: &RegisterPublicKeyCredential,
) -> Result<(Passkey, KeyFacts), KeyRefused> {
    match registration {
        Registration::Plain { state, may_sync } => {
            let passkey = webauthn.finish_passkey_registration(credential, state).map_err(|error| KeyRefused::Ceremony { reason: error.to_string() })?;
            let facts = said(&credential.response.attestation_object);
            if !may_sync && facts.is_backup_eligible != Some(false) {
                return Err(KeyRefused::synced(settings));
            }
            Ok((passkey, facts))
        }
        Registration::Attested(state) => {
            let attested =
                webauthn.finish_attested_passkey_registration(credential, state).map_err(|error| KeyRefused::of_attested(&error, settings))?;
            let aaguid = match attested.attestation().metadata {
                AttestationMetadata::Packed { aaguid } | AttestationMetadata::Tpm { aaguid, .. } => aaguid,
                // The library has compared a model with those of the root; without one there was nothing to compare.
                _ => return Err(KeyRefused::model(settings)),
            };
            let facts = KeyFacts { aaguid: Some(aaguid), is_attested: true, ..said(&credential.response.attestation_object) };
            Ok((attested.into(), facts))
        }
    }
}

/// The part of an attestation object that says what the key is; the library reads the same bytes with the same reader.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationObject<'a> {
    auth_data: &'a [u8],
}

/// What a new key says of itself, proved or not. What cannot be read says nothing.
pub fn said(object: &[u8]) -> KeyFacts {
    let read: Result<AttestationObject<'_>, _> = serde_cbor_2::from_slice(object);
    let Ok(AttestationObject { auth_data }) = read else { return KeyFacts::default() };
    let aaguid = auth_data.get(AAGUID_AT).and_then(|bytes| Uuid::from_slice(bytes).ok()).filter(|aaguid| !aaguid.is_nil());
    let Some(flags) = auth_data.get(FLAGS_AT) else { return KeyFacts::default() };
    KeyFacts {
        aaguid,
        is_attested: false,
        is_backup_eligible: Some(flags & BACKUP_ELIGIBLE != 0),
        is_backed_up: Some(flags & BACKED_UP != 0),
    }
}

/// Whether a key that has just signed opens anything for somebody with this role.
///
/// # Errors
/// When it is an old one, and the days for those are over.
pub fn check_opens(settings: &PasskeySettings, now: Micros, role: Role, facts: &KeyFacts) -> Result<(), KeyRefused> {
    if settings.still_opens(now, role, facts) { Ok(()) } else { Err(KeyRefused::Over) }
}
