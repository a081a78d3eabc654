//! Claims about tours whose crew is called away: what is proposed, who makes it valid, and that nothing changes by itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use shouhu_env::BoxFuture;
use shouhu_events::Event;
use shouhu_ids::{AssignmentId, IncidentId, Micros, UnitId};
use shouhu_module::Problem;
use shouhu_module::ports::{DispatchFacts, DispatchFactsPort, IncidentFact, UnitFact, UnitTask, UnitTasks, UnitTasksPort};
use shouhu_wire::AssignmentState;

use super::doors::{City, NOW, key, list, number, text};

/// One crew is on one job, and sometimes another too.
struct Called {
    unit: UnitId,
    also: Mutex<Option<UnitId>>,
    from: Micros,
    priority: u8,
}

impl UnitTasks for Called {
    fn tasks(&self, unit: UnitId, _: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<UnitTask>, Problem>> {
        let is_called = unit == self.unit || Some(unit) == *self.also.lock().unwrap();
        let own = (is_called && self.from < until).then(|| UnitTask { incident_number: "115-7".into(), from: self.from, until: None });
        Box::pin(async move { Ok(own.into_iter().collect()) })
    }
}

impl DispatchFacts for Called {
    fn incident(&self, _: IncidentId) -> BoxFuture<'static, Result<Option<IncidentFact>, Problem>> {
        let fact = IncidentFact {
            number: "115-7".into(),
            kind: "robbery".into(),
            priority: self.priority,
            state: "assigned".into(),
            address: String::new(),
            position: None,
            opened_at_us: self.from,
            closed_at_us: None,
        };
        Box::pin(async move { Ok(Some(fact)) })
    }

    fn unit(&self, _: UnitId) -> BoxFuture<'static, Result<Option<UnitFact>, Problem>> {
        Box::pin(async { Ok(Some(UnitFact { call_sign: "永康".into(), state: "en_route".into() })) })
    }
}

struct Scene {
    city: City,
    plan: Value,
    /// Hours after the shift began.
    called: Arc<Called>,
}

impl Scene {
    /// A published shift, two hours old; its second crew is called to a job of this priority.
    async fn new(priority: u8) -> Self {
        let city = City::new().await;
        let plan = city.published(with_seed(city.ask())).await;
        city.clock.advance_us(3 * Micros::HOUR);
        let called = Arc::new(Called { unit: city.crews[1].0, also: Mutex::default(), from: city.now(), priority });
        city.house.app.put(UnitTasksPort(called.clone()));
        city.house.app.put(DispatchFactsPort(called.clone()));
        Self { city, plan, called }
    }

    async fn tell(&self, assignment: u8, state: AssignmentState) {
        self.tell_of(self.called.unit, assignment, state).await;
    }

    async fn tell_of(&self, unit: UnitId, assignment: u8, state: AssignmentState) {
        let ids = |n| (AssignmentId::new(NOW, [n; 16]), IncidentId::new(NOW, [9; 16]));
        let (assignment, incident) = ids(assignment);
        let mut tx = self.city.house.app.store.begin().await.unwrap();
        tx.emit(&Event::AssignmentChanged { assignment, incident, unit, state }).await.unwrap();
        tx.commit().await.unwrap();
        self.city.house.settle().await;
    }

    async fn proposals(&self) -> Vec<Value> {
        list(&self.city.get(&self.city.chief, "/v1/patrol/tours?state=proposed").await, "/items").to_vec()
    }

    async fn proposal(&self) -> Value {
        let all = self.proposals().await;
        assert_eq!(all.len(), 1, "{all:?}");
        self.city.get(&self.city.chief, &format!("/v1/patrol/tours/{}", text(&all[0], "/id"))).await
    }

    async fn publish(&self, plan: &Value) -> shouhu_http::testing::Answer {
        self.city.tried(&format!("/v1/patrol/tours/{}/publish", text(plan, "/id")), json!({})).await
    }

    async fn mine(&self, crew: usize) -> Value {
        self.city.get(&self.city.crews[crew].1, "/v1/patrol/tours/mine").await
    }
}

fn with_seed(mut ask: Value) -> Value {
    ask.as_object_mut().unwrap().insert("seed".into(), 7.into());
    ask
}

