//! A device answers: with the opened secret and its first quote, and with a fresh quote every few minutes from then on.

use axum::Json;
use axum::extract::State;
use sha2::{Digest, Sha256};
use shouhu_attest::{Asked, AttestationKey, Quote, verify};
use shouhu_events::Event;
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::{Access, App, Audit, Audited, Body, DevicePeer, Load, Problem, Route};
use shouhu_store::{StoreError, Tx, tag_of};
use shouhu_wire::{AttestationAnswer, AttestationFinish, AttestationQuote, RestrictionReason};

use crate::attest::judge::{self, Standing};
use crate::attest::store::{self, Binding, Bound, Challenge, Measured, NewRestriction, Outcome};
use crate::attest::{AttestRefused, QUOTE_EVERY_US, QUOTE_LATE_US, Values, asked_pcrs, bytes_of, named, pcr_values_of, trust};

pub const FINISH: Route = Route::post(
    "/v1/devices/mine/attestation/finish",
    "A device opens the secret and sends its first quote: it is bound to its TPM",
    || axum::routing::post(finish),
)
.access(Access::Device)
.audit(Audit::Security)
.load(Load::Interactive)
.takes::<AttestationFinish>()
.gives::<AttestationAnswer>();

pub const QUOTE: Route =
    Route::post("/v1/devices/mine/attestation/quote", "A device says what it runs, signed by its TPM", || axum::routing::post(quote))
        .access(Access::Device)
        .audit(Audit::None("a machine's own state every few minutes; what changes its trust is kept as a restriction"))
        .load(Load::Ingest)
        .takes::<AttestationQuote>()
        .gives::<AttestationAnswer>();

/// Says a refusal to the log, and, when it speaks against the device, restricts it and tells operators.
pub async fn told(app: &App, device: DeviceId, refused: AttestRefused) -> Problem {
    let Some(reason) = refused.restricts() else { return refused.into() };
    tracing::warn!(%device, %refused, "attestation refused");
    match restricted(app, device, reason, &refused).await {
        Ok(()) => refused.into(),
        // The device is not told that all is well, and tries again.
        Err(error) => error.into(),
    }
}

async fn restricted(app: &App, device: DeviceId, reason: RestrictionReason, refused: &AttestRefused) -> Result<(), StoreError> {
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let bound = store::bound(&mut tx, device).await?;
    if bound.is_none() && matches!(refused, AttestRefused::Certificate(_) | AttestRefused::Key(_)) {
        // It has shown no TPM that anybody believes, and is as unattested as before. A restriction would end with a good quote only,
        // which a TPM of a maker that nobody here knows never gives.
        tx.emit(&Event::DeviceTrustChanged { device, restriction: Some(reason) }).await?;
        return tx.commit().await;
    }
    let since = bound.map_or(now, |bound| bound.good_at);
    store::restrict(&mut tx, now, &NewRestriction { device, reason, since, detail: &refused.to_string() }).await?;
    tx.commit().await
}

async fn finish(State(app): State<App>, peer: DevicePeer, Body(body): Body<AttestationFinish>) -> Result<Audited<AttestationAnswer>, Problem> {
    let taken = taken(&app, peer.id).await?;
    let bound = match taken.ok_or(AttestRefused::NothingAsked).and_then(|asked| bound_by(asked, &body)) {
        Ok(bound) => bound,
        Err(refused) => return Err(told(&app, peer.id, refused).await),
    };
    match kept_binding(&app, peer.id, &bound).await? {
        Ok(()) => Ok(Audited::new(peer.id.to_string(), answer(&app, peer.id).await?)),
        Err(refused) => Err(told(&app, peer.id, refused).await),
    }
}

/// What was asked, gone from the database whatever comes of the answer.
async fn taken(app: &App, device: DeviceId) -> Result<Option<Challenge>, StoreError> {
    let mut tx = app.store.begin().await?;
    let challenge = store::answer(&mut tx, app.env.now(), device).await?;
    tx.commit().await?;
    Ok(challenge)
}

struct Proved {
    binding: Binding,
    quote: Quote,
    values: Values,
}

fn bound_by(asked: Challenge, body: &AttestationFinish) -> Result<Proved, AttestRefused> {
    let binding = asked.binding.ok_or(AttestRefused::NothingAsked)?;
    let secret = bytes_of("secret", &body.secret)?;
    if hex::encode(Sha256::digest(secret)) != binding.secret_hash {
        return Err(AttestRefused::Secret);
    }
    let (quote, values) = believed(&binding.ak_public, &asked.nonce, &body.quote)?;
    Ok(Proved { binding, quote, values })
}

/// A quote that the key signed over that nonce, with the values it speaks of.
fn believed(ak_public: &str, nonce: &str, said: &AttestationQuote) -> Result<(Quote, Values), AttestRefused> {
    let key = AttestationKey::parse(&bytes_of("ak_public", ak_public)?)?;
    let nonce = hex::decode(nonce).map_err(|_| AttestRefused::NothingAsked)?;
    let (attest, signature) = (bytes_of("attest", &said.attest)?, bytes_of("signature", &said.signature)?);
    let values = pcr_values_of(&said.pcr_values)?;
    let quote = verify(&key, &attest, &signature, &Asked { nonce: &nonce, pcrs: asked_pcrs(), values: &values })?;
    Ok((quote, named(&values)))
}

