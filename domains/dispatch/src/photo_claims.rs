//! Claims about photos: one that is acknowledged is kept, one that is refused leaves nothing, and one that is over is gone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use serde_json::{Value, json};
use shouhu_blobs::{BlobClass, Blobs};
use shouhu_env::Env;
use shouhu_events::Event;
use shouhu_http::testing::House;
use shouhu_ids::{ActorId, AssignmentId, IncidentId, Micros, PhotoId, UnitId};
use shouhu_module::{Caller, Keyed, Module, Person};
use shouhu_place::Wgs84;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Store, params};
use shouhu_wire::{AssignmentStep, CloseIncident, ClosingCode, Declining, Role, WithoutUnit};

use crate::ops::{cancel, incident_close, merge, step};
use crate::photos::purge::{PHOTO_DAYS, UNCLOSED_DAYS, purge_now};
use crate::photos::{self, NewPhoto, PHOTO_BYTES_MAX, PHOTOS_MAX, Photo, PhotoError, PhotoSize, PhotoState, blob_of};
use crate::testing::Scene;
use crate::{MODULE, store};

static MODULES: &[Module] = &[MODULE];

/// A picture of its own for each shade, with a word of EXIF.
fn jpeg(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let image = image::RgbImage::from_pixel(400, 20, image::Rgb([shade, 90, 30]));
    image.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
    let exif = [&[0xff, 0xe1, 0, 23], b"Exif\0\0secret place".as_slice()].concat();
    [&bytes[..2], &exif, &bytes[2..]].concat()
}

/// A crew at work, and where its photos lie.
struct Job {
    store: Store,
    blobs: Blobs,
    disk: Env,
    scene: Scene,
    incident: IncidentId,
    assignment: AssignmentId,
    crew: Person,
}

impl Job {
    async fn new(store: &Store) -> Self {
        let disk = Env::simulated(7, store.env().now());
        let blobs = Blobs::open(disk.clone(), Path::new("/content"), Path::new("/keys")).unwrap();
        let scene = Scene::new(store).await;
        let (incident, unit) = (scene.incident().await, scene.unit("永康 21").await);
        let assignment = scene.assign(incident, unit).await.unwrap().id;
        let crew = scene.crew(unit);
        Self { store: store.clone(), blobs, disk, scene, incident, assignment, crew }
    }

    fn new_photo(&self) -> NewPhoto {
        let env = self.store.env();
        NewPhoto { id: env.id(PhotoId::new), taken_at: Some(env.now()), caption: "車頭".into(), position: None, accuracy_m: None }
    }

    async fn keep(&self, new: &NewPhoto, bytes: Vec<u8>) -> Result<Photo, PhotoError> {
        photos::keep(&self.store, &self.blobs, &self.crew, self.assignment, new, bytes).await
    }

    async fn kept(&self) -> Photo {
        self.keep(&self.new_photo(), jpeg(200)).await.unwrap()
    }

    fn files(&self) -> usize {
        self.disk.disk.list(Path::new("/content")).unwrap().len()
    }

    async fn log(&self, incident: IncidentId) -> Vec<String> {
        store::log_of(&self.store, incident).await.unwrap().into_iter().map(|line| line.key).collect()
    }

    async fn take(&self, steps: &[AssignmentStep]) {
        for one in steps {
            step::step(&self.store, &self.crew, self.assignment, one).await.unwrap();
        }
    }

    async fn change(&self, sql: &str, values: Vec<shouhu_store::Value>) {
        let mut tx = self.store.begin().await.unwrap();
        assert_eq!(tx.execute(sql, values).await.unwrap(), 1, "{sql}");
        tx.commit().await.unwrap();
    }
}

fn to_the_end() -> [AssignmentStep; 4] {
    [
        AssignmentStep::Accept,
        AssignmentStep::EnRoute,
        AssignmentStep::OnScene,
        AssignmentStep::Close { code: ClosingCode::Handled, text: String::new() },
    ]
}

