//! Rows of this room.

use shouhu_ids::{ActorId, Micros, SessionId};
use shouhu_store::{Row, Store, StoreError, Tx, Value, params, placeholders};

use crate::demands::DEMAND_LIFE_US;

/// A code is for the moment in which the browser goes back.
pub const CODE_LIFE_US: i64 = 60 * Micros::SECOND;
/// Codes and tokens that are over, so that whoever shows one again is known for it.
const SPENT_KEPT_US: i64 = Micros::DAY;
/// Sign-ins, for whoever asks what happened.
const LOGINS_KEPT_US: i64 = 30 * Micros::DAY;
/// More tools than a file has, in more sessions than a shift has.
const AGREED_MAX: i64 = 500;

/// A yes to a tool in a session.
pub struct Yes<'a> {
    pub session: SessionId,
    pub client: &'a str,
    pub actor: ActorId,
    /// For a tool to which nothing was said in this session yet.
    pub fresh_sid: &'a str,
    pub claims: &'a str,
}

/// Whether the person has said yes in this session, to just this.
pub async fn has_said_yes(store: &Store, session: SessionId, client: &str, claims: &str) -> Result<bool, StoreError> {
    let sql = "SELECT sid FROM sso_login WHERE session = $1 AND client = $2 AND claims = $3 AND over_at_us IS NULL";
    Ok(store.fetch_opt(sql, params![session, client, claims]).await?.is_some())
}

/// Keeps a yes. One of a sign-in that was taken back is another one with another `sid`: the tool was told that the first is over.
pub async fn say_yes(tx: &mut Tx, now: Micros, yes: &Yes<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO sso_login (session, client, actor, sid, claims, said_yes_at_us) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (session, client) DO UPDATE SET \
               sid = CASE WHEN sso_login.over_at_us IS NULL THEN sso_login.sid ELSE excluded.sid END, \
               claims = excluded.claims, said_yes_at_us = excluded.said_yes_at_us, over_at_us = NULL, told_at_us = NULL";
    tx.execute(sql, params![yes.session, yes.client, yes.actor, yes.fresh_sid, yes.claims, now]).await?;
    Ok(())
}

/// What `sid` is for this session and tool; `None` when it was taken back, or was said to less than the tool is told now.
pub async fn sid_of(store: &Store, session: SessionId, client: &str, claims: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT sid FROM sso_login WHERE session = $1 AND client = $2 AND claims = $3 AND over_at_us IS NULL";
    store.fetch_opt(sql, params![session, client, claims]).await?.map(|row| row.text("sid")).transpose()
}

pub struct NewCode<'a> {
    pub hash: &'a str,
    pub client: &'a str,
    pub session: SessionId,
    pub actor: ActorId,
    pub redirect_uri: &'a str,
    pub challenge: &'a str,
    pub nonce: Option<&'a str>,
}

