//! A device shows its TPM, and is asked what only that TPM can answer.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use shouhu_attest::{AttestationKey, CredentialError, Endorsement, Makers, RANDOM_BYTES, SECRET_BYTES, endorsement, make_credential};
use shouhu_module::{Access, App, Audit, Audited, Body, DevicePeer, Load, Problem, Route};
use shouhu_wire::{ATTESTED_PCRS, AttestationChallenge, AttestationNonce, AttestationStart, TpmEvidence};

use super::attest_quote::told;
use crate::CHALLENGE_LIFE_US;
use crate::attest::store::{self, Binding, Challenge};
use crate::attest::{AttestRefused, bytes_of};

pub const ROUTE: Route =
    Route::post("/v1/devices/mine/attestation/start", "A device shows its TPM and gets what only that TPM opens", || axum::routing::post(handle))
        .access(Access::Device)
        .audit(Audit::Security)
        .load(Load::Interactive)
        .takes::<AttestationStart>()
        .gives::<AttestationChallenge>();

struct Shown {
    tpm: Endorsement,
    key: AttestationKey,
    ak_public: String,
}

async fn handle(State(app): State<App>, peer: DevicePeer, Body(body): Body<AttestationStart>) -> Result<Audited<AttestationChallenge>, Problem> {
    let AttestationStart::Tpm2(evidence) = body;
    let shown = match shown(&app, &peer, evidence).await? {
        Ok(shown) => shown,
        Err(refused) => return Err(told(&app, peer.id, refused).await),
    };
    let (secret, nonce) = (app.env.random.bytes32(), hex::encode(app.env.random.bytes32()));
    let credential = sealed(&app, &shown, &secret)?;
    let expires_at = app.env.now().plus(CHALLENGE_LIFE_US);
    let binding = Binding {
        ek_fingerprint: hex::encode(shown.tpm.fingerprint),
        maker: shown.tpm.maker,
        ak_public: shown.ak_public,
        secret_hash: hex::encode(Sha256::digest(secret)),
    };
    let mut tx = app.store.begin().await?;
    store::ask(&mut tx, peer.id, &Challenge { nonce: nonce.clone(), binding: Some(binding) }, expires_at).await?;
    tx.commit().await?;
    let nonce = AttestationNonce { nonce, pcrs: ATTESTED_PCRS.to_vec(), expires_at_us: expires_at };
    let challenge = AttestationChallenge {
        id_object: STANDARD.encode(credential.id_object),
        encrypted_seed: STANDARD.encode(credential.encrypted_seed),
        nonce,
    };
    Ok(Audited::new(peer.id.to_string(), challenge))
}

/// The TPM that the device shows, when its maker vouches for it and no other device has it.
async fn shown(app: &App, peer: &DevicePeer, evidence: TpmEvidence) -> Result<Result<Shown, AttestRefused>, Problem> {
    let mut makers = Makers::default();
    for certificate in store::makers(&app.store).await? {
        // Each was read when it was added; one that a newer program refuses is one fewer to trust.
        let added = STANDARD.decode(&certificate).ok().map(|der| makers.trust(&der));
        if !matches!(added, Some(Ok(_))) {
            tracing::warn!("the certificate of a TPM maker cannot be read any more; it vouches for nobody");
        }
    }
    let shown = match read(&evidence, &makers, app) {
        Ok((tpm, key)) => Shown { tpm, key, ak_public: evidence.ak_public },
        Err(refused) => return Ok(Err(refused)),
    };
    let fingerprint = hex::encode(shown.tpm.fingerprint);
    let mut tx = app.store.begin().await?;
    let is_taken = store::is_taken(&mut tx, &fingerprint, peer.id).await?;
    let before = store::bound(&mut tx, peer.id).await?;
    tx.commit().await?;
    if is_taken {
        return Ok(Err(AttestRefused::TpmTaken));
    }
    if before.is_some_and(|bound| bound.ek_fingerprint != fingerprint) {
        return Ok(Err(AttestRefused::TpmChanged));
    }
    Ok(Ok(shown))
}

fn read(evidence: &TpmEvidence, makers: &Makers, app: &App) -> Result<(Endorsement, AttestationKey), AttestRefused> {
    let certificate = bytes_of("ek_certificate", &evidence.ek_certificate)?;
    let intermediates = evidence.intermediates.iter().map(|text| bytes_of("intermediates", text)).collect::<Result<Vec<_>, _>>()?;
    let key = AttestationKey::parse(&bytes_of("ak_public", &evidence.ak_public)?)?;
    Ok((endorsement(&certificate, &intermediates, makers, app.env.now())?, key))
}

/// Random bytes that are no private key come once in 2^32; three times in a row is a broken source.
fn sealed(app: &App, shown: &Shown, secret: &[u8; SECRET_BYTES]) -> Result<shouhu_attest::Credential, Problem> {
    let mut refused = CredentialError::Randomness;
    for _ in 0..3 {
        let mut random = [0; RANDOM_BYTES];
        app.env.random.fill(&mut random);
        match make_credential(&shown.tpm.key, &shown.key, secret, &random) {
            Ok(credential) => return Ok(credential),
            Err(error) => refused = error,
        }
    }
    tracing::error!(%refused, "no credential could be made for a TPM that its maker vouches for");
    Err(AttestRefused::Malformed { field: "ek_certificate" }.into())
}
