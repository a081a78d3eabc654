use std::sync::Arc;

use serde_json::{Value, json};
use shouhu_env::BoxFuture;
use shouhu_events::{Event, SightingFact};
use shouhu_ids::{AssignmentId, CameraId, HitId, IncidentId, Micros, SightingId, UnitId};
use shouhu_module::ports::{ConfirmedHitsPort, NearbyWantedPort, Picture, SightingPictures, SightingPicturesPort, UnitPlaces, UnitPlacesPort};
use shouhu_module::{Caller, Problem};
use shouhu_place::Wgs84;
use shouhu_plate::{SURE_FROM, SeenVehicle, VehicleColour, VehicleKind};
use shouhu_wire::{Alternative, AssignmentState, EntryAction, IncidentState, Role};

use super::{World, key_of};

fn at(lon: f64, lat: f64) -> Option<Wgs84> {
    Wgs84::new(lon, lat).ok()
}

fn hit_id(hit: &Value) -> HitId {
    hit["id"].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{hit}"))
}

#[tokio::test]
async fn the_same_event_twice_raises_one_hit_and_shows_all_that_a_person_needs() {
    let world = World::open().await;
    world.in_force("ABC-1234").await;
    let seen = world.seen("ABC1234");
    world.pass(std::slice::from_ref(&seen)).await;
    world.pass(std::slice::from_ref(&seen)).await;
    let hit = world.hit().await;
    assert_eq!((hit["state"].as_str(), hit["kind"].as_str()), (Some("raised"), Some("exact")));
    assert_eq!(hit["sighting"].as_str(), Some(seen.id.to_string().as_str()));
    assert_eq!(hit["plate_display"].as_str(), Some("ABC-1234"));
    assert_eq!(hit["entry"]["reason"].as_str(), Some("失竊報案"));
    assert_eq!(hit["conflicts"], json!([]));
    let raised = world.house.app.store.fetch("SELECT id FROM store_outbox WHERE kind = 'hit_raised'", vec![]).await;
    assert_eq!(raised.map(|rows| rows.len()).ok(), Some(1));
}

#[tokio::test]
async fn what_the_picture_shows_stands_beside_the_entry_and_a_contradiction_leaves_the_decision_to_a_person() {
    let world = World::open().await;
    let mut wanted = world.proposal("ABC-1234");
    wanted["vehicle_class"] = json!("car");
    wanted["vehicle_colour"] = json!("red");
    world.in_force_as(wanted).await;
    let seen = SeenVehicle { kind: Some(VehicleKind::Motorcycle), colour: Some(VehicleColour::White), plate_colour: None };
    world.pass(&[SightingFact { seen, ..world.seen("ABC1234") }]).await;
    let hit = world.hit().await;
    assert_eq!(hit["conflicts"], json!(["colour", "kind", "plate_of_other_kind"]));
    assert_eq!((&hit["entry"]["vehicle_colour"], &hit["seen"]), (&json!("red"), &json!({ "kind": "motorcycle", "colour": "white" })));
    assert_eq!(hit["state"], json!("raised"), "nobody is sent, and nothing is hidden");
    assert_eq!(key_of(&world.confirm(&hit, "XYZ9999").await), (422, "hits.confirm.plate_differs"));
    assert_eq!(world.confirm(&hit, "ABC1234").await.json["state"], json!("confirmed"), "a person who has looked may say yes all the same");
}

#[tokio::test]
async fn a_hit_from_before_cameras_told_what_they_see_is_shown_as_it_was() {
    let world = World::open().await;
    world.in_force("ABC-1234").await;
    world.pass(&[world.seen("ABC1234")]).await;
    let mut tx = world.house.app.store.begin().await.unwrap_or_else(|e| panic!("{e}"));
    let row = tx.fetch_one("SELECT shown FROM watchlists_hit", vec![]).await.unwrap_or_else(|e| panic!("{e}"));
    let mut shown: Value = row.json("shown").unwrap_or_else(|e| panic!("{e}"));
    shown.as_object_mut().and_then(|shown| shown.remove("seen"));
    shown["entry"].as_object_mut().and_then(|entry| entry.remove("vehicle_colour"));
    tx.execute("UPDATE watchlists_hit SET shown = $1", shouhu_store::params![shown.to_string()]).await.unwrap_or_else(|e| panic!("{e}"));
    tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
    let hit = world.hit().await;
    assert_eq!((&hit["seen"], &hit["entry"]["vehicle_colour"]), (&json!({}), &json!(null)));
}

