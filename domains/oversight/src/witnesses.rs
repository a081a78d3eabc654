//! The witnesses of our own log: each is asked to sign what was added, with the proof that the log only grew.
//!
//! It is a loop of the server and no kind of job: it has something to do every few seconds for as long as the house works,
//! and what it did last stands in a row for each witness, which is what an operator looks for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use shouhu_audit::AuditError;
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_outgoing::{Answer, Calls, Outgoing, Use};
use shouhu_store::StoreError;
use shouhu_tlog::{AddCheckpoint, Checkpoint, Note, NoteSignature, VerifierKey, cosigned_at_s};

use crate::asked::{self, Asked, Outcome};
use crate::room::Room;
use crate::settings::AskedWitness;

/// How long a checkpoint waits at most before it is sent; the log keeps it beside its keys as often.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A witness answers with a line for each of its keys, or with a problem.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Content type of the specification for the size that it signed last.
const SIZE_MEDIA: &str = "text/x.tlog.size";

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("this program makes no calls of its own")]
    NoCalls,
}

/// What a round asks for.
struct Wanted {
    note: Note,
    checkpoint: Checkpoint,
    root: String,
}

/// What one witness said.
struct Said {
    outcome: Outcome,
    /// Leaves that it has signed, as far as it told.
    size: u64,
    text: String,
    line: Option<(NoteSignature, Micros)>,
}

fn said(outcome: Outcome, size: u64, text: impl Into<String>) -> Said {
    Said { outcome, size, text: text.into(), line: None }
}

/// Which witnesses a round asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Those whose back-off is over.
    Due,
    All,
}

/// Asks the witnesses that have not signed the newest checkpoint. Returns how many have signed it now.
///
/// # Errors
/// When the log or the database fails; what a witness does is in its row.
pub async fn ask(app: &App, room: &Room, whom: Whom) -> Result<usize, AskError> {
    match app.audit.checkpoint().await? {
        Some(note) => ask_for(app, room, whom, note).await,
        None => Ok(0),
    }
}

/// Asks for a checkpoint that was the newest when it was read: another process of this house may have a newer one signed first.
pub(crate) async fn ask_for(app: &App, room: &Room, whom: Whom, note: Note) -> Result<usize, AskError> {
    let checkpoint = app.audit.opened(&note).await?;
    let wanted = Arc::new(Wanted { root: hex::encode(checkpoint.root), note, checkpoint });
    let calls = app.try_room::<Outgoing>().ok_or(AskError::NoCalls)?.to(Use::Witnesses);
    let now = app.env.now();
    let mut asking = tokio::task::JoinSet::new();
    let mut have_signed = 0;
    for witness in &room.witnesses {
        let before = asked::read(&app.store, &witness.key).await?;
        let has_it = |asked: &Asked| asked.outcome == Outcome::Signed && asked.size == wanted.checkpoint.size && asked.root == wanted.root;
        if before.as_ref().is_some_and(has_it) {
            have_signed += 1;
            continue;
        }
        if whom == Whom::Due && before.as_ref().is_some_and(|asked| asked.next_at() > now) {
            continue;
        }
        let (app, calls, wanted, witness) = (app.clone(), calls.clone(), wanted.clone(), witness.clone());
        asking.spawn(async move {
            let said = ask_one(&app, &calls, &wanted, &witness, before.as_ref()).await;
            (witness, before, said)
        });
    }
    let mut cosigned = wanted.note.clone();
    let mut rows = Vec::new();
    // A call that panicked is one that was not made; the next round makes it.
    while let Some(done) = asking.join_next().await {
        let Ok((witness, before, Some(said))) = done else { continue };
        let now = app.env.now();
        rows.push((witness.key, match said.line {
            Some((line, signed_at)) => {
                cosigned.signatures.push(line);
                have_signed += 1;
                Asked::signed(wanted.checkpoint.size, wanted.root.clone(), signed_at, now)
            }
            None => Asked::failed(before, said.size, said.outcome, &said.text, now),
        }));
    }
    // Before the rows: who stands there as having signed is not asked for this checkpoint again.
    if cosigned.signatures.len() > wanted.note.signatures.len() {
        let keys: Vec<VerifierKey> = room.witnesses.iter().map(|witness| witness.key.clone()).collect();
        app.audit.keep_cosigned(&cosigned, &keys).await?;
    }
    for (key, row) in &rows {
        asked::keep(&app.store, key, row).await?;
    }
    Ok(have_signed)
}

