use serde_json::{Value, json};
use shouhu_http::testing::Answer;
use shouhu_ids::Micros;
use shouhu_module::Caller;

use super::{World, key_of};

const PATH: &str = "/v1/watchlists/import";

async fn import(world: &World, caller: &Caller, query: &str, body: &[u8]) -> Answer {
    world.house.call_with(caller, "POST", &format!("{PATH}{query}"), &[], body.to_vec()).await
}

fn list(rows: usize) -> String {
    let mut text = String::from("車牌,案由,法令依據,到期日\n");
    for n in 0..rows {
        text += &format!("ABC-{n:04},失竊,失車,115/12/31\n");
    }
    text
}

#[tokio::test]
async fn a_dry_run_stores_nothing_and_says_the_same() {
    let world = World::open().await;
    let body = format!("{}ABC-0000,again,失車,115/12/31\n,x,失車,115/12/31\n", list(3));
    let dry = import(&world, &world.detective, "?dry_run=true", body.as_bytes()).await;
    assert_eq!(dry.status, 200, "{}", dry.json);
    assert_eq!(dry.json["import"], Value::Null);
    let real = import(&world, &world.detective, "", body.as_bytes()).await;
    for field in ["rows", "accepted", "duplicates", "rejected", "errors", "columns", "encoding", "format"] {
        assert_eq!(dry.json[field], real.json[field], "{field}");
    }
    assert_eq!((&real.json["rows"], &real.json["accepted"], &real.json["duplicates"]), (&json!(5), &json!(3), &json!(1)));
    let again = import(&world, &world.detective, "", body.as_bytes()).await;
    assert_eq!((&again.json["accepted"], &again.json["import"]), (&json!(0), &Value::Null), "every row waits already");
}

#[tokio::test]
async fn an_import_comes_into_force_by_another_person_only() {
    let world = World::open().await;
    let report = import(&world, &world.supervisor, "", list(3).as_bytes()).await.json;
    let id = report["import"].as_str().unwrap_or_else(|| panic!("{report}"));
    world.pass(&[world.seen("ABC0001")]).await;
    assert!(world.hits().await.is_empty());
    let approve = format!("/v1/watchlists/imports/{id}/approve");
    assert_eq!(
        key_of(&world.post(&world.supervisor, &approve, Value::Null).await),
        (409, "watchlists.approve_import.same_person")
    );
    let approved = world.post(&world.detective, &approve, Value::Null).await;
    assert_eq!((&approved.json["approved"], &approved.json["waiting"]), (&json!(3), &json!(0)), "{}", approved.json);
    assert_eq!(
        key_of(&world.post(&world.detective, &approve, Value::Null).await),
        (409, "watchlists.approve_import.not_proposed")
    );
    world.pass(&[world.seen("ABC0001")]).await;
    assert_eq!(world.hits().await.len(), 1);
    let listed = world.get(&world.dispatcher, &format!("/v1/watchlists/entries?import={id}")).await.json;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_long_import_comes_into_force_piece_by_piece_and_completely() {
    let world = World::open().await;
    let report = import(&world, &world.detective, "", list(2_500).as_bytes()).await.json;
    let id = report["import"].as_str().unwrap_or_else(|| panic!("{report}"));
    let approved = world.post(&world.supervisor, &format!("/v1/watchlists/imports/{id}/approve"), Value::Null).await;
    assert_eq!((&approved.json["approved"], &approved.json["waiting"]), (&json!(1_000), &json!(1_500)));
    world.house.settle().await;
    assert_eq!(world.house.app.room::<crate::index::ActiveList>().len(), 2_500);
    let state = world.house.app.store.fetch_one("SELECT state FROM watchlists_import", vec![]).await;
    assert_eq!(state.and_then(|row| row.text("state")).ok().as_deref(), Some("approved"));
    // A device gets every one of them once, page by page.
    let (mut since, mut got) = (0, std::collections::HashSet::new());
    loop {
        let page = crate::ops::delta::delta(&world.house.app.store, since, 700).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(page.is_full, since == 0);
        for entry in page.entries {
            assert!(got.insert(entry.id));
        }
        since = page.version;
        if !page.has_more {
            break;
        }
    }
    assert_eq!(got.len(), 2_500);
}

#[tokio::test]
async fn an_import_that_was_cut_off_is_given_up_and_cannot_be_approved() {
    let world = World::open().await;
    let report = import(&world, &world.detective, "", list(3).as_bytes()).await.json;
    let id = report["import"].as_str().unwrap_or_else(|| panic!("{report}"));
    let mut tx = world.house.app.store.begin().await.unwrap_or_else(|e| panic!("{e}"));
    tx.execute("UPDATE watchlists_import SET state = 'loading'", vec![]).await.unwrap_or_else(|e| panic!("{e}"));
    tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
    let approve = format!("/v1/watchlists/imports/{id}/approve");
    assert_eq!(
        key_of(&world.post(&world.supervisor, &approve, Value::Null).await),
        (409, "watchlists.approve_import.not_proposed")
    );
    world.clock.advance_us(Micros::HOUR + 1);
    crate::jobs::sweep_now(&world.house.app.store).await.unwrap_or_else(|e| panic!("{e}"));
    let refused = world.get(&world.dispatcher, "/v1/watchlists/entries?state=refused").await.json;
    assert_eq!(refused["items"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn files_that_are_no_lists_are_refused_with_a_reason_of_their_own() {
    let world = World::open().await;
    for (body, key) in [
        (b"".as_slice(), "watchlists.import.empty"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF".as_slice(), "watchlists.import.not_text"),
        ("編號,案類\n1,竊盜\n".as_bytes(), "watchlists.import.no_heading"),
        ("車牌\nABC-1234\n".as_bytes(), "watchlists.import.column_missing"),
    ] {
        assert_eq!(key_of(&import(&world, &world.detective, "", body).await), (422, key));
    }
    let big5 = encoding_rs::BIG5.encode(&list(50)).0.into_owned();
    assert_eq!(key_of(&import(&world, &world.detective, "?encoding=utf-8", &big5).await), (422, "watchlists.import.encoding"));
    assert_eq!(import(&world, &world.detective, "?encoding=latin1", &big5).await.status, 400);
    let report = import(&world, &world.detective, "?encoding=cp950&dry_run=true", &big5).await.json;
    assert_eq!((&report["encoding"], &report["accepted"]), (&json!("cp950"), &json!(50)));
}
