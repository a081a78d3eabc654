//! A house with three tools, people at browsers of their own, and what a tool does by itself. What it is told it judges by our own relying party's half (`shouhu_oidc`), which shares
//! no code with the half that tells it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{ActorId, Micros};
use shouhu_oidc::{
    Algorithm, Asked, AuthorizationRequest, ExpectedToken, Identified, Metadata, OidcRefused, Returned, authorization_url, basic_credentials, challenge_of, code_of, keys_of,
    token_form, verify,
};
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_sso::SsoSettings;
use shouhu_store::params;
use shouhu_wire::{NONCE_HEADER, PROOF_HEADER, PURPOSE_HEADER, Role};

pub const NOW: Micros = Micros(20_000 * Micros::DAY + 3 * Micros::HOUR);
pub const HOUSE: &str = "http://localhost:8470";
pub const LOOK: &str = "/v1/sso/requests";
pub const AUTHORIZE: &str = "/v1/sso/authorizations";
pub const TOKEN: &str = "/v1/sso/token";
pub const TOOLS: &str = "/v1/sso/tools";
pub const USERINFO: &str = "/v1/sso/userinfo";
const FORM: &str = "application/x-www-form-urlencoded";
const MAX_AGE_S: i64 = 3_600;

pub fn key(answer: &Answer) -> &str {
    answer.json.get("key").and_then(Value::as_str).unwrap_or_default()
}

/// A tool, and what it keeps of its one request.
#[derive(Clone)]
pub struct Tool {
    pub id: &'static str,
    pub back: String,
    pub secret: Option<&'static str>,
    pub state: &'static str,
    pub nonce: &'static str,
    pub verifier: String,
    pub max_age_s: i64,
}

fn tool(id: &'static str, back: &str, secret: Option<&'static str>) -> Tool {
    Tool { id, back: back.to_owned(), secret, state: "s-1", nonce: "n-1", verifier: "v".repeat(43), max_age_s: MAX_AGE_S }
}

/// With a secret, and told name and role.
pub fn wiki() -> Tool {
    tool("wiki", "https://wiki.example/back?tenant=1", Some("hidden-of-wiki"))
}

/// With a secret, and told nothing beside its own name for the person.
pub fn grafana() -> Tool {
    tool("grafana", "https://grafana.example/login/generic_oauth", Some("hidden-of-grafana"))
}

/// A program on the person's own machine.
pub fn cli() -> Tool {
    tool("cli", "http://127.0.0.1:3000/back", None)
}

impl Tool {
    /// The query of the address to which it sends the browser.
    pub fn query(&self, more: &str) -> String {
        let challenge = challenge_of(&self.verifier);
        let request = AuthorizationRequest {
            client_id: self.id,
            redirect_uri: &self.back,
            state: self.state,
            nonce: self.nonce,
            challenge: &challenge,
            acr: &[],
            max_age_s: self.max_age_s,
        };
        format!("{}{more}", authorization_url("", &request).trim_start_matches('?'))
    }

    /// The code that came back, as our own relying party reads it.
    pub fn code(&self, url: &str) -> Result<String, OidcRefused> {
        assert!(url.starts_with(&self.back), "{url}");
        let back = shouhu_oidc::op::Params::parse(url.split_once('?').unwrap().1.as_bytes()).unwrap();
        let returned = Returned { state: back.get("state").unwrap_or_default(), code: back.get("code"), error: back.get("error"), iss: back.get("iss") };
        code_of(&returned, &Asked { state: self.state, issuer: HOUSE, sends_iss: true }).map(ToOwned::to_owned)
    }
}

pub struct World {
    pub house: House,
    pub clock: Arc<SimClock>,
}

/// Somebody at a browser of their own.
pub struct Browser {
    pub actor: ActorId,
    pub cookie: String,
    pub key: SessionKey,
    pub passkeys: Passkeys,
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(PURPOSE_HEADER, "patrol");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let from: IpAddr = "10.1.0.4".parse().unwrap();
    request.extension(ConnectInfo(SocketAddr::from((from, 4711)))).body(body.into()).unwrap()
}

