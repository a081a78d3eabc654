#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use shouhu_ids::ActorId;
use shouhu_passkey::{Model, Passkeys, Statement};

use super::soft_maker::{AAGUID, EXPIRED, Made, Maker, rule_of};
use super::*;
use crate::harness::{Harness, ORIGIN, SimPerson, on_each};
use crate::room::Room;

/// Another model than the rule's.
const OTHER: [u8; 16] = [9; 16];
const OPERATORS: &str = "roles = [\"operator\"]\n";

fn maker() -> Maker {
    Maker::new("Maker of keys", 1)
}

fn made(change: impl FnOnce(&mut Made)) -> Model {
    let mut wish = Made::good(AAGUID);
    change(&mut wish);
    maker().made(AAGUID, wish).model()
}

/// The keys of somebody, as a supervisor's list shows them.
async fn keys_of(h: &Harness, by: &SimPerson, of: ActorId) -> Vec<Value> {
    let cookie = h.sign_in(&by.keys).await.cookie();
    let listed = h.get_with_cookie(&cookie, "/v1/identity/actors").await;
    assert_eq!(listed.status, 200, "{}", listed.json);
    let rows = listed.json["items"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == json!(of)).unwrap();
    row["passkeys"].as_array().unwrap().clone()
}

async fn rows(h: &Harness, table: &str) -> i64 {
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM {table}");
    h.app.store.fetch_one(&sql, vec![]).await.unwrap().int("n").unwrap()
}

#[tokio::test]
async fn a_key_whose_maker_proves_its_model_is_taken_kept_with_it_and_listed() {
    on_each(|h| async move {
        h.app.put(rule_of(&maker(), OPERATORS));
        let supervisor = h.person(Role::Supervisor).await;
        let invitation = crate::invite(&h.app, "operator", Role::Operator, None, None).await.unwrap();
        let started = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
        assert_eq!((&started.json["models"], &started.json["may_be_synced"]), (&json!(["Key 5"]), &json!(false)));
        let public_key = &started.json["options"]["publicKey"];
        assert_eq!((&public_key["attestation"], &public_key["authenticatorSelection"]["residentKey"]), (&json!("direct"), &json!("required")));

        let (enrolled, keys) = h.enrol_on(&invitation.token, &maker().batch(AAGUID).model()).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.json);
        let told = enrolled.object.unwrap();
        assert_eq!(told, format!("{} with a passkey of model 07070707-0707-0707-0707-070707070707 (Key 5), attested, in one device", invitation.actor));
        assert_eq!(h.sign_in(&keys).await.status, 200);
        let listed = keys_of(&h, &supervisor, invitation.actor).await;
        assert_eq!(listed.len(), 1);
        let key = &listed[0];
        assert_eq!((&key["model"], &key["aaguid"]), (&json!("Key 5"), &json!("07070707-0707-0707-0707-070707070707")));
        assert_eq!((&key["is_attested"], &key["is_synced"], &key["meets_rule"]), (&json!(true), &json!(false), &json!(true)));
        assert_eq!(key["opens_until_us"], Value::Null);

        // The extension may be left out (§8.2.1): the batch's key has signed the model all the same.
        let without = h.person_on(Role::Operator, &made(|wish| wish.extension = None)).await;
        assert_eq!(keys_of(&h, &supervisor, without.id).await[0]["is_attested"], json!(true));
    })
    .await;
}

