//! The whole house: what is given out under the law on government information holds nobody and nothing sealed, two persons release what one of
//! them has seen, and its proofs hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_audit::offline::{Trust, verify_proof};
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::built_in_policies;
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{ActorId, Micros, UnitId};
use shouhu_module::ports::{People, PeoplePort, Serving};
use shouhu_module::{Caller, Person, Problem};
use shouhu_wire::Role;

const NOW: Micros = Micros(1_800_000_000_000_000);
const AT: &str = "/v1/oversight/disclosures";
/// What stands in the incidents and must not stand in the file.
const PLATE: &str = "ABC-1234";
const CALLER: &str = "林美玲";
const ADDRESS: &str = "永康區中正路 123 號 4 樓";
const CALL_SIGN: &str = "永康 21";
/// What stands in the request, and is nobody's business either.
const REQUEST: &str = "公開-115-7";
const BASIS: &str = "已審第 18 條第 1 項，申請人為新聞記者";
/// Of no incident here.
const OTHER_PLATE: &str = "QWE-7319";

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

fn person(caller: &Caller) -> Person {
    let Caller::Person(person) = caller else { panic!("a person") };
    person.clone()
}

fn of(caller: &Caller, office: &str) -> Caller {
    Caller::Person(Person { office: Some(office.to_owned()), ..person(caller) })
}

fn refusal(answer: &Answer) -> (u16, String) {
    (answer.status, text(&answer.json, "/key"))
}

/// Who serves where.
struct Roll(Vec<Person>);

fn serving(person: &Person) -> Serving {
    Serving { id: person.id, name: person.name.clone(), role: person.role, office: person.office.clone() }
}

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

/// Two incidents that a crew has handled, and one that is going on.
struct World {
    house: House,
    clock: Arc<SimClock>,
    dispatcher: Caller,
    officer: Caller,
    /// Member of whatever is sealed here.
    chief: Caller,
    /// Of another office: decides about seals.
    auditor: Caller,
    inspector: Caller,
    unit: String,
    numbers: [String; 2],
    running: Value,
}

