//! The last look at an answer before it leaves: what rooms keep back of sealed cases they keep back themselves; words that people wrote –
//! notes, summaries, objects of the log – are blotted out here.
//!
//! What the request itself names is not blotted out of its answer: an echo says nothing, and a hole in it would say that the plate is sealed.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{Uri, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::Value;
use shouhu_module::{Blotting, Caller, Purpose};
use shouhu_store::{Eyes, Named, Veil};

use crate::gate::{Gate, target_of};

pub fn eyes_of(caller: &Caller) -> Eyes {
    match caller {
        Caller::Person(person) => Eyes::Person(person.id),
        Caller::Device(_) | Caller::Nobody => Eyes::Nobody,
    }
}

/// What the request names: its address, the case of its purpose, its body. Put together when the first hidden word is met, which is hardly ever.
pub struct Said {
    /// Shares its bytes with the request.
    uri: Uri,
    case: String,
    body: Bytes,
    asked: OnceLock<Named>,
}

impl Said {
    pub fn of(uri: &Uri, purpose: Option<&Purpose>, body: &Bytes) -> Self {
        let case = purpose.and_then(Purpose::case_number).unwrap_or_default().to_owned();
        Self { uri: uri.clone(), case, body: body.clone(), asked: OnceLock::new() }
    }

    fn asked(&self) -> &Named {
        self.asked.get_or_init(|| {
            let target = crate::purpose::unescaped(target_of(&self.uri));
            Named::of(&format!("{target}\n{}\n{}", self.case, String::from_utf8_lossy(&self.body)))
        })
    }
}

fn is_text(response: &Response) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    // The live stream never ends; it is looked at event by event.
    !media.starts_with("text/event-stream") && (media.contains("json") || media.starts_with("text/") || media.contains("xml"))
}

pub async fn blot(gate: &Gate, eyes: Eyes, said: &Said, response: Response) -> Response {
    let Some(veil) = gate.app.store.seals().veil(eyes, || gate.app.env.now()) else { return response };
    if matches!(gate.route.blotting, Blotting::Waived(_)) || !is_text(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let Some(blotted) = blotted(&veil, said, &bytes) else { return Response::from_parts(parts, Body::from(bytes)) };
    tracing::info!(route = gate.route.path, "words of a sealed case were blotted out of an answer");
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(blotted))
}

fn blotted(veil: &Veil, said: &Said, bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let Ok(mut json) = serde_json::from_str::<Value>(text) else { return veil.blotted(text, || said.asked()).map(String::into_bytes) };
    blot_within(veil, said, &mut json).then(|| json.to_string().into_bytes())
}

/// Strings only: numbers and names of fields are ours.
fn blot_within(veil: &Veil, said: &Said, json: &mut Value) -> bool {
    match json {
        Value::String(text) => match Some(&*text).filter(|text| !is_id(text)).and_then(|text| veil.blotted(text, || said.asked())) {
            Some(blotted) => {
                *text = blotted;
                true
            }
            None => false,
        },
        Value::Array(items) => items.iter_mut().fold(false, |is_any, item| blot_within(veil, said, item) | is_any),
        Value::Object(fields) => fields.values_mut().fold(false, |is_any, field| blot_within(veil, said, field) | is_any),
        _ => false,
    }
}

/// `AB12` may be four digits of somebody else's id.
fn is_id(text: &str) -> bool {
    text.len() == 36 && text.char_indices().all(|(at, ch)| if matches!(at, 8 | 13 | 18 | 23) { ch == '-' } else { ch.is_ascii_hexdigit() })
}