#[tokio::test]
async fn a_photo_is_on_disk_locked_and_in_the_log_when_it_is_acknowledged() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        let sent = jpeg(200);
        let place = Wgs84::new(120.25, 23.03).unwrap();
        let new = NewPhoto { position: Some(place), accuracy_m: Some(8.0), ..job.new_photo() };
        let photo = job.keep(&new, sent.clone()).await.unwrap();
        assert_eq!((photo.state, photo.incident, photo.width_px, photo.height_px), (PhotoState::Kept, job.incident, 400, 20));
        assert_eq!((photo.position, photo.taken_at_us, photo.caption.as_str()), (Some(place), new.taken_at, "車頭"));
        assert_eq!(usize::try_from(photo.received_bytes).unwrap(), sent.len());
        let line = store::log_of(&store, job.incident).await.unwrap().pop().unwrap();
        assert_eq!((line.key.as_str(), &line.params["photo"], &line.params["sha256"]), ("photo_added", &json!(photo.id), &json!(photo.sha256)));
        let large = photo.picture(&job.blobs, PhotoSize::Large).await.unwrap();
        let small = photo.picture(&job.blobs, PhotoSize::Small).await.unwrap();
        assert!(!large.windows(6).any(|window| window == b"secret") && small.len() < large.len());
        for path in job.disk.disk.list(Path::new("/content")).unwrap() {
            assert!(!job.disk.disk.read(&path).unwrap().starts_with(&[0xff, 0xd8]), "{path:?} lies open");
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_photo_is_one_however_often_and_at_once_it_is_sent() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        let new = job.new_photo();
        let (one, other) = tokio::join!(job.keep(&new, jpeg(1)), job.keep(&new, jpeg(1)));
        let first = one.unwrap();
        assert_eq!(other.unwrap(), first);
        // What a phone sends later under the same id is not even looked at.
        assert_eq!(job.keep(&new, b"rubbish".to_vec()).await.unwrap(), first);
        assert_eq!(job.log(job.incident).await.iter().filter(|key| *key == "photo_added").count(), 1);
        assert_eq!(job.files(), 2);
        let stranger = Person { id: store.env().id(shouhu_ids::ActorId::new), ..job.crew.clone() };
        let taken = photos::keep(&store, &job.blobs, &stranger, job.assignment, &new, jpeg(1)).await.unwrap_err();
        assert_eq!(taken.key(), "dispatch.photo.id_taken");
    })
    .await;
}

#[tokio::test]
async fn only_the_crew_of_the_order_sends_and_not_for_ever() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        let other_unit = job.scene.unit("永康 22").await;
        for stranger in [job.scene.crew(other_unit), job.scene.by.clone()] {
            let refused = photos::keep(&store, &job.blobs, &stranger, job.assignment, &job.new_photo(), jpeg(1)).await.unwrap_err();
            assert_eq!(refused.key(), "http.not_found");
        }
        job.take(&to_the_end()).await;
        let close = CloseIncident { code: ClosingCode::Handled, note: String::new(), without_unit: Some(WithoutUnit::ByTelephone) };
        incident_close::close(&store, &job.scene.by, job.incident, &close).await.unwrap();
        // It lay in the phone while the incident was closed, and until its officer had gone home.
        job.kept().await;
        let gone_home = Person { unit: None, ..job.crew.clone() };
        photos::keep(&store, &job.blobs, &gone_home, job.assignment, &job.new_photo(), jpeg(2)).await.unwrap();
        let colleague = Person { id: store.env().id(ActorId::new), ..gone_home };
        let refused = photos::keep(&store, &job.blobs, &colleague, job.assignment, &job.new_photo(), jpeg(3)).await.unwrap_err();
        assert_eq!(refused.key(), "http.not_found");
        let late = store.env().now().plus(-photos::AFTER_END_US - Micros::MINUTE);
        job.change("UPDATE dispatch_assignment SET ended_at_us = $1 WHERE id = $2", params![late, job.assignment]).await;
        assert_eq!(job.keep(&job.new_photo(), jpeg(1)).await.unwrap_err().key(), "dispatch.photo.too_late");

        let declined = job.scene.assign(job.scene.incident().await, other_unit).await.unwrap().id;
        let crew = job.scene.crew(other_unit);
        step::step(&store, &crew, declined, &AssignmentStep::Decline { reason: "拋錨".into(), code: Some(Declining::Vehicle) }).await.unwrap();
        let refused = photos::keep(&store, &job.blobs, &crew, declined, &job.new_photo(), jpeg(1)).await.unwrap_err();
        assert_eq!(refused.key(), "dispatch.photo.declined");
        assert_eq!(job.files(), 4);
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_leaves_no_file_no_row_and_no_line() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        let whole = jpeg(7);
        let new = job.new_photo();
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
        for (bytes, key) in [
            (Vec::new(), "dispatch.photo.empty"),
            (whole[..whole.len() / 2].to_vec(), "dispatch.photo.damaged"),
            (heic, "dispatch.photo.heic"),
            (b"%PDF-1.7".to_vec(), "dispatch.photo.kind"),
        ] {
            assert_eq!(job.keep(&new, bytes).await.unwrap_err().key(), key);
        }
        let long = NewPhoto { caption: "長".repeat(201), ..new.clone() };
        assert_eq!(job.keep(&long, whole.clone()).await.unwrap_err().key(), "dispatch.photo.caption");
        let astray = NewPhoto { accuracy_m: Some(5.0), ..new.clone() };
        assert_eq!(job.keep(&astray, whole.clone()).await.unwrap_err().key(), "dispatch.photo.place");
        assert_eq!((job.files(), photos::of_incident(&store, job.incident).await.unwrap().len()), (0, 0));
        assert!(!job.log(job.incident).await.contains(&"photo_added".to_owned()));
        // The same id is still good for a whole picture, and a clock in the future says nothing.
        let ahead = NewPhoto { taken_at: Some(store.env().now().plus(Micros::HOUR)), ..new };
        assert_eq!(job.keep(&ahead, whole).await.unwrap().taken_at_us, None);
    })
    .await;
}

