//! `/v1/oversight/partners`: what is shared with whom, under which agreement, and the switch that stops it.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Id, Page, Person, Problem, Route};

use crate::sharing::{AgreeSharing, SharingPartner, SharingPartnerShown, SwitchPartner, store};

pub const LIST: Route =
    Route::get("/v1/oversight/partners", "Lists partners with what passed in the last day and until when it may", || axum::routing::get(list))
        .permission("sharing.watch")
        .audit(Audit::WorkRead)
        .gives::<Page<SharingPartner>>();

pub const SHOW: Route =
    Route::get("/v1/oversight/partners/{id}", "Shows a partner with what passed in each hour", || axum::routing::get(show))
        .permission("sharing.watch")
        .audit(Audit::WorkRead)
        .gives::<SharingPartnerShown>();

pub const OFF: Route =
    Route::post("/v1/oversight/partners/{id}/off", "Stops everything to and from a partner at once", || axum::routing::post(off))
        .permission("sharing.stop")
        .audit(Audit::Security)
        .takes::<SwitchPartner>()
        .gives::<SharingPartner>();

pub const ON: Route =
    Route::post("/v1/oversight/partners/{id}/on", "Asks that a partner be switched on again, or does it as the second person", || {
        axum::routing::post(on)
    })
    .permission("sharing.allow")
    .audit(Audit::Security)
    .takes::<SwitchPartner>()
    .gives::<SharingPartner>();

pub const AGREE: Route =
    Route::post("/v1/oversight/partners/{id}/agreement", "Writes down by which rule is shared with a partner, and until when", || {
        axum::routing::post(agree)
    })
    .permission("sharing.allow")
    .audit(Audit::Security)
    .takes::<AgreeSharing>()
    .gives::<SharingPartner>();

fn named(what: &str, of: &SharingPartner) -> String {
    format!("{what}: {} ({})", of.title, of.id)
}

async fn list(State(app): State<App>) -> Result<Audited<Page<SharingPartner>>, Problem> {
    let partners = store::list(&app.store).await?;
    Ok(Audited::new(format!("{} partners", partners.len()), Page::whole(partners)))
}

async fn show(State(app): State<App>, Id(id): Id<String>) -> Result<Audited<SharingPartnerShown>, Problem> {
    let shown = store::shown(&app.store, &id).await?;
    Ok(Audited::new(named("shown", &shown.partner), shown))
}

async fn off(State(app): State<App>, person: Person, Id(id): Id<String>, Body(asked): Body<SwitchPartner>) -> Result<Audited<SharingPartner>, Problem> {
    let partner = store::off(&app.store, &person, &id, &asked.reason).await?;
    Ok(Audited::new(named("switched off", &partner), partner))
}

async fn on(State(app): State<App>, person: Person, Id(id): Id<String>, Body(asked): Body<SwitchPartner>) -> Result<Audited<SharingPartner>, Problem> {
    let partner = store::on(&app.store, &person, &id, &asked.reason).await?;
    let what = if partner.off_at_us.is_some() { "asked to be switched on" } else { "switched on" };
    Ok(Audited::new(named(what, &partner), partner))
}

async fn agree(State(app): State<App>, person: Person, Id(id): Id<String>, Body(asked): Body<AgreeSharing>) -> Result<Audited<SharingPartner>, Problem> {
    let partner = store::agree(&app.store, &person, &id, &asked).await?;
    Ok(Audited::new(format!("{} until {}: {}", named("agreed", &partner), asked.until_us.0, asked.basis), partner))
}
