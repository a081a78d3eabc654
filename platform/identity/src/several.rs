//! Claims about several servers of one house behind a balancer: what begins at one ends at another, or at the same one after a restart.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use shouhu_passkey::Passkeys;
use shouhu_wire::{PROOF_HEADER, Role};

use crate::CHALLENGE_LIFE_US;
use crate::harness::{Answer, Harness, ORIGIN, SimDevice, on_each};
use crate::proof::NONCE_EVERY_US;

const ME: &str = "/v1/identity/me";

/// As the page does it: the key signs what one server asked, and the answer goes wherever the balancer sends it.
fn answered(started: &Answer, keys: &Passkeys) -> Value {
    assert_eq!(started.status, 200, "{}", started.json);
    let credential = keys.sign(&started.json["options"], ORIGIN).unwrap();
    json!({"challenge_id": started.json["challenge_id"], "credential": credential})
}

#[tokio::test]
async fn an_enrolment_that_began_at_one_server_ends_at_another() {
    on_each(|north| async move {
        let south = north.beside().await;
        let mut keys = Passkeys::default();
        let invitation = crate::invite(&north.app, "王小明", Role::Dispatcher, None, None).await.unwrap();
        let started = north.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
        let credential = keys.create(&started.json["options"], ORIGIN, [7; 32]).unwrap();
        let finish = json!({"challenge_id": started.json["challenge_id"], "credential": credential});
        let finished = south.post("/v1/identity/enrol/finish", finish.clone()).await;
        assert_eq!((finished.status, &finished.json["id"]), (200, &json!(invitation.actor.to_string())), "{}", finished.json);
        for server in [&north, &south] {
            let again = server.post("/v1/identity/enrol/finish", finish.clone()).await;
            assert_eq!((again.status, again.key()), (410, "identity.enrol.challenge_unknown"));
        }
        assert_eq!(north.get_with_cookie(&finished.cookie(), ME).await.status, 200, "signed in at both");
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_ends_at_another_server_once_and_in_time() {
    on_each(|north| async move {
        let south = north.beside().await;
        let person = north.person(Role::Officer).await;
        let finish = answered(&north.post("/v1/identity/sign-in/start", json!({})).await, &person.keys);
        // Both are given the answer at once.
        let (one, two) = tokio::join!(
            north.post("/v1/identity/sign-in/finish", finish.clone()),
            south.post("/v1/identity/sign-in/finish", finish.clone())
        );
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 410], "{} {}", one.json, two.json);

        let late = answered(&north.post("/v1/identity/sign-in/start", json!({})).await, &person.keys);
        north.advance(CHALLENGE_LIFE_US);
        let refused = south.post("/v1/identity/sign-in/finish", late).await;
        assert_eq!((refused.status, refused.key()), (410, "identity.sign_in.challenge_unknown"));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_answer_at_one_server_leaves_no_second_try_at_another() {
    on_each(|north| async move {
        let south = north.beside().await;
        let person = north.person(Role::Officer).await;
        let started = north.post("/v1/identity/sign-in/start", json!({})).await;
        let right = answered(&started, &person.keys);
        let elsewhere = person.keys.sign(&started.json["options"], "http://localhost:1").unwrap();
        let wrong = json!({"challenge_id": started.json["challenge_id"], "credential": elsewhere});
        assert_eq!(south.post("/v1/identity/sign-in/finish", wrong).await.key(), "identity.sign_in.refused");
        assert_eq!(north.post("/v1/identity/sign-in/finish", right).await.key(), "identity.sign_in.challenge_unknown");
    })
    .await;
}

#[tokio::test]
async fn a_step_up_ends_at_another_server_for_the_session_that_began_it() {
    on_each(|north| async move {
        let south = north.beside().await;
        let (person, colleague) = (north.person(Role::Officer).await, north.person(Role::Officer).await);
        let finish = answered(&north.post_with_cookie(&person.cookie, "/v1/session/step-up/start", json!({})).await, &person.keys);
        let done = south.post_with_cookie(&person.cookie, "/v1/session/step-up/finish", finish).await;
        assert_eq!(done.status, 200, "{}", done.json);
        assert_eq!(done.json["verified_at_us"], json!(north.app.env.now()));

        let theirs = answered(&north.post_with_cookie(&colleague.cookie, "/v1/session/step-up/start", json!({})).await, &person.keys);
        let refused = south.post_with_cookie(&person.cookie, "/v1/session/step-up/finish", theirs).await;
        assert_eq!((refused.status, refused.key()), (410, "identity.step_up.challenge_unknown"));
        // A challenge of one kind is none of another.
        let sign_in = answered(&north.post("/v1/identity/sign-in/start", json!({})).await, &person.keys);
        let refused = south.post_with_cookie(&person.cookie, "/v1/session/step-up/finish", sign_in).await;
        assert_eq!(refused.key(), "identity.step_up.challenge_unknown");
    })
    .await;
}

#[tokio::test]
async fn a_device_that_one_server_registered_enrols_at_another_once_and_signs_at_both() {
    on_each(|north| async move {
        let south = north.beside().await;
        let operator = north.person(Role::Operator).await;
        let invited = north.post_with_cookie(&operator.cookie, "/v1/devices", json!({"name": "cam-1", "kind": "fixed_camera"})).await;
        assert_eq!(invited.status, 200, "{}", invited.json);
        let device = SimDevice::new(invited.json["device"].as_str().unwrap().parse().unwrap(), 77);
        let enrol = json!({"token": invited.json["token"], "public_key": device.public_key()});
        let (one, two) = tokio::join!(north.post("/v1/devices/enrol", enrol.clone()), south.post("/v1/devices/enrol", enrol));
        assert_eq!([one.status, two.status].iter().filter(|status| **status == 200).count(), 1, "{} {}", one.json, two.json);
        for server in [&north, &south] {
            assert_eq!(server.send_signed(&device, "GET", "/v1/devices/mine", b"").await.status, 200);
        }
    })
    .await;
}

#[tokio::test]
async fn a_restart_between_beginning_and_end_costs_nobody_the_ceremony() {
    on_each(|before| async move {
        let person = before.person(Role::Officer).await;
        let finish = answered(&before.post("/v1/identity/sign-in/start", json!({})).await, &person.keys);
        before.advance(1);
        let after = before.beside().await;
        let signed_in = after.post("/v1/identity/sign-in/finish", finish).await;
        assert_eq!(signed_in.status, 200, "{}", signed_in.json);
        assert_eq!(after.get_with_cookie(&signed_in.cookie(), ME).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_proof_with_the_nonce_of_one_server_opens_another_and_each_takes_it_once() {
    let north = Harness::simulated().await;
    let south = north.beside().await;
    let person = north.person(Role::Officer).await;
    let asked = async |server: &Harness, proof: &str| {
        let answer = server.send_as_is("GET", ME, &[("cookie", &person.cookie), (PROOF_HEADER, proof)], b"").await;
        (answer.status, answer.key().to_owned())
    };
    let refused = |key: &str| (401, key.to_owned());
    north.advance(NONCE_EVERY_US);
    let proof = north.prove("GET", ME, b"");
    assert_eq!(asked(&south, &proof).await, (200, String::new()));
    assert_eq!(asked(&south, &proof).await, refused("identity.proof_refused"), "recorded and sent again");
    assert_eq!(asked(&north, &proof).await, (200, String::new()), "they do not tell each other: the guide says what that means");
    assert_eq!(asked(&north, &proof).await, refused("identity.proof_refused"));
    let kept = north.prove("GET", ME, b"");
    north.advance(2 * NONCE_EVERY_US);
    for server in [&north, &south] {
        assert_eq!(asked(server, &kept).await, refused("identity.proof_stale"), "the same age at each");
    }
}
