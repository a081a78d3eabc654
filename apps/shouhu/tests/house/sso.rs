//! The house as an OpenID provider for the force's own tools, through the whole house: what a tool is told, what is refused, and when it ends (ADR 0026).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod leaving;
mod mine;
mod world;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_http::built_in_policies;
use shouhu_http::testing::Answer;
use shouhu_ids::Micros;
use shouhu_module::Module;
use shouhu_oidc::{OidcRefused, token_form};
use shouhu_wire::Role;
use world::{AUTHORIZE, Browser, LOOK, Tool, World, cli, grafana, key, payload, request, wiki};

/// The words of RFC 6749 §5.2, with our own key beside them.
fn refused(what: &str, wanted: (u16, &str), answer: &Answer) {
    assert_eq!((answer.status, answer.json["error"].as_str().unwrap_or_default()), wanted, "{what}: {}", answer.json);
    assert_eq!(key(answer), format!("sso.token.{}", wanted.1), "{what}");
    assert!(answer.json.get("id_token").is_none(), "{what}");
}

const GRANT: (u16, &str) = (400, "invalid_grant");
const CLIENT: (u16, &str) = (401, "invalid_client");
const REQUEST: (u16, &str) = (400, "invalid_request");

#[tokio::test]
async fn a_person_says_yes_once_in_a_session_and_the_tool_learns_what_its_entry_asks_for_and_no_more() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let metadata = world.metadata().await;
    assert_eq!((metadata.authorization_endpoint.as_str(), metadata.sends_iss), ("http://localhost:8470/authorize", true));
    assert_eq!(metadata.token_endpoint, "http://localhost:8470/v1/sso/token");

    let asked = world.decide(&browser, &tool.query(""), "ask").await;
    assert_eq!((asked.status, &asked.json["step"], &asked.json["url"]), (200, &json!("confirm"), &Value::Null), "{}", asked.json);
    let shown = json!({ "id": "wiki", "title_zh": "工具", "title_en": "Tool", "host": "wiki.example", "claims": ["role", "name"] });
    assert_eq!(asked.json["tool"], shown, "the person is told what the tool will be told");

    let given = world.tokens(&browser, &tool).await;
    let who = world.believed(&tool, &given["id_token"]).await.unwrap();
    assert_eq!((who.authenticated_at_s, who.acr.as_deref()), (world::NOW.0 / Micros::SECOND, Some("phr")));
    assert_eq!(world.believed(&grafana(), &given["id_token"]).await, Err(OidcRefused::Audience));
    let said = payload(given["id_token"].as_str().unwrap());
    let mut names: Vec<&str> = said.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["acr", "amr", "aud", "auth_time", "exp", "iat", "iss", "name", "nonce", "role", "sid", "sub"]);
    assert_eq!((&said["name"], &said["role"], &said["amr"]), (&json!("detective"), &json!("detective"), &json!(["pop", "user", "mfa"])));
    assert!(!said.to_string().contains(&browser.actor.to_string()), "the account's own id is nobody's: {said}");
    assert_eq!((&given["token_type"], &given["expires_in"], given.get("refresh_token")), (&json!("Bearer"), &json!(300), None));
    let told = world.userinfo(&given["access_token"]).await;
    assert_eq!((told.status, &told.json), (200, &json!({ "sub": who.subject, "name": "detective", "role": "detective" })));
    assert_eq!(told.headers["cache-control"], "no-store");

    let leaves = world.leaves().await;
    assert!(leaves.len() == 5 && leaves.iter().all(|leaf| leaf.starts_with("tool wiki: ")), "asked, said yes, a code, given, told: {leaves:?}");
    assert!(leaves[1].contains(&who.subject) && leaves[2].contains("to be told name role"), "{leaves:?}");
    assert_eq!(leaves[3], "tool wiki: the person says yes, to be told name role");

    let again = world.decide(&browser, &tool.query(""), "ask").await;
    assert_eq!(again.json["step"], "go", "nobody is asked twice in a session: {}", again.json);
    assert_eq!(world.decide(&browser, &tool.query("&prompt=consent"), "ask").await.json["step"], "confirm", "but when the tool wants it");
    let next = world.browser(Role::Detective, 2).await;
    assert_eq!(world.decide(&next, &tool.query(""), "ask").await.json["step"], "confirm", "and nobody answers for another session");
}

