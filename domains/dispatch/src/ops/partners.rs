//! Which partner's key speaks for which centre. Without a row here, a partner's key opens nothing in this room: that of a
//! car park cannot open an incident.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, NoBody, Person, Problem, Route};
use shouhu_store::{Row, Store, StoreError, params};
use shouhu_wire::DeviceKind;

use crate::model::Items;

const TITLE_MAX: usize = 80;

pub const LIST: Route =
    Route::get("/v1/dispatch/partners", "List the centres that may tell us of incidents", || axum::routing::get(list))
        .permission("partners.manage")
        .audit(Audit::None("names of centres and their keys' ids name nobody"))
        .gives::<Items<Partner>>();

pub const DEFINE: Route =
    Route::post("/v1/dispatch/partners", "Say which centre a partner's key speaks for", || axum::routing::post(define))
        .permission("partners.manage")
        .audit(Audit::Write)
        .takes::<DefinePartner>()
        .gives::<Partner>();

pub const END: Route =
    Route::post("/v1/dispatch/partners/{id}/end", "End what a partner's key may tell", || axum::routing::post(end))
        .permission("partners.manage")
        .audit(Audit::Write)
        .takes::<NoBody>()
        .gives::<Partner>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Partner {
    /// The enrolled device of kind `partner` that signs.
    pub device: DeviceId,
    pub title: String,
    /// Domain name that its EIDOs may name as their issuing element, itself or below it.
    pub element: String,
    pub created_at_us: Micros,
    pub ended_at_us: Option<Micros>,
}

impl Partner {
    /// Whether the key may name that sender: `cad.kaohsiung.example` is of `kaohsiung.example`.
    #[must_use]
    pub fn speaks_for(&self, sender: &str) -> bool {
        sender == self.element || sender.strip_suffix(&self.element).is_some_and(|above| above.ends_with('.'))
    }
}

/// `POST /v1/dispatch/partners`. Again for the same device: changes it, and begins it again where it had ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DefinePartner {
    pub device: DeviceId,
    pub title: String,
    pub element: String,
}

#[derive(Debug, thiserror::Error)]
pub enum PartnerError {
    #[error("device {0} is no partner's device that is enrolled and not revoked")]
    Device(DeviceId),
    #[error("the title is empty or longer than {TITLE_MAX} characters")]
    Title,
    #[error("{0:?} is no domain name such as cad.kaohsiung.example")]
    Element(String),
    #[error("device {0} is registered for no centre")]
    Unknown(DeviceId),
}

