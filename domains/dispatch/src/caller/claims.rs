//! Claims about a caller's page: its link opens one call for its time and nobody else's, nothing is taken before its owner agrees or after
//! they stop, and what a phone gets wrong harms nobody.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use shouhu_identity::token_hash;
use shouhu_ids::{CallId, DeviceId, Micros};
use shouhu_module::{Keyed, Person};
use shouhu_place::Wgs84;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Store, params};
use shouhu_wire::CallKind;

use super::{LinkRow, LinkState, Side, WORDS_PER_MINUTE_MAX, book, checked_fix, checked_word, judged};
use crate::ops::call_push::{self, CallNews, PushCall};
use crate::ops::call_sources::{self, DefineCallSource};
use crate::ops::caller_link::{extend, make, revoke};
use crate::ops::caller_page::{Look, PlaceCaller, WriteCaller, agreed, looked, placed, shared, written};
use crate::ops::caller_watch::{AnswerCaller, CallerView, answer, read, seen};
use crate::ops::calls::{SettleCall, SettledAs, settle, take};
use crate::ops::incident_close;
use crate::positions::Fix;
use crate::testing::{Scene, dispatcher};
use crate::{MODULE, jobs};

const NOW: Micros = Micros(1_795_200_000_000_000);

/// A call that the person has in hand.
async fn in_hand(store: &Store, by: &Person) -> CallId {
    let device = store.env().id(DeviceId::new);
    call_sources::keep(store, &DefineCallSource { device, title: "110 交換機".into() }, by).await.unwrap_or_else(|e| panic!("{e:?}"));
    let rings = PushCall {
        source_ref: "a".into(),
        news: CallNews::Ringing,
        kind: CallKind::Voice,
        line: "110-3".into(),
        caller: Some("0912345678".into()),
        text: String::new(),
        position: None,
        accuracy_m: None,
        video_url: None,
    };
    let call = call_push::push(store, device, &rings).await.unwrap().call;
    take(store, by, call, None).await.unwrap();
    call
}

async fn opened(store: &Store, token: &str) -> LinkRow {
    book::by_token(store, &token_hash(token)).await.unwrap().unwrap()
}

/// A link whose holder agreed and shows where they are.
async fn sharing(store: &Store, by: &Person, call: CallId) -> LinkRow {
    let link = opened(store, &make(store, by, call).await.unwrap()).await;
    looked(store, &link, Look::default()).await.unwrap();
    agreed(store, &link).await.unwrap();
    shared(store, &link, true).await.unwrap();
    link
}

fn at(lon: f64, lat: f64) -> PlaceCaller {
    PlaceCaller { position: Wgs84::new(lon, lat).unwrap(), accuracy_m: 12.0, age_ms: 0 }
}

fn says(key: &str, text: &str) -> WriteCaller {
    WriteCaller { key: key.into(), text: text.into(), after: 0 }
}

async fn view(store: &Store, by: &Person, call: CallId) -> CallerView {
    seen(store, None, by, call).await.unwrap()
}

/// Time goes by for what was written a while ago.
async fn a_while_ago(store: &Store, sql: &str, us: i64) {
    let mut tx = store.begin().await.unwrap();
    tx.execute(sql, params![us]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_link_opens_its_call_until_it_expires_is_taken_back_or_another_takes_its_place() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let by = dispatcher(&store);
        let call = in_hand(&store, &by).await;
        let token = make(&store, &by, call).await.unwrap();
        assert!(token.len() * 6 >= 256 - 6, "{} characters of 6 bits", token.len());
        let kept = store.fetch("SELECT token_hash FROM dispatch_caller_link", vec![]).await.unwrap();
        assert!(kept.iter().all(|row| !row.text("token_hash").unwrap().contains(&token)), "the token is with the caller alone");
        assert!(book::by_token(&store, &token_hash("rubbish")).await.unwrap().is_none());
        assert!(book::by_token(&store, &token_hash(&"x".repeat(1_000_000))).await.unwrap().is_none());

        let first = opened(&store, &token).await;
        assert_eq!(view(&store, &by, call).await.link.unwrap().state, LinkState::Sent);
        looked(&store, &first, Look::default()).await.unwrap();
        assert_eq!(view(&store, &by, call).await.link.unwrap().state, LinkState::Opened);
        let second = opened(&store, &make(&store, &by, call).await.unwrap()).await;
        assert_eq!(looked(&store, &first, Look::default()).await.unwrap_err().key(), "dispatch.caller.revoked");
        looked(&store, &second, Look::default()).await.unwrap();

        let half = "UPDATE dispatch_caller_link SET expires_at_us = expires_at_us - $1";
        a_while_ago(&store, half, 20 * Micros::MINUTE).await;
        assert!(looked(&store, &second, Look::default()).await.unwrap().rest_s <= 600);
        extend(&store, &by, call).await.unwrap();
        assert!(looked(&store, &second, Look::default()).await.unwrap().rest_s > 1_700, "another half an hour from now");
        a_while_ago(&store, half, 31 * Micros::MINUTE).await;
        let late = opened(&store, &token).await;
        assert_eq!(late.state(store.env().now()), LinkState::Revoked, "an older one says why it opens nothing");
        assert_eq!(written(&store, &second, &says("k", "救命")).await.unwrap_err().key(), "dispatch.caller.expired");
        assert_eq!(extend(&store, &by, call).await.unwrap_err().key(), "dispatch.caller.no_link");
        let third = opened(&store, &make(&store, &by, call).await.unwrap()).await;
        a_while_ago(&store, "UPDATE dispatch_caller_link SET made_at_us = made_at_us - $1", 4 * Micros::HOUR).await;
        assert_eq!(extend(&store, &by, call).await.unwrap_err().key(), "dispatch.caller.longest");
        revoke(&store, &by, call).await.unwrap();
        revoke(&store, &by, call).await.unwrap();
        assert_eq!(looked(&store, &third, Look::default()).await.unwrap_err().key(), "dispatch.caller.revoked");
    })
    .await;
}

