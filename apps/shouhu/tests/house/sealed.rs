//! A canary plate in every room of the house, sealed: nobody but the members of its case finds it, by any route of the OpenAPI document.
//!
//! The sweep can fail: the same questions find the canary while it is not sealed, and its members find it while it is. And it must not be
//! found by what is missing: what a question about the canary is answered is compared, word by word, with what the same question is answered
//! about a plate that never passed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::StopStreams;
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{ActorId, CameraId, DeviceId, Micros, SightingId};
use shouhu_lakehouse::lake::PlateCode;
use shouhu_module::ports::{CameraPlace, CameraPlaces, CameraPlacesPort, People, PeoplePort, Serving};
use shouhu_module::{Access, Caller, DevicePeer, Method, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_wire::{DeviceKind, Role};
use tokio_util::sync::CancellationToken;

pub(crate) const NOW: Micros = Micros(20_000 * Micros::DAY);
pub(crate) const CANARY: &str = "QWE-7319";
/// Never passes anywhere.
const GHOST: &str = "QWE-7391";
const COMPANION: &str = "XYZ-9999";
const CASE: &str = "115-SEALED-77";
pub(crate) const OTHER_CASE: &str = "115-偵-8";
const CAMERAS: i64 = 3;

pub(crate) fn camera(number: i64) -> CameraId {
    CameraId::new(Micros(1), [number as u8 + 1; 16])
}

/// Cameras a kilometre apart.
struct Row;

impl CameraPlaces for Row {
    fn place(&self, asked: CameraId) -> Option<CameraPlace> {
        let number = (0..CAMERAS).find(|number| camera(*number) == asked)?;
        let position = Wgs84::new(120.20 + number as f64 * 0.01, 23.0).ok()?;
        Some(CameraPlace { name: format!("camera {number}"), position, heading_deg: None })
    }
}

/// Who serves where.
struct Roll(Vec<Person>);

impl People for Roll {
    fn everybody(&self) -> BoxFuture<'static, Result<Vec<Serving>, Problem>> {
        let all = self.0.iter().map(serving).collect();
        Box::pin(async move { Ok(all) })
    }

    fn one(&self, id: ActorId) -> BoxFuture<'static, Result<Option<Serving>, Problem>> {
        let found = self.0.iter().find(|person| person.id == id).map(serving);
        Box::pin(async move { Ok(found) })
    }
}

fn serving(person: &Person) -> Serving {
    Serving { id: person.id, name: person.name.clone(), role: person.role, office: person.office.clone() }
}

fn of(caller: Caller, office: &str) -> Person {
    let Caller::Person(person) = caller else { panic!("a person") };
    Person { office: Some(office.to_owned()), ..person }
}

pub(crate) struct World {
    pub(crate) house: House,
    pub(crate) clock: Arc<SimClock>,
    member: Person,
    /// Also a member: a watchlist entry needs two.
    second: Person,
    decider: Person,
    pub(crate) outsiders: Vec<Person>,
    /// What the canary may be known by: moments, ids, its case.
    traces: Vec<String>,
    pub(crate) ids: BTreeMap<&'static str, String>,
}

fn code(plate: &str) -> u64 {
    PlateCode::from_bytes(plate.replace('-', "").as_bytes()).unwrap().0
}

/// When it passed each camera; no two moments share their milliseconds.
pub(crate) fn passed(number: i64) -> Micros {
    NOW.plus(-(number + 1) * 10 * Micros::MINUTE + number * 1_000 + 137_000)
}

