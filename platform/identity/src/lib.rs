//! Who asks: people with passkeys, devices with keys, sessions.
//!
//! - An *actor* 使用者 is a person with a role. They are invited by a one-time link, make a passkey on their own device
//!   (WebAuthn, user verification required) and sign in with it. There are no passwords.
//! - A *provider* 身分提供者 may say who somebody is instead (`provider`, ADR 0025), where an operator has linked its subject to an account. Until a passkey is touched such a session asks for one before anything sensitive.
//! - A *session* is a signed-in browser: a random cookie, kept here only as a hash, and a key that never leaves the browser. Each
//!   request is signed with it (`proof`), so that the cookie alone opens nothing.
//! - A *device* 載具 is an edge agent with an Ed25519 key. It is registered by an operator, enrols with a one-time token and
//!   signs every request. One with a TPM proves what it runs (`attest`).
//!
//! **Invariant:** every secret that we give out (link, cookie, device token) is 256 random bits, and only its SHA-256 is
//! stored. Public keys are stored; private keys never come here.
//!
//! **Invariant:** ending a session, disabling a person and revoking a device hold from the next request on; nothing about
//! who may enter is cached.
//!
//! Which keys people may have, `passkeys.toml` says (`passkeys`, ADR 0028): of whom the maker must prove the model, and who may have none that is shared.
//!
//! How far a session is trusted is asked for each request of a person (`trust`, ADR 0022); never of a route that saves lives.
//!
//! A challenge that waits for its answer is a row for five minutes (`pending`), sealed, taken out once by whichever server of the house is asked.
//!
//! What anonymous callers can cost is bounded: [`SIGN_INS_PENDING_MAX`], [`PROVIDER_SIGN_INS_PENDING_MAX`] and [`ENROLMENTS_PENDING_MAX`] challenges, of which
//! [`PENDING_PER_ADDRESS_MAX`] are one address's, [`STARTS_PER_MINUTE_MAX`] of them begun and [`FAILURES_PER_MINUTE_MAX`] refusals per address and minute, and no other row in
//! the database without a valid link.
//!
//! A repeated device request is not refused for its age, because clocks of devices may be a year off. Sightings are
//! idempotent by device and sequence, and the other device routes only overwrite what the device last said.

mod attempts;
mod attest;
mod device_store;
mod door;
mod doubts;
mod jobs;
mod model;
mod ops;
mod passkeys;
mod pending;
mod people;
mod proof;
mod provider;
mod room;
mod secret;
mod session;
mod store;
mod told;
mod trust;

#[cfg(test)]
mod harness;
#[cfg(test)]
mod several;

use std::collections::HashMap;
use std::sync::Arc;

use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, DeviceId, SessionId, UnitId};
use shouhu_module::ports::{DeviceTrustPort, PeoplePort};
use shouhu_module::{App, Health, Module, Permission};
use shouhu_store::{Migration, StoreError};
use shouhu_wire::Role;

pub use attest::{QUOTE_EVERY_US, QUOTE_LATE_US};
pub use attempts::{Attempts, FAILURES_PER_MINUTE_MAX, STARTS_PER_MINUTE_MAX};
pub use door::{Asked, DoorError, Refused, caller_of, check_device_named, is_worth_telling, needs_body, nonce_for};
pub use model::{Actor, Device, DeviceStatus, NAME_CHARS_MAX, NameError, Peer, checked_name};
pub use ops::invite::{InviteError, LINK_LIFE_US, invite};
pub use passkeys::settings::{PasskeySettings, PasskeySettingsError};
pub use pending::{CHALLENGE_LIFE_US, PENDING_PER_ADDRESS_MAX};
pub use proof::{NONCE_EVERY_US, Unproved};
pub use provider::settings::{OidcSettings, OidcSettingsError, Provider};
pub use room::{ENROLMENTS_PENDING_MAX, PROVIDER_SIGN_INS_PENDING_MAX, SIGN_INS_PENDING_MAX, STEP_UPS_PENDING_MAX, limited};
pub use secret::{fresh as fresh_token, hash_of as token_hash};
pub use session::{ABSOLUTE_US, COOKIE, IDLE_US, session_token};
pub use told::{Heeded, SKEW_US, Word, heed};
pub use trust::{TrustRefused, TrustSettings, TrustSettingsError, Vouched, taken_back, trust_of, vouched};

