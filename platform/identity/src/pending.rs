//! Challenges that wait for an answer: rows, for minutes, and never more than a set number of a kind, and of one address of a kind.
//!
//! They are in the database so that whichever server of a house is asked can take the answer, also after a restart. Anybody may ask for one, so each new one removes
//! what is over and, where there are too many, the oldest: whoever floods the door must do so faster than a person can touch a key, and from many addresses, since how
//! many one address begins in a minute is bounded before anything is written (`room::limited_start`).
//!
//! What was asked is sealed, bound to kind and row: whoever reads the database, or a backup of it, learns no verifier and can put no row in another's place.
//!
//! **Invariant:** a challenge is taken out once, by one server, before its answer is judged; right or wrong, there is no second try.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use shouhu_blobs::{Key, Keys, open_sealed, seal};
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_store::{Backend, Store, StoreError, Tx, params};

use crate::attempts;
use crate::model::Peer;
use crate::proof::CLOCKS_APART_US;
use crate::secret;

/// How long a person may take to touch their key.
pub const CHALLENGE_LIFE_US: i64 = 5 * Micros::MINUTE;
/// Challenges of one kind that wait for one address; its oldest goes for the next. High enough for a station behind one address at the change of shifts.
pub const PENDING_PER_ADDRESS_MAX: u32 = 1_000;
/// Rows too many that one new challenge removes at most, more than come between two looks: there are more only when a bound was lowered.
const TOO_MANY_GONE_MAX: i64 = 500;
/// To look for those too many in all is to walk the index past all others, with the one writer's turn in hand. So it is done once for each hundredth of them that this
/// process has put, and leaves room for as many. Each other server may put as many meanwhile.
const BETWEEN_LOOKS_PART: u32 = 100;
const SEALING_KEY: &str = "identity challenges";
const ADDRESS_KEY: &str = "identity challenges by address";

/// Challenges of one kind, as far as this process knows them: how many there may be, and by which keys they are kept.
pub struct Pending<T> {
    kind: &'static str,
    max: u32,
    per_address_max: u32,
    /// Put since the last look at all of them; 0 says that the next one looks.
    since_look: AtomicU32,
    sealing: Key,
    addresses: Key,
    state: PhantomData<fn() -> T>,
}

/// Removes what is over, of all kinds; how many. `None`: another server is at it, or making room, at this moment. Only one at a time removes several rows, so that no
/// two wait for each other.
pub async fn forget_over(store: &Store, tx: &mut Tx, now: Micros) -> Result<Option<u64>, StoreError> {
    if store.backend() == Backend::Postgres {
        // The table's own number: another schema of the same database is another house.
        let sql = "SELECT pg_try_advisory_xact_lock(CAST(CAST(CAST('identity_waiting' AS REGCLASS) AS OID) AS BIGINT)) AS is_ours";
        if !tx.fetch_one(sql, vec![]).await?.truth("is_ours")? {
            return Ok(None);
        }
    }
    // One that ends later than any could was put there by a clock that has been set back since.
    let sql = "DELETE FROM identity_waiting WHERE expires_at_us <= $1 OR expires_at_us > $2";
    Ok(Some(tx.execute(sql, params![now, latest_end(now)]).await?))
}

const fn latest_end(now: Micros) -> Micros {
    now.plus(CHALLENGE_LIFE_US + CLOCKS_APART_US)
}

impl<T: Serialize + DeserializeOwned> Pending<T> {
    /// `kind` is what they are called in the database.
    pub fn at_most(max: u32, kind: &'static str, keys: &Keys) -> Self {
        let (sealing, addresses) = (keys.derived(SEALING_KEY), keys.derived(ADDRESS_KEY));
        Self { kind, max, per_address_max: PENDING_PER_ADDRESS_MAX, since_look: AtomicU32::new(0), sealing, addresses, state: PhantomData }
    }

    /// What a payload is sealed with beside its key.
    fn place(&self, id_hash: &str) -> String {
        format!("identity challenge {} {id_hash}", self.kind)
    }