impl World {
    pub(crate) async fn open() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let env = Env { clock: clock.clone(), ..Env::real() };
        let house = House::open_in(MODULES, env).await;
        house.app.put(CameraPlacesPort(Arc::new(Row)));
        // The live stream then ends after what was missed.
        let stop = CancellationToken::new();
        stop.cancel();
        house.app.put(StopStreams(stop));
        let (member, second) = (of(house.person(Role::Detective), "偵查隊"), of(house.person(Role::Supervisor), "偵查隊"));
        let decider = of(house.person(Role::Auditor), "督察室");
        let outsiders: Vec<Person> = Role::ALL.into_iter().map(|role| of(house.person(role), "第一分局")).collect();
        let roll = [&member, &second, &decider].into_iter().chain(&outsiders).cloned().collect();
        house.app.put(PeoplePort(Arc::new(Roll(roll))));
        let mut world = Self { house, clock, member, second, decider, outsiders, traces: Vec::new(), ids: BTreeMap::new() };
        world.fill().await;
        world
    }

    pub(crate) fn role(&self, role: Role) -> &Person {
        self.outsiders.iter().find(|person| person.role == role).unwrap()
    }

    pub(crate) async fn post(&self, who: &Person, path: &str, body: Value) -> Value {
        let answer = self.asked(who, CASE, "POST", path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }

    pub(crate) async fn asked(&self, who: &Person, case: &str, method: &str, path: &str, body: &Value) -> Answer {
        let case = case.replace('偵', "%E5%81%B5");
        let headers = [("shouhu-purpose", "investigation"), ("shouhu-case", case.as_str())];
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.house.call_with(&Caller::Person(who.clone()), method, path, &headers, body).await
    }

    /// Puts the canary into every room that knows plates.
    async fn fill(&mut self) {
        let entry = json!({
            "pattern": CANARY, "legal_basis": "stolen_vehicle", "owner": "偵查隊", "reason": "失竊報案", "action": "stop",
            "expires_at_us": NOW.plus(10 * Micros::DAY),
        });
        let entry = self.post(&self.member, "/v1/watchlists/entries", entry).await["id"].as_str().unwrap().to_owned();
        self.post(&self.second, &format!("/v1/watchlists/entries/{entry}/approve"), Value::Null).await;
        for number in 0..CAMERAS {
            let at = passed(number);
            let report = |sequence: i64, plate: &str, at: Micros, others: Value| {
                json!({ "sequence": sequence, "plate": plate, "confidence": 0.99, "captured_at_us": at.0, "reads": 3, "alternatives": others })
            };
            let device = DevicePeer {
                id: DeviceId::new(Micros(1), [number as u8 + 1; 16]),
                name: format!("fixed {number}"),
                kind: DeviceKind::FixedCamera,
                camera: Some(camera(number)),
                clock_offset_us: 0,
            };
            let as_other = json!([{ "plate": CANARY, "probability": 0.2 }]);
            let broken = json!({ "sequence": 4, "plate": CANARY, "confidence": 7.5, "captured_at_us": at.0, "reads": 3 });
            let sightings = json!([
                report(1, CANARY, at, json!([])),
                report(2, COMPANION, at.plus(9 * Micros::SECOND + 500_000), json!([])),
                report(3, "XYZ-9998", at.plus(3 * Micros::MINUTE), as_other),
                broken,
            ]);
            let batch = json!({ "model": "test-1", "sent_at_us": NOW.0, "sightings": sightings });
            let sent = self.house.call(&Caller::Device(device), "POST", "/v1/sightings", batch).await;
            assert_eq!(sent.status, 200, "{}", sent.json);
            assert_eq!(sent.json["quarantined"].as_array().map(Vec::len), Some(1), "{}", sent.json);
        }
        self.house.settle().await;
        let hits = self.asked(&self.second, CASE, "GET", "/v1/hits", &Value::Null).await.json;
        let hit = hits["items"].as_array().unwrap().iter().find(|hit| hit["plate_display"] == CANARY).unwrap().clone();
        let found = self.asked(&self.member, CASE, "GET", &format!("/v1/sightings?plate={CANARY}"), &Value::Null).await.json;
        let sightings: Vec<String> = found["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(sightings.len(), 3);
        let consent = json!({
            "plates": [CANARY], "case_ref": CASE, "basis": "organised_offence", "reason": "連續竊盜集團所用車輛，須查明動線",
            "from_us": NOW.plus(-Micros::DAY), "until_us": NOW, "cameras": [], "term_days": 30,
        });
        let consent = self.post(&self.member, "/v1/oversight/observations", consent).await["id"].as_str().unwrap().to_owned();
        let incident = json!({ "origin": "call", "priority": 2, "kind": "stolen_vehicle", "summary": format!("民眾見 {CANARY} 停於路旁"), "address": "中正路" });
        let incident = self.post(self.role(Role::Dispatcher), "/v1/incidents", incident).await["id"].as_str().unwrap().to_owned();
        // An outsider's file from before.
        let export = self.exported(self.role(Role::Detective)).await;
        self.house.settle().await;
        self.traces = (0..CAMERAS).map(|number| passed(number).0.to_string()).collect();
        self.traces.extend(sightings.iter().cloned());
        self.traces.extend([hit["id"].as_str().unwrap().to_owned(), entry.clone(), consent.clone(), CASE.to_owned()]);
        let held = self.asked(&self.second, CASE, "GET", "/v1/sightings/holds", &Value::Null).await.json;
        self.traces.extend(held["items"].as_array().unwrap().iter().filter(|hold| hold["plate_display"] == CANARY).map(|hold| hold["id"].as_str().unwrap().to_owned()));
        self.ids = BTreeMap::from([
            ("/v1/sightings/exports/", export),
            ("/v1/sightings/{id}", sightings[0].clone()),
            ("/v1/hits/", hit["id"].as_str().unwrap().to_owned()),
            ("/v1/oversight/observations/", consent),
            ("/v1/incidents/", incident),
        ]);
        self.ids.insert("entry", entry);
    }

    pub(crate) async fn exported(&self, who: &Person) -> String {
        let body = json!({ "question": { "kind": "area", "area": area() }, "format": "csv", "from_us": NOW.0 - Micros::DAY, "until_us": NOW.0 });
        let asked = self.asked(who, OTHER_CASE, "POST", "/v1/sightings/exports", &body).await;
        assert_eq!(asked.status, 200, "{}", asked.json);
        self.house.settle().await;
        asked.json["id"].as_str().unwrap().to_owned()
    }

    async fn seal(&mut self) -> String {
        self.seal_with(&[]).await
    }

    pub(crate) async fn seal_with(&mut self, more: &[ActorId]) -> String {
        self.clock.advance_us(Micros::SECOND);
        let members: Vec<ActorId> = [self.member.id, self.second.id].into_iter().chain(more.iter().copied()).collect();
        let body = json!({
            "case_ref": CASE, "plates": [CANARY], "members": members, "decider": self.decider.id,
            "reason": "臥底偵查用車", "until_us": NOW.plus(90 * Micros::DAY),
        });
        let asked = self.post(&self.member, "/v1/oversight/seals", body).await;
        let id = asked["id"].as_str().unwrap().to_owned();
        let decided = self.post(&self.decider, &format!("/v1/oversight/seals/{id}/decide"), json!({ "is_sealed": true })).await;
        assert_eq!(decided["state"], "in_force");
        self.clock.advance_us(Micros::SECOND);
        self.ids.insert("/v1/oversight/seals/", id.clone());
        id
    }

    /// The path of a route with the canary's ids where it has any, and the plate wherever a query can name one.
    pub(crate) fn concrete(&self, route: &Route, document: &Value, plate: &str, sighting: &str) -> String {
        const NOBODY: &str = "01890000-0000-7000-8000-000000000000";
        let known = self.ids.iter().filter(|(prefix, _)| route.path.starts_with(*prefix)).max_by_key(|(prefix, _)| prefix.len()).map(|(_, id)| id.as_str());
        let id = match known {
            Some(_) if route.path.starts_with("/v1/sightings/{id}") => sighting,
            Some(id) => id,
            None => NOBODY,
        };
        let path = route.path.replace("{z}", "12").replace("{x}", "1").replace("{y}", "1").replace("{number}", "1").replace("{month}", "2024-01");
        let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
        let operation = &document["paths"][route.path]["get"];
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query") {
            match parameter["name"].as_str().unwrap() {
                name @ ("plate" | "q") => query.push(format!("{name}={plate}")),
                "from_us" | "from" => query.push(format!("from_us={}", NOW.0 - 6 * Micros::HOUR)),
                "until_us" => query.push(format!("until_us={}", NOW.0)),
                "by" if route.path.contains("sightings") => query.push("by=camera".into()),
                "after" => query.push("after=0".into()),
                "partner" => query.push("partner=neighbour".into()),
                name @ ("west" | "lon" | "near_lon") => query.push(format!("{name}=120.19")),
                name @ ("south" | "lat" | "near_lat") => query.push(format!("{name}=22.99")),
                "east" => query.push("east=120.23".into()),
                "north" => query.push("north=23.01".into()),
                _ => {}
            }
        }
        let path = path.join("/");
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}

fn area() -> Value {
    json!({ "kind": "circle", "center": { "lon": 120.21, "lat": 23.0 }, "radius_m": 5_000.0 })
}

/// What is asked about a plate, besides the routes as the document has them.
pub(crate) fn searches(plate: &str) -> Vec<(&'static str, String, Value)> {
    let span = |mut body: Value| {
        body["from_us"] = json!(NOW.0 - 6 * Micros::HOUR);
        body["until_us"] = json!(NOW.0);
        body
    };
    let all: Vec<CameraId> = (0..CAMERAS).map(camera).collect();
    let get = |path: String| ("GET", path, Value::Null);
    let post = |path: &str, body: Value| ("POST", format!("/v1/sightings/{path}"), body);
    let window = format!("from_us={}&until_us={}", NOW.0 - 6 * Micros::HOUR, NOW.0);
    vec![
        get(format!("/v1/sightings?plate={plate}&limit=1")),
        get(format!("/v1/sightings?camera={}&{window}", camera(0))),
        get(format!("/v1/sightings?camera={}&{window}&plate=Q*9", camera(0))),
        get(format!("/v1/sightings?plate=QWE7*&{window}")),
        get("/v1/sightings/plates?plate=QWE7*".into()),
        get(format!("/v1/sightings/plates?plate=QW*&{window}")),
        get("/v1/sightings/plates?plate=QWE731&likeness=one_off".into()),
        get("/v1/sightings/plates?plate=OWE7319&likeness=look_alike".into()),
        get(format!("/v1/sightings/counts?by=hour&{window}")),
        get(format!("/v1/sightings/counts?by=cell&resolution=9&{window}")),
        post("cameras", span(json!({ "cameras": all }))),
        post("cameras/plates", span(json!({ "cameras": all }))),
        post("area", span(json!({ "area": area() }))),
        post("area/plates", span(json!({ "area": area() }))),
        post("passed", span(json!({ "first": [all[2]], "then": [all[0]] }))),
        post("convoys", span(json!({ "plate": plate }))),
        post("convoys", span(json!({ "plate": COMPANION }))),
        post("meetings", span(json!({ "plates": [plate, COMPANION] }))),
        post("zones", json!({ "vehicles": [{ "plate": plate, "stolen_at_us": NOW.0 - 3 * Micros::HOUR }], "look_days": 1 })),
        get("/v1/watchlists/entries".into()),
        get("/v1/oversight/observations?which=waiting".into()),
        get("/v1/oversight/openings".into()),
    ]
}

/// However a text writes the plate.
fn names_plate(text: &str) -> bool {
    text.contains(CANARY) || text.contains(&CANARY.replace('-', ""))
}

/// What a text tells of the canary that its question has not named.
fn told(world: &World, question: &str, text: &str) -> Vec<String> {
    let mut told: Vec<String> = world.traces.iter().filter(|trace| text.contains(trace.as_str()) && !question.contains(trace.as_str())).cloned().collect();
    if names_plate(text) && !names_plate(question) {
        told.push(CANARY.to_owned());
    }
    told
}

/// Every GET route of the house whose path is wanted, and the searches, asked about the canary by everybody who may; what each told, by its route.
pub(crate) async fn asked_everywhere(
    world: &World,
    people: &[&Person],
    sighting: &str,
    least: usize,
    wants: impl Fn(&str) -> bool,
    told: impl Fn(&str, &str) -> Vec<String>,
) -> BTreeMap<String, Vec<String>> {
    let document = shouhu_http::document(MODULES);
    let routes = MODULES.iter().flat_map(|module| module.routes).filter(|route| route.method == Method::Get);
    let asked = routes.filter(|route| !matches!(route.access, Access::Device | Access::Partner) && wants(route.path));
    let mut questions: Vec<(&str, String, Value)> = asked.map(|route| ("GET", world.concrete(route, &document, CANARY, sighting), Value::Null)).collect();
    assert!(questions.len() > least, "{}", questions.len());
    questions.extend(searches(CANARY));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for who in people {
        for (method, path, body) in &questions {
            let answer = world.asked(who, OTHER_CASE, method, path, body).await;
            assert!(answer.status < 500 || answer.status == 503, "{method} {path}: {}", answer.json);
            let told = told(&format!("{path} {body}"), &String::from_utf8_lossy(&answer.bytes));
            if !told.is_empty() {
                found.entry(format!("{method} {}", path.split('?').next().unwrap())).or_default().push(format!("{:?}: {told:?}", who.role));
            }
        }
    }
    found
}

/// Every GET route of the house, the searches and exports, by everybody who may ask; what each told, by its route.
async fn sweep(world: &World, people: &[Person], sighting: &str) -> BTreeMap<String, Vec<String>> {
    let everybody: Vec<&Person> = people.iter().collect();
    let mut found = asked_everywhere(world, &everybody, sighting, 90, |_| true, |question, text| told(world, question, text)).await;
    for who in people {
        if matches!(who.role, Role::Detective | Role::Supervisor) {
            let id = world.exported(who).await;
            let file = world.asked(who, OTHER_CASE, "GET", &format!("/v1/sightings/exports/{id}/file"), &Value::Null).await;
            assert_eq!(file.status, 200, "{}", file.json);
            let text = String::from_utf8_lossy(&file.bytes).into_owned();
            assert!(text.contains(COMPANION), "the file has what is not sealed: {text}");
            if names_plate(&text) {
                found.entry("an export".into()).or_default().push(format!("{:?}", who.role));
            }
        }
    }
    found
}

/// As [`sweep`] names them: these must find the canary where nothing hides it.
const MAIN: [&str; 12] = [
    "GET /v1/sightings",
    "GET /v1/sightings/plates",
    "POST /v1/sightings/cameras",
    "POST /v1/sightings/cameras/plates",
    "POST /v1/sightings/area",
    "POST /v1/sightings/area/plates",
    "POST /v1/sightings/passed",
    "POST /v1/sightings/convoys",
    "GET /v1/watchlists/entries",
    "GET /v1/hits",
    "GET /v1/oversight/observations",
    "an export",
];

#[tokio::test]
async fn a_sealed_canary_is_found_by_no_route_of_the_openapi() {
    let mut world = World::open().await;
    let sighting = world.ids["/v1/sightings/{id}"].clone();
    let before = sweep(&world, &world.outsiders.clone(), &sighting).await;
    for route in MAIN.iter().chain(&["GET /v1/sightings/holds", "GET /v1/sightings/quarantine", "GET /v1/oversight/audit", "GET /v1/incidents", "GET /v1/events"]) {
        assert!(before.contains_key(*route), "without a seal {route} finds the canary, so that the sweep can fail: {:?}", before.keys());
    }
    world.seal().await;
    let open = crate::exceptions::of("sealed_routes.txt");
    let after = sweep(&world, &world.outsiders.clone(), &sighting).await;
    let leaks: BTreeMap<_, _> = after.iter().filter(|(route, _)| !open.contains(*route)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    let members = sweep(&world, &[world.member.clone(), world.second.clone()], &sighting).await;
    for route in MAIN {
        assert!(members.contains_key(route), "its members find it by {route}: {:?}", members.keys());
    }
}

/// An answer with everything that names one plate or the other taken out of it.
fn without(plate: &str, ids: [&str; 2], answer: &Answer) -> (u16, String) {
    let mut text = String::from_utf8_lossy(&answer.bytes).into_owned();
    for word in [plate.to_owned(), plate.replace('-', "")].iter().map(String::as_str).chain(ids) {
        text = text.replace(word, "…");
    }
    (answer.status, text)
}

#[tokio::test]
async fn a_sealed_plate_is_answered_word_by_word_as_one_that_never_passed() {
    let mut world = World::open().await;
    world.seal().await;
    let sighting = world.ids["/v1/sightings/{id}"].clone();
    let parts = sighting.parse::<SightingId>().unwrap().parts().unwrap();
    let ghost = SightingId::of(parts.source, parts.at_ms, code(GHOST)).to_string();
    let document = shouhu_http::document(MODULES);
    let routes = MODULES.iter().flat_map(|module| module.routes).filter(|route| route.method == Method::Get && route.path != "/v1/oversight/audit");
    let mut pairs: Vec<[(&str, String, Value); 2]> = routes
        .filter(|route| !matches!(route.access, Access::Device | Access::Partner))
        .map(|route| [(CANARY, &sighting), (GHOST, &ghost)].map(|(plate, id)| ("GET", world.concrete(route, &document, plate, id), Value::Null)))
        .collect();
    pairs.extend(searches(CANARY).into_iter().zip(searches(GHOST)).map(|(canary, ghost)| [canary, ghost]));
    let mut compared = 0;
    for who in &world.outsiders {
        for [canary, never] in pairs.iter().filter(|[canary, never]| (&canary.1, &canary.2) != (&never.1, &never.2)) {
            let of_canary = world.asked(who, OTHER_CASE, canary.0, &canary.1, &canary.2).await;
            let of_ghost = world.asked(who, OTHER_CASE, never.0, &never.1, &never.2).await;
            let (of_canary, of_ghost) = (without(CANARY, [&sighting, &ghost], &of_canary), without(GHOST, [&sighting, &ghost], &of_ghost));
            assert_eq!(of_canary, of_ghost, "{:?} {} {}", who.role, canary.0, canary.1);
            compared += 1;
        }
        for (path, is_known) in [("hits", "/v1/hits/"), ("oversight/observations", "/v1/oversight/observations/")] {
            let real = world.asked(who, OTHER_CASE, "GET", &format!("/v1/{path}/{}", world.ids[is_known]), &Value::Null).await;
            let none = world.asked(who, OTHER_CASE, "GET", &format!("/v1/{path}/01890000-0000-7000-8000-000000000000"), &Value::Null).await;
            assert_eq!((real.status, real.bytes), (none.status, none.bytes), "{:?} {path}", who.role);
        }
    }
    assert!(compared > 60, "{compared}");
}

#[tokio::test]
async fn an_outsider_may_act_on_a_sealed_plate_as_on_any_other_and_learns_nothing() {
    let mut world = World::open().await;
    let old = world.ids["/v1/sightings/exports/"].clone();
    let detective = world.role(Role::Detective).clone();
    let file = format!("/v1/sightings/exports/{old}/file");
    assert!(names_plate(&String::from_utf8_lossy(&world.asked(&detective, OTHER_CASE, "GET", &file, &Value::Null).await.bytes)));
    let id = world.seal().await;
    assert_ne!(world.asked(&detective, OTHER_CASE, "GET", &file, &Value::Null).await.status, 200, "a file from before the seal is not given");

    // He puts it on the list, like any other plate: no twin is told, his entry is listed, and nothing is raised for him.
    let entry = |plate: &str| {
        json!({
            "pattern": plate, "legal_basis": "stolen_vehicle", "owner": "第一分局", "reason": "失竊報案", "action": "stop",
            "expires_at_us": NOW.plus(5 * Micros::DAY),
        })
    };
    for plate in [CANARY, GHOST] {
        world.post(&detective, "/v1/watchlists/entries", entry(plate)).await;
    }
    let listed = world.asked(&detective, OTHER_CASE, "GET", "/v1/watchlists/entries", &Value::Null).await.json;
    let mut shown: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|entry| entry["display"].as_str().unwrap()).collect();
    // Of one moment, so that either may come first.
    shown.sort_unstable();
    assert_eq!(shown, [CANARY, GHOST], "his own two, and not the members'");

    // An erasure finds nothing and destroys nothing.
    let supervisor = world.role(Role::Supervisor).clone();
    for plate in [CANARY, GHOST] {
        let erased = world.asked(&supervisor, OTHER_CASE, "POST", "/v1/sightings/erasures", &json!({ "plate": plate, "reason": "當事人請求" })).await;
        if erased.status == 200 {
            assert_eq!((&erased.json["erased"], &erased.json["pictures"]), (&json!(0), &json!(0)), "{plate}");
        }
    }
    let found = world.asked(&world.member, CASE, "GET", &format!("/v1/sightings?plate={CANARY}"), &Value::Null).await.json;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(3), "its members have all of it");

    // The auditor sees that there is a seal, with its leaves, and nothing of what it is about.
    let auditor = world.role(Role::Auditor).clone();
    let seal = world.asked(&auditor, OTHER_CASE, "GET", &format!("/v1/oversight/seals/{id}"), &Value::Null).await;
    assert_eq!((&seal.json["state"], &seal.json["content"], &seal.json["plates_sealed"]), (&json!("in_force"), &Value::Null, &json!(1)), "{}", seal.json);
    let log = world.asked(&auditor, OTHER_CASE, "GET", "/v1/oversight/audit?limit=200", &Value::Null).await;
    let log = String::from_utf8_lossy(&log.bytes).into_owned();
    assert!(log.contains(&format!("sealed: seal {id}")) && !names_plate(&log) && !log.contains(CASE), "{log}");

    // Two lift it; then everybody sees it again.
    let lift = format!("/v1/oversight/seals/{id}/lift");
    world.post(&world.member, &lift, json!({ "reason": "案件已偵結" })).await;
    let lifted = world.post(&world.decider, &lift, json!({ "reason": "案件已偵結" })).await;
    assert_eq!(lifted["state"], "lifted");
    let found = world.asked(&detective, OTHER_CASE, "GET", &format!("/v1/sightings?plate={CANARY}"), &Value::Null).await.json;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(3), "{found}");
}

