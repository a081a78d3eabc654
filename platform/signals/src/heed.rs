//! From a token that was believed to what becomes of sessions: the leaf first, then rows and effect in one transaction.

use shouhu_audit::Entry;
use shouhu_identity::{Heeded, Word, heed};
use shouhu_ids::Micros;
use shouhu_module::{App, Problem};
use shouhu_secevent::{Direction, Set, SharedEvent};

use crate::polled;
use crate::settings::Transmitter;
use crate::store::{self, Outcome};

/// The action of the leaf.
const ACTION: &str = "signal heard";

/// What an event asks for. Nothing gets lighter by another's word.
fn word_of(event: &SharedEvent, may_end: bool) -> Option<Word> {
    match event {
        SharedEvent::SessionRevoked => Some(Word::Revoked { may_end }),
        SharedEvent::CredentialChange { .. } => Some(Word::Verify),
        SharedEvent::DeviceComplianceChange { is_compliant, .. } => (!is_compliant).then_some(Word::Verify),
        // One that does not say in which direction is taken for the worse: a touch of the key answers it.
        SharedEvent::AssuranceLevelChange { direction, .. } => (*direction != Some(Direction::Increase)).then_some(Word::Verify),
        SharedEvent::Verification { .. } | SharedEvent::Other { .. } => None,
    }
}

fn asks_for(word: Option<Word>) -> &'static str {
    match word {
        None => "nothing",
        Some(Word::Verify) => "a verification",
        Some(Word::Revoked { may_end: true }) => "the end of every session",
        Some(Word::Revoked { may_end: false }) => "the end of every session that nobody needs to help",
    }
}

fn outcome_of(word: Option<Word>, is_known: bool, heeded: Heeded) -> Outcome {
    match (word, is_known) {
        (None, _) => Outcome::NoAct,
        (Some(_), false) => Outcome::UnknownSubject,
        (Some(_), true) if heeded == Heeded::default() => Outcome::NoSession,
        (Some(_), true) => Outcome::Heeded,
    }
}

/// Carries out what a transmitter told. When it returns, it is done, for good.
///
/// # Errors
/// When the log or the database cannot write: nothing has then happened, and the transmitter comes again.
pub async fn carry_out(app: &App, from: &Transmitter, set: &Set) -> Result<(), Problem> {
    let (now, event) = (app.env.now(), &set.happened.event);
    let (actor, word) = (from.actor_of(&set.subject), word_of(event, from.may_end));
    let about = actor.map_or_else(|| "nobody here".to_owned(), |actor| format!("person {actor}"));
    let leaf = Entry {
        at_us: now,
        actor: "none".to_owned(),
        actor_name: from.name.clone(),
        action: ACTION.to_owned(),
        class: "security".to_owned(),
        purpose: None,
        case_ref: None,
        object: format!("{} from {}, jti {}, about {about}: asks for {}", event.name(), from.name, set.jti, asks_for(word)),
        outcome: 202,
    };
    app.audit.append(leaf).await.map_err(|error| Problem::of(&error))?;
    let mut tx = app.store.begin().await?;
    let heeded = match (actor, word) {
        (Some(actor), Some(word)) => heed(app, &mut tx, actor, word, Micros(set.occurred_at_s() * Micros::SECOND)).await?,
        _ => Heeded::default(),
    };
    let outcome = outcome_of(word, actor.is_some(), heeded);
    if !store::hear(&mut tx, now, &from.name, &set.jti, event.name(), outcome).await? {
        // Another request was first, and has done all of it.
        return Ok(());
    }
    if let SharedEvent::Verification { state: Some(state) } = event {
        polled::verified(&mut tx, now, &from.name, state).await?;
    }
    tx.commit().await?;
    let Heeded { ended, held, asked } = heeded;
    tracing::warn!(from = from.name, event = event.name(), outcome = outcome.as_str(), ended, held, asked, "a signal was heard");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(direction: Option<Direction>) -> SharedEvent {
        SharedEvent::AssuranceLevelChange { namespace: "NIST-AAL".into(), current: "nist-aal1".into(), previous: None, direction }
    }

    #[test]
    fn bad_news_asks_for_something_and_good_news_lightens_nothing() {
        let compliance = |is_compliant: bool| SharedEvent::DeviceComplianceChange { was_compliant: !is_compliant, is_compliant };
        assert_eq!(word_of(&SharedEvent::SessionRevoked, true), Some(Word::Revoked { may_end: true }));
        assert_eq!(word_of(&SharedEvent::SessionRevoked, false), Some(Word::Revoked { may_end: false }));
        for bad in [compliance(false), level(Some(Direction::Decrease)), level(None)] {
            assert_eq!(word_of(&bad, true), Some(Word::Verify), "{bad:?}: only a revocation ends anything");
        }
        let rest = [SharedEvent::Verification { state: None }, SharedEvent::Other { uri: "urn:x".into() }];
        for good in [compliance(true), level(Some(Direction::Increase))].into_iter().chain(rest) {
            assert_eq!(word_of(&good, true), None, "{good:?}");
        }
    }

    #[test]
    fn an_outcome_says_whether_anything_followed() {
        let done = Heeded { held: 1, ..Heeded::default() };
        assert_eq!(outcome_of(Some(Word::Verify), true, done), Outcome::Heeded);
        assert_eq!(outcome_of(Some(Word::Verify), true, Heeded::default()), Outcome::NoSession);
        assert_eq!(outcome_of(Some(Word::Verify), false, Heeded::default()), Outcome::UnknownSubject);
        assert_eq!(outcome_of(None, true, Heeded::default()), Outcome::NoAct);
    }
}