    /// `id` is random, and known to whoever began alone.
    pub async fn put(&self, app: &App, peer: Peer, id: &str, state: &T) -> Result<(), StoreError> {
        let (now, id_hash) = (app.env.now(), secret::hash_of(id));
        let plain = serde_json::to_vec(state).map_err(|e| StoreError::Corrupt { what: "challenge", detail: e.to_string() })?;
        let payload = seal(&app.env, &self.sealing, &self.place(&id_hash), &plain);
        let address = hex::encode(attempts::hidden(&self.addresses, peer));
        let mut tx = app.store.begin().await?;
        if forget_over(&app.store, &mut tx, now).await?.is_some() {
            self.make_room(&mut tx, &address).await?;
        }
        let sql = "INSERT INTO identity_waiting (id_hash, kind, peer, expires_at_us, payload) VALUES ($1, $2, $3, $4, $5)";
        tx.execute(sql, params![id_hash, self.kind, address, now.plus(CHALLENGE_LIFE_US), payload]).await?;
        tx.commit().await
    }

    /// Leaves room for one more of the address, and in all for those that come before the next look. One at a time, as [`forget_over`] does.
    async fn make_room(&self, tx: &mut Tx, address: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM identity_waiting WHERE id_hash IN (SELECT id_hash FROM identity_waiting WHERE kind = $1 AND peer = $2 \
                   ORDER BY expires_at_us DESC, id_hash LIMIT $3 OFFSET $4)";
        tx.execute(sql, params![self.kind, address, TOO_MANY_GONE_MAX, i64::from(self.per_address_max.saturating_sub(1))]).await?;
        let looks_every = (self.max / BETWEEN_LOOKS_PART).max(1);
        let since_look = self.since_look.load(Ordering::Relaxed);
        if since_look == 0 {
            let sql = "DELETE FROM identity_waiting WHERE id_hash IN (SELECT id_hash FROM identity_waiting WHERE kind = $1 \
                       ORDER BY expires_at_us DESC, id_hash LIMIT $2 OFFSET $3)";
            tx.execute(sql, params![self.kind, TOO_MANY_GONE_MAX, i64::from(self.max.saturating_sub(looks_every))]).await?;
        }
        self.since_look.store((since_look + 1) % looks_every, Ordering::Relaxed);
        Ok(())
    }