#[tokio::test]
async fn an_expired_entry_never_hits_swept_or_not() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    world.clock.advance_us(30 * Micros::DAY);
    world.pass(&[world.seen("ABC1234")]).await;
    assert!(world.hits().await.is_empty());
    crate::jobs::sweep_now(&world.house.app.store).await.unwrap_or_else(|e| panic!("{e}"));
    world.pass(&[world.seen("ABC1234")]).await;
    // Nor when a sighting of the time before comes late.
    world.pass(&[SightingFact { captured_at_us: world.now().plus(-2 * Micros::DAY), ..world.seen("ABC1234") }]).await;
    assert!(world.hits().await.is_empty());
}

#[tokio::test]
async fn a_withdrawn_entry_never_hits_even_when_a_device_still_claims_it() {
    let world = World::open().await;
    let entry = world.in_force("ABC1234").await;
    world.withdraw(entry).await;
    world.pass(&[SightingFact { local_hits: vec![entry], ..world.seen("ABC1234") }]).await;
    assert!(world.hits().await.is_empty());
}

#[tokio::test]
async fn a_vehicle_that_stands_before_a_camera_is_one_hit() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    for _ in 0..4 {
        world.pass(&[world.seen("ABC1234")]).await;
        world.clock.advance_us(50 * Micros::SECOND);
    }
    assert_eq!(world.hits().await.len(), 1, "each within a minute of the one before");
    world.pass(&[SightingFact { camera: Some(CameraId::new(world.now(), [9; 16])), ..world.seen("ABC1234") }]).await;
    assert_eq!(world.hits().await.len(), 2, "another camera is another hit");
    world.clock.advance_us(61 * Micros::SECOND);
    world.pass(&[world.seen("ABC1234")]).await;
    assert_eq!(world.hits().await.len(), 3);
}

#[tokio::test]
async fn a_better_reading_is_raised_anew_after_a_worse_one_was_rejected() {
    let world = World::open().await;
    world.in_force("ABC1238").await;
    let weak = || SightingFact { confidence: 0.6, ..world.seen("ABC123B") };
    world.seen_elsewhere("ABC1238").await;
    world.pass(&[weak()]).await;
    let hit = world.hit_by("confusable").await;
    assert_eq!(hit["conflicts"], json!(["issuer", "low_confidence"]), "ABC123B fits no series");
    let path = format!("/v1/hits/{}/reject", hit_id(&hit));
    let rejected = world.post(&world.dispatcher, &path, json!({"reason": "misread", "note": "B"})).await;
    assert_eq!(
        (rejected.status, rejected.json["state"].as_str(), rejected.json["reject_reason"].as_str()),
        (200, Some("rejected"), Some("misread"))
    );
    world.pass(&[weak()]).await;
    assert_eq!(world.hits().await.len(), 2, "the same weak reading again is the rejected hit again");
    world.pass(&[world.seen("ABC1238")]).await;
    assert_eq!(world.hits().await.len(), 3);
}

#[tokio::test]
async fn an_unsure_reading_raises_no_hit_alone_and_a_marked_one_beside_a_witness() {
    let world = World::open().await;
    let entry = world.in_force("ABC1234").await;
    let unsure = || SightingFact { confidence: SURE_FROM - 0.01, local_hits: vec![entry], ..world.seen("ABC1234") };
    let other = SightingFact { camera: Some(CameraId::new(world.now(), [8; 16])), ..unsure() };
    world.pass(&[unsure(), other]).await;
    assert!(world.hits().await.is_empty(), "nor do two of them vouch for each other, whatever the device claims");
    world.seen_elsewhere("ABC1234").await;
    assert_eq!(world.hits().await.len(), 1, "a sure reading stands alone");
    world.pass(&[unsure()]).await;
    // Both came in the same instant of the test's clock: neither is the first of the list.
    let marked = world.hits().await.into_iter().find(|hit| hit["conflicts"] != json!([])).unwrap_or_default();
    assert_eq!((marked["kind"].as_str(), &marked["conflicts"]), (Some("exact"), &json!(["low_confidence"])));
    world.clock.advance_us(crate::hits::WITNESS_WITHIN_US + Micros::MINUTE);
    world.pass(&[unsure()]).await;
    assert_eq!(world.hits().await.len(), 2, "that was too long ago to witness anything");
    world.pass(&[world.seen("ABC1234")]).await;
    assert_eq!(world.hits().await.len(), 3, "the same camera, sure at last");
}

