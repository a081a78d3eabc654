//! Who has an account, for rooms that must tell colleagues and offices apart.

use shouhu_env::BoxFuture;
use shouhu_ids::ActorId;
use shouhu_module::Problem;
use shouhu_module::ports::{People, Serving};
use shouhu_store::{Store, params};

use crate::model::Actor;
use crate::store;

/// Rows that are read at once.
const CHUNK: i64 = 1_000;

/// Answers other rooms.
pub struct Accounts(pub Store);

fn serving(actor: Actor) -> Serving {
    Serving { id: actor.id, name: actor.name, role: actor.role, office: actor.office }
}

impl People for Accounts {
    fn everybody(&self) -> BoxFuture<'static, Result<Vec<Serving>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move {
            let mut all: Vec<Serving> = Vec::new();
            loop {
                let some = store::actors(&store, all.last().map(|last| last.id), CHUNK).await?;
                if some.is_empty() {
                    return Ok(all);
                }
                all.extend(some.into_iter().map(serving));
            }
        })
    }

    fn one(&self, id: ActorId) -> BoxFuture<'static, Result<Option<Serving>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move {
            let sql = "SELECT id, name, role, office FROM identity_actor WHERE id = $1";
            let Some(row) = store.fetch_opt(sql, params![id]).await? else { return Ok(None) };
            Ok(Some(Serving { id: row.parsed("id")?, name: row.text("name")?, role: row.tag("role")?, office: row.opt_text("office")? }))
        })
    }
}
