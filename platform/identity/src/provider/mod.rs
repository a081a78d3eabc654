//! Identity providers 身分提供者: where they are asked, by which keys they sign, and what a code is worth (ADR 0025).
//!
//! What a provider says of itself is read when somebody signs in, kept for an hour, and read again when a token names a key that is not among those that are known: at
//! most once a minute, so that nobody can make this house call a provider by sending rubbish.
//!
//! **Invariant:** no address is called but those in the discovery document of an issuer that stands in `oidc.toml`.

pub mod links;
mod refused;
pub mod settings;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_oidc::{DOCUMENT_BYTES_MAX, ExpectedToken, Identified, Metadata, OidcRefused, ProviderKey, basic_credentials, id_token_of, keys_of, token_form, verify, well_known};
use shouhu_outgoing::{Address, Answer, Calls, Outgoing, Use};
use tokio::sync::{Semaphore, SemaphorePermit};

pub use refused::ProviderError;
use settings::Provider;

use crate::room::{ProviderSignIn, Room};

/// What a provider says of itself, and its keys, hold for so long.
const DOCUMENT_LIFE_US: i64 = Micros::HOUR;
/// Keys are read again because of a token that names another at most so often.
const KEYS_AGAIN_US: i64 = Micros::MINUTE;
/// A provider that did not answer is left alone for so long.
const SILENT_US: i64 = 5 * Micros::SECOND;
/// Calls to providers at once. Each takes ten seconds at most.
const CALLS_AT_ONCE_MAX: usize = 16;
/// Where the browser comes back to: a page of the app, which sends on what stands in its address.
const RETURN_PATH: &str = "/sign-in/provider";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Default)]
struct Known {
    metadata: Option<(Micros, Metadata)>,
    keys: Option<(Micros, Vec<ProviderKey>)>,
    silent_at: Option<Micros>,
}

/// What is known of providers, by their issuers: as many as `oidc.toml` has.
pub struct Providers {
    known: Mutex<HashMap<String, Known>>,
    calls: Semaphore,
}

impl Default for Providers {
    fn default() -> Self {
        Self { known: Mutex::default(), calls: Semaphore::new(CALLS_AT_ONCE_MAX) }
    }
}

/// A clock that was set back makes nothing last for ever.
fn is_within(now: Micros, at: Micros, us: i64) -> bool {
    now.since(at).saturating_abs() < us
}

impl Providers {
    fn with<T>(&self, issuer: &str, act: impl FnOnce(&mut Known) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        act(known.entry(issuer.to_owned()).or_default())
    }

    fn metadata(&self, now: Micros, issuer: &str) -> Option<Metadata> {
        self.with(issuer, |known| known.metadata.as_ref().filter(|(at, _)| is_within(now, *at, DOCUMENT_LIFE_US)).map(|(_, metadata)| metadata.clone()))
    }

    /// With the time at which they were read.
    fn keys(&self, now: Micros, issuer: &str) -> Option<(Micros, Vec<ProviderKey>)> {
        self.with(issuer, |known| known.keys.clone().filter(|(at, _)| is_within(now, *at, DOCUMENT_LIFE_US)))
    }

    fn is_silent(&self, now: Micros, issuer: &str) -> bool {
        self.with(issuer, |known| known.silent_at.is_some_and(|at| is_within(now, at, SILENT_US)))
    }

    fn call(&self) -> Result<SemaphorePermit<'_>, ProviderError> {
        self.calls.try_acquire().map_err(|_| ProviderError::unavailable(&"too many sign-ins wait for providers"))
    }
}

/// The redirect URI of this house: one, and never one that a request names.
pub fn return_address(app: &App) -> String {
    format!("{}{RETURN_PATH}", app.public_url)
}

fn address_of(url: &str) -> Result<Address, ProviderError> {
    Address::parse(url).map_err(|error| ProviderError::unavailable(&error))
}

/// Only a provider on this very machine names addresses on it: another's word must not reach what listens beside this house.
fn check_named(issuer: &str, url: &str) -> Result<(), ProviderError> {
    address_of(url)?;
    let is_plain = |url: &str| !url.starts_with("https://");
    if is_plain(url) && !is_plain(issuer) {
        return Err(ProviderError::unavailable(&format!("it names {url}, which is no https address")));
    }
    Ok(())
}

fn calls_of(app: &App) -> Result<Calls, ProviderError> {
    let outgoing = app.try_room::<Outgoing>().ok_or_else(|| ProviderError::unavailable(&"this program makes no calls of its own"))?;
    Ok(outgoing.to(Use::Providers))
}

/// A document of the provider. One that cannot be had makes it silent for a while.
async fn read(app: &App, provider: &Provider, url: &str) -> Result<Vec<u8>, ProviderError> {
    let (room, now) = (Room::of(app), app.env.now());
    let providers = &room.providers;
    if providers.is_silent(now, &provider.issuer) {
        return Err(ProviderError::unavailable(&"it did not answer a moment ago"));
    }
    let fetched = {
        let _call = providers.call()?;
        calls_of(app)?.fetch(&address_of(url)?, JSON, DOCUMENT_BYTES_MAX).await
    };
    let why = match fetched {
        Ok(Answer { status: 200, body, .. }) => return Ok(body),
        Ok(Answer { status, .. }) => format!("answered {status} at {url}"),
        Err(error) => format!("{error} at {url}"),
    };
    providers.with(&provider.issuer, |known| known.silent_at = Some(now));
    Err(ProviderError::unavailable(&why))
}