/// What a device holds that asks with the version of its last answer.
async fn on_a_device(world: &World, since: i64) -> Value {
    let device = world.house.device_of("gate", DeviceKind::FixedCamera);
    let answer = world.house.call(&device, "GET", &format!("/v1/watchlists/delta?since={since}"), Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer.json
}

async fn hits_of_canary(world: &World, who: &Person, case: &str) -> usize {
    let hits = world.asked(who, case, "GET", "/v1/hits", &Value::Null).await.json;
    hits["items"].as_array().unwrap().iter().filter(|hit| hit["plate_display"] == CANARY).count()
}

#[tokio::test]
async fn a_sealed_canary_is_on_no_device_and_its_passage_is_a_hit_for_its_members_alone() {
    let mut world = World::open().await;
    let before = on_a_device(&world, 0).await;
    let version = before["version"].as_i64().unwrap();
    assert!(names_plate(&before.to_string()), "without a seal a device has it, so that the test can fail: {before}");
    let id = world.seal().await;
    let entry = world.ids["entry"].clone();
    for since in [0, 1, version - 1, version] {
        let told = on_a_device(&world, since).await;
        assert!(!names_plate(&told.to_string()), "since {since}: {told}");
    }
    let gone = on_a_device(&world, version).await;
    assert_eq!((&gone["entries"][0]["id"], &gone["entries"][0]["is_active"]), (&json!(entry), &json!(false)), "{gone}");

    // A device that holds nothing of it reports the passage like any other.
    world.clock.advance_us(2 * Micros::HOUR);
    let at = world.house.app.env.now().plus(-Micros::SECOND);
    let device = DevicePeer {
        id: DeviceId::new(Micros(1), [1; 16]),
        name: "fixed 0".into(),
        kind: DeviceKind::FixedCamera,
        camera: Some(camera(0)),
        clock_offset_us: 0,
    };
    let known = hits_of_canary(&world, &world.second, CASE).await;
    let report = json!({ "sequence": 90, "plate": CANARY, "confidence": 0.99, "captured_at_us": at.0, "reads": 3, "alternatives": [] });
    let batch = json!({ "model": "test-1", "sent_at_us": at.0, "sightings": [report] });
    let sent = world.house.call(&Caller::Device(device), "POST", "/v1/sightings", batch).await;
    assert_eq!((sent.status, &sent.json["accepted"]), (200, &json!(1)), "{}", sent.json);
    assert!(!names_plate(&sent.json.to_string()), "the receipt is that of any passage: {}", sent.json);
    world.house.settle().await;
    assert_eq!(hits_of_canary(&world, &world.second, CASE).await, known + 1);
    for role in [Role::Dispatcher, Role::Supervisor, Role::Detective] {
        assert_eq!(hits_of_canary(&world, world.role(role), OTHER_CASE).await, 0, "{role:?}");
    }

    let lift = format!("/v1/oversight/seals/{id}/lift");
    for who in [&world.member, &world.decider] {
        world.post(who, &lift, json!({ "reason": "案件已偵結" })).await;
    }
    let back = on_a_device(&world, gone["version"].as_i64().unwrap()).await;
    assert!(names_plate(&back.to_string()), "{back}");
}
