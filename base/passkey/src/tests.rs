#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use p256::ecdsa::VerifyingKey;
use p256::ecdsa::signature::Verifier as _;
use proptest::prelude::*;

use super::*;

const ORIGIN: &str = "http://localhost:8470";

fn creation(rp_id: &str) -> Value {
    json!({"publicKey": {
        "challenge": "Y2hhbGxlbmdl",
        "rp": {"id": rp_id, "name": "Shouhu"},
        "user": {"id": "dXNlcg", "name": "a", "displayName": "a"},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    }})
}

fn request(rp_id: &str) -> Value {
    json!({"publicKey": {"challenge": "YW5vdGhlcg", "rpId": rp_id, "allowCredentials": []}})
}

fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn a_created_key_signs_in_and_its_signature_holds() {
    let mut keys = Passkeys::default();
    let created = keys.create(&creation("localhost"), ORIGIN, [7; 32]).unwrap();
    let attestation = bytes(&created["response"]["attestationObject"]);
    // {fmt: none, attStmt: {}, authData: …}: the public key's coordinates are the last 32 + 3 + 32 bytes.
    assert!(attestation.starts_with(b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"));
    let tail = &attestation[attestation.len() - 67..];
    let sec1 = [&[4], &tail[..32], &tail[35..]].concat();
    let public_key = VerifyingKey::from_sec1_bytes(&sec1).unwrap();

    let signed = keys.sign(&request("localhost"), ORIGIN).unwrap();
    assert_eq!(signed["response"]["userHandle"], "dXNlcg");
    assert_eq!(signed["id"], created["id"]);
    let data = bytes(&signed["response"]["authenticatorData"]);
    assert_eq!(data[32], FLAG_USER_PRESENT | FLAG_USER_VERIFIED);
    let client_data = bytes(&signed["response"]["clientDataJSON"]);
    let message = [data, Sha256::digest(client_data).to_vec()].concat();
    let signature = Signature::from_der(&bytes(&signed["response"]["signature"])).unwrap();
    public_key.verify(&message, &signature).unwrap();
}

#[test]
fn a_model_says_which_it_is_and_a_batch_signs_for_it() {
    let batch = [5; 32];
    let chain = vec![b"leaf".to_vec(), b"above".to_vec()];
    let model = Model { aaguid: [0xAB; 16], is_backup_eligible: true, is_backed_up: true, statement: Statement::Batch { key: batch, chain }, ..Model::default() };
    let mut keys = Passkeys::default();
    let created = keys.create_on(&model, &creation("localhost"), ORIGIN, [7; 32]).unwrap();
    let object = bytes(&created["response"]["attestationObject"]);
    assert!(object.starts_with(b"\xa3\x63fmt\x66packed\x67attStmt\xa3\x63alg\x26\x63sig\x58"));
    let sig_bytes = usize::from(object[31]);
    let signature = Signature::from_der(&object[32..32 + sig_bytes]).unwrap();
    assert!(object[32 + sig_bytes..].starts_with(b"\x63x5c\x82\x44leaf\x45above\x68authData\x58"));
    let data = &object[32 + sig_bytes + 27..];
    assert_eq!((data[32], &data[37..53]), (0x01 | 0x04 | 0x40 | 0x08 | 0x10, [0xAB; 16].as_slice()));
    let signed = [data, Sha256::digest(bytes(&created["response"]["clientDataJSON"])).as_slice()].concat();
    SigningKey::from_slice(&batch).unwrap().verifying_key().verify(&signed, &signature).unwrap();
    let answer = keys.sign(&request("localhost"), ORIGIN).unwrap();
    assert_eq!(bytes(&answer["response"]["authenticatorData"])[32], 0x01 | 0x04 | 0x08 | 0x10);
    keys.verify_nobody();
    let answer = keys.sign(&request("localhost"), ORIGIN).unwrap();
    assert_eq!(bytes(&answer["response"]["authenticatorData"])[32], 0x01 | 0x08 | 0x10);
}

#[test]
fn a_page_elsewhere_gets_neither_a_key_nor_a_signature() {
    let mut keys = Passkeys::default();
    keys.create(&creation("police.example"), "https://police.example", [7; 32]).unwrap();
    for origin in ["https://police.example.evil.test", "https://evilpolice.example", "https://evil.test", "", "police.example"] {
        assert!(matches!(keys.sign(&request("police.example"), origin), Err(PasskeyError::Origin { .. })), "{origin}");
        assert!(matches!(keys.create(&creation("police.example"), origin, [8; 32]), Err(PasskeyError::Origin { .. })));
    }
    assert!(keys.sign(&request("police.example"), "https://tainan.police.example").is_ok());
}

#[test]
fn of_several_keys_the_one_of_the_site_that_the_page_accepts_signs() {
    let mut keys = Passkeys::default();
    let first = keys.create(&creation("localhost"), ORIGIN, [1; 32]).unwrap();
    let second = keys.create(&creation("localhost"), ORIGIN, [2; 32]).unwrap();
    keys.create(&creation("example.org"), "https://example.org", [3; 32]).unwrap();
    assert_eq!(keys.len(), 3);
    assert_eq!(keys.sign(&request("localhost"), ORIGIN).unwrap()["id"], second["id"]);
    let mut only_first = request("localhost");
    only_first["publicKey"]["allowCredentials"] = json!([{"type": "public-key", "id": first["id"]}]);
    assert_eq!(keys.sign(&only_first, ORIGIN).unwrap()["id"], first["id"]);
    let mut again = creation("localhost");
    again["publicKey"]["excludeCredentials"] = json!([{"type": "public-key", "id": first["id"]}]);
    assert!(matches!(keys.create(&again, ORIGIN, [4; 32]), Err(PasskeyError::Excluded { .. })));
}

#[test]
fn keys_survive_being_written_down_and_hide_from_debug_output() {
    let mut keys = Passkeys::default();
    keys.create(&creation("localhost"), ORIGIN, [7; 32]).unwrap();
    let text = serde_json::to_string(&keys).unwrap();
    let read: Passkeys = serde_json::from_str(&text).unwrap();
    assert_eq!(read, keys);
    assert_eq!(read.sign(&request("localhost"), ORIGIN).unwrap(), keys.sign(&request("localhost"), ORIGIN).unwrap());
    let private_key = URL_SAFE_NO_PAD.encode([7; 32]);
    assert!(text.contains(&private_key) && !format!("{keys:?}").contains(&private_key));
}

#[test]
fn a_site_that_takes_no_es256_and_random_bytes_that_are_no_key_are_refused() {
    let mut keys = Passkeys::default();
    let mut options = creation("localhost");
    options["publicKey"]["pubKeyCredParams"] = json!([{"type": "public-key", "alg": -257}]);
    assert_eq!(keys.create(&options, ORIGIN, [7; 32]), Err(PasskeyError::Algorithm));
    assert_eq!(keys.create(&creation("localhost"), ORIGIN, [0; 32]), Err(PasskeyError::Randomness));
    assert_eq!(keys.create(&creation("localhost"), ORIGIN, [0xff; 32]), Err(PasskeyError::Randomness));
    assert_eq!(keys.sign(&request("localhost"), ORIGIN), Err(PasskeyError::NoKey { rp_id: "localhost".into() }));
    assert!(keys.is_empty());
}

proptest! {
    #[test]
    fn options_of_any_shape_are_answered_or_refused_but_never_crash(text in ".{0,200}", origin in ".{0,40}") {
        let options: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let mut keys = Passkeys::default();
        prop_assert!(keys.create(&options, &origin, [7; 32]).is_err());
        let request = json!({"publicKey": options});
        prop_assert!(keys.sign(&request, &origin).is_err());
    }
}
