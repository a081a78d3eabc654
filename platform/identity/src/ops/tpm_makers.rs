//! Makers of TPMs whose word counts here.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shouhu_attest::{CertificateRefused, Makers};
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Audited, Body, Keyed, Person, Problem, Route};
use shouhu_store::params;

use super::done;
use super::trust_changes::{self, TrustChange, Wish, told};
use crate::attest::change::{Maker, TrustAct};
use crate::attest::{bytes_of, store};

pub const LIST: Route = Route::get("/v1/devices/tpm-makers", "Makers of TPMs whose certificates are believed", || axum::routing::get(list))
    .permission("devices.read")
    .audit(Audit::None("public certificates of companies"))
    .gives::<TpmMakers>();

pub const TRUST: Route =
    Route::post("/v1/devices/tpm-makers", "Asks that a maker of TPMs be believed; another person must approve it", || axum::routing::post(trust))
        .permission("devices.manage")
        .audit(Audit::Security)
        .takes::<TrustMaker>()
        .gives::<TrustChange>();

pub const FORGET: Route =
    Route::post("/v1/devices/tpm-makers/remove", "Believes a maker of TPMs no more", || axum::routing::post(forget))
        .permission("devices.manage")
        .audit(Audit::Security)
        .takes::<ForgetMaker>();

/// There are about thirty makers, some with several roots.
const MAKERS_MAX: i64 = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TpmMakers {
    pub items: Vec<TpmMaker>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TpmMaker {
    /// SHA-256 of the certificate, hex.
    pub fingerprint: String,
    pub subject: String,
    pub added_at_us: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrustMaker {
    /// Its root certificate: PEM, or DER as base64.
    pub certificate: String,
    /// Why, and where the certificate was compared.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForgetMaker {
    pub fingerprint: String,
}

#[derive(Debug, thiserror::Error)]
enum MakerError {
    #[error("no certificate of a maker: {0}")]
    Refused(#[from] CertificateRefused),
    #[error("no certificate: give one as PEM, or its DER as base64")]
    Unreadable,
    #[error("{MAKERS_MAX} makers are believed already: remove those that are not needed")]
    TooMany,
}

impl Keyed for MakerError {
    fn key(&self) -> &'static str {
        match self {
            Self::Refused(_) | Self::Unreadable => "identity.tpm_makers.certificate_invalid",
            Self::TooMany => "identity.tpm_makers.too_many",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// PEM is base64 between two lines of dashes.
fn der_of(text: &str) -> Result<Vec<u8>, MakerError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    bytes_of("certificate", &lines.collect::<String>()).map_err(|_| MakerError::Unreadable)
}

async fn list(State(app): State<App>) -> Result<Json<TpmMakers>, Problem> {
    let sql = "SELECT fingerprint, subject, added_at_us FROM identity_tpm_maker WHERE removed_at_us IS NULL ORDER BY subject, fingerprint";
    let mut items = Vec::new();
    for row in app.store.fetch(sql, vec![]).await? {
        items.push(TpmMaker { fingerprint: row.text("fingerprint")?, subject: row.text("subject")?, added_at_us: row.micros("added_at_us")? });
    }
    Ok(Json(TpmMakers { items }))
}

async fn trust(State(app): State<App>, person: Person, Body(body): Body<TrustMaker>) -> Result<Audited<TrustChange>, Problem> {
    let der = der_of(&body.certificate)?;
    let subject = Makers::default().trust(&der).map_err(MakerError::Refused)?;
    let fingerprint = hex::encode(Sha256::digest(&der));
    let mut tx = app.store.begin().await?;
    let count = tx.fetch_one("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM identity_tpm_maker WHERE removed_at_us IS NULL", vec![]).await?;
    if count.int("n")? >= MAKERS_MAX {
        return Err(MakerError::TooMany.into());
    }
    let is_so = store::is_believed(&mut tx, &fingerprint).await?;
    let maker = Some(Maker { subject, certificate: STANDARD.encode(&der) });
    let wish = Wish { act: TrustAct::TrustMaker, subject: &fingerprint, maker, reason: &body.reason, is_so };
    let asked = trust_changes::ask(&app, &mut tx, &person, wish).await?;
    tx.commit().await?;
    Ok(Audited::new(format!("asked: {}", told(TrustAct::TrustMaker, &fingerprint)), asked))
}

async fn forget(State(app): State<App>, person: Person, Body(body): Body<ForgetMaker>) -> Result<Response, Problem> {
    let mut tx = app.store.begin().await?;
    let sql = "UPDATE identity_tpm_maker SET removed_at_us = $2, removed_by = $3 WHERE fingerprint = $1 AND removed_at_us IS NULL";
    if tx.execute(sql, params![&body.fingerprint, app.env.now(), person.id]).await? == 0 {
        return Err(Problem::not_found("maker"));
    }
    tx.commit().await?;
    Ok(done(body.fingerprint))
}
