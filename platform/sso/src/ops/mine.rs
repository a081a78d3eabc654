//! The tools that a person has said yes to, and how a yes is taken back: at once, in all of the person's sessions, whatever else these still open.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{Micros, SessionId};
use shouhu_module::{Access, App, Audit, AuditObject, Audited, Id, NoBody, Person, Problem, Route};

use crate::settings::{self, SsoClaim, SsoSettings};
use crate::store::{self, Agreed};
use crate::watch;

/// Of anybody who is signed in: whoever may not sign in to tools any more still sees what was said before.
pub const LIST: Route = Route::get("/v1/sso/tools", "Lists the tools that oneself has said yes to, in sessions that go on", || axum::routing::get(list))
    .access(Access::Session)
    .audit(Audit::WorkRead)
    .gives::<SsoAgreedTools>();

pub const END: Route = Route::post("/v1/sso/tools/{id}/end", "Takes back one's own yes to a tool, and what was given for it", || axum::routing::post(end))
    .access(Access::Session)
    .audit(Audit::Write)
    .takes::<NoBody>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoAgreedTools {
    /// The latest yes first.
    pub items: Vec<SsoAgreedTool>,
}

/// A tool that may ask who the person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoAgreedTool {
    pub id: String,
    /// Its id, when it was taken out of the file meanwhile.
    pub title_zh: String,
    pub title_en: String,
    /// What it was let know beside its own name for the person.
    pub claims: Vec<SsoClaim>,
    /// The latest yes.
    pub said_yes_at_us: Micros,
    /// In how many sessions of the person, on whatever devices.
    pub sessions: u32,
    /// One of them is this one.
    pub is_here: bool,
}

impl SsoAgreedTool {
    fn of(settings: &SsoSettings, yes: &Agreed) -> Self {
        let entry = settings.client(&yes.client);
        let title = |of_entry: Option<&String>| of_entry.unwrap_or(&yes.client).clone();
        Self {
            id: yes.client.clone(),
            title_zh: title(entry.map(|client| &client.title_zh)),
            title_en: title(entry.map(|client| &client.title_en)),
            claims: Vec::new(),
            said_yes_at_us: yes.said_yes_at,
            sessions: 0,
            is_here: false,
        }
    }

    fn add(&mut self, yes: &Agreed, here: SessionId) {
        let words: Vec<&str> = yes.claims.split(' ').collect();
        for claim in SsoClaim::ALL {
            if words.contains(&claim.as_str()) && !self.claims.contains(&claim) {
                self.claims.push(claim);
            }
        }
        self.sessions += 1;
        self.is_here |= yes.session == here;
    }
}

fn by_tool<'a>(settings: &SsoSettings, agreed: impl Iterator<Item = &'a Agreed>, here: SessionId) -> Vec<SsoAgreedTool> {
    let mut tools: Vec<SsoAgreedTool> = Vec::new();
    for yes in agreed {
        if let Some(known) = tools.iter_mut().find(|tool| tool.id == yes.client) {
            known.add(yes, here);
            continue;
        }
        let mut tool = SsoAgreedTool::of(settings, yes);
        tool.add(yes, here);
        tools.push(tool);
    }
    tools
}

async fn list(State(app): State<App>, person: Person) -> Result<Audited<SsoAgreedTools>, Problem> {
    let agreed = store::agreed(&app.store, person.id).await?;
    let mut sessions: Vec<SessionId> = Vec::new();
    for yes in &agreed {
        if !sessions.contains(&yes.session) {
            sessions.push(yes.session);
        }
    }
    // A tool that is told of no end keeps its row, and its yes is over all the same.
    let gone = shouhu_identity::taken_back(&app, &sessions).await?;
    let items = by_tool(&settings::of(&app), agreed.iter().filter(|yes| !gone.contains(&yes.session)), person.session);
    let named: Vec<&str> = items.iter().map(|tool| tool.id.as_str()).collect();
    Ok(Audited::new(format!("one's own tools: {}", named.join(" ")), SsoAgreedTools { items }))
}

async fn end(State(app): State<App>, person: Person, Id(client): Id<String>) -> Result<Response, Problem> {
    let now = app.env.now();
    let logins = store::going_on_of(&app.store, person.id, &client).await?;
    if logins.is_empty() {
        return Err(Problem::not_found("tool"));
    }
    let mut tx = app.store.begin().await?;
    for login in &logins {
        watch::end(&mut tx, now, login).await?;
    }
    let revoked = store::revoke_of(&mut tx, now, person.id, &client).await?;
    tx.commit().await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let object = format!("tool {client}: the person takes the yes back, {} sign-ins, {revoked} codes and tokens", logins.len());
    response.extensions_mut().insert(AuditObject(object));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    #[test]
    fn a_tool_stands_there_once_with_all_that_it_was_let_know() {
        let session = |seed: u8| SessionId::new(NOW, [seed; 16]);
        let yes = |seed: u8, client: &str, claims: &str, ago_us: i64| Agreed {
            session: session(seed),
            client: client.to_owned(),
            claims: claims.to_owned(),
            said_yes_at: NOW.plus(-ago_us),
        };
        let agreed = [yes(1, "wiki", "name", 1), yes(2, "gone", "", 2), yes(2, "wiki", "role office", 3)];
        let entry = "[[client]]\nid = \"wiki\"\ntitle_zh = \"維基\"\ntitle_en = \"Wiki\"\nredirect_uris = [\"https://w.example/\"]\nroles = [\"officer\"]\n";
        let settings = SsoSettings::parse(entry).unwrap_or_else(|e| panic!("{e}"));
        let tools = by_tool(&settings, agreed.iter(), session(2));
        let [wiki, gone] = tools.as_slice() else { panic!("{tools:?}") };
        assert_eq!((wiki.title_zh.as_str(), wiki.sessions, wiki.is_here, wiki.said_yes_at_us), ("維基", 2, true, NOW.plus(-1)));
        assert_eq!(wiki.claims, [SsoClaim::Name, SsoClaim::Role, SsoClaim::Office]);
        assert_eq!((gone.title_zh.as_str(), gone.title_en.as_str(), gone.claims.len()), ("gone", "gone", 0));
        assert!(by_tool(&settings, agreed.iter().take(1), session(2)).iter().all(|tool| !tool.is_here));
    }
}