#[tokio::test]
async fn a_tool_learns_nothing_from_another_tools_name_for_the_same_person() {
    let world = World::open().await;
    let (browser, other) = (world.browser(Role::Detective, 1).await, world.browser(Role::Detective, 2).await);
    let at_wiki = payload(world.tokens(&browser, &wiki()).await["id_token"].as_str().unwrap());
    let again = payload(world.tokens(&browser, &wiki()).await["id_token"].as_str().unwrap());
    let at_grafana = payload(world.tokens(&browser, &grafana()).await["id_token"].as_str().unwrap());
    assert_eq!((&at_wiki["sub"], &at_wiki["sid"]), (&again["sub"], &again["sid"]));
    assert!(at_wiki["sub"] != at_grafana["sub"] && at_wiki["sid"] != at_grafana["sid"], "{at_wiki} {at_grafana}");
    assert!(at_grafana.get("name").is_none() && at_grafana.get("role").is_none(), "{at_grafana}");
    assert_ne!(payload(world.tokens(&other, &wiki()).await["id_token"].as_str().unwrap())["sub"], at_wiki["sub"]);
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_its_verifier_its_address_and_its_tool() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let form = |code: &str| token_form(code, &tool.back, &tool.verifier);
    let other_verifier = token_form("CODE", &tool.back, &"w".repeat(43));
    let other_address = token_form("CODE", "https://wiki.example/back", &tool.verifier);
    for (what, form, why) in [("another verifier", other_verifier, "code_verifier is not the one"), ("another address", other_address, "redirect_uri is not the one")] {
        let code = world.code(&browser, &tool).await;
        refused(what, GRANT, &world.redeem_as(&tool, tool.secret, &form.replace("CODE", &code)).await);
        assert!(world.last_leaf().await.contains(why), "{}", world.last_leaf().await);
        refused("it is judged once", GRANT, &world.redeem(&tool, &code).await);
    }

    let code = world.code(&browser, &tool).await;
    let stolen = Tool { back: tool.back.clone(), verifier: tool.verifier.clone(), ..grafana() };
    refused("another tool's", GRANT, &world.redeem(&stolen, &code).await);
    assert!(world.last_leaf().await.starts_with("tool grafana: refused"), "{}", world.last_leaf().await);

    let code = world.code(&browser, &tool).await;
    world.clock.advance_us(60 * Micros::SECOND);
    refused("too late", GRANT, &world.redeem(&tool, &code).await);
    refused("never given", GRANT, &world.redeem(&tool, "made-up").await);

    let code = world.code(&browser, &tool).await;
    refused("another's secret", CLIENT, &world.redeem_as(&tool, grafana().secret, &form(&code)).await);
    refused("no secret", CLIENT, &world.redeem_as(&tool, None, &format!("{}&client_id=wiki", form(&code))).await);
    refused("a secret in the form", CLIENT, &world.redeem_as(&tool, None, &format!("{}&client_id=wiki&client_secret=hidden-of-wiki", form(&code))).await);
    let without = form(&code).split('&').filter(|pair| !pair.starts_with("code_verifier")).collect::<Vec<_>>().join("&");
    refused("no verifier", REQUEST, &world.redeem_as(&tool, tool.secret, &without).await);
    refused("twice", REQUEST, &world.redeem_as(&tool, tool.secret, &format!("{}&code={code}", form(&code))).await);
    let refresh = world.redeem_as(&tool, tool.secret, &form(&code).replace("authorization_code", "refresh_token")).await;
    refused("a refresh token", (400, "unsupported_grant_type"), &refresh);
    assert_eq!(world.redeem(&tool, &code).await.status, 200, "none of which has used it up");
}

#[tokio::test]
async fn a_code_that_is_shown_again_takes_back_what_it_gave() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let code = world.code(&browser, &tool).await;
    let given = world.redeem(&tool, &code).await.json;
    assert_eq!(world.userinfo(&given["access_token"]).await.status, 200);
    refused("again", GRANT, &world.redeem(&tool, &code).await);
    assert!(world.last_leaf().await.contains("the code was used before, and what it gave is taken back"), "{}", world.last_leaf().await);
    let told = world.userinfo(&given["access_token"]).await;
    assert_eq!((told.status, key(&told)), (401, "sso.userinfo.invalid_token"));
    assert_eq!(told.headers["www-authenticate"], "Bearer error=\"invalid_token\"");
    let leaves = world.leaves().await.len();
    for _ in 0..5 {
        refused("and again", GRANT, &world.redeem(&tool, &code).await);
    }
    assert_eq!(world.leaves().await.len(), leaves, "a stolen secret fills no log");

    let code = world.code(&browser, &tool).await;
    assert_eq!(world.redeem(&tool, &code).await.status, 200);
    let leaves = world.leaves().await.len();
    let show = || world.redeem(&tool, &code);
    let (one, two, three, four) = tokio::join!(show(), show(), show(), show());
    for answer in [one, two, three, four] {
        refused("four at once", GRANT, &answer);
    }
    assert_eq!(world.leaves().await.len(), leaves + 1, "nor by showing one code to many at once");
}

