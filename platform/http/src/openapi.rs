//! The OpenAPI 3.1 document, assembled from the routes themselves.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use shouhu_events::Envelope;
use shouhu_module::{Access, App, Audit, Module, Problem, Proving, Route, SchemaOf};
use shouhu_wire::PROOF_HEADER;

use crate::PURPOSES;

pub const ROUTE: Route =
    Route::get("/openapi.json", "This API's OpenAPI 3.1 document", || axum::routing::get(handle))
        .access(Access::Public("the shape of the API is no secret; the source is open"))
        .audit(Audit::None("no personal data"))
        .gives_media("application/json");

async fn handle(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document(app.modules).to_string())
}

/// Deterministic for the same modules: it is committed as a snapshot and compared in a test.
#[must_use]
pub fn document(modules: &[Module]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for module in modules {
        for route in module.routes {
            let path = paths.entry(route.path).or_insert_with(|| json!({}));
            if let Some(path) = path.as_object_mut() {
                path.insert(route.method.as_str().to_lowercase(), operation(&mut generator, module, route));
                if route.sends_on.is_some() {
                    path.insert("get".into(), page_beside(module, route));
                }
            }
        }
    }
    let _ = generator.subschema_for::<Problem>();
    let _ = generator.subschema_for::<Envelope>();
    let mut keys: Vec<&str> = modules.iter().flat_map(|m| m.problems).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let tags: Vec<Value> = modules.iter().map(|m| json!({ "name": m.name, "description": m.description })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Shouhu 守護",
            "version": "1",
            "description": "Smart-policing platform. Times are microseconds since 1970 UTC; positions are WGS84 degrees; errors are RFC 9457 problem documents with stable keys.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": security_schemes(modules),
        },
        "x-problem-keys": keys,
    })
}

fn security_schemes(modules: &[Module]) -> Map<String, Value> {
    let proof = "nonce.id.hash.signature, base64url without padding. The nonce is that of the last shouhu-nonce header; the id is another \
                 16 bytes for each request; the hash is SHA-256 of the body, or - for none; the signature is ECDSA P-256 SHA-256 (r and s) by \
                 the session's key over the lines shouhu-proof-v1, nonce, id, method, path with query, hash. A GET may carry it as the last \
                 query parameter proof, which is then not signed.";
    let of_the_gate = [
        ("session", json!({ "type": "apiKey", "in": "cookie", "name": "shouhu_session" })),
        ("proof", json!({ "type": "apiKey", "in": "header", "name": PROOF_HEADER, "description": proof })),
        ("device", json!({ "type": "apiKey", "in": "header", "name": "shouhu-signature" })),
    ];
    let bearers = modules.iter().flat_map(|module| module.routes).filter_map(|route| route.bearer);
    let of_rooms = bearers.map(|bearer| (bearer.name, json!({ "type": "http", "scheme": "bearer", "description": bearer.description })));
    of_the_gate.into_iter().chain(of_rooms).map(|(name, scheme)| (name.to_owned(), scheme)).collect()
}

fn operation(generator: &mut SchemaGenerator, module: &Module, route: &Route) -> Value {
    let mut operation = json!({
        "tags": [module.name],
        "operationId": operation_id(route),
        "summary": route.summary,
        "parameters": parameters(generator, route),
        "responses": responses(generator, route),
        "x-audit-class": route.audit.class(),
        "x-load-class": format!("{:?}", route.load).to_lowercase(),
    });
    let Some(fields) = operation.as_object_mut() else { return operation };
    if let Some(body) = request_body(generator, route) {
        fields.insert("requestBody".into(), body);
    }
    match route.access {
        Access::Public(reason) => {
            fields.insert("security".into(), route.bearer.map_or_else(|| json!([]), |bearer| json!([{ (bearer.name): [] }])));
            fields.insert("x-public-because".into(), json!(reason));
        }
        Access::Device | Access::Partner => {
            fields.insert("security".into(), json!([{ "device": [] }]));
        }
        Access::Permission(name) => {
            fields.insert("security".into(), session_of(route));
            fields.insert("x-permission".into(), json!(name));
        }
        Access::Session | Access::Undeclared => {
            fields.insert("security".into(), session_of(route));
        }
    }
    operation
}