#[tokio::test]
async fn an_order_takes_so_many_photos_and_the_next_one_leaves_no_file() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        for _ in 0..PHOTOS_MAX {
            job.kept().await;
        }
        let files = job.files();
        assert_eq!(job.keep(&job.new_photo(), jpeg(1)).await.unwrap_err().key(), "dispatch.photo.too_many");
        assert_eq!(job.files(), files);
    })
    .await;
}

#[tokio::test]
async fn a_photo_sent_by_mistake_is_destroyed_at_once_and_only_by_its_sender_and_soon() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        let place = Wgs84::new(120.25, 23.03).ok();
        let photo = job.keep(&NewPhoto { position: place, ..job.new_photo() }, jpeg(3)).await.unwrap();
        let back = |by: Person, reason: &'static str| {
            let (store, blobs, id) = (store.clone(), job.blobs.clone(), photo.id);
            async move { photos::withdraw(&store, &blobs, &by, id, reason).await }
        };
        assert_eq!(back(job.crew.clone(), "  ").await.unwrap_err().key(), "dispatch.photo.reason");
        let colleague = Person { id: store.env().id(shouhu_ids::ActorId::new), ..job.crew.clone() };
        assert_eq!(back(colleague, "拍錯").await.unwrap_err().key(), "http.not_found");
        for _ in 0..2 {
            let gone = back(job.crew.clone(), "拍錯").await.unwrap();
            assert_eq!((gone.state, gone.end_reason.as_deref(), gone.position), (PhotoState::Withdrawn, Some("拍錯"), None));
        }
        assert_eq!(job.files(), 0);
        let now = photos::one(&store, photo.id).await.unwrap().unwrap();
        let refused = now.picture(&job.blobs, PhotoSize::Large).await.unwrap_err();
        assert_eq!((refused.key(), refused.status().as_u16()), ("dispatch.photo.destroyed", 410));
        let log = job.log(job.incident).await;
        assert_eq!(&log[log.len() - 2..], ["photo_added", "photo_withdrawn"]);
        // The phone's queue sends it once more: it stays withdrawn.
        let again = NewPhoto { id: photo.id, ..job.new_photo() };
        assert_eq!(job.keep(&again, jpeg(3)).await.unwrap().state, PhotoState::Withdrawn);
        assert_eq!(job.files(), 0);

        let old = job.kept().await;
        let arrived = old.received_at_us.plus(-photos::WITHDRAW_US - Micros::SECOND);
        job.change("UPDATE dispatch_photo SET received_at_us = $1 WHERE id = $2", params![arrived, old.id]).await;
        let late = photos::withdraw(&store, &job.blobs, &job.crew, old.id, "拍錯").await.unwrap_err();
        assert_eq!(late.key(), "dispatch.photo.withdraw_late");
        assert!(old.picture(&job.blobs, PhotoSize::Large).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn photos_are_found_at_both_incidents_of_a_merge_and_after_it_is_undone() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        let other = job.scene.incident().await;
        // One of an order that ended here, one of an order that moves along.
        let ended = job.kept().await;
        cancel::cancel(&store, &job.scene.by, job.assignment, "改派").await.unwrap();
        let unit = job.scene.unit("永康 22").await;
        let moving = job.scene.assign(job.incident, unit).await.unwrap().id;
        let crew = job.scene.crew(unit);
        let before = photos::keep(&store, &job.blobs, &crew, moving, &job.new_photo(), jpeg(4)).await.unwrap();
        merge::merge(&store, &job.scene.by, job.incident, other).await.unwrap();
        let after = photos::keep(&store, &job.blobs, &crew, moving, &job.new_photo(), jpeg(5)).await.unwrap();
        assert_eq!(after.incident, other);
        let listed = |id| {
            let store = store.clone();
            async move { photos::of_incident(&store, id).await.unwrap().into_iter().map(|photo| photo.id).collect::<Vec<_>>() }
        };
        assert_eq!(listed(other).await, [ended.id, before.id, after.id]);
        assert_eq!(listed(job.incident).await, [ended.id, before.id], "whose lines its log has");
        merge::unmerge(&store, &job.scene.by, job.incident).await.unwrap();
        assert_eq!(listed(job.incident).await, [ended.id, before.id, after.id]);
        assert_eq!(listed(other).await, [after.id]);
    })
    .await;
}