    /// Takes it out. `None`: it was answered, is over, went for others, or never was.
    pub async fn take(&self, app: &App, id: &str) -> Result<Option<T>, StoreError> {
        let (now, id_hash) = (app.env.now(), secret::hash_of(id));
        let mut tx = app.store.begin().await?;
        let sql = "DELETE FROM identity_waiting WHERE id_hash = $1 AND kind = $2 RETURNING expires_at_us, payload";
        let taken = tx.fetch_opt(sql, params![&id_hash, self.kind]).await?;
        // At once, and whatever comes of the answer.
        tx.commit().await?;
        let Some(row) = taken else { return Ok(None) };
        let ends_at = row.micros("expires_at_us")?;
        if ends_at <= now || ends_at > latest_end(now) {
            return Ok(None);
        }
        let plain = open_sealed(&self.sealing, &self.place(&id_hash), &row.blob("payload")?);
        let state = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        if state.is_none() {
            // Servers of two versions, or of two folders of keys: whoever answers begins again.
            tracing::warn!(kind = self.kind, "a challenge cannot be read: not all servers on this database have the same keys and version");
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::harness::{Harness, on_each};

    fn pending(h: &Harness, max: u32, per_address_max: u32) -> Pending<u32> {
        Pending { per_address_max, ..Pending::at_most(max, "test", h.app.blobs.keys()) }
    }

    fn from(address: &str) -> Peer {
        Peer(Some(address.parse().unwrap()))
    }

    async fn most_of_one_address(h: &Harness) -> i64 {
        let sql = "SELECT CAST(COALESCE(MAX(n), 0) AS BIGINT) AS most FROM (SELECT COUNT(*) AS n FROM identity_waiting GROUP BY kind, peer) AS counted";
        h.app.store.fetch_one(sql, vec![]).await.unwrap().int("most").unwrap()
    }

    async fn rows(h: &Harness) -> i64 {
        h.app.store.fetch_one("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM identity_waiting", vec![]).await.unwrap().int("n").unwrap()
    }

    #[tokio::test]
    async fn a_challenge_can_be_answered_once_and_only_in_time() {
        on_each(|h| async move {
            let pending = pending(&h, 10, 10);
            for (id, state) in [("a", 1), ("b", 2), ("c", 3)] {
                pending.put(&h.app, Peer(None), id, &state).await.unwrap();
            }
            h.advance(1);
            assert_eq!(pending.take(&h.app, "a").await.unwrap(), Some(1));
            assert_eq!(pending.take(&h.app, "a").await.unwrap(), None);
            assert_eq!(pending.take(&h.app, "").await.unwrap(), None);
            h.advance(CHALLENGE_LIFE_US - 1);
            assert_eq!(pending.take(&h.app, "b").await.unwrap(), None, "too late");
            assert_eq!(rows(&h).await, 1, "and used up all the same");
            pending.put(&h.app, Peer(None), "d", &4).await.unwrap();
            assert_eq!(rows(&h).await, 1, "what is over goes with the next one");
            h.advance(CHALLENGE_LIFE_US);
            assert_eq!(crate::store::purge(&h.app.store, h.app.env.now()).await.unwrap(), 1, "or with the day");
            assert_eq!(rows(&h).await, 0);
        })
        .await;
    }

    #[tokio::test]
    async fn of_two_servers_that_are_answered_at_once_one_has_the_challenge() {
        on_each(|h| async move {
            let other = h.beside().await;
            let (here, there) = (pending(&h, 10, 10), pending(&other, 10, 10));
            for round in 0..20_u32 {
                let id = round.to_string();
                here.put(&h.app, Peer(None), &id, &round).await.unwrap();
                let (one, two) = tokio::join!(here.take(&h.app, &id), there.take(&other.app, &id));
                let taken: Vec<u32> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
                assert_eq!(taken, [round]);
            }
            assert_eq!(rows(&h).await, 0);
        })
        .await;
    }

    #[tokio::test]
    async fn too_many_push_the_oldest_out_and_an_address_pushes_out_its_own() {
        on_each(|h| async move {
            let other = h.beside().await;
            let (here, there) = (pending(&h, 5, 2), pending(&other, 5, 2));
            let put = async |at: &Pending<u32>, address: &str, id: u32| {
                h.advance(1);
                at.put(&h.app, from(address), &id.to_string(), &id).await.unwrap();
            };
            put(&here, "192.0.2.1", 1).await;
            // A flood from one address, by both servers; all of a customer's IPv6 addresses are one.
            for id in 10..20 {
                put(if id % 2 == 0 { &here } else { &there }, &format!("2001:db8::{id}"), id).await;
            }
            assert_eq!(rows(&h).await, 3, "one that was there, and two of the flood");
            assert_eq!(there.take(&h.app, "1").await.unwrap(), Some(1), "who came before is not pushed out by it");
            assert_eq!((here.take(&h.app, "17").await.unwrap(), here.take(&h.app, "19").await.unwrap()), (None, Some(19)));
            // From many addresses at once.
            for id in 30..40 {
                put(&here, &format!("198.51.100.{id}"), id).await;
            }
            assert_eq!(rows(&h).await, 5);
            assert_eq!((here.take(&h.app, "34").await.unwrap(), here.take(&h.app, "35").await.unwrap()), (None, Some(35)));
            let other_kind: Pending<u32> = Pending { per_address_max: 1, ..Pending::at_most(1, "other", h.app.blobs.keys()) };
            other_kind.put(&h.app, from("192.0.2.1"), "x", &0).await.unwrap();
            assert_eq!(here.take(&h.app, "36").await.unwrap(), Some(36), "each kind has its own room");
        })
        .await;
    }

    #[tokio::test]
    async fn who_finds_another_server_making_room_puts_all_the_same_and_the_next_one_makes_it() {
        on_each(|h| async move {
            let other = h.beside().await;
            let (here, there) = (pending(&h, 3, 3), pending(&other, 3, 3));
            for round in 0..10_u32 {
                h.advance(1);
                let ids = [format!("{round} here"), format!("{round} there")];
                let [one, two] = &ids;
                let (one, two) = tokio::join!(here.put(&h.app, from("192.0.2.1"), one, &round), there.put(&other.app, from("192.0.2.2"), two, &round));
                assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
                assert!(rows(&h).await <= 4, "of two at once one may make no room");
            }
            assert_eq!((there.take(&other.app, "9 here").await.unwrap(), here.take(&h.app, "9 there").await.unwrap()), (Some(9), Some(9)));
            // On SQLite there is one writer: nobody finds another at it.
            if h.app.store.backend() == Backend::Postgres {
                let (now, before) = (h.app.env.now(), rows(&h).await);
                let mut theirs = h.app.store.begin().await.unwrap();
                assert!(forget_over(&h.app.store, &mut theirs, now).await.unwrap().is_some());
                for id in ["a", "b", "c", "d"] {
                    h.advance(1);
                    here.put(&h.app, from("192.0.2.1"), id, &1).await.unwrap();
                }
                assert_eq!(rows(&h).await, before + 4, "none waits for the other, and none removes what the other does");
                theirs.commit().await.unwrap();
            }
            h.advance(1);
            here.put(&h.app, from("192.0.2.1"), "last", &2).await.unwrap();
            assert!(rows(&h).await <= 3);
            assert_eq!(there.take(&other.app, "last").await.unwrap(), Some(2));
        })
        .await;
    }

    #[tokio::test]
    async fn of_many_there_are_never_too_many_between_two_looks_and_no_fewer_than_need_be() {
        const MAX: u32 = 200;
        let h = Harness::simulated().await;
        let pending = pending(&h, MAX, 2 * MAX);
        for id in 1..=MAX + 50 {
            h.advance(1);
            pending.put(&h.app, Peer(None), &id.to_string(), &id).await.unwrap();
            let (most, least) = (i64::from(id.min(MAX)), i64::from(id.min(MAX - MAX / BETWEEN_LOOKS_PART)));
            let rows = rows(&h).await;
            assert!((least..=most).contains(&rows), "{rows} after {id}");
        }
    }

    #[tokio::test]
    async fn what_was_asked_is_not_in_the_database_and_no_row_stands_in_for_another() {
        on_each(|h| async move {
            let secrets: Pending<String> = Pending::at_most(10, "test", h.app.blobs.keys());
            let others: Pending<String> = Pending::at_most(10, "other", h.app.blobs.keys());
            for id in ["one", "two", "three"] {
                secrets.put(&h.app, from("192.0.2.1"), id, &format!("verifier of {id}")).await.unwrap();
            }
            for row in h.app.store.fetch("SELECT id_hash, peer, payload FROM identity_waiting", vec![]).await.unwrap() {
                let (id, peer, payload) = (row.text("id_hash").unwrap(), row.text("peer").unwrap(), row.blob("payload").unwrap());
                assert!(id.len() == 64 && !peer.contains("192.0.2"), "{id} {peer}");
                assert!(!payload.windows(8).any(|part| part == b"verifier"));
            }
            assert_eq!(others.take(&h.app, "three").await.unwrap(), None, "of another kind");
            let mut tx = h.app.store.begin().await.unwrap();
            let sql = "UPDATE identity_waiting SET payload = (SELECT o.payload FROM identity_waiting o WHERE o.id_hash = $1) WHERE id_hash = $2";
            tx.execute(sql, params![secret::hash_of("one"), secret::hash_of("two")]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(secrets.take(&h.app, "two").await.unwrap(), None, "another's payload does not open");
            assert_eq!(secrets.take(&h.app, "one").await.unwrap(), Some("verifier of one".to_owned()));
        })
        .await;
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_makes_nothing_wait_for_ever() {
        let h = Harness::simulated().await;
        let pending = pending(&h, 10, 10);
        h.advance(Micros::HOUR);
        pending.put(&h.app, Peer(None), "a", &1).await.unwrap();
        pending.put(&h.app, Peer(None), "b", &2).await.unwrap();
        h.advance(-Micros::HOUR);
        assert_eq!(pending.take(&h.app, "a").await.unwrap(), None);
        pending.put(&h.app, Peer(None), "c", &3).await.unwrap();
        assert_eq!(rows(&h).await, 1);
        h.advance(-CLOCKS_APART_US);
        assert_eq!(pending.take(&h.app, "c").await.unwrap(), Some(3), "servers' clocks may be apart a little");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn rows_are_bounded_whatever_comes(steps in proptest::collection::vec((0_i64..400, 0_u32..30, 0_u8..2, any::<bool>()), 0..60)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let h = Harness::simulated().await;
                let pending = pending(&h, 5, 3);
                let mut number = 0_u32;
                let mut newest: HashMap<u32, u32> = HashMap::new();
                for (step_s, name, address, is_put) in steps {
                    h.advance(step_s * Micros::SECOND / 10 + 1);
                    if is_put {
                        // A name is random and so never used twice while it waits.
                        pending.take(&h.app, &name.to_string()).await.unwrap();
                        number += 1;
                        pending.put(&h.app, from(&format!("192.0.2.{address}")), &name.to_string(), &number).await.unwrap();
                        newest.insert(name, number);
                    } else if let Some(state) = pending.take(&h.app, &name.to_string()).await.unwrap() {
                        assert_eq!(newest.remove(&name), Some(state));
                    }
                    assert!(rows(&h).await <= 5 && most_of_one_address(&h).await <= 3);
                }
            });
        }
    }
}