fn request_body(generator: &mut SchemaGenerator, route: &Route) -> Option<Value> {
    if let Some(request) = route.request {
        let schema = request(generator).to_value();
        let is_required = !takes_nothing(&resolved(generator, &schema));
        return Some(json!({ "required": is_required, "content": { "application/json": { "schema": schema } } }));
    }
    let media = route.request_media?.split(", ");
    let content: Map<String, Value> = media.map(|one| (one.to_owned(), json!({ "schema": schema_of_media(one, route.body_bytes_max) }))).collect();
    Some(json!({ "required": true, "content": content }))
}

/// Of a file there is no more to say than how long it may be. JSON and forms here are protocols of others, who say what is in them.
fn schema_of_media(media: &str, bytes_max: usize) -> Value {
    match media {
        "application/x-www-form-urlencoded" => json!({ "type": "object" }),
        one if one == "application/json" || one.ends_with("+json") => json!({}),
        _ => json!({ "type": "string", "format": "binary", "maxLength": bytes_max }),
    }
}

fn session_of(route: &Route) -> Value {
    match route.proving {
        Proving::Needed => json!([{ "session": [], "proof": [] }]),
        Proving::Waived(_) => json!([{ "session": [] }]),
    }
}

/// The web app's page at the path of a route that sends browsers there.
fn page_beside(module: &Module, route: &Route) -> Value {
    let name = operation_id(route).replacen(&route.method.as_str().to_lowercase(), "get", 1);
    json!({
        "tags": [module.name],
        "operationId": name,
        "summary": "The page of the web app to which it sends",
        "parameters": [],
        "responses": { "200": { "description": "Success", "content": { "text/html": {} } }, "default": problem() },
        "x-audit-class": null,
        "x-load-class": "interactive",
        "security": [],
        "x-public-because": "a page of the web app is the same for everybody",
    })
}

/// `post_v1_hits_id_confirm`: stable, because clients name their functions after it.
fn operation_id(route: &Route) -> String {
    let path: String = route.path.chars().map(|ch| if ch.is_ascii_alphanumeric() { ch } else { '_' }).collect();
    let words: Vec<&str> = path.split('_').filter(|word| !word.is_empty()).collect();
    format!("{}_{}", route.method.as_str().to_lowercase(), words.join("_"))
}

fn responses(generator: &mut SchemaGenerator, route: &Route) -> Value {
    let success = match (route.response, route.media) {
        (Some(response), _) => Some(json!({ "application/json": { "schema": response(generator) } })),
        (None, Some(media)) => Some(media.split(", ").map(|one| (one.to_owned(), json!({}))).collect::<Map<String, Value>>().into()),
        (None, None) => None,
    };
    let nothing = if success.is_none() && route.sends_on.is_none() { Some("Success") } else { route.nothing_when };
    let mut all = Map::new();
    if let Some(content) = success {
        all.insert("200".into(), json!({ "description": "Success", "content": content }));
    }
    if let Some(when) = nothing {
        all.insert("204".into(), json!({ "description": when }));
    }
    if let Some(to) = route.sends_on {
        all.insert("303".into(), json!({ "description": to, "headers": { "location": { "required": true, "schema": { "type": "string" } } } }));
    }
    all.insert("default".into(), problem());
    all.into()
}

