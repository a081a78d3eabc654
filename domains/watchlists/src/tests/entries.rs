use proptest::prelude::*;
use serde_json::{Value, json};
use shouhu_ids::Micros;
use shouhu_wire::Role;

use super::{MODULES, World, key_of};
use crate::index::ActiveList;
use crate::model::EntryState;

/// Every reading is compared in memory first, where it arrives: a list of yesterday would let a wanted vehicle pass.
#[tokio::test]
async fn what_one_server_put_in_force_every_other_has_in_memory_though_its_reactions_are_done() {
    let world = World::open().await;
    let south = world.house.beside(MODULES).await;
    world.in_force("ABC1234").await;
    world.house.settle().await;
    let (here, there) = (world.house.app.room::<ActiveList>(), south.app.room::<ActiveList>());
    assert!(here.version() > there.version());
    let reactors = shouhu_http::wiring::reactors(&south.app);
    let heard = shouhu_bus::publish_waiting(&south.app.store, &south.app.hub, &reactors).await.unwrap_or_else(|e| panic!("{e}"));
    assert!(heard > 0, "the other server has numbered them");
    assert_eq!(here.version(), there.version());
}

#[tokio::test]
async fn one_person_alone_puts_nothing_in_force() {
    let world = World::open().await;
    let proposed = world.post(&world.supervisor, "/v1/watchlists/entries", world.proposal("abc-1234")).await;
    assert_eq!((proposed.json["state"].as_str(), proposed.json["display"].as_str()), (Some("proposed"), Some("ABC-1234")));
    let path = format!("/v1/watchlists/entries/{}/approve", super::id_of(&proposed));
    assert_eq!(key_of(&world.post(&world.supervisor, &path, Value::Null).await), (409, "watchlists.approve.same_person"));
    world.pass(&[world.seen("ABC1234")]).await;
    assert!(world.hits().await.is_empty(), "a proposal matches nothing");
    let approved = world.post(&world.detective, &path, Value::Null).await;
    assert_eq!((approved.status, approved.json["state"].as_str()), (200, Some("active")));
    assert_eq!(key_of(&world.post(&world.detective, &path, Value::Null).await), (409, "watchlists.approve.not_proposed"));
}

#[tokio::test]
async fn each_role_does_only_its_part() {
    let world = World::open().await;
    let id = world.propose(world.proposal("ABC1234")).await;
    let [officer, auditor, operator] = [Role::Officer, Role::Auditor, Role::Operator].map(|role| world.house.person(role));
    let device = world.house.device("cam");
    for caller in [&officer, &operator, &device] {
        let answer = world.get(caller, "/v1/watchlists/entries").await;
        assert!(matches!(answer.status, 401 | 403), "{}", answer.status);
    }
    assert_eq!(world.get(&auditor, "/v1/watchlists/entries").await.status, 200);
    assert_eq!(world.post(&auditor, "/v1/watchlists/entries", world.proposal("XYZ1234")).await.status, 403);
    assert_eq!(world.post(&world.dispatcher, &format!("/v1/watchlists/entries/{id}/approve"), Value::Null).await.status, 403);
    assert_eq!(
        world.post(&world.dispatcher, &format!("/v1/watchlists/entries/{id}/refuse"), json!({"reason": "x"})).await.status,
        403
    );
    assert_eq!(world.get(&auditor, "/v1/hits").await.status, 403);
    assert!(matches!(world.get(&world.supervisor, "/v1/watchlists/delta").await.status, 401 | 403));
    assert_eq!(world.get(&device, "/v1/watchlists/delta").await.status, 200);
}

#[tokio::test]
async fn the_same_plate_on_the_same_basis_is_proposed_once() {
    let world = World::open().await;
    let first = world.in_force("ABC-1234").await;
    let again = world.post(&world.detective, "/v1/watchlists/entries", world.proposal("ａｂｃ1234")).await;
    assert_eq!(key_of(&again), (409, "watchlists.propose.duplicate"));
    let mut other_basis = world.proposal("ABC1234");
    other_basis["legal_basis"] = json!("wanted_person");
    assert_eq!(world.post(&world.detective, "/v1/watchlists/entries", other_basis).await.status, 200);
    assert_eq!(world.withdraw(first).await.status, 200);
    assert_eq!(world.post(&world.detective, "/v1/watchlists/entries", world.proposal("ABC1234")).await.status, 200);
}

