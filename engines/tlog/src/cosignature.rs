//! What a witness says about a checkpoint (C2SP tlog-cosignature, Ed25519 version 1): it is the largest that I have seen of
//! this log, as of this time, and it grew out of all that I saw before.

use ed25519_dalek::{Signer as _, SigningKey};

use crate::note::{ED25519_COSIGNATURE, Note, NoteError, NoteSignature, VerifierKey, checked_name};

/// A witness's private key. It must sign nothing else: the message does not name the witness.
#[derive(Clone)]
pub struct Cosigner {
    name: String,
    key: SigningKey,
}

fn message(text: &str, at_s: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {at_s}\n{text}").into_bytes()
}

impl Cosigner {
    /// # Errors
    /// When the name cannot stand in a signature line.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, NoteError> {
        checked_name(name)?;
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(secret) })
    }

    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey::of(&self.name, ED25519_COSIGNATURE, self.key.verifying_key())
    }

    /// The signature line; `at_s` is in seconds since 1970.
    #[must_use]
    pub fn cosign(&self, checkpoint: &Note, at_s: u64) -> NoteSignature {
        let signature = self.key.sign(&message(&checkpoint.text, at_s));
        NoteSignature {
            name: self.name.clone(),
            key_id: self.verifier().key_id(),
            signature: [at_s.to_be_bytes().as_slice(), &signature.to_bytes()].concat(),
        }
    }
}

/// When the witness signed, in seconds since 1970.
///
/// # Errors
/// When the note carries no cosignature of that key, or one that does not belong to it.
pub fn cosigned_at_s(note: &Note, witness: &VerifierKey) -> Result<u64, NoteError> {
    let forged = || NoteError::Forged { name: witness.name().to_owned() };
    let line = note.of_key(witness)?;
    let (at_s, signature) = line.signature.split_first_chunk::<8>().filter(|_| witness.is_cosigner()).ok_or_else(forged)?;
    let at_s = u64::from_be_bytes(*at_s);
    // The specification's limit.
    if at_s > i64::MAX.cast_unsigned() {
        return Err(forged());
    }
    witness.checked(&message(&note.text, at_s), signature)?;
    Ok(at_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::note::Signer;

    /// C2SP tlog-cosignature, the example: a checkpoint with a signature of the log and one of a witness.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    #[test]
    fn the_specifications_own_message_is_signed() -> Result<(), NoteError> {
        let note: Note = EXAMPLE.parse()?;
        assert_eq!(note.to_string(), EXAMPLE);
        let at_s = note.signatures.last().and_then(|line| line.signature.first_chunk::<8>()).map(|bytes| u64::from_be_bytes(*bytes));
        assert_eq!(at_s, Some(1_679_315_147));
        let signed = String::from_utf8(message(&note.text, 1_679_315_147)).unwrap_or_default();
        let published = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        assert_eq!(signed, published);
        Ok(())
    }

    #[test]
    fn a_cosignature_of_another_time_text_or_kind_is_refused() -> Result<(), NoteError> {
        let log = Signer::new("a.example/log", &[1; 32])?;
        let witness = Cosigner::new("w.example", &[2; 32])?;
        let mut note = Checkpoint::of("a.example/log", 5, [7; 32]).signed_by(&log)?;
        let line = witness.cosign(&note, 1_700_000_000);
        note.signatures.push(line);
        assert_eq!(cosigned_at_s(&note, &witness.verifier()), Ok(1_700_000_000));
        for byte in 0..72 {
            let mut changed = note.clone();
            if let Some(byte) = changed.signatures.last_mut().and_then(|line| line.signature.get_mut(byte)) {
                *byte ^= 1;
            }
            assert!(cosigned_at_s(&changed, &witness.verifier()).is_err(), "byte {byte}");
        }
        let mut moved = Checkpoint::of("a.example/log", 6, [7; 32]).signed_by(&log)?;
        moved.signatures.extend(note.signatures.last().cloned());
        assert!(cosigned_at_s(&moved, &witness.verifier()).is_err());
        assert!(cosigned_at_s(&note, &log.verifier()).is_err());
        Ok(())
    }
}