#[tokio::test]
async fn a_program_without_a_secret_is_bound_by_its_verifier_alone_and_nobody_can_leave_that_out() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Supervisor, 1).await, cli());
    let given = world.tokens(&browser, &tool).await;
    world.believed(&tool, &given["id_token"]).await.unwrap();
    assert_eq!(world.decide(&browser, &tool.query(""), "ask").await.json["step"], "confirm", "any program could call itself so: the person is asked each time");
    let silent = world.decide(&browser, &tool.query("&prompt=none"), "ask").await;
    assert!(silent.json["url"].as_str().unwrap().contains("error=consent_required"), "{}", silent.json);

    let code = world.code(&browser, &tool).await;
    let without = token_form(&code, &tool.back, "");
    refused("no verifier", REQUEST, &world.redeem_as(&tool, None, &format!("{without}&client_id=cli")).await);
    refused("an empty secret", CLIENT, &world.redeem_as(&tool, Some(""), &token_form(&code, &tool.back, &tool.verifier)).await);
    for (what, from, to) in [
        ("no challenge", "&code_challenge=", "&x="),
        ("plain", "code_challenge_method=S256", "code_challenge_method=plain"),
        ("no method", "code_challenge_method=S256", "x=S256"),
    ] {
        let answer = world.decide(&browser, &tool.query("").replace(from, to), "yes").await;
        let url = answer.json["url"].as_str().unwrap_or_default();
        assert!(url.starts_with(&tool.back) && url.contains("error=invalid_request"), "{what}: {}", answer.json);
        assert_eq!(tool.code(url).err(), Some(OidcRefused::Denied { code: "invalid_request".into() }), "{what}");
    }
}

#[tokio::test]
async fn what_comes_back_is_an_answer_to_what_was_asked() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let url = world.yes(&browser, &tool.query("")).await;
    assert_eq!(tool.code(&url.replace("state=s-1", "state=s-2")).err(), Some(OidcRefused::State));
    assert_eq!(tool.code(&url.replace("&iss=", "&x=")).err(), Some(OidcRefused::Mixed));
    let no = world.decide(&browser, &tool.query(""), "no").await;
    assert_eq!(tool.code(no.json["url"].as_str().unwrap()).err(), Some(OidcRefused::Denied { code: "access_denied".into() }));
    assert_eq!(world.last_leaf().await, "tool wiki: the person said no");
}

#[tokio::test]
async fn a_yes_is_of_the_person_whom_the_page_shows_and_of_nobody_who_signed_in_meanwhile() {
    let world = World::open().await;
    let (shown, other, tool) = (world.browser(Role::Detective, 1).await, world.browser(Role::Supervisor, 2).await, wiki());
    world.code(&other, &tool).await;
    let kept = world.kept().await;
    for decision in ["ask", "yes", "no"] {
        let refused = world.decide_shown(&other, shown.actor, &tool.query(""), decision).await;
        assert_eq!((refused.status, key(&refused)), (409, "sso.authorization.other_person"), "{decision}: {}", refused.json);
        assert_eq!(world.last_leaf().await, "refused: sso.authorization.other_person", "{decision}");
    }
    assert_eq!(world.kept().await, kept, "not even a tool that the other one has said yes to is let in");
    let unsaid = world.send(&other, "POST", AUTHORIZE, &json!({ "query": tool.query(""), "decision": "ask" }).to_string()).await;
    assert_eq!((unsaid.status, key(&unsaid)), (400, "http.body.invalid"), "and a page that shows nobody is none");
}

#[tokio::test]
async fn a_yes_whose_leaf_cannot_be_written_is_no_yes() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let mut tx = world.house.app.store.begin().await.unwrap();
    tx.execute("DROP TABLE audit_entry", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let withheld = world.decide(&browser, &tool.query(""), "yes").await;
    assert_eq!((withheld.status, key(&withheld)), (503, "audit.unavailable"), "{}", withheld.json);
    assert_eq!(world.kept().await, (0, 0), "the next request must not find a yes that stands on no log");
}

