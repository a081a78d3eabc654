//! What nobody answered in time: orders that a crew neither accepted nor declined, calls that nobody took. Once a day each is told as a
//! fact, which oversight counts; nothing is changed by it.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::Event;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::Asked;

pub const NOT_ANSWERED: JobKind = JobKind { kind: "dispatch.not_answered", run };
/// 00:40 in Taipei: of the day that is over.
pub const HOUR_UTC_US: i64 = 16 * Micros::HOUR + 40 * Micros::MINUTE;

/// An order is answered within so long; advice says much sooner that it ages.
pub const ORDER_US: i64 = 15 * Micros::MINUTE;
/// A call is taken within so long.
pub const CALL_US: i64 = 10 * Micros::MINUTE;
/// Deadlines of the last days are looked at again, so that a house that was off for a week loses none. What is told twice counts once.
const LOOK_BACK_US: i64 = 8 * Micros::DAY;
const SOME: i64 = 1_000;

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
    let orders = "SELECT id FROM dispatch_assignment WHERE offered_at_us > $1 AND offered_at_us <= $2 \
         AND COALESCE(accepted_at_us, ended_at_us, $3) > offered_at_us + $4 AND id > $6 ORDER BY id LIMIT $5";
    let calls = "SELECT id FROM dispatch_call WHERE arrived_at_us > $1 AND arrived_at_us <= $2 \
         AND COALESCE(taken_at_us, $3) > arrived_at_us + $4 AND id > $6 ORDER BY id LIMIT $5";
    let orders = tell_of(store, Asked::Order, orders, ORDER_US).await?;
    Ok(orders + tell_of(store, Asked::Call, calls, CALL_US).await?)
}

async fn tell_of(store: &Store, asked: Asked, sql: &str, within_us: i64) -> Result<usize, StoreError> {
    let (now, mut last, mut told) = (store.env().now(), String::new(), 0);
    loop {
        let mut tx = store.begin().await?;
        let rows = tx.fetch(sql, params![now.plus(-LOOK_BACK_US), now.plus(-within_us), now, within_us, SOME, &last]).await?;
        for row in &rows {
            last = row.text("id")?;
            tx.emit(&Event::not_answered(asked, &last)).await?;
        }
        tx.commit().await?;
        told += rows.len();
        if rows.is_empty() {
            return Ok(told);
        }
    }
}