#[tokio::test]
async fn an_urgent_job_proposes_what_is_left_to_the_others_once_and_nothing_changes_before_a_person_accepts() {
    let scene = Scene::new(1).await;
    let before = scene.mine(0).await;
    scene.tell(1, AssignmentState::Offered).await;
    assert!(scene.proposals().await.is_empty(), "an offer binds nobody");
    scene.tell(1, AssignmentState::Accepted).await;
    scene.tell(1, AssignmentState::EnRoute).await;
    scene.tell(1, AssignmentState::OnScene).await;
    scene.tell(2, AssignmentState::Accepted).await;
    let proposed = scene.proposal().await;
    assert_eq!((text(&proposed, "/retask/incident_number"), text(&proposed, "/retask/unit")), ("115-7".into(), scene.called.unit.to_string()));
    assert_eq!((text(&proposed, "/replaces"), number(&proposed, "/to_us")), (text(&scene.plan, "/id"), number(&scene.plan, "/to_us")));
    assert_eq!(scene.mine(0).await, before, "nobody has accepted it");

    let now = scene.city.now().0;
    let tours = list(&proposed, "/tours");
    let own = tours.iter().find(|tour| text(tour, "/unit") == scene.called.unit.to_string()).unwrap();
    assert!(list(own, "/stops").is_empty(), "it is away");
    let old = list(&scene.plan, "/tours");
    let later: BTreeSet<String> = old
        .iter()
        .flat_map(|tour| list(tour, "/stops"))
        .filter(|stop| number(stop, "/arrive_us") > now)
        .map(|stop| text(stop, "/place/key"))
        .collect();
    let of_away: BTreeSet<String> = list(&old[1], "/stops").iter().filter(|stop| number(stop, "/arrive_us") > now).map(|stop| text(stop, "/place/key")).collect();
    let fresh: Vec<&Value> = tours.iter().flat_map(|tour| list(tour, "/stops")).filter(|stop| number(stop, "/arrive_us") > now).collect();
    let planned: BTreeSet<String> = fresh.iter().map(|stop| text(stop, "/place/key")).collect();
    assert!(!planned.is_empty() && planned.is_subset(&later), "only what was still to come");
    assert!(planned.intersection(&of_away).count() > 0, "others take over some of {of_away:?}");
    assert!(fresh.iter().all(|stop| number(stop, "/arrive_us") >= now + 5 * Micros::MINUTE), "a person needs some minutes");
    // Two hours between any two visits, of the plan before and of this one.
    let made = old.iter().flat_map(|tour| list(tour, "/stops")).filter(|stop| number(stop, "/arrive_us") <= now);
    for stop in made {
        let same = fresh.iter().filter(|other| text(other, "/place/key") == text(stop, "/place/key"));
        for again in same {
            assert!(number(again, "/arrive_us") - number(stop, "/leave_us") >= 2 * Micros::HOUR, "{stop} {again}");
        }
    }
    for tour in tours {
        let parts = ["/standing_s", "/driving_s", "/waiting_s", "/spare_s"].map(|part| number(tour, part));
        assert!((parts.iter().sum::<i64>() - (number(&proposed, "/to_us") - now) / Micros::SECOND).abs() <= 1, "{parts:?}");
        assert!(list(tour, "/stops").iter().all(|stop| number(stop, "/leave_us") <= number(&proposed, "/to_us")));
    }
}

#[tokio::test]
async fn an_accepted_proposal_is_each_crews_tour_with_its_reason_and_the_report_tells_both_parts_once() {
    let scene = Scene::new(2).await;
    // The first crew has made its first stop that is no box.
    let own = scene.mine(0).await;
    let first = list(&own, "/tour/stops").iter().find(|stop| text(stop, "/place/kind") != "box").unwrap().clone();
    let word = json!({ "plan": scene.plan["id"], "seq": first["seq"], "outcome": "done", "at_us": first["leave_us"] });
    let marked = scene.city.house.call(&scene.city.crews[0].1, "POST", "/v1/patrol/tours/mine/marks", word).await;
    assert_eq!(marked.status, 200, "{}", marked.json);
    scene.tell(1, AssignmentState::EnRoute).await;
    let proposed = scene.proposal().await;
    let officer = scene.city.house.call(&scene.city.crews[0].1, "POST", &format!("/v1/patrol/tours/{}/publish", text(&proposed, "/id")), json!({})).await;
    assert_eq!(officer.status, 403, "a crew does not accept it");
    assert_eq!(scene.publish(&proposed).await.status, 200);
    let again = scene.publish(&proposed).await;
    assert_eq!((again.status, key(&again)), (409, "patrol.tours.state".into()));
    for crew in 0..3 {
        let mine = scene.mine(crew).await;
        assert_eq!(text(&mine, "/tour/plan"), text(&proposed, "/id"));
        assert_eq!(text(&mine, "/tour/retask/incident_number"), "115-7", "each crew is told why");
    }
    assert!(list(&scene.mine(1).await, "/tour/stops").is_empty());
    let old = scene.city.get(&scene.city.chief, &format!("/v1/patrol/tours/{}", text(&scene.plan, "/id"))).await;
    assert_eq!(text(&old, "/state"), "replaced");
    let report = scene.city.get(&scene.city.chief, &format!("/v1/patrol/tours/report?from_us={}&to_us={}", NOW.0, NOW.plus(Micros::DAY).0)).await;
    assert_eq!((number(&report, "/plans"), number(&report, "/done")), (1, 1), "one shift, and what was made before stays: {report}");
    let stops: usize = list(&proposed, "/tours").iter().map(|tour| list(tour, "/stops").len()).sum();
    assert_eq!(number(&report, "/stops"), i64::try_from(stops).unwrap() + 1);
    assert_eq!((text(&report, "/retasked/0/call_sign"), list(&report, "/retasked").len()), ("永康 22".into(), 1));
    let away = list(&report, "/units").iter().find(|unit| text(unit, "/call_sign") == "永康 22").unwrap();
    assert_eq!((number(away, "/shifts"), number(away, "/called_away")), (1, 1), "{away}");
    let here = list(&report, "/units").iter().find(|unit| text(unit, "/call_sign") == "永康 21").unwrap();
    assert!(number(here, "/stood_s") >= 600 && number(here, "/jobs") == 0, "{here}");
    // Half an hour on the job is half an hour in the report, beside what was planned.
    scene.city.clock.advance_us(30 * Micros::MINUTE);
    let report = scene.city.get(&scene.city.chief, &format!("/v1/patrol/tours/report?from_us={}&to_us={}", NOW.0, NOW.plus(Micros::DAY).0)).await;
    let away = list(&report, "/units").iter().find(|unit| text(unit, "/call_sign") == "永康 22").unwrap();
    assert_eq!((number(away, "/jobs"), number(away, "/on_jobs_s")), (1, 1_800), "{away}");
}

