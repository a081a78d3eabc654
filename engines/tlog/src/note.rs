//! Signed notes (C2SP signed-note): a text, an empty line, and lines that sign it.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::text::{from_base64, to_base64};

/// Signature lines that a note may have; the specification asks for at least 16.
pub const SIGNATURES_MAX: usize = 64;
/// Signature types of C2SP signed-note.
pub(crate) const ED25519: u8 = 0x01;
pub(crate) const ED25519_COSIGNATURE: u8 = 0x04;
const DASH: &str = "\u{2014} ";
const ID_BYTES: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("note is not a text, an empty line and signature lines: {detail}")]
    Shape { detail: &'static str },
    #[error("key name {name:?} is empty or has a space or a plus sign")]
    KeyName { name: String },
    #[error("verifier key is not name+id+base64 of a known signature type: {detail}")]
    Key { detail: &'static str },
    #[error("note carries no signature of {name}")]
    NotSigned { name: String },
    #[error("signature of {name} does not belong to this text")]
    Forged { name: String },
}

/// One signature line, checked or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    pub name: String,
    pub key_id: [u8; ID_BYTES],
    pub signature: Vec<u8>,
}

/// A text and its signatures. Nothing in it may be believed before a signature of a known key was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// With its last line break.
    pub text: String,
    pub signatures: Vec<NoteSignature>,
}

/// Who may sign, and with which key: `name+<8 hex>+<base64 of type and public key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: u8,
    key: VerifyingKey,
}

/// A private key with its name.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: SigningKey,
}

pub(crate) fn checked_name(name: &str) -> Result<(), NoteError> {
    let is_bad = name.is_empty() || name.chars().any(|ch| ch.is_whitespace() || ch.is_control() || ch == '+');
    if is_bad { Err(NoteError::KeyName { name: name.chars().take(100).collect() }) } else { Ok(()) }
}

fn key_id(name: &str, kind: u8, key: &VerifyingKey) -> [u8; ID_BYTES] {
    let hash: [u8; 32] = Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(key.as_bytes()).finalize().into();
    let [a, b, c, d, ..] = hash;
    [a, b, c, d]
}

impl NoteSignature {
    fn parse(line: &str) -> Result<Self, NoteError> {
        let shape = |detail| NoteError::Shape { detail };
        let rest = line.strip_prefix(DASH).ok_or(shape("a signature line begins with an em dash and a space"))?;
        let (name, encoded) = rest.split_once(' ').ok_or(shape("a signature line has a name and a signature"))?;
        checked_name(name)?;
        let bytes = from_base64(encoded).ok_or(shape("a signature is base64"))?;
        let (id, signature) = bytes.split_first_chunk::<ID_BYTES>().ok_or(shape("a signature begins with a key id of 4 bytes"))?;
        Ok(Self { name: name.to_owned(), key_id: *id, signature: signature.to_vec() })
    }

    /// Signature lines as a witness sends them, each with its line break.
    ///
    /// # Errors
    /// When a line is none, or there are too many.
    pub fn parse_all(lines: &str) -> Result<Vec<Self>, NoteError> {
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Shape { detail: "the last line has no line break" })?;
        if lines.split('\n').count() > SIGNATURES_MAX {
            return Err(NoteError::Shape { detail: "there are more than 64 signatures" });
        }
        lines.split('\n').map(Self::parse).collect()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{DASH}{} {}", self.name, to_base64(&[self.key_id.as_slice(), &self.signature].concat()))
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        if note.chars().any(|ch| ch < ' ' && ch != '\n') {
            return Err(NoteError::Shape { detail: "there is a control character" });
        }
        // The last empty line divides: the text itself may have empty lines.
        let at = note.rfind("\n\n").ok_or(NoteError::Shape { detail: "there is no empty line" })?;
        let (text, signatures) = note.split_at_checked(at + 1).ok_or(NoteError::Shape { detail: "there is no empty line" })?;
        let signatures = signatures.strip_prefix('\n').unwrap_or_default();
        Ok(Self { text: text.to_owned(), signatures: NoteSignature::parse_all(signatures)? })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| write!(f, "{signature}"))
    }
}

impl Note {
    /// The signature of a key, if there is one; not checked.
    pub(crate) fn of_key(&self, key: &VerifierKey) -> Result<&NoteSignature, NoteError> {
        let is_theirs = |signature: &&NoteSignature| signature.name == key.name && signature.key_id == key.key_id();
        self.signatures.iter().find(is_theirs).ok_or_else(|| NoteError::NotSigned { name: key.name.clone() })
    }

    /// Checks the signature of a key over the text.
    ///
    /// # Errors
    /// `NotSigned` without a signature of that key, `Forged` when it does not belong to the text.
    pub fn checked_by(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let signature = self.of_key(key)?;
        key.checked(self.text.as_bytes(), &signature.signature)
    }
}

