//! `sso.toml`: the force's own tools that may ask this house who somebody is.
//!
//! ```toml
//! [[client]]
//! id = "grafana"                              # small letters, digits and hyphens: what the tool calls itself here
//! title_zh = "勤務儀表板"                       # what the person reads when asked
//! title_en = "Duty dashboards"
//! redirect_uris = ["https://grafana.police.example/login/generic_oauth"]   # letter by letter
//! secret_sha256 = "…"                         # of its secret, hex; left out: it has none, and PKCE alone binds its codes
//! roles = ["operator", "supervisor"]          # who may sign in
//! claims = ["name", "role"]                   # beside its own name for the person; also "unit", "office"; left out: nothing
//! token_life_s = 300                          # 60 to 600
//! backchannel_logout_uri = "https://grafana.police.example/logout"         # left out: it is not told when somebody leaves
//! ```
//!
//! **Invariant:** what is wrong with it stops the start; a house never runs with half of it.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_oidc::op::same_bytes;
use shouhu_outgoing::{Address, AddressError};
use shouhu_wire::Role;

/// A force has a dozen.
const CLIENTS_MAX: usize = 64;
const ADDRESSES_MAX: usize = 8;
const ID_CHARS_MAX: usize = 40;
const TITLE_CHARS_MAX: usize = 40;
const LIFE_S: std::ops::RangeInclusive<i64> = 60..=600;
const LIFE_USUAL_S: i64 = 300;

/// What may be told of a person beside the tool's own name for him.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SsoClaim {
    Name,
    Role,
    /// The unit that he crews now.
    Unit,
    /// The office that he serves in.
    Office,
}