#[tokio::test]
async fn a_proposal_that_breaks_a_rule_says_which() {
    let world = World::open().await;
    let refused = |field: &'static str, value: Value| {
        let mut body = world.proposal("ABC1234");
        body[field] = value;
        let world = &world;
        async move {
            let answer = world.post(&world.detective, "/v1/watchlists/entries", body).await;
            (answer.status, answer.json["key"].as_str().unwrap_or_default().to_owned())
        }
    };
    assert_eq!(refused("pattern", json!("")).await, (422, "plate.empty".into()));
    assert_eq!(refused("legal_basis", json!("police_observation")).await, (422, "watchlists.entry.observe_only".into()));
    assert_eq!(refused("expires_at_us", json!(0)).await, (422, "watchlists.entry.expiry_past".into()));
    assert_eq!(refused("action", json!("arrest")).await, (400, "http.body.invalid".into()));
}

#[tokio::test]
async fn the_list_is_searched_forgivingly_and_paged() {
    let world = World::open().await;
    for pattern in ["ABC-1234", "XYZ-9876", "QQQ-5555"] {
        let mut body = world.proposal(pattern);
        body["owner"] = json!(if pattern == "XYZ-9876" { "臺南市第一分局" } else { "永康分局" });
        world.in_force_as(body).await;
    }
    let count = |query: &'static str| {
        let world = &world;
        async move {
            world.get(&world.dispatcher, &format!("/v1/watchlists/entries?{query}")).await.json["items"]
                .as_array()
                .map_or(99, Vec::len)
        }
    };
    for query in ["q=abc-1234", "q=ABC1234", "q=%EF%BC%A1bc", "q=%E5%8F%B0%E5%8D%97", "q=%E6%B0%B8%E5%BA%B7%20qqq"] {
        assert_eq!(count(query).await, 1, "{query}");
    }
    assert_eq!(count("q=%25").await, 0, "a percent sign is a character, not a wildcard of the database");
    assert_eq!(count("state=active").await, 3);
    assert_eq!(count("state=expired").await, 0);
    assert_eq!(count("legal_basis=wanted_person").await, 0);
    let first = world.get(&world.dispatcher, "/v1/watchlists/entries?limit=2").await;
    let next = first.json["next_cursor"].as_str().unwrap_or_default().to_owned();
    let second = world.get(&world.dispatcher, &format!("/v1/watchlists/entries?limit=2&cursor={next}")).await;
    assert_eq!((first.json["items"].as_array().map(Vec::len), second.json["items"].as_array().map(Vec::len)), (Some(2), Some(1)));
    assert_eq!(second.json["next_cursor"], Value::Null);
    world.clock.advance_us(31 * Micros::DAY);
    assert_eq!(count("state=active").await, 0, "expired entries are shown as such before the sweep has marked them");
    assert_eq!(count("state=expired").await, 3);
}