/// One witness, asked once more from the size that it names when it remembers another one than we do. `None`: another process
/// of this house was faster with a newer checkpoint, and what stands in the row is not ours to change.
async fn ask_one(app: &App, calls: &Calls, wanted: &Wanted, witness: &AskedWitness, before: Option<&Asked>) -> Option<Said> {
    let remembered = before.map_or(0, |asked| asked.size);
    let mut old = remembered.min(wanted.checkpoint.size);
    for _ in 0..2 {
        let proof = match app.audit.growth(old, wanted.checkpoint.size).await {
            Ok(proof) => proof,
            Err(error) => return Some(said(Outcome::Unreachable, remembered, format!("not asked: {error}"))),
        };
        let request = AddCheckpoint { old_size: old, proof, checkpoint: wanted.note.clone() };
        let answer = match calls.ask(&witness.add_checkpoint, request.to_string(), ANSWER_BYTES_MAX).await {
            Ok(answer) => answer,
            Err(error) => return Some(said(Outcome::Unreachable, remembered, error.to_string())),
        };
        match judged(&answer, wanted, &witness.key, old) {
            Judged::Said(said) => return Some(said),
            Judged::OtherSize(size) if size > wanted.checkpoint.size => {
                return match newest_size(app).await {
                    // Whether it is really this log that it signed shows in the next round, which asks with the newer one.
                    Ok(newest) if newest >= size => None,
                    Ok(newest) => Some(said(Outcome::Ahead, size, format!("has signed {size} leaves, this log has {newest}"))),
                    Err(error) => Some(said(Outcome::Unreachable, remembered, format!("its answer was not judged: {error}"))),
                };
            }
            Judged::OtherSize(size) => old = size,
        }
    }
    // Another server of this house may have asked in between; otherwise it is a witness that cannot say what it knows.
    Some(said(Outcome::Refused, old, "named another size each time it was asked"))
}

/// Leaves under the newest checkpoint, as it is now in the database.
async fn newest_size(app: &App) -> Result<u64, AuditError> {
    match app.audit.checkpoint().await? {
        Some(note) => Ok(app.audit.opened(&note).await?.size),
        None => Ok(0),
    }
}

enum Judged {
    Said(Said),
    OtherSize(u64),
}

fn judged(answer: &Answer, wanted: &Wanted, key: &VerifierKey, old: u64) -> Judged {
    let body = String::from_utf8_lossy(&answer.body);
    let is_size = answer.content_type.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case(SIZE_MEDIA));
    Judged::Said(match answer.status {
        200 => signed(&body, wanted, key, old),
        409 if is_size => match body.trim_end_matches('\n').parse::<u64>() {
            Ok(size) => return Judged::OtherSize(size),
            Err(_) => said(Outcome::Refused, old, "answered 409 with a size that is no number"),
        },
        409 => said(Outcome::Fork, old, told(409, &body)),
        422 => said(Outcome::NotGrown, old, told(422, &body)),
        // Overloaded or ill: it has said nothing about this log.
        status @ (429 | 500..) => said(Outcome::Unreachable, old, told(status, &body)),
        status => said(Outcome::Refused, old, told(status, &body)),
    })
}

/// The status, and the reason where it is a problem document of a server like ours.
fn told(status: u16, body: &str) -> String {
    let problem = serde_json::from_str::<serde_json::Value>(body).ok();
    let detail = problem.as_ref().and_then(|problem| problem.get("detail")).and_then(serde_json::Value::as_str);
    let detail = detail.unwrap_or_else(|| body.lines().next().unwrap_or_default());
    let detail: String = detail.chars().filter(|ch| !ch.is_control()).collect();
    if detail.is_empty() { format!("answered {status}") } else { format!("answered {status}: {detail}") }
}

/// The line of the key that we trust; lines of other keys are ignored, as the specification asks.
fn signed(body: &str, wanted: &Wanted, key: &VerifierKey, old: u64) -> Said {
    let Ok(lines) = NoteSignature::parse_all(body) else {
        return said(Outcome::Refused, old, "answered 200 without signature lines");
    };
    for line in lines {
        let alone = Note { text: wanted.note.text.clone(), signatures: vec![line.clone()] };
        if let Ok(at_s) = cosigned_at_s(&alone, key) {
            let at = Micros(i64::try_from(at_s).unwrap_or(i64::MAX).saturating_mul(Micros::SECOND));
            return Said { outcome: Outcome::Signed, size: wanted.checkpoint.size, text: String::new(), line: Some((line, at)) };
        }
    }
    said(Outcome::Refused, old, "answered 200 without a good signature of its key")
}

