//! Counts what the rooms tell, and tells what oversight itself has left too long.

use shouhu_audit::Entry;
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::{ActorId, Micros};
use shouhu_module::ports::PeoplePort;
use shouhu_module::{App, JobKind, Reaction};
use shouhu_store::tag_of;
use shouhu_wire::NOT_ANSWERED;

use super::store::{self, Told};
use crate::transparency::month_of;

pub const COUNT: Reaction = Reaction { name: "oversight.count_not_done", kinds: &["not_done"], run: count };
pub const NOT_ANSWERED_JOB: JobKind = JobKind { kind: "oversight.not_answered", run: not_answered };
/// 00:50 in Taipei.
pub const HOUR_UTC_US: i64 = 16 * Micros::HOUR + 50 * Micros::MINUTE;

/// A hint of misuse is settled within so long.
const ALERT_US: i64 = 14 * Micros::DAY;

fn count(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let Event::NotDone { asked, object, code, by } = envelope.event else { return Ok(()) };
        let office = match by {
            Some(by) => office_of(&app, by).await?,
            None => String::new(),
        };
        if by.is_some() && !asked.codes().contains(&code.as_str()) {
            // Counted all the same: a reason that the list does not know is a mistake of ours, and hiding it would be another.
            tracing::error!(asked = tag_of(&asked), code, "a reason that is on no list");
        }
        let month = month_of(envelope.at_us);
        let told = Told { asked, object: &object, code: &code, at: envelope.at_us, month: &month, office: &office };
        let needs_leaf = store::keep(&app.store, &told).await? && by.is_none();
        if needs_leaf {
            // Cut between the two, the next delivery says it once more: twice said is better than never.
            let leaf = app.audit.append(unanswered(&told)).await?;
            store::set_leaf(&app.store, &told, leaf).await?;
        }
        Ok(())
    })
}

async fn office_of(app: &App, by: ActorId) -> Result<String, ReactionError> {
    let Some(people) = app.try_room::<PeoplePort>() else { return Ok(String::new()) };
    let person = people.0.one(by).await.map_err(|problem| problem.detail)?;
    Ok(person.and_then(|person| person.office).unwrap_or_default())
}

fn unanswered(told: &Told<'_>) -> Entry {
    Entry {
        at_us: told.at,
        actor: "shouhu".into(),
        actor_name: "shouhu (time)".into(),
        action: "not answered".into(),
        class: "write".into(),
        purpose: None,
        case_ref: None,
        object: format!("{} {}: {}", tag_of(&told.asked), told.object, NOT_ANSWERED),
        outcome: 200,
    }
}

fn not_answered(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        NOT_ANSWERED_JOB.schedule_daily(&app.store, HOUR_UTC_US).await?;
        let told = store::tell_overdue(&app.store, ALERT_US).await?;
        tracing::info!(told, "hints and files of misuse that nobody settled in time");
        Ok(())
    })
}
