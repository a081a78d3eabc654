//! What nobody answered in time: orders that a crew neither accepted nor declined, calls that nobody took. Once a day each is told as a
//! fact, which oversight counts; nothing is changed by it.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Event, LOOK_BACK_US};
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError, params, tell_each};
use shouhu_wire::Asked;

pub const NOT_ANSWERED: JobKind = JobKind { kind: "dispatch.not_answered", run };
/// 00:40 in Taipei: of the day that is over.
pub const HOUR_UTC_US: i64 = 16 * Micros::HOUR + 40 * Micros::MINUTE;

/// An order is answered within so long; advice says much sooner that it ages.
pub const ORDER_US: i64 = 15 * Micros::MINUTE;
/// A call is taken within so long.
pub const CALL_US: i64 = 10 * Micros::MINUTE;
fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        NOT_ANSWERED.schedule_daily(&app.store, HOUR_UTC_US).await?;
        let told = tell(&app.store).await?;
        tracing::info!(told, "orders and calls that nobody answered in time");
        Ok(())
    })
}

/// # Errors
/// When the database fails.
pub async fn tell(store: &Store) -> Result<usize, StoreError> {
    // Answered is: accepted, declined, or taken back before its time was over.
    let orders = "SELECT id FROM dispatch_assignment WHERE id > $1 AND offered_at_us > $3 AND offered_at_us <= $4 \
         AND COALESCE(accepted_at_us, ended_at_us, $5) > offered_at_us + $6 ORDER BY id LIMIT $2";
    let calls = "SELECT id FROM dispatch_call WHERE id > $1 AND arrived_at_us > $3 AND arrived_at_us <= $4 \
         AND COALESCE(taken_at_us, $5) > arrived_at_us + $6 ORDER BY id LIMIT $2";
    let now = store.env().now();
    let values = |within_us: i64| params![now.plus(-LOOK_BACK_US), now.plus(-within_us), now, within_us];
    let orders = tell_each(store, orders, &values(ORDER_US), |id| Event::not_answered(Asked::Order, &id)).await?;
    Ok(orders + tell_each(store, calls, &values(CALL_US), |id| Event::not_answered(Asked::Call, &id)).await?)
}