impl SsoClaim {
    pub const ALL: [Self; 4] = [Self::Name, Self::Role, Self::Unit, Self::Office];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Role => "role",
            Self::Unit => "unit",
            Self::Office => "office",
        }
    }
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("id: 1 to {ID_CHARS_MAX} small letters, digits and hyphens, and another one for each client")]
    Id,
    #[error("{0}: 1 to {TITLE_CHARS_MAX} characters that can be seen")]
    Title(&'static str),
    #[error("redirect_uris: 1 to {ADDRESSES_MAX} addresses, each once")]
    Addresses,
    #[error("redirect_uris {0:?}: {1}")]
    Address(String, AddressError),
    #[error("redirect_uris {0:?}: https://, or http://127.0.0.1 or http://[::1] for a program on the person's own machine")]
    Plain(String),
    #[error("secret_sha256: the SHA-256 of a long random secret, 64 hex digits, and another one for each client")]
    Secret,
    #[error("roles: at least one, each once, and never inspector, who is another authority's")]
    Roles,
    #[error("claims: each once")]
    Claims,
    #[error("token_life_s: {} to {}", LIFE_S.start(), LIFE_S.end())]
    Life,
    #[error("backchannel_logout_uri: {0}")]
    Logout(AddressError),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SsoSettingsError {
    #[error("{}it is not the TOML that is wanted: {detail}", line_of(.line))]
    Form { line: Option<usize>, detail: String },
    #[error("there are {found} [[client]]; at most {CLIENTS_MAX} are taken")]
    TooMany { found: usize },
    #[error("{}client {number}, {reason}", line_of(.line))]
    Entry { number: usize, line: Option<usize>, reason: EntryError },
}

fn line_of(line: &Option<usize>) -> String {
    line.map(|line| format!("line {line}: ")).unwrap_or_default()
}

/// The hash of a client's secret; it is not shown either.
#[derive(Clone, PartialEq, Eq)]
struct SecretHash([u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// A tool that may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: String,
    pub title_zh: String,
    pub title_en: String,
    pub redirect_uris: Vec<String>,
    pub roles: Vec<Role>,
    pub claims: Vec<SsoClaim>,
    /// What is given lives so long at most.
    pub token_life_us: i64,
    pub backchannel_logout: Option<Address>,
    secret: Option<SecretHash>,
}

impl Client {
    #[must_use]
    pub const fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    /// Whether this is its secret. One that has none is not proved by any.
    #[must_use]
    pub fn has_secret(&self, secret: &str) -> bool {
        let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        self.secret.as_ref().is_some_and(|own| same_bytes(&own.0, &hash))
    }

    /// What it is told, as one text: a yes holds for this.
    #[must_use]
    pub fn claims_text(&self) -> String {
        let asked: Vec<&str> = SsoClaim::ALL.into_iter().filter(|claim| self.claims.contains(claim)).map(SsoClaim::as_str).collect();
        asked.join(" ")
    }
}

/// Put on the shelf by the program before the rooms start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SsoSettings {
    pub clients: Vec<Client>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    client: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    title_zh: String,
    title_en: String,
    redirect_uris: Vec<String>,
    secret_sha256: Option<String>,
    roles: Vec<Role>,
    #[serde(default)]
    claims: Vec<SsoClaim>,
    token_life_s: Option<i64>,
    backchannel_logout_uri: Option<String>,
}

fn is_id(id: &str) -> bool {
    (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn title(field: &'static str, text: String) -> Result<String, EntryError> {
    let is_title = (1..=TITLE_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) && text.trim() == text;
    if is_title { Ok(text) } else { Err(EntryError::Title(field)) }
}

fn has_twice<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().any(|(at, item)| items.iter().skip(at + 1).any(|other| other == item))
}

/// Where a browser may be sent. The name localhost may be another machine's in a resolver that was tampered with (RFC 8252 §8.3).
fn redirect_uri(text: String) -> Result<String, EntryError> {
    if let Err(reason) = Address::parse(&text) {
        return Err(EntryError::Address(text, reason));
    }
    let is_of_this_machine = ["http://127.0.0.1", "http://[::1]"].iter().any(|own| text.strip_prefix(own).is_some_and(|rest| rest.starts_with([':', '/'])));
    // Addresses that are called may stand between spaces; one that is compared letter by letter may not.
    if text.trim() == text && (text.starts_with("https://") || is_of_this_machine) { Ok(text) } else { Err(EntryError::Plain(text)) }
}

fn secret_of(text: &str, known: &[Client]) -> Result<SecretHash, EntryError> {
    let bytes = hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(SecretHash);
    bytes.filter(|hash| !known.iter().any(|other| other.secret.as_ref() == Some(hash))).ok_or(EntryError::Secret)
}

fn client_of(entry: Entry, known: &[Client]) -> Result<Client, EntryError> {
    if !is_id(&entry.id) || known.iter().any(|other| other.id == entry.id) {
        return Err(EntryError::Id);
    }
    if !(1..=ADDRESSES_MAX).contains(&entry.redirect_uris.len()) || has_twice(&entry.redirect_uris) {
        return Err(EntryError::Addresses);
    }
    if entry.roles.is_empty() || has_twice(&entry.roles) || entry.roles.contains(&Role::Inspector) {
        return Err(EntryError::Roles);
    }
    if has_twice(&entry.claims) {
        return Err(EntryError::Claims);
    }
    let life_s = entry.token_life_s.unwrap_or(LIFE_USUAL_S);
    if !LIFE_S.contains(&life_s) {
        return Err(EntryError::Life);
    }
    Ok(Client {
        title_zh: title("title_zh", entry.title_zh)?,
        title_en: title("title_en", entry.title_en)?,
        redirect_uris: entry.redirect_uris.into_iter().map(redirect_uri).collect::<Result<_, _>>()?,
        secret: entry.secret_sha256.as_deref().map(|text| secret_of(text, known)).transpose()?,
        roles: entry.roles,
        claims: entry.claims,
        token_life_us: life_s * Micros::SECOND,
        backchannel_logout: entry.backchannel_logout_uri.as_deref().map(Address::parse).transpose().map_err(EntryError::Logout)?,
        id: entry.id,
    })
}

/// Counted from 1; where the text of the file before a place ends.
fn line_at(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Where the entry of that number begins, when it is written as a table of its own.
fn line_of_entry(text: &str, number: usize) -> Option<usize> {
    let heads = (1..).zip(text.lines()).filter(|(_, line)| line.trim_start().starts_with("[[client]]"));
    heads.map(|(line, _)| line).nth(number.checked_sub(1)?)
}

impl SsoSettings {
    /// # Errors
    /// What is wrong with the file, and in which line.
    pub fn parse(text: &str) -> Result<Self, SsoSettingsError> {
        let file: File = toml::from_str(text).map_err(|error| SsoSettingsError::Form {
            line: error.span().map(|span| line_at(text, span.start)),
            detail: error.message().to_owned(),
        })?;
        if file.client.len() > CLIENTS_MAX {
            return Err(SsoSettingsError::TooMany { found: file.client.len() });
        }
        let mut settings = Self::default();
        for (number, entry) in (1..).zip(file.client) {
            let client = client_of(entry, &settings.clients);
            settings.clients.push(client.map_err(|reason| SsoSettingsError::Entry { number, line: line_of_entry(text, number), reason })?);
        }
        Ok(settings)
    }

    #[must_use]
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }
}

/// What the operator has set; without a file no tool asks.
pub fn of(app: &App) -> Arc<SsoSettings> {
    app.try_room::<SsoSettings>().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(id: &str, more: &str) -> String {
        format!(
            "[[client]]\nid = \"{id}\"\ntitle_zh = \"儀表板\"\ntitle_en = \"Dashboards\"\nredirect_uris = [\"https://{id}.example/back\"]\n\
             secret_sha256 = \"{}\"\nroles = [\"operator\"]\n{more}",
            hex::encode(Sha256::digest(format!("hidden of {id}")))
        )
    }

    fn told(text: &str) -> String {
        SsoSettings::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_tool_is_read_and_known_by_its_secret_alone() {
        let more = "claims = [\"office\", \"name\"]\ntoken_life_s = 60\nbackchannel_logout_uri = \"https://wiki.example/out\"\n";
        let settings = SsoSettings::parse(&format!("{}{}", entry("wiki", more), entry("cli", "").replace("secret_sha256", "#"))).unwrap();
        let (wiki, cli) = (settings.client("wiki").unwrap(), settings.client("cli").unwrap());
        assert_eq!((wiki.claims_text().as_str(), wiki.token_life_us, wiki.is_public()), ("name office", 60 * Micros::SECOND, false));
        assert!(wiki.has_secret("hidden of wiki") && !wiki.has_secret("hidden of cli") && !wiki.has_secret(""));
        assert!(cli.is_public() && !cli.has_secret("") && !cli.has_secret("hidden of cli"), "what has no secret is proved by none");
        assert_eq!((cli.claims_text().as_str(), cli.token_life_us), ("", LIFE_USUAL_S * Micros::SECOND));
        assert!(settings.client("grafana").is_none() && format!("{settings:?}").contains("SecretHash(…)"));
        assert_eq!(SsoSettings::parse(""), Ok(SsoSettings::default()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let good = entry("wiki", "");
        assert_eq!(told(&good), "");
        assert!(told(&format!("# tools\n{good}{good}")).starts_with("line 9: client 2, id"), "{}", told(&format!("# tools\n{good}{good}")));
        assert!(told(&good.replace("\"wiki\"", "\"Wiki\"")).starts_with("line 1: client 1, id"));
        assert!(told(&good.replace("儀表板", "")).contains("title_zh"));
        assert!(told(&good.replace("Dashboards", "a\\nb")).contains("title_en"));
        assert!(told(&format!("{good}{}", entry("b", "").replace(&hash("b"), &hash("wiki")))).contains("client 2, secret_sha256"));
        assert!(told(&good.replace(&hash("wiki"), "hidden")).contains("secret_sha256"));
        for roles in ["[]", "[\"operator\", \"operator\"]", "[\"inspector\"]"] {
            assert!(told(&good.replace("[\"operator\"]", roles)).contains("roles"), "{roles}");
        }
        assert!(told(&entry("wiki", "claims = [\"name\", \"name\"]\n")).contains("claims"));
        for life in [0, 59, 601] {
            assert!(told(&entry("wiki", &format!("token_life_s = {life}\n"))).contains("60 to 600"), "{life}");
        }
        assert!(told(&entry("wiki", "backchannel_logout_uri = \"http://wiki.example/out\"\n")).contains("backchannel_logout_uri"));
        let unknown = told(&good.replace("roles =", "role ="));
        assert!(unknown.contains("line ") && unknown.contains("it is not the TOML"), "{unknown}");
        assert!(told(&entry("wiki", "claims = [\"email\"]\n")).contains("it is not the TOML"));
        assert!(!unknown.contains(&hash("wiki")), "a file with hashes is not quoted");
        let many: String = (0..=CLIENTS_MAX).map(|number| entry(&format!("t{number}"), "")).collect();
        assert!(told(&many).starts_with("there are 65 [[client]]"));
    }

    fn hash(id: &str) -> String {
        hex::encode(Sha256::digest(format!("hidden of {id}")))
    }

    #[test]
    fn a_browser_is_sent_to_https_or_to_a_program_on_its_own_machine() {
        let with = |address: &str| told(&entry("wiki", "").replace("https://wiki.example/back", address));
        for good in ["https://wiki.example:8443/back?a=b", "http://127.0.0.1:3000/back", "http://127.0.0.1/back", "http://[::1]:3000/back"] {
            assert_eq!(with(good), "", "{good}");
        }
        for wrong in [
            "http://wiki.example/back",
            "http://localhost:3000/back",
            "http://127.0.0.1.evil.example/back",
            "http://127.0.0.2/back",
            "https://wiki.example/back#x",
            "https://user@wiki.example/back",
            "https://wiki.example\\\\@evil.example/back",
            "https://*.example/ back",
            " https://wiki.example/back",
            "HTTPS://wiki.example/back",
            "javascript:alert(1)",
            "com.example.app:/back",
            "",
        ] {
            assert!(with(wrong).contains("client 1, redirect_uris"), "{wrong}: {}", with(wrong));
        }
        let twice = entry("wiki", "").replace("[\"https://wiki.example/back\"]", "[\"https://a.example/\", \"https://a.example/\"]");
        assert!(told(&twice).contains("each once"));
        assert!(told(&entry("wiki", "").replace("[\"https://wiki.example/back\"]", "[]")).contains("redirect_uris"));
    }

    proptest! {
        #[test]
        fn any_text_is_settings_or_refused(text in "[ -~\n]{0,200}") {
            let _ = SsoSettings::parse(&text);
        }
    }
}
