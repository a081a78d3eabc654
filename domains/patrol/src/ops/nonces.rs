//! Gives a phone nonces for printed codes, so that it has some when it has no line.

use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE32_NOPAD;
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Audited, Body, Keyed, Load, Person, Problem, Route};
use shouhu_store::params;

use crate::model::{Nonces, TakeNonces};

pub const ROUTE: Route = Route::post("/v1/patrol/nonces", "Nonces for signatures at printed codes, each for one", || axum::routing::post(handle))
    .permission("patrol.check_in")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<TakeNonces>()
    .gives::<Nonces>();

const COUNT_MAX: i64 = 50;
/// A shift.
const VALID_US: i64 = 12 * Micros::HOUR;

#[derive(Debug, thiserror::Error)]
#[error("from 1 to {COUNT_MAX} nonces are given at a time")]
struct Count;

impl Keyed for Count {
    fn key(&self) -> &'static str {
        "patrol.nonces.count"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

async fn handle(State(app): State<App>, person: Person, Body(body): Body<TakeNonces>) -> Result<Audited<Nonces>, Problem> {
    if !(1..=COUNT_MAX).contains(&body.count) {
        return Err(Count.into());
    }
    let given_at_us = app.env.now();
    let expires_at_us = given_at_us.plus(VALID_US);
    let nonces: Vec<String> = (0..body.count).map(|_| BASE32_NOPAD.encode(&app.env.random.bytes16())).collect();
    let mut tx = app.store.begin().await?;
    for nonce in &nonces {
        let sql = "INSERT INTO patrol_nonce (nonce, actor, given_at_us, expires_at_us) VALUES ($1, $2, $3, $4)";
        tx.execute(sql, params![nonce, person.id, given_at_us, expires_at_us]).await?;
    }
    tx.commit().await?;
    Ok(Audited::new(format!("{} nonces", nonces.len()), Nonces { nonces, expires_at_us }))
}