pub async fn insert_code(tx: &mut Tx, now: Micros, new: &NewCode<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO sso_code (code_hash, client, session, actor, redirect_uri, challenge, nonce, issued_at_us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.execute(sql, params![new.hash, new.client, new.session, new.actor, new.redirect_uri, new.challenge, new.nonce, now]).await?;
    Ok(())
}

/// As it was given out.
pub struct Code {
    pub client: String,
    pub session: SessionId,
    pub actor: ActorId,
    pub redirect_uri: String,
    pub challenge: String,
    pub nonce: Option<String>,
    pub issued_at: Micros,
}

fn code_of(row: &Row) -> Result<Code, StoreError> {
    Ok(Code {
        client: row.text("client")?,
        session: row.parsed("session")?,
        actor: row.parsed("actor")?,
        redirect_uri: row.text("redirect_uri")?,
        challenge: row.text("challenge")?,
        nonce: row.opt_text("nonce")?,
        issued_at: row.micros("issued_at_us")?,
    })
}

pub async fn code(store: &Store, hash: &str) -> Result<Option<Code>, StoreError> {
    let sql = "SELECT client, session, actor, redirect_uri, challenge, nonce, issued_at_us FROM sso_code WHERE code_hash = $1";
    store.fetch_opt(sql, params![hash]).await?.as_ref().map(code_of).transpose()
}

/// Uses a code up. False when somebody was first.
pub async fn use_code(tx: &mut Tx, now: Micros, hash: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE sso_code SET used_at_us = $2 WHERE code_hash = $1 AND used_at_us IS NULL";
    Ok(tx.execute(sql, params![hash, now]).await? == 1)
}

/// Whether a used code is shown again for the first time.
pub async fn is_shown_first(store: &Store, hash: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS one FROM sso_code WHERE code_hash = $1 AND shown_again_at_us IS NULL";
    Ok(store.fetch_opt(sql, params![hash]).await?.is_some())
}

/// That it was shown again is on the log.
pub async fn show_again(tx: &mut Tx, now: Micros, hash: &str) -> Result<(), StoreError> {
    let sql = "UPDATE sso_code SET shown_again_at_us = $2 WHERE code_hash = $1 AND shown_again_at_us IS NULL";
    tx.execute(sql, params![hash, now]).await.map(drop)
}

/// Takes back what a code has given; how many tokens.
pub async fn revoke_given(tx: &mut Tx, now: Micros, code_hash: &str) -> Result<u64, StoreError> {
    tx.execute("UPDATE sso_token SET revoked_at_us = $2 WHERE code_hash = $1 AND revoked_at_us IS NULL", params![code_hash, now]).await
}

pub struct NewToken<'a> {
    pub hash: &'a str,
    pub code_hash: &'a str,
    pub client: &'a str,
    pub session: SessionId,
    pub actor: ActorId,
    pub expires_at: Micros,
}

pub async fn insert_token(tx: &mut Tx, new: &NewToken<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO sso_token (token_hash, code_hash, client, session, actor, expires_at_us) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, params![new.hash, new.code_hash, new.client, new.session, new.actor, new.expires_at]).await?;
    Ok(())
}

pub struct Token {
    pub client: String,
    pub session: SessionId,
    pub actor: ActorId,
}

/// One that is neither over nor taken back.
pub async fn token(store: &Store, now: Micros, hash: &str) -> Result<Option<Token>, StoreError> {
    let sql = "SELECT client, session, actor FROM sso_token WHERE token_hash = $1 AND revoked_at_us IS NULL AND expires_at_us > $2";
    let Some(row) = store.fetch_opt(sql, params![hash, now]).await? else { return Ok(None) };
    Ok(Some(Token { client: row.text("client")?, session: row.parsed("session")?, actor: row.parsed("actor")? }))
}

/// Takes one token back. False when it was before.
pub async fn revoke(store: &Store, now: Micros, hash: &str) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let revoked = tx.execute("UPDATE sso_token SET revoked_at_us = $2 WHERE token_hash = $1 AND revoked_at_us IS NULL", params![hash, now]).await?;
    tx.commit().await?;
    Ok(revoked == 1)
}

/// A sign-in that goes on, at a tool that is told when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub session: SessionId,
    pub client: String,
    pub actor: ActorId,
    pub sid: String,
}

/// Sign-ins that go on at these tools.
pub async fn going_on(store: &Store, clients: &[&str]) -> Result<Vec<Login>, StoreError> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT session, client, actor, sid FROM sso_login WHERE over_at_us IS NULL AND client IN ({}) ORDER BY session, client",
        placeholders(1..=clients.len())
    );
    let rows = store.fetch(&sql, clients.iter().map(|client| Value::from(*client)).collect()).await?;
    rows.iter().map(login_of).collect()
}

fn login_of(row: &Row) -> Result<Login, StoreError> {
    Ok(Login { session: row.parsed("session")?, client: row.text("client")?, actor: row.parsed("actor")?, sid: row.text("sid")? })
}

