#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use shouhu_audit::Entry;
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::testing::House;
use shouhu_http::wiring;
use shouhu_ids::SessionId;
use shouhu_module::ports::{People, PeoplePort, Rosters, RostersPort, Span};
use shouhu_module::{Caller, Module};
use shouhu_plate::Plate;
use shouhu_store::testing::on_each_database;
use shouhu_wire::Role;

use super::alerts::{AlertKind, AlertState, AsideReason, SetAside};
use super::cases::{CaseFinding, CaseOrigin, CaseState, Find, OpenCase, Said, StepKind};
use super::looks::{Named, named};
use super::marks::{MarkKind, SetMark};
use super::*;
use crate::doors::app_on;
use crate::movements::Ledger;
use crate::movements::fold::Fold;

static MODULES: &[Module] = &[crate::MODULE];
/// 2026-11-20 12:00 in Taipei.
const NOW: Micros = Micros(1_795_147_200_000_000);

/// Identity and rosters, for a house that has neither.
#[derive(Clone, Default)]
struct Known(Vec<Serving>, HashMap<ActorId, Vec<Span>>);

impl People for Known {
    fn everybody(&self) -> BoxFuture<'static, Result<Vec<Serving>, Problem>> {
        let all = self.0.clone();
        Box::pin(async move { Ok(all) })
    }

    fn one(&self, id: ActorId) -> BoxFuture<'static, Result<Option<Serving>, Problem>> {
        let found = self.0.iter().find(|one| one.id == id).cloned();
        Box::pin(async move { Ok(found) })
    }
}

impl Rosters for Known {
    fn shifts_of(&self, _: Vec<Serving>, _: Micros, _: Micros) -> BoxFuture<'static, Result<HashMap<ActorId, Vec<Span>>, Problem>> {
        let shifts = self.1.clone();
        Box::pin(async move { Ok(shifts) })
    }
}

fn person(app: &App, name: &str, role: Role, office: Option<&str>) -> Person {
    Person {
        id: app.env.id(ActorId::new),
        name: name.into(),
        role,
        unit: None,
        office: office.map(Into::into),
        session: app.env.id(SessionId::new),
        session_expires_at: app.env.now().plus(Micros::DAY),
    }
}

fn known(app: &App, people: &[&Person]) {
    let serving = |one: &&Person| Serving { id: one.id, name: one.name.clone(), role: one.role, office: one.office.clone() };
    let known = Known(people.iter().map(serving).collect(), HashMap::new());
    app.put(PeoplePort(Arc::new(known.clone())));
    app.put(RostersPort(Arc::new(known)));
}

fn asked(by: &Person, at: Micros, object: &str, case: Option<&str>) -> Entry {
    Entry {
        at_us: at,
        actor: by.id.to_string(),
        actor_name: by.name.clone(),
        action: "GET /v1/sightings".into(),
        class: "personal_read".into(),
        purpose: Some("patrol".into()),
        case_ref: case.map(Into::into),
        object: object.into(),
        outcome: 200,
    }
}

fn said(text: &str) -> Said {
    Said { text: text.into() }
}

fn key_of<T>(result: Result<T, Problem>) -> String {
    result.err().map_or_else(|| "nothing".into(), |problem| problem.key)
}

