//! What the browser brings back from a provider, held against what it was sent with.

use crate::refused::OidcRefused;

const CODE_CHARS_MAX: usize = 4_096;
const ERROR_CHARS_MAX: usize = 50;

/// As it stood in the address; whoever made that address may be anybody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Returned<'a> {
    pub state: &'a str,
    pub code: Option<&'a str>,
    pub error: Option<&'a str>,
    pub iss: Option<&'a str>,
}

/// What was asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub state: &'a str,
    pub issuer: &'a str,
    /// As the provider's description says (RFC 9207).
    pub sends_iss: bool,
}

/// A word of a provider, as a log may have it.
pub(crate) fn word_of(error: &str) -> String {
    let is_word = (1..=ERROR_CHARS_MAX).contains(&error.len()) && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word { error.to_owned() } else { "something that is no word of OAuth".to_owned() }
}

/// The code for the token endpoint.
///
/// # Errors
/// When it is no answer to what was asked, comes from elsewhere, or is a refusal.
pub fn code_of<'a>(returned: &Returned<'a>, asked: &Asked<'_>) -> Result<&'a str, OidcRefused> {
    if returned.state != asked.state {
        return Err(OidcRefused::State);
    }
    let is_from_whom_was_asked = returned.iss.map_or(!asked.sends_iss, |iss| iss == asked.issuer);
    if !is_from_whom_was_asked {
        return Err(OidcRefused::Mixed);
    }
    if let Some(error) = returned.error {
        return Err(OidcRefused::Denied { code: word_of(error) });
    }
    let code = returned.code.ok_or(OidcRefused::Empty)?;
    let is_code = (1..=CODE_CHARS_MAX).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if is_code { Ok(code) } else { Err(OidcRefused::Empty) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'static> = Asked { state: "s", issuer: "https://idp.example", sends_iss: true };

    fn told(returned: Returned<'_>, asked: &Asked<'_>) -> Result<String, OidcRefused> {
        code_of(&returned, asked).map(ToOwned::to_owned)
    }

    #[test]
    fn an_answer_is_taken_from_whom_was_asked_for_what_was_asked() {
        let good = Returned { state: "s", code: Some("c"), error: None, iss: Some("https://idp.example") };
        assert_eq!(told(good, &ASKED), Ok("c".into()));
        assert_eq!(told(Returned { state: "t", ..good }, &ASKED), Err(OidcRefused::State));
        assert_eq!(told(Returned { iss: Some("https://evil.example"), ..good }, &ASKED), Err(OidcRefused::Mixed));
        assert_eq!(told(Returned { iss: None, ..good }, &ASKED), Err(OidcRefused::Mixed), "this provider always says who it is");
        let silent = Asked { sends_iss: false, ..ASKED };
        assert_eq!(told(Returned { iss: None, ..good }, &silent), Ok("c".into()));
        assert_eq!(told(Returned { iss: Some("https://evil.example"), ..good }, &silent), Err(OidcRefused::Mixed), "what is said counts all the same");
    }

    #[test]
    fn a_refusal_counts_only_from_whom_was_asked_and_is_told_in_plain_words() {
        let denied = Returned { state: "s", code: None, error: Some("access_denied"), iss: Some("https://idp.example") };
        assert_eq!(told(denied, &ASKED), Err(OidcRefused::Denied { code: "access_denied".into() }));
        assert_eq!(told(Returned { code: Some("c"), ..denied }, &ASKED), Err(OidcRefused::Denied { code: "access_denied".into() }));
        assert_eq!(told(Returned { iss: Some("https://evil.example"), ..denied }, &ASKED), Err(OidcRefused::Mixed));
        assert_eq!(told(Returned { state: "", ..denied }, &ASKED), Err(OidcRefused::State));
        let shouted = told(Returned { error: Some("<b>\n"), ..denied }, &ASKED);
        assert!(matches!(&shouted, Err(OidcRefused::Denied { code }) if !code.contains('<')), "{shouted:?}");
    }

    #[test]
    fn what_is_no_code_is_none() {
        let long = "x".repeat(CODE_CHARS_MAX + 1);
        for code in [None, Some(""), Some("a\nb"), Some("碼"), Some(long.as_str())] {
            let returned = Returned { state: "s", code, error: None, iss: Some("https://idp.example") };
            assert_eq!(told(returned, &ASKED), Err(OidcRefused::Empty), "{code:?}");
        }
    }
}