#[tokio::test]
async fn another_reading_or_a_look_alike_raises_no_hit_alone_however_sure_the_best_reading_is() {
    let world = World::open().await;
    world.in_force("ABC1238").await;
    world.in_force("XYZ98??").await;
    let alternatives = vec![Alternative { plate: "ABC1238".into(), probability: 0.06 }];
    let read = SightingFact { confidence: 0.93, ..world.seen("ABC123B") };
    world.pass(&[read.clone(), SightingFact { alternatives: alternatives.clone(), ..world.seen("ABC1288") }]).await;
    // Of an entry with unknown places only the same text elsewhere is a witness: another car may fit the pattern too.
    let far = SightingFact { camera: Some(CameraId::new(world.now(), [9; 16])), ..world.seen("XYZ9811") };
    world.pass(&[far, SightingFact { confidence: 0.6, ..world.seen("XYZ9822") }]).await;
    assert_eq!(world.hits().await.len(), 1);
    assert_eq!(world.hit_by("wildcard").await["plate"].as_str(), Some("XYZ9811"));
    world.seen_elsewhere("ABC1238").await;
    world.pass(&[SightingFact { id: world.seen("ABC123B").id, ..read }]).await;
    assert_eq!(world.hit_by("confusable").await["conflicts"], json!(["issuer"]), "the wanted car itself passed elsewhere about then");
}

#[tokio::test]
async fn two_places_too_far_apart_are_shown_as_a_conflict() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    let taipei = SightingFact {
        position: at(121.517, 25.0478),
        camera: Some(CameraId::new(world.now(), [9; 16])),
        ..world.seen("ABC1234")
    };
    world.pass(&[world.seen("ABC1234"), taipei]).await;
    let newest = world.hits().await.into_iter().find(|hit| hit["position"]["lat"].as_f64() > Some(25.0));
    assert_eq!(newest.map(|hit| hit["conflicts"].clone()), Some(json!(["impossible_speed"])));
}

#[tokio::test]
async fn only_the_plate_that_is_in_the_picture_and_is_looked_for_confirms() {
    let world = World::open().await;
    world.in_force("ABC1238").await;
    let alternatives = vec![
        Alternative { plate: "ABC1238".into(), probability: 0.3 },
        Alternative { plate: "ABC1233".into(), probability: 0.1 },
    ];
    world.seen_elsewhere("ABC1238").await;
    world.pass(&[SightingFact { confidence: 0.6, alternatives, ..world.seen("ABC123B") }]).await;
    let hit = world.hit_by("alternative").await;
    let differs = world.confirm(&hit, "XYZ-9999").await;
    assert_eq!(key_of(&differs), (422, "hits.confirm.plate_differs"));
    assert!(
        differs.json["detail"]
            .as_str()
            .is_some_and(|d| d.contains("XYZ-9999") && d.contains("ABC-1238") && d.contains("misread"))
    );
    assert_eq!(key_of(&world.confirm(&hit, "abc-123b").await), (422, "hits.confirm.not_the_wanted_plate"));
    assert_eq!(key_of(&world.confirm(&hit, "車").await), (422, "hits.confirm.plate_unreadable"));
    assert_eq!(world.hit_by("alternative").await["state"].as_str(), Some("raised"), "nothing of this decided anything");
    let done = world.confirm(&hit, " ａｂｃ－１２３８ ").await;
    assert_eq!((done.status, done.json["state"].as_str()), (200, Some("confirmed")));
    assert!(done.json["decided_by_name"].as_str().is_some_and(|name| name.starts_with("dispatcher")));
}