#[tokio::test]
async fn a_link_ends_with_its_call_or_with_the_incident_that_the_call_became() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let by = &scene.by;
        let call = in_hand(&store, by).await;
        let link = sharing(&store, by, call).await;
        let incident = scene.incident().await;
        settle(&store, by, call, &SettleCall { settled_as: SettledAs::Incident, incident: Some(incident) }).await.unwrap();
        placed(&store, &link, &at(120.2, 23.0)).await.unwrap();
        let colleague = dispatcher(&store);
        assert_eq!(view(&store, &colleague, call).await.link.unwrap().state, LinkState::Sharing, "who works on the incident sees it too");
        assert_eq!(book::live(&store, colleague.id, 9).await.unwrap().len(), 1);
        let closing = shouhu_wire::CloseIncident { code: shouhu_wire::ClosingCode::Handled, note: String::new(), without_unit: Some(shouhu_wire::WithoutUnit::ByTelephone) };
        incident_close::close(&store, by, incident, &closing).await.unwrap();
        assert_eq!(placed(&store, &link, &at(120.2, 23.0)).await.unwrap_err().key(), "dispatch.caller.ended");
        assert_eq!(make(&store, by, call).await.unwrap_err().key(), "dispatch.caller.over");
        assert_eq!(view(&store, by, call).await.link.unwrap().state, LinkState::Over);
        assert!(book::live(&store, by.id, 9).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_anothers_shows_neither_place_nor_words() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let (by, other) = (dispatcher(&store), dispatcher(&store));
        let call = in_hand(&store, &by).await;
        let link = sharing(&store, &by, call).await;
        written(&store, &link, &says("k", "我在二樓")).await.unwrap();
        assert_eq!(seen(&store, None, &other, call).await.unwrap_err().key(), "dispatch.calls.not_yours");
        assert_eq!(make(&store, &other, call).await.unwrap_err().key(), "dispatch.calls.not_yours");
        let body = AnswerCaller { key: "a".into(), text: "請保持連線".into() };
        assert_eq!(answer(&store, &other, call, &body).await.unwrap_err().key(), "dispatch.calls.not_yours");
        assert_eq!(read(&store, &other, call, 9).await.unwrap_err().key(), "dispatch.calls.not_yours");
        assert!(book::live(&store, other.id, 9).await.unwrap().is_empty());
        assert_eq!(view(&store, &by, call).await.words.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_taken_before_the_caller_agrees_nor_a_place_after_they_stop() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let by = dispatcher(&store);
        let call = in_hand(&store, &by).await;
        let link = opened(&store, &make(&store, &by, call).await.unwrap()).await;
        assert_eq!(written(&store, &link, &says("k", "救命")).await.unwrap_err().key(), "dispatch.caller.not_agreed");
        assert_eq!(shared(&store, &link, true).await.unwrap_err().key(), "dispatch.caller.not_agreed");
        assert_eq!(placed(&store, &link, &at(120.2, 23.0)).await.unwrap_err().key(), "dispatch.caller.not_agreed");
        assert!(agreed(&store, &link).await.unwrap().is_agreed);
        assert_eq!(placed(&store, &link, &at(120.2, 23.0)).await.unwrap_err().key(), "dispatch.caller.not_sharing");
        shared(&store, &link, true).await.unwrap();
        assert!(placed(&store, &link, &at(120.2, 23.0)).await.unwrap().is_kept);
        assert!(!placed(&store, &link, &at(120.2, 23.0)).await.unwrap().is_kept, "a second one within a second is enough");
        shared(&store, &link, false).await.unwrap();
        assert_eq!(placed(&store, &link, &at(120.2, 23.0)).await.unwrap_err().key(), "dispatch.caller.not_sharing", "it was under way");
        assert_eq!(view(&store, &by, call).await.link.unwrap().state, LinkState::Agreed);
    })
    .await;
}