impl World {
    async fn open() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        let [dispatcher, operator, inspector] = [Role::Dispatcher, Role::Operator, Role::Inspector].map(|role| house.person(role));
        let (chief, auditor) = (of(&house.person(Role::Supervisor), "偵查隊"), of(&house.person(Role::Auditor), "督察室"));
        house.app.put(PeoplePort(Arc::new(Roll(vec![person(&chief), person(&auditor)]))));
        let unit = text(&done(&house, &operator, "/v1/units", json!({ "call_sign": CALL_SIGN, "kind": "car" })).await, "/id");
        let officer = Caller::Person(Person { unit: Some(unit.parse::<UnitId>().unwrap()), ..person(&house.person(Role::Officer)) });
        done(&house, &officer, "/v1/units/mine/state", json!({ "state": "available" })).await;
        let first = handled(&house, &dispatcher, &officer, &unit).await;
        // Incidents of one moment have no order among themselves.
        clock.advance_us(Micros::MINUTE);
        let numbers = [first, handled(&house, &dispatcher, &officer, &unit).await];
        clock.advance_us(Micros::MINUTE);
        let open = json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架" });
        let running = done(&house, &dispatcher, "/v1/incidents", open).await;
        clock.advance_us(Micros::HOUR);
        Self { house, clock, dispatcher, officer, chief, auditor, inspector, unit, numbers, running }
    }

    async fn get(&self, who: &Caller, path: &str) -> Answer {
        self.house.call(who, "GET", path, Value::Null).await
    }

    /// Asks for everything that was opened in the first half hour; where it is.
    async fn asked(&self, who: &Caller) -> String {
        let scope = json!({ "by": "time", "from_us": NOW.plus(-Micros::DAY), "until_us": NOW.plus(Micros::MINUTE * 30) });
        self.asked_for(who, scope).await
    }

    async fn asked_for(&self, who: &Caller, scope: Value) -> String {
        let ask = json!({ "request_ref": REQUEST, "basis": BASIS, "scope": scope });
        format!("{AT}/{}", text(&done(&self.house, who, AT, ask).await, "/id"))
    }

    async fn preview(&self, who: &Caller, at: &str) -> Value {
        let answer = self.get(who, &format!("{at}/preview")).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        answer.json
    }

    async fn release(&self, who: &Caller, at: &str, seen: &str, without: &[&str]) -> Answer {
        self.house.call(who, "POST", &format!("{at}/release"), json!({ "entries_sha256": seen, "without": without })).await
    }

    /// Releases all that the preview shows.
    async fn released(&self, who: &Caller, at: &str) {
        let seen = text(&self.preview(who, at).await, "/entries_sha256");
        let released = self.release(who, at, &seen, &[]).await;
        assert_eq!((released.status, text(&released.json, "/state")), (200, "released".into()));
    }

    /// What the log says of it, the oldest first.
    async fn said(&self, at: &str, action: &str) -> Vec<String> {
        let id = at.rsplit('/').next().unwrap();
        let leaves = self.house.app.audit.page(None, 10_000).await.unwrap();
        let ours = leaves.into_iter().rev().filter(|leaf| leaf.entry.action == action && leaf.entry.object.contains(id));
        ours.map(|leaf| leaf.entry.object).collect()
    }

    /// Seals a case with the chief as its member; where the seal is.
    async fn seal(&self, case_ref: &str, plate: &str) -> String {
        let (member, decider) = (person(&self.chief).id, person(&self.auditor).id);
        let until = self.house.app.env.now().plus(90 * Micros::DAY);
        let body = json!({
            "case_ref": case_ref, "plates": [plate], "members": [member], "decider": decider, "reason": "臥底偵查用車", "until_us": until,
        });
        let at = format!("/v1/oversight/seals/{}", text(&done(&self.house, &self.chief, "/v1/oversight/seals", body).await, "/id"));
        let decided = done(&self.house, &self.auditor, &format!("{at}/decide"), json!({ "is_sealed": true })).await;
        assert_eq!(text(&decided, "/state"), "in_force");
        self.clock.advance_us(Micros::MINUTE);
        at
    }

    async fn lift(&self, seal: &str) {
        for who in [&self.chief, &self.auditor] {
            done(&self.house, who, &format!("{seal}/lift"), json!({ "reason": "案件已偵結" })).await;
        }
    }
}

async fn done(house: &House, who: &Caller, path: &str, body: Value) -> Value {
    let answer = house.call(who, "POST", path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.json);
    answer.json
}

/// An incident that a crew has handled; its number.
async fn handled(house: &House, dispatcher: &Caller, officer: &Caller, unit: &str) -> String {
    let call = json!({
        "origin": "call", "priority": 2, "kind": "fight", "summary": format!("{CALLER} 說 {PLATE} 撞了人"), "address": ADDRESS,
        "position": { "lon": 120.22, "lat": 23.0 },
    });
    let incident = done(house, dispatcher, "/v1/incidents", call).await;
    let path = format!("/v1/incidents/{}", text(&incident, "/id"));
    done(house, dispatcher, &format!("{path}/notes"), json!({ "text": format!("車主 {CALLER}，{PLATE}") })).await;
    let order = text(&done(house, dispatcher, &format!("{path}/assignments"), json!({ "unit": unit })).await, "/id");
    for step in ["accept", "en_route", "on_scene"] {
        done(house, officer, &format!("/v1/assignments/{order}/step"), json!({ "step": step })).await;
    }
    let close = json!({ "step": "close", "code": "handled", "text": format!("{CALLER} 已和解") });
    done(house, officer, &format!("/v1/assignments/{order}/step"), close).await;
    done(house, dispatcher, &format!("{path}/close"), json!({ "code": "handled", "note": CALLER })).await;
    text(&incident, "/number")
}

