//! A passkey in software: what a phone or security key does when a page asks it to create a key or to sign in.
//!
//! For tests and for the simulated people of the city, who have no thumbs. It behaves as a browser with a good
//! authenticator would (WebAuthn Level 3): ES256, no attestation unless a [`Model`] makes one, user present and verified,
//! discoverable. The signature counter stays 0, as it does for keys that a person's devices share.
//!
//! No I/O, and no randomness of its own: 32 random bytes are a parameter, so that a seeded city is the same each time.
//!
//! **Invariant:** private keys lie in the serialised form in the clear. This is no place for a real person's key.

mod cbor;
mod model;
mod session_key;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use model::{Model, Statement};
pub use session_key::SessionKey;

/// COSE algorithm identifier of ECDSA on P-256 with SHA-256.
const ES256: i64 = -7;
const FLAG_USER_PRESENT: u8 = 0x01;
const FLAG_USER_VERIFIED: u8 = 0x04;
const FLAG_HAS_CREDENTIAL: u8 = 0x40;
const CREDENTIAL_ID_BYTES: u8 = 16;
const COUNTER: [u8; 4] = [0; 4];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    #[error("options lack {0:?} or hold something else there")]
    Options(&'static str),
    #[error("origin {origin:?} may not use keys of {rp_id:?}")]
    Origin { origin: String, rp_id: String },
    #[error("the page accepts no ES256 key")]
    Algorithm,
    #[error("a key of this person for {rp_id:?} is here already")]
    Excluded { rp_id: String },
    #[error("no key for {rp_id:?} here that the page would accept")]
    NoKey { rp_id: String },
    #[error("the random bytes are no private key: pass others")]
    Randomness,
}

/// One key for one site.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Credential {
    rp_id: String,
    /// base64url, as all bytes here.
    id: String,
    user_handle: String,
    private_key: String,
    /// How its answers differ from those of an ordinary key: shared by devices, or nobody is verified. Keys from before this was kept are ordinary.
    #[serde(default)]
    flags: u8,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({} of {})", self.id, self.rp_id)
    }
}

/// The keys of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkeys {
    credentials: Vec<Credential>,
}

impl Passkeys {
    #[must_use]
    pub fn len(&self) -> usize {
        self.credentials.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty()
    }

    /// Answers `navigator.credentials.create(options)` on a page of `origin`: the JSON of a `RegistrationResponse`.
    ///
    /// # Errors
    /// When the options are no creation options, the origin may not use the site's keys, the site takes no ES256, or a
    /// key that the site excludes is here.
    pub fn create(&mut self, options: &Value, origin: &str, random: [u8; 32]) -> Result<Value, PasskeyError> {
        self.create_on(&Model::default(), options, origin, random)
    }

