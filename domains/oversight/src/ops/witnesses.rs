//! `GET /v1/oversight/witnesses`: who signs our log and how far, for whom we sign, and what we refused to.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Health, Problem, Route};

use crate::asked::{self, Asked, Outcome};
use crate::room::Room;
use crate::settings::AskedWitness;
use crate::witnessed::{self, Evidence, WitnessedLog};

pub const ROUTE: Route =
    Route::get("/v1/oversight/witnesses", "Show the witnesses of the audit log, and the logs that this server witnesses", || {
        axum::routing::get(handle)
    })
    .permission("oversight.witnesses")
    .audit(Audit::None("checkpoints and names of servers name nobody"))
    .gives::<Witnesses>();

/// So long may a witness be behind before somebody should look.
const LATE_US: i64 = Micros::MINUTE;
/// A line for the operator does not wait for a log that is still taking over an older chain.
const HEALTH_WAIT: Duration = Duration::from_secs(1);

/// How a witness of ours is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has signed the newest checkpoint, or will within seconds.
    Current,
    /// It has not signed for more than a minute.
    Late,
    /// It says that this log has another past than the one that it signed.
    Alarm,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WitnessState {
    pub name: String,
    /// `name+id+key`, for `shouhu verify --witness`.
    pub key: String,
    pub url: String,
    pub standing: Standing,
    /// Leaves that it signed last.
    pub size: u64,
    /// By its own clock.
    pub signed_at_us: Option<Micros>,
    /// `None` before the first call.
    pub outcome: Option<Outcome>,
    /// What it said when it did not sign, in English.
    pub said: String,
    pub failing_since_us: Option<Micros>,
    pub failures: i64,
}

/// This server as a witness of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnWitness {
    /// `name+id+key`, for the `witness.toml` of others.
    pub key: String,
    pub logs: Vec<WitnessedLog>,
    /// Newest first; fifty at most.
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Witnesses {
    /// `name+id+key` of our log, for the `witness.toml` of others.
    pub log_key: String,
    /// Leaves under the newest checkpoint.
    pub size: u64,
    /// Leaves under the newest checkpoint that as many witnesses as are needed have signed.
    pub witnessed_size: u64,
    /// 0: no witness is configured.
    pub needed: usize,
    pub witnesses: Vec<WitnessState>,
    /// `None`: this server is nobody's witness.
    pub own: Option<OwnWitness>,
}

/// `size` is what our newest checkpoint covers. Who is behind it and is not asked is late too: the loop that asks may have
/// stopped. After a long silence that is also said in the few seconds until the loop looks again.
fn state_of(witness: &AskedWitness, asked: Option<Asked>, now: Micros, size: u64) -> WitnessState {
    let standing = match &asked {
        None => Standing::Late,
        Some(asked) if asked.outcome.is_alarm() => Standing::Alarm,
        Some(asked) if asked.failing_since.is_some_and(|since| now.since(since) > LATE_US) => Standing::Late,
        Some(asked) if asked.size < size && now.since(asked.asked_at) > LATE_US => Standing::Late,
        Some(_) => Standing::Current,
    };
    WitnessState {
        name: witness.key.name().to_owned(),
        key: witness.key.to_string(),
        url: witness.add_checkpoint.to_string(),
        standing,
        size: asked.as_ref().map_or(0, |asked| asked.size),
        signed_at_us: asked.as_ref().and_then(|asked| asked.signed_at),
        outcome: asked.as_ref().map(|asked| asked.outcome),
        said: asked.as_ref().map(|asked| asked.said.clone()).unwrap_or_default(),
        failing_since_us: asked.as_ref().and_then(|asked| asked.failing_since),
        failures: asked.map_or(0, |asked| asked.failures),
    }
}

async fn newest_size(app: &App) -> Result<u64, Problem> {
    match app.audit.checkpoint().await? {
        Some(note) => Ok(app.audit.opened(&note).await?.size),
        None => Ok(0),
    }
}

