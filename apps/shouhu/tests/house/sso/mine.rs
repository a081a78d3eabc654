//! What a person sees of the tools that were let in, and what becomes of them when a yes is taken back.

use serde_json::{Value, json};
use shouhu_wire::Role;

use super::leaving::listening;
use super::world::{World, cli, grafana, key, payload, wiki};

fn ids(answer: &shouhu_http::testing::Answer) -> Vec<&str> {
    answer.json["items"].as_array().unwrap().iter().map(|tool| tool["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_person_sees_the_tools_of_all_own_sessions_and_nobody_elses() {
    let world = World::open().await;
    let (person, other) = (world.browser(Role::Detective, 1).await, world.browser(Role::Detective, 2).await);
    let none = world.agreed(&person).await;
    assert_eq!((none.status, none.json), (200, json!({ "items": [] })));
    world.code(&person, &wiki()).await;
    world.code(&person, &cli()).await;
    world.code(&other, &grafana()).await;
    let seen = world.agreed(&person).await;
    let mut found = ids(&seen);
    found.sort_unstable();
    assert_eq!(found, ["cli", "wiki"], "{}", seen.json);
    let at_wiki = seen.json["items"].as_array().unwrap().iter().find(|tool| tool["id"] == "wiki").unwrap();
    assert_eq!((&at_wiki["title_zh"], &at_wiki["claims"], &at_wiki["sessions"], &at_wiki["is_here"]), (&json!("工具"), &json!(["name", "role"]), &json!(1), &json!(true)));
    assert!(at_wiki["said_yes_at_us"].as_i64().is_some_and(|at| at > 0), "{at_wiki}");
    assert_eq!(ids(&world.agreed(&other).await), ["grafana"]);

    let newest = world.house.app.audit.page(None, 1).await.unwrap().remove(0).entry;
    assert_eq!((newest.action.as_str(), newest.object.as_str()), ("GET /v1/sso/tools", "one's own tools: grafana"), "who looks stands on the log");
    world.session_is(&other, "ended_at_us = seen_at_us").await;
    assert_eq!(key(&world.agreed(&other).await), "identity.session_required");
}

#[tokio::test]
async fn a_yes_that_is_taken_back_takes_codes_and_tokens_along_and_the_tool_is_told() {
    let (world, ear) = listening().await;
    let (person, other) = (world.browser(Role::Detective, 1).await, world.browser(Role::Detective, 2).await);
    let given = world.tokens(&person, &wiki()).await;
    let waiting = world.code(&person, &wiki()).await;
    let at_grafana = world.tokens(&person, &grafana()).await;
    let of_other = world.tokens(&other, &wiki()).await;

    assert_eq!(world.take_back(&person, "wiki").await.status, 204);
    assert_eq!(world.last_leaf().await, "tool wiki: the person takes the yes back, 1 sign-ins, 2 codes and tokens");
    assert_eq!(ids(&world.agreed(&person).await), ["grafana"]);
    assert_eq!(world.userinfo(&given["access_token"]).await.status, 401);
    let late = world.redeem(&wiki(), &waiting).await;
    assert_eq!((late.status, &late.json["error"]), (400, &json!("invalid_grant")), "{}", late.json);
    assert!(world.last_leaf().await.ends_with("has taken the yes back"), "{}", world.last_leaf().await);
    assert_eq!(world.userinfo(&at_grafana["access_token"]).await.status, 200, "another tool goes on");
    assert_eq!(world.userinfo(&of_other["access_token"]).await.status, 200, "and so does somebody else");

    world.house.settle().await;
    let claims = ear.claims();
    let [told] = claims.as_slice() else { panic!("{claims:?}") };
    let said = payload(given["id_token"].as_str().unwrap());
    assert_eq!((&told["sub"], &told["sid"]), (&said["sub"], &said["sid"]));

    assert_eq!(world.decide(&person, &wiki().query(""), "ask").await.json["step"], "confirm", "the person is asked again");
    let anew = world.tokens(&person, &wiki()).await;
    assert_ne!(payload(anew["id_token"].as_str().unwrap())["sid"], said["sid"], "it is another sign-in");
    assert_eq!(world.userinfo(&given["access_token"]).await.status, 401, "and wakes nothing of the first one");
    assert_eq!(world.userinfo(&anew["access_token"]).await.status, 200);
}

#[tokio::test]
async fn nobody_takes_back_what_is_anothers_or_was_never_said() {
    let world = World::open().await;
    let (person, other) = (world.browser(Role::Detective, 1).await, world.browser(Role::Detective, 2).await);
    let given = world.tokens(&other, &wiki()).await;
    for tool in ["wiki", "grafana", "nobody", "%2e%2e"] {
        let refused = world.take_back(&person, tool).await;
        assert_eq!((refused.status, key(&refused)), (404, "http.not_found"), "{tool}: {}", refused.json);
    }
    assert_eq!(world.userinfo(&given["access_token"]).await.status, 200);
    let mut twice = Vec::new();
    for _ in 0..2 {
        twice.push(world.take_back(&other, "wiki").await.status);
    }
    assert_eq!(twice, [204, 404]);
}

#[tokio::test]
async fn a_tool_that_was_taken_out_of_the_file_is_seen_and_taken_back_all_the_same() {
    let world = World::open().await;
    let person = world.browser(Role::Detective, 1).await;
    world.tokens(&person, &grafana()).await;
    world.house.app.put(shouhu_sso::SsoSettings::default());
    let seen = world.agreed(&person).await;
    assert_eq!((&seen.json["items"][0]["title_zh"], &seen.json["items"][1]), (&json!("grafana"), &Value::Null), "{}", seen.json);
    assert_eq!(world.take_back(&person, "grafana").await.status, 204);
    world.house.settle().await;
    let jobs = shouhu_jobs::list(&world.house.app.store, None, 20).await.unwrap();
    let told = jobs.iter().find(|job| job.kind == "sso.logout").unwrap();
    assert_eq!(told.state, shouhu_jobs::JobState::Done, "there is nobody left to be told");
}
