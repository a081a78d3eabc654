//! What is deferred is told when its day has come, without anybody's doing.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::InquiryId;
use shouhu_module::{App, JobKind};

use super::acts;

pub const TELL: JobKind = JobKind { kind: "oversight.tell_deferred", run };

#[derive(serde::Deserialize)]
struct Due {
    id: InquiryId,
}

fn run(app: App, payload: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let Due { id } = serde_json::from_value(payload)?;
        if acts::tell(&app, id).await? {
            tracing::info!(inquiry = %id, "what was deferred of an inquiry is told now");
        }
        Ok(())
    })
}
