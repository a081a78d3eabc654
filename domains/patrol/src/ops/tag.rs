//! Gives the keys to program a tag with, and binds the tag to its box.

use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::{HEXLOWER, HEXUPPER};
use shouhu_ids::BoxId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Problem, Route};
use shouhu_store::{StoreError, params};

use crate::code::tag_url;
use crate::model::{SetTag, TagKeys};
use crate::secret::Secret;
use crate::store;
use crate::tag::UID_BYTES;

pub const ROUTE: Route =
    Route::post("/v1/patrol/boxes/{id}/tag", "Bind a tag to a box and give the keys to program it with", || axum::routing::post(handle))
        .permission("patrol.plan")
        .audit(Audit::Security)
        .takes::<SetTag>()
        .gives::<TagKeys>();

#[derive(Debug, thiserror::Error)]
pub enum TagError {
    #[error("a tag's number is {UID_BYTES} bytes, 14 hexadecimal digits")]
    Uid,
    #[error("this tag is on box {0}")]
    Taken(String),
}

impl Keyed for TagError {
    fn key(&self) -> &'static str {
        match self {
            Self::Uid => "patrol.tag.uid",
            Self::Taken(_) => "patrol.tag.taken",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Uid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Taken(_) => StatusCode::CONFLICT,
        }
    }
}

/// Digits as the database keeps them.
fn uid_of(text: &str) -> Result<String, TagError> {
    let digits: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let bytes = HEXUPPER.decode(digits.as_bytes()).map_err(|_| TagError::Uid)?;
    if bytes.len() == UID_BYTES { Ok(digits) } else { Err(TagError::Uid) }
}

async fn handle(State(app): State<App>, Id(id): Id<BoxId>, Body(body): Body<SetTag>) -> Result<Audited<TagKeys>, Problem> {
    let uid = uid_of(&body.uid)?;
    let holder = app.store.fetch_opt("SELECT number FROM patrol_box WHERE tag_uid = $1 AND id <> $2", params![&uid, id]).await?;
    if let Some(holder) = holder {
        return Err(TagError::Taken(holder.text("number")?).into());
    }
    store::set(&app.store, id, "tag_uid = $2", uid.as_str().into()).await.map_err(|error| match error {
        StoreError::Duplicate { .. } => Problem::of(&TagError::Taken("another".into())),
        other => other.into(),
    })?;
    let kept = store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("patrol box"))?;
    let keys = app.room::<Secret>().tag_secret(id, kept.code_version);
    let given = TagKeys {
        uid,
        meta_read_key_hex: HEXLOWER.encode(&keys.meta_read),
        file_read_key_hex: HEXLOWER.encode(&keys.file_read),
        ndef_url: tag_url(id),
    };
    Ok(Audited::new(format!("keys of the tag of patrol box {}", kept.shown.number), given))
}
