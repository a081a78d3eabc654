//! A route as a value, so that tests and the OpenAPI document can read what the server serves.

use axum::Json;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::App;

/// What is ours is asked and done with GET and POST; the others are there for protocols of others, which say them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether what is wanted stands in a body.
    #[must_use]
    pub const fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

/// Who may call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Forgotten: the server does not start.
    Undeclared,
    /// Anyone, for the reason given.
    Public(&'static str),
    /// Any signed-in person.
    Session,
    /// A signed-in person whose role has the permission.
    Permission(&'static str),
    /// An enrolled device of ours, by its signature.
    Device,
    /// The key of a partner's feed, by its signature: it opens no door of devices, and a device none of partners.
    Partner,
}

/// A secret that a public route checks by itself, in the header `Authorization: Bearer …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// What the OpenAPI document calls it.
    pub name: &'static str,
    /// Whose it is, and where else in a request it may stand.
    pub description: &'static str,
}

/// Whether a person's request must be signed by the session's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proving {
    Needed,
    /// A session's cookie alone opens it, for the reason given: nothing personal is behind it.
    Waived(&'static str),
}

/// Whether the gate asks how far a person's session is trusted (ADR 0022). Of routes that save lives it never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trusting {
    Asked,
    /// Open whatever the verdict, for the reason given.
    Waived(&'static str),
}

/// Whether the gate blots words of sealed cases out of an answer before it leaves (ADR 0020).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blotting {
    Done,
    /// The room keeps back whole rows itself and a hole would do harm, for the reason given.
    Waived(&'static str),
}

/// What the audit log keeps of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audit {
    /// Forgotten: the server does not start.
    Undeclared,
    /// No leaf, for the reason given: no personal data and no change.
    None(&'static str),
    /// Changes something.
    Write,
    /// Sign-in, enrolment, keys.
    Security,
    /// Returns data about persons or vehicles that the caller chose: purpose and case are demanded.
    PersonalRead,
    /// Returns personal data that duty put before the caller (a hit, an incident): a leaf without asking for a purpose.
    WorkRead,
}

impl Audit {
    /// The leaf's class; `None` when no leaf is written.
    #[must_use]
    pub const fn class(self) -> Option<&'static str> {
        match self {
            Self::Undeclared | Self::None(_) => None,
            Self::Write => Some("write"),
            Self::Security => Some("security"),
            Self::PersonalRead => Some("personal_read"),
            Self::WorkRead => Some("work_read"),
        }
    }
}

/// What is shed first when the machine is overloaded: the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Load {
    /// Calls, hits, dispatch, officers' answers: never shed while anything else can be.
    Life,
    /// Sightings from devices; they wait at the device when refused.
    Ingest,
    /// Pictures that officers send: large and slow, so that they may not stand where calls for help come in.
    Upload,
    /// Questions of programs that wait for something to happen: they hold a place and do nothing, so that they may not stand where people at screens do.
    Waiting,
    /// People at screens.
    Interactive,
    /// Imports, exports, checks.
    Bulk,
}

pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`, for `Route::takes` and its siblings.
pub fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// One operation's door.
#[derive(Clone, Copy)]
pub struct Route {
    pub method: Method,
    /// axum pattern: `/v1/hits/{id}/confirm`.
    pub path: &'static str,
    /// What it does, one sentence; the OpenAPI summary.
    pub summary: &'static str,
    pub access: Access,
    pub bearer: Option<Bearer>,
    pub proving: Proving,
    pub trusting: Trusting,
    pub blotting: Blotting,
    pub audit: Audit,
    pub load: Load,
    pub body_bytes_max: usize,
    pub query: Option<SchemaOf>,
    pub request: Option<SchemaOf>,
    /// Content type of the body where it is not JSON of a type of ours, or those that it may have, with commas between.
    pub request_media: Option<&'static str>,
    pub response: Option<SchemaOf>,
    /// Content type of the answer where it is not JSON, or those that it may have, with commas between.
    pub media: Option<&'static str>,
    /// When it answers 204 instead of what it gives; a route that gives nothing always does.
    pub nothing_when: Option<&'static str>,
    /// It answers 303 instead, and to where: the web app has a page of the same path, which the server serves beside it.
    pub sends_on: Option<&'static str>,
    pub mount: fn() -> MethodRouter<App>,
}

/// Bodies without pictures are small.
const BODY_BYTES_DEFAULT: usize = 64 * 1024;

impl Route {
    const fn new(method: Method, path: &'static str, summary: &'static str, mount: fn() -> MethodRouter<App>) -> Self {
        Self {
            method,
            path,
            summary,
            access: Access::Undeclared,
            bearer: None,
            proving: Proving::Needed,
            trusting: Trusting::Asked,
            blotting: Blotting::Done,
            audit: Audit::Undeclared,
            load: Load::Interactive,
            body_bytes_max: BODY_BYTES_DEFAULT,
            query: None,
            request: None,
            request_media: None,
            response: None,
            media: None,
            nothing_when: None,
            sends_on: None,
            mount,
        }
    }

    #[must_use]
    pub const fn get(path: &'static str, summary: &'static str, mount: fn() -> MethodRouter<App>) -> Self {
        Self::new(Method::Get, path, summary, mount)
    }

    #[must_use]
    pub const fn post(path: &'static str, summary: &'static str, mount: fn() -> MethodRouter<App>) -> Self {
        Self::new(Method::Post, path, summary, mount)
    }

    #[must_use]
    pub const fn put(path: &'static str, summary: &'static str, mount: fn() -> MethodRouter<App>) -> Self {
        Self::new(Method::Put, path, summary, mount)
    }

    #[must_use]
    pub const fn patch(path: &'static str, summary: &'static str, mount: fn() -> MethodRouter<App>) -> Self {
        Self::new(Method::Patch, path, summary, mount)
    }

    #[must_use]
    pub const fn delete(path: &'static str, summary: &'static str, mount: fn() -> MethodRouter<App>) -> Self {
        Self::new(Method::Delete, path, summary, mount)
    }

    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    #[must_use]
    pub const fn permission(self, name: &'static str) -> Self {
        self.access(Access::Permission(name))
    }

    /// Public to the gate; the room lets in whoever has this.
    #[must_use]
    pub const fn opened_by(mut self, bearer: Bearer) -> Self {
        self.bearer = Some(bearer);
        self
    }

    /// Needs no proof by the session's key, for this reason.
    #[must_use]
    pub const fn unproved(mut self, reason: &'static str) -> Self {
        self.proving = Proving::Waived(reason);
        self
    }

    /// Open whatever the session's verdict, for this reason.
    #[must_use]
    pub const fn whatever_the_trust(mut self, reason: &'static str) -> Self {
        self.trusting = Trusting::Waived(reason);
        self
    }

    /// Its answers leave as the room made them, for this reason: it has kept sealed rows back.
    #[must_use]
    pub const fn unblotted(mut self, reason: &'static str) -> Self {
        self.blotting = Blotting::Waived(reason);
        self
    }

    #[must_use]
    pub const fn audit(mut self, audit: Audit) -> Self {
        self.audit = audit;
        self
    }

    #[must_use]
    pub const fn load(mut self, load: Load) -> Self {
        self.load = load;
        self
    }

    #[must_use]
    pub const fn body_bytes_max(mut self, bytes: usize) -> Self {
        self.body_bytes_max = bytes;
        self
    }

    /// The query string's type.
    #[must_use]
    pub const fn asks<T: JsonSchema>(mut self) -> Self {
        self.query = Some(schema_of::<T>);
        self
    }

    /// The JSON body's type.
    #[must_use]
    pub const fn takes<T: JsonSchema>(mut self) -> Self {
        self.request = Some(schema_of::<T>);
        self
    }

    /// The body is no JSON of a type of ours, but this, or one of these with commas between.
    #[must_use]
    pub const fn takes_media(mut self, media: &'static str) -> Self {
        self.request_media = Some(media);
        self
    }

    /// The JSON answer's type.
    #[must_use]
    pub const fn gives<T: JsonSchema>(mut self) -> Self {
        self.response = Some(schema_of::<T>);
        self
    }

    /// The answer is no JSON, but this, or one of these with commas between.
    #[must_use]
    pub const fn gives_media(mut self, media: &'static str) -> Self {
        self.media = Some(media);
        self
    }

    /// Sometimes there is nothing to give: then it answers 204.
    #[must_use]
    pub const fn gives_nothing_when(mut self, when: &'static str) -> Self {
        self.nothing_when = Some(when);
        self
    }

    /// It sends a browser to there with 303, and there is a page of the web app at its own path. Nobody is asked who he is: whatever page the browser comes from
    /// has sent it, and it acts in nobody's name.
    #[must_use]
    pub const fn sends_on(mut self, to: &'static str) -> Self {
        self.sends_on = Some(to);
        self
    }
}

/// An answer with the name of what was touched, for the audit leaf: a plate, an entry, an incident number.
pub struct Audited<T> {
    pub object: String,
    pub answer: T,
}

impl<T> Audited<T> {
    #[must_use]
    pub const fn new(object: String, answer: T) -> Self {
        Self { object, answer }
    }
}

/// The object of an [`Audited`] answer, on its way to the audit floor.
#[derive(Debug, Clone)]
pub struct AuditObject(pub String);

impl<T: Serialize> IntoResponse for Audited<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.answer).into_response();
        response.extensions_mut().insert(AuditObject(self.object));
        response
    }
}
