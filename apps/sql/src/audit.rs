//! Why somebody asks, and its leaf in the server's log.

use std::path::Path;

use shouhu_audit::{Audit, AuditError, Entry};
use shouhu_blobs::Keys;
use shouhu_env::Env;
use shouhu_http::PURPOSES;
use shouhu_store::Store;

/// Characters of the question that its leaf keeps.
const QUESTION_CHARS_MAX: usize = 4_000;
const OK: u16 = 200;

#[derive(Debug, thiserror::Error)]
pub enum PurposeError {
    #[error("a lake that belongs to a server is not asked without --purpose (one of {})", known())]
    Missing,
    #[error("purpose {0:?} is none of {known}", known = known())]
    Unknown(String),
    #[error("purpose {0} needs --case: the number of the case or 110 call")]
    NoCase(String),
}

fn known() -> String {
    PURPOSES.map(|(code, _)| code).join(", ")
}

/// Why a person asks, as the server's own questions demand it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub purpose: String,
    pub case_ref: Option<String>,
}

impl Reason {
    /// # Errors
    /// When the purpose is missing or unknown, or lacks the case that it needs.
    pub fn checked(purpose: Option<&str>, case_ref: Option<&str>) -> Result<Self, PurposeError> {
        let purpose = purpose.ok_or(PurposeError::Missing)?;
        let (_, needs_case) =
            PURPOSES.iter().find(|(code, _)| *code == purpose).ok_or_else(|| PurposeError::Unknown(purpose.to_owned()))?;
        let case_ref = case_ref.map(str::trim).filter(|case| !case.is_empty());
        if *needs_case && case_ref.is_none() {
            return Err(PurposeError::NoCase(purpose.to_owned()));
        }
        Ok(Self { purpose: purpose.to_owned(), case_ref: case_ref.map(ToOwned::to_owned) })
    }
}

/// The log of the server that the lake belongs to.
pub struct AuditLog {
    audit: Audit,
    store: Store,
}

impl AuditLog {
    /// Must be called within a tokio runtime. `keys` is the server's folder of keys.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub fn open(store: Store, keys: &Path) -> Result<Self, AuditError> {
        let keys = Keys::open(store.env().clone(), keys)?;
        Ok(Self { audit: Audit::start(store.clone(), &keys)?, store })
    }

    /// Writes the leaf of a question; nothing of its answer may be shown before this returns.
    ///
    /// # Errors
    /// When the leaf is not durable.
    pub async fn asked(&self, env: &Env, who: &str, reason: &Reason, sql: &str) -> Result<i64, AuditError> {
        let entry = Entry {
            at_us: env.now(),
            actor: "console".into(),
            actor_name: who.to_owned(),
            action: "shouhu-sql".into(),
            class: "personal_read".into(),
            purpose: Some(reason.purpose.clone()),
            case_ref: reason.case_ref.clone(),
            object: sql.chars().take(QUESTION_CHARS_MAX).collect(),
            outcome: OK,
        };
        self.audit.append(entry).await
    }

    pub async fn close(self) {
        self.store.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_investigation_without_a_case_is_refused_and_a_patrol_is_not() {
        assert!(matches!(Reason::checked(None, None), Err(PurposeError::Missing)));
        assert!(matches!(Reason::checked(Some("curiosity"), Some("1")), Err(PurposeError::Unknown(_))));
        assert!(matches!(Reason::checked(Some("investigation"), Some(" ")), Err(PurposeError::NoCase(_))));
        assert!(Reason::checked(Some("patrol"), None).is_ok());
    }
}