fn entries(of: &Value) -> &Vec<Value> {
    of["entries"].as_array().unwrap_or_else(|| panic!("{of}"))
}

fn texts(of: &Value) -> Vec<(String, String)> {
    entries(of).iter().map(|entry| (text(entry, "/text"), text(entry, "/sha256"))).collect()
}

/// Every entry with the log's own words about it; panics when a proof does not hold.
fn proved(file: &Value) -> Vec<Value> {
    let trust = Trust::of(text(file, "/log_key").parse().unwrap());
    let of = text(file, "/disclosure");
    let proved = entries(file).iter().map(|entry| {
        let (said, _) = verify_proof(&text(entry, "/proof"), &trust).unwrap();
        assert_eq!(said.object, format!("disclosure {of} sha256 {}", text(entry, "/sha256")));
        assert_eq!((said.actor.as_str(), said.actor_name.as_str()), ("shouhu", "shouhu (disclosure)"), "the entry names nobody");
        serde_json::from_str(&text(entry, "/text")).unwrap()
    });
    proved.collect()
}

fn by(told: &Value, act: &str) -> String {
    let line = told["log"].as_array().unwrap().iter().find(|line| line["act"] == act).unwrap_or_else(|| panic!("{act} in {told}"));
    text(line, "/by")
}

#[tokio::test]
async fn what_is_given_out_is_what_was_previewed_holds_nobody_and_its_proofs_hold() {
    let world = World::open().await;
    let mut named = Vec::new();
    for _ in 0..2 {
        let at = world.asked(&world.chief).await;
        let preview = world.preview(&world.auditor, &at).await;
        world.released(&world.auditor, &at).await;
        let file = world.get(&world.inspector, &format!("{at}/file")).await;
        assert_eq!(file.status, 200);
        let bytes = String::from_utf8(file.bytes).unwrap();
        let people = [&world.officer, &world.dispatcher, &world.chief, &world.auditor].map(person);
        let hidden: Vec<String> = people.iter().flat_map(|one| [one.id.to_string(), one.name.clone()]).collect();
        let running = text(&world.running, "/number");
        let words = [PLATE, "ABC1234", CALLER, ADDRESS, "中正路", CALL_SIGN, world.unit.as_str(), running.as_str(), "和解", REQUEST, BASIS, "新聞記者"];
        for word in hidden.iter().map(String::as_str).chain(words) {
            assert!(!bytes.contains(word), "{word} in {bytes}");
        }
        assert_eq!((file.json.get("request_ref"), file.json.get("basis")), (None, None));
        assert_eq!(texts(&file.json), texts(&preview), "byte by byte what was seen");
        let told = proved(&file.json);
        assert_eq!(told.iter().map(|told| text(told, "/number")).collect::<Vec<_>>(), world.numbers, "those that are over");
        let pseudonyms: Vec<_> = told.iter().map(|told| [by(told, "assignment_on_scene"), by(told, "unit_assigned")]).collect();
        assert_eq!(pseudonyms[0], pseudonyms[1], "the same officer is the same within a file");
        assert_ne!(pseudonyms[0][0], pseudonyms[0][1], "the dispatcher is somebody else");
        named.extend(pseudonyms[0].clone());
    }
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), 4, "two files cannot be joined: {named:?}");
}

