//! Streams that receivers have set up by themselves: their rows, and what follows from them for an event.
//!
//! A stream narrows what the file lets its receiver have, and pauses it; it never widens it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_store::{Row, Store, StoreError, Tx, params};

use crate::settings::{Receiver, TellKind};

/// A trial of the stream in a minute is enough to find out whether it works.
pub const VERIFY_EVERY_S: i64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SignalStreamState")]
pub enum StreamStatus {
    Enabled,
    /// What happens meanwhile waits.
    Paused,
    /// What happens meanwhile is not told.
    Disabled,
}

impl StreamStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub id: String,
    /// Addresses of events; `None`: everything that it may have.
    pub requested: Option<Vec<String>>,
    pub description: Option<String>,
    pub status: StreamStatus,
    pub reason: Option<String>,
    pub polled_at: Option<Micros>,
}

/// What becomes of an event for one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Push,
    /// Until the receiver comes for it, or its stream goes on.
    Hold,
    Not,
}

impl Stream {
    pub fn delivers(&self, kind: TellKind) -> bool {
        self.requested.as_ref().is_none_or(|requested| requested.iter().any(|uri| uri == kind.uri()))
    }

    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("stream_id")?,
            requested: row.opt_text("requested")?.map(|lines| lines.lines().map(ToOwned::to_owned).collect()),
            description: row.opt_text("description")?,
            status: row.tag("status")?,
            reason: row.opt_text("reason")?,
            polled_at: row.opt_micros("polled_at_us")?,
        })
    }
}

pub fn way(receiver: &Receiver, stream: Option<&Stream>) -> Way {
    match (receiver.manages_itself(), stream.map(|stream| stream.status)) {
        (false, _) => Way::Push,
        (true, None | Some(StreamStatus::Disabled)) => Way::Not,
        (true, Some(StreamStatus::Paused)) => Way::Hold,
        (true, Some(StreamStatus::Enabled)) if receiver.is_polled() => Way::Hold,
        (true, Some(StreamStatus::Enabled)) => Way::Push,
    }
}

fn lines_of(requested: Option<&Vec<String>>) -> Option<String> {
    requested.map(|requested| requested.join("\n"))
}

pub async fn of(store: &Store, receiver: &Receiver) -> Result<Option<Stream>, StoreError> {
    let sql = "SELECT stream_id, requested, description, status, reason, polled_at_us FROM signals_stream WHERE receiver = $1 AND aud = $2";
    store.fetch_opt(sql, params![&receiver.name, &receiver.aud]).await?.as_ref().map(Stream::of).transpose()
}

/// The row is locked until the transaction ends: what is told and what the receiver changes wait for each other.
pub async fn locked(tx: &mut Tx, receiver: &Receiver) -> Result<Option<Stream>, StoreError> {
    let sql = "UPDATE signals_stream SET status = status WHERE receiver = $1 AND aud = $2 \
               RETURNING stream_id, requested, description, status, reason, polled_at_us";
    tx.fetch_opt(sql, params![&receiver.name, &receiver.aud]).await?.as_ref().map(Stream::of).transpose()
}

/// False when it has one. Nothing of another partner who had this name is left.
pub async fn create(tx: &mut Tx, receiver: &Receiver, stream: &Stream) -> Result<bool, StoreError> {
    let others = "DELETE FROM signals_stream WHERE receiver = $1 AND aud <> $2";
    tx.execute(others, params![&receiver.name, &receiver.aud]).await?;
    let sql = "INSERT INTO signals_stream (receiver, stream_id, aud, requested, description, status) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let (requested, description) = (lines_of(stream.requested.as_ref()), stream.description.clone());
    let values = params![&receiver.name, &stream.id, &receiver.aud, requested, description, stream.status.as_str()];
    if tx.execute(sql, values).await? == 0 {
        return Ok(false);
    }
    tx.execute("DELETE FROM signals_waiting WHERE receiver = $1", params![&receiver.name]).await?;
    Ok(true)
}

pub async fn change(tx: &mut Tx, receiver: &Receiver, requested: Option<&Vec<String>>, description: Option<String>) -> Result<(), StoreError> {
    let sql = "UPDATE signals_stream SET requested = $3, description = $4 WHERE receiver = $1 AND aud = $2";
    tx.execute(sql, params![&receiver.name, &receiver.aud, lines_of(requested), description]).await?;
    Ok(())
}

pub async fn set_status(tx: &mut Tx, receiver: &Receiver, status: StreamStatus, reason: Option<String>) -> Result<(), StoreError> {
    let sql = "UPDATE signals_stream SET status = $3, reason = $4 WHERE receiver = $1 AND aud = $2";
    tx.execute(sql, params![&receiver.name, &receiver.aud, status.as_str(), reason]).await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, receiver: &Receiver) -> Result<(), StoreError> {
    tx.execute("DELETE FROM signals_stream WHERE receiver = $1 AND aud = $2", params![&receiver.name, &receiver.aud]).await?;
    Ok(())
}