#[tokio::test]
async fn a_job_that_is_not_urgent_a_crew_without_a_tour_and_an_old_proposal_change_nothing() {
    let calm = Scene::new(3).await;
    calm.tell(1, AssignmentState::Accepted).await;
    assert!(calm.proposals().await.is_empty(), "it can wait, and so can the tour");

    let scene = Scene::new(1).await;
    scene.tell(1, AssignmentState::Accepted).await;
    let proposed = scene.proposal().await;
    scene.city.clock.advance_us(16 * Micros::MINUTE);
    let stale = scene.publish(&proposed).await;
    assert_eq!((stale.status, key(&stale)), (409, "patrol.tours.stale".into()));
    scene.city.post(&format!("/v1/patrol/tours/{}/discard", text(&proposed, "/id")), json!({ "code": "not_worth" })).await;
    assert_eq!(text(&scene.mine(0).await, "/tour/plan"), text(&scene.plan, "/id"));

    let other = Scene::new(1).await;
    other.tell(1, AssignmentState::Accepted).await;
    let proposed = other.proposal().await;
    other.city.post(&format!("/v1/patrol/tours/{}/discard", text(&other.plan, "/id")), json!({ "code": "weather", "reason": "颱風" })).await;
    let late = other.publish(&proposed).await;
    assert_eq!((late.status, key(&late)), (409, "patrol.tours.stale".into()), "the plan was withdrawn: its rest does not come back");
    other.tell(3, AssignmentState::Accepted).await;
    assert_eq!(other.proposals().await.len(), 1, "no tour is published any more");
}

#[tokio::test]
async fn of_two_crews_called_away_at_once_neither_ones_stops_wait_for_a_person_to_notice() {
    let scene = Scene::new(1).await;
    let other = scene.city.crews[2].0;
    let mut stream = scene.city.house.app.hub.listen();
    scene.tell(1, AssignmentState::Accepted).await;
    let first = scene.proposal().await;
    let mut told = std::iter::from_fn(|| stream.try_recv().ok());
    assert!(told.any(|told| told.event.kind() == "tour_plan_changed"), "the chief's page hears of it");
    *scene.called.also.lock().unwrap() = Some(other);
    scene.tell_of(other, 2, AssignmentState::Accepted).await;
    assert_eq!(scene.proposals().await.len(), 2, "one of the first crew's stops, one of both's");
    // The chief takes the older one, in which the other crew still has stops.
    scene.city.clock.advance_us(Micros::MINUTE);
    assert_eq!(scene.publish(&first).await.status, 200);
    scene.city.house.settle().await;
    let next = scene.proposal().await;
    assert_eq!((text(&next, "/retask/unit"), text(&next, "/replaces")), (other.to_string(), text(&first, "/id")));
    assert_eq!(scene.publish(&next).await.status, 200);
    scene.city.house.settle().await;
    assert!(scene.proposals().await.is_empty(), "nothing is left to share out");
    let ended = list(&scene.city.get(&scene.city.chief, "/v1/patrol/tours?state=discarded").await, "/items").to_vec();
    assert_eq!(ended.len(), 1, "{ended:?}");
    let crew = scene.mine(0).await;
    assert!(text(&crew, "/tour/plan") == text(&next, "/id") && !list(&crew, "/tour/stops").is_empty(), "{crew}");
}