#[tokio::test]
async fn words_go_both_ways_once_and_each_side_learns_what_the_other_has_read() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let by = dispatcher(&store);
        let call = in_hand(&store, &by).await;
        let link = sharing(&store, &by, call).await;
        for _ in 0..2 {
            written(&store, &link, &says("k1", " 我不能說話\u{0} ")).await.unwrap();
        }
        let body = AnswerCaller { key: "a1".into(), text: "警察在路上,不要出聲".into() };
        for _ in 0..2 {
            answer(&store, &by, call, &body).await.unwrap();
        }
        let words = view(&store, &by, call).await.words;
        assert_eq!(words.iter().map(|word| (word.side, word.text.as_str())).collect::<Vec<_>>(), [
            (Side::Caller, "我不能說話"),
            (Side::Centre, "警察在路上,不要出聲")
        ]);
        assert_eq!(book::live(&store, by.id, 9).await.unwrap().first().map(|waiting| waiting.unread), Some(1));
        let page = looked(&store, &link, Look { after: 1, is_silent: true, trouble: None }).await.unwrap();
        assert_eq!((page.words.len(), page.read_through), (1, 0));
        assert!(view(&store, &by, call).await.link.unwrap().is_silent, "nobody rings a phone that must be silent");
        assert_eq!(view(&store, &by, call).await.words.last().unwrap().read_at_us, None, "told, and not yet shown");
        read(&store, &by, call, 1).await.unwrap();
        let page = looked(&store, &link, Look { after: 2, is_silent: true, trouble: None }).await.unwrap();
        assert_eq!((page.words.len(), page.read_through), (0, 1));
        assert!(view(&store, &by, call).await.words.last().unwrap().read_at_us.is_some());
        assert_eq!(book::live(&store, by.id, 9).await.unwrap().first().map(|waiting| waiting.unread), Some(0));
        // Whoever holds the next link does not read what was written through this one.
        let next = opened(&store, &make(&store, &by, call).await.unwrap()).await;
        assert!(looked(&store, &next, Look::default()).await.unwrap().words.is_empty());
        assert_eq!(view(&store, &by, call).await.words.len(), 2, "the centre keeps all of it");
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_words_is_held_up_and_what_came_before_stays() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let by = dispatcher(&store);
        let call = in_hand(&store, &by).await;
        let link = sharing(&store, &by, call).await;
        for n in 0..WORDS_PER_MINUTE_MAX {
            written(&store, &link, &says(&format!("k{n}"), "救命")).await.unwrap();
        }
        assert_eq!(written(&store, &link, &says("one more", "救命")).await.unwrap_err().key(), "dispatch.caller.too_fast");
        written(&store, &link, &says("k0", "救命")).await.unwrap();
        answer(&store, &by, call, &AnswerCaller { key: "a".into(), text: "收到".into() }).await.unwrap();
        a_while_ago(&store, "UPDATE dispatch_caller_word SET at_us = at_us - $1", Micros::HOUR).await;
        written(&store, &link, &says("one more", "救命")).await.unwrap();
        assert_eq!(i64::try_from(view(&store, &by, call).await.words.len()).unwrap(), WORDS_PER_MINUTE_MAX + 2);
        assert_eq!(checked_word("k", &"救".repeat(501)).unwrap_err().key(), "dispatch.caller.too_long");
        assert_eq!(checked_word("k", " \u{0}\n ").unwrap_err().key(), "dispatch.caller.empty");
        assert_eq!(checked_word("", "救命").unwrap_err().key(), "dispatch.caller.key");
    })
    .await;
}