#[tokio::test]
async fn a_second_decision_is_told_who_was_first_and_when() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    world.pass(&[world.seen("ABC1234")]).await;
    let hit = world.hit().await;
    let (a, b) = tokio::join!(world.confirm(&hit, "ABC1234"), world.confirm(&hit, "ABC1234"));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "of two at the same time one is first");
    let path = format!("/v1/hits/{}/reject", hit_id(&hit));
    let late = world.post(&world.supervisor, &path, json!({"reason": "misread"})).await;
    assert_eq!(key_of(&late), (409, "hits.confirm.already_decided"));
    assert!(late.json["detail"].as_str().is_some_and(|d| d.contains("dispatcher") && d.contains("16:00:00")), "{}", late.json);
    let decided = world.house.app.store.fetch("SELECT id FROM store_outbox WHERE kind = 'hit_decided'", vec![]).await;
    assert_eq!(decided.map(|rows| rows.len()).ok(), Some(1));
}

/// Two consoles look at one hit: that nobody goes is told to both, by whoever said it or by nobody in time.
#[tokio::test]
async fn that_a_confirmed_hit_is_not_followed_is_told_on_the_stream() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    world.in_force("XYZ1234").await;
    world.pass(&[world.seen("ABC1234"), world.seen("XYZ1234")]).await;
    let hits = world.hits().await;
    for hit in &hits {
        assert_eq!(world.confirm(hit, hit["plate"].as_str().unwrap_or_default()).await.status, 200);
    }
    let mut live = world.house.app.hub.listen();
    let path = format!("/v1/hits/{}/stand-down", hit_id(&hits[0]));
    let reason = json!({"reason": "no_unit", "note": ""});
    assert_eq!(world.post(&world.dispatcher, &path, reason.clone()).await.status, 200);
    assert_eq!(world.post(&world.dispatcher, &path, reason).await.status, 409, "said once");
    world.clock.advance_us(crate::hits::FOLLOW_WITHIN_US + 2 * Micros::MINUTE);
    world.house.settle().await;
    let told: Vec<HitId> = std::iter::from_fn(|| live.try_recv().ok())
        .filter_map(|envelope| match &envelope.event {
            Event::HitNotFollowed { hit } => Some(*hit),
            _ => None,
        })
        .collect();
    assert_eq!(told, [hit_id(&hits[0]), hit_id(&hits[1])]);
}

#[tokio::test]
async fn a_hit_whose_entry_left_force_is_not_confirmed() {
    let world = World::open().await;
    let entry = world.in_force("ABC1234").await;
    world.in_force("XYZ1234").await;
    world.pass(&[world.seen("ABC1234"), world.seen("XYZ1234")]).await;
    world.withdraw(entry).await;
    let hits = world.hits().await;
    let of = |plate: &str| hits.iter().find(|hit| hit["plate"].as_str() == Some(plate)).cloned().unwrap_or_default();
    assert_eq!(key_of(&world.confirm(&of("ABC1234"), "ABC1234").await), (409, "hits.confirm.entry_not_in_force"));
    world.clock.advance_us(30 * Micros::DAY);
    assert_eq!(key_of(&world.confirm(&of("XYZ1234"), "XYZ1234").await), (409, "hits.confirm.entry_not_in_force"));
    let path = format!("/v1/hits/{}/reject", hit_id(&of("ABC1234")));
    assert_eq!(world.post(&world.dispatcher, &path, json!({"reason": "entry_outdated"})).await.status, 200);
}

#[tokio::test]
async fn a_hit_that_nobody_looked_at_lapses_after_a_day() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    world.pass(&[world.seen("ABC1234")]).await;
    world.clock.advance_us(24 * Micros::HOUR);
    world.house.settle().await;
    assert_eq!(world.hit().await["state"].as_str(), Some("raised"));
    world.clock.advance_us(2 * Micros::MINUTE);
    world.house.settle().await;
    let hit = world.hit().await;
    assert_eq!(hit["state"].as_str(), Some("lapsed"));
    assert_eq!(key_of(&world.confirm(&hit, "ABC1234").await), (409, "hits.confirm.already_decided"));
}

#[tokio::test]
async fn officers_and_detectives_watch_but_do_not_decide() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    world.pass(&[world.seen("ABC1234")]).await;
    let id = hit_id(&world.hit().await);
    for caller in [world.house.person(Role::Officer), world.detective.clone(), world.house.person(Role::Operator)] {
        let answer = world.post(&caller, &format!("/v1/hits/{id}/confirm"), json!({"plate_seen": "ABC1234"})).await;
        assert_eq!(answer.status, 403);
    }
    assert_eq!(world.get(&world.detective, &format!("/v1/hits/{id}")).await.status, 200);
}