#[tokio::test]
async fn a_second_person_with_the_right_decides_and_once() {
    let world = World::open().await;
    for wrong in [json!({ "by": "time", "from_us": NOW.plus(-40 * Micros::DAY), "until_us": NOW }), json!({ "by": "time", "from_us": NOW, "until_us": NOW.plus(Micros::DAY) })] {
        let refused = world.house.call(&world.chief, "POST", AT, json!({ "request_ref": REQUEST, "basis": BASIS, "scope": wrong })).await;
        assert_eq!(refusal(&refused), (422, "oversight.disclosure.scope".into()));
    }
    let at = world.asked(&world.chief).await;
    let seen = text(&world.preview(&world.chief, &at).await, "/entries_sha256");
    assert_eq!(refusal(&world.release(&world.chief, &at, &seen, &[]).await), (403, "oversight.disclosure.same_person".into()));
    let refuse = json!({ "reason": "第 18 條第 1 項第 6 款" });
    let alone = world.house.call(&world.chief, "POST", &format!("{at}/refuse"), refuse.clone()).await;
    assert_eq!(refusal(&alone), (403, "oversight.disclosure.same_person".into()));
    for who in [&world.inspector, &world.officer, &world.dispatcher] {
        assert_eq!(world.release(who, &at, &seen, &[]).await.status, 403, "{who:?}");
        assert_eq!(world.get(who, &format!("{at}/preview")).await.status, 403, "{who:?}");
    }
    assert_eq!(world.get(&world.officer, AT).await.status, 403);
    assert_eq!(world.get(&world.officer, &format!("{at}/file")).await.status, 403);
    assert_eq!(refusal(&world.get(&world.auditor, &format!("{at}/file")).await), (409, "oversight.disclosure.not_released".into()));

    // Two at once: one wins, and only the winner's leaves are written.
    let other = world.house.person(Role::Supervisor);
    let (one, two) = tokio::join!(world.release(&world.auditor, &at, &seen, &[]), world.release(&other, &at, &seen, &[]));
    let lost = if one.status == 200 { &two } else { &one };
    assert_eq!((one.status.min(two.status), refusal(lost)), (200, (409, "oversight.disclosure.settled".into())));
    assert_eq!(world.said(&at, "disclosed").await.len(), 2);
    for path in ["release", "refuse"] {
        let body = if path == "refuse" { refuse.clone() } else { json!({ "entries_sha256": seen }) };
        let again = world.house.call(&other, "POST", &format!("{at}/{path}"), body).await;
        assert_eq!(refusal(&again), (409, "oversight.disclosure.settled".into()), "{path}");
    }
    assert_eq!(refusal(&world.get(&other, &format!("{at}/preview")).await), (409, "oversight.disclosure.settled".into()));

    let at = world.asked(&world.auditor).await;
    let refused = done(&world.house, &world.chief, &format!("{at}/refuse"), refuse).await;
    assert_eq!(text(&refused, "/state"), "refused");
    assert_eq!(refusal(&world.release(&other, &at, &seen, &[]).await), (409, "oversight.disclosure.settled".into()));
    assert_eq!(refusal(&world.get(&world.chief, &format!("{AT}/01890000-0000-7000-8000-000000000000/preview")).await), (404, "http.not_found".into()));
}

#[tokio::test]
async fn only_what_the_decider_has_seen_is_released() {
    let world = World::open().await;
    let at = world.asked(&world.chief).await;
    let seen = text(&world.preview(&world.auditor, &at).await, "/entries_sha256");
    assert!(world.said(&at, "GET /v1/oversight/disclosures/{id}/preview").await[0].contains(&seen), "the log says what was looked at");
    let unseen = world.house.call(&world.auditor, "POST", &format!("{at}/release"), json!({})).await;
    assert_eq!(unseen.status, 400, "who says nothing has seen nothing: {}", unseen.json);
    assert_eq!(refusal(&world.release(&world.auditor, &at, "", &[]).await), (409, "oversight.disclosure.changed".into()));
    // An incident of that time ends meanwhile.
    let close = format!("/v1/incidents/{}/close", text(&world.running, "/id"));
    done(&world.house, &world.dispatcher, &close, json!({ "code": "unfounded", "note": "" })).await;
    assert_eq!(refusal(&world.release(&world.auditor, &at, &seen, &[]).await), (409, "oversight.disclosure.changed".into()));
    assert!(world.said(&at, "disclosed").await.is_empty(), "nothing was written for it");
    world.released(&world.auditor, &at).await;
    let file = world.get(&world.auditor, &format!("{at}/file")).await.json;
    assert_eq!(proved(&file).len(), 3);
}

