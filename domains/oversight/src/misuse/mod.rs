//! Looking at how the system is used 異常查詢: hints, an auditor's case file, and a sample that nobody can choose.
//!
//! | word | meaning |
//! |---|---|
//! | alert 線索 | `shouhu_misuse` says that somebody should look at this, with counts and leaves; it has no other effect |
//! | mark 註記 | a vehicle that is a decoy, in the news, an officer's own or his household's, as an auditor has declared it |
//! | case file 稽查案 | question, answer, finding, each a step with a time by which it is due |
//! | sample 抽查 | leaves drawn by a rule from a checkpoint that was signed after the period had ended |
//!
//! **Invariant:** nobody opens, asks about, sets aside or judges what concerns himself or his own office; a founded finding is made by
//! somebody else than who opened the file, and never before the officer has answered or his time to do so is over.
//!
//! What the platform does not know it does not guess: it holds no register of persons, so that an officer's vehicles and those of his
//! household are what was declared; names and telephone numbers are asked about nowhere in it.

pub mod alerts;
pub mod cases;
pub mod looks;
pub mod marks;
pub mod sample;
pub mod sampling;
pub mod turn;

use axum::http::StatusCode;
use shouhu_ids::{ActorId, Micros};
use shouhu_module::ports::{PeoplePort, Serving};
use shouhu_module::{App, Keyed, Person, Problem};
use shouhu_store::StoreError;

/// The finding is due so long after a file was opened.
pub const CASE_US: i64 = 30 * Micros::DAY;
/// An answer is due so long after the question.
pub const ANSWER_US: i64 = 7 * Micros::DAY;
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 2..=2_000;

#[derive(Debug, thiserror::Error)]
pub enum MisuseError {
    #[error("there is none, or you may not see it")]
    Unknown,
    #[error("nobody handles what concerns himself")]
    SamePerson,
    #[error("you serve in no office: somebody must be able to see that it is another one")]
    NoOffice,
    #[error("nobody handles what concerns his own office")]
    SameOffice,
    #[error("whoever opened the file does not find it founded: a second person does")]
    SecondPerson,
    #[error("somebody has settled it already")]
    Settled,
    #[error("the officer has not been heard: ask, and wait for the answer or for the end of its time")]
    NotHeard,
    #[error("a file that is not founded is closed with a code of the list")]
    Code,
    #[error("nothing is asked of you there")]
    NotAsked,
    #[error("write it in {} to {} characters", TEXT_CHARS.start(), TEXT_CHARS.end())]
    Text,
    #[error("a file is opened from an alert or from a leaf of the log that a person has caused")]
    Origin,
    #[error("{0}")]
    Plate(shouhu_plate::PlateError),
    #[error("an officer's own or household's vehicle names the officer; a decoy and somebody in the news name nobody")]
    Officer,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for MisuseError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "http.not_found",
            Self::SamePerson => "oversight.misuse.same_person",
            Self::NoOffice => "oversight.misuse.no_office",
            Self::SameOffice => "oversight.misuse.same_office",
            Self::SecondPerson => "oversight.misuse.second_person",
            Self::Settled => "oversight.misuse.settled",
            Self::NotHeard => "oversight.misuse.not_heard",
            Self::NotAsked => "oversight.misuse.not_asked",
            Self::Code => "oversight.misuse.code",
            Self::Text => "oversight.misuse.text",
            Self::Origin => "oversight.misuse.origin",
            Self::Plate(_) => "oversight.misuse.plate",
            Self::Officer => "oversight.misuse.officer",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::SamePerson | Self::NoOffice | Self::SameOffice | Self::SecondPerson => StatusCode::FORBIDDEN,
            Self::Settled | Self::NotHeard | Self::NotAsked => StatusCode::CONFLICT,
            Self::Code | Self::Text | Self::Origin | Self::Plate(_) | Self::Officer => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

/// What people write, without what would hide in it.
fn text(given: &str) -> Result<String, MisuseError> {
    let text: String = given.trim().chars().filter(|ch| !ch.is_control() || *ch == '\n').collect();
    if TEXT_CHARS.contains(&text.chars().count()) { Ok(text) } else { Err(MisuseError::Text) }
}

/// Somebody as identity has him; `None` where nobody answers, or the account is gone.
async fn serving(app: &App, id: ActorId) -> Result<Option<Serving>, Problem> {
    match app.try_room::<PeoplePort>() {
        Some(port) => port.0.one(id).await,
        None => Ok(None),
    }
}

/// Whether this person may handle what concerns that officer. Where the officer's office is not known, only that it is not himself is.
fn impartial(person: &Person, officer: ActorId, office: Option<&str>) -> Result<(), MisuseError> {
    if person.id == officer {
        return Err(MisuseError::SamePerson);
    }
    let own = person.office.as_deref().ok_or(MisuseError::NoOffice)?;
    if office == Some(own) { Err(MisuseError::SameOffice) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