/// Neither the page's own question nor a decision ever names an address that is not the entry's.
async fn sent_nowhere(world: &World, browser: &Browser, query: &str, wanted: &str) {
    let looked = world.look(query).await;
    assert_eq!((looked.status, key(&looked)), (400, wanted), "{query}: {}", looked.json);
    let decided = world.decide(browser, query, "yes").await;
    assert_eq!((decided.status, key(&decided)), (400, wanted), "{query}: {}", decided.json);
    assert!(!decided.json.to_string().contains("evil"), "{}", decided.json);
}

#[tokio::test]
async fn a_browser_is_sent_nowhere_but_to_an_address_of_the_tools_entry() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let (unknown, other, unreadable) = ("sso.request.unknown_tool", "sso.request.other_address", "sso.request.unreadable");
    for evil in ["https://evil.example/", "https://wiki.example/back", "https://wiki.example/back?tenant=1&next=https://evil.example", "//evil.example", "javascript:alert(1)", ""] {
        let elsewhere = Tool { back: evil.to_owned(), ..wiki() };
        sent_nowhere(&world, &browser, &elsewhere.query(""), other).await;
    }
    sent_nowhere(&world, &browser, &Tool { back: grafana().back, ..wiki() }.query(""), other).await;
    sent_nowhere(&world, &browser, &tool.query("&redirect_uri=https://evil.example/"), other).await;
    sent_nowhere(&world, &browser, &tool.query("&client_id=grafana"), unknown).await;
    sent_nowhere(&world, &browser, &Tool { id: "evil", ..wiki() }.query(""), unknown).await;
    for rubbish in ["", "&&&", "client_id", "=&=", "client_id=wiki"] {
        let wanted = if rubbish == "client_id=wiki" { other } else { unknown };
        sent_nowhere(&world, &browser, rubbish, wanted).await;
    }
    for broken in ["&x=%ff", "&x=%", "&x=%c3%28", "&state=%ed%a0%80"] {
        sent_nowhere(&world, &browser, &tool.query(broken), unreadable).await;
    }
    sent_nowhere(&world, &browser, &tool.query(&format!("&x={}", "a".repeat(9_000))), unreadable).await;
    sent_nowhere(&world, &browser, &tool.query(&"&a=b".repeat(70)), unreadable).await;

    // What is asked in no good order is told to the tool, at its own address.
    for hostile in ["&state=s-2", "&scope=openid", "&request=eyJhbGciOiJub25lIn0.e30.", "&request_uri=https://evil.example/", "&response_mode=form_post", "&prompt=none%20login"] {
        let looked = world.look(&tool.query(hostile)).await;
        let url = looked.json["refused_url"].as_str().unwrap_or_default();
        assert!(looked.status == 200 && url.starts_with(&tool.back) && url.contains("error=") && !url.contains("evil"), "{hostile}: {}", looked.json);
        assert_eq!(world.decide(&browser, &tool.query(hostile), "yes").await.json["url"].as_str(), Some(url), "{hostile}");
    }
    let long = Tool { state: Box::leak("s".repeat(1_100).into_boxed_str()), ..wiki() };
    assert!(world.look(&long.query("")).await.json["refused_url"].as_str().unwrap().contains("error=invalid_request"));
}

#[tokio::test]
async fn a_role_that_the_entry_does_not_take_reads_why_and_a_rule_of_the_force_stops_more() {
    let world = World::open().await;
    let (officer, detective, tool) = (world.browser(Role::Officer, 1).await, world.browser(Role::Detective, 2).await, wiki());
    let asked = world.decide(&officer, &tool.query(""), "yes").await;
    assert_eq!(asked.json["step"], "refused", "{}", asked.json);
    assert_eq!(tool.code(asked.json["url"].as_str().unwrap()).err(), Some(OidcRefused::Denied { code: "access_denied".into() }));
    assert!(world.last_leaf().await.contains("does not take the role officer"), "{}", world.last_leaf().await);
    assert_eq!(world.decide(&officer, &tool.query("&prompt=none"), "ask").await.json["step"], "go", "a tool that wants no page is answered without one");
    let inspector = world.browser(Role::Inspector, 3).await;
    assert_eq!(key(&world.decide(&inspector, &tool.query(""), "yes").await), "identity.not_permitted");

    let given = world.tokens(&detective, &tool).await;
    let rule = "@id(\"no-tools\") @why(\"停用內部工具\")\nforbid (principal, action == Action::\"sso.sign_in\", resource);\n";
    world.house.app.put(built_in_policies(MODULES).unwrap().and(rule, "policy.cedar").unwrap());
    let refused = world.decide(&detective, &tool.query(""), "yes").await;
    assert_eq!((refused.status, key(&refused), &refused.json["params"]["rule"]), (403, "identity.not_permitted", &json!("no-tools")));
    assert_eq!(world.userinfo(&given["access_token"]).await.status, 401, "and what was given opens nothing any more");
}

