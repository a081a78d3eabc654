//! Certificates of makers of authenticators: PEM files that an operator has laid into `passkeys/` in the data folder.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

/// A maker's file has one certificate, seldom three.
const FILE_BYTES_MAX: usize = 64 * 1024;
const CERTIFICATES_MAX: usize = 16;
const NAME_CHARS_MAX: usize = 64;
/// Where they lie, so that the backup finds them.
const FOLDER: &str = "passkeys/";
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    #[error("write passkeys/<name>.pem, of letters, digits, dots, hyphens and low lines: a file in that folder of the data folder")]
    Path,
    #[error("it cannot be read: {0}")]
    Unread(String),
    #[error("it has {0} bytes; at most {FILE_BYTES_MAX} are taken")]
    TooLong(usize),
    #[error("it has more than {CERTIFICATES_MAX} certificates")]
    TooMany,
    #[error("it has no certificate in PEM")]
    Empty,
    #[error("certificate {number} in it cannot be read: {reason}")]
    Certificate { number: usize, reason: String },
    /// Such a one would stand above nothing, and everybody would be refused without anybody's knowing why.
    #[error("certificate {number} in it is no authority's: it needs basic constraints with CA, and key usage with certificate signing")]
    NoAuthority { number: usize },
}

/// # Errors
/// When it is no name of a file in the folder for them.
pub fn check_path(path: &str) -> Result<(), RootError> {
    let name = path.strip_prefix(FOLDER).and_then(|name| name.strip_suffix(".pem")).unwrap_or_default();
    let is_name = (1..=NAME_CHARS_MAX).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if is_name { Ok(()) } else { Err(RootError::Path) }
}

/// The DER of each certificate of a PEM file. Text around them is no fault: makers write whose they are.
///
/// # Errors
/// What is wrong with it, and with which certificate.
pub fn certificates_of(bytes: &[u8]) -> Result<Vec<Vec<u8>>, RootError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(RootError::TooLong(bytes.len()));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    let mut rest: &str = &text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let number = found.len() + 1;
        if number > CERTIFICATES_MAX {
            return Err(RootError::TooMany);
        }
        let wrong = |reason: String| RootError::Certificate { number, reason };
        let (body, after) = after.split_once(END).ok_or_else(|| wrong("its end is missing".into()))?;
        let base64: String = body.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
        let der = STANDARD.decode(base64).map_err(|error| wrong(error.to_string()))?;
        check_authority(&der, number)?;
        found.push(der);
        rest = after;
    }
    if found.is_empty() { Err(RootError::Empty) } else { Ok(found) }
}

/// What the library demands of whatever stands above a statement's certificate.
fn check_authority(der: &[u8], number: usize) -> Result<(), RootError> {
    let wrong = |reason: String| RootError::Certificate { number, reason };
    let certificate = Certificate::from_der(der).map_err(|error| wrong(error.to_string()))?;
    let of = certificate.tbs_certificate();
    let constraints = of.get_extension::<BasicConstraints>().map_err(|error| wrong(error.to_string()))?;
    let usage = of.get_extension::<KeyUsage>().map_err(|error| wrong(error.to_string()))?;
    let is_authority = constraints.is_some_and(|(_, constraints)| constraints.ca) && usage.is_some_and(|(_, usage)| usage.key_cert_sign());
    if is_authority { Ok(()) } else { Err(RootError::NoAuthority { number }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passkeys::soft_maker::{Maker, pem};

    #[test]
    fn a_path_leads_into_the_folder_and_nowhere_else() {
        for good in ["passkeys/maker.pem", "passkeys/a.b-c_1.pem"] {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
        for wrong in ["", "maker.pem", "passkeys/.pem", "passkeys/../x.pem", "passkeys/a/b.pem", "/passkeys/a.pem", "passkeys/..pem", "passkeys/a.crt", "passkeys/甲.pem"] {
            assert_eq!(check_path(wrong), Err(RootError::Path), "{wrong}");
        }
    }

    #[test]
    fn a_file_has_authorities_and_text_around_them() {
        let (one, two) = (Maker::new("One", 1), Maker::new("Two", 2));
        let text = format!("Root of One\n{}\r\n{}after", pem(&one.root()), pem(&two.root()));
        assert_eq!(certificates_of(text.as_bytes()), Ok(vec![one.root(), two.root()]));
        assert_eq!(certificates_of(b"no certificate"), Err(RootError::Empty));
        assert_eq!(certificates_of(&vec![b'a'; FILE_BYTES_MAX + 1]), Err(RootError::TooLong(FILE_BYTES_MAX + 1)));
        let many = pem(&one.root()).repeat(CERTIFICATES_MAX + 1);
        assert_eq!(certificates_of(many.as_bytes()), Err(RootError::TooMany));
    }

    #[test]
    fn what_is_no_authority_or_cannot_be_read_is_named_by_its_number() {
        let maker = Maker::new("One", 1);
        let batch = maker.batch([7; 16]);
        let text = format!("{}{}", pem(&maker.root()), pem(&batch.certificate));
        assert_eq!(certificates_of(text.as_bytes()), Err(RootError::NoAuthority { number: 2 }));
        let torn = pem(&maker.root()).replace(END, "");
        let shown = certificates_of(torn.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(shown.contains("certificate 1") && shown.contains("end is missing"), "{shown}");
        let root = maker.root();
        let cut = pem(root.get(..root.len() - 1).unwrap_or_default());
        assert!(matches!(certificates_of(cut.as_bytes()), Err(RootError::Certificate { number: 1, .. })));
    }
}