#[tokio::test]
async fn photos_go_with_their_incident_and_the_key_of_a_day_with_its_last_photo() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        let now = store.env().now();
        let long_ago = now.plus(-(PHOTO_DAYS + 40) * Micros::DAY);
        // As if it had arrived then: its files lie under that day.
        let old = job.kept().await;
        for size in PhotoSize::ALL {
            let bytes = old.picture(&job.blobs, size).await.unwrap();
            job.blobs.put_named(&blob_of(old.id, &old.sha256, long_ago.day(), size), bytes).await.unwrap();
            job.blobs.remove(&blob_of(old.id, &old.sha256, old.day, size)).await.unwrap();
        }
        let sql = "UPDATE dispatch_photo SET day = $1, received_at_us = $2, lon = 120.2, lat = 23.0 WHERE id = $3";
        job.change(sql, params![long_ago.day(), long_ago, old.id]).await;
        let young = job.kept().await;
        let has_key = |day| job.blobs.keys().of_day(BlobClass::Assignment.as_str(), day).unwrap().is_some();

        assert_eq!(purge_now(&store, &job.blobs).await.unwrap().photos, 0, "the incident is open");
        assert!(has_key(long_ago.day()));
        let closed_at = now.plus(-(PHOTO_DAYS - 1) * Micros::DAY);
        let close = "UPDATE dispatch_incident SET state = 'closed', closed_at_us = $1 WHERE id = $2";
        job.change(close, params![closed_at, job.incident]).await;
        assert_eq!(purge_now(&store, &job.blobs).await.unwrap().photos, 0, "its year is not over");
        job.change(close, params![now.plus(-(PHOTO_DAYS + 1) * Micros::DAY), job.incident]).await;
        let purged = purge_now(&store, &job.blobs).await.unwrap();
        assert_eq!((purged.photos, purged.days), (2, 1));
        assert!(!has_key(long_ago.day()) && has_key(young.day), "a key of today may have an upload under way");
        assert_eq!(job.files(), 0);
        let left = photos::one(&store, old.id).await.unwrap().unwrap();
        assert_eq!((left.state, left.end_reason.as_deref(), left.position), (PhotoState::Destroyed, Some("retention"), None));
        assert_eq!(job.log(job.incident).await.iter().filter(|key| *key == "photo_added").count(), 2, "the lines stay");
        assert_eq!(purge_now(&store, &job.blobs).await.unwrap(), crate::photos::purge::Purged::default());
    })
    .await;
}