#[tokio::test]
async fn nobody_is_asked_where_a_tool_wants_no_page() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let silent = tool.query("&prompt=none");
    let error = |url: &Value| tool.code(url.as_str().unwrap()).err();
    let denied = |code: &str| Some(OidcRefused::Denied { code: code.into() });
    assert_eq!(error(&world.look(&silent).await.json["silent_url"]), denied("login_required"), "nobody is signed in");
    assert_eq!(world.look(&tool.query("")).await.json["silent_url"], Value::Null);
    let answer = world.post(AUTHORIZE, &json!({ "query": silent, "decision": "ask" })).await;
    assert_eq!((answer.status, key(&answer)), (401, "identity.session_required"));

    assert_eq!(error(&world.decide(&browser, &silent, "ask").await.json["url"]), denied("consent_required"));
    world.code(&browser, &tool).await;
    let url = world.decide(&browser, &silent, "ask").await.json["url"].as_str().unwrap().to_owned();
    assert!(tool.code(&url).is_ok(), "the person has said yes in this session: {url}");
    world.clock.advance_us(2 * Micros::MINUTE);
    let fresh = Tool { max_age_s: 60, ..wiki() }.query("&prompt=none");
    assert_eq!(error(&world.decide(&browser, &fresh, "ask").await.json["url"]), denied("login_required"), "and touches nothing");
}

#[tokio::test]
async fn a_tool_that_wants_a_fresh_proof_gets_one_and_is_told_when_it_was() {
    let world = World::open().await;
    let browser = world.browser(Role::Detective, 1).await;
    world.clock.advance_us(2 * Micros::MINUTE);
    for (tool, more) in [(Tool { max_age_s: 60, ..wiki() }, ""), (Tool { max_age_s: 0, ..wiki() }, ""), (wiki(), "&prompt=login")] {
        let query = tool.query(more);
        assert_eq!(world.decide(&browser, &query, "yes").await.json["step"], "verify", "{more} {}", tool.max_age_s);
        world.clock.advance_us(Micros::SECOND);
        world.step_up(&browser).await;
        let touched_s = world.house.app.env.now().0 / Micros::SECOND;
        world.clock.advance_us(5 * Micros::SECOND);
        let code = tool.code(&world.yes(&browser, &query).await).unwrap();
        let given = world.redeem(&tool, &code).await.json;
        assert_eq!(world.believed(&tool, &given["id_token"]).await.unwrap().authenticated_at_s, touched_s);
        world.clock.advance_us(2 * Micros::MINUTE);
    }
}

static SERVER: &[Module] = &[shouhu_http::MODULE, shouhu_identity::MODULE, shouhu_sso::MODULE];

#[tokio::test]
async fn a_fresh_proof_that_one_server_asked_for_is_given_at_another_and_answers_the_request_once() {
    let mut world = World::open().await;
    let mut south = world.house.beside(SERVER).await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, Tool { max_age_s: 0, ..wiki() });
    let query = tool.query("");
    world.clock.advance_us(2 * Micros::MINUTE);
    assert_eq!(world.decide(&browser, &query, "yes").await.json["step"], "verify");
    world.clock.advance_us(Micros::SECOND);
    // What follows goes to the other server, as a balancer may send it.
    std::mem::swap(&mut world.house, &mut south);
    world.set("");
    world.step_up(&browser).await;
    world.clock.advance_us(Micros::SECOND);
    let code = tool.code(&world.yes(&browser, &query).await).unwrap();
    std::mem::swap(&mut world.house, &mut south);
    assert_eq!(world.redeem(&tool, &code).await.status, 200);
    assert_eq!(world.decide(&browser, &query, "yes").await.json["step"], "verify", "the same words again are another request");
}