fn problem() -> Value {
    json!({
        "description": "Problem",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn parameters(generator: &mut SchemaGenerator, route: &Route) -> Vec<Value> {
    let mut all = Vec::new();
    for part in route.path.split('/') {
        if let Some(name) = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            all.push(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
        }
    }
    if let Some(query) = route.query {
        all.extend(query_parameters(generator, query));
    }
    if route.audit == Audit::PersonalRead {
        let purposes = json!({ "type": "string", "enum": PURPOSES.map(|(purpose, _)| purpose) });
        for (name, required, schema) in [(shouhu_wire::PURPOSE_HEADER, true, purposes), (shouhu_wire::CASE_HEADER, false, json!({ "type": "string" }))] {
            all.push(json!({ "name": name, "in": "header", "required": required, "schema": schema }));
        }
    }
    all
}

/// Whether `{}` fits, which is what an empty body counts as.
fn takes_nothing(schema: &Value) -> bool {
    let is_one_of = ["oneOf", "anyOf", "allOf"].iter().any(|several| schema.get(several).is_some());
    let is_demanding = schema.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
    schema.get("type").and_then(Value::as_str) == Some("object") && !is_one_of && !is_demanding
}

fn resolved(generator: &SchemaGenerator, schema: &Value) -> Value {
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.rsplit('/').next());
    match reference {
        Some(name) => generator.definitions().get(name).cloned().unwrap_or_default(),
        None => schema.clone(),
    }
}

/// A query type is an object; each of its fields is a parameter.
fn query_parameters(generator: &mut SchemaGenerator, query: SchemaOf) -> Vec<Value> {
    let schema = query(generator).to_value();
    let object = resolved(generator, &schema);
    let required: Vec<&str> =
        object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = object.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": schema }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Route = Route::post("/v1/nothing", "Gives nothing", || axum::routing::post(|| async {}));
    const PICTURE: Route = Route::get("/v1/picture", "Gives a picture", || axum::routing::get(|| async {})).gives_media("image/jpeg");

    const LIST: Route =
        Route::post("/v1/list", "Takes a list", || axum::routing::post(|| async {})).body_bytes_max(9).takes_media("text/csv, application/geo+json");

    fn statuses(route: Route) -> Vec<String> {
        let said = responses(&mut SchemaGenerator::default(), &route);
        said.as_object().into_iter().flat_map(Map::keys).cloned().collect()
    }

    #[test]
    fn a_route_declares_204_where_it_gives_nothing_and_200_where_it_gives_something() {
        assert_eq!(statuses(NOTHING), ["204", "default"]);
        assert_eq!(statuses(PICTURE), ["200", "default"]);
        assert_eq!(statuses(PICTURE.gives_nothing_when("There is none")), ["200", "204", "default"]);
        assert_eq!(statuses(NOTHING.sends_on("To the page")), ["303", "default"]);
    }

    #[test]
    fn a_question_about_a_person_names_one_of_our_purposes() {
        let headers = parameters(&mut SchemaGenerator::default(), &PICTURE.audit(Audit::PersonalRead));
        let purpose = headers.iter().find(|header| header.get("name").and_then(Value::as_str) == Some(shouhu_wire::PURPOSE_HEADER));
        let words = purpose.and_then(|purpose| purpose.pointer("/schema/enum")).and_then(Value::as_array);
        assert!(words.is_some_and(|words| words.len() == PURPOSES.len() && words.contains(&json!("patrol"))), "{headers:?}");
    }

    #[test]
    fn a_body_that_is_a_file_is_declared_with_its_media_and_its_length() {
        let content = json!({
            "text/csv": { "schema": { "type": "string", "format": "binary", "maxLength": 9 } },
            "application/geo+json": { "schema": {} },
        });
        let declared = |route: Route| request_body(&mut SchemaGenerator::default(), &route);
        assert_eq!(declared(LIST), Some(json!({ "required": true, "content": content })));
        assert_eq!(declared(NOTHING), None);
    }

    #[test]
    fn a_body_is_required_unless_an_empty_object_would_do() {
        for (schema, is_enough) in [
            (json!({ "type": "object" }), true),
            (json!({ "type": "object", "properties": { "note": { "type": "string" } }, "required": [] }), true),
            (json!({ "type": "object", "properties": { "note": { "type": "string" } }, "required": ["note"] }), false),
            (json!({ "oneOf": [{ "type": "object" }] }), false),
            (json!({ "type": "string" }), false),
        ] {
            assert_eq!(takes_nothing(&schema), is_enough, "{schema}");
        }
    }
}