#[tokio::test]
async fn a_report_goes_with_the_incident_it_was_merged_into_and_an_unclosed_one_in_the_end() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let job = Job::new(&store).await;
        let now = store.env().now();
        let of_report = job.kept().await;
        cancel::cancel(&store, &job.scene.by, job.assignment, "改派").await.unwrap();
        let target = job.scene.incident().await;
        merge::merge(&store, &job.scene.by, job.incident, target).await.unwrap();
        assert_eq!(purge_now(&store, &job.blobs).await.unwrap().photos, 0);
        let sql = "UPDATE dispatch_incident SET state = 'closed', closed_at_us = $1 WHERE id = $2";
        job.change(sql, params![now.plus(-(PHOTO_DAYS + 1) * Micros::DAY), target]).await;
        assert_eq!(purge_now(&store, &job.blobs).await.unwrap().photos, 1);
        assert_eq!(photos::one(&store, of_report.id).await.unwrap().unwrap().state, PhotoState::Destroyed);

        let other = Job { incident: target, ..Job::again(&job).await };
        let forgotten = other.kept().await;
        let sql = "UPDATE dispatch_photo SET received_at_us = $1 WHERE id = $2";
        other.change(sql, params![now.plus(-(UNCLOSED_DAYS + 1) * Micros::DAY), forgotten.id]).await;
        assert_eq!(purge_now(&store, &other.blobs).await.unwrap().photos, 1);
    })
    .await;
}

impl Job {
    /// Another crew at another incident of the same house.
    async fn again(job: &Self) -> Self {
        let (incident, unit) = (job.scene.incident().await, job.scene.unit("永康 23").await);
        let assignment = job.scene.assign(incident, unit).await.unwrap().id;
        let (store, blobs, disk) = (job.store.clone(), job.blobs.clone(), job.disk.clone());
        Self { store, blobs, disk, scene: job.scene.clone(), incident, assignment, crew: job.scene.crew(unit) }
    }
}