#[tokio::test]
async fn a_session_that_nobody_has_verified_touches_the_passkey_before_a_tool_is_told() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let given = world.tokens(&browser, &tool).await;
    world.session_is(&browser, "verified_at_us = NULL, begun_by = 'https://idp.example'").await;
    assert_eq!(key(&world.decide(&browser, &tool.query(""), "yes").await), "identity.step_up_required");
    assert_eq!(world.userinfo(&given["access_token"]).await.status, 401, "a session that only another has vouched for vouches for nobody");
    world.clock.advance_us(Micros::SECOND);
    world.step_up(&browser).await;
    let again = world.tokens(&browser, &tool).await;
    assert_eq!(world.userinfo(&again["access_token"]).await.status, 200);
}

#[tokio::test]
async fn the_page_asks_of_which_tool_a_request_is_before_anybody_is_signed_in_and_a_copied_cookie_says_yes_to_nothing() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let looked = world.look(&tool.query("")).await;
    assert_eq!((looked.status, &looked.json["tool"]["host"], &looked.json["refused_url"]), (200, &json!("wiki.example"), &Value::Null));
    assert_eq!(tool.code(looked.json["denied_url"].as_str().unwrap()).err(), Some(OidcRefused::Denied { code: "access_denied".into() }));
    let body = json!({ "query": tool.query(""), "decision": "yes" }).to_string();
    let copied = world.house.answer(request("POST", AUTHORIZE, &[("cookie", &browser.cookie)], body.clone())).await;
    assert_eq!((copied.status, key(&copied)), (401, "identity.proof_required"));
    let elsewhere = [("cookie", browser.cookie.as_str()), ("origin", "https://evil.example")];
    assert_eq!(key(&world.house.answer(request("POST", AUTHORIZE, &elsewhere, body)).await), "identity.origin_refused");
}

#[tokio::test]
async fn a_request_that_comes_as_a_form_goes_to_the_page_as_it_is_whosever_page_sends_it() {
    let world = World::open().await;
    let (browser, tool) = (world.browser(Role::Detective, 1).await, wiki());
    let form = "application/x-www-form-urlencoded";
    let query = tool.query("");
    let sister = [("content-type", form), ("cookie", browser.cookie.as_str()), ("origin", "https://wiki.example"), ("sec-fetch-site", "same-site")];
    for headers in [&sister[..1], &sister[..]] {
        let sent = world.house.answer(request("POST", "/authorize", headers, query.clone())).await;
        assert_eq!((sent.status, sent.headers["location"].to_str().unwrap()), (303, format!("/authorize?{query}").as_str()), "{}", sent.json);
    }
    assert!(world.leaves().await.is_empty(), "nothing was said to anybody");
    let url = world.yes(&browser, &query).await;
    assert!(tool.code(&url).is_ok(), "and the page asks with the same query");

    for (what, media, body, wanted) in [
        ("no form", "application/json", query.as_str(), "sso.request.unreadable"),
        ("rubbish", form, "client_id=%zz", "sso.request.unreadable"),
        ("nobody's", form, "state=s-1", "sso.request.unknown_tool"),
    ] {
        let refused = world.house.answer(request("POST", "/authorize", &[("content-type", media)], body.to_owned())).await;
        assert_eq!((refused.status, key(&refused)), (400, wanted), "{what}: {}", refused.json);
    }
    let long = world.house.answer(request("POST", "/authorize", &sister[..1], format!("{query}&x={}", "a".repeat(9_000)))).await;
    assert_eq!((long.status, key(&long)), (413, "http.body.too_large"));
    // A house of tests has no built web app; the path is that of a page all the same.
    let page = world.house.answer(request("GET", "/authorize", &[], "")).await;
    assert_eq!((page.status, page.json["detail"].as_str()), (404, Some("the web app is not built")));
}

#[tokio::test]
async fn whoever_guesses_at_these_doors_waits() {
    let world = World::open().await;
    let tool = wiki();
    let mut last = world.redeem_as(&tool, Some("wrong"), &token_form("c", &tool.back, &tool.verifier)).await;
    refused("wrong", CLIENT, &last);
    for _ in 0..shouhu_identity::FAILURES_PER_MINUTE_MAX {
        last = world.redeem_as(&tool, Some("wrong"), &token_form("c", &tool.back, &tool.verifier)).await;
    }
    assert_eq!((last.status, key(&last)), (429, "identity.too_many_failures"));
    for path in [LOOK, "/v1/sso/userinfo"] {
        let answer = world.post(path, &json!({ "query": tool.query("") })).await;
        assert_eq!(key(&answer), "identity.too_many_failures", "{path}");
    }
    assert!(world.leaves().await.is_empty(), "strangers fill no log");
    world.clock.advance_us(Micros::MINUTE);
    assert_eq!(world.look(&tool.query("")).await.status, 200);
}