#[tokio::test]
async fn what_is_kept_back_is_named_in_the_log_and_not_in_the_file_and_unknown_numbers_are_refused() {
    let world = World::open().await;
    let [given, kept] = &world.numbers;
    let at = world.asked(&world.chief).await;
    let seen = text(&world.preview(&world.auditor, &at).await, "/entries_sha256");
    let running = text(&world.running, "/number");
    let unknown = world.release(&world.auditor, &at, &seen, &[kept, "115-0101-9999", &running]).await;
    assert_eq!(refusal(&unknown), (422, "oversight.disclosure.unknown_numbers".into()));
    let named = text(&unknown.json, "/params/numbers");
    assert!(named.contains("115-0101-9999") && named.contains(&running) && !named.contains(kept.as_str()), "{}", unknown.json);
    let all = world.release(&world.auditor, &at, &seen, &[given, kept]).await;
    assert_eq!(refusal(&all), (422, "oversight.disclosure.nothing".into()));
    assert!(world.said(&at, "disclosure.decided").await.is_empty(), "nothing was released so far");

    let released = world.release(&world.auditor, &at, &seen, &[kept, kept]).await;
    assert_eq!(released.status, 200, "{}", released.json);
    let said = world.said(&at, "disclosure.decided").await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains(&seen) && said[0].ends_with(&format!("kept back: {kept}")), "{said:?}");
    let file = world.get(&world.inspector, &format!("{at}/file")).await;
    assert_eq!((file.json["kept_back"].as_u64(), proved(&file.json).len()), (Some(1), 1));
    let bytes = String::from_utf8(file.bytes).unwrap();
    assert!(bytes.contains(given.as_str()) && !bytes.contains(kept.as_str()), "{bytes}");
}

#[tokio::test]
async fn a_sealed_incident_is_given_to_nobody_also_not_by_its_members() {
    let world = World::open().await;
    let [sealed, open] = &world.numbers;
    let early = world.asked(&world.auditor).await;
    let seen = text(&world.preview(&world.chief, &early).await, "/entries_sha256");
    let seal = world.seal(sealed, OTHER_PLATE).await;
    // Sealed between looking and releasing.
    assert_eq!(refusal(&world.release(&world.chief, &early, &seen, &[]).await), (409, "oversight.disclosure.changed".into()));

    let at = world.asked(&world.auditor).await;
    let preview = world.get(&world.chief, &format!("{at}/preview")).await;
    assert_eq!(entries(&preview.json).len(), 1, "a member sees the rest: {}", preview.json);
    assert!(!String::from_utf8(preview.bytes).unwrap().contains(sealed.as_str()));
    let seen = text(&preview.json, "/entries_sha256");
    // Its number is answered as one that nobody knows, and so is a request for it alone.
    let answers = [world.release(&world.chief, &at, &seen, &[sealed]).await, world.release(&world.chief, &at, &seen, &["115-0101-9999"]).await];
    let [of_sealed, of_none] = answers.map(|answer| (answer.status, String::from_utf8(answer.bytes).unwrap()));
    assert_eq!(of_sealed.1.replace(sealed.as_str(), "…"), of_none.1.replace("115-0101-9999", "…"));
    assert_eq!((of_sealed.0, of_none.0), (422, 422));
    for number in [sealed.as_str(), "115-0101-9999"] {
        let alone = world.asked_for(&world.auditor, json!({ "by": "incident", "number": number })).await;
        assert_eq!(refusal(&world.get(&world.chief, &format!("{alone}/preview")).await), (422, "oversight.disclosure.nothing".into()), "{number}");
        assert_eq!(refusal(&world.release(&world.chief, &alone, &seen, &[]).await), (422, "oversight.disclosure.nothing".into()), "{number}");
    }
    world.released(&world.chief, &at).await;
    let said = world.said(&at, "disclosure.decided").await;
    assert!(said.len() == 2 && said[1].ends_with(&format!("sealed and not given out: {sealed}")) && !said[0].contains(sealed.as_str()), "{said:?}");
    let log = world.get(&world.auditor, "/v1/oversight/audit?limit=200").await;
    assert_eq!(log.status, 200);
    assert!(!String::from_utf8(log.bytes).unwrap().contains(sealed.as_str()), "while it is sealed the auditor is not told either");
    let file = world.get(&world.chief, &format!("{at}/file")).await;
    assert_eq!(file.json["kept_back"].as_u64(), Some(0), "what is sealed is not counted");
    assert_eq!(proved(&file.json).iter().map(|told| text(told, "/number")).collect::<Vec<_>>(), [open.clone()], "proofs hold while something is sealed");
    assert!(!String::from_utf8(file.bytes).unwrap().contains(sealed.as_str()));

    // By a plate that its words name; then there is nothing left.
    world.lift(&seal).await;
    assert_eq!(entries(&world.preview(&world.chief, &early).await).len(), 2, "nothing is sealed now");
    world.seal("115-密-77", PLATE).await;
    assert_eq!(refusal(&world.get(&world.chief, &format!("{early}/preview")).await), (422, "oversight.disclosure.nothing".into()));
}