#[tokio::test]
async fn all_of_it_is_destroyed_with_its_call() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let by = dispatcher(&store);
        let call = in_hand(&store, &by).await;
        let link = sharing(&store, &by, call).await;
        written(&store, &link, &says("k", "救命")).await.unwrap();
        placed(&store, &link, &at(120.2, 23.0)).await.unwrap();
        settle(&store, &by, call, &SettleCall { settled_as: SettledAs::Advised, incident: None }).await.unwrap();
        assert_eq!(looked(&store, &link, Look::default()).await.unwrap_err().key(), "dispatch.caller.ended");
        a_while_ago(&store, "UPDATE dispatch_call SET arrived_at_us = arrived_at_us - $1", 91 * Micros::DAY).await;
        assert_eq!(jobs::purge_now(&store).await.unwrap().calls, 1);
        for table in ["dispatch_caller_link", "dispatch_caller_word", "dispatch_caller_fix"] {
            let rows = store.fetch(&format!("SELECT call FROM {table}"), vec![]).await.unwrap();
            assert!(rows.is_empty(), "{table}");
        }
    })
    .await;
}

#[test]
fn a_phone_whose_clock_is_years_off_is_where_it_is_and_what_no_phone_can_say_is_refused() {
    let place = |lon, lat| Wgs84::new(lon, lat).unwrap();
    assert_eq!(checked_fix(place(120.2, 23.0), 8.0, -5_000, NOW).unwrap().measured_at, NOW, "measured after it was sent");
    assert_eq!(checked_fix(place(120.2, 23.0), 8.0, 5_000, NOW).unwrap().measured_at, NOW.plus(-5 * Micros::SECOND));
    let key = |fix: Result<Fix, super::PlaceError>| crate::ops::caller_page::PageError::from(fix.unwrap_err()).key();
    assert_eq!(key(checked_fix(place(0.0, 0.0), 8.0, 0, NOW)), "dispatch.position.outside");
    assert_eq!(key(checked_fix(place(120.2, 23.0), -1.0, 0, NOW)), "dispatch.position.accuracy");
    assert_eq!(key(checked_fix(place(120.2, 23.0), f64::NAN, 0, NOW)), "dispatch.position.accuracy");
    assert_eq!(key(checked_fix(place(120.2, 23.0), 90_000.0, 0, NOW)), "dispatch.caller.vague");
    assert_eq!(key(checked_fix(place(120.2, 23.0), 8.0, i64::MAX, NOW)), "dispatch.caller.stale");
}

fn fix(lon: f64, second: i64) -> Fix {
    checked_fix(Wgs84::new(lon, 23.0).unwrap(), 10.0, 0, NOW.plus(second * Micros::SECOND)).unwrap()
}

#[test]
fn a_jump_of_300_km_is_doubted_until_others_agree_with_it() {
    assert_eq!(judged(&[]), None);
    let (near, far) = (fix(120.2, 0), fix(117.9, 5));
    assert_eq!(judged(&[near, far]), Some((near, Some(far))));
    let back = fix(120.2001, 10);
    assert_eq!(judged(&[near, far, back]), Some((back, None)), "the phone has come to its senses");
    let last = fix(117.9, 15);
    assert_eq!(judged(&[near, far, fix(117.9, 10), last]), Some((last, None)), "it was the first one that was wrong");
}

proptest! {
    #[test]
    fn whatever_a_phone_says_is_a_place_in_the_country_or_a_reason(lon in -200.0..200.0_f64, lat in -100.0..100.0_f64, accuracy_m: f64, age_ms: i64) {
        if let Ok(position) = Wgs84::new(lon, lat)
            && let Ok(fix) = checked_fix(position, accuracy_m, age_ms, NOW)
        {
            prop_assert!(fix.position.is_in_country() && fix.measured_at <= NOW && fix.accuracy_m.is_some_and(|m| (0.0..=super::ACCURACY_MAX_M).contains(&m)));
        }
    }

    #[test]
    fn what_is_kept_of_a_message_is_short_and_has_no_control_characters(key in "\\PC{0,80}", text in "[\\s\\S]{0,700}") {
        if let Ok(kept) = checked_word(&key, &text) {
            prop_assert!((1..=super::WORD_CHARS_MAX).contains(&kept.chars().count()));
            prop_assert!(kept.chars().all(|sign| sign == '\n' || !sign.is_control()));
        }
    }

    #[test]
    fn the_believed_place_is_one_of_those_that_were_told(seconds in prop::collection::vec((119.5..122.0_f64, 0..600_i64), 1..60)) {
        let told: Vec<Fix> = seconds.iter().map(|(lon, second)| fix(*lon, *second)).collect();
        let (believed, doubted) = judged(&told).unwrap();
        prop_assert!(told.contains(&believed));
        prop_assert!(doubted.is_none_or(|fix| told.contains(&fix)));
    }
}
