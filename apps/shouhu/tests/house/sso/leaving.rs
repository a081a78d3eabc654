//! When what a tool was given ends: with the person's session, whatever ends that, within the seconds in which live screens close.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shouhu_ids::Micros;
use shouhu_jobs::JobState;
use shouhu_oidc::OidcRefused;
use shouhu_oidc::op::Params;
use shouhu_outgoing::Outgoing;
use shouhu_wire::Role;
use tokio::net::TcpListener;

use super::world::{Browser, World, grafana, key, payload, wiki};

#[tokio::test]
async fn what_was_given_opens_nothing_once_the_session_is_signed_out_disabled_blocked_idle_or_over() {
    let world = World::open().await;
    let tool = grafana();
    let endings = ["sign out", "disable", "block", "idle", "expire"];
    for (seed, how) in (1_u8..).zip(endings) {
        let browser = world.browser(Role::Detective, seed).await;
        let given = world.tokens(&browser, &tool).await;
        let waiting = world.code(&browser, &tool).await;
        assert_eq!(world.userinfo(&given["access_token"]).await.status, 200, "{how}");
        match how {
            "sign out" => assert_eq!(world.send(&browser, "POST", "/v1/identity/sign-out", "{}").await.status, 204),
            "disable" => world.disable(&browser).await,
            "block" => world.session_is(&browser, "trust_verdict = 'block'").await,
            "idle" => world.session_is(&browser, "seen_at_us = seen_at_us - 900000000").await,
            _ => world.session_is(&browser, "expires_at_us = seen_at_us").await,
        }
        let told = world.userinfo(&given["access_token"]).await;
        assert_eq!((told.status, key(&told)), (401, "sso.userinfo.invalid_token"), "{how}");
        let leaf = world.last_leaf().await;
        assert!(leaf.starts_with("tool grafana: told nothing, for session "), "{how}: {leaf}");
        let count = world.leaves().await.len();
        assert_eq!(world.userinfo(&given["access_token"]).await.status, 401);
        assert_eq!(world.leaves().await.len(), count, "{how}: the log hears of it once");
        let late = world.redeem(&tool, &waiting).await;
        assert_eq!((late.status, &late.json["error"]), (400, &json!("invalid_grant")), "{how}: nor does a code that was not used yet: {}", late.json);
    }
}

#[tokio::test]
async fn an_access_token_lives_as_long_as_the_entry_says_and_never_longer_than_the_session() {
    let world = World::open().await;
    let browser = world.browser(Role::Detective, 1).await;
    let given = world.tokens(&browser, &wiki()).await;
    world.clock.advance_us(299 * Micros::SECOND);
    assert_eq!(world.userinfo(&given["access_token"]).await.status, 200);
    world.clock.advance_us(Micros::SECOND);
    assert_eq!(world.userinfo(&given["access_token"]).await.status, 401);
    // One minute of the shift is left.
    let ends_at = world.house.app.env.now().plus(Micros::MINUTE).0;
    world.session_is(&browser, &format!("expires_at_us = {ends_at}")).await;
    let last = world.tokens(&browser, &grafana()).await;
    assert_eq!(last["expires_in"], 60);
    let said = payload(last["id_token"].as_str().unwrap());
    assert_eq!(said["exp"], ends_at / Micros::SECOND);
}

/// A tool that is told of those who leave.
#[derive(Default)]
pub struct Ear {
    heard: Mutex<Vec<String>>,
    is_deaf: Mutex<bool>,
    /// What it says beside its status.
    says: Mutex<String>,
}

async fn hear(State(ear): State<Arc<Ear>>, body: String) -> (StatusCode, String) {
    let said = ear.says.lock().unwrap().clone();
    if *ear.is_deaf.lock().unwrap() {
        return (StatusCode::SERVICE_UNAVAILABLE, said);
    }
    ear.heard.lock().unwrap().push(body);
    (StatusCode::OK, said)
}

impl Ear {
    /// Claims of the logout tokens, checked as far as a tool can without the house.
    pub fn claims(&self) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        let token = |form: &String| Params::parse(form.as_bytes()).unwrap().get("logout_token").unwrap().to_owned();
        heard
            .iter()
            .map(|form| {
                let token = token(form);
                let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
                assert_eq!((&header["typ"], &header["alg"]), (&json!("logout+jwt"), &json!("ES256")));
                payload(&token)
            })
            .collect()
    }
}

