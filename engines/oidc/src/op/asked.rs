//! What a tool asks for through the browser (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1), and what is answered there.

use super::params::Params;
use crate::request::joined;

pub const STATE_CHARS_MAX: usize = 1_024;
pub const NONCE_CHARS_MAX: usize = 512;
/// Base64url of a SHA-256.
const CHALLENGE_CHARS: usize = 43;
/// Ten years: a longer age says nothing.
const MAX_AGE_MAX_S: i64 = 10 * 365 * 24 * 3_600;

/// Why a request is answered on the house's own page and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DestinationRefused {
    #[error("the request names no tool, or more than one")]
    NoClient,
    #[error("no tool of this name signs people in here")]
    UnknownClient,
    #[error("the request does not say where the tool waits for the answer, or says it more than once")]
    NoAddress,
    #[error("the tool does not wait at this address: its entry has others")]
    OtherAddress,
}

/// Why a tool is told no (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationRefused {
    InvalidRequest(&'static str),
    UnsupportedResponseType,
    InvalidScope,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
    AccessDenied,
    LoginRequired,
    ConsentRequired,
}

impl AuthorizationRefused {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
        }
    }

    /// For who keeps the tool; neither quotes nor anything beyond ASCII, as the standard has it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest(what) => what,
            Self::UnsupportedResponseType => "response_type is code: nothing else is given here",
            Self::InvalidScope => "scope has openid in it",
            Self::RequestNotSupported | Self::RequestUriNotSupported => "request objects are not read here",
            Self::RegistrationNotSupported => "tools are named in a file of the server's owner",
            Self::AccessDenied => "this person does not sign in here",
            Self::LoginRequired => "the person signs in, or touches the passkey, first",
            Self::ConsentRequired => "the person has not said yes in this session",
        }
    }
}

/// A known client at an address of its own: the only place to which a browser is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub client_id: String,
    pub redirect_uri: String,
    /// As the client gave it; `None` too where what it gave is none.
    state: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt {
    /// Whoever cannot be answered without a page is answered no.
    pub is_silent: bool,
    /// The person proves himself anew.
    pub is_login: bool,
    /// The person says yes anew.
    pub is_consent: bool,
}

/// What is asked for, in good order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationAsked {
    pub nonce: Option<String>,
    /// Of the verifier, S256.
    pub challenge: String,
    pub prompt: Prompt,
    pub max_age_s: Option<i64>,
}

/// The one value of a name.
fn once<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    if params.is_repeated(name) { None } else { params.get(name) }
}

/// Visible ASCII and spaces (RFC 6749, appendix A).
fn is_plain(text: &str, chars_max: usize) -> bool {
    text.len() <= chars_max && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

fn prompt_of(said: Option<&str>) -> Option<Prompt> {
    let mut prompt = Prompt::default();
    for word in said.unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.is_silent = true,
            "login" => prompt.is_login = true,
            // There is one account to select: the person sees whose it is and says yes.
            "consent" | "select_account" => prompt.is_consent = true,
            _ => return None,
        }
    }
    // Both at once is a contradiction (Core §3.1.2.1).
    (!prompt.is_silent || !(prompt.is_login || prompt.is_consent)).then_some(prompt)
}

fn max_age_of(said: Option<&str>) -> Option<Option<i64>> {
    let Some(said) = said else { return Some(None) };
    // Digits alone: a sign would be read by some and not by others.
    let is_number = said.len() <= 10 && said.bytes().all(|byte| byte.is_ascii_digit());
    said.parse::<i64>().ok().filter(|_| is_number).map(|age_s| Some(age_s.min(MAX_AGE_MAX_S)))
}