#[test]
fn the_words_of_a_leaf_name_the_vehicles_that_somebody_chose() {
    let entry = |action: &str, object: &str| Entry { action: action.into(), object: object.into(), ..asked_by_nobody() };
    let plates = |texts: &[&str]| Named::Plates(texts.iter().map(|text| Plate::parse(text).unwrap()).collect());
    let cases = [
        ("GET /v1/sightings", "ABC-1234 from 1 until 2", plates(&["ABC-1234"])),
        ("GET /v1/sightings", "ABC-1234 at camera 01890000-0000-7000-8000-000000000000 from 1 until 2 under consent x", plates(&["ABC-1234"])),
        ("GET /v1/sightings", "any plate at camera 01890000-0000-7000-8000-000000000000 from 1 until 2", Named::Nothing),
        ("GET /v1/sightings", "any plate at camera 01890000-0000-7000-8000-000000000000 from 1 until 2 seen as white truck", Named::Nothing),
        ("GET /v1/sightings", "ABC-1234 from 1 until 2 seen as red under consent x", plates(&["ABC-1234"])),
        ("GET /v1/sightings", "ABC-??34 from 1 until 2", Named::Nothing),
        ("GET /v1/sightings/{id}", "sighting 01890000-0000-7000-8000-000000000000 of ABC-1234 under opening y", plates(&["ABC-1234"])),
        ("GET /v1/sightings/trajectory", "trajectory of ABC-1234 from 1 until 2", plates(&["ABC-1234"])),
        ("GET /v1/sightings/seen", "first and last of ABC-1234", plates(&["ABC-1234"])),
        ("POST /v1/sightings/convoys", "convoys of ABC-1234 from 1 until 2", plates(&["ABC-1234"])),
        ("POST /v1/sightings/meetings", "meetings of ABC-1234 XYZ-9876 from 1 until 2", plates(&["ABC-1234", "XYZ-9876"])),
        ("POST /v1/sightings/area", "passages within 300 m of 120.2,23.0 from 1 until 2", Named::Nothing),
        ("GET /v1/sightings/trajectory", "a way of saying it that nobody has taught us", Named::Unread),
    ];
    for (action, object, wanted) in cases {
        assert_eq!(named(&entry(action, object)), wanted, "{action} {object}");
    }
}

fn asked_by_nobody() -> Entry {
    Entry {
        at_us: NOW,
        actor: "none".into(),
        actor_name: String::new(),
        action: String::new(),
        class: "personal_read".into(),
        purpose: None,
        case_ref: None,
        object: String::new(),
        outcome: 200,
    }
}

proptest! {
    #[test]
    fn whatever_stands_in_a_leaf_is_read_or_counted_as_unread(route in 0_usize..6, object in "\\PC{0,80}") {
        let actions = ["GET /v1/sightings", "GET /v1/sightings/{id}", "GET /v1/sightings/trajectory", "GET /v1/sightings/seen",
            "POST /v1/sightings/convoys", "POST /v1/sightings/meetings"];
        let _ = named(&Entry { action: actions[route].into(), object, ..asked_by_nobody() });
    }
}