/// The second part of a token, unchecked.
pub fn payload(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn entry(tool: &Tool, more: &str) -> String {
    let secret = tool.secret.map(|secret| format!("secret_sha256 = \"{}\"\n", shouhu_identity::token_hash(secret))).unwrap_or_default();
    format!(
        "[[client]]\nid = \"{}\"\ntitle_zh = \"工具\"\ntitle_en = \"Tool\"\nredirect_uris = [\"{}\"]\nroles = [\"detective\", \"supervisor\"]\n{secret}{more}",
        tool.id, tool.back
    )
}

impl World {
    pub async fn open() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        let world = Self { house, clock };
        world.set("");
        world
    }

    /// The file of tools; `more` is the wiki's.
    pub fn set(&self, more: &str) {
        self.set_both(more, "");
    }

    /// With what stands in the entries of the wiki and of grafana beside the usual.
    pub fn set_both(&self, of_wiki: &str, of_grafana: &str) {
        let wiki = entry(&wiki(), &format!("claims = [\"role\", \"name\"]\n{of_wiki}"));
        let grafana = entry(&grafana(), &format!("token_life_s = 600\n{of_grafana}"));
        let text = format!("{wiki}{grafana}{}", entry(&cli(), ""));
        self.house.app.put(SsoSettings::parse(&text).unwrap());
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.house.answer(request("POST", path, &[], body.to_string())).await
    }

    pub async fn browser(&self, role: Role, seed: u8) -> Browser {
        let (key, mut passkeys) = (SessionKey::new([seed; 32]).unwrap(), Passkeys::default());
        let invitation = shouhu_identity::invite(&self.house.app, role.as_str(), role, None, None).await.unwrap();
        let started = self.post("/v1/identity/enrol/start", &json!({ "token": invitation.token })).await;
        let credential = passkeys.create(&started.json["options"], HOUSE, [seed; 32]).unwrap();
        let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential, "session_key": key.public() });
        let enrolled = self.post("/v1/identity/enrol/finish", &finish).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.json);
        let cookie = enrolled.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        self.clock.advance_us(Micros::SECOND);
        Browser { actor: invitation.actor, cookie, key, passkeys }
    }

    /// As a page does it: signed, and once more when the nonce had run out.
    pub async fn send(&self, browser: &Browser, method: &str, path: &str, body: &str) -> Answer {
        loop {
            let proof = browser.key.prove(method, path, body.as_bytes());
            let headers = [("cookie", browser.cookie.as_str()), (PROOF_HEADER, proof.as_str())];
            let answer = self.house.answer(request(method, path, &headers, body.to_owned())).await;
            if let Some(nonce) = answer.headers.get(NONCE_HEADER) {
                browser.key.told(nonce.to_str().unwrap());
            }
            if key(&answer) != "identity.proof_stale" {
                return answer;
            }
        }
    }

    pub async fn step_up(&self, browser: &Browser) {
        let started = self.send(browser, "POST", "/v1/session/step-up/start", "{}").await;
        let credential = browser.passkeys.sign(&started.json["options"], HOUSE).unwrap();
        let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential });
        assert_eq!(self.send(browser, "POST", "/v1/session/step-up/finish", &finish.to_string()).await.status, 200);
    }

    pub async fn look(&self, query: &str) -> Answer {
        self.post(LOOK, &json!({ "query": query })).await
    }

    pub async fn decide(&self, browser: &Browser, query: &str, decision: &str) -> Answer {
        self.decide_shown(browser, browser.actor, query, decision).await
    }

    /// On a page that shows this person.
    pub async fn decide_shown(&self, browser: &Browser, shown: ActorId, query: &str, decision: &str) -> Answer {
        self.send(browser, "POST", AUTHORIZE, &json!({ "query": query, "person": shown, "decision": decision }).to_string()).await
    }

    /// The address to which a yes sends the browser.
    pub async fn yes(&self, browser: &Browser, query: &str) -> String {
        let answer = self.decide(browser, query, "yes").await;
        assert_eq!((answer.status, &answer.json["step"]), (200, &json!("go")), "{}", answer.json);
        answer.json["url"].as_str().unwrap().to_owned()
    }

    /// A code that a person has let the tool have.
    pub async fn code(&self, browser: &Browser, tool: &Tool) -> String {
        tool.code(&self.yes(browser, &tool.query("")).await).unwrap()
    }

    pub async fn redeem_as(&self, tool: &Tool, secret: Option<&str>, form: &str) -> Answer {
        let basic = secret.map(|secret| basic_credentials(tool.id, secret));
        let mut headers = vec![("content-type", FORM)];
        headers.extend(basic.as_deref().map(|basic| ("authorization", basic)));
        self.house.answer(request("POST", TOKEN, &headers, form.to_owned())).await
    }

    pub async fn redeem(&self, tool: &Tool, code: &str) -> Answer {
        let named = if tool.secret.is_none() { format!("&client_id={}", tool.id) } else { String::new() };
        self.redeem_as(tool, tool.secret, &format!("{}{named}", token_form(code, &tool.back, &tool.verifier))).await
    }

    /// The whole way, to tokens.
    pub async fn tokens(&self, browser: &Browser, tool: &Tool) -> Value {
        let given = self.redeem(tool, &self.code(browser, tool).await).await;
        assert_eq!(given.status, 200, "{}", given.json);
        given.json
    }

    pub async fn userinfo(&self, access_token: &Value) -> Answer {
        let bearer = format!("Bearer {}", access_token.as_str().unwrap());
        self.house.answer(request("GET", USERINFO, &[("authorization", &bearer)], "")).await
    }

    /// What the house says of itself, read as our own relying party reads a provider.
    pub async fn metadata(&self) -> Metadata {
        let said = self.house.answer(request("GET", "/.well-known/openid-configuration", &[], "")).await;
        Metadata::parse(&said.bytes, HOUSE).unwrap()
    }

    /// The ID token, believed or not by our own relying party.
    pub async fn believed(&self, tool: &Tool, id_token: &Value) -> Result<Identified, OidcRefused> {
        let jwks_uri = self.metadata().await.jwks_uri;
        let jwks = self.house.answer(request("GET", jwks_uri.strip_prefix(HOUSE).unwrap(), &[], "")).await;
        let (keys, acr) = (keys_of(&jwks.bytes).unwrap(), ["phr".to_owned()]);
        let expected = ExpectedToken {
            issuer: HOUSE,
            client_id: tool.id,
            nonce: tool.nonce,
            keys: &keys,
            algorithms: &[Algorithm::Es256],
            acr: &acr,
            max_age_s: tool.max_age_s,
            now_s: self.house.app.env.now().0 / Micros::SECOND,
        };
        verify(id_token.as_str().unwrap(), &expected)
    }

    /// What the person sees of the tools that were let in.
    pub async fn agreed(&self, browser: &Browser) -> Answer {
        self.send(browser, "GET", TOOLS, "").await
    }

    /// The person takes a yes back.
    pub async fn take_back(&self, browser: &Browser, tool: &str) -> Answer {
        self.send(browser, "POST", &format!("{TOOLS}/{tool}/end"), "{}").await
    }

    /// What the log says of this room, newest first.
    pub async fn leaves(&self) -> Vec<String> {
        let leaves = self.house.app.audit.page(None, 200).await.unwrap();
        leaves.into_iter().filter(|leaf| leaf.entry.action.contains("/v1/sso/")).map(|leaf| leaf.entry.object).collect()
    }

    pub async fn last_leaf(&self) -> String {
        self.leaves().await.into_iter().next().unwrap_or_default()
    }

    /// Yeses and codes that are kept, whatever became of them.
    pub async fn kept(&self) -> (i64, i64) {
        let count = async |table: &str| {
            let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM {table}");
            self.house.app.store.fetch_one(&sql, vec![]).await.unwrap().int("n").unwrap()
        };
        (count("sso_login").await, count("sso_code").await)
    }

    /// Puts something into the session's row that would take a long story to come about.
    pub async fn session_is(&self, browser: &Browser, what: &str) {
        let mut tx = self.house.app.store.begin().await.unwrap();
        tx.execute(&format!("UPDATE identity_session SET {what} WHERE actor = $1"), params![browser.actor]).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn disable(&self, browser: &Browser) {
        let path = format!("/v1/identity/actors/{}/disable", browser.actor);
        assert_eq!(self.house.call(&self.house.person(Role::Operator), "POST", &path, json!({})).await.status, 204);
    }
}
