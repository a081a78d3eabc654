//! How far sessions are trusted 信任推斷: the gate asks here for each request of a person, before it reads the body (ADR 0022).
//!
//! - `touch` says what a route touches, and so what a verdict does to it.
//! - `gather` collects the signals: the session's row, the address, settings, and what `keeper` has counted.
//! - `shouhu_trust` makes a score with reasons of them, and a standing that gets worse at once and better slowly.
//! - What changes is a leaf first, then a row, an alert and an event in one transaction.
//!
//! **Invariant:** of a route that saves lives nothing is asked, so that no failure here can stop one.
//!
//! **Invariant:** a score ends no session that crews a unit, has just acted for somebody's life, or was verified where it is: it is held until a person
//! decides.

mod gather;
mod keeper;
mod pace;
mod settings;
pub mod store;
mod touch;
mod vouch;

use std::net::IpAddr;

use shouhu_audit::Entry;
use shouhu_events::Event;
use shouhu_ids::Micros;
use shouhu_module::{App, Caller, Method, Person, Problem, Route};
use shouhu_trust::{Assessment, Standing, Told, Verdict, assess, is_near};
use shouhu_wire::AccessChange;

pub use keeper::Keeper;
pub use settings::{TrustSettings, TrustSettingsError};
pub use touch::TrustRefused;
pub use vouch::{Vouched, taken_back, vouched};

use crate::room::Room;
use store::SessionRow;
use touch::Touch;

/// The action of the leaf that tells a change.
const ACTION: &str = "trust changed";

/// What one request showed of its session.
pub struct Look {
    pub row: SessionRow,
    pub assessment: Assessment,
    /// In force from now on, as soon as it is written down.
    pub standing: Standing,
}

impl Look {
    /// A session that is blocked ends, unless somebody may need it to help.
    fn ends(&self, is_needed: bool) -> bool {
        self.standing.verdict == Verdict::Block && !is_needed
    }

    fn is_news(&self) -> bool {
        self.standing.verdict != self.row.standing.verdict
    }
}

/// Looks at a session without writing anything down. `None` when it is over.
pub async fn look(app: &App, person: &Person, from: Option<IpAddr>, is_question: bool) -> Result<Option<Look>, Problem> {
    let Some(row) = store::row(&app.store, person.session).await? else { return Ok(None) };
    let (room, now) = (Room::of(app), app.env.now());
    let signals = gather::signals(app, person, from, &row, is_question).await;
    let assessment = assess(&signals);
    let before = Standing { calm_since: room.keeper.calm_since(person.session), ..row.standing };
    let standing = before.after(now, assessment.verdict(), Some(row.verified_at));
    Ok(Some(Look { row, assessment, standing }))
}

/// Whether this person's request may go on to this route, as far as trust goes. A change of the session's verdict is written down before the answer.
///
/// # Errors
/// [`TrustRefused`]; 401 `identity.session_required` when the session has just ended; `audit.unavailable` and `store.*` when a change cannot be
/// written down.
pub async fn trust_of(app: &App, person: &Person, peer: Option<IpAddr>, route: &Route) -> Result<(), Problem> {
    let (touch, room, now) = (Touch::of(route), Room::of(app), app.env.now());
    if touch == Touch::Life && route.method == Method::Post {
        room.keeper.acted_for_life(now, person.session);
    }
    if matches!(touch, Touch::Life | Touch::Free) {
        return Ok(());
    }
    let is_question = touch::is_question(route);
    let Some(seen) = look(app, person, peer, is_question).await? else { return Err(touch::session_over()) };
    room.keeper.set_calm_since(person.session, seen.standing.calm_since);
    note_address(app, person, &seen.row, peer).await;
    let is_needed = may_be_needed(app, person, &seen.row, peer);
    let is_enforced = settings::of(app).is_enforced;
    let ends = is_enforced && seen.ends(is_needed);
    if ends || seen.is_news() {
        tell(app, person, peer, route, &seen, ends).await?;
    }
    let refused = match (is_enforced, seen.row.is_untouched) {
        (true, _) => touch.refusal(seen.standing.verdict, is_needed),
        // A house that only watches has not decided that another's word opens it.
        (false, true) => touch.refusal(Verdict::StepUp, is_needed),
        (false, false) => None,
    };
    match refused {
        Some(refused) => Err(refused.into()),
        None => {
            if is_question {
                room.keeper.asked(now, person.session, person.id);
            }
            Ok(())
        }
    }
}