impl VerifierKey {
    pub(crate) fn of(name: &str, kind: u8, key: VerifyingKey) -> Self {
        Self { name: name.to_owned(), kind, key }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Is it a witness's key, whose signatures carry their time?
    #[must_use]
    pub const fn is_cosigner(&self) -> bool {
        self.kind == ED25519_COSIGNATURE
    }

    /// Is it the same key, under whatever name? A witness's message does not name it, so one key with two names is one witness.
    #[must_use]
    pub fn is_same_key_as(&self, other: &Self) -> bool {
        self.key == other.key
    }

    pub(crate) fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    #[must_use]
    pub fn key_id(&self) -> [u8; ID_BYTES] {
        key_id(&self.name, self.kind, &self.key)
    }

    /// Strict: a signature that another, weaker rule would take is refused, so that all verifiers agree.
    pub(crate) fn checked(&self, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
        let forged = || NoteError::Forged { name: self.name.clone() };
        let signature = Signature::from_slice(signature).map_err(|_| forged())?;
        self.key.verify_strict(message, &signature).map_err(|_| forged())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.key_id();
        let material = [&[self.kind], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{a:02x}{b:02x}{c:02x}{d:02x}+{}", self.name, to_base64(&material))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let refused = |detail| NoteError::Key { detail };
        let (name, rest) = text.split_once('+').ok_or(refused("there are no three parts"))?;
        let (id, material) = rest.split_once('+').ok_or(refused("there are no three parts"))?;
        checked_name(name)?;
        let bytes = from_base64(material).ok_or(refused("the key is not base64"))?;
        let (kind, key) = bytes.split_first().ok_or(refused("the key is empty"))?;
        if ![ED25519, ED25519_COSIGNATURE].contains(kind) {
            return Err(refused("only Ed25519 signatures and cosignatures are known"));
        }
        let key = key.try_into().map_err(|_| refused("an Ed25519 key has 32 bytes"))?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| refused("the bytes are no point of the curve"))?;
        let parsed = Self { name: name.to_owned(), kind: *kind, key };
        let [a, b, c, d] = parsed.key_id();
        if id == format!("{a:02x}{b:02x}{c:02x}{d:02x}") { Ok(parsed) } else { Err(refused("the id is not that of name and key")) }
    }
}

impl Signer {
    /// # Errors
    /// When the name cannot stand in a signature line.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, NoteError> {
        checked_name(name)?;
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(secret) })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey::of(&self.name, ED25519, self.key.verifying_key())
    }

    /// A note with this one signature; `text` must end in a line break.
    ///
    /// # Errors
    /// When the text could not be read back as it was.
    pub fn sign(&self, text: &str) -> Result<Note, NoteError> {
        let signature = NoteSignature {
            name: self.name.clone(),
            key_id: self.verifier().key_id(),
            signature: self.key.sign(text.as_bytes()).to_bytes().to_vec(),
        };
        let note = Note { text: text.to_owned(), signatures: vec![signature] };
        if note.to_string().parse::<Note>()? == note { Ok(note) } else { Err(NoteError::Shape { detail: "the text does not end in a line break" }) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of Go's note package, whose format the specification wrote down.
    const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_note_of_another_program_is_checked_byte_by_byte() -> Result<(), NoteError> {
        let key: VerifierKey = GO_KEY.parse()?;
        assert_eq!(key.to_string(), GO_KEY);
        let note: Note = GO_NOTE.parse()?;
        assert_eq!(note.to_string(), GO_NOTE);
        note.checked_by(&key)?;
        let changed: Note = GO_NOTE.replace("answer", "remedy").parse()?;
        assert_eq!(changed.checked_by(&key), Err(NoteError::Forged { name: "PeterNeumann".into() }));
        Ok(())
    }

    #[test]
    fn the_specifications_own_note_is_read() -> Result<(), NoteError> {
        // C2SP signed-note, first example: empty lines within the text.
        let text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \u{e8} subito sera.\n";
        let line = "\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
        let note: Note = format!("{text}\n{line}").parse()?;
        assert_eq!(note.text, text);
        let found: Vec<_> = note.signatures.iter().map(|s| (s.name.as_str(), s.key_id, s.signature.len())).collect();
        assert_eq!(found, [("quasimodo.example/salvatore", [0x36, 0x7b, 0xa0, 0x4b], 64)]);
        Ok(())
    }

    #[test]
    fn a_signature_of_an_unknown_key_counts_for_nothing() -> Result<(), NoteError> {
        let (ours, theirs) = (Signer::new("a.example/log", &[1; 32])?, Signer::new("a.example/log", &[2; 32])?);
        let note = ours.sign("text\n")?;
        assert_eq!(note.checked_by(&ours.verifier()), Ok(()));
        assert_eq!(note.checked_by(&theirs.verifier()), Err(NoteError::NotSigned { name: "a.example/log".into() }));
        Ok(())
    }

    #[test]
    fn a_name_or_text_that_could_be_misread_is_refused() {
        for name in ["", "a b", "a+b", "a\u{3000}b", "a\nb"] {
            assert!(Signer::new(name, &[1; 32]).is_err(), "{name:?}");
        }
        for text in ["", "no break", "tab\t\n", "\r\n"] {
            assert!(Signer::new("a", &[1; 32]).is_ok_and(|signer| signer.sign(text).is_err()), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn rubbish_is_refused_and_what_is_read_is_written_back(text in "(.|\n|\u{2014} ){0,200}") {
            if let Ok(note) = text.parse::<Note>() {
                prop_assert_eq!(note.to_string(), text.clone());
            }
            let _ = text.parse::<VerifierKey>();
        }

        #[test]
        fn a_flipped_bit_is_never_accepted(byte in 0_usize..GO_NOTE.len(), bit in 0_u8..8) {
            let mut bytes = GO_NOTE.as_bytes().to_vec();
            if let Some(byte) = bytes.get_mut(byte) {
                *byte ^= 1 << bit;
            }
            let key: Result<VerifierKey, _> = GO_KEY.parse();
            if let (Ok(text), Ok(key)) = (String::from_utf8(bytes), key) {
                prop_assert!(text.parse::<Note>().is_err() || text.parse::<Note>().is_ok_and(|note| note.checked_by(&key).is_err()));
            }
        }
    }
}