async fn states(app: &App, room: &Room, size: u64) -> Result<Vec<WitnessState>, Problem> {
    let mut states = Vec::new();
    for witness in &room.witnesses {
        states.push(state_of(witness, asked::read(&app.store, &witness.key).await?, app.env.now(), size));
    }
    Ok(states)
}

async fn handle(State(app): State<App>) -> Result<Json<Witnesses>, Problem> {
    let log_key = app.audit.log_key().await?.to_string();
    let size = newest_size(&app).await?;
    let Some(room) = app.try_room::<Room>() else {
        return Ok(Json(Witnesses { log_key, size, witnessed_size: 0, needed: 0, witnesses: Vec::new(), own: None }));
    };
    let witnessed_size = match app.audit.cosigned(room.needed.max(1)).await? {
        Some(note) => app.audit.opened(&note).await?.size,
        None => 0,
    };
    let own = match &room.signing {
        Some(signing) => Some(OwnWitness {
            key: signing.cosigner.verifier().to_string(),
            logs: witnessed::logs(&app.store, signing).await?,
            evidence: witnessed::evidence(&app.store).await?,
        }),
        None => None,
    };
    Ok(Json(Witnesses { log_key, size, witnessed_size, needed: room.needed, witnesses: states(&app, &room, size).await?, own }))
}

/// A line for the operator. A witness that is late, or says that the log was changed, does not make this server unfit to
/// serve: nobody outside may take the house's dispatch out of a load balancer by refusing to sign.
pub async fn health(app: &App) -> Health {
    let Some(room) = app.try_room::<Room>() else { return Health::good("the audit log has no witnesses") };
    // A log that cannot be read is for its own line to say; no witness is called late for it.
    let size = tokio::time::timeout(HEALTH_WAIT, newest_size(app)).await.ok().and_then(Result::ok).unwrap_or(0);
    let states = match states(app, &room, size).await {
        Ok(states) => states,
        Err(problem) => return Health::bad(format!("the witnesses' rows cannot be read: {}", problem.detail)),
    };
    let mut lines: Vec<String> = Vec::new();
    if states.is_empty() {
        lines.push("the audit log has no witnesses".into());
    } else {
        let current = states.iter().filter(|state| state.standing == Standing::Current).count();
        lines.push(format!("{current} of {} witnesses sign the audit log, {} are needed", states.len(), room.needed));
    }
    for state in states.iter().filter(|state| state.standing != Standing::Current) {
        let word = if state.standing == Standing::Alarm { "ALARM" } else { "LATE" };
        let how = match (state.failing_since_us, state.outcome) {
            (Some(since), _) => {
                let minutes = app.env.now().since(since) / Micros::MINUTE;
                format!("has not signed for {minutes} min: {}", state.said)
            }
            (None, None) => "was never asked".to_owned(),
            (None, Some(_)) => format!("has signed {} of {size} leaves and was not asked since", state.size),
        };
        lines.push(format!("{word}: {} {how}", state.name));
    }
    if let Some(signing) = &room.signing {
        lines.push(format!("witness of {} logs", signing.logs.len()));
    }
    Health::good(lines.join("; "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_outgoing::Address;
    use shouhu_tlog::Cosigner;

    use super::*;

    fn standing(asked: Option<Asked>, now_s: i64, size: u64) -> Standing {
        let key = Cosigner::new("w.example", &[2; 32]).unwrap().verifier();
        let add_checkpoint = Address::parse("http://127.0.0.1:1/add-checkpoint").unwrap();
        state_of(&AskedWitness { key, add_checkpoint }, asked, Micros(now_s * Micros::SECOND), size).standing
    }

    #[test]
    fn a_witness_that_is_not_asked_is_not_current() {
        let signed = Asked::signed(7, "ab".into(), Micros(0), Micros(0));
        assert_eq!(standing(None, 0, 7), Standing::Late, "never asked");
        assert_eq!(standing(Some(signed.clone()), 3_600, 7), Standing::Current, "there is nothing to ask for");
        assert_eq!(standing(Some(signed.clone()), 60, 8), Standing::Current, "it is asked within seconds");
        assert_eq!(standing(Some(signed), 61, 8), Standing::Late);
    }
}