pub async fn listening() -> (World, Arc<Ear>) {
    listening_beside("").await
}

/// The wiki listens, and this stands in grafana's entry.
async fn listening_beside(of_grafana: &str) -> (World, Arc<Ear>) {
    let (world, ear) = (World::open().await, Arc::new(Ear::default()));
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.set_both(&format!("backchannel_logout_uri = \"http://{}/out\"\n", door.local_addr().unwrap()), of_grafana);
    world.house.app.put(Outgoing::new(world.house.app.env.net.clone(), true).unwrap());
    let router = Router::new().route("/out", post(hear)).with_state(ear.clone());
    tokio::spawn(async move { axum::serve(door, router).await.unwrap() });
    (world, ear)
}

/// As the server does it every two seconds.
async fn looked(world: &World) -> usize {
    let tellings = shouhu_sso::look_for_ended(&world.house.app).await.unwrap();
    world.house.settle().await;
    tellings
}

async fn signed_out(world: &World, browser: &Browser) {
    assert_eq!(world.send(browser, "POST", "/v1/identity/sign-out", "{}").await.status, 204);
}

#[tokio::test]
async fn a_tool_is_told_once_that_somebody_has_left_and_who_that_was_in_its_own_words() {
    let (world, ear) = listening().await;
    let (leaver, other) = (world.browser(Role::Detective, 1).await, world.browser(Role::Detective, 2).await);
    let at_wiki = payload(world.tokens(&leaver, &wiki()).await["id_token"].as_str().unwrap());
    world.tokens(&leaver, &grafana()).await;
    world.tokens(&other, &wiki()).await;
    assert_eq!(looked(&world).await, 0, "nobody has left");
    signed_out(&world, &leaver).await;
    assert_eq!((looked(&world).await, looked(&world).await), (1, 0), "and grafana wants to be told nothing");
    let claims = ear.claims();
    let [told] = claims.as_slice() else { panic!("{claims:?}") };
    let mut names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"], "and no nonce");
    assert_eq!((&told["sub"], &told["sid"], &told["aud"]), (&at_wiki["sub"], &at_wiki["sid"], &json!("wiki")));
    assert_eq!(told["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    let token = ear.heard.lock().unwrap()[0].trim_start_matches("logout_token=").to_owned();
    assert_eq!(world.believed(&wiki(), &json!(token)).await, Err(OidcRefused::Type), "it says nothing about who signs in");
}

#[tokio::test]
async fn whatever_ends_a_session_is_told_and_an_idle_screen_is_not() {
    let (world, ear) = listening().await;
    for (seed, how) in (1_u8..).zip(["disable", "block", "end", "expire"]) {
        let browser = world.browser(Role::Detective, seed).await;
        world.tokens(&browser, &wiki()).await;
        world.session_is(&browser, "seen_at_us = seen_at_us - 900000000").await;
        assert_eq!(looked(&world).await, 0, "{how}: idle alone");
        match how {
            "disable" => world.disable(&browser).await,
            "block" => world.session_is(&browser, "trust_verdict = 'block'").await,
            "end" => world.session_is(&browser, "ended_at_us = seen_at_us").await,
            _ => world.session_is(&browser, "expires_at_us = seen_at_us").await,
        }
        assert_eq!(looked(&world).await, 1, "{how}");
        assert_eq!(ear.claims().len(), usize::from(seed), "{how}");
    }
}

#[tokio::test]
async fn a_tool_that_does_not_listen_is_told_again_and_the_reason_is_seen() {
    let (world, ear) = listening().await;
    let browser = world.browser(Role::Detective, 1).await;
    world.tokens(&browser, &wiki()).await;
    *ear.is_deaf.lock().unwrap() = true;
    signed_out(&world, &browser).await;
    assert_eq!(looked(&world).await, 1);
    let jobs = shouhu_jobs::list(&world.house.app.store, None, 20).await.unwrap();
    let job = jobs.iter().find(|job| job.kind == "sso.logout").unwrap();
    assert_eq!((job.state, job.last_error.as_deref()), (JobState::Waiting, Some("answered 503")));
    *ear.is_deaf.lock().unwrap() = false;
    world.clock.advance_us(2 * Micros::SECOND);
    world.house.settle().await;
    assert_eq!(ear.claims().len(), 1);
}

/// After a shift's end it did so for minutes, and took webhooks and everything else along.
#[tokio::test]
async fn a_tool_that_takes_calls_and_never_answers_holds_up_no_other() {
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (world, ear) = listening_beside(&format!("backchannel_logout_uri = \"http://{}/out\"\n", deaf.local_addr().unwrap())).await;
    for seed in 1..=3 {
        let browser = world.browser(Role::Detective, seed).await;
        world.tokens(&browser, &wiki()).await;
        world.tokens(&browser, &grafana()).await;
        signed_out(&world, &browser).await;
    }
    let app = &world.house.app;
    assert_eq!(shouhu_sso::look_for_ended(app).await.unwrap(), 6);
    let running = tokio::spawn(shouhu_jobs::run(app.store.clone(), shouhu_http::wiring::workers(app), &[]));
    let (_held, _) = deaf.accept().await.unwrap();
    let mut states: Vec<JobState> = Vec::new();
    while states.iter().filter(|state| **state == JobState::Done).count() < 3 {
        tokio::task::yield_now().await;
        let jobs = shouhu_jobs::list(&app.store, None, 50).await.unwrap();
        states = jobs.into_iter().filter(|job| job.kind == "sso.logout").map(|job| job.state).collect();
    }
    let count = |wanted: JobState| states.iter().filter(|state| **state == wanted).count();
    assert_eq!((count(JobState::Running), count(JobState::Waiting), ear.claims().len()), (1, 2, 3), "one call is held, and all whom the other tool is told of are told");
    running.abort();
}

#[tokio::test]
async fn a_tool_may_answer_with_a_whole_page_and_what_it_refuses_is_kept_short() {
    let (world, ear) = listening().await;
    let browser = world.browser(Role::Detective, 1).await;
    world.tokens(&browser, &wiki()).await;
    *ear.says.lock().unwrap() = "y".repeat(100_000);
    *ear.is_deaf.lock().unwrap() = true;
    signed_out(&world, &browser).await;
    assert_eq!(looked(&world).await, 1);
    let job = async || {
        let jobs = shouhu_jobs::list(&world.house.app.store, None, 20).await.unwrap();
        jobs.into_iter().find(|job| job.kind == "sso.logout").unwrap()
    };
    let refused = job().await;
    assert_eq!(refused.last_error, Some(format!("answered 503 {}", "y".repeat(200))));
    *ear.is_deaf.lock().unwrap() = false;
    world.clock.advance_us(2 * Micros::SECOND);
    world.house.settle().await;
    assert_eq!((ear.claims().len(), job().await.state), (1, JobState::Done), "its status alone counts");
}

#[tokio::test]
async fn whoever_signs_in_anew_is_another_sign_in_at_the_tool() {
    let (world, ear) = listening().await;
    let browser = world.browser(Role::Detective, 1).await;
    let first = payload(world.tokens(&browser, &wiki()).await["id_token"].as_str().unwrap());
    world.session_is(&browser, "trust_verdict = 'block'").await;
    assert_eq!(looked(&world).await, 1);
    // Nobody has ended it, and the person has proved himself.
    world.session_is(&browser, "trust_verdict = 'allow'").await;
    assert_eq!(world.decide(&browser, &wiki().query(""), "ask").await.json["step"], "confirm", "the yes was taken back with the session");
    let second = payload(world.tokens(&browser, &wiki()).await["id_token"].as_str().unwrap());
    assert!(first["sub"] == second["sub"] && first["sid"] != second["sid"], "{first} {second}");
    signed_out(&world, &browser).await;
    assert_eq!(looked(&world).await, 1);
    let sids: Vec<Value> = ear.claims().into_iter().map(|claims| claims["sid"].clone()).collect();
    assert_eq!(sids, [first["sid"].clone(), second["sid"].clone()]);
}
