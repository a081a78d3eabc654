//! What of a request nobody has read when its answer is there: a refusal often needs the head alone.
//!
//! Whoever asks is still sending then. Were the connection closed on it, the system would answer what still comes with a reset, and a reset
//! takes away the answer that the other side has not read yet (RFC 9112 §9.6). So the rest is read and forgotten, within limits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

/// Of what is longer nothing is read: to send it would take longer than to ask again.
const UNREAD_BYTES_MAX: u64 = 1 << 20;
const UNREAD_TIME: Duration = Duration::from_secs(5);

/// Where a body is put that is let go before its end.
pub type Unread = Arc<Mutex<Option<Incoming>>>;

/// Reads to the end what is short enough and comes in time. A body of another kind ends with its connection.
pub async fn read_away(mut body: Incoming) {
    let mut left = UNREAD_BYTES_MAX;
    if body.size_hint().lower() > left {
        return;
    }
    let read = async {
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            let Some(rest) = left.checked_sub(bytes) else { return };
            left = rest;
        }
    };
    // Too slow is as good as gone.
    let _ = tokio::time::timeout(UNREAD_TIME, read).await;
}