    /// As `create`, on an authenticator of this model.
    ///
    /// # Errors
    /// As `create`, and when the model's attestation key is no private key.
    pub fn create_on(&mut self, model: &Model, options: &Value, origin: &str, random: [u8; 32]) -> Result<Value, PasskeyError> {
        let public_key = options.get("publicKey").ok_or(PasskeyError::Options("publicKey"))?;
        let challenge = text(public_key, "challenge")?;
        let rp = public_key.get("rp").ok_or(PasskeyError::Options("rp"))?;
        let rp_id = rp_id_for(rp.get("id"), origin)?;
        let user = public_key.get("user").ok_or(PasskeyError::Options("user"))?;
        let user_handle = text(user, "id")?;
        let accepted = public_key.get("pubKeyCredParams").and_then(Value::as_array);
        let is_es256_accepted =
            accepted.is_none_or(|list| list.is_empty() || list.iter().any(|p| p.get("alg").and_then(Value::as_i64) == Some(ES256)));
        if !is_es256_accepted {
            return Err(PasskeyError::Algorithm);
        }
        let excluded = ids(public_key, "excludeCredentials");
        if self.credentials.iter().any(|c| c.rp_id == rp_id && excluded.contains(&c.id.as_str())) {
            return Err(PasskeyError::Excluded { rp_id });
        }

        let key = SigningKey::from_slice(&random).map_err(|_| PasskeyError::Randomness)?;
        let point = key.verifying_key().to_sec1_point(false);
        let (Some(x), Some(y)) = (point.x(), point.y()) else { return Err(PasskeyError::Randomness) };
        let id: Vec<u8> = Sha256::digest(point.as_bytes()).iter().copied().take(usize::from(CREDENTIAL_ID_BYTES)).collect();

        let mut cose_key = cbor::Writer::default();
        cose_key.map(5).int(1).int(2).int(3).int(ES256).int(-1).int(1).int(-2).bytes(x.as_slice()).int(-3).bytes(y.as_slice());
        let mut data = authenticator_data(&rp_id, FLAG_HAS_CREDENTIAL | model.flags());
        data.extend(model.aaguid);
        data.extend([0, CREDENTIAL_ID_BYTES]);
        data.extend(&id);
        data.extend(cose_key.finish());
        let client_data = client_data("webauthn.create", challenge, origin);
        let attestation = model.attestation(&key, &data, &client_data)?;

        let id = URL_SAFE_NO_PAD.encode(&id);
        self.credentials.push(Credential {
            rp_id,
            id: id.clone(),
            user_handle: user_handle.to_owned(),
            private_key: URL_SAFE_NO_PAD.encode(random),
            flags: model.flags(),
        });
        Ok(json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "attestationObject": URL_SAFE_NO_PAD.encode(attestation),
                "transports": ["internal"],
            },
            "clientExtensionResults": {"credProps": {"rk": true}},
        }))
    }

    /// From now on these keys ask for no finger and no number: whoever holds them is believed.
    pub fn verify_nobody(&mut self) {
        for credential in &mut self.credentials {
            credential.flags |= FLAG_USER_VERIFIED;
        }
    }

    /// Answers `navigator.credentials.get(options)` on a page of `origin`: the JSON of an `AuthenticationResponse`. Of
    /// several keys the newest signs, as a person would choose.
    ///
    /// # Errors
    /// When the options are no request options, the origin may not use the site's keys, or no key fits.
    pub fn sign(&self, options: &Value, origin: &str) -> Result<Value, PasskeyError> {
        let public_key = options.get("publicKey").ok_or(PasskeyError::Options("publicKey"))?;
        let challenge = text(public_key, "challenge")?;
        let rp_id = rp_id_for(public_key.get("rpId"), origin)?;
        let allowed = ids(public_key, "allowCredentials");
        let mut newest_first = self.credentials.iter().rev();
        let found = newest_first.find(|c| c.rp_id == rp_id && (allowed.is_empty() || allowed.contains(&c.id.as_str())));
        let Some(credential) = found else { return Err(PasskeyError::NoKey { rp_id }) };

        let private_key = URL_SAFE_NO_PAD.decode(&credential.private_key).map_err(|_| PasskeyError::Randomness)?;
        let key = SigningKey::from_slice(&private_key).map_err(|_| PasskeyError::Randomness)?;
        let data = authenticator_data(&rp_id, credential.flags);
        let client_data = client_data("webauthn.get", challenge, origin);
        let mut signed = data.clone();
        signed.extend(Sha256::digest(&client_data));
        let signature: Signature = key.sign(&signed);
        Ok(json!({
            "id": credential.id,
            "rawId": credential.id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature.to_der()),
                "userHandle": credential.user_handle,
            },
            "clientExtensionResults": {},
        }))
    }
}

fn text<'a>(object: &'a Value, name: &'static str) -> Result<&'a str, PasskeyError> {
    object.get(name).and_then(Value::as_str).ok_or(PasskeyError::Options(name))
}

/// Ids of a list of credential descriptors; an absent list is empty.
fn ids<'a>(public_key: &'a Value, name: &str) -> Vec<&'a str> {
    let list = public_key.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|c| c.get("id").and_then(Value::as_str)).collect()
}

/// The site that a page of `origin` asks for: itself, or a domain that it lies in.
fn rp_id_for(asked: Option<&Value>, origin: &str) -> Result<String, PasskeyError> {
    let host = host_of(origin);
    let rp_id = asked.and_then(Value::as_str).unwrap_or(host);
    let is_own = host == rp_id || host.strip_suffix(rp_id).is_some_and(|sub| sub.ends_with('.'));
    if rp_id.is_empty() || !is_own {
        return Err(PasskeyError::Origin { origin: origin.to_owned(), rp_id: rp_id.to_owned() });
    }
    Ok(rp_id.to_owned())
}

fn host_of(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or("", |(_, rest)| rest);
    authority.split([':', '/']).next().unwrap_or("")
}

/// Flags that an ordinary key sets are taken away, others are set.
fn authenticator_data(rp_id: &str, other_flags: u8) -> Vec<u8> {
    let mut data = Sha256::digest(rp_id).to_vec();
    data.push((FLAG_USER_PRESENT | FLAG_USER_VERIFIED) ^ other_flags);
    data.extend(COUNTER);
    data
}

fn client_data(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
    json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false}).to_string().into_bytes()
}

#[cfg(test)]
mod tests;