#[tokio::test]
async fn a_decoy_becomes_one_alert_however_often_the_turn_runs_and_a_file_is_judged_by_two_after_the_officer_was_heard() {
    on_each_database(&wiring::schemas(MODULES)[1..], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app_on(store, folder.path());
        app.put(Ledger { store: app.store.clone(), fold: Fold::of_test() });
        let officer = person(&app, "王小明", Role::Officer, Some("永康派出所"));
        let [one, two, mate] = [("稽核一", "督察室"), ("稽核二", "政風室"), ("同所稽核", "永康派出所")]
            .map(|(name, office)| person(&app, name, Role::Auditor, Some(office)));
        let homeless = person(&app, "無單位", Role::Auditor, None);
        known(&app, &[&officer, &one, &two, &mate]);
        let fold = app.room::<Ledger>().fold.clone();
        let decoy = SetMark { plate: "QQQ-0001".into(), kind: MarkKind::Decoy, officer: None, note: "放在公布欄上".into() };
        marks::set(&app, &fold, &one, &decoy).await.unwrap();
        let wrong = SetMark { officer: Some(officer.id), ..decoy.clone() };
        assert_eq!(key_of(marks::set(&app, &fold, &one, &wrong).await), "oversight.misuse.officer");
        let own = SetMark { plate: "OWN-1111".into(), kind: MarkKind::Own, officer: Some(officer.id), note: "自行申報".into() };
        marks::set(&app, &fold, &one, &own).await.unwrap();

        let now = app.env.now();
        let leaf = app.audit.append(asked(&officer, now, "QQQ-0001 from 1 until 2", Some("115-7"))).await.unwrap();
        app.audit.append(asked(&officer, now, "AAA-2222 from 1 until 2", None)).await.unwrap();
        app.audit.append(Entry { outcome: 403, ..asked(&officer, now, "OWN-1111 from 1 until 2", None) }).await.unwrap();
        for _ in 0..3 {
            turn::turn(&app).await.unwrap();
        }
        let found = alerts::page(&app.store, &one, true, None, 50).await.unwrap();
        let said_of: Vec<_> = found.iter().map(|alert| (alert.kind, alert.officer, alert.leaves.clone())).collect();
        assert_eq!(said_of, [(AlertKind::Decoy, officer.id, vec![leaf])], "a refused question told nothing to anybody");

        // Asked again: another leaf, another alert; the first one stands as it was.
        app.audit.append(asked(&officer, now, "OWN-1111 from 1 until 2", Some("115-8 (unlinked)"))).await.unwrap();
        turn::turn(&app).await.unwrap();
        turn::turn(&app).await.unwrap();
        let all = alerts::page(&app.store, &one, true, None, 50).await.unwrap();
        assert_eq!(all.iter().map(|alert| alert.kind).collect::<Vec<_>>(), [AlertKind::Own, AlertKind::Decoy]);

        let open = |alert| OpenCase { alert: Some(alert), leaf: None, reason: "查詢了誘餌車牌".into() };
        let decoy = found[0].id;
        assert_eq!(key_of(cases::open(&app, &mate, &open(decoy)).await), "oversight.misuse.same_office");
        assert_eq!(key_of(cases::open(&app, &homeless, &open(decoy)).await), "oversight.misuse.no_office");
        assert_eq!(key_of(cases::open(&app, &officer, &open(decoy)).await), "http.not_found", "nobody learns that there is one about himself");
        assert!(alerts::page(&app.store, &officer, false, None, 50).await.unwrap().is_empty());
        let file = cases::open(&app, &one, &open(decoy)).await.unwrap();
        let id = file.case.id;
        assert_eq!((file.case.origin, file.case.office.as_deref(), file.log.len()), (CaseOrigin::Alert, Some("永康派出所"), 1));
        assert_eq!(key_of(cases::open(&app, &two, &open(decoy)).await), "oversight.misuse.settled", "one file of one alert");
        let aside = SetAside { reason: AsideReason::Training, note: "是".into() };
        assert_eq!(key_of(alerts::set_aside(&app, &two, decoy, &aside).await), "oversight.misuse.text");
        let aside = SetAside { note: "當天在訓練中使用".into(), ..aside };
        assert_eq!(key_of(alerts::set_aside(&app, &two, decoy, &aside).await), "oversight.misuse.settled");
        let set = alerts::set_aside(&app, &two, all[0].id, &aside).await.unwrap();
        assert_eq!((set.state, set.reason, set.settled_by_name.as_deref()), (AlertState::SetAside, Some(AsideReason::Training), Some("稽核二")));

        let founded = Find { finding: CaseFinding::Founded, reason: "無公務理由".into(), code: None };
        assert_eq!(key_of(cases::find(&app, &one, id, &founded).await), "oversight.misuse.second_person");
        assert_eq!(key_of(cases::find(&app, &two, id, &founded).await), "oversight.misuse.not_heard");
        assert!(cases::questions(&app.store, &officer, None, 50).await.unwrap().is_empty(), "nothing is asked yet, so nothing is told");
        let early = cases::answer(&app.store, &officer, id, &said("我沒有查")).await;
        assert!(matches!(early, Err(MisuseError::Unknown)), "{early:?}");
        cases::ask(&app, &one, id, &said("為何查詢這個車牌？")).await.unwrap();
        assert_eq!(key_of(cases::ask(&app, &mate, id, &said("為何查詢這個車牌？")).await), "oversight.misuse.same_office");
        assert_eq!(key_of(cases::find(&app, &two, id, &founded).await), "oversight.misuse.not_heard", "his time is not over");
        let mine = cases::questions(&app.store, &officer, None, 50).await.unwrap();
        assert_eq!((mine.len(), mine[0].steps.len(), mine[0].steps[0].by_name.as_str()), (1, 1, ""), "the question, and not who asks");
        let others = cases::answer(&app.store, &mate, id, &said("代為回答的內容")).await;
        assert!(matches!(others, Err(MisuseError::Unknown)), "{others:?}");
        cases::answer(&app.store, &officer, id, &said("民眾提供的車號")).await.unwrap();
        let again = cases::answer(&app.store, &officer, id, &said("再補充一點說明")).await;
        assert!(matches!(again, Err(MisuseError::NotAsked)), "{again:?}");
        let closed = cases::find(&app, &two, id, &founded).await.unwrap();
        assert_eq!((closed.case.state, closed.case.finding), (CaseState::Closed, Some(CaseFinding::Founded)));
        let steps: Vec<_> = closed.steps.iter().map(|step| (step.what, step.by_name.as_str())).collect();
        assert_eq!(
            steps,
            [(StepKind::Opened, "稽核一"), (StepKind::Question, "稽核一"), (StepKind::Answer, "王小明"), (StepKind::Finding, "稽核二")]
        );
        assert_eq!(key_of(cases::find(&app, &two, id, &founded).await), "oversight.misuse.settled");
        assert_eq!(key_of(cases::ask(&app, &two, id, &said("為何查詢這個車牌？")).await), "oversight.misuse.settled");
    })
    .await;
}