async fn kept_binding(app: &App, device: DeviceId, proved: &Proved) -> Result<Result<(), AttestRefused>, Problem> {
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    if store::is_taken(&mut tx, &proved.binding.ek_fingerprint, device).await? {
        return Ok(Err(AttestRefused::TpmTaken));
    }
    if let Some(before) = store::bound(&mut tx, device).await? {
        // The TPM that it has, with a new attestation key: what was accepted of it stays, and it is judged as ever.
        if before.ek_fingerprint != proved.binding.ek_fingerprint {
            return Ok(Err(AttestRefused::TpmChanged));
        }
    }
    let measured = Measured { values: &proved.values, clock: proved.quote.clock };
    match store::bind(&mut tx, now, device, &proved.binding, &measured).await {
        Err(StoreError::Duplicate { .. }) => return Ok(Err(AttestRefused::TpmTaken)),
        other => other?,
    }
    let Some(known) = store::bound(&mut tx, device).await? else { return Ok(Err(AttestRefused::NotBound)) };
    let judged = judged(&mut tx, now, &known, &proved.quote, &proved.values).await?;
    if judged.is_ok() {
        tracing::info!(%device, maker = proved.binding.maker, "device bound to its TPM");
        tx.commit().await?;
    }
    Ok(judged)
}

async fn quote(State(app): State<App>, peer: DevicePeer, Body(body): Body<AttestationQuote>) -> Result<Json<AttestationAnswer>, Problem> {
    match quoted(&app, peer.id, &body).await? {
        Ok(()) => Ok(Json(answer(&app, peer.id).await?)),
        Err(refused) => Err(told(&app, peer.id, refused).await),
    }
}

async fn quoted(app: &App, device: DeviceId, body: &AttestationQuote) -> Result<Result<(), AttestRefused>, Problem> {
    let Some(asked) = taken(app, device).await? else { return Ok(Err(AttestRefused::NothingAsked)) };
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let Some(known) = store::bound(&mut tx, device).await? else { return Ok(Err(AttestRefused::NotBound)) };
    let (quote, values) = match believed(&known.ak_public, &asked.nonce, body) {
        Ok(believed) => believed,
        Err(refused) => return Ok(Err(refused)),
    };
    let judged = judged(&mut tx, now, &known, &quote, &values).await?;
    if judged.is_ok() {
        tx.commit().await?;
    }
    Ok(judged)
}

/// Keeps what a believed quote says and what follows from it, in the caller's transaction.
async fn judged(tx: &mut Tx, now: Micros, known: &Bound, quote: &Quote, values: &Values) -> Result<Result<(), AttestRefused>, StoreError> {
    let judgement = match judge::judge(known, quote, values) {
        Ok(judgement) => judgement,
        Err(turned_back) => return Ok(Err(turned_back.into())),
    };
    let device = known.device;
    let open = store::open_restriction(tx, device).await?;
    let is_clear = open.is_none_or(judge::ends_by_itself);
    let outcome = Outcome { is_good: judgement.standing != Standing::Changed && is_clear, has_rebooted: judgement.has_rebooted };
    if !store::measure(tx, now, known, &Measured { values, clock: quote.clock }, &outcome).await? {
        return Ok(Err(AttestRefused::Overtaken));
    }
    if judgement.has_rebooted {
        tracing::info!(%device, resets = quote.clock.reset_count, "device was started anew since its last quote");
        tx.emit(&Event::DeviceChanged { device }).await?;
    }
    if let (Standing::Changed, Some(accepted)) = (judgement.standing, &known.accepted) {
        let registers: Vec<String> = judge::changed(accepted, values).iter().map(ToString::to_string).collect();
        let detail = registers.join(", ");
        tracing::warn!(%device, registers = detail, "device runs something else than what was accepted");
        let new = NewRestriction { device, reason: RestrictionReason::StateChanged, since: known.good_at, detail: &detail };
        store::restrict(tx, now, &new).await?;
        return Ok(Ok(()));
    }
    if known.accepted.is_some() && open.is_none() && now.since(known.good_at) > QUOTE_LATE_US {
        // Nobody looked while it was late: the time without a quote is marked all the same.
        let new = NewRestriction { device, reason: RestrictionReason::QuoteLate, since: known.good_at, detail: "" };
        store::restrict(tx, now, &new).await?;
    }
    if is_clear {
        store::lift(tx, now, device, None).await?;
    }
    Ok(Ok(()))
}

async fn answer(app: &App, device: DeviceId) -> Result<AttestationAnswer, StoreError> {
    let now = app.env.now();
    let standing = trust::standing(&app.store, now, device).await?;
    let reason = standing.lasting().map(|restriction| restriction.reason);
    if let Some(reason) = reason {
        tracing::debug!(%device, reason = tag_of(&reason), "quote kept; the device stays restricted");
    }
    Ok(AttestationAnswer { attestation: standing.attestation(), reason, next_quote_by_us: now.plus(QUOTE_EVERY_US) })
}