#[tokio::test]
async fn a_device_hears_of_what_is_in_force_and_of_what_left_force_and_of_nothing_else() {
    let world = World::open().await;
    let device = world.house.device("cam");
    let first = world.in_force("ABC1234").await;
    let refused = world.propose(world.proposal("XYZ1234")).await;
    world.post(&world.supervisor, &format!("/v1/watchlists/entries/{refused}/refuse"), json!({"reason": "無依據"})).await;
    let full = world.get(&device, "/v1/watchlists/delta?since=0").await.json;
    assert_eq!((full["is_full"].as_bool(), full["entries"].as_array().map(Vec::len)), (Some(true), Some(1)));
    assert!(full["entries"][0].get("reason").is_none(), "a device is told nothing about why");
    let version = full["version"].as_i64().unwrap_or_default();
    world.withdraw(first).await;
    let second = world.in_force("QQQ1234").await;
    let delta = world.get(&device, &format!("/v1/watchlists/delta?since={version}")).await.json;
    let told: Vec<(String, bool)> = delta["entries"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|e| (e["id"].as_str().unwrap_or_default().to_owned(), e["is_active"].as_bool().unwrap_or_default()))
        .collect();
    assert_eq!(told, [(first.to_string(), false), (second.to_string(), true)]);
    assert_eq!(delta["is_full"].as_bool(), Some(false));
    let ahead = world.get(&device, "/v1/watchlists/delta?since=999999").await.json;
    assert_eq!((ahead["is_full"].as_bool(), ahead["entries"].as_array().map(Vec::len)), (Some(true), Some(1)));
}

#[tokio::test]
async fn legal_bases_are_listed_with_their_articles() {
    let world = World::open().await;
    let items = world.get(&world.dispatcher, "/v1/watchlists/legal-bases").await.json["items"].clone();
    assert_eq!(items.as_array().map(Vec::len), Some(crate::bases::LEGAL_BASES.len()));
    assert!(items[0].get("max_days").is_some() && items[0].get("aliases").is_none());
}

#[derive(Debug, Clone, Copy)]
enum Step {
    ApproveOwn,
    ApproveOther,
    Refuse,
    Withdraw,
    Days(i64),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::ApproveOwn),
        Just(Step::ApproveOther),
        Just(Step::Refuse),
        Just(Step::Withdraw),
        (1_i64..25).prop_map(Step::Days),
        Just(Step::Sweep),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The routes and the state machine agree, whatever people do in whatever order, and exactly what is in force matches.
    #[test]
    fn an_entry_walks_only_along_its_states(steps in proptest::collection::vec(step(), 1..8)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap_or_else(|e| panic!("{e}"));
        runtime.block_on(async move {
            let world = World::open().await;
            let id = world.propose(world.proposal("ABC1234")).await;
            let (mut state, mut days) = (EntryState::Proposed, 0);
            for step in steps {
                let at = |act: &str| format!("/v1/watchlists/entries/{id}/{act}");
                let why = json!({"reason": "r"});
                let (next, answer) = match step {
                    Step::ApproveOwn => (None, Some(world.post(&world.detective, &at("approve"), Value::Null).await)),
                    Step::ApproveOther => ((days < 30).then_some(EntryState::Active), Some(world.post(&world.supervisor, &at("approve"), Value::Null).await)),
                    Step::Refuse => (Some(EntryState::Refused), Some(world.post(&world.supervisor, &at("refuse"), why).await)),
                    Step::Withdraw => (Some(EntryState::Withdrawn), Some(world.post(&world.detective, &at("withdraw"), why).await)),
                    Step::Days(more) => {
                        days += more;
                        world.clock.advance_us(more * Micros::DAY);
                        ((days >= 30 && state == EntryState::Active).then_some(EntryState::Expired), None)
                    }
                    Step::Sweep => {
                        crate::jobs::sweep_now(&world.house.app.store).await.unwrap_or_else(|e| panic!("{e}"));
                        (None, None)
                    }
                };
                let allowed = next.filter(|next| state.may_become(*next));
                if let Some(answer) = answer {
                    assert_eq!(answer.status == 200, allowed.is_some(), "{step:?} in {state:?}: {}", answer.json);
                }
                state = allowed.unwrap_or(state);
                let shown = crate::store::entry(&world.house.app.store, id).await.ok().flatten().map(|entry| entry.state);
                assert_eq!(shown, Some(state), "after {step:?}");
                let list = world.house.app.room::<ActiveList>();
                list.refresh(&world.house.app.store).await.unwrap_or_else(|e| panic!("{e}"));
                assert_eq!(list.pattern(id, world.now()).is_some(), state == EntryState::Active, "after {step:?}");
            }
        });
    }
}
