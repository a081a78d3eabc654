//! `witness.toml`: for whom this server is a witness, and who are the witnesses of its own log.
//!
//! ```toml
//! name = "witness.tainan.example/w1"          # ours, as a witness; wanted when there is a [[log]]
//! needed = 2                                  # of our witnesses must have signed; wanted when there is a [[witness]]
//!
//! [[log]]
//! key = "shouhu.audit/0123…+89abcdef+AR…"     # `shouhu audit keys` on the other server
//!
//! [[witness]]
//! url = "https://witness.example"             # `/add-checkpoint` is asked below it
//! key = "witness.example/w1+01234567+BA…"
//! ```
//!
//! **Invariant:** what is wrong with it stops the start; a house never runs with half of its witnesses.

use serde::Deserialize;
use shouhu_outgoing::{Address, AddressError};
use shouhu_tlog::{Cosigner, NoteError, VerifierKey};

/// Each is asked for every checkpoint, and each signature line makes a proof longer.
const WITNESSES_MAX: usize = 16;
const LOGS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("it is not the TOML that is wanted: {0}")]
    Form(String),
    #[error("name: {0}")]
    Name(NoteError),
    #[error("there are logs to witness and no name = \"host/w1\" under which to sign")]
    NoName,
    #[error("key of {what} {number}: {reason}")]
    Key { what: &'static str, number: usize, reason: NoteError },
    #[error("key of log {number} is a witness's key (type 4); a log's is of type 1")]
    NotALog { number: usize },
    #[error("key of witness {number} is a log's key (type 1); a witness's is of type 4")]
    NotAWitness { number: usize },
    #[error("{what} {number} stands there twice")]
    Twice { what: &'static str, number: usize },
    #[error("url of witness {number}: {reason}")]
    Address { number: usize, reason: AddressError },
    #[error("needed is {needed:?}; with {witnesses} witnesses it is a number from 1 to {witnesses}")]
    Needed { needed: Option<usize>, witnesses: usize },
    #[error("needed is given and no witness")]
    NobodyToAsk,
    #[error("there are {found} of {what}; at most {most} are taken")]
    TooMany { what: &'static str, found: usize, most: usize },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    needed: Option<usize>,
    #[serde(default)]
    log: Vec<LogEntry>,
    #[serde(default)]
    witness: Vec<WitnessEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogEntry {
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessEntry {
    url: String,
    key: String,
}

/// A witness of our own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedWitness {
    pub key: VerifierKey,
    /// Where checkpoints are sent.
    pub add_checkpoint: Address,
}

/// What the file says, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    pub name: Option<String>,
    /// Keys of the logs that are witnessed here. An origin may have more than one, while its key is changed.
    pub logs: Vec<VerifierKey>,
    pub witnesses: Vec<AskedWitness>,
    /// At least 1 when there are witnesses.
    pub needed: usize,
}

fn key_of(what: &'static str, number: usize, text: &str) -> Result<VerifierKey, SettingsError> {
    text.trim().parse().map_err(|reason| SettingsError::Key { what, number, reason })
}

impl Settings {
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let file: File = toml::from_str(text).map_err(|error| SettingsError::Form(error.to_string().trim_end().to_owned()))?;
        for (what, found, most) in [("[[log]]", file.log.len(), LOGS_MAX), ("[[witness]]", file.witness.len(), WITNESSES_MAX)] {
            if found > most {
                return Err(SettingsError::TooMany { what, found, most });
            }
        }
        if let Some(name) = &file.name {
            // Only the name is judged here; the secret lies beside the other keys.
            Cosigner::new(name, &[0; 32]).map_err(SettingsError::Name)?;
        }
        let logs = logs_of(&file.log)?;
        if file.name.is_none() && !logs.is_empty() {
            return Err(SettingsError::NoName);
        }
        let witnesses = witnesses_of(&file.witness)?;
        let needed = match (file.needed, witnesses.len()) {
            (None, 0) => 0,
            (Some(_), 0) => return Err(SettingsError::NobodyToAsk),
            (Some(needed), count) if (1..=count).contains(&needed) => needed,
            (needed, witnesses) => return Err(SettingsError::Needed { needed, witnesses }),
        };
        Ok(Self { name: file.name, logs, witnesses, needed })
    }
}

fn logs_of(entries: &[LogEntry]) -> Result<Vec<VerifierKey>, SettingsError> {
    let mut logs: Vec<VerifierKey> = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        let key = key_of("log", number, &entry.key)?;
        if key.is_cosigner() {
            return Err(SettingsError::NotALog { number });
        }
        if logs.contains(&key) {
            return Err(SettingsError::Twice { what: "log", number });
        }
        logs.push(key);
    }
    Ok(logs)
}