/// Where a provider is asked.
///
/// # Errors
/// When it cannot be asked where that is, or says what does not hold.
pub async fn metadata_of(app: &App, provider: &Provider) -> Result<Metadata, ProviderError> {
    let room = Room::of(app);
    let providers = &room.providers;
    if let Some(known) = providers.metadata(app.env.now(), &provider.issuer) {
        return Ok(known);
    }
    let metadata = Metadata::parse(&read(app, provider, &well_known(&provider.issuer)).await?, &provider.issuer)?;
    // A browser is sent to one and this house calls the others, one of them with its secret.
    for url in [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri] {
        check_named(&provider.issuer, url)?;
    }
    providers.with(&provider.issuer, |known| known.metadata = Some((app.env.now(), metadata.clone())));
    Ok(metadata)
}

async fn read_keys(app: &App, provider: &Provider, metadata: &Metadata) -> Result<Vec<ProviderKey>, ProviderError> {
    let keys = keys_of(&read(app, provider, &metadata.jwks_uri).await?)?;
    Room::of(app).providers.with(&provider.issuer, |known| known.keys = Some((app.env.now(), keys.clone())));
    Ok(keys)
}

/// Gives the code for an ID token, and says who it is about.
///
/// # Errors
/// When the provider does not take the code or cannot be asked, or when its token does not hold.
pub async fn identified(app: &App, provider: &Provider, asked: &ProviderSignIn, code: &str) -> Result<Identified, ProviderError> {
    let token = redeemed(app, provider, asked, code).await?;
    if !provider.pinned.is_empty() {
        return Ok(judged(app, provider, asked, &provider.pinned, &token)?);
    }
    let known = Room::of(app).providers.keys(app.env.now(), &provider.issuer);
    let Some((read_at, keys)) = known else {
        let keys = read_keys(app, provider, &asked.metadata).await?;
        return Ok(judged(app, provider, asked, &keys, &token)?);
    };
    match judged(app, provider, asked, &keys, &token) {
        // It may have turned its keys since they were read.
        Err(OidcRefused::UnknownKey) if !is_within(app.env.now(), read_at, KEYS_AGAIN_US) => {
            let keys = read_keys(app, provider, &asked.metadata).await?;
            Ok(judged(app, provider, asked, &keys, &token)?)
        }
        settled => Ok(settled?),
    }
}

fn judged(app: &App, provider: &Provider, asked: &ProviderSignIn, keys: &[ProviderKey], token: &str) -> Result<Identified, OidcRefused> {
    let expected = ExpectedToken {
        issuer: &provider.issuer,
        client_id: &provider.client_id,
        nonce: &asked.nonce,
        keys,
        algorithms: &provider.algorithms,
        acr: &provider.acr,
        max_age_s: provider.max_age_s,
        now_s: app.env.now().0.div_euclid(Micros::SECOND),
    };
    verify(token, &expected)
}

async fn redeemed(app: &App, provider: &Provider, asked: &ProviderSignIn, code: &str) -> Result<String, ProviderError> {
    let to = address_of(&asked.metadata.token_endpoint)?;
    let headers = [("authorization", basic_credentials(&provider.client_id, provider.secret.as_str())), ("accept", JSON.to_owned())];
    let form = token_form(code, &return_address(app), &asked.verifier).into_bytes();
    let room = Room::of(app);
    let answer = {
        let _call = room.providers.call()?;
        calls_of(app)?.push(&to, FORM, &headers, form, DOCUMENT_BYTES_MAX).await
    };
    let answer = answer.map_err(|error| ProviderError::unavailable(&error))?;
    Ok(id_token_of(answer.status, &answer.body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_lasts_an_hour_and_a_clock_that_leaps_makes_it_no_older_than_it_is() {
        let (providers, now) = (Providers::default(), Micros(1_800_000_000_000_000));
        providers.with("a", |known| known.keys = Some((now, Vec::new())));
        assert!(providers.keys(now.plus(DOCUMENT_LIFE_US - 1), "a").is_some() && providers.keys(now, "b").is_none());
        assert!(providers.keys(now.plus(DOCUMENT_LIFE_US), "a").is_none() && providers.keys(now.plus(-DOCUMENT_LIFE_US), "a").is_none());
        providers.with("a", |known| known.silent_at = Some(now));
        assert!(providers.is_silent(now.plus(SILENT_US - 1), "a") && !providers.is_silent(now.plus(SILENT_US), "a"));
    }

    #[test]
    fn a_provider_elsewhere_names_no_address_of_this_machine_and_none_without_tls() {
        for (issuer, url, is_taken) in [
            ("https://idp.example", "https://keys.example/keys", true),
            ("https://idp.example", "http://localhost:8470/v1", false),
            ("https://idp.example", "http://keys.example", false),
            ("https://idp.example", "file:///etc/passwd", false),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/keys", true),
            ("http://127.0.0.1:9", "http://keys.example", false),
        ] {
            assert_eq!(check_named(issuer, url).is_ok(), is_taken, "{issuer} names {url}");
        }
    }

    #[test]
    fn calls_at_once_are_bounded() {
        let providers = Providers::default();
        let held: Vec<_> = (0..CALLS_AT_ONCE_MAX).map(|_| providers.call()).collect();
        assert!(held.iter().all(Result::is_ok) && providers.call().is_err());
        drop(held);
        assert!(providers.call().is_ok());
    }
}
