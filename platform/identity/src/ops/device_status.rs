//! Keeps what a device says about itself, for the operator's list.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shouhu_events::Event;
use shouhu_module::{Access, App, Audit, Body, DevicePeer, Keyed, Load, Problem, Route};

use crate::device_store;
use crate::model::DeviceStatus;

/// Longest version and note, characters.
const TEXT_CHARS_MAX: usize = 500;

pub const ROUTE: Route =
    Route::post("/v1/devices/mine/status", "A device reports how it is", || axum::routing::post(handle))
        .access(Access::Device)
        .audit(Audit::None("a machine's own state, repeated each minute"))
        .load(Load::Ingest)
        .body_bytes_max(8 * 1024)
        .takes::<DeviceStatus>();

#[derive(Debug, thiserror::Error)]
#[error("{field} is longer than {TEXT_CHARS_MAX} characters")]
struct TooLong {
    field: &'static str,
}

impl Keyed for TooLong {
    fn key(&self) -> &'static str {
        "identity.device_status.too_long"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// Whether a screen should look again: not for every count that moved.
fn is_news(before: Option<&DeviceStatus>, now: &DeviceStatus) -> bool {
    let Some(before) = before else { return true };
    let essence = |s: &DeviceStatus| {
        (s.queue_depth > 0, s.dropped_frames, s.watchlist_version, s.local_alerts_pending > 0, s.version.clone(), s.note.clone())
    };
    essence(before) != essence(now)
}

async fn handle(State(app): State<App>, peer: DevicePeer, Body(status): Body<DeviceStatus>) -> Result<Response, Problem> {
    for (field, text) in [("version", Some(&status.version)), ("note", status.note.as_ref())] {
        if text.is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX) {
            return Err(TooLong { field }.into());
        }
    }
    let before = device_store::with_key(&app.store, peer.id).await?.and_then(|(device, _)| device.status);
    let mut tx = app.store.begin().await?;
    device_store::set_status(&mut tx, app.env.now(), peer.id, &status).await?;
    if is_news(before.as_ref(), &status) {
        tx.emit(&Event::DeviceChanged { device: peer.id }).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;
    use shouhu_ids::Micros;
    use shouhu_wire::{DEVICE_HEADER, Role, SIGNATURE_HEADER, SIGNED_AT_HEADER};

    use super::*;
    use crate::LINK_LIFE_US;
    use crate::harness::{Harness, SimDevice, on_each};

    #[tokio::test]
    async fn a_device_registers_enrols_signs_reports_and_is_revoked() {
        on_each(|h| async move {
            let operator = h.person(Role::Operator).await;
            let device = h.device(&operator, "路口一號").await;
            let mine = h.send_signed(&device, "GET", "/v1/devices/mine", b"").await;
            assert_eq!((mine.status, &mine.json["name"], &mine.json["frame_policy"]), (200, &json!("路口一號"), &json!("hits")));

            let status = json!({"queue_depth": 3, "dropped_frames": 0, "watchlist_version": 9, "local_alerts_pending": 1, "version": "0.1.0"});
            let said = h.send_signed(&device, "POST", "/v1/devices/mine/status", status.to_string().as_bytes()).await;
            assert_eq!(said.status, 204, "{}", said.json);
            let list = h.get_with_cookie(&operator.cookie, "/v1/devices").await;
            let row = &list.json["items"][0];
            assert_eq!((&row["queue_depth"], &row["status"]["watchlist_version"]), (&json!(3), &json!(9)));
            assert_eq!((&row["is_enrolled"], &row["is_revoked"]), (&json!(true), &json!(false)));
            assert!(row["last_seen_at_us"].is_i64());
            assert!(!list.json.to_string().contains("public_key"));

            let path = format!("/v1/devices/{}/revoke", device.id);
            assert_eq!(h.post_with_cookie(&operator.cookie, &path, json!({})).await.status, 204);
            let refused = h.send_signed(&device, "GET", "/v1/devices/mine", b"").await;
            assert_eq!((refused.status, refused.key()), (401, "identity.device_revoked"));
            let known = crate::device_by_id(&h.app, device.id).await.unwrap().unwrap();
            assert!(known.is_revoked && known.is_enrolled);

            let kinds: Vec<_> = h.app.store.unpublished(20).await.unwrap().into_iter().map(|e| e.event.kind()).collect();
            assert_eq!(kinds, ["device_changed"; 4], "registered, enrolled, first status, revoked");
        })
        .await;
    }

    #[tokio::test]
    async fn whatever_is_changed_on_the_way_breaks_the_signature() {
        let h = Harness::simulated().await;
        let operator = h.person(Role::Operator).await;
        let device = h.device(&operator, "cam").await;
        let path = "/v1/devices/mine/status";
        let body = br#"{"queue_depth":3,"dropped_frames":0,"watchlist_version":9,"local_alerts_pending":1,"version":"1"}"#;
        let tampered = br#"{"queue_depth":0,"dropped_frames":0,"watchlist_version":9,"local_alerts_pending":1,"version":"1"}"#;
        let headers = device.headers("POST", path, h.app.env.now(), body);
        let later = (h.app.env.now().0 + 1).to_string();
        let with = |name: &str, value: &str| -> Vec<(String, String)> {
            headers.iter().map(|(n, v)| (n.clone(), if n == name { value.to_owned() } else { v.clone() })).collect()
        };
        let unknown = SimDevice::new(shouhu_ids::DeviceId::new(Micros(1), [1; 16]), 9);
        for (what, headers, path, body, key) in [
            ("body", headers.clone(), path, &tampered[..], "identity.device_signature"),
            ("query", headers.clone(), "/v1/devices/mine/status?x=1", &body[..], "identity.device_signature"),
            ("time", with(SIGNED_AT_HEADER, &later), path, body, "identity.device_signature"),
            ("signature", with(SIGNATURE_HEADER, &STANDARD.encode([7; 64])), path, body, "identity.device_signature"),
            ("no time", with(SIGNED_AT_HEADER, "soon"), path, body, "identity.device_header"),
            ("short signature", with(SIGNATURE_HEADER, "AAAA"), path, body, "identity.device_header"),
            ("other device", with(DEVICE_HEADER, &unknown.id.to_string()), path, body, "identity.device_unknown"),
        ] {
            let refused = h.send("POST", path, &borrowed(&headers), body).await;
            assert_eq!(refused.key(), key, "{what}");
        }
        let right = h.send("POST", path, &borrowed(&headers), body).await;
        assert_eq!(right.status, 204);
        let doubled: Vec<_> = headers.iter().chain(headers.iter()).cloned().collect();
        assert_eq!(h.send("POST", path, &borrowed(&doubled), body).await.key(), "identity.device_header");
        // A device that also holds a person's cookie is a device, and a wrong one is nobody.
        let mut both = with(SIGNATURE_HEADER, &STANDARD.encode([7; 64]));
        both.push(("cookie".into(), operator.cookie.clone()));
        assert_eq!(h.send("GET", "/v1/identity/me", &borrowed(&both), b"").await.key(), "identity.device_signature");
    }

    fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[tokio::test]
    async fn a_clock_a_year_off_is_noted_and_no_reason_to_refuse() {
        let h = Harness::simulated().await;
        let operator = h.person(Role::Operator).await;
        let mut device = h.device(&operator, "cam").await;
        let year_us = 365 * Micros::DAY;
        device.clock_offset_us = -year_us;
        assert_eq!(h.send_signed(&device, "GET", "/v1/devices/mine", b"").await.status, 200);
        let list = h.get_with_cookie(&operator.cookie, "/v1/devices").await;
        assert_eq!(list.json["items"][0]["clock_offset_us"], json!(-year_us));
        for signed_at in [Micros(i64::MIN), Micros(i64::MAX)] {
            let headers = device.headers("GET", "/v1/devices/mine", signed_at, b"");
            assert_eq!(h.send("GET", "/v1/devices/mine", &borrowed(&headers), b"").await.status, 200);
        }
    }

    #[tokio::test]
    async fn a_device_token_works_once_in_time_and_for_a_real_key() {
        let h = Harness::simulated().await;
        let operator = h.person(Role::Operator).await;
        let register = json!({"name": "cam", "kind": "fixed_camera"});
        let invited = h.post_with_cookie(&operator.cookie, "/v1/devices", register.clone()).await;
        let token = invited.json["token"].as_str().unwrap().to_owned();
        let key = |seed: u8| SimDevice::new(shouhu_ids::DeviceId::new(Micros(1), [1; 16]), seed).public_key();
        let enrol = |token: &str, key: String| json!({"token": token, "public_key": key});

        let refused = h.post("/v1/devices/enrol", enrol(&token, "AAAA".into())).await;
        assert_eq!((refused.status, refused.key()), (422, "identity.enrol_device.key_invalid"));
        assert_eq!(h.post("/v1/devices/enrol", enrol(&token, key(1))).await.status, 200, "a mistake does not use it up");
        let refused = h.post("/v1/devices/enrol", enrol(&token, key(2))).await;
        assert_eq!((refused.status, refused.key()), (410, "identity.enrol_device.token_invalid"));

        let second = h.post_with_cookie(&operator.cookie, "/v1/devices", register.clone()).await;
        let taken = h.post("/v1/devices/enrol", enrol(second.json["token"].as_str().unwrap(), key(1))).await;
        assert_eq!((taken.status, taken.key()), (409, "identity.enrol_device.key_taken"));
        h.advance(LINK_LIFE_US);
        let late = h.post("/v1/devices/enrol", enrol(second.json["token"].as_str().unwrap(), key(3))).await;
        assert_eq!(late.key(), "identity.enrol_device.token_invalid");

        let third = h.post_as(&operator, "/v1/devices", register).await;
        let path = format!("/v1/devices/{}/revoke", third.json["device"].as_str().unwrap());
        assert_eq!(h.post_as(&operator, &path, json!({})).await.status, 204);
        let revoked = h.post("/v1/devices/enrol", enrol(third.json["token"].as_str().unwrap(), key(3))).await;
        assert_eq!(revoked.key(), "identity.enrol_device.token_invalid");
        let nobody = h.post_as(&operator, "/v1/devices/not-an-id/revoke", json!({})).await;
        assert_eq!(nobody.status, 404);
    }

    #[test]
    fn only_what_a_person_would_look_at_is_news() {
        let status = |queue_depth, note: Option<&str>| DeviceStatus { queue_depth, note: note.map(Into::into), ..DeviceStatus::default() };
        assert!(is_news(None, &status(0, None)));
        assert!(!is_news(Some(&status(5, None)), &status(9, None)));
        assert!(is_news(Some(&status(5, None)), &status(0, None)));
        assert!(is_news(Some(&status(5, None)), &status(5, Some("camera dark"))));
    }
}