#[tokio::test]
async fn whatever_does_not_prove_a_listed_model_is_refused_and_the_link_lives_on() {
    let h = Harness::simulated().await;
    h.app.put(rule_of(&maker(), OPERATORS));
    let good = maker().batch(AAGUID).model();
    let unsigned = |aaguid, statement| Model { aaguid, statement, ..Model::default() };
    let Statement::Batch { chain, .. } = good.statement.clone() else { panic!("a batch attests") };
    let refusals: [(&str, Model, &str); 13] = [
        ("nothing is proved", unsigned(AAGUID, Statement::None), "identity.passkey.unattested"),
        ("nothing is said", Model::default(), "identity.passkey.unattested"),
        ("the key vouches for itself", unsigned(AAGUID, Statement::Itself), "identity.passkey.unattested"),
        ("another model of that maker", maker().batch(OTHER).model(), "identity.passkey.model"),
        ("a maker whom nobody knows", Maker::new("Other maker", 3).batch(AAGUID).model(), "identity.passkey.unproved"),
        ("a maker of that name with a key of his own", Maker::new("Maker of keys", 4).batch(AAGUID).model(), "identity.passkey.unproved"),
        ("a certificate for another model", made(|wish| wish.extension = Some(OTHER)), "identity.passkey.unproved"),
        ("an old certificate", made(|wish| wish.validity = EXPIRED), "identity.passkey.unproved"),
        ("a certificate for something else", made(|wish| wish.unit = "Web Server"), "identity.passkey.unproved"),
        ("a certificate of an authority", made(|wish| wish.is_authority = true), "identity.passkey.unproved"),
        ("another's certificate", unsigned(AAGUID, Statement::Batch { key: [5; 32], chain }), "identity.passkey.unproved"),
        ("no certificate", unsigned(AAGUID, Statement::Batch { key: [77; 32], chain: Vec::new() }), "identity.passkey.unproved"),
        ("a shared key", Model { is_backup_eligible: true, ..good.clone() }, "identity.passkey.synced"),
    ];
    let invitation = crate::invite(&h.app, "operator", Role::Operator, None, None).await.unwrap();
    for (what, model, key) in refusals {
        let (refused, _) = h.enrol_on(&invitation.token, &model).await;
        assert_eq!((refused.status, refused.key()), (422, key), "{what}: {}", refused.json);
        assert!(refused.set_cookie.is_none(), "{what}");
        assert_eq!(refused.json["params"]["models"], "Key 5", "{what}");
        let told = refused.object.unwrap();
        assert!(told.starts_with(&format!("{} enrolled no passkey", invitation.actor)) && told.contains("model "), "{what}: {told}");
    }
    assert_eq!((rows(&h, "identity_passkey").await, rows(&h, "identity_session").await), (0, 0));
    assert_eq!(h.enrol_on(&invitation.token, &good).await.0.status, 200);
}

#[tokio::test]
async fn a_statement_that_was_cut_or_changed_proves_no_other_key() {
    let h = Harness::simulated().await;
    let (room, settings) = (Room::of(&h.app), rule_of(&maker(), ""));
    let (challenge, registration) = begin(&room.webauthn, &settings, Uuid::from_bytes([1; 16]), "operator", Role::Operator).unwrap();
    let options = serde_json::to_value(&challenge).unwrap();
    let answer = Passkeys::default().create_on(&maker().batch(AAGUID).model(), &options, ORIGIN, [3; 32]).unwrap();
    let mut credential: RegisterPublicKeyCredential = serde_json::from_value(answer).unwrap();
    let whole = credential.response.attestation_object.clone();
    let (passkey, facts) = finish(&room.webauthn, &settings, &registration, &credential).unwrap();

    for bytes in 0..whole.len() {
        credential.response.attestation_object = whole[..bytes].to_vec();
        assert!(finish(&room.webauthn, &settings, &registration, &credential).is_err(), "cut after {bytes}");
    }
    let after = |mark: &[u8]| whole.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
    // Both have a head of two bytes before what is signed or signs.
    let (signature, signed) = (after(b"\x63sig") + 2, after(b"\x68authData") + 2);
    let signature = signature..signature + usize::from(whole[signature - 1]);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        credential.response.attestation_object = changed;
        if let Ok((other, said)) = finish(&room.webauthn, &settings, &registration, &credential) {
            // What is between the parts can be written in more than one way.
            assert!(!signature.contains(&at) && at < signed, "byte {at} is signed or signs");
            assert_eq!((other.cred_id(), other.get_public_key(), said), (passkey.cred_id(), passkey.get_public_key(), facts), "byte {at}");
        }
    }
}

#[tokio::test]
async fn a_shared_key_is_refused_where_it_is_said_and_who_is_asked_for_nothing_enrols_as_before() {
    on_each(|h| async move {
        h.app.put(rule_of(&maker(), "roles = [\"operator\"]\nrefuse_synced = [\"auditor\"]\n"));
        let shared = Model { aaguid: OTHER, is_backup_eligible: true, is_backed_up: true, ..Model::default() };
        let auditor = crate::invite(&h.app, "auditor", Role::Auditor, None, None).await.unwrap();
        let refused = h.enrol_on(&auditor.token, &shared).await.0;
        assert_eq!((refused.status, refused.key()), (422, "identity.passkey.synced"));
        let kept = Model { aaguid: OTHER, ..Model::default() };
        let taken = h.enrol_on(&auditor.token, &kept).await.0;
        assert_eq!(taken.status, 200, "{}", taken.json);
        assert!(taken.object.unwrap().ends_with("model 09090909-0909-0909-0909-090909090909, not attested, in one device"));

        let started = crate::invite(&h.app, "officer", Role::Officer, None, None).await.unwrap();
        let started = h.post("/v1/identity/enrol/start", json!({"token": started.token})).await;
        assert_eq!((&started.json["models"], &started.json["may_be_synced"]), (&json!([]), &json!(true)));
        assert_eq!(started.json["options"]["publicKey"]["attestation"], "none");
        let (supervisor, officer) = (h.person(Role::Supervisor).await, h.person_on(Role::Officer, &shared).await);
        assert_eq!(h.sign_in(&officer.keys).await.status, 200);
        let listed = keys_of(&h, &supervisor, officer.id).await;
        assert_eq!((&listed[0]["is_synced"], &listed[0]["is_attested"], &listed[0]["meets_rule"]), (&json!(true), &json!(false), &json!(true)));
    })
    .await;
}

