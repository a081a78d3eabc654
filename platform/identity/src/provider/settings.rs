//! `oidc.toml`: the identity providers whose word about who somebody is counts here.
//!
//! ```toml
//! [[provider]]
//! name = "gov-idp"                            # in the log
//! title = "政府身分認證"                        # on the button
//! issuer = "https://idp.gov.example"          # exactly as it calls itself
//! client_id = "shouhu"
//! client_secret = "…"
//! algorithms = ["ES256"]                      # left out: ES256, RS256 and PS256
//! acr = ["urn:gov:card"]                      # the levels that will do; left out: any
//! max_age_s = 300                             # who proved himself there longer ago does so again
//!
//! [[provider.key]]                            # left out: fetched from the provider
//! kid = "2026-1"
//! kty = "EC"
//! crv = "P-256"
//! x = "…"
//! y = "…"
//! ```
//!
//! Which of its subjects is whose account here is no setting: an operator says so (`ops::provider_links`), person by person and on the log.
//!
//! **Invariant:** what is wrong with it stops the start; a house never runs with half of it.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use shouhu_module::App;
use shouhu_oidc::{Algorithm, ProviderKey, well_known};
use shouhu_outgoing::{Address, AddressError};

/// Each is a button on the page for signing in.
const PROVIDERS_MAX: usize = 4;
const KEYS_MAX: usize = 8;
const LEVELS_MAX: usize = 8;
const NAME_CHARS_MAX: usize = 40;
const TITLE_CHARS_MAX: usize = 40;
const TEXT_CHARS_MAX: usize = 500;
/// Whoever sits down at a colleague's screen finds the provider's own session there: it must not last.
const MAX_AGE_USUAL_S: i64 = 5 * 60;
const MAX_AGE_MAX_S: i64 = 12 * 3_600;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcSettingsError {
    #[error("it is not the TOML that is wanted: {0}")]
    Form(String),
    #[error("there are {found} of {what}; at most {most} are taken")]
    TooMany { what: &'static str, found: usize, most: usize },
    #[error("name of provider {number}: 1 to {NAME_CHARS_MAX} small letters, digits and hyphens, and another one for each")]
    Name { number: usize },
    #[error("title of provider {number}: 1 to {TITLE_CHARS_MAX} characters that can be seen")]
    Title { number: usize },
    #[error("{field} of provider {number}: 1 to {TEXT_CHARS_MAX} visible ASCII characters")]
    Text { number: usize, field: &'static str },
    #[error("issuer of provider {number}: an https address without query, and another one for each ({reason})")]
    Issuer { number: usize, reason: String },
    #[error("algorithms of provider {number}: at least one of ES256, RS256, PS256")]
    NoAlgorithm { number: usize },
    #[error("max_age_s of provider {number}: 0 to {MAX_AGE_MAX_S}")]
    MaxAge { number: usize },
    #[error("key {key} of provider {number}: P-256, or RSA of 2048 to 4096 bits, for signatures")]
    Key { number: usize, key: usize },
}

/// What proves this house to a provider; it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// Whose word counts here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub name: String,
    pub title: String,
    pub issuer: String,
    pub client_id: String,
    pub secret: ClientSecret,
    pub algorithms: Vec<Algorithm>,
    pub acr: Vec<String>,
    pub max_age_s: i64,
    /// None: they are fetched from it.
    pub pinned: Vec<ProviderKey>,
}

/// Put on the shelf by the program before the rooms start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OidcSettings {
    pub providers: Vec<Provider>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    title: String,
    issuer: String,
    client_id: String,
    client_secret: String,
    algorithms: Option<Vec<Algorithm>>,
    #[serde(default)]
    acr: Vec<String>,
    max_age_s: Option<i64>,
    #[serde(default)]
    key: Vec<serde_json::Value>,
}

fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn checked(number: usize, field: &'static str, text: &str) -> Result<String, OidcSettingsError> {
    let is_text = (1..=TEXT_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_text { Ok(text.to_owned()) } else { Err(OidcSettingsError::Text { number, field }) }
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), OidcSettingsError> {
    if found > most { Err(OidcSettingsError::TooMany { what, found, most }) } else { Ok(()) }
}

fn issuer_of(number: usize, issuer: &str, known: &[Provider]) -> Result<String, OidcSettingsError> {
    let refused = |reason: &str| OidcSettingsError::Issuer { number, reason: reason.to_owned() };
    Address::parse(&well_known(issuer)).map_err(|reason: AddressError| refused(&reason.to_string()))?;
    if issuer.contains(['?', '#']) || issuer.trim() != issuer {
        return Err(refused("it has a query, a fragment or spaces"));
    }
    if known.iter().any(|other| other.issuer == issuer) {
        return Err(refused("another provider has it"));
    }
    Ok(issuer.to_owned())
}

fn keys_of(number: usize, jwks: &[serde_json::Value]) -> Result<Vec<ProviderKey>, OidcSettingsError> {
    at_most("[[provider.key]]", jwks.len(), KEYS_MAX)?;
    (1..).zip(jwks).map(|(key, jwk)| ProviderKey::of(jwk).ok_or(OidcSettingsError::Key { number, key })).collect()
}

fn provider_of(number: usize, entry: Entry, known: &[Provider]) -> Result<Provider, OidcSettingsError> {
    if !is_name(&entry.name) || known.iter().any(|other| other.name == entry.name) {
        return Err(OidcSettingsError::Name { number });
    }
    let is_title = (1..=TITLE_CHARS_MAX).contains(&entry.title.chars().count()) && !entry.title.chars().any(char::is_control) && entry.title.trim() == entry.title;
    if !is_title {
        return Err(OidcSettingsError::Title { number });
    }
    let algorithms = entry.algorithms.unwrap_or_else(|| Algorithm::ALL.to_vec());
    if algorithms.is_empty() {
        return Err(OidcSettingsError::NoAlgorithm { number });
    }
    let max_age_s = entry.max_age_s.unwrap_or(MAX_AGE_USUAL_S);
    if !(0..=MAX_AGE_MAX_S).contains(&max_age_s) {
        return Err(OidcSettingsError::MaxAge { number });
    }
    at_most("acr", entry.acr.len(), LEVELS_MAX)?;
    Ok(Provider {
        issuer: issuer_of(number, &entry.issuer, known)?,
        client_id: checked(number, "client_id", &entry.client_id)?,
        secret: ClientSecret(checked(number, "client_secret", &entry.client_secret)?),
        acr: entry.acr.iter().map(|level| checked(number, "acr", level)).collect::<Result<_, _>>()?,
        pinned: keys_of(number, &entry.key)?,
        algorithms,
        max_age_s,
        name: entry.name,
        title: entry.title,
    })
}

impl OidcSettings {
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn parse(text: &str) -> Result<Self, OidcSettingsError> {
        let file: File = toml::from_str(text).map_err(|error| OidcSettingsError::Form(error.message().to_owned()))?;
        at_most("[[provider]]", file.provider.len(), PROVIDERS_MAX)?;
        let mut settings = Self::default();
        for (number, entry) in (1..).zip(file.provider) {
            let provider = provider_of(number, entry, &settings.providers)?;
            settings.providers.push(provider);
        }
        Ok(settings)
    }

    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.name == name)
    }
}

/// What the operator has set; without a file no provider is asked.
pub fn of(app: &App) -> Arc<OidcSettings> {
    app.try_room::<OidcSettings>().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "[[provider.key]]\nkid = \"a3\"\nkty = \"EC\"\ncrv = \"P-256\"\nx = \"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"\n\
                       y = \"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"\n";

    fn provider(name: &str, more: &str) -> String {
        format!(
            "[[provider]]\nname = \"{name}\"\ntitle = \"政府身分認證\"\nissuer = \"https://{name}.example\"\nclient_id = \"shouhu\"\nclient_secret = \"hidden\"\n\
             {more}{KEY}"
        )
    }

    fn told(text: &str) -> String {
        OidcSettings::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_provider_is_read_and_its_secret_is_not_shown() {
        let settings = OidcSettings::parse(&provider("idp", "acr = [\"urn:gov:card\"]\nalgorithms = [\"ES256\", \"PS256\"]\n")).unwrap();
        let idp = settings.provider("idp").unwrap();
        assert_eq!((idp.algorithms.as_slice(), idp.acr.len(), idp.max_age_s), ([Algorithm::Es256, Algorithm::Ps256].as_slice(), 1, MAX_AGE_USUAL_S));
        assert_eq!(idp.pinned.len(), 1);
        assert!(!format!("{settings:?}").contains("hidden") && settings.provider("other").is_none());
        let fetched = OidcSettings::parse(&provider("idp", "").replace(KEY, "")).unwrap();
        assert_eq!(fetched.provider("idp").map(|one| (one.pinned.len(), one.algorithms.len())), Some((0, 3)));
        assert_eq!(OidcSettings::parse(""), Ok(OidcSettings::default()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let good = provider("idp", "");
        assert_eq!(told(&good), "");
        assert!(told(&format!("{good}{good}")).starts_with("name of provider 2"));
        assert!(told(&format!("{good}{}", provider("b", "").replace("https://b.example", "https://idp.example"))).starts_with("issuer of provider 2"));
        for issuer in ["http://idp.example", "https://idp.example?x=1", "https://idp.example#x", "idp", " https://idp.example"] {
            assert!(told(&good.replace("https://idp.example", issuer)).starts_with("issuer of provider 1"), "{issuer}");
        }
        assert!(told(&good.replace("政府身分認證", "")).starts_with("title of provider 1"));
        assert!(told(&good.replace("hidden", "守護")).starts_with("client_secret of provider 1"));
        assert!(told(&provider("idp", "algorithms = []\n")).starts_with("algorithms of provider 1"));
        for algorithms in ["[\"none\"]", "[\"HS256\"]"] {
            assert!(told(&provider("idp", &format!("algorithms = {algorithms}\n"))).contains("it is not the TOML"), "{algorithms}");
        }
        assert!(told(&provider("idp", "max_age_s = -1\n")).starts_with("max_age_s of provider 1"));
        assert!(told(&good.replace("P-256", "P-384")).starts_with("key 1 of provider 1"));
        assert!(told(&format!("{good}[provider.people]\n\"P-1\" = \"x\"\n")).contains("it is not the TOML"), "people are linked by operators");
        assert!(told(&good.replace("title =", "titles =")).contains("it is not the TOML"));
        let five: String = ["a", "b", "c", "d", "e"].map(|name| provider(name, "")).concat();
        assert!(told(&five).starts_with("there are 5 of [[provider]]"));
    }

    proptest! {
        #[test]
        fn any_text_is_settings_or_refused(text in "[ -~\n]{0,200}") {
            let _ = OidcSettings::parse(&text);
        }
    }
}