/// Whether a score alone may not end this session: it crews a unit, has just acted for somebody's life, or its person has touched the key at this very
/// address, so that whoever was ended signs in anew and can call for help from wherever he is. Where one was verified says nothing against a revocation.
fn may_be_needed(app: &App, person: &Person, row: &SessionRow, from: Option<IpAddr>) -> bool {
    let is_near_itself = row.verified_from.zip(from).is_some_and(|(verified_from, from)| is_near(verified_from, from));
    let has_verified_here = is_near_itself && row.told != Told::Revoked;
    person.unit.is_some() || has_verified_here || Room::of(app).keeper.is_at_life(app.env.now(), person.session)
}

/// Writes a change down: the leaf first, so that nothing takes effect that the log does not know. Of requests at once the first one tells.
async fn tell(app: &App, person: &Person, from: Option<IpAddr>, route: &Route, seen: &Look, ends: bool) -> Result<(), Problem> {
    let room = Room::of(app);
    if !room.keeper.claim(app.env.now(), person.session, (seen.standing.verdict, ends)) {
        return Ok(());
    }
    let told = write(app, person, from, route, seen, ends).await;
    if told.is_err() {
        room.keeper.release(person.session);
    }
    told
}

async fn write(app: &App, person: &Person, from: Option<IpAddr>, route: &Route, seen: &Look, ends: bool) -> Result<(), Problem> {
    let (actor, actor_name) = Caller::Person(person.clone()).named();
    let leaf = Entry {
        at_us: app.env.now(),
        actor,
        actor_name,
        // Not the route's own words: what counts those must not take this for a call of it.
        action: ACTION.to_owned(),
        class: "security".to_owned(),
        purpose: None,
        case_ref: None,
        object: told_of(person, from, route, seen, ends),
        // Of the change; a request that is refused for it has a leaf of its own.
        outcome: 200,
    };
    app.audit.append(leaf).await.map_err(|error| Problem::of(&error))?;
    let id = app.env.id(shouhu_ids::TrustAlertId::new);
    let change = store::NewChange { id, session: person.session, actor: person.id, from, seen, ends };
    let mut tx = app.store.begin().await?;
    let is_first = store::change(&mut tx, app.env.now(), &change).await?;
    // What follows from another's word is not told on: two houses that believe each other would never be done.
    if is_first && seen.row.told == Told::Nothing {
        tx.emit(&Event::AccessChanged { actor: person.id, session: Some(person.session), change: access_change(seen, ends) }).await?;
    }
    tx.commit().await?;
    if is_first {
        let (before, verdict) = (seen.row.standing.verdict.as_str(), seen.standing.verdict.as_str());
        tracing::warn!(session = %person.session, before, verdict, score = seen.assessment.score, ends, "trust in a session changed");
    }
    Ok(())
}

fn access_change(seen: &Look, ends: bool) -> AccessChange {
    if ends {
        return AccessChange::EndedByTrust;
    }
    let (before, now) = (seen.row.standing.verdict, seen.standing.verdict);
    AccessChange::Trusted { before: before.as_str().to_owned(), now: now.as_str().to_owned(), is_worse: now > before }
}

/// For the leaf: which session, from where, asking for what, what became of it, and each reason with its points.
fn told_of(person: &Person, from: Option<IpAddr>, route: &Route, seen: &Look, ends: bool) -> String {
    let from = from.map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_canonical().to_string());
    let reasons: Vec<String> = seen.assessment.reasons.iter().map(|one| format!("{} {}", one.code.as_str(), one.points)).collect();
    let reasons = if reasons.is_empty() { "no reason left".to_owned() } else { reasons.join(", ") };
    let (before, verdict) = (seen.row.standing.verdict.as_str(), seen.standing.verdict.as_str());
    let ended = if ends { ", ended" } else { "" };
    let (session, score) = (person.session, seen.assessment.score);
    let at = format!("{} {}", route.method.as_str(), route.path);
    format!("trust in session {session} from {from} at {at}: {before} to {verdict}{ended}, score {score}: {reasons}")
}

/// Where the session was last seen. A database that is too busy to note it must not turn anybody away.
async fn note_address(app: &App, person: &Person, row: &SessionRow, from: Option<IpAddr>) {
    let from = from.map(|ip| ip.to_canonical());
    if from.is_none() || from == row.last_from || !Room::of(app).keeper.may_note_address(app.env.now(), person.session) {
        return;
    }
    if let Err(error) = store::moved(&app.store, person.session, from).await {
        tracing::warn!(session = %person.session, %error, "address of a session not noted");
    }
}

/// The person has touched the key: what was counted before is answered for.
pub fn verified(app: &App, person: &Person, now: Micros) {
    Room::of(app).keeper.verified(now, person.session);
}