pub const MODULE: Module = Module {
    name: "identity",
    description: "People with passkeys, devices with keys, sessions",
    permissions: &[
        Permission { name: "actors.invite", description: "Invite people", roles: &[Role::Operator, Role::Supervisor] },
        Permission {
            name: "actors.read",
            description: "See who has access",
            roles: &[Role::Operator, Role::Supervisor, Role::Auditor],
        },
        Permission { name: "actors.disable", description: "Take access away", roles: &[Role::Operator] },
        Permission { name: "actors.office", description: "Say in which office people serve", roles: &[Role::Operator] },
        Permission { name: "actors.link", description: "Say by which identity provider's word somebody may sign in", roles: &[Role::Operator] },
        Permission { name: "devices.manage", description: "Register and revoke devices", roles: &[Role::Operator] },
        Permission { name: "trust.watch", description: "See which sessions are trusted less, and why", roles: &[Role::Operator, Role::Auditor] },
        Permission { name: "trust.end", description: "End a session that is not trusted", roles: &[Role::Operator] },
        Permission { name: "devices.read", description: "See devices", roles: &[Role::Operator, Role::Supervisor] },
    ],
    routes: &[
        ops::invite::ROUTE,
        ops::enrol::START,
        ops::enrol::FINISH,
        ops::sign_in::START,
        ops::sign_in::FINISH,
        ops::providers::ROUTE,
        ops::provider_links::LIST,
        ops::provider_links::LINK,
        ops::provider_links::UNLINK,
        ops::provider_sign_in::START,
        ops::provider_sign_in::FINISH,
        ops::sign_out::ROUTE,
        ops::step_up::START,
        ops::step_up::FINISH,
        ops::trust_mine::ROUTE,
        ops::trust_alerts::LIST,
        ops::trust_alerts::END,
        ops::me::ROUTE,
        ops::list_actors::ROUTE,
        ops::disable_actor::ROUTE,
        ops::set_office::ROUTE,
        ops::register_device::ROUTE,
        ops::enrol_device::ROUTE,
        ops::list_devices::ROUTE,
        ops::revoke_device::ROUTE,
        ops::device_mine::ROUTE,
        ops::device_status::ROUTE,
        ops::attest_start::ROUTE,
        ops::attest_quote::FINISH,
        ops::attest_nonce::ROUTE,
        ops::attest_quote::QUOTE,
        ops::attest_show::ROUTE,
        ops::attest_accept::ROUTE,
        ops::attest_policy::SHOW,
        ops::attest_policy::SET,
        ops::tpm_makers::LIST,
        ops::tpm_makers::TRUST,
        ops::tpm_makers::FORGET,
        ops::trust_changes::LIST,
        ops::trust_changes::APPROVE,
        ops::trust_changes::WITHDRAW,
    ],
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_attestation", sql: include_str!("../migrations/0002_attestation.sql") },
        Migration { name: "0003_office", sql: include_str!("../migrations/0003_office.sql") },
        Migration { name: "0004_trust_change", sql: include_str!("../migrations/0004_trust_change.sql") },
        Migration { name: "0005_session_key", sql: include_str!("../migrations/0005_session_key.sql") },
        Migration { name: "0006_trust", sql: include_str!("../migrations/0006_trust.sql") },
        Migration { name: "0007_told", sql: include_str!("../migrations/0007_told.sql") },
        Migration { name: "0008_provider", sql: include_str!("../migrations/0008_provider.sql") },
        Migration { name: "0009_passkey_model", sql: include_str!("../migrations/0009_passkey_model.sql") },
        Migration { name: "0010_waiting", sql: include_str!("../migrations/0010_waiting.sql") },
    ],
    jobs: &[jobs::PURGE],
    problems: &[
        "identity.session_required",
        "identity.session_key_invalid",
        "identity.proof_required",
        "identity.proof_refused",
        "identity.proof_stale",
        "identity.device_required",
        "identity.too_many_failures",
        "identity.too_many_starts",
        "identity.origin_refused",
        "identity.device_header",
        "identity.device_unknown",
        "identity.device_signature",
        "identity.device_revoked",
        "identity.name_invalid",
        "identity.invite.role_not_allowed",
        "identity.enrol.link_unknown",
        "identity.enrol.link_used",
        "identity.enrol.link_expired",
        "identity.enrol.challenge_unknown",
        "identity.enrol.refused",
        "identity.enrol.key_taken",
        "identity.passkey.unattested",
        "identity.passkey.model",
        "identity.passkey.unproved",
        "identity.passkey.synced",
        "identity.passkey.over",
        "identity.sign_in.challenge_unknown",
        "identity.sign_in.refused",
        "identity.provider.unknown",
        "identity.provider.flow_unknown",
        "identity.provider.denied",
        "identity.provider.too_weak",
        "identity.provider.refused",
        "identity.provider.stranger",
        "identity.provider.unavailable",
        "identity.provider.subject_invalid",
        "identity.provider.link_taken",
        "identity.step_up_required",
        "identity.step_up.challenge_unknown",
        "identity.step_up.refused",
        "identity.restricted",
        "identity.trust_blocked",
        "identity.disable.self",
        "identity.enrol_device.token_invalid",
        "identity.enrol_device.key_invalid",
        "identity.enrol_device.key_taken",
        "identity.device_status.too_long",
        "identity.attest.malformed",
        "identity.attest.maker_unknown",
        "identity.attest.certificate_refused",
        "identity.attest.key_refused",
        "identity.attest.tpm_taken",
        "identity.attest.tpm_changed",
        "identity.attest.nothing_asked",
        "identity.attest.secret_wrong",
        "identity.attest.not_bound",
        "identity.attest.nonce_wrong",
        "identity.attest.quote_refused",
        "identity.attest.turned_back",
        "identity.attest.overtaken",
        "identity.attest.reason_invalid",
        "identity.attest.moved",
        "identity.attest.same_person",
        "identity.tpm_makers.certificate_invalid",
        "identity.tpm_makers.too_many",
        "identity.trust_change.reason_invalid",
        "identity.trust_change.waiting",
        "identity.trust_change.unneeded",
        "identity.trust_change.same_person",
        "identity.trust_change.over",
    ],
    health,
    start,
    ..Module::EMPTY
};

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let counted = async { Ok::<_, StoreError>((store::operators(&app.store).await?, device_store::active(&app.store).await?)) };
        match counted.await {
            Ok((0, _)) => Health::good("no operator has enrolled yet: open the link that the first start printed"),
            Ok((operators, devices)) => Health::good(format!("{operators} operators can sign in, {devices} devices are enrolled")),
            Err(error) => Health::bad(format!("database: {error}")),
        }
    })
}