/// A person's sign-ins to one tool that nobody has ended, in whatever sessions.
pub async fn going_on_of(store: &Store, actor: ActorId, client: &str) -> Result<Vec<Login>, StoreError> {
    let sql = "SELECT session, client, actor, sid FROM sso_login WHERE actor = $1 AND client = $2 AND over_at_us IS NULL ORDER BY session";
    store.fetch(sql, params![actor, client]).await?.iter().map(login_of).collect()
}

/// A yes that nobody has taken back. Its session may be over all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    pub session: SessionId,
    pub client: String,
    pub claims: String,
    pub said_yes_at: Micros,
}

/// What a person has said yes to, the latest first.
pub async fn agreed(store: &Store, actor: ActorId) -> Result<Vec<Agreed>, StoreError> {
    let sql = "SELECT session, client, claims, said_yes_at_us FROM sso_login WHERE actor = $1 AND over_at_us IS NULL \
               ORDER BY said_yes_at_us DESC, client LIMIT $2";
    let rows = store.fetch(sql, params![actor, AGREED_MAX]).await?;
    rows.iter()
        .map(|row| {
            Ok(Agreed {
                session: row.parsed("session")?,
                client: row.text("client")?,
                claims: row.text("claims")?,
                said_yes_at: row.micros("said_yes_at_us")?,
            })
        })
        .collect()
}

/// Takes back a person's codes and tokens at one tool: a yes that is said anew must not wake them. How many.
pub async fn revoke_of(tx: &mut Tx, now: Micros, actor: ActorId, client: &str) -> Result<u64, StoreError> {
    let codes = "UPDATE sso_code SET used_at_us = $3 WHERE actor = $1 AND client = $2 AND used_at_us IS NULL";
    let tokens = "UPDATE sso_token SET revoked_at_us = $3 WHERE actor = $1 AND client = $2 AND revoked_at_us IS NULL";
    let codes = tx.execute(codes, params![actor, client, now]).await?;
    Ok(codes + tx.execute(tokens, params![actor, client, now]).await?)
}

/// False when another process was first, or the person has said yes anew.
pub async fn end(tx: &mut Tx, now: Micros, login: &Login) -> Result<bool, StoreError> {
    let sql = "UPDATE sso_login SET over_at_us = $3 WHERE sid = $1 AND client = $2 AND over_at_us IS NULL";
    Ok(tx.execute(sql, params![&login.sid, &login.client, now]).await? == 1)
}

pub async fn told(store: &Store, sid: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("UPDATE sso_login SET told_at_us = $2 WHERE sid = $1", params![sid, store.env().now()]).await?;
    tx.commit().await
}

/// Sign-outs that a tool was to be told and has not taken.
pub async fn untold(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sso_login WHERE over_at_us IS NOT NULL AND told_at_us IS NULL";
    store.fetch_one(sql, vec![]).await?.int("n")
}