/// Asks for as long as the server runs. What changes is said in the operator's log, and each alarm once after each start.
pub async fn follow(app: App, room: Arc<Room>) {
    let mut told: HashMap<String, Outcome> = HashMap::new();
    loop {
        if let Err(error) = ask(&app, &room, Whom::Due).await {
            tracing::warn!(%error, "the witnesses were not asked; tried again in some seconds");
        }
        for witness in &room.witnesses {
            let Ok(Some(asked)) = asked::read(&app.store, &witness.key).await else { continue };
            let name = witness.key.name();
            if told.insert(name.to_owned(), asked.outcome) == Some(asked.outcome) {
                continue;
            }
            match asked.outcome {
                Outcome::Signed => tracing::info!(witness = name, leaves = asked.size, "the witness signs this log"),
                outcome if outcome.is_alarm() => {
                    tracing::error!(witness = name, ?outcome, said = asked.said, "a witness says that the audit log was changed: see docs/guide/operate.md");
                }
                outcome => tracing::warn!(witness = name, ?outcome, said = asked.said, "a witness does not sign; it is asked again"),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_tlog::{Cosigner, Signer};

    use super::*;

    fn wanted() -> Wanted {
        let checkpoint = Checkpoint::of("log.example/a", 9, [7; 32]);
        let note = checkpoint.signed_by(&Signer::new("log.example/a", &[1; 32]).unwrap()).unwrap();
        Wanted { note, root: hex::encode(checkpoint.root), checkpoint }
    }

    fn outcome(status: u16, content_type: &str, body: &str) -> Option<Outcome> {
        let key = Cosigner::new("w.example", &[2; 32]).unwrap().verifier();
        let answer = Answer { status, content_type: content_type.into(), body: body.as_bytes().to_vec() };
        match judged(&answer, &wanted(), &key, 5) {
            Judged::Said(said) => {
                assert_eq!(said.outcome == Outcome::Signed, said.line.is_some());
                Some(said.outcome)
            }
            Judged::OtherSize(_) => None,
        }
    }

    #[test]
    fn only_a_good_line_of_the_witness_we_trust_is_a_signature() {
        let ours = Cosigner::new("w.example", &[2; 32]).unwrap();
        let other = Cosigner::new("w.example", &[3; 32]).unwrap();
        let moved = Checkpoint::of("log.example/a", 9, [8; 32]).signed_by(&Signer::new("log.example/a", &[1; 32]).unwrap()).unwrap();
        let line = |cosigner: &Cosigner, note: &Note| cosigner.cosign(note, 1_800_000_000).to_string();
        let note = wanted().note;
        let both = format!("{}{}", line(&other, &note), line(&ours, &note));
        assert_eq!(outcome(200, "", &both), Some(Outcome::Signed), "lines of keys that we do not know are ignored");
        for body in [line(&other, &note), line(&ours, &moved), String::new(), note.to_string(), "\u{2014} w.example AAAA\n".into()] {
            assert_eq!(outcome(200, "", &body), Some(Outcome::Refused), "{body}");
        }
        assert_eq!(outcome(409, "text/x.tlog.size; charset=utf-8", "7\n"), None);
        for (status, media, body, expected) in [
            (409, SIZE_MEDIA, "-7\n", Outcome::Refused),
            (409, "application/problem+json", "7\n", Outcome::Fork),
            (422, "", "", Outcome::NotGrown),
            (404, "", "no\r\nsuch", Outcome::Refused),
            (503, "", "", Outcome::Unreachable),
        ] {
            assert_eq!(outcome(status, media, body), Some(expected), "{status} {body}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_witness_answers_it_is_no_signature_and_no_panic(
            status in prop_oneof![Just(200_u16), Just(409), 100_u16..600],
            is_size: bool,
            body in "(\u{2014} w.example [A-Za-z0-9+/]{0,120}=?\n|[0-9]{1,20}\n|.|\n){0,8}",
        ) {
            let media = if is_size { SIZE_MEDIA } else { "text/plain" };
            prop_assert!(outcome(status, media, &body) != Some(Outcome::Signed));
        }
    }
}
