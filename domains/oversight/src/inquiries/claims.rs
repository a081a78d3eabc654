//! Claims about inquiries: through the doors, and about the ledger of uses on both databases.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shouhu_audit::offline::{Trust, verify_proof};
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{ActorId, Micros};
use shouhu_module::ports::{Glimpse, MovementAsker, Revealing};
use shouhu_module::{Caller, Module, Person};
use shouhu_plate::Plate;
use shouhu_store::testing::on_each_database;
use shouhu_wire::Role;

use super::document_number;
use crate::MODULE;
use crate::movements::fold::Fold;
use crate::movements::ledger::reveal;
use crate::movements::{Ledger, uses};

static MODULES: &[Module] = &[MODULE];
const NOW: Micros = Micros(20_000 * Micros::DAY);
const NUMBER: &str = "A123456789";
/// The second is one that cameras take for the first.
const PLATES: [&str; 3] = ["ABC-1280", "A8C-1280", "XY-9876"];

fn plate(text: &str) -> Plate {
    Plate::parse(text).unwrap()
}

fn asking(by: u8, case: Option<&str>, purpose: &str, named: &[&str], shown: &[(&str, i64)]) -> Revealing {
    let row = |(text, minute): &(&str, i64)| vec![Glimpse::passage(plate(text), NOW.plus(minute * Micros::MINUTE), None)];
    Revealing {
        asker: MovementAsker {
            id: ActorId::new(Micros(1), [by; 16]),
            office: Some(format!("第{by}分局")),
            case_ref: case.map(ToOwned::to_owned),
            purpose: purpose.to_owned(),
            is_live: false,
        },
        named: named.iter().map(|text| plate(text)).collect(),
        rows: shown.iter().map(row).collect(),
        rows_max: 6,
        per_plate_max: 1,
        sums_over: None,
    }
}

type Question = (u8, usize, usize, Vec<usize>, Vec<(usize, i64)>);

fn questions(count: usize) -> Vec<Question> {
    let one = (
        0_u8..3,
        0_usize..3,
        0_usize..2,
        proptest::collection::vec(0_usize..3, 0..2),
        proptest::collection::vec((0_usize..3, 0_i64..9), 0..9),
    );
    proptest::collection::vec(one, count).new_tree(&mut TestRunner::new(Config::default())).unwrap().current()
}

const CASES: [Option<&str>; 3] = [Some("115-偵-7"), Some("115-偵-8"), None];
const PURPOSES: [&str; 2] = ["investigation", "patrol"];

#[tokio::test]
async fn every_use_of_a_plate_is_kept_and_none_of_a_plate_that_looks_like_it() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let fold = Fold::of_test();
        let mut used: BTreeMap<&str, BTreeSet<(String, String, String)>> = BTreeMap::new();
        for (by, case, purpose, named, rows) in questions(60) {
            let named: Vec<&str> = named.into_iter().map(|at| PLATES[at]).collect();
            let rows: Vec<(&str, i64)> = rows.into_iter().map(|(at, minute)| (PLATES[at], minute)).collect();
            let asked = asking(by, CASES[case], PURPOSES[purpose], &named, &rows);
            let revealed = reveal(&store, &fold, &asked).await.unwrap();
            let shown = rows.iter().zip(&revealed.is_shown).filter_map(|((text, _), is_shown)| is_shown.then_some(*text));
            for text in shown.chain(named) {
                let key = crate::movements::fold::case_key(CASES[case], asked.asker.id);
                used.entry(text).or_default().insert((asked.asker.id.to_string(), key, PURPOSES[purpose].to_owned()));
            }
        }
        let until = store.env().now().plus(1);
        for text in PLATES {
            let kept = uses::of(&store, &fold, &plate(text), [Micros(0), until]).await.unwrap();
            let kept: Vec<_> = kept.into_iter().map(|one| (one.asker.to_string(), one.case_key, one.purpose)).collect();
            let all: BTreeSet<_> = kept.iter().cloned().collect();
            assert_eq!(Some(&all), used.get(text), "{text}");
            assert_eq!(all.len(), kept.len(), "each once");
        }
        let unseen = uses::of(&store, &fold, &plate("ZZZ-0000"), [Micros(0), until]).await.unwrap();
        assert_eq!(unseen, []);
        for row in store.fetch("SELECT * FROM oversight_use", vec![]).await.unwrap() {
            assert!(!format!("{row:?}").contains("1280"), "no plate lies in the ledger of uses");
        }
        uses::forget(&store, until).await.unwrap();
        assert_eq!(uses::of(&store, &fold, &plate(PLATES[0]), [Micros(0), until]).await.unwrap(), []);
    })
    .await;
}

