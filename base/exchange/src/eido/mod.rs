//! NENA Emergency Incident Data Object (NENA-STA-021.1b, EIDO version 1.0): what one centre tells another of an incident.
//!
//! - `parts`: the components that are filled and read. `registry`: words of the registries against ours.
//! - `pidf`: places. `out`: an EIDO of an incident of ours. `told`: what an EIDO that came in says, in our words.
//!
//! An EIDO that lacks a member of the header, or has one of the wrong type, is refused with the JSON path. What is well
//! formed but unknown (a status, a kind, a place in a foreign system) is passed over with a remark: somebody waits for help.

pub mod out;
pub mod parts;
pub mod pidf;
pub mod registry;
pub mod told;

use sha2::{Digest, Sha256};

use crate::moment::Moment;
pub use parts::Eido;
pub use told::{Remark, Told, ToldUnit};

/// Bytes of one EIDO. A large incident with a hundred units has 90 KB.
pub const EIDO_BYTES_MAX: usize = 512 * 1024;
/// The version that is read and written.
pub const VERSION: &str = "1.0";
/// Characters of an identifier.
pub const ID_CHARS_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EidoError {
    #[error("the EIDO has {bytes} bytes; {EIDO_BYTES_MAX} are the most")]
    TooLarge { bytes: usize },
    #[error("no JSON: {reason}")]
    Json { reason: String },
    #[error("at {path}: {reason}")]
    Member { path: String, reason: String },
    #[error("at eidoVersion: version {found:?} is not read, {VERSION} is")]
    Version { found: String },
    #[error("at incidentComponent: the EIDO is about no incident")]
    NoIncident,
}

impl Eido {
    /// Reads one and checks what every EIDO must have.
    ///
    /// # Errors
    /// Names the member by its JSON path.
    pub fn read(bytes: &[u8]) -> Result<Self, EidoError> {
        if bytes.len() > EIDO_BYTES_MAX {
            return Err(EidoError::TooLarge { bytes: bytes.len() });
        }
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let eido: Self = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let (path, inner) = (error.path().to_string(), error.inner());
            let reason = inner.to_string();
            if inner.is_data() { EidoError::Member { path, reason } } else { EidoError::Json { reason } }
        })?;
        json.end().map_err(|error| EidoError::Json { reason: error.to_string() })?;
        eido.check()?;
        Ok(eido)
    }

    fn check(&self) -> Result<(), EidoError> {
        if self.eido_version.trim() != VERSION {
            return Err(EidoError::Version { found: self.eido_version.chars().take(20).collect() });
        }
        let member = |path: &str, reason: String| EidoError::Member { path: path.to_owned(), reason };
        for (path, text) in [("$id", &self.id), ("issuingElementIdentification", &self.issuing_element_identification)] {
            let length = text.chars().count();
            if text.trim().is_empty() || length > ID_CHARS_MAX || text.chars().any(char::is_control) {
                return Err(member(path, format!("an identifier has 1 to {ID_CHARS_MAX} characters and no control characters")));
            }
        }
        Moment::parse(&self.last_update_time_stamp).map_err(|error| member("lastUpdateTimeStamp", error.to_string()))?;
        if self.agency_component.is_empty() {
            return Err(member("agencyComponent", "an EIDO names at least the agency that sends it".into()));
        }
        Ok(())
    }

    /// SHA-256 of its JSON text, in hexadecimal: two EIDOs with one digest say the same.
    #[must_use]
    pub fn digest(&self) -> String {
        Sha256::digest(self.write()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Its JSON text.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        // Maps have text keys and no number is infinite, so this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The text of a note, which the standard writes in HTML, without tags; the five entities of XML and `&nbsp;` are read.
#[must_use]
pub fn text_of_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut is_tag = false;
    let mut rest = html.chars().peekable();
    while let Some(ch) = rest.next() {
        match ch {
            // A "<" before a letter, "/" or "!" opens a tag (HTML Living Standard §13.2.5.6); any other is a character.
            '<' if !is_tag && rest.peek().is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!')) => {
                is_tag = true
            }
            '>' if is_tag => {
                is_tag = false;
                text.push(' ');
            }
            _ if is_tag => {}
            _ => text.push(ch),
        }
    }
    let entities = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let decoded = entities.iter().fold(text, |text, (entity, ch)| text.replace(entity, ch));
    decoded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEAST: &str = r#"{"$id":"urn:emergency:uid:incidentid:1:a.example","lastUpdateTimeStamp":"2026-11-21T14:05:00Z",
        "eidoVersion":"1.0","issuingElementIdentification":"cad.a.example",
        "agencyComponent":[{"$id":"a.example","lastUpdateTimeStamp":"2026-11-21T14:05:00Z"}]}"#;

    fn refused(text: &str) -> String {
        Eido::read(text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn each_member_of_the_header_is_missed_by_name() {
        assert_eq!(refused(LEAST), "");
        for member in ["$id", "lastUpdateTimeStamp", "eidoVersion", "issuingElementIdentification", "agencyComponent"] {
            let mut value: serde_json::Value = serde_json::from_str(LEAST).unwrap_or_default();
            value.as_object_mut().and_then(|object| object.remove(member));
            assert!(refused(&value.to_string()).contains(member), "{}", refused(&value.to_string()));
        }
    }

    #[test]
    fn a_wrong_member_is_named_by_its_path() {
        let wrong = LEAST.replacen(
            "}]}",
            r#"}],"emergencyResourceComponent":[{"$id":"u","lastUpdateTimeStamp":"","primaryUnitStatusRegistryText":7}]}"#,
            1,
        );
        let said = refused(&wrong);
        assert!(said.starts_with("at emergencyResourceComponent[0].primaryUnitStatusRegistryText: "), "{said}");
        assert!(refused(&LEAST.replace("\"1.0\"", "\"2.0\"")).contains("version \"2.0\""));
        assert!(refused(&LEAST.replace("2026-11-21T14:05:00Z\",\n", "yesterday\",\n")).starts_with("at lastUpdateTimeStamp"));
        assert!(refused(&format!("{LEAST} {{}}")).starts_with("no JSON"));
        assert!(refused("{").starts_with("no JSON"));
    }

    #[test]
    fn members_that_are_not_known_here_are_kept() {
        let extended = LEAST.replacen('{', r#"{"x-tainan":{"a":[1,2]},"cautionComponent":[{"$id":"c"}],"#, 1);
        let eido = Eido::read(extended.as_bytes()).unwrap_or_default();
        let again: serde_json::Value = serde_json::from_slice(&eido.write()).unwrap_or_default();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(&extended).unwrap_or_default());
    }

    #[test]
    fn notes_lose_their_tags_and_keep_their_signs() {
        assert_eq!(text_of_html("<p>3 < 4 &amp;&nbsp;<b>刀</b></p><script>x</script>"), "3 < 4 & 刀 x");
        assert_eq!(text_of_html("&amp;lt;"), "&lt;");
    }

    proptest! {
        #[test]
        fn rubbish_is_refused_and_never_breaks(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Eido::read(&bytes).is_err());
        }

        #[test]
        fn a_mangled_eido_never_breaks(at in 0_usize..260, with in "[\\[\\]{}\":,0-9a-z$-]{0,6}") {
            let mut text = LEAST.to_owned();
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.insert_str(at, &with);
            let _ = Eido::read(text.as_bytes()).map(|eido| eido.told());
        }
    }
}