struct Places(Vec<(UnitId, Wgs84)>);

impl UnitPlaces for Places {
    fn place(&self, unit: UnitId) -> Option<(Wgs84, Micros)> {
        self.0.iter().find(|(known, _)| *known == unit).map(|(_, place)| (*place, Micros(0)))
    }
}

struct Pictures;

impl SightingPictures for Pictures {
    fn picture(&self, _: SightingId, picture: Picture) -> BoxFuture<'static, Result<Vec<u8>, Problem>> {
        Box::pin(async move {
            match picture {
                Picture::Crop => Ok(b"jpeg".to_vec()),
                Picture::Frame => Err(Problem::not_found("picture")),
            }
        })
    }
}

#[tokio::test]
async fn a_crew_sees_what_is_near_and_recent_and_what_it_was_sent_to() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    let [near, far] = [3_u8, 4].map(|n| UnitId::new(world.now(), [n; 16]));
    let places = [(near, at(120.215, 22.998)), (far, at(120.3, 23.1))]
        .into_iter()
        .filter_map(|(unit, place)| Some((unit, place?)))
        .collect();
    world.house.app.put(UnitPlacesPort(Arc::new(Places(places))));
    world.house.app.put(SightingPicturesPort(Arc::new(Pictures)));
    let crew = |unit: Option<UnitId>| match world.house.person(Role::Officer) {
        Caller::Person(person) => Caller::Person(shouhu_module::Person { unit, ..person }),
        other => other,
    };
    world.pass(&[world.seen("ABC1234")]).await;
    let id = hit_id(&world.hit().await);
    let sees = |caller: Caller| {
        let world = &world;
        async move {
            let listed = world.get(&caller, "/v1/hits").await.json["items"].as_array().map(Vec::len);
            (
                listed,
                world.get(&caller, &format!("/v1/hits/{id}")).await.status,
                world.get(&caller, &format!("/v1/hits/{id}/crop")).await.status,
            )
        }
    };
    assert_eq!(sees(crew(Some(near))).await, (Some(1), 200, 200));
    assert_eq!(sees(crew(Some(far))).await, (Some(0), 404, 404));
    assert_eq!(sees(crew(None)).await, (Some(0), 404, 404));

    assert_eq!(world.confirm(&world.hit().await, "ABC1234").await.status, 200);
    let incident = IncidentId::new(world.now(), [5; 16]);
    let sent = |incident, state| Event::AssignmentChanged { assignment: AssignmentId::new(world.now(), [6; 16]), incident, unit: far, state };
    world.tell(Event::IncidentChanged { incident, state: IncidentState::Open, hit: Some(id) }).await;
    world.tell(sent(incident, AssignmentState::Offered)).await;
    assert_eq!(world.hit().await["incident"].as_str(), Some(incident.to_string().as_str()));
    assert_eq!(sees(crew(Some(far))).await, (Some(0), 200, 200), "sent there, so the picture must be seen");
    // Its incident is merged: the hit follows, or its crew would keep the picture for ever.
    let target = IncidentId::new(world.now(), [7; 16]);
    world.tell(Event::IncidentChanged { incident: target, state: IncidentState::Assigned, hit: Some(id) }).await;
    assert_eq!(world.hit().await["incident"].as_str(), Some(target.to_string().as_str()));
    assert_eq!(sees(crew(Some(far))).await, (Some(0), 200, 200));
    // A late word on a job that is over takes nothing; another live job does, as when a merge is undone.
    let elsewhere = IncidentId::new(world.now(), [8; 16]);
    world.tell(sent(elsewhere, AssignmentState::Closed)).await;
    assert_eq!(sees(crew(Some(far))).await, (Some(0), 200, 200));
    world.tell(sent(elsewhere, AssignmentState::EnRoute)).await;
    assert_eq!(sees(crew(Some(far))).await, (Some(0), 404, 404), "no longer its concern");
    world.tell(sent(target, AssignmentState::EnRoute)).await;
    assert_eq!(sees(crew(Some(far))).await, (Some(0), 200, 200));
    world.tell(sent(target, AssignmentState::Cancelled)).await;
    assert_eq!(sees(crew(Some(far))).await, (Some(0), 404, 404));
    world.clock.advance_us(61 * Micros::MINUTE);
    assert_eq!(sees(crew(Some(near))).await, (Some(0), 404, 404), "an hour later it concerns nobody on the road");
}