pub async fn purge(store: &Store, now: Micros) -> Result<u64, StoreError> {
    let spent = now.plus(-SPENT_KEPT_US);
    let mut tx = store.begin().await?;
    let codes = tx.execute("DELETE FROM sso_code WHERE issued_at_us < $1", params![spent]).await?;
    let tokens = tx.execute("DELETE FROM sso_token WHERE expires_at_us < $1", params![spent]).await?;
    let logins = tx.execute("DELETE FROM sso_login WHERE said_yes_at_us < $1", params![now.plus(-LOGINS_KEPT_US)]).await?;
    let demands = tx.execute("DELETE FROM sso_demand WHERE asked_at_us <= $1", params![now.plus(-DEMAND_LIFE_US)]).await?;
    tx.commit().await?;
    Ok(codes + tokens + logins + demands)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    fn session(seed: u8) -> SessionId {
        SessionId::new(NOW, [seed; 16])
    }

    fn actor() -> ActorId {
        ActorId::new(NOW, [9; 16])
    }

    async fn yes(store: &Store, session: SessionId, client: &str, sid: &str, claims: &str) {
        let mut tx = store.begin().await.unwrap();
        say_yes(&mut tx, NOW, &Yes { session, client, actor: actor(), fresh_sid: sid, claims }).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn ended(store: &Store, login: &Login) -> bool {
        let mut tx = store.begin().await.unwrap();
        let is_first = end(&mut tx, NOW, login).await.unwrap();
        tx.commit().await.unwrap();
        is_first
    }

    #[tokio::test]
    async fn a_yes_holds_for_one_tool_one_session_and_what_was_said_then() {
        on_each_database(&[MODULE.schema()], |store| async move {
            yes(&store, session(1), "wiki", "sid-1", "name").await;
            assert!(has_said_yes(&store, session(1), "wiki", "name").await.unwrap());
            for (other, client, claims) in [(2, "wiki", "name"), (1, "grafana", "name"), (1, "wiki", "name role"), (1, "wiki", "")] {
                assert!(!has_said_yes(&store, session(other), client, claims).await.unwrap(), "{other} {client} {claims}");
            }
            yes(&store, session(1), "wiki", "sid-2", "name role").await;
            assert!(has_said_yes(&store, session(1), "wiki", "name role").await.unwrap());
            assert_eq!(sid_of(&store, session(1), "wiki", "name role").await.unwrap().as_deref(), Some("sid-1"), "it is the same sign-in");
            assert_eq!(sid_of(&store, session(1), "wiki", "name role unit").await.unwrap(), None, "more than was said yes to");
        })
        .await;
    }

    #[tokio::test]
    async fn a_sign_in_that_was_taken_back_is_told_once_and_a_new_yes_is_another_one() {
        on_each_database(&[MODULE.schema()], |store| async move {
            yes(&store, session(1), "wiki", "sid-1", "").await;
            yes(&store, session(1), "grafana", "sid-2", "").await;
            assert_eq!(going_on(&store, &[]).await.unwrap(), []);
            let found = going_on(&store, &["wiki", "cli"]).await.unwrap();
            assert_eq!(found, [Login { session: session(1), client: "wiki".into(), actor: actor(), sid: "sid-1".into() }]);
            assert!(ended(&store, found.first().unwrap()).await && !ended(&store, found.first().unwrap()).await);
            assert!(!has_said_yes(&store, session(1), "wiki", "").await.unwrap());
            assert_eq!((sid_of(&store, session(1), "wiki", "").await.unwrap(), untold(&store).await.unwrap()), (None, 1));
            told(&store, "sid-1").await.unwrap();
            assert_eq!(untold(&store).await.unwrap(), 0);
            yes(&store, session(1), "wiki", "sid-3", "").await;
            assert_eq!(sid_of(&store, session(1), "wiki", "").await.unwrap().as_deref(), Some("sid-3"));
            assert!(!ended(&store, found.first().unwrap()).await, "the first one is over already");
        })
        .await;
    }

    #[tokio::test]
    async fn a_person_sees_each_yes_that_stands_and_takes_back_what_was_given_at_one_tool() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let other = ActorId::new(NOW, [8; 16]);
            for (seed, client, sid) in [(1, "wiki", "sid-1"), (2, "wiki", "sid-2"), (1, "grafana", "sid-3")] {
                yes(&store, session(seed), client, sid, "name").await;
            }
            let of = |agreed: Vec<Agreed>| agreed.into_iter().map(|yes| (yes.session, yes.client)).collect::<Vec<_>>();
            let mut found = of(agreed(&store, actor()).await.unwrap());
            found.sort();
            let mut wanted = [(session(1), "grafana".to_owned()), (session(1), "wiki".to_owned()), (session(2), "wiki".to_owned())];
            wanted.sort();
            assert_eq!(found, wanted);
            assert_eq!((agreed(&store, other).await.unwrap(), going_on_of(&store, other, "wiki").await.unwrap()), (vec![], vec![]));

            let mut tx = store.begin().await.unwrap();
            let expires_at = NOW.plus(Micros::MINUTE);
            for (client, code, used, token) in [("wiki", "c", "u", "t"), ("grafana", "d", "v", "s")] {
                for hash in [code, used] {
                    let new = NewCode { hash, client, session: session(1), actor: actor(), redirect_uri: "https://w/", challenge: "x", nonce: None };
                    insert_code(&mut tx, NOW, &new).await.unwrap();
                }
                assert!(use_code(&mut tx, NOW, used).await.unwrap());
                let new = NewToken { hash: token, code_hash: used, client, session: session(1), actor: actor(), expires_at };
                insert_token(&mut tx, &new).await.unwrap();
            }
            assert_eq!(revoke_of(&mut tx, NOW, other, "wiki").await.unwrap(), 0);
            assert_eq!(revoke_of(&mut tx, NOW, actor(), "wiki").await.unwrap(), 2, "a code that was not used, and a token");
            assert!(!use_code(&mut tx, NOW, "c").await.unwrap() && use_code(&mut tx, NOW, "d").await.unwrap());
            tx.commit().await.unwrap();
            assert!(token(&store, NOW, "t").await.unwrap().is_none() && token(&store, NOW, "s").await.unwrap().is_some());

            for login in going_on_of(&store, actor(), "wiki").await.unwrap() {
                assert!(ended(&store, &login).await);
            }
            assert_eq!(of(agreed(&store, actor()).await.unwrap()), [(session(1), "grafana".to_owned())]);
        })
        .await;
    }

    #[tokio::test]
    async fn a_code_is_used_once_and_what_it_gave_can_be_taken_back_until_it_is_forgotten() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let mut tx = store.begin().await.unwrap();
            let new = NewCode { hash: "c", client: "wiki", session: session(1), actor: actor(), redirect_uri: "https://w/", challenge: "x", nonce: None };
            insert_code(&mut tx, NOW, &new).await.unwrap();
            assert!(use_code(&mut tx, NOW, "c").await.unwrap() && !use_code(&mut tx, NOW, "c").await.unwrap());
            assert!(!use_code(&mut tx, NOW, "d").await.unwrap());
            let expires_at = NOW.plus(Micros::MINUTE);
            let token_of = |hash| NewToken { hash, code_hash: "c", client: "wiki", session: session(1), actor: actor(), expires_at };
            insert_token(&mut tx, &token_of("t")).await.unwrap();
            insert_token(&mut tx, &token_of("u")).await.unwrap();
            tx.commit().await.unwrap();
            let found = code(&store, "c").await.unwrap().unwrap();
            assert_eq!((found.client.as_str(), found.nonce, found.issued_at), ("wiki", None, NOW));
            assert!(token(&store, NOW, "t").await.unwrap().is_some() && token(&store, expires_at, "t").await.unwrap().is_none());
            assert!(revoke(&store, NOW, "t").await.unwrap() && !revoke(&store, NOW, "t").await.unwrap());
            assert!(token(&store, NOW, "t").await.unwrap().is_none());
            let mut tx = store.begin().await.unwrap();
            assert_eq!(revoke_given(&mut tx, NOW, "c").await.unwrap(), 1);
            tx.commit().await.unwrap();
            assert!(token(&store, NOW, "u").await.unwrap().is_none());
            assert_eq!(purge(&store, NOW.plus(SPENT_KEPT_US)).await.unwrap(), 0);
            assert_eq!(purge(&store, NOW.plus(SPENT_KEPT_US + Micros::HOUR)).await.unwrap(), 3);
            assert!(code(&store, "c").await.unwrap().is_none());
        })
        .await;
    }
}