#[tokio::test]
async fn a_key_from_before_the_rule_signs_in_is_listed_and_ends_on_its_day() {
    on_each(|h| async move {
        let (supervisor, old) = (h.person(Role::Supervisor).await, h.person(Role::Operator).await);
        let mut tx = h.app.store.begin().await.unwrap();
        let sql = "UPDATE identity_passkey SET aaguid = NULL, is_attested = NULL, is_backup_eligible = NULL, is_backed_up = NULL";
        tx.execute(sql, vec![]).await.unwrap();
        tx.commit().await.unwrap();

        h.app.put(rule_of(&maker(), OPERATORS));
        let listed = keys_of(&h, &supervisor, old.id).await;
        assert_eq!((&listed[0]["meets_rule"], &listed[0]["opens_until_us"], &listed[0]["is_synced"]), (&json!(false), &Value::Null, &Value::Null));
        assert_eq!(h.sign_in(&old.keys).await.status, 200, "no day is set");
        assert_eq!(keys_of(&h, &supervisor, old.id).await[0]["is_synced"], json!(false), "it has said so when it signed");

        let rule = rule_of(&maker(), &format!("{OPERATORS}old_keys_until = \"2027-01-20\"\n"));
        let end = rule.old_keys_end().unwrap();
        h.app.put(rule);
        assert_eq!(keys_of(&h, &supervisor, old.id).await[0]["opens_until_us"], json!(end));
        h.advance(end.since(h.app.env.now()) - Micros::MINUTE);
        let last = h.sign_in(&old.keys).await;
        assert_eq!(last.status, 200, "{}", last.json);
        let begun = h.post_with_cookie(&last.cookie(), "/v1/session/step-up/start", json!({})).await;
        h.advance(Micros::MINUTE);
        let credential = old.keys.sign(&begun.json["options"], ORIGIN).unwrap();
        let touched = json!({"challenge_id": begun.json["challenge_id"], "credential": credential});
        let refused = h.post_with_cookie(&last.cookie(), "/v1/session/step-up/finish", touched).await;
        assert_eq!((refused.status, refused.key()), (403, "identity.passkey.over"));
        assert!(refused.object.is_some_and(|object| object.ends_with("not verified: it is older than the rule, whose day has come")));
        let over = h.sign_in(&old.keys).await;
        assert_eq!((over.status, over.key(), &over.json["params"]), (403, "identity.passkey.over", &Value::Null));
        assert_eq!(over.object, Some(format!("{} not signed in: it is older than the rule, whose day has come", old.id)));
        assert!(over.set_cookie.is_none() && over.json.get("object").is_none());
        assert_eq!(h.sign_in(&supervisor.keys).await.status, 200, "of whom nothing is asked");
        let proved = h.person_on(Role::Operator, &maker().batch(AAGUID).model()).await;
        assert_eq!(h.sign_in(&proved.keys).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn on_the_morning_after_the_last_day_old_keys_shut_nobody_out_who_has_a_good_one() {
    let h = Harness::simulated().await;
    let (old, good) = (h.person(Role::Operator).await, h.person(Role::Officer).await);
    let rule = rule_of(&maker(), &format!("{OPERATORS}old_keys_until = \"2027-01-20\"\n"));
    let end = rule.old_keys_end().unwrap();
    h.app.put(rule);
    h.advance(end.since(h.app.env.now()));
    // All within a minute, and from one address.
    for _ in 0..=crate::FAILURES_PER_MINUTE_MAX {
        let over = h.sign_in(&old.keys).await;
        assert_eq!((over.status, over.key()), (403, "identity.passkey.over"));
    }
    assert_eq!(h.sign_in(&good.keys).await.status, 200);
}

#[tokio::test]
async fn a_statement_of_a_tpm_that_does_not_hold_names_the_models_that_would_do() {
    let h = Harness::simulated().await;
    let (room, settings) = (Room::of(&h.app), rule_of(&maker(), ""));
    let (challenge, registration) = begin(&room.webauthn, &settings, Uuid::from_bytes([1; 16]), "operator", Role::Operator).unwrap();
    let options = serde_json::to_value(&challenge).unwrap();
    let answer = Passkeys::default().create_on(&maker().batch(AAGUID).model(), &options, ORIGIN, [3; 32]).unwrap();
    let mut credential: RegisterPublicKeyCredential = serde_json::from_value(answer).unwrap();
    let whole = credential.response.attestation_object.clone();
    let packed = b"\x66packed".as_slice();
    let at = whole.windows(packed.len()).position(|window| window == packed).unwrap();
    credential.response.attestation_object = [&whole[..at], b"\x63tpm".as_slice(), &whole[at + packed.len()..]].concat();
    let refused = finish(&room.webauthn, &settings, &registration, &credential).err().unwrap();
    assert!(matches!(&refused, KeyRefused::Unproved { models, .. } if models == "Key 5"), "{refused:?}");
}

#[tokio::test]
async fn a_key_that_verifies_nobody_neither_enrols_nor_signs_in() {
    let h = Harness::simulated().await;
    for rule in [PasskeySettings::default(), rule_of(&maker(), OPERATORS)] {
        h.app.put(rule);
        let good = maker().batch(AAGUID).model();
        let invitation = crate::invite(&h.app, "operator", Role::Operator, None, None).await.unwrap();
        let refused = h.enrol_on(&invitation.token, &Model { verifies_nobody: true, ..good.clone() }).await.0;
        assert_eq!((refused.status, refused.key()), (422, "identity.enrol.refused"), "{}", refused.json);
        let mut person = h.person_on(Role::Operator, &good).await;
        person.keys.verify_nobody();
        let refused = h.sign_in(&person.keys).await;
        assert_eq!((refused.status, refused.key()), (401, "identity.sign_in.refused"));
    }
}

#[tokio::test]
async fn a_model_that_is_taken_off_the_list_makes_its_keys_old_ones() {
    let h = Harness::simulated().await;
    h.app.put(rule_of(&maker(), OPERATORS));
    let (supervisor, operator) = (h.person(Role::Supervisor).await, h.person_on(Role::Operator, &maker().batch(AAGUID).model()).await);
    let root = soft_maker::pem(&maker().root());
    let other = "attestation = \"required\"\nroles = [\"operator\"]\n[[model]]\naaguid = \"09090909-0909-0909-0909-090909090909\"\nname = \"Key 6\"\nroots = [\"passkeys/a.pem\"]\n";
    h.app.put(PasskeySettings::parse(other, &|_: &str| Ok(root.clone().into_bytes())).unwrap());
    let key = keys_of(&h, &supervisor, operator.id).await.remove(0);
    assert_eq!((&key["model"], &key["is_attested"], &key["meets_rule"]), (&json!("Key 5"), &json!(true), &json!(false)));
}

#[tokio::test]
async fn a_root_that_is_taken_out_makes_no_key_an_old_one_unless_its_model_goes_too() {
    let h = Harness::simulated().await;
    h.app.put(rule_of(&maker(), OPERATORS));
    let (supervisor, operator) = (h.person(Role::Supervisor).await, h.person_on(Role::Operator, &maker().batch(AAGUID).model()).await);
    // The same model, below another root alone: nobody kept which one had proved it (ADR 0028).
    h.app.put(rule_of(&Maker::new("Other maker", 3), OPERATORS));
    assert_eq!(keys_of(&h, &supervisor, operator.id).await[0]["meets_rule"], json!(true));
    let new = crate::invite(&h.app, "operator", Role::Operator, None, None).await.unwrap();
    assert_eq!(h.enrol_on(&new.token, &maker().batch(AAGUID).model()).await.0.key(), "identity.passkey.unproved", "it lets nobody in any more");
}

#[test]
fn what_is_no_attestation_object_says_nothing() {
    for object in [b"".as_slice(), b"\xa0", b"\xa1\x68authData\x41\x00", &[0xFF; 300]] {
        assert_eq!(said(object), KeyFacts::default(), "{object:?}");
    }
}