fn crewing(caller: &Caller, unit: &str) -> Caller {
    let Caller::Person(person) = caller else { panic!("only people crew units") };
    let unit: UnitId = unit.parse().unwrap();
    Caller::Person(Person { unit: Some(unit), ..person.clone() })
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

/// An officer on a job: the incident, the assignment, the officer.
async fn on_a_job(house: &House, call_sign: &str) -> (String, String, Caller) {
    let dispatcher = house.person(Role::Dispatcher);
    let made = json!({ "call_sign": call_sign, "kind": "car" });
    let unit = text(&house.call(&house.person(Role::Operator), "POST", "/v1/units", made).await.json, "/id");
    let officer = crewing(&house.person(Role::Officer), &unit);
    house.call(&officer, "POST", "/v1/units/mine/state", json!({ "state": "available" })).await;
    let call = json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架" });
    let incident = text(&house.call(&dispatcher, "POST", "/v1/incidents", call).await.json, "/id");
    let sent = house.call(&dispatcher, "POST", &format!("/v1/incidents/{incident}/assignments"), json!({ "unit": unit })).await;
    (incident, text(&sent.json, "/id"), officer)
}

#[tokio::test]
async fn a_phones_photo_is_on_the_console_with_its_event_and_each_look_is_a_leaf() {
    let house = House::open(MODULES).await;
    let (incident, assignment, officer) = on_a_job(&house, "永康 21").await;
    let dispatcher = house.person(Role::Dispatcher);
    house.settle().await;
    let mut stream = house.app.hub.listen();
    let id = house.app.env.id(PhotoId::new);
    let path = format!("/v1/assignments/{assignment}/photos?photo={id}&caption=%E8%BB%8A%E9%A0%AD&lon=120.25&lat=23.03&accuracy_m=6");
    let sent = house.call_with(&officer, "POST", &path, &[("content-type", "image/jpeg")], jpeg(9)).await;
    assert_eq!((sent.status, text(&sent.json, "/caption")), (200, "車頭".into()), "{}", sent.json);
    assert!(sent.json.get("day").is_none(), "{}", sent.json);
    house.settle().await;
    let told = std::iter::from_fn(|| stream.try_recv().ok())
        .any(|told| matches!(told.event, Event::AssignmentChanged { incident: of, .. } if of.to_string() == incident));
    assert!(told, "on the live stream");

    let list = format!("/v1/incidents/{incident}/photos");
    let listed = house.call(&dispatcher, "GET", &list, Value::Null).await;
    assert_eq!((listed.status, text(&listed.json, "/items/0/id")), (200, id.to_string()), "{}", listed.json);
    for (query, name) in [("", "large"), ("?size=small", "small")] {
        let seen = house.call(&dispatcher, "GET", &format!("/v1/photos/{id}{query}"), Value::Null).await;
        assert!(seen.status == 200 && seen.bytes.starts_with(&[0xff, 0xd8]), "{}", seen.json);
        let leaf = house.app.audit.page(None, 1).await.unwrap().remove(0).entry;
        assert_eq!(leaf.class, "work_read");
        assert!(leaf.object.starts_with(&format!("photo {id} of ")) && leaf.object.ends_with(name), "{}", leaf.object);
    }
    assert_eq!(house.call(&officer, "GET", &list, Value::Null).await.json.pointer("/items/0/id"), listed.json.pointer("/items/0/id"));

    let supervisor = house.person(Role::Supervisor);
    let number = text(&listed.json, "/items/0/incident_number");
    let grounds = [("shouhu-purpose", "audit"), ("shouhu-case", number.as_str())];
    let replay = house.call_with(&supervisor, "GET", &format!("/v1/incidents/{incident}/replay"), &grounds, Vec::new()).await;
    let line = replay.json.pointer("/log").and_then(Value::as_array).unwrap().iter().find(|line| line["key"] == "photo_added").cloned();
    assert!(line.is_some_and(|line| line["at_us"].is_i64() && line["params"]["photo"] == json!(id)), "{}", replay.json);
    let eido = house.call(&dispatcher, "GET", &format!("/v1/incidents/{incident}/eido?partner=kaohsiung"), Value::Null).await;
    assert!(eido.status == 200 && !eido.json.to_string().contains(&id.to_string()));

    let back = house.call(&officer, "POST", &format!("/v1/photos/{id}/withdraw"), json!({ "reason": "拍錯" })).await;
    assert_eq!((back.status, text(&back.json, "/state")), (200, "withdrawn".into()), "{}", back.json);
    let gone = house.call(&dispatcher, "GET", &format!("/v1/photos/{id}"), Value::Null).await;
    assert_eq!((gone.status, text(&gone.json, "/key")), (410, "dispatch.photo.destroyed".into()));
}

#[tokio::test]
async fn a_photo_does_not_exist_for_other_crews_and_a_detective_names_the_case() {
    let house = House::open(MODULES).await;
    let (incident, assignment, officer) = on_a_job(&house, "永康 21").await;
    let (_, _, stranger) = on_a_job(&house, "永康 22").await;
    let id = house.app.env.id(PhotoId::new);
    let path = format!("/v1/assignments/{assignment}/photos?photo={id}");
    let theirs = house.call_with(&stranger, "POST", &path, &[], jpeg(9)).await;
    assert_eq!((theirs.status, text(&theirs.json, "/key")), (404, "http.not_found".into()));
    assert_eq!(house.call_with(&officer, "POST", &path, &[], jpeg(9)).await.status, 200);
    let (list, one) = (format!("/v1/incidents/{incident}/photos"), format!("/v1/photos/{id}"));
    for path in [&list, &one] {
        assert_eq!(house.call(&stranger, "GET", path, Value::Null).await.status, 404, "{path}");
        let detective = house.person(Role::Detective);
        let refused = house.call(&detective, "GET", path, Value::Null).await;
        assert_eq!((refused.status, text(&refused.json, "/key")), (428, "oversight.case_required".into()));
        let seen = house.call(&detective, "GET", &format!("{path}?case=115-%E5%81%B5-7"), Value::Null).await;
        assert_eq!(seen.status, 200, "{}", seen.json);
        let leaf = house.app.audit.page(None, 1).await.unwrap().remove(0).entry;
        assert!(leaf.object.ends_with(" for 115-偵-7"), "{}", leaf.object);
        for role in [Role::Operator, Role::Auditor] {
            assert_eq!(house.call(&house.person(role), "GET", path, Value::Null).await.status, 403);
        }
    }
    let too_large = house.call_with(&officer, "POST", &path, &[], vec![0; PHOTO_BYTES_MAX + 1]).await;
    assert_eq!((too_large.status, text(&too_large.json, "/key")), (413, "http.body.too_large".into()));
    for query in ["", "?photo=7", &format!("?photo={id}&lon=999&lat=0"), &format!("?photo={id}&lon=120")] {
        let odd = house.call_with(&officer, "POST", &format!("/v1/assignments/{assignment}/photos{query}"), &[], jpeg(9)).await;
        assert!(matches!(odd.status, 400 | 422), "{query}: {} {}", odd.status, odd.json);
    }
}
