//! The live stream of a house with two servers: a screen that goes from one to the other misses nothing and sees nothing twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_http::StopStreams;
use shouhu_http::testing::House;
use shouhu_ids::Micros;
use shouhu_module::{Caller, Module, Permission};
use shouhu_store::params;
use shouhu_wire::Role;
use tokio_util::sync::CancellationToken;

static MODULES: &[Module] = &[
    shouhu_http::MODULE,
    shouhu_identity::MODULE,
    Module {
        name: "watchlists",
        description: "Lets the screens see that lists change",
        permissions: &[Permission { name: "watchlists.read", description: "See lists", roles: &[Role::Dispatcher] }],
        ..Module::EMPTY
    },
];

async fn tell(house: &House, versions: std::ops::RangeInclusive<i64>) {
    let mut tx = house.app.store.begin().await.unwrap();
    for version in versions {
        tx.emit(&Event::WatchlistChanged { version }).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Somebody whose session lives, so that the stream goes on for as long as the test wants.
async fn watcher(house: &House) -> Caller {
    let caller = house.person(Role::Dispatcher);
    let Caller::Person(person) = &caller else { panic!("a person is no device") };
    let now = house.app.env.now();
    let mut tx = house.app.store.begin().await.unwrap();
    let sql = "INSERT INTO identity_actor (id, name, role, invited_at_us, enrolled_at_us) VALUES ($1, 'watcher', 'dispatcher', $2, $2)";
    tx.execute(sql, params![person.id, now]).await.unwrap();
    let sql = "INSERT INTO identity_session (id, actor, token_hash, created_at_us, seen_at_us, expires_at_us, proof_key) VALUES ($1, $2, '00', $3, $3, $4, 'key')";
    tx.execute(sql, params![person.session, person.id, now, now.plus(Micros::HOUR)]).await.unwrap();
    tx.commit().await.unwrap();
    caller
}

/// Numbers and versions of the facts, and the numbers of what is no fact, as they were sent.
fn sent(text: &str) -> (Vec<(i64, i64)>, Vec<i64>) {
    let (mut facts, mut markers) = (Vec::new(), Vec::new());
    for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let data: Value = serde_json::from_str(data).unwrap();
        let seq = data.get("seq").and_then(Value::as_i64).unwrap();
        match data.pointer("/event/version").and_then(Value::as_i64) {
            Some(version) => facts.push((seq, version)),
            None => markers.push(seq),
        }
    }
    (facts, markers)
}

/// What a screen hears that connects to `south` with its last number; meanwhile `north` numbers the fourth fact and `south` the fifth.
async fn heard(after: &str) -> (Vec<(i64, i64)>, Vec<i64>) {
    let north = House::open(MODULES).await;
    let south = north.beside(MODULES).await;
    let caller = watcher(&north).await;
    tell(&north, 1..=3).await;
    north.settle().await;
    assert_eq!((north.app.hub.published_seq(), south.app.hub.published_seq()), (3, 0), "the other server has not heard of them yet");
    let stop = CancellationToken::new();
    south.app.put(StopStreams(stop.clone()));
    let path = format!("/v1/events{after}");
    let stream = south.call_with(&caller, "GET", &path, &[("shouhu-purpose", "patrol")], Vec::new());
    let work = async {
        // The leaf is written when the stream opens.
        while !north.app.audit.page(None, 50).await.unwrap().iter().any(|leaf| leaf.entry.action == "GET /v1/events") {
            tokio::task::yield_now().await;
        }
        tell(&north, 4..=4).await;
        north.settle().await;
        tell(&north, 5..=5).await;
        south.settle().await;
        assert_eq!((north.app.hub.published_seq(), south.app.hub.published_seq()), (4, 5));
        north.settle().await;
        assert_eq!(north.app.hub.published_seq(), 5);
        // The screen takes what was sent before it is told that the program stops.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let (answer, ()) = tokio::join!(stream, work);
    assert_eq!(answer.status, 200, "{}", json!(String::from_utf8_lossy(&answer.bytes)));
    sent(&String::from_utf8_lossy(&answer.bytes))
}

#[tokio::test]
async fn a_screen_that_comes_from_another_server_misses_nothing_and_sees_nothing_twice() {
    assert_eq!(heard("?after=1").await, (vec![(2, 2), (3, 3), (4, 4), (5, 5)], vec![1]));
}

#[tokio::test]
async fn a_screen_that_comes_anew_or_knows_a_number_from_nowhere_hears_what_follows_alone() {
    assert_eq!(heard("").await, (vec![(4, 4), (5, 5)], vec![3]));
    // Of a database that was restored, and from before what is kept: it is told to fetch everything, and then hears only what is newer.
    assert_eq!(heard("?after=900").await, (vec![(4, 4), (5, 5)], vec![3]));
    assert_eq!(heard("?after=-5").await, (vec![(4, 4), (5, 5)], vec![3]));
}
