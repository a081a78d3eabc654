#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use shouhu_audit::offline::{Trust, verify_proof};
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::Micros;
use shouhu_module::{Caller, Module};

use super::*;

static MODULES: &[Module] = &[crate::MODULE];

/// 2026-11-20 12:00 in Taipei.
const NOW: Micros = Micros(1_795_147_200_000_000);

fn entry(at: Micros, class: &str, action: &str, purpose: Option<&str>, case: Option<&str>, outcome: u16) -> Entry {
    Entry {
        at_us: at,
        actor: "a".into(),
        actor_name: "王".into(),
        action: action.into(),
        class: class.into(),
        purpose: purpose.map(Into::into),
        case_ref: case.map(Into::into),
        object: "plate ABC-1234".into(),
        outcome,
    }
}

fn line<'a>(answer: &'a Value, name: &str, purpose: &str, link: &str) -> &'a Value {
    let lines = answer["months"][0]["lines"].as_array().unwrap();
    let is_it = |line: &&Value| line["line"] == name && line["purpose"] == purpose && line["link"] == link;
    &lines.iter().find(is_it).unwrap_or_else(|| panic!("no {name} {purpose} {link} in {answer}"))["count"]
}

#[tokio::test]
async fn a_month_is_counted_once_said_in_the_log_and_proved_to_anybody() {
    let clock = Arc::new(SimClock::starting_at(NOW));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let ask = |purpose, case, outcome| entry(NOW, "personal_read", "GET /v1/sightings", Some(purpose), case, outcome);
    for _ in 0..1_100 {
        house.app.audit.append(ask("investigation", Some("115-7"), 200)).await.unwrap();
    }
    for _ in 0..12 {
        house.app.audit.append(ask("investigation", Some("x (unlinked)"), 200)).await.unwrap();
        house.app.audit.append(ask("patrol", None, 200)).await.unwrap();
        house.app.audit.append(entry(NOW, "security", "GET /v1/sightings", None, None, 403)).await.unwrap();
        house.app.audit.append(entry(NOW, "write", "POST /v1/hits/{id}/confirm", None, None, 200)).await.unwrap();
    }
    for note in ["export begins", "export made"] {
        house.app.audit.append(entry(NOW, "personal_read", note, Some("investigation"), Some("115-7"), 200)).await.unwrap();
    }
    for _ in 0..3 {
        house.app.audit.append(ask("traffic", Some("115-8"), 200)).await.unwrap();
        house.app.audit.append(ask("traffic", Some("115-8"), 404)).await.unwrap();
    }
    let nobody = || house.call(&Caller::Nobody, "GET", "/v1/transparency", Value::Null);
    // Some nights of the month, and the same night again.
    for _ in 0..3 {
        count::count_all(&house.app).await.unwrap();
        count::close_what_is_over(&house.app, store::counted_to(&house.app.store).await.unwrap()).await.unwrap();
    }
    assert_eq!(nobody().await.json["months"], serde_json::json!([]), "the month is not over");
    clock.advance_us(15 * Micros::DAY);
    for _ in 0..2 {
        let counted = count::count_all(&house.app).await.unwrap();
        count::close_what_is_over(&house.app, counted).await.unwrap();
    }
    let told = nobody().await;
    assert_eq!((told.status, told.json["months"].as_array().unwrap().len()), (200, 1), "{}", told.json);
    assert_eq!(told.json["months"][0]["month"], "2026-11");
    assert_eq!(line(&told.json, "asked", "investigation", "live"), 1_100);
    assert_eq!(*line(&told.json, "asked", "traffic", "live"), Value::Null, "three are too few to be told");
    // Alone it would be told by the sum: the next smallest is hidden with it.
    let twelves = [line(&told.json, "asked", "investigation", "unlinked"), line(&told.json, "asked", "patrol", "no_case")];
    assert_eq!(twelves.iter().filter(|count| count.is_null()).count(), 1, "{}", told.json);
    assert_eq!((line(&told.json, "refused", "", "none"), line(&told.json, "hit_confirmed", "", "none")), (&12.into(), &12.into()));
    assert!(!told.json.to_string().contains("ABC"));

    let proof = house.call(&Caller::Nobody, "GET", "/v1/transparency/2026-11/proof", Value::Null).await;
    let key = told.json["log_key"].as_str().unwrap().parse().unwrap();
    let trust = Trust::of(key);
    let (said, _) = verify_proof(std::str::from_utf8(&proof.bytes).unwrap(), &trust).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&said.object).unwrap(), told.json["months"][0], "what is shown is what was said");
    for unknown in ["2026-12", "x", "%2e%2e"] {
        assert_eq!(house.call(&Caller::Nobody, "GET", &format!("/v1/transparency/{unknown}/proof"), Value::Null).await.status, 404);
    }
}

#[tokio::test]
async fn two_servers_that_count_at_once_count_nothing_twice() {
    let house = House::open(MODULES).await;
    for _ in 0..40 {
        house.app.audit.append(entry(house.app.env.now(), "personal_read", "GET /v1/x", Some("patrol"), None, 200)).await.unwrap();
    }
    let (one, two) = tokio::join!(count::count_all(&house.app), count::count_all(&house.app));
    assert_eq!(one.unwrap(), two.unwrap());
    let month = store::open_before(&house.app.store, "9999-12").await.unwrap();
    let lines = store::lines(&house.app.store, &month[0]).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.count).collect::<Vec<_>>(), [Some(40)]);
}

proptest! {
    #[test]
    fn a_hidden_number_cannot_be_told_from_the_others_and_their_sum(counts in proptest::collection::vec(0_i64..40, 1..9)) {
        let of = |(no, count): (usize, &i64)| Line { line: "asked".into(), purpose: no.to_string(), link: Link::Live, count: Some(*count) };
        let mut lines: Vec<Line> = counts.iter().enumerate().map(of).collect();
        hide_small(&mut lines);
        let mut hidden = Vec::new();
        for (line, count) in lines.iter().zip(&counts) {
            match line.count {
                Some(told) => prop_assert!(told == *count && (told == 0 || told >= TOLD_MIN)),
                None => hidden.push(*count),
            }
        }
        // Whoever knows the sum of all knows the sum of the hidden ones: it is large, or there is nothing beside it to hide behind.
        let sum: i64 = hidden.iter().sum();
        let others = lines.iter().filter(|line| line.count.is_some_and(|count| count > 0)).count();
        prop_assert!(hidden.is_empty() || sum >= TOLD_MIN || others == 0, "{counts:?} {lines:?}");
    }
}
