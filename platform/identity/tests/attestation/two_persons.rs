//! Whom the house believes is changed by two persons.

use serde_json::{Value, json};
use shouhu_ids::Micros;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{House, on_each};

const POLICY: &str = "/v1/devices/attestation-policy";
const CHANGES: &str = "/v1/devices/trust-changes";
const TERM_US: i64 = 7 * Micros::DAY;

fn demand(is_required: bool) -> Value {
    json!({"kind": "patrol_car", "is_required": is_required, "reason": "all cars have one now"})
}

impl House {
    async fn waiting(&self) -> Value {
        self.call(&self.person(), "GET", CHANGES, Value::Null).await.good()["items"].clone()
    }

    async fn required(&self) -> Value {
        self.call(&self.person(), "GET", POLICY, Value::Null).await.good()["required"].clone()
    }
}

fn path_of(asked: &Value, what: &str) -> String {
    format!("{CHANGES}/{}/{what}", asked["id"].as_str().unwrap())
}

#[tokio::test]
async fn one_person_alone_changes_nothing_about_whom_the_house_believes() {
    on_each(|house| async move {
        let (asker, other) = (house.person(), house.person());
        let asked = house.call(&asker, "POST", POLICY, demand(true)).await.good();
        assert_eq!((&asked["act"], &asked["subject"], &asked["is_mine"]), (&json!("demand"), &json!("patrol_car"), &json!(true)));
        assert_eq!(house.required().await, json!([]), "asked is not demanded");
        assert_eq!(house.approve(&asker, &asked).await.key(), "identity.trust_change.same_person");
        assert_eq!(house.required().await, json!([]));
        let waiting = house.waiting().await;
        assert_eq!((&waiting[0]["id"], &waiting[0]["is_mine"], &waiting[0]["reason"]), (&asked["id"], &json!(false), &json!("all cars have one now")));

        assert_eq!(house.approve(&other, &asked).await.status, 204);
        assert_eq!(house.required().await[0]["kind"], json!("patrol_car"));
        assert_eq!(house.waiting().await, json!([]));
        assert_eq!(house.approve(&other, &asked).await.key(), "identity.trust_change.over", "once");

        // Ending the demand needs two as well: without it no device needs a TPM.
        let asked = house.call(&other, "POST", POLICY, demand(false)).await.good();
        assert_eq!(house.required().await[0]["kind"], json!("patrol_car"));
        assert_eq!(house.approve(&asker, &asked).await.status, 204);
        assert_eq!(house.required().await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_change_is_taken_back_refused_or_expires_and_then_nobody_approves_it() {
    on_each(|house| async move {
        let (asker, other) = (house.person(), house.person());
        for decider in [&asker, &other] {
            let asked = house.call(&asker, "POST", POLICY, demand(true)).await.good();
            assert_eq!(house.call(&other, "POST", POLICY, demand(true)).await.key(), "identity.trust_change.waiting", "one word at a time");
            assert_eq!(house.call(decider, "POST", &path_of(&asked, "withdraw"), json!({})).await.status, 204);
            assert_eq!(house.approve(&other, &asked).await.key(), "identity.trust_change.over");
            assert_eq!(house.call(decider, "POST", &path_of(&asked, "withdraw"), json!({})).await.key(), "identity.trust_change.over");
        }
        let asked = house.call(&asker, "POST", POLICY, demand(true)).await.good();
        house.clock.advance_us(TERM_US - 1);
        assert_eq!(house.waiting().await[0]["id"], asked["id"]);
        house.clock.advance_us(1);
        assert_eq!(house.waiting().await, json!([]));
        assert_eq!(house.approve(&other, &asked).await.key(), "identity.trust_change.over");
        assert_eq!(house.required().await, json!([]), "none of them came into force");

        let anew = house.call(&other, "POST", POLICY, demand(true)).await.good();
        assert_eq!(house.approve(&asker, &anew).await.status, 204, "an expired one makes room");
    })
    .await;
}

#[tokio::test]
async fn a_change_needs_a_reason_and_something_to_change() {
    on_each(|house| async move {
        let person = house.person();
        for reason in ["", "   ", "a\nb", &"x".repeat(501)] {
            let wish = json!({"kind": "patrol_car", "is_required": true, "reason": reason});
            assert_eq!(house.call(&person, "POST", POLICY, wish).await.key(), "identity.trust_change.reason_invalid", "{reason:?}");
        }
        assert_eq!(house.call(&person, "POST", POLICY, demand(false)).await.key(), "identity.trust_change.unneeded");
        house.trust_maker().await;
        let again = json!({"certificate": STANDARD.encode(include_bytes!("samples/maker.der")), "reason": "once more"});
        assert_eq!(house.call(&person, "POST", "/v1/devices/tpm-makers", again).await.key(), "identity.trust_change.unneeded");
        let nothing = "01890000-0000-7000-8000-000000000000";
        let path = format!("{CHANGES}/{nothing}/approve");
        assert_eq!(house.call(&person, "POST", &path, json!({})).await.key(), "identity.trust_change.over");
        assert_eq!(house.waiting().await, json!([]));
    })
    .await;
}