proptest! {
    #[test]
    fn a_documents_number_is_one_however_it_is_typed_and_rubbish_is_refused(typed in "\\PC{0,40}", clean in "[A-Z0-9]{5,20}") {
        if let Ok(number) = document_number(&typed) {
            prop_assert!((5..=20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
        }
        let wide: String = clean.chars().map(|ch| char::from_u32(u32::from(ch) + 0xfee0).unwrap()).collect();
        for typed in [clean.to_lowercase(), format!(" {} ", clean.replace('1', "1-")), wide] {
            prop_assert_eq!(document_number(&typed).ok(), Some(clean.clone()));
        }
    }
}

struct World {
    house: House,
    clock: Arc<SimClock>,
    counter: Caller,
    chief: Caller,
    auditor: Caller,
}

impl World {
    async fn open() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        let (counter, chief, auditor) = (house.person(Role::Officer), house.person(Role::Supervisor), house.person(Role::Auditor));
        Self { house, clock, counter, chief, auditor }
    }

    async fn looked(&self, by: u8, case: Option<&str>, purpose: &str) {
        let fold = &self.house.app.room::<Ledger>().fold;
        reveal(&self.house.app.store, fold, &asking(by, case, purpose, &[PLATES[0]], &[(PLATES[0], 1)])).await.unwrap();
        self.clock.advance_us(Micros::MINUTE);
    }

    async fn post(&self, who: &Caller, path: &str, body: Value) -> Answer {
        self.house.call(who, "POST", &format!("/v1/oversight/inquiries{path}"), body).await
    }

    async fn get(&self, who: &Caller, path: &str) -> Answer {
        self.house.call(who, "GET", &format!("/v1/oversight/inquiries{path}"), Value::Null).await
    }

    async fn taken(&self) -> String {
        let asked = self.post(&self.counter, "", request()).await;
        assert_eq!((asked.status, &asked.json["state"]), (200, &json!("asked")), "{}", asked.json);
        format!("/{}", asked.json["id"].as_str().unwrap())
    }

    async fn confirmed(&self) -> String {
        let at = self.taken().await;
        let confirmed = self.post(&self.chief, &format!("{at}/confirm"), json!({ "is_confirmed": true })).await;
        assert_eq!((confirmed.status, &confirmed.json["state"]), (200, &json!("confirmed")), "{}", confirmed.json);
        at
    }

    fn in_days(&self, days: i64) -> i64 {
        self.house.app.env.now().plus(days * Micros::DAY).0
    }
}

fn request() -> Value {
    json!({ "plate": "abc1280", "document": "id_card", "document_number": "a12345-6789", "claim": "keeper", "claim_shown": "行車執照" })
}

fn refused(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.json["key"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn what_is_deferred_is_told_by_itself_when_its_day_comes_and_the_first_answer_never_said_so() {
    let world = World::open().await;
    world.looked(1, Some("115-偵-7"), "investigation").await;
    world.looked(2, None, "patrol").await;
    world.looked(3, Some("115-偵-8"), "traffic").await;
    let at = world.confirmed().await;
    let shown = world.get(&world.auditor, &at).await.json;
    assert_eq!(shown["from_us"], json!(NOW), "an answer speaks of no time before uses were written down");
    assert_eq!((&shown["cases"][0]["case_ref"], &shown["cases"][0]["uses"], &shown["told_anyway"]), (&json!("115-偵-7"), &json!(1), &json!(1)), "{shown}");
    assert_eq!(world.get(&world.counter, &at).await.json["cases"], json!([]), "the counter learns of no case");

    let answer = format!("{at}/answer");
    let decide = |until: Option<i64>| json!({ "cases": [{ "case_ref": "115-偵-7", "until_us": until, "reason": "偵查中，告知將使嫌疑人逃匿" }, { "case_ref": "115-偵-8" }] });
    assert_eq!(refused(&world.post(&world.counter, &answer, decide(None)).await), (403, "identity.not_permitted"));
    let some = json!({ "cases": [{ "case_ref": "115-偵-7" }] });
    assert_eq!(refused(&world.post(&world.auditor, &answer, some).await), (409, "oversight.inquiry.cases"));
    for days in [0, 366] {
        assert_eq!(refused(&world.post(&world.auditor, &answer, decide(Some(world.in_days(days)))).await), (422, "oversight.inquiry.until"));
    }
    let done = world.post(&world.auditor, &answer, decide(Some(world.in_days(100)))).await;
    assert_eq!((done.status, &done.json["state"]), (200, &json!("answered")), "{}", done.json);
    let first = done.json["answers"][0]["text"].as_str().unwrap().to_owned();
    assert!(first.contains("巡邏勤務") && first.contains("交通執法") && !first.contains("犯罪偵查") && !first.contains("偵-"), "{first}");
    assert_eq!(refused(&world.post(&world.auditor, &answer, decide(None)).await), (409, "oversight.inquiry.settled"));
    assert_eq!(world.get(&world.counter, &at).await.json["deferrals"], json!([]));

    // One other person, once.
    let renew = |days: i64| json!({ "case_ref": "115-偵-7", "until_us": world.in_days(days), "reason": "共犯尚未到案，仍有告知之虞" });
    let path = format!("{at}/renew");
    assert_eq!(refused(&world.post(&world.auditor, &path, renew(200)).await), (403, "oversight.inquiry.same_person"));
    assert_eq!(refused(&world.post(&world.chief, &path, renew(466)).await), (422, "oversight.inquiry.until"));
    let renewed = world.post(&world.chief, &path, renew(200)).await;
    assert_eq!((renewed.status, &renewed.json["deferrals"][0]["until_us"]), (200, &json!(world.in_days(200))), "{}", renewed.json);
    assert_eq!(refused(&world.post(&world.chief, &path, renew(300)).await), (409, "oversight.inquiry.renewed_once"));

    world.clock.advance_us(101 * Micros::DAY);
    world.house.settle().await;
    assert_eq!(world.get(&world.counter, &at).await.json["answers"].as_array().unwrap().len(), 1, "it was extended");
    world.clock.advance_us(100 * Micros::DAY);
    world.house.settle().await;
    world.house.settle().await;
    let answers = world.get(&world.counter, &at).await.json["answers"].clone();
    assert_eq!(answers.as_array().unwrap().len(), 2);
    let second = answers[1]["text"].as_str().unwrap();
    assert!(second.contains("犯罪偵查　與案件連結：是") && !second.contains("巡邏勤務") && !second.contains("偵-"), "{second}");
    assert_eq!(answers[0]["text"], json!(first));
    let told_by = |text: &str| text.split_once("至遲不逾 ").unwrap().1.chars().take(10).collect::<String>();
    assert_eq!(told_by(&first), told_by(second), "both name the day of the first");
}

#[tokio::test]
async fn an_answer_is_proved_to_be_in_the_log_and_holds_no_name_and_no_number_of_a_document() {
    let world = World::open().await;
    world.looked(2, None, "patrol").await;
    let at = world.confirmed().await;
    let done = world.post(&world.auditor, &format!("{at}/answer"), json!({})).await;
    assert_eq!(done.status, 200, "{}", done.json);
    let answer = &done.json["answers"][0];
    let text = answer["text"].as_str().unwrap();
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    assert_eq!(answer["sha256"], json!(sha256));
    let proof = world.get(&world.counter, &format!("{at}/answers/1/proof")).await;
    let trust = Trust::of(world.house.app.audit.log_key().await.unwrap());
    let (entry, _) = verify_proof(&String::from_utf8(proof.bytes).unwrap(), &trust).unwrap();
    assert!(entry.object.contains(&sha256) && entry.actor == "shouhu (inquiries)", "{entry:?}");
    for wrong in ["/answers/2/proof", "/answers/x/proof"] {
        assert_eq!(world.get(&world.counter, &format!("{at}{wrong}")).await.status, 404);
    }

    // Handed over to whoever shows the same document, however it is typed; once.
    let hand = |number: &str| json!({ "number": 1, "document_number": number });
    let path = format!("{at}/hand-over");
    assert_eq!(refused(&world.post(&world.counter, &path, hand("B123456789")).await), (409, "oversight.inquiry.other_document"));
    let handed = world.post(&world.counter, &path, hand("Ａ１２３ 456789")).await;
    assert_eq!((handed.status, handed.json["answers"][0]["handed_at_us"].is_i64()), (200, true), "{}", handed.json);
    assert_eq!(refused(&world.post(&world.counter, &path, hand(NUMBER)).await), (409, "oversight.inquiry.settled"));
    for table in ["oversight_inquiry", "oversight_inquiry_answer", "store_job", "store_outbox"] {
        let rows = world.house.app.store.fetch(&format!("SELECT * FROM {table}"), vec![]).await.unwrap();
        assert!(!format!("{rows:?}").contains("123456789"), "{table}");
    }
    let leaves = world.house.app.audit.page(None, 100).await.unwrap();
    assert!(!leaves.iter().any(|leaf| leaf.entry.object.contains("123456789")));
}

#[tokio::test]
async fn a_claim_is_confirmed_by_a_second_person_and_whoever_looked_decides_nothing() {
    let world = World::open().await;
    world.looked(1, None, "patrol").await;
    for (change, key) in [
        (json!({ "plate": "車" }), "oversight.inquiry.plate"),
        (json!({ "document_number": "12" }), "oversight.inquiry.document"),
        (json!({ "document_number": "A12345678\u{202e}" }), "oversight.inquiry.document"),
        (json!({ "claim_shown": " " }), "oversight.inquiry.claim"),
    ] {
        let mut body = request();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(refused(&world.post(&world.counter, "", body).await), (422, key));
    }
    let own = world.post(&world.chief, "", request()).await;
    let own = format!("/{}/confirm", own.json["id"].as_str().unwrap());
    let yes = json!({ "is_confirmed": true });
    assert_eq!(refused(&world.post(&world.chief, &own, yes.clone()).await), (403, "oversight.inquiry.same_person"));
    assert_eq!(refused(&world.post(&world.auditor, &own, json!({ "is_confirmed": false })).await), (422, "oversight.inquiry.reason"));
    let no = world.post(&world.auditor, &own, json!({ "is_confirmed": false, "note": "行車執照所載並非申請人" })).await;
    assert_eq!((no.status, &no.json["state"]), (200, &json!("refused")));
    assert_eq!(refused(&world.post(&world.auditor, &own, yes).await), (409, "oversight.inquiry.settled"));

    let at = world.confirmed().await;
    let Caller::Person(auditor) = world.auditor.clone() else { panic!("a person") };
    let looked = Caller::Person(Person { id: ActorId::new(Micros(1), [1; 16]), ..auditor });
    assert_eq!(refused(&world.post(&looked, &format!("{at}/answer"), json!({})).await), (403, "oversight.inquiry.involved"));
    assert_eq!(world.get(&world.counter, "").await.json["items"].as_array().unwrap().len(), 1, "the counter lists what it took");
    assert_eq!(world.get(&world.auditor, "").await.json["items"].as_array().unwrap().len(), 2);

    world.clock.advance_us(16 * Micros::DAY);
    assert_eq!(world.get(&world.auditor, &at).await.json["is_late"], json!(true));
    let health = (MODULE.health)(world.house.app.clone()).await;
    assert!(health.detail.contains("1 citizens' inquiries"), "{}", health.detail);
}

#[tokio::test]
async fn while_a_consent_for_the_plate_runs_its_case_is_deferred_and_never_told() {
    let world = World::open().await;
    let of = |caller: Caller, office: &str| {
        let Caller::Person(person) = caller else { panic!("a person") };
        Caller::Person(Person { office: Some(office.to_owned()), ..person })
    };
    let (detective, chief) = (of(world.house.person(Role::Detective), "第一分局"), of(world.house.person(Role::Supervisor), "刑警大隊"));
    let ask = json!({
        "plates": [PLATES[0]], "case_ref": "115-偵-7", "basis": "serious_offence", "reason": "連續竊盜集團所用車輛，須查明動線",
        "from_us": NOW.plus(-Micros::DAY), "until_us": NOW.plus(Micros::DAY), "cameras": [], "term_days": 30,
    });
    let asked = world.house.call(&detective, "POST", "/v1/oversight/observations", ask).await;
    let path = format!("/v1/oversight/observations/{}/decide", asked.json["id"].as_str().unwrap());
    assert_eq!(world.house.call(&chief, "POST", &path, json!({ "is_given": true })).await.status, 200);
    world.looked(1, Some("115-偵-7"), "investigation").await;
    let at = world.confirmed().await;
    assert_eq!(world.get(&world.auditor, &at).await.json["cases"][0]["is_running"], json!(true));
    let told = json!({ "cases": [{ "case_ref": "115-偵-7" }] });
    assert_eq!(refused(&world.post(&world.auditor, &format!("{at}/answer"), told.clone()).await), (409, "oversight.inquiry.running"));
    // When it is over it may be told.
    world.clock.advance_us(31 * Micros::DAY);
    assert_eq!(world.post(&world.auditor, &format!("{at}/answer"), told).await.status, 200);
}