impl Keyed for PartnerError {
    fn key(&self) -> &'static str {
        match self {
            Self::Device(_) => "dispatch.partner.device",
            Self::Title => "dispatch.partner.title",
            Self::Element(_) => "dispatch.partner.element",
            Self::Unknown(_) => "dispatch.partner.unknown",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// A domain name of at least two labels (RFC 1035 §2.3.1, digits first allowed by RFC 1123 §2.1), in lower case.
fn element(text: &str) -> Result<String, PartnerError> {
    let name = text.trim().to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_name = name.len() <= 200 && name.contains('.') && name.split('.').all(label);
    if is_name { Ok(name) } else { Err(PartnerError::Element(text.chars().take(60).collect())) }
}

fn partner_of(row: &Row) -> Result<Partner, StoreError> {
    Ok(Partner {
        device: row.parsed("device")?,
        title: row.text("title")?,
        element: row.text("element")?,
        created_at_us: row.micros("created_at_us")?,
        ended_at_us: row.opt_micros("ended_at_us")?,
    })
}

const PARTNER: &str = "SELECT device, title, element, created_at_us, ended_at_us FROM dispatch_partner";

/// The row of a key, ended or not.
pub async fn by_device(store: &Store, device: DeviceId) -> Result<Option<Partner>, StoreError> {
    store.fetch_opt(&format!("{PARTNER} WHERE device = $1"), params![device]).await?.as_ref().map(partner_of).transpose()
}

pub async fn keep(store: &Store, asked: &DefinePartner, by: &Person) -> Result<Partner, Problem> {
    let title = asked.title.trim();
    if title.is_empty() || title.chars().count() > TITLE_MAX {
        return Err(PartnerError::Title.into());
    }
    let element = element(&asked.element)?;
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO dispatch_partner (device, title, element, created_at_us, created_by) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (device) DO UPDATE SET title = $2, element = $3, ended_at_us = NULL",
        params![asked.device, title, element, store.env().now(), by.id],
    )
    .await?;
    tx.commit().await?;
    Ok(by_device(store, asked.device).await?.ok_or(PartnerError::Unknown(asked.device))?)
}

async fn list(State(app): State<App>) -> Result<Json<Items<Partner>>, Problem> {
    let rows = app.store.fetch(&format!("{PARTNER} ORDER BY title, device"), vec![]).await?;
    Ok(Json(Items { items: rows.iter().map(partner_of).collect::<Result<_, _>>()? }))
}

async fn define(State(app): State<App>, person: Person, Body(asked): Body<DefinePartner>) -> Result<Audited<Partner>, Problem> {
    let known = shouhu_identity::device_by_id(&app, asked.device).await?;
    if !known.is_some_and(|known| known.kind == DeviceKind::Partner && !known.is_revoked) {
        return Err(PartnerError::Device(asked.device).into());
    }
    let partner = keep(&app.store, &asked, &person).await?;
    Ok(Audited::new(format!("partner {} as {}", partner.device, partner.element), partner))
}

async fn end(State(app): State<App>, Id(device): Id<DeviceId>, _: Body<NoBody>) -> Result<Audited<Partner>, Problem> {
    let mut tx = app.store.begin().await?;
    let sql = "UPDATE dispatch_partner SET ended_at_us = $2 WHERE device = $1 AND ended_at_us IS NULL";
    tx.execute(sql, params![device, app.env.now()]).await?;
    tx.commit().await?;
    let partner = by_device(&app.store, device).await?.ok_or(PartnerError::Unknown(device))?;
    Ok(Audited::new(format!("partner {} ended", partner.device), partner))
}

#[cfg(test)]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::dispatcher;

    #[tokio::test]
    async fn registering_again_changes_the_name_and_begins_what_had_ended() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let (device, by) = (store.env().id(DeviceId::new), dispatcher(&store));
            let asked = |element: &str| DefinePartner { device, title: "高雄".into(), element: element.into() };
            assert_eq!(by_device(&store, device).await.unwrap_or_default(), None);
            for element in ["a.example", "b.example"] {
                let kept = keep(&store, &asked(element), &by).await.unwrap_or_else(|e| panic!("{e:?}"));
                assert_eq!((kept.element.as_str(), kept.ended_at_us), (element, None));
                let sql = "UPDATE dispatch_partner SET ended_at_us = 1 WHERE device = $1";
                let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
                assert_eq!(tx.execute(sql, params![device]).await.ok(), Some(1));
                tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
            }
        })
        .await;
    }

    #[test]
    fn a_key_speaks_for_its_name_and_what_lies_below_it() {
        let partner = Partner {
            device: DeviceId::new(Micros(1), [0; 16]),
            title: "高雄".into(),
            element: "kaohsiung.example".into(),
            created_at_us: Micros(1),
            ended_at_us: None,
        };
        assert!(partner.speaks_for("kaohsiung.example") && partner.speaks_for("cad.kaohsiung.example"));
        assert!(!partner.speaks_for("notkaohsiung.example") && !partner.speaks_for("example") && !partner.speaks_for(""));
    }

    #[test]
    fn a_name_that_would_speak_for_a_whole_country_is_no_element() {
        assert_eq!(element(" CAD.Kaohsiung.Example ").ok().as_deref(), Some("cad.kaohsiung.example"));
        for wrong in ["", "tw", ".tw", "a..b", "-a.b", "a b.c", "高雄.tw", "a.b."] {
            assert!(element(wrong).is_err(), "{wrong}");
        }
    }
}