#[tokio::test]
async fn pictures_come_as_jpeg_and_a_missing_one_is_not_found() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    world.pass(&[world.seen("ABC1234")]).await;
    let id = hit_id(&world.hit().await);
    assert_eq!(world.get(&world.dispatcher, &format!("/v1/hits/{id}/crop")).await.status, 404, "no room answers for pictures");
    world.house.app.put(SightingPicturesPort(Arc::new(Pictures)));
    let crop = world.get(&world.dispatcher, &format!("/v1/hits/{id}/crop")).await;
    assert_eq!((crop.status, crop.bytes.as_slice()), (200, b"jpeg".as_slice()));
    assert_eq!(world.get(&world.dispatcher, &format!("/v1/hits/{id}/frame")).await.status, 404);
    assert_eq!(world.get(&world.dispatcher, "/v1/hits/rubbish").await.status, 404);
}

#[tokio::test]
async fn dispatch_is_answered_for_confirmed_hits_only() {
    let world = World::open().await;
    world.in_force("ABC1234").await;
    world.pass(&[world.seen("ABC1234")]).await;
    let hit = world.hit().await;
    let port = world.house.app.room::<ConfirmedHitsPort>();
    assert_eq!(port.0.confirmed(hit_id(&hit)).await.ok(), Some(None));
    world.confirm(&hit, "ABC1234").await;
    let answer = port.0.confirmed(hit_id(&hit)).await.ok().flatten();
    assert_eq!(answer.map(|hit| (hit.plate_display, hit.place_name)), Some(("ABC-1234".into(), "台南火車站前".into())));
}

#[tokio::test]
async fn what_is_told_at_a_box_is_near_recent_still_wanted_and_says_what_a_person_confirmed() {
    let world = World::open().await;
    let entry = world.in_force("ABC1234").await;
    world.in_force("XYZ9999").await;
    world.in_force("DEF5678").await;
    let elsewhere = at(120.3, 23.1);
    world.pass(&[world.seen("ABC1234"), world.seen("XYZ9999"), SightingFact { position: elsewhere, ..world.seen("DEF5678") }]).await;
    let port = world.house.app.room::<NearbyWantedPort>();
    let near = |lon, lat| {
        let port = port.clone();
        async move {
            let found = port.0.near(Wgs84 { lon, lat }).await.unwrap_or_else(|e| panic!("{e:?}"));
            let mut told: Vec<_> = found.into_iter().map(|seen| (seen.plate_display, seen.confirmed.map(|known| known.action))).collect();
            told.sort_by(|a, b| a.0.cmp(&b.0));
            told
        }
    };
    let both = vec![("ABC-1234".to_owned(), None), ("XYZ-9999".to_owned(), None)];
    assert_eq!(near(120.215, 22.998).await, both);
    assert_eq!(near(120.26, 22.998).await, vec![], "five kilometres off");
    let hits = world.hits().await;
    let named = |plate: &str| hits.iter().find(|hit| hit["plate_display"] == plate).cloned().unwrap_or_default();
    assert_eq!(world.confirm(&named("ABC-1234"), "ABC1234").await.status, 200);
    let turned_down = format!("/v1/hits/{}/reject", hit_id(&named("XYZ-9999")));
    assert_eq!(world.post(&world.dispatcher, &turned_down, json!({"reason": "misread"})).await.status, 200);
    assert_eq!(near(120.215, 22.998).await, vec![("ABC-1234".to_owned(), Some(EntryAction::Stop))], "confirmed stays, rejected goes");
    let again = world.withdraw(entry).await;
    assert_eq!((again.status, near(120.215, 22.998).await), (200, vec![]), "found: nobody looks for it any more");
    assert_eq!(near(120.3, 23.1).await.len(), 1);
    world.clock.advance_us(61 * Micros::MINUTE);
    assert_eq!(near(120.3, 23.1).await, vec![], "an hour later");
}