#[tokio::test]
async fn a_file_from_before_a_seal_is_shown_to_nobody_while_the_seal_lasts() {
    let world = World::open().await;
    let old = world.asked(&world.chief).await;
    world.released(&world.auditor, &old).await;
    let file = format!("{old}/file");
    let before = world.get(&world.inspector, &file).await;
    assert_eq!(before.status, 200);
    let seal = world.seal(&world.numbers[0], OTHER_PLATE).await;
    for who in [&world.inspector, &world.auditor, &world.chief] {
        assert_eq!(refusal(&world.get(who, &file).await), (409, "oversight.disclosure.older_than_seal".into()), "{who:?}");
    }
    let new = world.asked(&world.chief).await;
    world.released(&world.auditor, &new).await;
    let after = world.get(&world.inspector, &format!("{new}/file")).await;
    assert_eq!((after.status, proved(&after.json).len()), (200, 1), "what is made after it is shown");
    world.lift(&seal).await;
    let again = world.get(&world.inspector, &file).await;
    assert_eq!((again.status, again.bytes), (200, before.bytes), "and the old one once it is lifted");
}

/// Hides what this world holds from auditors, and from nobody else.
const FIGHTS: &str = "@id(\"fights\") @why(\"主管專責\")\nforbid (principal in Role::\"auditor\", action, resource is Incident)\n\
    when { resource.kind == \"fight\" };\n";
/// Of nothing that is here: what is hidden is not known to whom it is hidden from.
const OTHERS: &str = "@id(\"others\") @why(\"主管專責\")\nforbid (principal in Role::\"auditor\", action, resource is Incident)\n\
    when { resource.kind == \"domestic_violence\" };\n";

#[tokio::test]
async fn from_whom_a_rule_hides_incidents_releases_no_file_that_lacks_them() {
    let world = World::open().await;
    let at = world.asked(&world.chief).await;
    let seen = text(&world.preview(&world.auditor, &at).await, "/entries_sha256");
    for rules in [FIGHTS, OTHERS] {
        world.house.app.rule_by(built_in_policies(MODULES).unwrap().and(rules, "policy.cedar").unwrap());
        let refused = (403, "oversight.disclosure.not_whole".to_owned());
        assert_eq!(refusal(&world.get(&world.auditor, &format!("{at}/preview")).await), refused, "{rules}");
        assert_eq!(refusal(&world.release(&world.auditor, &at, &seen, &[]).await), refused, "{rules}");
        assert_eq!(entries(&world.preview(&world.chief, &at).await).len(), 2, "whom the rule does not name sees all");
    }
    assert!(world.said(&at, "disclosure.decided").await.is_empty());
    let other = world.house.person(Role::Supervisor);
    world.released(&other, &at).await;
    let file = world.get(&world.inspector, &format!("{at}/file")).await;
    assert_eq!((file.status, proved(&file.json).len()), (200, 2));
}