#[tokio::test]
async fn a_sample_is_drawn_from_a_checkpoint_signed_after_its_period_and_anybody_draws_the_same() {
    let clock = Arc::new(SimClock::starting_at(NOW));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let app = &house.app;
    let officer = person(app, "王小明", Role::Officer, Some("永康派出所"));
    let auditor = person(app, "稽核", Role::Auditor, Some("督察室"));
    known(app, &[&officer, &auditor]);
    for number in 0..120 {
        let entry = asked(&officer, NOW, "ABC-1234 from 1 until 2", None);
        let class = if number % 2 == 0 { "personal_read" } else { "write" };
        app.audit.append(Entry { class: class.into(), ..entry }).await.unwrap();
    }
    let last = app.audit.page(None, 1).await.unwrap()[0].seq;
    for _ in 0..3 {
        sampling::sample(app).await.unwrap();
    }
    let samples = sampling::page(&app.store, None, 10).await.unwrap();
    assert_eq!(samples.len(), 1, "once, however often the job runs");
    let drawn = &samples[0];
    assert_eq!((drawn.from_leaf, drawn.to_leaf, drawn.close_leaf, drawn.questions.len()), (1, last, last + 1, sample::WANTED));
    let checkpoint = drawn.checkpoint.clone().unwrap();
    let size: i64 = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    assert!(size >= drawn.close_leaf, "it was signed over the leaf that closed the period");
    let anybody: Vec<i64> = sample::Draws::of(&checkpoint, drawn.from_leaf, drawn.to_leaf).take(drawn.drawn.len()).collect();
    assert_eq!(anybody, drawn.drawn);

    // A file from a leaf that was drawn says so; one from another leaf is by hand, and one from the house's own leaf is none.
    let open = |leaf| OpenCase { alert: None, leaf: Some(leaf), reason: "隨機抽查".into() };
    let other = (1..=last).find(|seq| !drawn.questions.contains(seq)).unwrap();
    assert_eq!(cases::open(app, &auditor, &open(drawn.questions[0])).await.unwrap().case.origin, CaseOrigin::Sample);
    assert_eq!(cases::open(app, &auditor, &open(other)).await.unwrap().case.origin, CaseOrigin::Hand);
    assert_eq!(key_of(cases::open(app, &auditor, &open(drawn.close_leaf)).await), "oversight.misuse.origin");

    clock.advance_us(7 * Micros::DAY);
    sampling::sample(app).await.unwrap();
    let samples = sampling::page(&app.store, None, 10).await.unwrap();
    assert_eq!((samples.len(), samples[0].from_leaf), (2, drawn.close_leaf + 1), "the next begins where the last one ended");
}