fn witnesses_of(entries: &[WitnessEntry]) -> Result<Vec<AskedWitness>, SettingsError> {
    let mut witnesses: Vec<AskedWitness> = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        let key = key_of("witness", number, &entry.key)?;
        if !key.is_cosigner() {
            return Err(SettingsError::NotAWitness { number });
        }
        if witnesses.iter().any(|known| known.key.is_same_key_as(&key) || known.key.name() == key.name()) {
            return Err(SettingsError::Twice { what: "witness", number });
        }
        let address = Address::parse(&format!("{}/add-checkpoint", entry.url.trim().trim_end_matches('/')));
        let add_checkpoint = address.map_err(|reason| SettingsError::Address { number, reason })?;
        witnesses.push(AskedWitness { key, add_checkpoint });
    }
    Ok(witnesses)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_tlog::Signer;

    use super::*;

    fn log(secret: u8) -> String {
        Signer::new("shouhu.audit/a", &[secret; 32]).unwrap().verifier().to_string()
    }

    fn witness(name: &str, secret: u8) -> String {
        Cosigner::new(name, &[secret; 32]).unwrap().verifier().to_string()
    }

    fn asked(url: &str, key: &str) -> String {
        format!("[[witness]]\nurl = \"{url}\"\nkey = \"{key}\"\n")
    }

    #[test]
    fn both_sides_of_a_server_stand_in_one_file() {
        let text = format!(
            "name = \"w.example/1\"\nneeded = 1\n[[log]]\nkey = \"{}\"\n{}{}",
            log(1),
            asked("https://a.example/w/", &witness("a.example", 2)),
            asked("http://127.0.0.1:8471", &witness("b.example", 3))
        );
        let settings = Settings::parse(&text).unwrap();
        assert_eq!((settings.name.as_deref(), settings.logs.len(), settings.needed), (Some("w.example/1"), 1, 1));
        let places: Vec<String> = settings.witnesses.iter().map(|witness| witness.add_checkpoint.to_string()).collect();
        assert_eq!(places, ["https://a.example:443/w/add-checkpoint", "http://127.0.0.1:8471/add-checkpoint"]);
        assert_eq!(Settings::parse(""), Ok(Settings::default()));
    }

    #[test]
    fn each_mistake_is_named_with_its_place() {
        let (a, b) = (witness("a.example", 2), witness("b.example", 3));
        let at = "https://a.example";
        let cases = [
            (format!("[[log]]\nkey = \"{}\"", log(1)), "no name"),
            (format!("name = \"w\"\n[[log]]\nkey = \"{a}\""), "log 1 is a witness's key"),
            (format!("name = \"w\"\n[[log]]\nkey = \"{0}\"\n[[log]]\nkey = \"{0}\"", log(1)), "log 2 stands there twice"),
            ("name = \"a b\"".into(), "name: key name"),
            (format!("needed = 1\n{}", asked(at, &log(1))), "witness 1 is a log's key"),
            (format!("needed = 1\n{}", asked(at, "rubbish")), "key of witness 1: verifier key is not"),
            (format!("needed = 1\n{}", asked("http://a.example", &a)), "url of witness 1: an address begins with https"),
            (format!("needed = 1\n{}{}", asked(at, &a), asked(at, &a)), "witness 2 stands there twice"),
            (format!("needed = 1\n{}{}", asked(at, &a), asked(at, &witness("c.example", 2))), "witness 2 stands there twice"),
            (format!("needed = 3\n{}{}", asked(at, &a), asked(at, &b)), "from 1 to 2"),
            (format!("needed = 0\n{}", asked(at, &a)), "from 1 to 1"),
            (asked(at, &a), "from 1 to 1"),
            ("needed = 1".into(), "no witness"),
            ("witnesses = 1".into(), "unknown field"),
            ("name = ".into(), "TOML"),
        ];
        for (text, expected) in cases {
            let error = Settings::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}\n{error}\nand not {expected}");
        }
    }

    proptest! {
        #[test]
        fn rubbish_is_refused_with_a_reason(text in "(needed|name|=|\\[\\[(log|witness)\\]\\]|key|url|\"|\n|.){0,60}") {
            if let Err(error) = Settings::parse(&text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
