//! What other rooms may ask of dispatch.

use shouhu_env::BoxFuture;
use shouhu_module::ports::LiveCases;
use shouhu_store::{Store, params};

/// A purpose may name an incident for as long as it is not closed.
pub struct LiveIncidents(pub Store);

impl LiveCases for LiveIncidents {
    fn is_live(&self, case_ref: String) -> BoxFuture<'static, bool> {
        let store = self.0.clone();
        Box::pin(async move {
            let sql = "SELECT id FROM dispatch_incident WHERE number = $1 AND state <> 'closed'";
            match store.fetch_opt(sql, params![case_ref.trim()]).await {
                Ok(found) => found.is_some(),
                Err(error) => {
                    // Deny by default: a case that cannot be looked up opens nothing.
                    tracing::warn!(%error, "incident number not looked up");
                    false
                }
            }
        })
    }
}