fn start(app: App) -> BoxFuture<'static, Result<(), shouhu_bus::ReactionError>> {
    Box::pin(async move {
        app.put(room::Room::open(&app)?);
        app.put(DeviceTrustPort(Arc::new(attest::trust::Trust { store: app.store.clone(), env: app.env.clone() })));
        app.put(PeoplePort(Arc::new(people::Accounts(app.store.clone()))));
        jobs::PURGE.schedule_daily(&app.store, 0).await?;
        Ok(())
    })
}

/// Whether somebody can invite others; a new house prints a link for its first operator.
///
/// # Errors
/// When the database fails.
pub async fn has_operators(app: &App) -> Result<bool, StoreError> {
    Ok(store::operators(&app.store).await? > 0)
}

/// Which unit a person crews now. Somebody unknown crews nothing, silently.
///
/// # Errors
/// When the database fails.
pub async fn set_unit(app: &App, actor: ActorId, unit: Option<UnitId>) -> Result<(), StoreError> {
    store::set_unit(&app.store, actor, unit).await
}

/// For long answers such as the live stream. Asking is no use of the session: it does not keep it from becoming idle. False
/// too when the database cannot say: a stream is then better closed than kept.
pub async fn is_session_alive(app: &App, session: SessionId) -> bool {
    store::is_session_live(&app.store, app.env.now(), session).await.unwrap_or_else(|error| {
        tracing::warn!(%session, %error, "cannot tell whether a session lives; taken for dead");
        false
    })
}

/// Looks for late quotes for as long as the server runs. Only a program that serves calls it: one that opens the house beside the server,
/// for a backup or an import, judges nobody.
pub async fn watch_quotes(app: App) {
    attest::watch::look_for_ever(app).await;
}

/// Restricts every device whose quote is late now; how many. The server looks by itself: this is for tests, whose clock stands still.
///
/// # Errors
/// When the database fails.
pub async fn look_for_late_quotes(app: &App) -> Result<usize, StoreError> {
    attest::watch::look(&app.store, app.env.now()).await
}

/// # Errors
/// When the database fails.
pub async fn device_by_id(app: &App, device: DeviceId) -> Result<Option<Device>, StoreError> {
    Ok(device_store::with_key(&app.store, device).await?.map(|(device, _)| device))
}

/// Names of those actors that exist; empty when the database fails, because a name only decorates.
pub async fn actor_names(app: &App, actors: &[ActorId]) -> HashMap<ActorId, String> {
    store::names(&app.store, actors).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "names not read");
        HashMap::new()
    })
}