impl Destination {
    /// Where the answer goes. `addresses_of` gives those in the client's entry.
    ///
    /// # Errors
    /// When it goes nowhere.
    pub fn of<'a>(params: &Params, addresses_of: impl Fn(&str) -> Option<&'a [String]>) -> Result<Self, DestinationRefused> {
        let client_id = once(params, "client_id").ok_or(DestinationRefused::NoClient)?;
        let addresses = addresses_of(client_id).ok_or(DestinationRefused::UnknownClient)?;
        let address = once(params, "redirect_uri").ok_or(DestinationRefused::NoAddress)?;
        if !addresses.iter().any(|own| own == address) {
            return Err(DestinationRefused::OtherAddress);
        }
        let state = once(params, "state").filter(|state| is_plain(state, STATE_CHARS_MAX)).map(ToOwned::to_owned);
        Ok(Self { client_id: client_id.to_owned(), redirect_uri: address.to_owned(), state })
    }

    /// What is asked for.
    ///
    /// # Errors
    /// What the tool is told at its address.
    pub fn asked(&self, params: &Params) -> Result<AuthorizationAsked, AuthorizationRefused> {
        use AuthorizationRefused::InvalidRequest;
        if params.has_repeats() {
            return Err(InvalidRequest("a parameter stands in the request more than once"));
        }
        if params.get("state").is_some() && self.state.is_none() {
            return Err(InvalidRequest("state has up to 1024 visible ASCII characters"));
        }
        if params.get("request").is_some() {
            return Err(AuthorizationRefused::RequestNotSupported);
        }
        if params.get("request_uri").is_some() {
            return Err(AuthorizationRefused::RequestUriNotSupported);
        }
        if params.get("registration").is_some() {
            return Err(AuthorizationRefused::RegistrationNotSupported);
        }
        match params.get("response_type") {
            Some("code") => {}
            None => return Err(InvalidRequest("response_type is missing")),
            Some(_) => return Err(AuthorizationRefused::UnsupportedResponseType),
        }
        if params.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(InvalidRequest("response_mode is query: nothing else is given here"));
        }
        if !params.get("scope").is_some_and(|scope| scope.split(' ').any(|one| one == "openid")) {
            return Err(AuthorizationRefused::InvalidScope);
        }
        // What is left out means plain (RFC 7636 §4.3), which is not taken.
        if params.get("code_challenge_method") != Some("S256") {
            return Err(InvalidRequest("code_challenge_method is S256: PKCE is asked of every tool"));
        }
        let is_challenge = |text: &&str| text.len() == CHALLENGE_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let challenge = params.get("code_challenge").filter(is_challenge).ok_or(InvalidRequest("code_challenge is 43 characters of base64url"))?;
        let nonce = params.get("nonce");
        if nonce.is_some_and(|nonce| !is_plain(nonce, NONCE_CHARS_MAX)) {
            return Err(InvalidRequest("nonce has up to 512 visible ASCII characters"));
        }
        Ok(AuthorizationAsked {
            nonce: nonce.map(ToOwned::to_owned),
            challenge: challenge.to_owned(),
            prompt: prompt_of(params.get("prompt")).ok_or(InvalidRequest("prompt is none, or some of login, consent and select_account"))?,
            max_age_s: max_age_of(params.get("max_age")).ok_or(InvalidRequest("max_age is a number of seconds"))?,
        })
    }

    fn with(&self, issuer: &str, pairs: &[(&str, &str)]) -> String {
        let mut all = pairs.to_vec();
        if let Some(state) = &self.state {
            all.push(("state", state.as_str()));
        }
        all.push(("iss", issuer));
        let mark = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{mark}{}", self.redirect_uri, joined(&all))
    }

    /// Where the browser goes with a code (RFC 6749 §4.1.2, RFC 9207).
    #[must_use]
    pub fn granted(&self, issuer: &str, code: &str) -> String {
        self.with(issuer, &[("code", code)])
    }

    /// Where the browser goes with a no.
    #[must_use]
    pub fn refused(&self, issuer: &str, refused: AuthorizationRefused) -> String {
        self.with(issuer, &[("error", refused.code()), ("error_description", refused.description())])
    }
}

#[cfg(test)]
mod tests;
