//! Local alerts: one line of JSON on standard output per match, for a screen or buzzer beside the camera.
//!
//! An alert here is a lead that nobody has confirmed. The plate is in it only where the operator asked for it.

use std::io::Write;
use std::sync::Mutex;

use serde::Serialize;
use shouhu_ids::EntryId;
use shouhu_plate::{MatchKind, Plate};

use crate::watch::WatchHit;

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    entry: EntryId,
    kind: MatchKind,
    captured_at_us: i64,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plate: Option<String>,
}

pub struct Alerts {
    out: Mutex<Box<dyn Write + Send>>,
    has_plates: bool,
}

impl Alerts {
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, has_plates: bool) -> Self {
        Self { out: Mutex::new(out), has_plates }
    }

    pub fn raise(&self, hit: WatchHit, plate: &Plate, captured_at_us: i64, source: &str) {
        let line = Line {
            event: "local_alert",
            entry: hit.entry,
            kind: hit.kind,
            captured_at_us,
            source,
            plate: self.has_plates.then(|| plate.display()),
        };
        let mut out = self.out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let written = serde_json::to_string(&line)
            .map_err(std::io::Error::other)
            .and_then(|json| writeln!(out, "{json}").and_then(|()| out.flush()));
        if let Err(e) = written {
            tracing::error!(error = %e, "a local alert cannot be printed");
        }
    }
}