/// False when a trial was asked for less than [`VERIFY_EVERY_S`] ago.
pub async fn may_verify(tx: &mut Tx, now: Micros, receiver: &Receiver) -> Result<bool, StoreError> {
    let sql = "UPDATE signals_stream SET verify_asked_at_us = $3 \
               WHERE receiver = $1 AND aud = $2 AND (verify_asked_at_us IS NULL OR verify_asked_at_us <= $4)";
    let before = now.plus(-VERIFY_EVERY_S * Micros::SECOND);
    Ok(tx.execute(sql, params![&receiver.name, &receiver.aud, now, before]).await? == 1)
}

pub async fn polled(tx: &mut Tx, now: Micros, receiver: &Receiver) -> Result<(), StoreError> {
    let sql = "UPDATE signals_stream SET polled_at_us = $3 WHERE receiver = $1 AND aud = $2";
    tx.execute(sql, params![&receiver.name, &receiver.aud, now]).await?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::settings::SignalSettings;

    fn receiver(delivery: &str, aud: &str) -> Receiver {
        let hash = "ab".repeat(32);
        let text = format!("[[receiver]]\nname = \"south\"\naud = \"{aud}\"\ntoken_sha256 = \"{hash}\"\n{delivery}");
        SignalSettings::parse(&text).unwrap().receivers.remove(0)
    }

    fn stream(id: &str, requested: Option<&[&str]>) -> Stream {
        let requested = requested.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
        Stream { id: id.into(), requested, description: None, status: StreamStatus::Enabled, reason: None, polled_at: None }
    }

    const POLL: &str = "delivery = \"poll\"\n";
    const PUSH: &str = "url = \"https://south.example/\"\ntoken = \"a\"\n";

    #[test]
    fn nothing_is_told_before_a_stream_is_there_and_nothing_while_it_is_off() {
        let (polled, pushed) = (receiver(POLL, "a"), receiver(PUSH, "a"));
        for receiver in [&polled, &pushed] {
            assert_eq!(way(receiver, None), Way::Not);
            assert_eq!(way(receiver, Some(&Stream { status: StreamStatus::Disabled, ..stream("1", None) })), Way::Not);
            assert_eq!(way(receiver, Some(&Stream { status: StreamStatus::Paused, ..stream("1", None) })), Way::Hold);
        }
        assert_eq!((way(&polled, Some(&stream("1", None))), way(&pushed, Some(&stream("1", None)))), (Way::Hold, Way::Push));
        let text = format!("[[receiver]]\nname = \"a\"\naud = \"a\"\n{PUSH}");
        assert_eq!(way(&SignalSettings::parse(&text).unwrap().receivers.remove(0), None), Way::Push, "as the file says");
    }

    #[test]
    fn what_is_asked_for_by_name_is_all_that_is_delivered() {
        assert!(TellKind::ALL.into_iter().all(|kind| stream("1", None).delivers(kind)));
        let one = stream("1", Some(&[TellKind::SessionRevoked.uri(), "urn:x"]));
        assert!(one.delivers(TellKind::SessionRevoked) && !one.delivers(TellKind::AssuranceLevelChange));
        assert!(!stream("1", Some(&[])).delivers(TellKind::SessionRevoked), "nothing by name is nothing");
    }

    #[tokio::test]
    async fn a_receiver_has_one_stream_and_another_partner_of_its_name_has_none_of_it() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let (now, south, other) = (store.env().now(), receiver(POLL, "https://south.example"), receiver(POLL, "https://other.example"));
            let wanted = stream("1", Some(&["urn:a", "urn:b"]));
            for (id, is_first) in [("1", true), ("2", false)] {
                let mut tx = store.begin().await.unwrap();
                assert_eq!(create(&mut tx, &south, &Stream { id: id.into(), ..wanted.clone() }).await.unwrap(), is_first);
                tx.commit().await.unwrap();
            }
            assert_eq!(of(&store, &south).await.unwrap(), Some(wanted.clone()));
            let mut tx = store.begin().await.unwrap();
            assert_eq!(locked(&mut tx, &south).await.unwrap(), Some(wanted));
            set_status(&mut tx, &south, StreamStatus::Paused, Some("maintenance".into())).await.unwrap();
            change(&mut tx, &south, None, Some("of the south".into())).await.unwrap();
            polled(&mut tx, now, &south).await.unwrap();
            assert!(may_verify(&mut tx, now, &south).await.unwrap());
            assert!(!may_verify(&mut tx, now.plus(VERIFY_EVERY_S * Micros::SECOND - 1), &south).await.unwrap());
            assert!(may_verify(&mut tx, now.plus(VERIFY_EVERY_S * Micros::SECOND), &south).await.unwrap());
            tx.commit().await.unwrap();
            let kept = of(&store, &south).await.unwrap().unwrap();
            assert_eq!((kept.status, kept.reason.as_deref(), kept.requested, kept.polled_at), (StreamStatus::Paused, Some("maintenance"), None, Some(now)));

            assert_eq!(of(&store, &other).await.unwrap(), None);
            let mut tx = store.begin().await.unwrap();
            assert!(create(&mut tx, &other, &stream("3", Some(&[]))).await.unwrap());
            tx.commit().await.unwrap();
            assert_eq!((of(&store, &south).await.unwrap(), of(&store, &other).await.unwrap().unwrap().requested), (None, Some(Vec::new())));
            let mut tx = store.begin().await.unwrap();
            delete(&mut tx, &other).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(of(&store, &other).await.unwrap(), None);
        })
        .await;
    }
}
