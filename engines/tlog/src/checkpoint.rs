//! Checkpoints (C2SP tlog-checkpoint): which log, how many leaves, which root.

use std::fmt;
use std::str::FromStr;

use crate::hash::Hash;
use crate::note::{Note, NoteError, Signer, VerifierKey};
use crate::text::{hash_from_base64, line, number, to_base64};

/// A tree head. Believe one only when it came out of [`Checkpoint::opened`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log, of whatever form; not empty, one line.
    pub origin: String,
    pub size: u64,
    pub root: Hash,
    /// Lines that other logs add; ours never does.
    pub extensions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("checkpoint is not origin, size and root on a line each: {detail}")]
    Shape { detail: &'static str },
    #[error("checkpoint of {found:?} was signed, not of {expected:?}")]
    Origin { expected: String, found: String },
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads the text of a note, without its signatures.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let shape = |detail| CheckpointError::Shape { detail };
        let (origin, rest) = line(text).ok_or(shape("there are no three lines"))?;
        let (size, rest) = line(rest).ok_or(shape("there are no three lines"))?;
        let (root, rest) = line(rest).ok_or(shape("there are no three lines"))?;
        if origin.is_empty() {
            return Err(shape("the origin is empty"));
        }
        let extensions: Vec<String> = rest.split_terminator('\n').map(ToOwned::to_owned).collect();
        let ends_well = rest.is_empty() || rest.ends_with('\n');
        if !ends_well || extensions.iter().any(String::is_empty) {
            return Err(shape("an extension line is empty or does not end"));
        }
        Ok(Self {
            origin: origin.to_owned(),
            size: number(size).ok_or(shape("the size is no plain decimal"))?,
            root: hash_from_base64(root).ok_or(shape("the root is not 32 bytes in base64"))?,
            extensions,
        })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, to_base64(&self.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl Checkpoint {
    #[must_use]
    pub fn of(origin: &str, size: u64, root: Hash) -> Self {
        Self { origin: origin.to_owned(), size, root, extensions: Vec::new() }
    }

    /// # Errors
    /// When the origin could not be read back.
    pub fn signed_by(&self, signer: &Signer) -> Result<Note, NoteError> {
        signer.sign(&self.to_string())
    }

    /// The checkpoint of a note that the log's key signed; the key's name must be the origin.
    ///
    /// # Errors
    /// When it is not signed by the key, or speaks of another log.
    pub fn opened(note: &Note, log: &VerifierKey) -> Result<Self, CheckpointError> {
        note.checked_by(log)?;
        let checkpoint: Self = note.text.parse()?;
        if checkpoint.origin != log.name() {
            return Err(CheckpointError::Origin { expected: log.name().to_owned(), found: checkpoint.origin });
        }
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// C2SP tlog-checkpoint, the example.
    pub const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_specifications_own_checkpoint_comes_back_byte_by_byte() -> Result<(), CheckpointError> {
        let read: Checkpoint = EXAMPLE.parse()?;
        assert_eq!((read.origin.as_str(), read.size, read.root.first()), ("example.com/behind-the-sofa", 20_852_163, Some(&0x0a)));
        assert_eq!(read.to_string(), EXAMPLE);
        Ok(())
    }

    #[test]
    fn only_the_logs_own_key_opens_its_checkpoint() -> Result<(), CheckpointError> {
        let (log, other) = (Signer::new("a.example/log", &[1; 32])?, Signer::new("b.example/log", &[1; 32])?);
        let note = Checkpoint::of("a.example/log", 5, [7; 32]).signed_by(&log)?;
        assert_eq!(Checkpoint::opened(&note, &log.verifier())?.size, 5);
        assert!(Checkpoint::opened(&note, &other.verifier()).is_err());
        let lent = Checkpoint::of("b.example/log", 5, [7; 32]).signed_by(&log)?;
        assert!(matches!(Checkpoint::opened(&lent, &log.verifier()), Err(CheckpointError::Origin { .. })));
        Ok(())
    }

    #[test]
    fn each_number_has_one_spelling() {
        for size in ["020852163", "+1", " 1", "1 ", "", "-1", "18446744073709551616"] {
            let text = EXAMPLE.replace("20852163", size);
            assert!(text.parse::<Checkpoint>().is_err(), "{size:?}");
        }
    }

    proptest! {
        #[test]
        fn rubbish_is_refused_and_what_is_read_is_written_back(text in "(.|\n){0,120}", tail in "(.|\n){0,40}") {
            for text in [text, format!("{EXAMPLE}{tail}")] {
                if let Ok(read) = text.parse::<Checkpoint>() {
                    prop_assert_eq!(read.to_string(), text);
                }
            }
        }
    }
}