#[tokio::test]
async fn what_is_due_is_told_and_an_officer_answers_at_his_own_door() {
    let clock = Arc::new(SimClock::starting_at(NOW));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let officer = person(&house.app, "王小明", Role::Officer, Some("永康派出所"));
    let [one, two] = [("稽核一", "督察室"), ("稽核二", "政風室")].map(|(name, office)| person(&house.app, name, Role::Auditor, Some(office)));
    known(&house.app, &[&officer, &one, &two]);
    let leaf = house.app.audit.append(asked(&officer, NOW, "ABC-1234 from 1 until 2", None)).await.unwrap();
    let [asker, answerer, finder] = [&one, &officer, &two].map(|person| Caller::Person(person.clone()));
    let opened = house.call(&asker, "POST", "/v1/oversight/misuse/cases", json!({ "leaf": leaf, "reason": "民眾陳情" })).await;
    let id = opened.json["id"].as_str().unwrap().to_owned();
    let path = |act: &str| format!("/v1/oversight/misuse/cases/{id}{act}");
    let question = json!({ "text": "為何查詢這個車牌？" });
    assert_eq!(house.call(&asker, "POST", &path("/question"), question).await.status, 200);
    let own = |json: &Value| (json["items"][0]["state"].clone(), json["items"][0]["is_overdue"].clone());
    let mine = house.call(&answerer, "GET", "/v1/oversight/questions", Value::Null).await;
    assert_eq!(own(&mine.json), (json!("asked"), json!(false)), "{}", mine.json);
    assert_eq!(house.call(&answerer, "GET", &path(""), Value::Null).await.status, 403, "the file itself is not his");

    clock.advance_us(ANSWER_US + 1);
    let late = house.call(&asker, "GET", "/v1/oversight/misuse/cases?is_open=true", Value::Null).await;
    assert_eq!(own(&late.json), (json!("asked"), json!(true)), "{}", late.json);
    clock.advance_us(CASE_US - ANSWER_US);
    let health = (crate::MODULE.health)(house.app.clone()).await;
    assert!(health.detail.starts_with("ATTENTION: 1 case files"), "whoever runs the house sees a file without a finding: {}", health.detail);
    assert!(health.is_healthy, "and nobody is kept from working for it");
    let door = format!("/v1/oversight/questions/{id}/answer");
    let answered = house.call(&answerer, "POST", &door, json!({ "text": "民眾報案時提供" })).await;
    assert_eq!((answered.status, answered.json["state"].clone()), (200, json!("answered")), "late, and heard: {}", answered.json);
    let finding = json!({ "finding": "unfounded", "reason": "與報案紀錄相符", "code": "task" });
    assert_eq!(house.call(&finder, "POST", &path("/finding"), finding).await.json["finding"], "unfounded");
    assert!(!(crate::MODULE.health)(house.app.clone()).await.detail.contains("ATTENTION"), "and no longer once it has its finding");
    // Every step is a leaf that names the file and not the vehicle.
    let leaves = house.app.audit.page(None, 50).await.unwrap();
    for what in ["opened", "asked", "answered", "found unfounded (task)"] {
        let object = format!("misuse case {id} {what}");
        assert!(leaves.iter().any(|leaf| leaf.entry.object == object && leaf.entry.class == "security"), "{object}");
    }
}
